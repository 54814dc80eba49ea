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
#define CHUNK	256	/* characters that are copied without asking for room again */
#define KEY_MAX	256	/* longer ones there aren't */
#define VALUE	64	/* room for a number or a word */

/* By enum json_kind: what comes before elements, what ends it, and whether it has keys */
static const struct {
	char first[5];
	char next[5];
	unsigned int first_length;
	unsigned int next_length;
	const char *end;
	const char *empty;
	int keys;
} forms[] = {
	[JSON_OUTERMOST] = { "{", ",\n ", 1, 3, "}\n", "", 1 },
	[JSON_STREAM] = { "\n  ", ",\n  ", 3, 4, "\n ]", "]", 0 },
	[JSON_OBJECT] = { "", ", ", 0, 2, "}", "}", 1 },
	[JSON_ARRAY] = { "", ", ", 0, 2, "]", "]", 0 },
	[JSON_RECORD] = { "", ", ", 0, 2, "}\n", "}\n", 1 },
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

/* ASCII that stands for itself between quotes */
static const unsigned char plain[256] = {
	[' ' ... '!'] = 1, ['#' ... '['] = 1, [']' ... '~'] = 1,
};

/* @text is UTF-8; the quote that begins it is there. */
static void put_text(const char *text)
{
	char *to = buffer_room(CHUNK + 8), *limit = to + CHUNK;
	unsigned char c;

	while ((c = *text++)) {
		if (plain[c] || c >= 0x7f)
			*to++ = c;
		else
			to = put_escaped(to, c);
		if (to < limit)
			continue;
		buffer_advance(to);
		to = buffer_room(CHUNK + 8);
		limit = to + CHUNK;
	}
	*to++ = '"';
	buffer_advance(to);
}

/*
 * What comes before a value; returns where that begins, with VALUE characters of room.
 * Keys are the program's own words: they need no escapes.
 */
static char *begin(const char *key)
{
	char *to = buffer_room(KEY_MAX + 16 + VALUE);
	unsigned int kind = level->kind;
	size_t n;

	if (level->n++) {
		memcpy(to, forms[kind].next, 4);
		to += forms[kind].next_length;
	} else {
		memcpy(to, forms[kind].first, 4);
		to += forms[kind].first_length;
	}
	if (!forms[kind].keys)
		return to;
	*to++ = '"';
	for (n = 0; key[n] && n < KEY_MAX; n++)
		*to++ = key[n];
	memcpy(to, "\": ", 3);
	return to + 3;
}

int json_takes(const char *key)
{
	return key || !forms[level->kind].keys;
}

void json_unsigned(const char *key, __u64 value)
{
	buffer_advance(text_decimal(begin(key), value));
}

void json_signed(const char *key, __s64 value)
{
	char *to = begin(key);

	if (value < 0)
		*to++ = '-';
	buffer_advance(text_decimal(to, value < 0 ? -(__u64)value : (__u64)value));
}

void json_hex(const char *key, __u64 value)
{
	char *to = begin(key);

	memcpy(to, "\"0x", 3);
	to = text_hex(to + 3, value);
	*to++ = '"';
	buffer_advance(to);
}

void json_fraction(const char *key, __u64 value, unsigned int decimals, int minus)
{
	char *to = begin(key);

	if (minus && value)
		*to++ = '-';
	buffer_advance(text_fraction(to, value, decimals));
}

void json_large(const char *key, double value)
{
	char *to = begin(key), *point;

	buffer_advance(to + sprintf(to, "%.15g", value));
	/* In whatever locale */
	point = strchr(to, ',');
	if (point)
		*point = '.';
}

void json_word(const char *key, const char *word)
{
	buffer_advance(put(begin(key), word));
}

void json_string(const char *key, const char *value)
{
	char *to = begin(key);
	size_t n = 0;

	*to++ = '"';
	/* As short as most are, and nothing special in it */
	for (; n < VALUE - 2 && plain[(unsigned char)value[n]]; n++)
		to[n] = value[n];
	if (!value[n]) {
		to[n] = '"';
		buffer_advance(to + n + 1);
		return;
	}
	buffer_advance(to);
	put_text(is_utf8(value) ? value : out_printable(value));
}

void json_open(enum json_kind kind, const char *key)
{
	char *to;

	if (level == levels + DEPTH_MAX - 1)
		abort();
	to = kind == JSON_RECORD ? buffer_room(VALUE) : begin(key);
	*++level = (struct level) { .kind = kind };
	*to++ = kind == JSON_STREAM || kind == JSON_ARRAY ? '[' : '{';
	buffer_advance(to);
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
