// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect info: what machine this is, and what may be seen of it. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include "cli.h"

static const struct cli_option options[] = {
	OPTION_JSON,
	{ 0 }
};

static void versions(const struct mmuinspect_info *info)
{
	struct utsname u;

	out_string("version", mmuinspect_version(), "mmuinspect     %s, ABI %u\n",
		   mmuinspect_version(), MMUINSPECT_ABI);
	out_string("module_version", info->version, "module         %.32s, ABI %u\n",
		   info->version, info->abi);
	out_number("abi", info->abi, NULL);
	out_string("module_release", info->release, "built for      %.64s\n",
		   info->release);
	if (!uname(&u))
		out_string("release", u.release, "running on     %s\n", u.release);
}

static void paging(const struct mmuinspect_info *info)
{
	unsigned int level;
	char size[24];

	out_string("arch", mmuinspect_arch_name(info), "architecture   %s\n",
		   mmuinspect_arch_name(info));
	out_number("levels", info->levels, "paging         %u levels:", info->levels);
	out_array("level_names");
	for (level = info->levels; level; level--)
		out_string(NULL, mmuinspect_level_name(info, level), " %s",
			   mmuinspect_level_name(info, level));
	out_end();
	out_number("va_bits", info->va_bits, "\naddresses      %u bits virtual,",
		   info->va_bits);
	out_number("phys_bits", info->phys_bits, " %u bits physical\n",
		   info->phys_bits);
	out_hex("user_end", info->user_end, "user half      below 0x%llx\n",
		(unsigned long long)info->user_end);
	out_number("page_size", 1ULL << info->page_shift, "base page      %s\n",
		   out_size(1ULL << info->page_shift, size));
}

static void features(const struct mmuinspect_info *info)
{
	unsigned int bit;
	char number[16];

	out_text("in use        ");
	out_array("features");
	for (bit = 0; bit < 64; bit++) {
		const char *name = mmuinspect_feature_name(bit);

		if (!(info->features >> bit & 1))
			continue;
		snprintf(number, sizeof(number), "feature-%u", bit);
		out_string(NULL, name ? name : number, " %s", name ? name : number);
	}
	out_end();
	out_text("\n");
}

static void memory_types(const struct mmuinspect_info *info)
{
	const char *name;
	int i;

	out_text("memory types  ");
	out_array("memory_types");
	for (i = 0; (name = mmuinspect_memory_type(info, i)); i++)
		out_string(NULL, name, " %d:%s", i, name);
	out_end();
	out_hex("memattr", info->memattr, " (register 0x%llx)\n",
		(unsigned long long)info->memattr);
}

/* What keeps registers from the caller; 0 if none is refused. */
static int registers_refused(struct mmuinspect *h)
{
	struct mmuinspect_reg *reg = NULL;
	int err;
	size_t n = 0, i;

	err = mmuinspect_regs(h, 0, UINT_MAX, &reg, &n);
	for (i = 0; i < n && !err; i++)
		if (reg[i].error == -EACCES || reg[i].error == -EKEYREJECTED)
			err = reg[i].error;
	free(reg);
	return err;
}

/* What the caller is shown, and what hides the rest */
static void access_text(struct mmuinspect *h, int hidden)
{
	static const struct {
		int err;
		const char *rule;
		const char *text;
	} rows[] = {
		{ EPERM, "CAP_SYS_ADMIN", "registers are hidden: they need CAP_SYS_ADMIN (sudo)" },
		{ EACCES, "CAP_SYS_RAWIO", "addresses in registers are hidden: they need CAP_SYS_RAWIO (sudo)" },
		{ EKEYREJECTED, "lockdown", "addresses in registers are hidden: the kernel is locked down" },
	};
	int err = registers_refused(h);
	const char *rule = err ? strerror(-err) : NULL, *text = rule;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].err != -err)
			continue;
		rule = rows[i].rule;
		text = rows[i].text;
	}
	out_text("access         ");
	out_bool("hidden", hidden, hidden ? HIDDEN "\n" : NULL);
	out_string("registers_refused", rule, !err ? NULL : hidden ?
		   "               %s\n" : "%s\n", text);
	if (!hidden && !err)
		out_text("full\n");
}

static int info_run(int argc, char **argv)
{
	struct mmuinspect_translation me = { .address = (uintptr_t)&options };
	struct session s;
	int status = session_open(&s), err;
	__u64 root;

	(void)argc;
	(void)argv;
	if (status)
		return status;
	err = mmuinspect_walk(s.h, 0, &me, 1, &root);
	if (err) {
		status = session_failed(&s, NULL, err);
		goto close;
	}
	versions(s.info);
	paging(s.info);
	features(s.info);
	memory_types(s.info);
	access_text(s.h, !root);
close:
	session_close(&s);
	return status;
}

const struct cli_command cmd_info = {
	.name = "info",
	.summary = "versions, paging mode, what this machine has in use",
	.usage = "[-j]",
	.about = "Versions of mmuinspect and its module, the paging mode, features in use, and\n"
		 "what each memory-type index (x86: PAT entry) of a page-table entry means.",
	.options = options,
	.run = info_run,
};
