// SPDX-License-Identifier: GPL-2.0-only
/*
 * The allow-list of MSRs: one sorted array, replaced as a whole under RCU, so
 * that a change takes effect at once for every open file.
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "arch.h"
#include "msr.h"
#include "msr_table.h"

/**
 * struct policy - the allow-list
 * @rcu: frees it
 * @generation: another one with each change; never 0
 * @n: how many rules
 * @table: the rules, to be found
 * @rule: the rules by number, ascending
 */
struct policy {
	struct rcu_head rcu;
	u32 generation;
	unsigned int n;
	struct mmui_msr_table table;
	struct mmui_msr_rule rule[];
};

static struct policy __rcu *policy;
static DEFINE_MUTEX(policy_lock);
static bool sealed;

/* Sort; of rules for the same MSR the last one counts. */
static void tidy(struct policy *p)
{
	unsigned int i, n = 0;

	/* A stable order of equal ones is what an insertion keeps, and lists are short. */
	for (i = 0; i < p->n; i++) {
		struct mmui_msr_rule rule = p->rule[i];
		unsigned int at = n;

		while (at && p->rule[at - 1].msr > rule.msr)
			at--;
		if (at && p->rule[at - 1].msr == rule.msr) {
			p->rule[at - 1] = rule;
			continue;
		}
		memmove(&p->rule[at + 1], &p->rule[at],
			(n - at) * sizeof(rule));
		p->rule[at] = rule;
		n++;
	}
	p->n = n;
}

/*
 * A row of another vendor's says nothing of the MSR that has its number here. A
 * row's mask may be why it reveals no address: a wider one may.
 */
static bool reveals(u32 msr, u64 mask)
{
	const struct mmui_arch_msr *row;

	for (row = mmui_arch_msrs; row->mask; row++)
		if (row->msr == msr && mmui_arch_msr_here(row))
			return row->reveals || mask & ~row->mask;
	return true;
}

/* What a read needs to know, found out once. */
static void prepare(struct policy *p)
{
	struct mmui_msr_table *table = &p->table;
	struct mmui_msr_rule *rule;
	unsigned int slot;

	BUILD_BUG_ON(MMUI_SLOTS < 2 * MMUINSPECT_POLICY_MAX);
	memset(table->key, 0xff, sizeof(table->key));
	memset(table->mask, 0, sizeof(table->mask));
	bitmap_zero(table->reveals, MMUI_SLOTS);
	for (rule = p->rule; rule < p->rule + p->n; rule++) {
		rule->reveals = reveals(rule->msr, rule->mask);
		slot = hash_32(rule->msr, MMUI_SLOT_BITS);
		while (table->mask[slot])
			slot = (slot + 1) % MMUI_SLOTS;
		table->key[slot] = rule->msr;
		if (mmui_arch_msr_absent(rule->msr))
			table->key[slot] |= MMUI_MSR_ABSENT;
		table->mask[slot] = rule->mask;
		__assign_bit(slot, table->reveals, rule->reveals);
	}
}

/**
 * mmui_msr_set - replace or extend the allow-list
 * @rule: the rules; @reveals of each is found out, not taken
 * @n: how many
 * @extend: keep those that are there; a new mask for the same MSR replaces the old
 *
 * Return: 0; -EPERM if the list is sealed; -E2BIG if it would have more than
 * MMUINSPECT_POLICY_MAX rules; -ENOMEM. On error the old list stays.
 */
int mmui_msr_set(const struct mmui_msr_rule *rule, unsigned int n, bool extend)
{
	struct policy *old, *new;
	unsigned int kept;
	int ret = 0;

	mutex_lock(&policy_lock);
	old = rcu_dereference_protected(policy, lockdep_is_held(&policy_lock));
	kept = extend && old ? old->n : 0;
	if (sealed) {
		ret = -EPERM;
		goto unlock;
	}
	new = kvmalloc(struct_size(new, rule, kept + n), GFP_KERNEL_ACCOUNT);
	if (!new) {
		ret = -ENOMEM;
		goto unlock;
	}
	if (kept)
		memcpy(new->rule, old->rule, kept * sizeof(*rule));
	if (n)
		memcpy(new->rule + kept, rule, n * sizeof(*rule));
	new->n = kept + n;
	tidy(new);
	if (new->n > MMUINSPECT_POLICY_MAX) {
		kvfree(new);
		ret = -E2BIG;
		goto unlock;
	}
	prepare(new);
	new->generation = old ? old->generation + 1 : 1;
	new->generation += !new->generation;
	rcu_assign_pointer(policy, new);
	if (old)
		kvfree_rcu(old, rcu);
unlock:
	mutex_unlock(&policy_lock);
	return ret;
}

/* From now on, until the module is unloaded, the list stays what it is. */
void mmui_msr_seal(void)
{
	mutex_lock(&policy_lock);
	sealed = true;
	mutex_unlock(&policy_lock);
}

bool mmui_msr_sealed(void)
{
	return READ_ONCE(sealed);
}

/* A number that changes with the list; never 0. */
u32 mmui_msr_generation(void)
{
	u32 generation;

	rcu_read_lock();
	generation = rcu_dereference(policy)->generation;
	rcu_read_unlock();
	return generation;
}

/**
 * mmui_msr_rule - go through the allow-list
 * @from: lowest number of interest
 * @rule: receives the rule with the lowest number that is not below it
 *
 * Return: false if there is none.
 */
bool mmui_msr_rule(u32 from, struct mmui_msr_rule *rule)
{
	unsigned int i = 0, end, middle;
	const struct policy *p;
	bool found;

	rcu_read_lock();
	p = rcu_dereference(policy);
	for (end = p->n; i < end; ) {
		middle = (i + end) / 2;
		if (p->rule[middle].msr < from)
			i = middle + 1;
		else
			end = middle;
	}
	found = i < p->n;
	if (found)
		*rule = p->rule[i];
	rcu_read_unlock();
	return found;
}

/* The list of this moment; for whoever can't be preempted, and as long. */
const struct mmui_msr_table *mmui_msr_table(void)
{
	return &rcu_dereference_sched(policy)->table;
}

/**
 * mmui_msr_init - begin with the built-in list, as far as it is this vendor's
 *
 * Return: 0 or -ENOMEM.
 */
int mmui_msr_init(void)
{
	const struct mmui_arch_msr *row;
	struct mmui_msr_rule *rule;
	unsigned int n = 0;
	int ret;

	rule = kcalloc(MMUINSPECT_POLICY_MAX, sizeof(*rule), GFP_KERNEL);
	if (!rule)
		return -ENOMEM;
	for (row = mmui_arch_msrs; row->mask; row++)
		if (mmui_arch_msr_here(row))
			rule[n++] = (struct mmui_msr_rule){
				.msr = row->msr, .mask = row->mask,
			};
	ret = mmui_msr_set(rule, n, false);
	kfree(rule);
	return ret;
}

void mmui_msr_exit(void)
{
	/* Nobody is left who could ask: no reader, no grace period to wait for. */
	kvfree(rcu_dereference_protected(policy, true));
}
