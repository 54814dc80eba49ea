// SPDX-License-Identifier: GPL-2.0-only
/* Sleeps with preemption off: DEBUG_ATOMIC_SLEEP. */
#include <linux/delay.h>
#include "control.h"

static int wrong(void)
{
	preempt_disable();
	might_sleep();
	preempt_enable();
	return 0;
}
