// SPDX-License-Identifier: GPL-2.0-only
/* Registers that tell the MMU what to do: gathered on the CPU that has them. */
#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/smp.h>

#include "arch.h"
#include "regs.h"

static void gather(void *info)
{
	struct mmuinspect_reg *reg = info;
	const struct mmui_arch_reg *row;

	for (row = mmui_arch_regs; row->id; row++, reg++)
		reg->error = row->read(&reg->value);
}

/**
 * mmui_regs_read - all registers of a CPU, from one moment
 * @cpu: its number
 * @refused: why those that reveal an address must not be told; 0 if they may
 * @reg: receives them
 *
 * Return: how many; 1 with id 0 for a CPU that is offline; 0 for one that
 * doesn't exist. May sleep.
 */
unsigned int mmui_regs_read(unsigned int cpu, int refused,
			    struct mmuinspect_reg reg[MMUI_REGS_PER_CPU])
{
	const struct mmui_arch_reg *row;
	unsigned int n = 0;

	if (cpu >= nr_cpu_ids || !cpu_present(cpu))
		return 0;
	memset(reg, 0, MMUI_REGS_PER_CPU * sizeof(*reg));
	if (smp_call_function_single(cpu, gather, reg, 1)) {
		reg[0].cpu = cpu;
		reg[0].error = -ENXIO;
		return 1;
	}
	for (row = mmui_arch_regs; row->id; row++, n++) {
		reg[n].cpu = cpu;
		reg[n].id = row->id;
		if (row->reveals && refused)
			reg[n].error = refused;
		if (reg[n].error)
			reg[n].value = 0;
	}
	return n;
}
