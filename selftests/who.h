/* SPDX-License-Identifier: GPL-2.0-only */
/* Somebody to be, and a way to hand an open file to somebody else. */
#ifndef WHO_H
#define WHO_H

enum who {
	ROOT,
	NOBODY_AT_ALL,
	ROOT_WITHOUT_CAPS,
	ONLY_SYS_ADMIN,
	ONLY_SYS_RAWIO,
	ONLY_SYS_PTRACE,
	ADMIN_AND_RAWIO,
	ADMIN_AND_PTRACE,
	USERNS_ROOT,	/* all capabilities, in a user namespace of its own */
};

const char *who_name(enum who who);
/* There is no way back: do it in a child. */
void become(enum who who);

/**
 * struct pass - one opens a file, another uses it
 * @opener: who
 * @caller: who
 * @open: returns the file
 * @use: uses it; returns what @in_child does
 * @arg: of both
 */
struct pass {
	enum who opener;
	enum who caller;
	int (*open)(void);
	int (*use)(int fd, void *arg);
	void *arg;
	int socket[2];
};

/* What @use returned (0 to 255). If both are the same one, it's one process. */
int pass(struct pass *p);
/* ROOT opens, and becomes @caller before it uses. */
int drop(struct pass *p);

#endif
