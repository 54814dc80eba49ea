/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* A sink that filters entries and merges neighbours of one kind into runs. */
#ifndef MMUI_RUNS_H
#define MMUI_RUNS_H

#include "walk.h"

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
};

/* An mmui_sink; @arg is a struct mmui_runs. */
unsigned int mmui_runs_sink(void *arg, const struct mmui_span *span);

#endif
