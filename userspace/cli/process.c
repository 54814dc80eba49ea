// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process in /proc. /proc/PID is about the first thread: once that has ended it
 * has no mappings, though the other threads go on with them.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "process.h"

#define PF_KTHREAD 0x00200000	/* the kernel's include/linux/sched.h */

/* How many numbers NSpid has: one in each PID namespace from /proc's to ours */
static int depth_of_self(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	int n = 0, in_word = 0;
	char line[512], *at;

	while (f && !n && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "NSpid:", 6))
			continue;
		for (at = line + 6; *at; at++) {
			n += !in_word && isdigit((unsigned char)*at);
			in_word = isdigit((unsigned char)*at);
		}
	}
	if (f)
		fclose(f);
	return n;
}

int proc_is_ours(void)
{
	static int ours = -1;
	char link[32];
	ssize_t n;

	if (ours >= 0)
		return ours;
	n = readlink("/proc/self", link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = '\0';
	/* Two numbers may be the same by chance. */
	ours = atoi(link) == getpid() && depth_of_self() <= 1;
	return ours;
}

void proc_warn(void)
{
	static int warned;

	if (warned++ || proc_is_ours() || access("/proc/version", F_OK))
		return;
	fprintf(stderr, "mmuinspect: mappings are left out: /proc belongs to another PID namespace\n");
}

/* "PID (COMM) STATE": COMM may hold anything. 0 if there is no such thread. */
static char state_of(pid_t tid)
{
	char path[32], line[512], *end;
	char state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fgets(line, sizeof(line), f)) {
		end = strrchr(line, ')');
		state = end && end[1] == ' ' ? end[2] : 0;
	}
	fclose(f);
	return state;
}

static int has_ended(pid_t tid)
{
	char state = state_of(tid);

	return state && strchr("ZX", state);
}

pid_t process_thread(pid_t pid)
{
	char path[32];
	struct dirent *d;
	pid_t found = 0;
	DIR *dir;

	if (!proc_is_ours())
		return 0;
	if (!has_ended(pid))
		return pid;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && !found && (d = readdir(dir)))
		if (isdigit((unsigned char)d->d_name[0]) && !has_ended(atoi(d->d_name)))
			found = atoi(d->d_name);
	if (dir)
		closedir(dir);
	return found;
}

int process_is_zombie(pid_t pid)
{
	return proc_is_ours() && state_of(pid) && !process_thread(pid);
}

int process_is_kernel(pid_t pid)
{
	char path[32], line[1024], *end = NULL;
	unsigned int flags = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (f && fgets(line, sizeof(line), f))
		end = strrchr(line, ')');
	if (f)
		fclose(f);
	/* proc(5): field 9 is flags. */
	return end && sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
	       flags & PF_KTHREAD;
}

/* Of this process /proc/self is right in any /proc. */
int process_path(pid_t pid, const char *name, char path[PROCESS_PATH])
{
	pid_t tid;

	if (pid == getpid()) {
		snprintf(path, PROCESS_PATH, "/proc/self/%s", name);
		return 0;
	}
	tid = process_thread(pid);
	if (!tid) {
		errno = proc_is_ours() ? ESRCH : EXDEV;
		return -1;
	}
	snprintf(path, PROCESS_PATH, "/proc/%d/%s", tid, name);
	return 0;
}

FILE *process_file(pid_t pid, const char *name)
{
	char path[PROCESS_PATH];

	return process_path(pid, name, path) ? NULL : fopen(path, "re");
}

/* A zombie has one too. */
void process_comm(pid_t pid, char *comm, size_t size)
{
	char path[32];
	FILE *f;

	*comm = '\0';
	if (pid != getpid() && !proc_is_ours())
		return;
	snprintf(path, sizeof(path), pid == getpid() ? "/proc/self/comm" :
		 "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (f && fgets(comm, size, f))
		comm[strcspn(comm, "\n")] = '\0';
	if (f)
		fclose(f);
}
