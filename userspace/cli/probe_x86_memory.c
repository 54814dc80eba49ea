// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes: accesses to memory. What must happen is worked out from the tables and
 * the mapping at the address, which each child prepares for itself.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

#define PAGE		4096UL
#define RET		0xc3
#define FLAGS_AC	0x40000
#define STACK_LIMIT	(64UL << 10)

/* Newer than the C library */
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

/* Not canonical, be it with 48 bits or with 57 */
#define NONCANONICAL	0x8000000000000000ULL
/* __START_KERNEL_map of asm/page_64_types.h, and 16 MiB: its text, if not moved */
#define KERNEL		0xffffffff81000000ULL
#define VSYSCALL	0xffffffffff600000ULL

/* A page that is there: filled with RET, should it be executed */
static void *page(int prot)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	memset(p, RET, PAGE);
	return mprotect(p, PAGE, prot) ? NULL : p;
}

static const char *use(struct trial *t, const void *p)
{
	if (!p)
		return strerror(errno);
	t->regs.rsi = (uintptr_t)p;
	return NULL;
}

static const char *use_no_rights(struct trial *t)
{
	return use(t, page(PROT_NONE));
}

static const char *use_read_only(struct trial *t)
{
	return use(t, page(PROT_READ));
}

static const char *use_data(struct trial *t)
{
	return use(t, page(PROT_READ | PROT_WRITE));
}

/* Nothing is there yet, but the mapping allows it. */
static const char *use_untouched(struct trial *t)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return use(t, p == MAP_FAILED ? NULL : p);
}

static const char *use_unmapped(struct trial *t)
{
	char *p = page(PROT_READ);

	if (p)
		munmap(p, PAGE);
	return use(t, p);
}

static const char *use_guard(struct trial *t)
{
	char *p = page(PROT_READ | PROT_WRITE);

	if (p && madvise(p, PAGE, MADV_GUARD_INSTALL))
		return "this kernel has no MADV_GUARD_INSTALL (Linux 6.13)";
	return use(t, p);
}

/* The page below a buffer, as allocators have it */
static const char *use_guard_page(struct trial *t)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p, PAGE, PROT_NONE))
		return strerror(errno);
	p[PAGE] = 1;
	return use(t, p + PAGE - 8);
}

/* Below what RLIMIT_STACK lets the stack grow to: far below where it is now */
static const char *use_below_stack(struct trial *t)
{
	const struct rlimit limit = { STACK_LIMIT, STACK_LIMIT };
	char here;

	if (setrlimit(RLIMIT_STACK, &limit))
		return strerror(errno);
	t->regs.rsi = ((uintptr_t)&here - (1UL << 20)) & -PAGE;
	return NULL;
}

/* Two pages of a file of one */
static const char *use_beyond_file(struct trial *t)
{
	int fd = memfd_create("mmuinspect-probe", MFD_CLOEXEC);
	char *p;

	if (fd < 0 || ftruncate(fd, PAGE))
		return strerror(errno);
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return strerror(errno);
	t->file_end = (uintptr_t)p + PAGE;
	return use(t, p + PAGE);
}

static const char *use_key(struct trial *t, unsigned int rights)
{
	char *p = page(PROT_READ | PROT_WRITE);
	int key = pkey_alloc(0, rights);

	if (key < 0)
		return "no protection keys here";
	if (p && pkey_mprotect(p, PAGE, PROT_READ | PROT_WRITE, key))
		return strerror(errno);
	return use(t, p);
}

static const char *use_denied_key(struct trial *t)
{
	return use_key(t, PKEY_DISABLE_ACCESS);
}

static const char *use_read_only_key(struct trial *t)
{
	return use_key(t, PKEY_DISABLE_WRITE);
}

/* In the middle of a cache line: no line and no page is crossed. */
static const char *use_unaligned(struct trial *t)
{
	char *p = page(PROT_READ | PROT_WRITE);

	t->regs.flags = FLAGS_AC;
	return use(t, p ? p + 1 : NULL);
}

/* time(NULL), of which there is an entry in the vsyscall page */
#define VSYSCALL_TIME	(VSYSCALL + 1024)

static void saw_time(struct trial *t)
{
	time_t now = time(NULL);

	t->wrong = t->regs.rax > (__u64)now || t->regs.rax + 60 < (__u64)now;
	snprintf(t->effect, sizeof(t->effect), "time() answered %llu",
		 (unsigned long long)t->regs.rax);
}

#define MEMORY(what, bytes) .kind = KIND_MEMORY, .access = ACCESS_##what, .size = bytes
#define READ		MEMORY(READ, 1)
#define WRITE		MEMORY(WRITE, 1)
#define FETCH		MEMORY(FETCH, 1)
#define AT(address)	.regs = { .rsi = address }

#define LOAD		"mov (%rsi), %al"
#define STORE		"mov %al, (%rsi)"
/* It pushes nothing: what is there returns to whoever called us. */
#define JUMP		"jmp *%rsi"
#define SET_AC		"pushfq\norl $0x40000, (%rsp)\npopfq"

#define PROBES(X)							\
	X(read_kernel, "read-kernel", "", LOAD, READ, AT(KERNEL))	\
	X(write_kernel, "write-kernel", "", STORE, WRITE, AT(KERNEL))	\
	X(fetch_kernel, "fetch-kernel", "", JUMP, FETCH, AT(KERNEL))	\
	X(read_null, "read-null", "", LOAD, READ)			\
	X(write_null, "write-null", "", STORE, WRITE)			\
	X(fetch_null, "fetch-null", "", JUMP, FETCH)			\
	X(read_noncanonical, "read-noncanonical", "", LOAD, READ,	\
	  AT(NONCANONICAL))						\
	X(write_noncanonical, "write-noncanonical", "", STORE, WRITE,	\
	  AT(NONCANONICAL))						\
	X(fetch_noncanonical, "fetch-noncanonical", "", JUMP, FETCH,	\
	  AT(NONCANONICAL))						\
	X(stack_noncanonical, "stack-noncanonical", "mov %rsi, %rsp",	\
	  "mov (%rsp), %al", READ, .stack = 1, AT(NONCANONICAL))	\
	X(read_unmapped, "read-unmapped", "", LOAD, READ,		\
	  .prepare = use_unmapped)					\
	X(read_untouched, "read-untouched", "", LOAD, READ,		\
	  .prepare = use_untouched)					\
	X(write_untouched, "write-untouched", "", STORE, WRITE,		\
	  .prepare = use_untouched)					\
	X(read_prot_none, "read-prot-none", "", LOAD, READ,		\
	  .prepare = use_no_rights)					\
	X(write_read_only, "write-read-only", "", STORE, WRITE,		\
	  .prepare = use_read_only)					\
	X(fetch_nx, "fetch-nx", "", JUMP, FETCH, .prepare = use_data)	\
	X(fetch_untouched_nx, "fetch-untouched-nx", "", JUMP, FETCH,	\
	  .prepare = use_untouched)					\
	X(guard_page, "guard-page", "", STORE, WRITE,			\
	  .prepare = use_guard_page)					\
	X(guard_region, "guard-region", "", STORE, WRITE,		\
	  .prepare = use_guard)						\
	X(stack_limit, "stack-limit", "", STORE, WRITE,			\
	  .prepare = use_below_stack)					\
	X(file_end, "file-end", "", LOAD, READ, .prepare = use_beyond_file) \
	X(pkey_read, "pkey-read", "", LOAD, READ, .prepare = use_denied_key) \
	X(pkey_write, "pkey-write", "", STORE, WRITE,			\
	  .prepare = use_read_only_key)					\
	X(pkey_allowed, "pkey-allowed", "", LOAD, READ,			\
	  .prepare = use_read_only_key)					\
	X(vsyscall_read, "vsyscall-read", "", LOAD, READ, AT(VSYSCALL))	\
	X(vsyscall_call, "vsyscall-call", "", JUMP, FETCH,		\
	  AT(VSYSCALL_TIME), .effect = saw_time)			\
	X(unaligned, "unaligned", SET_AC, "mov (%rsi), %eax",		\
	  MEMORY(READ, 4), .prepare = use_unaligned)

PROBES(PROBE_CODE)

struct probe_rows probe_memory(void)
{
	static const struct probe rows[] = { PROBES(PROBE_ROW) };

	return (struct probe_rows) { rows, ARRAY_SIZE(rows) };
}
