// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes are there while somebody wants what they count, and not a moment
 * longer than a worker needs to take them away.
 *
 * A worker, because the last user may be a trace event, whose callback runs with
 * the lock that detaching takes.
 */
#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>

#include "faults.h"
#include "probes.h"

/* Faults that sleep hold an instance each, and more of them aren't seen. */
#define MAXACTIVE 512

static struct mmui_probe *const lists[] = {
	mmui_fault_probes, mmui_outcome_probes, mmui_tlb_probes,
	mmui_watch_probes, mmui_privilege_probes,
};

/* Those of all lists */
static struct mmui_probe *probes[32];
static unsigned int n_probes;

DEFINE_STATIC_KEY_FALSE(mmui_states);
DEFINE_STATIC_KEY_FALSE(mmui_watching);

/* Keys that are on while a source is wanted, and what comes before that */
static const struct {
	u32 source;
	struct static_key_false *key;
	void (*before)(void);
} keys[] = {
	{ MMUINSPECT_SOURCE_STATES, &mmui_states, mmui_records_forget },
	{ MMUI_SOURCE_WATCHES, &mmui_watching, NULL },
};

static DEFINE_MUTEX(lock);
static atomic_t users[32];
static u32 here;
static u64 lost;

/* Trace events can be enabled before there are probes, and while they go. */
static DEFINE_RAW_SPINLOCK(door);
static bool is_open;

static void settle_later(struct work_struct *work);
static DECLARE_WORK(settling, settle_later);

static u64 missed(const struct mmui_probe *p)
{
	return p->probe.nmissed + p->probe.kp.nmissed;
}

/* What is left in them from the last time would make registering fail. */
static void prepare(struct mmui_probe *p)
{
	p->probe = (struct kretprobe) {
		.kp.symbol_name = p->name,
		.kp.pre_handler = p->enter,
		.entry_handler = p->entry,
		.handler = p->returned,
		.data_size = p->data_size,
		.maxactive = MAXACTIVE,
	};
}

static int attach(struct mmui_probe *p)
{
	int ret;

	prepare(p);
	if (p->trace)
		ret = tracepoint_probe_register(p->tracepoint, p->trace, NULL);
	else if (p->returned)
		ret = register_kretprobe(&p->probe);
	else
		ret = register_kprobe(&p->probe.kp);
	p->attached = !ret;
	return ret;
}

static void detach(struct mmui_probe *p)
{
	if (p->trace)
		tracepoint_probe_unregister(p->tracepoint, p->trace, NULL);
	else if (p->returned)
		unregister_kretprobe(&p->probe);
	else
		unregister_kprobe(&p->probe.kp);
	p->attached = false;
	lost += missed(p);
}

static u32 wanted(void)
{
	u32 sources = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(users); i++)
		if (atomic_read(&users[i]))
			sources |= BIT(i);
	return sources;
}

static void turn_keys(u32 sources, bool on)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		bool is_on = static_key_enabled(&keys[i].key->key);

		if (is_on == on || on == !(sources & keys[i].source))
			continue;
		if (on && keys[i].before)
			keys[i].before();
		if (on)
			static_branch_enable(keys[i].key);
		else
			static_branch_disable(keys[i].key);
	}
}

/*
 * Attach what is wanted and detach what isn't. A key is on only while its probes
 * are there: else what they left behind would be taken for new.
 *
 * Return: 0, or why a probe that a source of @asked can't do without isn't there.
 */
static int settle(u32 asked)
{
	u32 sources;
	int ret = 0, err, i;

	mutex_lock(&lock);
	sources = READ_ONCE(is_open) ? wanted() : 0;
	turn_keys(sources, false);
	for (i = 0; i < n_probes; i++) {
		struct mmui_probe *p = probes[i];
		bool want = p->here && (p->sources & sources);

		if (!want && p->attached)
			detach(p);
		if (!want || p->attached)
			continue;
		err = attach(p);
		if (err && !ret && !p->optional && p->sources & asked)
			ret = err;
	}
	turn_keys(sources, true);
	mutex_unlock(&lock);
	return ret;
}

static void settle_later(struct work_struct *work)
{
	settle(0);
}

static void settle_soon(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&door, flags);
	if (is_open)
		schedule_work(&settling);
	raw_spin_unlock_irqrestore(&door, flags);
}

static void set_open(bool open)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&door, flags);
	WRITE_ONCE(is_open, open);
	raw_spin_unlock_irqrestore(&door, flags);
}

static void add_users(u32 sources, int n)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(users); i++)
		if (sources & BIT(i))
			atomic_add(n, &users[i]);
}

/* Has this kernel the place of this name? */
bool mmui_probe_here(const char *name)
{
	unsigned int i;

	for (i = 0; i < n_probes; i++)
		if (!strcmp(probes[i]->name, name))
			return probes[i]->here;
	return false;
}

/* What can be counted with this kernel: MMUINSPECT_SOURCE_* */
u32 mmui_sources_here(void)
{
	return here;
}

/* What is being counted, for anybody */
u32 mmui_sources_used(void)
{
	return wanted() & here;
}

/* Faults and flushes whose end wasn't seen */
u64 mmui_sources_lost(void)
{
	unsigned int i;
	u64 sum;

	mutex_lock(&lock);
	sum = lost;
	for (i = 0; i < n_probes; i++)
		if (probes[i]->attached)
			sum += missed(probes[i]);
	mutex_unlock(&lock);
	return sum;
}

/**
 * mmui_sources_get - want some sources
 * @sources: MMUINSPECT_SOURCE_*, MMUI_SOURCE_WATCHES
 *
 * May sleep. Return: 0, and they count; or a negative errno.
 */
int mmui_sources_get(u32 sources)
{
	int ret;

	add_users(sources, 1);
	ret = settle(sources);
	if (ret)
		mmui_sources_put(sources);
	return ret;
}

/* The same from where one mustn't attach; they count a little later. */
void mmui_sources_get_later(u32 sources)
{
	add_users(sources, 1);
	settle_soon();
}

/* Want them no more. From anywhere. */
void mmui_sources_put(u32 sources)
{
	if (!sources)
		return;
	add_users(sources, -1);
	settle_soon();
}

static void find_tracepoint(struct tracepoint *tp, void *unused)
{
	unsigned int i;

	for (i = 0; i < n_probes; i++) {
		struct mmui_probe *p = probes[i];

		if (p->trace && !strcmp(p->name, tp->name))
			p->tracepoint = tp;
	}
}

/* Does this kernel have the place? Attached without being armed, it tells. */
static bool find(struct mmui_probe *p)
{
	if (p->trace)
		return p->tracepoint;
	if (p->returned && !IS_ENABLED(CONFIG_KRETPROBES))
		return false;
	prepare(p);
	p->probe.kp.flags = KPROBE_FLAG_DISABLED;
	if (register_kprobe(&p->probe.kp))
		return false;
	unregister_kprobe(&p->probe.kp);
	return true;
}

/**
 * mmui_probes_init - find out what this kernel has
 */
void mmui_probes_init(void)
{
	struct mmui_probe *p;
	u32 missing = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++)
		for (p = lists[i]; p->name; p++)
			if (!WARN_ON(n_probes == ARRAY_SIZE(probes)))
				probes[n_probes++] = p;
	for_each_kernel_tracepoint(find_tracepoint, NULL);
	for (i = 0; i < n_probes; i++) {
		p = probes[i];
		p->here = find(p);
		here |= p->sources;
		if (!p->here && !p->optional)
			missing |= p->sources;
	}
	here &= ~(missing | MMUI_SOURCE_WATCHES | MMUI_SOURCE_TLB_EVENT);
	set_open(true);
	/* For trace events that are on already */
	settle_soon();
}

/* Detach all probes, for ever; at its return none is running. May sleep. */
void mmui_probes_close(void)
{
	set_open(false);
	cancel_work_sync(&settling);
	settle(0);
	tracepoint_synchronize_unregister();
}

/* No request can come any more; a trace event may still, and finds it closed. */
void mmui_probes_exit(void)
{
	mmui_probes_close();
}
