// SPDX-License-Identifier: GPL-2.0-only
/* Use after free: KASAN. */
#include <linux/slab.h>
#include "control.h"

static int wrong(void)
{
	char *p = kmalloc(64, GFP_KERNEL);

	kfree(p);
	OPTIMIZER_HIDE_VAR(p);
	return p && READ_ONCE(p[3]) == 1 ? -EIO : 0;
}
