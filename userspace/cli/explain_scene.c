// SPDX-License-Identifier: GPL-2.0-only
/* Gather what is to be known of an access: entries, mappings, protection keys. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "explain.h"
#include "process.h"

#define PAGE_MASK 0xfffULL

const char *access_name(unsigned int kind)
{
	static const char *const names[] = {
		[MMUINSPECT_ACCESS_READ] = "read",
		[MMUINSPECT_ACCESS_WRITE] = "write",
		[MMUINSPECT_ACCESS_EXEC] = "exec",
	};

	return names[kind];
}

/* The number in the line of /proc/PID/@file that @format matches; else @ret stays. */
static void read_line(pid_t pid, const char *file, const char *format,
		      unsigned long long *ret)
{
	FILE *f = process_file(pid, file);
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, format, ret) == 1)
			break;
	if (f)
		fclose(f);
}

/* "Max stack size             8388608              unlimited            bytes" */
static __u64 stack_limit(pid_t pid)
{
	unsigned long long limit = ~0ULL;

	read_line(pid, "limits", "Max stack size %llu", &limit);
	return limit;
}

/*
 * Intel SDM vol. 3A, linear-address masking: for data, and a pointer whose bit 63 is
 * clear; fetches aren't masked. Since Linux 6.4 the mask is in /proc/PID/status.
 */
__u64 scene_untagged(const struct scene *sc, __u64 address)
{
	return !sc->untag_mask || address >> 63 ? address : address & sc->untag_mask;
}

void scene_untag(struct scene *sc, pid_t pid)
{
	unsigned long long mask = 0;

	read_line(pid, "status", "untag_mask: %llx", &mask);
	sc->untag_mask = mask;
	sc->given = sc->access.address;
	if (sc->access.kind != MMUINSPECT_ACCESS_EXEC)
		sc->access.address = scene_untagged(sc, sc->given);
}

/* The gate mapping stands in each process's maps, unless it's 32-bit or vsyscall=none. */
static linux_facts vsyscall_of(const struct scene *sc)
{
	const struct map *gate = maps_at(&sc->maps, VSYSCALL_PAGE);

	return vsyscall_facts(sc->maps_unreadable ? VSYSCALL_MODE_UNKNOWN :
			      vsyscall_mode(gate ? gate->rights : NULL),
			      sc->access.address);
}

void scene_maps(struct scene *sc, pid_t pid)
{
	maps_read(&sc->maps, pid);
	sc->at = maps_at(&sc->maps, sc->access.address);
	sc->below = maps_below(&sc->maps, sc->access.address);
	sc->above = maps_above(&sc->maps, sc->access.address);
	if (sc->at)
		map_facts(pid, sc->at, &sc->facts);
	/* Not both: smaps makes the kernel walk all of the tables. */
	else if (sc->above)
		map_facts(pid, sc->above, &sc->above_facts);
	if (!sc->at && sc->below && sc->above && map_flag(&sc->above_facts, "gd"))
		map_facts(pid, sc->below, &sc->below_facts);
	sc->maps_unreadable = !sc->maps.n;
	sc->stack_limit = stack_limit(pid);
	sc->vsyscall = vsyscall_of(sc);
	scene_uffd(sc, pid);
}

const struct mmuinspect_step *scene_last(const struct scene *sc)
{
	return sc->steps ? &sc->step[sc->steps - 1] : NULL;
}

/* Of a page that has no mapping of its own, and isn't walked */
static int is_vsyscall_read(const struct scene *sc)
{
	return sc->access.user && sc->access.kind == MMUINSPECT_ACCESS_READ &&
	       sc->vsyscall & FACT(VSYSCALL_EMULATE) && !scene_denied(sc, "lass");
}

static void scene_absent(struct scene *sc, const struct mmuinspect_step *last)
{
	mmuinspect_absent(sc->s->info, last->level, last->entry, sc->hidden,
			  &sc->absent);
	map_absent(sc->at, sc->s->info, last->entry, &sc->absent);
}

void scene_judge(struct scene *sc)
{
	const struct mmuinspect_step *last = scene_last(sc);

	sc->err = mmuinspect_access(sc->s->info, &sc->access, sc->step, sc->steps,
				    &sc->denials);
	if (is_vsyscall_read(sc))
		sc->denials = (struct mmuinspect_denials) { .vector = 14 };
	sc->absent.name = NULL;
	if (last && last->entry &&
	    mmuinspect_entry_kind(sc->s->info, last->level, last->entry) ==
	    MMUINSPECT_ENTRY_ABSENT)
		scene_absent(sc, last);
}

void scene_free(struct scene *sc)
{
	maps_free(&sc->maps);
}

int scene_unknown(const struct scene *sc)
{
	size_t i;

	if (sc->err)
		return 1;
	for (i = 0; i < sc->denials.n; i++)
		if (sc->denials.denial[i].certain)
			return 0;
	return sc->denials.n > 0;
}

int scene_denied(const struct scene *sc, const char *name)
{
	size_t i;

	for (i = 0; i < sc->denials.n; i++)
		if (sc->denials.denial[i].certain &&
		    !strcmp(sc->denials.denial[i].name, name))
			return 1;
	return 0;
}

int scene_key_denies(const struct scene *sc)
{
	static const unsigned int bits[] = {
		[MMUINSPECT_ACCESS_READ] = 1,
		[MMUINSPECT_ACCESS_WRITE] = 3,
		[MMUINSPECT_ACCESS_EXEC] = 0,
	};
	const struct mmuinspect_access *a = &sc->access;

	return sc->at && sc->facts.key && a->has_keys &&
	       a->keys >> 2 * sc->facts.key & bits[a->kind];
}

int scene_beyond_file(const struct scene *sc)
{
	__u64 page = sc->access.address & ~PAGE_MASK;

	return sc->at && sc->facts.has_size &&
	       sc->at->offset + page - sc->at->start >=
	       ((sc->facts.size + PAGE_MASK) & ~PAGE_MASK);
}

int scene_special(const struct scene *sc)
{
	return sc->at &&
	       (map_flag(&sc->facts, "pf") || map_flag(&sc->facts, "io") ||
		(!sc->at->inode && !strncmp(sc->at->name, "[v", 2)));
}

int keys_read(pid_t tid, __u32 *keys)
{
	int status, err = -ESRCH;

	/* Unlike ATTACH it sends no signal, and leaves a stopped one stopped. */
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL))
		return -errno;
	if (!ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) &&
	    waitpid(tid, &status, __WALL) == tid && WIFSTOPPED(status)) {
		err = keys_of_stopped(tid, keys);
		/* It may have been about to get a signal: that isn't to be lost. */
		ptrace(PTRACE_DETACH, tid, NULL,
		       status >> 16 ? 0L : (long)WSTOPSIG(status));
	}
	return err;
}
