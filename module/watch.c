// SPDX-License-Identifier: GPL-2.0-only
/*
 * A watch counts for a process and the children that it makes. It's a socket's,
 * and goes with it.
 *
 * A process is its signal_struct, which its threads share and which stays when
 * it has a new program. Probes find it in a hash table, without a lock. A member
 * leaves it when the last thread's task is freed (sched_process_free): after
 * that, nothing faults in its name, and before, its signal_struct can't be
 * anybody else's.
 */
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <net/sock.h>
#include <trace/events/sched.h>
#include <trace/events/task.h>

#include "watch.h"

/**
 * struct watch - a watch
 * @list: all of them, by @id
 * @id: its number
 * @socket: that it belongs to, with a reference: a number could be used again
 * @pid: whom it began with, as that socket's user counts
 * @sources: what is to be told of it
 * @alone: children stay out
 * @members: the processes that are in it at the moment
 * @n_members: how many
 * @unwatched: children for which there was no room
 * @counts: what they did
 * @rcu: frees it
 */
struct watch {
	struct list_head list;
	u32 id;
	struct sock *socket;
	u32 pid;
	u32 sources;
	bool alone;
	struct list_head members;
	unsigned int n_members;
	u64 unwatched;
	struct mmui_counts __percpu *counts;
	struct rcu_head rcu;
};

struct hlist_head mmui_members[1 << MMUI_MEMBERS_BITS];

/*
 * Taken by probes, which mustn't sleep: with PREEMPT_RT other locks do, and so does
 * every allocation. Members therefore come from a pool.
 */
static DEFINE_RAW_SPINLOCK(lock);
static LIST_HEAD(watches);
static unsigned int n_watches, n_members;
static u32 last_id;

/*
 * Members, allocated with the first watch and kept until the module is unloaded:
 * as many again as may be in use, for those that wait for a grace period.
 */
#define POOL (2 * MMUI_MEMBERS_MAX)
static struct mmui_member *pool;
static LIST_HEAD(spare);

/* Return: 0 or -ENOMEM. */
static int pool_init(void)
{
	struct mmui_member *new;
	unsigned long flags;
	unsigned int i;

	if (READ_ONCE(pool))
		return 0;
	new = kvcalloc(POOL, sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	raw_spin_lock_irqsave(&lock, flags);
	if (!pool) {
		for (i = 0; i < POOL; i++)
			list_add(&new[i].sibling, &spare);
		swap(pool, new);
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	kvfree(new);
	return 0;
}

static void member_free(struct rcu_head *rcu)
{
	struct mmui_member *member = container_of(rcu, struct mmui_member, rcu);
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	list_add(&member->sibling, &spare);
	raw_spin_unlock_irqrestore(&lock, flags);
}

static void watch_free(struct rcu_head *rcu)
{
	struct watch *watch = container_of(rcu, struct watch, rcu);

	free_percpu(watch->counts);
	sock_put(watch->socket);
	kfree(watch);
}

/* With the lock: a member for @owner; NULL if there's no room. */
static struct mmui_member *member_add(struct watch *watch,
				      struct signal_struct *owner)
{
	struct mmui_member *member;

	member = list_first_entry_or_null(&spare, struct mmui_member, sibling);
	if (!member || n_members == MMUI_MEMBERS_MAX)
		return NULL;
	list_move(&member->sibling, &watch->members);
	member->signal = NULL;
	member->owner = owner;
	member->watch = watch;
	member->counts = watch->counts;
	member->record = watch->sources & MMUINSPECT_SOURCE_STATES;
	n_members++;
	watch->n_members++;
	return member;
}

/* With the lock. Probes may still be looking at it. */
static void member_del(struct mmui_member *member)
{
	n_members--;
	member->watch->n_members--;
	list_del(&member->sibling);
	hlist_del_rcu(&member->node);
	call_rcu(&member->rcu, member_free);
}

/* The last of its tasks is gone; see probe_free(). */
static bool is_over(const struct task_struct *task)
{
	return !READ_ONCE(task->signal->nr_threads);
}

/* With the lock. */
static void members_del(const struct signal_struct *owner)
{
	struct mmui_member *member;
	struct hlist_node *next;

	hlist_for_each_entry_safe(member, next, mmui_members_of(owner), node)
		if (member->owner == owner)
			member_del(member);
}

/* A child has what its parent has, before it runs for the first time. */
static void probe_fork(void *data, struct task_struct *parent,
		       struct task_struct *child)
{
	struct mmui_member *member, *new;
	unsigned long flags;

	if (child->signal == parent->signal ||
	    hlist_empty(mmui_members_of(parent->signal)))
		return;
	raw_spin_lock_irqsave(&lock, flags);
	hlist_for_each_entry(member, mmui_members_of(parent->signal), node) {
		if (READ_ONCE(member->signal) != parent->signal || member->watch->alone)
			continue;
		new = member_add(member->watch, child->signal);
		if (!new) {
			member->watch->unwatched++;
			continue;
		}
		new->signal = child->signal;
		hlist_add_head_rcu(&new->node, mmui_members_of(child->signal));
	}
	raw_spin_unlock_irqrestore(&lock, flags);
}

static void probe_free(void *data, struct task_struct *task)
{
	unsigned long flags;

	if (!is_over(task) || hlist_empty(mmui_members_of(task->signal)))
		return;
	raw_spin_lock_irqsave(&lock, flags);
	members_del(task->signal);
	raw_spin_unlock_irqrestore(&lock, flags);
}

/*
 * A program gives its task its name right after perf begins to count for it
 * (fs/exec.c: begin_new_exec), and by then has its own address space; prctl()
 * and writing to /proc leave that what it was.
 */
static void probe_rename(void *data, struct task_struct *task, const char *comm)
{
	struct mmui_member *member;

	if (task != current)
		return;
	rcu_read_lock();
	hlist_for_each_entry_rcu(member, mmui_members_of(task->signal), node)
		if (member->owner == task->signal && !member->signal &&
		    member->mm != task->mm)
			WRITE_ONCE(member->signal, member->owner);
	rcu_read_unlock();
}

struct mmui_probe mmui_watch_probes[] = {
	{
		MMUI_TRACE(sched_process_fork, probe_fork),
		.sources = MMUI_SOURCE_WATCHES,
	}, {
		MMUI_TRACE(sched_process_free, probe_free),
		.sources = MMUI_SOURCE_WATCHES,
	}, {
		MMUI_TRACE(task_rename, probe_rename),
		.sources = MMUI_SOURCE_WATCHES,
	}, {}
};

static struct watch *watch_alloc(struct sock *socket, u32 pid, u32 sources, bool alone)
{
	struct watch *watch = kzalloc(sizeof(*watch), GFP_KERNEL_ACCOUNT);

	if (!watch)
		return NULL;
	watch->counts = alloc_percpu_gfp(struct mmui_counts, GFP_KERNEL_ACCOUNT);
	if (!watch->counts) {
		kfree(watch);
		return NULL;
	}
	INIT_LIST_HEAD(&watch->members);
	watch->socket = socket;
	sock_hold(socket);
	watch->pid = pid;
	watch->sources = sources;
	watch->alone = alone;
	return watch;
}

/* With the lock: is there room for one more? */
static int room(const struct sock *socket)
{
	const struct watch *watch;
	unsigned int n = 0;

	list_for_each_entry(watch, &watches, list)
		n += watch->socket == socket;
	if (n >= MMUI_WATCHES_SOCKET)
		return -EMFILE;
	return n_watches >= MMUI_WATCHES_MAX ? -ENFILE : 0;
}

/*
 * The address space that a process runs in, to be compared and never followed:
 * any thread's, since the first one may have ended.
 */
static struct mm_struct *process_mm(struct task_struct *task)
{
	struct mm_struct *mm = NULL;
	struct task_struct *thread;

	rcu_read_lock();
	for_each_thread(task, thread) {
		mm = READ_ONCE(thread->mm);
		if (mm)
			break;
	}
	rcu_read_unlock();
	return mm;
}

/* With the lock. Numbers aren't used again, as far as they reach. */
static void number(struct watch *watch)
{
	last_id = last_id == INT_MAX ? 1 : last_id + 1;
	watch->id = last_id;
	list_add_tail(&watch->list, &watches);
	n_watches++;
}

static int watch_begin(struct watch *watch, struct task_struct *task,
		       bool on_exec)
{
	struct mmui_member *member;
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&lock, flags);
	ret = room(watch->socket);
	if (ret)
		goto unlock;
	member = member_add(watch, task->signal);
	if (!member) {
		ret = -ENFILE;
		goto unlock;
	}
	member->mm = process_mm(task);
	if (!on_exec)
		member->signal = member->owner;
	hlist_add_head_rcu(&member->node, mmui_members_of(task->signal));
	/* Nobody would take it out any more, nor see a new program. */
	if (is_over(task) || (on_exec && !member->mm)) {
		member_del(member);
		ret = -ESRCH;
		goto unlock;
	}
	number(watch);
	ret = watch->id;
unlock:
	raw_spin_unlock_irqrestore(&lock, flags);
	return ret;
}

/**
 * mmui_watch_add - watch a process, and the children that it will have
 * @socket: whose watch it is
 * @task: of the process; the caller's to put
 * @pid: its number, as the caller knows it
 * @sources: what to count, MMUINSPECT_SOURCE_*
 * @on_exec: begin when it has a new program
 * @alone: leave out the children
 *
 * May sleep. Return: the id, above 0; -EMFILE if the socket has
 * MMUI_WATCHES_SOCKET already; -ENFILE if there are MMUI_WATCHES_MAX, or
 * MMUI_MEMBERS_MAX processes; -ESRCH if it's gone; -ENOMEM.
 */
int mmui_watch_add(struct sock *socket, struct task_struct *task, u32 pid, u32 sources,
		   bool on_exec, bool alone)
{
	struct watch *watch;
	int ret;

	ret = pool_init();
	if (ret)
		return ret;
	watch = watch_alloc(socket, pid, sources, alone);
	if (!watch)
		return -ENOMEM;
	/* First the probes: who comes in must be seen when it goes. */
	ret = mmui_sources_get(sources | MMUI_SOURCE_WATCHES);
	if (ret)
		goto free;
	ret = watch_begin(watch, task, on_exec);
	if (ret > 0)
		return ret;
	mmui_sources_put(sources | MMUI_SOURCE_WATCHES);
free:
	call_rcu(&watch->rcu, watch_free);
	return ret;
}

/* With the lock. */
static void watch_end(struct watch *watch)
{
	struct mmui_member *member, *next;

	list_for_each_entry_safe(member, next, &watch->members, sibling)
		member_del(member);
	list_del(&watch->list);
	n_watches--;
	mmui_sources_put(watch->sources | MMUI_SOURCE_WATCHES);
	call_rcu(&watch->rcu, watch_free);
}

/* Return: 0, or -ENOENT if the socket has no such watch. */
int mmui_watch_del(const struct sock *socket, u32 id)
{
	struct watch *watch, *next;
	unsigned long flags;
	int ret = -ENOENT;

	raw_spin_lock_irqsave(&lock, flags);
	list_for_each_entry_safe(watch, next, &watches, list) {
		if (watch->socket != socket || watch->id != id)
			continue;
		watch_end(watch);
		ret = 0;
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	return ret;
}

static void end_some(bool released_only)
{
	struct watch *watch, *next;
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	list_for_each_entry_safe(watch, next, &watches, list)
		if (!released_only || sock_flag(watch->socket, SOCK_DEAD))
			watch_end(watch);
	raw_spin_unlock_irqrestore(&lock, flags);
}

/* End the watches of sockets that have been closed. */
void mmui_watches_released(void)
{
	end_some(true);
}

/**
 * mmui_watch_next - go through a socket's watches
 * @socket: the socket; its watches end only by its own calls, so those that are
 *	told stay until then
 * @from: lowest id of interest
 * @facts: receives what the watch says of itself
 *
 * Return: its counts; NULL if there is no further watch.
 */
struct mmui_counts __percpu *mmui_watch_next(const struct sock *socket, u32 from,
					     struct mmui_watch_facts *facts)
{
	struct mmui_counts __percpu *counts = NULL;
	const struct watch *watch;
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	list_for_each_entry(watch, &watches, list) {
		if (watch->socket != socket || watch->id < from)
			continue;
		*facts = (struct mmui_watch_facts) {
			.id = watch->id,
			.pid = watch->pid,
			.sources = watch->sources,
			.processes = watch->n_members,
			.unwatched = watch->unwatched,
		};
		counts = watch->counts;
		break;
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	return counts;
}

/* Nobody is left who could watch; the probes are gone. */
void mmui_watch_exit(void)
{
	end_some(false);
	rcu_barrier();
	kvfree(pool);
}
