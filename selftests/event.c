// SPDX-License-Identifier: GPL-2.0-only
#include "mmui_test.h"
#include "event.h"
#include "nl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void take_entry(const struct nlattr *nest, int type, void *arg)
{
	const struct nlattr *tb[NL_ATTRS];
	struct event *e = arg;

	if (type != MMUINSPECT_A_FAULT_ENTRY)
		return;
	if (e->n_entries == MMUINSPECT_LEVELS_MAX)
		die("an event with too many entries");
	nl_parse_nested(nest, tb);
	e->level[e->n_entries] = nl_u32(tb[MMUINSPECT_A_ENTRY_LEVEL]);
	e->raw[e->n_entries++] = nl_u64(tb[MMUINSPECT_A_ENTRY_RAW]);
}

static void take_bytes(const struct nlattr *a, struct event *e)
{
	e->n_bytes = a->nla_len - NLA_HDRLEN;
	if (e->n_bytes > sizeof(e->bytes))
		die("an event with %u bytes", e->n_bytes);
	memcpy(e->bytes, a + 1, e->n_bytes);
}

static void take_signal(const struct nlattr *tb[NL_ATTRS], struct event *e)
{
	e->has_signal = true;
	e->signal = nl_u32(tb[MMUINSPECT_A_FAULT_SIGNAL]);
	e->code = nl_u32(tb[MMUINSPECT_A_FAULT_CODE]);
	e->signal_address = nl_u64(tb[MMUINSPECT_A_FAULT_SIGNAL_ADDRESS]);
}

static void take_event(const struct nlmsghdr *h, struct event *e)
{
	const struct nlattr *tb[NL_ATTRS];

	nl_parse(h, tb);
	*e = (struct event) {
		.seq = nl_u64(tb[MMUINSPECT_A_FAULT_SEQ]),
		.lost = nl_u64(tb[MMUINSPECT_A_FAULT_LOST]),
		.time = nl_u64(tb[MMUINSPECT_A_FAULT_TIME]),
		.cpu = nl_u32(tb[MMUINSPECT_A_FAULT_CPU]),
		.pid = nl_u32(tb[MMUINSPECT_A_FAULT_PID]),
		.tid = nl_u32(tb[MMUINSPECT_A_FAULT_TID]),
		.end = nl_u32(tb[MMUINSPECT_A_FAULT_END]),
		.origin = nl_u32(tb[MMUINSPECT_A_FAULT_ORIGIN]),
		.has_vector = tb[MMUINSPECT_A_FAULT_VECTOR],
		.has_error_code = tb[MMUINSPECT_A_FAULT_ERROR_CODE],
		.frame_altstack = tb[MMUINSPECT_A_FAULT_FRAME_ALTSTACK],
		.ip = nl_u64(tb[MMUINSPECT_A_FAULT_IP]),
		.sp = nl_u64(tb[MMUINSPECT_A_FAULT_SP]),
		.has_address = tb[MMUINSPECT_A_FAULT_ADDRESS],
		.user = tb[MMUINSPECT_A_FAULT_USER],
	};
	snprintf(e->comm, sizeof(e->comm), "%s",
		 (const char *)(tb[MMUINSPECT_A_FAULT_COMM] + 1));
	if (e->has_vector)
		e->vector = nl_u32(tb[MMUINSPECT_A_FAULT_VECTOR]);
	if (e->has_error_code)
		e->error_code = nl_u64(tb[MMUINSPECT_A_FAULT_ERROR_CODE]);
	if (tb[MMUINSPECT_A_FAULT_FRAME_SIGNAL])
		e->frame_signal = nl_u32(tb[MMUINSPECT_A_FAULT_FRAME_SIGNAL]);
	if (e->has_address)
		e->address = nl_u64(tb[MMUINSPECT_A_FAULT_ADDRESS]);
	if (tb[MMUINSPECT_A_FAULT_BYTES])
		take_bytes(tb[MMUINSPECT_A_FAULT_BYTES], e);
	if (tb[MMUINSPECT_A_FAULT_SIGNAL])
		take_signal(tb, e);
	nl_each_of(h, take_entry, e);
}

static void take_end(const struct nlmsghdr *h, struct event *e)
{
	const struct nlattr *tb[NL_ATTRS];

	nl_parse(h, tb);
	*e = (struct event) {
		.seq = nl_u64(tb[MMUINSPECT_A_EVENTS_END_SEQ]),
		.lost = nl_u64(tb[MMUINSPECT_A_EVENTS_END_LOST]),
		.code = nl_u32(tb[MMUINSPECT_A_EVENTS_END_ERROR]),
	};
}

int event_get(int sock, struct event *e, int milliseconds)
{
	static char buf[16384] __attribute__((aligned(8)));
	struct pollfd p = { .fd = sock, .events = POLLIN };
	const struct nlmsghdr *h = (void *)buf;
	ssize_t len;

	if (poll(&p, 1, milliseconds) != 1)
		return -ETIMEDOUT;
	len = recv(sock, buf, sizeof(buf), 0);
	if (len < 0)
		return -errno;
	if (!NLMSG_OK(h, len) || h->nlmsg_len != len)
		die("a message of %zd bytes", len);
	switch (((const struct genlmsghdr *)NLMSG_DATA(h))->cmd) {
	case MMUINSPECT_CMD_FAULT_NTF:
		take_event(h, e);
		return 0;
	case MMUINSPECT_CMD_EVENTS_END_NTF:
		take_end(h, e);
		return -ENODATA;
	}
	die("a message that isn't an event");
}

/* Without an acknowledgment, which events could come before. */
static void set(int sock, __u32 sources)
{
	/* Another socket asks for the number: @sock may be full. */
	int other = nl_open();
	struct nl_message *m = nl_new(nl_family(other), MMUINSPECT_CMD_COUNTERS_SET, 0);

	close(other);
	m->data->nlmsg_flags &= ~NLM_F_ACK;
	nl_put_u32(m, MMUINSPECT_A_COUNTERS_SOURCES, sources);
	if (nl_send(sock, m->data, m->data->nlmsg_len))
		die("counters-set: %m");
	nl_free(m);
}

int event_ask(int sock)
{
	char buf[256] __attribute__((aligned(8)));
	const struct nlmsghdr *h = (void *)buf;
	ssize_t len;

	set(sock, MMUINSPECT_SOURCE_EVENTS);
	len = recv(sock, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT);
	if (len < (ssize_t)sizeof(*h) || h->nlmsg_type != NLMSG_ERROR)
		return 0;
	recv(sock, buf, sizeof(buf), 0);
	return ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
}

int event_listener(void)
{
	int sock = nl_open(), err = event_ask(sock);

	if (err)
		die("events: %s", strerror(-err));
	return sock;
}

void event_stop(int sock)
{
	set(sock, 0);
}

void event_flush(void)
{
	int sock = event_listener();

	/* The request that ends events returns when the pool is empty. */
	event_stop(sock);
	close(sock);
}

int event_of(int sock, pid_t pid, __u64 mended, struct event *e,
	     int milliseconds)
{
	int ret;

	do {
		ret = event_get(sock, e, milliseconds);
	} while (!ret && (e->pid != pid || (e->end == MMUINSPECT_FAULT_END_FIXUP &&
					     e->address != mended)));
	return ret;
}
