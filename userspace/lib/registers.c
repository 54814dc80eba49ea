// SPDX-License-Identifier: LGPL-2.1-or-later
/* Go through the tables of registers and MSRs. They know no architecture here. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "decode.h"
#include "distance.h"

static size_t count(const struct mmuinspect_register *table)
{
	size_t n = 0;

	while (table && table[n].name)
		n++;
	return n;
}

const struct mmuinspect_register *
mmuinspect_register_table(const struct mmuinspect_info *info, size_t *n)
{
	const struct decode_arch *arch = decode_arch(info);
	const struct mmuinspect_register *table = arch ? arch->registers : NULL;

	*n = count(table);
	return table;
}

const struct mmuinspect_register *
mmuinspect_msr_table(const struct mmuinspect_info *info, size_t *n)
{
	const struct decode_arch *arch = decode_arch(info);
	const struct mmuinspect_register *table = arch ? arch->msrs : NULL;

	*n = count(table);
	return table;
}

const struct mmuinspect_register *
mmuinspect_register_by_id(const struct mmuinspect_register *table, size_t n,
			  __u32 id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (table[i].id == id)
			return &table[i];
	return NULL;
}

/*
 * The kernel's headers have up to two of them. @never receives the vendor who has no
 * names with such a prefix: MSR_IA32_SMBASE isn't what AMD calls SMBASE.
 */
static const char *without_prefix(const char *name, int *never)
{
	static const struct {
		const char *prefix;
		int never;
	} prefixes[] = {
		{ "MSR_", -1 },
		{ "IA32_", MMUINSPECT_VENDOR_AMD },
		{ "AMD64_", MMUINSPECT_VENDOR_INTEL },
		{ "K7_", MMUINSPECT_VENDOR_INTEL },
		{ "K8_", MMUINSPECT_VENDOR_INTEL },
	};
	size_t i, len;

	*never = -1;
	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		len = strlen(prefixes[i].prefix);
		if (strncasecmp(name, prefixes[i].prefix, len))
			continue;
		name += len;
		*never = prefixes[i].never;
	}
	return name;
}

/* Is @name one of the @words, which have blanks between? */
static int among(const char *words, const char *name)
{
	size_t len = strlen(name), word;

	for (; words; words = words[word] ? words + word + 1 : NULL) {
		word = strcspn(words, " ");
		if (word == len && !strncasecmp(words, name, len))
			return 1;
	}
	return 0;
}

const struct mmuinspect_register *
mmuinspect_register_by_name(const struct mmuinspect_register *table, size_t n,
			    const char *name)
{
	size_t i;
	int never;

	name = without_prefix(name, &never);
	for (i = 0; i < n; i++)
		if (table[i].vendor != never && (!strcasecmp(table[i].name, name) ||
					       among(table[i].also, name)))
			return &table[i];
	return NULL;
}

/* The first @len letters of @text, in upper case; what is too long is cut. */
static void upper(char to[DISTANCE_WORD_MAX + 1], const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len && i < DISTANCE_WORD_MAX; i++)
		to[i] = toupper((unsigned char)text[i]);
	to[i] = '\0';
}

/**
 * struct nearest - the name that a word is most like
 * @word: that was typed, in upper case
 * @best: how far @name is from it
 * @name: in the table; NULL for none
 * @len: of it
 */
struct nearest {
	char word[DISTANCE_WORD_MAX + 1];
	unsigned int best;
	const char *name;
	size_t len;
};

/* Each of @names, which have blanks between */
static void consider(struct nearest *near, const char *names)
{
	char name[DISTANCE_WORD_MAX + 1];
	unsigned int d;
	size_t len;

	for (; names; names = names[len] ? names + len + 1 : NULL) {
		len = strcspn(names, " ");
		upper(name, names, len);
		d = distance(near->word, name);
		if (d > near->best || (d == near->best && near->name))
			continue;
		near->best = d;
		near->name = names;
		near->len = len;
	}
}

const char *mmuinspect_register_nearest(const struct mmuinspect_register *table,
					size_t n, const char *name, char *buf,
					size_t size)
{
	struct nearest near = { .name = NULL };
	size_t i;
	int never;

	name = without_prefix(name, &never);
	upper(near.word, name, strlen(name));
	near.best = distance_most(near.word);
	for (i = 0; i < n; i++) {
		if (table[i].vendor == never)
			continue;
		consider(&near, table[i].name);
		consider(&near, table[i].also);
	}
	if (!near.name)
		return NULL;
	snprintf(buf, size, "%.*s", (int)near.len, near.name);
	return buf;
}

/* 1 if it holds, 0 if not, -1 if the register isn't there. */
static int holds(const struct mmuinspect_condition *when,
		 const struct mmuinspect_reg *reg, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (reg[i].id == when->id && !reg[i].error)
			return (reg[i].value & when->mask) == when->value;
	return -1;
}

int mmuinspect_field_applies(const struct mmuinspect_field *field,
			     const struct mmuinspect_reg *reg, size_t n)
{
	return !field->when || holds(field->when, reg, n) == 1;
}

__u64 mmuinspect_field_value(const struct mmuinspect_field *field, __u64 value)
{
	value &= field->mask;
	if (field->kind == MMUINSPECT_FIELD_ADDRESS)
		return value;
	return value / (field->mask & -field->mask);
}

const char *mmuinspect_field_value_name(const struct mmuinspect_field *field,
					__u64 value)
{
	const struct mmuinspect_value *v = field->values;

	while (v && v->name && v->value != value)
		v++;
	return v ? v->name : NULL;
}

static const char *mode_name(const struct decode_arch *arch,
			     const struct mmuinspect_reg *reg, size_t n)
{
	const struct mmuinspect_condition *when;
	const struct decode_mode *mode;

	for (mode = arch->modes; mode->name; mode++) {
		for (when = mode->when; when->id; when++)
			if (holds(when, reg, n) != 1)
				break;
		if (!when->id)
			return mode->name;
	}
	return "unknown";
}

/* Write the parts that are on, or those that are off; returns how many. */
static int mode_parts(const struct decode_arch *arch,
		      const struct mmuinspect_reg *reg, size_t n, int on, FILE *f)
{
	const struct decode_mode_bit *bit;
	int parts = 0;

	for (bit = arch->mode_bits; bit->name; bit++) {
		if (holds(&bit->when, reg, n) != on ||
		    !(bit->say & (on ? SAY_ON : SAY_OFF)))
			continue;
		fprintf(f, "%s%s", on || parts ? ", " : "; ", bit->name);
		parts++;
	}
	return parts;
}

const char *mmuinspect_paging_mode(const struct mmuinspect_info *info,
				   const struct mmuinspect_reg *reg, size_t n,
				   char *buf, size_t size)
{
	const struct decode_arch *arch = decode_arch(info);
	FILE *f;

	if (!size)
		return buf;
	*buf = '\0';
	f = arch && arch->modes ? fmemopen(buf, size, "w") : NULL;
	if (!f)
		return buf;
	fputs(mode_name(arch, reg, n), f);
	mode_parts(arch, reg, n, 1, f);
	if (mode_parts(arch, reg, n, 0, f))
		fputs(" off", f);
	fclose(f);
	buf[size - 1] = '\0';
	return buf;
}
