// SPDX-License-Identifier: GPL-2.0-only
/* What the bits of an entry mean, decoded once. */
#include <stdio.h>
#include <string.h>

#include "bits.h"

#define MEMO_BITS 4

static struct bits memo[1 << MEMO_BITS];

static void decode(struct bits *b, __u64 entry)
{
	struct mmuinspect_flag flag[MMUINSPECT_FLAGS_MAX];
	size_t i;

	b->n = mmuinspect_entry_flags(b->info, b->level, entry, flag);
	b->length = 0;
	b->text[0] = '\0';
	for (i = 0; i < b->n; i++) {
		snprintf(b->name[i], sizeof(b->name[i]), flag[i].field ? "%s=%u" : "%s",
			 flag[i].name, flag[i].value);
		if (b->length + sizeof(b->name[i]) < sizeof(b->text))
			b->length += sprintf(b->text + b->length, "%s%s", i ? " " : "",
					     b->name[i]);
	}
	b->memory = mmuinspect_memory_type(b->info,
		mmuinspect_memory_index(b->info, b->level, entry));
	b->pkey = mmuinspect_entry_pkey(b->info, b->level, entry);
}

const struct bits *bits_of(const struct mmuinspect_info *info, unsigned int level,
			   __u64 entry)
{
	__u64 key = entry & ~mmuinspect_entry_address(info, level, entry);
	/* Fibonacci hashing: bits from both ends of an entry come together. */
	struct bits *b = &memo[(key + level) * 0x9e3779b97f4a7c15 >> (64 - MEMO_BITS)];

	if (b->level == level && b->key == key && b->info == info)
		return b;
	b->key = key;
	b->level = level;
	b->info = info;
	decode(b, entry);
	return b;
}
