// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of handle_mm_fault() that aren't one to an exception: none was there, or
 * the kernel begins anew, having waited for a device or for userfaultfd. Each is
 * counted, as what it came to, and how long it took.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"
#include "count.h"
#include "disk.h"
#include "nl.h"
#include "perf.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <x86intrin.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

#define PAGES	32
#define FOLLOWED 512		/* calls of handle_mm_fault() at once */
#define SOURCES	(MMUINSPECT_SOURCE_FAULTS | MMUINSPECT_SOURCE_STATES | \
		 MMUINSPECT_SOURCE_OUTCOMES)

/* The first page makes the mapping's anon_vma: that's the spare's. */
static void make_fresh(struct place *place)
{
	size_t len = (place->n + 1) * PAGE_SIZE;

	place->stride = PAGE_SIZE;
	place->at = mmap(NULL, len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (place->at == MAP_FAILED)
		die("mmap: %m");
	madvise(place->at, len, MADV_NOHUGEPAGE);
	*(volatile char *)(place->at + place->n * PAGE_SIZE) = 1;
}

/* Calls of handle_mm_fault() without an exception: somebody brings pages in. */

static void populate_own(struct place *place)
{
	if (madvise(place->at, place->n * PAGE_SIZE, MADV_POPULATE_WRITE))
		snprintf(place->why, sizeof(place->why), "no MADV_POPULATE_WRITE");
}

static void nothing_to_do(struct place *place)
{
}

TEST(populated)
{
	const struct work work = { make_fresh, populate_own };
	struct watch *w = SHARED(struct watch, 1);
	struct worker worker;
	int sock = nl_open(), id;

	worker_start(&worker, 1, PAGES, &work);
	id = watch_add(sock, worker.pid, SOURCES, 0);
	worker_run(&worker);
	ASSERT_EQ(0, watch_get(sock, id, w));
	EXPECT_EQ(0, counted(&w->counts, MMUINSPECT_A_COUNTS_FAULT, ANY, ANY));
	EXPECT_EQ(0, counted(&w->counts, MMUINSPECT_A_COUNTS_STATE, ANY, ANY));
	EXPECT_EQ(PAGES, counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
				 MMUINSPECT_OUTCOME_DEMAND_ZERO, ANY));
	EXPECT_EQ(PAGES, counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
				 ANY, ANY));
	worker_end(&worker);
}

/* It's who brings them in that they count for, and "other" is all to be said. */
TEST(populated_by_another)
{
	const struct work work = { make_fresh, nothing_to_do };
	struct watch *w = SHARED(struct watch, 2);
	static char bytes[PAGES * PAGE_SIZE];
	struct iovec here = { bytes, sizeof(bytes) }, there;
	struct worker worker;
	int sock = nl_open(), its, ours;
	ssize_t wrote;

	worker_start(&worker, 1, PAGES, &work);
	there = (struct iovec) { worker.place->at, sizeof(bytes) };
	its = watch_add(sock, worker.pid, SOURCES, 0);
	ours = watch_add(sock, 0, SOURCES, 0);
	wrote = process_vm_writev(worker.pid, &here, 1, &there, 1, 0);
	if (wrote < 0 && errno == ENOSYS)
		SKIP(return, "no CONFIG_CROSS_MEMORY_ATTACH");
	ASSERT_EQ(sizeof(bytes), wrote);
	ASSERT_EQ(0, watch_get(sock, its, &w[0]));
	ASSERT_EQ(0, watch_get(sock, ours, &w[1]));
	EXPECT_EQ(0, w[0].counts.n);
	EXPECT_EQ(PAGES, counted(&w[1].counts, MMUINSPECT_A_COUNTS_OUTCOME,
				 MMUINSPECT_OUTCOME_OTHER, ANY));
	worker_end(&worker);
}

/* Pages of a file that have to be read from a device, one by one */

static void make_file(struct place *place)
{
	size_t len = (place->n + 1) * PAGE_SIZE;
	int fd;

	if (!disk_mount(place->why, sizeof(place->why)))
		return;
	fd = disk_file(len);
	place->stride = PAGE_SIZE;
	place->at = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	if (place->at == MAP_FAILED || madvise(place->at, len, MADV_RANDOM))
		die("mmap: %m");
	disk_forget(fd, place->at, len);
	close(fd);
}

static void touch(struct place *place)
{
	unsigned int i;

	for (i = 0; i < place->n; i++)
		(void)*(volatile char *)(place->at + i * PAGE_SIZE);
}

static void populate(struct place *place)
{
	madvise(place->at, place->n * PAGE_SIZE, MADV_POPULATE_READ);
}

/* As a debugger reads: it doesn't let go of the lock. */
static void peek(struct place *place)
{
	static char bytes[PAGES * PAGE_SIZE];
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

	if (pread(fd, bytes, sizeof(bytes), (off_t)place->at) != sizeof(bytes))
		die("/proc/self/mem: %m");
	close(fd);
}

/* @faults: exceptions; @retried, @file, @major: what they come to */
FIXTURE(device)
{
	int sock;
	struct worker worker;
};

FIXTURE_VARIANT(device)
{
	struct work work;
	unsigned int faults;
	unsigned int retried;
	unsigned int file;
	unsigned int major;
};

FIXTURE_VARIANT_ADD(device, touched) {
	{ make_file, touch }, PAGES, PAGES, PAGES, 0
};

FIXTURE_VARIANT_ADD(device, populated) {
	{ make_file, populate }, 0, PAGES, PAGES, 0
};

FIXTURE_VARIANT_ADD(device, peeked) {
	{ make_file, peek }, 0, 0, 0, PAGES
};

FIXTURE_SETUP(device)
{
	self->sock = nl_open();
	worker_start(&self->worker, 1, PAGES, &variant->work);
}

FIXTURE_TEARDOWN(device)
{
	worker_end(&self->worker);
	close(self->sock);
}

TEST_F(device, exactly)
{
	struct watch *w = SHARED(struct watch, 1);
	pid_t pid = self->worker.pid;
	struct task_faults own;
	__u64 pgmajfault;
	int user, id;

	if (*self->worker.place->why)
		SKIP(return, "%s", self->worker.place->why);
	user = perf_tracepoint("exceptions/page_fault_user", pid, ANY_CPU, 0);
	pgmajfault = vmstat("pgmajfault");
	id = watch_add(self->sock, pid, SOURCES, 0);
	ASSERT_LT(0, id) TH_LOG("%d: %s", id, nl_why());
	worker_run(&self->worker);
	ASSERT_EQ(0, watch_get(self->sock, id, w));

	EXPECT_EQ(variant->faults, counted(&w->counts, MMUINSPECT_A_COUNTS_FAULT,
					   ANY, ANY));
	EXPECT_EQ(variant->faults, counted(&w->counts, MMUINSPECT_A_COUNTS_STATE,
					   MMUINSPECT_STATE_NONE, ANY));
	EXPECT_EQ(variant->retried, counted(&w->counts,
					    MMUINSPECT_A_COUNTS_OUTCOME,
					    MMUINSPECT_OUTCOME_RETRIED, ANY));
	EXPECT_EQ(variant->file, counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
					 MMUINSPECT_OUTCOME_FILE, ANY));
	EXPECT_EQ(variant->major, counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
					  MMUINSPECT_OUTCOME_MAJOR, ANY));
	EXPECT_EQ(variant->retried + variant->file + variant->major,
		  counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME, ANY, ANY));
	/* To the kernel each is one fault, and major. */
	EXPECT_EQ(variant->faults, perf_count(user));
	own = worker_faults(&self->worker);
	EXPECT_EQ(PAGES, own.major + own.minor);
	/* Linux 6.1 forgets that it has tried before, where it populates. */
	if (variant->work.run != populate)
		EXPECT_EQ(PAGES, own.major);
	EXPECT_LE(PAGES, vmstat("pgmajfault") - pgmajfault);
	if (!__test_passed(_metadata))
		counts_show("watch", &w->counts);
}

/* userfaultfd: each fault waits for somebody to bring its page. */

struct waiting {
	char *at;
	int fd;
	unsigned int n;
};

static void *wait_for_page(void *page)
{
	*(volatile char *)page = 1;
	return NULL;
}

/* As many threads as pages, in a range that has had its first fault */
static bool waiting_start(struct waiting *w, unsigned int n)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	size_t len = (n + 1) * PAGE_SIZE;

	w->n = n;
	w->fd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	if (w->fd < 0 || ioctl(w->fd, UFFDIO_API, &api))
		return false;
	w->at = mmap(NULL, len, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (w->at == MAP_FAILED)
		die("mmap: %m");
	madvise(w->at, len, MADV_NOHUGEPAGE);
	*(volatile char *)(w->at + n * PAGE_SIZE) = 1;
	range.range.start = (__u64)w->at;
	range.range.len = len;
	if (ioctl(w->fd, UFFDIO_REGISTER, &range))
		die("UFFDIO_REGISTER: %m");
	return true;
}

static void waiting_fault(struct waiting *w, pthread_t *thread)
{
	struct uffd_msg message;
	pthread_attr_t attr;
	unsigned int i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (i = 0; i < w->n; i++)
		if (pthread_create(&thread[i], &attr, wait_for_page,
				   w->at + i * PAGE_SIZE))
			die("pthread_create failed");
	for (i = 0; i < w->n; i++)
		if (read(w->fd, &message, sizeof(message)) != sizeof(message))
			die("userfaultfd: %m");
}

static void waiting_end(struct waiting *w, pthread_t *thread)
{
	static char page[PAGE_SIZE];
	struct uffdio_copy copy = { .src = (__u64)page, .len = PAGE_SIZE };
	unsigned int i;

	for (i = 0; i < w->n; i++) {
		copy.dst = (__u64)w->at + i * PAGE_SIZE;
		if (ioctl(w->fd, UFFDIO_COPY, &copy))
			die("UFFDIO_COPY: %m");
	}
	for (i = 0; i < w->n; i++)
		pthread_join(thread[i], NULL);
	close(w->fd);
}

/* Handed over, and then, at the second try, found to be there */
TEST(userfaultfd)
{
	struct watch *w = SHARED(struct watch, 1);
	struct waiting rehearsal, waiting;
	int sock = nl_open(), id;
	pthread_t thread[16];

	/* Two that write to a page for the first time at once: that's spurious, too. */
	if (!waiting_start(&rehearsal, 16))
		SKIP(return, "no userfaultfd: %m");
	waiting_fault(&rehearsal, thread);
	waiting_end(&rehearsal, thread);
	ASSERT_TRUE(waiting_start(&waiting, 16));
	id = watch_add(sock, 0, SOURCES, 0);
	waiting_fault(&waiting, thread);
	waiting_end(&waiting, thread);
	ASSERT_EQ(0, watch_get(sock, id, w));
	EXPECT_EQ(16, counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
			      MMUINSPECT_OUTCOME_UFFD, ANY));
	EXPECT_EQ(16, counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
			      MMUINSPECT_OUTCOME_SPURIOUS, ANY));
}

/*
 * How long: a thread brings each page a while after it has been asked for, and
 * so knows of a time that the call spent; around them all is the worker's own.
 */
static struct {
	__u64 within;
	__u64 around;
} *times;

static void *bring_pages(void *arg)
{
	static char page[PAGE_SIZE];
	int fd = (long)arg;
	struct uffdio_copy copy = { .src = (__u64)page, .len = PAGE_SIZE };
	struct uffd_msg message;
	__u64 begin;

	while (read(fd, &message, sizeof(message)) == sizeof(message)) {
		begin = __rdtsc();
		usleep(5000);
		times->within += __rdtsc() - begin;
		copy.dst = message.arg.pagefault.address & ~(PAGE_SIZE - 1);
		if (ioctl(fd, UFFDIO_COPY, &copy))
			die("UFFDIO_COPY: %m");
		copy.copy = 0;
	}
	return NULL;
}

static void make_brought(struct place *place)
{
	struct waiting waiting;
	pthread_t thread;

	if (!waiting_start(&waiting, place->n)) {
		snprintf(place->why, sizeof(place->why), "no userfaultfd: %m");
		return;
	}
	place->at = waiting.at;
	place->stride = PAGE_SIZE;
	if (pthread_create(&thread, NULL, bring_pages, (void *)(long)waiting.fd))
		die("pthread_create failed");
}

static void touch_timed(struct place *place)
{
	__u64 begin = __rdtsc();

	touch(place);
	times->around = __rdtsc() - begin;
}

TEST(cycles)
{
	const struct work work = { make_brought, touch_timed };
	struct watch *w = SHARED(struct watch, 1);
	struct worker worker;
	int sock = nl_open(), id;

	times = shared_memory(sizeof(*times));
	worker_start(&worker, 1, PAGES, &work);
	if (*worker.place->why)
		SKIP(return, "%s", worker.place->why);
	id = watch_add(sock, worker.pid, MMUINSPECT_SOURCE_OUTCOMES, 0);
	ASSERT_LT(0, id) TH_LOG("%d: %s", id, nl_why());
	worker_run(&worker);
	ASSERT_EQ(0, watch_get(sock, id, w));
	EXPECT_EQ(2 * PAGES, counted(&w->counts, MMUINSPECT_A_COUNTS_CYCLES,
				     ANY, ANY));
	EXPECT_LT(0, times->within);
	EXPECT_GE(times->around, ticks_at_least(&w->counts,
						MMUINSPECT_A_COUNTS_CYCLES));
	EXPECT_LE(times->within, ticks_at_most(&w->counts,
					       MMUINSPECT_A_COUNTS_CYCLES));
	worker_end(&worker);
}

/* More at once than can be followed: those that weren't are told of. */
TEST(lost)
{
	struct machine *m = SHARED(struct machine, 2);
	struct watch *w = SHARED(struct watch, 1);
	static pthread_t thread[FOLLOWED + 88];
	int sock = nl_open(), id;
	struct waiting waiting;
	__u64 missed;

	if (!waiting_start(&waiting, ARRAY_SIZE(thread)))
		SKIP(return, "no userfaultfd: %m");
	id = watch_add(sock, getpid(), SOURCES, 0);
	ASSERT_LT(0, id) TH_LOG("%d: %s", id, nl_why());
	ASSERT_EQ(0, counters_get(sock, &m[0]));
	waiting_fault(&waiting, thread);
	waiting_end(&waiting, thread);
	ASSERT_EQ(0, watch_get(sock, id, w));
	ASSERT_EQ(0, counters_get(sock, &m[1]));
	EXPECT_EQ(FOLLOWED, counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
				    MMUINSPECT_OUTCOME_UFFD, ANY));
	/*
	 * Each exception is a call, and each that waited is tried once more, as
	 * is what the kernel retried. Others may have lost some meanwhile.
	 */
	missed = counted(&w->counts, MMUINSPECT_A_COUNTS_FAULT, ANY, ANY) +
		 ARRAY_SIZE(thread) +
		 counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
			 MMUINSPECT_OUTCOME_RETRIED, ANY) -
		 counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME, ANY, ANY);
	EXPECT_LE(ARRAY_SIZE(thread) - FOLLOWED, missed);
	EXPECT_GE(m[1].lost - m[0].lost, missed);
}

TEST_HARNESS_MAIN
