/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* What the two ways of merging share: entry by entry, and by kind. */
#ifndef MMUI_KINDS_H
#define MMUI_KINDS_H

#include "runs.h"

/* Attributes that two entries of one kind may differ in */
#define MMUI_VOLATILE_ATTRS (MMUINSPECT_ACCESSED | MMUINSPECT_DIRTY)

/* How many of some entries have A and D. */
struct mmui_tally {
	unsigned int accessed;
	unsigned int dirty;
};

static inline unsigned int mmui_lowest_bit(__u64 mask)
{
	return mask ? __builtin_ctzll(mask) : 0;
}

/*
 * Accessed and Dirty are counted by adding the masked entries up: no shift and no
 * branch an entry. The bits are low ones, so that the sums have room.
 */
static inline void mmui_tally_add(const struct mmui_format *f, __u64 accessed,
				  __u64 dirty, unsigned int n, struct mmui_tally *t)
{
	dirty >>= mmui_lowest_bit(f->dirty);
	t->accessed += accessed >> mmui_lowest_bit(f->accessed);
	t->dirty += f->dirty_clear ? n - dirty : dirty;
}

static inline __u64 mmui_run_size(const struct mmui_format *f,
				  const struct mmuinspect_run *run)
{
	return (__u64)run->pages << mmui_level(f, run->level)->shift;
}

/* Does the filter ask for something in which entries of one kind differ? */
static inline int mmui_filter_is_fine(const struct mmui_runs *r)
{
	return r->filter.attr_mask & MMUI_VOLATILE_ATTRS || r->filter.phys_end;
}

int mmui_passes(const struct mmui_runs *r, const struct mmui_span *span,
		__u64 entry, __u16 attrs);
int mmui_by_kind(const struct mmui_runs *r, const struct mmui_level *l);
unsigned int mmui_take_present(struct mmui_runs *r, const struct mmui_span *span,
			       unsigned int i);

#endif
