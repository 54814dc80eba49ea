// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts and events: messages made by libnl and taken apart by the library, sums
 * and differences, and what numbers are called.
 *
 * Error codes: Intel SDM vol. 3A 4.7 and 6.13, AMD APM vol. 2 8.4; si_code: the
 * kernel's include/uapi/asm-generic/siginfo.h.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "family.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	__u64 code;
	const char *bits;
	const char *name;
} codes[] = {
	{ 0x00, "0", "read-not-present-kernel" },
	{ 0x02, "W", "write-not-present-kernel" },
	{ 0x03, "P W", "write-protection-kernel" },
	{ 0x04, "U", "read-not-present-user" },
	{ 0x06, "W U", "write-not-present-user" },
	{ 0x07, "P W U", "write-protection-user" },
	{ 0x0d, "P U RSVD", "read-reserved-bit-user" },
	{ 0x11, "P I", "fetch-protection-kernel" },
	{ 0x14, "U I", "fetch-not-present-user" },
	{ 0x15, "P U I", "fetch-protection-user" },
	{ 0x25, "P U PK", "read-protection-key-user" },
	{ 0x27, "P W U PK", "write-protection-key-user" },
	{ 0x47, "P W U SS", "shadow-stack-write-protection-user" },
	{ 0x08, "RSVD", "read-not-present-kernel-0x08" },
	{ 0x16, "W U I", "fetch-not-present-user-0x16" },
	{ 0x8007, "P W U SGX", "write-protection-user" },
	{ 0x80000007, "P W U RMP", "write-protection-user" },
	{ 0x287, "P W U HLAT bit9", "write-protection-user" },
};

static void test_codes(void)
{
	char bits[64], name[64], other[64];
	unsigned int a, b, same = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		mmuinspect_fault_code(codes[i].code, bits, sizeof(bits));
		mmuinspect_fault_name(codes[i].code, name, sizeof(name));
		ktap_result(!strcmp(bits, codes[i].bits) &&
			    !strcmp(name, codes[i].name), "error code 0x%llx # %s, %s",
			    (unsigned long long)codes[i].code, bits, name);
	}
	for (a = 0; a < 128; a++)
		for (b = 0; b < a; b++)
			same += !strcmp(mmuinspect_fault_name(a, name, sizeof(name)),
					mmuinspect_fault_name(b, other, sizeof(other)));
	ktap_result(!same, "128 error codes, 128 names # %u alike", same);
	mmuinspect_fault_code(0x8000ffff, bits, 6);
	ktap_result(!strcmp(bits, "P W U"), "bits in 6 bytes # %s", bits);
}

static const struct {
	unsigned int vector;
	__u64 code;
	const char *says;
} errors[] = {
	{ 13, 0, "0" },
	{ 13, 0x102, "IDT entry 0x20" },
	{ 13, 0x403, "IDT entry 0x80, external" },
	{ 11, 0x28, "GDT entry 0x5" },
	{ 12, 0x0c, "LDT entry 0x1" },
	{ 14, 0x6, "W U" },
	{ 21, 3, "endbranch" },
	{ 21, 0x8001, "near-ret, in an enclave" },
	{ 21, 9, "0x9" },
	{ 6, 0, NULL },
};

static void test_errors(void)
{
	const char *says;
	char buf[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		says = mmuinspect_error_code(errors[i].vector, errors[i].code, buf,
					     sizeof(buf));
		ktap_result(says && errors[i].says ? !strcmp(says, errors[i].says) :
			    says == errors[i].says, "vector %u, 0x%llx # %s",
			    errors[i].vector, (unsigned long long)errors[i].code,
			    says ? says : "nothing");
	}
}

static int is_code(int signal, int code, const char *name)
{
	const struct mmuinspect_name *found = mmuinspect_signal_code(signal, code);

	return found && name ? !strcmp(found->name, name) : !found && !name;
}

static int is_name(enum mmuinspect_names names, unsigned int number,
		   const char *name)
{
	const struct mmuinspect_name *found = mmuinspect_name(names, number);

	return found && name ? !strcmp(found->name, name) && *found->meaning :
			       !found && !name;
}

static void test_names(void)
{
	unsigned int bit, names;
	__u64 last;

	ktap_result(is_code(SIGSEGV, 1, "SEGV_MAPERR") &&
		    is_code(SIGSEGV, 4, "SEGV_PKUERR") &&
		    is_code(SIGSEGV, 10, "SEGV_CPERR") &&
		    is_code(SIGBUS, 2, "BUS_ADRERR") &&
		    is_code(SIGILL, 2, "ILL_ILLOPN") &&
		    is_code(SIGFPE, 1, "FPE_INTDIV") &&
		    is_code(SIGTRAP, 2, "TRAP_TRACE") &&
		    is_code(SIGSEGV, 128, "SI_KERNEL") &&
		    is_code(SIGSEGV, 99, NULL) && is_code(SIGSEGV, 0, NULL) &&
		    is_code(SIGHUP, 1, NULL), "si_code");
	ktap_result(!strcmp(mmuinspect_signal_name(7), "SIGBUS") &&
		    !mmuinspect_signal_name(0) && !mmuinspect_signal_name(SIGINT),
		    "signals that faults make");
	ktap_result(is_name(MMUINSPECT_NAMES_STATE, 7, "unknown") &&
		    is_name(MMUINSPECT_NAMES_STATE, 8, NULL) &&
		    is_name(MMUINSPECT_NAMES_OUTCOME, 16, "fixup") &&
		    is_name(MMUINSPECT_NAMES_OUTCOME, 17, NULL) &&
		    is_name(MMUINSPECT_NAMES_FLUSH, 4, "remote-asked") &&
		    is_name(MMUINSPECT_NAMES_FLUSH, 6, NULL) &&
		    is_name(MMUINSPECT_NAMES_REQUEST, 3, "batch") &&
		    is_name(MMUINSPECT_NAMES_END, 1, "emulated") &&
		    is_name(99, 0, NULL), "lists of names");
	for (bit = 0; mmuinspect_name(MMUINSPECT_NAMES_SOURCE, bit); )
		bit++;
	ktap_result(1U << bit == 2 * MMUINSPECT_SOURCE_EVENTS &&
		    is_name(MMUINSPECT_NAMES_SOURCE, 7, "events"),
		    "each source has a name # %u", bit);
	for (names = 0; names <= MMUINSPECT_NAMES_END; names++)
		if (!is_name(names, 0, mmuinspect_name(names, 0)->name))
			break;
	ktap_result(names > MMUINSPECT_NAMES_END, "names have meanings");
	ktap_result(mmuinspect_bucket(0, &last) == 0 && !last &&
		    mmuinspect_bucket(1, &last) == 1 && last == 1 &&
		    mmuinspect_bucket(11, &last) == 1024 && last == 2047 &&
		    mmuinspect_bucket(64, &last) == 1ULL << 63 && last == ~0ULL &&
		    mmuinspect_bucket(65, &last) == 0 &&
		    mmuinspect_bucket(3, NULL) == 4, "buckets");
}

/* Takes a message that is as a kernel's would be. */
static struct nl_msg *message(int cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	genlmsg_put(msg, 0, 0, 30, 0, 0, cmd, 1);
	return msg;
}

static void put_tally(struct nl_msg *msg, int kind, __u32 key, __s32 sub,
		      __u64 count)
{
	struct nlattr *nest = nla_nest_start(msg, kind);

	nla_put_u32(msg, MMUINSPECT_A_TALLY_KEY, key);
	if (sub)
		nla_put_s32(msg, MMUINSPECT_A_TALLY_SUB, sub);
	if (count)
		nla_put_u64(msg, MMUINSPECT_A_TALLY_COUNT, count);
	nla_nest_end(msg, nest);
}

#define FAULT MMUINSPECT_A_COUNTS_FAULT
#define SIGNAL MMUINSPECT_A_COUNTS_SIGNAL

static int row_is(const struct mmuinspect_counts *c, size_t i, __u32 kind, __u32 key,
		  __s32 sub, __u64 count)
{
	return i < c->n && c->count[i].kind == kind && c->count[i].key == key &&
	       c->count[i].sub == sub && c->count[i].count == count;
}

/* The attribute that holds counts, with those of the kernel's order */
static struct nlattr *put_counts(struct nl_msg *msg)
{
	struct nlattr *nest = nla_nest_start(msg, MMUINSPECT_A_WATCH_COUNTS);

	put_tally(msg, SIGNAL, 11, 1, 5);
	put_tally(msg, SIGNAL, 11, -6, 4);
	put_tally(msg, FAULT, 6, 0, 1ULL << 40);
	put_tally(msg, FAULT, 4, 0, 3);
	/* Nothing counted; and a kind of a later kernel's. */
	put_tally(msg, FAULT, 5, 0, 0);
	put_tally(msg, 60, 1, 0, 9);
	/* No tally at all */
	nla_put_u32(msg, FAULT, 7);
	nla_nest_end(msg, nest);
	return nest;
}

static void test_nests(void)
{
	struct nl_msg *msg = message(MMUINSPECT_CMD_WATCH_GET);
	struct mmuinspect_counts counts = { 0 };
	struct nlattr *nest = put_counts(msg);
	int err = counting_take(&counts, nest);

	ktap_result(!err && counts.n == 5 && row_is(&counts, 0, FAULT, 4, 0, 3) &&
		    row_is(&counts, 1, FAULT, 6, 0, 1ULL << 40) &&
		    row_is(&counts, 2, SIGNAL, 11, -6, 4) &&
		    row_is(&counts, 3, SIGNAL, 11, 1, 5) &&
		    row_is(&counts, 4, 60, 1, 0, 9), "a nest of counts # %zu", counts.n);
	err = counting_take(&counts, nest);
	ktap_result(!err && counts.n == 5 && row_is(&counts, 0, FAULT, 4, 0, 6),
		    "counts that come in parts");
	mmuinspect_counts_free(&counts);
	nlmsg_free(msg);
	msg = message(MMUINSPECT_CMD_WATCH_GET);
	nest = nla_nest_start(msg, MMUINSPECT_A_WATCH_COUNTS);
	nla_nest_end(msg, nest);
	err = counting_take(&counts, nest);
	ktap_result(!err && !counts.n, "an empty nest");
	mmuinspect_counts_free(&counts);
	nlmsg_free(msg);
}

/* A message of watch-get, with a count */
static struct nl_msg *put_watch(__u32 id, __u32 key, __u64 count)
{
	struct nl_msg *msg = message(MMUINSPECT_CMD_WATCH_GET);
	struct nlattr *nest;

	nla_put_u32(msg, MMUINSPECT_A_WATCH_ID, id);
	nla_put_u32(msg, MMUINSPECT_A_WATCH_PROCESSES, 2);
	nest = nla_nest_start(msg, MMUINSPECT_A_WATCH_COUNTS);
	put_tally(msg, FAULT, key, 0, count);
	nla_nest_end(msg, nest);
	return msg;
}

/* A message that is full breaks a watch off; the next one goes on with it. */
static void test_watches(void)
{
	static const struct {
		__u32 id;
		__u32 key;
		__u64 count;
	} rows[] = { { 3, 4, 10 }, { 3, 6, 5 }, { 3, 4, 1 }, { 5, 4, 7 } };
	struct nlattr *attr[MMUINSPECT_A_WATCH_MAX + 1];
	struct mmuinspect_watch *watch = NULL;
	size_t n = 0, i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(rows) && !err; i++) {
		struct nl_msg *msg = put_watch(rows[i].id, rows[i].key,
					       rows[i].count);

		err = family_parse(msg, attr, MMUINSPECT_A_WATCH_MAX);
		if (!err)
			err = watches_take(&watch, &n, attr);
		nlmsg_free(msg);
	}
	ktap_result(!err && n == 2 && watch[0].id == 3 && watch[1].id == 5,
		    "messages of two watches # %zu", n);
	ktap_result(n == 2 && watch[0].counts.n == 2 && watch[0].processes == 2 &&
		    row_is(&watch[0].counts, 0, FAULT, 4, 0, 11) &&
		    row_is(&watch[0].counts, 1, FAULT, 6, 0, 5) &&
		    row_is(&watch[1].counts, 0, FAULT, 4, 0, 7),
		    "what they counted");
	mmuinspect_watches_free(watch, n);
}

static void test_sums(void)
{
	struct mmuinspect_count a[] = {
		{ FAULT, 4, 0, 10 }, { FAULT, 6, 0, 5 }, { SIGNAL, 11, 1, 2 },
	}, b[] = {
		{ FAULT, 4, 0, 7 }, { FAULT, 6, 0, 5 }, { FAULT, 7, 0, 1 },
		{ SIGNAL, 11, 1, 3 }, { SIGNAL, 11, 2, 3 },
	};
	struct mmuinspect_counts before = { a, 3 }, after = { b, 5 }, sum = { 0 }, d;

	/* 4 has become less, which can't be; 6 hasn't changed. */
	ktap_result(!mmuinspect_counts_difference(&d, &after, &before) && d.n == 3 &&
		    row_is(&d, 0, FAULT, 7, 0, 1) &&
		    row_is(&d, 1, SIGNAL, 11, 1, 1) &&
		    row_is(&d, 2, SIGNAL, 11, 2, 3), "a difference # %zu", d.n);
	mmuinspect_counts_free(&d);
	ktap_result(!mmuinspect_counts_difference(&d, &before, &sum) && d.n == 3 &&
		    row_is(&d, 1, FAULT, 6, 0, 5), "a difference from nothing");
	mmuinspect_counts_free(&d);
	ktap_result(!mmuinspect_counts_difference(&d, &sum, &before) && !d.n,
		    "a difference that would be less than nothing");
	mmuinspect_counts_free(&d);
	ktap_result(!mmuinspect_counts_add(&sum, &before) &&
		    !mmuinspect_counts_add(&sum, &after) && sum.n == 5 &&
		    row_is(&sum, 0, FAULT, 4, 0, 17) &&
		    row_is(&sum, 2, FAULT, 7, 0, 1) &&
		    row_is(&sum, 3, SIGNAL, 11, 1, 5), "a sum");
	ktap_result(mmuinspect_counts_total(&sum, FAULT) == 28 &&
		    mmuinspect_counts_of(&sum, SIGNAL, 11) == 8 &&
		    mmuinspect_counts_of(&sum, SIGNAL, 7) == 0, "totals");
	mmuinspect_counts_free(&sum);
	ktap_result(!sum.count && !sum.n, "freed is empty");
}

static void put_entry(struct nl_msg *msg, __u32 level, __u64 raw)
{
	struct nlattr *nest = nla_nest_start(msg, MMUINSPECT_A_FAULT_ENTRY);

	nla_put_u32(msg, MMUINSPECT_A_ENTRY_LEVEL, level);
	nla_put_u64(msg, MMUINSPECT_A_ENTRY_RAW, raw);
	nla_nest_end(msg, nest);
}

static struct nl_msg *put_event(void)
{
	static const __u8 bytes[15] = { 0xc7, 0, [14] = 0x25 };
	struct nl_msg *msg = message(MMUINSPECT_CMD_FAULT_NTF);
	__u32 level;

	nla_put_u64(msg, MMUINSPECT_A_FAULT_SEQ, 1ULL << 33);
	nla_put_u64(msg, MMUINSPECT_A_FAULT_LOST, 2);
	nla_put_u64(msg, MMUINSPECT_A_FAULT_TIME, 3);
	nla_put_u32(msg, MMUINSPECT_A_FAULT_CPU, 4);
	nla_put_u32(msg, MMUINSPECT_A_FAULT_PID, 5);
	nla_put_u32(msg, MMUINSPECT_A_FAULT_TID, 6);
	nla_put_string(msg, MMUINSPECT_A_FAULT_COMM, "a name");
	nla_put_u32(msg, MMUINSPECT_A_FAULT_END, MMUINSPECT_FAULT_END_SIGNAL);
	nla_put_u32(msg, MMUINSPECT_A_FAULT_VECTOR, 14);
	nla_put_u64(msg, MMUINSPECT_A_FAULT_ERROR_CODE, 0x15);
	nla_put_u64(msg, MMUINSPECT_A_FAULT_ADDRESS, 0);
	nla_put_u64(msg, MMUINSPECT_A_FAULT_IP, 0x401000);
	nla_put_u64(msg, MMUINSPECT_A_FAULT_SP, 0x7ffe0000);
	nla_put(msg, MMUINSPECT_A_FAULT_BYTES, sizeof(bytes), bytes);
	nla_put_u32(msg, MMUINSPECT_A_FAULT_SIGNAL, 11);
	nla_put_s32(msg, MMUINSPECT_A_FAULT_CODE, -6);
	nla_put_u64(msg, MMUINSPECT_A_FAULT_SIGNAL_ADDRESS, 0x99);
	nla_put_flag(msg, MMUINSPECT_A_FAULT_USER);
	for (level = 5; level; level--)
		put_entry(msg, level, 0x1000 * level + 0x67);
	/* More than there are levels; and of a later kernel's */
	put_entry(msg, 6, 1);
	nla_put_u32(msg, 63, 1);
	return msg;
}

static void test_events(void)
{
	struct nl_msg *msg = put_event();
	struct mmuinspect_event e;

	ktap_result(!events_take(nlmsg_hdr(msg), &e) && e.seq == 1ULL << 33 &&
		    e.lost == 2 && e.time == 3 && e.cpu == 4 && e.pid == 5 &&
		    e.tid == 6 && !strcmp(e.comm, "a name") && e.vector == 14 &&
		    e.error_code == 0x15 && e.ip == 0x401000 && e.sp == 0x7ffe0000,
		    "an event");
	ktap_result(e.has == (MMUINSPECT_EVENT_ADDRESS | MMUINSPECT_EVENT_SIGNAL |
			      MMUINSPECT_EVENT_SIGNAL_ADDRESS |
			      MMUINSPECT_EVENT_VECTOR |
			      MMUINSPECT_EVENT_ERROR_CODE) && !e.address &&
		    e.signal == 11 && e.code == -6 && e.signal_address == 0x99 &&
		    e.user, "its signal, and the address 0");
	ktap_result(e.n_bytes == 15 && e.bytes[0] == 0xc7 && e.bytes[14] == 0x25 &&
		    e.n_entries == MMUINSPECT_LEVELS_MAX && e.entry[0].level == 5 &&
		    e.entry[4].raw == 0x1067, "its bytes and entries");
	nlmsg_free(msg);

	msg = message(MMUINSPECT_CMD_FAULT_NTF);
	ktap_result(events_take(nlmsg_hdr(msg), &e) == -EPROTO,
		    "an event without a number");
	nla_put_u64(msg, MMUINSPECT_A_FAULT_SEQ, 1);
	nla_put_u32(msg, MMUINSPECT_A_FAULT_ORIGIN, MMUINSPECT_FAULT_ORIGIN_FRAME);
	nla_put_u32(msg, MMUINSPECT_A_FAULT_FRAME_SIGNAL, 14);
	ktap_result(!events_take(nlmsg_hdr(msg), &e) &&
		    e.origin == MMUINSPECT_FAULT_ORIGIN_FRAME &&
		    e.frame_signal == 14, "an event that no exception made");
	ktap_result(!events_take(nlmsg_hdr(msg), &e) && !e.has && !e.user &&
		    !e.n_bytes && !e.n_entries && !*e.comm, "an event with nothing else");
	nla_put(msg, MMUINSPECT_A_FAULT_BYTES, 40, &e);
	ktap_result(!events_take(nlmsg_hdr(msg), &e) && e.n_bytes == 15,
		    "more bytes than an instruction has");
	nlmsg_free(msg);
	msg = message(MMUINSPECT_CMD_WATCH_GET);
	nla_put_u64(msg, MMUINSPECT_A_FAULT_SEQ, 1);
	ktap_result(events_take(nlmsg_hdr(msg), &e) == -EPROTO, "another message");
	nlmsg_free(msg);
}

/* What the kernel's net/netlink/genetlink.c sends for a family */
static struct nl_msg *put_notice(int type, int cmd, __u16 id)
{
	struct nl_msg *msg = nlmsg_alloc();

	genlmsg_put(msg, 0, 0, type, 0, 0, cmd, 2);
	nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, "somebody");
	nla_put_u16(msg, CTRL_ATTR_FAMILY_ID, id);
	return msg;
}

static const struct {
	int type;
	int cmd;
	__u16 id;
	int over;
} notices[] = {
	{ GENL_ID_CTRL, CTRL_CMD_DELFAMILY, 30, 1 },
	{ GENL_ID_CTRL, CTRL_CMD_DELFAMILY, 31, 0 },
	{ GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, 30, 0 },
	{ 30, CTRL_CMD_DELFAMILY, 30, 0 },
};

static void test_notices(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(notices); i++) {
		struct nl_msg *msg = put_notice(notices[i].type, notices[i].cmd,
						notices[i].id);

		ktap_result(events_are_over(nlmsg_hdr(msg), 30) == notices[i].over,
			    "%d of family %u: %s over", notices[i].cmd, notices[i].id,
			    notices[i].over ? "it's" : "it isn't");
		nlmsg_free(msg);
	}
}

static const struct {
	__u64 seq;
	__u64 lost;
	__u64 says;
} gaps[] = {
	{ 3, 1, 3 },	/* numbers begin with the request */
	{ 4, 1, 0 },
	{ 8, 1, 3 },	/* too slow */
	{ 9, 3, 2 },	/* never had a number */
	{ 13, 4, 4 },
	{ 14, 2, 0 },	/* another CPU's, made before the last one */
	{ 15, 4, 0 },
};

static void test_gaps(void)
{
	struct events_seen seen = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gaps); i++) {
		struct mmuinspect_event e = { .seq = gaps[i].seq, .lost = gaps[i].lost };

		events_count_lost(&seen, &e);
		ktap_result(e.lost == gaps[i].says, "event %llu: %llu lost # %llu",
			    (unsigned long long)gaps[i].seq,
			    (unsigned long long)gaps[i].says,
			    (unsigned long long)e.lost);
	}
}

int main(void)
{
	ktap_plan(ARRAY_SIZE(codes) + 2 + ARRAY_SIZE(errors) + 6 + 3 + 2 + 6 + 8 +
		  ARRAY_SIZE(notices) + ARRAY_SIZE(gaps));
	test_codes();
	test_errors();
	test_names();
	test_nests();
	test_watches();
	test_sums();
	test_events();
	test_notices();
	test_gaps();
	return ktap_end();
}
