/* SPDX-License-Identifier: GPL-2.0-only */
/* What is on its way to standard output: one buffer for text and JSON. */
#ifndef BUFFER_H
#define BUFFER_H

#include <stddef.h>
#include <string.h>

#define BUFFER_SIZE	65536
#define BUFFER_ROOM	4096	/* the most that buffer_room() gives */

/**
 * struct buffer - bytes that aren't written yet
 * @used: how many there are
 * @lines: write each line when it's complete
 * @failed: errno of the first write that failed; what comes then is dropped
 */
extern struct buffer {
	size_t used;
	int lines;
	int failed;
	char bytes[BUFFER_SIZE];
} buffer;

/* Write what there is. */
void buffer_flush(void);
/* Any number of bytes */
void buffer_put(const char *bytes, size_t n);

/* Where @n bytes fit, BUFFER_ROOM at the most; buffer_advance() to the end of what was put there. */
static inline char *buffer_room(size_t n)
{
	if (sizeof(buffer.bytes) - buffer.used < n)
		buffer_flush();
	return buffer.bytes + buffer.used;
}

static inline void buffer_advance(const char *end)
{
	buffer.used = end - buffer.bytes;
}

#endif
