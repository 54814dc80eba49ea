// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which memory a system call of a traced program gave back: by what was mapped when it
 * began, and by what it returned. A call that failed, or that covered no mapping, gave
 * nothing back.
 */
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>

#include "explain.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ARGS		6
#define X32		0x40000000U	/* __X32_SYSCALL_BIT */
#define SHM_REMAP	040000		/* <linux/shm.h>, which <sys/shm.h> excludes */
#define IPC_SHMAT	21		/* <linux/ipc.h>: calls of ipc(2), of i386 */
#define IPC_SHMDT	22
#define PAGE		4096ULL

/* Newer than some C libraries */
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/**
 * struct call - a system call that may give memory back, while it runs
 * @leave: what it did
 * @tid: the thread
 * @owner: the process whose memory it is
 * @ip: of the instruction behind the one that called it
 * @sp: the stack pointer
 * @arg: its arguments
 * @before: what was mapped when it began
 */
struct call {
	void (*leave)(const struct call *c, __u64 value, int failed);
	pid_t tid;
	pid_t owner;
	__u64 ip;
	__u64 sp;
	__u64 arg[ARGS];
	struct maps before;
};

static __u64 page_up(__u64 value)
{
	return (value + PAGE - 1) & -PAGE;
}

/* The parts of [@start, @end) that were mapped are gone. */
static void give_back(const struct call *c, __u64 start, __u64 end, enum way way)
{
	size_t i;

	for (i = 0; i < c->before.n; i++) {
		const struct map *map = &c->before.map[i];

		if (map->end > start && map->start < end)
			history_add(&(struct unmapped) {
				.tgid = c->owner, .tid = c->tid, .ip = c->ip,
				.sp = c->sp, .way = way,
				.start = map->start > start ? map->start : start,
				.end = map->end < end ? map->end : end,
			}, map);
	}
}

/* Those of them that aren't mapped any more: a call may fail half-way. */
static void give_back_missing(const struct call *c, __u64 start, __u64 end,
			      enum way way)
{
	struct maps after;
	size_t i;

	maps_read(&after, c->tid);
	for (i = 0; after.n && i < c->before.n; i++) {
		const struct map *map = &c->before.map[i];
		__u64 from = map->start > start ? map->start : start;

		if (map->end > start && map->start < end && !maps_at(&after, from))
			give_back(c, from, map->end < end ? map->end : end, way);
	}
	maps_free(&after);
}

static void leave_munmap(const struct call *c, __u64 value, int failed)
{
	(void)value;
	if (!failed)
		give_back(c, c->arg[0], page_up(c->arg[0] + c->arg[1]), WAY_MUNMAP);
}

static void leave_mmap(const struct call *c, __u64 value, int failed)
{
	__u64 end = page_up(c->arg[0] + c->arg[1]);

	(void)value;
	if (failed)
		give_back_missing(c, c->arg[0], end, WAY_MMAP);
	else
		give_back(c, c->arg[0], end, WAY_MMAP);
}

/* mremap(2): old address and size, new size, flags, new address */
static void leave_mremap(const struct call *c, __u64 value, int failed)
{
	__u64 from = c->arg[0], old = page_up(c->arg[1]), size = page_up(c->arg[2]);
	__u64 flags = c->arg[3], to = c->arg[4];

	if (failed && flags & MREMAP_FIXED)
		give_back_missing(c, to, to + size, WAY_MREMAP_OVER);
	if (failed)
		return;
	if (flags & MREMAP_FIXED)
		give_back(c, to, to + size, WAY_MREMAP_OVER);
	if (flags & MREMAP_DONTUNMAP)
		return;
	if (value != from)
		give_back(c, from, from + old, WAY_MREMAP);
	else if (size < old)
		give_back(c, from + size, from + old, WAY_MREMAP);
}

/* It returns where the heap ends now: unless that's what was asked for, it failed. */
static void leave_brk(const struct call *c, __u64 value, int failed)
{
	__u64 end = 0;
	size_t i;

	for (i = 0; i < c->before.n; i++)
		if (!strcmp(c->before.map[i].name, "[heap]"))
			end = c->before.map[i].end;
	if (!failed && value == c->arg[0] && page_up(value) < end)
		give_back(c, page_up(value), end, WAY_BRK);
}

/* The segment may be several mappings by now. */
static void leave_shmdt(const struct call *c, __u64 value, int failed)
{
	const struct map *first = maps_at(&c->before, c->arg[0]);
	size_t i;

	(void)value;
	for (i = 0; !failed && first && i < c->before.n; i++) {
		const struct map *map = &c->before.map[i];

		if (map >= first && map->inode == first->inode &&
		    !strcmp(map->name, first->name))
			give_back_missing(c, map->start, map->end, WAY_SHMDT);
	}
}

static void leave_shmat(const struct call *c, __u64 value, int failed)
{
	const struct map *map;
	struct maps after;

	if (failed)
		return;
	maps_read(&after, c->tid);
	map = maps_at(&after, value);
	if (map)
		give_back(c, map->start, map->end, WAY_SHMAT);
	maps_free(&after);
}

/* i386: where it is comes back in memory, by the fourth argument */
static void leave_ipc_shmat(const struct call *c, __u64 value, int failed)
{
	__u32 at;

	(void)value;
	if (!failed && thread_read(c->tid, c->arg[3], &at, sizeof(at)) == sizeof(at))
		leave_shmat(c, at, 0);
}

static int wants_munmap(struct call *c)
{
	c->leave = leave_munmap;
	return 1;
}

static int wants_mremap(struct call *c)
{
	c->leave = leave_mremap;
	return 1;
}

static int wants_brk(struct call *c)
{
	c->leave = leave_brk;
	return c->arg[0] != 0;
}

static int wants_mmap(struct call *c)
{
	c->leave = leave_mmap;
	return c->arg[3] & MAP_FIXED && !(c->arg[3] & MAP_FIXED_NOREPLACE);
}

static int wants_shmdt(struct call *c)
{
	c->leave = leave_shmdt;
	return 1;
}

static int wants_shmat(struct call *c)
{
	c->leave = leave_shmat;
	return c->arg[2] & SHM_REMAP;
}

/* The stack is its C library's to give back: later, and by another thread. */
static int wants_exit(struct call *c)
{
	history_stack(c->owner, c->tid, c->sp);
	return 0;
}

/* i386: mmap() with its arguments in memory */
static int wants_old_mmap(struct call *c)
{
	__u32 arg[ARGS];
	size_t i;

	if (thread_read(c->tid, c->arg[0], arg, sizeof(arg)) != sizeof(arg))
		return 0;
	for (i = 0; i < ARGS; i++)
		c->arg[i] = arg[i];
	return wants_mmap(c);
}

/* i386: ipc(call, first, second, third, address): shmat(id, address, flags) */
static int wants_ipc(struct call *c)
{
	__u64 which = c->arg[0] & 0xffff;

	c->arg[0] = c->arg[4];
	if (which == IPC_SHMDT)
		return wants_shmdt(c);
	c->leave = leave_ipc_shmat;
	return which == IPC_SHMAT && c->arg[2] & SHM_REMAP;
}

/* arch/x86/entry/syscalls/syscall_{32,64}.tbl */
static const struct row {
	__u32 arch;
	__u32 number;
	int (*wants)(struct call *c);
} rows[] = {
	{ AUDIT_ARCH_X86_64, 9, wants_mmap },
	{ AUDIT_ARCH_X86_64, 11, wants_munmap },
	{ AUDIT_ARCH_X86_64, 12, wants_brk },
	{ AUDIT_ARCH_X86_64, 25, wants_mremap },
	{ AUDIT_ARCH_X86_64, 30, wants_shmat },
	{ AUDIT_ARCH_X86_64, 60, wants_exit },
	{ AUDIT_ARCH_X86_64, 67, wants_shmdt },
	{ AUDIT_ARCH_I386, 1, wants_exit },
	{ AUDIT_ARCH_I386, 45, wants_brk },
	{ AUDIT_ARCH_I386, 90, wants_old_mmap },
	{ AUDIT_ARCH_I386, 91, wants_munmap },
	{ AUDIT_ARCH_I386, 117, wants_ipc },
	{ AUDIT_ARCH_I386, 163, wants_mremap },
	{ AUDIT_ARCH_I386, 192, wants_mmap },
	{ AUDIT_ARCH_I386, 397, wants_shmat },
	{ AUDIT_ARCH_I386, 398, wants_shmdt },
};

static const struct row *row_of(__u32 arch, __u64 number)
{
	size_t i;

	if (arch == AUDIT_ARCH_X86_64)
		number &= ~(__u64)X32;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].arch == arch && rows[i].number == number)
			return &rows[i];
	return NULL;
}

void call_free(struct call *c)
{
	if (c)
		maps_free(&c->before);
	free(c);
}

static struct call *enter(pid_t tid, pid_t tgid,
			  const struct __ptrace_syscall_info *info)
{
	const struct row *row = row_of(info->arch, info->entry.nr);
	struct call *c = row ? calloc(1, sizeof(*c)) : NULL;
	size_t i;

	if (!c)
		return NULL;
	c->tid = tid;
	c->owner = history_owner(tgid);
	c->ip = info->instruction_pointer;
	c->sp = info->stack_pointer;
	for (i = 0; i < ARGS; i++)
		c->arg[i] = info->entry.args[i];
	if (!row->wants(c)) {
		free(c);
		return NULL;
	}
	maps_read(&c->before, tid);
	return c;
}

void call_stop(struct call **call, pid_t tid, pid_t tgid)
{
	struct __ptrace_syscall_info info;
	struct call *c = *call;
	__u64 value;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0)
		return;
	*call = NULL;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		*call = enter(tid, tgid, &info);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && c) {
		value = info.exit.rval;
		if (info.arch == AUDIT_ARCH_I386)
			value = (__u32)value;
		c->leave(c, value, info.exit.is_error);
	}
	call_free(c);
}
