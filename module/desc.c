// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptor tables, found and copied by the CPU that uses them: an LDT is only
 * mapped for the process that has it (with PTI, at one address for all), and a
 * table that is found in one moment may be gone in the next.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <linux/mmuinspect.h>

#include "arch.h"
#include "desc.h"

/* What a CPU is asked for, and what it answers */
struct errand {
	unsigned int table;
	struct mmui_desc *desc;
	void *dst;
	u32 room;
	u32 most;
	int err;
};

/* A TSS or an LDT is found by its descriptor, which is in the GDT. */
static int find_system(const struct mmui_arch_desc *w, u16 selector,
		       struct mmui_desc *desc)
{
	u64 descriptor[2];
	u32 offset = selector & ~7;

	desc->selector = selector;
	if (!offset || offset + sizeof(descriptor) - 1 > w->gdt_limit)
		return 0;
	if (copy_from_kernel_nofault(descriptor, (void *)(w->gdt + offset),
				     sizeof(descriptor)))
		return -EFAULT;
	desc->base = mmui_arch_desc_system(descriptor, &desc->limit);
	return 0;
}

static int find(struct errand *errand, struct mmui_desc *desc)
{
	struct mmui_arch_desc w;

	mmui_arch_desc_where(&w);
	switch (errand->table) {
	case MMUINSPECT_DESC_GDT:
		desc->base = w.gdt;
		desc->limit = w.gdt_limit;
		errand->most = w.most;
		return 0;
	case MMUINSPECT_DESC_IDT:
		desc->base = w.idt;
		desc->limit = w.idt_limit;
		errand->most = w.most;
		return 0;
	case MMUINSPECT_DESC_TSS:
		return find_system(&w, w.tss_selector, desc);
	case MMUINSPECT_DESC_LDT:
		return find_system(&w, w.ldt_selector, desc);
	}
	return -EINVAL;
}

/* On the CPU, with interrupts off: at most 64 KiB, mostly 128 bytes to 4 KiB. */
static void run(void *info)
{
	struct errand *errand = info;
	struct mmui_desc *desc = errand->desc;

	errand->err = find(errand, desc);
	if (errand->err || !desc->base)
		return;
	desc->filled = min_t(u64, min(errand->room, errand->most), desc->limit + 1ULL);
	if (copy_from_kernel_nofault(errand->dst, (void *)desc->base, desc->filled))
		errand->err = -EFAULT;
}

/**
 * mmui_desc_read - a descriptor table of a CPU
 * @cpu: its number
 * @table: enum mmuinspect_desc_table
 * @dst: receives the table's bytes; must not be pageable
 * @room: of @dst, in bytes
 * @desc: receives where it is, and how many bytes were copied
 *
 * Return: 0; -ENXIO (no such CPU, or offline); -EFAULT (it can't be read);
 * -EINVAL (no such table).
 */
int mmui_desc_read(unsigned int cpu, unsigned int table, void *dst, u32 room,
		   struct mmui_desc *desc)
{
	struct errand errand = {
		.table = table, .desc = desc, .dst = dst, .room = room,
		.most = U32_MAX,
	};

	*desc = (struct mmui_desc){};
	if (cpu >= nr_cpu_ids || smp_call_function_single(cpu, run, &errand, 1))
		return -ENXIO;
	return errand.err;
}
