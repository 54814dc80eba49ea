// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers, against whoever else knows them: /proc/cpuinfo, the msr driver,
 * instructions that user mode may use, a process that was put on the CPU, the
 * kernel's boot log.
 */
#include "kselftest_harness.h"
#include "cpu.h"
#include "mmui_test.h"
#include "who.h"

#include <asm/ldt.h>
#include <asm/prctl.h>
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define BIT(n)		(1ULL << (n))
#define R(name)		MMUINSPECT_X86_##name
#define REGS_PER_CPU	32	/* least room */
#define SOME_ADDRESS	0x123456789000ULL

/* Intel SDM vol. 3A 2.5, AMD APM vol. 2 3.1 */
#define CR0_PE		BIT(0)
#define CR0_WP		BIT(16)
#define CR0_PG		BIT(31)
#define CR4_PSE		BIT(4)

#define IA32_PAT	0x277
#define IA32_U_CET	0x6a0
#define IA32_S_CET	0x6a2
#define EFER		0xc0000080
#define FS_BASE		0xc0000100
#define GS_BASE		0xc0000101
#define KERNEL_GS_BASE	0xc0000102

static const struct {
	unsigned int id;
	bool reveals;
	bool optional;	/* this machine may have none */
} all_regs[] = {
	{ R(CR0) }, { R(CR2), true }, { R(CR3), true }, { R(CR4) }, { R(CR8) },
	{ R(EFER) }, { R(XCR0), false, true }, { R(PAT) },
	{ R(U_CET), false, true }, { R(S_CET), false, true },
	{ R(GDTR_BASE), true }, { R(GDTR_LIMIT) },
	{ R(IDTR_BASE), true }, { R(IDTR_LIMIT) }, { R(LDTR) }, { R(TR) },
	{ R(GS_BASE), true }, { R(KERNEL_GS_BASE), true }, { R(FS_BASE), true },
	{ R(FRED_CONFIG), true, true },
};

FIXTURE(regs)
{
	int fd;
	unsigned int cpus;
	struct registers *r;
	struct busy busy[CPUS_MAX];
};

FIXTURE_SETUP(regs)
{
	self->fd = mmui_open();
	self->cpus = cpu_count();
	self->r = SHARED(struct registers, 1);
	memset(self->busy, 0, sizeof(self->busy));
	cpu_pin(0);
	ASSERT_EQ(0, chmod(MMUI_DEVICE, 0666));
	ASSERT_EQ(0, mmui_regs(self->fd, self->r));
}

FIXTURE_TEARDOWN(regs)
{
	unsigned int cpu;

	for (cpu = 0; cpu < self->cpus; cpu++)
		busy_end(&self->busy[cpu]);
	for (cpu = 1; cpu < self->cpus; cpu++)
		cpu_switch(cpu, true);
	chmod(MMUI_DEVICE, 0600);
}

/* Each register of each CPU once, in order, and nothing else. */
TEST_F(regs, complete)
{
	unsigned int cpu, n = 0;
	size_t i;

	ASSERT_EQ(self->cpus * ARRAY_SIZE(all_regs), self->r->n);
	for (cpu = 0; cpu < self->cpus; cpu++)
		for (i = 0; i < ARRAY_SIZE(all_regs); i++, n++) {
			const struct mmuinspect_reg *reg = &self->r->reg[n];

			EXPECT_EQ(cpu, reg->cpu);
			EXPECT_EQ(all_regs[i].id, reg->id);
			if (all_regs[i].optional && reg->error) {
				EXPECT_EQ(-ENODEV, reg->error);
				EXPECT_EQ(0, reg->value);
			} else {
				EXPECT_EQ(0, reg->error)
					TH_LOG("register %u", reg->id);
			}
		}
}

/* What the kernel says that it uses is what it has switched on. */
TEST_F(regs, cpuinfo)
{
	static const struct {
		const char *flag;
		unsigned int id;
		unsigned int bit;
	} rows[] = {
		{ "syscall", R(EFER), 0 },	/* SCE */
		{ "lm", R(EFER), 8 },		/* LME */
		{ "lm", R(EFER), 10 },		/* LMA */
		{ "nx", R(EFER), 11 },		/* NXE */
		{ "tsc", R(CR0), 0 },		/* PE: any machine that runs this */
		{ "pae", R(CR4), 5 },
		{ "pge", R(CR4), 7 },
		{ "fxsr", R(CR4), 9 },		/* OSFXSR */
		{ "umip", R(CR4), 11 },
		{ "la57", R(CR4), 12 },
		{ "fsgsbase", R(CR4), 16 },
		{ "pcid", R(CR4), 17 },
		{ "xsave", R(CR4), 18 },	/* OSXSAVE */
		{ "smep", R(CR4), 20 },
		{ "smap", R(CR4), 21 },
		{ "ospke", R(CR4), 22 },	/* PKE */
		{ "lass", R(CR4), 27 },
		{ "fred", R(CR4), 32 },
	};
	struct mmuinspect_info info;
	unsigned int cpu;
	bool on;
	size_t i;

	ASSERT_EQ(0, mmui_info(self->fd, &info));
	for (cpu = 0; cpu < self->cpus; cpu++) {
		for (i = 0; i < ARRAY_SIZE(rows); i++) {
			on = reg_value(self->r, cpu, rows[i].id) &
			     BIT(rows[i].bit);
			EXPECT_EQ(cpu_flag(rows[i].flag), on)
				TH_LOG("CPU %u: %s", cpu, rows[i].flag);
		}
		on = reg_value(self->r, cpu, R(CR4)) & BIT(12);
		EXPECT_EQ(info.levels == 5, on);
		/* Kernel IBT has no flag of its own in all kernels. */
		on = reg_value(self->r, cpu, R(CR4)) & BIT(23);
		if (cpu_flag("user_shstk")) {
			EXPECT_TRUE(on);
		} else if (!cpu_flag("ibt")) {
			EXPECT_FALSE(on);
		}
		EXPECT_EQ(CR0_PE | CR0_WP | CR0_PG,
			  reg_value(self->r, cpu, R(CR0)) &
			  (CR0_PE | CR0_WP | CR0_PG));
		/* setup_local_APIC(): vectors below 32 are kept away. */
		EXPECT_EQ(1, reg_value(self->r, cpu, R(CR8)));
		EXPECT_EQ(info.memattr, reg_value(self->r, cpu, R(PAT)));
	}
}

/* The msr driver reads a CPU in another way than we do. */
TEST_F(regs, msr_driver)
{
	static const struct {
		unsigned int id;
		__u32 msr;
	} rows[] = {
		{ R(EFER), EFER }, { R(PAT), IA32_PAT }, { R(GS_BASE), GS_BASE },
		{ R(KERNEL_GS_BASE), KERNEL_GS_BASE }, { R(FS_BASE), FS_BASE },
		{ R(S_CET), IA32_S_CET }, { R(U_CET), IA32_U_CET },
	};
	const struct mmuinspect_reg *reg;
	unsigned int cpu, tries;
	__u64 value;
	size_t i;

	/* What is a task's stays the same while that task stays there. */
	for (cpu = 1; cpu < self->cpus; cpu++)
		busy_start(&self->busy[cpu], cpu, NULL, NULL);
	for (cpu = 0; cpu < self->cpus; cpu++)
		for (i = 0; i < ARRAY_SIZE(rows); i++) {
			/* Another task may come in between: not each time. */
			for (tries = 0; tries < 50; tries++) {
				ASSERT_EQ(0, mmui_regs(self->fd, self->r));
				reg = reg_find(self->r, cpu, rows[i].id);
				ASSERT_NE(NULL, reg);
				if (reg->error)
					break;
				ASSERT_EQ(0, cpu_msr(cpu, rows[i].msr, &value));
				if (value == reg->value)
					break;
			}
			EXPECT_NE(50, tries)
				TH_LOG("CPU %u, MSR %#x", cpu, rows[i].msr);
		}
}

/* A process whose state we know, and that keeps its CPU. */
struct known {
	atomic_int ready;
	__u64 fs;
};

static sigjmp_buf after_fault;

static void on_fault(int signal)
{
	siglongjmp(after_fault, 1);
}

static void be_known(void *arg)
{
	struct user_desc desc = {
		.entry_number = 1, .limit = 0xfffff, .seg_32bit = 1,
		.limit_in_pages = 1, .useable = 1,
	};
	struct known *known = arg;
	volatile int i;

	if (syscall(SYS_arch_prctl, ARCH_SET_GS, 0x7654321000) ||
	    syscall(SYS_arch_prctl, ARCH_GET_FS, &known->fs) ||
	    syscall(SYS_modify_ldt, 1, &desc, sizeof(desc)))
		die("can't become known: %m");
	signal(SIGSEGV, on_fault);
	/* Twice: the first time, the signal's stack may fault as well. */
	for (i = 0; i < 2; i++)
		if (!sigsetjmp(after_fault, 1))
			*(volatile char *)SOME_ADDRESS;
	known->ready = 1;
}

TEST_F(regs, of_a_known_process)
{
	unsigned int cpu = self->cpus - 1, tries;
	struct known *known = SHARED(struct known, 1);
	struct mmuinspect_translation t = { .address = (__u64)known };
	struct mmuinspect_walk w;
	__u64 cr2 = 0, root;

	if (!cpu)
		SKIP(return, "one CPU");
	EXPECT_EQ(0, reg_value(self->r, cpu, R(LDTR)));
	/* Somebody else may run there and fault: then once more. */
	for (tries = 0; tries < 50 && cr2 != SOME_ADDRESS; tries++) {
		busy_end(&self->busy[cpu]);
		known->ready = 0;
		busy_start(&self->busy[cpu], cpu, be_known, known);
		while (!known->ready)
			usleep(1000);
		ASSERT_EQ(0, mmui_regs(self->fd, self->r));
		cr2 = reg_value(self->r, cpu, R(CR2));
		if (reg_value(self->r, cpu, R(FS_BASE)) != known->fs)
			cr2 = 0;
	}
	/* With FRED the address of a fault isn't in CR2. */
	if (!cpu_flag("fred")) {
		EXPECT_EQ(SOME_ADDRESS, cr2);
	}
	EXPECT_EQ(0x7654321000, reg_value(self->r, cpu, R(KERNEL_GS_BASE)));
	EXPECT_EQ(known->fs, reg_value(self->r, cpu, R(FS_BASE)));
	EXPECT_NE(0, reg_value(self->r, cpu, R(LDTR)));
	ASSERT_EQ(0, mmui_target(self->fd, self->busy[cpu].pid));
	ASSERT_EQ(0, mmui_walk(self->fd, &t, 1, 0, &w));
	/* With page-table isolation user mode's root is the page above. */
	root = cpu_flag("pti") ? ~0x1fffULL : ~0xfffULL;
	EXPECT_EQ(w.root & root, reg_value(self->r, cpu, R(CR3)) & root);
}

/* Instructions that user mode may use: XGETBV, and without UMIP five more */
TEST_F(regs, xgetbv)
{
	unsigned int cpu, low, high;

	if (!cpu_flag("xsave")) {
		EXPECT_EQ(-ENODEV, reg_find(self->r, 0, R(XCR0))->error);
		return;
	}
	for (cpu = 0; cpu < self->cpus; cpu++) {
		cpu_pin(cpu);
		asm volatile("xgetbv" : "=a" (low), "=d" (high) : "c" (0));
		EXPECT_EQ((__u64)high << 32 | low,
			  reg_value(self->r, cpu, R(XCR0)));
	}
}

struct __attribute__((packed)) table {
	__u16 limit;
	__u64 base;
};

TEST_F(regs, stored_by_user_mode)
{
	struct table gdt, idt;
	unsigned long msw, tr, ldt;
	unsigned int cpu;

	if (cpu_flag("umip"))
		SKIP(return, "UMIP: user mode is told something else (try -cpu max,-umip)");
	for (cpu = 0; cpu < self->cpus; cpu++) {
		cpu_pin(cpu);
		asm volatile("smsw %0" : "=r" (msw));
		asm volatile("sgdt %0" : "=m" (gdt));
		asm volatile("sidt %0" : "=m" (idt));
		asm volatile("str %0" : "=r" (tr));
		asm volatile("sldt %0" : "=r" (ldt));
		EXPECT_EQ(msw & 0xffff, reg_value(self->r, cpu, R(CR0)) & 0xffff);
		EXPECT_EQ(gdt.base, reg_value(self->r, cpu, R(GDTR_BASE)));
		EXPECT_EQ(gdt.limit, reg_value(self->r, cpu, R(GDTR_LIMIT)));
		EXPECT_EQ(idt.base, reg_value(self->r, cpu, R(IDTR_BASE)));
		EXPECT_EQ(idt.limit, reg_value(self->r, cpu, R(IDTR_LIMIT)));
		EXPECT_EQ(tr & 0xffff, reg_value(self->r, cpu, R(TR)));
		EXPECT_EQ(ldt & 0xffff, reg_value(self->r, cpu, R(LDTR)));
	}
}

/* Selectors of arch/x86/include/asm/segment.h; 256 gates of 16 bytes */
TEST_F(regs, tables_of_linux)
{
	unsigned int cpu, other;

	for (cpu = 0; cpu < self->cpus; cpu++) {
		EXPECT_EQ(0x40, reg_value(self->r, cpu, R(TR)));
		EXPECT_EQ(16 * 8 - 1, reg_value(self->r, cpu, R(GDTR_LIMIT)));
		if (!cpu_flag("fred")) {
			EXPECT_EQ(256 * 16 - 1,
				  reg_value(self->r, cpu, R(IDTR_LIMIT)));
		}
		EXPECT_EQ(reg_value(self->r, 0, R(IDTR_BASE)),
			  reg_value(self->r, cpu, R(IDTR_BASE)));
		for (other = 0; other < cpu; other++) {
			EXPECT_NE(reg_value(self->r, other, R(GDTR_BASE)),
				  reg_value(self->r, cpu, R(GDTR_BASE)));
			EXPECT_NE(reg_value(self->r, other, R(GS_BASE)),
				  reg_value(self->r, cpu, R(GS_BASE)));
		}
	}
}

/* "x86/PAT: Configuration [0-7]: WB  WC  UC- UC  WB  WP  UC- WT" */
TEST_F(regs, pat_in_the_boot_log)
{
	static const struct {
		const char *name;
		unsigned int type;	/* Intel SDM vol. 3A, table 12-10 */
	} types[] = {
		{ "UC", 0 }, { "WC", 1 }, { "WT", 4 }, { "WP", 5 }, { "WB", 6 },
		{ "UC-", 7 },
	};
	static char log[1 << 20];
	__u64 pat = reg_value(self->r, 0, R(PAT));
	unsigned int i, entry;
	char name[8], *p;
	int len, used;

	len = klogctl(3, log, sizeof(log) - 1);
	ASSERT_LT(0, len);
	p = strstr(log, "PAT: Configuration [0-7]: ");
	if (!p)
		SKIP(return, "the boot log has no line about the PAT");
	p = strstr(p, "]: ") + 3;
	for (entry = 0; entry < 8; entry++, p += used) {
		ASSERT_EQ(1, sscanf(p, "%7s%n", name, &used));
		for (i = 0; i < ARRAY_SIZE(types); i++)
			if (!strcmp(types[i].name, name))
				break;
		ASSERT_GT(ARRAY_SIZE(types), i);
		EXPECT_EQ(types[i].type, pat >> (8 * entry) & 7)
			TH_LOG("entry %u: %s", entry, name);
	}
}

static void read_registers(void *fixture)
{
	FIXTURE_DATA(regs) *self = fixture;

	if (mmui_regs(self->fd, self->r))
		die("REGS failed");
}

TEST_F(regs, one_interrupt_a_cpu)
{
	unsigned int cpu;

	if (self->cpus == 1)
		SKIP(return, "one CPU");
	for (cpu = 1; cpu < self->cpus; cpu++)
		busy_start(&self->busy[cpu], cpu, NULL, NULL);
	for (cpu = 0; cpu < self->cpus; cpu++)
		EXPECT_EQ(!!cpu, cpu_calls_of(cpu, !!cpu, read_registers, self))
			TH_LOG("CPU %u", cpu);
}

TEST_F(regs, offline)
{
	unsigned int last = self->cpus - 1, before = self->r->n, cpu;
	const struct mmuinspect_reg *reg;

	if (!last)
		SKIP(return, "one CPU");
	if (cpu_switch(last, false))
		SKIP(return, "CPU %u can't be switched off", last);
	ASSERT_EQ(0, mmui_regs(self->fd, self->r));
	ASSERT_EQ(last * ARRAY_SIZE(all_regs) + 1, self->r->n);
	reg = &self->r->reg[self->r->n - 1];
	EXPECT_EQ(last, reg->cpu);
	EXPECT_EQ(0, reg->id);
	EXPECT_EQ(-ENXIO, reg->error);
	EXPECT_EQ(0, reg->value);
	for (cpu = 0; cpu < last; cpu++) {
		EXPECT_NE(0, reg_value(self->r, cpu, R(CR4)));
	}
	ASSERT_EQ(0, cpu_switch(last, true));
	ASSERT_EQ(0, mmui_regs(self->fd, self->r));
	EXPECT_EQ(before, self->r->n);
	/* PSE means nothing in 64-bit mode, and Linux sets it on some CPUs only. */
	EXPECT_EQ(reg_value(self->r, 0, R(CR4)) | CR4_PSE,
		  reg_value(self->r, last, R(CR4)) | CR4_PSE);
}

/* A CPU at a time, by the cursor, is the same as all at once. */
TEST_F(regs, cursor)
{
	struct mmuinspect_reg reg[REGS_PER_CPU];
	struct mmuinspect_regs ask = {
		.size = sizeof(ask),
		.vec = (__u64)reg,
		.vec_len = REGS_PER_CPU,
		.last_cpu = UINT_MAX,
	};
	unsigned int cpu, i;

	for (cpu = 0; cpu < self->cpus; cpu++) {
		ASSERT_EQ(0, mmui_call(self->fd, MMUINSPECT_IOC_REGS, &ask));
		ASSERT_EQ(ARRAY_SIZE(all_regs), ask.filled);
		for (i = 0; i < ask.filled; i++) {
			EXPECT_EQ(cpu, reg[i].cpu);
			EXPECT_EQ(all_regs[i].id, reg[i].id);
		}
		EXPECT_EQ(cpu + 1 < self->cpus ? cpu + 1 : UINT_MAX, ask.cpu);
	}
	ask.cpu = ask.last_cpu = self->cpus - 1;
	ASSERT_EQ(0, mmui_call(self->fd, MMUINSPECT_IOC_REGS, &ask));
	EXPECT_EQ(self->cpus - 1, reg[0].cpu);
	EXPECT_EQ(UINT_MAX, ask.cpu);
	/* Nobody there */
	ask.cpu = 100000;
	ask.last_cpu = UINT_MAX;
	ASSERT_EQ(0, mmui_call(self->fd, MMUINSPECT_IOC_REGS, &ask));
	EXPECT_EQ(0, ask.filled);
	EXPECT_EQ(UINT_MAX, ask.cpu);
}

#define POISON 0xa5

static bool untouched(const void *p, size_t size)
{
	const unsigned char *byte = p;

	while (size--)
		if (*byte++ != POISON)
			return false;
	return true;
}

#define FIELD(name) \
	offsetof(struct mmuinspect_regs, name), \
	sizeof(((struct mmuinspect_regs *)0)->name)

TEST_F(regs, one_field_wrong)
{
	static const struct {
		const char *name;
		size_t offset;
		size_t size;
		__u64 value;
		int error;
	} rows[] = {
		{ "size 0", FIELD(size), 0, EINVAL },
		{ "size one less", FIELD(size), 31, EINVAL },
		{ "size above a page", FIELD(size), 4097, E2BIG },
		{ "size all ones", FIELD(size), ~0U, E2BIG },
		{ "flag 0", FIELD(flags), 1, EINVAL },
		{ "flag 31", FIELD(flags), 1U << 31, EINVAL },
		{ "vec NULL", FIELD(vec), 0, EFAULT },
		{ "vec kernel", FIELD(vec), 0xffff888000000000, EFAULT },
		{ "vec noncanonical", FIELD(vec), 1ULL << 60, EFAULT },
		{ "vec all ones", FIELD(vec), ~0ULL, EFAULT },
		{ "vec unmapped", FIELD(vec), 0x500000000000, EFAULT },
		{ "vec_len 0", FIELD(vec_len), 0, EINVAL },
		{ "vec_len less than a CPU's", FIELD(vec_len), REGS_PER_CPU - 1,
		  EINVAL },
		{ "vec_len max + 1", FIELD(vec_len), MMUINSPECT_REGS_MAX + 1,
		  EINVAL },
		{ "vec_len all ones", FIELD(vec_len), ~0U, EINVAL },
		{ "cpu above last_cpu", FIELD(cpu), 2, EINVAL },
		{ "cpu all ones", FIELD(cpu), ~0U, EINVAL },
		/* and right */
		{ "vec_len least", FIELD(vec_len), REGS_PER_CPU, 0 },
		{ "last_cpu all ones", FIELD(last_cpu), ~0U, 0 },
	};
	size_t i, room = 1024 * sizeof(struct mmuinspect_reg);
	char *vec = SHARED(char, room);
	struct {
		struct mmuinspect_regs regs;
		unsigned char after[8192];
	} arg, before;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(&arg, POISON, sizeof(arg));
		memset(vec, POISON, room);
		arg.regs = (struct mmuinspect_regs) {
			.size = sizeof(arg.regs),
			.vec = (__u64)vec,
			.vec_len = 1024,
			.last_cpu = 1,
		};
		memcpy((char *)&arg + rows[i].offset, &rows[i].value,
		       rows[i].size);
		before = arg;
		EXPECT_EQ(-rows[i].error,
			  mmui_call(self->fd, MMUINSPECT_IOC_REGS, &arg))
			TH_LOG("%s", rows[i].name);
		EXPECT_TRUE(untouched(arg.after, sizeof(arg.after)));
		if (rows[i].error) {
			EXPECT_EQ(0, memcmp(&before, &arg, sizeof(arg)))
				TH_LOG("%s", rows[i].name);
			EXPECT_TRUE(untouched(vec, room));
		} else {
			size_t used = arg.regs.filled * sizeof(struct mmuinspect_reg);

			EXPECT_LT(0, arg.regs.filled);
			EXPECT_TRUE(untouched(vec + used, room - used))
				TH_LOG("%s", rows[i].name);
		}
	}
}

TEST(layout)
{
	EXPECT_EQ(16, sizeof(struct mmuinspect_reg));
	EXPECT_EQ(32, sizeof(struct mmuinspect_regs));
	EXPECT_EQ(0xe704, MMUINSPECT_IOC_REGS);
	EXPECT_EQ(8, offsetof(struct mmuinspect_reg, cpu));
	EXPECT_EQ(12, offsetof(struct mmuinspect_reg, id));
	EXPECT_EQ(14, offsetof(struct mmuinspect_reg, error));
}

/* Permission cells */

struct told {
	int ret;
	struct registers r;
};

static int ask(int fd, void *arg)
{
	struct told *told = arg;

	told->ret = mmui_regs(fd, &told->r);
	return 0;
}

/* Nothing at all, or flags alone, or all; with the reason in each record. */
static const char *verdict(const struct told *told, int expected)
{
	size_t i, j;

	if (told->ret != (expected == -EPERM ? -EPERM : 0))
		return "the call";
	for (i = 0; i < told->r.n; i++) {
		const struct mmuinspect_reg *reg = &told->r.reg[i];

		for (j = 0; all_regs[j].id != reg->id; j++)
			;
		if (reg->error == -ENODEV && all_regs[j].optional)
			continue;
		if (reg->error != (all_regs[j].reveals ? expected : 0))
			return "a record's error";
		if (reg->error && reg->value)
			return "an error and a value";
	}
	return NULL;
}

TEST_F(regs, opener_and_caller)
{
	static const struct {
		enum who opener;
		enum who caller;
		int expected;	/* -EPERM: nothing; -EACCES: no addresses */
	} rows[] = {
		{ ROOT, ROOT, 0 },
		{ ADMIN_AND_RAWIO, ADMIN_AND_RAWIO, 0 },
		{ ONLY_SYS_ADMIN, ONLY_SYS_ADMIN, -EACCES },
		{ ONLY_SYS_RAWIO, ONLY_SYS_RAWIO, -EPERM },
		{ ROOT_WITHOUT_CAPS, ROOT_WITHOUT_CAPS, -EPERM },
		{ NOBODY_AT_ALL, NOBODY_AT_ALL, -EPERM },
		{ USERNS_ROOT, USERNS_ROOT, -EPERM },
		/* passed to a weaker one */
		{ ROOT, ONLY_SYS_ADMIN, -EACCES },
		{ ROOT, ONLY_SYS_RAWIO, -EPERM },
		{ ROOT, ROOT_WITHOUT_CAPS, -EPERM },
		{ ROOT, NOBODY_AT_ALL, -EPERM },
		{ ROOT, USERNS_ROOT, -EPERM },
		/* and to a stronger one */
		{ ONLY_SYS_ADMIN, ROOT, -EACCES },
		{ ONLY_SYS_ADMIN, ADMIN_AND_RAWIO, -EACCES },
		{ ONLY_SYS_RAWIO, ROOT, -EPERM },
		{ ROOT_WITHOUT_CAPS, ROOT, -EPERM },
		{ NOBODY_AT_ALL, ROOT, -EPERM },
		{ USERNS_ROOT, ROOT, -EPERM },
		/* each has what the other lacks */
		{ ONLY_SYS_ADMIN, ONLY_SYS_RAWIO, -EPERM },
		{ ONLY_SYS_RAWIO, ONLY_SYS_ADMIN, -EPERM },
	};
	struct told *told = SHARED(struct told, 1);
	const char *wrong;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pass p = {
			.opener = rows[i].opener,
			.caller = rows[i].caller,
			.open = mmui_open,
			.use = ask,
			.arg = told,
		};

		ASSERT_EQ(0, pass(&p));
		wrong = verdict(told, rows[i].expected);
		EXPECT_EQ(NULL, wrong)
			TH_LOG("%s, then %s: %s", who_name(rows[i].opener),
			       who_name(rows[i].caller), wrong);
	}
}

TEST_F(regs, dropped_after_open)
{
	static const struct {
		enum who caller;
		int expected;
	} rows[] = {
		{ ONLY_SYS_ADMIN, -EACCES }, { ONLY_SYS_RAWIO, -EPERM },
		{ NOBODY_AT_ALL, -EPERM }, { USERNS_ROOT, -EPERM },
	};
	struct told *told = SHARED(struct told, 1);
	const char *wrong;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pass p = {
			.caller = rows[i].caller,
			.open = mmui_open,
			.use = ask,
			.arg = told,
		};

		ASSERT_EQ(0, drop(&p));
		wrong = verdict(told, rows[i].expected);
		EXPECT_EQ(NULL, wrong)
			TH_LOG("%s: %s", who_name(rows[i].caller), wrong);
	}
}

TEST_HARNESS_MAIN
