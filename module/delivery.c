// SPDX-License-Identifier: GPL-2.0-only
/*
 * The signal that each task handled last. The signal that the kernel sends in its
 * place if there is no room for a frame says nothing about it.
 */
#include <linux/hash.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "delivery.h"

#define BITS		8
#define TASK_BITS	48
#define TASK_MASK	(BIT_ULL(TASK_BITS) - 1)
#define ON_STACK	BIT_ULL(63)

/* The task's address, whose upper bits are known, with the signal in their place */
static u64 last[1 << BITS];

static u64 *slot_of_current(void)
{
	return &last[hash_ptr(current, BITS)];
}

/* The tracepoint signal_deliver */
void mmui_delivered(void *data, int sig, struct kernel_siginfo *info,
		    struct k_sigaction *ka)
{
	WRITE_ONCE(*slot_of_current(),
		   ((u64)(unsigned long)current & TASK_MASK) |
		   (u64)sig << TASK_BITS |
		   (ka->sa.sa_flags & SA_ONSTACK ? ON_STACK : 0));
}

/**
 * mmui_delivery - the signal whose frame current could not have
 * @sp: the stack pointer of user mode
 * @on_altstack: receives whether the frame was for the alternate stack
 *
 * Return: the signal; 0 if another task has taken its place since, which leaves
 * the stack open too unless @sp is on the alternate one.
 */
int mmui_delivery(unsigned long sp, bool *on_altstack)
{
	u64 known = READ_ONCE(*slot_of_current());

	*on_altstack = on_sig_stack(sp);
	if ((known ^ (unsigned long)current) & TASK_MASK)
		return 0;
	*on_altstack |= known & ON_STACK && !sas_ss_flags(sp);
	return (known & ~ON_STACK) >> TASK_BITS;
}
