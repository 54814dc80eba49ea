// SPDX-License-Identifier: GPL-2.0-only
/* Find the command, read its options, run it. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define OPTIONS_MAX 16
#define LONG 256	/* what getopt_long returns for the first long option */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct cli_command *const commands[] = {
	&cmd_info,
	&cmd_walk,
	&cmd_dump,
	&cmd_regs,
	&cmd_msr,
	&cmd_audit,
	&cmd_probe,
	&cmd_desc,
	&cmd_tlb,
	&cmd_stat,
	&cmd_monitor,
	&cmd_top,
	&cmd_explain,
	&cmd_tour,
};

struct cli_common common;

const char *common_pid(const char *arg)
{
	return parse_pid(arg, &common.pid);
}

const char *common_json(const char *arg)
{
	(void)arg;
	common.json = 1;
	return NULL;
}

const char *common_cpus(const char *arg)
{
	return parse_cpus(arg, &common.cpus);
}

static void complain(const char *fmt, va_list ap)
{
	/* What was printed came before the trouble: show it so. */
	out_error();
	fputs("mmuinspect: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

int failed(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
	return EXIT_FAILED;
}

int misused(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
	return EXIT_USAGE;
}

static int help(void)
{
	size_t i;

	printf("usage: mmuinspect COMMAND [OPTION...] [ARGUMENT...]\n\n"
	       "Look at what the MMU is doing: page tables, registers, faults and flushes.\n\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
	printf("\nmmuinspect COMMAND --help says more; so does man mmuinspect.\n");
	return EXIT_DONE;
}

static int command_help(const struct cli_command *cmd)
{
	const struct cli_option *o;
	char form[48];

	printf("usage: mmuinspect %s %s\n\n%s\n\n", cmd->name, cmd->usage,
	       cmd->about);
	for (o = cmd->options; o->name; o++) {
		snprintf(form, sizeof(form), "%c%c%s --%s%s%s",
			 o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
			 o->letter ? "," : " ", o->name, o->arg ? " " : "",
			 o->arg ? o->arg : "");
		printf("  %-24s %s\n", form, o->help);
	}
	printf("  -h, --help               this text\n");
	return EXIT_DONE;
}

/* The rows of a command as getopt_long wants them. */
static void for_getopt(const struct cli_command *cmd, struct option *longs,
		      char *shorts)
{
	const struct cli_option *o;
	int n = 0;

	/* The rest belongs to the command that is to be run. */
	if (cmd->operands == OPERANDS_COMMAND)
		*shorts++ = '+';
	/* ':' then: a missing argument is told from an unknown option. */
	*shorts++ = ':';
	for (o = cmd->options; o->name; o++, n++) {
		longs[n] = (struct option) {
			o->name, o->arg ? required_argument : no_argument,
			NULL, LONG + n,
		};
		if (o->letter)
			*shorts++ = o->letter;
		if (o->letter && o->arg)
			*shorts++ = ':';
	}
	longs[n] = (struct option) { "help", no_argument, NULL, 'h' };
	longs[n + 1] = (struct option) { 0 };
	*shorts++ = 'h';
	*shorts = '\0';
}

/*
 * Is there a "--" before all operands? getopt moves operands behind options, and
 * says so only if it's told to stop at the first.
 */
static int is_marked(int argc, char **argv, const char *shorts,
		     const struct option *longs)
{
	const char *value = NULL;
	char stopping[2 * OPTIONS_MAX + 5];
	int marked;

	snprintf(stopping, sizeof(stopping), "+%s", shorts);
	while (getopt_long(argc, argv, stopping, longs, NULL) != -1)
		value = optarg;
	marked = argv[optind - 1] != value && !strcmp(argv[optind - 1], "--");
	optind = 0;
	return marked;
}

/* The row of an option that for_getopt() told of. */
static const struct cli_option *row_of(const struct cli_command *cmd, int value)
{
	const struct cli_option *o = cmd->options;

	if (value >= LONG)
		return o + value - LONG;
	while (o->letter != value)
		o++;
	return o;
}

/* @typed is what getopt_long stopped at; @letter its optopt. */
static int unknown_option(const struct cli_command *cmd, const char *typed,
			  int letter)
{
	struct names names = { cmd->options, 0, sizeof(*cmd->options) };
	char name[64];

	while (cmd->options[names.n].name)
		names.n++;
	if (letter && letter < LONG)
		return misused("%s: -%c is no option: see mmuinspect %s --help",
			       cmd->name, letter, cmd->name);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(typed + 2, "="), typed + 2);
	if (names_find(&names, name) >= 0 || !strcmp(name, "help"))
		return misused("%s: --%s takes no value", cmd->name, name);
	return misused("%s: %s", cmd->name, names_wrong(&names, name, "option"));
}

/* Returns an exit status, or -1 to go on; the operands begin at optind. */
static int read_options(const struct cli_command *cmd, int argc, char **argv)
{
	struct option longs[OPTIONS_MAX + 2];
	char shorts[2 * OPTIONS_MAX + 4];
	const struct cli_option *o;
	const char *why;
	int found;

	for_getopt(cmd, longs, shorts);
	opterr = 0;
	if (cmd->operands == OPERANDS_MARKED)
		common.marked = is_marked(argc, argv, shorts, longs);
	while ((found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (found == 'h')
			return command_help(cmd);
		if (found == ':')
			return misused("%s: %s: needs a value: see mmuinspect %s --help",
				       cmd->name, argv[optind - 1], cmd->name);
		if (found == '?')
			return unknown_option(cmd, argv[optind - 1], optopt);
		o = row_of(cmd, found);
		why = o->apply(optarg);
		if (why)
			return misused("--%s %s: %s", o->name, optarg, why);
	}
	return -1;
}

static int run(const struct cli_command *cmd, int argc, char **argv)
{
	int status = read_options(cmd, argc, argv), err;

	if (status >= 0)
		return status;
	argc -= optind;
	argv += optind;
	if (argc && !cmd->operands)
		return misused("%s: \"%s\" is too much: see mmuinspect %s --help",
			       cmd->name, argv[0], cmd->name);
	out_begin(common.json);
	status = cmd->run(argc, argv);
	err = out_finish();
	/* Whoever read it has seen enough. */
	if (err && err != -EPIPE)
		failed("%s: %s", out_name(), strerror(-err));
	return status || !err ? status : EXIT_FAILED;
}

/*
 * A file that is opened mustn't be taken for one of the standard streams. Reading
 * ends at once, writing fails as before; a command that is run has them closed.
 */
static void fill_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	const char *names[ARRAY_SIZE(commands)];
	const struct names all = NAMES(names);
	size_t i;
	int found;

	fill_streams();
	if (argc < 2)
		return misused("no command: see mmuinspect --help");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help();
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("mmuinspect %s\n", mmuinspect_version());
		return EXIT_DONE;
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		names[i] = commands[i]->name;
	found = names_find(&all, argv[1]);
	if (found < 0)
		return misused("%s", names_wrong(&all, argv[1], "command"));
	return run(commands[found], argc - 1, argv + 1);
}
