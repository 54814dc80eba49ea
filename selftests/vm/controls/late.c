// SPDX-License-Identifier: GPL-2.0-only
/* A warning only when it goes. */
#define CONTROL_EXIT
#include "control.h"

static int wrong(void)
{
	return 0;
}

static void __exit late_exit(void)
{
	WARN_ON(1);
}
module_exit(late_exit);
