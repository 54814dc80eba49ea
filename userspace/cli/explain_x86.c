// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of a stopped thread of x86-64: the rights of its protection keys, and its
 * registers.
 */
#include <cpuid.h>
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "explain.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1U << (n))
#define XSAVE_MAX 16384
/* Of the stack, where the frame of a handler is looked for */
#define FRAME_MAX 65536

/*
 * Intel SDM vol. 1 13.5: where PKRU is in the standard format of an XSAVE area,
 * in which the kernel hands it out as NT_X86_XSTATE.
 */
static int keys_offset(void)
{
	unsigned int eax, ebx, ecx, edx;

	if (!__get_cpuid_count(0xd, 9, &eax, &ebx, &ecx, &edx) || !eax)
		return -EOPNOTSUPP;
	return ebx;
}

int keys_of_stopped(pid_t tid, __u32 *keys)
{
	unsigned char area[XSAVE_MAX];
	struct iovec iov = { area, sizeof(area) };
	int offset = keys_offset();

	if (offset < 0)
		return offset;
	if (ptrace(PTRACE_GETREGSET, tid, NT_X86_XSTATE, &iov))
		return -errno;
	if (offset + sizeof(*keys) > iov.iov_len)
		return -EOPNOTSUPP;
	memcpy(keys, area + offset, sizeof(*keys));
	return 0;
}

/* The kernel's __USER32_CS: what has it is executed as 32-bit code. */
#define USER32_CS 0x23

#define REGISTER(n, n32) { #n, n32, offsetof(struct user_regs_struct, n) }

static const struct {
	const char *name;
	const char *name_32;	/* NULL: 32-bit code has none */
	size_t offset;
} registers[] = {
	REGISTER(rax, "eax"), REGISTER(rbx, "ebx"), REGISTER(rcx, "ecx"),
	REGISTER(rdx, "edx"), REGISTER(rsi, "esi"), REGISTER(rdi, "edi"),
	REGISTER(rbp, "ebp"), REGISTER(rsp, "esp"),
	REGISTER(r8, NULL), REGISTER(r9, NULL), REGISTER(r10, NULL), REGISTER(r11, NULL),
	REGISTER(r12, NULL), REGISTER(r13, NULL), REGISTER(r14, NULL), REGISTER(r15, NULL),
	REGISTER(rip, "eip"), REGISTER(eflags, "eflags"),
	REGISTER(fs_base, "fs_base"), REGISTER(gs_base, "gs_base"),
};

/* By words, from the process that is stopped; returns how many bytes. */
size_t thread_read(pid_t tid, __u64 address, void *buf, size_t size)
{
	size_t n = 0;
	long word;

	for (; n < size; n += sizeof(word)) {
		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, tid, address + n, NULL);
		if (errno)
			break;
		memcpy((char *)buf + n, &word, size - n < sizeof(word) ?
		       size - n : sizeof(word));
	}
	return n < size ? n : size;
}

static void take_registers(struct death *d, const struct user_regs_struct *regs)
{
	struct register_value *reg = d->reg;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(registers); i++) {
		reg->name = d->is_32 ? registers[i].name_32 : registers[i].name;
		if (!reg->name)
			continue;
		memcpy(&reg->value, (const char *)regs + registers[i].offset,
		       sizeof(__u64));
		/* The upper half is what 64-bit code left there. */
		if (d->is_32)
			reg->value = (__u32)reg->value;
		reg++;
	}
	d->regs = reg - d->reg;
}

/* A word of the stack; 0 if there is none */
static __u64 stack_word(const struct death *d, __s64 index)
{
	size_t size = d->is_32 ? 4 : 8;
	__u64 word = 0;

	return thread_read(d->tid, d->sp + index * size, &word, size) == size ? word : 0;
}

int death_registers(struct death *d)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, d->tid, NULL, &regs))
		return -errno;
	d->is_32 = regs.cs == USER32_CS;
	d->ip = regs.rip;
	d->sp = regs.rsp;
	/* Behind an exception the number is -1. */
	if ((long)regs.orig_rax >= 0 && (long)regs.rax < 0 && (long)regs.rax >= -4095)
		d->call_error = -(long)regs.rax;
	take_registers(d, &regs);
	d->n_bytes = thread_read(d->tid, d->ip, d->bytes, sizeof(d->bytes));
	d->top = stack_word(d, 0);
	d->popped = stack_word(d, -1);
	return 0;
}

/*
 * The signal frame of a handler that hasn't returned is above the stack pointer. In
 * it RIP is behind RSP (struct sigcontext).
 */
static int has_frame(const struct death *d, pid_t tid, __u64 sp)
{
	static __u64 word[FRAME_MAX / sizeof(__u64)];
	struct iovec here = { word, sizeof(word) }, there = { (void *)sp, sizeof(word) };
	ssize_t n;
	size_t i;

	/* Behind the stack's end there may be nothing: by pages, as far as it goes. */
	do {
		n = process_vm_readv(tid, &here, 1, &there, 1, 0);
		there.iov_len = there.iov_len / 2;
	} while (n < 0 && there.iov_len >= sizeof(__u64) * 2);
	for (i = 0; n > 0 && i + 1 < n / sizeof(__u64); i++)
		if (word[i] == d->sp && word[i + 1] == d->ip)
			return 1;
	return 0;
}

int death_is_handled_now(const struct death *d, pid_t tid)
{
	struct user_regs_struct regs;

	/* Another thread than the one that stopped: its mask alone is known. */
	if (ptrace(PTRACE_GETREGS, tid, NULL, &regs))
		return 0;
	return (regs.rip == d->ip && regs.rsp == d->sp) || has_frame(d, tid, regs.rsp);
}

/* Intel SDM vol. 3A 4.7: the error code of a page fault says what was tried. */
void death_access(struct death *d)
{
	const struct mmuinspect_event *e = &d->event;
	struct mmuinspect_access *a = &d->sc.access;

	a->address = e->address;
	a->user = e->user;
	d->sc.shadow_access = !!(e->error_code & BIT(6));
	/* Linux keeps none of a call into the vsyscall page, which was to be executed. */
	if (!(e->has & MMUINSPECT_EVENT_ERROR_CODE) && e->address == e->ip)
		a->kind = MMUINSPECT_ACCESS_EXEC;
	else
		a->kind = e->error_code & BIT(4) ? MMUINSPECT_ACCESS_EXEC :
			  e->error_code & BIT(1) ? MMUINSPECT_ACCESS_WRITE :
						   MMUINSPECT_ACCESS_READ;
}
