// SPDX-License-Identifier: GPL-2.0-only
/*
 * What became of page faults, counted at the return of handle_mm_fault();
 * Documentation/counting.rst defines each outcome.
 */
#include <linux/mm.h>
#include <linux/userfaultfd_k.h>
#include <linux/mmuinspect_netlink.h>
#include <trace/events/signal.h>

#include "arch.h"
#include "counts.h"
#include "faults.h"
#include "origin.h"
#include "probes.h"
#include "state.h"
#include "watch.h"

/* A state more: an empty entry, in a mapping that no file is behind */
#define EMPTY_ANONYMOUS MMUI_STATES
/* One more: PROT_NONE by userfaultfd's RWP mode (since 7.3), which marks the entry */
#define UFFD_PROT_NONE (MMUI_STATES + 1)

#ifndef VM_UFFD_RWP
#define VM_UFFD_RWP 0
#endif

/**
 * struct pending - between entry and return of handle_mm_fault()
 * @begin: when it began, in ticks
 * @vm_flags: of the mapping
 * @state: what the entry was, or one of the two above. If that's EMPTY_ANONYMOUS, the
 *	rest isn't filled in.
 * @flags: of the fault, FAULT_FLAG_*
 * @addr: the address
 * @frame: that @addr was in, if @state is denied
 * @anonymous: the mapping has no file behind it
 */
struct pending {
	u64 begin;
	unsigned long vm_flags;
	unsigned int state;
	unsigned int flags;
	unsigned long addr;
	u64 frame;
	bool anonymous;
};

/* What an access is, said as the CPU's error code says it */
static unsigned long access(unsigned int flags)
{
	return MMUI_ARCH_ACCESS_USER |
	       (flags & FAULT_FLAG_WRITE ? MMUI_ARCH_ACCESS_WRITE : 0) |
	       (flags & FAULT_FLAG_INSTRUCTION ? MMUI_ARCH_ACCESS_EXEC : 0);
}

/* Somebody else's tables aren't safe to look at here. */
static noinline unsigned int look_again(const struct mm_struct *mm,
					unsigned long addr, unsigned long ec,
					u64 *frame)
{
	struct mmui_way way;
	unsigned long flags;
	unsigned int state;

	if (mm != current->mm)
		return MMUINSPECT_STATE_UNKNOWN;
	local_irq_save(flags);
	mmui_look(addr, false, &way);
	local_irq_restore(flags);
	*frame = mmui_way_frame(&way, addr);
	state = mmui_state(&way, ec);
	return state == MMUINSPECT_STATE_PROT_NONE && mmui_way_uffd(&way) ?
	       UFFD_PROT_NONE : state;
}

/*
 * The exception has just been recorded, if states are counted. Who shares the
 * record names himself before he writes the state: while it has our name after
 * we've read the state, that's ours.
 */
static __always_inline unsigned int state_recorded(unsigned int flags,
						   unsigned long addr)
{
	const struct mmui_record *r;
	unsigned int state;

	if (!static_branch_unlikely(&mmui_states) || !(flags & FAULT_FLAG_USER))
		return MMUINSPECT_STATE_UNKNOWN;
	r = mmui_record_of_current();
	state = READ_ONCE(r->state);
	/* With the one in fault_on_entry(). */
	smp_rmb();
	if (READ_ONCE(r->task) != current || READ_ONCE(r->addr) != addr)
		return MMUINSPECT_STATE_UNKNOWN;
	return state;
}

/* Until it's tried again, somebody else may have mended it. */
static void state_forget(void)
{
	struct mmui_record *r = mmui_record_get();

	if (!r)
		return;
	if (r->task == current)
		r->state = MMUINSPECT_STATE_UNKNOWN;
	mmui_record_put(r);
}

/* As fault_entry(), for all that it doesn't do itself. */
static noinline __noclone int fault_entry_other(struct kretprobe_instance *ri,
						struct pt_regs *regs)
{
	const struct vm_area_struct *vma =
		(void *)regs_get_kernel_argument(regs, 0);
	struct pending *p = (struct pending *)ri->data;

	p->addr = regs_get_kernel_argument(regs, 1);
	p->flags = regs_get_kernel_argument(regs, 2);
	p->anonymous = vma_is_anonymous((void *)vma) ||
		       vma->vm_flags & VM_HUGETLB;
	p->state = state_recorded(p->flags, p->addr);
	if (p->state != MMUINSPECT_STATE_NONE)
		p->state = look_again(vma->vm_mm, p->addr, access(p->flags),
				      &p->frame);
	/* Without the mode it's a hint on a page that is write-protected too. */
	if (p->state == UFFD_PROT_NONE && !(p->vm_flags & VM_UFFD_RWP))
		p->state = MMUINSPECT_STATE_PROT_NONE;
	if (p->state == MMUINSPECT_STATE_NONE && p->anonymous)
		p->state = EMPTY_ANONYMOUS;
	p->begin = mmui_arch_time();
	return 0;
}

/*
 * An empty entry in a mapping without a file is what most faults are about. Then
 * handlers call nothing, and need no stack.
 */
static int fault_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct vm_area_struct *vma =
		(void *)regs_get_kernel_argument(regs, 0);
	struct pending *p = (struct pending *)ri->data;

	p->vm_flags = vma->vm_flags;
	if (unlikely(vma->vm_ops ||
		     state_recorded(regs_get_kernel_argument(regs, 2),
				    regs_get_kernel_argument(regs, 1))))
		return fault_entry_other(ri, regs);
	p->state = EMPTY_ANONYMOUS;
	p->begin = mmui_arch_time();
	return 0;
}

/* Returns that few faults have */
#define UNUSUAL (VM_FAULT_ERROR | VM_FAULT_RETRY | VM_FAULT_MAJOR)

/* The first that fits; those above say that it failed, or isn't over. */
static const struct {
	vm_fault_t bits;
	u8 outcome;
} returns[] = {
	{ VM_FAULT_OOM, MMUINSPECT_OUTCOME_OOM },
	{ VM_FAULT_SIGSEGV, MMUINSPECT_OUTCOME_SIGSEGV },
	{ VM_FAULT_SIGBUS | VM_FAULT_HWPOISON | VM_FAULT_HWPOISON_LARGE,
	  MMUINSPECT_OUTCOME_SIGBUS },
	{ VM_FAULT_RETRY, MMUINSPECT_OUTCOME_RETRIED },
};

static const u8 outcomes[MMUI_STATES + 2] = {
	[MMUINSPECT_STATE_SWAP] = MMUINSPECT_OUTCOME_SWAP_IN,
	[MMUINSPECT_STATE_MIGRATION] = MMUINSPECT_OUTCOME_MIGRATION,
	[MMUINSPECT_STATE_PROT_NONE] = MMUINSPECT_OUTCOME_NUMA_HINT,
	[MMUINSPECT_STATE_SPECIAL] = MMUINSPECT_OUTCOME_OTHER,
	[MMUINSPECT_STATE_ALLOWED] = MMUINSPECT_OUTCOME_SPURIOUS,
	[MMUINSPECT_STATE_UNKNOWN] = MMUINSPECT_OUTCOME_OTHER,
	[EMPTY_ANONYMOUS] = MMUINSPECT_OUTCOME_DEMAND_ZERO,
	[UFFD_PROT_NONE] = MMUINSPECT_OUTCOME_UFFD,
};

/* The access wants to write, or the page for its own. */
static bool wants_own(const struct pending *p)
{
	return p->flags & (FAULT_FLAG_WRITE | FAULT_FLAG_UNSHARE);
}

static unsigned int populated(const struct pending *p)
{
	if (wants_own(p) && !(p->vm_flags & VM_SHARED))
		return MMUINSPECT_OUTCOME_COPY_ON_WRITE;
	return MMUINSPECT_OUTCOME_FILE;
}

/* A copy has another frame than the original. */
static unsigned int made_writable(const struct pending *p)
{
	u64 frame = 0;

	if (!wants_own(p))
		return MMUINSPECT_OUTCOME_OTHER;
	if (p->vm_flags & VM_SHARED)
		return MMUINSPECT_OUTCOME_WRITE_NOTIFY;
	look_again(current->mm, p->addr, 0, &frame);
	return frame == p->frame ? MMUINSPECT_OUTCOME_REUSE :
				   MMUINSPECT_OUTCOME_COPY_ON_WRITE;
}

static unsigned int outcome(const struct pending *p, vm_fault_t ret)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(returns); i++)
		if (ret & returns[i].bits)
			break;
	if (i < ARRAY_SIZE(returns)) {
		if (ret & VM_FAULT_RETRY && p->vm_flags & __VM_UFFD_FLAGS)
			return MMUINSPECT_OUTCOME_UFFD;
		return returns[i].outcome;
	}
	if (ret & VM_FAULT_MAJOR && p->state != MMUINSPECT_STATE_SWAP)
		return MMUINSPECT_OUTCOME_MAJOR;
	if (p->state == MMUINSPECT_STATE_NONE)
		return populated(p);
	if (p->state == MMUINSPECT_STATE_DENIED)
		return made_writable(p);
	return outcomes[p->state];
}

static __always_inline int tally_outcome(unsigned int what, unsigned long bucket)
{
	struct mmui_counts __percpu *machine = &mmui_machine->counts;
	const struct signal_struct *signal;
	struct mmui_member *member;

	this_cpu_inc(machine->outcome[what]);
	this_cpu_inc(machine->cycles[bucket % MMUI_BUCKETS]);
	if (!static_branch_unlikely(&mmui_watching))
		return 0;
	signal = current->signal;
	__mmui_for_each_member(member, signal) {
		this_cpu_inc(member->counts->outcome[what]);
		this_cpu_inc(member->counts->cycles[bucket % MMUI_BUCKETS]);
	}
	return 0;
}

static noinline __noclone int fault_return_other(struct kretprobe_instance *ri,
						 struct pt_regs *regs,
						 unsigned long bucket)
{
	const struct pending *p = (const struct pending *)ri->data;
	vm_fault_t ret = (__force vm_fault_t)regs_return_value(regs);

	if (ret & VM_FAULT_RETRY)
		state_forget();
	return tally_outcome(outcome(p, ret), bucket);
}

static int fault_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct pending *p = (const struct pending *)ri->data;
	unsigned long bucket = mmui_bucket(mmui_arch_time() - p->begin);
	vm_fault_t ret = (__force vm_fault_t)regs_return_value(regs);

	if (unlikely(ret & UNUSUAL || p->state != EMPTY_ANONYMOUS))
		return fault_return_other(ri, regs, bucket);
	return tally_outcome(MMUINSPECT_OUTCOME_DEMAND_ZERO, bucket);
}

/* Of the signals that exceptions make, those that one has made */
static void signalled(void *data, int sig, struct kernel_siginfo *info,
		      struct task_struct *task, int group, int result)
{
	struct mmui_member *member;

	if (!mmui_counts_signal(sig) ||
	    mmui_origin_of(info, task).kind != MMUINSPECT_FAULT_ORIGIN_EXCEPTION)
		return;
	mmui_count_signal(&mmui_machine->counts, sig, info->si_code);
	/* With PREEMPT_RT, siglock keeps neither interrupts nor preemption off. */
	rcu_read_lock();
	mmui_for_each_member(member, task->signal)
		mmui_count_signal(member->counts, sig, info->si_code);
	rcu_read_unlock();
}

/* In kernel mode, on an address that the exception table has an answer to. */
static int fixed_up(struct kprobe *kp, struct pt_regs *regs)
{
	struct mmui_member *member;

	if (regs_get_kernel_argument(regs, 1) != MMUI_ARCH_PAGE_FAULT)
		return 0;
	this_cpu_inc(mmui_machine->counts.outcome[MMUINSPECT_OUTCOME_FIXUP]);
	mmui_for_each_member(member, current->signal)
		this_cpu_inc(member->counts->outcome[MMUINSPECT_OUTCOME_FIXUP]);
	return 0;
}

struct mmui_probe mmui_outcome_probes[] = {
	{
		.name = "handle_mm_fault",
		.sources = MMUINSPECT_SOURCE_OUTCOMES,
		.entry = fault_entry,
		.returned = fault_return,
		.data_size = sizeof(struct pending),
	}, {
		MMUI_TRACE(signal_generate, signalled),
		.sources = MMUINSPECT_SOURCE_OUTCOMES,
	}, {
		.name = MMUI_ARCH_FIXUP,
		.sources = MMUINSPECT_SOURCE_OUTCOMES,
		.optional = true,
		.enter = fixed_up,
	}, {}
};
