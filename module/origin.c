// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find what made a signal, by the functions that are active when it is sent. The
 * trap number, error code and address that a task keeps are those of its last
 * exception, however long ago that was, so they can't decide.
 */
#include <linux/hash.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/signal.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#include "arch.h"
#include "origin.h"

#ifndef CONFIG_STACKTRACE
static unsigned int stack_trace_save(unsigned long *store, unsigned int size,
				     unsigned int skipnr)
{
	return 0;
}
#endif

#define DEPTH		32
#define CACHE_BITS	9

#define KERNEL(function, what)					\
	{ function, { MMUINSPECT_FAULT_ORIGIN_##what, MMUI_NO_VECTOR } }

/*
 * From the sender outwards, the first function that has a row decides. Where a
 * name is inlined or left by a tail call, the next one outwards has a row too.
 */
static const struct mmui_origin_row rows[] = {
	KERNEL("signal_fault", SIGRETURN),
	KERNEL("*sys_rt_sigreturn", SIGRETURN),
	KERNEL("*sys_sigreturn", SIGRETURN),
	KERNEL("*sys_x32_rt_sigreturn", SIGRETURN),
	KERNEL("rseq_*", RSEQ),
	KERNEL("__rseq_*", RSEQ),
	KERNEL("*sys_rseq", RSEQ),
	KERNEL("bprm_execve", EXEC),
	KERNEL("do_execveat_common", EXEC),
	KERNEL("kernel_execve", EXEC),
	KERNEL("force_sig_seccomp", SECCOMP),
	KERNEL("__seccomp_filter", SECCOMP),
	KERNEL("__secure_computing", SECCOMP),
	/* Work that a task does before it handles signals */
	KERNEL("task_work_run", UNKNOWN),
	KERNEL("uprobe_*", UNKNOWN),
	/* Behind all others that run inside it */
	KERNEL("signal_setup_done", FRAME),
	KERNEL("handle_signal", FRAME),
	KERNEL("arch_do_signal_or_restart", FRAME),
	{}
};

/* Answers, beside the numbers of rows */
enum { SAYS_NOTHING, SAYS_FORCED, SAYS_ROW };

/* A return address, whose upper 16 bits are known, with the answer in their place */
static u64 cache[1 << CACHE_BITS];

#define ADDRESS_BITS	48
#define ADDRESS_MASK	(BIT_ULL(ADDRESS_BITS) - 1)

/* "*" stands for any characters, at one end of @pattern. */
static bool matches(const char *pattern, const char *name)
{
	size_t len = strlen(pattern), have = strlen(name);

	if (*pattern == '*')
		return have >= len - 1 && !strcmp(pattern + 1, name + have - (len - 1));
	if (len && pattern[len - 1] == '*')
		return !strncmp(pattern, name, len - 1);
	return !strcmp(pattern, name);
}

static const struct mmui_origin_row *row_of(unsigned int answer)
{
	return answer < SAYS_ROW + ARRAY_SIZE(rows) ?
	       &rows[answer - SAYS_ROW] :
	       &mmui_arch_origins[answer - SAYS_ROW - ARRAY_SIZE(rows)];
}

static unsigned int answer_of_name(const char *name)
{
	unsigned int i;

	for (i = 0; rows[i].name; i++)
		if (matches(rows[i].name, name))
			return SAYS_ROW + i;
	for (i = 0; mmui_arch_origins[i].name; i++)
		if (matches(mmui_arch_origins[i].name, name))
			return SAYS_ROW + ARRAY_SIZE(rows) + i;
	return strncmp(name, "force_", 6) ? SAYS_NOTHING : SAYS_FORCED;
}

/*
 * Clones of a function have a suffix behind a dot. A module's functions, which
 * have its name in brackets, decide nothing: the cache may outlive the module.
 */
static unsigned int answer_of_function(unsigned long address)
{
	char name[KSYM_SYMBOL_LEN];

	sprint_symbol(name, address);
	if (strchr(name, '['))
		return SAYS_NOTHING;
	name[strcspn(name, ".+ ")] = '\0';
	return answer_of_name(name);
}

/*
 * The function that was called from there is asked first: after a tail call it has
 * no return address of its own.
 */
static unsigned int look_up(unsigned long address)
{
	unsigned long callee = mmui_arch_callee(address);
	unsigned int answer = callee ? answer_of_function(callee) : SAYS_NOTHING;

	/* A call that doesn't return may be the last instruction of its function. */
	return answer >= SAYS_ROW ? answer :
	       max(answer, answer_of_function(address - 1));
}

static unsigned int answer_of(unsigned long address)
{
	u64 *slot = &cache[hash_long(address, CACHE_BITS)];
	u64 known = READ_ONCE(*slot);
	unsigned int answer;

	if (known && !((known ^ address) & ADDRESS_MASK))
		return known >> ADDRESS_BITS;
	answer = look_up(address);
	WRITE_ONCE(*slot, (address & ADDRESS_MASK) |
			  (u64)answer << ADDRESS_BITS);
	return answer;
}

static struct mmui_origin by_stack(void)
{
	struct mmui_origin origin = { MMUI_ORIGIN_SENT, MMUI_NO_VECTOR };
	unsigned long address[DEPTH];
	unsigned int n, i, answer;

	n = stack_trace_save(address, DEPTH, 0);
	if (!n)
		origin.kind = MMUINSPECT_FAULT_ORIGIN_UNKNOWN;
	for (i = 0; i < n; i++) {
		answer = answer_of(address[i]);
		/* A sender's call passes no function that forces a signal. */
		if (answer == SAYS_FORCED)
			origin.kind = MMUINSPECT_FAULT_ORIGIN_UNKNOWN;
		else if (answer >= SAYS_ROW &&
			 origin.kind != MMUI_ORIGIN_SENT)
			return row_of(answer)->origin;
	}
	return origin;
}

/**
 * mmui_origin_of - find what made a signal
 * @info: of the signal, which is being sent: siglock is held
 * @task: receives it
 *
 * What the kernel forces on a task is for current, and has an si_code above 0;
 * some senders have one of two small numbers in place of an siginfo.
 *
 * Return: the origin; MMUI_ORIGIN_SENT if the kernel didn't force it.
 */
struct mmui_origin mmui_origin_of(const struct kernel_siginfo *info,
				  const struct task_struct *task)
{
	if (task != current || (unsigned long)info <= 1 || info->si_code <= 0)
		return (struct mmui_origin){ MMUI_ORIGIN_SENT, MMUI_NO_VECTOR };
	return by_stack();
}
