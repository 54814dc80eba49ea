// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each fault that ends with a signal, or that the kernel emulates or mends, as an
 * event. The probes run under siglock, or in an NMI, where nothing can be sent:
 * events wait in a pool, until a worker hands them out. When it's full they're
 * lost, and counted.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include <linux/mmuinspect_netlink.h>
#include <trace/events/signal.h>

#include "arch.h"
#include "delivery.h"
#include "faults.h"
#include "msr.h"
#include "privilege.h"
#include "probes.h"
#include "trace.h"

#define POOL 2048	/* events; a power of two, as a place's number may wrap */

static struct mmui_event *pool;
static atomic_t next_place;
static LLIST_HEAD(queue);
static atomic64_t lost;
static mmui_event_sink hand_out;

static void drain(struct work_struct *work);
static DECLARE_WORK(draining, drain);

static void wake(struct irq_work *work)
{
	schedule_work(&draining);
}

static DEFINE_IRQ_WORK(waking, wake);

static void drain(struct work_struct *work)
{
	struct llist_node *list = llist_reverse_order(llist_del_all(&queue));
	struct mmui_event *event, *next;

	llist_for_each_entry_safe(event, next, list, node) {
		/* Of a burst's end, too, the last of those that had room tells. */
		event->lost = atomic64_read(&lost);
		hand_out(event);
		atomic_set_release(&event->busy, 0);
	}
}

/*
 * Places are taken in turn, and given back in about the same order: where the
 * next one is busy there is hardly another.
 */
static struct mmui_event *event_get(void)
{
	unsigned int place = atomic_fetch_inc(&next_place);
	struct mmui_event *event = &pool[place % POOL];

	if (!atomic_cmpxchg_acquire(&event->busy, 0, 1))
		return event;
	atomic_dec(&next_place);
	atomic64_inc(&lost);
	return NULL;
}

static void event_put(struct mmui_event *event)
{
	trace_privilege_fault(event);
	llist_add(&event->node, &queue);
	irq_work_queue(&waking);
}

/*
 * What can be read without a fault: a fault of ours would be counted, and its
 * mending be another event. So the tables are asked first, a page at a time.
 */
static unsigned int read_code(unsigned long ip, u8 *bytes)
{
	unsigned int n = 0, part;
	struct mmui_way way;
	unsigned long flags;
	unsigned int state;
	u64 entry;

	while (n < MMUI_EVENT_BYTES && current->mm && mmui_state_user(ip + n)) {
		local_irq_save(flags);
		entry = mmui_way(current->mm, ip + n, &way);
		local_irq_restore(flags);
		state = mmui_state(&way, MMUI_ARCH_ACCESS_USER);
		part = min_t(unsigned int, MMUI_EVENT_BYTES - n,
			     PAGE_SIZE - offset_in_page(ip + n));
		if (state != MMUINSPECT_STATE_ALLOWED ||
		    !mmui_arch_key_allows(entry) ||
		    copy_from_user_nofault(bytes + n, (void __user *)(ip + n), part))
			break;
		n += part;
	}
	return n;
}

/* The CPU has fetched it: it's there, as far as the page goes. */
static unsigned int read_kernel_code(unsigned long ip, u8 *bytes)
{
	unsigned int n = min_t(unsigned int, MMUI_EVENT_BYTES,
			       PAGE_SIZE - offset_in_page(ip));

	return copy_from_kernel_nofault(bytes, (void *)ip, n) ? 0 : n;
}

static void fill(struct mmui_event *event, struct pt_regs *regs, u32 end)
{
	event->time = ktime_get_mono_fast_ns();
	event->cpu = raw_smp_processor_id();
	event->pid = task_tgid_nr(current);
	event->tid = task_pid_nr(current);
	memcpy(event->comm, current->comm, sizeof(event->comm));
	event->comm[sizeof(event->comm) - 1] = 0;
	event->end = end;
	event->ip = instruction_pointer(regs);
	event->sp = user_stack_pointer(regs);
	event->user = user_mode(regs);
	event->sig = 0;
	event->code = 0;
	event->sig_addr = 0;
	event->vector = MMUI_NO_VECTOR;
	event->error_code = 0;
	event->has_error_code = false;
	event->frame_sig = 0;
	event->on_altstack = false;
	event->addr = 0;
	event->way.level = 0;
	memset(event->bytes, 0, sizeof(event->bytes));
	event->n_bytes = event->user ? read_code(event->ip, event->bytes) :
				       read_kernel_code(event->ip, event->bytes);
}

static void trapped(struct mmui_event *event, const struct mmui_trap *trap)
{
	event->origin = MMUINSPECT_FAULT_ORIGIN_EXCEPTION;
	event->vector = trap->vector;
	event->error_code = trap->error_code;
	event->has_error_code = trap->has_error_code;
	if (trap->vector != MMUI_ARCH_PAGE_FAULT)
		return;
	event->addr = trap->addr;
	mmui_fault_recall(trap->addr, &event->way);
}

/*
 * The signals of exceptions, and seccomp's if it ends the task: one that has a
 * handler is how sandboxes work. The signal's siglock is held.
 */
static bool is_fatal(int sig)
{
	/* A running task keeps its own. */
	struct sighand_struct *sighand = rcu_dereference_protected(current->sighand, true);

	if (sig == SIGSYS)
		return sighand->action[SIGSYS - 1].sa.sa_handler == SIG_DFL;
	return sig == SIGSEGV || sig == SIGBUS || sig == SIGILL ||
	       sig == SIGFPE || sig == SIGTRAP;
}

static void originated(struct mmui_event *event, struct mmui_origin origin)
{
	struct mmui_trap trap;

	event->origin = origin.kind;
	if (origin.kind == MMUINSPECT_FAULT_ORIGIN_EXCEPTION) {
		mmui_arch_trap(&trap, origin.vector, event->code);
		trapped(event, &trap);
	} else if (origin.kind == MMUINSPECT_FAULT_ORIGIN_FRAME) {
		event->frame_sig = mmui_delivery(event->sp, &event->on_altstack);
	}
}

static void signalled(void *data, int sig, struct kernel_siginfo *info,
		      struct task_struct *task, int group, int result)
{
	struct mmui_origin origin;
	struct mmui_event *event;

	if (task != current || !is_fatal(sig))
		return;
	origin = mmui_origin_of(info, task);
	if (origin.kind == MMUI_ORIGIN_SENT)
		return;
	event = event_get();
	if (!event)
		return;
	fill(event, task_pt_regs(current), MMUINSPECT_FAULT_END_SIGNAL);
	event->sig = sig;
	event->code = info->si_code;
	event->sig_addr = (unsigned long)info->si_addr;
	originated(event, origin);
	event_put(event);
}

/*
 * A batch of MSRs that the CPU lacks makes thousands of faults: as events they would
 * take the places of others in the pool.
 */
static bool is_own_read(const struct mmui_trap *trap, struct pt_regs *regs)
{
	return trap->vector == MMUI_ARCH_PROTECTION && mmui_msr_silent() &&
	       within_module(instruction_pointer(regs), THIS_MODULE);
}

/* In kernel mode; the registers are those that the exception found. */
static int fixed_up(struct kprobe *kp, struct pt_regs *regs)
{
	struct pt_regs *found = (void *)regs_get_kernel_argument(regs, 0);
	struct mmui_trap trap = {
		.vector = regs_get_kernel_argument(regs, 1),
		.error_code = regs_get_kernel_argument(regs, 2),
		.addr = regs_get_kernel_argument(regs, 3),
	};
	struct mmui_event *event;

	if (is_own_read(&trap, found))
		return 0;
	event = event_get();
	if (!event)
		return 0;
	fill(event, found, MMUINSPECT_FAULT_END_FIXUP);
	trap.has_error_code = mmui_arch_has_error_code(trap.vector);
	trapped(event, &trap);
	event_put(event);
	return 0;
}

/* Once it's emulated, the registers are behind the instruction. */
struct attempt {
	struct mmui_trap trap;
	unsigned long ip;
	unsigned int n_bytes;
	u8 bytes[MMUI_EVENT_BYTES];
};

static int attempt(struct kretprobe_instance *ri, struct pt_regs *user,
		   unsigned long vector, unsigned long error_code,
		   unsigned long addr)
{
	struct attempt *a = (struct attempt *)ri->data;

	a->trap = (struct mmui_trap) {
		.vector = vector, .error_code = error_code, .addr = addr,
		.has_error_code = true,
	};
	a->ip = instruction_pointer(user);
	a->n_bytes = read_code(a->ip, a->bytes);
	return 0;
}

static int attempted(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct attempt *a = (const struct attempt *)ri->data;
	struct mmui_event *event;

	/* A bool is in the lowest byte; the rest may be anything. */
	if (!(u8)regs_return_value(regs))
		return 0;
	event = event_get();
	if (!event)
		return 0;
	fill(event, task_pt_regs(current), MMUINSPECT_FAULT_END_EMULATED);
	trapped(event, &a->trap);
	event->ip = a->ip;
	event->n_bytes = a->n_bytes;
	memcpy(event->bytes, a->bytes, a->n_bytes);
	event_put(event);
	return 0;
}

/* bool fixup_umip_exception(regs), and others of #GP */
static int attempt_protection(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return attempt(ri, (void *)regs_get_kernel_argument(regs, 0),
		       MMUI_ARCH_PROTECTION, 0, 0);
}

/* bool emulate_vsyscall(error_code, regs, address) */
static int attempt_vsyscall(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return attempt(ri, (void *)regs_get_kernel_argument(regs, 1),
		       MMUI_ARCH_PAGE_FAULT, regs_get_kernel_argument(regs, 0),
		       regs_get_kernel_argument(regs, 2));
}

#define EMULATION(function, how)				\
	{							\
		.name = function,				\
		.sources = MMUINSPECT_SOURCE_EVENTS,		\
		.optional = true,				\
		.entry = how,					\
		.returned = attempted,				\
		.data_size = sizeof(struct attempt),		\
	}

struct mmui_probe mmui_privilege_probes[] = {
	{
		MMUI_TRACE(signal_generate, signalled),
		.sources = MMUINSPECT_SOURCE_EVENTS,
	}, {
		MMUI_TRACE(signal_deliver, mmui_delivered),
		.sources = MMUINSPECT_SOURCE_EVENTS,
	}, {
		.name = MMUI_ARCH_FIXUP,
		.sources = MMUINSPECT_SOURCE_EVENTS,
		.optional = true,
		.enter = fixed_up,
	},
	EMULATION("fixup_umip_exception", attempt_protection),
	EMULATION("fixup_iopl_exception", attempt_protection),
	EMULATION("emulate_vsyscall", attempt_vsyscall),
	/* Its names where the kernel knows LASS, which makes it a #GP */
	EMULATION("emulate_vsyscall_pf", attempt_vsyscall),
	EMULATION("emulate_vsyscall_gp", attempt_protection),
	{}
};

/**
 * mmui_privilege_init - make room for events
 * @sink: gets each
 *
 * Return: 0 or -ENOMEM.
 */
int mmui_privilege_init(mmui_event_sink sink)
{
	hand_out = sink;
	pool = kvcalloc(POOL, sizeof(*pool), GFP_KERNEL);
	return pool ? 0 : -ENOMEM;
}

/* How many events were lost since the module was loaded: the pool was full */
u64 mmui_privilege_lost(void)
{
	return atomic64_read(&lost);
}

/* What was before the call is handed out. May sleep, for as long as a full pool takes. */
void mmui_privilege_flush(void)
{
	irq_work_sync(&waking);
	flush_work(&draining);
}

/* The probes are gone, and so is who would listen. */
void mmui_privilege_exit(void)
{
	irq_work_sync(&waking);
	cancel_work_sync(&draining);
	kvfree(pool);
}
