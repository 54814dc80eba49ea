// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench entries | interrupts: what the module costs, beside its peers in the
 * same process, in ticks of the time stamp counter. In a machine that was
 * started with -icount those are instructions.
 *
 * Each row is WORK, ENTRIES, WHO, FIGURE, UNIT, BOUND with tabs between; "-"
 * stands for no figure or no bound. Every answer is checked before its cost is
 * told: a wrong one ends the program.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mmuinspect.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>

#define PAGE		4096UL
#define TABLE		(512 * PAGE)
#define GIB		(1UL << 30)

#define ENTRIES		32768
#define ADDRESSES	1000
#define SPARSE_PAGES	1000
#define SPARSE_STEP	(GIB + 5 * PAGE)
#define SPARSE_SIZE	(1024 * GIB)
#define HUGE_ENTRIES	16
#define REPEATS		5

#define BOUND_MERGED	11
#define BOUND_MIXED	14
#define BOUND_EACH	36
#define BOUND_KINDS	88
#define BOUND_SPARSE	15000
#define BOUND_IRQS	1400
#define NO_BOUND	0

#define IRQS_PARAMETER	"/sys/module/mmuinspect/parameters/irqsoff_max"

/* Since Linux 6.7, and not in Debian 12's headers: include/uapi/linux/fs.h */
struct scan_region {
	__u64 start;
	__u64 end;
	__u64 categories;
};

struct scan {
	__u64 size;
	__u64 flags;
	__u64 start;
	__u64 end;
	__u64 walk_end;
	__u64 vec;
	__u64 vec_len;
	__u64 max_pages;
	__u64 category_inverted;
	__u64 category_mask;
	__u64 category_anyof_mask;
	__u64 return_mask;
};

#define SCAN		_IOWR('f', 16, struct scan)
#define SCAN_PRESENT	(1 << 3)
#define SCAN_ZERO_PAGE	(1 << 5)

/* What is measured on: @entries of them are to be found in it. */
struct area {
	char *start;
	unsigned long size;
	unsigned long entries;
};

static int device;
static int pagemap;

/* As large as the largest answer, and touched before anything is measured. */
static struct mmuinspect_run runs[ENTRIES];
static struct mmuinspect_translation translations[ADDRESSES];
static struct scan_region regions[ENTRIES];
static __u64 words[ENTRIES];

/* Areas: the worst that a table can hold, and the best. */

static struct area map(unsigned long entries, unsigned long page, int advice)
{
	struct area area = { .size = entries * page, .entries = entries };
	unsigned long align = page == PAGE ? TABLE : page;
	char *p = mmap(NULL, area.size + align, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
	area.start = (char *)(((unsigned long)p + align - 1) & -align);
	if (madvise(area.start, area.size, advice))
		err(1, "madvise %d", advice);
	return area;
}

static void advise(const struct area *area, int advice)
{
	if (madvise(area->start, area->size, advice))
		err(1, "madvise %d", advice);
}

static void touch(const struct area *area, unsigned long page, bool write)
{
	volatile char *p = area->start + page * PAGE;

	if (write)
		*p = 1;
	else
		(void)*p;
}

/* All alike */
static struct area uniform(void)
{
	struct area area = map(ENTRIES, PAGE, MADV_NOHUGEPAGE);
	unsigned long i;

	for (i = 0; i < ENTRIES; i++)
		touch(&area, i, true);
	return area;
}

/* Of one kind, but Accessed and Dirty change from page to page */
static struct area mixed(void)
{
	struct area area = uniform();
	unsigned long i;

	/* Clears both. */
	advise(&area, MADV_FREE);
	for (i = 0; i < ENTRIES; i += 4) {
		touch(&area, i, true);
		touch(&area, i + 1, false);
	}
	return area;
}

/* Each page of another kind than the one before: private, zero page, private */
static struct area alternating(void)
{
	struct area area = map(ENTRIES, PAGE, MADV_NOHUGEPAGE);
	unsigned long i;

	for (i = 0; i < ENTRIES; i++)
		touch(&area, i, i % 2);
	return area;
}

/* Small pages, and physically contiguous: split large ones */
static struct area contiguous(void)
{
	struct area area = map(ENTRIES, PAGE, MADV_HUGEPAGE);
	unsigned long i;

	for (i = 0; i < ENTRIES; i++)
		touch(&area, i, true);
	advise(&area, MADV_NOHUGEPAGE);
	for (i = 0; i < area.size; i += TABLE)
		if (mprotect(area.start + i, PAGE, PROT_READ) ||
		    mprotect(area.start + i, PAGE, PROT_READ | PROT_WRITE))
			err(1, "mprotect");
	for (i = 0; i < ENTRIES; i++)
		touch(&area, i, true);
	return area;
}

static struct area prot_none(void)
{
	struct area area = uniform();

	if (mprotect(area.start, area.size, PROT_NONE))
		err(1, "mprotect");
	return area;
}

static struct area swapped(void)
{
	struct area area = uniform();

	advise(&area, MADV_PAGEOUT);
	return area;
}

static struct area large(void)
{
	struct area area = map(HUGE_ENTRIES, TABLE, MADV_HUGEPAGE);
	unsigned long i;

	for (i = 0; i < area.size / PAGE; i++)
		touch(&area, i, true);
	return area;
}

/* A page here and there in much address space */
static struct area sparse(void)
{
	struct area area = map(SPARSE_SIZE / PAGE, PAGE, MADV_NOHUGEPAGE);
	unsigned long i;

	area.entries = SPARSE_PAGES;
	for (i = 0; i < SPARSE_PAGES; i++)
		touch(&area, i * (SPARSE_STEP / PAGE), true);
	return area;
}

static void unmap(const struct area *area)
{
	munmap(area->start, area->size);
}

/* Calls: one each, with all that it needs prepared */

static void call_runs(void *arg)
{
	if (ioctl(device, MMUINSPECT_IOC_RUNS, arg))
		err(1, "RUNS");
}

static void call_walk(void *arg)
{
	if (ioctl(device, MMUINSPECT_IOC_WALK, arg))
		err(1, "WALK");
}

static void call_scan(void *arg)
{
	if (ioctl(pagemap, SCAN, arg) < 0)
		err(1, "PAGEMAP_SCAN");
}

static void call_pagemap(void *arg)
{
	const struct area *area = arg;
	unsigned long at, left, n;

	for (at = 0; at < area->size / PAGE; at += n) {
		left = area->size / PAGE - at;
		n = left < ENTRIES ? left : ENTRIES;
		if (pread(pagemap, words, n * 8,
			  ((unsigned long)area->start / PAGE + at) * 8) !=
		    (ssize_t)n * 8)
			err(1, "pagemap");
	}
}

/* The least of some: an interrupt's work may come in between. */
static double least(void (*call)(void *arg), void *arg)
{
	unsigned long begin, took, min = -1UL;
	int i;

	for (i = 0; i < REPEATS; i++) {
		begin = __rdtsc();
		call(arg);
		took = __rdtsc() - begin;
		if (took < min)
			min = took;
	}
	return min;
}

static void row(const char *work, unsigned long entries, const char *who,
		double figure, const char *unit, int bound)
{
	printf("%s\t%lu\t%s\t%.2f\t%s\t", work, entries, who, figure, unit);
	if (bound)
		printf("%d\n", bound);
	else
		puts("-");
}

static void no_row(const char *work, unsigned long entries, const char *who,
		   const char *unit)
{
	printf("%s\t%lu\t%s\t-\t%s\t-\n", work, entries, who, unit);
}

#define AN_ENTRY "instructions/entry"

static struct mmuinspect_runs request(const struct area *area, __u32 merge)
{
	return (struct mmuinspect_runs){
		.size = sizeof(struct mmuinspect_runs),
		.start = (__u64)area->start,
		.end = (__u64)area->start + area->size,
		.vec = (__u64)runs,
		.vec_len = ENTRIES,
		.merge = merge,
	};
}

static void expect(const char *work, const char *what, unsigned long got,
		   unsigned long wanted)
{
	if (got != wanted)
		errx(1, "%s: %lu %s, not %lu", work, got, what, wanted);
}

/* Counts of what was answered last */
struct answer {
	unsigned long pages;
	unsigned long present;
	unsigned long accessed;
	unsigned long dirty;
};

static struct answer answered(const struct mmuinspect_runs *ask)
{
	struct answer sum = {};
	unsigned int i;

	for (i = 0; i < ask->filled; i++) {
		sum.pages += runs[i].pages;
		sum.accessed += runs[i].accessed;
		sum.dirty += runs[i].dirty;
		if (runs[i].attrs & MMUINSPECT_PRESENT)
			sum.present += runs[i].pages;
	}
	return sum;
}

static struct answer ours(const char *work, const struct area *area,
			  __u32 merge, unsigned long filled, int bound)
{
	struct mmuinspect_runs ask = request(area, merge);
	double cost = least(call_runs, &ask);
	struct answer answer = answered(&ask);

	expect(work, "entries", answer.present, area->entries);
	if (filled)
		expect(work, "runs", ask.filled, filled);
	row(work, area->entries, "mmuinspect", cost / area->entries, AN_ENTRY,
	    bound);
	return answer;
}

static void theirs(const char *work, const struct area *area,
		   unsigned long filled)
{
	struct scan ask = {
		.size = sizeof(ask),
		.start = (__u64)area->start,
		.end = (__u64)area->start + area->size,
		.vec = (__u64)regions,
		.vec_len = ENTRIES,
		.category_mask = SCAN_PRESENT,
		.return_mask = SCAN_PRESENT | SCAN_ZERO_PAGE,
	};
	double cost;

	if (ioctl(pagemap, SCAN, &ask) < 0 && errno == ENOTTY) {
		no_row(work, area->entries, "PAGEMAP_SCAN", AN_ENTRY);
		return;
	}
	cost = least(call_scan, &ask);
	expect(work, "regions", ioctl(pagemap, SCAN, &ask), filled);
	row(work, area->entries, "PAGEMAP_SCAN", cost / area->entries, AN_ENTRY,
	    NO_BOUND);
}

static void pagemap_too(const char *work, const struct area *area)
{
	row(work, area->entries, "pagemap",
	    least(call_pagemap, (void *)area) / area->entries, AN_ENTRY,
	    NO_BOUND);
}

static void walks(const struct area *area)
{
	struct mmuinspect_walk ask = {
		.size = sizeof(ask),
		.vec = (__u64)translations,
		.vec_len = ADDRESSES,
	};
	double cost;
	int i;

	for (i = 0; i < ADDRESSES; i++)
		translations[i].address = (__u64)area->start +
			(i * 7919UL % area->entries) * PAGE;
	cost = least(call_walk, &ask);
	for (i = 0; i < ADDRESSES; i++)
		if (translations[i].stop != MMUINSPECT_STOP_MAPPED)
			errx(1, "walk: %llx isn't mapped",
			     translations[i].address);
	row("walk", ADDRESSES, "mmuinspect", cost / ADDRESSES,
	    "instructions/address", NO_BOUND);
}

/* pagemap would take minutes: a part of it, in which the pages are as rare. */
static void sparse_pagemap(const struct area *area)
{
	struct area part = {
		.start = area->start,
		.size = 8 * SPARSE_STEP & -PAGE,
		.entries = 8,
	};

	pagemap_too("sparse", &part);
}

static void entries(void)
{
	struct answer answer;
	struct area area;

	area = uniform();
	answer = ours("merged", &area, MMUINSPECT_MERGE_RIGHTS, 1, BOUND_MERGED);
	expect("merged", "accessed", answer.accessed, ENTRIES);
	expect("merged", "dirty", answer.dirty, ENTRIES);
	pagemap_too("merged", &area);
	theirs("merged", &area, 1);
	ours("one per entry", &area, MMUINSPECT_MERGE_NONE, ENTRIES, BOUND_EACH);
	pagemap_too("one per entry", &area);
	walks(&area);
	unmap(&area);

	area = mixed();
	answer = ours("merged, A and D mixed", &area, MMUINSPECT_MERGE_RIGHTS,
		      1, BOUND_MIXED);
	expect("mixed", "accessed", answer.accessed, ENTRIES / 2);
	expect("mixed", "dirty", answer.dirty, ENTRIES / 4);
	pagemap_too("merged, A and D mixed", &area);
	theirs("merged, A and D mixed", &area, 1);
	unmap(&area);

	area = contiguous();
	ours("merged, contiguous", &area, MMUINSPECT_MERGE_PHYS, 0, NO_BOUND);
	pagemap_too("merged, contiguous", &area);
	unmap(&area);

	area = alternating();
	ours("nothing to merge", &area, MMUINSPECT_MERGE_RIGHTS, ENTRIES,
	     BOUND_KINDS);
	pagemap_too("nothing to merge", &area);
	theirs("nothing to merge", &area, ENTRIES);
	unmap(&area);

	area = sparse();
	ours("sparse", &area, MMUINSPECT_MERGE_RIGHTS, SPARSE_PAGES,
	     BOUND_SPARSE);
	sparse_pagemap(&area);
	theirs("sparse", &area, SPARSE_PAGES);
	unmap(&area);
}

/* How long interrupts are off */

static unsigned long parameter(bool reset)
{
	FILE *file = fopen(IRQS_PARAMETER, reset ? "w" : "r");
	unsigned long value = 0;

	if (!file)
		err(1, IRQS_PARAMETER);
	if (reset ? fputs("0", file) < 0 : fscanf(file, "%lu", &value) != 1)
		err(1, IRQS_PARAMETER);
	fclose(file);
	return value;
}

static const struct {
	const char *work;
	struct area (*area)(void);
	bool present;
} cases[] = {
	{ "interrupts off, uniform",	uniform,	true },
	{ "interrupts off, mixed",	mixed,		true },
	{ "interrupts off, alternating", alternating,	true },
	{ "interrupts off, PROT_NONE",	prot_none,	false },
	{ "interrupts off, swapped",	swapped,	false },
	{ "interrupts off, 2 MiB",	large,		true },
	{ "interrupts off, sparse",	sparse,		true },
};

static void interrupts(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct area area = cases[i].area();
		struct mmuinspect_runs ask = request(&area,
						     MMUINSPECT_MERGE_RIGHTS);
		struct answer answer;

		parameter(true);
		least(call_runs, &ask);
		answer = answered(&ask);
		expect(cases[i].work, "entries", answer.pages, area.entries);
		expect(cases[i].work, "present", answer.present,
		       cases[i].present ? area.entries : 0);
		row(cases[i].work, area.entries, "mmuinspect", parameter(false),
		    "instructions", BOUND_IRQS);
		unmap(&area);
	}
}

/* Kernel threads still at work after boot would share the only processor. */
static void go_first(void)
{
	struct sched_param param = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		err(1, "sched_setscheduler");
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	go_first();
	device = open("/dev/mmuinspect", O_RDWR | O_CLOEXEC);
	if (device < 0)
		err(1, "/dev/mmuinspect");
	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		err(1, "pagemap");
	memset(runs, 1, sizeof(runs));
	memset(regions, 1, sizeof(regions));
	memset(words, 1, sizeof(words));
	memset(translations, 0, sizeof(translations));
	if (!strcmp(what, "entries"))
		entries();
	else if (!strcmp(what, "interrupts"))
		interrupts();
	else
		errx(2, "usage: bench entries | interrupts");
	return 0;
}
