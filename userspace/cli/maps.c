// SPDX-License-Identifier: GPL-2.0-only
/* Mappings, from /proc/PID/maps and smaps (Documentation/filesystems/proc.rst). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

/* "START-END PERMS OFFSET DEV INODE      NAME": NAME may hold spaces. */
static int parse_line(char *line, struct map *map)
{
	unsigned long long start, end, offset, inode;
	int name = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%llx-%llx %4s %llx %*s %llu %n", &start, &end,
		   map->rights, &offset, &inode, &name) != 5 || !name)
		return -1;
	map->start = start;
	map->end = end;
	map->offset = offset;
	map->inode = inode;
	map->name = strdup(line + name);
	return map->name ? 0 : -1;
}

void maps_read(struct maps *maps, pid_t pid)
{
	char path[32], *line = NULL;
	size_t size = 0, room = 0;
	FILE *f;

	*maps = (struct maps) { 0 };
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return;
	while (getline(&line, &size, f) > 0) {
		if (maps->n == room) {
			size_t more = room ? 2 * room : 64;
			struct map *map = realloc(maps->map, more * sizeof(*map));

			if (!map)
				break;
			maps->map = map;
			room = more;
		}
		if (!parse_line(line, &maps->map[maps->n]))
			maps->n++;
	}
	free(line);
	fclose(f);
}

static int compare(const void *key, const void *row)
{
	__u64 va = *(const __u64 *)key;
	const struct map *map = row;

	return va < map->start ? -1 : va >= map->end;
}

const struct map *maps_at(const struct maps *maps, __u64 va)
{
	if (!maps->n)
		return NULL;
	return bsearch(&va, maps->map, maps->n, sizeof(*maps->map), compare);
}

const struct map *maps_below(const struct maps *maps, __u64 va)
{
	size_t i = maps->n;

	while (i && maps->map[i - 1].end > va)
		i--;
	return i ? &maps->map[i - 1] : NULL;
}

const struct map *maps_above(const struct maps *maps, __u64 va)
{
	size_t i = 0;

	while (i < maps->n && maps->map[i].start <= va)
		i++;
	return i < maps->n ? &maps->map[i] : NULL;
}

const char *maps_name(const struct maps *maps, __u64 va)
{
	const struct map *map = maps_at(maps, va);

	return map ? map->name : NULL;
}

void maps_free(struct maps *maps)
{
	while (maps->n)
		free(maps->map[--maps->n].name);
	free(maps->map);
}

int map_accessible(const struct map *map)
{
	return !!strncmp(map->rights, "---", 3);
}

void map_absent(const struct map *map, const struct mmuinspect_info *info,
		__u64 entry, struct mmuinspect_absent *absent)
{
	if (map)
		mmuinspect_absent_mapped(info, entry, map_accessible(map), absent);
}

/* The lines of smaps that belong to the mapping which begins at @start */
static void read_smaps(FILE *f, __u64 start, struct map_facts *facts)
{
	unsigned long long from, to;
	char line[512];
	int here = 0;

	while (fgets(line, sizeof(line), f)) {
		/* The line of another mapping; fields begin with a capital. */
		if (sscanf(line, "%llx-%llx ", &from, &to) == 2) {
			if (here)
				return;
			here = from == start;
		}
		if (!here)
			continue;
		sscanf(line, "ProtectionKey: %d", &facts->key);
		sscanf(line, "VmFlags: %127[^\n]", facts->flags);
	}
}

void map_facts(pid_t pid, const struct map *map, struct map_facts *facts)
{
	char path[96];
	struct stat st;
	FILE *f;

	*facts = (struct map_facts) { 0 };
	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	f = fopen(path, "re");
	if (f) {
		read_smaps(f, map->start, facts);
		fclose(f);
	}
	if (!map->inode)
		return;
	/* The very file, under whatever name, or without any */
	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", pid,
		 (unsigned long long)map->start, (unsigned long long)map->end);
	if (!stat(path, &st) && S_ISREG(st.st_mode)) {
		facts->has_size = 1;
		facts->size = st.st_size;
	}
}

int map_flag(const struct map_facts *facts, const char *flag)
{
	const char *found = strstr(facts->flags, flag);

	return found && (found == facts->flags || found[-1] == ' ');
}
