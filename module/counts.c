// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts, and how they're read. Each is 64 bits, changed by its own CPU alone
 * in one instruction (a fault may come in an NMI), and only grows: whoever
 * wants those of a time takes the difference, and disturbs nobody.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/signal.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/mmuinspect_netlink.h>

#include "counts.h"

struct mmui_machine __percpu *mmui_machine;

/* A row a CPU: flushes that it sent to each of the others by IPI. */
u64 __percpu *mmui_matrix;

/**
 * struct row - a member of struct mmui_counts or struct mmui_machine
 * @attr: MMUINSPECT_A_COUNTS_*
 * @keys: how many values its key has
 * @subs: and the second part of it
 * @first: where it begins, in counts
 * @sources: what must be asked for to have it
 */
struct row {
	u16 attr;
	u16 keys;
	u16 subs;
	u16 first;
	u32 sources;
};

#define FIRST(member) (offsetof(struct mmui_machine, member) / sizeof(u64))
#define FAULTS		(MMUINSPECT_SOURCE_FAULTS | MMUINSPECT_SOURCE_STATES)

static const struct row rows[] = {
	{ MMUINSPECT_A_COUNTS_FAULT, MMUI_FAULT_CODES, 1,
	  FIRST(counts.fault), FAULTS },
	{ MMUINSPECT_A_COUNTS_FAULT_BIT, MMUI_FAULT_BITS, 1,
	  FIRST(counts.fault_bit), FAULTS },
	{ MMUINSPECT_A_COUNTS_STATE, MMUI_STATES, 1,
	  FIRST(counts.state), MMUINSPECT_SOURCE_STATES },
	{ MMUINSPECT_A_COUNTS_OUTCOME, MMUI_OUTCOMES, 1,
	  FIRST(counts.outcome), MMUINSPECT_SOURCE_OUTCOMES },
	{ MMUINSPECT_A_COUNTS_CYCLES, MMUI_BUCKETS, 1,
	  FIRST(counts.cycles), MMUINSPECT_SOURCE_OUTCOMES },
	{ MMUINSPECT_A_COUNTS_SIGNAL, MMUI_SIGNALS, MMUI_SIGNAL_CODES,
	  FIRST(counts.signal), MMUINSPECT_SOURCE_OUTCOMES },
	{ MMUINSPECT_A_COUNTS_REQUEST, MMUI_REQUESTS, MMUI_SIZES,
	  FIRST(counts.request), MMUINSPECT_SOURCE_REQUESTS },
	{ MMUINSPECT_A_COUNTS_LATENCY, MMUI_BUCKETS, 1,
	  FIRST(counts.latency), MMUINSPECT_SOURCE_LATENCY },
	{ MMUINSPECT_A_COUNTS_FLUSH, MMUI_FLUSH_REASONS, MMUI_SIZES,
	  FIRST(flush), MMUINSPECT_SOURCE_FLUSHES },
	{ MMUINSPECT_A_COUNTS_TARGETS, MMUI_TARGETS, 1,
	  FIRST(targets), MMUINSPECT_SOURCE_TARGETS },
};

static const int signals[MMUI_SIGNALS] = {
	SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP
};

/* Is it one that exceptions make? */
bool mmui_counts_signal(int sig)
{
	unsigned int i;

	for (i = 0; i < MMUI_SIGNALS; i++)
		if (signals[i] == sig)
			return true;
	return false;
}

/**
 * mmui_count_signal - count a signal that a fault made
 * @counts: where
 * @sig: any other than the five of faults isn't counted
 * @code: si_code, above 0. SI_KERNEL has index 0; what is beyond the last index
 *	shares it
 */
void mmui_count_signal(struct mmui_counts __percpu *counts, int sig, int code)
{
	unsigned int i, index;

	index = code == SI_KERNEL ? 0 : min(code, MMUI_SIGNAL_CODES - 1);
	for (i = 0; i < MMUI_SIGNALS; i++)
		if (signals[i] == sig)
			this_cpu_inc(counts->signal[i][index]);
}

/**
 * mmui_counts_sum - add up the counts of all CPUs
 * @counts: those of a watch, which the caller keeps from being freed
 * @sources: only what belongs to these
 * @sum: receives the sums
 *
 * A CPU at a time: its counts are neighbours, those of two CPUs aren't.
 */
void mmui_counts_sum(const struct mmui_counts __percpu *counts, u32 sources,
		     struct mmui_counts *sum)
{
	u64 *total = (u64 *)sum;
	unsigned int cpu, i, at;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const u64 *own = (const u64 *)per_cpu_ptr(counts, cpu);

		for (i = 0; i < ARRAY_SIZE(rows); i++) {
			const struct row *row = &rows[i];
			unsigned int end = row->first + row->keys * row->subs;

			if (!(row->sources & sources) || end > sizeof(*sum) / sizeof(u64))
				continue;
			for (at = row->first; at < end; at++)
				total[at] += READ_ONCE(own[at]);
		}
	}
}

static void name(const struct row *row, unsigned int index,
		 struct mmui_cell *cell)
{
	cell->attr = row->attr;
	cell->key = index / row->subs;
	cell->sub = index % row->subs;
	if (row->attr == MMUINSPECT_A_COUNTS_SIGNAL) {
		cell->key = signals[cell->key];
		if (!cell->sub)
			cell->sub = SI_KERNEL;
	} else if (row->subs == MMUI_SIZES && cell->sub == MMUI_SIZES - 1) {
		cell->sub = -1;
	}
}

/**
 * mmui_counts_next - the next count that isn't 0
 * @counts: a watch's sums; or the first member of what the machine has of one CPU
 * @machine: which of the two
 * @sources: only what belongs to these
 * @at: 0 at first, then as it was left
 * @cell: receives the count
 *
 * Return: false if there are no more.
 */
bool mmui_counts_next(const struct mmui_counts *counts, bool machine, u32 sources,
		      unsigned int *at, struct mmui_cell *cell)
{
	const u64 *value = (const u64 *)counts;
	unsigned int end, i;

	BUILD_BUG_ON(offsetof(struct mmui_machine, counts));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];

		if (!machine && row->first >= sizeof(*counts) / sizeof(u64))
			continue;
		end = row->first + row->keys * row->subs;
		if (!(row->sources & sources) || *at >= end)
			continue;
		for (*at = max_t(unsigned int, *at, row->first); *at < end; ) {
			unsigned int index = (*at)++;

			cell->count = READ_ONCE(value[index]);
			if (!cell->count)
				continue;
			name(row, index - row->first, cell);
			return true;
		}
	}
	return false;
}

/**
 * mmui_counts_init - make room for the machine's counts
 *
 * Return: 0 or -ENOMEM.
 */
int mmui_counts_init(void)
{
	mmui_machine = alloc_percpu(struct mmui_machine);
	mmui_matrix = __alloc_percpu(nr_cpu_ids * sizeof(u64), sizeof(u64));
	if (mmui_machine && mmui_matrix)
		return 0;
	mmui_counts_exit();
	return -ENOMEM;
}

void mmui_counts_exit(void)
{
	free_percpu(mmui_matrix);
	free_percpu(mmui_machine);
}
