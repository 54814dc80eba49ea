// SPDX-License-Identifier: GPL-2.0-only
/* Values of registers and MSRs: which CPUs agree, and what the bits say. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "fields.h"
#include "terminal.h"

#define NAME_WIDTH 24
#define BITS_MAX 2048

int groups_make(struct groups *groups, const struct sample *sample, size_t n)
{
	unsigned char *done = calloc(n, sizeof(*done));
	__u32 *cpu = calloc(n, sizeof(*cpu));
	size_t i, j;

	*groups = (struct groups) { calloc(n, sizeof(*groups->group)), 0 };
	if (!done || !cpu || !groups->group) {
		free(done);
		free(cpu);
		free(groups->group);
		return -ENOMEM;
	}
	for (i = 0; i < n; i++) {
		struct group *g = &groups->group[groups->n];

		if (done[i])
			continue;
		*g = (struct group) { &sample[i], cpu, 0 };
		for (j = i; j < n; j++) {
			if (done[j] || sample[j].error != sample[i].error ||
			    sample[j].value != sample[i].value)
				continue;
			done[j] = 1;
			g->cpu[g->n++] = sample[j].cpu;
		}
		cpu += g->n;
		groups->n++;
	}
	free(done);
	if (!groups->n)
		free(cpu);
	return 0;
}

void groups_free(struct groups *groups)
{
	/* All lists of CPUs are one piece. */
	if (groups->n)
		free(groups->group[0].cpu);
	free(groups->group);
	groups->n = 0;
}

struct difference groups_differ(const struct groups *groups,
				const struct mmuinspect_register *row)
{
	const struct mmuinspect_field *f;
	const struct sample *first = NULL;
	__u64 differ = 0, may = 0;
	size_t i;

	for (i = 0; i < groups->n; i++) {
		const struct sample *s = groups->group[i].first;

		if (s->error)
			continue;
		if (!first)
			first = s;
		differ |= s->value ^ first->value;
	}
	for (f = row ? row->fields : NULL; f && f->name; f++)
		if (f->varies)
			may |= f->mask;
	/* Of an unknown MSR nobody can say. */
	if (!row || row->varies)
		may = ~0ULL;
	return (struct difference) { differ & may, differ & ~may };
}

char difference_mark(struct difference differs)
{
	return differs.must_not ? '!' : differs.may ? '~' : ' ';
}

/* The same of some of the bits: '*' stands for those of the '!' */
static char bits_mark(struct difference differs, __u64 bits)
{
	return differs.must_not & bits ? '*' : differs.may & bits ? '~' : ' ';
}

void difference_add(struct difference *seen, struct difference differs)
{
	seen->may |= differs.may;
	seen->must_not |= differs.must_not;
}

void out_difference(struct difference differs)
{
	out_bool("may", !differs.must_not, NULL);
	out_hex("mask", differs.may | differs.must_not, NULL);
	out_hex("must_not", differs.must_not, NULL);
}

void out_legend(struct difference seen)
{
	if (seen.may)
		out_text("~ differs between CPUs, as it may (per-task or per-CPU state); ~ marks the bits too\n");
	if (seen.must_not)
		out_text("! differs between CPUs and must not; * marks the bits\n");
}

int groups_width(const struct groups *groups, int width)
{
	size_t i;
	int len;

	for (i = 0; i < groups->n; i++) {
		len = strlen(cpus_text(groups->group[i].cpu, groups->group[i].n));
		if (len > width && len < terminal_width() / 4)
			width = len;
	}
	return width;
}

void out_wrapped(const char *text, int at, int indent)
{
	int column = at, len, width = terminal_width();

	for (; *text; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ");
		if (column > indent && column + 1 + len > width) {
			out_text("\n%*s", indent, "");
			column = indent;
		}
		if (column > indent) {
			out_text(" ");
			column++;
		}
		out_text("%.*s", len, text);
		column += len;
	}
	out_text("\n");
}

/* A field's value: by its name, if it has one. */
static const char *value_text(const struct mmuinspect_field *f, __u64 value)
{
	static char buf[32];
	const char *name = mmuinspect_field_value_name(f, value);

	if (name)
		return name;
	snprintf(buf, sizeof(buf),
		 f->kind == MMUINSPECT_FIELD_HEX ||
		 f->kind == MMUINSPECT_FIELD_ADDRESS ? "0x%llx" : "%llu",
		 (unsigned long long)value);
	return buf;
}

/* Is it worth a word where only what is set is shown? */
static int is_set(const struct mmuinspect_field *f, __u64 whole)
{
	__u64 value = mmuinspect_field_value(f, whole);

	switch (f->kind) {
	case MMUINSPECT_FIELD_NUMBER:
		return 1;
	case MMUINSPECT_FIELD_ADDRESS:
		return value && value != whole;
	default:
		return !!value;
	}
}

/* Bits that belong to no field */
static __u64 unknown_bits(const struct mmuinspect_register *row,
			  const struct sample *s)
{
	const struct mmuinspect_field *f;
	__u64 rest = s->value;

	for (f = row->fields; f && f->name; f++)
		rest &= ~f->mask;
	return row->fields ? rest : 0;
}

/* Length of a name without the number at its end */
static size_t stem(const char *name)
{
	size_t len = strlen(name);

	while (len && name[len - 1] >= '0' && name[len - 1] <= '9')
		len--;
	return len;
}

/*
 * "type0=WB type1=WB" is "type0-1=WB": the last of the fields from @f on whose
 * names have the same stem and whose values, which have names, are the same.
 */
static const struct mmuinspect_field *
last_alike(const struct mmuinspect_field *f, __u64 whole, __u64 differs)
{
	const struct mmuinspect_field *next;
	size_t len = stem(f->name);

	for (next = f + 1; f->values && !(f->mask & differs) && next->name; next++)
		if (next->values != f->values || next->mask & differs ||
		    stem(next->name) != len || strncmp(next->name, f->name, len) ||
		    mmuinspect_field_value(next, whole) !=
		    mmuinspect_field_value(f, whole))
			break;
	return next - 1;
}

static void put_mark(FILE *out, struct difference differs, __u64 bits)
{
	char mark = bits_mark(differs, bits);

	if (mark != ' ')
		fputc(mark, out);
}

/* What a value says, with blanks between; * or ~ before what @differs. */
static void bits_text(const struct mmuinspect_register *row,
		      const struct sample *s, struct difference differs, char *buf,
		      size_t size)
{
	__u64 differ = differs.may | differs.must_not;
	const struct mmuinspect_field *f, *first;
	FILE *out = fmemopen(buf, size, "w");
	int set;

	*buf = '\0';
	if (!out)
		return;
	for (f = row->fields; f && f->name; f++) {
		set = is_set(f, s->value);
		if (!mmuinspect_field_applies(f, s->reg, s->n) ||
		    !(set || f->mask & differ))
			continue;
		put_mark(out, differs, f->mask);
		if (f->kind == MMUINSPECT_FIELD_BIT) {
			fprintf(out, "%s%s ", set ? "" : "no-", f->name);
			continue;
		}
		first = f;
		f = last_alike(f, s->value, differ);
		fprintf(out, "%s", first->name);
		if (f > first)
			fprintf(out, "-%s", f->name + stem(f->name));
		fprintf(out, "=%s ",
			value_text(f, mmuinspect_field_value(f, s->value)));
	}
	if (unknown_bits(row, s)) {
		put_mark(out, differs, unknown_bits(row, s));
		fprintf(out, "unknown=0x%llx ",
			(unsigned long long)unknown_bits(row, s));
	}
	fclose(out);
	buf[size - 1] = '\0';
	if (*buf)
		buf[strlen(buf) - 1] = '\0';
}

void out_group_heading(int width)
{
	char text[TERMINAL_WIDTH_MAX + NAME_WIDTH];

	snprintf(text, sizeof(text), "%-*s  %-*s  %-16s  %s", NAME_WIDTH,
		 "register", width, "CPUs", "value", "bits");
	out_heading(text);
}

void out_group_lines(const char *name, const struct mmuinspect_register *row,
		     const struct groups *groups, int width)
{
	char bits[BITS_MAX] = "";
	struct difference differs = groups_differ(groups, row);
	char mark = difference_mark(differs);
	int indent = NAME_WIDTH + 2 + width + 2 + 16 + 2;
	size_t i;

	for (i = 0; i < groups->n; i++) {
		const struct group *g = &groups->group[i];

		if (g->first->error)
			continue;
		if (row)
			bits_text(row, g->first, differs, bits, sizeof(bits));
		out_text("%-*s%c %-*s  %016llx%s", NAME_WIDTH, name, mark, width,
			 cpus_text(g->cpu, g->n),
			 (unsigned long long)g->first->value, *bits ? "  " : "");
		out_wrapped(bits, indent, indent);
		name = "";
	}
}

static void out_field_row(const struct mmuinspect_register *row,
			  const struct mmuinspect_field *f, __u64 value,
			  char mark, int verbose)
{
	int high = 63 - __builtin_clzll(f->mask), low = __builtin_ctzll(f->mask);
	const int indent = 4 + 5 + 2 + 20 + 2 + 10 + 2;
	char bits[16];

	snprintf(bits, sizeof(bits), high > low ? "%d:%d" : "%d", high, low);
	out_text("    %5s %c%-20s  %-10s  ", bits, mark, f->name,
		 value_text(f, value));
	out_wrapped(f->meaning, indent, indent);
	if (verbose && f->why) {
		out_text("%*s", indent, "");
		out_wrapped(f->why, indent, indent);
	}
	if (verbose && f->source && strcmp(f->source, row->source)) {
		out_text("%*s", indent, "");
		out_wrapped(f->source, indent, indent);
	}
}

void out_field_table(const struct mmuinspect_register *row,
		     const struct mmuinspect_field *field,
		     const struct sample *s, struct difference differs,
		     int verbose)
{
	const struct mmuinspect_field *f;
	char mark;

	for (f = row->fields; f && f->name; f++) {
		mark = bits_mark(differs, f->mask);
		if ((field && f != field) ||
		    !mmuinspect_field_applies(f, s->reg, s->n) ||
		    !(field || verbose || mark != ' ' || is_set(f, s->value)))
			continue;
		out_field_row(row, f, mmuinspect_field_value(f, s->value), mark,
			      verbose);
	}
	if (!field && unknown_bits(row, s))
		out_text("    %5s %c%-20s  0x%llx\n", "",
			 bits_mark(differs, unknown_bits(row, s)), "unknown bits",
			 (unsigned long long)unknown_bits(row, s));
}

void out_field_names(const struct mmuinspect_register *row,
		     const struct sample *s)
{
	const struct mmuinspect_field *f;
	char text[128];

	for (f = row->fields; f && f->name; f++) {
		if (!mmuinspect_field_applies(f, s->reg, s->n) ||
		    !is_set(f, s->value))
			continue;
		if (f->kind == MMUINSPECT_FIELD_BIT)
			snprintf(text, sizeof(text), "%s", f->name);
		else
			snprintf(text, sizeof(text), "%s=%s", f->name,
				 value_text(f, mmuinspect_field_value(f, s->value)));
		out_string(NULL, text, NULL);
	}
}

void out_field_values(const char *key, const struct mmuinspect_register *row,
		      const struct mmuinspect_field *field,
		      const struct sample *s)
{
	const struct mmuinspect_field *f;

	out_object(key);
	for (f = row->fields; f && f->name; f++) {
		__u64 value = mmuinspect_field_value(f, s->value);

		if ((field && f != field) ||
		    !mmuinspect_field_applies(f, s->reg, s->n))
			continue;
		if (f->kind == MMUINSPECT_FIELD_BIT)
			out_bool(f->name, !!value, NULL);
		else if (mmuinspect_field_value_name(f, value))
			out_string(f->name, mmuinspect_field_value_name(f, value), NULL);
		else if (f->kind == MMUINSPECT_FIELD_NUMBER)
			out_number(f->name, value, NULL);
		else
			out_hex(f->name, value, NULL);
	}
	out_end();
}

void out_register_facts(const struct mmuinspect_register *row)
{
	const struct mmuinspect_field *f;

	out_object(NULL);
	out_string("name", row->name, NULL);
	out_string("meaning", row->meaning, NULL);
	out_string("source", row->source, NULL);
	out_bool("may_differ", row->varies, NULL);
	out_array("fields");
	for (f = row->fields; f && f->name; f++) {
		out_object(NULL);
		out_string("name", f->name, NULL);
		out_hex("mask", f->mask, NULL);
		out_string("meaning", f->meaning, NULL);
		out_string("why", f->why, NULL);
		out_string("source", f->source ? f->source : row->source, NULL);
		out_end();
	}
	out_end();
	out_end();
}
