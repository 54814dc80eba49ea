// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSRs of x86-64 that are safe to read, and about paging, privilege or
 * protection: the built-in allow-list. Names, fields and the manuals' sections
 * are in userspace/lib/msr_x86.c.
 *
 * Not here, on purpose: RAPL and other energy counters, which leak what a CPU
 * works on (CVE-2020-8694); counters that can be used as clocks against
 * neighbours; anything that has side effects when read.
 */
#include <linux/errno.h>
#include <linux/types.h>
#include <asm/msr.h>
#include <asm/processor.h>

#include "arch.h"
#include "compat.h"

#define ALL	~0ULL
/* Without the address that the rest may hold: they're read for their flags. */
#define CET	0xfffULL
#define SELECTORS 0xffffffff00000000ULL
#define ANY	MMUI_VENDOR_ANY
#define INTEL	MMUI_VENDOR_INTEL
#define AMD	MMUI_VENDOR_AMD

/*
 * What CPUID enumerates, whether the kernel uses it or not: many hypervisors and
 * emulators answer a read of an MSR that the CPU lacks with 0 instead of a fault.
 */
enum { EAX, EBX, ECX, EDX };

static bool enumerated(u32 leaf, u32 subleaf, unsigned int reg, u32 bits)
{
	u32 value[4];

	/* The highest leaf of this range: CPUID.0 or CPUID.80000000h, EAX */
	if (cpuid_eax(leaf & BIT(31)) < leaf)
		return false;
	cpuid_count(leaf, subleaf, &value[EAX], &value[EBX], &value[ECX], &value[EDX]);
	return value[reg] & bits;
}

static bool has_vmx(void)
{
	return enumerated(1, 0, ECX, BIT(5));
}

/* With VMX or SMX */
static bool has_smm_monitor(void)
{
	return enumerated(1, 0, ECX, BIT(5) | BIT(6));
}

static bool has_mtrrs(void)
{
	return enumerated(1, 0, EDX, BIT(12));
}

static bool has_core_capabilities(void)
{
	return enumerated(7, 0, EDX, BIT(30));
}

static bool has_arch_capabilities(void)
{
	return enumerated(7, 0, EDX, BIT(29));
}

static bool has_pks(void)
{
	return enumerated(7, 0, ECX, BIT(31));
}

static bool has_shadow_stacks(void)
{
	return enumerated(7, 0, ECX, BIT(7));
}

/* Shadow stacks or indirect-branch tracking */
static bool has_cet(void)
{
	return has_shadow_stacks() || enumerated(7, 0, EDX, BIT(20));
}

/* CPUID.(7,0).EAX is the highest subleaf. */
static bool has_fred(void)
{
	return enumerated(7, 0, EAX, ~0U) && enumerated(7, 1, EAX, BIT(17));
}

/* FRED has it as FRED_SSP0. */
static bool has_pl0_ssp(void)
{
	return has_shadow_stacks() || has_fred();
}

static bool has_xsaves(void)
{
	return enumerated(0xd, 1, EAX, BIT(3));
}

static bool has_svm(void)
{
	return enumerated(0x80000001, 0, ECX, BIT(2));
}

/* SME or SEV */
static bool has_sev(void)
{
	return enumerated(0x8000001f, 0, EAX, BIT(0) | BIT(1));
}

const struct mmui_arch_msr mmui_arch_msrs[] = {
	/* Intel SDM vol. 4, table 2-2 (architectural MSRs) */
	{ 0x0000001b, ANY,   true,  ALL },	/* APIC_BASE */
	{ 0x0000003a, INTEL, false, ALL },	/* FEATURE_CONTROL */
	{ 0x00000048, ANY,   false, ALL },	/* SPEC_CTRL */
	{ 0x0000008b, ANY,   false, ALL },	/* BIOS_SIGN_ID */
	{ 0x0000009b, INTEL, true,  ALL, has_smm_monitor },	/* SMM_MONITOR_CTL */
	{ 0x000000cf, INTEL, false, ALL, has_core_capabilities },	/* CORE_CAPABILITIES */
	{ 0x000000fe, ANY,   false, ALL, has_mtrrs },	/* MTRRCAP */
	{ 0x0000010a, INTEL, false, ALL, has_arch_capabilities },	/* ARCH_CAPABILITIES */
	{ 0x00000122, INTEL, false, ALL },	/* TSX_CTRL */
	{ 0x00000123, INTEL, false, ALL },	/* MCU_OPT_CTRL */
	{ 0x00000174, ANY,   false, ALL },	/* SYSENTER_CS */
	{ 0x00000175, ANY,   true,  ALL },	/* SYSENTER_ESP */
	{ 0x00000176, ANY,   true,  ALL },	/* SYSENTER_EIP */
	{ 0x000001a0, INTEL, false, ALL },	/* MISC_ENABLE */
	{ 0x000001cc, ANY,   true,  ALL, has_fred },	/* FRED_RSP0 ... FRED_RSP3 */
	{ 0x000001cd, ANY,   true,  ALL, has_fred },
	{ 0x000001ce, ANY,   true,  ALL, has_fred },
	{ 0x000001cf, ANY,   true,  ALL, has_fred },
	{ 0x000001d0, ANY,   false, ALL, has_fred },	/* FRED_STKLVLS */
	{ 0x000001d1, ANY,   true,  ALL, has_fred },	/* FRED_SSP1 ... FRED_SSP3 */
	{ 0x000001d2, ANY,   true,  ALL, has_fred },
	{ 0x000001d3, ANY,   true,  ALL, has_fred },
	{ 0x000001d4, ANY,   true,  ALL, has_fred },	/* FRED_CONFIG */
	{ 0x00000200, ANY,   true,  ALL, has_mtrrs },	/* MTRR_PHYSBASE0 ... */
	{ 0x00000201, ANY,   true,  ALL, has_mtrrs },
	{ 0x00000202, ANY,   true,  ALL, has_mtrrs },
	{ 0x00000203, ANY,   true,  ALL, has_mtrrs },
	{ 0x00000204, ANY,   true,  ALL, has_mtrrs },
	{ 0x00000205, ANY,   true,  ALL, has_mtrrs },
	{ 0x00000206, ANY,   true,  ALL, has_mtrrs },
	{ 0x00000207, ANY,   true,  ALL, has_mtrrs },
	{ 0x00000208, ANY,   true,  ALL, has_mtrrs },
	{ 0x00000209, ANY,   true,  ALL, has_mtrrs },
	{ 0x0000020a, ANY,   true,  ALL, has_mtrrs },
	{ 0x0000020b, ANY,   true,  ALL, has_mtrrs },
	{ 0x0000020c, ANY,   true,  ALL, has_mtrrs },
	{ 0x0000020d, ANY,   true,  ALL, has_mtrrs },
	{ 0x0000020e, ANY,   true,  ALL, has_mtrrs },
	{ 0x0000020f, ANY,   true,  ALL, has_mtrrs },
	{ 0x00000210, ANY,   true,  ALL, has_mtrrs },	/* MTRR_PHYSBASE8 ... */
	{ 0x00000211, ANY,   true,  ALL, has_mtrrs },
	{ 0x00000212, ANY,   true,  ALL, has_mtrrs },
	{ 0x00000213, ANY,   true,  ALL, has_mtrrs },
	{ 0x00000250, ANY,   false, ALL, has_mtrrs },	/* MTRR_FIX64K_00000 */
	{ 0x00000258, ANY,   false, ALL, has_mtrrs },	/* MTRR_FIX16K_80000 */
	{ 0x00000259, ANY,   false, ALL, has_mtrrs },	/* MTRR_FIX16K_A0000 */
	{ 0x00000268, ANY,   false, ALL, has_mtrrs },	/* MTRR_FIX4K_C0000 ... F8000 */
	{ 0x00000269, ANY,   false, ALL, has_mtrrs },
	{ 0x0000026a, ANY,   false, ALL, has_mtrrs },
	{ 0x0000026b, ANY,   false, ALL, has_mtrrs },
	{ 0x0000026c, ANY,   false, ALL, has_mtrrs },
	{ 0x0000026d, ANY,   false, ALL, has_mtrrs },
	{ 0x0000026e, ANY,   false, ALL, has_mtrrs },
	{ 0x0000026f, ANY,   false, ALL, has_mtrrs },
	{ 0x00000277, ANY,   false, ALL },	/* PAT */
	{ 0x000002ff, ANY,   false, ALL, has_mtrrs },	/* MTRR_DEF_TYPE */
	{ 0x00000480, INTEL, false, ALL, has_vmx },	/* VMX_BASIC ... VMX_VMFUNC */
	{ 0x00000481, INTEL, false, ALL, has_vmx },
	{ 0x00000482, INTEL, false, ALL, has_vmx },
	{ 0x00000483, INTEL, false, ALL, has_vmx },
	{ 0x00000484, INTEL, false, ALL, has_vmx },
	{ 0x00000485, INTEL, false, ALL, has_vmx },
	{ 0x00000486, INTEL, false, ALL, has_vmx },
	{ 0x00000487, INTEL, false, ALL, has_vmx },
	{ 0x00000488, INTEL, false, ALL, has_vmx },
	{ 0x00000489, INTEL, false, ALL, has_vmx },
	{ 0x0000048a, INTEL, false, ALL, has_vmx },
	{ 0x0000048b, INTEL, false, ALL, has_vmx },
	{ 0x0000048c, INTEL, false, ALL, has_vmx },	/* VMX_EPT_VPID_CAP */
	{ 0x0000048d, INTEL, false, ALL, has_vmx },
	{ 0x0000048e, INTEL, false, ALL, has_vmx },
	{ 0x0000048f, INTEL, false, ALL, has_vmx },
	{ 0x00000490, INTEL, false, ALL, has_vmx },
	{ 0x00000491, INTEL, false, ALL, has_vmx },
	{ 0x00000492, INTEL, false, ALL, has_vmx },
	{ 0x000006a0, ANY,   false, CET, has_cet },	/* U_CET */
	{ 0x000006a2, ANY,   false, CET, has_cet },	/* S_CET */
	{ 0x000006a4, ANY,   true,  ALL, has_pl0_ssp },	/* PL0_SSP ... PL3_SSP */
	{ 0x000006a5, ANY,   true,  ALL, has_shadow_stacks },
	{ 0x000006a6, ANY,   true,  ALL, has_shadow_stacks },
	{ 0x000006a7, ANY,   true,  ALL, has_shadow_stacks },
	{ 0x000006a8, ANY,   true,  ALL, has_shadow_stacks },	/* INTERRUPT_SSP_TABLE_ADDR */
	{ 0x000006e1, INTEL, false, ALL, has_pks },	/* PKRS */
	{ 0x00000c80, INTEL, false, ALL },	/* DEBUG_INTERFACE */
	{ 0x00000da0, ANY,   false, ALL, has_xsaves },	/* XSS */
	{ 0xc0000080, ANY,   false, ALL },	/* EFER */
	{ 0xc0000081, ANY,   false, SELECTORS },	/* STAR */
	{ 0xc0000082, ANY,   true,  ALL },	/* LSTAR */
	{ 0xc0000083, ANY,   true,  ALL },	/* CSTAR */
	{ 0xc0000084, ANY,   false, ALL },	/* FMASK */
	{ 0xc0000100, ANY,   true,  ALL },	/* FS_BASE */
	{ 0xc0000101, ANY,   true,  ALL },	/* GS_BASE */
	{ 0xc0000102, ANY,   true,  ALL },	/* KERNEL_GS_BASE */
	{ 0xc0000103, ANY,   false, ALL },	/* TSC_AUX */
	/* AMD APM vol. 2, appendix A; BKDG and PPR of the families */
	{ 0xc0010010, AMD,   false, ALL },	/* SYSCFG */
	{ 0xc0010015, AMD,   false, ALL },	/* HWCR */
	{ 0xc0010016, AMD,   true,  ALL },	/* IORR_BASE0 ... IORR_MASK1 */
	{ 0xc0010017, AMD,   true,  ALL },
	{ 0xc0010018, AMD,   true,  ALL },
	{ 0xc0010019, AMD,   true,  ALL },
	{ 0xc001001a, AMD,   true,  ALL },	/* TOP_MEM */
	{ 0xc001001d, AMD,   true,  ALL },	/* TOP_MEM2 */
	{ 0xc0010111, AMD,   true,  ALL },	/* SMM_BASE */
	{ 0xc0010112, AMD,   true,  ALL },	/* SMM_ADDR (TSEG) */
	{ 0xc0010113, AMD,   true,  ALL },	/* SMM_MASK */
	{ 0xc0010114, AMD,   false, ALL, has_svm },	/* VM_CR */
	{ 0xc0010117, AMD,   true,  ALL, has_svm },	/* VM_HSAVE_PA */
	{ 0xc001011f, AMD,   false, ALL },	/* VIRT_SPEC_CTRL */
	{ 0xc0010131, AMD,   false, ALL, has_sev },	/* SEV_STATUS */
	{ 0xc0011029, AMD,   false, ALL },	/* DE_CFG */
	{ 0 }
};

/**
 * mmui_arch_msr_absent - does CPUID say that this CPU has no such MSR?
 * @msr: its number
 *
 * Return: true if CPUID has a bit for it, which is clear; false if it's there, or if
 * only a read can show that.
 */
bool mmui_arch_msr_absent(u32 msr)
{
	const struct mmui_arch_msr *row;

	for (row = mmui_arch_msrs; row->mask; row++)
		if (row->msr == msr && mmui_arch_msr_here(row))
			return row->has && !row->has();
	return false;
}

bool mmui_arch_msr_here(const struct mmui_arch_msr *row)
{
	switch (boot_cpu_data.x86_vendor) {
	case X86_VENDOR_INTEL:
		return row->vendor != MMUI_VENDOR_AMD;
	case X86_VENDOR_AMD:
	case X86_VENDOR_HYGON:
		return row->vendor != MMUI_VENDOR_INTEL;
	default:
		return row->vendor == MMUI_VENDOR_ANY;
	}
}
