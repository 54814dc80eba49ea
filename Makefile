# SPDX-License-Identifier: GPL-2.0-only
# mmuinspect: `make help` lists what there is.

# Kbuild reads the file Kbuild, not this one: KERNELRELEASE is only what DKMS passes.
KDIR ?= /lib/modules/$(or $(KERNELRELEASE),$(shell uname -r))/build
DESTDIR ?=
PREFIX ?= /usr/local
export CC CFLAGS LDFLAGS DESTDIR PREFIX

# What the kernel of these headers calls itself, and has its modules under.
release = $(or $(shell sed -n 's/^.define UTS_RELEASE "\(.*\)"/\1/p' \
	$(KDIR)/include/generated/utsrelease.h 2>/dev/null),$(KERNELRELEASE),$(shell uname -r))

# What a bare Debian 12 lacks for `make userspace`; jansson is for `make unit`.
PACKAGES := gcc libc6-dev libjansson-dev libncurses-dev libnl-3-dev libnl-genl-3-dev pkg-config

.PHONY: all module userspace deps unit check check-all check-ci check-debug \
	check-quick check-static check-runner demo bench shell install uninstall clean help

all: module userspace

module:
	@test -e $(KDIR)/Makefile || { echo >&2 \
	"make: no kernel headers at $(KDIR): install linux-headers-$$(uname -r), or say make KDIR=..."; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) W=1 modules

userspace:
	$(MAKE) -C userspace

deps:
	@selftests/vm/need $(PACKAGES)

unit: deps
	@$(MAKE) -s -C userspace $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc)) unit

# What each of them runs: selftests/jobs.cfg
check: deps
	@selftests/check -g auto

check-quick check-all check-debug: check-%: deps
	@selftests/check -g $*

check-ci: deps
	@selftests/check -g auto -g debug

check-static:
	@selftests/static

check-runner: deps
	@selftests/vm/selftest

demo: deps
	@selftests/demo/run

bench: deps
	@selftests/bench/run $(if $(JSON),--json $(JSON))

shell: deps
	@selftests/vm/run --shell

install: module
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(DESTDIR) modules_install
	$(if $(DESTDIR),,depmod -a $(release))
	$(MAKE) -C userspace install

uninstall:
	$(MAKE) -C userspace uninstall
	find $(DESTDIR)/lib/modules/$(release) -name 'mmuinspect.ko*' -delete
	$(if $(DESTDIR),,depmod -a $(release))

clean:
	@if test -e $(KDIR)/Makefile; then $(MAKE) -C $(KDIR) M=$(CURDIR) clean; fi
	$(RM) -r build

help:
	@sed -n 's/^#: //p' $(firstword $(MAKEFILE_LIST))

#: make               the module for the running kernel, the library, the CLI
#: make KDIR=DIR      the module for the kernel whose headers are in DIR
#: make module        the module alone
#: make userspace     library and CLI alone
#: make install       all three, built if they aren't; KDIR=DIR for that kernel,
#:                    PREFIX=/usr/local and DESTDIR= as usual
#: make uninstall     what install put there, for the same kernel
#: make clean         remove what was built (the downloads' cache stays)
#:
#: These fetch what they need (Debian, apt) and boot virtual machines:
#: make demo          the tool at work on a real process
#: make shell         a shell in a virtual machine with the module loaded
#: make check         unit tests, and the kselftests on three kernels
#: make check-quick   unit tests, and the kselftests on one kernel
#: make check-all     the same on every kernel, CPU model and paging mode
#: make check-debug   the kselftests on a kernel with KASAN, lockdep, kmemleak
#: make check-runner  does the runner name every kind of failure?
#: make check-static  W=1, sparse, checkpatch; gcc and clang for userspace; what
#:                    the command costs, in instructions
#: make unit          unit tests alone; no virtual machine
#: make bench         instructions per entry and for a batch of MSRs, beside the
#:                    peers'; JSON=FILE for rows
