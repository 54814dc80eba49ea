// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts and events of a machine that isn't there. Each reading has more than the
 * one before: once, of the machine, what is in the rows below.
 *
 * In FAKE:
 *	family		finding the family fails with this errno
 *	sources		asking what can be counted fails with this errno
 *	lacks		sources that this kernel lacks
 *	counting	asking for anything to be counted fails with this errno
 *	own		sources that nobody should want of the machine
 *	matrix		asking for IPIs from CPU to CPU fails with this errno
 *	take		reading counts fails with this errno
 *	calls		after so many readings SIGINT comes
 *	lost		so many are lost before each reading
 *	unwatched	so many children weren't watched
 *	many		each count of the machine is so often what it would be
 *	full		watching a process fails with this errno
 *	events		opening them fails with this errno
 *	nobufs		there was no room for some: told before the event behind so many
 *	gapless		those that were lost never had a number
 *	quiet		1: there is no event
 *	flood		1: events of PID 200, without end
 *	many_events	the first event comes so often
 *	gone		1: the module is unloaded after the last one
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"
#include "mmuinspect.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ALL_SOURCES 0xff

static __u32 watch_sources, machine_sources;
static unsigned int watches, readings, watch_readings;

static const struct {
	__u32 source;
	int of_machine;
	struct mmuinspect_count count;
} rows[] = {
#define ROW(source, machine, kind, key, sub, n) { MMUINSPECT_SOURCE_##source, \
	machine, { MMUINSPECT_A_COUNTS_##kind, key, sub, n } }
	ROW(FAULTS, 0, FAULT, 0x04, 0, 60),
	ROW(FAULTS, 0, FAULT, 0x06, 0, 30),
	ROW(FAULTS, 0, FAULT, 0x07, 0, 10),
	ROW(FAULTS, 0, FAULT_BIT, 15, 0, 2),
	ROW(STATES, 0, STATE, MMUINSPECT_STATE_NONE, 0, 90),
	ROW(STATES, 0, STATE, 77, 0, 10),
	ROW(OUTCOMES, 0, OUTCOME, MMUINSPECT_OUTCOME_DEMAND_ZERO, 0, 90),
	ROW(OUTCOMES, 0, CYCLES, 10, 0, 100),
	ROW(OUTCOMES, 0, SIGNAL, 11, 1, 3),
	ROW(OUTCOMES, 0, SIGNAL, 11, 2, 4),
	ROW(FLUSHES, 1, FLUSH, 1, -1, 5),
	ROW(FLUSHES, 1, FLUSH, 4, 2, 7),
	ROW(FLUSHES, 1, FLUSH, 9, 1, 1),
	ROW(REQUESTS, 0, REQUEST, MMUINSPECT_REQUEST_MM, -1, 8),
	ROW(REQUESTS, 0, REQUEST, MMUINSPECT_REQUEST_MM, 3, 2),
	ROW(TARGETS, 1, TARGETS, 1, 0, 7),
	ROW(LATENCY, 0, LATENCY, 12, 0, 10),
};

static void fill(struct mmuinspect_counts *counts, __u32 sources, int machine,
		 unsigned int times)
{
	size_t i;

	counts->count = calloc(ARRAY_SIZE(rows), sizeof(*counts->count));
	counts->n = 0;
	for (i = 0; counts->count && times && i < ARRAY_SIZE(rows); i++) {
		if (!(rows[i].source & sources) || (rows[i].of_machine && !machine))
			continue;
		counts->count[counts->n] = rows[i].count;
		counts->count[counts->n++].count *= times;
	}
}

int __wrap_mmuinspect_sources(struct mmuinspect_family *f, __u32 *sources)
{
	(void)f;
	*sources = ALL_SOURCES & ~setting("lacks");
	return -(int)setting("sources");
}

int __wrap_mmuinspect_counters_set(struct mmuinspect_family *f, __u32 sources)
{
	(void)f;
	machine_sources = sources;
	if (sources & setting("own"))
		return -EBUSY;
	return sources & setting("lacks") ? -EOPNOTSUPP : -(int)setting("counting");
}

int __wrap_mmuinspect_counters_get(struct mmuinspect_family *f,
				   struct mmuinspect_counters *ret)
{
	(void)f;
	readings++;
	*ret = (struct mmuinspect_counters) { .lost = readings * setting("lost") };
	if (setting("take"))
		return -(int)setting("take");
	fill(&ret->all, machine_sources, 1,
	     readings * (setting("many") ? setting("many") : 1));
	if (setting("calls") && readings == setting("calls"))
		kill(getpid(), SIGINT);
	return 0;
}

int __wrap_mmuinspect_matrix_get(struct mmuinspect_family *f,
				 struct mmuinspect_shots **ret, size_t *n)
{
	(void)f;
	if (setting("matrix"))
		return -(int)setting("matrix");
	*ret = calloc(2, sizeof(**ret));
	*n = 2;
	(*ret)[0] = (struct mmuinspect_shots) { 0, 1, 5 };
	(*ret)[1] = (struct mmuinspect_shots) { 1, 0, 7 * readings };
	return 0;
}

int __wrap_mmuinspect_watch_add(struct mmuinspect_family *f, pid_t pid,
				__u32 sources, unsigned int flags, __u32 *id)
{
	(void)f;
	(void)pid;
	(void)flags;
	*id = ++watches;
	watch_sources = sources;
	watch_readings = 0;
	if (setting("full"))
		return -(int)setting("full");
	return sources & setting("lacks") ? -EOPNOTSUPP : -(int)setting("counting");
}

int __wrap_mmuinspect_watch_del(struct mmuinspect_family *f, __u32 id)
{
	(void)f;
	return id == watches ? 0 : -ENOENT;
}

/* Nothing before it begins; the second one has twice what the first one has. */
int __wrap_mmuinspect_watch_get(struct mmuinspect_family *f, __u32 id,
				struct mmuinspect_watch *ret)
{
	(void)f;
	if (setting("take"))
		return -(int)setting("take");
	*ret = (struct mmuinspect_watch) {
		.id = id, .unwatched = setting("unwatched") * watch_readings,
	};
	fill(&ret->counts, watch_sources, 0, watches * watch_readings++);
	return 0;
}

/* The first watch of all has twice what a reading has; no other is told of. */
int __wrap_mmuinspect_watches_get(struct mmuinspect_family *f,
				  struct mmuinspect_watch **ret, size_t *n)
{
	(void)f;
	*n = watches > 0;
	*ret = calloc(1, sizeof(**ret));
	(*ret)->id = 1;
	if (*n)
		fill(&(*ret)->counts, watch_sources, 0, 2 * readings);
	return 0;
}

static int events_pipe[2] = { -1, -1 };
static unsigned int event;

static const struct mmuinspect_event events[] = {
	{
		.seq = 7, .time = 12345678901234, .cpu = 1, .pid = 100, .tid = 101,
		.comm = "prog\x1b", .end = MMUINSPECT_FAULT_END_SIGNAL, .vector = 14,
		.user = 1, .error_code = 6, .address = 0x1000, .ip = 0x401000,
		.sp = 0x7ffc0000, .signal = 11, .code = 1, .signal_address = 0x1000,
		.has = MMUINSPECT_EVENT_ADDRESS | MMUINSPECT_EVENT_SIGNAL |
		       MMUINSPECT_EVENT_SIGNAL_ADDRESS | MMUINSPECT_EVENT_VECTOR |
		       MMUINSPECT_EVENT_ERROR_CODE,
		.n_bytes = 2, .bytes = { 0xc6, 0x00 },
		.n_entries = 1, .entry = { { 4, 0x1234067 } },
	}, {
		.seq = 12, .lost = 4, .time = 12345678901999, .pid = 200, .tid = 200,
		.comm = "umip", .end = MMUINSPECT_FAULT_END_EMULATED, .vector = 13,
		.user = 1, .error_code = 0x402,
		.has = MMUINSPECT_EVENT_VECTOR | MMUINSPECT_EVENT_ERROR_CODE,
	}, {
		.seq = 13, .pid = 200, .tid = 200, .comm = "new", .end = 9,
		.vector = 77, .signal = 40, .code = -6,
		.has = MMUINSPECT_EVENT_SIGNAL | MMUINSPECT_EVENT_VECTOR,
	}, {
		.seq = 14, .pid = 201, .tid = 201, .comm = "zero", .vector = 6, .user = 1,
		.end = MMUINSPECT_FAULT_END_SIGNAL, .signal = 11, .code = 1,
		.has = MMUINSPECT_EVENT_SIGNAL | MMUINSPECT_EVENT_VECTOR |
		       MMUINSPECT_EVENT_SIGNAL_ADDRESS,
	}, {
		.seq = 15, .pid = 202, .tid = 202, .comm = "frame", .user = 1,
		.end = MMUINSPECT_FAULT_END_SIGNAL, .signal = 11, .code = 128,
		.origin = MMUINSPECT_FAULT_ORIGIN_FRAME, .frame_signal = 14,
		.has = MMUINSPECT_EVENT_SIGNAL | MMUINSPECT_EVENT_SIGNAL_ADDRESS |
		       MMUINSPECT_EVENT_ALTSTACK,
	},
};

int __wrap_mmuinspect_events_open(struct mmuinspect_family *f,
				  struct mmuinspect_events **ret)
{
	(void)f;
	*ret = (void *)&event;
	if (!setting("events") &&
	    (pipe(events_pipe) ||
	     (!setting("quiet") && write(events_pipe[1], "", 1) != 1)))
		return -EIO;
	return -(int)setting("events");
}

void __wrap_mmuinspect_events_close(struct mmuinspect_events *e)
{
	(void)e;
}

static int stopped;

int __wrap_mmuinspect_events_stop(struct mmuinspect_events *e)
{
	char byte;

	(void)e;
	stopped = 1;
	return setting("flood") && read(events_pipe[0], &byte, 1) != 1 ? -EIO : 0;
}

__u64 __wrap_mmuinspect_events_lost(const struct mmuinspect_events *e)
{
	(void)e;
	return setting("left");
}

int __wrap_mmuinspect_events_fd(const struct mmuinspect_events *e)
{
	(void)e;
	return events_pipe[0];
}

int __wrap_mmuinspect_events_next(struct mmuinspect_events *e, int timeout,
				  struct mmuinspect_event *ret)
{
	static unsigned int times;
	static int told;

	(void)e;
	(void)timeout;
	if (setting("quiet"))
		return 0;
	if (setting("flood") && stopped)
		return -ENODATA;
	if (setting("flood")) {
		*ret = events[ARRAY_SIZE(events) - 1];
		return 1;
	}
	if (setting("nobufs") && event == setting("nobufs") && !told) {
		told = 1;
		return -ENOBUFS;
	}
	if (event == ARRAY_SIZE(events) && setting("gone"))
		return -ENODEV;
	if (event == ARRAY_SIZE(events)) {
		kill(getpid(), SIGTERM);
		return 0;
	}
	*ret = events[event];
	event += ++times >= setting("many_events");
	if (setting("gapless"))
		ret->seq = event;
	return 1;
}
