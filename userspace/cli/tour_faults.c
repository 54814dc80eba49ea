// SPDX-License-Identifier: GPL-2.0-only
/* The tour: faults that the kernel mends, and nobody notices. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tour.h"

#define SOURCES (MMUINSPECT_SOURCE_FAULTS | MMUINSPECT_SOURCE_STATES | \
		 MMUINSPECT_SOURCE_OUTCOMES)

enum { REHEARSAL, PERFORMANCE };

/* Writes to the page of that number; the first one is for practice. */
static void write_to_page(int what, void *memory)
{
	((volatile char *)memory)[what * sysconf(_SC_PAGESIZE)] = 'c';
}

/**
 * struct scene - a page of a child, before and after it writes to it
 * @actor: the child
 * @at: the page
 * @before: the walk to it, before
 * @after: and after
 * @parent: the walk to the parent's page of that address, before
 * @span: what was counted of the child between
 */
struct scene {
	struct actor actor;
	char *at;
	struct mmuinspect_translation before;
	struct mmuinspect_translation after;
	struct mmuinspect_translation parent;
	struct moment span;
};

static const char *perform(struct tour *t, struct scene *scene)
{
	struct moment before;
	struct sampler s;
	const char *why = tour_count(t, &s, scene->actor.pid, SOURCES, &before);

	if (why)
		return why;
	why = actor_do(t, &scene->actor, PERFORMANCE);
	if (!why)
		why = tour_counted(t, &s, &before, &scene->span);
	moment_free(&before);
	sampler_close(&s);
	return why;
}

/* @memory: two pages, of which the first is for the rehearsal */
static const char *play(struct tour *t, struct scene *scene, char *memory)
{
	const char *why;

	*scene = (struct scene) { .at = memory + sysconf(_SC_PAGESIZE) };
	why = actor_start(t, &scene->actor, write_to_page, memory);
	if (why)
		return why;
	why = actor_do(t, &scene->actor, REHEARSAL);
	if (!why)
		why = tour_walk(t, 0, scene->at, 0, &scene->parent, NULL);
	if (!why)
		why = tour_walk(t, scene->actor.pid, scene->at, 0, &scene->before, NULL);
	if (!why)
		why = perform(t, scene);
	if (!why)
		why = tour_walk(t, scene->actor.pid, scene->at, 0, &scene->after, NULL);
	return why;
}

static void strike(struct scene *scene, char *memory)
{
	if (scene->actor.pid > 0)
		actor_end(&scene->actor);
	moment_free(&scene->span);
	munmap(memory, 2 * sysconf(_SC_PAGESIZE));
}

static void print_scene(struct tour *t, const struct scene *scene, const char *what)
{
	const struct mmuinspect_counts *c = &scene->span.own;

	out_number("pid", scene->actor.pid, "\n  %s; counted of PID %d meanwhile:\n", what,
		   scene->actor.pid);
	tour_print_counts("faults", "faults", c, MMUINSPECT_A_COUNTS_FAULT);
	tour_print_counts("states", "entry", c, MMUINSPECT_A_COUNTS_STATE);
	tour_print_counts("outcomes", "outcome", c, MMUINSPECT_A_COUNTS_OUTCOME);
	out_number("minor", scene->span.minor, "  minor faults by the kernel's own count: %llu\n\n",
		   (unsigned long long)scene->span.minor);
	tour_print_walk(t, "after", &scene->after);
}

static int is_one(const struct scene *scene, __u32 kind, __u32 key)
{
	return mmuinspect_counts_total(&scene->span.own, kind) == 1 &&
	       mmuinspect_counts_of(&scene->span.own, kind, key) == 1;
}

/* One fault, of that kind, and nothing else? */
static void check_counts(struct tour *t, const struct scene *scene, __u32 code,
			 __u32 state, __u32 outcome)
{
	char name[64];

	tour_check(t, is_one(scene, MMUINSPECT_A_COUNTS_FAULT, code),
		   "one page fault: %s", mmuinspect_fault_name(code, name, sizeof(name)));
	tour_check(t, is_one(scene, MMUINSPECT_A_COUNTS_STATE, state),
		   "the entry that the CPU found: %s",
		   mmuinspect_name(MMUINSPECT_NAMES_STATE, state)->name);
	tour_check(t, is_one(scene, MMUINSPECT_A_COUNTS_OUTCOME, outcome),
		   "what became of it: %s",
		   mmuinspect_name(MMUINSPECT_NAMES_OUTCOME, outcome)->name);
	tour_check(t, scene->span.has_kept && scene->span.minor == 1,
		   "the kernel itself counted one minor fault");
}

/* Bits of an error code: Intel SDM vol. 3A 4.7 */
#define FAULT_P	1
#define FAULT_W	2
#define FAULT_U	4

static const char *show_demand_zero(struct tour *t)
{
	struct scene scene;
	const char *why;
	char *memory;

	why = tour_memory(t, &memory);
	if (why)
		return why;
	why = play(t, &scene, memory);
	if (!why) {
		tour_print_walk(t, "before", &scene.before);
		print_scene(t, &scene, "it writes a byte there");
		tour_check(t, scene.before.stop == MMUINSPECT_STOP_EMPTY,
			   "before there was no entry");
		tour_check(t, scene.after.stop == MMUINSPECT_STOP_MAPPED &&
			   scene.after.attrs & MMUINSPECT_WRITE,
			   "afterwards there is one, which may be written to");
		check_counts(t, &scene, FAULT_W | FAULT_U, MMUINSPECT_STATE_NONE,
			     MMUINSPECT_OUTCOME_DEMAND_ZERO);
	}
	strike(&scene, memory);
	return why;
}

const struct tour_step tour_demand_zero = {
	.name = "demand-zero",
	.title = "A fault and its mending: memory that comes when it's used",
	.text = "Memory that a program asks for is a promise: there is no entry for it. The first\n"
		"access finds none, the CPU raises a page fault, and the kernel puts a page of\n"
		"zeros there and has the instruction tried again. Here a child of this process\n"
		"writes one byte to such memory. A watch counts what it does meanwhile: that must\n"
		"be one fault, and its outcome demand-zero.\n",
	.show = show_demand_zero,
};

static void check_copy(struct tour *t, const struct scene *scene,
		       const struct mmuinspect_translation *now)
{
	tour_check(t, scene->parent.phys && scene->parent.phys == scene->before.phys,
		   "before, parent and child have one frame");
	tour_check(t, !(scene->parent.attrs & MMUINSPECT_WRITE) &&
		   !(scene->before.attrs & MMUINSPECT_WRITE),
		   "neither may write to it");
	check_counts(t, scene, FAULT_P | FAULT_W | FAULT_U, MMUINSPECT_STATE_DENIED,
		     MMUINSPECT_OUTCOME_COPY_ON_WRITE);
	tour_check(t, scene->after.phys != scene->before.phys &&
		   scene->after.attrs & MMUINSPECT_WRITE,
		   "the child has another frame now, which it may write to");
	tour_check(t, now->phys == scene->parent.phys && *scene->at == 'p',
		   "the parent has the old one, with what was in it");
}

static const char *show_copy_on_write(struct tour *t)
{
	struct mmuinspect_translation now;
	struct scene scene;
	const char *why;
	char *memory;

	why = tour_memory(t, &memory);
	if (why)
		return why;
	memset(memory, 'p', 2 * sysconf(_SC_PAGESIZE));
	why = play(t, &scene, memory);
	if (!why)
		why = tour_walk(t, 0, scene.at, 0, &now, NULL);
	if (!why) {
		tour_print_walk(t, "before", &scene.before);
		print_scene(t, &scene, "the child writes a byte there");
		out_hex("parent_phys", now.phys, "  the parent's: physical 0x%llx\n",
			(unsigned long long)now.phys);
		check_copy(t, &scene, &now);
	}
	strike(&scene, memory);
	return why;
}

const struct tour_step tour_copy_on_write = {
	.name = "copy-on-write",
	.title = "A fault and its mending: one page for two, until one writes",
	.text = "fork() copies no memory: parent and child get entries for the same frames, and\n"
		"both lose the right to write. Who writes first gets a fault, and then a copy.\n"
		"Here a parent has a page with something in it, and a child that writes a byte to\n"
		"it: that must be one fault, at an entry that is present but denies the write;\n"
		"its outcome is copy-on-write, and the child's frame another one.\n",
	.show = show_copy_on_write,
};
