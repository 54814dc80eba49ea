// SPDX-License-Identifier: GPL-2.0-only
/* The tour: what of the kernel is in the tables that user mode runs on. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tour.h"

#define MSR_LSTAR	0xc0000082U
#define MELTDOWN	"/sys/devices/system/cpu/vulnerabilities/meltdown"
#define CR4_LASS	(1ULL << 27)

/* Bits of an error code: Intel SDM vol. 3A 4.7 */
#define FAULT_P		1U
#define FAULT_U		4U

/**
 * struct place - an address of the kernel
 * @key: in JSON
 * @name: what is there
 * @shared: it's a way in: with page-table isolation user mode's tables have it too
 * @address: of it
 */
struct place {
	const char *key;
	const char *name;
	int shared;
	__u64 address;
};

static sigjmp_buf back;

static void caught(int signal)
{
	(void)signal;
	siglongjmp(back, 1);
}

/* In the child: read what it may not, and come back. */
static void read_place(int what, void *places)
{
	const struct place *p = places;

	signal(SIGSEGV, caught);
	if (!sigsetjmp(back, 1))
		(void)*(volatile char *)p[what].address;
}

/* The error code of the one fault that user mode made by reading */
static const char *fault_of(struct tour *t, struct actor *a, int what, __u32 *code)
{
	struct moment before, span = { 0 };
	struct sampler s;
	const char *why = tour_count(t, &s, a->pid, MMUINSPECT_SOURCE_FAULTS, &before);
	__u64 present, absent;

	if (why)
		return why;
	why = actor_do(t, a, what);
	if (!why)
		why = tour_counted(t, &s, &before, &span);
	present = mmuinspect_counts_of(&span.own, MMUINSPECT_A_COUNTS_FAULT,
				       FAULT_U | FAULT_P);
	absent = mmuinspect_counts_of(&span.own, MMUINSPECT_A_COUNTS_FAULT, FAULT_U);
	if (!why && present + absent != 1)
		why = tour_cannot(t, "%llu faults were counted, not one",
				  (unsigned long long)(present + absent));
	*code = present ? FAULT_U | FAULT_P : FAULT_U;
	moment_free(&span);
	moment_free(&before);
	sampler_close(&s);
	return why;
}

static const char *show_place(struct tour *t, struct actor *a,
			      const struct place *p, int what)
{
	int pti = !!(t->s.info->features & MMUINSPECT_FEATURE_PTI);
	const char *why = actor_do(t, a, what);	/* a rehearsal */
	__u32 code;
	int there, must;

	if (!why)
		why = fault_of(t, a, what, &code);
	if (why)
		return why;
	there = !!(code & FAULT_P);
	must = !pti || p->shared;
	out_object(p->key);
	out_hex("address", p->address, "  0x%016llx  %-28s", (unsigned long long)p->address,
		p->name);
	out_hex("error_code", code, "  error code 0x%x:", code);
	out_bool("in_user_tables", there, there ? " an entry, not for users\n" :
		 " no entry\n");
	out_end();
	tour_check(t, there == must, must ?
		   "%s: user mode's tables have it" :
		   "%s: user mode's tables don't have it", p->name);
	return NULL;
}

static void print_state(const struct tour *t, __u64 root, __u64 cr3)
{
	int pti = !!(t->s.info->features & MMUINSPECT_FEATURE_PTI);
	char line[128] = "";
	FILE *f = fopen(MELTDOWN, "re");

	if (f && fgets(line, sizeof(line), f))
		line[strcspn(line, "\n")] = '\0';
	if (f)
		fclose(f);
	out_bool("pti", pti, "  page-table isolation is %s here", pti ? "on" : "off");
	out_string("meltdown", *line ? line : NULL, *line ? "; the kernel says of Meltdown: %s\n" :
		   "\n", line);
	out_hex("cr3", cr3, "  CR3 in the kernel 0x%llx", (unsigned long long)cr3);
	out_hex("user_root", root, ", user mode's top table 0x%llx\n",
		(unsigned long long)root);
}

/* Of a variable; 0 if the kernel hides it */
static __u64 symbol_address(const char *name)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	unsigned long long address = 0, at;
	char line[512], found[SYMBOL_MAX];

	while (f && !address && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %*c %255s", &at, found) == 2 && !strcmp(found, name))
			address = at;
	if (f)
		fclose(f);
	return address;
}

/* Where things are, on the CPU that this runs on */
static const char *find_places(struct tour *t, struct place *places, unsigned int cpu,
			       const struct table *registers)
{
	const char *why = tour_register(t, registers, MMUINSPECT_X86_IDTR_BASE,
					&places[0].address);

	if (why)
		return why;
	if (table_bit(registers, MMUINSPECT_X86_CR4, CR4_LASS))
		return tour_cannot(t, "with LASS the CPU refuses by the address alone, without a look at the tables");
	/* Not a page that the whole of the kernel's code shares: that may be in both. */
	places[2].address = symbol_address("init_task");
	if (!places[2].address)
		return tour_cannot(t, "/proc/kallsyms doesn't tell where the kernel has its data");
	return tour_msr(t, cpu, MSR_LSTAR, &places[1].address);
}

static const char *show_places(struct tour *t, unsigned int cpu)
{
	struct place places[] = {
		{ "idt", "the IDT: where faults lead", 1 },
		{ "syscall_entry", "where SYSCALL leads", 1 },
		{ "data", "the kernel's data: init_task", 0 },
	};
	struct table registers = { .reg = NULL };
	struct mmuinspect_translation walk;
	struct actor actor;
	const char *why = tour_page(t);
	__u64 root, cr3;
	size_t i;

	if (!why)
		why = tour_walk(t, 0, t->page, 0, &walk, &root);
	if (!why)
		why = tour_registers(t, cpu, &registers);
	if (!why)
		why = find_places(t, places, cpu, &registers);
	if (!why)
		why = tour_register(t, &registers, MMUINSPECT_X86_CR3, &cr3);
	if (!why)
		print_state(t, root, cr3);
	free(registers.reg);
	if (!why)
		why = actor_start(t, &actor, read_place, places);
	if (why)
		return why;
	out_text("\n");
	for (i = 0; i < ARRAY_SIZE(places) && !why; i++)
		why = show_place(t, &actor, &places[i], i);
	actor_end(&actor);
	if (why)
		return why;
	out_text("\n");
	tour_print_walk(t, "own_page", &walk);
	return NULL;
}

static const char *show(struct tour *t)
{
	cpu_set_t before;
	unsigned int cpu;
	const char *why = tour_stay(t, &cpu, &before);

	if (why)
		return why;
	why = show_places(t, cpu);
	sched_setaffinity(0, sizeof(before), &before);
	return why;
}

const struct tour_step tour_kpti = {
	.name = "kpti",
	.title = "Two sets of tables: page-table isolation",
	.text = "Tables of a process have the kernel in them too, in entries that aren't for\n"
		"users. Since Meltdown showed that some CPUs read such memory ahead of the check,\n"
		"Linux can run user mode on a second top table, which has the user's pages, the\n"
		"ways into the kernel, and nothing else of it (page-table isolation; but with\n"
		"vsyscall=emulate it has that page, which is for users). A child reads\n"
		"three addresses of the kernel. It gets none of them, but the error code of the\n"
		"fault says why: with bit P there was an entry, which denied it; without it none.\n"
		"With isolation on that must differ between a way in and the kernel's data; off,\n"
		"all three are there. A page of one's own is in both sets, by the same tables below\n"
		"the top; what is walked here are user mode's.\n",
	.show = show,
};
