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

/**
 * struct mmuinspect_events - a listener
 * @asks: has the source events; nothing else comes to it
 * @sock: is in the group
 * @group: number of the group
 * @id: number of the family
 * @seen: how far it is
 * @message: room for one
 */
struct mmuinspect_events {
	struct mmuinspect_family *asks;
	struct nl_sock *sock;
	int group;
	int id;
	struct events_seen seen;
	char message[8192] __attribute__((aligned(8)));
};

/* The controller of generic netlink tells there which families come and go. */
static int join_notices(struct mmuinspect_events *e)
{
	int group = genl_ctrl_resolve_grp(e->sock, "nlctrl", "notify");

	return family_libnl_error(group < 0 ? group :
				  nl_socket_add_membership(e->sock, group));
}

static int join(struct mmuinspect_events *e)
{
	int err, size = RECEIVE_SIZE;

	e->sock = nl_socket_alloc();
	if (!e->sock)
		return -ENOMEM;
	err = genl_connect(e->sock);
	if (err)
		return family_libnl_error(err);
	/* Without the right to more it stays as it is. */
	setsockopt(nl_socket_get_fd(e->sock), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		   sizeof(size));
	e->id = e->asks->id;
	err = join_notices(e);
	if (err)
		return err;
	e->group = genl_ctrl_resolve_grp(e->sock, MMUINSPECT_FAMILY_NAME,
					 MMUINSPECT_MCGRP_FAULTS);
	/* A module that is older than the group */
	if (e->group < 0)
		return -EOPNOTSUPP;
	return family_libnl_error(nl_socket_add_membership(e->sock, e->group));
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
	/* Listen before there is anything to be heard. */
	if (!err)
		err = join(e);
	if (!err)
		err = mmuinspect_counters_set(e->asks, MMUINSPECT_SOURCE_EVENTS);
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
	int err = mmuinspect_counters_set(e->asks, 0), left;

	/* Others may want events, too, and have some for ever. */
	left = family_libnl_error(nl_socket_drop_membership(e->sock, e->group));
	return err ? err : left;
}

void mmuinspect_events_close(struct mmuinspect_events *e)
{
	if (!e)
		return;
	mmuinspect_family_close(e->asks);
	nl_socket_free(e->sock);
	free(e);
}

int mmuinspect_events_fd(const struct mmuinspect_events *e)
{
	return nl_socket_get_fd(e->sock);
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
 * those that never had a number in the message. What was before the first one
 * isn't ours.
 */
void events_count_lost(struct events_seen *seen, struct mmuinspect_event *event)
{
	__u64 lost = event->lost;

	event->lost = 0;
	if (seen->any && lost > seen->lost)
		event->lost += lost - seen->lost;
	if (seen->any && event->seq > seen->seq + 1)
		event->lost += event->seq - seen->seq - 1;
	/* Events of two CPUs may come in another order than they were made. */
	if (!seen->any || lost > seen->lost)
		seen->lost = lost;
	seen->any = 1;
	seen->seq = event->seq;
}

int mmuinspect_events_next(struct mmuinspect_events *e, int timeout,
			   struct mmuinspect_event *ret)
{
	struct pollfd pfd = { mmuinspect_events_fd(e), POLLIN, 0 };
	struct nlmsghdr *head = (void *)e->message;
	ssize_t n;
	int ready;

	for (;;) {
		ready = poll(&pfd, 1, timeout);
		if (ready <= 0)
			return ready ? -errno : 0;
		n = recv(pfd.fd, e->message, sizeof(e->message), MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			continue;
		if (n < 0)
			return -errno;
		if (nlmsg_ok(head, n) && events_are_over(head, e->id))
			return -ENODEV;
		if (nlmsg_ok(head, n) && head->nlmsg_type == e->id &&
		    !events_take(head, ret)) {
			events_count_lost(&e->seen, ret);
			return 1;
		}
	}
}
