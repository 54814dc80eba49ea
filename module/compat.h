/* SPDX-License-Identifier: GPL-2.0-only */
/* The only place that asks which kernel this is. */
#ifndef MMUI_COMPAT_H
#define MMUI_COMPAT_H

#include <linux/mm.h>
#include <linux/version.h>

/* 6.5 dropped the vmas argument. */
static inline long mmui_get_page(struct mm_struct *mm, unsigned long addr,
				 struct page **page)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	return get_user_pages_remote(mm, addr, 1, FOLL_NOFAULT, page, NULL, NULL);
#else
	return get_user_pages_remote(mm, addr, 1, FOLL_NOFAULT, page, NULL);
#endif
}

/* 6.16 renamed the MSR helpers. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define rdmsrq_safe(msr, value) rdmsrl_safe(msr, value)
#endif

#endif
