# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Plans: many named jobs, one after the other, in one machine. A plan is a file
# of lines "NAME LIMIT COMMAND...": LIMIT in seconds, COMMAND for a shell.
#
# The guest announces each job on its output, its errors, the console and the
# control channel, with a mark that no job can know before it runs. What belongs
# to a job is therefore a matter of position. For each job the directory of
# results receives
#
#   NAME.ktap    its output             NAME.err     its errors
#   NAME.done    "STATUS SECONDS", once it has ended and the module was unloaded
#   NAME.broken  "CLASS WHAT", if the machine failed in it: see run --help
#
# "machine.broken" is for what no job can be blamed for: boot, or the leak scan.

# plan_put ROOT FILE: write the plan into the image; sets mark.
plan_put()
{
	local name limit command
	mark=@$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
	mkdir -p "$1/plan/jobs"
	echo "$mark" >"$1/plan/mark"
	while read -r name limit command; do
		[[ -n $name && $name != \#* ]] || continue
		echo "$name $limit" >>"$1/plan/list"
		printf '%s\n' "$command" >"$1/plan/jobs/$name"
	done <"$2"
	[[ -s $1/plan/list ]] || die build "no job in the plan $2"
}

# plan_split STREAM DIRECTORY SUFFIX: the output of all jobs, a file for each
plan_split()
{
	awk -v mark="$mark" -v dir="$2" -v suffix="$3" '
		$1 == mark {
			if (file)
				close(file)
			file = $2 == "begin" ? dir "/" $3 suffix : ""
			if (file)
				printf "" >file
			next
		}
		file { print >file }' "$1"
}

# plan_splats LOG [ALLOWED]: for each job with a splat a line "JOB LINE", the
# first of its splats; JOB is "machine" outside of all.
plan_splats()
{
	local pattern
	pattern=$(IFS='|' && echo "${splats[*]}")
	# shellcheck disable=SC2016 # awk's
	{ tr -d '\r' <"$1" | grep -aE "$pattern|$mark" | grep -avE "$own_fault" |
		grep -avE "${2:-^\$}" || true; } |
		awk -v mark="$mark" '
		BEGIN { job = "machine" }
		i = index($0, mark) {
			split(substr($0, i), word, " ")
			job = word[2] == "begin" ? word[3] : "machine"
			next
		}
		!seen[job]++ { print job, $0 }'
}

# plan_running CONTROL: the job that has begun and hasn't ended
plan_running()
{
	awk '$1 == "begin" { job = $2 } $1 == "done" { job = "" }
		END { print job == "" ? "machine" : job }' "$1"
}

# plan_results LOG WORK DIRECTORY VERDICT [ALLOWED]: sort what is there, and print
# the verdict with the job's name in it, if the machine failed.
plan_results()
{
	local log=$1 work=$2 dir=$3 verdict=$4 job line status seconds
	plan_split "$work/out.all" "$dir" .ktap
	plan_split "$work/err.all" "$dir" .err
	while read -r _ job status seconds; do
		echo "$status $seconds" >"$dir/$job.done"
	done < <(grep '^done ' "$work/control")
	if [[ $verdict == [0-9]* ]]; then
		echo "$verdict"
		return
	fi
	plan_splats "$log" "${5:-}" | while read -r job line; do
		echo "${verdict%% *} $line" >"$dir/$job.broken"
	done
	case ${verdict%% *} in
	splat) job=$(plan_splats "$log" "${5:-}" | awk '{ print $1; exit }') ;;
	*)
		job=$(plan_running "$work/control")
		echo "$verdict" >"$dir/$job.broken" ;;
	esac
	echo "${verdict%% *} $job: ${verdict#* }"
}
