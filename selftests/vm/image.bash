# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The guest's file system: a directory, which becomes an initramfs.

# Modules of the kernel's own that tests want, where they aren't built in: swap
# to compressed memory, a disk, and a second opinion on MSRs and CPUID.
guest_modules=(lzo-rle zram loop msr cpuid)

# Terminals that people have; one's own is added.
terminals=(linux vt100 xterm xterm-256color screen screen-256color tmux-256color)

# image_base MODULES: print the archive of all that is the same for each run on one
# kernel: busybox, init, the exit helper, terminals, and the kernel's MODULES, a
# directory or nothing. It is packed once.
image_base()
{
	local busybox key base
	need gcc gcc libc6-dev
	need xz xz-utils
	need cpio cpio
	busybox=$("$vm/fetch" busybox)
	key=$({
		cat "$vm"/{init,timeout,exit.c,image.bash}
		echo "$busybox $1 ${TERM:-}"
	} | sha256sum | cut -c 1-16)
	base=$top/build/initramfs/base-$key
	[[ -e $base ]] || locked "$top/build/.lock-initramfs" base_pack "$busybox" "$1" "$base"
	echo "$base"
}

# base_pack BUSYBOX MODULES FILE
base_pack()
{
	local root
	[[ ! -e $3 ]] || return 0
	mkdir -p "${3%/*}"
	root=$(mktemp -d)
	chmod 755 "$root"
	mkdir -p "$root"/{bin,dev,etc,proc,root,run,sys,tmp,usr,var,lib/modules,lib/terminfo,lib64}
	ln -s bin "$root/sbin"
	ln -s ../bin "$root/usr/bin"
	ln -s ../bin "$root/usr/sbin"
	ln -s ../lib "$root/usr/lib"
	cp "$1/bin/busybox" "$root/bin/"
	install -m 755 "$vm/init" "$root/init"
	install -m 755 "$vm/timeout" "$root/bin/timeout"
	gcc -O2 -Wall -static -o "$root/bin/exit-machine" "$vm/exit.c" ||
		die build "the exit helper doesn't build"
	printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' \
		'nobody:x:65534:65534:nobody:/tmp:/bin/sh' >"$root/etc/passwd"
	printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' >"$root/etc/group"
	image_terminals "$root"
	[[ ! -d $2 ]] || image_modules "$root" "$2"
	image_pack "$root" "$3.new"
	rm -rf "$root"
	mv "$3.new" "$3"
}

# image_terminals ROOT: what ncurses has to know of them
image_terminals()
{
	local name from
	for name in "${terminals[@]}" "${TERM:-vt100}"; do
		for from in "$HOME/.terminfo" /etc/terminfo /lib/terminfo /usr/share/terminfo; do
			[[ -f $from/${name:0:1}/$name ]] || continue
			install -D -m 644 "$from/${name:0:1}/$name" \
				"$1/lib/terminfo/${name:0:1}/$name"
			break
		done
	done
}

# image_file ROOT PATH[:DEST]: a file goes to /bin and a directory to /, each
# under its own name, unless DEST says otherwise. A program brings its
# libraries, into /lib; one of the cache's, those that lie beside it there.
image_file()
{
	local path=${2%%:*} dest library beside=''
	[[ -e $path ]] || die build "no such file: $path"
	case $2 in
	*:/*) dest=${2#*:} ;;
	*) [[ -d $path ]] && dest=/${path##*/} || dest=/bin/${path##*/} ;;
	esac
	mkdir -p "$1${dest%/*}"
	cp -rLT --preserve=mode "$path" "$1$dest"
	[[ -f $path && $(head -c 4 "$path") == $'\x7fELF' ]] || return 0
	if [[ $path == "$cache"/* ]]; then
		beside=${path#"$cache"/}
		beside=$cache/${beside%%/*}
		beside=$beside/usr/lib/x86_64-linux-gnu:$beside/lib/x86_64-linux-gnu:
	fi
	image_libraries "$1" "$path" "$beside"
	loaded_later "$path" | while read -r library; do
		cp -L "$library" "$1/lib/"
		image_libraries "$1" "$library" "$beside"
	done
}

# image_libraries ROOT PROGRAM BESIDE: what it's linked with
image_libraries()
{
	local library
	# A static program has none, which ldd calls a failure.
	{ LD_LIBRARY_PATH=$3${LD_LIBRARY_PATH:-} ldd "$2" 2>/dev/null || true; } | { grep -oE '/[^ ]+' || true; } | while read -r library; do
		case $library in
		*/ld-linux*) cp -L "$library" "$1/lib64/" ;;
		*) cp -L "$library" "$1/lib/" ;;
		esac
	done
}

# loaded_later PROGRAM: libraries that it loads when it needs them, as a note in it says
# (https://systemd.io/ELF_DLOPEN_METADATA/).
loaded_later()
{
	local soname
	{ readelf -p .note.dlopen "$1" 2>/dev/null || true; } |
		{ grep -oE 'lib[^"]+\.so\.[0-9]+' || true; } | while read -r soname; do
		# To the end of its input: else ldconfig is killed by SIGPIPE.
		PATH=$PATH:/usr/sbin:/sbin ldconfig -p |
			awk -v name="$soname" '!n && $1 == name && /x86-64/ { print $NF; n++ }'
	done
}

# image_modules ROOT MODULES: the wanted modules and those they depend on,
# numbered in the order of loading. Packages have no modules.dep, so each
# module's own list is read.
image_modules()
{
	local name
	for name in "${guest_modules[@]}"; do
		image_module "$1" "$2" "$name"
	done
}

image_module()
{
	local file copy dependency number
	file=$(find "$2" -name "${3//[-_]/[-_]}.ko*" -print -quit)
	[[ -n $file ]] || return 0
	copy=${file##*/}
	[[ -z $(find "$1/lib/modules" -name "??-${copy%%.*}.ko") ]] || return 0
	for dependency in $(module_depends "$file"); do
		image_module "$1" "$2" "$dependency"
	done
	number=$(find "$1/lib/modules" -name '*.ko' | wc -l)
	module_cat "$file" >"$(printf '%s/lib/modules/%02d-%s.ko' "$1" "$number" "${copy%%.*}")"
}

module_cat()
{
	case $1 in
	*.xz) xz -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

module_depends()
{
	module_cat "$1" | tr '\0' '\n' | LC_ALL=C sed -n 's/^depends=//p' | tr ',' ' '
}

# image_pack ROOT FILE
image_pack()
{
	(cd "$1" && find . | cpio --quiet -o -H newc -R 0:0) >"$2"
}
