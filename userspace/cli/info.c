// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect info: what machine this is, and what may be seen of it. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

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
	out_bool("hidden", !root, root ? "to you         everything is shown\n" :
		 "to you         " HIDDEN "\n");
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
