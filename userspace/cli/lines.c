// SPDX-License-Identifier: GPL-2.0-only
/* Read lines in large pieces: sscanf() costs more than all that is made of a line. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"

int lines_open(struct lines *l, const char *path)
{
	l->next = l->end = l->buf;
	l->fd = open(path, O_RDONLY | O_CLOEXEC);
	return l->fd < 0 ? -errno : 0;
}

/* Read more behind what is there; 0 at the end of the file */
static int more(struct lines *l)
{
	size_t kept = l->end - l->next;
	ssize_t n;

	if (l->fd < 0 || kept == LINES_BUFFER)
		return 0;
	memmove(l->buf, l->next, kept);
	l->next = l->buf;
	l->end = l->buf + kept;
	do
		n = read(l->fd, l->end, LINES_BUFFER - kept);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return 0;
	l->end += n;
	return 1;
}

char *lines_next(struct lines *l)
{
	char *line, *end;

	for (;;) {
		end = memchr(l->next, '\n', l->end - l->next);
		if (end || !more(l))
			break;
	}
	/* The last one may have no end, and one longer than the buffer is cut. */
	if (!end)
		end = l->end;
	if (end == l->next && end == l->end)
		return NULL;
	line = l->next;
	l->next = end < l->end ? end + 1 : end;
	*end = '\0';
	return line;
}

void lines_close(struct lines *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

__u64 take_hex(char **at)
{
	/* A digit's value and one more */
	static const unsigned char digit[256] = {
		['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6,
		['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12,
		['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	};
	const unsigned char *c = (const unsigned char *)*at;
	__u64 value = 0;
	unsigned int n;

	for (; (n = digit[*c]); c++)
		value = (value << 4) + n - 1;
	*at = (char *)c;
	return value;
}

__u64 take_decimal(char **at)
{
	__u64 value = 0;
	char *c = *at;

	while (*c >= '0' && *c <= '9')
		value = 10 * value + *c++ - '0';
	*at = c;
	return value;
}
