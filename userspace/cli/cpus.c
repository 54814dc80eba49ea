// SPDX-License-Identifier: GPL-2.0-only
/* Which CPUs there are, and lists of them in few characters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

int cpus_online(struct cpus *cpus)
{
	char list[4096] = "";
	FILE *f = fopen("/sys/devices/system/cpu/online", "re");

	if (f && fgets(list, sizeof(list), f))
		list[strcspn(list, "\n")] = '\0';
	if (f)
		fclose(f);
	if (!*list)
		snprintf(list, sizeof(list), "0-%ld", sysconf(_SC_NPROCESSORS_CONF) - 1);
	return parse_cpus(list, cpus) ? -1 : 0;
}

int cpus_exists(__u32 cpu)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u", cpu);
	return !access(path, F_OK);
}

int cpus_wanted(__u32 cpu)
{
	size_t i;

	for (i = 0; i < common.cpus.n; i++)
		if (common.cpus.cpu[i] == cpu)
			return 1;
	return !common.cpus.n;
}

const char *cpus_text(const __u32 *cpu, size_t n)
{
	static char buf[4096];
	size_t len = 0, i, last;

	buf[0] = '\0';
	for (i = 0; i < n && len < sizeof(buf) - 32; i = last + 1) {
		for (last = i; last + 1 < n && cpu[last + 1] == cpu[last] + 1; )
			last++;
		len += sprintf(buf + len, i ? ",%u" : "%u", cpu[i]);
		if (last > i)
			len += sprintf(buf + len, "-%u", cpu[last]);
	}
	if (i < n)
		strcpy(buf + len, ",...");
	return buf;
}
