// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * TLBs by CPUID, from an array of its answers: those of this CPU, or a record.
 *
 * Intel SDM vol. 2A, CPUID, leaves 2 (table 3-12) and 0x18; AMD APM vol. 3 E.4.4
 * (0x80000005), E.4.5 (0x80000006), E.4.11 (0x80000019), and E.4 on 0x80000021.
 */
#include <string.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "mmuinspect.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define K4	(1ULL << 12)
#define M2	(1ULL << 21)
#define M4	(1ULL << 22)
#define G1	(1ULL << 30)
#define FULLY	MMUINSPECT_TLB_FULLY

#define DATA	MMUINSPECT_TLB_DATA
#define CODE	MMUINSPECT_TLB_INSTRUCTION
#define BOTH	MMUINSPECT_TLB_UNIFIED

static __u32 bits(__u32 value, unsigned int high, unsigned int low)
{
	return value >> low & (~0U >> (31 - (high - low)));
}

static const struct mmuinspect_cpuid *
find(const struct mmuinspect_cpuid *dump, size_t n, __u32 leaf, __u32 subleaf)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (dump[i].leaf == leaf && dump[i].subleaf == subleaf)
			return &dump[i];
	return NULL;
}

/* Leaves that aren't there read as zero, as a CPU has it that knows no more. */
static struct mmuinspect_cpuid get(const struct mmuinspect_cpuid *dump, size_t n,
				   __u32 leaf, __u32 subleaf)
{
	const struct mmuinspect_cpuid *found = find(dump, n, leaf, subleaf);

	return found ? *found : (struct mmuinspect_cpuid) { leaf, subleaf };
}

struct list {
	struct mmuinspect_tlb *tlb;
	size_t n;
};

static void add(struct list *list, const struct mmuinspect_tlb *tlb)
{
	if (tlb->entries && list->n < MMUINSPECT_TLB_MAX)
		list->tlb[list->n++] = *tlb;
}

/*
 * Descriptor bytes of leaf 2 that are about TLBs; one that stands for two
 * structures has two rows. The table says "DTLB0", "uTLB" for level 1 and
 * "DTLB1", "Shared 2nd-Level TLB" for level 2. Where it says nothing it's level
 * 1, but for 6B to 6D, which come with the uTLB of 6A, and 64 and C4, which come
 * with the 32 entries of A0 (Intel optimization manual, Goldmont).
 */
#define DESCRIPTOR_LEAF_18	0xfe

static const struct {
	unsigned int byte;
	unsigned int level;
	enum mmuinspect_tlb_kind kind;
	__u64 pages;
	unsigned int entries;
	unsigned int ways;
} descriptors[] = {
	{ 0x01, 1, CODE, K4, 32, 4 },
	{ 0x02, 1, CODE, M4, 2, FULLY },
	{ 0x03, 1, DATA, K4, 64, 4 },
	{ 0x04, 1, DATA, M4, 8, 4 },
	{ 0x05, 2, DATA, M4, 32, 4 },
	{ 0x0b, 1, CODE, M4, 4, 4 },
	{ 0x4f, 1, CODE, K4, 32, 0 },
	{ 0x50, 1, CODE, K4 | M2 | M4, 64, 0 },
	{ 0x51, 1, CODE, K4 | M2 | M4, 128, 0 },
	{ 0x52, 1, CODE, K4 | M2 | M4, 256, 0 },
	{ 0x55, 1, CODE, M2 | M4, 7, FULLY },
	{ 0x56, 1, DATA, M4, 16, 4 },
	{ 0x57, 1, DATA, K4, 16, 4 },
	{ 0x59, 1, DATA, K4, 16, FULLY },
	{ 0x5a, 1, DATA, M2 | M4, 32, 4 },
	{ 0x5b, 1, DATA, K4 | M4, 64, 0 },
	{ 0x5c, 1, DATA, K4 | M4, 128, 0 },
	{ 0x5d, 1, DATA, K4 | M4, 256, 0 },
	{ 0x61, 1, CODE, K4, 48, FULLY },
	{ 0x63, 1, DATA, M2 | M4, 32, 4 },
	{ 0x63, 1, DATA, G1, 4, 4 },
	{ 0x64, 2, DATA, K4, 512, 4 },
	{ 0x6a, 1, DATA, K4, 64, 8 },
	{ 0x6b, 2, DATA, K4, 256, 8 },
	{ 0x6c, 2, DATA, M2 | M4, 128, 8 },
	{ 0x6d, 2, DATA, G1, 16, FULLY },
	{ 0x76, 1, CODE, M2 | M4, 8, FULLY },
	{ 0xa0, 1, DATA, K4, 32, FULLY },
	{ 0xb0, 1, CODE, K4, 128, 4 },
	{ 0xb1, 1, CODE, M2, 8, 4 },
	{ 0xb1, 1, CODE, M4, 4, 4 },
	{ 0xb2, 1, CODE, K4, 64, 4 },
	{ 0xb3, 1, DATA, K4, 128, 4 },
	{ 0xb4, 2, DATA, K4, 256, 4 },
	{ 0xb5, 1, CODE, K4, 64, 8 },
	{ 0xb6, 1, CODE, K4, 128, 8 },
	{ 0xba, 2, DATA, K4, 64, 4 },
	{ 0xc0, 1, DATA, K4 | M4, 8, 4 },
	{ 0xc1, 2, BOTH, K4 | M2, 1024, 8 },
	{ 0xc2, 1, DATA, K4 | M2, 16, 4 },
	{ 0xc3, 2, BOTH, K4 | M2, 1536, 6 },
	{ 0xc3, 2, BOTH, G1, 16, 4 },
	{ 0xc4, 2, DATA, M2 | M4, 32, 4 },
	{ 0xca, 2, BOTH, K4, 512, 4 },
};

static void add_descriptor(struct list *list, unsigned int byte)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(descriptors); i++) {
		if (descriptors[i].byte != byte)
			continue;
		add(list, &(struct mmuinspect_tlb) {
			.level = descriptors[i].level,
			.kind = descriptors[i].kind,
			.pages = descriptors[i].pages,
			.entries = descriptors[i].entries,
			.ways = descriptors[i].ways,
			.leaf = 2,
			.detail = byte,
		});
	}
}

/* Returns 1 if leaf 0x18 has to be asked instead. */
static int leaf_2(const struct mmuinspect_cpuid *dump, size_t n,
		  struct list *list)
{
	struct mmuinspect_cpuid c = get(dump, n, 2, 0);
	/* The lowest byte of EAX counts; it's no descriptor. */
	const __u32 reg[] = { c.eax & ~0xffU, c.ebx, c.ecx, c.edx };
	unsigned int shift, elsewhere = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reg); i++) {
		/* Bit 31: the register holds no descriptors. */
		if (reg[i] >> 31)
			continue;
		for (shift = 0; shift < 32; shift += 8) {
			unsigned int byte = reg[i] >> shift & 0xff;

			elsewhere |= byte == DESCRIPTOR_LEAF_18;
			add_descriptor(list, byte);
		}
	}
	return elsewhere;
}

/* EDX[4:0] of leaf 0x18 */
static const struct {
	unsigned int type;
	enum mmuinspect_tlb_kind kind;
} types_18[] = {
	{ 1, DATA },
	{ 2, CODE },
	{ 3, BOTH },
	{ 4, MMUINSPECT_TLB_LOAD },
	{ 5, MMUINSPECT_TLB_STORE },
};

static void add_18(struct list *list, const struct mmuinspect_cpuid *c)
{
	unsigned int ways = bits(c->ebx, 31, 16), fully = bits(c->edx, 8, 8);
	struct mmuinspect_tlb tlb = {
		.level = bits(c->edx, 7, 5),
		.pages = (bits(c->ebx, 0, 0) ? K4 : 0) | (bits(c->ebx, 1, 1) ? M2 : 0) |
			 (bits(c->ebx, 2, 2) ? M4 : 0) | (bits(c->ebx, 3, 3) ? G1 : 0),
		.entries = ways * c->ecx,
		.ways = fully ? FULLY : ways,
		.sharing = bits(c->edx, 25, 14) + 1,
		.leaf = 0x18,
		.detail = c->subleaf,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types_18); i++) {
		if (types_18[i].type != bits(c->edx, 4, 0))
			continue;
		tlb.kind = types_18[i].kind;
		add(list, &tlb);
	}
}

static void intel(const struct mmuinspect_cpuid *dump, size_t n, struct list *list)
{
	__u32 last = get(dump, n, 0x18, 0).eax, subleaf;
	int elsewhere = leaf_2(dump, n, list);

	if (!elsewhere || get(dump, n, 0, 0).eax < 0x18)
		return;
	list->n = 0;
	/* A subleaf in the midst may be invalid: its type is 0. */
	for (subleaf = 0; subleaf <= last && subleaf < 64; subleaf++) {
		struct mmuinspect_cpuid c = get(dump, n, 0x18, subleaf);

		add_18(list, &c);
	}
}

/* APM vol. 3, table E-4: a field of four bits for ways; 9 is for caches only */
static const unsigned int amd_ways[16] = {
	[1] = 1, [2] = 2, [3] = 3, [4] = 4, [5] = 6, [6] = 8, [8] = 16,
	[10] = 32, [11] = 48, [12] = 64, [13] = 96, [14] = 128, [15] = FULLY,
};

/* Where AMD has which TLB: a register of a leaf, data above instructions */
static const struct {
	__u32 leaf;
	unsigned int reg;	/* 0 EAX, 1 EBX */
	unsigned int level;
	__u64 pages;
} amd_leaves[] = {
	{ 0x80000005, 1, 1, K4 },
	{ 0x80000005, 0, 1, M2 | M4 },
	{ 0x80000019, 0, 1, G1 },
	{ 0x80000006, 1, 2, K4 },
	{ 0x80000006, 0, 2, M2 | M4 },
	{ 0x80000019, 1, 2, G1 },
};

/* Eight bits of ways, eight of entries: leaf 0x80000005 */
static void amd_level_1(struct mmuinspect_tlb *tlb, __u32 half)
{
	unsigned int ways = bits(half, 15, 8);

	tlb->entries = bits(half, 7, 0);
	tlb->ways = ways == 0xff ? FULLY : ways;
}

/* Four bits of ways, twelve of entries: the others */
static void amd_coded(struct mmuinspect_tlb *tlb, __u32 half, unsigned int unit)
{
	unsigned int code = bits(half, 15, 12);

	/* Code 0: there is none. */
	tlb->entries = code ? bits(half, 11, 0) * unit : 0;
	tlb->ways = amd_ways[code];
}

static void amd(const struct mmuinspect_cpuid *dump, size_t n, struct list *list)
{
	/* Zen 5: sizes of level 2 are in units of 32 (0x80000021, EAX[14]). */
	unsigned int x32 = bits(get(dump, n, 0x80000021, 0).eax, 14, 14);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(amd_leaves); i++) {
		struct mmuinspect_cpuid c = get(dump, n, amd_leaves[i].leaf, 0);
		__u32 reg = amd_leaves[i].reg ? c.ebx : c.eax;
		struct mmuinspect_tlb tlb = {
			.level = amd_leaves[i].level,
			.pages = amd_leaves[i].pages,
			.leaf = amd_leaves[i].leaf,
		};
		unsigned int data;

		for (data = 2; data-- > 0; ) {
			__u32 half = data ? reg >> 16 : reg & 0xffff;

			tlb.kind = data ? DATA : CODE;
			/* A level 2 with nothing in the upper half is for both. */
			if (tlb.level == 2 && !data && !(reg >> 16))
				tlb.kind = BOTH;
			if (tlb.leaf == 0x80000005)
				amd_level_1(&tlb, half);
			else
				amd_coded(&tlb, half, tlb.level == 2 && x32 ? 32 : 1);
			add(list, &tlb);
		}
	}
}

static const struct {
	const char *vendor;
	void (*decode)(const struct mmuinspect_cpuid *dump, size_t n, struct list *list);
} vendors[] = {
	{ "GenuineIntel", intel },
	{ "AuthenticAMD", amd },
	{ "HygonGenuine", amd },
};

static void vendor_of(const struct mmuinspect_cpuid *c, char text[13])
{
	const __u32 reg[] = { c->ebx, c->edx, c->ecx };

	memcpy(text, reg, sizeof(reg));
	text[sizeof(reg)] = '\0';
}

size_t mmuinspect_tlbs(const struct mmuinspect_cpuid *dump, size_t n,
		       struct mmuinspect_tlb tlb[MMUINSPECT_TLB_MAX])
{
	struct mmuinspect_cpuid first = get(dump, n, 0, 0);
	struct list list = { .tlb = tlb };
	char vendor[13];
	size_t i;

	vendor_of(&first, vendor);
	for (i = 0; i < ARRAY_SIZE(vendors); i++)
		if (!strcmp(vendor, vendors[i].vendor))
			vendors[i].decode(dump, n, &list);
	return list.n;
}

const char *mmuinspect_tlb_kind_name(unsigned int kind)
{
	static const char *const name[] = {
		[DATA] = "data",
		[CODE] = "instruction",
		[BOTH] = "unified",
		[MMUINSPECT_TLB_LOAD] = "load",
		[MMUINSPECT_TLB_STORE] = "store",
	};

	return kind < ARRAY_SIZE(name) ? name[kind] : "unknown";
}

/* What runs below, and whether it computes each instruction. */
static const struct {
	const char *signature;
	unsigned int emulator;
} hypervisors[] = {
	{ "TCGTCGTCGTCG", 1 },	/* QEMU without KVM */
};

/* CPUID.0x1A:EAX[31:24] */
static const struct {
	unsigned int type;
	const char *name;
} cores[] = {
	{ 0x20, "Atom" },
	{ 0x40, "Core" },
};

void mmuinspect_cpu_model(const struct mmuinspect_cpuid *dump, size_t n,
			  struct mmuinspect_cpu_model *ret)
{
	struct mmuinspect_cpuid c = get(dump, n, 0, 0);
	__u32 signature[3];
	size_t i;

	*ret = (struct mmuinspect_cpu_model) { 0 };
	vendor_of(&c, ret->vendor);
	for (i = 0; i < 3; i++) {
		c = get(dump, n, 0x80000002 + i, 0);
		memcpy(ret->name + 16 * i, &c.eax, 16);
	}
	ret->hypervised = bits(get(dump, n, 1, 0).ecx, 31, 31);
	c = get(dump, n, 0x40000000, 0);
	signature[0] = c.ebx;
	signature[1] = c.ecx;
	signature[2] = c.edx;
	if (ret->hypervised)
		memcpy(ret->hypervisor, signature, sizeof(signature));
	for (i = 0; i < ARRAY_SIZE(hypervisors); i++)
		if (!strcmp(ret->hypervisor, hypervisors[i].signature))
			ret->emulator = hypervisors[i].emulator;
	c = get(dump, n, 0x1a, 0);
	for (i = 0; i < ARRAY_SIZE(cores); i++)
		if (bits(c.eax, 31, 24) == cores[i].type)
			strcpy(ret->core, cores[i].name);
}

#define CR4_PGE		(1ULL << 7)
#define CR4_PCIDE	(1ULL << 17)
#define EFER_TCE	(1ULL << 15)

static const struct mmuinspect_tlb_feature features[] = {
	{ "pcid", "entries are tagged with the address space: a switch needn't flush",
	  NULL, 1, 2, 17, CR4_PCIDE, 0 },
	{ "global-pages", "entries that survive a load of CR3", NULL, 1, 3, 13, CR4_PGE, 0 },
	{ "invpcid", "INVPCID: drop entries of another address space", NULL, 7, 1, 10, 0, 0 },
	{ "invlpgb", "INVLPGB: drop entries on all CPUs without an interrupt",
	  "AuthenticAMD", 0x80000008, 1, 3, 0, 0 },
	{ "translation-cache-extension", "INVLPG leaves unrelated upper levels cached",
	  "AuthenticAMD", 0x80000001, 2, 17, 0, EFER_TCE },
	{ "1g-pages", "pages of 1 GiB", NULL, 0x80000001, 3, 26, 0, 0 },
};

const struct mmuinspect_tlb_feature *mmuinspect_tlb_features(size_t *n)
{
	*n = ARRAY_SIZE(features);
	return features;
}

int mmuinspect_tlb_has(const struct mmuinspect_cpuid *dump, size_t n,
		       const struct mmuinspect_tlb_feature *feature)
{
	struct mmuinspect_cpuid c = get(dump, n, feature->leaf, 0);
	const __u32 reg[] = { c.eax, c.ebx, c.ecx, c.edx };
	char vendor[13];

	if (feature->vendor) {
		struct mmuinspect_cpuid first = get(dump, n, 0, 0);

		vendor_of(&first, vendor);
		/* Hygon's are AMD's. */
		if (strcmp(vendor, feature->vendor) && strcmp(vendor, "HygonGenuine"))
			return 0;
	}
	return reg[feature->reg] >> feature->bit & 1;
}

#if defined(__x86_64__) || defined(__i386__)

/* What is asked of a CPU: first to last, of those that it knows */
static const struct {
	__u32 first;
	__u32 last;
} asked[] = {
	{ 0x00000000, 0x00000002 },
	{ 0x00000007, 0x00000007 },
	{ 0x00000018, 0x00000018 },
	{ 0x0000001a, 0x0000001a },
	{ 0x40000000, 0x40000000 },
	{ 0x80000000, 0x80000006 },
	{ 0x80000008, 0x80000008 },
	{ 0x80000019, 0x80000019 },
	{ 0x80000021, 0x80000021 },
};

static struct mmuinspect_cpuid ask(__u32 leaf, __u32 subleaf)
{
	struct mmuinspect_cpuid c = { leaf, subleaf };

	__cpuid_count(leaf, subleaf, c.eax, c.ebx, c.ecx, c.edx);
	return c;
}

/* A leaf beyond the last one answers with another's, not with zeroes. */
static int knows(__u32 leaf)
{
	__u32 range = leaf & 0xf0000000;

	if (range == 0x40000000)
		return ask(1, 0).ecx >> 31;
	return leaf <= ask(range, 0).eax;
}

/* Subleaf 0 says in EAX which one is the last. */
static int counts_subleaves(__u32 leaf)
{
	return leaf == 7 || leaf == 0x18;
}

size_t mmuinspect_cpuid(struct mmuinspect_cpuid dump[MMUINSPECT_CPUID_MAX])
{
	__u32 leaf, subleaf, last;
	size_t n = 0, i;

	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		for (leaf = asked[i].first; leaf <= asked[i].last; leaf++) {
			if (!knows(leaf))
				continue;
			last = counts_subleaves(leaf) ? ask(leaf, 0).eax : 0;
			for (subleaf = 0; subleaf <= last && n < MMUINSPECT_CPUID_MAX; subleaf++)
				dump[n++] = ask(leaf, subleaf);
		}
	}
	return n;
}

#else

size_t mmuinspect_cpuid(struct mmuinspect_cpuid dump[MMUINSPECT_CPUID_MAX])
{
	(void)dump;
	return 0;
}

#endif
