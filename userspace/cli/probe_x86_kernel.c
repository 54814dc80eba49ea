// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes: the same faults in the kernel, where the exception table mends them: a
 * system call with a bad pointer, and RDMSR by the module.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

#define PAGE 4096UL

/* A page that is there, and that the kernel may not write to for us */
static const char *use_read_only(struct trial *t)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return strerror(errno);
	*p = 1;
	mprotect(p, PAGE, PROT_READ);
	t->regs.rsi = (__u64)p;
	return NULL;
}

static void saw_errno(struct trial *t)
{
	long err = -(long)t->regs.rax;

	t->fixed = err == EFAULT;
	snprintf(t->effect, sizeof(t->effect), err ? "it failed: %s" : "it went well",
		 strerror(err));
}

/* MSRs of which a bit tells whether there are: SDM vol. 4 table 2-2 */
static const struct {
	__u32 msr;
	enum expect_item item;
	unsigned int bit;
} telling[] = {
	{ 0x0802, ITEM_X2APIC, 10 },		/* X2APIC_APICID */
	{ 0x010a, ITEM_CPUID_7_EDX, 29 },	/* ARCH_CAPABILITIES */
	{ 0x00cf, ITEM_CPUID_7_EDX, 30 },	/* CORE_CAPABILITIES */
	{ 0x06e1, ITEM_CPUID_7_ECX, 31 },	/* PKRS */
	{ 0x01d4, ITEM_CPUID_7_1_EAX, 17 },	/* FRED_CONFIG */
	{ 0x0c80, ITEM_CPUID_1_ECX, 11 },	/* DEBUG_INTERFACE */
	{ 0x0480, ITEM_CPUID_1_ECX, 5 },	/* VMX_BASIC */
	{ 0x06a4, ITEM_CPUID_7_ECX, 7 },	/* PL0_SSP */
	{ 0xc0000103, ITEM_CPUID_81_EDX, 27 },	/* TSC_AUX */
	{ 0xc0000080, ITEM_CPUID_81_EDX, 29 },	/* EFER */
};

static int may_be_read(const struct lab *lab, __u32 msr)
{
	size_t i;

	for (i = 0; i < lab->rules; i++)
		if (lab->rule[i].msr == msr)
			return 1;
	return 0;
}

/* The first that may be read, and of which is known that it's there, or isn't. */
static const char *choose_msr(struct trial *t, int present)
{
	const struct expect_state *s = &t->lab->state;
	size_t i;

	if (!t->lab->h)
		return "it needs the module";
	for (i = 0; i < ARRAY_SIZE(telling); i++) {
		int there = s->item[telling[i].item] >> telling[i].bit & 1;

		if (there != present || !(s->known >> telling[i].item & 1) ||
		    !may_be_read(t->lab, telling[i].msr))
			continue;
		t->msr = telling[i].msr;
		t->msr_present = present;
		t->regs.rcx = t->msr;
		return NULL;
	}
	return "no MSR of that kind may be read, by the list of mmuinspect msr";
}

static const char *choose_absent(struct trial *t)
{
	return choose_msr(t, 0);
}

static const char *choose_present(struct trial *t)
{
	return choose_msr(t, 1);
}

static void read_msr(struct trial *t)
{
	struct mmuinspect_msr msr = { .cpu = t->lab->cpu, .msr = t->msr };
	int err = mmuinspect_msr_probe(t->lab->h, &msr);

	err = err ? err : msr.error;
	t->fixed = err == -EIO;
	if (err)
		snprintf(t->effect, sizeof(t->effect), t->fixed ? "it faulted" :
			 "it failed: %s", strerror(-err));
	else
		snprintf(t->effect, sizeof(t->effect), "0x%llx",
			 (unsigned long long)msr.value);
}

#define KERNEL_WRITES	.kind = KIND_MEMORY, .access = ACCESS_WRITE, .size = 8, \
	.for_kernel = 1, .effect = saw_errno
#define CLOCK(to) .regs = { .rax = SYS_clock_gettime, .rdi = CLOCK_REALTIME, .rsi = to }

#define PROBES(X)							\
	X(efault_null, "efault-null", "", "syscall", KERNEL_WRITES, CLOCK(8)) \
	X(efault_read_only, "efault-read-only", "", "syscall",		\
	  KERNEL_WRITES, CLOCK(0), .prepare = use_read_only)

PROBES(PROBE_CODE)

struct probe_rows probe_kernel(void)
{
	static const struct probe rows[] = {
		PROBES(PROBE_ROW)
		{ .name = "msr-absent", .text = "rdmsr", .kind = KIND_MSR,
		  .prepare = choose_absent, .call = read_msr },
		{ .name = "msr-present", .text = "rdmsr", .kind = KIND_MSR,
		  .prepare = choose_present, .call = read_msr },
	};

	return (struct probe_rows) { rows, ARRAY_SIZE(rows) };
}
