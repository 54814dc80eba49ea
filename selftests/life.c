// SPDX-License-Identifier: GPL-2.0-only
/*
 * The target lives while it is looked at: it exits, execs, forks, unmaps,
 * collapses. That costs rows, and nothing else.
 *
 * STRESS_SECONDS (10) is how long each stressor runs.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

#define HUGE_2M (2 * MB)

FIXTURE(life)
{
	int fd;
	pid_t pid;
};

FIXTURE_SETUP(life)
{
	self->fd = mmui_open();
	self->pid = hold(NULL, NULL);
	ASSERT_EQ(0, mmui_target(self->fd, self->pid));
}

FIXTURE_TEARDOWN(life)
{
	if (self->pid)
		release(self->pid);
	close(self->fd);
}

static int runs_error(int fd, __u64 space)
{
	const struct mmuinspect_runs ask = {
		.merge = MMUINSPECT_MERGE_RIGHTS,
		.space = space,
	};
	struct list list;
	int ret = mmui_collect(fd, &ask, &list);

	list_free(&list);
	return ret;
}

static int walk_error(int fd)
{
	struct mmuinspect_translation t = { .address = (uintptr_t)&t };

	return mmui_walk(fd, &t, 1, 0, NULL);
}

static __u64 space_of(int fd)
{
	struct list list;
	__u64 space;

	if (mmui_list(fd, MMUINSPECT_MERGE_RIGHTS, &list))
		die("RUNS failed");
	space = list.space;
	list_free(&list);
	return space;
}

static void wait_for_zombie(pid_t pid)
{
	siginfo_t info;

	if (waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		die("waitid: %m");
}

TEST_F(life, zombie_then_gone)
{
	ASSERT_EQ(0, runs_error(self->fd, 0));
	kill(self->pid, SIGKILL);
	wait_for_zombie(self->pid);
	EXPECT_EQ(-ENXIO, runs_error(self->fd, 0));
	EXPECT_EQ(-ENXIO, walk_error(self->fd));
	EXPECT_EQ(-ENXIO, mmui_target(self->fd, self->pid));
	waitpid(self->pid, NULL, 0);
	EXPECT_EQ(-ESRCH, runs_error(self->fd, 0));
	EXPECT_EQ(-ESRCH, walk_error(self->fd));
	EXPECT_EQ(-ESRCH, mmui_target(self->fd, self->pid));
	self->pid = 0;
	/* and the file is good for another one still */
	EXPECT_EQ(0, mmui_target(self->fd, 0));
	EXPECT_EQ(0, runs_error(self->fd, 0));
}

TEST_F(life, kernel_thread)
{
	EXPECT_EQ(-ENXIO, mmui_target(self->fd, 2));
	/* the former target stands */
	EXPECT_EQ(0, runs_error(self->fd, 0));
}

/* Make the next child have the number @pid. */
static pid_t hold_as(pid_t pid)
{
	char number[16];
	pid_t got;
	int tries;

	snprintf(number, sizeof(number), "%d", pid - 1);
	for (tries = 0; tries < 1000; tries++) {
		if (write_file("/proc/sys/kernel/ns_last_pid", number))
			return -1;
		got = hold(NULL, NULL);
		if (got == pid)
			return got;
		release(got);
	}
	die("nobody got the number %d again", pid);
}

TEST_F(life, reused_number)
{
	__u64 space = space_of(self->fd);
	pid_t pid = self->pid, again;

	release(pid);
	self->pid = 0;
	again = hold_as(pid);
	if (again < 0)
		SKIP(return, "no /proc/sys/kernel/ns_last_pid: can't choose a pid");
	ASSERT_EQ(pid, again);
	EXPECT_EQ(-ESRCH, runs_error(self->fd, 0));
	EXPECT_EQ(-ESRCH, runs_error(self->fd, space));
	EXPECT_EQ(-ESRCH, walk_error(self->fd));
	/* The newcomer, asked for, is another. */
	ASSERT_EQ(0, mmui_target(self->fd, again));
	EXPECT_NE(space, space_of(self->fd));
	EXPECT_EQ(-ESTALE, runs_error(self->fd, space));
	release(again);
}

/* Wait for a byte, then become this program again, which then says so. */
static void exec_when_told(int in, int out)
{
	char fd[16], byte, *argv[] = { "pause", NULL };

	snprintf(fd, sizeof(fd), "%d", out);
	setenv("MMUI_TEST_PAUSE", fd, 1);
	if (read(in, &byte, 1) == 1)
		execv("/proc/self/exe", argv);
	_exit(1);
}

TEST_F(life, exec)
{
	int in[2], out[2];
	__u64 old, fresh;
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(in));
	ASSERT_EQ(0, pipe(out));
	pid = fork();
	if (!pid)
		exec_when_told(in[0], out[1]);
	ASSERT_EQ(0, mmui_target(self->fd, pid));
	old = space_of(self->fd);
	EXPECT_EQ(0, runs_error(self->fd, old));
	ASSERT_EQ(1, write(in[1], "", 1));
	ASSERT_EQ(1, read(out[0], &byte, 1));
	EXPECT_EQ(-ESTALE, runs_error(self->fd, old));
	fresh = space_of(self->fd);
	EXPECT_NE(old, fresh);
	EXPECT_EQ(0, runs_error(self->fd, fresh));
	release(pid);
}

TEST_F(life, fork)
{
	__u64 before = space_of(self->fd), child;
	pid_t pid = hold(NULL, NULL);

	ASSERT_EQ(0, mmui_target(self->fd, pid));
	child = space_of(self->fd);
	EXPECT_NE(before, child);
	ASSERT_EQ(0, mmui_target(self->fd, 0));
	EXPECT_NE(child, space_of(self->fd));
	release(pid);
}

/* A caller that is killed in the middle of a long call is gone at once. */
struct long_call {
	bool runs;
	pid_t target;
	double seconds;
	bool calling;
};

/* Only tables: pages of zeroes, one in each, cost nothing else. */
static void many_tables(void *arg)
{
	const size_t tables = 60000;
	char *p = mmap(NULL, tables * HUGE_2M, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t i;

	if (p == MAP_FAILED || madvise(p, tables * HUGE_2M, MADV_NOHUGEPAGE))
		die("many tables: %m");
	for (i = 0; i < tables; i++)
		(void)*(volatile char *)(p + i * HUGE_2M);
}

static int long_runs(int fd)
{
	struct list list;
	const struct mmuinspect_runs ask = {
		.vec_len = 1,
		/* no entry is like that */
		.filter.attr_mask = MMUINSPECT_PRESENT | MMUINSPECT_WRITE,
		.filter.attrs = MMUINSPECT_WRITE,
	};

	return mmui_collect(fd, &ask, &list);
}

static int long_walk(int fd)
{
	static struct mmuinspect_translation t[MMUINSPECT_WALK_MAX];
	unsigned int i;

	for (i = 0; i < MMUINSPECT_WALK_MAX; i++)
		t[i].address = (uintptr_t)t;
	return mmui_walk(fd, t, MMUINSPECT_WALK_MAX, MMUINSPECT_WALK_VERIFY,
			 NULL);
}

static int call_long(struct long_call *c, bool for_ever)
{
	int fd = mmui_open(), ret;
	double start = now();

	if (mmui_target(fd, c->target))
		die("TARGET failed");
	do {
		c->calling = true;
		ret = c->runs ? long_runs(fd) : long_walk(fd);
		if (ret)
			die("the long call failed: %d", ret);
	} while (for_ever);
	c->seconds = now() - start;
	return 0;
}

static int time_long(void *arg)
{
	return call_long(arg, false);
}

/* How long its end takes after SIGKILL, an eighth of the call after its begin */
static double kill_long(struct long_call *c)
{
	double start;
	pid_t pid;

	c->calling = false;
	pid = fork();
	if (!pid) {
		die_with_parent();
		call_long(c, true);
	}
	while (!*(volatile bool *)&c->calling)
		usleep(1000);
	usleep(c->seconds * 1e6 / 8);
	start = now();
	release(pid);
	return now() - start;
}

static void check_killed(struct __test_metadata *_metadata, bool runs)
{
	struct long_call *c = SHARED(struct long_call, 1);
	double took = 1e9;
	int tries;

	c->runs = runs;
	c->target = hold(many_tables, NULL);
	ASSERT_EQ(0, in_child(time_long, c));
	if (c->seconds < 0.02)
		SKIP(return, "the call takes %.3f s only: no time to kill it",
		     c->seconds);
	/* A machine that stands still for a while takes longer. */
	for (tries = 0; tries < 5 && took > c->seconds / 2; tries++)
		took = kill_long(c);
	TH_LOG("a call of %.3f s ended %.3f s after SIGKILL", c->seconds, took);
	EXPECT_GT(c->seconds / 2, took);
	release(c->target);
}

TEST(killed_in_walk)
{
	check_killed(_metadata, false);
}

TEST(killed_in_runs)
{
	check_killed(_metadata, true);
}

/* Two threads on one open file, a third that changes its target. */
struct crowd {
	int fd;
	pid_t pid[2];
	double until;
	unsigned int calls;
	unsigned int bad;
};

static void *crowd_asks(void *arg)
{
	struct crowd *c = arg;
	unsigned int bad = 0, calls = 0;
	struct list list;

	do {
		bad += mmui_list(c->fd, calls % 3, &list) != 0;
		list_free(&list);
		bad += walk_error(c->fd) != 0;
		calls++;
	} while (now() < c->until);
	__atomic_fetch_add(&c->bad, bad, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&c->calls, calls, __ATOMIC_SEQ_CST);
	return NULL;
}

static void *crowd_chooses(void *arg)
{
	struct crowd *c = arg;
	unsigned int i = 0, bad = 0;

	while (now() < c->until) {
		bad += mmui_target(c->fd, c->pid[i++ % 2]) != 0;
		usleep(100);
	}
	__atomic_fetch_add(&c->bad, bad, __ATOMIC_SEQ_CST);
	return NULL;
}

TEST_F(life, threads_on_one_file)
{
	struct crowd c = {
		.fd = self->fd,
		.pid = { self->pid, hold(NULL, NULL) },
		.until = now() + 2,
	};
	pthread_t thread[3];
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, i ? crowd_asks :
					    crowd_chooses, &c));
	}
	for (i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(0, c.bad);
	EXPECT_LE(2, c.calls);
	release(c.pid[1]);
}

/*
 * The stressor: threads of one process that do to its tables all that frees or
 * changes them, while others look.
 */
#define AREA	(16 * MB)

static char *area(int prot)
{
	char *p = mmap(NULL, AREA + HUGE_2M, prot, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED)
		die("mmap: %m");
	return (char *)(((uintptr_t)p + HUGE_2M - 1) & -HUGE_2M);
}

static void touch(char *p, size_t size, size_t step)
{
	size_t i;

	for (i = 0; i < size; i += step)
		p[i] = 1;
}

static void *maps_and_unmaps(void *arg)
{
	for (;;) {
		char *p = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			continue;
		touch(p, AREA, 64 * PAGE_SIZE);
		munmap(p + AREA / 2, HUGE_2M);
		munmap(p, AREA);
	}
	return arg;
}

static void *collapses_and_splits(void *arg)
{
	char *p = area(PROT_READ | PROT_WRITE);

	for (;;) {
		madvise(p, AREA, MADV_NOHUGEPAGE);
		touch(p, HUGE_2M, PAGE_SIZE);
		madvise(p, AREA, MADV_HUGEPAGE);
		madvise(p, HUGE_2M, MADV_COLLAPSE);
		mprotect(p + PAGE_SIZE, PAGE_SIZE, PROT_NONE);
		mprotect(p + PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE);
		madvise(p, HUGE_2M, MADV_PAGEOUT);
		madvise(p, AREA, MADV_DONTNEED);
	}
	return arg;
}

/* To and fro, where nobody else gets a mapping. */
static void *moves(void *arg)
{
	char *const slot[] = { (char *)0x400000000000, (char *)0x410000000000 };
	unsigned int i = 0;

	if (mmap(slot[0], AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		 MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
		die("mmap: %m");
	for (;; i ^= 1) {
		touch(slot[i], AREA, 16 * PAGE_SIZE);
		if (mremap(slot[i], AREA, AREA, MREMAP_MAYMOVE | MREMAP_FIXED,
			   slot[i ^ 1]) == MAP_FAILED)
			die("mremap: %m");
		madvise(slot[i ^ 1], AREA / 2, MADV_DONTNEED);
	}
	return arg;
}

static void *punches_holes(void *arg)
{
	int fd = memfd_create("stress", MFD_CLOEXEC);
	char *p = area(PROT_NONE);

	if (fd < 0 || ftruncate(fd, AREA) ||
	    mmap(p, AREA, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		 0) == MAP_FAILED)
		die("memfd: %m");
	for (;;) {
		touch(p, 2 * HUGE_2M, PAGE_SIZE);
		madvise(p, 2 * HUGE_2M, MADV_COLLAPSE);
		madvise(p, HUGE_2M, MADV_REMOVE);
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			  HUGE_2M, HUGE_2M);
	}
	return arg;
}

static void *forks(void *arg)
{
	for (;;) {
		pid_t pid = fork();

		if (!pid) {
			usleep(500);
			_exit(0);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
	return arg;
}

static void stir(void *arg)
{
	void *(*const thread[])(void *arg) = {
		maps_and_unmaps, collapses_and_splits, moves, punches_holes,
		forks,
	};
	pthread_t id;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(thread); i++)
		if (pthread_create(&id, NULL, thread[i], arg))
			die("pthread_create");
}

/* A process that comes, execs and goes, over and over */
static void comes_and_goes(void *arg)
{
	volatile pid_t *shown = arg;
	char *argv[] = { "pause", NULL }, fd[16], byte;
	int ready[2];
	pid_t pid;

	if (fork())
		return;
	die_with_parent();
	for (;;) {
		if (pipe(ready))
			die("pipe: %m");
		pid = fork();
		if (!pid) {
			snprintf(fd, sizeof(fd), "%d", ready[1]);
			setenv("MMUI_TEST_PAUSE", fd, 1);
			usleep(200);
			execv("/proc/self/exe", argv);
			_exit(1);
		}
		*shown = pid;
		close(ready[1]);
		if (read(ready[0], &byte, 1) != 1)
			die("exec failed");
		close(ready[0]);
		usleep(200);
		release(pid);
	}
}

struct look {
	pid_t pid;		/* whom to look at ... */
	volatile pid_t *next;	/* ... or whose number to look up each time */
	unsigned int good;
	unsigned int gone;
	unsigned int bad;
	__u64 rows;
};

static bool run_is_sane(const struct mmuinspect_info *info,
			const struct mmuinspect_run *r, __u64 end)
{
	const __u16 known = MMUINSPECT_PRESENT | MMUINSPECT_WRITE |
			    MMUINSPECT_USER | MMUINSPECT_EXEC;

	return r->start >= end && r->pages && r->level >= 1 && r->level <= 3 && r->entry &&
	       run_end(r) <= info->user_end &&
	       !(r->start % level_size(r->level)) && !(r->attrs & ~known) &&
	       !!(r->attrs & MMUINSPECT_PRESENT) == (r->entry & PTE_PRESENT) &&
	       r->accessed <= r->pages && r->dirty <= r->pages;
}

static bool list_is_sane(const struct mmuinspect_info *info,
			 const struct list *list)
{
	__u64 end = 0;
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (!run_is_sane(info, &list->run[i], end)) {
			note("run %zu of %zu: start %#llx pages %u level %u entry %#llx attrs %#x after %#llx",
			     i, list->n, list->run[i].start, list->run[i].pages,
			     list->run[i].level, list->run[i].entry,
			     list->run[i].attrs, end);
			return false;
		}
		end = run_end(&list->run[i]);
	}
	return !list->unreadable;
}

static bool walk_is_sane(const struct mmuinspect_info *info,
			 const struct mmuinspect_translation *t)
{
	if (t->stop == MMUINSPECT_STOP_UNREADABLE ||
	    t->frame == MMUINSPECT_VERDICT_DIFFERENT ||
	    t->bytes == MMUINSPECT_VERDICT_DIFFERENT)
		return t->changed;
	return t->steps == info->levels - t->level + 1;
}

/* Known runs and their surroundings, and NULL: each fourth is a hole, often. */
static int walk_some(int fd, const struct mmuinspect_info *info,
		     const struct list *list, struct look *look)
{
	struct mmuinspect_translation t[16] = { 0 };
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(t) && list->n; i++)
		t[i].address = i % 4 == 3 ? rand() * 4096ULL :
			       list->run[rand() % list->n].start + i;
	ret = mmui_walk(fd, t, ARRAY_SIZE(t), MMUINSPECT_WALK_VERIFY, NULL);
	for (i = 0; !ret && i < ARRAY_SIZE(t); i++)
		if (!walk_is_sane(info, &t[i])) {
			note("WALK of %#llx: stop %u frame %u bytes %u steps %u level %u",
			     t[i].address, t[i].stop, t[i].frame, t[i].bytes,
			     t[i].steps, t[i].level);
			look->bad++;
		}
	return ret;
}

static void look_once(int fd, const struct mmuinspect_info *info,
		      struct look *look, unsigned int i)
{
	const struct mmuinspect_runs ask = {
		.merge = i % 3,
		.vec_len = 1 + rand() % 1000,
	};
	struct list list;
	int ret;

	ret = mmui_target(fd, look->next ? *look->next : look->pid);
	if (!ret) {
		ret = mmui_collect(fd, &ask, &list);
		if (!ret) {
			look->bad += !list_is_sane(info, &list);
			look->rows += list.n;
			ret = walk_some(fd, info, &list, look);
			list_free(&list);
		}
	}
	if (!ret)
		look->good++;
	else if (look->next &&
		 (ret == -ESRCH || ret == -ENXIO || ret == -ESTALE))
		look->gone++;
	else if (look->bad++ < 10)
		note("error %d", ret);
}

/* Two processes, so that each has an open file of its own. */
static void look_for_long(struct __test_metadata *_metadata,
			  struct look *look)
{
	double until = now() + env_number("STRESS_SECONDS", 10);
	struct mmuinspect_info info;
	unsigned int i;
	pid_t second;
	int fd;

	second = fork();
	if (!second)
		die_with_parent();
	srand(getpid());
	fd = mmui_open();
	mmui_info(fd, &info);
	for (i = 0; now() < until; i++)
		look_once(fd, &info, &look[!second], i);
	close(fd);
	if (!second)
		_exit(0);
	waitpid(second, NULL, 0);
	for (i = 0; i < 2; i++) {
		TH_LOG("%u walks, %u ended with the process, %llu rows",
		       look[i].good, look[i].gone, look[i].rows);
		EXPECT_LT(0, look[i].good);
		EXPECT_EQ(0, look[i].bad);
	}
}

TEST(stress_tables)
{
	struct look *look = SHARED(struct look, 2);
	pid_t pid = hold(stir, NULL);

	look[0].pid = look[1].pid = pid;
	look_for_long(_metadata, look);
	/* It was alive, and so was looked at, to the end. */
	ASSERT_EQ(0, waitpid(pid, NULL, WNOHANG));
	release(pid);
}

TEST(stress_processes)
{
	struct look *look = SHARED(struct look, 2);
	pid_t *next = SHARED(pid_t, 1);
	pid_t pid;

	*next = getpid();
	pid = hold(comes_and_goes, next);
	look[0].next = look[1].next = next;
	look_for_long(_metadata, look);
	EXPECT_LT(0, look[0].gone + look[1].gone);
	release(pid);
}

TEST_HARNESS_MAIN
