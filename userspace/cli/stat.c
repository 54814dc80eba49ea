// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect stat: counts of a command, a process or the machine. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "command.h"
#include "counts.h"
#include "ready.h"
#include "run_as.h"
#include "signals.h"

#define SOURCES (MMUINSPECT_SOURCE_FAULTS | MMUINSPECT_SOURCE_FLUSHES | \
		 MMUINSPECT_SOURCE_REQUESTS)

static struct {
	__u32 sources;
	int machine;
	int matrix;
	unsigned int interval;	/* milliseconds; 0 for none */
	unsigned int repeat;
	const char *output;
} opt = { .sources = SOURCES, .repeat = 1 };

static const char *set_all(const char *arg)
{
	(void)arg;
	opt.machine = 1;
	return NULL;
}

static const char *set_interval(const char *arg)
{
	return parse_count(arg, &opt.interval);
}

static const char *set_outcomes(const char *arg)
{
	(void)arg;
	opt.sources |= MMUINSPECT_SOURCE_STATES | MMUINSPECT_SOURCE_OUTCOMES;
	return NULL;
}

static const char *set_latency(const char *arg)
{
	(void)arg;
	opt.sources |= MMUINSPECT_SOURCE_LATENCY;
	return NULL;
}

static const char *set_matrix(const char *arg)
{
	(void)arg;
	opt.sources |= MMUINSPECT_SOURCE_TARGETS;
	opt.matrix = 1;
	return NULL;
}

static const char *set_repeat(const char *arg)
{
	return parse_count(arg, &opt.repeat);
}

static const char *set_output(const char *arg)
{
	opt.output = arg;
	return NULL;
}

static const struct cli_option options[] = {
	{ "pid", 'p', "PID", "a process that runs, and the children that it makes",
	  common_pid, .value = VALUE_PID },
	{ "all", 'a', NULL, "the whole machine", set_all },
	{ "interval", 'I', "MS", "a line every so many milliseconds too",
	  set_interval },
	{ "outcomes", 'O', NULL,
	  "what the entry was before each fault, what became of it, how long it took, and signals (higher overhead)",
	  set_outcomes },
	{ "latency", 'l', NULL, "how long flushes took where they were asked for",
	  set_latency },
	{ "matrix", 'm', NULL, 
	  "with -a: TLB flush IPIs from CPU to CPU, or, before Linux 6.5, how many CPUs were asked at once",
	  set_matrix },
	{ "repeat", 'r', "N", "run the command so often: means, and their spread",
	  set_repeat },
	OPTION_USER,
	{ "output", 'o', "FILE", "print to a file", set_output,
	  .value = VALUE_FILE },
	OPTION_READY,
	OPTION_JSON,
	{ 0 }
};

/**
 * struct stat_run - what is counted
 * @s: where counts come from
 * @argv: the command; NULL if there is none
 * @signals: to be read
 * @start: when it began
 * @interrupted: a signal ended it
 */
struct stat_run {
	struct sampler s;
	char **argv;
	int signals;
	__u64 start;
	int interrupted;
};

/* A line for the time since @last, which becomes now. */
static int print_interval(struct stat_run *run, struct moment *last)
{
	struct moment now, span;
	int status = sampler_take(&run->s, &now, common.json);

	if (status)
		return status;
	if (moment_difference(&span, &now, last)) {
		moment_free(&now);
		return failed("stat: %s", strerror(ENOMEM));
	}
	counts_line(&run->s, now.time - run->start, NULL, &span);
	moment_free(&span);
	moment_free(last);
	*last = now;
	return EXIT_DONE;
}

/* A signal is the command's, if there is one; else it's the end. */
static int pass_signal(struct stat_run *run, const struct command *c)
{
	if (!signals_pass(run->signals, c ? c->pid : 0))
		return 0;
	run->interrupted = 1;
	return !c;
}

/*
 * Until the command has ended, or the process, or somebody says so. Without a
 * command a failure is the end too.
 */
static int wait_for(struct stat_run *run, const struct command *c, int pidfd,
		    struct moment *last)
{
	struct pollfd fds[] = {
		{ run->signals, POLLIN, 0 },
		{ c ? c->pidfd : pidfd, POLLIN, 0 },
	};
	__u64 next = opt.interval ? run->start + opt.interval * MOMENT_MS : 0;
	int status = EXIT_DONE;

	while (!fds[1].revents) {
		if (poll(fds, 2, moment_until(next)) < 0 && errno != EINTR)
			return failed("poll: %s", strerror(errno));
		if (fds[0].revents && pass_signal(run, c))
			break;
		if (!next || fds[1].revents || moment_now() < next)
			continue;
		status = print_interval(run, last);
		next += opt.interval * MOMENT_MS;
		if (!status && !out_error())
			continue;
		if (!c)
			break;
		next = 0;
	}
	return status;
}

/* The same, with a line for each interval */
static int wait_by_intervals(struct stat_run *run, const struct command *c,
			     int pidfd, const struct moment *begin)
{
	struct moment last;
	int status;

	/* An own copy, since each interval has another one */
	if (moment_difference(&last, begin, &(struct moment) { 0 }))
		return failed("stat: %s", strerror(ENOMEM));
	last.time = run->start;
	last.has_kept = begin->has_kept;
	status = wait_for(run, c, pidfd, &last);
	/* The last one is shorter: together they are the whole. */
	if (opt.interval && !status && !out_error())
		status = print_interval(run, &last);
	moment_free(&last);
	return status;
}

/* What was counted since @begin */
static int take_span(struct stat_run *run, const struct moment *begin,
		     struct moment *span, __u64 end)
{
	struct moment now;
	int status = sampler_take(&run->s, &now, 1);

	if (status)
		return status;
	if (moment_difference(span, &now, begin))
		status = failed("stat: %s", strerror(ENOMEM));
	else
		span->time = end - run->start;
	moment_free(&now);
	return status;
}

/* Without a command: @pidfd is the process's, or -1. */
static int measure(struct stat_run *run, int pidfd, struct moment *span)
{
	struct moment begin;
	int status = sampler_take(&run->s, &begin, 1);

	if (status)
		return status;
	run->start = moment_now();
	status = ready_report();
	if (!status)
		status = wait_by_intervals(run, NULL, pidfd, &begin);
	if (!status)
		status = take_span(run, &begin, span, moment_now());
	moment_free(&begin);
	return status;
}

/*
 * The command's exit status is ours, also if that's all that is to be had of it;
 * *@counted is 0 if there is nothing to show.
 * Its own counts begin with the program, since the watch waits for that.
 */
static int measure_command(struct stat_run *run, struct command *c,
			   struct moment *span, int *counted)
{
	int status = EXIT_DONE, ended, wrong, began, own = !common.pid && !opt.machine;
	struct moment begin;
	struct rusage used;
	__u64 end;

	if (own)
		status = sampler_process(&run->s, c->pid, MMUINSPECT_WATCH_ON_EXEC, 1);
	if (!status)
		status = sampler_take(&run->s, &begin, 1);
	if (status) {
		command_forget(c);
		return status;
	}
	run->start = moment_now();
	/* The command's exit status is what matters, whether there is a reader or not. */
	ready_report();
	command_begin(c);
	wrong = wait_by_intervals(run, c, -1, &begin);
	ended = command_end(c, &began, &used);
	end = moment_now();
	if (!wrong && began) {
		wrong = take_span(run, &begin, span, end);
		*counted = !wrong;
	}
	if (*counted && own) {
		span->has_kept = 1;
		span->minor = used.ru_minflt;
		span->major = used.ru_majflt;
		wrong = sampler_end(&run->s);
	}
	moment_free(&begin);
	return ended ? ended : wrong;
}

static void print_head(const struct stat_run *run, size_t n)
{
	size_t i;

	out_string("scope", common.pid ? "process" : opt.machine ? "machine" :
		   "command", "Counts of ");
	if (common.pid)
		out_number("pid", common.pid, "PID %d and the children that it made",
			   common.pid);
	else if (opt.machine)
		out_text("the whole machine");
	if (run->argv && (common.pid || opt.machine))
		out_text(" during ");
	out_array("command");
	for (i = 0; run->argv && run->argv[i]; i++)
		out_string(NULL, run->argv[i], i ? " %s" : "\"%s",
			   out_printable(run->argv[i]));
	out_end();
	if (run->argv)
		out_text("\"%s", common.pid || opt.machine ? "" : " and its children");
	out_number("runs", n, n > 1 ? ", mean of %zu runs" : NULL, n);
}

static void print_all(const struct stat_run *run, const struct moment *span,
		      size_t n, int status)
{
	const struct report report = { &run->s, span, n };

	if (opt.interval)
		out_record();
	print_head(run, n);
	if (run->argv) {
		out_string("run_as", run_as_name(), NULL);
		out_number("exit_status", status, NULL);
	}
	counts_elapsed(&report);
	counts_print(&report);
	if (opt.interval)
		out_end();
}

/* All runs of the command; those that were good are shown. */
static int stat_command(struct stat_run *run)
{
	struct moment *span = calloc(opt.repeat, sizeof(*span));
	int status = EXIT_DONE, ended, counted = 1, err;
	struct command c;
	size_t n = 0, i;

	if (!span)
		return failed("stat: %s", strerror(ENOMEM));
	while (n < opt.repeat && counted && !run->interrupted) {
		err = command_make(&c, run->argv);
		if (err) {
			status = failed("%s: %s", run->argv[0], strerror(-err));
			break;
		}
		counted = 0;
		ended = measure_command(run, &c, &span[n], &counted);
		n += counted;
		/* The first one that isn't good is what is to be known. */
		if (!status)
			status = ended;
	}
	if (n) {
		print_all(run, span, n, status);
		run_as_note();
	}
	for (i = 0; i < n; i++)
		moment_free(&span[i]);
	free(span);
	return status;
}

static int stat_plain(struct stat_run *run)
{
	int pidfd = -1, status;
	struct moment span;

	if (common.pid)
		pidfd = process_fd(common.pid);
	if (common.pid && pidfd < 0)
		return failed("PID %d: %s", common.pid, strerror(errno));
	status = measure(run, pidfd, &span);
	if (!status) {
		print_all(run, &span, 1, status);
		moment_free(&span);
	}
	if (pidfd >= 0)
		close(pidfd);
	return status;
}

/* Where to print: the command's standard output is the command's, but for JSON. */
static int choose_output(int command)
{
	int fd = STDERR_FILENO, err;

	if (!opt.output && (common.json || !command))
		return EXIT_DONE;
	if (opt.output)
		fd = open(opt.output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	err = fd < 0 ? -errno : command_keep_output();
	if (!err)
		err = out_to(fd, opt.output ? opt.output : "standard error");
	if (opt.output && fd >= 0)
		close(fd);
	return err ? failed("%s: %s", opt.output ? opt.output : "standard error",
			    strerror(-err)) : EXIT_DONE;
}

static int check_options(int command)
{
	if (common.pid && opt.machine)
		return misused("stat: a process or the whole machine: -p or -a");
	if (!common.pid && !opt.machine && !command)
		return misused("stat: nothing to count: a command, -p PID or -a");
	if (opt.matrix && !opt.machine)
		return misused("stat: --matrix is about the whole machine: it goes with -a");
	if (opt.repeat > 1 && !command)
		return misused("stat: --repeat runs a command: there is none");
	if (opt.repeat > 1 && opt.matrix)
		return misused("stat: --matrix or --repeat, not both");
	if (opt.repeat > 1 && opt.interval)
		return misused("stat: --interval or --repeat, not both");
	return EXIT_DONE;
}

static int stat_run(int argc, char **argv)
{
	struct stat_run run = { .argv = argc ? argv : NULL };
	int status = check_options(argc);

	if (!status)
		status = run_as_check();
	if (!status && common.pid)
		status = sampler_check_pid(common.pid);
	if (!status)
		status = sampler_open(&run.s, opt.sources);
	if (status)
		return status;
	if (common.pid)
		status = sampler_process(&run.s, common.pid, 0, 1);
	else if (opt.machine)
		status = sampler_machine(&run.s);
	if (!status)
		status = choose_output(argc);
	run.signals = status ? -1 : signals_take(argc);
	if (!status && run.signals < 0)
		status = failed("signals: %s", strerror(-run.signals));
	if (!status && opt.interval) {
		out_line_by_line();
		counts_line_head(&run.s, 0);
	}
	if (!status)
		status = run.argv ? stat_command(&run) : stat_plain(&run);
	sampler_close(&run.s);
	return status;
}

const struct cli_command cmd_stat = {
	.name = "stat",
	.summary = "faults and TLB flushes of a command, a process, the machine",
	.usage = "[-p PID | -a] [-I MS] [-O] [-l] [-m] [-r N] [-u USER]\n"
		 "                       [-o FILE] [--ready-fd N] [-j]\n"
		 "                       [--] [COMMAND [ARGUMENT...]]",
	.about = "Counts page faults by what the CPU was doing, and TLB flushes by reason, while\n"
		 "COMMAND runs: of it and its children, from when it has its new program (loading it\n"
		 "included) to its end; of a process with -p, of the machine with -a. Without it until\n"
		 "the process ends, or Ctrl-C. Signals go on to COMMAND, and its exit status is\n"
		 "ours: 128 and the signal's number if one killed it, 127 if it wasn't found, 126\n"
		 "if it couldn't be run. Text goes to standard error if there is a COMMAND, JSON\n"
		 "to standard output. With -I a line or a JSON record each interval, at the end\n"
		 "all of it. Needs CAP_SYS_ADMIN, and CAP_SYS_PTRACE for somebody else's process.",
	.options = options,
	.operands = OPERANDS_COMMAND,
	.run = stat_run,
};
