// SPDX-License-Identifier: GPL-2.0-only
/* A warning. */
#include "control.h"

static int wrong(void)
{
	WARN_ON(1);
	return 0;
}
