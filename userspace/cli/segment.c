// SPDX-License-Identifier: GPL-2.0-only
/* From a selector to its descriptor, and what it does to an address. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

#define TI	4
#define RPL	3

/* Who loads it, into what. SDM vol. 3A 5.5, 5.7, 5.8.1 */
static const struct {
	enum mmuinspect_x86_use use;
	const char *key;
	const char *into;
} uses[] = {
	{ MMUINSPECT_X86_AS_DATA, "data", "DS, ES, FS, GS" },
	{ MMUINSPECT_X86_AS_STACK, "stack", "SS" },
	{ MMUINSPECT_X86_AS_CODE, "code", "CS by a far jump" },
};

static void print_loads(const struct mmuinspect_x86_descriptor *d, unsigned int rpl)
{
	static const struct {
		unsigned int cpl;
		const char *key;
		const char *name;
	} who[] = { { 3, "user", "user mode (CPL 3)" }, { 0, "kernel", "the kernel (CPL 0)" } };
	size_t w, u, any;

	out_object("may_load");
	for (w = 0; w < 2; w++) {
		any = 0;
		out_text("%-18s  may load it into", who[w].name);
		out_object(who[w].key);
		for (u = 0; u < sizeof(uses) / sizeof(uses[0]); u++) {
			int may = d->p && mmuinspect_x86_may_load(d, uses[u].use, who[w].cpl, rpl);

			out_bool(uses[u].key, may, may ? "%s %s" : NULL, any ? ";" : "",
				 uses[u].into);
			any += may;
		}
		out_end();
		out_text(any ? "\n" : " no segment register\n");
	}
	out_end();
}

static void print_system(const struct mmuinspect_x86_descriptor *d)
{
	out_text(d->kind == MMUINSPECT_X86_TSS ?
		 "the task register points here; no address goes through it\n" :
		 d->kind == MMUINSPECT_X86_LDT ?
		 "the LDT register points here; no address goes through it\n" :
		 d->kind == MMUINSPECT_X86_CALL_GATE ?
		 "a far call goes to the gate's own selector and offset\n" :
		 "nothing can be loaded from here: it faults (#GP)\n");
}

/* SDM vol. 3A 3.2.4, 3.4.4: 64-bit mode, and compatibility mode beside it */
static void print_path(const struct table *on, const struct mmuinspect_x86_descriptor *d)
{
	__u64 fs, gs, other;

	table_register(on, MMUINSPECT_X86_FS_BASE, &fs);
	table_register(on, MMUINSPECT_X86_GS_BASE, &gs);
	table_register(on, MMUINSPECT_X86_KERNEL_GS_BASE, &other);
	out_text("\nlogical to linear address, in 64-bit code:\n"
		 "  CS, DS, ES, SS  linear = offset: base and limit are ignored\n");
	out_hex("fs_base", fs, "  FS              linear = IA32_FS_BASE + offset; of the task there 0x%llx\n",
		(unsigned long long)fs);
	out_hex("kernel_gs_base", other, "  GS              linear = IA32_GS_BASE + offset; of the task there 0x%llx\n",
		(unsigned long long)other);
	out_hex("gs_base", gs, "                  (in IA32_KERNEL_GS_BASE now: SWAPGS), of the kernel 0x%llx\n",
		(unsigned long long)gs);
	out_text("                  Loading FS or GS with this selector sets it to 0x%llx\n",
		 (unsigned long long)d->base);
	if (d->kind == MMUINSPECT_X86_CODE && d->l)
		out_text("in 32-bit code: this is a 64-bit segment: code that runs in it isn't\n");
	else if (d->kind == MMUINSPECT_X86_DATA && d->type & 4)
		out_text("in 32-bit code: linear = 0x%llx + offset, modulo 4G; the offset must be above\n"
			 "  0x%x (it expands downwards), or the access faults\n",
			 (unsigned long long)d->base, d->limit);
	else
		out_text("in 32-bit code: linear = 0x%llx + offset, modulo 4G; the offset must be at\n"
			 "  most 0x%x, or the access faults: #GP, through SS #SS\n",
			 (unsigned long long)d->base, d->limit);
	out_text("linear to physical address: the page tables: mmuinspect walk\n");
}

static void print_descriptor(unsigned int selector,
			     const struct mmuinspect_x86_descriptor *d)
{
	const char *name = selector & TI ? NULL : mmuinspect_x86_gdt_name(selector >> 3);
	char type[64];

	mmuinspect_x86_type(d, type, sizeof(type));
	out_hex("raw_low", d->raw[0], "descriptor  0x%016llx", (unsigned long long)d->raw[0]);
	out_hex("raw_high", d->raw[1], d->bytes > 8 ? " 0x%016llx" : NULL,
		(unsigned long long)d->raw[1]);
	out_string("type", type, "\ntype        %s", type);
	out_string("linux", name, name ? "; Linux calls it %s" : NULL, name);
	/* The type is looked at first: what is no descriptor at all is #GP. */
	out_bool("present", d->p, d->p || d->kind == MMUINSPECT_X86_EMPTY ||
		 d->kind == MMUINSPECT_X86_RESERVED ? "\n" :
		 "\n            not present: loading it faults (#NP, through SS #SS)\n");
	out_hex("base", d->base, "base        0x%llx", (unsigned long long)d->base);
	out_hex("limit", d->limit, ", limit 0x%x", d->limit);
	out_bool("g", d->g, d->g ? " (counted in units of 4K)\n" : " (counted in bytes)\n");
	out_number("dpl", d->dpl, "DPL         %u\n", d->dpl);
}

/* Returns an exit status, having printed the error. */
static int look_up(const struct tables *t, unsigned int selector,
		   struct mmuinspect_x86_descriptor *d)
{
	const char *name = selector & TI ? "LDT" : "GDT";
	const struct table *on = &t->on[0];
	size_t offset = selector & ~(TI | RPL);

	if (!on->where.base)
		return failed("selector 0x%x: CPU %u has no %s now", selector, on->cpu, name);
	if (offset >= on->where.filled ||
	    mmuinspect_x86_descriptor(on->bytes + offset, on->where.filled - offset, d))
		return failed("selector 0x%x: beyond the limit of the %s, 0x%x: loading it faults (#GP)",
			      selector, name, on->where.limit);
	return EXIT_DONE;
}

int desc_segment(const struct session *s, unsigned int selector)
{
	struct mmuinspect_x86_descriptor d;
	struct tables t;
	const struct table *on;
	int status;

	if (common.cpus.n > 1)
		return misused("--segment: a table is one CPU's: name one with --cpus");
	status = tables_read(s, selector & TI ? MMUINSPECT_DESC_LDT :
			     MMUINSPECT_DESC_GDT, &t);
	if (status)
		return status;
	on = &t.on[0];
	status = look_up(&t, selector, &d);
	if (status)
		goto free_tables;
	out_hex("selector", selector, "selector    0x%x: ", selector);
	out_number("index", selector >> 3, "index %u", selector >> 3);
	out_string("table", selector & TI ? "ldt" : "gdt", " of the %s",
		   selector & TI ? "LDT" : "GDT");
	out_number("rpl", selector & RPL, ", RPL %u\n", selector & RPL);
	out_number("cpu", on->cpu, "table       CPU %u's, ", on->cpu);
	out_hex("table_base", on->where.base, "at 0x%llx", (unsigned long long)on->where.base);
	out_hex("table_limit", on->where.limit, ", limit 0x%x\n", on->where.limit);
	if (!(selector & ~RPL)) {
		out_text("the null selector: it may be loaded into DS, ES, FS and GS, and into SS in\n"
			 "64-bit code of ring 0 to 2; 64-bit code may use it, in 32-bit code each access\n"
			 "through it faults (#GP)\n");
		goto free_tables;
	}
	print_descriptor(selector, &d);
	if (d.s) {
		print_loads(&d, selector & RPL);
		print_path(on, &d);
	} else {
		print_system(&d);
	}
free_tables:
	tables_free(&t);
	return status;
}
