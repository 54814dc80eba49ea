/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far a word that was typed is from one that there is. */
#ifndef DISTANCE_H
#define DISTANCE_H

#include <limits.h>
#include <string.h>

#define DISTANCE_WORD_MAX 64

/* Beyond a third of its letters it's another word, not a misspelt one. */
static inline unsigned int distance_most(const char *word)
{
	return strlen(word) / 3;
}

static inline unsigned int distance_min(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/*
 * Edits that make @b of @a: letters put in, left out or replaced, and neighbours
 * swapped (optimal string alignment, by the last three rows of its matrix).
 */
static inline unsigned int distance(const char *a, const char *b)
{
	unsigned int rows[3][DISTANCE_WORD_MAX + 1], *two, *one, *row;
	size_t n = strlen(b), i, j;

	if (strlen(a) > DISTANCE_WORD_MAX || n > DISTANCE_WORD_MAX)
		return UINT_MAX;
	for (j = 0; j <= n; j++)
		rows[0][j] = j;
	for (i = 1; i <= strlen(a); i++) {
		row = rows[i % 3];
		one = rows[(i + 2) % 3];
		two = rows[(i + 1) % 3];
		row[0] = i;
		for (j = 1; j <= n; j++) {
			row[j] = distance_min(one[j] + 1, row[j - 1] + 1,
					      one[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && two[j - 2] + 1 < row[j])
				row[j] = two[j - 2] + 1;
		}
	}
	return rows[strlen(a) % 3][n];
}

#endif
