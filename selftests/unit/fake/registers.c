// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers, MSRs and the netlink family of a machine that isn't there: four CPUs.
 *
 * In FAKE:
 *	regs, msrs, family	that call fails with this errno
 *	refuse		registers that reveal an address are refused with this errno
 *	fred		1: the CPUs use FRED
 *	differ		1: CPU 1 has no UMIP, and another PAT
 *	regN, regN_CPU	the value of register N (enum mmuinspect_x86_reg)
 *	gone		CPU 1 has no such register
 *	msrX, msrX_CPU	the value of the MSR with the hex number X
 *	permit		1: MSRs that aren't listed here may be read too, and fault
 *	msrgone		CPU 1 faults at this MSR
 *	msrdenied	CPUID says that no CPU has this MSR
 *	offline		that CPU is offline
 *	policy		changing the list of MSRs fails with this errno
 *	sealed		1: the list is sealed
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"
#include "info.h"
#include "mmuinspect.h"

#define CPUS 4
/* Only if FAKE has it */
#define NONE ~0ULL

static const struct {
	unsigned int id;
	int reveals;
	__u64 value;
	__u64 step;	/* more on each next CPU */
} registers[] = {
	{ MMUINSPECT_X86_CR0, 0, 0x80050033, 0 },
	{ MMUINSPECT_X86_CR2, 1, 0x7f0012345000, 0x1000 },
	{ MMUINSPECT_X86_CR3, 1, 0x3472000, 0x1000 },
	{ MMUINSPECT_X86_CR4, 0, 0x751ef0, 0 },
	{ MMUINSPECT_X86_CR8, 0, 1, 0 },
	{ MMUINSPECT_X86_EFER, 0, 0xd01, 0 },
	{ MMUINSPECT_X86_XCR0, 0, 0x207, 0 },
	{ MMUINSPECT_X86_PAT, 0, 0x0407050600070106, 0 },
	{ MMUINSPECT_X86_S_CET, 0, NONE, 0 },
	{ MMUINSPECT_X86_GDTR_BASE, 1, 0xfffffe0000001000, 0x3b000 },
	{ MMUINSPECT_X86_GDTR_LIMIT, 0, 0x7f, 0 },
	{ MMUINSPECT_X86_IDTR_BASE, 1, 0xfffffe0000000000, 0 },
	{ MMUINSPECT_X86_IDTR_LIMIT, 0, 0xfff, 0 },
	{ MMUINSPECT_X86_LDTR, 0, 0, 0 },
	{ MMUINSPECT_X86_TR, 0, 0x40, 0 },
	{ MMUINSPECT_X86_GS_BASE, 1, 0xffff888007c00000, 0x80000 },
	{ MMUINSPECT_X86_KERNEL_GS_BASE, 1, 0, 0 },
	{ MMUINSPECT_X86_FS_BASE, 1, 0, 0 },
};

#define REGISTERS (sizeof(registers) / sizeof(registers[0]))

static int is_offline(__u32 cpu)
{
	return cpu && setting("offline") == cpu;
}

static __u64 odd(__u32 cpu, unsigned int id, __u64 value)
{
	if (id == MMUINSPECT_X86_CR4 && setting("fred"))
		value |= 1ULL << 32;
	if (cpu != 1 || !setting("differ"))
		return value;
	if (id == MMUINSPECT_X86_CR4)
		return value & ~0x800ULL;
	return id == MMUINSPECT_X86_PAT ? value ^ 0x100 : value;
}

/* Returns 0 if the CPU has none, and nothing is said of it. */
static int read_register(__u32 cpu, size_t i, struct mmuinspect_reg *reg)
{
	__u64 value = registers[i].value + cpu * registers[i].step;
	unsigned int id = registers[i].id;
	char name[16];

	*reg = (struct mmuinspect_reg) {
		.cpu = cpu,
		.id = id,
		.error = registers[i].reveals ? -(int)setting("refuse") : 0,
	};
	snprintf(name, sizeof(name), "reg%u", id);
	if (!given_on(name, cpu, &value) && registers[i].value == NONE)
		return 0;
	if (cpu == 1 && setting("gone") == id)
		reg->error = -ENODEV;
	if (!reg->error)
		reg->value = odd(cpu, id, value);
	return 1;
}

static unsigned int read_cpu(__u32 cpu, struct mmuinspect_reg *reg)
{
	unsigned int n = 0;
	size_t i;

	*reg = (struct mmuinspect_reg) { .cpu = cpu, .error = -ENXIO };
	if (is_offline(cpu))
		return 1;
	for (i = 0; i < REGISTERS; i++)
		n += read_register(cpu, i, &reg[n]);
	if (setting("fred"))
		reg[n++] = (struct mmuinspect_reg) {
			.cpu = cpu, .id = MMUINSPECT_X86_FRED_CONFIG,
			.value = 0xffffffff81c01242,
		};
	return n;
}

int do_regs(void *arg)
{
	struct mmuinspect_regs *regs = arg;
	struct mmuinspect_reg *vec = (void *)(uintptr_t)regs->vec;

	regs->filled = 0;
	/* One CPU a call: the library has to go on. */
	if (regs->cpu < CPUS && regs->cpu <= regs->last_cpu)
		regs->filled = read_cpu(regs->cpu++, vec);
	if (regs->cpu >= CPUS || regs->cpu > regs->last_cpu)
		regs->cpu = ~0u;
	return 0;
}

/* In ascending order */
static const struct {
	struct mmuinspect_rule rule;
	int error;
	__u64 value;
} msrs[] = {
	{ { ~0ULL, 0x1b, 1 }, 0, 0xfee00800 },
	{ { ~0ULL, 0x277, 0 }, 0, 0x0407050600070106 },
	{ { ~0ULL, 0x802, 1 }, -EIO, 0 },
	{ { 0xffffffff, 0x12345, 1 }, 0, 0x1234567 },
	{ { ~0ULL, 0xc0000080, 0 }, 0, 0xd01 },
};

#define MSRS (sizeof(msrs) / sizeof(msrs[0]))

static void read_msr(struct mmuinspect_msr *m)
{
	char name[16];
	size_t i;

	for (i = 0; i < MSRS && msrs[i].rule.msr != m->msr; )
		i++;
	m->tsc_before = 1000;
	m->tsc_after = 1010;
	snprintf(name, sizeof(name), "msr%x", m->msr);
	if (setting("msrdenied") && setting("msrdenied") == m->msr)
		m->error = -ENODEV;
	else if (m->cpu == 1 && setting("msrgone") == m->msr)
		m->error = -EIO;
	else if (given_on(name, m->cpu, &m->value))
		return;
	else if (i == MSRS)
		m->error = setting("permit") ? -EIO : -EACCES;
	else if (setting("refuse") && msrs[i].rule.reveals)
		m->error = -(int)setting("refuse");
	else if (m->cpu >= CPUS || is_offline(m->cpu))
		m->error = -ENXIO;
	else
		m->error = msrs[i].error;
	if (m->error && m->error != -EIO)
		m->tsc_before = m->tsc_after = 0;
	if (m->error)
		return;
	m->value = msrs[i].value;
	if (m->msr == 0x1b && !m->cpu)
		m->value |= 0x100;
	if (m->msr == 0xc0000080 && m->cpu == 1 && setting("differ"))
		m->value &= ~0x800ULL;
}

int do_msrs(void *arg)
{
	struct mmuinspect_msrs *req = arg;
	struct mmuinspect_msr *vec = (void *)(uintptr_t)req->vec;

	for (req->done = 0; req->done < req->vec_len; req->done++)
		read_msr(&vec[req->done]);
	return 0;
}

/* The family. Its functions are replaced, as libnl can't be asked in vain. */
static char family;

int __wrap_mmuinspect_family_open(struct mmuinspect_family **ret)
{
	*ret = (void *)&family;
	return -(int)setting("family");
}

void __wrap_mmuinspect_family_close(struct mmuinspect_family *f)
{
	(void)f;
}

const char *__wrap_mmuinspect_family_why(const struct mmuinspect_family *f)
{
	(void)f;
	return setting("policy") ? "the kernel says why" : "";
}

int __wrap_mmuinspect_family_info(struct mmuinspect_family *f,
				  struct mmuinspect_info *info)
{
	(void)f;
	*info = fake_info;
	return 0;
}

int __wrap_mmuinspect_family_regs(struct mmuinspect_family *f,
				  const struct mmuinspect_info *info,
				  struct mmuinspect_reg **ret, size_t *n)
{
	__u32 cpu;

	(void)f;
	(void)info;
	if (setting("regs"))
		return -(int)setting("regs");
	*ret = calloc(CPUS * (REGISTERS + 1), sizeof(**ret));
	*n = 0;
	for (cpu = 0; *ret && cpu < CPUS; cpu++)
		*n += read_cpu(cpu, *ret + *n);
	return *ret ? 0 : -ENOMEM;
}

int __wrap_mmuinspect_policy_get(struct mmuinspect_family *f,
				 struct mmuinspect_rule rule[MMUINSPECT_POLICY_MAX],
				 size_t *n, int *sealed)
{
	(void)f;
	for (*n = 0; *n < MSRS; ++*n)
		rule[*n] = msrs[*n].rule;
	*sealed = setting("sealed");
	return -(int)setting("policy");
}

int __wrap_mmuinspect_policy_set(struct mmuinspect_family *f,
				 const struct mmuinspect_rule *rule, size_t n,
				 int extend)
{
	size_t i;

	(void)f;
	if (setting("policy"))
		return -(int)setting("policy");
	for (i = 0; i < n; i++)
		dprintf(STDOUT_FILENO, "%s 0x%x 0x%llx\n", extend ? "extend" : "replace", rule[i].msr,
		       (unsigned long long)rule[i].mask);
	return 0;
}

int __wrap_mmuinspect_policy_seal(struct mmuinspect_family *f)
{
	(void)f;
	return -(int)setting("policy");
}
