/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults as events, sent to a socket that asked for them */
#ifndef EVENT_H
#define EVENT_H

#include <linux/mmuinspect.h>
#include <stdbool.h>
#include <sys/types.h>

/* As it comes; what may be left out has a flag or a number. */
struct event {
	__u64 seq;
	__u64 lost;
	__u64 time;
	__u32 cpu;
	__u32 pid;
	__u32 tid;
	char comm[32];
	__u32 end;
	__u32 origin;
	bool has_vector;
	__u32 vector;
	bool has_error_code;
	__u64 error_code;
	__u32 frame_signal;	/* 0 if it's left out */
	bool frame_altstack;
	__u64 ip;
	__u64 sp;
	bool has_address;
	__u64 address;
	unsigned int n_bytes;
	unsigned char bytes[64];
	bool has_signal;
	__u32 signal;
	__s32 code;
	__u64 signal_address;
	bool user;
	unsigned int n_entries;
	__u64 raw[MMUINSPECT_LEVELS_MAX];
	__u32 level[MMUINSPECT_LEVELS_MAX];
};

/* A socket that has asked for events */
int event_listener(void);
/* Ask for events on a socket: 0 or a negative errno */
int event_ask(int sock);
/* Ask for no further ones: what was before, and the end, waits in the socket. */
void event_stop(int sock);
/* Returns when all events of before the call were handed to their sockets. */
void event_flush(void);
/*
 * 0; -ETIMEDOUT if none came; -ENOBUFS if the socket had no room for some; -ENODATA
 * at the end of events, with @seq, @lost and in @code why
 */
int event_get(int sock, struct event *e, int milliseconds);

/*
 * The next of this process. Others may have some too: after a fork, 7.1 and later
 * try to write to a page that's read-only by then, and mend that. Those that the
 * kernel mended are left out, but for one at @mended.
 */
int event_of(int sock, pid_t pid, __u64 mended, struct event *e,
	     int milliseconds);

#endif
