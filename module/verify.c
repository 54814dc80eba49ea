// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is what the walker found what the kernel and the CPU find? Two proofs, and
 * only their verdict leaves the kernel:
 *
 *  - frame: get_user_pages_remote, the kernel's own walk, names the same frame;
 *  - bytes: the frame, read through the kernel's direct map, holds what the CPU
 *    reads at the virtual address, translated by its own page walker.
 *
 * Nothing is faulted in (FOLL_NOFAULT, nofault copies), and where an entry on the
 * way lacks the Accessed bit nothing is read through it, since that would set it.
 * The page is pinned meanwhile, so it's RAM and stays what it is.
 */
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "verify.h"

#define SAMPLE 64

/* What changes while it is compared is compared again, this often. */
#define ATTEMPTS 8

struct reader {
	struct work_struct work;
	struct mm_struct *mm;
	unsigned long addr;
	size_t n;
	u8 *dst;
	long ret;
};

static void read_as_kthread(struct work_struct *work)
{
	struct reader *r = container_of(work, struct reader, work);

	kthread_use_mm(r->mm);
	r->ret = copy_from_user_nofault(r->dst, (const void __user *)r->addr, r->n);
	kthread_unuse_mm(r->mm);
}

/* Read through the mapping: only a kernel thread may borrow another's tables. */
static long read_mapping(struct mm_struct *mm, unsigned long addr, u8 *dst,
			 size_t n)
{
	struct reader r = { .mm = mm, .addr = addr, .n = n, .dst = dst };

	if (mm == current->mm)
		return copy_from_user_nofault(dst, (const void __user *)addr, n);
	INIT_WORK_ONSTACK(&r.work, read_as_kthread);
	schedule_work(&r.work);
	flush_work(&r.work);
	destroy_work_on_stack(&r.work);
	return r.ret;
}

/* Each byte must be what it was before or after, should it change meanwhile. */
static bool same(const u8 *mapping, const u8 *before, const u8 *after, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (mapping[i] != before[i] && mapping[i] != after[i])
			return false;
	return true;
}

static u8 compare_bytes(struct mm_struct *mm, struct page *page,
			unsigned long addr)
{
	size_t n = min_t(size_t, SAMPLE, PAGE_SIZE - offset_in_page(addr));
	const void *frame = page_address(page) + offset_in_page(addr);
	u8 before[SAMPLE], mapping[SAMPLE], after[SAMPLE];
	int i;

	for (i = 0; i < ATTEMPTS; i++) {
		if (copy_from_kernel_nofault(before, frame, n) ||
		    read_mapping(mm, addr, mapping, n) ||
		    copy_from_kernel_nofault(after, frame, n))
			return MMUINSPECT_VERDICT_UNAVAILABLE;
		if (same(mapping, before, after, n))
			return MMUINSPECT_VERDICT_SAME;
	}
	return MMUINSPECT_VERDICT_DIFFERENT;
}

/* The mmap lock is held, so that the address stays this mapping's. */
static void compare(struct mmui_space *space, struct mmuinspect_translation *t)
{
	struct page *page;

	if (mmui_get_page(space->mm, t->address & PAGE_MASK, &page) != 1) {
		t->frame = MMUINSPECT_VERDICT_UNAVAILABLE;
		t->bytes = MMUINSPECT_VERDICT_UNAVAILABLE;
		return;
	}
	/* Of a frame that isn't the pinned one no byte is read. */
	t->frame = MMUINSPECT_VERDICT_DIFFERENT;
	t->bytes = MMUINSPECT_VERDICT_UNAVAILABLE;
	if (page_to_pfn(page) == PHYS_PFN(t->phys)) {
		t->frame = MMUINSPECT_VERDICT_SAME;
		if (mmui_space_accessed(t))
			t->bytes = compare_bytes(space->mm, page, t->address);
		else
			t->bytes = MMUINSPECT_VERDICT_UNTOUCHED;
	}
	put_page(page);
}

/**
 * mmui_verify - prove a translation
 * @space: the address space, pinned
 * @t: what mmui_space_translate found; @t->frame, @t->bytes and @t->changed are
 *	filled in if it ended at a leaf
 *
 * Return: 0, or -EINTR if the caller was killed.
 */
int mmui_verify(struct mmui_space *space, struct mmuinspect_translation *t)
{
	const u8 end = t->steps - 1;
	int i, ret;

	if (t->stop != MMUINSPECT_STOP_MAPPED)
		return 0;
	for (i = 0; i < ATTEMPTS && !t->changed; i++) {
		struct mmuinspect_translation after = { .address = t->address };

		if (mmap_read_lock_killable(space->mm))
			return -EINTR;
		compare(space, t);
		mmap_read_unlock(space->mm);
		ret = mmui_space_translate(space, &after, 1);
		if (ret)
			return ret;
		t->changed = after.steps != t->steps ||
			     after.step[end].entry != t->step[end].entry;
		/*
		 * A page that was dropped and faulted in again may have got the
		 * frame back that was just freed: the entry is the old one then,
		 * and was another one in between. That doesn't happen each time.
		 */
		if (t->frame != MMUINSPECT_VERDICT_DIFFERENT &&
		    t->bytes != MMUINSPECT_VERDICT_DIFFERENT)
			break;
	}
	return 0;
}
