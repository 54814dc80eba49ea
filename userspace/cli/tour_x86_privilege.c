// SPDX-License-Identifier: GPL-2.0-only
/* The tour: what only the kernel may do: load CR3, reach MSRs, say who gets in. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tour.h"

#define PAGE		4096ULL
#define CR4_PCIDE	(1ULL << 17)
#define CR4_FRED	(1ULL << 32)
#define CR3_PCID	0xfffULL

static const char *show_root(struct tour *t, unsigned int cpu)
{
	int pti = !!(t->s.info->features & MMUINSPECT_FEATURE_PTI);
	struct table registers = { .reg = NULL };
	struct mmuinspect_translation walk;
	const char *why = tour_page(t);
	__u64 root, cr3, cr4, top;

	if (!why)
		why = tour_walk(t, 0, t->page, 0, &walk, &root);
	if (!why)
		why = tour_registers(t, cpu, &registers);
	if (why)
		return why;
	why = tour_register(t, &registers, MMUINSPECT_X86_CR3, &cr3);
	if (!why)
		why = tour_register(t, &registers, MMUINSPECT_X86_CR4, &cr4);
	free(registers.reg);
	if (why)
		return why;
	top = cr3 & t->s.info->phys_mask & -PAGE;
	out_hex("cr3", cr3, "  CR3 of CPU %u, in the kernel  0x%llx\n", cpu,
		(unsigned long long)cr3);
	out_bool("pcid_in_use", !!(cr4 & CR4_PCIDE), cr4 & CR4_PCIDE ?
		 "    of which a tag for the TLB   0x%llx\n" : NULL,
		 (unsigned long long)(cr3 & CR3_PCID));
	out_hex("top_table", top, "    of which the top table     0x%llx\n",
		(unsigned long long)top);
	out_hex("walk_root", root, "  where a walk here begins     0x%llx%s\n",
		(unsigned long long)root, pti ? ", user mode's own top table" : "");
	tour_check(t, root == (pti ? top | PAGE : top), pti ?
		   "user mode's top table is the page above the kernel's" :
		   "CR3 has the table that a walk begins at");
	return NULL;
}

static const char *show_cr3(struct tour *t)
{
	static const char *const probes[] = { "mov-from-cr3", "mov-to-cr3" };
	cpu_set_t before;
	unsigned int cpu;
	const char *why = tour_stay(t, &cpu, &before);

	if (why)
		return why;
	why = show_root(t, cpu);
	sched_setaffinity(0, sizeof(before), &before);
	if (why)
		return why;
	out_text("\n");
	return tour_probe(t, probes, 2);
}

const struct tour_step tour_cr3 = {
	.name = "cr3",
	.title = "CR3: which tables the CPU uses, and who may say so",
	.text = "CR3 has the physical address of the top table. Whoever loads it chooses all that\n"
		"an address can mean, so that is for privilege level 0 alone: the instruction\n"
		"itself checks the level, and no page and no right of a user can allow it. The\n"
		"module reads it on this CPU; then user mode tries to read it and to load it, and\n"
		"must get #GP, which Linux turns into SIGSEGV. In /dev/mmuinspect there is no way\n"
		"to write it.\n",
	.show = show_cr3,
};

/* EFER: an MSR that each x86-64 CPU has */
#define MSR_EFER	0xc0000080U
#define MSR_APIC_BASE	0x1bU
#define APIC_EXTD	(1ULL << 10)
#define APIC_EN		(1ULL << 11)

/* The same number, as an address: memory is put there, and the MSR doesn't care. */
static const char *show_number(struct tour *t, unsigned int cpu)
{
	struct mmuinspect_translation walk;
	__u64 *at = (__u64 *)(uintptr_t)MSR_EFER, before, after;
	void *page = (void *)((uintptr_t)at & -PAGE);
	const char *why = tour_msr(t, cpu, MSR_EFER, &before);
	__u64 pattern;

	if (why)
		return why;
	if (mmap(page, PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != page)
		return tour_cannot(t, "something is mapped at %p already", page);
	pattern = ~before;
	*(volatile __u64 *)at = pattern;
	why = tour_walk(t, 0, at, 0, &walk, NULL);
	if (!why)
		why = tour_msr(t, cpu, MSR_EFER, &after);
	if (!why) {
		out_hex("msr", MSR_EFER, "  MSR 0x%x is EFER\n", MSR_EFER);
		out_hex("efer", before, "  read on CPU %u               0x%llx\n", cpu,
			(unsigned long long)before);
		out_hex("address_phys", walk.phys, "  memory at address 0x%x: physical 0x%llx\n",
			MSR_EFER, (unsigned long long)walk.phys);
		out_hex("stored", pattern, "  stored there                0x%llx\n",
			(unsigned long long)pattern);
		out_hex("efer_after", after, "  read on CPU %u again         0x%llx\n", cpu,
			(unsigned long long)after);
		tour_check(t, *(volatile __u64 *)at == pattern && after == before,
			   "address and MSR of one number have nothing to do with each other");
	}
	munmap(page, PAGE);
	return why;
}

/* The one device that can be had both ways */
static void show_apic(struct tour *t, unsigned int cpu)
{
	__u64 value;

	if (tour_msr(t, cpu, MSR_APIC_BASE, &value))
		return;
	out_hex("apic_base", value, "  the local APIC of CPU %u: ", cpu);
	out_bool("x2apic", !!(value & APIC_EXTD), !(value & APIC_EN) ? "off\n" :
		 value & APIC_EXTD ? "its registers are MSRs now (x2APIC)\n" :
		 "its registers are memory now, at physical 0x%llx (xAPIC)\n",
		 (unsigned long long)(value & t->s.info->phys_mask & -PAGE));
}

static const char *show_msrs(struct tour *t)
{
	static const char *const probes[] = { "rdmsr", "wrmsr" };
	cpu_set_t before;
	unsigned int cpu;
	const char *why = tour_stay(t, &cpu, &before);

	if (why)
		return why;
	why = show_number(t, cpu);
	if (!why)
		show_apic(t, cpu);
	sched_setaffinity(0, sizeof(before), &before);
	if (why)
		return why;
	out_text("\n");
	return tour_probe(t, probes, 2);
}

const struct tour_step tour_msrs = {
	.name = "msrs",
	.title = "MSRs, and why they aren't in memory",
	.text = "A model-specific register has a number, not an address: only RDMSR and WRMSR\n"
		"reach it, on the CPU that has it. CR0.PG turns paging on; but what an entry may\n"
		"say, and where system calls lead, is in MSRs (EFER, PAT, LSTAR). That can't be\n"
		"behind the very tables whose meaning it decides: a mapping too many would give\n"
		"the machine away. A device in memory can be mapped to a program; an MSR never,\n"
		"and its instructions check for privilege level 0. That is why they are read by\n"
		"the kernel, from a list that says which may be.\n",
	.show = show_msrs,
};

#define GATE	16
#define VECTORS	256
#define TABLE_MAX 65536
#define PAGE_FAULT 14

static void print_public(const unsigned char *idt, size_t size)
{
	struct mmuinspect_x86_descriptor gate;
	unsigned int present = 0, public = 0, v;

	out_array("public");
	for (v = 0; v < VECTORS; v++) {
		if (mmuinspect_x86_gate(idt, size, v, &gate) || !gate.p)
			continue;
		present++;
		if (!mmuinspect_x86_user_may_raise(&gate))
			continue;
		out_number(NULL, v, public++ ? ", %u" : "  public  %u", v);
		if (vector_name(v))
			out_text(" (%s)", vector_name(v));
	}
	out_end();
	out_number("gates_present", present, public ? "\n" : NULL);
	out_number("private", present - public, "  private %u others\n", present - public);
}

static void print_handler(struct tour *t, const unsigned char *idt, size_t size)
{
	struct symbol symbol = { 0 };
	struct mmuinspect_x86_descriptor gate;

	if (mmuinspect_x86_gate(idt, size, PAGE_FAULT, &gate))
		return;
	symbol.address = gate.offset;
	symbols_find(&symbol, 1);
	out_hex("page_fault_handler", gate.offset, "  gate %u (%s) leads to 0x%llx",
		PAGE_FAULT, vector_name(PAGE_FAULT), (unsigned long long)gate.offset);
	out_string("page_fault_symbol", *symbol.name ? symbol.name : NULL,
		   *symbol.name ? ", %s" : NULL, symbol.name);
	out_number("page_fault_dpl", gate.dpl, ", DPL %u\n", gate.dpl);
	tour_check(t, gate.p && !mmuinspect_x86_user_may_raise(&gate),
		   "gate 14 is private, though each fault of a program goes through it");
}

static const char *show_gates(struct tour *t)
{
	static const char *const probes[] = { "int3", "int-0x0e", "syscall" };
	static unsigned char idt[TABLE_MAX];
	struct table registers = { .reg = NULL };
	struct mmuinspect_desc where;
	cpu_set_t before;
	unsigned int cpu;
	const char *why = tour_stay(t, &cpu, &before);
	int err;

	if (why)
		return why;
	err = mmuinspect_desc(t->s.h, cpu, MMUINSPECT_DESC_IDT, idt, TABLE_MAX, &where);
	why = err ? tour_refused(t, "descriptor tables", err) :
		    tour_registers(t, cpu, &registers);
	sched_setaffinity(0, sizeof(before), &before);
	if (!why && table_bit(&registers, MMUINSPECT_X86_CR4, CR4_FRED))
		why = tour_cannot(t, "this CPU uses FRED, and no gates: the kernel decides");
	free(registers.reg);
	if (why)
		return why;
	out_hex("idt", where.base, "  IDT of CPU %u at 0x%llx\n", cpu,
		(unsigned long long)where.base);
	print_public(idt, where.filled);
	print_handler(t, idt, where.filled);
	out_text("\n");
	return tour_probe(t, probes, 3);
}

const struct tour_step tour_gates = {
	.name = "gates",
	.title = "Gates: the ways into the kernel, public and private",
	.text = "An interrupt or exception enters the kernel through a gate of the IDT. Each gate\n"
		"has a privilege level (DPL): INT n, INT3 and INTO of user mode get through only\n"
		"if it's 3. Exceptions of the CPU, and devices, aren't asked. So a breakpoint (INT3)\n"
		"is public, and a page fault can happen to a program, but it can't claim one: INT\n"
		"14 must come out as #GP, with the number of the gate in its error code. SYSCALL\n"
		"is a door of its own: it leads where an MSR says.\n",
	.show = show_gates,
};
