/* SPDX-License-Identifier: GPL-2.0-only */
/* Results as KTAP (Documentation/dev-tools/ktap.rst). */
#ifndef KTAP_H
#define KTAP_H

#include <stdio.h>

static int ktap_tests, ktap_failures;

static inline void ktap_plan(int tests)
{
	/* What is printed last before a crash must not be lost. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..%d\n", tests);
}

#define ktap_result(pass, ...)						\
	do {								\
		int _pass = (pass);					\
									\
		ktap_failures += !_pass;				\
		printf("%sok %d ", _pass ? "" : "not ", ++ktap_tests);	\
		printf(__VA_ARGS__);					\
		printf("\n");						\
	} while (0)

static inline int ktap_end(void)
{
	return ktap_failures ? 1 : 0;
}

#endif
