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
#include "help.h"

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
		return misused("%s: unknown option -%c: see mmuinspect %s --help",
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
	unsigned int given = 0;	/* a bit a row */
	const char *why;
	int found;

	for_getopt(cmd, longs, shorts);
	opterr = 0;
	if (cmd->operands == OPERANDS_MARKED)
		common.marked = is_marked(argc, argv, shorts, longs);
	while ((found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (found == 'h') {
			help_command(cmd);
			return EXIT_DONE;
		}
		if (found == ':')
			return misused("%s: %s: needs a value: see mmuinspect %s --help",
				       cmd->name, argv[optind - 1], cmd->name);
		if (found == '?')
			return unknown_option(cmd, argv[optind - 1], optopt);
		o = row_of(cmd, found);
		if (o->arg && !o->repeats && given & 1u << (o - cmd->options))
			return misused("%s: --%s is given twice", cmd->name, o->name);
		given |= 1u << (o - cmd->options);
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
		return misused("%s: unexpected argument \"%s\": see mmuinspect %s --help",
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

/* NULL, with the error printed, if there is none. */
static const struct cli_command *find_command(const char *name)
{
	const char *names[ARRAY_SIZE(commands)];
	const struct names all = NAMES(names);
	size_t i;
	int found;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		names[i] = commands[i]->name;
	found = names_find(&all, name);
	if (found >= 0)
		return commands[found];
	misused("%s", names_wrong(&all, name, "command"));
	return NULL;
}

/* help [--options] [COMMAND]; argv begins behind "help". */
static int help(int argc, char **argv)
{
	int options = argc && !strcmp(argv[0], "--options");
	const struct cli_command *cmd;

	argc -= options;
	argv += options;
	if (argc > 1)
		return misused("help: unexpected argument \"%s\": it takes one command",
			       argv[1]);
	if (!argc) {
		help_commands(stdout, commands, ARRAY_SIZE(commands));
		return EXIT_DONE;
	}
	cmd = find_command(argv[0]);
	if (!cmd)
		return EXIT_USAGE;
	if (options)
		help_options(cmd);
	else
		help_command(cmd);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	const struct cli_command *cmd;

	fill_streams();
	if (argc < 2) {
		help_commands(stderr, commands, ARRAY_SIZE(commands));
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "help"))
		return help(argc - 2, argv + 2);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help(0, NULL);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("mmuinspect %s\n", mmuinspect_version());
		return EXIT_DONE;
	}
	cmd = find_command(argv[1]);
	return cmd ? run(cmd, argc - 1, argv + 1) : EXIT_USAGE;
}
