// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Error codes of x86 exceptions. That of a page fault: Intel SDM vol. 3A 4.7, AMD
 * APM vol. 2 8.4.2; those that name a selector: SDM vol. 3A 6.13, APM vol. 2 8.4.1;
 * of #CP: SDM vol. 3A 6.15, "Control Protection Exception", APM vol. 2 8.4.3.
 */
#include <stdio.h>

#include "mmuinspect.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1ULL << (n))

#define BOTH "Intel SDM vol. 3A 4.7; AMD APM vol. 2 8.4.2"
#define INTEL "Intel SDM vol. 3A 4.7"

static const struct mmuinspect_fault_bit bits[] = {
	{ "P", 0, "a present entry denied it", "an entry wasn't present", BOTH },
	{ "W", 1, "a write", "a read, or a fetch", BOTH },
	{ "U", 2, "by user mode", "by the kernel, or for the CPU's own tables", BOTH },
	{ "RSVD", 3, "a reserved bit was set in an entry", NULL, BOTH },
	{ "I", 4, "fetching an instruction", NULL, BOTH },
	{ "PK", 5, "denied by a protection key", NULL, BOTH },
	{ "SS", 6, "a shadow-stack access", NULL, BOTH },
	{ "HLAT", 7, "in tables of hypervisor-managed translation", NULL, INTEL },
	{ "SGX", 15, "denied by SGX, not by an entry", NULL, INTEL },
	{ "RMP", 31, "denied by the reverse map table of SEV-SNP", NULL,
	  "AMD APM vol. 2 8.4.2, 15.36" },
};

const struct mmuinspect_fault_bit *mmuinspect_fault_bits(size_t *n)
{
	*n = ARRAY_SIZE(bits);
	return bits;
}

static const struct mmuinspect_fault_bit *find(unsigned int bit)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bits); i++)
		if (bits[i].bit == bit)
			return &bits[i];
	return NULL;
}

const char *mmuinspect_fault_code(__u64 code, char *buf, size_t size)
{
	const struct mmuinspect_fault_bit *row;
	unsigned int bit;
	size_t len = 0;

	snprintf(buf, size, "0");
	for (bit = 0; bit < 64; bit++) {
		if (!(code & BIT(bit)) || len >= size)
			continue;
		row = find(bit);
		if (row)
			len += snprintf(buf + len, size - len, "%s%s",
					len ? " " : "", row->name);
		else
			len += snprintf(buf + len, size - len, "%sbit%u",
					len ? " " : "", bit);
	}
	return buf;
}

/* Of each list the first row whose bits are all set */
static const struct part {
	__u64 bits;
	const char *word;
} kinds[] = {
	{ BIT(6), "shadow-stack-" },
	{ 0, "" },
}, accesses[] = {
	{ BIT(4), "fetch" },
	{ BIT(1), "write" },
	{ 0, "read" },
}, causes[] = {
	{ BIT(3) | BIT(0), "reserved-bit" },
	{ BIT(5) | BIT(0), "protection-key" },
	{ BIT(0), "protection" },
	{ 0, "not-present" },
}, modes[] = {
	{ BIT(2), "user" },
	{ 0, "kernel" },
};

#define CLASS_BITS 0x7f

/* Takes the bits that the word stands for out of @rest. */
static const char *word(const struct part *part, __u64 code, __u64 *rest)
{
	while ((code & part->bits) != part->bits)
		part++;
	*rest &= ~part->bits;
	return part->word;
}

const char *mmuinspect_fault_name(__u64 code, char *buf, size_t size)
{
	__u64 rest = code & CLASS_BITS;
	const char *kind = word(kinds, code, &rest);
	const char *access = word(accesses, code, &rest);
	const char *cause = word(causes, code, &rest);
	const char *mode = word(modes, code, &rest);

	if (rest)
		snprintf(buf, size, "%s%s-%s-%s-0x%02llx", kind, access, cause, mode,
			 (unsigned long long)(code & CLASS_BITS));
	else
		snprintf(buf, size, "%s%s-%s-%s", kind, access, cause, mode);
	return buf;
}

static void selector_text(__u64 code, char *buf, size_t size)
{
	static const char *const tables[] = { "GDT", "IDT", "LDT", "IDT" };

	if (!code)
		snprintf(buf, size, "0");
	else
		snprintf(buf, size, "%s entry 0x%llx%s", tables[code >> 1 & 3],
			 (unsigned long long)(code >> 3 & 0x1fff),
			 code & 1 ? ", external" : "");
}

static void control_text(__u64 code, char *buf, size_t size)
{
	static const char *const causes[] = {
		NULL, "near-ret", "far-ret/iret", "endbranch", "rstorssp",
		"setssbsy",
	};
	unsigned int cause = code & 0x7fff;

	if (cause && cause < ARRAY_SIZE(causes))
		snprintf(buf, size, "%s%s", causes[cause],
			 code & BIT(15) ? ", in an enclave" : "");
	else
		snprintf(buf, size, "0x%llx", (unsigned long long)code);
}

static void page_text(__u64 code, char *buf, size_t size)
{
	mmuinspect_fault_code(code, buf, size);
}

static const struct {
	unsigned int vector;
	void (*text)(__u64 code, char *buf, size_t size);
} texts[] = {
	{ 10, selector_text },
	{ 11, selector_text },
	{ 12, selector_text },
	{ 13, selector_text },
	{ 14, page_text },
	{ 21, control_text },
};

const char *mmuinspect_error_code(unsigned int vector, __u64 code, char *buf,
				  size_t size)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].vector == vector) {
			texts[i].text(code, buf, size);
			return buf;
		}
	return NULL;
}
