/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the device that isn't there share. */
#ifndef FAKE_H
#define FAKE_H

#include <linux/types.h>

/* The number behind @name in FAKE; 0 if it isn't there. */
unsigned long setting(const char *name);
/* Is it there? */
int given(const char *name, __u64 *value);
/* NAME_CPU, or NAME for all CPUs */
int given_on(const char *name, __u32 cpu, __u64 *value);

/* Where a file of /proc or /sys is instead; may be in @buf */
const char *moved(const char *path, char *buf, size_t size);

/* ioctls: 0 or a negative errno */
int do_regs(void *arg);
int do_msrs(void *arg);
int do_desc(void *arg);

#endif
