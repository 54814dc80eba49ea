// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults of each kind, made one by one: each is counted once, as what it
 * was, and as what became of it. Documentation/counting.rst has the definitions.
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
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGES	64
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

/* The same, of a file system with a device behind it */
static void map_disk_file(struct place *place, size_t stride, int prot)
{
	int fd;

	if (!disk_mount(place->why, sizeof(place->why)))
		return;
	fd = disk_file((place->n + 1) * stride);
	map(place, stride, prot, MAP_SHARED, fd);
	close(fd);
}

/* To be smaller than a huge page: on Linux 7.3, ext4 may have such. */
static void make_disk_file(struct place *place)
{
	map_disk_file(place, AROUND, PROT_READ);
}

/* What has been written back is made read-only, to be told of the next write. */
static void make_disk_synced(struct place *place)
{
	map_disk_file(place, PAGE_SIZE, PROT_READ | PROT_WRITE);
	if (*place->why)
		return;
	write_pages(place);
	if (msync(place->at, place->n * PAGE_SIZE, MS_SYNC))
		die("msync: %m");
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

static bool swap_is_read_ahead(void)
{
	char pages = '?';
	int fd = open("/proc/sys/vm/page-cluster", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, &pages, 1) != 1)
		die("page-cluster: %m");
	close(fd);
	return pages != '0';
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

static bool in_core(const struct place *place)
{
	size_t len = place->n * place->stride;
	unsigned char core[PAGES];
	unsigned int i;

	if (mincore(place->at, len, core))
		die("mincore: %m");
	for (i = 0; i < len / PAGE_SIZE; i++)
		if (core[i] & 1)
			return true;
	return false;
}

/* Its entries are empty: only the file knows where its pages are. */
static void make_shared_swapped(struct place *place)
{
	int tries;

	map(place, PAGE_SIZE, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1);
	*(volatile char *)place->spare = 1;
	if (!have_swap() || swap_is_read_ahead()) {
		snprintf(place->why, sizeof(place->why),
			 "no swap area, or it's read ahead");
		return;
	}
	for (tries = 0; tries < 100; tries++) {
		write_pages(place);
		if (madvise(place->at, place->n * PAGE_SIZE, MADV_PAGEOUT))
			die("MADV_PAGEOUT: %m");
		if (!in_core(place))
			return;
		usleep(20000);
	}
	die("shared memory wasn't swapped out");
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
 * counted as. What comes from a swap area is major to the kernel.
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
	bool swapped;
};

#define KIND(kind, make, do, number, error_code, before, became)	\
	FIXTURE_VARIANT_ADD(fault, kind) {				\
		.work = { make, do },					\
		.n = number,						\
		.code = error_code,					\
		.state = MMUINSPECT_STATE_##before,			\
		.outcome = MMUINSPECT_OUTCOME_##became,			\
		.swapped = (make) == make_swapped ||			\
			   (make) == make_shared_swapped,		\
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
KIND(shared_swapped_read, make_shared_swapped, read_pages, PAGES, USER,
     NONE, MAJOR);
KIND(disk_read, make_disk_file, read_pages, 16, USER, NONE, FILE);
KIND(disk_synced_written, make_disk_synced, write_pages, PAGES,
     USER | WRITE | PRESENT, DENIED, WRITE_NOTIFY);
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

/* What the kernel has of the same: perf, /proc/PID/stat, getrusage, /proc/vmstat */
struct told {
	int user;
	int kernel;
	struct task_faults stat;
	__u64 pgfault;
	__u64 pgmajfault;
	__u64 pswpin;
};

static struct told told(pid_t pid)
{
	return (struct told) {
		.user = perf_tracepoint("exceptions/page_fault_user", pid,
					ANY_CPU, 0),
		.kernel = perf_tracepoint("exceptions/page_fault_kernel", pid,
					  ANY_CPU, 0),
		.stat = stat_faults(pid),
		.pgfault = vmstat("pgfault"),
		.pgmajfault = vmstat("pgmajfault"),
		.pswpin = vmstat("pswpin"),
	};
}

/* The machine's can't be less than the worker's. */
static void expect_told(struct __test_metadata *_metadata,
			FIXTURE_DATA(fault) *self,
			const FIXTURE_VARIANT(fault) *variant,
			const struct told *before)
{
	unsigned int major = variant->swapped ? variant->n : 0;
	unsigned int minor = variant->n - major;
	struct task_faults stat = stat_faults(self->worker.pid);
	struct task_faults own = worker_faults(&self->worker);

	EXPECT_EQ(variant->code & USER ? variant->n : 0, perf_count(before->user));
	EXPECT_EQ(variant->code & USER ? 0 : variant->n, perf_count(before->kernel));
	EXPECT_EQ(minor, stat.minor - before->stat.minor);
	EXPECT_EQ(major, stat.major - before->stat.major);
	EXPECT_EQ(minor, own.minor);
	EXPECT_EQ(major, own.major);
	EXPECT_LE(variant->n, vmstat("pgfault") - before->pgfault);
	EXPECT_LE(major, vmstat("pgmajfault") - before->pgmajfault);
	EXPECT_LE(major, vmstat("pswpin") - before->pswpin);
}

TEST_F(fault, exactly)
{
	struct watch *w = SHARED(struct watch, 1);
	pid_t pid = self->worker.pid;
	struct told before;
	int id;

	if (*self->worker.place->why)
		SKIP(return, "%s", self->worker.place->why);
	before = told(pid);
	id = watch_add(self->sock, pid, SOURCES, 0);
	ASSERT_LT(0, id) TH_LOG("%d: %s", id, nl_why());
	worker_run(&self->worker);
	ASSERT_EQ(0, watch_get(self->sock, id, w));
	expect_told(_metadata, self, variant, &before);

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
	if (!__test_passed(_metadata))
		counts_show("watch", &w->counts);
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

static __u64 outcomes(const struct machine *machine, long outcome)
{
	unsigned int cpu;
	__u64 sum = 0;

	for (cpu = 0; cpu < cpu_count(); cpu++)
		sum += counted(&machine->cpu[cpu], MMUINSPECT_A_COUNTS_OUTCOME,
			       outcome, ANY);
	return sum;
}

/* Calls that are over, which pgfault has as well; it hasn't got fix-ups. */
static __u64 completed(const struct machine *machine)
{
	return outcomes(machine, ANY) -
	       outcomes(machine, MMUINSPECT_OUTCOME_FIXUP) -
	       outcomes(machine, MMUINSPECT_OUTCOME_RETRIED) -
	       outcomes(machine, MMUINSPECT_OUTCOME_UFFD);
}

TEST(machine_outcomes)
{
	const struct work work = { make_swapped, write_pages };
	struct machine *m = SHARED(struct machine, 2);
	__u64 pgfault[4], pswpin, n, swapped;
	struct worker worker;
	int sock = nl_open();

	worker_start(&worker, 1, PAGES, &work);
	if (*worker.place->why)
		SKIP(return, "%s", worker.place->why);
	ASSERT_EQ(0, counters_set(sock, MMUINSPECT_SOURCE_OUTCOMES));
	pswpin = vmstat("pswpin");
	pgfault[0] = vmstat("pgfault");
	ASSERT_EQ(0, counters_get(sock, &m[0]));
	pgfault[1] = vmstat("pgfault");
	worker_run(&worker);
	pgfault[2] = vmstat("pgfault");
	ASSERT_EQ(0, counters_get(sock, &m[1]));
	pgfault[3] = vmstat("pgfault");
	pswpin = vmstat("pswpin") - pswpin;
	n = completed(&m[1]) - completed(&m[0]);
	swapped = outcomes(&m[1], MMUINSPECT_OUTCOME_SWAP_IN) -
		  outcomes(&m[0], MMUINSPECT_OUTCOME_SWAP_IN);
	EXPECT_LE(pgfault[2] - pgfault[1], n);
	EXPECT_GE(pgfault[3] - pgfault[0], n);
	EXPECT_LE(PAGES, swapped);
	EXPECT_GE(pswpin, swapped);
	worker_end(&worker);
}

TEST_HARNESS_MAIN
