/* SPDX-License-Identifier: GPL-2.0-only */
/* The only place that asks which kernel this is. */
#ifndef MMUI_COMPAT_H
#define MMUI_COMPAT_H

#include <linux/mm.h>
#include <linux/version.h>
#include <net/genetlink.h>

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

/* 6.16 gave CPUID a header of its own. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#include <asm/processor.h>
#else
#include <asm/cpuid/api.h>
#endif

/* 6.16 swapped what this returns and what it's given a pointer for. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define mmui_rdmsr_safe(msr, value) ({				\
	int __err;						\
	*(value) = native_read_msr_safe(msr, &__err);		\
	__err;							\
})
#else
#define mmui_rdmsr_safe(msr, value) native_read_msr_safe(msr, value)
#endif

/* 6.7 put a struct genl_info where the attributes were. */
static inline struct nlattr **mmui_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	return genl_dumpit_info(cb)->attrs;
#else
	return genl_info_dump(cb)->attrs;
#endif
}

#endif
