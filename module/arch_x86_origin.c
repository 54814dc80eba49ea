// SPDX-License-Identifier: GPL-2.0-only
/* Functions of x86 that make signals of exceptions, by vector. */
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/text-patching.h>
#include <asm/trapnr.h>

#include "arch.h"
#include "origin.h"

#define EXCEPTION(function, vector)				\
	{ function, { MMUINSPECT_FAULT_ORIGIN_EXCEPTION, vector } }

/* With what stands before the name in the entry code, as asm_ and fred_ */
const struct mmui_origin_row mmui_arch_origins[] = {
	EXCEPTION("*exc_page_fault", X86_TRAP_PF),
	EXCEPTION("do_user_addr_fault", X86_TRAP_PF),
	EXCEPTION("do_kern_addr_fault", X86_TRAP_PF),
	/* Linux makes a page fault of the #GP, for the operand of the instruction. */
	EXCEPTION("fixup_umip_exception", X86_TRAP_PF),
	EXCEPTION("*exc_general_protection", X86_TRAP_GP),
	EXCEPTION("*exc_invalid_op", X86_TRAP_UD),
	EXCEPTION("*exc_divide_error", X86_TRAP_DE),
	EXCEPTION("*exc_int3", X86_TRAP_BP),
	EXCEPTION("*exc_debug", X86_TRAP_DB),
	EXCEPTION("*exc_debug_user", X86_TRAP_DB),
	EXCEPTION("*exc_overflow", X86_TRAP_OF),
	EXCEPTION("*exc_bounds", X86_TRAP_BR),
	EXCEPTION("*exc_device_not_available", X86_TRAP_NM),
	EXCEPTION("*exc_double_fault", X86_TRAP_DF),
	EXCEPTION("*exc_coproc_segment_overrun", X86_TRAP_OLD_MF),
	EXCEPTION("*exc_invalid_tss", X86_TRAP_TS),
	EXCEPTION("*exc_segment_not_present", X86_TRAP_NP),
	EXCEPTION("*exc_stack_segment", X86_TRAP_SS),
	EXCEPTION("*exc_coprocessor_error", X86_TRAP_MF),
	EXCEPTION("*exc_alignment_check", X86_TRAP_AC),
	EXCEPTION("*exc_machine_check", X86_TRAP_MC),
	EXCEPTION("*exc_machine_check_user", X86_TRAP_MC),
	/* The task itself runs what its machine check has put off. */
	EXCEPTION("kill_me_*", X86_TRAP_MC),
	EXCEPTION("*exc_simd_coprocessor_error", X86_TRAP_XF),
	EXCEPTION("*exc_virtualization_exception", X86_TRAP_VE),
	EXCEPTION("*exc_control_protection", X86_TRAP_CP),
	EXCEPTION("*exc_vmm_communication", X86_TRAP_VC),
	{}
};

/**
 * mmui_arch_callee - find what was called before a return address
 * @address: the return address
 *
 * Return: the function's address; 0 if the call isn't a direct one.
 */
unsigned long mmui_arch_callee(unsigned long address)
{
	u8 call[CALL_INSN_SIZE];
	s32 distance;

	if (copy_from_kernel_nofault(call, (void *)(address - sizeof(call)),
				     sizeof(call)) ||
	    call[0] != CALL_INSN_OPCODE)
		return 0;
	memcpy(&distance, call + 1, sizeof(distance));
	return address + distance;
}
