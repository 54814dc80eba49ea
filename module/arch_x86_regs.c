// SPDX-License-Identifier: GPL-2.0-only
/* Registers and descriptor tables of x86-64. */
#include <linux/errno.h>
#include <linux/mm.h>
#include <asm/desc.h>
#include <asm/fpu/xcr.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/special_insns.h>

#include "arch.h"
#include "compat.h"

#ifndef MSR_IA32_FRED_CONFIG
#define MSR_IA32_FRED_CONFIG 0x1d4
#endif

#define PLAIN(name, expression)				\
static int name(u64 *value)				\
{							\
	*value = (expression);				\
	return 0;					\
}

#define MSR(name, msr)					\
static int name(u64 *value)				\
{							\
	return mmui_arch_read_msr(msr, value) ? -ENODEV : 0; \
}

static u64 idtr(u16 *limit)
{
	struct desc_ptr dtr;

	store_idt(&dtr);
	*limit = dtr.size;
	return dtr.address;
}

static u64 gdtr(u16 *limit)
{
	struct desc_ptr dtr;

	native_store_gdt(&dtr);
	*limit = dtr.size;
	return dtr.address;
}

static u16 ldtr(void)
{
	u16 selector;

	store_ldt(selector);
	return selector;
}

static u64 cr8(void)
{
	u64 value;

	asm volatile("mov %%cr8, %0" : "=r" (value));
	return value;
}

static int get_gdtr_base(u64 *value)
{
	u16 limit;

	*value = gdtr(&limit);
	return 0;
}

static int get_gdtr_limit(u64 *value)
{
	u16 limit;

	gdtr(&limit);
	*value = limit;
	return 0;
}

static int get_idtr_base(u64 *value)
{
	u16 limit;

	*value = idtr(&limit);
	return 0;
}

static int get_idtr_limit(u64 *value)
{
	u16 limit;

	idtr(&limit);
	*value = limit;
	return 0;
}

static int get_xcr0(u64 *value)
{
	if (!(native_read_cr4() & X86_CR4_OSXSAVE))
		return -ENODEV;
	*value = xgetbv(XCR_XFEATURE_ENABLED_MASK);
	return 0;
}

/* Without the address that the rest may hold */
static int get_cet(u32 msr, u64 *value)
{
	if (mmui_arch_msr_absent(msr) || mmui_arch_read_msr(msr, value))
		return -ENODEV;
	*value &= PAGE_SIZE - 1;
	return 0;
}

static int get_u_cet(u64 *value)
{
	return get_cet(MSR_IA32_U_CET, value);
}

static int get_s_cet(u64 *value)
{
	return get_cet(MSR_IA32_S_CET, value);
}

static int get_fred_config(u64 *value)
{
	if (mmui_arch_msr_absent(MSR_IA32_FRED_CONFIG))
		return -ENODEV;
	return mmui_arch_read_msr(MSR_IA32_FRED_CONFIG, value) ? -ENODEV : 0;
}

PLAIN(get_cr0, native_read_cr0())
PLAIN(get_cr2, native_read_cr2())
PLAIN(get_cr3, __native_read_cr3())
PLAIN(get_cr4, native_read_cr4())
PLAIN(get_cr8, cr8())
PLAIN(get_ldtr, ldtr())
PLAIN(get_tr, native_store_tr())
MSR(get_efer, MSR_EFER)
MSR(get_pat, MSR_IA32_CR_PAT)
MSR(get_gs_base, MSR_GS_BASE)
MSR(get_kernel_gs_base, MSR_KERNEL_GS_BASE)
MSR(get_fs_base, MSR_FS_BASE)

const struct mmui_arch_reg mmui_arch_regs[] = {
	{ MMUINSPECT_X86_CR0,		false,	get_cr0 },
	{ MMUINSPECT_X86_CR2,		true,	get_cr2 },
	{ MMUINSPECT_X86_CR3,		true,	get_cr3 },
	{ MMUINSPECT_X86_CR4,		false,	get_cr4 },
	{ MMUINSPECT_X86_CR8,		false,	get_cr8 },
	{ MMUINSPECT_X86_EFER,		false,	get_efer },
	{ MMUINSPECT_X86_XCR0,		false,	get_xcr0 },
	{ MMUINSPECT_X86_PAT,		false,	get_pat },
	{ MMUINSPECT_X86_U_CET,		false,	get_u_cet },
	{ MMUINSPECT_X86_S_CET,		false,	get_s_cet },
	{ MMUINSPECT_X86_GDTR_BASE,	true,	get_gdtr_base },
	{ MMUINSPECT_X86_GDTR_LIMIT,	false,	get_gdtr_limit },
	{ MMUINSPECT_X86_IDTR_BASE,	true,	get_idtr_base },
	{ MMUINSPECT_X86_IDTR_LIMIT,	false,	get_idtr_limit },
	{ MMUINSPECT_X86_LDTR,		false,	get_ldtr },
	{ MMUINSPECT_X86_TR,		false,	get_tr },
	{ MMUINSPECT_X86_GS_BASE,	true,	get_gs_base },
	{ MMUINSPECT_X86_KERNEL_GS_BASE, true,	get_kernel_gs_base },
	{ MMUINSPECT_X86_FS_BASE,	true,	get_fs_base },
	{ MMUINSPECT_X86_FRED_CONFIG,	true,	get_fred_config },
	{ 0 }
};

/**
 * mmui_arch_desc_where - what this CPU's registers say of its tables
 * @where: receives it
 *
 * A VM exit makes the limits of GDT and IDT 0xffff (Intel SDM vol. 3C 28.5.2), and
 * KVM leaves the IDT's at that. Linux has each of them in a page of its own, and
 * stacks behind the GDT's (asm/cpu_entry_area.h).
 */
void mmui_arch_desc_where(struct mmui_arch_desc *where)
{
	where->gdt = gdtr(&where->gdt_limit);
	where->idt = idtr(&where->idt_limit);
	where->most = PAGE_SIZE;
	where->tss_selector = native_store_tr();
	where->ldt_selector = ldtr();
}

/**
 * mmui_arch_desc_system - base and limit of a system segment
 * @descriptor: the 16 bytes in the GDT (Intel SDM vol. 3A 8.2.3)
 * @limit: receives the limit in bytes
 *
 * Return: the base; 0 if the descriptor isn't present.
 */
u64 mmui_arch_desc_system(const u64 descriptor[2], u32 *limit)
{
	const struct ldttss_desc *d = (const void *)descriptor;

	*limit = d->limit0 | d->limit1 << 16;
	if (d->g)
		*limit = *limit << 12 | 0xfff;
	if (!d->p)
		return 0;
	return d->base0 | (u64)d->base1 << 16 | (u64)d->base2 << 24 |
	       (u64)d->base3 << 32;
}
