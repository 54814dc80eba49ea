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
 * The records (translations, runs, info) are those of <linux/mmuinspect.h>.
 */
#ifndef MMUINSPECT_H
#define MMUINSPECT_H

#include <stddef.h>
#include <sys/types.h>

#include <linux/mmuinspect.h>

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
 * @name: short and stable: "prot-none", "huge-changing", "swap",
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

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
