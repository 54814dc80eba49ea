// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect regs: the registers that tell the MMU what to do, on each CPU. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "fields.h"

static int verbose, by_netlink;

static const char *set_verbose(const char *arg)
{
	(void)arg;
	verbose = 1;
	return NULL;
}

static const char *set_netlink(const char *arg)
{
	(void)arg;
	by_netlink = 1;
	return NULL;
}

static const struct cli_option options[] = {
	OPTION_CPUS,
	{ "verbose", 'v', NULL, "each bit, what it means and why it matters",
	  set_verbose },
	{ "netlink", 'n', NULL, "ask the netlink family instead of the device",
	  set_netlink },
	OPTION_JSON,
	{ 0 }
};

/**
 * struct cpu - the registers of a CPU
 * @cpu: its number
 * @error: why it has none; 0 if it has
 * @reg: its registers
 * @n: how many
 * @paging: what they add up to
 */
struct cpu {
	__u32 cpu;
	int error;
	const struct mmuinspect_reg *reg;
	size_t n;
	char paging[256];
};

/**
 * struct regs - what is to be printed
 * @info: of the machine
 * @reg: all registers of all CPUs
 * @n_reg: how many
 * @cpu: CPUs
 * @n: how many
 * @table: what is known of registers
 * @n_table: how many
 * @chosen: those rows of it that were asked for by name; NULL for all
 * @sample: room for one of each CPU
 * @width: of lists of CPUs
 */
struct regs {
	struct mmuinspect_info info;
	struct mmuinspect_reg *reg;
	size_t n_reg;
	struct cpu *cpu;
	size_t n;
	const struct mmuinspect_register *table;
	size_t n_table;
	struct mmuinspect_register *chosen;
	struct sample *sample;
	int width;
};

static const char *why(int error)
{
	switch (error) {
	case -EPERM:
		return "registers need CAP_SYS_ADMIN: use sudo";
	case -EACCES:
		return "reveals an address: needs CAP_SYS_RAWIO";
	case -EKEYREJECTED:
		return "reveals an address: the kernel is locked down";
	case -ENODEV:
		return "this CPU has none";
	case -ENXIO:
		return "offline";
	default:
		return strerror(-error);
	}
}

/* Which rule refused, in a word that stays. */
static const char *rule(int error)
{
	switch (error) {
	case -EACCES:
		return "CAP_SYS_RAWIO";
	case -EKEYREJECTED:
		return "lockdown";
	case -ENODEV:
		return "absent";
	default:
		return strerror(-error);
	}
}

static int add(struct regs *r, struct mmuinspect_reg *reg, size_t n)
{
	struct mmuinspect_reg *all;

	all = realloc(r->reg, (r->n_reg + n + 1) * sizeof(*all));
	if (all) {
		r->reg = all;
		memcpy(all + r->n_reg, reg, n * sizeof(*all));
		r->n_reg += n;
	}
	free(reg);
	return all ? 0 : -ENOMEM;
}

/* Neighbouring CPUs in one call. */
static int ask_device(struct regs *r, struct mmuinspect *h)
{
	const struct cpus *cpus = &common.cpus;
	__u32 first = 0, last = UINT_MAX;
	struct mmuinspect_reg *reg;
	size_t i = 0, n;
	int err;

	do {
		if (cpus->n) {
			first = last = cpus->cpu[i++];
			while (i < cpus->n && cpus->cpu[i] == last + 1)
				last = cpus->cpu[i++];
		}
		err = mmuinspect_regs(h, first, last, &reg, &n);
		if (!err)
			err = add(r, reg, n);
	} while (!err && i < cpus->n);
	return err;
}

static int through_device(struct regs *r)
{
	struct session s;
	int status = session_open(&s), err;

	if (status)
		return status;
	r->info = *s.info;
	err = ask_device(r, s.h);
	session_close(&s);
	return err ? failed("regs: %s", why(err)) : EXIT_DONE;
}

static int through_netlink(struct regs *r)
{
	struct mmuinspect_family *f;
	struct mmuinspect_reg *reg;
	int status, err;
	size_t n;

	status = family_open(&f);
	if (status)
		return status;
	err = mmuinspect_family_info(f, &r->info);
	if (!err)
		err = mmuinspect_family_regs(f, &r->info, &reg, &n);
	if (!err)
		err = add(r, reg, n);
	if (err)
		status = failed("regs: %s", *mmuinspect_family_why(f) ?
				mmuinspect_family_why(f) : why(err));
	mmuinspect_family_close(f);
	return status;
}

/* Records to CPUs, those that were asked for. */
static int sort(struct regs *r)
{
	size_t at, n;

	r->table = mmuinspect_register_table(&r->info, &r->n_table);
	r->cpu = calloc(r->n_reg + 1, sizeof(*r->cpu));
	r->sample = calloc(r->n_reg + 1, sizeof(*r->sample));
	if (!r->cpu || !r->sample)
		return -ENOMEM;
	for (at = 0; at < r->n_reg; at += n) {
		const struct mmuinspect_reg *reg = &r->reg[at];
		struct cpu *cpu = &r->cpu[r->n];

		for (n = 1; at + n < r->n_reg && reg[n].cpu == reg->cpu; )
			n++;
		if (!cpus_wanted(reg->cpu))
			continue;
		*cpu = (struct cpu) { reg->cpu, reg->id ? 0 : reg->error, reg, n };
		if (!cpu->error)
			mmuinspect_paging_mode(&r->info, reg, n, cpu->paging,
					       sizeof(cpu->paging));
		r->n++;
	}
	return 0;
}

static const struct mmuinspect_reg *find(const struct cpu *cpu, __u32 id)
{
	size_t i;

	for (i = 0; i < cpu->n; i++)
		if (cpu->reg[i].id == id)
			return &cpu->reg[i];
	return NULL;
}

static struct sample sample_of(const struct cpu *cpu, __u32 id)
{
	const struct mmuinspect_reg *reg = find(cpu, id);

	return (struct sample) {
		.cpu = cpu->cpu,
		.error = reg ? reg->error : -ENODEV,
		.value = reg ? reg->value : 0,
		.reg = cpu->reg,
		.n = cpu->n,
	};
}

/* A register of all CPUs that are there. */
static int groups_of(const struct regs *r, __u32 id, struct groups *groups)
{
	size_t i, n = 0;

	for (i = 0; i < r->n; i++)
		if (!r->cpu[i].error)
			r->sample[n++] = sample_of(&r->cpu[i], id);
	return groups_make(groups, r->sample, n);
}

#define KEY_SIZE 64

/* "KERNEL_GS_BASE" is the key "kernel_gs_base". */
static const char *key_of(const struct mmuinspect_register *row, char key[KEY_SIZE])
{
	size_t i;

	for (i = 0; row->name[i] && i < KEY_SIZE - 1; i++)
		key[i] = tolower((unsigned char)row->name[i]);
	key[i] = '\0';
	return key;
}

/* CPUs with the same paging mode share a line. */
static int print_paging(const struct regs *r)
{
	__u32 *cpu = calloc(r->n + 1, sizeof(*cpu));
	size_t i, j, n, online = 0;

	if (!cpu)
		return -ENOMEM;
	for (i = 0; i < r->n; i++)
		online += !r->cpu[i].error;
	for (i = 0; i < r->n; i++) {
		for (j = 0; j < i; j++)
			if (!strcmp(r->cpu[j].paging, r->cpu[i].paging))
				break;
		if (j < i || r->cpu[i].error)
			continue;
		for (n = 0; j < r->n; j++)
			if (!strcmp(r->cpu[j].paging, r->cpu[i].paging))
				cpu[n++] = r->cpu[j].cpu;
		out_text("paging  %s", r->cpu[i].paging);
		out_text(n < online ? "  (CPUs %s)\n" : "\n", cpus_text(cpu, n));
	}
	free(cpu);
	out_text("\n");
	return 0;
}

static void print_verbose(const struct mmuinspect_register *row,
			  const struct groups *groups)
{
	struct difference differs = groups_differ(groups, row);
	char mark = difference_mark(differs);
	size_t i;

	out_text("%s: %s (%s)\n", row->name, row->meaning, row->source);
	for (i = 0; i < groups->n; i++) {
		const struct group *g = &groups->group[i];

		out_text("%c %s %s  ", mark, g->n > 1 ? "CPUs" : "CPU",
			 cpus_text(g->cpu, g->n));
		if (g->first->error) {
			out_text("%s\n", why(g->first->error));
			continue;
		}
		out_text("%016llx\n", (unsigned long long)g->first->value);
		out_field_table(row, NULL, g->first, differs, 1);
	}
	out_text("\n");
}

/* Registers that no CPU tells, for this reason. */
static int print_missing(const struct regs *r, int error, const char *words)
{
	char names[1024] = "";
	struct groups groups;
	size_t i, len = 0;

	for (i = 0; i < r->n_table; i++) {
		if (groups_of(r, r->table[i].id, &groups))
			return -ENOMEM;
		if (groups.n && groups.group[0].first->error == error &&
		    len < sizeof(names))
			len += snprintf(names + len, sizeof(names) - len, "%s%s",
					len ? " " : "", r->table[i].name);
		groups_free(&groups);
	}
	if (len) {
		out_text("%s", words);
		out_wrapped(names, strlen(words), 2);
	}
	return 0;
}

static int measure(struct regs *r)
{
	struct groups groups;
	size_t i;

	r->width = 4;
	for (i = 0; i < r->n_table; i++) {
		if (groups_of(r, r->table[i].id, &groups))
			return -ENOMEM;
		r->width = groups_width(&groups, r->width);
		groups_free(&groups);
	}
	return 0;
}

static int print_text(struct regs *r)
{
	struct difference seen = { 0 };
	struct groups groups;
	size_t i;

	/* Of CPUs that are offline complain() tells, if they were asked for. */
	for (i = 0; i < r->n && r->cpu[i].error; )
		i++;
	if (i == r->n)
		return 0;
	if (print_paging(r) || measure(r))
		return -ENOMEM;
	if (!verbose)
		out_group_heading(r->width);
	for (i = 0; i < r->n_table; i++) {
		if (groups_of(r, r->table[i].id, &groups))
			return -ENOMEM;
		difference_add(&seen, groups_differ(&groups, &r->table[i]));
		if (verbose)
			print_verbose(&r->table[i], &groups);
		else
			out_group_lines(r->table[i].name, &r->table[i], &groups,
					r->width);
		groups_free(&groups);
	}
	out_legend(seen);
	if (!verbose && (print_missing(r, -ENODEV, "not on this CPU:") ||
			 print_missing(r, -EACCES, "refused, needs CAP_SYS_RAWIO:") ||
			 print_missing(r, -EKEYREJECTED, "refused, the kernel is locked down:")))
		return -ENOMEM;
	for (i = 0; i < r->n; i++)
		if (r->cpu[i].error)
			out_text("CPU %u: %s\n", r->cpu[i].cpu, why(r->cpu[i].error));
	return 0;
}

static void json_cpu(const struct regs *r, const struct cpu *cpu)
{
	char key[KEY_SIZE];
	size_t i;

	out_object(NULL);
	out_number("cpu", cpu->cpu, NULL);
	out_string("error", cpu->error ? why(cpu->error) : NULL, NULL);
	out_string("paging", cpu->error ? NULL : cpu->paging, NULL);
	for (i = 0; i < r->n_table; i++) {
		struct sample s = sample_of(cpu, r->table[i].id);

		if (cpu->error || s.error)
			out_null(key_of(&r->table[i], key), NULL);
		else
			out_hex(key_of(&r->table[i], key), s.value, NULL);
	}
	out_object("refused");
	for (i = 0; i < r->n_table && !cpu->error; i++) {
		struct sample s = sample_of(cpu, r->table[i].id);

		if (s.error)
			out_string(key_of(&r->table[i], key), rule(s.error), NULL);
	}
	out_end();
	out_object("bits");
	for (i = 0; i < r->n_table && !cpu->error; i++) {
		struct sample s = sample_of(cpu, r->table[i].id);

		if (s.error || !r->table[i].fields)
			continue;
		out_array(key_of(&r->table[i], key));
		out_field_names(&r->table[i], &s);
		out_end();
	}
	out_end();
	out_end();
}

static int json_differs(const struct regs *r)
{
	struct difference differs;
	struct groups groups;
	char key[KEY_SIZE];
	size_t i;

	out_array("differs");
	for (i = 0; i < r->n_table; i++) {
		if (groups_of(r, r->table[i].id, &groups))
			return -ENOMEM;
		differs = groups_differ(&groups, &r->table[i]);
		if (differs.may | differs.must_not) {
			out_object(NULL);
			out_string("register", key_of(&r->table[i], key), NULL);
			out_difference(differs);
			out_end();
		}
		groups_free(&groups);
	}
	out_end();
	return 0;
}

static int print_json(struct regs *r)
{
	size_t i;

	out_string("arch", mmuinspect_arch_name(&r->info), NULL);
	if (json_differs(r))
		return -ENOMEM;
	if (verbose) {
		out_array("registers");
		for (i = 0; i < r->n_table; i++)
			out_register_facts(&r->table[i]);
		out_end();
	}
	out_stream("cpus");
	for (i = 0; i < r->n; i++)
		json_cpu(r, &r->cpu[i]);
	out_end();
	return 0;
}

/* CPUs that were asked for and gave nothing. */
static int complain(const struct regs *r)
{
	int status = EXIT_DONE;
	size_t i, j;

	for (i = 0; i < common.cpus.n && !status; i++) {
		for (j = 0; j < r->n; j++)
			if (r->cpu[j].cpu == common.cpus.cpu[i])
				break;
		if (j == r->n)
			status = failed("CPU %u: there is no such CPU",
					common.cpus.cpu[i]);
		else if (r->cpu[j].error)
			status = failed("CPU %u: %s", r->cpu[j].cpu,
					why(r->cpu[j].error));
	}
	return status;
}

static int unknown(const struct regs *r, const char *name)
{
	char near[64];

	if (mmuinspect_register_nearest(r->table, r->n_table, name, near, sizeof(near)))
		return misused("regs: unknown register \"%.64s\": did you mean \"%s\"?",
			       name, near);
	return misused("regs: unknown register \"%.64s\": mmuinspect regs shows all", name);
}

/* Leave only the registers with these @names, in the order of the table. */
static int choose(struct regs *r, int n, char **names)
{
	const struct mmuinspect_register *row;
	size_t i, chosen = 0;
	unsigned char *wanted;
	int a;

	if (!n)
		return EXIT_DONE;
	wanted = calloc(r->n_table + 1, 1);
	r->chosen = calloc(r->n_table + 1, sizeof(*r->chosen));
	if (!wanted || !r->chosen) {
		free(wanted);
		return failed("regs: %s", strerror(ENOMEM));
	}
	for (a = 0; a < n; a++) {
		row = mmuinspect_register_by_name(r->table, r->n_table, names[a]);
		if (!row) {
			free(wanted);
			return unknown(r, names[a]);
		}
		wanted[row - r->table] = 1;
	}
	for (i = 0; i < r->n_table; i++)
		if (wanted[i])
			r->chosen[chosen++] = r->table[i];
	free(wanted);
	r->table = r->chosen;
	r->n_table = chosen;
	return EXIT_DONE;
}

static int regs_run(int argc, char **argv)
{
	struct regs r = { 0 };
	int status, err = 0;

	status = by_netlink ? through_netlink(&r) : through_device(&r);
	if (!status)
		err = sort(&r);
	if (!status && !err)
		status = choose(&r, argc, argv);
	if (!status && !err && r.n)
		err = common.json ? print_json(&r) : print_text(&r);
	if (err)
		status = failed("regs: %s", strerror(-err));
	if (!status)
		status = complain(&r);
	free(r.chosen);
	free(r.sample);
	free(r.cpu);
	free(r.reg);
	return status;
}

const struct cli_command cmd_regs = {
	.name = "regs",
	.summary = "control registers of each CPU, bit by bit",
	.usage = "[-c LIST] [-v] [-n] [-j] [REGISTER...]",
	.about = "What the MMU is told to do: the paging mode that the bits add up to, then each\n"
		 "register, raw and by the names of the bits that are set. CPUs that agree share\n"
		 "a line. Where they differ, ~ marks what may differ (it belongs to the task or\n"
		 "to the CPU), ! what must not, and of its bits ~ and *. With REGISTER, as CR3 or\n"
		 "efer, only these. Each CPU is interrupted once. Needs CAP_SYS_ADMIN;\n"
		 "registers that reveal an address CAP_SYS_RAWIO too, and no lockdown.",
	.options = options,
	.operands = OPERANDS_ANY,
	.run = regs_run,
};
