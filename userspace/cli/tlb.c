// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect tlb: what CPUID says of the TLBs, and what of it is in use. */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static int measure;

static const char *set_measure(const char *arg)
{
	(void)arg;
	measure = 1;
	return NULL;
}

static const struct cli_option options[] = {
	OPTION_CPUS,
	{ "measure", 'm', NULL,
	  "measure cycles an access, 4K against 2M pages: a few seconds", set_measure },
	OPTION_JSON,
	{ 0 }
};

/**
 * struct tlb_group - CPUs of one kind
 * @dump: what CPUID answered on the first of them
 * @n: how many answers
 * @model: whose CPU it is
 * @tlb: its TLBs
 * @tlbs: how many
 * @cpu: which CPUs, in ascending order
 * @cpus: how many
 */
struct tlb_group {
	struct mmuinspect_cpuid dump[MMUINSPECT_CPUID_MAX];
	size_t n;
	struct mmuinspect_cpu_model model;
	struct mmuinspect_tlb tlb[MMUINSPECT_TLB_MAX];
	size_t tlbs;
	__u32 *cpu;
	size_t cpus;
};

/* There are no more kinds in a machine than this; a further one isn't shown. */
#define GROUPS_MAX 8

#define AFFINITY_CPUS 65536
#define AFFINITY_SIZE (AFFINITY_CPUS / 8)

/* What differs between any two CPUs isn't in what is compared. */
static int same_kind(const struct tlb_group *a, const struct tlb_group *b)
{
	return a->tlbs == b->tlbs && !memcmp(a->tlb, b->tlb, a->tlbs * sizeof(*a->tlb)) &&
	       !memcmp(&a->model, &b->model, sizeof(a->model));
}

/* The CPU that we run on goes to its group. */
static void add_cpu(struct tlb_group *groups, size_t *n, __u32 cpu)
{
	struct tlb_group *g = &groups[*n];
	__u32 *more;
	size_t i;

	g->n = mmuinspect_cpuid(g->dump);
	mmuinspect_cpu_model(g->dump, g->n, &g->model);
	memset(g->tlb, 0, sizeof(g->tlb));
	g->tlbs = mmuinspect_tlbs(g->dump, g->n, g->tlb);
	for (i = 0; i < *n && !same_kind(g, &groups[i]); i++)
		;
	if (i == GROUPS_MAX)
		return;
	*n += i == *n;
	g = &groups[i];
	more = realloc(g->cpu, (g->cpus + 1) * sizeof(*g->cpu));
	if (!more)
		return;
	g->cpu = more;
	g->cpu[g->cpus++] = cpu;
}

static int run_on(__u32 cpu)
{
	static cpu_set_t one[AFFINITY_CPUS / CPU_SETSIZE];

	CPU_ZERO_S(AFFINITY_SIZE, one);
	CPU_SET_S(cpu, AFFINITY_SIZE, one);
	return sched_setaffinity(0, AFFINITY_SIZE, one) ? -errno : 0;
}

/* Run on each CPU once. Returns an exit status, having printed the error. */
static int look(struct tlb_group *groups, size_t *n)
{
	static cpu_set_t before[AFFINITY_CPUS / CPU_SETSIZE];
	__u32 cpu;
	size_t i;
	int err;

	if (sched_getaffinity(0, AFFINITY_SIZE, before))
		return failed("tlb: %s", strerror(errno));
	for (i = 0; i < common.cpus.n; i++) {
		cpu = common.cpus.cpu[i];
		err = run_on(cpu);
		if (err)
			return failed("CPU %u: %s", cpu, err != -EINVAL ? strerror(-err) :
				      cpus_exists(cpu) ? "offline, or not for this process" :
				      "there is no such CPU");
		add_cpu(groups, n, cpu);
	}
	for (cpu = 0; cpu < AFFINITY_CPUS && !common.cpus.n; cpu++)
		if (CPU_ISSET_S(cpu, AFFINITY_SIZE, before) && !run_on(cpu))
			add_cpu(groups, n, cpu);
	/* What is measured is measured on the first one. */
	if (!measure)
		sched_setaffinity(0, AFFINITY_SIZE, before);
	else if (*n)
		run_on(groups[0].cpu[0]);
	return *n ? EXIT_DONE : failed("tlb: %s", strerror(ENOMEM));
}

static void print_cpus(const struct tlb_group *g)
{
	size_t i;

	out_array("cpus");
	for (i = 0; i < g->cpus; i++)
		out_number(NULL, g->cpu[i], NULL);
	out_end();
	out_text(g->cpus > 1 ? "CPUs %s" : "CPU %s", cpus_text(g->cpu, g->cpus));
}

static void print_model(const struct mmuinspect_cpu_model *m)
{
	const char *name = m->name + strspn(m->name, " ");

	out_string("model", name, ": %s", out_printable(name));
	out_string("vendor", m->vendor, " (%s", out_printable(m->vendor));
	out_string("core", *m->core ? m->core : NULL, *m->core ? ", a core of type %s)" : ")",
		   m->core);
	out_string("hypervisor", m->hypervised ? m->hypervisor : NULL,
		   m->hypervised ? ", under %s" : NULL,
		   *m->hypervisor ? out_printable(m->hypervisor) : "a hypervisor");
	out_bool("emulator", m->emulator, m->emulator ? ", an emulator" : NULL);
	out_text("\n");
}

/* How much memory it covers, by page size: "6M by 4K, 3G by 2M" */
static void print_reach(const struct mmuinspect_tlb *tlb)
{
	__u64 pages = tlb->pages, size;
	const char *separator = "";
	char reach[24], page[24];

	/* 64-bit mode has no pages of 4M: where there is a choice it's 2M. */
	if (pages & (2ULL << 20))
		pages &= ~(4ULL << 20);
	out_array("reach");
	for (; pages; pages &= pages - 1, separator = ", ") {
		size = pages & -pages;
		out_object(NULL);
		out_number("page_size", size, NULL);
		out_number("size", size * tlb->entries, "%s%s by %s", separator,
			   out_size(size * tlb->entries, reach), out_size(size, page));
		out_end();
	}
	out_end();
}

static void print_pages(__u64 pages, int width)
{
	char all[64] = "", size[24];
	size_t n = 0;

	out_array("page_sizes");
	for (; pages; pages &= pages - 1) {
		out_number(NULL, pages & -pages, NULL);
		n += snprintf(all + n, sizeof(all) - n, "%s%s", n ? "/" : "",
			      out_size(pages & -pages, size));
	}
	out_end();
	out_text("%-*s", width, all);
}

static void print_tlb(const struct mmuinspect_tlb *tlb)
{
	const char *kind = mmuinspect_tlb_kind_name(tlb->kind);

	out_object(NULL);
	out_number("level", tlb->level, "  L%u  ", tlb->level);
	out_string("kind", kind, "%-11s  ", kind);
	print_pages(tlb->pages, 11);
	out_number("entries", tlb->entries, "  %7u  ", tlb->entries);
	out_bool("fully_associative", tlb->ways == MMUINSPECT_TLB_FULLY,
		 tlb->ways == MMUINSPECT_TLB_FULLY ? " all  " : NULL);
	if (tlb->ways == MMUINSPECT_TLB_FULLY)
		out_null("ways", NULL);
	else if (tlb->ways)
		out_number("ways", tlb->ways, "%4u  ", tlb->ways);
	else
		out_null("ways", "   ?  ");
	if (tlb->sharing)
		out_number("shared_by", tlb->sharing, "%6u  ", tlb->sharing);
	else
		out_null("shared_by", "     ?  ");
	print_reach(tlb);
	out_hex("leaf", tlb->leaf, NULL);
	out_hex("detail", tlb->detail, NULL);
	out_end();
	out_text("\n");
}

/* The registers that say what is in use */
struct control {
	__u64 cr4;
	__u64 efer;
};

/* CR4 of a CPU of the group; or why it isn't known. */
static const char *read_control(const struct tlb_group *g, struct control *control)
{
	struct mmuinspect *h;
	struct mmuinspect_reg *reg;
	int err = mmuinspect_open(&h);
	size_t n, i;

	if (err)
		return err == -EACCES || err == -EPERM ?
		       "needs CAP_SYS_ADMIN: use sudo" : "the module isn't loaded";
	err = mmuinspect_regs(h, g->cpu[0], g->cpu[0], &reg, &n);
	mmuinspect_close(h);
	if (err)
		return err == -EPERM ? "needs CAP_SYS_ADMIN: use sudo" : strerror(-err);
	for (i = 0, err = -ENXIO; i < n; i++) {
		if (reg[i].error)
			continue;
		if (reg[i].id == MMUINSPECT_X86_EFER)
			control->efer = reg[i].value;
		if (reg[i].id == MMUINSPECT_X86_CR4) {
			control->cr4 = reg[i].value;
			err = 0;
		}
	}
	free(reg);
	return err ? "the CPU went offline" : NULL;
}

static void print_in_use(const struct mmuinspect_tlb_feature *f, int has,
			 const char *unknown, const struct control *control)
{
	int on = (control->cr4 & f->cr4) || (control->efer & f->efer);

	if (!f->cr4 && !f->efer)
		out_null("in_use", has ? ", in use: no register says" : NULL);
	else if (unknown && has)
		out_null("in_use", ", in use: unknown: %s", unknown);
	else
		out_bool("in_use", has && on, !has ? NULL : on ? ", in use" :
			 ", not in use");
}

static void print_features(const struct tlb_group *g)
{
	const struct mmuinspect_tlb_feature *f;
	const char *unknown;
	struct control control = { 0 };
	size_t n, i;

	unknown = read_control(g, &control);
	out_heading("features");
	f = mmuinspect_tlb_features(&n);
	out_object("features");
	for (i = 0; i < n; i++) {
		int has = mmuinspect_tlb_has(g->dump, g->n, &f[i]);

		out_object(f[i].name);
		out_text("  %-27s  ", f[i].name);
		out_bool("has", has, has ? "yes" : "no");
		print_in_use(&f[i], has, unknown, &control);
		out_end();
		out_text("\n");
	}
	out_end();
}

static void print_group(const struct tlb_group *g)
{
	size_t i;

	out_object(NULL);
	print_cpus(g);
	print_model(&g->model);
	if (g->tlbs)
		out_heading("      kind         pages        entries  ways  shared  reach");
	else
		out_text("CPUID says nothing about its TLBs, or nothing that is understood here\n");
	out_array("tlbs");
	for (i = 0; i < g->tlbs; i++)
		print_tlb(&g->tlb[i]);
	out_end();
	print_features(g);
	out_end();
}

static const char *const not_enumerated[] = {
	"paging-structure caches (PDE, PDPTE, PML4E): how many entries, and of which levels",
	"how many cycles a miss takes, and how many walks go on at once",
	"whether lists above with one number are one structure, or several",
	"caches of data and instructions are in other leaves (Intel's 4): no TLBs, and not read",
};

static void print_not_enumerated(void)
{
	size_t i;

	out_heading("CPUID doesn't enumerate");
	out_array("not_enumerated");
	for (i = 0; i < sizeof(not_enumerated) / sizeof(not_enumerated[0]); i++)
		out_string(NULL, not_enumerated[i], "  %s\n", not_enumerated[i]);
	out_end();
}

static int tlb_run(int argc, char **argv)
{
	static struct tlb_group groups[GROUPS_MAX + 1];
	int status;
	size_t n = 0, i;

	(void)argc;
	(void)argv;
	status = look(groups, &n);
	if (status)
		return status;
	out_array("kinds");
	for (i = 0; i < n; i++) {
		out_text(i ? "\n" : "");
		print_group(&groups[i]);
	}
	out_end();
	print_not_enumerated();
	if (measure)
		status = tlb_measure(&groups[0].model, groups[0].tlb, groups[0].tlbs);
	while (n)
		free(groups[--n].cpu);
	return status;
}

const struct cli_command cmd_tlb = {
	.name = "tlb",
	.summary = "TLBs: entries, ways, page sizes, reach; measured too",
	.usage = "[-c CPUS] [-m] [-j]",
	.about = "Each TLB that CPUID lists: for what, for which page sizes, how many entries, ways\n"
		 "of a set (all: fully associative; ?: CPUID doesn't say), how many logical CPUs\n"
		 "share it at most, and how much memory it covers. CPUs that differ are listed\n"
		 "apart. It needs no rights; whether PCID and global pages are in use is in CR4\n"
		 "(AMD's cache extension: in EFER), which needs the module and CAP_SYS_ADMIN. With -m also how long an access takes\n"
		 "as the working set passes each TLB's reach.",
	.options = options,
	.run = tlb_run,
};
