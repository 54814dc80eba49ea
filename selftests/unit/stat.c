// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmuinspect stat and mmuinspect monitor on fake/counting.c: exit statuses, which
 * stream gets what, signals, and what the figures are.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
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
	{ "", "stat", 2, "nothing to count" },
	{ "", "stat -p 1 -a", 2, "-p or -a" },
	{ "", "stat -m true", 2, "--matrix is about the whole machine" },
	{ "", "stat -p 1 -m", 2, "--matrix is about the whole machine" },
	{ "", "stat -a -r 2", 2, "--repeat runs a command" },
	{ "", "stat -r 2 -I 10 true", 2, "--interval or --repeat" },
	{ "", "stat -a -m -r 2 true", 2, "--matrix or --repeat" },
	{ "", "stat -r 0 true", 2, "not a number from 1" },
	{ "", "stat -I 1s true", 2, "--interval 1s: not a number" },
	{ "", "stat -I -5 true", 2, "not a number" },
	{ "", "stat -p abc", 2, "not a process ID" },
	{ "", "stat --outcmes true", 2, "did you mean \"outcomes\"?" },
	{ "", "stat -p 4194304", 1, "PID 4194304: no such process" },
	{ "", "stat -p 2", 1, "PID 2: " },
	{ "family=2", "stat true", 1, "the module isn't loaded" },
	{ "sources=95", "stat true", 1, "update the module" },
	{ "sources=5", "stat true", 1, "Input/output error" },
	{ "counting=1", "stat true", 1, "needs CAP_SYS_ADMIN" },
	{ "counting=1", "stat -a true", 1, "counting: needs CAP_SYS_ADMIN" },
	{ "counting=24", "stat true", 1, "too many processes are watched already" },
	{ "matrix=12", "stat -a -m true", 1, "counting: Cannot allocate memory" },
	{ "take=12", "stat true", 1, "Cannot allocate memory" },
	{ "", "stat -o /dev/nowhere/file true", 1, "/dev/nowhere/file: No such" },
	{ "", "stat -o /dev/full true", 1, "/dev/full: No space left" },
	{ "", "stat -o /dev/full sh -c 'exit 3'", 3, "/dev/full: No space left" },
	{ "", "stat -a -I 20 -o /dev/full", 1, "/dev/full: No space left" },
	{ "", "stat -j -a -I 20 > /dev/full", 1, "standard output: No space left" },
	{ "take=2", "stat sh -c 'exit 5'", 1, "the module was unloaded meanwhile" },
	{ "", "stat nosuchcommand", 127, "nosuchcommand: No such file" },
	{ "", "stat -r 3 nosuchcommand", 127, "nosuchcommand: No such file" },
	{ "", "stat -a nosuchcommand", 127, "nosuchcommand: No such file" },
	{ "", "stat -j nosuchcommand", 127, "nosuchcommand: No such file" },
	{ "", "stat /etc/passwd", 126, "/etc/passwd: Permission denied" },
	{ "", "stat /", 126, "/: Permission denied" },
	{ "", "monitor 5", 2, "unexpected argument \"5\"" },
	{ "", "monitor -p 0", 2, "not a process ID" },
	{ "", "monitor -t fautls", 2, "did you mean \"faults\"?" },
	{ "", "monitor -t latency", 2, "unknown source of counts \"latency\": there are faults, states" },
	{ "", "monitor -t faults,,", 2, "unknown source of counts \"\"" },
	{ "", "monitor -f -I 100", 2, "--interval is about counts" },
	{ "", "monitor -I 20 > /dev/full", 1, "standard output: No space left" },
	{ "", "monitor -f -t PFF", 2, "did you mean \"PF\"?" },
	{ "", "monitor -f -t PF,SIGSEVG", 2, "did you mean \"SIGSEGV\"?" },
	{ "", "monitor -p 1 -t flushes", 2, "flushes are the machine's" },
	{ "", "monitor -p 4194304", 1, "no such process" },
	{ "", "monitor -f -p 4194304", 1, "no such process" },
	{ "counting=1", "monitor", 1, "needs CAP_SYS_ADMIN" },
	{ "events=1", "monitor -f", 1, "events: they need CAP_SYS_ADMIN and CAP_SYS_RAWIO" },
	{ "events=95", "monitor -f", 1, "this kernel, or this module" },
	{ "family=2", "monitor -f", 1, "the module isn't loaded" },
	{ "namespace=1", "monitor -f -p $$", 1, "the initial PID namespace's numbers" },
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

/* The command's exit status is ours, and what it prints is all there is. */
static const struct {
	const char *args;
	int status;
	const char *out;
} statuses[] = {
	{ "stat true", 0, "" },
	{ "stat -- false", 1, "" },
	{ "stat sh -c 'exit 3'", 3, "" },
	{ "stat sh -c 'kill -TERM $$'", 143, "" },
	{ "stat -- sh -c 'kill -SEGV $$'", 139, "" },
	{ "stat echo -a -p -j", 0, "-a -p -j\n" },
	{ "stat -- echo -- -r", 0, "-- -r\n" },
	{ "stat -r 3 echo x", 0, "x\nx\nx\n" },
	{ "stat -r 2 sh -c 'exit 4'", 4, "" },
	{ "stat -a echo y", 0, "y\n" },
	{ "stat -p $PPID sh -c 'echo z; exit 5'", 5, "z\n" },
	{ "stat -I 1000000 echo v", 0, "v\n" },
	{ "stat -o /dev/null echo u", 0, "u\n" },
	{ "stat -j -o /dev/null echo t", 0, "t\n" },
	{ "stat cat < /etc/hostname | cmp -s - /etc/hostname && echo same", 0, "same\n" },
};

static void test_statuses(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		int status = cli("", statuses[i].args);

		ktap_result(status == statuses[i].status &&
			    !strcmp(out, statuses[i].out) &&
			    (strstr(statuses[i].args, "-o ") || strstr(err, "Counts of")),
			    "%s: %d # %d", statuses[i].args, statuses[i].status, status);
	}
}

/* A part of what goes to standard error. */
static const struct {
	const char *fake;
	const char *args;
	const char *says;
} texts[] = {
	{ "", "stat true", "Counts of \"true\" and its children: 0." },
	{ "", "stat sh -c 'exit 0'", "Counts of \"sh -c exit 0\" and its children" },
	{ "", "stat true 'n\303\251e' '\344\270\255'",
	  "Counts of \"true n\303\251e \344\270\255\" and" },
	/* Controls; what is cut off, too long a form, a surrogate */
	{ "", "stat true '\033\302\233\342\200\256'",
	  "\"true \\033\\302\\233\\342\\200\\256\"" },
	{ "", "stat true '\303' '\300\257' '\355\240\200\377'",
	  "\"true \\303 \\300\\257 \\355\\240\\200\\377\"" },
	{ "", "stat -a sleep 0", "Counts of the whole machine during \"sleep 0\": " },
	{ "", "stat -p $PPID sleep 0",
	  " and the children that it made during \"sleep 0\": " },
	{ "", "stat true",
	  "  read-not-present-user                    60   60.0% " },
	{ "", "stat true", "/s  0x4 U\n  write-not-present-user                   30   30.0%" },
	{ "", "stat true", "  all                                     100  100.0%" },
	{ "", "stat true",
	  "higher bit of the error code\n  SGX                                       2" },
	{ "", "stat true", "  mm                                       10 " },
	{ "", "stat true", "  everything 8x, 16K-28K 2x\n" },
	/* Those of a process are its own. */
	{ "own=23", "stat -O true", "  mm                                       10 " },
	{ "", "stat true",
	  "do not add them); of the whole machine\n"
	  "  remote-received                           5" },
	{ "", "stat true", "  remote-asked                              7" },
	{ "", "stat true", "  9                                         1" },
	{ "", "stat true", "not visible: flushes skipped by lazy CPUs" },
	{ "", "stat true", "  minor faults " },
	{ "", "stat true", "kernel counters (always on)\n" },
	{ "", "stat -p $PPID true",
	  "kernel counters (always on); of the process without its" },
	{ "", "stat -O true", "  none                                     90   90.0%" },
	{ "", "stat -O true", "  77                                       10   10.0%" },
	{ "", "stat -O true", "  demand-zero                              90  100.0%" },
	{ "", "stat -O true", "  512-1023                                100" },
	{ "", "stat -O true", "  SIGSEGV SEGV_MAPERR                       3" },
	{ "", "stat -O true", "  SIGSEGV SEGV_ACCERR                       4" },
	{ "", "stat -l true", "  2048-4095                                10  100.0%" },
	{ "", "stat -a -m true", "  CPU 1 -> CPU 0  7\n  IPIs sent  7\n" },
	{ "", "stat true", "  remote-asked is no IPI yet: " },
	{ "", "stat -a -m true",
	  "by number of CPUs (lazy ones included)\n  not available with this kernel\n" },
	{ "matrix=95", "stat -a -m true", "by number of CPUs (lazy ones included)\n  1   " },
	{ "matrix=95", "stat -a -m true",
	  "TLB flush IPIs sent from CPU to CPU (flushes that share an IPI count each)\n  not available" },
	{ "lacks=32", "stat -a -m true",
	  "TLB flush IPIs sent from CPU to CPU (flushes that share an IPI count each)\n  not available" },
	/* 100, 200 and 300: mean 200, standard deviation of it 57.7 */
	{ "", "stat -r 3 true", "its children, mean of 3 runs: 0." },
	{ "", "stat -r 3 true", "  all                                     200  100.0%" },
	{ "", "stat -r 3 true", "/s  +- 28.9%\n" },
	{ "lacks=8", "stat true", "do not add them)\n  not available with this kernel\n" },
	{ "lacks=2", "stat -O true",
	  "page faults, by the entry that the CPU found\n  not available with this kernel\n" },
	{ "lost=3", "stat true", "LOST: 3 faults or flushes" },
	{ "unwatched=2", "stat true", "NOT COUNTED: 2 children" },
	{ "unwatched=2", "stat -I 100 sleep 0.5", "         5 UNWATCHED=2\n" },
	{ "lost=3,unwatched=2", "stat -I 100 sleep 0.5", " LOST=3 UNWATCHED=2\n" },
	{ "", "stat -I 100 sleep 0.5", "       time    faults      read " },
	{ "", "stat -I 100 sleep 0.5",
	  "       100        60        40         0        90        10         0        10 " },
};

static void test_texts(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		int status = cli(texts[i].fake, texts[i].args);

		ktap_result(!status && !*out && strstr(err, texts[i].says),
			    "%s with %s: %s # %d", texts[i].args, texts[i].fake,
			    strtok(strdupa(texts[i].says), "\n"), status);
	}
}

static int is_real(const json_t *object, const char *key, double from, double to)
{
	const json_t *n = json_object_get(object, key);

	return json_is_real(n) && json_real_value(n) >= from &&
	       json_real_value(n) <= to;
}

/* Has a histogram this bucket, with that count? */
static int is_bucket(const json_t *histogram, json_int_t first, json_int_t last,
		     json_int_t count)
{
	const json_t *bucket;
	size_t i;

	json_array_foreach(histogram, i, bucket)
		if (is_number(bucket, "first", first) && is_number(bucket, "last", last) &&
		    is_number(bucket, "count", count))
			return 1;
	return 0;
}

static void test_json(void)
{
	int status = cli("lost=3", "stat -j -O -l -- sh -c 'exit 3'");
	json_t *root = parse(), *tlb = json_object_get(root, "tlb"), *o;

	o = json_object_get(root, "command");
	ktap_result(status == 3 && !*err && is_text(root, "scope", "command") &&
		    json_array_size(o) == 3 && is_number(root, "runs", 1) &&
		    is_number(root, "exit_status", 3) &&
		    is_real(root, "seconds", 0.0001, 10) &&
		    is_number(root, "lost", 3) && is_number(root, "unwatched", 0),
		    "stat -j: head");
	o = json_object_get(root, "faults");
	ktap_result(json_object_size(o) == 3 &&
		    is_number(o, "read-not-present-user", 60) &&
		    is_number(o, "write-protection-user", 10) &&
		    is_number(json_object_get(root, "error_codes"), "0x6", 30) &&
		    is_number(json_object_get(root, "fault_bits"), "SGX", 2),
		    "stat -j: faults");
	ktap_result(is_number(json_object_get(root, "states"), "none", 90) &&
		    is_number(json_object_get(root, "states"), "77", 10) &&
		    is_number(json_object_get(root, "outcomes"), "demand-zero", 90) &&
		    is_bucket(json_object_get(root, "cycles"), 512, 1023, 100) &&
		    is_number(root, "cycles_khz", 2400000) &&
		    is_number(json_object_get(root, "signals"),
			      "SIGSEGV SEGV_ACCERR", 4), "stat -j: outcomes");
	ktap_result(is_number(json_object_get(tlb, "requests"), "mm", 10) &&
		    is_bucket(json_object_get(json_object_get(tlb, "requests_pages"), "mm"),
			      4, 7, 2) &&
		    is_number(json_object_get(tlb, "flushes"), "remote-asked", 7) &&
		    is_number(json_object_get(tlb, "flushes"), "9", 1) &&
		    is_bucket(json_object_get(tlb, "latency"), 2048, 4095, 10) &&
		    !json_object_get(tlb, "targets"), "stat -j: tlb");
	o = json_object_get(root, "kernel");
	ktap_result(json_is_integer(json_object_get(o, "minor")) &&
		    json_integer_value(json_object_get(o, "minor")) > 10 &&
		    json_is_integer(json_object_get(o, "major")),
		    "stat -j: what the kernel keeps");
	json_decref(root);

	status = cli("lacks=10", "stat -j true");
	root = parse();
	ktap_result(!status && is_null(json_object_get(root, "tlb"), "flushes") &&
		    !json_object_get(root, "states"), "stat -j: a source that isn't there");
	json_decref(root);

	status = cli("", "stat -j -r 3 true");
	root = parse();
	ktap_result(!status && is_number(root, "runs", 3) &&
		    is_real(json_object_get(root, "faults"), "read-not-present-user",
			    120, 120) &&
		    is_real(json_object_get(root, "faults_spread"),
			    "read-not-present-user", 0.288, 0.289) &&
		    is_real(root, "seconds_spread", 0, 10), "stat -j -r 3");
	json_decref(root);

	status = cli("calls=2", "stat -j -a -m true");
	root = parse();
	o = json_object_get(json_object_get(root, "tlb"), "matrix");
	ktap_result(is_text(root, "scope", "machine") && json_array_size(o) == 1 &&
		    is_number(json_array_get(o, 0), "from", 1) &&
		    is_number(json_array_get(o, 0), "count", 7) &&
		    is_number(json_object_get(root, "tlb"), "ipis", 7) &&
		    is_null(json_object_get(root, "tlb"), "targets"), "stat -j -a -m");
	json_decref(root);
}

/* Lines of JSON; returns how many there are, -1 if one isn't JSON. */
static int json_lines(json_t *line[], int max)
{
	char *copy = strdup(out), *at = copy, *text;
	json_error_t why;
	int n = 0;

	while (n >= 0 && n < max && (text = strsep(&at, "\n")) && *text) {
		line[n] = json_loads(text, JSON_REJECT_DUPLICATES, &why);
		n = line[n] ? n + 1 : -1;
	}
	free(copy);
	return n;
}

static void test_intervals(void)
{
	json_t *line[16];
	int status = cli("", "stat -j -I 100 sleep 0.5"), n, i;

	/* 100, 200, and the rest; on a machine under load more or less */
	n = json_lines(line, ARRAY_SIZE(line));
	ktap_result(!status && n >= 2 && n < (int)ARRAY_SIZE(line) && !json_object_get(line[0], "scope") &&
		    json_integer_value(json_object_get(line[0], "time_ns")) >= 100000000 &&
		    is_number(json_object_get(line[0], "faults"),
			      "read-not-present-user", 60) &&
		    is_text(line[n - 1], "scope", "command") &&
		    is_number(json_object_get(line[n - 1], "faults"),
			      "read-not-present-user", 60 * n), "stat -j -I # %d lines", n);
	for (i = 0; i < n; i++)
		json_decref(line[i]);

	status = cli("calls=4", "monitor -j -I 20");
	n = json_lines(line, ARRAY_SIZE(line));
	ktap_result(!status && n >= 2 && n <= 3 && !*err &&
		    is_number(json_object_get(json_object_get(line[1], "tlb"),
					      "flushes"), "remote-asked", 7) &&
		    !json_object_get(line[0], "pid"), "monitor -j # %d lines", n);
	for (i = 0; i < n; i++)
		json_decref(line[i]);

	status = cli("calls=4", "monitor -I 20 -t faults,outcomes");
	ktap_result(!status && strstr(out, "   signals\n") && !strstr(out, "requests") &&
		    strstr(out, " demand-zero=90\n"), "monitor -t");
	status = cli("calls=4,lacks=8", "monitor -I 20");
	ktap_result(!status && strstr(out, "        10         -         -\n"),
		    "monitor: what isn't there is no zero");
	status = cli("calls=6", "monitor -I 20 -p $$ -p $PPID");
	ktap_result(!status && strstr(out, "      PID    faults") &&
		    !strstr(out, "received"), "monitor of processes");
	status = cli("", "monitor -I 20 -p $(sleep 1 > /dev/null & echo $!)");
	ktap_result(!status && strstr(out, "faults"), "monitor ends with its process");
}

static void test_events(void)
{
	int status = cli("", "monitor -f"), n, i;
	json_t *line[8], *o;

	ktap_result(!status && !*err && !strcmp(out,
		    " 12345.678901 100/101 (prog\\033) CPU 1 #PF 0x6 write-not-present-user address 0x1000 ip 0x401000 bytes c600: ended with SIGSEGV SEGV_MAPERR at 0x1000\n"
		    "4 events lost\n"
		    " 12345.678901 200 (umip) CPU 0 #GP 0x402 (IDT entry 0x80) user ip 0x0: the kernel did what the instruction would have done\n"
		    "     0.000000 200 (new) CPU 0 vector 77 kernel ip 0x0: end 9 signal 40 code -6\n"
		    "     0.000000 201 (zero) CPU 0 #UD user ip 0x0: ended with SIGSEGV SEGV_MAPERR at 0x0\n"
		    "     0.000000 202 (frame) CPU 0 no exception ip 0x0: ended with SIGSEGV SI_KERNEL, as the kernel could not write a signal frame for SIGALRM on the alternate signal stack\n"),
		    "monitor -f");
	status = cli("nobufs=3", "monitor -f");
	ktap_result(!status && strstr(out, "\nevents lost, nobody knows how many\n"),
		    "events that nobody knows of");
	status = cli("nobufs=1", "monitor -f");
	ktap_result(!status && strstr(out, "\n4 events lost\n") &&
		    !strstr(out, "nobody knows"), "events that the next one tells of");
	/* What comes next is from before they were lost. */
	status = cli("nobufs=2", "monitor -f");
	ktap_result(!status && strstr(out, "\nevents lost, nobody knows how many\n"),
		    "events that none tells of, though one comes");
	/* What it tells of are others, which the module had no room for. */
	status = cli("nobufs=1,gapless=1", "monitor -f");
	ktap_result(!status && strstr(out, "\n4 events lost\n") &&
		    strstr(out, "\nevents lost, nobody knows how many\n"),
		    "events that the next one doesn't tell of");
	status = cli("gone=1", "monitor -f");
	ktap_result(status == 1 && strstr(out, "#PF") &&
		    is_error(err, "events ended: the module was unloaded"),
		    "events of a module that goes # %d", status);
	status = cli("quiet=1", "monitor -f -p $(sleep 1 > /dev/null & echo $!)");
	ktap_result(!status && !*out && !*err,
		    "monitor -f ends with its process # %d", status);
	status = cli("quiet=1", "monitor -f -p $(sleep 1 > /dev/null & echo $!) "
		     "-p $(sleep 1.5 > /dev/null & echo $!)");
	ktap_result(!status && !*out && !*err,
		    "monitor -f ends with the last of them # %d", status);
	status = cli("flood=1", "monitor -f -p $(sleep 1 > /dev/null & echo $!)");
	ktap_result(!status && !*out && !*err,
		    "monitor -f ends though others go on # %d", status);
	status = cli("namespace=1", "monitor -f");
	ktap_result(!status && strstr(out, "#PF"), "monitor -f in a PID namespace");
	status = cli("", "monitor -j -f");
	n = json_lines(line, ARRAY_SIZE(line));
	o = n == 6 ? line[0] : NULL;
	ktap_result(!status && n == 6 && is_number(line[0], "seq", 7) &&
		    is_number(line[0], "time_ns", 12345678901234) &&
		    is_text(line[0], "exception", "#PF") &&
		    is_text(line[0], "error", "W U") &&
		    is_text(line[0], "class", "write-not-present-user") &&
		    is_text(line[0], "address", "0x1000") &&
		    is_text(line[0], "bytes", "c600") && is_text(line[0], "outcome", "signal") &&
		    is_text(o, "signal", "SIGSEGV") && is_number(o, "si_code", 1) &&
		    json_array_size(json_object_get(line[0], "entries")) == 1,
		    "monitor -j -f");
	ktap_result(n == 6 && is_text(line[0], "origin", "exception") &&
		    is_null(line[4], "error_code") && is_null(line[4], "frame") &&
		    is_null(line[5], "vector") && is_null(line[5], "error_code") &&
		    is_text(line[5], "origin", "frame") &&
		    is_text(json_object_get(line[5], "frame"), "signal", "SIGALRM") &&
		    is_text(json_object_get(line[5], "frame"), "stack", "alternate"),
		    "monitor -j -f: a signal that no exception made");
	ktap_result(n == 6 && is_number(line[1], "lost", 4) &&
		    is_null(line[2], "address") && is_null(line[2], "class") &&
		    is_null(line[2], "bytes") && is_text(line[2], "outcome", "emulated") &&
		    is_null(line[3], "exception") && is_null(line[3], "outcome"),
		    "monitor -j -f: what isn't known");
	for (i = 0; i < n; i++)
		json_decref(line[i]);
}

static void test_filters(void)
{
	int status = cli("", "monitor -f -t gp");

	ktap_result(!status && !strstr(out, "#PF") && strstr(out, "#GP") &&
		    strstr(out, "4 events lost"), "monitor -f -t gp");
	status = cli("", "monitor -f -t '#PF,sigsegv'");
	ktap_result(!status && strstr(out, "#PF") && !strstr(out, "#GP") &&
		    !strstr(out, "vector 77"), "monitor -f -t '#PF,sigsegv'");
	status = cli("", "monitor -f -t frame");
	ktap_result(!status && strstr(out, "(frame)") && !strstr(out, "#UD"),
		    "monitor -f -t frame");
	status = cli("", "monitor -f -t emulated");
	ktap_result(!status && strstr(out, "#GP") && !strstr(out, "#PF"),
		    "monitor -f -t emulated");
	status = cli("", "monitor -f -p $$");
	ktap_result(!status && !strcmp(out, "4 events lost\n"), "monitor -f -p");
}

/* Whoever reads has seen enough; with and without SIGPIPE. */
static void test_pipe(void)
{
	int status = cli("", "monitor -I 10 | head -n 1");

	ktap_result(!status && strstr(out, "faults") && !*err, "a reader that goes");
	status = cli("", "stat -j -I 10 -- sh -c 'sleep 0.3; echo end >&2' | head -n 1");
	ktap_result(!status && strstr(out, "faults") && !strcmp(err, "end\n"),
		    "a reader that goes doesn't end the command");
	signal(SIGPIPE, SIG_IGN);
	status = cli("", "monitor -I 10 | head -n 1");
	ktap_result(!status && strstr(out, "faults") && !*err,
		    "a reader that goes, without SIGPIPE");
	signal(SIGPIPE, SIG_DFL);
}

/*
 * As cli(), in a process group of its own: what runs apart from any terminal may be
 * in one that nobody could wake, and which the kernel doesn't stop.
 */
static int cli_in_group(const char *args)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		_exit(cli("", args));
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* What a command may be sent, and doesn't always end of */
static void test_passing(void)
{
	static const char *const signals[] = {
		"INT", "HUP", "QUIT", "USR2", "ALRM", "CONT", "WINCH", "PIPE", "RTMIN",
		"RTMAX",
	};
	char args[256];
	int status;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		snprintf(args, sizeof(args),
			 "stat sh -c 'trap \"exit 7\" %s; kill -%s $PPID; "
			 "for i in $(seq 100); do sleep 0.1; done'",
			 signals[i], signals[i]);
		status = cli("", args);
		ktap_result(status == 7, "SIG%s goes on to the command # %d",
			    signals[i], status);
	}
	/* We stop too, and go on with it. */
	status = cli_in_group("stat sh -c 'trap \"got=7\" TSTP; kill -TSTP $PPID; "
			      "for i in $(seq 100); do sleep 0.1; "
			      "grep -q \"State:.T\" /proc/$PPID/status && break; done; "
			      "[ $i -lt 100 ] || exit 8; kill -CONT $PPID; "
			      "for i in $(seq 100); do [ $got ] && break; sleep 0.1; done; "
			      "exit $got'");
	ktap_result(status == 7, "SIGTSTP stops both # %d", status);
}

static void test_signals(void)
{
	int status;

	status = cli("", "stat sh -c 'kill -TERM $PPID; sleep 10'");
	ktap_result(status == 143 && strstr(err, "Counts of"),
		    "SIGTERM goes on to the command # %d", status);
	status = cli("", "stat sh -c 'trap \"echo got; exit 6\" USR1; kill -USR1 $PPID; "
		     "for i in $(seq 100); do sleep 0.1; done'");
	ktap_result(status == 6 && !strcmp(out, "got\n"),
		    "SIGUSR1 goes on to the command # %d", status);
	status = cli("", "stat -r 5 sh -c 'echo once; kill -INT $PPID; sleep 10'");
	ktap_result(status == 130 && !strcmp(out, "once\n") && !strstr(err, "runs"),
		    "no further run after SIGINT # %d", status);
	status = cli("calls=1", "stat -a");
	ktap_result(!status && strstr(out, "Counts of the whole machine: "),
		    "SIGINT ends -a, and that's right # %d", status);
	status = cli("calls=1", "stat -j -p $PPID");
	ktap_result(!status && strstr(out, "\"scope\": \"process\""),
		    "SIGINT ends -p # %d", status);
	status = cli("", "stat -p $(sleep 1 > /dev/null & echo $!)");
	ktap_result(!status && strstr(out, "Counts of PID"),
		    "-p ends with the process # %d", status);
}

static void *wait_forever(void *tid)
{
	__atomic_store_n((pid_t *)tid, gettid(), __ATOMIC_RELEASE);
	pause();
	return NULL;
}

/* What can't be watched */
static void test_pids(void)
{
	char args[64], says[64];
	pid_t pid = fork(), tid = 0;
	pthread_t thread;
	int status;

	if (!pid)
		_exit(0);
	waitid(P_PID, pid, &(siginfo_t) { 0 }, WEXITED | WNOWAIT);
	snprintf(args, sizeof(args), "stat -p %d", pid);
	snprintf(says, sizeof(says), "PID %d: a zombie", pid);
	status = cli("", args);
	ktap_result(status == 1 && is_error(err, says), "a zombie");
	waitpid(pid, NULL, 0);
	pthread_create(&thread, NULL, wait_forever, &tid);
	while (!__atomic_load_n(&tid, __ATOMIC_ACQUIRE))
		usleep(1000);
	snprintf(args, sizeof(args), "stat -p %d", tid);
	snprintf(says, sizeof(says), "a thread of process %d: give -p %d", getpid(),
		 getpid());
	status = cli("", args);
	ktap_result(status == 1 && is_error(err, says), "a thread");
}

/* The file has it, and nothing else does. */
static void test_output(void)
{
	char path[] = "/tmp/mmuinspect-stat-XXXXXX", args[128], text[4096];
	int fd = mkstemp(path), status;
	ssize_t n;

	snprintf(args, sizeof(args), "stat -o %s echo x", path);
	status = cli("", args);
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	ktap_result(!status && !strcmp(out, "x\n") && !*err &&
		    !strncmp(text, "Counts of \"echo x\"", 17), "-o FILE");
	unlink(path);
	close(fd);
}

int main(int argc, char **argv)
{
	(void)argc;
	/* Whoever has us in the background may have had them ignored. */
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	cli_begin(argv[0]);
	ktap_plan(ARRAY_SIZE(wrong) + ARRAY_SIZE(statuses) + ARRAY_SIZE(texts) + 8 +
		  6 + 13 + 5 + 3 + 11 + 6 + 2 + 1);
	test_wrong();
	test_statuses();
	test_texts();
	test_json();
	test_intervals();
	test_events();
	test_filters();
	test_pipe();
	test_passing();
	test_signals();
	test_pids();
	test_output();
	return ktap_end();
}
