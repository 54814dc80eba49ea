/* SPDX-License-Identifier: GPL-2.0-only */
/* What is counted, on each CPU: for the machine, and for each watch. */
#ifndef MMUI_COUNTS_H
#define MMUI_COUNTS_H

#include <linux/bitops.h>
#include <linux/percpu.h>
#include <linux/types.h>

#define MMUI_FAULT_CODES	128	/* bits 0 to 6 of an error code */
#define MMUI_FAULT_BITS		32	/* the numbers of its bits; from 7 on used */
#define MMUI_STATES		8
#define MMUI_OUTCOMES		20
#define MMUI_BUCKETS		64	/* powers of two of ticks */
#define MMUI_SIGNALS		5
#define MMUI_SIGNAL_CODES	16
#define MMUI_SIZES		64	/* powers of two of pages */
#define MMUI_FLUSH_REASONS	16
#define MMUI_REQUESTS		4
#define MMUI_TARGETS		256

/**
 * struct mmui_counts - of a process, or of the machine
 *
 * Each member has a row in counts.c, which says what its index is.
 */
struct mmui_counts {
	u64 fault[MMUI_FAULT_CODES];
	u64 fault_bit[MMUI_FAULT_BITS];
	u64 state[MMUI_STATES];
	u64 outcome[MMUI_OUTCOMES];
	u64 cycles[MMUI_BUCKETS];
	u64 signal[MMUI_SIGNALS][MMUI_SIGNAL_CODES];
	u64 request[MMUI_REQUESTS][MMUI_SIZES];
	u64 latency[MMUI_BUCKETS];
};

/**
 * struct mmui_machine - what the machine alone has
 * @counts: as a process has them; first, so that one set of rows serves both
 */
struct mmui_machine {
	struct mmui_counts counts;
	u64 flush[MMUI_FLUSH_REASONS][MMUI_SIZES];
	u64 targets[MMUI_TARGETS];
};

extern struct mmui_machine __percpu *mmui_machine;
extern u64 __percpu *mmui_matrix;

/* Index for a time in ticks: N for 2^(N-1) to 2^N - 1. */
static inline unsigned long mmui_bucket(u64 ticks)
{
	return (unsigned int)fls64(ticks) % MMUI_BUCKETS;
}

/* Index for a number of pages, so as well; the last one for -1, which is all. */
static inline unsigned long mmui_size(unsigned long pages)
{
	/* No range has 2^62 pages. */
	return __fls(2 * pages + 1) % MMUI_SIZES;
}

bool mmui_counts_signal(int sig);
void mmui_count_signal(struct mmui_counts __percpu *counts, int sig, int code);

/**
 * struct mmui_cell - a count with its name
 * @attr: MMUINSPECT_A_COUNTS_*
 * @key: what was counted
 * @sub: the second part of it
 * @count: how often
 */
struct mmui_cell {
	u16 attr;
	u32 key;
	s32 sub;
	u64 count;
};

void mmui_counts_sum(const struct mmui_counts __percpu *counts, u32 sources,
		     struct mmui_counts *sum);
bool mmui_counts_next(const struct mmui_counts *counts, bool machine, u32 sources,
		      unsigned int *at, struct mmui_cell *cell);
int mmui_counts_init(void);
void mmui_counts_exit(void);

#endif
