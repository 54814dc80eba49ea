// SPDX-License-Identifier: GPL-2.0-only
/* Registers, against /proc/cpuinfo and the msr driver. */
#include "kselftest_harness.h"
#include "client.h"
#include "cpu.h"
#include "mmui_test.h"
#include "who.h"

#include <errno.h>

/* Intel SDM vol. 3A 2.5 */
#define CR0_PE	BIT(0)
#define CR0_WP	BIT(16)
#define CR0_PG	BIT(31)

#define PAT	0x277
#define EFER	0xc0000080

FIXTURE(regs)
{
	struct ynl_sock *ys;
};

FIXTURE_SETUP(regs)
{
	self->ys = client();
}

FIXTURE_TEARDOWN(regs)
{
	ynl_sock_destroy(self->ys);
}

/* The spec's names for the numbers that the module sends */
TEST(regs_get_names)
{
#define NAME(name) { #name, MMUINSPECT_A_X86_REGS_##name, MMUINSPECT_X86_##name }
	static const struct {
		const char *name;
		int spec;
		int abi;
	} rows[] = {
		NAME(CR0), NAME(CR2), NAME(CR3), NAME(CR4), NAME(CR8), NAME(EFER),
		NAME(XCR0), NAME(PAT), NAME(U_CET), NAME(S_CET), NAME(GDTR_BASE),
		NAME(GDTR_LIMIT), NAME(IDTR_BASE), NAME(IDTR_LIMIT), NAME(LDTR),
		NAME(TR), NAME(GS_BASE), NAME(KERNEL_GS_BASE), NAME(FS_BASE),
		NAME(FRED_CONFIG),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(rows[i].abi, rows[i].spec)
			TH_LOG("%s", rows[i].name);
	}
}

#define REG(name) offsetof(struct mmuinspect_x86_regs, name)

static __u64 reg_at(const struct mmuinspect_x86_regs *regs, size_t offset)
{
	return *(const __u64 *)((const char *)regs + offset);
}

/* A message a CPU, in order; what /proc/cpuinfo and the msr driver say of each. */
TEST_F(regs, regs_get)
{
	static const struct {
		const char *flag;
		size_t reg;
		unsigned int bit;
	} flags[] = {
		{ "syscall", REG(efer), 0 },
		{ "lm", REG(efer), 10 },
		{ "nx", REG(efer), 11 },
		{ "pae", REG(cr4), 5 },
		{ "pge", REG(cr4), 7 },
		{ "umip", REG(cr4), 11 },
		{ "la57", REG(cr4), 12 },
		{ "fsgsbase", REG(cr4), 16 },
		{ "pcid", REG(cr4), 17 },
		{ "xsave", REG(cr4), 18 },
		{ "smep", REG(cr4), 20 },
		{ "smap", REG(cr4), 21 },
		{ "ospke", REG(cr4), 22 },
	};
	static const struct {
		__u32 msr;
		size_t reg;
	} msrs[] = {
		{ EFER, REG(efer) }, { PAT, REG(pat) },
	};
	struct mmuinspect_regs_get_list *list = mmuinspect_regs_get_dump(self->ys);
	unsigned int cpu = 0;
	__u64 value;
	size_t i;

	ASSERT_NE(NULL, list)
		TH_LOG("%s", self->ys->err.msg);
	ynl_dump_foreach(list, regs) {
		ASSERT_TRUE(HAS(regs, cpu));
		EXPECT_EQ(cpu, regs->cpu);
		EXPECT_FALSE(HAS(regs, error));
		EXPECT_FALSE(HAS(regs, refused));
		ASSERT_TRUE(HAS(regs, x86));
		EXPECT_TRUE(HAS(&regs->x86, cr3));
		EXPECT_EQ(CR0_PE | CR0_WP | CR0_PG,
			  regs->x86.cr0 & (CR0_PE | CR0_WP | CR0_PG));
		for (i = 0; i < ARRAY_SIZE(flags); i++) {
			value = reg_at(&regs->x86, flags[i].reg);
			EXPECT_EQ(cpu_flag(flags[i].flag),
				  value >> flags[i].bit & 1)
				TH_LOG("CPU %u: %s", cpu, flags[i].flag);
		}
		for (i = 0; i < ARRAY_SIZE(msrs); i++) {
			ASSERT_EQ(0, cpu_msr(cpu, msrs[i].msr, &value));
			EXPECT_EQ(value, reg_at(&regs->x86, msrs[i].reg))
				TH_LOG("CPU %u: MSR %#x", cpu, msrs[i].msr);
		}
		cpu++;
	}
	EXPECT_EQ(cpu_count(), cpu);
	mmuinspect_regs_get_list_free(list);
}

TEST_F(regs, regs_get_offline)
{
	unsigned int last = cpu_count() - 1, gone = 0, there = 0;
	struct mmuinspect_regs_get_list *list;

	if (!last)
		SKIP(return, "one CPU");
	ASSERT_EQ(0, cpu_switch(last, false));
	list = mmuinspect_regs_get_dump(self->ys);
	EXPECT_EQ(0, cpu_switch(last, true));
	ASSERT_NE(NULL, list);
	ynl_dump_foreach(list, regs) {
		EXPECT_EQ(regs->cpu == last, HAS(regs, error));
		EXPECT_EQ(regs->cpu != last, HAS(regs, x86));
		there += HAS(regs, x86);
		gone += HAS(regs, error) && regs->error == -ENXIO;
	}
	EXPECT_EQ(last, there);
	EXPECT_EQ(1, gone);
	mmuinspect_regs_get_list_free(list);
}

/* What somebody else is told */
struct told {
	enum who who;
	int error;
	unsigned int refused;	/* by how many CPUs, with EACCES */
};

static int ask_as(void *arg)
{
	struct mmuinspect_regs_get_list *list;
	struct told *told = arg;
	struct ynl_sock *ys;

	become(told->who);
	ys = client();
	list = mmuinspect_regs_get_dump(ys);
	told->error = dump_error(ys, list);
	if (!list)
		return 0;
	ynl_dump_foreach(list, regs)
		told->refused += HAS(regs, refused) &&
				 regs->refused == -EACCES &&
				 HAS(&regs->x86, cr4) &&
				 !HAS(&regs->x86, cr3);
	return 0;
}

TEST_F(regs, regs_get_refused)
{
	struct told *told = SHARED(struct told, 1);

	told->who = ONLY_SYS_ADMIN;
	ASSERT_EQ(0, in_child(ask_as, told));
	EXPECT_EQ(0, told->error);
	EXPECT_EQ(cpu_count(), told->refused);
	told->who = NOBODY_AT_ALL;
	ASSERT_EQ(0, in_child(ask_as, told));
	EXPECT_EQ(-EPERM, told->error);
}

TEST_HARNESS_MAIN
