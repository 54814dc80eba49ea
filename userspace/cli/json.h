/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON as it is written: a stack of what is open, and values without a tree. */
#ifndef JSON_H
#define JSON_H

#include <linux/types.h>

/* Whether a value without a key has a place where we are */
int json_takes(const char *key);

void json_unsigned(const char *key, __u64 value);
void json_signed(const char *key, __s64 value);
/* As "0x7f": JSON's numbers are decimal, and many readers' are doubles. */
void json_hex(const char *key, __u64 value);
/* @value in units of 10^-@decimals, below zero if @minus */
void json_fraction(const char *key, __u64 value, unsigned int decimals, int minus);
/* A number that has no decimals any more */
void json_large(const char *key, double value);
/* true, false, null */
void json_word(const char *key, const char *word);
/* Any bytes; what isn't UTF-8 is escaped. */
void json_string(const char *key, const char *value);

enum json_kind {
	JSON_OUTERMOST,	/* an object with a member a line */
	JSON_STREAM,	/* an array with an element a line */
	JSON_OBJECT,
	JSON_ARRAY,
	JSON_RECORD,	/* an object that is a line of its own */
};

void json_open(enum json_kind kind, const char *key);
/* Close what was opened last, unless that is the outermost object. */
void json_close(void);
/* Close whatever is open, also the outermost object. */
void json_finish(void);

#endif
