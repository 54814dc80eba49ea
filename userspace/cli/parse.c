// SPDX-License-Identifier: GPL-2.0-only
/* What people type. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "distance.h"
#include "parse.h"

#define WORD_MAX DISTANCE_WORD_MAX
#define PKEYS_ALL 0xffffu
#define LEVELS_ALL (1u << 1 | 1u << 2 | 1u << 3)

static const char *row_name(const struct names *names, size_t i)
{
	return *(const char *const *)((const char *)names->rows + i * names->stride);
}

int names_find(const struct names *names, const char *word)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (!strcmp(row_name(names, i), word))
			return i;
	return -1;
}

const char *names_nearest(const struct names *names, const char *word)
{
	unsigned int best = distance_most(word), d;
	const char *found = NULL, *name;
	size_t i;

	for (i = 0; i < names->n; i++) {
		name = row_name(names, i);
		/* "pkey=N": what is typed ends where the value begins. */
		d = strcspn(name, "=") == strlen(word) && !strncmp(name, word, strlen(word)) ?
			0 : distance(word, name);
		if (d < best || (d == best && !found)) {
			best = d;
			found = name;
		}
	}
	return found;
}

const char *names_wrong(const struct names *names, const char *word,
			const char *noun)
{
	static char why[512];
	const char *near = names_nearest(names, word);
	size_t n, i;

	if (near) {
		snprintf(why, sizeof(why), "unknown %s \"%.*s\": did you mean \"%s\"?",
			 noun, WORD_MAX, word, near);
		return why;
	}
	n = snprintf(why, sizeof(why), "unknown %s \"%.*s\": there are",
		     noun, WORD_MAX, word);
	for (i = 0; i < names->n && n < sizeof(why); i++)
		n += snprintf(why + n, sizeof(why) - n, "%s %s", i ? "," : "",
			      row_name(names, i));
	return why;
}

static const char *parse_digits(const char *text, size_t len, __u64 *value)
{
	static const char units[] = "KMG";
	static const char wrong[] =
		"not a number: hex as 7f00 or 0x7f00, or decimal with K, M or G";
	const char *unit = len ? strchr(units, toupper((unsigned char)text[len - 1])) : NULL;
	unsigned int shift = unit && *unit ? 10 * (unit - units + 1) : 0;
	char digits[WORD_MAX], *end;
	int base;

	len -= !!shift;
	if (!len || len >= sizeof(digits))
		return wrong;
	memcpy(digits, text, len);
	digits[len] = '\0';
	base = shift && strncasecmp(digits, "0x", 2) ? 10 : 16;
	if (!isxdigit((unsigned char)digits[0]))
		return wrong;
	errno = 0;
	*value = strtoull(digits, &end, base);
	if (*end)
		return wrong;
	if (errno || *value << shift >> shift != *value)
		return "does not fit in 64 bits";
	*value <<= shift;
	return NULL;
}

const char *parse_number(const char *text, __u64 *value)
{
	return parse_digits(text, strlen(text), value);
}

const char *parse_range(const char *text, __u64 *start, __u64 *end)
{
	size_t len = strcspn(text, "-+");
	const char *why;

	if (!text[len])
		return "not a range: START-END or START+SIZE";
	why = parse_digits(text, len, start);
	if (!why)
		why = parse_number(text + len + 1, end);
	if (why)
		return why;
	if (text[len] == '+') {
		if (*start + *end < *start)
			return "does not fit in 64 bits";
		*end += *start;
	}
	if (*end == *start)
		return "an empty range: the end is the first address beyond";
	if (*end < *start)
		return "backwards: a range is START-END, the lower address first";
	return NULL;
}

const char *parse_pid(const char *text, pid_t *pid)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno ||
	    value < 1 || value > INT_MAX)
		return "not a process ID: a decimal number above 0";
	*pid = value;
	return NULL;
}

const char *parse_count(const char *text, unsigned int *count)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno ||
	    value < 1 || value > 1000000000)
		return "not a number from 1 to 1000000000, in decimal";
	*count = value;
	return NULL;
}

#define CPU_MAX 65535

static int by_number(const void *a, const void *b)
{
	__u32 x = *(const __u32 *)a, y = *(const __u32 *)b;

	return (x > y) - (x < y);
}

/* In ascending order, each once; @first: those before it are so already. */
static void tidy(struct cpus *cpus, size_t first)
{
	size_t i, n;

	if (!first || first == cpus->n || cpus->cpu[first] > cpus->cpu[first - 1])
		return;
	qsort(cpus->cpu, cpus->n, sizeof(*cpus->cpu), by_number);
	for (i = n = 1; i < cpus->n; i++)
		if (cpus->cpu[i] != cpus->cpu[i - 1])
			cpus->cpu[n++] = cpus->cpu[i];
	cpus->n = n;
}

static const char *add_range(unsigned long first, unsigned long last, struct cpus *cpus)
{
	size_t before = cpus->n;
	__u32 *cpu = realloc(cpus->cpu, (before + last - first + 1) * sizeof(*cpu));

	if (!cpu)
		return strerror(ENOMEM);
	cpus->cpu = cpu;
	for (; first <= last; first++)
		cpu[cpus->n++] = first;
	tidy(cpus, before);
	return NULL;
}

/* One "N" or "N-M" */
static const char *add_cpus(const char *word, struct cpus *cpus)
{
	static const char wrong[] =
		"not a list of CPUs: decimal numbers and ranges, as 0,2-3";
	unsigned long first, last;
	char *end;

	if (!isdigit((unsigned char)*word))
		return wrong;
	first = last = strtoul(word, &end, 10);
	if (*end == '-') {
		if (!isdigit((unsigned char)end[1]))
			return wrong;
		last = strtoul(end + 1, &end, 10);
	}
	if (*end)
		return wrong;
	if (first > CPU_MAX || last > CPU_MAX)
		return "the number of a CPU is at most 65535";
	if (first > last)
		return "backwards: a range of CPUs is FIRST-LAST, the lower number first";
	return add_range(first, last, cpus);
}

const char *parse_cpus(const char *text, struct cpus *cpus)
{
	char *copy = strdup(text), *word, *rest = copy;
	const char *why = NULL;

	if (!copy)
		return strerror(ENOMEM);
	while (!why && (word = strsep(&rest, ",")))
		why = add_cpus(word, cpus);
	free(copy);
	return why;
}

/* A filter word that stands for itself. */
static const struct word {
	const char *name;
	__u32 attr_mask;
	__u32 attrs;
	__u32 levels;
} words[] = {
	{ "present", MMUINSPECT_PRESENT, MMUINSPECT_PRESENT, 0 },
	{ "nonpresent", MMUINSPECT_PRESENT, 0, 0 },
	{ "write", MMUINSPECT_WRITE, MMUINSPECT_WRITE, 0 },
	{ "user", MMUINSPECT_USER, MMUINSPECT_USER, 0 },
	{ "exec", MMUINSPECT_EXEC, MMUINSPECT_EXEC, 0 },
	{ "accessed", MMUINSPECT_ACCESSED, MMUINSPECT_ACCESSED, 0 },
	{ "dirty", MMUINSPECT_DIRTY, MMUINSPECT_DIRTY, 0 },
	{ "4k", 0, 0, 1u << 1 },
	{ "2m", 0, 0, 1u << 2 },
	{ "1g", 0, 0, 1u << 3 },
	{ "huge", 0, 0, 1u << 2 | 1u << 3 },
	/* With a value: parsed elsewhere, here to be suggested. */
	{ "pkey=N", 0, 0, 0 },
	{ "phys=A-B", 0, 0, 0 },
};

static const struct names word_names = NAMES(words);

static const char *add_word(const struct word *w, int not,
			    struct mmuinspect_filter *f)
{
	__u32 attrs = not ? w->attr_mask & ~w->attrs : w->attrs;
	__u32 levels = not ? LEVELS_ALL & ~w->levels : w->levels;

	if ((f->attrs ^ attrs) & f->attr_mask & w->attr_mask)
		return "contradicts another word: no entry can be both";
	f->attr_mask |= w->attr_mask;
	f->attrs |= attrs;
	if (!w->levels)
		return NULL;
	f->levels = f->levels ? f->levels & levels : levels;
	return f->levels ? NULL : "no page has that size and another";
}

static const char *add_pkey(const char *text, int not,
			    struct mmuinspect_filter *f)
{
	__u32 keys;
	char *end;
	unsigned long key = strtoul(text, &end, 10);

	if (!isdigit((unsigned char)*text) || *end || key > 15)
		return "a protection key is a number from 0 to 15";
	keys = not ? PKEYS_ALL & ~(1u << key) : 1u << key;
	f->pkeys = f->pkeys ? f->pkeys & keys : keys;
	return f->pkeys ? NULL : "no page has two protection keys";
}

static const char *add_phys(const char *text, int not,
			    struct mmuinspect_filter *f)
{
	if (not)
		return "phys= can't be negated: give the other range";
	if (f->phys_end)
		return "phys= can be given once";
	return parse_range(text, &f->phys_start, &f->phys_end);
}

static const struct valued {
	const char *prefix;
	const char *(*add)(const char *text, int not, struct mmuinspect_filter *f);
} valued[] = {
	{ "pkey=", add_pkey },
	{ "phys=", add_phys },
};

static const char *add_filter(char *word, struct mmuinspect_filter *f)
{
	int not = *word == '!', i;
	size_t v;

	word += not;
	for (v = 0; v < sizeof(valued) / sizeof(valued[0]); v++) {
		size_t len = strlen(valued[v].prefix);

		if (!strncmp(word, valued[v].prefix, len))
			return valued[v].add(word + len, not, f);
	}
	i = names_find(&word_names, word);
	if (i < 0 || !(words[i].attr_mask | words[i].levels))
		return names_wrong(&word_names, word, "filter word");
	return add_word(&words[i], not, f);
}

const char *parse_filter(const char *text, struct mmuinspect_filter *f)
{
	char *copy = strdup(text), *word, *rest = copy;
	const char *why = NULL;

	if (!copy)
		return strerror(errno);
	while (!why && (word = strsep(&rest, ",")))
		why = add_filter(word, f);
	free(copy);
	return why;
}

/* By enum mmuinspect_merge */
static const char *const merges[] = { "none", "rights", "phys" };

const char *parse_merge(const char *text, __u32 *merge)
{
	static const struct names names = NAMES(merges);
	int i = names_find(&names, text);

	if (i < 0)
		return names_wrong(&names, text, "way to merge");
	*merge = i;
	return NULL;
}
