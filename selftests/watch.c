// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches: whom they count for, from when to when, and how many there can be.
 * What perf counts for the same processes must be the same number.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"
#include "count.h"
#include "nl.h"
#include "perf.h"
#include "who.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define FAULTS		MMUINSPECT_SOURCE_FAULTS
#define PER_SOCKET	64
#define IN_ALL		128
#define MEMBERS		4096

FIXTURE(watch)
{
	int sock;
	struct watch *w;
};

FIXTURE_SETUP(watch)
{
	self->sock = nl_open();
	self->w = SHARED(struct watch, 1);
}

FIXTURE_TEARDOWN(watch)
{
	close(self->sock);
}

static __u64 faults(const struct watch *w)
{
	return counted(&w->counts, MMUINSPECT_A_COUNTS_FAULT, ANY, ANY);
}

/* Both of the exceptions' trace events */
struct exceptions {
	int user;
	int kernel;
};

static struct exceptions exceptions(pid_t pid, unsigned int flags)
{
	return (struct exceptions) {
		perf_tracepoint("exceptions/page_fault_user", pid, ANY_CPU, flags),
		perf_tracepoint("exceptions/page_fault_kernel", pid, ANY_CPU,
				flags),
	};
}

static __u64 exceptions_count(const struct exceptions *e)
{
	return perf_count(e->user) + perf_count(e->kernel);
}

static void exceptions_close(const struct exceptions *e)
{
	close(e->user);
	close(e->kernel);
}

static void touch(unsigned int pages)
{
	size_t len = pages * PAGE_SIZE, i;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap: %m");
	for (i = 0; i < len; i += PAGE_SIZE)
		*(volatile char *)(p + i) = 1;
	munmap(p, len);
}

/* Whom */

static void no_place(struct place *place)
{
}

static void beget(struct place *place)
{
	unsigned int i, pages = 1;

	for (i = 0; i < place->n; i++) {
		pid_t pid = fork();

		if (!pid) {
			touch(pages);
			/* Children's children */
			if (i % 2 && !fork())
				touch(pages);
			while (wait(NULL) > 0)
				;
			_exit(0);
		}
		pages = pages * 3 % 17;
	}
	while (wait(NULL) > 0)
		;
}

TEST_F(watch, children_and_theirs)
{
	const struct work work = { no_place, beget };
	struct exceptions e;
	struct worker worker;
	int id;

	worker_start(&worker, 1, 20, &work);
	e = exceptions(worker.pid, PERF_INHERIT);
	id = watch_add(self->sock, worker.pid, FAULTS, 0);
	ASSERT_LT(0, id) TH_LOG("%s", nl_why());
	worker_run(&worker);
	ASSERT_EQ(0, watch_get(self->sock, id, self->w));
	EXPECT_EQ(exceptions_count(&e), faults(self->w));
	EXPECT_LT(100, faults(self->w));
	worker_end(&worker);
	ASSERT_EQ(0, watch_get(self->sock, id, self->w));
	EXPECT_EQ(0, self->w->unwatched);
}

TEST_F(watch, alone)
{
	const struct work work = { no_place, beget };
	struct exceptions e;
	struct worker worker;
	int id;

	worker_start(&worker, 1, 20, &work);
	e = exceptions(worker.pid, 0);
	id = watch_add(self->sock, worker.pid, FAULTS, WATCH_ALONE);
	ASSERT_LT(0, id);
	worker_run(&worker);
	ASSERT_EQ(0, watch_get(self->sock, id, self->w));
	EXPECT_EQ(exceptions_count(&e), faults(self->w));
	EXPECT_EQ(1, self->w->processes);
	worker_end(&worker);
}

static void *touch_some(void *arg)
{
	touch(50);
	return NULL;
}

static void use_threads(struct place *place)
{
	pthread_t thread;
	unsigned int i;

	for (i = 0; i < place->n; i++)
		if (!pthread_create(&thread, NULL, touch_some, NULL))
			pthread_join(thread, NULL);
}

/* perf inherits to threads as well. */
TEST_F(watch, threads)
{
	const struct work work = { no_place, use_threads };
	struct exceptions e;
	struct worker worker;
	int id;

	worker_start(&worker, 1, 10, &work);
	e = exceptions(worker.pid, PERF_INHERIT);
	id = watch_add(self->sock, worker.pid, FAULTS, WATCH_ALONE);
	ASSERT_LT(0, id);
	worker_run(&worker);
	ASSERT_EQ(0, watch_get(self->sock, id, self->w));
	EXPECT_EQ(exceptions_count(&e), faults(self->w));
	EXPECT_LE(500, faults(self->w));
	EXPECT_EQ(1, self->w->processes);
	worker_end(&worker);
}

/* By 0, and by its number, which it's told by then */
TEST_F(watch, oneself)
{
	int id = watch_add(self->sock, 0, FAULTS, 0);
	int by_number = watch_add(self->sock, getpid(), FAULTS, 0);
	struct watch *w = SHARED(struct watch, 1);

	ASSERT_LT(0, id);
	ASSERT_LT(0, by_number);
	EXPECT_NE(id, by_number);
	touch(100);
	ASSERT_EQ(0, watch_get(self->sock, id, self->w));
	ASSERT_EQ(0, watch_get(self->sock, by_number, w));
	EXPECT_LE(100, faults(self->w));
	EXPECT_LE(100, faults(w));
	EXPECT_EQ(1, self->w->processes);
	EXPECT_EQ(0, self->w->pid);
	EXPECT_EQ(getpid(), w->pid);
	EXPECT_EQ(FAULTS, self->w->sources);
}

/* From when to when */

/* @status: how it ends, as wait(2) has it */
static const struct {
	const char *text;
	int status;
} programs[] = {
	{ "exit 3", 3 << 8 },
	{ ":; :; :" },
	{ "cat /proc/self/maps >/dev/null" },
	{ "for i in 1 2 3 4 5; do (cat /proc/self/status | wc -l); done" },
	{ "kill -SEGV $$", SIGSEGV },
	{ "sh -c 'exec sh -c \"exec sh -c true\"'; sleep 0.1 & exit" },
};

static void become_program(void *text)
{
	touch(10);
	dup2(open("/dev/null", O_WRONLY), 1);
	execl("/bin/sh", "sh", "-c", text, NULL);
}

/* What remains when its children outlive it */
static int wait_until_empty(int sock, __u32 id, struct watch *w)
{
	int tries, ret = 0;

	for (tries = 0; tries < 1000 && !ret; tries++) {
		ret = watch_get(sock, id, w);
		if (!w->processes)
			return ret;
		usleep(10000);
	}
	return ret ? ret : -ETIME;
}

TEST_F(watch, a_program_from_exec_to_exit)
{
	struct exceptions e;
	struct child c;
	size_t i;
	int id, n;

	for (n = 0; n < 5; n++)
		for (i = 0; i < ARRAY_SIZE(programs); i++) {
			child_start(&c, become_program, (void *)programs[i].text);
			e = exceptions(c.pid, PERF_INHERIT | PERF_ON_EXEC);
			id = watch_add(self->sock, c.pid, FAULTS, WATCH_ON_EXEC);
			ASSERT_LT(0, id);
			child_go(&c);
			EXPECT_EQ(programs[i].status, child_wait(&c));
			ASSERT_EQ(0, wait_until_empty(self->sock, id, self->w));
			EXPECT_EQ(exceptions_count(&e), faults(self->w))
				TH_LOG("%s", programs[i].text);
			EXPECT_LT(10, faults(self->w));
			ASSERT_EQ(0, watch_del(self->sock, id));
			exceptions_close(&e);
		}
}

#define KPROBES	"/sys/kernel/tracing/kprobe_events"

/*
 * Calls of the functions that are counted. perf's own probes are no use here: the
 * kernel fails to inherit them.
 */
struct calls {
	int faults;
	int flushes;
	int all_flushes[CPUS_MAX];
};

static struct calls calls(pid_t pid)
{
	const unsigned int flags = PERF_INHERIT | PERF_ON_EXEC;
	struct calls c = {
		perf_tracepoint("mmui/faults", pid, ANY_CPU, flags),
		perf_tracepoint("mmui/flushes", pid, ANY_CPU, flags),
	};
	unsigned int cpu;

	for (cpu = 0; cpu < cpu_count(); cpu++)
		c.all_flushes[cpu] = perf_tracepoint("mmui/flushes",
						     ANY_PROCESS, cpu, 0);
	return c;
}

static __u64 all_flushes(const struct calls *c)
{
	__u64 sum = 0;
	unsigned int cpu;

	for (cpu = 0; cpu < cpu_count(); cpu++)
		sum += perf_count(c->all_flushes[cpu]);
	return sum;
}

static void calls_close(const struct calls *c)
{
	unsigned int cpu;

	close(c->faults);
	close(c->flushes);
	for (cpu = 0; cpu < cpu_count(); cpu++)
		close(c->all_flushes[cpu]);
}

/*
 * The flushes of an address space that ends with its process are among perf's
 * counts of the machine only.
 */
TEST_F(watch, all_of_a_program)
{
	struct exceptions e;
	struct counts *got = &self->w->counts;
	struct calls c;
	struct child child;
	__u64 requests;
	size_t i;
	int id;

	ASSERT_EQ(0, write_file(KPROBES, "p:mmui/faults handle_mm_fault"));
	ASSERT_EQ(0, write_file(KPROBES, "p:mmui/flushes flush_tlb_mm_range"));
	for (i = 0; i < ARRAY_SIZE(programs); i++) {
		child_start(&child, become_program, (void *)programs[i].text);
		c = calls(child.pid);
		e = exceptions(child.pid, PERF_INHERIT | PERF_ON_EXEC);
		id = watch_add(self->sock, child.pid, FAULTS |
			       MMUINSPECT_SOURCE_STATES |
			       MMUINSPECT_SOURCE_OUTCOMES |
			       MMUINSPECT_SOURCE_REQUESTS, WATCH_ON_EXEC);
		ASSERT_LT(0, id) TH_LOG("%s", nl_why());
		child_go(&child);
		EXPECT_EQ(programs[i].status, child_wait(&child));
		ASSERT_EQ(0, wait_until_empty(self->sock, id, self->w));
		EXPECT_EQ(exceptions_count(&e), faults(self->w))
			TH_LOG("%s", programs[i].text);
		EXPECT_EQ(exceptions_count(&e),
			  counted(got, MMUINSPECT_A_COUNTS_STATE, ANY, ANY))
			TH_LOG("%s", programs[i].text);
		EXPECT_EQ(perf_count(c.faults),
			  counted(got, MMUINSPECT_A_COUNTS_OUTCOME, ANY, ANY) -
			  counted(got, MMUINSPECT_A_COUNTS_OUTCOME,
				  MMUINSPECT_OUTCOME_FIXUP, ANY))
			TH_LOG("%s", programs[i].text);
		requests = counted(got, MMUINSPECT_A_COUNTS_REQUEST,
				   MMUINSPECT_REQUEST_MM, ANY);
		EXPECT_LE(perf_count(c.flushes), requests)
			TH_LOG("%s", programs[i].text);
		EXPECT_GE(all_flushes(&c), requests)
			TH_LOG("%s", programs[i].text);
		ASSERT_EQ(0, watch_del(self->sock, id));
		exceptions_close(&e);
		calls_close(&c);
	}
	EXPECT_EQ(0, write_file(KPROBES, "-:mmui/faults"));
	EXPECT_EQ(0, write_file(KPROBES, "-:mmui/flushes"));
}

/* A name that it gives itself is no new program. */
static void rename_and_touch(void *unused)
{
	prctl(PR_SET_NAME, "another");
	write_file("/proc/self/comm", "one more");
	touch(50);
}

TEST_F(watch, a_name_is_no_program)
{
	struct child c;
	int id;

	child_start(&c, rename_and_touch, NULL);
	id = watch_add(self->sock, c.pid, FAULTS, WATCH_ON_EXEC);
	ASSERT_LT(0, id);
	child_go(&c);
	child_wait(&c);
	ASSERT_EQ(0, wait_until_empty(self->sock, id, self->w));
	EXPECT_EQ(0, faults(self->w));
}

static void *outlive(void *arg)
{
	while (*(volatile int *)arg == 0)
		usleep(1000);
	touch(100);
	_exit(0);
}

static void leave_a_thread(void *may_end)
{
	pthread_t thread;

	pthread_create(&thread, NULL, outlive, may_end);
	syscall(SYS_exit, 0);
}

/* Wait until the first thread is a zombie: its state in /proc/PID/stat */
static void wait_for_leader(pid_t pid)
{
	char path[64], state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	while (state != 'Z') {
		f = fopen(path, "re");
		if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			die("%s: %m", path);
		fclose(f);
		usleep(1000);
	}
}

/* The first thread ends, and the process goes on. */
TEST_F(watch, leader_gone)
{
	int *may_end = SHARED(int, 1);
	struct exceptions e;
	struct child c;
	int id;

	child_start(&c, leave_a_thread, may_end);
	e = exceptions(c.pid, PERF_INHERIT);
	id = watch_add(self->sock, c.pid, FAULTS, 0);
	ASSERT_LT(0, id);
	child_go(&c);
	wait_for_leader(c.pid);
	ASSERT_EQ(0, watch_get(self->sock, id, self->w));
	EXPECT_EQ(1, self->w->processes);
	*may_end = 1;
	child_wait(&c);
	ASSERT_EQ(0, wait_until_empty(self->sock, id, self->w));
	EXPECT_EQ(exceptions_count(&e), faults(self->w));
	EXPECT_LE(100, faults(self->w));
}

/* Without its first thread, it can have a new program still. */
struct headless {
	pid_t tid;
	int may_exec;
};

static void *exec_later(void *arg)
{
	struct headless *h = arg;

	__atomic_store_n(&h->tid, gettid(), __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&h->may_exec, __ATOMIC_SEQ_CST))
		usleep(1000);
	become_program(":; :; :");
	return NULL;
}

static void leave_a_thread_to_exec(void *h)
{
	pthread_t thread;

	pthread_create(&thread, NULL, exec_later, h);
	syscall(SYS_exit, 0);
}

TEST_F(watch, leader_gone_then_exec)
{
	struct headless *h = SHARED(struct headless, 1);
	struct exceptions e;
	struct child c;
	int id;

	child_start(&c, leave_a_thread_to_exec, h);
	child_go(&c);
	while (!__atomic_load_n(&h->tid, __ATOMIC_SEQ_CST))
		usleep(1000);
	wait_for_leader(c.pid);
	e = exceptions(h->tid, PERF_INHERIT | PERF_ON_EXEC);
	id = watch_add(self->sock, c.pid, FAULTS, WATCH_ON_EXEC);
	ASSERT_LT(0, id) TH_LOG("%s", nl_why());
	__atomic_store_n(&h->may_exec, 1, __ATOMIC_SEQ_CST);
	EXPECT_EQ(0, child_wait(&c));
	ASSERT_EQ(0, wait_until_empty(self->sock, id, self->w));
	EXPECT_EQ(exceptions_count(&e), faults(self->w));
	EXPECT_LT(10, faults(self->w));
	exceptions_close(&e);
}

/* When it's gone its counts stay, until the watch is ended. */
TEST_F(watch, process_gone)
{
	pid_t pid = hold(NULL, NULL);
	int id = watch_add(self->sock, pid, FAULTS, 0);

	ASSERT_LT(0, id);
	release(pid);
	ASSERT_EQ(0, wait_until_empty(self->sock, id, self->w));
	EXPECT_EQ(pid, self->w->pid);
	EXPECT_EQ(0, watch_del(self->sock, id));
	EXPECT_EQ(-ENOENT, watch_get(self->sock, id, self->w));
	EXPECT_EQ(-ENOENT, watch_del(self->sock, id));
}

/* Each counts for itself: what one begins or ends is nothing to the other. */
static void touch_place(struct place *place)
{
	touch(place->n);
}

TEST_F(watch, two_observers)
{
	const struct work work = { no_place, touch_place };
	struct watch *w = SHARED(struct watch, 2);
	int other = nl_open(), a, b;
	struct exceptions first, second;
	struct worker worker;

	worker_start(&worker, 1, 30, &work);
	first = exceptions(worker.pid, 0);
	a = watch_add(self->sock, worker.pid, FAULTS, 0);
	ASSERT_LT(0, a);
	worker_run(&worker);
	second = exceptions(worker.pid, 0);
	b = watch_add(other, worker.pid, FAULTS | MMUINSPECT_SOURCE_OUTCOMES, 0);
	ASSERT_LT(0, b);
	worker_run(&worker);
	ASSERT_EQ(0, watch_get(self->sock, a, &w[0]));
	ASSERT_EQ(0, watch_get(other, b, &w[1]));
	EXPECT_EQ(exceptions_count(&first), faults(&w[0]));
	EXPECT_EQ(exceptions_count(&second), faults(&w[1]));
	/* Somebody else's can't be seen, nor ended. */
	EXPECT_EQ(-ENOENT, watch_get(other, a, &w[1]));
	EXPECT_EQ(-ENOENT, watch_del(other, a));
	EXPECT_EQ(1, watch_number(self->sock));
	EXPECT_EQ(1, watch_number(other));
	close(other);
	worker_run(&worker);
	ASSERT_EQ(0, watch_get(self->sock, a, &w[0]));
	EXPECT_EQ(exceptions_count(&first), faults(&w[0]));
	/* Told is what was asked for. */
	EXPECT_EQ(0, counted(&w[0].counts, MMUINSPECT_A_COUNTS_OUTCOME, ANY, ANY));
	worker_end(&worker);
}

/* How many */

TEST_F(watch, caps)
{
	int other = nl_open(), third = nl_open();
	int i, id[PER_SOCKET];

	for (i = 0; i < PER_SOCKET; i++) {
		id[i] = watch_add(self->sock, 0, FAULTS, 0);
		ASSERT_LT(0, id[i]);
	}
	EXPECT_EQ(-EMFILE, watch_add(self->sock, 0, FAULTS, 0));
	EXPECT_NE(NULL, strstr(nl_why(), "64")) TH_LOG("%s", nl_why());
	EXPECT_EQ(PER_SOCKET, watch_number(self->sock));
	for (i = PER_SOCKET; i < IN_ALL; i++)
		ASSERT_LT(0, watch_add(other, 0, FAULTS, 0));
	EXPECT_EQ(-ENFILE, watch_add(third, 0, FAULTS, 0));
	EXPECT_NE(NULL, strstr(nl_why(), "128")) TH_LOG("%s", nl_why());
	/* The counting goes on, and an end makes room. */
	touch(10);
	ASSERT_EQ(0, watch_get(self->sock, id[PER_SOCKET - 1], self->w));
	EXPECT_LE(10, faults(self->w));
	EXPECT_EQ(0, watch_del(self->sock, id[7]));
	ASSERT_LT(0, watch_add(third, 0, FAULTS, 0));
	EXPECT_EQ(-ENFILE, watch_add(self->sock, 0, FAULTS, 0));
	close(other);
	EXPECT_LT(0, watch_add(self->sock, 0, FAULTS, 0));
	EXPECT_EQ(-EMFILE, watch_add(self->sock, 0, FAULTS, 0));
	close(third);
}

/* Whoever can't be told of a watch doesn't get one. */
TEST_F(watch, no_room_for_the_answer)
{
	struct nl_message *m = nl_new(nl_family(self->sock),
				      MMUINSPECT_CMD_WATCH_ADD, 0);
	struct nl_message *info = nl_new(nl_family(self->sock),
					 MMUINSPECT_CMD_INFO_GET, 0);
	int i, room = 2304;

	nl_put_u32(m, MMUINSPECT_A_WATCH_PID, 0);
	nl_put_u32(m, MMUINSPECT_A_WATCH_SOURCES, FAULTS);
	ASSERT_EQ(0, setsockopt(self->sock, SOL_SOCKET, SO_RCVBUF, &room,
				sizeof(room)));
	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, nl_send(self->sock, info->data,
				     info->data->nlmsg_len));
	ASSERT_EQ(0, nl_send(self->sock, m->data, m->data->nlmsg_len));
	while (nl_receive(self->sock, NULL, NULL) != -ETIMEDOUT)
		;
	EXPECT_EQ(0, watch_number(self->sock));
	nl_free(info);
	nl_free(m);
}

#define ROOTS	PER_SOCKET
#define EACH	16

/* Each forks and waits, with as many faults as nobody knows beforehand. */
static void breed(void *seed)
{
	unsigned int i, state = (long)seed;

	for (i = 0; i < EACH; i++) {
		if (!fork()) {
			touch(1 + rand_r(&state) % 20);
			_exit(0);
		}
		if (rand_r(&state) % 2)
			wait(NULL);
	}
	while (wait(NULL) > 0)
		;
}

TEST_F(watch, many)
{
	struct exceptions e[ROOTS];
	struct child c[ROOTS];
	int id[ROOTS];
	long i;

	for (i = 0; i < ROOTS; i++) {
		child_start(&c[i], breed, (void *)i);
		e[i] = exceptions(c[i].pid, PERF_INHERIT);
		id[i] = watch_add(self->sock, c[i].pid, FAULTS, 0);
		ASSERT_LT(0, id[i]);
	}
	for (i = 0; i < ROOTS; i++)
		child_go(&c[i]);
	for (i = 0; i < ROOTS; i++)
		child_wait(&c[i]);
	for (i = 0; i < ROOTS; i++) {
		ASSERT_EQ(0, wait_until_empty(self->sock, id[i], self->w));
		EXPECT_EQ(exceptions_count(&e[i]), faults(self->w))
			TH_LOG("watch %ld", i);
		EXPECT_LT(EACH, faults(self->w));
		EXPECT_EQ(0, self->w->unwatched);
	}
}

/*
 * A process that does nothing, for as little memory as possible: it has the
 * parent's, and no stack.
 */
static pid_t nap(void)
{
	long pid;

	asm volatile("syscall\n"
		     "test %%rax, %%rax\n"
		     "jnz 2f\n"
		     "1: mov %[pause], %%eax\n"
		     "syscall\n"
		     "jmp 1b\n"
		     "2:"
		     : "=a" (pid)
		     : "a" (SYS_clone), "S" (0), "d" (0),
		       "D" (CLONE_VM | CLONE_FILES | CLONE_FS | SIGCHLD),
		       [pause] "i" (SYS_pause)
		     : "rcx", "r11", "memory");
	return pid;
}

TEST_F(watch, more_than_there_is_room_for)
{
	unsigned int n = MEMBERS + 100, i;
	pid_t *naps = calloc(n, sizeof(*naps));
	int id = watch_add(self->sock, 0, FAULTS, 0);
	pid_t stranger;

	ASSERT_LT(0, id);
	for (i = 0; i < n; i++) {
		naps[i] = nap();
		ASSERT_LT(0, naps[i]);
	}
	ASSERT_EQ(0, watch_get(self->sock, id, self->w));
	EXPECT_EQ(MEMBERS, self->w->processes);
	EXPECT_EQ(n + 1 - MEMBERS, self->w->unwatched);
	/* No room for anybody else's either, which is said. */
	stranger = hold(NULL, NULL);
	EXPECT_EQ(-ENFILE, watch_add(self->sock, stranger, FAULTS, 0));
	EXPECT_NE(NULL, strstr(nl_why(), "4096")) TH_LOG("%s", nl_why());
	release(stranger);
	for (i = 0; i < n; i++)
		kill(naps[i], SIGKILL);
	for (i = 0; i < n; i++)
		ASSERT_EQ(naps[i], waitpid(naps[i], NULL, 0));
	for (i = 0; i < 1000 && self->w->processes > 1; i++) {
		usleep(10000);
		ASSERT_EQ(0, watch_get(self->sock, id, self->w));
	}
	EXPECT_EQ(1, self->w->processes);
	free(naps);
}

/* Who may not be watched, and what can't be */

static volatile pid_t thread_id;

static void *be_a_thread(void *unused)
{
	thread_id = syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

static pid_t a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, be_a_thread, NULL);
	while (!thread_id)
		usleep(1000);
	return thread_id;
}

TEST_F(watch, refused)
{
	pid_t gone = fork();

	if (!gone)
		_exit(0);
	ASSERT_EQ(gone, waitpid(gone, NULL, 0));
	EXPECT_EQ(-ESRCH, watch_add(self->sock, gone, FAULTS, 0));
	EXPECT_NE(NULL, strstr(nl_why(), "no such process"));
	EXPECT_EQ(-ESRCH, watch_add(self->sock, -1, FAULTS, 0));
	EXPECT_EQ(-EINVAL, watch_add(self->sock, a_thread(), FAULTS, 0));
	EXPECT_NE(NULL, strstr(nl_why(), "thread"));
	/* kthreadd */
	EXPECT_EQ(-ENXIO, watch_add(self->sock, 2, FAULTS, 0));
	EXPECT_NE(NULL, strstr(nl_why(), "kernel thread"));
	EXPECT_EQ(-EINVAL, watch_add(self->sock, 0, 1U << 31, 0));
	EXPECT_STRNE("", nl_why());
	/* The machine's alone */
	EXPECT_EQ(-EINVAL, watch_add(self->sock, 0, MMUINSPECT_SOURCE_FLUSHES, 0));
	EXPECT_STRNE("", nl_why());
	EXPECT_EQ(-EINVAL, watch_add(self->sock, 0, MMUINSPECT_SOURCE_EVENTS, 0));
	EXPECT_EQ(0, watch_number(self->sock));
}

/* Somebody else's process */

struct somebody {
	pid_t nobodys;
	pid_t roots;
	int ret[2];
};

static int watch_both(int sock, void *arg)
{
	struct somebody *s = arg;

	s->ret[0] = watch_add(sock, s->nobodys, FAULTS, 0);
	s->ret[1] = watch_add(sock, s->roots, FAULTS, 0);
	return 0;
}

static void be_nobody(void *unused)
{
	become(NOBODY_AT_ALL);
}

TEST_F(watch, somebody_elses)
{
	struct somebody *s = SHARED(struct somebody, 1);
	struct pass p = {
		.opener = ONLY_SYS_ADMIN,
		.caller = ONLY_SYS_ADMIN,
		.open = nl_open,
		.use = watch_both,
		.arg = s,
	};

	s->nobodys = hold(be_nobody, NULL);
	s->roots = hold(NULL, NULL);
	EXPECT_EQ(0, pass(&p));
	EXPECT_EQ(-EPERM, s->ret[0]);
	EXPECT_LT(0, s->ret[1]);
	p.opener = ROOT;
	EXPECT_EQ(0, pass(&p));
	EXPECT_EQ(-EPERM, s->ret[0]);
	p.caller = ROOT;
	EXPECT_EQ(0, pass(&p));
	EXPECT_LT(0, s->ret[0]);
	release(s->nobodys);
	release(s->roots);
}

TEST_HARNESS_MAIN
