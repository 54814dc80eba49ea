// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read page tables that are in use, by physical address: with interrupts off
 * from the root to the copy of the last table, and nothing but RAM that the
 * kernel manages. Why this is safe: Documentation/live-walk.rst.
 */
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/pfn.h>

#include "bench.h"
#include "live.h"

#define NO_PFN (~0UL)

/* Entries that are copied in one turn of the loop */
#define UNROLL 64

/*
 * fs/proc/kcore.c's rule; pfn_valid alone is true for the VGA hole. A page that
 * isn't reserved is the page allocator's, and so RAM. Of others the resource
 * tree knows, which is too long a walk with interrupts off: @ram is the frame
 * that it last said to be RAM. With interrupts on, the struct page could go away
 * with its memory.
 */
static int vet(unsigned long pfn, unsigned long ram)
{
	struct page *page = pfn_to_online_page(pfn);

	if (!page || PageOffline(page) || PageHWPoison(page))
		return -EFAULT;
	return PageReserved(page) && pfn != ram ? MMUI_RETRY : 0;
}

static void live_enter(void *ctx)
{
	struct mmui_live *live = ctx;

	live->unknown = NO_PFN;
	live->busy = false;
	local_irq_save(live->flags);
	mmui_bench_enter();
}

static void live_leave(void *ctx)
{
	struct mmui_live *live = ctx;

	mmui_bench_leave();
	local_irq_restore(live->flags);
	if (live->unknown == NO_PFN)
		return;
	if (page_is_ram(live->unknown))
		live->ram = live->unknown;
	else
		live->refused = live->unknown;
}

/* One new frame a section: there is no time for more with interrupts off. */
static int look(struct mmui_live *live, unsigned int level, unsigned long pfn)
{
	int ret;

	if (pfn == live->refused)
		return -EFAULT;
	if (live->busy)
		return MMUI_RETRY;
	live->busy = true;
	ret = vet(pfn, live->ram);
	if (ret == MMUI_RETRY)
		live->unknown = pfn;
	if (!ret)
		live->vetted[level] = pfn;
	return ret;
}

static int live_read(void *ctx, unsigned int level, __u64 table,
		     unsigned int first, unsigned int n, __u64 *dst)
{
	struct mmui_live *live = ctx;
	unsigned long pfn = PHYS_PFN(table);
	const u64 *src;
	unsigned int i;
	int ret;

	if (pfn != live->vetted[level]) {
		ret = look(live, level, pfn);
		if (ret)
			return ret;
	}
	src = (const u64 *)phys_to_virt(table) + first;
	for (; n >= UNROLL; n -= UNROLL, src += UNROLL, dst += UNROLL)
#pragma GCC unroll 64
		for (i = 0; i < UNROLL; i++)
			dst[i] = READ_ONCE(src[i]);
	for (i = 0; i < n; i++)
		dst[i] = READ_ONCE(src[i]);
	return 0;
}

/**
 * mmui_live_begin - begin a hold of what keeps the tables in place
 * @live: receives the state; what was vetted in an earlier hold may have gone
 *
 * Return: how to read memory; valid as long as @live.
 */
struct mmui_memory mmui_live_begin(struct mmui_live *live)
{
	*live = (struct mmui_live){ .ram = NO_PFN, .refused = NO_PFN };
	memset(live->vetted, 0xff, sizeof(live->vetted));
	return (struct mmui_memory){ live_read, live_enter, live_leave, live };
}
