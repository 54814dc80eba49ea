/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUs: REGS and MSRS, and what the kernel itself says of the same things:
 * /proc/cpuinfo, /proc/interrupts, /dev/cpu/N/msr.
 */
#ifndef CPU_H
#define CPU_H

#include <linux/mmuinspect.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CPUS_MAX	64

struct registers {
	struct mmuinspect_reg reg[CPUS_MAX * 32];
	unsigned int n;
};

/* All CPUs, by one call; 0 or a negative errno */
int mmui_regs(int fd, struct registers *all);
/* The record of a register; NULL if there is none */
const struct mmuinspect_reg *reg_find(const struct registers *all,
				      unsigned int cpu, unsigned int id);
/* Its value; ends the test if the CPU didn't tell */
__u64 reg_value(const struct registers *all, unsigned int cpu, unsigned int id);

int mmui_msrs(int fd, struct mmuinspect_msr *msr, unsigned int n);
/* One read: its own error, or the call's; *value is left alone then */
int mmui_msr(int fd, unsigned int cpu, __u32 number, __u64 *value);

unsigned int cpu_count(void);
/* A word of /proc/cpuinfo's flags */
bool cpu_flag(const char *flag);
/* What the msr driver reads: 0 or a negative errno. Ends the test without it. */
int cpu_msr(unsigned int cpu, __u32 number, __u64 *value);
/* Switch a CPU on or off: 0 or a negative errno */
int cpu_switch(unsigned int cpu, bool on);
/* The sum of a row of /proc/interrupts, and what @each online CPU had; may be NULL */
__u64 cpu_interrupts(const char *row, __u64 *each);
/*
 * How often @fn makes other CPUs interrupt this one to call a function. Anybody
 * else may have one interrupted meanwhile: of some hundred tries the least counts,
 * or the first that's no more than expected.
 */
unsigned long cpu_calls_of(unsigned int cpu, unsigned long expected,
			   void (*fn)(void *), void *arg);
void cpu_pin(unsigned int cpu);

/**
 * struct busy - a child that keeps a CPU busy
 * @pid: its number
 * @prepare: done by it on that CPU, first; may be NULL
 */
struct busy {
	pid_t pid;
	void (*prepare)(void *arg);
	void *arg;
	unsigned int cpu;
};

/* An idle CPU may be called without an interrupt, and has no task of ours. */
void busy_start(struct busy *busy, unsigned int cpu, void (*prepare)(void *arg),
		void *arg);
void busy_end(struct busy *busy);

#endif
