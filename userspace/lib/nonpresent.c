// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Explain entries that aren't present: the hardware ignores them, so they are
 * Linux's to write. Which bits it uses, the module tells (struct
 * mmuinspect_nonpresent).
 *
 * Three forms, told apart in this order (arch/x86/include/asm/pgtable_64.h):
 * with the PROT_NONE bit the frame stays where it was; a large page that is
 * being changed (pmd_mkinvalid) only loses its present bit; all else is a swap
 * type and an offset, and a type may stand for something other than swap.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "decode.h"

/* What the offset of a swap entry is. */
enum operand {
	NOTHING,
	AREA,		/* where in the swap area that the type is */
	TYPE,		/* nobody knows; the type is a number */
	FRAME,		/* a frame number */
	MARKER,		/* bits of a marker */
};

struct form {
	const char *name;
	const char *meaning;
	enum operand operand;
};

static const struct form prot_none = {
	"prot-none", "PROT_NONE or NUMA hint", FRAME
};

static const struct form huge_changing = {
	"huge-changing", "huge page under change", FRAME
};

static const struct form unknown = {
	"unknown", "unknown swap entry", TYPE
};

/* By enum mmuinspect_swap_class */
static const struct form forms[] = {
	[MMUINSPECT_SWAP_DEVICE] = {
		"swap", "swapped out", AREA },
	[MMUINSPECT_SWAP_HWPOISON] = {
		"hwpoison", "lost to a memory error", FRAME },
	[MMUINSPECT_SWAP_MIGRATION_READ] = {
		"migration-read", "under migration, read-only", FRAME },
	[MMUINSPECT_SWAP_MIGRATION_READ_EXCLUSIVE] = {
		"migration-read-exclusive",
		"under migration, read-only, exclusive", FRAME },
	[MMUINSPECT_SWAP_MIGRATION_WRITE] = {
		"migration-write", "under migration, writable", FRAME },
	[MMUINSPECT_SWAP_PRIVATE_READ] = {
		"device-private-read", "in a device's memory, read-only", FRAME },
	[MMUINSPECT_SWAP_PRIVATE_WRITE] = {
		"device-private-write", "in a device's memory, writable", FRAME },
	[MMUINSPECT_SWAP_EXCLUSIVE] = {
		"device-exclusive", "lent to a device alone", FRAME },
	[MMUINSPECT_SWAP_MARKER] = {
		"marker", "marker", MARKER },
	[MMUINSPECT_SWAP_ERROR] = {
		"error", "swap-in failed", NOTHING },
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static __u64 low_bits(unsigned int n)
{
	return n < 64 ? (1ULL << n) - 1 : ~0ULL;
}

static const struct form *swap_form(const struct mmuinspect_nonpresent *np,
				    unsigned int type)
{
	unsigned int class = MMUINSPECT_SWAP_UNKNOWN;

	if (type < MMUINSPECT_SWAP_TYPES)
		class = np->swap_class[type];
	if (class >= ARRAY_SIZE(forms) || !forms[class].name)
		return &unknown;
	return &forms[class];
}

/* The frame of an entry that has lost nothing but its present bit. */
static void explain_frame(const struct mmuinspect_info *info,
			  const struct mmui_level *l, __u64 entry,
			  struct mmuinspect_absent *ret)
{
	const struct mmuinspect_nonpresent *np = &info->nonpresent;

	if (np->pfn_inverted)
		entry = ~entry;
	ret->phys = entry & np->pfn & l->leaf_addr & info->phys_mask;
	ret->has_phys = 1;
}

static void explain_swap(const struct mmuinspect_info *info, enum operand operand,
			 __u64 entry, struct mmuinspect_absent *ret)
{
	const struct mmuinspect_nonpresent *np = &info->nonpresent;
	__u64 offset = np->offset_inverted ? ~entry : entry;

	offset = offset >> np->offset_shift & low_bits(np->offset_bits);
	switch (operand) {
	case NOTHING:
		break;
	case AREA:
	case TYPE:
	case MARKER:
		ret->offset = offset;
		ret->has_offset = 1;
		break;
	case FRAME:
		ret->phys = (offset & low_bits(np->swap_pfn_bits)) << info->page_shift;
		ret->has_phys = 1;
		break;
	}
}

void mmuinspect_absent(const struct mmuinspect_info *info, unsigned int level,
		       __u64 entry, int hidden, struct mmuinspect_absent *ret)
{
	const struct mmuinspect_nonpresent *np = &info->nonpresent;
	const struct mmui_level *l = decode_level(info, level);
	const struct form *form;

	*ret = (struct mmuinspect_absent) { .type = -1 };
	if (!l)
		form = &unknown;
	else if (entry & np->prot_none)
		form = &prot_none;
	else if (level > 1 && mmui_is_leaf(l, entry))
		form = &huge_changing;
	else {
		ret->type = entry >> np->type_shift & low_bits(np->type_bits);
		form = swap_form(np, ret->type);
	}
	ret->name = form->name;
	ret->meaning = form->meaning;
	if (hidden || !l)
		return;
	if (ret->type < 0)
		explain_frame(info, l, entry, ret);
	else
		explain_swap(info, form->operand, entry, ret);
}

void mmuinspect_absent_mapped(const struct mmuinspect_info *info, __u64 entry,
			      int accessible, struct mmuinspect_absent *absent)
{
	if (strcmp(absent->name, prot_none.name))
		return;
	if (!accessible) {
		absent->meaning = "PROT_NONE";
		return;
	}
	absent->name = "numa-hint";
	absent->meaning = entry & info->uffd_wp ?
			  "NUMA hint, or protected by userfaultfd" : "NUMA hint";
}

/* Add to a text that is cut, not overrun, when @size is too small. */
static void __attribute__((format(printf, 3, 4)))
add(char *buf, size_t size, const char *fmt, ...)
{
	size_t n = strnlen(buf, size);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + n, size - n, fmt, ap);
	va_end(ap);
}

/* A marker may have several bits, or one that isn't known here. */
static void add_marker(const struct mmuinspect_nonpresent *np, __u64 offset,
		       char *buf, size_t size)
{
	const struct {
		__u64 mask;
		const char *name;
	} bits[] = {
		{ np->marker_uffd_wp, "write-protect by userfaultfd" },
		{ np->marker_poisoned, "poisoned (SIGBUS)" },
		{ np->marker_guard, "guard region (SIGSEGV)" },
	};
	const char *sep = ": ";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		if (!(offset & bits[i].mask))
			continue;
		add(buf, size, "%s%s", sep, bits[i].name);
		offset &= ~bits[i].mask;
		sep = ", ";
	}
	if (offset)
		add(buf, size, "%sunknown 0x%llx", sep, (unsigned long long)offset);
}

const char *mmuinspect_absent_text(const struct mmuinspect_info *info,
				   const struct mmuinspect_absent *absent,
				   char *buf, size_t size)
{
	const struct mmuinspect_nonpresent *np = &info->nonpresent;
	enum operand operand = FRAME;

	if (absent->type >= 0)
		operand = swap_form(np, absent->type)->operand;
	snprintf(buf, size, "%s", absent->meaning);
	if (operand == AREA || operand == TYPE)
		add(buf, size, ": %s %d", operand == AREA ? "area" : "type",
		    absent->type);
	if (operand == MARKER && absent->has_offset)
		add_marker(np, absent->offset, buf, size);
	else if (absent->has_offset)
		add(buf, size, ", offset 0x%llx", (unsigned long long)absent->offset);
	if (absent->has_phys)
		add(buf, size, ": frame at 0x%llx", (unsigned long long)absent->phys);
	return buf;
}
