/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes, and what the MMU did for each between two looks at them. */
#ifndef TASKS_H
#define TASKS_H

#include <sys/types.h>

#include "mmuinspect.h"

#define TASK_LEVELS 3	/* page sizes that have a column: 4K, 2M, 1G */

/**
 * struct task - a process
 * @pid: its number
 * @born: when, in clock ticks since boot; tells it from another of its number
 * @name: of the program
 * @minor: faults without a device, so far, as the kernel counts them; with those
 *	of its threads, without those of its children
 * @major: and with one
 * @watch: id of its watch; 0 if it has none
 * @requests: TLB flushes of its address space so far, since it's been watched
 * @since: when they were that, in nanoseconds
 * @turn: the last look after which it was watched; 0 for none
 * @preferred: it's to be watched before others
 * @minor_rate: of the time between the last two looks, per second
 * @major_rate: likewise
 * @flush_rate: likewise; below 0 if it isn't known
 * @last_flush_rate: the last one that was known; 0 if there was none
 * @pages: present leaves of each size
 * @has_pages: they are known
 * @looked_at: whether they are was found out
 */
struct task {
	pid_t pid;
	unsigned long long born;
	char name[16];
	__u64 minor;
	__u64 major;
	__u32 watch;
	__u64 requests;
	__u64 since;
	unsigned int turn;
	int preferred;
	double minor_rate;
	double major_rate;
	double flush_rate;
	double last_flush_rate;
	__u64 pages[TASK_LEVELS];
	int has_pages;
	int looked_at;
};

/**
 * struct tasks - all of them, and what the machine did
 * @task: by PID
 * @n: how many
 * @f: the family
 * @h: the device
 * @now: when the last look was, in nanoseconds
 * @span: between the last two looks, in seconds
 * @looks: how many there were
 * @no_room: others have so many watches that there were none for some
 * @before: what the machine had counted
 * @lost: and lost
 * @fault_rate: of the machine, per second
 * @requested_rate: TLB flushes that CPUs asked of others
 * @received_rate: and what arrived
 * @lost_rate: faults and flushes whose end wasn't seen
 */
struct tasks {
	struct task *task;
	size_t n;
	struct mmuinspect_family *f;
	struct mmuinspect *h;
	__u64 now;
	double span;
	unsigned int looks;
	int no_room;
	struct mmuinspect_counts before;
	__u64 lost;
	double fault_rate;
	double requested_rate;
	double received_rate;
	double lost_rate;
};

/* 0, or an errno below 0 (mmuinspect_family_why() of @t->f may explain it) */
int tasks_begin(struct tasks *t, struct mmuinspect_family *f,
		struct mmuinspect *h);
/*
 * Look at all of them; rates are those since the last time. Those with @preferred in
 * their names are watched before others.
 */
int tasks_look(struct tasks *t, const char *preferred);
/* Find out a process's page sizes, as its tables have them; once for each look. */
void task_pages(const struct tasks *t, struct task *task);
void tasks_free(struct tasks *t);

#endif
