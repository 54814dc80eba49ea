// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a mapping's userfaultfd does: the modes that it's registered for (VmFlags),
 * the features of the descriptor, and whether the file's page is in the page cache,
 * which decides between its missing and its minor mode.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "explain.h"
#include "process.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE_SIZE	4096ULL

/* include/uapi/linux/userfaultfd.h; newer than some of its copies */
#define FEATURE_SIGBUS		(1ULL << 7)
#define FEATURE_WP_ASYNC	(1ULL << 15)
#define FEATURE_RWP_ASYNC	(1ULL << 18)

/* Newer than some C libraries: since Linux 6.5 */
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

/* include/uapi/linux/mman.h: struct cachestat_range, struct cachestat */
struct range {
	__u64 offset;
	__u64 length;
};

struct pages {
	__u64 cached;
	__u64 dirty;
	__u64 writeback;
	__u64 evicted;
	__u64 recently_evicted;
};

static const struct {
	const char *flag;
	linux_facts fact;
} modes[] = {
	{ "um", FACT(UFFD_MISSING) },
	{ "ui", FACT(UFFD_MINOR) },
	{ "uw", FACT(UFFD_WP) },
	{ "ur", FACT(UFFD_RWP) },
};

static const struct {
	__u64 feature;
	linux_facts fact;
} features[] = {
	{ FEATURE_SIGBUS, FACT(UFFD_SIGBUS) },
	{ FEATURE_WP_ASYNC, FACT(UFFD_WP_ASYNC) },
	{ FEATURE_RWP_ASYNC, FACT(UFFD_RWP_ASYNC) },
};

/* "API:\taa:FEATURES:IOCTLS" (userfaultfd_show_fdinfo()); 0 if it's another file's */
static int features_of(const char *path, __u64 *ret)
{
	unsigned long long api, found;
	char line[256];
	FILE *f = fopen(path, "re");
	int is = 0;

	while (f && !is && fgets(line, sizeof(line), f))
		is = sscanf(line, "API: %llx:%llx:", &api, &found) == 2;
	if (f)
		fclose(f);
	if (is)
		*ret = found;
	return is;
}

static linux_facts known(__u64 found)
{
	linux_facts facts = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(features); i++)
		facts |= found & features[i].feature ? features[i].fact : 0;
	return facts;
}

/*
 * A mapping doesn't show whose it is: where the descriptors differ in what matters,
 * or the process has handed its own on and closed it, that isn't known.
 */
static linux_facts of_descriptors(pid_t pid)
{
	linux_facts all = 0, one;
	struct dirent *entry;
	pid_t live = process_thread(pid);
	char path[320];
	__u64 found;
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", live);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", live, entry->d_name);
		if (!features_of(path, &found))
			continue;
		one = known(found);
		if (n++ && one != all) {
			closedir(dir);
			return FACT(UFFD_UNKNOWN);
		}
		all = one;
	}
	if (dir)
		closedir(dir);
	return n ? all : FACT(UFFD_UNKNOWN);
}

/* Shared memory that is in swap counts: it's not missing either. */
static linux_facts of_cache(const struct scene *sc, pid_t pid)
{
	const struct map *at = sc->at;
	struct range range = {
		(sc->access.address & -PAGE_SIZE) - at->start + at->offset, PAGE_SIZE
	};
	struct pages pages = { 0 };
	char name[64], path[PROCESS_PATH];
	long err = -1;
	int fd;

	snprintf(name, sizeof(name), "map_files/%llx-%llx",
		 (unsigned long long)at->start, (unsigned long long)at->end);
	fd = process_path(pid, name, path) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		err = syscall(SYS_cachestat, fd, &range, &pages, 0);
		close(fd);
	}
	if (err)
		return FACT(CACHE_UNKNOWN);
	return pages.cached || pages.evicted ? FACT(CACHED) : FACT(NOT_CACHED);
}

void scene_uffd(struct scene *sc, pid_t pid)
{
	size_t i;

	sc->uffd = 0;
	for (i = 0; sc->at && i < ARRAY_SIZE(modes); i++)
		sc->uffd |= map_flag(&sc->facts, modes[i].flag) ? modes[i].fact : 0;
	if (!sc->uffd)
		return;
	/* Only a regular file, which shared memory is too, is opened. */
	if (sc->uffd & (FACT(UFFD_MISSING) | FACT(UFFD_MINOR)) && sc->facts.has_size)
		sc->uffd |= of_cache(sc, pid);
	else if (sc->at->inode)
		sc->uffd |= FACT(CACHE_UNKNOWN);
	sc->uffd |= of_descriptors(pid);
}
