// SPDX-License-Identifier: GPL-2.0-only
/* Probes: instructions that load and store where descriptor tables are. */
#include <stdio.h>
#include <string.h>

#include "probe.h"

/* As SGDT and SIDT store it: SDM vol. 3A figure 2-6 */
struct table_register {
	__u16 limit;
	__u64 base;
} __attribute__((packed));

/* An operand in memory; zeroes, which no load gets to see */
static const char *use_buffer(struct trial *t)
{
	t->regs.rsi = (__u64)t->buffer;
	return NULL;
}

/* Is it the real one? With UMIP the kernel makes an answer up. */
static void compare(struct trial *t, __u64 value, unsigned int id, __u64 mask)
{
	int known;
	__u64 real = trial_register(t, id, &known);

	if (known && (value & mask) != (real & mask))
		t->emulated = 1;
	else if (known && t->expected.end != END_EMULATED)
		t->emulated = 0;
}

static void saw_table(struct trial *t, unsigned int id)
{
	struct table_register r;

	memcpy(&r, t->buffer, sizeof(r));
	snprintf(t->effect, sizeof(t->effect), "limit 0x%x, base 0x%llx", r.limit,
		 (unsigned long long)r.base);
	compare(t, r.base, id, ~0ULL);
}

static void saw_gdt(struct trial *t)
{
	saw_table(t, MMUINSPECT_X86_GDTR_BASE);
}

static void saw_idt(struct trial *t)
{
	saw_table(t, MMUINSPECT_X86_IDTR_BASE);
}

static void saw_value(struct trial *t, const char *what, unsigned int id, __u64 mask)
{
	snprintf(t->effect, sizeof(t->effect), "%s 0x%llx", what,
		 (unsigned long long)t->regs.rax);
	compare(t, t->regs.rax, id, mask);
}

static void saw_ldt(struct trial *t)
{
	saw_value(t, "LDTR", MMUINSPECT_X86_LDTR, 0xffff);
}

static void saw_tr(struct trial *t)
{
	saw_value(t, "TR", MMUINSPECT_X86_TR, 0xffff);
}

/* TS comes and goes. */
static void saw_msw(struct trial *t)
{
	saw_value(t, "CR0", MMUINSPECT_X86_CR0, 0xffff & ~8ULL);
}

#define LOAD	.rule = RULE_PRIVILEGED, .prepare = use_buffer
#define STORE	.rule = RULE_UMIP, .prepare = use_buffer

#define PROBES(X)							\
	X(lgdt, "lgdt", "", "lgdt (%rsi)", LOAD)			\
	X(lidt, "lidt", "", "lidt (%rsi)", LOAD)			\
	X(lldt, "lldt", "", "lldt %ax", .rule = RULE_PRIVILEGED)	\
	X(ltr, "ltr", "", "ltr %ax", .rule = RULE_PRIVILEGED,		\
	  .regs = { .rax = 0x40 })					\
	X(sgdt, "sgdt", "", "sgdt (%rsi)", STORE, .effect = saw_gdt)	\
	X(sidt, "sidt", "", "sidt (%rsi)", STORE, .effect = saw_idt)	\
	X(sldt, "sldt", "", "sldt %rax", .rule = RULE_UMIP,		\
	  .effect = saw_ldt)						\
	X(str, "str", "", "str %rax", .rule = RULE_UMIP,		\
	  .effect = saw_tr)						\
	X(smsw, "smsw", "", "smsw %rax", .rule = RULE_UMIP,		\
	  .effect = saw_msw)

PROBES(PROBE_CODE)

struct probe_rows probe_tables(void)
{
	static const struct probe rows[] = { PROBES(PROBE_ROW) };

	return (struct probe_rows) { rows, ARRAY_SIZE(rows) };
}
