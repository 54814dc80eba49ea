/* SPDX-License-Identifier: GPL-2.0-only */
/* Probes: attached by the first who wants what they count, detached with the last. */
#ifndef MMUI_PROBES_H
#define MMUI_PROBES_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/jump_label.h>
#include <linux/kprobes.h>
#include <linux/types.h>
#include <linux/mmuinspect_netlink.h>

struct tracepoint;

/* Beside enum mmuinspect_source: processes come and go; a trace event is on. */
#define MMUI_SOURCE_WATCHES	BIT(31)
#define MMUI_SOURCE_TLB_EVENT	BIT(30)

/**
 * struct mmui_probe - a place in the kernel, and what is to be done there
 * @name: of the tracepoint, or the function
 * @sources: it's needed for these
 * @optional: they can be had without it, if this kernel has no such place
 * @trace: of a tracepoint: called with NULL and its arguments; see MMUI_TRACE()
 * @enter: of a function: called at its entry
 * @entry: of a function, when its return is wanted as well
 * @returned: called at its return
 * @data_size: what @entry leaves for @returned, in bytes
 *
 * The rest is probes.c's. A list ends with a row that has no name.
 */
struct mmui_probe {
	const char *name;
	u32 sources;
	bool optional;
	void *trace;
	kprobe_pre_handler_t enter;
	kretprobe_handler_t entry;
	kretprobe_handler_t returned;
	size_t data_size;

	bool here;
	bool attached;
	struct tracepoint *tracepoint;
	struct kretprobe probe;
};

/**
 * MMUI_TRACE - what a row says of a tracepoint
 * @tracepoint: its name, declared by its header in trace/events
 * @probe: called by it; a compile error unless its prototype is exactly the
 *	tracepoint's: a kernel with kCFI traps on any other
 */
#define MMUI_TRACE(tracepoint, probe) __MMUI_TRACE(tracepoint, probe)
#define __MMUI_TRACE(tracepoint, probe)					\
	.name = #tracepoint,						\
	.trace = (void *)(probe) +					\
		 BUILD_BUG_ON_ZERO(!__same_type(check_trace_callback_type_##tracepoint, \
						void (typeof(probe))))

extern struct mmui_probe mmui_fault_probes[], mmui_outcome_probes[],
	mmui_tlb_probes[], mmui_watch_probes[], mmui_privilege_probes[];

DECLARE_STATIC_KEY_FALSE(mmui_states);
DECLARE_STATIC_KEY_FALSE(mmui_watching);

/* The tracepoint that names the CPU which is sent an IPI, since 6.5 */
#define MMUI_SHOTS csd_queue_cpu

bool mmui_probe_here(const char *name);
u32 mmui_sources_here(void);
u32 mmui_sources_used(void);
u64 mmui_sources_lost(void);
int mmui_sources_get(u32 sources);
void mmui_sources_get_later(u32 sources);
void mmui_sources_put(u32 sources);
void mmui_probes_init(void);
void mmui_probes_close(void);
void mmui_probes_exit(void);

#endif
