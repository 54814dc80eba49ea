// SPDX-License-Identifier: GPL-2.0-only
/*
 * What denies an access, worked out by hand from Intel SDM vol. 3A 4.6 and 4.7 for
 * entries that are written out as numbers.
 */
#include <errno.h>
#include <string.h>

#include "fake/info.h"
#include "ktap.h"
#include "mmuinspect.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define NX	(1ULL << 63)
#define TABLE	0x12345067ULL	/* P RW US A */
#define READ	MMUINSPECT_ACCESS_READ
#define WRITE	MMUINSPECT_ACCESS_WRITE
#define EXEC	MMUINSPECT_ACCESS_EXEC
#define CR0_WP	(1ULL << 16)
#define SMEP	(1ULL << 20)
#define SMAP	(1ULL << 21)
#define LASS	(1ULL << 27)

/* In @says each denial: "NAME level", with ~ before what isn't certain. */
static const struct row {
	const char *what;
	unsigned int kind;
	int kernel;
	int ac;
	int pkru;	/* -1: not known */
	unsigned int steps;
	__u64 entry[5];
	const char *says;
	__u32 code;
} rows[] = {
	{ "read what may be read", READ, 0, 0, 0,
	  4, { TABLE, TABLE, TABLE, 0x1025 | NX }, "", 0x4 },
	{ "write what may be written", WRITE, 0, 0, 0,
	  4, { TABLE, TABLE, TABLE, 0x1067 | NX }, "", 0x6 },
	{ "execute what may be executed", EXEC, 0, 0, 0,
	  4, { TABLE, TABLE, TABLE, 0x1025 }, "", 0x14 },
	{ "write, RW clear in PT", WRITE, 0, 0, 0,
	  4, { TABLE, TABLE, TABLE, 0x1025 }, "read-only 1", 0x7 },
	{ "write, RW clear in PML4", WRITE, 0, 0, 0,
	  4, { TABLE & ~2ULL, TABLE, TABLE, 0x1067 }, "read-only 4", 0x7 },
	{ "write, RW clear in PDPT and PT", WRITE, 0, 0, 0,
	  4, { TABLE, TABLE & ~2ULL, TABLE, 0x1025 }, "read-only 3, read-only 1", 0x7 },
	{ "execute, NX in PT", EXEC, 0, 0, 0,
	  4, { TABLE, TABLE, TABLE, 0x1067 | NX }, "no-execute 1", 0x15 },
	{ "execute, NX in PD", EXEC, 0, 0, 0,
	  4, { TABLE, TABLE, TABLE | NX, 0x1025 }, "no-execute 2", 0x15 },
	{ "read, US clear in PT", READ, 0, 0, 0,
	  4, { TABLE, TABLE, TABLE, 0x1063 }, "supervisor-only 1", 0x5 },
	{ "read, US clear in PD", READ, 0, 0, 0,
	  4, { TABLE, TABLE, TABLE & ~4ULL, 0x1067 }, "supervisor-only 2", 0x5 },
	{ "write, both RW and US clear", WRITE, 0, 0, 0,
	  4, { TABLE, TABLE, TABLE, 0x1021 }, "supervisor-only 1, read-only 1", 0x7 },
	{ "read, nothing there", READ, 0, 0, 0,
	  4, { TABLE, TABLE, TABLE, 0 }, "not-present 1", 0x4 },
	{ "write, nothing at PDPT", WRITE, 0, 0, 0,
	  2, { TABLE, 0 }, "not-present 3", 0x6 },
	{ "execute a swapped-out page", EXEC, 0, 0, 0,
	  4, { TABLE, TABLE, TABLE, 0x1fffffffea86420a }, "not-present 1", 0x14 },
	{ "write, 2M page that is read-only", WRITE, 0, 0, 0,
	  3, { TABLE, TABLE, 0x2000a5 }, "read-only 2", 0x7 },
	{ "read, a reserved bit in the PT entry", READ, 0, 0, 0,
	  4, { TABLE, TABLE, TABLE, 0x0008000000001025 }, "reserved-bit 1", 0xd },
	{ "read, a reserved bit in a 2M page", READ, 0, 0, 0,
	  3, { TABLE, TABLE, 0x2020e5 }, "reserved-bit 2", 0xd },
	{ "read, PS in PML4", READ, 0, 0, 0,
	  4, { TABLE | 0x80, TABLE, TABLE, 0x1025 }, "reserved-bit 4", 0xd },
	{ "bit 12 of a 2M page is PAT", READ, 0, 0, 0,
	  3, { TABLE, TABLE, 0x2010e5 }, "", 0x4 },
	{ "read, key 5, AD", READ, 0, 0, 1 << 10,
	  4, { TABLE, TABLE, TABLE, 0x2800000000001067 }, "key-access 1", 0x25 },
	{ "read, key 5, WD", READ, 0, 0, 2 << 10,
	  4, { TABLE, TABLE, TABLE, 0x2800000000001067 }, "", 0x4 },
	{ "write, key 5, WD", WRITE, 0, 0, 2 << 10,
	  4, { TABLE, TABLE, TABLE, 0x2800000000001067 }, "key-write 1", 0x27 },
	{ "write, key 5, AD and WD", WRITE, 0, 0, 3 << 10,
	  4, { TABLE, TABLE, TABLE, 0x2800000000001067 },
	  "key-access 1, key-write 1", 0x27 },
	{ "execute, key 5, AD", EXEC, 0, 0, 1 << 10,
	  4, { TABLE, TABLE, TABLE, 0x2800000000001067 }, "", 0x14 },
	{ "read, key 5, AD of key 6", READ, 0, 0, 1 << 12,
	  4, { TABLE, TABLE, TABLE, 0x2800000000001067 }, "", 0x4 },
	{ "read, key 5, PKRU not known", READ, 0, 0, -1,
	  4, { TABLE, TABLE, TABLE, 0x2800000000001067 }, "~key-access 1", 0x5 },
	{ "read, key 0, PKRU not known", READ, 0, 0, -1,
	  4, { TABLE, TABLE, TABLE, 0x1067 }, "", 0x4 },
	{ "kernel reads a user page", READ, 1, 0, 0,
	  4, { TABLE, TABLE, TABLE, 0x1025 }, "smap 1", 0x1 },
	{ "kernel reads a user page, AC set", READ, 1, 1, 0,
	  4, { TABLE, TABLE, TABLE, 0x1025 }, "", 0 },
	{ "kernel writes a user page that is read-only, AC set", WRITE, 1, 1, 0,
	  4, { TABLE, TABLE, TABLE, 0x1025 }, "read-only 1", 0x3 },
	{ "kernel executes a user page", EXEC, 1, 0, 0,
	  4, { TABLE, TABLE, TABLE, 0x1025 }, "smep 1", 0x11 },
	{ "kernel executes a user page, AC set", EXEC, 1, 1, 0,
	  4, { TABLE, TABLE, TABLE, 0x1025 }, "smep 1", 0x11 },
	{ "kernel reads its own page", READ, 1, 0, 0,
	  4, { TABLE, TABLE & ~4ULL, TABLE, 0x1025 }, "", 0 },
	{ "kernel executes its own page", EXEC, 1, 0, 0,
	  4, { TABLE, TABLE, TABLE, 0x1021 }, "", 0x10 },
	{ "kernel, key 5, AD", READ, 1, 1, 1 << 10,
	  4, { TABLE, TABLE, TABLE, 0x2800000000001067 }, "key-access 1", 0x21 },
	{ "a key of its own page is none of PKRU's", READ, 1, 1, 1 << 10,
	  4, { TABLE, TABLE, TABLE, 0x2800000000001063 }, "", 0 },
	{ "the entries end too early", READ, 0, 0, 0,
	  2, { TABLE, TABLE },
	  "too early", 0x4 },
};

static const struct mmuinspect_reg all_on[] = {
	{ .id = MMUINSPECT_X86_CR0, .value = CR0_WP },
	{ .id = MMUINSPECT_X86_CR4, .value = SMEP | SMAP },
}, all_off[] = {
	{ .id = MMUINSPECT_X86_CR0 },
	{ .id = MMUINSPECT_X86_CR4 },
};

static char text[512];

static const char *say(const struct mmuinspect_info *info,
		       const struct mmuinspect_access *access,
		       const struct mmuinspect_step *step, size_t steps,
		       struct mmuinspect_denials *d)
{
	int err = mmuinspect_access(info, access, step, steps, d);
	size_t i, len = 0;

	if (err)
		return err == -ENODATA ? "too early" : strerror(-err);
	*text = '\0';
	for (i = 0; i < d->n; i++)
		len += snprintf(text + len, sizeof(text) - len, "%s%s%s %u",
				i ? ", " : "", d->denial[i].certain ? "" : "~",
				d->denial[i].name, d->denial[i].level);
	return text;
}

static const char *say_row(const struct mmuinspect_info *info, const struct row *r,
			   const struct mmuinspect_reg *reg, size_t regs,
			   struct mmuinspect_denials *d)
{
	struct mmuinspect_step step[MMUINSPECT_LEVELS_MAX];
	const struct mmuinspect_access access = {
		.address = 0x10000, .kind = r->kind, .user = !r->kernel,
		.ac = r->ac, .has_keys = r->pkru >= 0, .keys = r->pkru,
		.reg = reg, .regs = regs,
	};
	unsigned int i;

	for (i = 0; i < r->steps; i++)
		step[i] = (struct mmuinspect_step) {
			.level = info->levels - i, .entry = r->entry[i]
		};
	return say(info, &access, step, r->steps, d);
}

static void test_rows(void)
{
	struct mmuinspect_denials d;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *said = say_row(&fake_info, &rows[i], all_on,
					   ARRAY_SIZE(all_on), &d);

		ktap_result(!strcmp(said, rows[i].says) &&
			    d.error_code == rows[i].code && d.vector == 14,
			    "%s # %s, error code 0x%x", rows[i].what, said,
			    d.error_code);
	}
}

/* What a register turns on: off, and not known. */
static void test_registers(void)
{
	static const struct row kernel[] = {
		{ "SMAP", READ, 1, 0, 0, 4,
		  { TABLE, TABLE, TABLE, 0x1025 }, "~lass 0, ~smap 1" },
		{ "SMEP", EXEC, 1, 0, 0, 4,
		  { TABLE, TABLE, TABLE, 0x1025 }, "~lass 0, ~smep 1" },
		{ "WP", WRITE, 1, 1, 0, 4,
		  { TABLE, TABLE, TABLE, 0x1025 }, "~read-only 1" },
		{ "WP and a key", WRITE, 1, 1, 2 << 10, 4,
		  { TABLE, TABLE, TABLE, 0x2800000000001067 }, "~key-write 1" },
	};
	struct mmuinspect_denials d;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kernel); i++) {
		const char *said = say_row(&fake_info, &kernel[i], all_off,
					   ARRAY_SIZE(all_off), &d);

		ktap_result(!*said, "%s is off # %s", kernel[i].what, said);
		said = say_row(&fake_info, &kernel[i], NULL, 0, &d);
		ktap_result(!strcmp(said, kernel[i].says), "%s isn't known # %s",
			    kernel[i].what, said);
	}
}

/* What the kernel has on and off. */
static void test_features(void)
{
	static const struct {
		const char *what;
		__u64 on;
		__u64 off;
		struct row row;
	} cases[] = {
		{ "without NX it's reserved", 0, MMUINSPECT_FEATURE_NX,
		  { "", READ, 0, 0, 0, 4, { TABLE, TABLE, TABLE, 0x1025 | NX },
		    "reserved-bit 1" } },
		{ "without keys there are none", 0, MMUINSPECT_FEATURE_PKEYS,
		  { "", READ, 0, 0, 1 << 10, 4,
		    { TABLE, TABLE, TABLE, 0x2800000000001067 }, "" } },
		{ "with encryption high bits aren't reserved",
		  MMUINSPECT_FEATURE_MEMENC, 0,
		  { "", READ, 0, 0, 0, 4,
		    { TABLE, TABLE, TABLE, 0x0008000000001025 }, "" } },
		{ "with isolation NX of PML4 isn't user mode's",
		  MMUINSPECT_FEATURE_PTI, 0,
		  { "", EXEC, 0, 0, 0, 4,
		    { TABLE | NX, TABLE, TABLE, 0x1025 }, "" } },
		{ "but the kernel's", MMUINSPECT_FEATURE_PTI, 0,
		  { "", EXEC, 1, 0, 0, 4,
		    { TABLE | NX, TABLE & ~4ULL, TABLE, 0x1025 }, "no-execute 4" } },
		{ "and of PDPT it's everybody's", MMUINSPECT_FEATURE_PTI, 0,
		  { "", EXEC, 0, 0, 0, 4,
		    { TABLE | NX, TABLE | NX, TABLE, 0x1025 }, "no-execute 3" } },
	};
	struct mmuinspect_denials d;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mmuinspect_info info = fake_info;
		const char *said;

		info.features |= cases[i].on;
		info.features &= ~cases[i].off;
		said = say_row(&info, &cases[i].row, all_on, ARRAY_SIZE(all_on), &d);
		ktap_result(!strcmp(said, cases[i].row.says), "%s # %s",
			    cases[i].what, said);
	}
}

/* Without a walk */
static void test_addresses(void)
{
	static const struct {
		__u64 address;
		unsigned int user;
		const char *says;
		unsigned int vector;
	} cases[] = {
		{ 0x0000800000000000, 1, "not-canonical 0", 13 },
		{ 0x0000800000000000, 0, "not-canonical 0", 13 },
		{ 0xffff7fffffffffff, 1, "not-canonical 0", 13 },
		{ 0x4141414141414141, 1, "not-canonical 0", 13 },
		{ 0xffff800000000000, 1, "kernel-half 0", 14 },
		{ 0xffffffffffffffff, 1, "kernel-half 0", 14 },
		{ 0xffffffff81000000, 0, "too early", 14 },
		{ 0x00007fffffffffff, 1, "too early", 14 },
	};
	struct mmuinspect_denials d;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct mmuinspect_access access = {
			.address = cases[i].address, .user = cases[i].user,
			.reg = all_on, .regs = ARRAY_SIZE(all_on),
		};
		const char *said = say(&fake_info, &access, NULL, 0, &d);

		ktap_result(!strcmp(said, cases[i].says) &&
			    d.vector == cases[i].vector, "0x%llx in %s mode # %s",
			    (unsigned long long)cases[i].address,
			    cases[i].user ? "user" : "kernel", said);
	}
}

/* The halves of the address space, before any walk; and what is left without it */
static void test_lass(void)
{
	static const struct {
		const char *what;
		__u64 address;
		unsigned int user;
		unsigned int kind;
		unsigned int ac;
		__s64 cr4;	/* -1: not known */
		const char *says;
		unsigned int vector;
		unsigned int walked;
	} cases[] = {
		{ "user reads the kernel half", 0xffff800000000000, 1, READ, 0, LASS, "lass 0", 13 },
		{ "user writes it", -1ULL, 1, WRITE, 0, LASS, "lass 0", 13 },
		{ "user executes it", -4096ULL, 1, EXEC, 1, LASS | SMAP, "lass 0", 13 },
		{ "user reads what isn't canonical", 1ULL << 63, 1, READ, 0, LASS,
		  "not-canonical 0", 13 },
		{ "user reads the kernel half, LASS unknown", -4096ULL, 1, READ, 0, -1,
		  "~lass 0, kernel-half 0", 14 },
		{ "the same, but it was a page fault", -4096ULL, 1, READ, 0, -1,
		  "kernel-half 0", 14, 1 },
		{ "user reads its own half", 0x10000, 1, READ, 0, LASS | SMAP, "", 14 },
		{ "kernel reads the user half", 0x10000, 0, READ, 0, LASS | SMAP, "lass 0", 13 },
		{ "kernel writes it", 0x10000, 0, WRITE, 0, LASS | SMAP, "lass 0", 13 },
		{ "kernel reads it, AC set", 0x10000, 0, READ, 1, LASS | SMAP, "", 14 },
		{ "kernel reads it without SMAP", 0x10000, 0, READ, 0, LASS, "", 14 },
		{ "kernel executes it without SMAP, AC set", 0x10000, 0, EXEC, 1, LASS,
		  "lass 0", 13 },
		{ "kernel reads its own half", -4096ULL, 0, READ, 0, LASS | SMAP, "", 14 },
	};
	struct mmuinspect_denials d;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct mmuinspect_reg cr4 = {
			.id = MMUINSPECT_X86_CR4, .value = cases[i].cr4,
		};
		const struct mmuinspect_access access = {
			.address = cases[i].address, .user = cases[i].user,
			.kind = cases[i].kind, .ac = cases[i].ac,
			.walked = cases[i].walked,
			.reg = &cr4, .regs = cases[i].cr4 >= 0,
		};
		const struct mmuinspect_step leaf = {
			.level = 1, .entry = cases[i].address >> 63 ? 0x1063 : 0x1067,
		};
		/* Nobody sees the tables of the kernel half. */
		const char *said = say(&fake_info, &access, &leaf, !(access.address >> 63 &&
				       access.user), &d);

		ktap_result(!strcmp(said, cases[i].says) && d.vector == cases[i].vector,
			    "%s # %s, vector %u", cases[i].what, said, d.vector);
	}
}

/* The bit, its level, and the register are told. */
static void test_details(void)
{
	static const struct row smap = { "", READ, 1, 0, 0, 3,
		{ TABLE, TABLE, 0x2000a5 }, "" };
	static const struct row key = { "", WRITE, 0, 0, 2 << 10, 4,
		{ TABLE, TABLE, TABLE, 0x2800000000001067 }, "" };
	struct mmuinspect_denials d;
	const struct mmuinspect_denial *one = &d.denial[0];

	say_row(&fake_info, &smap, all_on, ARRAY_SIZE(all_on), &d);
	ktap_result(d.n == 1 && !strcmp(one->bit, "US") && one->set &&
		    one->level == 2 && one->entry == 0x2000a5 &&
		    !strcmp(one->reg, "CR4.SMAP") && one->key == -1, "SMAP");
	say_row(&fake_info, &key, all_on, ARRAY_SIZE(all_on), &d);
	ktap_result(d.n == 1 && !strcmp(one->bit, "WD") && one->set &&
		    one->level == 1 && !strcmp(one->reg, "PKRU") && one->key == 5,
		    "a key");
}

int main(void)
{
	ktap_plan(ARRAY_SIZE(rows) + 8 + 6 + 8 + 13 + 2);
	test_rows();
	test_registers();
	test_features();
	test_addresses();
	test_lass();
	test_details();
	return ktap_end();
}
