/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMUI_SPACE_H
#define MMUI_SPACE_H

#include "runs.h"

struct mm_struct;
struct pid;

/* Table reads in one hold of the mmap lock, and translations that fit in it. */
#define MMUI_HOLD_TABLES	512
#define MMUI_HOLD_WALKS		(MMUI_HOLD_TABLES / (2 * MMUINSPECT_LEVELS_MAX))

/* The one buffer of an open file: 32 KiB with what is here. */
#define MMUI_SCRATCH_RUNS	896

/**
 * struct mmui_scratch - room to work in
 * @bounce: the table that is looked at
 * @run: runs on their way out
 * @translation: translations on their way in and out
 */
struct mmui_scratch {
	__u64 bounce[MMUI_BOUNCE];
	union {
		struct mmuinspect_run run[MMUI_SCRATCH_RUNS];
		struct mmuinspect_translation translation[MMUI_HOLD_WALKS];
	};
};

/**
 * struct mmui_space - an address space, pinned for the time of one call
 * @mm: it
 * @id: opaque identity, not 0
 * @scratch: room to work in
 * @vma_start: the mapping that the walk was in when it last let go of the lock
 * @unreadable: tables that couldn't be read so far
 */
struct mmui_space {
	struct mm_struct *mm;
	u64 id;
	struct mmui_scratch *scratch;
	unsigned long vma_start;
	unsigned int unreadable;
};

void mmui_space_init(struct mmuinspect_info *info);
int mmui_space_get(struct mmui_space *space, struct pid *pid, bool others);
void mmui_space_put(struct mmui_space *space);
u64 mmui_space_root(const struct mmui_space *space);
int mmui_space_runs(struct mmui_space *space, u64 *va, u64 last,
		    struct mmui_runs *runs);
int mmui_space_translate(struct mmui_space *space,
			 struct mmuinspect_translation *t, unsigned int n);
bool mmui_space_accessed(const struct mmuinspect_translation *t);
void mmui_space_hide_run(struct mmuinspect_run *run);
void mmui_space_hide_translation(struct mmuinspect_translation *t);

#endif
