// SPDX-License-Identifier: GPL-2.0-only
/* Has CPUID a header of its own? (not in 6.12) */
#include <asm/cpuid/api.h>
