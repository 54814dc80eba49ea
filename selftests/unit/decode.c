// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries written out as numbers, and what the manuals say they are.
 *
 * Intel SDM vol. 3A 4.5 (tables 4-15 to 4-20) and 12.12.3 for present entries;
 * for the others __swp_entry() of arch/x86/include/asm/pgtable_64.h, worked out
 * by hand: ~offset << 14 >> 5 | type << 59.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli.h"
#include "fake/info.h"
#include "ktap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define TABLE	MMUINSPECT_ENTRY_TABLE
#define LEAF	MMUINSPECT_ENTRY_LEAF
#define ABSENT	MMUINSPECT_ENTRY_ABSENT

static const struct {
	const char *name;
	unsigned int level;
	__u64 entry;
	enum mmuinspect_entry_kind kind;
	__u64 address;
	const char *flags;
	const char *memory;
} present[] = {
	{ "page: soft-dirty, no execute", 1, 0x8000000012345867, LEAF, 0x12345000,
	  "P RW US A D soft-dirty NX", "WB" },
	{ "page: bit 7 is PAT", 1, 0x00000000123450e7, LEAF, 0x12345000,
	  "P RW US A D PAT", "WB" },
	{ "page: PAT, PCD and PWT are index 7", 1, 0x0000000012345199, LEAF,
	  0x12345000, "P PWT PCD PAT G", "WT" },
	{ "page: PWT is index 1", 1, 0x0000000012345009, LEAF, 0x12345000,
	  "P PWT", "WC" },
	{ "page: PCD is index 2", 1, 0x0000000012345011, LEAF, 0x12345000,
	  "P PCD", "UC-" },
	{ "page: PCD and PWT are index 3", 1, 0x0000000012345019, LEAF, 0x12345000,
	  "P PWT PCD", "UC" },
	{ "page: PAT and PWT are index 5", 1, 0x0000000012345089, LEAF, 0x12345000,
	  "P PWT PAT", "WP" },
	{ "page: bit 12 is address", 1, 0x0000000012347065, LEAF, 0x12347000,
	  "P US A D", "WB" },
	{ "page: key 5", 1, 0xa800000012345025, LEAF, 0x12345000,
	  "P US A pkey=5 NX", "WB" },
	{ "page: key 15", 1, 0x7800000012345025, LEAF, 0x12345000,
	  "P US A pkey=15", "WB" },
	{ "page: special and userfaultfd", 1, 0x0000000012345625, LEAF, 0x12345000,
	  "P US A special uffd-wp", "WB" },
	{ "page: Dirty kept aside", 1, 0x0400000012345025, LEAF, 0x12345000,
	  "P US A saved-dirty", "WB" },
	{ "page: a software bit nobody knows", 1, 0x0200000012345025, LEAF, 0x12345000,
	  "P US A bit=57", "WB" },
	{ "page: the address ends at 46 bits", 1, 0x0000700012345025, LEAF,
	  0x0000300012345000, "P US A bit=46", "WB" },
	{ "2M: bit 7 is PS", 2, 0x00000000122000e7, LEAF, 0x12200000,
	  "P RW US A D PS", "WB" },
	{ "2M: bit 12 is PAT", 2, 0x0000000012201085, LEAF, 0x12200000,
	  "P US PS PAT", "WB" },
	{ "2M: PWT is index 1", 2, 0x000000001220008d, LEAF, 0x12200000,
	  "P US PWT PS", "WC" },
	{ "2M: PAT and PWT are index 5", 2, 0x000000001220108d, LEAF, 0x12200000,
	  "P US PWT PS PAT", "WP" },
	{ "2M: key 3, no execute", 2, 0x98000000122000e7, LEAF, 0x12200000,
	  "P RW US A D PS pkey=3 NX", "WB" },
	{ "2M: bits 13 to 20 aren't address", 2, 0x00000000122020e5, LEAF, 0x12200000,
	  "P US A D PS bit=13", "WB" },
	{ "1G: PS", 3, 0x80000000c00000e7, LEAF, 0xc0000000,
	  "P RW US A D PS NX", "WB" },
	{ "1G: bit 12 is PAT", 3, 0x00000000c00010e7, LEAF, 0xc0000000,
	  "P RW US A D PS PAT", "WB" },
	{ "PD: pointer, bit 6 ignored", 2, 0x0000000012345067, TABLE, 0x12345000,
	  "P RW US A", NULL },
	{ "PD: pointer, bit 12 is address", 2, 0x0000000012343067, TABLE, 0x12343000,
	  "P RW US A", NULL },
	{ "PD: pointers have no key", 2, 0x0800000012345027, TABLE, 0x12345000,
	  "P RW US A bit=59", NULL },
	{ "PDPT: pointer", 3, 0x0000000012345027, TABLE, 0x12345000,
	  "P RW US A", NULL },
	{ "PML4: pointer, no execute (KPTI)", 4, 0x8000000012345067, TABLE, 0x12345000,
	  "P RW US A NX", NULL },
	{ "PML4: bit 7 makes no leaf", 4, 0x00000000123450e7, TABLE, 0x12345000,
	  "P RW US A bit=7", NULL },
	{ "zero", 1, 0, ABSENT, 0, "", NULL },
	{ "swapped out: bits 1 to 3 are Linux's", 1, 0x1fffffffea86420e, ABSENT, 0,
	  "soft-dirty uffd-wp exclusive", NULL },
	{ "PROT_NONE: all but P stays", 1, 0x800fffffedcba966, ABSENT, 0,
	  "RW US A D PROTNONE soft-dirty NX", NULL },
	{ "2M under change: all but P stays", 2, 0x000fffffbfe000e6, ABSENT, 0,
	  "RW US A D PS", NULL },
};

static void flags_text(const struct mmuinspect_info *info, unsigned int level,
		       __u64 entry, char *buf)
{
	struct mmuinspect_flag flag[MMUINSPECT_FLAGS_MAX];
	size_t n = mmuinspect_entry_flags(info, level, entry, flag), i;

	*buf = '\0';
	for (i = 0; i < n; i++) {
		buf += sprintf(buf, "%s%s", i ? " " : "", flag[i].name);
		if (flag[i].field)
			buf += sprintf(buf, "=%u", flag[i].value);
	}
}

static int same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void test_present(void)
{
	const struct mmuinspect_info *info = &fake_info;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(present); i++) {
		unsigned int level = present[i].level;
		__u64 entry = present[i].entry, address;
		enum mmuinspect_entry_kind kind;
		const char *memory;
		char flags[1024];

		flags_text(info, level, entry, flags);
		kind = mmuinspect_entry_kind(info, level, entry);
		address = mmuinspect_entry_address(info, level, entry);
		memory = mmuinspect_memory_type(info,
				mmuinspect_memory_index(info, level, entry));
		ktap_result(kind == present[i].kind &&
			    address == present[i].address &&
			    same(flags, present[i].flags) &&
			    same(memory, present[i].memory),
			    "%s # %d 0x%llx %s %s", present[i].name, kind,
			    (unsigned long long)address, flags,
			    memory ? memory : "-");
	}
}

static const struct {
	const char *title;
	unsigned int level;
	__u64 entry;
	int hidden;
	const char *name;
	const char *text;
} absent[] = {
	{ "swap area 0", 1, 0x07ffffffffdb9600, 0, "swap",
	  "swapped out: area 0, offset 0x1234" },
	{ "swap area 3", 1, 0x1fffffffea864200, 0, "swap",
	  "swapped out: area 3, offset 0xabcde" },
	{ "swap area 3, soft-dirty, exclusive", 1, 0x1fffffffea86420a, 0, "swap",
	  "swapped out: area 3, offset 0xabcde" },
	{ "swap area 3, hidden", 1, 0x1800000000000000, 1, "swap",
	  "swapped out: area 3" },
	{ "swap area 0, hidden: nothing is left", 1, 0, 1, "swap",
	  "swapped out: area 0" },
	{ "memory error", 1, 0xb7fffffffdb97400, 0, "hwpoison",
	  "lost to a memory error: frame at 0x12345000" },
	{ "migration, read", 1, 0xbffffffffdb97400, 0, "migration-read",
	  "under migration, read-only: frame at 0x12345000" },
	{ "migration, read exclusive", 1, 0xc7fffffffffffc00, 0,
	  "migration-read-exclusive",
	  "under migration, read-only, exclusive: frame at 0x1000" },
	{ "migration, write", 1, 0xcffffffffdb97400, 0, "migration-write",
	  "under migration, writable: frame at 0x12345000" },
	{ "migration of a huge page", 2, 0xcffffffffdb97400, 0, "migration-write",
	  "under migration, writable: frame at 0x12345000" },
	{ "migration, hidden", 1, 0xc800000000000000, 1, "migration-write",
	  "under migration, writable" },
	{ "device, write", 1, 0xd7ffffffffff1000, 0, "device-private-write",
	  "in a device's memory, writable: frame at 0x77000" },
	{ "device, read", 1, 0xdfffffffffff1000, 0, "device-private-read",
	  "in a device's memory, read-only: frame at 0x77000" },
	{ "device, exclusive", 1, 0xe7ffffffffff1000, 0, "device-exclusive",
	  "lent to a device alone: frame at 0x77000" },
	{ "marker, userfaultfd", 1, 0xf7fffffffffffc00, 0, "marker",
	  "marker: write-protect by userfaultfd" },
	{ "marker, poisoned", 1, 0xf7fffffffffffa00, 0, "marker",
	  "marker: poisoned (SIGBUS)" },
	{ "marker, guard", 1, 0xf7fffffffffff600, 0, "marker",
	  "marker: guard region (SIGSEGV)" },
	{ "marker, all three", 1, 0xf7fffffffffff000, 0, "marker",
	  "marker: write-protect by userfaultfd, poisoned (SIGBUS), guard region (SIGSEGV)" },
	{ "marker, a new one", 1, 0xf7ffffffffff7e00, 0, "marker",
	  "marker: unknown 0x40" },
	{ "marker, hidden", 1, 0xf000000000000000, 1, "marker", "marker" },
	{ "swap-in failed", 1, 0xfffffffffffffe00, 0, "error", "swap-in failed" },
	{ "a type without a meaning", 1, 0xafffffffffdb9600, 0, "unknown",
	  "unknown swap entry: type 21, offset 0x1234" },
	{ "PROT_NONE is inverted", 1, 0x000fffffedcba164, 0, "prot-none",
	  "PROT_NONE or NUMA hint: frame at 0x12345000" },
	{ "PROT_NONE with NX", 1, 0x800fffffedcba164, 0, "prot-none",
	  "PROT_NONE or NUMA hint: frame at 0x12345000" },
	{ "PROT_NONE, hidden", 1, 0x0000000000000164, 1, "prot-none",
	  "PROT_NONE or NUMA hint" },
	{ "PROT_NONE 2M", 2, 0x000fffffbfe001e4, 0, "prot-none",
	  "PROT_NONE or NUMA hint: frame at 0x40000000" },
	{ "2M under change is inverted", 2, 0x000fffffbfe000e6, 0, "huge-changing",
	  "huge page under change: frame at 0x40000000" },
	{ "2M under change, hidden", 2, 0x00000000000000e6, 1, "huge-changing",
	  "huge page under change" },
};

static void test_absent(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(absent); i++) {
		struct mmuinspect_absent a;
		char text[128];

		mmuinspect_absent(&fake_info, absent[i].level, absent[i].entry,
				  absent[i].hidden, &a);
		mmuinspect_absent_text(&fake_info, &a, text, sizeof(text));
		ktap_result(same(a.name, absent[i].name) &&
			    same(text, absent[i].text),
			    "absent: %s # %s: %s", absent[i].title, a.name, text);
	}
}

/* The same bits, in mappings with rights and without */
static void test_absent_mapped(void)
{
	static const struct {
		__u64 entry;
		int accessible;
		const char *name;
		const char *meaning;
	} rows[] = {
		{ 0x000fffffedcba164, 0, "prot-none", "PROT_NONE" },
		{ 0x000fffffedcba164, 1, "numa-hint", "NUMA hint" },
		{ 0x1fffffffea864200, 0, "swap", "swapped out" },
		{ 0x1fffffffea864200, 1, "swap", "swapped out" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mmuinspect_absent a;

		mmuinspect_absent(&fake_info, 1, rows[i].entry, 0, &a);
		mmuinspect_absent_mapped(&fake_info, rows[i].entry, rows[i].accessible, &a);
		ktap_result(same(a.name, rows[i].name) && same(a.meaning, rows[i].meaning),
			    "absent, %s rights: %s # %s: %s", rows[i].accessible ? "with" :
			    "without", rows[i].name, a.name, a.meaning);
	}
}

static void test_info(void)
{
	struct mmuinspect_info info = fake_info;
	struct mmuinspect_absent a;
	char text[16];

	ktap_result(mmuinspect_canonical(&info, 0x00007fffffffffff) &&
		    !mmuinspect_canonical(&info, 0x0000800000000000) &&
		    !mmuinspect_canonical(&info, 0xffff7fffffffffff) &&
		    mmuinspect_canonical(&info, 0xffff800000000000),
		    "canonical addresses, 4 levels");
	ktap_result(same(mmuinspect_level_name(&info, 4), "PML4") &&
		    !mmuinspect_level_name(&info, 5) &&
		    !mmuinspect_level_name(&info, 0) &&
		    mmuinspect_level_size(&info, 1) == 4096 &&
		    mmuinspect_level_size(&info, 2) == 2097152 &&
		    mmuinspect_level_size(&info, 3) == 1073741824 &&
		    !mmuinspect_level_size(&info, 6), "4 levels");
	mmuinspect_absent(&info, 1, 0x1fffffffea864200, 0, &a);
	mmuinspect_absent_text(&info, &a, text, sizeof(text));
	ktap_result(same(text, "swapped out: ar"), "a text is cut, not overrun");
	info.levels = 5;
	ktap_result(mmuinspect_canonical(&info, 0x00ffffffffffffff) &&
		    !mmuinspect_canonical(&info, 0x0100000000000000) &&
		    mmuinspect_canonical(&info, 0xff00000000000000) &&
		    same(mmuinspect_level_name(&info, 5), "PML5"), "5 levels");
	info.arch = 99;
	ktap_result(!mmuinspect_arch_name(&info) && !mmuinspect_level_name(&info, 1) &&
		    !mmuinspect_memory_type(&info, 0) &&
		    mmuinspect_memory_index(&info, 1, 1) == -1 &&
		    mmuinspect_entry_kind(&info, 1, 1) == ABSENT &&
		    !mmuinspect_canonical(&info, 0), "an architecture nobody knows");
}

/* Features decide what bits 59 to 63 are. */
static void test_features(void)
{
	struct mmuinspect_info info = fake_info;
	char flags[1024];

	info.features = 0;
	flags_text(&info, 1, 0x8800000012345025, flags);
	ktap_result(same(flags, "P US A bit=59 bit=63"), "no NX, no keys: %s", flags);
	info.features = MMUINSPECT_FEATURE_SHSTK;
	flags_text(&info, 1, 0x0000000012345065, flags);
	ktap_result(same(flags, "P US A D shadow-stack"), "shadow stack: %s", flags);
	flags_text(&info, 1, 0x0000000012345067, flags);
	ktap_result(same(flags, "P RW US A D"), "no shadow stack: %s", flags);
}

static const struct {
	const char *text;
	int fine;
	__u64 value;
} numbers[] = {
	{ "7f00", 1, 0x7f00 }, { "0x7F00", 1, 0x7f00 }, { "10", 1, 0x10 },
	{ "4K", 1, 4096 }, { "10M", 1, 10485760 }, { "1g", 1, 1073741824 },
	{ "0x10K", 1, 16384 }, { "ffffffffffffffff", 1, ~0ULL },
	{ "10000000000000000", 0, 0 }, { "99999999999G", 0, 0 }, { "", 0, 0 },
	{ "K", 0, 0 }, { "-1", 0, 0 }, { " 1", 0, 0 }, { "0x", 0, 0 }, { "12z", 0, 0 },
	{ "fK", 0, 0 }, { "1KK", 0, 0 },
};

static const struct {
	const char *text;
	int fine;
	__u64 start;
	__u64 end;
} ranges[] = {
	{ "1000-2000", 1, 0x1000, 0x2000 }, { "0x1000-0x2000", 1, 0x1000, 0x2000 },
	{ "1000+4K", 1, 0x1000, 0x2000 }, { "1G-2G", 1, 1ULL << 30, 2ULL << 30 },
	{ "2000-1000", 0, 0, 0 }, { "1000-1000", 0, 0, 0 }, { "1000", 0, 0, 0 },
	{ "-1000", 0, 0, 0 }, { "1000-", 0, 0, 0 },
	{ "ffffffffffffffff+1000", 0, 0, 0 },
};

static const struct {
	const char *text;
	const char *wrong;
	struct mmuinspect_filter f;
} filters[] = {
	{ "write", NULL, { 2, 2, 0, 0, 0, 0 } },
	{ "!write,user", NULL, { 6, 4, 0, 0, 0, 0 } },
	{ "present,exec", NULL, { 9, 9, 0, 0, 0, 0 } },
	{ "nonpresent", NULL, { 1, 0, 0, 0, 0, 0 } },
	{ "!nonpresent", NULL, { 1, 1, 0, 0, 0, 0 } },
	{ "accessed,!dirty", NULL, { 0x30, 0x10, 0, 0, 0, 0 } },
	{ "4k", NULL, { 0, 0, 2, 0, 0, 0 } },
	{ "huge", NULL, { 0, 0, 12, 0, 0, 0 } },
	{ "!huge", NULL, { 0, 0, 2, 0, 0, 0 } },
	{ "huge,!1g", NULL, { 0, 0, 4, 0, 0, 0 } },
	{ "pkey=3", NULL, { 0, 0, 0, 8, 0, 0 } },
	{ "!pkey=0", NULL, { 0, 0, 0, 0xfffe, 0, 0 } },
	{ "phys=1M-2M", NULL, { 0, 0, 0, 0, 0x100000, 0x200000 } },
	{ "4k,2m", "no page has that size and another", { 0 } },
	{ "write,!write", "contradicts", { 0 } },
	{ "present,nonpresent", "contradicts", { 0 } },
	{ "wirte", "did you mean \"write\"?", { 0 } },
	{ "present,dirt", "did you mean \"dirty\"?", { 0 } },
	{ "huge,", "unknown filter word \"\"", { 0 } },
	{ "zzzzzz", "there are present, nonpresent,", { 0 } },
	{ "pkey", "did you mean \"pkey=N\"?", { 0 } },
	{ "pkey=16", "0 to 15", { 0 } },
	{ "pkey=N", "0 to 15", { 0 } },
	{ "phys=2M-1M", "backwards", { 0 } },
	{ "!phys=1M-2M", "can't be negated", { 0 } },
};

static void test_parse(void)
{
	__u64 a = 0, b = 0;
	pid_t pid = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		const char *why = parse_number(numbers[i].text, &a);

		ktap_result(numbers[i].fine ? !why && a == numbers[i].value : !!why,
			    "number \"%s\"", numbers[i].text);
	}
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		const char *why = parse_range(ranges[i].text, &a, &b);

		ktap_result(ranges[i].fine ? !why && a == ranges[i].start &&
			    b == ranges[i].end : !!why, "range \"%s\"", ranges[i].text);
	}
	for (i = 0; i < ARRAY_SIZE(filters); i++) {
		struct mmuinspect_filter f = { 0 };
		const char *why = parse_filter(filters[i].text, &f);
		int fine = !why && !memcmp(&f, &filters[i].f, sizeof(f));

		if (filters[i].wrong)
			fine = why && strstr(why, filters[i].wrong);
		ktap_result(fine, "filter \"%s\"", filters[i].text);
	}
	ktap_result(!parse_pid("42", &pid) && pid == 42 && parse_pid("0", &pid) &&
		    parse_pid("-1", &pid) && parse_pid("4x", &pid) &&
		    parse_pid("", &pid) && parse_pid("+4", &pid) &&
		    parse_pid("99999999999", &pid), "process IDs");
}

/* /proc/self/maps with a name that has spaces in it. */
static void test_maps(void)
{
	char path[] = "/tmp/a b  cXXXXXX";
	int fd = mkstemp(path);
	char *file = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	char *anon = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct maps maps;
	int local;

	maps_read(&maps, getpid());
	ktap_result(same(maps_name(&maps, (uintptr_t)file), path), "maps: spaces");
	ktap_result(same(maps_name(&maps, (uintptr_t)anon), ""), "maps: anonymous");
	ktap_result(!!maps_name(&maps, (uintptr_t)&local), "maps: stack");
	ktap_result(!maps_name(&maps, 0) && !maps_name(&maps, ~0ULL - 1),
		    "maps: nothing there");
	maps_free(&maps);
	maps_read(&maps, 0x7fffffff);
	ktap_result(!maps_name(&maps, (uintptr_t)file), "maps: no such process");
	maps_free(&maps);
	munmap(file, 4096);
	munmap(anon, 4096);
	close(fd);
	unlink(path);
}

static void test_text(void)
{
	char buf[24];

	ktap_result(same(out_size(4096, buf), "4K"), "size 4K");
	ktap_result(same(out_size(1052672, buf), "1028K"), "size 1028K");
	ktap_result(same(out_size(3ULL << 30, buf), "3G"), "size 3G");
	ktap_result(same(out_size(0, buf), "0"), "size 0");
	ktap_result(same(out_printable("a\033[1mb\xff"), "a\\033[1mb\\377"),
		    "no control characters");
}

int main(void)
{
	ktap_plan(ARRAY_SIZE(present) + ARRAY_SIZE(absent) + 4 + 5 + 3 +
		  ARRAY_SIZE(numbers) + ARRAY_SIZE(ranges) + ARRAY_SIZE(filters) +
		  1 + 5 + 5);
	test_present();
	test_absent();
	test_absent_mapped();
	test_info();
	test_features();
	test_parse();
	test_maps();
	test_text();
	return ktap_end();
}
