// SPDX-License-Identifier: GPL-2.0-only
/* A panic. */
#include "control.h"

static int wrong(void)
{
	panic("control");
}
