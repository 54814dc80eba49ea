// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* The loop: follow an address from the root as the MMU does. Freestanding. */
#include "walk.h"

/*
 * Half a table at a time: from enter to leave interrupts may be off, and the
 * way down takes its share of that time.
 */
#define LAST_CHUNK (MMUI_BOUNCE / 2)

/*
 * Above the last level a chunk ends at the first pointer to a table, and the
 * rest of it was copied for nothing: keep it small there, until a chunk held none.
 */
#define UPPER_CHUNK 64

/* Tables that change under each attempt end as unreadable, not in a loop. */
#define ATTEMPTS (4 * MMUINSPECT_LEVELS_MAX)

static unsigned int index_of(const struct mmui_level *l, __u64 va)
{
	return (va >> l->shift) & ((1U << l->bits) - 1);
}

static void enter(struct mmui_walk *w)
{
	if (w->memory.enter)
		w->memory.enter(w->memory.ctx);
}

static void leave(struct mmui_walk *w)
{
	if (w->memory.leave)
		w->memory.leave(w->memory.ctx);
}

/*
 * From the root to the entry that ends the way, or to the table of level @lowest,
 * of which no entry is read. Between enter and leave, so that what can wait
 * (index, level, rights) does.
 */
static int descend(struct mmui_walk *w, __u64 va, unsigned int lowest,
		   struct mmui_path *path)
{
	const struct mmui_format *f = w->format;
	struct mmuinspect_step *step = path->step;
	__u64 table = w->root;
	unsigned int level;
	int ret = 0;

	for (level = f->levels; ; level--) {
		const struct mmui_level *l = mmui_level(f, level);

		step->table = table;
		if (level == lowest)
			break;
		ret = w->memory.read(w->memory.ctx, level, table,
				     index_of(l, va), 1, &step->entry);
		if (ret)
			break;
		step++;
		if (!mmui_is_table(f, l, step[-1].entry))
			break;
		table = step[-1].entry & l->table_addr & w->addr_mask;
	}
	path->steps = step - path->step;
	path->level = level;
	return ret;
}

/* What the tables on the way leave of the rights. */
static __u16 rights_of(const struct mmui_format *f, const struct mmui_path *path)
{
	__u16 rights = MMUI_RIGHTS;
	unsigned int level;

	for (level = f->levels; level > path->level; level--)
		rights &= ~mmui_denied(mmui_level(f, level)->table_deny,
				       path->step[f->levels - level].entry);
	return rights;
}

/*
 * descend, and copy up to @n entries from there on to the bounce buffer; above
 * the last level up to @upper.
 */
static int fetch(struct mmui_walk *w, __u64 va, __u64 last, unsigned int upper,
		 struct mmui_path *path, unsigned int *n)
{
	const struct mmui_level *l;
	unsigned int first, left;
	__u64 wanted;
	int ret;

	*n = 0;
	ret = descend(w, va, 1, path);
	if (ret)
		return ret;
	l = mmui_level(w->format, path->level);
	first = index_of(l, va);
	left = (1U << l->bits) - first;
	wanted = (last >> l->shift) - (va >> l->shift) + 1;
	*n = path->level == 1 ? LAST_CHUNK : upper;
	if (*n > left)
		*n = left;
	if (*n > wanted)
		*n = wanted;
	return w->memory.read(w->memory.ctx, path->level,
			      path->step[w->format->levels - path->level].table,
			      first, *n, w->bounce);
}

/**
 * mmui_translate - follow one address
 * @w: the walk; @w->bounce isn't used
 * @va: a canonical address
 * @path: the way
 *
 * Return: 0, or -1 if a table on the way can't be read: @path then ends before it.
 */
int mmui_translate(struct mmui_walk *w, __u64 va, struct mmui_path *path)
{
	const struct mmui_format *f = w->format;
	unsigned int attempt, i;
	int ret = MMUI_RETRY;

	for (attempt = 0; ret == MMUI_RETRY && attempt < ATTEMPTS; attempt++) {
		enter(w);
		ret = descend(w, va, 0, path);
		leave(w);
	}
	path->rights = rights_of(f, path);
	for (i = 0; i < path->steps; i++)
		path->step[i] = (struct mmuinspect_step){
			.table = path->step[i].table,
			.entry = path->step[i].entry,
			.level = f->levels - i,
			.index = index_of(mmui_level(f, f->levels - i), va),
		};
	return ret ? -1 : 0;
}

/* How many of @n entries come before the first pointer to a table. */
static unsigned int until_table(const struct mmui_walk *w, unsigned int level,
				unsigned int n)
{
	const struct mmui_level *l = mmui_level(w->format, level);
	const __u64 *e = w->bounce;
	unsigned int i;

	if (level == 1)
		return n;
	for (i = 0; i < n; i++) {
		while (n - i >= 8 && !(e[i] | e[i + 1] | e[i + 2] | e[i + 3] |
				       e[i + 4] | e[i + 5] | e[i + 6] | e[i + 7]))
			i += 8;
		if (i < n && mmui_is_table(w->format, l, e[i]))
			break;
	}
	return i < n ? i : n;
}

/**
 * mmui_walk - hand every entry of a range that isn't a table pointer to a sink
 * @w: the walk
 * @va: first address
 * @last: last address, inclusive; both in the same canonical half
 * @sink: takes them in ascending order
 * @arg: handed to @sink
 *
 * The range may begin and end inside a large page, which is then handed over
 * whole. Nothing is kept between calls: a walk goes on by being called again
 * with what it returned.
 *
 * Return: the first address that was not handed over: beyond @last (or 0, if
 * the top of the address space was reached) when the range is done; before it
 * when @sink or @w->budget ended the walk.
 */
__u64 mmui_walk(struct mmui_walk *w, __u64 va, __u64 last, mmui_sink sink,
		void *arg)
{
	unsigned int attempt = 0, upper = UPPER_CHUNK;

	while (w->budget) {
		struct mmui_path path;
		struct mmui_span span;
		unsigned int n, taken;
		__u64 size;
		int ret;

		w->budget--;
		enter(w);
		ret = fetch(w, va, last, upper, &path, &n);
		leave(w);
		if (ret == MMUI_RETRY && ++attempt < ATTEMPTS)
			continue;
		attempt = 0;
		size = 1ULL << mmui_level(w->format, path.level)->shift;
		if (ret) {
			/*
			 * All that this table would translate is unknown; a root
			 * that can't be read leaves nothing to go on with.
			 */
			w->unreadable++;
			size <<= mmui_level(w->format, path.level)->bits;
			va = path.steps ? (va & -size) + size : last + 1;
		} else {
			span.va = va & -size;
			span.entry = w->bounce;
			span.count = until_table(w, path.level, n);
			span.level = path.level;
			span.rights = rights_of(w->format, &path);
			if (path.level > 1)
				upper = span.count < n ? UPPER_CHUNK : LAST_CHUNK;
			taken = span.count ? sink(arg, &span) : 0;
			if (taken)
				va = span.va + taken * size;
			if (taken < span.count)
				return va;
		}
		if (va > last || !va)
			break;
	}
	return va;
}
