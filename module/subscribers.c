// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets that ask for sources, and the delivery of fault events to them.
 *
 * A subscriber is a socket, not a port number: a closed socket's number may be
 * bound by another one before its release is notified. An event is sent while the
 * socket's file is pinned, so the number can't change hands meanwhile, and only
 * if opener, asker and lockdown still permit it.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/netlink.h>
#include <net/sock.h>
#include <linux/mmuinspect_netlink.h>

#include "compat.h"
#include "netlink.h"
#include "policy.h"
#include "privilege.h"
#include "probes.h"
#include "subscribers.h"

/**
 * struct subscriber - a socket that asked for sources
 * @list: in subscribers
 * @socket: identifies it; a reference keeps the address from being used again
 * @portid: where its messages go while its file is pinned
 * @sources: what it asked for, MMUINSPECT_SOURCE_*
 * @asker: the process that asked
 * @since: when it asked for events, CLOCK_MONOTONIC in nanoseconds
 * @seq: number of the last event that was meant for it
 * @lost: how many events the pool had lost when it asked
 * @ended: events have ended, but the message about it had no room yet
 * @error: why: 0, or a negative errno
 */
struct subscriber {
	struct list_head list;
	struct sock *socket;
	u32 portid;
	u32 sources;
	struct pid *asker;
	u64 since;
	u64 seq;
	u64 lost;
	bool ended;
	int error;
};

static LIST_HEAD(subscribers);
static DEFINE_MUTEX(lock);
static bool closed;	/* the module is about to go */

static struct subscriber *find(const struct sock *socket)
{
	struct subscriber *s;

	list_for_each_entry(s, &subscribers, list)
		if (s->socket == socket)
			return s;
	return NULL;
}

static void subscriber_free(struct subscriber *s)
{
	put_pid(s->asker);
	sock_put(s->socket);
	kfree(s);
}

static struct subscriber *subscriber_alloc(const struct sk_buff *skb, u32 sources)
{
	struct subscriber *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);

	if (!s)
		return NULL;
	s->socket = NETLINK_CB(skb).sk;
	sock_hold(s->socket);
	s->portid = NETLINK_CB(skb).portid;
	s->sources = sources;
	s->asker = get_pid(task_tgid(current));
	s->since = ktime_get_mono_fast_ns();
	s->lost = mmui_privilege_lost();
	return s;
}

static bool wants_events(const struct subscriber *s)
{
	return s->sources & MMUINSPECT_SOURCE_EVENTS;
}

/* Return: the socket's file with a reference; NULL if it's being closed. */
static struct file *file_get(struct sock *socket)
{
	struct file *file = NULL;

	read_lock_bh(&socket->sk_callback_lock);
	if (socket->sk_socket)
		file = mmui_get_file(socket->sk_socket->file);
	read_unlock_bh(&socket->sk_callback_lock);
	return file;
}

/* Return: 0, or why events mustn't be sent any more. */
static int still_may(const struct subscriber *s, const struct file *file)
{
	struct task_struct *asker = get_pid_task(s->asker, PIDTYPE_TGID);
	int ret;

	if (!asker)
		return -ESRCH;
	ret = mmui_may_send_events(file, asker);
	put_task_struct(asker);
	return ret;
}

/*
 * Tell the socket that its events have ended, why, and how many it missed. Without
 * room for that it stays a subscriber, and is told when it asks again.
 */
static void send_end(struct subscriber *s, const struct file *file)
{
	u64 lost = mmui_privilege_lost() - s->lost;

	s->ended = mmui_netlink_events_end(s->portid, s->seq, lost, s->error) == -EAGAIN;
}

static void end_events(struct subscriber *s, const struct file *file, int error)
{
	s->sources &= ~MMUINSPECT_SOURCE_EVENTS;
	s->error = error;
	send_end(s, file);
	mmui_sources_put(MMUINSPECT_SOURCE_EVENTS);
}

/* A socket that can't keep up is told so by ENOBUFS, and finds the gap in @seq. */
static void send_one(struct subscriber *s, const struct mmui_event *event)
{
	struct file *file;
	int why;

	if (!wants_events(s) || event->time < s->since)
		return;
	file = file_get(s->socket);
	if (!file)
		return;
	why = still_may(s, file);
	if (why)
		end_events(s, file, why);
	else
		mmui_netlink_fault(s->portid, event, ++s->seq, event->lost - s->lost);
	fput(file);
}

/**
 * mmui_subscribers_send - send a fault event to each socket that asked for events
 * @event: the event, with @lost of the pool
 *
 * May sleep.
 */
void mmui_subscribers_send(const struct mmui_event *event)
{
	struct subscriber *s;

	mutex_lock(&lock);
	list_for_each_entry(s, &subscribers, list)
		send_one(s, event);
	mutex_unlock(&lock);
}

/* What @old had besides: the numbering of its events goes on. */
static void inherit(struct subscriber *new, const struct subscriber *old)
{
	if (!wants_events(new) && !old->ended)
		return;
	if (!wants_events(old) && !old->ended)
		return;
	new->since = old->since;
	new->seq = old->seq;
	new->lost = old->lost;
	new->ended = old->ended && !wants_events(new);
	new->error = old->error;
}

/* Events were asked for and no longer are: those before the call come first. */
static void stop_events(struct sock *socket)
{
	struct subscriber *s;
	struct file *file;

	mmui_privilege_flush();
	mutex_lock(&lock);
	s = find(socket);
	file = s ? file_get(socket) : NULL;
	if (file && (wants_events(s) || s->ended)) {
		if (wants_events(s))
			end_events(s, file, 0);
		else
			send_end(s, file);
		fput(file);
	}
	mutex_unlock(&lock);
}

/* With the lock: put @s in the place of what its socket asked for before. */
static u32 replace(struct subscriber *s)
{
	struct subscriber *old = find(s->socket);
	u32 sources = 0;

	if (old) {
		sources = old->sources;
		inherit(s, old);
		list_del(&old->list);
		subscriber_free(old);
	}
	if (s->sources || s->ended)
		list_add(&s->list, &subscribers);
	else
		subscriber_free(s);
	return sources;
}

/**
 * mmui_subscriber_set - count some sources for the socket that sent a request
 * @skb: the request
 * @sources: MMUINSPECT_SOURCE_*; those that it asked for before and that aren't
 *	among them end
 *
 * New sources begin first: what stays is counted without a break. May sleep.
 *
 * Return: 0 or a negative errno; -ENODEV while the module is unloaded.
 */
int mmui_subscriber_set(const struct sk_buff *skb, u32 sources)
{
	struct subscriber *s = subscriber_alloc(skb, sources);
	u32 before;
	int ret;

	if (!s)
		return -ENOMEM;
	ret = mmui_sources_get(sources);
	if (ret)
		goto free;
	if (!(sources & MMUINSPECT_SOURCE_EVENTS))
		stop_events(s->socket);
	mutex_lock(&lock);
	if (closed) {
		mutex_unlock(&lock);
		mmui_sources_put(sources);
		ret = -ENODEV;
		goto free;
	}
	before = replace(s);
	mutex_unlock(&lock);
	mmui_sources_put(before);
	return 0;
free:
	subscriber_free(s);
	return ret;
}

/* Drop what closed sockets asked for. */
void mmui_subscribers_released(void)
{
	struct subscriber *s, *next;

	mutex_lock(&lock);
	list_for_each_entry_safe(s, next, &subscribers, list) {
		if (!sock_flag(s->socket, SOCK_DEAD))
			continue;
		mmui_sources_put(s->sources);
		list_del(&s->list);
		subscriber_free(s);
	}
	mutex_unlock(&lock);
}

/**
 * mmui_subscribers_close - end all subscriptions, for ever
 *
 * No probe of theirs is attached any more at its return, what the pool held has
 * been sent, and sockets that asked for events have been told of the end. May sleep.
 */
void mmui_subscribers_close(void)
{
	struct subscriber *s, *next;
	struct file *file;

	mmui_probes_close();
	mmui_privilege_flush();
	mutex_lock(&lock);
	closed = true;
	list_for_each_entry_safe(s, next, &subscribers, list) {
		file = wants_events(s) ? file_get(s->socket) : NULL;
		if (file) {
			end_events(s, file, -ENODEV);
			fput(file);
		}
		mmui_sources_put(s->sources);
		list_del(&s->list);
		subscriber_free(s);
	}
	mutex_unlock(&lock);
}
