// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON as it is written. Nothing is kept but the kinds of what is open, so that a
 * listing of millions of entries needs no memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "json.h"
#include "output.h"
#include "printable.h"
#include "text.h"

#define DEPTH_MAX 16
#define CHUNK 256	/* characters that are copied without asking for room again */

/* By enum json_kind: what comes before elements, what ends it, and whether it has keys */
static const struct {
	const char *first;
	const char *next;
	const char *end;
	const char *empty;
	int keys;
} forms[] = {
	[JSON_OUTERMOST] = { "{", ",\n ", "}\n", "", 1 },
	[JSON_STREAM] = { "\n  ", ",\n  ", "\n ]", "]", 0 },
	[JSON_OBJECT] = { "", ", ", "}", "}", 1 },
	[JSON_ARRAY] = { "", ", ", "]", "]", 0 },
	[JSON_RECORD] = { "", ", ", "}\n", "}\n", 1 },
};

static struct level {
	enum json_kind kind;
	unsigned int n;
} levels[DEPTH_MAX], *level = levels;

static char *put(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	return to;
}

/* Short forms of RFC 8259, and the longer one */
static char *put_escaped(char *to, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", as[] = "\"\\bfnrt";
	const char *found = memchr(from, c, sizeof(from) - 1);

	*to++ = '\\';
	if (found) {
		*to++ = as[found - from];
		return to;
	}
	to = put(to, "u00");
	*to++ = '0' + (c >> 4);
	*to++ = "0123456789ABCDEF"[c & 15];
	return to;
}

static int is_plain(unsigned char c)
{
	return c >= ' ' && c != '"' && c != '\\';
}

/* @text is UTF-8. */
static void put_quoted(const char *text)
{
	char *to = buffer_room(CHUNK + 8);
	int left = CHUNK;

	*to++ = '"';
	for (;;) {
		while (is_plain(*text) && left--)
			*to++ = *text++;
		if (!*text)
			break;
		if (!is_plain(*text))
			to = put_escaped(to, *text++);
		buffer_advance(to);
		to = buffer_room(CHUNK + 8);
		left = CHUNK;
	}
	*to++ = '"';
	buffer_advance(to);
}

/* What comes before a value; room for a number or a word behind it */
static void begin(const char *key)
{
	char *to = buffer_room(64);

	to = put(to, level->n++ ? forms[level->kind].next : forms[level->kind].first);
	buffer_advance(to);
	if (!forms[level->kind].keys)
		return;
	put_quoted(key);
	to = buffer_room(64);
	*to++ = ':';
	*to++ = ' ';
	buffer_advance(to);
}

int json_takes(const char *key)
{
	return key || !forms[level->kind].keys;
}

void json_unsigned(const char *key, __u64 value)
{
	begin(key);
	buffer_advance(text_decimal(buffer_room(64), value));
}

void json_signed(const char *key, __s64 value)
{
	char *to;

	begin(key);
	to = buffer_room(64);
	if (value < 0)
		*to++ = '-';
	buffer_advance(text_decimal(to, value < 0 ? -(__u64)value : (__u64)value));
}

void json_hex(const char *key, __u64 value)
{
	char *to;

	begin(key);
	to = put(buffer_room(64), "\"0x");
	to = text_hex(to, value);
	*to++ = '"';
	buffer_advance(to);
}

void json_fraction(const char *key, __u64 value, unsigned int decimals, int minus)
{
	char *to;

	begin(key);
	to = buffer_room(64);
	if (minus && value)
		*to++ = '-';
	buffer_advance(text_fraction(to, value, decimals));
}

void json_large(const char *key, double value)
{
	char *to, *point;

	begin(key);
	to = buffer_room(64);
	buffer_advance(to + sprintf(to, "%.15g", value));
	/* In whatever locale */
	point = strchr(to, ',');
	if (point)
		*point = '.';
}

void json_word(const char *key, const char *word)
{
	begin(key);
	buffer_advance(put(buffer_room(64), word));
}

void json_string(const char *key, const char *value)
{
	begin(key);
	put_quoted(is_utf8(value) ? value : out_printable(value));
}

void json_open(enum json_kind kind, const char *key)
{
	if (level == levels + DEPTH_MAX - 1)
		abort();
	if (kind != JSON_RECORD)
		begin(key);
	*++level = (struct level) { .kind = kind };
	buffer_put(kind == JSON_STREAM || kind == JSON_ARRAY ? "[" : "{", 1);
}

static void end(void)
{
	char *to = buffer_room(64);

	buffer_advance(put(to, level->n ? forms[level->kind].end :
			   forms[level->kind].empty));
}

void json_close(void)
{
	if (level == levels)
		return;
	end();
	level--;
	if (buffer.lines && level->kind <= JSON_STREAM)
		buffer_flush();
}

void json_finish(void)
{
	while (level > levels)
		json_close();
	end();
	level->n = 0;
}
