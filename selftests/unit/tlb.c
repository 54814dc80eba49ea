// SPDX-License-Identifier: GPL-2.0-only
/*
 * What real CPUs answered to CPUID, and what their makers publish of their TLBs.
 *
 * The answers are registers as recorded by AIDA64 and collected at
 * github.com/InstLatx64/InstLatx64 (commit 087af2c7d72c), first logical CPU of the
 * file unless another one is named. Entries are as the makers publish them, where
 * is said with each CPU; ways and sharing, where they say nothing, are read off
 * the registers by hand. Where CPUID says something else than its maker, that is
 * noted, and CPUID is what is expected.
 */
#include <stdio.h>
#include <string.h>

#include "ktap.h"
#include "mmuinspect.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define INTEL(last, leaf_1_ecx, leaf_7_ebx) \
	{ 0, 0, last, 0x756e6547, 0x6c65746e, 0x49656e69 }, \
	{ 1, 0, 0, 0, leaf_1_ecx, 0xbfebfbff }, \
	{ 7, 0, 0, leaf_7_ebx }
#define AMD(last) { 0, 0, last, 0x68747541, 0x444d4163, 0x69746e65 }

static const struct {
	const char *name;
	struct mmuinspect_cpuid dump[16];
	const char *tlbs;
	const char *features;
} cpus[] = {
	{
		/*
		 * GenuineIntel00006FB_Conroe. Intel optimization manual, Core
		 * microarchitecture: DTLB0 16 + 16 entries, DTLB1 256 + 32, ITLB 128 + 8.
		 */
		"Core 2 (Conroe): leaf 2", {
			INTEL(0xa, 0xe3fd, 0),
			{ 2, 0, 0x05b0b101, 0x005657f0, 0, 0x2cb43049 },
			{ 0x80000001, 0, 0, 0, 1, 0x20100000 },
		},
		"1 instruction 2M 8 4-way\n"
		"1 instruction 4M 4 4-way\n"
		"1 instruction 4K 128 4-way\n"
		"2 data 4M 32 4-way\n"
		"1 data 4K 16 4-way\n"
		"1 data 4M 16 4-way\n"
		"2 data 4K 256 4-way\n",
		"global-pages\n",
	}, {
		/*
		 * GenuineIntel00106A4_Bloomfield. Optimization manual, Nehalem: DTLB 64 +
		 * 32, ITLB 128 shared by two threads (64 each) + 7 a thread, STLB 512.
		 */
		"Nehalem (Bloomfield): leaf 2", {
			INTEL(0xb, 0x0098e3bd, 0),
			{ 2, 0, 0x55035a01, 0x00f0b2e4, 0, 0x09ca212c },
			{ 0x80000001, 0, 0, 0, 1, 0x28100000 },
		},
		"1 data 2M/4M 32 4-way\n"
		"1 data 4K 64 4-way\n"
		"1 instruction 2M/4M 7 full\n"
		"1 instruction 4K 64 4-way\n"
		"2 unified 4K 512 4-way\n",
		"global-pages\n",
	}, {
		/*
		 * GenuineIntel00506E3_Skylake. Optimization manual, table "TLB Parameters
		 * of the Skylake Client": ITLB 128 8-way + 8 a thread; DTLB 64, 32, 4, all
		 * 4-way; STLB 1536 + 16 (1G) 4-way. Of the STLB it says 12-way, where the
		 * descriptor C3 stands for 6-way (SDM vol. 2A, table 3-12).
		 */
		"Skylake: leaf 2", {
			INTEL(0x16, 0x7ffafbff, 0x029c67af),
			{ 2, 0, 0x76036301, 0x00f0b6ff, 0, 0x00c30000 },
			{ 0x80000001, 0, 0, 0, 0x121, 0x2c100000 },
		},
		"1 data 2M/4M 32 4-way\n"
		"1 data 1G 4 4-way\n"
		"1 data 4K 64 4-way\n"
		"1 instruction 2M/4M 8 full\n"
		"1 instruction 4K 128 8-way\n"
		"2 unified 4K/2M 1536 6-way\n"
		"2 unified 1G 16 4-way\n",
		"pcid\nglobal-pages\ninvpcid\n1g-pages\n",
	}, {
		/*
		 * GenuineIntel00706E5_IceLakeY (file 2). Optimization manual, Ice Lake
		 * client: DTLB loads 64, 32, 8; stores 16 of all sizes; STLB 2048 in all,
		 * 1024 of which may hold 2M and 1024 1G.
		 */
		"Ice Lake: leaf 0x18", {
			INTEL(0x1b, 0x7ffafbbf, 0xf2bf27ef),
			{ 2, 0, 0x00feff01, 0x000000f0, 0, 0 },
			{ 0x18, 0, 7, 0, 0, 0 },
			{ 0x18, 1, 0, 0x00080007, 0x01, 0x4122 },
			{ 0x18, 2, 0, 0x0010000f, 0x01, 0x4125 },
			{ 0x18, 3, 0, 0x00040001, 0x10, 0x4024 },
			{ 0x18, 4, 0, 0x00040006, 0x08, 0x4024 },
			{ 0x18, 5, 0, 0x00080008, 0x01, 0x4124 },
			{ 0x18, 6, 0, 0x00080007, 0x80, 0x4043 },
			{ 0x18, 7, 0, 0x00080009, 0x80, 0x4043 },
			{ 0x80000001, 0, 0, 0, 0x121, 0x2c100000 },
		},
		"1 instruction 4K/2M/4M 8 full by 2\n"
		"1 store 4K/2M/4M/1G 16 full by 2\n"
		"1 load 4K 64 4-way by 2\n"
		"1 load 2M/4M 32 4-way by 2\n"
		"1 load 1G 8 full by 2\n"
		"2 unified 4K/2M/4M 1024 8-way by 2\n"
		"2 unified 4K/1G 1024 8-way by 2\n",
		"pcid\nglobal-pages\ninvpcid\n1g-pages\n",
	}, {
		/*
		 * GenuineIntel0090672_AlderLake_02, a P-core. Optimization manual, Golden
		 * Cove: ITLB 256 + 32; stores 16; loads 32 (2M), 8 (1G); STLB 2048. Of
		 * loads of 4K it says 96 entries, CPUID 64.
		 */
		"Alder Lake, P-core: leaf 0x18", {
			INTEL(0x20, 0x7ffafbbf, 0xf3bfa7eb),
			{ 2, 0, 0x00feff01, 0x000000f0, 0, 0 },
			{ 0x18, 0, 8, 0, 0, 0 },
			{ 0x18, 1, 0, 0x00080001, 0x20, 0x4022 },
			{ 0x18, 2, 0, 0x00080006, 0x04, 0x4022 },
			{ 0x18, 3, 0, 0x0010000f, 0x01, 0x4125 },
			{ 0x18, 4, 0, 0x00040001, 0x10, 0x4024 },
			{ 0x18, 5, 0, 0x00040006, 0x08, 0x4024 },
			{ 0x18, 6, 0, 0x00080008, 0x01, 0x4124 },
			{ 0x18, 7, 0, 0x00080007, 0x80, 0x4043 },
			{ 0x18, 8, 0, 0x00080009, 0x80, 0x4043 },
		},
		"1 instruction 4K 256 8-way by 2\n"
		"1 instruction 2M/4M 32 8-way by 2\n"
		"1 store 4K/2M/4M/1G 16 full by 2\n"
		"1 load 4K 64 4-way by 2\n"
		"1 load 2M/4M 32 4-way by 2\n"
		"1 load 1G 8 full by 2\n"
		"2 unified 4K/2M/4M 1024 8-way by 2\n"
		"2 unified 4K/1G 1024 8-way by 2\n",
		"pcid\nglobal-pages\ninvpcid\n",
	}, {
		/*
		 * GenuineIntel00B06D1_LunarLake_04, logical CPU 4. Its maker publishes
		 * no table of it: read off the registers by hand.
		 */
		"Lunar Lake, E-core: leaf 0x18, not shared", {
			INTEL(0x23, 0x7ffafbff, 0x239ca7eb),
			{ 2, 0, 0x00feff01, 0x000000f0, 0, 0 },
			{ 0x18, 0, 4, 0, 0, 0 },
			{ 0x18, 1, 0, 0x00300003, 0x001, 0x0121 },
			{ 0x18, 2, 0, 0x00040003, 0x400, 0x0043 },
			{ 0x18, 3, 0, 0x00800001, 0x001, 0x0122 },
			{ 0x18, 4, 0, 0x00080008, 0x001, 0x0143 },
			{ 0x1a, 0, 0x20000003, 0, 0, 0 },
		},
		"1 data 4K/2M 48 full by 1\n"
		"2 unified 4K/2M 4096 4-way by 1\n"
		"1 instruction 4K 128 full by 1\n"
		"2 unified 1G 8 full by 1\n",
		"pcid\nglobal-pages\ninvpcid\n",
	}, {
		/*
		 * AuthenticAMD0100F42_K10_Deneb. AMD optimization guide for family 10h,
		 * A.7: L1 DTLB 48 of any size, ITLB 32 + 16; L2 DTLB 512 4-way, 128 2-way
		 * (2M), 16 8-way (1G), ITLB 512 4-way.
		 */
		"K10 (Deneb)", {
			AMD(5),
			{ 1, 0, 0x00100f42, 0x00040800, 0x00802009, 0x178bfbff },
			{ 0x80000001, 0, 0, 0, 0x000037ff, 0xefd3fbff },
			{ 0x80000005, 0, 0xff30ff10, 0xff30ff20, 0x40020140, 0x40020140 },
			{ 0x80000006, 0, 0x20800000, 0x42004200, 0x02008140, 0x0030b140 },
			{ 0x80000019, 0, 0xf0300000, 0x60100000, 0, 0 },
		},
		"1 data 4K 48 full\n"
		"1 instruction 4K 32 full\n"
		"1 data 2M/4M 48 full\n"
		"1 instruction 2M/4M 16 full\n"
		"1 data 1G 48 full\n"
		"2 data 4K 512 4-way\n"
		"2 instruction 4K 512 4-way\n"
		"2 data 2M/4M 128 2-way\n"
		"2 data 1G 16 8-way\n",
		"global-pages\n1g-pages\n",
	}, {
		/*
		 * AuthenticAMD0870F10_K17_Matisse (file 2). AMD optimization guide for
		 * family 17h models 30h and up, "Memory Address Translation", as of the
		 * next three too: L1 64 of any size; L2 DTLB 2048, ITLB 1024 8-way.
		 */
		"Zen 2 (Matisse)", {
			AMD(0x10),
			{ 1, 0, 0x00870f10, 0x000c0800, 0x7ed8320b, 0x178bfbff },
			{ 7, 0, 0, 0x219c91a9, 0x00400004, 0 },
			{ 0x80000001, 0, 0x00870f10, 0x20000000, 0x75c237ff, 0x2fd3fbff },
			{ 0x80000005, 0, 0xff40ff40, 0xff40ff40, 0x20080140, 0x20080140 },
			{ 0x80000006, 0, 0x48006400, 0x68006400, 0x02006140, 0x01009140 },
			{ 0x80000008, 0, 0x00003030, 0x010ef757, 0x0000700b, 0x00010000 },
			{ 0x80000019, 0, 0xf040f040, 0, 0, 0 },
		},
		"1 data 4K 64 full\n"
		"1 instruction 4K 64 full\n"
		"1 data 2M/4M 64 full\n"
		"1 instruction 2M/4M 64 full\n"
		"1 data 1G 64 full\n"
		"1 instruction 1G 64 full\n"
		"2 data 4K 2048 8-way\n"
		"2 instruction 4K 1024 8-way\n"
		"2 data 2M/4M 2048 4-way\n"
		"2 instruction 2M/4M 1024 8-way\n",
		"global-pages\ntranslation-cache-extension\n1g-pages\n",
	}, {
		/*
		 * AuthenticAMD0A00F11_K19_Milan (file 1). AMD optimization guide for
		 * family 19h: L1 64; L2 DTLB 2048, ITLB 512. APM vol. 2 5.5.1 and 5.5.3:
		 * PCID and INVLPGB.
		 */
		"Zen 3 (Milan): INVLPGB", {
			AMD(0x10),
			{ 1, 0, 0x00a00f11, 0x00800800, 0x7eda320b, 0x178bfbff },
			{ 7, 0, 0, 0x219c97a9, 0x0040068c, 0x10 },
			{ 0x80000001, 0, 0x00a00f11, 0x40000000, 0x75c237ff, 0x2fd3fbff },
			{ 0x80000005, 0, 0xff40ff40, 0xff40ff40, 0x20080140, 0x20080140 },
			{ 0x80000006, 0, 0x48002200, 0x68004200, 0x02006140, 0x08009140 },
			{ 0x80000008, 0, 0x00003030, 0x91bef75f, 0x0000707f, 0x00010007 },
			{ 0x80000019, 0, 0xf040f040, 0xf0400000, 0, 0 },
		},
		"1 data 4K 64 full\n"
		"1 instruction 4K 64 full\n"
		"1 data 2M/4M 64 full\n"
		"1 instruction 2M/4M 64 full\n"
		"1 data 1G 64 full\n"
		"1 instruction 1G 64 full\n"
		"2 data 4K 2048 8-way\n"
		"2 instruction 4K 512 4-way\n"
		"2 data 2M/4M 2048 4-way\n"
		"2 instruction 2M/4M 512 2-way\n"
		"2 data 1G 64 full\n",
		"pcid\nglobal-pages\ninvpcid\ninvlpgb\ntranslation-cache-extension\n1g-pages\n",
	}, {
		/*
		 * AuthenticAMD0A60F12_K19_Raphael_01. AMD optimization guide for Zen 4:
		 * L1 DTLB 72, ITLB 64; L2 DTLB 3072, ITLB 512.
		 */
		"Zen 4 (Raphael): no PCID, no INVLPGB", {
			AMD(0x10),
			{ 1, 0, 0x00a60f12, 0x000c0800, 0x7ef8320b, 0x178bfbff },
			{ 7, 0, 1, 0xf1bf97a9, 0x00405fce, 0x10000010 },
			{ 0x80000001, 0, 0x00a60f12, 0, 0x75c237ff, 0x2fd3fbff },
			{ 0x80000005, 0, 0xff48ff40, 0xff48ff40, 0x20080140, 0x20080140 },
			{ 0x80000006, 0, 0x5c002200, 0x6c004200, 0x04006140, 0x01009140 },
			{ 0x80000008, 0, 0x00003030, 0x191ef257, 0x0000400b, 0x00010000 },
			{ 0x80000019, 0, 0xf048f040, 0xf0400000, 0, 0 },
			{ 0x80000021, 0, 0x00062fcf, 0x0000015c, 0, 0 },
		},
		"1 data 4K 72 full\n"
		"1 instruction 4K 64 full\n"
		"1 data 2M/4M 72 full\n"
		"1 instruction 2M/4M 64 full\n"
		"1 data 1G 72 full\n"
		"1 instruction 1G 64 full\n"
		"2 data 4K 3072 8-way\n"
		"2 instruction 4K 512 4-way\n"
		"2 data 2M/4M 3072 6-way\n"
		"2 instruction 2M/4M 512 2-way\n"
		"2 data 1G 64 full\n",
		"global-pages\ninvpcid\ntranslation-cache-extension\n1g-pages\n",
	}, {
		/*
		 * AuthenticAMD0B40F40_K20_GraniteRidge_02. AMD optimization guide for
		 * Zen 5: L1 DTLB 96, ITLB 64; L2 DTLB 4096, 1024 for 1G, ITLB 2048.
		 * 12 bits can't say 4096: 0x80000021, EAX[14].
		 */
		"Zen 5 (Granite Ridge): units of 32", {
			AMD(0x10),
			{ 1, 0, 0x00b40f40, 0x00200800, 0x7ed8320b, 0x178bfbff },
			{ 7, 0, 1, 0xf1bf97ab, 0x19405fce, 0x10000110 },
			{ 0x80000001, 0, 0x00b40f40, 0, 0x75c237ff, 0x2fd3fbff },
			{ 0x80000005, 0, 0xff60ff40, 0xff60ff40, 0x300c0140, 0x20080140 },
			{ 0x80000006, 0, 0x40802040, 0x60804040, 0x04008140, 0x02009140 },
			{ 0x80000008, 0, 0x00003030, 0x791ef257, 0x0000501f, 0x00010000 },
			{ 0x80000019, 0, 0xf060f040, 0x40200000, 0, 0 },
			{ 0x80000021, 0, 0x593fffcf, 0x00080382, 0, 0 },
		},
		"1 data 4K 96 full\n"
		"1 instruction 4K 64 full\n"
		"1 data 2M/4M 96 full\n"
		"1 instruction 2M/4M 64 full\n"
		"1 data 1G 96 full\n"
		"1 instruction 1G 64 full\n"
		"2 data 4K 4096 8-way\n"
		"2 instruction 4K 2048 4-way\n"
		"2 data 2M/4M 4096 4-way\n"
		"2 instruction 2M/4M 2048 2-way\n"
		"2 data 1G 1024 4-way\n",
		"global-pages\ninvpcid\ntranslation-cache-extension\n1g-pages\n",
	}, {
		/* Made up: what the manuals allow and no CPU above has. */
		"a register of leaf 2 with bit 31 holds nothing", {
			INTEL(2, 0, 0),
			{ 2, 0, 0x80b0b101, 0x00000003, 0x800000c3, 0 },
		},
		"1 data 4K 64 4-way\n", "global-pages\n",
	}, {
		"leaf 2 points to a leaf 0x18 that isn't there", {
			INTEL(0x17, 0, 0),
			{ 2, 0, 0x00fe0301, 0, 0, 0 },
		},
		"1 data 4K 64 4-way\n", "global-pages\n",
	}, {
		"with leaf 0x18, leaf 2 isn't asked too; another vendor's bits aren't read", {
			INTEL(0x18, 0, 0),
			{ 2, 0, 0x00fe0301, 0, 0, 0 },
			{ 0x18, 0, 1, 0, 0, 0 },
			{ 0x18, 1, 0, 0x00080001, 0x20, 0x21 },
			{ 0x80000001, 0, 0, 0, 1 << 17, 0 },
			{ 0x80000008, 0, 0, 1 << 3, 0, 0 },
		},
		"1 data 4K 256 8-way by 1\n", "global-pages\n",
	}, {
		/* QEMU 10, -cpu max */
		"an emulated one: 255 entries, one way", {
			AMD(0xd),
			{ 0x80000005, 0, 0x01ff01ff, 0x01ff01ff, 0x40020140, 0x40020140 },
			{ 0x80000006, 0, 0, 0x42004200, 0x02008140, 0x00808140 },
		},
		"1 data 4K 255 1-way\n"
		"1 instruction 4K 255 1-way\n"
		"1 data 2M/4M 255 1-way\n"
		"1 instruction 2M/4M 255 1-way\n"
		"2 data 4K 512 4-way\n"
		"2 instruction 4K 512 4-way\n", "",
	}, {
		"a subleaf of leaf 0x18 that is invalid", {
			INTEL(0x20, 0, 0),
			{ 2, 0, 0x00fe0001, 0, 0, 0 },
			{ 0x18, 0, 2, 0, 0, 0 },
			{ 0x18, 1, 0, 0x00080001, 0x20, 0 },
			{ 0x18, 2, 0, 0x00080001, 0x20, 0x21 },
		},
		"1 data 4K 256 8-way by 1\n", "global-pages\n",
	}, {
		"AMD: a unified level 2, and one that is turned off", {
			AMD(1),
			{ 0x80000006, 0, 0x02000200, 0x00004100, 0, 0 },
		},
		"2 unified 4K 256 4-way\n", "",
	}, {
		"a vendor that nothing is known of",
		{ { 0, 0, 0x16, 0x746e6543, 0x736c7561, 0x48727561 },
		  { 2, 0, 0x76036301, 0x00f0b6ff, 0, 0x00c30000 },
		  { 0x80000005, 0, 0xff40ff40, 0xff40ff40, 0, 0 } },
		"", "",
	}, {
		"nothing at all", { { 0 } }, "", "",
	},
};

static size_t rows(const struct mmuinspect_cpuid *dump, size_t n)
{
	while (n && !dump[n - 1].leaf && !dump[n - 1].ebx)
		n--;
	return n;
}

static char *put_tlb(char *at, const struct mmuinspect_tlb *tlb)
{
	static const char *const name[] = { "4K", "2M", "4M", "1G" };
	static const __u64 size[] = { 1 << 12, 1 << 21, 1 << 22, 1 << 30 };
	const char *separator = " ";
	size_t i;

	at += sprintf(at, "%u %s", tlb->level, mmuinspect_tlb_kind_name(tlb->kind));
	for (i = 0; i < ARRAY_SIZE(name); i++) {
		if (!(tlb->pages & size[i]))
			continue;
		at += sprintf(at, "%s%s", separator, name[i]);
		separator = "/";
	}
	at += sprintf(at, " %u ", tlb->entries);
	at += tlb->ways == MMUINSPECT_TLB_FULLY ? sprintf(at, "full") :
	      tlb->ways ? sprintf(at, "%u-way", tlb->ways) : sprintf(at, "?");
	if (tlb->sharing)
		at += sprintf(at, " by %u", tlb->sharing);
	return at + sprintf(at, "\n");
}

static void test_tlbs(void)
{
	struct mmuinspect_tlb tlb[MMUINSPECT_TLB_MAX];
	char text[4096];
	size_t c, n, i;

	for (c = 0; c < ARRAY_SIZE(cpus); c++) {
		char *at = text;

		*at = '\0';
		n = mmuinspect_tlbs(cpus[c].dump, rows(cpus[c].dump, 16), tlb);
		for (i = 0; i < n; i++)
			at = put_tlb(at, &tlb[i]);
		if (strcmp(text, cpus[c].tlbs))
			fprintf(stderr, "%s", text);
		ktap_result(!strcmp(text, cpus[c].tlbs), "%s: TLBs", cpus[c].name);
	}
}

static void test_features(void)
{
	const struct mmuinspect_tlb_feature *f;
	char text[1024];
	size_t c, n, i;

	f = mmuinspect_tlb_features(&n);
	for (c = 0; c < ARRAY_SIZE(cpus); c++) {
		char *at = text;

		*at = '\0';
		for (i = 0; i < n; i++)
			if (mmuinspect_tlb_has(cpus[c].dump, rows(cpus[c].dump, 16), &f[i]))
				at += sprintf(at, "%s\n", f[i].name);
		if (strcmp(text, cpus[c].features))
			fprintf(stderr, "%s", text);
		ktap_result(!strcmp(text, cpus[c].features), "%s: features", cpus[c].name);
	}
}

static const struct {
	const char *name;
	struct mmuinspect_cpuid dump[6];
	struct mmuinspect_cpu_model model;
} models[] = {
	{ "bare metal, a P-core",
	  { INTEL(0x20, 0x7ffafbbf, 0), { 0x1a, 0, 0x40000001 },
	    { 0x40000000, 0, 0, 0x54474354, 0x43544743, 0x47435447 } },
	  { .vendor = "GenuineIntel", .core = "Core" } },
	{ "bare metal, an E-core",
	  { INTEL(0x20, 0x7ffafbbf, 0), { 0x1a, 0, 0x20000001 } },
	  { .vendor = "GenuineIntel", .core = "Atom" } },
	{ "KVM, with a name",
	  { AMD(0x10), { 1, 0, 0, 0, 1U << 31, 0 },
	    { 0x40000000, 0, 0x40000001, 0x4b4d564b, 0x564b4d56, 0x4d },
	    { 0x80000002, 0, 0x20444d41, 0x43595045 } },
	  { .vendor = "AuthenticAMD", .name = "AMD EPYC", .hypervisor = "KVMKVMKVM",
	    .hypervised = 1 } },
	{ "QEMU's emulator",
	  { AMD(0xd), { 1, 0, 0, 0, 1U << 31, 0 },
	    { 0x40000000, 0, 0x40000001, 0x54474354, 0x43544743, 0x47435447 } },
	  { .vendor = "AuthenticAMD", .hypervisor = "TCGTCGTCGTCG", .hypervised = 1,
	    .emulator = 1 } },
};

static void test_models(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(models); i++) {
		const struct mmuinspect_cpu_model *want = &models[i].model;
		struct mmuinspect_cpu_model got;

		mmuinspect_cpu_model(models[i].dump, rows(models[i].dump, 6), &got);
		ktap_result(!strcmp(got.vendor, want->vendor) &&
			    !strcmp(got.name, want->name) &&
			    !strcmp(got.hypervisor, want->hypervisor) &&
			    !strcmp(got.core, want->core) &&
			    got.hypervised == want->hypervised && got.emulator == want->emulator,
			    "model: %s", models[i].name);
	}
}

/* Whatever a CPU answers, there is an end to it. */
static void test_nonsense(void)
{
	struct mmuinspect_cpuid dump[MMUINSPECT_CPUID_MAX];
	struct mmuinspect_tlb tlb[MMUINSPECT_TLB_MAX];
	size_t n = 0, i;

	dump[n++] = (struct mmuinspect_cpuid) { 0, 0, ~0U, 0x756e6547, 0x6c65746e, 0x49656e69 };
	dump[n++] = (struct mmuinspect_cpuid) { 2, 0, 0x00fe0001, 0, 0, 0 };
	dump[n++] = (struct mmuinspect_cpuid) { 0x18, 0, ~0U, ~0U, ~0U, 0x1e3 };
	for (i = 1; n < MMUINSPECT_CPUID_MAX; i++)
		dump[n++] = (struct mmuinspect_cpuid) { 0x18, i, ~0U, ~0U, ~0U, 0x1e3 };
	ktap_result(mmuinspect_tlbs(dump, n, tlb) <= MMUINSPECT_TLB_MAX, "a CPU that never ends");
	n = mmuinspect_cpuid(dump);
	ktap_result(n <= MMUINSPECT_CPUID_MAX && mmuinspect_tlbs(dump, n, tlb) <= MMUINSPECT_TLB_MAX,
		    "this CPU");
	ktap_result(!strcmp(mmuinspect_tlb_kind_name(99), "unknown"), "a kind that isn't");
}

int main(void)
{
	ktap_plan(2 * ARRAY_SIZE(cpus) + ARRAY_SIZE(models) + 3);
	test_tlbs();
	test_features();
	test_models();
	test_nonsense();
	return ktap_end();
}
