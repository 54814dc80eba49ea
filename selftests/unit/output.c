// SPDX-License-Identifier: GPL-2.0-only
/*
 * The output layer: text against snprintf(), JSON against what jansson reads of it.
 * What is printed goes to a file, from a child.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "buffer.h"
#include "ktap.h"
#include "output.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static char printed[1 << 20];
static size_t length;

/* Have @print print; returns its exit status. */
static int print_to_file(int json, int (*print)(const void *arg), const void *arg)
{
	int fd = memfd_create("out", 0), status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		dup2(fd, STDOUT_FILENO);
		out_begin(json);
		_exit(print(arg));
	}
	waitpid(pid, &status, 0);
	length = pread(fd, printed, sizeof(printed) - 1, 0);
	printed[length] = '\0';
	close(fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* As a line of a test's result */
static const char *on_a_line(void)
{
	static char text[200];
	char *c;

	memcpy(text, printed, sizeof(text) - 1);
	for (c = text; *c; c++)
		if (*c == '\n' || *c == '#')
			*c = ' ';
	return text;
}

static json_t *parsed(void)
{
	json_error_t why;
	json_t *root = json_loads(printed, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);

	if (!root)
		printf("# %s at line %d column %d: %s\n", why.text, why.line,
		       why.column, on_a_line());
	return root;
}

/* Each conversion with each flag, on values at the edges */
#define TRY(fmt, ...) do {						\
	out_text(fmt "\n", __VA_ARGS__);				\
	expect += snprintf(expect, 4096, fmt "\n", __VA_ARGS__);	\
} while (0)

static char *shared;

static int print_formats(const void *arg)
{
	static const unsigned long values[] = {
		0, 1, 9, 10, 15, 16, 4095, 1u << 31, ~0u, 1ul << 63, ~0ul,
	};
	static const int widths[] = { 0, 1, 5, 20, 40, -1, -7, -40 };
	char *expect = shared;
	size_t i, w;

	(void)arg;
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		unsigned long v = values[i];

		TRY("a%lub%08lxc%lxd", v, v, v);
		TRY("%d|%ld|%08d|%-8d|%8ld", (int)v, (long)v, (int)v, (int)v, (long)v);
		TRY("%zu|%llx|%016llx|%04o|%o", (size_t)v, (unsigned long long)v,
		    (unsigned long long)v, (unsigned int)v, (unsigned int)v);
		for (w = 0; w < ARRAY_SIZE(widths); w++) {
			TRY("<%*lu><%*lx><%*d>", widths[w], v, widths[w], v,
			    widths[w], (int)v);
			TRY("<%0*lx><%-*lx>", abs(widths[w]), v, widths[w], v);
		}
	}
	for (w = 0; w < ARRAY_SIZE(widths); w++) {
		TRY("<%*s><%-*s><%c><%%>", widths[w], "n\303\251e", widths[w], "", 'x');
		TRY("<%*.*s><%.3s>", widths[w], 2, "abcdef", "ab");
		TRY("<%*.1f><%.6f><%12.0f>", widths[w], -1.25 * w, 1e9 / (w + 1), 0.5 + w);
	}
	return out_finish();
}

static void test_text(void)
{
	int status = print_to_file(0, print_formats, NULL);

	ktap_result(!status && length && !strcmp(printed, shared),
		    "text is what snprintf makes of it # %zu bytes", length);
}

static int print_long(const void *arg)
{
	size_t i;

	for (i = 0; i < 3; i++)
		out_text("%s%*s\n", (const char *)arg, 5000, "x");
	out_string(NULL, NULL, "%s", "end\n");
	return out_finish();
}

static void test_long(void)
{
	size_t n = 100000;
	char *text = malloc(n + 1);
	int status;

	memset(text, 'y', n);
	text[n] = '\0';
	status = print_to_file(0, print_long, text);
	ktap_result(!status && length == 3 * (n + 5001) + 4 &&
		    !strcmp(printed + length - 7, "  x\nend\n" + 1),
		    "text that is longer than the buffer # %zu", length);
	status = print_to_file(1, print_long, text);
	ktap_result(!status && !length, "text isn't in JSON");
	free(text);
}

/* As a key, as a value, and in an array, behind much else */
static int print_string(const void *arg)
{
	out_string("before", "\"", NULL);
	out_object("in");
	out_string("text", arg, NULL);
	out_array("list");
	out_string(NULL, arg, NULL);
	out_string(NULL, NULL, NULL);
	out_end();
	out_end();
	return out_finish();
}

static const char *string_in(json_t *root)
{
	return json_string_value(json_object_get(json_object_get(root, "in"), "text"));
}

static void test_bytes(void)
{
	char text[3] = "x", read[8];
	unsigned int byte, ok = 0;

	for (byte = 1; byte < 256; byte++) {
		json_t *root;

		text[1] = byte;
		strcpy(read, text);
		if (byte >= 0x80)
			snprintf(read, sizeof(read), "x\\%03o", byte);
		root = print_to_file(1, print_string, text) ? NULL : parsed();
		if (string_in(root) && !strcmp(string_in(root), read))
			ok++;
		else
			printf("# byte 0x%02x: %s\n", byte, on_a_line());
		json_decref(root);
	}
	ktap_result(ok == 255, "each byte in a string");
	print_to_file(1, print_string, "\x1b\n\x7f/");
	ktap_result(!!strstr(printed, "\"\\u001B\\n\x7f/\""),
		    "escapes are jansson's # %s", on_a_line());
}

static const struct {
	const char *text;
	const char *read;	/* NULL: the same */
	const char *name;
} strings[] = {
	{ "n\303\251e \344\270\255 \360\237\230\200", NULL, "UTF-8" },
	{ "\342\200\250\342\200\251", NULL, "U+2028 and U+2029" },
	{ "\360\237\230", "\\360\\237\\230", "cut off" },
	{ "\300\257", "\\300\\257", "too long a form" },
	{ "\355\240\200", "\\355\\240\\200", "a surrogate" },
	{ "\364\220\200\200", "\\364\\220\\200\\200", "beyond U+10FFFF" },
	{ "\377 \033", "\\377 \\033", "no UTF-8, with a control" },
	{ "\357\277\277", NULL, "U+FFFF" },
	{ "", NULL, "nothing" },
};

static void test_strings(void)
{
	static char long_one[3000];
	json_t *root;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(strings); i++) {
		const char *read = strings[i].read ? strings[i].read : strings[i].text;

		root = print_to_file(1, print_string, strings[i].text) ? NULL : parsed();
		ktap_result(string_in(root) && !strcmp(string_in(root), read),
			    "a string: %s", strings[i].name);
		json_decref(root);
	}
	for (i = 0; i + 1 < sizeof(long_one); i++)
		long_one[i] = i % 251 ? 'a' + i % 26 : '"';
	root = print_to_file(1, print_string, long_one) ? NULL : parsed();
	ktap_result(string_in(root) && !strcmp(string_in(root), long_one),
		    "a string: a long one");
	json_decref(root);
}

static const struct {
	const char *name;
	enum { UNSIGNED, SIGNED, REAL, SECONDS, HEX } as;
	__u64 number;
	double real;
	const char *printed;
} numbers[] = {
	{ "0", UNSIGNED, 0, 0, "0" },
	{ "2^63-1", UNSIGNED, ~0ULL >> 1, 0, "9223372036854775807" },
	{ "2^63", UNSIGNED, 1ULL << 63, 0, "9223372036854775808" },
	{ "~0", UNSIGNED, ~0ULL, 0, "18446744073709551615" },
	{ "-1", SIGNED, -1, 0, "-1" },
	{ "-2^63", SIGNED, 1ULL << 63, 0, "-9223372036854775808" },
	{ "6", SIGNED, 6, 0, "6" },
	{ "0", REAL, 0, 0, "0.0" },
	{ "-0.0001", REAL, 0, -0.0001, "0.0" },
	{ "0.1", REAL, 0, 0.1, "0.1" },
	{ "0.1 + 0.2", REAL, 0, 0.1 + 0.2, "0.3" },
	{ "-2.5", REAL, 0, -2.5, "-2.5" },
	{ "634.209941892714", REAL, 0, 634.209941892714, "634.21" },
	{ "1e300", REAL, 0, 1e300, "1e+300" },
	{ "-1e300", REAL, 0, -1e300, "-1e+300" },
	{ "NaN", REAL, 0, NAN, "null" },
	{ "infinity", REAL, 0, -INFINITY, "null" },
	{ "seconds", SECONDS, 11860000, 0, "0.01186" },
	{ "no seconds", SECONDS, 0, 0, "0.0" },
	{ "a day", SECONDS, 86400000000000, 0, "86400.0" },
	{ "104 days and more", SECONDS, 9007199254740993, 0, "9007199.254740993" },
	{ "0", HEX, 0, 0, "\"0x0\"" },
	{ "~0", HEX, ~0ULL, 0, "\"0xffffffffffffffff\"" },
};

static int print_number(const void *arg)
{
	size_t i = *(const size_t *)arg;

	switch (numbers[i].as) {
	case UNSIGNED:
		out_number("it", numbers[i].number, NULL);
		break;
	case SIGNED:
		out_signed("it", numbers[i].number, NULL);
		break;
	case REAL:
		out_real("it", numbers[i].real, NULL);
		break;
	case SECONDS:
		out_seconds("it", numbers[i].number, NULL);
		break;
	case HEX:
		out_hex("it", numbers[i].number, NULL);
	}
	return out_finish();
}

static void test_numbers(void)
{
	char expect[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		int status = print_to_file(1, print_number, &i);
		json_t *root;
		json_error_t why;

		/* Beyond 2^63 jansson has no integer. */
		root = json_loads(printed, JSON_DECODE_INT_AS_REAL, &why);
		snprintf(expect, sizeof(expect), "{\"it\": %s}\n", numbers[i].printed);
		ktap_result(!status && root && !strcmp(printed, expect),
			    "a number: %s # %s", numbers[i].name, on_a_line());
		json_decref(root);
	}
}

/* What is open is closed, and values without a key are for text alone. */
static int print_nested(const void *arg)
{
	(void)arg;
	out_number(NULL, 1, NULL);
	out_array("empty");
	out_end();
	out_stream("stream");
	out_number(NULL, 1, NULL);
	out_object(NULL);
	out_number(NULL, 2, NULL);
	out_object("none");
	out_end();
	out_array("a");
	out_null(NULL, NULL);
	out_bool(NULL, 1, NULL);
	return out_finish();
}

static int print_records(const void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 2; i++) {
		out_record();
		out_bool("b", i, NULL);
		out_end();
	}
	return out_finish();
}

static int print_nothing(const void *arg)
{
	(void)arg;
	return out_finish();
}

static void test_forms(void)
{
	json_t *root;

	print_to_file(1, print_nested, NULL);
	root = parsed();
	ktap_result(root && !strcmp(printed, "{\"empty\": [],\n \"stream\": [\n  1,\n"
				    "  {\"none\": {}, \"a\": [null, true]}\n ]}\n"),
		    "what is open is closed # %s", on_a_line());
	json_decref(root);
	print_to_file(1, print_records, NULL);
	ktap_result(!strcmp(printed, "{\"b\": false}\n{\"b\": true}\n"), "records # %s",
		    on_a_line());
	print_to_file(1, print_nothing, NULL);
	ktap_result(!length, "nothing");
}

/* A failure is known once the buffer is full, and what follows is dropped. */
static int print_full(const void *arg)
{
	int fd = open("/dev/full", O_WRONLY);
	unsigned long n;

	(void)arg;
	dup2(fd, STDOUT_FILENO);
	for (n = 0; !out_failed() && n < 1000000; n++)
		out_text("%063d\n", 0);
	return !(n > 0 && n <= BUFFER_SIZE / 64 + 1 && out_finish() == -ENOSPC);
}

static int print_lines(const void *arg)
{
	(void)arg;
	out_line_by_line();
	out_text("a %s\n", "line");
	out_text("part");
	/* The rest is lost with the process. */
	return 0;
}

static void test_writing(void)
{
	ktap_result(!print_to_file(0, print_full, NULL), "a write that fails is known soon");
	print_to_file(0, print_lines, NULL);
	ktap_result(!strcmp(printed, "a line\n"), "line by line # %s", on_a_line());
}

int main(void)
{
	/* The child fills it. */
	shared = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ktap_plan(1 + 2 + 2 + ARRAY_SIZE(strings) + 1 + ARRAY_SIZE(numbers) + 3 + 2);
	test_text();
	test_long();
	test_bytes();
	test_strings();
	test_numbers();
	test_forms();
	test_writing();
	return ktap_end();
}
