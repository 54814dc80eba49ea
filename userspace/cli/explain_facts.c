// SPDX-License-Identifier: GPL-2.0-only
/* What is known of an access that is to be explained, as facts for predict.h. */
#include <string.h>

#include "explain.h"

#define CR4_SMAP	(1ULL << 21)

static int smap_is_on(const struct scene *sc)
{
	size_t i;

	for (i = 0; i < sc->access.regs; i++)
		if (sc->access.reg[i].id == MMUINSPECT_X86_CR4)
			return !!(sc->access.reg[i].value & CR4_SMAP);
	return 1;
}

/* A fault in the kernel that is taken for a bug, whatever is mapped there */
static int is_bug(const struct scene *sc)
{
	if (sc->access.user)
		return 0;
	return sc->access.kind == MMUINSPECT_ACCESS_EXEC ||
	       scene_denied(sc, "not-canonical") ||
	       (smap_is_on(sc) && !sc->access.ac);
}

static linux_facts of_access(const struct scene *sc)
{
	static const linux_facts kinds[] = {
		[MMUINSPECT_ACCESS_READ] = FACT(READ),
		[MMUINSPECT_ACCESS_WRITE] = FACT(WRITE),
		[MMUINSPECT_ACCESS_EXEC] = FACT(EXEC),
	};

	return kinds[sc->access.kind] | FACT_IF(USER, sc->access.user) |
	       FACT_IF(SHADOW_ACCESS, sc->shadow_access) |
	       FACT_IF(UNKNOWN, scene_unknown(sc)) |
	       FACT_IF(ALLOWED, !sc->err && !sc->denials.n) |
	       FACT_IF(NOT_CANONICAL, scene_denied(sc, "not-canonical")) |
	       FACT_IF(OTHER_HALF, scene_denied(sc, "lass")) |
	       FACT_IF(KERNEL_HALF, sc->access.address >= sc->s->info->user_end) |
	       FACT_IF(BAD_ENTRY, scene_denied(sc, "reserved-bit")) |
	       FACT_IF(BUG, is_bug(sc)) |
	       FACT_IF(KEY, scene_key_denies(sc) || scene_denied(sc, "key-access") ||
		       scene_denied(sc, "key-write"));
}

static int below_stack(const struct scene *sc)
{
	return !sc->at && sc->above && map_flag(&sc->above_facts, "gd");
}

static int may_grow(const struct scene *sc)
{
	const struct map *above = sc->above, *below = sc->below;

	return below_stack(sc) && linux_grows(&(struct linux_growth) {
		.address = sc->access.address,
		.start = above->start, .end = above->end,
		.room = above->inode ? above->offset : ~0ULL,
		.has_below = !!below, .below_end = below ? below->end : 0,
		.below_grows = below && map_flag(&sc->below_facts, "gd"),
		.below_accessible = below && map_accessible(below),
		.limit = sc->stack_limit,
		.gap = linux_guard_gap(),
		.min_address = linux_min_address(),
	});
}

/* So near that it may be meant to be the stack */
static int is_near_stack(const struct scene *sc)
{
	return below_stack(sc) && sc->stack_limit < 1ULL << 40 &&
	       sc->above->end - sc->access.address < 4 * sc->stack_limit;
}

/* With the rights of the mapping that the address would belong to */
static int denies(const struct map *map, unsigned int kind)
{
	switch (kind) {
	case MMUINSPECT_ACCESS_WRITE:
		return map->rights[1] != 'w';
	case MMUINSPECT_ACCESS_EXEC:
		return map->rights[2] != 'x';
	default:
		/* What may be written or executed may be read on x86. */
		return !map_accessible(map);
	}
}

static linux_facts rights(const struct map *map, unsigned int kind)
{
	return FACT_IF(DENIED, denies(map, kind)) |
	       FACT_IF(CLOSED, !map_accessible(map));
}

static linux_facts of_mapping(const struct scene *sc)
{
	const struct map *at = sc->at;
	linux_facts facts;

	if (!at && may_grow(sc))
		return FACT(GROWS) | rights(sc->above, sc->access.kind);
	if (!at)
		return FACT_IF(MAPPINGS_UNKNOWN, sc->maps_unreadable) |
		       FACT_IF(NEAR_STACK, is_near_stack(sc));
	facts = FACT(MAPPED) | rights(at, sc->access.kind) |
		FACT_IF(SHADOW_STACK, map_flag(&sc->facts, "ss")) |
		FACT_IF(HUGETLB, map_flag(&sc->facts, "ht")) |
		FACT_IF(OF_FILE, at->inode) | FACT_IF(PRIVATE, at->rights[3] == 'p') |
		FACT_IF(PAST_END, scene_beyond_file(sc));
	return facts | FACT_IF(SPECIAL, scene_special(sc));
}

static int is_absent(const struct scene *sc, const char *name)
{
	return sc->absent.name && !strncmp(sc->absent.name, name, strlen(name));
}

static int marker_has(const struct scene *sc, __u64 bit)
{
	return is_absent(sc, "marker") && sc->absent.has_offset &&
	       sc->absent.offset & bit;
}

/* Userfaultfd's bit has a place of its own in each form of an entry. */
static int has_uffd_bit(const struct scene *sc)
{
	const struct mmuinspect_info *info = sc->s->info;
	const struct mmuinspect_step *last = scene_last(sc);

	if (marker_has(sc, info->nonpresent.marker_uffd_wp))
		return 1;
	if (!last || !last->entry)
		return 0;
	return !!(last->entry & (sc->absent.type >= 0 && sc->absent.name ?
				 info->nonpresent.uffd_wp : info->uffd_wp));
}

static linux_facts of_entry(const struct scene *sc)
{
	const struct mmuinspect_nonpresent *np = &sc->s->info->nonpresent;

	if (!scene_denied(sc, "not-present"))
		return FACT(PRESENT) | FACT_IF(UFFD_BIT, has_uffd_bit(sc)) |
		       FACT_IF(READ_ONLY, scene_denied(sc, "read-only") &&
			       sc->access.kind == MMUINSPECT_ACCESS_WRITE);
	return FACT_IF(EMPTY, !sc->absent.name || is_absent(sc, "marker")) |
	       FACT_IF(SWAPPED, is_absent(sc, "swap")) |
	       FACT_IF(MOVING, is_absent(sc, "migration") || is_absent(sc, "huge-changing")) |
	       FACT_IF(PROTNONE, is_absent(sc, "prot-none") || is_absent(sc, "numa-hint")) |
	       FACT_IF(AT_DEVICE, is_absent(sc, "device")) |
	       FACT_IF(LOST, is_absent(sc, "error")) |
	       FACT_IF(HWPOISON, is_absent(sc, "hwpoison")) |
	       FACT_IF(POISON_MARKER, marker_has(sc, np->marker_poisoned)) |
	       FACT_IF(GUARD, marker_has(sc, np->marker_guard)) |
	       FACT_IF(UFFD_BIT, has_uffd_bit(sc));
}

linux_facts scene_facts(const struct scene *sc)
{
	linux_facts facts = of_access(sc) | of_mapping(sc) | of_entry(sc) |
			    sc->uffd | sc->vsyscall;

	/* What isn't walked isn't known to be there. */
	return facts & FACT(KERNEL_HALF) ? facts & ~FACT(PRESENT) : facts;
}
