// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect probe: what user mode may not do, tried out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe.h"

static int list, verbose, allow;
static unsigned int classes;	/* bits by enum probe_class; 0 for all */
static char classes_text[64];

const char *const probe_classes[CLASSES] = {
	[CLASS_CONTROL] = "control",
	[CLASS_TABLES] = "tables",
	[CLASS_MACHINE] = "machine",
	[CLASS_INTERRUPTS] = "interrupts",
	[CLASS_MEMORY] = "memory",
	[CLASS_KERNEL] = "kernel",
};

static const struct {
	enum probe_class class;
	struct probe_rows (*rows)(void);
} sources[] = {
	{ CLASS_CONTROL, probe_control },
	{ CLASS_TABLES, probe_tables },
	{ CLASS_MACHINE, probe_machine },
	{ CLASS_INTERRUPTS, probe_interrupts },
	{ CLASS_INTERRUPTS, probe_doors },
	{ CLASS_MEMORY, probe_memory },
	{ CLASS_KERNEL, probe_kernel },
};

static const char *set_list(const char *arg)
{
	(void)arg;
	list = 1;
	return NULL;
}

static const char *set_verbose(const char *arg)
{
	(void)arg;
	verbose = 1;
	return NULL;
}

static const char *set_allow(const char *arg)
{
	(void)arg;
	allow = 1;
	return NULL;
}

static const char *set_class(const char *arg)
{
	static const struct names names = NAMES(probe_classes);

	int class = names_find(&names, arg);
	size_t len = strlen(classes_text);

	if (class < 0)
		return names_wrong(&names, arg, "class");
	if (!(classes >> class & 1))
		snprintf(classes_text + len, sizeof(classes_text) - len, "%s%s",
			 len ? " or " : "", arg);
	classes |= 1U << class;
	return NULL;
}

static const struct cli_option options[] = {
	{ "list", 'l', NULL, "what there is to try; nothing is tried", set_list },
	{ "class", 'C', "CLASS",
	  "only control, tables, machine, interrupts, memory or kernel; may be given more than once",
	  set_class, .value = VALUE_WORD, .repeats = 1,
	  .words = "control tables machine interrupts memory kernel" },
	{ "allow", 'a', NULL, "try what takes effect too: ports that are granted",
	  set_allow },
	{ "verbose", 'v', NULL, "why it must be so, bytes, addresses, events",
	  set_verbose },
	OPTION_JSON,
	{ 0 }
};

/* All probes, in the order of their classes */
static int collect(struct lab *lab)
{
	size_t s, i;

	for (s = 0; s < ARRAY_SIZE(sources); s++) {
		struct probe_rows rows = sources[s].rows();
		struct probe *more;

		more = realloc(lab->probe, (lab->n_probes + rows.n) * sizeof(*more));
		if (!more)
			return failed("probe: %s", strerror(ENOMEM));
		lab->probe = more;
		for (i = 0; i < rows.n; i++) {
			more[lab->n_probes] = rows.row[i];
			more[lab->n_probes++].class = sources[s].class;
		}
	}
	return EXIT_DONE;
}

static int is_named(const struct probe *p, const char *const *name, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(p->name, name[i]))
			return 1;
	return !n;
}

/* Leave those that were asked for. */
static int choose(struct lab *lab, const char *const *name, size_t named)
{
	const struct names names = { lab->probe, lab->n_probes, sizeof(*lab->probe) };
	const char *near;
	size_t n = 0, i;

	for (i = 0; i < named; i++) {
		if (names_find(&names, name[i]) >= 0)
			continue;
		near = names_nearest(&names, name[i]);
		if (near)
			return misused("probe: unknown probe \"%.64s\": did you mean \"%s\"?",
				       name[i], near);
		return misused("probe: unknown probe \"%.64s\": see mmuinspect probe --list",
			       name[i]);
	}
	for (i = 0; i < lab->n_probes; i++)
		if ((!classes || classes >> lab->probe[i].class & 1) &&
		    is_named(&lab->probe[i], name, named))
			lab->probe[n++] = lab->probe[i];
	lab->n_probes = n;
	return n ? EXIT_DONE :
		   misused("probe: none of these is of the class %s", classes_text);
}

static int print_list(const struct lab *lab)
{
	size_t i;

	out_heading("class       name                  tries");
	out_array("probes");
	for (i = 0; i < lab->n_probes; i++) {
		const struct probe *p = &lab->probe[i];
		const char *text = probe_mnemonic(p);

		out_object(NULL);
		out_string("name", p->name, NULL);
		out_string("class", probe_classes[p->class], NULL);
		out_string("mnemonic", text, "%-10s  %-20s  %s\n",
			   probe_classes[p->class], p->name, text);
		out_end();
	}
	out_end();
	return EXIT_DONE;
}

/* In a file, so that a child that calls exec() can still write to it. */
static int share_trials(struct lab *lab)
{
	size_t size = lab->n_probes * sizeof(*lab->trials);
	void *trials;

	lab->trials_fd = memfd_create("mmuinspect-probes", MFD_CLOEXEC);
	if (lab->trials_fd < 0)
		return failed("probe: %s", strerror(errno));
	trials = ftruncate(lab->trials_fd, size) ? MAP_FAILED :
		 mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, lab->trials_fd, 0);
	if (trials == MAP_FAILED) {
		close(lab->trials_fd);
		return failed("probe: %s", strerror(errno));
	}
	lab->trials = trials;
	return EXIT_DONE;
}

static int try_all(struct lab *lab)
{
	int status = share_trials(lab);
	struct trial *trial = lab->trials;
	size_t i;

	if (status)
		return status;
	lab_listen(lab);
	for (i = 0; i < lab->n_probes; i++) {
		trial[i].probe = &lab->probe[i];
		trial[i].lab = lab;
		probe_run(&trial[i]);
		lab_hear(lab, trial, i + 1);
	}
	lab_hear_last(lab, trial);
	return EXIT_DONE;
}

int lab_try(struct lab *lab, const char *const *name, size_t n)
{
	int status = collect(lab);

	if (!status)
		status = choose(lab, name, n);
	return status ? status : try_all(lab);
}

static int probe_run_command(int argc, char **argv)
{
	const char *const *name = (const char *const *)argv;
	struct lab *lab = calloc(1, sizeof(*lab));
	int status;

	if (!lab)
		return failed("probe: %s", strerror(ENOMEM));
	status = collect(lab);
	if (!status)
		status = choose(lab, name, argc);
	if (!status && list)
		status = print_list(lab);
	if (!status && !list) {
		lab->allow = allow;
		lab_open(lab);
		status = try_all(lab);
		if (!status)
			status = probe_print(lab, lab->trials, lab->n_probes, verbose);
	}
	lab_close(lab);
	free(lab);
	return status;
}

const struct cli_command cmd_probe = {
	.name = "probe",
	.summary = "try what user mode may not do: what the CPU and the kernel do about it",
	.usage = "[-C CLASS]... [-a] [-v] [-j] [NAME...]\n"
		 "       mmuinspect probe --list [-C CLASS]... [-j]",
	.about = "Each probe is one instruction, tried in a child of its own. What must happen is\n"
		 "worked out from the state of this machine: CPL, IOPL, control registers, gates,\n"
		 "descriptors, page tables, PKRU, I/O map. It's compared with the child's signal\n"
		 "frame, and that with the module's event. Without the module, or without\n"
		 "CAP_SYS_ADMIN and CAP_SYS_RAWIO, some of the state isn't known, and there are no\n"
		 "events. The exit status is 3 if anything isn't as it must be, or if frame and\n"
		 "event differ.",
	.options = options,
	.operands = 1,
	.run = probe_run_command,
};
