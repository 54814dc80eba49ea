// SPDX-License-Identifier: GPL-2.0-only
/*
 * What x86-64 does with an instruction: rules as rows of checks, in the order in
 * which the manuals have the CPU make them. The first that holds raises its
 * exception; if none does, the instruction retires.
 *
 * Intel SDM vol. 2 and AMD APM vol. 3 for each instruction, unless a row says
 * otherwise; vol. 3A 6.15 for the order of #UD before #GP.
 */
#include <stdio.h>
#include <string.h>

#include "expect.h"

#define BIT(n)		(1ULL << (n))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define IOPL(flags)	((flags) >> 12 & 3)
#define FRED		BIT(32)	/* of CR4 */
#define HAS_FRED	BIT(17)	/* of EAX of CPUID leaf 7, subleaf 1 */

/* A condition: some bits of an item, and how it is put into words */
enum condition {
	ALWAYS,
	USER,
	IO_RIGHT,
	PORT,
	GUEST,
	AMD,
	USER_MONITOR,
	SYSENTER_CS,
	CR4_TSD,
	CR4_PCE,
	CR4_UMIP,
	CR4_VMXE,
	CR4_FSGSBASE,
	CR4_OSXSAVE,
	CR4_PKE,
	CR4_PVI,
	CR4_FRED,
	EFER_SCE,
	EFER_SVME,
	HAS_MSR,
	HAS_SEP,
	HAS_XSAVE,
	HAS_MONITOR,
	HAS_VMX,
	HAS_FSGSBASE,
	HAS_INVPCID,
	HAS_SMAP,
	HAS_PKU,
	HAS_SVM,
	HAS_RDTSCP,
};

static const struct {
	enum expect_item item;
	__u64 mask;
	const char *set;
	const char *clear;
} conditions[] = {
	[ALWAYS] = { ITEMS, 0, "always", "always" },
	[USER] = { ITEM_CPL, 3, "CPL is 3", "CPL is 0" },
	[IO_RIGHT] = { ITEM_IO_RIGHT, 1, "CPL <= IOPL", "CPL > IOPL" },
	[PORT] = { ITEM_PORT, 1, "the I/O map grants the port",
		   "the I/O map denies the port" },
	[GUEST] = { ITEM_GUEST, 1, "a hypervisor may take it", "no hypervisor below" },
	[AMD] = { ITEM_AMD, 1, "AMD, in long mode", "not AMD" },
	[USER_MONITOR] = { ITEM_USER_MONITOR, ~0ULL, "HWCR.MonMwaitUserEn is set",
			   "HWCR.MonMwaitUserEn isn't set" },
	[SYSENTER_CS] = { ITEM_SYSENTER_CS, 0xfffc, "SYSENTER_CS is set",
			  "SYSENTER_CS is 0" },
	[CR4_TSD] = { ITEM_CR4, BIT(2), "CR4.TSD is set", "CR4.TSD is clear" },
	[CR4_PCE] = { ITEM_CR4, BIT(8), "CR4.PCE is set", "CR4.PCE is clear" },
	[CR4_UMIP] = { ITEM_CR4, BIT(11), "CR4.UMIP is set", "CR4.UMIP is clear" },
	[CR4_VMXE] = { ITEM_CR4, BIT(13), "CR4.VMXE is set", "CR4.VMXE is clear" },
	[CR4_FSGSBASE] = { ITEM_CR4, BIT(16), "CR4.FSGSBASE is set",
			   "CR4.FSGSBASE is clear" },
	[CR4_OSXSAVE] = { ITEM_OSXSAVE, 1, "CR4.OSXSAVE is set",
			  "CR4.OSXSAVE is clear" },
	[CR4_PKE] = { ITEM_OSPKE, 1, "CR4.PKE is set", "CR4.PKE is clear" },
	[CR4_PVI] = { ITEM_CR4, BIT(1), "CR4.PVI is set", "CR4.PVI is clear" },
	[CR4_FRED] = { ITEM_FRED, 1, "CR4.FRED is set", "CR4.FRED is clear" },
	[EFER_SCE] = { ITEM_EFER, BIT(0), "EFER.SCE is set", "EFER.SCE is clear" },
	[EFER_SVME] = { ITEM_EFER, BIT(12), "EFER.SVME is set", "EFER.SVME is clear" },
	[HAS_MSR] = { ITEM_CPUID_1_EDX, BIT(5), "MSRs", "no MSRs (CPUID)" },
	[HAS_SEP] = { ITEM_CPUID_1_EDX, BIT(11), "SYSENTER", "no SYSENTER (CPUID)" },
	[HAS_XSAVE] = { ITEM_CPUID_1_ECX, BIT(26), "XSAVE", "no XSAVE (CPUID)" },
	[HAS_MONITOR] = { ITEM_CPUID_1_ECX, BIT(3), "MONITOR", "no MONITOR (CPUID)" },
	[HAS_VMX] = { ITEM_CPUID_1_ECX, BIT(5), "VMX", "no VMX (CPUID)" },
	[HAS_FSGSBASE] = { ITEM_CPUID_7_EBX, BIT(0), "FSGSBASE",
			   "no FSGSBASE (CPUID)" },
	[HAS_INVPCID] = { ITEM_CPUID_7_EBX, BIT(10), "INVPCID", "no INVPCID (CPUID)" },
	[HAS_SMAP] = { ITEM_CPUID_7_EBX, BIT(20), "SMAP", "no SMAP (CPUID)" },
	[HAS_PKU] = { ITEM_CPUID_7_ECX, BIT(3), "protection keys",
		      "no protection keys (CPUID)" },
	[HAS_SVM] = { ITEM_CPUID_81_ECX, BIT(2), "SVM", "no SVM (CPUID)" },
	[HAS_RDTSCP] = { ITEM_CPUID_81_EDX, BIT(27), "RDTSCP", "no RDTSCP (CPUID)" },
};

/* What a check does when it holds, besides raising an exception */
#define RETIRE		(-1)	/* it's done: no later check */
#define UNKNOWN		(-2)	/* what happens isn't the architecture's to say */
#define EFFECT		(-3)	/* it's done, and others will notice */

#define IF(c, then)	{ c, 1, then }
#define UNLESS(c, then)	{ c, 0, then }
#define UD		VECTOR_UD
#define GP		VECTOR_GP

struct check {
	enum condition condition;
	int wanted;
	int then;
};

static const struct rule {
	const char *source;
	struct check check[5];	/* ends at one without an effect */
	int emulated;		/* Linux does it in the CPU's stead */
} rules[] = {
	[RULE_NOTHING] = { "Intel SDM vol. 2" },
	[RULE_UNDEFINED] = { "Intel SDM vol. 2, AMD APM vol. 3", { IF(ALWAYS, UD) } },
	[RULE_ICEBP] = { "Intel SDM vol. 2A INT1, vol. 3A 6.12.1.2",
			 { IF(ALWAYS, VECTOR_DB) } },
	[RULE_PRIVILEGED] = { "Intel SDM vol. 3A 5.9, AMD APM vol. 2 6",
			      { IF(USER, GP) } },
	/* FRED has events exchange GS.base. */
	[RULE_SWAPGS] = { "Intel SDM vol. 2B SWAPGS, FRED specification",
			  { IF(CR4_FRED, UD), IF(USER, GP) } },
	[RULE_MSR] = { "Intel SDM vol. 2B RDMSR, vol. 2D WRMSR",
		       { UNLESS(HAS_MSR, UD), IF(USER, GP) } },
	[RULE_XSETBV] = { "Intel SDM vol. 2D XSETBV",
			  { UNLESS(HAS_XSAVE, UD), UNLESS(CR4_OSXSAVE, UD),
			    IF(USER, GP) } },
	[RULE_XGETBV] = { "Intel SDM vol. 2D XGETBV",
			  { UNLESS(HAS_XSAVE, UD), UNLESS(CR4_OSXSAVE, UD) } },
	[RULE_RDPMC] = { "Intel SDM vol. 2B RDPMC",
			 { IF(CR4_PCE, RETIRE), IF(USER, GP) } },
	[RULE_RDTSC] = { "Intel SDM vol. 2B RDTSC",
			 { UNLESS(CR4_TSD, RETIRE), IF(USER, GP) } },
	[RULE_RDTSCP] = { "Intel SDM vol. 2B RDTSCP",
			  { UNLESS(HAS_RDTSCP, UD), UNLESS(CR4_TSD, RETIRE),
			    IF(USER, GP) } },
	[RULE_FSGSBASE] = { "Intel SDM vol. 2B RDFSBASE",
			    { UNLESS(HAS_FSGSBASE, UD), UNLESS(CR4_FSGSBASE, UD) } },
	[RULE_PKRU] = { "Intel SDM vol. 2B RDPKRU, vol. 2D WRPKRU",
			{ UNLESS(HAS_PKU, UD), UNLESS(CR4_PKE, UD) } },
	[RULE_AC] = { "Intel SDM vol. 2B STAC",
		      { UNLESS(HAS_SMAP, UD), IF(USER, UD) } },
	[RULE_UMIP] = { "Intel SDM vol. 3A 2.5 (UMIP), vol. 2B SGDT",
			{ UNLESS(CR4_UMIP, RETIRE), IF(USER, GP) }, .emulated = 1 },
	[RULE_IF] = { "Intel SDM vol. 2A CLI, vol. 1 19.5",
		      { IF(IO_RIGHT, EFFECT), IF(CR4_PVI, UNKNOWN),
			IF(ALWAYS, GP) } },
	/* Without the right it leaves IF alone, and says nothing. */
	[RULE_POPF] = { "Intel SDM vol. 2B POPF", { IF(IO_RIGHT, EFFECT) } },
	[RULE_IO] = { "Intel SDM vol. 1 19.5",
		      { IF(IO_RIGHT, EFFECT), UNLESS(PORT, GP),
			IF(ALWAYS, EFFECT) } },
	[RULE_INVPCID] = { "Intel SDM vol. 2A INVPCID",
			   { UNLESS(HAS_INVPCID, UD), IF(USER, GP) } },
	[RULE_MONITOR] = { "Intel SDM vol. 2B MONITOR, MWAIT; AMD APM vol. 3",
			   { UNLESS(HAS_MONITOR, UD), UNLESS(USER, RETIRE),
			     IF(USER_MONITOR, RETIRE), IF(ALWAYS, UD) } },
	/* With VMXE Linux is in VMX operation, where these look at the CPL. */
	[RULE_VMXON] = { "Intel SDM vol. 3C 31.3 VMXON",
			 { UNLESS(HAS_VMX, UD), UNLESS(CR4_VMXE, UD),
			   IF(GUEST, UNKNOWN), IF(USER, GP) } },
	[RULE_VMX] = { "Intel SDM vol. 3C 31.3",
		       { UNLESS(HAS_VMX, UD), UNLESS(CR4_VMXE, UD),
			 IF(GUEST, UNKNOWN), IF(USER, GP) } },
	[RULE_VMCALL] = { "Intel SDM vol. 3C 31.3 VMCALL",
			  { IF(GUEST, UNKNOWN), UNLESS(HAS_VMX, UD),
			    UNLESS(CR4_VMXE, UD), IF(USER, GP) } },
	[RULE_SVM] = { "AMD APM vol. 2 15.4, vol. 3 VMRUN",
		       { UNLESS(HAS_SVM, UD), UNLESS(EFER_SVME, UD), IF(USER, GP) } },
	[RULE_VMMCALL] = { "AMD APM vol. 3 VMMCALL",
			   { IF(GUEST, UNKNOWN), IF(ALWAYS, UD) } },
	[RULE_SYSCALL] = { "Intel SDM vol. 2B SYSCALL", { UNLESS(EFER_SCE, UD) } },
	[RULE_SYSRET] = { "Intel SDM vol. 2B SYSRET",
			  { IF(CR4_FRED, UD), UNLESS(EFER_SCE, UD), IF(USER, GP) } },
	[RULE_SYSCALL_COMPAT] = { "Intel SDM vol. 2B SYSCALL, AMD APM vol. 3 SYSCALL",
				  { UNLESS(AMD, UD), UNLESS(EFER_SCE, UD) } },
	[RULE_SYSENTER] = { "Intel SDM vol. 2B SYSENTER, AMD APM vol. 3 SYSENTER",
			    { UNLESS(HAS_SEP, UD), IF(AMD, UD), IF(CR4_FRED, UNKNOWN),
			      UNLESS(SYSENTER_CS, GP) } },
	[RULE_SYSEXIT] = { "Intel SDM vol. 2B SYSEXIT, AMD APM vol. 3 SYSEXIT",
			   { UNLESS(HAS_SEP, UD), IF(AMD, UD), IF(CR4_FRED, UD),
			     IF(USER, GP) } },
};

void expect_know(struct expect_state *s, enum expect_item item, __u64 value)
{
	s->item[item] = value;
	s->known |= 1U << item;
}

static int is_known(const struct expect_state *s, enum expect_item item)
{
	return s->known >> item & 1;
}

/* A bit of CR4 that CPUID shows to everybody */
static void mirror(struct expect_state *s, enum expect_item to, __u64 cr4,
		   enum expect_item from, __u64 cpuid)
{
	if (is_known(s, ITEM_CR4))
		expect_know(s, to, !!(s->item[ITEM_CR4] & cr4));
	else if (is_known(s, from))
		expect_know(s, to, !!(s->item[from] & cpuid));
}

void expect_derive(struct expect_state *s)
{
	if (is_known(s, ITEM_CPL) && is_known(s, ITEM_FLAGS))
		expect_know(s, ITEM_IO_RIGHT,
			    s->item[ITEM_CPL] <= IOPL(s->item[ITEM_FLAGS]));
	mirror(s, ITEM_OSXSAVE, BIT(18), ITEM_CPUID_1_ECX, BIT(27));
	mirror(s, ITEM_OSPKE, BIT(22), ITEM_CPUID_7_ECX, BIT(4));
	/* What isn't there isn't on; CPUID doesn't show whether the rest is. */
	if (is_known(s, ITEM_CR4))
		expect_know(s, ITEM_FRED, !!(s->item[ITEM_CR4] & FRED));
	else if (is_known(s, ITEM_CPUID_7_1_EAX) &&
		 !(s->item[ITEM_CPUID_7_1_EAX] & HAS_FRED))
		expect_know(s, ITEM_FRED, 0);
	if (is_known(s, ITEM_AMD) && !s->item[ITEM_AMD])
		expect_know(s, ITEM_USER_MONITOR, 0);
}

const char *expect_source(enum expect_rule rule)
{
	return rules[rule].source;
}

/* 1, 0, or -1 if the item isn't known */
static int holds(const struct expect_state *s, enum condition c)
{
	if (c == ALWAYS)
		return 1;
	if (!is_known(s, conditions[c].item))
		return -1;
	return !!(s->item[conditions[c].item] & conditions[c].mask);
}

static void add_why(struct expectation *e, const char *text)
{
	size_t len = strlen(e->why);

	snprintf(e->why + len, sizeof(e->why) - len, "%s%s", len ? ", " : "", text);
}

static const char *in_words(enum condition c, int set)
{
	return set ? conditions[c].set : conditions[c].clear;
}

/*
 * Returns a vector, RETIRE or UNKNOWN. Where a condition isn't known, both ways
 * are gone; that they end in the same way is as good as knowing.
 */
static int outcome(const struct expect_state *s, const struct check *check,
		   struct expectation *e)
{
	struct expectation scratch = { 0 };
	int now, later;

	if (!check->then)
		return RETIRE;
	now = holds(s, check->condition);
	if (now < 0) {
		later = outcome(s, check + 1, &scratch);
		if (later == check->then)
			return later;
		e->why[0] = '\0';
		add_why(e, "not known: whether ");
		strncat(e->why, in_words(check->condition, 1),
			sizeof(e->why) - strlen(e->why) - 1);
		return UNKNOWN;
	}
	if (now != check->wanted) {
		add_why(e, in_words(check->condition, now));
		return outcome(s, check + 1, e);
	}
	/* What was passed on the way is of no interest then. */
	if (check->condition == ALWAYS)
		return check->then;
	e->why[0] = '\0';
	add_why(e, in_words(check->condition, now));
	return check->then;
}

void expect_instruction(const struct expect_state *s, enum expect_rule rule,
			struct expectation *e)
{
	const struct rule *r = &rules[rule];
	int how;

	memset(e, 0, sizeof(*e));
	e->vector = VECTOR_NONE;
	how = outcome(s, r->check, e);
	e->known = how != UNKNOWN;
	e->effective = how == EFFECT;
	if (how < 0)
		return;
	e->vector = how;
	/* fixup_iopl_exception() of arch/x86/kernel/traps.c, which is inlined */
	e->silent = rule == RULE_IF && s->item[ITEM_IOPL_ASKED];
	if (r->emulated || e->silent)
		e->end = END_EMULATED;
	else
		expect_linux(e);
}

/* SDM vol. 3A 6.12.1.1, 6.13; APM vol. 2 8.9.2: the IDT bit of an error code */
#define IDT_ERROR(vector) ((vector) * 8 + 2)
#define INT_SYSCALL 0x80
#define EXCEPTIONS 32

/* FRED asks no gate: arch/x86/entry/entry_fred.c decides. */
static void expect_int_fred(unsigned int vector, struct expectation *e)
{
	add_why(e, "CR4.FRED is set: no gate is asked, Linux decides");
	if (vector == INT_SYSCALL)
		return;
	e->vector = vector == VECTOR_BP || vector == VECTOR_OF ? (int)vector : GP;
	expect_linux(e);
}

/* A door whose other side nobody has described */
static int is_foreign(unsigned int vector)
{
	return vector >= EXCEPTIONS && vector != INT_SYSCALL;
}

void expect_int(const struct expect_state *s, unsigned int vector,
		struct expectation *e)
{
	struct mmuinspect_x86_descriptor gate;
	unsigned int cpl = s->item[ITEM_CPL];

	memset(e, 0, sizeof(*e));
	e->vector = VECTOR_NONE;
	if (!s->idt || !is_known(s, ITEM_CR4)) {
		add_why(e, "not known: the gate");
		e->effective = is_foreign(vector);
		return;
	}
	e->known = 1;
	if (s->item[ITEM_CR4] & FRED) {
		expect_int_fred(vector, e);
		return;
	}
	if (mmuinspect_x86_gate(s->idt, s->idt_size, vector, &gate)) {
		add_why(e, "the vector is beyond the IDT's limit");
		e->vector = GP;
	} else if (gate.kind != MMUINSPECT_X86_INTERRUPT_GATE &&
		   gate.kind != MMUINSPECT_X86_TRAP_GATE) {
		add_why(e, "the IDT has no gate there");
		e->vector = GP;
	} else {
		snprintf(e->why, sizeof(e->why), "the gate's DPL is %u, CPL is %u%s",
			 gate.dpl, cpl, gate.p ? "" : ", and it isn't present");
		if (gate.dpl < cpl)
			e->vector = GP;
		else if (!gate.p)
			e->vector = VECTOR_NP;
	}
	if (e->vector != VECTOR_NONE)
		e->error = IDT_ERROR(vector);
	else if (vector < EXCEPTIONS)
		e->vector = vector;
	e->effective = e->vector == VECTOR_NONE && is_foreign(vector);
	expect_linux(e);
}

/* SDM vol. 3A 5.5 to 5.8, table 6-8; vol. 2A MOV, IRET; vol. 2B RET */
static int selector_faults(const struct mmuinspect_x86_descriptor *d,
			   enum mmuinspect_x86_use use, unsigned int cpl,
			   unsigned int rpl)
{
	/* A far return goes to the RPL, and never inwards. */
	if (use == MMUINSPECT_X86_AS_CODE && rpl < cpl)
		return GP;
	if (!mmuinspect_x86_may_load(d, use, cpl, rpl))
		return GP;
	if (!d->p)
		return use == MMUINSPECT_X86_AS_STACK ? VECTOR_SS : VECTOR_NP;
	return VECTOR_NONE;
}

void expect_selector(const struct expect_state *s, unsigned int selector,
		     enum mmuinspect_x86_use use, struct expectation *e)
{
	unsigned int cpl = s->item[ITEM_CPL], rpl = selector & 3;
	unsigned int offset = selector & ~7U;
	struct mmuinspect_x86_descriptor d;

	memset(e, 0, sizeof(*e));
	e->vector = VECTOR_NONE;
	if (!s->gdt) {
		add_why(e, "not known: the descriptor");
		return;
	}
	e->known = 1;
	if (offset >= s->gdt_size ||
	    mmuinspect_x86_descriptor(s->gdt + offset, s->gdt_size - offset, &d)) {
		e->vector = GP;
		add_why(e, "the selector is beyond the GDT's limit");
	} else {
		e->vector = selector_faults(&d, use, cpl, rpl);
		snprintf(e->why, sizeof(e->why), "the descriptor's DPL is %u, RPL is %u, CPL is %u",
			 d.dpl, rpl, cpl);
	}
	if (e->vector != VECTOR_NONE)
		e->error = selector & ~3U;
	expect_linux(e);
}

void expect_kernel_msr(int present, struct expectation *e)
{
	memset(e, 0, sizeof(*e));
	e->known = present >= 0;
	e->vector = present ? VECTOR_NONE : GP;
	e->end = present ? END_THROUGH : END_FIXUP;
	add_why(e, present < 0 ? "not known: whether there is one" :
		present ? "CPL is 0, and there is one" :
		"CPL is 0, but there is none");
}
