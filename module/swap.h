/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMUI_SWAP_H
#define MMUI_SWAP_H

#include <linux/mmuinspect.h>

void mmui_swap_init(struct mmuinspect_nonpresent *np);

#endif
