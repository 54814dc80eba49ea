// SPDX-License-Identifier: GPL-2.0-only
/* Has CPUID a header of its own? (since 6.16) */
#include <asm/cpuid/api.h>
