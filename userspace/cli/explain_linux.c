// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Linux does about an access, from the entry, the mapping, and the access:
 * the rules of arch/x86/mm/fault.c and mm/memory.c, in the order in which the
 * kernel asks them.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"

#define PAGE_SIZE	4096ULL
#define CR4_SMAP	(1ULL << 21)
/* mm/mmap.c, unless stack_guard_gap= says otherwise */
#define GUARD_GAP	(256 * PAGE_SIZE)

/* Newer than some C libraries */
#ifndef SEGV_PKUERR
#define SEGV_PKUERR	4
#endif

struct rule {
	int (*holds)(const struct scene *sc);
	struct action action;
};

static int is_read(const struct scene *sc)
{
	return sc->access.kind == MMUINSPECT_ACCESS_READ;
}

static int is_write(const struct scene *sc)
{
	return sc->access.kind == MMUINSPECT_ACCESS_WRITE;
}

static int is_allowed(const struct scene *sc)
{
	return !sc->denials.n;
}

static int is_bad_entry(const struct scene *sc)
{
	return scene_denied(sc, "reserved-bit");
}

static int not_canonical(const struct scene *sc)
{
	return scene_denied(sc, "not-canonical");
}

static int smap_is_on(const struct scene *sc)
{
	size_t i;

	for (i = 0; i < sc->access.regs; i++)
		if (sc->access.reg[i].id == MMUINSPECT_X86_CR4)
			return !!(sc->access.reg[i].value & CR4_SMAP);
	return 1;
}

/* A fault in the kernel that is taken for a bug, whatever is mapped there */
static int is_oops(const struct scene *sc)
{
	if (sc->access.user)
		return 0;
	return sc->access.kind == MMUINSPECT_ACCESS_EXEC ||
	       not_canonical(sc) || (smap_is_on(sc) && !sc->access.ac);
}

static int in_kernel_half(const struct scene *sc)
{
	return sc->access.address >= sc->s->info->user_end;
}

/*
 * arch/x86/entry/vsyscall/vsyscall_64.c: what is mapped is what it emulates. Of an
 * execute-only one nothing is there to be read.
 */
static int is_vsyscall(const struct scene *sc)
{
	return in_kernel_half(sc) && sc->access.user && sc->at &&
	       !strcmp(sc->at->name, "[vsyscall]") && !scene_mapping_denies(sc) &&
	       (!is_read(sc) || sc->at->rights[0] == 'r');
}

static int in_other_half(const struct scene *sc)
{
	return scene_denied(sc, "lass");
}

static unsigned long long min_address(void)
{
	unsigned long long min = 65536;
	FILE *f = fopen("/proc/sys/vm/mmap_min_addr", "re");

	if (f && fscanf(f, "%llu", &min) != 1)
		min = 65536;
	if (f)
		fclose(f);
	return min;
}

static int below_stack(const struct scene *sc)
{
	return !sc->at && sc->above && map_flag(&sc->above_facts, "gd");
}

/* mm/mmap.c (mm/vma.c): expand_downwards(), acct_stack_growth() */
static int may_grow(const struct scene *sc)
{
	__u64 page = sc->access.address & -PAGE_SIZE;
	const struct map *below = sc->below;

	if (!below_stack(sc) || sc->access.address < min_address() ||
	    sc->above->end - page > sc->stack_limit)
		return 0;
	return !below || !strncmp(below->rights, "---", 3) ||
	       page - below->end >= GUARD_GAP;
}

/* So near that it may be meant to be the stack */
static int beyond_stack(const struct scene *sc)
{
	return below_stack(sc) && sc->stack_limit < 1ULL << 40 &&
	       sc->above->end - sc->access.address < 4 * sc->stack_limit;
}

static int is_unmapped(const struct scene *sc)
{
	return !sc->at;
}

static int key_denies(const struct scene *sc)
{
	return scene_key_denies(sc) || scene_denied(sc, "key-access") ||
	       scene_denied(sc, "key-write");
}

static int is_present(const struct scene *sc)
{
	return !scene_denied(sc, "not-present");
}

static int is_absent(const struct scene *sc, const char *name)
{
	return sc->absent.name && !strncmp(sc->absent.name, name, strlen(name));
}

static int marker_has(const struct scene *sc, __u64 bit)
{
	return is_absent(sc, "marker") && sc->absent.has_offset &&
	       sc->absent.offset & bit;
}

static int is_guard(const struct scene *sc)
{
	return marker_has(sc, sc->s->info->nonpresent.marker_guard);
}

static int is_poisoned(const struct scene *sc)
{
	return is_absent(sc, "hwpoison") ||
	       marker_has(sc, sc->s->info->nonpresent.marker_poisoned);
}

static int is_lost(const struct scene *sc)
{
	return is_absent(sc, "error");
}

static int is_swapped(const struct scene *sc)
{
	return is_absent(sc, "swap");
}

static int is_moving(const struct scene *sc)
{
	return is_absent(sc, "migration") || is_absent(sc, "huge-changing");
}

static int is_numa_hint(const struct scene *sc)
{
	return is_absent(sc, "prot-none");
}

static int is_at_device(const struct scene *sc)
{
	return is_absent(sc, "device");
}

static int is_empty(const struct scene *sc)
{
	return !is_present(sc) &&
	       (!sc->absent.name || is_absent(sc, "marker"));
}

/* Userfaultfd is told of what is missing, and of writing to what it protects. */
static int is_uffd(const struct scene *sc)
{
	const struct mmuinspect_step *last = scene_last(sc);

	return (is_empty(sc) && map_flag(&sc->facts, "um")) ||
	       (is_write(sc) && map_flag(&sc->facts, "uw") &&
		(marker_has(sc, sc->s->info->nonpresent.marker_uffd_wp) ||
		 (is_present(sc) && last &&
		  last->entry & sc->s->info->uffd_wp)));
}

static int is_hugetlb(const struct scene *sc)
{
	return is_empty(sc) && map_flag(&sc->facts, "ht");
}

static int is_special(const struct scene *sc)
{
	return is_empty(sc) &&
	       (map_flag(&sc->facts, "pf") || map_flag(&sc->facts, "io") ||
		(!sc->at->inode && !strncmp(sc->at->name, "[v", 2)));
}

static int is_past_end(const struct scene *sc)
{
	return is_empty(sc) && scene_beyond_file(sc);
}

static int is_of_file(const struct scene *sc)
{
	return is_empty(sc) && sc->at->inode;
}

static int is_private_write_of_file(const struct scene *sc)
{
	return is_of_file(sc) && is_write(sc) && sc->at->rights[3] == 'p';
}

static int is_read_of_nothing(const struct scene *sc)
{
	return is_empty(sc) && is_read(sc);
}

static int is_read_only(const struct scene *sc)
{
	return is_present(sc) && is_write(sc) && scene_denied(sc, "read-only");
}

static int is_private_read_only(const struct scene *sc)
{
	return is_read_only(sc) && sc->at->rights[3] == 'p';
}

static int always(const struct scene *sc)
{
	(void)sc;
	return 1;
}

/* From the one on that is about mappings, there is one. */
static const struct rule rules[] = {
	{ scene_unknown, { "unknown", 0, 0,
	  "it depends on what isn't known here" } },
	{ is_allowed, { "allowed", 0, 0,
	  "nothing: the CPU gets through without a fault" } },
	{ is_bad_entry, { "oops", SIGKILL, 0,
	  "reports corrupted page tables, and ends the task" } },
	{ is_oops, { "oops", SIGKILL, 0,
	  "takes it for a bug of its own: an oops, unless the exception table has the instruction" } },
	{ not_canonical, { "sigsegv", SIGSEGV, SI_KERNEL,
	  "the CPU raises #GP (#SS by way of a stack register): a signal without an address" } },
	{ is_vsyscall, { "vsyscall", 0, 0,
	  "does what the system call that was there in old times would do" } },
	{ in_other_half, { "sigsegv", SIGSEGV, SI_KERNEL,
	  "with CR4.LASS the CPU raises #GP (#SS by way of a stack register): a signal without an address" } },
	{ in_kernel_half, { "sigsegv", SIGSEGV, SEGV_MAPERR,
	  "nothing there is user mode's, be it mapped or not" } },
	{ may_grow, { "grow-stack", 0, 0,
	  "lets the stack grow down to there, and gives it a page of zeros" } },
	{ beyond_stack, { "sigsegv", SIGSEGV, SEGV_MAPERR,
	  "no mapping there, and the stack may not grow so far (ulimit -s, or another mapping is near)" } },
	{ is_unmapped, { "sigsegv", SIGSEGV, SEGV_MAPERR, "no mapping there" } },
	{ key_denies, { "sigsegv", SIGSEGV, SEGV_PKUERR,
	  "the thread's protection key rights say no" } },
	{ scene_mapping_denies, { "sigsegv", SIGSEGV, SEGV_ACCERR,
	  "the rights of the mapping say no" } },
	{ is_guard, { "sigsegv", SIGSEGV, SEGV_MAPERR,
	  "a guard region (MADV_GUARD_INSTALL)" } },
	{ is_poisoned, { "sigbus", SIGBUS, BUS_MCEERR_AR,
	  "the page was lost to a memory error, or marked so" } },
	{ is_uffd, { "uffd", 0, 0,
	  "tells the process's userfaultfd, and waits for it" } },
	{ is_swapped, { "swap-in", 0, 0, "reads the page back from swap" } },
	{ is_lost, { "sigbus", SIGBUS, BUS_ADRERR, "the page couldn't be read from swap" } },
	{ is_moving, { "migration", 0, 0, "waits until the page has moved" } },
	{ is_numa_hint, { "numa-hint", 0, 0,
	  "a NUMA hint: notes who asks, may move the page, and makes it present" } },
	{ is_at_device, { "other", 0, 0, "fetches the page back from the device that has it" } },
	{ is_hugetlb, { "other", 0, 0,
	  "takes a huge page from the pool; SIGBUS if there is none left, or beyond the end of the file" } },
	{ is_past_end, { "sigbus", SIGBUS, BUS_ADRERR, "beyond the end of the file" } },
	{ is_special, { "other", 0, 0,
	  "asks whoever made the mapping (a driver, or the kernel itself); SIGBUS if that has nothing there" } },
	{ is_private_write_of_file, { "file", 0, 0,
	  "copies the file's page for this process, having read it if it isn't in memory" } },
	{ is_of_file, { "file", 0, 0,
	  "maps the page of the file (or of shared memory), having read it if it isn't in memory" } },
	{ is_read_of_nothing, { "demand-zero", 0, 0,
	  "maps the page of zeros that all share, or a page of its own" } },
	{ is_empty, { "demand-zero", 0, 0, "gives it a page of zeros" } },
	{ is_private_read_only, { "copy-on-write", 0, 0,
	  "copies the page, or makes it writable if nobody else has it" } },
	{ is_read_only, { "write-notify", 0, 0,
	  "tells the file that the page gets dirty, and makes it writable" } },
	{ always, { "other", 0, 0,
	  "its mapping allows it: brings the entry into line, or tries again" } },
};

/* In the kernel, on a user's address, what would be a signal */
static const struct action fixup = {
	"fixup", 0, 0,
	"the exception table ends it: EFAULT to the system call, or no byte copied (elsewhere an oops)"
};

const struct action *linux_action(const struct scene *sc)
{
	const struct rule *rule = rules;

	while (!rule->holds(sc))
		rule++;
	if (!sc->access.user && rule->action.signal && rule->action.signal != SIGKILL)
		return &fixup;
	return &rule->action;
}
