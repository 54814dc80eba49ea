// SPDX-License-Identifier: GPL-2.0-only
/* What the machine is, against /proc/cpuinfo, uname and /sys. */
#include "kselftest_harness.h"
#include "client.h"
#include "cpu.h"
#include "mmui_test.h"
#include "who.h"

#include <stdio.h>
#include <sys/utsname.h>

/* "address sizes : 40 bits physical, 57 bits virtual" */
static unsigned int physical_bits(void)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	unsigned int bits = 0;
	char line[8192];

	while (f && fgets(line, sizeof(line), f) &&
	       sscanf(line, "address sizes : %u bits", &bits) != 1)
		;
	if (!bits)
		die("/proc/cpuinfo has no address sizes");
	fclose(f);
	return bits;
}

TEST(info_get)
{
	static const struct {
		const char *flag;
		__u64 feature;
	} rows[] = {
		{ "nx", MMUINSPECT_FEATURE_NX },
		{ "ospke", MMUINSPECT_FEATURE_PKEYS },
		{ "pti", MMUINSPECT_FEATURE_PTI },
		{ "pcid", MMUINSPECT_FEATURE_PCID },
		{ "pdpe1gb", MMUINSPECT_FEATURE_1G },
		{ "user_shstk", MMUINSPECT_FEATURE_SHSTK },
	};
	struct ynl_sock *ys = client();
	struct mmuinspect_info_get_rsp *info = mmuinspect_info_get(ys);
	bool la57 = cpu_flag("la57");
	char version[64] = "";
	struct utsname u;
	size_t i;
	FILE *f;

	ASSERT_NE(NULL, info)
		TH_LOG("%s", ys->err.msg);
	ASSERT_EQ(0, uname(&u));
	f = fopen("/sys/module/mmuinspect/version", "re");
	ASSERT_NE(NULL, f);
	ASSERT_EQ(1, fscanf(f, "%63s", version));
	fclose(f);
	EXPECT_EQ(MMUINSPECT_ABI, info->abi);
	EXPECT_STREQ(version, info->version);
	EXPECT_STREQ(u.release, info->release);
	EXPECT_EQ(MMUINSPECT_ARCH_X86_64, info->arch);
	EXPECT_EQ(la57 ? 5 : 4, info->levels);
	EXPECT_EQ(la57 ? 57 : 48, info->va_bits);
	EXPECT_EQ(physical_bits(), info->phys_bits);
	EXPECT_EQ(1ULL << (la57 ? 56 : 47), info->user_end);
	EXPECT_NE(0, info->memattr);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(cpu_flag(rows[i].flag),
			  !!(info->features & rows[i].feature))
			TH_LOG("%s", rows[i].flag);
	}
	mmuinspect_info_get_rsp_free(info);
	ynl_sock_destroy(ys);
}

static int ask_as_nobody(void *arg)
{
	struct ynl_sock *ys;

	become(NOBODY_AT_ALL);
	ys = client();
	return mmuinspect_info_get(ys) ? 0 : ys->err.code;
}

TEST(info_get_open_to_all)
{
	EXPECT_EQ(0, in_child(ask_as_nobody, NULL));
}

TEST_HARNESS_MAIN
