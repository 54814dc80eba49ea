// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * Page-table formats as rows, and what an entry is by such a row. Freestanding.
 *
 * To add a format, fill a struct mmui_format: Documentation/formats.rst.
 */
#include "walk.h"

#define BIT64(n)	(1ULL << (n))
#define BITS64(hi, lo)	((~0ULL >> (63 - (hi))) & (~0ULL << (lo)))

/* x86-64: Intel SDM vol. 3A 4.5, tables 4-14 to 4-20; AMD APM vol. 2 5.3, 5.4 */
#define X86_P		BIT64(0)
#define X86_RW		BIT64(1)
#define X86_US		BIT64(2)
#define X86_PWT		BIT64(3)
#define X86_PCD		BIT64(4)
#define X86_A		BIT64(5)
#define X86_D		BIT64(6)
#define X86_PS		BIT64(7)	/* above the last level */
#define X86_PAT		BIT64(7)	/* in the last level */
#define X86_PAT_LARGE	BIT64(12)
#define X86_PKEY	BITS64(62, 59)
#define X86_XD		BIT64(63)

#define X86_KIND	(X86_P | X86_RW | X86_US | X86_PWT | X86_PCD | X86_PKEY | X86_XD)

/* SDM vol. 3A 4.6: rights are AND-ed, execute-disable is OR-ed over the levels */
static const struct mmui_denial x86_deny[] = {
	{ X86_RW, 0,      MMUINSPECT_WRITE },
	{ X86_US, 0,      MMUINSPECT_USER },
	{ X86_XD, X86_XD, MMUINSPECT_EXEC },
	{ 0 }
};

/* Neighbours in the table differ in the lower bits; A and D are bits 5 and 6. */
#define X86_4(x)	(x), (x), (x), (x)
#define X86_32(x)	X86_4(x), X86_4(x), X86_4(x), X86_4(x), \
			X86_4(x), X86_4(x), X86_4(x), X86_4(x)
#define X86_128		X86_32(0), X86_32(1), X86_32(BIT64(32)), X86_32(BIT64(32) | 1)

static const __u64 x86_tally[256] = { X86_128, X86_128 };

/*
 * Linux on x86-64 (arch/x86/include/asm/pgtable_64.h): with bit 8 (PROTNONE) or
 * bit 7 (a large page under change) the frame number stays where it was,
 * inverted; otherwise the swap offset is in bits 58..9.
 */
static const struct mmui_hidden x86_64_linux_hidden[] = {
	{ BIT64(8), BIT64(8), BITS64(51, 12) },
	{ BIT64(7), BIT64(7), BITS64(51, 12) },
	{ 0,        0,        BITS64(58, 9) },
};

#define X86_64_TABLE(_shift)							\
	{ .shift = _shift, .bits = 9, .leaf_mask = 0, .leaf_value = 1,		\
	  .table_addr = BITS64(51, 12), .table_deny = x86_deny,			\
	  .leaf_deny = x86_deny }

#define X86_64_LARGE(_shift)							\
	{ .shift = _shift, .bits = 9, .leaf_mask = X86_PS, .leaf_value = X86_PS,\
	  .table_addr = BITS64(51, 12), .leaf_addr = BITS64(51, _shift),	\
	  .kind = X86_KIND | X86_PAT_LARGE, .table_deny = x86_deny,		\
	  .leaf_deny = x86_deny }

#define X86_64_PAGE								\
	{ .shift = 12, .bits = 9, .leaf_mask = 0, .leaf_value = 0,		\
	  .leaf_addr = BITS64(51, 12), .kind = X86_KIND | X86_PAT,		\
	  .table_deny = x86_deny, .leaf_deny = x86_deny }

const struct mmui_format mmui_x86_64_4level = {
	.name = "x86-64, 4 levels",
	.levels = 4,
	.va_bits = 48,
	.sign_extended = 1,
	.present = X86_P,
	.accessed = X86_A,
	.dirty = X86_D,
	.tally = x86_tally,
	.pkey = X86_PKEY,
	.level = { X86_64_PAGE, X86_64_LARGE(21), X86_64_LARGE(30),
		   X86_64_TABLE(39) },
	.hidden = x86_64_linux_hidden,
};

const struct mmui_format mmui_x86_64_5level = {
	.name = "x86-64, 5 levels",
	.levels = 5,
	.va_bits = 57,
	.sign_extended = 1,
	.present = X86_P,
	.accessed = X86_A,
	.dirty = X86_D,
	.tally = x86_tally,
	.pkey = X86_PKEY,
	.level = { X86_64_PAGE, X86_64_LARGE(21), X86_64_LARGE(30),
		   X86_64_TABLE(39), X86_64_TABLE(48) },
	.hidden = x86_64_linux_hidden,
};

/**
 * mmui_canonical - can this address be translated at all?
 * @f: the format
 * @va: the address
 *
 * Return: 1 if the bits that the tables don't translate are what they must be.
 */
int mmui_canonical(const struct mmui_format *f, __u64 va)
{
	unsigned int spare = 64 - f->va_bits;

	if (f->sign_extended)
		return (__u64)((__s64)(va << spare) >> spare) == va;
	return !spare || !(va >> f->va_bits);
}

/**
 * mmui_denied - what an entry takes away
 * @row: the rows to ask, ended by one that denies nothing
 * @entry: the entry
 *
 * Return: the rights that are gone.
 */
__u16 mmui_denied(const struct mmui_denial *row, __u64 entry)
{
	__u16 deny = 0;

	for (; row->deny; row++)
		if ((entry & row->mask) == row->value)
			deny |= row->deny;
	return deny;
}

/**
 * mmui_attrs - attributes of a leaf or a non-present entry
 * @f: the format
 * @level: level of the entry
 * @entry: the entry
 * @rights: what the levels above leave of MMUI_RIGHTS
 *
 * Return: MMUINSPECT_PRESENT, the effective rights, _ACCESSED and _DIRTY; 0 if
 * the entry isn't present.
 */
__u16 mmui_attrs(const struct mmui_format *f, unsigned int level, __u64 entry,
		 __u16 rights)
{
	__u16 attrs;

	if (!(entry & f->present))
		return 0;
	attrs = rights & ~mmui_denied(mmui_level(f, level)->leaf_deny, entry);
	attrs |= MMUINSPECT_PRESENT;
	if (entry & f->accessed)
		attrs |= MMUINSPECT_ACCESSED;
	if ((entry ^ f->dirty_clear) & f->dirty)
		attrs |= MMUINSPECT_DIRTY;
	return attrs;
}

/**
 * mmui_address_bits - where an entry keeps an address
 * @f: the format
 * @level: level of the entry
 * @entry: the entry, of any kind
 *
 * Return: the bits that hold a physical address, a frame number or a swap
 * offset: those to blank for somebody who may not know it.
 */
__u64 mmui_address_bits(const struct mmui_format *f, unsigned int level,
			__u64 entry)
{
	const struct mmui_level *l = mmui_level(f, level);
	const struct mmui_hidden *h = f->hidden;

	if (entry & f->present)
		return mmui_is_leaf(l, entry) ? l->leaf_addr : l->table_addr;
	while ((entry & h->mask) != h->value)
		h++;
	return h->addr;
}
