/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A zoo: one process that has each kind of page which Linux puts into the
 * tables, and the knowledge of what was put there.
 */
#ifndef MMUI_ZOO_H
#define MMUI_ZOO_H

#include "mmui_test.h"

/**
 * struct place - where a kind lives
 * @addr: its first page
 * @len: in bytes
 * @phys: its physical address, for a kind that pagemap doesn't tell of
 * @pkey: its protection key
 * @skip: why it can't be had here; empty if it is there
 */
struct place {
	__u64 addr;
	__u64 len;
	__u64 phys;
	unsigned int pkey;
	char skip[96];
};

/**
 * struct kind - a kind of page
 * @name: for people
 * @level: of its entries, all alike; 0 if there must be none
 * @mask: the attributes that are certain ...
 * @attrs: ... and their values
 * @page_flags: KPF_* that its frames must have
 * @kept_dirty: written, then protected: it's dirty in one bit or another
 * @swap_class: enum mmuinspect_swap_class of its swap type
 * @make: bring it into being in this process
 */
struct kind {
	const char *name;
	unsigned int level;
	__u16 mask;
	__u16 attrs;
	__u64 page_flags;
	bool kept_dirty;
	__u8 swap_class;
	void (*make)(struct place *place);
};

/* In the order in which they are made: cow forks, so it comes first. */
#define ZOO(X)									\
	X(cow) X(anon) X(read_only) X(exec) X(write_exec) X(none)		\
	X(neighbours) X(shared_written) X(shared_read) X(file) X(zero)		\
	X(emptied)								\
	X(swapped) X(thp) X(thp_none) X(thp_zero) X(hugetlb_2m)		\
	X(hugetlb_none) X(hugetlb_1g) X(high) X(pkey) X(guard) X(secret) X(mmio)

#define X(name) ZOO_##name,
enum { ZOO(X) ZOO_SIZE };
#undef X

extern const struct kind zoo[ZOO_SIZE];

/* With the exception of 1 GiB of zeroes, which takes seconds to write */
#define ZOO_QUICK (((1ULL << ZOO_SIZE) - 1) & ~(1ULL << ZOO_hugetlb_1g))

pid_t zoo_start(__u64 which, struct place *place);
void zoo_here(__u64 which, struct place *place);

#endif
