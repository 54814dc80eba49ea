// SPDX-License-Identifier: GPL-2.0-only
/* Counts of a time as one line; in JSON as one record. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "counts.h"
#include "sections.h"
#include "terminal.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define FAULT MMUINSPECT_A_COUNTS_FAULT
#define FLUSH MMUINSPECT_A_COUNTS_FLUSH

/**
 * struct column - a sum of counts
 * @heading: not longer than its numbers
 * @kind: MMUINSPECT_A_COUNTS_*
 * @with: what the name of a count has in it; NULL for anything
 * @without: what it doesn't have in it; NULL for nothing
 */
static const struct column {
	const char *heading;
	__u32 kind;
	const char *with;
	const char *without;
} columns[] = {
	{ "faults", FAULT, NULL, NULL },
	{ "read", FAULT, "read-", NULL },
	{ "write", FAULT, "write-", NULL },
	{ "fetch", FAULT, "fetch-", NULL },
	{ "absent", FAULT, "-not-present-", NULL },
	{ "denied", FAULT, NULL, "-not-present-" },
	{ "kernel", FAULT, "-kernel", NULL },
	{ "signals", MMUINSPECT_A_COUNTS_SIGNAL, NULL, NULL },
	{ "requests", MMUINSPECT_A_COUNTS_REQUEST, NULL, NULL },
	{ "asked", FLUSH, "remote-asked", NULL },
	{ "received", FLUSH, "remote-received", NULL },
};

/* Lists that are too long for columns: what isn't 0 follows by name. */
static const __u32 lists[] = {
	MMUINSPECT_A_COUNTS_STATE,
	MMUINSPECT_A_COUNTS_OUTCOME,
};

/* A process's line has nothing of the machine in it, unless that's counted too. */
static int is_shown(const struct sampler *s, const struct column *c)
{
	const struct section *section = section_of(c->kind);

	if (!(s->asked & section->source))
		return 0;
	return !s->pid || !section->of_machine ||
	       s->of_machine & section->source;
}

static unsigned int lines_shown;	/* since the heading, with it */

void counts_line_head(const struct sampler *s, int who)
{
	char line[256];
	size_t i, len;

	len = snprintf(line, sizeof(line), "%11s", "time");
	if (who)
		len += snprintf(line + len, sizeof(line) - len, " %8s", "PID");
	for (i = 0; i < ARRAY_SIZE(columns); i++)
		if (is_shown(s, &columns[i]))
			len += snprintf(line + len, sizeof(line) - len, " %9s",
					columns[i].heading);
	if (!common.json)
		out_heading(line);
	lines_shown = 1;
}

/* On a terminal the heading comes again before it has scrolled away, as vmstat's does. */
static void repeat_head(const struct sampler *s, int who)
{
	int rows = terminal_rows();

	if (rows > 2 && lines_shown >= (unsigned int)rows - 1)
		counts_line_head(s, who);
	lines_shown++;
}

/* The name of a count; they are the same in each line. */
static const char *name_of(const struct section *s, const struct mmuinspect_count *c)
{
	static struct {
		const struct section *section;
		struct mmuinspect_count count;
		char name[NAME_SIZE];
	} memo[256], *m;

	m = &memo[(c->kind * 67 + c->key * 5 + c->sub) % ARRAY_SIZE(memo)];
	if (m->section != s || m->count.key != c->key || m->count.sub != c->sub) {
		m->section = s;
		m->count = *c;
		section_name(s, c, m->name);
	}
	return m->name;
}

static __u64 sum(const struct column *c, const struct mmuinspect_counts *counts)
{
	const struct section *s = section_of(c->kind);
	const char *name;
	__u64 n = 0;
	size_t i;

	for (i = 0; i < counts->n; i++) {
		if (counts->count[i].kind != c->kind)
			continue;
		name = c->with || c->without ? name_of(s, &counts->count[i]) : NULL;
		if ((!c->with || strstr(name, c->with)) &&
		    (!c->without || !strstr(name, c->without)))
			n += counts->count[i].count;
	}
	return n;
}

static void text_lists(const struct moment *span)
{
	char name[NAME_SIZE];
	size_t i, j;

	for (i = 0; i < span->own.n; i++) {
		const struct mmuinspect_count *c = &span->own.count[i];

		for (j = 0; j < ARRAY_SIZE(lists); j++) {
			if (c->kind != lists[j])
				continue;
			section_name(section_of(c->kind), c, name);
			out_text(" %s=%llu", name, (unsigned long long)c->count);
		}
	}
}

static void text_line(const struct sampler *s, __u64 time, const char *who,
		      const struct moment *span)
{
	unsigned long long ms;
	size_t i;

	repeat_head(s, !!who);
	ms = (time + MOMENT_MS / 2) / MOMENT_MS;
	out_text("%7llu.%03llu", ms / 1000, ms % 1000);
	if (who)
		out_text(" %8s", who);
	for (i = 0; i < ARRAY_SIZE(columns); i++) {
		const struct column *c = &columns[i];
		const struct section *section = section_of(c->kind);
		int machine = s->pid && section->of_machine;

		if (!is_shown(s, c))
			continue;
		/* Absent isn't zero. */
		if (s->missing & section->source)
			out_text(" %9s", "-");
		else
			out_text(" %9llu", (unsigned long long)
				 sum(c, machine ? &span->machine : &span->own));
	}
	text_lists(span);
	if (span->lost)
		out_text(" LOST=%llu", (unsigned long long)span->lost);
	if (span->unwatched)
		out_text(" UNWATCHED=%llu", (unsigned long long)span->unwatched);
	out_text("\n");
}

void counts_line(const struct sampler *s, __u64 time, const char *who,
		 const struct moment *span)
{
	const struct report report = { s, span, 1 };

	if (!common.json) {
		text_line(s, time, who, span);
		return;
	}
	out_record();
	out_number("time_ns", time, NULL);
	out_seconds("seconds", span->time, NULL);
	if (s->pid)
		out_number("pid", s->pid, NULL);
	counts_print(&report);
	out_end();
}
