// SPDX-License-Identifier: GPL-2.0-only
/* Load and unload: numbered steps, and their exact reverse. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/build_bug.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/utsname.h>
#include <generated/utsrelease.h>

#include "arch.h"
#include "chardev.h"
#include "counts.h"
#include "msr.h"
#include "netlink.h"
#include "privilege.h"
#include "probes.h"
#include "space.h"
#include "state.h"
#include "subscribers.h"
#include "swap.h"
#include "verify.h"
#include "version.h"
#include "watch.h"

static struct mmuinspect_info info = {
	.abi = MMUINSPECT_ABI,
	.version = MMUI_VERSION,
	.release = UTS_RELEASE,
	.page_shift = PAGE_SHIFT,
};

static int __init mmui_init(void)
{
	int ret;

	/* 1: what this machine is, or why it won't do */
	ret = mmui_arch.init(&info);
	if (ret)
		return ret;

	/* 2: what this kernel's non-present entries mean */
	mmui_swap_init(&info.nonpresent);

	/* 3: how to walk */
	mmui_space_init(&info);
	mmui_state_init(&info);

	/* 4: who compares in another's tables */
	ret = mmui_verify_init();
	if (ret)
		return ret;

	/* 5: which MSRs may be read */
	ret = mmui_msr_init();
	if (ret)
		goto verify;

	/* 6, 7: room for what is counted, and for events */
	ret = mmui_counts_init();
	if (ret)
		goto msr;
	ret = mmui_privilege_init(mmui_subscribers_send);
	if (ret)
		goto counts;

	/* 8: where this kernel can be watched */
	mmui_probes_init();

	/* 9, 10: the doors, last, when all behind them stands */
	ret = mmui_netlink_init(&info);
	if (ret) {
		pr_err("no netlink family: %d\n", ret);
		goto probes;
	}
	ret = mmui_chardev_init(&info);
	if (ret) {
		pr_err("no device: %d\n", ret);
		goto netlink;
	}
	return 0;

netlink:
	mmui_netlink_exit();
probes:
	mmui_probes_exit();
	mmui_watch_exit();
	mmui_privilege_exit();
counts:
	mmui_counts_exit();
msr:
	mmui_msr_exit();
verify:
	mmui_verify_exit();
	return ret;
}

static void __exit mmui_exit(void)
{
	/* 10 to 4; 3 to 1 hold nothing. Probes detach with the netlink family: see there. */
	mmui_chardev_exit();
	mmui_netlink_exit();
	mmui_probes_exit();
	mmui_watch_exit();
	mmui_privilege_exit();
	mmui_counts_exit();
	mmui_msr_exit();
	mmui_verify_exit();
}

module_init(mmui_init);
module_exit(mmui_exit);

MODULE_DESCRIPTION("Walks live page tables and shows what the MMU is told to do");
MODULE_AUTHOR("The mmuinspect authors");
MODULE_VERSION(MMUI_VERSION);
MODULE_LICENSE("GPL");
