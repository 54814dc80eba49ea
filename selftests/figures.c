// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands stat, top and monitor: what they print is what perf counts at the
 * same time, and they end when and as they should.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"
#include "count.h"
#include "nl.h"
#include "perf.h"
#include "report.h"
#include "trap.h"
#include "worker.h"

#include <libgen.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define IDLE	90	/* processes: more than one may watch */
#define PER_SOCKET 64	/* watches: Documentation/counting.rst */
#define PAGES	200

static char faulter[4096];	/* where that program is */

__attribute__((constructor)) static void find_faulter(void)
{
	char self[4096] = "";

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0)
		snprintf(faulter, sizeof(faulter), "%s/faulter", dirname(self));
}

FIXTURE(cli)
{
	struct report *r;
};

FIXTURE_SETUP(cli)
{
	if (access(COMMAND, X_OK))
		SKIP(return, "no " COMMAND);
	self->r = SHARED(struct report, 1);
	/* Where a program lies decides what of it is on one page. */
	personality(ADDR_NO_RANDOMIZE);
}

FIXTURE_TEARDOWN(cli)
{
}

/* Have a shell run it. */
static void __attribute__((format(printf, 2, 3)))
run(struct report *r, const char *fmt, ...)
{
	char text[8192], *argv[] = { "/bin/sh", "-c", text, NULL };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report_run(r, ROOT, argv);
}

/* What follows "key": from @at on; "" if it isn't there */
static const char *value(const char *at, const char *key)
{
	char word[64];

	snprintf(word, sizeof(word), "\"%s\": ", key);
	at = strstr(at, word);
	return at ? at + strlen(word) : "";
}

static double number(const char *at, const char *key)
{
	return strtod(value(at, key), NULL);
}

/* The sum of the numbers of an object that has nothing else */
static __u64 sum_of(const char *at, const char *key)
{
	__u64 sum = 0;

	for (at = value(at, key); *at && *at != '}'; at++)
		if (*at == ':')
			sum += strtoull(at + 1, NULL, 10);
	return sum;
}

/* perf's count of page faults: a process's, a program's by its name, or all */

struct exceptions {
	int fd[2 * CPUS_MAX];
	unsigned int n;
};

static const char *const tracepoints[] = {
	"exceptions/page_fault_user", "exceptions/page_fault_kernel",
};

static void exceptions_of_name(struct exceptions *e, const char *name)
{
	char filter[64];
	unsigned int cpu, i;

	snprintf(filter, sizeof(filter), "comm == \"%s\"", name);
	e->n = 0;
	for (cpu = 0; cpu < cpu_count(); cpu++)
		for (i = 0; i < ARRAY_SIZE(tracepoints); i++) {
			e->fd[e->n] = perf_tracepoint(tracepoints[i], ANY_PROCESS, cpu, 0);
			perf_filter(e->fd[e->n++], filter);
		}
}

static void exceptions_of_machine(struct exceptions *e)
{
	unsigned int cpu, i;

	e->n = 0;
	for (cpu = 0; cpu < cpu_count(); cpu++)
		for (i = 0; i < ARRAY_SIZE(tracepoints); i++)
			e->fd[e->n++] = perf_tracepoint(tracepoints[i], ANY_PROCESS, cpu, 0);
}

static void exceptions_of_process(struct exceptions *e, pid_t pid)
{
	for (e->n = 0; e->n < ARRAY_SIZE(tracepoints); e->n++)
		e->fd[e->n] = perf_tracepoint(tracepoints[e->n], pid, ANY_CPU, 0);
}

static __u64 exceptions_end(struct exceptions *e)
{
	__u64 sum = 0;

	while (e->n) {
		sum += perf_count(e->fd[--e->n]);
		close(e->fd[e->n]);
	}
	return sum;
}

/* stat */

/* Fresh pages that a program writes to, for the first time */
static __u64 fresh(const struct report *r)
{
	return number(value(r->out, "faults"), "write-not-present-user");
}

/* From the program's beginning on, its children included: each fault, once. */
TEST_F(cli, stat_counts_what_perf_counts)
{
	static const unsigned int rows[][2] = { { 100, 0 }, { 600, 0 }, { 100, 5 } };
	struct exceptions e;
	__u64 first = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		exceptions_of_name(&e, "faulter");
		run(self->r, COMMAND " stat -j -- %s %u %u 0", faulter, rows[i][0],
		    rows[i][1]);
		ASSERT_EQ(0, self->r->status) TH_LOG("%s", self->r->err);
		EXPECT_EQ(exceptions_end(&e), sum_of(self->r->out, "faults"))
			TH_LOG("%s", self->r->out);
		EXPECT_EQ(0, number(self->r->out, "lost"));
		/* What it had without those of its start */
		if (!i)
			first = fresh(self->r) - rows[0][0];
		else if (!rows[i][1])
			EXPECT_EQ(rows[i][0], fresh(self->r) - first);
		EXPECT_LE(rows[i][0] * (rows[i][1] + 1), number(self->r->out, "minor"));
	}
}

/* The first run's figures aren't in the second's: it's the mean of two alike. */
TEST_F(cli, stat_repeats)
{
	struct exceptions e;

	exceptions_of_name(&e, "faulter");
	run(self->r, COMMAND " stat -j -r 2 -- %s 300 0 0", faulter);
	ASSERT_EQ(0, self->r->status);
	EXPECT_EQ(2, number(self->r->out, "runs"));
	EXPECT_EQ(exceptions_end(&e) / 2.0,
		  number(value(self->r->out, "faults"), "read-not-present-user") +
		  number(value(self->r->out, "faults"), "read-not-present-kernel") +
		  fresh(self->r) +
		  number(value(self->r->out, "faults"), "write-not-present-kernel") +
		  number(value(self->r->out, "faults"), "write-protection-user") +
		  number(value(self->r->out, "faults"), "write-protection-kernel") +
		  number(value(self->r->out, "faults"), "fetch-not-present-user"))
		TH_LOG("%s", self->r->out);
}

/* The command's are among them, and all that there were from before to after it. */
TEST_F(cli, stat_counts_the_machine)
{
	struct exceptions own, all;
	__u64 sum, least;

	exceptions_of_machine(&all);
	exceptions_of_name(&own, "faulter");
	run(self->r, COMMAND " stat -a -j -- %s %d 0 0", faulter, PAGES);
	ASSERT_EQ(0, self->r->status) TH_LOG("%s", self->r->err);
	least = exceptions_end(&own);
	sum = sum_of(self->r->out, "faults");
	EXPECT_LE(PAGES, least);
	EXPECT_LE(least, sum) TH_LOG("%s", self->r->out);
	EXPECT_GE(exceptions_end(&all), sum) TH_LOG("%s", self->r->out);
}

/* What became of them: a fault has one state, and a fresh page one outcome. */
TEST_F(cli, stat_tells_outcomes)
{
	static const unsigned int pages[] = { 100, 600 };
	struct exceptions e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		exceptions_of_name(&e, "faulter");
		run(self->r, COMMAND " stat -O -j -- %s %u 0 0", faulter, pages[i]);
		ASSERT_EQ(0, self->r->status) TH_LOG("%s", self->r->err);
		EXPECT_EQ(exceptions_end(&e), sum_of(self->r->out, "states"))
			TH_LOG("%s", self->r->out);
		EXPECT_LE(pages[i],
			  number(value(self->r->out, "outcomes"), "demand-zero"))
			TH_LOG("%s", self->r->out);
		EXPECT_EQ(0, number(self->r->out, "lost"));
	}
}

/* The command's exit status is ours. */
static const struct {
	const char *command;	/* "" for faulter */
	int end;
	int status;
} ends[] = {
	{ "", 0, 0 },
	{ "", 3, 3 },
	{ "", -SIGTERM, 128 + SIGTERM },
	{ "", -SIGKILL, 128 + SIGKILL },
	{ "", -SIGSEGV, 128 + SIGSEGV },
	{ "/nowhere/at/all", 0, 127 },
	{ "/proc/self/status", 0, 126 },
	{ "/", 0, 126 },
};

TEST_F(cli, stat_ends_as_its_command)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		const char *command = *ends[i].command ? ends[i].command : faulter;
		bool ran = !*ends[i].command;

		run(self->r, COMMAND " stat -j -- %s 10 0 %d", command, ends[i].end);
		EXPECT_EQ(ends[i].status, self->r->status)
			TH_LOG("%s %d: %s", command, ends[i].end, self->r->err);
		/* Nothing is counted of what never began. */
		EXPECT_EQ(ran, !!*self->r->out);
		EXPECT_EQ(ran, !*self->r->err);
		EXPECT_EQ(ran ? ends[i].status : 0,
			  number(self->r->out, "exit_status"));
	}
}

static int ignoring_children(void *end)
{
	signal(SIGCHLD, SIG_IGN);
	execl(COMMAND, COMMAND, "stat", "-o", "/dev/null", "--", faulter, "10", "0",
	      end, NULL);
	return 99;
}

/* Whoever began us doesn't care for children: the kernel buries them at once. */
TEST_F(cli, stat_where_children_are_ignored)
{
	EXPECT_EQ(3, in_child(ignoring_children, "3"));
	EXPECT_EQ(0, in_child(ignoring_children, "0"));
	EXPECT_EQ(128 + SIGKILL, in_child(ignoring_children, "-9"));
}

/* What is sent to us reaches the command, though that wouldn't end us both. */
TEST_F(cli, stat_passes_signals)
{
	run(self->r, "exec " COMMAND
	    " stat -o /dev/null -- sh -c 'trap \"exit 7\" WINCH; kill -WINCH $PPID; while :; do sleep 0.1; done'");
	EXPECT_EQ(7, self->r->status) TH_LOG("%s", self->r->err);
	run(self->r, "exec " COMMAND
	    " stat -o /dev/null -- sh -c 'kill -ALRM $PPID; while :; do sleep 0.1; done'");
	EXPECT_EQ(128 + SIGALRM, self->r->status);
}

/* A reader that has seen enough doesn't take us from the command. */
TEST_F(cli, stat_without_a_reader)
{
	run(self->r, "(" COMMAND
	    " stat -j -I 50 -- sh -c 'sleep 0.5; exit 3'; echo $? >&2) | head -n 1");
	EXPECT_STREQ("3\n", self->r->err);
	EXPECT_EQ('{', *self->r->out);
}

static void touch(unsigned int pages)
{
	size_t len = pages * PAGE_SIZE, i;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(p, len, MADV_NOHUGEPAGE);
	for (i = 0; i < len; i += PAGE_SIZE)
		*(volatile char *)(p + i) = 1;
	munmap(p, len);
}

/* How long this takes on this machine, in seconds */
static double time_of(struct report *r, const char *command)
{
	double begin = now();

	run(r, "%s", command);
	return now() - begin;
}

/* What --ready-fd of a command writes to, and where that is read */
static int ready[2];

/* Like child_go(): a read, which has no fault of its own by then */
static void wait_until_ready(void)
{
	char word[8];

	if (read(ready[0], word, sizeof(word)) < 1)
		die("nothing through --ready-fd: %m");
}

static void touch_when_ready(void *none)
{
	wait_until_ready();
	touch(PAGES);
}

/* A process that was there before: from now on, to its end */
TEST_F(cli, stat_counts_a_process)
{
	struct exceptions e;
	struct child c;
	__u64 sum;

	ASSERT_EQ(0, pipe(ready));
	child_start(&c, touch_when_ready, NULL);
	exceptions_of_process(&e, c.pid);
	child_go(&c);
	run(self->r, COMMAND " stat -j --ready-fd %d -p %d", ready[1], c.pid);
	child_wait(&c);
	ASSERT_EQ(0, self->r->status) TH_LOG("%s", self->r->err);
	sum = sum_of(self->r->out, "faults");
	EXPECT_EQ(exceptions_end(&e), sum) TH_LOG("%s", self->r->out);
	EXPECT_LE(PAGES, sum);
	EXPECT_LE(PAGES, number(value(self->r->out, "kernel"), "minor"));
}

/* top */

/* A child of that name, until the test ends */
static pid_t begin(const char *name, void (*fn)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %m");
	if (!pid) {
		die_with_parent();
		prctl(PR_SET_NAME, name);
		fn();
		_exit(0);
	}
	return pid;
}

static void idle(void)
{
	for (;;)
		pause();
}

static void begin_idle(pid_t *pid)
{
	int i;

	for (i = 0; i < IDLE; i++)
		pid[i] = begin("idle", idle);
}

static void end_idle(const pid_t *pid)
{
	int i;

	for (i = 0; i < IDLE; i++)
		release(pid[i]);
}

/* Flushes, and doesn't fault: 20 changes of rights each 10 ms */
static void flush_on(void)
{
	char *at = mmap(NULL, 8 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	struct timespec next;
	int i;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (;;) {
		for (i = 0; i < 10; i++) {
			mprotect(at, 8 * PAGE_SIZE, PROT_READ);
			mprotect(at, 8 * PAGE_SIZE, PROT_READ | PROT_WRITE);
		}
		next.tv_nsec += 10000000;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

static const char *last_line(const char *text)
{
	const char *end = text + strlen(text);

	if (end > text)
		end--;
	while (end > text && end[-1] != '\n')
		end--;
	return end;
}

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

#define LOOKS	8

/*
 * Among the idle it has no faults to be found by. A machine that stands still for
 * a while spoils a look or two: it's the middle one that counts.
 */
TEST_F(cli, top_finds_a_flusher)
{
	double from, rate, told[LOOKS];
	const char *line, *row;
	pid_t pid, others[IDLE];
	int fd, n = 0;

	begin_idle(others);
	pid = begin("flusher", flush_on);
	fd = perf_function("flush_tlb_mm_range", pid, ANY_CPU);
	from = now();
	run(self->r, COMMAND " top -j -s flushes -I 1000 -n %d", LOOKS);
	rate = perf_count(fd) / (now() - from);
	end_idle(others);
	release(pid);
	close(fd);
	ASSERT_EQ(0, self->r->status) TH_LOG("%s", self->r->err);
	for (line = self->r->out; *line && n < LOOKS; line += strcspn(line, "\n") + 1) {
		row = value(line, "processes");
		if (number(row, "pid") == pid)
			told[n++] = number(row, "flushes");
	}
	ASSERT_LE(LOOKS / 2, n) TH_LOG("%s", self->r->out);
	qsort(told, n, sizeof(*told), ascending);
	EXPECT_LT(100, rate);
	EXPECT_LT(rate * 0.7, told[n / 2]);
	EXPECT_GT(rate * 1.3, told[n / 2]) TH_LOG("perf %f", rate);
}

/*
 * Children that live for less than an interval, some of them at any time; but
 * longer than a look at all processes takes, which may be seconds (KASAN).
 */
static double life;

static void beget(void)
{
	for (;;) {
		if (!fork()) {
			die_with_parent();
			prctl(PR_SET_NAME, "brief");
			touch(PAGES);
			usleep(life * 1e6);
			_exit(0);
		}
		usleep(life * 1e5);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

/* All that they have done, they have done since the last look. */
TEST_F(cli, top_counts_the_short_lived)
{
	const char *line, *row, *end;
	int n, most = 0;
	double faults;
	pid_t pid;

	life = 1 + time_of(self->r, COMMAND " top -b -I 1 -n 1 >/dev/null");
	pid = begin("parent", beget);
	run(self->r, COMMAND " top -j -f brief -I %.0f -n 3", 1000 * life + 500);
	release(pid);
	ASSERT_EQ(0, self->r->status) TH_LOG("%s", self->r->err);
	/* A machine that stands still for a while has none at a look. */
	for (line = self->r->out; *line; line = end + 1) {
		end = line + strcspn(line, "\n");
		n = 0;
		for (row = line; (row = strstr(row, "\"brief\"")) && row < end; row++) {
			faults = number(row, "faults") * number(line, "seconds");
			/* One may just have begun. */
			n += faults >= PAGES;
			EXPECT_GT(2 * PAGES, faults);
		}
		most = n > most ? n : most;
	}
	EXPECT_LT(3, most) TH_LOG("%s", self->r->out);
}

/* Two of them are for two people, who want to count besides. */
TEST_F(cli, top_leaves_watches)
{
	pid_t others[IDLE];

	begin_idle(others);
	ASSERT_EQ(0, pipe(ready));
	run(self->r, "for _ in 1 2; do " COMMAND " top -b -I 500 --ready-fd %d >/dev/null & done; "
	    "read _ <&%d; read _ <&%d; "
	    COMMAND " stat -o /dev/null -- %s 10 0 5; s=$?; kill %%1 %%2; wait; exit $s",
	    ready[1], ready[0], ready[0], faulter);
	end_idle(others);
	EXPECT_EQ(5, self->r->status) TH_LOG("%s", self->r->err);
}

/* Others have all of them. */
TEST_F(cli, top_without_watches)
{
	pid_t others[IDLE];
	int sock[2], i, j;

	/* They must not have the sockets too. */
	begin_idle(others);
	for (i = 0; i < ARRAY_SIZE(sock); i++)
		sock[i] = nl_open();
	for (i = 0; i < ARRAY_SIZE(sock); i++)
		for (j = 0; j < PER_SOCKET; j++)
			ASSERT_LT(0, watch_add(sock[i], others[j],
					       MMUINSPECT_SOURCE_REQUESTS, 0))
				TH_LOG("%s", nl_why());
	run(self->r, COMMAND " top -j -I 200 -n 2");
	EXPECT_EQ(0, strncmp(value(last_line(self->r->out), "no_room"), "true", 4))
		TH_LOG("%.300s", self->r->out);
	run(self->r, COMMAND " top -b -I 200 -n 1");
	EXPECT_NE(NULL, strstr(self->r->out, "\nsome aren't watched"));
	close(sock[0]);
	run(self->r, COMMAND " top -j -I 200 -n 2");
	EXPECT_EQ(0, strncmp(value(last_line(self->r->out), "no_room"), "false", 5))
		TH_LOG("%.300s", self->r->out);
	end_idle(others);
}

/* monitor */

/* A process's faults to its last one, and no longer */
TEST_F(cli, monitor_ends_with_its_process)
{
	struct exceptions e;
	const char *line;
	struct child c;
	__u64 sum = 0;

	ASSERT_EQ(0, pipe(ready));
	child_start(&c, touch_when_ready, NULL);
	exceptions_of_process(&e, c.pid);
	child_go(&c);
	run(self->r, COMMAND " monitor -j -I 200 --ready-fd %d -p %d", ready[1], c.pid);
	child_wait(&c);
	ASSERT_EQ(0, self->r->status) TH_LOG("%s", self->r->err);
	for (line = self->r->out; *line; line += strcspn(line, "\n") + 1) {
		EXPECT_EQ(c.pid, number(line, "pid"));
		sum += sum_of(line, "faults");
	}
	EXPECT_EQ(exceptions_end(&e), sum) TH_LOG("%s", self->r->out);
	EXPECT_LE(PAGES, sum);
}

#define NOWHERE 0x200000000000UL

static void die_when_ready(void *none)
{
	wait_until_ready();
	*(volatile char *)NOWHERE = 1;
}

/* What it has died of comes after its end, or before. */
TEST_F(cli, monitor_tells_of_the_end)
{
	struct child c;

	ASSERT_EQ(0, pipe(ready));
	child_start(&c, die_when_ready, NULL);
	child_go(&c);
	run(self->r, COMMAND " monitor -j -f --ready-fd %d -p %d", ready[1], c.pid);
	child_wait(&c);
	EXPECT_EQ(0, self->r->status) TH_LOG("%s", self->r->err);
	EXPECT_EQ(c.pid, number(self->r->out, "pid"));
	EXPECT_EQ(0, strncmp(value(self->r->out, "address"), "\"0x200000000000\"", 16))
		TH_LOG("%s", self->r->out);
}

#define STORM 300	/* faults */

static int begins[2], ended[2];

/* Faults in a row when it's told to, and lives on. */
static void storm(void)
{
	struct trap trap;
	char word;
	int i;

	traps_catch(&trap);
	if (read(begins[0], &word, 1) != 1)
		return;
	for (i = 0; i < STORM; i++)
		try_write(NOWHERE);
	if (write(ended[1], "\n", 1) == 1)
		idle();
}

/* What was before the signal is told, however far behind the reader is. */
TEST_F(cli, monitor_tells_what_was_before_a_signal)
{
	const char *line;
	int lines = 0;
	pid_t pid;

	ASSERT_EQ(0, pipe(ready));
	ASSERT_EQ(0, pipe(begins));
	ASSERT_EQ(0, pipe(ended));
	pid = begin("storm", storm);
	run(self->r, COMMAND " monitor -j -f --ready-fd %d -p %d & read _ <&%d; kill -STOP $!; "
	    "echo >&%d; read _ <&%d; kill -INT $!; kill -CONT $!; wait $!",
	    ready[1], pid, ready[0], begins[1], ended[0]);
	release(pid);
	EXPECT_EQ(0, self->r->status) TH_LOG("%s", self->r->err);
	for (line = self->r->out; (line = strstr(line, "\"SIGSEGV\"")); line++)
		lines++;
	EXPECT_EQ(STORM, lines) TH_LOG("%.1000s", self->r->out);
}

/* Whoever listens to a module that goes is told. */
TEST_F(cli, monitor_ends_with_the_module)
{
	ASSERT_EQ(0, pipe(ready));
	run(self->r,
	    "(read _ <&%d; until rmmod mmuinspect; do sleep 0.1; done) 2>/dev/null & exec "
	    COMMAND " monitor -f --ready-fd %d", ready[0], ready[1]);
	EXPECT_EQ(1, self->r->status);
	EXPECT_NE(NULL, strstr(self->r->err, "the module was unloaded"))
		TH_LOG("%s", self->r->err);
	EXPECT_EQ(0, module_load());
}

TEST_HARNESS_MAIN
