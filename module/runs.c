// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * Filter entries and merge neighbours of one kind into runs. Freestanding.
 *
 * Most tables hold long stretches of one kind, so entries are looked at in
 * groups first: the AND and the OR of a group tell whether it is all of one
 * kind, and then nothing is decoded for each of them. A mixed group goes entry
 * by entry.
 */
#include "runs.h"

#define GROUP 32

/* Attributes that two entries of one kind may differ in */
#define VOLATILE_ATTRS (MMUINSPECT_ACCESSED | MMUINSPECT_DIRTY)

/* What a group of entries has in common, and how often it has A and D. */
struct tally {
	__u64 all;
	__u64 any;
	unsigned int accessed;
	unsigned int dirty;
};

/* Bits in which two entries must agree to be of one kind. */
static __u64 kind_of(const struct mmui_runs *r, const struct mmui_level *l,
		     unsigned int level, __u64 entry)
{
	const struct mmui_format *f = r->format;

	if (entry & f->present)
		return l->kind;
	if (r->exact.mask && (entry & r->exact.mask) == r->exact.value)
		return ~0ULL;
	return ~(mmui_address_bits(f, level, entry) | f->accessed | f->dirty);
}

static __u64 run_size(const struct mmui_format *f,
		      const struct mmuinspect_run *run)
{
	return (__u64)run->pages << mmui_level(f, run->level)->shift;
}

/* Would @entry, with @attrs and at @va, continue the last run? */
static int joins(const struct mmui_runs *r, const struct mmui_span *span,
		 __u64 va, __u64 entry, __u16 attrs, unsigned int n)
{
	const struct mmui_format *f = r->format;
	const struct mmui_level *l = mmui_level(f, span->level);
	const struct mmuinspect_run *run;
	__u64 addr = l->leaf_addr & r->addr_mask;

	if (!r->n || r->sealed || r->merge == MMUINSPECT_MERGE_NONE)
		return 0;
	run = &r->run[r->n - 1];
	if (run->level != span->level || run->attrs != attrs ||
	    run->start + run_size(f, run) != va || run->pages + n < n)
		return 0;
	if ((run->entry ^ entry) & kind_of(r, l, span->level, entry))
		return 0;
	return r->merge != MMUINSPECT_MERGE_PHYS || !(entry & f->present) ||
	       (run->entry & addr) + run_size(f, run) == (entry & addr);
}

/* Count @n entries, the first of which is @entry; 0 if there's no room. */
static int take(struct mmui_runs *r, const struct mmui_span *span, __u64 va,
		__u64 entry, __u16 attrs, unsigned int n, const struct tally *t)
{
	struct mmuinspect_run *run;

	attrs &= ~VOLATILE_ATTRS;
	if (!joins(r, span, va, entry, attrs, n)) {
		if (r->n == r->room) {
			r->full = 1;
			return 0;
		}
		r->sealed = 0;
		run = &r->run[r->n++];
		run->start = va;
		run->entry = entry;
		run->pages = 0;
		run->accessed = 0;
		run->dirty = 0;
		run->level = span->level;
		run->reserved = 0;
		run->attrs = attrs;
	}
	run = &r->run[r->n - 1];
	run->pages += n;
	run->accessed += t->accessed;
	run->dirty += t->dirty;
	return 1;
}

static unsigned int lowest_bit(__u64 mask)
{
	return mask ? __builtin_ctzll(mask) : 0;
}

static int passes(const struct mmui_runs *r, const struct mmui_span *span,
		  __u64 entry, __u16 attrs)
{
	const struct mmuinspect_filter *want = &r->filter;
	const struct mmui_format *f = r->format;
	const struct mmui_level *l = mmui_level(f, span->level);
	__u64 frame = entry & l->leaf_addr & r->addr_mask;
	unsigned int key = (entry & f->pkey) >> lowest_bit(f->pkey);

	if ((attrs & want->attr_mask) != want->attrs)
		return 0;
	if (want->levels && !(want->levels & 1U << span->level))
		return 0;
	if (want->pkeys &&
	    (!(entry & f->present) || !(want->pkeys & 1U << key)))
		return 0;
	if (want->phys_end &&
	    (!(entry & f->present) || frame >= want->phys_end ||
	     frame + (1ULL << l->shift) <= want->phys_start))
		return 0;
	return 1;
}

/* Does the filter ask for something in which entries of one kind differ? */
static int filter_is_fine(const struct mmui_runs *r)
{
	return r->filter.attr_mask & VOLATILE_ATTRS || r->filter.phys_end;
}

/*
 * Count Accessed and Dirty by adding the masked entries up: no shift and no
 * branch an entry. The bits are low ones, so that the sums have room.
 */
static void count_bits(const struct mmui_format *f, const __u64 *e,
		       struct tally *t)
{
	__u64 a = 0, d = 0;
	unsigned int i;

	for (i = 0; i < GROUP; i++) {
		a += e[i] & f->accessed;
		d += (e[i] ^ f->dirty_clear) & f->dirty;
	}
	t->accessed = a >> lowest_bit(f->accessed);
	t->dirty = d >> lowest_bit(f->dirty);
}

static void tally(const struct mmui_format *f, const __u64 *e, struct tally *t)
{
	__u64 all = ~0ULL, any = 0;
	unsigned int i;

	for (i = 0; i < GROUP; i += 8) {
		all &= e[i] & e[i + 1] & e[i + 2] & e[i + 3] &
		       e[i + 4] & e[i + 5] & e[i + 6] & e[i + 7];
		any |= e[i] | e[i + 1] | e[i + 2] | e[i + 3] |
		       e[i + 4] | e[i + 5] | e[i + 6] | e[i + 7];
	}
	t->all = all;
	t->any = any;
	t->accessed = all & f->accessed ? GROUP : 0;
	t->dirty = (all ^ f->dirty_clear) & f->dirty ? GROUP : 0;
	if ((all ^ any) & (f->accessed | f->dirty))
		count_bits(f, e, t);
}

/* Returns 0 if the group must be gone through entry by entry. */
static int take_group(struct mmui_runs *r, const struct mmui_span *span,
		      unsigned int i)
{
	const struct mmui_format *f = r->format;
	const struct mmui_level *l = mmui_level(f, span->level);
	const __u64 *e = span->entry + i;
	struct tally t;
	__u16 attrs;

	tally(f, e, &t);
	if (!t.any)
		return 1;
	if ((t.all ^ t.any) & l->kind || !(t.all & f->present))
		return 0;
	attrs = mmui_attrs(f, span->level, e[0], span->rights);
	if (!passes(r, span, e[0], attrs))
		return 1;
	return take(r, span, span->va + ((__u64)i << l->shift), e[0], attrs,
		    GROUP, &t);
}

static int take_one(struct mmui_runs *r, const struct mmui_span *span,
		    unsigned int i)
{
	const struct mmui_format *f = r->format;
	__u64 entry = span->entry[i];
	__u16 attrs;
	struct tally t;

	if (!entry)
		return 1;
	attrs = mmui_attrs(f, span->level, entry, span->rights);
	if (!passes(r, span, entry, attrs))
		return 1;
	t.accessed = !!(attrs & MMUINSPECT_ACCESSED);
	t.dirty = !!(attrs & MMUINSPECT_DIRTY);
	return take(r, span,
		    span->va + ((__u64)i << mmui_level(f, span->level)->shift),
		    entry, attrs, 1, &t);
}

unsigned int mmui_runs_sink(void *arg, const struct mmui_span *span)
{
	struct mmui_runs *r = arg;
	int grouped = r->merge == MMUINSPECT_MERGE_RIGHTS && !filter_is_fine(r);
	unsigned int i = 0;

	while (i < span->count) {
		unsigned int end = i + GROUP;

		if (end > span->count)
			end = span->count;
		else if (grouped && take_group(r, span, i))
			i = end;
		for (; i < end; i++)
			if (!take_one(r, span, i))
				return i;
	}
	return i;
}
