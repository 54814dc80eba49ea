/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMUI_NETLINK_H
#define MMUI_NETLINK_H

#include <linux/types.h>
#include <net/netlink.h>

struct genl_info;
struct mmui_event;
struct mmuinspect_info;
struct netlink_callback;
struct netlink_ext_ack;
struct sk_buff;

int mmui_netlink_init(const struct mmuinspect_info *info);
void mmui_netlink_exit(void);
void mmui_netlink_fault(u32 portid, const struct mmui_event *event, u64 seq, u64 lost);
int mmui_netlink_events_end(u32 portid, u64 seq, u64 lost, int error);

/**
 * struct mmui_dump - where a dump is
 * @next: the CPU, MSR or watch that comes next
 * @at: and the place in it
 * @only: the one that was asked for; 0 if all were
 * @refused: why registers that reveal an address are left out; 0 if they aren't
 * @done: all is said
 *
 * Dumps go on in whatever context reads the socket: who may see what is decided
 * when they start.
 */
struct mmui_dump {
	u32 next;
	u32 at;
	u32 only;
	int refused;
	bool done;
};

/* netlink.c's, for the operations of netlink_counting.c */
struct mmui_dump *mmui_dump_of(struct netlink_callback *cb);
int mmui_dump_parse(struct netlink_callback *cb, struct nlattr **attrs, int max,
		    const struct nla_policy *policy);
void *mmui_dump_put(struct sk_buff *skb, struct netlink_callback *cb);
void *mmui_reply_put(struct sk_buff *skb, struct genl_info *info);
void *mmui_event_put(struct sk_buff *skb, u8 cmd);

/* netlink_counting.c's */
extern const struct nla_policy mmui_counters_policy[], mmui_watch_policy[],
	mmui_watch_add_policy[];
int mmui_counters_set(struct sk_buff *skb, struct genl_info *info);
int mmui_counting_start(struct netlink_callback *cb);
int mmui_counters_dump(struct sk_buff *skb, struct netlink_callback *cb);
int mmui_matrix_start(struct netlink_callback *cb);
int mmui_matrix_dump(struct sk_buff *skb, struct netlink_callback *cb);
int mmui_watch_add_doit(struct sk_buff *skb, struct genl_info *info);
int mmui_watch_del_doit(struct sk_buff *skb, struct genl_info *info);
int mmui_watch_start(struct netlink_callback *cb);
int mmui_watch_dump(struct sk_buff *skb, struct netlink_callback *cb);
void mmui_counting_end(void);

#endif
