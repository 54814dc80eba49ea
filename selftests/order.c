// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs come in ascending order and never overlap, though small pages become a
 * large one in the middle of a listing: within a call, where the kernel waits in
 * copying runs to a page that userfaultfd holds back; between two calls; and by
 * chance, under threads that touch, collapse and drop.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define HUGE	(2 * MB)
#define TABLES	4
#define ROOM	2048

/* Small pages in TABLES tables */
static char *small_pages(void)
{
	size_t len = TABLES * HUGE;
	char *p = mmap(NULL, len + HUGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (p == MAP_FAILED)
		die("mmap: %m");
	p = (char *)(((uintptr_t)p + HUGE - 1) & -HUGE);
	if (madvise(p, len, MADV_NOHUGEPAGE))
		die("MADV_NOHUGEPAGE: %m");
	for (i = 0; i < len; i += PAGE_SIZE)
		p[i] = 1;
	return p;
}

/* As often as it takes: a page may be in use elsewhere for a moment. */
static void collapse(char *p, size_t len)
{
	int tries;

	if (madvise(p, len, MADV_HUGEPAGE))
		die("MADV_HUGEPAGE: %m");
	for (tries = 0; tries < 100; tries++) {
		if (!madvise(p, len, MADV_COLLAPSE))
			return;
		if (errno != EAGAIN && errno != EBUSY && errno != ENOMEM)
			break;
		usleep(1000);
	}
	die("MADV_COLLAPSE: %m");
}

static __u64 overlaps(const struct mmuinspect_run *run, size_t n)
{
	__u64 bad = 0;
	size_t i;

	for (i = 1; i < n; i++)
		bad += run[i].start < run_end(&run[i - 1]);
	return bad;
}

static __u64 pages(const struct mmuinspect_run *run, size_t n)
{
	__u64 sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += run[i].pages * level_size(run[i].level) / PAGE_SIZE;
	return sum;
}

TEST(between_calls)
{
	static struct mmuinspect_run run[ROOM];
	char *p = small_pages();
	struct mmuinspect_runs r = {
		.size = sizeof(r),
		.start = (uintptr_t)p,
		.end = (uintptr_t)p + TABLES * HUGE,
		.vec = (uintptr_t)run,
		.vec_len = 100,
	};
	int fd = mmui_open();

	ASSERT_EQ(0, mmui_call(fd, MMUINSPECT_IOC_RUNS, &r));
	ASSERT_EQ(100, r.filled);
	ASSERT_EQ(r.start + 100 * PAGE_SIZE, r.cursor);
	collapse(p, TABLES * HUGE);

	r.start = r.cursor;
	r.flags = MMUINSPECT_RUNS_CONTINUE;
	r.vec = (uintptr_t)(run + 100);
	r.vec_len = ROOM - 100;
	ASSERT_EQ(0, mmui_call(fd, MMUINSPECT_IOC_RUNS, &r));
	EXPECT_EQ(0, overlaps(run, 100 + r.filled));
	/* The large page that the cursor is in the middle of is left out. */
	EXPECT_EQ(TABLES - 1, r.filled);
	EXPECT_EQ((uintptr_t)p + HUGE, run[100].start);

	/* What isn't the rest of a listing has all of it. */
	r.flags = 0;
	ASSERT_EQ(0, mmui_call(fd, MMUINSPECT_IOC_RUNS, &r));
	EXPECT_EQ(TABLES, r.filled);
	EXPECT_EQ((uintptr_t)p, run[100].start);
	close(fd);
}

/* The answer's pages aren't there: who copies to them waits for us. */
struct held_back {
	int uffd;
	char *pages;
	char *answer;
	size_t size;
	int collapses;
};

static void fill_in(struct held_back *h, __u64 address)
{
	static char zero[PAGE_SIZE];
	struct uffdio_copy copy = {
		.dst = address & -PAGE_SIZE,
		.src = (uintptr_t)zero,
		.len = PAGE_SIZE,
	};

	if (ioctl(h->uffd, UFFDIO_COPY, &copy))
		die("UFFDIO_COPY: %m");
}

/* At the first page all is collapsed. */
static void *collapse_meanwhile(void *arg)
{
	struct held_back *h = arg;
	struct uffd_msg msg;

	for (;;) {
		if (read(h->uffd, &msg, sizeof(msg)) != sizeof(msg))
			die("userfaultfd: %m");
		if (!h->collapses++)
			collapse(h->pages, TABLES * HUGE);
		fill_in(h, msg.arg.pagefault.address);
	}
	return NULL;
}

static void hold_back(struct held_back *h)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	h->uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (h->uffd < 0 || ioctl(h->uffd, UFFDIO_API, &api))
		die("userfaultfd: %m");
	h->answer = mmap(NULL, h->size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range.start = (uintptr_t)h->answer;
	reg.range.len = h->size;
	if (h->answer == MAP_FAILED ||
	    madvise(h->answer, h->size, MADV_NOHUGEPAGE) ||
	    ioctl(h->uffd, UFFDIO_REGISTER, &reg))
		die("UFFDIO_REGISTER: %m");
}

/*
 * The module's buffer is full in the middle of the second table, when the first
 * runs are copied out.
 */
TEST(within_a_call)
{
	struct held_back h = {
		.size = ROOM * sizeof(struct mmuinspect_run),
		.pages = small_pages(),
	};
	struct mmuinspect_runs r = {
		.size = sizeof(r),
		.start = (uintptr_t)h.pages,
		.end = (uintptr_t)h.pages + TABLES * HUGE,
		.vec_len = ROOM,
	};
	const struct mmuinspect_run *run;
	int fd = mmui_open();
	pthread_t thread;

	hold_back(&h);
	ASSERT_EQ(0, pthread_create(&thread, NULL, collapse_meanwhile, &h));
	r.vec = (uintptr_t)h.answer;
	ASSERT_EQ(0, mmui_call(fd, MMUINSPECT_IOC_RUNS, &r));
	run = (const struct mmuinspect_run *)h.answer;
	ASSERT_LT(0, h.collapses);
	EXPECT_EQ(1, run[0].level);
	EXPECT_EQ(2, run[r.filled - 1].level);
	EXPECT_EQ(0, overlaps(run, r.filled));
	EXPECT_GE(TABLES * HUGE / PAGE_SIZE, pages(run, r.filled));
	close(fd);
}

/* By chance */

static void *touches_and_collapses(void *p)
{
	size_t i;

	for (;;) {
		madvise(p, TABLES * HUGE, MADV_DONTNEED);
		for (i = 0; i < TABLES * HUGE; i += PAGE_SIZE)
			((char *)p)[i] = 1;
		madvise(p, TABLES * HUGE, MADV_COLLAPSE);
	}
	return NULL;
}

static void stir(void *at)
{
	char *p = small_pages();
	pthread_t thread;

	madvise(p, TABLES * HUGE, MADV_HUGEPAGE);
	*(char **)at = p;
	if (pthread_create(&thread, NULL, touches_and_collapses, p))
		die("pthread_create");
}

TEST(by_chance)
{
	double until = now() + env_number("STRESS_SECONDS", 10);
	__u64 *at = SHARED(__u64, 1), bad = 0, walks = 0, large = 0;
	pid_t pid = hold(stir, at);
	struct mmuinspect_runs ask = { .vec_len = 100 };
	int fd = mmui_open();
	struct list list;

	ASSERT_EQ(0, mmui_target(fd, pid));
	do {
		ask.start = *at;
		ask.end = *at + TABLES * HUGE;
		ask.merge = walks % 3;
		ASSERT_EQ(0, mmui_collect(fd, &ask, &list));
		bad += overlaps(list.run, list.n);
		bad += pages(list.run, list.n) > TABLES * HUGE / PAGE_SIZE;
		large += list.n && list.run[list.n - 1].level == 2;
		walks++;
		list_free(&list);
	} while (now() < until);
	TH_LOG("%llu walks, %llu end with a large page", walks, large);
	EXPECT_EQ(0, bad);
	EXPECT_LT(0, large);
	release(pid);
	close(fd);
}

TEST_HARNESS_MAIN
