// SPDX-License-Identifier: GPL-2.0-only
/* Counts of a process or of the machine, at one moment and at another. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "command.h"
#include "counts.h"
#include "lines.h"
#include "process.h"

/* What a watch has */
#define OF_PROCESS (MMUINSPECT_SOURCE_FAULTS | MMUINSPECT_SOURCE_STATES | \
		    MMUINSPECT_SOURCE_OUTCOMES | MMUINSPECT_SOURCE_REQUESTS | \
		    MMUINSPECT_SOURCE_LATENCY)

#define PF_KTHREAD 0x00200000	/* the kernel's include/linux/sched.h */

__u64 moment_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * MOMENT_SECOND + t.tv_nsec;
}

int moment_until(__u64 time)
{
	__u64 now = moment_now();

	if (!time)
		return -1;
	if (time <= now)
		return 0;
	time = (time - now) / MOMENT_MS + 1;
	return time < INT_MAX ? time : INT_MAX;
}

void moment_free(struct moment *m)
{
	mmuinspect_counts_free(&m->own);
	mmuinspect_counts_free(&m->machine);
	free(m->shots);
	*m = (struct moment) { 0 };
}

static __u64 less(__u64 a, __u64 b)
{
	return a > b ? a - b : 0;
}

/* Both are in order. */
static int shots_difference(struct moment *ret, const struct moment *after,
			    const struct moment *before)
{
	size_t i, j = 0;

	ret->shots = calloc(after->n_shots + 1, sizeof(*ret->shots));
	if (!ret->shots)
		return -ENOMEM;
	for (i = 0; i < after->n_shots; i++) {
		struct mmuinspect_shots s = after->shots[i], *b = before->shots;

		while (j < before->n_shots &&
		       (b[j].from < s.from ||
			(b[j].from == s.from && b[j].to < s.to)))
			j++;
		if (j < before->n_shots && b[j].from == s.from && b[j].to == s.to)
			s.count = less(s.count, b[j].count);
		if (s.count)
			ret->shots[ret->n_shots++] = s;
	}
	return 0;
}

int moment_difference(struct moment *ret, const struct moment *after,
		      const struct moment *before)
{
	*ret = (struct moment) {
		.time = after->time - before->time,
		.lost = less(after->lost, before->lost),
		.unwatched = less(after->unwatched, before->unwatched),
		.has_kept = after->has_kept && before->has_kept,
		.minor = less(after->minor, before->minor),
		.major = less(after->major, before->major),
	};
	if (mmuinspect_counts_difference(&ret->own, &after->own, &before->own) ||
	    mmuinspect_counts_difference(&ret->machine, &after->machine,
					 &before->machine) ||
	    shots_difference(ret, after, before)) {
		moment_free(ret);
		return -ENOMEM;
	}
	return 0;
}

#define NEEDED \
	"needs CAP_SYS_ADMIN, and CAP_SYS_PTRACE for somebody else's process: use sudo"

const char *counting_why(const struct mmuinspect_family *f, int err)
{
	static const struct {
		int err;
		const char *why;
	} reasons[] = {
		{ EPERM, NEEDED },
		{ EACCES, NEEDED },
		{ EOPNOTSUPP, "this kernel, or this module, can't count that" },
		{ ESRCH, "no such process" },
		/* The family's number, or the watch */
		{ ENOENT, "the module was unloaded meanwhile" },
		{ EMFILE, "too many processes are watched already" },
		{ ENFILE, "too many processes are watched already, by others too" },
	};
	const char *why = mmuinspect_family_why(f);
	size_t i;

	for (i = 0; !*why && i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].err == -err)
			why = reasons[i].why;
	return *why ? why : strerror(-err);
}

/* Of a command that waits to begin nobody knows the number. */
static int counting_failed(const struct sampler *s, int err)
{
	const char *why = counting_why(s->f, err);

	if (s->pid && !s->waits)
		return failed("PID %d: %s", s->pid, why);
	return failed(*mmuinspect_family_why(s->f) ? "%s" : "counting: %s", why);
}

#define MEASURED (MMUINSPECT_SOURCE_OUTCOMES | MMUINSPECT_SOURCE_LATENCY)

int sampler_open(struct sampler *s, __u32 asked)
{
	struct mmuinspect_info info = { 0 };
	__u32 offered;
	int status, err;

	*s = (struct sampler) { .asked = asked };
	status = family_open(&s->f);
	if (status)
		return status;
	err = mmuinspect_sources(s->f, &offered);
	if (err == -EOPNOTSUPP)
		status = failed("counting: the module is older than this mmuinspect: update the module");
	else if (err)
		status = counting_failed(s, err);
	else
		s->missing = asked & ~offered;
	if (!status && asked & MEASURED && !mmuinspect_family_info(s->f, &info))
		s->cycles_khz = info.cycles_khz;
	if (status)
		sampler_close(s);
	return status;
}

int sampler_machine(struct sampler *s)
{
	int err;

	s->of_machine = s->asked & ~s->missing;
	err = mmuinspect_counters_set(s->f, s->of_machine);
	return err ? counting_failed(s, err) : EXIT_DONE;
}

int sampler_process(struct sampler *s, pid_t pid, unsigned int flags, int machine)
{
	__u32 use = s->asked & ~s->missing;
	int err = 0;

	s->pid = pid;
	s->waits = flags & MMUINSPECT_WATCH_ON_EXEC;
	s->of_machine = machine ? use & ~OF_PROCESS : 0;
	if (s->of_machine)
		err = mmuinspect_counters_set(s->f, s->of_machine);
	if (!err)
		err = mmuinspect_watch_add(s->f, pid, use & OF_PROCESS, flags,
					   &s->watch);
	return err ? counting_failed(s, err) : EXIT_DONE;
}

int sampler_end(struct sampler *s)
{
	int err = s->watch ? mmuinspect_watch_del(s->f, s->watch) : 0;

	s->watch = 0;
	return err ? counting_failed(s, err) : EXIT_DONE;
}

/* Fields of /proc/PID/stat behind the name, the third one first; 0 if it's gone. */
static int proc_stat(pid_t pid, __u64 *field, int n)
{
	char path[32], line[1024], *at, *word;
	FILE *f;
	int i;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	at = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	if (!at)
		return 0;
	at++;
	for (i = 0; i < n && (word = strsep(&at, " ")); ) {
		if (!*word)
			continue;
		field[i++] = strtoull(word, NULL, 10);
	}
	return i == n;
}

/* proc(5): flags is field 9, minflt is 10, majflt 12 */
enum { STAT_FLAGS = 6, STAT_MINOR, STAT_MAJOR = 9, STAT_FIELDS };

/*
 * A child's come to its parent when it's reaped, those of the time before it was
 * watched among them: they are left out.
 */
static void kept_of_process(const struct sampler *s, struct moment *m)
{
	__u64 field[STAT_FIELDS];

	/* What a zombie has is all that there was. */
	m->has_kept = proc_is_ours() && proc_stat(s->pid, field, STAT_FIELDS);
	if (!m->has_kept)
		return;
	m->minor = field[STAT_MINOR];
	m->major = field[STAT_MAJOR];
}

/* "NAME VALUE": is it the value of @name? */
static int take_value(char *line, const char *name, __u64 *value)
{
	size_t n = strlen(name);

	if (strncmp(line, name, n) || line[n] != ' ')
		return 0;
	line += n + 1;
	*value = take_decimal(&line);
	return 1;
}

static void kept_of_machine(struct moment *m)
{
	struct lines lines;
	__u64 all = 0;
	int found = 0;
	char *line;

	lines_open(&lines, "/proc/vmstat");
	while (found < 2 && (line = lines_next(&lines)))
		if (*line == 'p')
			found += take_value(line, "pgfault", &all) ||
				 take_value(line, "pgmajfault", &m->major);
	lines_close(&lines);
	m->has_kept = found == 2;
	m->minor = less(all, m->major);
}

static int take_watch(struct sampler *s, struct moment *m, int kept)
{
	struct mmuinspect_watch watch;
	int err = mmuinspect_watch_get(s->f, s->watch, &watch);

	if (err)
		return err;
	m->own = watch.counts;
	m->unwatched = watch.unwatched;
	if (kept)
		kept_of_process(s, m);
	return 0;
}

/* How much was lost is told there too, for processes as well. */
static int take_counters(struct sampler *s, struct moment *m, int kept)
{
	struct mmuinspect_counters counters;
	int err = mmuinspect_counters_get(s->f, &counters);

	if (err)
		return err;
	m->lost = counters.lost;
	if (s->watch)
		m->machine = counters.all;
	else
		m->own = counters.all;
	counters.all = (struct mmuinspect_counts) { 0 };
	mmuinspect_counters_free(&counters);
	if (!s->watch && kept)
		kept_of_machine(m);
	return 0;
}

static int take_matrix(struct sampler *s, struct moment *m)
{
	int err = mmuinspect_matrix_get(s->f, &m->shots, &m->n_shots);

	s->no_matrix = err == -EOPNOTSUPP;
	return s->no_matrix ? 0 : err;
}

int sampler_take(struct sampler *s, struct moment *m, int kept)
{
	int err = 0;

	*m = (struct moment) { .time = moment_now() };
	if (s->watch)
		err = take_watch(s, m, kept);
	if (!err)
		err = take_counters(s, m, kept);
	if (!err && s->of_machine & MMUINSPECT_SOURCE_TARGETS)
		err = take_matrix(s, m);
	if (!err)
		return EXIT_DONE;
	moment_free(m);
	return counting_failed(s, err);
}

void sampler_close(struct sampler *s)
{
	mmuinspect_family_close(s->f);
	s->f = NULL;
}

/* The process that a thread is of; 0 if that can't be told. */
static pid_t thread_group(pid_t tid)
{
	char path[32], line[256];
	int pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	while (f && !pid && fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %d", &pid) != 1)
			pid = 0;
	if (f)
		fclose(f);
	return pid;
}

/* All of its threads: /proc/PID/stat calls it a zombie when the first one has. */
static int has_ended(pid_t pid)
{
	struct pollfd end = { process_fd(pid), POLLIN, 0 };
	int ended = end.fd < 0 || poll(&end, 1, 0) > 0;

	if (end.fd >= 0)
		close(end.fd);
	return ended;
}

int sampler_check_pid(pid_t pid)
{
	__u64 field[STAT_FIELDS];
	pid_t group;

	/* Then only the module knows which process that is. */
	if (!proc_is_ours())
		return EXIT_DONE;
	group = thread_group(pid);
	if (!group || !proc_stat(pid, field, STAT_FIELDS))
		return failed("PID %d: no such process", pid);
	if (group != pid)
		return failed("PID %d: a thread of process %d: give -p %d", pid, group,
			      group);
	if (field[STAT_FLAGS] & PF_KTHREAD)
		return failed("PID %d: a kernel thread: it has no address space of its own",
			      pid);
	if (has_ended(pid))
		return failed("PID %d: a zombie: it has ended", pid);
	return EXIT_DONE;
}
