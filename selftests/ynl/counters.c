// SPDX-License-Identifier: GPL-2.0-only
/* Counts of the machine, against what was done to be counted. */
#include "kselftest_harness.h"
#include "client.h"
#include "cpu.h"
#include "mmui_test.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGES	1000
/* Error code of a write by user mode to a page that isn't there, SDM vol. 3A 4.7 */
#define USER_WRITE	6

FIXTURE(counters)
{
	struct ynl_sock *ys;
};

FIXTURE_SETUP(counters)
{
	self->ys = client();
}

FIXTURE_TEARDOWN(counters)
{
	ynl_sock_destroy(self->ys);
}

static int counters_set(struct ynl_sock *ys, unsigned int sources)
{
	struct mmuinspect_counters_set_req *req =
		mmuinspect_counters_set_req_alloc();
	int ret;

	if (!req)
		die("calloc");
	mmuinspect_counters_set_req_set_sources(req, sources);
	ret = call_error(ys, mmuinspect_counters_set(ys, req));
	mmuinspect_counters_set_req_free(req);
	return ret;
}

struct seen {
	__u64 writes;
	unsigned int sources;
	unsigned int last;	/* messages without a CPU */
};

static struct seen counters_get(struct ynl_sock *ys)
{
	struct mmuinspect_counters_get_list *list =
		mmuinspect_counters_get_dump(ys);
	struct seen seen = { 0 };
	unsigned int i;

	if (!list)
		die("counters-get: %s", ys->err.msg);
	ynl_dump_foreach(list, m) {
		if (!HAS(m, cpu)) {
			seen.last += HAS(m, sources) && HAS(m, lost);
			seen.sources = m->sources;
			continue;
		}
		for (i = 0; i < m->counts._count.fault; i++)
			if (m->counts.fault[i].key == USER_WRITE)
				seen.writes += m->counts.fault[i].count;
	}
	mmuinspect_counters_get_list_free(list);
	return seen;
}

static char *fresh(void)
{
	char *p = mmap(NULL, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || madvise(p, PAGES * PAGE_SIZE, MADV_NOHUGEPAGE))
		die("mmap: %m");
	return p;
}

static void write_all(char *p)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++)
		p[i * PAGE_SIZE] = 1;
}

TEST_F(counters, counters_set)
{
	struct ynl_sock *other = client();

	EXPECT_EQ(0, counters_get(self->ys).sources);
	ASSERT_EQ(0, counters_set(self->ys, MMUINSPECT_SOURCE_FAULTS));
	EXPECT_EQ(MMUINSPECT_SOURCE_FAULTS, counters_get(other).sources);
	EXPECT_EQ(-EINVAL, counters_set(self->ys, 1U << 31));
	EXPECT_NE(NULL, strstr(self->ys->err.msg, " .sources)"))
		TH_LOG("\"%s\"", self->ys->err.msg);
	/* Whoever wanted it has gone. */
	ynl_sock_destroy(self->ys);
	self->ys = client();
	EXPECT_EQ(0, counters_get(other).sources);
	ynl_sock_destroy(other);
}

TEST_F(counters, counters_get)
{
	struct seen before, after;
	char *p = fresh();

	ASSERT_EQ(0, counters_set(self->ys, MMUINSPECT_SOURCE_FAULTS));
	before = counters_get(self->ys);
	write_all(p);
	after = counters_get(self->ys);
	EXPECT_EQ(1, after.last);
	EXPECT_LE(PAGES, after.writes - before.writes);
	EXPECT_GT(2 * PAGES, after.writes - before.writes);
}

static atomic_int there, stop;

/* A thread of the same address space keeps the other CPU. */
static void *spin(void *arg)
{
	cpu_pin(1);
	there = 1;
	while (!stop)
		;
	return NULL;
}

/* "TLB:  3  998  TLB shootdowns": how many of them CPU 1 has received */
static __u64 received(void)
{
	unsigned long long n = 0;
	char line[1024];
	FILE *f = fopen("/proc/interrupts", "re");

	while (f && fgets(line, sizeof(line), f) &&
	       sscanf(line, " TLB: %*u %llu", &n) != 1)
		;
	if (!f)
		die("/proc/interrupts: %m");
	fclose(f);
	return n;
}

static __u64 sent(struct ynl_sock *ys, unsigned int from, unsigned int to)
{
	struct mmuinspect_matrix_get_list *list = mmuinspect_matrix_get_dump(ys);
	__u64 n = 0;
	unsigned int i;

	if (!list)
		die("matrix-get: %s", ys->err.msg);
	ynl_dump_foreach(list, m) {
		for (i = 0; i < m->_count.target; i++)
			if (m->cpu == from && m->target[i].key == to)
				n += m->target[i].count;
	}
	mmuinspect_matrix_get_list_free(list);
	return n;
}

/* Before 6.5 the kernel tells how many were shot, and not who. */
TEST_F(counters, matrix_get_refused)
{
	if (!access("/sys/kernel/tracing/events/csd", F_OK))
		SKIP(return, "this kernel tells");
	EXPECT_EQ(NULL, mmuinspect_matrix_get_dump(self->ys));
	EXPECT_EQ(EOPNOTSUPP, self->ys->err.code);
}

TEST_F(counters, matrix_get)
{
	__u64 sent_before, sent_after, received_before, received_after;
	char *p = fresh();
	pthread_t thread;
	unsigned int i;

	if (cpu_count() != 2)
		SKIP(return, "not two CPUs");
	if (access("/sys/kernel/tracing/events/csd", F_OK))
		SKIP(return, "this kernel doesn't tell");
	ASSERT_EQ(0, counters_set(self->ys, MMUINSPECT_SOURCE_TARGETS));
	cpu_pin(0);
	ASSERT_EQ(0, pthread_create(&thread, NULL, spin, NULL));
	while (!there)
		usleep(1000);
	received_before = received();
	sent_before = sent(self->ys, 0, 1);
	for (i = 0; i < PAGES; i++) {
		p[0] = 1;
		ASSERT_EQ(0, madvise(p, PAGE_SIZE, MADV_DONTNEED));
	}
	sent_after = sent(self->ys, 0, 1);
	received_after = received();
	stop = 1;
	pthread_join(thread, NULL);
	EXPECT_LT(received_before, received_after);
	/* What else shoots meanwhile is in one of both. */
	EXPECT_GE(received_after - received_before + 20, sent_after - sent_before);
	EXPECT_LE(received_after - received_before, sent_after - sent_before + 20);
	EXPECT_EQ(0, sent(self->ys, 0, 0));
}

TEST_HARNESS_MAIN
