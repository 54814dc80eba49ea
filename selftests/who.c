// SPDX-License-Identifier: GPL-2.0-only
#include "mmui_test.h"
#include "who.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY	65534
#define BIT(n)	(1ULL << (n))

const char *who_name(enum who who)
{
	static const char *const names[] = {
		[ROOT] = "root",
		[NOBODY_AT_ALL] = "nobody",
		[ROOT_WITHOUT_CAPS] = "root without capabilities",
		[ONLY_SYS_ADMIN] = "only CAP_SYS_ADMIN",
		[ONLY_SYS_RAWIO] = "only CAP_SYS_RAWIO",
		[ONLY_SYS_PTRACE] = "only CAP_SYS_PTRACE",
		[ADMIN_AND_RAWIO] = "CAP_SYS_ADMIN and CAP_SYS_RAWIO",
		[ADMIN_AND_PTRACE] = "CAP_SYS_ADMIN and CAP_SYS_PTRACE",
		[USERNS_ROOT] = "root of a user namespace",
	};

	return names[who];
}

static int keep_caps(__u64 caps)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ caps, caps, caps },
		{ caps >> 32, caps >> 32, caps >> 32 },
	};
	unsigned long cap;

	/* An exec would give root all of them back, and keep none but ambient ones. */
	if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT) ||
	    syscall(SYS_capset, &header, data))
		return -1;
	for (cap = 0; cap < 64; cap++)
		if (caps >> cap & 1 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0))
			return -1;
	return 0;
}

static int become_nobody(void)
{
	return setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	       setresuid(NOBODY, NOBODY, NOBODY) || prctl(PR_SET_DUMPABLE, 1);
}

static int become_userns_root(void)
{
	return become_nobody() || unshare(CLONE_NEWUSER) ||
	       write_file("/proc/self/setgroups", "deny") ||
	       write_file("/proc/self/uid_map", "0 65534 1") ||
	       write_file("/proc/self/gid_map", "0 65534 1") ||
	       setresuid(0, 0, 0) || getuid() != 0;
}

void become(enum who who)
{
	static const __u64 caps[] = {
		[ROOT_WITHOUT_CAPS] = 0,
		[ONLY_SYS_ADMIN] = BIT(CAP_SYS_ADMIN),
		[ONLY_SYS_RAWIO] = BIT(CAP_SYS_RAWIO),
		[ONLY_SYS_PTRACE] = BIT(CAP_SYS_PTRACE),
		[ADMIN_AND_RAWIO] = BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_RAWIO),
		[ADMIN_AND_PTRACE] = BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_PTRACE),
	};
	int ret = 0;

	if (who == NOBODY_AT_ALL)
		ret = become_nobody();
	else if (who == USERNS_ROOT)
		ret = become_userns_root();
	else if (who != ROOT)
		ret = keep_caps(caps[who]);
	if (ret)
		die("can't become %s: %m", who_name(who));
	/* A change of identity had reset it. */
	die_with_parent();
}

static void send_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (sendmsg(socket, &msg, 0) != 1)
		die("sendmsg: %m");
}

static int receive_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &msg, 0) != 1 || !CMSG_FIRSTHDR(&msg))
		die("recvmsg: %m");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

static int open_and_send(void *arg)
{
	struct pass *p = arg;

	become(p->opener);
	send_fd(p->socket[0], p->open());
	return 0;
}

static int receive_and_use(void *arg)
{
	struct pass *p = arg;

	become(p->caller);
	return p->use(receive_fd(p->socket[1]), p->arg);
}

static int open_and_use(void *arg)
{
	struct pass *p = arg;

	become(p->caller);
	return p->use(p->open(), p->arg);
}

int pass(struct pass *p)
{
	int ret;

	if (p->opener == p->caller)
		return in_child(open_and_use, p);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, p->socket))
		die("socketpair: %m");
	if (in_child(open_and_send, p))
		die("%s couldn't open", who_name(p->opener));
	ret = in_child(receive_and_use, p);
	close(p->socket[0]);
	close(p->socket[1]);
	return ret;
}

static int open_drop_and_use(void *arg)
{
	struct pass *p = arg;
	int fd = p->open();

	become(p->caller);
	return p->use(fd, p->arg);
}

int drop(struct pass *p)
{
	return in_child(open_drop_and_use, p);
}
