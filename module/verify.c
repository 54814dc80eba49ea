// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check a translation against the kernel's own walk and against the CPU's. Only
 * the verdict leaves the kernel:
 *
 *  - frame: get_user_pages, the kernel's own walk, names the same frame;
 *  - bytes: the frame, read through the kernel's direct map, holds what the CPU
 *    reads at the virtual address, translated by its own page walker.
 *
 * Nothing is faulted in (FOLL_NOFAULT, nofault copies), and where an entry on the
 * way lacks the Accessed bit nothing is read through it, since that would set it.
 * The page is pinned meanwhile, so it's RAM and stays what it is.
 *
 * Only a kernel thread may borrow another's tables, so a worker does all of it,
 * and holds the mmap lock only while it runs: the caller waits for the worker
 * with nothing held, or the target would wait for the workqueue too.
 */
#include <linux/bitops.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/hugetlb.h>
#include <linux/kref.h>
#include <linux/kthread.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "verify.h"

#define SAMPLE 64

/* What changes while it is compared is compared again, this often. */
#define ATTEMPTS 8

/* How long to sleep before the mmap lock is tried again, in microseconds */
#define LOCK_PAUSE 100

/**
 * struct proof - comparisons in the tables of another process
 * @work: does them
 * @ref: the caller's, and the worker's
 * @done: the verdicts are there
 * @abandoned: the caller was killed
 * @mm: the address space; the worker pins it
 * @which: a bit for each of @t that is to be compared
 * @t: the translations, with the verdicts
 */
struct proof {
	struct work_struct work;
	struct kref ref;
	struct completion done;
	bool abandoned;
	struct mm_struct *mm;
	u64 which;
	struct mmuinspect_translation t[];
};

/* Unbound: a busy CPU doesn't hold the comparison up. */
static struct workqueue_struct *workers;

/* Each byte must be what it was before or after, should it change meanwhile. */
static bool same(const u8 *mapping, const u8 *before, const u8 *after, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (mapping[i] != before[i] && mapping[i] != after[i])
			return false;
	return true;
}

/*
 * The frame is read first, by a copy that survives poisoned memory: through the
 * mapping that would count as an access of the process.
 */
static u8 compare_bytes(struct page *page, unsigned long addr)
{
	size_t n = min_t(size_t, SAMPLE, PAGE_SIZE - offset_in_page(addr));
	const void *frame = page_address(page) + offset_in_page(addr);
	u8 before[SAMPLE], mapping[SAMPLE], after[SAMPLE];
	int i;

	for (i = 0; i < ATTEMPTS; i++) {
		if (copy_mc_to_kernel(before, frame, n) ||
		    copy_from_user_nofault(mapping, (const void __user *)addr, n) ||
		    copy_mc_to_kernel(after, frame, n))
			return MMUINSPECT_VERDICT_UNAVAILABLE;
		if (same(mapping, before, after, n))
			return MMUINSPECT_VERDICT_SAME;
	}
	return MMUINSPECT_VERDICT_DIFFERENT;
}

/*
 * Until 6.9 the slow walk of a hugetlb mapping ignores FOLL_NOFAULT and brings a
 * page in that was dropped meanwhile; the lockless one never does.
 */
static struct page *get_page_at(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	struct page *page;

	if (!vma)
		return NULL;
	if (is_vm_hugetlb_page(vma))
		return get_user_pages_fast_only(addr, 1, 0, &page) == 1 ? page : NULL;
	return mmui_get_page(mm, addr, &page) == 1 ? page : NULL;
}

/* Memory whose bytes aren't to be read: poisoned, or a device's */
static bool is_untouchable(struct page *page)
{
	return is_zone_device_page(page) || PageHWPoison(page) ||
	       PageHWPoison(compound_head(page));
}

/* The mmap lock is held, so that the address stays this mapping's. */
static void compare(struct mm_struct *mm, struct mmuinspect_translation *t)
{
	struct page *page = get_page_at(mm, t->address & PAGE_MASK);

	t->frame = MMUINSPECT_VERDICT_UNAVAILABLE;
	t->bytes = MMUINSPECT_VERDICT_UNAVAILABLE;
	if (!page)
		return;
	/* Of a frame that isn't the pinned one no byte is read. */
	t->frame = MMUINSPECT_VERDICT_DIFFERENT;
	if (page_to_pfn(page) == PHYS_PFN(t->phys)) {
		t->frame = MMUINSPECT_VERDICT_SAME;
		if (!mmui_space_accessed(t))
			t->bytes = MMUINSPECT_VERDICT_UNTOUCHED;
		else if (!is_untouchable(page))
			t->bytes = compare_bytes(page, t->address);
	}
	put_page(page);
}

static void compare_all(struct mm_struct *mm, struct mmuinspect_translation *t,
			u64 which)
{
	for (; which; which &= which - 1)
		compare(mm, &t[__ffs64(which)]);
}

static void proof_free(struct kref *ref)
{
	kvfree(container_of(ref, struct proof, ref));
}

/* A worker can't be killed, so it doesn't sleep in the lock. */
static bool lock_unless_abandoned(struct proof *proof)
{
	while (!READ_ONCE(proof->abandoned)) {
		if (mmap_read_trylock(proof->mm))
			return true;
		usleep_range(LOCK_PAUSE, 2 * LOCK_PAUSE);
	}
	return false;
}

static void prove(struct work_struct *work)
{
	struct proof *proof = container_of(work, struct proof, work);

	if (lock_unless_abandoned(proof)) {
		kthread_use_mm(proof->mm);
		compare_all(proof->mm, proof->t, proof->which);
		kthread_unuse_mm(proof->mm);
		mmap_read_unlock(proof->mm);
	}
	mmput(proof->mm);
	complete(&proof->done);
	kref_put(&proof->ref, proof_free);
}

static struct proof *proof_alloc(struct mm_struct *mm, unsigned int n)
{
	struct proof *proof = kvmalloc(struct_size(proof, t, n),
				       GFP_KERNEL_ACCOUNT);

	if (!proof)
		return NULL;
	INIT_WORK(&proof->work, prove);
	kref_init(&proof->ref);
	kref_get(&proof->ref);
	init_completion(&proof->done);
	proof->abandoned = false;
	mmget(mm);
	proof->mm = mm;
	return proof;
}

static int compare_by_worker(struct mm_struct *mm,
			     struct mmuinspect_translation *t, unsigned int n,
			     u64 which)
{
	struct proof *proof = proof_alloc(mm, n);
	int ret;

	if (!proof)
		return -ENOMEM;
	proof->which = which;
	memcpy(proof->t, t, n * sizeof(*t));
	queue_work(workers, &proof->work);
	ret = wait_for_completion_killable(&proof->done);
	if (ret)
		WRITE_ONCE(proof->abandoned, true);
	else
		memcpy(t, proof->t, n * sizeof(*t));
	kref_put(&proof->ref, proof_free);
	return ret ? -EINTR : 0;
}

static int compare_own(struct mm_struct *mm, struct mmuinspect_translation *t,
		       u64 which)
{
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	compare_all(mm, t, which);
	mmap_read_unlock(mm);
	return 0;
}

/* Is the entry that @t ended at another one by now? */
static int look_again(struct mmui_space *space, struct mmuinspect_translation *t)
{
	struct mmuinspect_translation after = { .address = t->address };
	const u8 end = t->steps - 1;
	int ret = mmui_space_translate(space, &after, 1);

	if (!ret)
		t->changed = after.steps != t->steps ||
			     after.step[end].entry != t->step[end].entry;
	return ret;
}

/*
 * A page that was dropped and faulted in again may have got the frame back that
 * was just freed: the entry is the old one then, and was another one in between.
 * That doesn't happen each time, so what differs is compared again.
 */
static u64 undecided(const struct mmuinspect_translation *t, unsigned int n)
{
	u64 which = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (t[i].stop == MMUINSPECT_STOP_MAPPED && !t[i].changed &&
		    (t[i].frame == MMUINSPECT_VERDICT_NONE ||
		     t[i].frame == MMUINSPECT_VERDICT_DIFFERENT ||
		     t[i].bytes == MMUINSPECT_VERDICT_DIFFERENT))
			which |= BIT_ULL(i);
	return which;
}

/**
 * mmui_verify_init - be ready to verify
 *
 * Return: 0 or -ENOMEM.
 */
int mmui_verify_init(void)
{
	workers = alloc_workqueue("mmuinspect", WQ_UNBOUND, 0);
	return workers ? 0 : -ENOMEM;
}

/* What callers that were killed have left behind ends first. */
void mmui_verify_exit(void)
{
	destroy_workqueue(workers);
}

/**
 * mmui_verify - prove translations
 * @space: the address space, pinned
 * @t: what mmui_space_translate found; @frame, @bytes and @changed of each are
 *	filled in if it ended at a leaf
 * @n: how many, at most MMUI_HOLD_WALKS
 *
 * Return: 0, -ENOMEM, or -EINTR if the caller was killed.
 */
int mmui_verify(struct mmui_space *space, struct mmuinspect_translation *t,
		unsigned int n)
{
	struct mm_struct *mm = space->mm;
	u64 which;
	int i, ret;

	BUILD_BUG_ON(MMUI_HOLD_WALKS > 64);
	for (i = 0; i < ATTEMPTS; i++) {
		which = undecided(t, n);
		if (!which)
			break;
		ret = mm == current->mm ? compare_own(mm, t, which) :
					  compare_by_worker(mm, t, n, which);
		for (; !ret && which; which &= which - 1)
			ret = look_again(space, &t[__ffs64(which)]);
		if (ret)
			return ret;
	}
	return 0;
}
