// SPDX-License-Identifier: GPL-2.0-only
/* Does get_user_pages_remote() return mappings too? (until 6.4) */
#include <linux/mm.h>

static_assert(__same_type(get_user_pages_remote,
			  long (struct mm_struct *, unsigned long, unsigned long,
				unsigned int, struct page **,
				struct vm_area_struct **, int *)));
