// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmuinspect audit, the command: what it finds follows the machine, by CPUID,
 * /proc/cpuinfo and sysfs, and by what is done to it here.
 */
#include "kselftest_harness.h"
#include "cpu.h"
#include "mmui_test.h"
#include "nl.h"
#include "report.h"

#include <cpuid.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define VULNERABILITIES	"/sys/devices/system/cpu/vulnerabilities"
#define FINDINGS	3

static void run(struct report *r, enum who who, bool json)
{
	char *const argv[] = { COMMAND, "audit", json ? "--json" : NULL, NULL };

	report_run(r, who, argv);
}

/* Is there, between @from and the next "key", an element with this id? */
static bool listed(const struct report *r, const char *list, const char *id)
{
	char word[64], *from, *to, *found;

	snprintf(word, sizeof(word), "\"%s\":", list);
	from = strstr(r->out, word);
	if (!from)
		die("no %s in the answer", list);
	/* The lists are members of the outermost object: each has its own line. */
	to = strstr(from, "\n \"");
	snprintf(word, sizeof(word), "\"id\": \"%s\"", id);
	found = strstr(from, word);
	return found && (!to || found < to);
}

static bool found(const struct report *r, const char *id)
{
	return listed(r, "findings", id);
}

FIXTURE(audit)
{
	struct report *r;
};

FIXTURE_SETUP(audit)
{
	if (access(COMMAND, X_OK))
		SKIP(return, "no " COMMAND);
	self->r = SHARED(struct report, 1);
	run(self->r, ROOT, true);
	ASSERT_EQ('\0', self->r->err[0])
		TH_LOG("%s", self->r->err);
	chmod(MMUI_DEVICE, 0666);
}

FIXTURE_TEARDOWN(audit)
{
	chmod(MMUI_DEVICE, 0600);
}

TEST_F(audit, status)
{
	bool safe = !strstr(self->r->out, "\"severity\"");

	EXPECT_EQ(safe ? 0 : FINDINGS, self->r->status);
	run(self->r, ROOT, false);
	EXPECT_EQ(safe ? 0 : FINDINGS, self->r->status);
	EXPECT_EQ(safe, !!strstr(self->r->out, "nothing unsafe was found"));
	EXPECT_NE(NULL, strstr(self->r->out, "not checked"));
	EXPECT_NE(NULL, strstr(self->r->out, "kernel-pages"));
}

/* What the CPU offers, by CPUID, and what the kernel has on, by /proc/cpuinfo */
TEST_F(audit, protections)
{
	static const struct {
		const char *id;
		unsigned int leaf;
		unsigned int subleaf;
		unsigned int in;	/* 0 to 3: EAX to EDX */
		unsigned int bit;
		const char *flag;
	} rows[] = {
		{ "nx", 0x80000001, 0, 3, 20, "nx" },
		{ "smep", 7, 0, 1, 7, "smep" },
		{ "smap", 7, 0, 1, 20, "smap" },
		{ "umip", 7, 0, 2, 2, "umip" },
		{ "pku", 7, 0, 2, 3, "ospke" },
		{ "lass", 7, 1, 0, 6, "lass" },
		{ "ibt", 7, 0, 3, 20, "ibt" },
		{ "shstk", 7, 0, 2, 7, "user_shstk" },
	};
	unsigned int r[4], offered;
	size_t i;

	EXPECT_FALSE(found(self->r, "wp"));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		offered = __get_cpuid_count(rows[i].leaf, rows[i].subleaf, &r[0],
					    &r[1], &r[2], &r[3]) &&
			  r[rows[i].in] >> rows[i].bit & 1;
		EXPECT_EQ(offered && !cpu_flag(rows[i].flag),
			  found(self->r, rows[i].id))
			TH_LOG("%s: offered %u, on %d", rows[i].id, offered,
			       cpu_flag(rows[i].flag));
		EXPECT_EQ(!offered, listed(self->r, "skipped", rows[i].id))
			TH_LOG("%s", rows[i].id);
		EXPECT_EQ(offered && cpu_flag(rows[i].flag),
			  listed(self->r, "checked", rows[i].id))
			TH_LOG("%s", rows[i].id);
	}
}

TEST_F(audit, vulnerabilities)
{
	char path[512], state[256], where[600];
	struct dirent *d;
	bool vulnerable, meltdown;
	DIR *dir = opendir(VULNERABILITIES);
	FILE *f;

	ASSERT_NE(NULL, dir);
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), VULNERABILITIES "/%s", d->d_name);
		f = fopen(path, "re");
		ASSERT_NE(NULL, f);
		ASSERT_NE(NULL, fgets(state, sizeof(state), f));
		fclose(f);
		meltdown = !strcmp(d->d_name, "meltdown");
		/* "Vulnerable", and also "Mitigation: ...; SMT vulnerable" */
		vulnerable = strcasestr(state, "vulnerable") &&
			     strncmp(state, "Unknown", 7);
		snprintf(where, sizeof(where), "\"where\": \"%s\"", path);
		EXPECT_EQ(vulnerable, !!strstr(self->r->out, where))
			TH_LOG("%s: %s", path, state);
		if (meltdown) {
			EXPECT_EQ(vulnerable, found(self->r, "pti"));
			EXPECT_EQ(!vulnerable && strncmp(state, "Unknown", 7),
				  listed(self->r, "checked", "pti"));
		}
	}
	closedir(dir);
}

/* Linux's own three gates, and CPUs that agree: nothing to be found here. */
TEST_F(audit, gates_and_cpus)
{
	EXPECT_FALSE(found(self->r, "gate"));
	EXPECT_FALSE(found(self->r, "cpus-disagree"))
		TH_LOG("%.2000s", self->r->out);
	EXPECT_NE(listed(self->r, "checked", "gate"),
		  listed(self->r, "skipped", "gate"));
	EXPECT_TRUE(listed(self->r, "checked", "cpus-disagree"));
}

/* Gates that Linux has left as the boot set them, if /proc/kallsyms shows these */
TEST_F(audit, gates_of_the_boot)
{
	FILE *f = popen("grep -c ' early_idt_handler_array$' /proc/kallsyms", "r");
	int n = -1;

	ASSERT_NE(NULL, f);
	ASSERT_EQ(1, fscanf(f, "%d", &n));
	pclose(f);
	EXPECT_FALSE(found(self->r, "boot-gates"));
	if (listed(self->r, "checked", "gate"))
		EXPECT_EQ(n > 0, listed(self->r, "checked", "boot-gates"));
}

/* Is isolation on? /proc/cpuinfo says so, whether it's needed or not. */
TEST_F(audit, isolation)
{
	if (listed(self->r, "checked", "pti"))
		EXPECT_EQ(cpu_flag("pti"), !!strstr(self->r->out, "page-table isolation on"));
}

/* A CPU that was switched off is named; one that came back disagrees in nothing. */
TEST_F(audit, offline)
{
	unsigned int last = cpu_count() - 1;

	if (!last || cpu_switch(last, false))
		SKIP(return, "no CPU that can be switched off");
	run(self->r, ROOT, true);
	EXPECT_EQ(0, cpu_switch(last, true));
	EXPECT_TRUE(listed(self->r, "skipped", "cpu"));
	run(self->r, ROOT, true);
	EXPECT_FALSE(listed(self->r, "skipped", "cpu"));
	EXPECT_FALSE(found(self->r, "cpus-disagree"));
}

#define MAPPED 8
#define PAGES 3

static char *map_untouched(const char *name)
{
	char *p = mmap(NULL, MAPPED * PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap: %m");
	prctl(PR_SET_NAME, name);
	return p;
}

static void map_wx(void *arg)
{
	memset(map_untouched(arg), 0xc3, PAGES * PAGE_SIZE);
}

static void map_only(void *arg)
{
	map_untouched(arg);
}

TEST_F(audit, writable_and_executable)
{
	char what[128];
	pid_t pid;

	ASSERT_FALSE(found(self->r, "wx-pages"));
	ASSERT_TRUE(listed(self->r, "checked", "wx-pages"));
	pid = hold(map_wx, "just in time");
	run(self->r, ROOT, true);
	EXPECT_EQ(FINDINGS, self->r->status);
	EXPECT_TRUE(found(self->r, "wx-pages"));
	/* One page doesn't hide the mapping. */
	EXPECT_TRUE(found(self->r, "wx-mappings"));
	EXPECT_FALSE(listed(self->r, "checked", "wx-mappings"));
	snprintf(what, sizeof(what), "PID %d (just in time): 1 mapping, 32K,", pid);
	EXPECT_NE(NULL, strstr(self->r->out, what))
		TH_LOG("%.1000s", self->r->out);
	snprintf(what, sizeof(what), "PID %d (just in time): %d pages, 12K,",
		 pid, PAGES);
	EXPECT_NE(NULL, strstr(self->r->out, what))
		TH_LOG("%.1000s", self->r->out);
	run(self->r, ROOT, false);
	EXPECT_EQ(FINDINGS, self->r->status);
	EXPECT_NE(NULL, strstr(self->r->out, what));
	release(pid);
	run(self->r, ROOT, true);
	EXPECT_FALSE(found(self->r, "wx-pages"));
}

/* No page of it is there yet; the next fault makes one that is both. */
TEST_F(audit, mapped_and_untouched)
{
	char what[128];
	pid_t pid;

	ASSERT_TRUE(listed(self->r, "checked", "wx-mappings"));
	pid = hold(map_only, "not yet");
	run(self->r, ROOT, true);
	release(pid);
	EXPECT_EQ(FINDINGS, self->r->status);
	EXPECT_FALSE(found(self->r, "wx-pages"));
	EXPECT_TRUE(found(self->r, "wx-mappings"));
	snprintf(what, sizeof(what), "PID %d (not yet): 1 mapping, 32K,", pid);
	EXPECT_NE(NULL, strstr(self->r->out, what))
		TH_LOG("%.1000s", self->r->out);
}

static void *stay(void *arg)
{
	prctl(PR_SET_NAME, arg);
	for (;;)
		pause();
	return NULL;
}

static void end_this_thread(int signal)
{
	syscall(SYS_exit, 0);
}

/* SIGUSR1 ends the first thread; the other one stays. */
static void map_wx_and_stay(void *arg)
{
	pthread_t thread;
	sigset_t set;

	map_wx(arg);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (pthread_create(&thread, NULL, stay, arg))
		die("pthread_create");
	signal(SIGUSR1, end_this_thread);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static bool is_zombie(pid_t pid)
{
	char path[64], line[512] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f || !fgets(line, sizeof(line), f))
		die("%s: %m", path);
	fclose(f);
	return strstr(line, ") Z ");
}

/* A process isn't over when its first thread is. */
TEST_F(audit, first_thread_gone)
{
	pid_t pid = hold(map_wx_and_stay, "stays behind");

	kill(pid, SIGUSR1);
	while (!is_zombie(pid))
		usleep(1000);
	run(self->r, ROOT, true);
	release(pid);
	EXPECT_TRUE(found(self->r, "wx-pages"));
	EXPECT_NE(NULL, strstr(self->r->out, "(stays behind): 3 pages, 12K, writable and executable"))
		TH_LOG("%.1000s", self->r->out);
}

/* In text, many of one kind are counted; --json has them all. */
TEST_F(audit, many_of_one_kind)
{
	pid_t pid[7];
	size_t i, n = 0;
	char *p;

	for (i = 0; i < ARRAY_SIZE(pid); i++)
		pid[i] = hold(map_wx, "one of many");
	run(self->r, ROOT, true);
	for (p = self->r->out; (p = strstr(p, "(one of many): 3 pages,")); p++)
		n++;
	EXPECT_EQ(ARRAY_SIZE(pid), n);
	run(self->r, ROOT, false);
	EXPECT_NE(NULL, strstr(self->r->out, "and 3 more like these"));
	for (i = 0; i < ARRAY_SIZE(pid); i++)
		release(pid[i]);
}

/* What can't be checked is said, with the reason. */
TEST_F(audit, without_rights)
{
	run(self->r, ONLY_SYS_ADMIN, true);
	EXPECT_TRUE(listed(self->r, "checked", "smep") ||
		    listed(self->r, "skipped", "smep") || found(self->r, "smep"));
	EXPECT_TRUE(listed(self->r, "skipped", "gate"));
	EXPECT_TRUE(listed(self->r, "skipped", "msrs"));
	EXPECT_TRUE(listed(self->r, "skipped", "wx-pages"));
	EXPECT_NE(NULL, strstr(self->r->out, "CAP_SYS_RAWIO"));
	EXPECT_NE(NULL, strstr(self->r->out, "CAP_SYS_PTRACE"));
	run(self->r, NOBODY_AT_ALL, false);
	EXPECT_NE(NULL, strstr(self->r->out, "registers: needs CAP_SYS_ADMIN"));
	EXPECT_EQ('\0', self->r->err[0]);
	chmod(MMUI_DEVICE, 0600);
	run(self->r, NOBODY_AT_ALL, false);
	EXPECT_EQ(1, self->r->status);
	EXPECT_EQ('\0', self->r->out[0]);
	EXPECT_NE('\0', self->r->err[0]);
}

/* An MSR that isn't permitted isn't guessed at, and not compared. */
TEST_F(audit, without_msrs)
{
	struct rules *list = SHARED(struct rules, 1);
	int sock = nl_open();

	EXPECT_FALSE(listed(self->r, "skipped", "cpus-disagree"))
		TH_LOG("%.3000s", self->r->out);
	ASSERT_EQ(0, nl_policy_get(sock, list));
	ASSERT_EQ(0, nl_policy_set(sock, NULL, 0, false));
	run(self->r, ROOT, true);
	EXPECT_EQ(0, nl_policy_set(sock, list->rule, list->n, false));
	EXPECT_TRUE(listed(self->r, "skipped", "cpus-disagree"));
	EXPECT_NE(NULL, strstr(self->r->out, "mmuinspect msr --all says which may not be read"));
	EXPECT_FALSE(listed(self->r, "checked", "debug-interface"));
	EXPECT_FALSE(listed(self->r, "checked", "feature-control"));
}

TEST_HARNESS_MAIN
