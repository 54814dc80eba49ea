// SPDX-License-Identifier: GPL-2.0-only
#include "mmui_test.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void say(const char *fmt, va_list ap)
{
	char line[512];

	vsnprintf(line, sizeof(line), fmt, ap);
	fprintf(stderr, "# %s\n", line);
}

void note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

/* _exit(): a child must not write what its parent has buffered. */
void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	_exit(1);
}

void *shared_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("shared memory: %m");
	return p;
}

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

unsigned int env_number(const char *name, unsigned int otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoul(value, NULL, 0) : otherwise;
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int mmui_open(void)
{
	int fd = open(MMUI_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("%s: %m", MMUI_DEVICE);
	return fd;
}

int mmui_call(int fd, unsigned long number, void *arg)
{
	return ioctl(fd, number, arg) ? -errno : 0;
}

int mmui_info(int fd, struct mmuinspect_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return mmui_call(fd, MMUINSPECT_IOC_INFO, info);
}

int mmui_target(int fd, pid_t pid)
{
	struct mmuinspect_target t = { .size = sizeof(t), .pid = pid };

	return mmui_call(fd, MMUINSPECT_IOC_TARGET, &t);
}

int mmui_walk(int fd, struct mmuinspect_translation *t, unsigned int n,
	      __u32 flags, struct mmuinspect_walk *out)
{
	struct mmuinspect_walk w = {
		.size = sizeof(w),
		.flags = flags,
		.vec = (uintptr_t)t,
		.vec_len = n,
	};
	int ret = mmui_call(fd, MMUINSPECT_IOC_WALK, &w);

	if (out)
		*out = w;
	return ret;
}

/*
 * All of what @ask is about, by as many calls as it takes with room for
 * @ask->vec_len runs each. An @ask->end of 0 is the end of the user half.
 */
int mmui_collect(int fd, const struct mmuinspect_runs *ask, struct list *list)
{
	struct mmuinspect_runs r = *ask;
	struct mmuinspect_info info;
	size_t room = 0;
	int ret = mmui_info(fd, &info);

	memset(list, 0, sizeof(*list));
	if (ret)
		return ret;
	r.size = sizeof(r);
	if (!r.end)
		r.end = info.user_end;
	if (!r.vec_len)
		r.vec_len = 16384;
	do {
		if (room - list->n < r.vec_len) {
			room = 2 * room + r.vec_len;
			list->run = realloc(list->run, room * sizeof(*list->run));
			if (!list->run)
				die("realloc");
		}
		r.vec = (uintptr_t)(list->run + list->n);
		ret = mmui_call(fd, MMUINSPECT_IOC_RUNS, &r);
		if (ret) {
			list_free(list);
			return ret;
		}
		if (r.filled > r.vec_len)
			die("RUNS: %u filled of %u", r.filled, r.vec_len);
		if (r.cursor <= r.start || r.cursor > r.end)
			die("RUNS: cursor %#llx after [%#llx, %#llx)",
			    r.cursor, r.start, r.end);
		list->n += r.filled;
		list->unreadable += r.unreadable;
		r.start = r.cursor;
		r.flags = MMUINSPECT_RUNS_CONTINUE;
	} while (r.start < r.end);
	list->space = r.space;
	list->root = r.root;
	return 0;
}

int mmui_list(int fd, __u32 merge, struct list *list)
{
	const struct mmuinspect_runs ask = { .merge = merge };

	return mmui_collect(fd, &ask, list);
}

void list_free(struct list *list)
{
	free(list->run);
	memset(list, 0, sizeof(*list));
}

int module_load(void)
{
	const char *path = getenv("MMUINSPECT_KO");
	int fd = open(path ? path : "/module/mmuinspect.ko", O_RDONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, "", 0))
		ret = -errno;
	close(fd);
	return ret;
}

int module_unload(void)
{
	return syscall(SYS_delete_module, "mmuinspect", O_NONBLOCK) ? -errno : 0;
}

/* smaps is maps with details, each "Name:  123 kB" */
static unsigned long detail(const char *line, const char *name)
{
	size_t n = strlen(name);

	return strncmp(line, name, n) ? 0 : strtoul(line + n, NULL, 10) * 1024;
}

static void vma_detail(struct vma *v, const char *line)
{
	v->kernel_page += detail(line, "KernelPageSize:");
	v->huge += detail(line, "AnonHugePages:") +
		   detail(line, "ShmemPmdMapped:") +
		   detail(line, "FilePmdMapped:");
	v->referenced += detail(line, "Referenced:");
	if (!strncmp(line, "VmFlags:", 8) && strstr(line, " pf"))
		v->pfnmap = true;
}

void vmas_read(pid_t pid, struct vmas *vmas)
{
	char path[64], line[512], perms[5];
	__u64 start, end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	f = fopen(path, "re");
	if (!f)
		die("%s: %m", path);
	memset(vmas, 0, sizeof(*vmas));
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx-%llx %4s", &start, &end, perms) == 3) {
			vmas->vma = realloc(vmas->vma, (vmas->n + 1) *
					    sizeof(*vmas->vma));
			if (!vmas->vma)
				die("realloc");
			vmas->vma[vmas->n++] = (struct vma) {
				.start = start,
				.end = end,
				.write = perms[1] == 'w',
				.exec = perms[2] == 'x',
			};
		} else if (vmas->n) {
			vma_detail(&vmas->vma[vmas->n - 1], line);
		}
	}
	fclose(f);
	if (!vmas->n)
		die("%s: nothing there", path);
	/* vsyscall is in the kernel half, and so nobody's */
	if (vmas->vma[vmas->n - 1].start >> 63)
		vmas->n--;
}

void vmas_free(struct vmas *vmas)
{
	free(vmas->vma);
	memset(vmas, 0, sizeof(*vmas));
}

const struct vma *vma_at(const struct vmas *vmas, __u64 address)
{
	size_t i;

	for (i = 0; i < vmas->n; i++)
		if (address - vmas->vma[i].start <
		    vmas->vma[i].end - vmas->vma[i].start)
			return &vmas->vma[i];
	return NULL;
}

int pagemap_open(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %m", path);
	return fd;
}

void pagemap_read(int fd, __u64 address, size_t pages, __u64 *entry)
{
	size_t size = pages * sizeof(*entry), done = 0;
	ssize_t n;

	while (done < size) {
		n = pread(fd, (char *)entry + done, size - done,
			  address / PAGE_SIZE * sizeof(*entry) + done);
		if (n <= 0)
			die("pagemap at %#llx: %m", address);
		done += n;
	}
}

__u64 pagemap_at(pid_t pid, __u64 address)
{
	int fd = pagemap_open(pid);
	__u64 entry;

	pagemap_read(fd, address, 1, &entry);
	close(fd);
	return entry;
}

__u64 kpageflags_of(__u64 frame)
{
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	__u64 flags;

	if (fd < 0 || pread(fd, &flags, 8, frame * 8) != 8)
		die("/proc/kpageflags: %m");
	close(fd);
	return flags;
}

bool have_swap(void)
{
	FILE *f = fopen("/proc/swaps", "re");
	char line[256];
	int lines = 0;

	while (f && fgets(line, sizeof(line), f))
		lines++;
	if (f)
		fclose(f);
	return lines > 1;
}

void kernel_memory(__u64 address, void *data, size_t len)
{
	int fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr head;
	Elf64_Phdr part;
	int i;

	if (fd < 0 || pread(fd, &head, sizeof(head), 0) != sizeof(head))
		die("/proc/kcore: %m");
	for (i = 0; i < head.e_phnum; i++) {
		if (pread(fd, &part, sizeof(part), head.e_phoff +
			  i * sizeof(part)) != sizeof(part))
			die("/proc/kcore: %m");
		if (part.p_type != PT_LOAD ||
		    address - part.p_vaddr >= part.p_memsz)
			continue;
		if (pread(fd, data, len, address - part.p_vaddr +
			  part.p_offset) != (ssize_t)len)
			die("/proc/kcore at %#llx: %m", address);
		close(fd);
		return;
	}
	die("/proc/kcore hasn't got %#llx", address);
}

void die_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* A child that has done @prepare, and sits still until release(). */
pid_t hold(void (*prepare)(void *arg), void *arg)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC))
		die("pipe: %m");
	pid = fork();
	if (pid < 0)
		die("fork: %m");
	if (!pid) {
		die_with_parent();
		close(ready[0]);
		if (prepare)
			prepare(arg);
		if (write(ready[1], "", 1) != 1)
			die("pipe: %m");
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		die("child %d ended before it was ready", pid);
	close(ready[0]);
	return pid;
}

void release(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* What @fn returned (0 to 255), or 256 and the signal that ended it. */
int in_child(int (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("fork: %m");
	if (!pid) {
		die_with_parent();
		_exit(fn(arg));
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid: %m");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* With this in the environment, the program only waits: something to exec. */
static void __attribute__((constructor)) pause_if_asked(void)
{
	const char *fd = getenv("MMUI_TEST_PAUSE");

	if (!fd)
		return;
	die_with_parent();
	if (write(atoi(fd), "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}
