// SPDX-License-Identifier: GPL-2.0-only
/* How a command ended that no fault has ended: by itself, or by whose signal. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "explain.h"
#include "process.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* man 2 sigaction: si_code of signals that aren't about a fault */
static const struct origin {
	int code;
	const char *name;
	const char *text;
	int has_sender;
} origins[] = {
	{ SI_USER, "SI_USER", "kill()", 1 },
	{ SI_TKILL, "SI_TKILL", "tgkill()", 1 },
	{ SI_QUEUE, "SI_QUEUE", "sigqueue()", 1 },
	{ SI_MESGQ, "SI_MESGQ", "a message queue (mq_notify)", 1 },
	{ SI_TIMER, "SI_TIMER", "a timer of its own (timer_create)" },
	{ SI_ASYNCIO, "SI_ASYNCIO", "asynchronous I/O that has ended" },
	{ SI_SIGIO, "SI_SIGIO", "a file that is ready (F_SETSIG)" },
	{ SI_KERNEL, "SI_KERNEL", "the kernel" },
};

static const struct origin *origin_of(int code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(origins); i++)
		if (origins[i].code == code)
			return &origins[i];
	return NULL;
}

static const char *signal_text(int signal, char buf[32])
{
	const char *name = sigabbrev_np(signal);

	if (name)
		snprintf(buf, 32, "SIG%s", name);
	else
		snprintf(buf, 32, "signal %d", signal);
	return buf;
}

/* @known: what the signal was delivered with */
static void out_sender(const struct trace *t, const siginfo_t *known)
{
	const struct origin *o = known ? origin_of(known->si_code) : NULL;
	int own = o && o->has_sender && known->si_pid == t->pid;

	out_object("sent_by");
	out_string("code", o ? o->name : NULL, NULL);
	if (o && o->has_sender) {
		out_number("pid", known->si_pid, NULL);
		out_number("uid", known->si_uid, NULL);
	} else {
		out_null("pid", NULL);
		out_null("uid", NULL);
	}
	out_end();
	if (own)
		out_text(", which it sent to itself by %s", known->si_code == SI_TKILL ?
			 "raise() or abort()" : o->text);
	else if (o && o->has_sender)
		out_text(", sent by PID %d, uid %u, by %s", known->si_pid, known->si_uid,
			 o->text);
	else if (o)
		out_text(", sent by %s", o->text);
	else
		out_text(known ? ", sent by the kernel" : ", whose sender isn't known");
}

void end_print(const struct trace *t, const char *name)
{
	int signal = WIFSIGNALED(t->status) ? WTERMSIG(t->status) : 0;
	int status = signal ? 128 + signal : WEXITSTATUS(t->status);
	char buf[32];

	out_object("exit");
	if (!t->explained)
		out_text("PID %d (%s): ", t->pid, out_printable(name));
	out_string("how", signal ? "signal" : "exit", NULL);
	if (signal) {
		out_string("signal", signal_text(signal, buf), t->explained ? NULL :
			   "ended by %s", buf);
		if (!t->explained)
			out_sender(t, t->last.si_signo == signal ? &t->last : NULL);
		else
			out_null("sent_by", NULL);
	} else {
		out_null("signal", NULL);
		out_null("sent_by", t->explained ? NULL : "ended with exit status %d",
			 status);
	}
	out_end();
	if (!t->explained)
		out_text("%s\n", t->deaths ? "" : "; no fault was its end");
	out_number("status", status, NULL);
	if (signal)
		out_number("signal_number", signal, NULL);
	else
		out_null("signal_number", NULL);
}
