/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Children whose faults are known one by one. All that a worker has is in memory
 * and its own before it begins, and while it waits it makes no system call: what
 * it faults on then is what it was told to.
 */
#ifndef WORKER_H
#define WORKER_H

#include <linux/types.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct place - pages to work on
 * @at: the first
 * @stride: from one to the next, in bytes
 * @n: how many
 * @spare: is behind them: a page that @prepare is free to touch
 * @why: what the kernel lacks for it; "" if it's there
 */
struct place {
	char *at;
	size_t stride;
	unsigned int n;
	char *spare;
	char why[96];
};

/**
 * struct work - what a worker does
 * @prepare: first, whatever it takes; finds @n in the place, and fills in the rest
 * @run: to be measured, a time for each worker_run()
 */
struct work {
	void (*prepare)(struct place *place);
	void (*run)(struct place *place);
};

/**
 * struct worker - a worker
 * @pid: its number
 * @place: what it works on
 */
struct worker {
	pid_t pid;
	struct place *place;
	struct signals *signals;
};

void worker_start(struct worker *worker, unsigned int cpu, unsigned int n,
		  const struct work *work);
/* Returns when @run has. */
void worker_run(struct worker *worker);
void worker_end(struct worker *worker);

/* Faults: so far, as /proc/PID/stat has them */
struct task_faults {
	unsigned long minor;
	unsigned long major;
};

struct task_faults stat_faults(pid_t pid);
/* Those of the last run, as the worker's own getrusage() told it */
struct task_faults worker_faults(const struct worker *worker);
/* The machine's: a row of /proc/vmstat */
__u64 vmstat(const char *name);

/* A child that has all its memory as well, and waits for a word to begin */
struct child {
	pid_t pid;
	int go[2];
};

void child_start(struct child *c, void (*fn)(void *arg), void *arg);
void child_go(struct child *c);
/* How it ended, as wait(2) has it */
int child_wait(struct child *c);

/* Bring in, and make one's own, all that isn't in the place. */
void settle_down(const struct place *place);

#endif
