// SPDX-License-Identifier: GPL-2.0-only
/*
 * Permitted MSRs: the allow-list, and reads in batches. There is no write.
 *
 * The list is one sorted array, replaced as a whole under RCU, so that a change
 * takes effect at once for every open file.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/uaccess.h>

#include "arch.h"
#include "msr.h"

/* Twice as many as rules, so that a search is short. */
#define SLOT_BITS 11
#define SLOTS (1 << SLOT_BITS)

/**
 * struct slot - a rule, at or behind the hash of its number
 * @msr: its number
 * @flags: SLOT_*
 * @mask: the bits that may be seen
 */
struct slot {
	u32 msr;
	u32 flags;
	u64 mask;
};

#define SLOT_REVEALS	BIT(0)	/* it holds an address, as far as is known */
#define SLOT_FREE	BIT(1)	/* no rule: here a search ends */

/**
 * struct policy - the allow-list
 * @rcu: frees it
 * @generation: another one with each change; never 0
 * @n: how many rules
 * @slot: the rules, to be found
 * @rule: the rules by number, ascending
 */
struct policy {
	struct rcu_head rcu;
	u32 generation;
	unsigned int n;
	struct slot slot[SLOTS];
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

/* A row of another vendor's says nothing of the MSR that has its number here. */
static bool reveals(u32 msr)
{
	const struct mmui_arch_msr *row;

	for (row = mmui_arch_msrs; row->mask; row++)
		if (row->msr == msr && mmui_arch_msr_here(row))
			return row->reveals;
	return true;
}

/* What a read needs to know, found out once. */
static void prepare(struct policy *p)
{
	struct mmui_msr_rule *rule;
	unsigned int at;

	BUILD_BUG_ON(SLOTS < 2 * MMUINSPECT_POLICY_MAX);
	for (at = 0; at < SLOTS; at++)
		p->slot[at] = (struct slot){ .flags = SLOT_FREE };
	for (rule = p->rule; rule < p->rule + p->n; rule++) {
		rule->reveals = reveals(rule->msr);
		at = hash_32(rule->msr, SLOT_BITS);
		while (!(p->slot[at].flags & SLOT_FREE))
			at = (at + 1) % SLOTS;
		p->slot[at] = (struct slot){
			.msr = rule->msr,
			.flags = rule->reveals ? SLOT_REVEALS : 0,
			.mask = rule->mask,
		};
	}
}

/* The slot of an MSR; a free one if there is no rule for it. */
static __always_inline const struct slot *find(const struct slot *slots, u32 msr)
{
	const struct slot *slot = slots + hash_32(msr, SLOT_BITS);

	while (unlikely(slot->msr != msr) && !(slot->flags & SLOT_FREE))
		if (++slot == slots + SLOTS)
			slot = slots;
	return slot;
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

/**
 * struct mmui_msr_batch - room to work in, kept for the next batch
 * @queue: for each CPU its stretches of neighbouring reads: index + 1 of the
 *	first read of the first and the last one. The last queue is of CPUs that
 *	don't exist. All zero between batches
 * @room: of @read
 * @read: the batch as it came, and one more, which ends the last stretch. The
 *	@reserved of a stretch's first read leads to the CPU's next stretch
 */
struct mmui_msr_batch {
	struct queue {
		u32 first;
		u32 last;
	} *queue;
	unsigned int room;
	struct mmuinspect_msr read[];
};

static size_t queues_size(void)
{
	return (nr_cpu_ids + 1) * sizeof(struct queue);
}

static struct mmui_msr_batch *batch_room(struct mmui_msr_batch **batch,
					 unsigned int n)
{
	struct mmui_msr_batch *b = *batch;
	unsigned int room;

	if (b && b->room > n)
		return b;
	kvfree(b);
	room = roundup_pow_of_two(max(n + 1, 128U));
	b = kvzalloc(struct_size(b, read, room) + queues_size(),
		     GFP_KERNEL_ACCOUNT);
	*batch = b;
	if (b) {
		b->queue = (struct queue *)&b->read[room];
		b->room = room;
	}
	return b;
}

/* A stretch begins at @m. */
static __always_inline void enqueue(struct mmui_msr_batch *b,
				    struct mmuinspect_msr *m)
{
	struct queue *queue = &b->queue[min_t(u32, m->cpu, nr_cpu_ids)];
	u32 number = m - b->read + 1;

	m->reserved = 0;
	if (queue->first)
		b->read[queue->last - 1].reserved = number;
	else
		queue->first = number;
	queue->last = number;
}

/* Nothing may be called between the beginning and the end of an access. */
static int take(struct mmui_msr_batch *b, struct mmuinspect_msr __user *vec,
		unsigned int n)
{
	struct mmuinspect_msr *m = b->read, *end = m + n;
	u32 cpu, word, reserved = 0;
	u64 both;

	/* They come as one. */
	BUILD_BUG_ON(offsetof(struct mmuinspect_msr, cpu) != 0 ||
		     offsetof(struct mmuinspect_msr, msr) != 4);
	if (!user_read_access_begin(vec, n * sizeof(*vec)))
		return -EFAULT;
	unsafe_get_user(cpu, &vec->cpu, fault);
	cpu = ~cpu;
	for (; m < end; m++, vec++) {
		unsafe_get_user(both, (u64 __user *)vec, fault);
		*(u64 *)m = both;
		unsafe_get_user(word, &vec->reserved, fault);
		reserved |= word;
		if (unlikely((u32)both != cpu)) {
			cpu = both;
			enqueue(b, m);
		}
	}
	user_read_access_end();
	/* Not the last one's: a stretch ends here. */
	end->cpu = ~cpu;
	return reserved ? -EINVAL : 0;

fault:
	user_read_access_end();
	return -EFAULT;
}

static int give(const struct mmui_msr_batch *b,
		struct mmuinspect_msr __user *vec, unsigned int n)
{
	const struct mmuinspect_msr *m = b->read, *end = m + n;

	if (!user_write_access_begin(vec, n * sizeof(*vec)))
		return -EFAULT;
	for (; m < end; m++, vec++) {
		unsafe_put_user(m->value, &vec->value, fault);
		unsafe_put_user(m->tsc_before, &vec->tsc_before, fault);
		unsafe_put_user(m->tsc_after, &vec->tsc_after, fault);
		unsafe_put_user(m->error, &vec->error, fault);
	}
	user_write_access_end();
	return 0;

fault:
	user_write_access_end();
	return -EFAULT;
}

/**
 * struct errand - what a CPU is asked
 * @batch: has the reads
 * @first: index + 1 of the first one of its first stretch
 * @refused: why those that reveal an address must not be told; 0 if they may
 */
struct errand {
	struct mmui_msr_batch *batch;
	u32 first;
	int refused;
};

/* Of a slot with some of these flags nothing is told. */
static u32 hidden_flags(const struct errand *errand)
{
	return SLOT_FREE | (errand->refused ? SLOT_REVEALS : 0);
}

static void refuse(struct mmuinspect_msr *m, int error)
{
	m->value = 0;
	m->tsc_before = 0;
	m->tsc_after = 0;
	m->error = error;
}

static int why_hidden(const struct errand *errand, const struct slot *slot)
{
	return slot->flags & SLOT_FREE ? -EACCES : errand->refused;
}

/*
 * On the CPU, with interrupts off. The list that counts is the one of this
 * moment. The end of one read is the beginning of the next. After a fault the
 * value is 0.
 */
static void run(void *info)
{
	const struct errand *errand = info;
	const u32 hidden = hidden_flags(errand);
	u64 time = mmui_arch_time(), value;
	const struct slot *slots = rcu_dereference_sched(policy)->slot, *slot;
	struct mmuinspect_msr *m;
	u32 next, cpu;

	for (next = errand->first; next; ) {
		m = &errand->batch->read[next - 1];
		next = m->reserved;
		cpu = m->cpu;
		do {
			slot = find(slots, m->msr);
			if (unlikely(slot->flags & hidden)) {
				refuse(m, why_hidden(errand, slot));
				continue;
			}
			m->tsc_before = time;
			m->error = mmui_arch_read_msr(m->msr, &value);
			m->value = value & slot->mask;
			time = mmui_arch_time();
			m->tsc_after = time;
		} while ((++m)->cpu == cpu);
	}
}

/* The CPU is offline, or there is none. */
static void run_without(const struct errand *errand)
{
	const u32 hidden = hidden_flags(errand);
	const struct slot *slots, *slot;
	struct mmuinspect_msr *m;
	u32 next, cpu;

	rcu_read_lock();
	slots = rcu_dereference(policy)->slot;
	for (next = errand->first; next; ) {
		m = &errand->batch->read[next - 1];
		next = m->reserved;
		cpu = m->cpu;
		do {
			slot = find(slots, m->msr);
			refuse(m, slot->flags & hidden ?
				  why_hidden(errand, slot) : -ENXIO);
		} while ((++m)->cpu == cpu);
	}
	rcu_read_unlock();
}

/**
 * mmui_msr_read - read MSRs, each CPU being interrupted once
 * @batch: room to work in, the caller's to keep; NULL at first
 * @vec: @cpu and @msr of each are asked, the rest is answered
 * @n: how many, at most MMUINSPECT_MSRS_MAX
 * @refused: why those that reveal an address must not be told; 0 if they may
 *
 * Return: 0; -EINVAL (@reserved isn't zero), -EFAULT, -ENOMEM. May sleep.
 */
int mmui_msr_read(struct mmui_msr_batch **batch,
		  struct mmuinspect_msr __user *vec, unsigned int n, int refused)
{
	struct mmui_msr_batch *b = batch_room(batch, n);
	unsigned int cpu;
	int ret;

	if (!b)
		return -ENOMEM;
	ret = take(b, vec, n);
	for (cpu = 0; cpu <= nr_cpu_ids; cpu++) {
		struct errand errand = { b, b->queue[cpu].first, refused };

		if (!errand.first)
			continue;
		b->queue[cpu].first = 0;
		if (!ret && (cpu == nr_cpu_ids ||
			     smp_call_function_single(cpu, run, &errand, 1)))
			run_without(&errand);
	}
	return ret ? ret : give(b, vec, n);
}

void mmui_msr_batch_free(struct mmui_msr_batch *batch)
{
	kvfree(batch);
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
