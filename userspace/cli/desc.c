// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect desc: the descriptor tables of each CPU. */
#include <string.h>

#include "cli.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct {
	int verbose;
	int by_selector;
	__u64 selector;
} ask;

static const char *set_verbose(const char *arg)
{
	(void)arg;
	ask.verbose = 1;
	return NULL;
}

static const char *set_segment(const char *arg)
{
	const char *why = parse_number(arg, &ask.selector);

	ask.by_selector = 1;
	if (why)
		return why;
	return ask.selector > 0xffff ? "a selector has 16 bits" : NULL;
}

static const struct cli_option options[] = {
	OPTION_CPUS,
	{ "segment", 's', "SELECTOR",
	  "from a selector to its descriptor and to the linear address", set_segment },
	{ "verbose", 'v', NULL, "each gate on a line, empty entries too", set_verbose },
	OPTION_JSON,
	{ 0 }
};

static int print_idt(const struct session *s, struct tables *t)
{
	idt_print(s, t, ask.verbose);
	return EXIT_DONE;
}

static int print_gdt(const struct session *s, struct tables *t)
{
	(void)s;
	gdt_print(t, ask.verbose);
	return EXIT_DONE;
}

static int print_tss(const struct session *s, struct tables *t)
{
	struct tables idt;
	int status = tables_read(s, MMUINSPECT_DESC_IDT, &idt);

	if (status)
		return status;
	tss_print(t, &idt);
	tables_free(&idt);
	return EXIT_DONE;
}

/* In the order of printing */
static const struct part {
	const char *name;
	unsigned int table;
	int (*print)(const struct session *s, struct tables *t);
} parts[] = {
	{ "idt", MMUINSPECT_DESC_IDT, print_idt },
	{ "gdt", MMUINSPECT_DESC_GDT, print_gdt },
	{ "tss", MMUINSPECT_DESC_TSS, print_tss },
	{ "ldt", MMUINSPECT_DESC_LDT, print_gdt },
};

/* Which of @parts; all if none is named. Returns an exit status. */
static int choose(int argc, char **argv, int wanted[ARRAY_SIZE(parts)])
{
	static const struct names names = NAMES(parts);
	size_t p;
	int i;

	if (ask.by_selector && argc)
		return misused("desc: --segment and \"%s\": one or the other", argv[0]);
	for (p = 0; p < ARRAY_SIZE(parts); p++)
		wanted[p] = !argc;
	for (i = 0; i < argc; i++) {
		int found = names_find(&names, argv[i]);

		if (found < 0)
			return misused("desc: %s", names_wrong(&names, argv[i], "table"));
		wanted[found] = 1;
	}
	return EXIT_DONE;
}

static int print_part(const struct session *s, const struct part *part)
{
	struct tables t;
	int status = tables_read(s, part->table, &t);

	if (status)
		return status;
	status = part->print(s, &t);
	tables_free(&t);
	return status;
}

static int desc_run(int argc, char **argv)
{
	int wanted[ARRAY_SIZE(parts)], status, any = 0;
	struct session s;
	size_t p;

	status = choose(argc, argv, wanted);
	if (!status)
		status = session_open(&s);
	if (status)
		return status;
	if (s.info->arch != MMUINSPECT_ARCH_X86_64)
		status = failed("desc: %s has no such tables", mmuinspect_arch_name(s.info));
	else if (ask.by_selector)
		status = desc_segment(&s, ask.selector);
	for (p = 0; p < ARRAY_SIZE(parts) && !status && !ask.by_selector; p++) {
		if (!wanted[p])
			continue;
		out_text(any++ ? "\n" : "");
		status = print_part(&s, &parts[p]);
	}
	session_close(&s);
	return status;
}

const struct cli_command cmd_desc = {
	.name = "desc",
	.summary = "descriptor tables: IDT, GDT, TSS, LDT",
	.usage = "[-c CPUS] [-v] [-j] [idt] [gdt] [tss] [ldt]\n"
		 "       mmuinspect desc -s SELECTOR [-c CPU] [-j]",
	.about = "IDT: the gates, each with its privilege, stack and handler, and which of them\n"
		 "user mode may go through. GDT and LDT: segments. TSS: stacks, and the ports that\n"
		 "the task that ran last may use. What CPUs have in common is printed once. It\n"
		 "needs CAP_SYS_ADMIN and CAP_SYS_RAWIO. With -s: what a selector (hex) stands for.",
	.options = options,
	.operands = OPERANDS_ANY,
	.run = desc_run,
};
