// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: what is shared or subscribed to.
 * Documentation/netlink/specs/mmuinspect.yaml describes it.
 */
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/netlink.h>
#include <linux/mmuinspect_netlink.h>

#include "msr.h"
#include "netlink.h"
#include "policy.h"
#include "probes.h"
#include "regs.h"
#include "subscribers.h"

static const struct mmuinspect_info *facts;
static struct genl_family family;

void *mmui_reply_put(struct sk_buff *skb, struct genl_info *info)
{
	return genlmsg_put_reply(skb, info, &family, 0, info->genlhdr->cmd);
}

void *mmui_dump_put(struct sk_buff *skb, struct netlink_callback *cb)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &family, NLM_F_MULTI,
			   ((struct genlmsghdr *)nlmsg_data(cb->nlh))->cmd);
}

void *mmui_event_put(struct sk_buff *skb, u8 cmd)
{
	return genlmsg_put(skb, 0, 0, &family, 0, cmd);
}

static int info_fill(struct sk_buff *skb)
{
	if (nla_put_u32(skb, MMUINSPECT_A_INFO_ABI, facts->abi) ||
	    nla_put_string(skb, MMUINSPECT_A_INFO_VERSION, facts->version) ||
	    nla_put_string(skb, MMUINSPECT_A_INFO_RELEASE, facts->release) ||
	    nla_put_u32(skb, MMUINSPECT_A_INFO_ARCH, facts->arch) ||
	    nla_put_u32(skb, MMUINSPECT_A_INFO_LEVELS, facts->levels) ||
	    nla_put_u32(skb, MMUINSPECT_A_INFO_VA_BITS, facts->va_bits) ||
	    nla_put_u32(skb, MMUINSPECT_A_INFO_PHYS_BITS, facts->phys_bits) ||
	    nla_put_u64_64bit(skb, MMUINSPECT_A_INFO_FEATURES, facts->features,
			      MMUINSPECT_A_INFO_PAD) ||
	    nla_put_u32(skb, MMUINSPECT_A_INFO_SOURCES, mmui_sources_here()) ||
	    nla_put_u64_64bit(skb, MMUINSPECT_A_INFO_USER_END, facts->user_end,
			      MMUINSPECT_A_INFO_PAD) ||
	    nla_put_u64_64bit(skb, MMUINSPECT_A_INFO_MEMATTR, facts->memattr,
			      MMUINSPECT_A_INFO_PAD) ||
	    nla_put_u32(skb, MMUINSPECT_A_INFO_CYCLES_KHZ, facts->cycles_khz))
		return -EMSGSIZE;
	return 0;
}

static int info_get(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *head;

	if (!reply)
		return -ENOMEM;
	head = mmui_reply_put(reply, info);
	if (!head || info_fill(reply)) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, head);
	return genlmsg_reply(reply, info);
}

struct mmui_dump *mmui_dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct mmui_dump) > sizeof(cb->ctx));
	return (struct mmui_dump *)cb->ctx;
}

/* The attributes of a request; where a kernel keeps them parsed has changed. */
int mmui_dump_parse(struct netlink_callback *cb, struct nlattr **attrs, int max,
		    const struct nla_policy *policy)
{
	return genlmsg_parse(cb->nlh, &family, attrs, max, policy, cb->extack);
}

static int regs_start(struct netlink_callback *cb)
{
	if (!mmui_socket_may(cb->skb, CAP_SYS_ADMIN)) {
		NL_SET_ERR_MSG(cb->extack, "registers need CAP_SYS_ADMIN in the initial user namespace");
		return -EPERM;
	}
	mmui_dump_of(cb)->refused =
		mmui_reveal(mmui_socket_may(cb->skb, CAP_SYS_RAWIO));
	return 0;
}

static int regs_put(struct sk_buff *skb, const struct mmuinspect_reg *reg,
		    unsigned int n, int refused)
{
	struct nlattr *nest;
	unsigned int i;

	if (nla_put_u32(skb, MMUINSPECT_A_REGS_CPU, reg->cpu))
		return -EMSGSIZE;
	if (!reg->id)
		return nla_put_s32(skb, MMUINSPECT_A_REGS_ERROR, reg->error);
	if (refused && nla_put_s32(skb, MMUINSPECT_A_REGS_REFUSED, refused))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, MMUINSPECT_A_REGS_X86);
	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < n; i++)
		if (!reg[i].error &&
		    nla_put_u64_64bit(skb, reg[i].id, reg[i].value,
				      MMUINSPECT_A_X86_REGS_PAD))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int regs_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct mmuinspect_reg reg[MMUI_REGS_PER_CPU];
	struct mmui_dump *dump = mmui_dump_of(cb);

	for (; dump->next < nr_cpu_ids; dump->next++) {
		unsigned int n;
		void *head;

		/* A CPU is interrupted once: not before its answer has room. */
		if (skb_tailroom(skb) < MMUI_REGS_PER_CPU * 16)
			break;
		n = mmui_regs_read(dump->next, dump->refused, reg);
		if (!n)
			continue;
		head = mmui_dump_put(skb, cb);
		if (!head)
			break;
		if (regs_put(skb, reg, n, dump->refused)) {
			genlmsg_cancel(skb, head);
			break;
		}
		genlmsg_end(skb, head);
	}
	return skb->len;
}

static int policy_may(const struct sk_buff *skb, struct netlink_ext_ack *extack)
{
	if (mmui_socket_may(skb, CAP_SYS_RAWIO))
		return 0;
	NL_SET_ERR_MSG(extack, "the MSR policy needs CAP_SYS_RAWIO in the initial user namespace");
	return -EPERM;
}

static int policy_start(struct netlink_callback *cb)
{
	return policy_may(cb->skb, cb->extack);
}

static int rule_put(struct sk_buff *skb, const struct mmui_msr_rule *rule)
{
	struct nlattr *nest = nla_nest_start(skb, MMUINSPECT_A_MSR_POLICY_RULE);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u32(skb, MMUINSPECT_A_MSR_RULE_MSR, rule->msr) ||
	    nla_put_u64_64bit(skb, MMUINSPECT_A_MSR_RULE_MASK, rule->mask,
			      MMUINSPECT_A_MSR_RULE_PAD) ||
	    (rule->reveals &&
	     nla_put_flag(skb, MMUINSPECT_A_MSR_RULE_REVEALS))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* @next is the lowest MSR that is still to come. */
static int policy_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct mmui_dump *dump = mmui_dump_of(cb);
	struct mmui_msr_rule rule;
	unsigned int n = 0;
	void *head;

	/* The end, too, tells of a change. */
	cb->seq = mmui_msr_generation();
	if (dump->done)
		return 0;
	head = mmui_dump_put(skb, cb);
	if (!head)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, head);
	if (mmui_msr_sealed() && nla_put_flag(skb, MMUINSPECT_A_MSR_POLICY_SEALED))
		return -EMSGSIZE;
	while (mmui_msr_rule(dump->next, &rule)) {
		if (rule_put(skb, &rule))
			break;
		n++;
		dump->next = rule.msr + 1;
		if (!dump->next)
			break;
	}
	dump->done = !n || !dump->next || !mmui_msr_rule(dump->next, &rule);
	genlmsg_end(skb, head);
	return skb->len;
}

static const struct nla_policy rule_policy[MMUINSPECT_A_MSR_RULE_MAX + 1] = {
	[MMUINSPECT_A_MSR_RULE_MSR] = { .type = NLA_U32 },
	[MMUINSPECT_A_MSR_RULE_MASK] = NLA_POLICY_MIN(NLA_U64, 1),
	[MMUINSPECT_A_MSR_RULE_REVEALS] = { .type = NLA_FLAG },
};

static const struct nla_policy set_policy[MMUINSPECT_A_MSR_POLICY_EXTEND + 1] = {
	[MMUINSPECT_A_MSR_POLICY_RULE] = NLA_POLICY_NESTED(rule_policy),
	[MMUINSPECT_A_MSR_POLICY_EXTEND] = { .type = NLA_FLAG },
};

static int rule_parse(const struct nlattr *attr, struct mmui_msr_rule *rule,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[MMUINSPECT_A_MSR_RULE_MAX + 1];
	int ret;

	ret = nla_parse_nested(tb, MMUINSPECT_A_MSR_RULE_MAX, attr, rule_policy,
			       extack);
	if (ret)
		return ret;
	if (!tb[MMUINSPECT_A_MSR_RULE_MSR]) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a rule needs the number of an MSR");
		return -EINVAL;
	}
	rule->msr = nla_get_u32(tb[MMUINSPECT_A_MSR_RULE_MSR]);
	rule->mask = ~0ULL;
	if (tb[MMUINSPECT_A_MSR_RULE_MASK])
		rule->mask = nla_get_u64(tb[MMUINSPECT_A_MSR_RULE_MASK]);
	return 0;
}

static int rules_parse(struct genl_info *info, struct mmui_msr_rule *rule)
{
	struct nlattr *attr;
	int n = 0, rest, ret;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != MMUINSPECT_A_MSR_POLICY_RULE)
			continue;
		if (n == MMUINSPECT_POLICY_MAX) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr,
					    "more than 1024 rules");
			return -E2BIG;
		}
		ret = rule_parse(attr, &rule[n++], info->extack);
		if (ret)
			return ret;
	}
	return n;
}

static int policy_set(struct sk_buff *skb, struct genl_info *info)
{
	bool extend = info->attrs[MMUINSPECT_A_MSR_POLICY_EXTEND];
	struct mmui_msr_rule *rule;
	int ret;

	ret = policy_may(skb, info->extack);
	if (ret)
		return ret;
	rule = kvmalloc_array(MMUINSPECT_POLICY_MAX, sizeof(*rule), GFP_KERNEL);
	if (!rule)
		return -ENOMEM;
	ret = rules_parse(info, rule);
	if (ret >= 0)
		ret = mmui_msr_set(rule, ret, extend);
	if (ret == -EPERM)
		NL_SET_ERR_MSG(info->extack, "the MSR policy is sealed until the module is unloaded");
	else if (ret == -E2BIG)
		NL_SET_ERR_MSG(info->extack, "the MSR policy would have more than 1024 rules");
	kvfree(rule);
	return ret;
}

static int policy_seal(struct sk_buff *skb, struct genl_info *info)
{
	int ret = policy_may(skb, info->extack);

	if (!ret)
		mmui_msr_seal();
	return ret;
}

/* What takes no attributes refuses all: without a policy, 6.1 ignores them. */
static const struct nla_policy no_policy[] = {
	[1] = { .type = NLA_REJECT },
};

#define NO_ATTRIBUTES \
	.policy = no_policy, .maxattr = ARRAY_SIZE(no_policy) - 1

/* Capabilities are checked by each, with a message: no flag does both. */
static const struct genl_ops ops[] = {
	{
		.cmd = MMUINSPECT_CMD_INFO_GET,
		.doit = info_get,
		NO_ATTRIBUTES,
	},
	{
		.cmd = MMUINSPECT_CMD_REGS_GET,
		.start = regs_start,
		.dumpit = regs_dump,
		NO_ATTRIBUTES,
	},
	{
		.cmd = MMUINSPECT_CMD_MSR_POLICY_GET,
		.start = policy_start,
		.dumpit = policy_dump,
		NO_ATTRIBUTES,
	},
	{
		.cmd = MMUINSPECT_CMD_MSR_POLICY_SET,
		.doit = policy_set,
		.policy = set_policy,
		.maxattr = ARRAY_SIZE(set_policy) - 1,
	},
	{
		.cmd = MMUINSPECT_CMD_MSR_POLICY_SEAL,
		.doit = policy_seal,
		NO_ATTRIBUTES,
	},
	{
		.cmd = MMUINSPECT_CMD_COUNTERS_SET,
		.doit = mmui_counters_set,
		.policy = mmui_counters_policy,
		.maxattr = MMUINSPECT_A_COUNTERS_SOURCES,
	},
	{
		.cmd = MMUINSPECT_CMD_COUNTERS_GET,
		.start = mmui_counting_start,
		.dumpit = mmui_counters_dump,
		NO_ATTRIBUTES,
	},
	{
		.cmd = MMUINSPECT_CMD_MATRIX_GET,
		.start = mmui_matrix_start,
		.dumpit = mmui_matrix_dump,
		NO_ATTRIBUTES,
	},
	{
		.cmd = MMUINSPECT_CMD_WATCH_ADD,
		.doit = mmui_watch_add_doit,
		.policy = mmui_watch_add_policy,
		.maxattr = MMUINSPECT_A_WATCH_ALONE,
	},
	{
		.cmd = MMUINSPECT_CMD_WATCH_DEL,
		.doit = mmui_watch_del_doit,
		.policy = mmui_watch_policy,
		.maxattr = MMUINSPECT_A_WATCH_ID,
	},
	{
		.cmd = MMUINSPECT_CMD_WATCH_GET,
		.start = mmui_watch_start,
		.dumpit = mmui_watch_dump,
		.policy = mmui_watch_policy,
		.maxattr = MMUINSPECT_A_WATCH_ID,
	},
};

static struct genl_family family __ro_after_init = {
	.name = MMUINSPECT_FAMILY_NAME,
	.version = MMUINSPECT_FAMILY_VERSION,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
};

/* What a socket asked for ends with it, also if its process was killed. */
static int released(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *n = data;

	if (event == NETLINK_URELEASE && n->protocol == NETLINK_GENERIC &&
	    net_eq(n->net, &init_net))
		mmui_counting_end();
	return NOTIFY_DONE;
}

static struct notifier_block release_nb = {
	.notifier_call = released,
};

/**
 * mmui_netlink_init - open the second door
 * @info: what info-get answers; stays the caller's
 *
 * Return: 0 or a negative errno.
 */
int mmui_netlink_init(const struct mmuinspect_info *info)
{
	int ret;

	facts = info;
	ret = netlink_register_notifier(&release_nb);
	if (ret)
		return ret;
	ret = genl_register_family(&family);
	if (ret)
		netlink_unregister_notifier(&release_nb);
	return ret;
}

/*
 * Sockets that are open stay so, but what they asked for ends here. Events end
 * before the family does: none may come from a family that isn't there.
 */
void mmui_netlink_exit(void)
{
	mmui_subscribers_close();
	genl_unregister_family(&family);
	netlink_unregister_notifier(&release_nb);
}
