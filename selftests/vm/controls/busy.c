// SPDX-License-Identifier: GPL-2.0-only
/* Can't be unloaded: holds a reference to itself. */
#include "control.h"

static int wrong(void)
{
	__module_get(THIS_MODULE);
	return 0;
}
