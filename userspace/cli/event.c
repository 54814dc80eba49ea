// SPDX-License-Identifier: GPL-2.0-only
/* A fault as a line, and which faults are wanted. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli.h"
#include "event.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define VECTORS 32
#define SIGNALS 32

/* "#PF", or a number; valid until the next call */
static const char *vector_text(unsigned int vector)
{
	static char number[24];

	if (vector_name(vector))
		return vector_name(vector);
	snprintf(number, sizeof(number), "vector %u", vector);
	return number;
}

#define PAGE_FAULT 14

/**
 * struct code - what an error code says
 * @known: the rest is of @vector and @error
 * @has_words: @words say something
 * @class: of a page fault
 */
struct code {
	int known;
	unsigned int vector;
	__u64 error;
	int has_words;
	char words[96];
	char class[64];
};

/* Most events have the error code of the one before. */
static const struct code *code_of(const struct mmuinspect_event *e)
{
	static struct code c;

	if (c.known && c.vector == e->vector && c.error == e->error_code)
		return &c;
	c.known = 1;
	c.vector = e->vector;
	c.error = e->error_code;
	c.has_words = mmuinspect_error_code(e->vector, e->error_code, c.words,
					    sizeof(c.words)) && e->error_code;
	mmuinspect_fault_name(e->error_code, c.class, sizeof(c.class));
	return &c;
}

/* A page fault by its class, another one by what the error code says, if it has one */
static void print_code(const struct mmuinspect_event *e)
{
	int is_page_fault = e->vector == PAGE_FAULT;
	const struct code *c;

	if (!(e->has & MMUINSPECT_EVENT_ERROR_CODE)) {
		out_null("error_code", NULL);
		out_null("error", NULL);
		out_null("class", NULL);
		return;
	}
	c = code_of(e);
	out_hex("error_code", e->error_code, " 0x%llx",
		(unsigned long long)e->error_code);
	out_string("error", c->has_words ? c->words : NULL,
		   c->has_words && !is_page_fault ? " (%s)" : NULL, c->words);
	out_string("class", is_page_fault ? c->class : NULL,
		   is_page_fault ? " %s" : NULL, c->class);
}

static void print_exception(const struct mmuinspect_event *e)
{
	if (!(e->has & MMUINSPECT_EVENT_VECTOR)) {
		out_null("vector", NULL);
		out_null("exception", " no exception");
	} else {
		out_number("vector", e->vector, NULL);
		out_string("exception", vector_name(e->vector), " %s",
			   vector_text(e->vector));
	}
	print_code(e);
}

/* " for SIGALRM on the alternate signal stack" */
static void print_frame(const struct mmuinspect_event *e)
{
	const char *name = event_signal_name(e->frame_signal);
	int alternate = !!(e->has & MMUINSPECT_EVENT_ALTSTACK);

	if (e->origin != MMUINSPECT_FAULT_ORIGIN_FRAME) {
		out_null("frame", NULL);
		return;
	}
	out_object("frame");
	if (!e->frame_signal)
		out_null("signal_number", NULL);
	else
		out_number("signal_number", e->frame_signal, name ? NULL : " for signal %u",
			   e->frame_signal);
	out_string("signal", name, name ? " for %s" : NULL, name);
	/* Without the signal, it's known only if the stack pointer was there. */
	if (alternate || e->frame_signal)
		out_string("stack", alternate ? "alternate" : "normal", " on the %s",
			   alternate ? "alternate signal stack" : "normal stack");
	else
		out_null("stack", NULL);
	out_end();
}

void event_print_origin(const struct mmuinspect_event *e, const char *fmt)
{
	const struct mmuinspect_name *origin =
		mmuinspect_name(MMUINSPECT_NAMES_ORIGIN, e->origin);
	int exception = e->origin == MMUINSPECT_FAULT_ORIGIN_EXCEPTION;

	if (origin)
		out_string("origin", origin->name, exception ? NULL : fmt,
			   origin->meaning);
	else
		out_null("origin", NULL);
	print_frame(e);
}

const char *event_hex(const unsigned char *bytes, size_t n, char *text)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * i] = '\0';
	return i ? text : NULL;
}

const char *event_bytes(const struct mmuinspect_event *e,
			char text[2 * MMUINSPECT_EVENT_BYTES + 1])
{
	__u32 n = e->n_bytes;

	return event_hex(e->bytes, n < MMUINSPECT_EVENT_BYTES ? n : MMUINSPECT_EVENT_BYTES,
			 text);
}

static void print_bytes(const struct mmuinspect_event *e)
{
	char text[2 * MMUINSPECT_EVENT_BYTES + 1];
	const char *bytes = event_bytes(e, text);

	out_string("bytes", bytes, bytes ? " bytes %s" : NULL, text);
}

static void print_signal(const struct mmuinspect_event *e)
{
	const struct mmuinspect_name *code;
	const char *name;

	if (!(e->has & MMUINSPECT_EVENT_SIGNAL)) {
		out_null("signal", NULL);
		return;
	}
	name = event_signal_name(e->signal);
	code = mmuinspect_signal_code(e->signal, e->code);
	if (name)
		out_string("signal", name, " %s", name);
	else
		out_null("signal", " signal %u", e->signal);
	out_number("signal_number", e->signal, NULL);
	if (code)
		out_string("code", code->name, " %s", code->name);
	else
		out_null("code", " code %d", e->code);
	out_signed("si_code", e->code, NULL);
	if (e->has & MMUINSPECT_EVENT_SIGNAL_ADDRESS)
		out_hex("signal_address", e->signal_address,
			e->code == SI_KERNEL ? NULL : " at 0x%llx",
			(unsigned long long)e->signal_address);
}

/* For JSON; mmuinspect explain has words for them. */
static void print_entries(const struct mmuinspect_event *e)
{
	__u32 i;

	out_array("entries");
	for (i = 0; i < e->n_entries; i++) {
		out_object(NULL);
		out_number("level", e->entry[i].level, NULL);
		out_hex("entry", e->entry[i].raw, NULL);
		out_end();
	}
	out_end();
}

void event_print(const struct mmuinspect_event *e)
{
	const struct mmuinspect_name *end = mmuinspect_name(MMUINSPECT_NAMES_END,
							    e->end);

	out_record();
	out_number("time_ns", e->time, "%6llu.%06llu",
		   (unsigned long long)(e->time / 1000000000),
		   (unsigned long long)(e->time / 1000 % 1000000));
	out_number("seq", e->seq, NULL);
	out_number("pid", e->pid, " %u", e->pid);
	out_number("tid", e->tid, e->tid == e->pid ? NULL : "/%u", e->tid);
	out_string("comm", e->comm, " (%s)", out_printable(e->comm));
	out_number("cpu", e->cpu, " CPU %u", e->cpu);
	print_exception(e);
	out_bool("user", e->user, e->vector == PAGE_FAULT ||
		 !(e->has & MMUINSPECT_EVENT_VECTOR) ? NULL : e->user ? " user" : " kernel");
	if (e->has & MMUINSPECT_EVENT_ADDRESS)
		out_hex("address", e->address, " address 0x%llx",
			(unsigned long long)e->address);
	else
		out_null("address", NULL);
	out_hex("ip", e->ip, " ip 0x%llx", (unsigned long long)e->ip);
	out_hex("sp", e->sp, NULL);
	print_bytes(e);
	if (end)
		out_string("outcome", end->name, ": %s", e->has & MMUINSPECT_EVENT_SIGNAL ?
			   "ended with" : end->meaning);
	else
		out_null("outcome", ": end %u", e->end);
	print_signal(e);
	event_print_origin(e, ", as %s");
	if (e->n_entries)
		print_entries(e);
	out_end();
	out_text("\n");
}

void event_print_lost(__u64 lost)
{
	out_record();
	if (lost)
		out_number("lost", lost, "%llu events lost\n", (unsigned long long)lost);
	else
		out_null("lost", "events lost, nobody knows how many\n");
	out_end();
}

/* What an event can be called by */
static const char *word_of(const struct mmuinspect_event *e, int i)
{
	const struct mmuinspect_name *end, *origin;
	const char *vector;

	switch (i) {
	case 0:
		vector = e->has & MMUINSPECT_EVENT_VECTOR ?
			 vector_name(e->vector) : NULL;
		return vector && *vector == '#' ? vector + 1 : vector;
	case 1:
		end = mmuinspect_name(MMUINSPECT_NAMES_END, e->end);
		return end ? end->name : NULL;
	case 2:
		return e->has & MMUINSPECT_EVENT_SIGNAL ?
		       mmuinspect_signal_name(e->signal) : NULL;
	case 3:
		origin = mmuinspect_name(MMUINSPECT_NAMES_ORIGIN, e->origin);
		return origin ? origin->name : NULL;
	default:
		return NULL;
	}
}

#define WORDS 4

static int is_word(const struct mmuinspect_event *e, const char *word, size_t len)
{
	const char *name;
	int i;

	for (i = 0; i < WORDS; i++) {
		name = word_of(e, i);
		if (name && strlen(name) == len && !strncasecmp(name, word, len))
			return 1;
	}
	return 0;
}

int event_is(const struct mmuinspect_event *e, const char *list)
{
	size_t len;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		if (is_word(e, list + (*list == '#'), len - (*list == '#')))
			return 1;
		if (!list[len])
			return 0;
	}
}

/* All words that there are; returns how many */
static size_t all_words(const char *words[VECTORS + SIGNALS + 16])
{
	const struct mmuinspect_name *name;
	unsigned int i;
	size_t n = 0;

	for (i = 0; (name = mmuinspect_name(MMUINSPECT_NAMES_END, i)); i++)
		words[n++] = name->name;
	for (i = 0; (name = mmuinspect_name(MMUINSPECT_NAMES_ORIGIN, i)); i++)
		words[n++] = name->name;
	for (i = 0; i < SIGNALS; i++)
		if (mmuinspect_signal_name(i))
			words[n++] = mmuinspect_signal_name(i);
	for (i = 0; i < VECTORS; i++)
		if (vector_name(i))
			words[n++] = vector_name(i) + (*vector_name(i) == '#');
	return n;
}

int event_check_type(const char *list)
{
	const char *words[VECTORS + SIGNALS + 16];
	struct names names = { words, all_words(words), sizeof(*words) };
	char *copy = strdup(list), *rest = copy, *word;
	int status = EXIT_DONE;
	size_t i;

	while (copy && !status && (word = strsep(&rest, ","))) {
		word += *word == '#';
		for (i = 0; i < names.n && strcasecmp(words[i], word); )
			i++;
		if (i == names.n)
			status = misused("--type %s: %s", list,
					 names_wrong(&names, word, "kind of event"));
	}
	free(copy);
	return copy ? status : failed("monitor: out of memory");
}
