// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptor tables of a machine that isn't there: four CPUs with one IDT, and a
 * GDT and a TSS each. CPU 1's task has an LDT; CPU 2's may use ports.
 *
 * In FAKE:
 *	desc		the call fails with this errno
 *	short		1: the IDT has 32 gates
 *	gate		1: CPU 3 has an IDT of its own, with gate 6 open to user mode
 *	high		1: all CPUs have an LDT's descriptor, CPU 3's with another high half
 *	callgate	the DPL of a call gate, and one more; it's in CPU 2's GDT
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "fake.h"
#include "mmuinspect.h"

#define CPUS 4
#define GDT_ENTRIES 16
#define TSS_BYTES 0x2069

static __u64 gate(unsigned int vector, unsigned int dpl, unsigned int ist)
{
	return 0x00008e0000100000 | (__u64)dpl << 45 | (__u64)ist << 32 |
	       (vector + 1) * 16;
}

static __u32 fill_idt(__u32 cpu, __u64 *table)
{
	unsigned int vector, vectors = setting("short") ? 32 : 256;

	for (vector = 0; vector < vectors; vector++) {
		unsigned int open = vector == 3 || vector == 4 || vector == 128;

		open |= vector == 6 && cpu == 3 && setting("gate");
		table[2 * vector] = gate(vector, open ? 3 : 0, vector == 8);
	}
	return vectors * 16;
}

static __u32 fill_gdt(__u32 cpu, __u64 *table)
{
	table[1] = 0x00cf9b000000ffff;
	table[2] = 0x00af9b000000ffff;
	table[3] = 0x00cf93000000ffff;
	table[4] = 0x00cffb000000ffff;
	table[5] = 0x00cff3000000ffff;
	table[6] = 0x00affb000000ffff;
	table[8] = 0x00008b0030002068 | (__u64)cpu << 32;
	table[9] = 0xfffffe00;
	if (setting("high")) {
		table[10] = 0x000082003000000f;
		table[11] = 0xfffffe00 + (cpu == 3);
	}
	if (cpu == 2 && setting("callgate")) {
		table[12] = 0x12348c0000105678 | (setting("callgate") - 1) << 45;
		/* What would be an open call gate too, if it were a first half */
		table[13] = 0x0000ec0000000000;
	}
	table[15] = 0x0040f50000000000 | cpu;
	return GDT_ENTRIES * 8;
}

static __u32 fill_tss(__u32 cpu, unsigned char *table)
{
	__u64 stack = 0xfffffe0000010000 + cpu * 0x1000;

	memcpy(table + 4, &stack, sizeof(stack));
	stack += 0x100000;
	memcpy(table + 36, &stack, sizeof(stack));
	memset(table + 104, 0xff, TSS_BYTES - 104);
	memcpy(table + 102, &(__u16) { cpu == 2 ? 104 : TSS_BYTES }, 2);
	if (cpu == 2)
		table[104 + 0x60 / 8] = 0xee;	/* 0x60 and 0x64 */
	return TSS_BYTES;
}

static __u32 fill_ldt(__u32 cpu, __u64 *table)
{
	table[0] = 0x00cff3000000ffff;
	table[1] = 0x00cf73000000ffff;	/* not present */
	return cpu == 1 ? 16 : 0;
}

int do_desc(void *arg)
{
	static __u64 table[65536 / 8];
	struct mmuinspect_desc *d = arg;
	__u32 n;

	if (d->cpu >= CPUS || (d->cpu && setting("offline") == d->cpu))
		return -ENXIO;
	memset(table, 0, sizeof(table));
	d->base = 0xfffffe0000000000 + (d->table != MMUINSPECT_DESC_IDT) * 0x1000 * (d->cpu + 1);
	switch (d->table) {
	case MMUINSPECT_DESC_IDT:
		n = fill_idt(d->cpu, table);
		break;
	case MMUINSPECT_DESC_GDT:
		n = fill_gdt(d->cpu, table);
		break;
	case MMUINSPECT_DESC_TSS:
		d->selector = 0x40;
		n = fill_tss(d->cpu, (void *)table);
		break;
	default:
		n = fill_ldt(d->cpu, table);
		if (!n)
			d->base = 0;
	}
	d->limit = n ? n - 1 : 0;
	d->filled = n < d->vec_len ? n : d->vec_len;
	memcpy((void *)(uintptr_t)d->vec, table, d->filled);
	return 0;
}
