// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of faults, as they come from the module: of the program that is being
 * explained, and of everybody else. They're kept until one is asked for.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "explain.h"

#define RECORDS 1024

/**
 * struct records - those that nobody asked for yet
 * @events: where they come from
 * @kept: the last ones; seq is 0 where there is none any more
 * @n: how many came
 * @has_tids: threads have the numbers here that they have in events
 */
struct records {
	struct mmuinspect_events *events;
	struct mmuinspect_event kept[RECORDS];
	size_t n;
	int has_tids;
};

int records_open(struct mmuinspect_family *f, struct records **ret)
{
	struct records *r = calloc(1, sizeof(*r));
	int err = r ? mmuinspect_events_open(f, &r->events) : -ENOMEM;

	if (err) {
		free(r);
		return err;
	}
	r->has_tids = is_initial_pid_namespace();
	*ret = r;
	return 0;
}

void records_close(struct records *r)
{
	mmuinspect_events_close(r->events);
	free(r);
}

/* Returns 0 once there is none. That some were lost is no reason to stop. */
static int take(struct records *r, int ms)
{
	struct mmuinspect_event *e = &r->kept[r->n % RECORDS];
	int got = mmuinspect_events_next(r->events, ms, e);

	if (got == -EINTR || got == -ENOBUFS)
		return 1;
	if (got <= 0)
		return 0;
	r->n++;
	return 1;
}

void records_drain(struct records *r)
{
	while (take(r, 0))
		;
}

/* PID namespaces number threads in ways of their own: there registers must do. */
static int is_record(const struct records *r, const struct mmuinspect_event *e,
		     const struct death *d)
{
	return e->seq && (!r->has_tids || (pid_t)e->tid == d->tid) &&
	       e->has & MMUINSPECT_EVENT_SIGNAL && e->ip == d->ip &&
	       e->sp == d->sp && (int)e->signal == d->signal && e->code == d->code &&
	       (!(e->has & MMUINSPECT_EVENT_SIGNAL_ADDRESS) ||
		e->signal_address == d->address);
}

static size_t count(const struct records *r, const struct death *d)
{
	size_t i, n = 0;

	for (i = 0; i < RECORDS; i++)
		n += is_record(r, &r->kept[i], d);
	return n;
}

/* The newest; those before it are of faults that are long mended. */
static int claim(struct records *r, struct death *d)
{
	size_t i, n = r->n < RECORDS ? r->n : RECORDS;
	int found = 0;

	for (i = 1; i <= n; i++) {
		struct mmuinspect_event *e = &r->kept[(r->n - i) % RECORDS];

		if (!is_record(r, e, d))
			continue;
		if (!found++)
			d->event = *e;
		e->seq = 0;
	}
	return !!found;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

int records_find(struct records *r, struct death *d, size_t wanted, int ms)
{
	long long deadline = now_ms() + ms, left;

	records_drain(r);
	while (count(r, d) < wanted) {
		left = deadline - now_ms();
		if (left <= 0)
			break;
		take(r, left);
	}
	return claim(r, d);
}

static int claim_last(struct records *r, struct death *d)
{
	size_t i, n = r->n < RECORDS ? r->n : RECORDS;

	for (i = 1; i <= n; i++) {
		struct mmuinspect_event *e = &r->kept[(r->n - i) % RECORDS];

		if (!e->seq || (pid_t)e->tid != d->tid || (int)e->signal != d->signal)
			continue;
		d->event = *e;
		e->seq = 0;
		return 1;
	}
	return 0;
}

int records_find_last(struct records *r, struct death *d, int ms)
{
	long long deadline = now_ms() + ms, left;

	if (!r->has_tids)
		return 0;
	records_drain(r);
	while (!claim_last(r, d)) {
		left = deadline - now_ms();
		if (left <= 0)
			return 0;
		take(r, left);
	}
	return 1;
}
