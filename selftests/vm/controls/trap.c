// SPDX-License-Identifier: GPL-2.0-only
/* A breakpoint that nobody set. */
#include "control.h"

static int wrong(void)
{
	asm volatile("int3");
	return 0;
}
