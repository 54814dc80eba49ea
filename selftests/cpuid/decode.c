// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads one record as "cpuid --raw" prints it, and prints a line "KIND PAGES
 * ENTRIES WAYS" for each TLB that the library finds in it.
 */
#include <stdio.h>

#include "mmuinspect.h"

static void print(const struct mmuinspect_tlb *tlb)
{
	static const char *const name[] = { "4K", "2M", "4M", "1G" };
	static const __u64 size[] = { 1 << 12, 1 << 21, 1 << 22, 1 << 30 };
	const char *separator = " ";
	size_t i;

	printf("%s", mmuinspect_tlb_kind_name(tlb->kind));
	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		if (!(tlb->pages & size[i]))
			continue;
		printf("%s%s", separator, name[i]);
		separator = "/";
	}
	printf(" %u ", tlb->entries);
	if (tlb->ways == MMUINSPECT_TLB_FULLY)
		printf("all\n");
	else
		printf("%u\n", tlb->ways);
}

int main(void)
{
	struct mmuinspect_cpuid dump[MMUINSPECT_CPUID_MAX];
	struct mmuinspect_tlb tlb[MMUINSPECT_TLB_MAX];
	char line[128];
	size_t n = 0, i;

	while (n < MMUINSPECT_CPUID_MAX && fgets(line, sizeof(line), stdin)) {
		struct mmuinspect_cpuid *c = &dump[n];

		n += sscanf(line, " 0x%x 0x%x: eax=0x%x ebx=0x%x ecx=0x%x edx=0x%x",
			    &c->leaf, &c->subleaf, &c->eax, &c->ebx, &c->ecx, &c->edx) == 6;
	}
	n = mmuinspect_tlbs(dump, n, tlb);
	for (i = 0; i < n; i++)
		print(&tlb[i]);
	return 0;
}
