// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process is all its threads: after the first one has ended, the others go on
 * in the same address space, which is still found by the number of the process.
 * Checked against /proc/PID/task/TID/pagemap of a thread that lives.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PAGES	64

/**
 * struct headless - a process whose first thread has ended
 * @at: PAGES pages, of which every other one was written
 * @pid: its number
 * @tid: that of the thread that goes on
 */
struct headless {
	char *at;
	pid_t pid;
	pid_t tid;
};

static void *stay(void *arg)
{
	struct headless *h = arg;

	__atomic_store_n(&h->tid, gettid(), __ATOMIC_SEQ_CST);
	for (;;)
		pause();
	return NULL;
}

static void end_first_thread(struct headless *h)
{
	pthread_t thread;
	size_t i;

	die_with_parent();
	h->at = mmap(NULL, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (h->at == MAP_FAILED ||
	    madvise(h->at, PAGES * PAGE_SIZE, MADV_NOHUGEPAGE))
		die("mmap: %m");
	for (i = 0; i < PAGES; i += 2)
		h->at[i * PAGE_SIZE] = 1;
	if (pthread_create(&thread, NULL, stay, h))
		die("pthread_create");
	syscall(SYS_exit, 0);
}

/* By /proc/PID/status, which is about the first thread */
static bool first_has_ended(pid_t pid)
{
	char path[64], line[128];
	bool zombie = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "State:\tZ", 8))
			zombie = true;
	if (f)
		fclose(f);
	return zombie;
}

static struct headless *headless_start(void)
{
	struct headless *h = SHARED(struct headless, 1);
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %m");
	if (!pid)
		end_first_thread(h);
	h->pid = pid;
	while (!__atomic_load_n(&h->tid, __ATOMIC_SEQ_CST) ||
	       !first_has_ended(h->pid))
		usleep(1000);
	return h;
}

FIXTURE(threads)
{
	int fd;
	struct headless *h;
	struct mmuinspect_info info;
};

FIXTURE_SETUP(threads)
{
	self->fd = mmui_open();
	self->h = headless_start();
	ASSERT_EQ(0, mmui_info(self->fd, &self->info));
	ASSERT_EQ(0, mmui_target(self->fd, self->h->pid));
}

FIXTURE_TEARDOWN(threads)
{
	release(self->h->pid);
	close(self->fd);
}

TEST_F(threads, runs)
{
	struct mmuinspect_runs ask = { .merge = MMUINSPECT_MERGE_NONE };
	struct list list;
	__u64 page;
	size_t i;

	ask.start = (uintptr_t)self->h->at;
	ask.end = ask.start + PAGES * PAGE_SIZE;
	ASSERT_EQ(0, mmui_collect(self->fd, &ask, &list));
	ASSERT_EQ(PAGES / 2, list.n);
	for (i = 0; i < list.n; i++) {
		ASSERT_EQ(ask.start + 2 * i * PAGE_SIZE, list.run[i].start);
		page = pagemap_at(self->h->tid, list.run[i].start);
		EXPECT_NE(0, page & PM_PRESENT);
		EXPECT_EQ((page & PM_FRAME) * PAGE_SIZE,
			  leaf_phys(&self->info, list.run[i].entry, 1));
	}
	list_free(&list);
}

TEST_F(threads, walk)
{
	struct mmuinspect_translation t[PAGES] = { };
	__u64 page;
	size_t i;

	for (i = 0; i < PAGES; i++)
		t[i].address = (uintptr_t)self->h->at + i * PAGE_SIZE;
	ASSERT_EQ(0, mmui_walk(self->fd, t, PAGES, MMUINSPECT_WALK_VERIFY,
			       NULL));
	for (i = 0; i < PAGES; i++) {
		page = pagemap_at(self->h->tid, t[i].address);
		if (i % 2) {
			EXPECT_EQ(0, page & PM_PRESENT);
			EXPECT_EQ(MMUINSPECT_STOP_EMPTY, t[i].stop);
			continue;
		}
		EXPECT_EQ(MMUINSPECT_STOP_MAPPED, t[i].stop);
		EXPECT_EQ((page & PM_FRAME) * PAGE_SIZE, t[i].phys);
		EXPECT_EQ(MMUINSPECT_VERDICT_SAME, t[i].frame);
		EXPECT_EQ(MMUINSPECT_VERDICT_SAME, t[i].bytes);
	}
}

static __u64 space_of(int fd, __u64 address)
{
	struct mmuinspect_translation t = { .address = address };
	struct mmuinspect_walk w;

	if (mmui_walk(fd, &t, 1, 0, &w))
		die("WALK failed");
	return w.space;
}

/* Its number and the thread's are the same address space. */
TEST_F(threads, one_space)
{
	__u64 at = (uintptr_t)self->h->at;
	__u64 space = space_of(self->fd, at);

	EXPECT_NE(0, space);
	ASSERT_EQ(0, mmui_target(self->fd, self->h->tid));
	EXPECT_EQ(space, space_of(self->fd, at));
}

/* With the last thread the address space goes. */
TEST_F(threads, all_ended)
{
	struct mmuinspect_translation t = { .address = (uintptr_t)self->h->at };
	siginfo_t info;

	kill(self->h->pid, SIGKILL);
	ASSERT_EQ(0, waitid(P_PID, self->h->pid, &info, WEXITED | WNOWAIT));
	EXPECT_EQ(-ENXIO, mmui_walk(self->fd, &t, 1, 0, NULL));
	EXPECT_EQ(-ENXIO, mmui_target(self->fd, self->h->pid));
}

TEST_HARNESS_MAIN
