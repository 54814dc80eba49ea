// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose tables, and what keeps them in place while they are walked.
 *
 * Three things together keep a table from being freed while it is read; each
 * alone isn't enough (Documentation/live-walk.rst):
 *
 *  - the mm is pinned, so that exit_mmap doesn't run;
 *  - the mmap lock is held for reading, and only mappings that are in the tree
 *    are walked: munmap takes a mapping out of the tree under the write lock
 *    before it frees tables under the read lock. For an address outside every
 *    mapping the lock is taken for writing first, which waits out such a munmap;
 *  - from the root to the copy of the last table interrupts are off (live.c):
 *    tables that are freed with neither lock (collapse of file pages, reclaim of empty
 *    tables) are freed after an IPI or an RCU grace period.
 */
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/siphash.h>

#include "arch.h"
#include "live.h"
#include "policy.h"
#include "space.h"

static const struct mmui_format *format;
static u64 addr_mask;
static u64 user_end;
static struct mmui_hidden marker;
static siphash_key_t id_key;

/* Offsets of markers aren't addresses: they say which kind of marker it is. */
static void marker_init(const struct mmuinspect_nonpresent *np)
{
	u64 type;

	for (type = 0; type < MMUINSPECT_SWAP_TYPES; type++)
		if (np->swap_class[type] == MMUINSPECT_SWAP_MARKER)
			break;
	if (type == MMUINSPECT_SWAP_TYPES)
		return;
	marker.mask = GENMASK_ULL(np->type_bits - 1, 0) << np->type_shift |
		      np->prot_none | format->present;
	marker.value = type << np->type_shift;
}

/**
 * mmui_space_init - remember what the machine is
 * @info: filled in by the architecture
 */
void mmui_space_init(struct mmuinspect_info *info)
{
	format = mmui_arch.format(info->levels);
	addr_mask = info->phys_mask;
	user_end = info->user_end;
	marker_init(&info->nonpresent);
	get_random_bytes(&id_key, sizeof(id_key));
}

/*
 * A process is all its threads: the one that has its number may have ended, and
 * the others go on in the address space that they share.
 */
static struct mm_struct *process_mm_get(struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	struct task_struct *thread;

	if (mm)
		return mm;
	rcu_read_lock();
	for_each_thread(task, thread) {
		mm = get_task_mm(thread);
		if (mm)
			break;
	}
	rcu_read_unlock();
	return mm;
}

/**
 * mmui_space_get - find and pin an address space
 * @space: it; @space->scratch is the caller's to set
 * @pid: a process or a thread of it, or NULL for the caller's own
 * @others: the caller may see other address spaces than its own
 *
 * Own is what current runs on: a thread, or a child that shares the mm, too.
 * Without @others every failure is EPERM, so that nothing is told by it.
 *
 * Return: 0, -EPERM, -ESRCH (the process is gone) or -ENXIO (it has no address
 * space: a kernel thread, or all of its threads have ended).
 */
int mmui_space_get(struct mmui_space *space, struct pid *pid, bool others)
{
	struct task_struct *task;

	if (pid) {
		task = get_pid_task(pid, PIDTYPE_PID);
		if (!task)
			return others ? -ESRCH : -EPERM;
		space->mm = process_mm_get(task);
		put_task_struct(task);
	} else {
		space->mm = get_task_mm(current);
	}
	if (!space->mm)
		return others ? -ENXIO : -EPERM;
	if (space->mm != current->mm && !others) {
		mmui_space_put(space);
		return -EPERM;
	}
	space->id = siphash_1u64(mmui_arch.mm_id(space->mm), &id_key) ?: 1;
	return 0;
}

/**
 * mmui_space_put - let go of what mmui_space_get pinned
 * @space: the address space
 *
 * May be the last one to hold it, and then takes it apart: may sleep.
 */
void mmui_space_put(struct mmui_space *space)
{
	mmput(space->mm);
}

/**
 * mmui_space_root - physical address of the top table that user mode runs on
 * @space: the address space
 */
u64 mmui_space_root(const struct mmui_space *space)
{
	return mmui_arch.root(space->mm);
}

/* Begin a hold of the lock. */
static void walk_begin(struct mmui_space *space, struct mmui_live *live,
		       struct mmui_walk *w)
{
	*w = (struct mmui_walk){
		.format = format,
		.root = mmui_space_root(space),
		.addr_mask = addr_mask,
		.memory = mmui_live_begin(live),
		.bounce = space->scratch->bounce,
		.budget = MMUI_HOLD_TABLES,
	};
}

/**
 * mmui_space_runs - list runs during one hold of the mmap lock
 * @space: the address space
 * @va: in: where to begin; out: where to go on
 * @last: last address of interest, inclusive
 * @runs: takes them
 *
 * Return: 0 when the lock was let go of, the range is done (*@va > @last) or
 * @runs is full; -EINTR if the caller was killed while it waited.
 */
int mmui_space_runs(struct mmui_space *space, u64 *va, u64 last,
		    struct mmui_runs *runs)
{
	struct vm_area_struct *vma;
	struct mmui_live live;
	struct mmui_walk w;

	runs->format = format;
	runs->addr_mask = addr_mask;
	runs->exact = marker;
	walk_begin(space, &live, &w);
	if (mmap_read_lock_killable(space->mm))
		return -EINTR;
	while (*va <= last && w.budget && !runs->full) {
		vma = find_vma(space->mm, *va);
		if (!vma || vma->vm_start > last) {
			*va = last + 1;
			break;
		}
		*va = max_t(u64, *va, vma->vm_start);
		if (*va == vma->vm_start || space->vma_start != vma->vm_start)
			runs->sealed = 1;
		space->vma_start = vma->vm_start;
		*va = mmui_walk(&w, *va, min_t(u64, last, vma->vm_end - 1),
				mmui_runs_sink, runs);
	}
	mmap_read_unlock(space->mm);
	space->unreadable += w.unreadable;
	return 0;
}

/* Take the lock for reading, so that @va can be walked wherever it is. */
static int lock_for(struct mm_struct *mm, bool hole)
{
	if (!hole)
		return mmap_read_lock_killable(mm);
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	mmap_write_downgrade(mm);
	return 0;
}

static bool in_vma(struct mm_struct *mm, u64 va)
{
	struct vm_area_struct *vma = find_vma(mm, va);

	return vma && vma->vm_start <= va;
}

static void translate(struct mmui_walk *w, struct mmuinspect_translation *t)
{
	const struct mmuinspect_step *end;
	const struct mmui_level *l;
	struct mmui_path path;
	int ret;

	ret = mmui_translate(w, t->address, &path);
	memcpy(t->step, path.step, path.steps * sizeof(path.step[0]));
	t->steps = path.steps;
	t->level = path.level;
	if (ret) {
		t->stop = MMUINSPECT_STOP_UNREADABLE;
		return;
	}
	end = &path.step[path.steps - 1];
	t->attrs = mmui_attrs(format, path.level, end->entry, path.rights);
	if (!(t->attrs & MMUINSPECT_PRESENT)) {
		t->stop = end->entry ? MMUINSPECT_STOP_NONPRESENT :
				       MMUINSPECT_STOP_EMPTY;
		return;
	}
	l = mmui_level(format, path.level);
	t->phys = (end->entry & l->leaf_addr & addr_mask) |
		  (t->address & ((1ULL << l->shift) - 1));
}

/**
 * mmui_space_translate - walk some addresses during one hold of the mmap lock
 * @space: the address space
 * @t: the addresses, and what was found
 * @n: how many, at most MMUI_HOLD_WALKS
 *
 * Return: 0, or -EINTR if the caller was killed while it waited.
 */
int mmui_space_translate(struct mmui_space *space,
			 struct mmuinspect_translation *t, unsigned int n)
{
	bool hole = false;
	struct mmui_live live;
	struct mmui_walk w;
	unsigned int i;

	walk_begin(space, &live, &w);
	if (lock_for(space->mm, hole))
		return -EINTR;
	for (i = 0; i < n; i++) {
		u64 va = t[i].address;

		t[i] = (struct mmuinspect_translation){ .address = va };
		if (!mmui_canonical(format, va)) {
			t[i].stop = MMUINSPECT_STOP_NONCANONICAL;
			continue;
		}
		if (va >= user_end) {
			t[i].stop = MMUINSPECT_STOP_NOT_USER;
			continue;
		}
		if (!hole && !in_vma(space->mm, va)) {
			hole = true;
			mmap_read_unlock(space->mm);
			if (lock_for(space->mm, hole))
				return -EINTR;
			walk_begin(space, &live, &w);
		}
		translate(&w, &t[i]);
	}
	mmap_read_unlock(space->mm);
	return 0;
}

/**
 * mmui_space_accessed - has every entry on the way the Accessed bit?
 * @t: a translation
 *
 * Return: true if the CPU can go this way without setting one.
 */
bool mmui_space_accessed(const struct mmuinspect_translation *t)
{
	unsigned int i;

	for (i = 0; i < t->steps; i++)
		if (!(t->step[i].entry & format->accessed))
			return false;
	return true;
}

/**
 * mmui_space_hide_run - blank what is physical
 * @run: for somebody who may not know it
 */
void mmui_space_hide_run(struct mmuinspect_run *run)
{
	run->entry &= ~mmui_address_bits(format, run->level, run->entry);
}

/**
 * mmui_space_hide_translation - blank what is physical
 * @t: for somebody who may not know it
 */
void mmui_space_hide_translation(struct mmuinspect_translation *t)
{
	unsigned int i;

	t->phys = 0;
	for (i = 0; i < t->steps; i++) {
		struct mmuinspect_step *step = &t->step[i];

		step->table = 0;
		step->entry &= ~mmui_address_bits(format, step->level,
						  step->entry);
	}
}
