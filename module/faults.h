/* SPDX-License-Identifier: GPL-2.0-only */
/* Page faults: by type, by what the tables said, by what became of them. */
#ifndef MMUI_FAULTS_H
#define MMUI_FAULTS_H

#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/sched.h>

#include "state.h"

#define MMUI_RECORD_BITS 8

/**
 * struct mmui_record - the way to the address that a task last faulted on
 * @busy: somebody reads or writes it
 * @state: what the last entry was
 * @task: whose fault; not to be followed
 * @addr: where
 * @way: the entries
 *
 * Two tasks may share one: then the later fault has it.
 */
struct mmui_record {
	atomic_t busy;
	u32 state;
	const struct task_struct *task;
	unsigned long addr;
	struct mmui_way way;
} ____cacheline_aligned;

extern struct mmui_record mmui_records[1 << MMUI_RECORD_BITS];

static __always_inline struct mmui_record *mmui_record_of_current(void)
{
	return &mmui_records[hash_ptr(current, MMUI_RECORD_BITS)];
}

/* NULL if it's busy */
static __always_inline struct mmui_record *mmui_record_get(void)
{
	struct mmui_record *r = mmui_record_of_current();

	return atomic_xchg_acquire(&r->busy, 1) ? NULL : r;
}

static __always_inline void mmui_record_put(struct mmui_record *r)
{
	atomic_set_release(&r->busy, 0);
}

/**
 * mmui_look - the way to an address in current's tables
 * @addr: the address; one of the kernel's isn't looked at
 * @user: current is in user mode
 * @way: receives the entries
 *
 * Interrupts are off. A kernel thread's borrowed tables aren't looked at, nor
 * any in an NMI; in user mode there's neither.
 *
 * Return: the last entry, or a bad one if none is to be seen.
 */
static __always_inline u64 mmui_look(unsigned long addr, bool user,
				     struct mmui_way *way)
{
	const struct mm_struct *mm = current->mm;

	if (unlikely(!mmui_state_user(addr) || (!user && (!mm || in_nmi())))) {
		way->level = 0;
		return ~0ULL;
	}
	return mmui_way(mm, addr, way);
}

void mmui_records_forget(void);
bool mmui_fault_recall(unsigned long addr, struct mmui_way *way);

#endif
