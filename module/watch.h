/* SPDX-License-Identifier: GPL-2.0-only */
/* Watched processes, and their children. */
#ifndef MMUI_WATCH_H
#define MMUI_WATCH_H

#include <linux/hash.h>
#include <linux/jump_label.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>

#include "counts.h"
#include "probes.h"

struct sock;

#define MMUI_WATCHES_MAX	128	/* in all */
#define MMUI_WATCHES_SOCKET	64	/* of one socket */
#define MMUI_MEMBERS_MAX	4096	/* processes of all watches */
#define MMUI_MEMBERS_BITS	12

/**
 * struct mmui_member - a process of a watch
 * @node: in mmui_members, by the hash of @owner
 * @sibling: in the members of @watch
 * @signal: what tells its threads from those of others; NULL while it waits for
 *	a new program
 * @counts: of its watch
 * @owner: as @signal, and never NULL
 * @watch: whose member
 * @record: the way to each address that faults may be told
 * @mm: while @signal is NULL: the address space before the new program; not
 *	to be followed
 * @rcu: frees it
 *
 * No reference pins the process: what is here is gone before it is.
 */
struct mmui_member {
	struct hlist_node node;
	struct list_head sibling;
	struct signal_struct *signal;
	struct mmui_counts __percpu *counts;
	struct signal_struct *owner;
	struct watch *watch;
	bool record;
	void *mm;
	struct rcu_head rcu;
};

extern struct hlist_head mmui_members[1 << MMUI_MEMBERS_BITS];

static inline struct hlist_head *mmui_members_of(const struct signal_struct *s)
{
	return &mmui_members[hash_ptr(s, MMUI_MEMBERS_BITS)];
}

/* The first membership of @s from @node on */
static __always_inline struct mmui_member *
mmui_member_from(struct hlist_node *node, const struct signal_struct *s)
{
	struct mmui_member *member;

	for (; node; node = rcu_dereference_raw_check(hlist_next_rcu(node))) {
		member = hlist_entry(node, struct mmui_member, node);
		if (likely(READ_ONCE(member->signal) == s))
			return member;
	}
	return NULL;
}

static __always_inline struct mmui_member *
mmui_member_first(const struct signal_struct *s)
{
	return mmui_member_from(rcu_dereference_raw_check(hlist_first_rcu(mmui_members_of(s))), s);
}

static __always_inline struct mmui_member *
mmui_member_next(const struct mmui_member *member,
		 const struct signal_struct *s)
{
	return mmui_member_from(rcu_dereference_raw_check(hlist_next_rcu(&member->node)), s);
}

/* The same where it's known that somebody is watched */
#define __mmui_for_each_member(member, s)				\
	for (member = mmui_member_first(s); member;			\
	     member = mmui_member_next(member, s))

/**
 * mmui_for_each_member - the memberships of a process
 * @member: cursor
 * @s: the process's signal_struct; not NULL, which isn't nobody's
 *
 * For probes: with preemption or interrupts off. One process may be watched more
 * than once.
 */
#define mmui_for_each_member(member, s)					\
	for (member = static_branch_unlikely(&mmui_watching) ?		\
		      mmui_member_first(s) : NULL;			\
	     member; member = mmui_member_next(member, s))

/**
 * struct mmui_watch_facts - what a watch says of itself
 */
struct mmui_watch_facts {
	u32 id;
	u32 pid;
	u32 sources;
	u32 processes;
	u64 unwatched;
	struct mmui_counts __percpu *counts;
};

int mmui_watch_add(struct sock *socket, struct task_struct *task, u32 pid, u32 sources,
		   bool on_exec, bool alone);
int mmui_watch_del(const struct sock *socket, u32 id);
void mmui_watches_released(void);
struct mmui_counts __percpu *mmui_watch_next(const struct sock *socket, u32 from,
					     struct mmui_watch_facts *facts);
void mmui_watch_exit(void);

#endif
