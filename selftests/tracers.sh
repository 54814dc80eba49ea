#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The trace events through those who will use them: perf, trace-cmd and bpftrace,
# each beside the kernel's own events of the same faults and flushes. Our probes are
# attached by a worker after an event is enabled, so each workload begins only
# once the last of them is there.
#
# Speaks KTAP; a tool that isn't there is a failure: selftests/check brings them.

events=/sys/kernel/tracing/events
dir=$(mktemp -d)
number=0 failures=0
load='for i in 1 2 3 4 5 6 7 8; do (ls -R /usr); done'

# attached: wait for the last of the probes, which is one of privilege_fault: where that
# is enabled after the others, all of theirs are there too.
attached()
{
	until grep -q fixup_umip /sys/kernel/debug/kprobes/list; do
		sleep 0.1
	done
}

# result NAME CONDITION...
result()
{
	name=$1 not=
	shift
	number=$((number + 1))
	"$@" || not='not ' failures=$((failures + 1))
	echo "${not}ok $number $name"
}

# detached: wait until a worker has taken the probes of the events before away. Until then
# attached sees theirs, which may go while the workload runs.
detached()
{
	for _ in $(seq 100); do
		grep -q fixup_umip /sys/kernel/debug/kprobes/list || return 0
		sleep 0.1
	done
	return 1
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

# sleeps PID: it has nothing to do.
sleeps()
{
	until grep -q '^State:.*S' "/proc/$1/status"; do
		sleep 0.1
	done
}

# The workload is asleep in the opening of "go" when the events are enabled and until
# the probes are attached: neither side counts any of its faults before.
by_perf()
{
	mkfifo "$dir/control" "$dir/ack" "$dir/up" "$dir/go"
	perf stat -x , -D -1 --control "fifo:$dir/control,$dir/ack" -o "$dir/stat" \
		-e mmuinspect:fault,mmuinspect:tlb \
		-e exceptions:page_fault_user,exceptions:page_fault_kernel \
		-e tlb:tlb_flush -e mmuinspect:privilege_fault -- sh -c "echo \$\$ >$dir/up; : <$dir/go; $load" >/dev/null &
	perf=$!
	read -r pid <"$dir/up" || return
	sleeps "$pid"
	exec 3>"$dir/control"
	echo enable >&3
	read -r _ <"$dir/ack"
	attached
	sleeps "$pid"
	: >"$dir/go"
	wait "$perf" || return
	exec 3>&-
	figures "$dir/stat" >"$dir/figures" || return
	same "$(of mmuinspect:fault "$dir/figures")" \
		"$(($(of exceptions:page_fault_user "$dir/figures") +
			$(of exceptions:page_fault_kernel "$dir/figures")))" &&
		same "$(of mmuinspect:tlb "$dir/figures")" \
			"$(of tlb:tlb_flush "$dir/figures")"
}

# Each by its fields: a write to address 0x18, which nothing is mapped at.
recorded()
{
	grep -c 'fault: *address=0x18 .*error_code=0x6 state=' "$dir/report" >"$dir/n" &&
		grep -q 'privilege_fault:.* vector=14 error_code=0x6 address=0x18 .*sig=11 code=1' "$dir/report" &&
		same "$(cat "$dir/n")" 1
}

wait='until grep -q fixup_umip /sys/kernel/debug/kprobes/list; do sleep 0.1; done'

by_perf_record()
{
	detached || return
	perf record -q -a -o "$dir/data" -e mmuinspect:fault \
		-e mmuinspect:privilege_fault -- sh -c "$wait; $1; true" &&
		perf script -i "$dir/data" >"$dir/report" && recorded
}

by_trace_cmd()
{
	detached || return
	trace-cmd record -q -o "$dir/dat" -e mmuinspect:fault \
		-e mmuinspect:privilege_fault sh -c "$wait; $1; true" >/dev/null &&
		trace-cmd report "$dir/dat" >"$dir/report" && recorded
}

# It's ready once it has seen one of our events; maps are printed at the end.
by_bpftrace()
{
	detached || return
	bpftrace -e '
		tracepoint:mmuinspect:fault /comm == "touch"/ { printf("ready\n"); }
		tracepoint:mmuinspect:fault /comm == "ls"/ { @ours = count(); }
		tracepoint:exceptions:page_fault_user /comm == "ls"/ { @theirs = count(); }
		tracepoint:exceptions:page_fault_kernel /comm == "ls"/ { @theirs = count(); }' \
		>"$dir/maps" &
	until grep -q ready "$dir/maps"; do
		kill -0 $! || return
		touch "$dir/any"
		sleep 0.1
	done
	sh -c "$load" >/dev/null
	kill -INT $!
	wait $!
	same "$(sed -n 's/^@ours: //p' "$dir/maps")" "$(sed -n 's/^@theirs: //p' "$dir/maps")"
}

# No event is enabled any more: a worker detaches our probes, in the end.
all_off()
{
	[ "$(cat $events/mmuinspect/enable)" = 0 ] && detached
}

echo "TAP version 13"
crash=$(command -v crash)
result "perf stat: as many as the kernel's own" by_perf
result "perf record: a null pointer, field by field" by_perf_record "$crash null-offset"
result "trace-cmd: the same" by_trace_cmd "$crash null-offset"
result "bpftrace: as many as the kernel's own" by_bpftrace
result "off again" all_off
echo "1..$number"
rm -r "$dir"
exit $((failures > 0))
