/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmmuinspect: page tables of live processes, as /dev/mmuinspect shows them
 *
 * The library asks the module for raw entries and explains them: what each bit
 * means at its level, which memory type results, what Linux says in an entry
 * that isn't present. Explaining needs nothing but a struct mmuinspect_info, so
 * it works on recorded entries too, without a device.
 *
 * Functions that can fail return a negative errno. None of them prints, none
 * keeps global state; one handle is for one thread at a time.
 *
 * The records (translations, runs, info) are those of <linux/mmuinspect.h>, what
 * can be counted is in <linux/mmuinspect_netlink.h>.
 */
#ifndef MMUINSPECT_H
#define MMUINSPECT_H

#include <stddef.h>
#include <sys/types.h>

#include <linux/mmuinspect.h>
#include <linux/mmuinspect_netlink.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library is built with everything hidden but what is declared here. */
#pragma GCC visibility push(default)

struct mmuinspect;
struct mmuinspect_cursor;

/**
 * mmuinspect_version() - the version of the library, as "0.1.0"
 */
const char *mmuinspect_version(void);

/**
 * mmuinspect_device() - the path of the device that mmuinspect_open() opens
 *
 * Return: the environment variable MMUINSPECT_DEVICE, else "/dev/mmuinspect".
 */
const char *mmuinspect_device(void);

/**
 * mmuinspect_open() - open the device and learn what machine this is
 * @ret: receives a handle, to be given to mmuinspect_close()
 *
 * A module with another ABI is opened too, so that the caller can tell which:
 * compare mmuinspect_info()->abi with MMUINSPECT_ABI. Every other call on such
 * a handle answers -EPROTO.
 *
 * Return: 0; -ENOENT or -ENXIO if the module isn't loaded; -EACCES or -EPERM if
 * the device isn't for this user; -ENOTTY if the file is no such device;
 * -EOPNOTSUPP if the library doesn't know the architecture; another errno of
 * open() or ioctl(); -ENOMEM.
 */
int mmuinspect_open(struct mmuinspect **ret);

/**
 * mmuinspect_close() - end the use of a handle
 * @h: a handle or NULL
 */
void mmuinspect_close(struct mmuinspect *h);

/**
 * mmuinspect_info() - the facts about this machine, kernel and module
 * @h: a handle
 *
 * Return: valid until mmuinspect_close().
 */
const struct mmuinspect_info *mmuinspect_info(const struct mmuinspect *h);

/**
 * mmuinspect_target() - choose whose address space to look at
 * @h: a handle
 * @pid: a process or thread in the caller's PID namespace; 0 for the caller
 *
 * Return: 0; -EPERM without the capabilities; -ESRCH if there is none; -ENXIO
 * if it has no address space (a kernel thread, a zombie); -EPROTO.
 */
int mmuinspect_target(struct mmuinspect *h, pid_t pid);

/**
 * mmuinspect_walk() - translate addresses, with every level shown
 * @h: a handle
 * @flags: MMUINSPECT_WALK_VERIFY or 0
 * @vec: the @address of each is asked, the rest is answered
 * @n: how many, any number
 * @root: receives the physical address of the top table in bytes; 0 if
 *	everything physical is hidden from the caller. May be NULL
 *
 * Return: 0; -EACCES (VERIFY without CAP_SYS_ADMIN); -EPERM; -ESRCH; -ENXIO;
 * -ESTALE if the target called exec meanwhile; -EINVAL; -ENOMEM; -EPROTO.
 */
int mmuinspect_walk(struct mmuinspect *h, unsigned int flags,
		    struct mmuinspect_translation *vec, size_t n, __u64 *root);

/**
 * mmuinspect_runs_begin() - begin to list an address space
 * @h: a handle; must outlive the cursor
 * @ask: @start, @end, @merge and @filter are used, the rest is ignored
 * @ret: receives a cursor, to be given to mmuinspect_runs_end()
 *
 * The first answer of the module is fetched here, so that a refusal is known
 * before the caller prints anything.
 *
 * Return: 0; -EACCES (MERGE_PHYS or a physical filter without CAP_SYS_ADMIN);
 * -ERANGE (end above the user half); -EPERM; -ESRCH; -ENXIO; -EINVAL; -ENOMEM;
 * -EPROTO.
 */
int mmuinspect_runs_begin(struct mmuinspect *h,
			  const struct mmuinspect_runs *ask,
			  struct mmuinspect_cursor **ret);

/**
 * mmuinspect_runs_next() - the next run
 * @c: a cursor
 * @run: receives a run, valid until the next call on @c
 *
 * Return: 1 and a run; 0 at the end; -ESRCH if the target has ended; -ESTALE if
 * it called exec; another errno as in mmuinspect_runs_begin().
 */
int mmuinspect_runs_next(struct mmuinspect_cursor *c,
			 const struct mmuinspect_run **run);

/**
 * mmuinspect_runs_state() - the request as the module last answered it
 * @c: a cursor
 *
 * Return: of interest are @root (0 if everything physical is hidden),
 * @cursor (how far the answer goes), and @unreadable (summed up so far).
 */
const struct mmuinspect_runs *
mmuinspect_runs_state(const struct mmuinspect_cursor *c);

/**
 * mmuinspect_runs_end() - end the use of a cursor
 * @c: a cursor or NULL
 */
void mmuinspect_runs_end(struct mmuinspect_cursor *c);

/* What it all means. */

/**
 * mmuinspect_arch_name() - "x86_64"; NULL if the library doesn't know it
 * @info: of the machine
 */
const char *mmuinspect_arch_name(const struct mmuinspect_info *info);

/**
 * mmuinspect_level_name() - "PT", "PD", "PDPT", "PML4" or "PML5"
 * @info: of the machine
 * @level: 1 for the last level
 *
 * Return: NULL if there is no such level.
 */
const char *mmuinspect_level_name(const struct mmuinspect_info *info,
				  unsigned int level);

/**
 * mmuinspect_level_size() - bytes of address space that an entry covers
 * @info: of the machine
 * @level: 1 for the last level
 *
 * Return: 0 if there is no such level.
 */
__u64 mmuinspect_level_size(const struct mmuinspect_info *info,
			    unsigned int level);

/**
 * mmuinspect_feature_name() - the name of a bit of struct mmuinspect_info.features
 * @bit: 0 to 63
 *
 * Return: NULL if the library doesn't know it.
 */
const char *mmuinspect_feature_name(unsigned int bit);

/**
 * mmuinspect_canonical() - can this be an address at all?
 * @info: of the machine
 * @va: a virtual address
 *
 * Return: 1 or 0. Intel SDM vol. 1, 3.3.7.1.
 */
int mmuinspect_canonical(const struct mmuinspect_info *info, __u64 va);

/**
 * enum mmuinspect_entry_kind - what an entry is to the hardware
 * @MMUINSPECT_ENTRY_ABSENT: not present, zero or not
 * @MMUINSPECT_ENTRY_TABLE: points to a table
 * @MMUINSPECT_ENTRY_LEAF: maps memory
 */
enum mmuinspect_entry_kind {
	MMUINSPECT_ENTRY_ABSENT,
	MMUINSPECT_ENTRY_TABLE,
	MMUINSPECT_ENTRY_LEAF,
};

/**
 * mmuinspect_entry_kind() - what an entry is to the hardware
 * @info: of the machine
 * @level: 1 for the last level
 * @entry: raw
 */
enum mmuinspect_entry_kind
mmuinspect_entry_kind(const struct mmuinspect_info *info, unsigned int level,
		      __u64 entry);

/**
 * mmuinspect_entry_address() - where a present entry points
 * @info: of the machine
 * @level: 1 for the last level
 * @entry: raw
 *
 * Return: physical address of a frame or a table, in bytes, without attribute
 * and encryption bits; 0 if the entry isn't present (or if it's hidden).
 */
__u64 mmuinspect_entry_address(const struct mmuinspect_info *info,
			       unsigned int level, __u64 entry);

/**
 * mmuinspect_entry_pkey() - the protection key of a leaf
 * @info: of the machine
 * @level: 1 for the last level
 * @entry: raw
 *
 * Return: 0 to 15; -1 if the entry is no leaf, or keys aren't in use.
 */
int mmuinspect_entry_pkey(const struct mmuinspect_info *info,
			  unsigned int level, __u64 entry);

/**
 * struct mmuinspect_flag - a bit or a field of an entry
 * @name: short: "RW", "NX", "pkey"
 * @meaning: in words
 * @field: 1 if @value matters, 0 for a plain bit, which is set
 * @value: of a field
 */
struct mmuinspect_flag {
	const char *name;
	const char *meaning;
	unsigned int field;
	unsigned int value;
};

#define MMUINSPECT_FLAGS_MAX 64

/**
 * mmuinspect_entry_flags() - name the bits that are set in an entry
 * @info: of the machine
 * @level: 1 for the last level
 * @entry: raw
 * @flag: receives up to MMUINSPECT_FLAGS_MAX, lowest bit first
 *
 * The same bit means different things in a table pointer, a page and a large
 * page. A bit that nothing is known of comes as the field "bit" with its number
 * for a value. In an entry that isn't present only bits that keep a meaning are
 * named; what it is as a whole says mmuinspect_absent().
 *
 * Return: how many.
 */
size_t mmuinspect_entry_flags(const struct mmuinspect_info *info,
			      unsigned int level, __u64 entry,
			      struct mmuinspect_flag flag[MMUINSPECT_FLAGS_MAX]);

/**
 * mmuinspect_memory_index() - which memory attribute a leaf selects
 * @info: of the machine
 * @level: 1 for the last level
 * @entry: raw
 *
 * Return: x86: the PAT index, 0 to 7 (Intel SDM vol. 3A, 12.12.3); -1 if the
 * entry is no leaf.
 */
int mmuinspect_memory_index(const struct mmuinspect_info *info,
			    unsigned int level, __u64 entry);

/**
 * mmuinspect_memory_type() - what a memory attribute stands for on this machine
 * @info: of the machine
 * @index: as from mmuinspect_memory_index()
 *
 * Return: x86: "UC", "WC", "WT", "WP", "WB", "UC-" or "reserved", as IA32_PAT
 * says (MTRRs may make it stricter); NULL if there is no such index.
 */
const char *mmuinspect_memory_type(const struct mmuinspect_info *info, int index);

/**
 * struct mmuinspect_absent - what Linux says in an entry that isn't present
 * @name: short and stable: "prot-none", "numa-hint", "huge-changing", "swap",
 *	"migration-read", "migration-read-exclusive", "migration-write",
 *	"hwpoison", "device-private-read", "device-private-write",
 *	"device-exclusive", "marker", "error", "unknown"
 * @meaning: in words
 * @type: the swap type; -1 if it isn't of the form of a swap entry
 * @has_offset: 1 if @offset is known, and means something
 * @has_phys: 1 if @phys is known: the frame is in memory
 * @offset: in a swap area, in pages; the bits of a marker
 * @phys: physical address of the frame, in bytes
 */
struct mmuinspect_absent {
	const char *name;
	const char *meaning;
	int type;
	unsigned int has_offset;
	unsigned int has_phys;
	__u64 offset;
	__u64 phys;
};

/**
 * mmuinspect_absent() - explain an entry that isn't present
 * @info: of the machine, with the constants of its kernel
 * @level: 1 for the last level
 * @entry: raw. What is all zero to the module must not be asked here; a zero
 *	is explained as what is left when the address is hidden
 * @hidden: 1 if the module has hidden everything physical (its @root is 0)
 * @ret: receives the answer
 */
void mmuinspect_absent(const struct mmuinspect_info *info, unsigned int level,
		       __u64 entry, int hidden, struct mmuinspect_absent *ret);

/**
 * mmuinspect_absent_mapped() - decide what only the mapping's rights show
 * @info: of the machine, with the constants of its kernel
 * @entry: raw
 * @accessible: 1 if the mapping of the address has any right, as
 *	/proc/PID/maps shows; else it's a PROT_NONE mapping
 * @absent: from mmuinspect_absent(); "prot-none" becomes "numa-hint" if the mapping
 *	is accessible, and means one of both alone
 */
void mmuinspect_absent_mapped(const struct mmuinspect_info *info, __u64 entry,
			      int accessible, struct mmuinspect_absent *absent);

/**
 * mmuinspect_absent_text() - the same in one phrase
 * @info: of the machine, with the constants of its kernel
 * @absent: from mmuinspect_absent()
 * @buf: receives a phrase as "swapped out: area 0, offset 0x1f"
 * @size: of @buf in bytes; 128 is enough
 *
 * Return: @buf
 */
const char *mmuinspect_absent_text(const struct mmuinspect_info *info,
				   const struct mmuinspect_absent *absent,
				   char *buf, size_t size);

/* What the MMU is told to do: registers, MSRs, and what their bits mean. */

/**
 * mmuinspect_regs() - the registers of some CPUs
 * @h: a handle
 * @first: number of the first CPU
 * @last: number of the last one; UINT_MAX for all that there are
 * @ret: receives an array, to be given to free(): the registers of the first
 *	CPU, then those of the next. A CPU that doesn't exist has none, one that is
 *	offline has one record, whose @id is 0
 * @n: receives how many
 *
 * Return: 0; -EPERM (needs CAP_SYS_ADMIN); -EINVAL; -ENOMEM; -EPROTO. A register
 * that is refused has its own @error.
 */
int mmuinspect_regs(struct mmuinspect *h, __u32 first, __u32 last,
		    struct mmuinspect_reg **ret, size_t *n);

/**
 * mmuinspect_msrs() - read permitted MSRs
 * @h: a handle
 * @msr: @cpu and @msr of each are asked, the rest is answered
 * @n: how many, any number; those of one CPU next to each other, so that it's
 *	interrupted once
 *
 * Return: 0; -EACCES (needs CAP_SYS_RAWIO); -EINVAL; -ENOMEM; -EPROTO. A read
 * that is refused or fails has its own @error.
 */
int mmuinspect_msrs(struct mmuinspect *h, struct mmuinspect_msr *msr, size_t n);

/**
 * mmuinspect_msr_probe() - try to read a permitted MSR
 * @h: a handle
 * @msr: as one of mmuinspect_msrs()
 *
 * It's read even if CPUID says that the CPU has none, and a fault is an event.
 *
 * Return: as mmuinspect_msrs().
 */
int mmuinspect_msr_probe(struct mmuinspect *h, struct mmuinspect_msr *msr);

/**
 * struct mmuinspect_value - a value of a field that has a name
 * @value: of the field
 * @name: short; NULL ends a list
 */
struct mmuinspect_value {
	__u64 value;
	const char *name;
};

/**
 * enum mmuinspect_field_kind - how a field is to be read
 * @MMUINSPECT_FIELD_BIT: a yes or no
 * @MMUINSPECT_FIELD_NUMBER: the bits under the mask, shifted down
 * @MMUINSPECT_FIELD_HEX: the same, better shown in hex
 * @MMUINSPECT_FIELD_ADDRESS: the bits under the mask, in their place
 */
enum mmuinspect_field_kind {
	MMUINSPECT_FIELD_BIT,
	MMUINSPECT_FIELD_NUMBER,
	MMUINSPECT_FIELD_HEX,
	MMUINSPECT_FIELD_ADDRESS,
};

/**
 * struct mmuinspect_condition - what another register says
 * @id: enum mmuinspect_x86_reg; 0 ends a list
 * @mask: the bits that matter
 * @value: how they must be
 */
struct mmuinspect_condition {
	__u32 id;
	__u64 mask;
	__u64 value;
};

/**
 * struct mmuinspect_field - a bit or a field of a register
 * @name: as the manuals have it; NULL ends a list
 * @mask: its bits
 * @kind: enum mmuinspect_field_kind
 * @varies: 1 if CPUs may differ in it
 * @meaning: in words; of a bit, when it's set
 * @why: why it matters; NULL if there is nothing to say
 * @source: where the manuals say so; NULL if it's where the register is
 * @values: those that have names; NULL if none have
 * @when: without this the bits are another field's; NULL for always
 */
struct mmuinspect_field {
	const char *name;
	__u64 mask;
	unsigned int kind;
	unsigned int varies;
	const char *meaning;
	const char *why;
	const char *source;
	const struct mmuinspect_value *values;
	const struct mmuinspect_condition *when;
};

/**
 * mmuinspect_field_applies() - is a field there?
 * @field: of a register
 * @reg: the registers of the same CPU
 * @n: how many
 *
 * Return: 1 or 0.
 */
int mmuinspect_field_applies(const struct mmuinspect_field *field,
			     const struct mmuinspect_reg *reg, size_t n);

/**
 * mmuinspect_field_value() - a field of a register's value
 * @field: of the register
 * @value: of the register
 *
 * Return: as @kind says; 0 or 1 for a bit.
 */
__u64 mmuinspect_field_value(const struct mmuinspect_field *field, __u64 value);

/**
 * mmuinspect_field_value_name() - the name of what mmuinspect_field_value() returns
 * @field: of the register
 * @value: of the field
 *
 * Return: NULL if it has none.
 */
const char *mmuinspect_field_value_name(const struct mmuinspect_field *field,
					__u64 value);

/* struct mmuinspect_register.vendor */
enum mmuinspect_vendor {
	MMUINSPECT_VENDOR_ANY,
	MMUINSPECT_VENDOR_INTEL,
	MMUINSPECT_VENDOR_AMD,
};

/**
 * struct mmuinspect_register - what is known of a register or of an MSR
 * @name: "CR0", "LSTAR"
 * @also: other names of it, with blanks between; NULL if there are none
 * @id: enum mmuinspect_x86_reg, or the number of the MSR
 * @vendor: whose it is, enum mmuinspect_vendor
 * @reveals: 1 if its value is, or holds, an address
 * @varies: 1 if CPUs may differ in it: it belongs to the task or to the CPU
 * @meaning: in words
 * @source: where the manuals describe it
 * @fields: lowest bit first; NULL if it's one value as a whole
 */
struct mmuinspect_register {
	const char *name;
	const char *also;
	__u32 id;
	__u8 vendor;
	__u8 reveals;
	__u8 varies;
	const char *meaning;
	const char *source;
	const struct mmuinspect_field *fields;
};

/**
 * mmuinspect_register_table() - the registers that REGS tells of
 * @info: of the machine
 * @n: receives how many
 *
 * Return: NULL if the library doesn't know the architecture.
 */
const struct mmuinspect_register *
mmuinspect_register_table(const struct mmuinspect_info *info, size_t *n);

/**
 * mmuinspect_msr_table() - the MSRs that the library knows, by number
 * @info: of the machine
 * @n: receives how many
 *
 * Return: NULL if the architecture has none.
 */
const struct mmuinspect_register *
mmuinspect_msr_table(const struct mmuinspect_info *info, size_t *n);

/**
 * mmuinspect_register_by_id() - the row of a register or an MSR
 * @table: one of the two
 * @n: how many rows it has
 * @id: to find
 *
 * Return: NULL if nothing is known of it.
 */
const struct mmuinspect_register *
mmuinspect_register_by_id(const struct mmuinspect_register *table, size_t n,
			  __u32 id);

/**
 * mmuinspect_register_by_name() - the same by its name
 * @table: one of the two
 * @n: how many rows it has
 * @name: in any case, one of the other names too; "MSR_", "IA32_" and the like
 *	before it don't matter
 *
 * Return: NULL if there is none.
 */
const struct mmuinspect_register *
mmuinspect_register_by_name(const struct mmuinspect_register *table, size_t n,
			    const char *name);

/**
 * mmuinspect_register_nearest() - the name that a misspelt one is most like
 * @table: one of the two
 * @n: how many rows it has
 * @name: as for mmuinspect_register_by_name()
 * @buf: receives a name, or one of the other names, without a prefix
 * @size: of @buf in bytes; 32 is enough
 *
 * Return: @buf; NULL if it's like none.
 */
const char *mmuinspect_register_nearest(const struct mmuinspect_register *table,
					size_t n, const char *name, char *buf,
					size_t size);

/**
 * mmuinspect_paging_mode() - what the bits of a CPU's registers add up to
 * @info: of the machine
 * @reg: the registers of one CPU
 * @n: how many
 * @buf: receives a phrase as "5-level, NX, global pages, SMEP, SMAP; PCID off"
 * @size: of @buf in bytes; 256 is enough
 *
 * Intel SDM vol. 3A 4.1.1, AMD APM vol. 2 5.1. What can't be derived, because a
 * register is missing, is left out.
 *
 * Return: @buf
 */
const char *mmuinspect_paging_mode(const struct mmuinspect_info *info,
				   const struct mmuinspect_reg *reg, size_t n,
				   char *buf, size_t size);

/* The list of MSRs that may be read. */

/**
 * struct mmuinspect_rule - an MSR that may be read
 * @mask: the bits of it that may be seen
 * @msr: its number
 * @reveals: 1 if the module takes it for an address, or knows nothing of it:
 *	refused while the kernel is locked down
 */
struct mmuinspect_rule {
	__u64 mask;
	__u32 msr;
	__u32 reveals;
};

/**
 * struct mmuinspect_policy_error - what is wrong with a policy file
 * @line: from 1; 0 if it isn't about a line
 * @column: from 1
 * @why: what was expected
 */
struct mmuinspect_policy_error {
	unsigned int line;
	unsigned int column;
	char why[160];
};

#define MMUINSPECT_POLICY_FILE "/etc/mmuinspect/msr.allow"

/**
 * mmuinspect_policy_read() - read a file of rules
 * @info: of the machine, for the names of MSRs
 * @path: of the file: lines "MSR [MASK] [# COMMENT]"; an MSR is 0x and hex
 *	digits, or a name; so is a mask, but for the name
 * @rule: receives up to MMUINSPECT_POLICY_MAX
 * @n: receives how many
 * @error: receives what is wrong
 *
 * Return: 0; -EINVAL or -E2BIG (too many rules) and @error; another errno of
 * fopen() or fgets(), with @line 0.
 */
int mmuinspect_policy_read(const struct mmuinspect_info *info, const char *path,
			   struct mmuinspect_rule rule[MMUINSPECT_POLICY_MAX],
			   size_t *n, struct mmuinspect_policy_error *error);

/* The other door: the generic netlink family. */

struct mmuinspect_family;

/**
 * mmuinspect_family_open() - find the netlink family
 * @ret: receives a handle, to be given to mmuinspect_family_close()
 *
 * Return: 0; -ENOENT if the module isn't loaded, or this isn't the initial
 * network namespace; -EPERM or another errno of socket(); -ENOMEM.
 */
int mmuinspect_family_open(struct mmuinspect_family **ret);

/**
 * mmuinspect_family_close() - end the use of a handle
 * @f: a handle or NULL
 */
void mmuinspect_family_close(struct mmuinspect_family *f);

/**
 * mmuinspect_family_why() - what the kernel said about the last call that failed
 * @f: a handle
 *
 * Return: its message; "" if it gave none. Valid until the next call.
 */
const char *mmuinspect_family_why(const struct mmuinspect_family *f);

/**
 * mmuinspect_family_info() - what the family tells to everybody
 * @f: a handle
 * @info: receives abi, version, release, arch, levels, va_bits, phys_bits and
 *	features; the rest is zero
 *
 * Return: 0; -EPROTO if something is missing; another errno.
 */
int mmuinspect_family_info(struct mmuinspect_family *f,
			   struct mmuinspect_info *info);

/**
 * mmuinspect_family_regs() - as mmuinspect_regs(), of every CPU
 * @f: a handle
 * @info: of the machine, for which registers there are
 * @ret: receives an array, to be given to free()
 * @n: receives how many
 *
 * Return: 0; -EPERM (needs CAP_SYS_ADMIN); -ENOMEM; another errno.
 */
int mmuinspect_family_regs(struct mmuinspect_family *f,
			   const struct mmuinspect_info *info,
			   struct mmuinspect_reg **ret, size_t *n);

/**
 * mmuinspect_policy_get() - the list of MSRs that may be read
 * @f: a handle
 * @rule: receives it, in ascending order
 * @n: receives how many
 * @sealed: receives 1 if the list can't be changed any more
 *
 * Return: 0; -EPERM (needs CAP_SYS_RAWIO); another errno.
 */
int mmuinspect_policy_get(struct mmuinspect_family *f,
			  struct mmuinspect_rule rule[MMUINSPECT_POLICY_MAX],
			  size_t *n, int *sealed);

/**
 * mmuinspect_policy_set() - replace the list, or extend it
 * @f: a handle
 * @rule: the rules; @reveals of each doesn't matter
 * @n: how many
 * @extend: 1 to keep those that are there
 *
 * Return: 0; -EPERM (needs CAP_SYS_RAWIO, or the list is sealed); -E2BIG (more
 * than MMUINSPECT_POLICY_MAX); another errno. On error the old list stays.
 */
int mmuinspect_policy_set(struct mmuinspect_family *f,
			  const struct mmuinspect_rule *rule, size_t n,
			  int extend);

/**
 * mmuinspect_policy_seal() - no change from now on, until the module is unloaded
 * @f: a handle
 *
 * Return: 0; -EPERM (needs CAP_SYS_RAWIO); another errno.
 */
int mmuinspect_policy_seal(struct mmuinspect_family *f);

/* Descriptor tables of x86-64: raw bytes, and what they mean. */

/**
 * mmuinspect_desc() - a descriptor table of a CPU, raw
 * @h: a handle
 * @cpu: number of the CPU
 * @table: enum mmuinspect_desc_table
 * @bytes: receives it
 * @size: of @bytes; 65536 is enough for any
 * @ret: receives @base, @limit, @selector and @filled (how many bytes); the rest
 *	is of no interest
 *
 * Return: 0; -EPERM (needs CAP_SYS_ADMIN); -EACCES (needs CAP_SYS_RAWIO);
 * -EKEYREJECTED (the kernel is locked down); -ENXIO (the CPU is offline or
 * doesn't exist); -EFAULT (the table went away); -EINVAL; -ENOMEM; -EPROTO.
 */
int mmuinspect_desc(struct mmuinspect *h, __u32 cpu, __u32 table, void *bytes,
		    size_t size, struct mmuinspect_desc *ret);

/**
 * enum mmuinspect_x86_kind - what a descriptor is
 * @MMUINSPECT_X86_EMPTY: all zero
 * @MMUINSPECT_X86_RESERVED: a system type that 64-bit mode doesn't have
 * @MMUINSPECT_X86_CODE: a segment of code
 * @MMUINSPECT_X86_DATA: a segment of data
 * @MMUINSPECT_X86_LDT: where a local descriptor table is
 * @MMUINSPECT_X86_TSS: where a task state segment is
 * @MMUINSPECT_X86_CALL_GATE: far calls go through it
 * @MMUINSPECT_X86_INTERRUPT_GATE: clears RFLAGS.IF on the way
 * @MMUINSPECT_X86_TRAP_GATE: leaves RFLAGS.IF alone
 */
enum mmuinspect_x86_kind {
	MMUINSPECT_X86_EMPTY,
	MMUINSPECT_X86_RESERVED,
	MMUINSPECT_X86_CODE,
	MMUINSPECT_X86_DATA,
	MMUINSPECT_X86_LDT,
	MMUINSPECT_X86_TSS,
	MMUINSPECT_X86_CALL_GATE,
	MMUINSPECT_X86_INTERRUPT_GATE,
	MMUINSPECT_X86_TRAP_GATE,
};

/**
 * struct mmuinspect_x86_descriptor - a descriptor, taken apart
 * @raw: as it is in the table; the second half is 0 if @bytes is 8
 * @bytes: 8, or 16 for a gate, an LDT and a TSS
 * @kind: what it is
 * @type: the type field, 0 to 15
 * @s: 1 for code and data, 0 for the system's
 * @dpl: the privilege level that it asks for
 * @p: 1 if it's present
 * @avl: segments: the bit for software
 * @l: code: 1 for 64-bit code
 * @db: code and data: default size of operands, upper bound, size of the stack
 * @g: segments: 1 if the limit counts 4 KiB
 * @limit: segments: offset of the last byte, with @g taken into account
 * @base: segments: linear address
 * @selector: gates: of the code segment that the handler is in
 * @ist: gates: which stack of the TSS; 0 for none of them
 * @offset: gates: linear address of the handler
 */
struct mmuinspect_x86_descriptor {
	__u64 raw[2];
	unsigned int bytes;
	enum mmuinspect_x86_kind kind;
	unsigned int type;
	unsigned int s;
	unsigned int dpl;
	unsigned int p;
	unsigned int avl;
	unsigned int l;
	unsigned int db;
	unsigned int g;
	__u32 limit;
	__u64 base;
	unsigned int selector;
	unsigned int ist;
	__u64 offset;
};

/**
 * mmuinspect_x86_descriptor() - take a descriptor of a GDT or an LDT apart
 * @bytes: where it is
 * @room: how many bytes there are up to the table's limit
 * @d: receives it
 *
 * Return: 0; -EINVAL if it ends beyond the limit.
 */
int mmuinspect_x86_descriptor(const void *bytes, size_t room,
			      struct mmuinspect_x86_descriptor *d);

/**
 * mmuinspect_x86_gate() - take a gate of an IDT apart
 * @idt: the table
 * @size: how many bytes it has
 * @vector: 0 to 255
 * @d: receives it
 *
 * Return: 0; -EINVAL if it's beyond the limit.
 */
int mmuinspect_x86_gate(const void *idt, size_t size, unsigned int vector,
			struct mmuinspect_x86_descriptor *d);

/**
 * mmuinspect_x86_user_may_raise() - does INT n in user mode get through a gate?
 * @gate: of an IDT
 *
 * Intel SDM vol. 3A 6.12.1.2: INT n, INT3 and INTO ask for a DPL that is no less
 * than the CPL. Interrupts, exceptions and INT1 don't.
 *
 * Return: 1 or 0.
 */
int mmuinspect_x86_user_may_raise(const struct mmuinspect_x86_descriptor *gate);

/**
 * mmuinspect_x86_type() - the type in words
 * @d: a descriptor
 * @buf: receives a phrase as "code, 64-bit, readable, accessed"
 * @size: of @buf in bytes; 64 is enough
 *
 * Return: @buf
 */
const char *mmuinspect_x86_type(const struct mmuinspect_x86_descriptor *d,
				char *buf, size_t size);

/**
 * mmuinspect_x86_gdt_name() - what Linux calls an entry of its GDT
 * @index: of the entry, its selector divided by 8
 *
 * Return: "KERNEL_CS"; NULL if it has no name for it.
 */
const char *mmuinspect_x86_gdt_name(unsigned int index);

/* What a selector is loaded as */
enum mmuinspect_x86_use {
	MMUINSPECT_X86_AS_DATA,		/* DS, ES, FS, GS */
	MMUINSPECT_X86_AS_STACK,	/* SS */
	MMUINSPECT_X86_AS_CODE,		/* CS, by a far jump or call */
};

/**
 * mmuinspect_x86_may_load() - is there privilege enough to load a selector?
 * @d: the descriptor that it selects
 * @use: into which register
 * @cpl: privilege of the code that loads it, 0 to 3
 * @rpl: the selector's own two bits
 *
 * Return: 1 or 0. That it's present is another question.
 */
int mmuinspect_x86_may_load(const struct mmuinspect_x86_descriptor *d,
			    enum mmuinspect_x86_use use, unsigned int cpl,
			    unsigned int rpl);

/**
 * struct mmuinspect_x86_tss - a 64-bit task state segment
 * @rsp: stacks for privilege levels 0 to 2
 * @ist: stacks 1 to 7 of the interrupt stack table
 * @iomap_base: offset of the I/O permission map
 */
struct mmuinspect_x86_tss {
	__u64 rsp[3];
	__u64 ist[7];
	__u16 iomap_base;
};

/**
 * mmuinspect_x86_tss() - take a TSS apart
 * @bytes: where it is
 * @size: how many bytes it has
 * @ret: receives it
 *
 * Return: 0; -EINVAL if it's shorter than 104 bytes.
 */
int mmuinspect_x86_tss(const void *bytes, size_t size,
		       struct mmuinspect_x86_tss *ret);

/**
 * mmuinspect_x86_ports() - ports that the I/O permission map of a TSS allows
 * @tss: the TSS, with its map
 * @size: how many bytes it has: its limit + 1
 * @from: the first port of interest
 * @first: receives the first of a range that is allowed
 * @last: receives the last of it
 *
 * Return: 1 and a range; 0 if there is none from @from on.
 */
int mmuinspect_x86_ports(const void *tss, size_t size, unsigned int from,
			 unsigned int *first, unsigned int *last);

/* TLBs of x86-64, by CPUID. */

/**
 * struct mmuinspect_cpuid - an answer of CPUID
 * @leaf: asked in EAX
 * @subleaf: asked in ECX
 * @eax: answered
 * @ebx: answered
 * @ecx: answered
 * @edx: answered
 */
struct mmuinspect_cpuid {
	__u32 leaf;
	__u32 subleaf;
	__u32 eax;
	__u32 ebx;
	__u32 ecx;
	__u32 edx;
};

#define MMUINSPECT_CPUID_MAX 64

/**
 * mmuinspect_cpuid() - ask the CPU that the caller runs on about itself
 * @dump: receives up to MMUINSPECT_CPUID_MAX answers
 *
 * Return: how many; 0 if the library wasn't built for x86.
 */
size_t mmuinspect_cpuid(struct mmuinspect_cpuid dump[MMUINSPECT_CPUID_MAX]);

enum mmuinspect_tlb_kind {
	MMUINSPECT_TLB_DATA,
	MMUINSPECT_TLB_INSTRUCTION,
	MMUINSPECT_TLB_UNIFIED,
	MMUINSPECT_TLB_LOAD,
	MMUINSPECT_TLB_STORE,
};

#define MMUINSPECT_TLB_FULLY (~0U)

/**
 * struct mmuinspect_tlb - a TLB, or what CPUID lists as one
 * @level: 1 is the nearest
 * @kind: what it translates for
 * @pages: sum of the page sizes that it holds, in bytes: each is a power of two
 * @entries: how many; AMD lists one structure for each page size, and doesn't say
 *	whether they share entries
 * @ways: of a set; MMUINSPECT_TLB_FULLY; 0 if CPUID doesn't say
 * @sharing: at most so many logical CPUs share it; 0 if CPUID doesn't say
 * @leaf: of CPUID that says so
 * @detail: the descriptor byte of leaf 2, the subleaf of leaf 0x18, else 0
 */
struct mmuinspect_tlb {
	unsigned int level;
	enum mmuinspect_tlb_kind kind;
	__u64 pages;
	unsigned int entries;
	unsigned int ways;
	unsigned int sharing;
	__u32 leaf;
	__u32 detail;
};

#define MMUINSPECT_TLB_MAX 64

/**
 * mmuinspect_tlbs() - the TLBs that CPUID enumerates
 * @dump: answers of CPUID, of this machine or of another one
 * @n: how many
 * @tlb: receives up to MMUINSPECT_TLB_MAX, as CPUID has them
 *
 * Intel: leaf 0x18, else leaf 2 (SDM vol. 2A, CPUID, table 3-12). AMD: leaves
 * 0x80000005, 0x80000006, 0x80000019 (APM vol. 3 appendix E).
 *
 * Return: how many; 0 if nothing is said of them.
 */
size_t mmuinspect_tlbs(const struct mmuinspect_cpuid *dump, size_t n,
		       struct mmuinspect_tlb tlb[MMUINSPECT_TLB_MAX]);

/**
 * mmuinspect_tlb_kind_name() - "data", "instruction", "unified", "load", "store"
 * @kind: enum mmuinspect_tlb_kind
 */
const char *mmuinspect_tlb_kind_name(unsigned int kind);

/**
 * struct mmuinspect_cpu_model - whose CPU it is
 * @vendor: as CPUID spells it
 * @name: of the model; empty if it has none
 * @hypervisor: signature of what runs below; empty on bare metal
 * @core: of a hybrid CPU "Core" or "Atom", else empty
 * @hypervised: 1 if there is a hypervisor, or an emulator
 * @emulator: 1 if the CPU is emulated, as far as the signature tells
 */
struct mmuinspect_cpu_model {
	char vendor[13];
	char name[49];
	char hypervisor[13];
	char core[8];
	unsigned int hypervised;
	unsigned int emulator;
};

/**
 * mmuinspect_cpu_model() - whose CPU it is
 * @dump: answers of CPUID
 * @n: how many
 * @ret: receives it
 */
void mmuinspect_cpu_model(const struct mmuinspect_cpuid *dump, size_t n,
			  struct mmuinspect_cpu_model *ret);

/**
 * struct mmuinspect_tlb_feature - what a CPU can do about its TLBs
 * @name: short and stable: "pcid", "invpcid", "global-pages", "invlpgb", "1g-pages",
 *	"translation-cache-extension"
 * @meaning: in words
 * @vendor: the only vendor that has it; NULL for any
 * @leaf: of CPUID that says so
 * @reg: 0 for EAX, 1 EBX, 2 ECX, 3 EDX
 * @bit: in that register
 * @cr4: bit of CR4 that turns it on; 0 if none does
 * @efer: the same of EFER; with neither, no register says whether it's in use
 */
struct mmuinspect_tlb_feature {
	const char *name;
	const char *meaning;
	const char *vendor;
	__u32 leaf;
	__u32 reg;
	__u32 bit;
	__u64 cr4;
	__u64 efer;
};

/**
 * mmuinspect_tlb_features() - the features that there are to ask for
 * @n: receives how many
 */
const struct mmuinspect_tlb_feature *mmuinspect_tlb_features(size_t *n);

/**
 * mmuinspect_tlb_has() - does a CPU have a feature?
 * @dump: answers of CPUID
 * @n: how many
 * @feature: a row of mmuinspect_tlb_features()
 *
 * Return: 1 or 0.
 */
int mmuinspect_tlb_has(const struct mmuinspect_cpuid *dump, size_t n,
		       const struct mmuinspect_tlb_feature *feature);

/* Counting: page faults and TLB flushes, and who asks for what to be counted. */

/**
 * struct mmuinspect_count - how often
 * @kind: what of, MMUINSPECT_A_COUNTS_*
 * @key: which of them, as linux/mmuinspect_netlink.h and the spec say
 * @sub: the second part of it; 0 if there is none
 * @count: how often; more than 0
 */
struct mmuinspect_count {
	__u32 kind;
	__u32 key;
	__s32 sub;
	__u64 count;
};

/**
 * struct mmuinspect_counts - counts of one CPU, process or time
 * @count: in ascending order of @kind, @key, @sub, none of them twice; what isn't
 *	there is 0, or isn't counted
 * @n: how many
 *
 * All zero is an empty one.
 */
struct mmuinspect_counts {
	struct mmuinspect_count *count;
	size_t n;
};

/**
 * mmuinspect_counts_free() - give back the memory, and leave it empty
 * @counts: any
 */
void mmuinspect_counts_free(struct mmuinspect_counts *counts);

/**
 * mmuinspect_counts_add() - sum up
 * @sum: receives what it has and @more has
 * @more: to be added
 *
 * Return: 0; -ENOMEM, and @sum is as it was.
 */
int mmuinspect_counts_add(struct mmuinspect_counts *sum,
			  const struct mmuinspect_counts *more);

/**
 * mmuinspect_counts_difference() - what happened between two moments
 * @ret: receives it; to be given to mmuinspect_counts_free()
 * @after: later ones
 * @before: earlier ones; what they have more is taken for 0
 *
 * Return: 0 or -ENOMEM.
 */
int mmuinspect_counts_difference(struct mmuinspect_counts *ret,
				 const struct mmuinspect_counts *after,
				 const struct mmuinspect_counts *before);

/**
 * mmuinspect_counts_total() - all of a kind
 * @counts: any
 * @kind: MMUINSPECT_A_COUNTS_*
 */
__u64 mmuinspect_counts_total(const struct mmuinspect_counts *counts,
			      __u32 kind);

/**
 * mmuinspect_counts_of() - one of a kind
 * @counts: any
 * @kind: MMUINSPECT_A_COUNTS_*
 * @key: of the count; the sum over all @sub
 */
__u64 mmuinspect_counts_of(const struct mmuinspect_counts *counts, __u32 kind,
			   __u32 key);

/**
 * mmuinspect_sources() - what can be counted with this kernel
 * @f: a handle
 * @sources: receives MMUINSPECT_SOURCE_*, ored
 *
 * Return: 0; -EOPNOTSUPP if the module is older than counting; another errno.
 */
int mmuinspect_sources(struct mmuinspect_family *f, __u32 *sources);

/**
 * mmuinspect_counters_set() - say what is to be counted on behalf of a handle
 * @f: a handle; what it asked for before is replaced, and it ends with the handle
 * @sources: MMUINSPECT_SOURCE_*, ored; 0 for nothing
 *
 * Return: 0; -EPERM (needs CAP_SYS_ADMIN; events CAP_SYS_RAWIO, and no lockdown);
 * -EOPNOTSUPP if this kernel lacks one; another errno.
 */
int mmuinspect_counters_set(struct mmuinspect_family *f, __u32 sources);

/**
 * struct mmuinspect_counters - what was counted on all CPUs
 * @cpu: what each CPU counted, in ascending order
 * @n: how many there are that counted anything
 * @all: their sum
 * @lost: faults and flushes whose end wasn't seen
 * @sources: what is being counted at the moment, for anybody
 */
struct mmuinspect_counters {
	struct mmuinspect_cpu_counts {
		__u32 cpu;
		struct mmuinspect_counts counts;
	} *cpu;
	size_t n;
	struct mmuinspect_counts all;
	__u64 lost;
	__u32 sources;
};

/**
 * mmuinspect_counters_get() - what was counted so far
 * @f: a handle
 * @ret: receives it; to be given to mmuinspect_counters_free()
 *
 * Counts only grow, and they are shared: take the difference of two moments.
 *
 * Return: 0; -EPERM (needs CAP_SYS_ADMIN); -ENOMEM; another errno.
 */
int mmuinspect_counters_get(struct mmuinspect_family *f,
			    struct mmuinspect_counters *ret);

/**
 * mmuinspect_counters_free() - give back the memory, and leave it empty
 * @counters: any
 */
void mmuinspect_counters_free(struct mmuinspect_counters *counters);

/**
 * struct mmuinspect_shots - TLB flush IPIs that a CPU sent to another
 * @from: the CPU that asked
 * @to: the one that had to flush
 * @count: how often
 */
struct mmuinspect_shots {
	__u32 from;
	__u32 to;
	__u64 count;
};

/**
 * mmuinspect_matrix_get() - TLB flush IPIs from CPU to CPU, while a socket has the source targets
 * @f: a handle
 * @ret: receives an array, in ascending order, to be given to free()
 * @n: receives how many
 *
 * Return: 0; -EPERM (needs CAP_SYS_ADMIN); -EOPNOTSUPP where the kernel tells no
 * more than how many were shot at once (MMUINSPECT_A_COUNTS_TARGETS; before 6.5);
 * -ENOMEM; another errno.
 */
int mmuinspect_matrix_get(struct mmuinspect_family *f,
			  struct mmuinspect_shots **ret, size_t *n);

/* mmuinspect_watch_add(), flags */
#define MMUINSPECT_WATCH_ON_EXEC	(1U << 0)	/* begin when it calls exec */
#define MMUINSPECT_WATCH_ALONE		(1U << 1)	/* leave its children out */

/**
 * mmuinspect_watch_add() - count for a process and the children that it makes
 * @f: a handle; the watch ends with it
 * @pid: a process in the caller's PID namespace; 0 for the caller
 * @sources: MMUINSPECT_SOURCE_*, ored
 * @flags: MMUINSPECT_WATCH_*
 * @id: receives what the other functions call it by
 *
 * Return: 0; -EPERM (needs CAP_SYS_ADMIN, and CAP_SYS_PTRACE for somebody
 * else's process); -ESRCH if there is none; -EOPNOTSUPP if this kernel lacks a
 * source; another errno.
 */
int mmuinspect_watch_add(struct mmuinspect_family *f, pid_t pid, __u32 sources,
			 unsigned int flags, __u32 *id);

/**
 * mmuinspect_watch_del() - end a watch
 * @f: the handle that has it
 * @id: of the watch
 *
 * Return: 0; -ENOENT if there is none; another errno.
 */
int mmuinspect_watch_del(struct mmuinspect_family *f, __u32 id);

/**
 * struct mmuinspect_watch - a watch and what it has counted
 * @id: of the watch
 * @pid: of the process that it began with
 * @sources: MMUINSPECT_SOURCE_* that are counted of it
 * @processes: how many are watched at the moment, children included
 * @unwatched: children that weren't watched, for want of room
 * @counts: what all of them did since it began, on all CPUs
 */
struct mmuinspect_watch {
	__u32 id;
	__u32 pid;
	__u32 sources;
	__u32 processes;
	__u64 unwatched;
	struct mmuinspect_counts counts;
};

/**
 * mmuinspect_watch_get() - what a watch has counted so far
 * @f: the handle that has it
 * @id: of the watch
 * @ret: receives it; its @counts are to be given to mmuinspect_counts_free()
 *
 * Return: 0; -ENOENT if there is none; -EPERM; -ENOMEM; another errno.
 */
int mmuinspect_watch_get(struct mmuinspect_family *f, __u32 id,
			 struct mmuinspect_watch *ret);

/**
 * mmuinspect_watches_get() - the same of all watches of a handle
 * @f: the handle
 * @ret: receives an array, to be given to mmuinspect_watches_free()
 * @n: receives how many
 *
 * Return: 0; -EPERM; -ENOMEM; another errno.
 */
int mmuinspect_watches_get(struct mmuinspect_family *f,
			   struct mmuinspect_watch **ret, size_t *n);

/**
 * mmuinspect_watches_free() - give back the memory
 * @watch: an array or NULL
 * @n: how many it has
 */
void mmuinspect_watches_free(struct mmuinspect_watch *watch, size_t n);

/* Faults as events. */

#define MMUINSPECT_EVENT_BYTES 15

/* struct mmuinspect_event.has: fields that are known */
#define MMUINSPECT_EVENT_ADDRESS	(1U << 0)
#define MMUINSPECT_EVENT_SIGNAL		(1U << 1)
#define MMUINSPECT_EVENT_SIGNAL_ADDRESS	(1U << 2)
#define MMUINSPECT_EVENT_VECTOR		(1U << 3)
#define MMUINSPECT_EVENT_ERROR_CODE	(1U << 4)
#define MMUINSPECT_EVENT_ALTSTACK	(1U << 5)

/**
 * struct mmuinspect_event - a fault that came to a signal, or near one
 * @seq: its number
 * @lost: how many were lost between the one before it and this one; 0 for the first
 * @time: nanoseconds of CLOCK_MONOTONIC
 * @cpu: number of the CPU
 * @pid: the process, in the initial PID namespace
 * @tid: its thread
 * @comm: name of the thread
 * @end: how it ended, enum mmuinspect_fault_end
 * @vector: number of the exception; with MMUINSPECT_EVENT_VECTOR
 * @has: MMUINSPECT_EVENT_*, ored. MMUINSPECT_EVENT_ALTSTACK: the frame that could
 *	not be written was for the alternate signal stack
 * @user: 1 if the CPU was in user mode
 * @error_code: of the exception; with MMUINSPECT_EVENT_ERROR_CODE
 * @address: the address that faulted
 * @ip: of the instruction
 * @sp: the stack pointer
 * @origin: what made the signal, enum mmuinspect_fault_origin
 * @frame_signal: the signal whose frame could not be written; 0 if not known
 * @signal: that it ended with
 * @code: its si_code
 * @signal_address: its si_addr
 * @n_bytes: how many of @bytes are known
 * @bytes: the instruction, and what follows it
 * @n_entries: how many of @entry are known; 0 unless the process was watched with
 *	the source states
 * @entry: what translated the address when the CPU faulted, from the root down
 */
struct mmuinspect_event {
	__u64 seq;
	__u64 lost;
	__u64 time;
	__u32 cpu;
	__u32 pid;
	__u32 tid;
	char comm[32];
	__u32 end;
	__u32 vector;
	__u32 has;
	__u32 user;
	__u64 error_code;
	__u64 address;
	__u64 ip;
	__u64 sp;
	__u32 origin;
	__u32 frame_signal;
	__u32 signal;
	__s32 code;
	__u64 signal_address;
	__u32 n_bytes;
	__u8 bytes[MMUINSPECT_EVENT_BYTES];
	__u32 n_entries;
	struct mmuinspect_event_entry {
		__u32 level;
		__u64 raw;
	} entry[MMUINSPECT_LEVELS_MAX];
};

struct mmuinspect_events;

/**
 * mmuinspect_events_open() - ask for events, and listen for them
 * @f: a handle, for mmuinspect_family_why() of a refusal. Nothing else of it is
 *	touched: events come to a socket of their own
 * @ret: receives a handle, to be given to mmuinspect_events_close()
 *
 * From its return on no event is missed, but for those that are reported as lost.
 * Events come only while the opener of that socket (the caller) and its process
 * have the rights, which the module asks again for each event.
 *
 * Return: 0; -EPERM (needs CAP_SYS_ADMIN and CAP_SYS_RAWIO, and no lockdown);
 * -EOPNOTSUPP if this kernel lacks them; -ENOMEM; another errno.
 */
int mmuinspect_events_open(struct mmuinspect_family *f,
			   struct mmuinspect_events **ret);

/**
 * mmuinspect_events_stop() - ask for no further events
 * @events: a handle
 *
 * Those that were before the call wait for mmuinspect_events_next() at its return;
 * behind the last one that returns -ENODATA.
 *
 * Return: 0; a negative errno: there may be some that will never come.
 */
int mmuinspect_events_stop(struct mmuinspect_events *events);

/**
 * mmuinspect_events_lost() - how many events were lost behind the last one
 * @events: a handle, of which mmuinspect_events_next() has returned the end: -ENODATA,
 *	or why events aren't permitted any more
 *
 * Return: the number; 0 before that.
 */
__u64 mmuinspect_events_lost(const struct mmuinspect_events *events);

/**
 * mmuinspect_events_close() - end it
 * @events: a handle or NULL
 */
void mmuinspect_events_close(struct mmuinspect_events *events);

/**
 * mmuinspect_events_fd() - a file descriptor that is readable when there is one
 * @events: a handle
 */
int mmuinspect_events_fd(const struct mmuinspect_events *events);

/**
 * mmuinspect_events_next() - the next event
 * @events: a handle
 * @timeout: in milliseconds; 0 for one that is there, -1 for ever
 * @ret: receives it
 *
 * Return: 1 and an event; 0 if there was none in that time; -EINTR after a signal;
 * -ENOBUFS if events were lost because nobody read them: go on. That comes before
 * the events that still wait, all of which are older than those that were lost; the
 * first one behind those has their number in its @lost, or mmuinspect_events_lost() at
 * the end. -ENODATA at the end that mmuinspect_events_stop() asked for; -EPERM or
 * -EACCES if the caller has lost the right, -EKEYREJECTED if the kernel was locked
 * down, -ESRCH if the process that asked has ended; -ENODEV if the module was
 * unloaded; another errno.
 */
int mmuinspect_events_next(struct mmuinspect_events *events, int timeout,
			   struct mmuinspect_event *ret);

/* What counts and events mean, in words. */

/**
 * struct mmuinspect_name - a number's name
 * @name: short and stable
 * @meaning: in words
 */
struct mmuinspect_name {
	const char *name;
	const char *meaning;
};

/**
 * enum mmuinspect_names - whose names
 * @MMUINSPECT_NAMES_SOURCE: the number of the bit of an enum mmuinspect_source
 * @MMUINSPECT_NAMES_STATE: enum mmuinspect_state
 * @MMUINSPECT_NAMES_OUTCOME: enum mmuinspect_outcome
 * @MMUINSPECT_NAMES_FLUSH: the kernel's enum tlb_flush_reason
 * @MMUINSPECT_NAMES_REQUEST: enum mmuinspect_request
 * @MMUINSPECT_NAMES_END: enum mmuinspect_fault_end
 * @MMUINSPECT_NAMES_ORIGIN: enum mmuinspect_fault_origin
 */
enum mmuinspect_names {
	MMUINSPECT_NAMES_SOURCE,
	MMUINSPECT_NAMES_STATE,
	MMUINSPECT_NAMES_OUTCOME,
	MMUINSPECT_NAMES_FLUSH,
	MMUINSPECT_NAMES_REQUEST,
	MMUINSPECT_NAMES_END,
	MMUINSPECT_NAMES_ORIGIN,
};

/**
 * mmuinspect_name() - the name of a number
 * @names: which list
 * @number: from 0
 *
 * Return: NULL if it has none, as what a later kernel counts; show the number.
 */
const struct mmuinspect_name *mmuinspect_name(enum mmuinspect_names names,
					      unsigned int number);

/**
 * mmuinspect_signal_name() - "SIGSEGV"
 * @signal: one that a fault may come to
 *
 * Return: NULL if it's another.
 */
const char *mmuinspect_signal_name(int signal);

/**
 * mmuinspect_signal_code() - what si_code says of a signal that a fault made
 * @signal: the signal
 * @code: its si_code
 *
 * Return: "SEGV_MAPERR" and its meaning; NULL if it isn't known.
 */
const struct mmuinspect_name *mmuinspect_signal_code(int signal, int code);

/**
 * mmuinspect_bucket() - the first and the last number that a bucket stands for
 * @key: of MMUINSPECT_A_COUNTS_CYCLES or _LATENCY; or sub of _FLUSH or _REQUEST,
 *	where 0 stands for everything
 * @last: receives the last one; may be NULL
 *
 * Return: the first one.
 */
__u64 mmuinspect_bucket(unsigned int key, __u64 *last);

/**
 * struct mmuinspect_fault_bit - a bit of a page fault's error code
 * @name: as the manuals have it
 * @bit: its number
 * @set: what it means when it's set
 * @clear: what it means when it's clear; NULL for nothing
 * @source: where the manuals say so
 */
struct mmuinspect_fault_bit {
	const char *name;
	unsigned int bit;
	const char *set;
	const char *clear;
	const char *source;
};

/**
 * mmuinspect_fault_bits() - the bits of an x86 page fault's error code
 * @n: receives how many
 *
 * Return: rows, lowest bit first.
 */
const struct mmuinspect_fault_bit *mmuinspect_fault_bits(size_t *n);

/**
 * mmuinspect_fault_code() - the bits of an error code that are set, by name
 * @code: of a page fault
 * @buf: receives "P W U"; "0" if none is set
 * @size: of @buf in bytes; 64 is enough
 *
 * A bit that nothing is known of is shown as "bit9".
 *
 * Return: @buf
 */
const char *mmuinspect_fault_code(__u64 code, char *buf, size_t size);

/**
 * mmuinspect_fault_name() - the class of a page fault, in a word that stays
 * @code: its error code
 * @buf: receives ACCESS-CAUSE-MODE, as "read-not-present-user": the access is
 *	read, write or fetch, with "shadow-stack-" before it if it was one; the
 *	cause is not-present, protection, protection-key, or reserved-bit; the mode
 *	user or kernel. No two values of bits 0 to 6 have one name: a combination
 *	that no CPU should report has its number behind it, as "-0x12"
 * @size: of @buf in bytes; 64 is enough
 *
 * Return: @buf
 */
const char *mmuinspect_fault_name(__u64 code, char *buf, size_t size);

/**
 * mmuinspect_error_code() - what the error code of any x86 exception says
 * @vector: of the exception
 * @code: its error code
 * @buf: receives as mmuinspect_fault_code() for a page fault; "IDT entry 0x80",
 *	or "0", if it may name a selector; "endbranch" for #CP
 * @size: of @buf in bytes; 64 is enough
 *
 * Return: @buf; NULL if the exception has no error code, or it says nothing.
 */
const char *mmuinspect_error_code(unsigned int vector, __u64 code, char *buf,
				  size_t size);

/* May an access be? And if not, which entry and which bit deny it. */

/**
 * enum mmuinspect_access_kind - what is tried
 * @MMUINSPECT_ACCESS_READ: reading data
 * @MMUINSPECT_ACCESS_WRITE: writing data
 * @MMUINSPECT_ACCESS_EXEC: fetching an instruction
 */
enum mmuinspect_access_kind {
	MMUINSPECT_ACCESS_READ,
	MMUINSPECT_ACCESS_WRITE,
	MMUINSPECT_ACCESS_EXEC,
};

/**
 * struct mmuinspect_access - an access, and what its CPU is told
 * @address: of interest
 * @kind: enum mmuinspect_access_kind
 * @user: 1 in user mode, 0 in the kernel
 * @ac: in the kernel: 1 if EFLAGS.AC is set, as in copy_to_user() and the like
 * @has_keys: 1 if @keys is known
 * @keys: rights of the protection keys (x86: PKRU)
 * @walked: 1 if the CPU is known to have gone through the tables: it has raised a
 *	page fault
 * @reg: the registers of the CPU, as from mmuinspect_regs(); in user mode they
 *	matter in the kernel half alone
 * @regs: how many
 */
struct mmuinspect_access {
	__u64 address;
	unsigned int kind;
	unsigned int user;
	unsigned int ac;
	unsigned int has_keys;
	__u32 keys;
	unsigned int walked;
	const struct mmuinspect_reg *reg;
	size_t regs;
};

/**
 * struct mmuinspect_denial - something that denies an access
 * @name: short and stable: "not-canonical", "lass", "kernel-half",
 *	"not-present", "reserved-bit", "supervisor-only", "read-only", "no-execute",
 *	"smep", "smap", "key-access", "key-write"
 * @meaning: in words
 * @bit: of an entry, or of the rights of a key; NULL if it's none of them
 * @set: 1 if it denies by being set, 0 by being clear
 * @level: of the entry, 1 for the last one; 0 if it's no entry
 * @entry: raw
 * @reg: the bit of a register that takes part, as "CR4.SMAP"; NULL if none does
 * @key: of a protection key: its number; -1 else
 * @certain: 0 if that depends on a register which isn't known
 */
struct mmuinspect_denial {
	const char *name;
	const char *meaning;
	const char *bit;
	unsigned int set;
	unsigned int level;
	__u64 entry;
	const char *reg;
	int key;
	unsigned int certain;
};

#define MMUINSPECT_DENIALS_MAX 24

/**
 * struct mmuinspect_denials - all that denies an access
 * @n: how many of @denial; 0 if it's allowed
 * @vector: of the exception, if it's denied
 * @error_code: of the exception, as far as the entries tell
 * @error_code_unknown: bits of it that they don't tell
 * @denial: what makes all the rest not matter first; then from the root down
 */
struct mmuinspect_denials {
	size_t n;
	unsigned int vector;
	__u32 error_code;
	__u32 error_code_unknown;
	struct mmuinspect_denial denial[MMUINSPECT_DENIALS_MAX];
};

/**
 * mmuinspect_access() - find what denies an access
 * @info: of the machine
 * @access: what is tried
 * @step: the entries on the way, from the root down; only @level and @entry of
 *	each matter
 * @steps: how many; 0 if they aren't known
 * @ret: receives the answer
 *
 * Intel SDM vol. 3A 4.6, AMD APM vol. 2 5.6. What isn't looked at: shadow-stack
 * accesses, protection keys of kernel pages, pointers with tags (LAM, UAI),
 * tables of a hypervisor or of SGX.
 *
 * Return: 0; -ENODATA if the entries end too early to tell; -EOPNOTSUPP if the
 * library can't explain this architecture.
 */
int mmuinspect_access(const struct mmuinspect_info *info,
		      const struct mmuinspect_access *access,
		      const struct mmuinspect_step *step, size_t steps,
		      struct mmuinspect_denials *ret);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
