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
 * @width: at the least; 0 for none
 * @precision: -1 for none
 * @left: fill up on the right
 * @zero: fill up with zeros
 * @size: how many "l" or "z" there are
 * @conversion: its letter
 */
struct spec {
	int width;
	int precision;
	char left;
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

static char *in_base(char *to, __u64 value, unsigned int shift)
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

/* @n of them, between two pieces of what is printed */
static void fill(char c, int n)
{
	while (n > 0) {
		int some = n < BUFFER_ROOM ? n : BUFFER_ROOM, i;
		char *to = buffer_room(some);

		for (i = 0; i < some; i++)
			*to++ = c;
		buffer_advance(to);
		n -= some;
	}
}

static void put_padded(const struct spec *s, const char *text, size_t len)
{
	int rest = s->width - (int)len;
	char *to;

	if (rest > 0 && !s->left)
		fill(' ', rest);
	if (len <= BUFFER_ROOM) {
		to = buffer_room(len);
		memcpy(to, text, len);
		buffer_advance(to + len);
	} else {
		buffer_put(text, len);
	}
	if (rest > 0 && s->left)
		fill(' ', rest);
}

static void put_number(const struct spec *s, __u64 value, int negative)
{
	char digits[TEXT_DIGITS + 3], *at = digits, *end;
	int rest;

	if (negative)
		*at++ = '-';
	end = s->conversion == 'x' ? in_base(at, value, 4) :
	      s->conversion == 'o' ? in_base(at, value, 3) : text_decimal(at, value);
	rest = s->width - (int)(end - digits);
	if (rest <= 0 || s->left || !s->zero) {
		put_padded(s, digits, end - digits);
		return;
	}
	if (negative)
		fill('-', 1);
	fill('0', rest);
	buffer_put(at, end - at);
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
	put_padded(s, text, s->precision < 0 ? strlen(text) :
		   strnlen(text, s->precision));
}

static void put_real(const struct spec *s, double value)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "%.*f", s->precision, value);

	put_padded(s, text, n < (int)sizeof(text) ? n : (int)sizeof(text) - 1);
}

static void convert(const struct spec *s, va_list *ap)
{
	__s64 number;
	char c;

	switch (s->conversion) {
	case 's':
		put_string(s, va_arg(*ap, const char *));
		break;
	case 'd':
		number = signed_argument(s, ap);
		put_number(s, number < 0 ? -(__u64)number : (__u64)number, number < 0);
		break;
	case 'u':
	case 'x':
	case 'o':
		put_number(s, unsigned_argument(s, ap), 0);
		break;
	case 'c':
		c = va_arg(*ap, int);
		put_padded(s, &c, 1);
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
	*s = (struct spec) { .precision = -1 };
	for (;; fmt++) {
		if (*fmt == '-')
			s->left = 1;
		else if (*fmt == '0')
			s->zero = 1;
		else
			break;
	}
	s->width = NUMBER(fmt, *ap);
	if (s->width < 0) {
		s->width = -s->width;
		s->left = 1;
	}
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
