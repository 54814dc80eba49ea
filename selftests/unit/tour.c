// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmuinspect tour, on a device that isn't there: which steps, what is waited for,
 * and what becomes of one that isn't as predicted or can't be shown.
 */
#include <string.h>

#include "ktap.h"
#include "run_cli.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* One line on standard error, nothing on standard output. */
static const struct {
	const char *fake;
	const char *args;
	int status;
	const char *says;
} wrong[] = {
	{ "", "tour levles", 2, "did you mean \"levels\"?" },
	{ "", "tour levels xyzzy", 2, "there are segments, levels, sizes" },
	{ "", "tour --list levles", 2, "did you mean \"levels\"?" },
	{ "", "tour --noninteractive", 2, "did you mean \"non-interactive\"?" },
	{ "", "tour --non-interactive=1", 2, "takes no value" },
	{ "", "tour -p 1", 2, "unknown option -p" },
	{ "open=2", "tour -n", 1, "isn't loaded" },
	{ "open=13", "tour -n", 1, "/dev/mmuinspect: " },
	{ "abi=2", "tour -n levels", 1, "ABI 2, this mmuinspect ABI 1" },
};

/* Parts of what goes to standard output, and what must not be in it. */
static const struct {
	const char *fake;
	const char *args;
	int status;
	const char *says;
	const char *not;
} right[] = {
	{ "open=2", "tour --help", 0, "-n, --non-interactive    don't wait", NULL },
	{ "open=2", "tour --list", 0, "demand-zero     A fault and its mending", NULL },
	/* The made-up tables have nothing where this process has its memory. */
	{ "", "tour -n levels", 3, "NOT SO  two addresses, one physical address",
	  "not here" },
	{ "", "tour -n levels", 3, "1 shown, 1 of them not as predicted\n", "Enter" },
	{ "hidden=1", "tour -n levels", 1,
	  "not here: walk: needs CAP_SYS_ADMIN", "all as predicted" },
	{ "hidden=1", "tour -n shootdown kpti pkeys", 1,
	  "0 shown; 3 can't be shown here\n", NULL },
	{ "walk=12", "tour -n levels", 1, "not here: walk: Cannot allocate memory",
	  NULL },
	/* In the order of the story, each once */
	{ "hidden=1", "tour -n sizes levels levels", 1, "2. Page sizes",
	  "3. " },
	/* Input that has ended answers nothing: all steps. A line goes on, a q ends. */
	{ "hidden=1", "tour levels sizes cr3 </dev/null", 1, "0 shown; 3 can't",
	  "Enter" },
	{ "hidden=1", "tour levels sizes cr3 </proc/version", 1,
	  "0 shown; 3 can't", "Enter" },
	{ "hidden=1", "tour levels sizes cr3 <<E\nquit\nE\n", 1, "0 shown; 1 can't", "2. " },
	{ "refuse=129,levels=1", "tour -n cr3", 1, "not here: CR3: the kernel is locked down",
	  "0x0" },
	{ "hidden=1", "tour --json levels sizes </dev/null", 1,
	  "\"not_here\": 2", "Enter" },
};

static void test_text(void)
{
	size_t i;
	int status;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		status = cli(wrong[i].fake, wrong[i].args);
		ktap_result(status == wrong[i].status && !*out &&
			    is_error(err, wrong[i].says), "refuses %s with %s # %d %.*s",
			    wrong[i].args, *wrong[i].fake ? wrong[i].fake : "nothing wrong",
			    status, (int)strcspn(err, "\n"), err);
	}
	for (i = 0; i < ARRAY_SIZE(right); i++) {
		status = cli(right[i].fake, right[i].args);
		ktap_result(status == right[i].status && !*err &&
			    strstr(out, right[i].says) &&
			    !(right[i].not && strstr(out, right[i].not)),
			    "%s with %s # %d %.*s", right[i].args,
			    *right[i].fake ? right[i].fake : "nothing", status,
			    (int)strcspn(err, "\n"), err);
	}
}

static void test_json(void)
{
	int status = cli("", "tour -j levels");
	json_t *root = parse();
	json_t *step = json_array_get(json_object_get(root, "steps"), 0);
	json_t *check = json_array_get(json_object_get(step, "checks"), 1);

	ktap_result(status == 3 && is_text(step, "name", "levels") &&
		    json_is_true(json_object_get(step, "shown")) &&
		    json_is_false(json_object_get(step, "ok")) && is_null(step, "why") &&
		    json_is_object(json_object_get(step, "facts")) &&
		    json_is_false(json_object_get(check, "ok")),
		    "tour --json: a step that isn't as predicted");
	json_decref(root);
	status = cli("hidden=1", "tour -j levels");
	root = parse();
	step = json_array_get(json_object_get(root, "steps"), 0);
	ktap_result(status == 1 && json_is_false(json_object_get(step, "shown")) &&
		    is_null(step, "ok") && json_is_string(json_object_get(step, "why")) &&
		    is_number(json_object_get(root, "summary"), "not_here", 1),
		    "tour --json: a step that can't be shown");
	json_decref(root);
	status = cli("open=2", "tour -j -l");
	root = parse();
	ktap_result(!status && json_array_size(json_object_get(root, "steps")) == 11,
		    "tour --json --list");
	json_decref(root);
}

int main(int argc, char **argv)
{
	(void)argc;
	cli_begin(argv[0]);
	ktap_plan(3 + ARRAY_SIZE(wrong) + ARRAY_SIZE(right));
	test_text();
	test_json();
	return ktap_end();
}
