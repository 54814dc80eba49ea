#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# x86.sh DIRECTORY [PROGRAM]...: the kernel's own programs that provoke faults, each run while
# "mmuinspect monitor --faults" records. The other source is the kernel's trace
# events of the same time: each signal that it makes of a fault is one event of
# ours, with its thread, signal and code; the vector is one that arch/x86 makes
# this signal of; each page fault is one that it saw, and each vsyscall that it
# emulated is one of ours.
#
# Speaks KTAP. A program that isn't there is a failure: selftests/vm/x86 builds
# them. Whether it is content with the CPU is no matter: some emulate CPUs badly.

programs=$1
shift
[ $# -gt 0 ] || set -- iopl ioperm syscall_nt sysret_rip test_vsyscall ldt_gdt \
	single_step_syscall syscall_arg_fault protection_keys pkey_sighandler_tests
tracing=/sys/kernel/tracing
dir=$(mktemp -d)
number=0 failures=0
mkfifo "$dir/ready"

# result NAME CONDITION...
result()
{
	case=$1 not=
	shift
	number=$((number + 1))
	"$@" || not='not ' failures=$((failures + 1))
	echo "${not}ok $number $case"
}

trace()
{
	for event in signal/signal_generate exceptions/page_fault_user \
		exceptions/page_fault_kernel vsyscall/emulate_vsyscall; do
		[ ! -d $tracing/events/$event ] ||
			echo "$1" >$tracing/events/$event/enable
	done
}

# Runs a program, and leaves "ours", "theirs" and what it says behind.
record()
{
	echo >$tracing/trace
	trace 1
	mmuinspect monitor --faults --json --ready-fd 3 >"$dir/ours" 2>"$dir/errors" \
		3>"$dir/ready" &
	monitor=$!
	read -r _ <"$dir/ready"
	# protection_keys goes on in a child, and that in its child: the pipe ends with
	# the last of them.
	{
		timeout 120 "$programs/$1" 2>&1
		echo $? >"$dir/status"
	} | timeout 240 cat >"$dir/says"
	kill -INT $monitor
	wait $monitor || sed 's/^/# /' "$dir/errors"
	trace 0
	cat $tracing/trace >"$dir/theirs"
	list_ours >"$dir/list"
}

# A line "TID SIGNAL CODE VECTOR ADDRESS ERROR-CODE END" for each event of ours,
# by its time: two CPUs' come in any order. No pattern is made at run time, here and
# below: busybox would compile it again for each line.
list_ours()
{
	awk '
	function value(name) {
		at = index($0, "\"" name "\": ")
		if (!at)
			return "-"
		text = substr($0, at + length(name) + 4)
		sub(/^"/, "", text)
		sub(/[",}].*/, "", text)
		return text
	}
	/"lost"/ { print 0, "lost", value("lost"); next }
	{ print value("time_ns"), value("tid"), value("signal_number"), value("si_code"),
		value("vector"), value("address"), value("error_code"),
		value("outcome") }' "$dir/ours" | sort -n | cut -d ' ' -f 2-
}

ours()
{
	cat "$dir/list"
}

# Those of the trace, of one event: "TID VALUE..." Vsyscalls have blanks: "nr = 1"
theirs()
{
	awk -v event="$1:" -v fields="$2" '
	BEGIN { n = split(fields, field, " ") }
	index($0, " " event " ") {
		match($0, /-[0-9]+ +\[/)
		line = substr($0, RSTART + 1) + 0
		text = substr($0, index($0, " " event " "))
		gsub(/ = /, "=", text)
		n_words = split(text, word, " ")
		for (i = 1; i <= n; i++) {
			for (j = 1; j <= n_words; j++)
				if (index(word[j], field[i] "=") == 1)
					break
			line = line " " substr(word[j], length(field[i]) + 2)
		}
		print line
	}' "$dir/theirs"
}

# "SIGNAL CODE VECTOR", as arch/x86 has them in kernel/traps.c and mm/fault.c
rules='
11 1 14
11 2 14
11 4 14
11 128 13
11 128 null
7 2 14
7 128 11
7 128 12
4 2 6
8 1 0
5 1 1
5 2 1
5 4 1
5 128 3'

# Each is there, and none was lost.
signals()
{
	ours | awk '$7 == "signal" { print $1, $2, $3 }' | sort >"$dir/a"
	# Of a fault, and not of kill(2)
	theirs signal_generate "pid sig code" | awk '
	$4 > 0 && ($3 == 4 || $3 == 5 || $3 == 7 || $3 == 8 || $3 == 11) {
		print $2, $3, $4 }' | sort >"$dir/b"
	{
		ours | awk '$1 == "lost"'
		diff "$dir/a" "$dir/b"
	} >"$dir/wrong"
	sed 's/^/# /' "$dir/wrong"
	[ ! -s "$dir/wrong" ]
}

# A signal frame that can't be written makes a SIGSEGV of the exception before; of
# a thread that has had none, of its maker's.
vectors()
{
	{ echo "$rules"; ours; } | awk '
	NF == 3 { rule[$0] = 1; next }
	$7 != "signal" { next }
	!($2 " " $3 " " $4 in rule) &&
	!($2 " " $3 == "11 128" && (!($1 in last) || last[$1] == $4 " " $5 " " $6)) {
		wrong++
		print "# " $0
	}
	{ last[$1] = $4 " " $5 " " $6 }
	END { exit wrong > 0 }'
}

# Of an address in its own half the trace has a symbol, and the kernel sets the
# present bit for the program.
page_faults()
{
	{
		theirs page_fault_user "address error_code"
		theirs page_fault_kernel "address error_code"
		ours
	} | awk '
	function key(tid, address, code) {
		if (address !~ /^0x/ || address ~ /^0xffff/)
			return tid " kernel"
		sub(/^0x0*/, "", address)
		sub(/^0x0*/, "", code)
		return tid " " address " " code
	}
	NF == 3 { seen[key($1, $2, $3)]++ }
	# No fault of its own: see vectors()
	$2 " " $3 == "11 128" { next }
	NF == 7 && $4 == 14 && --seen[key($1, $5, $6)] < 0 { wrong++; print "# " $0 }
	END { exit wrong > 0 }'
}

# None is left out: of vsyscalls by the trace, of CLI and STI by what the program
# says. The function that skips these can be inlined: then none is seen.
emulated()
{
	nops=0
	! grep -q ' fixup_iopl_exception$' /proc/kallsyms ||
		nops=$(grep -c NOPped "$dir/says")
	{ theirs emulate_vsyscall nr; ours; } | awk -v nops="$nops" '
	BEGIN {
		number["0xffffffffff600000"] = 0
		number["0xffffffffff600400"] = 1
		number["0xffffffffff600800"] = 2
	}
	NF == 2 && $1 != "lost" { n[$1 " " $2]++; vsyscalls++ }
	NF == 7 && $7 == "emulated" && $4 == 14 { n[$1 " " number[$5]]-- }
	NF == 7 && $7 == "emulated" && $4 == 13 { n["CLI"]++ }
	END {
		if (vsyscalls)
			print "# " vsyscalls " vsyscalls"
		n["CLI"] -= nops
		for (i in n)
			wrong += n[i] != 0
		exit wrong > 0
	}'
}

# The trace has lost nothing.
whole()
{
	! grep -q LOST "$dir/theirs" &&
		awk '/entries-in-buffer/ { split($3, n, "/"); exit n[1] != n[2] }' "$dir/theirs"
}

# program NAME: all that is to be said of it
program()
{
	if [ ! -x "$programs/$1" ]; then
		echo "# $1 wasn't built"
		return 1
	fi
	record "$1"
	echo "# $1: status $(cat "$dir/status"); vectors: $(ours | awk 'NF == 7 { n[$4]++ }
		END { for (v in n) printf " %d (%d times)", v, n[v] }')"
	whole && signals && [ -s "$dir/b" ] && vectors && page_faults && emulated
}

# There "ds" prefixes, which Linux 7 patches its spin locks with, add DS's base in
# 64-bit mode too; ldt_gdt sets one, and the kernel writes elsewhere.
emulator_dies()
{
	case "$1 $(uname -r)" in
	"ldt_gdt 7."*) grep -q QEMU /sys/class/dmi/id/sys_vendor ;;
	*) return 1 ;;
	esac
}

echo "TAP version 13"
echo 30000 >$tracing/buffer_size_kb
for name; do
	if emulator_dies "$name"; then
		result "$name # SKIP QEMU adds the base of DS in 64-bit mode" true
	else
		result "$name" program "$name"
	fi
done
echo "1..$number"
rm -r "$dir"
exit $((failures > 0))
