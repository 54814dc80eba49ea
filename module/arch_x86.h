/* SPDX-License-Identifier: GPL-2.0-only */
/* What of x86-64 is too small to be called: a batch of MSRs is a tight loop. */
#ifndef MMUI_ARCH_X86_H
#define MMUI_ARCH_X86_H

#include <asm/msr.h>

#include "compat.h"

/**
 * mmui_arch_read_msr - read an MSR on this CPU
 * @msr: its number
 * @value: receives it
 *
 * Native: under Xen PV, which would want a call of its own, we don't load.
 *
 * Return: 0, or -EIO if the CPU faulted: it has no such MSR, and @value is 0
 * (arch/x86/mm/extable.c).
 */
static inline int mmui_arch_read_msr(u32 msr, u64 *value)
{
	return mmui_rdmsr_safe(msr, value);
}

/* The time-stamp counter of this CPU */
static inline u64 mmui_arch_time(void)
{
	return rdtsc();
}

#endif
