// SPDX-License-Identifier: GPL-2.0-only
/* The only "may you?". Asked at each call, never remembered. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/user_namespace.h>

#include "policy.h"

/*
 * The opener's right guards against an fd that a weaker process opened and
 * talked a stronger one into using; the caller's against the reverse. The root
 * of a user namespace has neither. The caller is asked first, and without an audit
 * record: looking at oneself without capabilities is no offence.
 */
static bool held(const struct file *file, int cap)
{
	return ns_capable_noaudit(&init_user_ns, cap) &&
	       file_ns_capable(file, &init_user_ns, cap);
}

/**
 * mmui_may_see_physical - may frames, tables and swap offsets be shown?
 * @file: the open device
 *
 * As /proc/PID/pagemap has it: CAP_SYS_ADMIN.
 */
bool mmui_may_see_physical(const struct file *file)
{
	return held(file, CAP_SYS_ADMIN);
}

/**
 * mmui_may_see_others - may another process's address space be shown?
 * @file: the open device
 *
 * ptrace_may_access isn't exported, so Yama and LSM hooks can't be consulted:
 * CAP_SYS_PTRACE alone wouldn't be strict enough.
 */
bool mmui_may_see_others(const struct file *file)
{
	return held(file, CAP_SYS_ADMIN) && held(file, CAP_SYS_PTRACE);
}
