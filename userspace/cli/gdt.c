// SPDX-License-Identifier: GPL-2.0-only
/* The global descriptor table, and local ones. */
#include <string.h>

#include "cli.h"

/* Linux keeps a CPU's number and node in the limit of this entry: vdso getcpu */
#define CPUNODE		15
#define CPUNODE_BITS	12

static const struct {
	const char *key;
	char letter;
	size_t at;
} flags[] = {
#define FLAG(key, letter, member) \
	{ key, letter, offsetof(struct mmuinspect_x86_descriptor, member) }
	FLAG("present", 'P', p), FLAG("s", 'S', s), FLAG("g", 'G', g), FLAG("l", 'L', l),
	FLAG("db", 'D', db), FLAG("avl", 'A', avl),
#undef FLAG
};

#define FLAGS (sizeof(flags) / sizeof(flags[0]))

static void print_flags(const struct mmuinspect_x86_descriptor *d)
{
	char text[FLAGS + 1] = "";
	size_t i;

	for (i = 0; i < FLAGS; i++) {
		unsigned int set = *(const unsigned int *)((const char *)d + flags[i].at);

		text[i] = set ? flags[i].letter : '-';
		out_bool(flags[i].key, set, NULL);
	}
	out_text("  %s", text);
}

static void print_name(const struct tables *t, unsigned int index,
		       const struct mmuinspect_x86_descriptor *d)
{
	const char *name = NULL;

	if (t->table == MMUINSPECT_DESC_GDT)
		name = mmuinspect_x86_gdt_name(index);
	out_string("linux", name, name ? "  %s" : NULL, name);
	if (name && index == CPUNODE && d->kind == MMUINSPECT_X86_DATA) {
		unsigned int cpu = d->limit & ((1 << CPUNODE_BITS) - 1);

		out_number("cpunode_cpu", cpu, ": CPU %u", cpu);
		out_number("cpunode_node", d->limit >> CPUNODE_BITS, ", node %u",
			   d->limit >> CPUNODE_BITS);
	}
}

static void print_entry(const struct tables *t, unsigned int index,
			const struct mmuinspect_x86_descriptor *d)
{
	char type[64];

	mmuinspect_x86_type(d, type, sizeof(type));
	out_object(NULL);
	out_number("index", index, "%5u", index);
	out_hex("selector", index * 8, "  %4x", index * 8);
	out_cpus(t, "  %-*s", 4);
	out_hex("base", d->base, "  %16llx", (unsigned long long)d->base);
	out_hex("limit", d->limit, "  %8x", d->limit);
	out_number("dpl", d->dpl, "  %3u", d->dpl);
	print_flags(d);
	out_string("type", type, "  %s", type);
	print_name(t, index, d);
	out_hex("raw_low", d->raw[0], NULL);
	out_hex("raw_high", d->raw[1], NULL);
	out_end();
	out_text("\n");
}

/* What is beyond the table's end is as good as empty. */
static void read_entry(const struct table *on, size_t offset,
		       struct mmuinspect_x86_descriptor *d)
{
	if (offset >= on->where.filled ||
	    mmuinspect_x86_descriptor(on->bytes + offset, on->where.filled - offset, d))
		*d = (struct mmuinspect_x86_descriptor) { .bytes = 8 };
}

/*
 * How much of it makes two CPUs' entries the same: all of a long one. What follows
 * a short one is the next one's, and compared there.
 */
static size_t next_bytes(const struct tables *t, size_t offset)
{
	struct mmuinspect_x86_descriptor d = { .bytes = 8 };
	size_t i;

	for (i = 0; i < t->n && t->on[i].mark != GROUP_LATER; )
		i++;
	if (i < t->n)
		read_entry(&t->on[i], offset, &d);
	return d.bytes;
}

/* Print what the CPUs have at an index; returns how many bytes that was. */
static size_t print_index(struct tables *t, size_t offset, int verbose)
{
	struct mmuinspect_x86_descriptor d;
	const struct table *on;
	size_t step = sizeof(d.raw);

	groups_begin(t);
	while ((on = groups_next(t, offset, next_bytes(t, offset)))) {
		read_entry(on, offset, &d);
		if (d.bytes < step)
			step = d.bytes;
		if (d.kind != MMUINSPECT_X86_EMPTY || verbose)
			print_entry(t, offset / 8, &d);
	}
	return step;
}

void gdt_print(struct tables *t, int verbose)
{
	const char *name = t->table == MMUINSPECT_DESC_GDT ? "GDT" : "LDT";
	size_t offset, end = 0, i;

	for (i = 0; i < t->n; i++)
		if (t->on[i].where.filled > end)
			end = t->on[i].where.filled;
	out_object(t->table == MMUINSPECT_DESC_GDT ? "gdt" : "ldt");
	out_where(t, name);
	if (end)
		out_heading("index   sel  CPUs              base     limit  DPL  flags   type");
	out_array("entries");
	for (offset = 0; offset + 8 <= end; )
		offset += print_index(t, offset, verbose);
	out_end();
	if (end)
		out_text("flags: P present, S code or data, G limit in units of 4K, L 64-bit code,\n"
			 "       D default size or big, A for software; the limit is in bytes\n");
	out_end();
}
