// SPDX-License-Identifier: GPL-2.0-only
/* Look at a fault that nobody handles, while its process is still there. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "explain.h"
#include "process.h"

/* The entries tell where each table was, but for the root. */
static void take_entries(struct death *d)
{
	const struct mmuinspect_info *info = d->sc.s->info;
	const struct mmuinspect_event *e = &d->event;
	struct scene *sc = &d->sc;
	__u64 table = 0;

	for (sc->steps = 0; sc->steps < e->n_entries; sc->steps++) {
		__u32 level = e->entry[sc->steps].level;
		__u64 size = mmuinspect_level_size(info, level);

		sc->step[sc->steps] = (struct mmuinspect_step) {
			.level = level, .entry = e->entry[sc->steps].raw,
			.table = table,
			.index = size ? e->address / size % 512 : 0,
		};
		table = mmuinspect_entry_address(info, level,
						 e->entry[sc->steps].raw);
	}
}

void death_look(struct death *d)
{
	struct scene *sc = &d->sc;
	const struct map *map;

	process_comm(d->tid, d->comm, sizeof(d->comm));
	d->has_address = d->recorded ? !!(d->event.has & MMUINSPECT_EVENT_ADDRESS) :
			 d->code != SI_KERNEL &&
			 (d->signal == SIGSEGV || d->signal == SIGBUS);
	sc->access.address = d->address;
	sc->access.user = 1;
	sc->access.walked = d->has_address;
	if (d->recorded && d->has_address) {
		death_access(d);
		take_entries(d);
	}
	scene_untag(sc, d->tid);
	scene_maps(sc, d->tid);
	scene_judge(sc);
	map = maps_at(&sc->maps, d->top);
	d->caller = map && map->rights[2] == 'x' ? d->top : 0;
	if (d->has_address)
		d->unmapped = history_find(d->tgid, sc->access.address);
}
