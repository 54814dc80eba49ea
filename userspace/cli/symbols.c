// SPDX-License-Identifier: GPL-2.0-only
/* Names of kernel addresses, from /proc/kallsyms. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "lines.h"

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

/* The first one that is at or above @start; @n if none is. */
static size_t first_from(const struct symbol *symbol, size_t n, __u64 start)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (symbol[mid].address < start)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Of two names for one address the one that isn't a mark of the linker's. */
static int is_better(const struct symbol *symbol, __u64 start, const char *name)
{
	if (!*symbol->name || start != symbol->start)
		return start >= symbol->start;
	return !strncmp(symbol->name, "__", 2) && strncmp(name, "__", 2);
}

/* Keep @name for the next address at or above; those above that follow later. */
static void offer(struct symbol *symbol, size_t n, __u64 start, const char *name,
		  size_t length)
{
	static size_t last;
	size_t i = last, end;

	/* In ascending order, most belong where the one before did. */
	if (i >= n || symbol[i].address < start || (i && symbol[i - 1].address >= start))
		i = last = first_from(symbol, n, start);
	if (i == n || !is_better(&symbol[i], start, name))
		return;
	/* Several may ask for the same address. */
	for (end = i; end < n && symbol[end].address == symbol[i].address; end++) {
		symbol[end].start = start;
		memcpy(symbol[end].name, name, length);
		symbol[end].name[length] = '\0';
	}
}

/* "ADDRESS TYPE NAME", a module's with "\t[MODULE]" behind; returns the address. */
static __u64 take_line(char *at, struct symbol *symbol, size_t n)
{
	__u64 start = take_hex(&at);
	size_t length;
	char type;

	/* Above all that is asked about: most are, and needn't be looked at. */
	if (!start || !n || start > symbol[n - 1].address)
		return start;
	type = *at == ' ' ? at[1] | 0x20 : 0;
	if ((type != 't' && type != 'w') || at[2] != ' ')
		return start;
	at += 3;
	length = strcspn(at, " \t");
	if (length >= SYMBOL_MAX)
		length = SYMBOL_MAX - 1;
	if (length)
		offer(symbol, n, start, at, length);
	return start;
}

int symbols_find(struct symbol *symbol, size_t n)
{
	struct lines lines;
	__u64 any = 0;
	char *line;
	size_t i;

	for (i = 0; i < n; i++) {
		symbol[i].start = 0;
		*symbol[i].name = '\0';
	}
	qsort(symbol, n, sizeof(*symbol), by_address);
	lines_open(&lines, "/proc/kallsyms");
	while ((line = lines_next(&lines)))
		any |= take_line(line, symbol, n);
	lines_close(&lines);
	for (i = 1; i < n; i++)
		if (symbol[i - 1].start > symbol[i].start) {
			symbol[i].start = symbol[i - 1].start;
			memcpy(symbol[i].name, symbol[i - 1].name, sizeof(symbol[i].name));
		}
	return any != 0;
}

int symbol_is_boot(const struct symbol *symbol)
{
	return symbol && !strcmp(symbol->name, "early_idt_handler_array");
}

const struct symbol *symbols_get(const struct symbol *symbol, size_t n,
				 __u64 address)
{
	size_t i = first_from(symbol, n, address);

	return i < n && symbol[i].address == address && *symbol[i].name ?
	       &symbol[i] : NULL;
}
