// SPDX-License-Identifier: GPL-2.0-only
/* Watches of processes, against what the kernel itself counts of them. */
#include "kselftest_harness.h"
#include "client.h"
#include "mmui_test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define PAGES	1000

FIXTURE(watch)
{
	struct ynl_sock *ys;
	int id;
};

static int watch_add(struct ynl_sock *ys, pid_t pid, unsigned int sources)
{
	struct mmuinspect_watch_add_req *req = mmuinspect_watch_add_req_alloc();
	struct mmuinspect_watch_add_rsp *rsp;
	int id;

	if (!req)
		die("calloc");
	mmuinspect_watch_add_req_set_pid(req, pid);
	mmuinspect_watch_add_req_set_sources(req, sources);
	rsp = mmuinspect_watch_add(ys, req);
	mmuinspect_watch_add_req_free(req);
	if (!rsp)
		return -(int)ys->err.code;
	id = HAS(rsp, id) ? (int)rsp->id : -ENODATA;
	mmuinspect_watch_add_rsp_free(rsp);
	return id;
}

static int watch_del(struct ynl_sock *ys, int id)
{
	struct mmuinspect_watch_del_req *req = mmuinspect_watch_del_req_alloc();
	int ret;

	if (!req)
		die("calloc");
	mmuinspect_watch_del_req_set_id(req, id);
	ret = call_error(ys, mmuinspect_watch_del(ys, req));
	mmuinspect_watch_del_req_free(req);
	return ret;
}

struct seen {
	unsigned int watches;
	unsigned int processes;
	unsigned int sources;
	pid_t pid;
	__u64 faults;
};

static struct seen watch_get(struct ynl_sock *ys, int id)
{
	struct mmuinspect_watch_get_req *req = mmuinspect_watch_get_req_alloc();
	struct mmuinspect_watch_get_list *list;
	struct seen seen = { 0 };
	unsigned int i;

	if (!req)
		die("calloc");
	mmuinspect_watch_get_req_set_id(req, id);
	list = mmuinspect_watch_get_dump(ys, req);
	mmuinspect_watch_get_req_free(req);
	if (!list)
		die("watch-get: %s", ys->err.msg);
	ynl_dump_foreach(list, w) {
		seen.watches++;
		if (HAS(w, pid))
			seen.pid = w->pid;
		if (HAS(w, sources))
			seen.sources = w->sources;
		if (HAS(w, processes))
			seen.processes = w->processes;
		for (i = 0; i < w->counts._count.fault; i++)
			seen.faults += w->counts.fault[i].count;
	}
	mmuinspect_watch_get_list_free(list);
	return seen;
}

FIXTURE_SETUP(watch)
{
	self->ys = client();
	self->id = watch_add(self->ys, getpid(), MMUINSPECT_SOURCE_FAULTS);
	ASSERT_LE(0, self->id);
}

FIXTURE_TEARDOWN(watch)
{
	ynl_sock_destroy(self->ys);
}

TEST_F(watch, watch_add)
{
	struct seen seen = watch_get(self->ys, self->id);

	EXPECT_EQ(1, seen.watches);
	EXPECT_EQ(1, seen.processes);
	EXPECT_EQ(getpid(), seen.pid);
	EXPECT_EQ(MMUINSPECT_SOURCE_FAULTS, seen.sources);
	EXPECT_EQ(-ESRCH, watch_add(self->ys, 1 << 22, MMUINSPECT_SOURCE_FAULTS));
}

/* Faults that aren't mended by a page (copy_to_user) are counted by one of both. */
TEST_F(watch, watch_get)
{
	char *p = mmap(NULL, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rusage then, now;
	struct seen before, after;
	long faults;
	int i;

	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, madvise(p, PAGES * PAGE_SIZE, MADV_NOHUGEPAGE));
	ASSERT_EQ(0, getrusage(RUSAGE_SELF, &then));
	before = watch_get(self->ys, self->id);
	for (i = 0; i < PAGES; i++)
		p[i * PAGE_SIZE] = 1;
	after = watch_get(self->ys, self->id);
	ASSERT_EQ(0, getrusage(RUSAGE_SELF, &now));
	faults = now.ru_minflt - then.ru_minflt;
	EXPECT_LE(PAGES, after.faults - before.faults);
	EXPECT_LE(after.faults - before.faults, faults + 20);
}

TEST_F(watch, watch_del)
{
	ASSERT_EQ(0, watch_del(self->ys, self->id));
	EXPECT_EQ(0, watch_get(self->ys, self->id).watches);
	EXPECT_GT(0, watch_del(self->ys, self->id));
	EXPECT_NE(NULL, strstr(self->ys->err.msg, "no such watch"))
		TH_LOG("\"%s\"", self->ys->err.msg);
}

TEST_HARNESS_MAIN
