// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect explain -- COMMAND: run it, traced, and end as it does. */
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
#include "process.h"
#include "run_as.h"

/*
 * Each system call stops twice. A seccomp filter that lets only a few stop would be
 * faster, but the command could notice it: in /proc/PID/status, by prctl(), and by
 * ENOSYS in a child that isn't traced (CLONE_UNTRACED) or outlives mmuinspect.
 */
#define TRACE_OPTIONS (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
		       PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | \
		       PTRACE_O_TRACESYSGOOD)

/**
 * struct run - a command that is run
 * @s: the session
 * @family: has the watch
 * @trace: it and what it makes
 * @report: what it says if it can't become the command
 * @gate: it begins when this is closed after a byte
 */
struct run {
	struct session s;
	struct mmuinspect_family *family;
	struct trace trace;
	int report;
	int gate;
};

static void __attribute__((noreturn)) become(char **argv, int gate, int report)
{
	char go;

	/* Whoever made us is gone, or has thought better of it. */
	if (read(gate, &go, 1) != 1)
		_exit(EXIT_FAILED);
	errno = -run_as_become();
	if (!errno)
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
	run->trace.pid = fork();
	if (!run->trace.pid) {
		close(gate[1]);
		become(argv, gate[0], report[1]);
	}
	close(gate[0]);
	close(report[1]);
	run->gate = gate[1];
	run->report = report[0];
	if (run->trace.pid < 0 || ptrace(PTRACE_SEIZE, run->trace.pid, NULL, TRACE_OPTIONS))
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

static volatile pid_t command;	/* what signals go on to */

/* A terminal has sent it to the command as well, if that's in the same group. */
static void pass(int signal, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	if (info->si_code == SI_KERNEL && getpgid(command) == getpgrp())
		return;
	/* Only its children are left: nothing waits for what they do. */
	if (kill(command, signal)) {
		sigaction(signal, &(struct sigaction) { .sa_handler = SIG_DFL }, NULL);
		raise(signal);
	}
	errno = saved;
}

/*
 * What would end mmuinspect is the command's to take, and is seen by its end. SIGCHLD
 * mustn't be ignored: then there is no end to be seen.
 */
static void pass_signals(pid_t pid)
{
	static const int signals[] = {
		SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2,
	};
	const struct sigaction action = {
		.sa_sigaction = pass, .sa_flags = SA_SIGINFO | SA_RESTART,
	};
	struct sigaction before;
	size_t i;

	command = pid;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!sigaction(signals[i], NULL, &before) && before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	signal(SIGCHLD, SIG_DFL);
}

static int begin(struct run *run, const char *output)
{
	__u32 watch;
	int err, status;

	err = mmuinspect_watch_add(run->family, run->trace.pid, MMUINSPECT_SOURCE_STATES,
				   MMUINSPECT_WATCH_ON_EXEC, &watch);
	if (err)
		return failed("watching the command: %s",
			      *mmuinspect_family_why(run->family) ?
			      mmuinspect_family_why(run->family) : strerror(-err));
	status = choose_output(output);
	if (status)
		return status;
	pass_signals(run->trace.pid);
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
	if (!run->trace.deaths)
		out_stream("deaths");
	out_end();
	out_string("run_as", run_as_name(), NULL);
	end_print(&run->trace, name);
	run_as_note();
	if (WIFSIGNALED(run->trace.status))
		return 128 + WTERMSIG(run->trace.status);
	return WEXITSTATUS(run->trace.status);
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
		trace_all(&run->trace);
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
	proc_warn();
	err = records_open(run->family, &run->trace.records);
	run->trace.s = &run->s;
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
	int status = run_as_check();

	if (!status)
		status = open_all(&run);
	if (status)
		return status;
	status = run_command(&run, argv, output);
	records_close(run.trace.records);
	mmuinspect_family_close(run.family);
	session_close(&run.s);
	return status;
}
