/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of mmuinspect audit: checks, and what they leave behind. */
#ifndef AUDIT_H
#define AUDIT_H

#include "cli.h"

enum severity { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH };

/**
 * struct finding - something unsafe
 * @id: short and stable
 * @severity: how bad
 * @what: in words
 * @where: CPU, process or file
 * @why: why it matters
 * @check: how to look at it by hand
 */
struct finding {
	const char *id;
	enum severity severity;
	char *what;
	char *where;
	const char *why;
	char *check;
};

/**
 * struct audit - what is known so far
 * @s: an open device
 * @finding: what was found
 * @n: how many
 * @done: what was looked at: an id, and what it covers
 * @n_done: how many
 * @skipped: what couldn't be looked at: an id, and the reason
 * @n_skipped: how many
 * @failed: 1 if memory has run out
 */
struct audit {
	struct session s;
	struct finding *finding;
	size_t n;
	struct note {
		const char *id;
		char *text;
	} *done, *skipped;
	size_t n_done;
	size_t n_skipped;
	int failed;
};

/* A string for the next three, which take it over; NULL if memory has run out. */
char *audit_text(const char *fmt, ...) PRINTF(1);
void audit_find(struct audit *a, const char *id, enum severity severity,
		char *what, char *where, const char *why, char *check);
void audit_done(struct audit *a, const char *id, char *text);
void audit_skip(struct audit *a, const char *id, char *reason);
/* Why the module refused something, in words. */
const char *audit_why(int err);

/* Registers, gates and MSRs of each CPU */
void audit_x86(struct audit *a);
/* Does the CPU say of itself that a vulnerability isn't its own? NULL: no word */
const char *audit_x86_immunity(const char *vulnerability);

/* Pages that a process may write and execute */
void audit_processes(struct audit *a);
/* What the kernel says of the CPU's vulnerabilities */
void audit_vulnerabilities(struct audit *a);

#endif
