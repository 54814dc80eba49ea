// SPDX-License-Identifier: GPL-2.0-only
#include "mmui_test.h"
#include "count.h"
#include "nl.h"

#include <errno.h>
#include <string.h>

static bool fits(const struct tally *t, int what, long key, long sub)
{
	return t->what == what && (key == ANY || t->key == key) &&
	       (sub == ANY || t->sub == sub);
}

__u64 counted(const struct counts *counts, int what, long key, long sub)
{
	__u64 sum = 0;
	unsigned int i;

	for (i = 0; i < counts->n; i++)
		if (fits(&counts->tally[i], what, key, sub))
			sum += counts->tally[i].count;
	return sum;
}

/* Bucket N is of 2^(N-1) to 2^N - 1 ticks: @power is 1 or 0 below N. */
static __u64 ticks(const struct counts *counts, int what, unsigned int power)
{
	const struct tally *t;
	__u64 sum = 0;

	for (t = counts->tally; t < counts->tally + counts->n; t++)
		if (t->what == what)
			sum += t->count * (1ULL << t->key >> power);
	return sum;
}

__u64 ticks_at_least(const struct counts *counts, int what)
{
	return ticks(counts, what, 1);
}

__u64 ticks_at_most(const struct counts *counts, int what)
{
	return ticks(counts, what, 0);
}

void counts_since(struct counts *counts, const struct counts *before)
{
	unsigned int i;

	for (i = 0; i < counts->n; i++) {
		struct tally *t = &counts->tally[i];

		t->count -= counted(before, t->what, t->key, t->sub);
	}
}

static const char *const names[MMUINSPECT_A_COUNTS_MAX + 1] = {
	[MMUINSPECT_A_COUNTS_FAULT] = "fault",
	[MMUINSPECT_A_COUNTS_FAULT_BIT] = "fault-bit",
	[MMUINSPECT_A_COUNTS_STATE] = "state",
	[MMUINSPECT_A_COUNTS_OUTCOME] = "outcome",
	[MMUINSPECT_A_COUNTS_CYCLES] = "cycles",
	[MMUINSPECT_A_COUNTS_SIGNAL] = "signal",
	[MMUINSPECT_A_COUNTS_FLUSH] = "flush",
	[MMUINSPECT_A_COUNTS_REQUEST] = "request",
	[MMUINSPECT_A_COUNTS_TARGETS] = "targets",
	[MMUINSPECT_A_COUNTS_LATENCY] = "latency",
};

void counts_show(const char *whose, const struct counts *counts)
{
	const struct tally *t;

	for (t = counts->tally; t < counts->tally + counts->n; t++)
		if (t->count)
			note("%s: %s %u/%d: %llu", whose, names[t->what],
			     t->key, t->sub, t->count);
}

static void take_tally(const struct nlattr *nest, int what, void *arg)
{
	const struct nlattr *tb[NL_ATTRS];
	struct counts *counts = arg;
	struct tally *t = &counts->tally[counts->n++];

	if (counts->n == TALLIES)
		die("more than %u counts", counts->n);
	nl_parse_nested(nest, tb);
	*t = (struct tally) {
		.what = what,
		.key = nl_u32(tb[MMUINSPECT_A_TALLY_KEY]),
		.count = nl_u64(tb[MMUINSPECT_A_TALLY_COUNT]),
	};
	if (tb[MMUINSPECT_A_TALLY_SUB])
		t->sub = nl_u32(tb[MMUINSPECT_A_TALLY_SUB]);
	if (!t->count)
		die("%s %u/%d: a count of 0", names[what], t->key, t->sub);
}

/* One command without attributes, or one with the number @attr */
static int ask(int sock, int cmd, int flags, int attr, __u32 value,
	       void (*each)(const struct nlmsghdr *h, void *arg), void *arg)
{
	struct nl_message *m = nl_new(nl_family(sock), cmd, flags);
	int ret;

	if (attr)
		nl_put_u32(m, attr, value);
	ret = nl_ask(sock, m, each, arg);
	nl_free(m);
	return ret;
}

static void take_sources(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NL_ATTRS];

	nl_parse(h, tb);
	*(__u32 *)arg = nl_u32(tb[MMUINSPECT_A_INFO_SOURCES]);
}

__u32 sources_here(int sock)
{
	__u32 sources = 0;

	if (ask(sock, MMUINSPECT_CMD_INFO_GET, 0, 0, 0, take_sources, &sources))
		die("info-get failed");
	return sources;
}

int counters_set(int sock, __u32 sources)
{
	return ask(sock, MMUINSPECT_CMD_COUNTERS_SET, 0,
		   MMUINSPECT_A_COUNTERS_SOURCES, sources, NULL, NULL);
}

static void take_counters(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NL_ATTRS];
	struct machine *machine = arg;
	__u32 cpu;

	nl_parse(h, tb);
	if (!tb[MMUINSPECT_A_COUNTERS_CPU]) {
		machine->lost = nl_u64(tb[MMUINSPECT_A_COUNTERS_LOST]);
		machine->sources = nl_u32(tb[MMUINSPECT_A_COUNTERS_SOURCES]);
		return;
	}
	cpu = nl_u32(tb[MMUINSPECT_A_COUNTERS_CPU]);
	if (cpu >= CPUS_MAX)
		die("counts of CPU %u", cpu);
	nl_each(tb[MMUINSPECT_A_COUNTERS_COUNTS], take_tally,
		&machine->cpu[cpu]);
}

int counters_get(int sock, struct machine *machine)
{
	unsigned int cpu;

	for (cpu = 0; cpu < CPUS_MAX; cpu++)
		machine->cpu[cpu].n = 0;
	return ask(sock, MMUINSPECT_CMD_COUNTERS_GET, NLM_F_DUMP, 0, 0,
		   take_counters, machine);
}

/* A row of the matrix */
struct row {
	__u32 cpu;
	__u64 (*matrix)[CPUS_MAX];
};

static void take_target(const struct nlattr *nest, int what, void *arg)
{
	const struct nlattr *tb[NL_ATTRS];
	const struct row *row = arg;
	__u32 target;

	if (what != MMUINSPECT_A_MATRIX_TARGET)
		return;
	nl_parse_nested(nest, tb);
	target = nl_u32(tb[MMUINSPECT_A_TALLY_KEY]);
	if (row->cpu >= CPUS_MAX || target >= CPUS_MAX)
		die("CPU %u shot CPU %u", row->cpu, target);
	row->matrix[row->cpu][target] = nl_u64(tb[MMUINSPECT_A_TALLY_COUNT]);
}

static void take_row(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NL_ATTRS];
	struct row row = { .matrix = arg };

	nl_parse(h, tb);
	row.cpu = nl_u32(tb[MMUINSPECT_A_MATRIX_CPU]);
	nl_each_of(h, take_target, &row);
}

int matrix_get(int sock, __u64 matrix[CPUS_MAX][CPUS_MAX])
{
	memset(matrix, 0, CPUS_MAX * sizeof(*matrix));
	return ask(sock, MMUINSPECT_CMD_MATRIX_GET, NLM_F_DUMP, 0, 0, take_row,
		   matrix);
}

static void take_id(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NL_ATTRS];

	nl_parse(h, tb);
	*(int *)arg = nl_u32(tb[MMUINSPECT_A_WATCH_ID]);
}

int watch_add(int sock, pid_t pid, __u32 sources, unsigned int flags)
{
	struct nl_message *m = nl_new(nl_family(sock), MMUINSPECT_CMD_WATCH_ADD,
				      0);
	int id = 0, ret;

	nl_put_u32(m, MMUINSPECT_A_WATCH_PID, pid);
	nl_put_u32(m, MMUINSPECT_A_WATCH_SOURCES, sources);
	if (flags & WATCH_ON_EXEC)
		nl_put_flag(m, MMUINSPECT_A_WATCH_ON_EXEC);
	if (flags & WATCH_ALONE)
		nl_put_flag(m, MMUINSPECT_A_WATCH_ALONE);
	ret = nl_ask(sock, m, take_id, &id);
	nl_free(m);
	if (!ret && id <= 0)
		die("a watch with the id %d", id);
	return ret ? ret : id;
}

int watch_del(int sock, __u32 id)
{
	return ask(sock, MMUINSPECT_CMD_WATCH_DEL, 0, MMUINSPECT_A_WATCH_ID, id,
		   NULL, NULL);
}

/* A watch may take more than one message. */
static void take_watch(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NL_ATTRS];
	struct watch *watch = arg;

	nl_parse(h, tb);
	if (nl_u32(tb[MMUINSPECT_A_WATCH_ID]) != watch->id)
		die("watch %u was asked for, watch %u came", watch->id,
		    nl_u32(tb[MMUINSPECT_A_WATCH_ID]));
	watch->pid = nl_u32(tb[MMUINSPECT_A_WATCH_PID]);
	watch->sources = nl_u32(tb[MMUINSPECT_A_WATCH_SOURCES]);
	watch->processes = nl_u32(tb[MMUINSPECT_A_WATCH_PROCESSES]);
	watch->unwatched = nl_u64(tb[MMUINSPECT_A_WATCH_UNWATCHED]);
	nl_each(tb[MMUINSPECT_A_WATCH_COUNTS], take_tally, &watch->counts);
}

int watch_get(int sock, __u32 id, struct watch *watch)
{
	int ret;

	*watch = (struct watch) { .id = id, .sources = ~0U };
	ret = ask(sock, MMUINSPECT_CMD_WATCH_GET, NLM_F_DUMP,
		  MMUINSPECT_A_WATCH_ID, id, take_watch, watch);
	return ret || watch->sources != ~0U ? ret : -ENOENT;
}

/* The number, and the last one seen */
struct number {
	int n;
	__u32 last;
};

static void take_number(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NL_ATTRS];
	struct number *number = arg;
	__u32 id;

	nl_parse(h, tb);
	id = nl_u32(tb[MMUINSPECT_A_WATCH_ID]);
	number->n += id != number->last;
	number->last = id;
}

int watch_number(int sock)
{
	struct number number = { 0 };
	int ret = ask(sock, MMUINSPECT_CMD_WATCH_GET, NLM_F_DUMP, 0, 0,
		      take_number, &number);

	return ret ? ret : number.n;
}
