// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect audit: processes, and what the kernel says of the CPU. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "process.h"

#define WX (MMUINSPECT_PRESENT | MMUINSPECT_WRITE | MMUINSPECT_USER | MMUINSPECT_EXEC)

/**
 * struct wx - what of a process is writable and executable
 * @pid: the process
 * @pages: by its tables, as they are now
 * @mappings: by their rights: there a fault makes pages so
 */
struct wx {
	pid_t pid;
	struct wx_places {
		__u64 n;
		__u64 bytes;
		size_t places;
		__u64 first;
	} pages, mappings;
};

static void add_place(struct wx_places *to, __u64 start, __u64 n, __u64 bytes)
{
	if (!to->places++)
		to->first = start;
	to->n += n;
	to->bytes += bytes;
}

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
	while ((err = mmuinspect_runs_next(c, &run)) > 0)
		add_place(&wx->pages, run->start, run->pages, run->pages *
			  mmuinspect_level_size(a->s.info, run->level));
	mmuinspect_runs_end(c);
	return err;
}

static void add_mappings(struct wx *wx, const struct maps *maps)
{
	size_t i;

	for (i = 0; i < maps->n; i++) {
		const struct map *map = &maps->map[i];

		if (map->rights[1] == 'w' && map->rights[2] == 'x')
			add_place(&wx->mappings, map->start, 1, map->end - map->start);
	}
}

static const struct wx_kind {
	const char *id;
	enum severity severity;
	const char *noun;
	const char *is;
	const char *check;
} wx_pages = {
	"wx-pages", SEVERITY_MEDIUM, "page", "writable and executable",
	"mmuinspect dump -p %d -f write,exec,user",
}, wx_mappings = {
	"wx-mappings", SEVERITY_LOW, "mapping",
	"writable and executable: its pages get so when they're used",
	"grep ' .wx' /proc/%d/maps",
};

static void find_wx(struct audit *a, pid_t pid, const struct wx_kind *kind,
		    const struct wx_places *wx, const struct maps *maps)
{
	const char *name = maps_name(maps, wx->first);
	pid_t live = process_thread(pid);
	char size[24], comm[64], check[96];

	if (!wx->places)
		return;
	process_comm(pid, comm, sizeof(comm));
	snprintf(check, sizeof(check), kind->check, live ? live : pid);
	audit_find(a, kind->id, kind->severity,
		   audit_text("PID %d (%s): %llu %s%s, %s, %s", pid,
			      out_printable(comm), (unsigned long long)wx->n,
			      kind->noun, wx->n == 1 ? "" : "s",
			      out_size(wx->bytes, size), kind->is),
		   audit_text("0x%llx %s%s", (unsigned long long)wx->first,
			      !name ? "" : *name ? out_printable(name) : "anonymous",
			      wx->places > 1 ? ", and more" : ""),
		   "code that makes the process write there can make it run what was written",
		   audit_text("%s", check));
}

/* Its tables, as they are now; 0 or a negative errno */
static int look_at_tables(struct audit *a, pid_t pid, struct wx *wx)
{
	int tries, err = -ESTALE;

	/* If it calls exec meanwhile, what it is then is what counts. */
	for (tries = 0; tries < 3 && err == -ESTALE; tries++) {
		*wx = (struct wx) { .pid = pid };
		err = mmuinspect_target(a->s.h, pid);
		if (!err)
			err = add_runs(a, wx);
	}
	return err;
}

/* Returns 1 if it was looked at, 0 if there is nothing to see, or -errno. */
static int look_at(struct audit *a, pid_t pid)
{
	struct maps maps;
	struct wx wx;
	int err = look_at_tables(a, pid, &wx);

	/* It has ended, is a zombie, or a kernel thread. */
	if (err == -ESRCH || err == -ENXIO ||
	    (err && (process_is_kernel(pid) || process_is_zombie(pid))))
		return 0;
	if (err && !wx.pages.places)
		return err;
	maps_read(&maps, pid);
	add_mappings(&wx, &maps);
	find_wx(a, pid, &wx_pages, &wx.pages, &maps);
	find_wx(a, pid, &wx_mappings, &wx.mappings, &maps);
	maps_free(&maps);
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
	if (!proc_is_ours()) {
		audit_skip(a, "wx-pages",
			   audit_text("/proc belongs to another PID namespace: mount one of this namespace"));
		closedir(proc);
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
	if (looked) {
		audit_done(a, "wx-pages",
			   audit_text("no page both W and X in %zu process%s",
				      looked, looked == 1 ? "" : "es"));
		audit_done(a, "wx-mappings", audit_text("no mapping that is both"));
	}
	if (refused)
		audit_skip(a, "wx-pages",
			   audit_text("%zu process%s: %s", refused,
				      refused == 1 ? "" : "es", err == -EPERM ?
				      "others need CAP_SYS_ADMIN and CAP_SYS_PTRACE (sudo)" :
				      strerror(-err)));
}

#define VULNERABILITIES "/sys/devices/system/cpu/vulnerabilities"

/* A line of what the kernel says; NULL if it doesn't. The caller frees it. */
static char *read_state(const char *name)
{
	char path[512], *line = NULL;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), VULNERABILITIES "/%s", name);
	f = fopen(path, "re");
	if (f && getline(&line, &size, f) > 0)
		line[strcspn(line, "\n")] = '\0';
	if (f)
		fclose(f);
	if (line && *line)
		return line;
	free(line);
	return NULL;
}

/* What the CPU says of itself, as part of a sentence; valid until the next call. */
static const char *claim_text(const char *name)
{
	static char text[128];
	const char *bits = NULL;
	int immune = audit_immune(name, &bits);

	*text = '\0';
	if (immune >= 0)
		snprintf(text, sizeof(text), "; the CPU %s (ARCH_CAPABILITIES: %s)",
			 immune ? "says that it's immune" : "doesn't say that it's immune",
			 bits);
	return text;
}

/*
 * Linux says "Vulnerable" of a CPU that isn't on its list of those that don't have
 * Meltdown (arch/x86/kernel/cpu/common.c, cpu_vuln_whitelist), whose
 * ARCH_CAPABILITIES.RDCL_NO is clear, and that runs without isolation.
 */
static void meltdown(struct audit *a, const char *state)
{
	int on = !!(a->s.info->features & MMUINSPECT_FEATURE_PTI);
	const char *bits;

	if ((state && !strncmp(state, "Not affected", 12)) ||
	    (!state && audit_immune("meltdown", &bits) == 1))
		audit_done(a, "pti", audit_text(on ? "page-table isolation on, though not needed" :
						"page-table isolation not needed"));
	else if (!state || !strncmp(state, "Unknown", 7))
		audit_skip(a, "pti", audit_text("is page-table isolation needed? " VULNERABILITIES "/meltdown: %s",
						state ? state : "can't be read"));
	else if (strncmp(state, "Vulnerable", 10))
		audit_done(a, "pti", audit_text("page-table isolation on"));
	else
		audit_find(a, "pti", SEVERITY_HIGH,
			   audit_text("page-table isolation is needed, and off: %s%s",
				      state, claim_text("meltdown")),
			   audit_text(VULNERABILITIES "/meltdown"),
			   "user mode can read the kernel's memory (Meltdown)",
			   audit_text("cat " VULNERABILITIES "/meltdown; cat /proc/cmdline"));
}

/*
 * Whole or in part: "Vulnerable: no microcode", "KVM: Vulnerable", "Mitigation:
 * Clear CPU buffers; SMT vulnerable". Returns 1 if all is well.
 */
static int vulnerability(struct audit *a, const char *name, const char *state)
{
	int whole = !strncmp(state, "Vulnerable", 10);

	if (!strncmp(state, "Unknown", 7)) {
		audit_skip(a, "mitigation", audit_text("%s: %s", name, state));
		return 0;
	}
	if (!strcasestr(state, "vulnerable"))
		return 1;
	audit_find(a, "mitigation", whole ? SEVERITY_MEDIUM : SEVERITY_LOW,
		   audit_text("%s: %s%s", name, state, claim_text(name)),
		   audit_text(VULNERABILITIES "/%s", name),
		   "speculation may leak what other privilege levels or other threads work "
		   "on; microcode is missing, or something was turned off or left on (SMT)",
		   audit_text("cat " VULNERABILITIES "/%s; cat /proc/cmdline", name));
	return 0;
}

void audit_vulnerabilities(struct audit *a)
{
	char *state = read_state("meltdown");
	size_t n = 0, fine = 0;
	struct dirent *d;
	DIR *dir;

	meltdown(a, state);
	free(state);
	dir = opendir(VULNERABILITIES);
	if (!dir) {
		audit_skip(a, "mitigation", audit_text(VULNERABILITIES ": %s",
						       strerror(errno)));
		return;
	}
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.' || !strcmp(d->d_name, "meltdown"))
			continue;
		state = read_state(d->d_name);
		if (!state)
			continue;
		fine += vulnerability(a, d->d_name, state);
		n++;
		free(state);
	}
	closedir(dir);
	audit_done(a, "mitigation",
		   audit_text("%zu of %zu other vulnerabilities mitigated, or not this CPU's",
			      fine, n));
}
