/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults that end with a signal, or that the kernel emulates or mends. */
#ifndef MMUI_PRIVILEGE_H
#define MMUI_PRIVILEGE_H

#include <linux/irq_work.h>
#include <linux/llist.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "origin.h"
#include "state.h"

#define MMUI_EVENT_BYTES 15	/* the longest instruction (SDM vol. 2A 2.3.11) */

/**
 * struct mmui_event - a fault and its end
 * @node: in the queue
 * @busy: not free to be filled
 * @time: CLOCK_MONOTONIC, in nanoseconds
 * @error_code: as the kernel keeps it for the signal frame; only if @has_error_code
 * @addr: that faulted; of a page fault only
 * @vector: of the exception, or MMUI_NO_VECTOR
 * @ip: address of the instruction
 * @sp: the stack pointer
 * @sig_addr: si_addr
 * @pid: in the initial PID namespace, as @tid
 * @end: enum mmuinspect_fault_end
 * @sig: the signal, and @code its si_code; 0 if it ended without
 * @origin: enum mmuinspect_fault_origin: what made @sig, or else the exception
 * @frame_sig: the signal whose frame had no room; 0 if not known
 * @on_altstack: that frame was for the alternate signal stack
 * @has_error_code: the exception has one, and it's known
 * @user: the CPU was in user mode
 * @way: what translated @addr when the CPU faulted; @way.level is 0 if not known
 * @lost: how many were lost until it was sent
 */
struct mmui_event {
	struct llist_node node;
	atomic_t busy;
	u64 time;
	unsigned long error_code;
	unsigned long addr;
	unsigned long ip;
	unsigned long sp;
	unsigned long sig_addr;
	u64 lost;
	pid_t pid;
	pid_t tid;
	u32 cpu;
	u32 end;
	u32 vector;
	int sig;
	int code;
	int frame_sig;
	u32 origin;
	bool on_altstack;
	bool has_error_code;
	bool user;
	u8 n_bytes;
	u8 bytes[MMUI_EVENT_BYTES];
	char comm[TASK_COMM_LEN];
	struct mmui_way way;
};

typedef void (*mmui_event_sink)(const struct mmui_event *event);

int mmui_privilege_init(mmui_event_sink sink);
u64 mmui_privilege_lost(void);
void mmui_privilege_flush(void);
void mmui_privilege_exit(void);

#endif
