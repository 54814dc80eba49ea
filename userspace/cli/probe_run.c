// SPDX-License-Identifier: GPL-2.0-only
/*
 * One probe, one child: it prepares the machine, looks at it, says what must
 * happen, tries, and is caught by a handler on a stack of its own, or isn't.
 * What it learns is in memory that the parent shares.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

#define CODE_SIZE	4096
#define SECONDS		10
#define RET		0xc3

/* Those that an exception can make */
static const int signals[] = {
	SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS,
};

/* The handler has nothing but this to know which one it is. */
static struct trial *current;
static unsigned char handler_stack[65536];

/*
 * probe_enter(regs, code): load the registers of *regs, call the code, store them.
 * RSP, and all that a function must keep, are the code's to leave alone.
 */
void probe_enter(struct probe_regs *regs, const void *code);

__asm__(".pushsection .text\n"
	".type probe_enter, @function\n"
	".globl probe_enter\n"
	".hidden probe_enter\n"
	"probe_enter:\n"
	"	push %rbx\n"
	"	push %rbp\n"
	"	push %r12\n"
	"	push %r13\n"
	"	push %r14\n"
	"	push %r15\n"
	"	push %rdi\n"
	"	mov %rsi, %r11\n"
	"	mov 0(%rdi), %rax\n"
	"	mov 8(%rdi), %rcx\n"
	"	mov 16(%rdi), %rdx\n"
	"	mov 24(%rdi), %rbx\n"
	"	mov 32(%rdi), %rsi\n"
	"	mov 40(%rdi), %rdi\n"
	"	call *%r11\n"
	"	pop %r11\n"
	"	mov %rax, 0(%r11)\n"
	"	mov %rcx, 8(%r11)\n"
	"	mov %rdx, 16(%r11)\n"
	"	mov %rbx, 24(%r11)\n"
	"	mov %rsi, 32(%r11)\n"
	"	mov %rdi, 40(%r11)\n"
	"	pushfq\n"
	"	pop 48(%r11)\n"
	"	pop %r15\n"
	"	pop %r14\n"
	"	pop %r13\n"
	"	pop %r12\n"
	"	pop %rbp\n"
	"	pop %rbx\n"
	"	ret\n"
	".size probe_enter, . - probe_enter\n"
	".popsection");

_Static_assert(offsetof(struct probe_regs, rdi) == 40 &&
	       offsetof(struct probe_regs, flags) == 48, "as probe_enter has it");

/* The compiler's code must not run into an alignment check. */
static void clear_ac(void)
{
	__asm__ volatile("pushfq\n\tandl $~0x40000, (%%rsp)\n\tpopfq" : : : "cc", "memory");
}

static void caught(int signal, siginfo_t *info, void *context)
{
	const greg_t *reg = ((ucontext_t *)context)->uc_mcontext.gregs;
	struct trial *t = current;

	clear_ac();
	if (t->stage == STAGE_ARMED && t->probe->leaves &&
	    (__u64)reg[REG_RIP] - t->code_at >= CODE_SIZE) {
		snprintf(t->effect, sizeof(t->effect), "the kernel came back to 0x%llx",
			 (unsigned long long)reg[REG_RIP]);
		t->stage = STAGE_THROUGH;
		_exit(0);
	}
	t->signal = signal;
	t->code = info->si_code;
	t->signal_address = (__u64)info->si_addr;
	t->vector = reg[REG_TRAPNO];
	t->error = reg[REG_ERR];
	t->cr2 = reg[REG_CR2];
	t->ip = reg[REG_RIP];
	/* Before it is armed, it's our own mistake. */
	t->stage = t->stage == STAGE_ARMED ? STAGE_CAUGHT : t->stage;
	_exit(0);
}

/* What it may use, should it go astray */
static void limit(void)
{
	static const struct {
		int resource;
		rlim_t max;
	} limits[] = {
		{ RLIMIT_CORE, 0 }, { RLIMIT_CPU, SECONDS },
		{ RLIMIT_FSIZE, 16 << 20 }, { RLIMIT_NPROC, 0 },
	};
	sigset_t none;
	size_t i;

	/* Whoever has started us may have blocked them, or ignore them. */
	signal(SIGALRM, SIG_DFL);
	signal(SIGXCPU, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (i = 0; i < ARRAY_SIZE(limits); i++)
		setrlimit(limits[i].resource,
			  &(struct rlimit) { limits[i].max, limits[i].max });
	alarm(SECONDS);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void catch_signals(void)
{
	const stack_t stack = {
		.ss_sp = handler_stack, .ss_size = sizeof(handler_stack),
	};
	struct sigaction action = {
		.sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_ONSTACK,
	};
	size_t i;

	sigfillset(&action.sa_mask);
	sigaltstack(&stack, NULL);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
}

/* The instruction in a page of its own, which can be executed. */
static const char *put_code(struct trial *t)
{
	const struct probe *p = t->probe;
	size_t size = p->end - p->code;
	unsigned char *code;

	code = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (code == MAP_FAILED)
		return strerror(errno);
	memcpy(code, p->code, size);
	code[size] = RET;
	if (mprotect(code, CODE_SIZE, PROT_READ | PROT_EXEC))
		return strerror(errno);
	t->code_at = (__u64)code;
	return NULL;
}

static const char *prepare(struct trial *t)
{
	const struct probe *p = t->probe;
	const char *why = NULL;

	t->regs = p->regs;
	if (!p->call)
		why = put_code(t);
	if (!why && p->prepare)
		why = p->prepare(t);
	if (why)
		return why;
	t->before = t->regs;
	lab_look(t);
	if (t->expected.effective && !t->lab->allow)
		return t->expected.known ? "it would take effect: see --allow" :
		       "it may take effect, as the gate isn't known: see --allow";
	return NULL;
}

static void child(struct trial *t)
{
	const char *why;

	current = t;
	limit();
	catch_signals();
	why = prepare(t);
	if (why) {
		snprintf(t->why, sizeof(t->why), "%s", why);
		t->stage = STAGE_INAPPLICABLE;
		_exit(0);
	}
	t->stage = STAGE_ARMED;
	if (t->probe->call)
		t->probe->call(t);
	else
		probe_enter(&t->regs, (const void *)t->code_at);
	clear_ac();
	t->stage = STAGE_THROUGH;
	lab_look_again(t);
	if (t->probe->effect)
		t->probe->effect(t);
	_exit(0);
}

static __u64 now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

/* A child that ends otherwise than by _exit(). */
static void ended_badly(struct trial *t)
{
	int signal = WTERMSIG(t->status);

	if (signal == SIGALRM || signal == SIGXCPU || signal == SIGKILL) {
		snprintf(t->why, sizeof(t->why), "it was stopped after %d s", SECONDS);
		return;
	}
	/* Without a frame to put the handler's on, this is all there is to see. */
	snprintf(t->why, sizeof(t->why), "it ended by signal %d, without its handler",
		 signal);
	if (t->stage == STAGE_ARMED) {
		t->stage = STAGE_CAUGHT;
		t->signal = signal;
		t->vector = VECTOR_NONE;
	}
}

void probe_run(struct trial *t)
{
	__u64 begin = now();
	pid_t pid;

	t->emulated = -1;
	t->vector = VECTOR_NONE;
	out_flush();
	/* Not into the memory that both share: it's another in the child. */
	pid = fork();
	if (!pid)
		child(t);
	t->pid = pid;
	if (pid < 0) {
		snprintf(t->why, sizeof(t->why), "fork: %s", strerror(errno));
		t->stage = STAGE_INAPPLICABLE;
		return;
	}
	while (waitpid(pid, &t->status, 0) < 0 && errno == EINTR)
		;
	t->ns = now() - begin;
	if (t->door.kind)
		probe_door_result(t);
	if (WIFSIGNALED(t->status))
		ended_badly(t);
}
