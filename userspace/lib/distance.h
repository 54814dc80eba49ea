/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far a word that was typed is from one that there is. */
#ifndef DISTANCE_H
#define DISTANCE_H

#include <limits.h>
#include <string.h>

#define DISTANCE_WORD_MAX 64

/* Beyond this it's another word, not a misspelt one. */
static inline unsigned int distance_most(const char *word)
{
	size_t most = strlen(word) / 2 + 1;

	return most < 3 ? most : 3;
}

static inline unsigned int distance_min(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein's distance, by one row of his matrix. */
static inline unsigned int distance(const char *a, const char *b)
{
	unsigned int row[DISTANCE_WORD_MAX + 1], diagonal, old;
	size_t n = strlen(b), i, j;

	if (strlen(a) > DISTANCE_WORD_MAX || n > DISTANCE_WORD_MAX)
		return UINT_MAX;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 0; a[i]; i++) {
		diagonal = row[0];
		row[0] = i + 1;
		for (j = 0; j < n; j++) {
			old = row[j + 1];
			row[j + 1] = distance_min(old + 1, row[j] + 1,
						  diagonal + (a[i] != b[j]));
			diagonal = old;
		}
	}
	return row[n];
}

#endif
