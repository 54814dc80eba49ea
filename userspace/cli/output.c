// SPDX-License-Identifier: GPL-2.0-only
/*
 * One print call serves text and JSON.
 *
 * The outermost JSON object is written by hand, member by member, so that a dump
 * of millions of ranges needs no memory; jansson builds and encodes each member.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "output.h"

#define DEPTH_MAX 8

static struct {
	int json;
	int started;	/* the outermost object is open */
	int members;	/* how many it has */
	int streaming;	/* one of them is a stream, and open */
	int elements;	/* how many that has */
	int record;	/* the container at depth 0 is a line */
	int failed;	/* errno of what couldn't be built or written */
	const char *name;	/* of what is printed to */
	int depth;
	json_t *open[DEPTH_MAX];
	const char *key[DEPTH_MAX];
} out;

void out_begin(int json)
{
	out.json = json;
}

int out_to(int fd, const char *name)
{
	fflush(stdout);
	if (dup2(fd, STDOUT_FILENO) < 0)
		return -errno;
	out.name = name;
	return 0;
}

const char *out_name(void)
{
	return out.name ? out.name : "standard output";
}

void out_line_by_line(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/* errno is that of the first call that fails: a later one has nothing to write. */
static void note_failure(int failed)
{
	if (failed && !out.failed)
		out.failed = errno ? errno : EIO;
}

int out_error(void)
{
	note_failure(fflush(stdout));
	return -out.failed;
}

/* What isn't a value */
PRINTF(1) static void punctuate(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note_failure(vprintf(fmt, ap) < 0);
	va_end(ap);
}

static void text(const char *fmt, va_list ap)
{
	if (!out.json && fmt)
		note_failure(vprintf(fmt, ap) < 0);
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

/* Begin a member of the outermost object. */
static void member(const char *key)
{
	punctuate(out.started ? ",\n " : "{");
	out.started = 1;
	out.members++;
	punctuate("\"%s\": ", key);
}

/* Put a finished value where it belongs. */
static void put(const char *key, json_t *value)
{
	if (!value) {
		out.failed = ENOMEM;
	} else if (out.depth) {
		json_t *parent = out.open[out.depth - 1];

		if (json_is_array(parent))
			json_array_append(parent, value);
		else
			json_object_set_nocheck(parent, key, value);
	} else if (out.record) {
		out.record = 0;
		note_failure(json_dumpf(value, stdout, JSON_REAL_PRECISION(15)) < 0 ||
			     putchar('\n') == EOF);
	} else {
		if (out.streaming)
			punctuate(out.elements++ ? ",\n  " : "\n  ");
		else
			member(key);
		note_failure(json_dumpf(value, stdout, JSON_ENCODE_ANY |
					JSON_REAL_PRECISION(15)) < 0);
	}
	json_decref(value);
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
	return out.json && (key || out.streaming || out.depth);
}

void out_number(const char *key, __u64 value, const char *fmt, ...)
{
	TEXT_TOO(fmt);
	if (wanted(key))
		put(key, json_integer(value));
}

void out_real(const char *key, double value, const char *fmt, ...)
{
	TEXT_TOO(fmt);
	if (wanted(key))
		put(key, json_real(value));
}

void out_hex(const char *key, __u64 value, const char *fmt, ...)
{
	TEXT_TOO(fmt);
	if (wanted(key))
		put(key, json_sprintf("0x%llx", (unsigned long long)value));
}

void out_bool(const char *key, int value, const char *fmt, ...)
{
	TEXT_TOO(fmt);
	if (wanted(key))
		put(key, json_boolean(value));
}

void out_null(const char *key, const char *fmt, ...)
{
	TEXT_TOO(fmt);
	if (wanted(key))
		put(key, json_null());
}

void out_string(const char *key, const char *value, const char *fmt, ...)
{
	json_t *string;

	TEXT_TOO(fmt);
	if (!wanted(key))
		return;
	if (!value) {
		put(key, json_null());
		return;
	}
	string = json_string(value);
	/* A path may be any bytes, JSON is UTF-8. */
	put(key, string ? string : json_string(out_printable(value)));
}

static void open_container(const char *key, json_t *container)
{
	out.key[out.depth] = key;
	out.open[out.depth++] = container;
}

void out_object(const char *key)
{
	if (out.json)
		open_container(key, json_object());
}

void out_array(const char *key)
{
	if (out.json)
		open_container(key, json_array());
}

void out_stream(const char *key)
{
	if (!out.json)
		return;
	member(key);
	punctuate("[");
	out.streaming = 1;
	out.elements = 0;
}

void out_record(void)
{
	out.record = out.json;
	out_object(NULL);
}

void out_end(void)
{
	if (!out.json)
		return;
	if (out.depth) {
		out.depth--;
		put(out.key[out.depth], out.open[out.depth]);
	} else if (out.streaming) {
		out.streaming = 0;
		punctuate(out.elements ? "\n ]" : "]");
	}
}

int out_finish(void)
{
	while (out.depth || out.streaming)
		out_end();
	if (out.started)
		punctuate("}\n");
	return out_error();
}

const char *out_size(__u64 bytes, char buf[24])
{
	static const char units[] = { 0, 'K', 'M', 'G', 'T', 'P' };
	unsigned int unit = 0;

	while (bytes && !(bytes % 1024) && unit < sizeof(units) - 1) {
		bytes /= 1024;
		unit++;
	}
	snprintf(buf, 24, "%llu%c", (unsigned long long)bytes, units[unit]);
	return buf;
}
