// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmuinspect explain -- COMMAND: run it, traced, and look at it when it's about to
 * die of a fault: what the module recorded when the CPU faulted, and what the
 * process, held by its tracer before it gets the signal, is like now.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explain.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* If mmuinspect is killed, what it filters system calls of must not live on. */
#define TRACE_OPTIONS (PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | \
		       PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
		       PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP)

/* How long a record may be under way, in ms: an emulated machine is slow. */
#define PATIENCE 3000
#define RECORDS 64

/**
 * struct run - a command that is being traced
 * @s: the session
 * @family: has the watch
 * @events: records of faults
 * @record: the last ones that nobody asked for yet; seq is 0 where there is none
 * @records: how many came
 * @pid: the command's process
 * @report: what it says if it can't become the command
 * @gate: it begins when this is closed after a byte
 * @status: how it ended, as waitpid() has it
 * @thread: those that are traced, with their processes
 * @threads: how many
 * @deaths: how many were printed
 */
struct run {
	struct session s;
	struct mmuinspect_family *family;
	struct mmuinspect_events *events;
	struct mmuinspect_event record[RECORDS];
	size_t records;
	pid_t pid;
	int report;
	int gate;
	int status;
	struct thread {
		pid_t tid;
		pid_t tgid;
	} *thread;
	size_t threads;
	size_t deaths;
};

/* A line of /proc/TID/status, as a number; 0 if there is none */
static unsigned long long status_field(pid_t tid, const char *format)
{
	unsigned long long value = 0;
	char path[32], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, format, &value) == 1)
			break;
	if (f)
		fclose(f);
	return value;
}

static pid_t process_of(struct run *run, pid_t tid)
{
	struct thread *more;
	size_t i;

	for (i = 0; i < run->threads; i++)
		if (run->thread[i].tid == tid)
			return run->thread[i].tgid;
	more = realloc(run->thread, (i + 1) * sizeof(*more));
	if (!more)
		return tid;
	run->thread = more;
	more[i].tid = tid;
	more[i].tgid = status_field(tid, "Tgid: %llu");
	run->threads++;
	return more[i].tgid;
}

static void forget_thread(struct run *run, pid_t tid)
{
	size_t i;

	for (i = 0; i < run->threads; i++)
		if (run->thread[i].tid == tid)
			run->thread[i] = run->thread[--run->threads];
}

/* PID namespaces number threads in ways of their own: registers don't lie. */
static int is_record(const struct mmuinspect_event *e, const struct death *d)
{
	return e->seq && e->has & MMUINSPECT_EVENT_SIGNAL && e->ip == d->ip &&
	       e->sp == d->sp && (int)e->signal == d->signal && e->code == d->code;
}

static int find_record(struct run *run, struct death *d)
{
	struct mmuinspect_event *e;
	size_t i;

	for (i = 0; i < RECORDS; i++)
		if (is_record(&run->record[i], d)) {
			d->event = run->record[i];
			run->record[i].seq = 0;
			return 1;
		}
	for (;;) {
		e = &run->record[run->records % RECORDS];
		if (mmuinspect_events_next(run->events, PATIENCE, e) <= 0)
			break;
		if (is_record(e, d)) {
			d->event = *e;
			e->seq = 0;
			return 1;
		}
		run->records++;
	}
	e->seq = 0;
	return 0;
}

/* The entries tell where each table was, but for the root. */
static void take_entries(struct death *d)
{
	const struct mmuinspect_info *info = d->sc.s->info;
	const struct mmuinspect_event *e = &d->event;
	struct scene *sc = &d->sc;
	__u64 table = 0;

	for (sc->steps = 0; sc->steps < e->n_entries; sc->steps++) {
		__u32 level = e->entry[sc->steps].level;
		__u64 size = mmuinspect_level_size(info, level);

		sc->step[sc->steps] = (struct mmuinspect_step) {
			.level = level, .entry = e->entry[sc->steps].raw,
			.table = table,
			.index = size ? e->address / size % 512 : 0,
		};
		table = mmuinspect_entry_address(info, level,
						 e->entry[sc->steps].raw);
	}
}

static void read_comm(pid_t tid, char *comm, size_t size)
{
	char path[32];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", tid);
	f = fopen(path, "re");
	if (f && fgets(comm, size, f))
		comm[strcspn(comm, "\n")] = '\0';
	if (f)
		fclose(f);
}

static void look(struct run *run, struct death *d)
{
	struct scene *sc = &d->sc;
	const struct map *map;

	read_comm(d->tid, d->comm, sizeof(d->comm));
	death_registers(d);
	d->recorded = find_record(run, d);
	d->has_address = d->recorded ? !!(d->event.has & MMUINSPECT_EVENT_ADDRESS) :
			 d->code != SI_KERNEL &&
			 (d->signal == SIGSEGV || d->signal == SIGBUS);
	sc->access.address = d->address;
	sc->access.user = 1;
	if (d->recorded && d->has_address) {
		death_access(d);
		take_entries(d);
	}
	scene_maps(sc, d->tid);
	sc->access.has_keys = !keys_of_stopped(d->tid, &sc->access.keys);
	scene_judge(sc);
	map = maps_at(&sc->maps, d->top);
	d->caller = map && map->rights[2] == 'x' ? d->top : 0;
	if (d->has_address)
		d->unmapped = history_find(d->tgid, sc->access.address);
}

static const int fault_signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };

/* Did the CPU make this signal, and will the process die of it? */
static int is_deadly(pid_t tid, int signal, const siginfo_t *info)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fault_signals); i++)
		if (signal == fault_signals[i])
			break;
	if (i == ARRAY_SIZE(fault_signals) || info->si_code <= 0)
		return 0;
	return !(status_field(tid, "SigCgt: %llx") >> (signal - 1) & 1);
}

static void take_signal(struct run *run, pid_t tid, int signal)
{
	struct death d = { .sc.s = &run->s, .tid = tid, .signal = signal };
	siginfo_t info;

	if (ptrace(PTRACE_GETSIGINFO, tid, NULL, &info) ||
	    !is_deadly(tid, signal, &info))
		return;
	d.tgid = process_of(run, tid);
	d.is_child = d.tgid != run->pid;
	d.code = info.si_code;
	d.address = (unsigned long)info.si_addr;
	if (!run->deaths++)
		out_stream("deaths");
	look(run, &d);
	death_print(&d);
	scene_free(&d.sc);
}

/* A thread has stopped: what for, and how is it to go on? */
static void take_stop(struct run *run, pid_t tid, int status)
{
	int event = status >> 16, signal = WSTOPSIG(status), inject = 0;
	enum __ptrace_request how = PTRACE_CONT;

	switch (event) {
	case 0:
		take_signal(run, tid, signal);
		inject = signal;
		break;
	case PTRACE_EVENT_SECCOMP:
		history_take(tid, process_of(run, tid));
		break;
	case PTRACE_EVENT_EXEC:
		forget_thread(run, tid);
		history_forget(process_of(run, tid));
		break;
	case PTRACE_EVENT_STOP:
		/* Stopped as by Ctrl-Z, not only for having been made */
		if (signal != SIGTRAP)
			how = PTRACE_LISTEN;
		break;
	}
	ptrace(how, tid, NULL, (long)inject);
}

/* Until the last process has ended */
static void trace(struct run *run)
{
	int status;
	pid_t tid;

	for (;;) {
		tid = waitpid(-1, &status, __WALL);
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			return;
		if (WIFSTOPPED(status)) {
			take_stop(run, tid, status);
			continue;
		}
		if (tid == run->pid)
			run->status = status;
		forget_thread(run, tid);
	}
}

static void __attribute__((noreturn)) become(char **argv, int gate, int report)
{
	char go;

	/* Whoever made us is gone, or has thought better of it. */
	if (read(gate, &go, 1) != 1)
		_exit(EXIT_FAILED);
	history_arm();
	execvp(argv[0], argv);
	if (write(report, &errno, sizeof(errno)) != sizeof(errno))
		_exit(EXIT_FAILED);
	_exit(EXIT_FAILED);
}

/* A process that waits to become the command; 0 or -errno. */
static int make(struct run *run, char **argv)
{
	int gate[2], report[2];

	if (pipe2(gate, O_CLOEXEC))
		return -errno;
	if (pipe2(report, O_CLOEXEC))
		return -errno;
	run->pid = fork();
	if (!run->pid) {
		close(gate[1]);
		become(argv, gate[0], report[1]);
	}
	close(gate[0]);
	close(report[1]);
	run->gate = gate[1];
	run->report = report[0];
	if (run->pid < 0 || ptrace(PTRACE_SEIZE, run->pid, NULL, TRACE_OPTIONS))
		return -errno;
	return 0;
}

/* Its file descriptors were its own from the beginning: ours may be others. */
static int choose_output(const char *output)
{
	const char *name = output ? output : "standard error";
	int fd = STDERR_FILENO, err;

	if (!output && common.json)
		return EXIT_DONE;
	if (output)
		fd = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	err = fd < 0 ? -errno : out_to(fd, name);
	if (output && fd >= 0)
		close(fd);
	return err ? failed("%s: %s", name, strerror(-err)) : EXIT_DONE;
}

static int begin(struct run *run, const char *output)
{
	__u32 watch;
	int err, status;

	err = mmuinspect_watch_add(run->family, run->pid, MMUINSPECT_SOURCE_STATES,
				   MMUINSPECT_WATCH_ON_EXEC, &watch);
	if (err)
		return failed("watching the command: %s",
			      *mmuinspect_family_why(run->family) ?
			      mmuinspect_family_why(run->family) : strerror(-err));
	status = choose_output(output);
	if (status)
		return status;
	/* Ctrl-C is the command's to take: it tells us by its end. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	if (write(run->gate, "", 1) != 1)
		return failed("the command: %s", strerror(errno));
	return EXIT_DONE;
}

/* The exit status of a shell */
static int end(struct run *run, const char *name)
{
	int err;

	if (read(run->report, &err, sizeof(err)) == sizeof(err)) {
		failed("%s: %s", name, strerror(err));
		return err == ENOENT ? 127 : 126;
	}
	if (!run->deaths)
		out_stream("deaths");
	out_end();
	if (WIFSIGNALED(run->status)) {
		out_number("status", 128 + WTERMSIG(run->status), NULL);
		out_number("signal", WTERMSIG(run->status), NULL);
		return 128 + WTERMSIG(run->status);
	}
	out_number("status", WEXITSTATUS(run->status), NULL);
	out_null("signal", NULL);
	return WEXITSTATUS(run->status);
}

static int run_command(struct run *run, char **argv, const char *output)
{
	int err = make(run, argv), status;

	if (err)
		status = failed("tracing the command: %s", strerror(-err));
	else
		status = begin(run, output);
	/* If that went wrong, it ends by itself. */
	close(run->gate);
	if (!err)
		trace(run);
	if (!status)
		status = end(run, argv[0]);
	close(run->report);
	return status;
}

/* What it needs of the module, before anything runs */
static int open_all(struct run *run)
{
	const char *why = "";
	int err, status;

	status = session_open(&run->s);
	if (status)
		return status;
	status = family_open(&run->family);
	if (status)
		goto close_session;
	err = mmuinspect_events_open(run->family, &run->events);
	if (!err)
		return EXIT_DONE;
	why = mmuinspect_family_why(run->family);
	status = failed("explain: %s", *why ? why : err == -EPERM ?
			"events need CAP_SYS_ADMIN and CAP_SYS_RAWIO: use sudo" :
			strerror(-err));
	mmuinspect_family_close(run->family);
close_session:
	session_close(&run->s);
	return status;
}

int explain_run(char **argv, const char *output)
{
	static struct run run;
	int status = open_all(&run);

	if (status)
		return status;
	status = run_command(&run, argv, output);
	free(run.thread);
	mmuinspect_events_close(run.events);
	mmuinspect_family_close(run.family);
	session_close(&run.s);
	return status;
}
