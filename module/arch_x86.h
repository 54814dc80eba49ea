/* SPDX-License-Identifier: GPL-2.0-only */
/* What of x86-64 is too small to be called: a batch of MSRs is a tight loop. */
#ifndef MMUI_ARCH_X86_H
#define MMUI_ARCH_X86_H

#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/pgtable.h>
#include <asm/pkru.h>
#include <asm/processor.h>
#include <asm/trapnr.h>

#include "compat.h"

#ifdef MMUI_HAVE_EXCEPTIONS_HEADER
#include <trace/events/exceptions.h>
#else
#include <asm/trace/exceptions.h>
#endif

/**
 * mmui_arch_read_msr - read an MSR on this CPU
 * @msr: its number
 * @value: receives it
 *
 * Native: under Xen PV, which would want a call of its own, we don't load.
 *
 * Return: 0, or -EIO if the CPU faulted: it has no such MSR, and @value is 0
 * (arch/x86/mm/extable.c).
 */
static inline int mmui_arch_read_msr(u32 msr, u64 *value)
{
	return mmui_rdmsr_safe(msr, value);
}

/* The time-stamp counter of this CPU */
static inline u64 mmui_arch_time(void)
{
	return rdtsc();
}

/* Where page faults, their mending and flushes are seen */
#define MMUI_ARCH_FAULT_USER	page_fault_user
#define MMUI_ARCH_FAULT_KERNEL	page_fault_kernel
#define MMUI_ARCH_FIXUP		"fixup_exception"
#define MMUI_ARCH_FLUSH_OTHERS	"native_flush_tlb_multi"

/* Exceptions, by number (Intel SDM vol. 3A, table 6-1) */
#define MMUI_ARCH_PAGE_FAULT	X86_TRAP_PF
#define MMUI_ARCH_PROTECTION	X86_TRAP_GP

/* An access, as a page fault's error code has it (SDM vol. 3A 4.7) */
#define MMUI_ARCH_ACCESS_WRITE	BIT(1)
#define MMUI_ARCH_ACCESS_USER	BIT(2)
#define MMUI_ARCH_ACCESS_EXEC	BIT(4)
#define MMUI_ARCH_RESERVED	BIT(3)
/* The CPU says that it's a reserved bit, a key or a shadow stack. */
#define MMUI_ARCH_OTHER_DENIAL	(BIT(3) | BIT(5) | BIT(6))

/**
 * mmui_arch_allows - do these entries allow an access?
 * @all: the bits that all of them have
 * @any: the bits that any of them has
 * @error_code: the access
 *
 * R/W and U/S are where an error code has W and U (SDM vol. 3A 4.6).
 */
static __always_inline bool mmui_arch_allows(u64 all, u64 any,
					     unsigned long error_code)
{
	u64 need = error_code & (_PAGE_RW | _PAGE_USER);

	return (all & need) == need &&
	       !(error_code & MMUI_ARCH_ACCESS_EXEC && any & _PAGE_NX) &&
	       !(error_code & MMUI_ARCH_OTHER_DENIAL);
}

/* Does the protection key of what an entry maps let current read there? */
static inline bool mmui_arch_key_allows(u64 entry)
{
	return __pkru_allows_read(read_pkru(), pte_flags_pkey(entry));
}

/*
 * The top table that user mode runs on: with page-table isolation the kernel's
 * has NX on all that is the user's, and the user's is the page above
 * (arch/x86/mm/pti.c).
 */
static __always_inline const u64 *mmui_arch_top(const struct mm_struct *mm)
{
	unsigned long top = (unsigned long)mm->pgd;

	return (const u64 *)(cpu_feature_enabled(X86_FEATURE_PTI) ?
					    top | PAGE_SIZE : top);
}

/* As mmui_arch_descend(), by so many levels */
static __always_inline u64 mmui_arch_descend_by(unsigned int levels,
						const u64 *table,
						unsigned long addr, u64 *raw,
						u8 *level)
{
	/* Without the bit that says "encrypted", where there is one */
	const u64 next = PTE_PFN_MASK;
	unsigned int i;
	u64 entry;

#pragma GCC unroll 4
	for (i = levels; i > 1; i--) {
		entry = READ_ONCE(table[addr >> (9 * i + 3) & 511]);
		*raw++ = entry;
		if (!(entry & _PAGE_PRESENT) || (i < 4 && entry & _PAGE_PSE)) {
			*level = i;
			return entry;
		}
		table = __va(entry & next);
	}
	entry = READ_ONCE(table[addr >> PAGE_SHIFT & 511]);
	*raw = entry;
	*level = 1;
	return entry;
}

/**
 * mmui_arch_descend - go down to an address
 * @table: the top table
 * @addr: the address, which is one of the user half
 * @raw: receives the entries, the top table's first
 * @level: receives the level of the last one
 *
 * What format.c says of x86-64, in numbers that the compiler knows: this runs at
 * each fault, and a loop over the rows takes twice as many instructions.
 *
 * Return: the last entry, which isn't present or maps memory.
 */
static __always_inline u64 mmui_arch_descend(const u64 *table,
					     unsigned long addr, u64 *raw,
					     u8 *level)
{
	return pgtable_l5_enabled() ?
	       mmui_arch_descend_by(5, table, addr, raw, level) :
	       mmui_arch_descend_by(4, table, addr, raw, level);
}

/* Exceptions that push an error code (Intel SDM vol. 3A, table 6-1; #VC, #SX: AMD) */
#define MMUI_ARCH_ERROR_CODES						\
	(BIT(X86_TRAP_DF) | BIT(X86_TRAP_TS) | BIT(X86_TRAP_NP) |	\
	 BIT(X86_TRAP_SS) | BIT(X86_TRAP_GP) | BIT(X86_TRAP_PF) |	\
	 BIT(X86_TRAP_AC) | BIT(X86_TRAP_CP) | BIT(X86_TRAP_VC) | BIT(30))

static inline bool mmui_arch_has_error_code(unsigned int vector)
{
	return vector < 32 && MMUI_ARCH_ERROR_CODES & BIT(vector);
}

/**
 * struct mmui_trap - an exception
 * @error_code: of it; only if @has_error_code
 * @addr: that faulted; of a page fault only
 * @vector: number of the exception
 * @has_error_code: the exception has one, and it's known
 */
struct mmui_trap {
	unsigned long error_code;
	unsigned long addr;
	unsigned int vector;
	bool has_error_code;
};

/**
 * mmui_arch_trap - the exception that has just made a signal for current
 * @trap: receives it
 * @vector: number of the exception
 * @code: si_code
 *
 * Handlers write trap_nr, error_code and cr2 before they send the signal, which
 * the signal frame is made of (arch/x86/kernel/traps.c, mm/fault.c). Some write
 * none, as that of a machine check. Of page faults, one does so that forces a
 * signal without si_addr: a call into the vsyscall page, which was to be executed.
 */
static inline void mmui_arch_trap(struct mmui_trap *trap, unsigned int vector,
				  int code)
{
	bool written = current->thread.trap_nr == vector;

	trap->vector = vector;
	trap->addr = written ? current->thread.cr2 : 0;
	if (vector == X86_TRAP_PF && code == SI_KERNEL) {
		trap->addr = task_pt_regs(current)->ip;
		written = false;
	}
	trap->has_error_code = written && mmui_arch_has_error_code(vector);
	trap->error_code = trap->has_error_code ? current->thread.error_code : 0;
}

#endif
