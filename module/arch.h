/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an architecture must say. Everything that knows one is in arch_*.c.
 *
 * To add an architecture:
 *  1. a value in enum mmuinspect_arch (uapi);
 *  2. its formats as rows in format.c (Documentation/formats.rst);
 *  3. arch_NAME.c with a const struct mmui_arch mmui_arch, each member filled;
 *  4. one line in Kbuild;
 *  5. userspace/lib/decode_NAME.c: names of the bits.
 */
#ifndef MMUI_ARCH_H
#define MMUI_ARCH_H

#include "walk.h"

struct mm_struct;

/**
 * struct mmui_arch - an architecture
 * @init: fill in @info what this architecture knows (arch, levels, va_bits,
 *	phys_bits, user_end, phys_mask, features, memattr, the software bits, the
 *	layout of non-present entries), or refuse to work on this machine: log why
 *	and return a negative errno. Called once, before anything else
 * @format: the format of a process's tables, given the levels in use
 * @root: physical address of the top table that user mode runs on in @mm
 * @mm_id: a number that no other address space has or will have; not 0
 */
struct mmui_arch {
	int (*init)(struct mmuinspect_info *info);
	const struct mmui_format *(*format)(unsigned int levels);
	phys_addr_t (*root)(const struct mm_struct *mm);
	u64 (*mm_id)(const struct mm_struct *mm);
};

extern const struct mmui_arch mmui_arch;

#endif
