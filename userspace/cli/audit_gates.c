// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect audit: gates that user mode may go through. */
#include <errno.h>
#include <stdlib.h>

#include "audit.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CR4_FRED (1ULL << 32)
#define TABLE_SIZE 4096
/* Vectors that are the CPU's own: SDM vol. 3A 6.2 */
#define EXCEPTIONS 32

/* INT3, INTO, and INT 80h of 32-bit system calls */
static const unsigned int vectors_expected[] = { 3, 4, 128 };

/* A table of a CPU; @size is 0 if it couldn't be read. */
struct copy {
	size_t size;
	unsigned char bytes[TABLE_SIZE];
};

static int vector_is_open(const struct copy *idt, unsigned int vector)
{
	struct mmuinspect_x86_descriptor gate;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vectors_expected); i++)
		if (vectors_expected[i] == vector)
			return 0;
	return !mmuinspect_x86_gate(idt->bytes, idt->size, vector, &gate) &&
	       mmuinspect_x86_user_may_raise(&gate);
}

/* A call gate; the second half of a longer descriptor isn't an entry. */
static int entry_is_open(const struct copy *gdt, unsigned int entry)
{
	struct mmuinspect_x86_descriptor d = { 0 };
	size_t at, wanted = 8 * (size_t)entry;

	for (at = 0; at <= wanted; at += d.bytes)
		if (at >= gdt->size ||
		    mmuinspect_x86_descriptor(gdt->bytes + at, gdt->size - at, &d))
			return 0;
	return at - d.bytes == wanted && d.p && d.dpl == 3 &&
	       d.kind == MMUINSPECT_X86_CALL_GATE;
}

/*
 * Tables with gates (Intel SDM vol. 3A 5.8.2, 6.10). Linux has both in one page;
 * their limits don't say so after a VM exit, which makes them 0xffff.
 */
static const struct {
	__u32 table;
	const char *name;
	unsigned int entries;
	int (*is_open)(const struct copy *copy, unsigned int entry);
	const char *what;
	const char *why;
} tables[] = {
	{ MMUINSPECT_DESC_IDT, "IDT", TABLE_SIZE / 16, vector_is_open,
	  "user mode may raise vector",
	  "a program can have the kernel handle an event that never happened" },
	{ MMUINSPECT_DESC_GDT, "GDT", TABLE_SIZE / 8, entry_is_open,
	  "user mode may call through entry",
	  "Linux has no call gates: a program can enter the kernel where whoever made it wants" },
};

static void find_gate(struct audit *a, const struct audit_cpus *r,
		      const struct copy *copy, size_t table, unsigned int entry)
{
	__u32 *open = calloc(r->online + 1, sizeof(*open));
	size_t cpu, n = 0;

	if (!open) {
		a->failed = 1;
		return;
	}
	for (cpu = 0; cpu < r->online; cpu++)
		if (copy[cpu].size && tables[table].is_open(&copy[cpu], entry))
			open[n++] = r->cpu[cpu];
	if (n)
		audit_find(a, "gate", SEVERITY_HIGH,
			   audit_text("%s %u of the %s", tables[table].what, entry,
				      tables[table].name),
			   audit_cpus_text(open, n, r->online), tables[table].why,
			   audit_text("mmuinspect desc"));
	free(open);
}

/* Returns 0, or a negative errno if it can't be read on any CPU. */
static int read_table(struct audit *a, const struct audit_cpus *r, __u32 table,
		      struct copy *copy)
{
	struct mmuinspect_desc desc;
	size_t cpu;
	int err;

	for (cpu = 0; cpu < r->online; cpu++) {
		copy[cpu].size = 0;
		err = mmuinspect_desc(a->s.h, r->cpu[cpu], table, copy[cpu].bytes,
				      TABLE_SIZE, &desc);
		if (err && err != -ENXIO)
			return err;
		if (err)
			audit_skip(a, "gate", audit_text("CPU %u: %s", r->cpu[cpu],
							 audit_why(err)));
		else
			copy[cpu].size = desc.filled;
	}
	return 0;
}

/*
 * Gates that still lead to the boot's handlers. No finding: the CPU raises none of
 * these vectors, user mode can't (or the gate is found open), and the memory isn't
 * executable any more.
 */
static void look_at_boot(struct audit *a, const struct copy *idt)
{
	struct symbol *symbol = calloc(EXCEPTIONS, sizeof(*symbol));
	struct mmuinspect_x86_descriptor gate;
	__u64 offset[EXCEPTIONS] = { 0 };
	__u32 vector[EXCEPTIONS];
	unsigned int v;
	size_t n = 0;

	for (v = 0; symbol && v < EXCEPTIONS; v++)
		if (!mmuinspect_x86_gate(idt->bytes, idt->size, v, &gate) && gate.p)
			symbol[v].address = offset[v] = gate.offset;
	if (!symbol)
		a->failed = 1;
	else if (!symbols_find(symbol, EXCEPTIONS))
		audit_skip(a, "boot-gates", audit_text("/proc/kallsyms hides where gates lead"));
	for (v = 0; symbol && v < EXCEPTIONS; v++)
		if (offset[v] && symbol_is_boot(symbols_get(symbol, EXCEPTIONS, offset[v])))
			vector[n++] = v;
	if (n)
		audit_done(a, "boot-gates",
			   audit_text("gates %s lead to handlers of the boot, whose memory has been given back: vectors that no CPU raises, shut to INT n",
				      cpus_text(vector, n)));
	free(symbol);
}

static int uses_fred(const struct audit_cpus *r)
{
	const struct mmuinspect_reg *cr4;
	size_t cpu;

	for (cpu = 0; cpu < r->online; cpu++) {
		cr4 = audit_reg(r, r->cpu[cpu], MMUINSPECT_X86_CR4);
		if (cr4 && cr4->value & CR4_FRED)
			return 1;
	}
	return 0;
}

void audit_gates(struct audit *a, const struct audit_cpus *r)
{
	struct copy *copy = calloc(r->online + 1, sizeof(*copy));
	unsigned int entry;
	size_t t;
	int err;

	if (!copy) {
		a->failed = 1;
		return;
	}
	if (uses_fred(r)) {
		audit_skip(a, "gate", audit_text("FRED is in use: no gate is asked"));
		goto free_copy;
	}
	for (t = 0; t < ARRAY_SIZE(tables); t++) {
		err = read_table(a, r, tables[t].table, copy);
		if (err) {
			audit_skip(a, "gate", audit_text("the %s: %s", tables[t].name,
							 audit_why(err)));
			goto free_copy;
		}
		for (entry = 0; entry < tables[t].entries; entry++)
			find_gate(a, r, copy, t, entry);
		if (tables[t].table == MMUINSPECT_DESC_IDT && r->online)
			look_at_boot(a, &copy[0]);
	}
	audit_done(a, "gate", audit_text("user mode may raise 3, 4 and 128 at most, and finds no call gate"));
free_copy:
	free(copy);
}
