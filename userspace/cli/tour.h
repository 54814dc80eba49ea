/* SPDX-License-Identifier: GPL-2.0-only */
/* mmuinspect tour: its steps, and what they share. */
#ifndef TOUR_H
#define TOUR_H

#include <sched.h>
#include <sys/types.h>

#include "cli.h"
#include "counts.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define TOUR_CHECKS	16
#define TOUR_TEXT	128

/**
 * struct tour - the machine, and the step that is being shown
 * @s: the device
 * @page: memory of the steps' own, all of one page, which two addresses map
 * @also: its other address
 * @check: what has been found to be so, or not
 * @checks: how many
 * @why: why the step can't be shown here
 */
struct tour {
	struct session s;
	char *page;
	char *also;
	struct {
		char text[TOUR_TEXT];
		int ok;
	} check[TOUR_CHECKS];
	size_t checks;
	char why[256];
};

/**
 * struct tour_step - one thing to show
 * @name: short and stable
 * @title: in a few words
 * @text: what will be seen, and why; lines that end with a newline
 * @show: does it: prints facts, and checks them. Returns NULL, or why it can't be
 *	shown on this machine
 */
struct tour_step {
	const char *name;
	const char *title;
	const char *text;
	const char *(*show)(struct tour *t);
};

extern const struct tour_step tour_segments, tour_levels, tour_sizes, tour_cr3,
	tour_msrs, tour_gates, tour_demand_zero, tour_copy_on_write,
	tour_shootdown, tour_kpti, tour_pkeys;

/* It is as told, or it isn't: say so, and keep it. */
void tour_check(struct tour *t, int ok, const char *fmt, ...) PRINTF(3);
/* Why the step can't be shown, to be returned by it */
const char *tour_cannot(struct tour *t, const char *fmt, ...) PRINTF(2);

/* The same of a call that was refused, or failed with @err */
const char *tour_refused(struct tour *t, const char *what, int err);

/* All of these return NULL, or why it can't be had. */

/* Have @page and @also. */
const char *tour_page(struct tour *t);
/* Memory of the process's own, that nothing is in yet: two pages, never large ones */
const char *tour_memory(struct tour *t, char **ret);
/* Walk to an address of a process; 0 is this one. @root may be NULL. */
const char *tour_walk(struct tour *t, pid_t pid, const void *address,
		      unsigned int flags, struct mmuinspect_translation *walk,
		      __u64 *root);
/* A register of those */
const char *tour_register(struct tour *t, const struct table *registers,
			  unsigned int id, __u64 *value);
/* Stay on the CPU that this runs on; @before is for sched_setaffinity(). */
const char *tour_stay(struct tour *t, unsigned int *cpu, cpu_set_t *before);
/* The registers of a CPU; @reg is to be given to free(). */
const char *tour_registers(struct tour *t, unsigned int cpu,
			   struct table *registers);
/* An MSR of a CPU */
const char *tour_msr(struct tour *t, unsigned int cpu, __u32 number, __u64 *value);

/* The levels of a walk, and where it ends; in JSON the object @key. */
void tour_print_walk(const struct tour *t, const char *key,
		     const struct mmuinspect_translation *walk);
/* The entry that a walk ended at; 0 if there is none. */
__u64 tour_entry(const struct mmuinspect_translation *walk);

/**
 * struct actor - a child that does one thing when it's told to, and no more: its
 * faults are those of that thing
 * @pid: its number
 * @fd: written to, it acts; readable when it has
 */
struct actor {
	pid_t pid;
	int fd;
};

/* It calls @act in the child, with the number that actor_do() is given. */
const char *actor_start(struct tour *t, struct actor *a,
			void (*act)(int what, void *arg), void *arg);
const char *actor_do(struct tour *t, struct actor *a, int what);
void actor_end(struct actor *a);

/* What a process did between the two, on a watch of its own */
const char *tour_count(struct tour *t, struct sampler *s, pid_t pid,
		       __u32 sources, struct moment *before);
const char *tour_counted(struct tour *t, struct sampler *s,
			 const struct moment *before, struct moment *span);
/* Counts of a kind, by name; in JSON the object @key. */
void tour_print_counts(const char *key, const char *heading,
		       const struct mmuinspect_counts *counts, __u32 kind);

/* Try probes; each must be as its rules have it. */
const char *tour_probe(struct tour *t, const char *const *name, size_t n);

#endif
