/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A negative control does one thing wrong, on purpose, so that it can be seen
 * whether the test machine notices. Each has a wrong(), run when it is loaded.
 */
#include <linux/module.h>

static int wrong(void);

static int __init control_init(void)
{
	return wrong();
}
module_init(control_init);

#ifndef CONTROL_EXIT
static void __exit control_exit(void)
{
}
module_exit(control_exit);
#endif

MODULE_DESCRIPTION("negative control of the test machine");
MODULE_LICENSE("GPL");
