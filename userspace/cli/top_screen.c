// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect top on a terminal. */
#include <ctype.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counts.h"
#include "curses.h"
#include "top.h"

#define ESCAPE 27
#define DELETE 127
#define END (-2)	/* a signal came, or the terminal has gone */

static WINDOW *screen;

static void second_line(const struct tasks *t, char *buf, size_t room)
{
	snprintf(buf, room, "sorted by %s%s%s%s%s%s%s", top.order->name,
		 *top.filter ? ", only *" : "", top.filter,
		 *top.filter ? "*" : "", top.frozen ? ", frozen" : "",
		 t->lost_rate > 0 ? ", some were lost" : "",
		 t->no_room ? "; " ROWS_NO_ROOM : "");
}

/* ncurses counts bytes: a character may have more than one. */
static void put_line(int at, const char *text)
{
	int n = curses.getmaxx(screen);
	const char *c;

	for (c = text; *c; c++)
		n += (*c & 0xc0) == 0x80;
	if (curses.wmove(screen, at, 0) != ERR)
		curses.waddnstr(screen, text, n);
}

static void draw(const struct tasks *t, const char *prompt)
{
	int lines = curses.getmaxy(screen);
	size_t room = lines > 4 ? lines - 4 : 0, i;
	struct rows rows;
	char text[256];

	if (rows_arrange(t, &rows, room))
		return;
	curses.werase(screen);
	rows_summary(t, text, sizeof(text));
	put_line(0, text);
	second_line(t, text, sizeof(text));
	put_line(1, text);
	curses.wattr_on(screen, A_REVERSE, NULL);
	put_line(2, ROWS_HEADINGS);
	curses.wattr_off(screen, A_REVERSE, NULL);
	for (i = 0; i < rows.n && i < room; i++) {
		rows_line(rows.task[i], text, sizeof(text));
		put_line(3 + i, text);
	}
	put_line(lines - 1, prompt ? prompt :
		 "f faults  m major  s flushes  z size  p pid  / filter  space freeze  q quit");
	curses.wrefresh(screen);
	free(rows.task);
}

/* A key, END, or ERR when it's @time; 0 for no such time */
static int next_key(int signals, __u64 time)
{
	struct pollfd fds[] = {
		{ signals, POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 },
	};
	int key, n;

	for (;;) {
		key = curses.wgetch(screen);
		if (key != ERR)
			return key;
		n = poll(fds, 2, moment_until(time));
		if (!n)
			return ERR;
		/* A window that has changed is a key, and no file's. */
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || fds[0].revents || fds[1].revents & (POLLHUP | POLLERR))
			return END;
	}
}

/* A line at the foot; the filter is what has been typed so far. */
static int ask_filter(const struct tasks *t, int signals)
{
	char prompt[64];
	size_t n;
	int key;

	do {
		snprintf(prompt, sizeof(prompt), "only names with: %s_", top.filter);
		draw(t, prompt);
		key = next_key(signals, 0);
		n = strlen(top.filter);
		if ((key == KEY_BACKSPACE || key == DELETE || key == '\b') && n)
			top.filter[n - 1] = '\0';
		else if (key > 0 && key < 128 && isprint(key) &&
			 n + 1 < sizeof(top.filter))
			top.filter[n] = key, top.filter[n + 1] = '\0';
	} while (key != '\n' && key != KEY_ENTER && key != ESCAPE && key != END);
	if (key == ESCAPE)
		top.filter[0] = '\0';
	return key == END;
}

/* What isn't known yet would be of another time: find out now. */
static void freeze(const struct tasks *t)
{
	size_t i;

	for (i = 0; i < t->n && !top.frozen; i++)
		task_pages(t, &t->task[i]);
	top.frozen = !top.frozen;
}

/* Returns 1 if it's the end. */
static int press(const struct tasks *t, int signals, int key)
{
	size_t i;

	for (i = 0; i < ORDERS; i++)
		if (orders[i].key == key)
			top.order = &orders[i];
	if (key == ' ')
		freeze(t);
	else if (key == '/')
		return ask_filter(t, signals);
	return key == 'q' || key == END;
}

/* Keys until it's time for the next look. Returns 1 if it's the end. */
static int keys(const struct tasks *t, int signals)
{
	__u64 next = moment_now() + top.interval * MOMENT_MS;
	int key;

	do {
		draw(t, NULL);
		key = next_key(signals, top.frozen ? 0 : next);
		if (key != ERR && press(t, signals, key))
			return 1;
	} while (key != ERR);
	return 0;
}

int screen_show(struct tasks *t, int signals)
{
	unsigned int n = 0;
	int err = 0;

	setlocale(LC_CTYPE, "");
	top.ascii = strcmp(nl_langinfo(CODESET), "UTF-8");
	screen = curses.initscr();
	if (!screen)
		return -ENOTTY;
	curses.cbreak();
	curses.noecho();
	curses.curs_set(0);
	curses.keypad(screen, TRUE);
	curses.wtimeout(screen, 0);
	do {
		if (keys(t, signals))
			break;
		err = tasks_look(t, top.filter);
	} while (!err && (!top.times || ++n < top.times));
	curses.endwin();
	return err;
}
