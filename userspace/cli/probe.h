/* SPDX-License-Identifier: GPL-2.0-only */
/* mmuinspect probe: what is tried, in whose child, and what was seen. */
#ifndef PROBE_H
#define PROBE_H

#include <sys/types.h>

#include "cli.h"
#include "expect.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Registers before and after; the code finds them in its file by their offsets. */
struct probe_regs {
	__u64 rax;
	__u64 rcx;
	__u64 rdx;
	__u64 rbx;
	__u64 rsi;
	__u64 rdi;
	__u64 flags;
};

enum probe_class {
	CLASS_CONTROL,
	CLASS_TABLES,
	CLASS_MACHINE,
	CLASS_INTERRUPTS,
	CLASS_MEMORY,
	CLASS_KERNEL,
	CLASSES,
};

/* Which rules are asked what must happen */
enum probe_kind {
	KIND_INSTRUCTION,
	KIND_INT,
	KIND_SELECTOR,
	KIND_MEMORY,
	KIND_MSR,
};

struct trial;

/**
 * struct probe - one thing to try
 * @name: short and stable
 * @text: in assembler; behind a "#" the mnemonic, if the assembler has none
 * @code: bytes: what prepares it, then the instruction, at @at, up to @end
 * @at: where the instruction is in @code
 * @end: where it ends
 * @class: enum probe_class
 * @kind: enum probe_kind
 * @rule: of KIND_INSTRUCTION
 * @number: the vector of KIND_INT, the selector of KIND_SELECTOR
 * @use: of KIND_SELECTOR
 * @access: of KIND_MEMORY; the address is in RSI
 * @size: of KIND_MEMORY, in bytes
 * @stack: KIND_MEMORY: the stack segment is used
 * @for_kernel: KIND_MEMORY: the kernel does it, in a system call
 * @regs: what registers hold
 * @prepare: in the child; returns why it can't be tried here, or NULL
 * @call: instead of @code
 * @effect: after it was let through: says what came of it, and whether it's right
 * @msr: MSRs that make it a door; 0 for none
 * @leaves: it goes elsewhere: a fault there is no more this probe's
 */
struct probe {
	const char *name;
	const char *text;
	const unsigned char *code;
	const unsigned char *at;
	const unsigned char *end;
	enum probe_class class;
	enum probe_kind kind;
	enum expect_rule rule;
	unsigned int number;
	enum mmuinspect_x86_use use;
	enum expect_access access;
	unsigned int size;
	int stack;
	int for_kernel;
	struct probe_regs regs;
	const char *(*prepare)(struct trial *t);
	void (*call)(struct trial *t);
	void (*effect)(struct trial *t);
	__u32 msr[2];
	int leaves;
};

/*
 * A list of probes, as PROBES(X), gives the code of each by PROBES(PROBE_CODE),
 * at the level of the file, and its row by PROBES(PROBE_ROW).
 */
#define PROBE_CODE(id, name, before, insn, ...)				\
	__asm__(".pushsection .rodata\n"				\
		"probe_" #id ":\n" before "\n"				\
		"probe_" #id "_at:\n" insn "\n"				\
		"probe_" #id "_end:\n.popsection");			\
	extern const unsigned char probe_##id[], probe_##id##_at[],	\
		probe_##id##_end[];

#define PROBE_ROW(id, title, before, insn, ...)				\
	{ .name = title, .text = insn, .code = probe_##id,		\
	  .at = probe_##id##_at, .end = probe_##id##_end, __VA_ARGS__ },

struct probe_rows {
	const struct probe *row;
	size_t n;
};

/* MSRs that say where doors lead */
#define MSR_SYSENTER_CS		0x174
#define MSR_SYSENTER_EIP	0x176
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_CSTAR		0xc0000083

struct probe_rows probe_control(void);
struct probe_rows probe_tables(void);
struct probe_rows probe_machine(void);
struct probe_rows probe_interrupts(void);
struct probe_rows probe_doors(void);
struct probe_rows probe_memory(void);
struct probe_rows probe_kernel(void);

extern const char *const probe_classes[CLASSES];

enum probe_stage {
	STAGE_BEGUN,
	STAGE_INAPPLICABLE,	/* @why says why */
	STAGE_ARMED,		/* all is prepared */
	STAGE_THROUGH,		/* nothing came of it */
	STAGE_CAUGHT,		/* a signal came */
};

/* What a 32-bit program says of a door: eight words */
struct door_record {
	__u32 kind;
	__u32 value;		/* an answer, or a signal */
	__u32 code;
	__u32 address;
	__u32 vector;
	__u32 error;
	__u32 ip;
	__u32 cr2;
};

enum { DOOR_CAUGHT = 1, DOOR_THROUGH = 2 };

#define PROBE_WHY 160
#define PROBE_REGS 40
#define PROBE_BYTES 15

/**
 * struct trial - a probe that is tried; memory that the child shares
 * @probe: what
 * @lab: where
 * @pid: of the child
 * @stage: how far it came
 * @why: why it can't be tried, or what went wrong
 * @status: of waitpid()
 * @ns: how long the child took, in nanoseconds
 * @before: registers before
 * @regs: the same; after it was let through, those then
 * @buffer: operand in memory, for instructions that need one
 * @file_end: first address that the file of a mapping has no page for; 0
 * @ports: 1 if ports were asked for
 * @iopl: 1 if iopl(3) was
 * @msr: of KIND_MSR
 * @msr_present: 1, 0, or -1 for unknown
 * @state: of the machine, just before
 * @memory: of KIND_MEMORY
 * @reg: registers of the CPU, just before
 * @n_reg: how many
 * @expected: what must happen
 * @code_at: where the code is in the child
 * @signal: which came; 0 for none. The next ones are of its frame
 * @code: si_code
 * @signal_address: si_addr
 * @vector: trapno
 * @error: err
 * @cr2: only of a page fault
 * @ip: of the instruction
 * @emulated: after it was let through: 1 or 0 if the answer tells, else -1
 * @fixed: of a call: 1 if it failed as it does after a fault
 * @mapped: after it was let through: 1 if there is a page now where none was
 * @door: what a 32-bit program has said
 * @leads: where a door leads, in words
 * @effect: what came of it, in words
 * @wrong: 1 if that isn't what had to come of it
 * @has_event: 1 if the module has told of it
 * @event: what it told
 */
struct trial {
	const struct probe *probe;
	const struct lab *lab;
	pid_t pid;
	enum probe_stage stage;
	char why[PROBE_WHY];
	int status;
	__u64 ns;
	struct probe_regs before;
	struct probe_regs regs;
	unsigned char buffer[128] __attribute__((aligned(64)));
	__u64 file_end;
	int ports;
	int iopl;
	__u32 msr;
	int msr_present;
	struct expect_state state;
	struct expect_memory memory;
	struct mmuinspect_reg reg[PROBE_REGS];
	size_t n_reg;
	struct expectation expected;
	__u64 code_at;
	int signal;
	int code;
	__u64 signal_address;
	int vector;
	__u64 error;
	__u64 cr2;
	__u64 ip;
	int emulated;
	int fixed;
	int mapped;
	struct door_record door;
	char leads[PROBE_WHY];
	char effect[PROBE_WHY];
	int wrong;
	int has_event;
	struct mmuinspect_event event;
};

/**
 * struct lab - the machine, for all trials
 * @h: the device; NULL without it
 * @info: what it says of the machine; NULL without it
 * @why: why there is no device, or no more than this of it
 * @state: what doesn't change from trial to trial
 * @cpu: the CPU that all run on
 * @model: of that CPU
 * @idt: its tables, with room for the largest
 * @gdt: the same
 * @allow: 1 if what takes effect may be tried
 * @rule: MSRs that may be read
 * @rules: how many
 * @probe: what is tried
 * @n_probes: how many
 * @trials: of each a trial; NULL before lab_try()
 * @trials_fd: the file that their memory is of
 * @events: where the module's events come from; NULL without them
 * @no_events: why there are none
 * @lost: events that were lost: one that is missing may be among them
 * @overrun: 1 if @lost has 1 for some whose number isn't known yet
 */
struct lab {
	struct mmuinspect *h;
	const struct mmuinspect_info *info;
	char why[PROBE_WHY];
	struct expect_state state;
	unsigned int cpu;
	struct mmuinspect_cpu_model model;
	unsigned char idt[65536];
	unsigned char gdt[65536];
	int allow;
	struct mmuinspect_rule rule[MMUINSPECT_POLICY_MAX];
	size_t rules;
	struct probe *probe;
	size_t n_probes;
	struct trial *trials;
	int trials_fd;
	struct mmuinspect_events *events;
	char no_events[PROBE_WHY];
	__u64 lost;
	int overrun;
};

/* Learn what there is to know; goes without what can't be had. */
void lab_open(struct lab *lab);
void lab_close(struct lab *lab);
/* Try the probes of these names. Returns an exit status, having printed the error. */
int lab_try(struct lab *lab, const char *const *name, size_t n);
/* In a child, just before: the state, and what it makes one expect. */
void lab_look(struct trial *t);

/* And after it was let through: is there a page now? */
void lab_look_again(struct trial *t);

/* A register of the CPU; 0 and *@known 0 if it isn't known */
__u64 trial_register(const struct trial *t, unsigned int id, int *known);

/* What a 32-bit program has left in the trial */
void probe_door_result(struct trial *t);

/* Run it in a child, and wait for that to end. */
void probe_run(struct trial *t);

/* Ask the module for its events; it goes without, and says why. */
void lab_listen(struct lab *lab);
/* Take in what has come of the first @n trials. */
void lab_hear(struct lab *lab, struct trial *trials, size_t n);
/* And what is still to come of all of them, and no more after that */
void lab_hear_last(struct lab *lab, struct trial *trials);

enum probe_verdict {
	VERDICT_AGREE,
	VERDICT_DISAGREE,
	VERDICT_UNKNOWN,	/* nothing could be expected */
	VERDICT_INAPPLICABLE,
	VERDICTS,
};

#define PROBE_DIFFERENCES 8

/**
 * struct judgement - expectation and observations, side by side
 * @verdict: enum probe_verdict
 * @wrong: where what was expected and what was seen differ
 * @n_wrong: how many
 * @differ: where signal frame and module's event differ
 * @n_differ: how many
 */
struct judgement {
	enum probe_verdict verdict;
	char wrong[PROBE_DIFFERENCES][64];
	size_t n_wrong;
	char differ[PROBE_DIFFERENCES][64];
	size_t n_differ;
};

void probe_judge(const struct trial *t, struct judgement *j);
/* What the kernel did, as far as it was seen */
enum expect_end probe_end(const struct trial *t);

/* In words of the assembler, or instead of them */
const char *probe_mnemonic(const struct probe *p);
/* Print all, and the summary; returns an exit status. */
int probe_print(const struct lab *lab, const struct trial *trial, size_t n,
		int verbose);
/* The trials alone: for a part of something else */
void probe_print_trials(const struct trial *trial, size_t n);

#endif
