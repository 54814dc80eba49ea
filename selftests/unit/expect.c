// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must happen, on machines that are made up: each row takes a machine that
 * has everything, or one that has nothing, and changes what its name says. The
 * answers are from the manuals, by hand: Intel SDM vol. 2 and vol. 3A 4.7, 6.15;
 * AMD APM vol. 3; those of Linux from arch/x86/kernel/traps.c and mm/fault.c.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "expect.h"
#include "ktap.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT(n)		(1ULL << (n))
#define NONE		VECTOR_NONE
#define UNKNOWN		(-2)

#define CR4_TSD		BIT(2)
#define CR4_PCE		BIT(8)
#define CR4_UMIP	BIT(11)
#define CR4_VMXE	BIT(13)
#define CR4_FSGSBASE	BIT(16)
#define CR4_OSXSAVE	BIT(18)
#define CR4_SMEP	BIT(20)
#define CR4_PKE		BIT(22)
#define CR4_LASS	BIT(27)
#define CR4_FRED	BIT(32)

/* All features, none in use that takes rights away */
static struct expect_state rich(void)
{
	struct expect_state s = { .va_bits = 48, .user_end = BIT(47), .vsyscall = VSYSCALL_MODE_NONE };
	size_t i;

	for (i = ITEM_CPUID_1_ECX; i <= ITEM_CPUID_81_EDX; i++)
		expect_know(&s, i, ~0U);
	expect_know(&s, ITEM_CR0, 0x80050033);
	expect_know(&s, ITEM_CR4, CR4_FSGSBASE | CR4_OSXSAVE | CR4_PKE);
	expect_know(&s, ITEM_EFER, 0xd01);
	expect_know(&s, ITEM_FLAGS, 0x246);
	expect_know(&s, ITEM_PKRU, 0);
	expect_know(&s, ITEM_CPL, 3);
	expect_know(&s, ITEM_PORT, 0);
	expect_know(&s, ITEM_SYSENTER_CS, 0x10);
	expect_know(&s, ITEM_AMD, 0);
	expect_know(&s, ITEM_GUEST, 0);
	return s;
}

struct change {
	enum expect_item item;
	__u64 value;
};

#define FORGET(i) { i, ~0ULL }

static const struct {
	const char *name;
	enum expect_rule rule;
	int vector;
	enum expect_end end;
	struct change change[3];
} instructions[] = {
	{ "HLT in user mode", RULE_PRIVILEGED, 13, END_SIGNAL },
	{ "HLT in the kernel", RULE_PRIVILEGED, NONE, 0, { { ITEM_CPL, 0 } } },
	{ "RDMSR", RULE_MSR, 13, END_SIGNAL },
	{ "RDMSR without MSRs: #UD comes first", RULE_MSR, 6, END_SIGNAL,
	  { { ITEM_CPUID_1_EDX, 0 } } },
	{ "XSETBV", RULE_XSETBV, 13, END_SIGNAL },
	{ "XSETBV without CR4.OSXSAVE", RULE_XSETBV, 6, END_SIGNAL, { { ITEM_CR4, 0 } } },
	{ "XGETBV", RULE_XGETBV, NONE, 0 },
	{ "XGETBV without XSAVE", RULE_XGETBV, 6, END_SIGNAL, { { ITEM_CPUID_1_ECX, 0 } } },
	{ "XGETBV, CR4 unknown, CPUID.OSXSAVE clear", RULE_XGETBV, 6, END_SIGNAL,
	  { { ITEM_CPUID_1_ECX, BIT(26) }, FORGET(ITEM_CR4) } },
	{ "RDPMC without CR4.PCE", RULE_RDPMC, 13, END_SIGNAL },
	{ "RDPMC with CR4.PCE", RULE_RDPMC, NONE, 0, { { ITEM_CR4, CR4_PCE } } },
	{ "RDPMC, CR4 unknown", RULE_RDPMC, UNKNOWN, 0, { FORGET(ITEM_CR4) } },
	{ "RDPMC, CR4 unknown, but the kernel's", RULE_RDPMC, NONE, 0,
	  { FORGET(ITEM_CR4), { ITEM_CPL, 0 } } },
	{ "RDTSC", RULE_RDTSC, NONE, 0 },
	{ "RDTSC with CR4.TSD", RULE_RDTSC, 13, END_SIGNAL, { { ITEM_CR4, CR4_TSD } } },
	{ "RDTSC with CR4.TSD in the kernel", RULE_RDTSC, NONE, 0,
	  { { ITEM_CR4, CR4_TSD }, { ITEM_CPL, 0 } } },
	{ "RDTSC, CR4 unknown", RULE_RDTSC, UNKNOWN, 0, { FORGET(ITEM_CR4) } },
	{ "RDTSC, CR4 unknown, but the kernel's", RULE_RDTSC, NONE, 0,
	  { FORGET(ITEM_CR4), { ITEM_CPL, 0 } } },
	{ "RDTSCP without it, with CR4.TSD", RULE_RDTSCP, 6, END_SIGNAL,
	  { { ITEM_CPUID_81_EDX, 0 }, { ITEM_CR4, CR4_TSD } } },
	{ "RDFSBASE", RULE_FSGSBASE, NONE, 0 },
	{ "RDFSBASE without CR4.FSGSBASE", RULE_FSGSBASE, 6, END_SIGNAL, { { ITEM_CR4, 0 } } },
	{ "RDPKRU", RULE_PKRU, NONE, 0 },
	{ "RDPKRU without CR4.PKE", RULE_PKRU, 6, END_SIGNAL, { { ITEM_CR4, 0 } } },
	{ "RDPKRU without keys", RULE_PKRU, 6, END_SIGNAL, { { ITEM_CPUID_7_ECX, 0 } } },
	{ "STAC: #UD, not #GP", RULE_AC, 6, END_SIGNAL },
	{ "STAC in the kernel", RULE_AC, NONE, 0, { { ITEM_CPL, 0 } } },
	{ "SGDT", RULE_UMIP, NONE, 0 },
	{ "SGDT with CR4.UMIP", RULE_UMIP, 13, END_EMULATED, { { ITEM_CR4, CR4_UMIP } } },
	{ "SGDT with CR4.UMIP in the kernel", RULE_UMIP, NONE, 0,
	  { { ITEM_CR4, CR4_UMIP }, { ITEM_CPL, 0 } } },
	{ "CLI with IOPL 0", RULE_IF, 13, END_SIGNAL },
	{ "CLI with IOPL 2", RULE_IF, 13, END_SIGNAL, { { ITEM_FLAGS, 0x2246 } } },
	{ "CLI with IOPL 3", RULE_IF, NONE, 0, { { ITEM_FLAGS, 0x3246 } } },
	{ "CLI with CR4.PVI", RULE_IF, UNKNOWN, 0, { { ITEM_CR4, BIT(1) } } },
	{ "CLI after iopl(3)", RULE_IF, 13, END_EMULATED, { { ITEM_IOPL_ASKED, 1 } } },
	{ "STI with CR4.PVI, IOPL 3", RULE_IF, NONE, 0,
	  { { ITEM_CR4, BIT(1) }, { ITEM_FLAGS, 0x3246 } } },
	{ "STI, CR4 unknown", RULE_IF, UNKNOWN, 0, { FORGET(ITEM_CR4) } },
	{ "STI in the kernel, CR4 unknown", RULE_IF, NONE, 0,
	  { FORGET(ITEM_CR4), { ITEM_CPL, 0 } } },
	{ "POPF with IOPL 0: silent", RULE_POPF, NONE, 0 },
	{ "IN, port denied", RULE_IO, 13, END_SIGNAL },
	{ "IN, port granted", RULE_IO, NONE, 0, { { ITEM_PORT, 1 } } },
	{ "IN with IOPL 3", RULE_IO, NONE, 0, { { ITEM_FLAGS, 0x3246 } } },
	{ "INVPCID", RULE_INVPCID, 13, END_SIGNAL },
	{ "INVPCID without it", RULE_INVPCID, 6, END_SIGNAL, { { ITEM_CPUID_7_EBX, 0 } } },
	{ "MONITOR: #UD, not #GP", RULE_MONITOR, 6, END_SIGNAL },
	{ "MONITOR without it", RULE_MONITOR, 6, END_SIGNAL, { { ITEM_CPUID_1_ECX, 0 } } },
	{ "MONITOR in the kernel", RULE_MONITOR, NONE, 0, { { ITEM_CPL, 0 } } },
	{ "MONITOR, AMD: MonMwaitUserEn isn't known", RULE_MONITOR, UNKNOWN, 0,
	  { { ITEM_AMD, 1 } } },
	{ "MONITOR without it, AMD", RULE_MONITOR, 6, END_SIGNAL,
	  { { ITEM_AMD, 1 }, { ITEM_CPUID_1_ECX, 0 } } },
	{ "MONITOR, AMD, MonMwaitUserEn", RULE_MONITOR, NONE, 0,
	  { { ITEM_AMD, 1 }, { ITEM_USER_MONITOR, 1 } } },
	{ "VMXON without CR4.VMXE", RULE_VMXON, 6, END_SIGNAL },
	{ "VMXON with CR4.VMXE", RULE_VMXON, 13, END_SIGNAL, { { ITEM_CR4, CR4_VMXE } } },
	{ "VMXON with CR4.VMXE, without VMX", RULE_VMXON, 6, END_SIGNAL,
	  { { ITEM_CR4, CR4_VMXE }, { ITEM_CPUID_1_ECX, 0 } } },
	{ "VMREAD without CR4.VMXE", RULE_VMX, 6, END_SIGNAL },
	{ "VMREAD with CR4.VMXE", RULE_VMX, 13, END_SIGNAL, { { ITEM_CR4, CR4_VMXE } } },
	{ "VMREAD with CR4.VMXE in a guest", RULE_VMX, UNKNOWN, 0,
	  { { ITEM_CR4, CR4_VMXE }, { ITEM_GUEST, 1 } } },
	{ "VMREAD without VMX, CR4 unknown", RULE_VMX, 6, END_SIGNAL,
	  { { ITEM_CPUID_1_ECX, 0 }, FORGET(ITEM_CR4) } },
	{ "VMREAD, CR4 unknown", RULE_VMX, UNKNOWN, 0, { FORGET(ITEM_CR4) } },
	{ "VMCALL in a guest", RULE_VMCALL, UNKNOWN, 0, { { ITEM_GUEST, 1 } } },
	{ "VMCALL", RULE_VMCALL, 6, END_SIGNAL },
	{ "VMMCALL", RULE_VMMCALL, 6, END_SIGNAL },
	{ "VMMCALL in a guest", RULE_VMMCALL, UNKNOWN, 0, { { ITEM_GUEST, 1 } } },
	{ "VMRUN without EFER.SVME", RULE_SVM, 6, END_SIGNAL },
	{ "VMRUN with EFER.SVME", RULE_SVM, 13, END_SIGNAL, { { ITEM_EFER, 0x1d01 } } },
	{ "SYSCALL", RULE_SYSCALL, NONE, 0 },
	{ "SYSCALL without EFER.SCE", RULE_SYSCALL, 6, END_SIGNAL, { { ITEM_EFER, 0xd00 } } },
	{ "SYSRET", RULE_SYSRET, 13, END_SIGNAL },
	{ "SYSRET, FRED", RULE_SYSRET, 6, END_SIGNAL, { { ITEM_CR4, CR4_FRED } } },
	{ "SYSRET, CR4 unknown", RULE_SYSRET, UNKNOWN, 0, { FORGET(ITEM_CR4) } },
	{ "SYSRET, CR4 unknown, without FRED", RULE_SYSRET, 13, END_SIGNAL,
	  { FORGET(ITEM_CR4), { ITEM_CPUID_7_1_EAX, 0 } } },
	{ "SWAPGS", RULE_SWAPGS, 13, END_SIGNAL },
	{ "SWAPGS, FRED", RULE_SWAPGS, 6, END_SIGNAL, { { ITEM_CR4, CR4_FRED } } },
	{ "SWAPGS in the kernel", RULE_SWAPGS, NONE, 0, { { ITEM_CPL, 0 } } },
	{ "SWAPGS, CR4 unknown, without FRED", RULE_SWAPGS, 13, END_SIGNAL,
	  { FORGET(ITEM_CR4), { ITEM_CPUID_7_1_EAX, 0 } } },
	{ "SYSCALL in compatibility mode, Intel", RULE_SYSCALL_COMPAT, 6, END_SIGNAL },
	{ "SYSCALL in compatibility mode, AMD", RULE_SYSCALL_COMPAT, NONE, 0,
	  { { ITEM_AMD, 1 } } },
	{ "SYSENTER, Intel", RULE_SYSENTER, NONE, 0 },
	{ "SYSENTER, SYSENTER_CS 0", RULE_SYSENTER, 13, END_SIGNAL,
	  { { ITEM_SYSENTER_CS, 0 } } },
	{ "SYSENTER, AMD", RULE_SYSENTER, 6, END_SIGNAL, { { ITEM_AMD, 1 } } },
	{ "SYSENTER, AMD, SYSENTER_CS unknown", RULE_SYSENTER, 6, END_SIGNAL,
	  { { ITEM_AMD, 1 }, FORGET(ITEM_SYSENTER_CS) } },
	{ "SYSENTER, Intel, SYSENTER_CS unknown", RULE_SYSENTER, UNKNOWN, 0,
	  { FORGET(ITEM_SYSENTER_CS) } },
	{ "SYSENTER, FRED asks no SYSENTER_CS", RULE_SYSENTER, UNKNOWN, 0,
	  { { ITEM_CR4, CR4_FRED }, { ITEM_SYSENTER_CS, 0 } } },
	{ "SYSEXIT, Intel", RULE_SYSEXIT, 13, END_SIGNAL },
	{ "SYSEXIT, AMD", RULE_SYSEXIT, 6, END_SIGNAL, { { ITEM_AMD, 1 } } },
	{ "SYSEXIT, FRED", RULE_SYSEXIT, 6, END_SIGNAL, { { ITEM_CR4, CR4_FRED } } },
	{ "SYSEXIT, AMD, CR4 unknown", RULE_SYSEXIT, 6, END_SIGNAL,
	  { { ITEM_AMD, 1 }, FORGET(ITEM_CR4) } },
	{ "INT1", RULE_ICEBP, 1, END_SIGNAL },
	{ "INTO", RULE_UNDEFINED, 6, END_SIGNAL },
};

static void apply(struct expect_state *s, const struct change *c, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		/* { 0 } ends the list: no row clears all of CR0. */
		if (c[i].value == ~0ULL)
			s->known &= ~(1U << c[i].item);
		else if (c[i].item || c[i].value)
			expect_know(s, c[i].item, c[i].value);
	}
	expect_derive(s);
}

static void test_instructions(void)
{
	struct expectation e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(instructions); i++) {
		struct expect_state s = rich();
		int vector;

		apply(&s, instructions[i].change, 3);
		expect_instruction(&s, instructions[i].rule, &e);
		vector = e.known ? e.vector : UNKNOWN;
		ktap_result(vector == instructions[i].vector &&
			    e.end == instructions[i].end && !e.error,
			    "%s # vector %d, end %d: %s", instructions[i].name, vector,
			    e.end, e.why);
	}
}

/* What would change more than the child's own state isn't tried unasked. */
static void test_effective(void)
{
	static const struct {
		const char *name;
		enum expect_rule rule;
		struct change change;
		int effective;
	} rows[] = {
		{ "CLI with IOPL 3", RULE_IF, { ITEM_FLAGS, 0x3246 }, 1 },
		{ "POPF with IOPL 3", RULE_POPF, { ITEM_FLAGS, 0x3246 }, 1 },
		{ "POPF with IOPL 0", RULE_POPF, { 0 }, 0 },
		{ "OUT, port granted", RULE_IO, { ITEM_PORT, 1 }, 1 },
		{ "OUT, port denied", RULE_IO, { 0 }, 0 },
		{ "RDTSC", RULE_RDTSC, { 0 }, 0 },
	};
	struct expectation e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct expect_state s = rich();

		apply(&s, &rows[i].change, 1);
		expect_instruction(&s, rows[i].rule, &e);
		ktap_result(e.effective == rows[i].effective, "does it take effect: %s",
			    rows[i].name);
	}
}

#define GATE(dpl, p) ((__u64)(p) << 47 | (__u64)(dpl) << 45 | 0xeULL << 40 | 0x10ULL << 16)

/* An IDT of 128 gates: all private, but those of the rows */
static const struct {
	const char *name;
	unsigned int vector;
	__u64 gate;
	int want;
	__u64 error;
	__u64 cr4;
} gates[] = {
	{ "INT 0x20, DPL 0", 0x20, GATE(0, 1), 13, 0x102 },
	{ "INT 2, the NMI's", 2, GATE(0, 1), 13, 0x12 },
	{ "INT 14: not a page fault", 14, GATE(0, 1), 13, 0x72 },
	{ "INT 3, DPL 3", 3, GATE(3, 1), 3, 0 },
	{ "INT 4, DPL 3", 4, GATE(3, 1), 4, 0 },
	{ "INT 4, DPL 2", 4, GATE(2, 1), 13, 0x22 },
	{ "INT 0x30, DPL 3, not present", 0x30, GATE(3, 0), 11, 0x182 },
	{ "INT 0x30, DPL 0, not present: #GP first", 0x30, GATE(0, 0), 13, 0x182 },
	{ "INT 0x30, empty", 0x30, 0, 13, 0x182 },
	{ "INT 0x7f, DPL 3", 0x7f, GATE(3, 1), NONE, 0 },
	{ "INT 0x80, beyond the limit", 0x80, 0, 13, 0x402 },
	{ "INT 0xff, beyond the limit", 0xff, 0, 13, 0x7fa },
	{ "INT 0x20, FRED", 0x20, GATE(0, 1), 13, 0, CR4_FRED },
	{ "INT 3, FRED", 3, GATE(0, 1), 3, 0, CR4_FRED },
};

static void test_gates(void)
{
	static __u64 idt[128][2];
	struct expectation e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gates); i++) {
		struct expect_state s = rich();

		if (gates[i].vector < 128)
			idt[gates[i].vector][0] = gates[i].gate;
		s.idt = (unsigned char *)idt;
		s.idt_size = sizeof(idt);
		expect_know(&s, ITEM_CR4, gates[i].cr4);
		expect_int(&s, gates[i].vector, &e);
		ktap_result(e.known && e.vector == gates[i].want && e.error == gates[i].error,
			    "%s # vector %d, error code 0x%llx", gates[i].name, e.vector,
			    (unsigned long long)e.error);
	}
}

/* What isn't known isn't what there isn't. */
static void test_unknown(void)
{
	static const unsigned int vectors[] = { 0x0e, 0x20, 0x80 };
	struct expect_memory m = {
		.address = 0x1000, .size = 1, .walked = 1, .mapping_unknown = 1,
	};
	struct expect_state s = rich();
	struct expectation e;
	size_t i;

	s.idt = NULL;
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		expect_int(&s, vectors[i], &e);
		ktap_result(!e.known && e.effective == (vectors[i] == 0x20),
			    "INT 0x%x through a gate that isn't known", vectors[i]);
	}
	expect_access(&s, &m, &e);
	ktap_result(!e.known && strstr(e.why, "the mapping"), "a mapping that can't be read");
	s.vsyscall = VSYSCALL_MODE_UNKNOWN;
	m.address = 0xffffffffff600000;
	expect_access(&s, &m, &e);
	ktap_result(!e.known && strstr(e.why, "vsyscall"), "a vsyscall page that can't be read");
}

#define AS_DATA		MMUINSPECT_X86_AS_DATA
#define AS_STACK	MMUINSPECT_X86_AS_STACK
#define AS_CODE		MMUINSPECT_X86_AS_CODE

/* Linux's GDT from entry 1 on, its user data not present */
static const __u64 gdt[] = {
	0, 0x00cf9b000000ffff, 0x00af9b000000ffff, 0x00cf93000000ffff,
	0x00cffb000000ffff, 0x00cf73000000ffff, 0x00affb000000ffff,
};

static const struct {
	const char *name;
	unsigned int selector;
	enum mmuinspect_x86_use use;
	int vector;
	__u64 error;
} selectors[] = {
	{ "KERNEL_DS into DS", 0x18, AS_DATA, 13, 0x18 },
	{ "KERNEL_DS into SS", 0x18, AS_STACK, 13, 0x18 },
	{ "return to KERNEL_CS", 0x10, AS_CODE, 13, 0x10 },
	{ "return to KERNEL_CS with RPL 3", 0x13, AS_CODE, 13, 0x10 },
	{ "return to USER_CS", 0x33, AS_CODE, NONE, 0 },
	{ "return to USER32_CS", 0x23, AS_CODE, NONE, 0 },
	{ "USER_DS, not present, into DS", 0x2b, AS_DATA, 11, 0x28 },
	{ "USER_DS, not present, into SS", 0x2b, AS_STACK, 12, 0x28 },
	{ "beyond the limit", 0x7ffb, AS_DATA, 13, 0x7ff8 },
};

static void test_selectors(void)
{
	struct expectation e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(selectors); i++) {
		struct expect_state s = rich();

		s.gdt = (const unsigned char *)gdt;
		s.gdt_size = sizeof(gdt);
		expect_selector(&s, selectors[i].selector, selectors[i].use, &e);
		ktap_result(e.known && e.vector == selectors[i].vector &&
			    e.error == selectors[i].error,
			    "%s # vector %d, error code 0x%llx", selectors[i].name, e.vector,
			    (unsigned long long)e.error);
	}
}

#define P	MMUINSPECT_PRESENT
#define W	MMUINSPECT_WRITE
#define U	MMUINSPECT_USER
#define X	MMUINSPECT_EXEC
#define R_	PROT_READ
#define RW_	(PROT_READ | PROT_WRITE)
#define READ	ACCESS_READ
#define WRITE	ACCESS_WRITE
#define FETCH	ACCESS_FETCH
#define KERNEL	0xffffffff81000000
#define VSYSCALL 0xffffffffff600000
#define XONLY	VSYSCALL_MODE_XONLY
#define EMULATE	VSYSCALL_MODE_EMULATE

static const struct {
	const char *name;
	struct expect_memory m;
	int vector;
	__u64 frame;	/* error code in the signal's frame */
	enum expect_end end;
	int signal;
	int code;
	struct change change[2];
	enum vsyscall_mode vsyscall;	/* none, if it isn't given */
} accesses[] = {
	{ "read a page", { .access = READ, .walked = 1, .attrs = P | U, .mapping = 1, .prot = R_ },
	  NONE, 0, END_THROUGH },
	{ "read nothing", { .access = READ, .walked = 1 },
	  14, 4, END_SIGNAL, SIGSEGV, SEGV_MAPERR },
	{ "write nothing", { .access = WRITE, .walked = 1 },
	  14, 6, END_SIGNAL, SIGSEGV, SEGV_MAPERR },
	{ "fetch nothing, NX in use", { .access = FETCH, .walked = 1 },
	  14, 0x14, END_SIGNAL, SIGSEGV, SEGV_MAPERR },
	{ "fetch nothing, neither NX nor SMEP: no I", { .access = FETCH, .walked = 1 },
	  14, 4, END_SIGNAL, SIGSEGV, SEGV_MAPERR, { { ITEM_EFER, 0x501 }, { ITEM_CR4, CR4_PKE } } },
	{ "fetch nothing, SMEP alone", { .access = FETCH, .walked = 1 },
	  14, 0x14, END_SIGNAL, SIGSEGV, SEGV_MAPERR,
	  { { ITEM_EFER, 0x501 }, { ITEM_CR4, CR4_SMEP } } },
	{ "read PROT_NONE", { .access = READ, .walked = 1, .mapping = 1 },
	  14, 4, END_SIGNAL, SIGSEGV, SEGV_ACCERR },
	{ "write read-only",
	  { .access = WRITE, .walked = 1, .attrs = P | U, .mapping = 1, .prot = R_ },
	  14, 7, END_SIGNAL, SIGSEGV, SEGV_ACCERR },
	{ "write read-only that isn't there yet",
	  { .access = WRITE, .walked = 1, .mapping = 1, .prot = R_ },
	  14, 6, END_SIGNAL, SIGSEGV, SEGV_ACCERR },
	{ "write a page to be copied",
	  { .access = WRITE, .walked = 1, .attrs = P | U, .mapping = 1, .prot = RW_ },
	  14, 7, END_MAPPED },
	{ "read what isn't there yet", { .access = READ, .walked = 1, .mapping = 1, .prot = RW_ },
	  14, 4, END_MAPPED },
	{ "fetch data",
	  { .access = FETCH, .walked = 1, .attrs = P | W | U, .mapping = 1, .prot = RW_ },
	  14, 0x15, END_SIGNAL, SIGSEGV, SEGV_ACCERR },
	{ "fetch data that isn't there yet",
	  { .access = FETCH, .walked = 1, .mapping = 1, .prot = RW_ },
	  14, 0x15, END_SIGNAL, SIGSEGV, SEGV_ACCERR },
	{ "fetch code",
	  { .access = FETCH, .walked = 1, .attrs = P | U | X, .mapping = 1, .prot = R_ },
	  NONE, 0, END_THROUGH },
	{ "past the end of a file",
	  { .address = 0x2000, .access = READ, .walked = 1, .mapping = 1, .prot = R_,
	    .file_end = 0x2000 },
	  14, 4, END_SIGNAL, SIGBUS, BUS_ADRERR },
	{ "the file's last page",
	  { .address = 0x1000, .access = READ, .walked = 1, .mapping = 1, .prot = R_,
	    .file_end = 0x2000 },
	  14, 4, END_MAPPED },
	{ "a guard region",
	  { .access = WRITE, .walked = 1, .mapping = 1, .prot = RW_, .guard = 1 },
	  14, 6, END_SIGNAL, SIGSEGV, SEGV_MAPERR },
	{ "the stack grows", { .access = WRITE, .walked = 1, .grows = 1, .prot = RW_ },
	  14, 6, END_MAPPED },
	{ "key denied, read",
	  { .access = READ, .walked = 1, .attrs = P | W | U, .mapping = 1, .prot = RW_, .pkey = 2 },
	  14, 0x25, END_SIGNAL, SIGSEGV, SEGV_PKUERR, { { ITEM_PKRU, 0x10 } } },
	{ "key denies writing, write",
	  { .access = WRITE, .walked = 1, .attrs = P | W | U, .mapping = 1, .prot = RW_, .pkey = 2 },
	  14, 0x27, END_SIGNAL, SIGSEGV, SEGV_PKUERR, { { ITEM_PKRU, 0x20 } } },
	{ "key denies writing, read",
	  { .access = READ, .walked = 1, .attrs = P | W | U, .mapping = 1, .prot = RW_, .pkey = 2 },
	  NONE, 0, END_THROUGH, 0, 0, { { ITEM_PKRU, 0x20 } } },
	{ "another key denied",
	  { .access = READ, .walked = 1, .attrs = P | W | U, .mapping = 1, .prot = RW_, .pkey = 2 },
	  NONE, 0, END_THROUGH, 0, 0, { { ITEM_PKRU, 0x4 } } },
	{ "key denied, CR4.PKE clear",
	  { .access = READ, .walked = 1, .attrs = P | W | U, .mapping = 1, .prot = RW_, .pkey = 2 },
	  NONE, 0, END_THROUGH, 0, 0, { { ITEM_PKRU, 0x10 }, { ITEM_CR4, CR4_SMEP } } },
	{ "keys don't deny execution",
	  { .access = FETCH, .walked = 1, .attrs = P | U | X, .mapping = 1, .prot = R_, .pkey = 2 },
	  NONE, 0, END_THROUGH, 0, 0, { { ITEM_PKRU, 0x10 } } },
	{ "key denied and read-only", { .access = WRITE, .walked = 1, .attrs = P | U, .mapping = 1,
	    .prot = R_, .pkey = 2 },
	  14, 0x27, END_SIGNAL, SIGSEGV, SEGV_PKUERR, { { ITEM_PKRU, 0x20 } } },
	{ "read the kernel", { .address = KERNEL, .access = READ },
	  14, 5, END_SIGNAL, SIGSEGV, SEGV_MAPERR },
	{ "write the kernel", { .address = KERNEL, .access = WRITE },
	  14, 7, END_SIGNAL, SIGSEGV, SEGV_MAPERR },
	{ "read the kernel with LASS", { .address = KERNEL, .access = READ },
	  13, 0, END_SIGNAL, SIGSEGV, SI_KERNEL, { { ITEM_CR4, CR4_LASS } } },
	{ "not canonical", { .address = BIT(47), .access = READ },
	  13, 0, END_SIGNAL, SIGSEGV, SI_KERNEL },
	{ "not canonical, stack", { .address = BIT(47), .access = READ, .stack = 1 },
	  12, 0, END_SIGNAL, SIGBUS, SI_KERNEL },
	{ "the last of the user half", { .address = BIT(47) - 1, .access = READ, .walked = 1 },
	  14, 4, END_SIGNAL, SIGSEGV, SEGV_MAPERR },
	{ "read the vsyscall page, execute-only", { .address = VSYSCALL, .access = READ },
	  14, 5, END_SIGNAL, SIGSEGV, SEGV_MAPERR, .vsyscall = XONLY },
	{ "call the vsyscall page", { .address = VSYSCALL + 1024, .access = FETCH },
	  14, 0, END_EMULATED, .vsyscall = XONLY },
	{ "read it, emulated", { .address = VSYSCALL + 8, .access = READ },
	  NONE, 0, END_THROUGH, .vsyscall = EMULATE },
	{ "write it, emulated", { .address = VSYSCALL, .access = WRITE },
	  14, 7, END_SIGNAL, SIGSEGV, SEGV_MAPERR, .vsyscall = EMULATE },
	{ "call it, emulated", { .address = VSYSCALL + 2048, .access = FETCH },
	  14, 0, END_EMULATED, .vsyscall = EMULATE },
	{ "call where a fourth entry would be", { .address = VSYSCALL + 3072, .access = FETCH },
	  14, 0x15, END_SIGNAL, SIGSEGV, SI_KERNEL, .vsyscall = XONLY },
	{ "jump into its middle", { .address = VSYSCALL + 16, .access = FETCH },
	  14, 0x15, END_SIGNAL, SIGSEGV, SI_KERNEL, .vsyscall = XONLY },
	{ "jump into its middle, emulated", { .address = VSYSCALL + 16, .access = FETCH },
	  14, 0x15, END_SIGNAL, SIGSEGV, SI_KERNEL, .vsyscall = EMULATE },
	{ "jump into its middle with LASS", { .address = VSYSCALL + 16, .access = FETCH },
	  13, 0, END_SIGNAL, SIGSEGV, SI_KERNEL, .change = { { ITEM_CR4, CR4_LASS } },
	  .vsyscall = XONLY },
	{ "read the vsyscall page where there is none", { .address = VSYSCALL, .access = READ },
	  14, 5, END_SIGNAL, SIGSEGV, SEGV_MAPERR },
	{ "the stack grows, but isn't executable",
	  { .access = FETCH, .walked = 1, .grows = 1, .prot = RW_ },
	  14, 0x15, END_SIGNAL, SIGSEGV, SEGV_ACCERR },
	{ "call it where there is none", { .address = VSYSCALL + 1024, .access = FETCH },
	  14, 0x15, END_SIGNAL, SIGSEGV, SEGV_MAPERR },
	{ "call the vsyscall page with LASS", { .address = VSYSCALL + 1024, .access = FETCH },
	  13, 0, END_EMULATED, .change = { { ITEM_CR4, CR4_LASS } }, .vsyscall = XONLY },
	{ "misaligned with AC",
	  { .address = 0x1001, .access = READ, .walked = 1, .attrs = P | U, .mapping = 1, .prot = R_ },
	  17, 0, END_SIGNAL, SIGBUS, BUS_ADRALN, { { ITEM_FLAGS, 0x40246 } } },
	{ "aligned with AC",
	  { .address = 0x1004, .access = READ, .walked = 1, .attrs = P | U, .mapping = 1, .prot = R_ },
	  NONE, 0, END_THROUGH, 0, 0, { { ITEM_FLAGS, 0x40246 } } },
	{ "the kernel writes where nothing is", { .access = WRITE, .walked = 1, .kernel = 1 },
	  14, 0, END_FIXUP },
	{ "the kernel writes what is read-only",
	  { .access = WRITE, .walked = 1, .attrs = P | U, .mapping = 1, .prot = R_, .kernel = 1 },
	  14, 0, END_FIXUP },
	{ "the kernel writes what is read-only without CR0.WP",
	  { .access = WRITE, .walked = 1, .attrs = P | U, .mapping = 1, .prot = R_, .kernel = 1 },
	  NONE, 0, END_THROUGH, 0, 0, { { ITEM_CR0, 0x80040033 } } },
	{ "the kernel writes what is read-only, CR0 unknown",
	  { .access = WRITE, .walked = 1, .attrs = P | U, .mapping = 1, .prot = R_, .kernel = 1 },
	  UNKNOWN, 0, END_THROUGH, 0, 0, { FORGET(ITEM_CR0) } },
	{ "the kernel reads it, CR0 unknown",
	  { .access = READ, .walked = 1, .attrs = P | U, .mapping = 1, .prot = R_, .kernel = 1 },
	  NONE, 0, END_THROUGH, 0, 0, { FORGET(ITEM_CR0) } },
	{ "user mode writes it without CR0.WP",
	  { .access = WRITE, .walked = 1, .attrs = P | U, .mapping = 1, .prot = R_ },
	  14, 7, END_SIGNAL, SIGSEGV, SEGV_ACCERR, { { ITEM_CR0, 0x80040033 } } },
	{ "a key denies the kernel's writing, but not without CR0.WP",
	  { .access = WRITE, .walked = 1, .attrs = P | W | U, .mapping = 1, .prot = RW_,
	    .pkey = 2, .kernel = 1 },
	  NONE, 0, END_THROUGH, 0, 0, { { ITEM_PKRU, 0x20 }, { ITEM_CR0, 0x80040033 } } },
	{ "not walked", { .access = READ }, UNKNOWN, 0, END_THROUGH },
};

static void test_accesses(void)
{
	struct expectation e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		struct expect_memory m = accesses[i].m;
		struct expect_state s = rich();
		int vector, signal;
		__u64 frame;

		m.size = 4;
		m.address = m.address ? m.address : 0x1000;
		s.vsyscall = accesses[i].vsyscall ?: VSYSCALL_MODE_NONE;
		apply(&s, accesses[i].change, 2);
		expect_access(&s, &m, &e);
		vector = e.known ? e.vector : UNKNOWN;
		signal = e.end == END_SIGNAL;
		frame = signal ? e.frame_error : e.end == END_MAPPED ? e.error : 0;
		ktap_result(vector == accesses[i].vector && e.end == accesses[i].end &&
			    frame == accesses[i].frame && e.signal == accesses[i].signal &&
			    e.code == accesses[i].code &&
			    (vector != VECTOR_PF || (e.has_address && e.address == m.address)),
			    "%s # vector %d, error code 0x%llx, end %d, signal %d, code %d: %s",
			    accesses[i].name, vector, (unsigned long long)frame, e.end,
			    e.signal, e.code, e.why);
	}
}

/* What can't be seen of the kernel's half isn't guessed. */
static void test_unknown_bits(void)
{
	const struct expect_memory kernel = { .address = KERNEL, .size = 1 };
	struct expect_state s = rich();
	struct expectation e;

	expect_access(&s, &kernel, &e);
	ktap_result(e.unknown == ERROR_P && !e.frame_unknown,
		    "a kernel address: P isn't known, but in the frame it is");
	s.va_bits = 57;
	s.user_end = BIT(56);
	expect_access(&s, &(struct expect_memory) { .address = BIT(47), .size = 1, .walked = 1 },
		      &e);
	ktap_result(e.vector == VECTOR_PF, "with 57 bits 2^47 is an address like others");
}

static void test_msr(void)
{
	struct expectation e;

	expect_kernel_msr(0, &e);
	ktap_result(e.known && e.vector == VECTOR_GP && e.end == END_FIXUP,
		    "RDMSR of the kernel, absent");
	expect_kernel_msr(1, &e);
	ktap_result(e.known && e.vector == NONE && e.end == END_THROUGH,
		    "RDMSR of the kernel, present");
	expect_kernel_msr(-1, &e);
	ktap_result(!e.known, "RDMSR of the kernel, unknown");
}

int main(void)
{
	ktap_plan(ARRAY_SIZE(instructions) + 11 + ARRAY_SIZE(gates) +
		  ARRAY_SIZE(selectors) + ARRAY_SIZE(accesses) + 2 + 3);
	test_instructions();
	test_effective();
	test_gates();
	test_unknown();
	test_selectors();
	test_accesses();
	test_unknown_bits();
	test_msr();
	return ktap_end();
}
