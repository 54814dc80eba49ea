// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine that isn't there: its CPUID, and its files below /proc and /sys, which
 * are looked for below the directory that FAKE_ROOT names, if it is set.
 *
 * In FAKE:
 *	cpuid	1: it's a made-up CPU that offers each protection
 *	amd	1: of AMD
 *	namespace	1: the PID namespace isn't the initial one
 *	ecx1, ebx7, ecx7, edx7, eax71, ecx80000001, edx80000001	instead of what it says there
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fake.h"
#include "mmuinspect.h"

static __u32 or_given(const char *name, __u32 value)
{
	__u64 other;

	return given(name, &other) ? other : value;
}

size_t __real_mmuinspect_cpuid(struct mmuinspect_cpuid dump[MMUINSPECT_CPUID_MAX]);

size_t __wrap_mmuinspect_cpuid(struct mmuinspect_cpuid dump[MMUINSPECT_CPUID_MAX])
{
	const struct mmuinspect_cpuid made_up[] = {
		setting("amd") ?
		(struct mmuinspect_cpuid) { 0, 0, 7, 0x68747541, 0x444d4163, 0x69746e65 } :
		(struct mmuinspect_cpuid) { 0, 0, 7, 0x756e6547, 0x6c65746e, 0x49656e69 },
		/* An STLB of 1536 entries, for pages of 2M too */
		{ 2, 0, 0x00c30001, 0, 0, 0 },
		/* SDBG, VMX */
		{ 1, 0, 0, 0, or_given("ecx1", 1 << 11 | 1 << 5), 0 },
		/* SMEP, SMAP; UMIP, PKU, CET_SS; CET_IBT */
		{ 7, 0, 1, or_given("ebx7", 1 << 7 | 1 << 20),
		  or_given("ecx7", 1 << 2 | 1 << 3 | 1 << 7), or_given("edx7", 1 << 20) },
		/* LASS */
		{ 7, 1, or_given("eax71", 1 << 6), 0, 0, 0 },
		/* NX */
		{ 0x80000001, 0, 0, 0, or_given("ecx80000001", 0),
		  or_given("edx80000001", 1 << 20) },
	};

	if (!setting("cpuid"))
		return __real_mmuinspect_cpuid(dump);
	memcpy(dump, made_up, sizeof(made_up));
	return sizeof(made_up) / sizeof(made_up[0]);
}

const char *moved(const char *path, char *buf, size_t size)
{
	const char *root = getenv("FAKE_ROOT");

	if (!root || (strncmp(path, "/proc", 5) && strncmp(path, "/sys", 4)))
		return path;
	snprintf(buf, size, "%s%s", root, path);
	return buf;
}

FILE *__real_fopen(const char *path, const char *mode);

FILE *__wrap_fopen(const char *path, const char *mode)
{
	char buf[4096];

	return __real_fopen(moved(path, buf, sizeof(buf)), mode);
}

DIR *__real_opendir(const char *path);

DIR *__wrap_opendir(const char *path)
{
	char buf[4096];

	return __real_opendir(moved(path, buf, sizeof(buf)));
}

int __real_stat(const char *path, struct stat *st);

/* Whatever namespace the tests run in */
int __wrap_stat(const char *path, struct stat *st)
{
	int ret = __real_stat(path, st);

	/* PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h */
	if (!strcmp(path, "/proc/self/ns/pid"))
		st->st_ino = 0xeffffffcU - setting("namespace");
	return ret;
}
