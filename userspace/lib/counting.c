// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is counted: asking for it, and reading it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "counting_sums.h"
#include "family.h"

/* A list that changed while it was told is asked for again. */
#define TRIES 10

void *family_row(void *rows, size_t *n, size_t size)
{
	char *more = rows;

	/* Room for a power of two of them */
	if (!(*n & (*n - 1)))
		more = realloc(rows, (*n ? 2 * *n : 1) * size);
	if (more)
		memset(more + (*n)++ * size, 0, size);
	return more;
}

int counting_take(struct mmuinspect_counts *counts, struct nlattr *nest)
{
	struct nlattr *tally[MMUINSPECT_A_TALLY_MAX + 1], *attr;
	struct mmuinspect_counts more = { 0 };
	struct mmuinspect_count *rows;
	int rest, err;

	nla_for_each_nested(attr, nest, rest) {
		if (nla_parse_nested(tally, MMUINSPECT_A_TALLY_MAX, attr, NULL) ||
		    !tally[MMUINSPECT_A_TALLY_COUNT])
			continue;
		rows = family_row(more.count, &more.n, sizeof(*rows));
		if (!rows) {
			mmuinspect_counts_free(&more);
			return -ENOMEM;
		}
		more.count = rows;
		rows[more.n - 1] = (struct mmuinspect_count) {
			.kind = nla_type(attr),
			.key = family_number(tally[MMUINSPECT_A_TALLY_KEY]),
			.sub = (__s32)family_number(tally[MMUINSPECT_A_TALLY_SUB]),
			.count = family_number(tally[MMUINSPECT_A_TALLY_COUNT]),
		};
	}
	if (more.n)
		qsort(more.count, more.n, sizeof(*more.count), counts_compare);
	err = mmuinspect_counts_add(counts, &more);
	mmuinspect_counts_free(&more);
	return err;
}

/* A request with one number */
static int ask_number(struct mmuinspect_family *f, int cmd, int flags, int type,
		      __u32 value, nl_recvmsg_msg_cb_t take, void *arg)
{
	struct nl_msg *msg = family_request(f, cmd, flags);

	if (!msg)
		return -ENOMEM;
	if (nla_put_u32(msg, type, value)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	return family_ask(f, msg, take, arg);
}

static int take_sources(struct nl_msg *msg, void *arg)
{
	struct nlattr *attr[MMUINSPECT_A_INFO_MAX + 1];
	__u64 *sources = arg;

	if (family_parse(msg, attr, MMUINSPECT_A_INFO_MAX))
		return NL_SKIP;
	if (attr[MMUINSPECT_A_INFO_SOURCES])
		*sources = family_number(attr[MMUINSPECT_A_INFO_SOURCES]);
	return NL_OK;
}

int mmuinspect_sources(struct mmuinspect_family *f, __u32 *sources)
{
	__u64 found = ~0ULL;
	int err;

	err = family_ask_plain(f, MMUINSPECT_CMD_INFO_GET, 0, take_sources, &found);
	if (!err && found == ~0ULL)
		err = -EOPNOTSUPP;
	*sources = err ? 0 : found;
	return err;
}

int mmuinspect_counters_set(struct mmuinspect_family *f, __u32 sources)
{
	return ask_number(f, MMUINSPECT_CMD_COUNTERS_SET, 0,
			  MMUINSPECT_A_COUNTERS_SOURCES, sources, NULL, NULL);
}

/**
 * struct taking - an answer of several messages
 * @counters: receives it, if it's counters-get
 * @watch: if it's watch-get
 * @shots: if it's matrix-get
 * @n: how many watches or shots
 * @err: why no more can be taken
 */
struct taking {
	struct mmuinspect_counters counters;
	struct mmuinspect_watch *watch;
	struct mmuinspect_shots *shots;
	size_t n;
	int err;
};

/* What a CPU counted may come in parts. */
static int add_cpu(struct mmuinspect_counters *c, __u32 cpu, struct nlattr *nest)
{
	struct mmuinspect_cpu_counts *rows = c->cpu;

	if (!c->n || rows[c->n - 1].cpu != cpu) {
		rows = family_row(c->cpu, &c->n, sizeof(*rows));
		if (!rows)
			return -ENOMEM;
		c->cpu = rows;
		rows[c->n - 1].cpu = cpu;
	}
	return counting_take(&rows[c->n - 1].counts, nest);
}

static int take_counters(struct nl_msg *msg, void *arg)
{
	struct nlattr *attr[MMUINSPECT_A_COUNTERS_MAX + 1];
	struct taking *t = arg;

	if (t->err || family_parse(msg, attr, MMUINSPECT_A_COUNTERS_MAX))
		return NL_SKIP;
	if (attr[MMUINSPECT_A_COUNTERS_CPU] && attr[MMUINSPECT_A_COUNTERS_COUNTS])
		t->err = add_cpu(&t->counters,
				 family_number(attr[MMUINSPECT_A_COUNTERS_CPU]),
				 attr[MMUINSPECT_A_COUNTERS_COUNTS]);
	if (attr[MMUINSPECT_A_COUNTERS_LOST])
		t->counters.lost = family_number(attr[MMUINSPECT_A_COUNTERS_LOST]);
	if (attr[MMUINSPECT_A_COUNTERS_SOURCES])
		t->counters.sources =
			family_number(attr[MMUINSPECT_A_COUNTERS_SOURCES]);
	return NL_OK;
}

static int sum_up(struct mmuinspect_counters *c)
{
	int err = 0;
	size_t i;

	for (i = 0; i < c->n && !err; i++)
		err = mmuinspect_counts_add(&c->all, &c->cpu[i].counts);
	return err;
}

int mmuinspect_counters_get(struct mmuinspect_family *f,
			    struct mmuinspect_counters *ret)
{
	int err, tries = TRIES;
	struct taking t;

	do {
		t = (struct taking) { 0 };
		err = family_ask_plain(f, MMUINSPECT_CMD_COUNTERS_GET, NLM_F_DUMP,
				       take_counters, &t);
		if (!err)
			err = t.err;
		if (!err)
			err = sum_up(&t.counters);
		if (err)
			mmuinspect_counters_free(&t.counters);
	} while (err == -EAGAIN && --tries);
	*ret = t.counters;
	return err;
}

static int take_matrix(struct nl_msg *msg, void *arg)
{
	struct genlmsghdr *head = genlmsg_hdr(nlmsg_hdr(msg));
	struct nlattr *tally[MMUINSPECT_A_TALLY_MAX + 1], *attr;
	struct mmuinspect_shots *rows;
	struct taking *t = arg;
	__u32 from;
	int rest;

	from = family_number(nla_find(genlmsg_attrdata(head, 0),
				      genlmsg_attrlen(head, 0),
				      MMUINSPECT_A_MATRIX_CPU));
	nla_for_each_attr(attr, genlmsg_attrdata(head, 0),
			  genlmsg_attrlen(head, 0), rest) {
		if (nla_type(attr) != MMUINSPECT_A_MATRIX_TARGET || t->err ||
		    nla_parse_nested(tally, MMUINSPECT_A_TALLY_MAX, attr, NULL))
			continue;
		rows = family_row(t->shots, &t->n, sizeof(*rows));
		if (!rows) {
			t->err = -ENOMEM;
			return NL_SKIP;
		}
		t->shots = rows;
		rows[t->n - 1] = (struct mmuinspect_shots) {
			.from = from,
			.to = family_number(tally[MMUINSPECT_A_TALLY_KEY]),
			.count = family_number(tally[MMUINSPECT_A_TALLY_COUNT]),
		};
	}
	return NL_OK;
}

int mmuinspect_matrix_get(struct mmuinspect_family *f,
			  struct mmuinspect_shots **ret, size_t *n)
{
	struct taking t = { 0 };
	int err;

	err = family_ask_plain(f, MMUINSPECT_CMD_MATRIX_GET, NLM_F_DUMP, take_matrix,
			       &t);
	if (!err)
		err = t.err;
	if (err) {
		free(t.shots);
		return err;
	}
	*ret = t.shots;
	*n = t.n;
	return 0;
}

static int take_id(struct nl_msg *msg, void *arg)
{
	struct nlattr *attr[MMUINSPECT_A_WATCH_MAX + 1];
	__u32 *id = arg;

	if (family_parse(msg, attr, MMUINSPECT_A_WATCH_MAX))
		return NL_SKIP;
	*id = family_number(attr[MMUINSPECT_A_WATCH_ID]);
	return NL_OK;
}

int mmuinspect_watch_add(struct mmuinspect_family *f, pid_t pid, __u32 sources,
			 unsigned int flags, __u32 *id)
{
	struct nl_msg *msg = family_request(f, MMUINSPECT_CMD_WATCH_ADD, 0);

	if (!msg)
		return -ENOMEM;
	if (nla_put_u32(msg, MMUINSPECT_A_WATCH_PID, pid) ||
	    nla_put_u32(msg, MMUINSPECT_A_WATCH_SOURCES, sources) ||
	    (flags & MMUINSPECT_WATCH_ON_EXEC &&
	     nla_put_flag(msg, MMUINSPECT_A_WATCH_ON_EXEC)) ||
	    (flags & MMUINSPECT_WATCH_ALONE &&
	     nla_put_flag(msg, MMUINSPECT_A_WATCH_ALONE))) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	return family_ask(f, msg, take_id, id);
}

int mmuinspect_watch_del(struct mmuinspect_family *f, __u32 id)
{
	return ask_number(f, MMUINSPECT_CMD_WATCH_DEL, 0, MMUINSPECT_A_WATCH_ID, id,
			  NULL, NULL);
}

/* A watch that doesn't fit into a message goes on in the next one. */
int watches_take(struct mmuinspect_watch **watch, size_t *n, struct nlattr **attr)
{
	__u32 id = family_number(attr[MMUINSPECT_A_WATCH_ID]);
	struct mmuinspect_watch *rows = *watch, *w;

	if (!*n || rows[*n - 1].id != id) {
		rows = family_row(*watch, n, sizeof(*rows));
		if (!rows)
			return -ENOMEM;
		*watch = rows;
	}
	w = &rows[*n - 1];
	w->id = id;
	w->pid = family_number(attr[MMUINSPECT_A_WATCH_PID]);
	w->sources = family_number(attr[MMUINSPECT_A_WATCH_SOURCES]);
	w->processes = family_number(attr[MMUINSPECT_A_WATCH_PROCESSES]);
	w->unwatched = family_number(attr[MMUINSPECT_A_WATCH_UNWATCHED]);
	return attr[MMUINSPECT_A_WATCH_COUNTS] ?
	       counting_take(&w->counts, attr[MMUINSPECT_A_WATCH_COUNTS]) : 0;
}

static int take_watch(struct nl_msg *msg, void *arg)
{
	struct nlattr *attr[MMUINSPECT_A_WATCH_MAX + 1];
	struct taking *t = arg;

	if (t->err || family_parse(msg, attr, MMUINSPECT_A_WATCH_MAX))
		return NL_SKIP;
	t->err = watches_take(&t->watch, &t->n, attr);
	return NL_OK;
}

/* All of them, or the one that @id points to */
static int ask_watches(struct mmuinspect_family *f, const __u32 *id,
		       struct taking *t)
{
	int err, tries = TRIES;

	do {
		*t = (struct taking) { 0 };
		if (id)
			err = ask_number(f, MMUINSPECT_CMD_WATCH_GET, NLM_F_DUMP,
					 MMUINSPECT_A_WATCH_ID, *id, take_watch, t);
		else
			err = family_ask_plain(f, MMUINSPECT_CMD_WATCH_GET,
					       NLM_F_DUMP, take_watch, t);
		if (!err)
			err = t->err;
		if (err)
			mmuinspect_watches_free(t->watch, t->n);
	} while (err == -EAGAIN && --tries);
	return err;
}

int mmuinspect_watch_get(struct mmuinspect_family *f, __u32 id,
			 struct mmuinspect_watch *ret)
{
	struct taking t;
	int err = ask_watches(f, &id, &t);

	if (err)
		return err;
	if (t.n == 1)
		*ret = t.watch[0];
	else
		mmuinspect_watches_free(t.watch, t.n);
	if (t.n == 1)
		free(t.watch);
	return t.n == 1 ? 0 : -ENOENT;
}

int mmuinspect_watches_get(struct mmuinspect_family *f,
			   struct mmuinspect_watch **ret, size_t *n)
{
	struct taking t;
	int err = ask_watches(f, NULL, &t);

	if (err)
		return err;
	*ret = t.watch;
	*n = t.n;
	return 0;
}
