/* SPDX-License-Identifier: GPL-2.0-only */
/* A command that is run and waited for. */
#ifndef COMMAND_H
#define COMMAND_H

#include <sys/resource.h>
#include <sys/types.h>

/**
 * struct command - a command that waits to begin, or runs
 * @pid: its process
 * @pidfd: readable when it has ended
 * @gate: written to, it begins
 * @report: what it says until it has begun
 * @name: of it
 */
struct command {
	pid_t pid;
	int pidfd;
	int gate;
	int report;
	const char *name;
};

/* A process that is ready to become the command; 0 or -errno. */
int command_make(struct command *c, char **argv);
int command_begin(struct command *c);
/*
 * Wait for its end. Returns its exit status: 128 and the signal if one killed it;
 * 127 or 126, with the error printed, if it couldn't begin, and @began is 0; 1, with
 * the error printed, if it can't be told.
 * @used receives what it and its children used; the faults from the program's
 * beginning on.
 */
int command_end(struct command *c, int *began, struct rusage *used);
/* Nothing was printed, and it never began: be rid of it. */
void command_forget(struct command *c);

/* A file descriptor that is readable when a process has ended; -1 if it has. */
int process_fd(pid_t pid);

/* What the command, and nobody else, writes to; 0 or -errno. */
int command_keep_output(void);

#endif
