// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program probably died of: rules, the first of which that holds is told.
 * Each leans on what was recorded and read, none on what programs usually do.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cause.h"

void cause_say(struct cause *c, const char *fmt, ...)
{
	size_t len = strlen(c->detail);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->detail + len, sizeof(c->detail) - len, fmt, ap);
	va_end(ap);
}

void cause_say_text(struct cause *c, __u64 value)
{
	char text[9] = "";
	size_t n = 0;

	for (; value && isprint(value & 0xff) && n < 8; value >>= 8)
		text[n++] = value & 0xff;
	if (!value && n >= 4)
		cause_say(c, "%sread as bytes it's the text \"%s\"",
			  *c->detail ? "; " : "", text);
}

int cause_was(const struct death *d, unsigned int vector)
{
	return d->recorded && d->event.vector == vector;
}

static const struct cause_rule *first(const struct cause_rule *rule,
				      const struct death *d)
{
	while (rule->name && !rule->holds(d))
		rule++;
	return rule->name ? rule : NULL;
}

void death_cause(const struct death *d, struct cause *cause)
{
	const struct cause_rule *rule = NULL;

	/* Unless it's for the frame of a fault, which then is the cause. */
	if (d->recorded && !d->no_room)
		rule = first(cause_kernel, d);
	if (!rule)
		rule = first(cause_memory, d);
	if (!rule)
		rule = first(cause_exceptions, d);
	if (!rule) {
		*cause = (struct cause) { .name = "unknown",
			.text = "nothing that mmuinspect knows" };
		return;
	}
	*cause = (struct cause) { .name = rule->name, .text = rule->text };
	if (rule->detail)
		rule->detail(d, cause);
}
