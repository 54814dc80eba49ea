/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long interrupts are off, for `make bench` alone (KCFLAGS=-DMMUI_BENCH):
 * the longest stretch in TSC ticks, which are instructions in an icount guest.
 * Read /sys/module/mmuinspect/parameters/irqsoff_max; write 0 to begin anew.
 */
#ifndef MMUI_BENCH_H
#define MMUI_BENCH_H

#ifdef MMUI_BENCH
#include <linux/moduleparam.h>
#include <linux/timex.h>

static unsigned long irqsoff_max;
static u64 irqsoff_begin;
module_param(irqsoff_max, ulong, 0600);

static inline void mmui_bench_enter(void)
{
	irqsoff_begin = get_cycles();
}

static inline void mmui_bench_leave(void)
{
	u64 took = get_cycles() - irqsoff_begin;

	if (took > irqsoff_max)
		irqsoff_max = took;
}
#else
static inline void mmui_bench_enter(void) { }
static inline void mmui_bench_leave(void) { }
#endif

#endif
