// SPDX-License-Identifier: GPL-2.0-only
/* One print call serves text and JSON. */
#include <errno.h>
#include <float.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "json.h"
#include "output.h"
#include "text.h"

#define REAL_DECIMALS	3
#define REAL_UNIT	1000
#define REAL_MAX	1e15	/* a double isn't exact to REAL_DECIMALS beyond */

static int json;	/* instead of text */
static const char *file;	/* the name of what is printed to */

void out_begin(int wanted)
{
	json = wanted;
	buffer.lines = isatty(STDOUT_FILENO);
}

int out_to(int fd, const char *name)
{
	buffer_flush();
	if (dup2(fd, STDOUT_FILENO) < 0)
		return -errno;
	file = name;
	buffer.lines |= isatty(STDOUT_FILENO);
	return 0;
}

int out_is_json(void)
{
	return json;
}

const char *out_name(void)
{
	return file ? file : "standard output";
}

void out_line_by_line(void)
{
	buffer.lines = 1;
}

void out_flush(void)
{
	buffer_flush();
}

int out_failed(void)
{
	return buffer.failed;
}

int out_error(void)
{
	buffer_flush();
	return -buffer.failed;
}

static void text(const char *fmt, va_list ap)
{
	if (json || !fmt)
		return;
	text_format(fmt, ap);
	if (buffer.lines && memrchr(buffer.bytes, '\n', buffer.used))
		buffer_flush();
}

void out_text(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text(fmt, ap);
	va_end(ap);
}

/* https://no-color.org; and a terminal that says that it can't. */
static int may_be_bold(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no_color && *no_color) && term && strcmp(term, "dumb") &&
	       isatty(STDOUT_FILENO);
}

void out_heading(const char *heading)
{
	out_text(may_be_bold() ? "\033[1m%s\033[0m\n" : "%s\n", heading);
}

#define TEXT_TOO(fmt)			\
	do {				\
		va_list ap;		\
					\
		va_start(ap, fmt);	\
		text(fmt, ap);		\
		va_end(ap);		\
	} while (0)

/* Outside a stream and arrays a value without a key is for text alone. */
static int wanted(const char *key)
{
	return json && json_takes(key);
}

void out_number(const char *key, __u64 value, const char *fmt, ...)
{
	TEXT_TOO(fmt);
	if (wanted(key))
		json_unsigned(key, value);
}

void out_signed(const char *key, __s64 value, const char *fmt, ...)
{
	TEXT_TOO(fmt);
	if (wanted(key))
		json_signed(key, value);
}

static void real(const char *key, double value)
{
	double size = value < 0 ? -value : value;

	if (size < REAL_MAX)
		json_fraction(key, size * REAL_UNIT + 0.5, REAL_DECIMALS, value < 0);
	/* NaN is neither, and JSON has no infinity. */
	else if (size <= DBL_MAX)
		json_large(key, value);
	else
		json_word(key, "null");
}

void out_real(const char *key, double value, const char *fmt, ...)
{
	TEXT_TOO(fmt);
	if (wanted(key))
		real(key, value);
}

void out_seconds(const char *key, __u64 ns, const char *fmt, ...)
{
	TEXT_TOO(fmt);
	if (wanted(key))
		json_fraction(key, ns, 9, 0);
}

void out_hex(const char *key, __u64 value, const char *fmt, ...)
{
	TEXT_TOO(fmt);
	if (wanted(key))
		json_hex(key, value);
}

void out_bool(const char *key, int value, const char *fmt, ...)
{
	TEXT_TOO(fmt);
	if (wanted(key))
		json_word(key, value ? "true" : "false");
}

void out_null(const char *key, const char *fmt, ...)
{
	TEXT_TOO(fmt);
	if (wanted(key))
		json_word(key, "null");
}

void out_string(const char *key, const char *value, const char *fmt, ...)
{
	TEXT_TOO(fmt);
	if (!wanted(key))
		return;
	if (value)
		json_string(key, value);
	else
		json_word(key, "null");
}

void out_cell(const char *value, int width)
{
	if (!json)
		text_cell(value, width);
}

void out_number_cell(const char *key, __u64 value, int width)
{
	if (json)
		json_unsigned(key, value);
	else
		text_number(value, width);
}

void out_hex_cell(const char *key, __u64 value, int width)
{
	if (json)
		json_hex(key, value);
	else
		text_hex_number(value, width, 0);
}

void out_hex_digits(const char *key, __u64 value, int width)
{
	if (json)
		json_hex(key, value);
	else
		text_hex_number(value, width, 1);
}

void out_string_cell(const char *key, const char *value, int width, const char *otherwise)
{
	if (!json)
		text_cell(value ? value : otherwise, width);
	else if (value)
		json_string(key, value);
	else
		json_word(key, "null");
}

void out_null_cell(const char *key, int width, const char *otherwise)
{
	if (json)
		json_word(key, "null");
	else
		text_cell(otherwise, width);
}

void out_object(const char *key)
{
	if (json)
		json_open(JSON_OBJECT, key);
}

void out_array(const char *key)
{
	if (json)
		json_open(JSON_ARRAY, key);
}

void out_stream(const char *key)
{
	if (json)
		json_open(JSON_STREAM, key);
}

void out_record(void)
{
	if (json)
		json_open(JSON_RECORD, NULL);
}

void out_end(void)
{
	if (json)
		json_close();
}

int out_finish(void)
{
	if (json)
		json_finish();
	return out_error();
}

const char *out_size(__u64 bytes, char buf[24])
{
	static const char units[] = { 0, 'K', 'M', 'G', 'T', 'P' };
	unsigned int unit = 0;
	char *end;

	while (bytes && !(bytes % 1024) && unit < sizeof(units) - 1) {
		bytes /= 1024;
		unit++;
	}
	end = text_decimal(buf, bytes);
	*end++ = units[unit];
	*end = '\0';
	return buf;
}
