/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that don't end well, and what the process's own signal frame says
 * of each.
 */
#ifndef TRAP_H
#define TRAP_H

/**
 * struct trap - a signal, by its siginfo and its frame
 * @n: how many there were
 */
struct trap {
	volatile unsigned int n;
	int sig;
	int code;
	unsigned long signal_address;
	unsigned long vector;
	unsigned long error_code;
	unsigned long cr2;
	unsigned long ip;
	unsigned long sp;
};

/* From now on a trap ends the try_*() that made it, and is noted in @trap. */
void traps_catch(struct trap *trap);

/* One instruction each, and a return. All take an address, if they need one. */
void try_read(unsigned long address);
void try_write(unsigned long address);
void try_call(unsigned long address);
void try_hlt(unsigned long unused);
void try_cli(unsigned long unused);
void try_rdmsr(unsigned long unused);
void try_mov_cr3(unsigned long unused);
void try_lgdt(unsigned long address);
void try_in(unsigned long unused);
void try_ud2(unsigned long unused);
void try_int3(unsigned long unused);
void try_divide(unsigned long unused);
void try_sgdt(unsigned long address);

#endif
