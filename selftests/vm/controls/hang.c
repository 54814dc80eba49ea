// SPDX-License-Identifier: GPL-2.0-only
/* Takes longer than anybody waits, and prints nothing. */
#include <linux/delay.h>
#include "control.h"

static int wrong(void)
{
	ssleep(3600);
	return 0;
}
