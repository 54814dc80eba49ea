// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * MSRs of x86-64: what module/arch_x86_msr.c permits to read.
 *
 * Intel SDM vol. 4, table 2-2, and the chapters of its edition of 2023; AMD APM
 * vol. 2 (24593), appendix A; the PPRs of AMD's families 17h and 19h for what is
 * no part of the architecture. Where manuals give a bit no name, it has the one of
 * the kernel's msr-index.h.
 */
#include <stddef.h>

#include "registers.h"

#define INTEL	MMUINSPECT_VENDOR_INTEL
#define AMD	MMUINSPECT_VENDOR_AMD
#define TABLE	"Intel SDM vol. 4 table 2-2"

static const struct mmuinspect_field apic_base[] = {
	FLAG(8, "BSP", "the CPU that booted", .varies = 1),
	FLAG(10, "EXTD", "x2APIC: the APIC's registers are MSRs"),
	FLAG(11, "EN", "the local APIC is on"),
	FIELD(ADDRESS, 51, 12, "base", "physical address of the APIC's registers",
	      .why = "a write to that page is a write to the APIC"),
	{ 0 }
};

static const struct mmuinspect_field feature_control[] = {
	FLAG(0, "LOCK", "locked until reset",
	     .why = "unlocked, whoever runs in the kernel can still turn on or off what follows"),
	FLAG(1, "VMX_IN_SMX", "VMX may be used inside SMX"),
	FLAG(2, "VMX", "VMX may be used outside SMX",
	     .why = "clear and locked, the firmware has turned virtualisation off"),
	FIELD(HEX, 14, 8, "SENTER_LOCAL", "functions of SENTER that are on"),
	FLAG(15, "SENTER", "SENTER may be used"),
	FLAG(17, "SGX_LC", "the launch-enclave key hash may be written"),
	FLAG(18, "SGX", "SGX may be used"),
	FLAG(20, "LMCE", "machine checks may go to one CPU alone"),
	{ 0 }
};

static const struct mmuinspect_field spec_ctrl[] = {
	FLAG(0, "IBRS", "indirect branches are restricted", .varies = 1,
	     .why = "Spectre v2: with enhanced IBRS it stays set, else the kernel sets it when it's entered"),
	FLAG(1, "STIBP", "the sibling thread doesn't steer this one's branches", .varies = 1,
	     .why = "differs by task (prctl)"),
	FLAG(2, "SSBD", "loads don't pass older stores speculatively", .varies = 1,
	     .why = "Spectre v4; differs by task (prctl)"),
	FLAG(3, "IPRED_DIS_U", "no indirect prediction in user mode before the target is known"),
	FLAG(4, "IPRED_DIS_S", "no indirect prediction in the kernel before the target is known"),
	FLAG(5, "RRSBA_DIS_U", "returns in user mode use no other predictor than their own"),
	FLAG(6, "RRSBA_DIS_S", "returns in the kernel use no other predictor than their own",
	     .why = "without it retpolines may be bypassed where RRSBA is"),
	FLAG(7, "PSFD", "no predictive store forwarding", .varies = 1),
	FLAG(8, "DDPD_U", "no data-dependent prefetching in user mode"),
	FLAG(10, "BHI_DIS_S", "branch history of user mode doesn't steer the kernel",
	     .why = "branch history injection"),
	{ 0 }
};

static const struct mmuinspect_field bios_sign_id[] = {
	FIELD(HEX, 31, 0, "patch_level", "revision of the microcode, on AMD"),
	FIELD(HEX, 63, 32, "revision", "revision of the microcode, on Intel"),
	{ 0 }
};

static const struct mmuinspect_field smm_monitor_ctl[] = {
	FLAG(0, "valid", "the dual-monitor treatment of SMIs may be used"),
	FLAG(2, "VMXOFF_SMI", "VMXOFF unblocks SMIs"),
	FIELD(ADDRESS, 31, 12, "MSEG", "physical address of the monitor's segment"),
	{ 0 }
};

static const struct mmuinspect_field core_capabilities[] = {
	FLAG(0, "STLB_QOS", "STLB_QOS MSRs exist"),
	FLAG(2, "INTEGRITY", "INTEGRITY_CAPABILITIES exists"),
	FLAG(3, "RSM_IN_CPL0", "RSM works in the kernel's ring alone"),
	FLAG(4, "UC_LOCK_DISABLE", "locks on uncached memory can be made to fault"),
	FLAG(5, "SPLIT_LOCK_DISABLE", "split locks can be made to raise #AC",
	     .why = "a split lock stalls every CPU"),
	FLAG(6, "SNOOP_FILTER_QOS", "SNOOP_FILTER_QOS MSRs exist"),
	FLAG(7, "UC_STORE_THROTTLE", "uncached stores can be throttled"),
	{ 0 }
};

static const struct mmuinspect_field mtrrcap[] = {
	FIELD(NUMBER, 7, 0, "VCNT", "how many variable ranges there are"),
	FLAG(8, "FIX", "fixed ranges exist"),
	FLAG(10, "WC", "write combining exists"),
	FLAG(11, "SMRR", "SMM's memory can be protected by a range of its own",
	     .why = "without it the cache can be poisoned under SMM"),
	FLAG(12, "PRMRR", "processor-reserved memory exists (SGX)"),
	{ 0 }
};

static const struct mmuinspect_field arch_capabilities[] = {
	FLAG(0, "RDCL_NO", "not subject to Meltdown",
	     .why = "then page-table isolation isn't needed"),
	FLAG(1, "IBRS_ALL", "enhanced IBRS"),
	FLAG(2, "RSBA", "returns may use other predictors than their own"),
	FLAG(3, "SKIP_L1DFL_VMENTRY", "L1D needs no flush at VM entry"),
	FLAG(4, "SSB_NO", "not subject to Spectre v4"),
	FLAG(5, "MDS_NO", "not subject to MDS"),
	FLAG(6, "PSCHANGE_MC_NO", "no machine check when a code page changes its size",
	     .why = "without it KVM must split huge executable pages (iTLB multihit)"),
	FLAG(7, "TSX_CTRL", "TSX_CTRL exists"),
	FLAG(8, "TAA_NO", "not subject to TSX asynchronous abort"),
	FLAG(9, "MCU_CONTROL", "MCU_CONTROL exists"),
	FLAG(10, "MISC_PACKAGE_CTLS", "MISC_PACKAGE_CTLS exists"),
	FLAG(11, "ENERGY_FILTERING", "energy reporting can be blurred",
	     .why = "against power side channels (CVE-2020-8694)"),
	FLAG(12, "DOITM", "data-operand-independent timing can be asked for"),
	FLAG(13, "SBDR_SSDP_NO", "not subject to SBDR and SSDP"),
	FLAG(14, "FBSDP_NO", "not subject to FBSDP"),
	FLAG(15, "PSDP_NO", "not subject to PSDP"),
	FLAG(16, "MCU_ENUMERATION", "MCU_ENUMERATION exists"),
	FLAG(17, "FB_CLEAR", "VERW clears the fill buffers"),
	FLAG(18, "FB_CLEAR_CTRL", "MCU_OPT_CTRL.FB_CLEAR_DIS exists"),
	FLAG(19, "RRSBA", "returns may use other predictors, within the same mode"),
	FLAG(20, "BHI_NO", "not subject to branch history injection"),
	FLAG(21, "XAPIC_DISABLE", "XAPIC_DISABLE_STATUS exists"),
	FLAG(23, "OVERCLOCKING", "OVERCLOCKING_STATUS exists"),
	FLAG(24, "PBRSB_NO", "not subject to post-barrier return predictions"),
	FLAG(25, "GDS_CTRL", "MCU_OPT_CTRL.GDS_MITG_DIS exists"),
	FLAG(26, "GDS_NO", "not subject to gather data sampling"),
	FLAG(27, "RFDS_NO", "not subject to register file data sampling"),
	FLAG(28, "RFDS_CLEAR", "VERW clears the register file"),
	FLAG(62, "ITS_NO", "a hypervisor says: not subject to indirect target selection"),
	{ 0 }
};

static const struct mmuinspect_field tsx_ctrl[] = {
	FLAG(0, "RTM_DISABLE", "transactions abort at once",
	     .why = "against TSX asynchronous abort"),
	FLAG(1, "CPUID_CLEAR", "CPUID doesn't tell of TSX"),
	{ 0 }
};

static const struct mmuinspect_field mcu_opt_ctrl[] = {
	FLAG(0, "RNGDS_MITG_DIS", "the mitigation of SRBDS is off"),
	FLAG(1, "RTM_ALLOW", "TSX is allowed, for development"),
	FLAG(2, "RTM_LOCKED", "RTM_ALLOW is locked"),
	FLAG(3, "FB_CLEAR_DIS", "VERW doesn't clear the fill buffers"),
	FLAG(4, "GDS_MITG_DIS", "the mitigation of gather data sampling is off"),
	FLAG(5, "GDS_MITG_LOCK", "GDS_MITG_DIS is locked"),
	{ 0 }
};

static const struct mmuinspect_field sysenter_cs[] = {
	FIELD(HEX, 15, 0, "CS", "the kernel's code segment; 0: SYSENTER faults"),
	{ 0 }
};

static const struct mmuinspect_field misc_enable[] = {
	FLAG(0, "FAST_STRING", "fast string operations"),
	FLAG(3, "TM1", "automatic thermal control"),
	FLAG(7, "EMON", "performance monitoring is available"),
	FLAG(11, "BTS_UNAVAIL", "no branch trace storage"),
	FLAG(12, "PEBS_UNAVAIL", "no precise event sampling"),
	FLAG(16, "EIST", "frequency scaling (SpeedStep)"),
	FLAG(18, "MWAIT", "MONITOR and MWAIT"),
	FLAG(22, "LIMIT_CPUID", "CPUID ends at leaf 2",
	     .why = "hides what is in later leaves: TLBs, SMEP, SMAP"),
	FLAG(23, "XTPR_DISABLE", "no xTPR messages"),
	FLAG(34, "XD_DISABLE", "CPUID doesn't tell of no-execute",
	     .why = "the kernel clears it when it boots: else nothing could be made non-executable"),
	FLAG(38, "TURBO_DISABLE", "no turbo", .varies = 1),
	{ 0 }
};

/* 0 is the level of what was interrupted, or of the stack that is in use. */
#define STKLVL(vector, what) FIELD(HEX, 2 * vector + 1, 2 * vector, \
	"level" #vector, "stack level of exception " #vector what)

static const struct mmuinspect_field fred_stklvls[] = {
	STKLVL(0, " (#DE)"), STKLVL(1, " (#DB)"), STKLVL(2, " (NMI)"),
	STKLVL(3, " (#BP)"), STKLVL(4, " (#OF)"), STKLVL(5, " (#BR)"),
	STKLVL(6, " (#UD)"), STKLVL(7, " (#NM)"), STKLVL(8, " (#DF)"),
	STKLVL(9, ""), STKLVL(10, " (#TS)"), STKLVL(11, " (#NP)"),
	STKLVL(12, " (#SS)"), STKLVL(13, " (#GP)"), STKLVL(14, " (#PF)"),
	STKLVL(15, ""), STKLVL(16, " (#MF)"), STKLVL(17, " (#AC)"),
	STKLVL(18, " (#MC)"), STKLVL(19, " (#XM)"), STKLVL(20, " (#VE)"),
	STKLVL(21, " (#CP)"), STKLVL(22, ""), STKLVL(23, ""), STKLVL(24, ""),
	STKLVL(25, ""), STKLVL(26, ""), STKLVL(27, ""), STKLVL(28, " (#HV)"),
	STKLVL(29, " (#VC)"), STKLVL(30, " (#SX)"), STKLVL(31, ""),
	{ 0 }
};

static const struct mmuinspect_field mtrr_physbase[] = {
	FIELD(NUMBER, 7, 0, "type", "memory type", .values = x86_memory_types),
	FIELD(ADDRESS, 51, 12, "base", "physical address of the range"),
	{ 0 }
};

static const struct mmuinspect_field mtrr_physmask[] = {
	FLAG(11, "V", "the range counts"),
	FIELD(ADDRESS, 51, 12, "mask", "an address is in the range if it's the base under this mask"),
	{ 0 }
};

#define EIGHTH(n, which) FIELD(NUMBER, 8 * n + 7, 8 * n, "type" #n, \
	"memory type of the " which " eighth", .values = x86_memory_types)

static const struct mmuinspect_field mtrr_fix[] = {
	EIGHTH(0, "first"),
	EIGHTH(1, "second"),
	EIGHTH(2, "third"),
	EIGHTH(3, "fourth"),
	EIGHTH(4, "fifth"),
	EIGHTH(5, "sixth"),
	EIGHTH(6, "seventh"),
	EIGHTH(7, "last"),
	{ 0 }
};

static const struct mmuinspect_field mtrr_def_type[] = {
	FIELD(NUMBER, 7, 0, "type", "memory type outside all ranges",
	      .values = x86_memory_types),
	FLAG(10, "FE", "fixed ranges count"),
	FLAG(11, "E", "MTRRs count",
	     .why = "off, all memory is uncached, but where PAT says WC"),
	{ 0 }
};

static const struct mmuinspect_field vmx_basic[] = {
	FIELD(HEX, 30, 0, "revision", "identifier at the beginning of a VMCS"),
	FIELD(NUMBER, 44, 32, "size", "bytes of a VMCS"),
	FLAG(48, "PHYS32", "physical addresses of VMX structures have 32 bits"),
	FLAG(49, "DUAL_MONITOR", "the dual-monitor treatment of SMIs exists"),
	FIELD(NUMBER, 53, 50, "memtype", "memory type for a VMCS", .values = x86_memory_types),
	FLAG(54, "INS_OUTS", "exits of INS and OUTS tell what was accessed"),
	FLAG(55, "TRUE_CTLS", "the VMX_TRUE_ MSRs exist"),
	FLAG(56, "NO_ERROR_CODE", "any exception may be injected with or without error code"),
	{ 0 }
};

/* Low half: controls that must be 1. High half: those that may be. */
#define MUST FIELD(HEX, 31, 0, "must", "controls that can't be 0")
#define MAY(bit, n, m) FLAG(32 + (bit), n, m)

static const struct mmuinspect_field vmx_pinbased[] = {
	MUST,
	MAY(0, "INTR_EXITING", "may exit on interrupts"),
	MAY(3, "NMI_EXITING", "may exit on NMIs"),
	MAY(5, "VIRTUAL_NMIS", "may have virtual NMIs"),
	MAY(6, "PREEMPTION_TIMER", "may exit by timer"),
	MAY(7, "POSTED_INTR", "may take posted interrupts"),
	{ 0 }
};

static const struct mmuinspect_field vmx_procbased[] = {
	MUST,
	MAY(2, "INTR_WINDOW", "may exit when interrupts are possible"),
	MAY(3, "TSC_OFFSET", "may offset the TSC"),
	MAY(7, "HLT", "may exit on HLT"),
	MAY(9, "INVLPG", "may exit on INVLPG"),
	MAY(10, "MWAIT", "may exit on MWAIT"),
	MAY(11, "RDPMC", "may exit on RDPMC"),
	MAY(12, "RDTSC", "may exit on RDTSC"),
	MAY(15, "CR3_LOAD", "may exit on writes of CR3"),
	MAY(16, "CR3_STORE", "may exit on reads of CR3"),
	MAY(17, "TERTIARY", "may have tertiary controls"),
	MAY(19, "CR8_LOAD", "may exit on writes of CR8"),
	MAY(20, "CR8_STORE", "may exit on reads of CR8"),
	MAY(21, "TPR_SHADOW", "may have a virtual task priority"),
	MAY(22, "NMI_WINDOW", "may exit when NMIs are possible"),
	MAY(23, "MOV_DR", "may exit on debug registers"),
	MAY(24, "UNCOND_IO", "may exit on all I/O"),
	MAY(25, "IO_BITMAPS", "may exit on I/O by bitmap"),
	MAY(27, "MONITOR_TRAP", "may single-step"),
	MAY(28, "MSR_BITMAPS", "may exit on MSRs by bitmap"),
	MAY(29, "MONITOR", "may exit on MONITOR"),
	MAY(30, "PAUSE", "may exit on PAUSE"),
	MAY(31, "SECONDARY", "may have secondary controls"),
	{ 0 }
};

static const struct mmuinspect_field vmx_procbased2[] = {
	MUST,
	MAY(0, "APIC_ACCESS", "may virtualise accesses to the APIC"),
	MAY(1, "EPT", "may have extended page tables"),
	MAY(2, "DESC_EXITING", "may exit on LGDT, SIDT and the like"),
	MAY(3, "RDTSCP", "may have RDTSCP"),
	MAY(4, "X2APIC", "may virtualise the x2APIC"),
	MAY(5, "VPID", "may tag TLB entries by guest"),
	MAY(6, "WBINVD", "may exit on WBINVD"),
	MAY(7, "UNRESTRICTED", "may run guests without paging"),
	MAY(8, "APIC_REGISTER", "may virtualise the APIC's registers"),
	MAY(9, "INTR_DELIVERY", "may deliver virtual interrupts"),
	MAY(10, "PAUSE_LOOP", "may exit on loops of PAUSE"),
	MAY(11, "RDRAND", "may exit on RDRAND"),
	MAY(12, "INVPCID", "may have INVPCID"),
	MAY(13, "VMFUNC", "may have VMFUNC"),
	MAY(14, "SHADOW_VMCS", "may shadow a VMCS"),
	MAY(15, "ENCLS", "may exit on ENCLS"),
	MAY(16, "RDSEED", "may exit on RDSEED"),
	MAY(17, "PML", "may log pages that get dirty"),
	MAY(18, "EPT_VE", "may turn EPT violations into #VE"),
	MAY(19, "PT_CONCEAL", "may hide VMX from processor trace"),
	MAY(20, "XSAVES", "may have XSAVES"),
	MAY(21, "PASID", "may translate PASIDs"),
	MAY(22, "MODE_BASED_EXEC", "may have execute rights by mode in EPT"),
	MAY(23, "SPP", "may protect parts of pages against writes"),
	MAY(24, "PT_GPA", "may trace to guest-physical addresses"),
	MAY(25, "TSC_SCALING", "may scale the TSC"),
	MAY(26, "USER_WAIT", "may have TPAUSE and UMWAIT"),
	MAY(27, "PCONFIG", "may have PCONFIG"),
	MAY(28, "ENCLV", "may exit on ENCLV"),
	MAY(30, "BUS_LOCK", "may exit on bus locks"),
	MAY(31, "NOTIFY", "may exit when a guest blocks events for long"),
	{ 0 }
};

/* All 64 bits say what may be 1. */
static const struct mmuinspect_field vmx_procbased3[] = {
	FLAG(0, "LOADIWKEY", "may exit on LOADIWKEY"),
	FLAG(1, "HLAT", "may have a hypervisor-managed translation of linear addresses"),
	FLAG(2, "EPT_PAGING_WRITE", "may have page tables that only paging may write"),
	FLAG(3, "GUEST_PAGING", "may verify that a page was reached by paging"),
	FLAG(4, "IPI_VIRT", "may virtualise IPIs"),
	FLAG(7, "SPEC_CTRL", "may virtualise SPEC_CTRL"),
	{ 0 }
};

static const struct mmuinspect_field vmx_exit[] = {
	MUST,
	MAY(2, "SAVE_DEBUG", "may save debug controls"),
	MAY(9, "HOST_64BIT", "may exit into 64-bit mode"),
	MAY(12, "LOAD_PERF_GLOBAL", "may load PERF_GLOBAL_CTRL"),
	MAY(15, "ACK_INTR", "may acknowledge the interrupt"),
	MAY(18, "SAVE_PAT", "may save PAT"),
	MAY(19, "LOAD_PAT", "may load PAT"),
	MAY(20, "SAVE_EFER", "may save EFER"),
	MAY(21, "LOAD_EFER", "may load EFER"),
	MAY(22, "SAVE_TIMER", "may save the preemption timer"),
	MAY(23, "CLEAR_BNDCFGS", "may clear BNDCFGS"),
	MAY(24, "PT_CONCEAL", "may hide VMX from processor trace"),
	MAY(25, "CLEAR_RTIT", "may clear RTIT_CTL"),
	MAY(26, "CLEAR_LBR", "may clear LBR_CTL"),
	MAY(28, "LOAD_CET", "may load CET state"),
	MAY(29, "LOAD_PKRS", "may load PKRS"),
	MAY(30, "SAVE_PERF_GLOBAL", "may save PERF_GLOBAL_CTRL"),
	MAY(31, "SECONDARY", "may have secondary exit controls"),
	{ 0 }
};

static const struct mmuinspect_field vmx_entry[] = {
	MUST,
	MAY(2, "LOAD_DEBUG", "may load debug controls"),
	MAY(9, "GUEST_64BIT", "may enter 64-bit mode"),
	MAY(10, "SMM", "may enter SMM"),
	MAY(11, "NO_DUAL_MONITOR", "may end the dual-monitor treatment"),
	MAY(13, "LOAD_PERF_GLOBAL", "may load PERF_GLOBAL_CTRL"),
	MAY(14, "LOAD_PAT", "may load PAT"),
	MAY(15, "LOAD_EFER", "may load EFER"),
	MAY(16, "LOAD_BNDCFGS", "may load BNDCFGS"),
	MAY(17, "PT_CONCEAL", "may hide VMX from processor trace"),
	MAY(18, "LOAD_RTIT", "may load RTIT_CTL"),
	MAY(20, "LOAD_CET", "may load CET state"),
	MAY(21, "LOAD_LBR", "may load LBR_CTL"),
	MAY(22, "LOAD_PKRS", "may load PKRS"),
	{ 0 }
};

static const struct mmuinspect_field vmx_misc[] = {
	FIELD(NUMBER, 4, 0, "timer_shift", "the preemption timer counts when this bit of the TSC changes"),
	FLAG(5, "EFER_LMA", "an exit saves EFER.LMA"),
	FLAG(6, "HLT", "a guest may be entered halted"),
	FLAG(7, "SHUTDOWN", "a guest may be entered shut down"),
	FLAG(8, "WAIT_SIPI", "a guest may be entered waiting for SIPI"),
	FLAG(14, "PT", "processor trace works in VMX operation"),
	FLAG(15, "SMBASE", "SMBASE can be read in SMM"),
	FIELD(NUMBER, 24, 16, "CR3_targets", "how many CR3 values may be loaded without an exit"),
	FIELD(NUMBER, 27, 25, "MSR_list", "recommended limit of an MSR list: 512 times one more"),
	FLAG(28, "VMXOFF_SMI", "SMM_MONITOR_CTL bit 2 may be set"),
	FLAG(29, "VMWRITE_ALL", "VMWRITE works on exit information"),
	FLAG(30, "ZERO_LENGTH", "an instruction of length 0 may be injected"),
	FIELD(HEX, 63, 32, "MSEG_revision", "identifier of the SMM monitor's segment"),
	{ 0 }
};

static const struct mmuinspect_field vmx_vmcs_enum[] = {
	FIELD(NUMBER, 9, 1, "highest", "highest index of a VMCS field"),
	{ 0 }
};

static const struct mmuinspect_field vmx_ept_vpid_cap[] = {
	FLAG(0, "EXEC_ONLY", "EPT entries may be execute-only"),
	FLAG(6, "WALK4", "4-level EPT"),
	FLAG(7, "WALK5", "5-level EPT"),
	FLAG(8, "UC", "EPT tables may be uncached"),
	FLAG(14, "WB", "EPT tables may be write-back"),
	FLAG(16, "2M", "2 MiB pages in EPT"),
	FLAG(17, "1G", "1 GiB pages in EPT"),
	FLAG(20, "INVEPT", "INVEPT exists"),
	FLAG(21, "AD", "Accessed and Dirty bits in EPT"),
	FLAG(22, "EXIT_INFO", "EPT violations tell what the guest's tables say"),
	FLAG(23, "SHADOW_STACK", "supervisor shadow stacks in EPT"),
	FLAG(25, "INVEPT_SINGLE", "INVEPT of one context"),
	FLAG(26, "INVEPT_ALL", "INVEPT of all contexts"),
	FLAG(32, "INVVPID", "INVVPID exists"),
	FLAG(40, "INVVPID_ADDRESS", "INVVPID of one address"),
	FLAG(41, "INVVPID_SINGLE", "INVVPID of one context"),
	FLAG(42, "INVVPID_ALL", "INVVPID of all contexts"),
	FLAG(43, "INVVPID_KEEP_GLOBAL", "INVVPID of one context but for global pages"),
	FIELD(NUMBER, 53, 48, "HLAT_prefix", "largest prefix of HLAT"),
	{ 0 }
};

static const struct mmuinspect_field vmx_vmfunc[] = {
	FLAG(0, "EPTP_SWITCHING", "a guest may switch its EPT"),
	{ 0 }
};

/* Bit 0 AD: no access. Bit 1 WD: no write. */
static const struct mmuinspect_value key_rights[] = {
	{ 0, "rw" }, { 1, "none" }, { 2, "r" }, { 3, "none" }, { 0 }
};

#define KEY(n) FIELD(NUMBER, 2 * n + 1, 2 * n, "key" #n, \
	"what kernel pages with key " #n " allow", .values = key_rights)

static const struct mmuinspect_field pkrs[] = {
	KEY(0), KEY(1), KEY(2), KEY(3), KEY(4), KEY(5), KEY(6), KEY(7),
	KEY(8), KEY(9), KEY(10), KEY(11), KEY(12), KEY(13), KEY(14), KEY(15),
	{ 0 }
};

static const struct mmuinspect_field debug_interface[] = {
	FLAG(0, "ENABLE", "silicon debugging is on",
	     .why = "whoever has the cable sees and changes everything"),
	FLAG(30, "LOCK", "locked until reset",
	     .why = "unlocked, whoever runs in the kernel can turn debugging on"),
	FLAG(31, "OCCURRED", "a debugger has been at work since reset"),
	{ 0 }
};

static const struct mmuinspect_field xss[] = {
	FLAG(8, "PT", "processor trace"),
	FLAG(10, "PASID", "process address space identifier"),
	FLAG(11, "CET_U", "shadow stack of user mode"),
	FLAG(12, "CET_S", "shadow stacks of the kernel's rings"),
	FLAG(13, "HDC", "hardware duty cycling"),
	FLAG(14, "UINTR", "user interrupts"),
	FLAG(15, "LBR", "last branches"),
	FLAG(16, "HWP", "hardware frequency scaling"),
	{ 0 }
};

static const struct mmuinspect_field star[] = {
	FIELD(HEX, 31, 0, "EIP", "where a 32-bit SYSCALL goes, on AMD out of 64-bit mode"),
	FIELD(HEX, 47, 32, "SYSCALL_CS", "the kernel's code segment; 8 more is its stack's"),
	FIELD(HEX, 63, 48, "SYSRET_CS", "user mode's: 16 more is 64-bit code, 8 more the stack"),
	{ 0 }
};

static const struct mmuinspect_field fmask[] = {
	FLAG(0, "CF", "SYSCALL clears the carry flag"),
	FLAG(2, "PF", "SYSCALL clears the parity flag"),
	FLAG(4, "AF", "SYSCALL clears the auxiliary carry flag"),
	FLAG(6, "ZF", "SYSCALL clears the zero flag"),
	FLAG(7, "SF", "SYSCALL clears the sign flag"),
	FLAG(8, "TF", "SYSCALL clears the trap flag"),
	FLAG(9, "IF", "SYSCALL turns interrupts off",
	     .why = "the kernel begins on the user's stack and GS base"),
	FLAG(10, "DF", "SYSCALL clears the direction flag"),
	FLAG(11, "OF", "SYSCALL clears the overflow flag"),
	FIELD(NUMBER, 13, 12, "IOPL", "SYSCALL clears these bits of the I/O privilege level"),
	FLAG(14, "NT", "SYSCALL clears the nested-task flag"),
	FLAG(16, "RF", "SYSCALL clears the resume flag"),
	FLAG(17, "VM", "SYSCALL clears the virtual-8086 flag"),
	FLAG(18, "AC", "SYSCALL clears the alignment-check flag",
	     .why = "with SMAP that flag would let the kernel touch user pages"),
	FLAG(19, "VIF", "SYSCALL clears the virtual interrupt flag"),
	FLAG(20, "VIP", "SYSCALL clears the virtual-interrupt-pending flag"),
	FLAG(21, "ID", "SYSCALL clears the CPUID flag"),
	{ 0 }
};

static const struct mmuinspect_field tsc_aux[] = {
	FIELD(NUMBER, 11, 0, "CPU", "number of the CPU, as Linux writes it",
	      .why = "user mode reads it with RDTSCP and RDPID: getcpu() without a system call"),
	FIELD(NUMBER, 31, 12, "node", "number of the memory node, as Linux writes it"),
	{ 0 }
};

static const struct mmuinspect_field syscfg[] = {
	FLAG(18, "MtrrFixDramEn", "RdMem and WrMem of fixed ranges count"),
	FLAG(19, "MtrrFixDramModEn", "they can be seen and written",
	     .why = "left set, system memory may be turned into I/O"),
	FLAG(20, "MtrrVarDramEn", "TOP_MEM and IORRs count"),
	FLAG(21, "MtrrTom2En", "TOP_MEM2 counts"),
	FLAG(22, "Tom2ForceMemTypeWB", "memory from 4 GiB to TOP_MEM2 is write-back"),
	FLAG(23, "MemEncryptionModEn", "memory encryption may be used",
	     .why = "with it an address bit of an entry means encryption"),
	FLAG(24, "SecureNestedPagingEn", "the reverse map table is checked (SEV-SNP)",
	     .why = "a page that belongs to a guest faults when the host writes to it"),
	FLAG(25, "VMPLEn", "VM privilege levels"),
	{ 0 }
};

static const struct mmuinspect_field hwcr[] = {
	FLAG(0, "SmmLock", "SMM's memory and registers are locked",
	     .why = "unlocked, whoever runs in the kernel can become SMM"),
	FLAG(3, "TlbCacheDis", "page-table walks aren't cached"),
	FLAG(4, "INVDWBINVD", "INVD writes back, as WBINVD"),
	FLAG(8, "IgnneEm", "IGNNE emulation"),
	FLAG(9, "MonMwaitDis", "no MONITOR and MWAIT"),
	FLAG(10, "MonMwaitUserEn", "MONITOR and MWAIT in user mode"),
	FLAG(13, "SmiSpCycDis", "no special cycle on entry to SMM"),
	FLAG(14, "RsmSpCycDis", "no special cycle on exit from SMM"),
	FLAG(17, "Wrap32Dis", "32-bit segments don't wrap at 4 GiB"),
	FLAG(18, "McStatusWrEn", "machine-check status can be written"),
	FLAG(20, "IoCfgGpFault", "I/O to PCI configuration space faults"),
	FLAG(21, "LockTscToCurrentP0", "the TSC keeps the rate of P-state 0"),
	FLAG(24, "TscFreqSel", "the TSC counts at the rate of P-state 0"),
	FLAG(25, "CpbDis", "no core performance boost", .varies = 1),
	FLAG(26, "EffFreqCntMwait", "MPERF and APERF count in MWAIT"),
	FLAG(27, "EffFreqReadOnlyLock", "MPERF and APERF can't be written"),
	FLAG(30, "IRPerfEn", "instructions retired are counted"),
	FLAG(31, "SmmBaseLock", "SMM_BASE is locked"),
	FLAG(33, "SmmPgCfgLock", "paging can't be changed in SMM"),
	FLAG(35, "CpuidUserDis", "CPUID faults in user mode", .varies = 1,
	     .why = "arch_prctl(ARCH_SET_CPUID): differs by task on newer kernels"),
	{ 0 }
};

static const struct mmuinspect_field iorr_base[] = {
	FLAG(3, "WrMem", "writes go to memory, not to I/O"),
	FLAG(4, "RdMem", "reads come from memory, not from I/O"),
	FIELD(ADDRESS, 51, 12, "base", "physical address of the range"),
	{ 0 }
};

static const struct mmuinspect_field top_mem[] = {
	FIELD(ADDRESS, 51, 23, "top", "first physical address that isn't memory"),
	{ 0 }
};

static const struct mmuinspect_field smm_base[] = {
	FIELD(HEX, 31, 0, "base", "physical address of this CPU's save area and handler"),
	{ 0 }
};

static const struct mmuinspect_field smm_addr[] = {
	FIELD(ADDRESS, 51, 17, "base", "physical address of SMM's memory (TSeg)"),
	{ 0 }
};

static const struct mmuinspect_field smm_mask[] = {
	FLAG(0, "AValid", "ASeg (A0000 to BFFFF) is SMM's",
	     .why = "with TValid: else anybody can write there what SMM will run"),
	FLAG(1, "TValid", "TSeg is SMM's"),
	FLAG(2, "AClose", "data accesses to ASeg in SMM go to I/O"),
	FLAG(3, "TClose", "data accesses to TSeg in SMM go to I/O"),
	FLAG(4, "AMTypeIoWc", "ASeg outside SMM is write-combining I/O"),
	FLAG(5, "TMTypeIoWc", "TSeg outside SMM is write-combining I/O"),
	FIELD(NUMBER, 10, 8, "AMTypeDram", "memory type of ASeg in SMM",
	      .values = x86_memory_types),
	FIELD(NUMBER, 14, 12, "TMTypeDram", "memory type of TSeg in SMM",
	      .values = x86_memory_types),
	FIELD(ADDRESS, 51, 17, "mask", "an address is in TSeg if it's SMM_ADDR under this mask"),
	{ 0 }
};

static const struct mmuinspect_field vm_cr[] = {
	FLAG(0, "DPD", "external debuggers are shut out"),
	FLAG(1, "R_INIT", "INIT raises #SX"),
	FLAG(2, "DIS_A20M", "A20 isn't masked"),
	FLAG(3, "LOCK", "SVMDIS is locked"),
	FLAG(4, "SVMDIS", "EFER.SVME can't be set",
	     .why = "the firmware has turned virtualisation off"),
	{ 0 }
};

static const struct mmuinspect_field vm_hsave_pa[] = {
	FIELD(ADDRESS, 51, 12, "base", "physical address of the host's save area; 0: none"),
	{ 0 }
};

static const struct mmuinspect_field virt_spec_ctrl[] = {
	FLAG(2, "SSBD", "loads don't pass older stores speculatively"),
	{ 0 }
};

static const struct mmuinspect_field sev_status[] = {
	FLAG(0, "SEV", "this is a guest with encrypted memory"),
	FLAG(1, "SEV_ES", "its registers are encrypted too"),
	FLAG(2, "SEV_SNP", "and the host can't remap its memory"),
	FLAG(3, "vTOM", "memory below a border is private, without an encryption bit"),
	FLAG(4, "ReflectVC", "#VC goes to the highest privilege level"),
	FLAG(5, "RestrictedInjection", "the host may inject #HV alone"),
	FLAG(6, "AlternateInjection", "events are injected by the guest's own supervisor"),
	FLAG(7, "DebugSwap", "debug registers are swapped"),
	FLAG(8, "PreventHostIBS", "the host may not sample instructions"),
	FLAG(9, "BTBIsolation", "the host doesn't steer branches"),
	FLAG(10, "VmplSSS", "supervisor shadow stacks by privilege level"),
	FLAG(11, "SecureTSC", "the TSC isn't the host's to change"),
	FLAG(12, "VmgexitParameter", "VMGEXIT has a parameter"),
	FLAG(14, "IbsVirtualization", "instruction sampling is virtualised"),
	FLAG(16, "VmsaRegProt", "saved registers are blurred"),
	FLAG(17, "SmtProtection", "the sibling thread must be idle"),
	FLAG(18, "SecureAvic", "the APIC isn't the host's to read"),
	FLAG(23, "IbpbOnEntry", "predictions are dropped when the guest is entered"),
	{ 0 }
};

static const struct mmuinspect_field de_cfg[] = {
	FLAG(1, "LFENCE_SERIALIZE", "LFENCE waits for older instructions",
	     .why = "Spectre v1's barrier, and RDTSC's, lean on it"),
	FLAG(9, "ZEN2_FP_BACKUP_FIX", "the fix for Zenbleed"),
	{ 0 }
};

#define MTRR "Intel SDM vol. 3A 12.11.2; AMD APM vol. 2 7.7"
#define SHADOW "Intel SDM vol. 1 17.2; AMD APM vol. 2 18.12"
#define FAST "Intel SDM vol. 3A 5.8.8; AMD APM vol. 2 6.1.1"
#define BASES "Intel SDM vol. 3A 3.4.4; AMD APM vol. 2 4.5.3"
#define VMX(section) "Intel SDM vol. 3D appendix " section
#define APM(section) "AMD APM vol. 2 " section

#define VARIABLE(n) \
	{ "MTRR_PHYSBASE" #n, "MTRRphysBase" #n, 0x200 + 2 * n, .reveals = 1, \
	  .meaning = "memory type of a range: where it begins", \
	  .source = MTRR, .fields = mtrr_physbase }, \
	{ "MTRR_PHYSMASK" #n, "MTRRphysMask" #n, 0x201 + 2 * n, .reveals = 1, \
	  .meaning = "memory type of a range: how large it is", \
	  .source = MTRR, .fields = mtrr_physmask }

#define FIXED(msr, size, at, unit) \
	{ "MTRR_FIX" size "_" at, "MTRRfix" size "_" at, msr, \
	  .meaning = "memory types of eight times " unit " from 0x" at, \
	  .source = MTRR, .fields = mtrr_fix }

/* A chapter of its own, which the edition of 2023 doesn't have yet */
#define FRED "Intel SDM, flexible return and event delivery; Intel 346446"

#define FRED_RSP(n) \
	{ "FRED_RSP" #n, NULL, 0x1cc + n, .reveals = 1, .varies = 1, \
	  .meaning = "FRED: stack of events at level " #n ", the CPU's own", .source = FRED }

#define FRED_SSP(n) \
	{ "FRED_SSP" #n, NULL, 0x1d0 + n, .reveals = 1, .varies = 1, \
	  .meaning = "FRED: shadow stack of events at level " #n ", the CPU's own", \
	  .source = FRED }

/* By number. */
const struct mmuinspect_register x86_msrs[] = {
	{ "APIC_BASE", "APICBASE", 0x1b, .reveals = 1,
	  .meaning = "where the local APIC is, and in which mode",
	  .source = "Intel SDM vol. 3A 11.4.4; AMD APM vol. 2 16.3.1",
	  .fields = apic_base },
	{ "FEATURE_CONTROL", "FEAT_CTL", 0x3a, INTEL,
	  .meaning = "what the firmware has allowed, and locked",
	  .source = TABLE "; vol. 3C 24.7", .fields = feature_control },
	{ "SPEC_CTRL", NULL, 0x48, .varies = 1, .meaning = "speculation that is held back",
	  .source = TABLE "; " APM("3.2.9"), .fields = spec_ctrl },
	{ "BIOS_SIGN_ID", "UCODE_REV PATCH_LEVEL", 0x8b,
	  .meaning = "revision of the microcode",
	  .source = "Intel SDM vol. 3A 10.11.7; " APM("appendix A"),
	  .fields = bios_sign_id },
	{ "SMM_MONITOR_CTL", NULL, 0x9b, INTEL, .reveals = 1,
	  .meaning = "dual-monitor treatment of SMIs",
	  .source = TABLE "; vol. 3C 32.15.5", .fields = smm_monitor_ctl },
	{ "CORE_CAPABILITIES", "CORE_CAPS", 0xcf, INTEL, .meaning = "what this core offers",
	  .source = TABLE "; vol. 3A 9.1.2.3", .fields = core_capabilities },
	{ "MTRRCAP", "MTRR_CAP", 0xfe, .meaning = "which memory-type ranges there are",
	  .source = "Intel SDM vol. 3A 12.11.1; AMD APM vol. 2 7.7.3",
	  .fields = mtrrcap },
	{ "ARCH_CAPABILITIES", "ARCH_CAPS", 0x10a, INTEL,
	  .meaning = "which attacks this CPU isn't subject to, which controls it has",
	  .source = TABLE, .fields = arch_capabilities },
	{ "TSX_CTRL", NULL, 0x122, INTEL, .meaning = "transactional memory off",
	  .source = TABLE, .fields = tsx_ctrl },
	{ "MCU_OPT_CTRL", NULL, 0x123, INTEL,
	  .meaning = "mitigations in microcode that can be turned off",
	  .source = TABLE, .fields = mcu_opt_ctrl },
	{ "SYSENTER_CS", NULL, 0x174, .meaning = "SYSENTER: code segment",
	  .source = "Intel SDM vol. 3A 5.8.7; AMD APM vol. 2 6.1.2",
	  .fields = sysenter_cs },
	{ "SYSENTER_ESP", NULL, 0x175, .reveals = 1, .varies = 1,
	  .meaning = "SYSENTER: stack, the CPU's own",
	  .source = "Intel SDM vol. 3A 5.8.7; AMD APM vol. 2 6.1.2" },
	{ "SYSENTER_EIP", NULL, 0x176, .reveals = 1, .meaning = "SYSENTER: entry point",
	  .source = "Intel SDM vol. 3A 5.8.7; AMD APM vol. 2 6.1.2" },
	{ "MISC_ENABLE", NULL, 0x1a0, INTEL, .meaning = "features that are on",
	  .source = TABLE, .fields = misc_enable },
	{ "FRED_RSP0", NULL, 0x1cc, .reveals = 1, .varies = 1,
	  .meaning = "FRED: stack of events from user mode, the running task's",
	  .source = FRED },
	FRED_RSP(1), FRED_RSP(2), FRED_RSP(3),
	{ "FRED_STKLVLS", NULL, 0x1d0,
	  .meaning = "FRED: on which stack each exception of the kernel begins",
	  .source = FRED, .fields = fred_stklvls },
	FRED_SSP(1), FRED_SSP(2), FRED_SSP(3),
	{ "FRED_CONFIG", NULL, 0x1d4, .reveals = 1,
	  .meaning = "FRED: where events go",
	  .source = FRED, .fields = x86_fred_config },
	VARIABLE(0), VARIABLE(1), VARIABLE(2), VARIABLE(3),
	VARIABLE(4), VARIABLE(5), VARIABLE(6), VARIABLE(7),
	/* MTRRCAP.VCNT is 8 or 10. */
	VARIABLE(8), VARIABLE(9),
	FIXED(0x250, "64K", "00000", "64 KiB"),
	FIXED(0x258, "16K", "80000", "16 KiB"),
	FIXED(0x259, "16K", "A0000", "16 KiB"),
	FIXED(0x268, "4K", "C0000", "4 KiB"),
	FIXED(0x269, "4K", "C8000", "4 KiB"),
	FIXED(0x26a, "4K", "D0000", "4 KiB"),
	FIXED(0x26b, "4K", "D8000", "4 KiB"),
	FIXED(0x26c, "4K", "E0000", "4 KiB"),
	FIXED(0x26d, "4K", "E8000", "4 KiB"),
	FIXED(0x26e, "4K", "F0000", "4 KiB"),
	FIXED(0x26f, "4K", "F8000", "4 KiB"),
	{ "PAT", "CR_PAT", 0x277, .meaning = "memory type behind each PAT index of an entry",
	  .source = "Intel SDM vol. 3A 12.12; AMD APM vol. 2 7.8", .fields = x86_pat },
	{ "MTRR_DEF_TYPE", "MTRRdefType", 0x2ff,
	  .meaning = "memory type outside all ranges; MTRRs on or off",
	  .source = MTRR, .fields = mtrr_def_type },
	{ "VMX_BASIC", NULL, 0x480, INTEL, .meaning = "VMX: basic facts",
	  .source = VMX("A.1"), .fields = vmx_basic },
	{ "VMX_PINBASED_CTLS", NULL, 0x481, INTEL, .meaning = "VMX: pin-based controls",
	  .source = VMX("A.3.1"), .fields = vmx_pinbased },
	{ "VMX_PROCBASED_CTLS", NULL, 0x482, INTEL,
	  .meaning = "VMX: primary processor-based controls",
	  .source = VMX("A.3.2"), .fields = vmx_procbased },
	{ "VMX_EXIT_CTLS", NULL, 0x483, INTEL, .meaning = "VMX: exit controls",
	  .source = VMX("A.4"), .fields = vmx_exit },
	{ "VMX_ENTRY_CTLS", NULL, 0x484, INTEL, .meaning = "VMX: entry controls",
	  .source = VMX("A.5"), .fields = vmx_entry },
	{ "VMX_MISC", NULL, 0x485, INTEL, .meaning = "VMX: miscellaneous facts",
	  .source = VMX("A.6"), .fields = vmx_misc },
	{ "VMX_CR0_FIXED0", NULL, 0x486, INTEL,
	  .meaning = "VMX: bits of CR0 that must be set", .source = VMX("A.7"),
	  .fields = x86_cr0 },
	{ "VMX_CR0_FIXED1", NULL, 0x487, INTEL,
	  .meaning = "VMX: bits of CR0 that may be set", .source = VMX("A.7"),
	  .fields = x86_cr0 },
	{ "VMX_CR4_FIXED0", NULL, 0x488, INTEL,
	  .meaning = "VMX: bits of CR4 that must be set", .source = VMX("A.8"),
	  .fields = x86_cr4 },
	{ "VMX_CR4_FIXED1", NULL, 0x489, INTEL,
	  .meaning = "VMX: bits of CR4 that may be set", .source = VMX("A.8"),
	  .fields = x86_cr4 },
	{ "VMX_VMCS_ENUM", NULL, 0x48a, INTEL, .meaning = "VMX: fields of a VMCS",
	  .source = VMX("A.9"), .fields = vmx_vmcs_enum },
	{ "VMX_PROCBASED_CTLS2", NULL, 0x48b, INTEL,
	  .meaning = "VMX: secondary processor-based controls",
	  .source = VMX("A.3.3"), .fields = vmx_procbased2 },
	{ "VMX_EPT_VPID_CAP", NULL, 0x48c, INTEL,
	  .meaning = "VMX: extended page tables and TLB tags",
	  .source = VMX("A.10"), .fields = vmx_ept_vpid_cap },
	{ "VMX_TRUE_PINBASED_CTLS", NULL, 0x48d, INTEL,
	  .meaning = "VMX: pin-based controls, with those that only default to 1",
	  .source = VMX("A.3.1"), .fields = vmx_pinbased },
	{ "VMX_TRUE_PROCBASED_CTLS", NULL, 0x48e, INTEL,
	  .meaning = "VMX: primary controls, with those that only default to 1",
	  .source = VMX("A.3.2"), .fields = vmx_procbased },
	{ "VMX_TRUE_EXIT_CTLS", NULL, 0x48f, INTEL,
	  .meaning = "VMX: exit controls, with those that only default to 1",
	  .source = VMX("A.4"), .fields = vmx_exit },
	{ "VMX_TRUE_ENTRY_CTLS", NULL, 0x490, INTEL,
	  .meaning = "VMX: entry controls, with those that only default to 1",
	  .source = VMX("A.5"), .fields = vmx_entry },
	{ "VMX_VMFUNC", NULL, 0x491, INTEL, .meaning = "VMX: functions that a guest may call",
	  .source = VMX("A.11"), .fields = vmx_vmfunc },
	{ "VMX_PROCBASED_CTLS3", NULL, 0x492, INTEL,
	  .meaning = "VMX: tertiary processor-based controls",
	  .source = VMX("A.3.4"), .fields = vmx_procbased3 },
	{ "U_CET", NULL, 0x6a0, .varies = 1,
	  .meaning = "control-flow protection of the running task",
	  .source = SHADOW, .fields = x86_cet },
	{ "S_CET", NULL, 0x6a2, .meaning = "control-flow protection of the kernel",
	  .source = SHADOW, .fields = x86_cet },
	{ "PL0_SSP", NULL, 0x6a4, .reveals = 1, .varies = 1,
	  .meaning = "shadow stack of ring 0, with FRED that of level 0", .source = SHADOW },
	{ "PL1_SSP", NULL, 0x6a5, .reveals = 1, .varies = 1,
	  .meaning = "shadow stack of ring 1", .source = SHADOW },
	{ "PL2_SSP", NULL, 0x6a6, .reveals = 1, .varies = 1,
	  .meaning = "shadow stack of ring 2", .source = SHADOW },
	{ "PL3_SSP", NULL, 0x6a7, .reveals = 1, .varies = 1,
	  .meaning = "shadow stack of user mode, the running task's", .source = SHADOW },
	{ "INTERRUPT_SSP_TABLE_ADDR", "INT_SSP_TAB", 0x6a8, .reveals = 1, .varies = 1,
	  .meaning = "table of shadow stacks for interrupts", .source = SHADOW },
	{ "PKRS", NULL, 0x6e1, INTEL, .varies = 1,
	  .meaning = "rights of protection keys of kernel pages",
	  .source = "Intel SDM vol. 3A 4.6.2", .fields = pkrs },
	{ "DEBUG_INTERFACE", NULL, 0xc80, INTEL, .meaning = "silicon debugging",
	  .source = TABLE, .fields = debug_interface },
	{ "XSS", NULL, 0xda0, .meaning = "register state that XSAVES may save besides XCR0's",
	  .source = "Intel SDM vol. 1 13.3; AMD APM vol. 2 3.2.8", .fields = xss },
	{ "EFER", NULL, 0xc0000080, .meaning = "64-bit mode, system calls, no-execute",
	  .source = "Intel SDM vol. 3A 2.2.1; AMD APM vol. 2 3.1.7",
	  .fields = x86_efer },
	{ "STAR", NULL, 0xc0000081, .meaning = "SYSCALL and SYSRET: segments",
	  .source = FAST, .fields = star },
	{ "LSTAR", NULL, 0xc0000082, .reveals = 1,
	  .meaning = "SYSCALL: entry point of 64-bit code", .source = FAST },
	{ "CSTAR", NULL, 0xc0000083, .reveals = 1,
	  .meaning = "SYSCALL: entry point of 32-bit code, on AMD", .source = FAST },
	{ "FMASK", "SFMASK SF_MASK SYSCALL_MASK", 0xc0000084,
	  .meaning = "SYSCALL: flags that it clears", .source = FAST, .fields = fmask },
	{ "FS_BASE", NULL, 0xc0000100, .reveals = 1, .varies = 1,
	  .meaning = "the running task's FS base: its thread-local data",
	  .source = BASES },
	{ "GS_BASE", NULL, 0xc0000101, .reveals = 1, .varies = 1,
	  .meaning = "the kernel's data of this CPU", .source = BASES },
	{ "KERNEL_GS_BASE", NULL, 0xc0000102, .reveals = 1, .varies = 1,
	  .meaning = "the running task's GS base, while the kernel runs",
	  .source = BASES },
	{ "TSC_AUX", NULL, 0xc0000103, .varies = 1,
	  .meaning = "what RDTSCP and RDPID tell to user mode",
	  .source = "Intel SDM vol. 3B 18.17.2; AMD APM vol. 2 13.2.4",
	  .fields = tsc_aux },
	{ "SYSCFG", "SYS_CFG", 0xc0010010, AMD, .meaning = "memory map, memory encryption",
	  .source = APM("3.2.1"), .fields = syscfg },
	{ "HWCR", NULL, 0xc0010015, AMD, .meaning = "hardware configuration",
	  .source = APM("3.2.10; PPR of the family, MSRC001_0015"), .fields = hwcr },
	{ "IORR_BASE0", "IORRBASE0", 0xc0010016, AMD, .reveals = 1,
	  .meaning = "range that is I/O instead of memory: where it begins",
	  .source = APM("7.9.2"), .fields = iorr_base },
	{ "IORR_MASK0", "IORRMASK0", 0xc0010017, AMD, .reveals = 1,
	  .meaning = "range that is I/O instead of memory: how large it is",
	  .source = APM("7.9.2"), .fields = mtrr_physmask },
	{ "IORR_BASE1", "IORRBASE1", 0xc0010018, AMD, .reveals = 1,
	  .meaning = "range that is I/O instead of memory: where it begins",
	  .source = APM("7.9.2"), .fields = iorr_base },
	{ "IORR_MASK1", "IORRMASK1", 0xc0010019, AMD, .reveals = 1,
	  .meaning = "range that is I/O instead of memory: how large it is",
	  .source = APM("7.9.2"), .fields = mtrr_physmask },
	{ "TOP_MEM", "TOP_MEM1 TOM", 0xc001001a, AMD, .reveals = 1,
	  .meaning = "end of memory below 4 GiB", .source = APM("7.9.4"),
	  .fields = top_mem },
	{ "TOP_MEM2", "TOM2", 0xc001001d, AMD, .reveals = 1,
	  .meaning = "end of memory above 4 GiB", .source = APM("7.9.4"),
	  .fields = top_mem },
	{ "SMM_BASE", "SMBASE", 0xc0010111, AMD, .reveals = 1, .varies = 1,
	  .meaning = "where this CPU's SMM handler is", .source = APM("10.2.2"),
	  .fields = smm_base },
	{ "SMM_ADDR", "TSEG TSEG_ADDR TSEG_BASE", 0xc0010112, AMD, .reveals = 1,
	  .meaning = "where SMM's memory is", .source = APM("10.2.5"),
	  .fields = smm_addr },
	{ "SMM_MASK", "TSEG_MASK", 0xc0010113, AMD, .reveals = 1,
	  .meaning = "how large SMM's memory is, and whether it's protected",
	  .source = APM("10.2.5"), .fields = smm_mask },
	{ "VM_CR", NULL, 0xc0010114, AMD, .meaning = "virtualisation, allowed and locked",
	  .source = APM("15.30.1"), .fields = vm_cr },
	{ "VM_HSAVE_PA", NULL, 0xc0010117, AMD, .reveals = 1, .varies = 1,
	  .meaning = "SVM: where the host's state is saved", .source = APM("15.30.4"),
	  .fields = vm_hsave_pa },
	{ "VIRT_SPEC_CTRL", NULL, 0xc001011f, AMD, .varies = 1,
	  .meaning = "speculation that is held back, in a guest",
	  .source = "AMD, Speculative Store Bypass Disable (124441)",
	  .fields = virt_spec_ctrl },
	{ "SEV_STATUS", "SEV", 0xc0010131, AMD, .meaning = "how this guest is encrypted",
	  .source = APM("15.34.10"), .fields = sev_status },
	{ "DE_CFG", NULL, 0xc0011029, AMD, .meaning = "decoder configuration",
	  .source = "AMD PPR of the family, MSRC001_1029", .fields = de_cfg },
	{ 0 }
};
