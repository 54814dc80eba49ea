// SPDX-License-Identifier: GPL-2.0-only
/* Does native_read_msr_safe() return the value, rather than the error? (until 6.15) */
#include <asm/msr.h>

static_assert(__same_type(native_read_msr_safe,
			  unsigned long long (unsigned int, int *)));
