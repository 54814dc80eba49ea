// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect probe: a line a probe, or JSON. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "probe.h"

#define ULL(x) ((unsigned long long)(x))

static const char *const verdicts[VERDICTS] = {
	[VERDICT_AGREE] = "agree",
	[VERDICT_DISAGREE] = "disagree",
	[VERDICT_UNKNOWN] = "unknown",
	[VERDICT_INAPPLICABLE] = "not-applicable",
};

static const struct {
	const char *name;
	const char *words;
} ends[] = {
	[END_THROUGH] = { "through", "let through" },
	[END_SIGNAL] = { "signal", NULL },
	[END_EMULATED] = { "emulated", "emulated" },
	[END_FIXUP] = { "fixup", "fixed up" },
	[END_MAPPED] = { "mapped", "mapped the page" },
};

/* Vectors that push an error code: SDM vol. 3A table 6-1 */
#define WITH_ERROR (1U << 8 | 1U << 10 | 1U << 11 | 1U << 12 | 1U << 13 | \
		    1U << 14 | 1U << 17 | 1U << 21)

const char *probe_mnemonic(const struct probe *p)
{
	const char *comment = strstr(p->text, "# ");

	return comment ? comment + 2 : p->text;
}

/* "#GP(0x102)" or "none" */
static const char *raised_text(int vector, __u64 error, char buf[32])
{
	const char *name = vector < 0 ? NULL : vector_name(vector);

	if (vector < 0)
		return "none";
	if (!name)
		snprintf(buf, 32, "vector %d", vector);
	else if (vector < 32 && WITH_ERROR >> vector & 1)
		snprintf(buf, 32, error ? "%s(0x%llx)" : "%s(%llx)", name, ULL(error));
	else
		snprintf(buf, 32, "%s", name);
	return buf;
}

/* What its error code says: "IDT entry 0x80"; NULL if it has none, or that is 0 */
static const char *error_words(int vector, __u64 error, char buf[96])
{
	return vector < 0 || !error ? NULL : mmuinspect_error_code(vector, error, buf, 96);
}

/* "SIGSEGV SEGV_MAPERR", "emulated" */
static const char *end_text(enum expect_end end, int signal, int code, char buf[48])
{
	const char *name = mmuinspect_signal_name(signal);
	const struct mmuinspect_name *why = mmuinspect_signal_code(signal, code);
	char number[24];

	if (end != END_SIGNAL)
		return ends[end].words;
	snprintf(number, sizeof(number), "%d", code);
	snprintf(buf, 48, "%s %s", name ? name : "signal", why ? why->name : number);
	return buf;
}

/* The frame says it, else the event. */
static void seen(const struct trial *t, int *vector, __u64 *error)
{
	*vector = VECTOR_NONE;
	*error = 0;
	if (t->stage == STAGE_CAUGHT) {
		*vector = t->vector;
		*error = t->error;
	} else if (t->has_event && !t->probe->leaves) {
		*vector = t->event.vector;
		*error = t->event.error_code;
	}
}

/* The kernel mends or emulates it: only an event would show that it was. */
static int is_unseen(const struct trial *t)
{
	return t->stage == STAGE_THROUGH && !t->has_event && t->expected.known &&
	       t->expected.vector != VECTOR_NONE && probe_end(t) != END_THROUGH;
}

static const char *operands(const struct trial *t, char buf[160])
{
	const struct {
		const char *name;
		__u64 value;
	} regs[] = {
		{ "rax", t->before.rax }, { "rcx", t->before.rcx },
		{ "rdx", t->before.rdx }, { "rsi", t->before.rsi },
		{ "rdi", t->before.rdi },
	};
	size_t i, len = 0;

	buf[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		if (regs[i].value)
			len += snprintf(buf + len, 160 - len, "%s%s=0x%llx", len ? " " : "",
					regs[i].name, ULL(regs[i].value));
	return buf;
}

static const char *bytes(const struct probe *p, char buf[64])
{
	const unsigned char *b;
	size_t len = 0;

	buf[0] = '\0';
	for (b = p->at; b < p->end && len < 60; b++)
		len += sprintf(buf + len, "%s%02x", len ? " " : "", *b);
	return buf;
}

static void json_tried(const struct trial *t)
{
	char buf[160];

	out_object("tried");
	out_string("mnemonic", probe_mnemonic(t->probe), NULL);
	out_string("bytes", event_hex(t->probe->at, t->probe->end - t->probe->at, buf),
		   NULL);
	out_string("operands", operands(t, buf), NULL);
	out_string("leads_to", *t->leads ? t->leads : NULL, NULL);
	out_end();
}

static void json_signal(int has, int signal, int code)
{
	const struct mmuinspect_name *why = mmuinspect_signal_code(signal, code);

	if (!has) {
		out_null("signal", NULL);
		out_null("signal_number", NULL);
		out_null("si_code", NULL);
		out_null("code", NULL);
		return;
	}
	out_string("signal", mmuinspect_signal_name(signal), NULL);
	out_number("signal_number", signal, NULL);
	out_signed("si_code", code, NULL);
	out_string("code", why ? why->name : NULL, NULL);
}

/* Null for what has none */
static void json_vector(int vector, __u64 error)
{
	char buf[96];

	if (vector < 0) {
		out_null("vector", NULL);
		out_null("exception", NULL);
		out_null("error_code", NULL);
		out_null("error", NULL);
		return;
	}
	out_number("vector", vector, NULL);
	out_string("exception", vector_name(vector), NULL);
	out_hex("error_code", error, NULL);
	out_string("error", error_words(vector, error, buf), NULL);
}

static void json_address(const char *key, int has, __u64 address)
{
	if (has)
		out_hex(key, address, NULL);
	else
		out_null(key, NULL);
}

static void json_expected(const struct trial *t)
{
	const struct expectation *e = &t->expected;

	out_object("expected");
	out_bool("known", e->known, NULL);
	out_string("why", e->why, NULL);
	if (e->known) {
		json_vector(e->vector, e->error);
		out_hex("error_code_unknown", e->unknown, NULL);
		out_hex("frame_error_code", e->frame_error, NULL);
		json_address("address", e->has_address, e->address);
		out_string("kernel", ends[e->end].name, NULL);
		json_signal(e->end == END_SIGNAL, e->signal, e->code);
		json_address("signal_address", e->end == END_SIGNAL && e->has_signal_address &&
			     e->signal_address != SIGNAL_AT_IP, e->signal_address);
	}
	out_end();
}

static void json_observed(const struct trial *t)
{
	int caught = t->stage == STAGE_CAUGHT, vector;
	__u64 error;

	seen(t, &vector, &error);
	out_object("observed");
	json_vector(caught ? t->vector : VECTOR_NONE, t->error);
	if (is_unseen(t))
		out_null("raised", NULL);
	else
		out_bool("raised", vector != VECTOR_NONE, NULL);
	json_address("address", caught && t->vector == VECTOR_PF, t->cr2);
	json_address("ip", caught, t->ip);
	out_string("kernel", ends[probe_end(t)].name, NULL);
	json_signal(caught, t->signal, t->code);
	json_address("signal_address", caught, t->signal_address);
	out_string("effect", *t->effect ? t->effect : NULL, NULL);
	out_seconds("seconds", t->ns, NULL);
	out_end();
}

static void json_event(const struct trial *t)
{
	const struct mmuinspect_event *e = &t->event;
	char bytes[2 * MMUINSPECT_EVENT_BYTES + 1];
	const struct mmuinspect_name *end;

	if (!t->has_event) {
		out_null("kernel_event", NULL);
		return;
	}
	end = mmuinspect_name(MMUINSPECT_NAMES_END, e->end);
	out_object("kernel_event");
	out_string("outcome", end ? end->name : NULL, NULL);
	json_vector(e->vector, e->error_code);
	json_address("address", e->has & MMUINSPECT_EVENT_ADDRESS, e->address);
	out_hex("ip", e->ip, NULL);
	out_bool("user", e->user, NULL);
	out_string("bytes", event_bytes(e, bytes), NULL);
	json_signal(e->has & MMUINSPECT_EVENT_SIGNAL, e->signal, e->code);
	out_end();
}

static void json_list(const char *key, char list[PROBE_DIFFERENCES][64], size_t n)
{
	size_t i;

	out_array(key);
	for (i = 0; i < n; i++)
		out_string(NULL, list[i], NULL);
	out_end();
}

static void json_trial(const struct trial *t, struct judgement *j)
{
	out_object(NULL);
	out_string("name", t->probe->name, NULL);
	out_string("class", probe_classes[t->probe->class], NULL);
	json_tried(t);
	if (j->verdict == VERDICT_INAPPLICABLE) {
		out_null("expected", NULL);
		out_null("observed", NULL);
		out_null("kernel_event", NULL);
	} else {
		json_expected(t);
		json_observed(t);
		json_event(t);
	}
	json_list("wrong", j->wrong, j->n_wrong);
	json_list("differences", j->differ, j->n_differ);
	out_string("verdict", verdicts[j->verdict], NULL);
	out_string("why", *t->why ? t->why : NULL, NULL);
	out_end();
}

/* INT n of private gates: neighbours that went alike are one line. */
static int is_like_next(const struct trial *t, const struct judgement *j)
{
	const struct trial *u = t + 1;

	return t->probe->kind == KIND_INT && u->probe->kind == KIND_INT &&
	       u->probe->number == t->probe->number + 1 &&
	       j[0].verdict == j[1].verdict && j[0].verdict != VERDICT_DISAGREE &&
	       !j[0].n_differ && !j[1].n_differ && t->vector == VECTOR_GP &&
	       u->vector == VECTOR_GP && t->error - 8 * t->probe->number ==
	       u->error - 8 * u->probe->number;
}

static void text_list(const char *what, char list[PROBE_DIFFERENCES][64], size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		out_text("    %s: %s\n", what, list[i]);
}

/* "#GP(402): IDT entry 0x80" */
static void text_error(const char *who, int vector, __u64 error)
{
	char raised[32], buf[96];
	const char *words = error_words(vector, error, buf);

	if (words)
		out_text("    %s: %s: %s\n", who, raised_text(vector, error, raised), words);
}

static void text_details(const struct trial *t)
{
	const struct expectation *e = &t->expected;
	const struct probe *p = t->probe;
	char buf[160];

	out_text("    bytes %s", bytes(p, buf));
	out_text(*operands(t, buf) ? "; %s\n" : "\n", buf);
	if (*e->why)
		out_text("    because %s%s%s\n", e->why,
			 p->kind == KIND_INSTRUCTION ? ": " : "",
			 p->kind == KIND_INSTRUCTION ? expect_source(p->rule) : "");
	if (t->stage == STAGE_CAUGHT)
		out_text("    frame: at 0x%llx, si_addr 0x%llx\n", ULL(t->ip),
			 ULL(t->signal_address));
	if (t->stage == STAGE_CAUGHT)
		text_error("frame", t->vector, t->error);
	if (t->stage == STAGE_CAUGHT && t->vector == VECTOR_PF)
		out_text("    page fault at 0x%llx: %s\n", ULL(t->cr2),
			 mmuinspect_fault_name(t->error, buf, sizeof(buf)));
	if (t->has_event)
		out_text("    event: vector %u, error code 0x%llx, at 0x%llx\n",
			 t->event.vector, ULL(t->event.error_code), ULL(t->event.ip));
	if (t->has_event)
		text_error("event", t->event.vector, t->event.error_code);
	if (*t->leads)
		out_text("    %s\n", t->leads);
	if (*t->effect)
		out_text("    %s\n", t->effect);
}

static void text_trial(const struct trial *t, struct judgement *j, size_t more,
		       int verbose)
{
	const struct expectation *e = &t->expected;
	const char *text = probe_mnemonic(t->probe);
	char expected[32], raised[32], end[48], name[32];
	__u64 error, must;
	int vector;

	snprintf(name, sizeof(name), more ? "%s..%02zx" : "%s", t->probe->name,
		 t->probe->number + more);
	if (j->verdict == VERDICT_INAPPLICABLE) {
		out_text("%-20s %-22s not applicable: %s\n", name, text, t->why);
		return;
	}
	seen(t, &vector, &error);
	must = e->end == END_SIGNAL ? e->frame_error : e->error;
	snprintf(expected, sizeof(expected), "#GP(8n+%llx)",
		 ULL(e->error - 8 * t->probe->number));
	out_text("%-20s %-22s %-12s %-12s %-20s %s%s\n", name, more ? "int n" : text,
		 !e->known ? "not known" : more ? expected :
		 raised_text(e->vector, must, expected),
		 more ? expected : is_unseen(t) ? "not seen" :
		 raised_text(vector, error, raised),
		 end_text(probe_end(t), t->signal, t->code, end),
		 verdicts[j->verdict], j->n_differ ? ", observers differ" : "");
	if (j->verdict == VERDICT_DISAGREE && e->known)
		out_text("    must be: %s, %s\n", raised_text(e->vector, must, expected),
			 end_text(e->end, e->signal, e->code, end));
	text_list("but", j->wrong, j->n_wrong);
	text_list("differs", j->differ, j->n_differ);
	if (!e->known && !verbose)
		out_text("    %s\n", e->why);
	if (*t->why)
		out_text("    %s\n", t->why);
	if (verbose)
		text_details(t);
}

static void text_trials(const struct trial *t, struct judgement *j, size_t n,
			int verbose)
{
	size_t i, more;

	for (i = 0; i < n; i += more + 1) {
		if (!i || t[i].probe->class != t[i - 1].probe->class) {
			out_text(i ? "\n%s\n" : "%s\n", probe_classes[t[i].probe->class]);
			out_heading("name                 tried                  must raise   CPU raised   kernel did           verdict");
		}
		for (more = 0; !verbose && i + more + 1 < n; more++)
			if (!is_like_next(&t[i + more], &j[i + more]))
				break;
		text_trial(&t[i], &j[i], more, verbose);
	}
}

/* Of the last trial that knows it: all ran on one CPU. */
static void print_machine(const struct lab *lab, const struct trial *t, size_t n)
{
	static const struct {
		const char *key;
		const char *name;
		enum expect_item item;
	} rows[] = {
		{ "cr0", "CR0", ITEM_CR0 }, { "cr4", "CR4", ITEM_CR4 },
		{ "efer", "EFER", ITEM_EFER },
	};
	const struct mmuinspect_cpu_model *m = &lab->model;
	size_t i;

	while (n > 1 && !(t[n - 1].state.known & 1U << ITEM_CR0))
		n--;
	out_object("machine");
	out_number("cpu", lab->cpu, "CPU %u", lab->cpu);
	out_string("vendor", m->vendor, " (%s", m->vendor);
	out_string("model", m->name, *m->name ? ", %s" : NULL, m->name);
	out_string("hypervisor", *m->hypervisor ? m->hypervisor : NULL, m->emulator ?
		   ", emulated by %s)" : *m->hypervisor ? ", below it %s)" : ")",
		   out_printable(m->hypervisor));
	out_bool("emulator", m->emulator, ", CPL 3");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (n && t[n - 1].state.known & 1U << rows[i].item)
			out_hex(rows[i].key, t[n - 1].state.item[rows[i].item],
				", %s 0x%llx", rows[i].name,
				ULL(t[n - 1].state.item[rows[i].item]));
		else
			out_null(rows[i].key, NULL);
	}
	out_text("\n");
	out_string("state", *lab->why ? lab->why : NULL,
		   *lab->why ? "not all of its state is known: %s\n" : NULL, lab->why);
	out_string("events", *lab->no_events ? lab->no_events : NULL,
		   *lab->no_events ? "no events of the module: %s\n" : NULL,
		   lab->no_events);
	out_number("events_lost", lab->lost, lab->lost ?
		   "%llu events of the module were lost: one that is missing may be among them\n" :
		   NULL, ULL(lab->lost));
	out_end();
	out_text("\n");
}

static int print_summary(const struct judgement *j, size_t n)
{
	size_t count[VERDICTS] = { 0 }, differ = 0, i;

	for (i = 0; i < n; i++) {
		count[j[i].verdict]++;
		differ += !!j[i].n_differ;
	}
	out_object("summary");
	out_number("agree", count[VERDICT_AGREE], "\n%zu agree", count[VERDICT_AGREE]);
	out_number("disagree", count[VERDICT_DISAGREE], ", %zu disagree",
		   count[VERDICT_DISAGREE]);
	out_number("unknown", count[VERDICT_UNKNOWN], ", %zu not known",
		   count[VERDICT_UNKNOWN]);
	out_number("not_applicable", count[VERDICT_INAPPLICABLE],
		   ", %zu not applicable", count[VERDICT_INAPPLICABLE]);
	out_number("differences", differ, "; the observers differ in %zu\n", differ);
	out_end();
	return count[VERDICT_DISAGREE] || differ ? EXIT_FINDINGS : EXIT_DONE;
}

static struct judgement *judge_all(const struct trial *trial, size_t n)
{
	struct judgement *j = calloc(n, sizeof(*j));
	size_t i;

	for (i = 0; j && i < n; i++)
		probe_judge(&trial[i], &j[i]);
	return j;
}

void probe_print_trials(const struct trial *trial, size_t n)
{
	struct judgement *j = judge_all(trial, n);
	size_t i;

	out_array("probes");
	for (i = 0; j && i < n && common.json; i++)
		json_trial(&trial[i], &j[i]);
	out_end();
	if (j && !common.json)
		text_trials(trial, j, n, 0);
	free(j);
}

int probe_print(const struct lab *lab, const struct trial *trial, size_t n, int verbose)
{
	struct judgement *j = judge_all(trial, n);
	int status;
	size_t i;

	if (!j)
		return failed("probe: %s", strerror(ENOMEM));
	print_machine(lab, trial, n);
	out_stream("probes");
	for (i = 0; i < n && common.json; i++)
		json_trial(&trial[i], &j[i]);
	out_end();
	if (!common.json)
		text_trials(trial, j, n, verbose);
	status = print_summary(j, n);
	free(j);
	return status;
}
