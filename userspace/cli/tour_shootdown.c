// SPDX-License-Identifier: GPL-2.0-only
/* The tour: one CPU takes rights away, another must forget that there were any. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tour.h"

#define SOURCES (MMUINSPECT_SOURCE_REQUESTS | MMUINSPECT_SOURCE_FLUSHES | \
		 MMUINSPECT_SOURCE_TARGETS)
#define ROUNDS	32

/* The kernel's include/linux/mm_types.h, enum tlb_flush_reason */
enum { FLUSH_RECEIVED = 1, FLUSH_ASKED = 4 };

/* Another thread, that reads a page again and again: its CPU has it in its TLB. */
struct reader {
	pthread_t thread;
	const volatile char *page;
	int running;
	int stop;
};

static void *read_on(void *arg)
{
	struct reader *r = arg;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		(void)*r->page;
		__atomic_store_n(&r->running, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static const char *start_reader(struct tour *t, struct reader *r, unsigned int cpu)
{
	pthread_attr_t attributes;
	cpu_set_t one;
	int err;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	pthread_attr_init(&attributes);
	pthread_attr_setaffinity_np(&attributes, sizeof(one), &one);
	err = pthread_create(&r->thread, &attributes, read_on, r);
	pthread_attr_destroy(&attributes);
	if (err)
		return tour_cannot(t, "a thread on CPU %u: %s", cpu, strerror(err));
	while (!__atomic_load_n(&r->running, __ATOMIC_RELAXED))
		usleep(1000);
	return NULL;
}

/* Another CPU that this process may run on; -1 if there is none */
static int other_cpu(const cpu_set_t *may, unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < CPU_SETSIZE; i++)
		if (i != cpu && CPU_ISSET(i, may))
			return i;
	return -1;
}

/* The row TLB of /proc/interrupts: flushes that a CPU was interrupted for */
static __u64 interrupts(unsigned int cpu)
{
	FILE *f = fopen("/proc/interrupts", "re");
	unsigned long long value = 0;
	char line[8192], *at, *word;
	unsigned int number, column = 0, i;

	if (!f)
		return 0;
	/* The columns are CPUs that are online, by the first line. */
	at = fgets(line, sizeof(line), f);
	for (i = 0; at && (word = strsep(&at, " \n")); )
		if (sscanf(word, "CPU%u", &number) == 1 && ++i && number == cpu)
			column = i;
	while (column && fgets(line, sizeof(line), f)) {
		at = strstr(line, "TLB:");
		if (!at)
			continue;
		for (at += 4, i = 0; i < column; i++)
			value = strtoull(at, &at, 10);
		break;
	}
	fclose(f);
	return value;
}

/**
 * struct shots - what happens between two CPUs
 * @mine: this CPU
 * @other: the reader's
 * @requests: flushes that the kernel asked for, for this process
 * @asked: of others by this CPU; those that are lazy get no IPI
 * @received: on the other one
 * @ipis: flushes that this CPU sent to the other by IPI
 * @no_ipis: 1 if this kernel doesn't report them
 * @interrupts: of the other one
 */
struct shots {
	unsigned int mine;
	unsigned int other;
	__u64 requests;
	__u64 asked;
	__u64 received;
	__u64 ipis;
	int no_ipis;
	__u64 interrupts;
};

static __u64 flushes(const struct mmuinspect_counters *c, unsigned int cpu, __u32 reason)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->cpu[i].cpu == cpu)
			return mmuinspect_counts_of(&c->cpu[i].counts,
						    MMUINSPECT_A_COUNTS_FLUSH, reason);
	return 0;
}

/* Counts up to now */
static const char *look(struct tour *t, struct sampler *s, struct shots *shots)
{
	struct mmuinspect_counters counters;
	struct moment now;
	size_t i;

	if (sampler_take(s, &now, 1))
		return tour_cannot(t, "counts can't be read");
	shots->requests = mmuinspect_counts_of(&now.own, MMUINSPECT_A_COUNTS_REQUEST,
					       MMUINSPECT_REQUEST_MM);
	shots->ipis = 0;
	for (i = 0; i < now.n_shots; i++)
		if (now.shots[i].from == shots->mine && now.shots[i].to == shots->other)
			shots->ipis = now.shots[i].count;
	shots->no_ipis = s->no_matrix;
	moment_free(&now);
	if (mmuinspect_counters_get(s->f, &counters))
		return tour_cannot(t, "counts can't be read");
	shots->asked = flushes(&counters, shots->mine, FLUSH_ASKED);
	shots->received = flushes(&counters, shots->other, FLUSH_RECEIVED);
	mmuinspect_counters_free(&counters);
	return NULL;
}

/* Each takes away a right that the other CPU has seen. */
static void take_rights(char *page)
{
	size_t size = sysconf(_SC_PAGESIZE);
	int i;

	for (i = 0; i < ROUNDS; i++) {
		*(volatile char *)page = i;
		mprotect(page, size, PROT_READ);
		mprotect(page, size, PROT_READ | PROT_WRITE);
	}
}

static void print_shots(const struct shots *b, const struct shots *a)
{
	const struct {
		const char *key;
		const char *text;
		__u64 before;
		__u64 after;
		int unknown;
	} rows[] = {
		{ "requests", "flushes asked for, of this process", b->requests, a->requests },
		{ "asked", "asked of others, on this CPU", b->asked, a->asked },
		{ "received", "received, on the other", b->received, a->received },
		{ "ipis", "IPIs sent from this CPU to the other", b->ipis, a->ipis, a->no_ipis },
		{ "interrupts", "TLB in /proc/interrupts, the other", b->interrupts,
		  a->interrupts },
	};
	size_t i;

	out_number("cpu", b->mine, "  this CPU: %u", b->mine);
	out_number("other_cpu", b->other, ", the other: %u", b->other);
	out_number("rounds", ROUNDS, ", rounds: %u\n", ROUNDS);
	out_heading("                                         before      after");
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].unknown)
			out_null(rows[i].key, "  %-36s  this kernel doesn't report it\n",
				 rows[i].text);
		else
			out_number(rows[i].key, rows[i].after - rows[i].before,
				   "  %-36s %8llu   %8llu\n", rows[i].text,
				   (unsigned long long)rows[i].before,
				   (unsigned long long)rows[i].after);
}

static void check_shots(struct tour *t, const struct shots *b, const struct shots *a)
{
	tour_check(t, a->requests - b->requests >= ROUNDS,
		   "each round asked for a flush at least");
	tour_check(t, a->asked > b->asked, "this CPU asked others to flush: remote-asked");
	tour_check(t, a->received > b->received,
		   "the other was interrupted for it: remote-received");
	tour_check(t, a->interrupts - b->interrupts >= a->received - b->received,
		   "/proc/interrupts has those interrupts too");
	if (!a->no_ipis)
		tour_check(t, a->ipis > b->ipis, "and it was this one that sent the IPI");
}

static const char *shoot(struct tour *t, struct shots *before, char *page)
{
	struct shots after;
	struct moment first;
	struct sampler s;
	const char *why = tour_count(t, &s, getpid(), SOURCES, &first);

	if (why)
		return why;
	/* Others flush as well: the kernel's count is of a little longer than ours. */
	before->interrupts = interrupts(before->other);
	why = look(t, &s, before);
	if (!why) {
		after = *before;
		take_rights(page);
		why = look(t, &s, &after);
		after.interrupts = interrupts(after.other);
	}
	moment_free(&first);
	sampler_close(&s);
	if (why)
		return why;
	print_shots(before, &after);
	check_shots(t, before, &after);
	return NULL;
}

static const char *show(struct tour *t)
{
	struct reader reader = { .page = NULL };
	struct shots shots = { 0 };
	const char *why;
	cpu_set_t may;
	char *memory;
	int other;

	why = tour_memory(t, &memory);
	if (!why)
		why = tour_stay(t, &shots.mine, &may);
	if (why)
		return why;
	other = other_cpu(&may, shots.mine);
	memory[0] = 1;
	reader.page = memory;
	why = other < 0 ? tour_cannot(t, "there is one CPU only that this may run on") :
			  start_reader(t, &reader, other);
	if (!why) {
		shots.other = other;
		why = shoot(t, &shots, memory);
		__atomic_store_n(&reader.stop, 1, __ATOMIC_RELAXED);
		pthread_join(reader.thread, NULL);
	}
	sched_setaffinity(0, sizeof(may), &may);
	munmap(memory, 2 * sysconf(_SC_PAGESIZE));
	return why;
}

const struct tour_step tour_shootdown = {
	.name = "shootdown",
	.title = "A shootdown: what another CPU has in its TLB",
	.text = "A CPU keeps translations in its TLB, and doesn't look whether the tables have\n"
		"changed since. When rights are taken away, the kernel has to tell it: it flushes\n"
		"its own TLB, and interrupts each CPU that may have the entry to do the same, and\n"
		"waits for it. That is a shootdown. Here a thread on another CPU reads a page all\n"
		"the time, while this one takes its own right to write to it away and back, again\n"
		"and again. Each time it's taken there must be a request, which is asked here, sent\n"
		"as an interrupt, and received there.\n",
	.show = show,
};
