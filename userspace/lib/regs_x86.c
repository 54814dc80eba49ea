// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Registers of x86-64 that tell the MMU what to do.
 *
 * Intel SDM in the chapters of its edition of 2023 (325462-079 to -082), AMD APM
 * vol. 2 (24593) in those of revision 3.40 and later.
 */
#include <stddef.h>

#include "registers.h"

#define CR0	MMUINSPECT_X86_CR0
#define CR3	MMUINSPECT_X86_CR3
#define CR4	MMUINSPECT_X86_CR4
#define EFER	MMUINSPECT_X86_EFER
#define S_CET	MMUINSPECT_X86_S_CET
#define BIT(n)	(1ULL << (n))

/* A chapter of its own, which the edition of 2023 doesn't have yet: LAM and LASS */
#define PREPROCESSING "Intel SDM vol. 3A, linear-address pre-processing"

const struct mmuinspect_field x86_cr0[] = {
	FLAG(0, "PE", "protected mode",
	     .why = "clear is real mode: no paging and no privilege levels"),
	FLAG(1, "MP", "WAIT obeys TS",
	     .why = "with TS, WAIT raises #NM too: a pending x87 error meets the task that made it"),
	FLAG(2, "EM", "no x87 FPU: its instructions fault",
	     .why = "x87 instructions raise #NM, SSE ones #UD"),
	FLAG(3, "TS", "task switched: the next FPU instruction faults", .varies = 1,
	     .why = "for a lazy switch of FPU state, which let the next task guess it (LazyFP): Linux switches at once"),
	FLAG(4, "ET", "always set",
	     .why = "once told a 387 from a 287; the CPU doesn't let it be cleared"),
	FLAG(5, "NE", "x87 errors raise #MF",
	     .why = "clear, they come through the chipset as IRQ 13, as on old PCs"),
	FLAG(16, "WP", "the kernel too may not write to read-only pages",
	     .why = "without it copy-on-write and read-only kernel text don't hold against the kernel's own writes",
	     .source = "Intel SDM vol. 3A 2.5, 4.6.1; AMD APM vol. 2 5.6.4"),
	FLAG(18, "AM", "alignment checks, if EFLAGS.AC is set in user mode",
	     .why = "a program may have its own misaligned accesses faulted (#AC); clear, its EFLAGS.AC does nothing"),
	FLAG(29, "NW", "no write-through: with CD, caches aren't kept coherent",
	     .why = "must be clear in an operating system"),
	FLAG(30, "CD", "caches disabled", .why = "the CPU is slower by orders of magnitude"),
	FLAG(31, "PG", "paging",
	     .why = "without it linear addresses are physical ones, and nothing below matters"),
	{ 0 }
};

static const struct mmuinspect_condition pcid_on = { CR4, BIT(17), BIT(17) };
static const struct mmuinspect_condition pcid_off = { CR4, BIT(17), 0 };

static const struct mmuinspect_field cr3[] = {
	FIELD(NUMBER, 11, 0, "PCID", "process-context identifier",
	      .why = "tags TLB entries: those of other PCIDs survive a load of CR3; Linux gives the user half of a process 2048 more",
	      .source = "Intel SDM vol. 3A 4.10.1; AMD APM vol. 2 5.5.1",
	      .when = &pcid_on),
	FLAG(3, "PWT", "write-through access to the top table", .when = &pcid_off,
	     .why = "with PCD it chooses the PAT entry for reads of that table; Linux leaves both clear, for write-back"),
	FLAG(4, "PCD", "uncached access to the top table", .when = &pcid_off,
	     .why = "with PWT it chooses the PAT entry for reads of that table; set, each walk goes to memory"),
	FIELD(ADDRESS, 51, 12, "root", "physical address of the top table",
	      .why = "each walk begins there; with AMD's memory encryption the encryption bit is in it"),
	FLAG(61, "LAM_U57", "user pointers: bits 62:57 are ignored",
	     .why = "linear-address masking: tags in pointers",
	     .source = PREPROCESSING),
	FLAG(62, "LAM_U48", "user pointers: bits 62:48 are ignored",
	     .why = "linear-address masking: tags in pointers",
	     .source = PREPROCESSING),
	{ 0 }
};

const struct mmuinspect_field x86_cr4[] = {
	FLAG(0, "VME", "virtual interrupts in virtual-8086 mode",
	     .why = "real-mode programs turn interrupts on and off without a trap; 64-bit mode has no such programs"),
	FLAG(1, "PVI", "virtual interrupts in protected mode",
	     .why = "CLI and STI of user mode act on a virtual flag instead of faulting"),
	FLAG(2, "TSD", "RDTSC faults in user mode", .varies = 1,
	     .why = "prctl(PR_SET_TSC): differs by task"),
	FLAG(3, "DE", "debug registers 4 and 5 fault, I/O breakpoints work",
	     .why = "debuggers can watch ports; clear, DR4 and DR5 are other names of DR6 and DR7"),
	FLAG(4, "PSE", "4 MiB pages in 32-bit paging", .varies = 1,
	     .why = "64-bit paging has large pages without it; Linux 6.1 leaves it clear on a CPU that comes back online"),
	FLAG(5, "PAE", "entries of 8 bytes",
	     .why = "needed for NX and for 64-bit mode; in 32-bit mode for 4 KiB pages above 4 GiB, where without it only PSE-36's 4 MiB pages reach",
	     .source = "Intel SDM vol. 3A 4.1.1; AMD APM vol. 2 5.1.3"),
	FLAG(6, "MCE", "machine checks raise #MC",
	     .why = "clear, a machine check shuts the CPU down, and nothing is reported"),
	FLAG(7, "PGE", "global pages",
	     .why = "TLB entries of pages with the G bit survive a load of CR3; with page-table isolation Linux uses it for little",
	     .source = "Intel SDM vol. 3A 4.10.2.4; AMD APM vol. 2 5.5.2"),
	FLAG(8, "PCE", "RDPMC in user mode", .varies = 1,
	     .why = "performance counters are clocks for side channels; differs by task that has counters mapped"),
	FLAG(9, "OSFXSR", "SSE, with FXSAVE and FXRSTOR",
	     .why = "clear, SSE instructions raise #UD; 64-bit programs are compiled for them"),
	FLAG(10, "OSXMMEXCPT", "SSE errors raise #XM",
	     .why = "clear, they raise #UD: SIGILL where a program expects SIGFPE"),
	FLAG(11, "UMIP", "SGDT, SIDT, SLDT, SMSW and STR fault in user mode",
	     .why = "they would tell user mode where the kernel's tables are; Linux emulates some of them with made-up answers"),
	FLAG(12, "LA57", "5-level paging: 57-bit addresses",
	     .why = "one more level to walk; this bit, not CPUID, says what is in use",
	     .source = "Intel SDM vol. 3A 4.1.1, 4.5; AMD APM vol. 2 5.3"),
	FLAG(13, "VMXE", "VMX instructions", .why = "a hypervisor, such as KVM, is or was here"),
	FLAG(14, "SMXE", "SMX instructions",
	     .why = "GETSEC may start a measured launch (TXT); clear, it raises #UD"),
	FLAG(16, "FSGSBASE", "RDFSBASE, WRGSBASE and so on, in user mode too",
	     .why = "user mode chooses its GS base: the kernel's entry code must not trust it"),
	FLAG(17, "PCIDE", "process-context identifiers",
	     .why = "a switch of address spaces, and of page-table isolation's halves, needs no TLB flush",
	     .source = "Intel SDM vol. 3A 4.10.1; AMD APM vol. 2 5.5.1"),
	FLAG(18, "OSXSAVE", "XSAVE, XGETBV and XCR0",
	     .why = "clear, these instructions raise #UD, and AVX can't be used"),
	FLAG(19, "KL", "key locker",
	     .why = "AES keys are used by handle: memory doesn't hold the key itself"),
	FLAG(20, "SMEP", "the kernel may not execute user pages",
	     .why = "a kernel bug can't be made to jump to code that user mode wrote",
	     .source = "Intel SDM vol. 3A 4.6; AMD APM vol. 2 5.6.5"),
	FLAG(21, "SMAP", "the kernel may not read or write user pages, unless EFLAGS.AC is set",
	     .why = "a kernel bug can't be made to use data that user mode prepared",
	     .source = "Intel SDM vol. 3A 4.6; AMD APM vol. 2 5.6.6"),
	FLAG(22, "PKE", "protection keys for user pages",
	     .why = "the key of an entry and PKRU may deny what the entry allows",
	     .source = "Intel SDM vol. 3A 4.6.2; AMD APM vol. 2 5.6.7"),
	FLAG(23, "CET", "shadow stacks and indirect-branch tracking, as U_CET and S_CET say",
	     .why = "return addresses and jump targets can't be forged",
	     .source = "Intel SDM vol. 1 17; AMD APM vol. 2 18"),
	FLAG(24, "PKS", "protection keys for kernel pages",
	     .why = "the key of an entry and PKRS may deny the kernel what the entry allows",
	     .source = "Intel SDM vol. 3A 4.6.2"),
	FLAG(25, "UINTR", "user interrupts",
	     .why = "a task may interrupt another (SENDUIPI) without a system call; clear, that raises #UD"),
	FLAG(27, "LASS", "user mode may not touch kernel addresses, nor the kernel user ones, before any walk",
	     .why = "no timing of page walks across the border: what page-table isolation does in software",
	     .source = PREPROCESSING),
	FLAG(28, "LAM_SUP", "kernel pointers: high bits are ignored",
	     .why = "linear-address masking: tags in pointers; what was corrupted in these bits no longer faults",
	     .source = PREPROCESSING),
	FLAG(32, "FRED", "events and system calls by FRED instead of the IDT",
	     .why = "stack and GS base are switched as one with the privilege level; no gate of the IDT counts",
	     .source = "Intel SDM, flexible return and event delivery; Intel 346446"),
	{ 0 }
};

static const struct mmuinspect_field cr8[] = {
	FIELD(NUMBER, 3, 0, "TPL", "interrupts of this class and below wait",
	      .why = "Linux has 1: vectors below 32 are the CPU's exceptions, no device may send them"),
	{ 0 }
};

#define EFER_AMD "AMD APM vol. 2 3.1.7"

const struct mmuinspect_field x86_efer[] = {
	FLAG(0, "SCE", "SYSCALL and SYSRET",
	     .why = "clear, SYSCALL raises #UD: a 64-bit program is left with INT 0x80, which makes 32-bit system calls"),
	FLAG(8, "LME", "64-bit mode when paging is on",
	     .why = "with paging it makes LMA; it can't be changed while paging is on"),
	FLAG(10, "LMA", "in 64-bit mode (with compatibility mode)",
	     .why = "the CPU sets it: entries are those of 4 or 5 levels, and 64-bit code may run"),
	FLAG(11, "NXE", "no-execute bit in entries",
	     .why = "without it bit 63 of an entry is reserved, and all that can be read can be executed",
	     .source = "Intel SDM vol. 3A 4.6.1; AMD APM vol. 2 5.6.3"),
	FLAG(12, "SVME", "SVM instructions", .source = EFER_AMD,
	     .why = "a hypervisor, such as KVM, is or was here"),
	FLAG(13, "LMSLE", "segment limits in 64-bit mode",
	     .why = "let hypervisors without nested paging protect themselves; newer CPUs lack it",
	     .source = EFER_AMD),
	FLAG(14, "FFXSR", "FXSAVE leaves out XMM registers in the kernel",
	     .why = "faster, but whoever saves state by FXSAVE has to save those registers apart",
	     .source = EFER_AMD),
	FLAG(15, "TCE", "INVLPG drops less of the paging-structure caches",
	     .why = "upper-level entries survive the invalidation of a page below them",
	     .source = EFER_AMD),
	FLAG(17, "MCOMMIT", "the MCOMMIT instruction",
	     .why = "it waits until stores have reached memory, and tells of errors; clear, it raises #UD",
	     .source = EFER_AMD),
	FLAG(18, "INTWB", "WBINVD and WBNOINVD can be interrupted",
	     .why = "to write back all caches takes long, and interrupts needn't wait for it",
	     .source = EFER_AMD),
	FLAG(20, "UAIE", "upper-address ignore: tags in pointers",
	     .why = "bits 63:57 of data addresses are ignored: bit 63 no longer keeps user pointers out of the kernel's half",
	     .source = EFER_AMD),
	FLAG(21, "AIBRSE", "automatic IBRS: branch predictions of user mode don't steer the kernel",
	     .why = "Spectre v2: no write of SPEC_CTRL each time the kernel is entered",
	     .source = EFER_AMD),
	{ 0 }
};

static const struct mmuinspect_field xcr0[] = {
	FLAG(0, "x87", "x87 state, always set",
	     .why = "XSETBV faults if it's clear"),
	FLAG(1, "SSE", "XMM registers",
	     .why = "clear, XSAVE leaves them out; AVX needs it"),
	FLAG(2, "AVX", "upper halves of YMM registers",
	     .why = "clear, AVX instructions raise #UD"),
	FLAG(3, "BNDREGS", "MPX bounds registers",
	     .why = "XSETBV faults if BNDCSR isn't the same; Linux has no use for MPX since 5.6"),
	FLAG(4, "BNDCSR", "MPX configuration",
	     .why = "XSETBV faults if BNDREGS isn't the same; Linux has no use for MPX since 5.6"),
	FLAG(5, "opmask", "AVX-512 mask registers",
	     .why = "clear, AVX-512 instructions raise #UD; XSETBV faults if the next two aren't the same"),
	FLAG(6, "ZMM_Hi256", "upper halves of ZMM0 to ZMM15",
	     .why = "goes with opmask and Hi16_ZMM; 512 bytes more to save for a task that uses them"),
	FLAG(7, "Hi16_ZMM", "ZMM16 to ZMM31",
	     .why = "goes with opmask and ZMM_Hi256; 1 KiB more to save for a task that uses them"),
	FLAG(9, "PKRU", "rights of user protection keys",
	     .why = "with it XRSTOR, and so sigreturn, can change what keys deny"),
	FLAG(17, "TILECFG", "AMX tile configuration",
	     .why = "rows and columns of the tiles; XSETBV faults if TILEDATA isn't the same"),
	FLAG(18, "TILEDATA", "AMX tiles",
	     .why = "8 KiB a task: Linux lets a process use it after arch_prctl(ARCH_REQ_XCOMP_PERM) only"),
	FLAG(19, "APX", "R16 to R31",
	     .why = "clear, instructions that name these registers raise #UD"),
	FLAG(62, "LWP", "lightweight profiling",
	     .why = "AMD's family 15h alone has had it",
	     .source = "AMD APM vol. 2 11.5.2"),
	{ 0 }
};

const struct mmuinspect_value x86_memory_types[] = {
	{ 0, "UC" }, { 1, "WC" }, { 4, "WT" }, { 5, "WP" }, { 6, "WB" },
	{ 7, "UC-" },
	{ 0 }
};

/* @w: what Linux puts there */
#define PAT_ENTRY(n, m, w) FIELD(NUMBER, 8 * n + 2, 8 * n, "PA" #n, m, \
				 .why = w, .values = x86_memory_types)

const struct mmuinspect_field x86_pat[] = {
	PAT_ENTRY(0, "memory type of entries with PAT=0 PCD=0 PWT=0",
		  "Linux has WB here: ordinary memory"),
	PAT_ENTRY(1, "memory type of entries with PAT=0 PCD=0 PWT=1",
		  "Linux has WC here, for frame buffers: stores are gathered"),
	PAT_ENTRY(2, "memory type of entries with PAT=0 PCD=1 PWT=0",
		  "Linux has UC- here, for devices: where an MTRR says WC it is WC"),
	PAT_ENTRY(3, "memory type of entries with PAT=0 PCD=1 PWT=1",
		  "Linux has UC here, for devices: whatever MTRRs say"),
	PAT_ENTRY(4, "memory type of entries with PAT=1 PCD=0 PWT=0",
		  "Linux has WB here, as in PA0, and no entry that leads here: some old CPUs lose the PAT bit"),
	PAT_ENTRY(5, "memory type of entries with PAT=1 PCD=0 PWT=1",
		  "Linux has WP here, to encrypt memory in place (SME)"),
	PAT_ENTRY(6, "memory type of entries with PAT=1 PCD=1 PWT=0",
		  "Linux has UC- here, as in PA2, and no entry that leads here"),
	PAT_ENTRY(7, "memory type of entries with PAT=1 PCD=1 PWT=1",
		  "Linux has WT here: loads are cached, stores reach memory at once"),
	{ 0 }
};

const struct mmuinspect_field x86_cet[] = {
	FLAG(0, "SH_STK_EN", "shadow stacks",
	     .why = "a return goes only to where the call came from"),
	FLAG(1, "WR_SHSTK_EN", "the WRSS instruction writes to shadow stacks",
	     .why = "what can write there can forge return addresses; a task gets it by arch_prctl(ARCH_SHSTK_ENABLE)"),
	FLAG(2, "ENDBR_EN", "indirect-branch tracking",
	     .why = "an indirect jump or call that doesn't end at ENDBR64 raises #CP"),
	FLAG(3, "LEG_IW_EN", "legacy code is let through, by a bitmap",
	     .why = "a jump to a page that the bitmap names needs no ENDBR64: a hole in the protection"),
	FLAG(4, "NO_TRACK_EN", "the no-track prefix is obeyed",
	     .why = "a jump with the prefix 3E needs no ENDBR64: compilers make such ones for switch tables"),
	FLAG(5, "SUPPRESS_DIS", "tracking isn't suppressed for legacy code",
	     .why = "clear, a jump to legacy code ends the tracking until the next ENDBR64"),
	FLAG(10, "SUPPRESS", "tracking is suppressed now", .varies = 1,
	     .why = "indirect jumps and calls go unchecked until the next ENDBR64"),
	FLAG(11, "TRACKER", "waiting for ENDBR64 now", .varies = 1,
	     .why = "the last instruction was an indirect jump or call: any other than ENDBR64 raises #CP"),
	FIELD(ADDRESS, 63, 12, "EB_LEG_BITMAP_BASE", "linear address of the legacy bitmap",
	     .why = "a bit for each 4 KiB: what writes there chooses what goes unchecked"),
	{ 0 }
};

const struct mmuinspect_field x86_fred_config[] = {
	FIELD(NUMBER, 1, 0, "CSL", "current stack level", .varies = 1,
	     .why = "an event may raise it, never lower it; the return brings it back"),
	FLAG(3, "SSP_DECREMENT", "an event on the same level moves the shadow stack by 8",
	     .why = "spares the next entry of the shadow stack, as RED_ZONE does on the stack"),
	FIELD(NUMBER, 8, 6, "RED_ZONE", "64-byte units left free on the stack by an event on the same level",
	     .why = "Linux has 1, so that a handler may push for the code that it interrupted (a CALL that is emulated)"),
	FIELD(NUMBER, 10, 9, "INT_STKLVL", "stack level of maskable interrupts",
	     .why = "0 in Linux: they begin on the stack that is in use; exceptions have theirs in FRED_STKLVLS"),
	FIELD(ADDRESS, 63, 12, "ENTRYPOINT", "linear address of the event handler",
	     .why = "events of user mode enter there, those of the kernel 256 bytes further; tells where the kernel's code is"),
	{ 0 }
};

static const struct mmuinspect_value tables[] = {
	{ 0, "GDT" }, { 1, "LDT" }, { 0 }
};

static const struct mmuinspect_field selector[] = {
	FIELD(NUMBER, 1, 0, "RPL", "requested privilege level",
	     .why = "without effect when TR or LDTR is loaded"),
	FIELD(NUMBER, 2, 2, "TI", "which table", .values = tables,
	     .why = "has to be the GDT: with the other, LTR and LLDT fault (#GP)"),
	FIELD(NUMBER, 15, 3, "index", "of the descriptor in the table",
	     .why = "there are base, limit and rights: mmuinspect desc gdt shows them"),
	{ 0 }
};

#define CONTROL "Intel SDM vol. 3A 2.5; AMD APM vol. 2 3.1"
#define TABLES "Intel SDM vol. 3A 2.4; AMD APM vol. 2 4.6"
#define BASES "Intel SDM vol. 3A 3.4.4; AMD APM vol. 2 4.5.3"
/* Intel SDM vol. 3C 28.5.2; KVM leaves the IDT's at that */
#define LIMIT "offset of its last byte; 0xffff after a VM exit"
#define ROW(n) .name = #n, .id = MMUINSPECT_X86_##n

const struct mmuinspect_register x86_registers[] = {
	{ ROW(CR0), .meaning = "modes of the CPU, paging, caches",
	  .source = CONTROL, .fields = x86_cr0 },
	{ ROW(CR2), .reveals = 1, .varies = 1,
	  .meaning = "address of the last page fault, whoever caused it",
	  .source = CONTROL },
	{ ROW(CR3), .reveals = 1, .varies = 1,
	  .meaning = "the running task's top table", .source = CONTROL,
	  .fields = cr3 },
	{ ROW(CR4), .meaning = "extensions and protections that are on",
	  .source = CONTROL, .fields = x86_cr4 },
	{ ROW(CR8), .varies = 1, .meaning = "task priority",
	  .source = "Intel SDM vol. 3A 2.5, 11.8.6; AMD APM vol. 2 3.1.5",
	  .fields = cr8 },
	{ ROW(EFER), .meaning = "64-bit mode, system calls, no-execute",
	  .source = "Intel SDM vol. 3A 2.2.1; AMD APM vol. 2 3.1.7",
	  .fields = x86_efer },
	{ ROW(XCR0), .meaning = "register state that XSAVE may save, and so may be used",
	  .source = "Intel SDM vol. 3A 2.6; AMD APM vol. 2 11.5.2",
	  .fields = xcr0 },
	{ ROW(PAT), .meaning = "memory type behind each PAT index of an entry",
	  .source = "Intel SDM vol. 3A 12.12; AMD APM vol. 2 7.8",
	  .fields = x86_pat },
	{ ROW(U_CET), .varies = 1,
	  .meaning = "control-flow protection of the running task",
	  .source = "Intel SDM vol. 1 17; AMD APM vol. 2 18.12", .fields = x86_cet },
	{ ROW(S_CET), .meaning = "control-flow protection of the kernel",
	  .source = "Intel SDM vol. 1 17; AMD APM vol. 2 18.12", .fields = x86_cet },
	{ ROW(GDTR_BASE), .reveals = 1, .varies = 1,
	  .meaning = "linear address of the global descriptor table, the CPU's own",
	  .source = TABLES },
	{ ROW(GDTR_LIMIT), .varies = 1, .meaning = LIMIT, .source = TABLES },
	{ ROW(IDTR_BASE), .reveals = 1,
	  .meaning = "linear address of the interrupt descriptor table",
	  .source = TABLES },
	{ ROW(IDTR_LIMIT), .varies = 1, .meaning = LIMIT, .source = TABLES },
	{ ROW(LDTR), .varies = 1, .meaning = "selector of the running task's local descriptor table; 0 for none",
	  .source = TABLES, .fields = selector },
	{ ROW(TR), .meaning = "selector of the task state segment", .source = TABLES,
	  .fields = selector },
	{ ROW(GS_BASE), .reveals = 1, .varies = 1,
	  .meaning = "the kernel's data of this CPU", .source = BASES },
	{ ROW(KERNEL_GS_BASE), .reveals = 1, .varies = 1,
	  .meaning = "the running task's GS base, while the kernel runs", .source = BASES },
	{ ROW(FS_BASE), .reveals = 1, .varies = 1,
	  .meaning = "the running task's FS base: its thread-local data", .source = BASES },
	{ ROW(FRED_CONFIG), .reveals = 1,
	  .meaning = "where events go, if CR4.FRED",
	  .source = "Intel SDM, flexible return and event delivery; Intel 346446",
	  .fields = x86_fred_config },
	{ 0 }
};

/* SDM vol. 3A 4.1.1, table 4-1. EFER.LMA is CR0.PG and EFER.LME. */
const struct decode_mode x86_modes[] = {
	{ "no paging", { { CR0, BIT(31), 0 } } },
	{ "5-level", { { EFER, BIT(10), BIT(10) }, { CR4, BIT(12), BIT(12) } } },
	{ "4-level", { { EFER, BIT(10), BIT(10) }, { CR4, BIT(12), 0 } } },
	{ "PAE", { { EFER, BIT(10), 0 }, { CR4, BIT(5), BIT(5) } } },
	{ "32-bit", { { EFER, BIT(10), 0 }, { CR4, BIT(5), 0 } } },
	{ 0 }
};

const struct decode_mode_bit x86_mode_bits[] = {
	{ "NX", SAY_ON | SAY_OFF, { EFER, BIT(11), BIT(11) } },
	{ "global pages", SAY_ON | SAY_OFF, { CR4, BIT(7), BIT(7) } },
	{ "PCID", SAY_ON | SAY_OFF, { CR4, BIT(17), BIT(17) } },
	{ "SMEP", SAY_ON | SAY_OFF, { CR4, BIT(20), BIT(20) } },
	{ "SMAP", SAY_ON | SAY_OFF, { CR4, BIT(21), BIT(21) } },
	{ "write protection", SAY_OFF, { CR0, BIT(16), BIT(16) } },
	{ "protection keys", SAY_ON, { CR4, BIT(22), BIT(22) } },
	{ "kernel protection keys", SAY_ON, { CR4, BIT(24), BIT(24) } },
	{ "LASS", SAY_ON, { CR4, BIT(27), BIT(27) } },
	{ "LAM for the kernel", SAY_ON, { CR4, BIT(28), BIT(28) } },
	{ "kernel shadow stacks", SAY_ON, { S_CET, BIT(0), BIT(0) } },
	{ 0 }
};
