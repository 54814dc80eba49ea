// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults in an NMI. The kernel's backtraces of all CPUs are made in one, and
 * show the code around where a program was: here in a page's first bytes, with
 * nothing before them. What's told there is counted all the same.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"
#include "count.h"
#include "cpu.h"
#include "event.h"
#include "nl.h"
#include "perf.h"
#include "worker.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SYSRQ	"/proc/sysrq-trigger"
#define NMIS	8
/* How much before the instruction is shown (arch/x86/kernel/dumpstack.c) */
#define BEFORE	42
#define USER	0x04	/* an error code's bit, by Intel SDM vol. 3A 4.7 */

static char *code;

/* A jump to itself, behind a page that isn't there */
static void make_code(void)
{
	static const unsigned char jump[] = { 0xeb, 0xfe };
	char *at = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("mmap: %m");
	munmap(at, PAGE_SIZE);
	code = at + PAGE_SIZE;
	memcpy(code, jump, sizeof(jump));
}

/* Before the kernel's thread that prints the backtraces, which would have the CPU else. */
static void spin(void *unused)
{
	struct sched_param first = { .sched_priority = 1 };

	cpu_pin(0);
	if (sched_setscheduler(0, SCHED_FIFO, &first))
		die("SCHED_FIFO: %m");
	((void (*)(void))code)();
}

static __u64 by_kernel(const struct watch *w)
{
	__u64 sum = 0;
	long bits;

	for (bits = 0; bits < 2 * USER; bits++)
		if (!(bits & USER))
			sum += counted(&w->counts, MMUINSPECT_A_COUNTS_FAULT, bits, ANY);
	return sum;
}

TEST(counted_and_told)
{
	struct watch *w = SHARED(struct watch, 1);
	int sock = nl_open(), group = event_listener(), id, perf, i;
	struct child c;
	struct event e;
	__u64 before;

	if (access(SYSRQ, W_OK))
		SKIP(return, "no CONFIG_MAGIC_SYSRQ");
	make_code();
	child_start(&c, spin, NULL);
	perf = perf_tracepoint("exceptions/page_fault_kernel", c.pid, ANY_CPU, 0);
	id = watch_add(sock, c.pid, MMUINSPECT_SOURCE_FAULTS |
		       MMUINSPECT_SOURCE_STATES | MMUINSPECT_SOURCE_OUTCOMES, 0);
	ASSERT_LT(0, id) TH_LOG("%d: %s", id, nl_why());
	before = cpu_interrupts("NMI", NULL);
	child_go(&c);
	/* Where an interrupt of another kind has come, it isn't in its code. */
	for (i = 0; i < 10 * NMIS && perf_count(perf) < NMIS; i++) {
		usleep(10000);
		ASSERT_EQ(0, write_file(SYSRQ, "l"));
	}
	EXPECT_LE(NMIS, perf_count(perf));
	kill(c.pid, SIGKILL);
	child_wait(&c);
	ASSERT_EQ(0, watch_get(sock, id, w));
	/* The debug kernel was seen to count more than perf; why isn't known. */
	EXPECT_LE(perf_count(perf), by_kernel(w));
	/* 6.1 was seen to have two in an NMI: its copy seems to try again. */
	EXPECT_GE(2 * (cpu_interrupts("NMI", NULL) - before), by_kernel(w));
	EXPECT_EQ(by_kernel(w), counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
					MMUINSPECT_OUTCOME_FIXUP, ANY));
	for (i = 0; i < (int)by_kernel(w); i++) {
		ASSERT_EQ(0, event_of(group, c.pid, (__u64)code - BEFORE, &e, 10000))
			TH_LOG("%d", i);
		EXPECT_EQ(MMUINSPECT_FAULT_END_FIXUP, e.end);
		EXPECT_FALSE(e.user);
		EXPECT_LT(0, e.n_bytes);
	}
	if (!__test_passed(_metadata))
		counts_show("watch", &w->counts);
}

TEST_HARNESS_MAIN
