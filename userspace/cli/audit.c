// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect audit: what is unsafe here, on one screen. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

/* More findings of one kind than these are counted only, in text. */
#define TEXT_OF_A_KIND 4

static const struct cli_option options[] = {
	OPTION_JSON,
	{ 0 }
};

static const char *const severities[] = {
	[SEVERITY_LOW] = "low",
	[SEVERITY_MEDIUM] = "medium",
	[SEVERITY_HIGH] = "high",
};

char *audit_text(const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	return len < 0 ? NULL : text;
}

static void *grown(struct audit *a, void *array, size_t n, size_t size)
{
	void *more = realloc(array, (n + 1) * size);

	if (!more)
		a->failed = 1;
	return more;
}

void audit_find(struct audit *a, const char *id, enum severity severity,
		char *what, char *where, const char *why, char *check)
{
	struct finding *finding = grown(a, a->finding, a->n, sizeof(*finding));

	if (!what || !where || !check)
		a->failed = 1;
	if (finding)
		a->finding = finding;
	if (a->failed) {
		free(what);
		free(where);
		free(check);
		return;
	}
	finding[a->n] = (struct finding) {
		id, severity, a->n, what, where, why, check
	};
	a->n++;
}

static void note(struct audit *a, struct note **notes, size_t *n,
		 const struct note *what)
{
	struct note *more = grown(a, *notes, *n, sizeof(*more));

	if (more)
		*notes = more;
	if (!what->text)
		a->failed = 1;
	if (a->failed) {
		free(what->text);
		return;
	}
	more[(*n)++] = *what;
}

void audit_done(struct audit *a, const char *id, char *text)
{
	note(a, &a->done, &a->n_done, &(struct note) { id, text });
}

void audit_skip(struct audit *a, const char *id, char *reason)
{
	note(a, &a->skipped, &a->n_skipped, &(struct note) { id, reason });
}

void audit_absent(struct audit *a, const char *id, char *what, const char *reason)
{
	note(a, &a->skipped, &a->n_skipped, &(struct note) { id, what, reason });
}

int audit_offered(const struct audit *a, const struct audit_offer *offer)
{
	size_t i;

	for (i = 0; i < a->n_cpuid; i++) {
		const struct mmuinspect_cpuid *c = &a->cpuid[i];
		const __u32 reg[] = {
			[EAX] = c->eax, [EBX] = c->ebx, [ECX] = c->ecx, [EDX] = c->edx,
		};

		if (c->leaf == offer->leaf && c->subleaf == offer->subleaf)
			return reg[offer->in] >> offer->bit & 1;
	}
	return 0;
}

const char *audit_why(int err)
{
	switch (err) {
	case -EPERM:
		return "needs CAP_SYS_ADMIN (sudo)";
	case -EACCES:
		return "needs CAP_SYS_RAWIO (sudo), or it isn't on the list of permitted MSRs";
	case -EKEYREJECTED:
		return "the kernel is locked down";
	case -ENODEV:
	case -EIO:
		return "this CPU has none";
	case -ENXIO:
		return "the CPU is offline";
	default:
		return strerror(-err);
	}
}

char *audit_cpus_text(const __u32 *cpu, size_t n, size_t all)
{
	if (n == all && n > 1)
		return audit_text("all CPUs");
	return audit_text("CPU%s %s", n == 1 ? "" : "s", cpus_text(cpu, n));
}

/* The worst first; of one kind together, as they were found. */
static int by_severity(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (x->severity != y->severity)
		return (int)y->severity - (int)x->severity;
	return strcmp(x->id, y->id) ?: (x->order < y->order ? -1 : 1);
}

static int was_found(const struct audit *a, const char *id)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (!strcmp(a->finding[i].id, id))
			return 1;
	return 0;
}

static void print_finding(const struct finding *f, int in_text)
{
	out_object(NULL);
	out_string("id", f->id, NULL);
	out_string("severity", severities[f->severity],
		   in_text ? "%-6s  " : NULL, severities[f->severity]);
	out_string("what", f->what, NULL);
	if (in_text)
		out_wrapped(f->what, 8, 8);
	out_string("where", f->where, in_text ? "        where  %s\n" : NULL, f->where);
	out_string("why", f->why, NULL);
	if (in_text) {
		out_text("        why    ");
		out_wrapped(f->why, 15, 15);
	}
	out_string("check", f->check, in_text ? "        check  %s\n" : NULL, f->check);
	out_end();
}

static void print_findings(const struct audit *a)
{
	size_t i, of_kind = 0;

	out_array("findings");
	for (i = 0; i < a->n; i++) {
		const struct finding *f = &a->finding[i];

		if (i && strcmp(f->id, f[-1].id))
			of_kind = 0;
		print_finding(f, of_kind++ < TEXT_OF_A_KIND);
		/* The last of its kind */
		if (of_kind > TEXT_OF_A_KIND &&
		    (i + 1 == a->n || strcmp(f->id, f[1].id)))
			out_text("        and %zu more like these: mmuinspect audit --json\n",
				 of_kind - TEXT_OF_A_KIND);
	}
	out_end();
}

/* What was looked at, and nothing was found. */
static void print_done(const struct audit *a)
{
	size_t i;

	out_array("checked");
	for (i = 0; i < a->n_done; i++) {
		if (was_found(a, a->done[i].id))
			continue;
		out_object(NULL);
		out_string("id", a->done[i].id, NULL);
		out_string("what", a->done[i].text, NULL);
		out_end();
	}
	out_end();
}

static void print_skipped(const struct audit *a)
{
	int heading = 0;
	char *reason;
	size_t i;

	out_array("skipped");
	for (i = 0; i < a->n_skipped; i++) {
		const struct note *n = &a->skipped[i];

		if (!n->absent && !heading++)
			out_text("\nnot checked\n");
		out_object(NULL);
		out_string("id", n->id, n->absent ? NULL : "        %s: ", n->id);
		reason = audit_text("%s%s%s", n->text, n->absent ? ": " : "",
				    n->absent ? n->absent : "");
		out_string("reason", reason, n->absent ? NULL : "%s\n", n->text);
		out_bool("inapplicable", !!n->absent, NULL);
		free(reason);
		out_end();
	}
	out_end();
}

/* One paragraph, for text: each of the notes once, as long as nothing was found. */
static void print_paragraph(const struct audit *a, const char *name,
			    const struct note *note, size_t n, int absent)
{
	const char *separator = "", *last = "";
	char *text = NULL;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);

	for (i = 0; f && i < n; i++) {
		if (!!note[i].absent != absent || !strcmp(note[i].text, last) ||
		    was_found(a, note[i].id))
			continue;
		fprintf(f, "%s%s", separator, note[i].text);
		separator = "; ";
		last = note[i].text;
	}
	if (f)
		fclose(f);
	if (text && *text) {
		out_text("\n%-8s", name);
		out_wrapped(text, 8, 8);
	}
	free(text);
}

static int print(struct audit *a)
{
	if (a->n)
		qsort(a->finding, a->n, sizeof(*a->finding), by_severity);
	if (a->n)
		out_text("%zu finding%s\n\n", a->n, a->n == 1 ? "" : "s");
	else
		out_text("nothing unsafe was found in what was checked\n");
	print_findings(a);
	print_paragraph(a, "fine", a->done, a->n_done, 0);
	print_paragraph(a, "absent", a->skipped, a->n_skipped, 1);
	print_done(a);
	print_skipped(a);
	return a->n ? EXIT_FINDINGS : EXIT_DONE;
}

static void forget(struct audit *a)
{
	while (a->n) {
		struct finding *f = &a->finding[--a->n];

		free(f->what);
		free(f->where);
		free(f->check);
	}
	while (a->n_done)
		free(a->done[--a->n_done].text);
	while (a->n_skipped)
		free(a->skipped[--a->n_skipped].text);
	free(a->finding);
	free(a->done);
	free(a->skipped);
}

static int audit_run(int argc, char **argv)
{
	struct audit a = { 0 };
	int status = session_open(&a.s);

	(void)argc;
	(void)argv;
	if (status)
		return status;
	a.n_cpuid = mmuinspect_cpuid(a.cpuid);
	mmuinspect_cpu_model(a.cpuid, a.n_cpuid, &a.model);
	audit_x86(&a);
	audit_processes(&a);
	audit_vulnerabilities(&a);
	audit_skip(&a, "kernel-pages",
		   audit_text("the kernel half isn't walked yet: its W+X and user-reachable pages"));
	if (a.failed)
		status = failed("audit: %s", strerror(ENOMEM));
	else
		status = print(&a);
	forget(&a);
	session_close(&a.s);
	return status;
}

const struct cli_command cmd_audit = {
	.name = "audit",
	.summary = "what is unsafe here: protections off, pages both W and X, open gates",
	.usage = "[-j]",
	.about = "Protections that the CPU offers and that are off; CPUs that disagree on a\n"
		 "register; gates that user mode may go through; pages that a process may both\n"
		 "write and execute; MSRs that an operator should know of; what the kernel says\n"
		 "of the CPU's vulnerabilities. Each finding says why it matters and how to look\n"
		 "at it by hand; what couldn't be checked is said too. Needs all of root's\n"
		 "capabilities to check everything. The exit status is 3 if anything was found.",
	.options = options,
	.run = audit_run,
};
