// SPDX-License-Identifier: GPL-2.0-only
/* Task state segments: stacks to switch to, and ports that may be used. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

#define VECTORS 256
#define CR4_FRED (1ULL << 32)

/* The gates of a CPU that switch to a stack of the interrupt stack table. */
static void print_users(const struct table *idt, unsigned int ist)
{
	unsigned int vector, any = 0;

	out_array("vectors");
	for (vector = 0; idt && vector < VECTORS; vector++) {
		struct mmuinspect_x86_descriptor gate;
		const char *name = vector_name(vector);

		if (mmuinspect_x86_gate(idt->bytes, idt->where.filled, vector, &gate) ||
		    gate.ist != ist)
			continue;
		out_number(NULL, vector, name ? "%s%s" : "%s%.0s%u",
			   any++ ? ", " : "  for ", name ? name : "", vector);
	}
	out_end();
}

/*
 * SDM vol. 3A 6.14.2, 7.7; FRED takes its stacks from MSRs. SYSCALL loads none, and
 * arch/x86/entry/entry_64.S puts the user's RSP where RSP2 would be.
 */
static void print_stacks(const struct mmuinspect_x86_tss *tss,
			 const struct table *idt, int fred)
{
	static const char *const uses[][3] = {
		{ "  for interrupts and exceptions from user mode", "  Linux has no ring 1",
		  "  Linux has no ring 2: scratch, the user's RSP of a system call" },
		{ "  not used with FRED", "  not used with FRED", "  not used with FRED" },
	};
	const char *const *use = uses[!!fred];
	unsigned int i;

	out_array("rsp");
	for (i = 0; i < 3; i++)
		out_hex(NULL, tss->rsp[i], "  RSP%u      0x%016llx%s\n", i,
			(unsigned long long)tss->rsp[i], use[i]);
	out_end();
	out_array("ist");
	for (i = 0; i < 7; i++) {
		out_object(NULL);
		out_number("ist", i + 1, "  IST%u      ", i + 1);
		out_hex("stack", tss->ist[i], "0x%016llx", (unsigned long long)tss->ist[i]);
		print_users(fred ? NULL : idt, i + 1);
		out_end();
		out_text(fred ? "  not used with FRED\n" : "\n");
	}
	out_end();
}

/* SDM vol. 1 19.5.2 */
static void print_ports(const struct table *on,
			const struct mmuinspect_x86_tss *tss)
{
	unsigned int from = 0, first, last, any = 0;

	out_hex("iomap_base", tss->iomap_base, "  I/O map   at 0x%x: ", tss->iomap_base);
	if (tss->iomap_base > on->where.limit)
		out_text("none, since that is beyond the limit:\n"
			 "            user mode may use no port, unless its IOPL is 3\n");
	out_array("ports");
	while (from <= 0xffff &&
	       mmuinspect_x86_ports(on->bytes, on->where.filled, from, &first, &last)) {
		out_text(any++ ? ", " : "the task that ran last may use ports ");
		out_object(NULL);
		out_hex("first", first, "0x%x", first);
		out_hex("last", last, last > first ? "-0x%x" : NULL, last);
		out_end();
		from = last + 1;
	}
	out_end();
	if (any)
		out_text("\n");
	else if (tss->iomap_base <= on->where.limit)
		out_text("allows no port\n");
}

static const struct table *find(const struct tables *t, __u32 cpu)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->on[i].cpu == cpu)
			return &t->on[i];
	return NULL;
}

void tss_print(struct tables *t, const struct tables *idt)
{
	struct mmuinspect_x86_tss tss;
	size_t i;

	out_array("tss");
	for (i = 0; i < t->n; i++) {
		const struct table *on = &t->on[i];

		out_object(NULL);
		out_number("cpu", on->cpu, "CPU %u: ", on->cpu);
		out_hex("base", on->where.base, "TSS at 0x%llx",
			(unsigned long long)on->where.base);
		out_hex("limit", on->where.limit, ", limit 0x%x", on->where.limit);
		out_hex("selector", on->where.selector, ", selector 0x%x\n",
			on->where.selector);
		if (!mmuinspect_x86_tss(on->bytes, on->where.filled, &tss)) {
			print_stacks(&tss, find(idt, on->cpu),
				     table_bit(on, MMUINSPECT_X86_CR4, CR4_FRED));
			print_ports(on, &tss);
		}
		out_end();
	}
	out_end();
}
