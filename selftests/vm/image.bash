# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# The guest's file system: a directory, which becomes an initramfs.

# Modules of the kernel's own that tests want, where they aren't built in: swap
# to compressed memory, a disk, and a second opinion on MSRs and CPUID.
guest_modules=(lzo-rle zram loop msr cpuid)

# image_base ROOT: busybox, init and the exit helper.
image_base()
{
	local busybox
	busybox=$("$vm/fetch" busybox)
	mkdir -p "$1"/{bin,dev,etc,proc,root,run,sys,tmp,usr,var,lib/modules,lib64}
	ln -s bin "$1/sbin"
	ln -s ../bin "$1/usr/bin"
	ln -s ../bin "$1/usr/sbin"
	ln -s ../lib "$1/usr/lib"
	cp "$busybox/bin/busybox" "$1/bin/"
	install -m 755 "$vm/init" "$1/init"
	install -m 755 "$vm/timeout" "$1/bin/timeout"
	need gcc gcc libc6-dev
	gcc -O2 -Wall -static -o "$1/bin/exit-machine" "$vm/exit.c" ||
		die build "the exit helper doesn't build"
	printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' \
		'nobody:x:65534:65534:nobody:/tmp:/bin/sh' >"$1/etc/passwd"
	printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' >"$1/etc/group"
}

# image_file ROOT PATH[:DEST]: a file goes to /bin and a directory to /, each
# under its own name, unless DEST says otherwise. A program brings its
# libraries, into /lib.
image_file()
{
	local path=${2%%:*} dest library
	[[ -e $path ]] || die build "no such file: $path"
	case $2 in
	*:/*) dest=${2#*:} ;;
	*) [[ -d $path ]] && dest=/${path##*/} || dest=/bin/${path##*/} ;;
	esac
	mkdir -p "$1${dest%/*}"
	cp -rLT --preserve=mode "$path" "$1$dest"
	[[ -f $path && $(head -c 4 "$path") == $'\x7fELF' ]] || return 0
	# A static program has none, which ldd calls a failure.
	{ ldd "$path" 2>/dev/null || true; } | { grep -oE '/[^ ]+' || true; } | while read -r library; do
		case $library in
		*/ld-linux*) cp -L "$library" "$1/lib64/" ;;
		*) cp -L "$library" "$1/lib/" ;;
		esac
	done
}

# image_modules ROOT MODULES: the wanted modules and those they depend on,
# numbered in the order of loading. Packages have no modules.dep, so each
# module's own list is read.
image_modules()
{
	local name
	need xz xz-utils
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
	need cpio cpio
	(cd "$1" && find . | cpio --quiet -o -H newc -R 0:0) >"$2"
}
