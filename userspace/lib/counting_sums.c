// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sums and differences of counts. They know no door here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "counting_sums.h"
#include "mmuinspect.h"

void mmuinspect_counts_free(struct mmuinspect_counts *counts)
{
	free(counts->count);
	*counts = (struct mmuinspect_counts) { 0 };
}

int counts_compare(const void *a, const void *b)
{
	const struct mmuinspect_count *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->sub < y->sub ? -1 : x->sub > y->sub;
}

/* @b is added, or taken away if @sign is -1. */
static int merge(struct mmuinspect_counts *ret, const struct mmuinspect_counts *a,
		 const struct mmuinspect_counts *b, int sign)
{
	struct mmuinspect_count *out = calloc(a->n + b->n + 1, sizeof(*out));
	size_t i = 0, j = 0, n = 0;
	int order;

	if (!out)
		return -ENOMEM;
	while (i < a->n || j < b->n) {
		if (i < a->n && j < b->n)
			order = counts_compare(&a->count[i], &b->count[j]);
		else
			order = i < a->n ? -1 : 1;
		out[n] = order <= 0 ? a->count[i++] : b->count[j];
		if (order > 0 && sign < 0)
			out[n].count = 0;
		if (!order && sign > 0)
			out[n].count += b->count[j].count;
		else if (!order)
			out[n].count -= out[n].count < b->count[j].count ?
					out[n].count : b->count[j].count;
		j += order >= 0;
		n += !!out[n].count;
	}
	*ret = (struct mmuinspect_counts) { out, n };
	return 0;
}

int mmuinspect_counts_add(struct mmuinspect_counts *sum,
			  const struct mmuinspect_counts *more)
{
	struct mmuinspect_counts both;

	if (merge(&both, sum, more, 1))
		return -ENOMEM;
	mmuinspect_counts_free(sum);
	*sum = both;
	return 0;
}

int mmuinspect_counts_difference(struct mmuinspect_counts *ret,
				 const struct mmuinspect_counts *after,
				 const struct mmuinspect_counts *before)
{
	return merge(ret, after, before, -1);
}

__u64 mmuinspect_counts_total(const struct mmuinspect_counts *counts,
			      __u32 kind)
{
	__u64 sum = 0;
	size_t i;

	for (i = 0; i < counts->n; i++)
		if (counts->count[i].kind == kind)
			sum += counts->count[i].count;
	return sum;
}

__u64 mmuinspect_counts_of(const struct mmuinspect_counts *counts, __u32 kind,
			   __u32 key)
{
	__u64 sum = 0;
	size_t i;

	for (i = 0; i < counts->n; i++)
		if (counts->count[i].kind == kind && counts->count[i].key == key)
			sum += counts->count[i].count;
	return sum;
}

void mmuinspect_counters_free(struct mmuinspect_counters *counters)
{
	size_t i;

	for (i = 0; i < counters->n; i++)
		mmuinspect_counts_free(&counters->cpu[i].counts);
	free(counters->cpu);
	mmuinspect_counts_free(&counters->all);
	*counters = (struct mmuinspect_counters) { 0 };
}

void mmuinspect_watches_free(struct mmuinspect_watch *watch, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		mmuinspect_counts_free(&watch[i].counts);
	free(watch);
}
