// SPDX-License-Identifier: GPL-2.0-only
/* Run a command from a known moment on, and wait for it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "command.h"
#include "run_as.h"
#include "signals.h"

static int output = -1;	/* standard output, where ours is another */
static struct sigaction on_child;	/* what SIGCHLD did before */
static int keeps_children;

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

/* Where SIGCHLD is ignored, a child is gone before anybody can ask how it ended. */
static int keep_children(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	if (!keeps_children && sigaction(SIGCHLD, &action, &on_child))
		return -errno;
	keeps_children = 1;
	return 0;
}

static void become(char **argv, int gate, int report)
{
	struct word word = { .err = 0 };
	char go;

	/* Whoever made us is gone: so are we. */
	if (read(gate, &go, 1) != 1)
		_exit(EXIT_FAILED);
	sigaction(SIGCHLD, &on_child, NULL);
	signals_give_back();
	if (output >= 0)
		dup2(output, STDOUT_FILENO);
	getrusage(RUSAGE_SELF, &word.used);
	errno = -run_as_become();
	if (!errno && write(report, &word, sizeof(word)) == sizeof(word))
		execvp(argv[0], argv);
	word.err = errno;
	_exit(write(report, &word, sizeof(word)) == sizeof(word) ? 127 : EXIT_FAILED);
}

int command_make(struct command *c, char **argv)
{
	int gate[2], report[2], err = keep_children();

	if (err)
		return err;
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
	int status, err;
	ssize_t n;

	do {
		err = wait4(c->pid, &status, 0, used) < 0 ? errno : 0;
	} while (err == EINTR);
	n = read(c->report, word, sizeof(word));
	close(c->report);
	close(c->pidfd);
	*began = n == sizeof(word[0]);
	if (n == sizeof(word)) {
		failed("%s: %s", c->name, strerror(word[1].err));
		return word[1].err == ENOENT ? 127 : 126;
	}
	if (err)
		return failed("%s: its end: %s", c->name, strerror(err));
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
