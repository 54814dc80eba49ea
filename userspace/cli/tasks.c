// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes. Faults of all of them come from /proc, where the kernel keeps them
 * anyway; flushes are counted for those that are watched, the busiest ones, since
 * a watch costs, and there are 64 of them.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts.h"
#include "tasks.h"

#define WATCHES		64	/* that a socket may have */
#define OF_MACHINE	(MMUINSPECT_SOURCE_FAULTS | MMUINSPECT_SOURCE_FLUSHES)
#define PF_KTHREAD	0x00200000	/* the kernel's include/linux/sched.h */

/* enum tlb_flush_reason of the kernel */
#define FLUSH_RECEIVED	1
#define FLUSH_REQUESTED	4

static int by_pid(const void *a, const void *b)
{
	const struct task *p = a, *q = b;

	return p->pid < q->pid ? -1 : p->pid > q->pid;
}

/* "12 (name) S ppid ...": the name may have anything in it but the last ")". */
static int parse_stat(char *line, struct task *task)
{
	char *open = strchr(line, '('), *close = strrchr(line, ')');
	unsigned long flags;
	size_t len;

	if (!open || !close || close < open)
		return 0;
	len = close - open - 1;
	if (len >= sizeof(task->name))
		len = sizeof(task->name) - 1;
	memcpy(task->name, open + 1, len);
	task->name[len] = '\0';
	task->pid = atoi(line);
	/* proc(5): fields 9 flags, 10 minflt, 12 majflt, 22 starttime */
	return sscanf(close + 1,
		      " %*c %*d %*d %*d %*d %*d %lu %llu %*u %llu %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		      &flags, &task->minor, &task->major, &task->born) == 4 &&
	       !(flags & PF_KTHREAD);
}

static int read_stat(const char *name, struct task *task)
{
	char path[300], line[1024];
	FILE *f;
	int ok;

	snprintf(path, sizeof(path), "/proc/%s/stat", name);
	f = fopen(path, "re");
	if (!f)
		return 0;
	*task = (struct task) { .flush_rate = -1, .seen = 1 };
	ok = fgets(line, sizeof(line), f) && parse_stat(line, task);
	fclose(f);
	return ok;
}

/* A process that was there before keeps its watch; what's new has no rates yet. */
static void carry(const struct tasks *t, struct task *task)
{
	struct task *old = NULL;

	if (t->n)
		old = bsearch(task, t->task, t->n, sizeof(*task), by_pid);
	if (!old || old->born != task->born || t->span <= 0)
		return;
	task->minor_rate = (task->minor - old->minor) / t->span;
	task->major_rate = (task->major - old->major) / t->span;
	task->watch = old->watch;
	task->requests = old->requests;
	old->watch = 0;
}

/* Processes that there are, into a new array. */
static int list(struct tasks *t)
{
	struct task *task = NULL, *more, one;
	size_t n = 0, room = 0, i;
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int err = 0;

	if (!proc)
		return -errno;
	while (!err && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !read_stat(entry->d_name, &one))
			continue;
		if (n == room) {
			room = room ? 2 * room : 256;
			more = realloc(task, room * sizeof(*task));
			if (!more) {
				err = -ENOMEM;
				break;
			}
			task = more;
		}
		carry(t, &one);
		task[n++] = one;
	}
	closedir(proc);
	if (err) {
		free(task);
		return err;
	}
	/* Those that are gone: a watch of nobody is of no use. */
	for (i = 0; i < t->n; i++)
		if (t->task[i].watch)
			mmuinspect_watch_del(t->f, t->task[i].watch);
	free(t->task);
	t->task = task;
	t->n = n;
	if (n)
		qsort(t->task, t->n, sizeof(*t->task), by_pid);
	return 0;
}

static int busier(const void *a, const void *b)
{
	const struct task *p = *(struct task *const *)a;
	const struct task *q = *(struct task *const *)b;
	double x = p->minor_rate + p->major_rate;
	double y = q->minor_rate + q->major_rate;

	if (x != y)
		return x < y ? 1 : -1;
	/* Among the idle, whoever has a watch keeps it. */
	return !!q->watch - !!p->watch;
}

/* Watches for the busiest, taken from those that are so no more. */
static int choose(struct tasks *t)
{
	struct task **order = calloc(t->n + 1, sizeof(*order));
	size_t i;
	int err = 0;

	if (!order)
		return -ENOMEM;
	for (i = 0; i < t->n; i++)
		order[i] = &t->task[i];
	qsort(order, t->n, sizeof(*order), busier);
	for (i = WATCHES; i < t->n; i++) {
		if (order[i]->watch)
			mmuinspect_watch_del(t->f, order[i]->watch);
		order[i]->watch = 0;
	}
	for (i = 0; i < t->n && i < WATCHES && !err; i++) {
		if (order[i]->watch)
			continue;
		order[i]->requests = 0;
		err = mmuinspect_watch_add(t->f, order[i]->pid,
					   MMUINSPECT_SOURCE_REQUESTS,
					   MMUINSPECT_WATCH_ALONE,
					   &order[i]->watch);
		/* Gone meanwhile; or others have watches too: do without. */
		if (err == -ESRCH || err == -EMFILE || err == -ENFILE)
			err = 0;
	}
	free(order);
	return err;
}

static struct task *watched(struct tasks *t, __u32 id)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->task[i].watch == id)
			return &t->task[i];
	return NULL;
}

/* The first look at a watch begins its count; the next ones have rates. */
static int flushes(struct tasks *t)
{
	struct mmuinspect_watch *watch;
	struct task *task;
	size_t n, i;
	__u64 sum;
	int err = mmuinspect_watches_get(t->f, &watch, &n);

	if (err)
		return err;
	for (i = 0; i < n; i++) {
		task = watched(t, watch[i].id);
		if (!task)
			continue;
		sum = mmuinspect_counts_total(&watch[i].counts,
					      MMUINSPECT_A_COUNTS_REQUEST);
		if (t->span > 0)
			task->flush_rate = (sum - task->requests) / t->span;
		task->requests = sum;
	}
	mmuinspect_watches_free(watch, n);
	return 0;
}

static double rate(const struct tasks *t, const struct mmuinspect_counts *now,
		   __u32 kind, int key)
{
	const struct mmuinspect_counts *before = &t->before;
	__u64 a, b;

	if (t->span <= 0)
		return 0;
	a = key < 0 ? mmuinspect_counts_total(before, kind) :
		      mmuinspect_counts_of(before, kind, key);
	b = key < 0 ? mmuinspect_counts_total(now, kind) :
		      mmuinspect_counts_of(now, kind, key);
	return (b - a) / t->span;
}

static int machine(struct tasks *t)
{
	struct mmuinspect_counters now;
	int err = mmuinspect_counters_get(t->f, &now);

	if (err)
		return err;
	t->fault_rate = rate(t, &now.all, MMUINSPECT_A_COUNTS_FAULT, -1);
	t->requested_rate = rate(t, &now.all, MMUINSPECT_A_COUNTS_FLUSH,
				 FLUSH_REQUESTED);
	t->received_rate = rate(t, &now.all, MMUINSPECT_A_COUNTS_FLUSH,
				FLUSH_RECEIVED);
	t->lost_rate = t->span > 0 ? (now.lost - t->lost) / t->span : 0;
	t->lost = now.lost;
	mmuinspect_counts_free(&t->before);
	t->before = now.all;
	now.all = (struct mmuinspect_counts) { 0 };
	mmuinspect_counters_free(&now);
	return 0;
}

int tasks_begin(struct tasks *t, struct mmuinspect_family *f,
		struct mmuinspect *h)
{
	int err;

	*t = (struct tasks) { .f = f, .h = h };
	err = mmuinspect_counters_set(f, OF_MACHINE);
	return err ? err : tasks_look(t);
}

int tasks_look(struct tasks *t)
{
	double now = moment_now();
	int err;

	t->span = t->now ? now - t->now : 0;
	t->now = now;
	err = list(t);
	if (!err)
		err = flushes(t);
	if (!err)
		err = machine(t);
	return err ? err : choose(t);
}

void task_pages(const struct tasks *t, struct task *task)
{
	struct mmuinspect_runs ask = {
		.end = mmuinspect_info(t->h)->user_end,
		.merge = MMUINSPECT_MERGE_RIGHTS,
		.filter = {
			.attrs = MMUINSPECT_PRESENT,
			.attr_mask = MMUINSPECT_PRESENT,
		},
	};
	const struct mmuinspect_run *run;
	struct mmuinspect_cursor *c;
	int err;

	memset(task->pages, 0, sizeof(task->pages));
	task->has_pages = 0;
	if (mmuinspect_target(t->h, task->pid) ||
	    mmuinspect_runs_begin(t->h, &ask, &c))
		return;
	while ((err = mmuinspect_runs_next(c, &run)) > 0)
		if (run->level <= TASK_LEVELS)
			task->pages[run->level - 1] += run->pages;
	mmuinspect_runs_end(c);
	task->has_pages = !err;
}

void tasks_free(struct tasks *t)
{
	mmuinspect_counts_free(&t->before);
	free(t->task);
}
