// SPDX-License-Identifier: GPL-2.0-only
/* Names of mappings, from /proc/PID/maps (Documentation/filesystems/proc.rst). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* "START-END PERMS OFFSET DEV INODE      NAME": NAME may hold spaces. */
static int parse_line(char *line, struct map *map)
{
	unsigned long long start, end;
	int name = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%llx-%llx %4s %*s %*s %*s %n", &start, &end, map->perms,
		   &name) != 3 || !name)
		return -1;
	map->start = start;
	map->end = end;
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

const char *maps_name(const struct maps *maps, __u64 va)
{
	const struct map *map = NULL;

	if (maps->n)
		map = bsearch(&va, maps->map, maps->n, sizeof(*map), compare);
	return map ? map->name : NULL;
}

void maps_free(struct maps *maps)
{
	while (maps->n)
		free(maps->map[--maps->n].name);
	free(maps->map);
}
