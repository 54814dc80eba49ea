// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect audit: processes, and what the kernel says of the CPU. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

#define WX (MMUINSPECT_PRESENT | MMUINSPECT_WRITE | MMUINSPECT_USER | MMUINSPECT_EXEC)

/* What was seen of a process's W+X pages */
struct wx {
	pid_t pid;
	__u64 pages;
	__u64 bytes;
	size_t runs;
	__u64 first;
};

static int add_runs(const struct audit *a, struct wx *wx)
{
	const struct mmuinspect_runs ask = {
		.end = a->s.info->user_end,
		.merge = MMUINSPECT_MERGE_RIGHTS,
		.filter = { .attr_mask = WX, .attrs = WX },
	};
	const struct mmuinspect_run *run;
	struct mmuinspect_cursor *c;
	int err;

	err = mmuinspect_runs_begin(a->s.h, &ask, &c);
	if (err)
		return err;
	while ((err = mmuinspect_runs_next(c, &run)) > 0) {
		if (!wx->runs++)
			wx->first = run->start;
		wx->pages += run->pages;
		wx->bytes += run->pages *
			     mmuinspect_level_size(a->s.info, run->level);
	}
	mmuinspect_runs_end(c);
	return err;
}

static void read_comm(pid_t pid, char comm[64])
{
	char path[32];
	FILE *f;

	*comm = '\0';
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (f && fgets(comm, 64, f))
		comm[strcspn(comm, "\n")] = '\0';
	if (f)
		fclose(f);
}

static void find_wx(struct audit *a, const struct wx *wx)
{
	char size[24], comm[64];
	struct maps maps;
	const char *name;

	read_comm(wx->pid, comm);
	maps_read(&maps, wx->pid);
	name = maps_name(&maps, wx->first);
	audit_find(a, "wx-pages", SEVERITY_MEDIUM,
		   audit_text("PID %d (%s): %llu page%s writable and executable, %s",
			      wx->pid, out_printable(comm),
			      (unsigned long long)wx->pages,
			      wx->pages == 1 ? "" : "s",
			      out_size(wx->bytes, size)),
		   audit_text("0x%llx %s%s", (unsigned long long)wx->first,
			      !name ? "" : *name ? out_printable(name) : "anonymous",
			      wx->runs > 1 ? ", and more" : ""),
		   "whoever can make the process write there can make it run what was written",
		   audit_text("mmuinspect dump -p %d -f write,exec,user; grep wx /proc/%d/maps",
			      wx->pid, wx->pid));
	maps_free(&maps);
}

/* Returns 1 if it was looked at, 0 if there is nothing to see, or -errno. */
static int look_at(struct audit *a, pid_t pid)
{
	struct wx wx = { .pid = pid };
	int err = mmuinspect_target(a->s.h, pid);

	if (!err)
		err = add_runs(a, &wx);
	/* It has called exec meanwhile: what it is now is what counts. */
	if (err == -ESTALE) {
		wx = (struct wx) { .pid = pid };
		err = mmuinspect_target(a->s.h, pid);
		if (!err)
			err = add_runs(a, &wx);
	}
	if (wx.runs)
		find_wx(a, &wx);
	/* It has ended, is a zombie, or a kernel thread. */
	if (err == -ESRCH || err == -ENXIO)
		return 0;
	return err ? err : 1;
}

void audit_processes(struct audit *a)
{
	DIR *proc = opendir("/proc");
	size_t looked = 0, refused = 0;
	struct dirent *d;
	int ret, err = 0;

	if (!proc) {
		audit_skip(a, "wx-pages", audit_text("/proc: %s", strerror(errno)));
		return;
	}
	while ((d = readdir(proc))) {
		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		ret = look_at(a, atoi(d->d_name));
		if (ret < 0) {
			refused++;
			err = ret;
		}
		looked += ret == 1;
	}
	closedir(proc);
	mmuinspect_target(a->s.h, 0);
	if (looked)
		audit_done(a, "wx-pages",
			   audit_text("no page both W and X in %zu process%s",
				      looked, looked == 1 ? "" : "es"));
	if (refused)
		audit_skip(a, "wx-pages",
			   audit_text("%zu process%s: %s", refused,
				      refused == 1 ? "" : "es", err == -EPERM ?
				      "others need CAP_SYS_ADMIN and CAP_SYS_PTRACE (sudo)" :
				      strerror(-err)));
}

#define VULNERABILITIES "/sys/devices/system/cpu/vulnerabilities"

/* Returns 1 if all is well. */
static int vulnerability(struct audit *a, const char *name, const char *state)
{
	const char *claim = audit_x86_immunity(name);
	int meltdown = !strcmp(name, "meltdown");

	if (!strncmp(state, "Unknown", 7)) {
		audit_skip(a, "mitigation", audit_text("%s: %s", name, state));
		return 0;
	}
	if (strncmp(state, "Vulnerable", 10))
		return 1;
	audit_find(a, meltdown ? "pti" : "mitigation",
		   meltdown ? SEVERITY_HIGH : SEVERITY_MEDIUM,
		   meltdown ? audit_text("page-table isolation is needed, and off: %s", state) :
		   audit_text("%s: %s%s%s", name, state, claim ? "; " : "",
			      claim ? claim : ""),
		   audit_text(VULNERABILITIES "/%s", name),
		   meltdown ? "user mode can read the kernel's memory (Meltdown)" :
		   "speculation may leak what other privilege levels work on; microcode, or a "
		   "kernel option that was turned off, is missing",
		   audit_text("cat " VULNERABILITIES "/%s; cat /proc/cmdline", name));
	return 0;
}

void audit_vulnerabilities(struct audit *a)
{
	DIR *dir = opendir(VULNERABILITIES);
	char path[512], state[256];
	struct dirent *d;
	size_t n = 0, fine = 0;
	FILE *f;

	if (!dir) {
		audit_skip(a, "mitigation", audit_text(VULNERABILITIES ": %s",
						       strerror(errno)));
		return;
	}
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), VULNERABILITIES "/%s", d->d_name);
		f = fopen(path, "re");
		if (f && fgets(state, sizeof(state), f)) {
			state[strcspn(state, "\n")] = '\0';
			fine += vulnerability(a, d->d_name, state);
			n++;
		}
		if (f)
			fclose(f);
	}
	closedir(dir);
	audit_done(a, "pti", audit_text("page-table isolation on, or not needed"));
	audit_done(a, "mitigation",
		   audit_text("%zu of %zu vulnerabilities mitigated, or not this CPU's",
			      fine, n));
}
