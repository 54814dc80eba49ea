/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * mmuinspect: the ABI of /dev/mmuinspect
 *
 * Calls, each taking one structure that begins with its own size:
 *
 *	INFO	what this machine and this kernel are; open to all
 *	TARGET	choose whose address space this open file looks at
 *	WALK	translate addresses, one by one, with every level shown
 *	RUNS	list a range of an address space as merged runs
 *	REGS	the registers that tell the MMU what to do, on each CPU
 *	MSRS	permitted model-specific registers, in batches
 *	DESC	a descriptor table of a CPU, raw
 *
 * Rules for all of them:
 *
 * - @size is sizeof() of the structure as the caller was compiled. A kernel
 *   that knows a longer one fills what the caller has room for; a kernel that
 *   knows a shorter one accepts the longer if the rest is zero, and answers
 *   E2BIG otherwise. Shorter than the first published layout is EINVAL.
 * - @flags and reserved fields must hold zeroes where no value is defined:
 *   EINVAL otherwise.
 * - The layout is the same for 32-bit and 64-bit callers.
 * - What a caller may not see reads as zero; what it may not ask for is
 *   EACCES (something physical) or EPERM (somebody else's address space).
 *
 * Rights, checked at each call and held by the opener of the device as well as
 * by the caller, in the initial user namespace: one's own address space needs
 * none, and everything physical is hidden; physical addresses need
 * CAP_SYS_ADMIN; another process needs CAP_SYS_ADMIN and CAP_SYS_PTRACE.
 * Registers need CAP_SYS_ADMIN; MSRs need CAP_SYS_RAWIO; what reveals a kernel,
 * user or physical address in either needs CAP_SYS_RAWIO as well, and no
 * lockdown (LOCKDOWN_KCORE). Which rule refused is told by the errno: EPERM
 * CAP_SYS_ADMIN, EACCES CAP_SYS_RAWIO, EKEYREJECTED lockdown.
 *
 * Documentation/abi.rst lists each errno with its cause.
 */
#ifndef _UAPI_LINUX_MMUINSPECT_H
#define _UAPI_LINUX_MMUINSPECT_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Raised only when a field changes its meaning; growth is by @size. */
#define MMUINSPECT_ABI			1

#define MMUINSPECT_LEVELS_MAX		5
#define MMUINSPECT_WALK_MAX		65536	/* addresses in one WALK */
#define MMUINSPECT_RUNS_MAX		1048576	/* runs in one RUNS */
#define MMUINSPECT_SWAP_TYPES		32

/* struct mmuinspect_info.arch */
enum mmuinspect_arch {
	MMUINSPECT_ARCH_X86_64		= 1,
	MMUINSPECT_ARCH_ARM64		= 2,
};

/*
 * Attributes of an entry. WRITE, USER and EXEC are the *effective* rights: what
 * all levels together allow (Intel SDM vol. 3A 4.6, AMD APM vol. 2 5.6). A
 * non-present entry allows nothing.
 */
#define MMUINSPECT_PRESENT		(1 << 0)
#define MMUINSPECT_WRITE		(1 << 1)
#define MMUINSPECT_USER			(1 << 2)
#define MMUINSPECT_EXEC			(1 << 3)
#define MMUINSPECT_ACCESSED		(1 << 4)
#define MMUINSPECT_DIRTY		(1 << 5)

/* struct mmuinspect_info.features: what is in use, not what could be */
#define MMUINSPECT_FEATURE_NX		(1ULL << 0)	/* no-execute bit */
#define MMUINSPECT_FEATURE_PKEYS	(1ULL << 1)	/* user protection keys */
#define MMUINSPECT_FEATURE_PTI		(1ULL << 2)	/* page-table isolation */
#define MMUINSPECT_FEATURE_PCID		(1ULL << 3)	/* tagged TLB entries */
#define MMUINSPECT_FEATURE_1G		(1ULL << 4)	/* 1 GiB pages */
#define MMUINSPECT_FEATURE_SHSTK	(1ULL << 5)	/* user shadow stacks */
#define MMUINSPECT_FEATURE_MEMENC	(1ULL << 6)	/* encryption bit in entries */

/*
 * What a swap type means in the kernel as compiled. The numbers depend on its
 * configuration, so only the kernel can say (include/linux/swap.h).
 */
enum mmuinspect_swap_class {
	MMUINSPECT_SWAP_UNKNOWN		= 0,
	MMUINSPECT_SWAP_DEVICE		= 1,	/* swapped out to swap area @type */
	MMUINSPECT_SWAP_HWPOISON	= 2,
	MMUINSPECT_SWAP_MIGRATION_READ	= 3,
	MMUINSPECT_SWAP_MIGRATION_READ_EXCLUSIVE = 4,
	MMUINSPECT_SWAP_MIGRATION_WRITE	= 5,
	MMUINSPECT_SWAP_PRIVATE_READ	= 6,	/* un-addressable device memory */
	MMUINSPECT_SWAP_PRIVATE_WRITE	= 7,
	MMUINSPECT_SWAP_EXCLUSIVE	= 8,	/* exclusive device access */
	MMUINSPECT_SWAP_MARKER		= 9,	/* see @marker_* */
	MMUINSPECT_SWAP_ERROR		= 10,	/* swap-in failed (6.1) */
};

/**
 * struct mmuinspect_nonpresent - how this kernel writes entries that aren't present
 * @prot_none: bit that marks a PROT_NONE or NUMA-hint page; 0 if there is none
 * @pfn: address bits of a PROT_NONE entry, or of a huge page under change
 * @pfn_inverted: 1 if @pfn is stored inverted (x86, against L1TF)
 * @type_shift: lowest bit of the swap type
 * @type_bits: width of the swap type
 * @offset_shift: lowest bit of the swap offset
 * @offset_bits: width of the swap offset
 * @offset_inverted: 1 if the offset is stored inverted
 * @swap_pfn_bits: low bits of the offset that hold the frame number in a
 *	migration, device or hwpoison entry
 * @reserved: zero
 * @soft_dirty: soft-dirty bit in a swap entry; 0 if the kernel has none
 * @uffd_wp: userfaultfd write-protect bit in a swap entry
 * @exclusive: "the swapped page is exclusive to this process" bit
 * @marker_uffd_wp: offset bit of a marker: write-protect me when populated
 * @marker_poisoned: offset bit of a marker: access raises SIGBUS
 * @marker_guard: offset bit of a marker: guard region (MADV_GUARD_INSTALL)
 * @swap_class: for each swap type an enum mmuinspect_swap_class
 *
 * Source: arch/x86/include/asm/pgtable_64.h, include/linux/swap.h, swapops.h
 * of the kernel that the module was built for.
 */
struct mmuinspect_nonpresent {
	__aligned_u64	prot_none;
	__aligned_u64	pfn;
	__u8		pfn_inverted;
	__u8		type_shift;
	__u8		type_bits;
	__u8		offset_shift;
	__u8		offset_bits;
	__u8		offset_inverted;
	__u8		swap_pfn_bits;
	__u8		reserved;
	__aligned_u64	soft_dirty;
	__aligned_u64	uffd_wp;
	__aligned_u64	exclusive;
	__aligned_u64	marker_uffd_wp;
	__aligned_u64	marker_poisoned;
	__aligned_u64	marker_guard;
	__u8		swap_class[MMUINSPECT_SWAP_TYPES];
};

/**
 * struct mmuinspect_info - argument of MMUINSPECT_IOC_INFO
 * @size: in: sizeof(struct mmuinspect_info)
 * @flags: in: must be 0
 * @abi: out: MMUINSPECT_ABI of the module
 * @arch: out: enum mmuinspect_arch
 * @version: out: version of the module, NUL-terminated
 * @release: out: release of the kernel that the module was built for
 * @levels: out: levels of the page tables in use now (CR4.LA57, not CPUID)
 * @va_bits: out: width of a virtual address, in bits (48 or 57)
 * @phys_bits: out: width of a physical address, in bits, as this CPU has it
 * @page_shift: out: log2 of the smallest page size in bytes
 * @cycles_khz: out: frequency of the counter that durations are measured with, in
 *	kHz (x86: the time-stamp counter, the kernel's tsc_khz); 0 if it isn't known
 * @user_end: out: first address above the user half, in bytes
 * @phys_mask: out: the bits of an entry that can hold a physical address here:
 *	ends at @phys_bits, without the memory-encryption bit
 * @features: out: MMUINSPECT_FEATURE_*
 * @memattr: out: the register that says what a memory-type index means
 *	(x86: IA32_PAT, Intel SDM vol. 3A 12.12; arm64: MAIR_EL1)
 * @soft_dirty: out: soft-dirty bit of a present entry; 0 if the kernel has none
 * @uffd_wp: out: userfaultfd write-protect bit of a present entry; 0 if none
 * @special: out: "no struct page behind it" bit of a present entry
 * @saved_dirty: out: bit that holds Dirty for a read-only page; 0 if none
 * @nonpresent: out: how to read an entry that isn't present
 *
 * Who may call: anybody who can open the device. Errors: EINVAL, E2BIG, EFAULT,
 * EINTR (killed).
 */
struct mmuinspect_info {
	__u32		size;
	__u32		flags;
	__u32		abi;
	__u32		arch;
	char		version[32];
	char		release[64];
	__u8		levels;
	__u8		va_bits;
	__u8		phys_bits;
	__u8		page_shift;
	__u32		cycles_khz;
	__aligned_u64	user_end;
	__aligned_u64	phys_mask;
	__aligned_u64	features;
	__aligned_u64	memattr;
	__aligned_u64	soft_dirty;
	__aligned_u64	uffd_wp;
	__aligned_u64	special;
	__aligned_u64	saved_dirty;
	struct mmuinspect_nonpresent nonpresent;
};

/**
 * struct mmuinspect_target - argument of MMUINSPECT_IOC_TARGET
 * @size: in: sizeof(struct mmuinspect_target)
 * @flags: in: must be 0
 * @pid: in: a process or thread, in the caller's PID namespace; 0 for "me":
 *	the caller of each later call on this open file (the state after open)
 * @reserved: in: must be 0
 *
 * A process is all its threads: when its first thread has ended and others go
 * on, their address space is shown.
 *
 * The open file refers to that very process: if it ends and another gets its
 * number, later calls answer ENXIO while it's a zombie and ESRCH then, never the
 * newcomer's tables.
 *
 * Errors: EPERM (not one's own, without the capabilities), ESRCH (no such
 * process), ENXIO (it has no address space: a kernel thread, or all of its
 * threads have ended),
 * EINTR (killed), EINVAL, E2BIG, EFAULT. After an error the former target stands.
 */
struct mmuinspect_target {
	__u32		size;
	__u32		flags;
	__s32		pid;
	__u32		reserved;
};

/* struct mmuinspect_translation.stop: why the walk ended where it did */
enum mmuinspect_stop {
	MMUINSPECT_STOP_MAPPED		= 0,	/* at a leaf: @phys is valid */
	MMUINSPECT_STOP_EMPTY		= 1,	/* at an entry that is zero */
	MMUINSPECT_STOP_NONPRESENT	= 2,	/* at a non-zero entry, not present */
	MMUINSPECT_STOP_NONCANONICAL	= 3,	/* no walk: not an address */
	MMUINSPECT_STOP_NOT_USER	= 4,	/* no walk: above @user_end */
	MMUINSPECT_STOP_UNREADABLE	= 5,	/* next table isn't in RAM of the kernel's */
};

/* struct mmuinspect_translation.frame and .bytes */
enum mmuinspect_verdict {
	MMUINSPECT_VERDICT_NONE		= 0,	/* not asked for, or no leaf */
	MMUINSPECT_VERDICT_SAME		= 1,
	MMUINSPECT_VERDICT_DIFFERENT	= 2,
	MMUINSPECT_VERDICT_UNAVAILABLE	= 3,	/* the kernel has no page to compare with */
	MMUINSPECT_VERDICT_UNTOUCHED	= 4,	/* bytes: reading would set the Accessed bit */
};

/**
 * struct mmuinspect_step - one level of a walk
 * @table: physical address of the table, in bytes; 0 if hidden
 * @entry: the entry as it is in the table; address bits zero if hidden
 * @index: index of the entry in the table
 * @level: 1 for the last level (PT), 2 PD, 3 PDPT, 4 PML4, 5 PML5
 * @reserved: zero
 */
struct mmuinspect_step {
	__aligned_u64	table;
	__aligned_u64	entry;
	__u32		index;
	__u8		level;
	__u8		reserved[3];
};

/**
 * struct mmuinspect_translation - one address of a WALK
 * @address: in: the virtual address, any byte
 * @phys: out: the physical address of that byte; 0 if not mapped or hidden
 * @steps: out: how many of @step are filled, from the root downwards
 * @level: out: level at which the walk ended; 0 if there was no walk
 * @stop: out: enum mmuinspect_stop
 * @frame: out: with MMUINSPECT_WALK_VERIFY: our frame against the kernel's own
 *	translation (get_user_pages_remote), enum mmuinspect_verdict
 * @bytes: out: with MMUINSPECT_WALK_VERIFY: up to 64 bytes of the frame against
 *	the same read through the mapping, enum mmuinspect_verdict
 * @changed: out: with MMUINSPECT_WALK_VERIFY: 1 if the entry is another one
 *	afterwards, so that the verdicts say nothing
 * @attrs: out: MMUINSPECT_PRESENT and the effective rights, _ACCESSED, _DIRTY
 * @step: out: the levels
 */
struct mmuinspect_translation {
	__aligned_u64	address;
	__aligned_u64	phys;
	__u8		steps;
	__u8		level;
	__u8		stop;
	__u8		frame;
	__u8		bytes;
	__u8		changed;
	__u16		attrs;
	struct mmuinspect_step step[MMUINSPECT_LEVELS_MAX];
};

/* struct mmuinspect_walk.flags */
#define MMUINSPECT_WALK_VERIFY		(1 << 0)

/**
 * struct mmuinspect_walk - argument of MMUINSPECT_IOC_WALK
 * @size: in: sizeof(struct mmuinspect_walk)
 * @flags: in: MMUINSPECT_WALK_VERIFY or 0
 * @space: in: 0, or the address space that is expected; out: the one walked.
 *	Opaque; never used again for another address space while the module
 *	stays loaded
 * @root: out: physical address of the top table; 0 if hidden
 * @vec: in: user pointer to struct mmuinspect_translation[@vec_len]
 * @vec_len: in: 1 to MMUINSPECT_WALK_MAX
 * @done: out: how many were answered: all of them. A call that fails leaves the
 *	structure as it was, and what @vec then holds means nothing
 *
 * An address outside every mapping is walked too, which takes the mmap lock of
 * the target for writing for a moment.
 *
 * Errors: EACCES (VERIFY without CAP_SYS_ADMIN), EPERM, ESRCH, ENXIO (as
 * TARGET), ESTALE (@space is another one: the target called exec), EINTR
 * (killed), EINVAL, E2BIG, EFAULT, ENOMEM.
 */
struct mmuinspect_walk {
	__u32		size;
	__u32		flags;
	__aligned_u64	space;
	__aligned_u64	root;
	__aligned_u64	vec;
	__u32		vec_len;
	__u32		done;
};

/**
 * struct mmuinspect_run - neighbouring entries of one kind
 * @start: virtual address of the first page, in bytes
 * @entry: the first entry as it is in the table; address bits zero if hidden
 * @pages: number of entries, 1 or more; each covers a page of level @level
 * @accessed: how many of them have the Accessed bit
 * @dirty: how many of them have the Dirty bit
 * @level: 1 for 4 KiB pages, 2 for 2 MiB, 3 for 1 GiB
 * @reserved: zero
 * @attrs: MMUINSPECT_PRESENT and the effective rights, the same for all of them
 */
struct mmuinspect_run {
	__aligned_u64	start;
	__aligned_u64	entry;
	__u32		pages;
	__u32		accessed;
	__u32		dirty;
	__u8		level;
	__u8		reserved;
	__u16		attrs;
};

/* struct mmuinspect_runs.merge */
enum mmuinspect_merge {
	MMUINSPECT_MERGE_NONE		= 0,	/* a run an entry */
	/*
	 * Same level, rights, key and memory type; non-present ones: the same but
	 * for frame and offset, and in markers every bit.
	 */
	MMUINSPECT_MERGE_RIGHTS		= 1,
	MMUINSPECT_MERGE_PHYS		= 2,	/* and, if present, contiguous frames */
};

/**
 * struct mmuinspect_filter - which entries a RUNS call is about
 * @attr_mask: MMUINSPECT_* attributes that matter; 0 for any entry
 * @attrs: their values: an entry passes if (its attributes & @attr_mask) == @attrs
 * @levels: bit n set: entries of level n pass; 0 for any level
 * @pkeys: bit n set: entries with protection key n pass (present entries only);
 *	0 for any
 * @phys_start: first physical address of interest, in bytes
 * @phys_end: first one beyond; an entry passes if its frame overlaps.
 *	Both 0 for any; needs CAP_SYS_ADMIN
 */
struct mmuinspect_filter {
	__u32		attr_mask;
	__u32		attrs;
	__u32		levels;
	__u32		pkeys;
	__aligned_u64	phys_start;
	__aligned_u64	phys_end;
};

/*
 * struct mmuinspect_runs.flags: @start is the @cursor of an earlier call. A large
 * page that begins below it, and so has taken the place of small ones since, is
 * left out, because they may have been listed.
 */
#define MMUINSPECT_RUNS_CONTINUE	(1U << 0)

/**
 * struct mmuinspect_runs - argument of MMUINSPECT_IOC_RUNS
 * @size: in: sizeof(struct mmuinspect_runs)
 * @flags: in: MMUINSPECT_RUNS_CONTINUE or 0
 * @start: in: first address of interest, a multiple of the page size
 * @end: in: first one beyond, a multiple of the page size, above @start and at
 *	most @user_end
 * @cursor: out: where to go on, as the next call's @start, with
 *	MMUINSPECT_RUNS_CONTINUE; @end when done
 * @space: in: 0, or the address space that is expected; out: the one walked
 * @root: out: physical address of the top table; 0 if hidden
 * @vec: in: user pointer to struct mmuinspect_run[@vec_len]
 * @vec_len: in: 1 to MMUINSPECT_RUNS_MAX
 * @filled: out: how many runs were written
 * @merge: in: enum mmuinspect_merge
 * @unreadable: out: tables that aren't in RAM that the kernel manages; what lies
 *	below them is missing from the answer
 * @filter: in: which entries to list
 *
 * Runs come in ascending order of address and never overlap, whatever happens to
 * the tables meanwhile. One never crosses the border of a mapping (VMA). A large
 * page that overlaps the range is listed whole.
 * Zero entries aren't listed. The tables change while they are read: each run
 * was true at some moment of the call, not all of them at the same one.
 *
 * Errors: EACCES (MERGE_PHYS or a physical filter without CAP_SYS_ADMIN),
 * ERANGE (@end above @user_end), EPERM, ESRCH, ENXIO (as TARGET), ESTALE
 * (@space is another one), EINTR (killed), EINVAL, E2BIG, EFAULT, ENOMEM.
 */
struct mmuinspect_runs {
	__u32		size;
	__u32		flags;
	__aligned_u64	start;
	__aligned_u64	end;
	__aligned_u64	cursor;
	__aligned_u64	space;
	__aligned_u64	root;
	__aligned_u64	vec;
	__u32		vec_len;
	__u32		filled;
	__u32		merge;
	__u32		unreadable;
	struct mmuinspect_filter filter;
};

/*
 * Registers of x86-64: struct mmuinspect_reg.id, and the attributes of the
 * netlink family's regs answer. Intel SDM vol. 3A 2.4 to 2.6, AMD APM vol. 2 3.
 * (A): reveals an address.
 */
enum mmuinspect_x86_reg {
	MMUINSPECT_X86_CR0		= 1,
	MMUINSPECT_X86_CR2		= 2,	/* (A) some task's last fault */
	MMUINSPECT_X86_CR3		= 3,	/* (A) */
	MMUINSPECT_X86_CR4		= 4,
	MMUINSPECT_X86_CR8		= 5,	/* task priority */
	MMUINSPECT_X86_EFER		= 6,
	MMUINSPECT_X86_XCR0		= 7,	/* only if CR4.OSXSAVE */
	MMUINSPECT_X86_PAT		= 8,
	MMUINSPECT_X86_U_CET		= 9,	/* the interrupted task's */
	MMUINSPECT_X86_S_CET		= 10,
	MMUINSPECT_X86_GDTR_BASE	= 11,	/* (A) */
	MMUINSPECT_X86_GDTR_LIMIT	= 12,
	MMUINSPECT_X86_IDTR_BASE	= 13,	/* (A) */
	MMUINSPECT_X86_IDTR_LIMIT	= 14,
	MMUINSPECT_X86_LDTR		= 15,
	MMUINSPECT_X86_TR		= 16,
	MMUINSPECT_X86_GS_BASE		= 17,	/* (A) the kernel's per-CPU area */
	MMUINSPECT_X86_KERNEL_GS_BASE	= 18,	/* (A) the interrupted task's */
	MMUINSPECT_X86_FS_BASE		= 19,	/* (A) the interrupted task's */
	MMUINSPECT_X86_FRED_CONFIG	= 20,	/* (A) entry point, if CR4.FRED */
};

/**
 * struct mmuinspect_reg - one register of one CPU
 * @value: as the CPU has it; 0 if @error
 * @cpu: number of the CPU
 * @id: enum mmuinspect_x86_reg; 0 for "the whole CPU", with @error
 * @error: 0; -EACCES (reveals an address: needs CAP_SYS_RAWIO); -EKEYREJECTED
 *	(reveals an address: the kernel is locked down); -ENODEV (this CPU has no
 *	such register); -ENXIO (the CPU is offline)
 */
struct mmuinspect_reg {
	__aligned_u64	value;
	__u32		cpu;
	__u16		id;
	__s16		error;
};

/**
 * struct mmuinspect_regs - argument of MMUINSPECT_IOC_REGS
 * @size: in: sizeof(struct mmuinspect_regs)
 * @flags: in: must be 0
 * @vec: in: user pointer to struct mmuinspect_reg[@vec_len]
 * @vec_len: in: 1 to MMUINSPECT_REGS_MAX; less than a CPU's registers is EINVAL
 * @filled: out: how many were written
 * @cpu: in: first CPU of interest; out: where to go on, UINT_MAX when done
 * @last_cpu: in: last CPU of interest, inclusive; UINT_MAX for all
 *
 * Each CPU is interrupted once and gives all its registers from that one moment.
 * A CPU that doesn't exist is left out; one that is offline answers one record.
 *
 * Errors: EPERM (needs CAP_SYS_ADMIN), EINVAL, E2BIG, EFAULT, EINTR, ENOMEM.
 */
struct mmuinspect_regs {
	__u32		size;
	__u32		flags;
	__aligned_u64	vec;
	__u32		vec_len;
	__u32		filled;
	__u32		cpu;
	__u32		last_cpu;
};

#define MMUINSPECT_REGS_MAX		65536
#define MMUINSPECT_MSRS_MAX		4096	/* reads in one MSRS */
#define MMUINSPECT_POLICY_MAX		1024	/* entries of the allow-list */

/**
 * struct mmuinspect_msr - one read of an MSR
 * @cpu: in: number of the CPU
 * @msr: in: number of the MSR
 * @value: out: its bits under the policy's mask; 0 if @error
 * @tsc_before: out: time-stamp counter of that CPU before the read; 0 if it wasn't
 *	read: all errors but -EIO
 * @tsc_after: out: and after it
 * @error: out: 0; -EACCES (not on the allow-list); -EKEYREJECTED (reveals an
 *	address: the kernel is locked down); -ENODEV (CPUID says that the CPU has
 *	no such MSR, so it wasn't read); -EIO (it was read and the CPU faulted: it has
 *	no such MSR); -ENXIO (the CPU is offline or doesn't exist)
 * @reserved: in: must be 0
 */
struct mmuinspect_msr {
	__u32		cpu;
	__u32		msr;
	__aligned_u64	value;
	__aligned_u64	tsc_before;
	__aligned_u64	tsc_after;
	__s32		error;
	__u32		reserved;
};

/*
 * struct mmuinspect_msrs.flags: try it. What CPUID says is absent is read too, and a
 * fault of the CPU's is an event (MMUINSPECT_SOURCE_EVENTS), as one of any other
 * code in the kernel; without the flag it's none.
 */
#define MMUINSPECT_MSRS_PROBE		(1U << 0)

/**
 * struct mmuinspect_msrs - argument of MMUINSPECT_IOC_MSRS
 * @size: in: sizeof(struct mmuinspect_msrs)
 * @flags: in: MMUINSPECT_MSRS_PROBE or 0
 * @vec: in: user pointer to struct mmuinspect_msr[@vec_len], in any order: each
 *	CPU is interrupted once for all that is read on it
 * @vec_len: in: 1 to MMUINSPECT_MSRS_MAX
 * @done: out: how many were answered: all, unless an error is returned
 *
 * A read that is refused or fails has its own @error and doesn't spoil the rest.
 * Errors: EACCES (needs CAP_SYS_RAWIO), EINVAL, E2BIG, EFAULT, EINTR, ENOMEM.
 */
struct mmuinspect_msrs {
	__u32		size;
	__u32		flags;
	__aligned_u64	vec;
	__u32		vec_len;
	__u32		done;
};

/* struct mmuinspect_desc.table */
enum mmuinspect_desc_table {
	MMUINSPECT_DESC_GDT		= 0,
	MMUINSPECT_DESC_IDT		= 1,
	MMUINSPECT_DESC_TSS		= 2,
	MMUINSPECT_DESC_LDT		= 3,	/* of the task that runs there */
};

/**
 * struct mmuinspect_desc - argument of MMUINSPECT_IOC_DESC
 * @size: in: sizeof(struct mmuinspect_desc)
 * @flags: in: must be 0
 * @cpu: in: number of the CPU
 * @table: in: enum mmuinspect_desc_table
 * @vec: in: user pointer to @vec_len bytes
 * @vec_len: in: 1 to 65536
 * @filled: out: bytes written: the smaller of the table and @vec_len; of a GDT and
 *	an IDT at most a page, because Linux has no more of them
 * @base: out: linear address of the table; 0 if there is none
 * @limit: out: offset of its last byte, as the CPU has it: of a GDT and an IDT it
 *	may be 0xffff since a VM exit (Intel SDM vol. 3C 28.5.2)
 * @selector: out: of a TSS or an LDT: its segment selector
 *
 * Raw, as the CPU reads it. GDT and LDT: Intel SDM vol. 3A 3.5, AMD APM vol. 2
 * 4.6 to 4.8; IDT: SDM 6.10 and 6.14.1, APM 8.9; TSS: SDM 8.2.3 and 8.7, APM 12.2.5.
 *
 * The CPU whose table it is finds it and copies it, in one interrupt: all that is
 * said of it is of one moment. An LDT, and the I/O permission map of a TSS, are
 * those of the task that ran there then.
 *
 * Errors: EPERM (needs CAP_SYS_ADMIN), EACCES (needs CAP_SYS_RAWIO), EKEYREJECTED
 * (locked down), ENXIO (the CPU is offline or doesn't exist), EINVAL, E2BIG,
 * EFAULT, EINTR, ENOMEM.
 */
struct mmuinspect_desc {
	__u32		size;
	__u32		flags;
	__u32		cpu;
	__u32		table;
	__aligned_u64	vec;
	__u32		vec_len;
	__u32		filled;
	__aligned_u64	base;
	__u32		limit;
	__u32		selector;
};

/*
 * The size of the argument is in the argument, so it isn't in the number.
 */
#define MMUINSPECT_IOC_MAGIC		0xE7
#define MMUINSPECT_IOC_INFO		_IO(MMUINSPECT_IOC_MAGIC, 0x00)
#define MMUINSPECT_IOC_TARGET		_IO(MMUINSPECT_IOC_MAGIC, 0x01)
#define MMUINSPECT_IOC_WALK		_IO(MMUINSPECT_IOC_MAGIC, 0x02)
#define MMUINSPECT_IOC_RUNS		_IO(MMUINSPECT_IOC_MAGIC, 0x03)
#define MMUINSPECT_IOC_REGS		_IO(MMUINSPECT_IOC_MAGIC, 0x04)
#define MMUINSPECT_IOC_MSRS		_IO(MMUINSPECT_IOC_MAGIC, 0x05)
#define MMUINSPECT_IOC_DESC		_IO(MMUINSPECT_IOC_MAGIC, 0x06)

#endif /* _UAPI_LINUX_MMUINSPECT_H */
