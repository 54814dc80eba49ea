// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cycles an access as the working set grows: a chain of pointers, one in each 4
 * KiB, in random order, so that each load waits for the one before it. The same
 * chain lies in 4K pages and in 2M pages: the caches see the same, and what
 * differs is the work of the TLBs.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

#define PAGE		4096UL
#define HUGE		(2UL << 20)
#define LINE		64
#define SMALLEST	(64UL << 10)
#define LARGEST		(64UL << 20)	/* at least */
#define LARGEST_MAX	(256UL << 20)	/* beyond the reach of level 1 in 2M pages */
#define POINTS_MAX	13	/* from SMALLEST to LARGEST_MAX, twice as much each */
#define TRIES		3
#define SECONDS		8.0	/* for all points together, at most */
#define BAR		40

#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB	(21 << 26)
#endif

/* The last working set, and how many there are */
static size_t largest;
static size_t points;

/* What the memory is made of: two columns of the plot */
static const struct {
	const char *name;
	const char *key;
} columns[] = { { "4K", "small" }, { "2M", "huge" } };

/**
 * struct arena - memory of one page size
 * @map: what to give back
 * @size: of it
 * @start: @largest bytes, at a border of 2 MiB
 * @how: what it is made of
 * @huge: bytes of it that are in pages of 2 MiB
 */
struct arena {
	char *map;
	size_t size;
	char *start;
	const char *how;
	size_t huge;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static __u64 cycles(void)
{
#if defined(__x86_64__) || defined(__i386__)
	unsigned int low, high;

	/* Loads before it are done, and none after it has begun. */
	__asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a" (low), "=d" (high) : : "memory");
	return (__u64)high << 32 | low;
#else
	return now() * 1e9;
#endif
}

/* Both arenas together take a quarter of the memory that is free, at most. */
static void choose_largest(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long kib = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %lu kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	for (largest = LARGEST; largest < LARGEST_MAX; largest *= 2)
		if (2 * 2 * largest > (kib << 10) / 4)
			break;
	for (points = 1; SMALLEST << (points - 1) < largest; )
		points++;
}

/* Of the mapping at @start, by /proc/self/smaps */
static size_t huge_bytes(const char *start)
{
	static const char *const lines[] = {
		"AnonHugePages: %lu kB", "Private_Hugetlb: %lu kB",
	};
	FILE *f = fopen("/proc/self/smaps", "re");
	unsigned long from, to, kib, sum = 0;
	char line[512];
	int inside = 0;
	size_t i;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = from <= (uintptr_t)start && (uintptr_t)start < to;
		for (i = 0; inside && i < 2; i++)
			if (sscanf(line, lines[i], &kib) == 1)
				sum += kib << 10;
	}
	if (f)
		fclose(f);
	return sum;
}

static int map_small(struct arena *a)
{
	a->size = largest + HUGE;
	a->map = mmap(NULL, a->size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (a->map == MAP_FAILED)
		return -errno;
	a->start = (char *)(((uintptr_t)a->map + HUGE - 1) & -HUGE);
	a->how = "4K pages";
	madvise(a->map, a->size, MADV_NOHUGEPAGE);
	return 0;
}

/*
 * From the pool of that size, which needn't be the default one, if it has enough,
 * else transparent ones.
 */
static int map_huge(struct arena *a)
{
	int err;

	a->size = largest;
	a->map = mmap(NULL, a->size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB, -1, 0);
	if (a->map != MAP_FAILED) {
		a->start = a->map;
		a->how = "hugetlb";
		return 0;
	}
	err = map_small(a);
	if (!err)
		madvise(a->map, a->size, MADV_HUGEPAGE);
	a->how = "transparent huge pages";
	return err;
}

static __u64 random_next(__u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Where in its page a pointer is: all sets of a cache are used alike. */
static void **slot(const struct arena *a, size_t page)
{
	return (void **)(a->start + page * PAGE + page * LINE % PAGE);
}

/* One ring through all of @pages, in an order that no prefetcher guesses. */
static void link_pages(const struct arena *a, size_t pages)
{
	static __u32 order[LARGEST_MAX / PAGE];
	__u64 state = 0x9e3779b97f4a7c15;
	size_t i, other;

	for (i = 0; i < pages; i++)
		order[i] = i;
	for (i = pages - 1; i > 0; i--) {
		__u32 kept = order[i];

		other = random_next(&state) % (i + 1);
		order[i] = order[other];
		order[other] = kept;
	}
	for (i = 0; i < pages; i++)
		*slot(a, order[i]) = slot(a, order[(i + 1) % pages]);
}

/* Follow the ring @loads times. */
static void *chase(void *at, size_t loads)
{
	while (loads--) {
		at = *(void *volatile *)at;
		__asm__ volatile("" : "+r" (at));
	}
	return at;
}

/* Cycles an access, the best of a few tries; @until is when to be done. */
static double measure_point(const struct arena *a, size_t pages, double until)
{
	size_t loads = pages < 16384 ? 16384 : pages;
	double best = 0;
	void *at;
	int try;

	link_pages(a, pages);
	at = chase(slot(a, 0), pages);
	for (try = 0; try < TRIES; try++) {
		__u64 before = cycles(), took;

		at = chase(at, loads);
		took = cycles() - before;
		if (!try || took < best * loads)
			best = (double)took / loads;
		if (now() > until)
			break;
	}
	return best;
}

/* On a terminal: what is being done. */
static void progress(const char *what, size_t bytes)
{
	char size[24];

	if (!isatty(STDERR_FILENO))
		return;
	if (what)
		fprintf(stderr, "\rmeasuring %s of %s pages ...  ", out_size(bytes, size), what);
	else
		fprintf(stderr, "\r%48s\r", "");
}

static void measure_all(const struct arena arena[2], double figure[POINTS_MAX][2])
{
	double begin = now();
	size_t point, c;

	for (point = 0; point < points; point++)
		for (c = 0; c < 2; c++) {
			double share = (point * 2 + c + 1) / (points * 2.0);

			progress(columns[c].name, SMALLEST << point);
			figure[point][c] = measure_point(&arena[c],
				(SMALLEST << point) / PAGE, begin + share * SECONDS);
		}
	progress(NULL, 0);
}

static void print_warnings(const struct mmuinspect_cpu_model *model)
{
	const char *text = NULL;

	if (model->emulator)
		text = "an emulator: these figures mean nothing: they show its own TLB in software";
	else if (model->hypervised)
		text = "a hypervisor: each miss walks nested tables too, up to 24 loads instead of 4, or\n"
		       "35 instead of 5 where guest and host both have five levels;\n"
		       "where it maps its guest in 4K pages, a 2M page takes many entries";
	out_string("warning", text, text ? "%s\n" : NULL, text);
}

/* The logarithm to base 2, near enough for a bar, without libm. */
static double log_2(double x)
{
	double n = 0;

	for (; x >= 2; x /= 2)
		n++;
	return x > 1 ? n + x - 1 : n;
}

/* 4K pages cost more: the bar is theirs, and its first part that of 2M pages. */
static void print_bar(const double figure[2], double most)
{
	char bar[BAR + 1];
	int small = log_2(figure[0]) / log_2(most) * BAR + 0.5;
	int huge = log_2(figure[1]) / log_2(most) * BAR + 0.5, i;
	int length = small > huge ? small : huge;

	for (i = 0; i < length; i++)
		bar[i] = i < huge ? '#' : '-';
	bar[length] = '\0';
	out_text(length ? "  %s\n" : "\n", bar);
}

/* Each TLB for data whose reach is between, by page size; returns how many. */
static size_t for_reaches(const struct mmuinspect_tlb *tlb, size_t n, __u64 from, __u64 to,
			  void (*print)(const struct mmuinspect_tlb *tlb, __u64 size,
					__u64 reach))
{
	size_t i, found = 0;

	for (i = 0; i < n; i++) {
		__u64 pages = tlb[i].pages & (PAGE | HUGE);

		if (tlb[i].kind == MMUINSPECT_TLB_INSTRUCTION ||
		    tlb[i].kind == MMUINSPECT_TLB_STORE)
			continue;
		for (; pages; pages &= pages - 1) {
			__u64 size = pages & -pages, covers = size * tlb[i].entries;

			if (covers < from || covers >= to)
				continue;
			print(&tlb[i], size, covers);
			found++;
		}
	}
	return found;
}

/* What the working set has outgrown between two lines */
static void print_passed(const struct mmuinspect_tlb *tlb, __u64 size, __u64 reach)
{
	char text[24], page[24];

	out_text(" %6s  ...... reach of L%u %s, %u entries of %s\n",
		 out_size(reach, text), tlb->level, mmuinspect_tlb_kind_name(tlb->kind),
		 tlb->entries, out_size(size, page));
}

static void print_unreached(const struct mmuinspect_tlb *tlb, __u64 size, __u64 reach)
{
	char text[24], page[24];

	out_object(NULL);
	out_number("size", reach, " %s", out_size(reach, text));
	out_number("level", tlb->level, " (L%u", tlb->level);
	out_string("kind", mmuinspect_tlb_kind_name(tlb->kind), " %s",
		   mmuinspect_tlb_kind_name(tlb->kind));
	out_number("page_size", size, ", %s)", out_size(size, page));
	out_end();
}

static void print_beyond(const struct mmuinspect_tlb *tlb, size_t n)
{
	char text[24];

	out_text("reaches beyond %s, not measured:", out_size(largest, text));
	out_array("beyond");
	if (!for_reaches(tlb, n, largest, ~0ULL, print_unreached))
		out_text(" none");
	out_end();
	out_text("\n");
}

static void print_figures(double figure[POINTS_MAX][2], const struct mmuinspect_tlb *tlb,
			  size_t n)
{
	double most = 2;
	size_t point, c;
	char size[24];

	for (point = 0; point < points; point++)
		for (c = 0; c < 2; c++)
			most = figure[point][c] > most ? figure[point][c] : most;
	out_heading("working   cycles an access");
	out_heading("    set     4K     2M  (logarithmic: # with 2M pages, - what 4K cost on top)");
	out_array("points");
	for (point = 0; point < points; point++) {
		__u64 bytes = SMALLEST << point;

		for_reaches(tlb, n, point ? bytes / 2 : 0, bytes, print_passed);
		out_object(NULL);
		out_number("size", bytes, " %6s", out_size(bytes, size));
		for (c = 0; c < 2; c++)
			out_real(columns[c].key, figure[point][c], " %6.1f", figure[point][c]);
		out_end();
		print_bar(figure[point], most);
	}
	out_end();
}

int tlb_measure(const struct mmuinspect_cpu_model *model,
		const struct mmuinspect_tlb *tlb, size_t n)
{
	static double figure[POINTS_MAX][2];
	struct arena arena[2] = { 0 };
	int err;

	choose_largest();
	err = map_small(&arena[0]);
	if (err)
		return failed("--measure: %s", strerror(-err));
	err = map_huge(&arena[1]);
	if (err) {
		munmap(arena[0].map, arena[0].size);
		return failed("--measure: %s", strerror(-err));
	}
	memset(arena[0].start, 1, largest);
	memset(arena[1].start, 1, largest);
	arena[1].huge = huge_bytes(arena[1].start);
	measure_all(arena, figure);
	out_text("\n");
	out_object("measure");
	print_warnings(model);
	out_string("huge_pages", arena[1].how, NULL);
	out_number("huge_percent", 100 * arena[1].huge / largest,
		   "2M pages: %s, %u%% of the memory\n", arena[1].how,
		   (unsigned int)(100 * arena[1].huge / largest));
	print_figures(figure, tlb, n);
	print_beyond(tlb, n);
	out_text("cycles of the time-stamp counter; the caches see the same in both columns\n");
	out_end();
	munmap(arena[1].map, arena[1].size);
	munmap(arena[0].map, arena[0].size);
	return EXIT_DONE;
}
