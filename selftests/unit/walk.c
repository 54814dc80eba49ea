// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walker and the run merger against tables made up here.
 *
 * Expectations come from a second walk that shares nothing with the first: plain
 * recursion with the bits of the Intel SDM written out (vol. 3A 4.5 and 4.6),
 * and for the other formats from addresses worked out by hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../module/runs.h"
#include "../../module/walk.h"

#define FRAMES 512
#define MAX_FOUND (FRAMES * 512)
#define SEEDS 10

typedef __u64 u64;

static int tests, failures, failed;
static const char *test_name;

static void check(int ok, int line, const char *what)
{
	if (ok || failed)
		return;
	failed = 1;
	printf("# %s: line %d: %s\n", test_name, line, what);
}

#define CHECK(x) check(!!(x), __LINE__, #x)

/* Physical memory: FRAMES pages from address 0 on. */
static u64 memory[FRAMES][512];
static int frames, in_section, retry_every, reads;

static int mem_read(void *ctx, unsigned int level, u64 table,
		    unsigned int first, unsigned int n, u64 *dst)
{
	(void)ctx;
	CHECK(level >= 1 && level <= MMUINSPECT_LEVELS_MAX);
	CHECK(in_section == 1);
	if (retry_every && ++reads % retry_every == 0)
		return MMUI_RETRY;
	if (table / 4096 >= FRAMES)
		return -1;
	memcpy(dst, (char *)memory + table + first * 8, n * 8);
	return 0;
}

static void mem_enter(void *ctx)
{
	(void)ctx;
	in_section++;
}

static void mem_leave(void *ctx)
{
	(void)ctx;
	in_section--;
}

static u64 bounce[MMUI_BOUNCE];

static struct mmui_walk walk_of(const struct mmui_format *f)
{
	return (struct mmui_walk){
		.format = f, .root = 0, .addr_mask = 0x3ffffffff000,
		.memory = { mem_read, mem_enter, mem_leave, NULL },
		.bounce = bounce, .budget = ~0U,
	};
}

/* One entry, as the reference finds it and as the walker hands it out. */
struct found {
	u64 va;
	u64 entry;
	unsigned int level;
	unsigned int attrs;
};

static struct found want[MAX_FOUND], got[MAX_FOUND];
static int n_want, n_got;

/* The reference: x86-64, straight from the manual's tables. */
static void reference(u64 table, int level, u64 va, int w, int u, int x)
{
	int i;

	if (table / 4096 >= FRAMES)
		return;
	for (i = 0; i < 512; i++) {
		u64 e = memory[table / 4096][i];
		u64 at = va | ((u64)i << (12 + 9 * (level - 1)));
		int w2 = w && (e & 2), u2 = u && (e & 4), x2 = x && !(e >> 63);
		int leaf = level == 1 || (level <= 3 && (e & 0x80));

		if ((e & 1) && !leaf)
			reference(e & 0x3ffffffff000, level - 1, at, w2, u2, x2);
		else if (e)
			want[n_want++] = (struct found){ at, e, level, !(e & 1) ?
				0U : 1U | w2 << 1 | u2 << 2 | x2 << 3 |
				!!(e & 0x20) << 4 | !!(e & 0x40) << 5 };
	}
}

static u64 random64(void)
{
	return (u64)random() << 42 ^ (u64)random() << 21 ^ random();
}

/* Rights, A, D, PWT, PCD, G, software bits, key, XD: anything but P, PS, PFN */
static u64 random_flags(void)
{
	return random64() & 0xfff0000000000f7e;
}

static void fill_last(u64 *table)
{
	u64 flags = random_flags(), frame = random64() & 0x3fffffff000;
	int i, kind = 0;

	for (i = 0; i < 512; i++) {
		/* mostly long stretches of one kind, so that groups are met */
		if (random() % 60 == 0) {
			kind = random() % 5;
			flags = random_flags();
			frame = random64() & 0x3fffffff000;
		}
		if (kind == 0)
			table[i] = 0;
		else if (kind == 1)
			table[i] = (random64() | 2) & ~1ULL;
		else if (kind == 2)
			table[i] = 1 | flags | (frame + i * 4096);
		else if (kind == 3)
			table[i] = 1 | (flags & ~0x60ULL) | (random64() & 0x60) |
				   (random64() & 0x3fffffff000);
		else
			table[i] = 1 | random_flags() | (random64() & 0x80) |
				   (frame + i * 4096);
	}
}

static u64 make_table(int level)
{
	int frame = frames++, i;

	memset(memory[frame], 0, 4096);
	if (level == 1) {
		fill_last(memory[frame]);
		return (u64)frame << 12;
	}
	for (i = 0; i < 512; i++) {
		u64 *e = &memory[frame][i];

		switch (random() % 48) {
		case 0:
			if (frames < FRAMES - 8)
				*e = 1 | (random_flags() | 6) |
				     make_table(level - 1);
			break;
		case 1:
			if (level <= 3)
				*e = 0x81 | random_flags() | (random64() &
					(level == 3 ? 0x3ffc0000000 : 0x3ffffe00000));
			break;
		case 2:
			*e = random64() & ~1ULL;
			break;
		case 3:	/* a table where there's no memory */
			if (random() % 8 == 0)
				*e = 7 | 0x3ffff0000000;
			break;
		}
	}
	return (u64)frame << 12;
}

static void make_space(int seed, const struct mmui_format *f)
{
	srandom(seed);
	memset(memory, 0, sizeof(memory));
	frames = 0;
	make_table(f->levels);
	n_want = 0;
	reference(0, f->levels, 0, 1, 1, 1);
}

/* A sink that keeps all and may refuse to go on at any entry. */
static int stop_after;

static unsigned int keep(void *arg, const struct mmui_span *span)
{
	const struct mmui_format *f = arg;
	unsigned int i;

	CHECK(!in_section);
	for (i = 0; i < span->count; i++) {
		u64 e = span->entry[i];

		if (stop_after && random() % stop_after == 0)
			return i;
		if (!e)
			continue;
		got[n_got++] = (struct found){
			span->va + ((u64)i << f->level[span->level - 1].shift), e,
			span->level,
			mmui_attrs(f, span->level, e, span->rights) };
	}
	return i;
}

static u64 top_of(const struct mmui_format *f)
{
	return (1ULL << f->va_bits) - 1;
}

static void expect_same(void)
{
	int i;

	CHECK(n_got == n_want);
	for (i = 0; i < n_want && i < n_got; i++)
		CHECK(got[i].va == want[i].va && got[i].entry == want[i].entry &&
		      got[i].level == want[i].level &&
		      got[i].attrs == want[i].attrs);
}

static const struct mmui_format *const formats[] = {
	&mmui_x86_64_4level, &mmui_x86_64_5level,
};

static void whole(const struct mmui_format *f, unsigned int budget, int stop)
{
	struct mmui_walk w = walk_of(f);
	u64 va = 0;

	stop_after = stop;
	n_got = 0;
	while (va <= top_of(f)) {
		w.budget = budget;
		va = mmui_walk(&w, va, top_of(f), keep, (void *)f);
	}
	stop_after = 0;
}

static void for_each_space(void (*fn)(const struct mmui_format *f))
{
	int seed;

	for (seed = 1; seed <= SEEDS && !failed; seed++) {
		make_space(seed, formats[seed % 2]);
		CHECK(n_want > 100);
		fn(formats[seed % 2]);
	}
}

static void every_entry(const struct mmui_format *f)
{
	whole(f, ~0U, 0);
	expect_same();
}

static void in_pieces(const struct mmui_format *f)
{
	whole(f, 1, 0);
	expect_same();
	whole(f, 3, 200);
	expect_same();
}

static void with_retries(const struct mmui_format *f)
{
	retry_every = 7;
	whole(f, ~0U, 0);
	retry_every = 0;
	expect_same();
}

static void translate(const struct mmui_format *f)
{
	struct mmui_walk w = walk_of(f);
	struct mmui_path path;
	int i;

	for (i = 0; i < 300; i++) {
		struct found *x = &want[random() % n_want];
		const struct mmuinspect_step *end;
		u64 inside = random64() & ((1ULL << (12 + 9 * (x->level - 1))) - 1);

		CHECK(!mmui_translate(&w, x->va + inside, &path));
		end = &path.step[path.steps - 1];
		CHECK(path.level == x->level && end->level == x->level);
		CHECK(end->entry == x->entry);
		CHECK(path.steps == f->levels - x->level + 1);
		CHECK(end->index == (x->va >> (12 + 9 * (x->level - 1)) & 511));
		CHECK(mmui_attrs(f, path.level, end->entry, path.rights) == x->attrs);
	}
	CHECK(in_section == 0);
	retry_every = 7;
	CHECK(!mmui_translate(&w, want[0].va, &path));
	retry_every = 0;
}

/* A range that begins and ends anywhere, in large pages too. */
static void part(const struct mmui_format *f)
{
	struct mmui_walk w = walk_of(f);
	int round, i, n;

	for (round = 0; round < 20; round++) {
		u64 a = want[random() % n_want].va + (random64() & 0x1fffff);
		u64 b = want[random() % n_want].va + (random64() & 0x1fffff);
		u64 first = a < b ? a : b, last = a < b ? b : a;

		n_got = 0;
		mmui_walk(&w, first, last, keep, (void *)f);
		for (i = n = 0; i < n_want; i++) {
			u64 size = 1ULL << (12 + 9 * (want[i].level - 1));

			if (want[i].va + size <= first || want[i].va > last)
				continue;
			CHECK(n < n_got && got[n].va == want[i].va);
			n++;
		}
		CHECK(n == n_got);
	}
}

#define ROOM 1000
static struct mmuinspect_run buffer[MAX_FOUND];

/* All runs, collected through a buffer of @room. */
static int runs_of(const struct mmui_format *f, __u32 merge,
		   const struct mmuinspect_filter *filter, unsigned int room)
{
	struct mmui_walk w = walk_of(f);
	struct mmui_runs r = { .format = f, .merge = merge, .filter = *filter,
			       .addr_mask = w.addr_mask };
	unsigned int n = 0;
	u64 va = 0;

	while (va <= top_of(f)) {
		r.run = buffer + n;
		r.room = room;
		r.n = r.full = 0;
		va = mmui_walk(&w, va, top_of(f), mmui_runs_sink, &r);
		CHECK(r.n <= room && r.full == (va <= top_of(f)));
		n += r.n;
	}
	return n;
}

static u64 page_size(unsigned int level)
{
	return 1ULL << (12 + 9 * (level - 1));
}

static u64 frame_of(const struct found *x)
{
	return x->entry & 0x3ffffffff000 & -page_size(x->level);
}

/* The bits that make one kind, from the manual: not A, D, PFN, or bits 9-11, 52-58, G */
static u64 kind(const struct found *x)
{
	if (x->attrs & 1)
		return x->entry & (x->level == 1 ? 0xf80000000000009f :
						   0xf80000000000101f);
	/* Linux: frame or swap offset blanked */
	if (x->entry & 0x100 || x->entry & 0x80)
		return x->entry & 0xfff0000000000f9e;
	return x->entry & 0xf80000000000019e;
}

static int one_kind(const struct found *a, const struct found *b, int phys)
{
	if (a->level != b->level || (a->attrs ^ b->attrs) & 0xf ||
	    b->va != a->va + page_size(a->level) || kind(a) != kind(b))
		return 0;
	return !phys || !(a->attrs & 1) ||
	       frame_of(b) == frame_of(a) + page_size(a->level);
}

/* Runs expand to exactly the entries of @want, and break only where they must. */
static void expect_runs(int n, __u32 merge)
{
	int i, k = 0;

	for (i = 0; i < n && !failed; i++) {
		const struct mmuinspect_run *r = &buffer[i];
		unsigned int j, a = 0, d = 0;

		CHECK(r->pages >= 1 && r->reserved == 0);
		CHECK(k < n_want && r->entry == want[k].entry);
		CHECK(k == 0 || i == 0 || merge == MMUINSPECT_MERGE_NONE ||
		      !one_kind(&want[k - 1], &want[k], merge == MMUINSPECT_MERGE_PHYS));
		for (j = 0; j < r->pages && k < n_want; j++, k++) {
			CHECK(want[k].va == r->start + j * page_size(r->level));
			CHECK(want[k].level == r->level);
			CHECK((want[k].attrs & 0xf) == r->attrs);
			CHECK(j == 0 || one_kind(&want[k - 1], &want[k],
						 merge == MMUINSPECT_MERGE_PHYS));
			a += want[k].attrs >> 4 & 1;
			d += want[k].attrs >> 5 & 1;
		}
		CHECK(a == r->accessed && d == r->dirty);
		CHECK(merge != MMUINSPECT_MERGE_NONE || r->pages == 1);
	}
	CHECK(k == n_want);
}

static const struct mmuinspect_filter no_filter;

static void merging(const struct mmui_format *f)
{
	__u32 merge;

	for (merge = 0; merge <= MMUINSPECT_MERGE_PHYS; merge++)
		expect_runs(runs_of(f, merge, &no_filter, MAX_FOUND), merge);
}

/* A full buffer loses nothing, and a run is only cut where the next one begins. */
static void small_buffer(const struct mmui_format *f)
{
	expect_runs(runs_of(f, MMUINSPECT_MERGE_RIGHTS, &no_filter, 1),
		    MMUINSPECT_MERGE_RIGHTS);
	expect_runs(runs_of(f, MMUINSPECT_MERGE_NONE, &no_filter, 7),
		    MMUINSPECT_MERGE_NONE);
	expect_runs(runs_of(f, MMUINSPECT_MERGE_NONE, &no_filter, 100),
		    MMUINSPECT_MERGE_NONE);
}

static int wanted(const struct found *x, const struct mmuinspect_filter *f)
{
	if ((x->attrs & f->attr_mask) != f->attrs)
		return 0;
	if (f->levels && !(f->levels >> x->level & 1))
		return 0;
	if (f->pkeys && (!(x->attrs & 1) || !(f->pkeys >> (x->entry >> 59 & 15) & 1)))
		return 0;
	return !f->phys_end || ((x->attrs & 1) && frame_of(x) < f->phys_end &&
				frame_of(x) + page_size(x->level) > f->phys_start);
}

static void filters(const struct mmui_format *f)
{
	int round, i, kept, all = n_want;
	static struct found saved[MAX_FOUND];

	memcpy(saved, want, all * sizeof(want[0]));
	for (round = 0; round < 24 && !failed; round++) {
		struct mmuinspect_filter filter = {};
		__u32 merge = round % 3;

		if (random() % 2)
			filter.attr_mask = random() & 63;
		filter.attrs = random() & filter.attr_mask;
		if (random() % 2)
			filter.levels = random() & 0x3e;
		if (random() % 4 == 0)
			filter.pkeys = random() & 0xffff;
		if (random() % 3 == 0) {
			filter.phys_start = random64() & 0x1fffffff000;
			filter.phys_end = filter.phys_start + 0x10000000000;
		}
		for (i = kept = 0; i < all; i++)
			if (wanted(&saved[i], &filter))
				want[kept++] = saved[i];
		n_want = kept;
		expect_runs(runs_of(f, merge, &filter, MAX_FOUND), merge);
	}
}

/* Two neighbours that differ in one bit: merged unless the bit makes a kind. */
static void which_bits_make_a_kind(void)
{
	const struct mmui_format *f = &mmui_x86_64_4level;
	int level, bit;

	for (level = 1; level <= 2; level++) {
		u64 first = level == 1 ? 0x5007 : 0x400087;
		u64 differs = level == 1 ? 0xf80000000000009f & ~1ULL :
					   0xf80000000000101f & ~1ULL;

		for (bit = 1; bit < 64; bit++) {
			u64 one = 1ULL << bit;

			if (level == 2 && bit == 7)
				continue;	/* then it's a table */
			memset(memory, 0, sizeof(memory));
			memory[0][0] = 0x1007;
			memory[1][0] = 0x2007;
			memory[2][0] = level == 1 ? 0x3007 : first;
			memory[2][1] = level == 1 ? 0 : first ^ one;
			memory[3][0] = first;
			memory[3][1] = first ^ one;
			CHECK(runs_of(f, MMUINSPECT_MERGE_RIGHTS, &no_filter, 9)
			      == (differs & one ? 2 : 1));
		}
	}
}

/* 2 MiB, then 4 KiB right behind it: neighbours, the same bits, not one run. */
static void sizes_do_not_merge(void)
{
	memset(memory, 0, sizeof(memory));
	memory[0][0] = 0x1007;
	memory[1][0] = 0x2007;
	memory[2][0] = 0x400007 | 0x80;
	memory[2][1] = 0x3007;
	memory[3][0] = 0x600007 | 0x80;	/* bit 7 is PAT here */
	CHECK(runs_of(&mmui_x86_64_4level, MMUINSPECT_MERGE_RIGHTS, &no_filter,
		      9) == 2);
	CHECK(buffer[0].level == 2 && buffer[1].level == 1);
}

/* Entries whose address bits are none (markers) are alike only if all bits are. */
static void exact_entries(void)
{
	static const u64 entries[4] = { 0xf800000000000200, 0xf800000000000200,
					0xf800000000000400, 0x1000000000000400 };
	struct mmui_span span = { .entry = entries, .count = 4, .level = 1,
				  .rights = MMUI_RIGHTS };
	struct mmui_runs r = { .format = &mmui_x86_64_4level, .run = buffer,
			       .merge = MMUINSPECT_MERGE_RIGHTS, .room = 9 };

	CHECK(mmui_runs_sink(&r, &span) == 4 && r.n == 2);
	r.n = 0;
	r.exact = (struct mmui_hidden){
		.mask = 0xf800000000000001, .value = 0xf800000000000000 };
	CHECK(mmui_runs_sink(&r, &span) == 4 && r.n == 3);
	CHECK(buffer[0].pages == 2 && buffer[1].pages == 1);
}

/* A run holds what its counter holds. */
static void counter_does_not_wrap(void)
{
	const struct mmui_format *f = &mmui_x86_64_4level;
	static const u64 entries[2] = { 0x1007, 0x1007 };
	struct mmui_span span = { .entry = entries, .count = 1, .level = 1,
				  .rights = MMUI_RIGHTS };
	struct mmui_runs r = { .format = f, .merge = MMUINSPECT_MERGE_RIGHTS,
			       .run = buffer, .room = 2 };

	CHECK(mmui_runs_sink(&r, &span) == 1);
	buffer[0].pages = ~0U - 1;
	span.va = (~0U - 1ULL) << 12;
	CHECK(mmui_runs_sink(&r, &span) == 1 && r.n == 1);
	span.va += 4096;
	CHECK(mmui_runs_sink(&r, &span) == 1 && r.n == 2);
	CHECK(buffer[0].pages == ~0U && buffer[1].pages == 1);
}

static void canonical(void)
{
	const struct mmui_format *f4 = &mmui_x86_64_4level;
	const struct mmui_format *f5 = &mmui_x86_64_5level;

	CHECK(mmui_canonical(f4, 0) && mmui_canonical(f4, 0x00007fffffffffff));
	CHECK(!mmui_canonical(f4, 0x0000800000000000));
	CHECK(!mmui_canonical(f4, 0xffff7fffffffffff));
	CHECK(mmui_canonical(f4, 0xffff800000000000) && mmui_canonical(f4, ~0ULL));
	CHECK(mmui_canonical(f5, 0x0000800000000000));
	CHECK(mmui_canonical(f5, 0x00ffffffffffffff));
	CHECK(!mmui_canonical(f5, 0x0100000000000000));
	CHECK(mmui_canonical(f5, 0xff00000000000000));
}

/* The last page of the address space: the walk ends, and ends there. */
static void top_of_address_space(void)
{
	const struct mmui_format *f = &mmui_x86_64_4level;
	struct mmui_walk w = walk_of(f);

	memset(memory, 0, sizeof(memory));
	memory[0][511] = 0x1003;
	memory[1][511] = 0x2003;
	memory[2][511] = 0x3003;
	memory[3][511] = 0x5003;
	n_got = 0;
	CHECK(mmui_walk(&w, 0xffff800000000000, ~0ULL, keep, (void *)f) == 0);
	CHECK(n_got == 1 && got[0].va == 0xfffffffffffff000);
	CHECK(got[0].entry == 0x5003 && got[0].attrs == (1 | 2 | 8));
}

/* Every entry points back to the root: five reads an address, then it ends. */
static void table_that_contains_itself(void)
{
	const struct mmui_format *f = &mmui_x86_64_5level;
	struct mmui_walk w = walk_of(f);
	int i;

	memset(memory, 0, sizeof(memory));
	for (i = 0; i < 512; i++)
		memory[0][i] = 7;
	n_got = 0;
	CHECK(mmui_walk(&w, 0, (1 << 21) - 1, keep, (void *)f) == 1 << 21);
	CHECK(n_got == 512 && got[511].level == 1);
}

static void unreadable_tables_are_counted(void)
{
	const struct mmui_format *f = &mmui_x86_64_4level;
	struct mmui_walk w = walk_of(f);
	struct mmui_path path;

	memset(memory, 0, sizeof(memory));
	memory[0][0] = 0x1007;
	memory[1][0] = 0x3fffff000007;	/* no memory there: 1 GiB unknown */
	memory[1][1] = 0x2007;
	memory[2][0] = 0x200000 | 0xe7;
	n_got = 0;
	CHECK(mmui_walk(&w, 0, (1ULL << 31) - 1, keep, (void *)f) == 1ULL << 31);
	CHECK(w.unreadable == 1 && n_got == 1 && got[0].va == 1 << 30);
	CHECK(mmui_translate(&w, 0x1234, &path) == -1);
	CHECK(path.steps == 2 && path.level == 2);

	w.root = 0x3fffff000000;
	CHECK(mmui_walk(&w, 0, 4095, keep, (void *)f) == 4096);
	CHECK(w.unreadable == 2);
}

/* Memory that never settles is given up, not waited for. */
static void endless_retry_ends(void)
{
	const struct mmui_format *f = &mmui_x86_64_4level;
	struct mmui_walk w = walk_of(f);
	struct mmui_path path;

	retry_every = 1;
	CHECK(mmui_translate(&w, 0, &path) == -1);
	CHECK(mmui_walk(&w, 0, 4095, keep, (void *)f) == 4096);
	CHECK(w.unreadable == 1);
	retry_every = 0;
}

/*
 * Other formats are rows, too. These four aren't used by anything yet; they
 * show that neither the loop nor the merger needs a change for them.
 */
struct form {
	const struct mmui_format format;
	u64 root[2];	/* index, entry */
	u64 next[2];	/* in frame 1 */
	u64 va;
	u64 phys;
	unsigned int attrs;
};

static const struct mmui_denial rw_us[] = {
	{ 2, 0, MMUINSPECT_WRITE }, { 4, 0, MMUINSPECT_USER }, { 0 }
};
static const struct mmui_denial nothing[] = { { 0 } };
/* EPT: SDM vol. 3C 29.3.2: bit 1 write, bit 2 execute */
static const struct mmui_denial ept[] = {
	{ 2, 0, MMUINSPECT_WRITE }, { 4, 0, MMUINSPECT_EXEC }, { 0 }
};
/* Arm ARM D8.3: APTable[1] bit 62, UXNTable bit 60; AP[2] bit 7, AP[1] bit 6, UXN bit 54 */
static const struct mmui_denial arm_table[] = {
	{ 1ULL << 62, 1ULL << 62, MMUINSPECT_WRITE },
	{ 1ULL << 60, 1ULL << 60, MMUINSPECT_EXEC }, { 0 }
};
static const struct mmui_denial arm_leaf[] = {
	{ 1 << 7, 1 << 7, MMUINSPECT_WRITE }, { 1 << 6, 0, MMUINSPECT_USER },
	{ 1ULL << 54, 1ULL << 54, MMUINSPECT_EXEC }, { 0 }
};
static const struct mmui_hidden no_addr[] = { { 0, 0, 0 } };

static const struct form forms[] = {
	{	/* PAE's lower two levels: bit 21-29 index, a 2 MiB page */
		.format = { "PAE", 2, 30, 0, 1, 0x20, 0x40, 0, 0, {
			{ 12, 9, 0, 0, 0, 0xffffff000, 0x9f, nothing, rw_us },
			{ 21, 9, 0x80, 0x80, 0xffffff000, 0xfffe00000, 0x9f,
			  rw_us, rw_us } }, no_addr },
		.root = { 5, 0x12400000 | 0xe7 },
		.va = 5 << 21 | 0x12345, .phys = 0x12400000 + 0x12345,
		.attrs = 0x3f,
	},
	{	/* EPT: present is any of R, W, X; bit 8 Accessed, bit 9 Dirty */
		.format = { "EPT", 2, 30, 0, 7, 0x100, 0x200, 0, 0, {
			{ 12, 9, 0, 0, 0, 0xffffff000, 7, ept, ept },
			{ 21, 9, 0x80, 0x80, 0xffffff000, 0xfffe00000, 7, ept,
			  ept } }, no_addr },
		.root = { 1, 0x1000 | 5 },
		.next = { 3, 0xabc000 | 4 | 0x300 },
		.va = 1 << 21 | 3 << 12 | 0x10, .phys = 0xabc010,
		.attrs = MMUINSPECT_PRESENT | MMUINSPECT_USER | MMUINSPECT_EXEC |
			 MMUINSPECT_ACCESSED | MMUINSPECT_DIRTY,
	},
	{	/* Arm, 16 KiB granule: 2 levels of 11 bits; a page is 0b11 */
		.format = { "Arm 16K", 2, 36, 0, 1, 1 << 10, 1 << 7, 1 << 7, 0, {
			{ 14, 11, 0, 0, 0, 0xffffffffc000, 0x4c3, nothing, arm_leaf },
			{ 25, 11, 2, 0, 0xffffffffc000, 0xfffffe000000, 0x4c3,
			  arm_table, arm_leaf } }, no_addr },
		.root = { 2, 0x4000 | 3 | 1ULL << 62 },
		.next = { 1, 0x123400000000 | 3 | 1 << 6 | 1 << 10 | 1ULL << 54 },
		.va = 2ULL << 25 | 1 << 14 | 0x3fff, .phys = 0x123400003fff,
		.attrs = MMUINSPECT_PRESENT | MMUINSPECT_USER |
			 MMUINSPECT_ACCESSED | MMUINSPECT_DIRTY,
	},
	{	/* Arm, 64 KiB granule: a 512 MiB block (0b01) at level 2 of 13 bits */
		.format = { "Arm 64K", 2, 42, 0, 1, 1 << 10, 1 << 7, 1 << 7, 0, {
			{ 16, 13, 0, 0, 0, 0xffffffff0000, 0x4c3, nothing, arm_leaf },
			{ 29, 13, 2, 0, 0xffffffff0000, 0xffffe0000000, 0x4c3,
			  arm_table, arm_leaf } }, no_addr },
		.root = { 1000, 0x40000000 | 1 | 1 << 6 | 1 << 7 },
		.va = 1000ULL << 29 | 0x1234567, .phys = 0x40000000 + 0x1234567,
		.attrs = MMUINSPECT_PRESENT | MMUINSPECT_USER | MMUINSPECT_EXEC,
	},
};

static void one_form(const struct form *form)
{
	const struct mmui_format *f = &form->format;
	u64 table = f->level[1].table_addr & form->root[1];
	const struct mmui_level *l;
	const struct mmuinspect_step *end;
	struct mmui_walk w = walk_of(f);
	struct mmui_path path;
	u64 inside;

	w.addr_mask = ~0ULL;
	memset(memory, 0, sizeof(memory));
	((u64 *)memory)[form->root[0]] = form->root[1];	/* may be a large table */
	if (form->next[1])
		memory[table >> 12][form->next[0]] = form->next[1];
	CHECK(!mmui_translate(&w, form->va, &path));
	end = &path.step[path.steps - 1];
	l = &f->level[path.level - 1];
	inside = form->va & ((1ULL << l->shift) - 1);
	CHECK((end->entry & l->leaf_addr) + inside == form->phys);
	CHECK(mmui_attrs(f, path.level, end->entry, path.rights) == form->attrs);

	n_got = 0;
	CHECK(mmui_walk(&w, 0, top_of(f), keep, (void *)f) == top_of(f) + 1);
	CHECK(n_got == 1 && got[0].va == form->va - inside);
	CHECK(got[0].attrs == form->attrs);
}

/* Arm's Dirty is a clear bit: counted right in groups and in what is left of them */
static void dirty_when_clear(void)
{
	const struct mmui_format *f = &forms[2].format;
	static u64 entries[70];
	struct mmui_span span = { .entry = entries, .count = 70, .level = 1,
				  .rights = MMUI_RIGHTS };
	struct mmui_runs r = { .format = f, .run = buffer, .room = 9,
			       .merge = MMUINSPECT_MERGE_RIGHTS, .addr_mask = ~0ULL };
	struct mmui_format soft = *f;
	int i;

	/* as if AP[2] said Dirty only, so that it doesn't part the run */
	soft.level[0].kind = 3;
	soft.level[0].leaf_deny = nothing;
	r.format = &soft;
	for (i = 0; i < 70; i++)
		entries[i] = 3 | (i % 7 ? 1 << 7 : 0) | (u64)i << 14;
	CHECK(mmui_runs_sink(&r, &span) == 70 && r.n == 1);
	CHECK(buffer[0].pages == 70 && buffer[0].dirty == 10);
}

static void other_formats(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		one_form(&forms[i]);
}

/* What may be blanked, and what must be. */
static void address_bits(void)
{
	const struct mmui_format *f = &mmui_x86_64_4level;

	/* a page, a large one (bit 12 is PAT, not address), a table */
	CHECK(mmui_address_bits(f, 1, 0x8000000123456067) == 0xffffffffff000);
	CHECK(mmui_address_bits(f, 2, 0x80000001234010e7) == 0xfffffffe00000);
	CHECK(mmui_address_bits(f, 2, 0x123456067) == 0xffffffffff000);
	/* PROT_NONE; a large page under change; swap */
	CHECK(mmui_address_bits(f, 1, 0xfffffedcba160) == 0xffffffffff000);
	CHECK(mmui_address_bits(f, 2, 0xfffffedc000e0) == 0xffffffffff000);
	CHECK(mmui_address_bits(f, 1, 0x7fffffffffe00) == 0x07fffffffffffe00);
}

#define EACH_SPACE(fn) static void all_##fn(void) { for_each_space(fn); }
EACH_SPACE(every_entry)
EACH_SPACE(in_pieces)
EACH_SPACE(with_retries)
EACH_SPACE(translate)
EACH_SPACE(part)
EACH_SPACE(merging)
EACH_SPACE(small_buffer)
EACH_SPACE(filters)

static const struct {
	const char *name;
	void (*fn)(void);
} cases[] = {
	{ "every entry, as a plain recursion finds it", all_every_entry },
	{ "stopped and resumed anywhere, nothing is lost", all_in_pieces },
	{ "retried reads change nothing", all_with_retries },
	{ "one address, at every level", all_translate },
	{ "a range that begins and ends anywhere", all_part },
	{ "runs expand to the entries and break only where kinds do", all_merging },
	{ "a full buffer cuts no run", all_small_buffer },
	{ "filters, against the same test on every entry", all_filters },
	{ "which bits make a kind", which_bits_make_a_kind },
	{ "page sizes don't merge", sizes_do_not_merge },
	{ "entries that must agree in every bit", exact_entries },
	{ "a run's counter doesn't wrap", counter_does_not_wrap },
	{ "canonical addresses", canonical },
	{ "the last page of the address space", top_of_address_space },
	{ "a table that contains itself", table_that_contains_itself },
	{ "unreadable tables are counted", unreadable_tables_are_counted },
	{ "endless retries end", endless_retry_ends },
	{ "PAE, EPT, Arm 16K and 64K as rows", other_formats },
	{ "Dirty as a clear bit", dirty_when_clear },
	{ "which bits are an address", address_bits },
};

int main(void)
{
	unsigned int i;

	printf("KTAP version 1\n1..%zu\n", sizeof(cases) / sizeof(cases[0]));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		test_name = cases[i].name;
		failed = 0;
		cases[i].fn();
		failures += failed;
		printf("%sok %d %s\n", failed ? "not " : "", ++tests, test_name);
	}
	return !!failures;
}
