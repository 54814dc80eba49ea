/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMUI_VERIFY_H
#define MMUI_VERIFY_H

#include "space.h"

int mmui_verify(struct mmui_space *space, struct mmuinspect_translation *t);

#endif
