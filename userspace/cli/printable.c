// SPDX-License-Identifier: GPL-2.0-only
/*
 * What somebody else has named may be any bytes: characters in UTF-8 stay, what
 * would upset a terminal is escaped. Ranges: the Unicode Standard, chapters 4.10 and
 * 23, UAX #9 and UAX #11.
 */
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "printable.h"

#define ESCAPED (-1)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Characters that don't take one column, in ascending order */
static const struct {
	__u32 first;
	__u32 last;
	int columns;
} rows[] = {
	{ 0x0000, 0x001f, ESCAPED },
	{ 0x007f, 0x009f, ESCAPED },
	{ 0x00ad, 0x00ad, ESCAPED },	/* soft hyphen */
	{ 0x0300, 0x036f, 0 },		/* combining marks */
	{ 0x061c, 0x061c, ESCAPED },	/* directions */
	{ 0x1100, 0x115f, 2 },
	{ 0x200b, 0x200f, ESCAPED },	/* of no width, directions */
	{ 0x2028, 0x202e, ESCAPED },	/* ends of lines, directions */
	{ 0x2060, 0x206f, ESCAPED },
	{ 0x20d0, 0x20ff, 0 },
	{ 0x2e80, 0x303e, 2 },
	{ 0x3041, 0xa4cf, 2 },
	{ 0xac00, 0xd7a3, 2 },
	{ 0xd800, 0xf8ff, ESCAPED },	/* surrogates, private use */
	{ 0xf900, 0xfaff, 2 },
	{ 0xfe00, 0xfe0f, 0 },
	{ 0xfe20, 0xfe2f, 0 },
	{ 0xfe30, 0xfe6f, 2 },
	{ 0xfeff, 0xfeff, ESCAPED },
	{ 0xff01, 0xff60, 2 },
	{ 0xffe0, 0xffe6, 2 },
	{ 0xfff0, 0xfffb, ESCAPED },
	{ 0xfffe, 0xffff, ESCAPED },
	{ 0x1f300, 0x1faff, 2 },
	{ 0x20000, 0x3fffd, 2 },
	{ 0xe0000, 0x10ffff, ESCAPED },	/* tags, private use */
};

static int columns_of(__u32 c)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows) && rows[i].first <= c; i++)
		if (c <= rows[i].last)
			return rows[i].columns;
	return 1;
}

/* How many bytes a character has; 0 if it isn't the shortest form of one. */
static int decode(const unsigned char *at, __u32 *c)
{
	static const __u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int len = *at < 0x80 ? 1 : *at >> 5 == 6 ? 2 : *at >> 4 == 14 ? 3 :
		  *at >> 3 == 30 ? 4 : 0, i;

	*c = len > 1 ? *at & (0x7f >> len) : *at;
	for (i = 1; i < len; i++) {
		if (at[i] >> 6 != 2)
			return 0;
		*c = *c << 6 | (at[i] & 0x3f);
	}
	return len && *c >= least[len] && *c <= 0x10ffff ? len : 0;
}

/* Behind the printable characters of ASCII, which are all there is of most names */
static const char *skip_ascii(const char *text)
{
	while ((unsigned char)(*text - ' ') < 0x7f - ' ')
		text++;
	return text;
}

int is_utf8(const char *text)
{
	const unsigned char *at = (const unsigned char *)skip_ascii(text);
	__u32 c;
	int len;

	for (; *at; at += len) {
		len = decode(at, &c);
		if (!len || (c >= 0xd800 && c <= 0xdfff))
			return 0;
	}
	return 1;
}

/**
 * struct piece - a character as it's shown
 * @text: in UTF-8, or a byte of it escaped
 * @length: of @text
 * @bytes: that it stands for
 * @columns: that it takes
 */
struct piece {
	char text[8];
	int length;
	int bytes;
	int columns;
};

static struct piece piece_of(const char *text, int ascii)
{
	struct piece p = { .bytes = 1, .columns = 4 };
	__u32 c;
	int len = decode((const unsigned char *)text, &c);

	if (*text >= ' ' && *text < 0x7f) {
		p.text[0] = *text;
		p.length = p.columns = 1;
		return p;
	}
	if (!len || columns_of(c) == ESCAPED || (ascii && len > 1)) {
		unsigned char c = *text;

		memcpy(p.text, (char [4]) { '\\', '0' + (c >> 6), '0' + (c >> 3 & 7),
					    '0' + (c & 7) }, 4);
		p.length = 4;
		return p;
	}
	memcpy(p.text, text, len);
	p.bytes = p.length = len;
	p.columns = columns_of(c);
	return p;
}

const char *out_printable(const char *bytes)
{
	static char buf[4 * 4096 + 1];
	struct piece p;
	size_t n = 0;

	if (!*skip_ascii(bytes))
		return bytes;
	for (; *bytes && n + sizeof(p.text) <= sizeof(buf); bytes += p.bytes) {
		p = piece_of(bytes, 0);
		memcpy(buf + n, p.text, sizeof(p.text));
		n += p.length;
	}
	buf[n] = '\0';
	return buf;
}

const char *out_column(const char *bytes, int columns, int ascii)
{
	static char buf[256];
	int taken = 0;
	struct piece p;
	size_t n = 0;

	for (; *bytes; bytes += p.bytes, taken += p.columns) {
		p = piece_of(bytes, ascii);
		if (taken + p.columns > columns || n + sizeof(p.text) > sizeof(buf))
			break;
		memcpy(buf + n, p.text, sizeof(p.text));
		n += p.length;
	}
	snprintf(buf + n, sizeof(buf) - n, "%*s", columns - taken, "");
	return buf;
}
