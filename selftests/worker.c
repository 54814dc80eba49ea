// SPDX-License-Identifier: GPL-2.0-only
#include "mmui_test.h"
#include "cpu.h"
#include "worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif

#define STACK (256 * 1024)

/* What worker and master tell each other */
struct signals {
	volatile unsigned int asked;
	volatile unsigned int done;
	struct place place;
	struct rusage before;
	struct rusage after;
};

static bool overlaps(const struct place *place, uintptr_t start, uintptr_t end)
{
	uintptr_t at = (uintptr_t)place->at;

	return at && at < end && start < at + (place->n + 1) * place->stride;
}

/* A line of maps: a mapping whose pages are to be there */
static void populate(const struct place *place, const char *line)
{
	uintptr_t start, end;
	char *rest;
	bool write;

	start = strtoul(line, &rest, 16);
	end = strtoul(rest + 1, &rest, 16);
	write = rest[2] == 'w';
	if (rest[1] != 'r' || overlaps(place, start, end))
		return;
	/* Some can't be: the kernel's own, and those behind the end of a file. */
	madvise((void *)start, end - start,
		write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
}

static void touch_stack(void)
{
	volatile char deep[STACK];
	size_t i;

	for (i = 0; i < sizeof(deep); i += PAGE_SIZE)
		deep[i] = 0;
}

void settle_down(const struct place *place)
{
	static char maps[64 * 1024];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;
	char *line;

	touch_stack();
	while ((n = read(fd, maps + len, sizeof(maps) - 1 - len)) > 0)
		len += n;
	if (fd < 0 || n < 0 || len == sizeof(maps) - 1)
		die("/proc/self/maps: %m");
	close(fd);
	for (line = maps; line < maps + len; line = strchr(line, '\n') + 1)
		populate(place, line);
}

static void work_on(struct signals *signals, const struct work *work)
{
	unsigned int done = 0;

	work->prepare(&signals->place);
	settle_down(&signals->place);
	for (signals->done = 1;; signals->done++) {
		while (signals->asked == done)
			asm volatile("pause");
		done++;
		getrusage(RUSAGE_SELF, &signals->before);
		work->run(&signals->place);
		getrusage(RUSAGE_SELF, &signals->after);
	}
}

/* It ends only by a signal that it shouldn't get. */
static void wait_for(struct worker *worker, unsigned int done)
{
	int status;

	while (worker->signals->done != done) {
		if (waitpid(worker->pid, &status, WNOHANG) == worker->pid)
			die("the worker has ended: %#x", status);
		usleep(1000);
	}
}

void worker_start(struct worker *worker, unsigned int cpu, unsigned int n,
		  const struct work *work)
{
	worker->signals = SHARED(struct signals, 1);
	worker->place = &worker->signals->place;
	worker->place->n = n;
	worker->pid = fork();
	if (worker->pid < 0)
		die("fork: %m");
	if (!worker->pid) {
		die_with_parent();
		cpu_pin(cpu);
		work_on(worker->signals, work);
	}
	wait_for(worker, 1);
}

void worker_run(struct worker *worker)
{
	unsigned int done = worker->signals->done;

	worker->signals->asked++;
	wait_for(worker, done + 1);
}

void worker_end(struct worker *worker)
{
	if (worker->pid > 0)
		release(worker->pid);
	worker->pid = 0;
}

void child_start(struct child *c, void (*fn)(void *arg), void *arg)
{
	static const struct place none;
	int ready[2];
	char byte;

	if (pipe2(c->go, O_CLOEXEC) || pipe2(ready, O_CLOEXEC))
		die("pipe: %m");
	c->pid = fork();
	if (c->pid < 0)
		die("fork: %m");
	if (!c->pid) {
		die_with_parent();
		settle_down(&none);
		if (write(ready[1], "", 1) != 1 || read(c->go[0], &byte, 1) != 1)
			_exit(1);
		fn(arg);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		die("the child ended before it was ready");
	close(ready[0]);
}

void child_go(struct child *c)
{
	if (write(c->go[1], "", 1) != 1)
		die("pipe: %m");
	close(c->go[0]);
	close(c->go[1]);
}

int child_wait(struct child *c)
{
	int status;

	if (waitpid(c->pid, &status, 0) != c->pid)
		die("waitpid: %m");
	return status;
}

struct task_faults stat_faults(pid_t pid)
{
	struct task_faults f;
	char path[64], line[1024] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, line, sizeof(line) - 1) <= 0)
		die("%s: %m", path);
	close(fd);
	/* Behind the name: fields 3 on, of which 10 and 12 are wanted */
	if (sscanf(strrchr(line, ')') + 1,
		   " %*c %*d %*d %*d %*d %*d %*u %lu %*u %lu", &f.minor,
		   &f.major) != 2)
		die("%s: %s", path, line);
	return f;
}

struct task_faults worker_faults(const struct worker *worker)
{
	const struct signals *s = worker->signals;

	return (struct task_faults) {
		.minor = s->after.ru_minflt - s->before.ru_minflt,
		.major = s->after.ru_majflt - s->before.ru_majflt,
	};
}

__u64 vmstat(const char *name)
{
	FILE *f = fopen("/proc/vmstat", "re");
	char line[128], row[64];
	__u64 count;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %llu", row, &count) == 2 &&
		    !strcmp(row, name)) {
			fclose(f);
			return count;
		}
	die("/proc/vmstat has no %s", name);
}
