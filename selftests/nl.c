// SPDX-License-Identifier: GPL-2.0-only
#include "mmui_test.h"
#include "nl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ALIGN4(n) (((n) + 3UL) & ~3UL)

static char why[256];
static bool interrupted;

struct nl_message *nl_new(int type, int cmd, int flags)
{
	struct nl_message *m = calloc(1, sizeof(*m));
	struct genlmsghdr *g;

	if (!m)
		die("calloc");
	m->room = 4096;
	m->data = calloc(1, m->room);
	if (!m->data)
		die("calloc");
	*m->data = (struct nlmsghdr) {
		.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags,
		.nlmsg_seq = 1,
	};
	g = NLMSG_DATA(m->data);
	g->cmd = cmd;
	g->version = 1;
	return m;
}

void nl_free(struct nl_message *m)
{
	free(m->data);
	free(m);
}

static void *append(struct nl_message *m, size_t len)
{
	size_t at = m->data->nlmsg_len;
	char *p;

	while (at + ALIGN4(len) > m->room) {
		m->data = realloc(m->data, 2 * m->room);
		if (!m->data)
			die("realloc");
		memset((char *)m->data + m->room, 0, m->room);
		m->room *= 2;
	}
	p = (char *)m->data + at;
	m->data->nlmsg_len = at + ALIGN4(len);
	return p;
}

struct nlattr *nl_put(struct nl_message *m, int type, const void *data, size_t len)
{
	struct nlattr *a = append(m, NLA_HDRLEN + len);

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	return a;
}

void nl_put_u32(struct nl_message *m, int type, __u32 value)
{
	nl_put(m, type, &value, sizeof(value));
}

void nl_put_u64(struct nl_message *m, int type, __u64 value)
{
	nl_put(m, type, &value, sizeof(value));
}

void nl_put_flag(struct nl_message *m, int type)
{
	nl_put(m, type, NULL, 0);
}

size_t nl_nest(struct nl_message *m, int type)
{
	size_t at = m->data->nlmsg_len;

	nl_put(m, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void nl_nest_end(struct nl_message *m, size_t at)
{
	struct nlattr *a = (struct nlattr *)((char *)m->data + at);

	a->nla_len = m->data->nlmsg_len - at;
}

int nl_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	int one = 1;

	if (fd < 0)
		die("netlink socket: %m");
	if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one)))
		die("netlink socket's options: %m");
	return fd;
}

int nl_send(int sock, const void *data, size_t len)
{
	return send(sock, data, len, 0) == (ssize_t)len ? 0 : -errno;
}

/* What an error or the end of a dump says besides its number. */
static void explain(const struct nlmsghdr *h, size_t skip)
{
	const struct nlattr *a;
	size_t at, len;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	for (at = NLMSG_HDRLEN + ALIGN4(skip); at + NLA_HDRLEN <= h->nlmsg_len;
	     at += ALIGN4(a->nla_len)) {
		a = (const struct nlattr *)((const char *)h + at);
		if (a->nla_len < NLA_HDRLEN || at + a->nla_len > h->nlmsg_len)
			die("an acknowledgment with bad attributes");
		len = a->nla_len - NLA_HDRLEN;
		if ((a->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			snprintf(why, sizeof(why), "%.*s", (int)len,
				 (const char *)a + NLA_HDRLEN);
	}
}

/* Returns 1 to go on, or the answer: 0 or a negative errno. */
static int take(const struct nlmsghdr *h,
		void (*each)(const struct nlmsghdr *h, void *arg), void *arg)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);
	size_t skip = sizeof(*e);

	/* An event, which answers no request */
	if (!h->nlmsg_seq)
		return 1;
	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		interrupted = true;
	switch (h->nlmsg_type) {
	case NLMSG_ERROR:
		if (!(h->nlmsg_flags & NLM_F_CAPPED))
			skip += e->msg.nlmsg_len - sizeof(e->msg);
		explain(h, skip);
		return e->error;
	case NLMSG_DONE:
		explain(h, sizeof(int));
		return *(const int *)e;
	case NLMSG_NOOP:
		return 1;
	}
	if (each)
		each(h, arg);
	return 1;
}

int nl_receive(int sock, void (*each)(const struct nlmsghdr *h, void *arg), void *arg)
{
	static char buf[65536] __attribute__((aligned(8)));
	struct pollfd p = { .fd = sock, .events = POLLIN };
	const struct nlmsghdr *h;
	ssize_t len;
	int ret;

	why[0] = '\0';
	interrupted = false;
	for (;;) {
		if (poll(&p, 1, 1000) != 1)
			return -ETIMEDOUT;
		len = recv(sock, buf, sizeof(buf), MSG_TRUNC);
		if (len < 0)
			return -errno;
		if ((size_t)len > sizeof(buf))
			die("an answer of %zd bytes", len);
		for (h = (void *)buf; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
			ret = take(h, each, arg);
			if (ret <= 0)
				return ret;
		}
	}
}

int nl_ask(int sock, const struct nl_message *m,
	   void (*each)(const struct nlmsghdr *h, void *arg), void *arg)
{
	int ret = nl_send(sock, m->data, m->data->nlmsg_len);

	return ret ? ret : nl_receive(sock, each, arg);
}

const char *nl_why(void)
{
	return why;
}

bool nl_interrupted(void)
{
	return interrupted;
}

static void each_attribute(const char *p, size_t len,
			   void (*each)(const struct nlattr *a, int type, void *arg),
			   void *arg)
{
	const struct nlattr *a;
	unsigned int type;

	for (; len >= NLA_HDRLEN; p += ALIGN4(a->nla_len), len -= ALIGN4(a->nla_len)) {
		a = (const struct nlattr *)p;
		type = a->nla_type & NLA_TYPE_MASK;
		if (a->nla_len < NLA_HDRLEN || ALIGN4(a->nla_len) > len)
			die("attribute %u of %u bytes", type, a->nla_len);
		if (type >= NL_ATTRS)
			die("attribute %u", type);
		each(a, type, arg);
	}
}

void nl_each_of(const struct nlmsghdr *h,
		void (*each)(const struct nlattr *a, int type, void *arg), void *arg)
{
	each_attribute((const char *)h + NLMSG_HDRLEN + GENL_HDRLEN,
		       h->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, each, arg);
}

void nl_each(const struct nlattr *nest,
	     void (*each)(const struct nlattr *a, int type, void *arg), void *arg)
{
	each_attribute((const char *)nest + NLA_HDRLEN,
		       nest->nla_len - NLA_HDRLEN, each, arg);
}

static void into_table(const struct nlattr *a, int type, void *arg)
{
	const struct nlattr **tb = arg;

	tb[type] = a;
}

void nl_parse(const struct nlmsghdr *h, const struct nlattr *tb[NL_ATTRS])
{
	memset(tb, 0, NL_ATTRS * sizeof(*tb));
	nl_each_of(h, into_table, tb);
}

void nl_parse_nested(const struct nlattr *nest, const struct nlattr *tb[NL_ATTRS])
{
	memset(tb, 0, NL_ATTRS * sizeof(*tb));
	nl_each(nest, into_table, tb);
}

__u32 nl_u32(const struct nlattr *a)
{
	__u32 value;

	if (!a || a->nla_len != NLA_HDRLEN + sizeof(value))
		die("an attribute that isn't a u32");
	memcpy(&value, (const char *)a + NLA_HDRLEN, sizeof(value));
	return value;
}

__u64 nl_u64(const struct nlattr *a)
{
	__u64 value;

	if (!a || a->nla_len != NLA_HDRLEN + sizeof(value))
		die("an attribute that isn't a u64");
	memcpy(&value, (const char *)a + NLA_HDRLEN, sizeof(value));
	return value;
}

static void take_family(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NL_ATTRS];
	int *id = arg;

	nl_parse(h, tb);
	if (tb[CTRL_ATTR_FAMILY_ID])
		memcpy(id, (const char *)tb[CTRL_ATTR_FAMILY_ID] + NLA_HDRLEN, 2);
}

int nl_resolve(int sock, const char *name)
{
	struct nl_message *m = nl_new(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	int id = 0, ret;

	nl_put(m, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
	ret = nl_ask(sock, m, take_family, &id);
	nl_free(m);
	return ret ? ret : id;
}

int nl_family(int sock)
{
	int id = nl_resolve(sock, MMUINSPECT_FAMILY_NAME);

	if (id <= 0)
		die("no family %s: %d", MMUINSPECT_FAMILY_NAME, id);
	return id;
}

static void take_group(const struct nlattr *nest, int type, void *arg)
{
	++*(int *)arg;
}

static void take_groups(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NL_ATTRS];

	nl_parse(h, tb);
	if (tb[CTRL_ATTR_MCAST_GROUPS])
		nl_each(tb[CTRL_ATTR_MCAST_GROUPS], take_group, arg);
}

int nl_groups(int sock)
{
	struct nl_message *m = nl_new(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	int n = 0, ret;

	nl_put(m, CTRL_ATTR_FAMILY_NAME, MMUINSPECT_FAMILY_NAME,
	       sizeof(MMUINSPECT_FAMILY_NAME));
	ret = nl_ask(sock, m, take_groups, &n);
	nl_free(m);
	return ret ? ret : n;
}

static void take_rule(const struct nlattr *nest, int type, void *arg)
{
	const struct nlattr *tb[NL_ATTRS];
	struct rules *rules = arg;
	struct rule *rule;

	if (type != MMUINSPECT_A_MSR_POLICY_RULE)
		return;
	if (rules->n > MMUINSPECT_POLICY_MAX)
		die("more than %u rules", MMUINSPECT_POLICY_MAX);
	nl_parse_nested(nest, tb);
	rule = &rules->rule[rules->n++];
	rule->msr = nl_u32(tb[MMUINSPECT_A_MSR_RULE_MSR]);
	rule->mask = nl_u64(tb[MMUINSPECT_A_MSR_RULE_MASK]);
	rule->reveals = tb[MMUINSPECT_A_MSR_RULE_REVEALS];
}

static void take_rules(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NL_ATTRS];
	struct rules *rules = arg;

	nl_parse(h, tb);
	rules->sealed |= !!tb[MMUINSPECT_A_MSR_POLICY_SEALED];
	nl_each_of(h, take_rule, rules);
}

int nl_policy_get(int sock, struct rules *rules)
{
	struct nl_message *m = nl_new(nl_family(sock),
				      MMUINSPECT_CMD_MSR_POLICY_GET, NLM_F_DUMP);
	int ret;

	memset(rules, 0, sizeof(*rules));
	ret = nl_ask(sock, m, take_rules, rules);
	nl_free(m);
	return ret;
}

void nl_put_rule(struct nl_message *m, const struct rule *rule)
{
	size_t nest = nl_nest(m, MMUINSPECT_A_MSR_POLICY_RULE);

	nl_put_u32(m, MMUINSPECT_A_MSR_RULE_MSR, rule->msr);
	nl_put_u64(m, MMUINSPECT_A_MSR_RULE_MASK, rule->mask);
	nl_nest_end(m, nest);
}

int nl_policy_set(int sock, const struct rule *rule, unsigned int n, bool extend)
{
	struct nl_message *m = nl_new(nl_family(sock),
				      MMUINSPECT_CMD_MSR_POLICY_SET, 0);
	int ret;

	if (extend)
		nl_put_flag(m, MMUINSPECT_A_MSR_POLICY_EXTEND);
	while (n--)
		nl_put_rule(m, rule++);
	ret = nl_ask(sock, m, NULL, NULL);
	nl_free(m);
	return ret;
}

int nl_policy_seal(int sock)
{
	struct nl_message *m = nl_new(nl_family(sock),
				      MMUINSPECT_CMD_MSR_POLICY_SEAL, 0);
	int ret = nl_ask(sock, m, NULL, NULL);

	nl_free(m);
	return ret;
}
