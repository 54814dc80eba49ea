// SPDX-License-Identifier: GPL-2.0-only
/* x86-64's answers to arch.h. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/pgtable.h>
#include <asm/processor.h>
#include <asm/special_insns.h>
#include <asm/tsc.h>

#include "arch.h"
#include "compat.h"

/* Bits that came with a kernel version, or changed their name with one */
#ifdef _PAGE_UFFD
#define _PAGE_UFFD_WP _PAGE_UFFD
#define _PAGE_SWP_UFFD_WP _PAGE_SWP_UFFD
#endif
#ifndef _PAGE_SAVED_DIRTY
#define _PAGE_SAVED_DIRTY 0
#endif
#ifndef X86_FEATURE_USER_SHSTK
#define X86_FEATURE_USER_SHSTK X86_FEATURE_ALWAYS
#define HAVE_USER_SHSTK false
#else
#define HAVE_USER_SHSTK true
#endif

static const struct {
	u16 cpu;
	u64 feature;
} features[] = {
	{ X86_FEATURE_NX,	MMUINSPECT_FEATURE_NX },
	{ X86_FEATURE_OSPKE,	MMUINSPECT_FEATURE_PKEYS },
	{ X86_FEATURE_PTI,	MMUINSPECT_FEATURE_PTI },
	{ X86_FEATURE_GBPAGES,	MMUINSPECT_FEATURE_1G },
};

static u64 features_in_use(void)
{
	u64 all = GENMASK_ULL(51, 0), mask = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(features); i++)
		if (boot_cpu_has(features[i].cpu))
			mask |= features[i].feature;
	if (native_read_cr4() & X86_CR4_PCIDE)
		mask |= MMUINSPECT_FEATURE_PCID;
	if (HAVE_USER_SHSTK && boot_cpu_has(X86_FEATURE_USER_SHSTK))
		mask |= MMUINSPECT_FEATURE_SHSTK;
	/* It ends at bit 51, less what encryption takes (SME, SEV, TDX). */
	if ((__PHYSICAL_MASK & all) != all)
		mask |= MMUINSPECT_FEATURE_MEMENC;
	return mask;
}

static void nonpresent_layout(struct mmuinspect_nonpresent *np)
{
	np->prot_none = _PAGE_PROTNONE;
	np->pfn = PTE_PFN_MASK;
	np->pfn_inverted = 1;
	np->type_bits = SWP_TYPE_BITS;
	np->type_shift = 64 - SWP_TYPE_BITS;
	np->offset_shift = SWP_OFFSET_FIRST_BIT;
	np->offset_bits = 64 - SWP_OFFSET_SHIFT;
	np->offset_inverted = 1;
	np->swap_pfn_bits = SWP_PFN_BITS;
	np->soft_dirty = _PAGE_SWP_SOFT_DIRTY;
	np->uffd_wp = _PAGE_SWP_UFFD_WP;
	np->exclusive = _PAGE_SWP_EXCLUSIVE;
}

static int init(struct mmuinspect_info *info)
{
	u64 pat;

	if (boot_cpu_has(X86_FEATURE_XENPV)) {
		pr_err("this is a Xen PV guest: its page tables hold machine frames, not physical ones\n");
		return -EOPNOTSUPP;
	}
	info->arch = MMUINSPECT_ARCH_X86_64;
	info->levels = native_read_cr4() & X86_CR4_LA57 ? 5 : 4;
	info->va_bits = info->levels == 5 ? 57 : 48;
	info->user_end = 1ULL << (info->va_bits - 1);
	info->phys_bits = boot_cpu_data.x86_phys_bits;
	info->phys_mask = __PHYSICAL_MASK &
			  GENMASK_ULL(info->phys_bits - 1, PAGE_SHIFT);
	info->features = features_in_use();
	if (!mmui_rdmsr_safe(MSR_IA32_CR_PAT, &pat))
		info->memattr = pat;
	info->cycles_khz = tsc_khz;
	info->soft_dirty = _PAGE_SOFT_DIRTY;
	info->uffd_wp = _PAGE_UFFD_WP;
	info->special = _PAGE_SPECIAL;
	info->saved_dirty = _PAGE_SAVED_DIRTY;
	nonpresent_layout(&info->nonpresent);
	return 0;
}

static const struct mmui_format *format(unsigned int levels)
{
	return levels == 5 ? &mmui_x86_64_5level : &mmui_x86_64_4level;
}

/*
 * With page-table isolation the kernel's root has NX on all that is the user's,
 * and user mode runs on its own root, the page above (arch/x86/mm/pti.c).
 */
static phys_addr_t root(const struct mm_struct *mm)
{
	phys_addr_t kernel_root = __pa(mm->pgd);

	return boot_cpu_has(X86_FEATURE_PTI) ? kernel_root | PAGE_SIZE :
					       kernel_root;
}

static u64 mm_id(const struct mm_struct *mm)
{
	return mm->context.ctx_id;
}

const struct mmui_arch mmui_arch = {
	.init = init,
	.format = format,
	.root = root,
	.mm_id = mm_id,
};
