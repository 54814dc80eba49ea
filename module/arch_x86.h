/* SPDX-License-Identifier: GPL-2.0-only */
/* What of x86-64 is too small to be called: a batch of MSRs is a tight loop. */
#ifndef MMUI_ARCH_X86_H
#define MMUI_ARCH_X86_H

#include <linux/compat.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/pgtable.h>
#include <asm/pkru.h>
#include <asm/processor.h>
#include <asm/trapnr.h>
#include <asm/unistd.h>
#if __has_include(<trace/events/exceptions.h>)
#include <trace/events/exceptions.h>
#else
#include <asm/trace/exceptions.h>
#endif

#include "compat.h"

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

/**
 * struct mmui_trap - what a task's last exception was
 */
struct mmui_trap {
	unsigned long vector;
	unsigned long error_code;
	unsigned long addr;
};

/* Is current sending itself a signal, with an si_code of its own choice? */
static inline bool mmui_arch_sends_itself(void)
{
	/* -1 behind an exception (arch/x86/entry) */
	long nr = task_pt_regs(current)->orig_ax;

	if (in_ia32_syscall())
		return nr == __NR_ia32_rt_sigqueueinfo ||
		       nr == __NR_ia32_rt_tgsigqueueinfo;
	return nr == __NR_rt_sigqueueinfo || nr == __NR_rt_tgsigqueueinfo;
}

/* Of current; kept until the next one (arch/x86/kernel/traps.c, mm/fault.c) */
static inline void mmui_arch_trap(struct mmui_trap *trap)
{
	trap->vector = current->thread.trap_nr;
	trap->error_code = current->thread.error_code;
	trap->addr = current->thread.cr2;
}

#endif
