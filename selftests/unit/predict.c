// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Linux does, where no test machine can be brought to: userfaultfd by mode and
 * feature, shadow stacks, stack growth. The answers are from mm/memory.c, mm/shmem.c,
 * mm/mmap.c (mm/vma.c) and arch/x86/mm/fault.c, read by hand.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "predict.h"
#include "ktap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE 4096ULL

#ifndef SEGV_CPERR
#define SEGV_CPERR 10
#endif

#define U	FACT(USER)
#define R	(U | FACT(READ))
#define W	(U | FACT(WRITE))
#define X	(U | FACT(EXEC))
#define ANON	(FACT(MAPPED) | FACT(PRIVATE) | FACT(EMPTY))
#define SHARED	(FACT(MAPPED) | FACT(OF_FILE) | FACT(EMPTY))

static const struct {
	const char *name;
	linux_facts facts;
	enum linux_outcome outcome;
	int code;
} rows[] = {
	{ "missing, anonymous", R | ANON | FACT(UFFD_MISSING), LINUX_UFFD },
	{ "missing, in the cache", R | SHARED | FACT(UFFD_MISSING) | FACT(CACHED),
	  LINUX_FILE },
	{ "missing, not in the cache", R | SHARED | FACT(UFFD_MISSING) | FACT(NOT_CACHED),
	  LINUX_UFFD },
	{ "missing, the cache unknown", R | SHARED | FACT(UFFD_MISSING) | FACT(CACHE_UNKNOWN),
	  LINUX_UNKNOWN },
	{ "minor, in the cache", R | SHARED | FACT(UFFD_MINOR) | FACT(CACHED), LINUX_UFFD },
	{ "minor, not in the cache", R | SHARED | FACT(UFFD_MINOR) | FACT(NOT_CACHED),
	  LINUX_FILE },
	{ "minor, the cache unknown", R | SHARED | FACT(UFFD_MINOR) | FACT(CACHE_UNKNOWN),
	  LINUX_UNKNOWN },
	{ "minor and missing, the cache unknown", R | SHARED | FACT(UFFD_MINOR) |
	  FACT(UFFD_MISSING) | FACT(CACHE_UNKNOWN), LINUX_UFFD },
	{ "beyond the end of the file", R | SHARED | FACT(UFFD_MISSING) | FACT(NOT_CACHED) |
	  FACT(PAST_END), LINUX_SIGBUS, BUS_ADRERR },
	{ "missing with SIGBUS", R | ANON | FACT(UFFD_MISSING) | FACT(UFFD_SIGBUS),
	  LINUX_SIGBUS, BUS_ADRERR },
	{ "the kernel, missing with SIGBUS", FACT(READ) | ANON | FACT(UFFD_MISSING) |
	  FACT(UFFD_SIGBUS), LINUX_FIXUP },
	{ "SIGBUS, but in the cache", R | SHARED | FACT(UFFD_MISSING) | FACT(CACHED) |
	  FACT(UFFD_SIGBUS), LINUX_FILE },
	{ "write-protected, written", W | FACT(MAPPED) | FACT(PRESENT) | FACT(READ_ONLY) |
	  FACT(UFFD_WP) | FACT(UFFD_BIT), LINUX_UFFD },
	{ "the bit without a registration", W | FACT(MAPPED) | FACT(PRESENT) |
	  FACT(READ_ONLY) | FACT(PRIVATE) | FACT(UFFD_BIT), LINUX_COPY_ON_WRITE },
	{ "write-protected, asynchronous", W | FACT(MAPPED) | FACT(PRESENT) |
	  FACT(READ_ONLY) | FACT(PRIVATE) | FACT(UFFD_WP) | FACT(UFFD_BIT) |
	  FACT(UFFD_WP_ASYNC), LINUX_COPY_ON_WRITE },
	{ "write-protected, swapped out, read", R | FACT(MAPPED) | FACT(SWAPPED) |
	  FACT(UFFD_WP) | FACT(UFFD_BIT), LINUX_SWAP_IN },
	{ "write-protected, swapped out, written", W | FACT(MAPPED) | FACT(SWAPPED) |
	  FACT(UFFD_WP) | FACT(UFFD_BIT), LINUX_UFFD },
	{ "a write-protect marker, read", R | SHARED | FACT(UFFD_WP) | FACT(UFFD_BIT),
	  LINUX_FILE },
	{ "access-protected", R | FACT(MAPPED) | FACT(PROTNONE) | FACT(UFFD_RWP) |
	  FACT(UFFD_BIT), LINUX_UFFD },
	{ "access-protected, asynchronous", R | FACT(MAPPED) | FACT(PROTNONE) |
	  FACT(UFFD_RWP) | FACT(UFFD_BIT) | FACT(UFFD_RWP_ASYNC), LINUX_OTHER },
	{ "a NUMA hint where accesses are tracked", R | FACT(MAPPED) | FACT(PROTNONE) |
	  FACT(UFFD_RWP), LINUX_NUMA_HINT },
	{ "poisoned before all", R | ANON | FACT(POISON_MARKER) | FACT(UFFD_MISSING),
	  LINUX_SIGBUS, BUS_MCEERR_AR },
	{ "a shadow stack, read", R | FACT(MAPPED) | FACT(SHADOW_STACK) | FACT(ALLOWED),
	  LINUX_ALLOWED },
	{ "a shadow stack, written", W | FACT(MAPPED) | FACT(SHADOW_STACK) | FACT(PRESENT) |
	  FACT(READ_ONLY) | FACT(PRIVATE), LINUX_SIGSEGV, SEGV_ACCERR },
	{ "a shadow stack, not there yet, written", W | ANON | FACT(SHADOW_STACK),
	  LINUX_SIGSEGV, SEGV_ACCERR },
	{ "a shadow stack, by CALL", W | ANON | FACT(SHADOW_STACK) | FACT(SHADOW_ACCESS),
	  LINUX_DEMAND_ZERO },
	{ "a shadow-stack access elsewhere", W | ANON | FACT(SHADOW_ACCESS),
	  LINUX_SIGSEGV, SEGV_ACCERR },
	{ "a huge page beyond the end of the file", R | SHARED | FACT(HUGETLB) |
	  FACT(PAST_END), LINUX_SIGBUS, BUS_ADRERR },
	{ "not executable, not there yet", X | ANON | FACT(DENIED), LINUX_SIGSEGV,
	  SEGV_ACCERR },
	{ "not executable, a guard region", X | FACT(MAPPED) | FACT(GUARD) | FACT(DENIED),
	  LINUX_SIGSEGV, SEGV_MAPERR },
	{ "not executable, beyond the end of the file", X | SHARED | FACT(PAST_END) |
	  FACT(DENIED), LINUX_SIGBUS, BUS_ADRERR },
	{ "a mapping that has no rights", R | ANON | FACT(DENIED) | FACT(CLOSED),
	  LINUX_SIGSEGV, SEGV_ACCERR },
	{ "a present entry that denies reading", R | FACT(MAPPED) | FACT(PRESENT),
	  LINUX_SIGSEGV, SEGV_ACCERR },
	{ "not canonical", R | FACT(NOT_CANONICAL), LINUX_SIGSEGV, SI_KERNEL },
	{ "not canonical, by the stack", R | FACT(NOT_CANONICAL) | FACT(BY_STACK),
	  LINUX_SIGBUS, SI_KERNEL },
	{ "mappings that can't be read", R | FACT(MAPPINGS_UNKNOWN) | FACT(EMPTY),
	  LINUX_UNKNOWN },
};

static void test_rules(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct linux_action *a = linux_action(rows[i].facts);

		ktap_result(a->outcome == rows[i].outcome && a->code == rows[i].code &&
			    (a->outcome != LINUX_FIXUP || a->error == EFAULT),
			    "%s # %s, code %d: %s", rows[i].name,
			    linux_outcome_name(a->outcome), a->code, a->text);
	}
}

/* From a mapping at 0x100000 down to 0xf0000; 64K, the gap, is 16 pages here. */
static const struct {
	const char *name;
	struct linux_growth g;
	int grows;
} growths[] = {
	{ "nothing below", { .address = 0xf0123 }, 1 },
	{ "an accessible one, at the gap", { .address = 0xf0000, .has_below = 1,
	  .below_end = 0xe0000, .below_accessible = 1 }, 1 },
	{ "the same, a page nearer", { .address = 0xf0fff, .has_below = 1,
	  .below_end = 0xe1000, .below_accessible = 1 }, 0 },
	{ "the same, which grows too", { .address = 0xf0fff, .has_below = 1,
	  .below_end = 0xf0000, .below_accessible = 1, .below_grows = 1 }, 1 },
	{ "the same, without rights", { .address = 0xf0fff, .has_below = 1,
	  .below_end = 0xf0000 }, 1 },
	{ "as far as the limit", { .address = 0xf0000, .limit = 0x11000 }, 1 },
	{ "beyond the limit", { .address = 0xf0000, .limit = 0x10000 }, 0 },
	{ "below the lowest address", { .address = 0xf0000, .min_address = 0xf1000 }, 0 },
	{ "at the beginning of its file", { .address = 0xf0000, .room = 0x10000 }, 1 },
	{ "before the beginning of its file", { .address = 0xf0000, .room = 0xf000 }, 0 },
};

static void test_growth(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(growths); i++) {
		struct linux_growth g = growths[i].g;

		g.start = 0x100000;
		g.end = 0x101000;
		g.gap = 16 * PAGE;
		g.limit = g.limit ?: ~0ULL;
		g.room = g.room ?: ~0ULL;
		ktap_result(linux_grows(&g) == growths[i].grows, "%s", growths[i].name);
	}
}

static const struct {
	const char *line;
	__u64 pages;
} gaps[] = {
	{ "BOOT_IMAGE=/vmlinuz quiet\n", 256 },
	{ "quiet stack_guard_gap=1\n", 1 },
	{ "stack_guard_gap=0 quiet\n", 0 },
	{ "stack_guard_gap=1 stack_guard_gap=512", 512 },
	{ "stack_guard_gap=16k quiet\n", 256 },
	{ "xstack_guard_gap=7\n", 256 },
};

static void test_gaps(void)
{
	char line[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gaps); i++) {
		snprintf(line, sizeof(line), "%s", gaps[i].line);
		ktap_result(linux_gap_of(line) == gaps[i].pages * PAGE, "%.*s",
			    (int)strcspn(gaps[i].line, "\n"), gaps[i].line);
	}
}

static void test_signals(void)
{
	const struct linux_signal *cp = linux_signal_of(21), *ss = linux_signal_of(12);

	ktap_result(cp && cp->signal == SIGSEGV && cp->code == SEGV_CPERR && !cp->at_ip,
		    "#CP is SEGV_CPERR, without an address");
	ktap_result(ss && ss->signal == SIGBUS && ss->code == SI_KERNEL, "#SS is SIGBUS");
	ktap_result(!linux_signal_of(14) && !linux_signal_of(2),
		    "a page fault and an NMI have no signal of their own");
}

int main(void)
{
	ktap_plan(ARRAY_SIZE(rows) + ARRAY_SIZE(growths) + ARRAY_SIZE(gaps) + 3);
	test_rules();
	test_growth();
	test_gaps();
	test_signals();
	return ktap_end();
}
