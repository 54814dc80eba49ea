// SPDX-License-Identifier: GPL-2.0-only
/* What the module tells of the faults of the children: the second observer. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

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
	/* After a fork the kernel itself may write to a page that is read-only by then. */
	if (!e->user)
		return t->probe->for_kernel ||
		       (t->probe->kind == KIND_MSR && e->vector != VECTOR_PF);
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

/* The event behind an overrun has its number, if there is one: 1 is there already. */
static void count_lost(struct lab *lab, __u64 lost)
{
	if (!lost)
		return;
	lab->lost += lost - lab->overrun;
	lab->overrun = 0;
}

void lab_hear(struct lab *lab, struct trial *trials, size_t n)
{
	struct mmuinspect_event event;
	int got;

	if (!lab->events)
		return;
	do {
		got = mmuinspect_events_next(lab->events, 0, &event);
		if (got > 0) {
			count_lost(lab, event.lost);
			put(trials, n, &event);
		} else if (got == -ENOBUFS) {
			lab->lost += !lab->overrun;
			lab->overrun = 1;
		}
	} while (got > 0 || got == -EINTR || got == -ENOBUFS);
}

void lab_hear_last(struct lab *lab, struct trial *trials)
{
	if (lab->events)
		lab->lost += !!mmuinspect_events_stop(lab->events);
	lab_hear(lab, trials, lab->n_probes);
	if (lab->events)
		count_lost(lab, mmuinspect_events_lost(lab->events));
}
