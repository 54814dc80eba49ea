// SPDX-License-Identifier: GPL-2.0-only
/*
 * What VERIFY leaves alone: huge pages that were dropped stay so,
 * poisoned memory isn't read, and a busy CPU holds nothing up.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define HUGE		(2 * MB)
#define HUGE_PAGES	4

/* Documentation/admin-guide/mm/pagemap.rst */
#define KPF_HWPOISON	(1ULL << 19)

#ifndef MADV_HWPOISON
#define MADV_HWPOISON	100
#endif

static unsigned long meminfo(const char *name)
{
	char line[128];
	unsigned long value = -1UL;
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			value = strtoul(line + strlen(name), NULL, 10);
	if (f)
		fclose(f);
	if (value == -1UL)
		die("/proc/meminfo: no %s", name);
	return value;
}

/**
 * struct huge - a process that maps huge pages
 * @at: the first of HUGE_PAGES; every other one was written
 * @appeared: how often one was there that it had dropped
 * @drops: how often it dropped one
 */
struct huge {
	char *at;
	unsigned int appeared;
	unsigned int drops;
};

static char *map_huge(int flags)
{
	char *p = mmap(NULL, HUGE_PAGES * HUGE, PROT_READ | PROT_WRITE,
		       flags | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void some_huge(void *arg)
{
	struct huge *h = arg;
	size_t i;

	h->at = map_huge(MAP_PRIVATE);
	for (i = 0; h->at && i < HUGE_PAGES; i += 2)
		h->at[i * HUGE] = 1;
}

/* No page comes or goes, be it there or not. */
TEST(huge_pages_stay)
{
	struct huge *h = SHARED(struct huge, 1);
	struct mmuinspect_translation t[HUGE_PAGES] = { };
	unsigned long free, reserved;
	pid_t pid = hold(some_huge, h);
	int fd = mmui_open();
	size_t i;

	if (!h->at)
		SKIP(goto out, "no huge pages");
	free = meminfo("HugePages_Free:");
	reserved = meminfo("HugePages_Rsvd:");
	for (i = 0; i < HUGE_PAGES; i++)
		t[i].address = (uintptr_t)h->at + i * HUGE + 8;
	ASSERT_EQ(0, mmui_target(fd, pid));
	ASSERT_EQ(0, mmui_walk(fd, t, HUGE_PAGES, MMUINSPECT_WALK_VERIFY, NULL));
	for (i = 0; i < HUGE_PAGES; i++) {
		EXPECT_EQ(i % 2 ? MMUINSPECT_VERDICT_NONE :
			  MMUINSPECT_VERDICT_SAME, t[i].frame);
		EXPECT_EQ(i % 2 ? MMUINSPECT_VERDICT_NONE :
			  MMUINSPECT_VERDICT_SAME, t[i].bytes);
	}
	EXPECT_EQ(free, meminfo("HugePages_Free:"));
	EXPECT_EQ(reserved, meminfo("HugePages_Rsvd:"));
out:
	release(pid);
	close(fd);
}

/* Drop a page, and see whether the tables have it again without a write. */
static void *drops(void *arg)
{
	struct huge *h = arg;
	unsigned char there;
	int i;

	for (;;) {
		*(volatile char *)h->at = 1;
		for (i = 0; i < 200; i++)
			asm volatile("pause");
		madvise(h->at, HUGE, MADV_DONTNEED);
		for (i = 0; i < 20; i++) {
			there = 0;
			mincore(h->at, PAGE_SIZE, &there);
			h->appeared += there & 1;
		}
		h->drops++;
	}
	return NULL;
}

/* Shared: the page stays in the file, and only the mapping comes and goes. */
static void drop_huge(void *arg)
{
	struct huge *h = arg;
	pthread_t thread;

	h->at = map_huge(MAP_SHARED);
	if (h->at && pthread_create(&thread, NULL, drops, h))
		die("pthread_create");
}

TEST(dropped_huge_pages_stay_away)
{
	double until = now() + env_number("STRESS_SECONDS", 10);
	struct huge *h = SHARED(struct huge, 1);
	pid_t pid = hold(drop_huge, h);
	unsigned int mapped = 0;
	int fd = mmui_open();

	if (!h->at)
		SKIP(goto out, "no huge pages");
	ASSERT_EQ(0, mmui_target(fd, pid));
	do {
		struct mmuinspect_translation t = {
			.address = (uintptr_t)h->at
		};

		ASSERT_EQ(0, mmui_walk(fd, &t, 1, MMUINSPECT_WALK_VERIFY, NULL));
		mapped += t.stop == MMUINSPECT_STOP_MAPPED;
	} while (now() < until);
	TH_LOG("%u times mapped, %u drops", mapped, h->drops);
	EXPECT_LT(0, mapped);
	EXPECT_LT(0, h->drops);
	EXPECT_EQ(0, h->appeared);
out:
	release(pid);
	close(fd);
}

#define RT_RUNTIME	"/proc/sys/kernel/sched_rt_runtime_us"
#define FAIR_SERVER	"/sys/kernel/debug/sched/fair_server/cpu1/runtime"
#define SPIN_SECONDS	30

/**
 * struct hog - a real-time task that keeps its CPU for itself
 * @spins: it does
 * @end: it may end
 * @gave_up: it ended without that
 */
struct hog {
	bool spins;
	bool end;
	bool gave_up;
};

static void run_on_cpu_1(int priority)
{
	struct sched_param param = { .sched_priority = priority };
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(1, &set);
	if (sched_setaffinity(0, sizeof(set), &set) ||
	    sched_setscheduler(0, SCHED_FIFO, &param))
		die("CPU 1, SCHED_FIFO: %m");
}

static void spin(struct hog *hog)
{
	double until = now() + SPIN_SECONDS;

	die_with_parent();
	run_on_cpu_1(1);
	__atomic_store_n(&hog->spins, true, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&hog->end, __ATOMIC_SEQ_CST))
		if (now() > until) {
			hog->gave_up = true;
			break;
		}
	_exit(0);
}

static void map_page(void *at)
{
	*(char **)at = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			    MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
}

/* From a CPU on which no kernel thread gets a turn */
TEST(busy_cpu)
{
	struct hog *hog = SHARED(struct hog, 1);
	char **at = SHARED(char *, 1);
	pid_t target = hold(map_page, at), pid;
	struct mmuinspect_translation t = { };
	int fd = mmui_open();

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(goto out, "one CPU: nothing else could run");
	t.address = (uintptr_t)*at;
	ASSERT_EQ(0, mmui_target(fd, target));
	ASSERT_EQ(0, write_file(RT_RUNTIME, "-1"));
	write_file(FAIR_SERVER, "0");
	run_on_cpu_1(2);
	pid = fork();
	if (!pid)
		spin(hog);
	while (!__atomic_load_n(&hog->spins, __ATOMIC_SEQ_CST))
		usleep(1000);
	EXPECT_EQ(0, mmui_walk(fd, &t, 1, MMUINSPECT_WALK_VERIFY, NULL));
	__atomic_store_n(&hog->end, true, __ATOMIC_SEQ_CST);
	waitpid(pid, NULL, 0);
	write_file(FAIR_SERVER, "50000000");
	EXPECT_EQ(0, write_file(RT_RUNTIME, "950000"));
	EXPECT_EQ(MMUINSPECT_VERDICT_SAME, t.bytes);
	EXPECT_FALSE(hog->gave_up);
out:
	release(target);
	close(fd);
}

/**
 * struct poisoned - a process with a poisoned page that it still maps
 * @at: a huge page, of which the second small one is poisoned
 * @signals: how often it got a SIGBUS for that
 * @error: why not
 */
struct poisoned {
	char *at;
	int signals;
	int error;
};

static struct poisoned *poisoned;

static void on_bus(int sig)
{
	poisoned->signals++;
}

/* A huge page that a pipe has a hold on can't be split, and so stays mapped. */
static void poison(void *arg)
{
	char *p = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec part = { .iov_len = PAGE_SIZE };
	int pipes[2];

	poisoned = arg;
	p = (char *)(((uintptr_t)p + HUGE - 1) & -HUGE);
	if (madvise(p, HUGE, MADV_HUGEPAGE))
		die("MADV_HUGEPAGE: %m");
	memset(p, 1, HUGE);
	part.iov_base = p + 9 * PAGE_SIZE;
	if (pipe(pipes) || vmsplice(pipes[1], &part, 1, 0) != PAGE_SIZE)
		die("vmsplice: %m");
	poisoned->at = p;
	signal(SIGBUS, on_bus);
	poisoned->error = madvise(p + PAGE_SIZE, PAGE_SIZE, MADV_HWPOISON) ?
			  errno : 0;
}

/* Seen as poisoned in /proc/kpageflags; its neighbours are as before. */
TEST(poisoned_memory_is_not_read)
{
	struct poisoned *p = SHARED(struct poisoned, 1);
	pid_t pid = hold(poison, p);
	struct mmuinspect_translation t[2] = { };
	int fd = mmui_open();

	if (p->error == EINVAL)
		SKIP(goto out, "this kernel can't: CONFIG_MEMORY_FAILURE");
	t[0].address = (uintptr_t)p->at + PAGE_SIZE;
	t[1].address = (uintptr_t)p->at + 5 * PAGE_SIZE;
	ASSERT_EQ(0, mmui_target(fd, pid));
	ASSERT_EQ(0, mmui_walk(fd, t, 2, MMUINSPECT_WALK_VERIFY, NULL));
	ASSERT_EQ(MMUINSPECT_STOP_MAPPED, t[0].stop);
	EXPECT_EQ(2, t[0].level);
	EXPECT_NE(0, kpageflags_of(t[0].phys / PAGE_SIZE) & KPF_HWPOISON);
	EXPECT_EQ(MMUINSPECT_VERDICT_SAME, t[0].frame);
	EXPECT_EQ(MMUINSPECT_VERDICT_UNAVAILABLE, t[0].bytes);
	EXPECT_EQ(0, kpageflags_of(t[1].phys / PAGE_SIZE) & KPF_HWPOISON);
	EXPECT_EQ(MMUINSPECT_VERDICT_SAME, t[1].bytes);
out:
	release(pid);
	close(fd);
}

TEST_HARNESS_MAIN
