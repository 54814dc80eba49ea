// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes: INT n for each vector, the instructions that raise one without asking a
 * gate, and the doors to the kernel.
 */
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

#define VECTORS		256
#define INT_SYSCALL	0x80
#define GETPID_32	20	/* asm/unistd_32.h */

/* Through a door the kernel answers. */
static void saw_pid(struct trial *t)
{
	t->wrong = t->regs.rax != (__u64)getpid();
	snprintf(t->effect, sizeof(t->effect), "getpid() answered %lld",
		 (long long)t->regs.rax);
}

#define PROBES(X)							\
	X(int3, "int3", "", "int3", .kind = KIND_INT, .number = 3)	\
	X(icebp, "icebp", "", ".byte 0xf1 # int1", .rule = RULE_ICEBP)	\
	X(into, "into", "", ".byte 0xce # into", .rule = RULE_UNDEFINED) \
	X(syscall, "syscall", "", "syscall", .rule = RULE_SYSCALL,	\
	  .regs = { .rax = SYS_getpid }, .effect = saw_pid,		\
	  .msr = { MSR_STAR, MSR_LSTAR })				\
	X(sysenter, "sysenter", "", "sysenter", .rule = RULE_SYSENTER,	\
	  .regs = { .rax = GETPID_32 }, .leaves = 1,			\
	  .msr = { MSR_SYSENTER_CS, MSR_SYSENTER_EIP })

PROBES(PROBE_CODE)

static const struct probe fixed[] = { PROBES(PROBE_ROW) };

#define FIXED (ARRAY_SIZE(fixed))

/* "int $0x20", "int-0x20", and two bytes each */
static struct made {
	char name[16];
	char text[16];
	unsigned char code[2];
} made[VECTORS];

static struct probe make(unsigned int vector)
{
	struct made *m = &made[vector];
	struct probe p = {
		.name = m->name, .text = m->text, .class = CLASS_INTERRUPTS,
		.code = m->code, .at = m->code, .end = m->code + sizeof(m->code),
		.kind = KIND_INT, .number = vector,
	};

	snprintf(m->name, sizeof(m->name), "int-0x%02x", vector);
	snprintf(m->text, sizeof(m->text), "int $0x%02x", vector);
	m->code[0] = 0xcd;
	m->code[1] = vector;
	if (vector == INT_SYSCALL) {
		p.regs.rax = GETPID_32;
		p.effect = saw_pid;
	}
	return p;
}

struct probe_rows probe_interrupts(void)
{
	static struct probe rows[VECTORS + FIXED];
	unsigned int v;

	memcpy(rows, fixed, sizeof(fixed));
	for (v = 0; v < VECTORS; v++)
		rows[FIXED + v] = make(v);
	return (struct probe_rows) { rows, VECTORS + FIXED };
}
