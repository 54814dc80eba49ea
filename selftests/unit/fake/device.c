// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that isn't there: the CLI is linked with this, so that what it prints
 * can be looked at without a kernel. The tables are made up here, the answers
 * come from the real walker.
 *
 * FAKE is a list of NAME=VALUE with commas between:
 *	open, info, target, walk, runs	that call fails with this errno
 *	late	RUNS fails with this errno, but not the first time
 *	room	at most so many runs an answer
 *	many_pages	RUNS finds so many, each with a gap behind it, and does little for it
 *	abi	of the module
 *	levels	of the machine
 *	pti	1: page-table isolation is on
 *	hidden	1: nothing physical is shown
 *	verdict, changed	what --verify finds
 *	wx	the process with this PID has a page that is writable and executable
 *	dead	the thread with this number has ended
 *	and those of registers.c, tables.c and machine.c
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmuinspect.h"
#include "fake.h"
#include "info.h"
#include "runs.h"

#define P	0x001ULL
#define RW	0x002ULL
#define US	0x004ULL
#define A	0x020ULL
#define D	0x040ULL
#define PS	0x080ULL
#define NX	(1ULL << 63)
#define TABLE	(P | RW | US | A | D)

#define FRAMES 6

/* Frame n is at physical address n * 4096; frame 0 isn't used. */
static __u64 memory[FRAMES][512];

static const struct {
	int frame;
	int index;
	__u64 entry;
} entries[] = {
	{ 5, 0, 0x1000 | TABLE },			/* PML5 */
	{ 1, 0, 0x2000 | TABLE },			/* PML4 */
	{ 2, 0, 0x3000 | TABLE },			/* PDPT */
	{ 2, 1, 0x80000000 | P | RW | US | A | D | PS | NX },
	{ 3, 0, 0x4000 | TABLE },			/* PD */
	{ 3, 1, 0x00200000 | P | US | A | PS },		/* an identity mapping */
	{ 3, 2, 0x000fffffbfe000e6 },			/* huge, under change */
	{ 3, 3, 0x900000 | TABLE },			/* no RAM */
	{ 4, 16, 0x100000 | P | US | A },		/* PT: code, contiguous */
	{ 4, 17, 0x101000 | P | US | A },
	{ 4, 18, 0x102000 | P | US },
	{ 4, 20, 0x777000 | P | RW | US | A | D | NX },	/* data, not contiguous */
	{ 4, 21, 0x555000 | P | RW | US | A | NX },
	{ 4, 32, 0x1fffffffea86420a },			/* swapped out */
	{ 4, 33, 0x000fffffedcba164 },			/* PROT_NONE */
	{ 4, 34, 0xcffffffffdb97400 },			/* migration */
	{ 4, 48, 0x666000 | P | RW | US | A | NX | 3ULL << 59 },
};

/* Whose address space it is: a PID, or 0 */
static __s32 target;

int given(const char *name, __u64 *value)
{
	const char *s = getenv("FAKE");
	size_t len = strlen(name);

	for (; s && *s; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL) {
		if (strncmp(s, name, len) || s[len] != '=')
			continue;
		*value = strtoull(s + len + 1, NULL, 0);
		return 1;
	}
	return 0;
}

int given_on(const char *name, __u32 cpu, __u64 *value)
{
	char on[32];

	snprintf(on, sizeof(on), "%s_%u", name, cpu);
	return given(on, value) || given(name, value);
}

unsigned long setting(const char *name)
{
	__u64 value;

	return given(name, &value) ? value : 0;
}

static int mem_read(void *ctx, unsigned int level, __u64 table,
		    unsigned int first, unsigned int n, __u64 *dst)
{
	(void)ctx;
	(void)level;
	if (table / 4096 >= FRAMES)
		return -1;
	memcpy(dst, &memory[table / 4096][first], n * sizeof(*dst));
	return 0;
}

static const struct mmui_format *format(void)
{
	return setting("levels") == 5 ? &mmui_x86_64_5level : &mmui_x86_64_4level;
}

static __u64 root(void)
{
	return setting("levels") == 5 ? 0x5000 : 0x1000;
}

static struct mmui_walk walk_begin(__u64 *bounce)
{
	size_t i;

	for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		memory[entries[i].frame][entries[i].index] = entries[i].entry;
	if (target && setting("wx") == (unsigned long)target)
		memory[4][64] = 0x888000 | P | RW | US | A | D;
	return (struct mmui_walk) {
		.format = format(),
		.root = root(),
		.addr_mask = fake_info.phys_mask,
		.memory.read = mem_read,
		.bounce = bounce,
		.budget = ~0u,
	};
}

static __u64 shown(unsigned int level, __u64 entry)
{
	if (!setting("hidden"))
		return entry;
	return entry & ~mmui_address_bits(format(), level, entry);
}

static int do_info(void *arg)
{
	struct mmuinspect_info *info = arg;

	*info = fake_info;
	if (setting("abi"))
		info->abi = setting("abi");
	if (setting("pti"))
		info->features |= MMUINSPECT_FEATURE_PTI;
	if (setting("levels") == 5) {
		info->levels = 5;
		info->va_bits = 57;
		info->user_end = 1ULL << 56;
	}
	return 0;
}

static int do_target(void *arg)
{
	target = ((struct mmuinspect_target *)arg)->pid;
	return target && setting("dead") == (unsigned long)target ? -ENXIO : 0;
}

static void translate(struct mmui_walk *w, struct mmuinspect_translation *t)
{
	const struct mmuinspect_step *last;
	struct mmui_path path;
	__u64 va = t->address;
	int err = mmui_translate(w, va, &path), i;

	memset(t, 0, sizeof(*t));
	t->address = va;
	t->steps = path.steps;
	t->level = path.level;
	memcpy(t->step, path.step, path.steps * sizeof(*t->step));
	last = &path.step[path.steps - 1];
	if (err) {
		t->stop = MMUINSPECT_STOP_UNREADABLE;
	} else if (!last->entry) {
		t->stop = MMUINSPECT_STOP_EMPTY;
	} else if (!(last->entry & P)) {
		t->stop = MMUINSPECT_STOP_NONPRESENT;
	} else {
		__u64 size = 1ULL << mmui_level(w->format, t->level)->shift;

		t->attrs = mmui_attrs(w->format, t->level, last->entry, path.rights);
		t->phys = (last->entry & w->addr_mask & -size) | (va & (size - 1));
		t->frame = setting("verdict") ?: MMUINSPECT_VERDICT_SAME;
		t->bytes = setting("verdict") ?: MMUINSPECT_VERDICT_SAME;
		t->changed = setting("changed");
	}
	for (i = 0; i < t->steps; i++) {
		t->step[i].entry = shown(t->step[i].level, t->step[i].entry);
		if (setting("hidden"))
			t->step[i].table = t->phys = 0;
	}
}

static int do_walk(void *arg)
{
	struct mmuinspect_walk *req = arg;
	struct mmuinspect_translation *t = (void *)(uintptr_t)req->vec;
	struct mmui_walk w = walk_begin(NULL);

	if (req->flags & MMUINSPECT_WALK_VERIFY && setting("hidden"))
		return -EACCES;
	for (req->done = 0; req->done < req->vec_len; req->done++)
		translate(&w, &t[req->done]);
	req->root = setting("hidden") ? 0 : root();
	return 0;
}

#define MANY_AT	0x100000000ULL

/* For what the command costs: the walker has costs of its own, and a benchmark. */
static int many_runs(struct mmuinspect_runs *req, __u64 pages)
{
	struct mmuinspect_run *run = (void *)(uintptr_t)req->vec;
	__u64 i = req->cursor > MANY_AT ? (req->cursor - MANY_AT) / 0x2000 : 0;

	for (req->filled = 0; i < pages && req->filled < req->vec_len; i++)
		run[req->filled++] = (struct mmuinspect_run) {
			.start = MANY_AT + i * 0x2000,
			.entry = 0x8000000000000067 | (0x100 + i * 7) << 12,
			.pages = 1,
			.accessed = 1,
			.dirty = 1,
			.level = 1,
			.attrs = MMUINSPECT_PRESENT | MMUINSPECT_WRITE | MMUINSPECT_USER |
				 MMUINSPECT_ACCESSED | MMUINSPECT_DIRTY,
		};
	req->cursor = i < pages ? MANY_AT + i * 0x2000 : req->end;
	req->root = root();
	return 0;
}

static int do_runs(void *arg)
{
	static int calls;
	struct mmuinspect_runs *req = arg;
	__u64 bounce[MMUI_BOUNCE];
	struct mmui_walk w = walk_begin(bounce);
	struct mmui_runs r = {
		.format = w.format,
		.merge = req->merge,
		.filter = req->filter,
		.run = (void *)(uintptr_t)req->vec,
		.room = setting("room") ?: req->vec_len,
		.addr_mask = w.addr_mask,
		.floor = req->flags & MMUINSPECT_RUNS_CONTINUE ? req->start : 0,
	};
	unsigned int i;

	if (setting("many_pages"))
		return many_runs(req, setting("many_pages"));
	if ((req->start | req->end) & 0xfff || req->start >= req->end)
		return -EINVAL;
	if (calls++ && setting("late"))
		return -setting("late");
	if (setting("hidden") &&
	    (req->merge == MMUINSPECT_MERGE_PHYS || req->filter.phys_end))
		return -EACCES;
	req->cursor = mmui_walk(&w, req->start, req->end - 1, mmui_runs_sink, &r);
	if (req->cursor > req->end)
		req->cursor = req->end;
	req->filled = r.n;
	for (i = 0; i < r.n; i++)
		r.run[i].entry = shown(r.run[i].level, r.run[i].entry);
	req->root = setting("hidden") ? 0 : root();
	req->unreadable = w.unreadable;
	return 0;
}

static const struct {
	unsigned long request;
	const char *name;
	int (*fn)(void *arg);
} calls[] = {
	{ MMUINSPECT_IOC_INFO, "info", do_info },
	{ MMUINSPECT_IOC_TARGET, "target", do_target },
	{ MMUINSPECT_IOC_WALK, "walk", do_walk },
	{ MMUINSPECT_IOC_RUNS, "runs", do_runs },
	{ MMUINSPECT_IOC_REGS, "regs", do_regs },
	{ MMUINSPECT_IOC_MSRS, "msrs", do_msrs },
	{ MMUINSPECT_IOC_DESC, "desc", do_desc },
};

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;
	size_t i;

	(void)fd;
	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (calls[i].request != request)
			continue;
		errno = setting(calls[i].name);
		if (!errno)
			errno = -calls[i].fn(arg);
		return errno ? -1 : 0;
	}
	errno = ENOTTY;
	return -1;
}

int __real_open(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...)
{
	char buf[4096];

	if (strcmp(path, mmuinspect_device()))
		return __real_open(moved(path, buf, sizeof(buf)), flags);
	errno = setting("open");
	return errno ? -1 : __real_open("/dev/null", flags);
}
