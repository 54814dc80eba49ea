// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmuinspect top on a terminal of 24 lines and 80 columns, which is a vt100 as far
 * as ncurses makes use of one: what is on the screen after which key, and how the
 * terminal is left.
 */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <termios.h>
#include <time.h>

#include "ktap.h"
#include "run_cli.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define ROWS 24
#define COLS 80
#define PATIENCE 20000	/* milliseconds until a screen is as it should be */
#define SOON 500	/* milliseconds: several looks, each 100 */
#define FOOT "f faults  m major  s flushes  z size  p pid  / filter  space freeze  q quit"

/* The screen, and where on it the next character goes */
static char screen[ROWS][COLS + 1];
static int row, col, top_row, bottom_row;
static size_t drawn;	/* characters so far */

/* A sequence that isn't complete yet */
static char sequence[32];
static size_t length;

/**
 * struct end - how the command has ended
 * @pid: of it
 * @status: what wait(2) says
 * @same: the terminal has the modes that it had before
 */
static struct end {
	volatile pid_t pid;
	int status;
	int same;
} *end;

static int terminal;
static char name[16];	/* of this process, and of nobody else */

static void blank(int y, int from, int to)
{
	memset(screen[y] + from, ' ', to - from);
}

static void scroll_up(void)
{
	memmove(screen[top_row], screen[top_row + 1],
		(bottom_row - top_row) * sizeof(screen[0]));
	blank(bottom_row, 0, COLS);
}

static void scroll_down(void)
{
	memmove(screen[top_row + 1], screen[top_row],
		(bottom_row - top_row) * sizeof(screen[0]));
	blank(top_row, 0, COLS);
}

static void line_feed(void)
{
	if (row == bottom_row)
		scroll_up();
	else if (row < ROWS - 1)
		row++;
}

static int clamp(int n, int max)
{
	return n < 0 ? 0 : n > max ? max : n;
}

/* What begins with ESC [ ; @a and @b are its numbers, 0 if they aren't given. */
static void control(char what, int a, int b)
{
	int n = a ? a : 1, y;

	switch (what) {
	case 'H':
		row = clamp(a - 1, ROWS - 1);
		col = clamp(b - 1, COLS - 1);
		break;
	case 'A':
		row = clamp(row - n, ROWS - 1);
		break;
	case 'B':
		row = clamp(row + n, ROWS - 1);
		break;
	case 'C':
		col = clamp(col + n, COLS - 1);
		break;
	case 'D':
		col = clamp(col - n, COLS - 1);
		break;
	case 'K':
		blank(row, a ? 0 : col, a ? col + 1 : COLS);
		break;
	case 'J':
		blank(row, col, COLS);
		for (y = row + 1; y < ROWS; y++)
			blank(y, 0, COLS);
		break;
	case 'r':
		top_row = clamp(a - 1, ROWS - 1);
		bottom_row = b ? clamp(b - 1, ROWS - 1) : ROWS - 1;
		row = col = 0;
		break;
	}
}

/* Returns 1 if that was all of it. */
static int escape(void)
{
	int a = 0, b = 0;
	char last = sequence[length - 1];

	if (length == 1)
		return 0;
	if (sequence[1] == '[') {
		if (length == 2 || last < '@')
			return length == sizeof(sequence) - 1;
		sscanf(sequence + 2, "%d;%d", &a, &b);
		control(last, a, b);
		return 1;
	}
	/* A character set has one more. */
	if (strchr("()", sequence[1]))
		return length == 3;
	if (last == 'M' && row == top_row)
		scroll_down();
	else if (last == 'M')
		row = clamp(row - 1, ROWS - 1);
	return 1;
}

static void put(char c)
{
	if (length || c == '\033') {
		sequence[length++] = c;
		sequence[length] = '\0';
		if (escape())
			length = 0;
		return;
	}
	switch (c) {
	case '\r':
		col = 0;
		return;
	case '\n':
		line_feed();
		return;
	case '\b':
		col = clamp(col - 1, COLS - 1);
		return;
	case '\t':
		col = clamp((col | 7) + 1, COLS - 1);
		return;
	}
	if (c < ' ')
		return;
	/* Nothing goes on in the next line by itself. */
	screen[row][clamp(col++, COLS - 1)] = c;
	drawn++;
}

/* Draw what comes within so many milliseconds; returns 0 at the end. */
static int look(int ms)
{
	struct pollfd fd = { terminal, POLLIN, 0 };
	char buf[4096];
	ssize_t n, i;

	if (poll(&fd, 1, ms) <= 0)
		return 1;
	n = read(terminal, buf, sizeof(buf));
	for (i = 0; i < n; i++)
		put(buf[i]);
	return n > 0;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int begins(int y, const char *text)
{
	return !strncmp(screen[y], text, strlen(text));
}

/* Lines that have it from there on */
static int lines_with(int from, const char *text)
{
	int y, n = 0;

	for (y = from; y < ROWS; y++)
		n += !!strstr(screen[y], text);
	return n;
}

/* Nothing but blanks follows. */
static int is_line(int y, const char *text)
{
	size_t n = strlen(text);

	return begins(y, text) && strspn(screen[y] + n, " ") == COLS - n;
}

/* Wait until a line is that. */
static int comes(int y, const char *text)
{
	long long until = now_ms() + PATIENCE;

	while (!is_line(y, text) && now_ms() < until && look(100))
		;
	if (!is_line(y, text))
		printf("# line %d is \"%s\"\n", y, screen[y]);
	return is_line(y, text);
}

/* The name, within some text */
static const char *named(const char *fmt)
{
	static char text[COLS];

	snprintf(text, sizeof(text), fmt, name);
	return text;
}

static void type(const char *keys)
{
	if (write(terminal, keys, strlen(keys)) < 0)
		printf("# %s can't be typed\n", keys);
}

/* Ctrl-C is the command's alone. */
static void nothing(int signal)
{
	(void)signal;
}

static int is_same(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag &&
	       a->c_cflag == b->c_cflag && a->c_lflag == b->c_lflag &&
	       !memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc));
}

/* The terminal's session: when that ends, nobody can ask it any more. */
static void run_there(const char *args)
{
	char command[8192];
	struct termios before, after;
	pid_t pid;

	snprintf(command, sizeof(command), "exec %s/mmuinspect %s", here, args);
	signal(SIGINT, nothing);
	prctl(PR_SET_NAME, "session");
	setenv("FAKE", "", 1);
	setenv("TERM", "vt100", 1);
	setenv("LC_ALL", "C", 1);
	unsetenv("LINES");
	unsetenv("COLUMNS");
	tcgetattr(STDIN_FILENO, &before);
	pid = fork();
	if (!pid) {
		alarm(60);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	end->pid = pid;
	while (waitpid(pid, &end->status, 0) != pid)
		;
	tcgetattr(STDIN_FILENO, &after);
	end->same = is_same(&before, &after);
	_exit(0);
}

static pid_t begin(const char *args)
{
	struct winsize size = { ROWS, COLS };
	pid_t pid;
	int y;

	for (y = 0; y < ROWS; y++)
		blank(y, 0, COLS);
	row = col = top_row = 0;
	bottom_row = ROWS - 1;
	length = 0;
	*end = (struct end) { .status = -1 };
	fflush(stdout);
	pid = forkpty(&terminal, NULL, NULL, &size);
	if (!pid)
		run_there(args);
	return pid;
}

/* Has it ended by itself, with 0, and left everything as it was? */
static int ends_well(pid_t pid)
{
	long long until = now_ms() + PATIENCE;

	while (now_ms() < until && look(100))
		;
	/* What hangs is ended by that. */
	close(terminal);
	waitpid(pid, NULL, 0);
	if (end->status || !end->same)
		printf("# status %#x, modes %s\n", end->status,
		       end->same ? "as they were" : "changed");
	return !end->status && end->same;
}

/* Once there is a screen, there is a number. */
static void send_signal(int signal)
{
	if (end->pid > 0)
		kill(end->pid, signal);
}

/* While it's on, the terminal shows no key, and waits for no line. */
static int is_silent(void)
{
	struct termios t;

	return !tcgetattr(terminal, &t) && !(t.c_lflag & (ECHO | ICANON));
}

/* Draw all that comes in that time. */
static void pass(int ms)
{
	long long until = now_ms() + ms;

	while (now_ms() < until)
		look(20);
}

/* What a key drew has come: is anything drawn after that? */
static int goes_on(void)
{
	long long until = now_ms() + PATIENCE;
	size_t before;

	pass(SOON);
	before = drawn;
	while (drawn == before && now_ms() < until)
		look(20);
	return drawn != before;
}

static int stands_still(void)
{
	size_t before;

	pass(SOON);
	before = drawn;
	pass(SOON);
	return drawn == before;
}

static const struct {
	const char *key;
	const char *says;
} orders[] = {
	{ "m", "sorted by major" },
	{ "s", "sorted by flushes" },
	{ "z", "sorted by size" },
	{ "p", "sorted by pid" },
	{ "f", "sorted by faults" },
};

static void test_keys(void)
{
	pid_t pid = begin("top -I 100");
	size_t i;
	int ok;

	ok = comes(ROWS - 1, FOOT);
	ktap_result(ok && is_line(1, "sorted by faults") &&
		    strstr(screen[0], " faults/s") && begins(2, "    PID NAME "),
		    "the first screen");
	ktap_result(is_silent(), "a key comes at once, and isn't shown");
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		type(orders[i].key);
		ktap_result(comes(1, orders[i].says), "%s: %s", orders[i].key,
			    orders[i].says);
	}
	ktap_result(goes_on(), "looks go on");
	type(" ");
	ok = comes(1, "sorted by faults, frozen");
	ktap_result(ok && stands_still(), "frozen");
	type("p");
	ktap_result(comes(1, "sorted by pid, frozen"), "sorted while it's frozen");
	type(" ");
	ktap_result(comes(1, "sorted by pid") && goes_on(), "no longer frozen");
	type("q");
	ktap_result(ends_well(pid), "q ends it, and the terminal is as it was");
}

static void test_filter(void)
{
	pid_t pid = begin("top -I 100");
	int ok = comes(ROWS - 1, FOOT), shown;

	type("/");
	ktap_result(ok && comes(ROWS - 1, "only names with: _"), "/ asks");
	type(named("%sx"));
	ok = comes(ROWS - 1, named("only names with: %sx_"));
	ktap_result(ok && !lines_with(3, named(" %s ")), "nobody has that name");
	type("\177");
	ok = comes(ROWS - 1, named("only names with: %s_"));
	shown = lines_with(3, named(" %s "));
	ktap_result(ok && shown == 1, "a letter less: this process # %d", shown);
	type("q");
	ktap_result(comes(ROWS - 1, named("only names with: %sq_")), "q is a letter there");
	type("\b\n");
	ok = comes(ROWS - 1, FOOT) && comes(1, named("sorted by faults, only *%s*"));
	ktap_result(ok && lines_with(3, named(" %s ")) == 1 && is_line(4, ""),
		    "it alone");
	type("/\033");
	ktap_result(comes(1, "sorted by faults") && comes(ROWS - 1, FOOT),
		    "Escape forgets it");
	type("q");
	ktap_result(ends_well(pid), "it ends");
}

static void test_signals(void)
{
	static const int signals[] = { SIGTERM, SIGHUP };
	pid_t pid;
	size_t i;
	int ok;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		pid = begin(named("top -f %s"));
		ok = comes(1, named("sorted by faults, only *%s*"));
		send_signal(signals[i]);
		ktap_result(ends_well(pid) && ok, "SIG%s ends it as q does",
			    sigabbrev_np(signals[i]));
	}
	pid = begin("top");
	ok = comes(ROWS - 1, FOOT);
	type("\003");
	ktap_result(ends_well(pid) && ok, "Ctrl-C does");
	/* No look is due. */
	pid = begin("top");
	ok = comes(ROWS - 1, FOOT);
	type(" /");
	ok = ok && comes(ROWS - 1, "only names with: _");
	send_signal(SIGTERM);
	ktap_result(ends_well(pid) && ok, "SIGTERM while it asks, frozen");
	pid = begin("top -I 50 -n 3");
	ktap_result(ends_well(pid), "-n 3 ends by itself");
}

int main(int argc, char **argv)
{
	(void)argc;
	cli_begin(argv[0]);
	snprintf(name, sizeof(name), "screen%dt", getpid());
	prctl(PR_SET_NAME, name);
	signal(SIGHUP, SIG_DFL);
	end = mmap(NULL, sizeof(*end), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ktap_plan(2 + ARRAY_SIZE(orders) + 5 + 7 + 5);
	test_keys();
	test_filter();
	test_signals();
	return ktap_end();
}
