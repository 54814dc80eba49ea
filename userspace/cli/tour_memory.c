// SPDX-License-Identifier: GPL-2.0-only
/* The tour: from a linear address, level by level, to the frame; and page sizes. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tour.h"

/* In the middle of the page, and as much as VERIFY compares */
#define AT	0x540
#define BYTES	64
#define TRIES	8
#define ENTRIES	512	/* of a table */

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_FRAME	((1ULL << 55) - 1)
#define PAGEMAP_PRESENT	(1ULL << 63)

/* Where Linux says that a page of this process is; 0 if it doesn't */
static __u64 pagemap(const char *address)
{
	__u64 size = sysconf(_SC_PAGESIZE), entry;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = pread(fd, &entry, sizeof(entry), (uintptr_t)address / size * sizeof(entry));
	close(fd);
	if (n != sizeof(entry) || !(entry & PAGEMAP_PRESENT))
		return 0;
	return (entry & PAGEMAP_FRAME) * size + (uintptr_t)address % size;
}

/* Is each index nine bits of the address, and each entry the next one's table? */
static int is_chain(const struct tour *t, const struct mmuinspect_translation *walk)
{
	const struct mmuinspect_step *s = walk->step;
	unsigned int i;

	for (i = 0; i < walk->steps; i++) {
		__u64 size = mmuinspect_level_size(t->s.info, s[i].level);

		if (walk->address / size % ENTRIES != s[i].index)
			return 0;
		if (i + 1 < walk->steps && s[i + 1].table !=
		    mmuinspect_entry_address(t->s.info, s[i].level, s[i].entry))
			return 0;
	}
	return walk->steps > 0;
}

/* The kernel compares what it finds; not if the entry is changed meanwhile. */
static const char *walk_verified(struct tour *t, const char *address,
				 struct mmuinspect_translation *walk)
{
	const char *why;
	int try = 0;

	do
		why = tour_walk(t, 0, address, MMUINSPECT_WALK_VERIFY, walk, NULL);
	while (!why && walk->changed && ++try < TRIES);
	return why;
}

static void check_pattern(struct tour *t, const char *pattern,
			  const struct mmuinspect_translation walk[2])
{
	tour_check(t, is_chain(t, &walk[0]) && is_chain(t, &walk[1]),
		   "each index is 9 bits of the address, each entry leads to the next table");
	tour_check(t, walk[0].phys && walk[0].phys == walk[1].phys,
		   "two addresses, one physical address");
	tour_check(t, !memcmp(t->also + AT, pattern, BYTES),
		   "what was written through the one is read through the other");
	tour_check(t, walk[0].frame == MMUINSPECT_VERDICT_SAME &&
		   walk[1].frame == MMUINSPECT_VERDICT_SAME,
		   "the kernel's own lookup finds the same frame");
	tour_check(t, walk[0].bytes == MMUINSPECT_VERDICT_SAME &&
		   walk[1].bytes == MMUINSPECT_VERDICT_SAME,
		   "the bytes in the frame are those seen through the mappings");
	if (access("/proc/self/pagemap", R_OK))
		out_text("  /proc/self/pagemap can't be asked\n");
	else
		tour_check(t, pagemap(t->page + AT) == walk[0].phys,
			   "/proc/self/pagemap says the same frame");
}

static const char *show_levels(struct tour *t)
{
	struct mmuinspect_translation walk[2];
	const char *why = tour_page(t);
	char pattern[BYTES];

	if (why)
		return why;
	snprintf(pattern, sizeof(pattern), "written by process %d through %p", getpid(),
		 t->page + AT);
	memset(pattern + strlen(pattern), '.', BYTES - strlen(pattern));
	memcpy(t->page + AT, pattern, BYTES);
	/* A mapping gets its entry when it's first used. */
	(void)*(volatile char *)(t->also + AT);
	why = walk_verified(t, t->page + AT, &walk[0]);
	if (!why)
		why = walk_verified(t, t->also + AT, &walk[1]);
	if (why)
		return why;
	tour_print_walk(t, "written_through", &walk[0]);
	out_text("\n");
	tour_print_walk(t, "read_through", &walk[1]);
	out_number("pid", getpid(), "\n");
	out_hex("pagemap", pagemap(t->page + AT), "  /proc/self/pagemap: 0x%llx\n",
		(unsigned long long)pagemap(t->page + AT));
	check_pattern(t, pattern, walk);
	return NULL;
}

const struct tour_step tour_levels = {
	.name = "levels",
	.title = "From a linear address through the levels to the frame",
	.text = "The CPU takes the linear address apart: nine bits choose an entry in the top\n"
		"table, the entry says where the next table is, the next nine bits choose there;\n"
		"the last entry has the frame, and the low bits are the place in it. Here one page\n"
		"of memory is mapped at two addresses. A pattern is written through the first.\n"
		"Both walks must end at one frame, and the pattern must be in it.\n",
	.show = show_levels,
};

#define MB		(1UL << 20)
#define HUGE_SHIFT	26	/* asm-generic/hugetlb_encode.h */

/* Page sizes, and what gives one: the first that does */
static const struct size {
	__u64 size;
	struct way {
		const char *how;
		unsigned int hugetlb;	/* log2; 0 for ordinary memory */
		int advice;
	} way[2];
} sizes[] = {
	{ 4096, { { "ordinary memory", 0, MADV_NOHUGEPAGE } } },
	{ 2 * MB, { { "from the pool of huge pages", 21 },
		    { "a transparent huge page", 0, MADV_HUGEPAGE } } },
	{ 1024 * MB, { { "from the pool of huge pages", 30 } } },
};

/* So much that one page of the size fits in; NULL if there is none. */
static char *map(__u64 size, const struct way *way, size_t *room)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	char *p;

	if (way->hugetlb)
		flags |= MAP_HUGETLB | way->hugetlb << HUGE_SHIFT;
	*room = way->hugetlb ? size : 2 * size;
	p = mmap(NULL, *room, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (!way->hugetlb)
		madvise(p, *room, way->advice);
	return p;
}

static void print_size(struct tour *t, const struct way *way, const char *at,
		       const struct mmuinspect_translation *walk)
{
	__u64 size = mmuinspect_level_size(t->s.info, walk->level);
	char text[24];

	out_object(NULL);
	out_number("size", size, "  %s: ", out_size(size, text));
	out_string("how", way->how, "%s\n", way->how);
	tour_print_walk(t, "walk", walk);
	out_end();
	tour_check(t, walk->steps == t->s.info->levels - walk->level + 1U &&
		   (walk->phys & (size - 1)) == (walk->address & (size - 1)),
		   "%s: %u levels; the rest of the address is the place in the frame",
		   text, walk->steps);
	tour_check(t, pagemap(at) == walk->phys, "/proc/self/pagemap says the same frame");
	out_text("\n");
}

/* Returns whether there was such a page; @*why is set if it can't be looked at. */
static int show_size(struct tour *t, __u64 size, const struct way *way,
		     const char **why)
{
	struct mmuinspect_translation walk = { .stop = MMUINSPECT_STOP_EMPTY };
	char *p, *start, *at;
	int had = 0;
	size_t room;

	p = map(size, way, &room);
	if (!p)
		return 0;
	start = (char *)(((uintptr_t)p + size - 1) & -size);
	/* Neither the first byte nor the first 4 KiB, if there are several */
	at = start + size / 2 + 0x123;
	/* A pool may refuse: that's no reason to be killed by SIGBUS. */
	if (!madvise(start, size, MADV_POPULATE_WRITE))
		*why = tour_walk(t, 0, at, 0, &walk, NULL);
	if (!*why && walk.stop == MMUINSPECT_STOP_MAPPED)
		had = mmuinspect_level_size(t->s.info, walk.level) == size;
	if (had)
		print_size(t, way, at, &walk);
	munmap(p, room);
	return had;
}

static const char *show_sizes(struct tour *t)
{
	const char *why = NULL;
	char text[24];
	size_t i, w;

	out_array("sizes");
	for (i = 0; i < ARRAY_SIZE(sizes) && !why; i++) {
		const struct size *s = &sizes[i];

		for (w = 0; w < 2 && s->way[w].how && !why; w++)
			if (show_size(t, s->size, &s->way[w], &why))
				break;
		if (!why && (w == 2 || !s->way[w].how))
			out_text("  %s: this machine has none to give now\n",
				 out_size(s->size, text));
	}
	out_end();
	return why;
}

const struct tour_step tour_sizes = {
	.name = "sizes",
	.title = "Page sizes: where the walk ends",
	.text = "An entry above the last level may itself be the end: bit PS says so. Such a page\n"
		"is as large as what the levels below would have divided, 2 MiB or 1 GiB; it saves\n"
		"those tables, a load at each TLB miss, and most of all entries of the TLB. The\n"
		"price is that all of it has one set of rights, and is in one piece. Each size\n"
		"that this machine gives is used once, and walked to.\n",
	.show = show_sizes,
};
