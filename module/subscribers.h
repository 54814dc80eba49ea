/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets that ask for sources, and the delivery of fault events to them. */
#ifndef MMUI_SUBSCRIBERS_H
#define MMUI_SUBSCRIBERS_H

#include <linux/types.h>

struct mmui_event;
struct sk_buff;

int mmui_subscriber_set(const struct sk_buff *skb, u32 sources);
void mmui_subscribers_send(const struct mmui_event *event);
void mmui_subscribers_released(void);
void mmui_subscribers_close(void);

#endif
