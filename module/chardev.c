// SPDX-License-Identifier: GPL-2.0-only
/* /dev/mmuinspect: what one caller asks and one caller reads. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "chardev.h"
#include "desc.h"
#include "msr.h"
#include "policy.h"
#include "regs.h"
#include "space.h"
#include "verify.h"

/**
 * struct session - an open file
 * @lock: one call at a time
 * @pid: whose address space; NULL for whoever calls
 * @scratch: room to work in, from the first call that needs it
 * @batch: the same, for MSRs
 */
struct session {
	struct mutex lock;
	struct pid *pid;
	struct mmui_scratch *scratch;
	struct mmui_msr_batch *batch;
};

union arg {
	struct mmuinspect_info info;
	struct mmuinspect_target target;
	struct mmuinspect_walk walk;
	struct mmuinspect_runs runs;
	struct mmuinspect_regs regs;
	struct mmuinspect_msrs msrs;
	struct mmuinspect_desc desc;
};

static const struct mmuinspect_info *facts;

/* Pin the address space that a call is about, if it's the @expected one. */
static int space_get(struct file *file, struct mmui_space *space, u64 expected)
{
	struct session *session = file->private_data;
	int ret;

	if (!session->scratch)
		session->scratch = kvmalloc(sizeof(*session->scratch),
					    GFP_KERNEL_ACCOUNT);
	if (!session->scratch)
		return -ENOMEM;
	space->scratch = session->scratch;
	ret = mmui_space_get(space, session->pid, mmui_may_see_others(file));
	if (!ret && expected && expected != space->id) {
		mmui_space_put(space);
		ret = -ESTALE;
	}
	return ret;
}

static int do_info(struct file *file, union arg *arg)
{
	u32 size = arg->info.size;

	if (arg->info.flags)
		return -EINVAL;
	arg->info = *facts;
	arg->info.size = size;
	return 0;
}

static int do_target(struct file *file, union arg *arg)
{
	const struct mmuinspect_target *target = &arg->target;
	struct session *session = file->private_data;
	struct mmui_space space = {};
	struct pid *pid = NULL;
	int ret;

	if (target->flags || target->reserved || target->pid < 0)
		return -EINVAL;
	if (target->pid) {
		bool others = mmui_may_see_others(file);

		pid = find_get_pid(target->pid);
		if (!pid)
			return others ? -ESRCH : -EPERM;
		ret = mmui_space_get(&space, pid, others);
		if (ret) {
			put_pid(pid);
			return ret;
		}
		mmui_space_put(&space);
	}
	put_pid(session->pid);
	session->pid = pid;
	return 0;
}

/* One hold of the lock's worth of translations, to and from the caller. */
static int walk_some(struct mmui_space *space,
		     struct mmuinspect_translation __user *vec, unsigned int n,
		     bool verify, bool hide)
{
	struct mmuinspect_translation *t = space->scratch->translation;
	unsigned int i;
	int ret;

	if (copy_from_user(t, vec, n * sizeof(*t)))
		return -EFAULT;
	ret = mmui_space_translate(space, t, n);
	if (!ret && verify)
		ret = mmui_verify(space, t, n);
	for (i = 0; !ret && hide && i < n; i++)
		mmui_space_hide_translation(&t[i]);
	if (!ret && copy_to_user(vec, t, n * sizeof(*t)))
		ret = -EFAULT;
	return ret;
}

static int do_walk(struct file *file, union arg *arg)
{
	struct mmuinspect_walk *walk = &arg->walk;
	struct mmuinspect_translation __user *vec = u64_to_user_ptr(walk->vec);
	bool hide = !mmui_may_see_physical(file);
	bool verify = walk->flags & MMUINSPECT_WALK_VERIFY;
	struct mmui_space space = {};
	unsigned int done, n;
	int ret;

	if (walk->flags & ~MMUINSPECT_WALK_VERIFY)
		return -EINVAL;
	if (!walk->vec_len || walk->vec_len > MMUINSPECT_WALK_MAX)
		return -EINVAL;
	if (verify && hide)
		return -EACCES;
	ret = space_get(file, &space, walk->space);
	if (ret)
		return ret;
	for (done = 0; !ret && done < walk->vec_len; done += n) {
		n = min_t(unsigned int, walk->vec_len - done, MMUI_HOLD_WALKS);
		ret = walk_some(&space, vec + done, n, verify, hide);
		if (fatal_signal_pending(current))
			ret = -EINTR;
		cond_resched();
	}
	walk->done = done;
	walk->space = space.id;
	walk->root = hide ? 0 : mmui_space_root(&space);
	mmui_space_put(&space);
	return ret;
}

static int runs_check(const struct mmuinspect_runs *req, bool hide)
{
	const struct mmuinspect_filter *filter = &req->filter;
	const u32 attrs = MMUINSPECT_PRESENT | MMUI_RIGHTS |
			  MMUINSPECT_ACCESSED | MMUINSPECT_DIRTY;
	bool physical = filter->phys_start || filter->phys_end;

	if (req->flags & ~MMUINSPECT_RUNS_CONTINUE ||
	    req->merge > MMUINSPECT_MERGE_PHYS)
		return -EINVAL;
	if (!req->vec_len || req->vec_len > MMUINSPECT_RUNS_MAX)
		return -EINVAL;
	if (!PAGE_ALIGNED(req->start) || !PAGE_ALIGNED(req->end) ||
	    req->start >= req->end)
		return -EINVAL;
	if (req->end > facts->user_end)
		return -ERANGE;
	if (filter->attr_mask & ~attrs || filter->attrs & ~filter->attr_mask)
		return -EINVAL;
	if (filter->levels & ~GENMASK(facts->levels, 1) ||
	    filter->pkeys & ~GENMASK(15, 0))
		return -EINVAL;
	if (physical && filter->phys_start >= filter->phys_end)
		return -EINVAL;
	if (hide && (physical || req->merge == MMUINSPECT_MERGE_PHYS))
		return -EACCES;
	return 0;
}

/*
 * Hand out what is finished. The last run may still grow, unless the range is
 * @done, and then moves to the front of the buffer.
 */
static int runs_flush(struct mmui_runs *runs,
		      struct mmuinspect_run __user *vec, bool hide, bool done)
{
	unsigned int n = done ? runs->n : runs->n - 1;
	unsigned int i;

	for (i = 0; hide && i < n; i++)
		mmui_space_hide_run(&runs->run[i]);
	if (copy_to_user(vec, runs->run, n * sizeof(*vec)))
		return -EFAULT;
	if (!done)
		runs->run[0] = runs->run[n];
	runs->n -= n;
	runs->full = 0;
	return n;
}

/* Fill the caller's array; returns 0 or an error. */
static int runs_fill(struct mmui_space *space, struct mmuinspect_runs *req,
		     bool hide)
{
	struct mmuinspect_run __user *vec = u64_to_user_ptr(req->vec);
	struct mmui_runs runs = {
		.merge = req->merge,
		.filter = req->filter,
		.run = space->scratch->run,
		.floor = req->flags & MMUINSPECT_RUNS_CONTINUE ? req->start : 0,
	};
	bool done = false;
	int ret;

	req->cursor = req->start;
	req->filled = 0;
	while (!done) {
		unsigned int left = req->vec_len - req->filled;

		runs.room = min_t(unsigned int, left, MMUI_SCRATCH_RUNS);
		ret = mmui_space_runs(space, &req->cursor, req->end - 1, &runs);
		if (ret)
			return ret;
		done = req->cursor >= req->end ||
		       (runs.full && runs.room == left);
		if (done || runs.full) {
			ret = runs_flush(&runs, vec + req->filled, hide, done);
			if (ret < 0)
				return ret;
			req->filled += ret;
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	req->cursor = min(req->cursor, req->end);
	return 0;
}

static int do_runs(struct file *file, union arg *arg)
{
	struct mmuinspect_runs *req = &arg->runs;
	bool hide = !mmui_may_see_physical(file);
	struct mmui_space space = {};
	int ret;

	ret = runs_check(req, hide);
	if (ret)
		return ret;
	ret = space_get(file, &space, req->space);
	if (ret)
		return ret;
	ret = runs_fill(&space, req, hide);
	req->space = space.id;
	req->root = hide ? 0 : mmui_space_root(&space);
	req->unreadable = space.unreadable;
	mmui_space_put(&space);
	return ret;
}

static int do_regs(struct file *file, union arg *arg)
{
	struct mmuinspect_regs *regs = &arg->regs;
	struct mmuinspect_reg __user *vec = u64_to_user_ptr(regs->vec);
	int refused = mmui_reveal(mmui_may_read_msrs(file));
	struct mmuinspect_reg reg[MMUI_REGS_PER_CPU];
	u32 last = min(regs->last_cpu, nr_cpu_ids - 1);
	unsigned int n;

	if (regs->flags || regs->vec_len < MMUI_REGS_PER_CPU ||
	    regs->vec_len > MMUINSPECT_REGS_MAX || regs->cpu > regs->last_cpu)
		return -EINVAL;
	if (!mmui_may_see_physical(file))
		return -EPERM;
	regs->filled = 0;
	for (; regs->cpu <= last; regs->cpu++) {
		/* A CPU is interrupted once: not before its answer has room. */
		if (regs->vec_len - regs->filled < MMUI_REGS_PER_CPU)
			return 0;
		n = mmui_regs_read(regs->cpu, refused, reg);
		if (copy_to_user(vec + regs->filled, reg, n * sizeof(*reg)))
			return -EFAULT;
		regs->filled += n;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	regs->cpu = U32_MAX;
	return 0;
}

static int do_msrs(struct file *file, union arg *arg)
{
	struct session *session = file->private_data;
	struct mmuinspect_msrs *msrs = &arg->msrs;

	if (msrs->flags & ~MMUINSPECT_MSRS_PROBE ||
	    !msrs->vec_len || msrs->vec_len > MMUINSPECT_MSRS_MAX)
		return -EINVAL;
	if (!mmui_may_read_msrs(file))
		return -EACCES;
	msrs->done = msrs->vec_len;
	return mmui_msr_read(&session->batch, u64_to_user_ptr(msrs->vec),
			     msrs->vec_len, msrs->flags & MMUINSPECT_MSRS_PROBE,
			     mmui_reveal(true));
}

static int do_desc(struct file *file, union arg *arg)
{
	struct mmuinspect_desc *req = &arg->desc;
	struct mmui_desc desc;
	void *bytes;
	int ret;

	if (req->flags || req->table > MMUINSPECT_DESC_LDT ||
	    !req->vec_len || req->vec_len > MMUI_DESC_MAX)
		return -EINVAL;
	if (!mmui_may_see_physical(file))
		return -EPERM;
	ret = mmui_reveal(mmui_may_read_msrs(file));
	if (ret)
		return ret;
	bytes = kvzalloc(req->vec_len, GFP_KERNEL_ACCOUNT);
	if (!bytes)
		return -ENOMEM;
	ret = mmui_desc_read(req->cpu, req->table, bytes, req->vec_len, &desc);
	if (!ret && copy_to_user(u64_to_user_ptr(req->vec), bytes, desc.filled))
		ret = -EFAULT;
	kvfree(bytes);
	req->filled = desc.filled;
	req->base = desc.base;
	req->limit = desc.limit;
	req->selector = desc.selector;
	return ret;
}

/*
 * @least is the first published size, which stays what it is when the structure
 * grows; @size is today's.
 */
static const struct call {
	unsigned int cmd;
	size_t least;
	size_t size;
	int (*fn)(struct file *file, union arg *arg);
} calls[] = {
	/* by _IOC_NR() */
	{ MMUINSPECT_IOC_INFO,	 288, sizeof(struct mmuinspect_info),	do_info },
	{ MMUINSPECT_IOC_TARGET, 16,  sizeof(struct mmuinspect_target),	do_target },
	{ MMUINSPECT_IOC_WALK,	 40,  sizeof(struct mmuinspect_walk),	do_walk },
	{ MMUINSPECT_IOC_RUNS,	 104, sizeof(struct mmuinspect_runs),	do_runs },
	{ MMUINSPECT_IOC_REGS,	 32,  sizeof(struct mmuinspect_regs),	do_regs },
	{ MMUINSPECT_IOC_MSRS,	 24,  sizeof(struct mmuinspect_msrs),	do_msrs },
	{ MMUINSPECT_IOC_DESC,	 48,  sizeof(struct mmuinspect_desc),	do_desc },
};

static long call(struct file *file, const struct call *c, void __user *uarg)
{
	struct session *session = file->private_data;
	union arg arg;	/* filled as far as c->size, and read no farther */
	u32 size;
	int ret;

	if (get_user(size, (u32 __user *)uarg))
		return -EFAULT;
	if (size < c->least)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&arg, c->size, uarg, size);
	if (ret)
		return ret;
	if (mutex_lock_killable(&session->lock))
		return -EINTR;
	ret = c->fn(file, &arg);
	mutex_unlock(&session->lock);
	if (!ret && copy_to_user(uarg, &arg, min_t(size_t, size, c->size)))
		ret = -EFAULT;
	return ret;
}

static long mmui_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	unsigned int nr = _IOC_NR(cmd);

	if (nr >= ARRAY_SIZE(calls) || calls[nr].cmd != cmd)
		return -ENOTTY;
	return call(file, &calls[nr], (void __user *)arg);
}

static int mmui_open(struct inode *inode, struct file *file)
{
	struct session *session = kzalloc(sizeof(*session), GFP_KERNEL_ACCOUNT);

	if (!session)
		return -ENOMEM;
	mutex_init(&session->lock);
	file->private_data = session;
	return stream_open(inode, file);
}

static int mmui_release(struct inode *inode, struct file *file)
{
	struct session *session = file->private_data;

	put_pid(session->pid);
	kvfree(session->scratch);
	mmui_msr_batch_free(session->batch);
	kfree(session);
	return 0;
}

static const struct file_operations mmui_fops = {
	.owner = THIS_MODULE,
	.open = mmui_open,
	.release = mmui_release,
	.unlocked_ioctl = mmui_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice mmui_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mmuinspect",
	.fops = &mmui_fops,
	.mode = 0600,
};

/**
 * mmui_chardev_init - open the door
 * @info: what INFO answers; stays the caller's
 *
 * Return: 0 or a negative errno.
 */
int mmui_chardev_init(const struct mmuinspect_info *info)
{
	facts = info;
	return misc_register(&mmui_device);
}

/* No file is open any more: an open one holds the module. */
void mmui_chardev_exit(void)
{
	misc_deregister(&mmui_device);
}
