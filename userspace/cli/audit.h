/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of mmuinspect audit: checks, and what they leave behind. */
#ifndef AUDIT_H
#define AUDIT_H

#include "cli.h"
#include "fields.h"

enum severity { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH };

/**
 * struct finding - something unsafe
 * @id: short and stable
 * @severity: how bad
 * @order: of its being found
 * @what: in words
 * @where: CPU, process or file
 * @why: why it matters
 * @check: how to look at it by hand
 */
struct finding {
	const char *id;
	enum severity severity;
	size_t order;
	char *what;
	char *where;
	const char *why;
	char *check;
};

/**
 * struct note - what was looked at, or couldn't be
 * @id: of the findings that there might have been
 * @text: what it covers, or why it couldn't
 * @absent: why there is nothing to look at here; else NULL
 */
struct note {
	const char *id;
	char *text;
	const char *absent;
};

/**
 * struct audit - what is known so far
 * @s: an open device
 * @cpuid: what the CPU that this runs on says of itself
 * @n_cpuid: how many answers
 * @model: the same in words
 * @finding: what was found
 * @n: how many
 * @done: what was looked at
 * @n_done: how many
 * @skipped: what couldn't be looked at
 * @n_skipped: how many
 * @failed: 1 if memory has run out
 */
struct audit {
	struct session s;
	struct mmuinspect_cpuid cpuid[MMUINSPECT_CPUID_MAX];
	size_t n_cpuid;
	struct mmuinspect_cpu_model model;
	struct finding *finding;
	size_t n;
	struct note *done;
	size_t n_done;
	struct note *skipped;
	size_t n_skipped;
	int failed;
};

/* A string for the next four, which take it over; NULL if memory has run out. */
char *audit_text(const char *fmt, ...) PRINTF(1);
void audit_find(struct audit *a, const char *id, enum severity severity,
		char *what, char *where, const char *why, char *check);
void audit_done(struct audit *a, const char *id, char *text);
/* It couldn't be looked at. */
void audit_skip(struct audit *a, const char *id, char *reason);
/* There is nothing to look at here. */
void audit_absent(struct audit *a, const char *id, char *what, const char *reason);
/* Why the module refused something, in words. */
const char *audit_why(int err);
/* "CPU 1", "CPUs 0-1", "all CPUs" of @all: a string as audit_text() makes. */
char *audit_cpus_text(const __u32 *cpu, size_t n, size_t all);

enum audit_cpuid { EAX, EBX, ECX, EDX };

/**
 * struct audit_offer - a bit of CPUID
 * @leaf: of CPUID
 * @subleaf: of CPUID
 * @in: which register
 * @bit: of that register
 */
struct audit_offer {
	__u32 leaf;
	__u32 subleaf;
	enum audit_cpuid in;
	unsigned int bit;
};

/* Is it set? */
int audit_offered(const struct audit *a, const struct audit_offer *offer);

/**
 * struct audit_cpus - registers of all CPUs
 * @reg: of all
 * @n: how many
 * @cpu: numbers of those that are online
 * @online: how many
 * @sample: room for one of each
 */
struct audit_cpus {
	struct mmuinspect_reg *reg;
	size_t n;
	__u32 *cpu;
	size_t online;
	struct sample *sample;
};

/* 0 or a negative errno; to be freed even then */
int audit_cpus_read(struct audit *a, struct audit_cpus *r);
void audit_cpus_free(struct audit_cpus *r);
/* A register; NULL if the CPU has none, or it may not be seen. */
const struct mmuinspect_reg *audit_reg(const struct audit_cpus *r, __u32 cpu,
				       __u32 id);
/*
 * Do the first @n samples differ where they mustn't? A sample with an error is of a
 * CPU that hasn't got that register or MSR.
 */
void audit_agreement(struct audit *a, const struct audit_cpus *r, size_t n,
		     const struct mmuinspect_register *row, const char *command);

/* Protections, registers, gates and MSRs of each CPU */
void audit_x86(struct audit *a);
/* Its parts: registers that must agree, ways into the kernel, MSRs */
void audit_registers(struct audit *a, const struct audit_cpus *r);
void audit_gates(struct audit *a, const struct audit_cpus *r);
void audit_msrs(struct audit *a, const struct audit_cpus *r);
/*
 * Does the CPU say of itself that it isn't subject to a vulnerability? 1 yes, 0 no,
 * -1 nothing is known. @claim receives the names of the bits that say so.
 */
int audit_immune(const char *vulnerability, const char **claim);

/* Pages that a process may write and execute */
void audit_processes(struct audit *a);
/* What the kernel says of the CPU's vulnerabilities */
void audit_vulnerabilities(struct audit *a);

#endif
