// SPDX-License-Identifier: GPL-2.0-only
/* Open the device, choose a target, and say in words what went wrong. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bits.h"
#include "cli.h"
#include "process.h"

/* include/linux/proc_ns.h, which isn't for programs: the same since 3.8 */
#define PROC_PID_INIT_INO 0xeffffffcU

struct reason {
	int err;
	const char *why;
};

static const struct reason open_reasons[] = {
	{ ENOENT, "the module isn't loaded: sudo modprobe mmuinspect, or sudo insmod mmuinspect.ko where it was built" },
	{ ENXIO, "the module isn't loaded any more: sudo modprobe mmuinspect" },
	{ ENODEV, "the module isn't loaded any more: sudo modprobe mmuinspect" },
	{ ENOTTY, "not a device of the module mmuinspect" },
	{ EINVAL, "the module is newer than this mmuinspect: update mmuinspect" },
	{ E2BIG, "the module is older than this mmuinspect: update the module" },
	{ EOPNOTSUPP, "this mmuinspect doesn't know the architecture: update mmuinspect" },
};

static const struct reason target_reasons[] = {
	{ EPERM, "another process's address space needs CAP_SYS_ADMIN and CAP_SYS_PTRACE: use sudo" },
	{ EACCES, "needs CAP_SYS_ADMIN: use sudo" },
	{ ESRCH, "no such process" },
	{ ENXIO, "a kernel thread: it has no address space of its own" },
	{ ESTALE, "it called exec meanwhile: what was asked about is gone" },
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *find(const struct reason *rows, size_t n, int err)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (rows[i].err == -err)
			return rows[i].why;
	return strerror(-err);
}

/* The mode says more than "permission denied". */
static int open_refused(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return failed("%s: %s", path, strerror(EACCES));
	return failed("%s: its mode is %04o, its owner uid %u: use sudo, or have an administrator change the mode",
		      path, st.st_mode & 07777, st.st_uid);
}

static int check_abi(const struct mmuinspect_info *info)
{
	if (info->abi == MMUINSPECT_ABI)
		return EXIT_DONE;
	return failed("the module speaks ABI %u, this mmuinspect ABI %u: update %s",
		      info->abi, MMUINSPECT_ABI,
		      info->abi > MMUINSPECT_ABI ? "mmuinspect" : "the module");
}

int session_open(struct session *s)
{
	const char *path = mmuinspect_device();
	int err, status;

	*s = (struct session) { .pid = common.pid ? common.pid : getpid() };
	if (common.pid)
		snprintf(s->who, sizeof(s->who), "PID %d", common.pid);
	else
		snprintf(s->who, sizeof(s->who), "mmuinspect itself");
	err = mmuinspect_open(&s->h);
	if (err == -EACCES || err == -EPERM)
		return open_refused(path);
	if (err)
		return failed("%s: %s", path,
			      find(open_reasons, ARRAY_SIZE(open_reasons), err));
	s->info = mmuinspect_info(s->h);
	status = check_abi(s->info);
	if (status)
		session_close(s);
	return status;
}

int family_open(struct mmuinspect_family **f)
{
	int err = mmuinspect_family_open(f);

	if (err == -ENOENT)
		return failed("netlink family mmuinspect: the module isn't loaded (sudo modprobe mmuinspect), or this isn't the initial network namespace");
	return err ? failed("netlink: %s", strerror(-err)) : EXIT_DONE;
}

int session_open_target(struct session *s)
{
	int status = session_open(s), err;

	if (status || !common.pid)
		return status;
	err = mmuinspect_target(s->h, common.pid);
	if (!err)
		return EXIT_DONE;
	status = failed("%s: %s", s->who, session_why(s, err));
	session_close(s);
	return status;
}

void session_close(struct session *s)
{
	mmuinspect_close(s->h);
}

const char *session_why(const struct session *s, int err)
{
	if (err == -ENXIO && process_is_zombie(s->pid))
		return "a zombie: it has ended, and its address space is gone";
	return find(target_reasons, ARRAY_SIZE(target_reasons), err);
}

int session_failed(const struct session *s, const char *what, int err)
{
	return failed("%s: %s", what ? what : s->who, session_why(s, err));
}

int session_check_address(const struct session *s, __u64 va)
{
	unsigned long long half = 1ULL << (s->info->va_bits - 1);

	if (!mmuinspect_canonical(s->info, va))
		return misused("0x%llx: not a canonical address: with %u levels they are 0 to 0x%llx and 0x%llx to 0xffffffffffffffff",
			       (unsigned long long)va, s->info->levels,
			       half - 1, -half);
	if (va >= s->info->user_end)
		return failed("0x%llx: in the kernel half, which isn't walked yet: give an address below 0x%llx",
			      (unsigned long long)va,
			      (unsigned long long)s->info->user_end);
	return EXIT_DONE;
}

void session_head(const struct session *s, __u64 root)
{
	const char *arch = mmuinspect_arch_name(s->info);
	char comm[64];

	process_comm(s->pid, comm, sizeof(comm));
	out_number("pid", s->pid, "%s", s->who);
	out_string("comm", comm, common.pid ? " (%s)" : NULL, out_printable(comm));
	out_string("arch", arch, ", %s, ", arch);
	out_number("levels", s->info->levels, "%u levels, ", s->info->levels);
	if (root)
		out_hex("root", root, "root 0x%llx\n", (unsigned long long)root);
	else
		out_null("root", "%s\n", HIDDEN);
}

void out_rights(unsigned int attrs, int width)
{
	static const struct {
		unsigned int mask;
		char letter;
		const char *key;
	} rights[] = {
		{ MMUINSPECT_PRESENT, 'r', NULL },
		{ MMUINSPECT_WRITE, 'w', "write" },
		{ MMUINSPECT_EXEC, 'x', "exec" },
		{ MMUINSPECT_USER, 'u', "user" },
	};
	char text[ARRAY_SIZE(rights) + 1] = "";
	size_t i;

	out_object("rights");
	for (i = 0; i < ARRAY_SIZE(rights); i++) {
		text[i] = attrs & rights[i].mask ? rights[i].letter : '-';
		if (rights[i].key && common.json)
			out_bool(rights[i].key, !!(attrs & rights[i].mask), NULL);
	}
	out_end();
	out_cell(text, width);
}

void out_step(const struct session *s, const struct mmuinspect_step *step,
	      const char *otherwise)
{
	const char *name = mmuinspect_level_name(s->info, step->level);

	out_object(NULL);
	out_string("name", name, "  %-5s", name);
	if (step->table)
		out_hex("table", step->table, "  %13llx",
			(unsigned long long)step->table);
	else
		out_null("table", "  %13s", otherwise);
	out_number("index", step->index, "  %5u", step->index);
	out_hex("entry", step->entry, "  %016llx  ",
		(unsigned long long)step->entry);
	out_flags(s, step->level, step->entry, 0);
	out_end();
	out_text("\n");
}

void out_bits(const struct bits *b, int width)
{
	size_t i;

	out_array("flags");
	for (i = 0; i < b->n && common.json; i++)
		out_string_cell(NULL, b->name[i], 0, NULL);
	out_end();
	out_cell(b->text, width);
}

void out_flags(const struct session *s, unsigned int level, __u64 entry, int width)
{
	out_bits(bits_of(s->info, level, entry), width);
}

int is_initial_pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) || st.st_ino == PROC_PID_INIT_INO;
}
