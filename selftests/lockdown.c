// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lockdown: what reveals an address is refused in confidentiality mode, as
 * /proc/kcore is, and the rest goes on. There is no way back to a lower mode,
 * and a module that isn't signed can't be loaded in any: so it has a machine of
 * its own, where it's the last to run (selftests/check).
 */
#include "kselftest_harness.h"
#include "cpu.h"
#include "mmui_test.h"
#include "nl.h"
#include "report.h"

#include <errno.h>
#include <sys/mount.h>

#define KNOB	"/sys/kernel/security/lockdown"
#define EFER	0xc0000080
#define LSTAR	0xc0000082

/* Is @mode the one in brackets: "none [integrity] confidentiality"? */
static bool mode_is(const char *mode)
{
	char line[128] = "", word[64];
	FILE *f = fopen(KNOB, "re");

	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		die(KNOB);
	fclose(f);
	snprintf(word, sizeof(word), "[%s]", mode);
	return strstr(line, word);
}

/* Returns false if this kernel has no lockdown. */
static bool raise_to(const char *mode)
{
	mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
	if (access(KNOB, F_OK))
		return false;
	if (!mode_is(mode) && write_file(KNOB, mode))
		die("lockdown=%s: %m", mode);
	return mode_is(mode);
}

static void take_refused(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NL_ATTRS], *x86[NL_ATTRS];
	int *refused = arg;

	nl_parse(h, tb);
	*refused = tb[MMUINSPECT_A_REGS_REFUSED] ?
		   (int)nl_u32(tb[MMUINSPECT_A_REGS_REFUSED]) : 0;
	nl_parse_nested(tb[MMUINSPECT_A_REGS_X86], x86);
	if (!x86[MMUINSPECT_A_X86_REGS_CR4] ||
	    !x86[MMUINSPECT_A_X86_REGS_CR3] != !!*refused)
		*refused = 1;
}

static int by_netlink(void)
{
	struct nl_message *m;
	int sock = nl_open(), refused = 1, ret;

	m = nl_new(nl_family(sock), MMUINSPECT_CMD_REGS_GET, NLM_F_DUMP);
	ret = nl_ask(sock, m, take_refused, &refused);
	nl_free(m);
	close(sock);
	return ret ? ret : refused;
}

static int descriptors(int fd)
{
	char gdt[128];
	struct mmuinspect_desc desc = {
		.size = sizeof(desc),
		.table = MMUINSPECT_DESC_GDT,
		.vec = (__u64)gdt,
		.vec_len = sizeof(gdt),
	};

	return mmui_call(fd, MMUINSPECT_IOC_DESC, &desc);
}

static int error_of(const struct registers *r, unsigned int id)
{
	return reg_find(r, 0, id)->error;
}

FIXTURE(lockdown)
{
};

FIXTURE_VARIANT(lockdown)
{
	const char *mode;
	int addresses;
};

FIXTURE_SETUP(lockdown)
{
}

FIXTURE_TEARDOWN(lockdown)
{
}

/* In this order */
FIXTURE_VARIANT_ADD(lockdown, a_none) { "none", 0 };
FIXTURE_VARIANT_ADD(lockdown, b_integrity) { "integrity", 0 };
FIXTURE_VARIANT_ADD(lockdown, c_confidentiality) {
	"confidentiality", -EKEYREJECTED
};

TEST_F(lockdown, addresses)
{
	static const unsigned int hidden[] = {
		MMUINSPECT_X86_CR2, MMUINSPECT_X86_CR3, MMUINSPECT_X86_GDTR_BASE,
		MMUINSPECT_X86_IDTR_BASE, MMUINSPECT_X86_GS_BASE,
		MMUINSPECT_X86_KERNEL_GS_BASE, MMUINSPECT_X86_FS_BASE,
	};
	struct registers *r = SHARED(struct registers, 1);
	__u64 value;
	int fd = mmui_open();
	size_t i;

	/* Nobody runs this but to see it: no lockdown is a failure. */
	ASSERT_TRUE(raise_to(variant->mode))
		TH_LOG("no lockdown=%s in this kernel", variant->mode);
	ASSERT_EQ(0, mmui_regs(fd, r));
	for (i = 0; i < ARRAY_SIZE(hidden); i++) {
		EXPECT_EQ(variant->addresses, error_of(r, hidden[i]))
			TH_LOG("register %u", hidden[i]);
	}
	EXPECT_EQ(0, error_of(r, MMUINSPECT_X86_CR0));
	EXPECT_EQ(0, error_of(r, MMUINSPECT_X86_CR4));
	EXPECT_EQ(0, error_of(r, MMUINSPECT_X86_EFER));
	EXPECT_EQ(0, mmui_msr(fd, 0, EFER, &value));
	EXPECT_EQ(variant->addresses, mmui_msr(fd, 0, LSTAR, &value));
	EXPECT_EQ(variant->addresses, descriptors(fd));
	EXPECT_EQ(variant->addresses, by_netlink());
	close(fd);
}

/* The command says so, and never prints 0 for what it wasn't given. */
TEST_F(lockdown, command)
{
	char *const info[] = { COMMAND, "info", NULL };
	char *const tour[] = { COMMAND, "tour", "-n", "cr3", NULL };
	struct report *r = SHARED(struct report, 1);

	ASSERT_TRUE(raise_to(variant->mode));
	report_run(r, ROOT, info);
	EXPECT_EQ(0, r->status);
	EXPECT_EQ(!variant->addresses, !strstr(r->out, "the kernel is locked down"));
	report_run(r, ROOT, tour);
	EXPECT_EQ(variant->addresses ? 1 : 0, r->status);
	EXPECT_EQ(!variant->addresses, !strstr(r->out, "not here: CR3: the kernel is locked down"))
		TH_LOG("%s", r->out);
	EXPECT_EQ(NULL, strstr(r->out, "CR3 0x0"));
}

TEST_HARNESS_MAIN
