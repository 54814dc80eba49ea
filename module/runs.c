// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * Filter entries and merge neighbours of one kind into runs. Freestanding.
 *
 * Most tables hold long stretches of one kind: a stretch is found first, with
 * little work an entry, and decoded once.
 */
#include "runs.h"

#define GROUP 32

/* Attributes that two entries of one kind may differ in */
#define VOLATILE_ATTRS (MMUINSPECT_ACCESSED | MMUINSPECT_DIRTY)

/* How many of some entries have A and D. */
struct tally {
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
 * Accessed and Dirty are counted by adding the masked entries up: no shift and no
 * branch an entry. The bits are low ones, so that the sums have room.
 */
static void add(const struct mmui_format *f, __u64 accessed, __u64 dirty,
		unsigned int n, struct tally *t)
{
	dirty >>= lowest_bit(f->dirty);
	t->accessed += accessed >> lowest_bit(f->accessed);
	t->dirty += f->dirty_clear ? n - dirty : dirty;
}

static void add_group(const struct mmui_format *f, const __u64 *e,
		      struct tally *t)
{
	__u64 accessed = 0, dirty = 0;
	unsigned int i;

#pragma GCC unroll 8
	for (i = 0; i < GROUP; i++) {
		accessed += e[i] & f->accessed;
		dirty += e[i] & f->dirty;
	}
	add(f, accessed, dirty, GROUP, t);
}

/* Is a group of one kind with @first? Then its A and D are counted, too. */
static int group(const struct mmui_format *f, const __u64 *e, __u64 first,
		 __u64 mask, struct tally *t)
{
	__u64 all = first, any = first;
	unsigned int i;

	for (i = 0; i < GROUP; i += 8) {
		all &= e[i] & e[i + 1] & e[i + 2] & e[i + 3] &
		       e[i + 4] & e[i + 5] & e[i + 6] & e[i + 7];
		any |= e[i] | e[i + 1] | e[i + 2] | e[i + 3] |
		       e[i + 4] | e[i + 5] | e[i + 6] | e[i + 7];
	}
	if ((all ^ any) & mask)
		return 0;
	if ((all ^ any) & (f->accessed | f->dirty)) {
		add_group(f, e, t);
	} else {
		t->accessed += all & f->accessed ? GROUP : 0;
		t->dirty += (all ^ f->dirty_clear) & f->dirty ? GROUP : 0;
	}
	return 1;
}

/*
 * How many entries from @e on, of @left, are of one kind and so have the same
 * attributes but for A and D; and with MERGE_PHYS contiguous.
 */
static unsigned int stretch(const struct mmui_runs *r,
			    const struct mmui_span *span, const __u64 *e,
			    unsigned int left, struct tally *t)
{
	const struct mmui_format *f = r->format;
	const struct mmui_level *l = mmui_level(f, span->level);
	__u64 mask = kind_of(r, l, span->level, *e);
	__u64 want = *e, step = 0;
	__u64 accessed = 0, dirty = 0;
	unsigned int n = 0, grouped;

	t->accessed = 0;
	t->dirty = 0;
	if (filter_is_fine(r))
		left = 1;
	if (r->merge == MMUINSPECT_MERGE_PHYS && *e & f->present) {
		mask |= l->leaf_addr & r->addr_mask;
		step = 1ULL << l->shift;
	}
	/* Its last entry tells of most groups that they're mixed. */
	while (left - n >= GROUP && !step && *e & f->present &&
	       !((e[n + GROUP - 1] ^ *e) & mask) &&
	       group(f, e + n, *e, mask, t))
		n += GROUP;
	grouped = n;
	/* A zero entry may look like a non-present one without its address. */
	for (; n < left && e[n] && !((e[n] ^ want) & mask); n++) {
		accessed += e[n] & f->accessed;
		dirty += e[n] & f->dirty;
		want += step;
	}
	if (*e & f->present)
		add(f, accessed, dirty, n - grouped, t);
	return n;
}

/* A run an entry for @n of them; returns how many there was room for. */
static unsigned int take_each(struct mmui_runs *r, const struct mmui_span *span,
			      unsigned int i, unsigned int n, __u16 attrs)
{
	const struct mmui_format *f = r->format;
	unsigned int shift = mmui_level(f, span->level)->shift;
	__u64 accessed = 0, dirty = 0;
	struct mmuinspect_run *run = &r->run[r->n];
	unsigned int end;

	if (attrs & MMUINSPECT_PRESENT) {
		accessed = f->accessed;
		dirty = f->dirty;
	}
	if (n > r->room - r->n) {
		n = r->room - r->n;
		r->full = 1;
	}
	r->n += n;
	for (end = i + n; i < end; i++, run++) {
		__u64 entry = span->entry[i];

		run->start = span->va + ((__u64)i << shift);
		run->entry = entry;
		run->pages = 1;
		run->accessed = !!(entry & accessed);
		run->dirty = !!((entry ^ f->dirty_clear) & dirty);
		run->level = span->level;
		run->reserved = 0;
		run->attrs = attrs & ~VOLATILE_ATTRS;
	}
	return n;
}

static unsigned int zeroes(const __u64 *e, unsigned int n)
{
	unsigned int i = 0;

	while (n - i >= 8 && !(e[i] | e[i + 1] | e[i + 2] | e[i + 3] |
			       e[i + 4] | e[i + 5] | e[i + 6] | e[i + 7]))
		i += 8;
	while (i < n && !e[i])
		i++;
	return i;
}

/*
 * The first entry of a span may be a large page that has come into the place of
 * small ones since these were listed: it begins below the end of the last run.
 */
static unsigned int listed(const struct mmui_runs *r,
			   const struct mmui_span *span)
{
	const struct mmuinspect_run *last;

	if (!r->n)
		return span->va < r->floor;
	last = &r->run[r->n - 1];
	return span->va < last->start + run_size(r->format, last);
}

unsigned int mmui_runs_sink(void *arg, const struct mmui_span *span)
{
	struct mmui_runs *r = arg;
	const struct mmui_format *f = r->format;
	unsigned int shift = mmui_level(f, span->level)->shift;
	unsigned int i = listed(r, span), n, taken;
	struct tally t;
	__u16 attrs;

	for (;;) {
		i += zeroes(span->entry + i, span->count - i);
		if (i == span->count)
			return i;
		n = stretch(r, span, span->entry + i, span->count - i, &t);
		attrs = mmui_attrs(f, span->level, span->entry[i], span->rights);
		if (!passes(r, span, span->entry[i], attrs))
			taken = n;
		else if (r->merge == MMUINSPECT_MERGE_NONE)
			taken = take_each(r, span, i, n, attrs);
		else
			taken = take(r, span, span->va + ((__u64)i << shift),
				     span->entry[i], attrs, n, &t) ? n : 0;
		i += taken;
		if (taken < n)
			return i;
	}
}
