// SPDX-License-Identifier: GPL-2.0-only
/* What the module tells of the faults of the children: the second observer. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "event.h"
#include "probe.h"

#define CODE_SIZE 4096

static void go_without(struct lab *lab, const char *why)
{
	snprintf(lab->no_events, sizeof(lab->no_events), "%s", why);
}

void lab_listen(struct lab *lab)
{
	struct mmuinspect_family *f;
	const char *said;
	int err;

	if (!lab->h) {
		go_without(lab, lab->why);
		return;
	}
	if (!is_initial_pid_namespace()) {
		go_without(lab, "this isn't the initial PID namespace, whose numbers they have");
		return;
	}
	err = mmuinspect_family_open(&f);
	if (err) {
		go_without(lab, strerror(-err));
		return;
	}
	err = mmuinspect_events_open(f, &lab->events);
	if (err) {
		said = mmuinspect_family_why(f);
		go_without(lab, *said ? said : strerror(-err));
		lab->events = NULL;
	}
	mmuinspect_family_close(f);
}

/* Of the instruction itself, not of what the child did before or after it? */
static int is_of(const struct trial *t, const struct mmuinspect_event *e)
{
	if (t->pid != (pid_t)e->pid)
		return 0;
	if (!e->user)
		return t->probe->for_kernel || t->probe->kind == KIND_MSR;
	if (e->ip - t->code_at < CODE_SIZE)
		return 1;
	return t->probe->kind == KIND_MEMORY && e->ip == t->memory.address;
}

static void put(struct trial *trials, size_t n, const struct mmuinspect_event *e)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (is_of(&trials[i], e)) {
			trials[i].event = *e;
			trials[i].has_event = 1;
			return;
		}
}

int event_is_due(const struct trial *t)
{
	if (t->stage == STAGE_CAUGHT)
		return t->vector != VECTOR_NONE;
	return t->stage == STAGE_THROUGH && t->expected.known && !t->expected.silent &&
	       (t->expected.end == END_EMULATED || t->fixed);
}

static int missing(const struct trial *trials, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (event_is_due(&trials[i]) && !trials[i].has_event)
			return 1;
	return 0;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* The event behind an overrun has its number, if there is one: 1 is there already. */
static void count_lost(struct lab *lab, __u64 lost)
{
	if (!lost)
		return;
	lab->lost += lost - lab->overrun;
	lab->overrun = 0;
}

/* Events of others are no reason to wait longer. */
void lab_hear(struct lab *lab, struct trial *trials, size_t n, int ms)
{
	long long end = now_ms() + ms, left;
	struct mmuinspect_event event;
	int got;

	while (lab->events) {
		left = missing(trials, n) ? end - now_ms() : 0;
		got = mmuinspect_events_next(lab->events, left > 0 ? left : 0, &event);
		if (got > 0) {
			count_lost(lab, event.lost);
			put(trials, n, &event);
		} else if (got == -ENOBUFS) {
			lab->lost += !lab->overrun;
			lab->overrun = 1;
		} else if (got != -EINTR) {
			break;
		}
		if (ms && left < 0)
			break;
	}
}
