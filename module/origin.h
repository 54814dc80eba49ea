/* SPDX-License-Identifier: GPL-2.0-only */
/* What made a signal: an exception, the kernel on its own, or a sender. */
#ifndef MMUI_ORIGIN_H
#define MMUI_ORIGIN_H

#include <linux/sched.h>
#include <linux/signal_types.h>
#include <linux/types.h>
#include <linux/mmuinspect_netlink.h>

/* Beside enum mmuinspect_fault_origin: a sender made it, so it's no event. */
#define MMUI_ORIGIN_SENT	0xff

/* struct mmui_origin.vector: no exception made the signal */
#define MMUI_NO_VECTOR		0xff

/**
 * struct mmui_origin - what made a signal
 * @kind: enum mmuinspect_fault_origin, or MMUI_ORIGIN_SENT
 * @vector: the exception's number, or MMUI_NO_VECTOR
 */
struct mmui_origin {
	u8 kind;
	u8 vector;
};

/**
 * struct mmui_origin_row - a kernel function that makes signals
 * @name: of the function; a "*" at the end stands for any rest
 * @origin: of the signals that it makes
 */
struct mmui_origin_row {
	const char *name;
	struct mmui_origin origin;
};

/* The handlers of exceptions, in arch_*.c; a row without a name ends it. */
extern const struct mmui_origin_row mmui_arch_origins[];

struct mmui_origin mmui_origin_of(const struct kernel_siginfo *info,
				  const struct task_struct *task);

#endif
