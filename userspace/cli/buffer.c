// SPDX-License-Identifier: GPL-2.0-only
/* Write to standard output, in large pieces. */
#include <errno.h>
#include <unistd.h>

#include "buffer.h"

struct buffer buffer;

static void write_all(const char *bytes, size_t n)
{
	ssize_t done;

	while (n && !buffer.failed) {
		done = write(STDOUT_FILENO, bytes, n);
		if (done < 0 && errno != EINTR)
			buffer.failed = errno;
		if (done > 0) {
			bytes += done;
			n -= done;
		}
	}
}

void buffer_flush(void)
{
	write_all(buffer.bytes, buffer.used);
	buffer.used = 0;
}

void buffer_put(const char *bytes, size_t n)
{
	if (sizeof(buffer.bytes) - buffer.used < n)
		buffer_flush();
	if (n > sizeof(buffer.bytes)) {
		write_all(bytes, n);
		return;
	}
	memcpy(buffer.bytes + buffer.used, bytes, n);
	buffer.used += n;
}
