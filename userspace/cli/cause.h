/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules for what a program probably died of. */
#ifndef CAUSE_H
#define CAUSE_H

#include "explain.h"

/**
 * struct cause_rule - a cause, and how it's known
 * @name: short and stable; NULL ends a list
 * @holds: is it that?
 * @text: in words
 * @detail: adds what tells so; NULL if there is nothing more to say
 */
struct cause_rule {
	const char *name;
	int (*holds)(const struct death *d);
	const char *text;
	void (*detail)(const struct death *d, struct cause *c);
};

/* The first one that holds is told. */
extern const struct cause_rule cause_memory[], cause_exceptions[], cause_kernel[];

/* Add to the detail. */
void cause_say(struct cause *c, const char *fmt, ...) PRINTF(2);
/* Say so if a value is text: pointers that were overwritten by text are. */
void cause_say_text(struct cause *c, __u64 value);
/* Was it this exception? */
int cause_was(const struct death *d, unsigned int vector);

#endif
