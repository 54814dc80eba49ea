/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMUI_REGS_H
#define MMUI_REGS_H

#include <linux/mmuinspect.h>

#define MMUI_REGS_PER_CPU 32

unsigned int mmui_regs_read(unsigned int cpu, int refused,
			    struct mmuinspect_reg reg[MMUI_REGS_PER_CPU]);

#endif
