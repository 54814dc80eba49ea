// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmuinspect explain: threads that are traced. Of those it's known what they stop
 * for; a fault is looked at when its signal is about to be delivered.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explain.h"
#include "process.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* How long a record may be under way, in ms: an emulated machine is slow. */
#define PATIENCE 3000
/* PTRACE_O_TRACESYSGOOD */
#define SYSCALL_STOP (SIGTRAP | 0x80)

static int is_of(pid_t tgid, pid_t tid)
{
	return !syscall(SYS_tgkill, tgid, tid, 0);
}

/* By the kernel's own check of numbers: /proc may not be there. */
static pid_t process_of(const struct trace *t, pid_t tid)
{
	size_t i;

	if (is_of(tid, tid))
		return tid;
	for (i = 0; i < t->threads; i++)
		if (is_of(t->thread[i].tgid, tid))
			return t->thread[i].tgid;
	return tid;
}

/* The one of that number; a new one if it isn't known. Valid until the next call */
static struct thread *thread_of(struct trace *t, pid_t tid)
{
	struct thread *more;
	size_t i;

	for (i = 0; i < t->threads; i++)
		if (t->thread[i].tid == tid)
			return &t->thread[i];
	more = realloc(t->thread, (i + 1) * sizeof(*more));
	if (!more)
		return NULL;
	t->thread = more;
	more[i] = (struct thread) { .tid = tid, .tgid = process_of(t, tid) };
	t->threads++;
	return &more[i];
}

static void forget_thread(struct trace *t, pid_t tid)
{
	size_t i;

	for (i = 0; i < t->threads; i++)
		if (t->thread[i].tid == tid) {
			free(t->thread[i].fault);
			call_free(t->thread[i].call);
			t->thread[i] = t->thread[--t->threads];
			return;
		}
}

/* A set of signals in /proc/TID/status; -1 if it can't be read */
static int has_signal(pid_t tid, const char *format, int signal)
{
	unsigned long long set;
	FILE *f = process_file(tid, "status");
	char line[256];
	int found = -1;

	while (f && found < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, format, &set) == 1)
			found = set >> (signal - 1) & 1;
	if (f)
		fclose(f);
	return found;
}

static const int fault_signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };

static int is_fault_signal(int signal)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fault_signals); i++)
		if (signal == fault_signals[i])
			return 1;
	return 0;
}

/* What a program ends itself by, once it has handled a fault */
static int is_last_signal(int signal)
{
	return signal == SIGABRT || is_fault_signal(signal);
}

static void print(struct trace *t, struct death *d)
{
	if (!t->deaths++)
		out_stream("deaths");
	death_look(d);
	death_print(d);
	t->explained |= d->tgid == t->pid && !d->handled;
	scene_free(&d->sc);
}

/*
 * The kernel couldn't write what the handler of a fault was to find on the stack,
 * and ends the process instead: what it died of is that fault.
 */
static void take_unhandled(struct trace *t, struct death *d, struct death *before)
{
	if (!before || d->signal != SIGSEGV || d->code != SI_KERNEL ||
	    before->code == SI_KERNEL || before->ip != d->ip || before->sp != d->sp)
		return;
	if (!before->recorded)
		before->recorded = records_find(t->records, before, 1, PATIENCE);
	if (d->recorded && (d->event.origin != MMUINSPECT_FAULT_ORIGIN_FRAME ||
			    (d->event.frame_signal &&
			     (int)d->event.frame_signal != before->signal)))
		return;
	d->no_room = 1;
	if (before->recorded)
		d->event = before->event;
	d->recorded |= before->recorded;
}

/* If the one before it looks the same, its record may still be under way. */
static size_t records_wanted(const struct death *d, const struct death *before)
{
	return before && !before->recorded && before->ip == d->ip &&
	       before->sp == d->sp && before->signal == d->signal &&
	       before->code == d->code && before->address == d->address ? 2 : 1;
}

/*
 * The CPU made this signal. Where nobody handles it that's the end; else it's kept,
 * since a handler often does no more than to end the program in its own way.
 */
static void take_fault(struct trace *t, struct thread *thread, int signal,
		       const siginfo_t *info)
{
	int handled = has_signal(thread->tid, "SigCgt: %llx", signal);
	struct death *d = calloc(1, sizeof(*d)), *before = thread->fault;

	if (!d)
		return;
	*d = (struct death) {
		.sc.s = t->s, .tid = thread->tid, .tgid = thread->tgid,
		.is_child = thread->tgid != t->pid, .signal = signal,
		.code = info->si_code, .address = (unsigned long)info->si_addr,
		.order = ++t->faults, .is_open = handled < 0,
	};
	/* Another thread is ending it: then there is nothing to look at. */
	if (death_registers(d)) {
		free(d);
		return;
	}
	d->sc.access.has_keys = !keys_of_stopped(d->tid, &d->sc.access.keys);
	d->recorded = records_find(t->records, d, records_wanted(d, before),
				   handled ? 0 : PATIENCE);
	if (!handled) {
		take_unhandled(t, d, before);
		print(t, d);
		free(d);
		return;
	}
	thread->fault = d;
	free(before);
}

/* Of this thread, else the last one of the process; NULL if there is none */
static struct thread *last_fault(struct trace *t, const struct thread *thread)
{
	struct thread *last = NULL;
	size_t i;

	for (i = 0; i < t->threads; i++) {
		struct thread *u = &t->thread[i];

		if (u->tgid != thread->tgid || !u->fault)
			continue;
		if (u == thread)
			return u;
		if (!last || u->fault->order > last->fault->order)
			last = u;
	}
	return last;
}

static void print_last(struct trace *t, struct thread *thread, int handled)
{
	struct death *d = thread->fault;

	if (!d->recorded)
		d->recorded = records_find(t->records, d, 1, PATIENCE);
	d->handled = handled;
	print(t, d);
	free(d);
	thread->fault = NULL;
}

/*
 * Was the last fault resolved, or left by longjmp? Then what ends the process has
 * nothing to do with it. While its handler runs, its signal is blocked; or at least
 * the frame is on the stack, if the handler has SA_NODEFER.
 */
static int went_on(const struct thread *thread)
{
	const struct death *d = thread->fault;

	return !has_signal(thread->tid, "SigBlk: %llx", d->signal) &&
	       !death_is_handled_now(d, thread->tid);
}

static void say_went_on(const struct thread *thread, int signal)
{
	out_text("\nPID %d ended with signal %d (%s). It had handled a fault before (%s at 0x%llx), and went on.\n",
		 thread->tgid, signal, strsignal(signal),
		 mmuinspect_signal_name(thread->fault->signal),
		 (unsigned long long)thread->fault->ip);
}

static void take_signal(struct trace *t, pid_t tid, int signal)
{
	struct thread *thread = thread_of(t, tid), *last;
	siginfo_t info;

	records_drain(t->records);
	if (!thread || ptrace(PTRACE_GETSIGINFO, tid, NULL, &info))
		return;
	/* Where it can't be read whether there is a handler, the end says it. */
	if (thread->tgid == t->pid && has_signal(tid, "SigCgt: %llx", signal) <= 0 &&
	    has_signal(tid, "SigIgn: %llx", signal) <= 0)
		t->last = info;
	if (is_fault_signal(signal) && info.si_code > 0) {
		take_fault(t, thread, signal, &info);
		return;
	}
	last = last_fault(t, thread);
	if (last && is_last_signal(signal) && !has_signal(tid, "SigCgt: %llx", signal) &&
	    !has_signal(tid, "SigIgn: %llx", signal)) {
		if (went_on(last))
			say_went_on(last, signal);
		else
			print_last(t, last, 1);
	}
}

static void take_call(struct trace *t, pid_t tid)
{
	struct thread *thread = thread_of(t, tid);

	if (thread)
		call_stop(&thread->call, tid, thread->tgid);
}

/* Who has made it must be known before it does anything. */
static void take_child(struct trace *t, pid_t tid, int event)
{
	struct thread *child, *parent;
	unsigned long number;
	pid_t tgid;

	parent = thread_of(t, tid);
	if (!parent || ptrace(PTRACE_GETEVENTMSG, tid, NULL, &number))
		return;
	tgid = parent->tgid;
	child = thread_of(t, number);
	if (!child)
		return;
	if (child->tgid != tgid)
		history_fork(tgid, child->tgid, event == PTRACE_EVENT_VFORK);
	child->is_announced = 1;
	if (child->is_held)
		ptrace(PTRACE_SYSCALL, child->tid, NULL, NULL);
	child->is_held = 0;
}

/* Whoever was to announce it may be gone. */
static void let_go(struct trace *t)
{
	size_t i;

	for (i = 0; i < t->threads; i++) {
		if (t->thread[i].is_held)
			ptrace(PTRACE_SYSCALL, t->thread[i].tid, NULL, NULL);
		t->thread[i].is_held = 0;
	}
}

/* All other threads are gone, and this one has the number of the first. */
static void take_exec(struct trace *t, pid_t tid)
{
	unsigned long before;

	if (!ptrace(PTRACE_GETEVENTMSG, tid, NULL, &before))
		forget_thread(t, before);
	forget_thread(t, tid);
	thread_of(t, tid);
	history_forget(tid);
	let_go(t);
}

static int is_to_be_held(struct trace *t, pid_t tid)
{
	struct thread *thread = thread_of(t, tid);

	if (!thread || thread->is_announced || tid == t->pid)
		return 0;
	thread->is_held = 1;
	return 1;
}

/* A thread has stopped: what for, and how is it to go on? */
static void take_stop(struct trace *t, pid_t tid, int status)
{
	int event = status >> 16, signal = WSTOPSIG(status), inject = 0;
	enum __ptrace_request how = PTRACE_SYSCALL;

	switch (event) {
	case 0:
		if (signal == SYSCALL_STOP) {
			take_call(t, tid);
			break;
		}
		take_signal(t, tid, signal);
		inject = signal;
		break;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		take_child(t, tid, event);
		break;
	case PTRACE_EVENT_EXEC:
		take_exec(t, tid);
		break;
	case PTRACE_EVENT_STOP:
		if (signal != SIGTRAP)	/* as by Ctrl-Z */
			how = PTRACE_LISTEN;
		else if (is_to_be_held(t, tid))
			return;
		break;
	}
	ptrace(how, tid, NULL, (long)inject);
}

/* Its kind of SIGSYS can't be seen by a tracer before the end. */
static void print_seccomp(struct trace *t, const struct thread *thread)
{
	struct death d = {
		.sc.s = t->s, .tid = thread->tid, .tgid = thread->tgid,
		.is_child = thread->tgid != t->pid, .signal = SIGSYS,
	};

	d.recorded = records_find_last(t->records, &d, PATIENCE);
	if (!d.recorded)
		return;
	d.code = d.event.code;
	d.address = d.event.signal_address;
	d.ip = d.event.ip;
	d.sp = d.event.sp;
	d.n_bytes = d.event.n_bytes;
	memcpy(d.bytes, d.event.bytes, sizeof(d.bytes));
	print(t, &d);
}

/* Without /proc only the end tells whether a fault was handled. */
static void take_end(struct trace *t, pid_t tid, int status)
{
	struct thread *thread = thread_of(t, tid);

	if (thread && thread->fault && thread->fault->is_open && WIFSIGNALED(status) &&
	    is_last_signal(WTERMSIG(status)))
		print_last(t, thread, thread->fault->signal != WTERMSIG(status));
	if (thread && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		print_seccomp(t, thread);
	if (tid == t->pid)
		t->status = status;
	forget_thread(t, tid);
	history_end(tid);
	let_go(t);
}

static int is_traced(const struct trace *t, pid_t tid)
{
	size_t i;

	for (i = 0; i < t->threads; i++)
		if (t->thread[i].tid == tid)
			return 1;
	return 0;
}

void trace_all(struct trace *t)
{
	int status;
	pid_t tid;

	thread_of(t, t->pid);
	/* Children that came with the process aren't traced, nor waited for. */
	while (t->threads) {
		tid = waitpid(-1, &status, __WALL);
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			break;
		if (WIFSTOPPED(status))
			take_stop(t, tid, status);
		else if (is_traced(t, tid))
			take_end(t, tid, status);
	}
	while (t->threads)
		forget_thread(t, t->thread[0].tid);
	free(t->thread);
}
