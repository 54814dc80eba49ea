// SPDX-License-Identifier: GPL-2.0-only
/* Nothing wrong: loads, and goes. */
#include "control.h"

static int wrong(void)
{
	return 0;
}
