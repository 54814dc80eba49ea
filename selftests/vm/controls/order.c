// SPDX-License-Identifier: GPL-2.0-only
/* Two locks in both orders: lockdep. */
#include <linux/mutex.h>
#include "control.h"

static DEFINE_MUTEX(one);
static DEFINE_MUTEX(two);

static void both(struct mutex *first, struct mutex *second)
{
	mutex_lock(first);
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
}

static int wrong(void)
{
	both(&one, &two);
	both(&two, &one);
	return 0;
}
