// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * Filter entries and merge neighbours of one kind into runs. Freestanding.
 *
 * What is here goes by stretches of one kind, and serves every entry. Present ones
 * are left to kinds.c where their kind alone decides.
 */
#include "kinds.h"

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
	    run->start + mmui_run_size(f, run) != va || run->pages + n < n)
		return 0;
	if ((run->entry ^ entry) & kind_of(r, l, span->level, entry))
		return 0;
	return r->merge != MMUINSPECT_MERGE_PHYS || !(entry & f->present) ||
	       (run->entry & addr) + mmui_run_size(f, run) == (entry & addr);
}

/* Count @n entries, the first of which is @entry; 0 if there's no room. */
static int take(struct mmui_runs *r, const struct mmui_span *span, __u64 va,
		__u64 entry, __u16 attrs, unsigned int n, const struct mmui_tally *t)
{
	struct mmuinspect_run *run;

	attrs &= ~MMUI_VOLATILE_ATTRS;
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

/**
 * mmui_passes - does the filter let an entry through?
 * @r: the sink
 * @span: the part of a table that holds it
 * @entry: the entry
 * @attrs: its attributes
 *
 * Return: 1 if it does.
 */
int mmui_passes(const struct mmui_runs *r, const struct mmui_span *span,
		__u64 entry, __u16 attrs)
{
	const struct mmuinspect_filter *want = &r->filter;
	const struct mmui_format *f = r->format;
	const struct mmui_level *l = mmui_level(f, span->level);
	__u64 frame = entry & l->leaf_addr & r->addr_mask;
	unsigned int key = (entry & f->pkey) >> mmui_lowest_bit(f->pkey);

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

/*
 * How many entries from @e on, of @left, are of one kind and so have the same
 * attributes but for A and D; and with MERGE_PHYS contiguous.
 */
static unsigned int stretch(const struct mmui_runs *r,
			    const struct mmui_span *span, const __u64 *e,
			    unsigned int left, struct mmui_tally *t)
{
	const struct mmui_format *f = r->format;
	const struct mmui_level *l = mmui_level(f, span->level);
	__u64 mask = kind_of(r, l, span->level, *e);
	__u64 want = *e, step = 0;
	__u64 accessed = 0, dirty = 0;
	unsigned int n;

	t->accessed = 0;
	t->dirty = 0;
	if (mmui_filter_is_fine(r) || r->merge == MMUINSPECT_MERGE_NONE)
		left = 1;
	if (r->merge == MMUINSPECT_MERGE_PHYS && *e & f->present) {
		mask |= l->leaf_addr & r->addr_mask;
		step = 1ULL << l->shift;
	}
	/* A zero entry may look like a non-present one without its address. */
	for (n = 0; n < left && e[n] && !((e[n] ^ want) & mask); n++) {
		accessed += e[n] & f->accessed;
		dirty += e[n] & f->dirty;
		want += step;
	}
	if (*e & f->present)
		mmui_tally_add(f, accessed, dirty, n, t);
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
	return span->va < last->start + mmui_run_size(r->format, last);
}

unsigned int mmui_runs_sink(void *arg, const struct mmui_span *span)
{
	struct mmui_runs *r = arg;
	const struct mmui_level *l = mmui_level(r->format, span->level);
	unsigned int i = listed(r, span), n;
	struct mmui_tally t;
	__u16 attrs;

	for (;;) {
		if (mmui_by_kind(r, l))
			i = mmui_take_present(r, span, i);
		else
			i += zeroes(span->entry + i, span->count - i);
		if (i == span->count || r->full)
			return i;
		n = stretch(r, span, span->entry + i, span->count - i, &t);
		attrs = mmui_attrs(r->format, span->level, span->entry[i],
				   span->rights);
		if (mmui_passes(r, span, span->entry[i], attrs) &&
		    !take(r, span, span->va + ((__u64)i << l->shift),
			  span->entry[i], attrs, n, &t))
			return i;
		i += n;
	}
}
