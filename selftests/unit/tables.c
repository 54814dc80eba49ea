// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmuinspect desc and tlb, on a device that isn't there (fake/): what is said of
 * CPUs that agree and that don't, and what is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
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
	{ "", "desc idx", 2, "unknown table \"idx\": did you mean \"idt\"?" },
	{ "", "desc xyzzy", 2, "there are idt, gdt, tss, ldt" },
	{ "", "desc -s", 2, "-s: needs a value" },
	{ "", "desc -s zz", 2, "--segment zz: not a number" },
	{ "", "desc -s 10000", 2, "a selector has 16 bits" },
	{ "", "desc -s 33 gdt", 2, "--segment and \"gdt\": one or the other" },
	{ "", "desc -s 33 -c 0-1", 2, "name one with --cpus" },
	{ "", "desc -c 0-", 2, "not a list of CPUs" },
	{ "", "desc -c 7", 1, "CPU 7: there is no such CPU" },
	{ "offline=2", "desc -c 2", 1, "CPU 2: offline" },
	{ "", "desc -s 80", 1, "beyond the limit of the GDT, 0x7f" },
	{ "", "desc -s 7f", 1, "CPU 0 has no LDT now" },
	{ "", "desc -s 17 -c 1", 1, "beyond the limit of the LDT, 0xf" },
	{ "regs=1", "desc", 1, "desc: needs CAP_SYS_ADMIN: use sudo" },
	{ "desc=1", "desc", 1, "needs CAP_SYS_ADMIN" },
	{ "desc=13", "desc", 1, "needs CAP_SYS_RAWIO" },
	{ "desc=129", "desc --json", 1, "the kernel is locked down" },
	{ "desc=14", "desc", 1, "went away while it was read" },
	{ "desc=12", "desc", 1, "Cannot allocate memory" },
	{ "open=2", "desc", 1, "isn't loaded" },
	{ "", "tlb 1", 2, "unexpected argument \"1\"" },
	{ "", "tlb -c 60000", 1, "CPU 60000: there is no such CPU" },
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

static const struct {
	const char *fake;
	const char *args;
	const char *says;
} right[] = {
	{ "", "desc idt", "each CPU: IDT at 0xfffffe0000000000, limit 0xfff\n" },
	{ "", "desc idt", "user mode may raise 3, 4 and 128; all others fault" },
	{ "", "desc idt", "      8  #DF     all   interrupt gate  P    0    10    1" },
	{ "", "desc idt", "\n    3-4          all   interrupt gate  P    3    10    -" },
	{ "short=1", "desc idt", "user mode may raise 3 and 4; all others fault" },
	{ "short=1", "desc idt", " 32-255          all   empty" },
	{ "gate=1", "desc idt", "CPU 0-2: user mode may raise 3, 4 and 128;" },
	{ "gate=1", "desc idt", "CPU 3: user mode may raise 3, 4, 6 and 128;" },
	{ "gate=1", "desc idt", "      6  #UD     0-2   interrupt gate  P    0" },
	{ "gate=1", "desc idt", "      6  #UD     3     interrupt gate  P    3" },
	{ "fred=1", "desc idt", "CPU 0 uses FRED (CR4.FRED): the IDT isn't used" },
	{ "fred=1", "desc idt", "events of user mode enter at 0xffffffff81c01000\n" },
	{ "fred=1", "desc idt", "events of the kernel enter at 0xffffffff81c01100\n" },
	{ "fred=1", "desc idt", "current stack level 2, of interrupts 1, red zone of 64 bytes\n" },
	{ "fred=1", "desc idt", "with FRED no gate is asked" },
	{ "fred=1", "desc idt", "  fred_rsp1          not permitted  stack for level 1\n" },
	{ "fred=1,permit=1", "desc idt", "  fred_rsp1       no such MSR here  stack for level 1\n" },
	{ "fred=1,msr1cd=0xfffffe0000123000", "desc idt",
	  "  fred_rsp1     0xfffffe0000123000  stack for level 1\n" },
	{ "fred=1,permit=1,msr1d0=0x2000030024", "desc idt",
	  "  fred_rsp3       no such MSR here  stack for level 3\n"
	  "  fred_stklvls  0x0000002000030024  two bits an exception: its stack level\n" },
	{ "fred=1,msrs=13", "desc idt", "  fred_stklvls       not permitted  two bits" },
	{ "", "desc gdt", "CPU 1: GDT at 0xfffffe0000002000, limit 0x7f\n" },
	{ "", "desc gdt", "    6    30  all                  0  ffffffff    3  PSGL--  code, 64-bit, readable, accessed  DEFAULT_USER_CS\n" },
	{ "", "desc gdt", "    8    40  1     fffffe0000013000" },
	{ "", "desc gdt", "CPUNODE: CPU 3, node 0\n" },
	{ "", "desc gdt -v", "    7    38  all" },
	{ "high=1", "desc gdt", "   10    50  0-2   fffffe0000003000" },
	{ "high=1", "desc gdt", "   10    50  3     fffffe0100003000" },
	{ "offline=3", "desc gdt", "CPUs that are offline, and not looked at: 1\n" },
	{ "", "desc tss", "IST1      0xfffffe0000110000  for #DF\n" },
	{ "", "desc tss", "none, since that is beyond the limit" },
	{ "", "desc tss -c 2", "may use ports 0x60, 0x64\n" },
	{ "", "desc ldt", "CPU 0,2-3: no LDT\n" },
	{ "", "desc ldt -c 1", "    0     0  1                    0  ffffffff    3" },
	{ "", "desc -s 33", "index 6 of the GDT, RPL 3" },
	{ "", "desc -s 33", "user mode (CPL 3)   may load it into DS, ES, FS, GS; CS by a far jump\n" },
	{ "", "desc -s 10", "user mode (CPL 3)   may load it into no segment register\n" },
	{ "", "desc -s 2b", "linear = offset: base and limit are ignored\n" },
	{ "", "desc -s 7 -c 1", "index 0 of the LDT, RPL 3" },
	{ "", "desc -s f -c 1", "not present: loading it faults (#NP" },
	{ "", "desc -s f -c 1", "user mode (CPL 3)   may load it into no segment register\n" },
	{ "", "desc -s 40", "the task register points here" },
	{ "", "desc -s 38", "nothing can be loaded from here" },
	{ "", "desc -s 38", "\nDPL         0\nnothing can be loaded from here: it faults (#GP)\n" },
	{ "", "desc -s 38", "type        empty\nbase" },
	{ "", "desc -s 3", "the null selector" },
	{ "", "desc tss", "  for interrupts and exceptions from user mode\n" },
	{ "fred=1", "desc tss", "  RSP0      0xfffffe0000010000  not used with FRED\n" },
	{ "fred=1", "desc tss", "  IST1      0xfffffe0000110000  not used with FRED\n" },
	{ "cpuid=1,ebx7=0x400", "tlb", "  invpcid                      yes, in use: no register says\n" },
	{ "cpuid=1", "tlb", "  invpcid                      no\n" },
	{ "cpuid=1,amd=1,ecx80000001=0x20000", "tlb",
	  "  translation-cache-extension  yes, not in use\n" },
	{ "cpuid=1,amd=1,ecx80000001=0x20000,reg6=0x8d01", "tlb",
	  "  translation-cache-extension  yes, in use\n" },
	{ "open=2,cpuid=1,amd=1,ecx80000001=0x20000", "tlb",
	  "  translation-cache-extension  yes, in use: unknown: " },
	{ "open=2", "tlb", "(Intel's 4): no TLBs, and not read\n" },
	{ "open=2", "tlb", "CPUID doesn't enumerate\n  paging-structure caches" },
};

static void test_right(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(right); i++) {
		int status = cli(right[i].fake, right[i].args);

		ktap_result(!status && strstr(out, right[i].says) && !*err,
			    "%s with %s says %.*s", right[i].args,
			    *right[i].fake ? right[i].fake : "nothing special",
			    (int)strcspn(right[i].says, "\n"), right[i].says);
	}
}

static const json_t *at(const json_t *array, size_t i)
{
	return json_array_get(array, i);
}

static const json_t *get(const json_t *object, const char *key)
{
	return json_object_get(object, key);
}

static void test_json(void)
{
	const json_t *idt, *gate, *open;
	json_t *root;

	cli("", "desc --json");
	root = parse();
	idt = get(root, "idt");
	gate = at(get(idt, "gates"), 128);
	open = get(at(get(idt, "user_may_raise"), 0), "vectors");
	ktap_result(json_array_size(get(idt, "gates")) == 256, "JSON folds no gates");
	ktap_result(is_number(gate, "vector", 128) && is_number(gate, "dpl", 3) &&
		    is_text(gate, "type", "interrupt gate") &&
		    is_text(gate, "selector", "0x10") &&
		    json_array_size(get(gate, "cpus")) == 4, "a gate in JSON");
	ktap_result(json_array_size(open) == 3 && json_integer_value(at(open, 2)) == 128,
		    "what user mode may raise, in JSON");
	ktap_result(json_array_size(get(get(root, "gdt"), "entries")) == 6 + 4 + 4,
		    "a GDT in JSON: what is common once, what isn't four times");
	ktap_result(json_array_size(get(root, "tss")) == 4 &&
		    json_array_size(get(at(get(root, "tss"), 2), "ports")) == 2 &&
		    is_text(at(get(at(get(root, "tss"), 2), "ports"), 1), "first", "0x64"),
		    "ports in JSON");
	json_decref(root);
	cli("fred=1", "desc --json idt");
	root = parse();
	ktap_result(is_null(get(root, "idt"), "user_may_raise") &&
		    is_text(at(get(get(root, "idt"), "fred"), 3), "entry_kernel",
			    "0xffffffff81c01100") &&
		    is_number(at(get(get(root, "idt"), "fred"), 3), "interrupt_stack_level", 1),
		    "FRED in JSON");
	json_decref(root);
	cli("", "desc --json -s 33");
	root = parse();
	ktap_result(is_number(root, "index", 6) && is_text(root, "limit", "0xffffffff") &&
		    json_is_true(get(get(get(root, "may_load"), "user"), "code")) &&
		    json_is_false(get(get(get(root, "may_load"), "user"), "stack")),
		    "a selector in JSON");
	json_decref(root);
	cli("open=2", "tlb --json");
	root = parse();
	ktap_result(json_array_size(get(root, "kinds")) >= 1 &&
		    json_is_array(get(at(get(root, "kinds"), 0), "tlbs")) &&
		    is_null(get(get(at(get(root, "kinds"), 0), "features"), "global-pages"),
			    "in_use"), "TLBs in JSON; without the module what is in use is null");
	json_decref(root);
}

/*
 * On whatever this is: figures that are figures, in the order of the working sets;
 * and a warning if CPUID tells of a hypervisor.
 */
static void test_measure(void)
{
	const json_t *points, *kind, *warning, *beyond;
	json_t *root;
	size_t i, good = 0;
	long long last;

	cli("open=2", "tlb --measure --json");
	root = parse();
	points = get(get(root, "measure"), "points");
	kind = at(get(root, "kinds"), 0);
	warning = get(get(root, "measure"), "warning");
	if (json_is_true(get(kind, "emulator")))
		good = !!strstr(json_string_value(warning), "mean nothing");
	else if (json_is_string(get(kind, "hypervisor")))
		good = !!strstr(json_string_value(warning), "nested tables");
	else
		good = json_is_null(warning);
	ktap_result(good, "warns of what runs below");
	last = json_integer_value(get(at(points, json_array_size(points) - 1), "size"));
	beyond = get(get(root, "measure"), "beyond");
	for (i = 0, good = json_is_array(beyond); i < json_array_size(beyond); i++)
		good &= json_integer_value(get(at(beyond, i), "size")) >= last;
	ktap_result(good, "tells %zu reaches beyond %lld", i, last);
	good = 0;
	for (i = 0; i < json_array_size(points); i++)
		good += is_number(at(points, i), "size", 65536LL << i) &&
			json_real_value(get(at(points, i), "small")) > 0 &&
			json_real_value(get(at(points, i), "huge")) > 0;
	ktap_result((i == 11 || i == 12 || i == 13) && good == i, "measures %zu working sets", i);
	json_decref(root);
}

/* Little memory is available: the working sets stay small, and what is larger is told. */
static void test_little_memory(void)
{
	static const char text[] = "MemTotal: 2000000 kB\nMemAvailable: 1048575 kB\n";
	char root[] = "/tmp/mmuinspect-XXXXXX", proc[64], path[80];
	int status, good;
	FILE *f;

	good = !!mkdtemp(root);
	snprintf(proc, sizeof(proc), "%s/proc", root);
	snprintf(path, sizeof(path), "%s/meminfo", proc);
	good = good && !mkdir(proc, 0700);
	f = good ? fopen(path, "w") : NULL;
	good = f && fputs(text, f) >= 0;
	if (f)
		fclose(f);
	setenv("FAKE_ROOT", root, 1);
	status = cli("open=2,cpuid=1", "tlb --measure");
	unsetenv("FAKE_ROOT");
	ktap_result(good && !status && strstr(out, "\n    64M ") &&
		    !strstr(out, "\n   128M ") &&
		    strstr(out, "reaches beyond 64M, not measured: 3G (L2 unified, 2M)\n"),
		    "measures no more than a quarter of what is available # %d", status);
	unlink(path);
	rmdir(proc);
	rmdir(root);
}

int main(int argc, char **argv)
{
	(void)argc;
	cli_begin(argv[0]);
	ktap_plan(ARRAY_SIZE(wrong) + ARRAY_SIZE(right) + 8 + 3 + 1);
	test_wrong();
	test_right();
	test_json();
	test_measure();
	test_little_memory();
	return ktap_end();
}
