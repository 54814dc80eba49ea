/* SPDX-License-Identifier: GPL-2.0-only */
/* What tables of registers say, as text; and that they are whole. */
#ifndef ROWS_H
#define ROWS_H

#include <stdio.h>
#include <string.h>

#include "mmuinspect.h"

static const struct mmuinspect_info rows_info = {
	.arch = MMUINSPECT_ARCH_X86_64,
	.abi = 1,
	.levels = 4,
};

/* Bits that are set by their names, fields with their values. */
static inline const char *fields_text(const struct mmuinspect_register *row,
				      __u64 value,
				      const struct mmuinspect_reg *reg, size_t n)
{
	static char text[2048];
	const struct mmuinspect_field *f;
	size_t len = 0;

	text[0] = '\0';
	for (f = row->fields; f && f->name; f++) {
		__u64 v = mmuinspect_field_value(f, value);
		const char *name = mmuinspect_field_value_name(f, v);

		if (!v || !mmuinspect_field_applies(f, reg, n))
			continue;
		len += sprintf(text + len, "%s%s", len ? " " : "", f->name);
		if (f->kind == MMUINSPECT_FIELD_BIT)
			continue;
		if (name)
			len += sprintf(text + len, "=%s", name);
		else
			len += sprintf(text + len, "=0x%llx", (unsigned long long)v);
	}
	return text;
}

/* What is wrong with a row's fields; NULL if nothing is. */
static inline const char *fields_wrong(const struct mmuinspect_register *row)
{
	const struct mmuinspect_field *f, *g;

	for (f = row->fields; f && f->name; f++) {
		if (!f->meaning || !*f->meaning)
			return "a field has no meaning";
		if (!f->mask || (f->kind == MMUINSPECT_FIELD_BIT && f->mask & (f->mask - 1)))
			return "a bit isn't one bit";
		if (!f->when && f > row->fields && !f[-1].when &&
		    f->mask < f[-1].mask)
			return "fields aren't in the order of their bits";
		for (g = row->fields; g < f; g++) {
			if (!strcmp(f->name, g->name))
				return "two fields have one name";
			if (f->mask & g->mask && !(f->when && g->when))
				return "two fields have a bit in common";
		}
	}
	return NULL;
}

static inline const char *row_wrong(const struct mmuinspect_register *row)
{
	if (!row->meaning || !*row->meaning)
		return "it has no meaning";
	if (!row->source || !(strstr(row->source, "SDM") || strstr(row->source, "AMD")))
		return "it cites no manual";
	if (row->vendor > MMUINSPECT_VENDOR_AMD)
		return "it has no vendor";
	if (row->vendor == MMUINSPECT_VENDOR_INTEL && !strstr(row->source, "Intel"))
		return "it is Intel's, and doesn't cite Intel";
	if (row->vendor == MMUINSPECT_VENDOR_AMD && !strstr(row->source, "AMD"))
		return "it is AMD's, and doesn't cite AMD";
	return fields_wrong(row);
}

#endif
