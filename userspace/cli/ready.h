/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --ready-fd: a script must know from when on what it does is counted, and no time
 * that it could sleep is long enough on every machine.
 */
#ifndef READY_H
#define READY_H

const char *ready_set(const char *arg);

/*
 * Write "ready" to the file descriptor, once, and close it. Returns an exit status,
 * having printed the error: the reader has gone, and with it the reason to count.
 */
int ready_report(void);

#define OPTION_READY { "ready-fd", 0, "N", \
	"write a line to file descriptor N once counting has begun", ready_set }

#endif
