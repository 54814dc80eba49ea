/* SPDX-License-Identifier: GPL-2.0-only */
/* What a command is, and what the commands share. */
#ifndef CLI_H
#define CLI_H

#include <sys/types.h>

#include "mmuinspect.h"
#include "output.h"
#include "parse.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_FINDINGS = 3 };

/**
 * struct cli_option - an option of a command
 * @name: the long form
 * @letter: the short form, 0 if there is none
 * @arg: name of its argument, NULL if it takes none
 * @help: what it does
 * @apply: takes the argument; NULL if it's fine, else why not
 * @value: what its argument is, for completion
 * @words: for VALUE_WORD and VALUE_WORDS: those that there are, with blanks between
 * @repeats: each use adds to those before; else a second one with a value is an error
 */
struct cli_option {
	const char *name;
	int letter;
	const char *arg;
	const char *help;
	const char *(*apply)(const char *arg);
	enum cli_value {
		VALUE_ANY,
		VALUE_PID,
		VALUE_CPUS,
		VALUE_FILE,
		VALUE_COMM,	/* the name of a process */
		VALUE_USER,
		VALUE_WORD,	/* one of @words */
		VALUE_WORDS,	/* some of @words, with commas between */
	} value;
	const char *words;
	int repeats;
};

/**
 * struct cli_command - a command
 * @name: of the command
 * @summary: in a few words
 * @usage: its arguments
 * @about: lines for --help
 * @options: ends with a row whose @name is NULL
 * @operands: whether it takes any
 * @run: does it; gets the operands, returns an exit status
 */
struct cli_command {
	const char *name;
	const char *summary;
	const char *usage;
	const char *about;
	const struct cli_option *options;
	enum {
		OPERANDS_NONE,
		OPERANDS_ANY,
		OPERANDS_COMMAND,	/* a command with options of its own */
		OPERANDS_MARKED,	/* any, or such a command behind "--" */
	} operands;
	int (*run)(int argc, char **argv);
};

extern const struct cli_command cmd_info, cmd_walk, cmd_dump, cmd_desc, cmd_tlb,
	cmd_regs, cmd_msr, cmd_audit, cmd_stat, cmd_monitor, cmd_top, cmd_probe,
	cmd_explain, cmd_tour;

/* Options that more than one command has */
extern struct cli_common {
	pid_t pid;	/* 0: mmuinspect itself */
	int json;
	struct cpus cpus;	/* none: all that there are */
	int marked;	/* "--" came before all operands */
} common;

const char *common_pid(const char *arg);
const char *common_json(const char *arg);
const char *common_cpus(const char *arg);

#define OPTION_PID { "pid", 'p', "PID", \
	"the process to look at; mmuinspect itself without it", common_pid, \
	.value = VALUE_PID }
#define OPTION_CPUS { "cpus", 'c', "LIST", \
	"only these CPUs, as 0,2-3", common_cpus, .value = VALUE_CPUS, .repeats = 1 }
#define OPTION_JSON { "json", 'j', NULL, \
	"print JSON", common_json }

/* Print "mmuinspect: ..." and return EXIT_FAILED or EXIT_USAGE. */
int failed(const char *fmt, ...) PRINTF(1);
int misused(const char *fmt, ...) PRINTF(1);

#define HIDDEN "physical addresses are hidden: they need CAP_SYS_ADMIN (sudo)"

/**
 * struct session - an open device, with a target
 * @h: the library's handle
 * @info: what it says about the machine
 * @who: the target in words: "PID 12", "mmuinspect itself"
 * @pid: the target
 */
struct session {
	struct mmuinspect *h;
	const struct mmuinspect_info *info;
	char who[32];
	pid_t pid;
};

/* Open the device; returns an exit status, having printed the error. */
int session_open(struct session *s);
/* Open it and choose the target of -p. */
int session_open_target(struct session *s);
void session_close(struct session *s);
/* Find the netlink family; returns an exit status, having printed the error. */
int family_open(struct mmuinspect_family **f);
/* Print why @what couldn't be done to the target; returns EXIT_FAILED. */
int session_failed(const struct session *s, const char *what, int err);
/* The same in words; valid until the next call. */
const char *session_why(const struct session *s, int err);
/* May this address be asked about? Returns an exit status, having printed. */
int session_check_address(const struct session *s, __u64 va);

/* The first fields of a command that shows a target; @root is 0 if hidden. */
void session_head(const struct session *s, __u64 root);
/* The numbers that threads have there are those in events. */
int is_initial_pid_namespace(void);

/* What a run or a translation may: "rw-u", and in JSON an object */
void out_rights(unsigned int attrs, int width);
/*
 * A level of a walk, on a line under "level table index entry bits"; @otherwise
 * stands for an address of the table that isn't known.
 */
void out_step(const struct session *s, const struct mmuinspect_step *step,
	      const char *otherwise);
/* The bits of an entry: "P RW US" in @width, and in JSON an array. */
void out_flags(const struct session *s, unsigned int level, __u64 entry, int width);

/* Add those that are online to an empty list; 0, or -1 if that can't be told. */
int cpus_online(struct cpus *cpus);
/* Is there such a CPU, online or not? */
int cpus_exists(__u32 cpu);
/* Is it in the list of -c? */
int cpus_wanted(__u32 cpu);
/* "0-3,5"; valid until the next call. */
const char *cpus_text(const __u32 *cpu, size_t n);

/**
 * struct maps - the mappings of a process
 * @map: in ascending order: where, "rw-p", offset of @start in the file, the
 *	file's number (0 for no file), its name
 * @n: how many
 */
struct maps {
	struct map {
		__u64 start;
		__u64 end;
		char rights[5];	/* "rw-p" */
		__u64 offset;
		__u64 inode;
		char *name;
	} *map;
	size_t n;
};

/* Read /proc/PID/maps; what can't be read is simply not there. */
void maps_read(struct maps *maps, pid_t pid);
/* "" for anonymous memory, NULL if nothing was mapped there. */
const char *maps_name(const struct maps *maps, __u64 va);
/* The mapping that an address is in; the nearest that ends below it, begins above */
const struct map *maps_at(const struct maps *maps, __u64 va);
const struct map *maps_below(const struct maps *maps, __u64 va);
const struct map *maps_above(const struct maps *maps, __u64 va);
void maps_free(struct maps *maps);
/* May the mapping be accessed at all? */
int map_accessible(const struct map *map);
/* Tell a PROT_NONE entry from a NUMA hint; @map may be NULL, for not known. */
void map_absent(const struct map *map, const struct mmuinspect_info *info,
		__u64 entry, struct mmuinspect_absent *absent);

/**
 * struct map_facts - what /proc says of a mapping besides
 * @flags: VmFlags of smaps, as "rd wr mr mw me ac "; "" if it isn't known
 * @key: its protection key; 0 if there are none
 * @has_size: 1 if @size is known
 * @size: of the file that is mapped, in bytes
 */
struct map_facts {
	char flags[128];
	int key;
	int has_size;
	__u64 size;
};

void map_facts(pid_t pid, const struct map *map, struct map_facts *facts);
/* Does it have one of these? */
int map_flag(const struct map_facts *facts, const char *flag);

#define SYMBOL_MAX 256

/**
 * struct symbol - a kernel address to find the name of
 * @address: of interest
 * @start: where the symbol begins that it's in
 * @name: of that symbol; "" if there is none
 */
struct symbol {
	__u64 address;
	__u64 start;
	char name[SYMBOL_MAX];
};

/*
 * Look addresses up in /proc/kallsyms, and sort them. Returns 0 if the kernel
 * hides all of its addresses (kernel.kptr_restrict) or there is no such file.
 */
int symbols_find(struct symbol *symbol, size_t n);
/* What was found for an address; NULL if nothing was. */
const struct symbol *symbols_get(const struct symbol *symbol, size_t n,
				 __u64 address);
/*
 * Is it a handler of the boot's? idt_setup_early_handler() sets all gates of
 * exceptions to these; those that Linux has no handler for keep them, although
 * free_initmem() has given that code's memory back (arch/x86/kernel/idt.c).
 */
int symbol_is_boot(const struct symbol *symbol);

/**
 * struct tables - a descriptor table on each CPU of interest
 * @table: enum mmuinspect_desc_table
 * @on: a CPU's: where it is, its bytes (65536, zero beyond its end), the CPU's
 *	registers, and whether it is in the group that is looked at
 * @n: how many
 * @offline: how many were left out, because they are offline
 */
struct tables {
	unsigned int table;
	struct table {
		struct mmuinspect_desc where;
		unsigned char *bytes;
		struct mmuinspect_reg *reg;
		size_t regs;
		__u32 cpu;
		enum { GROUP_LATER, GROUP_NOW, GROUP_BEFORE } mark;
	} *on;
	size_t n;
	size_t offline;
};

/*
 * Read a table on the CPUs of -c, or on all that are online. Returns an exit
 * status, having printed the error.
 */
int tables_read(const struct session *s, unsigned int table, struct tables *t);
void tables_free(struct tables *t);

/*
 * Groups of CPUs whose tables hold the same @bytes at @offset; if @bytes is 0,
 * whose tables are at the same place. Returns the first CPU of the next group;
 * NULL after the last.
 */
void groups_begin(struct tables *t);
const struct table *groups_next(struct tables *t, size_t offset, size_t bytes);
/* Are all CPUs one group? */
int tables_agree(const struct tables *t, size_t offset, size_t bytes);
/* The CPUs of the group: an array; in text "0-3", for @fmt with @width. */
void out_cpus(const struct tables *t, const char *fmt, int width);
/* An array of where each group has the table called @name. */
void out_where(struct tables *t, const char *name);

/*
 * A register of a CPU. Returns 0, -ENODEV if that CPU has none, or why it's refused:
 * -EACCES (needs CAP_SYS_RAWIO), -EKEYREJECTED (lockdown); @value is 0 then.
 */
int table_register(const struct table *on, unsigned int id, __u64 *value);
/* Is one of these bits of it known to be set? */
int table_bit(const struct table *on, unsigned int id, __u64 bits);

/* Parts of mmuinspect desc; @verbose: nothing is folded or left out. */
void idt_print(const struct session *s, struct tables *t, int verbose);
/* GDT or LDT */
void gdt_print(struct tables *t, int verbose);
/* @idt tells which gates use which stack */
void tss_print(struct tables *t, const struct tables *idt);
/* "#PF"; NULL if the vector has no name. */
const char *vector_name(unsigned int vector);

/* mmuinspect desc --segment; returns an exit status. */
int desc_segment(const struct session *s, unsigned int selector);

/* mmuinspect tlb --measure; returns an exit status. */
int tlb_measure(const struct mmuinspect_cpu_model *model,
		const struct mmuinspect_tlb *tlb, size_t n);

#endif
