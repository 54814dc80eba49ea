/* SPDX-License-Identifier: GPL-2.0-only */
/* Each event by itself, for perf, trace-cmd and bpftrace. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mmuinspect

#if !defined(MMUI_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define MMUI_TRACE_H

#include <linux/tracepoint.h>
#include <linux/mmuinspect_netlink.h>

#include "privilege.h"

#ifndef MMUI_TRACE_ONCE
#define MMUI_TRACE_ONCE

int mmui_trace_fault_reg(void);
void mmui_trace_fault_unreg(void);
int mmui_trace_tlb_reg(void);
void mmui_trace_tlb_unreg(void);
int mmui_trace_privilege_reg(void);
void mmui_trace_privilege_unreg(void);

#endif

#define show_state(state)						\
	__print_symbolic(state,						\
			 { MMUINSPECT_STATE_NONE, "none" },		\
			 { MMUINSPECT_STATE_SWAP, "swap" },		\
			 { MMUINSPECT_STATE_MIGRATION, "migration" },	\
			 { MMUINSPECT_STATE_PROT_NONE, "prot-none" },	\
			 { MMUINSPECT_STATE_SPECIAL, "special" },	\
			 { MMUINSPECT_STATE_DENIED, "denied" },		\
			 { MMUINSPECT_STATE_ALLOWED, "allowed" },	\
			 { MMUINSPECT_STATE_UNKNOWN, "unknown" })

#define show_end(end)							\
	__print_symbolic(end,						\
			 { MMUINSPECT_FAULT_END_SIGNAL, "signal" },	\
			 { MMUINSPECT_FAULT_END_EMULATED, "emulated" },	\
			 { MMUINSPECT_FAULT_END_FIXUP, "fixup" })

#define show_origin(origin)						\
	__print_symbolic(origin,					\
			 { MMUINSPECT_FAULT_ORIGIN_EXCEPTION, "exception" }, \
			 { MMUINSPECT_FAULT_ORIGIN_FRAME, "frame" },	\
			 { MMUINSPECT_FAULT_ORIGIN_SIGRETURN, "sigreturn" }, \
			 { MMUINSPECT_FAULT_ORIGIN_RSEQ, "rseq" },	\
			 { MMUINSPECT_FAULT_ORIGIN_EXEC, "exec" },	\
			 { MMUINSPECT_FAULT_ORIGIN_SECCOMP, "seccomp" }, \
			 { MMUINSPECT_FAULT_ORIGIN_UNKNOWN, "unknown" })

/* A page fault: where, by what instruction, and what the entry was before */
TRACE_EVENT_FN(fault,
	TP_PROTO(unsigned long address, unsigned long ip,
		 unsigned long error_code, unsigned int state),
	TP_ARGS(address, ip, error_code, state),
	TP_STRUCT__entry(
		__field(unsigned long, address)
		__field(unsigned long, ip)
		__field(unsigned long, error_code)
		__field(unsigned int, state)
	),
	TP_fast_assign(
		__entry->address = address;
		__entry->ip = ip;
		__entry->error_code = error_code;
		__entry->state = state;
	),
	TP_printk("address=0x%lx ip=0x%lx error_code=0x%lx state=%s",
		  __entry->address, __entry->ip, __entry->error_code,
		  show_state(__entry->state)),
	mmui_trace_fault_reg, mmui_trace_fault_unreg
);

/* A TLB flush; reason is the kernel's enum tlb_flush_reason, pages -1 is all */
TRACE_EVENT_FN(tlb,
	TP_PROTO(int reason, unsigned long pages),
	TP_ARGS(reason, pages),
	TP_STRUCT__entry(
		__field(int, reason)
		__field(unsigned long, pages)
	),
	TP_fast_assign(
		__entry->reason = reason;
		__entry->pages = pages;
	),
	TP_printk("reason=%d pages=%ld", __entry->reason, __entry->pages),
	mmui_trace_tlb_reg, mmui_trace_tlb_unreg
);

/*
 * A fault that ended with a signal, or that the kernel emulated or resolved; vector
 * is -1 if no exception made the signal
 */
TRACE_EVENT_FN(privilege_fault,
	TP_PROTO(const struct mmui_event *event),
	TP_ARGS(event),
	TP_STRUCT__entry(
		__field(pid_t, pid)
		__array(char, comm, TASK_COMM_LEN)
		__field(unsigned int, end)
		__field(unsigned int, origin)
		__field(int, vector)
		__field(unsigned long, error_code)
		__field(unsigned long, address)
		__field(unsigned long, ip)
		__field(int, sig)
		__field(int, code)
		__field(unsigned int, n)
		__array(u8, bytes, MMUI_EVENT_BYTES)
	),
	TP_fast_assign(
		__entry->pid = event->pid;
		memcpy(__entry->comm, event->comm, TASK_COMM_LEN);
		__entry->end = event->end;
		__entry->origin = event->origin;
		__entry->vector = event->vector == MMUI_NO_VECTOR ?
				  -1 : (int)event->vector;
		__entry->error_code = event->error_code;
		__entry->address = event->addr;
		__entry->ip = event->ip;
		__entry->sig = event->sig;
		__entry->code = event->code;
		__entry->n = event->n_bytes;
		memcpy(__entry->bytes, event->bytes, MMUI_EVENT_BYTES);
	),
	TP_printk("pid=%d comm=%s origin=%s vector=%d error_code=0x%lx address=0x%lx ip=0x%lx end=%s sig=%d code=%d bytes=%s",
		  __entry->pid, __entry->comm,
		  show_origin(__entry->origin), __entry->vector,
		  __entry->error_code, __entry->address, __entry->ip,
		  show_end(__entry->end), __entry->sig, __entry->code,
		  __print_hex(__entry->bytes, __entry->n)),
	mmui_trace_privilege_reg, mmui_trace_privilege_unreg
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
