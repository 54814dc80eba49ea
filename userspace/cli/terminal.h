/* SPDX-License-Identifier: GPL-2.0-only */
/* How wide the lines are that a person reads. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdio.h>

#define TERMINAL_WIDTH 80	/* without a terminal */
#define TERMINAL_WIDTH_MIN 40	/* narrower ones wrap by themselves */
#define TERMINAL_WIDTH_MAX 160	/* longer lines are hard to read */

/* Columns of the terminal that standard output is; TERMINAL_WIDTH if it is none. */
int terminal_width(void);

/* Lines of the terminal that standard output is; 0 if it is none. */
int terminal_rows(void);

/*
 * Print @text in lines of at most @width columns. The first one begins at column
 * @at, where the caller has arrived, the others are indented by @indent. White
 * space separates words; an empty line begins a paragraph.
 */
void print_wrapped(FILE *to, const char *text, int at, int indent, int width);

#endif
