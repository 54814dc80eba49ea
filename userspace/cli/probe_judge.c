// SPDX-License-Identifier: GPL-2.0-only
/* Expectation, signal frame and event side by side: where they differ. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probe.h"

static void PRINTF(3) note(char list[PROBE_DIFFERENCES][64], size_t *n,
			   const char *fmt, ...)
{
	va_list ap;

	if (*n == PROBE_DIFFERENCES)
		return;
	va_start(ap, fmt);
	vsnprintf(list[(*n)++], 64, fmt, ap);
	va_end(ap);
}

#define WRONG(j, ...)	note((j)->wrong, &(j)->n_wrong, __VA_ARGS__)
#define DIFFER(j, ...)	note((j)->differ, &(j)->n_differ, __VA_ARGS__)

enum expect_end probe_end(const struct trial *t)
{
	if (t->stage == STAGE_CAUGHT)
		return END_SIGNAL;
	if (t->fixed)
		return END_FIXUP;
	if (t->emulated > 0 ||
	    (t->has_event && t->event.end == MMUINSPECT_FAULT_END_EMULATED))
		return END_EMULATED;
	return t->mapped ? END_MAPPED : END_THROUGH;
}

/* Where the CPU must be after an exception: traps come after the instruction. */
static __u64 expected_ip(const struct trial *t)
{
	const struct probe *p = t->probe;
	int trap = t->vector == VECTOR_DB || t->vector == VECTOR_BP ||
		   t->vector == VECTOR_OF;

	if (p->kind == KIND_MEMORY && p->access == ACCESS_FETCH &&
	    t->vector == VECTOR_PF)
		return t->memory.address;
	return t->code_at + ((trap ? p->end : p->at) - p->code);
}

/*
 * A jump to where no address can be: Intel's faults before it's taken, others at
 * its target.
 */
static int is_jump_away(const struct trial *t)
{
	return t->probe->kind == KIND_MEMORY && t->probe->access == ACCESS_FETCH &&
	       t->vector == VECTOR_GP && t->ip == t->memory.address;
}

#define HEX(x) ((unsigned long long)(x))

static void judge_signal(const struct trial *t, struct judgement *j)
{
	const struct expectation *e = &t->expected;
	__u64 address = e->signal_address;

	if (address == SIGNAL_AT_IP)
		address = expected_ip(t);
	if (t->vector != e->vector)
		WRONG(j, "vector %d, not %d", t->vector, e->vector);
	if ((t->error ^ e->frame_error) & ~e->frame_unknown)
		WRONG(j, "error code 0x%llx, not 0x%llx", HEX(t->error),
		      HEX(e->frame_error));
	if (t->signal != e->signal)
		WRONG(j, "signal %d, not %d", t->signal, e->signal);
	if (t->code != e->code)
		WRONG(j, "si_code %d, not %d", t->code, e->code);
	if (e->has_signal_address && t->signal_address != address)
		WRONG(j, "si_addr 0x%llx, not 0x%llx", HEX(t->signal_address),
		      HEX(address));
	if (e->has_address && t->cr2 != e->address)
		WRONG(j, "CR2 0x%llx, not 0x%llx", HEX(t->cr2), HEX(e->address));
	if (t->ip != expected_ip(t) && !is_jump_away(t))
		WRONG(j, "at 0x%llx, not 0x%llx", HEX(t->ip), HEX(expected_ip(t)));
}

static void judge_through(const struct trial *t, struct judgement *j)
{
	enum expect_end expected = t->expected.end;

	if (expected == END_FIXUP && !t->fixed)
		WRONG(j, "it didn't fault");
	if (expected != END_FIXUP && t->fixed)
		WRONG(j, "it faulted");
	if (expected == END_MAPPED && t->lab->h && !t->mapped)
		WRONG(j, "there is no page yet");
	if (expected == END_EMULATED && !t->emulated)
		WRONG(j, "it isn't emulated: the answer is the CPU's own");
	if (expected != END_EMULATED && t->emulated > 0)
		WRONG(j, "the answer isn't the CPU's own");
	if (t->wrong)
		WRONG(j, "what came of it isn't what had to");
}

static void compare_signal(const struct trial *t, struct judgement *j)
{
	const struct mmuinspect_event *e = &t->event;

	if (e->end != MMUINSPECT_FAULT_END_SIGNAL)
		DIFFER(j, "the event has no signal");
	if ((int)e->vector != t->vector)
		DIFFER(j, "vector: frame %d, event %u", t->vector, e->vector);
	if (e->error_code != t->error)
		DIFFER(j, "error code: frame 0x%llx, event 0x%llx", HEX(t->error),
		       HEX(e->error_code));
	if (t->vector == VECTOR_PF &&
	    (!(e->has & MMUINSPECT_EVENT_ADDRESS) || e->address != t->cr2))
		DIFFER(j, "address: frame 0x%llx, event 0x%llx", HEX(t->cr2),
		       HEX(e->address));
	if (e->ip != t->ip)
		DIFFER(j, "instruction: frame 0x%llx, event 0x%llx", HEX(t->ip),
		       HEX(e->ip));
	if (e->has & MMUINSPECT_EVENT_SIGNAL &&
	    ((int)e->signal != t->signal || e->code != t->code))
		DIFFER(j, "signal: frame %d/%d, event %u/%d", t->signal, t->code,
		       e->signal, e->code);
}

/* There is no frame: the event is compared with what was expected. */
static void compare_silent(const struct trial *t, struct judgement *j)
{
	const struct mmuinspect_event *e = &t->event;
	enum expect_end end = t->expected.end;

	if (end == END_EMULATED && e->end != MMUINSPECT_FAULT_END_EMULATED)
		DIFFER(j, "the event isn't of an emulation");
	else if (end == END_FIXUP && e->end != MMUINSPECT_FAULT_END_FIXUP)
		DIFFER(j, "the event isn't of a fix-up");
	else if (end != END_EMULATED && end != END_FIXUP)
		DIFFER(j, "an event of vector %u, but nothing came of it", e->vector);
	else if ((int)e->vector != t->expected.vector)
		WRONG(j, "event: vector %u, not %d", e->vector, t->expected.vector);
	else if ((e->error_code ^ t->expected.error) & ~t->expected.unknown)
		WRONG(j, "event: error code 0x%llx, not 0x%llx", HEX(e->error_code),
		      HEX(t->expected.error));
	else if (t->expected.has_address &&
		 (!(e->has & MMUINSPECT_EVENT_ADDRESS) || e->address != t->expected.address))
		WRONG(j, "event: address 0x%llx, not 0x%llx", HEX(e->address),
		      HEX(t->expected.address));
}

/* Is there something to be told of a trial? */
static int event_is_due(const struct trial *t)
{
	if (t->stage == STAGE_CAUGHT)
		return t->vector != VECTOR_NONE;
	return t->stage == STAGE_THROUGH && t->expected.known && !t->expected.silent &&
	       (t->expected.end == END_EMULATED || t->fixed);
}

static void compare(const struct trial *t, struct judgement *j)
{
	if (!t->has_event) {
		if (t->lab->events && event_is_due(t) && !t->lab->lost)
			DIFFER(j, "the module told of nothing");
	} else if (t->stage == STAGE_CAUGHT) {
		compare_signal(t, j);
	} else if (!t->probe->leaves) {
		compare_silent(t, j);
	}
}

void probe_judge(const struct trial *t, struct judgement *j)
{
	memset(j, 0, sizeof(*j));
	if (t->stage == STAGE_INAPPLICABLE) {
		j->verdict = VERDICT_INAPPLICABLE;
		return;
	}
	compare(t, j);
	if (t->stage != STAGE_CAUGHT && t->stage != STAGE_THROUGH) {
		WRONG(j, "it didn't come to an end");
	} else if (!t->expected.known) {
		j->verdict = VERDICT_UNKNOWN;
		return;
	} else if ((t->stage == STAGE_CAUGHT) != (t->expected.end == END_SIGNAL)) {
		WRONG(j, t->stage == STAGE_CAUGHT ? "a signal" : "no signal");
	} else if (t->stage == STAGE_CAUGHT) {
		judge_signal(t, j);
	} else {
		judge_through(t, j);
	}
	j->verdict = j->n_wrong ? VERDICT_DISAGREE : VERDICT_AGREE;
}
