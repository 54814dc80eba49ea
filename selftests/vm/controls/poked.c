// SPDX-License-Identifier: GPL-2.0-only
/*
 * A breakpoint that isn't in memory: the emulator's own fault, which can't be
 * had at will. So this prints what the kernel did, once, and panics.
 */
#include "control.h"

static int wrong(void)
{
	pr_alert("int3: 0000 [#1] PREEMPT SMP PTI\n");
	pr_alert("RIP: 0010:control+0x5/0x40\n");
	pr_alert("Code: 90 90 90 f3 0f 1e fa 0f <1f> 44 00 00 55 48 89 e5\n");
	panic("Fatal exception");
}
