// SPDX-License-Identifier: GPL-2.0-only
#include "mmui_test.h"
#include "trap.h"

#include <signal.h>
#include <string.h>
#include <ucontext.h>

#define TRY(name, instruction)					\
	".globl try_" name "\n"					\
	".type try_" name ", @function\n"			\
	"try_" name ": " instruction "\n"			\
	"ret\n"

/* What returns here was called, so the stack's top says where to. */
asm(".pushsection .text\n"
    TRY("read", "movb (%rdi), %al")
    TRY("write", "movb %al, (%rdi)")
    TRY("call", "jmp *%rdi")
    TRY("hlt", "hlt")
    TRY("cli", "cli")
    TRY("rdmsr", "rdmsr")
    TRY("mov_cr3", "movq %cr3, %rax")
    TRY("lgdt", "lgdt (%rdi)")
    TRY("in", "inb $0x80, %al")
    TRY("ud2", "ud2")
    TRY("int3", "int3")
    TRY("divide", "xorl %ecx, %ecx\n divl %ecx")
    TRY("sgdt", "sgdt (%rdi)")
    ".popsection\n");

static struct trap *last;

static void caught(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	last->sig = sig;
	last->code = info->si_code;
	last->signal_address = (unsigned long)info->si_addr;
	last->vector = regs[REG_TRAPNO];
	last->error_code = regs[REG_ERR];
	last->cr2 = regs[REG_CR2];
	last->ip = regs[REG_RIP];
	last->sp = regs[REG_RSP];
	last->n++;
	/* Return from where it was called. */
	regs[REG_RIP] = *(greg_t *)regs[REG_RSP];
	regs[REG_RSP] += sizeof(greg_t);
}

void traps_catch(struct trap *trap)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	struct sigaction action = {
		.sa_sigaction = caught,
		.sa_flags = SA_SIGINFO,
	};
	size_t i;

	last = trap;
	for (i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		if (sigaction(sigs[i], &action, NULL))
			die("sigaction: %m");
}
