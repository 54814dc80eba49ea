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

/* How many characters a word has */
static size_t word_length(const char *text)
{
	size_t n = 0;

	while (text[n] && !isspace((unsigned char)text[n]))
		n++;
	return n;
}

/* Lines are put together here: a call of stdio a word costs more than all the rest. */
void print_wrapped(FILE *to, const char *text, int at, int indent, int width)
{
	char line[TERMINAL_WIDTH_MAX + 2];
	int column = at, paragraph;
	size_t n = 0, len;

	for (; *text; text += len) {
		text += skip_space(text, &paragraph);
		len = word_length(text);
		if (!len)
			break;
		if (paragraph || (column > indent && column + 1 + (int)len > width)) {
			fprintf(to, "%.*s\n%s%*s", (int)n, line, paragraph ? "\n" : "",
				indent, "");
			n = 0;
			column = indent;
		}
		if (column > indent) {
			line[n++] = ' ';
			column++;
		}
		if (n + len + 1 >= sizeof(line)) {
			fwrite(line, 1, n, to);
			n = 0;
		}
		if (len + 1 < sizeof(line)) {
			memcpy(line + n, text, len);
			n += len;
		} else {
			fwrite(text, 1, len, to);
		}
		column += len;
	}
	line[n++] = '\n';
	fwrite(line, 1, n, to);
}
