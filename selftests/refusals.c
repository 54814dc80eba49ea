// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults that end with a signal, or in the kernel's exception table: counted as
 * what they were, and as what they came to. An exception that isn't a page fault
 * is a signal, and nothing else.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"
#include "count.h"
#include "nl.h"
#include "perf.h"
#include "trap.h"
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define TIMES	5
#define NONE	(-1)

#define SOURCES	(MMUINSPECT_SOURCE_FAULTS | MMUINSPECT_SOURCE_STATES | \
		 MMUINSPECT_SOURCE_OUTCOMES)

/* An error code's bits, by Intel SDM vol. 3A 4.7 */
#define PRESENT	0x01
#define WRITE	0x02
#define USER	0x04
#define FETCH	0x10
#define KEY	0x20

static struct trap *traps;

/* Where to */

static void *page(int prot, int flags, int fd)
{
	void *p = mmap(NULL, PAGE_SIZE, prot, flags, fd, 0);

	if (p == MAP_FAILED)
		die("mmap: %m");
	return p;
}

static void *written_page(void)
{
	char *p = page(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	*p = 1;
	return p;
}

/* Nothing else is to be populated there. */
static void use(struct place *place, void *at)
{
	place->at = at;
	place->stride = PAGE_SIZE;
	place->n = 1;
	traps_catch(traps);
}

static void make_nowhere(struct place *place)
{
	void *p = page(PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	munmap(p, PAGE_SIZE);
	use(place, p);
}

static void protect(struct place *place, int prot)
{
	use(place, written_page());
	if (mprotect(place->at, PAGE_SIZE, prot))
		die("mprotect: %m");
}

static void make_read_only(struct place *place)
{
	protect(place, PROT_READ);
}

static void make_no_access(struct place *place)
{
	protect(place, PROT_NONE);
}

static void make_data(struct place *place)
{
	use(place, written_page());
}

static void make_locked_by_key(struct place *place)
{
	/* PKEY_DISABLE_ACCESS */
	int key = syscall(SYS_pkey_alloc, 0, 1);

	use(place, written_page());
	if (key < 0)
		snprintf(place->why, sizeof(place->why), "no protection keys");
	else if (syscall(SYS_pkey_mprotect, place->at, PAGE_SIZE,
			 PROT_READ | PROT_WRITE, key))
		die("pkey_mprotect: %m");
}

static void make_beyond_end(struct place *place)
{
	int fd = memfd_create("empty", MFD_CLOEXEC);

	if (fd < 0)
		die("memfd: %m");
	use(place, page(PROT_READ, MAP_SHARED, fd));
	close(fd);
}

static void make_guard(struct place *place)
{
	use(place, written_page());
	if (madvise(place->at, PAGE_SIZE, MADV_GUARD_INSTALL))
		snprintf(place->why, sizeof(place->why), "no guard regions: %m");
}

/* The last page but one of all is nobody's. */
static void make_kernel(struct place *place)
{
	use(place, (void *)0xffffffffffffd000);
}

static void make_non_canonical(struct place *place)
{
	use(place, (void *)0xdead000000000000);
}

/* What is done there */

#define DO(name, what)						\
	static void name(struct place *place)			\
	{							\
		int i;						\
								\
		for (i = 0; i < TIMES; i++)			\
			what;					\
	}

#define AT ((unsigned long)place->at)

DO(do_read, try_read(AT))
DO(do_write, try_write(AT))
DO(do_call, try_call(AT))
DO(do_hlt, try_hlt(AT))
DO(do_ud2, try_ud2(AT))
DO(do_int3, try_int3(AT))
DO(do_divide, try_divide(AT))
/* The kernel does, by one instruction that the exception table knows. */
DO(have_written, syscall(SYS_getcpu, AT, NULL, NULL))
DO(have_read, syscall(SYS_capget, AT, NULL))

FIXTURE(refusal)
{
	int sock;
	struct worker worker;
};

/* @code NONE: no page fault; @state, @outcome NONE: not counted */
FIXTURE_VARIANT(refusal)
{
	struct work work;
	int code;
	int state;
	int outcome;
	int sig;
	int sig_code;
};

#define REFUSAL(kind, make, do, error_code, before, became, signal, si_code) \
	FIXTURE_VARIANT_ADD(refusal, kind) {				\
		{ make, do }, error_code, before, became, signal, si_code }

#define STATE(name)	MMUINSPECT_STATE_##name
#define OUTCOME(name)	MMUINSPECT_OUTCOME_##name

REFUSAL(nowhere_read, make_nowhere, do_read, USER, STATE(NONE), NONE,
	SIGSEGV, SEGV_MAPERR);
REFUSAL(nowhere_written, make_nowhere, do_write, USER | WRITE, STATE(NONE),
	NONE, SIGSEGV, SEGV_MAPERR);
REFUSAL(nowhere_called, make_nowhere, do_call, USER | FETCH, STATE(NONE), NONE,
	SIGSEGV, SEGV_MAPERR);
REFUSAL(read_only_written, make_read_only, do_write, USER | WRITE | PRESENT,
	STATE(DENIED), NONE, SIGSEGV, SEGV_ACCERR);
REFUSAL(data_called, make_data, do_call, USER | FETCH | PRESENT,
	STATE(DENIED), NONE, SIGSEGV, SEGV_ACCERR);
REFUSAL(no_access_read, make_no_access, do_read, USER, STATE(PROT_NONE), NONE,
	SIGSEGV, SEGV_ACCERR);
REFUSAL(locked_by_key_read, make_locked_by_key, do_read, USER | PRESENT | KEY,
	STATE(DENIED), NONE, SIGSEGV, SEGV_PKUERR);
REFUSAL(kernel_read, make_kernel, do_read, USER, STATE(UNKNOWN), NONE,
	SIGSEGV, SEGV_MAPERR);
REFUSAL(beyond_end_read, make_beyond_end, do_read, USER, STATE(NONE),
	OUTCOME(SIGBUS), SIGBUS, BUS_ADRERR);
REFUSAL(guard_read, make_guard, do_read, USER, STATE(SPECIAL),
	OUTCOME(SIGSEGV), SIGSEGV, SEGV_MAPERR);
REFUSAL(nowhere_written_by_kernel, make_nowhere, have_written, WRITE,
	STATE(NONE), OUTCOME(FIXUP), 0, 0);
REFUSAL(nowhere_read_by_kernel, make_nowhere, have_read, 0, STATE(NONE),
	OUTCOME(FIXUP), 0, 0);
REFUSAL(read_only_written_by_kernel, make_read_only, have_written,
	WRITE | PRESENT, STATE(DENIED), OUTCOME(FIXUP), 0, 0);
REFUSAL(non_canonical_read, make_non_canonical, do_read, NONE, NONE, NONE,
	SIGSEGV, SI_KERNEL);
REFUSAL(hlt, make_nowhere, do_hlt, NONE, NONE, NONE, SIGSEGV, SI_KERNEL);
REFUSAL(ud2, make_nowhere, do_ud2, NONE, NONE, NONE, SIGILL, ILL_ILLOPN);
REFUSAL(int3, make_nowhere, do_int3, NONE, NONE, NONE, SIGTRAP, SI_KERNEL);
REFUSAL(divide_by_zero, make_nowhere, do_divide, NONE, NONE, NONE,
	SIGFPE, FPE_INTDIV);

FIXTURE_SETUP(refusal)
{
	traps = SHARED(struct trap, 1);
	self->sock = nl_open();
	worker_start(&self->worker, 1, 1, &variant->work);
}

FIXTURE_TEARDOWN(refusal)
{
	worker_end(&self->worker);
	close(self->sock);
}

TEST_F(refusal, exactly)
{
	struct watch *w = SHARED(struct watch, 1);
	unsigned int faults = variant->code == NONE ? 0 : TIMES;
	unsigned int ends = variant->outcome == NONE ? 0 : TIMES;
	unsigned int signals = variant->sig ? TIMES : 0;
	pid_t pid = self->worker.pid;
	int user, kernel, id;

	if (*self->worker.place->why)
		SKIP(return, "%s", self->worker.place->why);
	user = perf_tracepoint("exceptions/page_fault_user", pid, ANY_CPU, 0);
	kernel = perf_tracepoint("exceptions/page_fault_kernel", pid, ANY_CPU, 0);
	id = watch_add(self->sock, pid, SOURCES, 0);
	ASSERT_LT(0, id) TH_LOG("%d: %s", id, nl_why());
	worker_run(&self->worker);
	ASSERT_EQ(0, watch_get(self->sock, id, w));

	EXPECT_EQ(faults, counted(&w->counts, MMUINSPECT_A_COUNTS_FAULT,
				  variant->code, ANY));
	EXPECT_EQ(faults, counted(&w->counts, MMUINSPECT_A_COUNTS_FAULT,
				  ANY, ANY));
	EXPECT_EQ(faults, counted(&w->counts, MMUINSPECT_A_COUNTS_STATE,
				  variant->state, ANY));
	EXPECT_EQ(faults, counted(&w->counts, MMUINSPECT_A_COUNTS_STATE,
				  ANY, ANY));
	EXPECT_EQ(ends, counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
				variant->outcome, ANY));
	EXPECT_EQ(ends, counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
				ANY, ANY));
	EXPECT_EQ(signals, counted(&w->counts, MMUINSPECT_A_COUNTS_SIGNAL,
				   variant->sig, variant->sig_code));
	EXPECT_EQ(signals, counted(&w->counts, MMUINSPECT_A_COUNTS_SIGNAL,
				   ANY, ANY));
	/* handle_mm_fault() is out of it before a table mends anything. */
	EXPECT_EQ(variant->sig ? ends : 0,
		  counted(&w->counts, MMUINSPECT_A_COUNTS_CYCLES, ANY, ANY));
	/* The same, told by perf and by the process's own frames */
	EXPECT_EQ(faults, perf_count(user) + perf_count(kernel));
	EXPECT_EQ(variant->code & USER ? faults : 0, perf_count(user));
	EXPECT_EQ(signals, traps->n);
	if (signals) {
		EXPECT_EQ(variant->sig, traps->sig);
		EXPECT_EQ(variant->sig_code, traps->code);
	}
	if (!__test_passed(_metadata))
		counts_show("watch", &w->counts);
}

/* Signals that no exception made aren't counted, whatever their number. */

static void send_signals(struct place *place)
{
	syscall(SYS_kill, getpid(), SIGSEGV);
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGBUS);
}

TEST(signals_that_somebody_sent)
{
	const struct work work = { make_nowhere, send_signals };
	struct watch *w = SHARED(struct watch, 1);
	int sock = nl_open(), id;
	struct worker worker;

	traps = SHARED(struct trap, 1);
	worker_start(&worker, 1, 1, &work);
	id = watch_add(sock, worker.pid, SOURCES, 0);
	ASSERT_LT(0, id);
	worker_run(&worker);
	ASSERT_EQ(0, watch_get(sock, id, w));
	EXPECT_EQ(2, traps->n);
	EXPECT_EQ(0, counted(&w->counts, MMUINSPECT_A_COUNTS_SIGNAL, ANY, ANY));
	worker_end(&worker);
}

TEST_HARNESS_MAIN
