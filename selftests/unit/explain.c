// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmuinspect explain: causes that a test machine can't be made to show, operands
 * of instructions, and the command line on a device that isn't there.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../userspace/cli/explain.h"
#include "fake/info.h"
#include "ktap.h"
#include "run_cli.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct session session = { .info = &fake_info };

/* A machine-made fault: what is alike in all of them */
static struct death fault(int signal, int code, unsigned int vector,
			  __u64 error_code, __u64 address)
{
	return (struct death) {
		.sc = { .s = &session, .access = { .address = address, .user = 1 } },
		.signal = signal, .code = code, .address = address,
		.event = { .vector = vector, .error_code = error_code },
		.recorded = 1, .has_address = vector == 14,
		.ip = 0x401000, .sp = 0x7ffd00001000,
	};
}

static void check(const struct death *d, const char *cause, const char *detail)
{
	struct cause c;

	death_cause(d, &c);
	ktap_result(!strcmp(c.name, cause) && (!detail || strstr(c.detail, detail)),
		    "%s # %s; %s", cause, c.name, c.detail);
}

static const struct map writable = {
	0x200000, 0x202000, "rw-p", 0, 0, (char *)""
};

static const struct map huge = {
	0x200000, 0x400000, "rw-s", 0, 7, (char *)"/huge"
};

static const struct map vvar = {
	0x200000, 0x204000, "r--p", 0, 0, (char *)"[vvar]"
};

static const struct {
	unsigned int origin;
	const char *cause;
	const char *detail;
} origins[] = {
	{ MMUINSPECT_FAULT_ORIGIN_EXCEPTION, "division", NULL },
	{ MMUINSPECT_FAULT_ORIGIN_FRAME, "no-room-for-signal",
	  "SIGALRM; the stack pointer is 0x7ffd00001000" },
	{ MMUINSPECT_FAULT_ORIGIN_SIGRETURN, "bad-sigreturn", "0x7ffd00001000" },
	{ MMUINSPECT_FAULT_ORIGIN_RSEQ, "bad-rseq", NULL },
	{ MMUINSPECT_FAULT_ORIGIN_EXEC, "exec-failed", "Cannot allocate memory" },
	{ MMUINSPECT_FAULT_ORIGIN_SECCOMP, "seccomp", NULL },
	{ MMUINSPECT_FAULT_ORIGIN_UNKNOWN, "kernel", NULL },
};

static void test_causes(void)
{
	struct death d;
	size_t i;

	/* Entries that allow it: somebody was faster, or the TLB is stale. */
	d = fault(SIGSEGV, SEGV_ACCERR, 14, 7, 0x201000);
	d.sc.at = &writable;
	d.sc.steps = 1;
	check(&d, "stale-translation", NULL);
	/* Without entries nothing is known of them. */
	d.sc.steps = 0;
	check(&d, "unknown", NULL);
	d = fault(SIGSEGV, SEGV_ACCERR, 14, 0x47, 0x201000);
	d.sc.steps = 1;
	check(&d, "shadow-stack", NULL);
	d = fault(SIGBUS, BUS_MCEERR_AR, 14, 4, 0x201000);
	d.sc.at = &writable;
	check(&d, "memory-error", NULL);
	d = fault(SIGBUS, BUS_ADRERR, 14, 4, 0x201000);
	d.sc.at = &huge;
	check(&d, "no-memory-behind", NULL);
	d = fault(SIGSEGV, SEGV_MAPERR, 14, 0x14, 0x4847464544434241 >> 16);
	d.sc.access.kind = MMUINSPECT_ACCESS_EXEC;
	d.sc.access.address = d.popped = 0x444342414241;
	check(&d, "wild-jump", "a return");
	check(&d, "wild-jump", "the text \"ABABCD\"");
	/* ret, with an address on the stack that is none */
	d = fault(SIGSEGV, SI_KERNEL, 13, 0, 0);
	d.bytes[0] = 0xc3;
	d.n_bytes = 1;
	d.top = 0x4141414141414141;
	check(&d, "bad-return", "AAAAAAAA");
	/* movaps %xmm0, 0x8(%rsp) */
	d = fault(SIGSEGV, SI_KERNEL, 13, 0, 0);
	memcpy(d.bytes, "\x0f\x29\x44\x24\x08", 5);
	d.n_bytes = 5;
	check(&d, "misaligned", NULL);
	/* A register that is no address, in an instruction that isn't understood */
	d = fault(SIGSEGV, SI_KERNEL, 13, 0, 0);
	d.reg[0] = (struct register_value) { "rcx", 0xdead000000000100 };
	d.regs = 1;
	check(&d, "non-canonical", "rcx is 0xdead000000000100");
	/* The operand is one, and aligned by 16: a register of no concern isn't it. */
	memcpy(d.bytes, "\xc5\xfc\x29\x40\x10", 5);
	d.n_bytes = 5;
	d.reg[1] = (struct register_value) { "rax", 0x1000 };
	d.regs = 2;
	check(&d, "misaligned", "rax + 0x10 is 0x1010, no multiple of 32");
	memcpy(d.bytes, "\x0f\x58\x40\x08", 4);
	check(&d, "misaligned", "rax + 0x8 is 0x1008, no multiple of 16");
	memcpy(d.bytes, "\x0f\x58\x40\x10", 4);
	check(&d, "unknown", NULL);
	/* Its frame had no room. */
	d = fault(SIGSEGV, SI_KERNEL, 14, 6, 0x5000);
	d.no_room = 1;
	check(&d, "no-room-for-handler", NULL);
	d = fault(SIGBUS, BUS_ADRALN, 17, 0, 0);
	check(&d, "misaligned", NULL);
	/* No exception: the numbers of the one before say nothing. */
	for (i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
		d = fault(SIGSEGV, SI_KERNEL, 0, 0, 0x18);
		d.has_address = 0;
		d.event.origin = origins[i].origin;
		d.event.frame_signal = 14;
		d.call_error = ENOMEM;
		check(&d, origins[i].cause, origins[i].detail);
	}
	d = fault(SIGFPE, FPE_FLTDIV, 19, 0, 0);
	check(&d, "arithmetic", NULL);
	d = fault(SIGILL, ILL_ILLOPN, 6, 0, 0);
	check(&d, "illegal-instruction", NULL);
	d = fault(SIGSEGV, SI_KERNEL, 13, 0, 0);
	check(&d, "unknown", NULL);
	/* With CR4.LASS: what else would be a page fault */
	d.reg[0] = (struct register_value) { "rax", 0xffffffff81000000 };
	d.regs = 1;
	memcpy(d.bytes, "\x8b\x00", 2);
	d.n_bytes = sizeof(d.bytes);
	check(&d, "kernel-address", "0xffffffff81000000");
	d.reg[0].value = 1ULL << 62;
	check(&d, "non-canonical", NULL);
	d.reg[0].value = 0x1000;
	check(&d, "unknown", NULL);
	/* userfaultfd's signal; one that may be; a page that it has poisoned */
	d = fault(SIGBUS, BUS_ADRERR, 14, 4, 0x201000);
	d.sc.at = &writable;
	d.sc.uffd = FACT(UFFD_MISSING) | FACT(UFFD_SIGBUS);
	check(&d, "uffd-sigbus", "was made with");
	d.sc.uffd = FACT(UFFD_MISSING) | FACT(UFFD_UNKNOWN);
	check(&d, "uffd-sigbus", "if it was made with");
	d.code = BUS_MCEERR_AR;
	d.sc.absent = (struct mmuinspect_absent) { .name = "marker", .has_offset = 1,
		.offset = fake_info.nonpresent.marker_poisoned };
	d.sc.denials.denial[0] = (struct mmuinspect_denial) { .name = "not-present", .certain = 1 };
	d.sc.denials.n = 1;
	check(&d, "poisoned", "is registered");
	d = fault(SIGBUS, BUS_ADRERR, 14, 4, 0x201000);
	d.sc.at = &vvar;
	check(&d, "nothing-behind", "[vvar]");
	d.sc.at = &writable;
	strcpy(d.sc.facts.flags, "rd wr mr mw me pf io ");
	check(&d, "nothing-behind", NULL);
	/* Shadow stacks: no emulator has them. */
	d = fault(SIGSEGV, SEGV_ACCERR, 14, 7, 0x201000);
	d.sc.at = &writable;
	d.sc.access.kind = MMUINSPECT_ACCESS_WRITE;
	strcpy(d.sc.facts.flags, "rd wr mr mw me ss ");
	check(&d, "write-to-shadow-stack", NULL);
	d = fault(SIGSEGV, 10, 21, 1, 0);
	check(&d, "control-protection", "near-ret");
	/* With LAM a tag is part of an address. */
	d = fault(SIGSEGV, SI_KERNEL, 13, 0, 0);
	d.reg[0] = (struct register_value) { "rax", 0x2a00000000001000 };
	d.regs = 1;
	check(&d, "non-canonical", "rax");
	d.sc.untag_mask = 0x81ffffffffffffff;
	check(&d, "unknown", NULL);
	/* Without a record the signal's address still says something. */
	d = fault(SIGSEGV, SEGV_MAPERR, 14, 0, 0x18);
	d.recorded = 0;
	check(&d, "null-offset", "0x18 bytes above");
}

/* Bytes by Intel SDM vol. 2A 2.1.5, 2.2.1; rax is 0x1000, each next one 0x1000 more. */
static const struct {
	const char *what;
	const char *bytes;
	size_t n;
	const char *text;	/* NULL if there is no operand */
	__u64 address;
} operands[] = {
	{ "mov (%rax), %eax", "\x8b\x00", 2, "rax", 0x1000 },
	{ "mov 0x18(%rdi), %eax", "\x8b\x47\x18", 3, "rdi + 0x18", 0x8018 },
	{ "mov -8(%rbp), %rax", "\x48\x8b\x45\xf8", 4, "rbp - 0x8", 0x5ff8 },
	{ "mov 0x12345678(%rcx), %eax", "\x8b\x81\x78\x56\x34\x12", 6,
	  "rcx + 0x12345678", 0x12347678 },
	{ "mov (%rsp), %eax", "\x8b\x04\x24", 3, "rsp", 0x5000 },
	{ "mov 8(%rax,%rcx,4), %edx", "\x8b\x54\x88\x08", 4,
	  "rax + rcx * 4 + 0x8", 0x9008 },
	{ "mov (%r8,%r9,8), %rax", "\x4b\x8b\x04\xc8", 4, "r8 + r9 * 8", 0x59000 },
	{ "mov 0(%r13), %eax", "\x41\x8b\x45\x00", 4, "r13", 0xe000 },
	{ "mov 0x1000(,%rax,2), %eax", "\x8b\x04\x45\x00\x10\x00\x00", 7,
	  "rax * 2 + 0x1000", 0x3000 },
	{ "mov 0x0, %eax", "\x8b\x04\x25\x00\x00\x00\x00", 7, "0x0", 0 },
	{ "movzbl (%rdx), %eax", "\x0f\xb6\x02", 3, "rdx", 0x3000 },
	{ "lock xadd %eax, (%rsi)", "\xf0\x0f\xc1\x06", 4, "rsi", 0x7000 },
	{ "mov %fs:0x28(%rax), %rcx", "\x64\x48\x8b\x48\x28", 5,
	  "fs_base + rax + 0x28", 0x701028 },
	{ "movabs 0x1122334455667788, %al", "\xa0\x88\x77\x66\x55\x44\x33\x22\x11", 9,
	  "0x1122334455667788", 0x1122334455667788 },
	{ "vmovdqu (%rdi), %ymm0", "\xc5\xfe\x6f\x07", 4, "rdi", 0x8000 },
	{ "vmovdqu (%r15), %ymm0", "\xc4\xc1\x7e\x6f\x07", 5, "r15", 0x10000 },
	{ "pshufb (%rcx), %xmm0", "\x66\x0f\x38\x00\x01", 5, "rcx", 0x2000 },
	{ "mov 0x10(%rip), %eax", "\x8b\x05\x10\x00\x00\x00", 6, "rip-relative", 0x401016 },
	{ "mov %eax, %ecx", "\x89\xc1", 2, NULL },
	{ "rep movsb", "\xf3\xa4", 2, NULL },
	{ "push %rax", "\x50", 1, NULL },
	{ "call *(%rax)", "\xff\x10", 2, "rax", 0x1000 },
	{ "vmovups (%rax), %zmm0", "\x62\xf1\x7c\x48\x10\x00", 6, NULL },
	{ "mov (%eax), %eax", "\x67\x8b\x00", 3, NULL },
	{ "nothing", "", 0, NULL },
};

static void test_operands(void)
{
	static const char *const names[] = {
		"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
	};
	struct death d = fault(SIGSEGV, SEGV_MAPERR, 14, 4, 0);
	struct operand op;
	size_t i;
	int found;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		d.reg[i] = (struct register_value) { names[i], 0x1000 * (i + 1) };
	d.reg[i] = (struct register_value) { "fs_base", 0x700000 };
	d.regs = i + 1;
	for (i = 0; i < ARRAY_SIZE(operands); i++) {
		memset(d.bytes, 0x90, sizeof(d.bytes));
		memcpy(d.bytes, operands[i].bytes, operands[i].n);
		d.n_bytes = operands[i].n ? sizeof(d.bytes) : 0;
		found = instruction_operand(&d, &op);
		ktap_result(found == !!operands[i].text &&
			    (!found || (!strcmp(op.text, operands[i].text) &&
					op.address == operands[i].address)),
			    "%s # %d %s 0x%llx", operands[i].what, found, op.text,
			    (unsigned long long)op.address);
		/* However short what could be read is, it's not overrun. */
		for (d.n_bytes = 0; d.n_bytes < operands[i].n; d.n_bytes++)
			instruction_operand(&d, &op);
	}
}

static const struct linux_action *action_of(struct scene *sc)
{
	scene_judge(sc);
	return linux_action(scene_facts(sc));
}

/* With CR4.LASS it's #GP, whose signal has no address; vsyscalls go on. */
static void test_lass(void)
{
	static const struct mmuinspect_reg cr4[] = {
		{ .id = MMUINSPECT_X86_CR4, .value = 1 << 27 | 1 << 21 },
	};
	struct death d = fault(SIGSEGV, SEGV_MAPERR, 14, 4, VSYSCALL_PAGE);
	const struct linux_action *action;

	d.sc.access.reg = cr4;
	d.sc.access.regs = 1;
	action = action_of(&d.sc);
	ktap_result(d.sc.denials.vector == 13 && action->signal == SIGSEGV &&
		    action->code == SI_KERNEL, "LASS: a signal without an address # %s",
		    action->text);
	d.sc.vsyscall = vsyscall_facts(VSYSCALL_MODE_XONLY, VSYSCALL_PAGE);
	action = action_of(&d.sc);
	ktap_result(action->signal == SIGSEGV, "LASS: reading a vsyscall page # %s",
		    action->text);
	d.sc.access.kind = MMUINSPECT_ACCESS_EXEC;
	action = action_of(&d.sc);
	ktap_result(action->outcome == LINUX_VSYSCALL, "LASS: a vsyscall # %s",
		    action->text);
	d.sc.access = (struct mmuinspect_access) {
		.address = 0x200000, .reg = cr4, .regs = 1,
	};
	d.sc.vsyscall = 0;
	action = action_of(&d.sc);
	ktap_result(action->outcome == LINUX_OOPS, "LASS: the kernel itself # %s",
		    action->text);
}

/* arch/x86/entry/vsyscall/vsyscall_64.c, read by hand */
static const struct {
	enum vsyscall_mode mode;
	unsigned int kind;
	__u64 offset;
	enum linux_outcome outcome;
	int code;
} vsyscalls[] = {
	{ VSYSCALL_MODE_NONE, MMUINSPECT_ACCESS_READ, 0, LINUX_SIGSEGV, SEGV_MAPERR },
	{ VSYSCALL_MODE_NONE, MMUINSPECT_ACCESS_EXEC, 0x400, LINUX_SIGSEGV, SEGV_MAPERR },
	{ VSYSCALL_MODE_NONE, MMUINSPECT_ACCESS_EXEC, 0x10, LINUX_SIGSEGV, SEGV_MAPERR },
	{ VSYSCALL_MODE_XONLY, MMUINSPECT_ACCESS_READ, 0, LINUX_SIGSEGV, SEGV_MAPERR },
	{ VSYSCALL_MODE_XONLY, MMUINSPECT_ACCESS_WRITE, 0, LINUX_SIGSEGV, SEGV_MAPERR },
	{ VSYSCALL_MODE_XONLY, MMUINSPECT_ACCESS_EXEC, 0, LINUX_VSYSCALL },
	{ VSYSCALL_MODE_XONLY, MMUINSPECT_ACCESS_EXEC, 0x400, LINUX_VSYSCALL },
	{ VSYSCALL_MODE_XONLY, MMUINSPECT_ACCESS_EXEC, 0x800, LINUX_VSYSCALL },
	{ VSYSCALL_MODE_XONLY, MMUINSPECT_ACCESS_EXEC, 0xc00, LINUX_SIGSEGV, SI_KERNEL },
	{ VSYSCALL_MODE_XONLY, MMUINSPECT_ACCESS_EXEC, 0x10, LINUX_SIGSEGV, SI_KERNEL },
	{ VSYSCALL_MODE_EMULATE, MMUINSPECT_ACCESS_READ, 0x123, LINUX_ALLOWED },
	{ VSYSCALL_MODE_EMULATE, MMUINSPECT_ACCESS_WRITE, 0, LINUX_SIGSEGV, SEGV_MAPERR },
	{ VSYSCALL_MODE_EMULATE, MMUINSPECT_ACCESS_EXEC, 0x400, LINUX_VSYSCALL },
	{ VSYSCALL_MODE_EMULATE, MMUINSPECT_ACCESS_EXEC, 0x401, LINUX_SIGSEGV, SI_KERNEL },
	{ VSYSCALL_MODE_UNKNOWN, MMUINSPECT_ACCESS_EXEC, 0x400, LINUX_UNKNOWN },
};

static void test_vsyscalls(void)
{
	const struct linux_action *action;
	struct scene sc = { .s = &session };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vsyscalls); i++) {
		sc.access = (struct mmuinspect_access) {
			.address = VSYSCALL_PAGE + vsyscalls[i].offset,
			.kind = vsyscalls[i].kind, .user = 1,
		};
		sc.vsyscall = vsyscall_facts(vsyscalls[i].mode, sc.access.address);
		action = action_of(&sc);
		ktap_result(action->outcome == vsyscalls[i].outcome &&
			    action->code == vsyscalls[i].code,
			    "vsyscall mode %d, access %u of 0x%llx # %s: %s",
			    vsyscalls[i].mode, vsyscalls[i].kind,
			    (unsigned long long)vsyscalls[i].offset,
			    linux_outcome_name(action->outcome), action->text);
	}
}

static const struct {
	const char *what;
	const char *bytes;
	size_t n;
	enum instruction class;
} classes[] = {
	{ "hlt", "\xf4", 1, INSTRUCTION_PRIVILEGED },
	{ "cli", "\xfa", 1, INSTRUCTION_PRIVILEGED },
	{ "in (%dx), %al", "\xec", 1, INSTRUCTION_PRIVILEGED },
	{ "rep outsb", "\xf3\x6e", 2, INSTRUCTION_PRIVILEGED },
	{ "int $0x8", "\xcd\x08", 2, INSTRUCTION_PRIVILEGED },
	{ "wrmsr", "\x0f\x30", 2, INSTRUCTION_PRIVILEGED },
	{ "mov %rax, %cr3", "\x0f\x22\xd8", 3, INSTRUCTION_PRIVILEGED },
	{ "lgdt (%rax)", "\x0f\x01\x10", 3, INSTRUCTION_PRIVILEGED },
	{ "ltr %ax", "\x0f\x00\xd8", 3, INSTRUCTION_PRIVILEGED },
	{ "sysexit", "\x0f\x35", 2, INSTRUCTION_PRIVILEGED },
	{ "sysenter", "\x0f\x34", 2, INSTRUCTION_OTHER },
	{ "xsaves (%rax)", "\x0f\xc7\x28", 3, INSTRUCTION_PRIVILEGED },
	{ "xrstors64 (%rax)", "\x48\x0f\xc7\x18", 4, INSTRUCTION_PRIVILEGED },
	{ "xsavec (%rax)", "\x0f\xc7\x20", 3, INSTRUCTION_OTHER },
	{ "rdseed, not in memory", "\x0f\xc7\xf8", 3, INSTRUCTION_OTHER },
	{ "cmpxchg8b (%rax)", "\x0f\xc7\x08", 3, INSTRUCTION_OTHER },
	{ "invpcid (%rsi), %rax", "\x66\x0f\x38\x82\x06", 5, INSTRUCTION_PRIVILEGED },
	{ "xgetbv", "\x0f\x01\xd0", 3, INSTRUCTION_OTHER },
	{ "xsetbv", "\x0f\x01\xd1", 3, INSTRUCTION_PRIVILEGED },
	{ "verr %ax", "\x0f\x00\xe0", 3, INSTRUCTION_OTHER },
	{ "ud2", "\x0f\x0b", 2, INSTRUCTION_UNDEFINED },
	{ "int3", "\xcc", 1, INSTRUCTION_BREAKPOINT },
	{ "ret", "\xc3", 1, INSTRUCTION_RETURN },
	{ "repz ret", "\xf3\xc3", 2, INSTRUCTION_RETURN },
	{ "movaps (%rax), %xmm9", "\x44\x0f\x28\x08", 4, INSTRUCTION_ALIGNED },
	{ "movdqa (%rax), %xmm0", "\x66\x0f\x6f\x00", 4, INSTRUCTION_ALIGNED },
	{ "movdqu (%rax), %xmm0", "\xf3\x0f\x6f\x00", 4, INSTRUCTION_OTHER },
	{ "mov (%rax), %eax", "\x8b\x00", 2, INSTRUCTION_OTHER },
	{ "addps (%rax), %xmm0", "\x0f\x58\x00", 3, INSTRUCTION_ALIGNED },
	{ "addss (%rax), %xmm0", "\xf3\x0f\x58\x00", 4, INSTRUCTION_OTHER },
	{ "pshufb (%rcx), %xmm0", "\x66\x0f\x38\x00\x01", 5, INSTRUCTION_ALIGNED },
	{ "vmovaps %ymm0, 8(%rax)", "\xc5\xfc\x29\x40\x08", 5, INSTRUCTION_ALIGNED },
	{ "vmovdqa (%r15), %ymm0", "\xc4\xc1\x7d\x6f\x07", 5, INSTRUCTION_ALIGNED },
	{ "vmovups (%rdi), %ymm0", "\xc5\xfc\x10\x07", 4, INSTRUCTION_OTHER },
	{ "vaddps (%rax), %xmm0, %xmm0", "\xc5\xf8\x58\x00", 4, INSTRUCTION_OTHER },
	{ "half of one", "\x0f", 1, INSTRUCTION_OTHER },
	{ "nothing", "", 0, INSTRUCTION_OTHER },
};

static void test_classes(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(classes); i++)
		ktap_result(instruction_class((const unsigned char *)classes[i].bytes,
					      classes[i].n) == classes[i].class,
			    "%s", classes[i].what);
}

/* One line on standard error, nothing on standard output. */
static const struct {
	const char *fake;
	const char *args;
	int status;
	const char *says;
} wrong[] = {
	{ "", "explain", 2, "neither -p PID nor a command" },
	{ "", "explain -p 1", 2, "one address" },
	{ "", "explain -p 1 1000 2000", 2, "one address" },
	{ "", "explain -p 1 zz", 2, "zz: not a number" },
	{ "", "explain -p 1 1000 -a wirte", 2, "did you mean \"write\"?" },
	{ "", "explain -p 1 1000 -m root", 2, "there are kernel, user" },
	{ "", "explain -p 1 1000 -o x", 2, "--output goes with a command" },
	{ "", "explain -a read -- true", 2, "go with -p PID" },
	{ "", "explain true", 2, "behind --: mmuinspect explain [-o FILE] [-j] -- true" },
	{ "", "explain grep -o /nowhere/x -- pattern", 2, "behind --" },
	{ "", "explain -o -- true", 2, "behind --" },
	{ "open=2", "explain -p 1 1000", 1, "isn't loaded" },
	{ "open=2", "explain -- true", 1, "isn't loaded" },
	{ "target=1", "explain -p 1 1000", 1, "CAP_SYS_PTRACE" },
	{ "target=3", "explain -p 4194304 1000", 1, "no such process" },
	{ "target=6", "explain -p 2 1000", 1, "a kernel thread" },
	{ "walk=116", "explain -p 1 1000", 1, "called exec" },
	{ "", "explain -p 1 ffffffff81000000 -m kernel", 1, "kernel half" },
};

/* A part of what goes to standard output. PID 1's mappings aren't at 64K. */
static const struct {
	const char *fake;
	const char *args;
	const char *says;
} right[] = {
	{ "", "10123", "allowed     no entry, no key and no register denies it" },
	{ "", "10123 -a write", "denied      PT entry: RW is clear: not writable" },
	{ "", "10123 -a write", "#PF, error code 0x7 (P W U)" },
	{ "", "14000 -a exec", "denied      PT entry: NX is set: not executable" },
	{ "", "201234 -a write", "denied      PD entry: RW is clear" },
	{ "", "20000", "the entry   swapped out: area 3, offset 0xabcde" },
	{ "", "600000", "can't tell  the walk ends too early" },
	{ "hidden=1", "10123", "  PT            hidden     16" },
	{ "", "30000", "PKRU: AD of key 3" },
	{ "regs=1", "10123 -m kernel", "may deny    PT entry: US is set, and CR4.SMAP, if it's set" },
	{ "", "10123 -m kernel", "for them it's allowed" },
	{ "", "ffffffff81000000", "isn't for user mode" },
	{ "", "ffffffff81000000", "error code 0x4 or 0x5 (U, perhaps P)" },
	{ "", "ffffffff81000000 -j", "\"error_code\": \"0x4\", \"error_code_unknown\": \"0x1\"" },
	{ "", "4141414141414141", "SIGSEGV, SI_KERNEL" },
	{ "", "10123 -a write -j", "\"denials\": [{\"name\": \"read-only\"" },
};

static void test_cli(void)
{
	char args[256];
	size_t i;
	int status;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		status = cli(wrong[i].fake, wrong[i].args);
		ktap_result(status == wrong[i].status && !*out &&
			    is_error(err, wrong[i].says), "refuses %s with %s # %d %.*s",
			    wrong[i].args, *wrong[i].fake ? wrong[i].fake : "nothing wrong",
			    status, (int)strcspn(err, "\n"), err);
	}
	for (i = 0; i < ARRAY_SIZE(right); i++) {
		snprintf(args, sizeof(args), "explain -p %d %s", getpid(), right[i].args);
		status = cli(right[i].fake, args);
		ktap_result(!status && !*err && strstr(out, right[i].says),
			    "explain %s with %s # %d %.*s", right[i].args,
			    *right[i].fake ? right[i].fake : "nothing", status,
			    (int)strcspn(err, "\n"), err);
	}
}

static void test_json(void)
{
	json_t *root, *e, *d;
	char args[64];
	int status;

	snprintf(args, sizeof(args), "explain -j -m kernel -a write -p %d 10123", getpid());
	status = cli("", args);
	root = parse();
	e = json_object_get(root, "explanation");
	d = json_array_get(json_object_get(e, "denials"), 1);
	ktap_result(!status && is_number(root, "pid", getpid()) &&
		    is_text(root, "root", "0x1000") && is_text(e, "address", "0x10123") &&
		    is_text(e, "access", "write") && is_text(e, "mode", "kernel") &&
		    json_array_size(json_object_get(e, "levels")) == 4 &&
		    json_is_false(json_object_get(e, "allowed")) &&
		    is_text(e, "error_code", "0x3") && is_null(e, "mapping") &&
		    is_text(json_object_get(e, "action"), "name", "oops"), "--json");
	ktap_result(is_text(d, "name", "smap") && is_text(d, "level_name", "PT") &&
		    is_text(d, "bit", "US") && is_text(d, "register", "CR4.SMAP") &&
		    is_null(d, "key") && json_is_true(json_object_get(d, "certain")),
		    "--json: a denial");
	json_decref(root);
	/* Of our own: what is around it too. */
	snprintf(args, sizeof(args), "explain -j -p %d %lx", getpid(),
		 (unsigned long)&session);
	status = cli("", args);
	root = parse();
	e = json_object_get(root, "explanation");
	ktap_result(!status && json_is_object(json_object_get(e, "mapping")) &&
		    is_null(json_object_get(e, "mapping"), "distance") &&
		    json_is_string(json_object_get(json_object_get(e, "below"), "distance")) &&
		    json_is_string(json_object_get(json_object_get(e, "above"), "distance")),
		    "--json: the mappings around # %d", status);
	json_decref(root);
}

/* LAM: a process with a mask, another without; fetches have no tags. */
static const struct {
	const char *status;
	const char *args;
	const char *says;
} tags[] = {
	{ "untag_mask:\t0x81ffffffffffffff\n", "2a00000000010123",
	  "reading from 0x10123 (tagged: 0x2a00000000010123; LAM ignores the tag), in user mode" },
	{ "untag_mask:\t0x81ffffffffffffff\n", "2a00000000010123 -j",
	  "\"address\": \"0x10123\", \"tagged\": \"0x2a00000000010123\"" },
	{ "untag_mask:\t0x81ffffffffffffff\n", "10123 -j", "\"tagged\": null" },
	{ "untag_mask:\t0x81ffffffffffffff\n", "2a00000000010123 -a exec",
	  "SIGSEGV, SI_KERNEL" },
	{ "untag_mask:\t0x81ffffffffffffff\n", "aa00000000010123", "SIGSEGV, SI_KERNEL" },
	{ "untag_mask:\t0xffffffffffffffff\n", "2a00000000010123", "SIGSEGV, SI_KERNEL" },
	{ "Name:\tx\n", "2a00000000010123", "SIGSEGV, SI_KERNEL" },
};

static void test_tags(void)
{
	char root[] = "/tmp/mmuinspect-unit-XXXXXX", path[64], args[128];
	size_t i;
	int status;

	if (!mkdtemp(root) || setenv("FAKE_ROOT", root, 1))
		return;
	snprintf(path, sizeof(path), "%s/proc", root);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/proc/7", root);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/proc/7/status", root);
	for (i = 0; i < ARRAY_SIZE(tags); i++) {
		FILE *f = fopen(path, "we");

		if (!f)
			return;
		fputs(tags[i].status, f);
		fclose(f);
		snprintf(args, sizeof(args), "explain -p 7 %s", tags[i].args);
		status = cli("", args);
		ktap_result(!status && strstr(out, tags[i].says), "explain %s with %.*s # %d %s",
			    tags[i].args, (int)strcspn(tags[i].status, "\n"), tags[i].status,
			    status, strstr(out, tags[i].says) ? "" : out);
	}
	unsetenv("FAKE_ROOT");
	unlink(path);
	snprintf(path, sizeof(path), "%s/proc/7", root);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/proc", root);
	rmdir(path);
	rmdir(root);
}

int main(int argc, char **argv)
{
	(void)argc;
	cli_begin(argv[0]);
	ktap_plan(22 + 9 + 4 + ARRAY_SIZE(origins) + ARRAY_SIZE(vsyscalls) +
		  ARRAY_SIZE(operands) + ARRAY_SIZE(classes) +
		  ARRAY_SIZE(wrong) + ARRAY_SIZE(right) + ARRAY_SIZE(tags) + 3);
	test_causes();
	test_operands();
	test_classes();
	test_lass();
	test_vsyscalls();
	test_cli();
	test_json();
	test_tags();
	return ktap_end();
}
