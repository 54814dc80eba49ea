# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The verdict on a machine that has ended. Silence is a failure: the guest must
# have said "end N", QEMU must have exited with the same number, and the log
# must be clean.

# What the kernel prints when something is wrong. Faults of user programs
# ("traps: ... general protection fault") are none of that.
splats=(
	'BUG:' 'WARNING:' 'KASAN:' 'UBSAN:' 'Oops' 'Kernel panic' 'kernel BUG at'
	'\[#[0-9]+\]' 'suspicious RCU' 'INFO: (task|rcu|trying to register)'
	'detected stall' 'possible (circular|recursive) locking' 'lock inversion'
	'inconsistent lock state' 'held lock freed' 'still held' 'bad unlock balance'
	'unreferenced object' 'suspected memory leaks' '(soft|hard) (lockup|LOCKUP)'
	'corruption'
)

# A page that a program had marked as lost (UFFDIO_POISON, MADV_HWPOISON) is a fault
# of its own.
own_fault='(MCE: Killing|Memory failure:) .* due to hardware memory corruption'

# first_splat LOG [ALLOWED]
first_splat()
{
	local pattern
	pattern=$(IFS='|' && echo "${splats[*]}")
	tr -d '\r' <"$1" | grep -aE "$pattern" | grep -avE "$own_fault" |
		grep -avE "${2:-^\$}" | head -n 1
}

# missed_patch LOG: did the machine die of an int3 that memory doesn't hold? "Code:"
# shows memory, with <> around the byte after it. Only the emulator can do that:
# where Linux puts an instruction back, a CPU that translates it again between
# QEMU's dropping of the old translation and the store gets int3 once more, and
# keeps it. (cputlb.c, notdirty_write(); seen with 10.0.)
missed_patch()
{
	awk '
		/int3: 0000 \[#/ { oops = 1 }
		oops && /Code: / { missed = / [0-9a-f][0-9a-f] </ && !/ cc </; exit }
		END { exit !missed }' "$1"
}

said()
{
	grep -q "^$1" "$2"
}

# judge LOG WORK QEMU_STATUS [ALLOWED]: print the command's status, or "CLASS
# WHAT" if the machine failed.
judge()
{
	local log=$1 control=$2/control qemu=$3 splat status
	splat=$(first_splat "$log" "${4:-}" || true)
	# What went wrong before it isn't the emulator's.
	if [[ $splat == *'int3: 0000 ['* ]] && missed_patch "$log"; then
		echo "emulator $splat (but no int3 is in memory there)"
	elif grep -aq 'Kernel panic' "$log"; then
		echo "panic ${splat:-Kernel panic}"
	elif [[ -n $splat ]]; then
		echo "splat $splat"
	elif said 'failed ' "$control"; then
		sed -n 's/^failed //p' "$control"
	elif ((qemu == 124 || qemu == 137)); then
		echo "timeout no end after $timeout s ($(progress "$control"))"
	elif ! said booted "$control"; then
		echo "boot the guest never reached init; QEMU's status $qemu" \
			"$(head -n 1 "$2/qemu.err" 2>/dev/null)"
	elif ! said 'status ' "$control"; then
		echo "command the guest stopped before COMMAND's status came"
	else
		status=$(sed -n 's/^end //p' "$control")
		if [[ -z $status ]] || ((qemu != (((32 + status % 32) << 1) | 1))); then
			echo "command the guest said '${status:+end $status}', QEMU exited with $qemu"
		else
			echo "$status"
		fi
	fi
}

progress()
{
	local last
	last=$(tail -n 1 "$1")
	echo "last heard: ${last:-nothing}"
}
