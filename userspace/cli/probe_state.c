// SPDX-License-Identifier: GPL-2.0-only
/* The state of the machine that an expectation is made of. */
#include <cpuid.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "probe.h"

#define PAGE			4096ULL
#define MSR_APIC_BASE		0x1b
#define MSR_HWCR		0xc0010015
#define HWCR_USER_MONITOR	(1ULL << 10)	/* APM vol. 3 MONITOR: MonMwaitUserEn */
#define TSS_TRIES		10
#define APIC_BASE_EXTD		(1ULL << 10)	/* SDM vol. 3A 11.12.1 */

static const struct {
	enum expect_item item;
	unsigned int leaf;
	unsigned int subleaf;
	unsigned int in;	/* 0 to 3: EAX to EDX */
} leaves[] = {
	{ ITEM_CPUID_1_ECX, 1, 0, 2 },
	{ ITEM_CPUID_1_EDX, 1, 0, 3 },
	{ ITEM_CPUID_7_EBX, 7, 0, 1 },
	{ ITEM_CPUID_7_ECX, 7, 0, 2 },
	{ ITEM_CPUID_7_EDX, 7, 0, 3 },
	{ ITEM_CPUID_7_1_EAX, 7, 1, 0 },
	{ ITEM_CPUID_81_ECX, 0x80000001, 0, 2 },
	{ ITEM_CPUID_81_EDX, 0x80000001, 0, 3 },
};

/* What the CPU doesn't know of itself is zero, which is known. */
static void look_at_cpuid(struct expect_state *s)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(leaves); i++) {
		unsigned int r[4] = { 0 };

		if (leaves[i].subleaf &&
		    (!__get_cpuid_count(leaves[i].leaf, 0, &r[0], &r[1], &r[2], &r[3]) ||
		     r[0] < leaves[i].subleaf))
			memset(r, 0, sizeof(r));
		else if (!__get_cpuid_count(leaves[i].leaf, leaves[i].subleaf, &r[0],
					    &r[1], &r[2], &r[3]))
			memset(r, 0, sizeof(r));
		expect_know(s, leaves[i].item, r[leaves[i].in]);
	}
}

static void look_at_model(struct lab *lab)
{
	struct mmuinspect_cpuid dump[MMUINSPECT_CPUID_MAX];
	size_t n = mmuinspect_cpuid(dump);

	mmuinspect_cpu_model(dump, n, &lab->model);
	expect_know(&lab->state, ITEM_AMD,
		    !strcmp(lab->model.vendor, "AuthenticAMD") ||
		    !strcmp(lab->model.vendor, "HygonGenuine"));
	expect_know(&lab->state, ITEM_GUEST,
		    lab->model.hypervised && !lab->model.emulator);
}

/*
 * The line of /proc/self/maps that @address is in, or the next one above; and the
 * end of the line before, 0 if there is none, and whether that has any right.
 */
struct line {
	unsigned long long start;
	unsigned long long end;
	char rights[8];
	char name[64];
	unsigned long long below;
	int below_accessible;
};

static int maps_are_there(void)
{
	return !access("/proc/self/maps", R_OK);
}

static int line_at(__u64 address, struct line *l)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char text[512];
	int found = 0;

	*l = (struct line) { 0 };
	while (f && !found && fgets(text, sizeof(text), f)) {
		l->below = l->end;
		l->below_accessible = strncmp(l->rights, "---", 3);
		l->name[0] = '\0';
		found = sscanf(text, "%llx-%llx %7s %*s %*s %*s %63s", &l->start,
			       &l->end, l->rights, l->name) >= 3 && address < l->end;
	}
	if (f)
		fclose(f);
	return found;
}

static int prot_of(const char *rights)
{
	return (rights[0] == 'r' ? PROT_READ : 0) | (rights[1] == 'w' ? PROT_WRITE : 0) |
	       (rights[2] == 'x' ? PROT_EXEC : 0);
}

static enum vsyscall_mode vsyscall_of_maps(void)
{
	struct line l;

	if (!maps_are_there())
		return VSYSCALL_MODE_UNKNOWN;
	if (!line_at(VSYSCALL_PAGE, &l) || l.start > VSYSCALL_PAGE)
		return vsyscall_mode(NULL);
	return vsyscall_mode(l.rights);
}

static void refuse(struct lab *lab, const char *what, int err)
{
	if (!lab->why[0])
		snprintf(lab->why, sizeof(lab->why), "%s: %s", what,
			 err == -EPERM || err == -EACCES ?
			 "needs CAP_SYS_ADMIN and CAP_SYS_RAWIO (sudo)" :
			 err == -EKEYREJECTED ? "the kernel is locked down" :
			 strerror(-err));
}

static void look_at_table(struct lab *lab, unsigned int table, unsigned char *bytes,
			  size_t room, const unsigned char **at, size_t *size)
{
	struct mmuinspect_desc where;
	int err = mmuinspect_desc(lab->h, lab->cpu, table, bytes, room, &where);

	if (err) {
		refuse(lab, "descriptor tables", err);
		return;
	}
	*at = bytes;
	*size = where.filled;
}

static void look_at_msr(struct lab *lab, __u32 number, enum expect_item item,
			__u64 mask)
{
	struct mmuinspect_msr msr = { .cpu = lab->cpu, .msr = number };

	if (!mmuinspect_msrs(lab->h, &msr, 1) && !msr.error)
		expect_know(&lab->state, item, msr.value & mask);
}

static void look_at_rules(struct lab *lab)
{
	struct mmuinspect_family *f;
	int sealed;

	if (mmuinspect_family_open(&f))
		return;
	if (mmuinspect_policy_get(f, lab->rule, &lab->rules, &sealed))
		lab->rules = 0;
	mmuinspect_family_close(f);
}

static void look_at_device(struct lab *lab)
{
	struct expect_state *s = &lab->state;

	look_at_table(lab, MMUINSPECT_DESC_IDT, lab->idt, sizeof(lab->idt),
		      &s->idt, &s->idt_size);
	look_at_table(lab, MMUINSPECT_DESC_GDT, lab->gdt, sizeof(lab->gdt),
		      &s->gdt, &s->gdt_size);
	look_at_msr(lab, MSR_SYSENTER_CS, ITEM_SYSENTER_CS, ~0ULL);
	if (s->item[ITEM_AMD])
		look_at_msr(lab, MSR_HWCR, ITEM_USER_MONITOR, HWCR_USER_MONITOR);
	look_at_msr(lab, MSR_APIC_BASE, ITEM_X2APIC, APIC_BASE_EXTD);
	look_at_rules(lab);
}

/* mmap() gives out the upper addresses, to who asks for one, only if there are any. */
static int has_57_bits(void)
{
	char *const hint = (char *)(1ULL << 50);
	char *p = mmap(hint, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 0;
	munmap(p, PAGE);
	return (__u64)p >> 47 != 0;
}

static void look_at_addresses(struct lab *lab)
{
	struct expect_state *s = &lab->state;

	s->va_bits = lab->info ? lab->info->va_bits : has_57_bits() ? 57 : 48;
	s->user_end = 1ULL << (s->va_bits - 1);
}

void lab_open(struct lab *lab)
{
	int cpu = sched_getcpu(), err;
	cpu_set_t one;

	/* All on one CPU, so that its tables and registers are those that matter. */
	lab->cpu = cpu < 0 ? 0 : cpu;
	CPU_ZERO(&one);
	CPU_SET(lab->cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	look_at_cpuid(&lab->state);
	look_at_model(lab);
	expect_know(&lab->state, ITEM_CPL, 3);
	lab->state.vsyscall = vsyscall_of_maps();
	err = mmuinspect_open(&lab->h);
	if (err)
		refuse(lab, mmuinspect_device(), err);
	else
		lab->info = mmuinspect_info(lab->h);
	if (lab->info && lab->info->abi != MMUINSPECT_ABI) {
		refuse(lab, mmuinspect_device(), -EPROTO);
		mmuinspect_close(lab->h);
		lab->h = NULL;
		lab->info = NULL;
	}
	look_at_addresses(lab);
	if (lab->h)
		look_at_device(lab);
}

void lab_close(struct lab *lab)
{
	if (lab->trials) {
		munmap(lab->trials, lab->n_probes * sizeof(*lab->trials));
		close(lab->trials_fd);
	}
	free(lab->probe);
	mmuinspect_events_close(lab->events);
	mmuinspect_close(lab->h);
}

__u64 trial_register(const struct trial *t, unsigned int id, int *known)
{
	size_t i;

	*known = 0;
	for (i = 0; i < t->n_reg; i++)
		if (t->reg[i].id == id && !t->reg[i].error) {
			*known = 1;
			return t->reg[i].value;
		}
	return 0;
}

static void look_at_registers(struct trial *t)
{
	static const struct {
		unsigned int id;
		enum expect_item item;
	} rows[] = {
		{ MMUINSPECT_X86_CR0, ITEM_CR0 },
		{ MMUINSPECT_X86_CR4, ITEM_CR4 },
		{ MMUINSPECT_X86_EFER, ITEM_EFER },
	};
	const struct lab *lab = t->lab;
	struct mmuinspect_reg *reg;
	size_t n, i;
	int known;

	if (!lab->h || mmuinspect_regs(lab->h, lab->cpu, lab->cpu, &reg, &n))
		return;
	for (i = 0; i < n && t->n_reg < PROBE_REGS; i++)
		t->reg[t->n_reg++] = reg[i];
	free(reg);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		__u64 value = trial_register(t, rows[i].id, &known);

		if (known)
			expect_know(&t->state, rows[i].item, value);
	}
}

/* By the TSS of the CPU that it runs on: 1, 0, or -1 if that can't be read */
static int tss_grants(const struct trial *t, unsigned int port)
{
	static unsigned char tss[65536];
	struct mmuinspect_desc where;
	unsigned int first, last;

	if (!t->lab->h || mmuinspect_desc(t->lab->h, t->lab->cpu, MMUINSPECT_DESC_TSS,
					  tss, sizeof(tss), &where))
		return -1;
	return mmuinspect_x86_ports(tss, where.filled, port, &first, &last) &&
	       first == port;
}

/*
 * Of this task: what the TSS says, else what it asked for. Whoever is switched out
 * loses the map, and has it again only on the way back to user mode
 * (tss_invalidate_io_bitmap()): where the two differ it may have been read between.
 */
static void look_at_ports(struct trial *t)
{
	unsigned int port = t->regs.rdx & 0xffff, tries;
	int grants = tss_grants(t, port);

	for (tries = 0; grants >= 0 && grants != t->ports && tries < TSS_TRIES; tries++)
		grants = tss_grants(t, port);
	expect_know(&t->state, ITEM_PORT, grants < 0 ? t->ports : grants);
}

static __u64 flags(void)
{
	__u64 flags;

	__asm__ volatile("pushfq\n\tpop %0" : "=r" (flags));
	return flags;
}

static __u32 pkru(void)
{
	__u32 low, high;

	__asm__ volatile(".byte 0x0f, 0x01, 0xee" : "=a" (low), "=d" (high) : "c" (0));
	return low;
}

/* The entries as they are, and what Linux says of one that isn't present. */
static void look_at_tables(struct trial *t, struct expect_memory *m)
{
	struct mmuinspect_translation walk = { .address = m->address };
	const struct mmuinspect_step *last;
	struct mmuinspect_absent absent;
	__u64 root;

	if (!t->lab->h || mmuinspect_walk(t->lab->h, 0, &walk, 1, &root) || !walk.steps)
		return;
	last = &walk.step[walk.steps - 1];
	m->walked = 1;
	if (walk.stop == MMUINSPECT_STOP_MAPPED) {
		m->attrs = walk.attrs;
		m->pkey = mmuinspect_entry_pkey(t->lab->info, last->level, last->entry);
		m->pkey = m->pkey < 0 ? 0 : m->pkey;
	} else if (walk.stop == MMUINSPECT_STOP_NONPRESENT) {
		mmuinspect_absent(t->lab->info, last->level, last->entry, !root, &absent);
		m->guard = !strcmp(absent.name, "marker");
	}
}

/* Of all mappings here only the stack has VM_GROWSDOWN. */
static int may_grow(const struct line *above, __u64 address)
{
	struct rlimit stack;

	if (strcmp(above->name, "[stack]") || getrlimit(RLIMIT_STACK, &stack))
		return 0;
	return linux_grows(&(struct linux_growth) {
		.address = address, .start = above->start, .end = above->end,
		.room = ~0ULL, .has_below = !!above->below, .below_end = above->below,
		.below_accessible = above->below_accessible, .limit = stack.rlim_cur,
		.gap = linux_guard_gap(), .min_address = linux_min_address(),
	});
}

static void look_at_mapping(struct expect_memory *m)
{
	struct line l;

	m->mapping_unknown = !maps_are_there();
	if (!line_at(m->address, &l))
		return;
	m->mapping = l.start <= m->address;
	m->grows = !m->mapping && may_grow(&l, m->address);
	if (m->mapping || m->grows)
		m->prot = prot_of(l.rights);
}

static void look_at_memory(struct trial *t)
{
	const struct probe *p = t->probe;
	struct expect_memory *m = &t->memory;

	*m = (struct expect_memory) {
		.address = t->regs.rsi, .size = p->size, .access = p->access,
		.stack = p->stack, .kernel = p->for_kernel, .file_end = t->file_end,
	};
	/* The mapping first: to read its file is to touch the stack. */
	look_at_mapping(m);
	look_at_tables(t, m);
	if (t->state.item[ITEM_OSPKE])
		expect_know(&t->state, ITEM_PKRU, pkru());
}

static void expect(struct trial *t)
{
	const struct probe *p = t->probe;

	switch (p->kind) {
	case KIND_INSTRUCTION:
		expect_instruction(&t->state, p->rule, &t->expected);
		/* What it asked for it may have, whatever the map was said to be. */
		if (p->rule == RULE_IO)
			t->expected.effective |= t->ports;
		break;
	case KIND_INT:
		expect_int(&t->state, p->number, &t->expected);
		break;
	case KIND_SELECTOR:
		expect_selector(&t->state, p->number, p->use, &t->expected);
		break;
	case KIND_MEMORY:
		expect_access(&t->state, &t->memory, &t->expected);
		break;
	case KIND_MSR:
		expect_kernel_msr(t->msr_present, &t->expected);
		break;
	}
}

/* Where a door leads: needs no more than to be shown. */
static void look_at_door(struct trial *t)
{
	const struct mmuinspect_register *row, *table;
	size_t i, n, len = 0;

	if (!t->lab->h)
		return;
	table = mmuinspect_msr_table(t->lab->info, &n);
	for (i = 0; i < ARRAY_SIZE(t->probe->msr) && t->probe->msr[i]; i++) {
		struct mmuinspect_msr msr = {
			.cpu = t->lab->cpu, .msr = t->probe->msr[i],
		};

		row = mmuinspect_register_by_id(table, n, msr.msr);
		if (!row || mmuinspect_msrs(t->lab->h, &msr, 1) || msr.error)
			continue;
		len += snprintf(t->leads + len, sizeof(t->leads) - len, "%s%s 0x%llx",
				len ? ", " : "", row->name,
				(unsigned long long)msr.value);
	}
}

/* The gate of an interrupt is a door as well. */
static void look_at_gate(struct trial *t)
{
	struct mmuinspect_x86_descriptor gate;

	if (t->state.idt && !mmuinspect_x86_gate(t->state.idt, t->state.idt_size,
						 t->probe->number, &gate))
		snprintf(t->leads, sizeof(t->leads), "gate to 0x%x:0x%llx, DPL %u",
			 gate.selector, (unsigned long long)gate.offset, gate.dpl);
}

void lab_look(struct trial *t)
{
	t->state = t->lab->state;
	look_at_registers(t);
	/* The flags are those that the code has: AC is set by it. */
	expect_know(&t->state, ITEM_FLAGS, flags() | t->regs.flags);
	expect_know(&t->state, ITEM_IOPL_ASKED, t->iopl);
	if (t->probe->kind == KIND_INSTRUCTION && t->probe->rule == RULE_IO)
		look_at_ports(t);
	expect_derive(&t->state);
	if (t->probe->kind == KIND_MEMORY)
		look_at_memory(t);
	if (t->probe->kind == KIND_INT)
		look_at_gate(t);
	look_at_door(t);
	expect(t);
}

void lab_look_again(struct trial *t)
{
	struct mmuinspect_translation walk = { .address = t->memory.address };

	if (t->expected.end != END_MAPPED || !t->lab->h ||
	    mmuinspect_walk(t->lab->h, 0, &walk, 1, NULL))
		return;
	t->mapped = walk.stop == MMUINSPECT_STOP_MAPPED;
}
