// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who counts: probes come with the first user and go with the last, however that
 * one ended. Whether they're there is told by the kernel's list of kprobes and by
 * its own tracepoints, which are looked at in its memory.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"
#include "count.h"
#include "nl.h"
#include "perf.h"
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define EVENTS	"/sys/kernel/tracing/events/mmuinspect/"
#define BIT(n)	(1U << (n))

/* Places that probes are attached to */

enum place_id {
	FAULT_USER, FAULT_KERNEL, SIGNAL, TLB_FLUSH, FORK, FREE, RENAME,
	CSD, TRACEPOINTS,
	HANDLE_FAULT = TRACEPOINTS, FIXUP, UMIP, IOPL, VSYSCALL, VSYSCALL_PF,
	VSYSCALL_GP, FLUSH_MM, FLUSH_RANGE, FLUSH_ALL, FLUSH_BATCH, FLUSH_OTHERS, PLACES,
};

static const char *const places[PLACES] = {
	[FAULT_USER] = "page_fault_user",
	[FAULT_KERNEL] = "page_fault_kernel",
	[SIGNAL] = "signal_generate",
	[TLB_FLUSH] = "tlb_flush",
	[FORK] = "sched_process_fork",
	[FREE] = "sched_process_free",
	[RENAME] = "task_rename",
	[CSD] = "csd_queue_cpu",
	[HANDLE_FAULT] = "handle_mm_fault",
	[FIXUP] = "fixup_exception",
	[UMIP] = "fixup_umip_exception",
	[IOPL] = "fixup_iopl_exception",
	[VSYSCALL] = "emulate_vsyscall",
	[VSYSCALL_PF] = "emulate_vsyscall_pf",
	[VSYSCALL_GP] = "emulate_vsyscall_gp",
	[FLUSH_MM] = "flush_tlb_mm_range",
	[FLUSH_RANGE] = "flush_tlb_kernel_range",
	[FLUSH_ALL] = "flush_tlb_all",
	[FLUSH_BATCH] = "arch_tlbbatch_flush",
	[FLUSH_OTHERS] = "native_flush_tlb_multi",
};

#define FAULTS	(BIT(FAULT_USER) | BIT(FAULT_KERNEL))
#define WATCHES	(BIT(FORK) | BIT(FREE) | BIT(RENAME))

/* Documentation/counting.rst */
static const struct {
	__u32 source;
	unsigned int places;
} sources[] = {
	{ MMUINSPECT_SOURCE_FAULTS, FAULTS },
	{ MMUINSPECT_SOURCE_STATES, FAULTS },
	{ MMUINSPECT_SOURCE_OUTCOMES,
	  BIT(HANDLE_FAULT) | BIT(SIGNAL) | BIT(FIXUP) },
	{ MMUINSPECT_SOURCE_FLUSHES, BIT(TLB_FLUSH) },
	{ MMUINSPECT_SOURCE_REQUESTS, BIT(FLUSH_MM) | BIT(FLUSH_RANGE) |
	  BIT(FLUSH_ALL) | BIT(FLUSH_BATCH) },
	{ MMUINSPECT_SOURCE_TARGETS, BIT(CSD) | BIT(FLUSH_OTHERS) },
	{ MMUINSPECT_SOURCE_LATENCY, BIT(FLUSH_MM) },
	{ MMUINSPECT_SOURCE_EVENTS,
	  BIT(SIGNAL) | BIT(FIXUP) | BIT(UMIP) | BIT(IOPL) | BIT(VSYSCALL) |
	  BIT(VSYSCALL_PF) | BIT(VSYSCALL_GP) },
};

static int place_of(const char *symbol)
{
	static const char prefix[] = "__tracepoint_";
	bool trace = !strncmp(symbol, prefix, strlen(prefix));
	int i;

	if (trace)
		symbol += strlen(prefix);
	for (i = trace ? 0 : TRACEPOINTS; i < (trace ? TRACEPOINTS : PLACES); i++)
		if (!strcmp(symbol, places[i]))
			return i;
	return -1;
}

/* 0 for those that this kernel lacks */
static void find_places(__u64 address[PLACES])
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512], name[256];
	__u64 at;
	int i;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx %*c %255s", &at, name) != 2)
			die("/proc/kallsyms: %s", line);
		i = place_of(name);
		if (i >= 0)
			address[i] = at;
	}
	if (!f || !address[FAULT_USER])
		die("/proc/kallsyms doesn't tell");
	fclose(f);
}

/* struct tracepoint begins with its name, and a key that counts who's there. */
static bool is_traced(__u64 address)
{
	int enabled;

	if (!address)
		return false;
	kernel_memory(address + sizeof(char *), &enabled, sizeof(enabled));
	return enabled;
}

/* The functions that have a kprobe which is armed */
static unsigned int probed(void)
{
	FILE *f = fopen("/sys/kernel/debug/kprobes/list", "re");
	char line[512], function[256];
	unsigned int which = 0;
	int place;

	if (!f)
		die("kprobes/list: %m");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %*s %255[^+]", function) != 1)
			die("kprobes/list: %s", line);
		place = place_of(function);
		if (place < 0)
			die("who probes %s?", function);
		which |= BIT(place);
	}
	fclose(f);
	return which;
}

FIXTURE(users)
{
	__u64 address[PLACES];
	unsigned int here;	/* places that this kernel has */
	int sock;
};

static unsigned int attached(FIXTURE_DATA(users) *self)
{
	unsigned int which = probed();
	int i;

	for (i = 0; i < TRACEPOINTS; i++)
		if (is_traced(self->address[i]))
			which |= BIT(i);
	return which;
}

static unsigned int places_of(FIXTURE_DATA(users) *self, __u32 wanted)
{
	unsigned int which = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sources); i++)
		if (wanted & sources[i].source)
			which |= sources[i].places;
	return which & self->here;
}

/* A worker takes them away, when it comes to it. */
static unsigned int settled(FIXTURE_DATA(users) *self, unsigned int expected)
{
	unsigned int now = attached(self), tries;

	for (tries = 0; tries < 3000 && now != expected; tries++) {
		usleep(10000);
		now = attached(self);
	}
	return now;
}

#define EXPECT_ATTACHED(expected) do {					\
	unsigned int __expected = (expected);				\
									\
	EXPECT_EQ(__expected, settled(self, __expected))		\
		TH_LOG("line %d", __LINE__);				\
} while (0)

FIXTURE_SETUP(users)
{
	int i;

	/* Where the kernel's own text is read: is a place changed? */
	if (access("/proc/kcore", R_OK))
		SKIP(return, "no CONFIG_PROC_KCORE");
	find_places(self->address);
	for (i = 0; i < PLACES; i++)
		if (self->address[i])
			self->here |= BIT(i);
	/* The one is instead of the other. */
	if (self->here & BIT(CSD))
		self->here &= ~BIT(FLUSH_OTHERS);
	self->sock = nl_open();
	ASSERT_EQ(0, settled(self, 0));
}

FIXTURE_TEARDOWN(users)
{
	close(self->sock);
	EXPECT_ATTACHED(0);
}

TEST_F(users, each_source)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		ASSERT_EQ(0, counters_set(self->sock, sources[i].source));
		/* At once, but for what has to go */
		EXPECT_EQ(places_of(self, sources[i].source),
			  attached(self) & places_of(self, sources[i].source));
		EXPECT_ATTACHED(places_of(self, sources[i].source));
	}
	ASSERT_EQ(0, counters_set(self->sock, 0));
	EXPECT_ATTACHED(0);
}

/* What is wanted by two goes with the second of them. */
TEST_F(users, several)
{
	int other = nl_open();

	ASSERT_EQ(0, counters_set(self->sock, MMUINSPECT_SOURCE_FAULTS |
				  MMUINSPECT_SOURCE_OUTCOMES));
	ASSERT_EQ(0, counters_set(other, MMUINSPECT_SOURCE_STATES |
				  MMUINSPECT_SOURCE_FLUSHES));
	EXPECT_ATTACHED(places_of(self, MMUINSPECT_SOURCE_FAULTS |
				  MMUINSPECT_SOURCE_OUTCOMES |
				  MMUINSPECT_SOURCE_FLUSHES));
	close(self->sock);
	EXPECT_ATTACHED(places_of(self, MMUINSPECT_SOURCE_STATES |
				  MMUINSPECT_SOURCE_FLUSHES));
	close(other);
	EXPECT_ATTACHED(0);
}

/* What both want is counted without a break. */
TEST_F(users, others_come_and_go)
{
	struct machine *m = SHARED(struct machine, 1);
	int other, i, fd = perf_tracepoint("tlb/tlb_flush", ANY_PROCESS, 0, 0);
	__u64 perf[4], counts[2];

	ASSERT_EQ(0, counters_set(self->sock, MMUINSPECT_SOURCE_FLUSHES));
	perf[0] = perf_count(fd);
	ASSERT_EQ(0, counters_get(self->sock, m));
	perf[1] = perf_count(fd);
	counts[0] = counted(&m->cpu[0], MMUINSPECT_A_COUNTS_FLUSH, ANY, ANY);
	for (i = 0; i < 20; i++) {
		other = nl_open();
		ASSERT_EQ(0, counters_set(other, MMUINSPECT_SOURCE_FLUSHES |
					  MMUINSPECT_SOURCE_REQUESTS));
		usleep(1000 * i);
		close(other);
	}
	perf[2] = perf_count(fd);
	ASSERT_EQ(0, counters_get(self->sock, m));
	perf[3] = perf_count(fd);
	counts[1] = counted(&m->cpu[0], MMUINSPECT_A_COUNTS_FLUSH, ANY, ANY);
	EXPECT_LE(perf[2] - perf[1], counts[1] - counts[0]);
	EXPECT_GE(perf[3] - perf[0], counts[1] - counts[0]);
	close(fd);
}

/* A socket is an open file: it's gone when nobody has it any more. */
static void use_until_killed(void *arg)
{
	int *sock = arg;

	if (*sock < 0)
		*sock = nl_open();
	if (counters_set(*sock, MMUINSPECT_SOURCE_FAULTS) ||
	    watch_add(*sock, 0, MMUINSPECT_SOURCE_OUTCOMES, 0) < 0)
		die("%s", nl_why());
}

TEST_F(users, killed)
{
	unsigned int all = places_of(self, MMUINSPECT_SOURCE_FAULTS |
				     MMUINSPECT_SOURCE_OUTCOMES) | WATCHES;
	int none = -1;
	pid_t pid = hold(use_until_killed, &none);

	EXPECT_ATTACHED(all);
	release(pid);
	EXPECT_ATTACHED(0);
	/* A socket that somebody else has as well lives on. */
	pid = hold(use_until_killed, &self->sock);
	release(pid);
	usleep(200000);
	EXPECT_ATTACHED(all);
	close(self->sock);
	EXPECT_ATTACHED(0);
}

TEST_F(users, watches)
{
	pid_t pid = hold(NULL, NULL);
	int a = watch_add(self->sock, pid, MMUINSPECT_SOURCE_FAULTS, 0);
	int b = watch_add(self->sock, 0, MMUINSPECT_SOURCE_REQUESTS, 0);

	EXPECT_ATTACHED(places_of(self, MMUINSPECT_SOURCE_FAULTS |
				  MMUINSPECT_SOURCE_REQUESTS) | WATCHES);
	/* The process's end isn't the watch's. */
	release(pid);
	usleep(200000);
	EXPECT_ATTACHED(places_of(self, MMUINSPECT_SOURCE_FAULTS |
				  MMUINSPECT_SOURCE_REQUESTS) | WATCHES);
	ASSERT_EQ(0, watch_del(self->sock, a));
	EXPECT_ATTACHED(places_of(self, MMUINSPECT_SOURCE_REQUESTS) | WATCHES);
	ASSERT_EQ(0, watch_del(self->sock, b));
	EXPECT_ATTACHED(0);
}

static const struct {
	const char *event;
	__u32 sources;
} events[] = {
	{ "fault", MMUINSPECT_SOURCE_FAULTS },
	{ "tlb", MMUINSPECT_SOURCE_FLUSHES },
	{ "privilege_fault", MMUINSPECT_SOURCE_EVENTS },
};

TEST_F(users, trace_events)
{
	char path[128], name[64];
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		snprintf(path, sizeof(path), EVENTS "%s/enable", events[i].event);
		ASSERT_EQ(0, write_file(path, "1"));
		EXPECT_ATTACHED(places_of(self, events[i].sources));
		/* perf and tracefs are one user to us. */
		snprintf(name, sizeof(name), "mmuinspect/%s", events[i].event);
		fd = perf_tracepoint(name, getpid(), ANY_CPU, 0);
		ASSERT_EQ(0, write_file(path, "0"));
		usleep(200000);
		EXPECT_ATTACHED(places_of(self, events[i].sources));
		close(fd);
		EXPECT_ATTACHED(0);
	}
	ASSERT_EQ(0, write_file(EVENTS "enable", "1"));
	ASSERT_EQ(0, counters_set(self->sock, MMUINSPECT_SOURCE_FAULTS));
	ASSERT_EQ(0, write_file(EVENTS "enable", "0"));
	EXPECT_ATTACHED(places_of(self, MMUINSPECT_SOURCE_FAULTS));
}

/* What anybody wants is told to all. */
TEST_F(users, told)
{
	struct machine *m = SHARED(struct machine, 1);
	int other = nl_open(), id;

	ASSERT_EQ(0, counters_get(self->sock, m));
	EXPECT_EQ(0, m->sources);
	ASSERT_EQ(0, counters_set(other, MMUINSPECT_SOURCE_FAULTS));
	id = watch_add(other, 0, MMUINSPECT_SOURCE_LATENCY, 0);
	ASSERT_LT(0, id);
	ASSERT_EQ(0, counters_get(self->sock, m));
	EXPECT_EQ(MMUINSPECT_SOURCE_FAULTS | MMUINSPECT_SOURCE_LATENCY,
		  m->sources);
	close(other);
	ASSERT_EQ(0, counters_get(self->sock, m));
	EXPECT_EQ(0, m->sources);
}

/* A CPU that goes takes nothing along. */
static void touch_page(struct place *place)
{
	madvise(place->at, PAGE_SIZE, MADV_DONTNEED);
	*(volatile char *)place->at = 1;
}

static void make_page(struct place *place)
{
	place->at = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (place->at == MAP_FAILED)
		die("mmap: %m");
	place->stride = PAGE_SIZE;
	*(volatile char *)place->at = 1;
}

TEST_F(users, cpu_goes)
{
	static const struct work work = { make_page, touch_page };
	struct machine *m = SHARED(struct machine, 2);
	struct watch *w = SHARED(struct watch, 1);
	unsigned int last = cpu_count() - 1;
	struct worker worker;
	int id;

	if (!last)
		SKIP(return, "one CPU");
	worker_start(&worker, last, 1, &work);
	ASSERT_EQ(0, counters_set(self->sock, MMUINSPECT_SOURCE_FAULTS));
	id = watch_add(self->sock, worker.pid, MMUINSPECT_SOURCE_FAULTS, 0);
	worker_run(&worker);
	ASSERT_EQ(0, counters_get(self->sock, &m[0]));
	EXPECT_LT(0, counted(&m[0].cpu[last], MMUINSPECT_A_COUNTS_FAULT, ANY, ANY));
	if (cpu_switch(last, false))
		SKIP(return, "no CPU that can be switched off");
	worker_run(&worker);
	EXPECT_EQ(0, counters_get(self->sock, &m[1]));
	EXPECT_LE(counted(&m[0].cpu[last], MMUINSPECT_A_COUNTS_FAULT, ANY, ANY),
		  counted(&m[1].cpu[last], MMUINSPECT_A_COUNTS_FAULT, ANY, ANY));
	ASSERT_EQ(0, cpu_switch(last, true));
	worker_run(&worker);
	ASSERT_EQ(0, watch_get(self->sock, id, w));
	EXPECT_EQ(3, counted(&w->counts, MMUINSPECT_A_COUNTS_FAULT, ANY, ANY));
	worker_end(&worker);
}

/* Unloaded under their feet: readers end with an error, and nothing is left. */
static int read_for_ever(void *arg)
{
	struct watch *w = SHARED(struct watch, 1);
	struct machine *m = SHARED(struct machine, 1);
	int sock = nl_open();
	int id = watch_add(sock, 0, MMUINSPECT_SOURCE_FAULTS |
			   MMUINSPECT_SOURCE_OUTCOMES, 0);

	if (id < 0 || counters_set(sock, 2 * MMUINSPECT_SOURCE_EVENTS - 1))
		die("%s", nl_why());
	while (!counters_get(sock, m) && !watch_get(sock, id, w))
		;
	return 0;
}

TEST_F(users, unload)
{
	pid_t pid[4];
	int ret, status, i, tries;

	ASSERT_EQ(0, write_file(EVENTS "enable", "1"));
	for (i = 0; i < 4; i++) {
		pid[i] = fork();
		if (!pid[i]) {
			die_with_parent();
			_exit(read_for_ever(NULL));
		}
	}
	usleep(500000);
	/* A dump that is being read keeps it for so long. */
	for (tries = 0; tries < 1000; tries++) {
		ret = module_unload();
		if (ret != -EAGAIN && ret != -EBUSY)
			break;
		usleep(1000);
	}
	EXPECT_EQ(0, ret);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(pid[i], waitpid(pid[i], &status, 0));
		EXPECT_TRUE(WIFEXITED(status));
	}
	EXPECT_EQ(0, attached(self));
	ASSERT_EQ(0, module_load());
	EXPECT_EQ(0, attached(self));
	EXPECT_LT(0, sources_here(self->sock));
}

/* perf holds it while it has one of its events. */
TEST_F(users, unload_under_perf)
{
	int fd = perf_tracepoint("mmuinspect/fault", getpid(), ANY_CPU, 0);

	EXPECT_EQ(-EAGAIN, module_unload());
	close(fd);
	EXPECT_ATTACHED(0);
}

TEST_HARNESS_MAIN
