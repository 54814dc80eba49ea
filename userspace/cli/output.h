/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One print call serves text and JSON.
 *
 * A field has a key and a value for JSON, and a printf format for text; NULL for
 * either leaves it out there. In text only the formats are seen, so the caller
 * lays out lines; in JSON only keys and values, nested by out_object() and
 * out_array(). Nothing goes to standard output before the first call.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stddef.h>
#include <linux/types.h>

#define PRINTF(fmt) __attribute__((format(printf, fmt, fmt + 1)))

/* Choose once, before anything else. */
void out_begin(int json);
/* Which it is: for what would be made in vain */
int out_is_json(void);
/*
 * Print to another file than standard output; what it's called in an error. 0 or
 * -errno.
 */
int out_to(int fd, const char *name);
const char *out_name(void);
/* Each line is written when it's complete. Before anything was printed. */
void out_line_by_line(void);

/* For text alone */
PRINTF(1) void out_text(const char *fmt, ...);
/* A line of headings: bold on a terminal */
void out_heading(const char *text);

void out_number(const char *key, __u64 value, const char *fmt, ...) PRINTF(3);
/* One that may be below zero */
void out_signed(const char *key, __s64 value, const char *fmt, ...) PRINTF(3);
/* In JSON with three decimals at the most; null if it isn't a number */
void out_real(const char *key, double value, const char *fmt, ...) PRINTF(3);
/* Nanoseconds; in JSON seconds, exactly */
void out_seconds(const char *key, __u64 ns, const char *fmt, ...) PRINTF(3);
void out_hex(const char *key, __u64 value, const char *fmt, ...) PRINTF(3);
void out_bool(const char *key, int value, const char *fmt, ...) PRINTF(3);
/* A NULL @value is null. */
void out_string(const char *key, const char *value, const char *fmt, ...) PRINTF(3);
void out_null(const char *key, const char *fmt, ...) PRINTF(2);

/*
 * The same as cells of a table, without a format: a listing may have millions. In
 * text @width is the least, below 0 to fill up on the right.
 */
void out_number_cell(const char *key, __u64 value, int width);
void out_hex_cell(const char *key, __u64 value, int width);
/* Filled up with zeros */
void out_hex_digits(const char *key, __u64 value, int width);
/* @otherwise stands for NULL in text. */
void out_string_cell(const char *key, const char *value, int width, const char *otherwise);
void out_null_cell(const char *key, int width, const char *otherwise);
/* For text alone */
void out_cell(const char *text, int width);

/* The key is NULL inside an array. */
void out_object(const char *key);
void out_array(const char *key);
/* An array of the outermost object that may be endless: each element is written
 * and forgotten when it is complete.
 */
void out_stream(const char *key);
/* JSON lines: an object of its own, on a line, instead of the outermost one. */
void out_record(void);
void out_end(void);
/* Write what there is, as before a fork(). */
void out_flush(void);
/* The same; 0, or -errno if something couldn't be written */
int out_error(void);
/* Has a write failed already? Then it's in vain to print more. */
int out_failed(void);

/* Close what is open and flush; 0, or -errno if something couldn't be written. */
int out_finish(void);

/*
 * @text without what would upset a terminal: characters in UTF-8 stay, other bytes
 * are escaped. @text itself if there is nothing to escape, or valid until the next call.
 */
const char *out_printable(const char *text);
/*
 * The same in so many columns, at the most 40: cut off, or filled up with blanks.
 * @ascii: for a terminal that knows nothing else.
 */
const char *out_column(const char *text, int columns, int ascii);

/* "4K", "1028K", "2M": exact, in the largest unit that divides. */
const char *out_size(__u64 bytes, char buf[24]);

#endif
