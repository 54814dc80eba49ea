// SPDX-License-Identifier: GPL-2.0-only
/*
 * A child that does one thing when it's told to: what it's told, and that it's
 * done, are bytes in a socket. It does nothing else, so that all that is counted of
 * it is of that thing; what it does for the first time is a rehearsal.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tour.h"

static void play(int fd, void (*act)(int what, void *arg), void *arg)
{
	unsigned char what;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(fd, &what, 1) == 1) {
		act(what, arg);
		if (write(fd, &what, 1) != 1)
			break;
	}
	_exit(0);
}

const char *actor_start(struct tour *t, struct actor *a,
			void (*act)(int what, void *arg), void *arg)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		return tour_cannot(t, "socket: %s", strerror(errno));
	out_flush();
	*a = (struct actor) { .pid = fork(), .fd = fd[0] };
	if (!a->pid) {
		/* Else it would never see that nobody writes any more. */
		close(fd[0]);
		play(fd[1], act, arg);
	}
	close(fd[1]);
	if (a->pid > 0)
		return NULL;
	tour_cannot(t, "fork: %s", strerror(errno));
	close(a->fd);
	return t->why;
}

const char *actor_do(struct tour *t, struct actor *a, int what)
{
	unsigned char byte = what;

	if (send(a->fd, &byte, 1, MSG_NOSIGNAL) != 1 || read(a->fd, &byte, 1) != 1)
		return tour_cannot(t, "the child %d has ended", a->pid);
	return NULL;
}

void actor_end(struct actor *a)
{
	close(a->fd);
	while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR)
		;
}
