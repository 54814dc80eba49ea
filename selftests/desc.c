// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is what DESC shows what the CPU uses? The CPU is asked itself: user mode runs
 * INT n for every vector, LAR, LSL, VERR and VERW for every selector, and IN for
 * ports; what is said of each is worked out here from the raw bytes, by Intel SDM
 * vol. 3A 3.4.5, 3.5 and 6.12.1.2, vol. 2 (those instructions) and vol. 1 19.5.2.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"
#include "who.h"

#include <asm/ldt.h>
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>

#define TABLE_MAX	65536
#define VECTORS		256
#define TRAP_GP		13
#define TRAP_NP		11
#define EC_IDT		2	/* the error code's selector is of the IDT */
#define RPL		3
#define TI		4

FIXTURE(desc)
{
	int fd;
	__u8 *bytes;
	struct mmuinspect_desc where;
};

/* A GDT and a TSS are one CPU's: stay there. */
FIXTURE_SETUP(desc)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
	self->fd = mmui_open();
	self->bytes = calloc(1, TABLE_MAX);
}

FIXTURE_TEARDOWN(desc)
{
	free(self->bytes);
	close(self->fd);
}

static int read_table_of(FIXTURE_DATA(desc) *self, __u32 table, __u32 cpu)
{
	memset(self->bytes, 0, TABLE_MAX);
	self->where = (struct mmuinspect_desc) {
		.size = sizeof(self->where),
		.table = table,
		.cpu = cpu,
		.vec = (uintptr_t)self->bytes,
		.vec_len = TABLE_MAX,
	};
	return mmui_call(self->fd, MMUINSPECT_IOC_DESC, &self->where);
}

static int read_table(FIXTURE_DATA(desc) *self, __u32 table)
{
	return read_table_of(self, table, 0);
}

static __u64 get64(const __u8 *bytes, size_t offset)
{
	__u64 value;

	memcpy(&value, bytes + offset, sizeof(value));
	return value;
}

static unsigned int bits(__u64 value, unsigned int high, unsigned int low)
{
	return value >> low & ((1ULL << (high - low + 1)) - 1);
}

/* Faults of this process: what they were, and where to go on */
static struct {
	volatile int signal;
	volatile int trap;
	volatile int error;
	sigjmp_buf back;
} fault;

static void on_fault(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	fault.signal = signal;
	fault.trap = uc->uc_mcontext.gregs[REG_TRAPNO];
	fault.error = uc->uc_mcontext.gregs[REG_ERR];
	siglongjmp(fault.back, 1);
}

static void catch_faults(void)
{
	static const int signals[] = { SIGSEGV, SIGTRAP, SIGILL, SIGBUS, SIGFPE };
	struct sigaction sa = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &sa, NULL);
	memset((void *)&fault, 0, offsetof(typeof(fault), back));
}

/* What became of an INT n */
struct raised {
	int signal;
	int trap;
	int error;
};

/* "int n; ret", for each n. RAX is 20, which is getpid for INT 80. */
static int raise_all(void *arg)
{
	struct raised *raised = arg;
	__u8 *code = mmap(NULL, VECTORS * 16, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int n;

	for (n = 0; n < VECTORS; n++)
		memcpy(code + 16 * n, (__u8[]) { 0xcd, n, 0xc3 }, 3);
	if (mprotect(code, VECTORS * 16, PROT_READ | PROT_EXEC))
		return 1;
	for (n = 0; n < VECTORS; n++) {
		long rax = 20;

		catch_faults();
		if (!sigsetjmp(fault.back, 1))
			__asm__ volatile("call *%1" : "+a" (rax) : "r" (code + 16 * n)
					 : "memory", "cc", "rcx", "rdx", "r8", "r9",
					   "r10", "r11");
		raised[n] = (struct raised) { fault.signal, fault.trap, fault.error };
	}
	return 0;
}

/*
 * A gate that user mode may not go through faults with its own number in the
 * error code: 8n + 2, and 16n + 2 in QEMU before version 8.
 */
static bool was_refused(const struct raised *r, unsigned int n, int trap)
{
	return r->signal == SIGSEGV && r->trap == trap &&
	       (r->error == 8 * n + EC_IDT || r->error == 16 * n + EC_IDT);
}

TEST_F(desc, int_n_goes_where_the_idt_says)
{
	struct raised *raised = SHARED(struct raised, VECTORS);
	unsigned int n, open = 0, wrong = 0;

	ASSERT_EQ(0, read_table(self, MMUINSPECT_DESC_IDT));
	ASSERT_EQ(0xfff, self->where.limit);
	ASSERT_EQ(0x1000, self->where.filled);
	ASSERT_EQ(0, in_child(raise_all, raised));
	for (n = 0; n < VECTORS; n++) {
		__u64 low = get64(self->bytes, 16 * n);
		bool may = bits(low, 46, 45) == 3, there = bits(low, 47, 47);
		bool gate = bits(low, 43, 40) == 0xe || bits(low, 43, 40) == 0xf;
		bool refused = was_refused(&raised[n], n, TRAP_GP);

		if (gate && may && !there)
			refused = !was_refused(&raised[n], n, TRAP_NP);
		open += !refused;
		if (refused != !(gate && may && there)) {
			wrong++;
			TH_LOG("vector %u: gate %016llx, but signal %d, trap %d, error %x",
			       n, low, raised[n].signal, raised[n].trap, raised[n].error);
		}
	}
	EXPECT_EQ(0, wrong);
	/* #BP and #OF at least, in every kernel; and not all of them. */
	EXPECT_GE(open, 2);
	EXPECT_LT(open, 8);
	EXPECT_EQ(SIGTRAP, raised[3].signal);
}

/* What the CPU says of a selector, at CPL 3 */
struct view {
	bool lar_ok, lsl_ok, verr, verw;
	__u32 lar, lsl;
};

static struct view look(__u16 selector)
{
	struct view v = { 0 };
	__u32 wide = selector;

	__asm__ volatile("lar %2, %0; setz %1" : "=&r" (v.lar), "=qm" (v.lar_ok)
			 : "r" (wide) : "cc");
	__asm__ volatile("lsl %2, %0; setz %1" : "=&r" (v.lsl), "=qm" (v.lsl_ok)
			 : "r" (wide) : "cc");
	__asm__ volatile("verr %w1; setz %0" : "=qm" (v.verr) : "r" (wide) : "cc");
	__asm__ volatile("verw %w1; setz %0" : "=qm" (v.verw) : "r" (wide) : "cc");
	return v;
}

/* The same from the descriptor. Types: LAR also takes call gates, LSL doesn't. */
static struct view expect(__u64 low, unsigned int rpl)
{
	unsigned int type = bits(low, 43, 40), dpl = bits(low, 46, 45);
	bool s = bits(low, 44, 44), code = s && type & 8;
	bool conforming = code && type & 4;
	bool visible = conforming || dpl >= 3;
	bool segment = s || type == 2 || type == 9 || type == 11;
	struct view v = { 0 };

	(void)rpl;	/* CPL is 3: no RPL is weaker */
	if (!low)
		return v;
	v.lar_ok = visible && (segment || type == 12);
	v.lsl_ok = visible && segment;
	v.verr = visible && s && (!code || type & 2);
	v.verw = visible && s && !code && type & 2;
	if (v.lar_ok)
		v.lar = low >> 32 & 0x00f0ff00;
	if (v.lsl_ok)
		v.lsl = bits(low, 15, 0) | bits(low, 51, 48) << 16;
	if (v.lsl_ok && bits(low, 55, 55))
		v.lsl = v.lsl << 12 | 0xfff;
	return v;
}

/*
 * Compare each selector of a table, and those beyond its end; returns how many
 * were visible, -1 if one is wrong.
 */
static int compare(struct __test_metadata *_metadata, const FIXTURE_DATA(desc) *self,
		   unsigned int ti)
{
	unsigned int index, visible = 0, wrong = 0, upper = 0;

	for (index = 0; index < self->where.filled / 8 + 16; index++) {
		__u16 selector = index << 3 | ti | RPL;
		__u64 low = 8 * index < self->where.filled ?
			    get64(self->bytes, 8 * index) : 0;
		struct view cpu = look(selector), ours = expect(low, RPL);

		/* A null selector, and the second half of a system descriptor */
		if ((!index && !ti) || upper) {
			upper = 0;
			continue;
		}
		upper = low && !bits(low, 44, 44);
		visible += cpu.lsl_ok;
		if (cpu.lar_ok == ours.lar_ok && cpu.lsl_ok == ours.lsl_ok &&
		    cpu.verr == ours.verr && cpu.verw == ours.verw &&
		    (!cpu.lar_ok || (cpu.lar & 0x00f0ff00) == ours.lar) &&
		    (!cpu.lsl_ok || cpu.lsl == ours.lsl))
			continue;
		wrong++;
		TH_LOG("selector %x: descriptor %016llx: CPU lar %d %x lsl %d %x verr %d verw %d; expected %d %x %d %x %d %d",
		       selector, low, cpu.lar_ok, cpu.lar, cpu.lsl_ok, cpu.lsl, cpu.verr,
		       cpu.verw, ours.lar_ok, ours.lar, ours.lsl_ok, ours.lsl, ours.verr,
		       ours.verw);
	}
	return wrong ? -1 : (int)visible;
}

TEST_F(desc, selectors_are_as_the_gdt_says)
{
	ASSERT_EQ(0, read_table(self, MMUINSPECT_DESC_GDT));
	ASSERT_EQ(self->where.limit + 1, self->where.filled);
	/* Code and data of user mode, and the CPU's number, at least */
	EXPECT_GE(compare(_metadata, self, 0), 3);
}

TEST_F(desc, cs_and_ss_are_code_and_data_of_user_mode)
{
	__u16 cs, ss;
	__u64 low;

	__asm__ volatile("mov %%cs, %0" : "=r" (cs));
	__asm__ volatile("mov %%ss, %0" : "=r" (ss));
	ASSERT_EQ(0, read_table(self, MMUINSPECT_DESC_GDT));
	ASSERT_EQ(RPL, cs & 7);
	ASSERT_LT(cs, self->where.limit);
	low = get64(self->bytes, cs & ~7);
	EXPECT_EQ(3, bits(low, 46, 45));
	EXPECT_EQ(3, bits(low, 44, 43));	/* S, and code */
	EXPECT_EQ(1, bits(low, 53, 53));	/* L: this is a 64-bit program */
	EXPECT_EQ(0, bits(low, 54, 54));
	low = get64(self->bytes, ss & ~7);
	EXPECT_EQ(3, bits(low, 46, 45));
	EXPECT_EQ(2, bits(low, 44, 43));	/* S, and data */
	EXPECT_EQ(1, bits(low, 41, 41));	/* writable */
}

/* The CPU that a process runs on is in the limit of one entry. */
TEST_F(desc, gdt_is_this_cpus)
{
	unsigned int cpu, node;

	ASSERT_EQ(0, syscall(SYS_getcpu, &cpu, &node, NULL));
	ASSERT_EQ(0, read_table(self, MMUINSPECT_DESC_GDT));
	EXPECT_EQ(cpu | node << 12, expect(get64(self->bytes, 15 * 8), RPL).lsl);
}

/* Segments that modify_ldt() makes of this, one of each kind that it allows */
static const struct user_desc segments[] = {
	{ .entry_number = 0, .base_addr = 0x12345678, .limit = 0xabcde, .seg_32bit = 1,
	  .limit_in_pages = 1, .useable = 1 },
	{ .entry_number = 1, .base_addr = 0x9abcd, .limit = 0x4321, .seg_32bit = 1,
	  .contents = MODIFY_LDT_CONTENTS_CODE, .useable = 1 },
	{ .entry_number = 2, .limit = 0xfff, .seg_32bit = 1, .contents = MODIFY_LDT_CONTENTS_STACK,
	  .read_exec_only = 1 },
	{ .entry_number = 3, .limit = 0xff, .contents = MODIFY_LDT_CONTENTS_CODE,
	  .read_exec_only = 1, .seg_32bit = 1 },
	{ .entry_number = 4, .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1, .seg_not_present = 1,
	  .contents = MODIFY_LDT_CONTENTS_CODE + 1 /* conforming */ },
	{ .entry_number = 600, .limit = 0x77, .seg_32bit = 1 },
};

TEST_F(desc, selectors_are_as_the_ldt_says)
{
	size_t i;

	ASSERT_EQ(0, read_table(self, MMUINSPECT_DESC_LDT));
	EXPECT_EQ(0, self->where.base);
	EXPECT_EQ(0, self->where.filled);
	for (i = 0; i < ARRAY_SIZE(segments); i++) {
		/* It returns an error as an int, which looks like a success. */
		int err = syscall(SYS_modify_ldt, 0x11, &segments[i], sizeof(segments[i]));

		if (err)
			SKIP(return, "modify_ldt %zu: %s", i, strerror(-err));
	}
	ASSERT_EQ(0, read_table(self, MMUINSPECT_DESC_LDT));
	EXPECT_EQ(601 * 8 - 1, self->where.limit);
	ASSERT_EQ(601 * 8, self->where.filled);
	EXPECT_EQ(ARRAY_SIZE(segments), compare(_metadata, self, TI));
	EXPECT_EQ(0x12345678, bits(get64(self->bytes, 0), 39, 16) |
		  bits(get64(self->bytes, 0), 63, 56) << 24);
}

static int ldt_with_base(__u32 base)
{
	const struct user_desc segment = {
		.base_addr = base, .limit = 0xfff, .seg_32bit = 1, .useable = 1,
	};

	return syscall(SYS_modify_ldt, 0x11, &segment, sizeof(segment));
}

/* Stay on CPU 1, with an LDT of one's own. */
static void spin_on_cpu_1(volatile int *ready)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(1, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		_exit(1);
	*ready = ldt_with_base(0x00c0ffee) ? -1 : 1;
	for (;;)
		;
}

/* With PTI every process has its LDT at the same address. */
TEST_F(desc, an_ldt_is_of_the_cpu_that_is_asked)
{
	volatile int *ready = SHARED(volatile int, 1);
	unsigned int tries = 0;
	__u64 low = 0;
	pid_t pid;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "one CPU");
	if (ldt_with_base(0x00bad1d7))
		SKIP(return, "no modify_ldt");
	pid = fork();
	if (!pid) {
		die_with_parent();
		spin_on_cpu_1(ready);
	}
	while (!*ready)
		usleep(1000);
	/* For a moment another task may run there. */
	while (low >> 40 == 0 && tries++ < 100) {
		ASSERT_EQ(0, read_table_of(self, MMUINSPECT_DESC_LDT, 1));
		low = self->where.filled ? get64(self->bytes, 0) : 0;
		usleep(1000);
	}
	release(pid);
	EXPECT_EQ(1, *ready);
	EXPECT_EQ(0x00c0ffee, bits(low, 39, 16) | bits(low, 63, 56) << 24);
}

/* A read of a port faults, or doesn't. Only one that is allowed is really read. */
static bool may_read(unsigned short port)
{
	catch_faults();
	if (!sigsetjmp(fault.back, 1))
		inb(port);
	return !fault.signal;
}

static bool allowed(const FIXTURE_DATA(desc) *self, unsigned int port)
{
	size_t at = get64(self->bytes, 102) % 65536 + port / 8;

	return at + 1 < self->where.filled && !(self->bytes[at] >> port % 8 & 1);
}

/* 0x80 shows codes at boot: reading it does nothing. */
TEST_F(desc, ports_are_as_the_tss_says)
{
	static const unsigned short port[] = { 0, 0x60, 0x7f, 0x80, 0x81, 0x3f8, 0xffff };
	size_t i;

	ASSERT_EQ(0, read_table(self, MMUINSPECT_DESC_TSS));
	ASSERT_GE(self->where.filled, 104);
	for (i = 0; i < ARRAY_SIZE(port); i++) {
		EXPECT_FALSE(allowed(self, port[i]));
		EXPECT_FALSE(may_read(port[i]));
	}
	if (ioperm(0x80, 1, 1))
		SKIP(return, "ioperm: %s", strerror(errno));
	ASSERT_EQ(0, read_table(self, MMUINSPECT_DESC_TSS));
	for (i = 0; i < ARRAY_SIZE(port); i++) {
		EXPECT_EQ(port[i] == 0x80, allowed(self, port[i]));
		EXPECT_EQ(port[i] == 0x80, may_read(port[i]));
	}
}

/* The handlers' names by /proc/kallsyms, in every kernel since 5.8 */
static const struct {
	unsigned int vector;
	const char *name;
} handlers[] = {
	{ 0, "asm_exc_divide_error" },
	{ 3, "asm_exc_int3" },
	{ 6, "asm_exc_invalid_op" },
	{ 8, "asm_exc_double_fault" },
	{ 13, "asm_exc_general_protection" },
	{ 14, "asm_exc_page_fault" },
	{ 253, "asm_sysvec_reschedule_ipi" },
};

static __u64 symbol(const char *wanted)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	unsigned long long address, found = 0;
	char line[512], name[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %*c %255s", &address, name) == 2 &&
		    !strcmp(name, wanted))
			found = address;
	if (f)
		fclose(f);
	return found;
}

TEST_F(desc, gates_lead_to_their_handlers)
{
	size_t i;

	ASSERT_EQ(0, read_table(self, MMUINSPECT_DESC_IDT));
	for (i = 0; i < ARRAY_SIZE(handlers); i++) {
		const __u8 *gate = self->bytes + 16 * handlers[i].vector;
		__u64 low = get64(gate, 0), high = get64(gate, 8);

		EXPECT_EQ(symbol(handlers[i].name),
			  bits(low, 15, 0) | (__u64)bits(low, 63, 48) << 16 | high << 32)
			TH_LOG("vector %u", handlers[i].vector);
	}
}

TEST_F(desc, bad_requests)
{
	const struct {
		struct mmuinspect_desc desc;
		int err;
	} bad[] = {
		{ { .flags = 1, .vec_len = 16 }, -EINVAL },
		{ { .table = 4, .vec_len = 16 }, -EINVAL },
		{ { .vec_len = 0 }, -EINVAL },
		{ { .vec_len = TABLE_MAX + 1 }, -EINVAL },
		{ { .cpu = 4096, .vec_len = 16 }, -ENXIO },
		{ { .cpu = ~0U, .vec_len = 16 }, -ENXIO },
		{ { .vec_len = 16, .vec = 16 }, -EFAULT },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct mmuinspect_desc d = bad[i].desc;

		d.size = sizeof(d);
		if (!d.vec)
			d.vec = (uintptr_t)self->bytes;
		EXPECT_EQ(bad[i].err, mmui_call(self->fd, MMUINSPECT_IOC_DESC, &d))
			TH_LOG("case %zu", i);
	}
}

/* Less room than the table: that much and no more. */
TEST_F(desc, no_more_than_asked_for)
{
	memset(self->bytes, 0x5a, TABLE_MAX);
	self->where = (struct mmuinspect_desc) {
		.size = sizeof(self->where),
		.table = MMUINSPECT_DESC_IDT,
		.vec = (uintptr_t)self->bytes,
		.vec_len = 24,
	};
	ASSERT_EQ(0, mmui_call(self->fd, MMUINSPECT_IOC_DESC, &self->where));
	EXPECT_EQ(24, self->where.filled);
	EXPECT_EQ(0xfff, self->where.limit);
	EXPECT_EQ(0x5a, self->bytes[24]);
	EXPECT_NE(0, get64(self->bytes, 0));
}

/* Permission cells */

#define UNTOUCHED 0xa5

struct told {
	int ret[MMUINSPECT_DESC_LDT + 1];
	bool silent;	/* nothing was written where it was refused */
};

static int ask(int fd, void *arg)
{
	struct told *told = arg;
	__u8 bytes[64], before[sizeof(bytes)];
	struct mmuinspect_desc d, asked;
	unsigned int table;

	memset(before, UNTOUCHED, sizeof(before));
	told->silent = true;
	for (table = 0; table < ARRAY_SIZE(told->ret); table++) {
		memcpy(bytes, before, sizeof(bytes));
		d = (struct mmuinspect_desc) {
			.size = sizeof(d),
			.table = table,
			.vec = (uintptr_t)bytes,
			.vec_len = sizeof(bytes),
		};
		asked = d;
		told->ret[table] = mmui_call(fd, MMUINSPECT_IOC_DESC, &d);
		if (told->ret[table] && (memcmp(&d, &asked, sizeof(d)) ||
					 memcmp(bytes, before, sizeof(bytes))))
			told->silent = false;
	}
	return 0;
}

FIXTURE(perm)
{
	struct told *told;
};

FIXTURE_SETUP(perm)
{
	self->told = SHARED(struct told, 1);
	ASSERT_EQ(0, chmod(MMUI_DEVICE, 0666));
}

FIXTURE_TEARDOWN(perm)
{
	chmod(MMUI_DEVICE, 0600);
}

/* CAP_SYS_ADMIN is asked for first (EPERM), then CAP_SYS_RAWIO (EACCES). */
TEST_F(perm, opener_and_caller)
{
	static const struct {
		enum who opener;
		enum who caller;
		int expected;
	} rows[] = {
		{ ROOT, ROOT, 0 },
		{ ADMIN_AND_RAWIO, ADMIN_AND_RAWIO, 0 },
		{ ONLY_SYS_ADMIN, ONLY_SYS_ADMIN, -EACCES },
		{ ONLY_SYS_RAWIO, ONLY_SYS_RAWIO, -EPERM },
		{ ROOT_WITHOUT_CAPS, ROOT_WITHOUT_CAPS, -EPERM },
		{ NOBODY_AT_ALL, NOBODY_AT_ALL, -EPERM },
		{ USERNS_ROOT, USERNS_ROOT, -EPERM },
		/* passed to a weaker one */
		{ ROOT, ADMIN_AND_RAWIO, 0 },
		{ ROOT, ONLY_SYS_ADMIN, -EACCES },
		{ ROOT, ONLY_SYS_RAWIO, -EPERM },
		{ ROOT, ROOT_WITHOUT_CAPS, -EPERM },
		{ ROOT, NOBODY_AT_ALL, -EPERM },
		{ ROOT, USERNS_ROOT, -EPERM },
		{ ADMIN_AND_RAWIO, ONLY_SYS_ADMIN, -EACCES },
		{ ADMIN_AND_RAWIO, ONLY_SYS_RAWIO, -EPERM },
		/* and to a stronger one */
		{ ADMIN_AND_RAWIO, ROOT, 0 },
		{ ONLY_SYS_ADMIN, ROOT, -EACCES },
		{ ONLY_SYS_ADMIN, ADMIN_AND_RAWIO, -EACCES },
		{ ONLY_SYS_RAWIO, ROOT, -EPERM },
		{ ONLY_SYS_RAWIO, ADMIN_AND_RAWIO, -EPERM },
		{ ROOT_WITHOUT_CAPS, ROOT, -EPERM },
		{ NOBODY_AT_ALL, ROOT, -EPERM },
		{ USERNS_ROOT, ROOT, -EPERM },
		/* each has what the other lacks */
		{ ONLY_SYS_ADMIN, ONLY_SYS_RAWIO, -EPERM },
		{ ONLY_SYS_RAWIO, ONLY_SYS_ADMIN, -EPERM },
	};
	struct told *told = self->told;
	unsigned int table;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pass p = {
			.opener = rows[i].opener,
			.caller = rows[i].caller,
			.open = mmui_open,
			.use = ask,
			.arg = told,
		};

		ASSERT_EQ(0, pass(&p));
		for (table = 0; table < ARRAY_SIZE(told->ret); table++) {
			EXPECT_EQ(rows[i].expected, told->ret[table])
				TH_LOG("%s, then %s: table %u", who_name(p.opener),
				       who_name(p.caller), table);
		}
		EXPECT_TRUE(told->silent);
	}
}

TEST_F(perm, dropped_after_open)
{
	static const struct {
		enum who caller;
		int expected;
	} rows[] = {
		{ ADMIN_AND_RAWIO, 0 }, { ONLY_SYS_ADMIN, -EACCES },
		{ ONLY_SYS_RAWIO, -EPERM }, { ROOT_WITHOUT_CAPS, -EPERM },
		{ NOBODY_AT_ALL, -EPERM }, { USERNS_ROOT, -EPERM },
	};
	struct told *told = self->told;
	unsigned int table;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pass p = {
			.caller = rows[i].caller,
			.open = mmui_open,
			.use = ask,
			.arg = told,
		};

		ASSERT_EQ(0, drop(&p));
		for (table = 0; table < ARRAY_SIZE(told->ret); table++) {
			EXPECT_EQ(rows[i].expected, told->ret[table])
				TH_LOG("%s: table %u", who_name(p.caller), table);
		}
		EXPECT_TRUE(told->silent);
	}
}

TEST_HARNESS_MAIN
