/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The client that the kernel's ynl makes of the spec, and what the tests through
 * it share. Include kselftest_harness.h first.
 *
 * A test of an operation has the operation's name (check looks); what else there
 * is to say of it begins with that name.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>

#include "mmuinspect-user.h"
#include "nl.h"
#include "ynl.h"

#define BIT(n)	(1ULL << (n))
/* Was this attribute there? */
#define HAS(from, name)	((bool)(from)->_present.name)

struct ynl_sock *client(void);

/* 0 or a negative errno, of the list that a dump has returned */
int dump_error(const struct ynl_sock *ys, const void *list);
/* Of a call that returns less than 0 for a failure */
int call_error(const struct ynl_sock *ys, int ret);

/* 0 or a negative errno, as nl_policy_get() and nl_policy_set() */
int policy_get(struct ynl_sock *ys, struct rules *rules);
/* A rule with mask 0 is sent without a mask. */
int policy_set(struct ynl_sock *ys, const struct rule *rule, unsigned int n,
	       bool extend);

#endif
