// SPDX-License-Identifier: GPL-2.0-only
/*
 * The little of x86-64 instructions that explains an exception: the few that are
 * made to raise one, and where an operand in memory is. This is no disassembler:
 * an operand is believed only if it's where the fault was.
 */
#include <stdio.h>
#include <string.h>

#include "explain.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1U << (n))

/**
 * struct opcode - an instruction, or several that are alike
 * @n: how many bytes of @byte
 * @byte: behind all prefixes
 * @mask: of the last one of @byte
 * @prefix: 0x66, if that is part of it
 * @modrm: the three bits of the byte behind them, with a bit set for each that
 *	counts; 0 if it has none, or they don't matter
 * @class: what it is
 */
struct opcode {
	unsigned int n;
	unsigned char byte[3];
	unsigned char mask;
	unsigned char prefix;
	unsigned char modrm;
	enum instruction class;
};

/* Intel SDM vol. 2, AMD APM vol. 3; the lists of what faults are vol. 3A 5.9. */
static const struct opcode opcodes[] = {
	{ 1, { 0xf4 }, 0xff, 0, 0, INSTRUCTION_PRIVILEGED },	/* HLT */
	{ 1, { 0xfa }, 0xfe, 0, 0, INSTRUCTION_PRIVILEGED },	/* CLI, STI */
	{ 1, { 0x6c }, 0xfc, 0, 0, INSTRUCTION_PRIVILEGED },	/* INS, OUTS */
	{ 1, { 0xe4 }, 0xfc, 0, 0, INSTRUCTION_PRIVILEGED },	/* IN, OUT */
	{ 1, { 0xec }, 0xfc, 0, 0, INSTRUCTION_PRIVILEGED },	/* IN, OUT DX */
	{ 1, { 0xcd }, 0xff, 0, 0, INSTRUCTION_PRIVILEGED },	/* INT n */
	{ 1, { 0xcc }, 0xff, 0, 0, INSTRUCTION_BREAKPOINT },	/* INT3 */
	{ 1, { 0xc2 }, 0xfe, 0, 0, INSTRUCTION_RETURN },	/* RET */
	/* LLDT, LTR */
	{ 2, { 0x0f, 0x00 }, 0xff, 0, BIT(2) | BIT(3), INSTRUCTION_PRIVILEGED },
	{ 3, { 0x0f, 0x01, 0xd1 }, 0xff, 0, 0, INSTRUCTION_PRIVILEGED },	/* XSETBV */
	/* XGETBV, XEND, ENCLU: what their registers say may be wrong, at any level. */
	{ 3, { 0x0f, 0x01, 0xd0 }, 0xf8, 0, 0, INSTRUCTION_OTHER },
	/* SGDT and SIDT (UMIP), LGDT, LIDT, SMSW (UMIP), LMSW, INVLPG and SWAPGS */
	{ 2, { 0x0f, 0x01 }, 0xff, 0, 0xdf, INSTRUCTION_PRIVILEGED },
	{ 2, { 0x0f, 0x06 }, 0xfe, 0, 0, INSTRUCTION_PRIVILEGED },	/* CLTS, SYSRET */
	{ 2, { 0x0f, 0x08 }, 0xfe, 0, 0, INSTRUCTION_PRIVILEGED },	/* INVD, WBINVD */
	{ 2, { 0x0f, 0x20 }, 0xfc, 0, 0, INSTRUCTION_PRIVILEGED },	/* MOV CR, DR */
	{ 2, { 0x0f, 0x30 }, 0xfc, 0, 0, INSTRUCTION_PRIVILEGED },	/* MSR, TSC, PMC */
	{ 2, { 0x0f, 0x35 }, 0xff, 0, 0, INSTRUCTION_PRIVILEGED },	/* SYSEXIT */
	/* XRSTORS, XSAVES */
	{ 2, { 0x0f, 0xc7 }, 0xff, 0, BIT(3) | BIT(5), INSTRUCTION_PRIVILEGED },
	/* INVEPT, INVVPID, INVPCID */
	{ 3, { 0x0f, 0x38, 0x80 }, 0xfc, 0x66, 0, INSTRUCTION_PRIVILEGED },
	{ 2, { 0x0f, 0x0b }, 0xff, 0, 0, INSTRUCTION_UNDEFINED },	/* UD2 */
	{ 2, { 0x0f, 0xb9 }, 0xff, 0, 0, INSTRUCTION_UNDEFINED },	/* UD1 */
	{ 2, { 0x0f, 0xff }, 0xff, 0, 0, INSTRUCTION_UNDEFINED },	/* UD0 */
	{ 2, { 0x0f, 0x28 }, 0xfe, 0, 0, INSTRUCTION_ALIGNED },	/* MOVAPS, MOVAPD */
	{ 2, { 0x0f, 0x2b }, 0xff, 0, 0, INSTRUCTION_ALIGNED },	/* MOVNTPS, MOVNTPD */
	{ 2, { 0x0f, 0x6f }, 0xef, 0x66, 0, INSTRUCTION_ALIGNED },	/* MOVDQA */
	{ 2, { 0x0f, 0xe7 }, 0xff, 0x66, 0, INSTRUCTION_ALIGNED },	/* MOVNTDQ */
};

/*
 * Opcodes behind 0F (but for those in opcodes[]) whose operand of 16 bytes has to
 * be aligned, unless VEX comes before: SSE to SSE4, with or without that operand.
 */
static const unsigned char sse[][2] = {
	{ 0x10, 0x17 }, { 0x28, 0x2f }, { 0x38, 0x38 }, { 0x3a, 0x3a },
	{ 0x50, 0x7f }, { 0xc2, 0xc2 }, { 0xc4, 0xc6 }, { 0xd0, 0xfe },
};

/* Opcodes without ModRM, of one byte and behind 0F: SDM vol. 2D tables */
static const unsigned char bare[][2] = {
	{ 0x40, 0x61 }, { 0x64, 0x68 }, { 0x6a, 0x6a }, { 0x6c, 0x7f },
	{ 0x90, 0xbf }, { 0xc2, 0xc3 }, { 0xc8, 0xcf }, { 0xd4, 0xd7 },
	{ 0xe0, 0xf5 }, { 0xf8, 0xfd },
}, bare_0f[][2] = {
	{ 0x04, 0x0c }, { 0x0e, 0x0e }, { 0x30, 0x37 }, { 0x77, 0x77 },
	{ 0x80, 0x8f }, { 0xa0, 0xa2 }, { 0xa8, 0xaa }, { 0xc8, 0xcf },
};

static int is_among(const unsigned char (*range)[2], size_t n, unsigned char byte)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (byte >= range[i][0] && byte <= range[i][1])
			return 1;
	return 0;
}

/**
 * struct prefixes - what comes before the opcode
 * @n: how many bytes
 * @operand: 0x66, if it's among them
 * @segment: 0x64 (FS) or 0x65 (GS), if it's among them
 * @repeat: 0xf2 or 0xf3 is: of SSE these are the ones that needn't be aligned
 * @narrow: 0x67 is: addresses have 32 bits
 * @rex: the bits W R X B of REX
 */
struct prefixes {
	size_t n;
	unsigned char operand;
	unsigned char segment;
	unsigned char repeat;
	unsigned char narrow;
	unsigned char rex;
};

static struct prefixes prefixes_of(const unsigned char *bytes, size_t n, int is_32)
{
	static const char all[] = "\x66\x67\xf0\xf2\xf3\x2e\x36\x3e\x26\x64\x65";
	struct prefixes p = { 0 };

	for (; p.n < n && bytes[p.n] && strchr(all, bytes[p.n]); p.n++) {
		if (bytes[p.n] == 0x66)
			p.operand = 0x66;
		if (bytes[p.n] == 0x67)
			p.narrow = 1;
		if ((bytes[p.n] & 0xfe) == 0xf2)
			p.repeat = bytes[p.n];
		if ((bytes[p.n] & 0xfe) == 0x64)
			p.segment = bytes[p.n];
	}
	if (!is_32 && p.n < n && (bytes[p.n] & 0xf0) == 0x40)
		p.rex = bytes[p.n++] & 15;
	return p;
}

static int is_opcode(const struct opcode *o, const unsigned char *bytes, size_t n,
		     unsigned char prefix)
{
	size_t last = o->n - 1;

	if (n < o->n || (o->prefix && o->prefix != prefix) ||
	    memcmp(bytes, o->byte, last) ||
	    (bytes[last] & o->mask) != o->byte[last])
		return 0;
	return !o->modrm || (n > o->n && o->modrm >> (bytes[o->n] >> 3 & 7) & 1);
}

/* VEX, as the instruction without it: SDM vol. 2A 2.3.5. Returns its length, or 0. */
static size_t vex(const unsigned char *bytes, size_t n, unsigned char plain[2],
		  unsigned char *prefix)
{
	size_t last = n >= 4 && bytes[0] == 0xc4 ? 2 : n >= 3 && bytes[0] == 0xc5 ? 1 : 0;

	/* The first map of opcodes: the others have none that must be aligned. */
	if (!last || (last == 2 && (bytes[1] & 31) != 1))
		return 0;
	*prefix = (bytes[last] & 3) == 1 ? 0x66 : 0;
	plain[0] = 0x0f;
	plain[1] = bytes[last + 1];
	return last;
}

static enum instruction by_opcode(const unsigned char *bytes, size_t n,
				  unsigned char prefix)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(opcodes); i++)
		if (is_opcode(&opcodes[i], bytes, n, prefix))
			return opcodes[i].class;
	return INSTRUCTION_OTHER;
}

enum instruction instruction_class(const unsigned char *bytes, size_t n)
{
	struct prefixes p = prefixes_of(bytes, n, 0);
	unsigned char plain[2], prefix;
	enum instruction class;

	if (vex(bytes + p.n, n - p.n, plain, &prefix))
		return by_opcode(plain, 2, prefix) == INSTRUCTION_ALIGNED ?
		       INSTRUCTION_ALIGNED : INSTRUCTION_OTHER;
	class = by_opcode(bytes + p.n, n - p.n, p.operand);
	if (class == INSTRUCTION_OTHER && n - p.n > 2 && bytes[p.n] == 0x0f && !p.repeat &&
	    is_among(sse, ARRAY_SIZE(sse), bytes[p.n + 1]))
		return INSTRUCTION_ALIGNED;
	return class;
}

unsigned int instruction_alignment(const unsigned char *bytes, size_t n)
{
	struct prefixes p = prefixes_of(bytes, n, 0);
	unsigned char plain[2], prefix;
	size_t last = vex(bytes + p.n, n - p.n, plain, &prefix);

	/* VEX.L: 32 bytes */
	return last && bytes[p.n + last] & 4 ? 32 : 16;
}

/*
 * Skip the opcode; VEX has REX's bits, inverted. 0 if it's too short, if it has no
 * operand to be looked at, or with EVEX, whose displacements count otherwise.
 */
static size_t skip_opcode(const unsigned char *bytes, size_t n, struct prefixes *p)
{
	size_t i = p->n;

	if (i + 4 > n)
		return 0;
	switch (bytes[i]) {
	case 0xc5:
		return i + 3;
	case 0xc4:
		p->rex = ~bytes[i + 1] >> 5 & 7;
		return i + 4;
	case 0x62:
		return 0;
	case 0x0f:
		if (is_among(bare_0f, ARRAY_SIZE(bare_0f), bytes[i + 1]))
			return 0;
		return i + (bytes[i + 1] == 0x38 || bytes[i + 1] == 0x3a ? 3 : 2);
	default:
		if ((bytes[i] & 0xfc) == 0xa0)	/* MOV: see below */
			return i + 1;
		return (bytes[i] < 0x40 && bytes[i] & 4) ||
		       is_among(bare, ARRAY_SIZE(bare), bytes[i]) ? 0 : i + 1;
	}
}

static const struct register_value *by_number(const struct death *d, unsigned int n)
{
	static const char *const names[] = {
		"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
	}, *const names_32[] = {
		"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi",
	};
	const char *name = !d->is_32 ? names[n] : n < 8 ? names_32[n] : "";
	size_t i;

	for (i = 0; i < d->regs; i++)
		if (!strcmp(d->reg[i].name, name))
			return &d->reg[i];
	return NULL;
}

static void plus(struct operand *op, const struct register_value *reg,
		 unsigned int times)
{
	size_t len = strlen(op->text);

	if (!reg)
		return;
	op->address += reg->value * times;
	snprintf(op->text + len, sizeof(op->text) - len,
		 times > 1 ? "%s%s * %u" : "%s%s", len ? " + " : "", reg->name, times);
}

static void plus_number(struct operand *op, __s64 number)
{
	size_t len = strlen(op->text);

	op->address += number;
	if (number || !len)
		snprintf(op->text + len, sizeof(op->text) - len, "%s0x%llx",
			 !len ? "" : number < 0 ? " - " : " + ",
			 (unsigned long long)(number < 0 && len ? -number : number));
}

static __s64 displacement(const unsigned char *bytes, size_t size)
{
	__s32 four;

	memcpy(&four, bytes, sizeof(four));
	return size == 4 ? four : size == 1 ? (__s8)bytes[0] : 0;
}

/* ModRM and what follows it: Intel SDM vol. 2A 2.1.5, tables 2-2 and 2-3 */
static int modrm(const struct death *d, const unsigned char *start,
		 const unsigned char *at, unsigned int rex, struct operand *op)
{
	unsigned int mod = at[0] >> 6, rm = at[0] & 7, sib = 0, base = rm, index = 4;
	size_t disp = mod == 1 ? 1 : mod == 2 ? 4 : 0;

	if (mod == 3)
		return 0;
	/* Relative to what follows: a constant of up to 4 bytes may come before. */
	if (!mod && rm == 5 && d->is_32) {
		plus_number(op, (__u32)displacement(at + 1, 4));
		return 1;
	}
	if (!mod && rm == 5) {
		op->slack = 4;
		op->address = d->ip + (at + 5 - start) + displacement(at + 1, 4);
		snprintf(op->text, sizeof(op->text), "rip-relative");
		return 1;
	}
	if (rm == 4) {
		sib = at[1];
		base = sib & 7;
		index = (sib >> 3 & 7) | (rex & 2 ? 8 : 0);
	}
	if (!mod && rm == 4 && base == 5)
		disp = 4;
	else
		plus(op, by_number(d, base | (rex & 1 ? 8 : 0)), 1);
	if (rm == 4 && index != 4)
		plus(op, by_number(d, index), 1 << (sib >> 6));
	plus_number(op, displacement(at + (rm == 4 ? 2 : 1), disp));
	return 1;
}

static void plus_segment(const struct death *d, unsigned char segment,
			 struct operand *op)
{
	const char *base = segment == 0x64 ? "fs_base" : "gs_base";
	size_t i;

	for (i = 0; segment && i < d->regs; i++)
		if (!strcmp(d->reg[i].name, base))
			plus(op, &d->reg[i], 1);
}

int instruction_operand(const struct death *d, struct operand *op)
{
	/* Behind the end there are zeros, which are no displacement that matters. */
	unsigned char bytes[MMUINSPECT_EVENT_BYTES + 8] = { 0 };
	struct prefixes p = prefixes_of(d->bytes, d->n_bytes, d->is_32);
	size_t at;

	*op = (struct operand) { .address = 0 };
	memcpy(bytes, d->bytes, d->n_bytes);
	at = skip_opcode(bytes, d->n_bytes, &p);
	if (!at || p.narrow)
		return 0;
	plus_segment(d, p.segment, op);
	/* MOV with the address in the instruction */
	if (at == p.n + 1 && (bytes[p.n] & 0xfc) == 0xa0) {
		__s64 address = 0;

		memcpy(&address, bytes + at, d->is_32 ? 4 : 8);
		plus_number(op, address);
		return 1;
	}
	/* LES, LDS and BOUND of 32-bit code look like VEX and EVEX: see skip_opcode(). */
	if (d->is_32 && (bytes[p.n] == 0xc4 || bytes[p.n] == 0xc5) &&
	    bytes[p.n + 1] < 0xc0)
		at = p.n + 1;
	if (!modrm(d, bytes, bytes + at, p.rex, op))
		return 0;
	if (d->is_32)
		op->address = (__u32)op->address;
	return 1;
}
