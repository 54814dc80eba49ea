#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Permitted MSRs of each CPU against rdmsr(1) of msr-tools, which has nothing of
# ours in it. As in msr.c there are two readings of ours around theirs: what
# differs between these two changes by itself.

# shellcheck source=/dev/null
. "$(dirname "$0")/../kselftest/ktap_helpers.sh"

# Numbers that some CPU faults at: on the list, they are absent where it does
absent="0x802 0x4000 0xdeadbe 0xc0ffee00"
# FRED_RSP0, FS_BASE, KERNEL_GS_BASE: of the task, and theirs is another one
tasks="0x1cc 0xc0000100 0xc0000102"

# A line "CPU MSR VALUE" for each; instead of a value it may be "absent".
ours()
{
	mmuinspect msr --all --json | tr '{' '\n' | awk -F '"' -v tasks=" $tasks " '
	$2 == "msr" { msr = $4 }
	$2 == "cpu" && !index(tasks, " " msr " ") {
		gsub(/[^0-9]/, "", $3)
		print $3, msr, $6 == "error" ? $8 : $6
	}'
}

# The same lines, of what is on standard input
theirs()
{
	while read -r cpu msr _; do
		value=$(rdmsr -p "$cpu" -c "$msr" 2>/dev/null)
		case $? in
		0) ;;
		4) value=absent ;;
		*) value=error ;;
		esac
		echo "$cpu $msr $value"
	done
}

# Lines of all three readings: $3 and $9 are ours, $6 is theirs. Some awks take
# these for numbers, which lose their last bits: hence the empty strings.
values()
{
	awk -v cpus="$(nproc)" '
	$3 == "absent" || $6 == "absent" { next }
	# Those of whoever runs there: FRED_RSP0, U_CET, PL3_SSP, FS and GS bases
	$2 ~ /^0x(1cc|6a0|6a7|c000010[02])$/ { next }
	$3 "" != $9 "" { changing++; next }
	{ compared++ }
	$3 "" != $6 "" { wrong++; print "# CPU " $1 ", MSR " $2 ": " $3 ", rdmsr: " $6 }
	END {
		print "# " compared + 0 " compared, " changing + 0 " changing"
		exit wrong || compared < 30 * cpus || changing > NR / 10
	}' "$dir/all"
}

# What CPUID doesn't enumerate we don't read, and a CPU, as an emulated one, may read it
# as 0; msr.c asks CPUID itself. What faults is absent for both.
absences()
{
	awk '
	$3 == "absent" && $6 == "absent" { n++ }
	$3 == "absent" && $6 == "0x0" { unread++; next }
	($3 == "absent") != ($6 == "absent") {
		wrong++
		print "# CPU " $1 ", MSR " $2 ": " $3 ", rdmsr: " $6
	}
	END {
		print "# " n + 0 " absent, " unread + 0 " read as 0"
		exit wrong > 0
	}' "$dir/all"
}

ktap_print_header
for program in mmuinspect rdmsr; do
	if ! command -v $program >/dev/null; then
		ktap_skip_all "no $program here"
		exit "$KSFT_SKIP"
	fi
done
ktap_set_plan 2
dir=$(mktemp -d)
trap 'mmuinspect msr --policy-load "$dir/list" >/dev/null; rm -r "$dir"' EXIT
mmuinspect msr --list --json |
	sed -n 's/.*"msr": "\([^"]*\)".*"mask": "\([^"]*\)".*/\1 \2/p' >"$dir/list"
# shellcheck disable=SC2086 # words are what is wanted
printf '%s\n' $absent >"$dir/more"
mmuinspect msr --policy-extend "$dir/more" >/dev/null
ours >"$dir/before"
theirs <"$dir/before" >"$dir/theirs"
ours >"$dir/after"
paste -d ' ' "$dir/before" "$dir/theirs" "$dir/after" >"$dir/all"
ktap_test_result "values are what rdmsr reads" values
if grep -q absent "$dir/all"; then
	ktap_test_result "what is absent is absent for rdmsr" absences
else
	ktap_test_skip "this CPU faults at no MSR that we know"
fi
ktap_finished
