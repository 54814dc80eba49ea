// SPDX-License-Identifier: GPL-2.0-only
/* What there is: the commands, a command's options, and both for completion. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "help.h"
#include "terminal.h"

#define HELP_COLUMN 27	/* where what an option does begins */

void help_commands(FILE *to, const struct cli_command *const *command, size_t n)
{
	static const char blanks[] = "         ";
	int width = terminal_width();
	size_t i, n_name;

	fputs("usage: mmuinspect COMMAND [OPTION...] [ARGUMENT...]\n\n"
	      "Look at what the MMU is doing: page tables, registers, faults and flushes.\n\n", to);
	for (i = 0; i < n; i++) {
		n_name = strlen(command[i]->name);
		fputs("  ", to);
		fwrite(command[i]->name, 1, n_name, to);
		fputs(&blanks[n_name < 8 ? n_name : 8], to);
		print_wrapped(to, command[i]->summary, 11, 11, width);
	}
	fputs("  help     this text, or that of a command: mmuinspect help COMMAND\n\n", to);
	fputs("  -V, --version\n\nThe manual is mmuinspect(8).\n", to);
}

static void print_option(const struct cli_option *o, int width)
{
	char form[64];
	int at;

	snprintf(form, sizeof(form), "%c%c%s --%s%s%s", o->letter ? '-' : ' ',
		 o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
		 o->arg ? " " : "", o->arg ? o->arg : "");
	at = printf("  %-24s ", form);
	if (at > HELP_COLUMN)
		at = printf("\n%*s", HELP_COLUMN, "") - 1;
	print_wrapped(stdout, o->help, at, HELP_COLUMN, width);
}

void help_command(const struct cli_command *cmd)
{
	int width = terminal_width();
	const struct cli_option *o;

	printf("usage: mmuinspect %s %s\n\n", cmd->name, cmd->usage);
	print_wrapped(stdout, cmd->about, 0, 0, width);
	putchar('\n');
	for (o = cmd->options; o->name; o++)
		print_option(o, width);
	printf("  -h, --help               this text\n");
}

/* By enum cli_value */
static const char *const values[] = {
	[VALUE_ANY] = "any",
	[VALUE_PID] = "pid",
	[VALUE_CPUS] = "cpus",
	[VALUE_FILE] = "file",
	[VALUE_COMM] = "comm",
	[VALUE_USER] = "user",
	[VALUE_WORD] = "word",
	[VALUE_WORDS] = "words",
};

void help_options(const struct cli_command *cmd)
{
	const struct cli_option *o;

	for (o = cmd->options; o->name; o++)
		printf("%c --%s %s %s\n", o->letter ? o->letter : '-', o->name,
		       o->arg || o->value ? values[o->value] : "none",
		       o->words ? o->words : "");
	printf("h --help none \n");
}
