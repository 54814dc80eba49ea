// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSRs: their numbers and fields against what the manuals say, written out; the
 * module's list against the library's; files of rules; and mmuinspect msr.
 *
 * Intel SDM vol. 4 table 2-2, AMD APM vol. 2 appendix A. The second name is that
 * of the kernel's msr-index.h, which must be understood too.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>

#include "ktap.h"
#include "run_cli.h"
#include "rows.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct mmuinspect_register *table;
static size_t n_table;

static const struct {
	__u32 msr;
	const char *name;
	const char *kernel;
} numbers[] = {
	{ 0x1b, "APIC_BASE", "MSR_IA32_APICBASE" },
	{ 0x3a, "FEATURE_CONTROL", "MSR_IA32_FEAT_CTL" },
	{ 0x48, "SPEC_CTRL", "MSR_IA32_SPEC_CTRL" },
	{ 0x8b, "BIOS_SIGN_ID", "MSR_IA32_UCODE_REV" },
	{ 0x8b, "BIOS_SIGN_ID", "MSR_AMD64_PATCH_LEVEL" },
	{ 0x9b, "SMM_MONITOR_CTL", "MSR_IA32_SMM_MONITOR_CTL" },
	{ 0xcf, "CORE_CAPABILITIES", "MSR_IA32_CORE_CAPS" },
	{ 0xfe, "MTRRCAP", "MSR_MTRRcap" },
	{ 0x10a, "ARCH_CAPABILITIES", "MSR_IA32_ARCH_CAPABILITIES" },
	{ 0x122, "TSX_CTRL", "MSR_IA32_TSX_CTRL" },
	{ 0x123, "MCU_OPT_CTRL", "MSR_IA32_MCU_OPT_CTRL" },
	{ 0x174, "SYSENTER_CS", "MSR_IA32_SYSENTER_CS" },
	{ 0x175, "SYSENTER_ESP", "MSR_IA32_SYSENTER_ESP" },
	{ 0x176, "SYSENTER_EIP", "MSR_IA32_SYSENTER_EIP" },
	{ 0x1a0, "MISC_ENABLE", "MSR_IA32_MISC_ENABLE" },
	{ 0x1cc, "FRED_RSP0", "MSR_IA32_FRED_RSP0" },
	{ 0x1cd, "FRED_RSP1", "MSR_IA32_FRED_RSP1" },
	{ 0x1ce, "FRED_RSP2", "MSR_IA32_FRED_RSP2" },
	{ 0x1cf, "FRED_RSP3", "MSR_IA32_FRED_RSP3" },
	{ 0x1d0, "FRED_STKLVLS", "MSR_IA32_FRED_STKLVLS" },
	{ 0x1d1, "FRED_SSP1", "MSR_IA32_FRED_SSP1" },
	{ 0x1d2, "FRED_SSP2", "MSR_IA32_FRED_SSP2" },
	{ 0x1d3, "FRED_SSP3", "MSR_IA32_FRED_SSP3" },
	{ 0x1d4, "FRED_CONFIG", "MSR_IA32_FRED_CONFIG" },
	{ 0x200, "MTRR_PHYSBASE0", "IA32_MTRR_PHYSBASE0" },
	{ 0x201, "MTRR_PHYSMASK0", "IA32_MTRR_PHYSMASK0" },
	{ 0x202, "MTRR_PHYSBASE1", "IA32_MTRR_PHYSBASE1" },
	{ 0x203, "MTRR_PHYSMASK1", "IA32_MTRR_PHYSMASK1" },
	{ 0x204, "MTRR_PHYSBASE2", "IA32_MTRR_PHYSBASE2" },
	{ 0x205, "MTRR_PHYSMASK2", "IA32_MTRR_PHYSMASK2" },
	{ 0x206, "MTRR_PHYSBASE3", "IA32_MTRR_PHYSBASE3" },
	{ 0x207, "MTRR_PHYSMASK3", "IA32_MTRR_PHYSMASK3" },
	{ 0x208, "MTRR_PHYSBASE4", "IA32_MTRR_PHYSBASE4" },
	{ 0x209, "MTRR_PHYSMASK4", "IA32_MTRR_PHYSMASK4" },
	{ 0x20a, "MTRR_PHYSBASE5", "IA32_MTRR_PHYSBASE5" },
	{ 0x20b, "MTRR_PHYSMASK5", "IA32_MTRR_PHYSMASK5" },
	{ 0x20c, "MTRR_PHYSBASE6", "IA32_MTRR_PHYSBASE6" },
	{ 0x20d, "MTRR_PHYSMASK6", "IA32_MTRR_PHYSMASK6" },
	{ 0x20e, "MTRR_PHYSBASE7", "IA32_MTRR_PHYSBASE7" },
	{ 0x20f, "MTRR_PHYSMASK7", "IA32_MTRR_PHYSMASK7" },
	{ 0x210, "MTRR_PHYSBASE8", "IA32_MTRR_PHYSBASE8" },
	{ 0x211, "MTRR_PHYSMASK8", "IA32_MTRR_PHYSMASK8" },
	{ 0x212, "MTRR_PHYSBASE9", "IA32_MTRR_PHYSBASE9" },
	{ 0x213, "MTRR_PHYSMASK9", "IA32_MTRR_PHYSMASK9" },
	{ 0x250, "MTRR_FIX64K_00000", "MSR_MTRRfix64K_00000" },
	{ 0x258, "MTRR_FIX16K_80000", "MSR_MTRRfix16K_80000" },
	{ 0x259, "MTRR_FIX16K_A0000", "MSR_MTRRfix16K_A0000" },
	{ 0x268, "MTRR_FIX4K_C0000", "MSR_MTRRfix4K_C0000" },
	{ 0x269, "MTRR_FIX4K_C8000", "MSR_MTRRfix4K_C8000" },
	{ 0x26a, "MTRR_FIX4K_D0000", "MSR_MTRRfix4K_D0000" },
	{ 0x26b, "MTRR_FIX4K_D8000", "MSR_MTRRfix4K_D8000" },
	{ 0x26c, "MTRR_FIX4K_E0000", "MSR_MTRRfix4K_E0000" },
	{ 0x26d, "MTRR_FIX4K_E8000", "MSR_MTRRfix4K_E8000" },
	{ 0x26e, "MTRR_FIX4K_F0000", "MSR_MTRRfix4K_F0000" },
	{ 0x26f, "MTRR_FIX4K_F8000", "MSR_MTRRfix4K_F8000" },
	{ 0x277, "PAT", "MSR_IA32_CR_PAT" },
	{ 0x2ff, "MTRR_DEF_TYPE", "MSR_MTRRdefType" },
	{ 0x480, "VMX_BASIC", "MSR_IA32_VMX_BASIC" },
	{ 0x481, "VMX_PINBASED_CTLS", "MSR_IA32_VMX_PINBASED_CTLS" },
	{ 0x482, "VMX_PROCBASED_CTLS", "MSR_IA32_VMX_PROCBASED_CTLS" },
	{ 0x483, "VMX_EXIT_CTLS", "MSR_IA32_VMX_EXIT_CTLS" },
	{ 0x484, "VMX_ENTRY_CTLS", "MSR_IA32_VMX_ENTRY_CTLS" },
	{ 0x485, "VMX_MISC", "MSR_IA32_VMX_MISC" },
	{ 0x486, "VMX_CR0_FIXED0", "MSR_IA32_VMX_CR0_FIXED0" },
	{ 0x487, "VMX_CR0_FIXED1", "MSR_IA32_VMX_CR0_FIXED1" },
	{ 0x488, "VMX_CR4_FIXED0", "MSR_IA32_VMX_CR4_FIXED0" },
	{ 0x489, "VMX_CR4_FIXED1", "MSR_IA32_VMX_CR4_FIXED1" },
	{ 0x48a, "VMX_VMCS_ENUM", "MSR_IA32_VMX_VMCS_ENUM" },
	{ 0x48b, "VMX_PROCBASED_CTLS2", "MSR_IA32_VMX_PROCBASED_CTLS2" },
	{ 0x48c, "VMX_EPT_VPID_CAP", "MSR_IA32_VMX_EPT_VPID_CAP" },
	{ 0x48d, "VMX_TRUE_PINBASED_CTLS", "MSR_IA32_VMX_TRUE_PINBASED_CTLS" },
	{ 0x48e, "VMX_TRUE_PROCBASED_CTLS", "MSR_IA32_VMX_TRUE_PROCBASED_CTLS" },
	{ 0x48f, "VMX_TRUE_EXIT_CTLS", "MSR_IA32_VMX_TRUE_EXIT_CTLS" },
	{ 0x490, "VMX_TRUE_ENTRY_CTLS", "MSR_IA32_VMX_TRUE_ENTRY_CTLS" },
	{ 0x491, "VMX_VMFUNC", "MSR_IA32_VMX_VMFUNC" },
	{ 0x492, "VMX_PROCBASED_CTLS3", "MSR_IA32_VMX_PROCBASED_CTLS3" },
	{ 0x6a0, "U_CET", "MSR_IA32_U_CET" },
	{ 0x6a2, "S_CET", "MSR_IA32_S_CET" },
	{ 0x6a4, "PL0_SSP", "MSR_IA32_PL0_SSP" },
	{ 0x6a5, "PL1_SSP", "MSR_IA32_PL1_SSP" },
	{ 0x6a6, "PL2_SSP", "MSR_IA32_PL2_SSP" },
	{ 0x6a7, "PL3_SSP", "MSR_IA32_PL3_SSP" },
	{ 0x6a8, "INTERRUPT_SSP_TABLE_ADDR", "MSR_IA32_INT_SSP_TAB" },
	{ 0x6e1, "PKRS", "IA32_PKRS" },
	{ 0xc80, "DEBUG_INTERFACE", "IA32_DEBUG_INTERFACE" },
	{ 0xda0, "XSS", "MSR_IA32_XSS" },
	{ 0xc0000080, "EFER", "MSR_EFER" },
	{ 0xc0000081, "STAR", "MSR_STAR" },
	{ 0xc0000082, "LSTAR", "MSR_LSTAR" },
	{ 0xc0000083, "CSTAR", "MSR_CSTAR" },
	{ 0xc0000084, "FMASK", "MSR_SYSCALL_MASK" },
	{ 0xc0000084, "SFMASK", "SFMASK" },
	{ 0xc0000100, "FS_BASE", "MSR_FS_BASE" },
	{ 0xc0000101, "GS_BASE", "MSR_GS_BASE" },
	{ 0xc0000102, "KERNEL_GS_BASE", "MSR_KERNEL_GS_BASE" },
	{ 0xc0000103, "TSC_AUX", "MSR_TSC_AUX" },
	{ 0xc0010010, "SYSCFG", "MSR_AMD64_SYSCFG" },
	{ 0xc0010015, "HWCR", "MSR_K7_HWCR" },
	{ 0xc0010016, "IORR_BASE0", "IORRBase0" },
	{ 0xc0010017, "IORR_MASK0", "IORRMask0" },
	{ 0xc0010018, "IORR_BASE1", "IORRBase1" },
	{ 0xc0010019, "IORR_MASK1", "IORRMask1" },
	{ 0xc001001a, "TOP_MEM", "MSR_K8_TOP_MEM1" },
	{ 0xc001001d, "TOP_MEM2", "MSR_K8_TOP_MEM2" },
	{ 0xc0010111, "SMM_BASE", "SMBASE" },
	{ 0xc0010112, "SMM_ADDR", "MSR_K8_TSEG_ADDR" },
	{ 0xc0010113, "SMM_MASK", "MSR_K8_TSEG_MASK" },
	{ 0xc0010114, "VM_CR", "MSR_VM_CR" },
	{ 0xc0010117, "VM_HSAVE_PA", "MSR_VM_HSAVE_PA" },
	{ 0xc001011f, "VIRT_SPEC_CTRL", "MSR_AMD64_VIRT_SPEC_CTRL" },
	{ 0xc0010131, "SEV_STATUS", "MSR_AMD64_SEV" },
	{ 0xc0011029, "DE_CFG", "MSR_AMD64_DE_CFG" },
};

static __u32 number_of(const char *name)
{
	const struct mmuinspect_register *row;

	row = mmuinspect_register_by_name(table, n_table, name);
	return row ? row->id : 0;
}

static void test_numbers(void)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		__u32 ours = number_of(numbers[i].name);
		__u32 kernel = number_of(numbers[i].kernel);

		ktap_result(ours == numbers[i].msr && kernel == numbers[i].msr,
			    "0x%x is %s, %s # 0x%x, 0x%x", numbers[i].msr,
			    numbers[i].name, numbers[i].kernel, ours, kernel);
	}
	/* Intel's SMBASE is another MSR, 0x9e, which isn't here. */
	ktap_result(number_of("smbase") == 0xc0010111 && !number_of("MSR_IA32_SMBASE") &&
		    !number_of("MSR_K7_FEAT_CTL"), "a prefix that the vendor hasn't got");
	for (i = 0; i < n_table; i++) {
		for (j = 0; j < ARRAY_SIZE(numbers); j++)
			if (numbers[j].msr == table[i].id)
				break;
		ktap_result(j < ARRAY_SIZE(numbers), "%s is written down here",
			    table[i].name);
	}
}

static const struct {
	const char *name;
	__u64 value;
	const char *says;
} values[] = {
	{ "APIC_BASE", 0xfee00d00, "BSP EXTD EN base=0xfee00000" },
	{ "FEATURE_CONTROL", 0x60005, "LOCK VMX SGX_LC SGX" },
	{ "FEATURE_CONTROL", 0x10ff02, "VMX_IN_SMX SENTER_LOCAL=0x7f SENTER LMCE" },
	{ "SPEC_CTRL", 0x407, "IBRS STIBP SSBD BHI_DIS_S" },
	{ "SPEC_CTRL", 0xf8, "IPRED_DIS_U IPRED_DIS_S RRSBA_DIS_U RRSBA_DIS_S PSFD" },
	{ "BIOS_SIGN_ID", 0xd000003900000000, "revision=0xd0000039" },
	{ "BIOS_SIGN_ID", 0x08701030, "patch_level=0x8701030" },
	{ "CORE_CAPABILITIES", 0x24, "INTEGRITY SPLIT_LOCK_DISABLE" },
	{ "MTRRCAP", 0xd0a, "VCNT=0xa FIX WC SMRR" },
	{ "ARCH_CAPABILITIES", 0x2b, "RDCL_NO IBRS_ALL SKIP_L1DFL_VMENTRY MDS_NO" },
	{ "ARCH_CAPABILITIES", 0x40000000040801d4,
	  "RSBA SSB_NO PSCHANGE_MC_NO TSX_CTRL TAA_NO RRSBA GDS_NO ITS_NO" },
	{ "ARCH_CAPABILITIES", 0x1b17e000,
	  "SBDR_SSDP_NO FBSDP_NO PSDP_NO MCU_ENUMERATION FB_CLEAR FB_CLEAR_CTRL BHI_NO PBRSB_NO GDS_CTRL RFDS_NO RFDS_CLEAR" },
	{ "TSX_CTRL", 0x3, "RTM_DISABLE CPUID_CLEAR" },
	{ "MCU_OPT_CTRL", 0x39, "RNGDS_MITG_DIS FB_CLEAR_DIS GDS_MITG_DIS GDS_MITG_LOCK" },
	{ "MISC_ENABLE", 0x850089, "FAST_STRING TM1 EMON EIST MWAIT XTPR_DISABLE" },
	{ "MISC_ENABLE", 0x4400401800,
	  "BTS_UNAVAIL PEBS_UNAVAIL LIMIT_CPUID XD_DISABLE TURBO_DISABLE" },
	/* What Linux writes: #DB 1, NMI 2, #DF 3, #MC 2 */
	{ "FRED_STKLVLS", 0x2000030024, "level1=0x1 level2=0x2 level8=0x3 level18=0x2" },
	{ "FRED_STKLVLS", 0xc000000000000001, "level0=0x1 level31=0x3" },
	{ "MTRR_PHYSBASE0", 0x80000006, "type=WB base=0x80000000" },
	{ "MTRR_PHYSMASK3", 0x3fffc0000800, "V mask=0x3fffc0000000" },
	{ "MTRR_FIX4K_C0000", 0x0505050504040601,
	  "type0=WC type1=WB type2=WT type3=WT type4=WP type5=WP type6=WP type7=WP" },
	{ "MTRR_DEF_TYPE", 0xc06, "type=WB FE E" },
	{ "PAT", 0x0407050600070106, "PA0=WB PA1=WC PA2=UC- PA4=WB PA5=WP PA6=UC- PA7=WT" },
	{ "VMX_BASIC", 0x00da040000000004,
	  "revision=0x4 size=0x400 DUAL_MONITOR memtype=WB INS_OUTS TRUE_CTLS" },
	{ "VMX_PINBASED_CTLS", 0x7f00000016,
	  "must=0x16 INTR_EXITING NMI_EXITING VIRTUAL_NMIS PREEMPTION_TIMER" },
	{ "VMX_PROCBASED_CTLS2", 0x000000a200000000, "EPT VPID UNRESTRICTED" },
	{ "VMX_EXIT_CTLS", 0x003c020000036dff,
	  "must=0x36dff HOST_64BIT SAVE_PAT LOAD_PAT SAVE_EFER LOAD_EFER" },
	{ "VMX_ENTRY_CTLS", 0x0000e200000011ff,
	  "must=0x11ff GUEST_64BIT LOAD_PERF_GLOBAL LOAD_PAT LOAD_EFER" },
	{ "VMX_MISC", 0x2004c1e7,
	  "timer_shift=0x7 EFER_LMA HLT SHUTDOWN WAIT_SIPI PT SMBASE CR3_targets=0x4 VMWRITE_ALL" },
	{ "VMX_CR0_FIXED0", 0x80000021, "PE NE PG" },
	{ "VMX_CR4_FIXED0", 0x2000, "VMXE" },
	{ "VMX_VMCS_ENUM", 0x2e, "highest=0x17" },
	{ "VMX_EPT_VPID_CAP", 0xf0106334141,
	  "EXEC_ONLY WALK4 UC WB 2M 1G INVEPT AD INVEPT_SINGLE INVEPT_ALL INVVPID INVVPID_ADDRESS INVVPID_SINGLE INVVPID_ALL INVVPID_KEEP_GLOBAL" },
	{ "PKRS", 0x24, "key1=none key2=r" },
	{ "DEBUG_INTERFACE", 0xc0000001, "ENABLE LOCK OCCURRED" },
	{ "XSS", 0x1900, "PT CET_U CET_S" },
	{ "STAR", 0x0023001000000000, "SYSCALL_CS=0x10 SYSRET_CS=0x23" },
	{ "FMASK", 0x257fd5, "CF PF AF ZF SF TF IF DF OF IOPL=0x3 NT RF AC ID" },
	{ "TSC_AUX", 0x3005, "CPU=0x5 node=0x3" },
	{ "SYSCFG", 0x740000,
	  "MtrrFixDramEn MtrrVarDramEn MtrrTom2En Tom2ForceMemTypeWB" },
	{ "SYSCFG", 0x1880000, "MtrrFixDramModEn MemEncryptionModEn SecureNestedPagingEn" },
	{ "HWCR", 0xc9000011,
	  "SmmLock INVDWBINVD TscFreqSel EffFreqReadOnlyLock IRPerfEn SmmBaseLock" },
	{ "HWCR", 0x800000000, "CpuidUserDis" },
	{ "IORR_BASE0", 0xf0000018, "WrMem RdMem base=0xf0000000" },
	{ "TOP_MEM", 0xb0000000, "top=0xb0000000" },
	{ "SMM_ADDR", 0xbe000000, "base=0xbe000000" },
	{ "SMM_MASK", 0xfffffe006603,
	  "AValid TValid AMTypeDram=WB TMTypeDram=WB mask=0xfffffe000000" },
	{ "VM_CR", 0x1f, "DPD R_INIT DIS_A20M LOCK SVMDIS" },
	{ "VM_HSAVE_PA", 0x123456000, "base=0x123456000" },
	{ "SEV_STATUS", 0x7, "SEV SEV_ES SEV_SNP" },
	{ "SEV_STATUS", 0x835aa8, "vTOM RestrictedInjection DebugSwap BTBIsolation SecureTSC VmgexitParameter IbsVirtualization VmsaRegProt SmtProtection IbpbOnEntry" },
	{ "DE_CFG", 0x202, "LFENCE_SERIALIZE ZEN2_FP_BACKUP_FIX" },
};

static void test_values(void)
{
	const struct mmuinspect_register *row;
	const char *says;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		row = mmuinspect_register_by_name(table, n_table, values[i].name);
		says = row ? fields_text(row, values[i].value, NULL, 0) : "no row";
		ktap_result(!strcmp(says, values[i].says), "%s 0x%llx # %s",
			    values[i].name, (unsigned long long)values[i].value, says);
	}
}

static void test_table(void)
{
	size_t i;

	for (i = 0; i < n_table; i++) {
		const char *why = row_wrong(&table[i]);

		if (i && table[i].id <= table[i - 1].id)
			why = "not in ascending order";
		if (number_of(table[i].name) != table[i].id)
			why = "its name is another's";
		ktap_result(!why, "row %s # %s", table[i].name, why ? why : "");
	}
}

/* A row of the module: what it says must be what we say. */
static void check_module_row(const char *line, __u32 msr, const char *vendor,
			     const char *reveals, unsigned char *seen)
{
	static const char *const vendors[] = { "ANY", "INTEL", "AMD" };
	const struct mmuinspect_register *row;

	row = mmuinspect_register_by_id(table, n_table, msr);
	if (row)
		seen[row - table]++;
	ktap_result(row && !strcmp(vendors[row->vendor], vendor) &&
		    row->reveals == !strcmp(reveals, "true"),
		    "the module's 0x%x # %.*s", msr, (int)strcspn(line, "\n"), line);
}

/* One result a row of the table, one for each row of the module. */
static int test_module(int count_only)
{
	unsigned char seen[256] = { 0 };
	char path[4200], line[256];
	char vendor[16], reveals[16];
	unsigned int msr;
	int rows = 0;
	size_t i;
	FILE *f;

	snprintf(path, sizeof(path), "%s/../../../module/arch_x86_msr.c", here);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " { 0x%x, %15[A-Z], %15[a-z], ALL }", &msr, vendor,
			   reveals) != 3)
			continue;
		rows++;
		if (!count_only)
			check_module_row(line, msr, vendor, reveals, seen);
	}
	if (f)
		fclose(f);
	for (i = 0; i < n_table && !count_only; i++)
		ktap_result(seen[i] == 1, "%s is in the module, once # %u",
			    table[i].name, seen[i]);
	return rows + n_table;
}

static const struct {
	const char *text;
	const char *rules;	/* "msr:mask msr:mask" */
} files[] = {
	{ "", "" },
	{ "# nothing\n\n   \t\n", "" },
	{ "0x1a0\n", "1a0:ffffffffffffffff" },
	{ "0x1a0", "1a0:ffffffffffffffff" },
	{ "0x1a0 0xff # some\n", "1a0:ff" },
	{ "  EFER\t0xD01\t# by name\r\n0x277 # PAT\r\n", "c0000080:d01 277:ffffffffffffffff" },
	{ "MSR_IA32_CR_PAT\nefer#tight\n", "277:ffffffffffffffff c0000080:ffffffffffffffff" },
	{ "0xffffffff 0xffffffffffffffff\n", "ffffffff:ffffffffffffffff" },
	{ "0x0\n", "0:ffffffffffffffff" },
};

static const struct {
	const char *text;
	unsigned int line;
	unsigned int column;
	const char *why;
} bad_files[] = {
	{ "EFER\n0x1a0 0x10000000000000000\n", 2, 7, "does not fit in 64 bits" },
	{ "0x100000000\n", 1, 1, "does not fit in 32 bits" },
	{ "\n\n  EFR\n", 3, 3, "expected the number of an MSR as 0x1a0, or its name" },
	{ "MSR_IA32_EFR\n", 1, 1, "as 0x1a0, or its name: \"EFER\"?" },
	{ "TSEG_ADR # a comment\n", 1, 1, "as 0x1a0, or its name: \"TSEG_ADDR\"?" },
	{ "1a0\n", 1, 1, "\"1a0\": expected the number of an MSR as 0x1a0, or its name" },
	{ "416\n", 1, 1, "expected the number of an MSR" },
	{ "0x\n", 1, 1, "expected the number of an MSR" },
	{ "0x1g0\n", 1, 1, "expected the number of an MSR" },
	{ "-0x1\n", 1, 1, "expected the number of an MSR" },
	{ "0x1a0 ff\n", 1, 7, "expected a mask as 0xff, or a # comment" },
	{ "0x1a0 MISC_ENABLE\n", 1, 7, "expected a mask" },
	{ "0x1a0 0x0\n", 1, 7, "a mask that isn't 0" },
	{ "0x1a0 0xff 0xff\n", 1, 12, "expected a # comment, or the end of the line" },
	{ "EFER\n0xc0000080\n", 2, 1, "MSR 0xc0000080 is there already" },
};

/* Write @size bytes into a file, and read it as rules. */
static int read_rules(const char *text, size_t size, struct mmuinspect_rule *rule,
		      size_t *n, struct mmuinspect_policy_error *error)
{
	char path[] = "/tmp/mmuinspect-XXXXXX";
	int fd = mkstemp(path), ret;

	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		return -EIO;
	close(fd);
	ret = mmuinspect_policy_read(&rows_info, path, rule, n, error);
	unlink(path);
	return ret;
}

static const char *rules_text(const struct mmuinspect_rule *rule, size_t n)
{
	static char text[256];
	size_t i, len = 0;

	text[0] = '\0';
	for (i = 0; i < n && len < sizeof(text) - 64; i++)
		len += sprintf(text + len, "%s%x:%llx", i ? " " : "", rule[i].msr,
			       (unsigned long long)rule[i].mask);
	return text;
}

static void test_files(void)
{
	static struct mmuinspect_rule rule[MMUINSPECT_POLICY_MAX];
	struct mmuinspect_policy_error error;
	size_t i, n;
	int ret;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		ret = read_rules(files[i].text, strlen(files[i].text), rule, &n, &error);
		ktap_result(!ret && !strcmp(rules_text(rule, n), files[i].rules),
			    "file: \"%s\" # %d %s", files[i].rules, ret,
			    rules_text(rule, n));
	}
	for (i = 0; i < ARRAY_SIZE(bad_files); i++) {
		ret = read_rules(bad_files[i].text, strlen(bad_files[i].text), rule, &n,
				 &error);
		ktap_result(ret == -EINVAL && error.line == bad_files[i].line &&
			    error.column == bad_files[i].column &&
			    strstr(error.why, bad_files[i].why), "bad file: %s # %u:%u: %s",
			    bad_files[i].why, error.line, error.column, error.why);
	}
}

/* Files that are too long, or no text. */
static void test_odd_files(void)
{
	static struct mmuinspect_rule rule[MMUINSPECT_POLICY_MAX];
	static char text[32 * 1100];
	struct mmuinspect_policy_error error;
	size_t n, len = 0, i, at_most = 0;
	int ret;

	for (i = 0; i < MMUINSPECT_POLICY_MAX + 1; i++) {
		if (i == MMUINSPECT_POLICY_MAX)
			at_most = len;
		len += sprintf(text + len, "0x%zx\n", i);
	}
	ret = read_rules(text, at_most, rule, &n, &error);
	ktap_result(!ret && n == 1024, "1024 rules # %d %zu", ret, n);
	ret = read_rules(text, len, rule, &n, &error);
	ktap_result(ret == -E2BIG && error.line == 1025 &&
		    strstr(error.why, "more than 1024"), "1025 rules # %d %u: %s", ret,
		    error.line, error.why);
	memset(text, ' ', 8192);
	ret = read_rules(text, 8192, rule, &n, &error);
	ktap_result(ret == -EINVAL && error.line == 1 && strstr(error.why, "shorter"),
		    "a long line # %d %s", ret, error.why);
	ret = read_rules("EFER\n\0\n", 7, rule, &n, &error);
	ktap_result(ret == -EINVAL && error.line == 2 && strstr(error.why, "zero byte"),
		    "a zero byte # %d %s", ret, error.why);
	ret = mmuinspect_policy_read(&rows_info, "/dev/zero", rule, &n, &error);
	ktap_result(ret == -EINVAL, "/dev/zero # %d", ret);
	ret = mmuinspect_policy_read(&rows_info, "/", rule, &n, &error);
	ktap_result(ret == -EISDIR && !error.line, "a directory # %d", ret);
	ret = mmuinspect_policy_read(&rows_info, "/nowhere", rule, &n, &error);
	ktap_result(ret == -ENOENT && !error.line, "no file # %d", ret);
}

/* A part of what goes to standard output. */
static const struct {
	const char *fake;
	const char *args;
	const char *says;
} right[] = {
	{ "", "msr EFER -c 0-3", "EFER (0xc0000080): 64-bit mode" },
	{ "", "msr EFER -c 0-3", "  CPUs 0-3  0000000000000d01\n" },
	{ "", "msr ia32_efer -c 0", "  CPU 0  0000000000000d01\n" },
	{ "", "msr c0000080 -c 0", "EFER (0xc0000080)" },
	{ "", "msr 0xC0000080 -c 0", "EFER (0xc0000080)" },
	{ "", "msr EFER -c 0",
	  "       11  NXE                   1           no-execute bit in entries\n" },
	{ "", "msr EFER -v -c 0",
	  "       12  SVME                  0           SVM instructions\n" },
	{ "", "msr EFER --field nxe -c 0",
	  "  CPU 0  0000000000000d01\n       11  NXE                   1  " },
	{ "", "msr APIC_BASE -c 0-3", "~ CPU 0  00000000fee00900\n" },
	{ "", "msr APIC_BASE -c 0-3", "~ CPUs 1-3  00000000fee00800\n" },
	{ "", "msr APIC_BASE -c 0-3", "        8 ~BSP                   1           the CPU that" },
	{ "", "msr APIC_BASE -c 0-3", "        8 ~BSP                   0           the CPU that" },
	{ "", "msr --all -c 0-3", " ~BSP EN base=" },
	/* CpuidUserDis belongs to the task, SmmLock doesn't. */
	{ "msrc0010015=0x1,msrc0010015_1=0x800000001", "msr HWCR -c 0-3",
	  "~ CPU 1  0000000800000001\n" },
	{ "msrc0010015=0x1,msrc0010015_1=0x800000000", "msr HWCR -c 0-3",
	  "! CPU 1  0000000800000000\n        0 *SmmLock               0" },
	{ "msrc0010015=0x1,msrc0010015_1=0x800000000", "msr HWCR -c 0-3",
	  "       35 ~CpuidUserDis          1" },
	{ "differ=1", "msr EFER -c 0-3", "! CPU 1  0000000000000501\n" },
	{ "differ=1", "msr EFER -c 0-3", "       11 *NXE                   0           no-execute" },
	{ "differ=1", "msr EFER -c 0-3", "       10  LMA                   1           in 64-bit" },
	{ "", "msr 12345 -c 0", "0x12345 (0x12345): nothing is known of it\n" },
	{ "", "msr --all -c 0-3", "EFER                      0-3   0000000000000d01  SCE LME LMA NXE\n" },
	{ "", "msr --all -c 0-3", "not on this CPU, it faulted: 0x802\n" },
	{ "refuse=129", "msr --all -c 0", "locked down: APIC_BASE 0x802 0x12345\n" },
	{ "", "msr --list", "     277  PAT                          memory type behind" },
	{ "", "msr --list", "      1b  APIC_BASE                 a  where the local" },
	{ "", "msr --list", "   12345  -                         a  nothing is known of it [mask 0xffffffff]\n" },
	{ "", "msr --list", "5 MSRs may be read\n" },
	{ "sealed=1", "msr --list", "sealed until the module is unloaded\n" },
	{ "", "msr --policy-seal", "sealed until" },
	{ "", "msr --policy-load /dev/null", "0 MSRs may be read\n" },
	{ "", "msr --help", "      --policy-load        replace that list" },
};

static const struct {
	const char *fake;
	const char *args;
	int status;
	const char *says;
} wrong[] = {
	{ "", "msr", 2, "no MSR" },
	{ "", "msr EFR", 2, "unknown MSR \"EFR\": did you mean \"EFER\"?" },
	{ "", "msr MSR_IA32_EFR", 2, "unknown MSR \"MSR_IA32_EFR\": did you mean \"EFER\"?" },
	{ "", "msr msr_k8_tseg_adr", 2, "did you mean \"TSEG_ADDR\"?" },
	{ "", "msr TSEG_ADR", 2, "did you mean \"TSEG_ADDR\"?" },
	{ "", "msr mtrrphysbas3", 2, "did you mean \"MTRRphysBase3\"?" },
	/* No name of AMD's has IA32_ before it. */
	{ "", "msr IA32_TSEG_MSK", 2, "a name from mmuinspect msr --list" },
	{ "", "msr MSR_", 2, "unknown MSR \"MSR_\": a name from" },
	{ "", "msr arch_capabilites", 2, "did you mean \"ARCH_CAPABILITIES\"?" },
	{ "", "msr xyzzyplugh", 2, "a name from mmuinspect msr --list, or a hex number" },
	{ "", "msr 100000000", 2, "the number of an MSR has 32 bits" },
	{ "", "msr 10K", 2, "unknown MSR \"10K\"" },
	{ "", "msr ''", 2, "unknown MSR \"\"" },
	{ "", "msr EFER --field NXX", 2, "EFER: unknown field \"NXX\": did you mean \"NXE\"?" },
	{ "", "msr LSTAR --field NXE", 2, "LSTAR: no field of it is known" },
	{ "", "msr 12345 --field NXE", 2, "0x12345: no field of it is known" },
	{ "", "msr LSTAR -c 0", 1, "LSTAR: not permitted: put 0xc0000082 into /etc/mmuinspect/msr.allow" },
	{ "", "msr 802 -c 0", 1, "0x802: this CPU has no such MSR (it faulted)" },
	{ "msrdenied=0x277", "msr PAT -c 0", 1, "PAT: this CPU has no such MSR (CPUID says so)" },
	{ "refuse=129", "msr APIC_BASE -c 0", 1, "APIC_BASE: reveals an address, and the kernel is locked down" },
	{ "", "msr EFER -c 60000", 1, "EFER: CPU 60000: there is no such CPU" },
	{ "", "msr EFER -c 0-", 2, "not a list of CPUs" },
	{ "msrs=13", "msr EFER -c 0", 1, "MSRs need CAP_SYS_RAWIO: use sudo" },
	{ "open=2", "msr EFER", 1, "isn't loaded" },
	{ "family=2", "msr --list", 1, "the module isn't loaded" },
	{ "policy=1", "msr --list", 1, "msr --list: the kernel says why" },
	{ "policy=1", "msr --policy-seal", 1, "msr --policy-seal: the kernel says why" },
	{ "policy=1", "msr --policy-load /dev/null", 1, "/dev/null: the kernel says why" },
	{ "", "msr --policy-load /nowhere", 1, "/nowhere: No such file" },
	{ "", "msr --policy-load /dev/null /dev/null", 2, "one file" },
	{ "", "msr --list EFER", 2, "unexpected argument \"EFER\" with --list" },
	{ "", "msr --all EFER", 2, "unexpected argument \"EFER\" with --all" },
	{ "", "msr --policy-seal EFER", 2, "unexpected argument \"EFER\"" },
	{ "", "msr --all --field NXE", 2, "--field is for MSRs that are named" },
	{ "", "msr --all --list", 2, "one thing at a time" },
	{ "", "msr --polcy-load", 2, "did you mean \"policy-load\"?" },
};

static void test_cli(void)
{
	size_t i;
	int status;

	for (i = 0; i < ARRAY_SIZE(right); i++) {
		status = cli(right[i].fake, right[i].args);
		ktap_result(!status && !*err && strstr(out, right[i].says),
			    "%s with %s: %.*s # %d %.*s", right[i].args,
			    *right[i].fake ? right[i].fake : "nothing",
			    (int)strcspn(right[i].says, "\n"), right[i].says, status,
			    (int)strcspn(err, "\n"), err);
	}
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		status = cli(wrong[i].fake, wrong[i].args);
		ktap_result(status == wrong[i].status && !*out &&
			    is_error(err, wrong[i].says),
			    "refuses %s with %s # %d %.*s", wrong[i].args,
			    *wrong[i].fake ? wrong[i].fake : "nothing wrong", status,
			    (int)strcspn(err, "\n"), err);
	}
}

/* What can't be read doesn't spoil the rest. */
static void test_some(void)
{
	json_t *root, *msrs, *m, *cpu;
	int status = cli("", "msr LSTAR EFER 802 -c 0");

	ktap_result(status == 1 && strstr(out, "EFER (0xc0000080)") &&
		    !strstr(out, "LSTAR") && strstr(err, "mmuinspect: LSTAR: not permitted") &&
		    strstr(err, "mmuinspect: 0x802: this CPU has no such MSR"),
		    "some of three # %d %s", status, err);
	status = cli("offline=1", "msr EFER LSTAR --json -c 0,1,60000");
	root = parse();
	msrs = json_object_get(root, "msrs");
	m = json_array_get(msrs, 0);
	cpu = json_array_get(json_object_get(m, "cpus"), 0);
	ktap_result(status == 1 && json_array_size(msrs) == 2 &&
		    is_text(m, "msr", "0xc0000080") && is_text(m, "name", "EFER") &&
		    is_number(cpu, "cpu", 0) && is_text(cpu, "value", "0xd01") &&
		    is_null(cpu, "error") && is_number(cpu, "tsc_before", 1000) &&
		    is_number(cpu, "tsc_after", 1010) &&
		    json_is_true(json_object_get(json_object_get(cpu, "fields"), "NXE")) &&
		    json_is_false(json_object_get(json_object_get(cpu, "fields"), "SVME")),
		    "msr --json");
	cpu = json_array_get(json_object_get(m, "cpus"), 2);
	m = json_array_get(msrs, 1);
	ktap_result(is_null(cpu, "value") && is_text(cpu, "error", "no-such-cpu") &&
		    is_text(json_array_get(json_object_get(m, "cpus"), 0), "error",
			    "not-permitted"), "msr --json: what can't be read");
	json_decref(root);
	status = cli("", "msr --list --json");
	root = parse();
	m = json_array_get(json_object_get(root, "rules"), 4);
	ktap_result(!status && json_is_false(json_object_get(root, "sealed")) &&
		    json_array_size(json_object_get(root, "rules")) == 5 &&
		    is_text(m, "msr", "0xc0000080") && is_text(m, "name", "EFER") &&
		    is_text(m, "mask", "0xffffffffffffffff") &&
		    json_is_false(json_object_get(m, "reveals")), "msr --list --json");
	json_decref(root);
}

/* What is in a file goes to the kernel. */
static void test_policy(void)
{
	char path[] = "/tmp/mmuinspect-XXXXXX", args[64];
	static const char text[] = "EFER 0xd01\n0x10 # TSC\n", bad[] = "EFER\nEFR\n";
	int fd = mkstemp(path), status;

	ktap_result(fd >= 0 && write(fd, text, strlen(text)) > 0, "a file");
	snprintf(args, sizeof(args), "msr --policy-load %s", path);
	status = cli("", args);
	ktap_result(!status && !*err && !strcmp(out,
		    "replace 0xc0000080 0xd01\n"
		    "replace 0x10 0xffffffffffffffff\n"
		    "2 MSRs may be read\n"), "msr --policy-load # %d %s%s", status, out, err);
	snprintf(args, sizeof(args), "msr --policy-extend %s", path);
	status = cli("", args);
	ktap_result(!status && !*err && strstr(out, "extend 0x10 0xffffffffffffffff\n") &&
		    strstr(out, "2 MSRs added or changed\n"), "msr --policy-extend");
	ktap_result(!ftruncate(fd, 0) && pwrite(fd, bad, strlen(bad), 0) > 0, "a bad file");
	status = cli("", args);
	ktap_result(status == 1 && !*out && is_error(err, ":2:1: \"EFR\": expected the number") &&
		    strstr(err, path) && strstr(err, "the list stays as it was"),
		    "msr --policy-extend of a bad file # %d %s", status, err);
	close(fd);
	unlink(path);
}

/* The kernel, as far as a request for MSRs goes: the CPUs that it's for. */
static char requests[256];

int ioctl(int fd, unsigned long request, ...)
{
	const struct mmuinspect_msrs *req;
	const struct mmuinspect_msr *m;
	va_list ap;
	size_t i;
	void *arg;

	(void)fd;
	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (request == MMUINSPECT_IOC_INFO) {
		*(struct mmuinspect_info *)arg = rows_info;
		return 0;
	}
	req = arg;
	m = (void *)(uintptr_t)req->vec;
	for (i = 0; i < req->vec_len; i++)
		if (!i || m[i].cpu != m[i - 1].cpu)
			sprintf(requests + strlen(requests), " %u", m[i].cpu);
	strcat(requests, ";");
	return 0;
}

static const struct {
	size_t cpus;
	size_t each;
	const char *says;
} splits[] = {
	{ 4, 1024, " 0 1 2 3;" },
	{ 4, 1025, " 0 1 2; 3;" },
	{ 3, 4096, " 0; 1; 2;" },
	{ 5, 2000, " 0 1; 2 3; 4;" },
	/* More than fit: the CPU is interrupted twice. */
	{ 1, 5000, " 0; 0;" },
	{ 2, 4097, " 0; 0; 1; 1;" },
};

static void test_splits(void)
{
	struct mmuinspect *h;
	size_t i, j;
	int err;

	setenv("MMUINSPECT_DEVICE", "/dev/null", 1);
	err = mmuinspect_open(&h);
	for (i = 0; i < ARRAY_SIZE(splits); i++) {
		size_t n = splits[i].cpus * splits[i].each;
		struct mmuinspect_msr *m = calloc(n, sizeof(*m));

		for (j = 0; m && j < n; j++)
			m[j].cpu = j / splits[i].each;
		*requests = '\0';
		ktap_result(!err && m && !mmuinspect_msrs(h, m, n) &&
			    !strcmp(requests, splits[i].says),
			    "%zu MSRs of %zu CPUs are the requests%s # %d %s",
			    splits[i].each, splits[i].cpus, splits[i].says, err, requests);
		free(m);
	}
	if (!err)
		mmuinspect_close(h);
	unsetenv("MMUINSPECT_DEVICE");
}

int main(int argc, char **argv)
{
	(void)argc;
	cli_begin(argv[0]);
	table = mmuinspect_msr_table(&rows_info, &n_table);
	ktap_plan(ARRAY_SIZE(numbers) + 1 + n_table + ARRAY_SIZE(values) + n_table +
		  test_module(1) + ARRAY_SIZE(files) + ARRAY_SIZE(bad_files) + 7 +
		  ARRAY_SIZE(right) + ARRAY_SIZE(wrong) + 4 + 5 + ARRAY_SIZE(splits));
	test_numbers();
	test_values();
	test_table();
	test_module(0);
	test_files();
	test_odd_files();
	test_cli();
	test_some();
	test_policy();
	test_splits();
	return ktap_end();
}
