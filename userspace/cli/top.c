// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect top: the processes that fault and shoot down most, live. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "counts.h"
#include "curses.h"
#include "process.h"
#include "ready.h"
#include "signals.h"
#include "tasks.h"
#include "top.h"

#define INTERVAL 2000	/* milliseconds */
#define BATCH_ROWS 20

struct top top = { .interval = INTERVAL, .order = orders };

static const char *set_interval(const char *arg)
{
	return parse_count(arg, &top.interval);
}

static const char *set_times(const char *arg)
{
	return parse_count(arg, &top.times);
}

static const char *set_batch(const char *arg)
{
	(void)arg;
	top.batch = 1;
	return NULL;
}

static const char *set_order(const char *arg)
{
	static const struct names names = NAMES(orders);
	int found = names_find(&names, arg);

	if (found < 0)
		return names_wrong(&names, arg, "order");
	top.order = &orders[found];
	return NULL;
}

static const char *set_filter(const char *arg)
{
	if (strlen(arg) >= sizeof(top.filter))
		return "longer than a process's name can be (15)";
	strcpy(top.filter, arg);
	return NULL;
}

static const struct cli_option options[] = {
	{ "batch", 'b', NULL, "print tables, for a script or a file", set_batch },
	{ "interval", 'I', "MS", "milliseconds between two looks (2000)", set_interval },
	{ "times", 'n', "N", "end after so many", set_times },
	{ "sort", 's', "ORDER", "faults, major, flushes, size or pid", set_order,
	  .value = VALUE_WORD, .words = "faults major flushes size pid" },
	{ "filter", 'f', "TEXT", "only processes with this in their name", set_filter,
	  .value = VALUE_COMM },
	OPTION_READY,
	OPTION_JSON,
	{ 0 }
};

static void print_task(const struct task *t)
{
	static const char *const names[TASK_LEVELS] = { "4k", "2m", "1g" };
	char text[160];
	int i;

	rows_line(t, text, sizeof(text));
	out_text("%s\n", text);
	out_object(NULL);
	out_number("pid", t->pid, NULL);
	out_string("comm", t->name, NULL);
	out_real("faults", task_faults(t), NULL);
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
	int err = rows_arrange(t, &rows, BATCH_ROWS);

	if (err)
		return err;
	rows_summary(t, text, sizeof(text));
	out_record();
	out_text("%s\n", text);
	out_text("%s", t->no_room ? ROWS_NO_ROOM "\n" : "");
	out_heading(ROWS_HEADINGS);
	out_seconds("seconds", t->span * MOMENT_SECOND + 0.5, NULL);
	out_real("faults", t->fault_rate, NULL);
	out_real("requested", t->requested_rate, NULL);
	out_real("received", t->received_rate, NULL);
	out_real("lost", t->lost_rate, NULL);
	out_bool("no_room", t->no_room, NULL);
	out_array("processes");
	for (i = 0; i < rows.n && i < BATCH_ROWS; i++)
		print_task(rows.task[i]);
	out_end();
	out_end();
	out_text("\n");
	free(rows.task);
	return 0;
}

static int print(struct tasks *t, int signals)
{
	struct pollfd end = { signals, POLLIN, 0 };
	unsigned int n = 0;
	int err;

	do {
		if (poll(&end, 1, top.interval))
			return 0;
		err = tasks_look(t, top.filter);
		if (!err)
			err = print_table(t);
	} while (!err && !out_error() && (!top.times || ++n < top.times));
	return err;
}

static int top_run(int argc, char **argv)
{
	struct mmuinspect_family *f;
	struct tasks tasks = { 0 };
	struct session s;
	int status, err, signals;
	const char *why;

	(void)argc;
	(void)argv;
	if (common.json)
		top.batch = 1;
	if (!top.batch && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
		return misused("top: this isn't a terminal: say --batch");
	if (!proc_is_ours())
		return failed("top: /proc isn't mounted, or belongs to another PID namespace");
	why = top.batch ? NULL : curses_load();
	if (why)
		return failed("top: %s", why);
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
		status = ready_report();
	if (!err && !status)
		err = top.batch ? print(&tasks, signals) : screen_show(&tasks, signals);
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
	.usage = "[-b] [-I MS] [-n N] [-s ORDER] [-f TEXT]\n"
		 "                      [--ready-fd N] [-j]",
	.about = "Faults per second as the kernel counts them, with a device (major) and without;\n"
		 "TLB flushes of the address space per second, for 32 processes at a time: the\n"
		 "busiest 24 at most, and the others by turns (-: it isn't known just now); and the\n"
		 "memory that is mapped, by the size of its pages.",
	.options = options,
	.run = top_run,
};
