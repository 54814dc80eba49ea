// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults at the exception: by error code, and with "states" by the entry
 * that translated the address.
 *
 * A fault in kernel mode may come in an NMI, so a count is one this_cpu
 * instruction.
 */
#include <linux/mm.h>
#include <linux/mmuinspect_netlink.h>

#include "arch.h"
#include "counts.h"
#include "faults.h"
#include "probes.h"
#include "state.h"
#include "trace.h"
#include "watch.h"

struct mmui_record mmui_records[1 << MMUI_RECORD_BITS];

/* What is left from an earlier time is about other faults on the same addresses. */
void mmui_records_forget(void)
{
	struct mmui_record *r;

	for (r = mmui_records; r < mmui_records + ARRAY_SIZE(mmui_records); r++) {
		/* A busy one is of now. */
		if (atomic_xchg_acquire(&r->busy, 1))
			continue;
		r->task = NULL;
		mmui_record_put(r);
	}
}

/* Records outlive who made them, and their tasks' addresses are used again. */
static bool is_recorded(void)
{
	struct mmui_member *member;
	bool record = false;

	rcu_read_lock();
	mmui_for_each_member(member, current->signal)
		record |= member->record;
	rcu_read_unlock();
	return record;
}

/**
 * mmui_fault_recall - the way to an address, as it was when current faulted on it
 * @addr: the address
 * @way: receives it
 *
 * Return: false if it isn't known.
 */
bool mmui_fault_recall(unsigned long addr, struct mmui_way *way)
{
	struct mmui_record *r;
	bool found;

	if (!is_recorded())
		return false;
	r = mmui_record_get();
	if (!r)
		return false;
	found = r->task == current && r->addr == addr;
	if (found)
		*way = r->way;
	mmui_record_put(r);
	return found;
}

/* A reserved bit is set: the tables may be corrupt, and aren't to be followed. */
static __always_inline u64 look(unsigned long addr, bool user, unsigned long ec,
				struct mmui_way *way)
{
	if (unlikely(ec & MMUI_ARCH_RESERVED)) {
		way->level = 0;
		return ~0ULL;
	}
	return mmui_look(addr, user, way);
}

/* Bits that are rare enough to be counted one by one */
static noinline void count_bits(struct mmui_counts __percpu *counts,
				unsigned long ec)
{
	unsigned long bits = ec & GENMASK(MMUI_FAULT_BITS - 1, 0) &
			     ~(MMUI_FAULT_CODES - 1UL);
	unsigned int bit;

	for_each_set_bit(bit, &bits, MMUI_FAULT_BITS)
		this_cpu_inc(counts->fault_bit[bit]);
}

static noinline void tally_bits(unsigned long ec)
{
	const struct signal_struct *signal = current->signal;
	struct mmui_member *member;

	count_bits(&mmui_machine->counts, ec);
	mmui_for_each_member(member, signal)
		count_bits(member->counts, ec);
}

/* @state is below 0 if it isn't wanted. Remainders save a check of bounds. */
static __always_inline void tally_one(struct mmui_counts __percpu *counts,
				      unsigned long ec, int state)
{
	this_cpu_inc(counts->fault[ec % MMUI_FAULT_CODES]);
	if (state >= 0)
		this_cpu_inc(counts->state[state % MMUI_STATES]);
}

static __always_inline void tally(unsigned long ec, int state)
{
	const struct signal_struct *signal;
	struct mmui_member *member;

	tally_one(&mmui_machine->counts, ec, state);
	if (!static_branch_unlikely(&mmui_watching))
		return;
	signal = current->signal;
	__mmui_for_each_member(member, signal)
		tally_one(member->counts, ec, state);
}

/* All that fault_on_entry() doesn't do itself */
static noinline void fault_not_empty(struct mmui_record *r, unsigned long addr,
				     struct pt_regs *regs, unsigned long ec)
{
	struct mmui_way way;
	unsigned int state;

	if (r) {
		state = mmui_state(&r->way, ec);
		r->state = state;
		mmui_record_put(r);
	} else {
		look(addr, false, ec, &way);
		state = mmui_state(&way, ec);
	}
	tally(ec, state);
	if (ec >= MMUI_FAULT_CODES)
		tally_bits(ec);
	trace_fault(addr, instruction_pointer(regs), ec, state);
}

/* Most entries are empty; then this calls nothing, and needs no stack. */
static __always_inline void fault_on_entry(unsigned long addr,
					   struct pt_regs *regs,
					   unsigned long ec, bool user)
{
	struct mmui_record *r = mmui_record_get();
	u64 entry = ~0ULL;

	if (likely(r)) {
		r->task = current;
		/* See state_recorded() in outcomes.c. */
		smp_wmb();
		r->addr = addr;
		r->state = MMUINSPECT_STATE_NONE;
		entry = look(addr, user, ec, &r->way);
	}
	if (unlikely(entry || ec >= MMUI_FAULT_CODES || trace_fault_enabled())) {
		fault_not_empty(r, addr, regs, ec);
		return;
	}
	mmui_record_put(r);
	tally(ec, MMUINSPECT_STATE_NONE);
}

static noinline void fault_with_bits(unsigned long ec)
{
	tally(ec, -1);
	tally_bits(ec);
}

/* Without stack as well */
static __always_inline void fault(unsigned long ec)
{
	if (unlikely(ec >= MMUI_FAULT_CODES))
		fault_with_bits(ec);
	else
		tally(ec, -1);
}

static noinline __noclone void fault_on_entry_user(void *data,
						   unsigned long addr,
						   struct pt_regs *regs,
						   unsigned long ec)
{
	fault_on_entry(addr, regs, ec, true);
}

static noinline __noclone void fault_on_entry_kernel(void *data,
						     unsigned long addr,
						     struct pt_regs *regs,
						     unsigned long ec)
{
	fault_on_entry(addr, regs, ec, false);
}

/* The trace event wants states. */
static void fault_user(void *data, unsigned long addr, struct pt_regs *regs,
		       unsigned long ec)
{
	if (static_branch_unlikely(&mmui_states))
		fault_on_entry_user(data, addr, regs, ec);
	else
		fault(ec);
}

static void fault_kernel(void *data, unsigned long addr, struct pt_regs *regs,
			 unsigned long ec)
{
	if (static_branch_unlikely(&mmui_states))
		fault_on_entry_kernel(data, addr, regs, ec);
	else
		fault(ec);
}

struct mmui_probe mmui_fault_probes[] = {
	{
		MMUI_TRACE(MMUI_ARCH_FAULT_USER, fault_user),
		.sources = MMUINSPECT_SOURCE_FAULTS | MMUINSPECT_SOURCE_STATES,
	}, {
		MMUI_TRACE(MMUI_ARCH_FAULT_KERNEL, fault_kernel),
		.sources = MMUINSPECT_SOURCE_FAULTS | MMUINSPECT_SOURCE_STATES,
	}, {}
};
