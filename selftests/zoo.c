// SPDX-License-Identifier: GPL-2.0-only
#include "zoo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HUGE_2M		(2 * MB)
#define PAGES		16

#define skip(place, fmt, ...) \
	snprintf((place)->skip, sizeof((place)->skip), fmt, ##__VA_ARGS__)

/*
 * Each kind gets its own gigabyte, with nothing around, so that it begins on
 * the border of a page of any size and the kernel can't merge two mappings.
 */
static __u64 next_free(__u64 len)
{
	static __u64 next = 0x100000000000;
	__u64 here = next;

	next += (len + 2 * GB - 1) & ~(GB - 1);
	return here;
}

/* Returns false if there's none to be had; place->addr set beforehand is kept. */
static bool map(struct place *place, __u64 len, int prot, int flags, int fd)
{
	void *p;

	if (!place->addr) {
		place->addr = next_free(len);
		flags |= MAP_FIXED_NOREPLACE;
	}
	p = mmap((void *)place->addr, len, prot, flags, fd, 0);
	if (p == MAP_FAILED)
		return false;
	place->addr = (__u64)p;
	place->len = len;
	return true;
}

static void map_anon(struct place *place, __u64 len, int advice)
{
	if (!map(place, len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1))
		die("mmap: %m");
	/* A kernel without huge pages knows neither advice. */
	madvise((void *)place->addr, len, advice);
}

static void write_pages(const struct place *place)
{
	__u64 i;

	for (i = 0; i < place->len; i += PAGE_SIZE)
		*(volatile __u64 *)(place->addr + i) = place->addr + i + 1;
}

static void read_pages(const struct place *place)
{
	__u64 i;

	for (i = 0; i < place->len; i += PAGE_SIZE)
		(void)*(volatile __u64 *)(place->addr + i);
}

static void protect(const struct place *place, int prot)
{
	if (mprotect((void *)place->addr, place->len, prot))
		die("mprotect: %m");
}

static void make_anon(struct place *place)
{
	map_anon(place, PAGES * PAGE_SIZE, MADV_NOHUGEPAGE);
	write_pages(place);
}

static void make_read_only(struct place *place)
{
	make_anon(place);
	protect(place, PROT_READ);
}

static void make_exec(struct place *place)
{
	make_anon(place);
	protect(place, PROT_READ | PROT_EXEC);
}

static void make_write_exec(struct place *place)
{
	make_anon(place);
	protect(place, PROT_READ | PROT_WRITE | PROT_EXEC);
	write_pages(place);
}

static void make_none(struct place *place)
{
	make_anon(place);
	protect(place, PROT_NONE);
}

/* Two mappings that differ in nothing which an entry shows. */
static void make_neighbours(struct place *place)
{
	make_anon(place);
	if (madvise((void *)(place->addr + place->len / 2), place->len / 2,
		    MADV_DONTFORK))
		die("MADV_DONTFORK: %m");
}

static void map_memfd(struct place *place)
{
	int fd = memfd_create("zoo", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, PAGES * PAGE_SIZE) ||
	    !map(place, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		 fd))
		die("memfd: %m");
	close(fd);
}

static void make_shared_written(struct place *place)
{
	map_memfd(place);
	write_pages(place);
}

/* Nobody ever wrote to these: 7.3 maps what is dirty in the file as dirty. */
static void make_shared_read(struct place *place)
{
	map_memfd(place);
	read_pages(place);
}

static void make_file(struct place *place)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd < 0 ||
	    !map(place, PAGES * PAGE_SIZE, PROT_READ, MAP_PRIVATE, fd))
		die("/proc/self/exe: %m");
	close(fd);
	read_pages(place);
}

static void make_cow(struct place *place)
{
	make_anon(place);
	hold(NULL, NULL);
}

static void make_zero(struct place *place)
{
	map_anon(place, PAGES * PAGE_SIZE, MADV_NOHUGEPAGE);
	read_pages(place);
}

static void make_emptied(struct place *place)
{
	make_anon(place);
	if (madvise((void *)place->addr, place->len, MADV_DONTNEED))
		die("MADV_DONTNEED: %m");
}

static size_t swapped_pages(const struct place *place)
{
	__u64 entry[PAGES];
	int fd = pagemap_open(getpid());
	size_t i, n = 0;

	pagemap_read(fd, place->addr, PAGES, entry);
	close(fd);
	for (i = 0; i < PAGES; i++)
		n += !!(entry[i] & PM_SWAP);
	return n;
}

static void make_swapped(struct place *place)
{
	int tries;

	if (!have_swap()) {
		skip(place, "no swap area");
		return;
	}
	make_anon(place);
	for (tries = 0; tries < 100; tries++) {
		if (madvise((void *)place->addr, place->len, MADV_PAGEOUT))
			die("MADV_PAGEOUT: %m");
		if (swapped_pages(place) == PAGES)
			return;
		usleep(20000);
	}
	die("only %zu of %d pages would be swapped out", swapped_pages(place),
	    PAGES);
}

static unsigned long huge_bytes(const struct place *place)
{
	struct vmas vmas;
	unsigned long huge;

	vmas_read(getpid(), &vmas);
	huge = vma_at(&vmas, place->addr)->huge;
	vmas_free(&vmas);
	return huge;
}

static void make_thp(struct place *place)
{
	map_anon(place, 2 * HUGE_2M, MADV_HUGEPAGE);
	write_pages(place);
	if (huge_bytes(place) != place->len)
		madvise((void *)place->addr, place->len, MADV_COLLAPSE);
	if (huge_bytes(place) != place->len)
		skip(place, "the kernel gave no transparent huge pages");
}

static void make_thp_none(struct place *place)
{
	make_thp(place);
	protect(place, PROT_NONE);
}

static void make_thp_zero(struct place *place)
{
	__u64 a, b;

	map_anon(place, 2 * HUGE_2M, MADV_HUGEPAGE);
	read_pages(place);
	a = pagemap_at(getpid(), place->addr);
	b = pagemap_at(getpid(), place->addr + PAGE_SIZE);
	if ((a & PM_FRAME) + 1 != (b & PM_FRAME))
		skip(place, "the kernel gave no huge zero page");
}

static void map_hugetlb(struct place *place, __u64 size, int log2)
{
	if (!map(place, size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		 MAP_ANONYMOUS | MAP_HUGETLB | log2 << MAP_HUGE_SHIFT, -1)) {
		skip(place, "no hugetlb page of %llu MiB: %s", size / MB,
		     strerror(errno));
		return;
	}
	*(volatile char *)place->addr = 1;
}

static void make_hugetlb_2m(struct place *place)
{
	map_hugetlb(place, HUGE_2M, 21);
}

static void make_hugetlb_none(struct place *place)
{
	map_hugetlb(place, HUGE_2M, 21);
	if (!*place->skip)
		protect(place, PROT_NONE);
}

static void make_hugetlb_1g(struct place *place)
{
	map_hugetlb(place, GB, 30);
}

static void make_high(struct place *place)
{
	place->addr = 1ULL << 50;
	make_anon(place);
	if (place->addr < 1ULL << 47) {
		munmap((void *)place->addr, place->len);
		skip(place, "no address above 2^47: 4 levels");
	}
}

static void make_pkey(struct place *place)
{
	int key = syscall(SYS_pkey_alloc, 0, 0);

	if (key < 0) {
		skip(place, "no protection keys: %s", strerror(errno));
		return;
	}
	make_anon(place);
	if (syscall(SYS_pkey_mprotect, place->addr, place->len,
		    PROT_READ | PROT_WRITE, key))
		die("pkey_mprotect: %m");
	place->pkey = key;
}

static void make_guard(struct place *place)
{
	make_anon(place);
	if (madvise((void *)place->addr, place->len, MADV_GUARD_INSTALL))
		skip(place, "no guard regions: %s", strerror(errno));
}

/* Pages that aren't in the kernel's direct map: to read them is a fault. */
static void make_secret(struct place *place)
{
	int fd = syscall(SYS_memfd_secret, O_CLOEXEC);

	if (fd < 0 || ftruncate(fd, PAGES * PAGE_SIZE) ||
	    !map(place, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		 MAP_SHARED, fd)) {
		skip(place, "no memfd_secret: %s", strerror(errno));
		return;
	}
	close(fd);
	write_pages(place);
}

/* The VGA text screen: a frame that isn't memory. */
static void make_mmio(struct place *place)
{
	int fd = open("/dev/mem", O_RDWR | O_CLOEXEC);

	place->phys = 0xb8000;
	place->addr = next_free(PAGE_SIZE);
	place->len = PAGE_SIZE;
	if (fd < 0 || mmap((void *)place->addr, PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_FIXED_NOREPLACE, fd,
			   place->phys) == MAP_FAILED)
		skip(place, "/dev/mem: %s", strerror(errno));
}

#define P MMUINSPECT_PRESENT
#define W MMUINSPECT_WRITE
#define U MMUINSPECT_USER
#define X MMUINSPECT_EXEC
#define A MMUINSPECT_ACCESSED
#define D MMUINSPECT_DIRTY
#define RIGHTS (P | W | U | X)
#define ALL (RIGHTS | A | D)

#define KIND(_name, _level, _mask, _attrs, ...)					\
	[ZOO_##_name] = {							\
		.name = #_name, .level = _level, .mask = _mask,			\
		.attrs = _attrs, .make = make_##_name, __VA_ARGS__		\
	}

/*
 * A page that was written and then write-protected may keep its Dirty bit or
 * have it elsewhere (saved_dirty), so it is certain for writable ones only.
 */
const struct kind zoo[ZOO_SIZE] = {
	KIND(cow,		1, RIGHTS,	P | U, .kept_dirty = true),
	KIND(anon,		1, ALL,		P | W | U | A | D),
	KIND(read_only,		1, RIGHTS,	P | U, .kept_dirty = true),
	KIND(exec,		1, RIGHTS,	P | U | X, .kept_dirty = true),
	KIND(write_exec,	1, ALL,		ALL),
	KIND(none,		1, ALL,		0, .kept_dirty = true),
	KIND(neighbours,	1, ALL,		P | W | U | A | D),
	KIND(shared_written,	1, ALL,		P | W | U | A | D),
	KIND(shared_read,	1, P | U | X | D, P | U),
	KIND(file,		1, RIGHTS | D,	P | U),
	KIND(zero,		1, RIGHTS | D,	P | U, .page_flags = KPF_ZERO_PAGE),
	KIND(emptied,		0, 0,		0),
	KIND(swapped,		1, ALL,		0,
	     .swap_class = MMUINSPECT_SWAP_DEVICE),
	KIND(thp,		2, ALL,		P | W | U | A | D),
	KIND(thp_none,		2, ALL,		0, .kept_dirty = true),
	KIND(thp_zero,		2, RIGHTS | D,	P | U, .page_flags = KPF_ZERO_PAGE),
	KIND(hugetlb_2m,	2, ALL,		P | W | U | A | D,
	     .page_flags = KPF_HUGE),
	KIND(hugetlb_none,	2, ALL,		0, .page_flags = KPF_HUGE),
	KIND(hugetlb_1g,	3, ALL,		P | W | U | A | D,
	     .page_flags = KPF_HUGE),
	KIND(high,		1, ALL,		P | W | U | A | D),
	KIND(pkey,		1, ALL,		P | W | U | A | D),
	KIND(guard,		1, ALL,		0,
	     .swap_class = MMUINSPECT_SWAP_MARKER),
	KIND(secret,		1, RIGHTS,	P | W | U),
	KIND(mmio,		1, RIGHTS,	P | W | U),
};

/* Bring the chosen kinds into being here. */
void zoo_here(__u64 which, struct place *place)
{
	int i;

	/* It clears Accessed bits of random pages (since 7.0). */
	write_file("/sys/module/damon_stat/parameters/enabled", "N");
	for (i = 0; i < ZOO_SIZE; i++) {
		if (which & 1ULL << i)
			zoo[i].make(&place[i]);
		else
			skip(&place[i], "not asked for");
	}
}

struct zoo_order {
	__u64 which;
	struct place *place;
};

static void make_zoo(void *arg)
{
	struct zoo_order *order = arg;

	zoo_here(order->which, order->place);
}

/* The same in a child, which then sits still; @place must be shared memory. */
pid_t zoo_start(__u64 which, struct place *place)
{
	struct zoo_order order = { which, place };

	return hold(make_zoo, &order);
}
