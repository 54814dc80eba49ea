// SPDX-License-Identifier: GPL-2.0-only
/*
 * Permitted MSRs, against the kernel's own msr driver; and the list of them,
 * which is changed through the netlink family.
 */
#include "kselftest_harness.h"
#include "cpu.h"
#include "event.h"
#include "mmui_test.h"
#include "nl.h"
#include "who.h"

#include <cpuid.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define EFER		0xc0000080
#define STAR		0xc0000081
#define LSTAR		0xc0000082
#define FMASK		0xc0000084
#define GS_BASE		0xc0000101
#define PAT		0x277
#define TSC		0x10
#define NOBODYS		0x00abcdef
#define PKG_ENERGY_STATUS	0x611
#define FRED_RSP0	0x1cc

/* Intel SDM vol. 4, table 2-2 and the tables of the families; AMD PPR */
static const __u32 energy[] = {
	0x606, 0x610, 0x611, 0x613, 0x614, 0x618, 0x619, 0x61b, 0x61c, 0x638,
	0x639, 0x63a, 0x63b, 0x640, 0x641, 0x642, 0x64d, 0x650, 0x651,
	0xc0010299, 0xc001029a, 0xc001029b,
};

FIXTURE(msr)
{
	int fd;
	int sock;
	unsigned int cpus;
	struct rules *list;		/* as it was found */
	struct mmuinspect_msr *m;
	struct busy busy[CPUS_MAX];
};

FIXTURE_SETUP(msr)
{
	self->fd = mmui_open();
	self->sock = nl_open();
	self->cpus = cpu_count();
	self->list = SHARED(struct rules, 1);
	self->m = SHARED(struct mmuinspect_msr, MMUINSPECT_MSRS_MAX + 1);
	memset(self->busy, 0, sizeof(self->busy));
	cpu_pin(0);
	ASSERT_EQ(0, chmod(MMUI_DEVICE, 0666));
	ASSERT_EQ(0, nl_policy_get(self->sock, self->list));
}

FIXTURE_TEARDOWN(msr)
{
	unsigned int cpu;

	for (cpu = 0; cpu < self->cpus; cpu++)
		busy_end(&self->busy[cpu]);
	for (cpu = 1; cpu < self->cpus; cpu++)
		cpu_switch(cpu, true);
	if (!self->list->sealed)
		nl_policy_set(self->sock, self->list->rule, self->list->n, false);
	chmod(MMUI_DEVICE, 0600);
}

static const struct rule *rule_of(const struct rules *rules, __u32 msr)
{
	unsigned int i;

	for (i = 0; i < rules->n; i++)
		if (rules->rule[i].msr == msr)
			return &rules->rule[i];
	return NULL;
}

static void keep_busy(unsigned int cpus, struct busy *busy)
{
	unsigned int cpu;

	for (cpu = 1; cpu < cpus; cpu++)
		busy_start(&busy[cpu], cpu, NULL, NULL);
}

/* The list as it comes */
TEST_F(msr, built_in_list)
{
	static const __u32 wanted[] = {
		0x1b, 0x48, 0x8b, 0xfe, 0x174, 0x175, 0x176, 0x200, 0x20f,
		0x250, 0x26f, PAT, 0x2ff, 0x6a0, 0x6a2, 0xda0, EFER, STAR, LSTAR,
		0xc0000083, FMASK, 0xc0000100, 0xc0000101, 0xc0000102,
		0xc0000103,
	};
	static const __u32 of_intel[] = {
		0x3a, 0xcf, 0x10a, 0x122, 0x1a0, 0x480, 0x48b, 0x48c, 0x6e1,
		0xc80,
	};
	static const __u32 of_amd[] = {
		0xc0010010, 0xc0010015, 0xc0010112, 0xc0010113, 0xc0010114,
		0xc0011029,
	};
	char line[256], vendor[64] = "";
	bool intel, amd;
	FILE *f;
	size_t i;

	f = fopen("/proc/cpuinfo", "re");
	while (f && fgets(line, sizeof(line), f) &&
	       sscanf(line, "vendor_id : %63s", vendor) != 1)
		;
	fclose(f);
	intel = !strcmp(vendor, "GenuineIntel");
	amd = !strcmp(vendor, "AuthenticAMD") || !strcmp(vendor, "HygonGenuine");
	EXPECT_LE(60, self->list->n);
	EXPECT_FALSE(self->list->sealed);
	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		EXPECT_NE(NULL, rule_of(self->list, wanted[i]))
			TH_LOG("MSR %#x", wanted[i]);
	}
	for (i = 0; i < ARRAY_SIZE(of_intel); i++) {
		EXPECT_EQ(intel, !!rule_of(self->list, of_intel[i]))
			TH_LOG("%s: MSR %#x", vendor, of_intel[i]);
	}
	for (i = 0; i < ARRAY_SIZE(of_amd); i++) {
		EXPECT_EQ(amd, !!rule_of(self->list, of_amd[i]))
			TH_LOG("%s: MSR %#x", vendor, of_amd[i]);
	}
	for (i = 0; i < ARRAY_SIZE(energy); i++) {
		EXPECT_EQ(NULL, rule_of(self->list, energy[i]))
			TH_LOG("MSR %#x", energy[i]);
	}
	EXPECT_EQ(NULL, rule_of(self->list, TSC));
	for (i = 0; i < self->list->n; i++) {
		EXPECT_NE(0, self->list->rule[i].mask);
		if (i) {
			EXPECT_LT(self->list->rule[i - 1].msr,
				  self->list->rule[i].msr);
		}
	}
	EXPECT_FALSE(rule_of(self->list, EFER)->reveals);
	EXPECT_TRUE(rule_of(self->list, LSTAR)->reveals);
}

/* These are of whoever runs there: a CPU that is kept busy runs others, too. */
static bool is_a_tasks(__u32 msr)
{
	static const __u32 tasks[] = {
		FRED_RSP0, 0x6a0 /* U_CET */, 0x6a7 /* PL3_SSP */,
		0xc0000100 /* FS_BASE */, 0xc0000102 /* KERNEL_GS_BASE */,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tasks); i++)
		if (tasks[i] == msr)
			return true;
	return false;
}

/*
 * What CPUID says that the CPU lacks: an emulator answers such a read with 0, for
 * the msr driver as well. Intel SDM vol. 2A, CPUID; AMD APM vol. 3, appendix E
 */
static bool is_enumerated(__u32 msr)
{
	enum { EAX, EBX, ECX, EDX };
	static const struct {
		__u32 first, last;
		unsigned int leaf, sub, reg, bit;
	} rows[] = {
		{ 0x1cc, 0x1d4, 7, 1, EAX, 17 },	/* FRED */
		{ 0x6a0, 0x6a2, 7, 0, ECX, 7 },		/* U_CET, S_CET: shadow stacks */
		{ 0x6a0, 0x6a2, 7, 0, EDX, 20 },	/* or indirect-branch tracking */
		{ 0x6a4, 0x6a8, 7, 0, ECX, 7 },
		{ 0x6a4, 0x6a4, 7, 1, EAX, 17 },
		{ 0x6e1, 0x6e1, 7, 0, ECX, 31 },	/* PKRS */
		{ 0xda0, 0xda0, 0xd, 1, EAX, 3 },	/* XSS */
		{ 0x0cf, 0x0cf, 7, 0, EDX, 30 },
		{ 0x10a, 0x10a, 7, 0, EDX, 29 },
		{ 0x480, 0x492, 1, 0, ECX, 5 },		/* VMX */
		{ 0x09b, 0x09b, 1, 0, ECX, 5 },		/* SMM_MONITOR_CTL: VMX or SMX */
		{ 0x09b, 0x09b, 1, 0, ECX, 6 },
		{ 0x0fe, 0x0fe, 1, 0, EDX, 12 },	/* MTRRs */
		{ 0x200, 0x26f, 1, 0, EDX, 12 },
		{ 0x2ff, 0x2ff, 1, 0, EDX, 12 },
		{ 0xc0010114, 0xc0010117, 0x80000001, 0, ECX, 2 },	/* SVM */
		{ 0xc0010131, 0xc0010131, 0x8000001f, 0, EAX, 0 },	/* SME or SEV */
		{ 0xc0010131, 0xc0010131, 0x8000001f, 0, EAX, 1 },
	};
	unsigned int value[4];
	bool is_a_row = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (msr < rows[i].first || msr > rows[i].last)
			continue;
		is_a_row = true;
		if (__get_cpuid_count(rows[i].leaf, rows[i].sub, &value[EAX], &value[EBX],
				      &value[ECX], &value[EDX]) &&
		    value[rows[i].reg] >> rows[i].bit & 1)
			return true;
	}
	return !is_a_row;
}

/*
 * Each permitted MSR of each CPU against the msr driver. Two reads of ours
 * around theirs: what differs between these two changes by itself.
 */
TEST_F(msr, msr_driver)
{
	unsigned int cpu, i, n = 0, absent = 0, changing = 0, compared = 0, tries;
	__u64 before, theirs, after;
	int first, second, ret;

	keep_busy(self->cpus, self->busy);
	for (cpu = 0; cpu < self->cpus; cpu++)
		for (i = 0; i < self->list->n; i++, n++) {
			const struct rule *rule = &self->list->rule[i];

			tries = is_a_tasks(rule->msr) ? 20 : 1;
			do {
				first = mmui_msr(self->fd, cpu, rule->msr, &before);
				ret = cpu_msr(cpu, rule->msr, &theirs);
				second = mmui_msr(self->fd, cpu, rule->msr, &after);
			} while (--tries && !ret && (before != after ||
						     (theirs & rule->mask) != before));
			EXPECT_EQ(first, second);
			if (!is_enumerated(rule->msr)) {
				EXPECT_TRUE(ret || !theirs)
					TH_LOG("MSR %#x", rule->msr);
				ret = -ENODEV;
			}
			EXPECT_EQ(ret, first)
				TH_LOG("CPU %u, MSR %#x", cpu, rule->msr);
			if (ret) {
				absent++;
				continue;
			}
			if (before != after) {
				changing++;
				TH_LOG("CPU %u, MSR %#x changes by itself", cpu,
				       rule->msr);
				continue;
			}
			compared++;
			EXPECT_EQ(theirs & rule->mask, before)
				TH_LOG("CPU %u, MSR %#x", cpu, rule->msr);
		}
	TH_LOG("%u compared, %u absent, %u changing", compared, absent, changing);
	/* An emulator has most of them, and they stand still. */
	EXPECT_LE(self->cpus * 30, compared);
	EXPECT_GE(n / 10, changing);
}

/* All of it in one batch is the same as one by one. */
TEST_F(msr, batch)
{
	__u64 value, last[CPUS_MAX] = { 0 };
	unsigned int cpu, i, n = 0;
	int ret;

	keep_busy(self->cpus, self->busy);
	/* Interleaved, and backwards on odd CPUs */
	for (i = 0; i < self->list->n; i++)
		for (cpu = 0; cpu < self->cpus; cpu++, n++)
			self->m[n] = (struct mmuinspect_msr) {
				.cpu = cpu,
				.msr = self->list->rule[cpu % 2 ? i :
					self->list->n - 1 - i].msr,
				.value = 0x1234, .tsc_before = 5, .tsc_after = 6,
				.error = 7,
			};
	ASSERT_EQ(0, mmui_msrs(self->fd, self->m, n));
	for (i = 0; i < n; i++) {
		const struct mmuinspect_msr *m = &self->m[i];
		unsigned int at = i / self->cpus;

		EXPECT_EQ(i % self->cpus, m->cpu);
		at = m->cpu % 2 ? at : self->list->n - 1 - at;
		ASSERT_EQ(self->list->rule[at].msr, m->msr);
		EXPECT_EQ(0, m->reserved);
		EXPECT_EQ(is_enumerated(m->msr), m->error != -ENODEV);
		/* What CPUID denies isn't read: no time stamps */
		EXPECT_EQ(m->error != -ENODEV, !!m->tsc_before)
			TH_LOG("CPU %u, MSR %#x", m->cpu, m->msr);
		EXPECT_EQ(m->error != -ENODEV, !!m->tsc_after);
		EXPECT_LE(m->tsc_before, m->tsc_after);
		/* On each CPU in the order of the batch */
		if (m->tsc_before) {
			EXPECT_LE(last[m->cpu], m->tsc_before);
			last[m->cpu] = m->tsc_after;
		}
		if (is_a_tasks(m->msr))
			continue;
		ret = mmui_msr(self->fd, m->cpu, m->msr, &value);
		EXPECT_EQ(ret, m->error);
		EXPECT_EQ(ret ? 0 : value, m->value)
			TH_LOG("CPU %u, MSR %#x", m->cpu, m->msr);
	}
}

/* Reads come and go some at a time: none may be lost between two lots. */
TEST_F(msr, every_length)
{
	static const __u32 numbers[] = { GS_BASE, EFER, STAR, PAT, LSTAR };
	const struct mmuinspect_msr guard = { .value = 0x1234, .error = 7 };
	unsigned int cpus, n, i;
	__u64 value;

	keep_busy(self->cpus, self->busy);
	/* Of one CPU, and of all in turn */
	for (cpus = 1; cpus <= self->cpus; cpus += self->cpus - 1 ?: 1)
		for (n = 1; n <= 40; n++) {
			for (i = 0; i < n; i++)
				self->m[i] = (struct mmuinspect_msr) {
					.cpu = (self->cpus - 1 + i) % cpus,
					.msr = numbers[i % ARRAY_SIZE(numbers)],
				};
			self->m[n] = guard;
			ASSERT_EQ(0, mmui_msrs(self->fd, self->m, n));
			EXPECT_EQ(0, memcmp(&guard, &self->m[n], sizeof(guard)));
			for (i = 0; i < n; i++) {
				const struct mmuinspect_msr *m = &self->m[i];

				ASSERT_EQ(0, cpu_msr(m->cpu, m->msr, &value));
				ASSERT_EQ(value, m->value)
					TH_LOG("%u of %u", i, n);
				ASSERT_EQ(0, m->error);
				ASSERT_LT(0, m->tsc_before);
				ASSERT_LT(m->tsc_before, m->tsc_after);
			}
			for (i = 0; i < n; i++) {
				self->m[i].reserved = 1 << 31;
				ASSERT_EQ(-EINVAL, mmui_msrs(self->fd, self->m, n));
				self->m[i].reserved = 0;
			}
		}
}

TEST_F(msr, array_ends_too_early)
{
	char *page = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct mmuinspect_msr *m;
	unsigned int n, there;

	ASSERT_NE(MAP_FAILED, page);
	munmap(page + PAGE_SIZE, PAGE_SIZE);
	for (n = 1; n <= 40; n++)
		for (there = 0; there <= n; there++) {
			m = (void *)(page + PAGE_SIZE - there * sizeof(*m));
			EXPECT_EQ(there < n ? -EFAULT : 0,
				  mmui_msrs(self->fd, m, n))
				TH_LOG("%u of %u", there, n);
		}
}

TEST_F(msr, as_many_as_may_be)
{
	unsigned int i;
	__u64 efer;

	ASSERT_EQ(0, mmui_msr(self->fd, 0, EFER, &efer));
	for (i = 0; i < MMUINSPECT_MSRS_MAX; i++)
		self->m[i] = (struct mmuinspect_msr) {
			.cpu = i % self->cpus, .msr = EFER,
		};
	ASSERT_EQ(0, mmui_msrs(self->fd, self->m, MMUINSPECT_MSRS_MAX));
	for (i = 0; i < MMUINSPECT_MSRS_MAX; i++) {
		ASSERT_EQ(0, self->m[i].error);
		ASSERT_EQ(efer, self->m[i].value);
	}
}

static void read_everywhere(void *fixture)
{
	FIXTURE_DATA(msr) *self = fixture;
	unsigned int i;

	for (i = 0; i < 64; i++)
		self->m[i] = (struct mmuinspect_msr) {
			.cpu = i % self->cpus, .msr = EFER,
		};
	if (mmui_msrs(self->fd, self->m, i))
		die("MSRS failed");
}

TEST_F(msr, one_interrupt_a_cpu)
{
	unsigned int cpu;

	if (self->cpus == 1)
		SKIP(return, "one CPU");
	keep_busy(self->cpus, self->busy);
	for (cpu = 0; cpu < self->cpus; cpu++)
		EXPECT_EQ(!!cpu, cpu_calls_of(cpu, !!cpu, read_everywhere, self))
			TH_LOG("CPU %u", cpu);
}

/* 1000 reads on the last CPU, now in one stretch, now in stretches of 10 and 1 */
static void read_a_thousand(void *fixture)
{
	FIXTURE_DATA(msr) *self = fixture;
	unsigned int i, n = 0;

	for (i = 0; n < 1000; i++) {
		bool here = i >= 500 && i % 11 == 10;

		self->m[i] = (struct mmuinspect_msr) {
			.cpu = here ? 0 : self->cpus - 1, .msr = EFER,
		};
		n += !here;
	}
	if (mmui_msrs(self->fd, self->m, i))
		die("MSRS failed");
	while (i--)
		if (self->m[i].error || !self->m[i].value || !self->m[i].tsc_after)
			die("a read was left out");
}

/* Interrupts stay off for 64 reads at most. */
TEST_F(msr, an_interrupt_for_64)
{
	unsigned int last = self->cpus - 1;

	if (!last)
		SKIP(return, "one CPU");
	keep_busy(self->cpus, self->busy);
	EXPECT_EQ(16, cpu_calls_of(last, 16, read_a_thousand, self));
}

/* A number that this CPU faults at; 0 if it faults at none that we know */
static __u32 absent_msr(void)
{
	static const __u32 rows[] = { 0x802, 0x4000, 0x00deadbe, 0xc0ffee00 };
	__u64 value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (cpu_msr(0, rows[i], &value) == -EIO)
			return rows[i];
	return 0;
}

/* Whatever is wrong with one read leaves the rest alone. */
TEST_F(msr, bad_ones_among_good_ones)
{
	const struct rule absent = { absent_msr(), ~0ULL };
	struct mmuinspect_msr rows[] = {
		{ .cpu = 0, .msr = EFER },
		{ .cpu = 0, .msr = absent.msr, .error = -EIO },
		{ .cpu = 0, .msr = PAT },
		{ .cpu = 0, .msr = TSC, .error = -EACCES },
		{ .cpu = 0, .msr = PKG_ENERGY_STATUS, .error = -EACCES },
		{ .cpu = 0, .msr = STAR },
		{ .cpu = 0, .msr = NOBODYS, .error = -EACCES },
		{ .cpu = self->cpus, .msr = EFER, .error = -ENXIO },
		{ .cpu = 0, .msr = FMASK },
		{ .cpu = ~0U, .msr = EFER, .error = -ENXIO },
		{ .cpu = 1U << 31, .msr = TSC, .error = -EACCES },
		{ .cpu = 0, .msr = EFER },
	};
	__u64 value;
	size_t i;

	if (!absent.msr)
		SKIP(return, "this CPU faults at no MSR that we know");
	ASSERT_EQ(0, nl_policy_set(self->sock, &absent, 1, true));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		self->m[i] = rows[i];
		self->m[i].error = 0;
	}
	ASSERT_EQ(0, mmui_msrs(self->fd, self->m, ARRAY_SIZE(rows)));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(rows[i].error, self->m[i].error)
			TH_LOG("row %zu", i);
		EXPECT_EQ(rows[i].cpu, self->m[i].cpu);
		EXPECT_EQ(rows[i].msr, self->m[i].msr);
		EXPECT_EQ(0, self->m[i].reserved);
		if (rows[i].error) {
			EXPECT_EQ(0, self->m[i].value);
			continue;
		}
		ASSERT_EQ(0, cpu_msr(0, rows[i].msr, &value));
		EXPECT_EQ(value, self->m[i].value)
			TH_LOG("row %zu", i);
	}
}

static int read_flagged(int fd, __u32 flags, struct mmuinspect_msr *m, unsigned int n)
{
	struct mmuinspect_msrs msrs = {
		.size = sizeof(msrs), .flags = flags, .vec = (__u64)m, .vec_len = n,
	};

	return mmui_call(fd, MMUINSPECT_IOC_MSRS, &msrs);
}

/* A probe reads what CPUID denies, as the msr driver does. */
TEST_F(msr, probed)
{
	struct mmuinspect_msr *m = self->m;
	unsigned int i, absent = 0;
	__u64 theirs;
	int ret;

	for (i = 0; i < self->list->n; i++) {
		if (is_enumerated(self->list->rule[i].msr))
			continue;
		absent++;
		*m = (struct mmuinspect_msr) { .msr = self->list->rule[i].msr };
		ret = cpu_msr(0, m->msr, &theirs);
		ASSERT_EQ(0, read_flagged(self->fd, MMUINSPECT_MSRS_PROBE, m, 1));
		EXPECT_EQ(ret, m->error)
			TH_LOG("MSR %#x", m->msr);
		EXPECT_EQ(ret ? 0 : theirs & self->list->rule[i].mask, m->value);
		EXPECT_LT(0, m->tsc_before);
	}
	EXPECT_LT(0, absent);
	/* What isn't permitted isn't for a probe either. */
	*m = (struct mmuinspect_msr) { .msr = NOBODYS };
	ASSERT_EQ(0, read_flagged(self->fd, MMUINSPECT_MSRS_PROBE, m, 1));
	EXPECT_EQ(-EACCES, m->error);
	EXPECT_EQ(0, m->tsc_before);
}

/* #GPs of this process in the kernel, of what has been done since event_ask() */
static unsigned int faults_seen(int sock)
{
	unsigned int n = 0;
	struct event e;

	event_stop(sock);
	while (!event_get(sock, &e, 1000))
		n += e.pid == getpid() && !e.user && e.has_vector && e.vector == 13;
	return n;
}

/* Faults at absent MSRs that the module reads in batches are no events. */
TEST_F(msr, no_events_of_a_batch)
{
	const struct rule absent = { absent_msr(), ~0ULL };
	const unsigned int n = 100;
	int sock, ways;
	unsigned int i;
	__u64 value;

	if (!absent.msr)
		SKIP(return, "this CPU faults at no MSR that we know");
	ASSERT_EQ(0, nl_policy_set(self->sock, &absent, 1, true));
	/* All on this CPU, and mixed: the ways of a batch */
	for (ways = 0; ways < 2; ways++) {
		sock = event_listener();
		for (i = 0; i < n; i++)
			self->m[i] = (struct mmuinspect_msr) {
				.cpu = ways ? i % self->cpus : 0,
				.msr = absent.msr,
			};
		ASSERT_EQ(0, mmui_msrs(self->fd, self->m, n));
		for (i = 0; i < n; i++)
			ASSERT_EQ(-EIO, self->m[i].error);
		EXPECT_EQ(0, faults_seen(sock));
		close(sock);
	}
	/* A probe's is one, and so is another reader's. */
	sock = event_listener();
	self->m[0] = (struct mmuinspect_msr) { .msr = absent.msr };
	ASSERT_EQ(0, read_flagged(self->fd, MMUINSPECT_MSRS_PROBE, self->m, 1));
	EXPECT_EQ(-EIO, self->m[0].error);
	EXPECT_EQ(1, faults_seen(sock));
	ASSERT_EQ(0, event_ask(sock));
	EXPECT_EQ(-EIO, cpu_msr(0, absent.msr, &value));
	EXPECT_EQ(1, faults_seen(sock));
	close(sock);
}

TEST_F(msr, offline)
{
	unsigned int last = self->cpus - 1, i, n = 4 * self->cpus;

	if (!last)
		SKIP(return, "one CPU");
	if (cpu_switch(last, false))
		SKIP(return, "CPU %u can't be switched off", last);
	for (i = 0; i < n; i++)
		self->m[i] = (struct mmuinspect_msr) {
			.cpu = i % self->cpus, .msr = i % 3 ? EFER : PAT,
		};
	ASSERT_EQ(0, mmui_msrs(self->fd, self->m, n));
	for (i = 0; i < n; i++) {
		EXPECT_EQ(i % self->cpus == last ? -ENXIO : 0, self->m[i].error);
		EXPECT_EQ(0, self->m[i].reserved);
		EXPECT_EQ(i % self->cpus == last, !self->m[i].value);
	}
	ASSERT_EQ(0, cpu_switch(last, true));
	for (i = 0; i < n; i++)
		self->m[i].error = 0;
	ASSERT_EQ(0, mmui_msrs(self->fd, self->m, n));
	for (i = 0; i < n; i++) {
		EXPECT_EQ(0, self->m[i].error);
	}
}

/* The list, as it's changed under an open file */

TEST_F(msr, replaced)
{
	const struct rule rule = { PAT, 0x0707 };
	struct rules *rules = SHARED(struct rules, 1);
	__u64 pat, value;

	ASSERT_EQ(0, cpu_msr(0, PAT, &pat));
	ASSERT_EQ(0, mmui_msr(self->fd, 0, EFER, &value));
	ASSERT_EQ(0, nl_policy_set(self->sock, &rule, 1, false));
	EXPECT_EQ(-EACCES, mmui_msr(self->fd, 0, EFER, &value));
	ASSERT_EQ(0, mmui_msr(self->fd, 0, PAT, &value));
	EXPECT_EQ(pat & 0x0707, value);
	ASSERT_EQ(0, nl_policy_get(self->sock, rules));
	EXPECT_EQ(1, rules->n);
	EXPECT_EQ(PAT, rules->rule[0].msr);
	EXPECT_EQ(0x0707, rules->rule[0].mask);
	/* Nothing at all may be permitted too. */
	ASSERT_EQ(0, nl_policy_set(self->sock, NULL, 0, false));
	EXPECT_EQ(-EACCES, mmui_msr(self->fd, 0, PAT, &value));
	ASSERT_EQ(0, nl_policy_get(self->sock, rules));
	EXPECT_EQ(0, rules->n);
}

TEST_F(msr, extended)
{
	const struct rule rows[] = {
		{ TSC, ~0ULL }, { PAT, 7 }, { 0, 1 }, { ~0U, 1 },
		{ STAR, 1 }, { STAR, 2 }, { STAR, ~0ULL << 32 },
	};
	struct rules *rules = SHARED(struct rules, 1);
	__u64 pat, star, value;

	ASSERT_EQ(0, cpu_msr(0, PAT, &pat));
	ASSERT_EQ(0, cpu_msr(0, STAR, &star));
	EXPECT_EQ(-EACCES, mmui_msr(self->fd, 0, TSC, &value));
	ASSERT_EQ(0, nl_policy_set(self->sock, rows, ARRAY_SIZE(rows), true));
	EXPECT_EQ(0, mmui_msr(self->fd, 0, TSC, &value));
	EXPECT_EQ(0, mmui_msr(self->fd, 0, EFER, &value));
	EXPECT_EQ(0, mmui_msr(self->fd, 0, PAT, &value));
	EXPECT_EQ(pat & 7, value);
	/* Of rules for one MSR the last one counts. */
	EXPECT_EQ(0, mmui_msr(self->fd, 0, STAR, &value));
	EXPECT_EQ(star & ~0ULL << 32, value);
	ASSERT_EQ(0, nl_policy_get(self->sock, rules));
	EXPECT_EQ(self->list->n + 3, rules->n);
	EXPECT_EQ(0, rules->rule[0].msr);
	EXPECT_EQ(~0U, rules->rule[rules->n - 1].msr);
	/* Nothing is known of it, so it may hold an address. */
	EXPECT_TRUE(rules->rule[0].reveals);
}

/* These reveal no address because of their masks: with a wider one they do. */
TEST_F(msr, wider_mask)
{
	struct rules *rules = SHARED(struct rules, 1);
	static const struct { __u64 mask; bool reveals; } rows[] = {
		{ ~0ULL << 32, false }, { 1ULL << 32, false },
		{ ~0ULL, true }, { 1, true },
	};
	unsigned int i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct rule rule = { STAR, rows[i].mask };

		ASSERT_EQ(0, nl_policy_set(self->sock, &rule, 1, false));
		ASSERT_EQ(0, nl_policy_get(self->sock, rules));
		ASSERT_EQ(1, rules->n);
		EXPECT_EQ(rows[i].reveals, rules->rule[0].reveals)
			TH_LOG("mask 0x%llx", rows[i].mask);
	}
}

/* A list of @n numbers, downwards: the worst order to sort */
static struct rule *many(unsigned int n)
{
	struct rule *rule = SHARED(struct rule, n);
	unsigned int i;

	for (i = 0; i < n; i++)
		rule[i] = (struct rule) { 0x10000000 + 4 * (n - i), i + 1 };
	return rule;
}

TEST_F(msr, full_list)
{
	const unsigned int max = MMUINSPECT_POLICY_MAX;
	struct rules *rules = SHARED(struct rules, 1);
	struct rule *rule = many(max + 1);
	unsigned int i;

	ASSERT_EQ(0, nl_policy_set(self->sock, rule, max, false));
	ASSERT_EQ(0, nl_policy_get(self->sock, rules));
	ASSERT_EQ(max, rules->n);
	for (i = 0; i < max; i++) {
		EXPECT_EQ(rule[max - 1 - i].msr, rules->rule[i].msr);
		EXPECT_EQ(rule[max - 1 - i].mask, rules->rule[i].mask);
	}
	/* One more is too much, the same again isn't. */
	EXPECT_EQ(-E2BIG, nl_policy_set(self->sock, &rule[max], 1, true));
	EXPECT_NE('\0', *nl_why());
	EXPECT_EQ(0, nl_policy_set(self->sock, rule, max, true));
	EXPECT_EQ(-E2BIG, nl_policy_set(self->sock, rule, max + 1, false));
	EXPECT_NE('\0', *nl_why());
	ASSERT_EQ(0, nl_policy_get(self->sock, rules));
	EXPECT_EQ(max, rules->n);
	for (i = 0; i < max; i++)
		self->m[i] = (struct mmuinspect_msr) { .msr = rule[i].msr };
	/* Whatever the CPU says of them, they are found. */
	ASSERT_EQ(0, mmui_msrs(self->fd, self->m, max));
	for (i = 0; i < max; i++) {
		EXPECT_NE(-EACCES, self->m[i].error);
	}
}

TEST_F(msr, hostile_list)
{
	struct rule rule[] = { { EFER, ~0ULL }, { PAT, 0 }, { STAR, 1 } };
	struct rules *rules = SHARED(struct rules, 1);

	EXPECT_EQ(-ERANGE, nl_policy_set(self->sock, rule, 3, false));
	EXPECT_NE('\0', *nl_why());
	ASSERT_EQ(0, nl_policy_get(self->sock, rules));
	EXPECT_EQ(0, memcmp(rules, self->list, sizeof(*rules)));
	EXPECT_EQ(-E2BIG, nl_policy_set(self->sock, many(8000), 8000, false));
	ASSERT_EQ(0, nl_policy_get(self->sock, rules));
	EXPECT_EQ(0, memcmp(rules, self->list, sizeof(*rules)));
}

/* Changes and reads at once: a read follows one list or the other. */
static void keep_changing(void *arg)
{
	const struct rule rows[2][2] = {
		{ { PAT, 0x00ff }, { EFER, ~0ULL } },
		{ { PAT, 0xff00 }, { TSC, ~0ULL } },
	};
	int sock = nl_open(), i;

	for (i = 0;; i++)
		if (nl_policy_set(sock, rows[i % 2], 2, false))
			die("set: %s", nl_why());
}

TEST_F(msr, changed_while_reading)
{
	struct rule first = { PAT, 0x00ff };
	unsigned int i, seen[2] = { 0 };
	__u64 pat, value;
	double end;
	int ret;

	ASSERT_EQ(0, cpu_msr(0, PAT, &pat));
	ASSERT_NE(pat & 0xff, pat & 0xff00);
	/* Until the other's first change this is the list. */
	ASSERT_EQ(0, nl_policy_set(self->sock, &first, 1, false));
	busy_start(&self->busy[0], self->cpus - 1, keep_changing, NULL);
	for (end = now() + 3; now() < end; ) {
		ret = mmui_msr(self->fd, 0, PAT, &value);
		ASSERT_EQ(0, ret);
		/* One mask, the other, or what both have in common: nothing. */
		ASSERT_TRUE(value == (pat & 0xff) || value == (pat & 0xff00) ||
			    !value);
		seen[value == (pat & 0xff)]++;
		for (i = 0; i < 100; i++)
			self->m[i] = (struct mmuinspect_msr) {
				.cpu = i % self->cpus,
				.msr = i % 3 ? EFER : TSC,
			};
		ASSERT_EQ(0, mmui_msrs(self->fd, self->m, 100));
		for (i = 0; i < 100; i++) {
			ASSERT_TRUE(!self->m[i].error ||
				    self->m[i].error == -EACCES);
			ASSERT_EQ(0, self->m[i].reserved);
		}
	}
	EXPECT_LT(0, seen[0]);
	EXPECT_LT(0, seen[1]);
}

/* Permission cells */

struct told {
	int ret;
	struct mmuinspect_msr m[2];
};

static int ask(int fd, void *arg)
{
	struct told *told = arg;

	told->m[0] = (struct mmuinspect_msr) { .msr = EFER };
	told->m[1] = (struct mmuinspect_msr) { .msr = LSTAR };
	told->ret = mmui_msrs(fd, told->m, 2);
	return 0;
}

TEST_F(msr, opener_and_caller)
{
	static const struct {
		enum who opener;
		enum who caller;
		int expected;
	} rows[] = {
		{ ROOT, ROOT, 0 },
		{ ONLY_SYS_RAWIO, ONLY_SYS_RAWIO, 0 },
		{ ADMIN_AND_RAWIO, ADMIN_AND_RAWIO, 0 },
		{ ONLY_SYS_ADMIN, ONLY_SYS_ADMIN, -EACCES },
		{ ROOT_WITHOUT_CAPS, ROOT_WITHOUT_CAPS, -EACCES },
		{ NOBODY_AT_ALL, NOBODY_AT_ALL, -EACCES },
		{ USERNS_ROOT, USERNS_ROOT, -EACCES },
		{ ROOT, ONLY_SYS_RAWIO, 0 },
		{ ROOT, ONLY_SYS_ADMIN, -EACCES },
		{ ROOT, NOBODY_AT_ALL, -EACCES },
		{ ROOT, USERNS_ROOT, -EACCES },
		{ ONLY_SYS_RAWIO, ROOT, 0 },
		{ ONLY_SYS_ADMIN, ROOT, -EACCES },
		{ NOBODY_AT_ALL, ROOT, -EACCES },
		{ USERNS_ROOT, ROOT, -EACCES },
		{ ONLY_SYS_ADMIN, ONLY_SYS_RAWIO, -EACCES },
	};
	struct told *told = SHARED(struct told, 1);
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		for (j = 0; j < 2; j++) {
			struct pass p = {
				.opener = rows[i].opener,
				.caller = rows[i].caller,
				.open = mmui_open,
				.use = ask,
				.arg = told,
			};

			/* And with what an opener gave up before it asked */
			if (j && p.opener != ROOT)
				continue;
			ASSERT_EQ(0, j ? drop(&p) : pass(&p));
			EXPECT_EQ(rows[i].expected, told->ret)
				TH_LOG("%s, then %s", who_name(p.opener),
				       who_name(p.caller));
			EXPECT_EQ(!rows[i].expected, !!told->m[0].value);
			EXPECT_EQ(!rows[i].expected, !!told->m[1].value);
		}
}

/* ABI abuse */

#define FIELD(name) \
	offsetof(struct mmuinspect_msrs, name), \
	sizeof(((struct mmuinspect_msrs *)0)->name)

TEST_F(msr, one_field_wrong)
{
	static const struct {
		const char *name;
		size_t offset;
		size_t size;
		__u64 value;
		int error;
	} rows[] = {
		{ "size 0", FIELD(size), 0, EINVAL },
		{ "size one less", FIELD(size), 23, EINVAL },
		{ "size above a page", FIELD(size), 4097, E2BIG },
		{ "flag 0", FIELD(flags), MMUINSPECT_MSRS_PROBE, 0 },
		{ "flag 1", FIELD(flags), 2, EINVAL },
		{ "flag 31", FIELD(flags), 1U << 31, EINVAL },
		{ "vec NULL", FIELD(vec), 0, EFAULT },
		{ "vec kernel", FIELD(vec), 0xffff888000000000, EFAULT },
		{ "vec noncanonical", FIELD(vec), 1ULL << 60, EFAULT },
		{ "vec last page", FIELD(vec), ~0xfffULL, EFAULT },
		{ "vec unmapped", FIELD(vec), 0x500000000000, EFAULT },
		{ "vec_len 0", FIELD(vec_len), 0, EINVAL },
		{ "vec_len max + 1", FIELD(vec_len), MMUINSPECT_MSRS_MAX + 1,
		  EINVAL },
		{ "vec_len half", FIELD(vec_len), 1U << 31, EINVAL },
		{ "vec_len all ones", FIELD(vec_len), ~0U, EINVAL },
		{ "right", FIELD(vec_len), 4, 0 },
	};
	struct mmuinspect_msr *page = mmap(NULL, 2 * PAGE_SIZE,
					   PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct mmuinspect_msrs arg, before;
	size_t i;

	ASSERT_NE(MAP_FAILED, page);
	munmap((char *)page + PAGE_SIZE, PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(page, 0, PAGE_SIZE);
		arg = (struct mmuinspect_msrs) {
			.size = sizeof(arg), .vec = (__u64)page, .vec_len = 4,
		};
		memcpy((char *)&arg + rows[i].offset, &rows[i].value,
		       rows[i].size);
		before = arg;
		EXPECT_EQ(-rows[i].error,
			  mmui_call(self->fd, MMUINSPECT_IOC_MSRS, &arg))
			TH_LOG("%s", rows[i].name);
		if (rows[i].error) {
			EXPECT_EQ(0, memcmp(&before, &arg, sizeof(arg)));
		}
	}
	/* A read's own reserved field, and an array that ends too early */
	arg = (struct mmuinspect_msrs) {
		.size = sizeof(arg), .vec = (__u64)page, .vec_len = 4,
	};
	memset(page, 0, PAGE_SIZE);
	page[3].reserved = 1;
	EXPECT_EQ(-EINVAL, mmui_call(self->fd, MMUINSPECT_IOC_MSRS, &arg));
	page[3].reserved = 0;
	arg.vec_len = PAGE_SIZE / sizeof(*page) + 1;
	EXPECT_EQ(-EFAULT, mmui_call(self->fd, MMUINSPECT_IOC_MSRS, &arg));
	/* What it's given may be read-only. */
	memset(page, 0, PAGE_SIZE);
	ASSERT_EQ(0, mprotect(page, PAGE_SIZE, PROT_READ));
	arg.vec_len = 4;
	EXPECT_EQ(-EFAULT, mmui_call(self->fd, MMUINSPECT_IOC_MSRS, &arg));
}

TEST(layout)
{
	EXPECT_EQ(40, sizeof(struct mmuinspect_msr));
	EXPECT_EQ(24, sizeof(struct mmuinspect_msrs));
	EXPECT_EQ(0xe705, MMUINSPECT_IOC_MSRS);
	EXPECT_EQ(8, offsetof(struct mmuinspect_msr, value));
	EXPECT_EQ(32, offsetof(struct mmuinspect_msr, error));
	EXPECT_EQ(36, offsetof(struct mmuinspect_msr, reserved));
}

/* A seal holds until the module goes; so this one loads it afresh. */
TEST(sealed)
{
	const struct rule rule = { TSC, ~0ULL };
	struct rules *before = SHARED(struct rules, 1);
	struct rules *after = SHARED(struct rules, 1);
	int sock = nl_open(), fd = mmui_open();
	__u64 value;
	int ret;

	ASSERT_EQ(0, nl_policy_get(sock, before));
	close(fd);
	ret = module_unload();
	if (!ret)
		ret = module_load();
	if (ret == -ENOENT)
		SKIP(return, "no module file to load afresh: set MMUINSPECT_KO");
	ASSERT_EQ(0, ret);
	fd = mmui_open();
	ASSERT_EQ(0, nl_policy_set(sock, &rule, 1, true));
	ASSERT_EQ(0, nl_policy_seal(sock));
	EXPECT_EQ(-EPERM, nl_policy_set(sock, &rule, 1, true));
	EXPECT_NE(NULL, strstr(nl_why(), "sealed"));
	EXPECT_EQ(-EPERM, nl_policy_set(sock, NULL, 0, false));
	EXPECT_EQ(0, nl_policy_seal(sock));
	ASSERT_EQ(0, nl_policy_get(sock, after));
	EXPECT_TRUE(after->sealed);
	EXPECT_EQ(before->n + 1, after->n);
	EXPECT_EQ(0, mmui_msr(fd, 0, TSC, &value));
	close(fd);
	ASSERT_EQ(0, module_unload());
	ASSERT_EQ(0, module_load());
	ASSERT_EQ(0, nl_policy_get(sock, after));
	EXPECT_EQ(0, memcmp(before, after, sizeof(*after)));
}

TEST_HARNESS_MAIN
