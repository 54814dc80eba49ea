#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The trace events through those who will use them: perf, trace-cmd and bpftrace,
# each beside the kernel's own events of the same faults and flushes. What is
# counted from the first moment on differs, because our probes are attached a
# moment after an event is enabled; so each workload waits first.
#
# Speaks KTAP; a tool that isn't there is a failure: selftests/check brings them.

events=/sys/kernel/tracing/events
number=0 failures=0
load='sleep 3; for i in 1 2 3 4 5 6 7 8; do (ls -R /usr); done'

# result NAME CONDITION...
result()
{
	name=$1 not=
	shift
	number=$((number + 1))
	"$@" || not='not ' failures=$((failures + 1))
	echo "${not}ok $number $name"
}

# figures FILE: of perf stat -x, a line "EVENT COUNT" each
figures()
{
	awk -F , '$3 ~ /:/ { print $3, $1 }' "$1"
}

# of EVENT FILE
of()
{
	awk -v event="$1" '$1 == event { print $2 }' "$2"
}

# same COUNT COUNT: and there were some
same()
{
	echo "# $1, $2"
	[ "$1" -gt 0 ] && [ "$1" -eq "$2" ]
}

by_perf()
{
	perf stat -x , -D 2000 -o /tmp/stat -e mmuinspect:fault,mmuinspect:tlb \
		-e exceptions:page_fault_user,exceptions:page_fault_kernel \
		-e tlb:tlb_flush -- sh -c "$load" >/dev/null &&
		figures /tmp/stat >/tmp/figures || return
	same "$(of mmuinspect:fault /tmp/figures)" \
		"$(($(of exceptions:page_fault_user /tmp/figures) +
			$(of exceptions:page_fault_kernel /tmp/figures)))" &&
		same "$(of mmuinspect:tlb /tmp/figures)" \
			"$(of tlb:tlb_flush /tmp/figures)"
}

# Each by its fields: a write to address 0x18, which nothing is mapped at.
recorded()
{
	grep -c 'fault: *address=0x18 .*error_code=0x6 state=' /tmp/report >/tmp/n &&
		grep -q 'privilege_fault:.* vector=14 error_code=0x6 address=0x18 .*sig=11 code=1' /tmp/report &&
		same "$(cat /tmp/n)" 1
}

by_perf_record()
{
	perf record -q -a -o /tmp/data -e mmuinspect:fault \
		-e mmuinspect:privilege_fault -- sh -c "sleep 3; $1; true" &&
		perf script -i /tmp/data >/tmp/report && recorded
}

by_trace_cmd()
{
	trace-cmd record -q -o /tmp/dat -e mmuinspect:fault \
		-e mmuinspect:privilege_fault sh -c "sleep 3; $1; true" >/dev/null &&
		trace-cmd report /tmp/dat >/tmp/report && recorded
}

# It's ready once its own BEGIN has run; maps are printed at the end.
by_bpftrace()
{
	bpftrace -e '
		BEGIN { printf("ready\n"); }
		tracepoint:mmuinspect:fault /comm == "ls"/ { @ours = count(); }
		tracepoint:exceptions:page_fault_user /comm == "ls"/ { @theirs = count(); }
		tracepoint:exceptions:page_fault_kernel /comm == "ls"/ { @theirs = count(); }' \
		>/tmp/maps &
	until grep -q ready /tmp/maps; do
		kill -0 $! || return
		sleep 1
	done
	sh -c "$load" >/dev/null
	kill -INT $!
	wait $!
	same "$(sed -n 's/^@ours: //p' /tmp/maps)" "$(sed -n 's/^@theirs: //p' /tmp/maps)"
}

# Nobody has them on: our probes aren't there, though it may take a moment.
all_off()
{
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(cat $events/mmuinspect/enable)" = 0 ] &&
			! grep -q fixup_umip /sys/kernel/debug/kprobes/list && return
		sleep 1
	done
	return 1
}

echo "TAP version 13"
crash=$(dirname "$0")/crash
result "perf stat: as many as the kernel's own" by_perf
result "perf record: a null pointer, field by field" by_perf_record "$crash null-offset"
result "trace-cmd: the same" by_trace_cmd "$crash null-offset"
result "bpftrace: as many as the kernel's own" by_bpftrace
result "off again" all_off
echo "1..$number"
exit $((failures > 0))
