/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMUI_DESC_H
#define MMUI_DESC_H

#include <linux/types.h>

#define MMUI_DESC_MAX 65536

/**
 * struct mmui_desc - a descriptor table of a CPU
 * @base: linear address; 0 if there is none
 * @limit: offset of its last byte
 * @selector: of a TSS or an LDT
 * @filled: how many bytes of it were copied
 */
struct mmui_desc {
	u64 base;
	u32 limit;
	u32 selector;
	u32 filled;
};

int mmui_desc_read(unsigned int cpu, unsigned int table, void *dst, u32 room,
		   struct mmui_desc *desc);

#endif
