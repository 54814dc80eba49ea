// SPDX-License-Identifier: LGPL-2.1-or-later
/* Explain entries: the loops over what the architectures' tables say. */
#include <string.h>

#include "decode.h"

static const struct decode_arch *const archs[] = {
	&decode_x86_64,
};

static const char *const features[] = {
	"nx", "pkeys", "pti", "pcid", "1g-pages", "shadow-stacks",
	"memory-encryption",
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

const struct decode_arch *decode_arch(const struct mmuinspect_info *info)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(archs); i++)
		if (archs[i]->id == info->arch)
			return archs[i];
	return NULL;
}

const struct mmui_format *decode_format(const struct mmuinspect_info *info)
{
	const struct decode_arch *arch = decode_arch(info);

	if (!arch || info->levels > MMUINSPECT_LEVELS_MAX)
		return NULL;
	return arch->format[info->levels];
}

const struct mmui_level *decode_level(const struct mmuinspect_info *info,
				      unsigned int level)
{
	const struct mmui_format *f = decode_format(info);

	if (!f || !level || level > f->levels)
		return NULL;
	return mmui_level(f, level);
}

const char *mmuinspect_arch_name(const struct mmuinspect_info *info)
{
	const struct decode_arch *arch = decode_arch(info);

	return arch ? arch->name : NULL;
}

const char *mmuinspect_level_name(const struct mmuinspect_info *info,
				  unsigned int level)
{
	if (!decode_level(info, level))
		return NULL;
	return decode_arch(info)->level_name[level - 1];
}

__u64 mmuinspect_level_size(const struct mmuinspect_info *info,
			    unsigned int level)
{
	const struct mmui_level *l = decode_level(info, level);

	return l ? 1ULL << l->shift : 0;
}

const char *mmuinspect_feature_name(unsigned int bit)
{
	return bit < ARRAY_SIZE(features) ? features[bit] : NULL;
}

int mmuinspect_canonical(const struct mmuinspect_info *info, __u64 va)
{
	const struct mmui_format *f = decode_format(info);

	return f && mmui_canonical(f, va);
}

enum mmuinspect_entry_kind
mmuinspect_entry_kind(const struct mmuinspect_info *info, unsigned int level,
		      __u64 entry)
{
	const struct mmui_level *l = decode_level(info, level);

	if (!l || !(entry & decode_format(info)->present))
		return MMUINSPECT_ENTRY_ABSENT;
	return mmui_is_leaf(l, entry) ? MMUINSPECT_ENTRY_LEAF :
					MMUINSPECT_ENTRY_TABLE;
}

/* Bits of a present entry that point somewhere, on this machine. */
static __u64 address_bits(const struct mmuinspect_info *info,
			  unsigned int level, __u64 entry)
{
	return mmui_address_bits(decode_format(info), level, entry) &
	       info->phys_mask;
}

__u64 mmuinspect_entry_address(const struct mmuinspect_info *info,
			       unsigned int level, __u64 entry)
{
	if (mmuinspect_entry_kind(info, level, entry) == MMUINSPECT_ENTRY_ABSENT)
		return 0;
	return entry & address_bits(info, level, entry);
}

int mmuinspect_entry_pkey(const struct mmuinspect_info *info,
			  unsigned int level, __u64 entry)
{
	__u64 mask;

	if (!(info->features & MMUINSPECT_FEATURE_PKEYS) ||
	    mmuinspect_entry_kind(info, level, entry) != MMUINSPECT_ENTRY_LEAF ||
	    !decode_format(info)->pkey)
		return -1;
	mask = decode_format(info)->pkey;
	return (entry & mask) / (mask & -mask);
}

/* Which IN_* an entry is. */
static unsigned int place(const struct mmuinspect_info *info,
			  unsigned int level, __u64 entry,
			  enum mmuinspect_entry_kind kind)
{
	struct mmuinspect_absent absent;

	if (kind == MMUINSPECT_ENTRY_TABLE)
		return IN_TABLE;
	if (kind == MMUINSPECT_ENTRY_ABSENT) {
		mmuinspect_absent(info, level, entry, 0, &absent);
		/* Else all but the present bit is where it was. */
		if (absent.type >= 0)
			return IN_SWAP;
	}
	return level == 1 ? IN_PAGE : IN_LARGE;
}

static __u64 mask_of(const struct decode_bit *row,
		     const struct mmuinspect_info *info)
{
	__u64 mask = row->mask;

	if (row->info_mask)
		memcpy(&mask, (const char *)info + row->info_mask - 1,
		       sizeof(mask));
	return mask;
}

/* What a row says of an entry: 0 for nothing. */
static __u64 holds(const struct decode_bit *row, __u64 mask, __u64 entry)
{
	if (row->field)
		return entry & mask;
	return mask && (entry & mask) == (row->value ? row->value : mask);
}

size_t mmuinspect_entry_flags(const struct mmuinspect_info *info,
			      unsigned int level, __u64 entry,
			      struct mmuinspect_flag flag[MMUINSPECT_FLAGS_MAX])
{
	enum mmuinspect_entry_kind kind = mmuinspect_entry_kind(info, level, entry);
	unsigned int where = place(info, level, entry, kind);
	const struct decode_bit *row;
	__u64 unknown = 0, mask;
	size_t n = 0;

	if (!decode_level(info, level))
		return 0;
	if (kind != MMUINSPECT_ENTRY_ABSENT)
		unknown = entry & ~address_bits(info, level, entry);
	for (row = decode_arch(info)->bits; row->where; row++) {
		mask = mask_of(row, info);
		if (!(row->where & where) || row->feature & ~info->features)
			continue;
		unknown &= ~mask;
		if (!row->name || !holds(row, mask, entry))
			continue;
		flag[n++] = (struct mmuinspect_flag) {
			.name = row->name,
			.meaning = row->meaning,
			.field = row->field,
			.value = row->field ? (entry & mask) >> __builtin_ctzll(mask) : 0,
		};
	}
	for (; unknown && n < MMUINSPECT_FLAGS_MAX; unknown &= unknown - 1)
		flag[n++] = (struct mmuinspect_flag) {
			"bit", "software's, or reserved", 1, __builtin_ctzll(unknown),
		};
	return n;
}

int mmuinspect_memory_index(const struct mmuinspect_info *info,
			    unsigned int level, __u64 entry)
{
	unsigned int where = level == 1 ? IN_PAGE : IN_LARGE;
	const struct decode_weight *w;
	int index = 0;

	if (mmuinspect_entry_kind(info, level, entry) != MMUINSPECT_ENTRY_LEAF)
		return -1;
	for (w = decode_arch(info)->weights; w->where; w++)
		if (w->where & where && entry & w->mask)
			index += w->weight;
	return index;
}

const char *mmuinspect_memory_type(const struct mmuinspect_info *info, int index)
{
	const struct decode_arch *arch = decode_arch(info);

	if (!arch || index < 0 || index >= arch->memory_types)
		return NULL;
	return arch->memory_type(info->memattr >> 8 * index & 0xff);
}
