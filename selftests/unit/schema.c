// SPDX-License-Identifier: GPL-2.0-only
/*
 * One schema a noun: the JSON of all commands, as it is recorded in golden/recorded,
 * of tour and probe, against a table of keys and their forms. A key that isn't in the
 * table has one JSON type wherever it is.
 */

#include <ctype.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ktap.h"
#include "run_cli.h"

#define ROWS(a) (sizeof(a) / sizeof(*(a)))

static int is_hex(const json_t *value)
{
	const char *s = json_string_value(value);

	/* Shortest: "0x4", not "0x04" */
	return s && !strncmp(s, "0x", 2) && s[2] && (s[2] != '0' || !s[3]) &&
	       strspn(s + 2, "0123456789abcdef") == strlen(s + 2);
}

static int is_count(const json_t *value)
{
	return json_is_integer(value);
}

static int is_seconds(const json_t *value)
{
	return json_is_number(value);
}

static int is_flag(const json_t *value)
{
	return json_is_boolean(value);
}

static int is_word(const json_t *value)
{
	return json_is_string(value) && !is_hex(value);
}

static int is_string(const json_t *value)
{
	return json_is_string(value);
}

/* "660f38" */
static int is_bytes(const json_t *value)
{
	const char *s = json_string_value(value);

	return s && *s && strlen(s) % 2 == 0 &&
	       strspn(s, "0123456789abcdef") == strlen(s);
}

static int is_signal(const json_t *value)
{
	const char *s = json_string_value(value);

	return s && !strncmp(s, "SIG", 3);
}

/* "SEGV_MAPERR", "SI_KERNEL" */
static int is_code(const json_t *value)
{
	const char *s = json_string_value(value);

	return s && isupper((unsigned char)*s) && strchr(s, '_');
}

static int is_permissions(const json_t *value)
{
	const char *s = json_string_value(value);

	return s && strlen(s) == 4 && strspn(s, "rwxps-") == 4;
}

static int is_object(const json_t *value)
{
	return json_is_object(value);
}

static int is_codes(const json_t *value)
{
	const char *key;
	json_t *v;
	int good = json_is_object(value);

	json_object_foreach((json_t *)value, key, v) {
		/* Not json_string(), whose name the command has taken. */
		json_t *name = json_pack("s", key);

		good &= is_hex(name);
		json_decref(name);
	}
	return good;
}

static int never(const json_t *value)
{
	(void)value;
	return 0;
}

/* Each may be null: it isn't known, or there is none. */
static const struct noun {
	const char *key;
	int (*is)(const json_t *value);
	const char *form;
} nouns[] = {
	{ "signal", is_signal, "the name of a signal, as SIGSEGV" },
	{ "signal_number", is_count, "a number" },
	{ "code", is_code, "the name of an si_code, as SEGV_MAPERR" },
	{ "si_code", is_count, "a number" },
	{ "signal_address", is_hex, "hex" },
	{ "vector", is_count, "a number" },
	{ "exception", is_word, "a name, as #PF" },
	{ "error_code", is_hex, "hex, the shortest" },
	{ "error_code_unknown", is_hex, "hex, the shortest" },
	{ "frame_error_code", is_hex, "hex, the shortest" },
	{ "error_codes", is_codes, "an object by error codes in hex, the shortest" },
	{ "error", is_word, "words" },
	{ "bytes", is_bytes, "bytes of code in hex, without blanks" },
	{ "size", is_count, "a number of bytes" },
	{ "page_size", is_count, "a number of bytes" },
	{ "pid", is_count, "a number" },
	{ "tid", is_count, "a number" },
	{ "cpu", is_count, "a number" },
	{ "comm", is_string, "a process's name" },
	{ "name", is_string, "a string" },
	{ "seconds", is_seconds, "a duration" },
	{ "time_ns", is_count, "a moment" },
	{ "emulator", is_flag, "a bool" },
	{ "present", is_flag, "a bool" },
	{ "outcome", is_word, "signal, emulated or fixup" },
	{ "rights", is_object, "an object of bools" },
	{ "permissions", is_permissions, "four letters, as r-xp" },
	{ "address", is_hex, "hex" },
	{ "ip", is_hex, "hex" },
	{ "sp", is_hex, "hex" },
	{ "start", is_hex, "hex" },
	{ "end", is_hex, "hex" },
	{ "entry", is_hex, "hex" },
	{ "base", is_hex, "hex" },
	{ "mask", is_hex, "hex" },
	{ "dpl", is_count, "a number" },
	{ "level", is_count, "a number" },
	{ "level_name", is_word, "a name" },
	/* Other names for these */
	{ "elapsed", never, "seconds" },
	{ "elapsed_spread", never, "seconds_spread" },
	{ "emulated", never, "emulator" },
	{ "p", never, "present" },
	{ "number", never, "signal_number" },
	{ "si_addr", never, "signal_address" },
	{ "si_code_name", never, "code" },
	{ "errorcode", never, "error_code" },
	{ "command_name", never, "comm" },
};

/* Keys that are names of what varies: fields, registers, figures by their class */
static const char *const by_name[] = {
	"fields", "registers", "features", "bits", "may_load", "faults", "states",
	"outcomes", "signals", "requests", "requests_pages", "flushes", "flushes_pages",
	"latency",
};

/* What a key has meant for long in two commands */
static const char *const two[] = {
	"mapping",	/* its name; all of it */
	"differs",	/* of one register; of all that do */
	"levels",	/* how many; those of a walk */
	"fields",	/* values by name; what is known of each */
	"faults",	/* by class; a rate */
	"kernel",	/* what it counts; what it did; what it may load */
	"user",		/* whether it was user mode; what it may load */
	"where",	/* tables and CPUs; of a finding, words */
	"table",	/* physical address of one; GDT or LDT */
	"registers",	/* all that are known; values by name */
	"features",	/* of a CPU, their names; by name */
	"flushes",	/* by reason; a rate */
	"pages",	/* how many; by size */
	"frame",
	"detail",	/* of a CPUID leaf, hex; of a cause, words */
	"ist",		/* a gate's; all of a TSS */
	"events",
	"shown",	/* whether a step was; how many were */
	"first",	/* of a range of pages; of ports, hex */
	"last",
	"entries",	/* of a TLB, how many; of tables */
	"probes",
	"meaning",
};

#define KEYS_MAX 1024

static struct {
	char key[48];
	json_type type;
	char first[64];
} known[KEYS_MAX];
static size_t n_known;
static const char *command;
static int bad;

static int is_in(const char *const *list, size_t n, const char *key)
{
	size_t i;

	for (i = 0; i < n && strcmp(list[i], key); )
		i++;
	return i < n;
}

static void complain(const char *key, const json_t *value, const char *form)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

	if (bad++ < 60)
		printf("# %.100s: \"%s\" is %.80s: expected %s\n", command, key, text, form);
	free(text);
}

static json_type type_of(const json_t *value)
{
	/* An integer is a number, too. */
	return json_is_number(value) ? JSON_REAL : json_is_boolean(value) ? JSON_TRUE :
	       json_typeof(value);
}

static void check_type(const char *key, const json_t *value)
{
	size_t i;

	if (is_in(two, ROWS(two), key))
		return;
	for (i = 0; i < n_known && strcmp(known[i].key, key); )
		i++;
	if (i == KEYS_MAX) {
		complain(key, value, "a larger KEYS_MAX");
	} else if (i == n_known) {
		snprintf(known[i].key, sizeof(known[i].key), "%s", key);
		snprintf(known[i].first, sizeof(known[i].first), "%s", command);
		known[i].type = type_of(value);
		n_known++;
	} else if (known[i].type != type_of(value)) {
		char form[128];

		snprintf(form, sizeof(form), "the type of %s", known[i].first);
		complain(key, value, form);
	}
}

static void check(const json_t *value);

static void check_member(const char *key, const json_t *value)
{
	size_t i;

	if (json_is_null(value))
		return;
	for (i = 0; i < ROWS(nouns) && strcmp(nouns[i].key, key); )
		i++;
	if (i < ROWS(nouns)) {
		if (!nouns[i].is(value))
			complain(key, value, nouns[i].form);
	} else {
		check_type(key, value);
	}
	if (!json_is_object(value) || !is_in(by_name, ROWS(by_name), key))
		check(value);
}

static void check(const json_t *value)
{
	const char *key;
	size_t i;
	json_t *v;

	json_object_foreach((json_t *)value, key, v)
		check_member(key, v);
	json_array_foreach(value, i, v)
		check(v);
}

/* One document or many, one behind the other */
static size_t check_text(const char *text, size_t len)
{
	json_error_t error;
	size_t n = 0;
	json_t *root;

	while (len && isspace((unsigned char)*text))
		text++, len--;
	while (len) {
		root = json_loadb(text, len, JSON_DISABLE_EOF_CHECK, &error);
		if (!root) {
			bad++;
			printf("# %.200s: %s\n", command, error.text);
			break;
		}
		check(root);
		json_decref(root);
		n++;
		text += error.position;
		len -= error.position;
		while (len && isspace((unsigned char)*text))
			text++, len--;
	}
	return n;
}

/* A record of golden/run: "$ COMMAND", what it printed, "! " and "= " */
static void check_record(const char *path)
{
	char *line = NULL, *text = malloc(1 << 22), *name = strdup("");
	size_t size = 0, len = 0, n = 0;
	FILE *f = fopen(path, "re");
	ssize_t got;

	while (f && (got = getline(&line, &size, f)) > 0) {
		if (strchr("!=", *line) || len + got > 1 << 22) {
			if (strstr(name, " --json"))
				n += check_text(text, len);
			len = 0;
		} else if (*line == '$') {
			free(name);
			name = strdup(strstr(line, "mmuinspect") ?: line);
			name[strcspn(name, "\n")] = '\0';
			command = name;
			len = 0;
		} else {
			memcpy(text + len, line, got);
			len += got;
		}
	}
	if (f)
		fclose(f);
	ktap_result(f && !bad && (n || strstr(path, "-text")), "%s: %zu documents",
		    strrchr(path, '/') + 1, n);
	bad = 0;
	command = NULL;
	free(line);
	free(text);
	free(name);
}

/* Beside this program is a link to golden/run. */
static const char *recorded(void)
{
	static char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 32);
	char *real;

	path[len < 0 ? 0 : len] = '\0';
	strcpy(strrchr(path, '/') ?: path, "/golden");
	real = realpath(path, NULL);
	if (!real)
		return NULL;
	snprintf(path, sizeof(path), "%.*s/recorded", (int)(strrchr(real, '/') - real), real);
	free(real);
	return path;
}

static int is_visible(const struct dirent *entry)
{
	/* Numbers of these are replaced in the record: they are run. */
	return entry->d_name[0] != '.' && !strstr(entry->d_name, "-timed") &&
	       !strstr(entry->d_name, "-text");
}

/* What isn't recorded, because it differs from run to run */
static const struct {
	const char *fake;
	const char *args;
} live[] = {
	{ "cpuid=1", "tlb --json" },
	{ "cpuid=1,amd=1", "tlb --json" },
	{ "lost=3", "stat --json -a -m true" },
	{ "matrix=95,lacks=8", "stat --json -a -O -l -m true" },
	{ "", "stat --json -r 3 true" },
	{ "calls=4,lost=1", "monitor --json -I 20" },
	{ "calls=4", "top --json --batch -n 2 -I 20" },
	{ "", "probe --json --list" },
	{ "", "tour --json -n levels" },
	{ "", "explain --json -- true" },
	{ "", "explain --json -- sh -c \"kill -SEGV \\$\\$\"" },
};

int main(int argc, char **argv)
{
	(void)argc;
	const char *dir = recorded();
	struct dirent **entry = NULL;
	int n = dir ? scandir(dir, &entry, is_visible, alphasort) : 0, i;
	char path[4400];
	size_t k, got;

	cli_begin(argv[0]);
	ktap_plan((n > 0 ? n : 0) + ROWS(live) + 1);
	ktap_result(n >= 9, "%d records in %s", n, dir ?: "no directory");
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry[i]->d_name);
		check_record(path);
		free(entry[i]);
	}
	free(entry);
	for (k = 0; k < ROWS(live); k++) {
		cli(live[k].fake, live[k].args);
		command = live[k].args;
		bad = 0;
		got = check_text(out, strlen(out));
		ktap_result(got && !bad, "%s: %zu documents", live[k].args, got);
	}
	return ktap_end();
}
