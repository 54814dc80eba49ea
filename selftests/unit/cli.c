// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line, on a device that isn't there (fake/device.c): what goes to
 * which stream, with which exit status; and that the JSON is JSON.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
	{ "", "dmup", 2, "did you mean \"dump\"?" },
	{ "", "xyzzy", 2, "there are info, walk, dump" },
	/* More than a third of its letters differ from any command's. */
	{ "", "pull", 2, "unknown command \"pull\": there are info" },
	{ "", "help dmup", 2, "did you mean \"dump\"?" },
	{ "", "help dump walk", 2, "unexpected argument \"walk\"" },
	{ "", "dump -p 1 -p 2", 2, "--pid is given twice" },
	{ "", "dump -r 1000-2000 --range 3000-4000", 2, "--range is given twice" },
	{ "", "dump -p abc", 2, "--pid abc: not a process ID" },
	{ "", "dump -p 0", 2, "not a process ID" },
	{ "", "dump -p", 2, "-p: needs a value" },
	{ "", "dump --pid", 2, "--pid: needs a value" },
	{ "", "dump --rwa", 2, "did you mean \"raw\"?" },
	{ "", "dump --json=1", 2, "--json takes no value" },
	{ "", "walk 1000 --veryfy", 2, "did you mean \"verify\"?" },
	{ "", "walk 1000 -jz", 2, "unknown option -z" },
	{ "", "walk 1000 --pid", 2, "--pid: needs a value" },
	{ "", "dump -z", 2, "unknown option -z" },
	{ "", "dump 1234", 2, "unexpected argument \"1234\"" },
	{ "", "dump -r 2000-1000", 2, "backwards" },
	{ "", "dump -r 1000", 2, "START-END" },
	{ "", "dump -r 800000000000-800000001000", 2, "not a canonical address" },
	{ "", "dump -r ffff800000000000-ffff800000001000", 1, "kernel half" },
	{ "", "dump -r 1000-800000001000", 2, "not a canonical address" },
	{ "", "dump -f wirte", 2, "did you mean \"write\"?" },
	{ "", "dump -f present -f nonpresent", 2, "contradicts" },
	{ "", "dump -m rihgts", 2, "did you mean \"rights\"?" },
	{ "", "dump --raw --merge phys", 2, "--merge none only" },
	{ "", "walk", 2, "no address" },
	{ "", "walk zz", 2, "zz: not a number" },
	{ "", "walk 10000 zz", 2, "zz: not a number" },
	{ "", "walk 800000000000", 2, "0 to 0x7fffffffffff and 0xffff800000000000" },
	{ "levels=5", "walk 100000000000000", 2,
	  "0 to 0xffffffffffffff and 0xff00000000000000" },
	{ "", "walk ffffffff81000000", 1, "kernel half" },
	{ "open=2", "info", 1, "isn't loaded: sudo modprobe mmuinspect" },
	{ "open=2", "dump -p 1", 1, "isn't loaded" },
	{ "open=6", "info", 1, "isn't loaded" },
	{ "open=24", "info", 1, "Too many open files" },
	{ "open=13", "dump", 1, "/dev/mmuinspect: " },
	{ "info=25", "info", 1, "not a device of the module" },
	{ "info=22", "info", 1, "update mmuinspect" },
	{ "info=7", "info", 1, "update the module" },
	{ "abi=2", "info", 1, "ABI 2, this mmuinspect ABI 1: update mmuinspect" },
	{ "abi=2", "dump -p 1", 1, "ABI 2, this mmuinspect ABI 1" },
	{ "abi=2", "walk 1000", 1, "ABI 2, this mmuinspect ABI 1" },
	{ "target=1", "dump -p 1", 1, "PID 1: another process's address space needs CAP_SYS_ADMIN and CAP_SYS_PTRACE" },
	{ "target=3", "dump -p 4194304", 1, "PID 4194304: no such process" },
	{ "target=6", "walk -p 2 1000", 1, "PID 2: a kernel thread" },
	{ "hidden=1", "walk --verify 10000", 1, "--verify: needs CAP_SYS_ADMIN" },
	{ "hidden=1", "dump --merge phys", 1, "needs CAP_SYS_ADMIN" },
	{ "hidden=1", "dump --filter phys=0-1G", 1, "needs CAP_SYS_ADMIN" },
	{ "runs=3", "dump -p 1", 1, "PID 1: no such process" },
	{ "runs=3", "dump -p 1 --json", 1, "PID 1: no such process" },
	{ "walk=116", "walk -p 1 1000", 1, "called exec" },
	{ "", "probe hlr", 2, "unknown probe \"hlr\": did you mean \"hlt\"?" },
	{ "", "probe xyzzy", 2, "see mmuinspect probe --list" },
	{ "", "probe -C memroy", 2, "did you mean \"memory\"?" },
	{ "", "probe -C kernel hlt", 2, "none of these is of the class kernel" },
	{ "", "probe -C kernel -C tables hlt", 2, "of the class kernel or tables" },
	{ "walk=12", "info", 1, "Cannot allocate memory" },
};

static void test_wrong(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		int status = cli(wrong[i].fake, wrong[i].args);

		ktap_result(status == wrong[i].status && !*out &&
			    is_error(err, wrong[i].says),
			    "refuses %s with %s # %d %.*s", wrong[i].args,
			    *wrong[i].fake ? wrong[i].fake : "nothing wrong",
			    status, (int)strcspn(err, "\n"), err);
	}
}

/* A part of what goes to standard output. */
static const struct {
	const char *fake;
	const char *args;
	int status;
	const char *says;
} right[] = {
	{ "open=2", "--version", 0, "mmuinspect 0.1.0\n" },
	{ "open=2", "--help", 0, "  walk     one or more addresses" },
	{ "open=2", "help", 0, "  walk     one or more addresses" },
	{ "open=2", "help dump", 0, "  -f, --filter WORDS       only entries" },
	{ "open=2", "help --options dump", 0, "\nm --merge word none rights phys\n" },
	{ "open=2", "help --options msr", 0, "\n- --policy-seal none \n" },
	{ "", "dump -f present -f huge", 0, "total: 2M x 1 = 2M, 1G x 1 = 1G\n" },
	{ "", "probe --list -C kernel -C tables", 0, "tables      lgdt " },
	{ "", "probe --list -C kernel -C tables", 0, "kernel      efault-null " },
	{ "open=2", "probe -v int-0x0e", 0, "#GP(0x72): IDT entry 0xe\n" },
	{ "open=2", "probe -j mov-ds-ring0", 0, "\"error_code\": \"0x18\", \"error\": \"GDT entry 0x3\"" },
	{ "open=2", "dump --help", 0, "  -f, --filter WORDS       only entries" },
	{ "", "info", 0, "memory types   0:WB 1:WC 2:UC- 3:UC 4:WB 5:WP 6:UC- 7:WT" },
	{ "levels=5", "info", 0, "5 levels: PML5 PML4 PDPT PD PT\naddresses      57 bits" },
	{ "hidden=1", "info", 0, "hidden: they need CAP_SYS_ADMIN" },
	{ "", "walk 10123", 0,
	  "  PT              4000     16  0000000000100025  P US A\n"
	  "  physical 0x100123, 4K page, rights r-xu, memory WB" },
	{ "", "walk 201234", 0, "physical 0x201234, 2M page" },
	{ "", "walk 201234", 0, "VA = PA" },
	{ "", "walk 40123456", 0, "physical 0x80123456, 1G page, rights rw-u" },
	{ "levels=5", "walk 10123", 0, "  PML5            5000      0" },
	{ "", "walk 0", 0, "stops at PT: the entry is zero" },
	{ "", "walk 20000", 0, "isn't present: swapped out: area 3, offset 0xabcde" },
	{ "", "walk 600000", 0, "isn't in RAM" },
	{ "hidden=1", "walk 10123", 0, "physical hidden, 4K page" },
	{ "hidden=1", "walk 20000", 0, "swapped out: area 3\n" },
	{ "", "walk --verify 10000", 0, "frame against the kernel's own: same" },
	{ "verdict=2,changed=1", "walk --verify 10000", 0, "changed while looking" },
	{ "verdict=4", "walk --verify 10000", 0, "would set the Accessed bit" },
	{ "", "dump", 0,
	  "000000010000-000000013000        12K        3    4K  r-xu     66%     0%" },
	{ "levels=5", "dump", 0, "00000000010000-00000000013000" },
	{ "room=1", "dump", 0,
	  "000000010000-000000013000        12K        3    4K  r-xu     66%     0%" },
	{ "", "dump --merge phys", 0, "000000014000-000000015000" },
	{ "", "dump --merge none", 0, "000000011000-000000012000" },
	{ "", "dump", 0, "[PROT_NONE or NUMA hint: frame at 0x12345000]" },
	{ "", "dump", 0, "total: 4K x 6 = 24K, 4K x 3 = 12K not present, 2M x 1 = 2M," },
	{ "", "dump", 0, "kernel manages: 1;" },
	{ "", "dump -r 1000-2000", 0, "total: nothing\n" },
	{ "", "dump --raw", 0, "000000030000    4K  9800000000666027  rw-u" },
	{ "", "dump --raw -f pkey=3", 0, "P RW US A pkey=3 NX" },
	{ "hidden=1", "dump", 0, "hidden  WB" },
	{ "", "dump -f huge,present", 0, "total: 2M x 1 = 2M, 1G x 1 = 1G\n" },
	{ "", "dump -r 10000+4K", 0, "total: 4K x 1 = 4K\n" },
	{ "", "dump -r 10800-10900", 0, "total: 4K x 1 = 4K\n" },
	{ "", "dump -f phys=777000+4K", 0, "total: 4K x 1 = 4K\n" },
};

static void test_right(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(right); i++) {
		int status = cli(right[i].fake, right[i].args);

		ktap_result(status == right[i].status && !*err &&
			    strstr(out, right[i].says), "%s with %s # %d %.*s",
			    right[i].args, *right[i].fake ? right[i].fake : "nothing",
			    status, (int)strcspn(err, "\n"), err);
	}
}

/* Without a terminal no line of help is longer than 80 columns. */
static void test_help(void)
{
	static const char *const commands[] = {
		"info", "walk", "dump", "regs", "msr", "audit", "probe", "desc",
		"tlb", "stat", "monitor", "top", "explain", "tour", "",
	};
	char args[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const char *line, *end;
		size_t longest = 0;

		snprintf(args, sizeof(args), "help %s", commands[i]);
		cli("", args);
		for (line = out; (end = strchr(line, '\n')); line = end + 1)
			if ((size_t)(end - line) > longest)
				longest = end - line;
		ktap_result(longest > 40 && longest <= 80, "%s: 80 columns # %zu",
			    args, longest);
	}
	ktap_result(cli("", "") == 2 && !*out && strstr(err, "  walk     one or more"),
		    "no command: lists them");
}

/* What bash offers behind these words, the last of which is being typed */
static const struct {
	const char *typed;
	const char *offered;
} completions[] = {
	{ "'hel'", "help" },
	{ "explain -a ''", "read write exec" },
	{ "explain --access ''", "read write exec" },
	{ "dump -f present,wr", "present,write" },
	{ "regs -c 0,", "0,0" },
	{ "dump --mer", "--merge" },
	{ "desc ''", "idt gdt tss ldt" },
	{ "monitor -t PF,SIGSE", "PF,SIGSEGV" },
};

static void test_completion(void)
{
	FILE *f;
	char command[16384], line[4096];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(completions); i++) {
		snprintf(command, sizeof(command),
			 "PATH=%s:$PATH bash -c '. %s/../../../userspace/cli/mmuinspect.bash-completion; "
			 "COMP_WORDS=(mmuinspect \"$@\"); COMP_CWORD=$#; _mmuinspect 2>/dev/null; "
			 "echo \"${COMPREPLY[*]}\"' bash %s",
			 here, here, completions[i].typed);
		f = popen(command, "r");
		*line = '\0';
		if (f && fgets(line, sizeof(line), f))
			line[strcspn(line, "\n")] = '\0';
		if (f)
			pclose(f);
		ktap_result(!strncmp(line, completions[i].offered,
				     strlen(completions[i].offered)),
			    "completion of %s # %s", completions[i].typed, line);
	}
}

static int rights_are(const json_t *object, int write, int user, int exec)
{
	const json_t *r = json_object_get(object, "rights");

	return json_is_boolean(json_object_get(r, "write")) &&
	       json_is_true(json_object_get(r, "write")) == write &&
	       json_is_true(json_object_get(r, "user")) == user &&
	       json_is_true(json_object_get(r, "exec")) == exec;
}

static void test_json_dump(void)
{
	int status = cli("room=2", "dump --json");
	json_t *root = parse(), *ranges = json_object_get(root, "ranges"), *r;

	ktap_result(!status && is_text(root, "arch", "x86_64") &&
		    is_number(root, "levels", 4) && is_text(root, "root", "0x1000") &&
		    json_is_integer(json_object_get(root, "pid")) &&
		    json_array_size(ranges) == 9, "dump --json: head");
	r = json_array_get(ranges, 0);
	ktap_result(is_text(r, "start", "0x10000") && is_text(r, "end", "0x13000") &&
		    is_number(r, "page_size", 4096) && is_number(r, "pages", 3) &&
		    is_number(r, "accessed", 2) && is_number(r, "dirty", 0) &&
		    is_text(r, "phys", "0x100000") && is_text(r, "entry", "0x100025") &&
		    json_is_true(json_object_get(r, "present")) &&
		    is_null(r, "mapping") && rights_are(r, 0, 1, 1),
		    "dump --json: a present range");
	r = json_array_get(ranges, 2);
	ktap_result(is_text(r, "absent", "swap") && is_null(r, "phys") &&
		    is_text(r, "meaning", "swapped out: area 3, offset 0xabcde") &&
		    json_is_false(json_object_get(r, "present")) &&
		    rights_are(r, 0, 0, 0), "dump --json: a swapped-out page");
	json_decref(root);

	status = cli("hidden=1", "dump --json");
	root = parse();
	r = json_array_get(json_object_get(root, "ranges"), 0);
	ktap_result(!status && is_null(root, "root") && is_null(r, "phys"),
		    "dump --json: hidden");
	json_decref(root);

	status = cli("", "dump --json -r 1000-2000");
	root = parse();
	ktap_result(!status && json_is_array(json_object_get(root, "ranges")) &&
		    !json_array_size(json_object_get(root, "ranges")),
		    "dump --json: nothing");
	json_decref(root);
}

/* The target ends in the middle of it. */
static void test_cut_short(void)
{
	int status = cli("room=2,late=3", "dump --json -p 1");
	json_t *root = parse();

	ktap_result(status == 1 && is_error(err, "cut short") &&
		    json_array_size(json_object_get(root, "ranges")) == 2 &&
		    is_text(root, "error", "no such process"), "dump --json: cut short");
	json_decref(root);
	status = cli("room=2,late=3", "dump -p 1");
	ktap_result(status == 1 && is_error(err, "cut short") &&
		    strstr(out, "000000010000-") && !strstr(out, "total"),
		    "dump: cut short");
}

static void test_json_walk(void)
{
	int status = cli("", "walk --json --verify 201234 20000");
	json_t *root = parse(), *walks = json_object_get(root, "walks"), *w, *l, *f;

	w = json_array_get(walks, 0);
	l = json_array_get(json_object_get(w, "levels"), 2);
	f = json_object_get(l, "flags");
	ktap_result(!status && json_array_size(walks) == 2 &&
		    is_text(w, "address", "0x201234") &&
		    is_text(w, "phys", "0x201234") &&
		    is_number(w, "page_size", 2097152) && rights_are(w, 0, 1, 1) &&
		    is_text(w, "memtype", "WB") && is_text(w, "stop", "mapped") &&
		    is_text(json_object_get(w, "verify"), "frame_verdict", "same"),
		    "walk --json: mapped");
	ktap_result(is_text(l, "name", "PD") && is_text(l, "table", "0x3000") &&
		    is_number(l, "index", 1) && is_text(l, "entry", "0x2000a5") &&
		    json_array_size(f) == 4 &&
		    !strcmp(json_string_value(json_array_get(f, 3)), "PS"),
		    "walk --json: a level");
	w = json_array_get(walks, 1);
	ktap_result(is_text(w, "stop", "nonpresent") && is_null(w, "phys") &&
		    is_null(w, "page_size") && is_null(w, "rights") &&
		    is_null(w, "memtype") && is_text(w, "absent", "swap"),
		    "walk --json: not present");
	json_decref(root);
	status = cli("hidden=1", "walk --json 10000");
	root = parse();
	w = json_array_get(json_object_get(root, "walks"), 0);
	l = json_array_get(json_object_get(w, "levels"), 0);
	ktap_result(!status && is_null(root, "root") && is_null(w, "phys") &&
		    is_null(l, "table"), "walk --json: hidden");
	json_decref(root);
	status = cli("verdict=2", "walk --verify 10000");
	ktap_result(status == 1 && is_error(err, "disagree") &&
		    strstr(out, "DIFFERENT"), "walk --verify: different");
}

static void test_json_info(void)
{
	int status = cli("", "info --json");
	json_t *root = parse();

	ktap_result(!status && is_text(root, "arch", "x86_64") &&
		    is_number(root, "levels", 4) && is_number(root, "abi", 1) &&
		    json_array_size(json_object_get(root, "memory_types")) == 8,
		    "info --json");
	json_decref(root);
}

/* What no event tells of is one at least; what one tells of isn't told twice. */
static void test_probe_lost(void)
{
	static const struct {
		const char *fake;
		int lost;
	} rows[] = {
		{ "gone=1", 4 }, { "gone=1,nobufs=1", 4 }, { "gone=1,nobufs=3", 5 },
	};
	json_t *root;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		cli(rows[i].fake, "probe --json hlt");
		root = parse();
		ktap_result(is_number(json_object_get(root, "machine"), "events_lost",
				      rows[i].lost), "probe with %s: %d events lost",
			    rows[i].fake, rows[i].lost);
		json_decref(root);
	}
}

static void test_system(void)
{
	char args[64];
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	/* It has ended when it can be waited for; nobody has waited yet. */
	waitid(P_PID, pid, &(siginfo_t) { 0 }, WEXITED | WNOWAIT);
	snprintf(args, sizeof(args), "dump -p %d", pid);
	status = cli("target=6", args);
	ktap_result(status == 1 && !*out && is_error(err, "a zombie"), "a zombie");
	waitpid(pid, NULL, 0);
	status = cli("", "dump > /dev/full");
	ktap_result(status == 1 && is_error(err, "standard output: No space"),
		    "a full disk");
	setenv("MMUINSPECT_DEVICE", "/dev/nowhere", 1);
	status = cli("open=2", "info");
	ktap_result(status == 1 && is_error(err, "/dev/nowhere: "),
		    "MMUINSPECT_DEVICE");
	unsetenv("MMUINSPECT_DEVICE");
}

int main(int argc, char **argv)
{
	(void)argc;
	cli_begin(argv[0]);
	ktap_plan(ARRAY_SIZE(wrong) + ARRAY_SIZE(right) + 16 + ARRAY_SIZE(completions) + 5 + 2 + 5 + 1 + 3 + 3);
	test_wrong();
	test_right();
	test_help();
	test_completion();
	test_json_dump();
	test_cut_short();
	test_json_walk();
	test_json_info();
	test_probe_lost();
	test_system();
	return ktap_end();
}
