// SPDX-License-Identifier: GPL-2.0-only
#include "mmui_test.h"
#include "perf.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static long read_number(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		die("%s: %m", path);
	close(fd);
	return strtol(text, NULL, 0);
}

static int counter(struct perf_event_attr *attr, pid_t pid, int cpu,
		   unsigned int flags)
{
	int fd;

	attr->size = sizeof(*attr);
	attr->inherit = !!(flags & PERF_INHERIT);
	attr->disabled = attr->enable_on_exec = !!(flags & PERF_ON_EXEC);
	fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1,
		     PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		die("perf_event_open of type %u: %m", attr->type);
	return fd;
}

int perf_tracepoint(const char *event, pid_t pid, int cpu, unsigned int flags)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT };
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/%s/id", event);
	attr.config = read_number(path);
	return counter(&attr, pid, cpu, flags);
}

int perf_software(__u64 what, pid_t pid, int cpu, unsigned int flags)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = what,
	};

	return counter(&attr, pid, cpu, flags);
}

int perf_function(const char *function, pid_t pid, int cpu)
{
	struct perf_event_attr attr = {
		.type = read_number("/sys/bus/event_source/devices/kprobe/type"),
		.kprobe_func = (uintptr_t)function,
	};

	return counter(&attr, pid, cpu, 0);
}

void perf_filter(int fd, const char *filter)
{
	/* It has counted all of them since it was opened. */
	if (ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) ||
	    ioctl(fd, PERF_EVENT_IOC_RESET, 0))
		die("perf filter %s: %m", filter);
}

__u64 perf_count(int fd)
{
	__u64 count;

	if (read(fd, &count, sizeof(count)) != sizeof(count))
		die("perf counter: %m");
	return count;
}
