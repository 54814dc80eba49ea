/* SPDX-License-Identifier: GPL-2.0-only */
/* ncurses, loaded by the one command that uses it. */
#ifndef CURSES_LOADED_H
#define CURSES_LOADED_H

/* Without macros for functions: there is nothing behind them here. */
#define NCURSES_NOMACROS
#include <ncurses.h>

/* Each function that is called, and nothing else of the library */
#define CURSES_FUNCTIONS(f)		\
	f(initscr)			\
	f(endwin)			\
	f(cbreak)			\
	f(noecho)			\
	f(curs_set)			\
	f(getmaxx)			\
	f(getmaxy)			\
	f(keypad)			\
	f(wtimeout)			\
	f(wgetch)			\
	f(werase)			\
	f(wrefresh)			\
	f(wmove)			\
	f(waddnstr)			\
	f(wattr_on)			\
	f(wattr_off)

/* What was loaded */
extern struct curses {
#define CURSES_MEMBER(name) __typeof__(name) *name;
	CURSES_FUNCTIONS(CURSES_MEMBER)
} curses;

/* Load it: NULL, or why that isn't possible */
const char *curses_load(void);

#endif
