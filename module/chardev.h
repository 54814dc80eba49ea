/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMUI_CHARDEV_H
#define MMUI_CHARDEV_H

#include <linux/mmuinspect.h>

int mmui_chardev_init(const struct mmuinspect_info *info);
void mmui_chardev_exit(void);

#endif
