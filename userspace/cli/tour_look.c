// SPDX-License-Identifier: GPL-2.0-only
/* How a step of the tour looks at the machine: walks, registers, counts, probes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe.h"
#include "sections.h"
#include "tour.h"

const char *tour_refused(struct tour *t, const char *what, int err)
{
	static const struct {
		int err;
		const char *why;
	} reasons[] = {
		{ EPERM, "needs CAP_SYS_ADMIN (sudo)" },
		{ EACCES, "needs CAP_SYS_RAWIO (sudo)" },
		{ EKEYREJECTED, "the kernel is locked down" },
	};
	const char *why = strerror(-err);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].err == -err)
			why = reasons[i].why;
	return tour_cannot(t, "%s: %s", what, why);
}

const char *tour_page(struct tour *t)
{
	size_t size = sysconf(_SC_PAGESIZE);
	int fd;

	if (t->page)
		return NULL;
	fd = memfd_create("mmuinspect-tour", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, size))
		return tour_cannot(t, "memory: %s", strerror(errno));
	t->page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	t->also = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (t->page != MAP_FAILED && t->also != MAP_FAILED)
		return NULL;
	t->page = NULL;
	return tour_cannot(t, "memory: %s", strerror(errno));
}

const char *tour_memory(struct tour *t, char **ret)
{
	size_t size = 2 * sysconf(_SC_PAGESIZE);

	*ret = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*ret == MAP_FAILED)
		return tour_cannot(t, "memory: %s", strerror(errno));
	/* Without large pages there is nothing to advise against. */
	madvise(*ret, size, MADV_NOHUGEPAGE);
	return NULL;
}

const char *tour_walk(struct tour *t, pid_t pid, const void *address,
		      unsigned int flags, struct mmuinspect_translation *walk,
		      __u64 *root)
{
	__u64 top;
	int err = mmuinspect_target(t->s.h, pid);

	*walk = (struct mmuinspect_translation) { .address = (__u64)address };
	if (!err)
		err = mmuinspect_walk(t->s.h, flags, walk, 1, &top);
	if (err)
		return tour_cannot(t, "walk: %s", session_why(&t->s, err));
	if (!top)
		return tour_cannot(t, HIDDEN);
	if (root)
		*root = top;
	return NULL;
}

__u64 tour_entry(const struct mmuinspect_translation *walk)
{
	return walk->steps ? walk->step[walk->steps - 1].entry : 0;
}

void tour_print_walk(const struct tour *t, const char *key,
		     const struct mmuinspect_translation *walk)
{
	const char *level = mmuinspect_level_name(t->s.info, walk->level);
	__u64 size = mmuinspect_level_size(t->s.info, walk->level);
	int mapped = walk->stop == MMUINSPECT_STOP_MAPPED;
	char buf[24];
	size_t i;

	out_object(key);
	out_hex("address", walk->address, "  0x%llx\n", (unsigned long long)walk->address);
	out_heading("  level          table  index  entry             bits");
	out_array("levels");
	for (i = 0; i < walk->steps; i++)
		out_step(&t->s, &walk->step[i], "hidden");
	out_end();
	out_bool("mapped", mapped, NULL);
	if (mapped) {
		out_hex("phys", walk->phys, "  physical 0x%llx", (unsigned long long)walk->phys);
		out_number("page_size", size, ", %s page", out_size(size, buf));
		out_text(", rights ");
		out_rights(walk->attrs, 0);
		out_text("\n");
	} else {
		out_string("stops_at", level, "  stops at %s: %s\n", level,
			   tour_entry(walk) ? "the entry isn't present" :
			   "the entry is zero: nothing is mapped here");
	}
	out_end();
}

const char *tour_stay(struct tour *t, unsigned int *cpu, cpu_set_t *before)
{
	int now = sched_getcpu();
	cpu_set_t one;

	if (now < 0 || sched_getaffinity(0, sizeof(*before), before))
		return tour_cannot(t, "this CPU: %s", strerror(errno));
	CPU_ZERO(&one);
	CPU_SET(now, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		return tour_cannot(t, "CPU %d: %s", now, strerror(errno));
	*cpu = now;
	return NULL;
}

const char *tour_registers(struct tour *t, unsigned int cpu, struct table *registers)
{
	int err;

	*registers = (struct table) { .cpu = cpu };
	err = mmuinspect_regs(t->s.h, cpu, cpu, &registers->reg, &registers->regs);
	if (err)
		return tour_refused(t, "registers", err);
	return NULL;
}

const char *tour_register(struct tour *t, const struct table *registers,
			  unsigned int id, __u64 *value)
{
	int err = table_register(registers, id, value);
	const struct mmuinspect_register *table, *row;
	size_t n;

	if (!err)
		return NULL;
	table = mmuinspect_register_table(t->s.info, &n);
	row = mmuinspect_register_by_id(table, n, id);
	return tour_refused(t, row ? row->name : "register", err);
}

const char *tour_msr(struct tour *t, unsigned int cpu, __u32 number, __u64 *value)
{
	struct mmuinspect_msr msr = { .cpu = cpu, .msr = number };
	int err = mmuinspect_msrs(t->s.h, &msr, 1);

	if (!err && msr.error == -EACCES)
		return tour_cannot(t, "MSR 0x%x: not on the list of those that may be read",
				   number);
	if (err || msr.error)
		return tour_refused(t, "MSRs", err ? err : msr.error);
	*value = msr.value;
	return NULL;
}

const char *tour_count(struct tour *t, struct sampler *s, pid_t pid,
		       __u32 sources, struct moment *before)
{
	struct mmuinspect_translation walk;
	const char *why = tour_page(t);

	/* Who may know a frame may count: without a refusal on standard error */
	if (!why)
		why = tour_walk(t, 0, t->page, 0, &walk, NULL);
	if (why)
		return why;
	if (sampler_open(s, sources))
		return tour_cannot(t, "nothing can be counted");
	if (s->missing)
		tour_cannot(t, "this kernel lacks what is to be counted");
	else if (sampler_process(s, pid, MMUINSPECT_WATCH_ALONE, 1) ||
		 sampler_take(s, before, 1))
		tour_cannot(t, "process %d can't be watched", pid);
	else
		return NULL;
	sampler_close(s);
	return t->why;
}

const char *tour_counted(struct tour *t, struct sampler *s,
			 const struct moment *before, struct moment *span)
{
	const char *why = NULL;
	struct moment after;

	if (sampler_take(s, &after, 1))
		return tour_cannot(t, "counts can't be read");
	if (moment_difference(span, &after, before))
		why = tour_cannot(t, "counts: %s", strerror(ENOMEM));
	moment_free(&after);
	return why;
}

void tour_print_counts(const char *key, const char *heading,
		       const struct mmuinspect_counts *counts, __u32 kind)
{
	const struct section *section = section_of(kind);
	char name[NAME_SIZE];
	size_t i, n = 0;

	out_text("  %-9s", heading);
	out_object(key);
	for (i = 0; i < counts->n; i++) {
		const struct mmuinspect_count *c = &counts->count[i];

		if (c->kind != kind)
			continue;
		section_name(section, c, name);
		out_number(name, c->count, "%s%s: %llu", n++ ? ", " : "", name,
			   (unsigned long long)c->count);
	}
	out_end();
	out_text(n ? "\n" : "none\n");
}

const char *tour_probe(struct tour *t, const char *const *name, size_t n)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	struct judgement j;
	cpu_set_t before;
	size_t i;

	if (!lab || sched_getaffinity(0, sizeof(before), &before)) {
		free(lab);
		return tour_cannot(t, "probes: %s", strerror(errno));
	}
	lab_open(lab);
	if (lab_try(lab, name, n)) {
		tour_cannot(t, "probes can't be run");
		goto close_lab;
	}
	*t->why = '\0';
	probe_print_trials(lab->trials, lab->n_probes);
	for (i = 0; i < lab->n_probes; i++) {
		const struct trial *trial = &lab->trials[i];

		probe_judge(trial, &j);
		if (j.verdict == VERDICT_AGREE || j.verdict == VERDICT_DISAGREE)
			tour_check(t, j.verdict == VERDICT_AGREE && !j.n_differ,
				   "%s: it came as the state of this CPU lets expect",
				   trial->probe->name);
	}
close_lab:
	lab_close(lab);
	free(lab);
	sched_setaffinity(0, sizeof(before), &before);
	return *t->why ? t->why : NULL;
}
