#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# "mmuinspect tlb" against those who read the same leaves of CPUID for themselves:
# cpuid(1) of Debian's package cpuid, the kernel's boot log, and /proc/cpuinfo.
#
# Speaks KTAP. A program that isn't there is a failure: selftests/check brings it.
# What a model of CPU leaves nothing to compare of is skipped.

dir=$(mktemp -d)
number=0 failures=0

# Our name of a feature, and cpuid's of the same bit. It may leave out what the
# vendor hasn't.
features='pcid=PCID: process context identifiers
global-pages=PTE global bit
invpcid=INVPCID instruction
invlpgb=INVLPGB instruction
translation-cache-extension=TCE: translation cache extension
1g-pages=1-GB large page support'

# result NAME CONDITION...: status 4 is a skip, for the reason in $dir/reason.
result()
{
	name=$1
	shift
	number=$((number + 1))
	"$@"
	case $? in
	0) echo "ok $number $name" ;;
	4) echo "ok $number $name # SKIP $(cat "$dir/reason")" ;;
	*) echo "not ok $number $name" && failures=$((failures + 1)) ;;
	esac
}

skip()
{
	echo "$*" >"$dir/reason"
	return 4
}

# same FILE FILE: ours, theirs
same()
{
	sed 's/^/# /' "$2"
	diff "$1" "$2" >"$dir/wrong" && return
	sed 's/^/# wrong: /' "$dir/wrong"
	return 1
}

# A line "LEVEL KIND PAGES ENTRIES WAYS" for each TLB
ours()
{
	tr '{' '\n' <"$dir/json" | awk '
	function value(name) {
		if (!match($0, "\"" name "\": (\\[[^]]*\\]|[^,}]*)"))
			return "-"
		text = substr($0, RSTART, RLENGTH)
		sub(/^[^:]*: /, "", text)
		gsub(/[]["]/, "", text)
		return text
	}
	/^"level"/ {
		pages = value("page_sizes")
		gsub(/, /, "/", pages)
		sub(/4096/, "4K", pages)
		sub(/2097152/, "2M", pages)
		sub(/4194304/, "4M", pages)
		sub(/1073741824/, "1G", pages)
		ways = value("fully_associative") == "true" ? "all" : value("ways")
		print value("level"), value("kind"), pages, value("entries"), ways
	}' | sort
}

# The same of AMD's leaves, in cpuid's words. Of associativities it has ranges,
# like "4 to 5-way", of which the first counts. A level 2 with nothing for data is
# for both (APM vol. 3, E.4.5).
theirs()
{
	awk '
	function parenthesized() {
		match($0, /\([0-9]+\)$/)
		return substr($0, RSTART + 1) + 0
	}
	function put(kind, name) {
		if (entries[kind] && ways[kind] != "off")
			print level, name, pages, entries[kind], ways[kind]
	}
	/^   [^ ]/ { level = "" }
	/^   L[12] TLB.*\(0x800000(05|06|19)\/e[ab]x\)/ {
		level = substr($0, 5, 1)
		match($0, /[0-9][KMG0-9\/]* pages/)
		pages = substr($0, RSTART, RLENGTH - 6)
		coded = !/0x80000005/
	}
	level && / # entries / { entries[$1] = parenthesized() }
	level && / associativity / {
		kind = $1
		n = parenthesized()
		sub(/^.*= /, "")
		if (coded)
			ways[kind] = /off/ ? "off" : /^full/ ? "all" : /^direct/ ? 1 : $0 + 0
		else
			ways[kind] = n == 255 ? "all" : n
		if (kind != "data")
			next
		put("data", "data")
		both = level == 2 && !entries["data"] && ways["data"] == "off"
		put("instruction", both ? "unified" : "instruction")
	}' "$dir/cpuid" | sort
}

# Which bytes of leaf 2, and subleaves of leaf 0x18, are about TLBs. No model of
# QEMU's has any, but all have bytes of leaf 2 that are about caches.
tlbs_intel()
{
	tr '{' '\n' <"$dir/json" |
		sed -n 's/.*"leaf": "\([^"]*\)", "detail": "\([^"]*\)".*/\1 \2/p' | sort -u >"$dir/a"
	awk '
	/^   [^ ]/ { heading = $0; subleaf = $0; sub(/.*\(0x18\//, "", subleaf) }
	heading ~ / TLB information \(2\)/ && /^ *0x..: .*TLB: / { print "0x2", substr($1, 1, 4) }
	/translation cache type .* TLB/ { printf "0x18 0x%x\n", subleaf }
	' "$dir/cpuid" | sort >"$dir/b"
	same "$dir/a" "$dir/b" || return
	[ -s "$dir/b" ] || skip "neither has any of this CPU"
}

tlbs_amd()
{
	theirs >"$dir/b"
	[ -s "$dir/b" ] && same "$dir/tlbs" "$dir/b"
}

features()
{
	echo "$features" | while IFS='=' read -r name theirs; do
		grep -q "\"$name\": {\"has\": true" "$dir/json" && echo "$name"
	done >"$dir/a"
	echo "$features" | while IFS='=' read -r name theirs; do
		grep -q "^ *$theirs *= true" "$dir/cpuid" && echo "$name"
	done >"$dir/b"
	same "$dir/a" "$dir/b" && [ -s "$dir/b" ] &&
		[ "$(grep -o '"has"' "$dir/json" | wc -l)" -eq "$(echo "$features" | wc -l)" ]
}

# Lines "i 4KB 512", "d 2MB 64": the last level that has any of that size. Of AMD's
# TLBs for 2M pages a page of 4M takes two entries.
boot_log()
{
	dmesg | sed -n 's/.*Last level \([id]\)TLB entries: /\1 /p' | tr -d , |
		awk '{ for (i = 2; i < NF; i += 2) if ($i != "1GB") print $1, $i, $(i + 1) }' |
		sed 's/:$//' >"$dir/b"
	[ -s "$dir/b" ] || { skip "the kernel says nothing of this vendor's"; return; }
	awk -v vendor="$vendor" '
	NF == 5 {
		for (i = split($3, size, "/"); i > 0; i--) {
			n = size[i] == "4M" && vendor == "AuthenticAMD" ? int($4 / 2) : $4
			if ($2 != "instruction")
				last["d " size[i] "B"] = n
			if ($2 == "instruction" || $2 == "unified")
				last["i " size[i] "B"] = n
		}
		next
	}
	{ print $1, $2, last[$1 " " $2] + 0 }' "$dir/tlbs" "$dir/b" >"$dir/a"
	same "$dir/a" "$dir/b" || return
	grep -qv ' 0$' "$dir/b" || skip "the kernel knows of none either"
}

# AMD only: those of level 2 for 4K pages, both kinds together
cpuinfo()
{
	sed -n 's/^TLB size.*: \([0-9]*\) 4K pages/\1/p' /proc/cpuinfo | head -n 1 >"$dir/b"
	[ -s "$dir/b" ] || { skip "/proc/cpuinfo has no such line"; return; }
	awk '$1 == 2 && $3 == "4K" { n += $4 } END { print n + 0 }' "$dir/tlbs" >"$dir/a"
	same "$dir/a" "$dir/b"
}

emulator()
{
	grep -q 'hypervisor_id (0x40000000) = "TCGTCGTCGTCG"' "$dir/cpuid" ||
		{ skip "this is no emulator that cpuid knows"; return; }
	mmuinspect tlb --measure >"$dir/measure" 2>"$dir/errors" || return
	grep '^an emulator: these figures mean nothing' "$dir/measure" | sed 's/^/# /' >"$dir/b"
	cat "$dir/b"
	[ -s "$dir/b" ] && grep -q '"emulator": true' "$dir/json"
}

echo "TAP version 13"
echo "1..5"
vendor=$(sed -n 's/^vendor_id.*: //p' /proc/cpuinfo | head -n 1)
cpuid -1 >"$dir/cpuid"
mmuinspect tlb --json >"$dir/json"
ours >"$dir/tlbs"
case $vendor in
AuthenticAMD) result "each TLB is as cpuid has it" tlbs_amd ;;
*) result "what is about TLBs is for cpuid, too" tlbs_intel ;;
esac
result "features are what cpuid says" features
result "the last level is what the kernel's boot log says" boot_log
result "level 2 is what /proc/cpuinfo says" cpuinfo
result "an emulator is measured with a warning" emulator
rm -r "$dir"
exit $((failures > 0))
