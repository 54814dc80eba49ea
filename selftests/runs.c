// SPDX-License-Identifier: GPL-2.0-only
/*
 * Merging, filtering and going on by the cursor: whatever is asked of RUNS must
 * agree with the plain list of entries, worked out here.
 */
#include "kselftest_harness.h"
#include "zoo.h"

FIXTURE(runs)
{
	int fd;
	pid_t pid;
	struct place *place;
	struct mmuinspect_info info;
	struct list plain;
};

FIXTURE_SETUP(runs)
{
	self->fd = mmui_open();
	self->place = SHARED(struct place, ZOO_SIZE);
	self->pid = zoo_start(ZOO_QUICK, self->place);
	ASSERT_EQ(0, mmui_info(self->fd, &self->info));
	ASSERT_EQ(0, mmui_target(self->fd, self->pid));
	ASSERT_EQ(0, mmui_list(self->fd, MMUINSPECT_MERGE_NONE, &self->plain));
	ASSERT_LT(100, self->plain.n);
}

FIXTURE_TEARDOWN(runs)
{
	list_free(&self->plain);
	release(self->pid);
	close(self->fd);
}

static __u16 attrs_of(const struct mmuinspect_run *one)
{
	return one->attrs | (one->accessed ? MMUINSPECT_ACCESSED : 0) |
	       (one->dirty ? MMUINSPECT_DIRTY : 0);
}

static bool same_list(const struct list *a, const struct list *b)
{
	return a->n == b->n && !memcmp(a->run, b->run, a->n * sizeof(*a->run));
}

/*
 * Do @fn until the plain list is the same before and after: the kernel may
 * clear an Accessed bit or move a page of an idle process by itself.
 */
static bool settled(FIXTURE_DATA(runs) *self)
{
	struct list again;
	bool same;

	if (mmui_list(self->fd, MMUINSPECT_MERGE_NONE, &again))
		die("RUNS failed");
	same = same_list(&again, &self->plain);
	list_free(&self->plain);
	self->plain = again;
	return same;
}

/* Ask, and ask again if the pages changed meanwhile. */
static void ask_settled(FIXTURE_DATA(runs) *self,
			const struct mmuinspect_runs *ask, struct list *list)
{
	int tries;

	for (tries = 0; tries < 10; tries++) {
		if (mmui_collect(self->fd, ask, list))
			die("RUNS failed");
		if (settled(self))
			return;
		list_free(list);
	}
	die("the process is never quiet");
}

/*
 * What makes two present neighbours different things: rights, protection key
 * and memory type (PWT, PCD, PAT). Of absent ones: all but the address.
 */
static __u64 kind_bits(const struct mmuinspect_info *info,
		       const struct mmuinspect_run *r)
{
	const __u64 pat = r->level == 1 ? 1ULL << 7 : 1ULL << 12;
	const __u64 type = 1ULL << 3 | 1ULL << 4 | pat;

	if (r->entry & PTE_PRESENT)
		return r->entry & (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_NX |
				   15ULL << 59 | type);
	if (r->entry & info->nonpresent.prot_none)
		return r->entry & (info->nonpresent.prot_none | PTE_WRITE |
				   PTE_USER | type);
	return r->entry & ((1ULL << info->nonpresent.type_bits) - 1)
			  << info->nonpresent.type_shift;
}

/* Must @b be in one run with @a, which is right before it in the plain list? */
static bool mergeable(const struct mmuinspect_info *info,
		      const struct vmas *vmas, __u32 merge,
		      const struct mmuinspect_run *a,
		      const struct mmuinspect_run *b)
{
	if (run_end(a) != b->start || a->level != b->level ||
	    a->attrs != b->attrs || kind_bits(info, a) != kind_bits(info, b) ||
	    vma_at(vmas, a->start) != vma_at(vmas, b->start))
		return false;
	return merge == MMUINSPECT_MERGE_RIGHTS || !(b->entry & PTE_PRESENT) ||
	       leaf_phys(info, a->entry, a->level) + level_size(a->level) ==
	       leaf_phys(info, b->entry, b->level);
}

/* The plain entries again, counted off against the merged runs. */
static void check_merged(struct __test_metadata *_metadata,
			 FIXTURE_DATA(runs) *self, __u32 merge)
{
	const struct mmuinspect_runs ask = { .merge = merge };
	const struct mmuinspect_run *one;
	unsigned int accessed, dirty, p;
	struct list merged;
	struct vmas vmas;
	size_t i, j = 0;
	bool joined;

	ask_settled(self, &ask, &merged);
	vmas_read(self->pid, &vmas);
	for (i = 0; i < merged.n; i++) {
		const struct mmuinspect_run *r = &merged.run[i];

		ASSERT_LT(0, r->pages);
		ASSERT_LE(j + r->pages, self->plain.n);
		ASSERT_EQ(self->plain.run[j].entry, r->entry);
		ASSERT_LE(run_end(r), vma_at(&vmas, r->start)->end)
			TH_LOG("the run at %#llx crosses a border", r->start);
		accessed = 0;
		dirty = 0;
		for (p = 0; p < r->pages; p++, j++) {
			one = &self->plain.run[j];
			ASSERT_EQ(r->start + p * level_size(r->level), one->start);
			ASSERT_EQ(r->level, one->level);
			ASSERT_EQ(r->attrs, one->attrs);
			accessed += one->accessed;
			dirty += one->dirty;
			joined = j && mergeable(&self->info, &vmas, merge,
						&self->plain.run[j - 1], one);
			/* Absent ones may be told apart more finely. */
			if (one->attrs || p) {
				ASSERT_EQ(!!p, joined)
					TH_LOG("at %#llx, entry %#llx after %#llx",
					       one->start, one->entry,
					       self->plain.run[j - 1].entry);
			}
		}
		ASSERT_EQ(accessed, r->accessed);
		ASSERT_EQ(dirty, r->dirty);
	}
	ASSERT_EQ(self->plain.n, j);
	EXPECT_LT(merged.n, self->plain.n);
	vmas_free(&vmas);
	list_free(&merged);
}

TEST_F(runs, merge_rights)
{
	check_merged(_metadata, self, MMUINSPECT_MERGE_RIGHTS);
}

TEST_F(runs, merge_phys)
{
	check_merged(_metadata, self, MMUINSPECT_MERGE_PHYS);
}

/* Contiguous by pagemap, not by our word only. */
TEST_F(runs, merge_phys_by_pagemap)
{
	struct list list;
	__u64 *page;
	size_t i, j, n, long_runs = 0;
	int fd = pagemap_open(self->pid);

	ASSERT_EQ(0, mmui_list(self->fd, MMUINSPECT_MERGE_PHYS, &list));
	for (i = 0; i < list.n; i++) {
		const struct mmuinspect_run *r = &list.run[i];

		if (!(r->attrs & MMUINSPECT_PRESENT) ||
		    r->start == self->place[ZOO_mmio].addr)
			continue;
		n = (run_end(r) - r->start) / PAGE_SIZE;
		page = calloc(n, sizeof(*page));
		pagemap_read(fd, r->start, n, page);
		for (j = 1; j < n && page[0]; j++) {
			ASSERT_EQ((page[0] & PM_FRAME) + j, page[j] & PM_FRAME);
		}
		long_runs += r->pages > 1;
		free(page);
	}
	EXPECT_LT(0, long_runs);
	list_free(&list);
	close(fd);
}

/* Two mappings that no entry tells apart are two runs. */
TEST_F(runs, neighbours)
{
	const struct place *p = &self->place[ZOO_neighbours];
	const struct mmuinspect_runs ask = {
		.start = p->addr,
		.end = p->addr + p->len,
		.merge = MMUINSPECT_MERGE_RIGHTS,
	};
	struct list list;
	struct vmas vmas;

	vmas_read(self->pid, &vmas);
	ASSERT_NE(vma_at(&vmas, p->addr), vma_at(&vmas, p->addr + p->len - 1));
	ASSERT_EQ(0, mmui_collect(self->fd, &ask, &list));
	ASSERT_EQ(2, list.n);
	EXPECT_EQ(p->addr, list.run[0].start);
	EXPECT_EQ(p->len / 2 / PAGE_SIZE, list.run[0].pages);
	EXPECT_EQ(p->addr + p->len / 2, list.run[1].start);
	EXPECT_EQ(p->len / 2 / PAGE_SIZE, list.run[1].pages);
	list_free(&list);
	vmas_free(&vmas);
}

static bool passes(const struct mmuinspect_info *info,
		   const struct mmuinspect_filter *f,
		   const struct mmuinspect_run *one)
{
	__u64 phys = leaf_phys(info, one->entry, one->level);
	bool present = one->entry & PTE_PRESENT;

	if ((attrs_of(one) & f->attr_mask) != f->attrs)
		return false;
	if (f->levels && !(f->levels & 1U << one->level))
		return false;
	if (f->pkeys && !(present && f->pkeys & 1U << PTE_PKEY(one->entry)))
		return false;
	if (f->phys_end &&
	    !(present && phys < f->phys_end &&
	      phys + level_size(one->level) > f->phys_start))
		return false;
	return true;
}

/* Pages that pass, by the plain list and by the answer, in the same order. */
static void check_filter(struct __test_metadata *_metadata,
			 FIXTURE_DATA(runs) *self,
			 const struct mmuinspect_filter *filter, __u32 merge,
			 bool *some, bool *not_all)
{
	const struct mmuinspect_runs ask = { .merge = merge, .filter = *filter };
	unsigned int left = 0;
	struct list list;
	size_t i, n = 0;
	__u64 at = 0;

	ask_settled(self, &ask, &list);
	for (i = 0; i < self->plain.n; i++) {
		const struct mmuinspect_run *one = &self->plain.run[i];

		if (!passes(&self->info, filter, one)) {
			*not_all = true;
			continue;
		}
		*some = true;
		if (!left) {
			ASSERT_LT(n, list.n);
			at = list.run[n].start;
			left = list.run[n++].pages;
		}
		ASSERT_EQ(at, one->start)
			TH_LOG("mask %#x attrs %#x levels %#x keys %#x phys %#llx-%#llx merge %u",
			       filter->attr_mask, filter->attrs, filter->levels,
			       filter->pkeys, filter->phys_start,
			       filter->phys_end, merge);
		ASSERT_EQ(list.run[n - 1].level, one->level);
		at += level_size(one->level);
		left--;
	}
	ASSERT_EQ(0, left);
	ASSERT_EQ(n, list.n)
		TH_LOG("mask %#x attrs %#x", filter->attr_mask, filter->attrs);
	list_free(&list);
}

/* Each attribute asked for, asked against, and not asked: 3^6 ways. */
TEST_F(runs, filter_attrs)
{
	struct mmuinspect_filter f = { 0 };
	bool some = false, not_all = false;

	for (f.attr_mask = 0; f.attr_mask < 64; f.attr_mask++)
		for (f.attrs = 0; f.attrs < 64; f.attrs++)
			if (!(f.attrs & ~f.attr_mask))
				check_filter(_metadata, self, &f,
					     f.attr_mask % 3, &some, &not_all);
	EXPECT_TRUE(some && not_all);
}

TEST_F(runs, filter_levels)
{
	struct mmuinspect_filter f = { 0 };
	bool some = false, not_all = false;
	__u32 merge;

	for (f.levels = 2; f.levels < 2U << self->info.levels; f.levels += 2)
		for (merge = 0; merge < 3; merge++)
			check_filter(_metadata, self, &f, merge, &some,
				     &not_all);
	EXPECT_TRUE(some && not_all);
}

TEST_F(runs, filter_pkeys)
{
	const struct place *p = &self->place[ZOO_pkey];
	struct mmuinspect_filter f = { 0 };
	bool some = false, not_all = false;

	if (*p->skip)
		SKIP(return, "%s", p->skip);
	for (f.pkeys = 1; f.pkeys < 1U << 16; f.pkeys <<= 1)
		check_filter(_metadata, self, &f, MMUINSPECT_MERGE_RIGHTS,
			     &some, &not_all);
	f.pkeys = 1U << p->pkey | 1;
	check_filter(_metadata, self, &f, MMUINSPECT_MERGE_NONE, &some,
		     &not_all);
	EXPECT_TRUE(some && not_all);
}

/* Ranges that begin and end around the frames that are there, to the byte. */
TEST_F(runs, filter_phys)
{
	static const int places[] = { ZOO_anon, ZOO_thp, ZOO_hugetlb_2m };
	static const __s64 edge[] = { -4096, -1, 0, 1, 4095, 4096, 8192 };
	struct mmuinspect_filter f = { 0 };
	bool some = false, not_all = false;
	size_t i, j, k;
	__u64 frame;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		if (*self->place[places[i]].skip)
			continue;
		frame = (pagemap_at(self->pid, self->place[places[i]].addr) &
			 PM_FRAME) * PAGE_SIZE;
		for (j = 0; j < ARRAY_SIZE(edge); j++)
			for (k = j + 1; k < ARRAY_SIZE(edge); k++) {
				f.phys_start = frame + edge[j];
				f.phys_end = frame + edge[k];
				check_filter(_metadata, self, &f, k % 3, &some,
					     &not_all);
			}
	}
	f.phys_start = 0;
	f.phys_end = ~0ULL;
	check_filter(_metadata, self, &f, MMUINSPECT_MERGE_RIGHTS, &some,
		     &not_all);
	EXPECT_TRUE(some && not_all);
}

TEST_F(runs, filter_all_at_once)
{
	struct mmuinspect_filter f = {
		.attr_mask = MMUINSPECT_WRITE | MMUINSPECT_PRESENT,
		.attrs = MMUINSPECT_WRITE | MMUINSPECT_PRESENT,
		.levels = 1 << 1,
		.pkeys = 1,
		.phys_end = 1ULL << 50,
	};
	bool some = false, not_all = false;

	check_filter(_metadata, self, &f, MMUINSPECT_MERGE_RIGHTS, &some,
		     &not_all);
	EXPECT_TRUE(some && not_all);
}

/* Bit by bit or all in one, the answer is the same. */
TEST_F(runs, cursor)
{
	static const __u32 rooms[] = { 1, 2, 7, 1000 };
	struct mmuinspect_runs ask = { 0 };
	struct list whole, parts;
	size_t i, tries;

	for (ask.merge = 0; ask.merge < 3; ask.merge++)
		for (i = 0; i < ARRAY_SIZE(rooms); i++)
			for (tries = 0; ; tries++) {
				ASSERT_GT(10, tries);
				ask.vec_len = 0;
				ask_settled(self, &ask, &whole);
				ask.vec_len = rooms[i];
				ask_settled(self, &ask, &parts);
				if (same_list(&whole, &parts))
					break;
				TH_LOG("merge %u, room for %u: %zu and %zu",
				       ask.merge, rooms[i], whole.n, parts.n);
				list_free(&whole);
				list_free(&parts);
			}
}

/* The cursor is where the next run that isn't told yet would begin, or before. */
TEST_F(runs, full)
{
	const struct place *p = &self->place[ZOO_anon];
	struct mmuinspect_run run[3] = { 0 };
	struct mmuinspect_runs r = {
		.size = sizeof(r),
		.start = p->addr,
		.end = p->addr + p->len,
		.vec = (uintptr_t)run,
		.vec_len = 2,
	};

	ASSERT_EQ(0, mmui_call(self->fd, MMUINSPECT_IOC_RUNS, &r));
	EXPECT_EQ(2, r.filled);
	EXPECT_EQ(p->addr + 2 * PAGE_SIZE, r.cursor);
	EXPECT_EQ(0, run[2].start);
}

TEST_F(runs, ranges)
{
	const struct place *anon = &self->place[ZOO_anon];
	const struct place *thp = &self->place[ZOO_thp];
	const struct place *huge = &self->place[ZOO_hugetlb_2m];
	const struct {
		const char *name;
		const struct place *place;
		__u64 from;
		__u64 to;
		unsigned int n;
		__u64 first;
	} rows[] = {
		{ "one page", anon, PAGE_SIZE, 2 * PAGE_SIZE, 1, PAGE_SIZE },
		{ "some pages", anon, 3 * PAGE_SIZE, 8 * PAGE_SIZE, 5,
		  3 * PAGE_SIZE },
		{ "hole before", anon, -MB, 0, 0, 0 },
		{ "hole after", anon, anon->len, anon->len + MB, 0, 0 },
		{ "all around", anon, -MB, anon->len + MB, 16, 0 },
		{ "middle of a huge page", thp, MB, MB + PAGE_SIZE, 1, 0 },
		{ "from the middle of a huge page", thp, MB, 4 * MB, 2, 0 },
		{ "to the middle of a huge page", thp, 0, MB, 1, 0 },
		{ "last page of a huge page", thp, 2 * MB - PAGE_SIZE, 2 * MB, 1,
		  0 },
		{ "middle of a hugetlb page", huge, MB, MB + PAGE_SIZE, 1, 0 },
	};
	struct mmuinspect_run run[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mmuinspect_runs r = {
			.size = sizeof(r),
			.start = rows[i].place->addr + rows[i].from,
			.end = rows[i].place->addr + rows[i].to,
			.vec = (uintptr_t)run,
			.vec_len = ARRAY_SIZE(run),
		};

		if (*rows[i].place->skip) {
			TH_LOG("left out: %s", rows[i].place->skip);
			continue;
		}
		ASSERT_EQ(0, mmui_call(self->fd, MMUINSPECT_IOC_RUNS, &r));
		EXPECT_EQ(rows[i].n, r.filled)
			TH_LOG("%s", rows[i].name);
		EXPECT_EQ(r.end, r.cursor)
			TH_LOG("%s", rows[i].name);
		if (r.filled) {
			EXPECT_EQ(rows[i].place->addr + rows[i].first,
				  run[0].start)
				TH_LOG("%s", rows[i].name);
		}
	}
}

static void fill_sparsely(void *arg)
{
	const size_t step = 1024 * GB / 1000 & ~(PAGE_SIZE - 1);
	char *p = mmap(NULL, 1024 * GB, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t i;

	if (p == MAP_FAILED || madvise(p, 1024 * GB, MADV_NOHUGEPAGE))
		die("1 TiB: %m");
	for (i = 0; i < 1000; i++)
		p[i * step] = 1;
	*(char **)arg = p;
}

/* A thousand pages in a tebibyte: these, and no others. */
TEST(sparse)
{
	const size_t step = 1024 * GB / 1000 & ~(PAGE_SIZE - 1);
	__u64 *at = SHARED(__u64, 1);
	pid_t pid = hold(fill_sparsely, at);
	struct mmuinspect_runs ask = { 0 };
	int fd = mmui_open();
	struct list list;
	size_t i;

	ASSERT_EQ(0, mmui_target(fd, pid));
	for (ask.merge = 0; ask.merge < 3; ask.merge++) {
		ask.start = *at;
		ask.end = *at + 1024 * GB;
		ASSERT_EQ(0, mmui_collect(fd, &ask, &list));
		ASSERT_EQ(1000, list.n);
		for (i = 0; i < list.n; i++) {
			ASSERT_EQ(*at + i * step, list.run[i].start);
			ASSERT_EQ(1, list.run[i].pages);
		}
		EXPECT_EQ(0, list.unreadable);
		list_free(&list);
	}
	release(pid);
	close(fd);
}

static void fill_densely(void *arg)
{
	const size_t len = 64 * MB;
	char *p = mmap((void *)0x200000000000, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (p == MAP_FAILED || madvise(p, len, MADV_NOHUGEPAGE))
		die("64 MiB: %m");
	for (i = 0; i < len; i += PAGE_SIZE)
		p[i] = 1;
	*(char **)arg = p;
}

/* One run over many tables, and more entries than any buffer of the module. */
TEST(dense)
{
	__u64 *at = SHARED(__u64, 1);
	pid_t pid = hold(fill_densely, at);
	struct mmuinspect_runs ask = { .merge = MMUINSPECT_MERGE_RIGHTS };
	int fd = mmui_open();
	struct list list;
	size_t i;

	ASSERT_EQ(0, mmui_target(fd, pid));
	ask.start = *at;
	ask.end = *at + 64 * MB;
	ASSERT_EQ(0, mmui_collect(fd, &ask, &list));
	ASSERT_EQ(1, list.n);
	EXPECT_EQ(64 * MB / PAGE_SIZE, list.run[0].pages);
	EXPECT_EQ(64 * MB / PAGE_SIZE, list.run[0].dirty);
	list_free(&list);

	ask.merge = MMUINSPECT_MERGE_NONE;
	ask.vec_len = MMUINSPECT_RUNS_MAX;
	ASSERT_EQ(0, mmui_collect(fd, &ask, &list));
	ASSERT_EQ(64 * MB / PAGE_SIZE, list.n);
	for (i = 0; i < list.n; i++) {
		ASSERT_EQ(*at + i * PAGE_SIZE, list.run[i].start);
	}
	list_free(&list);
	release(pid);
	close(fd);
}

TEST_HARNESS_MAIN
