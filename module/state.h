/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way to an address through the tables, as it is at the moment of a fault.
 *
 * What makes it safe to read is narrower than what space.c does, and so is what
 * it may be used for: the mm must be the current task's, and loaded on this CPU,
 * and interrupts off. Then whoever frees one of its tables waits for this CPU
 * (Documentation/live-walk.rst).
 */
#ifndef MMUI_STATE_H
#define MMUI_STATE_H

#include <linux/mmuinspect.h>

#include "arch.h"

/**
 * struct mmui_way - entries from the root down
 * @level: that of the last one; 0 if nothing is known
 * @raw: the entries
 */
struct mmui_way {
	u8 level;
	u64 raw[MMUINSPECT_LEVELS_MAX];
};

extern unsigned long mmui_user_end;

/* Is it an address of the user half? */
static inline bool mmui_state_user(unsigned long addr)
{
	return addr < mmui_user_end;
}

/**
 * mmui_way - go down to an address
 * @mm: current's, and loaded; interrupts are off
 * @addr: of the user half
 * @way: receives the entries, down to the one that isn't present or maps memory
 *
 * Return: the last of them.
 */
static __always_inline u64 mmui_way(const struct mm_struct *mm,
				    unsigned long addr, struct mmui_way *way)
{
	return mmui_arch_descend(mmui_arch_top(mm), addr, way->raw, &way->level);
}

void mmui_state_init(const struct mmuinspect_info *info);
unsigned int mmui_way_length(const struct mmui_way *way);
unsigned int mmui_state(const struct mmui_way *way, unsigned long error_code);
bool mmui_way_uffd(const struct mmui_way *way);
u64 mmui_way_frame(const struct mmui_way *way, unsigned long addr);

#endif
