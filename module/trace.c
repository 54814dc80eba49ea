// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace events, and what they want counted while they're on. Their callbacks
 * run with the lock that attaching takes, so that is a worker's.
 */
#include "privilege.h"
#include "probes.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#define FAULT (MMUINSPECT_SOURCE_FAULTS | MMUINSPECT_SOURCE_STATES)

int mmui_trace_fault_reg(void)
{
	mmui_sources_get_later(FAULT);
	return 0;
}

void mmui_trace_fault_unreg(void)
{
	mmui_sources_put(FAULT);
}

int mmui_trace_tlb_reg(void)
{
	mmui_sources_get_later(MMUI_SOURCE_TLB_EVENT);
	return 0;
}

void mmui_trace_tlb_unreg(void)
{
	mmui_sources_put(MMUI_SOURCE_TLB_EVENT);
}

int mmui_trace_privilege_reg(void)
{
	mmui_sources_get_later(MMUINSPECT_SOURCE_EVENTS);
	return 0;
}

void mmui_trace_privilege_unreg(void)
{
	mmui_sources_put(MMUINSPECT_SOURCE_EVENTS);
}
