/* SPDX-License-Identifier: GPL-2.0-only */
/* Run the command line on a device that isn't there, and look at what it says. */
#ifndef RUN_CLI_H
#define RUN_CLI_H

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

/* Where this program is, the CLI is. */
static char here[4096];
static char out[1 << 20], err[1 << 16];

static inline void read_all(FILE *f, char *buf, size_t size)
{
	rewind(f);
	buf[fread(buf, 1, size - 1, f)] = '\0';
	fclose(f);
}

/* Run "FAKE=fake mmuinspect args"; returns the exit status, -1 after a signal. */
static inline int cli(const char *fake, const char *args)
{
	FILE *o = tmpfile(), *e = tmpfile();
	char command[8192];
	int status;
	pid_t pid;

	snprintf(command, sizeof(command), "exec %s/mmuinspect %s", here, args);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		setenv("FAKE", fake, 1);
		/* An endless loop is a failure too. */
		setrlimit(RLIMIT_FSIZE, &(struct rlimit) { 1 << 24, 1 << 24 });
		alarm(100);
		dup2(fileno(o), STDOUT_FILENO);
		dup2(fileno(e), STDERR_FILENO);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	read_all(o, out, sizeof(out));
	read_all(e, err, sizeof(err));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* One line, which begins as errors do and says @what. */
static inline int is_error(const char *text, const char *what)
{
	const char *end = strchr(text, '\n');

	return !strncmp(text, "mmuinspect: ", 12) && end && !end[1] &&
	       strstr(text, what);
}

static inline void cli_begin(char *argv0)
{
	snprintf(here, sizeof(here), "%s", dirname(argv0));
}

/* Parse standard output; the caller owns the reference. */
static inline json_t *parse(void)
{
	json_error_t why;
	json_t *root = json_loads(out, JSON_REJECT_DUPLICATES, &why);

	if (!root)
		printf("# %s at line %d\n", why.text, why.line);
	return root;
}

static inline int is_text(const json_t *object, const char *key, const char *value)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s && !strcmp(s, value);
}

static inline int is_number(const json_t *object, const char *key, json_int_t value)
{
	const json_t *n = json_object_get(object, key);

	return json_is_integer(n) && json_integer_value(n) == value;
}

static inline int is_null(const json_t *object, const char *key)
{
	return json_is_null(json_object_get(object, key));
}

#endif
