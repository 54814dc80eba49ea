// SPDX-License-Identifier: GPL-2.0-only
/*
 * What made the signal that ends a process: an exception, or the kernel itself.
 * What the process did is known here; how it ended, waitpid() says.
 */
#include "kselftest_harness.h"
#include "mmui_test.h"
#include "count.h"
#include "event.h"
#include "nl.h"
#include "worker.h"

#include <elf.h>
#include <errno.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nothing is there. */
#define NOWHERE		0x7654321000UL
/* More than any frame has, AMX's state included */
#define STACK		(64 * PAGE_SIZE)

static volatile char sink;
static sigjmp_buf back;
static char *page;

static void jump_back(int sig)
{
	siglongjmp(back, sig);
}

static void resolve(int sig)
{
	mprotect(page, PAGE_SIZE, PROT_READ | PROT_WRITE);
}

static void ignore(int sig)
{
}

static void handle(int sig, void (*handler)(int sig), int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	sigaction(sig, &sa, NULL);
}

static void read_nowhere(void *unused)
{
	sink = *(volatile char *)NOWHERE;
}

static void undefined(void *unused)
{
	asm volatile("ud2");
}

static void bad_sigreturn(void *unused)
{
	asm volatile("mov $8, %%rsp\n mov $15, %%eax\n syscall\n" ::: "memory");
}

/* What the task keeps of an exception is then of this one. */
static void fault_before(void)
{
	handle(SIGSEGV, jump_back, 0);
	if (!sigsetjmp(back, 1))
		read_nowhere(NULL);
	signal(SIGSEGV, SIG_DFL);
}

static void fault_and_sigreturn(void *unused)
{
	fault_before();
	bad_sigreturn(NULL);
}

static void wait_without_stack(void)
{
	asm volatile("mov %0, %%rsp\n1: pause\n jmp 1b" :: "r"(NOWHERE) : "memory");
}

static void no_stack(void *unused)
{
	struct itimerval soon = { .it_value.tv_usec = 20000 };

	fault_before();
	handle(SIGALRM, ignore, 0);
	setitimer(ITIMER_REAL, &soon, NULL);
	wait_without_stack();
}

static void no_altstack(void *unused)
{
	stack_t stack = {
		.ss_size = STACK,
		.ss_sp = mmap(NULL, STACK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0),
	};

	fault_before();
	handle(SIGUSR1, ignore, SA_ONSTACK);
	if (sigaltstack(&stack, NULL))
		die("sigaltstack: %m");
	raise(SIGUSR1);
}

static void overflow(void *unused)
{
	handle(SIGSEGV, ignore, 0);
	asm volatile("mov %0, %%rsp\n push %%rax" :: "r"(NOWHERE) : "memory");
}

static void bad_rseq(void *unused)
{
	struct rseq *rseq = (void *)((char *)__builtin_thread_pointer() +
				     __rseq_offset);

	fault_before();
	handle(SIGUSR1, ignore, 0);
	rseq->rseq_cs = 1ULL << 62;
	raise(SIGUSR1);
	/* The kernel looks at it when it has scheduled. */
	for (;;)
		usleep(1000);
}

/* A program whose only segment is in the kernel's half: execve has no way back. */
static void half_exec(void *unused)
{
	static const struct {
		Elf64_Ehdr head;
		Elf64_Phdr load;
	} program = {
		.head = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
			.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = 1,
			.e_phoff = sizeof(Elf64_Ehdr), .e_phnum = 1,
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
		},
		.load = {
			.p_type = PT_LOAD, .p_flags = PF_R | PF_X,
			.p_vaddr = 0xffff800000000000, .p_filesz = 120,
			.p_memsz = 120, .p_align = PAGE_SIZE,
		},
	};
	char *const argv[] = { "half", NULL };
	int fd = memfd_create("half", MFD_CLOEXEC);

	fault_before();
	if (write(fd, &program, sizeof(program)) != sizeof(program))
		die("memfd: %m");
	syscall(SYS_execveat, fd, "", argv, argv + 1, AT_EMPTY_PATH);
	die("execveat: %m");
}

static void refused(void *unused)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(filter), filter };

	fault_before();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		die("seccomp: %m");
	syscall(SYS_getppid);
}

static void resolved_and_abort(void *unused)
{
	page = mmap(NULL, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	handle(SIGSEGV, resolve, 0);
	*(volatile char *)page = 1;
	abort();
}

/* Signals of a sender, with the siginfo of a fault */
static void pretend(void *unused)
{
	siginfo_t info = { .si_signo = SIGSEGV, .si_code = SEGV_MAPERR };
	int fd = syscall(SYS_pidfd_open, getpid(), 0);

	fault_before();
	syscall(SYS_pidfd_send_signal, fd, SIGSEGV, &info, 0);
}

FIXTURE(origin)
{
	struct child child;
	int sock;
	int group;
	int id;
};

/*
 * @faults: signals that exceptions made before the end
 * @log: what the kernel logs; NULL if it's silent
 */
FIXTURE_VARIANT(origin)
{
	void (*run)(void *unused);
	int signal;
	unsigned int faults;
	int origin;
	int vector;
	int frame_signal;
	bool altstack;
	const char *log;
};

#define NO_EVENT	-1
#define NO_VECTOR	-1

#define ORIGIN(kind, run, signal, faults, by, ...)			\
	FIXTURE_VARIANT_ADD(origin, kind) {				\
		run, signal, faults, by, __VA_ARGS__ }

#define BY(what)	MMUINSPECT_FAULT_ORIGIN_##what

ORIGIN(page_fault, read_nowhere, SIGSEGV, 0, BY(EXCEPTION), 14);
ORIGIN(invalid_opcode, undefined, SIGILL, 0, BY(EXCEPTION), 6);
ORIGIN(sigreturn, bad_sigreturn, SIGSEGV, 0, BY(SIGRETURN), NO_VECTOR,
       .log = "bad frame in rt_sigreturn");
ORIGIN(fault_and_sigreturn, fault_and_sigreturn, SIGSEGV, 1, BY(SIGRETURN),
       NO_VECTOR, .log = "bad frame in rt_sigreturn");
ORIGIN(frame, no_stack, SIGSEGV, 1, BY(FRAME), NO_VECTOR, SIGALRM);
ORIGIN(frame_on_altstack, no_altstack, SIGSEGV, 1, BY(FRAME), NO_VECTOR, SIGUSR1,
       true);
ORIGIN(frame_of_fault, overflow, SIGSEGV, 1, BY(FRAME), NO_VECTOR, SIGSEGV);
ORIGIN(rseq, bad_rseq, SIGSEGV, 1, BY(RSEQ), NO_VECTOR);
ORIGIN(exec, half_exec, SIGSEGV, 1, BY(EXEC), NO_VECTOR);
ORIGIN(seccomp, refused, SIGSYS, 1, BY(SECCOMP), NO_VECTOR);
ORIGIN(abort, resolved_and_abort, SIGABRT, 1, NO_EVENT, NO_VECTOR);
ORIGIN(pretended, pretend, SIGSEGV, 1, NO_EVENT, NO_VECTOR);

FIXTURE_SETUP(origin)
{
	self->sock = nl_open();
	self->group = event_listener();
	child_start(&self->child, variant->run, NULL);
	self->id = watch_add(self->sock, self->child.pid,
			     MMUINSPECT_SOURCE_OUTCOMES |
			     MMUINSPECT_SOURCE_STATES, 0);
	ASSERT_LT(0, self->id);
}

FIXTURE_TEARDOWN(origin)
{
	close(self->group);
	close(self->sock);
}

/* "origins[1234] bad frame in ..." */
static bool is_logged(pid_t pid, const char *words)
{
	static char log[1 << 20];
	int n = klogctl(3, log, sizeof(log) - 1);
	char line[128];

	if (n < 0)
		die("the kernel's log: %m");
	log[n] = '\0';
	snprintf(line, sizeof(line), "[%d] %s", pid, words);
	return strstr(log, line);
}

static void expect_faults(struct __test_metadata *_metadata, int group, pid_t pid,
			  unsigned int n)
{
	struct event e;

	while (n--) {
		ASSERT_EQ(0, event_of(group, pid, 0, &e, 10000));
		EXPECT_EQ(BY(EXCEPTION), e.origin);
		EXPECT_EQ(14, e.vector);
		EXPECT_TRUE(e.has_address);
		EXPECT_EQ(SIGSEGV, e.signal);
	}
}

static void expect_no_exception(struct __test_metadata *_metadata,
				const struct event *e)
{
	EXPECT_FALSE(e->has_vector);
	EXPECT_FALSE(e->has_error_code);
	EXPECT_FALSE(e->has_address);
	EXPECT_EQ(0, e->n_entries);
}

TEST_F(origin, of_the_end)
{
	struct watch *w = SHARED(struct watch, 1);
	bool is_exception = variant->origin == BY(EXCEPTION);
	pid_t pid = self->child.pid;
	struct event e;
	int status;

	child_go(&self->child);
	status = child_wait(&self->child);
	ASSERT_TRUE(WIFSIGNALED(status)) TH_LOG("status 0x%x", status);
	ASSERT_EQ(variant->signal, WTERMSIG(status));
	expect_faults(_metadata, self->group, pid, variant->faults);
	if (variant->origin != NO_EVENT) {
		ASSERT_EQ(0, event_of(self->group, pid, 0, &e, 10000));
		EXPECT_EQ(variant->origin, e.origin);
		EXPECT_EQ(variant->signal, e.signal);
		EXPECT_EQ(variant->frame_signal, e.frame_signal);
		EXPECT_EQ(variant->altstack, e.frame_altstack);
		EXPECT_EQ(is_exception, e.has_vector);
		if (is_exception) {
			EXPECT_EQ(variant->vector, e.vector);
		} else {
			expect_no_exception(_metadata, &e);
		}
		EXPECT_EQ(variant->vector == 14, e.has_error_code);
	}
	EXPECT_EQ(-ETIMEDOUT, event_of(self->group, pid, 0, &e, 300));
	ASSERT_EQ(0, watch_get(self->sock, self->id, w));
	EXPECT_EQ(variant->faults + is_exception,
		  counted(&w->counts, MMUINSPECT_A_COUNTS_SIGNAL, ANY, ANY));
	if (variant->log)
		EXPECT_TRUE(is_logged(pid, variant->log));
}

TEST_HARNESS_MAIN
