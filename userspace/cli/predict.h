/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Linux does about an exception of user mode, or about an access to a user's
 * address: one set of rules, for probe and for explain. Nothing here looks at the
 * machine, but for what the kernel was booted with.
 */
#ifndef PREDICT_H
#define PREDICT_H

#include <linux/types.h>

/**
 * enum linux_fact - what is known of an access, each a bit of a set
 *
 * What the CPU makes of it, the page-table entry, the mapping, and what the process
 * has asked for. A fact that isn't known is left out, unless it has an _UNKNOWN.
 */
enum linux_fact {
	/* The access */
	FACT_UNKNOWN,		/* whether the CPU allows it isn't known */
	FACT_USER,		/* user mode */
	FACT_READ,
	FACT_WRITE,
	FACT_EXEC,
	FACT_BY_STACK,		/* relative to RSP or RBP: the segment is SS */
	FACT_SHADOW_ACCESS,	/* by a shadow-stack instruction, CALL or RET */
	/* What the CPU says */
	FACT_ALLOWED,
	FACT_NOT_CANONICAL,
	FACT_OTHER_HALF,	/* CR4.LASS denies it */
	FACT_KERNEL_HALF,
	FACT_BAD_ENTRY,		/* a reserved bit is set */
	FACT_BUG,		/* a kernel access that is a bug of the kernel */
	FACT_KEY,		/* a protection key denies it */
	/* The page below the top of the address space, by vsyscall= */
	FACT_VSYSCALL_UNKNOWN,
	FACT_VSYSCALL_NONE,
	FACT_VSYSCALL_XONLY,
	FACT_VSYSCALL_EMULATE,
	FACT_VSYSCALL_ENTRY,	/* the address is one of its three entries */
	/* The mapping */
	FACT_MAPPINGS_UNKNOWN,
	FACT_MAPPED,
	FACT_GROWS,		/* none, but the one above may grow down to it */
	FACT_NEAR_STACK,	/* below a mapping that grows, but too far */
	FACT_DENIED,		/* its rights deny it */
	FACT_CLOSED,		/* it has no rights at all */
	FACT_SHADOW_STACK,
	FACT_HUGETLB,
	FACT_SPECIAL,		/* a driver's, or the kernel's own */
	FACT_OF_FILE,
	FACT_PRIVATE,
	FACT_PAST_END,		/* beyond the end of its file */
	/* The entry */
	FACT_PRESENT,
	FACT_READ_ONLY,		/* present, and it denies writing */
	FACT_EMPTY,		/* absent, with nothing in it that matters here */
	FACT_SWAPPED,
	FACT_MOVING,
	FACT_PROTNONE,		/* a NUMA hint, or a PROT_NONE mapping */
	FACT_AT_DEVICE,
	FACT_LOST,		/* couldn't be read from swap */
	FACT_GUARD,
	FACT_HWPOISON,
	FACT_POISON_MARKER,
	FACT_UFFD_BIT,		/* protected by userfaultfd */
	/* Userfaultfd: the modes that the mapping is registered for */
	FACT_UFFD_MISSING,
	FACT_UFFD_MINOR,
	FACT_UFFD_WP,
	FACT_UFFD_RWP,
	/* Its features */
	FACT_UFFD_UNKNOWN,	/* no descriptor of it was found, or they differ */
	FACT_UFFD_SIGBUS,
	FACT_UFFD_WP_ASYNC,
	FACT_UFFD_RWP_ASYNC,
	/* Is the file's page in the page cache? */
	FACT_CACHED,
	FACT_NOT_CACHED,
	FACT_CACHE_UNKNOWN,
	/* What follows from these: it's reported to the userfaultfd, for this reason */
	FACT_DUE,
	FACT_DUE_MISSING,
	FACT_DUE_MINOR,
	FACT_DUE_WP,
	FACT_DUE_RWP,
	FACTS,
};

_Static_assert(FACTS <= 64, "facts are bits of a __u64");

typedef __u64 linux_facts;
#define FACT(f) ((linux_facts)1 << FACT_##f)
#define FACT_IF(f, condition) ((condition) ? FACT(f) : 0)

/* What comes of it. Faults that Linux resolves have the names of outcomes. */
enum linux_outcome {
	LINUX_UNKNOWN,
	LINUX_ALLOWED,
	LINUX_OOPS,
	LINUX_SIGSEGV,
	LINUX_SIGBUS,
	LINUX_FIXUP,
	LINUX_VSYSCALL,
	LINUX_GROW_STACK,
	LINUX_UFFD,
	LINUX_SWAP_IN,
	LINUX_MIGRATION,
	LINUX_NUMA_HINT,
	LINUX_COPY_ON_WRITE,
	LINUX_WRITE_NOTIFY,
	LINUX_FILE,
	LINUX_DEMAND_ZERO,
	LINUX_OTHER,
};

/**
 * struct linux_action - what Linux does about a fault
 * @outcome: in short
 * @signal: that it ends with; 0 if it's resolved
 * @code: its si_code; SI_KERNEL comes without an address
 * @error: errno of the system call that made the access; 0 if it goes on
 * @text: in words
 * @is_second: the page is mapped first: the signal is for a second fault, of an
 *	entry that's present
 */
struct linux_action {
	enum linux_outcome outcome;
	int signal;
	int code;
	int error;
	const char *text;
	int is_second;
};

/* The first rule that holds; never NULL */
const struct linux_action *linux_action(linux_facts facts);
/* Short and stable, as JSON has it: "sigsegv", "copy-on-write" */
const char *linux_outcome_name(enum linux_outcome outcome);

/**
 * struct linux_signal - the signal of an exception of user mode that isn't #PF
 * @vector: of the exception
 * @signal: that Linux sends
 * @code: its si_code
 * @at_ip: si_addr is the instruction's address; else it means nothing
 */
struct linux_signal {
	int vector;
	int signal;
	int code;
	int at_ip;
};

/* NULL if there is none */
const struct linux_signal *linux_signal_of(int vector);

/* First address of the vsyscall page */
#define VSYSCALL_PAGE	0xffffffffff600000ULL

/* vsyscall=, by what /proc/PID/maps shows */
enum vsyscall_mode {
	VSYSCALL_MODE_UNKNOWN,
	VSYSCALL_MODE_NONE,
	VSYSCALL_MODE_XONLY,
	VSYSCALL_MODE_EMULATE,
};

/* @rights: of the mapping [vsyscall], as "--xp"; NULL if there is none */
enum vsyscall_mode vsyscall_mode(const char *rights);
/* The facts of an address; 0 if it isn't in that page */
linux_facts vsyscall_facts(enum vsyscall_mode mode, __u64 address);

/**
 * struct linux_growth - a mapping that may grow down to an address
 * @address: to be reached
 * @start: of the mapping above it, which has VM_GROWSDOWN
 * @end: of that
 * @room: by how many bytes it may grow before its file offset gets negative; ~0
 *	for anonymous memory
 * @has_below: there is a mapping below @address
 * @below_end: its end
 * @below_grows: it has VM_GROWSDOWN too
 * @below_accessible: it has any right at all
 * @limit: RLIMIT_STACK of the process, in bytes
 * @gap: stack_guard_gap, in bytes
 * @min_address: vm.mmap_min_addr
 */
struct linux_growth {
	__u64 address;
	__u64 start;
	__u64 end;
	__u64 room;
	int has_below;
	__u64 below_end;
	int below_grows;
	int below_accessible;
	__u64 limit;
	__u64 gap;
	__u64 min_address;
};

int linux_grows(const struct linux_growth *g);
/* stack_guard_gap of a command line, in bytes; @line is cut into words. */
__u64 linux_gap_of(char *line);
/* What the kernel was booted with, and what is set */
__u64 linux_guard_gap(void);
__u64 linux_min_address(void);

#endif
