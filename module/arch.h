/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an architecture must say. Everything that knows one is in arch_*.c.
 *
 * To add an architecture:
 *  1. a value in enum mmuinspect_arch (uapi);
 *  2. its formats as rows in format.c (Documentation/formats.rst);
 *  3. arch_NAME.c with a const struct mmui_arch mmui_arch, each member filled;
 *  4. mmui_arch_regs, mmui_arch_msrs and what is declared beside them;
 *  5. one line in Kbuild;
 *  6. userspace/lib/decode_NAME.c: names of the bits.
 */
#ifndef MMUI_ARCH_H
#define MMUI_ARCH_H

#include "walk.h"

struct mm_struct;

/**
 * struct mmui_arch - an architecture
 * @init: fill in @info what this architecture knows (arch, levels, va_bits,
 *	phys_bits, user_end, phys_mask, features, memattr, cycles_khz, the software bits, the
 *	layout of non-present entries), or refuse to work on this machine: log why
 *	and return a negative errno. Called once, before anything else
 * @format: the format of a process's tables, given the levels in use
 * @root: physical address of the top table that user mode runs on in @mm
 * @mm_id: a number that no other address space has or will have; not 0
 */
struct mmui_arch {
	int (*init)(struct mmuinspect_info *info);
	const struct mmui_format *(*format)(unsigned int levels);
	phys_addr_t (*root)(const struct mm_struct *mm);
	u64 (*mm_id)(const struct mm_struct *mm);
};

extern const struct mmui_arch mmui_arch;

/**
 * struct mmui_arch_reg - a register
 * @id: its number in the uapi; 0 ends the list
 * @reveals: its value is, or holds, an address
 * @read: read it on this CPU, with interrupts off; 0, or -ENODEV if the CPU has none
 */
struct mmui_arch_reg {
	u16 id;
	bool reveals;
	int (*read)(u64 *value);
};

extern const struct mmui_arch_reg mmui_arch_regs[];

/* enum: whose MSR it is. */
#define MMUI_VENDOR_ANY		0
#define MMUI_VENDOR_INTEL	1
#define MMUI_VENDOR_AMD		2

/**
 * struct mmui_arch_msr - a row of the built-in allow-list
 * @msr: its number
 * @vendor: MMUI_VENDOR_*
 * @reveals: it holds an address
 * @mask: bits that may be seen; 0 ends the list
 * @has: does CPUID enumerate it on this CPU? NULL if only a read can say
 */
struct mmui_arch_msr {
	u32 msr;
	u8 vendor;
	bool reveals;
	u64 mask;
	bool (*has)(void);
};

extern const struct mmui_arch_msr mmui_arch_msrs[];

bool mmui_arch_msr_here(const struct mmui_arch_msr *row);
bool mmui_arch_msr_absent(u32 msr);

unsigned long mmui_arch_callee(unsigned long address);

/* mmui_arch_read_msr(), mmui_arch_time(): inline */
#ifdef CONFIG_X86_64
#include "arch_x86.h"
#endif

/**
 * struct mmui_arch_desc - where this CPU's descriptor tables are
 * @gdt: base of the GDT
 * @idt: base of the IDT
 * @gdt_limit: what the CPU takes for the offset of its last byte
 * @idt_limit: the same
 * @most: bytes that either has at most; what is behind them is no table, whatever
 *	the limit says
 * @tss_selector: of the TSS
 * @ldt_selector: of the LDT, or 0
 */
struct mmui_arch_desc {
	u64 gdt;
	u64 idt;
	u16 gdt_limit;
	u16 idt_limit;
	u32 most;
	u16 tss_selector;
	u16 ldt_selector;
};

void mmui_arch_desc_where(struct mmui_arch_desc *where);
u64 mmui_arch_desc_system(const u64 descriptor[2], u32 *limit);

#endif
