// SPDX-License-Identifier: GPL-2.0-only
/* The kinds of counts: what each stands for, and what its rows are called. */
#include <stdio.h>

#include "sections.h"

static void fault_name(__u32 key, __s32 sub, char name[NAME_SIZE])
{
	(void)sub;
	mmuinspect_fault_name(key, name, NAME_SIZE);
}

static void fault_bit_name(__u32 key, __s32 sub, char name[NAME_SIZE])
{
	(void)sub;
	mmuinspect_fault_code(1ULL << (key & 63), name, NAME_SIZE);
}

static void signal_name(__u32 key, __s32 sub, char name[NAME_SIZE])
{
	const struct mmuinspect_name *code = mmuinspect_signal_code(key, sub);
	const char *signal = mmuinspect_signal_name(key);
	size_t n;

	if (signal)
		n = snprintf(name, NAME_SIZE, "%s ", signal);
	else
		n = snprintf(name, NAME_SIZE, "signal %u ", key);
	if (code)
		snprintf(name + n, NAME_SIZE - n, "%s", code->name);
	else
		snprintf(name + n, NAME_SIZE - n, "code %d", sub);
}

void bucket_name(__u32 key, __s32 sub, char name[NAME_SIZE])
{
	__u64 last, first = mmuinspect_bucket(key, &last);

	(void)sub;
	if (first == last)
		snprintf(name, NAME_SIZE, "%llu", (unsigned long long)first);
	else
		snprintf(name, NAME_SIZE, "%llu-%llu", (unsigned long long)first,
			 (unsigned long long)last);
}

static void number_name(__u32 key, __s32 sub, char name[NAME_SIZE])
{
	(void)sub;
	snprintf(name, NAME_SIZE, "%u", key);
}

static void code_words(const struct section *s, const struct mmuinspect_count *c,
		       char *words, size_t size)
{
	char bits[NAME_SIZE];

	(void)s;
	snprintf(words, size, "0x%x %s", c->key,
		 mmuinspect_fault_code(c->key, bits, sizeof(bits)));
}

static void signal_words(const struct section *s, const struct mmuinspect_count *c,
			 char *words, size_t size)
{
	const struct mmuinspect_name *code = mmuinspect_signal_code(c->key, c->sub);

	(void)s;
	snprintf(words, size, "%s", code ? code->meaning : "");
}

static void meaning_words(const struct section *s, const struct mmuinspect_count *c,
			  char *words, size_t size)
{
	const struct mmuinspect_name *name = mmuinspect_name(s->names, c->key);

	snprintf(words, size, "%s", name ? name->meaning : "");
}

const struct section fault_sections[] = {
	{
		.key = "faults",
		.heading = "page faults, by access and mode",
		.kind = MMUINSPECT_A_COUNTS_FAULT,
		.source = MMUINSPECT_SOURCE_FAULTS,
		.name = fault_name,
		.words = code_words,
		.summed = 1,
	}, {
		.key = "fault_bits",
		.heading = "of these, faults with a higher bit of the error code",
		.kind = MMUINSPECT_A_COUNTS_FAULT_BIT,
		.source = MMUINSPECT_SOURCE_FAULTS,
		.name = fault_bit_name,
		.rare = 1,
	}, {
		.key = "states",
		.heading = "page faults, by the entry that the CPU found",
		.kind = MMUINSPECT_A_COUNTS_STATE,
		.source = MMUINSPECT_SOURCE_STATES,
		.names = MMUINSPECT_NAMES_STATE,
		.words = meaning_words,
		.summed = 1,
	}, {
		.key = "outcomes",
		.heading = "outcomes (a retried fault is counted again)",
		.kind = MMUINSPECT_A_COUNTS_OUTCOME,
		.source = MMUINSPECT_SOURCE_OUTCOMES,
		.names = MMUINSPECT_NAMES_OUTCOME,
		.words = meaning_words,
		.summed = 1,
	}, {
		.key = "cycles",
		.heading = "time to handle a fault, TSC cycles",
		.kind = MMUINSPECT_A_COUNTS_CYCLES,
		.source = MMUINSPECT_SOURCE_OUTCOMES,
		.name = bucket_name,
		.summed = 1,
		.histogram = 1,
	}, {
		.key = "signals",
		.heading = "signals raised by exceptions",
		.kind = MMUINSPECT_A_COUNTS_SIGNAL,
		.source = MMUINSPECT_SOURCE_OUTCOMES,
		.name = signal_name,
		.words = signal_words,
		.rare = 1,
	}, {}
};

const struct section tlb_sections[] = {
	{
		.key = "requests",
		.heading = "TLB flushes requested by the kernel",
		.kind = MMUINSPECT_A_COUNTS_REQUEST,
		.source = MMUINSPECT_SOURCE_REQUESTS,
		.names = MMUINSPECT_NAMES_REQUEST,
		.words = meaning_words,
		.sizes = 1,
	}, {
		.key = "latency",
		.heading = "time to flush a process's address space, TSC cycles",
		.kind = MMUINSPECT_A_COUNTS_LATENCY,
		.source = MMUINSPECT_SOURCE_LATENCY,
		.name = bucket_name,
		.summed = 1,
		.histogram = 1,
	}, {
		.key = "flushes",
		.heading = "TLB flushes by reason (asked and received overlap: do not add them)",
		.of_machine = 1,
		.kind = MMUINSPECT_A_COUNTS_FLUSH,
		.source = MMUINSPECT_SOURCE_FLUSHES,
		.names = MMUINSPECT_NAMES_FLUSH,
		.words = meaning_words,
		.sizes = 1,
	}, {
		.key = "targets",
		.heading = "flushes asked of others, by number of CPUs (lazy ones included)",
		.of_machine = 1,
		.kind = MMUINSPECT_A_COUNTS_TARGETS,
		.source = MMUINSPECT_SOURCE_TARGETS,
		.name = number_name,
		.summed = 1,
	}, {}
};

const struct section *section_of(__u32 kind)
{
	const struct section *s = fault_sections;

	while (s->key && s->kind != kind)
		s++;
	if (s->key)
		return s;
	for (s = tlb_sections; s->kind != kind; )
		s++;
	return s;
}

void section_name(const struct section *s, const struct mmuinspect_count *c,
		  char name[NAME_SIZE])
{
	const struct mmuinspect_name *known = NULL;

	if (s->name) {
		s->name(c->key, c->sub, name);
		return;
	}
	known = mmuinspect_name(s->names, c->key);
	if (known)
		snprintf(name, NAME_SIZE, "%s", known->name);
	else
		snprintf(name, NAME_SIZE, "%u", c->key);
}
