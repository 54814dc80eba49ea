/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How tables of registers are written: a bit or a field a row. What is behind
 * the meaning is named: .why, .source, .values, .varies, .when.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include "decode.h"

#define BITS(high, low) ((~0ULL >> (63 - (high))) & (~0ULL << (low)))

#define FLAG(bit, n, m, ...) \
	{ .name = n, .mask = 1ULL << (bit), .meaning = m, ##__VA_ARGS__ }
#define FIELD(k, high, low, n, m, ...) \
	{ .name = n, .mask = BITS(high, low), .kind = MMUINSPECT_FIELD_##k, \
	  .meaning = m, ##__VA_ARGS__ }

extern const struct mmuinspect_register x86_registers[];
extern const struct mmuinspect_register x86_msrs[];
extern const struct decode_mode x86_modes[];
extern const struct decode_mode_bit x86_mode_bits[];

/* Registers that are MSRs too. */
extern const struct mmuinspect_field x86_cr0[], x86_cr4[], x86_efer[], x86_pat[],
	x86_cet[], x86_fred_config[];
/* SDM vol. 3A, table 12-10: what a byte of PAT and MTRRs stands for */
extern const struct mmuinspect_value x86_memory_types[];

#endif
