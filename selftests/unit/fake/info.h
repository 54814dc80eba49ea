/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * INFO as Debian's 6.1 on a machine with 46 physical bits would answer, written
 * out from the kernel's headers: arch/x86/include/asm/pgtable_{types,64}.h,
 * include/linux/swap.h with HWPOISON, MIGRATION, DEVICE_PRIVATE and markers.
 */
#ifndef FAKE_INFO_H
#define FAKE_INFO_H

#include <linux/mmuinspect.h>

static const struct mmuinspect_info fake_info = {
	.size = sizeof(struct mmuinspect_info),
	.abi = 1,
	.arch = MMUINSPECT_ARCH_X86_64,
	.version = "0.1.0",
	.release = "6.1.0-fake",
	.levels = 4,
	.va_bits = 48,
	.phys_bits = 46,
	.page_shift = 12,
	.cycles_khz = 2400000,
	.user_end = 0x800000000000,
	.phys_mask = 0x00003ffffffff000,
	.features = MMUINSPECT_FEATURE_NX | MMUINSPECT_FEATURE_PKEYS |
		    MMUINSPECT_FEATURE_1G,
	.memattr = 0x0407050600070106,	/* WB WC UC- UC WB WP UC- WT */
	.soft_dirty = 0x800,
	.uffd_wp = 0x400,
	.special = 0x200,
	.saved_dirty = 0x0400000000000000,
	.nonpresent = {
		.prot_none = 0x100,
		.pfn = 0x000ffffffffff000,
		.pfn_inverted = 1,
		.type_shift = 59,
		.type_bits = 5,
		.offset_shift = 9,
		.offset_bits = 50,
		.offset_inverted = 1,
		.swap_pfn_bits = 40,
		.soft_dirty = 2,
		.uffd_wp = 4,
		.exclusive = 8,
		.marker_uffd_wp = 1,
		.marker_poisoned = 2,
		.marker_guard = 4,
		.swap_class = {
			[0 ... 20] = MMUINSPECT_SWAP_DEVICE,
			[22] = MMUINSPECT_SWAP_HWPOISON,
			[23] = MMUINSPECT_SWAP_MIGRATION_READ,
			[24] = MMUINSPECT_SWAP_MIGRATION_READ_EXCLUSIVE,
			[25] = MMUINSPECT_SWAP_MIGRATION_WRITE,
			[26] = MMUINSPECT_SWAP_PRIVATE_WRITE,
			[27] = MMUINSPECT_SWAP_PRIVATE_READ,
			[28] = MMUINSPECT_SWAP_EXCLUSIVE,
			[29] = MMUINSPECT_SWAP_EXCLUSIVE,
			[30] = MMUINSPECT_SWAP_MARKER,
			[31] = MMUINSPECT_SWAP_ERROR,
		},
	},
};

#endif
