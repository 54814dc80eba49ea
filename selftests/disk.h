/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files with a device behind them, which their pages are read from. The device is
 * a loop of memory; device and file system go when the process does.
 */
#ifndef DISK_H
#define DISK_H

#include <stdbool.h>
#include <stddef.h>

/* An empty file system, on /tmp for this process alone; false, and @why there's none */
bool disk_mount(char *why, size_t room);
/* A file on it, which is in the page cache and on the device */
int disk_file(size_t size);
/* Let go of what the page cache has of a file that is mapped at @at, all of it. */
void disk_forget(int fd, void *at, size_t len);

#endif
