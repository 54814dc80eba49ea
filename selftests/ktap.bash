# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# KTAP from a script. $out is a directory for logs.

number=0 failures=0

plan() { printf 'KTAP version 1\n1..%d\n' "$1"; }

# report NAME STATUS LOG: a result; what a failed one said stands above it.
report()
{
	local result=ok
	if (($2)); then
		result='not ok'
		failures=$((failures + 1))
		tail -n 40 "$3" | sed 's/^/# /'
	fi
	echo "$result $((++number)) $1"
}

# check NAME COMMAND...
check()
{
	local status=0
	"${@:2}" >"$out/log" 2>&1 || status=$?
	report "$1" "$status" "$out/log"
}

finish() { exit $((failures > 0)); }
