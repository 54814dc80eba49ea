// SPDX-License-Identifier: GPL-2.0-only
/* Print the parts of an explanation. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "explain.h"
#include "fields.h"

/* The first column of text is as wide. */
#define LABEL "  %-12s"
#define INDENT 14
/* A mapping that is further away, and not the nearest, isn't worth a line. */
#define FAR (1ULL << 30)

/* The words of an entry that isn't present: "swapped out: area 0, offset 0x1f" */
static void out_absent(const struct scene *sc)
{
	char text[128];

	if (!sc->absent.name) {
		out_null("absent", NULL);
		return;
	}
	mmuinspect_absent_text(sc->s->info, &sc->absent, text, sizeof(text));
	out_string("absent", sc->absent.name, NULL);
	out_string("meaning", text, LABEL "%s\n", "the entry", text);
}

void out_walk(const struct scene *sc)
{
	size_t i;

	if (sc->steps)
		out_heading("  level          table  index  entry             bits");
	out_array("levels");
	for (i = 0; i < sc->steps; i++)
		out_step(sc->s, &sc->step[i], sc->hidden ? "hidden" : "");
	out_end();
	out_absent(sc);
}

/* "PT entry: RW is clear", "PKRU: AD of key 5 is set" */
static const char *subject(const struct scene *sc,
			   const struct mmuinspect_denial *d, char buf[96])
{
	if (d->key >= 0)
		snprintf(buf, 96, "%s: %s of key %d%s", d->reg, d->bit, d->key,
			 d->certain ? " is set" : ", if it's set");
	else if (!d->level)
		snprintf(buf, 96, "the address");
	else
		snprintf(buf, 96, "%s entry%s%s%s",
			 mmuinspect_level_name(sc->s->info, d->level),
			 d->bit ? ": " : "", d->bit ? d->bit : "",
			 !d->bit ? "" : d->set ? " is set" : " is clear");
	return buf;
}

static void out_denial(const struct scene *sc, const struct mmuinspect_denial *d)
{
	const char *level = mmuinspect_level_name(sc->s->info, d->level);
	char buf[96];

	out_object(NULL);
	out_string("name", d->name, LABEL "%s",
		   d->certain ? "denied" : "may deny", subject(sc, d, buf));
	if (d->reg && d->key < 0)
		out_text(d->certain ? ", and %s is set" : ", and %s, if it's set",
			 d->reg);
	out_string("meaning", d->meaning, ": %s\n", d->meaning);
	out_string("level_name", level, NULL);
	out_string("bit", d->bit, NULL);
	out_bool("set", d->set, NULL);
	if (d->level)
		out_hex("entry", d->entry, NULL);
	else
		out_null("entry", NULL);
	out_string("register", d->reg, NULL);
	if (d->key >= 0)
		out_number("key", d->key, NULL);
	else
		out_null("key", NULL);
	out_bool("certain", d->certain, d->certain ? NULL :
		 LABEL "%s isn't known here\n", "", d->reg);
	out_end();
}

void out_denials(const struct scene *sc)
{
	size_t i;

	if (sc->err) {
		out_null("allowed", LABEL "%s\n", "can't tell",
			 sc->err == -ENODATA ? "the walk ends too early" :
			 strerror(-sc->err));
	} else {
		out_bool("allowed", !sc->denials.n, sc->denials.n ? NULL :
			 LABEL "no entry, no key and no register denies it\n", "allowed");
	}
	out_array("denials");
	for (i = 0; i < sc->denials.n; i++)
		out_denial(sc, &sc->denials.denial[i]);
	out_end();
}

void out_expected(const struct scene *sc)
{
	__u32 error = sc->denials.error_code;
	__u32 unknown = sc->denials.error_code_unknown;
	char code[64];

	if (!sc->denials.n || scene_unknown(sc)) {
		out_null("vector", NULL);
		out_null("error_code", NULL);
		out_null("error_code_unknown", NULL);
		return;
	}
	out_number("vector", sc->denials.vector, LABEL "%s", "the CPU",
		   vector_name(sc->denials.vector));
	if (sc->denials.vector != 14) {
		out_null("error_code", "\n");
		out_null("error_code_unknown", NULL);
		return;
	}
	out_hex("error_code", error, ", error code 0x%x", error);
	out_hex("error_code_unknown", unknown, unknown ? " or 0x%x" : NULL,
		error | unknown);
	out_text(" (%s", mmuinspect_fault_code(error, code, sizeof(code)));
	out_text(unknown ? ", perhaps %s)\n" : ")\n",
		 mmuinspect_fault_code(unknown, code, sizeof(code)));
}

/* Like "84T": cut, not exact */
static const char *about(__u64 bytes, char buf[24])
{
	static const char units[] = "KMGTPE";
	size_t i = 0;

	for (bytes >>= 10; bytes >= 1024; bytes >>= 10)
		i++;
	snprintf(buf, 24, "%llu%c", (unsigned long long)bytes, units[i]);
	return buf;
}

/*
 * @label: NULL to leave it out of text; @distance: how far the address is from
 * it, 0 if it's within
 */
static void out_map(const char *key, const char *label, const struct map *map,
		    __u64 distance)
{
	char buf[24];

	if (!map) {
		out_null(key, NULL);
		return;
	}
	out_object(key);
	out_hex("start", map->start, label ? LABEL "%llx" : NULL, label,
		(unsigned long long)map->start);
	out_hex("end", map->end, label ? "-%llx" : NULL,
		(unsigned long long)map->end);
	out_string("permissions", map->rights, label ? " %s" : NULL, map->rights);
	if (map->inode)
		out_hex("offset", map->offset, label ? " %08llx" : NULL,
			(unsigned long long)map->offset);
	else
		out_null("offset", NULL);
	out_string("name", map->name, label ? " %s" : NULL, *map->name ?
		   out_printable(map->name) : "anonymous");
	if (distance)
		out_hex("distance", distance, !label ? NULL : distance < 10240 ?
			"  (0x%llx bytes away)" : "  (0x%llx bytes away, some %s)",
			(unsigned long long)distance, about(distance, buf));
	else
		out_null("distance", NULL);
	out_end();
	out_text(label ? "\n" : "");
}

static void out_map_facts(const struct scene *sc)
{
	int has_size = sc->at && sc->facts.has_size;

	if (has_size)
		out_number("file_size", sc->facts.size, NULL);
	else
		out_null("file_size", NULL);
	if (has_size && scene_beyond_file(sc))
		out_text(LABEL "0x%llx bytes long: the page is offset 0x%llx, beyond its end\n",
			 "the file", (unsigned long long)sc->facts.size,
			 (unsigned long long)((sc->access.address & -4096) -
					      sc->at->start + sc->at->offset));
	if (sc->at && sc->facts.key)
		out_text(LABEL "%d, which this thread may %s\n", "key",
			 sc->facts.key, !sc->access.has_keys ?
			 "use or not: its rights can't be read" :
			 scene_key_denies(sc) ? "not use so" : "use so");
}

void out_mappings(const struct scene *sc)
{
	__u64 address = sc->access.address, from_below, from_above;

	if (!sc->maps.n)
		out_text(LABEL "can't be read, or there are none\n", "mappings");
	else if (!sc->at)
		out_text(LABEL "none at this address\n", "mapping");
	out_map("mapping", "mapping", sc->at, 0);
	out_map_facts(sc);
	from_below = sc->below ? address - sc->below->end + 1 : ~0ULL;
	from_above = sc->above ? sc->above->start - address : ~0ULL;
	/* Who is in a mapping has neighbours too, but they say little: no line. */
	out_map("below", !sc->at && (from_below <= from_above || from_below < FAR) ?
		"below it" : NULL, sc->below, from_below);
	out_map("above", !sc->at && (from_above <= from_below || from_above < FAR) ?
		"above it" : NULL, sc->above, from_above);
}

void out_action(const struct scene *sc)
{
	const struct linux_action *action = linux_action(scene_facts(sc));
	const char *name = linux_outcome_name(action->outcome);
	const struct mmuinspect_name *code = NULL;
	const char *signal = NULL;
	char text[256];

	if (action->signal)
		signal = mmuinspect_signal_name(action->signal);
	if (signal)
		code = mmuinspect_signal_code(action->signal, action->code);
	snprintf(text, sizeof(text), "%s%s%s%s%s", signal ? signal :
		 action->outcome == LINUX_ALLOWED ? "" : name, code ? ", " : "",
		 code ? code->name : "", action->outcome == LINUX_ALLOWED ? "" : ": ",
		 action->text);
	out_object("action");
	out_string("name", name, LABEL, "Linux");
	out_string("signal", signal, NULL);
	out_string("code", code ? code->name : NULL, NULL);
	out_string("errno", action->outcome == LINUX_FIXUP ? "EFAULT" : NULL, NULL);
	out_string("text", action->text, NULL);
	out_end();
	out_wrapped(text, INDENT, INDENT);
}
