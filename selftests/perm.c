// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may ask what. The device is 0666 here, so that nothing but the module's
 * own rule stands between an unprivileged process and the answer.
 */
#include "kselftest_harness.h"
#include "who.h"
#include "zoo.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* What a process is told */
struct told {
	int others;		/* TARGET on its parent */
	int verify;
	int merge_phys;
	int filter_phys;
	int own;		/* RUNS and WALK of itself */
	bool physical;		/* anything physical in the answers */
	struct list list;	/* what RUNS said, in shared memory */
};

#define TOLD_RUNS 4096

static int ask_runs(int fd, __u32 merge, __u64 phys_start, __u64 phys_end,
		    struct list *list)
{
	const struct mmuinspect_runs ask = {
		.merge = merge,
		.filter.phys_start = phys_start,
		.filter.phys_end = phys_end,
	};

	return mmui_collect(fd, &ask, list);
}

static int ask_walk(int fd, __u32 flags, const void *address,
		    struct mmuinspect_translation *t, struct mmuinspect_walk *w)
{
	*t = (struct mmuinspect_translation) { .address = (uintptr_t)address };
	return mmui_walk(fd, t, 1, flags, w);
}

/* The bits of an entry that say where something is, in memory or in swap. */
static __u64 address_bits(const struct mmuinspect_info *info, __u64 entry,
			  unsigned int level, bool leaf)
{
	const struct mmuinspect_nonpresent *np = &info->nonpresent;

	if (entry & PTE_PRESENT)
		return leaf ? info->phys_mask & ~(level_size(level) - 1) :
			      info->phys_mask;
	if (entry & np->prot_none)
		return np->pfn;
	return ((1ULL << np->offset_bits) - 1) << np->offset_shift;
}

static bool tells(const struct mmuinspect_info *info, __u64 entry,
		  unsigned int level, bool leaf)
{
	return entry & address_bits(info, entry, level, leaf);
}

static bool translation_tells(const struct mmuinspect_info *info,
			      const struct mmuinspect_translation *t)
{
	bool tell = t->phys;
	int i;

	for (i = 0; i < t->steps; i++)
		tell |= t->step[i].table ||
			tells(info, t->step[i].entry, t->step[i].level,
			      i == t->steps - 1);
	return tell;
}

static void ask_about_self(int fd, struct told *told, const struct place *place)
{
	static const char text[] = "somewhere in this process";
	struct mmuinspect_translation t;
	struct mmuinspect_info info;
	struct mmuinspect_walk w;
	struct list list;
	size_t i;

	if (mmui_info(fd, &info))
		die("INFO is open to all");
	told->own = ask_runs(fd, MMUINSPECT_MERGE_NONE, 0, 0, &list);
	if (told->own)
		return;
	if (list.n > TOLD_RUNS)
		die("%zu runs", list.n);
	told->list.n = list.n;
	told->physical = list.root;
	for (i = 0; i < list.n; i++) {
		told->list.run[i] = list.run[i];
		told->physical |= tells(&info, list.run[i].entry,
					list.run[i].level, true);
	}
	list_free(&list);
	told->own = ask_walk(fd, 0, text, &t, &w);
	told->physical |= w.root || translation_tells(&info, &t);
	for (i = 0; place && i < ZOO_SIZE; i++) {
		if (*place[i].skip)
			continue;
		ask_walk(fd, 0, (void *)place[i].addr, &t, &w);
		told->physical |= translation_tells(&info, &t);
	}
}

static void ask_all(int fd, struct told *told, const struct place *place)
{
	struct mmuinspect_translation t;
	struct mmuinspect_walk w;
	struct list list;

	ask_about_self(fd, told, place);
	told->verify = ask_walk(fd, MMUINSPECT_WALK_VERIFY, told, &t, &w);
	told->merge_phys = ask_runs(fd, MMUINSPECT_MERGE_PHYS, 0, 0, &list);
	told->filter_phys = ask_runs(fd, MMUINSPECT_MERGE_NONE, 0, GB, &list);
	told->others = mmui_target(fd, getppid());
}

static struct told *new_told(void)
{
	struct told *told = SHARED(struct told, 1);

	told->list.run = SHARED(struct mmuinspect_run, TOLD_RUNS);
	return told;
}

FIXTURE(perm)
{
	struct told *told;
};

FIXTURE_SETUP(perm)
{
	self->told = new_told();
	ASSERT_EQ(0, chmod(MMUI_DEVICE, 0666));
}

FIXTURE_TEARDOWN(perm)
{
	chmod(MMUI_DEVICE, 0600);
}

static int ask(int fd, void *arg)
{
	ask_all(fd, arg, NULL);
	return 0;
}

TEST_F(perm, opener_and_caller)
{
	static const struct {
		enum who opener;
		enum who caller;
		bool physical;
		bool others;
	} rows[] = {
		{ ROOT,			ROOT,			true, true },
		{ ADMIN_AND_PTRACE,	ADMIN_AND_PTRACE,	true, true },
		{ ONLY_SYS_ADMIN,	ONLY_SYS_ADMIN,		true, false },
		{ ONLY_SYS_PTRACE,	ONLY_SYS_PTRACE,	false, false },
		{ ROOT_WITHOUT_CAPS,	ROOT_WITHOUT_CAPS,	false, false },
		{ NOBODY_AT_ALL,	NOBODY_AT_ALL,		false, false },
		{ USERNS_ROOT,		USERNS_ROOT,		false, false },
		/* passed to a weaker one */
		{ ROOT,			NOBODY_AT_ALL,		false, false },
		{ ROOT,			USERNS_ROOT,		false, false },
		{ ROOT,			ROOT_WITHOUT_CAPS,	false, false },
		{ ROOT,			ONLY_SYS_ADMIN,		true, false },
		{ ROOT,			ONLY_SYS_PTRACE,	false, false },
		/* and to a stronger one */
		{ NOBODY_AT_ALL,	ROOT,			false, false },
		{ USERNS_ROOT,		ROOT,			false, false },
		{ ROOT_WITHOUT_CAPS,	ROOT,			false, false },
		{ ONLY_SYS_ADMIN,	ROOT,			true, false },
		{ ONLY_SYS_PTRACE,	ROOT,			false, false },
	};
	struct told *told = self->told;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pass p = {
			.opener = rows[i].opener,
			.caller = rows[i].caller,
			.open = mmui_open,
			.use = ask,
			.arg = told,
		};
		int physical = rows[i].physical ? 0 : -EACCES;

		ASSERT_EQ(0, pass(&p));
		EXPECT_EQ(0, told->own);
		EXPECT_LT(10, told->list.n);
		EXPECT_EQ(rows[i].physical, told->physical)
			TH_LOG("row %zu", i);
		EXPECT_EQ(physical, told->verify)
			TH_LOG("row %zu", i);
		EXPECT_EQ(physical, told->merge_phys)
			TH_LOG("row %zu", i);
		EXPECT_EQ(physical, told->filter_phys)
			TH_LOG("row %zu", i);
		EXPECT_EQ(rows[i].others ? 0 : -EPERM, told->others)
			TH_LOG("row %zu", i);
	}
}

TEST_F(perm, dropped_after_open)
{
	static const enum who rows[] = {
		NOBODY_AT_ALL, ROOT_WITHOUT_CAPS, USERNS_ROOT
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pass p = {
			.caller = rows[i],
			.open = mmui_open,
			.use = ask,
			.arg = self->told,
		};

		ASSERT_EQ(0, drop(&p));
		EXPECT_EQ(0, self->told->own);
		EXPECT_FALSE(self->told->physical);
		EXPECT_EQ(-EACCES, self->told->verify);
		EXPECT_EQ(-EACCES, self->told->merge_phys);
		EXPECT_EQ(-EACCES, self->told->filter_phys);
		EXPECT_EQ(-EPERM, self->told->others);
	}
}

/* The target was chosen while it was allowed: each later call asks again. */
struct chosen {
	int fd;
	enum who who;
	int runs;
	int walk;
};

static int use_chosen(void *arg)
{
	struct chosen *c = arg;
	struct mmuinspect_translation t;
	struct mmuinspect_walk w;
	struct list list;

	become(c->who);
	c->runs = mmui_list(c->fd, MMUINSPECT_MERGE_NONE, &list);
	c->walk = ask_walk(c->fd, 0, c, &t, &w);
	return 0;
}

TEST_F(perm, target_of_a_stronger_one)
{
	static const enum who rows[] = {
		NOBODY_AT_ALL, USERNS_ROOT, ONLY_SYS_ADMIN, ONLY_SYS_PTRACE
	};
	struct chosen *c = SHARED(struct chosen, 1);
	pid_t pid = hold(NULL, NULL);
	size_t i;

	c->fd = mmui_open();
	ASSERT_EQ(0, mmui_target(c->fd, pid));
	c->who = ROOT;
	ASSERT_EQ(0, in_child(use_chosen, c));
	EXPECT_EQ(0, c->runs);
	EXPECT_EQ(0, c->walk);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		c->who = rows[i];
		ASSERT_EQ(0, in_child(use_chosen, c));
		EXPECT_EQ(-EPERM, c->runs);
		EXPECT_EQ(-EPERM, c->walk);
	}
	release(pid);
}

/* After a refusal the former target stands. */
static int refused_then_own(void *arg)
{
	struct told *told = arg;
	int fd;

	become(NOBODY_AT_ALL);
	fd = mmui_open();
	if (mmui_target(fd, getpid()))
		return 1;
	if (mmui_target(fd, getppid()) != -EPERM)
		return 2;
	ask_about_self(fd, told, NULL);
	return told->own || told->physical ? 3 : 0;
}

TEST_F(perm, refusal_changes_nothing)
{
	EXPECT_EQ(0, in_child(refused_then_own, self->told));
}

static void be_nobody(void *arg)
{
	become(NOBODY_AT_ALL);
}

/* Nothing is to be learnt about others, not even that they are there. */
static int ask_for_many(void *arg)
{
	const pid_t *sibling = arg;
	const pid_t rows[] = { *sibling, getppid(), 1, 2, 0x3ffffe };
	size_t i;
	int fd;

	become(NOBODY_AT_ALL);
	fd = mmui_open();
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (mmui_target(fd, rows[i]) != -EPERM)
			return i + 1;
	return 0;
}

TEST_F(perm, others)
{
	pid_t sibling = hold(be_nobody, NULL);

	EXPECT_EQ(0, in_child(ask_for_many, &sibling))
		TH_LOG("1: same user, 2: parent, 3: init, 4: kthreadd, 5: nobody there");
	release(sibling);
}

struct myself {
	int fd;
	int ret;
	__u64 space;
};

static void *ask_by_thread_id(void *arg)
{
	struct myself *m = arg;
	struct list list;

	m->ret = mmui_target(m->fd, syscall(SYS_gettid));
	if (!m->ret)
		m->ret = mmui_list(m->fd, MMUINSPECT_MERGE_RIGHTS, &list);
	if (!m->ret)
		m->space = list.space;
	return NULL;
}

static int many_names(void *arg)
{
	struct myself by_thread = { 0 };
	struct list me, by_pid;
	pthread_t thread;
	int fd;

	become(NOBODY_AT_ALL);
	fd = mmui_open();
	if (mmui_list(fd, MMUINSPECT_MERGE_RIGHTS, &me))
		return 1;
	if (mmui_target(fd, getpid()) ||
	    mmui_list(fd, MMUINSPECT_MERGE_RIGHTS, &by_pid))
		return 2;
	by_thread.fd = fd;
	if (pthread_create(&thread, NULL, ask_by_thread_id, &by_thread) ||
	    pthread_join(thread, NULL) || by_thread.ret)
		return 3;
	if (!me.space || me.space != by_pid.space ||
	    me.space != by_thread.space)
		return 4;
	/* A kernel address would be more than a name. */
	return me.space >> 47 == 0x1ffff ? 5 : 0;
}

TEST_F(perm, names_of_oneself)
{
	EXPECT_EQ(0, in_child(many_names, NULL));
}

static int ask_in_pid_namespace(void *arg)
{
	const pid_t *outer = arg;
	int fd = mmui_open();
	struct list me, one;

	if (getpid() != 1)
		return 1;
	if (mmui_list(fd, MMUINSPECT_MERGE_RIGHTS, &me))
		return 2;
	if (mmui_target(fd, 1) ||
	    mmui_list(fd, MMUINSPECT_MERGE_RIGHTS, &one))
		return 3;
	if (one.space != me.space)
		return 4;
	return mmui_target(fd, *outer) == -ESRCH ? 0 : 5;
}

static int enter_pid_namespace(void *arg)
{
	if (unshare(CLONE_NEWPID))
		die("unshare: %m");
	return in_child(ask_in_pid_namespace, arg);
}

TEST_F(perm, pid_namespace)
{
	pid_t outer = getpid();

	ASSERT_LT(1, outer);
	EXPECT_EQ(0, in_child(enter_pid_namespace, &outer));
}

/* A process tells what it was told of itself, and sits still. */
struct confession {
	struct place *place;
	struct told *told;
};

static void confess(void *arg)
{
	struct confession *c = arg;

	zoo_here(ZOO_QUICK, c->place);
	become(NOBODY_AT_ALL);
	ask_about_self(mmui_open(), c->told, c->place);
}

static const struct mmuinspect_run *find(const struct list *list, __u64 start)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->run[i].start == start)
			return &list->run[i];
	return NULL;
}

/* The same entries as root sees them, less the addresses and nothing else. */
TEST_F(perm, hidden_and_no_more)
{
	struct confession c = { SHARED(struct place, ZOO_SIZE), self->told };
	const struct mmuinspect_run *own, *seen;
	struct mmuinspect_info info;
	size_t i, j, secrets = 0;
	struct list list;
	__u64 bits;
	pid_t pid;
	int fd;

	pid = hold(confess, &c);
	EXPECT_EQ(0, c.told->own);
	EXPECT_FALSE(c.told->physical);
	fd = mmui_open();
	ASSERT_EQ(0, mmui_info(fd, &info));
	ASSERT_EQ(0, mmui_target(fd, pid));
	ASSERT_EQ(0, mmui_list(fd, MMUINSPECT_MERGE_NONE, &list));
	for (i = 0; i < c.told->list.n; i++) {
		own = &c.told->list.run[i];
		/* Its stack and data it has used since, the zoo it hasn't. */
		for (j = 0; j < ZOO_SIZE; j++)
			if (own->start - c.place[j].addr < c.place[j].len)
				break;
		if (j == ZOO_SIZE)
			continue;
		seen = find(&list, own->start);
		ASSERT_NE(NULL, seen);
		bits = address_bits(&info, seen->entry, seen->level, true);
		EXPECT_EQ(seen->entry & ~bits & ~PTE_ACCESSED,
			  own->entry & ~PTE_ACCESSED)
			TH_LOG("%s, %#llx", zoo[j].name, seen->start);
		EXPECT_EQ(seen->attrs, own->attrs);
		EXPECT_EQ(seen->level, own->level);
		secrets += !!(seen->entry & bits);
	}
	EXPECT_LT(100, secrets);
	list_free(&list);
	release(pid);
}

/*
 * Two areas alike but for their frames: one touched upwards, so that it is
 * likely contiguous, one at random. Whatever may be asked says the same of both.
 */
#define AREA_PAGES 512

struct bisect {
	char *area[2];
	bool alike;
	bool refused;
};

static bool refused_all(int fd)
{
	struct list list;
	int bit;

	for (bit = 12; bit < 64; bit++)
		if (ask_runs(fd, MMUINSPECT_MERGE_RIGHTS, 0, 1ULL << bit,
			     &list) != -EACCES ||
		    ask_runs(fd, MMUINSPECT_MERGE_RIGHTS, 1ULL << bit, ~0ULL,
			     &list) != -EACCES)
			return false;
	return ask_runs(fd, MMUINSPECT_MERGE_NONE, 0, ~0ULL, &list) == -EACCES &&
	       ask_runs(fd, MMUINSPECT_MERGE_PHYS, 0, 0, &list) == -EACCES;
}

static int list_area(int fd, const char *area, __u32 merge, struct list *list)
{
	const struct mmuinspect_runs ask = {
		.start = (uintptr_t)area,
		.end = (uintptr_t)area + AREA_PAGES * PAGE_SIZE,
		.merge = merge,
		.vec_len = 100,
	};

	return mmui_collect(fd, &ask, list);
}

static bool alike(int fd, const struct bisect *b, __u32 merge)
{
	struct list list[2];
	size_t i, j;

	for (i = 0; i < 2; i++) {
		if (list_area(fd, b->area[i], merge, &list[i]))
			return false;
		for (j = 0; j < list[i].n; j++)
			list[i].run[j].start -= (uintptr_t)b->area[i];
	}
	return list[0].n && list[0].n == list[1].n &&
	       !memcmp(list[0].run, list[1].run,
		       list[0].n * sizeof(list[0].run[0]));
}

static void try_to_bisect(void *arg)
{
	struct bisect *b = arg;
	int i, fd;

	for (i = 0; i < 2; i++) {
		b->area[i] = mmap((void *)(0x300000000000 + i * GB),
				  AREA_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (b->area[i] == MAP_FAILED)
			die("mmap: %m");
		madvise(b->area[i], AREA_PAGES * PAGE_SIZE, MADV_NOHUGEPAGE);
	}
	for (i = 0; i < AREA_PAGES; i++)
		b->area[0][i * PAGE_SIZE] = 1;
	for (i = 0; i < AREA_PAGES; i++)
		b->area[1][i * 77 % AREA_PAGES * PAGE_SIZE] = 1;
	become(NOBODY_AT_ALL);
	fd = mmui_open();
	b->refused = refused_all(fd);
	b->alike = alike(fd, b, MMUINSPECT_MERGE_NONE) &&
		   alike(fd, b, MMUINSPECT_MERGE_RIGHTS);
}

static size_t breaks(pid_t pid, const char *area)
{
	__u64 page[AREA_PAGES];
	int fd = pagemap_open(pid);
	size_t i, n = 0;

	pagemap_read(fd, (uintptr_t)area, AREA_PAGES, page);
	close(fd);
	for (i = 1; i < AREA_PAGES; i++)
		n += (page[i - 1] & PM_FRAME) + 1 != (page[i] & PM_FRAME);
	return n;
}

TEST_F(perm, no_frame_by_bisection)
{
	struct bisect *b = SHARED(struct bisect, 1);
	pid_t pid = hold(try_to_bisect, b);
	int tries;

	/*
	 * There is something to learn, by root's view of the same areas: if the
	 * kernel had contiguous frames to give, or has when these are free again.
	 */
	for (tries = 0; tries < 50; tries++) {
		if (breaks(pid, b->area[0]) != breaks(pid, b->area[1]))
			break;
		release(pid);
		pid = hold(try_to_bisect, b);
	}
	ASSERT_NE(breaks(pid, b->area[0]), breaks(pid, b->area[1]));
	EXPECT_TRUE(b->refused);
	EXPECT_TRUE(b->alike);
	release(pid);
}

TEST_F(perm, info_is_open_to_all)
{
	struct mmuinspect_info info;
	int fd = mmui_open();

	become(ROOT_WITHOUT_CAPS);
	EXPECT_EQ(0, mmui_info(fd, &info));
	EXPECT_EQ(MMUINSPECT_ABI, info.abi);
}

TEST(mode)
{
	struct stat st;
	int ret = module_unload();

	if (ret == -ENOENT)
		ret = 0;
	ASSERT_EQ(0, ret);
	ret = module_load();
	if (ret == -ENOENT)
		SKIP(return, "no module file to load afresh: set MMUINSPECT_KO");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, stat(MMUI_DEVICE, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(0600, st.st_mode & 07777);
	EXPECT_EQ(0, st.st_uid);
	EXPECT_EQ(0, st.st_gid);
}

TEST_HARNESS_MAIN
