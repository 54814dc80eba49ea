// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect top: which processes are shown, in which order, and how. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "top.h"

double task_faults(const struct task *t)
{
	return t->minor_rate + t->major_rate;
}

static double major(const struct task *t)
{
	return t->major_rate;
}

static double flushes(const struct task *t)
{
	return t->flush_rate;
}

static __u64 bytes(const struct task *t)
{
	__u64 sum = 0, size = 4096;
	int i;

	for (i = 0; i < TASK_LEVELS; i++, size *= 512)
		sum += t->pages[i] * size;
	return sum;
}

static double size(const struct task *t)
{
	return bytes(t);
}

static double pid(const struct task *t)
{
	return -(double)t->pid;
}

const struct order orders[ORDERS] = {
	{ "faults", 'f', task_faults },
	{ "major", 'm', major },
	{ "flushes", 's', flushes },
	{ "size", 'z', size, 1 },
	{ "pid", 'p', pid },
};

static int most_first(const void *a, const void *b)
{
	const struct task *p = *(struct task *const *)a;
	const struct task *q = *(struct task *const *)b;
	double x = top.order->value(p), y = top.order->value(q);

	if (x != y)
		return x < y ? 1 : -1;
	return p->pid < q->pid ? -1 : 1;
}

/* Page sizes for as many as fit */
int rows_arrange(const struct tasks *t, struct rows *rows, size_t visible)
{
	size_t i;

	rows->n = 0;
	rows->task = calloc(t->n + 1, sizeof(*rows->task));
	if (!rows->task)
		return -ENOMEM;
	for (i = 0; i < t->n; i++) {
		if (!strstr(t->task[i].name, top.filter))
			continue;
		if (top.order->needs_pages && !top.frozen)
			task_pages(t, &t->task[i]);
		rows->task[rows->n++] = &t->task[i];
	}
	qsort(rows->task, rows->n, sizeof(*rows->task), most_first);
	for (i = 0; i < rows->n && i < visible && !top.frozen; i++)
		task_pages(t, rows->task[i]);
	return 0;
}

/* Five characters: "12.3M" */
static const char *short_size(__u64 value, char buf[16])
{
	static const char units[] = "KMGTP";
	double v = value / 1024.0;
	int unit = 0;

	for (; v >= 1000 && units[unit + 1]; unit++)
		v /= 1024;
	if (!value)
		return "0";
	snprintf(buf, 16, v < 10 && unit ? "%.1f%c" : "%.0f%c", v, units[unit]);
	return buf;
}

/* Five characters: "12345", "1234k"; "-" for what isn't known */
static const char *short_rate(double rate, char buf[16])
{
	static const char units[] = "kMGT";
	int unit = 0;

	if (rate < 0)
		return "-";
	if (rate < 99999.5) {
		snprintf(buf, 16, rate < 10 && rate > 0 ? "%.1f" : "%.0f", rate);
		return buf;
	}
	for (rate /= 1000; rate >= 9999.5 && units[unit + 1]; unit++)
		rate /= 1000;
	snprintf(buf, 16, "%.0f%c", rate, units[unit]);
	return buf;
}

void rows_line(const struct task *t, char *buf, size_t room)
{
	char f[16], m[16], s[16], p[TASK_LEVELS][16], share[8] = "-";
	const char *mapped[TASK_LEVELS] = { "-", "-", "-" };
	__u64 unit = 4096, all = bytes(t);
	int i;

	for (i = 0; i < TASK_LEVELS && t->has_pages; i++, unit *= 512)
		mapped[i] = short_size(t->pages[i] * unit, p[i]);
	if (t->has_pages && all)
		snprintf(share, sizeof(share), "%.0f%%",
			 100.0 * (all - t->pages[0] * 4096) / all);
	snprintf(buf, room, "%7d %s %8s %8s %8s %6s %6s %6s %6s", t->pid,
		 out_column(t->name, 15, top.ascii), short_rate(task_faults(t), f),
		 short_rate(t->major_rate, m), short_rate(t->flush_rate, s),
		 mapped[0], mapped[1], mapped[2], share);
}

void rows_summary(const struct tasks *t, char *buf, size_t room)
{
	char f[16], q[16], r[16];

	snprintf(buf, room, "%zu processes  %s faults/s  TLB flushes/s: %s requested, %s received",
		 t->n, short_rate(t->fault_rate, f),
		 short_rate(t->requested_rate, q), short_rate(t->received_rate, r));
}
