// SPDX-License-Identifier: GPL-2.0-only
/* The family's operations about counting: who wants what, and how much there was. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/cpumask.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uidgid.h>
#include <net/genetlink.h>
#include <net/netlink.h>
#include <linux/mmuinspect_netlink.h>

#include "arch.h"
#include "counts.h"
#include "netlink.h"
#include "policy.h"
#include "privilege.h"
#include "probes.h"
#include "subscribers.h"
#include "watch.h"

#define SOURCES_ALL (2 * MMUINSPECT_SOURCE_EVENTS - 1)

/* What a process can have; the rest is the machine's alone. */
#define SOURCES_WATCH (MMUINSPECT_SOURCE_FAULTS | MMUINSPECT_SOURCE_STATES | \
		       MMUINSPECT_SOURCE_OUTCOMES |			     \
		       MMUINSPECT_SOURCE_REQUESTS | MMUINSPECT_SOURCE_LATENCY)

static int counting_may(const struct sk_buff *skb, struct netlink_ext_ack *extack)
{
	if (mmui_socket_may(skb, CAP_SYS_ADMIN))
		return 0;
	NL_SET_ERR_MSG(extack, "counting needs CAP_SYS_ADMIN in the initial user namespace");
	return -EPERM;
}

/* Events reveal addresses of the kernel. */
static int events_may(const struct sk_buff *skb, struct netlink_ext_ack *extack)
{
	int ret = mmui_reveal(mmui_socket_may(skb, CAP_SYS_RAWIO));

	if (ret == -EACCES)
		NL_SET_ERR_MSG(extack, "events need CAP_SYS_RAWIO in the initial user namespace");
	else if (ret)
		NL_SET_ERR_MSG(extack, "the kernel is locked down: events would reveal kernel addresses");
	return ret;
}

static int sources_check(u32 sources, struct netlink_ext_ack *extack)
{
	if (!(sources & ~mmui_sources_here()))
		return 0;
	NL_SET_ERR_MSG(extack, "this kernel can't count all of these sources: info-get says which");
	return -EOPNOTSUPP;
}

const struct nla_policy mmui_counters_policy[MMUINSPECT_A_COUNTERS_SOURCES + 1] = {
	[MMUINSPECT_A_COUNTERS_CPU] = { .type = NLA_REJECT },
	[MMUINSPECT_A_COUNTERS_COUNTS] = { .type = NLA_REJECT },
	[MMUINSPECT_A_COUNTERS_LOST] = { .type = NLA_REJECT },
	[MMUINSPECT_A_COUNTERS_SOURCES] = NLA_POLICY_MASK(NLA_U32, SOURCES_ALL),
};

int mmui_counters_set(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[MMUINSPECT_A_COUNTERS_SOURCES];
	u32 sources;
	int ret;

	ret = counting_may(skb, info->extack);
	if (ret)
		return ret;
	if (!attr) {
		NL_SET_ERR_MSG(info->extack, "missing attribute \"sources\" (0 stops counting)");
		return -EINVAL;
	}
	sources = nla_get_u32(attr);
	ret = sources_check(sources, info->extack);
	if (!ret && sources & MMUINSPECT_SOURCE_EVENTS)
		ret = events_may(skb, info->extack);
	if (ret)
		return ret;
	return mmui_subscriber_set(skb, sources);
}

int mmui_counting_start(struct netlink_callback *cb)
{
	return counting_may(cb->skb, cb->extack);
}

static int tally_put(struct sk_buff *skb, int attr, u32 key, s32 sub, u64 count)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u32(skb, MMUINSPECT_A_TALLY_KEY, key) ||
	    (sub && nla_put_s32(skb, MMUINSPECT_A_TALLY_SUB, sub)) ||
	    nla_put_u64_64bit(skb, MMUINSPECT_A_TALLY_COUNT, count,
			      MMUINSPECT_A_TALLY_PAD)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/*
 * As many counts as fit, beginning with @at, which is left at the first that
 * didn't. Return: how many, or -EMSGSIZE if it wasn't even one.
 */
static int counts_put(struct sk_buff *skb, int attr,
		      const struct mmui_counts *counts, bool machine, u32 sources,
		      u32 *at)
{
	struct nlattr *nest = nla_nest_start(skb, attr);
	unsigned int next = *at;
	struct mmui_cell cell;
	int n = 0;

	if (!nest)
		return -EMSGSIZE;
	while (mmui_counts_next(counts, machine, sources, &next, &cell)) {
		if (tally_put(skb, cell.attr, cell.key, cell.sub, cell.count)) {
			nla_nest_end(skb, nest);
			return n ? n : -EMSGSIZE;
		}
		*at = next;
		n++;
	}
	nla_nest_end(skb, nest);
	*at = 0;
	return n;
}

static int cpu_put(struct sk_buff *skb, u32 cpu, u32 *at)
{
	if (nla_put_u32(skb, MMUINSPECT_A_COUNTERS_CPU, cpu))
		return -EMSGSIZE;
	return counts_put(skb, MMUINSPECT_A_COUNTERS_COUNTS,
			  &per_cpu_ptr(mmui_machine, cpu)->counts, true, SOURCES_ALL, at);
}

/* The last message, about all CPUs */
static int rest_put(struct sk_buff *skb)
{
	if (nla_put_u64_64bit(skb, MMUINSPECT_A_COUNTERS_LOST,
			      mmui_sources_lost(), MMUINSPECT_A_COUNTERS_PAD) ||
	    nla_put_u32(skb, MMUINSPECT_A_COUNTERS_SOURCES,
			mmui_sources_used() & SOURCES_ALL))
		return -EMSGSIZE;
	return 0;
}

/* A CPU whose counts don't fit into one message has more of them. */
int mmui_counters_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct mmui_dump *dump = mmui_dump_of(cb);
	void *head;
	int n;

	while (!dump->done) {
		dump->next = cpumask_next((int)dump->next - 1, cpu_possible_mask);
		head = mmui_dump_put(skb, cb);
		if (!head)
			break;
		if (dump->next >= nr_cpu_ids) {
			n = rest_put(skb);
			dump->done = !n;
		} else {
			n = cpu_put(skb, dump->next, &dump->at);
		}
		if (n < 0 || (!n && !dump->done)) {
			genlmsg_cancel(skb, head);
			if (n < 0)
				break;
		} else {
			genlmsg_end(skb, head);
		}
		if (!dump->at)
			dump->next++;
	}
	return skb->len;
}

int mmui_matrix_start(struct netlink_callback *cb)
{
	int ret = counting_may(cb->skb, cb->extack);

	if (ret || mmui_probe_here(__stringify(MMUI_SHOTS)))
		return ret;
	NL_SET_ERR_MSG(cb->extack, "this kernel reports how many CPUs are asked (counters-get: targets), not which get an IPI");
	return -EOPNOTSUPP;
}

/* @at is the next target of CPU @next. Return: how many were put, or -EMSGSIZE. */
static int targets_put(struct sk_buff *skb, struct mmui_dump *dump)
{
	const u64 *row = per_cpu_ptr(mmui_matrix, dump->next);
	int n = 0;

	if (nla_put_u32(skb, MMUINSPECT_A_MATRIX_CPU, dump->next))
		return -EMSGSIZE;
	for (; dump->at < nr_cpu_ids; dump->at++) {
		u64 count = READ_ONCE(row[dump->at]);

		if (!count)
			continue;
		if (tally_put(skb, MMUINSPECT_A_MATRIX_TARGET, dump->at, 0, count))
			return n ? n : -EMSGSIZE;
		n++;
	}
	dump->at = 0;
	return n;
}

int mmui_matrix_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct mmui_dump *dump = mmui_dump_of(cb);
	void *head;
	int n;

	for (;;) {
		dump->next = cpumask_next((int)dump->next - 1, cpu_possible_mask);
		if (dump->next >= nr_cpu_ids)
			break;
		head = mmui_dump_put(skb, cb);
		if (!head)
			break;
		n = targets_put(skb, dump);
		if (n > 0)
			genlmsg_end(skb, head);
		else
			genlmsg_cancel(skb, head);
		if (n < 0)
			break;
		if (!dump->at)
			dump->next++;
	}
	return skb->len;
}

const struct nla_policy mmui_watch_policy[MMUINSPECT_A_WATCH_ID + 1] = {
	[MMUINSPECT_A_WATCH_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

const struct nla_policy mmui_watch_add_policy[MMUINSPECT_A_WATCH_ALONE + 1] = {
	[MMUINSPECT_A_WATCH_ID] = { .type = NLA_REJECT },
	[MMUINSPECT_A_WATCH_PID] = { .type = NLA_U32 },
	[MMUINSPECT_A_WATCH_SOURCES] = NLA_POLICY_MASK(NLA_U32, SOURCES_WATCH),
	[MMUINSPECT_A_WATCH_ON_EXEC] = { .type = NLA_FLAG },
	[MMUINSPECT_A_WATCH_ALONE] = { .type = NLA_FLAG },
};

/* The process with this number, as the caller counts; 0 is the caller. */
static struct task_struct *process_get(u32 nr)
{
	struct pid *pid = nr ? find_get_pid(nr) : get_pid(task_tgid(current));
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);

	put_pid(pid);
	return task;
}

static int process_may(const struct sk_buff *skb, struct task_struct *task,
		       struct netlink_ext_ack *extack)
{
	if (!thread_group_leader(task)) {
		NL_SET_ERR_MSG(extack, "this is a thread, not a process");
		return -EINVAL;
	}
	if (task->flags & PF_KTHREAD) {
		NL_SET_ERR_MSG(extack, "a kernel thread has no address space");
		return -ENXIO;
	}
	if (!uid_eq(task_uid(task), current_uid()) &&
	    !mmui_socket_may(skb, CAP_SYS_PTRACE)) {
		NL_SET_ERR_MSG(extack, "another user's process needs CAP_SYS_PTRACE in the initial user namespace");
		return -EPERM;
	}
	return 0;
}

/* Why mmui_watch_add() says no */
static const struct {
	int error;
	const char *why;
} refusals[] = {
	{ -EMFILE, "this socket has 64 watches, and no room for more" },
	{ -ENFILE, "128 watches, or 4096 watched processes: there's no room for more" },
	{ -ESRCH, "there is no such process" },
};

static void explain(int error, struct netlink_ext_ack *extack)
{
	unsigned int i;

	for (i = 0; extack && i < ARRAY_SIZE(refusals); i++)
		if (refusals[i].error == error)
			extack->_msg = refusals[i].why;
}

static int watch_begin(struct sk_buff *skb, struct genl_info *info,
		       struct task_struct *task, u32 pid)
{
	u32 sources = nla_get_u32(info->attrs[MMUINSPECT_A_WATCH_SOURCES]);
	int ret = process_may(skb, task, info->extack);

	if (!ret)
		ret = sources_check(sources, info->extack);
	if (ret)
		return ret;
	ret = mmui_watch_add(NETLINK_CB(skb).sk, task, pid, sources,
			     info->attrs[MMUINSPECT_A_WATCH_ON_EXEC],
			     info->attrs[MMUINSPECT_A_WATCH_ALONE]);
	explain(ret, info->extack);
	return ret;
}

int mmui_watch_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *pid = info->attrs[MMUINSPECT_A_WATCH_PID];
	struct task_struct *task;
	struct sk_buff *reply;
	void *head;
	int id, ret;

	id = counting_may(skb, info->extack);
	if (id)
		return id;
	if (!pid || !info->attrs[MMUINSPECT_A_WATCH_SOURCES]) {
		NL_SET_ERR_MSG(info->extack, "a watch needs pid and sources");
		return -EINVAL;
	}
	/* Room for the answer first: a watch whose id nobody knows can't end. */
	reply = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	head = mmui_reply_put(reply, info);
	task = process_get(nla_get_u32(pid));
	id = task ? watch_begin(skb, info, task, nla_get_u32(pid)) : -ESRCH;
	if (task)
		put_task_struct(task);
	else
		explain(id, info->extack);
	if (id < 0 || !head || nla_put_u32(reply, MMUINSPECT_A_WATCH_ID, id)) {
		nlmsg_free(reply);
		return id < 0 ? id : -EMSGSIZE;
	}
	genlmsg_end(reply, head);
	ret = genlmsg_reply(reply, info);
	if (ret)
		mmui_watch_del(NETLINK_CB(skb).sk, id);
	return ret;
}

int mmui_watch_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *id = info->attrs[MMUINSPECT_A_WATCH_ID];
	int ret = counting_may(skb, info->extack);

	if (ret)
		return ret;
	ret = id ? mmui_watch_del(NETLINK_CB(skb).sk, nla_get_u32(id)) : -EINVAL;
	if (ret)
		NL_SET_ERR_MSG(info->extack, "this socket has no such watch");
	return ret;
}

int mmui_watch_start(struct netlink_callback *cb)
{
	struct nlattr *attrs[MMUINSPECT_A_WATCH_ID + 1];
	int ret = mmui_dump_parse(cb, attrs, MMUINSPECT_A_WATCH_ID, mmui_watch_policy);

	if (ret)
		return ret;
	if (attrs[MMUINSPECT_A_WATCH_ID])
		mmui_dump_of(cb)->only = nla_get_u32(attrs[MMUINSPECT_A_WATCH_ID]);
	mmui_dump_of(cb)->next = mmui_dump_of(cb)->only;
	return counting_may(cb->skb, cb->extack);
}

static int watch_put(struct sk_buff *skb, const struct mmui_watch_facts *facts,
		     const struct mmui_counts *sum, u32 *at)
{
	if (nla_put_u32(skb, MMUINSPECT_A_WATCH_ID, facts->id) ||
	    nla_put_u32(skb, MMUINSPECT_A_WATCH_PID, facts->pid) ||
	    nla_put_u32(skb, MMUINSPECT_A_WATCH_SOURCES, facts->sources) ||
	    nla_put_u32(skb, MMUINSPECT_A_WATCH_PROCESSES, facts->processes) ||
	    nla_put_u64_64bit(skb, MMUINSPECT_A_WATCH_UNWATCHED,
			      facts->unwatched, MMUINSPECT_A_WATCH_PAD))
		return -EMSGSIZE;
	return counts_put(skb, MMUINSPECT_A_WATCH_COUNTS, sum, false,
			  facts->sources, at);
}

/*
 * The next watch from @from on, with its sums. RCU keeps its counts while they are
 * added up, although the watch may end meanwhile.
 */
static bool watch_sum(const struct sock *socket, u32 from,
		      struct mmui_watch_facts *facts, struct mmui_counts *sum)
{
	const struct mmui_counts __percpu *counts;

	rcu_read_lock();
	counts = mmui_watch_next(socket, from, facts);
	if (counts)
		mmui_counts_sum(counts, facts->sources, sum);
	rcu_read_unlock();
	return counts;
}

/*
 * CPUs of watches that are added up in one go: genl_mutex is held, and the caller
 * reads again.
 */
#define SUMS_MAX 64

int mmui_watch_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct mmui_counts *sum = kmalloc(sizeof(*sum), GFP_KERNEL);
	struct mmui_dump *dump = mmui_dump_of(cb);
	struct mmui_watch_facts facts;
	unsigned int sums;
	void *head;

	if (!sum)
		return -ENOMEM;
	for (sums = 0; sums < SUMS_MAX; sums += num_possible_cpus()) {
		if (!watch_sum(NETLINK_CB(cb->skb).sk, dump->next, &facts, sum) ||
		    (dump->only && facts.id != dump->only))
			break;
		/* The one that wasn't told to its end is gone. */
		if (facts.id != dump->next)
			dump->at = 0;
		head = mmui_dump_put(skb, cb);
		if (!head)
			break;
		if (watch_put(skb, &facts, sum, &dump->at) < 0) {
			genlmsg_cancel(skb, head);
			break;
		}
		genlmsg_end(skb, head);
		dump->next = dump->at ? facts.id : facts.id + 1;
		cond_resched();
	}
	kfree(sum);
	return skb->len;
}

/* A socket was closed. */
void mmui_counting_end(void)
{
	mmui_watches_released();
	mmui_subscribers_released();
}

static int entries_put(struct sk_buff *skb, const struct mmui_way *way)
{
	unsigned int n = mmui_way_length(way), i;
	struct nlattr *nest;

	for (i = 0; i < n; i++) {
		nest = nla_nest_start(skb, MMUINSPECT_A_FAULT_ENTRY);
		if (!nest ||
		    nla_put_u32(skb, MMUINSPECT_A_ENTRY_LEVEL,
				way->level + n - 1 - i) ||
		    nla_put_u64_64bit(skb, MMUINSPECT_A_ENTRY_RAW, way->raw[i],
				      MMUINSPECT_A_ENTRY_PAD))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}

static int put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, MMUINSPECT_A_FAULT_PAD);
}

/* What isn't known, or isn't there, is left out. */
static int exception_put(struct sk_buff *skb, const struct mmui_event *e)
{
	if (e->vector != MMUI_NO_VECTOR &&
	    nla_put_u32(skb, MMUINSPECT_A_FAULT_VECTOR, e->vector))
		return -EMSGSIZE;
	if (e->has_error_code &&
	    put_u64(skb, MMUINSPECT_A_FAULT_ERROR_CODE, e->error_code))
		return -EMSGSIZE;
	if (e->vector == MMUI_ARCH_PAGE_FAULT &&
	    put_u64(skb, MMUINSPECT_A_FAULT_ADDRESS, e->addr))
		return -EMSGSIZE;
	if (e->frame_sig &&
	    nla_put_u32(skb, MMUINSPECT_A_FAULT_FRAME_SIGNAL, e->frame_sig))
		return -EMSGSIZE;
	if (e->on_altstack && nla_put_flag(skb, MMUINSPECT_A_FAULT_FRAME_ALTSTACK))
		return -EMSGSIZE;
	return 0;
}

static int fault_put(struct sk_buff *skb, const struct mmui_event *e, u64 seq,
		     u64 lost)
{
	if (put_u64(skb, MMUINSPECT_A_FAULT_SEQ, seq) ||
	    put_u64(skb, MMUINSPECT_A_FAULT_LOST, lost) ||
	    put_u64(skb, MMUINSPECT_A_FAULT_TIME, e->time) ||
	    nla_put_u32(skb, MMUINSPECT_A_FAULT_CPU, e->cpu) ||
	    nla_put_u32(skb, MMUINSPECT_A_FAULT_PID, e->pid) ||
	    nla_put_u32(skb, MMUINSPECT_A_FAULT_TID, e->tid) ||
	    nla_put_string(skb, MMUINSPECT_A_FAULT_COMM, e->comm) ||
	    nla_put_u32(skb, MMUINSPECT_A_FAULT_END, e->end) ||
	    nla_put_u32(skb, MMUINSPECT_A_FAULT_ORIGIN, e->origin) ||
	    put_u64(skb, MMUINSPECT_A_FAULT_IP, e->ip) ||
	    put_u64(skb, MMUINSPECT_A_FAULT_SP, e->sp))
		return -EMSGSIZE;
	if (exception_put(skb, e))
		return -EMSGSIZE;
	if (e->n_bytes &&
	    nla_put(skb, MMUINSPECT_A_FAULT_BYTES, e->n_bytes, e->bytes))
		return -EMSGSIZE;
	if (e->sig &&
	    (nla_put_u32(skb, MMUINSPECT_A_FAULT_SIGNAL, e->sig) ||
	     nla_put_s32(skb, MMUINSPECT_A_FAULT_CODE, e->code) ||
	     put_u64(skb, MMUINSPECT_A_FAULT_SIGNAL_ADDRESS, e->sig_addr)))
		return -EMSGSIZE;
	if (e->user && nla_put_flag(skb, MMUINSPECT_A_FAULT_USER))
		return -EMSGSIZE;
	return entries_put(skb, &e->way);
}

/**
 * mmui_netlink_fault - send an event to a socket
 * @portid: the socket's number, which the caller keeps from changing hands
 * @event: the event
 * @seq: its number in what that socket gets
 * @lost: how many events the pool has lost since the socket asked
 *
 * Without memory, or without room in the socket (which gets ENOBUFS), the socket
 * finds a gap in @seq.
 */
void mmui_netlink_fault(u32 portid, const struct mmui_event *event, u64 seq, u64 lost)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *head;

	if (!skb)
		return;
	head = mmui_event_put(skb, MMUINSPECT_CMD_FAULT_NTF);
	if (!head || fault_put(skb, event, seq, lost)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	genlmsg_unicast(&init_net, skb, portid);
}

/**
 * mmui_netlink_events_end - tell a socket that it gets no further events
 * @portid: as of mmui_netlink_fault()
 * @seq: number of the last event that was meant for it
 * @lost: how many the pool lost since it asked
 * @error: why: 0 if it asked for that, or a negative errno
 *
 * Return: 0, or a negative errno; -EAGAIN if the socket has no room for it.
 */
int mmui_netlink_events_end(u32 portid, u64 seq, u64 lost, int error)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *head;

	if (!skb)
		return -EAGAIN;
	head = mmui_event_put(skb, MMUINSPECT_CMD_EVENTS_END_NTF);
	if (!head ||
	    nla_put_u64_64bit(skb, MMUINSPECT_A_EVENTS_END_SEQ, seq,
			      MMUINSPECT_A_EVENTS_END_PAD) ||
	    nla_put_u64_64bit(skb, MMUINSPECT_A_EVENTS_END_LOST, lost,
			      MMUINSPECT_A_EVENTS_END_PAD) ||
	    nla_put_s32(skb, MMUINSPECT_A_EVENTS_END_ERROR, error)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return genlmsg_unicast(&init_net, skb, portid);
}
