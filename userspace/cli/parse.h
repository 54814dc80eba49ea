/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What people type. Each parser returns NULL if it could make sense of the
 * text, and else why it couldn't, for the end of an error line.
 */
#ifndef PARSE_H
#define PARSE_H

#include <stddef.h>
#include <sys/types.h>

#include <linux/mmuinspect.h>

/* A number: hex with or without 0x; with K, M or G behind it decimal, unless 0x. */
const char *parse_number(const char *text, __u64 *value);

/* "A-B" (B is the first one beyond) or "A+SIZE" */
const char *parse_range(const char *text, __u64 *start, __u64 *end);

const char *parse_pid(const char *text, pid_t *pid);

/* A decimal number above 0 */
const char *parse_count(const char *text, unsigned int *count);

/**
 * struct cpus - numbers of CPUs
 * @cpu: in ascending order, none twice
 * @n: how many
 */
struct cpus {
	__u32 *cpu;
	size_t n;
};

/* "0,2-3"; adds to what @cpus has. */
const char *parse_cpus(const char *text, struct cpus *cpus);

/* Words with commas between, all of which must hold; adds to what @f has. */
const char *parse_filter(const char *text, struct mmuinspect_filter *f);

const char *parse_merge(const char *text, __u32 *merge);

/* The names of rows, the first member of which is a const char *. */
struct names {
	const void *rows;
	size_t n;
	size_t stride;
};

#define NAMES(array) { (array), sizeof(array) / sizeof((array)[0]), sizeof((array)[0]) }

/* Index of the row called @word; -1 if there is none. */
int names_find(const struct names *names, const char *word);

/* The name that @word is most like; NULL if it's like none. */
const char *names_nearest(const struct names *names, const char *word);

/*
 * "unknown filter \"wirte\": did you mean \"write\"?", or with all that there are
 * if none is near. Valid until the next call.
 */
const char *names_wrong(const struct names *names, const char *word,
			const char *noun);

#endif
