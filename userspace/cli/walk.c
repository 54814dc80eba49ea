// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect walk: addresses, level by level. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "process.h"

static int verify;

static const char *set_verify(const char *arg)
{
	(void)arg;
	verify = 1;
	return NULL;
}

static const struct cli_option options[] = {
	OPTION_PID,
	{ "verify", 'v', NULL,
	  "compare with the kernel's own translation, and the bytes with those\n"
	  "                           seen through the mapping; needs CAP_SYS_ADMIN",
	  set_verify },
	OPTION_JSON,
	{ 0 }
};

/**
 * struct walk - what is to be printed
 * @s: the session
 * @maps: names of mappings
 * @root: physical address of the top table; 0 if hidden
 */
struct walk {
	struct session s;
	struct maps maps;
	__u64 root;
};

/* By enum mmuinspect_stop */
static const struct {
	const char *name;
	const char *why;
} stops[] = {
	[MMUINSPECT_STOP_MAPPED] = { "mapped", NULL },
	[MMUINSPECT_STOP_EMPTY] = {
		"empty", "the entry is zero: nothing is mapped here" },
	[MMUINSPECT_STOP_NONPRESENT] = { "nonpresent", "the entry isn't present" },
	[MMUINSPECT_STOP_NONCANONICAL] = {
		"noncanonical", "not a canonical address" },
	[MMUINSPECT_STOP_NOT_USER] = { "not-user", "not in the user half" },
	[MMUINSPECT_STOP_UNREADABLE] = {
		"unreadable", "the table isn't in RAM that the kernel manages" },
};

/* By enum mmuinspect_verdict */
static const char *const verdicts[] = {
	[MMUINSPECT_VERDICT_NONE] = "not compared",
	[MMUINSPECT_VERDICT_SAME] = "same",
	[MMUINSPECT_VERDICT_DIFFERENT] = "DIFFERENT",
	[MMUINSPECT_VERDICT_UNAVAILABLE] = "nothing to compare with",
	[MMUINSPECT_VERDICT_UNTOUCHED] = "not read: that would set the Accessed bit",
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *verdict(unsigned int v)
{
	return v < ARRAY_SIZE(verdicts) ? verdicts[v] : "unknown";
}

static void print_leaf(const struct walk *w,
		       const struct mmuinspect_translation *t)
{
	__u64 entry = t->step[t->steps - 1].entry;
	__u64 size = mmuinspect_level_size(w->s.info, t->level);
	int index = mmuinspect_memory_index(w->s.info, t->level, entry);
	const char *type = mmuinspect_memory_type(w->s.info, index);
	char buf[24];

	if (w->root)
		out_hex("phys", t->phys, "  physical 0x%llx",
			(unsigned long long)t->phys);
	else
		out_null("phys", "  physical hidden");
	out_number("page_size", size, ", %s page", out_size(size, buf));
	out_text(", rights ");
	out_rights(t->attrs, 0);
	out_string("memtype", type, ", memory %s (index %d)\n", type, index);
	out_bool("identity", w->root && t->phys == t->address,
		 w->root && t->phys == t->address ? "  VA = PA: identity mapping\n" : NULL);
}

static void print_stop(const struct walk *w,
		       const struct mmuinspect_translation *t)
{
	const char *why = t->stop < ARRAY_SIZE(stops) ? stops[t->stop].why : "unknown";
	const char *level = mmuinspect_level_name(w->s.info, t->level);
	struct mmuinspect_absent absent;
	char text[128];

	out_null("phys", NULL);
	out_null("page_size", NULL);
	out_null("rights", NULL);
	out_null("memtype", NULL);
	out_text("  stops at %s: %s", level ? level : "the address", why);
	if (t->stop == MMUINSPECT_STOP_NONPRESENT && t->steps) {
		mmuinspect_absent(w->s.info, t->level,
				  t->step[t->steps - 1].entry, !w->root, &absent);
		map_absent(maps_at(&w->maps, t->address), w->s.info,
			   t->step[t->steps - 1].entry, &absent);
		mmuinspect_absent_text(w->s.info, &absent, text, sizeof(text));
		out_string("absent", absent.name, NULL);
		out_string("meaning", text, ": %s", text);
	}
	out_text("\n");
}

/* Returns 1 if our translation and the kernel's are two different things. */
static int print_verdict(const struct mmuinspect_translation *t)
{
	if (t->stop != MMUINSPECT_STOP_MAPPED)
		return 0;
	out_object("verify");
	out_string("frame_verdict", verdict(t->frame), "  frame against the kernel's own: %s\n",
		   verdict(t->frame));
	out_string("bytes_verdict", verdict(t->bytes), "  bytes against the mapping's: %s\n",
		   verdict(t->bytes));
	out_bool("changed", t->changed, t->changed ?
		 "  changed while looking: the verdicts say nothing, try again\n" : NULL);
	out_end();
	return !t->changed && (t->frame == MMUINSPECT_VERDICT_DIFFERENT ||
			       t->bytes == MMUINSPECT_VERDICT_DIFFERENT);
}

static int print_translation(const struct walk *w,
			     const struct mmuinspect_translation *t)
{
	const char *mapping = maps_name(&w->maps, t->address);
	const char *stop = t->stop < ARRAY_SIZE(stops) ? stops[t->stop].name : "unknown";
	unsigned int i;
	int wrong = 0;

	out_object(NULL);
	out_hex("address", t->address, "\n0x%llx", (unsigned long long)t->address);
	out_string("mapping", mapping, "  %s\n", !mapping ? "in no mapping" :
		   *mapping ? out_printable(mapping) : "anonymous");
	out_heading("  level          table  index  entry             bits");
	out_array("levels");
	for (i = 0; i < t->steps; i++)
		out_step(&w->s, &t->step[i], "hidden");
	out_end();
	out_string("stop", stop, NULL);
	if (t->stop == MMUINSPECT_STOP_MAPPED && t->steps)
		print_leaf(w, t);
	else
		print_stop(w, t);
	if (verify)
		wrong = print_verdict(t);
	out_end();
	return wrong;
}

/* Returns an exit status, having printed the error. */
static int read_addresses(const struct session *s, int n, char **text,
			  struct mmuinspect_translation *t)
{
	int i, status = EXIT_DONE;

	for (i = 0; i < n && !status; i++) {
		const char *why = parse_number(text[i], &t[i].address);

		if (why)
			return misused("%s: %s", text[i], why);
		if (s)
			status = session_check_address(s, t[i].address);
	}
	return status;
}

static int walk_and_print(struct walk *w, int n, struct mmuinspect_translation *t)
{
	int i, wrong = 0, err;

	err = mmuinspect_walk(w->s.h, verify ? MMUINSPECT_WALK_VERIFY : 0, t, n,
			      &w->root);
	if (err)
		return session_failed(&w->s, err == -EACCES ? "--verify" : NULL, err);
	maps_read(&w->maps, w->s.pid);
	if (common.pid)
		proc_warn();
	session_head(&w->s, w->root);
	out_stream("walks");
	for (i = 0; i < n; i++)
		wrong |= print_translation(w, &t[i]);
	out_end();
	maps_free(&w->maps);
	if (wrong)
		return failed("%s: the walk and the kernel disagree", w->s.who);
	return EXIT_DONE;
}

static int walk_run(int argc, char **argv)
{
	struct mmuinspect_translation *t;
	struct walk w = { 0 };
	int status;

	if (!argc)
		return misused("walk: no address: see mmuinspect walk --help");
	t = calloc(argc, sizeof(*t));
	if (!t)
		return failed("walk: %s", strerror(errno));
	/* Typing errors first: they need no module. */
	status = read_addresses(NULL, argc, argv, t);
	if (status)
		goto free_vec;
	status = session_open_target(&w.s);
	if (status)
		goto free_vec;
	status = read_addresses(&w.s, argc, argv, t);
	if (!status)
		status = walk_and_print(&w, argc, t);
	session_close(&w.s);
free_vec:
	free(t);
	return status;
}

const struct cli_command cmd_walk = {
	.name = "walk",
	.summary = "one or more addresses, level by level",
	.usage = "[-p PID] [-v] [-j] ADDRESS...",
	.about = "For each level the table's physical address, the index, the raw entry and its\n"
		 "bits; then where it ends: the physical address, what all levels together allow\n"
		 "(r read, w write, x execute, u user mode), the memory type; or where the walk\n"
		 "stops, and why. Addresses are hex. Without -p it's mmuinspect's own address\n"
		 "space, which is of little use but needs no rights.",
	.options = options,
	.operands = OPERANDS_ANY,
	.run = walk_run,
};
