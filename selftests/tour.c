// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmuinspect tour, the command: what it shows is what this machine has, by pagemap,
 * /proc/cpuinfo, the msr driver and /proc/interrupts; and it's as predicted.
 */
#include "kselftest_harness.h"
#include "cpu.h"
#include "mmui_test.h"
#include "report.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define MSR_EFER	0xc0000080
#define EFER_NXE	(1ULL << 11)
#define ROUNDS		32

/* A step of the answer: it has a line of its own. "" if it isn't there. */
static const char *step(const struct report *r, const char *name)
{
	static char line[1 << 16];
	char word[64];
	const char *at;

	snprintf(word, sizeof(word), "{\"name\": \"%s\", \"title\"", name);
	at = strstr(r->out, word);
	snprintf(line, sizeof(line), "%.*s", at ? (int)strcspn(at, "\n") : 0, at ? at : "");
	return line;
}

/* What follows "key": after those before it; "" if it isn't there */
static const char *value(const char *line, const char *first, const char *second)
{
	const char *const keys[] = { first, second };
	char word[64];
	size_t i;

	for (i = 0; line && i < ARRAY_SIZE(keys) && keys[i]; i++) {
		snprintf(word, sizeof(word), "\"%s\": ", keys[i]);
		line = strstr(line, word);
		line += line ? strlen(word) : 0;
	}
	return line ? line : "";
}

static __u64 number(const char *line, const char *first, const char *second)
{
	const char *at = value(line, first, second);

	if (*at == '"')
		at++;
	return strtoull(at, NULL, 0);
}

static bool is(const char *line, const char *key, const char *text)
{
	return !strncmp(value(line, key, NULL), text, strlen(text));
}

/* The last of its keys: those in facts may be called the same. */
static bool is_at_end(const char *line, const char *text)
{
	size_t len = strlen(line), n = strlen(text);

	/* Behind it the line may have a comma. */
	return len > n && (!strcmp(line + len - n, text) ||
			   !strncmp(line + len - n - 1, text, n));
}

#define AS_TOLD "\"shown\": true, \"why\": null, \"ok\": true}"

static const char *const names[] = {
	"segments", "levels", "sizes", "cr3", "msrs", "gates", "demand-zero",
	"copy-on-write", "shootdown", "kpti", "pkeys",
};

/* Can this machine show it at all? */
static bool here(const char *name)
{
	if (!strcmp(name, "shootdown"))
		return cpu_count() > 1;
	return strcmp(name, "pkeys") || cpu_flag("ospke");
}

/* One whole tour, for all the tests: it takes a while. */
static struct report *tour;
static __u64 shot;

__attribute__((constructor)) static void take_the_tour(void)
{
	char *const argv[] = { COMMAND, "tour", "--non-interactive", "--json", NULL };
	__u64 before = cpu_interrupts("TLB", NULL);

	tour = SHARED(struct report, 1);
	report_run(tour, ROOT, argv);
	shot = cpu_interrupts("TLB", NULL) - before;
}

FIXTURE(tour)
{
	struct report *r;
};

FIXTURE_SETUP(tour)
{
	if (access(COMMAND, X_OK))
		SKIP(return, "no " COMMAND);
	self->r = SHARED(struct report, 1);
}

FIXTURE_TEARDOWN(tour)
{
	chmod(MMUI_DEVICE, 0600);
}

/* Every step of it, but for what this machine really lacks */
TEST_F(tour, as_told)
{
	size_t i;

	EXPECT_EQ(0, tour->status);
	EXPECT_EQ('\0', tour->err[0])
		TH_LOG("%s", tour->err);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const char *line = step(tour, names[i]);

		EXPECT_EQ(here(names[i]), is_at_end(line, AS_TOLD))
			TH_LOG("%s: %s", names[i], value(line, "checks", NULL));
	}
	EXPECT_EQ(NULL, strstr(tour->out, "\"ok\": false"));
}

/* Registers, against what the kernel and its msr driver say of them */
TEST_F(tour, registers)
{
	const char *line;
	__u64 efer;

	ASSERT_EQ(0, cpu_msr(0, MSR_EFER, &efer));
	line = step(tour, "msrs");
	EXPECT_EQ(efer, number(line, "efer", NULL));
	EXPECT_EQ(cpu_flag("nx"), !!(number(line, "efer", NULL) & EFER_NXE));
	EXPECT_NE(efer, number(line, "stored", NULL));
	line = step(tour, "kpti");
	EXPECT_TRUE(is(line, "pti", cpu_flag("pti") ? "true" : "false"));
	EXPECT_EQ(0x5, number(line, "syscall_entry", "error_code"));
	EXPECT_EQ(cpu_flag("pti") ? 0x4 : 0x5, number(line, "data", "error_code"));
	line = step(tour, "cr3");
	EXPECT_EQ(number(line, "top_table", NULL) | (cpu_flag("pti") ? PAGE_SIZE : 0),
		  number(line, "walk_root", NULL));
}

/* Has this kernel system calls of 32-bit programs? Else the gate is private. */
static bool has_int80(void)
{
	int status, nr = 20;	/* getpid() */
	pid_t pid = fork();

	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		asm volatile("int $0x80" : "+a" (nr) : : "r8", "r9", "r10", "r11",
			     "memory");
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status);
}

/* arch/x86/kernel/idt.c has two gates for user mode, or three. */
TEST_F(tour, gates)
{
	const char *line = step(tour, "gates"), *private;

	private = strstr(line, "\"name\": \"int-0x0e\"");
	ASSERT_NE(NULL, private);
	EXPECT_TRUE(is(line, "public", has_int80() ? "[3, 4, 128]" : "[3, 4]"))
		TH_LOG("%.40s", value(line, "public", NULL));
	EXPECT_EQ(8 * 14 + 2, number(private, "observed", "error_code"));
}

/* What the kernel itself counted of the child */
TEST_F(tour, faults)
{
	const char *line = step(tour, "demand-zero");

	EXPECT_EQ(1, number(line, "minor", NULL));
	EXPECT_EQ(1, number(line, "outcomes", "demand-zero"));
	EXPECT_TRUE(is(line, "faults", "{\"write-not-present-user\": 1}"));
	line = step(tour, "copy-on-write");
	EXPECT_EQ(1, number(line, "minor", NULL));
	EXPECT_EQ(1, number(line, "outcomes", "copy-on-write"));
	EXPECT_TRUE(is(line, "faults", "{\"write-protection-user\": 1}"));
	EXPECT_NE(number(line, "after", "phys"), number(line, "parent_phys", NULL));
	EXPECT_EQ(number(line, "before", "phys"), number(line, "parent_phys", NULL));
}

TEST_F(tour, shootdown)
{
	const char *line = step(tour, "shootdown");
	__u64 received = number(line, "received", NULL);

	if (cpu_count() < 2)
		SKIP(return, "one CPU only");
	EXPECT_LE(ROUNDS, number(line, "requests", NULL));
	EXPECT_LT(0, received);
	EXPECT_LE(received, shot);
	EXPECT_LE(number(line, "interrupts", NULL), shot);
	EXPECT_NE(number(line, "cpu", NULL), number(line, "other_cpu", NULL));
}

/* With one CPU to run on there is no other to flush: the step says so, and nothing was shown. */
TEST_F(tour, one_cpu)
{
	char *const argv[] = { COMMAND, "tour", "-j", "shootdown", NULL };
	cpu_set_t before;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(before), &before));
	cpu_pin(0);
	report_run(self->r, ROOT, argv);
	EXPECT_EQ(0, sched_setaffinity(0, sizeof(before), &before));
	EXPECT_EQ(1, self->r->status);
	EXPECT_NE(NULL, strstr(step(self->r, "shootdown"), "one CPU only"));
	EXPECT_TRUE(is_at_end(step(self->r, "shootdown"), "\"ok\": null}"));
}

/* What needs rights says so, and the rest goes on. */
TEST_F(tour, without_rights)
{
	char *const argv[] = { COMMAND, "tour", "-j", NULL };
	size_t i;

	chmod(MMUI_DEVICE, 0666);
	report_run(self->r, NOBODY_AT_ALL, argv);
	EXPECT_EQ(1, self->r->status);
	EXPECT_EQ('\0', self->r->err[0])
		TH_LOG("%s", self->r->err);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (here(names[i]))
			EXPECT_NE(NULL, strstr(step(self->r, names[i]), "CAP_SYS_"))
				TH_LOG("%s", step(self->r, names[i]));
	EXPECT_NE(NULL, strstr(self->r->out, "\"shown\": 0"));
}

/* A tour that waits: its page can be asked for from outside. */
struct waiting {
	pid_t pid;
	int in;
	FILE *out;
};

static void begin(struct waiting *w, char *const argv[])
{
	int in[2], out[2];

	if (pipe(in) || pipe(out))
		die("pipe: %m");
	w->pid = fork();
	if (!w->pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execv(COMMAND, argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	w->in = in[1];
	w->out = fdopen(out[0], "r");
}

/* Go on reading up to a line that has @text in it; @line receives it. */
static bool read_to(struct waiting *w, const char *text, char line[512])
{
	while (fgets(line, 512, w->out))
		if (strstr(line, text))
			return true;
	return false;
}

TEST_F(tour, frame)
{
	char *const argv[] = { COMMAND, "tour", "levels", "sizes", NULL };
	unsigned long long address[2], phys[2];
	struct waiting w;
	char line[512];
	int status, i;
	__u64 entry;

	begin(&w, argv);
	for (i = 0; i < 2; i++) {
		ASSERT_TRUE(read_to(&w, "  0x", line));
		ASSERT_EQ(1, sscanf(line, " 0x%llx", &address[i]));
		ASSERT_TRUE(read_to(&w, "physical 0x", line));
		ASSERT_EQ(1, sscanf(line, " physical 0x%llx", &phys[i]));
	}
	/* It waits for Enter now, and has the page still. */
	for (i = 0; i < 2; i++) {
		entry = pagemap_at(w.pid, address[i]);
		EXPECT_TRUE(entry & PM_PRESENT);
		EXPECT_EQ((entry & PM_FRAME) * PAGE_SIZE + address[i] % PAGE_SIZE, phys[i]);
	}
	EXPECT_NE(address[0], address[1]);
	EXPECT_EQ(phys[0], phys[1]);
	EXPECT_EQ(2, write(w.in, "q\n", 2));
	EXPECT_TRUE(read_to(&w, "1 shown, all as predicted", line));
	EXPECT_EQ(w.pid, waitpid(w.pid, &status, 0));
	EXPECT_EQ(0, status);
	close(w.in);
	fclose(w.out);
}

/* Two walks of a page of its own: as many levels as the kernel uses */
TEST_F(tour, levels)
{
	const char *line = step(tour, "levels"), *at = value(line, "written_through", NULL);
	const char *end = strstr(at, "read_through");
	unsigned int levels = 0;

	ASSERT_NE(NULL, end);
	while ((at = strstr(at, "\"index\"")) && at < end) {
		levels++;
		at++;
	}
	EXPECT_EQ(cpu_flag("la57") ? 5 : 4, levels);
	EXPECT_EQ(number(line, "written_through", "phys"), number(line, "pagemap", NULL));
}

TEST_HARNESS_MAIN
