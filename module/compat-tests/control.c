// SPDX-License-Identifier: GPL-2.0-only
/* Compiles with every kernel: else no answer of the other files means anything. */
#include <linux/mm.h>
#include <asm/msr.h>

static_assert(sizeof(get_user_pages_remote) && sizeof(native_read_msr_safe));
