// SPDX-License-Identifier: GPL-2.0-only
/*
 * counting UNLOADED: what counting adds to a page fault and to a TLB flush,
 * beside perf stat and bpftrace in the same machine, in ticks of the time stamp
 * counter. Rows are those of bench.c. A figure is a difference: the work while
 * something is counted, less the same work without. UNLOADED has what the work
 * costs when there is no module, from
 *
 * counting cost WORK FILE: add a line to FILE, what a piece of WORK (faults,
 * flushes) costs. Who counts system-wide is measured by running it meanwhile.
 */
#include <err.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include "../mmui_test.h"
#include "../nl.h"

#define STRETCH		64
#define STRETCHES	128
#define PIECES		(STRETCH * STRETCHES)
#define REPEATS		5
#define TRIES		10
#define WATCHES		64

#define COST		"/tmp/cost"
#define COUNTED		"/tmp/counted"

extern char **environ;

static const char *self;
static char *area;

/* Work: PIECES of it each time, on memory that is made for it. */

static void touch(int i)
{
	*(volatile char *)(area + i * PAGE_SIZE) = 1;
}

/* Each change of rights flushes the page. */
static void change(int i)
{
	if (mprotect(area, PAGE_SIZE,
		     i % 2 ? PROT_READ | PROT_WRITE : PROT_READ))
		err(1, "mprotect");
}

static const struct work {
	const char *name;
	const char *unit;
	void (*piece)(int i);
	unsigned long size;
} faults = { "faults", "instructions/fault", touch, PIECES * PAGE_SIZE },
flushes = { "flushes", "instructions/flush", change, PAGE_SIZE };

/* A page behind it keeps it from being one with another mapping. */
static void map_area(unsigned long size)
{
	area = mmap(NULL, size + PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED || madvise(area, size, MADV_NOHUGEPAGE) ||
	    mprotect(area + size, PAGE_SIZE, PROT_NONE))
		err(1, "memory");
	*area = 0;
}

static int compare(const void *a, const void *b)
{
	const unsigned long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * The least median of stretches: in some of them there's a new page table, or
 * memory that the allocator has to fetch from afar, or an interrupt.
 */
static double cost(const struct work *work)
{
	unsigned long took[STRETCHES], begin, min = -1UL;
	int repeat, n, i;

	for (repeat = 0; repeat < REPEATS; repeat++) {
		map_area(work->size);
		for (n = 0; n < STRETCHES; n++) {
			begin = __rdtsc();
			for (i = 0; i < STRETCH; i++)
				work->piece(n * STRETCH + i);
			took[n] = __rdtsc() - begin;
		}
		munmap(area, work->size + PAGE_SIZE);
		qsort(took, STRETCHES, sizeof(*took), compare);
		if (took[STRETCHES / 2] < min)
			min = took[STRETCHES / 2];
	}
	return (double)min / STRETCH;
}

/* There are no parts of instructions. */
static void row(const char *name, const char *who, double figure,
		const char *unit, const char *bound)
{
	printf("%s\t%d\t%s\t%ld\t%s\t%s\n", name, PIECES, who,
	       lround(figure), unit, bound ? bound : "-");
}

/* Was it all counted, and nothing of somebody else's? Boot's rest is little. */
static void expect(const char *name, const char *who, unsigned long n)
{
	if (n < REPEATS * PIECES || n > REPEATS * PIECES * 11 / 10)
		errx(1, "%s: %s counted %lu, not %d", name, who, n,
		     REPEATS * PIECES);
}

/* Ours */

static int sock, family;

static struct nl_message *request(int cmd, int flags)
{
	return nl_new(family, cmd, flags);
}

static void ask(struct nl_message *m,
		void (*each)(const struct nlmsghdr *h, void *arg), void *arg)
{
	int ret = nl_ask(sock, m, each, arg);

	if (ret)
		errx(1, "mmuinspect: %s: %s", strerror(-ret), nl_why());
	nl_free(m);
}

/* Probes are taken away by a worker, which needs this only processor. */
static void count_machine(__u32 sources)
{
	struct nl_message *m = request(MMUINSPECT_CMD_COUNTERS_SET, 0);

	nl_put_u32(m, MMUINSPECT_A_COUNTERS_SOURCES, sources);
	ask(m, NULL, NULL);
	sleep(1);
}

static void take_id(const struct nlmsghdr *h, void *id)
{
	const struct nlattr *tb[NL_ATTRS];

	nl_parse(h, tb);
	*(__u32 *)id = nl_u32(tb[MMUINSPECT_A_WATCH_ID]);
}

static __u32 watch(pid_t pid, __u32 sources)
{
	struct nl_message *m = request(MMUINSPECT_CMD_WATCH_ADD, 0);
	__u32 id;

	nl_put_u32(m, MMUINSPECT_A_WATCH_PID, pid);
	nl_put_u32(m, MMUINSPECT_A_WATCH_SOURCES, sources);
	ask(m, take_id, &id);
	return id;
}

static void unwatch(__u32 id)
{
	struct nl_message *m = request(MMUINSPECT_CMD_WATCH_DEL, 0);

	nl_put_u32(m, MMUINSPECT_A_WATCH_ID, id);
	ask(m, NULL, NULL);
}

/**
 * struct sum - of all counts of a kind
 * @of: MMUINSPECT_A_COUNTS_*
 * @n: the sum
 */
struct sum {
	int of;
	unsigned long n;
};

static void add_counts(struct sum *sum, const struct nlattr *counts)
{
	const struct nlattr *tb[NL_ATTRS], *a;
	size_t at;

	for (at = NLA_HDRLEN; at < counts->nla_len;
	     at += NLA_ALIGN(a->nla_len)) {
		a = (const struct nlattr *)((const char *)counts + at);
		if ((a->nla_type & NLA_TYPE_MASK) != sum->of)
			continue;
		nl_parse_nested(a, tb);
		sum->n += nl_u64(tb[MMUINSPECT_A_TALLY_COUNT]);
	}
}

static void take_cpu(const struct nlmsghdr *h, void *sum)
{
	const struct nlattr *tb[NL_ATTRS];

	nl_parse(h, tb);
	if (tb[MMUINSPECT_A_COUNTERS_COUNTS])
		add_counts(sum, tb[MMUINSPECT_A_COUNTERS_COUNTS]);
}

static void take_watch(const struct nlmsghdr *h, void *sum)
{
	const struct nlattr *tb[NL_ATTRS];

	nl_parse(h, tb);
	add_counts(sum, tb[MMUINSPECT_A_WATCH_COUNTS]);
}

/* What a watch has counted; 0 is all that the machine has */
static unsigned long counted(int of, __u32 id)
{
	struct nl_message *m = request(id ? MMUINSPECT_CMD_WATCH_GET :
					    MMUINSPECT_CMD_COUNTERS_GET,
				       NLM_F_DUMP);
	struct sum sum = { .of = of };

	if (id)
		nl_put_u32(m, MMUINSPECT_A_WATCH_ID, id);
	ask(m, id ? take_watch : take_cpu, &sum);
	return sum.n;
}

enum setup_index {
	NOTHING, FAULT_TYPE, FAULT_WATCHED, FAULT_UNWATCHED, FAULT_STATE,
	FAULT_STATE_WATCHED, FAULT_OUTCOME, FAULT_OUTCOME_WATCHED, FLUSH_EVENT,
	FLUSH_REQUEST, SETUPS
};

/**
 * struct setup - work, and what of it is counted
 * @name: of the row
 * @work: the work
 * @sources: of the machine
 * @watched: sources of watches; they count for the machine as well
 * @watches: how many processes are watched
 * @others: none of them is the one that works
 * @checks: what must have been counted, MMUINSPECT_A_COUNTS_*
 * @less: the figure is what it costs more than this one, or than nothing
 * @bound: that it must keep
 */
static const struct setup {
	const char *name;
	const struct work *work;
	__u32 sources;
	__u32 watched;
	int watches;
	bool others;
	int checks;
	enum setup_index less;
	const char *bound;
} setups[] = {
	[FAULT_TYPE] = {
		.name = "fault: its type",
		.work = &faults,
		.sources = MMUINSPECT_SOURCE_FAULTS,
		.checks = MMUINSPECT_A_COUNTS_FAULT,
		.bound = "30",
	},
	[FAULT_WATCHED] = {
		.name = "fault: one of 64 watched",
		.work = &faults,
		.watched = MMUINSPECT_SOURCE_FAULTS,
		.watches = WATCHES,
		.checks = MMUINSPECT_A_COUNTS_FAULT,
		.bound = "45",
	},
	[FAULT_UNWATCHED] = {
		.name = "fault: 64 others watched",
		.work = &faults,
		.watched = MMUINSPECT_SOURCE_FAULTS,
		.watches = WATCHES,
		.others = true,
		.checks = MMUINSPECT_A_COUNTS_FAULT,
		.bound = "40",
	},
	[FAULT_STATE] = {
		.name = "fault: and the entry before",
		.work = &faults,
		.sources = MMUINSPECT_SOURCE_STATES,
		.checks = MMUINSPECT_A_COUNTS_STATE,
		.less = FAULT_TYPE,
		.bound = "90",
	},
	[FAULT_STATE_WATCHED] = {
		.name = "fault: the entry, watched",
		.work = &faults,
		.watched = MMUINSPECT_SOURCE_STATES,
		.watches = WATCHES,
		.checks = MMUINSPECT_A_COUNTS_STATE,
		.less = FAULT_WATCHED,
		.bound = "90",
	},
	[FAULT_OUTCOME] = {
		.name = "fault: and its outcome",
		.work = &faults,
		.sources = MMUINSPECT_SOURCE_STATES | MMUINSPECT_SOURCE_OUTCOMES,
		.checks = MMUINSPECT_A_COUNTS_OUTCOME,
		.less = FAULT_STATE,
		.bound = "500",
	},
	[FAULT_OUTCOME_WATCHED] = {
		.name = "fault: its outcome, watched",
		.work = &faults,
		.watched = MMUINSPECT_SOURCE_STATES | MMUINSPECT_SOURCE_OUTCOMES,
		.watches = WATCHES,
		.checks = MMUINSPECT_A_COUNTS_OUTCOME,
		.less = FAULT_STATE_WATCHED,
	},
	[FLUSH_EVENT] = {
		.name = "flush: event tlb_flush",
		.work = &flushes,
		.sources = MMUINSPECT_SOURCE_FLUSHES,
		.checks = MMUINSPECT_A_COUNTS_FLUSH,
		.bound = "25",
	},
	[FLUSH_REQUEST] = {
		.name = "flush: of a watched process",
		.work = &flushes,
		.watched = MMUINSPECT_SOURCE_REQUESTS,
		.watches = WATCHES,
		.checks = MMUINSPECT_A_COUNTS_REQUEST,
		.bound = "200",
	},
};

/* What each adds to the work */
static double costs[SETUPS];
static pid_t idle[WATCHES];

static void make_idle(void)
{
	int i;

	for (i = 0; i < WATCHES; i++) {
		idle[i] = fork();
		if (idle[i] < 0)
			err(1, "fork");
		if (idle[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
}

static void end_idle(void)
{
	int i;

	for (i = 0; i < WATCHES; i++) {
		kill(idle[i], SIGKILL);
		waitpid(idle[i], NULL, 0);
	}
}

/* The last one watched is the one that works, if it is watched at all. */
static double cost_counted(const struct setup *s)
{
	unsigned long before = counted(s->checks, 0);
	int i, last = s->watches - 1;
	__u32 id[WATCHES];
	double figure;

	count_machine(s->sources);
	for (i = 0; i < s->watches; i++)
		id[i] = watch(i < last || s->others ? idle[i] : 0, s->watched);
	figure = cost(s->work);
	expect(s->name, "the machine", counted(s->checks, 0) - before);
	if (s->watches && !s->others)
		expect(s->name, "the watch", counted(s->checks, id[last]));
	for (i = 0; i < s->watches; i++) {
		if ((i < last || s->others) && counted(s->checks, id[i]))
			errx(1, "%s: it was another process", s->name);
		unwatch(id[i]);
	}
	count_machine(0);
	return figure;
}

/*
 * The kernel itself has times in which a page costs more: a figure counts if
 * it's the same before and after.
 */
static void measure(const struct setup *s)
{
	double before, with, after;
	int i;

	for (i = 0; i < TRIES; i++) {
		before = cost(s->work);
		with = cost_counted(s);
		after = cost(s->work);
		if (before - after < 0.5 && after - before < 0.5)
			break;
	}
	if (i == TRIES)
		errx(1, "%s: work is never twice the same", s->name);
	costs[s - setups] = with - before;
}

static void ours(const struct setup *s)
{
	row(s->name, "mmuinspect", costs[s - setups] - costs[s->less],
	    s->work->unit, s->bound);
}

/* Theirs */

/**
 * struct peer - who counts system-wide while a command runs
 * @of: the work, and the row that it belongs to
 * @who: its name
 * @argv: how to run it; the command comes last
 * @says: a line of what it leaves in COUNTED
 */
static const struct peer {
	enum setup_index of;
	const char *who;
	const char *argv[16];
	const char *says;
} peers[] = {
	{
		FAULT_TYPE, "perf stat",
		{ "perf", "stat", "-a", "-x,", "-o", COUNTED, "-e",
		  "exceptions:page_fault_user,exceptions:page_fault_kernel",
		  "sh", "-c" },
		"%lu,,exceptions:page_fault_user",
	}, {
		FAULT_TYPE, "bpftrace",
		{ "bpftrace", "-o", COUNTED, "-e",
		  "tracepoint:exceptions:page_fault_user { @user = count(); }"
		  "tracepoint:exceptions:page_fault_kernel { @kernel = count(); }",
		  "-c" },
		"@user: %lu",
	}, {
		FLUSH_EVENT, "perf stat",
		{ "perf", "stat", "-a", "-x,", "-o", COUNTED, "-e",
		  "tlb:tlb_flush", "sh", "-c" },
		"%lu,,tlb:tlb_flush",
	}, {
		FLUSH_EVENT, "bpftrace",
		{ "bpftrace", "-o", COUNTED, "-e",
		  "tracepoint:tlb:tlb_flush { @[args->reason] = count(); }",
		  "-c" },
		"@[3]: %lu",
	}, {
		FLUSH_REQUEST, "bpftrace",
		{ "bpftrace", "-o", COUNTED, "-e",
		  "kprobe:flush_tlb_mm_range { @[pid] = count(); }",
		  "-c" },
		"@[%*d]: %lu",
	},
};

/* What they say to the terminal isn't a row. */
static void run(const char *argv[])
{
	posix_spawn_file_actions_t actions;
	int status;
	pid_t pid;

	if (posix_spawn_file_actions_init(&actions) ||
	    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0))
		err(1, "/dev/null");
	if (posix_spawnp(&pid, argv[0], &actions, NULL, (char **)argv, environ) ||
	    waitpid(pid, &status, 0) != pid || status)
		errx(1, "%s: status %#x", argv[0], status);
	posix_spawn_file_actions_destroy(&actions);
}

/* The greatest number in a file, in lines that look like this */
static unsigned long most(const char *path, const char *format)
{
	FILE *file = fopen(path, "r");
	unsigned long n, max = 0;
	char line[256];

	if (!file)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, format, &n) == 1 && n > max)
			max = n;
	fclose(file);
	return max;
}

/* The least that was measured of this work */
static double least_in(const char *path, const char *work)
{
	FILE *file = fopen(path, "r");
	double figure, min = -1;
	char name[32];

	if (!file)
		err(1, "%s", path);
	while (fscanf(file, "%31s %lf", name, &figure) == 2)
		if (!strcmp(name, work) && (min < 0 || figure < min))
			min = figure;
	fclose(file);
	if (min < 0)
		errx(1, "%s: nothing about %s", path, work);
	return min;
}

/* What the work costs in a process of its own, while a peer counts or nobody */
static double cost_beside(const char *const *peer, const struct work *work)
{
	const char *argv[16];
	char command[256];
	int n;

	snprintf(command, sizeof(command), "%s cost %s " COST, self, work->name);
	for (n = 0; peer[n]; n++)
		argv[n] = peer[n];
	argv[n++] = command;
	argv[n] = NULL;
	unlink(COST);
	run(argv);
	return least_in(COST, work->name);
}

static double cost_alone(const struct work *work)
{
	static const char *const shell[] = { "sh", "-c", NULL };

	return cost_beside(shell, work);
}

static void theirs(const struct peer *peer)
{
	const struct setup *s = &setups[peer->of];
	double alone = cost_alone(s->work);
	double beside = cost_beside(peer->argv, s->work);

	expect(s->name, peer->who, most(COUNTED, peer->says));
	row(s->name, peer->who, beside - alone, s->work->unit, NULL);
}

/* Kernel threads still at work after boot would share the only processor. */
static void go_first(void)
{
	struct sched_param param = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		err(1, "sched_setscheduler");
}

static void write_cost(const char *name, const char *path)
{
	const struct work *work = strcmp(name, faults.name) ? &flushes : &faults;
	FILE *file = fopen(path, "a");

	if (!file)
		err(1, "%s", path);
	fprintf(file, "%s %f\n", name, cost(work));
	fclose(file);
}

/* What an idle module costs */
static void idle_row(const char *name, const struct work *work,
		     const char *unloaded)
{
	double figure = cost_alone(work) - least_in(unloaded, work->name);

	row(name, "mmuinspect", figure, work->unit, "0");
}

static void all(const char *unloaded)
{
	const struct setup *s;
	const struct peer *peer;

	row("fault", "nobody", least_in(unloaded, faults.name), faults.unit, NULL);
	row("flush", "nobody", least_in(unloaded, flushes.name), flushes.unit, NULL);
	idle_row("fault, nothing counted", &faults, unloaded);
	idle_row("flush, nothing counted", &flushes, unloaded);
	sock = nl_open();
	family = nl_family(sock);
	make_idle();
	for (s = setups + 1; s < setups + SETUPS; s++)
		measure(s);
	end_idle();
	for (s = setups + 1; s < setups + SETUPS; s++) {
		ours(s);
		for (peer = peers; peer < peers + sizeof(peers) / sizeof(*peer);
		     peer++)
			if (peer->of == s - setups)
				theirs(peer);
	}
	idle_row("fault, counted no more", &faults, unloaded);
	idle_row("flush, counted no more", &flushes, unloaded);
}

int main(int argc, char **argv)
{
	self = argv[0];
	go_first();
	if (argc == 4 && !strcmp(argv[1], "cost"))
		write_cost(argv[2], argv[3]);
	else if (argc == 2)
		all(argv[1]);
	else
		errx(2, "usage: counting UNLOADED | counting cost WORK FILE");
	return 0;
}
