// SPDX-License-Identifier: GPL-2.0-only
/* What a program probably died of, if it was an access to memory. */
#include <signal.h>
#include <string.h>

#include "cause.h"

/* A structure or an array at address 0 is hardly larger, nor is an overrun. */
#define SMALL		65536ULL
/* A frame of the stack is hardly larger, nor an overrun of the heap. */
#define LARGE		(16ULL << 20)

#define PF_SHADOW_STACK	(1ULL << 6)
#define VECTOR_PF	14

/* Newer than some C libraries */
#ifndef SEGV_PKUERR
#define SEGV_PKUERR	4
#endif

static const char *name_of(const struct map *map)
{
	return map && *map->name ? out_printable(map->name) : "anonymous memory";
}

static int is_kind(const struct death *d, unsigned int kind)
{
	return d->has_address && d->sc.access.kind == kind;
}

static int is_exec(const struct death *d)
{
	return is_kind(d, MMUINSPECT_ACCESS_EXEC);
}

static int is_shadow_stack(const struct death *d)
{
	return cause_was(d, VECTOR_PF) && d->event.error_code & PF_SHADOW_STACK;
}

static int is_write_to_shadow_stack(const struct death *d)
{
	return d->signal == SIGSEGV && !d->sc.shadow_access && d->sc.at &&
	       is_kind(d, MMUINSPECT_ACCESS_WRITE) && map_flag(&d->sc.facts, "ss");
}

static int is_stale(const struct death *d)
{
	return cause_was(d, VECTOR_PF) && d->signal == SIGSEGV && d->sc.steps &&
	       !d->sc.err && !d->sc.denials.n;
}

/* How far below address 0 it is, as its code counts addresses */
static __u64 below_null(const struct death *d)
{
	__u64 address = d->sc.access.address;

	return d->is_32 && address >> 32 == 0 ? (1ULL << 32) - address : -address;
}

/* Up there 32-bit programs may have their stack. */
static int is_near_null(const struct death *d)
{
	return d->has_address && (d->sc.access.address < SMALL ||
				  (below_null(d) <= SMALL && !(d->is_32 && d->sc.at)));
}

static int is_null(const struct death *d)
{
	return d->has_address && !d->sc.access.address;
}

static void say_null_offset(const struct death *d, struct cause *c)
{
	__u64 address = d->sc.access.address;

	cause_say(c, "0x%llx bytes %s address 0",
		  (unsigned long long)(address < SMALL ? address : below_null(d)),
		  address < SMALL ? "above" : "below");
}

static int is_null_jump(const struct death *d)
{
	return is_exec(d) && is_near_null(d);
}

/* How it came to execute that */
static void say_caller(const struct death *d, struct cause *c)
{
	if (d->popped == d->sc.access.address && d->popped)
		cause_say(c, "a return: the word just below the stack pointer is that address");
	else if (d->caller)
		cause_say(c, "a call from before 0x%llx in %s, by the word on top of the stack",
			  (unsigned long long)d->caller,
			  name_of(maps_at(&d->sc.maps, d->caller)));
}

static int is_key(const struct death *d)
{
	return d->signal == SIGSEGV && d->code == SEGV_PKUERR;
}

static void say_key(const struct death *d, struct cause *c)
{
	cause_say(c, "key %d", d->sc.facts.key);
	if (d->sc.access.has_keys)
		cause_say(c, ", PKRU 0x%x", d->sc.access.keys);
}

static int is_closed(const struct map *map)
{
	return !strncmp(map->rights, "---", 3);
}

static int is_guard_marker(const struct death *d)
{
	const struct mmuinspect_absent *absent = &d->sc.absent;

	return d->has_address && absent->name && !strcmp(absent->name, "marker") &&
	       absent->offset & d->sc.s->info->nonpresent.marker_guard;
}

/* The stack that lies above the address: of the process, or of a thread */
static const struct map *stack_above(const struct death *d)
{
	const struct scene *sc = &d->sc;

	if (!sc->at && sc->above && map_flag(&sc->above_facts, "gd"))
		return sc->above;
	if (sc->at && is_closed(sc->at) && sc->above &&
	    sc->above->start == sc->at->end && sc->above->rights[1] == 'w')
		return sc->above;
	return is_guard_marker(d) ? sc->at : NULL;
}

/*
 * The stack pointer is at the stack's low end, or below it; and the access is near
 * it, or above it by not more than a frame.
 */
static int is_stack_overflow(const struct death *d)
{
	const struct map *stack = d->has_address ? stack_above(d) : NULL;
	__u64 address = d->sc.access.address;
	__u64 bottom;

	if (!stack)
		return 0;
	bottom = stack == d->sc.at ? address : stack->start;
	return d->sp < bottom + SMALL && d->sp + LARGE > address &&
	       address + SMALL > d->sp;
}

static void say_stack(const struct death *d, struct cause *c)
{
	const struct map *stack = stack_above(d);
	char size[24];

	if (d->no_room)
		cause_say(c, "its handler would have needed some too: see sigaltstack(2); ");
	cause_say(c, "the stack pointer is 0x%llx; ", (unsigned long long)d->sp);
	if (strcmp(stack->name, "[stack]")) {
		cause_say(c, "a thread's stack, and a guard below it");
		return;
	}
	cause_say(c, "the stack has %s", out_size(stack->end - stack->start, size));
	if (d->sc.stack_limit != ~0ULL)
		cause_say(c, " of the %s that it may have (ulimit -s)",
			  out_size(d->sc.stack_limit, size));
}

static int is_no_room(const struct death *d)
{
	return d->no_room && !is_stack_overflow(d);
}

static void say_no_room(const struct death *d, struct cause *c)
{
	cause_say(c, "the stack pointer is 0x%llx", (unsigned long long)d->sp);
}

static int is_unmapped_now(const struct death *d)
{
	return d->unmapped && !d->sc.at;
}

/* Do rights like "rw-p" allow the access? On x86 what may be written may be read. */
static int allows(const char *rights, const struct death *d)
{
	static const struct {
		size_t at;
		char letter;
	} right[] = {
		[MMUINSPECT_ACCESS_WRITE] = { 1, 'w' },
		[MMUINSPECT_ACCESS_EXEC] = { 2, 'x' },
	};
	unsigned int kind = d->sc.access.kind;

	if (kind == MMUINSPECT_ACCESS_READ)
		return !!strncmp(rights, "---", 3);
	return rights[right[kind].at] == right[kind].letter;
}

/* A loader puts the parts of a file over each other: those are no replacement. */
static int is_replaced(const struct death *d)
{
	const struct map *at = d->sc.at;

	return d->unmapped && at && d->unmapped->way >= WAY_MMAP &&
	       allows(d->unmapped->rights, d) && !allows(at->rights, d) &&
	       !(at->inode && at->inode == d->unmapped->inode);
}

static void say_unmapped(const struct death *d, struct cause *c)
{
	static const char *const calls[] = {
		[WAY_MUNMAP] = "by munmap()",
		[WAY_MREMAP] = "by mremap()",
		[WAY_BRK] = "by brk()",
		[WAY_SHMDT] = "by shmdt()",
		[WAY_MMAP] = "by mmap() with MAP_FIXED",
		[WAY_MREMAP_OVER] = "by mremap() with MREMAP_FIXED",
		[WAY_SHMAT] = "by shmat() with SHM_REMAP",
	};
	const struct unmapped *u = d->unmapped;

	cause_say(c, "0x%llx-0x%llx, %s called at 0x%llx in %s; it was ",
		  (unsigned long long)u->start, (unsigned long long)u->end, calls[u->way],
		  (unsigned long long)u->ip, name_of(maps_at(&d->sc.maps, u->ip)));
	if (u->stack_of)
		cause_say(c, "the stack of thread %d", u->stack_of);
	else
		cause_say(c, "%s", *u->name ? out_printable(u->name) : "anonymous memory");
	cause_say(c, ", %s", u->rights);
}

static int is_kernel_address(const struct death *d)
{
	return d->has_address && d->sc.access.address >= d->sc.s->info->user_end;
}

static int is_memory_error(const struct death *d)
{
	return d->signal == SIGBUS &&
	       (d->code == BUS_MCEERR_AR || d->code == BUS_MCEERR_AO);
}

/* UFFDIO_POISON, or a page that couldn't be read from swap (Linux 6.6) */
static int is_poison_marker(const struct death *d)
{
	return is_memory_error(d) && scene_facts(&d->sc) & FACT(POISON_MARKER);
}

static void say_poison(const struct death *d, struct cause *c)
{
	cause_say(c, d->sc.uffd ? "the mapping is registered with userfaultfd" :
		  "the mapping isn't registered with userfaultfd now");
}

static int is_no_memory(const struct death *d)
{
	return d->signal == SIGBUS && d->code == BUS_ADRERR;
}

static int is_behind_nothing(const struct death *d)
{
	return is_no_memory(d) && scene_special(&d->sc);
}

/* It's asked what the mapping's userfaultfd is told of, were it not for the feature. */
static int is_uffd_signal(const struct death *d)
{
	return is_no_memory(d) &&
	       d->sc.uffd & (FACT(UFFD_SIGBUS) | FACT(UFFD_UNKNOWN));
}

static void say_uffd(const struct death *d, struct cause *c)
{
	cause_say(c, d->sc.uffd & FACT(UFFD_SIGBUS) ?
		  "it was made with UFFD_FEATURE_SIGBUS" :
		  "if it was made with UFFD_FEATURE_SIGBUS, which only its descriptor shows");
}

static int is_beyond_file(const struct death *d)
{
	return is_no_memory(d) && scene_beyond_file(&d->sc);
}

static void say_file(const struct death *d, struct cause *c)
{
	const struct scene *sc = &d->sc;

	cause_say(c, "%s is 0x%llx bytes long, the access is to offset 0x%llx",
		  name_of(sc->at), (unsigned long long)sc->facts.size,
		  (unsigned long long)(sc->access.address - sc->at->start +
				       sc->at->offset));
}

static int is_jump_to_data(const struct death *d)
{
	return is_exec(d) && d->sc.at && d->sc.at->rights[2] != 'x';
}

static void say_mapping(const struct death *d, struct cause *c)
{
	cause_say(c, "%s, %s", name_of(d->sc.at), d->sc.at->rights);
}

static void say_jump(const struct death *d, struct cause *c)
{
	say_mapping(d, c);
	cause_say(c, "; ");
	say_caller(d, c);
}

static int is_wild_jump(const struct death *d)
{
	return is_exec(d) && !d->sc.at;
}

/* A write, to a mapping that may be read but not written */
static int is_denied_write(const struct death *d)
{
	const struct map *at = d->sc.at;

	return is_kind(d, MMUINSPECT_ACCESS_WRITE) && at &&
	       at->rights[1] != 'w' && !is_closed(at);
}

static int is_write_to_code(const struct death *d)
{
	return is_denied_write(d) && d->sc.at->rights[2] == 'x';
}

/* Is it of a program or a library? Then a mapping of the same file has code. */
static int is_image(const struct death *d)
{
	const struct maps *maps = &d->sc.maps;
	size_t i;

	for (i = 0; i < maps->n; i++)
		if (maps->map[i].rights[2] == 'x' && d->sc.at->inode &&
		    maps->map[i].inode == d->sc.at->inode &&
		    !strcmp(maps->map[i].name, d->sc.at->name))
			return 1;
	return 0;
}

static int is_write_to_constant(const struct death *d)
{
	return is_denied_write(d) && d->sc.at->rights[3] == 'p' && is_image(d);
}

static int is_write_to_file(const struct death *d)
{
	return is_denied_write(d) && d->sc.at->inode;
}

static int is_no_access(const struct death *d)
{
	return d->has_address && d->sc.at &&
	       (is_closed(d->sc.at) || is_guard_marker(d));
}

/* How far it is from what may be used, on either side */
static void say_guard(const struct death *d, struct cause *c)
{
	const struct scene *sc = &d->sc;
	__u64 address = sc->access.address;

	if (sc->below && sc->below->end == sc->at->start && !is_closed(sc->below))
		cause_say(c, "0x%llx bytes beyond the end of %s (%s)",
			  (unsigned long long)(address - sc->below->end + 1),
			  name_of(sc->below), sc->below->rights);
	if (sc->above && sc->above->start == sc->at->end && !is_closed(sc->above))
		cause_say(c, "%s0x%llx bytes before %s (%s)", *c->detail ? ", " : "",
			  (unsigned long long)(sc->above->start - address),
			  name_of(sc->above), sc->above->rights);
}

static __u64 beyond(const struct death *d)
{
	if (!d->has_address || d->sc.at || !d->sc.below)
		return ~0ULL;
	return d->sc.access.address - d->sc.below->end + 1;
}

static int is_heap_overrun(const struct death *d)
{
	return beyond(d) <= LARGE && !strcmp(d->sc.below->name, "[heap]");
}

static int is_overrun(const struct death *d)
{
	return beyond(d) <= SMALL;
}

static void say_beyond(const struct death *d, struct cause *c)
{
	cause_say(c, "0x%llx bytes beyond the end of %s (%s)",
		  (unsigned long long)beyond(d), name_of(d->sc.below),
		  d->sc.below->rights);
}

static int is_underrun(const struct death *d)
{
	return d->has_address && !d->sc.at && d->sc.above &&
	       d->sc.above->start - d->sc.access.address <= 4096;
}

static void say_before(const struct death *d, struct cause *c)
{
	cause_say(c, "0x%llx bytes before %s (%s)",
		  (unsigned long long)(d->sc.above->start - d->sc.access.address),
		  name_of(d->sc.above), d->sc.above->rights);
}

static int is_wild(const struct death *d)
{
	return d->has_address && !d->sc.at;
}

static void say_wild(const struct death *d, struct cause *c)
{
	cause_say_text(c, d->sc.access.address);
}

static void say_wild_jump(const struct death *d, struct cause *c)
{
	say_caller(d, c);
	cause_say_text(c, d->sc.access.address);
}

const struct cause_rule cause_memory[] = {
	{ "no-room-for-handler", is_no_room,
	  "the fault has a handler, but its frame had no room on the stack",
	  say_no_room },
	{ "shadow-stack", is_shadow_stack,
	  "a shadow-stack access to memory that is no shadow stack" },
	{ "write-to-shadow-stack", is_write_to_shadow_stack,
	  "a write to a shadow stack, which only CALL and shadow-stack instructions may change" },
	{ "stale-translation", is_stale,
	  "the tables allow it: a stale TLB entry, or another thread that changed them meanwhile" },
	{ "null-jump", is_null_jump, "a call or a jump by a null pointer", say_caller },
	{ "null-pointer", is_null, "a null pointer" },
	{ "null-offset", is_near_null,
	  "a null pointer to a structure or an array", say_null_offset },
	{ "protection-key", is_key,
	  "the thread has denied itself the memory of this protection key", say_key },
	{ "stack-overflow", is_stack_overflow,
	  "the stack is used up: a recursion without end, or a large array on it",
	  say_stack },
	{ "use-after-unmap", is_unmapped_now,
	  "the memory was there, and was given back", say_unmapped },
	{ "use-after-replace", is_replaced,
	  "the memory was there, and another mapping was put over it", say_unmapped },
	{ "kernel-address", is_kernel_address, "an address of the kernel's half" },
	{ "poisoned", is_poison_marker,
	  "the page is marked as poisoned: by userfaultfd (UFFDIO_POISON), or since it couldn't be read from swap",
	  say_poison },
	{ "memory-error", is_memory_error, "the memory itself is broken (ECC)" },
	{ "past-end-of-file", is_beyond_file,
	  "the mapping is longer than its file", say_file },
	{ "nothing-behind", is_behind_nothing,
	  "nothing is behind this page: the driver, or the kernel, whose mapping it is has none for it",
	  say_mapping },
	{ "uffd-sigbus", is_uffd_signal,
	  "userfaultfd: a signal, in place of a message to the descriptor", say_uffd },
	{ "no-memory-behind", is_no_memory,
	  "no memory for a page that is mapped: no huge page left, no room on the device, or it can't be read" },
	{ "jump-to-data", is_jump_to_data, "a jump to what isn't code", say_jump },
	{ "wild-jump", is_wild_jump,
	  "a jump by a pointer, or a return by an address, that leads nowhere",
	  say_wild_jump },
	{ "write-to-code", is_write_to_code, "a write to code", say_mapping },
	{ "write-to-constant", is_write_to_constant,
	  "a write to a constant: a string in the source, or other read-only data",
	  say_mapping },
	{ "write-to-read-only-file", is_write_to_file,
	  "a write to a file that is mapped for reading", say_mapping },
	{ "write-to-read-only", is_denied_write,
	  "a write to memory that was made read-only", say_mapping },
	{ "guard-page", is_no_access,
	  "memory that nobody may touch: a guard page, or reserved", say_guard },
	{ "heap-overrun", is_heap_overrun, "beyond the end of the heap", say_beyond },
	{ "overrun", is_overrun, "beyond the end of a mapping", say_beyond },
	{ "underrun", is_underrun, "before the beginning of a mapping", say_before },
	{ "wild-pointer", is_wild,
	  "a pointer to where nothing is mapped: never set, overwritten, or out of date",
	  say_wild },
	{ 0 }
};
