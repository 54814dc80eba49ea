/* SPDX-License-Identifier: GPL-2.0-only */
/* The allow-list as a read looks it up: an open hash. */
#ifndef MMUI_MSR_TABLE_H
#define MMUI_MSR_TABLE_H

#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/types.h>

/* Twice as many as rules, so that a search is short. */
#define MMUI_SLOT_BITS 11
#define MMUI_SLOTS (1 << MMUI_SLOT_BITS)

/**
 * struct mmui_msr_table - slots; a rule is in that of the hash of its number, or
 * in the next free one behind it
 * @key: number of the rule, with MMUI_MSR_ABSENT if CPUID says that this CPU has no
 *	such MSR; of a free slot U64_MAX, which no number is equal to
 * @mask: the bits that may be seen; of a free slot 0: here a search ends
 * @reveals: does the MSR hold an address, as far as is known?
 */
struct mmui_msr_table {
	u64 key[MMUI_SLOTS];
	u64 mask[MMUI_SLOTS];
	DECLARE_BITMAP(reveals, MMUI_SLOTS);
};

const struct mmui_msr_table *mmui_msr_table(void);

/* Not a bit of the hash: a search for the number alone finds no rule. */
#define MMUI_MSR_ABSENT BIT_ULL(32)

/* The slot of an MSR; MMUI_SLOTS if there is no rule for it. */
static __always_inline size_t
mmui_msr_find(const struct mmui_msr_table *table, u64 msr)
{
	size_t slot = hash_32(msr, MMUI_SLOT_BITS);

	while (unlikely(table->key[slot] != msr)) {
		if (!table->mask[slot])
			return MMUI_SLOTS;
		slot = (slot + 1) % MMUI_SLOTS;
	}
	return slot;
}

/*
 * Errno that forbids reading an MSR, which has this slot; 0 if it's allowed.
 * @refused is the errno for those that reveal an address.
 */
static __always_inline int
mmui_msr_denied(const struct mmui_msr_table *table, size_t slot, u32 msr, int refused)
{
	if (slot == MMUI_SLOTS)
		return mmui_msr_find(table, msr | MMUI_MSR_ABSENT) == MMUI_SLOTS ?
		       -EACCES : -ENODEV;
	return refused && test_bit(slot, table->reveals) ? refused : 0;
}

#endif
