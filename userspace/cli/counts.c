// SPDX-License-Identifier: GPL-2.0-only
/* Counts as a table, and in JSON: a section a kind, a row a count. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "counts.h"
#include "sections.h"

/* What is nobody's is the machine's also when a process is looked at. */
static const struct mmuinspect_counts *counts_of(const struct section *s,
						 const struct report *r, size_t i)
{
	return r->s->pid && s->of_machine ? &r->span[i].machine : &r->span[i].own;
}

/* Are these one row? */
static int alike(const struct section *s, const struct mmuinspect_count *a,
		 const struct mmuinspect_count *b)
{
	return a->kind == b->kind && a->key == b->key &&
	       (s->sizes || a->sub == b->sub);
}

static double value(const struct section *s, const struct mmuinspect_counts *c,
		    const struct mmuinspect_count *row)
{
	__u64 sum = 0;
	size_t i;

	for (i = 0; i < c->n; i++)
		if (row ? alike(s, row, &c->count[i]) : c->count[i].kind == s->kind)
			sum += c->count[i].count;
	return sum;
}

/**
 * struct figure - of some runs
 * @mean: of all of them
 * @spread: standard deviation of the mean, as a part of it
 */
struct figure {
	double mean;
	double spread;
};

/* fmax() would bring libm in. */
static double larger(double a, double b)
{
	return a > b ? a : b;
}

static struct figure figure_make(double sum, double squares, size_t n)
{
	struct figure f = { .mean = sum / n };

	if (n > 1 && sum)
		f.spread = sqrt(larger(squares - sum * f.mean, 0) / (n - 1) / n) /
			   f.mean;
	return f;
}

/* Of a row; NULL for all rows of the section. */
static struct figure figure_of(const struct section *s, const struct report *r,
			       const struct mmuinspect_count *row)
{
	double sum = 0, squares = 0, v;
	size_t i;

	for (i = 0; i < r->n; i++) {
		v = value(s, counts_of(s, r, i), row);
		sum += v;
		squares += v * v;
	}
	return figure_make(sum, squares, r->n);
}

static struct figure time_of(const struct report *r)
{
	double sum = 0, squares = 0;
	size_t i;

	for (i = 0; i < r->n; i++) {
		double seconds = (double)r->span[i].time / MOMENT_SECOND;

		sum += seconds;
		squares += seconds * seconds;
	}
	return figure_make(sum, squares, r->n);
}

/* A bucket's pages as memory: "8K-12K"; a flush of all has no size */
static const char *size_name(__s32 sub, char name[NAME_SIZE])
{
	__u64 page = sysconf(_SC_PAGESIZE), first, last;
	char from[24], to[24];

	if (sub < 0)
		return "everything";
	if (!sub)
		return "nothing";
	first = mmuinspect_bucket(sub, &last);
	if (first > ~0ULL / page || last > ~0ULL / page)
		return "everything";
	if (first == last)
		return out_size(first * page, name);
	snprintf(name, NAME_SIZE, "%s-%s", out_size(first * page, from),
		 out_size(last * page, to));
	return name;
}

/* "  everything 3x, 4K 12x, 8K-12K 4x" */
static void size_text(const struct section *s, const struct mmuinspect_counts *all,
		      const struct mmuinspect_count *row)
{
	const struct mmuinspect_count *c;
	char name[NAME_SIZE];

	for (c = row; c < all->count + all->n && alike(s, row, c); c++) {
		out_text("%s%s %llux", c == row ? "  " : ", ", size_name(c->sub, name),
			 (unsigned long long)c->count);
	}
}

static void text_figure(const struct section *s, const struct report *r,
			const char *name, struct figure f, double total)
{
	char share[16] = "";

	if (s->summed && total)
		snprintf(share, sizeof(share), "%.1f%%", 100 * f.mean / total);
	out_text("  %-30s %12.0f %7s %11.1f/s", name, f.mean, share,
		 f.mean / larger(time_of(r).mean, 1e-9));
	if (r->n > 1)
		out_text("  +-%5.1f%%", 100 * f.spread);
}

/* A whole number, unless it's a mean */
static void json_figure(const struct report *r, const char *key, struct figure f)
{
	if (r->n > 1)
		out_real(key, f.mean, NULL);
	else
		out_number(key, f.mean, NULL);
}

static void print_row(const struct section *s, const struct report *r,
		      const struct mmuinspect_counts *all,
		      const struct mmuinspect_count *row, double total)
{
	struct figure f = figure_of(s, r, row);
	char name[NAME_SIZE], words[128] = "";

	section_name(s, row, name);
	text_figure(s, r, name, f, total);
	if (!s->histogram)
		json_figure(r, name, f);
	if (s->sizes && r->n == 1)
		size_text(s, all, row);
	else if (s->words)
		s->words(s, row, words, sizeof(words));
	out_text("%s%s\n", *words ? "  " : "", words);
}

/* The first count of each row; NULL after the last */
static const struct mmuinspect_count *
next_row(const struct section *s, const struct mmuinspect_counts *all, size_t *i)
{
	for (; *i < all->n; ++*i) {
		const struct mmuinspect_count *c = &all->count[*i];

		if (c->kind == s->kind && (!*i || !alike(s, c - 1, c)))
			return &all->count[(*i)++];
	}
	return NULL;
}

static void json_spread(const struct section *s, const struct report *r,
			const struct mmuinspect_counts *all)
{
	const struct mmuinspect_count *row;
	char key[NAME_SIZE], name[NAME_SIZE];
	size_t i = 0;

	snprintf(key, sizeof(key), "%s_spread", s->key);
	out_object(key);
	while ((row = next_row(s, all, &i))) {
		section_name(s, row, name);
		out_real(name, figure_of(s, r, row).spread, NULL);
	}
	out_end();
}

/* The bounds of a bucket; null if it has none: a flush of everything */
static void json_bounds(__s32 bucket)
{
	__u64 last, first;

	if (bucket < 0) {
		out_null("first", NULL);
		out_null("last", NULL);
		return;
	}
	first = mmuinspect_bucket(bucket, &last);
	out_number("first", first, NULL);
	out_number("last", last, NULL);
}

static void json_histogram(const struct section *s, const struct report *r,
			   const struct mmuinspect_counts *all)
{
	const struct mmuinspect_count *row;
	size_t i = 0;

	out_array(s->key);
	while ((row = next_row(s, all, &i))) {
		struct figure f = figure_of(s, r, row);

		out_object(NULL);
		json_bounds(row->key);
		json_figure(r, "count", f);
		if (r->n > 1)
			out_real("spread", f.spread, NULL);
		out_end();
	}
	out_end();
}

static void json_sizes(const struct section *s, const struct mmuinspect_counts *all)
{
	char key[NAME_SIZE], name[NAME_SIZE];
	const struct mmuinspect_count *row, *c;
	size_t i = 0;

	snprintf(key, sizeof(key), "%s_pages", s->key);
	out_object(key);
	while ((row = next_row(s, all, &i))) {
		section_name(s, row, name);
		out_array(name);
		for (c = row; c < all->count + all->n && alike(s, row, c); c++) {
			out_object(NULL);
			json_bounds(c->sub);
			out_number("count", c->count, NULL);
			out_end();
		}
		out_end();
	}
	out_end();
}

/* The codes themselves, beside the classes that are made of them */
static void json_codes(const struct report *r, const struct mmuinspect_counts *all)
{
	const struct section *s = &fault_sections[0];
	const struct mmuinspect_count *row;
	char key[8];
	size_t i = 0;

	out_object("error_codes");
	while ((row = next_row(s, all, &i))) {
		snprintf(key, sizeof(key), "0x%x", row->key);
		json_figure(r, key, figure_of(s, r, row));
	}
	out_end();
}

static void print_rows(const struct section *s, const struct report *r,
		       const struct mmuinspect_counts *all)
{
	struct figure total = figure_of(s, r, NULL);
	const struct mmuinspect_count *row;
	size_t i = 0;

	if (total.mean || !s->rare)
		out_text("\n%s%s\n", s->heading,
			 r->s->pid && s->of_machine ? "; of the whole machine" : "");
	if (s->histogram)
		json_histogram(s, r, all);
	else
		out_object(s->key);
	while ((row = next_row(s, all, &i)))
		print_row(s, r, all, row, total.mean);
	if (!s->histogram)
		out_end();
	if (!total.mean && !s->rare)
		out_text("  none\n");
	if (total.mean && s->summed) {
		text_figure(s, r, "all", total, total.mean);
		out_text("\n");
	}
	if (s->kind == MMUINSPECT_A_COUNTS_FLUSH)
		out_text("  remote-asked is no IPI yet: lazy CPUs are left out afterwards (--matrix)\n"
			 "  not visible: flushes skipped by lazy CPUs, and broadcast flushes (INVLPGB)\n");
}

/* A kernel reports one or the other: how many CPUs were asked, or which were sent an IPI. */
static int is_missing(const struct section *s, const struct report *r)
{
	return r->s->missing & s->source ||
	       (s->kind == MMUINSPECT_A_COUNTS_TARGETS && !r->s->no_matrix);
}

static void print_section(const struct section *s, const struct report *r)
{
	struct mmuinspect_counts all = { 0 };
	size_t i;

	if (!(r->s->asked & s->source))
		return;
	if (is_missing(s, r)) {
		out_null(s->key, "\n%s\n  not available with this kernel\n", s->heading);
		return;
	}
	for (i = 0; i < r->n; i++)
		if (mmuinspect_counts_add(&all, counts_of(s, r, i)))
			break;
	print_rows(s, r, &all);
	if (r->n > 1 && !s->histogram)
		json_spread(s, r, &all);
	else if (s->sizes)
		json_sizes(s, &all);
	if (s->kind == MMUINSPECT_A_COUNTS_FAULT)
		json_codes(r, &all);
	mmuinspect_counts_free(&all);
}

static void print_matrix(const struct report *r)
{
	const struct moment *span = r->span;
	__u64 ipis = 0;
	size_t i;

	out_text("\nTLB flush IPIs sent from CPU to CPU (flushes that share an IPI count each)\n");
	if (r->s->no_matrix || r->s->missing & MMUINSPECT_SOURCE_TARGETS) {
		out_null("ipis", r->s->no_matrix ?
			 "  not available: this kernel reports how many CPUs are asked, not which get an IPI\n" :
			 "  not available with this kernel\n");
		out_null("matrix", NULL);
		return;
	}
	out_array("matrix");
	for (i = 0; i < span->n_shots; i++) {
		const struct mmuinspect_shots *shots = &span->shots[i];

		out_object(NULL);
		out_number("from", shots->from, "  CPU %u", shots->from);
		out_number("to", shots->to, " -> CPU %u", shots->to);
		out_number("count", shots->count, "  %llu\n",
			   (unsigned long long)shots->count);
		out_end();
		ipis += shots->count;
	}
	out_end();
	out_number("ipis", ipis, "  IPIs sent  %llu\n", (unsigned long long)ipis);
}

static void print_kept(const struct report *r)
{
	double minor = 0, major = 0;
	int known = 1;
	size_t i;

	for (i = 0; i < r->n; i++) {
		known &= r->span[i].has_kept;
		minor += r->span[i].minor;
		major += r->span[i].major;
	}
	out_text("\nkernel counters (always on)%s\n",
		 r->s->pid && !r->s->waits ? "; of the process without its children" : "");
	if (!known) {
		out_null("kernel", "  not available: the process has ended\n");
		return;
	}
	out_object("kernel");
	out_text("  %-30s %12.0f\n", "minor faults", minor / r->n);
	out_text("  %-30s %12.0f\n", "major faults", major / r->n);
	json_figure(r, "minor", (struct figure) { minor / r->n, 0 });
	json_figure(r, "major", (struct figure) { major / r->n, 0 });
	out_end();
}

/* Sums over all runs: what was lost in one of them is lost. */
static void print_lost(const struct report *r)
{
	__u64 lost = 0, unwatched = 0;
	size_t i;

	for (i = 0; i < r->n; i++) {
		lost += r->span[i].lost;
		unwatched += r->span[i].unwatched;
	}
	out_number("lost", lost, lost ?
		   "\nLOST: %llu faults or flushes whose end wasn't seen, on all CPUs\n" :
		   NULL, (unsigned long long)lost);
	out_number("unwatched", unwatched, unwatched ?
		   "\nNOT COUNTED: %llu children, for want of room\n" : NULL,
		   (unsigned long long)unwatched);
}

void counts_elapsed(const struct report *r)
{
	struct figure f = time_of(r);

	out_seconds("seconds", f.mean * MOMENT_SECOND + 0.5, ": %.6f s", f.mean);
	if (r->n > 1)
		out_real("seconds_spread", f.spread, " +- %.1f%%", 100 * f.spread);
	out_text("\n");
}

static int any_asked(const struct report *r, __u32 sources)
{
	return !!(r->s->asked & ~r->s->missing & sources);
}

/* How long a cycle is, where durations are printed */
static void print_cycles_khz(const struct report *r)
{
	__u32 khz = r->s->cycles_khz;

	if (!any_asked(r, MMUINSPECT_SOURCE_OUTCOMES | MMUINSPECT_SOURCE_LATENCY))
		return;
	if (khz)
		out_number("cycles_khz", khz, "\ntime-stamp counter: %u.%03u MHz\n",
			   khz / 1000, khz % 1000);
	else
		out_null("cycles_khz", NULL);
}

/* The sections that count for the whole machine, though a process is looked at */
static void json_machine_wide(const struct report *r)
{
	const struct section *s;

	out_array("machine_wide");
	for (s = tlb_sections; s->key; s++)
		if (r->s->asked & s->source && (s->of_machine || !r->s->pid))
			out_string(NULL, s->key, NULL);
	for (s = fault_sections; s->key; s++)
		if (r->s->asked & s->source && !r->s->pid)
			out_string(NULL, s->key, NULL);
	out_end();
}

void counts_print(const struct report *r)
{
	const struct section *s;

	for (s = fault_sections; s->key; s++)
		print_section(s, r);
	out_object("tlb");
	for (s = tlb_sections; s->key; s++)
		print_section(s, r);
	if (r->s->asked & MMUINSPECT_SOURCE_TARGETS && r->n == 1)
		print_matrix(r);
	out_end();
	json_machine_wide(r);
	print_cycles_khz(r);
	print_kept(r);
	print_lost(r);
}
