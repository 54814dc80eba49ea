/* SPDX-License-Identifier: GPL-2.0-only */
/* Values of registers and MSRs: which CPUs agree, and what the bits say. */
#ifndef FIELDS_H
#define FIELDS_H

#include "mmuinspect.h"

/**
 * struct sample - what one CPU has
 * @cpu: its number
 * @error: 0 or a negative errno
 * @value: of the register
 * @reg: the other registers of that CPU; NULL for an MSR
 * @n: how many
 */
struct sample {
	__u32 cpu;
	int error;
	__u64 value;
	const struct mmuinspect_reg *reg;
	size_t n;
};

/**
 * struct groups - samples, those that agree together
 * @group: in the order of their first CPUs
 * @n: how many
 */
struct groups {
	struct group {
		const struct sample *first;
		__u32 *cpu;
		size_t n;
	} *group;
	size_t n;
};

/* 0 or -ENOMEM; the samples stay the caller's, and must outlive the groups. */
int groups_make(struct groups *groups, const struct sample *sample, size_t n);
void groups_free(struct groups *groups);

/**
 * struct difference - the bits in which CPUs differ
 * @may: they belong to the task or to the CPU
 * @must_not: all others
 */
struct difference {
	__u64 may;
	__u64 must_not;
};

struct difference groups_differ(const struct groups *groups,
				const struct mmuinspect_register *row);

/* Of a register: ' ', '~' or '!' */
char difference_mark(struct difference differs);
/* For text: what the marks mean of all differences that were @seen */
void difference_add(struct difference *seen, struct difference differs);
void out_legend(struct difference seen);
/* In JSON: all bits that differ, those that must not, and whether there are none of these */
void out_difference(struct difference differs);

/* Words, from column @at on; what doesn't fit begins at @indent. Ends the line. */
void out_wrapped(const char *text, int at, int indent);

/* A line for each group that has a value, for text. @width is that of CPUs. */
void out_group_heading(int width);
void out_group_lines(const char *name, const struct mmuinspect_register *row,
		     const struct groups *groups, int width);
/* The width of the widest list of CPUs, if it's more than @width. */
int groups_width(const struct groups *groups, int width);

/*
 * A line a field, for text: those that are set or that differ, or with @verbose
 * all, and why they matter. Only @field if it isn't NULL.
 */
void out_field_table(const struct mmuinspect_register *row,
		     const struct mmuinspect_field *field,
		     const struct sample *sample, struct difference differs,
		     int verbose);

/* The names of bits that are set, as elements of an open JSON array. */
void out_field_names(const struct mmuinspect_register *row,
		     const struct sample *sample);
/* For JSON: an object of all fields, by name. Only @field if it isn't NULL. */
void out_field_values(const char *key, const struct mmuinspect_register *row,
		      const struct mmuinspect_field *field,
		      const struct sample *sample);
/* For JSON: what is known of a register, with all its fields. */
void out_register_facts(const struct mmuinspect_register *row);

#endif
