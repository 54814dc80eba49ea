// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Talk to the generic netlink family, which Documentation/netlink/specs/mmuinspect.yaml
 * describes. Counting, which is a part of it, is in counting.c and events.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>

#include <linux/netlink.h>

#include "decode.h"
#include "family.h"

/* A list of 1024 rules is 32 KiB. */
#define MESSAGE_SIZE (64 * 1024)
#define SOCKET_SIZE (4 * MESSAGE_SIZE)

int family_libnl_error(int err)
{
	static const struct {
		int libnl;
		int err;
	} rows[] = {
		{ NLE_NOMEM, -ENOMEM },
		{ NLE_PERM, -EPERM },
		{ NLE_NOACCESS, -EACCES },
		{ NLE_MSG_TOOSHORT, -EPROTO },
		{ NLE_MSGSIZE, -EMSGSIZE },
		{ NLE_OBJ_NOTFOUND, -ENOENT },
		{ NLE_AF_NOSUPPORT, -EAFNOSUPPORT },
		{ NLE_PROTO_MISMATCH, -EPROTONOSUPPORT },
		{ NLE_INTR, -EINTR },
		{ NLE_AGAIN, -EAGAIN },
		{ NLE_DUMP_INTR, -EAGAIN },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].libnl == (err < 0 ? -err : err))
			return rows[i].err;
	return err ? -EIO : 0;
}

/* The kernel's words, from the attributes behind an error or the end of a dump. */
static void keep_why(struct mmuinspect_family *f, const struct nlmsghdr *head,
		     size_t skip)
{
	const struct nlattr *attr;

	if (!(head->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    (size_t)nlmsg_datalen(head) < skip)
		return;
	attr = nla_find(nlmsg_data(head) + skip, nlmsg_datalen(head) - skip,
			NLMSGERR_ATTR_MSG);
	if (attr)
		nla_strlcpy(f->why, attr, sizeof(f->why));
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	const struct nlmsghdr *head = (void *)((char *)error - NLMSG_HDRLEN);
	struct mmuinspect_family *f = arg;
	size_t skip = sizeof(*error);

	(void)from;
	/* Unless it's capped, the request follows in full. */
	if (!(head->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(error->msg.nlmsg_len) - NLMSG_HDRLEN;
	f->err = error->error;
	f->done = 1;
	keep_why(f, head, skip);
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct mmuinspect_family *f = arg;

	(void)msg;
	f->done = 1;
	return NL_STOP;
}

/* The end of a dump, with an errno if it was cut short. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	const struct nlmsghdr *head = nlmsg_hdr(msg);
	struct mmuinspect_family *f = arg;

	if (nlmsg_datalen(head) >= (int)sizeof(int))
		memcpy(&f->err, nlmsg_data(head), sizeof(int));
	f->done = 1;
	keep_why(f, head, sizeof(int));
	return NL_STOP;
}

static struct nl_cb *callbacks(struct mmuinspect_family *f)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_CUSTOM);

	f->err = 0;
	f->done = 0;
	f->why[0] = '\0';
	if (!cb)
		return NULL;
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, f);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, f);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, f);
	return cb;
}

/* The kernel has answered when send() returns: an error is the next message. */
static int is_refused(const struct mmuinspect_family *f)
{
	struct nlmsghdr head;
	ssize_t n = recv(nl_socket_get_fd(f->sock), &head, sizeof(head),
			 MSG_PEEK | MSG_DONTWAIT);

	return n == (ssize_t)sizeof(head) && head.nlmsg_type == NLMSG_ERROR;
}

int family_tell(struct mmuinspect_family *f, struct nl_msg *msg)
{
	struct nl_cb *cb = callbacks(f);
	int ret = -NLE_NOMEM;

	if (cb) {
		nl_socket_disable_auto_ack(f->sock);
		ret = nl_send_auto(f->sock, msg);
		nl_socket_enable_auto_ack(f->sock);
		if (ret >= 0 && is_refused(f))
			ret = nl_recvmsgs(f->sock, cb);
		nl_cb_put(cb);
	}
	nlmsg_free(msg);
	return f->err ? f->err : ret < 0 ? family_libnl_error(ret) : 0;
}

int family_ask(struct mmuinspect_family *f, struct nl_msg *msg,
	       nl_recvmsg_msg_cb_t take, void *arg)
{
	struct nl_cb *cb = callbacks(f);
	int ret;

	if (!cb) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	if (take)
		nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, take, arg);
	ret = nl_send_auto(f->sock, msg);
	nlmsg_free(msg);
	while (ret >= 0 && !f->done)
		ret = nl_recvmsgs(f->sock, cb);
	nl_cb_put(cb);
	return f->err ? f->err : ret < 0 ? family_libnl_error(ret) : 0;
}

struct nl_msg *family_request(const struct mmuinspect_family *f, int cmd,
			      int flags)
{
	struct nl_msg *msg = nlmsg_alloc_size(MESSAGE_SIZE);

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, f->id, 0, flags,
				cmd, MMUINSPECT_FAMILY_VERSION)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

int family_ask_plain(struct mmuinspect_family *f, int cmd, int flags,
		     nl_recvmsg_msg_cb_t take, void *arg)
{
	struct nl_msg *msg = family_request(f, cmd, flags);

	return msg ? family_ask(f, msg, take, arg) : -ENOMEM;
}

int mmuinspect_family_open(struct mmuinspect_family **ret)
{
	struct mmuinspect_family *f = calloc(1, sizeof(*f));
	int err = -ENOMEM, yes = 1;

	if (!f)
		return -ENOMEM;
	f->sock = nl_socket_alloc();
	if (!f->sock)
		goto free_handle;
	err = family_libnl_error(genl_connect(f->sock));
	if (err)
		goto free_socket;
	nl_socket_set_buffer_size(f->sock, SOCKET_SIZE, SOCKET_SIZE);
	nl_socket_enable_msg_peek(f->sock);
	/* Kernels without it refuse with an errno alone, which does. */
	setsockopt(nl_socket_get_fd(f->sock), SOL_NETLINK, NETLINK_EXT_ACK,
		   &yes, sizeof(yes));
	setsockopt(nl_socket_get_fd(f->sock), SOL_NETLINK, NETLINK_CAP_ACK,
		   &yes, sizeof(yes));
	f->id = genl_ctrl_resolve(f->sock, MMUINSPECT_FAMILY_NAME);
	if (f->id < 0) {
		err = family_libnl_error(f->id);
		goto free_socket;
	}
	*ret = f;
	return 0;

free_socket:
	nl_socket_free(f->sock);
free_handle:
	free(f);
	return err;
}

void mmuinspect_family_close(struct mmuinspect_family *f)
{
	if (!f)
		return;
	nl_socket_free(f->sock);
	free(f);
}

const char *mmuinspect_family_why(const struct mmuinspect_family *f)
{
	return f->why;
}

int family_parse(struct nl_msg *msg, struct nlattr **attr, int max)
{
	return genlmsg_parse(nlmsg_hdr(msg), 0, attr, max, NULL);
}

__u64 family_number(const struct nlattr *attr)
{
	__u64 wide = 0;
	__u32 narrow;

	if (attr && nla_len(attr) == sizeof(narrow)) {
		memcpy(&narrow, nla_data(attr), sizeof(narrow));
		return narrow;
	}
	if (attr && nla_len(attr) == sizeof(wide))
		memcpy(&wide, nla_data(attr), sizeof(wide));
	return wide;
}

static int take_info(struct nl_msg *msg, void *arg)
{
	struct nlattr *attr[MMUINSPECT_A_INFO_MAX + 1];
	struct mmuinspect_info *info = arg;

	if (family_parse(msg, attr, MMUINSPECT_A_INFO_MAX))
		return NL_SKIP;
	info->abi = family_number(attr[MMUINSPECT_A_INFO_ABI]);
	info->arch = family_number(attr[MMUINSPECT_A_INFO_ARCH]);
	info->levels = family_number(attr[MMUINSPECT_A_INFO_LEVELS]);
	info->va_bits = family_number(attr[MMUINSPECT_A_INFO_VA_BITS]);
	info->phys_bits = family_number(attr[MMUINSPECT_A_INFO_PHYS_BITS]);
	info->features = family_number(attr[MMUINSPECT_A_INFO_FEATURES]);
	info->user_end = family_number(attr[MMUINSPECT_A_INFO_USER_END]);
	info->memattr = family_number(attr[MMUINSPECT_A_INFO_MEMATTR]);
	info->cycles_khz = family_number(attr[MMUINSPECT_A_INFO_CYCLES_KHZ]);
	if (attr[MMUINSPECT_A_INFO_VERSION])
		nla_strlcpy(info->version, attr[MMUINSPECT_A_INFO_VERSION],
			    sizeof(info->version));
	if (attr[MMUINSPECT_A_INFO_RELEASE])
		nla_strlcpy(info->release, attr[MMUINSPECT_A_INFO_RELEASE],
			    sizeof(info->release));
	return NL_OK;
}

int mmuinspect_family_info(struct mmuinspect_family *f,
			   struct mmuinspect_info *info)
{
	int err;

	*info = (struct mmuinspect_info) { .size = sizeof(*info) };
	err = family_ask_plain(f, MMUINSPECT_CMD_INFO_GET, 0, take_info, info);
	if (!err && (!info->abi || !info->arch || !info->levels))
		err = -EPROTO;
	return err;
}

/**
 * struct regs - an answer that is being taken
 * @table: which registers there are
 * @n_table: how many
 * @reg: receives them
 * @n: how many
 * @err: why no more can be taken
 */
struct regs {
	const struct mmuinspect_register *table;
	size_t n_table;
	struct mmuinspect_reg *reg;
	size_t n;
	int err;
};

/* What a CPU's message leaves out is refused, or isn't there. */
static void take_cpu(struct regs *regs, struct nlattr **attr)
{
	int refused = (__s32)family_number(attr[MMUINSPECT_A_REGS_REFUSED]);
	__u32 cpu = family_number(attr[MMUINSPECT_A_REGS_CPU]);
	struct nlattr *x86 = attr[MMUINSPECT_A_REGS_X86];
	size_t i;

	if (attr[MMUINSPECT_A_REGS_ERROR] || !x86) {
		regs->reg[regs->n++] = (struct mmuinspect_reg) {
			.cpu = cpu,
			.error = (__s32)family_number(attr[MMUINSPECT_A_REGS_ERROR]),
		};
		return;
	}
	for (i = 0; i < regs->n_table; i++) {
		const struct mmuinspect_register *row = &regs->table[i];
		const struct nlattr *value = nla_find(nla_data(x86), nla_len(x86),
						      row->id);

		regs->reg[regs->n++] = (struct mmuinspect_reg) {
			.cpu = cpu,
			.id = row->id,
			.value = family_number(value),
			.error = value ? 0 : row->reveals && refused ? refused : -ENODEV,
		};
	}
}

static int take_regs(struct nl_msg *msg, void *arg)
{
	struct nlattr *attr[MMUINSPECT_A_REGS_MAX + 1];
	struct mmuinspect_reg *more;
	struct regs *regs = arg;

	if (regs->err || family_parse(msg, attr, MMUINSPECT_A_REGS_MAX))
		return NL_SKIP;
	more = realloc(regs->reg, (regs->n + regs->n_table + 1) * sizeof(*more));
	if (!more) {
		regs->err = -ENOMEM;
		return NL_SKIP;
	}
	regs->reg = more;
	take_cpu(regs, attr);
	return NL_OK;
}

int mmuinspect_family_regs(struct mmuinspect_family *f,
			   const struct mmuinspect_info *info,
			   struct mmuinspect_reg **ret, size_t *n)
{
	struct regs regs = { 0 };
	int err;

	regs.table = mmuinspect_register_table(info, &regs.n_table);
	err = family_ask_plain(f, MMUINSPECT_CMD_REGS_GET, NLM_F_DUMP, take_regs, &regs);
	if (!err)
		err = regs.err;
	if (err) {
		free(regs.reg);
		return err;
	}
	*ret = regs.reg;
	*n = regs.n;
	return 0;
}

/**
 * struct policy - a list that is being taken
 * @rule: receives it
 * @n: how many
 * @sealed: the list is
 */
struct policy {
	struct mmuinspect_rule *rule;
	size_t n;
	int sealed;
};

static int take_policy(struct nl_msg *msg, void *arg)
{
	struct genlmsghdr *head = genlmsg_hdr(nlmsg_hdr(msg));
	struct nlattr *rule[MMUINSPECT_A_MSR_RULE_MAX + 1], *attr;
	struct policy *policy = arg;
	int rest;

	nla_for_each_attr(attr, genlmsg_attrdata(head, 0),
			  genlmsg_attrlen(head, 0), rest) {
		if (nla_type(attr) == MMUINSPECT_A_MSR_POLICY_SEALED)
			policy->sealed = 1;
		if (nla_type(attr) != MMUINSPECT_A_MSR_POLICY_RULE ||
		    policy->n == MMUINSPECT_POLICY_MAX ||
		    nla_parse_nested(rule, MMUINSPECT_A_MSR_RULE_MAX, attr, NULL))
			continue;
		policy->rule[policy->n++] = (struct mmuinspect_rule) {
			.mask = family_number(rule[MMUINSPECT_A_MSR_RULE_MASK]),
			.msr = family_number(rule[MMUINSPECT_A_MSR_RULE_MSR]),
			.reveals = !!rule[MMUINSPECT_A_MSR_RULE_REVEALS],
		};
	}
	return NL_OK;
}

int mmuinspect_policy_get(struct mmuinspect_family *f,
			  struct mmuinspect_rule rule[MMUINSPECT_POLICY_MAX],
			  size_t *n, int *sealed)
{
	struct policy policy;
	int err, tries = 10;

	/* It's asked again if it changed while it was told. */
	do {
		policy = (struct policy) { .rule = rule };
		err = family_ask_plain(f, MMUINSPECT_CMD_MSR_POLICY_GET, NLM_F_DUMP,
				       take_policy, &policy);
	} while (err == -EAGAIN && --tries);
	*n = policy.n;
	*sealed = policy.sealed;
	return err;
}

static int put_rule(struct nl_msg *msg, const struct mmuinspect_rule *rule)
{
	struct nlattr *nest = nla_nest_start(msg, MMUINSPECT_A_MSR_POLICY_RULE |
						  NLA_F_NESTED);

	if (!nest || nla_put_u32(msg, MMUINSPECT_A_MSR_RULE_MSR, rule->msr) ||
	    nla_put_u64(msg, MMUINSPECT_A_MSR_RULE_MASK, rule->mask))
		return -1;
	nla_nest_end(msg, nest);
	return 0;
}

int mmuinspect_policy_set(struct mmuinspect_family *f,
			  const struct mmuinspect_rule *rule, size_t n,
			  int extend)
{
	struct nl_msg *msg;
	size_t i;

	if (n > MMUINSPECT_POLICY_MAX)
		return -E2BIG;
	msg = family_request(f, MMUINSPECT_CMD_MSR_POLICY_SET, 0);
	if (!msg)
		return -ENOMEM;
	if (extend && nla_put_flag(msg, MMUINSPECT_A_MSR_POLICY_EXTEND))
		goto too_long;
	for (i = 0; i < n; i++)
		if (put_rule(msg, &rule[i]))
			goto too_long;
	return family_ask(f, msg, NULL, NULL);

too_long:
	nlmsg_free(msg);
	return -EMSGSIZE;
}

int mmuinspect_policy_seal(struct mmuinspect_family *f)
{
	return family_ask_plain(f, MMUINSPECT_CMD_MSR_POLICY_SEAL, 0, NULL, NULL);
}
