// SPDX-License-Identifier: GPL-2.0-only
#include "mmui_test.h"
#include "cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int mmui_regs(int fd, struct registers *all)
{
	struct mmuinspect_regs regs = {
		.size = sizeof(regs),
		.vec = (uintptr_t)all->reg,
		.vec_len = sizeof(all->reg) / sizeof(all->reg[0]),
		.last_cpu = UINT_MAX,
	};
	int ret = mmui_call(fd, MMUINSPECT_IOC_REGS, &regs);

	all->n = ret ? 0 : regs.filled;
	if (!ret && regs.cpu != UINT_MAX)
		die("REGS stopped at CPU %u", regs.cpu);
	return ret;
}

const struct mmuinspect_reg *reg_find(const struct registers *all,
				      unsigned int cpu, unsigned int id)
{
	unsigned int i;

	for (i = 0; i < all->n; i++)
		if (all->reg[i].cpu == cpu && all->reg[i].id == id)
			return &all->reg[i];
	return NULL;
}

__u64 reg_value(const struct registers *all, unsigned int cpu, unsigned int id)
{
	const struct mmuinspect_reg *reg = reg_find(all, cpu, id);

	if (!reg || reg->error)
		die("CPU %u, register %u: %d", cpu, id, reg ? reg->error : 1);
	return reg->value;
}

int mmui_msrs(int fd, struct mmuinspect_msr *msr, unsigned int n)
{
	struct mmuinspect_msrs msrs = {
		.size = sizeof(msrs),
		.vec = (uintptr_t)msr,
		.vec_len = n,
	};
	int ret = mmui_call(fd, MMUINSPECT_IOC_MSRS, &msrs);

	if (!ret && msrs.done != n)
		die("MSRS: %u of %u", msrs.done, n);
	return ret;
}

int mmui_msr(int fd, unsigned int cpu, __u32 number, __u64 *value)
{
	struct mmuinspect_msr msr = { .cpu = cpu, .msr = number };
	int ret = mmui_msrs(fd, &msr, 1);

	if (!ret)
		ret = msr.error;
	if (!ret)
		*value = msr.value;
	else if (msr.value)
		die("MSR %#x: error %d, and a value", number, ret);
	return ret;
}

unsigned int cpu_count(void)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);

	if (n < 1 || n > CPUS_MAX)
		die("%ld CPUs", n);
	return n;
}

bool cpu_flag(const char *flag)
{
	static char flags[8192];
	char word[64];
	FILE *f;

	if (!*flags) {
		f = fopen("/proc/cpuinfo", "re");
		while (f && fgets(flags, sizeof(flags), f) &&
		       strncmp(flags, "flags", 5))
			;
		if (!f || strncmp(flags, "flags", 5))
			die("/proc/cpuinfo has no flags");
		fclose(f);
		flags[strcspn(flags, "\n")] = ' ';
	}
	snprintf(word, sizeof(word), " %s ", flag);
	return strstr(flags, word);
}

int cpu_msr(unsigned int cpu, __u32 number, __u64 *value)
{
	char path[64];
	ssize_t n;
	int fd, ret;

	snprintf(path, sizeof(path), "/dev/cpu/%u/msr", cpu);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %m", path);
	n = pread(fd, value, sizeof(*value), number);
	ret = n == sizeof(*value) ? 0 : -errno;
	close(fd);
	return ret;
}

int cpu_switch(unsigned int cpu, bool on)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	return write_file(path, on ? "1" : "0");
}

__u64 cpu_interrupts(const char *row, __u64 *each)
{
	FILE *f = fopen("/proc/interrupts", "re");
	char line[4096], name[16], *at = NULL, *end;
	__u64 sum = 0, n;
	unsigned int i = 0;

	snprintf(name, sizeof(name), "%s:", row);
	while (f && !at && fgets(line, sizeof(line), f))
		at = strstr(line, name);
	if (!at)
		die("/proc/interrupts has no row %s", row);
	fclose(f);
	for (at += strlen(name); n = strtoull(at, &end, 10), end != at; at = end) {
		if (each && i < CPUS_MAX)
			each[i++] = n;
		sum += n;
	}
	return sum;
}

static __u64 cpu_calls(unsigned int cpu)
{
	__u64 each[CPUS_MAX];

	cpu_interrupts("CAL", each);
	return each[cpu];
}

unsigned long cpu_calls_of(unsigned int cpu, unsigned long expected,
			   void (*fn)(void *), void *arg)
{
	unsigned long before, delta, least = -1;
	unsigned int tries;

	for (tries = 0; tries < 300 && least > expected; tries++) {
		before = cpu_calls(cpu);
		fn(arg);
		delta = cpu_calls(cpu) - before;
		if (delta < least)
			least = delta;
	}
	return least;
}

void cpu_pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("CPU %u: %m", cpu);
}

void busy_start(struct busy *busy, unsigned int cpu, void (*prepare)(void *arg),
		void *arg)
{
	volatile int *there = SHARED(int, 1);

	*busy = (struct busy) { .cpu = cpu, .prepare = prepare, .arg = arg };
	busy->pid = fork();
	if (busy->pid < 0)
		die("fork: %m");
	if (!busy->pid) {
		die_with_parent();
		cpu_pin(cpu);
		/* Before @prepare: that may never return, or leave a CR2 that a fault here would change. */
		*there = 1;
		if (prepare)
			prepare(arg);
		for (;;)
			asm volatile("pause");
	}
	while (!*there) {
		if (waitpid(busy->pid, NULL, WNOHANG))
			die("the busy child has ended");
		usleep(1000);
	}
	munmap((void *)there, sizeof(*there));
}

void busy_end(struct busy *busy)
{
	if (busy->pid > 0)
		release(busy->pid);
	busy->pid = 0;
}
