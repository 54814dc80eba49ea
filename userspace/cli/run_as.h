/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose rights a command that is run has. */
#ifndef RUN_AS_H
#define RUN_AS_H

/* The argument of --user: NULL if there is such a user, else why not. */
const char *run_as(const char *user);
/* May this process become that user? Returns an exit status, having printed why not. */
int run_as_check(void);
/* In the child that becomes the command: be that user, if one was chosen. 0 or -errno */
int run_as_become(void);
/* The user that was chosen; NULL if none was */
const char *run_as_name(void);
/* Print a note, to standard error, if it ran as root only because mmuinspect does. */
void run_as_note(void);

#define OPTION_USER { "user", 'u', "USER", \
	"the user that COMMAND runs as: a name or a number", run_as, \
	.value = VALUE_USER }

#endif
