// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends the machine: waits for a number on standard input and writes it to
 * QEMU's isa-debug-exit port. It takes the right to the port when it starts,
 * because a test may lock the kernel down later.
 */
#include <stdio.h>
#include <sys/io.h>

int main(void)
{
	unsigned int code;

	if (ioperm(0xf4, 4, 1)) {
		perror("exit: ioperm");
		return 1;
	}
	if (scanf("%u", &code) != 1)
		return 1;
	outl(code, 0xf4);
	return 1;
}
