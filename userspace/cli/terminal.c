// SPDX-License-Identifier: GPL-2.0-only
/* How wide the lines are that a person reads. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "terminal.h"

int terminal_width(void)
{
	struct winsize size;
	int most = TERMINAL_WIDTH_MAX;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col < TERMINAL_WIDTH_MIN)
		return TERMINAL_WIDTH;
	return size.ws_col < most ? size.ws_col : most;
}

int terminal_rows(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? 0 : size.ws_row;
}

/* Length of the white space that @text begins with; @paragraph: is it an empty line? */
static size_t skip_space(const char *text, int *paragraph)
{
	size_t n, lines = 0;

	for (n = 0; isspace((unsigned char)text[n]); n++)
		lines += text[n] == '\n';
	*paragraph = lines > 1;
	return n;
}

void print_wrapped(FILE *to, const char *text, int at, int indent, int width)
{
	int column = at, paragraph;
	size_t len;

	for (; *text; text += len) {
		text += skip_space(text, &paragraph);
		len = strcspn(text, " \t\n");
		if (!len)
			break;
		if (paragraph || (column > indent && column + 1 + (int)len > width)) {
			fprintf(to, "%s\n%*s", paragraph ? "\n" : "", indent, "");
			column = indent;
		}
		column += fprintf(to, "%s%.*s", column > indent ? " " : "",
				  (int)len, text);
	}
	fputc('\n', to);
}
