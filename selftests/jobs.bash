# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Reads jobs.cfg: which machines and host commands a group has, what runs in each,
# and what a program needs.

declare -A cfg
stanzas=()

jobs_read()
{
	local line stanza='' key=''
	while IFS= read -r line; do
		if [[ $line =~ ^\[(.*)\]$ ]]; then
			stanza=${BASH_REMATCH[1]}
			stanzas+=("$stanza")
		elif [[ $line =~ ^([a-z]+)\ *=\ *(.*)$ ]]; then
			key=$stanza/${BASH_REMATCH[1]}
			cfg[$key]+=${cfg[$key]:+$'\n'}${BASH_REMATCH[2]}
		elif [[ $line =~ ^[[:space:]]+[^[:space:]] ]]; then
			cfg[$key]+=" ${line##[[:space:]]}"
		elif [[ -n $line && $line != \#* ]]; then
			die build "$1: what is \"$line\"?"
		fi
	done <"$1"
}

# job_option STANZA KEY: its own, or else the default
job_option()
{
	printf '%s\n' "${cfg[$1/$2]:-${cfg[defaults/$2]:-}}"
}

# jobs_of GROUP...: lines "STANZA<tab>KERNEL", group by group in the order of the file
jobs_of()
{
	local stanza group kernel
	for group; do
		for stanza in "${stanzas[@]}"; do
			for kernel in ${cfg[$stanza/$group]:-}; do
				printf '%s\t%s\n' "$stanza" "$kernel"
			done
		done
	done
}

# job_name STANZA KERNEL: as it is reported
job_name()
{
	case $1 in
	host\ *) echo "$1" ;;
	*\ debug\ *) echo "${1#machine }" ;;
	*) echo "$2 ${1#machine }" ;;
	esac
}

# All programs of selftests/Makefile
kselftests()
{
	sed -n 's/^mmuinspect://p' "$(said_by kselftest)/kselftest-list.txt"
}

# programs_of STANZA: one a line
programs_of()
{
	local word list=()
	for word in ${cfg[$1/programs]}; do
		case $word in
		kselftests) mapfile -t list < <(kselftests) ;;
		-*) mapfile -t list < <(printf '%s\n' "${list[@]}" | grep -vx -- "${word#-}") ;;
		*) list+=("$word") ;;
		esac
	done
	printf '%s\n' "${list[@]}"
}

# said_by VERB [ARGUMENT]: what selftests/vm/VERB prints; it is asked once.
said_by()
{
	local file="$*"
	file=$results/said/${file// /-}
	mkdir -p "$results/said"
	# shellcheck disable=SC2086 # words are what is wanted
	[[ -s $file ]] || locked "$file.lock" said_now "$file" "$@"
	cat "$file"
}

said_now()
{
	[[ ! -s $1 ]] || return 0
	"$vm/$2" "${@:3}" >"$1.new" || return
	mv "$1.new" "$1"
}

# files_of PROGRAM...: what the guest needs, as --file of vm/run has it
files_of()
{
	local program line made
	for program; do
		printf '%s\n' "${cfg[program $program/file]:-{kselftest\}:/kselftest}"
	done | sort -u | while IFS= read -r line; do
		if [[ $line =~ ^\{(.*)\}(.*)$ ]]; then
			line=${BASH_REMATCH[2]}
			# shellcheck disable=SC2086 # a verb, and its argument
			made=$(said_by ${BASH_REMATCH[1]})
			line=$made$line
		fi
		echo "$line"
	done
}

# plan_of STANZA PROGRAM...: a plan for vm/run. The limit of a program is the
# stanza's, or a kselftest's; what takes longer has failed.
plan_of()
{
	local program run limit env
	limit=$(job_option "$1" limit)
	[[ -n $limit ]] || limit=$(sed -n 's/^timeout=//p' "$here/settings")
	env=$(job_option "$1" env)
	for program in "${@:2}"; do
		run=${cfg[program $program/run]:-"cd /kselftest/mmuinspect && ./$program"}
		echo "$program $limit export $env; $run"
	done
}
