/* SPDX-License-Identifier: GPL-2.0-only */
/* What there is: the commands, a command's options, and both for completion. */
#ifndef HELP_H
#define HELP_H

#include <stddef.h>
#include <stdio.h>

struct cli_command;

/* The commands, a line each */
void help_commands(FILE *to, const struct cli_command *const *command, size_t n);

/* Usage, description and options of a command, as wide as the terminal is */
void help_command(const struct cli_command *cmd);

/*
 * An option a line, for completion: "LETTER --NAME KIND WORD...", with '-' for an
 * option that has no letter, and what its value is (enum cli_value, or "none").
 */
void help_options(const struct cli_command *cmd);

#endif
