// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the numbers of counts and events are called. */
#include <signal.h>
#include <stddef.h>

#include "mmuinspect.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* By bit of enum mmuinspect_source */
static const struct mmuinspect_name sources[] = {
	{ "faults", "page faults by error code" },
	{ "states", "the entry of the address before the fault" },
	{ "outcomes", "what became of each fault, signals, and how long it took" },
	{ "flushes", "TLB flushes by reason" },
	{ "requests", "calls of the kernel's flush functions" },
	{ "targets", "flush IPIs from CPU to CPU" },
	{ "latency", "how long a process's flush took where it was asked for" },
	{ "events", "faults that end in a signal or in an emulation" },
};

static const struct mmuinspect_name states[] = {
	[MMUINSPECT_STATE_NONE] = { "none", "nothing was mapped" },
	[MMUINSPECT_STATE_SWAP] = { "swap", "swapped out" },
	[MMUINSPECT_STATE_MIGRATION] = { "migration", "a page on the move" },
	[MMUINSPECT_STATE_PROT_NONE] = {
		"prot-none", "a page without any rights, or a NUMA hint" },
	[MMUINSPECT_STATE_SPECIAL] = {
		"special", "a marker, a device's page, or poison" },
	[MMUINSPECT_STATE_DENIED] = {
		"denied", "present, and the access was denied" },
	[MMUINSPECT_STATE_ALLOWED] = {
		"allowed", "present and allowed: a stale translation, or a race" },
	[MMUINSPECT_STATE_UNKNOWN] = { "unknown", "not to be seen" },
};

static const struct mmuinspect_name outcomes[] = {
	[MMUINSPECT_OUTCOME_DEMAND_ZERO] = {
		"demand-zero", "a page of zeros where nothing was" },
	[MMUINSPECT_OUTCOME_FILE] = {
		"file", "a page of a file or shared memory, found in memory" },
	[MMUINSPECT_OUTCOME_COPY_ON_WRITE] = {
		"copy-on-write", "a copy of a page, to be written" },
	[MMUINSPECT_OUTCOME_REUSE] = {
		"reuse", "a private page made writable, nobody else's any more" },
	[MMUINSPECT_OUTCOME_WRITE_NOTIFY] = {
		"write-notify", "a shared page made writable" },
	[MMUINSPECT_OUTCOME_SWAP_IN] = {
		"swap-in", "back from swap, or from the swap cache" },
	[MMUINSPECT_OUTCOME_MAJOR] = { "major", "read from a device, not swap" },
	[MMUINSPECT_OUTCOME_NUMA_HINT] = { "numa-hint", "a NUMA hint" },
	[MMUINSPECT_OUTCOME_MIGRATION] = {
		"migration", "waited for a page on the move" },
	[MMUINSPECT_OUTCOME_SPURIOUS] = {
		"spurious", "the entry allowed the access already" },
	[MMUINSPECT_OUTCOME_RETRIED] = {
		"retried", "to be tried again, after the lock was dropped" },
	[MMUINSPECT_OUTCOME_UFFD] = { "uffd", "handed to userfaultfd" },
	[MMUINSPECT_OUTCOME_OTHER] = { "other", "mended in another way" },
	[MMUINSPECT_OUTCOME_SIGBUS] = { "sigbus", "refused, with SIGBUS" },
	[MMUINSPECT_OUTCOME_SIGSEGV] = { "sigsegv", "refused, with SIGSEGV" },
	[MMUINSPECT_OUTCOME_OOM] = { "oom", "refused for want of memory" },
	[MMUINSPECT_OUTCOME_FIXUP] = {
		"fixup", "in kernel mode, mended by the exception table" },
};

/* The kernel's include/linux/mm_types.h, enum tlb_flush_reason; the last since 6.15 */
static const struct mmuinspect_name flushes[] = {
	{ "task-switch", "this CPU took up another address space" },
	{ "remote-received", "another CPU asked this one to" },
	{ "local", "for this CPU itself, on its own request" },
	{ "local-mm", "for this CPU itself, the whole address space" },
	{ "remote-asked", "this CPU asked others, lazy ones included, to" },
	{ "remote-wrong-cpu", "another CPU asked, for what doesn't run here any more" },
};

static const struct mmuinspect_name requests[] = {
	[MMUINSPECT_REQUEST_MM] = { "mm", "a range of one process" },
	[MMUINSPECT_REQUEST_KERNEL_RANGE] = {
		"kernel-range", "a range of the kernel" },
	[MMUINSPECT_REQUEST_ALL] = { "all", "everything, on every CPU" },
	[MMUINSPECT_REQUEST_BATCH] = {
		"batch", "what reclaim has put off, of no one process" },
};

static const struct mmuinspect_name ends[] = {
	[MMUINSPECT_FAULT_END_SIGNAL] = { "signal", "ended with a signal" },
	[MMUINSPECT_FAULT_END_EMULATED] = {
		"emulated", "the kernel did what the instruction would have done" },
	[MMUINSPECT_FAULT_END_FIXUP] = {
		"fixup", "in kernel mode, mended by the exception table" },
};

static const struct mmuinspect_name origins[] = {
	[MMUINSPECT_FAULT_ORIGIN_EXCEPTION] = {
		"exception", "an exception of the CPU" },
	[MMUINSPECT_FAULT_ORIGIN_FRAME] = {
		"frame", "the kernel could not write a signal frame" },
	[MMUINSPECT_FAULT_ORIGIN_SIGRETURN] = {
		"sigreturn", "the signal frame that sigreturn was to restore is bad" },
	[MMUINSPECT_FAULT_ORIGIN_RSEQ] = {
		"rseq", "the restartable sequence (struct rseq) is bad" },
	[MMUINSPECT_FAULT_ORIGIN_EXEC] = {
		"exec", "execve failed after the old program was gone" },
	[MMUINSPECT_FAULT_ORIGIN_SECCOMP] = {
		"seccomp", "a seccomp filter refused a system call" },
	[MMUINSPECT_FAULT_ORIGIN_UNKNOWN] = {
		"unknown", "the kernel ended it for a reason not known" },
};

static const struct {
	const struct mmuinspect_name *row;
	size_t n;
} lists[] = {
	[MMUINSPECT_NAMES_SOURCE] = { sources, ARRAY_SIZE(sources) },
	[MMUINSPECT_NAMES_STATE] = { states, ARRAY_SIZE(states) },
	[MMUINSPECT_NAMES_OUTCOME] = { outcomes, ARRAY_SIZE(outcomes) },
	[MMUINSPECT_NAMES_FLUSH] = { flushes, ARRAY_SIZE(flushes) },
	[MMUINSPECT_NAMES_REQUEST] = { requests, ARRAY_SIZE(requests) },
	[MMUINSPECT_NAMES_END] = { ends, ARRAY_SIZE(ends) },
	[MMUINSPECT_NAMES_ORIGIN] = { origins, ARRAY_SIZE(origins) },
};

const struct mmuinspect_name *mmuinspect_name(enum mmuinspect_names names,
					      unsigned int number)
{
	if ((size_t)names >= ARRAY_SIZE(lists) || number >= lists[names].n)
		return NULL;
	return &lists[names].row[number];
}

#define CODE(code, meaning) { code, { #code, meaning } }

/* The kernel's include/uapi/asm-generic/siginfo.h. Those of SIGSEGV and SIGTRAP
 * that the C library may be too old for come as numbers.
 */
static const struct {
	int signal;
	const char *name;
	struct {
		int code;
		struct mmuinspect_name name;
	} codes[12];
} signals[] = {
	{ SIGSEGV, "SIGSEGV", {
		CODE(SEGV_MAPERR, "nothing is mapped there"),
		CODE(SEGV_ACCERR, "the mapping doesn't allow it"),
		CODE(SEGV_BNDERR, "bounds check"),
		CODE(SEGV_PKUERR, "protection key"),
		{ 10, { "SEGV_CPERR", "control protection (shadow stack, IBT)" } },
	} },
	{ SIGBUS, "SIGBUS", {
		CODE(BUS_ADRALN, "alignment"),
		CODE(BUS_ADRERR, "no such memory: beyond the end of a file"),
		CODE(BUS_OBJERR, "the object's hardware failed"),
		CODE(BUS_MCEERR_AR, "memory failed, and was used"),
		CODE(BUS_MCEERR_AO, "memory failed, and wasn't used yet"),
	} },
	{ SIGILL, "SIGILL", {
		CODE(ILL_ILLOPC, "illegal opcode"),
		CODE(ILL_ILLOPN, "illegal operand"),
		CODE(ILL_ILLADR, "illegal addressing mode"),
		CODE(ILL_ILLTRP, "illegal trap"),
		CODE(ILL_PRVOPC, "privileged opcode"),
		CODE(ILL_PRVREG, "privileged register"),
		CODE(ILL_COPROC, "coprocessor error"),
		CODE(ILL_BADSTK, "internal stack error"),
	} },
	{ SIGFPE, "SIGFPE", {
		CODE(FPE_INTDIV, "integer division by zero"),
		CODE(FPE_INTOVF, "integer overflow"),
		CODE(FPE_FLTDIV, "division by zero"),
		CODE(FPE_FLTOVF, "overflow"),
		CODE(FPE_FLTUND, "underflow"),
		CODE(FPE_FLTRES, "inexact result"),
		CODE(FPE_FLTINV, "invalid operation"),
		CODE(FPE_FLTSUB, "subscript out of range"),
	} },
	{ SIGTRAP, "SIGTRAP", {
		CODE(TRAP_BRKPT, "breakpoint"),
		CODE(TRAP_TRACE, "single step"),
		{ 3, { "TRAP_BRANCH", "branch" } },
		{ 4, { "TRAP_HWBKPT", "hardware breakpoint or watchpoint" } },
	} },
};

/* Of any signal: the kernel doesn't say more. */
static const struct mmuinspect_name from_kernel = {
	"SI_KERNEL", "from the kernel, without an address"
};

const char *mmuinspect_signal_name(int signal)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (signals[i].signal == signal)
			return signals[i].name;
	return NULL;
}

const struct mmuinspect_name *mmuinspect_signal_code(int signal, int code)
{
	size_t i, j;

	if (code == SI_KERNEL)
		return &from_kernel;
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		for (j = 0; signals[i].signal == signal &&
		     j < ARRAY_SIZE(signals[i].codes) &&
		     signals[i].codes[j].code; j++)
			if (signals[i].codes[j].code == code)
				return &signals[i].codes[j].name;
	return NULL;
}

__u64 mmuinspect_bucket(unsigned int key, __u64 *last)
{
	__u64 first = key && key <= 64 ? 1ULL << (key - 1) : 0;

	if (last)
		*last = first ? first + (first - 1) : 0;
	return first;
}
