// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors written out as numbers, and what the manuals say they are: Intel SDM
 * vol. 3A 3.4.5 (tables 3-1, 3-2), 5.5 to 5.8, 6.14.1, 8.7 and vol. 1 19.5.2.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ktap.h"
#include "mmuinspect.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define CODE	MMUINSPECT_X86_CODE
#define DATA	MMUINSPECT_X86_DATA

/* Linux's own, from GDT_ENTRY_INIT() worked out by hand, and others */
static const struct {
	const char *name;
	__u64 raw[2];
	struct mmuinspect_x86_descriptor want;
	const char *type;
} descriptors[] = {
	{ "kernel code, 64-bit", { 0x00af9b000000ffff },
	  { .bytes = 8, .kind = CODE, .type = 11, .s = 1, .p = 1, .l = 1, .g = 1,
	    .limit = 0xffffffff },
	  "code, 64-bit, readable, accessed" },
	{ "user code, 64-bit", { 0x00affb000000ffff },
	  { .bytes = 8, .kind = CODE, .type = 11, .s = 1, .dpl = 3, .p = 1, .l = 1,
	    .g = 1, .limit = 0xffffffff },
	  "code, 64-bit, readable, accessed" },
	{ "user code, 32-bit", { 0x00cffb000000ffff },
	  { .bytes = 8, .kind = CODE, .type = 11, .s = 1, .dpl = 3, .p = 1, .db = 1,
	    .g = 1, .limit = 0xffffffff },
	  "code, 32-bit, readable, accessed" },
	{ "user data", { 0x00cff3000000ffff },
	  { .bytes = 8, .kind = DATA, .type = 3, .s = 1, .dpl = 3, .p = 1, .db = 1,
	    .g = 1, .limit = 0xffffffff },
	  "data, writable, accessed" },
	{ "CPU 3 of node 1, for getcpu", { 0x0040f50000001003 },
	  { .bytes = 8, .kind = DATA, .type = 5, .s = 1, .dpl = 3, .p = 1, .db = 1,
	    .limit = 0x1003 },
	  "data, read-only, expand-down, accessed" },
	{ "base and limit in their pieces", { 0x12d0f2345678cdef },
	  { .bytes = 8, .kind = DATA, .type = 2, .s = 1, .dpl = 3, .p = 1, .avl = 1,
	    .db = 1, .g = 1, .base = 0x12345678, .limit = 0x0cdeffff },
	  "data, writable" },
	{ "a limit in bytes", { 0x0005920000001234 },
	  { .bytes = 8, .kind = DATA, .type = 2, .s = 1, .p = 1, .limit = 0x51234 },
	  "data, writable" },
	{ "code that can't be read, conforming, 16-bit", { 0x00009c000000ffff },
	  { .bytes = 8, .kind = CODE, .type = 12, .s = 1, .p = 1, .limit = 0xffff },
	  "code, 16-bit, conforming" },
	{ "not present", { 0x00cf73000000ffff },
	  { .bytes = 8, .kind = DATA, .type = 3, .s = 1, .dpl = 3, .db = 1, .g = 1,
	    .limit = 0xffffffff },
	  "data, writable, accessed" },
	{ "TSS, busy", { 0xfe008b0030004087, 0xfffffe00 },
	  { .bytes = 16, .kind = MMUINSPECT_X86_TSS, .type = 11, .p = 1,
	    .base = 0xfffffe00fe003000, .limit = 0x4087 },
	  "TSS, busy" },
	{ "TSS, available", { 0x0000890000000067, 0 },
	  { .bytes = 16, .kind = MMUINSPECT_X86_TSS, .type = 9, .p = 1, .limit = 0x67 },
	  "TSS, available" },
	{ "LDT", { 0x00008200000000ff, 0xffff8880 },
	  { .bytes = 16, .kind = MMUINSPECT_X86_LDT, .type = 2, .p = 1,
	    .base = 0xffff888000000000, .limit = 0xff },
	  "LDT" },
	{ "interrupt gate with a stack of its own",
	  { 0x81c08e0100100cd0, 0xffffffff },
	  { .bytes = 16, .kind = MMUINSPECT_X86_INTERRUPT_GATE, .type = 14, .p = 1,
	    .selector = 0x10, .ist = 1, .offset = 0xffffffff81c00cd0 },
	  "interrupt gate" },
	{ "interrupt gate that user mode may use", { 0x81c0ee0000100ba0, 0xffffffff },
	  { .bytes = 16, .kind = MMUINSPECT_X86_INTERRUPT_GATE, .type = 14, .dpl = 3,
	    .p = 1, .selector = 0x10, .offset = 0xffffffff81c00ba0 },
	  "interrupt gate" },
	{ "trap gate, last stack", { 0x12348f0700185678, 0x9abcdef0 },
	  { .bytes = 16, .kind = MMUINSPECT_X86_TRAP_GATE, .type = 15, .p = 1,
	    .selector = 0x18, .ist = 7, .offset = 0x9abcdef012345678 },
	  "trap gate" },
	{ "call gate: no stack", { 0x1234ec0700335678, 0 },
	  { .bytes = 16, .kind = MMUINSPECT_X86_CALL_GATE, .type = 12, .dpl = 3, .p = 1,
	    .selector = 0x33, .offset = 0x12345678 },
	  "call gate" },
	{ "a 32-bit task gate: not in 64-bit mode", { 0x0000850000080000 },
	  { .bytes = 8, .kind = MMUINSPECT_X86_RESERVED, .type = 5, .p = 1 },
	  "reserved" },
	{ "empty", { 0 }, { .bytes = 8, .kind = MMUINSPECT_X86_EMPTY }, "empty" },
};

static int same(const struct mmuinspect_x86_descriptor *a,
		const struct mmuinspect_x86_descriptor *b)
{
	return a->bytes == b->bytes && a->kind == b->kind && a->type == b->type &&
	       a->s == b->s && a->dpl == b->dpl && a->p == b->p && a->avl == b->avl &&
	       a->l == b->l && a->db == b->db && a->g == b->g && a->limit == b->limit &&
	       a->base == b->base && a->selector == b->selector && a->ist == b->ist &&
	       a->offset == b->offset;
}

static void test_descriptors(void)
{
	struct mmuinspect_x86_descriptor d;
	char type[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(descriptors); i++) {
		const struct mmuinspect_x86_descriptor *want = &descriptors[i].want;
		/* Of its own size, so that a read beyond is seen. */
		__u64 bytes[2];
		int err;

		memcpy(bytes, descriptors[i].raw, sizeof(bytes));
		err = mmuinspect_x86_descriptor(bytes, want->bytes, &d);
		mmuinspect_x86_type(&d, type, sizeof(type));
		ktap_result(!err && same(&d, want) && d.raw[0] == bytes[0] &&
			    !strcmp(type, descriptors[i].type),
			    "%s # %s limit %x base %llx", descriptors[i].name, type, d.limit,
			    (unsigned long long)d.base);
		ktap_result(mmuinspect_x86_descriptor(bytes, want->bytes - 1, &d) == -EINVAL,
			    "%s: cut short", descriptors[i].name);
	}
}

/* Gates of a small IDT: 0 closed, 1 open, 2 open but not present, 3 a trap */
static void test_gates(void)
{
	static const __u64 idt[] = {
		0x81c08e0000100ba0, 0xffffffff, 0x81c0ee0000100ba0, 0xffffffff,
		0x81c06e0000100ba0, 0xffffffff, 0x81c0ef0000100ba0, 0xffffffff,
		0, 0, 0x81c0ec0000100ba0, 0xffffffff, 0x00cff3000000ffff, 0,
	};
	static const int open[] = { 0, 1, 0, 1, 0, 0, 0 };
	struct mmuinspect_x86_descriptor gate;
	unsigned int v;

	for (v = 0; v < ARRAY_SIZE(open); v++) {
		int err = mmuinspect_x86_gate(idt, sizeof(idt), v, &gate);

		ktap_result(!err && gate.raw[0] == idt[2 * v] &&
			    mmuinspect_x86_user_may_raise(&gate) == open[v],
			    "gate %u is %s to user mode", v, open[v] ? "open" : "closed");
	}
	ktap_result(mmuinspect_x86_gate(idt, sizeof(idt), v, &gate) == -EINVAL &&
		    mmuinspect_x86_gate(idt, sizeof(idt) - 1, v - 1, &gate) == -EINVAL &&
		    mmuinspect_x86_gate(idt, sizeof(idt), ~0U, &gate) == -EINVAL,
		    "a gate beyond the limit");
	mmuinspect_x86_gate(idt, sizeof(idt), 4, &gate);
	ktap_result(gate.bytes == 16 && gate.kind == MMUINSPECT_X86_EMPTY, "an empty gate");
}

#define AS_DATA		MMUINSPECT_X86_AS_DATA
#define AS_STACK	MMUINSPECT_X86_AS_STACK
#define AS_CODE		MMUINSPECT_X86_AS_CODE

#define KERNEL_CODE	0x00af9b000000ffff
#define USER_CODE	0x00affb000000ffff
#define KERNEL_DATA	0x00cf93000000ffff
#define USER_DATA	0x00cff3000000ffff
#define USER_READ_ONLY	0x00cff1000000ffff
#define EXECUTE_ONLY	0x00aff9000000ffff
#define CONFORMING_0	0x00af9f000000ffff
#define CONFORMING_3	0x00afff000000ffff
#define L_AND_D		0x00effb000000ffff

static const struct {
	const char *what;
	__u64 raw;
	enum mmuinspect_x86_use use;
	unsigned int cpl;
	unsigned int rpl;
	int may;
} loads[] = {
	{ "user mode, its data", USER_DATA, AS_DATA, 3, 3, 1 },
	{ "user mode, its data, RPL 0", USER_DATA, AS_DATA, 3, 0, 1 },
	{ "user mode, the kernel's data", KERNEL_DATA, AS_DATA, 3, 3, 0 },
	{ "user mode, the kernel's data, RPL 0", KERNEL_DATA, AS_DATA, 3, 0, 0 },
	{ "kernel, its data", KERNEL_DATA, AS_DATA, 0, 0, 1 },
	{ "kernel, its data, RPL 3", KERNEL_DATA, AS_DATA, 0, 3, 0 },
	{ "kernel, user data", USER_DATA, AS_DATA, 0, 3, 1 },
	{ "code as data", USER_CODE, AS_DATA, 3, 3, 1 },
	{ "code as data, not readable", EXECUTE_ONLY, AS_DATA, 3, 3, 0 },
	{ "conforming code as data", CONFORMING_0, AS_DATA, 3, 3, 1 },
	{ "user mode, its stack", USER_DATA, AS_STACK, 3, 3, 1 },
	{ "stack, wrong RPL", USER_DATA, AS_STACK, 3, 0, 0 },
	{ "kernel, a user stack", USER_DATA, AS_STACK, 0, 0, 0 },
	{ "kernel, its stack", KERNEL_DATA, AS_STACK, 0, 0, 1 },
	{ "stack, read-only", USER_READ_ONLY, AS_STACK, 3, 3, 0 },
	{ "stack, of code", USER_CODE, AS_STACK, 3, 3, 0 },
	{ "user mode, its code", USER_CODE, AS_CODE, 3, 3, 1 },
	{ "user mode, the kernel's code", KERNEL_CODE, AS_CODE, 3, 3, 0 },
	{ "kernel, user code", USER_CODE, AS_CODE, 0, 3, 0 },
	{ "kernel, its code", KERNEL_CODE, AS_CODE, 0, 0, 1 },
	{ "kernel, its code, RPL 3", KERNEL_CODE, AS_CODE, 0, 3, 0 },
	{ "user mode, conforming code of level 0", CONFORMING_0, AS_CODE, 3, 3, 1 },
	{ "kernel, conforming code of level 3", CONFORMING_3, AS_CODE, 0, 0, 0 },
	{ "code, L and D", L_AND_D, AS_CODE, 3, 3, 0 },
	{ "data as code", USER_DATA, AS_CODE, 3, 3, 0 },
	{ "a TSS", 0x0000eb0000000067, AS_DATA, 3, 3, 0 },
	{ "empty", 0, AS_DATA, 0, 0, 0 },
};

static void test_loads(void)
{
	struct mmuinspect_x86_descriptor d;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(loads); i++) {
		__u64 raw[2] = { loads[i].raw, 0 };

		mmuinspect_x86_descriptor(raw, sizeof(raw), &d);
		ktap_result(mmuinspect_x86_may_load(&d, loads[i].use, loads[i].cpl,
						    loads[i].rpl) == loads[i].may,
			    "%s %s be loaded", loads[i].what, loads[i].may ? "may" : "may not");
	}
}

#define TSS_SIZE 104
#define MAP 8192

/* A TSS of Linux: map behind it, one byte of ones behind that */
static unsigned char tss[TSS_SIZE + MAP + 1];

static void put64(size_t offset, __u64 value)
{
	memcpy(tss + offset, &value, sizeof(value));
}

static void set_map(unsigned int base)
{
	memcpy(tss + 102, &(__u16) { base }, 2);
}

static void test_tss(void)
{
	struct mmuinspect_x86_tss t;
	unsigned int i, wrong = 0;

	for (i = 0; i < 3; i++)
		put64(4 + 8 * i, 0xfffffe0000001000 + i);
	for (i = 0; i < 7; i++)
		put64(36 + 8 * i, 0xfffffe0000002000 + i);
	set_map(TSS_SIZE);
	ktap_result(!mmuinspect_x86_tss(tss, TSS_SIZE, &t), "a TSS");
	for (i = 0; i < 3; i++)
		wrong += t.rsp[i] != 0xfffffe0000001000 + i;
	for (i = 0; i < 7; i++)
		wrong += t.ist[i] != 0xfffffe0000002000 + i;
	ktap_result(!wrong && t.iomap_base == TSS_SIZE, "its stacks and its map");
	ktap_result(mmuinspect_x86_tss(tss, TSS_SIZE - 1, &t) == -EINVAL, "one byte too short");
}

/* Expected: pairs of first and last */
static int ports_are(size_t size, const unsigned int *want, size_t n)
{
	unsigned int from = 0, first, last;
	size_t i;

	for (i = 0; i < n; i += 2) {
		if (!mmuinspect_x86_ports(tss, size, from, &first, &last) ||
		    first != want[i] || last != want[i + 1])
			return 0;
		from = last + 1;
	}
	return !mmuinspect_x86_ports(tss, size, from, &first, &last);
}

static void test_ports(void)
{
	static const unsigned int some[] = { 0x60, 0x60, 0x64, 0x64, 0x3f8, 0x400, 0xffff, 0xffff };
	static const unsigned int all[] = { 0, 0xffff };
	static const unsigned int cut[] = { 0, 0x7f };
	size_t i;

	memset(tss + TSS_SIZE, 0xff, MAP + 1);
	set_map(TSS_SIZE);
	ktap_result(ports_are(sizeof(tss), NULL, 0), "no port");
	for (i = 0; i < ARRAY_SIZE(some); i += 2) {
		unsigned int port;

		for (port = some[i]; port <= some[i + 1]; port++)
			tss[TSS_SIZE + port / 8] &= ~(1 << port % 8);
	}
	ktap_result(ports_are(sizeof(tss), some, ARRAY_SIZE(some)), "some ports, to the last");
	memset(tss + TSS_SIZE, 0, MAP);
	ktap_result(ports_are(sizeof(tss), all, 2), "all ports");
	/* The CPU reads two bytes: the last one of the map must be there too. */
	ktap_result(ports_are(TSS_SIZE + 17, cut, 2), "a limit within the map");
	set_map(sizeof(tss));
	ktap_result(ports_are(sizeof(tss), NULL, 0), "a map beyond the limit");
	set_map(0xffff);
	ktap_result(ports_are(sizeof(tss), NULL, 0), "a map far beyond it");
	ktap_result(ports_are(TSS_SIZE - 1, NULL, 0), "no TSS");
}

static void test_names(void)
{
	ktap_result(!strcmp(mmuinspect_x86_gdt_name(2), "KERNEL_CS") &&
		    !strcmp(mmuinspect_x86_gdt_name(6), "DEFAULT_USER_CS") &&
		    !strcmp(mmuinspect_x86_gdt_name(15), "CPUNODE") &&
		    !mmuinspect_x86_gdt_name(0) && !mmuinspect_x86_gdt_name(16) &&
		    !mmuinspect_x86_gdt_name(8191), "Linux's names");
}

int main(void)
{
	ktap_plan(2 * ARRAY_SIZE(descriptors) + 9 + ARRAY_SIZE(loads) + 3 + 7 + 1);
	test_descriptors();
	test_gates();
	test_loads();
	test_tss();
	test_ports();
	test_names();
	return ktap_end();
}
