// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect top: the processes that fault and shoot down most, live. */
#include <ctype.h>
#include <errno.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "counts.h"
#include "signals.h"
#include "tasks.h"

#define INTERVAL 2000	/* milliseconds */
#define BATCH_ROWS 20

static double faults(const struct task *t)
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

/* What rows can be sorted by, most first; in the display by a key. */
static const struct order {
	const char *name;
	int key;
	double (*value)(const struct task *t);
	int needs_pages;
} orders[] = {
	{ "faults", 'f', faults },
	{ "major", 'm', major },
	{ "flushes", 's', flushes },
	{ "size", 'z', size, 1 },
	{ "pid", 'p', pid },
};

#define ORDERS (sizeof(orders) / sizeof(orders[0]))

static struct {
	unsigned int interval;
	unsigned int times;	/* 0 for no end */
	int batch;
	int frozen;
	const struct order *order;
	char filter[16];
} opt = { .interval = INTERVAL, .order = orders };

static const char *set_interval(const char *arg)
{
	return parse_count(arg, &opt.interval);
}

static const char *set_times(const char *arg)
{
	return parse_count(arg, &opt.times);
}

static const char *set_batch(const char *arg)
{
	(void)arg;
	opt.batch = 1;
	return NULL;
}

static const char *set_order(const char *arg)
{
	static const struct names names = NAMES(orders);
	int found = names_find(&names, arg);

	if (found < 0)
		return names_wrong(&names, arg, "order");
	opt.order = &orders[found];
	return NULL;
}

static const char *set_filter(const char *arg)
{
	if (strlen(arg) >= sizeof(opt.filter))
		return "longer than a process's name can be (15)";
	strcpy(opt.filter, arg);
	return NULL;
}

static const struct cli_option options[] = {
	{ "batch", 'b', NULL, "print tables, for a script or a file", set_batch },
	{ "interval", 'I', "MS", "milliseconds between two looks (2000)", set_interval },
	{ "times", 'n', "N", "end after so many", set_times },
	{ "sort", 's', "ORDER", "faults, major, flushes, size or pid", set_order },
	{ "filter", 'f', "TEXT", "only processes with this in their name", set_filter },
	OPTION_JSON,
	{ 0 }
};

/* Of the tables and of the display */
struct rows {
	struct task **task;
	size_t n;
};

static int most_first(const void *a, const void *b)
{
	const struct task *p = *(struct task *const *)a;
	const struct task *q = *(struct task *const *)b;
	double x = opt.order->value(p), y = opt.order->value(q);

	if (x != y)
		return x < y ? 1 : -1;
	return p->pid < q->pid ? -1 : 1;
}

/* Those that are to be shown, in order; page sizes for as many as fit. */
static int arrange(const struct tasks *t, struct rows *rows, size_t visible)
{
	size_t i;

	rows->n = 0;
	rows->task = calloc(t->n + 1, sizeof(*rows->task));
	if (!rows->task)
		return -ENOMEM;
	for (i = 0; i < t->n; i++) {
		if (!strstr(t->task[i].name, opt.filter))
			continue;
		if (opt.order->needs_pages)
			task_pages(t, &t->task[i]);
		rows->task[rows->n++] = &t->task[i];
	}
	qsort(rows->task, rows->n, sizeof(*rows->task), most_first);
	for (i = 0; i < rows->n && i < visible; i++)
		if (!opt.order->needs_pages)
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

/* "-" for what isn't known */
static const char *short_rate(double rate, char buf[16])
{
	if (rate < 0)
		return "-";
	snprintf(buf, 16, rate < 10 && rate > 0 ? "%.1f" : "%.0f", rate);
	return buf;
}

#define HEADINGS "    PID NAME             FAULT/s  MAJOR/s  FLUSH/s     4K     2M     1G  LARGE"

/* A line of 78 characters at most */
static void line(const struct task *t, char *buf, size_t room)
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
	snprintf(buf, room, "%7d %-15.15s %8s %8s %8s %6s %6s %6s %6s", t->pid,
		 out_printable(t->name), short_rate(faults(t), f),
		 short_rate(t->major_rate, m), short_rate(t->flush_rate, s),
		 mapped[0], mapped[1], mapped[2], share);
}

static void summary(const struct tasks *t, char *buf, size_t room)
{
	char f[16], q[16], r[16];

	snprintf(buf, room, "%zu processes  %s faults/s  TLB flushes: %s/s requested, %s/s received",
		 t->n, short_rate(t->fault_rate, f),
		 short_rate(t->requested_rate, q), short_rate(t->received_rate, r));
}

static void print_task(const struct task *t)
{
	static const char *const names[TASK_LEVELS] = { "4k", "2m", "1g" };
	char text[160];
	int i;

	line(t, text, sizeof(text));
	out_text("%s\n", text);
	out_object(NULL);
	out_number("pid", t->pid, NULL);
	out_string("name", t->name, NULL);
	out_real("faults", faults(t), NULL);
	out_real("major", t->major_rate, NULL);
	if (t->flush_rate < 0)
		out_null("flushes", NULL);
	else
		out_real("flushes", t->flush_rate, NULL);
	if (t->has_pages) {
		out_object("pages");
		for (i = 0; i < TASK_LEVELS; i++)
			out_number(names[i], t->pages[i], NULL);
		out_end();
	} else {
		out_null("pages", NULL);
	}
	out_end();
}

static int print_table(const struct tasks *t)
{
	struct rows rows;
	char text[200];
	size_t i;
	int err = arrange(t, &rows, BATCH_ROWS);

	if (err)
		return err;
	summary(t, text, sizeof(text));
	out_record();
	out_text("%s\n", text);
	out_heading(HEADINGS);
	out_real("seconds", t->span, NULL);
	out_real("faults", t->fault_rate, NULL);
	out_real("requested", t->requested_rate, NULL);
	out_real("received", t->received_rate, NULL);
	out_real("lost", t->lost_rate, NULL);
	out_array("processes");
	for (i = 0; i < rows.n && i < BATCH_ROWS; i++)
		print_task(rows.task[i]);
	out_end();
	out_end();
	out_text("\n");
	free(rows.task);
	return 0;
}

/* The display */

static void draw(const struct tasks *t, const char *prompt)
{
	size_t room = LINES > 4 ? LINES - 4 : 0, i;
	struct rows rows;
	char text[256];

	if (arrange(t, &rows, room))
		return;
	erase();
	summary(t, text, sizeof(text));
	mvaddnstr(0, 0, text, COLS);
	snprintf(text, sizeof(text), "sorted by %s%s%s%s%s%s", opt.order->name,
		 *opt.filter ? ", only *" : "", opt.filter,
		 *opt.filter ? "*" : "", opt.frozen ? ", frozen" : "",
		 t->lost_rate > 0 ? ", some were lost" : "");
	mvaddnstr(1, 0, text, COLS);
	attron(A_REVERSE);
	mvaddnstr(2, 0, HEADINGS, COLS);
	attroff(A_REVERSE);
	for (i = 0; i < rows.n && i < room; i++) {
		line(rows.task[i], text, sizeof(text));
		mvaddnstr(3 + i, 0, text, COLS);
	}
	mvaddnstr(LINES - 1, 0, prompt ? prompt :
		  "f faults  m major  s flushes  z size  p pid  / filter  space freeze  q quit",
		  COLS);
	refresh();
	free(rows.task);
}

/* A line at the foot; the filter is what has been typed so far. */
static void ask_filter(const struct tasks *t)
{
	char prompt[64];
	size_t n;
	int key;

	timeout(-1);
	do {
		snprintf(prompt, sizeof(prompt), "only names with: %s_", opt.filter);
		draw(t, prompt);
		key = getch();
		n = strlen(opt.filter);
		if ((key == KEY_BACKSPACE || key == 127 || key == '\b') && n)
			opt.filter[n - 1] = '\0';
		else if (key < 128 && isprint(key) && n + 1 < sizeof(opt.filter))
			opt.filter[n] = key, opt.filter[n + 1] = '\0';
	} while (key != '\n' && key != KEY_ENTER && key != 27 && key != ERR);
	if (key == 27)
		opt.filter[0] = '\0';
	timeout(0);
}

/* Returns 1 if it's the end. */
static int press(const struct tasks *t, int key)
{
	size_t i;

	for (i = 0; i < ORDERS; i++)
		if (orders[i].key == key)
			opt.order = &orders[i];
	if (key == ' ')
		opt.frozen = !opt.frozen;
	else if (key == '/')
		ask_filter(t);
	return key == 'q';
}

/* Keys until it's time for the next look. Returns 1 if it's the end. */
static int keys(const struct tasks *t, int signals)
{
	struct pollfd fds[] = {
		{ signals, POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 },
	};
	int key, n;

	draw(t, NULL);
	for (;;) {
		n = poll(fds, 2, opt.frozen ? -1 : (int)opt.interval);
		if (n < 0 && errno != EINTR)
			return 1;
		if (fds[0].revents)
			return 1;
		if (!n)
			return 0;
		timeout(0);
		while ((key = getch()) != ERR)
			if (press(t, key))
				return 1;
		if (fds[1].revents & (POLLHUP | POLLERR))
			return 1;
		draw(t, NULL);
	}
}

static int show(struct tasks *t, int signals)
{
	unsigned int n = 0;
	int err = 0;

	if (!initscr())
		return -ENOTTY;
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	do {
		if (keys(t, signals))
			break;
		err = tasks_look(t);
	} while (!err && (!opt.times || ++n < opt.times));
	endwin();
	return err;
}

static int print(struct tasks *t, int signals)
{
	struct pollfd end = { signals, POLLIN, 0 };
	unsigned int n = 0;
	int err;

	do {
		if (poll(&end, 1, opt.interval))
			return 0;
		err = tasks_look(t);
		if (!err)
			err = print_table(t);
		fflush(stdout);
	} while (!err && (!opt.times || ++n < opt.times));
	return err;
}

static int top_run(int argc, char **argv)
{
	struct mmuinspect_family *f;
	struct tasks tasks = { 0 };
	struct session s;
	int status, err, signals;

	(void)argc;
	(void)argv;
	if (common.json)
		opt.batch = 1;
	if (!opt.batch && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
		return misused("top: this isn't a terminal: say --batch");
	status = session_open(&s);
	if (status)
		return status;
	status = family_open(&f);
	if (status)
		goto close;
	signals = signals_take(0);
	if (signals < 0) {
		status = failed("top: %s", strerror(-signals));
		goto close_family;
	}
	err = tasks_begin(&tasks, f, s.h);
	if (!err)
		err = opt.batch ? print(&tasks, signals) : show(&tasks, signals);
	if (err)
		status = failed("top: %s", counting_why(f, err));
	tasks_free(&tasks);
close_family:
	mmuinspect_family_close(f);
close:
	session_close(&s);
	return status;
}

const struct cli_command cmd_top = {
	.name = "top",
	.summary = "the processes that fault and flush most, live",
	.usage = "[-b] [-I MS] [-n N] [-s ORDER] [-f TEXT] [-j]",
	.about = "Faults per second as the kernel counts them, with a device (major) and without;\n"
		 "TLB flushes of the address space per second, for the 64 busiest processes (- for\n"
		 "the others); and the memory that is mapped, by the size of its pages.",
	.options = options,
	.run = top_run,
};
