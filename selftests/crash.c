// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that dies, in as many ways as there are verbs.
 *
 *	crash VERB [death]	dies of it
 *	crash VERB facts	and says what the kernel told it: a line with signal,
 *				si_code, si_addr, vector, error code, RIP and the
 *				entry of /proc/self/pagemap, and exit status 0
 *	crash VERB has		exit status 0 if this machine can do it, else 4
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE		4096UL
/* Newer than the headers of some systems */
#ifndef UFFD_FEATURE_POISON
#define UFFD_FEATURE_POISON (1 << 14)
#endif
/* Nothing else is in this 512 GiB. */
#define NOWHERE		((char *)0x200000000000)

static volatile unsigned long sink;
static const char constant[] = "a constant";

static void read_at(unsigned long address)
{
	sink = *(volatile unsigned char *)address;
}

static void write_at(const volatile void *address)
{
	*(volatile unsigned char *)address = 1;
}

static void jump_to(unsigned long address)
{
	((void (*)(void))address)();
}

static char *map_at(char *where, size_t size, int prot, int flags, int fd)
{
	char *p = mmap(where, size, prot, flags | (where ? MAP_FIXED_NOREPLACE : 0),
		       fd, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

static char *anonymous(char *where, size_t size, int prot)
{
	return map_at(where, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static int file_of(off_t size)
{
	int fd = memfd_create("crash", 0);

	if (fd < 0 || ftruncate(fd, size)) {
		perror("memfd");
		exit(1);
	}
	return fd;
}

static void die_null(void)
{
	read_at(0);
}

static void die_null_offset(void)
{
	struct {
		char before[0x18];
		unsigned char member;
	} *volatile s = NULL;

	write_at(&s->member);
}

static void die_null_below(void)
{
	char *volatile p = NULL;

	write_at(p - 8);
}

static int __attribute__((noinline)) recurse(volatile int *depth)
{
	volatile char frame[512];

	frame[0] = ++*depth;
	/* It never is: a frame has 512 bytes. */
	if (*depth < 0)
		return 0;
	return recurse(depth) + frame[0];
}

static void die_recursion(void)
{
	volatile int depth = 0;

	sink = recurse(&depth);
}

/* Each thread has to say where its signals are to be handled. */
static char alternative[65536];
static int telling;

static void use_alternative(void)
{
	const stack_t stack = { .ss_sp = alternative, .ss_size = sizeof(alternative) };

	if (telling)
		sigaltstack(&stack, NULL);
}

static void *in_thread(void *fn)
{
	use_alternative();
	((void (*)(void))fn)();
	return NULL;
}

static void run_thread(void (*fn)(void))
{
	pthread_t thread;

	pthread_create(&thread, NULL, in_thread, (void *)fn);
	pthread_join(thread, NULL);
}

static void die_thread_stack(void)
{
	run_thread(die_recursion);
}

static void die_in_thread(void)
{
	run_thread(die_null);
}

static void die_unmapped(void)
{
	char *p = anonymous(NULL, 4 * PAGE, PROT_READ | PROT_WRITE);

	*p = 1;
	munmap(p, 4 * PAGE);
	write_at(p + PAGE);
}

static void die_moved(void)
{
	char *p = anonymous(NOWHERE, 4 * PAGE, PROT_READ | PROT_WRITE);

	if (mremap(p, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		   NOWHERE + (1 << 30)) == MAP_FAILED)
		exit(1);
	read_at((unsigned long)p + 2 * PAGE);
}

/* The C library knows nothing of it, and isn't asked for memory any more. */
static void die_shrunk(void)
{
	unsigned long end = syscall(SYS_brk, 0);

	end = (end + PAGE - 1) & -PAGE;
	syscall(SYS_brk, end + 4 * PAGE);
	write_at((char *)end + PAGE);
	syscall(SYS_brk, end);
	write_at((char *)end + PAGE);
}

static void die_heap(void)
{
	unsigned long end = syscall(SYS_brk, 0);

	write_at((char *)((end + PAGE - 1) & -PAGE) + 16);
}

static void die_constant(void)
{
	read_at((unsigned long)constant);
	write_at(constant);
}

static void die_code(void)
{
	read_at((unsigned long)die_code);
	write_at((void *)die_code);
}

static void die_file(void)
{
	char *p = map_at(NULL, PAGE, PROT_READ, MAP_SHARED, file_of(PAGE));

	read_at((unsigned long)p);
	write_at(p + 8);
}

static void die_read_only(void)
{
	char *p = anonymous(NULL, PAGE, PROT_READ | PROT_WRITE);

	*p = 1;
	mprotect(p, PAGE, PROT_READ);
	write_at(p + 16);
}

static void die_data_jump(void)
{
	char *p = anonymous(NULL, PAGE, PROT_READ | PROT_WRITE);

	*p = 0xc3;
	jump_to((unsigned long)p);
}

static void die_stack_jump(void)
{
	volatile char code[16] = { 0xc3 };

	jump_to((unsigned long)code);
}

static void die_null_jump(void)
{
	jump_to(0);
}

static void die_wild_jump(void)
{
	jump_to((unsigned long)NOWHERE + 0x123);
}

static void die_guard(void)
{
	char *p = anonymous(NOWHERE, 2 * PAGE, PROT_READ | PROT_WRITE);

	mprotect(p + PAGE, PAGE, PROT_NONE);
	memset(p, 1, PAGE);
	read_at((unsigned long)p + PAGE + 4);
}

/* In an address space's corner without any table, which the fault then makes. */
static void die_past_end(void)
{
	char *p = map_at(NOWHERE, 2 * PAGE, PROT_READ, MAP_SHARED, file_of(100));

	read_at((unsigned long)p + PAGE + 1);
}

/* A page of the kernel's that this machine has no use for: of a hypervisor's clock */
static void die_vvar(void)
{
	unsigned long start, end;
	char line[256];
	FILE *f = fopen("/proc/self/maps", "re");

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "[vvar") && sscanf(line, "%lx-%lx", &start, &end) == 2)
			for (; start < end; start += PAGE)
				read_at(start);
}

static int uffd_at(char *p, __u64 features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	struct uffdio_register reg = {
		.range = { (unsigned long)p, PAGE }, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	return fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	       ioctl(fd, UFFDIO_REGISTER, &reg) ? -1 : fd;
}

static void die_uffd(void)
{
	char *p = anonymous(NULL, PAGE, PROT_READ | PROT_WRITE);

	uffd_at(p, UFFD_FEATURE_SIGBUS);
	read_at((unsigned long)p);
}

static int poison_at(char *p)
{
	struct {
		struct uffdio_range range;
		__u64 mode;
		__s64 updated;
	} poison = { { (unsigned long)p, PAGE }, 0, 0 };
	int fd = uffd_at(p, UFFD_FEATURE_POISON);

	return fd < 0 ? -1 : ioctl(fd, _IOWR(UFFDIO, 0x08, poison), &poison);
}

static void die_poison(void)
{
	char *p = anonymous(NULL, PAGE, PROT_READ | PROT_WRITE);

	poison_at(p);
	read_at((unsigned long)p);
}

static int has_poison(void)
{
	return !poison_at(anonymous(NULL, PAGE, PROT_READ | PROT_WRITE));
}

static void die_pkey(void)
{
	char *p = anonymous(NULL, PAGE, PROT_READ | PROT_WRITE);
	int key = syscall(SYS_pkey_alloc, 0, 0);

	*p = 1;
	syscall(SYS_pkey_mprotect, p, PAGE, PROT_READ | PROT_WRITE, key);
	/* WRPKRU: writing with this key is denied. */
	asm volatile(".byte 0x0f, 0x01, 0xef" : : "a" (2U << 2 * key), "c" (0), "d" (0));
	read_at((unsigned long)p);
	write_at(p);
}

static int has_pkey(void)
{
	return syscall(SYS_pkey_alloc, 0, 0) > 0;
}

static void die_kernel(void)
{
	read_at(0xffffffff81000000);
}

static void die_not_canonical(void)
{
	read_at(0x4141414141414141);
}

static void die_return(void)
{
	asm volatile("push %0; ret" : : "r" (0x4242424242424242));
}

static void die_overrun(void)
{
	write_at(anonymous(NOWHERE, PAGE, PROT_READ | PROT_WRITE) + PAGE + 7);
}

static void die_underrun(void)
{
	write_at(anonymous(NOWHERE, PAGE, PROT_READ | PROT_WRITE) - 1);
}

static void die_wild(void)
{
	read_at((unsigned long)NOWHERE + 0x123456);
}

static void die_halt(void)
{
	asm volatile("hlt");
}

static void die_misaligned(void)
{
	char *p = anonymous(NULL, PAGE, PROT_READ | PROT_WRITE);

	asm volatile("movaps %%xmm0, 8(%0)" : : "r" (p) : "memory");
}

static void die_undefined(void)
{
	asm volatile("ud2");
}

static void die_breakpoint(void)
{
	asm volatile("int3");
}

static void die_division(void)
{
	volatile int zero = 0, some = 100;

	sink = some / zero;
}

static jmp_buf back;

static void go_back(int signal)
{
	siglongjmp(back, signal);
}

/* That a fault is handled isn't a death. */
static void die_not_at_all(void)
{
	signal(SIGSEGV, go_back);
	if (!sigsetjmp(back, 1))
		read_at(0);
	_exit(7);
}

static void die_by_kill(void)
{
	kill(getpid(), SIGSEGV);
}

static void die_in_child(void)
{
	if (!fork())
		read_at(0);
	wait(NULL);
	_exit(3);
}

static volatile char *mended;

static void mend_first(int signal, siginfo_t *info, void *context)
{
	if ((char *)info->si_addr == mended)
		mprotect((void *)mended, PAGE, PROT_READ | PROT_WRITE);
	else
		sigaction(signal, &(struct sigaction) { .sa_handler = SIG_DFL }, NULL);
}

/* The same instruction, with the same stack: at first the fault is mended. */
static void die_second(void)
{
	const struct sigaction action = {
		.sa_sigaction = mend_first, .sa_flags = SA_SIGINFO,
	};
	volatile int i;

	mended = anonymous(NOWHERE, 2 * PAGE, PROT_READ);
	sigaction(SIGSEGV, &action, NULL);
	for (i = 0; i < 2; i++)
		mended[i * PAGE] = 1;
}

static void die_last(void)
{
	volatile int i;

	signal(SIGSEGV, go_back);
	for (i = 0; i < 300; i++)
		if (!sigsetjmp(back, 1))
			read_at(0x1000);
	signal(SIGSEGV, SIG_DFL);
	read_at(0x2000);
}

static void raise_again(int number)
{
	signal(number, SIG_DFL);
	raise(number);
}

static void die_raised(void)
{
	signal(SIGSEGV, raise_again);
	write_at((void *)0x1234);
}

static void stop_it(int number)
{
	abort();
}

static void die_aborted(void)
{
	signal(SIGSEGV, stop_it);
	write_at((void *)0x1234);
}

/* A handler, and no stack of its own for it */
static void die_no_stack(void)
{
	signal(SIGSEGV, go_back);
	die_recursion();
}

static void die_no_room(void)
{
	signal(SIGSEGV, go_back);
	asm volatile("mov $0x1234, %%rsp; movb $0, 0x5000" : : : "memory");
}

static void die_forked(void)
{
	char *p = anonymous(NOWHERE, 4 * PAGE, PROT_READ | PROT_WRITE);

	munmap(p, 4 * PAGE);
	if (!fork())
		write_at(p + PAGE);
	wait(NULL);
	_exit(3);
}

/* The child gives back what is its parent's. */
static void die_vforked(void)
{
	char *p = anonymous(NOWHERE, 4 * PAGE, PROT_READ | PROT_WRITE);

	if (!vfork()) {
		munmap(p, 4 * PAGE);
		_exit(0);
	}
	write_at(p + PAGE);
}

/* Memory that was given back in other ways than by munmap() */

static void die_shmdt(void)
{
	int id = shmget(IPC_PRIVATE, 4 * PAGE, 0600);
	char *p = shmat(id, NOWHERE, 0);

	shmctl(id, IPC_RMID, NULL);
	*p = 1;
	/* Three mappings now, and one segment */
	mprotect(p + PAGE, PAGE, PROT_READ);
	shmdt(p);
	write_at(p + 2 * PAGE);
}

static void die_replaced(void)
{
	char *p = anonymous(NOWHERE, 4 * PAGE, PROT_READ | PROT_WRITE);

	*p = 1;
	mmap(p, 2 * PAGE, PROT_NONE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	write_at(p + PAGE);
}

static void die_moved_over(void)
{
	char *p = anonymous(NOWHERE, PAGE, PROT_READ | PROT_WRITE);
	char *other = anonymous(NULL, PAGE, PROT_READ);

	*p = 1;
	if (mremap(other, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p) == MAP_FAILED)
		exit(1);
	write_at(p);
}

static void die_shrunk_mapping(void)
{
	char *p = anonymous(NOWHERE, 16 * PAGE, PROT_READ | PROT_WRITE);

	*p = 1;
	mremap(p, 16 * PAGE, PAGE, 0);
	write_at(p + 15 * PAGE);
}

/* Nothing was there. */
static void die_never_mapped(void)
{
	munmap(NOWHERE, PAGE);
	write_at(NOWHERE);
}

/* It fails. */
static void die_not_unmapped(void)
{
	munmap(NOWHERE + 1, PAGE);
	write_at(NOWHERE);
}

static char *of_thread;

static void *leave_stack(void *arg)
{
	of_thread = __builtin_frame_address(0);
	return NULL;
}

/* So large a stack isn't kept for the next thread. */
static void die_thread_ended(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 << 20);
	if (pthread_create(&thread, &attr, leave_stack, NULL))
		exit(1);
	pthread_join(thread, NULL);
	write_at(of_thread);
}

static int give_back(void *p)
{
	munmap(p, 4 * PAGE);
	return 0;
}

/* The child has its parent's memory, and the parent doesn't wait for it as in vfork. */
static void die_shared(void)
{
	char *p = anonymous(NOWHERE, 4 * PAGE, PROT_READ | PROT_WRITE);
	pid_t child = clone(give_back, alternative + sizeof(alternative),
			    CLONE_VM | SIGCHLD, p);

	waitpid(child, NULL, 0);
	write_at(p + PAGE);
}

/* 32-bit code: by a far return to the kernel's __USER32_CS */

static void run_32(const char *code, size_t n)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (p == MAP_FAILED)
		exit(1);
	memcpy(p, code, n);
	/* A null selector in DS, as 64-bit code has it, is no use to 32-bit code. */
	asm volatile("mov %1, %%ds; push $0x23; push %0; lretq"
		     : : "r" (p), "r" (0x2b) : "memory");
}

static long call_32(long number, long first, long second)
{
	long ret;

	asm volatile("int $0x80" : "=a" (ret) : "a" (number), "b" (first), "c" (second)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static int has_32(void)
{
	int status;

	if (!fork())
		_exit(call_32(20, 0, 0) != getpid());	/* getpid */
	wait(&status);
	return !status;
}

/* xor %eax, %eax; mov -8(%eax), %ecx */
static void die_null_below_32(void)
{
	run_32("\x31\xc0\x8b\x48\xf8", 5);
}

static void die_unmapped_32(void)
{
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	*p = 1;
	call_32(91, (long)p, 4 * PAGE);	/* munmap */
	write_at(p);
}

/* What a command could notice of being explained */

static int count_untraced(void *p)
{
	_exit(munmap(p, PAGE) ? errno : 5);
}

static void see_untraced(void)
{
	int status;

	clone(count_untraced, alternative + sizeof(alternative), CLONE_UNTRACED | SIGCHLD,
	      anonymous(NULL, PAGE, PROT_READ));
	wait(&status);
	_exit(WEXITSTATUS(status));
}

/* Impossible where there is a filter */
static void see_strict(void)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		_exit(errno);
	syscall(SYS_exit, 9);
}

static void see_state(void)
{
	static const char *const lines[] = {
		"Umask", "Uid", "Gid", "Groups", "Threads", "SigPnd", "ShdPnd",
		"SigBlk", "SigIgn", "SigCgt", "Cap", "NoNewPrivs", "Seccomp",
	};
	FILE *f = fopen("/proc/self/status", "re");
	char line[512];
	size_t i;
	int fd;

	while (f && fgets(line, sizeof(line), f))
		for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
			if (!strncmp(line, lines[i], strlen(lines[i])))
				fputs(line, stdout);
	for (fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0 && (!f || fd != fileno(f)))
			printf("fd %d\n", fd);
	printf("%d %d %d %d %d\n", prctl(PR_GET_SECCOMP), prctl(PR_GET_NO_NEW_PRIVS),
	       prctl(PR_GET_DUMPABLE), prctl(PR_GET_KEEPCAPS), prctl(PR_GET_TSC, &fd));
	fflush(stdout);
	_exit(0);
}

static void see_user(void)
{
	printf("%d %d %d %s\n", getuid(), getegid(), getgroups(0, NULL), getenv("HOME"));
	fflush(stdout);
	_exit(0);
}

/* Signals: who sent one */

static void die_by_child(void)
{
	int said[2];
	pid_t child;
	char end;

	if (pipe(said))
		_exit(1);
	child = fork();
	if (!child) {
		close(said[1]);
		/* Returns at the parent's close. */
		if (!read(said[0], &end, 1))
			kill(getppid(), SIGTERM);
		_exit(0);
	}
	fprintf(stderr, "%d\n", child);
	close(said[1]);
	pause();
}

static void die_by_abort(void)
{
	abort();
}

static void take_term(int signal)
{
	_exit(6);
}

static void see_passed(void)
{
	signal(SIGTERM, take_term);
	kill(getppid(), SIGTERM);
	for (;;)
		pause();
}

static void see_left(void)
{
	pid_t parent = getppid();

	kill(parent, SIGKILL);
	while (getppid() == parent)
		usleep(1000);
	puts("alone");
	fflush(stdout);
	_exit(0);
}

/* Not a death: a process whose first thread has ended */
static void *stay(void *arg)
{
	char name[64], line[256];
	pid_t pid = getpid();
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/status", pid);
	for (;;) {
		f = fopen(name, "re");
		while (f && fgets(line, sizeof(line), f))
			if (!strncmp(line, "State:\tZ", 8)) {
				dprintf(1, "%d %p\n", pid, arg);
				for (;;)
					pause();
			}
		if (f)
			fclose(f);
		usleep(1000);
	}
	return NULL;
}

static void see_leader(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, stay, (void *)constant);
	syscall(SYS_exit, 0);
}

static const struct {
	const char *verb;
	void (*die)(void);
	int (*has)(void);
} verbs[] = {
	{ "null", die_null },
	{ "null-offset", die_null_offset },
	{ "null-below", die_null_below },
	{ "recursion", die_recursion },
	{ "thread-stack", die_thread_stack },
	{ "thread", die_in_thread },
	{ "unmapped", die_unmapped },
	{ "moved", die_moved },
	{ "shrunk", die_shrunk },
	{ "heap", die_heap },
	{ "constant", die_constant },
	{ "code", die_code },
	{ "file", die_file },
	{ "read-only", die_read_only },
	{ "data-jump", die_data_jump },
	{ "stack-jump", die_stack_jump },
	{ "null-jump", die_null_jump },
	{ "wild-jump", die_wild_jump },
	{ "guard", die_guard },
	{ "past-end", die_past_end },
	{ "vvar", die_vvar },
	{ "uffd", die_uffd },
	{ "poison", die_poison, has_poison },
	{ "pkey", die_pkey, has_pkey },
	{ "kernel", die_kernel },
	{ "not-canonical", die_not_canonical },
	{ "return", die_return },
	{ "overrun", die_overrun },
	{ "underrun", die_underrun },
	{ "wild", die_wild },
	{ "halt", die_halt },
	{ "misaligned", die_misaligned },
	{ "undefined", die_undefined },
	{ "breakpoint", die_breakpoint },
	{ "division", die_division },
	{ "not-at-all", die_not_at_all },
	{ "by-kill", die_by_kill },
	{ "in-child", die_in_child },
	{ "second", die_second },
	{ "last", die_last },
	{ "raised", die_raised },
	{ "aborted", die_aborted },
	{ "no-stack", die_no_stack },
	{ "no-room", die_no_room },
	{ "forked", die_forked },
	{ "vforked", die_vforked },
	{ "shmdt", die_shmdt },
	{ "replaced", die_replaced },
	{ "moved-over", die_moved_over },
	{ "shrunk-mapping", die_shrunk_mapping },
	{ "never-mapped", die_never_mapped },
	{ "not-unmapped", die_not_unmapped },
	{ "thread-ended", die_thread_ended },
	{ "shared", die_shared },
	{ "null-below-32", die_null_below_32, has_32 },
	{ "unmapped-32", die_unmapped_32, has_32 },
	{ "untraced", see_untraced },
	{ "strict", see_strict },
	{ "state", see_state },
	{ "user", see_user },
	{ "by-child", die_by_child },
	{ "by-abort", die_by_abort },
	{ "passed", see_passed },
	{ "left", see_left },
	{ "leader", see_leader },
};

static unsigned long pagemap_of(unsigned long address)
{
	unsigned long entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (pread(fd, &entry, sizeof(entry), address / PAGE * sizeof(entry)) !=
	    sizeof(entry))
		entry = 0;
	close(fd);
	return entry;
}

static void tell(int signal, siginfo_t *info, void *context)
{
	const greg_t *reg = ((ucontext_t *)context)->uc_mcontext.gregs;
	unsigned long address = (unsigned long)info->si_addr;
	char line[256];
	int n;

	n = snprintf(line, sizeof(line), "%d %d 0x%lx %lld 0x%llx 0x%llx 0x%lx\n",
		     signal, info->si_code, address, reg[REG_TRAPNO], reg[REG_ERR],
		     reg[REG_RIP], pagemap_of(address));
	_exit(write(1, line, n) != n);
}

static void tell_all(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	const struct sigaction action = {
		.sa_sigaction = tell, .sa_flags = SA_SIGINFO | SA_ONSTACK,
	};
	size_t i;

	telling = 1;
	use_alternative();
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[1], verbs[i].verb))
			continue;
		if (argc > 2 && !strcmp(argv[2], "has"))
			return verbs[i].has && !verbs[i].has() ? 4 : 0;
		if (argc > 2 && !strcmp(argv[2], "facts"))
			tell_all();
		verbs[i].die();
		return 1;
	}
	fprintf(stderr, "usage: crash VERB [death | facts | has]\n");
	return 2;
}
