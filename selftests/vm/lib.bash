# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# What the scripts around the test machine share: where things are, how to
# speak, how to get a tool, and the one way an entry gets into the cache.

shopt -s inherit_errexit

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
vm=$top/selftests/vm
cache=${MMUINSPECT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mmuinspect}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd -P)

kernels=(6.1 6.12 7.3)

say() { printf 'vm: %s\n' "$*" >&2; }

# die CLASS WHAT...: the machine failed; one line says what.
die()
{
	printf 'run: %s: %s\n' "$1" "${*:2}" >&2
	exit 125
}

as_root()
{
	if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# need COMMAND-OR-FILE PACKAGE...: install the packages if it isn't there.
need()
{
	local want=$1 log
	shift
	if [[ $want == /* && -e $want ]] || command -v "$want" >/dev/null; then
		return
	fi
	say "installing $* (for $want)"
	log=$(mktemp)
	if ! install_packages "$@" >"$log" 2>&1 &&
	   ! { as_root apt-get -q update && install_packages "$@"; } >>"$log" 2>&1; then
		grep '^E:' "$log" >&2 || tail -n 3 "$log" >&2
		rm -f "$log"
		die fetch "can't install $*, needed for $want"
	fi
	rm -f "$log"
}

install_packages()
{
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"
}

# locked FILE COMMAND...: one process at a time.
locked()
{
	local file=$1 fd status
	shift
	mkdir -p "${file%/*}"
	exec {fd}>"$file"
	flock "$fd"
	"$@" {fd}>&-
	status=$?
	exec {fd}>&-
	return $status
}

# entry NAME COMMAND...: print the cached directory NAME; if it isn't there,
# COMMAND fills a temporary one, which is renamed when it is complete. Call it
# as a statement of its own: errexit must reach COMMAND.
entry()
{
	[[ -d $cache/$1 ]] || locked "$cache/.lock/${1//\//-}" fill "$@"
	printf '%s\n' "$cache/$1"
}

fill()
{
	local dir=$cache/$1
	shift
	[[ ! -d $dir ]] || return 0
	mkdir -p "${dir%/*}"
	filling=$(mktemp -d "$cache/.filling.XXXXXX")
	trap 'rm -rf "$filling"' EXIT
	cd "$filling" || exit
	"$@"
	cd "$cache" || exit
	chmod 755 "$filling"
	mv -T "$filling" "$dir"
	trap - EXIT
}
