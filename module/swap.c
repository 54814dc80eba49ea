// SPDX-License-Identifier: GPL-2.0-only
/* What swap types and markers mean, as this kernel is configured. */
#include <linux/swap.h>
#include <linux/swapops.h>

#include "swap.h"

static const u8 swap_class[MMUINSPECT_SWAP_TYPES] = {
	[0 ... MAX_SWAPFILES - 1] = MMUINSPECT_SWAP_DEVICE,
#ifdef CONFIG_MEMORY_FAILURE
	[SWP_HWPOISON] = MMUINSPECT_SWAP_HWPOISON,
#endif
#ifdef CONFIG_MIGRATION
	[SWP_MIGRATION_READ] = MMUINSPECT_SWAP_MIGRATION_READ,
	[SWP_MIGRATION_READ_EXCLUSIVE] = MMUINSPECT_SWAP_MIGRATION_READ_EXCLUSIVE,
	[SWP_MIGRATION_WRITE] = MMUINSPECT_SWAP_MIGRATION_WRITE,
#endif
#ifdef CONFIG_DEVICE_PRIVATE
	[SWP_DEVICE_READ] = MMUINSPECT_SWAP_PRIVATE_READ,
	[SWP_DEVICE_WRITE] = MMUINSPECT_SWAP_PRIVATE_WRITE,
#ifdef SWP_DEVICE_EXCLUSIVE_READ
	[SWP_DEVICE_EXCLUSIVE_READ] = MMUINSPECT_SWAP_EXCLUSIVE,
	[SWP_DEVICE_EXCLUSIVE_WRITE] = MMUINSPECT_SWAP_EXCLUSIVE,
#endif
#ifdef SWP_DEVICE_EXCLUSIVE
	[SWP_DEVICE_EXCLUSIVE] = MMUINSPECT_SWAP_EXCLUSIVE,
#endif
#endif
#ifdef SWP_PTE_MARKER
	[SWP_PTE_MARKER] = MMUINSPECT_SWAP_MARKER,
#endif
#ifdef SWP_SWAPIN_ERROR
	[SWP_SWAPIN_ERROR] = MMUINSPECT_SWAP_ERROR,
#endif
};

/**
 * mmui_swap_init - fill in what this kernel's swap types and markers are
 * @np: receives @swap_class and @marker_*
 */
void mmui_swap_init(struct mmuinspect_nonpresent *np)
{
	memcpy(np->swap_class, swap_class, sizeof(np->swap_class));
#ifdef PTE_MARKER_UFFD_WP
	np->marker_uffd_wp = PTE_MARKER_UFFD_WP;
#endif
#ifdef PTE_MARKER_POISONED
	np->marker_poisoned = PTE_MARKER_POISONED;
#endif
#ifdef PTE_MARKER_GUARD
	np->marker_guard = PTE_MARKER_GUARD;
#endif
}
