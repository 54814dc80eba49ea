// SPDX-License-Identifier: GPL-2.0-only
/* Run a command from a known moment on, and wait for it; take signals meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "command.h"

static int output = -1;	/* standard output, where ours is another */
static sigset_t before;	/* signals_take() */
static int taken;

/**
 * struct word - what a process says before it becomes the command
 * @used: up to now: not the command's
 * @err: why it can't become it; 0 if it's about to try
 */
struct word {
	struct rusage used;
	int err;
};

int process_fd(pid_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);
}

int command_keep_output(void)
{
	output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return output < 0 && errno != EBADF ? -errno : 0;
}

static void become(char **argv, int gate, int report)
{
	struct word word = { .err = 0 };
	char go;

	/* Whoever made us is gone: so are we. */
	if (read(gate, &go, 1) != 1)
		_exit(EXIT_FAILED);
	if (taken)
		sigprocmask(SIG_SETMASK, &before, NULL);
	if (output >= 0)
		dup2(output, STDOUT_FILENO);
	getrusage(RUSAGE_SELF, &word.used);
	if (write(report, &word, sizeof(word)) == sizeof(word))
		execvp(argv[0], argv);
	word.err = errno;
	_exit(write(report, &word, sizeof(word)) == sizeof(word) ? 127 : EXIT_FAILED);
}

int command_make(struct command *c, char **argv)
{
	int gate[2], report[2], err;

	if (pipe2(gate, O_CLOEXEC))
		return -errno;
	if (pipe2(report, O_CLOEXEC)) {
		err = -errno;
		goto close_gate;
	}
	*c = (struct command) { .gate = gate[1], .report = report[0], .name = argv[0] };
	c->pid = fork();
	if (!c->pid) {
		close(gate[1]);
		become(argv, gate[0], report[1]);
	}
	err = c->pid < 0 ? -errno : 0;
	close(report[1]);
	if (!err)
		c->pidfd = process_fd(c->pid);
	if (!err && c->pidfd >= 0) {
		fcntl(c->report, F_SETFL, O_NONBLOCK);
		close(gate[0]);
		return 0;
	}
	if (!err)
		err = -errno;
	close(report[0]);
close_gate:
	close(gate[0]);
	close(gate[1]);
	return err;
}

int command_begin(struct command *c)
{
	int err = write(c->gate, "", 1) == 1 ? 0 : -errno;

	close(c->gate);
	c->gate = -1;
	return err;
}

int command_end(struct command *c, int *began, struct rusage *used)
{
	struct word word[2] = { 0 };
	int status;
	ssize_t n;

	while (wait4(c->pid, &status, 0, used) < 0 && errno == EINTR)
		;
	n = read(c->report, word, sizeof(word));
	close(c->report);
	close(c->pidfd);
	*began = n == sizeof(word[0]);
	if (n == sizeof(word)) {
		failed("%s: %s", c->name, strerror(word[1].err));
		return word[1].err == ENOENT ? 127 : 126;
	}
	/* A signal was faster. */
	if (*began) {
		used->ru_minflt -= word[0].used.ru_minflt;
		used->ru_majflt -= word[0].used.ru_majflt;
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void command_forget(struct command *c)
{
	close(c->gate);
	close(c->report);
	close(c->pidfd);
	waitpid(c->pid, NULL, 0);
}

int signals_take(void)
{
	static const struct {
		int signal;
		int always;
	} rows[] = {
		/* A shell without job control has it ignored in the background. */
		{ SIGINT, 1 },
		{ SIGTERM, 1 },
		{ SIGHUP, 0 },
		{ SIGQUIT, 0 },
		{ SIGUSR1, 0 },
		{ SIGUSR2, 0 },
	};
	struct sigaction action;
	sigset_t set;
	size_t i;
	int fd;

	sigemptyset(&set);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!sigaction(rows[i].signal, NULL, &action) &&
		    (rows[i].always || action.sa_handler != SIG_IGN))
			sigaddset(&set, rows[i].signal);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || sigprocmask(SIG_BLOCK, &set, &before))
		return -errno;
	taken = 1;
	return fd;
}

int signals_read(int fd, int *from_kernel)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	*from_kernel = info.ssi_code == SI_KERNEL;
	return info.ssi_signo;
}
