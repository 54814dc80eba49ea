// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What denies an access on x86-64: Intel SDM vol. 3A 4.6 (rights), 4.6.2
 * (protection keys), 4.7 (error codes); AMD APM vol. 2 5.6, 8.4.2.
 */
#include <string.h>

#include "access.h"

#define BIT(n)	(1ULL << (n))
#define RW	BIT(1)
#define US	BIT(2)
#define PS	BIT(7)
#define NX	BIT(63)

static const struct mmuinspect_condition wp = { MMUINSPECT_X86_CR0, BIT(16), BIT(16) };
static const struct mmuinspect_condition smep = { MMUINSPECT_X86_CR4, BIT(20), BIT(20) };
static const struct mmuinspect_condition smap = { MMUINSPECT_X86_CR4, BIT(21), BIT(21) };
static const struct mmuinspect_condition lass = { MMUINSPECT_X86_CR4, BIT(27), BIT(27) };

static const struct access_rule rules[] = {
	{ "supervisor-only", "not for user mode", "US", US, 0, KIND_ANY, MODE_USER },
	{ "read-only", "not writable", "RW", RW, 0, KIND_WRITE, MODE_USER },
	{ "read-only", "not writable, for the kernel neither", "RW", RW, 0,
	  KIND_WRITE, MODE_KERNEL, .reg = "CR0.WP", .when = &wp },
	{ "no-execute", "not executable", "NX", NX, NX, KIND_EXEC, MODE_ANY,
	  .feature = MMUINSPECT_FEATURE_NX },
	{ "smep", "the kernel may not execute user pages", "US", US, US, KIND_EXEC,
	  MODE_KERNEL, ONLY_LEAF | ONLY_USER_PAGE, .reg = "CR4.SMEP", .when = &smep },
	{ "smap", "the kernel may not touch user pages while EFLAGS.AC is clear",
	  "US", US, US, KIND_DATA, MODE_KERNEL,
	  ONLY_LEAF | ONLY_USER_PAGE | ONLY_WITHOUT_AC,
	  .reg = "CR4.SMAP", .when = &smap },
	{ 0 }
};

/* PKRU, two bits a key: AD, WD. Executing isn't their business. */
static const struct access_key_rule keys[] = {
	{ "key-access", "its protection key denies all access to data", "AD", 1,
	  KIND_DATA },
	{ "key-write", "its protection key denies writing", "WD", 2, KIND_WRITE,
	  .when = &wp },
	{ 0 }
};

/*
 * SDM vol. 3A table 4-14 and on: address bits beyond those that the CPU has, the
 * low address bits of a large page, PS where there are no large pages (in the PDPT
 * without CPUID.80000001H:EDX.Page1GB), and NX while it's off. Memory encryption
 * takes bits that look so.
 */
static __u64 reserved(const struct mmuinspect_info *info, unsigned int level,
		      __u64 entry)
{
	const struct mmui_level *l = decode_level(info, level);
	__u64 bits = 0;

	if (!(info->features & MMUINSPECT_FEATURE_MEMENC) && info->phys_bits < 52)
		bits |= BIT(52) - BIT(info->phys_bits);
	if (!(info->features & MMUINSPECT_FEATURE_NX))
		bits |= NX;
	/* Bit 12 of a large page is PAT. */
	if (level > 1 && mmui_is_leaf(l, entry))
		bits |= BIT(l->shift) - BIT(13);
	if (level > 3 || (level == 3 && !(info->features & MMUINSPECT_FEATURE_1G)))
		bits |= PS;
	return entry & bits;
}

/*
 * SDM vol. 3A, linear-address-space separation (LASS): by bit 63 alone, before any
 * walk. The kernel's accesses to data are let off as SMAP lets them.
 */
static int other_half(const struct mmuinspect_access *access)
{
	int on = access_condition(&lass, access->reg, access->regs), is_data;

	if (access->user == !(access->address >> 63) || !on)
		return 0;
	is_data = access->kind != MMUINSPECT_ACCESS_EXEC;
	if (!access->user && is_data &&
	    (access->ac || !access_condition(&smap, access->reg, access->regs)))
		return 0;
	return on;
}

/* P W U RSVD I PK */
static __u32 error_code(const struct mmuinspect_info *info,
			const struct mmuinspect_access *access,
			const struct mmuinspect_denials *denials)
{
	__u32 code = 0;
	size_t i;

	if (access->kind == MMUINSPECT_ACCESS_WRITE)
		code |= BIT(1);
	if (access->user)
		code |= BIT(2);
	if (access->kind == MMUINSPECT_ACCESS_EXEC &&
	    (info->features & MMUINSPECT_FEATURE_NX ||
	     access_condition(&smep, access->reg, access->regs) == 1))
		code |= BIT(4);
	for (i = 0; i < denials->n; i++) {
		const struct mmuinspect_denial *d = &denials->denial[i];

		if (d->entry & 1)
			code |= BIT(0);
		if (!strcmp(d->name, "reserved-bit"))
			code |= BIT(3);
		if (d->key >= 0 && d->certain)
			code |= BIT(5);
	}
	return code;
}

const struct access_arch access_x86_64 = {
	.user = US,
	.rules = rules,
	.keys = keys,
	.reserved = reserved,
	.other_half = other_half,
	.error_code = error_code,
	.error_code_unknown = BIT(0),
};
