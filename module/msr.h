/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMUI_MSR_H
#define MMUI_MSR_H

#include <linux/mmuinspect.h>

/**
 * struct mmui_msr_rule - an MSR that may be read
 * @msr: its number
 * @reveals: it holds an address, or nothing is known of it
 * @mask: the bits of it that may be seen; not 0
 */
struct mmui_msr_rule {
	u32 msr;
	bool reveals;
	u64 mask;
};

struct mmui_msr_batch;

int mmui_msr_init(void);
void mmui_msr_exit(void);
int mmui_msr_read(struct mmui_msr_batch **batch,
		  struct mmuinspect_msr __user *vec, unsigned int n, bool probe,
		  int refused);
bool mmui_msr_silent(void);
void mmui_msr_batch_free(struct mmui_msr_batch *batch);
int mmui_msr_set(const struct mmui_msr_rule *rule, unsigned int n, bool extend);
void mmui_msr_seal(void);
bool mmui_msr_sealed(void);
bool mmui_msr_rule(u32 from, struct mmui_msr_rule *rule);
u32 mmui_msr_generation(void);

#endif
