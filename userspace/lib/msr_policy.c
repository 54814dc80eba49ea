// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The file of MSRs that may be read: a line an MSR,
 *
 *	0x1a0		# MISC_ENABLE, all of it
 *	EFER 0xd01	# by name, some bits of it
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"

#define LINE_SIZE 4096
#define WORD_MAX 64

/**
 * struct reader - a file that is being read
 * @msrs: names of MSRs
 * @n_msrs: how many
 * @line: at hand
 * @at: how far we are in it
 * @error: where we are, and what is wrong
 */
struct reader {
	const struct mmuinspect_register *msrs;
	size_t n_msrs;
	char line[LINE_SIZE];
	const char *at;
	struct mmuinspect_policy_error *error;
};

__attribute__((format(printf, 3, 4)))
static int wrong(struct reader *r, int err, const char *fmt, ...)
{
	va_list ap;

	r->error->column = r->at - r->line + 1;
	va_start(ap, fmt);
	vsnprintf(r->error->why, sizeof(r->error->why), fmt, ap);
	va_end(ap);
	return err;
}

/* Go to the next word; its length, 0 if the line has no more. */
static size_t word(struct reader *r)
{
	r->at += strspn(r->at, " \t");
	return strcspn(r->at, " \t#\n");
}

/* "0x" and hex digits, as the whole of a word. */
static int hex(struct reader *r, size_t len, const char *what, unsigned int bits,
	       __u64 *value)
{
	size_t digits = len > 2 ? strspn(r->at + 2, "0123456789abcdefABCDEF") : 0;

	if (!digits || digits != len - 2 || strncasecmp(r->at, "0x", 2))
		return wrong(r, -EINVAL, "\"%.*s\": expected %s",
			     len < WORD_MAX ? (int)len : WORD_MAX, r->at, what);
	errno = 0;
	*value = strtoull(r->at, NULL, 16);
	if (errno || (bits < 64 && *value >> bits))
		return wrong(r, -EINVAL, "\"%.*s\": does not fit in %u bits",
			     len < WORD_MAX ? (int)len : WORD_MAX, r->at, bits);
	return 0;
}

static int read_msr(struct reader *r, size_t len, struct mmuinspect_rule *rule)
{
	const struct mmuinspect_register *row;
	char name[WORD_MAX + 1], near[32];
	__u64 value;
	int err;

	if (len <= WORD_MAX) {
		memcpy(name, r->at, len);
		name[len] = '\0';
		row = mmuinspect_register_by_name(r->msrs, r->n_msrs, name);
		if (row) {
			rule->msr = row->id;
			return 0;
		}
		if (isalpha((unsigned char)*name) &&
		    mmuinspect_register_nearest(r->msrs, r->n_msrs, name, near,
						sizeof(near)))
			return wrong(r, -EINVAL,
				     "\"%s\": expected the number of an MSR as 0x1a0, or its name: \"%s\"?",
				     name, near);
	}
	err = hex(r, len, "the number of an MSR as 0x1a0, or its name", 32, &value);
	rule->msr = value;
	return err;
}

static int read_mask(struct reader *r, size_t len, struct mmuinspect_rule *rule)
{
	int err;

	rule->mask = ~0ULL;
	if (!len)
		return 0;
	err = hex(r, len, "a mask as 0xff, or a # comment", 64, &rule->mask);
	if (!err && !rule->mask)
		err = wrong(r, -EINVAL,
			    "expected a mask that isn't 0: leave the line out to permit nothing");
	return err;
}

/* 1 if the line has a rule, 0 if it's empty. */
static int read_line(struct reader *r, struct mmuinspect_rule *rule)
{
	size_t len;
	int err;

	len = word(r);
	if (!len)
		return 0;
	err = read_msr(r, len, rule);
	if (err)
		return err;
	r->at += len;
	len = word(r);
	err = read_mask(r, len, rule);
	if (err)
		return err;
	r->at += len;
	if (word(r))
		return wrong(r, -EINVAL, "expected a # comment, or the end of the line");
	return 1;
}

static int check_line(struct reader *r, FILE *f)
{
	size_t len = strlen(r->line);

	r->at = r->line;
	if (len && r->line[len - 1] == '\n') {
		/* Files from elsewhere end their lines with CR LF. */
		if (len > 1 && r->line[len - 2] == '\r')
			r->line[len - 2] = '\n';
		return 0;
	}
	if (len == sizeof(r->line) - 1)
		return wrong(r, -EINVAL, "expected a line shorter than %d bytes",
			     LINE_SIZE);
	if (!feof(f))
		return wrong(r, -EINVAL, "expected text: there is a zero byte");
	return 0;
}

static int add_rule(struct reader *r, const struct mmuinspect_rule *new,
		    struct mmuinspect_rule *rule, size_t *n)
{
	size_t i;

	r->at = r->line;
	word(r);
	for (i = 0; i < *n; i++)
		if (rule[i].msr == new->msr)
			return wrong(r, -EINVAL, "MSR 0x%x is there already: expected it once",
				     new->msr);
	if (*n == MMUINSPECT_POLICY_MAX)
		return wrong(r, -E2BIG, "more than %u MSRs", MMUINSPECT_POLICY_MAX);
	rule[(*n)++] = *new;
	return 0;
}

static int read_file(struct reader *r, FILE *f, struct mmuinspect_rule *rule,
		     size_t *n)
{
	struct mmuinspect_rule new;
	int err;

	while (fgets(r->line, sizeof(r->line), f)) {
		r->error->line++;
		new = (struct mmuinspect_rule) { 0 };
		err = check_line(r, f);
		if (!err)
			err = read_line(r, &new);
		if (err > 0)
			err = add_rule(r, &new, rule, n);
		if (err)
			return err;
	}
	if (ferror(f)) {
		err = errno ? -errno : -EIO;
		*r->error = (struct mmuinspect_policy_error) { 0 };
		return err;
	}
	return 0;
}

int mmuinspect_policy_read(const struct mmuinspect_info *info, const char *path,
			   struct mmuinspect_rule rule[MMUINSPECT_POLICY_MAX],
			   size_t *n, struct mmuinspect_policy_error *error)
{
	struct reader r = { .error = error };
	FILE *f = fopen(path, "re");
	int err;

	*error = (struct mmuinspect_policy_error) { 0 };
	*n = 0;
	if (!f)
		return -errno;
	r.msrs = mmuinspect_msr_table(info, &r.n_msrs);
	err = read_file(&r, f, rule, n);
	fclose(f);
	return err;
}
