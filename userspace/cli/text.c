// SPDX-License-Identifier: GPL-2.0-only
/*
 * printf into the buffer. glibc's takes about 400 instructions a field, which would
 * be most of what a listing of millions of entries costs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "text.h"

/**
 * struct spec - a conversion
 * @width: at the least; below 0 to fill up on the right
 * @precision: -1 for none
 * @zero: fill up with zeros on the left
 * @size: how many "l" or "z" there are
 * @conversion: its letter
 */
struct spec {
	int width;
	int precision;
	char zero;
	char size;
	char conversion;
};

char *text_decimal(char *to, __u64 value)
{
	char digits[TEXT_DIGITS], *first = digits + sizeof(digits);
	size_t n;

	do {
		*--first = '0' + value % 10;
		value /= 10;
	} while (value);
	n = digits + sizeof(digits) - first;
	while (n--)
		*to++ = *first++;
	return to;
}

static inline char *in_base(char *to, __u64 value, unsigned int shift)
{
	unsigned int bits = 64 - __builtin_clzll(value | 1);
	unsigned int n = (bits + shift - 1) / shift, i;

	for (i = n; i--; value >>= shift)
		to[i] = "0123456789abcdef"[value & ((1u << shift) - 1)];
	return to + n;
}

char *text_hex(char *to, __u64 value)
{
	return in_base(to, value, 4);
}

char *text_fraction(char *to, __u64 value, unsigned int decimals)
{
	__u64 unit = 1;
	unsigned int i;

	for (i = 0; i < decimals; i++)
		unit *= 10;
	to = text_decimal(to, value / unit);
	*to++ = '.';
	value %= unit;
	do {
		unit /= 10;
		*to++ = unit ? '0' + value / unit : '0';
		value %= unit ? unit : 1;
	} while (value);
	return to;
}

static char *blanks(char *to, int n, char blank)
{
	while (n-- > 0)
		*to++ = blank;
	return to;
}

/* In pieces that fit into the buffer */
static void fill(char blank, int n)
{
	for (; n > 0; n -= BUFFER_ROOM)
		buffer_advance(blanks(buffer_room(BUFFER_ROOM),
				      n < BUFFER_ROOM ? n : BUFFER_ROOM, blank));
}

/* @width is below 0 to fill up on the right. */
static inline void put_padded(const char *text, size_t len, int width)
{
	int rest = (width < 0 ? -width : width) - (int)len;
	char *to;

	if (rest > BUFFER_ROOM / 2 || len > BUFFER_ROOM / 2) {
		fill(' ', width < 0 ? 0 : rest);
		buffer_put(text, len);
		fill(' ', width < 0 ? rest : 0);
		return;
	}
	to = buffer_room(BUFFER_ROOM);
	if (width >= 0)
		to = blanks(to, rest, ' ');
	memcpy(to, text, len);
	to += len;
	if (width < 0)
		to = blanks(to, rest, ' ');
	buffer_advance(to);
}

void text_cell(const char *text, int width)
{
	put_padded(text, strlen(text), width);
}

/* @sign is before the zeros. */
static inline void put_number(const char *digits, size_t len, int width, int zero,
			      int sign)
{
	if (!zero || width <= (int)len) {
		put_padded(digits, len, width);
		return;
	}
	buffer_put(digits, sign);
	fill('0', width - len);
	buffer_put(digits + sign, len - sign);
}

void text_number(__u64 value, int width)
{
	char digits[TEXT_DIGITS];

	put_padded(digits, text_decimal(digits, value) - digits, width);
}

void text_hex_number(__u64 value, int width, int zero)
{
	char digits[TEXT_DIGITS];

	put_number(digits, text_hex(digits, value) - digits, width, zero, 0);
}

/* A width or a precision, from the format or from the arguments */
#define NUMBER(fmt, ap) ({						\
	int number = 0;							\
									\
	if (*fmt == '*') {						\
		number = va_arg(ap, int);				\
		fmt++;							\
	}								\
	while (*fmt >= '0' && *fmt <= '9')				\
		number = 10 * number + *fmt++ - '0';			\
	number; })

static __s64 signed_argument(const struct spec *s, va_list *ap)
{
	return s->size ? va_arg(*ap, long) : va_arg(*ap, int);
}

static __u64 unsigned_argument(const struct spec *s, va_list *ap)
{
	return s->size ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned int);
}

static void put_string(const struct spec *s, const char *text)
{
	if (!text)
		text = "(null)";
	put_padded(text, s->precision < 0 ? strlen(text) :
		   strnlen(text, s->precision), s->width);
}

static void put_real(const struct spec *s, double value)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "%.*f", s->precision, value);

	put_padded(text, n < (int)sizeof(text) ? n : (int)sizeof(text) - 1, s->width);
}

static void convert(const struct spec *s, va_list *ap)
{
	char digits[TEXT_DIGITS + 3], *at = digits;
	__s64 number;
	char c;

	switch (s->conversion) {
	case 's':
		put_string(s, va_arg(*ap, const char *));
		break;
	case 'd':
		number = signed_argument(s, ap);
		if (number < 0)
			*at++ = '-';
		at = text_decimal(at, number < 0 ? -(__u64)number : (__u64)number);
		put_number(digits, at - digits, s->width, s->zero, number < 0);
		break;
	case 'u':
		at = text_decimal(digits, unsigned_argument(s, ap));
		put_number(digits, at - digits, s->width, s->zero, 0);
		break;
	case 'x':
	case 'o':
		at = in_base(digits, unsigned_argument(s, ap),
			     s->conversion == 'x' ? 4 : 3);
		put_number(digits, at - digits, s->width, s->zero, 0);
		break;
	case 'c':
		c = va_arg(*ap, int);
		put_padded(&c, 1, s->width);
		break;
	case 'f':
		put_real(s, va_arg(*ap, double));
		break;
	case '%':
		buffer_put("%", 1);
		break;
	default:
		/* No caller can have meant it. */
		abort();
	}
}

static const char *parse(const char *fmt, struct spec *s, va_list *ap)
{
	int left = 0;

	*s = (struct spec) { .precision = -1 };
	for (;; fmt++) {
		if (*fmt == '-')
			left = 1;
		else if (*fmt == '0')
			s->zero = 1;
		else
			break;
	}
	s->width = NUMBER(fmt, *ap);
	if (left && s->width > 0)
		s->width = -s->width;
	if (*fmt == '.') {
		fmt++;
		s->precision = NUMBER(fmt, *ap);
	}
	while (*fmt == 'l' || *fmt == 'z') {
		s->size++;
		fmt++;
	}
	s->conversion = *fmt;
	return fmt + 1;
}

void text_format(const char *fmt, va_list args)
{
	struct spec s;
	va_list ap;

	/* A va_list that is an argument isn't of that type: its address can't be taken. */
	va_copy(ap, args);
	while (*fmt) {
		char *from = buffer_room(BUFFER_ROOM), *to = from;

		while (*fmt && *fmt != '%' && to < from + BUFFER_ROOM)
			*to++ = *fmt++;
		buffer_advance(to);
		if (*fmt != '%')
			continue;
		fmt = parse(fmt + 1, &s, &ap);
		convert(&s, &ap);
	}
	va_end(ap);
}
