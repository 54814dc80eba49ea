// SPDX-License-Identifier: GPL-2.0-only
/* --ready-fd: once, when counting has begun and before the command has. */
#include "ktap.h"
#include "run_cli.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A process that lives for a while */
#define SLEEPER "$(sleep 0.5 >/dev/null & echo $!)"

static const struct {
	const char *name;
	const char *args;	/* standard output is what comes through the descriptor */
	int status;
	const char *out;
	const char *err;	/* a part of it */
} rows[] = {
	{ "stat: before the command", "stat -o /dev/null --ready-fd 9 -- echo x 9>&1", 0,
	  "ready\nx\n", "" },
	{ "stat: the command doesn't inherit it",
	  "stat -o /dev/null --ready-fd 9 -- sh -c 'exec 2>/dev/null; : >&9' 9>&1", 2,
	  "ready\n", "" },
	{ "stat: once for all runs", "stat -r 3 -o /dev/null --ready-fd 9 -- echo x 9>&1", 0,
	  "ready\nx\nx\nx\n", "" },
	{ "stat -p", "stat -o /dev/null --ready-fd 9 -p " SLEEPER " 9>&1", 0, "ready\n", "" },
	{ "monitor -p", "monitor -I 10 --ready-fd 9 -p " SLEEPER " 9>&1 >/dev/null", 0,
	  "ready\n", "" },
	{ "monitor -f", "monitor -f --ready-fd 9 -p " SLEEPER " 9>&1 >/dev/null", 0,
	  "ready\n", "" },
	{ "top", "top -b -I 1 -n 2 --ready-fd 9 9>&1 >/dev/null", 0, "ready\n", "" },
	{ "closed", "stat --ready-fd 9 true 9>&-", 2, "", "not an open file descriptor" },
	{ "standard output", "stat --ready-fd 1 true", 2, "", "not an open file descriptor" },
	{ "no number", "top -b --ready-fd x", 2, "", "not a number" },
	{ "a full disk ends top", "top -b -I 1 -n 1 --ready-fd 9 9>/dev/full", 1, "",
	  "--ready-fd 9: No space left" },
	{ "a full disk doesn't change the command's status",
	  "stat -o /dev/null --ready-fd 9 -- sh -c 'exit 4' 9>/dev/full", 4, "",
	  "--ready-fd 9: No space left" },
};

int main(int argc, char **argv)
{
	size_t i;
	int status;

	(void)argc;
	cli_begin(argv[0]);
	ktap_plan(ARRAY_SIZE(rows));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		status = cli("", rows[i].args);
		if (strcmp(out, rows[i].out) || !strstr(err, rows[i].err))
			printf("# out %s, err %s", out, err);
		ktap_result(status == rows[i].status && !strcmp(out, rows[i].out) &&
			    strstr(err, rows[i].err), "%s # %d", rows[i].name, status);
	}
	return ktap_end();
}
