/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMUI_NETLINK_H
#define MMUI_NETLINK_H

#include <linux/mmuinspect.h>

int mmui_netlink_init(const struct mmuinspect_info *info);
void mmui_netlink_exit(void);

#endif
