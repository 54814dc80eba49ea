// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect tour: from an address to its bytes, step by step, on this machine. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tour.h"

static int list, go_on;

/* In the order of the story */
static const struct tour_step *const steps[] = {
	&tour_segments,
	&tour_levels,
	&tour_sizes,
	&tour_cr3,
	&tour_msrs,
	&tour_gates,
	&tour_demand_zero,
	&tour_copy_on_write,
	&tour_shootdown,
	&tour_kpti,
	&tour_pkeys,
};

static const char *set_list(const char *arg)
{
	(void)arg;
	list = 1;
	return NULL;
}

static const char *set_go_on(const char *arg)
{
	(void)arg;
	go_on = 1;
	return NULL;
}

static const struct cli_option options[] = {
	{ "non-interactive", 'n', NULL, "don't wait for Enter between steps", set_go_on },
	{ "list", 'l', NULL, "the steps that there are; nothing is shown", set_list },
	OPTION_JSON,
	{ 0 }
};

void tour_check(struct tour *t, int ok, const char *fmt, ...)
{
	va_list ap;
	char *text;

	/* One too many mustn't be lost if it's the one that fails. */
	if (t->checks == TOUR_CHECKS)
		t->checks--;
	text = t->check[t->checks].text;
	va_start(ap, fmt);
	vsnprintf(text, TOUR_TEXT, fmt, ap);
	va_end(ap);
	t->check[t->checks++].ok = !!ok;
	out_text("  %-6s  %s\n", ok ? "ok" : "NOT SO", text);
}

const char *tour_cannot(struct tour *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->why, sizeof(t->why), fmt, ap);
	va_end(ap);
	return t->why;
}

/* Returns how many of the checks failed. */
static size_t print_checks(const struct tour *t)
{
	size_t i, wrong = 0;

	out_array("checks");
	for (i = 0; i < t->checks; i++) {
		out_object(NULL);
		out_string("text", t->check[i].text, NULL);
		out_bool("ok", t->check[i].ok, NULL);
		out_end();
		wrong += !t->check[i].ok;
	}
	out_end();
	return wrong;
}

/**
 * struct sum - how the steps went
 * @shown: how many could be shown
 * @wrong: how many of those weren't as predicted
 * @elsewhere: how many this machine can't show
 */
struct sum {
	unsigned int shown;
	unsigned int wrong;
	unsigned int elsewhere;
};

static void show(struct tour *t, const struct tour_step *step, unsigned int number,
		 struct sum *sum)
{
	char title[TOUR_TEXT];
	const char *why;
	size_t wrong;

	t->checks = 0;
	snprintf(title, sizeof(title), "%u. %s  (%s)", number, step->title, step->name);
	out_object(NULL);
	out_heading(title);
	out_string("name", step->name, NULL);
	out_string("title", step->title, NULL);
	out_string("text", step->text, "\n%s\n", step->text);
	out_flush();
	out_object("facts");
	why = step->show(t);
	out_end();
	wrong = print_checks(t);
	out_bool("shown", !why, NULL);
	out_string("why", why, why ? "  not here: %s\n" : NULL, why);
	if (why && !wrong)
		out_null("ok", NULL);
	else
		out_bool("ok", !wrong, NULL);
	out_end();
	out_text("\n");
	/* What came out wrong did so, though the rest can't be shown. */
	sum->elsewhere += why && !wrong;
	sum->shown += !why || wrong;
	sum->wrong += !!wrong;
}

/* Returns 0 if that's enough. Input that has ended, and is no terminal, answers nothing. */
static int may_go_on(const struct tour_step *next)
{
	int terminal = isatty(STDIN_FILENO), on;
	char *line = NULL;
	size_t size = 0;

	if (go_on || common.json)
		return 1;
	if (terminal)
		out_text("Enter: on to \"%s\"; q and Enter: end ", next->title);
	out_flush();
	if (getline(&line, &size, stdin) > 0)
		on = *line != 'q' && *line != 'Q';
	else
		on = go_on = !terminal;
	free(line);
	if (terminal)
		out_text("\n");
	return on;
}

static int print_sum(const struct sum *sum)
{
	out_object("summary");
	out_number("shown", sum->shown, "%u shown", sum->shown);
	out_number("wrong", sum->wrong, sum->wrong ? ", %u of them not as predicted" :
		   sum->shown ? ", all as predicted" : NULL, sum->wrong);
	out_number("not_here", sum->elsewhere, sum->elsewhere ?
		   "; %u can't be shown here\n" : "\n", sum->elsewhere);
	out_end();
	if (sum->wrong)
		return EXIT_FINDINGS;
	return sum->shown ? EXIT_DONE : EXIT_FAILED;
}

static int print_list(void)
{
	size_t i;

	out_heading("step            shows");
	out_array("steps");
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		out_object(NULL);
		out_string("name", steps[i]->name, "%-14s", steps[i]->name);
		out_string("title", steps[i]->title, "  %s\n", steps[i]->title);
		out_end();
	}
	out_end();
	return EXIT_DONE;
}

/* Which of @steps; all if none is named. Returns an exit status. */
static int choose(int argc, char **argv, int wanted[ARRAY_SIZE(steps)])
{
	const char *name[ARRAY_SIZE(steps)];
	const struct names names = NAMES(name);
	size_t i;
	int a, found;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		name[i] = steps[i]->name;
		wanted[i] = !argc;
	}
	for (a = 0; a < argc; a++) {
		found = names_find(&names, argv[a]);
		if (found < 0)
			return misused("tour: %s", names_wrong(&names, argv[a], "step"));
		wanted[found] = 1;
	}
	return EXIT_DONE;
}

static int take(struct tour *t, const int wanted[ARRAY_SIZE(steps)])
{
	struct sum sum = { 0 };
	unsigned int number = 0;
	size_t i;

	out_stream("steps");
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		if (!wanted[i])
			continue;
		if (number && !may_go_on(steps[i]))
			break;
		show(t, steps[i], ++number, &sum);
	}
	out_end();
	return print_sum(&sum);
}

static int tour_run(int argc, char **argv)
{
	struct tour t = { .page = NULL };
	int wanted[ARRAY_SIZE(steps)];
	int status = choose(argc, argv, wanted);

	if (status || list)
		return status ? status : print_list();
	status = session_open(&t.s);
	if (status)
		return status;
	if (t.s.info->arch == MMUINSPECT_ARCH_X86_64)
		status = take(&t, wanted);
	else
		status = failed("tour: it knows x86-64 alone, not %s",
				mmuinspect_arch_name(t.s.info));
	session_close(&t.s);
	return status;
}

const struct cli_command cmd_tour = {
	.name = "tour",
	.summary = "how the MMU works, step by step, on this machine",
	.usage = "[-n] [-j] [STEP...]\n"
		 "       mmuinspect tour --list [-j]",
	.about = "Each step says what it's going to show, and why it is so; then it does it, to\n"
		 "itself and to children of its own, with the numbers of this machine, and looks\n"
		 "whether it came out as predicted. Nothing else is touched. What this machine can't\n"
		 "show says why. Without STEP all of them, in order; Enter goes on to the next, q\n"
		 "ends. With --json, and where the input isn't a terminal and has ended, it doesn't\n"
		 "wait. Needs CAP_SYS_ADMIN, CAP_SYS_PTRACE and\n"
		 "CAP_SYS_RAWIO to show all. The exit status is 3 if anything wasn't as\n"
		 "predicted, 1 if nothing could be shown.",
	.options = options,
	.operands = OPERANDS_ANY,
	.run = tour_run,
};
