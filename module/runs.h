/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* A sink that filters entries and merges neighbours of one kind into runs. */
#ifndef MMUI_RUNS_H
#define MMUI_RUNS_H

#include "walk.h"

/* Kinds of entry that are decoded once and then remembered; a power of two */
#define MMUI_KINDS 8

/**
 * struct mmui_kind - what entries of one kind are
 * @key: the bits that make the kind; 0: nothing is remembered here
 * @attrs: their attributes but for Accessed and Dirty
 * @listed: they pass the filter
 */
struct mmui_kind {
	__u64 key;
	__u16 attrs;
	__u16 listed;
};

/**
 * struct mmui_runs - the sink's state; all but the first five may begin as zero
 * @format: of the tables
 * @merge: enum mmuinspect_merge
 * @filter: which entries to take
 * @run: the caller's buffer
 * @room: how many runs it holds
 * @n: how many are in it; the last one may still grow
 * @full: an entry was left because @room is used up
 * @sealed: the last run is finished: a border of mappings follows
 * @floor: what begins below was listed before, as smaller pages, and is left out
 * @addr_mask: bits that a physical address can have on this machine
 * @exact: non-present entries that are one kind only if all bits agree, as their
 *	address bits hold no address; none if its @mask is 0
 * @kind: kinds of present entries, by a hash of their key, ...
 * @kind_level: ... of this level ...
 * @kind_rights: ... and below these rights
 */
struct mmui_runs {
	const struct mmui_format *format;
	__u32 merge;
	struct mmuinspect_filter filter;
	struct mmuinspect_run *run;
	unsigned int room;
	unsigned int n;
	__u8 full;
	__u8 sealed;
	__u64 floor;
	__u64 addr_mask;
	struct mmui_hidden exact;
	struct mmui_kind kind[MMUI_KINDS];
	__u8 kind_level;
	__u16 kind_rights;
};

/* An mmui_sink; @arg is a struct mmui_runs. */
unsigned int mmui_runs_sink(void *arg, const struct mmui_span *span);

#endif
