// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes: the doors to the kernel from compatibility mode. A 32-bit program goes
 * through them, since what lies behind leads back to a place that only such a
 * program has (the vDSO's landing pad). It's assembled here, and given to the
 * kernel as a file in memory.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

#define BASE		0x10000000UL	/* where it's loaded */
#define OFFSET		128		/* of the code in the file, behind its headers */
#define RECORD_FD	3

#ifndef MFD_EXEC
#define MFD_EXEC	0x10
#endif

/*
 * Each door: catch signals, ask for the PID (20), and write struct door_record to
 * RECORD_FD. The frame of a signal is that of arch/x86/include/asm/sigframe.h for
 * 32 bits: siginfo's si_code and si_addr at 8 and 12, trapno, err, ip and cr2 at
 * 68, 72, 76 and 104 of its ucontext.
 *
 * SYSENTER and SYSCALL come back to the vDSO, which pops three registers and
 * returns (arch/x86/entry/vdso/vdso32/system_call.S).
 */
__asm__(".pushsection .rodata\n"
	"doors:\n"
	"	.code32\n"
	"door_int80:\n"
	"	call doors_prepare\n"
	"door_int80_at:\n"
	"	int $0x80\n"
	"door_int80_end:\n"
	"	jmp doors_through\n"
	"door_sysenter:\n"
	"	call doors_prepare\n"
	"	call 1f\n"
	"	jmp doors_through\n"
	"1:	push %ecx\n"
	"	push %edx\n"
	"	push %ebp\n"
	"	mov %esp, %ebp\n"
	"door_sysenter_at:\n"
	"	sysenter\n"
	"door_sysenter_end:\n"
	"	hlt\n"
	"door_syscall:\n"
	"	call doors_prepare\n"
	"	call 1f\n"
	"	jmp doors_through\n"
	"1:	push %ecx\n"
	"	push %edx\n"
	"	push %ebp\n"
	"	mov %ecx, %ebp\n"
	"door_syscall_at:\n"
	"	syscall\n"
	"door_syscall_end:\n"
	"	hlt\n"
	/* rt_sigaction() for SIGILL, SIGTRAP, SIGBUS, SIGSEGV */
	"doors_prepare:\n"
	"	mov $4, %edi\n"
	"2:	mov $174, %eax\n"
	"	mov %edi, %ebx\n"
	"	mov $(0x10000000 + 128 + doors_action - doors), %ecx\n"
	"	xor %edx, %edx\n"
	"	mov $8, %esi\n"
	"	int $0x80\n"
	"	inc %edi\n"
	"	cmp $12, %edi\n"
	"	jne 2b\n"
	"	mov $20, %eax\n"
	"	ret\n"
	"doors_through:\n"
	"	sub $24, %esp\n"
	"	push %eax\n"
	"	push $2\n"
	"	jmp doors_tell\n"
	"doors_caught:\n"
	"	mov 8(%esp), %esi\n"
	"	mov 12(%esp), %edi\n"
	"	mov 4(%esp), %eax\n"
	"	push 104(%edi)\n"
	"	push 76(%edi)\n"
	"	push 72(%edi)\n"
	"	push 68(%edi)\n"
	"	push 12(%esi)\n"
	"	push 8(%esi)\n"
	"	push %eax\n"
	"	push $1\n"
	"doors_tell:\n"
	"	mov $4, %eax\n"
	"	mov $3, %ebx\n"
	"	mov %esp, %ecx\n"
	"	mov $32, %edx\n"
	"	int $0x80\n"
	"	mov $1, %eax\n"
	"	xor %ebx, %ebx\n"
	"	int $0x80\n"
	"	.balign 4\n"
	"doors_action:\n"
	"	.long 0x10000000 + 128 + doors_caught - doors\n"
	"	.long 4, 0, 0, 0\n"
	"doors_end:\n"
	"	.code64\n"
	".popsection");

extern const unsigned char doors[], doors_end[];

#define DOOR(name)	\
	extern const unsigned char door_##name[], door_##name##_at[], door_##name##_end[]

DOOR(int80);
DOOR(sysenter);
DOOR(syscall);

_Static_assert(BASE == 0x10000000 && OFFSET == 128 && RECORD_FD == 3 &&
	       sizeof(struct door_record) == 32, "as the code has it");
_Static_assert(OFFSET >= sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr), "room for headers");

/* The record is written to the file that the trial's memory is of. */
static const char *prepare(struct trial *t)
{
	t->code_at = BASE + OFFSET + (t->probe->code - doors);
	return NULL;
}

static int write_program(int fd, const struct trial *t)
{
	const size_t size = doors_end - doors;
	unsigned char file[1024] = { 0 };
	const Elf32_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32,
			     ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_386, .e_version = EV_CURRENT,
		.e_entry = t->code_at, .e_phoff = sizeof(header),
		.e_ehsize = sizeof(header), .e_phentsize = sizeof(Elf32_Phdr),
		.e_phnum = 1,
	};
	const Elf32_Phdr load = {
		.p_type = PT_LOAD, .p_vaddr = BASE, .p_filesz = OFFSET + size,
		.p_memsz = OFFSET + size, .p_flags = PF_R | PF_X, .p_align = 4096,
	};

	memcpy(file, &header, sizeof(header));
	memcpy(file + sizeof(header), &load, sizeof(load));
	memcpy(file + OFFSET, doors, size);
	return write(fd, file, OFFSET + size) == (ssize_t)(OFFSET + size) ? 0 : -1;
}

/* Before 6.3 there is no MFD_EXEC, and no need of it. */
static int new_program(void)
{
	int fd = memfd_create("mmuinspect-door", MFD_CLOEXEC | MFD_EXEC);

	return fd >= 0 ? fd : memfd_create("mmuinspect-door", MFD_CLOEXEC);
}

/* It doesn't come back, unless there is no way to run such a program. */
static void go_through(struct trial *t)
{
	const off_t record = (char *)&t->door - (char *)t->lab->trials;
	char *const argv[] = { "door", NULL };
	int fd = new_program();

	if (fd == RECORD_FD)
		fd = fcntl(fd, F_DUPFD_CLOEXEC, RECORD_FD + 1);
	if (fd >= 0 && !write_program(fd, t) &&
	    lseek(t->lab->trials_fd, record, SEEK_SET) == record &&
	    dup2(t->lab->trials_fd, RECORD_FD) == RECORD_FD &&
	    !fcntl(RECORD_FD, F_SETFD, 0))
		syscall(SYS_execveat, fd, "", argv, argv + 1, AT_EMPTY_PATH);
	snprintf(t->why, sizeof(t->why), errno == ENOEXEC || errno == EACCES ?
		 "this kernel runs no 32-bit programs" : "a 32-bit program: %s",
		 strerror(errno));
	t->stage = STAGE_INAPPLICABLE;
	_exit(0);
}

void probe_door_result(struct trial *t)
{
	const struct door_record *d = &t->door;

	if (d->kind == DOOR_THROUGH) {
		t->stage = STAGE_THROUGH;
		t->wrong = d->value != (__u32)t->pid;
		snprintf(t->effect, sizeof(t->effect), "getpid() answered %d", (int)d->value);
	} else if (d->kind == DOOR_CAUGHT) {
		t->stage = STAGE_CAUGHT;
		t->signal = d->value;
		t->code = d->code;
		t->signal_address = d->address;
		t->vector = d->vector;
		t->error = d->error;
		t->ip = d->ip;
		t->cr2 = d->cr2;
	}
}

#define ROW(title, insn, id)							\
	.name = title, .text = insn, .code = door_##id, .at = door_##id##_at,	\
	.end = door_##id##_end, .prepare = prepare, .call = go_through

struct probe_rows probe_doors(void)
{
	static const struct probe rows[] = {
		{ ROW("int80-compat", "int $0x80", int80), .kind = KIND_INT,
		  .number = 0x80 },
		{ ROW("sysenter-compat", "sysenter", sysenter), .rule = RULE_SYSENTER,
		  .msr = { MSR_SYSENTER_CS, MSR_SYSENTER_EIP } },
		{ ROW("syscall-compat", "syscall", syscall),
		  .rule = RULE_SYSCALL_COMPAT, .msr = { MSR_STAR, MSR_CSTAR } },
	};

	return (struct probe_rows) { rows, ARRAY_SIZE(rows) };
}
