// SPDX-License-Identifier: GPL-2.0-only
/* Signals that come through a file descriptor, and go on to a command. */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "signals.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A shell without job control has SIGINT ignored in the background. */
#define ALWAYS		1	/* is taken, ignored or not */
#define ENDS		2	/* it's the end, if nobody else is to have it */
#define TERMINAL	4	/* a terminal sends it to its foreground group */

static const struct row {
	int signal;
	unsigned int flags;
} rows[] = {
	{ SIGINT, ALWAYS | ENDS | TERMINAL },
	{ SIGTERM, ALWAYS | ENDS },
	{ SIGHUP, ENDS },
	{ SIGQUIT, ENDS | TERMINAL },
	{ SIGUSR1, ENDS },
	{ SIGUSR2, ENDS },
	{ SIGALRM, 0 },
	{ SIGCONT, 0 },
	{ SIGTSTP, TERMINAL },
	{ SIGWINCH, TERMINAL },
	/* While it's blocked a write fails, and nothing else. */
	{ SIGPIPE, 0 },
};

static sigset_t before;
static int taken;

static unsigned int flags_of(int signal)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].signal == signal)
			return rows[i].flags;
	return 0;
}

static void add(sigset_t *set, int signal, unsigned int flags)
{
	struct sigaction action;

	if (!sigaction(signal, NULL, &action) &&
	    (flags & ALWAYS || action.sa_handler != SIG_IGN))
		sigaddset(set, signal);
}

int signals_take(int to_pass)
{
	sigset_t set;
	int fd, signal;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (to_pass || rows[i].flags & ENDS)
			add(&set, rows[i].signal, rows[i].flags);
	for (signal = SIGRTMIN; to_pass && signal <= SIGRTMAX; signal++)
		add(&set, signal, 0);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || sigprocmask(SIG_BLOCK, &set, &before))
		return -errno;
	taken = 1;
	return fd;
}

void signals_give_back(void)
{
	if (taken)
		sigprocmask(SIG_SETMASK, &before, NULL);
}

/* As if it hadn't been taken: a process group without a parent doesn't stop. */
static void stop(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int signals_pass(int fd, pid_t to)
{
	struct signalfd_siginfo info;
	unsigned int flags;
	int signal;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	signal = info.ssi_signo;
	flags = flags_of(signal);
	/* Our own output's */
	if (signal == SIGPIPE && (pid_t)info.ssi_pid == getpid())
		return 0;
	/* The terminal has sent it to the command as well. */
	if (to && !(flags & TERMINAL && info.ssi_code == SI_KERNEL &&
		    getpgid(to) == getpgrp()))
		kill(to, signal);
	if (signal == SIGTSTP)
		stop();
	return !!(flags & ENDS);
}
