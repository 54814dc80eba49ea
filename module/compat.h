/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels. Not their version is asked, which says nothing of
 * what a distribution has backported, but the thing itself: a macro, a header, or
 * a file in compat-tests/ that compiles or doesn't.
 */
#ifndef MMUI_COMPAT_H
#define MMUI_COMPAT_H

#include <linux/fs.h>
#include <linux/mm.h>

#include "compat-tests.h"

static inline long mmui_get_page(struct mm_struct *mm, unsigned long addr,
				 struct page **page)
{
#ifdef MMUI_HAVE_GUP_VMAS
	return get_user_pages_remote(mm, addr, 1, FOLL_NOFAULT, page, NULL, NULL);
#else
	return get_user_pages_remote(mm, addr, 1, FOLL_NOFAULT, page, NULL);
#endif
}

#ifdef MMUI_HAVE_CPUID_HEADER
#include <asm/cpuid/api.h>
#else
#include <asm/processor.h>
#endif

/* Return: @file with a reference; NULL if its last one is gone already. */
static inline struct file *mmui_get_file(struct file *file)
{
#ifdef get_file_rcu
	return get_file_rcu(file) ? file : NULL;
#else
	return get_file_active(&file);
#endif
}

#ifdef MMUI_HAVE_RDMSR_RETURNS_VALUE
#define mmui_rdmsr_safe(msr, value) ({				\
	int __err;						\
	*(value) = native_read_msr_safe(msr, &__err);		\
	__err;							\
})
#else
#define mmui_rdmsr_safe(msr, value) native_read_msr_safe(msr, value)
#endif

#endif
