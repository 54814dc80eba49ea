// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect audit: MSRs of x86-64 that an operator should know of. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

#define BIT(n) (1ULL << (n))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define MSR_ARCH_CAPABILITIES 0x10a

/* What of CPUID tells that an MSR is there (Intel SDM vol. 4, table 2-2): any of it */
static const struct audit_offer vmx_smx_sgx[] = {
	{ 1, 0, ECX, 5 }, { 1, 0, ECX, 6 }, { 7, 0, EBX, 2 }, { 0 }
};
static const struct audit_offer sdbg[] = { { 1, 0, ECX, 11 }, { 0 } };

/**
 * struct switched - a bit of an MSR that should be one way
 * @msr: its number
 * @name: of it
 * @bit: of it
 * @good: how it should be
 * @offer: what of CPUID tells that it's there; NULL if it need not be asked
 * @capability: the bit of ARCH_CAPABILITIES that tells so, or 0
 * @metal: 1 if in a virtual machine it's the hypervisor's affair
 * @id: of a finding
 * @severity: of a finding
 * @what: in words, if it's the other way
 * @fine: in words, if it is as it should be
 * @why: it matters
 */
static const struct switched {
	__u32 msr;
	const char *name;
	unsigned int bit;
	unsigned int good;
	const struct audit_offer *offer;
	unsigned int capability;
	int metal;
	const char *id;
	enum severity severity;
	const char *what;
	const char *fine;
	const char *why;
} switches[] = {
	{ 0x3a, "FEATURE_CONTROL", 0, 1, vmx_smx_sgx, 0, 0,
	  "feature-control", SEVERITY_MEDIUM,
	  "FEATURE_CONTROL isn't locked", "FEATURE_CONTROL locked",
	  "kernel code can switch VMX, SMX and SGX on in ways that the firmware didn't mean to allow" },
	{ 0xc80, "DEBUG_INTERFACE", 0, 0, sdbg, 0, 0,
	  "debug-interface", SEVERITY_HIGH,
	  "DEBUG_INTERFACE: silicon debugging is enabled", "silicon debugging off",
	  "whoever gets at the debug port has all of the machine" },
	{ 0xc80, "DEBUG_INTERFACE", 30, 1, sdbg, 0, 0,
	  "debug-lock", SEVERITY_LOW,
	  "DEBUG_INTERFACE isn't locked", "DEBUG_INTERFACE locked",
	  "kernel code can turn silicon debugging on" },
	{ 0xc80, "DEBUG_INTERFACE", 31, 0, sdbg, 0, 0,
	  "debug-occurred", SEVERITY_MEDIUM,
	  "DEBUG_INTERFACE: a debugger has been at work since reset",
	  "no silicon debugger since reset",
	  "it may have changed whatever it liked, the kernel too" },
	/*
	 * Mitigations that microcode has on; if one was turned off after the boot,
	 * /sys doesn't say so. Not RNGDS_MITG_DIS: with TSX off Linux sets it itself.
	 */
	{ 0x123, "MCU_OPT_CTRL", 3, 0, NULL, 18, 0,
	  "fb-clear", SEVERITY_MEDIUM,
	  "MCU_OPT_CTRL.FB_CLEAR_DIS: VERW doesn't clear the fill buffers",
	  "VERW clears the fill buffers",
	  "the mitigation of MMIO stale data leans on it" },
	{ 0x123, "MCU_OPT_CTRL", 4, 0, NULL, 25, 0,
	  "gds-mitigation", SEVERITY_MEDIUM,
	  "MCU_OPT_CTRL.GDS_MITG_DIS: the mitigation of gather data sampling is off",
	  "gather data sampling mitigated",
	  "a program can read what others, and the kernel, had in vector registers (Downfall)" },
	{ 0xc0010015, "HWCR", 0, 1, NULL, 0, 1,
	  "smm-lock", SEVERITY_MEDIUM,
	  "HWCR.SmmLock: SMM's memory isn't locked", "SMM locked",
	  "kernel code can make itself part of SMM, which nothing can look into" },
	{ 0xc0011029, "DE_CFG", 1, 1, NULL, 0, 1,
	  "lfence", SEVERITY_MEDIUM,
	  "DE_CFG.LFENCE_SERIALIZE is off", "LFENCE serializes",
	  "the barriers against Spectre v1 don't hold" },
};

/* Vulnerabilities, and the bits of ARCH_CAPABILITIES that together disclaim each */
static const struct {
	const char *vulnerability;
	__u64 bits;
	const char *names;
} claims[] = {
	{ "meltdown", BIT(0), "RDCL_NO" },
	{ "l1tf", BIT(0), "RDCL_NO" },
	{ "spec_store_bypass", BIT(4), "SSB_NO" },
	{ "mds", BIT(5), "MDS_NO" },
	{ "itlb_multihit", BIT(6), "PSCHANGE_MC_NO" },
	{ "tsx_async_abort", BIT(8), "TAA_NO" },
	{ "mmio_stale_data", BIT(13) | BIT(14) | BIT(15), "SBDR_SSDP_NO, FBSDP_NO, PSDP_NO" },
	{ "gather_data_sampling", BIT(26), "GDS_NO" },
	{ "reg_file_data_sampling", BIT(27), "RFDS_NO" },
	{ "indirect_target_selection", BIT(62), "ITS_NO" },
};

static __u64 arch_capabilities;
static int have_arch_capabilities;

int audit_immune(const char *vulnerability, const char **claim)
{
	size_t i;

	for (i = 0; have_arch_capabilities && i < ARRAY_SIZE(claims); i++) {
		if (strcmp(claims[i].vulnerability, vulnerability))
			continue;
		*claim = claims[i].names;
		return (arch_capabilities & claims[i].bits) == claims[i].bits;
	}
	return -1;
}

/* MSRs of all CPUs: those of the library's table that this vendor has */
struct msrs {
	const struct mmuinspect_register **row;
	struct mmuinspect_msr *msr;	/* by CPU, and then by row */
	size_t rows;
};

static const struct mmuinspect_msr *msr_of(const struct msrs *m, size_t cpu,
					   size_t row)
{
	return &m->msr[cpu * m->rows + row];
}

static int is_vendors(const struct audit *a, const struct mmuinspect_register *row)
{
	static const char *const vendors[] = {
		[MMUINSPECT_VENDOR_INTEL] = "GenuineIntel",
		[MMUINSPECT_VENDOR_AMD] = "AuthenticAMD HygonGenuine",
	};

	return row->vendor == MMUINSPECT_VENDOR_ANY ||
	       (*a->model.vendor && strstr(vendors[row->vendor], a->model.vendor));
}

/* Returns 0 or a negative errno; to be freed even then. */
static int read_msrs(const struct audit *a, const struct audit_cpus *r,
		     struct msrs *m)
{
	const struct mmuinspect_register *table;
	size_t known, i, cpu;

	table = mmuinspect_msr_table(a->s.info, &known);
	*m = (struct msrs) {
		.row = calloc(known + 1, sizeof(*m->row)),
		.msr = calloc(known * r->online + 1, sizeof(*m->msr)),
	};
	if (!m->row || !m->msr)
		return -ENOMEM;
	for (i = 0; i < known; i++)
		if (is_vendors(a, &table[i]))
			m->row[m->rows++] = &table[i];
	for (cpu = 0; cpu < r->online; cpu++)
		for (i = 0; i < m->rows; i++)
			m->msr[cpu * m->rows + i] = (struct mmuinspect_msr) {
				.cpu = r->cpu[cpu], .msr = m->row[i]->id,
			};
	return m->rows && r->online ?
	       mmuinspect_msrs(a->s.h, m->msr, m->rows * r->online) : -ENODEV;
}

static const char *msr_why(int error)
{
	return error == -EACCES ? "not on the list of permitted MSRs" :
	       audit_why(error);
}

static int is_absent(const struct mmuinspect_msr *msr)
{
	return msr->error == -ENODEV || msr->error == -EIO;
}

/* One that a CPU hasn't got counts too, if another has. */
static void agreement(struct audit *a, const struct audit_cpus *r,
		      const struct msrs *m)
{
	const struct mmuinspect_register *registers;
	size_t known, row, cpu, n, refused = 0;

	registers = mmuinspect_register_table(a->s.info, &known);
	for (row = 0; row < m->rows; row++) {
		/* Of EFER and others REGS has told already. */
		if (mmuinspect_register_by_name(registers, known, m->row[row]->name))
			continue;
		for (cpu = 0, n = 0; cpu < r->online; cpu++) {
			const struct mmuinspect_msr *msr = msr_of(m, cpu, row);

			if (!msr->error || is_absent(msr))
				r->sample[n++] = (struct sample) {
					.cpu = msr->cpu, .error = msr->error,
					.value = msr->value,
				};
		}
		refused += n < r->online;
		audit_agreement(a, r, n, m->row[row], "mmuinspect msr --all");
	}
	if (refused)
		audit_skip(a, "cpus-disagree",
			   audit_text("%zu MSR%s: mmuinspect msr --all says which may not be read",
				      refused, refused == 1 ? "" : "s"));
}

static size_t row_of(const struct msrs *m, __u32 msr)
{
	size_t row;

	for (row = 0; row < m->rows && m->row[row]->id != msr; )
		row++;
	return row;
}

/* Has this machine got it? Returns NULL, or why not. */
static const char *switch_absent(const struct audit *a, const struct msrs *m,
				 const struct switched *s)
{
	const struct audit_offer *offer = s->offer;

	if (row_of(m, s->msr) == m->rows)
		return "another vendor's";
	if (s->metal && a->model.hypervised)
		return "in a virtual machine it's the hypervisor's affair";
	while (offer && offer->leaf && !audit_offered(a, offer))
		offer++;
	if ((offer && !offer->leaf) ||
	    (s->capability && !(arch_capabilities >> s->capability & 1)))
		return "this CPU has none";
	return NULL;
}

/* Is the bit what it should be, on each CPU? */
static void check_switch(struct audit *a, const struct audit_cpus *r,
			 const struct msrs *m, const struct switched *s)
{
	__u32 *bad = calloc(r->online + 1, sizeof(*bad));
	size_t row = row_of(m, s->msr), cpu, n = 0, read = 0;
	int error = 0;

	for (cpu = 0; bad && cpu < r->online; cpu++) {
		const struct mmuinspect_msr *msr = msr_of(m, cpu, row);

		if (msr->error) {
			error = msr->error;
			continue;
		}
		read++;
		if ((msr->value >> s->bit & 1) != s->good)
			bad[n++] = msr->cpu;
	}
	if (!bad)
		a->failed = 1;
	else if (n)
		audit_find(a, s->id, s->severity, audit_text("%s", s->what),
			   audit_cpus_text(bad, n, r->online), s->why,
			   audit_text("mmuinspect msr 0x%x", s->msr));
	else if (read)
		audit_done(a, s->id, audit_text("%s", s->fine));
	else
		audit_skip(a, s->id, audit_text("%s: %s", s->name, msr_why(error)));
	free(bad);
}

static void check_switches(struct audit *a, const struct audit_cpus *r,
			   const struct msrs *m)
{
	const char *absent;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(switches); i++) {
		absent = switch_absent(a, m, &switches[i]);
		if (absent)
			audit_absent(a, switches[i].id,
				     audit_text("%s", switches[i].name), absent);
		else
			check_switch(a, r, m, &switches[i]);
	}
}

/* What the first CPU says; where CPUs differ, that has been found. */
static void remember_capabilities(struct audit *a, const struct msrs *m)
{
	size_t row = row_of(m, MSR_ARCH_CAPABILITIES);
	const struct mmuinspect_msr *msr;

	if (row == m->rows)
		return;
	msr = msr_of(m, 0, row);
	have_arch_capabilities = !msr->error;
	arch_capabilities = msr->value;
	if (msr->error && !is_absent(msr))
		audit_skip(a, "arch-capabilities",
			   audit_text("ARCH_CAPABILITIES: %s", msr_why(msr->error)));
}

void audit_msrs(struct audit *a, const struct audit_cpus *r)
{
	struct msrs m;
	int err = read_msrs(a, r, &m);

	if (err) {
		audit_skip(a, "msrs", audit_text("%s", err == -EACCES ?
			   "MSRs need CAP_SYS_RAWIO (sudo)" : audit_why(err)));
	} else {
		agreement(a, r, &m);
		remember_capabilities(a, &m);
		check_switches(a, r, &m);
	}
	free(m.row);
	free(m.msr);
}
