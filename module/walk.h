/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * The MMU in software: page-table formats as data, and one loop over them.
 *
 * Freestanding: this header, walk.c, format.c and runs.c include nothing but
 * themselves and the uapi header (the kernel's own types and the records that
 * both doors hand out). They are compiled into the module, where the callback
 * reads live memory, and into libmmuinspect, where it reads an image of it.
 */
#ifndef MMUI_WALK_H
#define MMUI_WALK_H

#include <linux/mmuinspect.h>

#define MMUI_RIGHTS (MMUINSPECT_WRITE | MMUINSPECT_USER | MMUINSPECT_EXEC)

/* Entries copied at a time: one 4 KiB table of 8-byte entries. */
#define MMUI_BOUNCE 512

/**
 * struct mmui_denial - what an entry takes away from all that is below it
 * @mask: bits to look at
 * @value: if they read so ...
 * @deny: ... these rights (MMUINSPECT_WRITE, _USER, _EXEC) are gone
 *
 * Rights that are AND-ed over the levels (x86 R/W, U/S) and restrictions that
 * are OR-ed (x86 XD, Arm PXNTable) are both rows of this kind. A list ends with
 * a row whose @deny is 0.
 */
struct mmui_denial {
	__u64 mask;
	__u64 value;
	__u16 deny;
};

/**
 * struct mmui_level - one level of a format
 * @shift: lowest address bit that the index uses; an entry covers 1 << @shift bytes
 * @bits: width of the index
 * @leaf_mask: a present entry maps memory if (entry & @leaf_mask) == @leaf_value,
 * @leaf_value: and points to a table otherwise. 0, 0: always maps memory;
 *	0, 1: always points to a table
 * @table_addr: bits of a table pointer that hold the next table's address
 * @leaf_addr: bits of a leaf that hold the frame's address
 * @kind: bits of a leaf that make two neighbours different things: rights,
 *	memory type, protection key; not the address, Accessed, Dirty, or what
 *	is the software's
 * @table_deny: what a table pointer denies
 * @leaf_deny: what a leaf denies
 */
struct mmui_level {
	__u8 shift;
	__u8 bits;
	__u64 leaf_mask;
	__u64 leaf_value;
	__u64 table_addr;
	__u64 leaf_addr;
	__u64 kind;
	const struct mmui_denial *table_deny;
	const struct mmui_denial *leaf_deny;
};

/**
 * struct mmui_hidden - where an operating system keeps an address in a
 * non-present entry
 * @mask: bits to look at
 * @value: if they read so ...
 * @addr: ... these bits hold a frame number or a swap offset
 *
 * The last row of a list has @mask 0 and so fits any entry.
 */
struct mmui_hidden {
	__u64 mask;
	__u64 value;
	__u64 addr;
};

/**
 * struct mmui_format - a page-table format
 * @name: for people
 * @levels: how many
 * @va_bits: width of an address that can be translated
 * @sign_extended: addresses above are copies of bit @va_bits - 1 (x86)
 * @present: an entry is present if any of these bits is set
 * @accessed: the Accessed bit, 0 if the format has none
 * @dirty: the Dirty bit, 0 if the format has none
 * @dirty_clear: the bits of @dirty that mean dirty when they're clear
 * @pkey: the bits that hold the protection key, 0 if the format has none
 * @level: level[0] is the last one (PT), level[@levels - 1] the root
 * @hidden: how to blank the address in a non-present entry
 * @tally: how the low byte of a present entry counts: 1 if it's accessed, and
 *	1 << 32 if it's dirty; NULL if these bits are elsewhere
 */
struct mmui_format {
	const char *name;
	__u8 levels;
	__u8 va_bits;
	__u8 sign_extended;
	__u64 present;
	__u64 accessed;
	__u64 dirty;
	__u64 dirty_clear;
	__u64 pkey;
	struct mmui_level level[MMUINSPECT_LEVELS_MAX];
	const struct mmui_hidden *hidden;
	const __u64 *tally;
};

extern const struct mmui_format mmui_x86_64_4level;
extern const struct mmui_format mmui_x86_64_5level;

/* mmui_memory.read: "drop the section, then try again from the root" */
#define MMUI_RETRY 1

/**
 * struct mmui_memory - how the walker sees physical memory
 * @read: copy @n entries of the table of level @level at physical address @table,
 *	beginning with entry @first, to @dst, each widened to 64 bits. Returns 0,
 *	MMUI_RETRY, or a negative value if that memory can't be read
 * @enter: optional: until @leave, tables that are reachable from the root stay
 *	what they are, so that a pointer just read may be followed
 * @leave: optional: end of what @enter began
 * @ctx: handed to each of them
 */
struct mmui_memory {
	int (*read)(void *ctx, unsigned int level, __u64 table,
		    unsigned int first, unsigned int n, __u64 *dst);
	void (*enter)(void *ctx);
	void (*leave)(void *ctx);
	void *ctx;
};

/**
 * struct mmui_path - one address's way through the tables
 * @steps: how many of @step are filled, from the root downwards
 * @level: level of the last of them
 * @rights: what the levels *above* the last one leave of MMUI_RIGHTS
 * @step: the levels
 */
struct mmui_path {
	__u8 steps;
	__u8 level;
	__u16 rights;
	struct mmuinspect_step step[MMUINSPECT_LEVELS_MAX];
};

/**
 * struct mmui_span - neighbouring entries of one table, none of which points to
 * another table: leaves, non-present entries, and zeroes
 * @va: address that the first one translates
 * @entry: the entries
 * @count: how many
 * @level: their level, 1 or more
 * @rights: what the levels above leave of MMUI_RIGHTS
 */
struct mmui_span {
	__u64 va;
	const __u64 *entry;
	unsigned int count;
	__u8 level;
	__u16 rights;
};

/**
 * struct mmui_walk - a walk
 * @format: of these tables
 * @root: physical address of the top table
 * @addr_mask: bits that a physical address can have on this machine
 * @memory: how to read it
 * @bounce: room for MMUI_BOUNCE entries
 * @budget: in: how many ways from the root to go at most, attempts included, each
 *	of which copies at most one table; out: how many are left
 * @unreadable: counts the tables that @memory couldn't read
 */
struct mmui_walk {
	const struct mmui_format *format;
	__u64 root;
	__u64 addr_mask;
	struct mmui_memory memory;
	__u64 *bounce;
	unsigned int budget;
	unsigned int unreadable;
};

/**
 * typedef mmui_sink - takes what a walk finds
 * @arg: the sink's own
 * @span: valid during the call only
 *
 * Return: how many entries of @span it took; fewer than @span->count stop the walk.
 */
typedef unsigned int (*mmui_sink)(void *arg, const struct mmui_span *span);

int mmui_translate(struct mmui_walk *w, __u64 va, struct mmui_path *path);
__u64 mmui_walk(struct mmui_walk *w, __u64 va, __u64 last, mmui_sink sink,
		void *arg);

/* What one entry is: */

static inline const struct mmui_level *
mmui_level(const struct mmui_format *f, unsigned int level)
{
	return &f->level[level - 1];
}

static inline int mmui_is_leaf(const struct mmui_level *l, __u64 entry)
{
	return (entry & l->leaf_mask) == l->leaf_value;
}

static inline int mmui_is_table(const struct mmui_format *f,
				const struct mmui_level *l, __u64 entry)
{
	return (entry & f->present) && !mmui_is_leaf(l, entry);
}

int mmui_canonical(const struct mmui_format *f, __u64 va);
__u16 mmui_denied(const struct mmui_denial *row, __u64 entry);
__u16 mmui_attrs(const struct mmui_format *f, unsigned int level, __u64 entry,
		 __u16 rights);
__u64 mmui_address_bits(const struct mmui_format *f, unsigned int level,
			__u64 entry);

#endif
