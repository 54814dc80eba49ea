/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an instruction must do, by the rules of x86-64 and of Linux, from the state
 * of the machine that it runs on. Nothing here looks at the machine itself.
 */
#ifndef EXPECT_H
#define EXPECT_H

#include "mmuinspect.h"
#include "predict.h"

/* Vectors of Intel SDM vol. 3A table 6-1 */
enum {
	VECTOR_DB = 1, VECTOR_BP = 3, VECTOR_OF = 4, VECTOR_UD = 6,
	VECTOR_NP = 11, VECTOR_SS = 12, VECTOR_GP = 13, VECTOR_PF = 14,
	VECTOR_AC = 17,
	VECTOR_NONE = -1,
};

/* Bits of a page fault's error code: Intel SDM vol. 3A 4.7 */
enum {
	ERROR_P = 1 << 0, ERROR_W = 1 << 1, ERROR_U = 1 << 2, ERROR_RSVD = 1 << 3,
	ERROR_I = 1 << 4, ERROR_PK = 1 << 5,
};

/* Values of the machine that rules look at */
enum expect_item {
	ITEM_CR0,
	ITEM_CR4,
	ITEM_EFER,
	ITEM_FLAGS,		/* RFLAGS */
	ITEM_PKRU,
	ITEM_CPL,
	ITEM_PORT,		/* 1 if the I/O permission map grants it */
	ITEM_IOPL_ASKED,	/* 1 after iopl(3), which Linux only emulates */
	ITEM_SYSENTER_CS,
	ITEM_X2APIC,		/* 1 if the APIC is in that mode: APIC_BASE.EXTD */
	ITEM_CPUID_1_ECX,
	ITEM_CPUID_1_EDX,
	ITEM_CPUID_7_EBX,
	ITEM_CPUID_7_ECX,
	ITEM_CPUID_7_EDX,
	ITEM_CPUID_7_1_EAX,
	ITEM_CPUID_81_ECX,	/* leaf 0x80000001 */
	ITEM_CPUID_81_EDX,
	ITEM_AMD,		/* 1 if the vendor is AMD, or Hygon */
	ITEM_USER_MONITOR,	/* not 0 if AMD's HWCR.MonMwaitUserEn is set */
	ITEM_GUEST,		/* 1 if a hypervisor, not an emulator, is below */
	/* Of expect_derive() */
	ITEM_IO_RIGHT,		/* 1 if CPL <= IOPL */
	ITEM_OSXSAVE,		/* CR4.OSXSAVE, by CPUID if CR4 isn't known */
	ITEM_OSPKE,		/* the same of CR4.PKE */
	ITEM_FRED,		/* CR4.FRED; 0 if there is none, by CPUID */
	ITEMS,
};

/**
 * struct expect_state - the machine, as far as it's known
 * @item: values
 * @known: bit n: @item[n] is known
 * @va_bits: width of a virtual address, 48 or 57
 * @user_end: first address above the user half
 * @idt: the table; NULL if it isn't known
 * @idt_size: of it in bytes
 * @gdt: the same of the GDT
 * @gdt_size: of it in bytes
 * @vsyscall: what the kernel does about the vsyscall page
 */
struct expect_state {
	__u64 item[ITEMS];
	__u32 known;
	unsigned int va_bits;
	__u64 user_end;
	const unsigned char *idt;
	size_t idt_size;
	const unsigned char *gdt;
	size_t gdt_size;
	enum vsyscall_mode vsyscall;
};

/* Set an item, which is known then. */
void expect_know(struct expect_state *s, enum expect_item item, __u64 value);
/* Fill in what follows from other items; call it last. */
void expect_derive(struct expect_state *s);

/* What the kernel does about it */
enum expect_end {
	END_THROUGH,	/* nothing: there was no exception, or none that shows */
	END_SIGNAL,
	END_EMULATED,	/* it does what the instruction would have done */
	END_FIXUP,	/* in kernel mode, mended by the exception table */
	END_MAPPED,	/* it maps the page, and the access is done again */
};

#define EXPECT_WHY 256

/**
 * struct expectation - what must happen
 * @known: 0 if that can't be told; @why says what is missing
 * @effective: 1 if it would change something that isn't the child's own, or may,
 *	for all that is known
 * @vector: of the exception; VECTOR_NONE if there is none
 * @error: its error code
 * @unknown: bits of @error that can't be predicted
 * @has_address: 1 if the exception has an address
 * @address: of a page fault
 * @why: the state that decides, in words
 * @end: what the kernel does
 * @silent: 1 if it does so where nobody can look on: no event
 * @signal: of END_SIGNAL
 * @code: its si_code
 * @has_signal_address: 1 if si_addr has a meaning
 * @signal_address: it; ~0 for that of the instruction
 * @frame_error: the error code that the kernel shows in the signal's frame
 * @frame_unknown: bits of it that can't be predicted
 */
struct expectation {
	int known;
	int effective;
	int vector;
	__u64 error;
	__u64 unknown;
	int has_address;
	__u64 address;
	char why[EXPECT_WHY];
	enum expect_end end;
	int silent;
	int signal;
	int code;
	int has_signal_address;
	__u64 signal_address;
	__u64 frame_error;
	__u64 frame_unknown;
};

#define SIGNAL_AT_IP (~0ULL)

/* Rules of instructions that depend on bits alone */
enum expect_rule {
	RULE_NOTHING,		/* any level may */
	RULE_UNDEFINED,
	RULE_ICEBP,
	RULE_PRIVILEGED,
	RULE_SWAPGS,
	RULE_MSR,
	RULE_XSETBV,
	RULE_XGETBV,
	RULE_RDPMC,
	RULE_RDTSC,
	RULE_RDTSCP,
	RULE_FSGSBASE,
	RULE_PKRU,
	RULE_AC,
	RULE_UMIP,
	RULE_IF,
	RULE_POPF,
	RULE_IO,
	RULE_INVPCID,
	RULE_MONITOR,
	RULE_VMXON,
	RULE_VMX,
	RULE_VMCALL,
	RULE_SVM,
	RULE_VMMCALL,
	RULE_SYSCALL,
	RULE_SYSRET,
	RULE_SYSCALL_COMPAT,
	RULE_SYSENTER,
	RULE_SYSEXIT,
	RULES,
};

/* In user mode, 64-bit or compatibility */
void expect_instruction(const struct expect_state *s, enum expect_rule rule,
			struct expectation *e);
/* Where the manuals have a rule */
const char *expect_source(enum expect_rule rule);

/* INT n */
void expect_int(const struct expect_state *s, unsigned int vector,
		struct expectation *e);

/* A selector into a segment register, or into CS by a far return or IRET */
void expect_selector(const struct expect_state *s, unsigned int selector,
		     enum mmuinspect_x86_use use, struct expectation *e);

/* RDMSR by the kernel, of an MSR that is there or not: -1 for unknown */
void expect_kernel_msr(int present, struct expectation *e);

enum expect_access { ACCESS_READ, ACCESS_WRITE, ACCESS_FETCH };

/**
 * struct expect_memory - an access, and what is known of its address
 * @address: of the first byte
 * @size: in bytes
 * @access: read, write, fetch
 * @stack: 1 if it's relative to RSP or RBP: then it's SS that is used
 * @kernel: 1 if it's the kernel that accesses it, for a system call
 * @walked: 1 if the page tables were looked at: @attrs, @pkey, @guard
 * @attrs: MMUINSPECT_PRESENT and the effective rights; 0 if nothing is mapped
 * @pkey: protection key of the page
 * @guard: 1 for a marker of MADV_GUARD_INSTALL
 * @mapping: 1 if the address is in a mapping (VMA)
 * @mapping_unknown: 1 if that couldn't be looked up
 * @prot: PROT_* of the mapping
 * @grows: 1 if the mapping above it may grow down to it
 * @file_end: first address of the mapping that the file has no page for; 0 if it
 *	has one for each
 */
struct expect_memory {
	__u64 address;
	unsigned int size;
	enum expect_access access;
	int stack;
	int kernel;
	int walked;
	unsigned int attrs;
	int pkey;
	int guard;
	int mapping;
	int mapping_unknown;
	int prot;
	int grows;
	__u64 file_end;
};

void expect_access(const struct expect_state *s, const struct expect_memory *m,
		   struct expectation *e);

/* What Linux does with an exception of user mode that isn't a page fault */
void expect_linux(struct expectation *e);

#endif
