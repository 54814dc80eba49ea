/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef COUNTING_SUMS_H
#define COUNTING_SUMS_H

/* The order of struct mmuinspect_counts, for qsort() */
int counts_compare(const void *a, const void *b);

#endif
