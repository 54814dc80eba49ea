// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults as events: what each says, against the signal frame of the process that
 * had it; who may have them, and what becomes of those that nobody reads in time.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"
#include "count.h"
#include "cpu.h"
#include "event.h"
#include "nl.h"
#include "trap.h"
#include "who.h"
#include "worker.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

/* Exceptions, by Intel SDM vol. 3A, table 6-1 */
#define DIVIDE		0
#define BREAKPOINT	3
#define OPCODE		6
#define PROTECTION	13
#define PAGE_FAULT	14

#define SIGNAL		MMUINSPECT_FAULT_END_SIGNAL
#define EMULATED	MMUINSPECT_FAULT_END_EMULATED
#define FIXUP		MMUINSPECT_FAULT_END_FIXUP

#define MANY		20000	/* ten times what there is room for */
#define FEW		50

static struct trap *traps;
static volatile unsigned int signals;

static __u64 nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* Where to, and what is done there */

static void use(struct place *place, void *at)
{
	place->at = at;
	place->stride = PAGE_SIZE;
	place->n = 1;
	traps_catch(traps);
}

static void make_nowhere(struct place *place)
{
	use(place, mmap(NULL, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0));
	munmap(place->at, PAGE_SIZE);
}

static void make_null(struct place *place)
{
	use(place, NULL);
}

static void make_page(struct place *place)
{
	static const unsigned char code[] = { 0xc3, 1, 2, 3, 4, 5, 6, 7, 8, 9 };

	use(place, mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	memcpy(place->at, code, sizeof(code));
}

/* The last bytes of a page, with nothing behind them */
static void make_end_of_page(struct place *place)
{
	char *p = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(p + PAGE_SIZE, PAGE_SIZE);
	memcpy(p + PAGE_SIZE - 2, "\x0f\x0b", 2);	/* ud2 */
	mprotect(p, PAGE_SIZE, PROT_READ | PROT_EXEC);
	use(place, p + PAGE_SIZE - 2);
}

/* Linux has a protection key keep everybody, itself too, from reading there. */
static void make_execute_only(struct place *place)
{
	make_page(place);
	memcpy(place->at, "\x0f\x0b", 2);	/* ud2 */
	mprotect(place->at, PAGE_SIZE, PROT_EXEC);
	if (!cpu_flag("ospke"))
		snprintf(place->why, sizeof(place->why), "no protection keys");
}

static void make_read_only(struct place *place)
{
	make_page(place);
	mprotect(place->at, PAGE_SIZE, PROT_READ);
}

static void make_beyond_end(struct place *place)
{
	int fd = memfd_create("empty", MFD_CLOEXEC);

	use(place, mmap(NULL, PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0));
	close(fd);
}

static void make_non_canonical(struct place *place)
{
	use(place, (void *)0xdead000000000000);
}

static void make_for_umip(struct place *place)
{
	make_page(place);
	if (!cpu_flag("umip"))
		snprintf(place->why, sizeof(place->why), "no UMIP");
}

/* Where the kernel has it inline, nobody can tell. */
static bool is_function(const char *name)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512], symbol[256];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*x %*c %255s", symbol) == 1 &&
			!strcmp(symbol, name);
	if (f)
		fclose(f);
	return found;
}

static void make_for_iopl(struct place *place)
{
	make_page(place);
	if (iopl(3))
		snprintf(place->why, sizeof(place->why), "no iopl(): %m");
	else if (!is_function("fixup_iopl_exception"))
		snprintf(place->why, sizeof(place->why), "not to be seen here");
}

/* time() of the page that the kernel only plays (vsyscall=xonly) */
static void make_vsyscall(struct place *place)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[256];

	use(place, (void *)0xffffffffff600400);
	snprintf(place->why, sizeof(place->why), "no vsyscall page");
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "[vsyscall]"))
			*place->why = '\0';
	if (f)
		fclose(f);
	if (!is_function("emulate_vsyscall") && !is_function("emulate_vsyscall_pf"))
		snprintf(place->why, sizeof(place->why), "not to be seen here");
}

static void call_time(struct place *place)
{
	((long (*)(long *))place->at)(NULL);
}

#define DO(name, what)						\
	static void name(struct place *place) { what; }

#define AT ((unsigned long)place->at)

DO(do_read, try_read(AT))
DO(do_write, try_write(AT))
DO(do_call, try_call(AT))
DO(do_hlt, try_hlt(AT))
DO(do_cli, try_cli(AT))
DO(do_rdmsr, try_rdmsr(AT))
DO(do_mov_cr3, try_mov_cr3(AT))
DO(do_lgdt, try_lgdt(AT))
DO(do_in, try_in(AT))
DO(do_ud2, try_ud2(AT))
DO(do_int3, try_int3(AT))
DO(do_divide, try_divide(AT))
DO(do_sgdt, try_sgdt(AT))
DO(have_written, syscall(SYS_getcpu, AT, NULL, NULL))

FIXTURE(event)
{
	int sock;
	int group;
	struct worker worker;
};

/* @ip: where; NULL if that's the place, or the kernel's */
FIXTURE_VARIANT(event)
{
	struct work work;
	void (*ip)(unsigned long unused);
	unsigned int vector;
	unsigned int end;
	bool states;
};

#define EVENT(kind, make, what, exception, how, watched)		\
	FIXTURE_VARIANT_ADD(event, kind) {				\
		{ make, do_##what }, try_##what, exception, how, watched }

EVENT(hlt, make_nowhere, hlt, PROTECTION, SIGNAL, false);
EVENT(cli, make_nowhere, cli, PROTECTION, SIGNAL, false);
EVENT(rdmsr, make_nowhere, rdmsr, PROTECTION, SIGNAL, false);
EVENT(mov_cr3, make_nowhere, mov_cr3, PROTECTION, SIGNAL, true);
EVENT(lgdt, make_page, lgdt, PROTECTION, SIGNAL, false);
EVENT(in, make_nowhere, in, PROTECTION, SIGNAL, false);
EVENT(non_canonical, make_non_canonical, read, PROTECTION, SIGNAL, true);
EVENT(ud2, make_nowhere, ud2, OPCODE, SIGNAL, false);
EVENT(int3, make_nowhere, int3, BREAKPOINT, SIGNAL, false);
EVENT(divide_by_zero, make_nowhere, divide, DIVIDE, SIGNAL, false);
EVENT(null_read, make_null, read, PAGE_FAULT, SIGNAL, false);
EVENT(null_read_watched, make_null, read, PAGE_FAULT, SIGNAL, true);
EVENT(nowhere_written, make_nowhere, write, PAGE_FAULT, SIGNAL, true);
EVENT(read_only_written, make_read_only, write, PAGE_FAULT, SIGNAL, false);
EVENT(read_only_written_watched, make_read_only, write, PAGE_FAULT, SIGNAL,
      true);
EVENT(beyond_end_read, make_beyond_end, read, PAGE_FAULT, SIGNAL, true);
EVENT(sgdt, make_for_umip, sgdt, PROTECTION, EMULATED, false);
EVENT(cli_with_iopl, make_for_iopl, cli, PROTECTION, EMULATED, false);

FIXTURE_VARIANT_ADD(event, data_called) {
	{ make_page, do_call }, NULL, PAGE_FAULT, SIGNAL, true };
FIXTURE_VARIANT_ADD(event, nowhere_called) {
	{ make_nowhere, do_call }, NULL, PAGE_FAULT, SIGNAL, false };
FIXTURE_VARIANT_ADD(event, end_of_page_called) {
	{ make_end_of_page, do_call }, NULL, OPCODE, SIGNAL, false };
FIXTURE_VARIANT_ADD(event, execute_only_called) {
	{ make_execute_only, do_call }, NULL, OPCODE, SIGNAL, false };
FIXTURE_VARIANT_ADD(event, nowhere_written_by_kernel) {
	{ make_nowhere, have_written }, NULL, PAGE_FAULT, FIXUP, true };

FIXTURE_VARIANT_ADD(event, vsyscall) {
	{ make_vsyscall, call_time }, NULL, PAGE_FAULT, EMULATED, false };

FIXTURE_SETUP(event)
{
	traps = SHARED(struct trap, 1);
	self->sock = nl_open();
	self->group = event_listener();
	worker_start(&self->worker, 1, 1, &variant->work);
}

FIXTURE_TEARDOWN(event)
{
	worker_end(&self->worker);
	close(self->group);
	close(self->sock);
}

/* What it has at an address: as much as can be read */
static unsigned int memory_of(pid_t pid, __u64 address, unsigned char *bytes,
			      size_t len)
{
	size_t first = PAGE_SIZE - address % PAGE_SIZE;
	struct iovec here = { bytes, len }, there[2] = {
		{ (void *)address, first < len ? first : len },
		{ (void *)(address + first), first < len ? len - first : 0 },
	};
	ssize_t n = process_vm_readv(pid, &here, 1, there, 2, 0);

	return n < 0 ? 0 : n;
}

static void expect_frame(struct __test_metadata *_metadata,
			 const struct event *e)
{
	EXPECT_EQ(1, traps->n);
	EXPECT_EQ(traps->vector, e->vector);
	EXPECT_EQ(traps->error_code, e->error_code);
	EXPECT_EQ(traps->ip, e->ip);
	EXPECT_EQ(traps->sp, e->sp);
	EXPECT_TRUE(e->has_signal);
	EXPECT_EQ(traps->sig, e->signal);
	EXPECT_EQ(traps->code, e->code);
	EXPECT_EQ(traps->signal_address, e->signal_address);
	if (e->has_address)
		EXPECT_EQ(traps->cr2, e->address);
}

static void expect_bytes(struct __test_metadata *_metadata,
			 const struct event *e)
{
	unsigned char bytes[15];
	size_t n = PAGE_SIZE - e->ip % PAGE_SIZE;

	if (e->user) {
		n = memory_of(e->pid, e->ip, bytes, sizeof(bytes));
	} else if (!access("/proc/kcore", R_OK)) {
		n = n < sizeof(bytes) ? n : sizeof(bytes);
		kernel_memory(e->ip, bytes, n);
	}
	EXPECT_EQ(n, e->n_bytes);
	EXPECT_EQ(0, memcmp(bytes, e->bytes, e->n_bytes));
}

/* The tables as WALK saw them just before */
static void expect_entries(struct __test_metadata *_metadata,
			   const struct event *e,
			   const struct mmuinspect_translation *t)
{
	unsigned int i;

	EXPECT_EQ(t->steps, e->n_entries);
	for (i = 0; i < t->steps && i < e->n_entries; i++) {
		EXPECT_EQ(t->step[i].level, e->level[i]);
		EXPECT_EQ(t->step[i].entry, e->raw[i]);
	}
}

TEST_F(event, as_its_frame)
{
	struct mmuinspect_translation t = { 0 };
	pid_t pid = self->worker.pid;
	int fd = mmui_open();
	struct event e;
	__u64 before;

	if (*self->worker.place->why)
		SKIP(return, "%s", self->worker.place->why);
	t.address = (uintptr_t)self->worker.place->at;
	if (variant->states && variant->vector == PAGE_FAULT) {
		ASSERT_EQ(0, mmui_target(fd, pid));
		ASSERT_EQ(0, mmui_walk(fd, &t, 1, 0, NULL));
	}
	if (variant->states) {
		ASSERT_LT(0, watch_add(self->sock, pid,
				       MMUINSPECT_SOURCE_STATES, 0));
	}
	before = nanoseconds();
	worker_run(&self->worker);
	ASSERT_EQ(0, event_of(self->group, pid, t.address, &e, 10000));
	EXPECT_LT(before, e.time);
	EXPECT_GT(nanoseconds(), e.time);
	EXPECT_EQ(1, e.cpu);
	EXPECT_EQ(pid, e.tid);
	EXPECT_STREQ("events", e.comm);
	EXPECT_EQ(variant->end, e.end);
	EXPECT_TRUE(e.has_vector);
	EXPECT_EQ(variant->vector, e.vector);
	EXPECT_EQ(MMUINSPECT_FAULT_ORIGIN_EXCEPTION, e.origin);
	/* Intel SDM vol. 3A, table 6-1 */
	EXPECT_EQ(variant->vector == PAGE_FAULT || variant->vector == PROTECTION,
		  e.has_error_code);
	EXPECT_EQ(variant->vector == PAGE_FAULT, e.has_address);
	EXPECT_EQ(variant->end != FIXUP, e.user);
	if (e.has_address)
		EXPECT_EQ((uintptr_t)self->worker.place->at, e.address);
	if (variant->end == FIXUP) {
		EXPECT_EQ(2, e.error_code);
		EXPECT_EQ(1, e.ip >> 63);
	} else if (variant->ip == try_int3) {
		/* A trap: it's behind the instruction. */
		EXPECT_EQ((uintptr_t)variant->ip + 1, e.ip);
	} else if (variant->ip == try_divide) {
		EXPECT_EQ((uintptr_t)variant->ip + 2, e.ip);
	} else {
		EXPECT_EQ(variant->ip ? (uintptr_t)variant->ip :
			  (uintptr_t)self->worker.place->at, e.ip);
	}
	if (variant->end == SIGNAL) {
		expect_frame(_metadata, &e);
	} else {
		EXPECT_EQ(0, traps->n);
		EXPECT_FALSE(e.has_signal);
	}
	if (variant->end == EMULATED && variant->vector == PROTECTION)
		EXPECT_EQ(0, e.error_code);
	expect_bytes(_metadata, &e);
	expect_entries(_metadata, &e, &t);
	/* It was one. */
	EXPECT_EQ(-ETIMEDOUT, event_of(self->group, pid, t.address, &e, 100));
	close(fd);
}

/* One after the other */

static struct worker start_illegal(void (*run)(struct place *place))
{
	const struct work work = { make_nowhere, run };
	struct worker worker;

	traps = SHARED(struct trap, 1);
	worker_start(&worker, 1, 1, &work);
	return worker;
}

TEST(numbers)
{
	struct worker worker = start_illegal(do_ud2);
	int other = nl_open(), sock = nl_open(), i;
	struct event e;
	__u64 last = 0;

	/* A socket that didn't ask gets none. */
	worker_run(&worker);
	EXPECT_EQ(-ETIMEDOUT, event_get(sock, &e, 300));
	ASSERT_EQ(0, event_ask(sock));
	for (i = 0; i < 20; i++) {
		worker_run(&worker);
		do {
			ASSERT_EQ(0, event_get(sock, &e, 10000));
			EXPECT_EQ(++last, e.seq);
		} while (e.pid != worker.pid);
	}
	EXPECT_EQ(-ETIMEDOUT, event_get(other, &e, 100));
	event_stop(sock);
	while (!event_get(sock, &e, 1000))
		last++;
	EXPECT_EQ(last, e.seq);
	EXPECT_EQ(0, e.code);
	worker_run(&worker);
	EXPECT_EQ(-ETIMEDOUT, event_get(sock, &e, 300));
	worker_end(&worker);
}

static void *trap_once(void *tid)
{
	*(__u32 *)tid = syscall(SYS_gettid);
	try_ud2(0);
	return NULL;
}

static void thread_traps(void *tid)
{
	pthread_t thread;

	traps_catch(traps);
	if (pthread_create(&thread, NULL, trap_once, tid) ||
	    pthread_join(thread, NULL))
		die("no thread");
}

TEST(thread)
{
	int group = event_listener();
	__u32 *tid = SHARED(__u32, 1);
	struct child c;
	struct event e;

	traps = SHARED(struct trap, 1);
	child_start(&c, thread_traps, tid);
	child_go(&c);
	child_wait(&c);
	ASSERT_EQ(0, event_of(group, c.pid, 0, &e, 10000));
	EXPECT_EQ(*tid, e.tid);
	EXPECT_NE(c.pid, e.tid);
}

/* What a watched process left behind isn't told of one that isn't watched. */

static void read_null(void *unused)
{
	try_read(0);
}

TEST(entries_of_another)
{
	int sock = nl_open(), group = event_listener(), id, i;
	struct child watched, unwatched;
	struct event e;

	for (i = 0; i < 50; i++) {
		child_start(&watched, read_null, NULL);
		id = watch_add(sock, watched.pid, MMUINSPECT_SOURCE_STATES, 0);
		ASSERT_LT(0, id);
		child_go(&watched);
		child_wait(&watched);
		ASSERT_EQ(0, event_of(group, watched.pid, 0, &e, 10000));
		EXPECT_LT(0, e.n_entries);
		child_start(&unwatched, read_null, NULL);
		child_go(&unwatched);
		child_wait(&unwatched);
		ASSERT_EQ(0, event_of(group, unwatched.pid, 0, &e, 10000));
		EXPECT_EQ(0, e.n_entries) TH_LOG("after %d", i);
		ASSERT_EQ(0, watch_del(sock, id));
	}
}

/* More than anybody reads, and faster than they can be handed out */

/*
 * Whoever hands events out has its turn on the same CPU, and only when this lets
 * it.
 */
static void trap_often(struct place *place)
{
	struct sched_param first = { .sched_priority = 1 }, fair = { 0 };
	int i;

	if (sched_setscheduler(0, SCHED_FIFO, &first))
		die("SCHED_FIFO: %m");
	for (i = 0; i < MANY; i++)
		try_ud2(0);
	/* What waits for its next run would be in the way, too. */
	if (sched_setscheduler(0, SCHED_OTHER, &fair))
		die("SCHED_OTHER: %m");
}

TEST(too_many)
{
	struct worker one = start_illegal(do_ud2);
	struct worker worker = start_illegal(trap_often);
	int group = event_listener(), room = 32 << 20;
	__u64 seq = 0, lost = 0, n = 0;
	struct event e;

	ASSERT_EQ(0, setsockopt(group, SOL_SOCKET, SO_RCVBUFFORCE, &room,
				sizeof(room)));
	/* What was lost before, by anybody */
	worker_run(&one);
	ASSERT_EQ(0, event_of(group, one.pid, 0, &e, 10000));
	seq = e.seq;
	lost = e.lost;
	worker_run(&worker);
	/* Their worker may take its time. */
	for (n = 0; n + e.lost - lost < MANY; n++) {
		ASSERT_EQ(0, event_get(group, &e, 20000));
		EXPECT_EQ(++seq, e.seq);
		EXPECT_LE(lost, e.lost);
	}
	EXPECT_EQ(-ETIMEDOUT, event_get(group, &e, 1000));
	EXPECT_EQ(MANY, traps->n);
	/* The last that had room tells of those behind it, too. */
	EXPECT_EQ(MANY, n + e.lost - lost);
	EXPECT_LT(lost, e.lost);
	EXPECT_LT(0, n);
	note("%llu of %u were handed out", n, MANY);
	worker_end(&worker);
	worker_end(&one);
}

/* Who wants no more is answered when those that were before have been sent. */

static void trap_and_hold(void *has_trapped)
{
	struct sched_param first = { .sched_priority = 1 };
	double end;
	int i;

	traps_catch(traps);
	cpu_pin(1);
	if (sched_setscheduler(0, SCHED_FIFO, &first))
		die("SCHED_FIFO: %m");
	for (i = 0; i < FEW; i++)
		try_ud2(0);
	*(volatile int *)has_trapped = 1;
	/* Whoever hands them out has its turn on the same CPU, and only then. */
	for (end = now() + 0.5; now() < end; )
		;
}

TEST(all_that_was_before)
{
	int group = event_listener(), room = 1 << 20, n = 0;
	int *has_trapped = SHARED(int, 1);
	struct child c;
	struct event e;

	if (cpu_count() < 2)
		SKIP(return, "one CPU: nobody could ask meanwhile");
	traps = SHARED(struct trap, 1);
	ASSERT_EQ(0, setsockopt(group, SOL_SOCKET, SO_RCVBUFFORCE, &room,
				sizeof(room)));
	cpu_pin(0);
	child_start(&c, trap_and_hold, has_trapped);
	child_go(&c);
	while (!*(volatile int *)has_trapped)
		usleep(1000);
	event_stop(group);
	while (!event_get(group, &e, 0))
		n += e.pid == c.pid && e.end == SIGNAL;
	EXPECT_EQ(FEW, n);
	EXPECT_EQ(FEW, traps->n);
	child_wait(&c);
}

/* What a task sends itself is no fault, whatever it says of itself. */

static void pretend(struct place *place)
{
	siginfo_t info = {
		.si_signo = SIGSEGV,
		.si_code = SEGV_MAPERR,
	};
	int pidfd;

	syscall(SYS_rt_sigqueueinfo, getpid(), SIGSEGV, &info);
	syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGSEGV, &info);
	pidfd = syscall(SYS_pidfd_open, getpid(), 0);
	if (pidfd < 0 || syscall(SYS_pidfd_send_signal, pidfd, SIGSEGV, &info, 0))
		die("pidfd_send_signal: %m");
	close(pidfd);
	if (signals != 3)
		die("%u signals", signals);
}

static void count_signal(int sig)
{
	signals++;
}

static void make_pretender(struct place *place)
{
	struct sigaction sa = { .sa_handler = count_signal };

	use(place, NULL);
	sigaction(SIGSEGV, &sa, NULL);
}

TEST(pretended)
{
	static const struct work work = { make_pretender, pretend };
	struct watch *w = SHARED(struct watch, 1);
	int sock = nl_open(), group = event_listener(), id;
	struct worker worker;
	struct event e;

	traps = SHARED(struct trap, 1);
	worker_start(&worker, 1, 1, &work);
	id = watch_add(sock, worker.pid, MMUINSPECT_SOURCE_OUTCOMES, 0);
	ASSERT_LT(0, id);
	worker_run(&worker);
	ASSERT_EQ(0, watch_get(sock, id, w));
	EXPECT_EQ(0, counted(&w->counts, MMUINSPECT_A_COUNTS_SIGNAL, ANY, ANY));
	while (!event_get(group, &e, 300))
		EXPECT_NE(worker.pid, e.pid);
	worker_end(&worker);
}

/* Groups that no family has are anybody's, and who joined one stays in it. */

#define GROUPS	64

static void join_all(int *sock)
{
	int group;

	become(NOBODY_AT_ALL);
	*sock = nl_open();
	for (group = 1; group < GROUPS; group++)
		setsockopt(*sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			   sizeof(group));
}

static void overhear(void *said)
{
	struct event e;
	int sock;

	if (module_unload())
		die("the module is in use");
	join_all(&sock);
	*(volatile int *)said = 1;
	while (*(volatile int *)said == 1)
		usleep(1000);
	*(volatile int *)said = event_get(sock, &e, 1000);
}

TEST(joined_before)
{
	int *said = SHARED(int, 1), status;
	struct worker worker;
	pid_t pid = fork();
	struct event e;

	if (!pid) {
		overhear(said);
		_exit(0);
	}
	while (!*(volatile int *)said && !waitpid(pid, &status, WNOHANG))
		usleep(1000);
	ASSERT_EQ(1, *(volatile int *)said);
	ASSERT_EQ(0, module_load());
	worker = start_illegal(do_ud2);
	status = event_listener();
	worker_run(&worker);
	ASSERT_EQ(0, event_of(status, worker.pid, 0, &e, 10000));
	*(volatile int *)said = 2;
	waitpid(pid, NULL, 0);
	EXPECT_EQ(-ETIMEDOUT, *said);
	worker_end(&worker);
}

TEST(slow_reader)
{
	struct worker worker = start_illegal(do_ud2);
	int group = event_listener(), room = 4096, i, ret;
	__u64 first = 0, last = 0, n = 0;
	bool gap = false, told = false;
	struct event e;

	ASSERT_EQ(0, setsockopt(group, SOL_SOCKET, SO_RCVBUF, &room,
				sizeof(room)));
	worker_run(&worker);
	while (event_get(group, &e, 300) != -ETIMEDOUT)
		;
	for (i = 0; i < 200; i++)
		worker_run(&worker);
	event_flush();
	for (i = 0; i < 2; i++) {
		while ((ret = event_get(group, &e, 2000)) != -ETIMEDOUT) {
			if (ret) {
				EXPECT_EQ(-ENOBUFS, ret);
				told = true;
				continue;
			}
			gap |= last && e.seq != last + 1;
			first = first ? first : e.seq;
			last = e.seq;
			n++;
		}
		/* The first behind those that had no room */
		if (!i)
			worker_run(&worker);
	}
	EXPECT_TRUE(told);
	EXPECT_TRUE(gap);
	EXPECT_EQ(200, last - first);
	EXPECT_GT(200, n);
	/* Lost behind the last one: the end has their number. */
	for (i = 0; i < 200; i++)
		worker_run(&worker);
	event_stop(group);
	for (n = 0; (ret = event_get(group, &e, 2000)) != -ETIMEDOUT && ret != -ENODATA; )
		n += !ret;
	if (ret == -ETIMEDOUT) {
		/* The end had no room either: asked again, it comes. */
		event_stop(group);
		ret = event_get(group, &e, 2000);
	}
	EXPECT_EQ(-ENODATA, ret);
	EXPECT_EQ(last + 200, e.seq);
	EXPECT_GT(200, n);
	worker_end(&worker);
}

/* To whom */

static int want_events(int sock, void *arg)
{
	return -event_ask(sock);
}

static const struct {
	enum who who;
	int events;
} rights[] = {
	{ ROOT, 0 },
	{ ADMIN_AND_RAWIO, 0 },
	{ ONLY_SYS_ADMIN, EACCES },
	{ ONLY_SYS_RAWIO, EPERM },
	{ ROOT_WITHOUT_CAPS, EPERM },
	{ NOBODY_AT_ALL, EPERM },
	{ USERNS_ROOT, EPERM },
};

TEST(to_whom)
{
	int sock = nl_open();
	size_t i;

	/* Membership of a group isn't checked when a message is sent. */
	EXPECT_EQ(0, nl_groups(sock));
	close(sock);

	for (i = 0; i < ARRAY_SIZE(rights); i++) {
		struct pass p = {
			.opener = rights[i].who,
			.caller = rights[i].who,
			.open = nl_open,
			.use = want_events,
		};

		EXPECT_EQ(rights[i].events, pass(&p))
			TH_LOG("%s", who_name(p.caller));
		/* Opened by one who may, or used by one who may: not enough */
		p.opener = ROOT;
		EXPECT_EQ(rights[i].events, pass(&p));
		p.opener = rights[i].who;
		p.caller = ROOT;
		EXPECT_EQ(rights[i].events, pass(&p));
	}
}

/* A message with a destination address, of which netlink_capable() asks the sender alone */
static int want_events_there(int sock, void *arg)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nl_message *m = nl_new(nl_family(sock), MMUINSPECT_CMD_COUNTERS_SET, 0);
	int ret;

	nl_put_u32(m, MMUINSPECT_A_COUNTERS_SOURCES, MMUINSPECT_SOURCE_EVENTS);
	if (sendto(sock, m->data, m->data->nlmsg_len, 0, (void *)&kernel,
		   sizeof(kernel)) < 0)
		die("sendto: %m");
	ret = nl_receive(sock, NULL, NULL);
	nl_free(m);
	return -ret;
}

TEST(opened_by_one_who_may_not)
{
	struct pass p = {
		.opener = NOBODY_AT_ALL,
		.caller = ROOT,
		.open = nl_open,
		.use = want_events_there,
	};

	EXPECT_EQ(EPERM, pass(&p));
	p.opener = ROOT;
	EXPECT_EQ(0, pass(&p));
}

/* Rights that are dropped are missed at the next event, which doesn't come. */

/**
 * struct dropper - asks for events, and becomes another
 * @who: whom
 * @ready: 1 when it has
 * @got: what event_get() returned
 * @code: why events ended
 */
struct dropper {
	enum who who;
	volatile int ready;
	int got;
	int code;
};

static void drop_rights(void *arg)
{
	struct dropper *d = arg;
	int sock = event_listener();
	struct event e;

	become(d->who);
	d->ready = 1;
	d->got = event_get(sock, &e, 20000);
	d->code = e.code;
}

TEST(rights_dropped)
{
	static const struct {
		enum who who;
		int code;
	} rows[] = {
		{ ONLY_SYS_ADMIN, -EACCES },
		{ ONLY_SYS_RAWIO, -EPERM },
		{ NOBODY_AT_ALL, -EPERM },
	};
	struct dropper *d = SHARED(struct dropper, 1);
	struct worker worker = start_illegal(do_ud2);
	struct child c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		*d = (struct dropper) { .who = rows[i].who };
		child_start(&c, drop_rights, d);
		child_go(&c);
		while (!d->ready)
			usleep(1000);
		worker_run(&worker);
		child_wait(&c);
		EXPECT_EQ(-ENODATA, d->got) TH_LOG("%s", who_name(d->who));
		EXPECT_EQ(rows[i].code, d->code) TH_LOG("%s", who_name(d->who));
	}
	worker_end(&worker);
}

/*
 * Unprivileged sockets that join every group there could be, and one that takes the
 * number of a listener that closes, while the module comes and goes under faults.
 */

#define JOINERS	3
#define NUMBER	0x4d4d5549	/* a port that the listener binds */

/**
 * struct spies - what runs while the module comes and goes
 * @stop: 1 to end
 * @heard: messages of the family, or of one that isn't known any more
 */
struct spies {
	volatile int stop;
	volatile int heard;
};

/* Of a socket: messages that aren't the controller's own */
static int hear(int sock)
{
	char buf[16384] __attribute__((aligned(8)));
	const struct nlmsghdr *h = (void *)buf;
	int n = 0;

	while (recv(sock, buf, sizeof(buf), MSG_DONTWAIT) >= (ssize_t)sizeof(*h))
		n += h->nlmsg_type > GENL_ID_CTRL && h->nlmsg_type != NLMSG_ERROR;
	return n;
}

static void join_for_ever(struct spies *spies)
{
	int group, sock;

	become(NOBODY_AT_ALL);
	sock = nl_open();
	while (!spies->stop) {
		for (group = 1; group < GROUPS; group++)
			setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
				   sizeof(group));
		spies->heard += hear(sock);
	}
	exit(0);
}

/* Bind the number whenever it's free, and listen for as long as a listener may live. */
static void take_number(struct spies *spies)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK, .nl_pid = NUMBER };
	int sock, i;

	become(NOBODY_AT_ALL);
	while (!spies->stop) {
		sock = nl_open();
		if (!bind(sock, (void *)&at, sizeof(at)))
			for (i = 0; i < 20 && !spies->stop; i++) {
				spies->heard += hear(sock);
				usleep(100);
			}
		close(sock);
	}
	exit(0);
}

static void fault_for_ever(struct spies *spies)
{
	traps_catch(traps);
	while (!spies->stop)
		try_ud2(0);
	exit(0);
}

/* A listener on NUMBER, if it's free, that closes with events in flight */
static void listen_shortly(void)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK, .nl_pid = NUMBER };
	int sock = nl_open();

	bind(sock, (void *)&at, sizeof(at));
	if (event_ask(sock))
		die("events are refused");
	usleep(5000);
	close(sock);
}

static pid_t spawn(void (*fn)(struct spies *), struct spies *spies)
{
	pid_t pid = fork();

	if (!pid)
		fn(spies);
	return pid;
}

FIXTURE(spied)
{
	struct spies *spies;
	pid_t pid[JOINERS + 2];
};

FIXTURE_SETUP(spied)
{
	int i;

	traps = SHARED(struct trap, 1);
	self->spies = SHARED(struct spies, 1);
	for (i = 0; i < JOINERS; i++)
		self->pid[i] = spawn(join_for_ever, self->spies);
	self->pid[i++] = spawn(take_number, self->spies);
	self->pid[i] = spawn(fault_for_ever, self->spies);
}

FIXTURE_TEARDOWN(spied)
{
	size_t i;

	self->spies->stop = 1;
	for (i = 0; i < ARRAY_SIZE(self->pid); i++)
		waitpid(self->pid[i], NULL, 0);
	module_load();
}

TEST_F_TIMEOUT(spied, load_and_unload, 3600)
{
	unsigned int cycles = env_number("SPY_CYCLES", 5), i;
	int sock;

	for (i = 0; i < cycles; i++) {
		listen_shortly();
		/* Unloaded with events on */
		sock = event_listener();
		usleep(2000);
		ASSERT_EQ(0, module_unload());
		ASSERT_EQ(0, module_load());
		close(sock);
	}
	EXPECT_EQ(0, self->spies->heard);
}

TEST_HARNESS_MAIN
