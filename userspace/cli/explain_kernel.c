// SPDX-License-Identifier: GPL-2.0-only
/* What a program died of, if the kernel itself ended it and no exception did. */
#include <string.h>

#include "cause.h"
#include "event.h"

static int is_of(const struct death *d, unsigned int origin)
{
	return d->event.origin == origin;
}

static int is_frame(const struct death *d)
{
	return is_of(d, MMUINSPECT_FAULT_ORIGIN_FRAME);
}

static void say_frame(const struct death *d, struct cause *c)
{
	const char *name = event_signal_name(d->event.frame_signal);

	if (name)
		cause_say(c, "the signal was %s; ", name);
	if (d->event.has & MMUINSPECT_EVENT_ALTSTACK)
		cause_say(c, "it was for the alternate stack (sigaltstack)");
	else
		cause_say(c, "the stack pointer is 0x%llx", (unsigned long long)d->sp);
}

static int is_sigreturn(const struct death *d)
{
	return is_of(d, MMUINSPECT_FAULT_ORIGIN_SIGRETURN);
}

static void say_sigreturn(const struct death *d, struct cause *c)
{
	cause_say(c, "the stack pointer is 0x%llx", (unsigned long long)d->sp);
}

static int is_rseq(const struct death *d)
{
	return is_of(d, MMUINSPECT_FAULT_ORIGIN_RSEQ);
}

static int is_exec(const struct death *d)
{
	return is_of(d, MMUINSPECT_FAULT_ORIGIN_EXEC);
}

static void say_exec(const struct death *d, struct cause *c)
{
	if (d->call_error)
		cause_say(c, "%s", strerror(d->call_error));
}

static int is_seccomp(const struct death *d)
{
	return is_of(d, MMUINSPECT_FAULT_ORIGIN_SECCOMP);
}

static int is_kernel(const struct death *d)
{
	return !is_of(d, MMUINSPECT_FAULT_ORIGIN_EXCEPTION);
}

const struct cause_rule cause_kernel[] = {
	{ "no-room-for-signal", is_frame,
	  "a signal has a handler, but its frame could not be written to the stack",
	  say_frame },
	{ "bad-sigreturn", is_sigreturn,
	  "sigreturn found no valid signal frame: the stack was overwritten, or it was not called by a handler's return",
	  say_sigreturn },
	{ "bad-rseq", is_rseq,
	  "the area that the thread shares with the kernel for restartable sequences (rseq) is bad, or gone" },
	{ "exec-failed", is_exec, "execve failed after the old program was gone",
	  say_exec },
	{ "seccomp", is_seccomp, "a seccomp filter refused a system call" },
	{ "kernel", is_kernel, "the kernel ended it, for a reason not known" },
	{ 0 }
};
