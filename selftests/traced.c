// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmuinspect explain -- COMMAND: the command can't notice it, and how it ended is said
 * though no fault was its end. Checked against the same command without mmuinspect, and
 * against what crash.c says of itself.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"
#include "report.h"

#include <libgen.h>
#include <signal.h>
#include <stdlib.h>

static char crash[4096];	/* where that program is */

FIXTURE(traced)
{
	struct report *alone;
	struct report *r;
};

FIXTURE_SETUP(traced)
{
	char here[4000];
	ssize_t n = readlink("/proc/self/exe", here, sizeof(here) - 1);

	if (access(COMMAND, X_OK))
		SKIP(return, "no " COMMAND);
	ASSERT_LT(0, n);
	here[n] = '\0';
	snprintf(crash, sizeof(crash), "%s/crash", dirname(here));
	self->alone = SHARED(struct report, 1);
	self->r = SHARED(struct report, 1);
}

FIXTURE_TEARDOWN(traced)
{
}

static void run_alone(struct report *r, char *verb)
{
	char *const argv[] = { crash, verb, NULL };

	report_run(r, ROOT, argv);
}

static void run_traced(struct report *r, char *verb, char *option)
{
	char *const argv[] = { COMMAND, "explain", option, "--", crash, verb, NULL };

	report_run(r, ROOT, argv);
}

/* The state of a process, as /proc/self/status and prctl() say it, and its files */
TEST_F(traced, state)
{
	run_alone(self->alone, "state");
	ASSERT_EQ(0, self->alone->status);
	ASSERT_NE(NULL, strstr(self->alone->out, "Seccomp:\t0"));
	run_traced(self->r, "state", "-o/dev/stderr");
	EXPECT_EQ(0, self->r->status);
	EXPECT_STREQ(self->alone->out, self->r->out);
}

/* System calls do what they do, also of a child that isn't traced. */
TEST_F(traced, system_calls)
{
	static char *const verbs[] = { "untraced", "strict", "not-at-all" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++) {
		run_alone(self->alone, verbs[i]);
		run_traced(self->r, verbs[i], "-j");
		EXPECT_NE(0, self->alone->status);
		EXPECT_EQ(self->alone->status, self->r->status)
			TH_LOG("%s", verbs[i]);
	}
}

/* A signal to mmuinspect is the command's; its end isn't the command's. */
TEST_F(traced, signals)
{
	char *const ignored[] = {
		"/bin/sh", "-c", "trap '' CHLD; exec \"$@\"", "-", COMMAND, "explain", "-j",
		"--", crash, "not-at-all", NULL
	};
	/* A shell is what sees that mmuinspect was killed. */
	char *const left[] = {
		"/bin/sh", "-c", "\"$@\"; exit 0", "-", COMMAND, "explain", "--", crash, "left",
		NULL
	};

	run_traced(self->r, "passed", "-j");
	EXPECT_EQ(6, self->r->status);
	report_run(self->r, ROOT, left);
	EXPECT_NE(NULL, strstr(self->r->out, "alone"));
	report_run(self->r, ROOT, ignored);
	EXPECT_EQ(7, self->r->status);
}

static void says(struct __test_metadata *_metadata, struct report *r, char *verb,
		 const char *line)
{
	run_traced(r, verb, "-o/dev/stderr");
	EXPECT_NE(NULL, strstr(r->err, line))
		TH_LOG("%s: %s", verb, r->err);
}

TEST_F(traced, ends)
{
	char line[128];
	int child;

	says(_metadata, self->r, "not-at-all", "ended with exit status 7; no fault was its end\n");
	says(_metadata, self->r, "by-kill",
	     "ended by SIGSEGV, which it sent to itself by kill(); no fault");
	says(_metadata, self->r, "by-abort",
	     "ended by SIGABRT, which it sent to itself by raise() or abort(); no fault");
	EXPECT_EQ(128 + SIGABRT, self->r->status);
	run_traced(self->r, "by-child", "-j");
	EXPECT_EQ(128 + SIGTERM, self->r->status);
	ASSERT_EQ(1, sscanf(self->r->err, "%d", &child));
	snprintf(line, sizeof(line), "\"pid\": %d", child);
	EXPECT_NE(NULL, strstr(self->r->out, "\"SI_USER\""));
	EXPECT_NE(NULL, strstr(self->r->out, line))
		TH_LOG("%s", self->r->out);
	/* An end that was explained needs no other line. */
	run_traced(self->r, "null", "-o/dev/stderr");
	EXPECT_EQ(NULL, strstr(self->r->err, "ended"));
}

TEST_F(traced, user)
{
	char *const explain[] = {
		COMMAND, "explain", "-j", "--user", "1234", "--", crash, "user", NULL
	};
	char *const count[] = {
		COMMAND, "stat", "-o/dev/null", "--user", "1234", "--", crash, "user", NULL
	};
	char *const sudo[] = {
		"/bin/sh", "-c", "SUDO_USER=somebody exec \"$@\"", "-", COMMAND, "explain",
		"--", crash, "not-at-all", NULL
	};
	char *const wrong[] = { COMMAND, "explain", "--user", "no such", "--", crash, NULL };

	report_run(self->r, ROOT, explain);
	EXPECT_EQ(0, self->r->status);
	EXPECT_NE(NULL, strstr(self->r->out, "1234 1234 1 /\n"))
		TH_LOG("%s%s", self->r->out, self->r->err);
	EXPECT_NE(NULL, strstr(self->r->out, "\"run_as\": \"1234\""));
	report_run(self->r, ROOT, count);
	EXPECT_EQ(0, self->r->status);
	EXPECT_STREQ("1234 1234 1 /\n", self->r->out);
	report_run(self->r, ROOT, sudo);
	EXPECT_NE(NULL, strstr(self->r->err, "ran as root: --user somebody"));
	report_run(self->r, ROOT, wrong);
	EXPECT_EQ(2, self->r->status);
	EXPECT_NE(NULL, strstr(self->r->err, "no such user"));
}

TEST_HARNESS_MAIN
