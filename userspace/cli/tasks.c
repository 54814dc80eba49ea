// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes. Faults of all of them come from /proc, where the kernel keeps them
 * anyway; flushes are counted for those that are watched, since a watch costs, and
 * there are 128 for everybody: for the busiest ones, and for the others by turns.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counts.h"
#include "lines.h"
#include "tasks.h"

#define WATCHES		32	/* half of what a socket may have: leave some */
#define BUSY		24	/* of them: the others go round */
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

/* Behind @n blanks; NULL if there aren't as many */
static char *skip(char *at, int n)
{
	while (at && n--) {
		while (*at && *at != ' ')
			at++;
		at = *at ? at + 1 : NULL;
	}
	return at;
}

/*
 * "12 (name) S ppid ...": the name may have anything in it but the last ")". proc(5):
 * fields 9 flags, 10 minflt, 12 majflt, 22 starttime; 3 is the first behind the name.
 */
static int parse_stat(char *line, size_t size, struct task *task)
{
	char *open = memchr(line, '(', size), *close = memrchr(line, ')', size);
	char *at;
	size_t len;

	if (!open || !close || close < open)
		return 0;
	at = skip(close, 9 - 2);
	if (!at || take_decimal(&at) & PF_KTHREAD)
		return 0;
	len = close - open - 1;
	if (len >= sizeof(task->name))
		len = sizeof(task->name) - 1;
	memcpy(task->name, open + 1, len);
	task->name[len] = '\0';
	at = skip(at, 10 - 9);
	if (at)
		task->minor = take_decimal(&at);
	at = skip(at, 12 - 10);
	if (at)
		task->major = take_decimal(&at);
	at = skip(at, 22 - 12);
	if (at)
		task->born = take_decimal(&at);
	return !!at;
}

/* @proc is the directory. */
static int read_stat(int proc, const char *name, struct task *task)
{
	char path[NAME_MAX + 8], line[1024];
	size_t len = strlen(name);
	ssize_t n;
	int fd;

	memcpy(path, name, len);
	memcpy(path + len, "/stat", sizeof("/stat"));
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	line[n] = '\0';
	*task = (struct task) { .pid = take_decimal((char **)&name), .flush_rate = -1 };
	return parse_stat(line, n, task);
}

static __u64 less(__u64 a, __u64 b)
{
	return a > b ? a - b : 0;
}

/*
 * A process that was there before keeps its watch. One that is new did all that it
 * has done since the last look.
 */
static void carry(const struct tasks *t, struct task *task)
{
	static const struct task nothing;
	const struct task *before = &nothing;
	struct task *old = NULL;

	if (t->span <= 0)
		return;
	if (t->n)
		old = bsearch(task, t->task, t->n, sizeof(*task), by_pid);
	if (old && old->born == task->born) {
		task->watch = old->watch;
		task->requests = old->requests;
		task->since = old->since;
		task->turn = old->turn;
		task->last_flush_rate = old->last_flush_rate;
		old->watch = 0;
		before = old;
	}
	task->minor_rate = less(task->minor, before->minor) / t->span;
	task->major_rate = less(task->major, before->major) / t->span;
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
		    !read_stat(dirfd(proc), entry->d_name, &one))
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
	/* The kernel lists them so. */
	for (i = 1; i < n && task[i - 1].pid < task[i].pid; )
		i++;
	if (i < n)
		qsort(t->task, t->n, sizeof(*t->task), by_pid);
	return 0;
}

static double activity(const struct task *task)
{
	return task->minor_rate + task->major_rate + task->last_flush_rate;
}

static int busier(const void *a, const void *b)
{
	const struct task *p = *(struct task *const *)a;
	const struct task *q = *(struct task *const *)b;
	double x = activity(p), y = activity(q);

	if (p->preferred != q->preferred)
		return q->preferred - p->preferred;
	return x < y ? 1 : x > y ? -1 : 0;
}

/* Whoever has waited longest has the next turn. */
static int waits_longer(const void *a, const void *b)
{
	const struct task *p = *(struct task *const *)a;
	const struct task *q = *(struct task *const *)b;

	if (p->preferred != q->preferred)
		return q->preferred - p->preferred;
	if (p->turn != q->turn)
		return p->turn < q->turn ? -1 : 1;
	return p->pid < q->pid ? -1 : 1;
}

static int can_do_without(int err)
{
	switch (-err) {
	/* Others have watches too. */
	case EMFILE:
	case ENFILE:
	/* Gone meanwhile; and now a thread's number, or a kernel thread's */
	case ESRCH:
	case EINVAL:
	case ENXIO:
	/* For now */
	case ENOMEM:
	case EOPNOTSUPP:
		return 1;
	default:
		return 0;
	}
}

static int watch(struct tasks *t, struct task *task)
{
	int err;

	task->turn = t->looks;
	if (task->watch)
		return 0;
	task->requests = 0;
	task->since = moment_now();
	err = mmuinspect_watch_add(t->f, task->pid, MMUINSPECT_SOURCE_REQUESTS,
				   MMUINSPECT_WATCH_ALONE, &task->watch);
	if (!err)
		return 0;
	task->watch = 0;
	if (err == -EMFILE || err == -ENFILE)
		t->no_room = 1;
	return can_do_without(err) ? 0 : err;
}

/* Watches for the busiest, and for some more, taken from the others. */
static int choose(struct tasks *t, const char *preferred)
{
	struct task **order = calloc(t->n + 1, sizeof(*order));
	size_t busy = 0, i;
	int err = 0;

	if (!order)
		return -ENOMEM;
	for (i = 0; i < t->n; i++) {
		order[i] = &t->task[i];
		order[i]->preferred = !!strstr(order[i]->name, preferred);
	}
	qsort(order, t->n, sizeof(*order), busier);
	while (busy < t->n && busy < BUSY && activity(order[busy]) > 0)
		busy++;
	qsort(order + busy, t->n - busy, sizeof(*order), waits_longer);
	for (i = WATCHES; i < t->n; i++) {
		if (order[i]->watch)
			mmuinspect_watch_del(t->f, order[i]->watch);
		order[i]->watch = 0;
	}
	t->no_room = 0;
	for (i = 0; i < t->n && i < WATCHES && !err; i++)
		err = watch(t, order[i]);
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

/* Since the last look at it, or since it's been watched. */
static int flushes(struct tasks *t)
{
	struct mmuinspect_watch *watch;
	__u64 now = moment_now();
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
		if (now > task->since)
			task->flush_rate = less(sum, task->requests) /
					   ((double)(now - task->since) / MOMENT_SECOND);
		task->last_flush_rate = task->flush_rate;
		task->requests = sum;
		task->since = now;
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
	return less(b, a) / t->span;
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
	t->lost_rate = t->span > 0 ? less(now.lost, t->lost) / t->span : 0;
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
	return err ? err : tasks_look(t, "");
}

int tasks_look(struct tasks *t, const char *preferred)
{
	__u64 now = moment_now();
	int err;

	t->span = t->now ? (double)(now - t->now) / MOMENT_SECOND : 0;
	t->now = now;
	t->looks++;
	err = list(t);
	if (!err)
		err = flushes(t);
	if (!err)
		err = machine(t);
	return err ? err : choose(t, preferred);
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

	if (task->looked_at)
		return;
	task->looked_at = 1;
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
