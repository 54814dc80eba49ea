// SPDX-License-Identifier: LGPL-2.1-or-later
/* Find what denies an access: the loops over what an architecture's rows say. */
#include <errno.h>

#include "access.h"

int access_condition(const struct mmuinspect_condition *when,
		     const struct mmuinspect_reg *reg, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (reg[i].id == when->id && !reg[i].error)
			return (reg[i].value & when->mask) == when->value;
	return -1;
}

static void deny(struct mmuinspect_denials *d, const struct mmuinspect_denial *why)
{
	if (d->n < MMUINSPECT_DENIALS_MAX)
		d->denial[d->n++] = *why;
}

/* Without a walk: that of an address which no table translates for user mode. */
static int without_walk(const struct mmuinspect_info *info,
			const struct mmuinspect_access *access,
			struct mmuinspect_denials *ret)
{
	if (!access->user || access->address < info->user_end)
		return -ENODATA;
	ret->error_code_unknown = decode_arch(info)->access->error_code_unknown;
	deny(ret, &(struct mmuinspect_denial) {
		.name = "kernel-half",
		.meaning = "what the kernel maps there isn't for user mode",
		.key = -1, .certain = 1 });
	return 0;
}

static int is_user_page(const struct access_arch *arch,
			const struct mmuinspect_step *step, size_t steps)
{
	__u64 all = arch->user;
	size_t i;

	for (i = 0; i < steps; i++)
		all &= step[i].entry;
	return !!all;
}

/* Is it known to be so? An unknown register is no reason to say nothing. */
static int is_on(const struct mmuinspect_condition *when,
		 const struct mmuinspect_access *access, unsigned int *certain)
{
	int on = when ? access_condition(when, access->reg, access->regs) : 1;

	*certain = on > 0;
	return on;
}

/**
 * struct judging - an access, being judged
 * @info: of the machine
 * @access: the access
 * @arch: its rows
 * @user_page: every level lets user mode in
 * @ret: what denies it
 */
struct judging {
	const struct mmuinspect_info *info;
	const struct mmuinspect_access *access;
	const struct access_arch *arch;
	int user_page;
	struct mmuinspect_denials *ret;
};

static int is_about(const struct judging *j, const struct access_rule *rule,
		    int leaf)
{
	const struct mmuinspect_access *a = j->access;

	return rule->kinds >> a->kind & 1 &&
	       rule->modes & (a->user ? MODE_USER : MODE_KERNEL) &&
	       !(rule->feature & ~j->info->features) &&
	       (leaf || !(rule->only & ONLY_LEAF)) &&
	       (j->user_page || !(rule->only & ONLY_USER_PAGE)) &&
	       !(a->ac && rule->only & ONLY_WITHOUT_AC);
}

/*
 * With page-table isolation the kernel's root has NX on all that is the user's,
 * which user mode, having a root of its own, doesn't run on (arch/x86/mm/pti.c).
 */
static __u64 as_run_on(const struct judging *j, const struct mmuinspect_step *step)
{
	const struct mmui_denial *row = decode_level(j->info, step->level)->table_deny;
	__u64 entry = step->entry;

	if (!j->access->user || step->level != j->info->levels ||
	    !(j->info->features & MMUINSPECT_FEATURE_PTI))
		return entry;
	for (; row->deny; row++)
		if (row->deny == MMUINSPECT_EXEC)
			entry &= ~row->value;
	return entry;
}

static void judge_entry(struct judging *j, const struct mmuinspect_step *step,
			int leaf)
{
	__u64 entry = as_run_on(j, step);
	const struct access_rule *rule;
	unsigned int certain;

	for (rule = j->arch->rules; rule->name; rule++)
		if (is_about(j, rule, leaf) && (entry & rule->mask) == rule->value &&
		    is_on(rule->when, j->access, &certain))
			deny(j->ret, &(struct mmuinspect_denial) {
				.name = rule->name, .meaning = rule->meaning,
				.bit = rule->bit, .set = !!rule->value,
				.level = step->level, .entry = step->entry,
				.reg = rule->reg, .key = -1,
				.certain = certain });
}

static void judge_key(struct judging *j, const struct mmuinspect_step *leaf)
{
	int key = mmuinspect_entry_pkey(j->info, leaf->level, leaf->entry);
	const struct access_key_rule *rule = j->arch->keys;
	const struct mmuinspect_access *a = j->access;
	unsigned int certain = 1;

	if (key < 0 || !j->user_page)
		return;
	for (; rule && rule->name; rule++) {
		if (!(rule->kinds >> a->kind & 1) ||
		    (a->has_keys && !(a->keys >> 2 * key & rule->mask)) ||
		    (!a->user && !is_on(rule->when, a, &certain)))
			continue;
		/* Key 0 is what everything has: it never denies anything. */
		if (!a->has_keys && !key)
			continue;
		deny(j->ret, &(struct mmuinspect_denial) {
			.name = rule->name, .meaning = rule->meaning,
			.bit = rule->bit, .set = 1, .level = leaf->level,
			.entry = leaf->entry, .reg = "PKRU", .key = key,
			.certain = certain && a->has_keys });
	}
}

/* An entry that makes all that is below it, and its rights, not matter. */
static int judge_end(struct judging *j, const struct mmuinspect_step *step)
{
	enum mmuinspect_entry_kind kind =
		mmuinspect_entry_kind(j->info, step->level, step->entry);
	struct mmuinspect_denial why = {
		.level = step->level, .entry = step->entry, .key = -1, .certain = 1
	};

	if (kind == MMUINSPECT_ENTRY_ABSENT) {
		why.name = "not-present";
		why.meaning = "the entry isn't present";
		why.bit = "P";
	} else if (j->arch->reserved(j->info, step->level, step->entry)) {
		why.name = "reserved-bit";
		why.meaning = "a bit is set that must be clear";
		why.set = 1;
	} else {
		return 0;
	}
	deny(j->ret, &why);
	return 1;
}

/* As canonical as it may be. Returns 1 if that is the end of it. */
static int judge_half(struct judging *j)
{
	int denied = j->access->walked ? 0 : j->arch->other_half(j->access);

	if (!denied)
		return 0;
	deny(j->ret, &(struct mmuinspect_denial) {
		.name = "lass", .meaning = j->access->user ?
		"user mode may not touch the kernel's half, mapped or not" :
		"the kernel may not touch the user's half, mapped or not",
		.reg = "CR4.LASS", .key = -1, .certain = denied > 0 });
	if (denied > 0)
		j->ret->vector = 13;
	return denied > 0;
}

int mmuinspect_access(const struct mmuinspect_info *info,
		      const struct mmuinspect_access *access,
		      const struct mmuinspect_step *step, size_t steps,
		      struct mmuinspect_denials *ret)
{
	const struct decode_arch *arch = decode_arch(info);
	struct judging j = { info, access, arch ? arch->access : NULL, 0, ret };
	const struct mmuinspect_step *last;
	size_t i;
	int err = 0;

	*ret = (struct mmuinspect_denials) { .vector = 14 };
	if (!j.arch)
		return -EOPNOTSUPP;
	if (!mmuinspect_canonical(info, access->address)) {
		deny(ret, &(struct mmuinspect_denial) {
			.name = "not-canonical",
			.meaning = "its upper bits aren't copies of the highest one that is translated",
			.key = -1, .certain = 1 });
		ret->vector = 13;
		return 0;
	}
	if (judge_half(&j))
		return 0;
	for (i = 0; i < steps; i++)
		if (judge_end(&j, &step[i]))
			goto judged;
	last = steps ? &step[steps - 1] : NULL;
	if (!last || mmuinspect_entry_kind(info, last->level, last->entry) !=
		     MMUINSPECT_ENTRY_LEAF) {
		err = without_walk(info, access, ret);
		goto judged;
	}
	j.user_page = is_user_page(j.arch, step, steps);
	for (i = 0; i < steps; i++)
		judge_entry(&j, &step[i], &step[i] == last);
	judge_key(&j, last);
judged:
	ret->error_code = j.arch->error_code(info, access, ret);
	return err;
}
