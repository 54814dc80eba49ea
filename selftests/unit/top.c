// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmuinspect top --batch, on processes that are there and counts that aren't; the
 * screen is in screen.c.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "ktap.h"
#include "run_cli.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *fake;
	const char *args;
	int status;
	const char *says;
} wrong[] = {
	{ "", "top </dev/null", 2, "this isn't a terminal: say --batch" },
	{ "", "top -b -s fault", 2, "did you mean \"faults\"?" },
	{ "", "top -b -I 0", 2, "not a number from 1" },
	{ "", "top -b -n x", 2, "not a number from 1" },
	{ "", "top -b -f aaaaaaaaaaaaaaaa", 2, "longer than a process's name" },
	{ "", "top -b 12", 2, "unexpected argument \"12\"" },
	{ "family=2", "top -b", 1, "the module isn't loaded" },
	{ "counting=1", "top -b", 1, "top: needs CAP_SYS_ADMIN" },
	{ "full=5", "top -b", 1, "top: Input/output error" },
	{ "take=12", "top -b", 1, "top: Cannot allocate memory" },
	{ "", "top -b -I 20 > /dev/full", 1, "standard output: No space left" },
	{ "", "top -j -I 20 > /dev/full", 1, "standard output: No space left" },
};

static void test_wrong(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		int status = cli(wrong[i].fake, wrong[i].args);

		ktap_result(status == wrong[i].status && !*out &&
			    is_error(err, wrong[i].says), "%s with %s # %d %.*s",
			    wrong[i].args, wrong[i].fake, status,
			    (int)strcspn(err, "\n"), err);
	}
}

static int longest_line(const char *text)
{
	int longest = 0, n;

	for (; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		if (n > longest)
			longest = n;
	}
	return longest;
}

static int count(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

/* This process has a name that no other has. */
static void test_table(void)
{
	/* ESRCH, ENXIO, ENOMEM, EINVAL, EOPNOTSUPP */
	static const int refusals[] = { 3, 6, 12, 22, 95 };
	char fake[16];
	int status;
	size_t i;

	prctl(PR_SET_NAME, "a (very) odd\tn");
	status = cli("", "top -b -n 2 -I 20 -f odd");
	ktap_result(!status && !*err, "two tables # %d %s", status, err);
	ktap_result(count(out, "FAULT/s") == 2, "headings of each");
	ktap_result(count(out, "a (very) odd") == 2, "the process in each");
	ktap_result(!strchr(out, '\t'), "nothing that upsets a terminal");
	ktap_result(longest_line(out) < 80, "80 columns # %d", longest_line(out));
	ktap_result(strstr(out, " - ") != NULL, "what isn't known is -");
	status = cli("many=2000", "top -b -n 1 -I 20");
	ktap_result(!status && longest_line(out) < 80 && strstr(out, "k faults/s"),
		    "80 columns for large rates # %d", longest_line(out));
	status = cli("full=23", "top -b -n 1 -I 20");
	ktap_result(!status && strstr(out, "others use up the watches") &&
		    longest_line(out) < 80, "others use up the watches");
	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		snprintf(fake, sizeof(fake), "full=%d", refusals[i]);
		status = cli(fake, "top -b -n 2 -I 20 -f odd");
		ktap_result(!status && !*err && count(out, "a (very) odd") == 2 &&
			    !strstr(out, "use up"), "without a watch for errno %d # %s",
			    refusals[i], err);
	}
	status = cli("", "top -b -n 1 -I 20 -f nobodyhasthis");
	ktap_result(!status && count(out, "\n") == 3, "an empty table");
}

/* A JSON object a line */
/* A character is a column, whatever its bytes. */
static void test_utf8(void)
{
	const char *at, *end;
	int status;

	prctl(PR_SET_NAME, "n\303\251e\302\233x");
	status = cli("", "top -b -n 1 -I 20 -f n\303\251e");
	at = strstr(out, " n\303\251e\\302\\233x ");
	end = at ? at + strcspn(at, "\n") : NULL;
	ktap_result(!status && at, "a name in UTF-8");
	ktap_result(at && end - at == 78 - 7 + 1, "and what is behind it # %d",
		    at ? (int)(end - at) : 0);
}

static void test_json(void)
{
	json_t *root, *processes, *one;
	json_int_t pid;
	char *end;
	int status;

	status = cli("", "top -j -n 2 -I 20 -f odd");
	end = strchr(out, '\n');
	ktap_result(!status && end && count(out, "\n") == 2, "two lines");
	root = json_loadb(out, end ? end - out : 0, 0, NULL);
	processes = json_object_get(root, "processes");
	one = json_array_get(processes, 0);
	ktap_result(json_array_size(processes) == 1, "the process alone");
	pid = json_integer_value(json_object_get(one, "pid"));
	ktap_result(pid == getpid(), "its PID");
	ktap_result(json_is_real(json_object_get(one, "faults")) &&
		    json_is_real(json_object_get(one, "major")), "rates of faults");
	ktap_result(json_object_get(one, "flushes") != NULL &&
		    json_object_get(one, "pages") != NULL, "flushes and pages");
	ktap_result(json_real_value(json_object_get(root, "received")) > 0 &&
		    json_real_value(json_object_get(root, "requested")) > 0,
		    "flushes of the machine");
	json_decref(root);
}

int main(int argc, char **argv)
{
	(void)argc;
	strcpy(here, dirname(argv[0]));
	ktap_plan(ARRAY_SIZE(wrong) + 9 + 5 + 6 + 2);
	test_wrong();
	test_table();
	test_json();
	test_utf8();
	return ktap_end();
}
