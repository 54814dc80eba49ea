// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which memory traced programs gave back, and which process has whose memory. What a
 * system call did is explain_calls.c's to find out.
 */
#include <linux/kcmp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "explain.h"

#define KEPT 4096	/* the last of them */
#define STACKS 256
#define FORKS 256
#define ANCESTORS 16

static struct unmapped ring[KEPT];
static size_t taken;

/* Threads that have ended: where their stacks were */
static struct stack {
	pid_t tgid;
	pid_t tid;
	__u64 sp;
} stacks[STACKS];
static size_t ended;

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

void history_stack(pid_t tgid, pid_t tid, __u64 sp)
{
	stacks[ended++ % STACKS] = (struct stack) { tgid, tid, sp };
}

/* The thread whose stack that was: itself, or one that ended before; 0 if none */
static pid_t stack_owner(const struct unmapped *u)
{
	size_t i;

	if (u->sp >= u->start && u->sp < u->end)
		return u->tid;
	for (i = 0; i < STACKS; i++)
		if (stacks[i].tgid == u->tgid && stacks[i].sp >= u->start &&
		    stacks[i].sp < u->end)
			return stacks[i].tid;
	return 0;
}

void history_add(const struct unmapped *u, const struct map *map)
{
	struct unmapped *new = &ring[taken++ % KEPT];

	*new = *u;
	new->stack_of = stack_owner(u);
	new->inode = map->inode;
	memcpy(new->rights, map->rights, sizeof(new->rights));
	strncpy(new->name, map->name, sizeof(new->name) - 1);
}

static struct origin *origin_of(pid_t tgid)
{
	size_t i;

	for (i = 1; i <= FORKS && i <= forks; i++)
		if (origins[(forks - i) % FORKS].tgid == tgid)
			return &origins[(forks - i) % FORKS];
	return NULL;
}

pid_t history_owner(pid_t tgid)
{
	const struct origin *o = origin_of(tgid);
	int i;

	for (i = 0; i < ANCESTORS && o && o->shares; i++) {
		tgid = o->parent;
		o = origin_of(tgid);
	}
	return tgid;
}

/* Asked of the kernel: vfork() and CLONE_VM are no answer for what a clone() was. */
static int shares_memory(pid_t parent, pid_t child, int is_vfork)
{
	long order = syscall(SYS_kcmp, parent, child, KCMP_VM, 0, 0);

	/* Without CONFIG_KCMP the usual case must do. */
	return order < 0 ? is_vfork : !order;
}

void history_fork(pid_t parent, pid_t child, int is_vfork)
{
	int shares = shares_memory(parent, child, is_vfork);

	history_forget(child);
	origins[forks++ % FORKS] = (struct origin) { child, parent, taken, shares };
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
	for (i = 0; i < STACKS; i++)
		if (stacks[i].tgid == tgid)
			stacks[i].tgid = 0;
	for (i = 0; i < FORKS; i++)
		if (origins[i].tgid == tgid)
			origins[i].tgid = 0;
}
