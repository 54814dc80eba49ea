/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests share: the four calls, what the kernel itself says of a
 * process (/proc), and children to look at.
 *
 * A helper ends the test with a reason when something fails that isn't what is
 * tested. The calls return 0 or a negative errno.
 */
#ifndef MMUI_TEST_H
#define MMUI_TEST_H

/* Include kselftest_harness.h first. */
#include <linux/mmuinspect.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define MMUI_DEVICE	"/dev/mmuinspect"

/* The harness's 30 s are too few for an emulated machine with KASAN. */
#ifdef TEST_TIMEOUT_DEFAULT
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 400
#endif

#define PAGE_SIZE	4096UL
#define MB		(1UL << 20)
#define GB		(1UL << 30)

/* Bits of an x86-64 entry, by Intel SDM vol. 3A 4.5: ours to know, not to ask. */
#define PTE_PRESENT	(1ULL << 0)
#define PTE_WRITE	(1ULL << 1)
#define PTE_USER	(1ULL << 2)
#define PTE_ACCESSED	(1ULL << 5)
#define PTE_DIRTY	(1ULL << 6)
#define PTE_LARGE	(1ULL << 7)
#define PTE_PKEY(e)	((unsigned int)((e) >> 59) & 15)
#define PTE_NX		(1ULL << 63)

/* Documentation/admin-guide/mm/pagemap.rst */
#define PM_FRAME	((1ULL << 55) - 1)
#define PM_SWAP		(1ULL << 62)
#define PM_PRESENT	(1ULL << 63)
#define KPF_HUGE	(1ULL << 17)
#define KPF_ZERO_PAGE	(1ULL << 24)

/* Newer than the C library */
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

/* To be seen by all children */
#define SHARED(type, n)	((type *)shared_memory(sizeof(type) * (n)))

void __attribute__((noreturn, format(printf, 1, 2))) die(const char *fmt, ...);
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void *shared_memory(size_t size);
double now(void);
unsigned int env_number(const char *name, unsigned int otherwise);
int write_file(const char *path, const char *text);

/* The device */

struct list {
	struct mmuinspect_run *run;
	size_t n;
	__u64 space;
	__u64 root;
	__u32 unreadable;
};

int mmui_open(void);
int mmui_call(int fd, unsigned long number, void *arg);
int mmui_info(int fd, struct mmuinspect_info *info);
int mmui_target(int fd, pid_t pid);
int mmui_walk(int fd, struct mmuinspect_translation *t, unsigned int n,
	      __u32 flags, struct mmuinspect_walk *out);
int mmui_collect(int fd, const struct mmuinspect_runs *ask, struct list *list);
int mmui_list(int fd, __u32 merge, struct list *list);
void list_free(struct list *list);
int module_load(void);
int module_unload(void);

static inline __u64 level_size(unsigned int level)
{
	return 1ULL << (12 + 9 * (level - 1));
}

static inline __u64 run_end(const struct mmuinspect_run *r)
{
	return r->start + r->pages * level_size(r->level);
}

/* The physical address in a present leaf */
static inline __u64 leaf_phys(const struct mmuinspect_info *info, __u64 entry,
			      unsigned int level)
{
	return entry & info->phys_mask & ~(level_size(level) - 1);
}

/* What the kernel says */

struct vma {
	__u64 start;
	__u64 end;
	bool write;
	bool exec;
	bool pfnmap;		/* pagemap says nothing of it */
	unsigned long kernel_page;	/* in bytes, as the next two */
	unsigned long huge;	/* mapped by huge entries, but for hugetlb */
	unsigned long referenced;
};

struct vmas {
	struct vma *vma;
	size_t n;
};

void vmas_read(pid_t pid, struct vmas *vmas);
void vmas_free(struct vmas *vmas);
const struct vma *vma_at(const struct vmas *vmas, __u64 address);
int pagemap_open(pid_t pid);
void pagemap_read(int fd, __u64 address, size_t pages, __u64 *entry);
__u64 pagemap_at(pid_t pid, __u64 address);
__u64 kpageflags_of(__u64 frame);
bool have_swap(void);
/* What the kernel has at an address of its own, by /proc/kcore */
void kernel_memory(__u64 address, void *data, size_t len);

/* Children */

pid_t hold(void (*prepare)(void *arg), void *arg);
void release(pid_t pid);
int in_child(int (*fn)(void *arg), void *arg);
void die_with_parent(void);

#endif
