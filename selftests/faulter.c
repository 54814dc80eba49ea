// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program with a known number of page faults, beside those of its start.
 *
 *	faulter PAGES CHILDREN END
 *
 * touches so many fresh pages, has each of its children do the same, and ends: with
 * an exit status, or below 0 by a signal.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL

static void touch(size_t pages)
{
	char *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (at == MAP_FAILED)
		_exit(99);
	madvise(at, pages * PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < pages; i++)
		((volatile char *)at)[i * PAGE] = 1;
	munmap(at, pages * PAGE);
}

int main(int argc, char **argv)
{
	int pages, children, end;

	if (argc != 4) {
		fprintf(stderr, "usage: faulter PAGES CHILDREN END\n");
		return 99;
	}
	pages = atoi(argv[1]);
	end = atoi(argv[3]);
	touch(pages);
	for (children = atoi(argv[2]); children > 0; children--)
		if (!fork()) {
			touch(pages);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	if (end < 0) {
		signal(-end, SIG_DFL);
		kill(getpid(), -end);
	}
	return end;
}
