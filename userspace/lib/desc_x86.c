// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Descriptors of x86-64, from raw bytes.
 *
 * Intel SDM vol. 3A 3.4.5 (segments), 3.5 (system descriptors and gates), 6.14.1
 * (IDT), 8.7 (TSS); AMD APM vol. 2 4.7, 4.8, 8.9, 12.2.5.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mmuinspect.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* SDM table 3-2, the column of IA-32e mode: the types that aren't reserved */
static const struct {
	enum mmuinspect_x86_kind kind;
	const char *name;
} system_types[16] = {
	[0x2] = { MMUINSPECT_X86_LDT, "LDT" },
	[0x9] = { MMUINSPECT_X86_TSS, "TSS, available" },
	[0xb] = { MMUINSPECT_X86_TSS, "TSS, busy" },
	[0xc] = { MMUINSPECT_X86_CALL_GATE, "call gate" },
	[0xe] = { MMUINSPECT_X86_INTERRUPT_GATE, "interrupt gate" },
	[0xf] = { MMUINSPECT_X86_TRAP_GATE, "trap gate" },
};

/* SDM table 3-1: bits of the type of a segment of code or data */
#define TYPE_ACCESSED	1
#define TYPE_WRITABLE	2	/* data */
#define TYPE_READABLE	2	/* code */
#define TYPE_DOWN	4	/* data: grows downwards */
#define TYPE_CONFORMING	4	/* code */
#define TYPE_CODE	8

/* Bits of a type, or of L and D/B, that have a name: what a reader sees */
enum { OF_TYPE, OF_L, OF_DB };

static const struct {
	unsigned int code;	/* in a code segment, else in a data segment */
	unsigned int of;
	unsigned int mask;
	unsigned int value;
	const char *name;
} attributes[] = {
	{ 1, OF_L, 1, 1, "64-bit" },
	{ 1, OF_DB, 3, 2, "32-bit" },
	{ 1, OF_DB, 3, 0, "16-bit" },
	{ 1, OF_TYPE, TYPE_READABLE, TYPE_READABLE, "readable" },
	{ 1, OF_TYPE, TYPE_CONFORMING, TYPE_CONFORMING, "conforming" },
	{ 0, OF_TYPE, TYPE_WRITABLE, TYPE_WRITABLE, "writable" },
	{ 0, OF_TYPE, TYPE_WRITABLE, 0, "read-only" },
	{ 0, OF_TYPE, TYPE_DOWN, TYPE_DOWN, "expand-down" },
	{ 1, OF_TYPE, TYPE_ACCESSED, TYPE_ACCESSED, "accessed" },
	{ 0, OF_TYPE, TYPE_ACCESSED, TYPE_ACCESSED, "accessed" },
};

/* arch/x86/include/asm/segment.h, the same in 6.1 to 7.3 */
static const char *const linux_gdt[] = {
	[1] = "KERNEL32_CS",
	[2] = "KERNEL_CS",
	[3] = "KERNEL_DS",
	[4] = "DEFAULT_USER32_CS",
	[5] = "DEFAULT_USER_DS",
	[6] = "DEFAULT_USER_CS",
	[8] = "TSS",
	[10] = "LDT",
	[12] = "TLS 1",
	[13] = "TLS 2",
	[14] = "TLS 3",
	[15] = "CPUNODE",
};

static __u64 bits(__u64 value, unsigned int high, unsigned int low)
{
	return value >> low & (~0ULL >> (63 - (high - low)));
}

static enum mmuinspect_x86_kind kind_of(const struct mmuinspect_x86_descriptor *d)
{
	if (!d->raw[0])
		return MMUINSPECT_X86_EMPTY;
	if (d->s)
		return d->type & TYPE_CODE ? MMUINSPECT_X86_CODE : MMUINSPECT_X86_DATA;
	return system_types[d->type].name ? system_types[d->type].kind :
					    MMUINSPECT_X86_RESERVED;
}

static int is_gate(const struct mmuinspect_x86_descriptor *d)
{
	return d->kind == MMUINSPECT_X86_CALL_GATE ||
	       d->kind == MMUINSPECT_X86_INTERRUPT_GATE ||
	       d->kind == MMUINSPECT_X86_TRAP_GATE;
}

static int is_system_segment(const struct mmuinspect_x86_descriptor *d)
{
	return d->kind == MMUINSPECT_X86_LDT || d->kind == MMUINSPECT_X86_TSS;
}

/* SDM figures 3-8 and 8-4: segments of code, data, an LDT or a TSS */
static void decode_segment(struct mmuinspect_x86_descriptor *d)
{
	__u64 raw = d->raw[0];

	d->avl = bits(raw, 52, 52);
	d->l = bits(raw, 53, 53);
	d->db = bits(raw, 54, 54);
	d->g = bits(raw, 55, 55);
	d->base = bits(raw, 39, 16) | bits(raw, 63, 56) << 24;
	if (is_system_segment(d))
		d->base |= d->raw[1] << 32;
	d->limit = bits(raw, 15, 0) | bits(raw, 51, 48) << 16;
	if (d->g)
		d->limit = d->limit << 12 | 0xfff;
}

/* SDM figures 6-8 and 5-9: a gate */
static void decode_gate(struct mmuinspect_x86_descriptor *d)
{
	__u64 raw = d->raw[0];

	d->selector = bits(raw, 31, 16);
	d->ist = d->kind == MMUINSPECT_X86_CALL_GATE ? 0 : bits(raw, 34, 32);
	d->offset = bits(raw, 15, 0) | bits(raw, 63, 48) << 16 | d->raw[1] << 32;
}

int mmuinspect_x86_descriptor(const void *bytes, size_t room,
			      struct mmuinspect_x86_descriptor *d)
{
	*d = (struct mmuinspect_x86_descriptor) { .bytes = 8 };
	if (room < sizeof(d->raw[0]))
		return -EINVAL;
	memcpy(&d->raw[0], bytes, sizeof(d->raw[0]));
	d->type = bits(d->raw[0], 43, 40);
	d->s = bits(d->raw[0], 44, 44);
	d->dpl = bits(d->raw[0], 46, 45);
	d->p = bits(d->raw[0], 47, 47);
	d->kind = kind_of(d);
	if (is_gate(d) || is_system_segment(d)) {
		if (room < sizeof(d->raw))
			return -EINVAL;
		memcpy(&d->raw[1], (const char *)bytes + 8, sizeof(d->raw[1]));
		d->bytes = sizeof(d->raw);
	}
	if (is_gate(d))
		decode_gate(d);
	else if (d->s || is_system_segment(d))
		decode_segment(d);
	return 0;
}

int mmuinspect_x86_gate(const void *idt, size_t size, unsigned int vector,
			struct mmuinspect_x86_descriptor *d)
{
	static const char empty[16];
	const char *bytes = (const char *)idt + 16 * (size_t)vector;

	if (size / 16 <= vector)
		return -EINVAL;
	if (!memcmp(bytes, empty, sizeof(empty))) {
		*d = (struct mmuinspect_x86_descriptor) { .bytes = 16 };
		return 0;
	}
	return mmuinspect_x86_descriptor(bytes, 16, d);
}

int mmuinspect_x86_user_may_raise(const struct mmuinspect_x86_descriptor *gate)
{
	return gate->p && gate->dpl == 3 &&
	       (gate->kind == MMUINSPECT_X86_INTERRUPT_GATE ||
		gate->kind == MMUINSPECT_X86_TRAP_GATE);
}

const char *mmuinspect_x86_type(const struct mmuinspect_x86_descriptor *d,
				char *buf, size_t size)
{
	unsigned int code = d->kind == MMUINSPECT_X86_CODE;
	unsigned int value[] = {
		[OF_TYPE] = d->type, [OF_L] = d->l, [OF_DB] = d->db << 1 | d->l,
	};
	size_t n, i;

	if (!d->s) {
		snprintf(buf, size, "%s", d->kind == MMUINSPECT_X86_EMPTY ? "empty" :
			 d->kind == MMUINSPECT_X86_RESERVED ? "reserved" :
			 system_types[d->type].name);
		return buf;
	}
	n = snprintf(buf, size, "%s", code ? "code" : "data");
	for (i = 0; i < ARRAY_SIZE(attributes) && n < size; i++)
		if (attributes[i].code == code &&
		    (value[attributes[i].of] & attributes[i].mask) == attributes[i].value)
			n += snprintf(buf + n, size - n, ", %s", attributes[i].name);
	return buf;
}

const char *mmuinspect_x86_gdt_name(unsigned int index)
{
	return index < ARRAY_SIZE(linux_gdt) ? linux_gdt[index] : NULL;
}

/*
 * SDM vol. 3A 5.6 (data), 5.7 (stack), 5.8.1 (code, by a far jump or call). A
 * selector that loads is one whose privilege is enough; P is another matter.
 */
int mmuinspect_x86_may_load(const struct mmuinspect_x86_descriptor *d,
			    enum mmuinspect_x86_use use, unsigned int cpl,
			    unsigned int rpl)
{
	unsigned int code = d->kind == MMUINSPECT_X86_CODE;
	unsigned int conforming = code && d->type & TYPE_CONFORMING;
	unsigned int weaker = cpl > rpl ? cpl : rpl;

	if (!code && d->kind != MMUINSPECT_X86_DATA)
		return 0;
	switch (use) {
	case MMUINSPECT_X86_AS_DATA:
		if (code && !(d->type & TYPE_READABLE))
			return 0;
		return conforming || d->dpl >= weaker;
	case MMUINSPECT_X86_AS_STACK:
		return !code && d->type & TYPE_WRITABLE && d->dpl == cpl && rpl == cpl;
	case MMUINSPECT_X86_AS_CODE:
		if (!code || (d->l && d->db))
			return 0;
		return conforming ? d->dpl <= cpl : d->dpl == cpl && rpl <= cpl;
	}
	return 0;
}

/* SDM figure 8-11 */
#define TSS_RSP		4
#define TSS_IST		36
#define TSS_IOMAP	102
#define TSS_SIZE	104

int mmuinspect_x86_tss(const void *bytes, size_t size,
		       struct mmuinspect_x86_tss *ret)
{
	const char *tss = bytes;

	*ret = (struct mmuinspect_x86_tss) { 0 };
	if (size < TSS_SIZE)
		return -EINVAL;
	memcpy(ret->rsp, tss + TSS_RSP, sizeof(ret->rsp));
	memcpy(ret->ist, tss + TSS_IST, sizeof(ret->ist));
	memcpy(&ret->iomap_base, tss + TSS_IOMAP, sizeof(ret->iomap_base));
	return 0;
}

/*
 * SDM vol. 1 19.5.2: the CPU reads two bytes of the map, the second of which
 * must be within the limit too; a port whose bit is set, or isn't there, faults.
 */
static int port_allowed(const unsigned char *tss, size_t size,
			unsigned int base, unsigned int port)
{
	size_t at = base + port / 8;

	return at + 1 < size && !(tss[at] >> port % 8 & 1);
}

int mmuinspect_x86_ports(const void *tss, size_t size, unsigned int from,
			 unsigned int *first, unsigned int *last)
{
	struct mmuinspect_x86_tss t;

	if (mmuinspect_x86_tss(tss, size, &t))
		return 0;
	while (from <= 0xffff && !port_allowed(tss, size, t.iomap_base, from))
		from++;
	if (from > 0xffff)
		return 0;
	*first = from;
	while (from <= 0xffff && port_allowed(tss, size, t.iomap_base, from))
		from++;
	*last = from - 1;
	return 1;
}
