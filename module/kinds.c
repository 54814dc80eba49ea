// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * Merge present entries by their kind. Freestanding.
 *
 * Whether an entry is listed, and as what, depends on few of its bits: what a kind
 * is gets decoded once. Entries are looked at in groups: where AND and OR of a group
 * agree in those bits, it is one kind.
 */
#include "kinds.h"

#define GROUP 64

/*
 * Inlined next to each other, passes over the same entries would load these once, and
 * keep what has no register on the stack.
 */
#define APART __attribute__((__noinline__))

/**
 * struct pass - present entries of one table on their way into runs
 * @r: the sink
 * @span: the table's part
 * @l: its level
 * @key: the kind of the last run, if the next entry may join it; 0 if not
 */
struct pass {
	struct mmui_runs *r;
	const struct mmui_span *span;
	const struct mmui_level *l;
	__u64 key;
};

/**
 * mmui_by_kind - may the sink go by kinds?
 * @r: the sink
 * @l: the level that it is at
 *
 * Return: 1 if an entry's kind alone decides whether it is listed and as what, and
 * the last run's counter has room for a table.
 */
int mmui_by_kind(const struct mmui_runs *r, const struct mmui_level *l)
{
	if (r->n && r->run[r->n - 1].pages > ~0U - MMUI_BOUNCE)
		return 0;
	return r->merge != MMUINSPECT_MERGE_PHYS && !mmui_filter_is_fine(r) &&
	       !(r->format->present & ~l->kind);
}

static inline unsigned int kind_slot(__u64 key)
{
	return key * 0x9e3779b97f4a7c15ULL >> 61;
}

APART static const struct mmui_kind *kind_decode(struct pass *p, __u64 key,
						 __u64 entry)
{
	struct mmui_runs *r = p->r;
	struct mmui_kind *kind = &r->kind[kind_slot(key)];
	__u16 attrs = mmui_attrs(r->format, p->span->level, entry,
				 p->span->rights);

	kind->key = key;
	kind->attrs = attrs & ~MMUI_VOLATILE_ATTRS;
	kind->listed = mmui_passes(r, p->span, entry, attrs);
	return kind;
}

/* Below other rights, or on another level, a kind is something else. */
static void kinds_begin(struct mmui_runs *r, const struct mmui_span *span)
{
	unsigned int i;

	if (r->kind_level == span->level && r->kind_rights == span->rights)
		return;
	for (i = 0; i < MMUI_KINDS; i++)
		r->kind[i].key = 0;
	r->kind_level = span->level;
	r->kind_rights = span->rights;
}

static inline const struct mmui_kind *kind_find(struct pass *p, __u64 key, __u64 entry)
{
	const struct mmui_kind *kind = &p->r->kind[kind_slot(key)];

	return kind->key == key ? kind : kind_decode(p, key, entry);
}

/* The kind of the last run, if the entry at @va may join it; 0 if not */
static __u64 open_key(struct pass *p, __u64 va)
{
	const struct mmui_runs *r = p->r;
	const struct mmuinspect_run *run;
	__u64 key;

	if (!r->n || r->sealed || r->merge == MMUINSPECT_MERGE_NONE)
		return 0;
	run = &r->run[r->n - 1];
	if (!(run->entry & r->format->present) || run->level != p->span->level ||
	    run->start + mmui_run_size(r->format, run) != va)
		return 0;
	key = run->entry & p->l->kind;
	return kind_find(p, key, run->entry)->attrs == run->attrs ? key : 0;
}

/* An empty run that begins with the entry @i */
static inline void run_begin(const struct pass *p, struct mmuinspect_run *run,
			     unsigned int i, __u16 attrs)
{
	run->start = p->span->va + ((__u64)i << p->l->shift);
	run->entry = p->span->entry[i];
	run->pages = 0;
	run->accessed = 0;
	run->dirty = 0;
	run->level = p->span->level;
	run->reserved = 0;
	run->attrs = attrs;
}

/*
 * Entry by entry, from @i to @end. Returns where it stopped: before @end at an
 * entry that isn't present, or without room.
 */
static unsigned int take_mixed(struct pass *p, unsigned int i, unsigned int end)
{
	struct mmui_runs *r = p->r;
	const struct mmui_format *f = r->format;
	const __u64 *entry = p->span->entry;
	const __u64 merge = r->merge == MMUINSPECT_MERGE_NONE ? 0 : ~0ULL;
	const __u64 present = f->present, mask = p->l->kind;
	struct mmuinspect_run *next = r->run + r->n, *run = next - !!r->n;
	const struct mmui_kind *kind;
	__u64 key = p->key;

	for (; i < end; i++) {
		const __u64 e = entry[i];

		if (!(e & present)) {
			key = 0;
			if (e)
				break;
			continue;
		}
		if ((e & mask) != key) {
			key = e & mask;
			kind = kind_find(p, key, e);
			if (!kind->listed) {
				key = 0;
				continue;
			}
			if (next == r->run + r->room) {
				r->full = 1;
				break;
			}
			run = next++;
			run_begin(p, run, i, kind->attrs);
			r->sealed = 0;
			key &= merge;
		}
		run->pages++;
		run->accessed += !!(e & f->accessed);
		run->dirty += !!((e ^ f->dirty_clear) & f->dirty);
	}
	r->n = next - r->run;
	p->key = key;
	return i;
}

/* The AND of a group, and its OR */
APART static __u64 all_of(const __u64 *e)
{
	__u64 all = ~0ULL;
	unsigned int i;

	for (i = 0; i < GROUP; i += 16)
		all &= e[i] & e[i + 1] & e[i + 2] & e[i + 3] &
		       e[i + 4] & e[i + 5] & e[i + 6] & e[i + 7] &
		       e[i + 8] & e[i + 9] & e[i + 10] & e[i + 11] &
		       e[i + 12] & e[i + 13] & e[i + 14] & e[i + 15];
	return all;
}

APART static __u64 any_of(const __u64 *e)
{
	__u64 any = 0;
	unsigned int i;

	for (i = 0; i < GROUP; i += 16)
		any |= e[i] | e[i + 1] | e[i + 2] | e[i + 3] |
		       e[i + 4] | e[i + 5] | e[i + 6] | e[i + 7] |
		       e[i + 8] | e[i + 9] | e[i + 10] | e[i + 11] |
		       e[i + 12] | e[i + 13] | e[i + 14] | e[i + 15];
	return any;
}

/* A run an entry, all alike but for the address; 0 if there's no room. */
static unsigned int take_each(struct pass *p, unsigned int i, __u64 all,
			      __u16 attrs)
{
	const struct mmui_format *f = p->r->format;
	const struct mmuinspect_run like = {
		.pages = 1,
		.accessed = !!(all & f->accessed),
		.dirty = !!((all ^ f->dirty_clear) & f->dirty),
		.level = p->span->level,
		.attrs = attrs,
	};
	const __u64 *e = p->span->entry + i, *end = e + GROUP;
	struct mmuinspect_run *run = &p->r->run[p->r->n];
	__u64 va = p->span->va + ((__u64)i << p->l->shift);
	const __u64 size = 1ULL << p->l->shift;
	__u64 counts, rest;

	if (p->r->room - p->r->n < GROUP)
		return 0;
	/* What doesn't differ is two words of a record, stored as such. */
	__builtin_memcpy(&counts, &like.pages, sizeof(counts));
	__builtin_memcpy(&rest, &like.dirty, sizeof(rest));
	for (; e < end; e++, run++, va += size) {
		run->start = va;
		run->entry = *e;
		__builtin_memcpy(&run->pages, &counts, sizeof(counts));
		__builtin_memcpy(&run->dirty, &rest, sizeof(rest));
	}
	p->r->n += GROUP;
	p->r->sealed = 0;
	return GROUP;
}

static void add_group(const struct mmui_format *f, const __u64 *e,
		      struct mmui_tally *t)
{
	__u64 accessed = 0, dirty = 0, both = 0;
	unsigned int i;

	if (f->tally) {
#pragma GCC unroll 32
		for (i = 0; i < GROUP; i++)
			both += f->tally[e[i] & 0xff];
		t->accessed += (__u32)both;
		t->dirty += both >> 32;
		return;
	}
	for (i = 0; i < GROUP; i++) {
		accessed += e[i] & f->accessed;
		dirty += e[i] & f->dirty;
	}
	mmui_tally_add(f, accessed, dirty, GROUP, t);
}

/*
 * A group that is one kind: @all and @any are its entries' AND and OR. Returns 0
 * if it has to go entry by entry.
 */
static unsigned int take_group(struct pass *p, unsigned int i, __u64 all,
			       __u64 any)
{
	struct mmui_runs *r = p->r;
	const struct mmui_format *f = r->format;
	const __u64 differ = (all ^ any) & (f->accessed | f->dirty);
	const __u64 key = all & p->l->kind;
	const struct mmui_kind *kind;
	struct mmuinspect_run *run;
	struct mmui_tally t = { 0, 0 };

	if (key != p->key) {
		kind = kind_find(p, key, all);
		p->key = 0;
		if (!kind->listed)
			return GROUP;
		if (r->merge == MMUINSPECT_MERGE_NONE)
			return differ ? 0 : take_each(p, i, all, kind->attrs);
		if (r->n == r->room)
			return 0;
		run_begin(p, &r->run[r->n++], i, kind->attrs);
		r->sealed = 0;
		p->key = key;
	}
	run = &r->run[r->n - 1];
	if (differ) {
		add_group(f, p->span->entry + i, &t);
	} else {
		t.accessed = all & f->accessed ? GROUP : 0;
		t.dirty = (all ^ f->dirty_clear) & f->dirty ? GROUP : 0;
	}
	run->pages += GROUP;
	run->accessed += t.accessed;
	run->dirty += t.dirty;
	return GROUP;
}

/**
 * mmui_take_present - list present entries and skip the zeroes between them
 * @r: the sink; mmui_by_kind() said yes
 * @span: the entries
 * @i: the first one to look at
 *
 * Return: where it stopped: at the end, at an entry that isn't present, or where
 * @r has no more room (and is marked full).
 */
unsigned int mmui_take_present(struct mmui_runs *r, const struct mmui_span *span,
			       unsigned int i)
{
	struct pass p = { r, span, mmui_level(r->format, span->level), 0 };
	unsigned int n, end;

	kinds_begin(r, span);
	p.key = open_key(&p, span->va + ((__u64)i << p.l->shift));
	for (; i < span->count; i += n) {
		n = 0;
		if (span->count - i >= GROUP) {
			__u64 any = any_of(span->entry + i);
			__u64 all = any ? all_of(span->entry + i) : 0;

			if (!any) {
				p.key = 0;
				n = GROUP;
			} else if (all & r->format->present &&
				   !((all ^ any) & p.l->kind)) {
				n = take_group(&p, i, all, any);
			}
		}
		if (n)
			continue;
		end = span->count - i < GROUP ? span->count : i + GROUP;
		n = take_mixed(&p, i, end) - i;
		if (i + n < end)
			return i + n;
	}
	return i;
}
