/* SPDX-License-Identifier: GPL-2.0-only */
/* A command that is run, and what it has said. */
#ifndef REPORT_H
#define REPORT_H

#include "who.h"

#define COMMAND		"/bin/mmuinspect"

/**
 * struct report - what a run has said
 * @status: its exit status
 * @out: standard output
 * @err: standard error; what a pipe holds at the most
 */
struct report {
	int status;
	char out[1 << 20];
	char err[1 << 16];
};

/**
 * report_run - run a command to its end
 * @r: receives what it says
 * @who: runs it
 * @argv: the command, by its path, and its arguments
 */
void report_run(struct report *r, enum who who, char *const argv[]);

#endif
