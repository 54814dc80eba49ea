// SPDX-License-Identifier: GPL-2.0-only
/* Probes: control and system registers, and where the descriptor tables are. */
#include <asm/prctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

/* A value with all that Linux needs set: should it get through, nothing changes. */
#define CR0_LINUX	0x80050033
#define MSR_EFER	0xc0000080

static void say(struct trial *t, int right, const char *what, __u64 value)
{
	snprintf(t->effect, sizeof(t->effect), "%s 0x%llx", what,
		 (unsigned long long)value);
	t->wrong = !right;
}

static const char *deny_tsc(struct trial *t)
{
	(void)t;
	return prctl(PR_SET_TSC, PR_TSC_SIGSEGV) ? "this kernel can't deny the TSC" : NULL;
}

static void saw_tsc(struct trial *t)
{
	__u64 tsc = t->regs.rdx << 32 | (__u32)t->regs.rax;

	say(t, tsc != 0, "time stamp", tsc);
}

/* Against what another way to the same register says */
static void saw_fsbase(struct trial *t)
{
	unsigned long base = 0;

	syscall(SYS_arch_prctl, ARCH_GET_FS, &base);
	say(t, t->regs.rax == base, "FS base", t->regs.rax);
}

static const char *own_fsbase(struct trial *t)
{
	unsigned long base;

	if (syscall(SYS_arch_prctl, ARCH_GET_FS, &base))
		return "arch_prctl can't tell the FS base";
	t->regs.rax = base;
	return NULL;
}

static void saw_xcr0(struct trial *t)
{
	__u64 value = t->regs.rdx << 32 | (__u32)t->regs.rax, xcr0;
	int known;

	xcr0 = trial_register(t, MMUINSPECT_X86_XCR0, &known);
	say(t, known ? value == xcr0 : value & 1, "XCR0", value);
}

static void saw_pkru(struct trial *t)
{
	say(t, !t->regs.rdx, "PKRU", t->regs.rax);
}

/* The kernel's default: all but key 0 denied */
#define PKRU_LINUX 0x55555554

#define PRIVILEGED	.rule = RULE_PRIVILEGED
#define LINUX		.regs = { .rax = CR0_LINUX }

#define PROBES(X)							\
	X(from_cr0, "mov-from-cr0", "", "mov %cr0, %rax", PRIVILEGED)	\
	X(from_cr2, "mov-from-cr2", "", "mov %cr2, %rax", PRIVILEGED)	\
	X(from_cr3, "mov-from-cr3", "", "mov %cr3, %rax", PRIVILEGED)	\
	X(from_cr4, "mov-from-cr4", "", "mov %cr4, %rax", PRIVILEGED)	\
	X(from_cr8, "mov-from-cr8", "", "mov %cr8, %rax", PRIVILEGED)	\
	X(to_cr0, "mov-to-cr0", "", "mov %rax, %cr0", PRIVILEGED, LINUX) \
	X(to_cr2, "mov-to-cr2", "", "mov %rax, %cr2", PRIVILEGED)	\
	X(to_cr3, "mov-to-cr3", "", "mov %rax, %cr3", PRIVILEGED)	\
	X(to_cr4, "mov-to-cr4", "", "mov %rax, %cr4", PRIVILEGED)	\
	X(to_cr8, "mov-to-cr8", "", "mov %rax, %cr8", PRIVILEGED)	\
	X(from_dr7, "mov-from-dr7", "", "mov %db7, %rax", PRIVILEGED)	\
	X(to_dr7, "mov-to-dr7", "", "mov %rax, %db7", PRIVILEGED)	\
	X(lmsw, "lmsw", "", "lmsw %ax", PRIVILEGED, LINUX)		\
	X(clts, "clts", "", "clts", PRIVILEGED)				\
	X(xsetbv, "xsetbv", "", "xsetbv", .rule = RULE_XSETBV,		\
	  .regs = { .rax = 3 })						\
	X(xgetbv, "xgetbv", "", "xgetbv", .rule = RULE_XGETBV,		\
	  .effect = saw_xcr0)						\
	X(rdmsr, "rdmsr", "", "rdmsr", .rule = RULE_MSR,		\
	  .regs = { .rcx = MSR_EFER })					\
	X(wrmsr, "wrmsr", "", "wrmsr", .rule = RULE_MSR,		\
	  .regs = { .rcx = MSR_EFER, .rax = 0xd01 })			\
	X(rdpmc, "rdpmc", "", "rdpmc", .rule = RULE_RDPMC)		\
	X(rdtsc, "rdtsc", "", "rdtsc", .rule = RULE_RDTSC,		\
	  .effect = saw_tsc)						\
	X(rdtscp, "rdtscp", "", "rdtscp", .rule = RULE_RDTSCP,		\
	  .effect = saw_tsc)						\
	X(rdtsc_denied, "rdtsc-denied", "", "rdtsc", .rule = RULE_RDTSC, \
	  .prepare = deny_tsc)						\
	X(swapgs, "swapgs", "", "swapgs", .rule = RULE_SWAPGS)			\
	X(rdfsbase, "rdfsbase", "", "rdfsbase %rax",			\
	  .rule = RULE_FSGSBASE, .effect = saw_fsbase)			\
	X(wrfsbase, "wrfsbase", "", "wrfsbase %rax",			\
	  .rule = RULE_FSGSBASE, .prepare = own_fsbase,			\
	  .effect = saw_fsbase)						\
	X(rdpkru, "rdpkru", "", "rdpkru", .rule = RULE_PKRU,		\
	  .effect = saw_pkru)						\
	X(wrpkru, "wrpkru", "", "wrpkru", .rule = RULE_PKRU,		\
	  .regs = { .rax = PKRU_LINUX })				\
	X(stac, "stac", "", "stac", .rule = RULE_AC)

PROBES(PROBE_CODE)

struct probe_rows probe_control(void)
{
	static const struct probe rows[] = { PROBES(PROBE_ROW) };

	return (struct probe_rows) { rows, ARRAY_SIZE(rows) };
}
