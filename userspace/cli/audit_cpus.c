// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect audit: registers of all CPUs, and whether CPUs agree. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CR4_VMXE (1ULL << 13)

/*
 * KVM leaves a guest's values in these until the CPU returns to user mode
 * (arch/x86/kvm/vmx/vmx.c, vmx_uret_msrs_list): whoever interrupts a CPU that runs
 * a guest sees them.
 */
static const char *const left_by_guests[] = {
	"STAR", "LSTAR", "CSTAR", "FMASK", "TSX_CTRL",
};

static const struct mmuinspect_reg *find(const struct audit_cpus *r, __u32 cpu,
					 __u32 id)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->reg[i].cpu == cpu && r->reg[i].id == id)
			return &r->reg[i];
	return NULL;
}

const struct mmuinspect_reg *audit_reg(const struct audit_cpus *r, __u32 cpu,
				       __u32 id)
{
	const struct mmuinspect_reg *reg = find(r, cpu, id);

	return reg && !reg->error ? reg : NULL;
}

int audit_cpus_read(struct audit *a, struct audit_cpus *r)
{
	size_t i;
	int err = mmuinspect_regs(a->s.h, 0, UINT_MAX, &r->reg, &r->n);

	if (err)
		return err;
	r->cpu = calloc(r->n + 1, sizeof(*r->cpu));
	r->sample = calloc(r->n + 1, sizeof(*r->sample));
	if (!r->cpu || !r->sample)
		return -ENOMEM;
	for (i = 0; i < r->n; i++) {
		if (!r->reg[i].id)
			audit_skip(a, "cpu", audit_text("CPU %u: %s", r->reg[i].cpu,
							audit_why(r->reg[i].error)));
		else if (!r->online || r->cpu[r->online - 1] != r->reg[i].cpu)
			r->cpu[r->online++] = r->reg[i].cpu;
	}
	return 0;
}

void audit_cpus_free(struct audit_cpus *r)
{
	free(r->sample);
	free(r->cpu);
	free(r->reg);
}

static int is_left_by_guests(const struct audit_cpus *r, const char *name)
{
	const struct mmuinspect_reg *cr4;
	size_t i, cpu;

	for (i = 0; i < ARRAY_SIZE(left_by_guests); i++)
		if (!strcmp(left_by_guests[i], name))
			break;
	for (cpu = 0; i < ARRAY_SIZE(left_by_guests) && cpu < r->online; cpu++) {
		cr4 = audit_reg(r, r->cpu[cpu], MMUINSPECT_X86_CR4);
		if (cr4 && cr4->value & CR4_VMXE)
			return 1;
	}
	return 0;
}

static void find_disagreement(struct audit *a, const struct groups *groups,
			      char *what, const char *command)
{
	char *where = NULL;
	size_t size, i;
	FILE *f = open_memstream(&where, &size);

	for (i = 0; f && i < groups->n; i++) {
		const struct group *g = &groups->group[i];

		fprintf(f, "%sCPU%s %s", i ? "; " : "", g->n == 1 ? "" : "s",
			cpus_text(g->cpu, g->n));
		if (g->first->error)
			fprintf(f, ": none");
		else
			fprintf(f, ": 0x%llx", (unsigned long long)g->first->value);
	}
	if (f)
		fclose(f);
	audit_find(a, "cpus-disagree", SEVERITY_HIGH, what, where,
		   "what is forbidden depends on where a task happens to run",
		   audit_text("%s", command));
}

void audit_agreement(struct audit *a, const struct audit_cpus *r, size_t n,
		     const struct mmuinspect_register *row, const char *command)
{
	struct difference differs;
	struct groups groups;
	size_t i, have = 0;

	if (n < 2)
		return;
	if (groups_make(&groups, r->sample, n)) {
		a->failed = 1;
		return;
	}
	for (i = 0; i < n; i++)
		have += !r->sample[i].error;
	differs = groups_differ(&groups, row);
	if (have && have < n)
		find_disagreement(a, &groups,
				  audit_text("%s: not all CPUs have it", row->name),
				  command);
	else if (differs.must_not && is_left_by_guests(r, row->name))
		audit_skip(a, "cpus-disagree",
			   audit_text("%s: CPUs differ, and a hypervisor is in use, which leaves its guest's value there",
				      row->name));
	else if (differs.must_not)
		find_disagreement(a, &groups,
				  audit_text("%s: CPUs disagree in bits 0x%llx",
					     row->name,
					     (unsigned long long)differs.must_not),
				  command);
	groups_free(&groups);
}

void audit_registers(struct audit *a, const struct audit_cpus *r)
{
	const struct mmuinspect_register *table;
	const struct mmuinspect_reg *reg;
	size_t rows, i, cpu, n;
	int refused = 0;

	table = mmuinspect_register_table(a->s.info, &rows);
	for (i = 0; i < rows; i++) {
		for (cpu = 0, n = 0; cpu < r->online; cpu++) {
			reg = find(r, r->cpu[cpu], table[i].id);
			if (reg && reg->error && reg->error != -ENODEV)
				refused = reg->error;
			else
				r->sample[n++] = (struct sample) {
					.cpu = r->cpu[cpu],
					.error = reg ? reg->error : -ENODEV,
					.value = reg ? reg->value : 0,
				};
		}
		audit_agreement(a, r, n, &table[i], "mmuinspect regs -v");
	}
	if (refused)
		audit_skip(a, "cpus-disagree",
			   audit_text("registers that hold an address: %s",
				      refused == -EACCES ?
				      "need CAP_SYS_RAWIO (sudo)" : audit_why(refused)));
	audit_done(a, "cpus-disagree",
		   r->online == 1 ? audit_text("there is one CPU") :
		   audit_text("%zu CPUs agree on registers", r->online));
}
