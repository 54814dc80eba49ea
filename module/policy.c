// SPDX-License-Identifier: GPL-2.0-only
/* All permission checks. Evaluated at each call and for each event, never cached. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/security.h>
#include <linux/user_namespace.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "policy.h"

/*
 * The opener's right guards against an fd that a weaker process opened and
 * talked a stronger one into using; the caller's against the reverse. The root
 * of a user namespace has neither. The caller is asked first, and without an audit
 * record: looking at oneself without capabilities is no offence.
 */
static bool held(const struct file *file, int cap)
{
	/* Mostly opener and caller are one, and one answer is enough. */
	return ns_capable_noaudit(&init_user_ns, cap) &&
	       (file->f_cred == current_cred() ||
		file_ns_capable(file, &init_user_ns, cap));
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

/**
 * mmui_may_read_msrs - may MSRs on the allow-list be read?
 * @file: the open device
 *
 * As /dev/cpu/N/msr has it: CAP_SYS_RAWIO.
 */
bool mmui_may_read_msrs(const struct file *file)
{
	return held(file, CAP_SYS_RAWIO);
}

/**
 * mmui_reveal - may a register that is an address be shown?
 * @rawio: whoever asks has CAP_SYS_RAWIO
 *
 * Return: 0, or which rule refuses: -EACCES CAP_SYS_RAWIO, -EKEYREJECTED
 * lockdown, which protects where the kernel is as it does /proc/kcore.
 */
int mmui_reveal(bool rawio)
{
	if (!rawio)
		return -EACCES;
	return security_locked_down(LOCKDOWN_KCORE) ? -EKEYREJECTED : 0;
}

/**
 * mmui_socket_may - has a request's socket, and its sender, a capability?
 * @skb: the request
 * @cap: CAP_*
 *
 * As for the device: opener and sender, in the initial user namespace.
 * netlink_capable() doesn't ask the opener of a message with a destination address.
 * To be called in the sender's context.
 */
bool mmui_socket_may(const struct sk_buff *skb, int cap)
{
	const struct sock *sk = NETLINK_CB(skb).sk;

	return sk && sk->sk_socket && sk->sk_socket->file &&
	       held(sk->sk_socket->file, cap);
}

/**
 * mmui_may_send_events - may a socket that asked for fault events have one now?
 * @file: the socket's
 * @asker: the process that asked
 *
 * Return: 0; -EPERM if opener or asker lacks CAP_SYS_ADMIN; -EACCES if one of them
 * lacks CAP_SYS_RAWIO; -EKEYREJECTED if the kernel is locked down.
 */
int mmui_may_send_events(const struct file *file, struct task_struct *asker)
{
	const struct cred *cred = get_task_cred(asker);
	const struct cred *own = override_creds(cred);
	bool admin = held(file, CAP_SYS_ADMIN);
	int ret = mmui_reveal(held(file, CAP_SYS_RAWIO));

	revert_creds(own);
	put_cred(cred);
	return admin ? ret : -EPERM;
}
