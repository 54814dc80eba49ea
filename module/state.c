// SPDX-License-Identifier: GPL-2.0-only
/* What an entry is, when a fault comes upon it. */
#include <linux/mmuinspect_netlink.h>

#include "arch.h"
#include "state.h"

static const struct mmui_format *format;
static const struct mmuinspect_nonpresent *nonpresent;
static u64 phys_mask;
static u64 uffd_bit;

unsigned long mmui_user_end;

/* By enum mmuinspect_swap_class; the rest is special */
static const u8 states[MMUINSPECT_SWAP_ERROR + 1] = {
	[MMUINSPECT_SWAP_DEVICE] = MMUINSPECT_STATE_SWAP,
	[MMUINSPECT_SWAP_MIGRATION_READ] = MMUINSPECT_STATE_MIGRATION,
	[MMUINSPECT_SWAP_MIGRATION_READ_EXCLUSIVE] = MMUINSPECT_STATE_MIGRATION,
	[MMUINSPECT_SWAP_MIGRATION_WRITE] = MMUINSPECT_STATE_MIGRATION,
};

void mmui_state_init(const struct mmuinspect_info *info)
{
	format = mmui_arch.format(info->levels);
	nonpresent = &info->nonpresent;
	phys_mask = info->phys_mask;
	uffd_bit = info->uffd_wp;
	mmui_user_end = info->user_end;
}

/* How many entries it has. */
unsigned int mmui_way_length(const struct mmui_way *way)
{
	return way->level ? format->levels + 1 - way->level : 0;
}

static u64 last_of(const struct mmui_way *way)
{
	return way->raw[mmui_way_length(way) - 1];
}

/* Do all the entries together allow the access? */
static bool allows(const struct mmui_way *way, unsigned long error_code)
{
	u64 all = ~0ULL, any = 0;
	unsigned int i;

	for (i = 0; i < mmui_way_length(way); i++) {
		all &= way->raw[i];
		any |= way->raw[i];
	}
	return mmui_arch_allows(all, any, error_code);
}

/**
 * mmui_state - what the last entry of a way is
 * @way: from mmui_way()
 * @error_code: the access, as the CPU's error code has it
 *
 * Return: enum mmuinspect_state.
 */
unsigned int mmui_state(const struct mmui_way *way, unsigned long error_code)
{
	const struct mmui_level *level;
	unsigned int type;
	u64 entry;

	if (!way->level)
		return MMUINSPECT_STATE_UNKNOWN;
	level = &format->level[way->level - 1];
	entry = last_of(way);
	if (!entry)
		return MMUINSPECT_STATE_NONE;
	if (entry & format->present)
		return allows(way, error_code) ? MMUINSPECT_STATE_ALLOWED :
						 MMUINSPECT_STATE_DENIED;
	if (entry & nonpresent->prot_none)
		return MMUINSPECT_STATE_PROT_NONE;
	/* A large page that is being changed has lost its present bit only. */
	if (way->level > 1 && (entry & level->leaf_mask) == level->leaf_value)
		return MMUINSPECT_STATE_MIGRATION;
	type = entry >> nonpresent->type_shift & (BIT(nonpresent->type_bits) - 1);
	return states[nonpresent->swap_class[type % MMUINSPECT_SWAP_TYPES]] ?:
	       MMUINSPECT_STATE_SPECIAL;
}

/* Has userfaultfd marked a way's last entry, which keeps a present one's layout? */
bool mmui_way_uffd(const struct mmui_way *way)
{
	return way->level && last_of(way) & uffd_bit;
}

/* Where @addr is in memory, if a way's last entry maps it; 0 otherwise. */
u64 mmui_way_frame(const struct mmui_way *way, unsigned long addr)
{
	const struct mmui_level *level;
	u64 entry;

	if (!way->level)
		return 0;
	level = &format->level[way->level - 1];
	entry = last_of(way);
	if (!(entry & format->present))
		return 0;
	/* A large page may be split in between: its own frame is what stays. */
	return (entry & level->leaf_addr & phys_mask) |
	       (addr & (BIT_ULL(level->shift) - 1) & PAGE_MASK);
}
