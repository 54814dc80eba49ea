// SPDX-License-Identifier: GPL-2.0-only
/* Rules of Linux on addresses: the vsyscall page, and how far a stack may grow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "predict.h"

#define PAGE	4096ULL
/* mm/mmap.c (mm/vma.c): stack_guard_gap, unless it's set at boot */
#define GAP	256
#define GAP_OPTION "stack_guard_gap="

/* arch/x86/entry/vsyscall/vsyscall_64.c: get_gate_vma() */
enum vsyscall_mode vsyscall_mode(const char *rights)
{
	if (!rights)
		return VSYSCALL_MODE_NONE;
	return rights[0] == 'r' ? VSYSCALL_MODE_EMULATE : VSYSCALL_MODE_XONLY;
}

/* The same: addr_to_vsyscall_nr() */
static int is_entry(__u64 address)
{
	return !(address & ~0xc00ULL & (PAGE - 1)) && (address & 0xc00) != 0xc00;
}

linux_facts vsyscall_facts(enum vsyscall_mode mode, __u64 address)
{
	static const linux_facts modes[] = {
		[VSYSCALL_MODE_UNKNOWN] = FACT(VSYSCALL_UNKNOWN),
		[VSYSCALL_MODE_NONE] = FACT(VSYSCALL_NONE),
		[VSYSCALL_MODE_XONLY] = FACT(VSYSCALL_XONLY),
		[VSYSCALL_MODE_EMULATE] = FACT(VSYSCALL_EMULATE),
	};

	if (address - VSYSCALL_PAGE >= PAGE)
		return 0;
	return modes[mode] | FACT_IF(VSYSCALL_ENTRY, is_entry(address));
}

/* mm/mmap.c (mm/vma.c): expand_downwards(), acct_stack_growth() */
int linux_grows(const struct linux_growth *g)
{
	__u64 page = g->address & -PAGE;

	if (g->address >= g->start || page < g->min_address)
		return 0;
	if (g->has_below && !g->below_grows && g->below_accessible &&
	    page - g->below_end < g->gap)
		return 0;
	return g->start - page <= g->room && g->end - page <= g->limit;
}

/* cmdline_parse_stack_guard_gap(): what is no number counts for nothing. */
__u64 linux_gap_of(char *line)
{
	unsigned long long pages = GAP, given;
	char *word, *end, *rest;

	for (word = strtok_r(line, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
		if (strncmp(word, GAP_OPTION, strlen(GAP_OPTION)))
			continue;
		given = strtoull(word + strlen(GAP_OPTION), &end, 10);
		pages = *end ? pages : given;
	}
	return pages * PAGE;
}

__u64 linux_guard_gap(void)
{
	FILE *f = fopen("/proc/cmdline", "re");
	__u64 gap = GAP * PAGE;
	char *line = NULL;
	size_t size = 0;

	if (f && getline(&line, &size, f) > 0)
		gap = linux_gap_of(line);
	free(line);
	if (f)
		fclose(f);
	return gap;
}

__u64 linux_min_address(void)
{
	unsigned long long min = 65536;
	FILE *f = fopen("/proc/sys/vm/mmap_min_addr", "re");

	if (f && fscanf(f, "%llu", &min) != 1)
		min = 65536;
	if (f)
		fclose(f);
	return min;
}
