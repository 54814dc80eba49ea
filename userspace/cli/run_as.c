// SPDX-License-Identifier: GPL-2.0-only
/* Run a command as another user than root, as sudo -u does. */
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "run_as.h"

static struct {
	const char *name;
	const char *home;
	const char *shell;
	uid_t uid;
	gid_t gid;
} user;

const char *run_as(const char *arg)
{
	const struct passwd *entry = getpwnam(arg);
	unsigned long uid = 0;
	char *end = NULL;

	if (!entry && isdigit((unsigned char)*arg)) {
		uid = strtoul(arg, &end, 10);
		if (!*end && uid < (uid_t)-1)
			entry = getpwuid(uid);
	}
	/* As with the kernel, a number needs no entry. */
	if (!entry && isdigit((unsigned char)*arg) && !*end && uid < (uid_t)-1) {
		user.name = arg;
		user.home = "/";
		user.shell = "/bin/sh";
		user.uid = user.gid = uid;
		return NULL;
	}
	if (!entry)
		return "no such user";
	user.name = strdup(entry->pw_name);
	user.home = strdup(entry->pw_dir);
	user.shell = strdup(entry->pw_shell);
	user.uid = entry->pw_uid;
	user.gid = entry->pw_gid;
	return user.name && user.home && user.shell ? NULL : strerror(ENOMEM);
}

int run_as_check(void)
{
	if (!user.name || !geteuid() || (geteuid() == user.uid && getuid() == user.uid))
		return EXIT_DONE;
	return failed("--user %s: needs root: use sudo", out_printable(user.name));
}

int run_as_become(void)
{
	if (!user.name || (geteuid() && geteuid() == user.uid))
		return 0;
	if (initgroups(user.name, user.gid) || setgid(user.gid) || setuid(user.uid))
		return -errno;
	if (setenv("HOME", user.home, 1) || setenv("SHELL", user.shell, 1) ||
	    setenv("USER", user.name, 1) || setenv("LOGNAME", user.name, 1))
		return -errno;
	return 0;
}

const char *run_as_name(void)
{
	return user.name;
}

/* Who became root to run mmuinspect; NULL if that isn't known */
static const char *caller(void)
{
	static const char *const names[] = { "SUDO_USER", "DOAS_USER" };
	const char *name;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		name = getenv(names[i]);
		if (name && *name && strcmp(name, "root"))
			return name;
	}
	return NULL;
}

void run_as_note(void)
{
	const char *name = user.name || geteuid() ? NULL : caller();

	if (name)
		fprintf(stderr, "mmuinspect: the command ran as root: --user %s runs it as %s\n",
			out_printable(name), out_printable(name));
}
