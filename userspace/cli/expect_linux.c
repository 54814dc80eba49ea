// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Linux does with an exception of user mode: a row a vector
 * (arch/x86/kernel/traps.c), and for page faults the steps of arch/x86/mm/fault.c,
 * after those of the MMU.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "expect.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT(n)		(1ULL << (n))
#define CR0_WP		BIT(16)
#define CR0_AM		BIT(18)
#define CR4_SMEP	BIT(20)
#define CR4_LASS	BIT(27)
#define CPUID_LASS	BIT(6)
#define EFER_NXE	BIT(11)
#define FLAGS_AC	BIT(18)

/* asm/vsyscall.h: the page, and how far apart its entries are */
#define VSYSCALL	0xffffffffff600000ULL
#define VSYSCALL_ENTRY	1024
#define VSYSCALL_CALLS	3

enum { AT_NOWHERE, AT_IP };

static const struct {
	int vector;
	int signal;
	int code;
	int at;
} signals[] = {
	{ 0, SIGFPE, FPE_INTDIV, AT_IP },
	{ VECTOR_DB, SIGTRAP, TRAP_BRKPT, AT_IP },
	{ VECTOR_BP, SIGTRAP, SI_KERNEL, AT_NOWHERE },
	{ VECTOR_OF, SIGSEGV, SI_KERNEL, AT_NOWHERE },
	{ 5, SIGSEGV, SI_KERNEL, AT_NOWHERE },
	{ VECTOR_UD, SIGILL, ILL_ILLOPN, AT_IP },
	{ VECTOR_NP, SIGBUS, SI_KERNEL, AT_NOWHERE },
	{ VECTOR_SS, SIGBUS, SI_KERNEL, AT_NOWHERE },
	{ VECTOR_GP, SIGSEGV, SI_KERNEL, AT_NOWHERE },
	{ VECTOR_AC, SIGBUS, BUS_ADRALN, AT_NOWHERE },
};

void expect_linux(struct expectation *e)
{
	size_t i;

	e->frame_error = e->error;
	e->frame_unknown = e->unknown;
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		if (signals[i].vector != e->vector)
			continue;
		e->end = END_SIGNAL;
		e->signal = signals[i].signal;
		e->code = signals[i].code;
		e->has_signal_address = signals[i].at == AT_IP;
		e->signal_address = SIGNAL_AT_IP;
		return;
	}
}

static void say(struct expectation *e, const char *why)
{
	snprintf(e->why, sizeof(e->why), "%s", why);
}

static int bit(const struct expect_state *s, enum expect_item item, __u64 mask)
{
	return s->known >> item & 1 && s->item[item] & mask;
}

/* SDM vol. 1 3.3.7.1 */
static int is_canonical(const struct expect_state *s, __u64 address)
{
	__s64 top = (__s64)address >> (s->va_bits - 1);

	return top == 0 || top == -1;
}

/* Without CR0.WP the kernel writes where it likes. */
static int asks_to_write(const struct expect_state *s, const struct expect_memory *m)
{
	return m->access == ACCESS_WRITE && (!m->kernel || bit(s, ITEM_CR0, CR0_WP));
}

/* SDM vol. 3A 4.6, 4.6.2, 4.7; the why of a refusal in words */
static int is_refused(const struct expect_state *s, const struct expect_memory *m,
		      struct expectation *e)
{
	int write = asks_to_write(s, m), fetch = m->access == ACCESS_FETCH;
	unsigned int key = s->item[ITEM_PKRU] >> (2 * m->pkey) & 3;

	if (!m->kernel && !(m->attrs & MMUINSPECT_USER))
		say(e, "the tables give user mode no access");
	else if (write && !(m->attrs & MMUINSPECT_WRITE))
		say(e, "the tables deny writing");
	else if (fetch && !(m->attrs & MMUINSPECT_EXEC))
		say(e, "the tables deny execution");
	else if (!fetch && bit(s, ITEM_OSPKE, 1) && (key & 1 || (key & 2 && write)))
		snprintf(e->why, sizeof(e->why), "PKRU denies key %d", m->pkey);
	else
		return 0;
	if (!fetch && bit(s, ITEM_OSPKE, 1) && (key & 1 || (key & 2 && write)))
		e->error |= ERROR_PK;
	return 1;
}

/* Does the MMU raise a page fault? Its error code is then in @e. */
static int is_page_fault(const struct expect_state *s,
			 const struct expect_memory *m, struct expectation *e)
{
	e->error = (m->access == ACCESS_WRITE ? ERROR_W : 0) | (m->kernel ? 0 : ERROR_U);
	if (m->access == ACCESS_FETCH &&
	    (bit(s, ITEM_EFER, EFER_NXE) || bit(s, ITEM_CR4, CR4_SMEP)))
		e->error |= ERROR_I;
	if (!(m->attrs & MMUINSPECT_PRESENT)) {
		say(e, m->guard ? "the tables have a guard marker there" :
		    "the tables have no page there");
		return 1;
	}
	if (!is_refused(s, m, e))
		return 0;
	e->error |= ERROR_P;
	return 1;
}

static void segv(struct expectation *e, int signal, int code)
{
	e->end = END_SIGNAL;
	e->signal = signal;
	e->code = code;
	e->has_signal_address = 1;
	e->signal_address = e->address;
	e->frame_error = e->error;
}

static void add(struct expectation *e, const char *text)
{
	size_t len = strlen(e->why);

	snprintf(e->why + len, sizeof(e->why) - len, "; %s", text);
}

/* access_error() of arch/x86/mm/fault.c, but for keys */
static int mapping_refuses(const struct expect_memory *m, const struct expectation *e)
{
	if (e->error & ERROR_W)
		return !(m->prot & PROT_WRITE);
	return e->error & ERROR_P || !m->prot;
}

/*
 * do_user_addr_fault(). Returns 1 if the kernel maps the page, with the rights of
 * the mapping, and the CPU tries again.
 */
static int linux_maps(const struct expect_memory *m, struct expectation *e)
{
	if (!m->mapping && !m->grows) {
		segv(e, SIGSEGV, SEGV_MAPERR);
		add(e, "no mapping");
	} else if (e->error & ERROR_PK) {
		segv(e, SIGSEGV, SEGV_PKUERR);
	} else if (mapping_refuses(m, e)) {
		segv(e, SIGSEGV, SEGV_ACCERR);
		add(e, "the mapping denies it too");
	} else if (m->guard) {
		segv(e, SIGSEGV, SEGV_MAPERR);
	} else if (m->file_end && m->address >= m->file_end) {
		segv(e, SIGBUS, BUS_ADRERR);
		add(e, "the file ends before it");
	} else {
		return 1;
	}
	return 0;
}

static unsigned int mapped_attrs(int prot)
{
	return MMUINSPECT_PRESENT | MMUINSPECT_USER |
	       (prot & PROT_WRITE ? MMUINSPECT_WRITE : 0) |
	       (prot & PROT_EXEC ? MMUINSPECT_EXEC : 0);
}

/* __emulate_vsyscall() of arch/x86/entry/vsyscall/vsyscall_64.c */
static int is_emulated(const struct expect_state *s, const struct expect_memory *m)
{
	__u64 entry = m->address - VSYSCALL;

	return m->access == ACCESS_FETCH && s->vsyscall > 0 &&
	       s->vsyscall & PROT_EXEC && !(entry % VSYSCALL_ENTRY) &&
	       entry / VSYSCALL_ENTRY < VSYSCALL_CALLS;
}

/* An address of the user half */
static void expect_user(const struct expect_state *s, const struct expect_memory *m,
			struct expectation *e)
{
	struct expect_memory now = *m;
	struct expectation first;

	if (!is_page_fault(s, m, e)) {
		e->error = 0;
		say(e, "the tables allow it");
		return;
	}
	e->vector = VECTOR_PF;
	e->has_address = 1;
	e->address = m->address;
	if (m->kernel) {
		e->end = END_FIXUP;
		return;
	}
	if (!linux_maps(m, e))
		return;
	/* The kernel maps the page, and the CPU tries again. */
	first = *e;
	now.attrs = mapped_attrs(m->prot);
	if (is_page_fault(s, &now, e)) {
		linux_maps(&now, e);
		return;
	}
	*e = first;
	e->end = END_MAPPED;
	add(e, "but the mapping allows it");
}

/*
 * The half of the kernel. Whether there is a page isn't asked: the tables of that
 * half aren't walked. In a signal's frame the kernel always says that there is one
 * (sanitize_error_code()).
 */
static void expect_supervisor(const struct expect_state *s,
			      const struct expect_memory *m, struct expectation *e)
{
	int vsyscall = m->address - VSYSCALL < 4096;

	is_page_fault(s, m, e);
	say(e, "an address of the kernel half");
	e->unknown = ERROR_P;
	e->vector = VECTOR_PF;
	e->has_address = 1;
	e->address = m->address;
	if (vsyscall && m->access == ACCESS_READ && s->vsyscall > 0 &&
	    s->vsyscall & PROT_READ) {
		e->vector = VECTOR_NONE;
		e->has_address = 0;
		e->error = 0;
		e->unknown = 0;
		say(e, "the vsyscall page may be read");
		return;
	}
	if (vsyscall && is_emulated(s, m)) {
		e->end = END_EMULATED;
		say(e, "an entry of the vsyscall page, which Linux emulates");
		return;
	}
	segv(e, SIGSEGV, SEGV_MAPERR);
	e->frame_error |= ERROR_P;
}

/* SDM vol. 3A 6.15 interrupt 17; AMD APM vol. 2 8.2.18 */
static int is_misaligned(const struct expect_state *s, const struct expect_memory *m)
{
	return !m->kernel && m->access != ACCESS_FETCH && m->address % m->size &&
	       bit(s, ITEM_CR0, CR0_AM) && bit(s, ITEM_FLAGS, FLAGS_AC);
}

/* What has to be known, for user mode and an address below @user_end */
static const char *missing(const struct expect_state *s, const struct expect_memory *m)
{
	if (m->access != ACCESS_FETCH && m->address % m->size &&
	    !(s->known >> ITEM_CR0 & 1) && bit(s, ITEM_FLAGS, FLAGS_AC))
		return "CR0";
	if (m->kernel && m->access == ACCESS_WRITE && !(s->known >> ITEM_CR0 & 1))
		return "CR0";
	if (m->access == ACCESS_FETCH && !(s->known >> ITEM_EFER & 1))
		return "EFER";
	if (m->address >> 63 && !(s->known >> ITEM_CR4 & 1) &&
	    bit(s, ITEM_CPUID_7_1_EAX, CPUID_LASS))
		return "CR4";
	if (m->address < s->user_end && !m->walked)
		return "the page tables";
	if (m->address < s->user_end && m->mapping_unknown)
		return "the mapping";
	if (m->address - VSYSCALL < 4096 && s->vsyscall == VSYSCALL_UNKNOWN)
		return "the vsyscall page";
	return NULL;
}

void expect_access(const struct expect_state *s, const struct expect_memory *m,
		   struct expectation *e)
{
	const char *what = missing(s, m);

	memset(e, 0, sizeof(*e));
	e->vector = VECTOR_NONE;
	e->known = 1;
	if (!is_canonical(s, m->address)) {
		e->vector = m->stack ? VECTOR_SS : VECTOR_GP;
		snprintf(e->why, sizeof(e->why), "not canonical with %u bits", s->va_bits);
		expect_linux(e);
	} else if (what) {
		e->known = 0;
		snprintf(e->why, sizeof(e->why), "not known: %s", what);
	} else if (m->address >> 63 && bit(s, ITEM_CR4, CR4_LASS) && !m->kernel) {
		e->vector = m->stack ? VECTOR_SS : VECTOR_GP;
		say(e, "CR4.LASS is set, and the address is the kernel's");
		if (is_emulated(s, m))
			e->end = END_EMULATED;
		else
			expect_linux(e);
	} else if (is_misaligned(s, m)) {
		e->vector = VECTOR_AC;
		say(e, "CR0.AM and RFLAGS.AC are set, CPL is 3, and the address isn't aligned");
		expect_linux(e);
	} else if (m->address >= s->user_end) {
		expect_supervisor(s, m, e);
	} else {
		expect_user(s, m, e);
	}
}
