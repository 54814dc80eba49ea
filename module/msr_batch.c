// SPDX-License-Identifier: GPL-2.0-only
/* Reads of permitted MSRs, in batches. There is no write. */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/uaccess.h>

#include "arch.h"
#include "msr.h"
#include "msr_table.h"

/**
 * struct mmui_msr_batch - room to work in, kept for the next batch
 * @mixed: more than one CPU is asked
 * @queue: for each CPU its stretches of neighbouring reads: index + 1 of the
 *	first read of the first and the last one. The last queue is of CPUs that
 *	don't exist. All zero between batches
 * @room: of @read
 * @read: the batch as it came, and one more, which ends the last stretch. The
 *	@reserved of a stretch's first read leads to the CPU's next stretch
 */
struct mmui_msr_batch {
	bool mixed;
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

/*
 * How many reads make a step of the loops to and from the caller: one by one, a
 * third of the work would be the loops'.
 */
#define STEP 8

/* Gathers in @other how CPU and MSR differ from the @first's. */
static __always_inline bool take_one(struct mmuinspect_msr *m,
				     const struct mmuinspect_msr __user *from,
				     u64 first, u64 *other, u32 *reserved)
{
	u64 both;
	u32 word;

	/* They come as one. */
	BUILD_BUG_ON(offsetof(struct mmuinspect_msr, cpu) != 0 ||
		     offsetof(struct mmuinspect_msr, msr) != 4);
	unsafe_get_user(both, (u64 __user *)from, fault);
	*(u64 *)m = both;
	*other |= both ^ first;
	unsafe_get_user(word, &from->reserved, fault);
	*reserved |= word;
	return true;

fault:
	return false;
}

/* Nothing may be called between the beginning and the end of an access. */
static int take(struct mmui_msr_batch *b,
		const struct mmuinspect_msr __user *vec, unsigned int n)
{
	struct mmuinspect_msr *m = b->read, *end = m + n;
	u64 first, other = 0;
	u32 reserved = 0;
	int i;

	if (!user_read_access_begin(vec, n * sizeof(*vec)))
		return -EFAULT;
	unsafe_get_user(first, (u64 __user *)vec, fault);
	for (; m <= end - STEP; m += STEP, vec += STEP)
#pragma GCC unroll 8
		for (i = 0; i < STEP; i++)
			if (!take_one(&m[i], &vec[i], first, &other, &reserved))
				goto fault;
	for (; m < end; m++, vec++)
		if (!take_one(m, vec, first, &other, &reserved))
			goto fault;
	user_read_access_end();
	b->mixed = (u32)other;
	/* Not the last one's: a stretch ends here. */
	end->cpu = ~end[-1].cpu;
	return reserved ? -EINVAL : 0;

fault:
	user_read_access_end();
	return -EFAULT;
}

static __always_inline bool give_one(const struct mmuinspect_msr *m,
				     struct mmuinspect_msr __user *to)
{
	unsafe_put_user(m->value, &to->value, fault);
	unsafe_put_user(m->tsc_before, &to->tsc_before, fault);
	unsafe_put_user(m->tsc_after, &to->tsc_after, fault);
	unsafe_put_user(m->error, &to->error, fault);
	return true;

fault:
	return false;
}

static int give(const struct mmui_msr_batch *b,
		struct mmuinspect_msr __user *vec, unsigned int n)
{
	const struct mmuinspect_msr *m = b->read, *end = m + n;
	int i;

	if (!user_write_access_begin(vec, n * sizeof(*vec)))
		return -EFAULT;
	for (; m <= end - STEP; m += STEP, vec += STEP)
#pragma GCC unroll 8
		for (i = 0; i < STEP; i++)
			if (!give_one(&m[i], &vec[i]))
				goto fault;
	for (; m < end; m++, vec++)
		if (!give_one(m, vec))
			goto fault;
	user_write_access_end();
	return 0;

fault:
	user_write_access_end();
	return -EFAULT;
}

/* Divide the reads into stretches, and queue each with its CPU's. */
static void enqueue(struct mmui_msr_batch *b, unsigned int n)
{
	struct mmuinspect_msr *m = b->read, *end = m + n;
	struct queue *queue;
	u32 cpu, number;

	while (m < end) {
		cpu = m->cpu;
		queue = &b->queue[min(cpu, nr_cpu_ids)];
		number = m - b->read + 1;
		if (queue->first)
			b->read[queue->last - 1].reserved = number;
		else
			queue->first = number;
		queue->last = number;
		m->reserved = 0;
		while ((++m)->cpu == cpu)
			;
	}
}

/*
 * Reads that a CPU does in one go, with interrupts off: some 100 us in a guest, where
 * each exits.
 */
#define READS_MAX 64

/**
 * struct errand - what a CPU is asked
 * @batch: has the reads
 * @first: index + 1 of the next one, or of the first of its next stretch; 0 at the end
 * @inside: @first is in the middle of a stretch, which @next follows
 * @next: as @reserved of the stretch's first read
 * @refused: errno for those that reveal an address; 0 if they may be read
 * @probe: read what CPUID says is absent, too, and let a fault be an event
 */
struct errand {
	struct mmui_msr_batch *batch;
	u32 first;
	bool inside;
	u32 next;
	int refused;
	bool probe;
};

/* This CPU reads MSRs that it may lack: its #GPs are no events. */
static DEFINE_PER_CPU(bool, silent);

/**
 * mmui_msr_silent - are this CPU's #GPs at instructions of this module no events?
 *
 * For the handler of an exception: elsewhere the CPU could change.
 */
bool mmui_msr_silent(void)
{
	return this_cpu_read(silent);
}

static __always_inline size_t find(const struct mmui_msr_table *table, u32 msr,
				   bool probe)
{
	size_t slot = mmui_msr_find(table, msr);

	if (unlikely(slot == MMUI_SLOTS) && probe)
		slot = mmui_msr_find(table, msr | MMUI_MSR_ABSENT);
	return slot;
}

static void refuse(struct mmuinspect_msr *m, int error)
{
	m->value = 0;
	m->tsc_before = 0;
	m->tsc_after = 0;
	m->error = error;
}

/*
 * The list that counts is the one of this moment. The end of one read is the
 * beginning of the next. After a fault the value is 0. The last two parameters
 * are constants where speed matters. After READS_MAX reads, @errand says where to
 * go on.
 */
static __always_inline void read_some(struct errand *errand, int refused,
				      int absent)
{
	const struct mmui_msr_table *table = mmui_msr_table();
	u64 time = mmui_arch_time(), value;
	struct mmuinspect_msr *m, *stop;
	unsigned int left = READS_MAX;
	u32 next, cpu, msr;
	size_t slot;
	int error;

	for (next = errand->first; next; ) {
		m = &errand->batch->read[next - 1];
		next = errand->inside ? errand->next : m->reserved;
		errand->inside = false;
		cpu = m->cpu;
		stop = m + left;
		do {
			if (unlikely(m == stop)) {
				errand->inside = true;
				errand->next = next;
				errand->first = m - errand->batch->read + 1;
				return;
			}
			msr = m->msr;
			slot = find(table, msr, errand->probe);
			error = mmui_msr_denied(table, slot, msr, refused) ?: absent;
			if (unlikely(error)) {
				refuse(m, error);
				continue;
			}
			m->tsc_before = time;
			m->error = mmui_arch_read_msr(msr, &value);
			m->value = value & table->mask[slot];
			time = mmui_arch_time();
			m->tsc_after = time;
		} while ((++m)->cpu == cpu);
		left = stop - m;
	}
	errand->first = 0;
}

/* On the CPU, with interrupts off. Mostly nothing is refused. */
static void run(void *info)
{
	struct errand *errand = info;

	this_cpu_write(silent, !errand->probe);
	if (errand->refused)
		read_some(errand, errand->refused, 0);
	else
		read_some(errand, 0, 0);
	this_cpu_write(silent, false);
}

/* A CPU needn't interrupt itself. */
static void visit_once(unsigned int cpu, struct errand *errand)
{
	int absent = -ENXIO;

	if (cpu == get_cpu()) {
		local_irq_disable();
		run(errand);
		local_irq_enable();
		absent = 0;
	} else if (cpu < nr_cpu_ids) {
		absent = smp_call_function_single(cpu, run, errand, 1);
	}
	if (absent)
		read_some(errand, errand->refused, -ENXIO);
	put_cpu();
}

static void visit(unsigned int cpu, struct errand *errand)
{
	while (errand->first) {
		visit_once(cpu, errand);
		cond_resched();
	}
}

static void visit_all(struct mmui_msr_batch *b, bool probe, int refused)
{
	unsigned int cpu;

	for (cpu = 0; cpu <= nr_cpu_ids; cpu++) {
		struct errand errand = {
			.batch = b, .first = b->queue[cpu].first, .refused = refused,
			.probe = probe,
		};

		if (!errand.first)
			continue;
		b->queue[cpu].first = 0;
		visit(cpu, &errand);
	}
}

/**
 * mmui_msr_read - read MSRs, each CPU being interrupted once for READS_MAX of them
 * @batch: room to work in, the caller's to keep; NULL at first
 * @vec: @cpu and @msr of each are asked, the rest is answered
 * @n: how many, at most MMUINSPECT_MSRS_MAX
 * @probe: read what CPUID says is absent, too, and let a fault be an event
 * @refused: errno for those that reveal an address; 0 if they may be read
 *
 * Return: 0; -EINVAL (@reserved isn't zero), -EFAULT, -ENOMEM. May sleep.
 */
int mmui_msr_read(struct mmui_msr_batch **batch,
		  struct mmuinspect_msr __user *vec, unsigned int n, bool probe,
		  int refused)
{
	struct mmui_msr_batch *b = batch_room(batch, n);
	struct errand all = {
		.batch = b, .first = 1, .refused = refused, .probe = probe,
	};
	int ret;

	if (!b)
		return -ENOMEM;
	ret = take(b, vec, n);
	if (ret)
		return ret;
	if (b->mixed) {
		enqueue(b, n);
		visit_all(b, probe, refused);
	} else {
		b->read->reserved = 0;
		visit(b->read->cpu, &all);
	}
	return give(b, vec, n);
}

void mmui_msr_batch_free(struct mmui_msr_batch *batch)
{
	kvfree(batch);
}
