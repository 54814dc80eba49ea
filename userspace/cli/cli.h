/* SPDX-License-Identifier: GPL-2.0-only */
/* What a command is, and what the commands share. */
#ifndef CLI_H
#define CLI_H

#include <sys/types.h>

#include "mmuinspect.h"
#include "output.h"
#include "parse.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/**
 * struct cli_option - an option of a command
 * @name: the long form
 * @letter: the short form, 0 if there is none
 * @arg: name of its argument, NULL if it takes none
 * @help: what it does
 * @apply: takes the argument; NULL if it's fine, else why not
 */
struct cli_option {
	const char *name;
	int letter;
	const char *arg;
	const char *help;
	const char *(*apply)(const char *arg);
};

/**
 * struct cli_command - a command
 * @name: of the command
 * @summary: in a few words
 * @usage: its arguments
 * @about: lines for --help
 * @options: ends with a row whose @name is NULL
 * @operands: 0 if it takes none
 * @run: does it; gets the operands, returns an exit status
 */
struct cli_command {
	const char *name;
	const char *summary;
	const char *usage;
	const char *about;
	const struct cli_option *options;
	int operands;
	int (*run)(int argc, char **argv);
};

extern const struct cli_command cmd_info, cmd_walk, cmd_dump;

/* Options that more than one command has */
extern struct cli_common {
	pid_t pid;	/* 0: mmuinspect itself */
	int json;
} common;

const char *common_pid(const char *arg);
const char *common_json(const char *arg);

#define OPTION_PID { "pid", 'p', "PID", \
	"the process to look at; mmuinspect itself without it", common_pid }
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
/* Print why @what couldn't be done to the target; returns EXIT_FAILED. */
int session_failed(const struct session *s, const char *what, int err);
/* The same in words; valid until the next call. */
const char *session_why(const struct session *s, int err);
/* May this address be asked about? Returns an exit status, having printed. */
int session_check_address(const struct session *s, __u64 va);

/* The first fields of a command that shows a target; @root is 0 if hidden. */
void session_head(const struct session *s, __u64 root);

/*
 * What a run or a translation may: "rw-u", and in JSON an object. @fmt is for
 * @width and that text.
 */
void out_rights(unsigned int attrs, const char *fmt, int width);
/* The bits of an entry: "P RW US" in @width, and in JSON an array. */
void out_flags(const struct session *s, unsigned int level, __u64 entry, int width);

/**
 * struct maps - the mappings of a process
 * @map: in ascending order
 * @n: how many
 */
struct maps {
	struct map {
		__u64 start;
		__u64 end;
		char *name;
	} *map;
	size_t n;
};

/* Read /proc/PID/maps; what can't be read is simply not there. */
void maps_read(struct maps *maps, pid_t pid);
/* "" for anonymous memory, NULL if nothing was mapped there. */
const char *maps_name(const struct maps *maps, __u64 va);
void maps_free(struct maps *maps);

#endif
