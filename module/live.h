/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMUI_LIVE_H
#define MMUI_LIVE_H

#include "walk.h"

/**
 * struct mmui_live - the walk's view of live memory, during one hold of a lock
 * @vetted: for each level the frame that was last found to be RAM: a slot a
 *	level, so that the tables of one way can't evict each other
 * @ram: the last reserved frame that the resource tree has as RAM
 * @refused: the last one that it hasn't
 * @unknown: it's to be asked about this one, once interrupts are on
 * @busy: a frame was looked at in this section
 * @flags: of the section's caller
 */
struct mmui_live {
	unsigned long vetted[MMUINSPECT_LEVELS_MAX + 1];
	unsigned long ram;
	unsigned long refused;
	unsigned long unknown;
	bool busy;
	unsigned long flags;
};

struct mmui_memory mmui_live_begin(struct mmui_live *live);

#endif
