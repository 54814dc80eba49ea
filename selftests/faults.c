// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults of each kind, made one by one: each is counted once, as what it
 * was, and as what became of it. Documentation/counting.rst has the definitions.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"
#include "count.h"
#include "nl.h"
#include "perf.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

#define PAGES	64
#define FOLLOWED 512		/* calls of handle_mm_fault() at once */
#define AROUND	(64 * 1024)	/* what one fault on a file maps: fault_around_bytes */
#define SOURCES	(MMUINSPECT_SOURCE_FAULTS | MMUINSPECT_SOURCE_STATES | \
		 MMUINSPECT_SOURCE_OUTCOMES)

/* An error code's bits, by Intel SDM vol. 3A 4.7 */
#define PRESENT	0x01
#define WRITE	0x02
#define USER	0x04
#define FETCH	0x10

/* What there is to be done to pages */

static void read_pages(struct place *place)
{
	unsigned int i;

	for (i = 0; i < place->n; i++)
		(void)*(volatile char *)(place->at + i * place->stride);
}

static void write_pages(struct place *place)
{
	unsigned int i;

	for (i = 0; i < place->n; i++)
		*(volatile char *)(place->at + i * place->stride) = 1;
}

/* The kernel writes: once a page, by one instruction. */
static void have_written(struct place *place)
{
	unsigned int i;

	for (i = 0; i < place->n; i++)
		syscall(SYS_getcpu, place->at + i * place->stride, NULL, NULL);
}

static void call_pages(struct place *place)
{
	unsigned int i;

	for (i = 0; i < place->n; i++)
		((void (*)(void))(place->at + i * place->stride))();
}

/* How they come to be */

static void map(struct place *place, size_t stride, int prot, int flags, int fd)
{
	size_t len = (place->n + 1) * stride;

	place->stride = stride;
	place->at = mmap(NULL, len, prot, flags, fd, 0);
	if (place->at == MAP_FAILED)
		die("mmap: %m");
	place->spare = place->at + place->n * stride;
}

/*
 * The first page makes the mapping's anon_vma, for which 6.12 and later begin
 * the fault anew; that's the spare's.
 */
static void make_fresh(struct place *place)
{
	map(place, PAGE_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1);
	madvise(place->at, (place->n + 1) * PAGE_SIZE, MADV_NOHUGEPAGE);
	*(volatile char *)place->spare = 1;
}

static void make_zeroes(struct place *place)
{
	make_fresh(place);
	read_pages(place);
}

static void make_written(struct place *place)
{
	make_fresh(place);
	write_pages(place);
}

static void make_forked(struct place *place)
{
	make_written(place);
	hold(NULL, NULL);
}

static int nothing(void *arg)
{
	return 0;
}

/* The child that shared them is gone. */
static void make_left_alone(struct place *place)
{
	make_written(place);
	in_child(nothing, NULL);
}

static int file_of(size_t size)
{
	static const char ret[PAGE_SIZE] = { 0xc3 };
	int fd = memfd_create("faults", MFD_CLOEXEC);

	for (; fd >= 0 && size; size -= PAGE_SIZE)
		if (write(fd, ret, PAGE_SIZE) != PAGE_SIZE)
			break;
	if (fd < 0 || size)
		die("memfd: %m");
	return fd;
}

static void map_file(struct place *place, size_t stride, int prot, int flags)
{
	int fd = file_of((place->n + 1) * stride);

	map(place, stride, prot, flags, fd);
	if (prot & PROT_WRITE)
		*(volatile char *)place->spare = 1;
	close(fd);
}

static void make_file(struct place *place)
{
	map_file(place, AROUND, PROT_READ, MAP_PRIVATE);
}

static void make_code(struct place *place)
{
	map_file(place, AROUND, PROT_READ | PROT_EXEC, MAP_PRIVATE);
}

static void make_private(struct place *place)
{
	map_file(place, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

static void make_private_read(struct place *place)
{
	make_private(place);
	read_pages(place);
}

static void make_shared(struct place *place)
{
	map_file(place, AROUND, PROT_READ | PROT_WRITE, MAP_SHARED);
}

/* Soft-dirty bits are had by making everything read-only once more. */
static void clear_soft_dirty(struct place *place)
{
	write_pages(place);
	if (write_file("/proc/self/clear_refs", "4"))
		snprintf(place->why, sizeof(place->why), "no soft-dirty bits");
}

static void make_shared_clean(struct place *place)
{
	make_shared(place);
	clear_soft_dirty(place);
}

static void make_private_clean(struct place *place)
{
	make_fresh(place);
	clear_soft_dirty(place);
}

static unsigned int swapped_pages(const struct place *place)
{
	unsigned int i, n = 0;

	for (i = 0; i < place->n; i++)
		n += !!(pagemap_at(getpid(), (__u64)place->at +
				   i * PAGE_SIZE) & PM_SWAP);
	return n;
}

static void make_swapped(struct place *place)
{
	int tries;

	make_written(place);
	if (!have_swap()) {
		snprintf(place->why, sizeof(place->why), "no swap area");
		return;
	}
	for (tries = 0; tries < 100 && swapped_pages(place) != place->n; tries++) {
		if (madvise(place->at, place->n * PAGE_SIZE, MADV_PAGEOUT))
			die("MADV_PAGEOUT: %m");
		usleep(20000);
	}
	if (tries == 100)
		die("%u of %u pages were swapped out", swapped_pages(place),
		    place->n);
}

static void make_huge(struct place *place)
{
	unsigned int n = place->n;

	/* On a border */
	place->n++;
	map(place, 2 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1);
	place->n = n;
	place->at = (char *)(((size_t)place->at + 2 * MB - 1) & ~(2 * MB - 1));
	place->spare = place->at + n * place->stride;
	if (madvise(place->at, (n + 1) * place->stride, MADV_HUGEPAGE))
		snprintf(place->why, sizeof(place->why), "no huge pages");
	*(volatile char *)place->spare = 1;
	if (pagemap_at(getpid(), (__u64)place->spare) & PM_PRESENT &&
	    !(pagemap_at(getpid(), (__u64)place->spare + PAGE_SIZE) & PM_PRESENT))
		snprintf(place->why, sizeof(place->why), "the kernel gave no huge page");
}

static void make_hugetlb(struct place *place)
{
	size_t len = place->n * 2 * MB;

	place->stride = 2 * MB;
	place->at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			 MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (place->at == MAP_FAILED)
		snprintf(place->why, sizeof(place->why),
			 "no hugetlb pages: %m");
}

/*
 * A kind of page fault: pages, what is done to them, and what each must be
 * counted as. Written faults are major if the kernel says so.
 */
FIXTURE(fault)
{
	int sock;
	struct worker worker;
};

FIXTURE_VARIANT(fault)
{
	struct work work;
	unsigned int n;
	unsigned int code;
	unsigned int state;
	unsigned int outcome;
	bool major;
};

#define KIND(kind, make, do, number, error_code, before, became)	\
	FIXTURE_VARIANT_ADD(fault, kind) {				\
		.work = { make, do },					\
		.n = number,						\
		.code = error_code,					\
		.state = MMUINSPECT_STATE_##before,			\
		.outcome = MMUINSPECT_OUTCOME_##became,			\
		.major = MMUINSPECT_OUTCOME_##became ==			\
			 MMUINSPECT_OUTCOME_SWAP_IN,			\
	}

KIND(fresh_written, make_fresh, write_pages, PAGES, USER | WRITE,
     NONE, DEMAND_ZERO);
KIND(fresh_read, make_fresh, read_pages, PAGES, USER, NONE, DEMAND_ZERO);
KIND(fresh_written_by_kernel, make_fresh, have_written, PAGES, WRITE,
     NONE, DEMAND_ZERO);
KIND(zero_written, make_zeroes, write_pages, PAGES, USER | WRITE | PRESENT,
     DENIED, COPY_ON_WRITE);
KIND(forked_written, make_forked, write_pages, PAGES, USER | WRITE | PRESENT,
     DENIED, COPY_ON_WRITE);
KIND(forked_written_by_kernel, make_forked, have_written, PAGES,
     WRITE | PRESENT, DENIED, COPY_ON_WRITE);
KIND(left_alone_written, make_left_alone, write_pages, PAGES,
     USER | WRITE | PRESENT, DENIED, REUSE);
KIND(clean_written, make_private_clean, write_pages, PAGES,
     USER | WRITE | PRESENT, DENIED, REUSE);
KIND(file_read, make_file, read_pages, PAGES, USER, NONE, FILE);
KIND(file_executed, make_code, call_pages, PAGES, USER | FETCH, NONE, FILE);
KIND(private_written, make_private, write_pages, PAGES, USER | WRITE,
     NONE, COPY_ON_WRITE);
KIND(private_read_written, make_private_read, write_pages, PAGES,
     USER | WRITE | PRESENT, DENIED, COPY_ON_WRITE);
KIND(shared_read, make_shared, read_pages, PAGES, USER, NONE, FILE);
KIND(shared_written, make_shared, write_pages, PAGES, USER | WRITE, NONE, FILE);
KIND(shared_clean_written, make_shared_clean, write_pages, PAGES,
     USER | WRITE | PRESENT, DENIED, WRITE_NOTIFY);
KIND(swapped_read, make_swapped, read_pages, PAGES, USER, SWAP, SWAP_IN);
KIND(swapped_written, make_swapped, write_pages, PAGES, USER | WRITE,
     SWAP, SWAP_IN);
KIND(huge_written, make_huge, write_pages, 3, USER | WRITE, NONE, DEMAND_ZERO);
KIND(hugetlb_written, make_hugetlb, write_pages, 3, USER | WRITE,
     NONE, DEMAND_ZERO);

FIXTURE_SETUP(fault)
{
	self->sock = nl_open();
	worker_start(&self->worker, 1, variant->n, &variant->work);
}

FIXTURE_TEARDOWN(fault)
{
	worker_end(&self->worker);
	close(self->sock);
}

TEST_F(fault, exactly)
{
	struct stat_faults before, after;
	struct watch *w = SHARED(struct watch, 1);
	pid_t pid = self->worker.pid;
	int user, kernel, id;

	if (*self->worker.place->why)
		SKIP(return, "%s", self->worker.place->why);
	user = perf_tracepoint("exceptions/page_fault_user", pid, ANY_CPU, 0);
	kernel = perf_tracepoint("exceptions/page_fault_kernel", pid, ANY_CPU, 0);
	id = watch_add(self->sock, pid, SOURCES, 0);
	ASSERT_LT(0, id) TH_LOG("%d: %s", id, nl_why());
	before = stat_faults(pid);
	worker_run(&self->worker);
	after = stat_faults(pid);
	ASSERT_EQ(0, watch_get(self->sock, id, w));

	EXPECT_EQ(variant->n, counted(&w->counts, MMUINSPECT_A_COUNTS_FAULT,
				      variant->code, ANY));
	EXPECT_EQ(variant->n, counted(&w->counts, MMUINSPECT_A_COUNTS_FAULT,
				      ANY, ANY));
	EXPECT_EQ(0, counted(&w->counts, MMUINSPECT_A_COUNTS_FAULT_BIT,
			     ANY, ANY));
	EXPECT_EQ(variant->n, counted(&w->counts, MMUINSPECT_A_COUNTS_STATE,
				      variant->state, ANY));
	EXPECT_EQ(variant->n, counted(&w->counts, MMUINSPECT_A_COUNTS_STATE,
				      ANY, ANY));
	EXPECT_EQ(variant->n, counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
				      variant->outcome, ANY));
	EXPECT_EQ(variant->n, counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
				      ANY, ANY));
	EXPECT_EQ(variant->n, counted(&w->counts, MMUINSPECT_A_COUNTS_CYCLES,
				      ANY, ANY));
	EXPECT_EQ(0, counted(&w->counts, MMUINSPECT_A_COUNTS_SIGNAL, ANY, ANY));
	/* What the kernel says of the same */
	EXPECT_EQ(variant->code & USER ? variant->n : 0, perf_count(user));
	EXPECT_EQ(variant->code & USER ? 0 : variant->n, perf_count(kernel));
	EXPECT_EQ(variant->major ? 0 : variant->n, after.minor - before.minor);
	EXPECT_EQ(variant->major ? variant->n : 0, after.major - before.major);
	if (!__test_passed(_metadata))
		counts_show("watch", &w->counts);
}

/* Calls of handle_mm_fault() without an exception: somebody brings pages in. */

static void populate(struct place *place)
{
	if (madvise(place->at, place->n * PAGE_SIZE, MADV_POPULATE_WRITE))
		snprintf(place->why, sizeof(place->why), "no MADV_POPULATE_WRITE");
}

static void nothing_to_do(struct place *place)
{
}

TEST(populated)
{
	const struct work work = { make_fresh, populate };
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
	int sock = nl_open(), id;
	struct waiting waiting;
	pthread_t thread[16];

	if (!waiting_start(&waiting, 16))
		SKIP(return, "no userfaultfd: %m");
	id = watch_add(sock, 0, SOURCES, 0);
	waiting_fault(&waiting, thread);
	waiting_end(&waiting, thread);
	ASSERT_EQ(0, watch_get(sock, id, w));
	EXPECT_EQ(16, counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
			      MMUINSPECT_OUTCOME_UFFD, ANY));
	EXPECT_EQ(16, counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
			      MMUINSPECT_OUTCOME_SPURIOUS, ANY));
}

/* More at once than can be followed: those that weren't are told of. */
TEST(lost)
{
	struct machine *m = SHARED(struct machine, 2);
	struct watch *w = SHARED(struct watch, 1);
	static pthread_t thread[FOLLOWED + 88];
	int sock = nl_open(), id;
	struct waiting waiting;

	if (!waiting_start(&waiting, ARRAY_SIZE(thread)))
		SKIP(return, "no userfaultfd: %m");
	id = watch_add(sock, 0, SOURCES, 0);
	ASSERT_EQ(0, counters_get(sock, &m[0]));
	waiting_fault(&waiting, thread);
	waiting_end(&waiting, thread);
	ASSERT_EQ(0, watch_get(sock, id, w));
	ASSERT_EQ(0, counters_get(sock, &m[1]));
	EXPECT_LE(88, m[1].lost - m[0].lost);
	EXPECT_EQ(FOLLOWED, counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME,
				    MMUINSPECT_OUTCOME_UFFD, ANY));
	/* Each exception is a call, and each that waited is tried once more. */
	EXPECT_EQ(counted(&w->counts, MMUINSPECT_A_COUNTS_FAULT, ANY, ANY) +
		  ARRAY_SIZE(thread),
		  counted(&w->counts, MMUINSPECT_A_COUNTS_OUTCOME, ANY, ANY) +
		  m[1].lost - m[0].lost);
}

/* The machine's, on each CPU: between what perf had before and after */
TEST(machine)
{
	const struct work work = { make_fresh, write_pages };
	struct machine *m = SHARED(struct machine, 2);
	int fd[CPUS_MAX][2], sock = nl_open(), i;
	__u64 perf[CPUS_MAX][4], n, all = 0;
	struct worker worker;
	unsigned int cpu;

	worker_start(&worker, 1, PAGES, &work);
	ASSERT_EQ(0, counters_set(sock, MMUINSPECT_SOURCE_FAULTS));
	for (cpu = 0; cpu < cpu_count(); cpu++) {
		fd[cpu][0] = perf_tracepoint("exceptions/page_fault_user",
					     ANY_PROCESS, cpu, 0);
		fd[cpu][1] = perf_tracepoint("exceptions/page_fault_kernel",
					     ANY_PROCESS, cpu, 0);
	}
	for (i = 0; i < 4; i++) {
		for (cpu = 0; cpu < cpu_count(); cpu++)
			perf[cpu][i] = perf_count(fd[cpu][0]) +
				       perf_count(fd[cpu][1]);
		if (i == 1)
			worker_run(&worker);
		else if (i != 3)
			ASSERT_EQ(0, counters_get(sock, &m[i / 2]));
	}
	for (cpu = 0; cpu < cpu_count(); cpu++) {
		n = counted(&m[1].cpu[cpu], MMUINSPECT_A_COUNTS_FAULT, ANY, ANY) -
		    counted(&m[0].cpu[cpu], MMUINSPECT_A_COUNTS_FAULT, ANY, ANY);
		EXPECT_LE(perf[cpu][2] - perf[cpu][1], n) TH_LOG("CPU %u", cpu);
		EXPECT_GE(perf[cpu][3] - perf[cpu][0], n) TH_LOG("CPU %u", cpu);
		all += n;
	}
	EXPECT_LE(PAGES, all);
	worker_end(&worker);
}

TEST_HARNESS_MAIN
