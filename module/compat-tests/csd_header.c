// SPDX-License-Identifier: GPL-2.0-only
/* Are there trace events of calls to other CPUs by structure? (not in 6.1) */
#include <trace/events/csd.h>
