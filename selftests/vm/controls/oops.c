// SPDX-License-Identifier: GPL-2.0-only
/* A bad pointer. */
#include "control.h"

static int wrong(void)
{
	return *(volatile int *)8;
}
