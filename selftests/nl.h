/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The netlink family by bare sockets: nothing between the test and the module
 * that could put a wrong message right.
 */
#ifndef NL_H
#define NL_H

#include <linux/genetlink.h>
#include <linux/mmuinspect.h>
#include <linux/mmuinspect_netlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct nl_message - a message in the making
 * @data: nlmsghdr, genlmsghdr, attributes
 * @room: of @data, in bytes
 */
struct nl_message {
	struct nlmsghdr *data;
	size_t room;
};

/* A request of the family @type, with NLM_F_REQUEST and NLM_F_ACK */
struct nl_message *nl_new(int type, int cmd, int flags);
void nl_free(struct nl_message *m);
struct nlattr *nl_put(struct nl_message *m, int type, const void *data, size_t len);
void nl_put_u32(struct nl_message *m, int type, __u32 value);
void nl_put_u64(struct nl_message *m, int type, __u64 value);
void nl_put_flag(struct nl_message *m, int type);
/* Returns an offset for nl_nest_end(): what nl_put() returns moves. */
size_t nl_nest(struct nl_message *m, int type);
void nl_nest_end(struct nl_message *m, size_t at);

/* A socket: acknowledgments come with words, and without the request. */
int nl_open(void);
/* The number of a family, or a negative errno */
int nl_resolve(int sock, const char *name);
/* That of mmuinspect; ends the test if there is none */
int nl_family(int sock);

/* How many multicast groups the family has; or a negative errno */
int nl_groups(int sock);

int nl_send(int sock, const void *data, size_t len);
/* Receive until the request is answered or a second has passed (-ETIMEDOUT) */
int nl_receive(int sock, void (*each)(const struct nlmsghdr *h, void *arg), void *arg);
/* Both. 0 or a negative errno, which nl_why() may explain. */
int nl_ask(int sock, const struct nl_message *m,
	   void (*each)(const struct nlmsghdr *h, void *arg), void *arg);
/* The kernel's words about the last answer; "" if it had none */
const char *nl_why(void);
/* Was the last dump marked as interrupted by a change? */
bool nl_interrupted(void);

#define NL_ATTRS 64
/* Attributes of a message, or of a nested attribute, by number */
void nl_parse(const struct nlmsghdr *h, const struct nlattr *tb[NL_ATTRS]);
void nl_parse_nested(const struct nlattr *nest, const struct nlattr *tb[NL_ATTRS]);
/* Each attribute, those that come more than once included */
void nl_each_of(const struct nlmsghdr *h,
		void (*each)(const struct nlattr *a, int type, void *arg), void *arg);
void nl_each(const struct nlattr *nest,
	     void (*each)(const struct nlattr *a, int type, void *arg), void *arg);
__u32 nl_u32(const struct nlattr *a);
__u64 nl_u64(const struct nlattr *a);

/* The MSR policy */

struct rule {
	__u32 msr;
	__u64 mask;
	bool reveals;
};

struct rules {
	struct rule rule[MMUINSPECT_POLICY_MAX + 1];
	unsigned int n;
	bool sealed;
};

int nl_policy_get(int sock, struct rules *rules);
int nl_policy_set(int sock, const struct rule *rule, unsigned int n, bool extend);
int nl_policy_seal(int sock);
void nl_put_rule(struct nl_message *m, const struct rule *rule);

#endif
