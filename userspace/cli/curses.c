// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load ncurses. Only a screen needs it, and it costs the start of a command more than
 * the command: it's bound at once, all of it.
 */
#include <dlfcn.h>
#include <stdio.h>

#include "curses.h"

#define TEXT_OF(number) #number
#define SONAME_OF(version) "libncursesw.so." TEXT_OF(version)
#define SONAME SONAME_OF(NCURSES_VERSION_MAJOR)

/* For packagers' tools: https://systemd.io/ELF_DLOPEN_METADATA/ */
#define NOTE "[{\"feature\":\"top\",\"description\":\"mmuinspect top on a terminal\"," \
	     "\"priority\":\"recommended\",\"soname\":[\"" SONAME "\"]}]"

static const struct {
	unsigned int name_size;
	unsigned int text_size;
	unsigned int type;
	char name[4];
	char text[(sizeof(NOTE) + 3) & ~3];
} note __attribute__((used, section(".note.dlopen"), aligned(4))) = {
	sizeof(note.name), sizeof(NOTE), 0x407c0c0a, "FDO", NOTE,
};

struct curses curses;

const char *curses_load(void)
{
	static const struct {
		const char *name;
		size_t at;
	} functions[] = {
#define CURSES_ROW(name) { #name, offsetof(struct curses, name) },
		CURSES_FUNCTIONS(CURSES_ROW)
	};
	static char why[256];
	void *library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL), *function;
	size_t i;

	for (i = 0; library && i < sizeof(functions) / sizeof(functions[0]); i++) {
		function = dlsym(library, functions[i].name);
		if (!function)
			break;
		*(void **)((char *)&curses + functions[i].at) = function;
	}
	if (library && i == sizeof(functions) / sizeof(functions[0]))
		return NULL;
	snprintf(why, sizeof(why), "%s: install " SONAME ", or say --batch", dlerror());
	return why;
}
