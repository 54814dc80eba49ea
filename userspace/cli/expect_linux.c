// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes of an access to memory: the MMU's part by the bits of the tables and
 * registers, Linux's part by the rules of predict_linux.c.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "expect.h"
#include "predict.h"

#define BIT(n)		(1ULL << (n))
#define CR0_WP		BIT(16)
#define CR0_AM		BIT(18)
#define CR4_SMEP	BIT(20)
#define CR4_LASS	BIT(27)
#define CPUID_LASS	BIT(6)
#define EFER_NXE	BIT(11)
#define FLAGS_AC	BIT(18)

void expect_linux(struct expectation *e)
{
	const struct linux_signal *s = linux_signal_of(e->vector);

	e->frame_error = e->error;
	e->frame_unknown = e->unknown;
	if (!s)
		return;
	e->end = END_SIGNAL;
	e->signal = s->signal;
	e->code = s->code;
	e->has_signal_address = s->at_ip;
	e->signal_address = SIGNAL_AT_IP;
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

static void add(struct expectation *e, const char *text)
{
	size_t len = strlen(e->why);

	snprintf(e->why + len, sizeof(e->why) - len, "%s%s", len ? "; " : "", text);
}

static linux_facts access_facts(const struct expect_memory *m)
{
	static const linux_facts kinds[] = {
		[ACCESS_READ] = FACT(READ),
		[ACCESS_WRITE] = FACT(WRITE),
		[ACCESS_FETCH] = FACT(EXEC),
	};

	return kinds[m->access] | FACT_IF(USER, !m->kernel) | FACT_IF(BY_STACK, m->stack);
}

static int is_denied(const struct expect_memory *m)
{
	if (m->access == ACCESS_WRITE)
		return !(m->prot & PROT_WRITE);
	return m->access == ACCESS_FETCH ? !(m->prot & PROT_EXEC) : !m->prot;
}

static linux_facts mapping_facts(const struct expect_memory *m)
{
	return FACT_IF(MAPPED, m->mapping) | FACT_IF(GROWS, m->grows) |
	       FACT_IF(DENIED, is_denied(m)) | FACT_IF(CLOSED, !m->prot) |
	       FACT_IF(PAST_END, m->file_end && m->address >= m->file_end);
}

/* Of an access that the tables don't allow: @e has the error code. */
static linux_facts entry_facts(const struct expect_memory *m,
			       const struct expectation *e)
{
	int present = !!(e->error & ERROR_P);

	return FACT_IF(KEY, e->error & ERROR_PK) | FACT_IF(PRESENT, present) |
	       FACT_IF(READ_ONLY, present && m->access == ACCESS_WRITE) |
	       FACT_IF(GUARD, m->guard) | FACT_IF(EMPTY, !present && !m->guard);
}

/* Returns 1 if Linux resolves the fault, and the CPU tries again. */
static int take(struct expectation *e, linux_facts facts)
{
	const struct linux_action *action = linux_action(facts);

	add(e, action->outcome == LINUX_ALLOWED ? "user mode may read it" : action->text);
	switch (action->outcome) {
	case LINUX_ALLOWED:
		e->vector = VECTOR_NONE;
		e->has_address = 0;
		e->error = 0;
		e->unknown = 0;
		return 0;
	case LINUX_VSYSCALL:
		e->end = END_EMULATED;
		return 0;
	case LINUX_FIXUP:
		e->end = END_FIXUP;
		return 0;
	case LINUX_UNKNOWN:
		e->known = 0;
		return 0;
	default:
		break;
	}
	if (!action->signal)
		return 1;
	e->end = END_SIGNAL;
	e->signal = action->signal;
	e->code = action->code;
	e->has_signal_address = action->code != SI_KERNEL;
	e->signal_address = e->address;
	e->error |= action->is_second ? ERROR_P : 0;
	e->frame_error = e->error;
	return 0;
}

static unsigned int mapped_attrs(int prot)
{
	return MMUINSPECT_PRESENT | MMUINSPECT_USER |
	       (prot & PROT_WRITE ? MMUINSPECT_WRITE : 0) |
	       (prot & PROT_EXEC ? MMUINSPECT_EXEC : 0);
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
	if (!take(e, access_facts(m) | mapping_facts(m) | entry_facts(m, e)))
		return;
	/* The kernel maps the page, and the CPU tries again: keys may still deny it. */
	first = *e;
	now.attrs = mapped_attrs(m->prot);
	if (is_page_fault(s, &now, e)) {
		take(e, access_facts(&now) | mapping_facts(&now) | entry_facts(&now, e));
		return;
	}
	*e = first;
	e->end = END_MAPPED;
}

/*
 * The half of the kernel. Whether there is a page isn't asked: the tables of that
 * half aren't walked. In a signal's frame the kernel always says that there is one
 * (sanitize_error_code()).
 */
static void expect_supervisor(const struct expect_state *s,
			      const struct expect_memory *m, struct expectation *e)
{
	linux_facts facts = access_facts(m) | FACT(KERNEL_HALF) |
			    vsyscall_facts(s->vsyscall, m->address);

	is_page_fault(s, m, e);
	e->why[0] = '\0';
	e->unknown = ERROR_P;
	e->vector = VECTOR_PF;
	e->has_address = 1;
	e->address = m->address;
	if (facts & FACT(VSYSCALL_EMULATE) && m->access == ACCESS_READ && !m->kernel)
		facts |= FACT(ALLOWED);
	take(e, facts);
	e->frame_error |= ERROR_P;
	/* A signal without an address leaves the frame as an earlier fault made it. */
	if (e->end == END_SIGNAL && e->code == SI_KERNEL)
		e->frame_unknown = ~0ULL;
}

/* With #SS in place of #GP where SS is the segment */
static void expect_protection(const struct expect_memory *m, linux_facts facts,
			      struct expectation *e)
{
	e->vector = m->stack ? VECTOR_SS : VECTOR_GP;
	take(e, access_facts(m) | facts);
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
	if (m->address - VSYSCALL_PAGE < 4096 && s->vsyscall == VSYSCALL_MODE_UNKNOWN)
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
		snprintf(e->why, sizeof(e->why), "not canonical with %u bits", s->va_bits);
		expect_protection(m, FACT(NOT_CANONICAL), e);
	} else if (what) {
		e->known = 0;
		snprintf(e->why, sizeof(e->why), "not known: %s", what);
	} else if (m->address >> 63 && bit(s, ITEM_CR4, CR4_LASS) && !m->kernel) {
		say(e, "CR4.LASS is set, and the address is the kernel's");
		expect_protection(m, FACT(OTHER_HALF) | FACT(KERNEL_HALF) |
				  vsyscall_facts(s->vsyscall, m->address), e);
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
