// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading. MMUINSPECT_KO is the module's file. */
#include "kselftest_harness.h"
#include "mmui_test.h"

#include <errno.h>

FIXTURE(module)
{
};

FIXTURE_SETUP(module)
{
	int ret = module_load();

	if (ret == -ENOENT)
		SKIP(return, "no module file to load: set MMUINSPECT_KO");
	ASSERT_TRUE(ret == 0 || ret == -EEXIST);
}

/* As it was found: loaded */
FIXTURE_TEARDOWN(module)
{
	module_load();
}

static bool there(void)
{
	return !access(MMUI_DEVICE, F_OK);
}

TEST_F(module, loaded_twice)
{
	EXPECT_EQ(-EEXIST, module_load());
	EXPECT_TRUE(there());
}

/* An open file holds the module; so does its use, and only that long. */
TEST_F(module, open_file)
{
	pid_t pid = hold(NULL, NULL);
	struct list list;
	int fd = mmui_open(), second;

	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	EXPECT_EQ(0, mmui_target(fd, pid));
	EXPECT_EQ(0, mmui_list(fd, MMUINSPECT_MERGE_RIGHTS, &list));
	EXPECT_LT(0, list.n);
	second = dup(fd);
	close(fd);
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	EXPECT_EQ(0, mmui_list(second, MMUINSPECT_MERGE_RIGHTS, &list));
	close(second);
	EXPECT_EQ(0, module_unload());
	EXPECT_FALSE(there());
	release(pid);
}

TEST_F(module, cycles)
{
	unsigned int i, cycles = env_number("CYCLES", 200);
	struct mmuinspect_info info;
	int fd;

	for (i = 0; i < cycles; i++) {
		ASSERT_EQ(0, module_unload());
		ASSERT_FALSE(there());
		ASSERT_EQ(-ENOENT, module_unload());
		ASSERT_EQ(0, module_load());
		ASSERT_TRUE(there());
		fd = mmui_open();
		ASSERT_EQ(0, mmui_info(fd, &info));
		close(fd);
	}
}

/* No name of an address space is given twice, not even by another load's secret. */
TEST_F(module, names_are_new)
{
	struct list first, second;
	int fd = mmui_open();

	ASSERT_EQ(0, mmui_list(fd, MMUINSPECT_MERGE_RIGHTS, &first));
	close(fd);
	ASSERT_EQ(0, module_unload());
	ASSERT_EQ(0, module_load());
	fd = mmui_open();
	ASSERT_EQ(0, mmui_list(fd, MMUINSPECT_MERGE_RIGHTS, &second));
	close(fd);
	EXPECT_NE(first.space, second.space);
}

TEST_HARNESS_MAIN
