// SPDX-License-Identifier: GPL-2.0-only
/* The tour: from a selector and an offset to a linear address. */
#include <asm/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tour.h"

#define RPL	3
#define TABLE_MAX 65536
#define ENTRY	8

#define SELECTOR(name)						\
static unsigned int selector_of_##name(void)			\
{								\
	unsigned int value;					\
								\
	__asm__("mov %%" #name ", %0" : "=r" (value));		\
	return value & 0xffff;					\
}

SELECTOR(cs)
SELECTOR(ss)
SELECTOR(ds)
SELECTOR(fs)

static const struct {
	const char *name;
	unsigned int (*selector)(void);
} segments[] = {
	{ "CS", selector_of_cs }, { "SS", selector_of_ss },
	{ "DS", selector_of_ds }, { "FS", selector_of_fs },
};

static void print_segment(const char *name, unsigned int selector,
			  const unsigned char *gdt, size_t size)
{
	const char *linux_name = mmuinspect_x86_gdt_name(selector >> 3);
	size_t offset = selector & ~7U;
	struct mmuinspect_x86_descriptor d;
	char type[64];

	out_object(NULL);
	out_string("register", name, "  %s  ", name);
	out_hex("selector", selector, "selector 0x%02x: ", selector);
	if (offset < ENTRY || offset >= size ||
	    mmuinspect_x86_descriptor(gdt + offset, size - offset, &d)) {
		out_null("base", "the null selector: no descriptor at all\n");
		out_end();
		return;
	}
	mmuinspect_x86_type(&d, type, sizeof(type));
	out_number("index", selector >> 3, "entry %u of the GDT", selector >> 3);
	out_string("linux", linux_name, ", %s: ", linux_name);
	out_string("type", type, "%s, ", type);
	out_hex("base", d.base, "base 0x%llx, ", (unsigned long long)d.base);
	out_number("dpl", d.dpl, "DPL %u\n", d.dpl);
	out_end();
}

static void print_segments(const unsigned char *gdt, size_t size)
{
	size_t i;

	out_array("segments");
	for (i = 0; i < ARRAY_SIZE(segments); i++)
		print_segment(segments[i].name, segments[i].selector(), gdt, size);
	out_end();
}

static __u64 fs_base(void)
{
	unsigned long base = 0;

	syscall(SYS_arch_prctl, ARCH_GET_FS, &base);
	return base;
}

static void write_through_fs(__u64 offset, __u64 value)
{
	__asm__ volatile("mov %0, %%fs:(%1)" : : "r" (value), "r" (offset) : "memory");
}

/* FS is the one whose base counts, and that a program may see used. */
static const char *show_base(struct tour *t, const struct table *registers)
{
	const __u64 pattern = 0x7265656c206f6c73 ^ (__u64)getpid() << 32;
	__u64 linear = (__u64)t->page, offset, base, value;
	const char *why = tour_register(t, registers, MMUINSPECT_X86_FS_BASE, &base);

	if (why)
		return why;
	offset = linear - base;
	out_hex("fs_base", base, "\n  FS base, as CPU %u has it    0x%llx\n",
		registers->cpu, (unsigned long long)base);
	out_hex("offset", offset, "  offset                     + 0x%llx, modulo 2^64\n",
		(unsigned long long)offset);
	out_hex("linear", base + offset, "  linear address             = 0x%llx\n",
		(unsigned long long)(base + offset));
	write_through_fs(offset, pattern);
	value = *(volatile __u64 *)t->page;
	out_hex("written", pattern, "  written through FS           0x%llx\n",
		(unsigned long long)pattern);
	out_hex("found", value, "  found at the linear address  0x%llx\n",
		(unsigned long long)value);
	tour_check(t, base == fs_base(), "the base of FS is what the kernel says it set");
	tour_check(t, value == pattern,
		   "base + offset is the linear address: the bytes are there");
	tour_check(t, (selector_of_cs() & RPL) == 3,
		   "the low two bits of CS, the privilege level, are 3: user mode");
	return NULL;
}

static const char *show(struct tour *t)
{
	unsigned char *gdt = malloc(TABLE_MAX);
	struct table registers = { .reg = NULL };
	const char *why = tour_page(t);
	struct mmuinspect_desc where;
	unsigned int cpu;
	cpu_set_t before;
	int err;

	if (!why)
		why = tour_stay(t, &cpu, &before);
	if (why) {
		free(gdt);
		return why;
	}
	err = mmuinspect_desc(t->s.h, cpu, MMUINSPECT_DESC_GDT, gdt, TABLE_MAX, &where);
	why = err ? tour_refused(t, "descriptor tables", err) :
		    tour_registers(t, cpu, &registers);
	if (!why) {
		out_hex("gdt", where.base, "  GDT of CPU %u at 0x%llx\n", cpu,
			(unsigned long long)where.base);
		print_segments(gdt, where.filled);
		why = show_base(t, &registers);
	}
	free(registers.reg);
	free(gdt);
	sched_setaffinity(0, sizeof(before), &before);
	return why;
}

const struct tour_step tour_segments = {
	.name = "segments",
	.title = "From selector and offset to a linear address",
	.text = "A program names memory by a segment register and an offset. The register holds a\n"
		"selector: which entry of a descriptor table, and with which privilege. The entry\n"
		"has a base; base + offset is the linear address. In 64-bit mode the bases of CS,\n"
		"DS, ES and SS are taken for 0, so there the offset is the linear address; FS and\n"
		"GS have their base in an MSR, where each thread keeps its own data. Eight bytes\n"
		"are written through FS, and must be found at base + offset.\n",
	.show = show,
};
