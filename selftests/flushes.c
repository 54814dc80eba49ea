// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLB flushes: what is asked for, by whom and of how many pages; what is done on
 * which CPU, for which reason; which CPUs got an IPI, and how long it took.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"
#include "count.h"
#include "nl.h"
#include "perf.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <x86intrin.h>

#define ROUNDS	16
#define SHOTS	4		/* few, so that a machine's own work is often elsewhere */
#define PAGES	64
#define TRIES	100
#define ALL	(-1)		/* the size of a flush of everything */

/* enum tlb_flush_reason (include/linux/mm_types.h) */
#define REASONS		6
#define RECEIVED	1
#define LOCAL		2
#define LOCAL_MM	3
#define ASKED		4
/*
 * What perf counts apart: each reason, and those that flushed no page, which a
 * CPU with PCIDs has.
 */
#define NOTHING		REASONS
#define KINDS		(REASONS + 1)

/* Index of a number of pages: that of its highest bit, from 1 */
static long size_of(unsigned long pages)
{
	return 64 - __builtin_clzl(pages);
}

/* Pages, with something on either side that keeps their table */

static void make_pages(struct place *place)
{
	size_t i, len = (place->n + 2) * PAGE_SIZE;

	place->stride = PAGE_SIZE;
	place->at = mmap(NULL, len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (place->at == MAP_FAILED)
		die("mmap: %m");
	madvise(place->at, len, MADV_NOHUGEPAGE);
	for (i = 0; i < len; i += PAGE_SIZE)
		*(volatile char *)(place->at + i) = 1;
	place->at += PAGE_SIZE;
}

static void *spin(void *cpu)
{
	cpu_pin((long)cpu);
	for (;;)
		asm volatile("pause");
	return NULL;
}

/* On each CPU but this one: who has the tables loaded must be told. */
static void make_shared_by_threads(struct place *place)
{
	unsigned int here = sched_getcpu();
	pthread_t thread;
	long cpu;

	make_pages(place);
	for (cpu = 0; cpu < cpu_count(); cpu++)
		if (cpu != here && pthread_create(&thread, NULL, spin, (void *)cpu))
			die("pthread_create failed");
}

/* What asks for a flush */

static void unmap(struct place *place)
{
	munmap(place->at, place->n * PAGE_SIZE);
}

static void unmap_one_by_one(struct place *place)
{
	unsigned int i;

	for (i = 0; i < place->n; i++) {
		*(volatile char *)place->at = 1;
		munmap(place->at, PAGE_SIZE);
		mmap(place->at, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_FIXED |
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	}
}

static void protect(struct place *place)
{
	mprotect(place->at, place->n * PAGE_SIZE, PROT_READ);
}

static void empty(struct place *place)
{
	madvise(place->at, place->n * PAGE_SIZE, MADV_DONTNEED);
}

static void page_out(struct place *place)
{
	madvise(place->at, place->n * PAGE_SIZE, MADV_PAGEOUT);
}

/* Its pages become read-only, wherever they are. */
static void split(struct place *place)
{
	pid_t pid = syscall(SYS_fork);

	if (!pid)
		_exit(0);
	syscall(SYS_wait4, pid, NULL, 0, NULL);
}

static void nothing(struct place *place)
{
}

/* Asked for, by one process: as often as the function is called, in its size */

FIXTURE(request)
{
	int sock;
	struct worker worker;
};

FIXTURE_VARIANT(request)
{
	struct work work;
	unsigned int n;
	bool everything;
};

#define REQUEST(kind, do, number, all)				\
	FIXTURE_VARIANT_ADD(request, kind) {			\
		{ make_pages, do }, number, all }

REQUEST(unmap_one, unmap, 1, false);
REQUEST(unmap_five, unmap, 5, false);
REQUEST(unmap_eight, unmap, 8, false);
REQUEST(unmap_forty, unmap, 40, false);
REQUEST(protect_three, protect, 3, false);
REQUEST(empty_two, empty, 2, false);
REQUEST(fork, split, 1, true);
REQUEST(none, nothing, 1, false);

FIXTURE_SETUP(request)
{
	self->sock = nl_open();
	worker_start(&self->worker, 1, variant->n, &variant->work);
}

FIXTURE_TEARDOWN(request)
{
	worker_end(&self->worker);
	close(self->sock);
}

TEST_F(request, exactly)
{
	unsigned int expected = variant->work.run == nothing ? 0 : 1;
	long size = variant->everything ? ALL : size_of(variant->n);
	struct watch *w = SHARED(struct watch, 1);
	int calls = perf_function("flush_tlb_mm_range", self->worker.pid,
				  ANY_CPU);
	int id = watch_add(self->sock, self->worker.pid,
			   MMUINSPECT_SOURCE_REQUESTS | MMUINSPECT_SOURCE_LATENCY,
			   WATCH_ALONE);

	ASSERT_LT(0, id) TH_LOG("%d: %s", id, nl_why());
	worker_run(&self->worker);
	ASSERT_EQ(0, watch_get(self->sock, id, w));
	EXPECT_EQ(expected, counted(&w->counts, MMUINSPECT_A_COUNTS_REQUEST,
				    MMUINSPECT_REQUEST_MM, size));
	EXPECT_EQ(perf_count(calls), counted(&w->counts,
					     MMUINSPECT_A_COUNTS_REQUEST,
					     ANY, ANY));
	EXPECT_EQ(perf_count(calls), counted(&w->counts,
					     MMUINSPECT_A_COUNTS_LATENCY,
					     ANY, ANY));
	/* What is written after a fork is copied, and flushed page by page. */
	if (!variant->everything)
		EXPECT_EQ(expected, perf_count(calls));
	if (!__test_passed(_metadata))
		counts_show("watch", &w->counts);
}

/* It's the process's whose tables they are, whoever asks. */
TEST(request_by_another)
{
	const struct work work = { make_pages, nothing };
	struct watch *w = SHARED(struct watch, 1);
	struct worker worker;
	int sock = nl_open(), calls, id;
	char path[64];

	worker_start(&worker, 1, 1, &work);
	calls = perf_function("flush_tlb_mm_range", worker.pid, ANY_CPU);
	id = watch_add(sock, worker.pid, MMUINSPECT_SOURCE_REQUESTS, 0);
	ASSERT_LT(0, id);
	snprintf(path, sizeof(path), "/proc/%d/clear_refs", worker.pid);
	if (write_file(path, "4"))
		SKIP(return, "no soft-dirty bits");
	ASSERT_EQ(0, watch_get(sock, id, w));
	EXPECT_EQ(0, perf_count(calls));
	EXPECT_EQ(1, counted(&w->counts, MMUINSPECT_A_COUNTS_REQUEST,
			     MMUINSPECT_REQUEST_MM, ALL));
	worker_end(&worker);
}

/* How long a process's flushes took: within the time of who asked for them */

#define TRACE	"/sys/kernel/tracing/instances/mmui/"

static __u64 *around;

static void unmap_timed(struct place *place)
{
	__u64 begin = __rdtsc();

	unmap_one_by_one(place);
	*around += __rdtsc() - begin;
}

/*
 * What the kernel's trace knows that they took: from asking the other CPUs to
 * what the CPU did itself before it waited for them. In ticks.
 */
static __u64 traced_within(pid_t pid, unsigned int *flushes)
{
	FILE *f = fopen(TRACE "trace", "re");
	char line[512], *reason;
	__u64 at, asked = 0, within = 0;
	int who, which;

	while (f && fgets(line, sizeof(line), f)) {
		reason = strstr(line, "reason:");
		if (!reason ||
		    sscanf(line, "%*[^-]-%d [%*d] %*s %llu:", &who, &at) != 2 ||
		    sscanf(reason, "%*[^(](%d", &which) != 1 || who != pid)
			continue;
		if (which == ASKED)
			asked = at;
		if (which != LOCAL_MM || !asked)
			continue;
		within += at - asked;
		asked = 0;
		++*flushes;
	}
	if (!f)
		die(TRACE "trace: %m");
	fclose(f);
	return within;
}

TEST(latency)
{
	const struct work work = { make_shared_by_threads, unmap_timed };
	struct watch *w = SHARED(struct watch, 1);
	unsigned int flushes = 0, tries;
	struct worker worker;
	int sock = nl_open(), id;
	__u64 within = 0;

	if (cpu_count() < 2)
		SKIP(return, "one CPU");
	around = SHARED(__u64, 1);
	worker_start(&worker, 1, ROUNDS, &work);
	ASSERT_TRUE(!mkdir(TRACE, 0700) || errno == EEXIST);
	ASSERT_EQ(0, write_file(TRACE "trace_clock", "x86-tsc"));
	id = watch_add(sock, worker.pid, MMUINSPECT_SOURCE_LATENCY, 0);
	ASSERT_LT(0, id) TH_LOG("%d: %s", id, nl_why());
	ASSERT_EQ(0, write_file(TRACE "events/tlb/tlb_flush/enable", "1"));
	/* The other CPU may just run something else. */
	for (tries = 0; tries < 100 && !flushes; tries++) {
		worker_run(&worker);
		within = traced_within(worker.pid, &flushes);
	}
	ASSERT_EQ(0, write_file(TRACE "events/tlb/tlb_flush/enable", "0"));
	ASSERT_EQ(0, watch_get(sock, id, w));
	EXPECT_LT(0, flushes);
	EXPECT_LE(flushes, counted(&w->counts, MMUINSPECT_A_COUNTS_LATENCY,
				   ANY, ANY));
	EXPECT_GE(*around, ticks_at_least(&w->counts,
					  MMUINSPECT_A_COUNTS_LATENCY));
	EXPECT_LE(within, ticks_at_most(&w->counts,
					MMUINSPECT_A_COUNTS_LATENCY));
	if (!__test_passed(_metadata))
		counts_show("watch", &w->counts);
	worker_end(&worker);
	EXPECT_EQ(0, rmdir(TRACE));
}

static void use_and_go(void *unused)
{
	struct place place = { .n = 8 };

	cpu_pin(0);
	make_pages(&place);
	unmap(&place);
}

#define KPROBES	"/sys/kernel/tracing/kprobe_events"

/* Also when it tears its address space down, and that is nobody's any more. */
TEST(request_at_exit)
{
	struct watch *w = SHARED(struct watch, 1);
	int sock = nl_open(), calls, id, i;
	char filter[64];
	struct child c;

	child_start(&c, use_and_go, NULL);
	/*
	 * Of everything: the kernel patches itself meanwhile, page by page. And of
	 * the CPU: perf's counter of a process has ended by then.
	 */
	ASSERT_EQ(0, write_file(KPROBES, "p:mmui/flush flush_tlb_mm_range end=%dx"));
	calls = perf_tracepoint("mmui/flush", ANY_PROCESS, 0, 0);
	snprintf(filter, sizeof(filter), "common_pid == %d && end == 0xffffffffffffffff", c.pid);
	perf_filter(calls, filter);
	id = watch_add(sock, c.pid, MMUINSPECT_SOURCE_REQUESTS, WATCH_ALONE);
	ASSERT_LT(0, id);
	child_go(&c);
	child_wait(&c);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, watch_get(sock, id, w));
		if (!w->processes)
			break;
		usleep(10000);
	}
	EXPECT_LT(0, perf_count(calls));
	EXPECT_EQ(perf_count(calls),
		  counted(&w->counts, MMUINSPECT_A_COUNTS_REQUEST,
			  MMUINSPECT_REQUEST_MM, ALL));
	EXPECT_EQ(1, counted(&w->counts, MMUINSPECT_A_COUNTS_REQUEST,
			     MMUINSPECT_REQUEST_MM, size_of(8)));
	close(calls);
	EXPECT_EQ(0, write_file(KPROBES, "-:mmui/flush"));
}

/*
 * The machine's. Anybody may flush at any time, and a CPU that happens to run
 * something else isn't told: a try counts when nobody disturbed it. In each try,
 * perf's counts on that CPU bound the module's.
 */

struct moment {
	struct machine machine;
	__u64 matrix[CPUS_MAX][CPUS_MAX];
	__u64 interrupts[CPUS_MAX];
	__u64 perf_before[CPUS_MAX][KINDS];
	__u64 perf_after[CPUS_MAX][KINDS];
};

FIXTURE(shootdown)
{
	int sock;
	unsigned int cpus;
	struct worker worker;
	struct moment *before;
	struct moment *after;
	int perf[CPUS_MAX][KINDS];
};

FIXTURE_SETUP(shootdown)
{
	static const struct work work = {
		make_shared_by_threads, unmap_one_by_one
	};
	char filter[32];
	unsigned int cpu;
	int kind;

	self->sock = nl_open();
	self->cpus = cpu_count();
	self->before = SHARED(struct moment, 1);
	self->after = SHARED(struct moment, 1);
	for (cpu = 0; cpu < self->cpus; cpu++)
		for (kind = 0; kind < KINDS; kind++) {
			self->perf[cpu][kind] = perf_tracepoint("tlb/tlb_flush",
				ANY_PROCESS, cpu, 0);
			snprintf(filter, sizeof(filter), "reason == %d", kind);
			perf_filter(self->perf[cpu][kind],
				    kind == NOTHING ? "pages == 0" : filter);
		}
	worker_start(&self->worker, self->cpus - 1, SHOTS, &work);
}

FIXTURE_TEARDOWN(shootdown)
{
	worker_end(&self->worker);
	close(self->sock);
}

static void perf_all(int perf[CPUS_MAX][KINDS], unsigned int cpus,
		     __u64 counts[CPUS_MAX][KINDS])
{
	unsigned int cpu;
	int kind;

	for (cpu = 0; cpu < cpus; cpu++)
		for (kind = 0; kind < KINDS; kind++)
			counts[cpu][kind] = perf_count(perf[cpu][kind]);
}

/* From 6.5 on */
static bool has_csd_trace(void)
{
	return !access("/sys/kernel/tracing/events/csd/csd_queue_cpu/id", R_OK);
}

/* Counts of the module, with perf's before and after them */
static void look(FIXTURE_DATA(shootdown) *self, struct moment *m)
{
	perf_all(self->perf, self->cpus, m->perf_before);
	cpu_interrupts("TLB", m->interrupts);
	if (counters_get(self->sock, &m->machine) ||
	    (has_csd_trace() && matrix_get(self->sock, m->matrix)))
		die("counters-get, matrix-get: %s", nl_why());
	perf_all(self->perf, self->cpus, m->perf_after);
}

/* How often, between the two moments */
static __u64 since(FIXTURE_DATA(shootdown) *self, unsigned int cpu, int what,
		   long key, long sub)
{
	return counted(&self->after->machine.cpu[cpu], what, key, sub) -
	       counted(&self->before->machine.cpu[cpu], what, key, sub);
}

static bool differs(unsigned int cpu, const char *what, __u64 count,
		    __u64 expected, char *why, size_t room)
{
	if (count != expected)
		snprintf(why, room, "CPU %u: %s: %llu, not %llu", cpu, what,
			 count, expected);
	return count != expected;
}

#define DIFFERS(cpu, what, count, expected) \
	differs(cpu, what, count, expected, why, room)

/* Who asked */
static bool asked_wrongly(FIXTURE_DATA(shootdown) *self, char *why, size_t room)
{
	unsigned int cpu = self->cpus - 1;

	return DIFFERS(cpu, "requests",
		       since(self, cpu, MMUINSPECT_A_COUNTS_REQUEST,
			     MMUINSPECT_REQUEST_MM, size_of(1)), SHOTS) ||
	       DIFFERS(cpu, "asked of others",
		       since(self, cpu, MMUINSPECT_A_COUNTS_FLUSH, ASKED,
			     size_of(1)), SHOTS) ||
	       DIFFERS(cpu, "done by itself",
		       since(self, cpu, MMUINSPECT_A_COUNTS_FLUSH, LOCAL_MM,
			     size_of(1)), SHOTS) ||
	       DIFFERS(cpu, "received",
		       since(self, cpu, MMUINSPECT_A_COUNTS_FLUSH, RECEIVED,
			     ANY), 0) ||
	       DIFFERS(cpu, "asked of all others",
		       has_csd_trace() ? SHOTS :
		       since(self, cpu, MMUINSPECT_A_COUNTS_TARGETS,
			     self->cpus - 1, ANY), SHOTS);
}

/* Who was told */
static bool told_wrongly(FIXTURE_DATA(shootdown) *self, unsigned int cpu,
			 char *why, size_t room)
{
	unsigned int asking = self->cpus - 1;

	return DIFFERS(cpu, "received",
		       since(self, cpu, MMUINSPECT_A_COUNTS_FLUSH, RECEIVED,
			     size_of(1)), SHOTS) ||
	       DIFFERS(cpu, "interrupts", self->after->interrupts[cpu] -
		       self->before->interrupts[cpu], SHOTS) ||
	       DIFFERS(cpu, "IPIs sent", !has_csd_trace() ? SHOTS :
		       self->after->matrix[asking][cpu] -
		       self->before->matrix[asking][cpu], SHOTS);
}

static bool counted_wrongly(FIXTURE_DATA(shootdown) *self, char *why,
			    size_t room)
{
	unsigned int cpu;

	if (asked_wrongly(self, why, room))
		return true;
	for (cpu = 0; cpu < self->cpus - 1; cpu++)
		if (told_wrongly(self, cpu, why, room))
			return true;
	return false;
}

TEST_F(shootdown, each_other_cpu)
{
	char why[128] = "";
	int i;

	if (self->cpus < 2)
		SKIP(return, "one CPU");
	ASSERT_EQ(0, counters_set(self->sock, MMUINSPECT_SOURCE_FLUSHES |
				  MMUINSPECT_SOURCE_REQUESTS |
				  MMUINSPECT_SOURCE_TARGETS));
	for (i = 0; i < TRIES; i++) {
		look(self, self->before);
		worker_run(&self->worker);
		look(self, self->after);
		if (!counted_wrongly(self, why, sizeof(why)))
			break;
	}
	EXPECT_LT(i, TRIES) TH_LOG("%s", why);
	if (!has_csd_trace())
		EXPECT_EQ(-EOPNOTSUPP, matrix_get(self->sock, self->after->matrix));
}

/* The same count, taken at the same place by another: in each moment */
TEST_F(shootdown, by_reason)
{
	struct moment *a = self->before, *b = self->after;
	unsigned int cpu, kind, i, all = 0;

	ASSERT_EQ(0, counters_set(self->sock, MMUINSPECT_SOURCE_FLUSHES));
	look(self, a);
	for (i = 0; i < 10; i++) {
		worker_run(&self->worker);
		look(self, b);
		for (cpu = 0; cpu < self->cpus; cpu++)
			for (kind = 0; kind < KINDS; kind++) {
				bool none = kind == NOTHING;
				__u64 n = since(self, cpu,
						MMUINSPECT_A_COUNTS_FLUSH,
						none ? ANY : kind,
						none ? 0 : ANY);

				EXPECT_LE(b->perf_before[cpu][kind] -
					  a->perf_after[cpu][kind], n)
					TH_LOG("CPU %u, kind %u", cpu, kind);
				EXPECT_GE(b->perf_after[cpu][kind] -
					  a->perf_before[cpu][kind], n)
					TH_LOG("CPU %u, kind %u", cpu, kind);
				all += none ? 0 : n;
			}
	}
	EXPECT_LE(10 * SHOTS, all);
}

/*
 * A process that once ran on CPU 0, which has idled since, asks that CPU at each
 * flush, and interrupts it at none.
 */

#define PAIRS		1000
#define LAZY_TRIES	10

static void make_pages_on_both(struct place *place)
{
	cpu_pin(0);
	make_pages(place);
	cpu_pin(1);
}

static void protect_in_pairs(struct place *place)
{
	unsigned int i;

	for (i = 0; i < PAIRS; i++) {
		mprotect(place->at, PAGE_SIZE, PROT_READ);
		mprotect(place->at, PAGE_SIZE, PROT_READ | PROT_WRITE);
		*(volatile char *)place->at = i;
	}
}

struct sums {
	__u64 asked;
	__u64 received;
	__u64 ipis;
	__u64 interrupts;
};

static void take_sums(int sock, struct moment *m, struct sums *sums)
{
	unsigned int cpu, to;

	*sums = (struct sums) { 0 };
	sums->interrupts = cpu_interrupts("TLB", m->interrupts);
	if (counters_get(sock, &m->machine) ||
	    (has_csd_trace() && matrix_get(sock, m->matrix)))
		die("counters-get, matrix-get: %s", nl_why());
	for (cpu = 0; cpu < CPUS_MAX; cpu++) {
		sums->asked += counted(&m->machine.cpu[cpu], MMUINSPECT_A_COUNTS_FLUSH, ASKED, ANY);
		sums->received += counted(&m->machine.cpu[cpu], MMUINSPECT_A_COUNTS_FLUSH, RECEIVED,
					  ANY);
		for (to = 0; has_csd_trace() && to < CPUS_MAX; to++)
			sums->ipis += m->matrix[cpu][to];
	}
}

/* A process that is scheduled on CPU 0 takes that out of the mask, until the next try. */
TEST(asked_is_not_sent)
{
	const struct work work = { make_pages_on_both, protect_in_pairs };
	struct moment *m = SHARED(struct moment, 1);
	struct sums before, after = { 0 };
	int sock = nl_open(), i;
	struct worker worker;

	if (cpu_count() < 2)
		SKIP(return, "one CPU");
	/* CPU 0 is left to itself. */
	cpu_pin(1);
	ASSERT_EQ(0, counters_set(sock, MMUINSPECT_SOURCE_FLUSHES | MMUINSPECT_SOURCE_TARGETS));
	for (i = 0; i < LAZY_TRIES; i++) {
		worker_start(&worker, 1, 1, &work);
		take_sums(sock, m, &before);
		worker_run(&worker);
		take_sums(sock, m, &after);
		worker_end(&worker);
		after.asked -= before.asked;
		after.received -= before.received;
		after.ipis -= before.ipis;
		after.interrupts -= before.interrupts;
		if (after.asked >= PAIRS && after.interrupts < PAIRS / 10)
			break;
	}
	/* Seen on 6.12 with pti=on: CPU 0 doesn't stay in the mask. Why isn't known. */
	if (i == LAZY_TRIES)
		SKIP(return, "CPU 0 was asked %llu times and interrupted %llu times: never lazy",
		     after.asked, after.interrupts);
	TH_LOG("asked of others: %llu, received: %llu, IPIs: %llu, interrupts: %llu", after.asked,
	       after.received, after.ipis, after.interrupts);
	EXPECT_GE(after.interrupts + 10, after.received);
	EXPECT_GT(PAIRS / 10, after.ipis);
	if (has_csd_trace())
		EXPECT_GE(after.ipis + 10, after.interrupts);
}

/* Flushes that no process asks for */

static const struct {
	int request;
	const char *function;
} functions[] = {
	{ MMUINSPECT_REQUEST_KERNEL_RANGE, "flush_tlb_kernel_range" },
	{ MMUINSPECT_REQUEST_ALL, "flush_tlb_all" },
	{ MMUINSPECT_REQUEST_BATCH, "arch_tlbbatch_flush" },
};

/* A module that goes and comes changes rights of the kernel's own mappings. */
static int reload(const char *name, const char *pattern)
{
	glob_t files;
	int fd, ret;

	if (glob(pattern, 0, NULL, &files))
		return -ENOENT;
	fd = open(files.gl_pathv[0], O_RDONLY | O_CLOEXEC);
	globfree(&files);
	ret = fd < 0 || syscall(SYS_delete_module, name, O_NONBLOCK) ||
	      syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return ret;
}

static void perf_sums(int counter[][CPUS_MAX], __u64 sum[])
{
	unsigned int cpu;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(functions); i++)
		for (sum[i] = cpu = 0; cpu < cpu_count(); cpu++)
			sum[i] += perf_count(counter[i][cpu]);
}

static __u64 on_all_cpus(const struct machine *machine, long request, long size)
{
	unsigned int cpu;
	__u64 sum = 0;

	for (cpu = 0; cpu < CPUS_MAX; cpu++)
		sum += counted(&machine->cpu[cpu], MMUINSPECT_A_COUNTS_REQUEST,
			       request, size);
	return sum;
}

TEST(requests_of_the_machine)
{
	const struct work work = { make_shared_by_threads, page_out };
	struct machine *m = SHARED(struct machine, 2);
	__u64 before[2][ARRAY_SIZE(functions)], after[2][ARRAY_SIZE(functions)], n;
	int calls[ARRAY_SIZE(functions)][CPUS_MAX];
	int sock = nl_open();
	struct worker worker;
	unsigned int cpu;
	size_t i;

	if (!have_swap() || cpu_count() < 2)
		SKIP(return, "no swap area, or one CPU");
	worker_start(&worker, 1, PAGES, &work);
	for (i = 0; i < ARRAY_SIZE(functions); i++)
		for (cpu = 0; cpu < cpu_count(); cpu++)
			calls[i][cpu] = perf_function(functions[i].function,
						      ANY_PROCESS, cpu);
	ASSERT_EQ(0, counters_set(sock, MMUINSPECT_SOURCE_REQUESTS));
	perf_sums(calls, before[0]);
	ASSERT_EQ(0, counters_get(sock, &m[0]));
	perf_sums(calls, before[1]);
	worker_run(&worker);
	if (reload("cpuid", "/lib/modules/*-cpuid.ko"))
		SKIP(return, "no module cpuid to be loaded again: %m");
	perf_sums(calls, after[0]);
	ASSERT_EQ(0, counters_get(sock, &m[1]));
	perf_sums(calls, after[1]);
	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		n = on_all_cpus(&m[1], functions[i].request, ANY) -
		    on_all_cpus(&m[0], functions[i].request, ANY);
		EXPECT_LT(0, n)
			TH_LOG("%s", functions[i].function);
		EXPECT_LE(after[0][i] - before[1][i], n)
			TH_LOG("%s", functions[i].function);
		EXPECT_GE(after[1][i] - before[0][i], n)
			TH_LOG("%s", functions[i].function);
	}
	worker_end(&worker);
}

TEST_HARNESS_MAIN
