/* SPDX-License-Identifier: GPL-2.0-only */
/* The kinds of counts, as they are shown. */
#ifndef SECTIONS_H
#define SECTIONS_H

#include "mmuinspect.h"

#define NAME_SIZE 64

/**
 * struct section - counts of a kind
 * @key: in JSON
 * @heading: what they are
 * @kind: MMUINSPECT_A_COUNTS_*
 * @source: without it there are none
 * @names: the list that keys are in, unless there is:
 * @name: of a count
 * @words: more about it; may be NULL
 * @of_machine: never a process's
 * @summed: the counts have a sum, and a share of it
 * @sizes: the second part of a count is how many pages
 * @rare: not worth a heading if there are none
 * @histogram: keys are buckets of cycles: see mmuinspect_bucket()
 */
struct section {
	const char *key;
	const char *heading;
	__u32 kind;
	__u32 source;
	enum mmuinspect_names names;
	void (*name)(__u32 key, __s32 sub, char name[NAME_SIZE]);
	void (*words)(const struct section *s, const struct mmuinspect_count *c,
		      char *words, size_t size);
	int of_machine;
	int summed;
	int sizes;
	int rare;
	int histogram;
};

/* Those of faults, and those of TLBs; they end with a row whose @key is NULL. */
extern const struct section fault_sections[], tlb_sections[];

/* The one of a kind of counts */
const struct section *section_of(__u32 kind);
/* What a count of a section is called; a number if it has no name. */
void section_name(const struct section *s, const struct mmuinspect_count *c,
		  char name[NAME_SIZE]);
/* "512-1023", from the number of a bucket */
void bucket_name(__u32 key, __s32 sub, char name[NAME_SIZE]);

#endif
