// SPDX-License-Identifier: GPL-2.0-only
/* The MSR policy: said, asked, and what the module then reads. */
#include "kselftest_harness.h"
#include "client.h"
#include "cpu.h"
#include "mmui_test.h"
#include "who.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PAT	0x277
#define EFER	0xc0000080
#define LME_LMA	(BIT(8) | BIT(10))
#define LSTAR	0xc0000082

FIXTURE(policy)
{
	struct ynl_sock *ys;
	struct rules *list;	/* as it was found */
	struct rules *rules;
};

FIXTURE_SETUP(policy)
{
	self->ys = client();
	self->list = SHARED(struct rules, 1);
	self->rules = SHARED(struct rules, 1);
	ASSERT_EQ(0, nl_policy_get(nl_open(), self->list));
}

FIXTURE_TEARDOWN(policy)
{
	nl_policy_set(nl_open(), self->list->rule, self->list->n, false);
	ynl_sock_destroy(self->ys);
}

/* What a bare socket gets, and what the module does by it */
TEST_F(policy, msr_policy_get)
{
	int fd = mmui_open();
	__u64 ours, theirs;
	unsigned int i;

	ASSERT_EQ(0, policy_get(self->ys, self->rules));
	EXPECT_EQ(0, memcmp(self->list, self->rules, sizeof(*self->list)));
	for (i = 0; i < self->rules->n; i++) {
		const struct rule *rule = &self->rules->rule[i];

		if (i)
			EXPECT_LT(rule[-1].msr, rule->msr);
		if (rule->msr != EFER && rule->msr != LSTAR)
			continue;
		EXPECT_EQ(rule->msr == LSTAR, rule->reveals);
		ASSERT_EQ(0, mmui_msr(fd, 0, rule->msr, &ours));
		ASSERT_EQ(0, cpu_msr(0, rule->msr, &theirs));
		EXPECT_EQ(theirs & rule->mask, ours);
	}
	EXPECT_LE(60, self->rules->n);
	EXPECT_FALSE(self->rules->sealed);
}

TEST_F(policy, msr_policy_set)
{
	static const struct rule efer = { EFER, LME_LMA }, pat = { PAT };
	int fd = mmui_open();
	__u64 value, theirs;

	ASSERT_EQ(0, policy_set(self->ys, &efer, 1, false));
	ASSERT_EQ(0, policy_get(self->ys, self->rules));
	EXPECT_EQ(1, self->rules->n);
	EXPECT_EQ(EFER, self->rules->rule[0].msr);
	EXPECT_EQ(LME_LMA, self->rules->rule[0].mask);
	EXPECT_EQ(0, mmui_msr(fd, 0, EFER, &value));
	EXPECT_EQ(LME_LMA, value);
	EXPECT_EQ(-EACCES, mmui_msr(fd, 0, PAT, &value));

	ASSERT_EQ(0, policy_set(self->ys, &pat, 1, true));
	ASSERT_EQ(0, policy_get(self->ys, self->rules));
	EXPECT_EQ(2, self->rules->n);
	EXPECT_EQ(PAT, self->rules->rule[0].msr);
	EXPECT_EQ(~0ULL, self->rules->rule[0].mask);
	ASSERT_EQ(0, cpu_msr(0, PAT, &theirs));
	EXPECT_EQ(0, mmui_msr(fd, 0, PAT, &value));
	EXPECT_EQ(theirs, value);
	EXPECT_EQ(0, mmui_msr(fd, 0, EFER, &value));
	EXPECT_EQ(LME_LMA, value);

	ASSERT_EQ(0, policy_set(self->ys, &pat, 1, false));
	EXPECT_EQ(-EACCES, mmui_msr(fd, 0, EFER, &value));
	/* What a dump says may be said back. */
	ASSERT_EQ(0, policy_set(self->ys, self->list->rule, self->list->n, false));
	ASSERT_EQ(0, policy_get(self->ys, self->rules));
	EXPECT_EQ(0, memcmp(self->list, self->rules, sizeof(*self->list)));
}

/* As long as a request gets, and answers in several messages */
TEST_F(policy, msr_policy_set_all)
{
	struct rule *rule = SHARED(struct rule, MMUINSPECT_POLICY_MAX + 1);
	unsigned int i;

	for (i = 0; i <= MMUINSPECT_POLICY_MAX; i++)
		rule[i] = (struct rule) { i, BIT(i % 64) };
	EXPECT_EQ(-E2BIG, policy_set(self->ys, rule, i, false));
	ASSERT_EQ(0, policy_set(self->ys, rule, --i, false));
	ASSERT_EQ(0, policy_get(self->ys, self->rules));
	ASSERT_EQ(i, self->rules->n);
	while (i--) {
		EXPECT_EQ(i, self->rules->rule[i].msr);
		EXPECT_EQ(BIT(i % 64), self->rules->rule[i].mask);
	}
}

/* ynl names the attribute that the kernel points at. */
TEST_F(policy, msr_policy_set_wrong)
{
	struct mmuinspect_msr_policy_set_req *req =
		mmuinspect_msr_policy_set_req_alloc();
	struct mmuinspect_msr_rule *rule = mmuinspect_msr_rule_alloc(1);

	ASSERT_TRUE(req && rule);
	__mmuinspect_msr_policy_set_req_set_rule(req, rule, 1);
	mmuinspect_msr_rule_set_mask(rule, 1);
	EXPECT_GT(0, mmuinspect_msr_policy_set(self->ys, req));
	EXPECT_EQ(EINVAL, self->ys->err.code);
	EXPECT_NE(NULL, strstr(self->ys->err.msg, " .rule)"))
		TH_LOG("\"%s\"", self->ys->err.msg);
	mmuinspect_msr_rule_set_msr(rule, EFER);
	mmuinspect_msr_rule_set_mask(rule, 0);
	EXPECT_GT(0, mmuinspect_msr_policy_set(self->ys, req));
	EXPECT_EQ(ERANGE, self->ys->err.code);
	EXPECT_NE(NULL, strstr(self->ys->err.msg, " .rule.mask)"))
		TH_LOG("\"%s\"", self->ys->err.msg);
	mmuinspect_msr_policy_set_req_free(req);
}

/* What somebody else is told */
struct told {
	int get;
	int set;
	int seal;
	char why[512];
};

static int ask_as_nobody(void *arg)
{
	const struct rule rule = { EFER, ~0ULL };
	struct rules *rules = SHARED(struct rules, 1);
	struct told *told = arg;
	struct ynl_sock *ys;

	become(NOBODY_AT_ALL);
	ys = client();
	told->get = policy_get(ys, rules);
	told->seal = call_error(ys, mmuinspect_msr_policy_seal(ys));
	told->set = policy_set(ys, &rule, 1, false);
	snprintf(told->why, sizeof(told->why), "%s", ys->err.msg);
	return 0;
}

TEST_F(policy, msr_policy_refused)
{
	struct told *told = SHARED(struct told, 1);

	ASSERT_EQ(0, in_child(ask_as_nobody, told));
	EXPECT_EQ(-EPERM, told->get);
	EXPECT_EQ(-EPERM, told->seal);
	EXPECT_EQ(-EPERM, told->set);
	EXPECT_NE(NULL, strstr(told->why, "CAP_SYS_RAWIO"))
		TH_LOG("\"%s\"", told->why);
}

/* A seal holds until the module goes: the last one, with a module of its own. */
TEST_F(policy, msr_policy_seal)
{
	const struct rule rule = { EFER, ~0ULL };

	ASSERT_EQ(0, mmuinspect_msr_policy_seal(self->ys));
	EXPECT_EQ(-EPERM, policy_set(self->ys, &rule, 1, false));
	EXPECT_NE(NULL, strstr(self->ys->err.msg, "sealed"))
		TH_LOG("\"%s\"", self->ys->err.msg);
	EXPECT_EQ(-EPERM, policy_set(self->ys, &rule, 1, true));
	EXPECT_EQ(0, mmuinspect_msr_policy_seal(self->ys));
	ASSERT_EQ(0, policy_get(self->ys, self->rules));
	EXPECT_TRUE(self->rules->sealed);
	self->rules->sealed = false;
	EXPECT_EQ(0, memcmp(self->list, self->rules, sizeof(*self->list)));

	ASSERT_EQ(0, module_unload());
	ASSERT_EQ(0, module_load());
	ynl_sock_destroy(self->ys);
	self->ys = client();
	ASSERT_EQ(0, policy_get(self->ys, self->rules));
	EXPECT_FALSE(self->rules->sealed);
	EXPECT_EQ(0, policy_set(self->ys, &rule, 1, false));
}

TEST_HARNESS_MAIN
