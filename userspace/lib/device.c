// SPDX-License-Identifier: LGPL-2.1-or-later
/* Talk to /dev/mmuinspect: the only place that knows an ioctl number. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "decode.h"
#include "version.h"

/* Half a MiB: large enough to make a call's fixed cost vanish. */
#define RUNS_AT_ONCE 16384

struct mmuinspect {
	int fd;
	struct mmuinspect_info info;
};

struct mmuinspect_cursor {
	struct mmuinspect *h;
	struct mmuinspect_runs call;
	unsigned int next;
	struct mmuinspect_run run[RUNS_AT_ONCE];
};

const char *mmuinspect_version(void)
{
	return MMUI_VERSION;
}

const char *mmuinspect_device(void)
{
	const char *path = getenv("MMUINSPECT_DEVICE");

	return path && *path ? path : "/dev/mmuinspect";
}

static int call(const struct mmuinspect *h, unsigned long request, void *arg)
{
	if (request != MMUINSPECT_IOC_INFO && h->info.abi != MMUINSPECT_ABI)
		return -EPROTO;
	return ioctl(h->fd, request, arg) < 0 ? -errno : 0;
}

int mmuinspect_open(struct mmuinspect **ret)
{
	struct mmuinspect *h = calloc(1, sizeof(*h));
	int err;

	if (!h)
		return -ENOMEM;
	h->fd = open(mmuinspect_device(), O_RDONLY | O_CLOEXEC);
	if (h->fd < 0) {
		err = -errno;
		goto free_handle;
	}
	h->info.size = sizeof(h->info);
	err = call(h, MMUINSPECT_IOC_INFO, &h->info);
	if (err)
		goto close_fd;
	if (h->info.abi == MMUINSPECT_ABI && !decode_format(&h->info)) {
		err = -EOPNOTSUPP;
		goto close_fd;
	}
	*ret = h;
	return 0;

close_fd:
	close(h->fd);
free_handle:
	free(h);
	return err;
}

void mmuinspect_close(struct mmuinspect *h)
{
	if (!h)
		return;
	close(h->fd);
	free(h);
}

const struct mmuinspect_info *mmuinspect_info(const struct mmuinspect *h)
{
	return &h->info;
}

int mmuinspect_target(struct mmuinspect *h, pid_t pid)
{
	struct mmuinspect_target target = {
		.size = sizeof(target),
		.pid = pid,
	};

	return call(h, MMUINSPECT_IOC_TARGET, &target);
}

int mmuinspect_walk(struct mmuinspect *h, unsigned int flags,
		    struct mmuinspect_translation *vec, size_t n, __u64 *root)
{
	struct mmuinspect_walk walk = {
		.size = sizeof(walk),
		.flags = flags,
	};
	int err;

	if (!n)
		return -EINVAL;
	for (; n; vec += walk.vec_len, n -= walk.vec_len) {
		walk.vec = (uintptr_t)vec;
		walk.vec_len = n < MMUINSPECT_WALK_MAX ? n : MMUINSPECT_WALK_MAX;
		walk.root = 0;
		walk.done = 0;
		/* From the second call on, @space holds us to what we began with. */
		err = call(h, MMUINSPECT_IOC_WALK, &walk);
		if (err)
			return err;
	}
	if (root)
		*root = walk.root;
	return 0;
}

/* Fill the buffer from where the last answer ended. */
static int refill(struct mmuinspect_cursor *c)
{
	unsigned int unreadable;
	int err;

	c->next = 0;
	c->call.filled = 0;
	while (!c->call.filled && c->call.cursor < c->call.end) {
		if (c->call.cursor > c->call.start)
			c->call.flags = MMUINSPECT_RUNS_CONTINUE;
		c->call.start = c->call.cursor;
		c->call.root = 0;
		unreadable = c->call.unreadable;
		err = call(c->h, MMUINSPECT_IOC_RUNS, &c->call);
		if (err) {
			c->call.filled = 0;
			return err;
		}
		c->call.unreadable += unreadable;
		/* An answer that leads nowhere would be asked for without end. */
		if (c->call.cursor <= c->call.start ||
		    c->call.filled > c->call.vec_len)
			return -EIO;
	}
	return 0;
}

int mmuinspect_runs_begin(struct mmuinspect *h,
			  const struct mmuinspect_runs *ask,
			  struct mmuinspect_cursor **ret)
{
	struct mmuinspect_cursor *c;
	int err;

	if (ask->start >= ask->end)
		return -EINVAL;
	c = malloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->h = h;
	c->call = (struct mmuinspect_runs) {
		.size = sizeof(c->call),
		.start = ask->start,
		.cursor = ask->start,
		.end = ask->end,
		.merge = ask->merge,
		.filter = ask->filter,
		.vec = (uintptr_t)c->run,
		.vec_len = RUNS_AT_ONCE,
	};
	err = refill(c);
	if (err) {
		free(c);
		return err;
	}
	*ret = c;
	return 0;
}

int mmuinspect_runs_next(struct mmuinspect_cursor *c,
			 const struct mmuinspect_run **run)
{
	int err;

	if (c->next == c->call.filled) {
		err = refill(c);
		if (err || !c->call.filled)
			return err;
	}
	*run = &c->run[c->next++];
	return 1;
}

const struct mmuinspect_runs *
mmuinspect_runs_state(const struct mmuinspect_cursor *c)
{
	return &c->call;
}

void mmuinspect_runs_end(struct mmuinspect_cursor *c)
{
	free(c);
}

int mmuinspect_desc(struct mmuinspect *h, __u32 cpu, __u32 table, void *bytes,
		    size_t size, struct mmuinspect_desc *ret)
{
	*ret = (struct mmuinspect_desc) {
		.size = sizeof(*ret),
		.cpu = cpu,
		.table = table,
		.vec = (uintptr_t)bytes,
		.vec_len = size,
	};
	return call(h, MMUINSPECT_IOC_DESC, ret);
}

/* Room for the registers of some hundred CPUs. */
#define REGS_AT_ONCE 4096

/* One call's worth, behind the @n that are there; the array grows for it. */
static int regs_some(struct mmuinspect *h, struct mmuinspect_regs *regs,
		     struct mmuinspect_reg **vec, size_t *n)
{
	struct mmuinspect_reg *more;
	__u32 from = regs->cpu;
	int err;

	more = realloc(*vec, (*n + REGS_AT_ONCE) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	*vec = more;
	regs->vec = (uintptr_t)(more + *n);
	regs->filled = 0;
	err = call(h, MMUINSPECT_IOC_REGS, regs);
	if (err)
		return err;
	/* An answer that leads nowhere would be asked for without end. */
	if (regs->cpu <= from || regs->filled > REGS_AT_ONCE)
		return -EIO;
	*n += regs->filled;
	return 0;
}

int mmuinspect_regs(struct mmuinspect *h, __u32 first, __u32 last,
		    struct mmuinspect_reg **ret, size_t *n)
{
	struct mmuinspect_regs regs = {
		.size = sizeof(regs),
		.vec_len = REGS_AT_ONCE,
		.cpu = first,
		.last_cpu = last,
	};
	struct mmuinspect_reg *vec = NULL;
	size_t filled = 0;
	int err;

	do {
		err = regs_some(h, &regs, &vec, &filled);
		if (err) {
			free(vec);
			return err;
		}
	} while (regs.cpu <= last && regs.cpu != UINT32_MAX);
	*ret = vec;
	*n = filled;
	return 0;
}

/*
 * How many of the reads go into one request: as long as a CPU's reads are side by
 * side and fit, none is interrupted for two requests.
 */
static size_t msrs_at_once(const struct mmuinspect_msr *msr, size_t n)
{
	size_t at = MMUINSPECT_MSRS_MAX;

	if (n <= MMUINSPECT_MSRS_MAX)
		return n;
	while (at && msr[at - 1].cpu == msr[MMUINSPECT_MSRS_MAX].cpu)
		at--;
	return at ? at : MMUINSPECT_MSRS_MAX;
}

static int read_msrs(struct mmuinspect *h, __u32 flags, struct mmuinspect_msr *msr,
		     size_t n)
{
	struct mmuinspect_msrs msrs = { .size = sizeof(msrs), .flags = flags };
	int err;

	if (!n)
		return -EINVAL;
	for (; n; msr += msrs.vec_len, n -= msrs.vec_len) {
		msrs.vec = (uintptr_t)msr;
		msrs.vec_len = msrs_at_once(msr, n);
		msrs.done = 0;
		err = call(h, MMUINSPECT_IOC_MSRS, &msrs);
		if (err)
			return err;
	}
	return 0;
}

int mmuinspect_msrs(struct mmuinspect *h, struct mmuinspect_msr *msr, size_t n)
{
	return read_msrs(h, 0, msr, n);
}

int mmuinspect_msr_probe(struct mmuinspect *h, struct mmuinspect_msr *msr)
{
	return read_msrs(h, MMUINSPECT_MSRS_PROBE, msr, 1);
}
