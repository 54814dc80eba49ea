// SPDX-License-Identifier: GPL-2.0-only
/* What the module tells of the faults of the children: the second observer. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

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
		go_without(lab, "the module isn't there");
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

void lab_hear(struct lab *lab, struct trial *trials, size_t n, int ms)
{
	struct mmuinspect_event event;
	int got;

	while (lab->events) {
		got = mmuinspect_events_next(lab->events,
					     missing(trials, n) ? ms : 0, &event);
		if (got > 0)
			put(trials, n, &event);
		else if (got != -EINTR && got != -ENOBUFS)
			break;
	}
}
