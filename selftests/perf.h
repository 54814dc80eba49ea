/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel's own perf counts of the same. */
#ifndef PERF_H
#define PERF_H

#include <linux/types.h>
#include <sys/types.h>

#define PERF_INHERIT	1
#define PERF_ON_EXEC	2
#define ANY_CPU		(-1)
#define ANY_PROCESS	(-1)

/*
 * Each returns a counter, for perf_count(). Of a process on any CPU, or of a CPU
 * with any process.
 */

/* "tlb/tlb_flush" */
int perf_tracepoint(const char *event, pid_t pid, int cpu, unsigned int flags);
/* PERF_COUNT_SW_* */
int perf_software(__u64 what, pid_t pid, int cpu, unsigned int flags);
/* Calls of a function of the kernel */
int perf_function(const char *function, pid_t pid, int cpu);
/* Count only what fits, from now on: "reason == 1" */
void perf_filter(int fd, const char *filter);
__u64 perf_count(int fd);

#endif
