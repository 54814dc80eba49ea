// SPDX-License-Identifier: GPL-2.0-only
/* Descriptor tables of several CPUs, and their registers. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define TABLE_MAX 65536
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	int err;
	const char *why;
} reasons[] = {
	{ EPERM, "needs CAP_SYS_ADMIN: use sudo" },
	{ EACCES, "needs CAP_SYS_RAWIO: descriptor tables reveal addresses of the kernel" },
	{ EKEYREJECTED, "the kernel is locked down, and descriptor tables reveal its addresses" },
	{ ENXIO, "offline" },
	{ EFAULT, "the table went away while it was read: try again" },
};

static int refused(const char *what, long cpu, int err)
{
	const char *why = strerror(-err);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].err == -err)
			why = reasons[i].why;
	return cpu < 0 ? failed("%s: %s", what, why) :
			 failed("CPU %ld: %s", cpu, why);
}

int table_register(const struct table *on, unsigned int id, __u64 *value)
{
	size_t i;

	*value = 0;
	for (i = 0; i < on->regs && on->reg[i].id != id; i++)
		;
	if (i == on->regs)
		return -ENODEV;
	if (on->reg[i].error)
		return on->reg[i].error;
	*value = on->reg[i].value;
	return 0;
}

int table_bit(const struct table *on, unsigned int id, __u64 bits)
{
	__u64 value;

	table_register(on, id, &value);
	return !!(value & bits);
}

/* Take a CPU in: its registers begin at @reg. */
static int add(const struct session *s, struct tables *t,
	       const struct mmuinspect_reg *reg, size_t regs)
{
	struct table *on = realloc(t->on, (t->n + 1) * sizeof(*on));
	int err;

	if (!on)
		return failed("desc: %s", strerror(ENOMEM));
	t->on = on;
	on += t->n++;
	*on = (struct table) {
		.bytes = calloc(1, TABLE_MAX),
		.reg = malloc(regs * sizeof(*reg)),
		.regs = regs,
		.cpu = reg->cpu,
	};
	if (!on->bytes || !on->reg)
		return failed("desc: %s", strerror(ENOMEM));
	memcpy(on->reg, reg, regs * sizeof(*reg));
	err = mmuinspect_desc(s->h, on->cpu, t->table, on->bytes, TABLE_MAX,
			      &on->where);
	return err ? refused("desc", on->cpu, err) : EXIT_DONE;
}

/* CPUs from @first to @last; one that is asked for by its number must be there. */
static int add_range(const struct session *s, struct tables *t, __u32 first,
		     __u32 last)
{
	struct mmuinspect_reg *reg;
	int status = EXIT_DONE, err;
	size_t n, i, end;

	err = mmuinspect_regs(s->h, first, last, &reg, &n);
	if (err)
		return refused("desc", -1, err);
	if (!n && first == last)
		status = failed("CPU %u: there is no such CPU", first);
	for (i = 0; i < n && !status; i = end) {
		for (end = i + 1; end < n && reg[end].cpu == reg[i].cpu; end++)
			;
		if (reg[i].id)
			status = add(s, t, &reg[i], end - i);
		else if (first == last)
			status = refused("desc", first, reg[i].error);
		else
			t->offline++;
	}
	free(reg);
	return status;
}

int tables_read(const struct session *s, unsigned int table, struct tables *t)
{
	int status = EXIT_DONE;
	size_t i;

	*t = (struct tables) { .table = table };
	if (!common.cpus.n)
		status = add_range(s, t, 0, UINT_MAX);
	for (i = 0; i < common.cpus.n && !status; i++)
		status = add_range(s, t, common.cpus.cpu[i], common.cpus.cpu[i]);
	if (status)
		tables_free(t);
	return status;
}

void tables_free(struct tables *t)
{
	while (t->n) {
		free(t->on[--t->n].bytes);
		free(t->on[t->n].reg);
	}
	free(t->on);
	t->on = NULL;
}

void groups_begin(struct tables *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		t->on[i].mark = GROUP_LATER;
}

/* Do two CPUs hold the same bytes there; or, of none, have the same place? */
static int same(const struct table *a, const struct table *b, size_t offset,
		size_t bytes)
{
	if (bytes)
		return !memcmp(a->bytes + offset, b->bytes + offset, bytes);
	return a->where.base == b->where.base && a->where.limit == b->where.limit &&
	       a->where.selector == b->where.selector;
}

const struct table *groups_next(struct tables *t, size_t offset, size_t bytes)
{
	const struct table *leader = NULL;
	size_t i;

	for (i = 0; i < t->n; i++) {
		struct table *on = &t->on[i];

		if (on->mark != GROUP_LATER) {
			on->mark = GROUP_BEFORE;
			continue;
		}
		if (!leader)
			leader = on;
		if (same(leader, on, offset, bytes))
			on->mark = GROUP_NOW;
	}
	return leader;
}

int tables_agree(const struct tables *t, size_t offset, size_t bytes)
{
	size_t i;

	for (i = 1; i < t->n; i++)
		if (!same(&t->on[0], &t->on[i], offset, bytes))
			return 0;
	return 1;
}

void out_cpus(const struct tables *t, const char *fmt, int width)
{
	__u32 *cpu = calloc(t->n, sizeof(*cpu));
	size_t i, n = 0;

	out_array("cpus");
	for (i = 0; cpu && i < t->n; i++) {
		if (t->on[i].mark != GROUP_NOW)
			continue;
		cpu[n++] = t->on[i].cpu;
		out_number(NULL, t->on[i].cpu, NULL);
	}
	out_end();
	out_text(fmt, width, n == t->n && n > 1 ? "all" : cpus_text(cpu, n));
	free(cpu);
}

void out_where(struct tables *t, const char *name)
{
	const struct table *on;

	out_array("where");
	groups_begin(t);
	while ((on = groups_next(t, 0, 0))) {
		const struct mmuinspect_desc *w = &on->where;

		out_object(NULL);
		out_cpus(t, t->n > 1 && tables_agree(t, 0, 0) ? "each CPU: " :
			 "CPU %*s: ", 0);
		out_hex("base", w->base, w->base ? "%s at 0x%llx" : "no %s", name,
			(unsigned long long)w->base);
		out_hex("limit", w->limit, w->base ? ", limit 0x%x" : NULL, w->limit);
		if (t->table == MMUINSPECT_DESC_TSS || t->table == MMUINSPECT_DESC_LDT)
			out_hex("selector", w->selector, w->base ? ", selector 0x%x" :
				NULL, w->selector);
		out_text("\n");
		out_end();
	}
	out_end();
	out_number("offline", t->offline, t->offline ?
		   "CPUs that are offline, and not looked at: %zu\n" : NULL, t->offline);
}
