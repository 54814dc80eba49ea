// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmuinspect explain, the command. What programs die of is checked against what
 * the same program is told when it handles the signal itself (crash.c); what Linux
 * would do, against what it does.
 */
#include "kselftest_harness.h"
#include "cpu.h"
#include "mmui_test.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/userfaultfd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define FRAME_BITS	0x000ffffffffff000ULL

/* Newer than the C library */
#ifndef SEGV_PKUERR
#define SEGV_PKUERR	4
#endif

/* Newer than the headers of some systems */
#ifndef UFFD_FEATURE_POISON
#define UFFD_FEATURE_POISON (1 << 14)
#endif
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC (1 << 15)
#endif

static char crash[4096];	/* where that program is */

/* Addresses are the same each time. */
static void run(struct report *r, enum who who, char *const argv[])
{
	personality(ADDR_NO_RANDOMIZE);
	report_run(r, who, argv);
}

static void explain_crash(struct report *r, char *verb, bool json)
{
	char *const argv[] = { COMMAND, "explain", json ? "-j" : "-o/dev/stderr",
			       "--", crash, verb, "death", NULL };

	run(r, ROOT, argv);
}

/* What follows "key": in the answer, after each of the keys before it */
static const char *value(const struct report *r, const char *first,
			 const char *second)
{
	char word[64];
	const char *at;

	snprintf(word, sizeof(word), "\"%s\": ", first);
	at = strstr(r->out, word);
	if (at && second) {
		snprintf(word, sizeof(word), "\"%s\": ", second);
		at = strstr(at, word);
	}
	return at ? at + strlen(word) : "";
}

static bool is_text(const struct report *r, const char *first, const char *second,
		    const char *text)
{
	const char *at = value(r, first, second);
	size_t len = strlen(text);

	return at[0] == '"' && !strncmp(at + 1, text, len) && at[1 + len] == '"';
}

static unsigned long long number(const struct report *r, const char *first,
				 const char *second)
{
	const char *at = value(r, first, second);

	return strtoull(at + (*at == '"'), NULL, 0);
}

/**
 * struct death - a program, and what it dies of
 * @verb: of crash
 * @cause: that is to be told
 * @denial: what denies the access, first of all; NULL if there is no walk
 * @level: of the entry that does; NULL if it depends on what else is mapped
 * @bit: of it
 */
struct death {
	char *verb;
	const char *cause;
	const char *denial;
	const char *level;
	const char *bit;
};

static const struct death deaths[] = {
	{ "null", "null-pointer", "not-present", NULL, "P" },
	{ "null-offset", "null-offset", "not-present", NULL, "P" },
	{ "null-below", "null-offset", "kernel-half" },
	{ "recursion", "stack-overflow", "not-present", NULL, "P" },
	{ "thread-stack", "stack-overflow", "not-present", NULL, "P" },
	{ "thread", "null-pointer", "not-present", NULL, "P" },
	{ "unmapped", "use-after-unmap", "not-present", NULL, "P" },
	{ "moved", "use-after-unmap", "not-present", NULL, "P" },
	{ "shrunk", "use-after-unmap", "not-present", NULL, "P" },
	{ "shmdt", "use-after-unmap", "not-present", NULL, "P" },
	{ "shrunk-mapping", "use-after-unmap", "not-present", NULL, "P" },
	{ "replaced", "use-after-replace", "not-present", NULL, "P" },
	{ "moved-over", "use-after-replace", NULL },
	{ "never-mapped", "wild-pointer", "not-present", NULL, "P" },
	{ "not-unmapped", "wild-pointer", "not-present", NULL, "P" },
	{ "thread-ended", "use-after-unmap", "not-present", NULL, "P" },
	{ "shared", "use-after-unmap", "not-present", NULL, "P" },
	{ "null-below-32", "null-offset", "not-present", NULL, "P" },
	{ "unmapped-32", "use-after-unmap", "not-present", NULL, "P" },
	{ "heap", "heap-overrun", "not-present", NULL, "P" },
	{ "constant", "write-to-constant", "read-only", "PT", "RW" },
	{ "code", "write-to-code", "read-only", "PT", "RW" },
	{ "file", "write-to-read-only-file", "read-only", "PT", "RW" },
	{ "read-only", "write-to-read-only", "read-only", "PT", "RW" },
	{ "data-jump", "jump-to-data", "no-execute", "PT", "NX" },
	{ "stack-jump", "jump-to-data", "no-execute", "PT", "NX" },
	{ "null-jump", "null-jump", "not-present", NULL, "P" },
	{ "wild-jump", "wild-jump", "not-present", "PML4", "P" },
	{ "guard", "guard-page", "not-present", "PT", "P" },
	/* As it was, not as it is: by the time of the signal there are tables. */
	{ "past-end", "past-end-of-file", "not-present", "PML4", "P" },
	{ "vvar", "nothing-behind" },
	{ "uffd", "uffd-sigbus", "not-present", NULL, "P" },
	{ "poison", "poisoned", "not-present", NULL, "P" },
	{ "pkey", "protection-key", "key-write", "PT", "WD" },
	{ "kernel", "kernel-address", "kernel-half" },
	{ "not-canonical", "non-canonical" },
	{ "return", "bad-return" },
	{ "overrun", "overrun", "not-present", NULL, "P" },
	{ "underrun", "underrun", "not-present", NULL, "P" },
	{ "wild", "wild-pointer", "not-present", "PML4", "P" },
	{ "halt", "privileged-instruction" },
	{ "misaligned", "misaligned" },
	{ "undefined", "trap-instruction" },
	{ "breakpoint", "breakpoint" },
	{ "division", "division" },
};

FIXTURE(death)
{
	struct report *facts;
	struct report *r;
};

FIXTURE_SETUP(death)
{
	char here[4000];
	ssize_t n = readlink("/proc/self/exe", here, sizeof(here) - 1);

	if (access(COMMAND, X_OK))
		SKIP(return, "no " COMMAND);
	ASSERT_LT(0, n);
	here[n] = '\0';
	snprintf(crash, sizeof(crash), "%s/crash", dirname(here));
	self->facts = SHARED(struct report, 1);
	self->r = SHARED(struct report, 1);
}

FIXTURE_TEARDOWN(death)
{
}

static bool can_die(struct report *r, char *verb)
{
	char *const argv[] = { crash, verb, "has", NULL };

	run(r, ROOT, argv);
	return !r->status;
}

/* What the kernel has told the program itself */
static int check_facts(struct __test_metadata *_metadata, const struct report *facts,
		       const struct report *r, const char *verb)
{
	unsigned long long address, error, ip, pagemap;
	int signal, code, vector;

	EXPECT_EQ(7, sscanf(facts->out, "%d %d %llx %d %llx %llx %llx", &signal,
			    &code, &address, &vector, &error, &ip, &pagemap))
		TH_LOG("%s: %s%s", verb, facts->out, facts->err);
	EXPECT_EQ(128 + signal, r->status);
	EXPECT_EQ(signal, number(r, "signal_number", NULL));
	EXPECT_EQ(code, number(r, "si_code", NULL));
	EXPECT_EQ(address, number(r, "signal_address", NULL));
	EXPECT_EQ(vector, number(r, "trap", "vector"));
	EXPECT_EQ(error, number(r, "trap", "error_code"));
	EXPECT_EQ(ip, number(r, "ip", NULL));
	if (vector == 14) {
		EXPECT_EQ(address, number(r, "address", NULL));
		EXPECT_TRUE(is_text(r, "access", NULL, error & 16 ? "exec" :
				    error & 2 ? "write" : "read"));
	}
	/* A page of the program's own file is in one frame for all. */
	if (pagemap & PM_PRESENT && is_text(r, "mapping", "name", crash))
		EXPECT_EQ(pagemap & PM_FRAME,
			  (number(r, "denials", "entry") & FRAME_BITS) >> 12)
			TH_LOG("%s: pagemap %#llx", verb, pagemap);
	return signal;
}

static void check_death(struct __test_metadata *_metadata, const struct report *r,
			const struct death *d)
{
	EXPECT_TRUE(is_text(r, "cause", "name", d->cause))
		TH_LOG("%s: %.60s", d->verb, value(r, "cause", "name"));
	if (!d->denial)
		return;
	EXPECT_TRUE(is_text(r, "denials", "name", d->denial))
		TH_LOG("%s: %.60s", d->verb, value(r, "denials", "name"));
	if (d->level)
		EXPECT_TRUE(is_text(r, "denials", "level_name", d->level))
			TH_LOG("%s: %.60s", d->verb, value(r, "denials", "level_name"));
	if (d->bit)
		EXPECT_TRUE(is_text(r, "denials", "bit", d->bit))
			TH_LOG("%s: %.60s", d->verb, value(r, "denials", "bit"));
}

/* What Linux would do is what it has done. */
static void check_action(struct __test_metadata *_metadata, const struct report *r,
			 const struct death *d)
{
	const char *would = value(r, "action", "code"), *did = value(r, "code", NULL);
	size_t len = strcspn(did + 1, "\"") + 2;

	if (d->denial)
		EXPECT_EQ(0, strncmp(would, did, len))
			TH_LOG("%s: %.20s, %.20s", d->verb, would, did);
}

TEST_F(death, all)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(deaths); i++) {
		char *const argv[] = { crash, deaths[i].verb, "facts", NULL };
		char line[64];

		if (!can_die(self->r, deaths[i].verb)) {
			note("not on this machine: %s", deaths[i].verb);
			continue;
		}
		run(self->facts, ROOT, argv);
		explain_crash(self->r, deaths[i].verb, true);
		check_facts(_metadata, self->facts, self->r, deaths[i].verb);
		check_death(_metadata, self->r, &deaths[i]);
		check_action(_metadata, self->r, &deaths[i]);
		EXPECT_EQ('\0', self->r->err[0]);
		/* The same in words; a machine with KASAN takes seconds for each. */
		if (i % 5)
			continue;
		explain_crash(self->r, deaths[i].verb, false);
		snprintf(line, sizeof(line), "likely      %s: ", deaths[i].cause);
		EXPECT_NE(NULL, strstr(self->r->err, line))
			TH_LOG("%.200s", self->r->err);
		EXPECT_EQ('\0', self->r->out[0]);
	}
}

/* By whom the memory was given back */
TEST_F(death, history)
{
	explain_crash(self->r, "unmapped", true);
	EXPECT_NE(NULL, strstr(value(self->r, "cause", "detail"), "by munmap() called at"));
	explain_crash(self->r, "moved", true);
	EXPECT_NE(NULL, strstr(value(self->r, "cause", "detail"), "0x200000000000-0x200000004000, by mremap()"));
	explain_crash(self->r, "shrunk", true);
	EXPECT_NE(NULL, strstr(value(self->r, "cause", "detail"), "by brk() called at"));
}

/* And in which way; by whom, if the memory was another's */
static const struct {
	char *verb;
	const char *detail;
} ways[] = {
	{ "shmdt", "0x200000002000-0x200000004000, by shmdt() called at" },
	{ "shrunk-mapping", "0x200000001000-0x200000010000, by mremap() called at" },
	{ "replaced", "0x200000000000-0x200000002000, by mmap() with MAP_FIXED" },
	{ "moved-over", "by mremap() with MREMAP_FIXED" },
	{ "thread-ended", "it was the stack of thread" },
	{ "shared", "0x200000000000-0x200000004000, by munmap() called at" },
	{ "unmapped-32", "by munmap() called at" },
};

TEST_F(death, ways)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (strstr(ways[i].verb, "-32") && !can_die(self->r, ways[i].verb))
			continue;
		explain_crash(self->r, ways[i].verb, true);
		EXPECT_NE(NULL, strstr(value(self->r, "cause", "detail"), ways[i].detail))
			TH_LOG("%s: %.200s", ways[i].verb,
			       value(self->r, "cause", "detail"));
	}
}

TEST_F(death, bits)
{
	if (!can_die(self->r, "null-below-32"))
		SKIP(return, "this kernel runs no 32-bit programs");
	explain_crash(self->r, "null-below-32", true);
	EXPECT_EQ(32, number(self->r, "code_bits", NULL));
	EXPECT_TRUE(is_text(self->r, "operand", NULL, "eax - 0x8"))
		TH_LOG("%.60s", value(self->r, "operand", NULL));
	EXPECT_EQ(0, strncmp(value(self->r, "cause", "detail"), "\"0x8 bytes below", 16));
	explain_crash(self->r, "null", true);
	EXPECT_EQ(64, number(self->r, "code_bits", NULL));
}

TEST_F(death, whose)
{
	explain_crash(self->r, "thread", true);
	EXPECT_NE(number(self->r, "pid", NULL), number(self->r, "tid", NULL));
	EXPECT_EQ(0, strncmp(value(self->r, "child", NULL), "false", 5));
	/* The child dies; the command lives, and ends as it likes. */
	explain_crash(self->r, "in-child", true);
	EXPECT_EQ(3, self->r->status);
	EXPECT_EQ(0, strncmp(value(self->r, "child", NULL), "true", 4));
	EXPECT_TRUE(is_text(self->r, "cause", "name", "null-pointer"));
	explain_crash(self->r, "in-child", false);
	EXPECT_NE(NULL, strstr(self->r->err, ", a child: SIGSEGV"));
}

static bool nobody_died(const struct report *r)
{
	return strstr(r->out, "\"deaths\": []");
}

TEST_F(death, no_fault)
{
	char *const fine[] = { COMMAND, "explain", "-j", "--", "/bin/true", NULL };

	explain_crash(self->r, "not-at-all", true);
	EXPECT_EQ(7, self->r->status);
	EXPECT_TRUE(nobody_died(self->r));
	EXPECT_EQ(7, number(self->r, "status", NULL));
	explain_crash(self->r, "by-kill", true);
	EXPECT_EQ(128 + SIGSEGV, self->r->status);
	EXPECT_TRUE(nobody_died(self->r));
	EXPECT_EQ(SIGSEGV, number(self->r, "signal_number", NULL));
	run(self->r, ROOT, fine);
	EXPECT_EQ(0, self->r->status);
	EXPECT_TRUE(nobody_died(self->r));
}

/* Programs with handlers; the addresses are those of crash.c. */
static const struct {
	char *verb;
	int status;
	unsigned long long address;
	bool handled;
	const char *cause;
	const char *detail;
} handlers[] = {
	{ "second", 128 + SIGSEGV, 0x200000001000, false, "write-to-read-only", "" },
	{ "last", 128 + SIGSEGV, 0x2000, false, "null-offset", "" },
	{ "raised", 128 + SIGSEGV, 0x1234, true, "null-offset", "" },
	{ "aborted", 128 + SIGABRT, 0x1234, true, "null-offset", "" },
	{ "no-stack", 128 + SIGSEGV, 0, false, "stack-overflow", "sigaltstack" },
	{ "no-room", 128 + SIGSEGV, 0x5000, false, "no-room-for-handler", "0x1234" },
	{ "forked", 3, 0x200000001000, false, "use-after-unmap", "munmap" },
	{ "vforked", 128 + SIGSEGV, 0x200000001000, false, "use-after-unmap", "munmap" },
};

TEST_F(death, handlers)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(handlers); i++) {
		explain_crash(self->r, handlers[i].verb, true);
		EXPECT_EQ(handlers[i].status, self->r->status)
			TH_LOG("%s", handlers[i].verb);
		if (handlers[i].address)
			EXPECT_EQ(handlers[i].address, number(self->r, "address", NULL))
				TH_LOG("%s", handlers[i].verb);
		EXPECT_EQ(handlers[i].handled, !strncmp(value(self->r, "handled", NULL),
							"true", 4))
			TH_LOG("%s", handlers[i].verb);
		EXPECT_TRUE(is_text(self->r, "cause", "name", handlers[i].cause))
			TH_LOG("%s: %.60s", handlers[i].verb,
			       value(self->r, "cause", "name"));
		EXPECT_TRUE(is_text(self->r, "denials", "name", "not-present"))
			TH_LOG("%s: %.60s", handlers[i].verb,
			       value(self->r, "denials", "name"));
		if (handlers[i].detail[0])
			EXPECT_NE(NULL, strstr(value(self->r, "cause", "detail"),
					       handlers[i].detail))
				TH_LOG("%s: %.60s", handlers[i].verb,
				       value(self->r, "cause", "detail"));
		/* One fault, one explanation */
		EXPECT_EQ(NULL, strstr(value(self->r, "cause", NULL), "\"cause\": "))
			TH_LOG("%s", handlers[i].verb);
	}
	explain_crash(self->r, "raised", false);
	EXPECT_NE(NULL, strstr(self->r->err, ": the last fault that it handled: SIGSEGV"));
}

/* Children that the command doesn't know of aren't waited for. */
TEST_F(death, not_ours)
{
	char *const argv[] = {
		"/bin/sh", "-c",
		"sleep 1000 <&- >&- 2>&- & echo $! >&2; exec " COMMAND
		" explain -- /bin/true", NULL
	};
	int pid;

	run(self->r, ROOT, argv);
	EXPECT_EQ(0, self->r->status);
	ASSERT_EQ(1, sscanf(self->r->err, "%d", &pid));
	/* It has outlived what it was started by. */
	EXPECT_EQ(0, kill(pid, SIGKILL));
}

TEST_F(death, wrong)
{
	static const struct {
		char *args[6];
		enum who who;
		int status;
		const char *says;
	} rows[] = {
		{ { "--", "/nowhere" }, ROOT, 127, "/nowhere: No such file" },
		{ { "--", "/etc" }, ROOT, 126, "/etc: Permission denied" },
		{ { "--", "/bin/true" }, NOBODY_AT_ALL, 1, "/dev/mmuinspect: " },
		{ { "--", "/bin/true" }, ROOT_WITHOUT_CAPS, 1, "CAP_SYS_ADMIN" },
		{ { "--", "/bin/true" }, ONLY_SYS_ADMIN, 1, "CAP_SYS_RAWIO" },
		{ { "-o", "/nowhere/x", "--", "/bin/true" }, ROOT, 1, "/nowhere/x: " },
		{ { "-p", "1", "0" }, NOBODY_AT_ALL, 1, "/dev/mmuinspect: " },
		{ { "-p", "1", "0" }, ONLY_SYS_ADMIN, 1, "CAP_SYS_PTRACE" },
		{ { "-p", "1", "ffffffff81000000", "-m", "kernel" }, ROOT, 1,
		  "kernel half" },
		{ { "-p", "2", "0" }, ROOT, 1, "a kernel thread" },
		{ { "-p", "4194304", "0" }, ROOT, 1, "no such process" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		char *argv[9] = { COMMAND, "explain" };

		memcpy(argv + 2, rows[i].args, sizeof(rows[i].args));
		run(self->r, rows[i].who, argv);
		EXPECT_EQ(rows[i].status, self->r->status);
		EXPECT_NE(NULL, strstr(self->r->err, rows[i].says))
			TH_LOG("%zu: %s", i, self->r->err);
		EXPECT_EQ(strlen(self->r->err) - 1, strcspn(self->r->err, "\n"));
		EXPECT_EQ('\0', self->r->out[0]);
	}
}

/* Prediction: a process prepares an address, and tries it when it's told to. */

enum { READ, WRITE, EXEC };

struct trial {
	volatile unsigned long address;
	volatile bool go;
	volatile bool done;
	volatile int signal;
	volatile int code;
	volatile long faults;
	volatile int uffd;		/* a descriptor; -1 without */
	volatile pid_t holder;		/* of it */
	int kind;
	void (*prepare)(struct trial *t);
};

static struct trial *trial;
static sigjmp_buf back;

static void caught(int signal, siginfo_t *info, void *context)
{
	trial->signal = signal;
	trial->code = info->si_code;
	siglongjmp(back, 1);
}

static void try_it(struct trial *t)
{
	switch (t->kind) {
	case READ:
		(void)*(volatile char *)t->address;
		break;
	case WRITE:
		*(volatile char *)t->address = 1;
		break;
	case EXEC:
		/* Without an argument: a vsyscall may store to where it points. */
		((long (*)(void *))t->address)(NULL);
		break;
	}
}

static void anonymous(struct trial *t, size_t pages, int prot)
{
	void *p = mmap(NULL, pages * PAGE_SIZE, prot, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED)
		die("mmap: %m");
	madvise(p, pages * PAGE_SIZE, MADV_NOHUGEPAGE);
	t->address = (unsigned long)p;
}

static void untouched(struct trial *t)
{
	anonymous(t, 1, PROT_READ | PROT_WRITE);
}

static void written(struct trial *t)
{
	untouched(t);
	*(volatile char *)t->address = 0xc3;
}

static void only_read(struct trial *t)
{
	untouched(t);
	(void)*(volatile char *)t->address;
}

static void forked(struct trial *t)
{
	written(t);
	if (!fork()) {
		die_with_parent();
		for (;;)
			pause();
	}
}

static void swapped(struct trial *t)
{
	written(t);
	madvise((void *)t->address, PAGE_SIZE, MADV_PAGEOUT);
}

static void protected(struct trial *t)
{
	written(t);
	mprotect((void *)t->address, PAGE_SIZE, PROT_READ);
}

static void closed(struct trial *t)
{
	written(t);
	mprotect((void *)t->address, PAGE_SIZE, PROT_NONE);
}

static void of_file(struct trial *t)
{
	int fd = memfd_create("explain", 0);
	void *p;

	if (fd < 0 || ftruncate(fd, PAGE_SIZE))
		die("memfd: %m");
	p = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		die("mmap: %m");
	t->address = (unsigned long)p;
}

static void beyond_file(struct trial *t)
{
	of_file(t);
	t->address += PAGE_SIZE;
}

static void guarded(struct trial *t)
{
	untouched(t);
	if (madvise((void *)t->address, PAGE_SIZE, MADV_GUARD_INSTALL))
		t->address = 0;
}

static void keyed(struct trial *t)
{
	int key = syscall(SYS_pkey_alloc, 0, 0);

	written(t);
	if (key <= 0 || syscall(SYS_pkey_mprotect, t->address, PAGE_SIZE,
				PROT_READ | PROT_WRITE, key)) {
		t->address = 0;
		return;
	}
	asm volatile(".byte 0x0f, 0x01, 0xef" : : "a" (2U << 2 * key), "c" (0), "d" (0));
}

static void keyed_untouched(struct trial *t)
{
	keyed(t);
	if (t->address)
		madvise((void *)t->address, PAGE_SIZE, MADV_DONTNEED);
}

static unsigned long stack_start(void)
{
	unsigned long start = 0, from;
	char line[256];
	FILE *f = fopen("/proc/self/maps", "re");

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "[stack]") && sscanf(line, "%lx", &from) == 1)
			start = from;
	if (f)
		fclose(f);
	return start;
}

static void below_stack(struct trial *t)
{
	t->address = stack_start() - 64 * PAGE_SIZE;
}

static void far_below_stack(struct trial *t)
{
	t->address = stack_start() - 64 * MB;
}

static void hole(struct trial *t)
{
	untouched(t);
	munmap((void *)t->address, PAGE_SIZE);
}

/* Two mappings that may both grow down, with @gap pages between; the upper one's fault */
static void growing(struct trial *t, size_t gap, int flags, int prot)
{
	const int plain = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS;
	char *base = mmap(NULL, 1024 * PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0), *upper = base + 512 * PAGE_SIZE;

	if (base == MAP_FAILED)
		die("mmap: %m");
	munmap(base, 1024 * PAGE_SIZE);
	base = mmap(upper - (gap + 2) * PAGE_SIZE, PAGE_SIZE, prot, plain | flags, -1, 0);
	upper = mmap(upper, PAGE_SIZE, PROT_READ | PROT_WRITE, plain | MAP_GROWSDOWN,
		     -1, 0);
	if (base == MAP_FAILED || upper == MAP_FAILED)
		die("mmap: %m");
	*upper = 1;
	t->address = (unsigned long)upper - PAGE_SIZE;
}

static void grow_beside_growing(struct trial *t)
{
	growing(t, 4, MAP_GROWSDOWN, PROT_READ | PROT_WRITE);
}

static void grow_beside_plain(struct trial *t)
{
	growing(t, 4, 0, PROT_READ);
}

static void grow_beside_closed(struct trial *t)
{
	growing(t, 4, 0, PROT_NONE);
}

/* stack_guard_gap, 256 pages unless it's set at boot, is to be left free. */
static void grow_far_from_plain(struct trial *t)
{
	growing(t, 256, 0, PROT_READ);
}

static void grow_near_plain(struct trial *t)
{
	growing(t, 255, 0, PROT_READ);
}

#define VSYSCALL_PAGE 0xffffffffff600000

static void vsyscall_page(struct trial *t)
{
	t->address = VSYSCALL_PAGE;
}

static void vsyscall_time(struct trial *t)
{
	t->address = VSYSCALL_PAGE + 1024;
}

static void vsyscall_fourth(struct trial *t)
{
	t->address = VSYSCALL_PAGE + 3072;
}

static void vsyscall_middle(struct trial *t)
{
	t->address = VSYSCALL_PAGE + 16;
}

/* Register two pages; the trial isn't made if this kernel can't. */
static void uffd(struct trial *t, __u64 features, __u64 mode)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	struct uffdio_register reg = {
		.range = { t->address, 2 * PAGE_SIZE }, .mode = mode,
	};

	t->uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (t->uffd < 0 || ioctl(t->uffd, UFFDIO_API, &api) ||
	    ioctl(t->uffd, UFFDIO_REGISTER, &reg))
		t->address = 0;
	t->holder = getpid();
}

static void uffd_anonymous(struct trial *t)
{
	anonymous(t, 2, PROT_READ | PROT_WRITE);
	uffd(t, 0, UFFDIO_REGISTER_MODE_MISSING);
}

static void uffd_signal(struct trial *t)
{
	anonymous(t, 2, PROT_READ | PROT_WRITE);
	uffd(t, UFFD_FEATURE_SIGBUS, UFFDIO_REGISTER_MODE_MISSING);
}

/* Another process has the descriptor. */
static void uffd_handed_on(struct trial *t)
{
	pid_t pid;

	uffd_anonymous(t);
	if (!t->address)
		return;
	/* Not into @t, which the child has as well. */
	pid = fork();
	if (!pid) {
		die_with_parent();
		for (;;)
			pause();
	}
	t->holder = pid;
	close(t->uffd);
}

static void uffd_poison(struct trial *t)
{
	struct {
		struct uffdio_range range;
		__u64 mode;
		__s64 updated;
	} poison = { { 0, PAGE_SIZE }, 0, 0 };

	anonymous(t, 2, PROT_READ | PROT_WRITE);
	uffd(t, UFFD_FEATURE_POISON, UFFDIO_REGISTER_MODE_MISSING);
	poison.range.start = t->address;
	if (t->address && ioctl(t->uffd, _IOWR(UFFDIO, 0x08, poison), &poison))
		t->address = 0;
}

static void uffd_protect(struct trial *t, __u64 features)
{
	struct uffdio_writeprotect wp = {
		.range = { 0, PAGE_SIZE }, .mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	anonymous(t, 2, PROT_READ | PROT_WRITE);
	*(volatile char *)t->address = 1;
	uffd(t, features, UFFDIO_REGISTER_MODE_WP);
	wp.range.start = t->address;
	if (t->address && ioctl(t->uffd, UFFDIO_WRITEPROTECT, &wp))
		t->address = 0;
}

static void uffd_protected(struct trial *t)
{
	uffd_protect(t, 0);
}

static void uffd_protected_signal(struct trial *t)
{
	uffd_protect(t, UFFD_FEATURE_SIGBUS);
}

static void uffd_protected_async(struct trial *t)
{
	uffd_protect(t, UFFD_FEATURE_WP_ASYNC);
}

/* Two pages of shared memory, of which the first is in the page cache */
static void uffd_shared(struct trial *t, size_t page, __u64 features, __u64 mode)
{
	int fd = memfd_create("explain", 0);
	char byte = 1;
	void *p;

	if (fd < 0 || ftruncate(fd, 2 * PAGE_SIZE) || pwrite(fd, &byte, 1, 0) != 1)
		die("memfd: %m");
	p = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die("mmap: %m");
	t->address = (unsigned long)p;
	uffd(t, features, mode);
	if (t->address)
		t->address += page * PAGE_SIZE;
}

static void uffd_minor_cached(struct trial *t)
{
	uffd_shared(t, 0, UFFD_FEATURE_MINOR_SHMEM, UFFDIO_REGISTER_MODE_MINOR);
}

static void uffd_minor_missing(struct trial *t)
{
	uffd_shared(t, 1, UFFD_FEATURE_MINOR_SHMEM, UFFDIO_REGISTER_MODE_MINOR);
}

static void uffd_missing_cached(struct trial *t)
{
	uffd_shared(t, 0, 0, UFFDIO_REGISTER_MODE_MISSING);
}

static void uffd_missing_missing(struct trial *t)
{
	uffd_shared(t, 1, 0, UFFDIO_REGISTER_MODE_MISSING);
}

static void uffd_both_cached(struct trial *t)
{
	uffd_shared(t, 0, UFFD_FEATURE_MINOR_SHMEM,
		    UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_MINOR);
}

static void in_kernel(struct trial *t)
{
	t->address = 0xffffffff81000000;
}

static void no_address(struct trial *t)
{
	t->address = 0x4141414141414141;
}

#define MENDED	0, 0, NULL
#define SEGV(c)	SIGSEGV, c, #c
#define BUS(c)	SIGBUS, c, #c
#define ANY	-1, 0, NULL
#define BY_CACHE true

/*
 * @action: NULL: it depends on how this kernel was booted
 * @signal: -1: the same; but what is foretold must happen
 * @by_cache: only with cachestat() (Linux 6.5) can it be foretold
 * @says: what the answer must have besides
 */
static const struct row {
	const char *what;
	void (*prepare)(struct trial *t);
	int kind;
	const char *action;
	int signal;
	int code;
	const char *name;
	bool by_cache;
	const char *says;
} trials[] = {
	{ "present", written, READ, "allowed", MENDED },
	{ "present, written", written, WRITE, "allowed", MENDED },
	{ "present, executed", written, EXEC, "sigsegv", SEGV(SEGV_ACCERR) },
	{ "nothing there, read", untouched, READ, "demand-zero", MENDED },
	{ "nothing there, written", untouched, WRITE, "demand-zero", MENDED },
	{ "nothing there, executed", untouched, EXEC, "sigsegv", SEGV(SEGV_ACCERR) },
	{ "the page of zeros, written", only_read, WRITE, "copy-on-write", MENDED },
	{ "shared since a fork, read", forked, READ, "allowed", MENDED },
	{ "shared since a fork, written", forked, WRITE, "copy-on-write", MENDED },
	{ "swapped out", swapped, READ, "swap-in", MENDED },
	{ "read-only, read", protected, READ, "allowed", MENDED },
	{ "read-only, written", protected, WRITE, "sigsegv", SEGV(SEGV_ACCERR) },
	{ "PROT_NONE, read", closed, READ, "sigsegv", SEGV(SEGV_ACCERR), false,
	  "\"meaning\": \"PROT_NONE: frame" },
	{ "PROT_NONE, written", closed, WRITE, "sigsegv", SEGV(SEGV_ACCERR) },
	{ "of a file, read", of_file, READ, "file", MENDED },
	{ "of a file, written", of_file, WRITE, "file", MENDED },
	{ "beyond a file", beyond_file, READ, "sigbus", BUS(BUS_ADRERR) },
	{ "a guard region", guarded, READ, "sigsegv", SEGV(SEGV_MAPERR) },
	{ "a key, read", keyed, READ, "allowed", MENDED },
	{ "a key, written", keyed, WRITE, "sigsegv", SEGV(SEGV_PKUERR) },
	{ "a key, nothing there", keyed_untouched, WRITE, "sigsegv", SEGV(SEGV_PKUERR) },
	{ "below the stack", below_stack, WRITE, "grow-stack", MENDED },
	{ "far below the stack", far_below_stack, WRITE, "sigsegv", SEGV(SEGV_MAPERR) },
	{ "below a mapping that grows, beside another", grow_beside_growing, READ,
	  "grow-stack", MENDED },
	{ "the same, executed", grow_beside_growing, EXEC, "sigsegv", SEGV(SEGV_ACCERR) },
	{ "the same, beside one that doesn't", grow_beside_plain, READ, "sigsegv",
	  SEGV(SEGV_MAPERR) },
	{ "the same, beside one without rights", grow_beside_closed, WRITE,
	  "grow-stack", MENDED },
	{ "the same, beside one at the gap", grow_far_from_plain, READ, "grow-stack",
	  MENDED },
	{ "the same, beside one within the gap", grow_near_plain, READ, "sigsegv",
	  SEGV(SEGV_MAPERR) },
	{ "the vsyscall page, read", vsyscall_page, READ, NULL, ANY, false, "vsyscall=" },
	{ "the vsyscall page, written", vsyscall_page, WRITE, "sigsegv",
	  SEGV(SEGV_MAPERR), false, "vsyscall=" },
	{ "the vsyscall page, called", vsyscall_time, EXEC, NULL, ANY, false, "vsyscall=" },
	{ "the vsyscall page, a fourth entry", vsyscall_fourth, EXEC, "sigsegv", ANY,
	  false, "vsyscall=" },
	{ "the vsyscall page, its middle", vsyscall_middle, EXEC, "sigsegv", ANY, false,
	  "vsyscall=" },
	{ "userfaultfd, missing", uffd_anonymous, READ, "uffd", MENDED, false,
	  "a missing page" },
	{ "userfaultfd with SIGBUS", uffd_signal, READ, "sigbus", BUS(BUS_ADRERR), false,
	  "UFFD_FEATURE_SIGBUS" },
	{ "userfaultfd, handed on", uffd_handed_on, READ, "uffd", MENDED, false,
	  "only its descriptor shows" },
	{ "userfaultfd, poisoned", uffd_poison, READ, "sigbus", BUS(BUS_MCEERR_AR),
	  false, "UFFDIO_POISON" },
	{ "userfaultfd, write-protected, read", uffd_protected, READ, "allowed", MENDED },
	{ "userfaultfd, write-protected, written", uffd_protected, WRITE, "uffd", MENDED,
	  false, "write-protected" },
	{ "userfaultfd, write-protected with SIGBUS", uffd_protected_signal, WRITE,
	  "sigbus", BUS(BUS_ADRERR) },
	{ "userfaultfd, write-protected, asynchronous", uffd_protected_async, WRITE,
	  "copy-on-write", MENDED },
	{ "userfaultfd, minor, cached", uffd_minor_cached, READ, "uffd", MENDED, BY_CACHE },
	{ "userfaultfd, minor, not cached", uffd_minor_missing, READ, "file", MENDED,
	  BY_CACHE },
	{ "userfaultfd, missing, cached", uffd_missing_cached, READ, "file", MENDED,
	  BY_CACHE },
	{ "userfaultfd, missing, not cached", uffd_missing_missing, WRITE, "uffd", MENDED,
	  BY_CACHE },
	{ "userfaultfd, missing and minor, cached", uffd_both_cached, READ, "uffd",
	  MENDED },
	{ "a hole", hole, READ, "sigsegv", SEGV(SEGV_MAPERR) },
	{ "a kernel address", in_kernel, READ, "sigsegv", SEGV(SEGV_MAPERR) },
	{ "no address", no_address, READ, "sigsegv", SEGV(SI_KERNEL) },
};

static long faults(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return used.ru_minflt + used.ru_majflt;
}

static void __attribute__((noreturn)) be_tried(struct trial *t)
{
	const struct sigaction action = {
		.sa_sigaction = caught, .sa_flags = SA_SIGINFO,
	};
	volatile char byte = 0;
	struct trial dry = { .address = (unsigned long)&byte };
	long before = faults();

	die_with_parent();
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	t->prepare(t);
	t->done = true;
	while (!t->go)
		usleep(1000);
	/* Once in vain, so that none of this faults by itself. */
	if (!sigsetjmp(back, 1))
		try_it(&dry);
	before = faults();
	if (!sigsetjmp(back, 1))
		try_it(t);
	t->faults = faults() - before;
	t->done = true;
	for (;;)
		pause();
}

/* Returns false if the child has ended, which it doesn't by itself. */
static bool wait_done(struct trial *t, pid_t pid)
{
	while (!t->done) {
		if (waitpid(pid, NULL, WNOHANG))
			return false;
		usleep(1000);
	}
	t->done = false;
	return true;
}

static bool has_cachestat(void)
{
	return syscall(451, -1, NULL, NULL, 0) && errno != ENOSYS;
}

/* Does the kernel have a fault in the descriptor's queue? */
static bool is_reported(const struct trial *t)
{
	char path[64], line[128];
	unsigned int pending = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", t->holder, t->uffd);
	f = fopen(path, "re");
	while (f && !pending && fgets(line, sizeof(line), f))
		sscanf(line, "pending: %u", &pending);
	if (f)
		fclose(f);
	return pending;
}

/* Until it's over (true), or the kernel has reported it to a userfaultfd */
static bool is_over(struct trial *t)
{
	while (!t->done) {
		if (t->uffd >= 0 && is_reported(t))
			return false;
		usleep(1000);
	}
	return true;
}

/* What is foretold, against what the kernel did: any kernel, however it's booted */
static void check_foretold(struct __test_metadata *_metadata, const struct report *r,
			   const struct row *row, const struct trial *t, bool over)
{
	static const struct {
		const char *name;
		int signal;
		int code;
	} codes[] = {
		{ "SEGV_MAPERR", SIGSEGV, SEGV_MAPERR }, { "SEGV_ACCERR", SIGSEGV, SEGV_ACCERR },
		{ "SEGV_PKUERR", SIGSEGV, SEGV_PKUERR }, { "SI_KERNEL", SIGSEGV, SI_KERNEL },
		{ "BUS_ADRERR", SIGBUS, BUS_ADRERR }, { "BUS_MCEERR_AR", SIGBUS, BUS_MCEERR_AR },
	};
	int signal = 0, code = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++)
		if (is_text(r, "action", "code", codes[i].name)) {
			signal = codes[i].signal;
			code = codes[i].code;
		}
	if (is_text(r, "action", "name", "unknown"))
		return;
	EXPECT_EQ(signal, t->signal)
		TH_LOG("%s", row->what);
	EXPECT_EQ(code, t->code)
		TH_LOG("%s", row->what);
	EXPECT_EQ(is_text(r, "action", "name", "uffd"), !over)
		TH_LOG("%s", row->what);
	if (!t->signal && over)
		EXPECT_EQ(!is_text(r, "action", "name", "allowed"), t->faults != 0 ||
			  is_text(r, "action", "name", "vsyscall"))
			TH_LOG("%s: %ld faults", row->what, t->faults);
}

static void check_prediction(struct __test_metadata *_metadata, const struct report *r,
			     const struct row *row, const struct trial *t)
{
	const char *action = row->by_cache && !has_cachestat() ? "unknown" : row->action;

	EXPECT_EQ(0, r->status)
		TH_LOG("%s: %s", row->what, r->err);
	if (action)
		EXPECT_TRUE(is_text(r, "action", "name", action))
			TH_LOG("%s: %.160s", row->what, value(r, "action", "name"));
	if (action)
		EXPECT_EQ(0, strncmp(value(r, "allowed", NULL),
				     strcmp(action, "allowed") ? "false" : "true", 4))
			TH_LOG("%s", row->what);
	if (row->name)
		EXPECT_TRUE(is_text(r, "action", "code", row->name))
			TH_LOG("%s: %.60s", row->what, value(r, "action", "code"));
	if (row->says && !is_text(r, "action", "name", "allowed"))
		EXPECT_NE(NULL, strstr(r->out, row->says))
			TH_LOG("%s: %.200s", row->what, value(r, "action", NULL));
	/* And that is so. */
	if (row->signal < 0)
		return;
	EXPECT_EQ(row->signal, t->signal)
		TH_LOG("%s", row->what);
	EXPECT_EQ(row->code, t->code)
		TH_LOG("%s", row->what);
}

static void foretell(struct __test_metadata *_metadata, struct report *r,
		     const struct row *row)
{
	static char *const kinds[] = { "read", "write", "exec" };
	char pid_text[16], address[24];
	char *const argv[] = { COMMAND, "explain", "-j", "-p", pid_text, address,
			       "--access", kinds[row->kind], NULL };
	bool over = true;
	pid_t pid;

	memset(trial, 0, sizeof(*trial));
	trial->kind = row->kind;
	trial->prepare = row->prepare;
	trial->uffd = -1;
	pid = fork();
	if (!pid)
		be_tried(trial);
	ASSERT_TRUE(wait_done(trial, pid))
		TH_LOG("%s: it ended", row->what);
	snprintf(pid_text, sizeof(pid_text), "%d", pid);
	snprintf(address, sizeof(address), "%lx", trial->address);
	if (trial->address) {
		run(r, ROOT, argv);
		trial->go = true;
		over = is_over(trial);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (!trial->address) {
		note("not on this machine: %s", row->what);
		return;
	}
	check_prediction(_metadata, r, row, trial);
	check_foretold(_metadata, r, row, trial, over);
}

TEST_F(death, predictions)
{
	size_t i;

	trial = SHARED(struct trial, 1);
	for (i = 0; i < ARRAY_SIZE(trials); i++) {
		if (trials[i].prepare == swapped && !have_swap())
			note("no swap: %s", trials[i].what);
		else
			foretell(_metadata, self->r, &trials[i]);
	}
}

/* The kernel's side: a process can't try it, but its registers say what is on. */
TEST_F(death, kernel_mode)
{
	char pid_text[16], address[24];
	char *const argv[] = { COMMAND, "explain", "-j", "-p", pid_text, address,
			       "--mode", "kernel", NULL };
	bool smap = cpu_flag("smap");
	pid_t pid;

	trial = SHARED(struct trial, 1);
	trial->prepare = written;
	pid = fork();
	if (!pid)
		be_tried(trial);
	ASSERT_TRUE(wait_done(trial, pid));
	snprintf(pid_text, sizeof(pid_text), "%d", pid);
	snprintf(address, sizeof(address), "%lx", trial->address);
	run(self->r, ROOT, argv);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_EQ(0, self->r->status);
	EXPECT_EQ(smap, is_text(self->r, "denials", "name", "smap"));
	EXPECT_EQ(smap, !!strstr(self->r->out, "\"register\": \"CR4.SMAP\""));
	EXPECT_EQ(smap, is_text(self->r, "action", "name", "oops"));
	if (smap)
		EXPECT_EQ(0, strncmp(value(self->r, "with_ac", "allowed"), "true", 4));
}

TEST_HARNESS_MAIN
