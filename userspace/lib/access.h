/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an architecture must say so that a denied access can be explained. */
#ifndef ACCESS_H
#define ACCESS_H

#include "decode.h"

/* Kinds of access: bit n is enum mmuinspect_access_kind n. */
#define KIND_READ	(1 << MMUINSPECT_ACCESS_READ)
#define KIND_WRITE	(1 << MMUINSPECT_ACCESS_WRITE)
#define KIND_EXEC	(1 << MMUINSPECT_ACCESS_EXEC)
#define KIND_DATA	(KIND_READ | KIND_WRITE)
#define KIND_ANY	(KIND_DATA | KIND_EXEC)

#define MODE_USER	(1 << 0)
#define MODE_KERNEL	(1 << 1)
#define MODE_ANY	(MODE_USER | MODE_KERNEL)

/* struct access_rule.only */
#define ONLY_LEAF	(1 << 0)	/* it's about the last entry alone */
#define ONLY_USER_PAGE	(1 << 1)	/* every level lets user mode in */
#define ONLY_WITHOUT_AC	(1 << 2)	/* and EFLAGS.AC is clear */

/**
 * struct access_rule - a reason to deny an access
 * @name: short and stable
 * @meaning: in words
 * @bit: the entry's bit, as the manuals have it
 * @mask: it
 * @value: the entry denies if the bits under @mask read so
 * @kinds: which accesses, KIND_*
 * @modes: whose, MODE_*
 * @only: ONLY_*
 * @feature: MMUINSPECT_FEATURE_* that must be in use
 * @reg: what turns the rule on, for people; NULL if it's always on
 * @when: the same for us; NULL if @reg is
 */
struct access_rule {
	const char *name;
	const char *meaning;
	const char *bit;
	__u64 mask;
	__u64 value;
	unsigned int kinds;
	unsigned int modes;
	unsigned int only;
	__u64 feature;
	const char *reg;
	const struct mmuinspect_condition *when;
};

/**
 * struct access_key_rule - what the rights of a protection key deny
 * @name: short and stable
 * @meaning: in words
 * @bit: of the two that each key has in the register, for people
 * @mask: the same, of key 0
 * @kinds: which accesses, KIND_*
 * @when: kernel mode: only if this holds; NULL for always
 */
struct access_key_rule {
	const char *name;
	const char *meaning;
	const char *bit;
	__u32 mask;
	unsigned int kinds;
	const struct mmuinspect_condition *when;
};

/**
 * struct access_arch - an architecture
 * @user: bit of an entry that lets user mode in, on every level
 * @rules: ends with a row whose @name is NULL
 * @keys: the same; NULL if it has no keys
 * @reserved: the bits of a present entry that must be clear, and aren't
 * @other_half: may the address not be used because of the half that it's in? 1, 0,
 *	or -1 if that depends on a register which isn't known
 * @error_code: what the CPU would tell of a page fault
 * @error_code_unknown: bits of it that can't be told without a walk
 */
struct access_arch {
	__u64 user;
	const struct access_rule *rules;
	const struct access_key_rule *keys;
	__u64 (*reserved)(const struct mmuinspect_info *info, unsigned int level,
			  __u64 entry);
	int (*other_half)(const struct mmuinspect_access *access);
	__u32 (*error_code)(const struct mmuinspect_info *info,
			    const struct mmuinspect_access *access,
			    const struct mmuinspect_denials *denials);
	__u32 error_code_unknown;
};

extern const struct access_arch access_x86_64;

/* Do the registers say so? 1 or 0; -1 if the register isn't among them. */
int access_condition(const struct mmuinspect_condition *when,
		     const struct mmuinspect_reg *reg, size_t n);

#endif
