// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmuinspect probe, the command: what it saw is what children of this test see,
 * what it expects follows /proc/cpuinfo, and all agrees, but for what the
 * emulator is known to do otherwise.
 */
#include "kselftest_harness.h"
#include "cpu.h"
#include "mmui_test.h"
#include "nl.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/ucontext.h>
#include <sys/wait.h>

#define FINDINGS	3
#define VECTORS		256

/*
 * What QEMU 10.0.2 (Debian 1:10.0.2+ds-2) does otherwise than the manuals have it,
 * seen on all three kernels. A row that agrees on another version may go.
 */
static const struct {
	const char *name;
	const char *evidence;
} emulator[] = {
	{ "invd", "no #GP: retires at CPL 3" },
	{ "wbinvd", "no #GP: retires at CPL 3" },
	{ "vmxon", "no #UD: retires, without VMX in CPUID" },
	{ "into", "no #UD: retires in 64-bit mode" },
	{ "sysenter-compat", "AMD models: no #UD in compatibility mode" },
	{ "stack-noncanonical", "#GP(0) instead of #SS(0)" },
	{ "unaligned", "no #AC, with CR0.AM and RFLAGS.AC" },
	{ "msr-absent", "no #GP: an MSR that CPUID denies reads as 0" },
};

#define ARGS_MAX 8

/* With options and names of probes: blanks between */
static void run(struct report *r, enum who who, const char *arguments)
{
	char text[128], *argv[ARGS_MAX + 1] = { COMMAND, "probe", "--json" };
	size_t n = 3;
	char *word;

	snprintf(text, sizeof(text), "%s", arguments);
	for (word = strtok(text, " "); word && n < ARGS_MAX; word = strtok(NULL, " "))
		argv[n++] = word;
	report_run(r, who, argv);
}

/* A probe's line; each is one. It's cut out: valid until the next call. */
static const char *line_of(const struct report *r, const char *name)
{
	static char line[4096];
	char word[64];
	const char *at;
	size_t len;

	snprintf(word, sizeof(word), "{\"name\": \"%s\",", name);
	at = strstr(r->out, word);
	if (!at)
		die("%s: not in the answer", name);
	len = strcspn(at, "\n");
	if (len >= sizeof(line))
		die("%s: too much is said of it", name);
	memcpy(line, at, len);
	line[len] = '\0';
	return line;
}

/* What follows "key": in an object of a line; valid until the next call */
static const char *value_of(const struct report *r, const char *name,
			    const char *object, const char *key)
{
	static char value[128];
	const char *at = line_of(r, name), *end;
	char word[64];

	if (object) {
		snprintf(word, sizeof(word), "\"%s\": {", object);
		at = strstr(at, word);
		if (!at)
			return "null";
		end = strchr(at, '}');
	} else {
		end = at + strlen(at);
	}
	snprintf(word, sizeof(word), "\"%s\": ", key);
	at = strstr(at, word);
	if (!at || at > end)
		return "null";
	at += strlen(word);
	at += *at == '"';
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\",}"), at);
	return value;
}

static bool is(const struct report *r, const char *name, const char *object,
	       const char *key, const char *value)
{
	return !strcmp(value_of(r, name, object, key), value);
}

static bool is_known_of_emulator(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(emulator); i++)
		if (!strcmp(emulator[i].name, name))
			return true;
	return false;
}

/* The name in a line that begins with it */
static void name_at(const char *line, char name[64])
{
	const char *from = strstr(line, "\"name\": \"") + strlen("\"name\": \"");

	snprintf(name, 64, "%.*s", (int)strcspn(from, "\""), from);
}

/* All probes take a while: they're tried once, for all tests. */
static struct report *whole;

static void __attribute__((constructor)) share(void)
{
	whole = SHARED(struct report, 1);
}

FIXTURE(probe)
{
	struct report *r;
};

FIXTURE_SETUP(probe)
{
	if (access(COMMAND, X_OK))
		SKIP(return, "no " COMMAND);
	self->r = SHARED(struct report, 1);
}

FIXTURE_TEARDOWN(probe)
{
}

/* Of all probes */
FIXTURE(probes)
{
	struct report *r;
	bool emulated;
};

FIXTURE_SETUP(probes)
{
	if (access(COMMAND, X_OK))
		SKIP(return, "no " COMMAND);
	self->r = whole;
	if (!whole->out[0])
		run(whole, ROOT, "");
	ASSERT_EQ('\0', self->r->err[0])
		TH_LOG("%s", self->r->err);
	self->emulated = strstr(self->r->out, "\"emulator\": true");
}

FIXTURE_TEARDOWN(probes)
{
}

/* The computed, the frame's and the module's: one thing, but for the emulator's. */
TEST_F(probes, all_agree)
{
	size_t agree = 0, disagree = 0, other = 0, n = 0;
	char name[64], word[256];
	const char *line;

	for (line = self->r->out; (line = strstr(line, "\n  {\"name\"")); line++, n++) {
		name_at(line, name);
		EXPECT_NE(NULL, strstr(line_of(self->r, name), "\"differences\": []"))
			TH_LOG("%s", line_of(self->r, name));
		if (is(self->r, name, NULL, "verdict", "agree")) {
			agree++;
			if (self->emulated && is_known_of_emulator(name))
				note("%s: this emulator does it as the manuals have it", name);
			continue;
		}
		if (is(self->r, name, NULL, "verdict", "disagree")) {
			disagree++;
			EXPECT_TRUE(self->emulated && is_known_of_emulator(name))
				TH_LOG("%s", line_of(self->r, name));
			note("of the emulator: %s", name);
			continue;
		}
		other++;
		EXPECT_TRUE(is(self->r, name, NULL, "verdict", "not-applicable"))
			TH_LOG("%s", line_of(self->r, name));
		EXPECT_EQ(NULL, strstr(line_of(self->r, name), "\"why\": null}"));
	}
	EXPECT_LT(VECTORS + 90, n);
	EXPECT_LT(VECTORS + 70, agree);
	snprintf(word, sizeof(word),
		 "\"agree\": %zu, \"disagree\": %zu, \"unknown\": 0, \"not_applicable\": %zu, \"differences\": 0",
		 agree, disagree, other);
	EXPECT_NE(NULL, strstr(self->r->out, word))
		TH_LOG("not %s", word);
	EXPECT_EQ(disagree ? FINDINGS : 0, self->r->status);
}

/* The module tells of each fault that came to a signal. */
TEST_F(probes, events)
{
	char name[64], seen[64];
	const char *line;
	size_t n = 0;

	for (line = self->r->out; (line = strstr(line, "\n  {\"name\"")); line++) {
		name_at(line, name);
		if (is(self->r, name, "observed", "signal", "null"))
			continue;
		n++;
		snprintf(seen, sizeof(seen), "%s",
			 value_of(self->r, name, "observed", "vector"));
		EXPECT_TRUE(is(self->r, name, "kernel_event", "vector", seen))
			TH_LOG("%s", line_of(self->r, name));
	}
	EXPECT_LT(VECTORS + 40, n);
}

/* Children of our own */

struct seen {
	int signal;
	int code;
	unsigned long long address;
	long long trapno;
	unsigned long long err;
	unsigned long long cr2;
};

static struct seen *seen;

static void caught(int signal, siginfo_t *info, void *context)
{
	const greg_t *reg = ((ucontext_t *)context)->uc_mcontext.gregs;

	*seen = (struct seen) {
		.signal = signal, .code = info->si_code,
		.address = (unsigned long)info->si_addr,
		.trapno = reg[REG_TRAPNO], .err = reg[REG_ERR], .cr2 = reg[REG_CR2],
	};
	_exit(0);
}

static void observe(void (*fault)(unsigned int n), unsigned int n)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO };
	size_t i;
	pid_t pid;

	memset(seen, 0, sizeof(*seen));
	pid = fork();
	if (!pid) {
		for (i = 0; i < ARRAY_SIZE(signals); i++)
			sigaction(signals[i], &action, NULL);
		fault(n);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void do_hlt(unsigned int n)
{
	asm volatile("hlt");
}

static void do_cli(unsigned int n)
{
	asm volatile("cli");
}

static void do_mov_cr3(unsigned int n)
{
	unsigned long value;

	asm volatile("mov %%cr3, %0" : "=r" (value));
}

static void do_rdmsr(unsigned int n)
{
	asm volatile("rdmsr" : : "c" (0xc0000080) : "rax", "rdx");
}

static void do_lgdt(unsigned int n)
{
	static char operand[16];

	asm volatile("lgdt %0" : : "m" (operand));
}

static void do_sgdt(unsigned int n)
{
	static char operand[16];

	asm volatile("sgdt %0" : "=m" (operand));
}

static void do_stac(unsigned int n)
{
	asm volatile(".byte 0x0f, 0x01, 0xcb");
}

static void do_in(unsigned int n)
{
	asm volatile("in $0x80, %%al" : : : "rax");
}

static void do_icebp(unsigned int n)
{
	asm volatile(".byte 0xf1");
}

static void do_load_ds(unsigned int n)
{
	asm volatile("mov %0, %%ds" : : "r" (0x18));
}

static void do_read_null(unsigned int n)
{
	asm volatile("mov (%0), %%al" : : "r" (0UL) : "rax");
}

static void do_read_kernel(unsigned int n)
{
	asm volatile("mov (%0), %%al" : : "r" (0xffffffff81000000) : "rax");
}

static void do_write_noncanonical(unsigned int n)
{
	asm volatile("mov %%al, (%0)" : : "r" (0x8000000000000000) : "memory");
}

static void do_write_read_only(unsigned int n)
{
	char *p = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*p = 1;
	mprotect(p, PAGE_SIZE, PROT_READ);
	asm volatile("mov %%al, (%0)" : : "r" (p) : "memory");
}

static void do_fetch_nx(unsigned int n)
{
	char *p = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*p = (char)0xc3;
	((void (*)(void))p)();
}

static const struct {
	const char *name;
	void (*fault)(unsigned int n);
	bool address;	/* which is the same here and there */
} ours[] = {
	{ "hlt", do_hlt },
	{ "cli", do_cli },
	{ "mov-from-cr3", do_mov_cr3 },
	{ "rdmsr", do_rdmsr },
	{ "lgdt", do_lgdt },
	{ "sgdt", do_sgdt },
	{ "stac", do_stac },
	{ "in", do_in },
	{ "icebp", do_icebp },
	{ "mov-ds-ring0", do_load_ds },
	{ "read-null", do_read_null, true },
	{ "read-kernel", do_read_kernel, true },
	{ "write-noncanonical", do_write_noncanonical, true },
	{ "write-read-only", do_write_read_only },
	{ "fetch-nx", do_fetch_nx },
};

static void compare(struct __test_metadata *_metadata, const struct report *r,
		    const char *name, bool address)
{
	char text[64];

	if (!seen->signal) {
		EXPECT_TRUE(is(r, name, "observed", "signal", "null"))
			TH_LOG("%s: %s", name, value_of(r, name, "observed", "signal"));
		return;
	}
	snprintf(text, sizeof(text), "%d", seen->signal);
	EXPECT_STREQ(text, value_of(r, name, "observed", "signal_number"));
	snprintf(text, sizeof(text), "%d", seen->code);
	EXPECT_STREQ(text, value_of(r, name, "observed", "si_code"));
	snprintf(text, sizeof(text), "%lld", seen->trapno);
	EXPECT_STREQ(text, value_of(r, name, "observed", "vector"))
		TH_LOG("%s", name);
	snprintf(text, sizeof(text), "0x%llx", seen->err);
	EXPECT_STREQ(text, value_of(r, name, "observed", "error_code"))
		TH_LOG("%s", name);
	if (!address)
		return;
	snprintf(text, sizeof(text), "0x%llx", seen->address);
	EXPECT_STREQ(text, value_of(r, name, "observed", "signal_address"))
		TH_LOG("%s", name);
}

TEST_F(probes, as_seen_here)
{
	size_t i;

	seen = SHARED(struct seen, 1);
	for (i = 0; i < ARRAY_SIZE(ours); i++) {
		observe(ours[i].fault, 0);
		compare(_metadata, self->r, ours[i].name, ours[i].address);
	}
}

/* INT n, with n put into the code */
static void do_int(unsigned int n)
{
	const unsigned char code[] = { 0xb8, 20, 0, 0, 0, 0xcd, n, 0xc3 };
	void *p = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(p, code, sizeof(code));
	((void (*)(void))p)();
}

TEST_F(probes, interrupts)
{
	unsigned int n, legal = 0;
	char name[16];

	seen = SHARED(struct seen, 1);
	for (n = 0; n < VECTORS; n++) {
		observe(do_int, n);
		snprintf(name, sizeof(name), "int-0x%02x", n);
		compare(_metadata, self->r, name, true);
		EXPECT_TRUE(is(self->r, name, NULL, "verdict", "agree"));
		/* What user mode may raise on Linux: 3, 4, and 0x80 */
		legal += seen->trapno != 13;
	}
	EXPECT_LE(2, legal);
	EXPECT_GE(3, legal);
}

/* Expected is what this machine has, by the kernel's own list of features. */
TEST_F(probes, follows_machine)
{
	const char *umip = cpu_flag("umip") ? "emulated" : "through";
	const char *keys = cpu_flag("ospke") ? "through" : "signal";
	const char *base = cpu_flag("fsgsbase") ? "through" : "signal";
	const char *tscp = cpu_flag("rdtscp") ? "through" : "signal";

	EXPECT_STREQ(umip, value_of(self->r, "sgdt", "expected", "kernel"));
	EXPECT_STREQ(umip, value_of(self->r, "smsw", "expected", "kernel"));
	EXPECT_STREQ(keys, value_of(self->r, "rdpkru", "expected", "kernel"));
	EXPECT_STREQ(base, value_of(self->r, "rdfsbase", "expected", "kernel"));
	EXPECT_STREQ(tscp, value_of(self->r, "rdtscp", "expected", "kernel"));
	EXPECT_EQ(cpu_flag("ospke"),
		  is(self->r, "pkey-read", "expected", "code", "SEGV_PKUERR"));
	EXPECT_EQ(!cpu_flag("ospke"),
		  is(self->r, "pkey-read", NULL, "verdict", "not-applicable"));
	EXPECT_EQ(cpu_flag("invpcid"),
		  is(self->r, "invpcid", "expected", "vector", "13"));
	EXPECT_STREQ("0x15", value_of(self->r, "fetch-nx", "observed", "error_code"));
}

/* In words: which gate, which selector, what of a page */
TEST_F(probes, error_codes)
{
	static const char *const objects[] = { "expected", "observed", "kernel_event" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		EXPECT_STREQ("IDT entry 0x20",
			     value_of(self->r, "int-0x20", objects[i], "error"));
		EXPECT_STREQ("GDT entry 0x3",
			     value_of(self->r, "mov-ds-ring0", objects[i], "error"));
		EXPECT_STREQ("P W U",
			     value_of(self->r, "write-read-only", objects[i], "error"));
		EXPECT_STREQ("null", value_of(self->r, "hlt", objects[i], "error"));
	}
	/* The same of what was let through */
	EXPECT_STREQ("null", value_of(self->r, "rdtsc", "observed", "error"));
}

/* The first two bytes of the program that the module tells of: HLT, then what ends it */
TEST_F(probes, bytes)
{
	EXPECT_EQ(0, strncmp("f4", value_of(self->r, "hlt", "kernel_event", "bytes"), 2));
}

/* What the kernel plays instead of the page, where that has no other right (xonly) */
TEST_F(probes, vsyscall)
{
	char line[256], rights[8] = "";
	FILE *f = fopen("/proc/self/maps", "r");

	ASSERT_NE(NULL, f);
	while (fgets(line, sizeof(line), f))
		if (strstr(line, "[vsyscall]"))
			sscanf(line, "%*s %7s", rights);
	fclose(f);
	if (!*rights)
		SKIP(return, "no vsyscall page");
	EXPECT_STREQ("emulated", value_of(self->r, "vsyscall-call", "observed", "kernel"));
	EXPECT_STREQ("emulated", value_of(self->r, "vsyscall-call", "expected", "kernel"));
	EXPECT_STREQ("agree", value_of(self->r, "vsyscall-call", NULL, "verdict"));
	EXPECT_STREQ("agree", value_of(self->r, "vsyscall-read", NULL, "verdict"));
	if (rights[0] == '-')
		EXPECT_STREQ("SIGSEGV", value_of(self->r, "vsyscall-read", "observed", "signal"));
}

/* What takes effect isn't done unasked. */
TEST_F(probe, allow)
{
	run(self->r, ROOT, "in-granted");
	EXPECT_EQ(0, self->r->status);
	EXPECT_TRUE(is(self->r, "in-granted", NULL, "verdict", "not-applicable"));
	EXPECT_NE(NULL, strstr(line_of(self->r, "in-granted"), "--allow"));
	run(self->r, ROOT, "--allow in-granted");
	EXPECT_EQ(0, self->r->status);
	EXPECT_TRUE(is(self->r, "in-granted", NULL, "verdict", "agree"));
	EXPECT_TRUE(is(self->r, "in-granted", "observed", "kernel", "through"));
}

#define APIC_BASE	0x1b
#define X2APIC		(1 << 10)
#define X2APIC_APICID	0x802

/* An MSR that isn't there: the fault in the kernel is mended, and told of. */
TEST_F(probe, mended_in_kernel)
{
	const struct rule rule = { .msr = X2APIC_APICID, .mask = ~0ULL };
	struct rules *list = SHARED(struct rules, 1);
	int sock = nl_open();
	__u64 base;

	if (cpu_msr(0, APIC_BASE, &base))
		SKIP(return, "no /dev/cpu/0/msr");
	if (base & X2APIC)
		SKIP(return, "the APIC is in x2APIC mode: it has that MSR");
	ASSERT_EQ(0, nl_policy_get(sock, list));
	ASSERT_EQ(0, nl_policy_set(sock, &rule, 1, true));
	run(self->r, ROOT, "msr-absent");
	EXPECT_EQ(0, nl_policy_set(sock, list->rule, list->n, false));
	EXPECT_EQ(0, self->r->status)
		TH_LOG("%s", self->r->out);
	EXPECT_STREQ("fixup", value_of(self->r, "msr-absent", "observed", "kernel"));
	EXPECT_STREQ("fixup", value_of(self->r, "msr-absent", "kernel_event", "outcome"));
	EXPECT_STREQ("13", value_of(self->r, "msr-absent", "kernel_event", "vector"));
	EXPECT_STREQ("false", value_of(self->r, "msr-absent", "kernel_event", "user"));
}

/* What couldn't be seen is said, and not guessed. */
TEST_F(probe, without_rights)
{
	chmod(MMUI_DEVICE, 0600);
	run(self->r, NOBODY_AT_ALL, "hlt rdpmc int-0x0e int-0x20 msr-present");
	EXPECT_EQ(0, self->r->status);
	EXPECT_TRUE(is(self->r, "hlt", NULL, "verdict", "agree"));
	EXPECT_TRUE(is(self->r, "hlt", NULL, "kernel_event", "null"));
	EXPECT_TRUE(is(self->r, "rdpmc", NULL, "verdict", "unknown"));
	EXPECT_TRUE(is(self->r, "int-0x0e", NULL, "verdict", "unknown"));
	EXPECT_TRUE(is(self->r, "int-0x0e", "observed", "vector", "13"));
	/* What is behind that gate, if it's open, nobody knows. */
	EXPECT_TRUE(is(self->r, "int-0x20", NULL, "verdict", "not-applicable"));
	EXPECT_TRUE(is(self->r, "msr-present", NULL, "verdict", "not-applicable"));
	EXPECT_EQ(NULL, strstr(self->r->out, "\"events\": null"));
}

/* What whoever starts it blocks or ignores is no matter. */
TEST_F(probe, blocked)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(SIGALRM, SIG_IGN);
	run(self->r, ROOT, "hlt read-null");
	EXPECT_EQ(0, self->r->status);
	EXPECT_TRUE(is(self->r, "hlt", NULL, "verdict", "agree"));
	EXPECT_TRUE(is(self->r, "read-null", "observed", "vector", "14"));
}

/* Events have numbers of the initial one: they're no observers of these children. */
TEST_F(probe, another_namespace)
{
	char *const argv[] = {
		"/bin/busybox", "unshare", "-p", "-f", "--mount-proc", COMMAND,
		"probe", "--json", "hlt", "read-null", NULL
	};

	if (access(argv[0], X_OK))
		SKIP(return, "no busybox");
	report_run(self->r, ROOT, argv);
	EXPECT_EQ(0, self->r->status)
		TH_LOG("%s", self->r->err);
	EXPECT_TRUE(is(self->r, "hlt", NULL, "verdict", "agree"));
	EXPECT_NE(NULL, strstr(self->r->out, "initial PID namespace"));
}

TEST_F(probe, wrong_name)
{
	run(self->r, ROOT, "reed-null");
	EXPECT_EQ(2, self->r->status);
	EXPECT_NE(NULL, strstr(self->r->err, "did you mean \"read-null\"?"));
	EXPECT_EQ('\0', self->r->out[0]);
}

/* Who is left behind becomes ours. */
TEST_F(probe, leaves_nobody)
{
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	run(self->r, ROOT, "-C machine");
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
	EXPECT_EQ(ECHILD, errno);
}

TEST_HARNESS_MAIN
