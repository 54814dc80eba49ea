// SPDX-License-Identifier: GPL-2.0-only
#include "mmui_test.h"
#include "report.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void read_all(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, text + len, size - 1 - len)) > 0)
		len += n;
	text[len] = '\0';
	close(fd);
}

/* Standard error fits into its pipe: it can wait. */
void report_run(struct report *r, enum who who, char *const argv[])
{
	int out[2], err[2], status;
	pid_t pid;

	memset(r, 0, sizeof(*r));
	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die("pipe: %m");
	pid = fork();
	if (!pid) {
		dup2(out[1], 1);
		dup2(err[1], 2);
		close(out[0]);
		close(err[0]);
		become(who);
		execv(argv[0], argv);
		die("%s: %m", argv[0]);
	}
	close(out[1]);
	close(err[1]);
	read_all(out[0], r->out, sizeof(r->out));
	read_all(err[0], r->err, sizeof(r->err));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		die("%s: status %#x", argv[0], status);
	r->status = WEXITSTATUS(status);
}
