/* SPDX-License-Identifier: GPL-2.0-only */
/* Counts of a time: taking them, and showing them as a table, a line, or JSON. */
#ifndef COUNTS_H
#define COUNTS_H

#include <sys/types.h>

#include "mmuinspect.h"

/**
 * struct moment - counts at one moment, or what happened between two
 * @time: in nanoseconds: since boot; or from one moment to the other
 * @own: of the process, or of the machine
 * @machine: of the machine, where it isn't @own: what no one process has
 * @shots: TLB flush IPIs, by sender and target
 * @n_shots: how many
 * @lost: faults and flushes whose end wasn't seen
 * @unwatched: children that there was no room for
 * @has_kept: @minor and @major are known
 * @minor: faults that the kernel itself counts, without a device; of a process that
 *	was there before without its children's
 * @major: and with one
 */
struct moment {
	__u64 time;
	struct mmuinspect_counts own;
	struct mmuinspect_counts machine;
	struct mmuinspect_shots *shots;
	size_t n_shots;
	__u64 lost;
	__u64 unwatched;
	int has_kept;
	__u64 minor;
	__u64 major;
};

/* 0 or -ENOMEM */
int moment_difference(struct moment *ret, const struct moment *after,
		      const struct moment *before);
void moment_free(struct moment *m);
#define MOMENT_SECOND 1000000000ULL
#define MOMENT_MS 1000000ULL

/* CLOCK_MONOTONIC in nanoseconds */
__u64 moment_now(void);
/* How many milliseconds are left until then, for poll(); -1 (for ever) until 0 */
int moment_until(__u64 time);

/* Why counting was refused, in words; valid until the next call. */
const char *counting_why(const struct mmuinspect_family *f, int err);

/**
 * struct sampler - where moments come from
 * @f: the family
 * @asked: MMUINSPECT_SOURCE_* that are wanted
 * @missing: those of them that this kernel lacks
 * @of_machine: those that are counted for the machine
 * @watch: id of the watch; 0 if the machine is looked at
 * @pid: of the process; 0 if the machine is looked at
 * @waits: it's to begin with a new program
 * @cycles_khz: frequency of the counter that durations are measured with; 0 if unknown
 * @no_matrix: this kernel reports how many CPUs were asked, not which got an IPI; another one
 *	tells which, and not how many at once
 */
struct sampler {
	struct mmuinspect_family *f;
	__u32 asked;
	__u32 missing;
	__u32 of_machine;
	__u32 watch;
	pid_t pid;
	int waits;
	__u32 cycles_khz;
	int no_matrix;
};

/* All of these return an exit status, having printed the error. */

/* Find out what can be had of @asked. */
int sampler_open(struct sampler *s, __u32 asked);
/* Count on the whole machine. */
int sampler_machine(struct sampler *s);
/*
 * Count a process and its children; with @machine on the whole machine as well what
 * is nobody's. @flags are MMUINSPECT_WATCH_*.
 */
int sampler_process(struct sampler *s, pid_t pid, unsigned int flags, int machine);
/* End a process's watch. */
int sampler_end(struct sampler *s);
/* With @kept also what the kernel counts by itself, which it takes long to print. */
int sampler_take(struct sampler *s, struct moment *m, int kept);
void sampler_close(struct sampler *s);

/* Is it a process that can be watched at all? Prints why not. */
int sampler_check_pid(pid_t pid);

/**
 * struct report - what is shown
 * @s: where it comes from
 * @span: times, alike; their mean is shown, and how far they spread
 * @n: how many
 */
struct report {
	const struct sampler *s;
	const struct moment *span;
	size_t n;
};

/* How long it took; ends the line that says of what. */
void counts_elapsed(const struct report *r);

/* The sources that are asked for, in one table; in JSON members of what is open. */
void counts_print(const struct report *r);

/*
 * One line for a time. @head tells of the columns; @time is in nanoseconds, @who is
 * NULL for the machine. In JSON a record.
 */
void counts_line_head(const struct sampler *s, int who);
void counts_line(const struct sampler *s, __u64 time, const char *who,
		 const struct moment *span);

#endif
