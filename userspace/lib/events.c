// SPDX-License-Identifier: LGPL-2.1-or-later
/* Faults as events: ask for them, listen, and notice those that were lost. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <netlink/genl/ctrl.h>

#include "family.h"

/* Some thousand events, if the listener may have so much */
#define RECEIVE_SIZE (4 << 20)

/* A full socket has no room for the end of events: how often to ask again */
#define ENDS 8

/**
 * struct mmuinspect_events - a listener
 * @asks: its socket asked for the source events, and gets them
 * @id: number of the family
 * @seen: how far it is
 * @stopping: it asked for no further ones
 * @asked: how often it asked for the end
 * @ended: the end was read: no further event comes
 * @error: why they ended: 0 if it was asked for
 * @left: how many were lost behind the last event
 * @message: room for one
 */
struct mmuinspect_events {
	struct mmuinspect_family *asks;
	int id;
	struct events_seen seen;
	int stopping;
	unsigned int asked;
	int ended;
	int error;
	__u64 left;
	char message[8192] __attribute__((aligned(8)));
};

/* The controller of generic netlink announces there which families come and go. */
static int join_notices(struct mmuinspect_events *e)
{
	int group = genl_ctrl_resolve_grp(e->asks->sock, "nlctrl", "notify");

	return family_libnl_error(group < 0 ? group :
				  nl_socket_add_membership(e->asks->sock, group));
}

static int ask(struct mmuinspect_events *e, __u32 sources)
{
	struct nl_msg *msg = family_request(e->asks, MMUINSPECT_CMD_COUNTERS_SET, 0);

	if (!msg)
		return -ENOMEM;
	if (nla_put_u32(msg, MMUINSPECT_A_COUNTERS_SOURCES, sources)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	return family_tell(e->asks, msg);
}

static int begin(struct mmuinspect_events *e)
{
	int err, size = RECEIVE_SIZE;

	e->id = e->asks->id;
	/* Without the right to more it stays as it is. */
	setsockopt(mmuinspect_events_fd(e), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		   sizeof(size));
	err = join_notices(e);
	return err ? err : ask(e, MMUINSPECT_SOURCE_EVENTS);
}

int mmuinspect_events_open(struct mmuinspect_family *f,
			   struct mmuinspect_events **ret)
{
	struct mmuinspect_events *e = calloc(1, sizeof(*e));
	int err;

	f->why[0] = '\0';
	if (!e)
		return -ENOMEM;
	err = mmuinspect_family_open(&e->asks);
	if (!err)
		err = begin(e);
	if (err) {
		if (e->asks)
			memcpy(f->why, e->asks->why, sizeof(f->why));
		mmuinspect_events_close(e);
		return err;
	}
	*ret = e;
	return 0;
}

int mmuinspect_events_stop(struct mmuinspect_events *e)
{
	e->stopping = 1;
	e->asked++;
	return ask(e, 0);
}

void mmuinspect_events_close(struct mmuinspect_events *e)
{
	if (!e)
		return;
	mmuinspect_family_close(e->asks);
	free(e);
}

int mmuinspect_events_fd(const struct mmuinspect_events *e)
{
	return nl_socket_get_fd(e->asks->sock);
}

__u64 mmuinspect_events_lost(const struct mmuinspect_events *e)
{
	return e->left;
}

static void take_entry(struct mmuinspect_event *event, struct nlattr *nest)
{
	struct nlattr *attr[MMUINSPECT_A_ENTRY_MAX + 1];

	if (event->n_entries == MMUINSPECT_LEVELS_MAX ||
	    nla_parse_nested(attr, MMUINSPECT_A_ENTRY_MAX, nest, NULL))
		return;
	event->entry[event->n_entries++] = (struct mmuinspect_event_entry) {
		.level = family_number(attr[MMUINSPECT_A_ENTRY_LEVEL]),
		.raw = family_number(attr[MMUINSPECT_A_ENTRY_RAW]),
	};
}

static const struct {
	int attr;
	__u32 has;
} presence[] = {
	{ MMUINSPECT_A_FAULT_ADDRESS, MMUINSPECT_EVENT_ADDRESS },
	{ MMUINSPECT_A_FAULT_SIGNAL, MMUINSPECT_EVENT_SIGNAL },
	{ MMUINSPECT_A_FAULT_SIGNAL_ADDRESS, MMUINSPECT_EVENT_SIGNAL_ADDRESS },
	{ MMUINSPECT_A_FAULT_VECTOR, MMUINSPECT_EVENT_VECTOR },
	{ MMUINSPECT_A_FAULT_ERROR_CODE, MMUINSPECT_EVENT_ERROR_CODE },
	{ MMUINSPECT_A_FAULT_FRAME_ALTSTACK, MMUINSPECT_EVENT_ALTSTACK },
};

static void take_has(struct mmuinspect_event *event, struct nlattr **attr)
{
	size_t i;

	for (i = 0; i < sizeof(presence) / sizeof(presence[0]); i++)
		if (attr[presence[i].attr])
			event->has |= presence[i].has;
}

static void take_numbers(struct mmuinspect_event *event, struct nlattr **attr)
{
	event->seq = family_number(attr[MMUINSPECT_A_FAULT_SEQ]);
	event->lost = family_number(attr[MMUINSPECT_A_FAULT_LOST]);
	event->time = family_number(attr[MMUINSPECT_A_FAULT_TIME]);
	event->cpu = family_number(attr[MMUINSPECT_A_FAULT_CPU]);
	event->pid = family_number(attr[MMUINSPECT_A_FAULT_PID]);
	event->tid = family_number(attr[MMUINSPECT_A_FAULT_TID]);
	event->end = family_number(attr[MMUINSPECT_A_FAULT_END]);
	event->vector = family_number(attr[MMUINSPECT_A_FAULT_VECTOR]);
	event->error_code = family_number(attr[MMUINSPECT_A_FAULT_ERROR_CODE]);
	event->address = family_number(attr[MMUINSPECT_A_FAULT_ADDRESS]);
	event->ip = family_number(attr[MMUINSPECT_A_FAULT_IP]);
	event->sp = family_number(attr[MMUINSPECT_A_FAULT_SP]);
	event->signal = family_number(attr[MMUINSPECT_A_FAULT_SIGNAL]);
	event->code = (__s32)family_number(attr[MMUINSPECT_A_FAULT_CODE]);
	event->signal_address =
		family_number(attr[MMUINSPECT_A_FAULT_SIGNAL_ADDRESS]);
	event->user = !!attr[MMUINSPECT_A_FAULT_USER];
	event->origin = family_number(attr[MMUINSPECT_A_FAULT_ORIGIN]);
	event->frame_signal = family_number(attr[MMUINSPECT_A_FAULT_FRAME_SIGNAL]);
	take_has(event, attr);
}

int events_take(struct nlmsghdr *head, struct mmuinspect_event *event)
{
	struct nlattr *attr[MMUINSPECT_A_FAULT_MAX + 1], *a, *bytes;
	struct genlmsghdr *genl = genlmsg_hdr(head);
	int rest;

	*event = (struct mmuinspect_event) { 0 };
	if (!genlmsg_valid_hdr(head, 0) || genl->cmd != MMUINSPECT_CMD_FAULT_NTF ||
	    genlmsg_parse(head, 0, attr, MMUINSPECT_A_FAULT_MAX, NULL) ||
	    !attr[MMUINSPECT_A_FAULT_SEQ])
		return -EPROTO;
	take_numbers(event, attr);
	if (attr[MMUINSPECT_A_FAULT_COMM])
		nla_strlcpy(event->comm, attr[MMUINSPECT_A_FAULT_COMM],
			    sizeof(event->comm));
	bytes = attr[MMUINSPECT_A_FAULT_BYTES];
	if (bytes)
		event->n_bytes = nla_memcpy(event->bytes, bytes,
					    sizeof(event->bytes));
	nla_for_each_attr(a, genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), rest)
		if (nla_type(a) == MMUINSPECT_A_FAULT_ENTRY)
			take_entry(event, a);
	return 0;
}

int events_are_over(struct nlmsghdr *head, int id)
{
	struct nlattr *attr[CTRL_ATTR_MAX + 1];

	if (head->nlmsg_type != GENL_ID_CTRL || !genlmsg_valid_hdr(head, 0) ||
	    genlmsg_hdr(head)->cmd != CTRL_CMD_DELFAMILY ||
	    genlmsg_parse(head, 0, attr, CTRL_ATTR_MAX, NULL) ||
	    !attr[CTRL_ATTR_FAMILY_ID])
		return 0;
	return nla_get_u16(attr[CTRL_ATTR_FAMILY_ID]) == id;
}

/*
 * The number of those that this listener was too slow for is in the gap, that of
 * those that never had a number in the message. Both begin with its request.
 */
void events_count_lost(struct events_seen *seen, struct mmuinspect_event *event)
{
	__u64 lost = event->lost;

	event->lost = 0;
	if (lost > seen->lost)
		event->lost += lost - seen->lost;
	if (event->seq > seen->seq + 1)
		event->lost += event->seq - seen->seq - 1;
	/* Events of two CPUs may come in another order than they were made. */
	if (lost > seen->lost)
		seen->lost = lost;
	seen->seq = event->seq;
}

/* Is it the end of events? Then it's kept why, and how many were lost before it. */
static int take_end(struct mmuinspect_events *e, struct nlmsghdr *head)
{
	struct nlattr *attr[MMUINSPECT_A_EVENTS_END_MAX + 1];
	struct mmuinspect_event last = { 0 };

	if (!genlmsg_valid_hdr(head, 0) ||
	    genlmsg_hdr(head)->cmd != MMUINSPECT_CMD_EVENTS_END_NTF ||
	    genlmsg_parse(head, 0, attr, MMUINSPECT_A_EVENTS_END_MAX, NULL))
		return 0;
	/* As an event behind the last one would have it */
	last.seq = family_number(attr[MMUINSPECT_A_EVENTS_END_SEQ]) + 1;
	last.lost = family_number(attr[MMUINSPECT_A_EVENTS_END_LOST]);
	events_count_lost(&e->seen, &last);
	e->left = last.lost;
	e->error = (__s32)family_number(attr[MMUINSPECT_A_EVENTS_END_ERROR]);
	e->ended = 1;
	return 1;
}

/* 1 if it was an event, 0 to go on, or why there is no further one */
static int take_message(struct mmuinspect_events *e, ssize_t n,
			struct mmuinspect_event *ret)
{
	struct nlmsghdr *head = (void *)e->message;

	if (!nlmsg_ok(head, n))
		return 0;
	if (events_are_over(head, e->id))
		return -ENODEV;
	if (head->nlmsg_type != e->id)
		return 0;
	if (take_end(e, head))
		return e->error ? e->error : -ENODATA;
	if (events_take(head, ret))
		return 0;
	events_count_lost(&e->seen, ret);
	return 1;
}

int mmuinspect_events_next(struct mmuinspect_events *e, int timeout,
			   struct mmuinspect_event *ret)
{
	struct pollfd pfd = { mmuinspect_events_fd(e), POLLIN, 0 };
	ssize_t n;
	int got = 0;

	while (!got) {
		if (e->ended)
			return e->error ? e->error : -ENODATA;
		got = poll(&pfd, 1, e->stopping ? 0 : timeout);
		if (got < 0)
			return -errno;
		/* The end had no room, and there is some now. */
		if (!got && (!e->stopping || e->asked++ == ENDS || ask(e, 0)))
			return 0;
		if (!got)
			continue;
		n = recv(pfd.fd, e->message, sizeof(e->message), MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			return -errno;
		got = n < 0 ? 0 : take_message(e, n, ret);
	}
	return got;
}
