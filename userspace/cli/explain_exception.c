// SPDX-License-Identifier: GPL-2.0-only
/* What a program probably died of, if it was an exception without an address. */
#include <signal.h>
#include <string.h>

#include "cause.h"

#define VECTOR_DE	0
#define VECTOR_SS	12
#define VECTOR_GP	13
#define VECTOR_AC	17
#define VECTOR_CP	21

static int is_protection(const struct death *d)
{
	return cause_was(d, VECTOR_GP) || cause_was(d, VECTOR_SS);
}

static int is_privileged(const struct death *d)
{
	return cause_was(d, VECTOR_GP) && instruction_class(d->bytes, d->n_bytes) ==
				    INSTRUCTION_PRIVILEGED;
}

static int is_address(const struct death *d, __u64 value)
{
	return mmuinspect_canonical(d->sc.s->info, scene_untagged(&d->sc, value));
}

/* Neither exception is for an address of the user half that is one. */
static int is_user_address(const struct death *d, __u64 value)
{
	return value < d->sc.s->info->user_end;
}

int death_operand(const struct death *d, struct operand *op)
{
	if (!instruction_operand(d, op))
		return 0;
	if (!d->has_address)
		return is_protection(d) && !is_user_address(d, op->address);
	return d->sc.access.address - op->address <= op->slack;
}

static const struct register_value *not_canonical(const struct death *d)
{
	size_t i;

	for (i = 0; i < d->regs; i++)
		if (!is_address(d, d->reg[i].value))
			return &d->reg[i];
	return NULL;
}

/* Registers alone tell less than the operand: nothing, if that is an address. */
static int is_not_canonical(const struct death *d)
{
	struct operand op;

	if (!is_protection(d))
		return 0;
	return instruction_operand(d, &op) ? death_operand(d, &op) : !!not_canonical(d);
}

static void say_not_canonical(const struct death *d, struct cause *c)
{
	const struct register_value *reg = not_canonical(d);
	struct operand op;

	if (death_operand(d, &op)) {
		cause_say(c, "0x%llx", (unsigned long long)op.address);
		cause_say_text(c, op.address);
	} else {
		cause_say(c, "%s is 0x%llx", reg->name, (unsigned long long)reg->value);
		cause_say_text(c, reg->value);
	}
}

/* Without CR4.LASS it would be a page fault. */
static int is_kernel_address(const struct death *d)
{
	struct operand op;

	return !d->has_address && death_operand(d, &op) && is_address(d, op.address);
}

static void say_operand(const struct death *d, struct cause *c)
{
	struct operand op;

	if (death_operand(d, &op))
		cause_say(c, "0x%llx, and CR4.LASS is set",
			  (unsigned long long)op.address);
}

/*
 * It was to pop its address, and that is none. Some CPUs fault at the return,
 * others once they are there.
 */
static int is_bad_return(const struct death *d)
{
	if (!is_protection(d))
		return 0;
	return !is_address(d, d->ip) ? d->popped == d->ip :
	       !is_address(d, d->top) &&
	       instruction_class(d->bytes, d->n_bytes) == INSTRUCTION_RETURN;
}

static void say_return(const struct death *d, struct cause *c)
{
	__u64 value = is_address(d, d->ip) ? d->top : d->ip;

	cause_say(c, "it's 0x%llx", (unsigned long long)value);
	cause_say_text(c, value);
}

static int is_bad_jump(const struct death *d)
{
	return is_protection(d) && !is_address(d, d->ip);
}

static void say_ip(const struct death *d, struct cause *c)
{
	cause_say(c, "to 0x%llx", (unsigned long long)d->ip);
	cause_say_text(c, d->ip);
}

static int is_misaligned(const struct death *d)
{
	struct operand op;

	if (cause_was(d, VECTOR_AC))
		return 1;
	return cause_was(d, VECTOR_GP) && instruction_operand(d, &op) &&
	       is_address(d, op.address) &&
	       instruction_class(d->bytes, d->n_bytes) == INSTRUCTION_ALIGNED &&
	       op.address % instruction_alignment(d->bytes, d->n_bytes);
}

static void say_misaligned(const struct death *d, struct cause *c)
{
	struct operand op;

	if (cause_was(d, VECTOR_AC) || !instruction_operand(d, &op))
		return;
	cause_say(c, "%s is 0x%llx, no multiple of %u", op.text,
		  (unsigned long long)op.address,
		  instruction_alignment(d->bytes, d->n_bytes));
}

static int is_division(const struct death *d)
{
	return cause_was(d, VECTOR_DE);
}

static int is_trap(const struct death *d)
{
	return d->signal == SIGILL && instruction_class(d->bytes, d->n_bytes) ==
				      INSTRUCTION_UNDEFINED;
}

/* Intel SDM vol. 3A 6.15, "Control Protection Exception" */
static int is_control(const struct death *d)
{
	return cause_was(d, VECTOR_CP);
}

static void say_control(const struct death *d, struct cause *c)
{
	char words[64];

	if (mmuinspect_error_code(VECTOR_CP, d->event.error_code, words, sizeof(words)))
		cause_say(c, "%s", words);
}

static int is_illegal(const struct death *d)
{
	return d->signal == SIGILL;
}

static int is_breakpoint(const struct death *d)
{
	return d->signal == SIGTRAP;
}

static int is_arithmetic(const struct death *d)
{
	return d->signal == SIGFPE;
}

const struct cause_rule cause_exceptions[] = {
	{ "privileged-instruction", is_privileged,
	  "an instruction that only the kernel may execute" },
	{ "bad-return", is_bad_return,
	  "the return address on the stack was overwritten", say_return },
	{ "wild-jump", is_bad_jump,
	  "a jump by a pointer that is no address", say_ip },
	{ "misaligned", is_misaligned,
	  "an address that isn't aligned as the instruction wants it", say_misaligned },
	{ "kernel-address", is_kernel_address, "an address of the kernel's half",
	  say_operand },
	{ "non-canonical", is_not_canonical,
	  "a pointer that is no address: never set, or overwritten", say_not_canonical },
	{ "control-protection", is_control,
	  "a return to an address that isn't the one on the shadow stack, or a jump to where no ENDBR is",
	  say_control },
	{ "division", is_division, "a division by zero, or one whose result is too large" },
	{ "arithmetic", is_arithmetic, "a floating-point exception that isn't masked" },
	{ "trap-instruction", is_trap,
	  "an instruction that is there to fail: a failed check, or what can't be reached" },
	{ "illegal-instruction", is_illegal,
	  "no instruction of this CPU: a jump to data, or a program for another CPU" },
	{ "breakpoint", is_breakpoint, "a breakpoint, or a trap, without a debugger" },
	{ 0 }
};
