// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which memory a traced program gave back. A seccomp filter stops it for the
 * system calls that do so, and for no other, so that nothing else gets slower.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "explain.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define KEPT 4096	/* the last of them */
#define BREAKS 64	/* processes whose break is known */

static struct unmapped ring[KEPT];
static size_t taken;

/* brk() says where the heap is to end, not where it ends. */
static struct {
	pid_t tgid;
	__u64 end;
} breaks[BREAKS];

#define JUMP(value, then, otherwise) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))

void history_arm(void)
{
	/* Numbers are those of one architecture: others aren't looked at. */
	struct sock_filter filter[] = {
		LOAD(arch),
		JUMP(AUDIT_ARCH_X86_64, 0, 4),
		LOAD(nr),
		JUMP(__NR_munmap, 3, 0),
		JUMP(__NR_mremap, 2, 0),
		JUMP(__NR_brk, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
	};
	const struct sock_fprog program = { ARRAY_SIZE(filter), filter };

	/*
	 * Needs CAP_SYS_ADMIN, as what is recorded of faults does. Without it one
	 * cause is never found, and nothing else is lost.
	 */
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void add(pid_t tgid, __u64 start, __u64 end, __u64 ip, const char *call)
{
	ring[taken++ % KEPT] = (struct unmapped) {
		tgid, start, (end + 4095) & -4096ULL, ip, call
	};
}

static void take_break(pid_t tgid, __u64 end, __u64 ip)
{
	size_t i, mine = tgid % BREAKS;

	for (i = 0; i < BREAKS; i++)
		if (breaks[i].tgid == tgid)
			mine = i;
	if (breaks[mine].tgid == tgid && end && end < breaks[mine].end)
		add(tgid, end, breaks[mine].end, ip, "brk");
	if (end) {
		breaks[mine].tgid = tgid;
		breaks[mine].end = end;
	}
}

void history_take(pid_t tid, pid_t tgid)
{
	struct __ptrace_syscall_info info;
	const __u64 *arg;
	__u64 ip;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_SECCOMP)
		return;
	arg = (const __u64 *)info.seccomp.args;
	ip = info.instruction_pointer;
	switch (info.seccomp.nr) {
	case __NR_munmap:
		add(tgid, arg[0], arg[0] + arg[1], ip, "munmap");
		break;
	case __NR_mremap:
		add(tgid, arg[0], arg[0] + arg[1], ip, "mremap");
		break;
	case __NR_brk:
		take_break(tgid, arg[0], ip);
		break;
	}
}

const struct unmapped *history_find(pid_t tgid, __u64 address)
{
	size_t n = taken < KEPT ? taken : KEPT, i;

	for (i = 1; i <= n; i++) {
		const struct unmapped *u = &ring[(taken - i) % KEPT];

		if (u->tgid == tgid && address >= u->start && address < u->end)
			return u;
	}
	return NULL;
}

void history_forget(pid_t tgid)
{
	size_t i;

	for (i = 0; i < KEPT; i++)
		if (ring[i].tgid == tgid)
			ring[i].tgid = 0;
	for (i = 0; i < BREAKS; i++)
		if (breaks[i].tgid == tgid)
			breaks[i].tgid = 0;
}
