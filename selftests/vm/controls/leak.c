// SPDX-License-Identifier: GPL-2.0-only
/* Memory that nobody knows any more: kmemleak. */
#include <linux/slab.h>
#include "control.h"

static void *volatile lost;

static int wrong(void)
{
	int i;

	/* More than one: a stale pointer on some stack may hide the last. */
	for (i = 0; i < 8; i++)
		lost = kmalloc(64, GFP_KERNEL);
	lost = NULL;
	return 0;
}
