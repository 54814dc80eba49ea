// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the commands make of /proc: a process whose first thread has ended has all that
 * the others have; and a /proc of another PID namespace has nothing to say about ours.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"
#include "report.h"

#include <ctype.h>
#include <dirent.h>
#include <libgen.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char crash[4096];	/* where that program is */

/**
 * struct process - the program crash, whose first thread has ended
 * @pid: its number
 * @address: of a constant of it
 */
FIXTURE(process)
{
	struct report *r;
	pid_t pid;
	char address[32];
	char number[16];
};

static pid_t start(char address[32])
{
	char line[64] = "";
	int out[2];
	pid_t pid;

	if (pipe(out))
		die("pipe: %m");
	pid = fork();
	if (!pid) {
		die_with_parent();
		dup2(out[1], 1);
		execl(crash, crash, "leader", NULL);
		die("%s: %m", crash);
	}
	close(out[1]);
	if (read(out[0], line, sizeof(line) - 1) <= 0 ||
	    sscanf(line, "%*d %31s", address) != 1)
		die("crash: %s", line);
	close(out[0]);
	return pid;
}

FIXTURE_SETUP(process)
{
	char here[4000];
	ssize_t n = readlink("/proc/self/exe", here, sizeof(here) - 1);

	if (access(COMMAND, X_OK))
		SKIP(return, "no " COMMAND);
	ASSERT_LT(0, n);
	here[n] = '\0';
	snprintf(crash, sizeof(crash), "%s/crash", dirname(here));
	self->r = SHARED(struct report, 1);
	self->pid = start(self->address);
	snprintf(self->number, sizeof(self->number), "%d", self->pid);
}

FIXTURE_TEARDOWN(process)
{
	if (self->pid)
		release(self->pid);
}

/* The constant is in a mapping of the file that crash is. */
TEST_F(process, names)
{
	char *const commands[][8] = {
		{ COMMAND, "walk", "-p", self->number, self->address },
		{ COMMAND, "dump", "-p", self->number },
		{ COMMAND, "explain", "-p", self->number, "-a", "write", self->address },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		report_run(self->r, ROOT, commands[i]);
		EXPECT_EQ(0, self->r->status);
		EXPECT_EQ('\0', self->r->err[0]);
		EXPECT_NE(NULL, strstr(self->r->out, crash))
			TH_LOG("%s: %.300s%s", commands[i][1], self->r->out, self->r->err);
	}
	EXPECT_NE(NULL, strstr(self->r->out, "SEGV_ACCERR"));
}

TEST_F(process, pages)
{
	char *const top[] = {
		COMMAND, "top", "-j", "-n", "1", "-I", "100", "-s", "size", "-f", "crash", NULL
	};
	const char *at;
	char key[32];

	report_run(self->r, ROOT, top);
	EXPECT_EQ(0, self->r->status);
	snprintf(key, sizeof(key), "\"pid\": %d,", self->pid);
	at = strstr(self->r->out, key);
	ASSERT_NE(NULL, at)
		TH_LOG("%s%s", self->r->out, self->r->err);
	at = strstr(at, "\"pages\": ");
	ASSERT_NE(NULL, at);
	EXPECT_NE(0, strncmp(at, "\"pages\": null", 13));
}

TEST_F(process, counts)
{
	char *const argv[] = {
		COMMAND, "stat", "-p", self->number, "-j", "/bin/true", NULL
	};

	report_run(self->r, ROOT, argv);
	EXPECT_EQ(0, self->r->status)
		TH_LOG("%s", self->r->err);
}

/* In a PID namespace, with /proc as it was: runs @argv there, with a PID of there. */
static void in_namespace(struct report *r, char *command, char *address)
{
	char number[16];
	char *const argv[] = { COMMAND, command, "-p", number, address, NULL };
	pid_t held;

	held = fork();
	if (!held) {
		die_with_parent();
		for (;;)
			pause();
	}
	snprintf(number, sizeof(number), "%d", held);
	report_run(r, ROOT, argv);
	kill(held, SIGKILL);
	_exit(0);
}

static void run_inside(struct report *r, char *command, char *address)
{
	pid_t outer = fork(), inner;

	if (!outer) {
		if (unshare(CLONE_NEWPID))
			die("unshare: %m");
		inner = fork();
		if (!inner)
			in_namespace(r, command, address);
		waitpid(inner, NULL, 0);
		_exit(0);
	}
	waitpid(outer, NULL, 0);
}

/* The process there has the test's own mappings; its number is another's here. */
TEST_F(process, other_namespace)
{
	static const char text[] = "mmuinspect: mappings are left out: /proc belongs to another PID namespace\n";
	static char *const commands[] = { "walk", "explain", "dump" };
	char address[32];
	size_t i;

	snprintf(address, sizeof(address), "%p", (void *)commands);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		run_inside(self->r, commands[i], i < 2 ? address : NULL);
		EXPECT_EQ(0, self->r->status);
		EXPECT_STREQ(text, self->r->err);
		EXPECT_EQ(NULL, strstr(self->r->out, "/bin/"))
			TH_LOG("%s: %.500s", commands[i], self->r->out);
		EXPECT_EQ(NULL, strstr(self->r->out, "[stack]"));
	}
}

/* Kernel threads have no executable: their link can't be read by root either. */
static size_t programs(void)
{
	DIR *proc = opendir("/proc");
	char path[300], target[16];
	struct dirent *d;
	size_t n = 0;

	while (proc && (d = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/exe", d->d_name);
		n += isdigit((unsigned char)d->d_name[0]) &&
		     readlink(path, target, sizeof(target)) > 0;
	}
	if (proc)
		closedir(proc);
	return n;
}

/* Without rights all are refused but the one that looks. */
TEST_F(process, audit)
{
	char *const argv[] = { COMMAND, "audit", NULL };
	size_t before, after, n = 0;
	char *at;

	chmod(MMUI_DEVICE, 0666);
	before = programs();
	report_run(self->r, NOBODY_AT_ALL, argv);
	after = programs();
	chmod(MMUI_DEVICE, 0600);
	at = strstr(self->r->out, " processes: others need");
	ASSERT_NE(NULL, at)
		TH_LOG("%s", self->r->out);
	while (at > self->r->out && isdigit((unsigned char)at[-1]))
		at--;
	n = strtoul(at, NULL, 10);
	/* The headless one has no link, and mmuinspect itself isn't refused. */
	EXPECT_LE(before < after ? before : after, n + 1);
	EXPECT_GE((before > after ? before : after) + 2, n);
}

TEST_HARNESS_MAIN
