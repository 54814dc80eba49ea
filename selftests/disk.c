// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "mmui_test.h"
#include "disk.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

/* A loop device ends with its last user, as it's told to. */
static int loop_device(char *path, size_t room)
{
	struct loop_config config = {
		.fd = memfd_create("disk", MFD_CLOEXEC),
		.block_size = PAGE_SIZE,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR,
	};
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int number, fd;

	if (control < 0)
		return -1;
	number = ioctl(control, LOOP_CTL_GET_FREE);
	snprintf(path, room, "/dev/loop%d", number);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (number < 0 || fd < 0 || (int)config.fd < 0 ||
	    ftruncate(config.fd, 16 * MB) ||
	    ioctl(fd, LOOP_CONFIGURE, &config))
		die("%s: %m", path);
	close(control);
	close(config.fd);
	return fd;
}

bool disk_mount(char *why, size_t room)
{
	char device[32], make[96];
	int fd = loop_device(device, sizeof(device));

	if (fd < 0) {
		snprintf(why, room, "no loop device: %m");
		return false;
	}
	snprintf(make, sizeof(make), "mke2fs -F -b 4096 %s >/dev/null 2>&1",
		 device);
	if (system(make)) {
		snprintf(why, room, "no mke2fs");
		return false;
	}
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		die("mounts of its own: %m");
	if (mount(device, "/tmp", "ext4", MS_NOATIME, NULL)) {
		snprintf(why, room, "no ext4: %m");
		return false;
	}
	close(fd);
	return true;
}

int disk_file(size_t size)
{
	static const char bytes[PAGE_SIZE] = { 1 };
	int fd = open("/tmp/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	for (; fd >= 0 && size; size -= PAGE_SIZE)
		if (write(fd, bytes, PAGE_SIZE) != PAGE_SIZE)
			break;
	if (fd < 0 || size || fsync(fd))
		die("a file on a disk: %m");
	return fd;
}

static size_t pages_in_core(void *at, size_t len)
{
	unsigned char core[256];
	size_t i, n = 0;

	if (len > sizeof(core) * PAGE_SIZE || mincore(at, len, core))
		die("mincore: %m");
	for (i = 0; i < len / PAGE_SIZE; i++)
		n += core[i] & 1;
	return n;
}

void disk_forget(int fd, void *at, size_t len)
{
	int tries;

	for (tries = 0; tries < 100 && pages_in_core(at, len); tries++) {
		if (posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
			die("fadvise: %m");
		usleep(10000);
	}
	if (tries == 100)
		die("the page cache keeps a file");
}
