// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Linux does about an access, from what is known of it: the rules of
 * arch/x86/mm/fault.c, arch/x86/entry/vsyscall/vsyscall_64.c and mm/memory.c, in
 * the order in which the kernel asks them. The first row that holds decides.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "predict.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Newer than some C libraries */
#ifndef SEGV_PKUERR
#define SEGV_PKUERR	4
#endif
#ifndef SEGV_CPERR
#define SEGV_CPERR	10
#endif

static const char *const names[] = {
	[LINUX_UNKNOWN] = "unknown",
	[LINUX_ALLOWED] = "allowed",
	[LINUX_OOPS] = "oops",
	[LINUX_SIGSEGV] = "sigsegv",
	[LINUX_SIGBUS] = "sigbus",
	[LINUX_FIXUP] = "fixup",
	[LINUX_VSYSCALL] = "vsyscall",
	[LINUX_GROW_STACK] = "grow-stack",
	[LINUX_UFFD] = "uffd",
	[LINUX_SWAP_IN] = "swap-in",
	[LINUX_MIGRATION] = "migration",
	[LINUX_NUMA_HINT] = "numa-hint",
	[LINUX_COPY_ON_WRITE] = "copy-on-write",
	[LINUX_WRITE_NOTIFY] = "write-notify",
	[LINUX_FILE] = "file",
	[LINUX_DEMAND_ZERO] = "demand-zero",
	[LINUX_OTHER] = "other",
};

_Static_assert(ARRAY_SIZE(names) == LINUX_OTHER + 1, "each outcome has a name");

const char *linux_outcome_name(enum linux_outcome outcome)
{
	return names[outcome];
}

/*
 * When a userfaultfd is asked: mm/memory.c, mm/shmem.c, mm/hugetlb.c. Shared memory
 * asks the page cache first, and reports either way only what it's registered for.
 */
static const struct {
	linux_facts all;
	linux_facts none;
	linux_facts then;
} implied[] = {
	{ FACT(EMPTY) | FACT(UFFD_MISSING), FACT(OF_FILE) | FACT(PAST_END),
	  FACT(DUE) | FACT(DUE_MISSING) },
	{ FACT(EMPTY) | FACT(UFFD_MISSING) | FACT(NOT_CACHED), FACT(PAST_END),
	  FACT(DUE) | FACT(DUE_MISSING) },
	{ FACT(EMPTY) | FACT(UFFD_MINOR) | FACT(CACHED), FACT(PAST_END),
	  FACT(DUE) | FACT(DUE_MINOR) },
	{ FACT(EMPTY) | FACT(UFFD_MISSING) | FACT(UFFD_MINOR) | FACT(CACHE_UNKNOWN),
	  FACT(PAST_END), FACT(DUE) | FACT(DUE_MISSING) | FACT(DUE_MINOR) },
	{ FACT(WRITE) | FACT(UFFD_WP) | FACT(UFFD_BIT), FACT(UFFD_WP_ASYNC) | FACT(DUE),
	  FACT(DUE) | FACT(DUE_WP) },
	{ FACT(PROTNONE) | FACT(UFFD_RWP) | FACT(UFFD_BIT), FACT(UFFD_RWP_ASYNC),
	  FACT(DUE) | FACT(DUE_RWP) },
};

#define DOES(outcome, text)	{ LINUX_##outcome, 0, 0, 0, text }
#define SEGV(code, text)	{ LINUX_SIGSEGV, SIGSEGV, code, EFAULT, text }
#define SECOND(code, text)	{ LINUX_SIGSEGV, SIGSEGV, code, EFAULT, text, 1 }
#define BUS(code, text)		{ LINUX_SIGBUS, SIGBUS, code, EFAULT, text }
#define OOPS(text)		{ LINUX_OOPS, SIGKILL, 0, 0, text }

#define DENIES "the rights of the mapping deny it"

static const struct rule {
	linux_facts all;
	linux_facts none;
	struct linux_action action;
} rules[] = {
	{ FACT(UNKNOWN), 0, DOES(UNKNOWN, "it depends on what isn't known here") },
	{ FACT(ALLOWED), 0,
	  DOES(ALLOWED, "isn't involved: the access succeeds") },
	{ FACT(BAD_ENTRY), 0, OOPS("reports corrupted page tables, and ends the task") },
	{ FACT(BUG), 0,
	  OOPS("takes it for a bug of its own: an oops, unless the exception table has the instruction") },
	{ FACT(NOT_CANONICAL) | FACT(BY_STACK), 0,
	  BUS(SI_KERNEL, "the CPU raises #SS: a signal without an address") },
	{ FACT(NOT_CANONICAL), 0,
	  SEGV(SI_KERNEL, "the CPU raises #GP (#SS by way of a stack register): a signal without an address") },

	/* The vsyscall page comes before the search for mappings, and has none. */
	{ FACT(VSYSCALL_UNKNOWN), 0,
	  DOES(UNKNOWN, "it depends on vsyscall=, which /proc/PID/maps would show") },
	{ FACT(USER) | FACT(EXEC) | FACT(VSYSCALL_XONLY) | FACT(VSYSCALL_ENTRY), 0,
	  DOES(VSYSCALL, "vsyscall=xonly: makes the system call that this entry stands for, and returns") },
	{ FACT(USER) | FACT(EXEC) | FACT(VSYSCALL_EMULATE) | FACT(VSYSCALL_ENTRY), 0,
	  DOES(VSYSCALL, "vsyscall=emulate: makes the system call that this entry stands for, and returns") },
	{ FACT(USER) | FACT(EXEC) | FACT(VSYSCALL_XONLY), 0,
	  SEGV(SI_KERNEL, "vsyscall=xonly: only three addresses of the page are entries: a jump to another gets a signal without an address") },
	{ FACT(USER) | FACT(EXEC) | FACT(VSYSCALL_EMULATE), 0,
	  SEGV(SI_KERNEL, "vsyscall=emulate: only three addresses of the page are entries: a jump to another gets a signal without an address") },
	{ FACT(OTHER_HALF) | FACT(BY_STACK), 0,
	  BUS(SI_KERNEL, "with CR4.LASS the CPU raises #SS: a signal without an address") },
	{ FACT(OTHER_HALF), 0,
	  SEGV(SI_KERNEL, "with CR4.LASS the CPU raises #GP (#SS by way of a stack register): a signal without an address") },
	{ FACT(VSYSCALL_NONE), 0,
	  SEGV(SEGV_MAPERR, "vsyscall=none: there is no vsyscall page") },
	{ FACT(VSYSCALL_XONLY), 0,
	  SEGV(SEGV_MAPERR, "vsyscall=xonly: the page can be called, not read or written") },
	{ FACT(VSYSCALL_EMULATE), 0,
	  SEGV(SEGV_MAPERR, "vsyscall=emulate: the page can be called and read, not written") },
	{ FACT(KERNEL_HALF), 0,
	  SEGV(SEGV_MAPERR, "the kernel half is not for user mode, mapped or not") },

	{ FACT(MAPPINGS_UNKNOWN), 0,
	  DOES(UNKNOWN, "it depends on the mappings, which can't be read") },
	{ FACT(NEAR_STACK), FACT(MAPPED) | FACT(GROWS),
	  SEGV(SEGV_MAPERR, "no mapping there, and the stack may not grow so far (ulimit -s, or another mapping is near)") },
	{ 0, FACT(MAPPED) | FACT(GROWS), SEGV(SEGV_MAPERR, "no mapping there") },
	{ FACT(KEY), 0, SEGV(SEGV_PKUERR, "the thread's protection key rights deny it") },
	{ FACT(SHADOW_ACCESS), FACT(SHADOW_STACK),
	  SEGV(SEGV_ACCERR, "a shadow-stack access, and the mapping is no shadow stack") },
	{ FACT(WRITE) | FACT(SHADOW_STACK), FACT(SHADOW_ACCESS),
	  SEGV(SEGV_ACCERR, "a shadow stack: only CALL and shadow-stack instructions write to it") },
	/* access_error(): what a fetch needs is asked only of an entry that's present. */
	{ FACT(DENIED), FACT(EXEC), SEGV(SEGV_ACCERR, DENIES) },
	{ FACT(DENIED) | FACT(PRESENT), 0, SEGV(SEGV_ACCERR, DENIES) },
	{ FACT(DENIED) | FACT(CLOSED), 0, SEGV(SEGV_ACCERR, DENIES) },
	{ FACT(PRESENT), FACT(WRITE) | FACT(SHADOW_ACCESS),
	  SEGV(SEGV_ACCERR, "the entry is present and denies it, which only a write gets over") },
	{ FACT(GROWS) | FACT(DENIED), 0, SECOND(SEGV_ACCERR, DENIES) },
	{ FACT(GROWS), 0,
	  DOES(GROW_STACK, "lets the stack grow down to there, and gives it a page of zeros") },

	{ FACT(HWPOISON), 0, BUS(BUS_MCEERR_AR, "the page was lost to a memory error") },
	{ FACT(POISON_MARKER), 0,
	  BUS(BUS_MCEERR_AR, "the entry is marked as poisoned: by userfaultfd (UFFDIO_POISON), or since the page couldn't be read from swap") },
	{ FACT(GUARD), 0, SEGV(SEGV_MAPERR, "a guard region (MADV_GUARD_INSTALL)") },
	{ FACT(LOST), 0, BUS(BUS_ADRERR, "the page couldn't be read from swap") },
	{ FACT(EMPTY) | FACT(PAST_END), 0, BUS(BUS_ADRERR, "beyond the end of the file") },

	{ FACT(DUE) | FACT(UFFD_SIGBUS), 0,
	  BUS(BUS_ADRERR, "its userfaultfd has UFFD_FEATURE_SIGBUS: a signal, and no message") },
	{ FACT(DUE) | FACT(UFFD_UNKNOWN), 0,
	  DOES(UFFD, "reports it to the userfaultfd, and waits; SIGBUS if that has UFFD_FEATURE_SIGBUS, which only its descriptor shows") },
	{ FACT(DUE_MISSING) | FACT(DUE_MINOR), 0,
	  DOES(UFFD, "reports it to the userfaultfd, as a missing page or as one in the page cache, and waits") },
	{ FACT(DUE_MISSING), 0,
	  DOES(UFFD, "reports a missing page to the userfaultfd, and waits") },
	{ FACT(DUE_MINOR), 0,
	  DOES(UFFD, "the page is in the page cache: reports a minor fault to the userfaultfd, and waits") },
	{ FACT(DUE_WP), 0,
	  DOES(UFFD, "write-protected by userfaultfd: reports the write to it, and waits") },
	{ FACT(DUE_RWP), 0,
	  DOES(UFFD, "access-protected by userfaultfd: reports the access to it, and waits") },
	{ FACT(EMPTY) | FACT(UFFD_MISSING) | FACT(CACHE_UNKNOWN), 0,
	  DOES(UNKNOWN, "it depends on the page cache: if the page is there, maps it; if not, reports it to the userfaultfd, and waits") },
	{ FACT(EMPTY) | FACT(UFFD_MINOR) | FACT(CACHE_UNKNOWN), 0,
	  DOES(UNKNOWN, "it depends on the page cache: if the page is there, reports it to the userfaultfd, and waits; if not, allocates one") },

	{ FACT(DENIED), 0, SECOND(SEGV_ACCERR, DENIES) },
	{ FACT(SWAPPED), 0, DOES(SWAP_IN, "reads the page back from swap") },
	{ FACT(MOVING), 0, DOES(MIGRATION, "waits until the page has moved") },
	{ FACT(PROTNONE) | FACT(UFFD_RWP) | FACT(UFFD_BIT), 0,
	  DOES(OTHER, "lifts userfaultfd's access protection, and reports nothing (UFFD_FEATURE_RWP_ASYNC)") },
	{ FACT(PROTNONE), 0,
	  DOES(NUMA_HINT, "a NUMA hint: notes which CPU asks, may move the page, and makes it present") },
	{ FACT(AT_DEVICE), 0,
	  DOES(OTHER, "fetches the page back from the device that has it") },
	{ FACT(EMPTY) | FACT(HUGETLB), 0,
	  DOES(OTHER, "takes a huge page from the page cache or the pool; SIGBUS if there is none left") },
	{ FACT(EMPTY) | FACT(SPECIAL), 0,
	  DOES(OTHER, "asks the owner of the mapping (a driver, or the kernel itself); SIGBUS if nothing is behind this page") },
	{ FACT(EMPTY) | FACT(OF_FILE) | FACT(WRITE) | FACT(PRIVATE), 0,
	  DOES(FILE, "copies the file's page for this process, having read it if it isn't in memory") },
	{ FACT(EMPTY) | FACT(OF_FILE), 0,
	  DOES(FILE, "maps the page of the file (or of shared memory), having read it if it isn't in memory") },
	{ FACT(EMPTY) | FACT(READ), 0,
	  DOES(DEMAND_ZERO, "maps the page of zeros that all share, or a page of its own") },
	{ FACT(EMPTY), 0, DOES(DEMAND_ZERO, "gives it a page of zeros") },
	{ FACT(READ_ONLY) | FACT(PRIVATE), 0,
	  DOES(COPY_ON_WRITE, "copies the page, or makes it writable if no other process has it") },
	{ FACT(READ_ONLY), 0,
	  DOES(WRITE_NOTIFY, "notifies the file that the page gets dirty, and makes it writable") },
	{ 0, 0, DOES(OTHER, "its mapping allows it: brings the entry into line, or tries again") },
};

/* In the kernel, on a user's address, what would be a signal */
static const struct linux_action fixup = {
	LINUX_FIXUP, 0, 0, EFAULT,
	"the exception table ends it: EFAULT to the system call, or no byte copied (elsewhere an oops)"
};

const struct linux_action *linux_action(linux_facts facts)
{
	const struct rule *rule = rules;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(implied); i++)
		if (!(implied[i].all & ~facts) && !(implied[i].none & facts))
			facts |= implied[i].then;
	while (rule->all & ~facts || rule->none & facts)
		rule++;
	if (!(facts & FACT(USER)) && rule->action.error)
		return &fixup;
	return &rule->action;
}

/* arch/x86/kernel/traps.c, cet.c */
static const struct linux_signal signals[] = {
	{ 0, SIGFPE, FPE_INTDIV, 1 },
	{ 1, SIGTRAP, TRAP_BRKPT, 1 },
	{ 3, SIGTRAP, SI_KERNEL, 0 },
	{ 4, SIGSEGV, SI_KERNEL, 0 },
	{ 5, SIGSEGV, SI_KERNEL, 0 },
	{ 6, SIGILL, ILL_ILLOPN, 1 },
	{ 11, SIGBUS, SI_KERNEL, 0 },
	{ 12, SIGBUS, SI_KERNEL, 0 },
	{ 13, SIGSEGV, SI_KERNEL, 0 },
	{ 17, SIGBUS, BUS_ADRALN, 0 },
	{ 21, SIGSEGV, SEGV_CPERR, 0 },
};

const struct linux_signal *linux_signal_of(int vector)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (signals[i].vector == vector)
			return &signals[i];
	return NULL;
}
