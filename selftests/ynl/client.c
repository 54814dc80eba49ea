// SPDX-License-Identifier: GPL-2.0-only
#include "client.h"
#include "mmui_test.h"

#include <stdlib.h>
#include <string.h>

struct ynl_sock *client(void)
{
	struct ynl_error error;
	struct ynl_sock *ys = ynl_sock_create(&ynl_mmuinspect_family, &error);

	if (!ys)
		die("ynl: %s", error.msg);
	return ys;
}

int dump_error(const struct ynl_sock *ys, const void *list)
{
	return list ? 0 : -(int)ys->err.code;
}

int call_error(const struct ynl_sock *ys, int ret)
{
	return ret < 0 ? -(int)ys->err.code : 0;
}

int policy_get(struct ynl_sock *ys, struct rules *rules)
{
	struct mmuinspect_msr_policy_get_list *list =
		mmuinspect_msr_policy_get_dump(ys);
	const struct mmuinspect_msr_rule *from;
	unsigned int i;

	memset(rules, 0, sizeof(*rules));
	if (!list)
		return dump_error(ys, list);
	ynl_dump_foreach(list, message) {
		rules->sealed |= HAS(message, sealed);
		for (i = 0; i < message->_count.rule; i++) {
			if (rules->n > MMUINSPECT_POLICY_MAX)
				die("more than %u rules", MMUINSPECT_POLICY_MAX);
			from = &message->rule[i];
			if (!HAS(from, msr) || !HAS(from, mask))
				die("half a rule");
			rules->rule[rules->n].msr = from->msr;
			rules->rule[rules->n].mask = from->mask;
			rules->rule[rules->n++].reveals = HAS(from, reveals);
		}
	}
	mmuinspect_msr_policy_get_list_free(list);
	return 0;
}

int policy_set(struct ynl_sock *ys, const struct rule *rule, unsigned int n,
	       bool extend)
{
	struct mmuinspect_msr_policy_set_req *req =
		mmuinspect_msr_policy_set_req_alloc();
	struct mmuinspect_msr_rule *to = mmuinspect_msr_rule_alloc(n + 1);
	unsigned int i;
	int ret;

	if (!req || !to)
		die("calloc");
	for (i = 0; i < n; i++) {
		mmuinspect_msr_rule_set_msr(&to[i], rule[i].msr);
		if (rule[i].mask)
			mmuinspect_msr_rule_set_mask(&to[i], rule[i].mask);
		if (rule[i].reveals)
			mmuinspect_msr_rule_set_reveals(&to[i]);
	}
	__mmuinspect_msr_policy_set_req_set_rule(req, to, n);
	if (extend)
		mmuinspect_msr_policy_set_req_set_extend(req);
	ret = call_error(ys, mmuinspect_msr_policy_set(ys, req));
	mmuinspect_msr_policy_set_req_free(req);
	return ret;
}
