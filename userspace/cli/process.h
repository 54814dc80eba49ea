/* SPDX-License-Identifier: GPL-2.0-only */
/* A process in /proc: all its threads, of which the first may have ended. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdio.h>
#include <sys/types.h>

/*
 * Does /proc number processes as this process's PID namespace does? If not, what it
 * says of a number is about another process.
 */
int proc_is_ours(void);
/* Print once, to standard error, that mappings have no names for that reason. */
void proc_warn(void);

/* A thread of process @pid that hasn't ended; 0 if all have, or there is no /proc */
pid_t process_thread(pid_t pid);
/* Has the process ended, without its parent having reaped it? */
int process_is_zombie(pid_t pid);
/* Is it a kernel thread? Its address space is the kernel's. */
int process_is_kernel(pid_t pid);
#define PROCESS_PATH 96

/*
 * The path of /proc/TID/@name of a thread of process @pid that hasn't ended, for what
 * threads share. 0, or -1 with errno: EXDEV if /proc isn't ours.
 */
int process_path(pid_t pid, const char *name, char path[PROCESS_PATH]);
/* Open it; NULL with errno. */
FILE *process_file(pid_t pid, const char *name);
/* Its name; "" if it can't be read */
void process_comm(pid_t pid, char *comm, size_t size);

#endif
