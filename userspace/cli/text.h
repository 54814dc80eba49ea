/* SPDX-License-Identifier: GPL-2.0-only */
/* printf into the buffer, at a fraction of its cost. */
#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>

#include <linux/types.h>

#define TEXT_DIGITS 22	/* of a 64-bit number in octal */

/*
 * The conversions of printf that the commands use: %d %u %x %o %c %s %% and %f, with
 * "-", "0", a width, a precision, and "l", "ll" or "z"; independent of the locale.
 */
void text_format(const char *fmt, va_list ap);

/* Cells without a format; @width is below 0 to fill up on the right. */
void text_cell(const char *text, int width);
void text_number(__u64 value, int width);
/* Filled up with zeros if @zero */
void text_hex_number(__u64 value, int width, int zero);

/* Digits at @to, without a zero behind them; returns the end. */
char *text_decimal(char *to, __u64 value);
char *text_hex(char *to, __u64 value);
/* "1.5", "2.0": @value in units of 10^-@decimals, without zeros at the end */
char *text_fraction(char *to, __u64 value, unsigned int decimals);

#endif
