// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does WALK go the way that the MMU goes? Arithmetic of each level, the frame
 * by /proc/PID/pagemap, why a walk stops, and what VERIFY says.
 */
#include "kselftest_harness.h"
#include "zoo.h"

FIXTURE(walk)
{
	int fd;
	pid_t pid;
	struct place *place;
	struct mmuinspect_info info;
};

FIXTURE_SETUP(walk)
{
	self->fd = mmui_open();
	self->place = SHARED(struct place, ZOO_SIZE);
	self->pid = zoo_start(ZOO_QUICK, self->place);
	ASSERT_EQ(0, mmui_info(self->fd, &self->info));
	ASSERT_EQ(0, mmui_target(self->fd, self->pid));
}

FIXTURE_TEARDOWN(walk)
{
	release(self->pid);
	close(self->fd);
}

static struct mmuinspect_translation walk_one(int fd, __u64 address,
					      struct mmuinspect_walk *w)
{
	struct mmuinspect_translation t = { .address = address };

	if (mmui_walk(fd, &t, 1, 0, w))
		die("WALK of %#llx failed", address);
	return t;
}

static const struct mmuinspect_step *
last_step(const struct mmuinspect_translation *t)
{
	return &t->step[t->steps - 1];
}

/* From the root downwards each table is where the entry above says. */
static void check_steps(struct __test_metadata *_metadata,
			const struct mmuinspect_info *info,
			const struct mmuinspect_translation *t, __u64 root)
{
	__u64 table = root;
	int i;

	ASSERT_NE(0, root);
	ASSERT_EQ(info->levels - t->level + 1, t->steps);
	for (i = 0; i < t->steps; i++) {
		const struct mmuinspect_step *s = &t->step[i];

		EXPECT_EQ(table, s->table);
		EXPECT_EQ(info->levels - i, s->level);
		EXPECT_EQ(t->address / level_size(s->level) % 512, s->index);
		EXPECT_EQ(0, s->reserved[0] | s->reserved[1] | s->reserved[2]);
		table = s->entry & info->phys_mask;
	}
	for (; i < MMUINSPECT_LEVELS_MAX; i++) {
		EXPECT_EQ(0, t->step[i].table | t->step[i].entry);
	}
}

TEST_F(walk, steps)
{
	struct mmuinspect_translation t;
	struct mmuinspect_walk w;
	__u64 page, address;
	int i, j;

	for (i = 0; i < ZOO_SIZE; i++) {
		const struct place *p = &self->place[i];
		/* First and last byte, and an odd one between */
		const __u64 at[] = { 0, p->len / 2 + 0x123, p->len - 1 };

		if (*p->skip || !zoo[i].level)
			continue;
		for (j = 0; j < 3; j++) {
			address = p->addr + at[j];
			t = walk_one(self->fd, address, &w);
			EXPECT_EQ(1, w.done);
			EXPECT_EQ(address, t.address);
			EXPECT_EQ(zoo[i].level, t.level)
				TH_LOG("%s", zoo[i].name);
			EXPECT_EQ(zoo[i].attrs, t.attrs & zoo[i].mask)
				TH_LOG("%s", zoo[i].name);
			check_steps(_metadata, &self->info, &t, w.root);
			if (!(zoo[i].attrs & MMUINSPECT_PRESENT)) {
				EXPECT_EQ(MMUINSPECT_STOP_NONPRESENT, t.stop);
				EXPECT_EQ(0, t.phys);
				EXPECT_NE(0, last_step(&t)->entry);
				continue;
			}
			EXPECT_EQ(MMUINSPECT_STOP_MAPPED, t.stop);
			page = pagemap_at(self->pid, address);
			EXPECT_EQ(p->phys ? p->phys + at[j] :
				  (page & PM_FRAME) * PAGE_SIZE +
				  address % PAGE_SIZE, t.phys)
				TH_LOG("%s", zoo[i].name);
		}
	}
}

/* The two calls look at the same tables. */
TEST_F(walk, same_as_runs)
{
	struct mmuinspect_translation t;
	struct mmuinspect_walk w;
	struct list list;
	size_t i;

	ASSERT_EQ(0, mmui_list(self->fd, MMUINSPECT_MERGE_NONE, &list));
	for (i = 0; i < list.n; i++) {
		t = walk_one(self->fd, list.run[i].start, &w);
		ASSERT_EQ(list.root, w.root);
		ASSERT_EQ(list.space, w.space);
		ASSERT_EQ(list.run[i].level, t.level);
		/* The kernel may clear Accessed, and nothing else. */
		ASSERT_EQ(list.run[i].entry & ~PTE_ACCESSED,
			  last_step(&t)->entry & ~PTE_ACCESSED);
		ASSERT_EQ(list.run[i].attrs,
			  t.attrs & ~(MMUINSPECT_ACCESSED | MMUINSPECT_DIRTY));
	}
	EXPECT_LT(100, list.n);
	list_free(&list);
}

TEST_F(walk, stops)
{
	const __u64 half = 1ULL << (self->info.va_bits - 1);
	const struct place *anon = &self->place[ZOO_anon];
	const struct {
		const char *name;
		__u64 address;
		int stop;
	} rows[] = {
		{ "NULL", 0, MMUINSPECT_STOP_EMPTY },
		{ "NULL page", 0xfff, MMUINSPECT_STOP_EMPTY },
		{ "hole beside a page", anon->addr + anon->len,
		  MMUINSPECT_STOP_EMPTY },
		{ "hole far away", 0x1000000000, MMUINSPECT_STOP_EMPTY },
		{ "emptied", self->place[ZOO_emptied].addr,
		  MMUINSPECT_STOP_EMPTY },
		{ "end of the user half", half - 1, MMUINSPECT_STOP_EMPTY },
		{ "just noncanonical", half, MMUINSPECT_STOP_NONCANONICAL },
		{ "noncanonical", 1ULL << 60, MMUINSPECT_STOP_NONCANONICAL },
		{ "last noncanonical", -half - 1, MMUINSPECT_STOP_NONCANONICAL },
		{ "kernel half", -half, MMUINSPECT_STOP_NOT_USER },
		{ "kernel text", 0xffffffff81000000, MMUINSPECT_STOP_NOT_USER },
		{ "last", ~0ULL, MMUINSPECT_STOP_NOT_USER },
	};
	struct mmuinspect_translation t;
	struct mmuinspect_walk w;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		t = walk_one(self->fd, rows[i].address, &w);
		EXPECT_EQ(rows[i].stop, t.stop)
			TH_LOG("%s", rows[i].name);
		EXPECT_EQ(0, t.phys | t.attrs);
		EXPECT_EQ(rows[i].address, t.address);
		if (rows[i].stop == MMUINSPECT_STOP_EMPTY) {
			check_steps(_metadata, &self->info, &t, w.root);
			EXPECT_EQ(0, last_step(&t)->entry);
		} else {
			EXPECT_EQ(0, t.steps);
			EXPECT_EQ(0, t.level);
		}
	}
}

/* What the caller left in the array is no part of the answer. */
TEST_F(walk, answer_is_whole)
{
	struct mmuinspect_translation clean = { 0 }, dirty;

	memset(&dirty, 0xa5, sizeof(dirty));
	clean.address = dirty.address = self->place[ZOO_anon].addr + 5;
	ASSERT_EQ(0, mmui_walk(self->fd, &clean, 1, 0, NULL));
	ASSERT_EQ(0, mmui_walk(self->fd, &dirty, 1, 0, NULL));
	EXPECT_EQ(0, memcmp(&clean, &dirty, sizeof(clean)));
}

/* As many as may be asked at once, mapped and not in turn. */
TEST_F(walk, many)
{
	const __u64 first = self->place[ZOO_anon].addr;
	struct mmuinspect_translation *t, one;
	struct mmuinspect_walk w;
	unsigned int i;

	t = calloc(MMUINSPECT_WALK_MAX, sizeof(*t));
	ASSERT_NE(NULL, t);
	for (i = 0; i < MMUINSPECT_WALK_MAX; i++)
		t[i].address = first + i % 32 * PAGE_SIZE + i / 32;
	ASSERT_EQ(0, mmui_walk(self->fd, t, MMUINSPECT_WALK_MAX, 0, &w));
	EXPECT_EQ(MMUINSPECT_WALK_MAX, w.done);
	for (i = 0; i < MMUINSPECT_WALK_MAX; i++) {
		ASSERT_EQ(i % 32 < 16 ? MMUINSPECT_STOP_MAPPED :
			  MMUINSPECT_STOP_EMPTY, t[i].stop);
		if (i % 997)
			continue;
		one = walk_one(self->fd, t[i].address, &w);
		ASSERT_EQ(one.phys, t[i].phys);
	}
	free(t);
}

static unsigned int one_of(unsigned int a, unsigned int b)
{
	return 1U << a | 1U << b;
}

#define SAME	MMUINSPECT_VERDICT_SAME
#define NONE	MMUINSPECT_VERDICT_NONE
#define UNAVAILABLE MMUINSPECT_VERDICT_UNAVAILABLE
#define UNTOUCHED MMUINSPECT_VERDICT_UNTOUCHED

TEST_F(walk, verify)
{
	struct mmuinspect_translation t;
	unsigned int frame, bytes;
	int i;

	for (i = 0; i < ZOO_SIZE; i++) {
		if (*self->place[i].skip)
			continue;
		t = (struct mmuinspect_translation) {
			.address = self->place[i].addr + 8
		};
		ASSERT_EQ(0, mmui_walk(self->fd, &t, 1, MMUINSPECT_WALK_VERIFY,
				       NULL));
		frame = bytes = one_of(SAME, SAME);
		if (!(zoo[i].attrs & MMUINSPECT_PRESENT))
			frame = bytes = one_of(NONE, NONE);
		else if (i == ZOO_mmio || i == ZOO_secret)
			frame = bytes = one_of(UNAVAILABLE, UNAVAILABLE);
		else if (i == ZOO_pkey)
			/* a kernel thread's rights to a key are its own */
			bytes = one_of(SAME, UNAVAILABLE);
		else if (!(t.attrs & MMUINSPECT_ACCESSED))
			bytes = one_of(UNTOUCHED, UNTOUCHED);
		EXPECT_TRUE(frame & 1U << t.frame)
			TH_LOG("%s: frame %u", zoo[i].name, t.frame);
		EXPECT_TRUE(bytes & 1U << t.bytes)
			TH_LOG("%s: bytes %u", zoo[i].name, t.bytes);
		EXPECT_EQ(0, t.changed);
	}
}

/* Of the pages that nobody else maps */
static unsigned long referenced(pid_t pid, const struct place *place)
{
	unsigned long sum = 0;
	struct vmas vmas;
	int i;

	vmas_read(pid, &vmas);
	for (i = 0; i < ZOO_SIZE; i++)
		if (!*place[i].skip && i != ZOO_file)
			sum += vma_at(&vmas, place[i].addr)->referenced;
	vmas_free(&vmas);
	return sum;
}

/*
 * To look leaves no trace: pages that count as unused stay so. VERIFY asks the
 * kernel, which takes a note of the page (FOLL_TOUCH), but not in the entry.
 */
TEST_F(walk, no_trace)
{
	const struct place *anon = &self->place[ZOO_anon];
	struct mmuinspect_translation t = { .address = anon->addr };
	unsigned long before;
	struct list list;
	char path[64];
	size_t i;

	snprintf(path, sizeof(path), "/proc/%d/clear_refs", self->pid);
	ASSERT_EQ(0, write_file(path, "1"));
	before = referenced(self->pid, self->place);
	ASSERT_EQ(0, mmui_list(self->fd, MMUINSPECT_MERGE_NONE, &list));
	for (i = 0; i < list.n; i++)
		if (list.run[i].start - anon->addr < anon->len) {
			EXPECT_EQ(0, list.run[i].accessed);
		}
	list_free(&list);
	ASSERT_EQ(0, mmui_walk(self->fd, &t, 1, 0, NULL));
	EXPECT_EQ(0, t.attrs & MMUINSPECT_ACCESSED);
	EXPECT_EQ(before, referenced(self->pid, self->place));

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, mmui_walk(self->fd, &t, 1, MMUINSPECT_WALK_VERIFY,
				       NULL));
		EXPECT_EQ(SAME, t.frame);
		EXPECT_EQ(UNTOUCHED, t.bytes);
		EXPECT_EQ(0, t.attrs & MMUINSPECT_ACCESSED);
	}
}

/* One's own pages, through one's own mapping. */
TEST(verify_self)
{
	char text[64] = "what the CPU reads here";
	struct mmuinspect_translation t = { .address = (uintptr_t)text };
	int fd = mmui_open();

	ASSERT_EQ(0, mmui_walk(fd, &t, 1, MMUINSPECT_WALK_VERIFY, NULL));
	EXPECT_EQ(SAME, t.frame);
	EXPECT_EQ(SAME, t.bytes);
	EXPECT_EQ((pagemap_at(getpid(), t.address) & PM_FRAME) * PAGE_SIZE +
		  t.address % PAGE_SIZE, t.phys);
	close(fd);
}

TEST_HARNESS_MAIN
