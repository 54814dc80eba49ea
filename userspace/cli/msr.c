// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect msr: model-specific registers that may be read, and which these are. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "fields.h"

static int verbose;
static const char *field_name;

static const char *set_verbose(const char *arg)
{
	(void)arg;
	verbose = 1;
	return NULL;
}

static const char *set_field(const char *arg)
{
	field_name = arg;
	return NULL;
}

/* What is to be done; reading those that are named if none of these. */
static enum {
	READ,
	READ_ALL,
	LIST,
	LOAD,
	EXTEND,
	SEAL,
} action;

static const char *choose(int chosen)
{
	if (action != READ && (int)action != chosen)
		return "one thing at a time: --all, --list, --policy-load, --policy-extend or --policy-seal";
	action = chosen;
	return NULL;
}

static const char *set_all(const char *arg)
{
	(void)arg;
	return choose(READ_ALL);
}

static const char *set_list(const char *arg)
{
	(void)arg;
	return choose(LIST);
}

static const char *set_load(const char *arg)
{
	(void)arg;
	return choose(LOAD);
}

static const char *set_extend(const char *arg)
{
	(void)arg;
	return choose(EXTEND);
}

static const char *set_seal(const char *arg)
{
	(void)arg;
	return choose(SEAL);
}

static const struct cli_option options[] = {
	OPTION_CPUS,
	{ "field", 'F', "NAME", "only this field", set_field },
	{ "verbose", 'v', NULL, "fields that are clear too, and why they matter",
	  set_verbose },
	{ "all", 'a', NULL, "read all that may be read, a line each", set_all },
	{ "list", 'l', NULL, "what may be read here", set_list },
	{ "policy-load", 0, NULL,
	  "replace that list by what is in a file (without one "
	  MMUINSPECT_POLICY_FILE ")", set_load, .value = VALUE_FILE },
	{ "policy-extend", 0, NULL, "add to it what is in a file", set_extend,
	  .value = VALUE_FILE },
	{ "policy-seal", 0, NULL, "no change of it until the module is unloaded",
	  set_seal },
	OPTION_JSON,
	{ 0 }
};

/**
 * struct wanted - an MSR to be read
 * @msr: its number
 * @row: what is known of it; NULL for nothing
 * @field: the only one to show; NULL for all
 */
struct wanted {
	__u32 msr;
	const struct mmuinspect_register *row;
	const struct mmuinspect_field *field;
};

/**
 * struct reading - what is read and printed
 * @s: the session
 * @table: what is known of MSRs
 * @n_table: how many
 * @cpus: on which CPUs
 * @wanted: which MSRs
 * @n: how many
 * @msr: the reads: for each CPU each of @wanted
 * @sample: room for one of each CPU
 */
struct reading {
	struct session s;
	const struct mmuinspect_register *table;
	size_t n_table;
	struct cpus cpus;
	struct wanted *wanted;
	size_t n;
	struct mmuinspect_msr *msr;
	struct sample *sample;
};

/* No error of a read's: an offline CPU and one that doesn't exist are told apart here. */
#define NO_SUCH_CPU (-ENOENT)

/* Why a read gave nothing; valid until the next call. */
static const char *why(int error, __u32 msr)
{
	static char buf[256];

	switch (error) {
	case -EACCES:
		snprintf(buf, sizeof(buf),
			 "not permitted: put 0x%x into " MMUINSPECT_POLICY_FILE
			 ", then sudo mmuinspect msr --policy-extend", msr);
		return buf;
	case -EKEYREJECTED:
		return "reveals an address, and the kernel is locked down";
	case -ENODEV:
		return "this CPU has no such MSR (CPUID says so)";
	case -EIO:
		return "this CPU has no such MSR (it faulted)";
	case -ENXIO:
		return "offline";
	case NO_SUCH_CPU:
		return "there is no such CPU";
	default:
		return strerror(-error);
	}
}

/* The same in a word that stays. */
static const char *word(int error)
{
	switch (error) {
	case -EACCES:
		return "not-permitted";
	case -EKEYREJECTED:
		return "lockdown";
	case -ENODEV:
	case -EIO:
		return "absent";
	case -ENXIO:
		return "offline";
	case NO_SUCH_CPU:
		return "no-such-cpu";
	default:
		return strerror(-error);
	}
}

/* "EFER", or "0x1234" for one that nothing is known of; valid until the next call. */
static const char *name_of(const struct wanted *w)
{
	static char number[16];

	if (w->row)
		return w->row->name;
	snprintf(number, sizeof(number), "0x%x", w->msr);
	return number;
}

static int wrong_name(const struct reading *r, const char *text)
{
	char near[32];

	if (mmuinspect_register_nearest(r->table, r->n_table, text, near,
					sizeof(near)))
		return misused("unknown MSR \"%.64s\": did you mean \"%s\"?", text, near);
	return misused("unknown MSR \"%.64s\": a name from mmuinspect msr --list, or a hex number",
		       text);
}

static int parse_msr(const struct reading *r, const char *text, struct wanted *w)
{
	__u64 number;

	w->row = mmuinspect_register_by_name(r->table, r->n_table, text);
	if (w->row) {
		w->msr = w->row->id;
		return EXIT_DONE;
	}
	/* Units are for sizes: 10K is no MSR. */
	if (!isxdigit((unsigned char)text[strlen(text) - !!*text]) ||
	    parse_number(text, &number))
		return wrong_name(r, text);
	if (number >> 32)
		return misused("%s: the number of an MSR has 32 bits", text);
	w->msr = number;
	w->row = mmuinspect_register_by_id(r->table, r->n_table, w->msr);
	return EXIT_DONE;
}

static int choose_field(struct wanted *w)
{
	const struct mmuinspect_field *f = w->row ? w->row->fields : NULL;
	struct names names = { f, 0, sizeof(*f) };

	if (!field_name)
		return EXIT_DONE;
	if (!f)
		return misused("%s: no field of it is known", name_of(w));
	for (; f->name; f++, names.n++)
		if (!strcasecmp(f->name, field_name))
			w->field = f;
	if (!w->field)
		return misused("%s: %s", w->row->name,
			       names_wrong(&names, field_name, "field"));
	return EXIT_DONE;
}

/* What is typed needs no module, but its architecture's table: this one's. */
static int parse_operands(struct reading *r, int argc, char **argv)
{
	int i, status = EXIT_DONE;

	for (i = 0; i < argc && !status; i++) {
		status = parse_msr(r, argv[i], &r->wanted[i]);
		if (!status)
			status = choose_field(&r->wanted[i]);
	}
	r->n = argc;
	return status;
}

static int family_failed(struct mmuinspect_family *f, const char *what, int err)
{
	const char *said = mmuinspect_family_why(f);

	/* Of a dump 6.1 tells the errno alone. */
	if (!*said && err == -EPERM)
		said = "the MSR policy needs CAP_SYS_RAWIO: use sudo";
	return failed("%s: %s", what, *said ? said : strerror(-err));
}

/* All that may be read, as if it had been typed. */
static int want_all(struct reading *r)
{
	struct mmuinspect_rule rule[MMUINSPECT_POLICY_MAX];
	struct mmuinspect_family *f;
	int status, err, sealed;
	size_t i;

	status = family_open(&f);
	if (status)
		return status;
	err = mmuinspect_policy_get(f, rule, &r->n, &sealed);
	if (err)
		status = family_failed(f, "msr --all", err);
	mmuinspect_family_close(f);
	r->wanted = calloc(r->n + 1, sizeof(*r->wanted));
	if (!r->wanted && !status)
		status = failed("msr: %s", strerror(ENOMEM));
	for (i = 0; i < r->n && !status; i++)
		r->wanted[i] = (struct wanted) {
			.msr = rule[i].msr,
			.row = mmuinspect_register_by_id(r->table, r->n_table,
							 rule[i].msr),
		};
	if (!status && !r->n)
		status = failed("msr --all: the list of MSRs that may be read is empty");
	return status;
}

/* All reads in one call. */
static int read_all(struct reading *r)
{
	size_t c, i;
	int err;

	r->cpus = common.cpus;
	if (!r->cpus.n && cpus_online(&r->cpus))
		return failed("/sys/devices/system/cpu/online: not a list of CPUs");
	r->msr = calloc(r->cpus.n * r->n, sizeof(*r->msr));
	r->sample = calloc(r->cpus.n, sizeof(*r->sample));
	if (!r->msr || !r->sample)
		return failed("msr: %s", strerror(ENOMEM));
	for (c = 0; c < r->cpus.n; c++)
		for (i = 0; i < r->n; i++)
			r->msr[c * r->n + i] = (struct mmuinspect_msr) {
				.cpu = r->cpus.cpu[c],
				.msr = r->wanted[i].msr,
			};
	err = mmuinspect_msrs(r->s.h, r->msr, r->cpus.n * r->n);
	for (i = 0; !err && i < r->cpus.n * r->n; i++)
		if (r->msr[i].error == -ENXIO && !cpus_exists(r->msr[i].cpu))
			r->msr[i].error = NO_SUCH_CPU;
	if (err == -EACCES)
		return failed("msr: MSRs need CAP_SYS_RAWIO: use sudo");
	return err ? failed("msr: %s", strerror(-err)) : EXIT_DONE;
}

/* The reads of one MSR, CPUs that agree together. */
static int groups_of(const struct reading *r, size_t i, struct groups *groups)
{
	size_t c;

	for (c = 0; c < r->cpus.n; c++) {
		const struct mmuinspect_msr *m = &r->msr[c * r->n + i];

		r->sample[c] = (struct sample) {
			.cpu = m->cpu, .error = m->error, .value = m->value,
		};
	}
	return groups_make(groups, r->sample, r->cpus.n);
}

/* One MSR in full. */
static void print_msr(const struct wanted *w, const struct groups *groups)
{
	struct difference differs = groups_differ(groups, w->row);
	char mark = difference_mark(differs);
	size_t i;

	out_text("%s (0x%x): %s\n", name_of(w), w->msr,
		 w->row ? w->row->meaning : "nothing is known of it");
	if (w->row && verbose)
		out_text("  %s\n", w->row->source);
	for (i = 0; i < groups->n; i++) {
		const struct group *g = &groups->group[i];

		if (g->first->error)
			continue;
		out_text("%c %s %s  %016llx\n", mark, g->n > 1 ? "CPUs" : "CPU",
			 cpus_text(g->cpu, g->n),
			 (unsigned long long)g->first->value);
		if (w->row)
			out_field_table(w->row, w->field, g->first, differs,
					verbose);
	}
}

static int print_named(const struct reading *r)
{
	struct difference seen = { 0 };
	struct groups groups;
	int printed = 0;
	size_t i, j;

	for (i = 0; i < r->n; i++) {
		if (groups_of(r, i, &groups))
			return -ENOMEM;
		for (j = 0; j < groups.n && groups.group[j].first->error; )
			j++;
		if (j < groups.n) {
			out_text(printed++ ? "\n" : "");
			print_msr(&r->wanted[i], &groups);
			difference_add(&seen, groups_differ(&groups, r->wanted[i].row));
		}
		groups_free(&groups);
	}
	out_legend(seen);
	return 0;
}

#define NAME_SIZE 64

/* Those that failed in the same way, on all CPUs: their names. */
static int print_failed(const struct reading *r, int error, const char *words)
{
	char *names = calloc(r->n + 1, NAME_SIZE);
	struct groups groups;
	size_t i, len = 0;
	int err = names ? 0 : -ENOMEM;

	for (i = 0; i < r->n && !err; i++) {
		err = groups_of(r, i, &groups);
		if (err)
			break;
		if (groups.n == 1 && groups.group[0].first->error == error)
			len += snprintf(names + len, NAME_SIZE, "%s%s",
					len ? " " : "", name_of(&r->wanted[i]));
		groups_free(&groups);
	}
	if (len && !err) {
		out_text("%s", words);
		out_wrapped(names, strlen(words), 2);
	}
	free(names);
	return err;
}

static int print_lines(const struct reading *r)
{
	struct difference seen = { 0 };
	struct groups groups;
	int width = 4;
	size_t i;

	for (i = 0; i < r->n; i++) {
		if (groups_of(r, i, &groups))
			return -ENOMEM;
		width = groups_width(&groups, width);
		groups_free(&groups);
	}
	out_group_heading(width);
	for (i = 0; i < r->n; i++) {
		if (groups_of(r, i, &groups))
			return -ENOMEM;
		out_group_lines(name_of(&r->wanted[i]), r->wanted[i].row, &groups,
				width);
		difference_add(&seen, groups_differ(&groups, r->wanted[i].row));
		groups_free(&groups);
	}
	out_legend(seen);
	if (print_failed(r, -ENODEV, "not on this CPU:") ||
	    print_failed(r, -EIO, "not on this CPU, it faulted:") ||
	    print_failed(r, -EKEYREJECTED, "refused, the kernel is locked down:") ||
	    print_failed(r, -EACCES, "not permitted any more:"))
		return -ENOMEM;
	return 0;
}

/* Of what wasn't read there is none. */
static void out_time_stamp(const char *key, __u64 tsc)
{
	if (tsc)
		out_number(key, tsc, NULL);
	else
		out_null(key, NULL);
}

static void json_read(const struct wanted *w, const struct mmuinspect_msr *m)
{
	const struct sample s = { m->cpu, m->error, m->value, NULL, 0 };

	out_object(NULL);
	out_number("cpu", m->cpu, NULL);
	if (m->error)
		out_null("value", NULL);
	else
		out_hex("value", m->value, NULL);
	out_string("error", m->error ? word(m->error) : NULL, NULL);
	out_time_stamp("tsc_before", m->tsc_before);
	out_time_stamp("tsc_after", m->tsc_after);
	if (m->error || !w->row || !w->row->fields)
		out_null("fields", NULL);
	else
		out_field_values("fields", w->row, w->field, &s);
	out_end();
}

static void json_about(__u32 msr, const struct mmuinspect_register *row)
{
	out_hex("msr", msr, NULL);
	out_string("name", row ? row->name : NULL, NULL);
	out_string("meaning", row ? row->meaning : NULL, NULL);
	out_string("source", row ? row->source : NULL, NULL);
}

static int print_json(const struct reading *r)
{
	struct difference differs;
	struct groups groups;
	size_t i, c;

	out_stream("msrs");
	for (i = 0; i < r->n; i++) {
		if (groups_of(r, i, &groups))
			return -ENOMEM;
		differs = groups_differ(&groups, r->wanted[i].row);
		groups_free(&groups);
		out_object(NULL);
		json_about(r->wanted[i].msr, r->wanted[i].row);
		if (differs.may | differs.must_not) {
			out_object("differs");
			out_difference(differs);
			out_end();
		} else {
			out_null("differs", NULL);
		}
		out_bool("may_differ", !r->wanted[i].row || r->wanted[i].row->varies, NULL);
		out_array("cpus");
		for (c = 0; c < r->cpus.n; c++)
			json_read(&r->wanted[i], &r->msr[c * r->n + i]);
		out_end();
		out_end();
	}
	out_end();
	return 0;
}

/* Reads that were asked for by name and failed: a line for each MSR and reason. */
static int complain(const struct reading *r)
{
	struct groups groups;
	int status = EXIT_DONE;
	size_t i, j;

	for (i = 0; i < r->n; i++) {
		if (groups_of(r, i, &groups))
			return failed("msr: %s", strerror(ENOMEM));
		for (j = 0; j < groups.n; j++) {
			const struct group *g = &groups.group[j];

			if (!g->first->error)
				continue;
			if (g->n == r->cpus.n && g->first->error != -ENXIO &&
			    g->first->error != NO_SUCH_CPU)
				status = failed("%s: %s", name_of(&r->wanted[i]),
						why(g->first->error, r->wanted[i].msr));
			else
				status = failed("%s: CPU %s: %s",
						name_of(&r->wanted[i]),
						cpus_text(g->cpu, g->n),
						why(g->first->error, r->wanted[i].msr));
		}
		groups_free(&groups);
	}
	return status;
}

static int read_and_print(struct reading *r)
{
	int status, err;

	status = session_open(&r->s);
	if (status)
		return status;
	status = read_all(r);
	session_close(&r->s);
	if (status)
		return status;
	if (common.json)
		err = print_json(r);
	else
		err = action == READ_ALL ? print_lines(r) : print_named(r);
	if (err)
		return failed("msr: %s", strerror(-err));
	return action == READ_ALL ? EXIT_DONE : complain(r);
}

static int do_read(struct reading *r, int argc, char **argv)
{
	int status;

	if (!argc)
		return misused("msr: no MSR: name some, or see mmuinspect msr --help");
	r->wanted = calloc(argc, sizeof(*r->wanted));
	if (!r->wanted)
		return failed("msr: %s", strerror(ENOMEM));
	status = parse_operands(r, argc, argv);
	return status ? status : read_and_print(r);
}

static int do_read_all(struct reading *r, int argc, char **argv)
{
	int status;

	if (argc)
		return misused("msr: unexpected argument \"%s\" with --all", argv[0]);
	if (field_name)
		return misused("msr: --field is for MSRs that are named");
	status = want_all(r);
	return status ? status : read_and_print(r);
}

static const char *const vendors[] = {
	[MMUINSPECT_VENDOR_ANY] = "any",
	[MMUINSPECT_VENDOR_INTEL] = "Intel",
	[MMUINSPECT_VENDOR_AMD] = "AMD",
};

static void print_rule(const struct reading *r, const struct mmuinspect_rule *rule)
{
	const struct mmuinspect_register *row;

	row = mmuinspect_register_by_id(r->table, r->n_table, rule->msr);
	out_object(NULL);
	json_about(rule->msr, row);
	out_string("vendor", row ? vendors[row->vendor] : NULL, NULL);
	out_hex("mask", rule->mask, NULL);
	out_bool("reveals", rule->reveals, NULL);
	out_end();
	out_text("%8x  %-24s  %c  %s", rule->msr, row ? row->name : "-",
		 rule->reveals ? 'a' : ' ',
		 row ? row->meaning : "nothing is known of it");
	if (~rule->mask)
		out_text(" [mask 0x%llx]", (unsigned long long)rule->mask);
	out_text("\n");
}

static int do_list(struct reading *r, int argc, char **argv)
{
	struct mmuinspect_rule rule[MMUINSPECT_POLICY_MAX];
	struct mmuinspect_family *f;
	int status, err, sealed;
	size_t n, i;

	if (argc)
		return misused("msr: unexpected argument \"%s\" with --list", argv[0]);
	status = family_open(&f);
	if (status)
		return status;
	err = mmuinspect_policy_get(f, rule, &n, &sealed);
	if (err)
		status = family_failed(f, "msr --list", err);
	mmuinspect_family_close(f);
	if (status)
		return status;
	out_bool("sealed", sealed, NULL);
	out_heading("     msr  name                      a  what it is (a: it reveals an address)");
	out_stream("rules");
	for (i = 0; i < n; i++)
		print_rule(r, &rule[i]);
	out_end();
	out_text("%zu %s may be read%s\n", n, n == 1 ? "MSR" : "MSRs",
		 sealed ? "; sealed until the module is unloaded" : "");
	return EXIT_DONE;
}

static int read_policy(const char *path, const struct mmuinspect_info *info,
		       struct mmuinspect_rule *rule, size_t *n)
{
	struct mmuinspect_policy_error error;
	int err = mmuinspect_policy_read(info, path, rule, n, &error);

	if (!err)
		return EXIT_DONE;
	if (!error.line)
		return failed("%s: %s", path, strerror(-err));
	return failed("%s:%u:%u: %s: the list stays as it was", path, error.line,
		      error.column, error.why);
}

/* An empty file permits nothing; that it's meant has to be seen in it. */
static int do_policy(struct reading *r, int argc, char **argv)
{
	const char *path = argc ? argv[0] : MMUINSPECT_POLICY_FILE;
	struct mmuinspect_rule rule[MMUINSPECT_POLICY_MAX];
	struct mmuinspect_family *f;
	int status, err;
	size_t n;

	if (argc > 1)
		return misused("msr: unexpected argument \"%s\": one file", argv[1]);
	status = read_policy(path, r->s.info, rule, &n);
	if (!status)
		status = family_open(&f);
	if (status)
		return status;
	err = mmuinspect_policy_set(f, rule, n, action == EXTEND);
	if (err)
		status = family_failed(f, path, err);
	else
		out_number("rules", n, action == EXTEND ? "%zu %s added or changed\n" :
			   "%zu %s may be read\n", n, n == 1 ? "MSR" : "MSRs");
	mmuinspect_family_close(f);
	return status;
}

static int do_seal(struct reading *r, int argc, char **argv)
{
	struct mmuinspect_family *f;
	int status, err;

	(void)r;
	if (argc)
		return misused("msr: unexpected argument \"%s\" with --policy-seal", argv[0]);
	status = family_open(&f);
	if (status)
		return status;
	err = mmuinspect_policy_seal(f);
	if (err)
		status = family_failed(f, "msr --policy-seal", err);
	else
		out_bool("sealed", 1, "sealed until the module is unloaded\n");
	mmuinspect_family_close(f);
	return status;
}

/* By action */
static int (*const actions[])(struct reading *r, int argc, char **argv) = {
	[READ] = do_read,
	[READ_ALL] = do_read_all,
	[LIST] = do_list,
	[LOAD] = do_policy,
	[EXTEND] = do_policy,
	[SEAL] = do_seal,
};

static int msr_run(int argc, char **argv)
{
	/* Only x86 has MSRs: names need no module. */
	static const struct mmuinspect_info x86 = { .arch = MMUINSPECT_ARCH_X86_64 };
	struct reading r = { .s.info = &x86 };
	int status;

	r.table = mmuinspect_msr_table(&x86, &r.n_table);
	status = actions[action](&r, argc, argv);
	free(r.sample);
	free(r.msr);
	free(r.wanted);
	if (r.cpus.cpu != common.cpus.cpu)
		free(r.cpus.cpu);
	return status;
}

const struct cli_command cmd_msr = {
	.name = "msr",
	.summary = "model-specific registers that may be read, by name",
	.usage = "[-c LIST] [-F NAME] [-v] [-j] MSR...\n"
		 "       mmuinspect msr --all [-c LIST] [-j]\n"
		 "       mmuinspect msr --list [-j]\n"
		 "       mmuinspect msr --policy-load|--policy-extend [FILE]\n"
		 "       mmuinspect msr --policy-seal",
	.about = "Each MSR on each CPU, and what its fields say. An MSR is a name, as EFER or\n"
		 "IA32_EFER, or a hex number. Only what is on the module's list can be read;\n"
		 "nothing can be written. CPUs that agree share a line; where they differ, ~\n"
		 "marks what may differ, ! what must not, and of its bits ~ and *. Needs CAP_SYS_RAWIO; what reveals an\n"
		 "address is refused while the kernel is locked down.",
	.options = options,
	.operands = OPERANDS_ANY,
	.run = msr_run,
};
