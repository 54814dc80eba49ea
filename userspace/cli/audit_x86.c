// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect audit: protections of x86-64. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

#define BIT(n) (1ULL << (n))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/**
 * struct protection - what a CPU may offer, and what switches it on
 * @id: of a finding
 * @name: in words
 * @on: bits that must all be set for it to be on
 * @by_flag: the kernel has to use it besides: @flag is there then
 * @offer: what of CPUID tells whether it's offered (Intel SDM vol. 2A, CPUID; AMD
 *	APM vol. 3, appendix E); leaf 0 if every CPU does
 * @flag: the word of /proc/cpuinfo
 * @severity: of a finding
 * @why: it matters
 */
static const struct protection {
	const char *id;
	const char *name;
	struct {
		__u32 reg;
		unsigned int bit;
	} on[2];
	int by_flag;
	struct audit_offer offer;
	const char *flag;
	enum severity severity;
	const char *why;
} protections[] = {
	{ "wp", "write protection (CR0.WP)", { { MMUINSPECT_X86_CR0, 16 } },
	  .severity = SEVERITY_HIGH,
	  .why = "the kernel can write to read-only pages: copy-on-write and its own text are unprotected" },
	{ "nx", "no-execute pages (EFER.NXE)", { { MMUINSPECT_X86_EFER, 11 } }, 0,
	  { 0x80000001, 0, EDX, 20 }, "nx", SEVERITY_HIGH,
	  "every readable page can be executed: data, stacks, heaps" },
	{ "smep", "SMEP (CR4.SMEP)", { { MMUINSPECT_X86_CR4, 20 } }, 0,
	  { 7, 0, EBX, 7 }, "smep", SEVERITY_HIGH,
	  "a kernel bug that jumps to a user address runs the user's code as the kernel" },
	{ "smap", "SMAP (CR4.SMAP)", { { MMUINSPECT_X86_CR4, 21 } }, 0,
	  { 7, 0, EBX, 20 }, "smap", SEVERITY_HIGH,
	  "a kernel bug that follows a user pointer reads or writes the user's data" },
	{ "umip", "UMIP (CR4.UMIP)", { { MMUINSPECT_X86_CR4, 11 } }, 0,
	  { 7, 0, ECX, 2 }, "umip", SEVERITY_LOW,
	  "user mode can ask where the GDT, the IDT and the TSS are: kernel addresses" },
	{ "lass", "LASS (CR4.LASS)", { { MMUINSPECT_X86_CR4, 27 } }, 0,
	  { 7, 1, EAX, 6 }, "lass", SEVERITY_LOW,
	  "user mode can probe kernel addresses by timing; with LASS it faults before it looks" },
	{ "ibt", "indirect-branch tracking of the kernel (CR4.CET, S_CET.ENDBR_EN)",
	  { { MMUINSPECT_X86_CR4, 23 }, { MMUINSPECT_X86_S_CET, 2 } }, 0,
	  { 7, 0, EDX, 20 }, "ibt", SEVERITY_LOW,
	  "a kernel bug that alters a function pointer can jump anywhere (jump-oriented programming)" },
	{ "shstk", "shadow stacks for user mode (CR4.CET)",
	  { { MMUINSPECT_X86_CR4, 23 } }, 1,
	  { 7, 0, ECX, 7 }, "user_shstk", SEVERITY_LOW,
	  "a bug that alters a return address goes unnoticed (return-oriented programming)" },
	{ "pku", "protection keys (CR4.PKE)", { { MMUINSPECT_X86_CR4, 22 } }, 0,
	  { 7, 0, ECX, 3 }, "ospke", SEVERITY_LOW,
	  "programs that separate their secrets by protection keys can't" },
};

/* A word of the first CPU's flags in /proc/cpuinfo */
static int has_flag(const char *flag)
{
	char *line = NULL, *word, *save;
	size_t size = 0;
	int found = 0;
	FILE *f = fopen("/proc/cpuinfo", "re");

	while (f && getline(&line, &size, f) > 0 && strncmp(line, "flags", 5))
		;
	if (line)
		for (word = strtok_r(line, " \t\n", &save); word && !found;
		     word = strtok_r(NULL, " \t\n", &save))
			found = !strcmp(word, flag);
	free(line);
	if (f)
		fclose(f);
	return found;
}

/* A register that the CPU hasn't is as good as one with zeroes. */
static int is_on(const struct audit_cpus *r, __u32 cpu, const struct protection *p)
{
	const struct mmuinspect_reg *reg;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(p->on) && p->on[i].reg; i++) {
		reg = audit_reg(r, cpu, p->on[i].reg);
		if (!reg || !(reg->value & BIT(p->on[i].bit)))
			return 0;
	}
	return !p->by_flag || has_flag(p->flag);
}

static void protection(struct audit *a, const struct audit_cpus *r,
		       const struct protection *p)
{
	__u32 *off = calloc(r->online + 1, sizeof(*off));
	size_t i, n = 0;

	if (!off) {
		a->failed = 1;
		return;
	}
	for (i = 0; i < r->online; i++)
		if (!is_on(r, r->cpu[i], p))
			off[n++] = r->cpu[i];
	if (n)
		audit_find(a, p->id, p->severity,
			   audit_text("%s: the CPU offers it, and it's off", p->name),
			   audit_cpus_text(off, n, r->online), p->why,
			   p->flag ? audit_text("mmuinspect regs -v; grep -cw %s /proc/cpuinfo; cat /proc/cmdline", p->flag) :
			   audit_text("mmuinspect regs -v"));
	else
		audit_done(a, p->id, audit_text("%s", p->name));
	free(off);
}

static void protections_check(struct audit *a, const struct audit_cpus *r)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		const struct protection *p = &protections[i];

		if (!p->offer.leaf || audit_offered(a, &p->offer))
			protection(a, r, p);
		else
			audit_absent(a, p->id, audit_text("%s", p->name),
				     "this CPU doesn't offer it");
	}
}

void audit_x86(struct audit *a)
{
	struct audit_cpus r = { 0 };
	int err;

	if (a->s.info->arch != MMUINSPECT_ARCH_X86_64) {
		audit_skip(a, "registers", audit_text("of this architecture nothing is known yet"));
		return;
	}
	err = audit_cpus_read(a, &r);
	if (err) {
		audit_skip(a, "registers", audit_text("%s", audit_why(err)));
	} else {
		protections_check(a, &r);
		audit_registers(a, &r);
		audit_gates(a, &r);
		audit_msrs(a, &r);
	}
	audit_cpus_free(&r);
}
