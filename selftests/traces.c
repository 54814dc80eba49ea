// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's trace events, as tracefs and perf record them: as many as there
 * were, each with what it says, beside the kernel's own events of the same.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"
#include "count.h"
#include "cpu.h"
#include "perf.h"
#include "trap.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

#define TRACING	"/sys/kernel/tracing/"
#define PAGES	20	/* few enough to be flushed one by one */
#define TRIES	3000

static void set(const char *file, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), TRACING "%s", file);
	if (write_file(path, value))
		die("%s: %m", path);
}

static void clear_trace(void)
{
	int fd = open(TRACING "trace", O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		die("trace: %m");
	close(fd);
}

FIXTURE(trace)
{
	struct worker worker;
};

/* Pages by their number: written, they are a trace that can be told. */
static void make_pages(struct place *place)
{
	place->stride = PAGE_SIZE;
	place->at = mmap(NULL, (place->n + 1) * PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (place->at == MAP_FAILED)
		die("mmap: %m");
	madvise(place->at, (place->n + 1) * PAGE_SIZE, MADV_NOHUGEPAGE);
}

/* Write to each, in this order, and give them back. */
static void write_pages(struct place *place)
{
	unsigned int i;

	for (i = 0; i < place->n; i++)
		try_write((unsigned long)place->at + i * PAGE_SIZE);
	madvise(place->at, place->n * PAGE_SIZE, MADV_DONTNEED);
}

static struct trap *traps;

static void make_traps(struct place *place)
{
	make_pages(place);
	traps_catch(traps);
}

static void trap_some(struct place *place)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		try_hlt(0);
}

FIXTURE_SETUP(trace)
{
	set("tracing_on", "0");
	set("events/enable", "0");
	clear_trace();
	set("buffer_size_kb", "4096");
	set("tracing_on", "1");
}

FIXTURE_TEARDOWN(trace)
{
	worker_end(&self->worker);
	set("events/enable", "0");
	clear_trace();
}

/* The lines that have both of these */
static unsigned int lines_with(const char *a, const char *b)
{
	FILE *f = fopen(TRACING "trace", "re");
	unsigned int n = 0;
	char line[1024];

	if (!f)
		die("trace: %m");
	while (fgets(line, sizeof(line), f))
		n += line[0] != '#' && strstr(line, a) && strstr(line, b);
	fclose(f);
	return n;
}

/* A worker attaches what the events need: run until one is seen. */
static void wait_for_trace(struct worker *worker, const char *event)
{
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		worker_run(worker);
		if (lines_with(event, ""))
			break;
		usleep(1000);
	}
	if (tries == TRIES)
		die("%s was never seen", event);
	clear_trace();
}

TEST_F(trace, faults)
{
	static const struct work work = { make_pages, write_pages };
	char words[256], task[32];
	unsigned int i;

	worker_start(&self->worker, 1, PAGES, &work);
	snprintf(task, sizeof(task), "-%d ", self->worker.pid);
	set("events/mmuinspect/fault/enable", "1");
	wait_for_trace(&self->worker, "address=");
	set("events/exceptions/page_fault_user/enable", "1");
	worker_run(&self->worker);
	EXPECT_EQ(PAGES, lines_with(task, ": page_fault_user:"));
	EXPECT_EQ(PAGES, lines_with(task, ": fault: "));
	for (i = 0; i < PAGES; i++) {
		snprintf(words, sizeof(words),
			 "fault: address=%p ip=%p error_code=0x6 state=none\n",
			 self->worker.place->at + i * PAGE_SIZE, try_write);
		ASSERT_EQ(1, lines_with(task, words)) TH_LOG("%s", words);
	}
	/* Off means off. */
	set("events/mmuinspect/fault/enable", "0");
	clear_trace();
	worker_run(&self->worker);
	EXPECT_EQ(PAGES, lines_with(task, ": page_fault_user:"));
	EXPECT_EQ(0, lines_with(task, ": fault: "));
}

/* Beside tlb:tlb_flush, on the CPU of the worker: one for one, in its order */
TEST_F(trace, flushes)
{
	static const struct work work = { make_pages, write_pages };
	unsigned int theirs, ours, reason;
	char a[64], b[64];

	worker_start(&self->worker, 1, PAGES, &work);
	set("events/mmuinspect/tlb/enable", "1");
	wait_for_trace(&self->worker, ": tlb: reason=");
	set("tracing_on", "0");
	set("events/tlb/tlb_flush/enable", "1");
	clear_trace();
	set("tracing_on", "1");
	worker_run(&self->worker);
	set("tracing_on", "0");
	EXPECT_LE(1, lines_with(": tlb: reason=", "pages=20\n"));
	for (reason = 0; reason < 6; reason++) {
		snprintf(a, sizeof(a), ": tlb: reason=%u ", reason);
		snprintf(b, sizeof(b), "(%u)", reason);
		ours = lines_with(a, "");
		theirs = lines_with(": tlb_flush: ", b);
		EXPECT_EQ(theirs, ours) TH_LOG("reason %u", reason);
	}
	set("tracing_on", "1");
}

TEST_F(trace, privilege_faults)
{
	static const struct work work = { make_traps, trap_some };
	char words[256], bytes[64] = "";
	const unsigned char *code = (const void *)try_hlt;
	unsigned int i;

	traps = SHARED(struct trap, 1);
	worker_start(&self->worker, 1, 1, &work);
	set("events/mmuinspect/privilege_fault/enable", "1");
	wait_for_trace(&self->worker, "vector=");
	worker_run(&self->worker);
	for (i = 0; i < 15; i++)
		sprintf(bytes + strlen(bytes), "%s%02x", i ? " " : "", code[i]);
	snprintf(words, sizeof(words),
		 "pid=%d comm=traces origin=exception vector=13 error_code=0x0 address=0x0 ip=%p end=signal sig=11 code=128 bytes=%s\n",
		 self->worker.pid, try_hlt, bytes);
	EXPECT_EQ(3, lines_with(": privilege_fault: ", words))
		TH_LOG("%s", words);
}

/* perf counts them, and filters by their fields. */
TEST_F(trace, perf)
{
	static const struct work work = { make_pages, write_pages };
	char filter[64];
	int warm, all, one, tries;

	worker_start(&self->worker, 1, PAGES, &work);
	/* While it's open, our probes are attached. */
	warm = perf_tracepoint("mmuinspect/fault", self->worker.pid, ANY_CPU, 0);
	for (tries = 0; tries < TRIES && !perf_count(warm); tries++) {
		worker_run(&self->worker);
		usleep(1000);
	}
	all = perf_tracepoint("mmuinspect/fault", self->worker.pid, ANY_CPU, 0);
	one = perf_tracepoint("mmuinspect/fault", self->worker.pid, ANY_CPU, 0);
	snprintf(filter, sizeof(filter), "address == %#lx && state == 0",
		 (unsigned long)self->worker.place->at + 3 * PAGE_SIZE);
	perf_filter(one, filter);
	worker_run(&self->worker);
	EXPECT_EQ(PAGES, perf_count(all));
	EXPECT_EQ(1, perf_count(one));
	close(warm);
	close(all);
	close(one);
}

TEST_HARNESS_MAIN
