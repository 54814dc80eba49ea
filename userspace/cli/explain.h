/* SPDX-License-Identifier: GPL-2.0-only */
/* mmuinspect explain: what the parts of it share. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <signal.h>

#include "cli.h"
#include "predict.h"

/**
 * struct scene - an access, and what is known of where it goes
 * @s: the session
 * @access: what is tried, with the registers of a CPU
 * @step: the entries on the way, from the root down
 * @steps: how many; 0 if there was no walk
 * @root: physical address of the top table; 0 if it's hidden or not known
 * @hidden: addresses in entries are hidden
 * @err: 0, or a negative errno: @denials can't be told
 * @denials: what denies it
 * @absent: what Linux says in the last entry, if that isn't zero nor present;
 *	its @name is NULL else
 * @shadow_access: it's an access to a shadow stack (bit SS of the error code)
 * @given: the address as it was given, with its tag
 * @untag_mask: the bits of a data address that the CPU doesn't ignore (LAM); 0 if
 *	that isn't known: then it ignores none
 * @maps: the mappings of the process
 * @maps_unreadable: they can't be read
 * @at: the one that the address is in; NULL if there is none
 * @below: the nearest one that ends below it
 * @above: the nearest one that begins above it
 * @facts: of @at
 * @above_facts: of @above
 * @below_facts: of @below, if @above may grow down
 * @stack_limit: how large the stack may grow, in bytes
 * @uffd: what its userfaultfd does: FACT_UFFD_*, and whether the page is cached
 * @vsyscall: FACT_VSYSCALL_*; 0 if the address isn't in that page
 */
struct scene {
	const struct session *s;
	struct mmuinspect_access access;
	struct mmuinspect_step step[MMUINSPECT_LEVELS_MAX];
	size_t steps;
	__u64 root;
	int hidden;
	int err;
	struct mmuinspect_denials denials;
	struct mmuinspect_absent absent;
	int shadow_access;
	__u64 given;
	__u64 untag_mask;
	struct maps maps;
	int maps_unreadable;
	const struct map *at;
	const struct map *below;
	const struct map *above;
	struct map_facts facts;
	struct map_facts above_facts;
	struct map_facts below_facts;
	__u64 stack_limit;
	linux_facts uffd;
	linux_facts vsyscall;
};

/* Replace a tagged address by that which the CPU uses; before scene_maps(). */
void scene_untag(struct scene *sc, pid_t pid);
/* What the CPU makes of a data address: LAM drops its tag. */
__u64 scene_untagged(const struct scene *sc, __u64 address);

/* Read what /proc says about the address of @sc->access. */
void scene_maps(struct scene *sc, pid_t pid);
/* Find what denies the access, by @sc->step. */
void scene_judge(struct scene *sc);
void scene_free(struct scene *sc);
/* The last entry of the walk; NULL without a walk */
const struct mmuinspect_step *scene_last(const struct scene *sc);
/* Does it depend on something that isn't known? */
int scene_unknown(const struct scene *sc);
/* Is there such a denial, and is it certain? */
int scene_denied(const struct scene *sc, const char *name);
/* Do the rights of the mapping's protection key deny the access? */
int scene_key_denies(const struct scene *sc);
/* Does the page lie beyond the end of the file that is mapped? */
int scene_beyond_file(const struct scene *sc);
/* Is the mapping a driver's, or the kernel's own, such as [vvar]? */
int scene_special(const struct scene *sc);
/* Look at the userfaultfd of the mapping: @sc->uffd. */
void scene_uffd(struct scene *sc, pid_t pid);
/* All that is known, for linux_action() */
linux_facts scene_facts(const struct scene *sc);

const char *access_name(unsigned int kind);

/* The rights of the protection keys of a thread that may be stopped; 0 or -errno */
int keys_read(pid_t tid, __u32 *keys);
/* The same of one that is being traced, and is stopped */
int keys_of_stopped(pid_t tid, __u32 *keys);

/* Parts of what is printed, for text and JSON */
void out_walk(const struct scene *sc);
void out_denials(const struct scene *sc);
/* The exception that this makes */
void out_expected(const struct scene *sc);
void out_mappings(const struct scene *sc);
void out_action(const struct scene *sc);

/* explain -- COMMAND; the report goes to @output, if it isn't NULL. Exit status. */
int explain_run(char **argv, const char *output);

/* How a command ended, in words if no fault that was shown is its end */
struct trace;
void end_print(const struct trace *t, const char *name);

/* What a program did before it died */

/* How memory was given back */
enum way {
	WAY_MUNMAP,
	WAY_MREMAP,
	WAY_BRK,
	WAY_SHMDT,
	/* Another mapping is there instead. */
	WAY_MMAP,
	WAY_MREMAP_OVER,
	WAY_SHMAT,
};

/**
 * struct unmapped - memory that a process gave back
 * @tgid: the process whose memory it was
 * @tid: the thread that gave it back
 * @start: first address
 * @end: first one beyond
 * @ip: of the system call
 * @sp: the stack pointer then
 * @way: how
 * @stack_of: it was the stack of this thread, which has ended; 0 if that isn't known
 * @rights: of the mapping that was there
 * @inode: its file's number; 0 for no file
 * @name: its name
 */
struct unmapped {
	pid_t tgid;
	pid_t tid;
	__u64 start;
	__u64 end;
	__u64 ip;
	__u64 sp;
	enum way way;
	pid_t stack_of;
	char rights[5];
	__u64 inode;
	char name[64];
};

/* A system call that is under way */
struct call;

/* Thread @tid of process @tgid has stopped where one begins or ends. */
void call_stop(struct call **call, pid_t tid, pid_t tgid);
void call_free(struct call *c);
/* What a stopped thread has in memory; returns how many bytes. */
size_t thread_read(pid_t tid, __u64 address, void *buf, size_t size);

/* Memory of mapping @map was given back. */
void history_add(const struct unmapped *u, const struct map *map);
/* A thread ends, and its stack pointer is this. */
void history_stack(pid_t tgid, pid_t tid, __u64 sp);
/* The process whose memory a process has */
pid_t history_owner(pid_t tgid);
/* The last of them that gave an address back; NULL if none did */
const struct unmapped *history_find(pid_t tgid, __u64 address);
/*
 * A process has made another, which has what its parent had, and not what that gave
 * back before; or has the very same memory until it gets a program (vfork).
 */
void history_fork(pid_t parent, pid_t child, int is_vfork);
/* It has a new program. */
void history_forget(pid_t tgid);
/* It has ended. */
void history_end(pid_t tgid);

#define REGISTERS_MAX 32

/**
 * struct register_value - a register of a thread
 * @name: as the manuals have it
 * @value: of it
 */
struct register_value {
	const char *name;
	__u64 value;
};

/**
 * struct death - a fault that nobody handles, or that is the last one before an end
 * @sc: the access, if it was one: @recorded and has_address
 * @tid: the thread, which is being traced, and is stopped
 * @tgid: its process
 * @comm: name of the thread
 * @is_32: its code has 32 bits
 * @is_child: it isn't the command itself, but a process that this made
 * @handled: there was a handler: it's the last fault before another signal's end
 * @is_open: whether there is one can't be read
 * @no_room: there was one, but no room on the stack to call it
 * @call_error: errno of the system call that it was in; 0 if none, or none failed
 * @order: it's the so many'th fault
 * @signal: that it gets
 * @code: its si_code
 * @address: its si_addr
 * @event: what was recorded when the CPU faulted
 * @recorded: there is such a record
 * @has_address: the exception has an address: that of @sc
 * @ip: of the instruction
 * @sp: the stack pointer
 * @reg: general registers
 * @regs: how many
 * @bytes: the instruction, and what follows it
 * @n_bytes: how many could be read
 * @top: the word on top of the stack
 * @popped: the one below it, where a return has just taken its address from
 * @caller: the same, if it points to code; else 0
 * @unmapped: who gave the address back; NULL if nobody did
 */
struct death {
	struct scene sc;
	pid_t tid;
	pid_t tgid;
	char comm[32];
	int is_32;
	int is_child;
	int handled;
	int is_open;
	int no_room;
	int call_error;
	size_t order;
	int signal;
	int code;
	__u64 address;
	struct mmuinspect_event event;
	int recorded;
	int has_address;
	__u64 ip;
	__u64 sp;
	struct register_value reg[REGISTERS_MAX];
	size_t regs;
	unsigned char bytes[MMUINSPECT_EVENT_BYTES];
	size_t n_bytes;
	__u64 top;
	__u64 popped;
	__u64 caller;
	const struct unmapped *unmapped;
};

/* Fill the registers, the instruction, the word on top of the stack; 0 or -errno. */
int death_registers(struct death *d);
/*
 * Is thread @tid in the handler of the fault @d, or back at it? A signal that ends
 * the process then is for that fault.
 */
int death_is_handled_now(const struct death *d, pid_t tid);
/* The rest, by registers and record, before the process is gone */
void death_look(struct death *d);
/* What was tried, by the record of a page fault */
void death_access(struct death *d);
void death_print(const struct death *d);

/* Records of faults, of which each is asked for once */
struct records;

/* 0 or -errno */
int records_open(struct mmuinspect_family *f, struct records **ret);
void records_close(struct records *r);
/* Take in those that are there. */
void records_drain(struct records *r);
/*
 * Find the newest one of a fault, once there are @wanted that look so, or after
 * @ms: then @d->event has it. 0 if there is none.
 */
int records_find(struct records *r, struct death *d, size_t wanted, int ms);
/* The same by thread and signal alone, for a process that is gone */
int records_find_last(struct records *r, struct death *d, int ms);

/**
 * struct trace - a command that is being traced, and all that it makes
 * @s: the session
 * @records: of faults
 * @pid: the command's process
 * @status: how it ended, as waitpid() has it
 * @thread: those that are traced: with their processes, and the last fault that had
 *	a handler, or NULL; the system call that it's in; a new one is held until its parent is known
 * @threads: how many
 * @faults: how many there were
 * @deaths: how many were printed
 * @explained: one of them was the command's own end
 * @last: the last signal that the command was about to get, and neither handled nor
 *	ignored; its si_signo is 0 if there was none
 */
struct trace {
	const struct session *s;
	struct records *records;
	pid_t pid;
	int status;
	struct thread {
		pid_t tid;
		pid_t tgid;
		int is_announced;
		int is_held;
		struct death *fault;
		struct call *call;
	} *thread;
	size_t threads;
	size_t faults;
	size_t deaths;
	int explained;
	siginfo_t last;
};

/* Until the last thread has ended */
void trace_all(struct trace *t);

/* What an instruction is, as far as that explains an exception */
enum instruction {
	INSTRUCTION_OTHER,
	INSTRUCTION_PRIVILEGED,
	INSTRUCTION_ALIGNED,	/* it wants an address that is a multiple, or may */
	INSTRUCTION_UNDEFINED,	/* made to raise #UD */
	INSTRUCTION_BREAKPOINT,
	INSTRUCTION_RETURN,
};

enum instruction instruction_class(const unsigned char *bytes, size_t n);
/* Of one that is INSTRUCTION_ALIGNED: of what its address must be a multiple */
unsigned int instruction_alignment(const unsigned char *bytes, size_t n);

/**
 * struct operand - an operand in memory
 * @address: of it
 * @slack: it may be so many bytes further on
 * @text: how it's made: "rax + rcx * 8 + 0x18"
 */
struct operand {
	__u64 address;
	unsigned int slack;
	char text[64];
};

/*
 * The operand that an instruction would have if it were one that has one: to be
 * believed if it explains the fault. 0 if it can't.
 */
int instruction_operand(const struct death *d, struct operand *op);
/* The same, if it does: it's where the fault was, or no address at all. */
int death_operand(const struct death *d, struct operand *op);

/**
 * struct cause - what a program probably died of
 * @name: short and stable
 * @text: in words
 * @detail: what tells so in this case; "" if there is no more to say
 */
struct cause {
	const char *name;
	const char *text;
	char detail[256];
};

void death_cause(const struct death *d, struct cause *cause);

#endif
