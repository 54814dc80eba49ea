// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes: control of the machine: halting, interrupts, caches, ports, virtual
 * machines, and ways into ring 0 that aren't doors.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>

#include "probe.h"

/* arch/x86/include/asm/segment.h, the same in 6.1 to 7.3 */
#define KERNEL_CS	0x10
#define KERNEL_DS	0x18
#define FLAGS_IF	0x200

/* Where BIOSes write how far they have come: nobody minds. */
#define PORT		0x80
#define ANOTHER_PORT	0x84

static const char *use_buffer(struct trial *t)
{
	t->regs.rsi = (__u64)t->buffer;
	return NULL;
}

static const char *ask_for_port(struct trial *t)
{
	if (ioperm(PORT, 1, 1))
		return errno == EPERM ? "ioperm needs CAP_SYS_RAWIO, and no lockdown" :
					"this kernel has no ioperm";
	t->ports = t->probe->regs.rdx == PORT;
	return NULL;
}

/* Linux grants all ports then; RFLAGS.IOPL stays 0, and CLI does nothing. */
static const char *ask_for_iopl(struct trial *t)
{
	if (iopl(3))
		return errno == EPERM ? "iopl needs CAP_SYS_RAWIO, and no lockdown" :
					"this kernel has no iopl";
	t->iopl = 1;
	t->ports = 1;
	return NULL;
}

static void saw_flags(struct trial *t)
{
	t->wrong = !(t->regs.flags & FLAGS_IF);
	snprintf(t->effect, sizeof(t->effect), t->wrong ? "IF is clear" :
		 "IF stays set");
}

/* Neither a signal, nor what it's for: somebody took it. */
static void saw_nothing(struct trial *t)
{
	saw_flags(t);
	t->emulated = !t->wrong;
}

static void saw_byte(struct trial *t)
{
	snprintf(t->effect, sizeof(t->effect), "read 0x%02x",
		 (unsigned int)t->regs.rax & 0xff);
}

#define PRIVILEGED	.rule = RULE_PRIVILEGED
#define AT(port)	.regs = { .rdx = port }
#define LOADS(segment, selector) .kind = KIND_SELECTOR, .number = selector, \
	.use = MMUINSPECT_X86_AS_##segment, .regs = { .rax = selector }

/* IRET's frame: SS, RSP, RFLAGS, CS, RIP. It never gets to use it. */
#define FRAME							\
	"push $0x18\n"						\
	"push %rsp\n"						\
	"pushfq\n"						\
	"push $0x10\n"						\
	"push $0"

#define PROBES(X)			\
	X(hlt, "hlt", "", "hlt", PRIVILEGED)			\
	X(cli, "cli", "", "cli", .rule = RULE_IF)			\
	X(sti, "sti", "", "sti", .rule = RULE_IF)			\
	X(cli_iopl, "cli-iopl", "", "cli", .rule = RULE_IF,		\
	  .prepare = ask_for_iopl, .effect = saw_nothing)			\
	X(popf_if, "popf-if", "pushfq\nandl $~0x200, (%rsp)", "popfq",	\
	  .rule = RULE_POPF, .effect = saw_flags)			\
	X(invd, "invd", "", "invd", PRIVILEGED)			\
	X(wbinvd, "wbinvd", "", "wbinvd", PRIVILEGED)			\
	X(invlpg, "invlpg", "", "invlpg (%rsi)", PRIVILEGED,		\
	  .prepare = use_buffer)			\
	X(invpcid, "invpcid", "", "invpcid (%rsi), %rax",		\
	  .rule = RULE_INVPCID, .prepare = use_buffer)			\
	X(monitor, "monitor", "", "monitor", .rule = RULE_MONITOR,	\
	  .prepare = use_buffer)			\
	X(mwait, "mwait", "", "mwait", .rule = RULE_MONITOR)		\
	X(in, "in", "", "in %dx, %al", .rule = RULE_IO, AT(PORT))			\
	X(out, "out", "", "out %al, %dx", .rule = RULE_IO, AT(PORT))			\
	X(in_granted, "in-granted", "", "in %dx, %al", .rule = RULE_IO,	\
	  AT(PORT), .prepare = ask_for_port, .effect = saw_byte)			\
	X(out_granted, "out-granted", "", "out %al, %dx",		\
	  .rule = RULE_IO, AT(PORT), .prepare = ask_for_port)			\
	X(in_other, "in-other", "", "in %dx, %al", .rule = RULE_IO,	\
	  AT(ANOTHER_PORT), .prepare = ask_for_port)			\
	X(vmxon, "vmxon", "", "vmxon (%rsi)", .rule = RULE_VMXON,	\
	  .prepare = use_buffer)			\
	X(vmlaunch, "vmlaunch", "", "vmlaunch", .rule = RULE_VMX)	\
	X(vmread, "vmread", "", "vmread %rax, %rcx", .rule = RULE_VMX)	\
	X(vmcall, "vmcall", "", "vmcall", .rule = RULE_VMCALL,		\
	  .regs = { .rax = ~0ULL })			\
	X(vmrun, "vmrun", "", "vmrun %rax", .rule = RULE_SVM)		\
	X(vmload, "vmload", "", "vmload %rax", .rule = RULE_SVM)	\
	X(clgi, "clgi", "", "clgi", .rule = RULE_SVM)			\
	X(vmmcall, "vmmcall", "", "vmmcall", .rule = RULE_VMMCALL,	\
	  .regs = { .rax = ~0ULL })			\
	X(sysret, "sysret", "", "sysretq", .rule = RULE_SYSRET)		\
	X(sysexit, "sysexit", "", "sysexitq", .rule = RULE_SYSEXIT)	\
	X(iret, "iret-ring0", FRAME, "iretq", LOADS(CODE, KERNEL_CS))	\
	X(lret, "lret-ring0", "push $0x10\npush $0", "lretq",		\
	  LOADS(CODE, KERNEL_CS))			\
	X(mov_ds, "mov-ds-ring0", "", "mov %eax, %ds",			\
	  LOADS(DATA, KERNEL_DS))			\
	X(mov_ss, "mov-ss-ring0", "", "mov %eax, %ss",			\
	  LOADS(STACK, KERNEL_DS))			\
	X(mov_ds_beyond, "mov-ds-beyond", "", "mov %eax, %ds",		\
	  LOADS(DATA, 0x7ffb))

PROBES(PROBE_CODE)

struct probe_rows probe_machine(void)
{
	static const struct probe rows[] = { PROBES(PROBE_ROW) };

	return (struct probe_rows) { rows, ARRAY_SIZE(rows) };
}
