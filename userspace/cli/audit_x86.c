// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect audit: registers, gates and MSRs of x86-64. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "audit.h"
#include "fields.h"

#define BIT(n) (1ULL << (n))
#define VECTORS 256
#define IDT_SIZE (VECTORS * 16)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define MSR_FEATURE_CONTROL 0x3a
#define MSR_ARCH_CAPABILITIES 0x10a
#define MSR_DEBUG_INTERFACE 0xc80

enum cpuid_register { EAX, EBX, ECX, EDX, ALWAYS };

/**
 * struct protection - what a CPU may offer, and the bit that switches it on
 * @id: of a finding
 * @name: in words
 * @reg: enum mmuinspect_x86_reg
 * @bit: of that register
 * @leaf: of CPUID that tells whether it's offered (Intel SDM vol. 2A, CPUID)
 * @subleaf: of CPUID
 * @in: which register of CPUID
 * @offer: which bit of that
 * @flag: the word of /proc/cpuinfo, which tells instead of @bit if @reg is 0
 * @severity: of a finding
 * @why: it matters
 */
static const struct protection {
	const char *id;
	const char *name;
	__u32 reg;
	unsigned int bit;
	unsigned int leaf;
	unsigned int subleaf;
	enum cpuid_register in;
	unsigned int offer;
	const char *flag;
	enum severity severity;
	const char *why;
} protections[] = {
	{ "wp", "write protection (CR0.WP)", MMUINSPECT_X86_CR0, 16,
	  .in = ALWAYS, .severity = SEVERITY_HIGH,
	  .why = "the kernel can write to read-only pages: copy-on-write and its own text are unprotected" },
	{ "nx", "no-execute pages (EFER.NXE)", MMUINSPECT_X86_EFER, 11,
	  0x80000001, 0, EDX, 20, "nx", SEVERITY_HIGH,
	  "every readable page can be executed: data, stacks, heaps" },
	{ "smep", "SMEP (CR4.SMEP)", MMUINSPECT_X86_CR4, 20, 7, 0, EBX, 7,
	  "smep", SEVERITY_HIGH,
	  "a kernel bug that jumps to a user address runs the user's code as the kernel" },
	{ "smap", "SMAP (CR4.SMAP)", MMUINSPECT_X86_CR4, 21, 7, 0, EBX, 20,
	  "smap", SEVERITY_HIGH,
	  "a kernel bug that follows a user pointer reads or writes the user's data" },
	{ "umip", "UMIP (CR4.UMIP)", MMUINSPECT_X86_CR4, 11, 7, 0, ECX, 2,
	  "umip", SEVERITY_LOW,
	  "user mode can ask where the GDT, the IDT and the TSS are: kernel addresses" },
	{ "lass", "LASS (CR4.LASS)", MMUINSPECT_X86_CR4, 27, 7, 1, EAX, 6,
	  "lass", SEVERITY_LOW,
	  "user mode can probe kernel addresses by timing; with LASS it faults before it looks" },
	{ "ibt", "indirect-branch tracking of the kernel (S_CET.ENDBR_EN)",
	  MMUINSPECT_X86_S_CET, 2, 7, 0, EDX, 20, "ibt", SEVERITY_LOW,
	  "a kernel bug that alters a function pointer can jump anywhere (jump-oriented programming)" },
	{ "shstk", "shadow stacks for user mode", 0, 0, 7, 0, ECX, 7,
	  "user_shstk", SEVERITY_LOW,
	  "a bug that alters a return address goes unnoticed (return-oriented programming)" },
	{ "pku", "protection keys (CR4.PKE)", MMUINSPECT_X86_CR4, 22, 7, 0, ECX, 3,
	  "ospke", SEVERITY_LOW,
	  "programs that separate their secrets by protection keys can't" },
};

/**
 * struct switched - a bit of an MSR that should be one way
 * @msr: its number
 * @bit: of it
 * @good: how it should be
 * @id: of a finding
 * @severity: of a finding
 * @what: in words, if it's the other way
 * @fine: in words, if it is as it should be
 * @why: it matters
 */
static const struct switched {
	__u32 msr;
	unsigned int bit;
	unsigned int good;
	const char *id;
	enum severity severity;
	const char *what;
	const char *fine;
	const char *why;
} switches[] = {
	{ MSR_FEATURE_CONTROL, 0, 1, "feature-control", SEVERITY_MEDIUM,
	  "FEATURE_CONTROL isn't locked", "FEATURE_CONTROL locked",
	  "kernel code can switch VMX, SMX and SGX on in ways that the firmware didn't mean to allow" },
	{ MSR_DEBUG_INTERFACE, 0, 0, "debug-interface", SEVERITY_HIGH,
	  "DEBUG_INTERFACE: silicon debugging is enabled", "silicon debugging off",
	  "whoever gets at the debug port has all of the machine" },
};

/* INT3, INTO, and INT 80h of 32-bit system calls */
static const unsigned int gates_expected[] = { 3, 4, 128 };

/* Vulnerabilities, and the bit of ARCH_CAPABILITIES that disclaims each */
static const struct {
	const char *name;
	unsigned int bit;
	const char *immune;
	const char *not_immune;
} claims[] = {
#define CLAIM(file, bit, name) { file, bit, \
	"the CPU says that it's immune (ARCH_CAPABILITIES." name ")", \
	"the CPU doesn't claim to be immune (ARCH_CAPABILITIES." name ")" }
	CLAIM("meltdown", 0, "RDCL_NO"),
	CLAIM("l1tf", 0, "RDCL_NO"),
	CLAIM("spec_store_bypass", 4, "SSB_NO"),
	CLAIM("mds", 5, "MDS_NO"),
	CLAIM("itlb_multihit", 6, "IF_PSCHANGE_MC_NO"),
	CLAIM("tsx_async_abort", 8, "TAA_NO"),
	CLAIM("mmio_stale_data", 13, "SBDR_SSDP_NO"),
	CLAIM("gather_data_sampling", 26, "GDS_NO"),
	CLAIM("reg_file_data_sampling", 27, "RFDS_NO"),
};

static __u64 arch_capabilities;
static int have_arch_capabilities;

const char *audit_x86_immunity(const char *vulnerability)
{
	size_t i;

	for (i = 0; have_arch_capabilities && i < ARRAY_SIZE(claims); i++)
		if (!strcmp(claims[i].name, vulnerability))
			return arch_capabilities & BIT(claims[i].bit) ?
			       claims[i].immune : claims[i].not_immune;
	return NULL;
}

static int offered(const struct protection *p)
{
	unsigned int r[4] = { 0 };

	if (p->in == ALWAYS)
		return 1;
#ifdef __x86_64__
	if (!__get_cpuid_count(p->leaf, p->subleaf, &r[EAX], &r[EBX], &r[ECX],
			       &r[EDX]))
		return 0;
#endif
	return r[p->in] >> p->offer & 1;
}

/* A word of the first CPU's flags in /proc/cpuinfo */
static int has_flag(const char *flag)
{
	char *line = NULL, *word, *save;
	size_t size = 0;
	int found = 0;
	FILE *f = fopen("/proc/cpuinfo", "re");

	while (f && getline(&line, &size, f) > 0 && strncmp(line, "flags", 5))
		;
	if (line)
		for (word = strtok_r(line, " \t\n", &save); word && !found;
		     word = strtok_r(NULL, " \t\n", &save))
			found = !strcmp(word, flag);
	free(line);
	if (f)
		fclose(f);
	return found;
}

/**
 * struct cpus_regs - registers of all CPUs
 * @reg: of all
 * @n: how many
 * @cpu: numbers of those that are online
 * @online: how many
 * @sample: room for one of each
 */
struct cpus_regs {
	struct mmuinspect_reg *reg;
	size_t n;
	__u32 *cpu;
	size_t online;
	struct sample *sample;
};

static const struct mmuinspect_reg *find(const struct cpus_regs *r, __u32 cpu,
					 __u32 id)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->reg[i].cpu == cpu && r->reg[i].id == id)
			return &r->reg[i];
	return NULL;
}

/* Returns 0 or a negative errno. */
static int read_registers(struct audit *a, struct cpus_regs *r)
{
	size_t i;
	int err = mmuinspect_regs(a->s.h, 0, UINT_MAX, &r->reg, &r->n);

	if (err)
		return err;
	r->cpu = calloc(r->n + 1, sizeof(*r->cpu));
	r->sample = calloc(r->n + 1, sizeof(*r->sample));
	if (!r->cpu || !r->sample)
		return -ENOMEM;
	for (i = 0; i < r->n; i++)
		if (r->reg[i].id && (!i || r->reg[i - 1].cpu != r->reg[i].cpu))
			r->cpu[r->online++] = r->reg[i].cpu;
	for (i = 0; i < r->n; i++)
		if (!r->reg[i].id)
			audit_skip(a, "cpu", audit_text("CPU %u: %s", r->reg[i].cpu,
							audit_why(r->reg[i].error)));
	return 0;
}

static void protection(struct audit *a, const struct cpus_regs *r,
		       const struct protection *p)
{
	__u32 *off = calloc(r->online + 1, sizeof(*off));
	size_t i, n = 0;

	if (!off) {
		a->failed = 1;
		return;
	}
	for (i = 0; i < r->online; i++) {
		const struct mmuinspect_reg *reg = p->reg ?
			find(r, r->cpu[i], p->reg) : NULL;

		/* A register that the CPU hasn't is as good as one with zeroes. */
		if (p->reg ? !reg || !(reg->value & BIT(p->bit)) :
			     !has_flag(p->flag))
			off[n++] = r->cpu[i];
	}
	if (n)
		audit_find(a, p->id, p->severity,
			   audit_text("%s: the CPU offers it, and it's off", p->name),
			   n == r->online && n > 1 ? audit_text("all CPUs") :
			   audit_text("CPU%s %s", n == 1 ? "" : "s", cpus_text(off, n)),
			   p->why,
			   p->flag ? audit_text("mmuinspect regs -v; grep -c ' %s ' /proc/cpuinfo; cat /proc/cmdline", p->flag) :
			   audit_text("mmuinspect regs -v"));
	else
		audit_done(a, p->id, audit_text("%s", p->name));
	free(off);
}

static void protections_check(struct audit *a, const struct cpus_regs *r)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		const struct protection *p = &protections[i];

		if (offered(p))
			protection(a, r, p);
		else
			audit_skip(a, p->id, audit_text("%s: this CPU doesn't offer it",
							p->name));
	}
}

/* Report if the samples of a register differ where they mustn't. */
static void disagree(struct audit *a, const struct sample *sample, size_t n,
		     const struct mmuinspect_register *row, const char *command)
{
	char where[1024] = "";
	struct groups groups;
	size_t i, len = 0;
	__u64 bits;

	if (groups_make(&groups, sample, n)) {
		a->failed = 1;
		return;
	}
	if (groups_differ(&groups, row, &bits) == DIFFER_MUST_NOT) {
		for (i = 0; i < groups.n && len < sizeof(where); i++) {
			const struct group *g = &groups.group[i];

			len += snprintf(where + len, sizeof(where) - len,
					g->first->error ? "%sCPU %s has none" :
					"%sCPU %s has 0x%llx", i ? ", " : "",
					cpus_text(g->cpu, g->n),
					(unsigned long long)g->first->value);
		}
		audit_find(a, "cpus-disagree", SEVERITY_HIGH,
			   audit_text("%s: CPUs disagree in bits 0x%llx", row->name,
				      (unsigned long long)bits),
			   audit_text("%s", where),
			   "what is forbidden depends on where a task happens to run",
			   audit_text("%s", command));
	}
	groups_free(&groups);
}

static void agreement(struct audit *a, const struct cpus_regs *r)
{
	const struct mmuinspect_register *table;
	size_t rows, i, cpu, n;

	table = mmuinspect_register_table(a->s.info, &rows);
	for (i = 0; i < rows; i++) {
		for (cpu = 0, n = 0; cpu < r->online; cpu++) {
			const struct mmuinspect_reg *reg =
				find(r, r->cpu[cpu], table[i].id);

			if (reg && !reg->error)
				r->sample[n++] = (struct sample) {
					.cpu = reg->cpu, .value = reg->value,
				};
		}
		if (n > 1)
			disagree(a, r->sample, n, &table[i], "mmuinspect regs -v");
	}
	audit_done(a, "cpus-disagree", audit_text("%zu CPU%s agree on registers",
						  r->online, r->online == 1 ? "" : "s"));
}

/* Read MSRs of the library's table on all CPUs; grouped by CPU. */
static struct mmuinspect_msr *read_msrs(struct audit *a, const struct cpus_regs *r,
					const struct mmuinspect_register *table,
					size_t rows)
{
	struct mmuinspect_msr *msr = calloc(r->online * rows + 1, sizeof(*msr));
	size_t cpu, i;
	int err;

	if (!msr) {
		a->failed = 1;
		return NULL;
	}
	for (cpu = 0; cpu < r->online; cpu++)
		for (i = 0; i < rows; i++)
			msr[cpu * rows + i] = (struct mmuinspect_msr) {
				.cpu = r->cpu[cpu], .msr = table[i].id,
			};
	err = rows && r->online ?
	      mmuinspect_msrs(a->s.h, msr, r->online * rows) : -ENODEV;
	if (err) {
		audit_skip(a, "msrs", audit_text("%s", err == -EACCES ?
			   "MSRs need CAP_SYS_RAWIO (sudo)" : audit_why(err)));
		free(msr);
		return NULL;
	}
	return msr;
}

static const char *msr_why(int error)
{
	return error == -EACCES ? "not on the list of permitted MSRs" :
	       audit_why(error);
}

/* Is the bit what it should be, on each CPU? */
static void msr_bit(struct audit *a, const struct cpus_regs *r,
		    const struct mmuinspect_msr *msr, size_t rows, size_t row,
		    const struct switched *s)
{
	__u32 *bad = calloc(r->online + 1, sizeof(*bad));
	size_t cpu, n = 0, read = 0;
	int error = 0;

	for (cpu = 0; bad && cpu < r->online; cpu++) {
		const struct mmuinspect_msr *m = &msr[cpu * rows + row];

		if (m->error) {
			error = m->error;
			continue;
		}
		read++;
		if ((m->value >> s->bit & 1) != s->good)
			bad[n++] = m->cpu;
	}
	if (!bad)
		a->failed = 1;
	else if (n)
		audit_find(a, s->id, s->severity, audit_text("%s", s->what),
			   audit_text("CPU%s %s", n == 1 ? "" : "s", cpus_text(bad, n)),
			   s->why, audit_text("mmuinspect msr 0x%x", s->msr));
	else if (read)
		audit_done(a, s->id, audit_text("%s", s->fine));
	else
		audit_skip(a, s->id, audit_text("MSR 0x%x: %s", s->msr, msr_why(error)));
	free(bad);
}

static void msr_row(struct audit *a, const struct cpus_regs *r,
		    const struct mmuinspect_msr *msr, size_t rows, size_t row)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(switches); i++)
		if (switches[i].msr == msr[row].msr)
			msr_bit(a, r, msr, rows, row, &switches[i]);
	if (msr[row].msr != MSR_ARCH_CAPABILITIES)
		return;
	have_arch_capabilities = !msr[row].error;
	arch_capabilities = msr[row].value;
	if (!have_arch_capabilities)
		audit_skip(a, "arch-capabilities",
			   audit_text("MSR 0x%x: %s", MSR_ARCH_CAPABILITIES,
				      msr_why(msr[row].error)));
}

static void msrs(struct audit *a, const struct cpus_regs *r)
{
	const struct mmuinspect_register *table, *registers;
	size_t rows, known, i, cpu, n;
	struct mmuinspect_msr *msr;

	registers = mmuinspect_register_table(a->s.info, &known);
	table = mmuinspect_msr_table(a->s.info, &rows);
	msr = read_msrs(a, r, table, rows);
	if (!msr)
		return;
	for (i = 0; i < rows; i++) {
		for (cpu = 0, n = 0; cpu < r->online; cpu++)
			if (!msr[cpu * rows + i].error)
				r->sample[n++] = (struct sample) {
					.cpu = r->cpu[cpu],
					.value = msr[cpu * rows + i].value,
				};
		/* Of EFER and others REGS has told already. */
		if (n > 1 && !mmuinspect_register_by_name(registers, known,
							  table[i].name))
			disagree(a, r->sample, n, &table[i], "mmuinspect msr --all");
		msr_row(a, r, msr, rows, i);
	}
	free(msr);
}

static int is_expected(unsigned int vector)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gates_expected); i++)
		if (gates_expected[i] == vector)
			return 1;
	return 0;
}

/* A vector that user mode may raise, beyond what Linux wants */
static void find_gate(struct audit *a, const struct cpus_regs *r,
		      unsigned char (*idt)[IDT_SIZE], const size_t *size,
		      unsigned int vector)
{
	struct mmuinspect_x86_descriptor gate;
	__u32 *open = calloc(r->online + 1, sizeof(*open));
	size_t cpu, n = 0;

	if (!open) {
		a->failed = 1;
		return;
	}
	for (cpu = 0; cpu < r->online; cpu++)
		if (!mmuinspect_x86_gate(idt[cpu], size[cpu], vector, &gate) &&
		    mmuinspect_x86_user_may_raise(&gate))
			open[n++] = r->cpu[cpu];
	if (n)
		audit_find(a, "gate", SEVERITY_HIGH,
			   audit_text("user mode may raise vector %u", vector),
			   audit_text("IDT of CPU%s %s", n == 1 ? "" : "s",
				      cpus_text(open, n)),
			   "a program can have the kernel handle an event that never happened",
			   audit_text("mmuinspect desc"));
	free(open);
}

static void gates(struct audit *a, const struct cpus_regs *r)
{
	unsigned char (*idt)[IDT_SIZE] = calloc(r->online + 1, sizeof(*idt));
	size_t *size = calloc(r->online + 1, sizeof(*size)), cpu;
	struct mmuinspect_desc desc;
	const struct mmuinspect_reg *cr4;
	unsigned int vector;
	int err = 0;

	if (!idt || !size) {
		a->failed = 1;
		goto free_tables;
	}
	for (cpu = 0; cpu < r->online; cpu++) {
		cr4 = find(r, r->cpu[cpu], MMUINSPECT_X86_CR4);
		if (cr4 && cr4->value & BIT(32)) {
			audit_skip(a, "gate", audit_text("FRED is in use: no gate is asked"));
			goto free_tables;
		}
		err = mmuinspect_desc(a->s.h, r->cpu[cpu], MMUINSPECT_DESC_IDT,
				      idt[cpu], IDT_SIZE, &desc);
		if (err) {
			audit_skip(a, "gate", audit_text("the IDT of CPU %u: %s",
							 r->cpu[cpu], audit_why(err)));
			goto free_tables;
		}
		size[cpu] = desc.filled;
	}
	for (vector = 0; vector < VECTORS; vector++)
		if (!is_expected(vector))
			find_gate(a, r, idt, size, vector);
	audit_done(a, "gate", audit_text("user mode may raise 3, 4 and 128 at most"));
free_tables:
	free(idt);
	free(size);
}

void audit_x86(struct audit *a)
{
	struct cpus_regs r = { 0 };
	int err;

	if (a->s.info->arch != MMUINSPECT_ARCH_X86_64) {
		audit_skip(a, "registers", audit_text("of this architecture nothing is known yet"));
		return;
	}
	err = read_registers(a, &r);
	if (err) {
		audit_skip(a, "registers", audit_text("%s", audit_why(err)));
	} else {
		protections_check(a, &r);
		agreement(a, &r);
		gates(a, &r);
		msrs(a, &r);
	}
	free(r.sample);
	free(r.cpu);
	free(r.reg);
}
