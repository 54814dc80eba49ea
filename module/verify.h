/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMUI_VERIFY_H
#define MMUI_VERIFY_H

#include "space.h"

int mmui_verify_init(void);
void mmui_verify_exit(void);
int mmui_verify(struct mmui_space *space, struct mmuinspect_translation *t,
		unsigned int n);

#endif
