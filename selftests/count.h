/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module counts, asked for by bare netlink. */
#ifndef COUNT_H
#define COUNT_H

/* Include kselftest_harness.h and mmui_test.h first. */
#include <limits.h>
#include <linux/mmuinspect_netlink.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cpu.h"

/**
 * struct tally - a count
 * @what: MMUINSPECT_A_COUNTS_*
 * @key: of what
 * @sub: the second part of it
 * @count: how often
 */
struct tally {
	int what;
	__u32 key;
	__s32 sub;
	__u64 count;
};

#define TALLIES 1024

struct counts {
	struct tally tally[TALLIES];
	unsigned int n;
};

/* For @key and @sub: whatever it is */
#define ANY LONG_MAX

/* How often; the sum of all that fits */
__u64 counted(const struct counts *counts, int what, long key, long sub);
/* Of a histogram of ticks: what they took together, within these bounds */
__u64 ticks_at_least(const struct counts *counts, int what);
__u64 ticks_at_most(const struct counts *counts, int what);
/* What came after @before */
void counts_since(struct counts *counts, const struct counts *before);
/* All of them as notes, for a test that fails */
void counts_show(const char *whose, const struct counts *counts);

/* The machine's */

struct machine {
	struct counts cpu[CPUS_MAX];
	__u64 lost;
	__u32 sources;
};

__u32 sources_here(int sock);
/* All of these return 0 or a negative errno, as nl_ask() does. */
int counters_set(int sock, __u32 sources);
int counters_get(int sock, struct machine *machine);
int matrix_get(int sock, __u64 matrix[CPUS_MAX][CPUS_MAX]);

/* Those of a watch */

struct watch {
	__u32 id;
	__u32 pid;
	__u32 sources;
	__u32 processes;
	__u64 unwatched;
	struct counts counts;
};

#define WATCH_ON_EXEC	1
#define WATCH_ALONE	2

/* The id, or a negative errno */
int watch_add(int sock, pid_t pid, __u32 sources, unsigned int flags);
int watch_del(int sock, __u32 id);
/* -ENOENT if the socket has no such watch */
int watch_get(int sock, __u32 id, struct watch *watch);
/* How many the socket has */
int watch_number(int sock);

#endif
