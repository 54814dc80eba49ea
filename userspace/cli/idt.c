// SPDX-License-Identifier: GPL-2.0-only
/* The interrupt descriptor table: gates, and who may go through them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define VECTORS 256
#define GATE 16
/* Vectors that are the CPU's own: SDM vol. 3A 6.2 */
#define EXCEPTIONS 32

#define CR4_FRED (1ULL << 32)

/* SDM vol. 3A table 6-1, AMD APM vol. 2 table 8-1; 128 is Linux's */
static const char *const names[] = {
	[0] = "#DE", [1] = "#DB", [2] = "NMI", [3] = "#BP", [4] = "#OF",
	[5] = "#BR", [6] = "#UD", [7] = "#NM", [8] = "#DF", [10] = "#TS",
	[11] = "#NP", [12] = "#SS", [13] = "#GP", [14] = "#PF", [16] = "#MF",
	[17] = "#AC", [18] = "#MC", [19] = "#XM", [20] = "#VE", [21] = "#CP",
	[28] = "#HV", [29] = "#VC", [30] = "#SX", [128] = "int 80",
};

const char *vector_name(unsigned int vector)
{
	return vector < sizeof(names) / sizeof(names[0]) ? names[vector] : NULL;
}

/**
 * struct idt - what is to be printed
 * @t: the table on each CPU
 * @symbol: names of the handlers
 * @symbols: how many
 * @named: 0 if the kernel hides them
 */
struct idt {
	struct tables *t;
	struct symbol *symbol;
	size_t symbols;
	int named;
};

/* A gate beyond the limit is as good as an empty one. */
static struct mmuinspect_x86_descriptor gate_of(const struct table *on,
						unsigned int vector)
{
	struct mmuinspect_x86_descriptor gate = { .bytes = GATE };

	mmuinspect_x86_gate(on->bytes, on->where.filled, vector, &gate);
	return gate;
}

static void find_symbols(struct idt *idt)
{
	size_t i, v;

	idt->symbol = calloc(idt->t->n * VECTORS, sizeof(*idt->symbol));
	for (i = 0; idt->symbol && i < idt->t->n; i++)
		for (v = 0; v < VECTORS; v++) {
			__u64 offset = gate_of(&idt->t->on[i], v).offset;

			/* CPUs mostly share one table: ask once. */
			if (offset && (!i || offset != gate_of(&idt->t->on[0], v).offset))
				idt->symbol[idt->symbols++].address = offset;
		}
	if (idt->symbol)
		idt->named = symbols_find(idt->symbol, idt->symbols);
}

static __u64 symbol_start(const struct idt *idt, __u64 offset)
{
	const struct symbol *s = symbols_get(idt->symbol, idt->symbols, offset);

	return s ? s->start : 0;
}

/* Are two gates alike but for the place in the handler's code? */
static int is_like(const struct idt *idt,
		   const struct mmuinspect_x86_descriptor *a,
		   const struct mmuinspect_x86_descriptor *b)
{
	return a->kind == b->kind && a->p == b->p && a->dpl == b->dpl &&
	       a->selector == b->selector && a->ist == b->ist &&
	       symbol_start(idt, a->offset) == symbol_start(idt, b->offset);
}

/* The last vector of a run that is one line. */
static unsigned int run_last(const struct idt *idt, unsigned int first)
{
	struct mmuinspect_x86_descriptor a = gate_of(&idt->t->on[0], first), b;
	unsigned int last = first;

	while (last + 1 < VECTORS && tables_agree(idt->t, GATE * first, GATE) &&
	       tables_agree(idt->t, GATE * (last + 1), GATE)) {
		b = gate_of(&idt->t->on[0], last + 1);
		if (!is_like(idt, &a, &b))
			break;
		last++;
	}
	return last;
}

static void print_handler(const struct idt *idt, __u64 offset, int run)
{
	const struct symbol *s = symbols_get(idt->symbol, idt->symbols, offset);
	char text[SYMBOL_MAX + 24];

	out_hex("offset", offset, "  %016llx", (unsigned long long)offset);
	if (!s) {
		out_null("handler", idt->named ? NULL : "  (name hidden)");
		return;
	}
	if (offset == s->start)
		snprintf(text, sizeof(text), "%s", s->name);
	else
		snprintf(text, sizeof(text), "%s+0x%llx", s->name,
			 (unsigned long long)(offset - s->start));
	out_string("handler", text, "  %s%s", text, run ? " ..." : "");
}

static void print_gate(const struct idt *idt, const struct table *on,
		       unsigned int first, unsigned int last)
{
	struct mmuinspect_x86_descriptor gate = gate_of(on, first);
	const char *name = vector_name(first);
	char type[64], range[16];

	snprintf(range, sizeof(range), first == last ? "%u" : "%u-%u", first, last);
	mmuinspect_x86_type(&gate, type, sizeof(type));
	out_object(NULL);
	out_number("vector", first, "%7s", range);
	out_string("name", name, "  %-6s", name && first == last ? name : "");
	out_cpus(idt->t, "  %-*s", 4);
	out_string("type", type, "  %-14s", type);
	out_hex("raw_low", gate.raw[0], NULL);
	out_hex("raw_high", gate.raw[1], NULL);
	if (gate.kind != MMUINSPECT_X86_EMPTY) {
		out_bool("present", gate.p, gate.p ? "  P" : "  -");
		out_number("dpl", gate.dpl, "  %3u", gate.dpl);
		out_hex("selector", gate.selector, "  %4x", gate.selector);
		out_number("ist", gate.ist, gate.ist ? "  %3u" : "    -", gate.ist);
		print_handler(idt, gate.offset, first != last);
	}
	out_end();
	out_text("\n");
}

/* Gates that have been left as the boot set them, on the first CPU */
static void print_boot(const struct idt *idt)
{
	__u32 vector[EXCEPTIONS];
	unsigned int v;
	size_t n = 0;

	out_array("boot_handlers");
	for (v = 0; v < EXCEPTIONS; v++) {
		struct mmuinspect_x86_descriptor gate = gate_of(&idt->t->on[0], v);

		if (!gate.p || !symbol_is_boot(symbols_get(idt->symbol, idt->symbols, gate.offset)))
			continue;
		out_number(NULL, v, NULL);
		vector[n++] = v;
	}
	out_end();
	if (n)
		out_text("%s: Linux has no handler for these vectors: the gates still lead to those of the\n"
			 "boot, whose memory it has given back and made non-executable. The CPU doesn't raise\n"
			 "them, and INT n is kept out by DPL 0; one that came would be an oops\n",
			 cpus_text(vector, n));
}

static void print_gates(const struct idt *idt, int verbose)
{
	unsigned int first, last;
	const struct table *on;

	out_heading(" vector  name    CPUs  type            P  DPL   sel  IST  handler");
	out_array("gates");
	for (first = 0; first < VECTORS; first = last + 1) {
		last = verbose || common.json ? first : run_last(idt, first);
		groups_begin(idt->t);
		while ((on = groups_next(idt->t, GATE * first, GATE)))
			print_gate(idt, on, first, last);
	}
	out_end();
}

/* "3, 4 and 128" */
static void print_list(const unsigned int *vector, size_t n)
{
	size_t i;

	out_array("vectors");
	for (i = 0; i < n; i++)
		out_number(NULL, vector[i], "%s%u", !i ? "" : i + 1 < n ? ", " : " and ",
			   vector[i]);
	out_end();
}

/*
 * SDM vol. 3A 6.12.1.2: the DPL is compared for INT n, INT3 and INTO only. INT1
 * (the byte F1) is left out there.
 */
static void print_raise(struct tables *t)
{
	const struct table *on;

	out_array("user_may_raise");
	groups_begin(t);
	while ((on = groups_next(t, 0, GATE * VECTORS))) {
		unsigned int vector[VECTORS], v;
		size_t n = 0;

		for (v = 0; v < VECTORS; v++) {
			struct mmuinspect_x86_descriptor gate = gate_of(on, v);

			if (mmuinspect_x86_user_may_raise(&gate))
				vector[n++] = v;
		}
		out_object(NULL);
		out_cpus(t, tables_agree(t, 0, GATE * VECTORS) ? "" : "CPU %*s: ", 0);
		out_text(n ? "user mode may raise " : "user mode may raise nothing by INT n");
		print_list(vector, n);
		out_text(n ? "; all others fault (#GP)\n" : ": all fault (#GP)\n");
		out_end();
	}
	out_end();
	out_text("INT1, the instruction F1, asks for no DPL: it raises 1 in any case\n");
}

/* MSRs that say where events go instead; FRED specification 3.0, chapter 9 */
static const struct {
	__u32 msr;
	const char *name;
	const char *meaning;
} fred[] = {
	{ 0x1cc, "fred_rsp0", "stack for level 0: entries from user mode" },
	{ 0x1cd, "fred_rsp1", "stack for level 1" },
	{ 0x1ce, "fred_rsp2", "stack for level 2" },
	{ 0x1cf, "fred_rsp3", "stack for level 3" },
	{ 0x1d0, "fred_stklvls", "two bits an exception: its stack level" },
	{ 0xc0000081, "star", "selectors for entry (bits 47:32) and return (63:48)" },
};

/* Why one of them has no value, in as much room as it would take */
static const char *why(int error)
{
	switch (error) {
	case -ENODEV:
	case -EIO:
		return "no such MSR here";
	case -EKEYREJECTED:
		return "locked down";
	case -EACCES:
		return "not permitted";
	default:
		return "not read";
	}
}

#define FREDS (sizeof(fred) / sizeof(fred[0]))

static void print_fred_msrs(const struct session *s, __u32 cpu)
{
	struct mmuinspect_msr msr[FREDS];
	size_t i;
	int err;

	for (i = 0; i < FREDS; i++)
		msr[i] = (struct mmuinspect_msr) { .cpu = cpu, .msr = fred[i].msr };
	err = mmuinspect_msrs(s->h, msr, FREDS);
	for (i = 0; i < FREDS; i++) {
		if (err || msr[i].error)
			out_null(fred[i].name, "  %-13s %18s  %s\n", fred[i].name,
				 why(err ? err : msr[i].error), fred[i].meaning);
		else
			out_hex(fred[i].name, msr[i].value, "  %-13s 0x%016llx  %s\n",
				fred[i].name, (unsigned long long)msr[i].value,
				fred[i].meaning);
	}
}

/* What replaces the table where CR4.FRED is set. */
static void print_fred(const struct session *s, const struct table *on)
{
	__u64 config, entry;

	table_register(on, MMUINSPECT_X86_FRED_CONFIG, &config);
	entry = config & ~0xfffULL;
	out_object(NULL);
	out_number("cpu", on->cpu, "CPU %u uses FRED (CR4.FRED): the IDT isn't used\n",
		   on->cpu);
	out_hex("entry_user", entry, "  events of user mode enter at 0x%llx\n",
		(unsigned long long)entry);
	out_hex("entry_kernel", entry + 0x100, "  events of the kernel enter at 0x%llx\n",
		(unsigned long long)entry + 0x100);
	out_number("stack_level", config & 3, "  current stack level %u", (unsigned int)(config & 3));
	out_number("interrupt_stack_level", config >> 9 & 3, ", of interrupts %u",
		   (unsigned int)(config >> 9 & 3));
	out_number("red_zone", (config >> 6 & 7) * 64, ", red zone of %u bytes\n",
		   (unsigned int)(config >> 6 & 7) * 64);
	print_fred_msrs(s, on->cpu);
	out_text("  INT n of user mode is compared with no DPL: each one enters the kernel, which\n"
		 "  decides. The gates below aren't in force.\n");
	out_end();
}

void idt_print(const struct session *s, struct tables *t, int verbose)
{
	struct idt idt = { .t = t };
	size_t i, fred_cpus = 0;

	find_symbols(&idt);
	out_object("idt");
	out_where(t, "IDT");
	out_array("fred");
	for (i = 0; i < t->n; i++) {
		if (!table_bit(&t->on[i], MMUINSPECT_X86_CR4, CR4_FRED))
			continue;
		print_fred(s, &t->on[i]);
		fred_cpus++;
	}
	out_end();
	print_gates(&idt, verbose);
	print_boot(&idt);
	if (fred_cpus)
		out_null("user_may_raise", "user mode may raise what the kernel allows: with FRED no gate is asked\n");
	else
		print_raise(t);
	out_end();
	free(idt.symbol);
}
