// SPDX-License-Identifier: GPL-2.0-only
/* The tour: protection keys, rights that a thread takes away from itself. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tour.h"

static sigjmp_buf back;
static volatile sig_atomic_t code, key_of_fault;

static void caught(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	code = info->si_code;
	key_of_fault = info->si_pkey;
	siglongjmp(back, 1);
}

/* si_code of the signal that reading makes; 0 if it makes none */
static int read_page(const char *page)
{
	const struct sigaction action = {
		.sa_sigaction = caught, .sa_flags = SA_SIGINFO,
	};
	struct sigaction before;

	sigaction(SIGSEGV, &action, &before);
	code = 0;
	key_of_fault = -1;
	if (!sigsetjmp(back, 1))
		(void)*(volatile const char *)page;
	sigaction(SIGSEGV, &before, NULL);
	return code;
}

static __u32 pkru(void)
{
	__u32 low, high;

	__asm__ volatile(".byte 0x0f, 0x01, 0xee" : "=a" (low), "=d" (high) : "c" (0));
	return low;
}

static int key_of_page(const struct tour *t, const struct mmuinspect_translation *walk)
{
	return mmuinspect_entry_pkey(t->s.info, walk->level, tour_entry(walk));
}

/* Without the bits that the CPU sets: Accessed and Dirty */
static __u64 lasting(const struct mmuinspect_translation *walk)
{
	return tour_entry(walk) & ~0x60ULL;
}

static const char *show_key(struct tour *t, char *page, int key)
{
	struct mmuinspect_translation before, with, after;
	size_t size = sysconf(_SC_PAGESIZE);
	const struct mmuinspect_name *why_not;
	const char *why = tour_walk(t, 0, page, 0, &before, NULL);
	int denied, allowed, fault_key;
	__u32 open, closed;

	if (!why && pkey_mprotect(page, size, PROT_READ | PROT_WRITE, key))
		why = tour_cannot(t, "pkey_mprotect: %s", strerror(errno));
	if (!why)
		why = tour_walk(t, 0, page, 0, &with, NULL);
	if (why)
		return why;
	open = pkru();
	pkey_set(key, PKEY_DISABLE_ACCESS);
	closed = pkru();
	denied = read_page(page);
	fault_key = key_of_fault;
	pkey_set(key, 0);
	allowed = !read_page(page);
	why = tour_walk(t, 0, page, 0, &after, NULL);
	if (why)
		return why;
	why_not = mmuinspect_signal_code(SIGSEGV, denied);
	out_number("key", key, "  the kernel gave key %d\n", key);
	tour_print_walk(t, "walk", &with);
	out_hex("pkru_open", open, "\n  PKRU 0x%08x", open);
	out_hex("pkru_closed", closed, ", then 0x%08x: ", closed);
	out_string("code", why_not ? why_not->name : NULL, "reading ends with SIGSEGV, %s",
		   why_not ? why_not->name : "of no code");
	out_number("si_pkey", fault_key, ", key %d\n", fault_key);
	tour_check(t, key_of_page(t, &before) == 0 && key_of_page(t, &with) == key,
		   "the entry had key 0, and has key %d", key);
	tour_check(t, closed >> 2 * key & 1 && !(open >> 2 * key & 1),
		   "PKRU bit %d, \"no access with key %d\", was clear and was set", 2 * key, key);
	tour_check(t, denied == SEGV_PKUERR && fault_key == key,
		   "reading was denied, by the key");
	tour_check(t, allowed, "with the bit clear again it was allowed");
	tour_check(t, lasting(&after) == lasting(&with), "the entry was the same all the time");
	return NULL;
}

static const char *show(struct tour *t)
{
	const char *why;
	char *memory;
	int key;

	if (!(t->s.info->features & MMUINSPECT_FEATURE_PKEYS))
		return tour_cannot(t, "this CPU or this kernel has no protection keys");
	why = tour_memory(t, &memory);
	if (why)
		return why;
	memory[0] = 1;
	key = pkey_alloc(0, 0);
	if (key < 0)
		why = tour_cannot(t, "no key is left: %s", strerror(errno));
	else
		why = show_key(t, memory, key);
	munmap(memory, 2 * sysconf(_SC_PAGESIZE));
	if (key >= 0)
		pkey_free(key);
	return why;
}

const struct tour_step tour_pkeys = {
	.name = "pkeys",
	.title = "Protection keys: rights without a change of the tables",
	.text = "Four bits of an entry are a key. What each of the 16 keys allows is in a register\n"
		"of the thread, PKRU: two bits a key, no access and no write. So a program can\n"
		"take a right away from itself and give it back by one instruction: no system\n"
		"call, no change of an entry, no flush. Here a page gets a key; PKRU denies it, and\n"
		"reading must end with SIGSEGV for that reason; then PKRU allows it again, and the\n"
		"entry must be the same all the time.\n",
	.show = show,
};
