/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMUI_POLICY_H
#define MMUI_POLICY_H

#include <linux/types.h>

struct file;
struct sk_buff;
struct task_struct;

bool mmui_may_see_physical(const struct file *file);
bool mmui_may_see_others(const struct file *file);
bool mmui_may_read_msrs(const struct file *file);
int mmui_reveal(bool rawio);
bool mmui_socket_may(const struct sk_buff *skb, int cap);
int mmui_may_send_events(const struct file *file, struct task_struct *asker);

#endif
