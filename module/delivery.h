/* SPDX-License-Identifier: GPL-2.0-only */
/* The signal that a task was about to handle when its frame failed. */
#ifndef MMUI_DELIVERY_H
#define MMUI_DELIVERY_H

#include <linux/signal_types.h>
#include <linux/types.h>

void mmui_delivered(void *data, int sig, struct kernel_siginfo *info,
		    struct k_sigaction *ka);
int mmui_delivery(unsigned long sp, bool *on_altstack);

#endif
