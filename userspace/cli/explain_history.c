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
#define FORKS 256	/* the last of them */
#define ANCESTORS 16

static struct unmapped ring[KEPT];
static size_t taken;

/* brk() says where the heap is to end, not where it ends. */
static struct {
	pid_t tgid;
	__u64 end;
} breaks[BREAKS];

/**
 * struct origin - where a process comes from
 * @tgid: it
 * @parent: has made it
 * @taken: ranges up to here were given back before that
 * @shares: it has its parent's memory, not a copy
 */
struct origin {
	pid_t tgid;
	pid_t parent;
	size_t taken;
	int shares;
};

static struct origin origins[FORKS];
static size_t forks;

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

static struct origin *origin_of(pid_t tgid)
{
	size_t i;

	for (i = 1; i <= FORKS && i <= forks; i++)
		if (origins[(forks - i) % FORKS].tgid == tgid)
			return &origins[(forks - i) % FORKS];
	return NULL;
}

/* Whose memory it is */
static pid_t owner_of(pid_t tgid)
{
	const struct origin *o = origin_of(tgid);
	int i;

	for (i = 0; i < ANCESTORS && o && o->shares; i++) {
		tgid = o->parent;
		o = origin_of(tgid);
	}
	return tgid;
}

void history_fork(pid_t parent, pid_t child, int shares)
{
	size_t i;

	history_forget(child);
	origins[forks++ % FORKS] = (struct origin) { child, parent, taken, shares };
	parent = owner_of(parent);
	for (i = 0; i < BREAKS && !shares; i++)
		if (breaks[i].tgid == parent)
			take_break(child, breaks[i].end, 0);
}

void history_take(pid_t tid, pid_t tgid)
{
	struct __ptrace_syscall_info info;
	const __u64 *arg;
	__u64 ip;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_SECCOMP)
		return;
	tgid = owner_of(tgid);
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

/* Before so many were taken */
static const struct unmapped *find(pid_t tgid, __u64 address, size_t before)
{
	size_t i;

	for (i = before; i && taken - i < KEPT; i--) {
		const struct unmapped *u = &ring[(i - 1) % KEPT];

		if (u->tgid == tgid && address >= u->start && address < u->end)
			return u;
	}
	return NULL;
}

const struct unmapped *history_find(pid_t tgid, __u64 address)
{
	const struct unmapped *found = NULL;
	const struct origin *o;
	size_t before = taken;
	int i;

	for (i = 0; i < ANCESTORS && !found; i++) {
		found = find(tgid, address, before);
		o = origin_of(tgid);
		if (!o)
			break;
		if (!o->shares && o->taken < before)
			before = o->taken;
		tgid = o->parent;
	}
	return found;
}

void history_end(pid_t tgid)
{
	struct origin *o = origin_of(tgid);

	/* The number may be another's soon; what it gave back is its parent's. */
	if (o && o->shares)
		o->tgid = 0;
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
	for (i = 0; i < FORKS; i++)
		if (origins[i].tgid == tgid)
			origins[i].tgid = 0;
}
