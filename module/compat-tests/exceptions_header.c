// SPDX-License-Identifier: GPL-2.0-only
/* Are the trace events of page faults those of all architectures? (not in 6.12) */
#include <trace/events/exceptions.h>
