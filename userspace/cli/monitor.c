// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect monitor: faults as they come, or counts again and again. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "command.h"
#include "counts.h"
#include "event.h"
#include "ready.h"
#include "signals.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PIDS_MAX 64
#define EVENTS_AT_ONCE 64
#define INTERVAL 1000	/* milliseconds */

static struct {
	int faults;
	unsigned int interval;	/* milliseconds; 0 if it isn't given */
	const char *type;
	pid_t pid[PIDS_MAX];
	size_t pids;
} opt;

static const char *set_faults(const char *arg)
{
	(void)arg;
	opt.faults = 1;
	return NULL;
}

static const char *set_interval(const char *arg)
{
	return parse_count(arg, &opt.interval);
}

static const char *set_type(const char *arg)
{
	opt.type = arg;
	return NULL;
}

static const char *add_pid(const char *arg)
{
	if (opt.pids == PIDS_MAX)
		return "at most 64 processes";
	return parse_pid(arg, &opt.pid[opt.pids++]);
}

static const struct cli_option options[] = {
	{ "faults", 'f', NULL,
	  "faults that end in a signal, or that the kernel emulates", set_faults },
	{ "pid", 'p', "PID", "only this process; may be repeated", add_pid,
	  .value = VALUE_PID, .repeats = 1 },
	{ "interval", 'I', "MS", "counts every so many milliseconds; 1000 without it",
	  set_interval },
	{ "type", 't', "LIST",
	  "with --faults only these: exceptions as PF,GP, signals as SIGSEGV, or signal, emulated, fixup; else what is counted: faults, states, outcomes, flushes, requests",
	  set_type, .value = VALUE_WORDS,
	  .words = "faults states outcomes flushes requests "
		   "PF GP UD BP DE MF XM AC SIGSEGV SIGBUS SIGILL SIGFPE SIGTRAP signal emulated fixup" },
	OPTION_READY,
	OPTION_JSON,
	{ 0 }
};

/* Sources that make a line of counts */
#define COUNTABLE (MMUINSPECT_SOURCE_FAULTS | MMUINSPECT_SOURCE_STATES | \
		   MMUINSPECT_SOURCE_OUTCOMES | MMUINSPECT_SOURCE_FLUSHES | \
		   MMUINSPECT_SOURCE_REQUESTS)

static int parse_sources(__u32 *sources)
{
	struct mmuinspect_name rows[8];
	struct names names = { rows, 0, sizeof(*rows) };
	char *copy = strdup(opt.type), *rest = copy, *word;
	int found = 0, status = EXIT_DONE;
	unsigned int bit;

	for (bit = 0; bit < ARRAY_SIZE(rows); bit++)
		if (1U << bit & COUNTABLE)
			rows[names.n++] = *mmuinspect_name(MMUINSPECT_NAMES_SOURCE, bit);
	*sources = 0;
	while (copy && !status && (word = strsep(&rest, ","))) {
		found = names_find(&names, word);
		if (found < 0)
			status = misused("--type %s: %s", opt.type,
					 names_wrong(&names, word, "source of counts"));
		/* The first of them are all countable. */
		else
			*sources |= 1U << found;
	}
	free(copy);
	return copy ? status : failed("monitor: %s", strerror(ENOMEM));
}

/**
 * struct line - whose counts make a line
 * @s: where they come from
 * @last: those of the line before
 * @who: the PID in words; "" for the machine
 * @pidfd: readable when the process has ended; -1 for the machine
 * @over: it has
 */
struct line {
	struct sampler s;
	struct moment last;
	char who[16];
	int pidfd;
	int over;
};

static int open_line(struct line *line, pid_t pid, __u32 sources)
{
	int status = pid ? sampler_check_pid(pid) : EXIT_DONE;

	line->pidfd = -1;
	if (!status)
		status = sampler_open(&line->s, sources);
	if (status)
		return status;
	if (pid) {
		snprintf(line->who, sizeof(line->who), "%d", pid);
		line->pidfd = process_fd(pid);
		status = sampler_process(&line->s, pid, 0, 0);
	} else {
		status = sampler_machine(&line->s);
	}
	return status ? status : sampler_take(&line->s, &line->last, common.json);
}

static int print_line(struct line *line)
{
	struct moment now, span;
	int status = sampler_take(&line->s, &now, common.json);

	if (status)
		return status;
	if (moment_difference(&span, &now, &line->last)) {
		moment_free(&now);
		return failed("monitor: %s", strerror(ENOMEM));
	}
	counts_line(&line->s, now.time, line->s.pid ? line->who : NULL, &span);
	moment_free(&span);
	moment_free(&line->last);
	line->last = now;
	return EXIT_DONE;
}

/* The lines of an interval; those that have ended are the last of their process. */
static int print_lines(struct line *line, size_t n, struct pollfd *fds)
{
	int status = EXIT_DONE;
	size_t i;

	for (i = 0; i < n && !status; i++) {
		if (line[i].over)
			continue;
		line[i].over = fds[i].revents;
		status = print_line(&line[i]);
		if (line[i].over)
			fds[i].fd = -1;
	}
	return status;
}

static int is_over(const struct line *line, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!line[i].over)
			return 0;
	return 1;
}

/* Until a signal comes, nobody reads any more, or all processes have ended. */
static int follow(struct line *line, size_t n, int signals)
{
	struct pollfd fds[PIDS_MAX + 1];
	__u64 next = moment_now();
	int status = EXIT_DONE, ready;
	size_t i;

	for (i = 0; i < n; i++)
		fds[i] = (struct pollfd) { line[i].pidfd, POLLIN, 0 };
	fds[n] = (struct pollfd) { signals, POLLIN, 0 };
	while (!status && !is_over(line, n) && !out_error()) {
		next += opt.interval * MOMENT_MS;
		/* Who has ended has a line of its own time at the next one. */
		do {
			ready = poll(&fds[n], 1, moment_until(next));
		} while (ready < 0 && errno == EINTR);
		if (ready > 0)
			break;
		if (poll(fds, n, 0) < 0)
			return failed("poll: %s", strerror(errno));
		status = print_lines(line, n, fds);
	}
	return status;
}

static int monitor_counts(int signals)
{
	__u32 sources = MMUINSPECT_SOURCE_FAULTS | MMUINSPECT_SOURCE_FLUSHES |
			MMUINSPECT_SOURCE_REQUESTS;
	size_t n = opt.pids ? opt.pids : 1, i, opened;
	struct line *line;
	int status = EXIT_DONE;

	if (opt.type)
		status = parse_sources(&sources);
	/* Flushes are nobody's. */
	if (opt.pids && !opt.type)
		sources &= ~MMUINSPECT_SOURCE_FLUSHES;
	if (!status && opt.pids && sources & MMUINSPECT_SOURCE_FLUSHES)
		status = misused("--type %s: flushes are the machine's, not a process's",
				 opt.type);
	if (status)
		return status;
	line = calloc(n, sizeof(*line));
	if (!line)
		return failed("monitor: %s", strerror(ENOMEM));
	for (opened = 0; opened < n && !status; opened++)
		status = open_line(&line[opened], opt.pid[opened], sources);
	if (!status) {
		counts_line_head(&line[0].s, opt.pids > 0);
		status = ready_report();
	}
	if (!status)
		status = follow(line, n, signals);
	for (i = 0; i < opened; i++) {
		moment_free(&line[i].last);
		sampler_close(&line[i].s);
		if (line[i].pidfd >= 0)
			close(line[i].pidfd);
	}
	free(line);
	return status;
}

static int is_wanted(const struct mmuinspect_event *event)
{
	size_t i;

	for (i = 0; i < opt.pids; i++)
		if (opt.pid[i] == (pid_t)event->pid)
			break;
	return (!opt.pids || i < opt.pids) &&
	       (!opt.type || event_is(event, opt.type));
}

/**
 * struct hearing - what has been heard
 * @events: where from
 * @seq: number of the last one
 * @missed: some were lost for want of a reader, and no event has told of them yet
 */
struct hearing {
	struct mmuinspect_events *events;
	__u64 seq;
	int missed;
};

/* Returns 1 to go on, 0 if there is none, or a negative errno. */
static int take_event(struct hearing *h)
{
	struct mmuinspect_event event;
	int got = mmuinspect_events_next(h->events, 0, &event);

	if (got == -ENOBUFS)
		h->missed = 1;
	if (got == -ENOBUFS || got == -EINTR)
		return 1;
	if (got <= 0)
		return got;
	/* Those before the loss may still be coming; the first one behind the gap has it. */
	if (h->seq && event.seq > h->seq + 1)
		h->missed = 0;
	h->seq = event.seq;
	if (event.lost)
		event_print_lost(event.lost);
	if (is_wanted(&event))
		event_print(&event);
	return 1;
}

/* As many as there are, but for a signal's sake not for ever */
static int take_events(struct hearing *h)
{
	int got = 1, n;

	for (n = 0; n < EVENTS_AT_ONCE && got > 0; n++)
		got = take_event(h);
	return got;
}

/* Why the module sends no further event */
static int events_ended(int err)
{
	static const struct {
		int err;
		const char *why;
	} rows[] = {
		{ ENODEV, "the module was unloaded" },
		{ EPERM, "CAP_SYS_ADMIN was dropped" },
		{ EACCES, "CAP_SYS_RAWIO was dropped" },
		{ EKEYREJECTED, "the kernel was locked down, and they would reveal its addresses" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].err == -err)
			return failed("events ended: %s", rows[i].why);
	return failed("events: %s", strerror(-err));
}

/* Who has ended isn't asked again. Returns how many are left. */
static size_t count_left(struct pollfd *process, size_t n)
{
	size_t left = 0, i;

	for (i = 0; i < n; i++) {
		if (process[i].revents) {
			close(process[i].fd);
			process[i].fd = -1;
		}
		left += process[i].fd >= 0;
	}
	return left;
}

/*
 * Until a signal comes, nobody reads any more, or all processes have ended; and
 * what was before that has been told. A second signal doesn't wait for it.
 * @fds: signals, events, processes.
 */
static int listen_to(struct mmuinspect_events *events, struct pollfd *fds)
{
	struct hearing h = { .events = events };
	int got = 0, ready, signal, ending = 0;
	__u64 lost;

	/* What has come is written before we wait, in one piece. */
	while (got >= 0 && !out_error()) {
		ready = poll(fds, 2 + opt.pids, ending ? 0 : -1);
		if (ready < 0 && errno != EINTR)
			return failed("poll: %s", strerror(errno));
		signal = ready > 0 && fds[0].revents && signals_pass(fds[0].fd, 0);
		if (ending && signal)
			break;
		if (ready > 0 && !ending &&
		    (signal || (opt.pids && !count_left(fds + 2, opt.pids)))) {
			ending = 1;
			h.missed |= !!mmuinspect_events_stop(events);
		}
		got = take_events(&h);
		if (!got && ending)
			break;
	}
	/* There was no event behind those, which would have reported them. */
	lost = mmuinspect_events_lost(events);
	if (lost || (h.missed && got != -ENODATA))
		event_print_lost(lost);
	return got < 0 && got != -ENODATA ? events_ended(got) : EXIT_DONE;
}

static int listen_with(struct mmuinspect_events *events, int signals)
{
	struct pollfd fds[2 + PIDS_MAX] = {
		{ signals, POLLIN, 0 },
		{ mmuinspect_events_fd(events), POLLIN, 0 },
	};
	int status = EXIT_DONE;
	size_t n, i;

	for (n = 0; n < opt.pids && !status; n++) {
		fds[2 + n] = (struct pollfd) { process_fd(opt.pid[n]), POLLIN, 0 };
		if (fds[2 + n].fd < 0)
			status = failed("PID %d: %s", opt.pid[n], strerror(errno));
	}
	if (!status)
		status = ready_report();
	if (!status)
		status = listen_to(events, fds);
	for (i = 0; i < n; i++)
		if (fds[2 + i].fd >= 0)
			close(fds[2 + i].fd);
	return status;
}

static int events_refused(const struct mmuinspect_family *f, int err)
{
	const char *why = mmuinspect_family_why(f);

	if (*why)
		return failed("%s", why);
	if (err == -EOPNOTSUPP)
		why = "this kernel, or this module, can't tell of them";
	else if (err == -EPERM || err == -EACCES)
		why = "they need CAP_SYS_ADMIN and CAP_SYS_RAWIO, and no lockdown: use sudo";
	else
		why = strerror(-err);
	return failed("events: %s", why);
}

static int monitor_faults(int signals)
{
	struct mmuinspect_events *events;
	struct mmuinspect_family *f;
	int status, err;
	size_t i;

	status = opt.type ? event_check_type(opt.type) : EXIT_DONE;
	for (i = 0; i < opt.pids && !status; i++)
		status = sampler_check_pid(opt.pid[i]);
	if (!status && opt.pids && !is_initial_pid_namespace())
		status = failed("events have the initial PID namespace's numbers, and this is another: leave out -p");
	if (!status)
		status = family_open(&f);
	if (status)
		return status;
	err = mmuinspect_events_open(f, &events);
	if (err) {
		status = events_refused(f, err);
	} else {
		status = listen_with(events, signals);
		mmuinspect_events_close(events);
	}
	mmuinspect_family_close(f);
	return status;
}

static int monitor_run(int argc, char **argv)
{
	int signals = signals_take(0);

	(void)argc;
	(void)argv;
	if (signals < 0)
		return failed("signals: %s", strerror(-signals));
	if (opt.faults && opt.interval)
		return misused("monitor: --interval is about counts: it doesn't go with --faults");
	if (!opt.interval)
		opt.interval = INTERVAL;
	if (!opt.faults)
		out_line_by_line();
	return opt.faults ? monitor_faults(signals) : monitor_counts(signals);
}

const struct cli_command cmd_monitor = {
	.name = "monitor",
	.summary = "faults as they come, or counts again and again",
	.usage = "[-f] [-p PID]... [-I MS] [-t LIST]\n"
		 "                          [--ready-fd N] [-j]",
	.about = "A line, or a JSON record a line, for each interval: what was counted in it, on\n"
		 "the machine or of each process (its children from then on included). With -f\n"
		 "for each fault that ended in a signal, or that the kernel emulated or mended:\n"
		 "when, who, which exception, its error code, where, the instruction's bytes, and\n"
		 "what became of it; lost ones are counted in a line of their own. Ends with\n"
		 "Ctrl-C, or with the last of the processes. Times are since boot. Needs\n"
		 "CAP_SYS_ADMIN; -f CAP_SYS_RAWIO too, and no lockdown.",
	.options = options,
	.run = monitor_run,
};
