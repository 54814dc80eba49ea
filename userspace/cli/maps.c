// SPDX-License-Identifier: GPL-2.0-only
/* Mappings, from /proc/PID/maps and smaps (Documentation/filesystems/proc.rst). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "lines.h"
#include "process.h"

/* Behind @c, which must be next; NULL if it isn't, or @at is NULL */
static char *past(char *at, char c)
{
	return at && *at == c ? at + 1 : NULL;
}

/* "START-END PERMS OFFSET DEV INODE      NAME": NAME may hold spaces. */
static int parse_line(char *at, struct map *map)
{
	map->start = take_hex(&at);
	at = past(at, '-');
	if (!at)
		return -1;
	map->end = take_hex(&at);
	at = past(at, ' ');
	if (!at || strnlen(at, 5) < 5)
		return -1;
	memcpy(map->rights, at, 4);
	map->rights[4] = '\0';
	at = past(at + 4, ' ');
	if (!at)
		return -1;
	map->offset = take_hex(&at);
	at = past(at, ' ');
	at = at ? strchr(at, ' ') : NULL;
	if (!at)
		return -1;
	at++;
	map->inode = take_decimal(&at);
	while (*at == ' ')
		at++;
	map->name = strdup(at);
	return map->name ? 0 : -1;
}

void maps_read(struct maps *maps, pid_t pid)
{
	char path[PROCESS_PATH], *line;
	struct lines lines;
	size_t room = 0;

	*maps = (struct maps) { 0 };
	if (process_path(pid, "maps", path))
		return;
	lines_open(&lines, path);
	while ((line = lines_next(&lines))) {
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
	lines_close(&lines);
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

/* Behind @key and blanks; NULL if the line is of another key */
static char *value_of(char *line, const char *key)
{
	size_t n = strlen(key);

	if (strncmp(line, key, n))
		return NULL;
	return line + n + strspn(line + n, " ");
}

static void take_fact(char *line, struct map_facts *facts)
{
	char *value = value_of(line, "ProtectionKey:");

	if (value)
		facts->key = take_decimal(&value);
	value = value_of(line, "VmFlags:");
	if (value)
		snprintf(facts->flags, sizeof(facts->flags), "%s", value);
}

/* The lines of smaps that belong to the mapping which begins at @start */
static void read_smaps(struct lines *lines, __u64 start, struct map_facts *facts)
{
	int here = 0;
	char *line;

	while ((line = lines_next(lines))) {
		/* The line of another mapping; fields begin with a capital. */
		if (*line < 'A' || *line > 'Z') {
			if (here)
				return;
			here = take_hex(&line) == start && *line == '-';
		} else if (here) {
			take_fact(line, facts);
		}
	}
}

void map_facts(pid_t pid, const struct map *map, struct map_facts *facts)
{
	char name[64], path[PROCESS_PATH];
	struct lines lines;
	struct stat st;

	*facts = (struct map_facts) { 0 };
	if (!process_path(pid, "smaps", path)) {
		lines_open(&lines, path);
		read_smaps(&lines, map->start, facts);
		lines_close(&lines);
	}
	if (!map->inode)
		return;
	/* The very file, under whatever name, or without any */
	snprintf(name, sizeof(name), "map_files/%llx-%llx",
		 (unsigned long long)map->start, (unsigned long long)map->end);
	if (!process_path(pid, name, path) && !stat(path, &st) && S_ISREG(st.st_mode)) {
		facts->has_size = 1;
		facts->size = st.st_size;
	}
}

int map_flag(const struct map_facts *facts, const char *flag)
{
	const char *found = strstr(facts->flags, flag);

	return found && (found == facts->flags || found[-1] == ' ');
}
