// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is what RUNS lists what is there? Each kind of page in a process of its own,
 * against /proc/PID/pagemap, in both directions; against maps and smaps; and
 * against what the process knows that it did.
 */
#include "kselftest_harness.h"
#include "zoo.h"

/* What the kernel says of each page of a process, one array a mapping */
struct snapshot {
	struct vmas vmas;
	__u64 **page;
};

static size_t vma_pages(const struct vma *vma)
{
	return (vma->end - vma->start) / PAGE_SIZE;
}

static void snapshot_take(pid_t pid, struct snapshot *s)
{
	int fd = pagemap_open(pid);
	size_t i, n;

	vmas_read(pid, &s->vmas);
	s->page = calloc(s->vmas.n, sizeof(*s->page));
	for (i = 0; i < s->vmas.n; i++) {
		n = vma_pages(&s->vmas.vma[i]);
		s->page[i] = calloc(n, sizeof(__u64));
		pagemap_read(fd, s->vmas.vma[i].start, n, s->page[i]);
	}
	close(fd);
}

static void snapshot_free(struct snapshot *s)
{
	while (s->vmas.n)
		free(s->page[--s->vmas.n]);
	free(s->page);
	vmas_free(&s->vmas);
}

static bool snapshot_same(const struct snapshot *a, const struct snapshot *b)
{
	size_t i;

	if (a->vmas.n != b->vmas.n)
		return false;
	for (i = 0; i < a->vmas.n; i++)
		if (memcmp(&a->vmas.vma[i], &b->vmas.vma[i], sizeof(struct vma)) ||
		    memcmp(a->page[i], b->page[i],
			   vma_pages(&a->vmas.vma[i]) * sizeof(__u64)))
			return false;
	return true;
}

static __u64 *snapshot_page(const struct snapshot *s, __u64 address)
{
	const struct vma *vma = vma_at(&s->vmas, address);

	return vma ? &s->page[vma - s->vmas.vma]
			     [(address - vma->start) / PAGE_SIZE] : NULL;
}

FIXTURE(page)
{
	int fd;
	pid_t pid;
	struct place *place;
	struct mmuinspect_info info;
	struct list list;
	struct snapshot snapshot;
};

FIXTURE_VARIANT(page)
{
	int kind;
};

#define X(_name) FIXTURE_VARIANT_ADD(page, _name) { .kind = ZOO_##_name };
ZOO(X)
#undef X

/*
 * The oracle before and after: what it said the same of twice was so between.
 * The kernel may merge, split or move pages of an idle process by itself.
 */
static bool look(FIXTURE_DATA(page) *self)
{
	struct snapshot before;
	bool same;

	snapshot_take(self->pid, &before);
	if (mmui_list(self->fd, MMUINSPECT_MERGE_NONE, &self->list))
		die("RUNS failed");
	snapshot_take(self->pid, &self->snapshot);
	same = snapshot_same(&before, &self->snapshot);
	snapshot_free(&before);
	if (!same) {
		snapshot_free(&self->snapshot);
		list_free(&self->list);
	}
	return same;
}

FIXTURE_SETUP(page)
{
	struct place *place = SHARED(struct place, ZOO_SIZE);
	int tries = 0;

	self->fd = mmui_open();
	self->pid = zoo_start(1ULL << variant->kind, place);
	self->place = &place[variant->kind];
	ASSERT_EQ(0, mmui_info(self->fd, &self->info));
	ASSERT_EQ(0, mmui_target(self->fd, self->pid));
	while (!look(self)) {
		ASSERT_LT(++tries, 10) TH_LOG("the process is never quiet");
	}
}

FIXTURE_TEARDOWN(page)
{
	snapshot_free(&self->snapshot);
	list_free(&self->list);
	release(self->pid);
	close(self->fd);
}

static bool in_place(const struct place *place, const struct mmuinspect_run *r)
{
	return r->start < place->addr + place->len && run_end(r) > place->addr;
}

/* What pagemap should say of page @i of an entry. */
static __u64 as_pagemap(const struct mmuinspect_info *info,
			const struct mmuinspect_run *r, unsigned int i)
{
	const struct mmuinspect_nonpresent *np = &info->nonpresent;
	__u64 entry = r->entry, type, offset;

	if (entry & PTE_PRESENT)
		return PM_PRESENT |
		       (leaf_phys(info, entry, r->level) / PAGE_SIZE + i);
	if (entry & np->prot_none) {
		if (np->pfn_inverted)
			entry = ~entry;
		return PM_PRESENT |
		       ((entry & np->pfn & ~(level_size(r->level) - 1)) /
			PAGE_SIZE + i);
	}
	if (np->offset_inverted)
		entry = ~entry;
	offset = entry >> np->offset_shift & ((1ULL << np->offset_bits) - 1);
	type = r->entry >> np->type_shift & ((1ULL << np->type_bits) - 1);
	return PM_SWAP | ((offset << 5 | type) & PM_FRAME);
}

/*
 * Each page that RUNS has, pagemap has; and then none of its pages is left. This
 * uses the snapshot up.
 */
static void check_pagemap(struct __test_metadata *_metadata,
			  FIXTURE_DATA(page) *self)
{
	const __u64 mask = PM_PRESENT | PM_SWAP | PM_FRAME;
	size_t i, j, bad = 0, seen = 0;
	__u64 *page, expected;

	EXPECT_EQ(0, self->list.unreadable);
	for (i = 0; i < self->list.n; i++) {
		const struct mmuinspect_run *r = &self->list.run[i];

		ASSERT_EQ(1, r->pages);
		ASSERT_NE(0, r->entry);
		for (j = 0; j < level_size(r->level) / PAGE_SIZE; j++, seen++) {
			__u64 address = r->start + j * PAGE_SIZE;

			page = snapshot_page(&self->snapshot, address);
			ASSERT_NE(NULL, page)
				TH_LOG("%#llx is in no mapping", address);
			expected = as_pagemap(&self->info, r, j);
			if ((*page & mask) != expected &&
			    !vma_at(&self->snapshot.vmas, address)->pfnmap &&
			    bad++ < 10)
				TH_LOG("%#llx: entry %#llx, so pagemap should be %#llx and is %#llx",
				       address, r->entry, expected, *page & mask);
			*page = 0;
		}
	}
	for (i = 0; i < self->snapshot.vmas.n; i++)
		for (j = 0; j < vma_pages(&self->snapshot.vmas.vma[i]); j++)
			if (self->snapshot.page[i][j] & (PM_PRESENT | PM_SWAP) &&
			    bad++ < 10)
				TH_LOG("missing: %#llx",
				       self->snapshot.vmas.vma[i].start +
				       j * PAGE_SIZE);
	EXPECT_EQ(0, bad);
	EXPECT_LT(20, seen);
}

/* Ascending, without overlap, and each inside one mapping, with its rights. */
static void check_maps(struct __test_metadata *_metadata,
		       FIXTURE_DATA(page) *self)
{
	const __u16 known = MMUINSPECT_PRESENT | MMUINSPECT_WRITE |
			    MMUINSPECT_USER | MMUINSPECT_EXEC;
	const struct vma *vma;
	__u64 end = 0;
	size_t i;

	ASSERT_LT(0, self->list.n);
	for (i = 0; i < self->list.n; i++) {
		const struct mmuinspect_run *r = &self->list.run[i];
		bool present = r->attrs & MMUINSPECT_PRESENT;

		ASSERT_LE(end, r->start);
		end = run_end(r);
		vma = vma_at(&self->snapshot.vmas, r->start);
		ASSERT_NE(NULL, vma);
		ASSERT_LE(end, vma->end);
		ASSERT_EQ(0, r->attrs & ~known);
		ASSERT_EQ(0, r->reserved);
		ASSERT_EQ(!!(r->entry & PTE_PRESENT), present);
		if (!present) {
			ASSERT_EQ(0, r->attrs | r->accessed | r->dirty);
			continue;
		}
		ASSERT_EQ(!!(r->entry & PTE_ACCESSED), r->accessed);
		ASSERT_EQ(!!(r->entry & PTE_DIRTY), r->dirty);
		EXPECT_TRUE(r->attrs & MMUINSPECT_USER)
			TH_LOG("%#llx isn't the user's", r->start);
		EXPECT_FALSE(r->attrs & MMUINSPECT_WRITE && !vma->write)
			TH_LOG("%#llx is writable, its mapping isn't", r->start);
		EXPECT_EQ(vma->exec, !!(r->attrs & MMUINSPECT_EXEC))
			TH_LOG("%#llx, entry %#llx", r->start, r->entry);
	}
}

/* Entries of the size that smaps says, and as many of them. */
static void check_smaps(struct __test_metadata *_metadata,
			FIXTURE_DATA(page) *self)
{
	unsigned long huge, none;
	size_t i, j;

	for (i = 0; i < self->snapshot.vmas.n; i++) {
		const struct vma *vma = &self->snapshot.vmas.vma[i];
		bool hugetlb = vma->kernel_page > PAGE_SIZE;

		for (huge = 0, none = 0, j = 0; j < self->list.n; j++) {
			const struct mmuinspect_run *r = &self->list.run[j];

			if (r->start < vma->start || r->start >= vma->end)
				continue;
			if (hugetlb) {
				EXPECT_EQ(vma->kernel_page, level_size(r->level));
			} else {
				EXPECT_GT(3, r->level);
			}
			/* smaps doesn't count the huge zero page */
			if (r->level != 2 || hugetlb ||
			    kpageflags_of(as_pagemap(&self->info, r, 0) &
					  PM_FRAME) & KPF_ZERO_PAGE)
				continue;
			huge += 2 * MB;
			none += r->attrs ? 0 : 2 * MB;
		}
		/* nor, on 6.1, those that are PROT_NONE */
		EXPECT_TRUE(vma->huge == huge || vma->huge == huge - none)
			TH_LOG("mapping at %#llx has %lu, not %lu, in huge pages",
			       vma->start, vma->huge, huge);
	}
}

static __u8 swap_class(const struct mmuinspect_nonpresent *np, __u64 entry)
{
	return np->swap_class[entry >> np->type_shift &
			      ((1U << np->type_bits) - 1)];
}

/* What the process made is what it is. */
static void check_known(struct __test_metadata *_metadata,
			FIXTURE_DATA(page) *self, const struct kind *kind)
{
	const __u64 dirty = PTE_DIRTY | self->info.saved_dirty;
	__u64 covered = 0, flags;
	__u16 attrs;
	size_t i;

	for (i = 0; i < self->list.n; i++) {
		const struct mmuinspect_run *r = &self->list.run[i];

		if (!in_place(self->place, r))
			continue;
		attrs = r->attrs |
			(r->accessed ? MMUINSPECT_ACCESSED : 0) |
			(r->dirty ? MMUINSPECT_DIRTY : 0);
		EXPECT_EQ(kind->level, r->level);
		EXPECT_EQ(kind->attrs, attrs & kind->mask)
			TH_LOG("%#llx: entry %#llx", r->start, r->entry);
		if (r->attrs & MMUINSPECT_PRESENT) {
			EXPECT_EQ(self->place->pkey, PTE_PKEY(r->entry));
		}
		if (self->place->phys) {
			EXPECT_EQ(self->place->phys,
				  leaf_phys(&self->info, r->entry, r->level));
		}
		if (kind->kept_dirty) {
			EXPECT_NE(0, r->entry & dirty)
				TH_LOG("%#llx: entry %#llx", r->start, r->entry);
		}
		if (kind->swap_class) {
			EXPECT_EQ(kind->swap_class,
				  swap_class(&self->info.nonpresent, r->entry));
		}
		flags = kind->page_flags;
		if (flags) {
			EXPECT_EQ(flags, flags &
				  kpageflags_of(as_pagemap(&self->info, r, 0) &
						PM_FRAME));
		}
		covered += level_size(r->level);
	}
	EXPECT_EQ(kind->level ? self->place->len : 0, covered);
}

TEST_F(page, truth)
{
	if (*self->place->skip)
		SKIP(return, "%s: %s", zoo[variant->kind].name,
		     self->place->skip);
	check_maps(_metadata, self);
	check_smaps(_metadata, self);
	check_known(_metadata, self, &zoo[variant->kind]);
	check_pagemap(_metadata, self);
}

TEST_HARNESS_MAIN
