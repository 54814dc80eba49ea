// SPDX-License-Identifier: GPL-2.0-only
/* The netlink family: what it tells, to whom, and what it makes of nonsense. */
#include "kselftest_harness.h"
#include "mmui_test.h"
#include "count.h"
#include "cpu.h"
#include "nl.h"
#include "who.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#define EFER	0xc0000080
#define ADMIN	"CAP_SYS_ADMIN"
#define RAWIO	"CAP_SYS_RAWIO"

/**
 * struct operation - what can be asked
 * @attributes: it takes some
 * @needs: the capability, as the refusal calls it; NULL for none
 * @bare: what it answers to whoever may ask, and gives no attributes
 */
static const struct operation {
	const char *name;
	int cmd;
	bool dump;
	bool attributes;
	const char *needs;
	int bare;
} operations[] = {
	{ "info-get", MMUINSPECT_CMD_INFO_GET },
	{ "regs-get", MMUINSPECT_CMD_REGS_GET, true, false, ADMIN },
	{ "msr-policy-get", MMUINSPECT_CMD_MSR_POLICY_GET, true, false, RAWIO },
	{ "msr-policy-set", MMUINSPECT_CMD_MSR_POLICY_SET, false, true, RAWIO },
	{ "msr-policy-seal", MMUINSPECT_CMD_MSR_POLICY_SEAL, false, false, RAWIO },
	{ "counters-set", MMUINSPECT_CMD_COUNTERS_SET, false, true, ADMIN, -EINVAL },
	{ "counters-get", MMUINSPECT_CMD_COUNTERS_GET, true, false, ADMIN },
	{ "matrix-get", MMUINSPECT_CMD_MATRIX_GET, true, false, ADMIN },
	{ "watch-add", MMUINSPECT_CMD_WATCH_ADD, false, true, ADMIN, -EINVAL },
	{ "watch-del", MMUINSPECT_CMD_WATCH_DEL, false, true, ADMIN, -EINVAL },
	{ "watch-get", MMUINSPECT_CMD_WATCH_GET, true, true, ADMIN },
};

#define ALL ARRAY_SIZE(operations)

/* Is the kernel older than this? */
static bool older_than(const char *release)
{
	struct utsname u;

	return !uname(&u) && strverscmp(u.release, release) < 0;
}

/* IPIs from CPU to CPU are reported since 6.5. */
static int answer_to_bare(const struct operation *o)
{
	return o->cmd == MMUINSPECT_CMD_MATRIX_GET && older_than("6.5") ?
	       -EOPNOTSUPP : o->bare;
}

FIXTURE(netlink)
{
	int sock;
	int family;
	struct rules *list;	/* as it was found */
	struct rules *rules;
};

FIXTURE_SETUP(netlink)
{
	self->sock = nl_open();
	self->family = nl_family(self->sock);
	self->list = SHARED(struct rules, 1);
	self->rules = SHARED(struct rules, 1);
	ASSERT_EQ(0, nl_policy_get(self->sock, self->list));
}

FIXTURE_TEARDOWN(netlink)
{
	nl_policy_set(self->sock, self->list->rule, self->list->n, false);
}

static int ask(int sock, int family, int cmd, int flags,
	       void (*each)(const struct nlmsghdr *h, void *arg), void *arg)
{
	struct nl_message *m = nl_new(family, cmd, flags);
	int ret = nl_ask(sock, m, each, arg);

	nl_free(m);
	return ret;
}

/* What it tells */

static void take_info(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NL_ATTRS];
	struct mmuinspect_info *info = arg;

	nl_parse(h, tb);
	info->abi = nl_u32(tb[MMUINSPECT_A_INFO_ABI]);
	info->arch = nl_u32(tb[MMUINSPECT_A_INFO_ARCH]);
	info->levels = nl_u32(tb[MMUINSPECT_A_INFO_LEVELS]);
	info->va_bits = nl_u32(tb[MMUINSPECT_A_INFO_VA_BITS]);
	info->phys_bits = nl_u32(tb[MMUINSPECT_A_INFO_PHYS_BITS]);
	info->features = nl_u64(tb[MMUINSPECT_A_INFO_FEATURES]);
	info->user_end = nl_u64(tb[MMUINSPECT_A_INFO_USER_END]);
	info->memattr = nl_u64(tb[MMUINSPECT_A_INFO_MEMATTR]);
	info->cycles_khz = nl_u32(tb[MMUINSPECT_A_INFO_CYCLES_KHZ]);
	snprintf(info->version, sizeof(info->version), "%s",
		 (const char *)(tb[MMUINSPECT_A_INFO_VERSION] + 1));
	snprintf(info->release, sizeof(info->release), "%s",
		 (const char *)(tb[MMUINSPECT_A_INFO_RELEASE] + 1));
}

/* Cycles of the time-stamp counter in a tenth of a second, in kHz */
static double cycles_khz(void)
{
	struct timespec from, to;
	__u64 begin, end;
	double ms;

	clock_gettime(CLOCK_MONOTONIC_RAW, &from);
	begin = __builtin_ia32_rdtsc();
	usleep(100000);
	clock_gettime(CLOCK_MONOTONIC_RAW, &to);
	end = __builtin_ia32_rdtsc();
	ms = (to.tv_sec - from.tv_sec) * 1e3 + (to.tv_nsec - from.tv_nsec) / 1e6;
	return (end - begin) / ms;
}

/* The kernel calibrates it at boot: within a tenth also in an emulator that is busy */
TEST_F(netlink, cycles)
{
	struct mmuinspect_info here = { 0 };
	double measured = cycles_khz();

	ASSERT_EQ(0, ask(self->sock, self->family, MMUINSPECT_CMD_INFO_GET, 0,
			 take_info, &here));
	EXPECT_LT(measured * 0.9, here.cycles_khz);
	EXPECT_GT(measured * 1.1, here.cycles_khz);
}

TEST_F(netlink, info_is_that_of_the_device)
{
	struct mmuinspect_info there = { 0 }, here = { 0 };
	int fd = mmui_open();

	ASSERT_EQ(0, mmui_info(fd, &there));
	ASSERT_EQ(0, ask(self->sock, self->family, MMUINSPECT_CMD_INFO_GET, 0,
			 take_info, &here));
	EXPECT_EQ(there.abi, here.abi);
	EXPECT_EQ(there.arch, here.arch);
	EXPECT_EQ(there.levels, here.levels);
	EXPECT_EQ(there.va_bits, here.va_bits);
	EXPECT_EQ(there.phys_bits, here.phys_bits);
	EXPECT_EQ(there.features, here.features);
	EXPECT_EQ(there.user_end, here.user_end);
	EXPECT_EQ(there.memattr, here.memattr);
	EXPECT_EQ(there.cycles_khz, here.cycles_khz);
	EXPECT_STREQ(there.version, here.version);
	EXPECT_STREQ(there.release, here.release);
}

/* A dump of registers, in the shape of the device's answer */
struct dump {
	struct registers r;
	unsigned int messages;
	int refused;
};

static void take_regs(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NL_ATTRS], *x86[NL_ATTRS];
	struct dump *dump = arg;
	struct mmuinspect_reg reg = { 0 };

	dump->messages++;
	nl_parse(h, tb);
	reg.cpu = nl_u32(tb[MMUINSPECT_A_REGS_CPU]);
	if (tb[MMUINSPECT_A_REGS_REFUSED])
		dump->refused = (int)nl_u32(tb[MMUINSPECT_A_REGS_REFUSED]);
	if (tb[MMUINSPECT_A_REGS_ERROR]) {
		reg.error = (int)nl_u32(tb[MMUINSPECT_A_REGS_ERROR]);
		dump->r.reg[dump->r.n++] = reg;
		return;
	}
	nl_parse_nested(tb[MMUINSPECT_A_REGS_X86], x86);
	for (reg.id = 1; reg.id < MMUINSPECT_A_X86_REGS_PAD; reg.id++) {
		if (!x86[reg.id])
			continue;
		reg.value = nl_u64(x86[reg.id]);
		dump->r.reg[dump->r.n++] = reg;
	}
}

static int ask_regs(int sock, int family, struct dump *dump)
{
	memset(dump, 0, sizeof(*dump));
	return ask(sock, family, MMUINSPECT_CMD_REGS_GET, NLM_F_DUMP, take_regs,
		   dump);
}

/* These belong to whatever runs there. */
static bool is_a_tasks(unsigned int id)
{
	return id == MMUINSPECT_X86_CR2 || id == MMUINSPECT_X86_CR3 ||
	       id == MMUINSPECT_X86_U_CET || id == MMUINSPECT_X86_LDTR ||
	       id == MMUINSPECT_X86_KERNEL_GS_BASE ||
	       id == MMUINSPECT_X86_FS_BASE;
}

TEST_F(netlink, registers_are_those_of_the_device)
{
	struct registers *there = SHARED(struct registers, 1);
	struct dump *here = SHARED(struct dump, 1);
	unsigned int i, n = 0, compared = 0;
	const struct mmuinspect_reg *reg;

	ASSERT_EQ(0, mmui_regs(mmui_open(), there));
	ASSERT_EQ(0, ask_regs(self->sock, self->family, here));
	EXPECT_EQ(cpu_count(), here->messages);
	EXPECT_EQ(0, here->refused);
	for (i = 0; i < there->n; i++) {
		reg = reg_find(&here->r, there->reg[i].cpu, there->reg[i].id);
		/* What a CPU hasn't is left out. */
		ASSERT_EQ(!there->reg[i].error, !!reg);
		if (!reg)
			continue;
		n++;
		if (is_a_tasks(reg->id))
			continue;
		compared++;
		EXPECT_EQ(there->reg[i].value, reg->value)
			TH_LOG("CPU %u, register %u", reg->cpu, reg->id);
	}
	EXPECT_EQ(n, here->r.n);
	EXPECT_LE(10 * cpu_count(), compared);
}

TEST_F(netlink, registers_of_an_offline_cpu)
{
	struct dump *dump = SHARED(struct dump, 1);
	unsigned int last = cpu_count() - 1;
	const struct mmuinspect_reg *reg;

	if (!last || cpu_switch(last, false))
		SKIP(return, "no CPU that can be switched off");
	EXPECT_EQ(0, ask_regs(self->sock, self->family, dump));
	ASSERT_EQ(0, cpu_switch(last, true));
	EXPECT_EQ(last + 1, dump->messages);
	reg = reg_find(&dump->r, last, 0);
	ASSERT_NE(NULL, reg);
	EXPECT_EQ(-ENXIO, reg->error);
}

static void ask_for_registers(void *fixture)
{
	static struct dump dump;
	FIXTURE_DATA(netlink) *self = fixture;

	if (ask_regs(self->sock, self->family, &dump))
		die("regs-get failed");
}

TEST_F(netlink, registers_by_one_interrupt_a_cpu)
{
	unsigned int last = cpu_count() - 1;
	struct busy busy;

	if (!last)
		SKIP(return, "one CPU");
	cpu_pin(0);
	busy_start(&busy, last, NULL, NULL);
	EXPECT_EQ(1, cpu_calls_of(last, 1, ask_for_registers, self));
	busy_end(&busy);
}

/* A list that changes while it is read: the reader is told. */
TEST_F(netlink, dump_interrupted)
{
	struct rule *rule = SHARED(struct rule, MMUINSPECT_POLICY_MAX);
	struct nl_message *m;
	unsigned int i;
	int sock = nl_open();

	for (i = 0; i < MMUINSPECT_POLICY_MAX; i++)
		rule[i] = (struct rule) { i, ~0ULL };
	ASSERT_EQ(0, nl_policy_set(self->sock, rule, i, false));
	/* From a socket that has read nothing yet, a part comes at first. */
	m = nl_new(self->family, MMUINSPECT_CMD_MSR_POLICY_GET, NLM_F_DUMP);
	ASSERT_EQ(0, nl_send(sock, m->data, m->data->nlmsg_len));
	ASSERT_EQ(0, nl_policy_set(self->sock, rule, 700, false));
	EXPECT_EQ(0, nl_receive(sock, NULL, NULL));
	EXPECT_TRUE(nl_interrupted());
	EXPECT_EQ(0, nl_ask(sock, m, NULL, NULL));
	EXPECT_FALSE(nl_interrupted());
	nl_free(m);
}

/* To whom */

static int look_elsewhere(void *arg)
{
	if (unshare(CLONE_NEWNET))
		die("unshare: %m");
	return -nl_resolve(nl_open(), MMUINSPECT_FAMILY_NAME);
}

TEST_F(netlink, initial_namespace_only)
{
	EXPECT_LT(0, nl_resolve(self->sock, MMUINSPECT_FAMILY_NAME));
	EXPECT_EQ(ENOENT, in_child(look_elsewhere, NULL));
}

struct told {
	int family;
	int ret[ALL];
	char why[ALL][256];
	struct dump dump;
};

static int ask_all(int sock, void *arg)
{
	struct told *told = arg;
	size_t i;

	for (i = 0; i < ALL; i++) {
		int cmd = operations[i].cmd;

		/* Allowed, it could not be undone: the list's tests do that. */
		if (cmd == MMUINSPECT_CMD_MSR_POLICY_SEAL && !told->ret[i - 1])
			continue;
		if (cmd == MMUINSPECT_CMD_REGS_GET)
			told->ret[i] = ask_regs(sock, told->family, &told->dump);
		else
			told->ret[i] = ask(sock, told->family, cmd,
					   operations[i].dump ? NLM_F_DUMP : 0,
					   NULL, NULL);
		snprintf(told->why[i], sizeof(told->why[i]), "%s", nl_why());
	}
	return 0;
}

/* Why a dump can't begin is told by a number alone before 6.3 or so. */
static bool is_silent(const struct operation *o)
{
	return o->dump && older_than("6.3");
}

/* In a network namespace, its own root has CAP_NET_ADMIN: no use here. */
TEST_F(netlink, opener_and_caller)
{
	static const struct {
		enum who opener;
		enum who caller;
		int regs;		/* or -EACCES: without addresses */
		int policy;
	} rows[] = {
		{ ROOT, ROOT, 0, 0 },
		{ ADMIN_AND_RAWIO, ADMIN_AND_RAWIO, 0, 0 },
		{ ONLY_SYS_ADMIN, ONLY_SYS_ADMIN, -EACCES, -EPERM },
		{ ONLY_SYS_RAWIO, ONLY_SYS_RAWIO, -EPERM, 0 },
		{ ROOT_WITHOUT_CAPS, ROOT_WITHOUT_CAPS, -EPERM, -EPERM },
		{ NOBODY_AT_ALL, NOBODY_AT_ALL, -EPERM, -EPERM },
		{ USERNS_ROOT, USERNS_ROOT, -EPERM, -EPERM },
		{ ROOT, ONLY_SYS_ADMIN, -EACCES, -EPERM },
		{ ROOT, ONLY_SYS_RAWIO, -EPERM, 0 },
		{ ROOT, NOBODY_AT_ALL, -EPERM, -EPERM },
		{ ROOT, USERNS_ROOT, -EPERM, -EPERM },
		{ ONLY_SYS_ADMIN, ROOT, -EACCES, -EPERM },
		{ ONLY_SYS_RAWIO, ROOT, -EPERM, 0 },
		{ NOBODY_AT_ALL, ROOT, -EPERM, -EPERM },
		{ USERNS_ROOT, ROOT, -EPERM, -EPERM },
	};
	struct told *told = SHARED(struct told, 1);
	size_t i, j;

	told->family = self->family;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		for (j = 0; j < 2; j++) {
			struct pass p = {
				.opener = rows[i].opener,
				.caller = rows[i].caller,
				.open = nl_open,
				.use = ask_all,
				.arg = told,
			};
			int regs = rows[i].regs == -EPERM ? -EPERM : 0;
			size_t k;

			if (j && p.opener != ROOT)
				continue;
			ASSERT_EQ(0, j ? drop(&p) : pass(&p));
			for (k = 0; k < ALL; k++) {
				const struct operation *o = &operations[k];
				int may = !o->needs ? 0 : !strcmp(o->needs, ADMIN) ?
					  regs : rows[i].policy;

				if (!may && o->cmd == MMUINSPECT_CMD_MSR_POLICY_SEAL)
					continue;
				EXPECT_EQ(may ? may : answer_to_bare(o), told->ret[k])
					TH_LOG("%s, then %s: %s", who_name(p.opener),
					       who_name(p.caller), o->name);
				if (!may || is_silent(o))
					continue;
				/* The words tell which capability. */
				EXPECT_NE(NULL, strstr(told->why[k], o->needs))
					TH_LOG("%s: %s: \"%s\"", who_name(p.caller),
					       o->name, told->why[k]);
			}
			if (regs)
				continue;
			EXPECT_EQ(rows[i].regs, told->dump.refused);
			EXPECT_EQ(!rows[i].regs, !!reg_find(&told->dump.r, 0,
							    MMUINSPECT_X86_CR3));
			EXPECT_NE(NULL, reg_find(&told->dump.r, 0,
						 MMUINSPECT_X86_CR4));
			/* An empty list is what was set. */
			if (!rows[i].policy) {
				ASSERT_EQ(0, nl_policy_set(self->sock,
					self->list->rule, self->list->n, false));
			}
		}
	EXPECT_EQ(0, nl_policy_get(self->sock, self->rules));
	EXPECT_FALSE(self->rules->sealed);
}

/* Who may see is settled when a dump begins, whoever reads the rest. */
struct begun {
	int sock;
	struct dump dump;
};

static int read_the_rest(void *arg)
{
	struct begun *begun = arg;

	become(NOBODY_AT_ALL);
	return -nl_receive(begun->sock, take_regs, &begun->dump);
}

TEST_F(netlink, dump_read_by_another)
{
	struct begun *begun = SHARED(struct begun, 1);
	struct nl_message *m = nl_new(self->family, MMUINSPECT_CMD_REGS_GET,
				      NLM_F_DUMP);

	begun->sock = self->sock;
	ASSERT_EQ(0, nl_send(self->sock, m->data, m->data->nlmsg_len));
	EXPECT_EQ(0, in_child(read_the_rest, begun));
	EXPECT_EQ(cpu_count(), begun->dump.messages);
	nl_free(m);
}

/* Nonsense */

TEST_F(netlink, do_is_no_dump)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		EXPECT_EQ(-EOPNOTSUPP,
			  ask(self->sock, self->family, operations[i].cmd,
			      operations[i].dump ? 0 : NLM_F_DUMP, NULL, NULL))
			TH_LOG("%s", operations[i].name);
	}
	for (i = MMUINSPECT_CMD_MAX + 1; i <= 256; i++) {
		EXPECT_EQ(-EOPNOTSUPP, ask(self->sock, self->family, i & 0xff, 0,
					   NULL, NULL))
			TH_LOG("command %zu", i & 0xff);
		EXPECT_EQ(-EOPNOTSUPP, ask(self->sock, self->family, i & 0xff,
					   NLM_F_DUMP, NULL, NULL));
	}
}

TEST_F(netlink, unknown_attributes)
{
	static const int types[] = { 0, 9, 10, 63, 200, NLA_TYPE_MASK };
	struct nl_message *m;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(operations); i++)
		for (j = 0; j < ARRAY_SIZE(types); j++) {
			m = nl_new(self->family, operations[i].cmd,
				   operations[i].dump ? NLM_F_DUMP : 0);
			nl_put_u32(m, types[j], 1);
			EXPECT_EQ(-EINVAL, nl_ask(self->sock, m, NULL, NULL))
				TH_LOG("%s, attribute %d", operations[i].name,
				       types[j]);
			EXPECT_NE('\0', *nl_why());
			nl_free(m);
		}
	/* Those that others take are no better. */
	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		if (operations[i].attributes)
			continue;
		m = nl_new(self->family, operations[i].cmd,
			   operations[i].dump ? NLM_F_DUMP : 0);
		nl_put_flag(m, MMUINSPECT_A_MSR_POLICY_EXTEND);
		EXPECT_EQ(-EINVAL, nl_ask(self->sock, m, NULL, NULL))
			TH_LOG("%s", operations[i].name);
		nl_free(m);
	}
	EXPECT_EQ(0, nl_policy_get(self->sock, self->rules));
	EXPECT_EQ(0, memcmp(self->list, self->rules, sizeof(*self->list)));
}

TEST_F(netlink, headers)
{
	struct nl_message *m;
	size_t i;
	int bit;

	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		int dump = operations[i].dump ? NLM_F_DUMP : 0;
		struct genlmsghdr *g;

		m = nl_new(self->family, operations[i].cmd, dump);
		g = NLMSG_DATA(m->data);
		g->reserved = 1;
		EXPECT_EQ(-EINVAL, nl_ask(self->sock, m, NULL, NULL))
			TH_LOG("%s: reserved", operations[i].name);
		g->reserved = 0;
		/* Half a header of ours */
		m->data->nlmsg_len = NLMSG_HDRLEN + 2;
		EXPECT_EQ(-EINVAL, nl_ask(self->sock, m, NULL, NULL))
			TH_LOG("%s: half a header", operations[i].name);
		m->data->nlmsg_len = NLMSG_HDRLEN;
		EXPECT_EQ(-EINVAL, nl_ask(self->sock, m, NULL, NULL));
		/* Longer than what was sent, and shorter than a header: no answer */
		m->data->nlmsg_len = 64;
		nl_send(self->sock, m->data, NLMSG_LENGTH(GENL_HDRLEN));
		m->data->nlmsg_len = 8;
		nl_send(self->sock, m->data, NLMSG_LENGTH(GENL_HDRLEN));
		m->data->nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
		for (bit = 4; bit < 16; bit++) {
			/* 0x100 and 0x200 together are "dump". */
			if (dump && (bit == 8 || bit == 9))
				continue;
			m->data->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | dump |
					       1 << bit;
			EXPECT_EQ(-EINVAL, nl_ask(self->sock, m, NULL, NULL))
				TH_LOG("%s: flag %#x", operations[i].name,
				       1 << bit);
		}
		nl_free(m);
	}
	EXPECT_EQ(0, nl_policy_get(self->sock, self->rules));
	EXPECT_EQ(0, memcmp(self->list, self->rules, sizeof(*self->list)));
}

/* Rules that are none; each is built by hand. */
static const struct {
	const char *name;
	int error;
	bool words;		/* of the module or the kernel */
	unsigned char bytes[40];
	size_t len;
} malformed[] = {
#define BYTES(...) { __VA_ARGS__ }, sizeof((unsigned char[]){ __VA_ARGS__ })
	{ "empty rule", -EINVAL, true, BYTES(4, 0, 1, 0x80) },
	{ "a rule that isn't nested", -EINVAL, true,
	  BYTES(12, 0, 1, 0, 8, 0, 1, 0, 1, 2, 3, 4) },
	{ "a number instead of a rule", -EINVAL, true,
	  BYTES(8, 0, 1, 0, 1, 2, 3, 4) },
	{ "a rule of garbage", -EINVAL, true,
	  BYTES(12, 0, 1, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff) },
	{ "an attribute longer than its rule", -EINVAL, true,
	  BYTES(12, 0, 1, 0x80, 9, 0, 1, 0, 1, 2, 3, 4) },
	{ "an attribute shorter than its header", -EINVAL, true,
	  BYTES(12, 0, 1, 0x80, 3, 0, 1, 0, 1, 2, 3, 4) },
	{ "an attribute of length 0", -EINVAL, true,
	  BYTES(12, 0, 1, 0x80, 0, 0, 1, 0, 1, 2, 3, 4) },
	{ "a rule longer than the message", -EINVAL, true,
	  BYTES(200, 0, 1, 0x80, 8, 0, 1, 0, 1, 2, 3, 4) },
	{ "a rule shorter than its header", -EINVAL, true,
	  BYTES(3, 0, 1, 0x80) },
	{ "MSR of 2 bytes", -EINVAL, true,
	  BYTES(10, 0, 1, 0x80, 6, 0, 1, 0, 1, 2, 0, 0) },
	{ "MSR of 8 bytes", -EINVAL, true,
	  BYTES(16, 0, 1, 0x80, 12, 0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8) },
	{ "MSR of no bytes", -EINVAL, true, BYTES(8, 0, 1, 0x80, 4, 0, 1, 0) },
	{ "mask of 4 bytes", -EINVAL, true,
	  BYTES(20, 0, 1, 0x80, 8, 0, 1, 0, 1, 2, 3, 4,
		8, 0, 2, 0, 1, 2, 3, 4) },
	{ "mask of 9 bytes", -EINVAL, true,
	  BYTES(25, 0, 1, 0x80, 8, 0, 1, 0, 1, 2, 3, 4,
		13, 0, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0) },
	{ "mask 0", -ERANGE, true,
	  BYTES(24, 0, 1, 0x80, 8, 0, 1, 0, 1, 2, 3, 4,
		12, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0) },
	{ "a mask for no MSR", -EINVAL, true,
	  BYTES(16, 0, 1, 0x80, 12, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0) },
	{ "unknown attribute in a rule", -EINVAL, true,
	  BYTES(20, 0, 1, 0x80, 8, 0, 1, 0, 1, 2, 3, 4, 8, 0, 9, 0, 1, 2, 3, 4) },
	{ "a rule in a rule", -EINVAL, true,
	  BYTES(16, 0, 1, 0x80, 12, 0, 1, 0x80, 8, 0, 1, 0, 1, 2, 3, 4) },
	{ "flag with a value", -ERANGE, true, BYTES(8, 0, 2, 0, 1, 0, 0, 0) },
	{ "sealed isn't for asking", -EINVAL, true, BYTES(4, 0, 3, 0) },
	{ "bytes left over", -EINVAL, true, BYTES(4, 0, 2, 0, 1, 2) },
};

TEST_F(netlink, malformed)
{
	struct nl_message *m;
	size_t i, at;

	for (i = 0; i < ARRAY_SIZE(malformed); i++) {
		m = nl_new(self->family, MMUINSPECT_CMD_MSR_POLICY_SET, 0);
		at = m->data->nlmsg_len;
		memcpy((char *)m->data + at, malformed[i].bytes, malformed[i].len);
		m->data->nlmsg_len += malformed[i].len;
		EXPECT_EQ(malformed[i].error, nl_ask(self->sock, m, NULL, NULL))
			TH_LOG("%s: \"%s\"", malformed[i].name, nl_why());
		EXPECT_EQ(malformed[i].words, !!*nl_why())
			TH_LOG("%s", malformed[i].name);
		nl_free(m);
		/* Behind good ones it spoils them too: all or nothing. */
		m = nl_new(self->family, MMUINSPECT_CMD_MSR_POLICY_SET, 0);
		nl_put_rule(m, &self->list->rule[0]);
		nl_put_rule(m, &self->list->rule[1]);
		at = m->data->nlmsg_len;
		memcpy((char *)m->data + at, malformed[i].bytes, malformed[i].len);
		m->data->nlmsg_len += malformed[i].len;
		EXPECT_EQ(malformed[i].error, nl_ask(self->sock, m, NULL, NULL))
			TH_LOG("%s, the third", malformed[i].name);
		nl_free(m);
	}
	EXPECT_EQ(0, nl_policy_get(self->sock, self->rules));
	EXPECT_EQ(0, memcmp(self->list, self->rules, sizeof(*self->list)));
}

/* What is wrong about counting; each attribute is built by hand. */
static const struct {
	const char *name;
	int cmd;
	int error;
	unsigned char bytes[32];
	size_t len;
} miscounted[] = {
#define SET	MMUINSPECT_CMD_COUNTERS_SET
#define ADD	MMUINSPECT_CMD_WATCH_ADD
#define DEL	MMUINSPECT_CMD_WATCH_DEL
	{ "sources of 2 bytes", SET, -EINVAL, BYTES(6, 0, 4, 0, 1, 0, 0, 0) },
	{ "sources of 8 bytes", SET, -EINVAL,
	  BYTES(12, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0) },
	{ "sources that are nested", SET, -EINVAL,
	  BYTES(8, 0, 4, 0x80, 1, 0, 0, 0) },
	{ "an unknown source", SET, -EINVAL, BYTES(8, 0, 4, 0, 0, 1, 0, 0) },
	{ "a known and an unknown one", SET, -EINVAL,
	  BYTES(8, 0, 4, 0, 1, 0, 0, 0x80) },
	{ "a CPU", SET, -EINVAL, BYTES(16, 0, 1, 0, 0, 0, 0, 0,
					 8, 0, 4, 0, 1, 0, 0, 0) },
	{ "counts", SET, -EINVAL, BYTES(4, 0, 2, 0x80, 8, 0, 4, 0, 1, 0, 0, 0) },
	{ "padding", SET, -EINVAL, BYTES(4, 0, 5, 0, 8, 0, 4, 0, 1, 0, 0, 0) },
	{ "an unknown attribute", SET, -EINVAL,
	  BYTES(4, 0, 99, 0, 8, 0, 4, 0, 1, 0, 0, 0) },
	{ "garbage behind it", SET, -EINVAL,
	  BYTES(8, 0, 4, 0, 1, 0, 0, 0, 1, 2) },
	{ "an attribute of length 0", SET, -EINVAL, BYTES(0, 0, 4, 0) },
	{ "an attribute behind the end", SET, -EINVAL,
	  BYTES(200, 0, 4, 0, 1, 0, 0, 0) },
	{ "PID of 2 bytes", ADD, -EINVAL,
	  BYTES(6, 0, 2, 0, 0, 0, 0, 0, 8, 0, 3, 0, 1, 0, 0, 0) },
	{ "no PID", ADD, -EINVAL, BYTES(8, 0, 3, 0, 1, 0, 0, 0) },
	{ "no sources", ADD, -EINVAL, BYTES(8, 0, 2, 0, 0, 0, 0, 0) },
	{ "a flag with a value", ADD, -ERANGE,
	  BYTES(8, 0, 2, 0, 0, 0, 0, 0, 8, 0, 3, 0, 1, 0, 0, 0,
		8, 0, 4, 0, 1, 0, 0, 0) },
	{ "an id", ADD, -EINVAL,
	  BYTES(8, 0, 1, 0, 7, 0, 0, 0, 8, 0, 2, 0, 0, 0, 0, 0,
		8, 0, 3, 0, 1, 0, 0, 0) },
	{ "a number of processes", ADD, -EINVAL,
	  BYTES(8, 0, 2, 0, 0, 0, 0, 0, 8, 0, 3, 0, 1, 0, 0, 0,
		8, 0, 6, 0, 1, 0, 0, 0) },
	{ "id 0", DEL, -ERANGE, BYTES(8, 0, 1, 0, 0, 0, 0, 0) },
	{ "an id of 8 bytes", DEL, -EINVAL,
	  BYTES(12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0) },
	{ "a PID to end", DEL, -EINVAL, BYTES(8, 0, 2, 0, 1, 0, 0, 0) },
};

TEST_F(netlink, miscounted)
{
	struct machine *machine = SHARED(struct machine, 1);
	struct nl_message *m;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(miscounted); i++) {
		m = nl_new(self->family, miscounted[i].cmd, 0);
		memcpy((char *)m->data + m->data->nlmsg_len, miscounted[i].bytes,
		       miscounted[i].len);
		m->data->nlmsg_len += miscounted[i].len;
		EXPECT_EQ(miscounted[i].error, nl_ask(self->sock, m, NULL, NULL))
			TH_LOG("%s: \"%s\"", miscounted[i].name, nl_why());
		EXPECT_STRNE("", nl_why())
			TH_LOG("%s", miscounted[i].name);
		nl_free(m);
	}
	EXPECT_EQ(0, watch_number(self->sock));
	ASSERT_EQ(0, counters_get(self->sock, machine));
	EXPECT_EQ(0, machine->sources);
}

/* A mask left out is all bits; what a dump says may be said back. */
TEST_F(netlink, said_back)
{
	struct nl_message *m = nl_new(self->family,
				      MMUINSPECT_CMD_MSR_POLICY_SET, 0);
	size_t nest = nl_nest(m, MMUINSPECT_A_MSR_POLICY_RULE);

	nl_put_u32(m, MMUINSPECT_A_MSR_RULE_MSR, EFER);
	nl_put_flag(m, MMUINSPECT_A_MSR_RULE_REVEALS);
	nl_nest_end(m, nest);
	ASSERT_EQ(0, nl_ask(self->sock, m, NULL, NULL));
	nl_free(m);
	ASSERT_EQ(0, nl_policy_get(self->sock, self->rules));
	EXPECT_EQ(1, self->rules->n);
	EXPECT_EQ(EFER, self->rules->rule[0].msr);
	EXPECT_EQ(~0ULL, self->rules->rule[0].mask);
	/* Not the caller's to say */
	EXPECT_FALSE(self->rules->rule[0].reveals);
	ASSERT_EQ(0, nl_policy_set(self->sock, self->list->rule, self->list->n,
				   false));
	ASSERT_EQ(0, nl_policy_get(self->sock, self->rules));
	EXPECT_EQ(0, memcmp(self->list, self->rules, sizeof(*self->list)));
}

/* A million rules in one message */
TEST_F(netlink, endless)
{
	struct nl_message *m = nl_new(self->family,
				      MMUINSPECT_CMD_MSR_POLICY_SET, 0);
	struct rule rule = { EFER, ~0ULL };
	int room = 256 << 20, i, ret;

	setsockopt(self->sock, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	for (i = 0; i < 1000000; i++)
		nl_put_rule(m, &rule);
	ret = nl_send(self->sock, m->data, m->data->nlmsg_len);
	if (!ret) {
		EXPECT_EQ(-E2BIG, nl_receive(self->sock, NULL, NULL));
	} else {
		EXPECT_TRUE(ret == -ENOBUFS || ret == -EMSGSIZE || ret == -ENOMEM);
	}
	nl_free(m);
	EXPECT_EQ(0, nl_policy_get(self->sock, self->rules));
	EXPECT_EQ(0, memcmp(self->list, self->rules, sizeof(*self->list)));
}

/* What an operation is asked with, when it's right */
static void put_attributes(struct nl_message *m, int cmd, unsigned int *seed)
{
	const struct rule rule = { rand_r(seed), ~0ULL };
	unsigned int n = rand_r(seed) % 4;

	switch (cmd) {
	case MMUINSPECT_CMD_MSR_POLICY_SET:
		while (n--)
			nl_put_rule(m, &rule);
		break;
	case MMUINSPECT_CMD_COUNTERS_SET:
		nl_put_u32(m, MMUINSPECT_A_COUNTERS_SOURCES, rand_r(seed) % 256);
		break;
	case MMUINSPECT_CMD_WATCH_ADD:
		nl_put_u32(m, MMUINSPECT_A_WATCH_PID, n * rand_r(seed) % 512);
		nl_put_u32(m, MMUINSPECT_A_WATCH_SOURCES, rand_r(seed) % 128);
		if (n & 1)
			nl_put_flag(m, MMUINSPECT_A_WATCH_ALONE);
		break;
	case MMUINSPECT_CMD_WATCH_DEL:
	case MMUINSPECT_CMD_WATCH_GET:
		nl_put_u32(m, MMUINSPECT_A_WATCH_ID, 1 + rand_r(seed) % 512);
		break;
	}
}

/* A message that was right, with some bytes changed: anything but harm. */
TEST_F(netlink, anything)
{
	unsigned int seed = env_number("SEED", 1), i, n, accepted = 0;
	unsigned int rounds = env_number("FUZZ_ROUNDS", 20000);
	int room = 1 << 20;

	setsockopt(self->sock, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	for (i = 0; i < rounds; i++) {
		struct nl_message *m;
		size_t op = rand_r(&seed) % ARRAY_SIZE(operations);
		unsigned char *byte;

		/* A seal would be the end of it. */
		if (operations[op].cmd == MMUINSPECT_CMD_MSR_POLICY_SEAL)
			continue;
		m = nl_new(self->family, operations[op].cmd,
			   operations[op].dump ? NLM_F_DUMP : 0);
		put_attributes(m, operations[op].cmd, &seed);
		/* Behind the command: flags and attributes */
		byte = (unsigned char *)m->data + NLMSG_HDRLEN + 1;
		n = m->data->nlmsg_len - NLMSG_HDRLEN - 1;
		byte[rand_r(&seed) % n] = rand_r(&seed);
		byte[rand_r(&seed) % n] = rand_r(&seed);
		accepted += !nl_ask(self->sock, m, NULL, NULL);
		nl_free(m);
	}
	EXPECT_LT(rounds / 200, accepted);
}

TEST_HARNESS_MAIN
