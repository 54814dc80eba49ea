// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a batch of 64 MSRs costs, beside as many preads on the msr device with an
 * open file, and as many runs of rdmsr(1), in ticks of the time stamp counter.
 * Rows are those of bench.c.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/mmuinspect.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define MSRS		64
#define REPEATS		5
#define WORK		"64 MSRs of a CPU"

#define BOUND_BATCH	"4500"
/* At least 12 times fewer than preads */
#define BOUND_SHARE	"8.33"
#define NO_BOUND	"-"

extern char **environ;

static int device, msr;
static struct mmuinspect_msr batch[MSRS];
static struct mmuinspect_msrs ask = {
	.size = sizeof(ask),
	.vec = (__u64)batch,
	.vec_len = MSRS,
};
static __u64 values[MSRS];

static void call_batch(void)
{
	if (ioctl(device, MMUINSPECT_IOC_MSRS, &ask))
		err(1, "MSRS");
}

static void call_preads(void)
{
	int i;

	for (i = 0; i < MSRS; i++)
		if (pread(msr, &values[i], 8, batch[i].msr) != 8)
			err(1, "pread %#x", batch[i].msr);
}

static void call_rdmsr(void)
{
	char number[16], *argv[] = { "rdmsr", number, NULL };
	posix_spawn_file_actions_t silent;
	int i, status;
	pid_t pid;

	posix_spawn_file_actions_init(&silent);
	posix_spawn_file_actions_addopen(&silent, 1, "/dev/null", O_WRONLY, 0);

	for (i = 0; i < MSRS; i++) {
		snprintf(number, sizeof(number), "%#x", batch[i].msr);
		status = posix_spawnp(&pid, argv[0], &silent, NULL, argv, environ);
		if (status)
			errx(1, "rdmsr: %s", strerror(status));
		if (waitpid(pid, &status, 0) != pid || status)
			errx(1, "rdmsr %s: status %#x", number, status);
	}
	posix_spawn_file_actions_destroy(&silent);
}

/* The least of some: an interrupt's work may come in between. */
static double least(void (*call)(void))
{
	unsigned long begin, took, min = -1UL;
	int i;

	for (i = 0; i < REPEATS; i++) {
		begin = __rdtsc();
		call();
		took = __rdtsc() - begin;
		if (took < min)
			min = took;
	}
	return min;
}

static void row(const char *who, double figure, const char *unit,
		const char *bound)
{
	printf("%s\t%d\t%s\t%.2f\t%s\t%s\n", WORK, MSRS, who, figure, unit, bound);
}

/* The first 64 that are permitted and there. */
static void choose(void)
{
	static const struct {
		__u32 first;
		__u32 last;
	} ranges[] = {
		{ 0xc0000080, 0xc0000084 }, { 0xc0000101, 0xc0000103 },
		{ 0x174, 0x176 }, { 0x1b, 0x1b }, { 0x48, 0x48 }, { 0x8b, 0x8b },
		{ 0xfe, 0xfe }, { 0x200, 0x20f }, { 0x250, 0x26f },
		{ 0x277, 0x277 }, { 0x2ff, 0x2ff }, { 0x6a0, 0x6a8 },
		{ 0xda0, 0xda0 }, { 0x3a, 0x3a }, { 0x480, 0x492 },
		{ 0xc0010010, 0xc001001d }, { 0xc0010111, 0xc0010117 },
		{ 0xc001011f, 0xc001011f }, { 0xc0010131, 0xc0010131 },
		{ 0xc0011029, 0xc0011029 }, { 0x10a, 0x10a }, { 0x1a0, 0x1a0 },
	};
	struct mmuinspect_msr one;
	struct mmuinspect_msrs try = {
		.size = sizeof(try), .vec = (__u64)&one, .vec_len = 1,
	};
	size_t range, n = 0;
	__u32 number;

	for (range = 0; range < sizeof(ranges) / sizeof(ranges[0]); range++)
		for (number = ranges[range].first; n < MSRS &&
		     number <= ranges[range].last; number++) {
			one = (struct mmuinspect_msr){ .msr = number };
			if (ioctl(device, MMUINSPECT_IOC_MSRS, &try))
				err(1, "MSRS");
			if (!one.error)
				batch[n++].msr = number;
		}
	if (n < MSRS)
		errx(1, "only %zu MSRs are permitted and there", n);
}

int main(void)
{
	struct sched_param param = { .sched_priority = 1 };
	double ours, theirs;
	int i;

	/* Kernel threads still at work after boot would share the processor. */
	if (sched_setscheduler(0, SCHED_FIFO, &param))
		err(1, "sched_setscheduler");
	device = open("/dev/mmuinspect", O_RDWR | O_CLOEXEC);
	if (device < 0)
		err(1, "/dev/mmuinspect");
	msr = open("/dev/cpu/0/msr", O_RDONLY | O_CLOEXEC);
	if (msr < 0)
		err(1, "/dev/cpu/0/msr");
	choose();
	ours = least(call_batch);
	theirs = least(call_preads);
	for (i = 0; i < MSRS; i++)
		if (batch[i].error || batch[i].value != values[i])
			errx(1, "MSR %#x: %#llx, not %#llx, error %d",
			     batch[i].msr, batch[i].value, values[i],
			     batch[i].error);
	row("mmuinspect", ours, "instructions", BOUND_BATCH);
	row("64 preads", theirs, "instructions", NO_BOUND);
	row("mmuinspect", 100 * ours / theirs, "% of the preads'", BOUND_SHARE);
	row("64 rdmsr(1)", least(call_rdmsr), "instructions", NO_BOUND);
	return 0;
}
