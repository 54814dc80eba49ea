// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect dump: an address space as merged ranges, or entry by entry. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bits.h"
#include "cli.h"
#include "process.h"

static struct {
	struct mmuinspect_runs runs;
	int ranged;
	int merged;
	int raw;
} ask = { .runs.merge = MMUINSPECT_MERGE_RIGHTS };

static const char *set_raw(const char *arg)
{
	(void)arg;
	ask.raw = 1;
	return NULL;
}

static const char *set_range(const char *arg)
{
	ask.ranged = 1;
	return parse_range(arg, &ask.runs.start, &ask.runs.end);
}

static const char *set_filter(const char *arg)
{
	return parse_filter(arg, &ask.runs.filter);
}

static const char *set_merge(const char *arg)
{
	ask.merged = 1;
	return parse_merge(arg, &ask.runs.merge);
}

static const struct cli_option options[] = {
	OPTION_PID,
	{ "raw", 'R', NULL, "a line an entry, with all its bits", set_raw },
	{ "range", 'r', "A-B", "only these addresses; also A+SIZE", set_range },
	{ "filter", 'f', "WORDS",
	  "only entries of which all words are true: present, nonpresent, write, user, exec, accessed, dirty, 4k, 2m, 1g, huge, pkey=N, phys=A-B; with ! before it, its contrary",
	  set_filter, .value = VALUE_WORDS, .repeats = 1,
	  .words = "present nonpresent write user exec accessed dirty 4k 2m 1g huge pkey= phys=" },
	{ "merge", 'm', "HOW",
	  "none: a line an entry; rights: neighbours of one size, rights, key and memory type (the default); phys: physically contiguous as well",
	  set_merge, .value = VALUE_WORD, .words = "none rights phys" },
	OPTION_JSON,
	{ 0 }
};

/**
 * struct dump - what is being printed
 * @s: the session
 * @maps: names of mappings
 * @hidden: everything physical is
 * @digits: width of an address
 * @level_size: of a page of each level
 * @pages: how many of each level were seen, present ones in [1]
 * @run: the one at hand
 * @bits: what the bits of its entry mean
 * @absent: what it means if it isn't present
 */
struct dump {
	struct session s;
	struct maps maps;
	int hidden;
	int digits;
	__u64 level_size[MMUINSPECT_LEVELS_MAX + 1];
	__u64 pages[MMUINSPECT_LEVELS_MAX + 1][2];
	const struct mmuinspect_run *run;
	const struct bits *bits;
	struct mmuinspect_absent absent;
};

static int is_present(const struct dump *d)
{
	return !!(d->run->attrs & MMUINSPECT_PRESENT);
}

static __u64 page_size(const struct dump *d)
{
	return d->level_size[d->run->level];
}

/* @width as printf has it: negative to fill up on the right. */
struct column {
	const char *heading;
	int width;
	void (*print)(const struct dump *d, int width);
};

static void print_start(const struct dump *d, int width)
{
	(void)width;
	out_hex_digits("start", d->run->start, d->digits);
}

static void print_range(const struct dump *d, int width)
{
	__u64 end = d->run->start + d->run->pages * page_size(d);

	print_start(d, width);
	out_cell("-", 0);
	out_hex_digits("end", end, d->digits);
}

static void print_size(const struct dump *d, int width)
{
	char size[24];

	out_cell(out_size(d->run->pages * page_size(d), size), width);
}

static void print_pages(const struct dump *d, int width)
{
	out_number_cell("pages", d->run->pages, width);
}

static void print_page_size(const struct dump *d, int width)
{
	char size[24];

	if (out_is_json())
		out_number_cell("page_size", page_size(d), 0);
	else
		out_cell(out_size(page_size(d), size), width);
}

static void print_rights(const struct dump *d, int width)
{
	out_bool("present", is_present(d), NULL);
	out_rights(d->run->attrs, width);
}

/* 0% and 100% mean none and all; what is between is never rounded to them. */
static unsigned int percent(__u32 n, __u32 of)
{
	unsigned int p = of ? 100ULL * n / of : 0;

	return p || !n ? p : 1;
}

static void print_share(const struct dump *d, const char *key, __u32 n, int width)
{
	if (out_is_json()) {
		out_number_cell(key, n, 0);
	} else if (is_present(d)) {
		out_number_cell(key, percent(n, d->run->pages), width - 1);
		out_cell("%", 0);
	} else {
		out_cell("-", width);
	}
}

static void print_accessed(const struct dump *d, int width)
{
	print_share(d, "accessed", d->run->accessed, width);
}

static void print_dirty(const struct dump *d, int width)
{
	print_share(d, "dirty", d->run->dirty, width);
}

static void print_entry(const struct dump *d, int width)
{
	out_hex_digits("entry", d->run->entry, width);
}

static void print_phys(const struct dump *d, int width)
{
	if (!is_present(d))
		out_null_cell("phys", width, "-");
	else if (d->hidden)
		out_null_cell("phys", width, "hidden");
	else
		out_hex_cell("phys", d->run->entry & ~d->bits->key, width);
}

static void print_memory(const struct dump *d, int width)
{
	out_string_cell("memtype", d->bits->memory, width, "-");
}

static void print_flags(const struct dump *d, int width)
{
	out_bits(d->bits, width);
}

static void print_mapping(const struct dump *d, int width)
{
	const char *name = maps_name(&d->maps, d->run->start);

	(void)width;
	if (name && !out_is_json())
		name = out_printable(name);
	out_string_cell("mapping", name, 0, "?");
}

/* What is behind the mapping, in brackets: by what else ranges differ. */
static void print_pkey(const struct dump *d, int width)
{
	int key = d->bits->pkey;

	(void)width;
	if (key > 0)
		out_number("pkey", key, " [pkey=%d]", key);
	else if (!out_is_json())
		return;
	else if (!key)
		out_number_cell("pkey", 0, 0);
	else
		out_null_cell("pkey", 0, "");
}

static void print_meaning(const struct dump *d, int width)
{
	char text[128];

	(void)width;
	if (is_present(d))
		return;
	mmuinspect_absent_text(d->s.info, &d->absent, text, sizeof(text));
	out_string("absent", d->absent.name, NULL);
	out_string("meaning", text, " [%s%s]", d->run->pages > 1 ? "first: " : "",
		   text);
}

/* Widths that depend on how long an address is here */
#define START 0
#define RANGE 1

static const struct column merged[] = {
	{ "start-end", RANGE, print_range },
	{ "size", 9, print_size },
	{ "pages", 7, print_pages },
	{ "page", 4, print_page_size },
	{ "rights", -6, print_rights },
	{ "acc", 4, print_accessed },
	{ "dirty", 5, print_dirty },
	{ "first frame", 13, print_phys },
	{ "mem", -3, print_memory },
	{ "mapping", -7, print_mapping },
	{ NULL, 0, print_pkey },
	{ NULL, 0, print_meaning },
	{ 0 }
};

static const struct column raw[] = {
	{ "start", START, print_start },
	{ "page", 4, print_page_size },
	{ "entry", 16, print_entry },
	{ "rights", -6, print_rights },
	{ "frame", 13, print_phys },
	{ "mem", -3, print_memory },
	{ "bits", -24, print_flags },
	{ "mapping", -7, print_mapping },
	{ NULL, 0, print_meaning },
	{ 0 }
};

static const struct column json[] = {
	{ .print = print_range },
	{ .print = print_page_size },
	{ .print = print_pages },
	{ .print = print_rights },
	{ .print = print_accessed },
	{ .print = print_dirty },
	{ .print = print_phys },
	{ .print = print_memory },
	{ .print = print_pkey },
	{ .print = print_entry },
	{ .print = print_flags },
	{ .print = print_mapping },
	{ .print = print_meaning },
	{ 0 }
};

static const struct column *layout(void)
{
	if (common.json)
		return json;
	return ask.raw ? raw : merged;
}

static void print_headings(const struct dump *d)
{
	const struct column *c;
	char line[256];
	int n = 0, width;

	for (c = layout(); c->print; c++) {
		width = c->width;
		if (width == START)
			width = -d->digits;
		if (width == RANGE)
			width = -2 * d->digits - 1;
		if (c->heading)
			n += snprintf(line + n, sizeof(line) - n, "%s%*s",
				      n ? "  " : "", width, c->heading);
	}
	if (!common.json)
		out_heading(line);
}

static void print_run(struct dump *d, const struct mmuinspect_run *run)
{
	const struct column *first = layout(), *c;

	d->run = run;
	d->bits = bits_of(d->s.info, run->level, run->entry);
	d->pages[run->level][is_present(d)] += run->pages;
	if (!is_present(d)) {
		mmuinspect_absent(d->s.info, run->level, run->entry, d->hidden,
				  &d->absent);
		map_absent(maps_at(&d->maps, run->start), d->s.info, run->entry,
			   &d->absent);
	}
	out_object(NULL);
	for (c = first; c->print; c++) {
		if (c != first && c->heading)
			out_cell("  ", 0);
		c->print(d, c->width);
	}
	out_text("\n");
	out_end();
}

static void print_totals(const struct dump *d, unsigned int unreadable)
{
	static const char *const what[] = { " not present", "" };
	unsigned int level, present, any = 0;
	char size[24], sum[24];

	out_text("total:");
	out_array("totals");
	for (level = 1; level <= MMUINSPECT_LEVELS_MAX; level++) {
		__u64 bytes = mmuinspect_level_size(d->s.info, level);

		for (present = 2; present-- > 0; ) {
			__u64 pages = d->pages[level][present];

			if (!pages)
				continue;
			out_object(NULL);
			out_number("page_size", bytes, "%s %s", any++ ? "," : "",
				   out_size(bytes, size));
			out_number("pages", pages, " x %llu", (unsigned long long)pages);
			out_bool("present", present, " = %s%s",
				 out_size(pages * bytes, sum), what[present]);
			out_end();
		}
	}
	out_end();
	/* Principle 4: a snapshot that can be torn says so. */
	out_bool("live", 1, "%s\nlive: each line was true at some moment, not all at the same one\n",
		 any ? "" : " nothing");
	out_number("unreadable", unreadable, unreadable ?
		   "tables outside the RAM that the kernel manages: %u; what is below them is missing\n" :
		   NULL, unreadable);
}

/* Print what comes; returns an exit status. */
static int print_all(struct dump *d, struct mmuinspect_cursor *c)
{
	const struct mmuinspect_runs *state = mmuinspect_runs_state(c);
	const struct mmuinspect_run *run;
	int err;

	d->hidden = !state->root;
	session_head(&d->s, state->root);
	print_headings(d);
	out_stream("ranges");
	while ((err = mmuinspect_runs_next(c, &run)) > 0 && !out_failed())
		print_run(d, run);
	out_end();
	if (err < 0) {
		out_string("error", session_why(&d->s, err), NULL);
		return failed("%s: cut short: %s", d->s.who,
			      session_why(&d->s, err));
	}
	print_totals(d, state->unreadable);
	return EXIT_DONE;
}

/* What can be wrong with the request by itself, or on this machine. */
static int check_request(const struct session *s)
{
	__u64 page = 1ULL << s->info->page_shift;
	struct mmuinspect_runs *r = &ask.runs;
	int status;

	if (!ask.ranged) {
		r->end = s->info->user_end;
		return EXIT_DONE;
	}
	status = session_check_address(s, r->start);
	if (!status)
		status = session_check_address(s, r->end - 1);
	r->start &= -page;
	r->end = (r->end + page - 1) & -page;
	return status;
}

static int dump_run(int argc, char **argv)
{
	struct dump d = { 0 };
	struct mmuinspect_cursor *c;
	unsigned int level;
	int status, err;

	(void)argc;
	(void)argv;
	if (ask.raw && ask.merged && ask.runs.merge != MMUINSPECT_MERGE_NONE)
		return misused("--raw: goes with --merge none only: it shows entry by entry");
	if (ask.raw)
		ask.runs.merge = MMUINSPECT_MERGE_NONE;
	status = session_open_target(&d.s);
	if (status)
		return status;
	status = check_request(&d.s);
	if (status)
		goto close;
	d.digits = (d.s.info->va_bits + 2) / 4;
	for (level = 1; level <= MMUINSPECT_LEVELS_MAX; level++)
		d.level_size[level] = mmuinspect_level_size(d.s.info, level);
	maps_read(&d.maps, d.s.pid);
	if (common.pid)
		proc_warn();
	err = mmuinspect_runs_begin(d.s.h, &ask.runs, &c);
	if (err) {
		status = session_failed(&d.s, err == -EACCES ?
			"--merge phys and --filter phys=" : NULL, err);
		goto free_maps;
	}
	status = print_all(&d, c);
	mmuinspect_runs_end(c);
free_maps:
	maps_free(&d.maps);
close:
	session_close(&d.s);
	return status;
}

const struct cli_command cmd_dump = {
	.name = "dump",
	.summary = "a whole address space, or part of it",
	.usage = "[-p PID] [-r A-B] [-f WORDS]... [-m HOW | -R] [-j]",
	.about = "Ranges of pages that are alike, each with the rights that all levels together\n"
		 "allow (r read, w write, x execute, u user mode), the share of accessed and dirty\n"
		 "pages, the physical address and memory type of the first page, and the mapping\n"
		 "that it's in (? if there was none). Entries that aren't present are listed too,\n"
		 "with what Linux says in them; entries that are zero aren't.",
	.options = options,
	.run = dump_run,
};
