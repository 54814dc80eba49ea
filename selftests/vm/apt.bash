# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# Debian packages from any release, without touching the host's apt: a private
# root for each release, with its own lists and sources. Mirrors, proxies and
# other Acquire settings are those of the host's apt; signatures are always
# checked. Packages are unpacked, never installed, so no maintainer script runs.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# mirror SUFFIX: the address that the host's apt has for its own release
# (SUFFIX is empty) or for the security updates of it ("-security").
mirror()
{
	local codename
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	# shellcheck disable=SC2016 # apt expands these
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(CODENAME)' \
		'Created-By: Packages' |
		awk -v want="$codename$1" '!n && ($2 == want || $3 == want) { print $1; n++ }'
}

# debian RELEASE COMMAND...: run an apt command in the private root of RELEASE.
debian()
{
	APT_CONFIG=$cache/apt/$1/apt.conf "${@:2}"
}

# apt_update RELEASE: make the root, or bring lists older than an hour up to date.
apt_update()
{
	locked "$cache/.lock/apt-$1" apt_update_locked "$1"
}

apt_update_locked()
{
	local root=$cache/apt/$1 log
	[[ -z $(find "$root/updated" -mmin -60 2>/dev/null) ]] || return 0
	need "$keyring" debian-archive-keyring
	mkdir -p "$root"/{state/lists/partial,cache/archives/partial,etc/empty}
	apt_sources "$1" >"$root/etc/sources.list"
	apt_config "$root" >"$root/apt.conf"
	say "updating the package lists of $1"
	if ! log=$(debian "$1" apt-get -q -y update -o APT::Update::Error-Mode=any 2>&1); then
		die fetch "package lists of $1: $(grep -m 1 -E '^(E|W):' <<<"$log")"
	fi
	touch "$root/updated"
}

apt_sources()
{
	local main security
	main=$(mirror '')
	# A host that has never updated its lists can't say.
	if [[ -z $main ]]; then
		say "updating the host's package lists"
		as_root apt-get -q update >/dev/null || true
		main=$(mirror '')
	fi
	security=$(mirror -security)
	[[ -n $main ]] || die fetch "apt knows no Debian mirror here; this needs a Debian 12 host"
	printf "deb [signed-by=$keyring] %s %s main\n" "$main" "$1" "$main" "$1-backports"
	[[ -z $security ]] ||
		printf "deb [signed-by=$keyring] %s %s main\n" "$security" "$1-security"
}

# Everything that tells apt where its state is must be here: what is missing
# would be the host's. The host's dpkg status is only read, to see what QEMU lacks.
apt_config()
{
	apt-config dump | grep '^Acquire::' | grep -v -e '::Allow' -e '^Acquire::IndexTargets'
	cat <<-END
		Acquire::AllowInsecureRepositories "false";
		Acquire::AllowWeakRepositories "false";
		Acquire::AllowDowngradeToInsecureRepositories "false";
		Acquire::Retries "3";
		APT::Get::AllowUnauthenticated "false";
		APT::Sandbox::User "";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		Debug::NoLocking "true";
		Dir::State "$1/state";
		Dir::State::status "/var/lib/dpkg/status";
		Dir::Cache "$1/cache";
		Dir::Etc::sourcelist "$1/etc/sources.list";
		Dir::Etc::sourceparts "$1/etc/empty";
		Dir::Etc::parts "$1/etc/empty";
		Dir::Etc::main "$1/etc/none";
		Dir::Etc::preferences "$1/etc/none";
		Dir::Etc::preferencesparts "$1/etc/empty";
	END
}

# packages RELEASE REGEX: the packages whose whole name matches, newest last.
packages()
{
	debian "$1" apt-cache search --names-only "^$2\$" | awk '{ print $1 }' | sort -V
}

# unpack RELEASE PACKAGE...: these packages, into the current directory.
unpack()
{
	unpack_with "$1" apt-get -q download "${@:2}"
}

# unpack_all RELEASE OPTION-OR-PACKAGE...: with all that they depend on and
# that dpkg's status file lacks.
unpack_all()
{
	unpack_with "$1" apt-get -q -y install --download-only --no-install-recommends "${@:2}"
}

unpack_with()
{
	local debs log
	debs=$(mktemp -d -p .)
	mkdir "$debs/partial"
	if ! log=$(cd "$debs" && debian "$@" -o Dir::Cache::archives="$PWD" 2>&1); then
		die fetch "$(grep -m 1 '^E:' <<<"$log" || tail -n 1 <<<"$log")"
	fi
	say "fetched $(find "$debs" -name '*.deb' | wc -l) packages, $(du -sm "$debs" | cut -f 1) MB"
	# base-files makes the links /bin, /lib, ... of a whole tree: it comes first.
	find "$debs" -name '*.deb' | sort -t / -k 3 | while read -r deb; do
		dpkg-deb -x "$deb" .
	done
	rm -rf "$debs"
}
