/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an architecture must say so that its entries can be explained.
 *
 * To add one: fill a struct decode_arch in a file of its own, put it into the
 * table of decode.c, and write down literal entries in selftests/unit/decode.c.
 */
#ifndef DECODE_H
#define DECODE_H

#include "mmuinspect.h"
#include "walk.h"

/* What an entry is; the same bit differs between them. */
#define IN_TABLE	(1 << 0)	/* it points to a table */
#define IN_PAGE		(1 << 1)	/* it maps a page of the last level, or would */
#define IN_LARGE	(1 << 2)	/* it maps a large page, or would */
#define IN_LEAF		(IN_PAGE | IN_LARGE)
#define IN_ANY		(IN_TABLE | IN_LEAF)
#define IN_SWAP		(1 << 3)	/* not present, and of no form but Linux's own */

/**
 * struct decode_bit - one bit or field of an entry
 * @where: in which entries it means this, IN_*
 * @field: 1 if the value under @mask is shown, 0 if the row is a yes or no
 * @mask: the bits; or, if the kernel chooses them:
 * @info_mask: 1 + offset of a __u64 mask in struct mmuinspect_info
 * @value: the row holds if the bits under @mask read so; 0 for "all set"
 * @feature: MMUINSPECT_FEATURE_* without which the bits mean something else
 * @name: NULL for bits that are known and not worth a word
 * @meaning: in words
 */
struct decode_bit {
	unsigned int where;
	unsigned int field;
	__u64 mask;
	size_t info_mask;
	__u64 value;
	__u64 feature;
	const char *name;
	const char *meaning;
};

/**
 * struct decode_weight - a bit's share in the index of a memory type
 * @where: in which entries, IN_*
 * @mask: the bit
 * @weight: what it adds to the index
 */
struct decode_weight {
	unsigned int where;
	__u64 mask;
	unsigned int weight;
};

/**
 * struct decode_mode - a paging mode
 * @name: of the mode
 * @when: conditions, all of which hold
 */
struct decode_mode {
	const char *name;
	struct mmuinspect_condition when[4];
};

#define SAY_ON	(1 << 0)
#define SAY_OFF	(1 << 1)

/**
 * struct decode_mode_bit - a part of the paging mode that is on or off
 * @name: of it
 * @say: when it's worth a word, SAY_*
 * @when: it's on if this holds
 */
struct decode_mode_bit {
	const char *name;
	unsigned int say;
	struct mmuinspect_condition when;
};

/**
 * struct decode_arch - an architecture
 * @id: enum mmuinspect_arch
 * @name: as uname -m has it
 * @level_name: from the last level upwards
 * @format: by number of levels; NULL where there is none
 * @bits: ends with a row whose @where is 0
 * @weights: ends with a row whose @where is 0
 * @memory_types: how many indices there are; struct mmuinspect_info.memattr has
 *	a byte for each
 * @memory_type: name of the type that such a byte stands for
 * @registers: ends with a row whose @name is NULL
 * @msrs: by number; NULL if there are none
 * @modes: of paging; the first one that holds. Ends with a row whose @name is NULL
 * @mode_bits: what the mode has on and off. Ends with a row whose @name is NULL
 * @access: what denies an access (access.h)
 */
struct decode_arch {
	unsigned int id;
	const char *name;
	const char *level_name[MMUINSPECT_LEVELS_MAX];
	const struct mmui_format *format[MMUINSPECT_LEVELS_MAX + 1];
	const struct decode_bit *bits;
	const struct decode_weight *weights;
	int memory_types;
	const char *(*memory_type)(unsigned int byte);
	const struct mmuinspect_register *registers;
	const struct mmuinspect_register *msrs;
	const struct decode_mode *modes;
	const struct decode_mode_bit *mode_bits;
	const struct access_arch *access;
};

extern const struct decode_arch decode_x86_64;

const struct decode_arch *decode_arch(const struct mmuinspect_info *info);
const struct mmui_format *decode_format(const struct mmuinspect_info *info);
const struct mmui_level *decode_level(const struct mmuinspect_info *info,
				      unsigned int level);

#endif
