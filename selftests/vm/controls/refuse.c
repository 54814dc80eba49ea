// SPDX-License-Identifier: GPL-2.0-only
/* Refuses to load. */
#include "control.h"

static int wrong(void)
{
	return -ENODEV;
}
