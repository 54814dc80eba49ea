// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a caller may get wrong: each field in turn, by tables. Whatever is
 * refused must leave the caller's memory alone, and what is accepted must not
 * write beyond what it was given.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#define POISON 0xa5
#define ROOM 8

/* Places to point at, made once */
static __u64 mapped, read_only, unmapped, before_hole, unaligned;
static __u64 beyond_user, user_end, noncanonical;
static const __u64 null, all_ones = ~0ULL, kernel = 0xffff888000000000;
static const __u64 last_page = ~0xfffULL, kernel_text = 0xffffffff81000000;

/* Far from all else, so that what lies behind is unmapped and stays so. */
static void *map_pages(size_t n, int prot, int flags)
{
	static __u64 next = 0x500000000000;
	void *p, *hint = NULL;

	if (!(flags & MAP_32BIT)) {
		hint = (void *)next;
		flags |= MAP_FIXED_NOREPLACE;
		next += GB;
	}
	p = mmap(hint, n * PAGE_SIZE, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags,
		 -1, 0);
	if (p == MAP_FAILED)
		die("mmap: %m");
	return p;
}

static char *page_before_hole(void)
{
	char *p = map_pages(1, PROT_READ | PROT_WRITE, 0);

	memset(p, POISON, PAGE_SIZE);
	return p;
}

static void make_places(int fd)
{
	struct mmuinspect_info info;

	if (mmui_info(fd, &info))
		die("INFO failed");
	user_end = info.user_end;
	beyond_user = user_end + PAGE_SIZE;
	noncanonical = 1ULL << 60;
	mapped = (__u64)map_pages(4, PROT_READ | PROT_WRITE, MAP_POPULATE);
	memset((void *)mapped, POISON, 4 * PAGE_SIZE);
	unaligned = mapped + 3;
	read_only = (__u64)map_pages(4, PROT_READ, MAP_POPULATE);
	unmapped = (__u64)page_before_hole() + PAGE_SIZE;
	before_hole = unmapped - 8;
}

static bool untouched(const void *p, size_t size)
{
	const unsigned char *byte = p;

	while (size--)
		if (*byte++ != POISON)
			return false;
	return true;
}

/* An argument that is right, with room around it to watch */
union arg {
	__u32 size;
	struct mmuinspect_info info;
	struct mmuinspect_target target;
	struct mmuinspect_walk walk;
	struct mmuinspect_runs runs;
	unsigned char bytes[8192];
};

static const struct call {
	const char *name;
	unsigned long number;
	__u32 size;
	__u32 flags;		/* where @flags is */
} calls[] = {
	{ "INFO", MMUINSPECT_IOC_INFO, sizeof(struct mmuinspect_info),
	  offsetof(struct mmuinspect_info, flags) },
	{ "TARGET", MMUINSPECT_IOC_TARGET, sizeof(struct mmuinspect_target),
	  offsetof(struct mmuinspect_target, flags) },
	{ "WALK", MMUINSPECT_IOC_WALK, sizeof(struct mmuinspect_walk),
	  offsetof(struct mmuinspect_walk, flags) },
	{ "RUNS", MMUINSPECT_IOC_RUNS, sizeof(struct mmuinspect_runs),
	  offsetof(struct mmuinspect_runs, flags) },
};

enum { INFO, TARGET, WALK, RUNS, CALLS };

static void fill(union arg *arg, int call)
{
	memset(arg, POISON, sizeof(*arg));
	memset(arg, 0, calls[call].size);
	arg->size = calls[call].size;
	switch (call) {
	case WALK:
		arg->walk.vec = mapped;
		arg->walk.vec_len = 4;
		break;
	case RUNS:
		arg->runs.end = user_end;
		arg->runs.vec = mapped;
		arg->runs.vec_len = ROOM;
		break;
	}
}

FIXTURE(abi)
{
	int fd;
	union arg arg;
};

FIXTURE_SETUP(abi)
{
	self->fd = mmui_open();
	make_places(self->fd);
}

FIXTURE_TEARDOWN(abi)
{
	close(self->fd);
}

/* The rest of the table is worth nothing if this doesn't work. */
TEST_F(abi, right)
{
	int i;

	for (i = 0; i < CALLS; i++) {
		fill(&self->arg, i);
		EXPECT_EQ(0, mmui_call(self->fd, calls[i].number, &self->arg))
			TH_LOG("%s", calls[i].name);
		EXPECT_EQ(calls[i].size, self->arg.size);
		EXPECT_TRUE(untouched(self->arg.bytes + calls[i].size,
				      sizeof(self->arg) - calls[i].size))
			TH_LOG("%s wrote beyond its argument", calls[i].name);
	}
}

/* The layout as published: it may grow at its end, and in no other way. */
TEST(layout)
{
	static const size_t rows[][2] = {
		{ sizeof(struct mmuinspect_info), 288 },
		{ sizeof(struct mmuinspect_target), 16 },
		{ sizeof(struct mmuinspect_walk), 40 },
		{ sizeof(struct mmuinspect_runs), 104 },
		{ sizeof(struct mmuinspect_run), 32 },
		{ sizeof(struct mmuinspect_step), 24 },
		{ sizeof(struct mmuinspect_translation), 144 },
		{ sizeof(struct mmuinspect_filter), 32 },
		{ sizeof(struct mmuinspect_nonpresent), 104 },
		{ offsetof(struct mmuinspect_info, user_end), 120 },
		{ offsetof(struct mmuinspect_info, nonpresent), 184 },
		{ offsetof(struct mmuinspect_walk, vec), 24 },
		{ offsetof(struct mmuinspect_runs, vec), 48 },
		{ offsetof(struct mmuinspect_runs, filter), 72 },
		{ MMUINSPECT_IOC_INFO, 0xe700 },
		{ MMUINSPECT_IOC_TARGET, 0xe701 },
		{ MMUINSPECT_IOC_WALK, 0xe702 },
		{ MMUINSPECT_IOC_RUNS, 0xe703 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(rows[i][1], rows[i][0])
			TH_LOG("row %zu", i);
	}
}

TEST_F(abi, size)
{
	static const struct {
		const char *name;
		__s64 more;	/* than the structure's size ... */
		__u32 exactly;	/* ... or this */
		int tail;	/* the byte after the structure, and after that */
		int error;
	} rows[] = {
		{ "0", .exactly = 0, .error = EINVAL },
		{ "1", .exactly = 1, .error = EINVAL },
		{ "4", .exactly = 4, .error = EINVAL },
		{ "one less", .more = -1, .error = EINVAL },
		{ "one more, zero", .more = 1, .error = 0 },
		{ "one more, not zero", .more = 1, .tail = 1, .error = E2BIG },
		{ "64 more, zero", .more = 64, .error = 0 },
		{ "64 more, not zero", .more = 64, .tail = 1, .error = E2BIG },
		{ "a page, zero", .exactly = PAGE_SIZE, .error = 0 },
		{ "a page, not zero", .exactly = PAGE_SIZE, .tail = 1,
		  .error = E2BIG },
		{ "above a page", .exactly = PAGE_SIZE + 1, .error = E2BIG },
		{ "half", .exactly = 1U << 31, .error = E2BIG },
		{ "all ones", .exactly = ~0U, .error = E2BIG },
	};
	size_t i, j;
	__u32 size;

	for (i = 0; i < CALLS; i++)
		for (j = 0; j < ARRAY_SIZE(rows); j++) {
			fill(&self->arg, i);
			size = calls[i].size;
			memset(self->arg.bytes + size, 0, PAGE_SIZE - size);
			size = rows[j].more ? size + rows[j].more :
					      rows[j].exactly;
			self->arg.size = size;
			if (rows[j].tail)
				self->arg.bytes[size - 1] = rows[j].tail;
			EXPECT_EQ(-rows[j].error,
				  mmui_call(self->fd, calls[i].number,
					    &self->arg))
				TH_LOG("%s, size %s", calls[i].name,
				       rows[j].name);
			EXPECT_EQ(size, self->arg.size);
			EXPECT_TRUE(untouched(self->arg.bytes + PAGE_SIZE,
					      sizeof(self->arg) - PAGE_SIZE));
		}
}

TEST_F(abi, unknown_flags)
{
	__u32 bit, known;
	int i;

	for (i = 0; i < CALLS; i++)
		for (bit = 0; bit < 32; bit++) {
			known = i == WALK ? MMUINSPECT_WALK_VERIFY :
				i == RUNS ? MMUINSPECT_RUNS_CONTINUE : 0;
			fill(&self->arg, i);
			*(__u32 *)(self->arg.bytes + calls[i].flags) = 1U << bit;
			EXPECT_EQ(known & 1U << bit ? 0 : -EINVAL,
				  mmui_call(self->fd, calls[i].number,
					    &self->arg))
				TH_LOG("%s, flag %u", calls[i].name, bit);
		}
}

#define FIELD(type, name) \
	offsetof(struct mmuinspect_##type, name), \
	sizeof(((struct mmuinspect_##type *)0)->name)

/* One field of a call that is right otherwise */
struct wrong {
	int call;
	const char *name;
	size_t offset;
	size_t size;
	__u64 value;
	const __u64 *at;	/* the value, if it's known at run time only */
	int error;
};

static const struct wrong wrongs[] = {
	{ TARGET, "reserved", FIELD(target, reserved), 1, NULL, EINVAL },
	{ TARGET, "reserved", FIELD(target, reserved), 1U << 31, NULL, EINVAL },
	{ TARGET, "pid -1", FIELD(target, pid), -1, NULL, EINVAL },
	{ TARGET, "pid least", FIELD(target, pid), 1U << 31, NULL, EINVAL },
	{ TARGET, "pid greatest", FIELD(target, pid), ~0U >> 1, NULL, ESRCH },
	{ TARGET, "pid nobody's", FIELD(target, pid), 0x3ffffe, NULL, ESRCH },
	{ TARGET, "pid kthreadd's", FIELD(target, pid), 2, NULL, ENXIO },

	{ WALK, "vec NULL", FIELD(walk, vec), 0, &null, EFAULT },
	{ WALK, "vec kernel", FIELD(walk, vec), 0, &kernel, EFAULT },
	{ WALK, "vec kernel text", FIELD(walk, vec), 0, &kernel_text, EFAULT },
	{ WALK, "vec noncanonical", FIELD(walk, vec), 0, &noncanonical, EFAULT },
	{ WALK, "vec all ones", FIELD(walk, vec), 0, &all_ones, EFAULT },
	{ WALK, "vec last page", FIELD(walk, vec), 0, &last_page, EFAULT },
	{ WALK, "vec unmapped", FIELD(walk, vec), 0, &unmapped, EFAULT },
	{ WALK, "vec read-only", FIELD(walk, vec), 0, &read_only, EFAULT },
	{ WALK, "vec half there", FIELD(walk, vec), 0, &before_hole, EFAULT },
	{ WALK, "vec_len 0", FIELD(walk, vec_len), 0, NULL, EINVAL },
	{ WALK, "vec_len max + 1", FIELD(walk, vec_len),
	  MMUINSPECT_WALK_MAX + 1, NULL, EINVAL },
	{ WALK, "vec_len half", FIELD(walk, vec_len), 1U << 31, NULL, EINVAL },
	{ WALK, "vec_len all ones", FIELD(walk, vec_len), ~0U, NULL, EINVAL },
	{ WALK, "vec_len beyond the array", FIELD(walk, vec_len),
	  MMUINSPECT_WALK_MAX, NULL, EFAULT },
	{ WALK, "space unknown", FIELD(walk, space), 0x1234567, NULL, ESTALE },
	{ WALK, "space all ones", FIELD(walk, space), 0, &all_ones, ESTALE },

	{ RUNS, "start unaligned", FIELD(runs, start), 1, NULL, EINVAL },
	{ RUNS, "start unaligned", FIELD(runs, start), 0xfff, NULL, EINVAL },
	{ RUNS, "start is end", FIELD(runs, start), 0, &user_end, EINVAL },
	{ RUNS, "start above end", FIELD(runs, start), 0, &beyond_user, EINVAL },
	{ RUNS, "start kernel", FIELD(runs, start), 0, &kernel, EINVAL },
	{ RUNS, "start all ones", FIELD(runs, start), 0, &all_ones, EINVAL },
	{ RUNS, "end 0", FIELD(runs, end), 0, NULL, EINVAL },
	{ RUNS, "end unaligned", FIELD(runs, end), 0x1001, NULL, EINVAL },
	{ RUNS, "end beyond user", FIELD(runs, end), 0, &beyond_user, ERANGE },
	{ RUNS, "end noncanonical", FIELD(runs, end), 0, &noncanonical, ERANGE },
	{ RUNS, "end kernel", FIELD(runs, end), 0, &kernel, ERANGE },
	{ RUNS, "end last page", FIELD(runs, end), 0, &last_page, ERANGE },
	{ RUNS, "end all ones", FIELD(runs, end), 0, &all_ones, EINVAL },
	{ RUNS, "vec NULL", FIELD(runs, vec), 0, &null, EFAULT },
	{ RUNS, "vec kernel", FIELD(runs, vec), 0, &kernel, EFAULT },
	{ RUNS, "vec kernel text", FIELD(runs, vec), 0, &kernel_text, EFAULT },
	{ RUNS, "vec noncanonical", FIELD(runs, vec), 0, &noncanonical, EFAULT },
	{ RUNS, "vec all ones", FIELD(runs, vec), 0, &all_ones, EFAULT },
	{ RUNS, "vec last page", FIELD(runs, vec), 0, &last_page, EFAULT },
	{ RUNS, "vec unmapped", FIELD(runs, vec), 0, &unmapped, EFAULT },
	{ RUNS, "vec read-only", FIELD(runs, vec), 0, &read_only, EFAULT },
	{ RUNS, "vec half there", FIELD(runs, vec), 0, &before_hole, EFAULT },
	{ RUNS, "vec_len 0", FIELD(runs, vec_len), 0, NULL, EINVAL },
	{ RUNS, "vec_len max + 1", FIELD(runs, vec_len),
	  MMUINSPECT_RUNS_MAX + 1, NULL, EINVAL },
	{ RUNS, "vec_len half", FIELD(runs, vec_len), 1U << 31, NULL, EINVAL },
	{ RUNS, "vec_len all ones", FIELD(runs, vec_len), ~0U, NULL, EINVAL },
	{ RUNS, "space unknown", FIELD(runs, space), 0x1234567, NULL, ESTALE },
	{ RUNS, "space all ones", FIELD(runs, space), 0, &all_ones, ESTALE },
	{ RUNS, "merge 3", FIELD(runs, merge), 3, NULL, EINVAL },
	{ RUNS, "merge half", FIELD(runs, merge), 1U << 31, NULL, EINVAL },
	{ RUNS, "merge all ones", FIELD(runs, merge), ~0U, NULL, EINVAL },
	{ RUNS, "attr_mask unknown", FIELD(runs, filter.attr_mask), 1 << 6,
	  NULL, EINVAL },
	{ RUNS, "attr_mask last", FIELD(runs, filter.attr_mask), 1U << 31,
	  NULL, EINVAL },
	{ RUNS, "attrs outside of mask", FIELD(runs, filter.attrs), 1, NULL,
	  EINVAL },
	{ RUNS, "attrs unknown", FIELD(runs, filter.attrs), 1U << 31, NULL,
	  EINVAL },
	{ RUNS, "level 0", FIELD(runs, filter.levels), 1, NULL, EINVAL },
	{ RUNS, "level 6", FIELD(runs, filter.levels), 1 << 6, NULL, EINVAL },
	{ RUNS, "level 31", FIELD(runs, filter.levels), 1U << 31, NULL, EINVAL },
	{ RUNS, "key 16", FIELD(runs, filter.pkeys), 1 << 16, NULL, EINVAL },
	{ RUNS, "key 31", FIELD(runs, filter.pkeys), 1U << 31, NULL, EINVAL },
	{ RUNS, "phys_start alone", FIELD(runs, filter.phys_start), 0x1000,
	  NULL, EINVAL },
	{ RUNS, "phys_start all ones", FIELD(runs, filter.phys_start), 0,
	  &all_ones, EINVAL },
};

TEST_F(abi, one_field_wrong)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrongs); i++) {
		const struct wrong *w = &wrongs[i];
		union arg before;

		fill(&self->arg, w->call);
		memcpy(self->arg.bytes + w->offset, w->at ?: &w->value, w->size);
		before = self->arg;
		EXPECT_EQ(-w->error, mmui_call(self->fd, calls[w->call].number,
					       &self->arg))
			TH_LOG("%s: %s", calls[w->call].name, w->name);
		EXPECT_EQ(0, memcmp(&before, &self->arg, sizeof(before)))
			TH_LOG("%s: %s: the argument was written to",
			       calls[w->call].name, w->name);
		/* A WALK that fails midway has answered what came before. */
		if (w->error != EFAULT) {
			EXPECT_TRUE(untouched((void *)mapped, 4 * PAGE_SIZE))
				TH_LOG("%s: %s: the array was written to",
				       calls[w->call].name, w->name);
		}
		memset((void *)mapped, POISON, 4 * PAGE_SIZE);
	}
}

/* Still right, though near to being wrong */
TEST_F(abi, one_field_at_its_limit)
{
	static const struct wrong rows[] = {
		{ RUNS, "start last", FIELD(runs, start), 0, &user_end, 0 },
		{ RUNS, "end one page", FIELD(runs, end), PAGE_SIZE, NULL, 0 },
		{ RUNS, "vec unaligned", FIELD(runs, vec), 0, &unaligned, 0 },
		{ RUNS, "vec_len 1", FIELD(runs, vec_len), 1, NULL, 0 },
		{ RUNS, "attr_mask all", FIELD(runs, filter.attr_mask), 63,
		  NULL, 0 },
		{ RUNS, "levels all", FIELD(runs, filter.levels), 0x1e, NULL, 0 },
		{ RUNS, "keys all", FIELD(runs, filter.pkeys), 0xffff, NULL, 0 },
		{ RUNS, "phys_end all ones", FIELD(runs, filter.phys_end), 0,
		  &all_ones, 0 },
		{ WALK, "vec unaligned", FIELD(walk, vec), 0, &unaligned, 0 },
		{ WALK, "vec_len 1", FIELD(walk, vec_len), 1, NULL, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct wrong *w = &rows[i];

		fill(&self->arg, w->call);
		memcpy(self->arg.bytes + w->offset, w->at ?: &w->value, w->size);
		if (!i)
			self->arg.runs.start -= PAGE_SIZE;
		EXPECT_EQ(0, mmui_call(self->fd, calls[w->call].number,
				       &self->arg))
			TH_LOG("%s: %s", calls[w->call].name, w->name);
	}
}

/* What was asked for is written, and not a byte more. */
TEST_F(abi, array_bounds)
{
	const size_t run = sizeof(struct mmuinspect_run);
	const size_t one = sizeof(struct mmuinspect_translation);
	char *room = (char *)mapped;
	unsigned int n;

	for (n = 1; n <= ROOM; n++) {
		memset(room, POISON, 4 * PAGE_SIZE);
		fill(&self->arg, RUNS);
		self->arg.runs.vec = mapped + n;
		self->arg.runs.vec_len = n;
		ASSERT_EQ(0, mmui_call(self->fd, MMUINSPECT_IOC_RUNS, &self->arg));
		EXPECT_EQ(n, self->arg.runs.filled);
		EXPECT_TRUE(untouched(room, n));
		EXPECT_FALSE(untouched(room + n, n * run));
		EXPECT_TRUE(untouched(room + n + n * run,
				      4 * PAGE_SIZE - n - n * run));

		memset(room, POISON, 4 * PAGE_SIZE);
		memset(room + n, 0, n * one);
		fill(&self->arg, WALK);
		self->arg.walk.vec = mapped + n;
		self->arg.walk.vec_len = n;
		ASSERT_EQ(0, mmui_call(self->fd, MMUINSPECT_IOC_WALK, &self->arg));
		EXPECT_EQ(n, self->arg.walk.done);
		EXPECT_TRUE(untouched(room, n));
		EXPECT_TRUE(untouched(room + n + n * one,
				      4 * PAGE_SIZE - n - n * one));
	}
}

/* Copying fails after much was found: no more than the fault is reported. */
TEST_F(abi, fault_midway)
{
	const size_t pages = 600;
	char *some = map_pages(pages, PROT_READ | PROT_WRITE, MAP_POPULATE);
	char *room = page_before_hole();
	int i;

	madvise(some, pages * PAGE_SIZE, MADV_NOHUGEPAGE);
	for (i = 0; i < 3; i++) {
		fill(&self->arg, RUNS);
		self->arg.runs.merge = i;
		self->arg.runs.vec = (__u64)room + PAGE_SIZE -
				     5 * sizeof(struct mmuinspect_run) - 16;
		self->arg.runs.vec_len = 100000;
		EXPECT_EQ(-EFAULT, mmui_call(self->fd, MMUINSPECT_IOC_RUNS,
					     &self->arg));
		EXPECT_EQ(0, self->arg.runs.filled);
	}
	fill(&self->arg, WALK);
	memset(room, 0, PAGE_SIZE);
	self->arg.walk.vec = (__u64)room;
	self->arg.walk.vec_len = 200;
	EXPECT_EQ(-EFAULT, mmui_call(self->fd, MMUINSPECT_IOC_WALK, &self->arg));
	EXPECT_EQ(0, self->arg.walk.done);
	munmap(some, pages * PAGE_SIZE);
}

/* The argument itself */
TEST_F(abi, bad_argument)
{
	const __u64 rows[] = {
		null, unmapped, kernel, kernel_text, noncanonical, all_ones,
		last_page, before_hole,
	};
	char *tail = (char *)unmapped - sizeof(struct mmuinspect_runs);
	union arg *none;
	size_t i, j;
	int k;

	for (i = 0; i < CALLS; i++) {
		/* A size that is right, right before the hole */
		*(__u32 *)before_hole = calls[i].size;
		for (j = 0; j < ARRAY_SIZE(rows); j++) {
			EXPECT_EQ(-EFAULT, mmui_call(self->fd, calls[i].number,
						     (void *)rows[j]))
				TH_LOG("%s at %#llx", calls[i].name, rows[j]);
		}
	}

	/* Read-only: the answer can't be given, and that's said. */
	none = map_pages(2, PROT_READ | PROT_WRITE, 0);
	for (k = 0; k < CALLS; k++) {
		fill(none, k);
		mprotect(none, sizeof(*none), PROT_READ);
		EXPECT_EQ(-EFAULT, mmui_call(self->fd, calls[k].number, none))
			TH_LOG("%s", calls[k].name);
		mprotect(none, sizeof(*none), PROT_READ | PROT_WRITE);
	}

	/* It fits exactly: nothing behind it is read. */
	fill(&self->arg, RUNS);
	memcpy(tail, &self->arg, sizeof(struct mmuinspect_runs));
	EXPECT_EQ(0, mmui_call(self->fd, MMUINSPECT_IOC_RUNS, tail));
}

TEST_F(abi, unknown_calls)
{
	const unsigned long rows[] = {
		0, ~0U, TCGETS, FIONREAD,
		_IO(MMUINSPECT_IOC_MAGIC, 0x07),
		_IO(MMUINSPECT_IOC_MAGIC, 0x55),
		_IO(MMUINSPECT_IOC_MAGIC, 0xff),
		_IO(MMUINSPECT_IOC_MAGIC - 1, 0x00),
		_IO(MMUINSPECT_IOC_MAGIC + 1, 0x03),
		_IOWR(MMUINSPECT_IOC_MAGIC, 0x00, struct mmuinspect_info),
		_IOR(MMUINSPECT_IOC_MAGIC, 0x03, struct mmuinspect_runs),
		_IOW(MMUINSPECT_IOC_MAGIC, 0x02, struct mmuinspect_walk),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fill(&self->arg, RUNS);
		EXPECT_EQ(-ENOTTY, mmui_call(self->fd, rows[i], &self->arg))
			TH_LOG("%#lx", rows[i]);
	}
}

TEST_F(abi, not_a_file)
{
	char byte = 0;

	EXPECT_EQ(-1, read(self->fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(self->fd, 4096, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE_SIZE, PROT_READ, MAP_SHARED,
				   self->fd, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, ftruncate(self->fd, 0));
	EXPECT_EQ(EINVAL, errno);
}

/* One space's name is no other's. */
TEST_F(abi, stale_space)
{
	struct list mine, its;
	pid_t pid = hold(NULL, NULL);

	ASSERT_EQ(0, mmui_list(self->fd, MMUINSPECT_MERGE_RIGHTS, &mine));
	ASSERT_EQ(0, mmui_target(self->fd, pid));
	ASSERT_EQ(0, mmui_list(self->fd, MMUINSPECT_MERGE_RIGHTS, &its));
	ASSERT_NE(0, mine.space);
	ASSERT_NE(mine.space, its.space);
	fill(&self->arg, RUNS);
	self->arg.runs.space = mine.space;
	EXPECT_EQ(-ESTALE, mmui_call(self->fd, MMUINSPECT_IOC_RUNS, &self->arg));
	self->arg.runs.space = its.space;
	EXPECT_EQ(0, mmui_call(self->fd, MMUINSPECT_IOC_RUNS, &self->arg));
	fill(&self->arg, WALK);
	self->arg.walk.space = mine.space;
	EXPECT_EQ(-ESTALE, mmui_call(self->fd, MMUINSPECT_IOC_WALK, &self->arg));
	ASSERT_EQ(0, mmui_target(self->fd, 0));
	EXPECT_EQ(0, mmui_call(self->fd, MMUINSPECT_IOC_WALK, &self->arg));
	release(pid);
}

/* What INFO says against what the kernel says elsewhere. */
TEST_F(abi, info)
{
	struct mmuinspect_info info;
	char line[4096] = "", flags[4096] = "";
	int phys = 0, virt = 0;
	FILE *f = fopen("/proc/cpuinfo", "re");

	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "address sizes : %d bits physical, %d bits virtual",
		       &phys, &virt);
		if (!strncmp(line, "flags", 5))
			snprintf(flags, sizeof(flags), "%s ", line);
	}
	fclose(f);
	flags[strcspn(flags, "\n")] = ' ';
	ASSERT_EQ(0, mmui_info(self->fd, &info));
	EXPECT_EQ(MMUINSPECT_ABI, info.abi);
	EXPECT_EQ(MMUINSPECT_ARCH_X86_64, info.arch);
	EXPECT_EQ(12, info.page_shift);
	EXPECT_EQ(phys, info.phys_bits);
	/* The CPU's width is what could be in use; the flag is what is. */
	EXPECT_GE(virt, info.va_bits);
	EXPECT_EQ(strstr(flags, " la57 ") ? 57 : 48, info.va_bits);
	EXPECT_EQ(strstr(flags, " la57 ") ? 5 : 4, info.levels);
	EXPECT_EQ(1ULL << (info.va_bits - 1), info.user_end);
	EXPECT_EQ(0, info.phys_mask & 0xfff);
	EXPECT_EQ(0, info.phys_mask >> phys);
	EXPECT_NE(0, info.memattr);
	EXPECT_NE(0, info.cycles_khz);
	EXPECT_NE(0, strlen(info.version));
	EXPECT_EQ(!!strstr(flags, " nx "),
		  !!(info.features & MMUINSPECT_FEATURE_NX));
	EXPECT_EQ(!!strstr(flags, " ospke "),
		  !!(info.features & MMUINSPECT_FEATURE_PKEYS));
	EXPECT_EQ(!!strstr(flags, " pti "),
		  !!(info.features & MMUINSPECT_FEATURE_PTI));
	EXPECT_EQ(!!strstr(flags, " pdpe1gb "),
		  !!(info.features & MMUINSPECT_FEATURE_1G));
	EXPECT_EQ(0, info.features >> 7);
}

TEST_F(abi, many_open_files)
{
	struct rlimit limit = { 1024, 1024 };
	int fd[300], i;

	setrlimit(RLIMIT_NOFILE, &limit);
	for (i = 0; i < 300; i++) {
		fd[i] = mmui_open();
		fill(&self->arg, RUNS);
		EXPECT_EQ(0, mmui_call(fd[i], MMUINSPECT_IOC_RUNS, &self->arg));
	}
	for (i = 0; i < 300; i++) {
		EXPECT_EQ(0, close(fd[i]));
	}
}

/* A likely value for a field: a bound, a pointer, or anything. */
static __u64 any_value(unsigned int *seed)
{
	const __u64 rows[] = {
		0, 1, 2, 3, ROOM, 4096, mapped, unaligned, read_only, unmapped,
		before_hole, kernel, user_end, beyond_user, noncanonical,
		all_ones, last_page, 1ULL << 31, 1ULL << 32,
		mapped & ~0xfffULL, (__u64)rand_r(seed) << 32 | rand_r(seed),
	};

	return rows[rand_r(seed) % ARRAY_SIZE(rows)];
}

/* Several fields wrong at once: anything but harm, and nothing beyond bounds. */
TEST_F(abi, anything)
{
	unsigned int seed = env_number("SEED", 1), i, n, accepted = 0;
	__u64 value;
	int call;

	for (i = 0; i < 20000; i++) {
		call = WALK + rand_r(&seed) % 2;
		fill(&self->arg, call);
		for (n = 1 + rand_r(&seed) % 3; n; n--) {
			value = any_value(&seed);
			memcpy(self->arg.bytes + 4 +
			       rand_r(&seed) % (calls[call].size / 4 - 1) * 4,
			       &value, rand_r(&seed) % 2 ? 4 : 8);
		}
		/* A structure ends where it ends, even if 8 bytes were put. */
		memset(self->arg.bytes + calls[call].size, POISON, 8);
		accepted += !mmui_call(self->fd, calls[call].number, &self->arg);
		ASSERT_TRUE(untouched(self->arg.bytes + calls[call].size, 64))
			TH_LOG("round %u", i);
	}
	EXPECT_LT(100, accepted);
}

/*
 * The 32-bit door, through int 0x80 of a 64-bit process: system call numbers
 * and ioctl entry of i386. Its pointers are 32 bits wide.
 */
#define I386_GETPID	20
#define I386_IOCTL	54

static long i386_call(long number, long a, long b, long c)
{
	long ret;

	asm volatile("int $0x80" : "=a" (ret)
		     : "0" (number), "b" (a), "c" (b), "d" (c)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

static int i386_works(void *arg)
{
	return i386_call(I386_GETPID, 0, 0, 0) != getpid();
}

TEST_F(abi, compat)
{
	union arg *low = map_pages(8, PROT_READ | PROT_WRITE, MAP_32BIT);
	char *room = (char *)(low + 1);
	int i, ret;

	if (in_child(i386_works, NULL))
		SKIP(return, "this kernel has no 32-bit system calls");
	ASSERT_EQ(0, (__u64)low >> 32);
	for (i = 0; i < CALLS; i++) {
		fill(&self->arg, i);
		fill(low, i);
		if (i >= WALK) {
			memset((void *)mapped, 0, PAGE_SIZE);
			memset(room, 0, PAGE_SIZE);
		}
		if (i == WALK)
			low->walk.vec = (__u64)room;
		if (i == RUNS) {
			/* a part that doesn't change meanwhile */
			self->arg.runs.start = read_only;
			self->arg.runs.end = read_only + 4 * PAGE_SIZE;
			low->runs = self->arg.runs;
			low->runs.vec = (__u64)room;
		}
		ret = mmui_call(self->fd, calls[i].number, &self->arg);
		EXPECT_EQ(0, ret);
		EXPECT_EQ(ret, i386_call(I386_IOCTL, self->fd, calls[i].number,
					 (__u64)low))
			TH_LOG("%s", calls[i].name);
		if (i == WALK)
			low->walk.vec = self->arg.walk.vec;
		if (i == RUNS)
			low->runs.vec = self->arg.runs.vec;
		EXPECT_EQ(0, memcmp(&self->arg, low, sizeof(*low)))
			TH_LOG("%s", calls[i].name);
		if (i >= WALK) {
			EXPECT_EQ(0, memcmp((void *)mapped, room, PAGE_SIZE));
		}
	}
	EXPECT_EQ(-ENOTTY, i386_call(I386_IOCTL, self->fd, 0xe755, (__u64)low));
	EXPECT_EQ(-EFAULT, i386_call(I386_IOCTL, self->fd,
				     MMUINSPECT_IOC_INFO, 0));
}

TEST_HARNESS_MAIN
