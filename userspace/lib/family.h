/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files that speak to the netlink family share; they alone know libnl. */
#ifndef FAMILY_H
#define FAMILY_H

#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "mmuinspect.h"

struct mmuinspect_family {
	struct nl_sock *sock;
	int id;
	int err;	/* what the kernel answered */
	int done;
	char why[256];
};

/* What libnl itself can fail with, as a negative errno. */
int family_libnl_error(int err);

/* An empty request; NULL if there is no memory. */
struct nl_msg *family_request(const struct mmuinspect_family *f, int cmd,
			      int flags);

/* Send @msg, which is freed, and hand what comes to @take. */
int family_ask(struct mmuinspect_family *f, struct nl_msg *msg,
	       nl_recvmsg_msg_cb_t take, void *arg);

/*
 * Send @msg, which is freed, whose answer is only an error, if there is one. What
 * else comes to the socket stays there.
 */
int family_tell(struct mmuinspect_family *f, struct nl_msg *msg);

/* A request without attributes */
int family_ask_plain(struct mmuinspect_family *f, int cmd, int flags,
		     nl_recvmsg_msg_cb_t take, void *arg);

/* The attributes of an answer; NULL there for those that it hasn't. */
int family_parse(struct nl_msg *msg, struct nlattr **attr, int max);

/* 0 if it isn't there, or has another size. */
__u64 family_number(const struct nlattr *attr);

/* One more row in an array of @n; NULL if there is no memory. */
void *family_row(void *rows, size_t *n, size_t size);

/* An attribute of enum counts, added to @counts at the end; 0 or -ENOMEM. */
int counting_take(struct mmuinspect_counts *counts, struct nlattr *nest);

/*
 * A message of watch-get, added to the last of @n watches if it's the same one's,
 * else a new one; 0 or -ENOMEM.
 */
int watches_take(struct mmuinspect_watch **watch, size_t *n, struct nlattr **attr);

/* A fault event; 0, or -EPROTO if it isn't one. */
int events_take(struct nlmsghdr *head, struct mmuinspect_event *event);

/* Is it the kernel's word that the family of this number is gone? */
int events_are_over(struct nlmsghdr *head, int id);

/**
 * struct events_seen - how far a listener is
 * @seq: number of the last event
 * @lost: what it said was lost before
 */
struct events_seen {
	__u64 seq;
	__u64 lost;
};

/* Put into @event how many were lost between the last one and this. */
void events_count_lost(struct events_seen *seen, struct mmuinspect_event *event);

#endif
