// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLB flushes: done, as tlb:tlb_flush tells them (on the CPU that does it, and on
 * the one that asks others to, before it leaves out lazy ones: these two are never
 * to be added up); asked for, as calls of the kernel's flush functions; and sent by
 * IPI, by sender and target.
 *
 * From 7.3 on a tracepoint's probe may be preempted: a count is one this_cpu
 * instruction.
 */
#include <linux/cpumask.h>
#include <linux/hash.h>
#include <linux/kallsyms.h>
#include <linux/mm_types.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/mmuinspect_netlink.h>
#include <trace/events/tlb.h>

#include "compat.h"

#ifdef MMUI_HAVE_CSD_HEADER
#include <trace/events/csd.h>
#define HAVE_SHOTS
#endif

#include "arch.h"
#include "counts.h"
#include "probes.h"
#include "trace.h"
#include "watch.h"

static void flushed(void *data, int reason, unsigned long pages)
{
	this_cpu_inc(mmui_machine->flush[reason % (unsigned int)MMUI_FLUSH_REASONS]
					[mmui_size(pages)]);
}

static void flushed_traced(void *data, int reason, unsigned long pages)
{
	trace_tlb(reason, pages);
}

/*
 * Whose address space it is, whoever flushes it: its owner's. Without memory
 * control groups a kernel doesn't keep that, and only what a process does to its
 * own can be told. NULL if it's nobody's.
 */
static __always_inline const struct task_struct *
owner_of(const struct mm_struct *mm)
{
#ifdef CONFIG_MEMCG
	return rcu_dereference_raw(mm->owner);
#else
	return mm == current->mm ? current : NULL;
#endif
}

/* It has no owner any more when its last user, at exit or exec, tears it down. */
static const struct task_struct *last_owner(const struct mm_struct *mm)
{
	if (atomic_read(&mm->mm_users))
		return NULL;
	return current->flags & PF_EXITING || current->in_execve ? current : NULL;
}

/* Pages of 1 << @shift bytes: from argument @n to the next; -1 is everything. */
static __always_inline unsigned long size(struct pt_regs *regs, unsigned int n,
					  unsigned int shift)
{
	unsigned long pages = regs_get_kernel_argument(regs, n + 1);

	if (pages != ~0UL)
		pages = (pages - regs_get_kernel_argument(regs, n)) >> shift;
	return mmui_size(pages);
}

static int asked_mm(struct kprobe *kp, struct pt_regs *regs)
{
	const struct mm_struct *mm = (void *)regs_get_kernel_argument(regs, 0);
	unsigned long i = size(regs, 1, regs_get_kernel_argument(regs, 3) % 64);
	const struct signal_struct *signal;
	const struct task_struct *owner;
	struct mmui_member *member;

	this_cpu_inc(mmui_machine->counts.request[MMUINSPECT_REQUEST_MM][i]);
	if (!static_branch_unlikely(&mmui_watching))
		return 0;
	owner = owner_of(mm) ?: last_owner(mm);
	if (!owner)
		return 0;
	signal = owner->signal;
	__mmui_for_each_member(member, signal)
		this_cpu_inc(member->counts->request[MMUINSPECT_REQUEST_MM][i]);
	return 0;
}

static int asked_kernel_range(struct kprobe *kp, struct pt_regs *regs)
{
	unsigned long i = size(regs, 0, PAGE_SHIFT);

	this_cpu_inc(mmui_machine->counts.request[MMUINSPECT_REQUEST_KERNEL_RANGE][i]);
	return 0;
}

static int asked_all(struct kprobe *kp, struct pt_regs *regs)
{
	this_cpu_inc(mmui_machine->counts.request[MMUINSPECT_REQUEST_ALL][mmui_size(~0UL)]);
	return 0;
}

static int asked_batch(struct kprobe *kp, struct pt_regs *regs)
{
	this_cpu_inc(mmui_machine->counts.request[MMUINSPECT_REQUEST_BATCH][mmui_size(~0UL)]);
	return 0;
}

#ifdef HAVE_SHOTS
/* What other CPUs are asked to run when it's about their TLBs */
static const char *const flush_functions[] = {
	"flush_tlb_func", "do_flush_tlb_all", "do_kernel_range_flush",
	"do_global_flush_tlb_all", "kernel_tlb_flush_range",
	"kernel_tlb_flush_all",
};

static bool is_named(unsigned long function)
{
	char name[KSYM_SYMBOL_LEN];
	unsigned int i;

	sprint_symbol_no_offset(name, function);
	for (i = 0; i < ARRAY_SIZE(flush_functions); i++)
		if (!strcmp(name, flush_functions[i]))
			return true;
	return false;
}

/*
 * The kernel's own functions are recognised by name. Finding a name takes long, so
 * the answer is kept: functions are aligned, and bit 0 says yes. Each set has two
 * ways, the newer answer first: two functions of one set don't evict each other.
 */
static bool is_flush(unsigned long function)
{
	static unsigned long known[64][2];
	unsigned long *set = known[hash_long(function, 6)];
	unsigned long newer = READ_ONCE(set[0]), answer;

	if (likely((newer & ~1UL) == function))
		return newer & 1;
	answer = READ_ONCE(set[1]);
	if ((answer & ~1UL) != function) {
		answer = function | is_named(function);
		WRITE_ONCE(set[1], newer);
		WRITE_ONCE(set[0], answer);
	}
	return answer & 1;
}

/*
 * A flush that is queued for a CPU, once the lazy ones are left out. The queue's
 * first entry makes the IPI; the others share it.
 */
static void shot(void *data, unsigned int cpu, unsigned long callsite,
		 smp_call_func_t func, call_single_data_t *csd)
{
	if (is_flush((unsigned long)func) && cpu < nr_cpu_ids)
		this_cpu_inc(mmui_matrix[cpu]);
}
#else
/* The mask has the asking CPU itself as well, and lazy CPUs, which get no IPI. */
static int shot_some(struct kprobe *kp, struct pt_regs *regs)
{
	const struct cpumask *mask = (void *)regs_get_kernel_argument(regs, 0);
	unsigned int n = cpumask_weight(mask) -
			 cpumask_test_cpu(raw_smp_processor_id(), mask);

	this_cpu_inc(mmui_machine->targets[min(n, MMUI_TARGETS - 1U)]);
	return 0;
}
#endif

/* Between entry and return of flush_tlb_mm_range() */
struct flush {
	u64 begin;
	const struct signal_struct *process;	/* compared, never followed */
};

static int flush_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct flush *flush = (struct flush *)ri->data;
	const struct mm_struct *mm = (void *)regs_get_kernel_argument(regs, 0);
	const struct task_struct *owner = owner_of(mm) ?: last_owner(mm);

	flush->process = owner ? owner->signal : NULL;
	flush->begin = mmui_arch_time();
	return 0;
}

static int flush_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct flush *flush = (const struct flush *)ri->data;
	unsigned long bucket = mmui_bucket(mmui_arch_time() - flush->begin);
	struct mmui_member *member;

	this_cpu_inc(mmui_machine->counts.latency[bucket]);
	if (!flush->process)
		return 0;
	mmui_for_each_member(member, flush->process)
		this_cpu_inc(member->counts->latency[bucket]);
	return 0;
}

struct mmui_probe mmui_tlb_probes[] = {
	{
		MMUI_TRACE(tlb_flush, flushed),
		.sources = MMUINSPECT_SOURCE_FLUSHES,
	}, {
		MMUI_TRACE(tlb_flush, flushed_traced),
		.sources = MMUI_SOURCE_TLB_EVENT,
	}, {
		.name = "flush_tlb_mm_range",
		.sources = MMUINSPECT_SOURCE_REQUESTS,
		.enter = asked_mm,
	}, {
		.name = "flush_tlb_kernel_range",
		.sources = MMUINSPECT_SOURCE_REQUESTS,
		.optional = true,
		.enter = asked_kernel_range,
	}, {
		.name = "flush_tlb_all",
		.sources = MMUINSPECT_SOURCE_REQUESTS,
		.optional = true,
		.enter = asked_all,
	}, {
		.name = "arch_tlbbatch_flush",
		.sources = MMUINSPECT_SOURCE_REQUESTS,
		.optional = true,
		.enter = asked_batch,
	}, {
#ifdef HAVE_SHOTS
		MMUI_TRACE(MMUI_SHOTS, shot),
		.sources = MMUINSPECT_SOURCE_TARGETS,
#else
		.name = MMUI_ARCH_FLUSH_OTHERS,
		.sources = MMUINSPECT_SOURCE_TARGETS,
		.enter = shot_some,
#endif
	}, {
		.name = "flush_tlb_mm_range",
		.sources = MMUINSPECT_SOURCE_LATENCY,
		.entry = flush_entry,
		.returned = flush_return,
		.data_size = sizeof(struct flush),
	}, {}
};
