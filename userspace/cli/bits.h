/* SPDX-License-Identifier: GPL-2.0-only */
/* What the bits of an entry mean, remembered: most entries differ in the address only. */
#ifndef BITS_H
#define BITS_H

#include "mmuinspect.h"

#define BIT_NAME_MAX 32

/**
 * struct bits - the meaning of an entry but its address
 * @key: the entry without the address; of @level, on the machine of @info
 * @level: 0 if this one isn't used
 * @info: see @key
 * @n: how many names there are
 * @name: "P", "pkey=3"
 * @text: the names with blanks between
 * @length: of @text
 * @memory: its memory type; NULL if it has none
 * @pkey: its protection key; -1 if it has none
 */
struct bits {
	__u64 key;
	unsigned int level;
	const struct mmuinspect_info *info;
	size_t n;
	char name[MMUINSPECT_FLAGS_MAX][BIT_NAME_MAX];
	char text[16 * MMUINSPECT_FLAGS_MAX];
	size_t length;
	const char *memory;
	int pkey;
};

/* "P RW US" in @width, and in JSON an array */
void out_bits(const struct bits *b, int width);
/* Valid until the next call */
const struct bits *bits_of(const struct mmuinspect_info *info, unsigned int level,
			   __u64 entry);

#endif
