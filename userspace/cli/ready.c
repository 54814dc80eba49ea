// SPDX-License-Identifier: GPL-2.0-only
/* Report through a file descriptor that counting, or listening, has begun. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "ready.h"

static int ready_fd = -1;

/* The command that is counted must not inherit it. */
const char *ready_set(const char *arg)
{
	unsigned int number;
	const char *why = parse_count(arg, &number);

	if (why)
		return why;
	if (number <= STDERR_FILENO || fcntl(number, F_SETFD, FD_CLOEXEC))
		return "not an open file descriptor behind standard error";
	ready_fd = number;
	return NULL;
}

int ready_report(void)
{
	static const char word[] = "ready\n";
	int fd = ready_fd, status = EXIT_DONE;

	if (fd < 0)
		return EXIT_DONE;
	ready_fd = -1;
	if (write(fd, word, sizeof(word) - 1) < 0)
		status = failed("--ready-fd %d: %s", fd, strerror(errno));
	close(fd);
	return status;
}
