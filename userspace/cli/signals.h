/* SPDX-License-Identifier: GPL-2.0-only */
/* Signals that come through a file descriptor, and go on to a command. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <sys/types.h>

/*
 * From now on signals that end a program come through a file descriptor, which is
 * returned; with @to_pass also those that a command may want to have. Those but
 * SIGINT and SIGTERM only if they weren't ignored. -errno if it can't be had.
 */
int signals_take(int to_pass);
/* In a child: signals come as they did before. */
void signals_give_back(void);
/*
 * Read one, and send it on to a child, unless that is 0 or has it already. Returns
 * 1 if it's one that is meant to end a program.
 */
int signals_pass(int fd, pid_t to);

#endif
