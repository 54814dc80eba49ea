/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of /proc line by line: those that may have a hundred thousand. */
#ifndef LINES_H
#define LINES_H

#include <stddef.h>

#include <linux/types.h>

#define LINES_BUFFER 65536

/**
 * struct lines - a file that is read
 * @fd: -1 if there is none
 * @next: the next line in @buf
 * @end: of what is there; a byte more is room for a NUL
 */
struct lines {
	int fd;
	char *next;
	char *end;
	char buf[LINES_BUFFER + 1];
};

/* 0, or -errno; to be closed in either case */
int lines_open(struct lines *l, const char *path);
/* The next line, without its end, valid until the next call; NULL after the last */
char *lines_next(struct lines *l);
void lines_close(struct lines *l);

/* Take a number from the start of what @at points at; 0 digits are 0. */
__u64 take_hex(char **at);
__u64 take_decimal(char **at);

#endif
