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
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

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

/**
 * struct monitor - "mmuinspect monitor -f" that runs
 * @pid: of it
 * @out: its standard output, which doesn't block
 * @err: its standard error
 * @said: what came from @out
 * @n: length of it
 */
struct monitor {
	pid_t pid;
	int out;
	int err;
	char said[65536];
	size_t n;
};

static void monitor_start(struct monitor *m)
{
	char *const argv[] = { COMMAND, "monitor", "-f", NULL };
	int out[2], err[2];
	pid_t pid;

	if (pipe(out) || pipe(err))
		die("pipe: %m");
	pid = fork();
	if (!pid) {
		dup2(out[1], 1);
		dup2(err[1], 2);
		execv(COMMAND, argv);
		_exit(127);
	}
	close(out[1]);
	close(err[1]);
	m->pid = pid;
	m->out = out[0];
	m->err = err[0];
	fcntl(m->out, F_SETFL, O_NONBLOCK);
}

/* A child that dies of SIGSEGV; returns its number. */
static pid_t fault(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		*(volatile char *)0x7654321;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return pid;
}

/* Has the monitor a line of this process, in so many tenths of a second? */
static bool monitor_says(struct monitor *m, pid_t pid, int tenths)
{
	char word[32];
	ssize_t n;

	snprintf(word, sizeof(word), " %d ", pid);
	for (; tenths > 0; tenths--) {
		while ((n = read(m->out, m->said + m->n, sizeof(m->said) - m->n - 1)) > 0)
			m->n += n;
		m->said[m->n] = '\0';
		if (strstr(m->said, word))
			return true;
		usleep(100000);
	}
	return false;
}

/* Before the mode is raised; with the first event that isn't permitted it ends. */
TEST_F(lockdown, a_monitor)
{
	static struct monitor monitor;
	struct monitor *m = &monitor;
	char why[512] = "";
	int status, tries = 0;
	pid_t pid;

	monitor_start(m);
	do {
		pid = fault();
	} while (!monitor_says(m, pid, 5) && ++tries < 100);
	ASSERT_GT(100, tries);
	ASSERT_TRUE(raise_to(variant->mode));
	pid = fault();
	EXPECT_EQ(!variant->addresses, monitor_says(m, pid, variant->addresses ? 10 : 100));
	if (!variant->addresses)
		kill(m->pid, SIGTERM);
	EXPECT_EQ(m->pid, waitpid(m->pid, &status, 0));
	EXPECT_EQ(variant->addresses ? 1 : 0, WEXITSTATUS(status));
	EXPECT_LE(0, read(m->err, why, sizeof(why) - 1));
	EXPECT_EQ(!variant->addresses, !strstr(why, "the kernel was locked down"))
		TH_LOG("%s", why);
	close(m->out);
	close(m->err);
}

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
