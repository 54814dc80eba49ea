// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Entries of x86-64 page tables.
 *
 * Intel SDM vol. 3A, 4.5 (tables 4-15 to 4-20), AMD APM vol. 2, 5.3. What Linux
 * keeps in the bits that are left to software comes from the kernel.
 */
#include <stddef.h>

#include "access.h"
#include "registers.h"

#define BIT(n)		(1ULL << (n))
#define FROM_INFO(field) (1 + offsetof(struct mmuinspect_info, field))

static const struct decode_bit x86_bits[] = {
	{ IN_ANY, .mask = BIT(0), .name = "P", .meaning = "present" },
	{ IN_ANY, .mask = BIT(1), .name = "RW", .meaning = "writable" },
	{ IN_ANY, .mask = BIT(2), .name = "US", .meaning = "for user mode" },
	{ IN_ANY, .mask = BIT(3), .name = "PWT", .meaning = "page-level write-through" },
	{ IN_ANY, .mask = BIT(4), .name = "PCD", .meaning = "page-level cache disable" },
	{ IN_ANY, .mask = BIT(5), .name = "A", .meaning = "accessed" },
	/* Linux sets it in each table pointer, and the hardware ignores it. */
	{ IN_TABLE, .mask = BIT(6) },
	{ IN_LEAF, .mask = BIT(6), .name = "D", .meaning = "dirty" },
	{ IN_LEAF, .mask = BIT(1) | BIT(6), .value = BIT(6),
	  .feature = MMUINSPECT_FEATURE_SHSTK,
	  .name = "shadow-stack", .meaning = "dirty, not writable: a shadow stack" },
	{ IN_PAGE, .mask = BIT(7), .name = "PAT", .meaning = "high bit of the PAT index" },
	{ IN_LARGE, .mask = BIT(7), .name = "PS", .meaning = "a large page" },
	{ IN_LEAF, .mask = BIT(8) | BIT(0),
	  .name = "G", .meaning = "global: survives a load of CR3" },
	{ IN_LEAF, .mask = BIT(8) | BIT(0), .value = BIT(8),
	  .name = "PROTNONE", .meaning = "Linux's: a page that nobody may touch" },
	{ IN_LARGE, .mask = BIT(12), .name = "PAT", .meaning = "high bit of the PAT index" },
	{ IN_LEAF, .info_mask = FROM_INFO(special),
	  .name = "special", .meaning = "no struct page is behind it" },
	{ IN_LEAF, .info_mask = FROM_INFO(uffd_wp),
	  .name = "uffd-wp", .meaning = "write-protected by userfaultfd" },
	{ IN_LEAF, .info_mask = FROM_INFO(soft_dirty),
	  .name = "soft-dirty", .meaning = "written since clear_refs, by this entry alone: a mapping made since (VmFlags sd) counts as written all over" },
	{ IN_LEAF, .info_mask = FROM_INFO(saved_dirty),
	  .name = "saved-dirty", .meaning = "dirty, kept aside: the page is read-only" },
	{ IN_LEAF, .field = 1, .mask = 0xfULL << 59,
	  .feature = MMUINSPECT_FEATURE_PKEYS,
	  .name = "pkey", .meaning = "protection key" },
	{ IN_ANY, .mask = BIT(63), .feature = MMUINSPECT_FEATURE_NX,
	  .name = "NX", .meaning = "no execute" },
	{ IN_SWAP, .info_mask = FROM_INFO(nonpresent.soft_dirty),
	  .name = "soft-dirty", .meaning = "written since clear_refs, by this entry alone: a mapping made since (VmFlags sd) counts as written all over" },
	{ IN_SWAP, .info_mask = FROM_INFO(nonpresent.uffd_wp),
	  .name = "uffd-wp", .meaning = "write-protected by userfaultfd" },
	{ IN_SWAP, .info_mask = FROM_INFO(nonpresent.exclusive),
	  .name = "exclusive", .meaning = "no other process shares the page" },
	{ 0 }
};

/* SDM vol. 3A, 12.12.3: PAT index = PAT << 2 | PCD << 1 | PWT */
static const struct decode_weight x86_weights[] = {
	{ IN_LEAF, BIT(3), 1 },
	{ IN_LEAF, BIT(4), 2 },
	{ IN_PAGE, BIT(7), 4 },
	{ IN_LARGE, BIT(12), 4 },
	{ 0 }
};

/* SDM vol. 3A, table 12-10 */
static const char *x86_memory_type(unsigned int byte)
{
	static const char *const name[] = {
		"UC", "WC", "reserved", "reserved", "WT", "WP", "WB", "UC-",
	};

	return byte < 8 ? name[byte] : "reserved";
}

const struct decode_arch decode_x86_64 = {
	.id = MMUINSPECT_ARCH_X86_64,
	.name = "x86_64",
	.level_name = { "PT", "PD", "PDPT", "PML4", "PML5" },
	.format = { [4] = &mmui_x86_64_4level, [5] = &mmui_x86_64_5level },
	.bits = x86_bits,
	.weights = x86_weights,
	.memory_types = 8,
	.memory_type = x86_memory_type,
	.registers = x86_registers,
	.msrs = x86_msrs,
	.modes = x86_modes,
	.mode_bits = x86_mode_bits,
	.access = &access_x86_64,
};
