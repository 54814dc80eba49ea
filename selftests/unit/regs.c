// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers written out as numbers, what the manuals say they are, and how
 * mmuinspect regs shows them (on fake/registers.c).
 *
 * Intel SDM vol. 3A 2.5 (CR0 to CR8), 2.2.1 (EFER), 2.6 (XCR0), table 12-10 (PAT),
 * 4.1.1 (paging modes); AMD APM vol. 2 3.1.
 */
#include "ktap.h"
#include "run_cli.h"
#include "rows.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define REG(which, v) { .id = MMUINSPECT_X86_##which, .value = (v) }

static const struct mmuinspect_register *table;
static size_t n_table;

static const struct {
	const char *name;
	__u64 value;
	__u64 cr4;
	const char *says;
} values[] = {
	{ "CR0", 0x80050033, 0, "PE MP ET NE WP AM PG" },
	{ "CR0", 0x6000000c, 0, "EM TS NW CD" },
	{ "CR3", 0x1aa000, 0, "root=0x1aa000" },
	{ "CR3", 0x1aa018, 0, "PWT PCD root=0x1aa000" },
	{ "CR3", 0x1aa806, 0x20000, "PCID=0x806 root=0x1aa000" },
	{ "CR3", 0x1aa018, 0x20000, "PCID=0x18 root=0x1aa000" },
	{ "CR3", 0x2000000012345000, 0, "root=0x12345000 LAM_U57" },
	{ "CR3", 0x4000000012345000, 0, "root=0x12345000 LAM_U48" },
	{ "CR4", 0x000000000000067f, 0,
	  "VME PVI TSD DE PSE PAE MCE OSFXSR OSXMMEXCPT" },
	{ "CR4", 0x0000000000007980, 0, "PGE PCE UMIP LA57 VMXE SMXE" },
	{ "CR4", 0x00000000007f0000, 0, "FSGSBASE PCIDE OSXSAVE KL SMEP SMAP PKE" },
	{ "CR4", 0x000000011b800000, 0, "CET PKS UINTR LASS LAM_SUP FRED" },
	{ "CR8", 0xf, 0, "TPL=0xf" },
	{ "EFER", 0xd01, 0, "SCE LME LMA NXE" },
	{ "EFER", 0x36f000, 0, "SVME LMSLE FFXSR TCE MCOMMIT INTWB UAIE AIBRSE" },
	{ "XCR0", 0x2e7, 0, "x87 SSE AVX opmask ZMM_Hi256 Hi16_ZMM PKRU" },
	{ "XCR0", 0x60218, 0, "BNDREGS BNDCSR PKRU TILECFG TILEDATA" },
	{ "PAT", 0x0007040600070406, 0, "PA0=WB PA1=WT PA2=UC- PA4=WB PA5=WT PA6=UC-" },
	{ "PAT", 0x0407050600070106, 0,
	  "PA0=WB PA1=WC PA2=UC- PA4=WB PA5=WP PA6=UC- PA7=WT" },
	{ "U_CET", 0x1, 0, "SH_STK_EN" },
	{ "S_CET", 0x7fff00000000c3e, 0,
	  "WR_SHSTK_EN ENDBR_EN LEG_IW_EN NO_TRACK_EN SUPPRESS_DIS SUPPRESS TRACKER EB_LEG_BITMAP_BASE=0x7fff00000000000" },
	{ "TR", 0x40, 0, "index=0x8" },
	{ "LDTR", 0x57, 0, "RPL=0x3 TI=LDT index=0xa" },
	{ "FRED_CONFIG", 0xffffffff82000241, 0,
	  "CSL=0x1 RED_ZONE=0x1 INT_STKLVL=0x1 ENTRYPOINT=0xffffffff82000000" },
};

static void test_values(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		const struct mmuinspect_reg reg[] = { REG(CR4, values[i].cr4) };
		const struct mmuinspect_register *row;
		const char *says;

		row = mmuinspect_register_by_name(table, n_table, values[i].name);
		says = row ? fields_text(row, values[i].value, reg, 1) : "no row";
		ktap_result(!strcmp(says, values[i].says), "%s 0x%llx # %s",
			    values[i].name, (unsigned long long)values[i].value, says);
	}
}

static const struct {
	__u64 cr0;
	__u64 cr4;
	__u64 efer;
	const char *says;
} modes[] = {
	{ 0x80050033, 0x301080 | 0x20, 0xd01,
	  "5-level, NX, global pages, SMEP, SMAP; PCID off" },
	{ 0x80050033, 0x3200a0, 0xd01,
	  "4-level, NX, global pages, PCID, SMEP, SMAP" },
	{ 0x80040033, 0x20, 0x500,
	  "4-level; NX, global pages, PCID, SMEP, SMAP, write protection off" },
	{ 0x80050033, 0x95c00a0, 0xd00,
	  "4-level, NX, global pages, SMEP, protection keys, kernel protection keys, LASS; PCID, SMAP off" },
	{ 0x80050033, 0x20, 0x000,
	  "PAE; NX, global pages, PCID, SMEP, SMAP off" },
	{ 0x80050033, 0x80, 0x000,
	  "32-bit, global pages; NX, PCID, SMEP, SMAP off" },
	{ 0x00050033, 0x1020, 0x100,
	  "no paging; NX, global pages, PCID, SMEP, SMAP off" },
};

static void test_modes(void)
{
	char buf[256], small[8];
	const char *says;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		const struct mmuinspect_reg reg[] = {
			REG(CR0, modes[i].cr0), REG(CR4, modes[i].cr4),
			REG(EFER, modes[i].efer),
		};

		says = mmuinspect_paging_mode(&rows_info, reg, 3, buf, sizeof(buf));
		ktap_result(!strcmp(says, modes[i].says), "mode: %s # %s",
			    modes[i].says, says);
		says = mmuinspect_paging_mode(&rows_info, reg, 3, small,
					      sizeof(small));
		ktap_result(strlen(says) < sizeof(small) &&
			    !strncmp(says, modes[i].says, strlen(says)),
			    "mode in %zu bytes # %s", sizeof(small), says);
	}
	says = mmuinspect_paging_mode(&rows_info, NULL, 0, buf, sizeof(buf));
	ktap_result(!strcmp(says, "unknown"), "mode of nothing # %s", says);
}

static void test_table(void)
{
	size_t i, j;

	for (i = 0; i < n_table; i++) {
		const char *why = row_wrong(&table[i]);

		for (j = 0; j < i; j++)
			if (table[j].id == table[i].id ||
			    !strcmp(table[j].name, table[i].name))
				why = "it's there twice";
		ktap_result(!why, "row %s # %s", table[i].name, why ? why : "");
	}
	/* The last of the uapi is there: so are all of them. */
	ktap_result(n_table == MMUINSPECT_X86_FRED_CONFIG, "a row for each register # %zu",
		    n_table);
}

/* Each bit has to say why it matters, not only what it is. */
static const char *fields_mute(const struct mmuinspect_register *row)
{
	const struct mmuinspect_field *f;

	for (f = row->fields; f && f->name; f++)
		if (!f->why || !*f->why)
			return f->name;
	return NULL;
}

static void test_why(void)
{
	const char *mute;
	size_t i;

	for (i = 0; i < n_table; i++) {
		mute = fields_mute(&table[i]);
		ktap_result(!mute, "%s says why its fields matter # %s", table[i].name,
			    mute ? mute : "");
	}
}

/* Those that a CPU or a task has for itself, and no others. */
static void test_varies(void)
{
	static const char own[] =
		"CR2 CR3 CR8 U_CET GDTR_BASE GDTR_LIMIT IDTR_LIMIT LDTR GS_BASE KERNEL_GS_BASE FS_BASE ";
	static const char secret[] =
		"CR2 CR3 GDTR_BASE IDTR_BASE GS_BASE KERNEL_GS_BASE FS_BASE FRED_CONFIG ";
	char varies[512] = "", reveals[512] = "";
	size_t i;

	for (i = 0; i < n_table; i++) {
		if (table[i].varies)
			strcat(strcat(varies, table[i].name), " ");
		if (table[i].reveals)
			strcat(strcat(reveals, table[i].name), " ");
	}
	ktap_result(!strcmp(varies, own), "may differ # %s", varies);
	ktap_result(!strcmp(reveals, secret), "reveal an address # %s", reveals);
}

/* A part of what goes to standard output. */
static const struct {
	const char *fake;
	const char *args;
	const char *says;
} right[] = {
	{ "", "regs",
	  "paging  5-level, NX, global pages, SMEP, SMAP, protection keys; PCID off\n" },
	{ "", "regs", "CR0                       0-3   0000000080050033  PE MP ET NE WP AM PG\n" },
	{ "", "regs", "CR2                     ~ 0    " },
	{ "", "regs", "                        ~ 3     00007f0012348000\n" },
	{ "", "regs", "not on this CPU: U_CET S_CET FRED_CONFIG\n" },
	{ "", "regs", "~ differs between CPUs, as it may" },
	{ "", "regs -c 2", "CR3                       2     0000000003474000\n" },
	{ "", "regs efer CR0 -c 0", "register                  CPUs  value             bits\n"
	  "CR0                       0     0000000080050033  PE MP ET NE WP AM PG\n"
	  "EFER                      0     0000000000000d01  SCE LME LMA NXE\n" },
	{ "", "regs -c 0,2-3", "CR0                       0,2-3  0000000080050033" },
	{ "differ=1", "regs", "CR4                     ! 0,2-3  0000000000751ef0" },
	{ "differ=1", "regs", "                        ! 1      00000000007516f0" },
	{ "differ=1", "regs", " *UMIP " },
	{ "differ=1", "regs", " *no-UMIP" },
	{ "differ=1", "regs", " *PA1=WC " },
	{ "differ=1", "regs", " *PA1=UC " },
	{ "", "regs", " ~root=0x3472000\n" },
	/* TSD may differ, UMIP must not. */
	{ "differ=1,reg4_0=0x751ef4", "regs", " ~TSD PSE " },
	{ "differ=1,reg4_0=0x751ef4", "regs", " ~no-TSD PSE " },
	{ "differ=1,reg4_0=0x751ef4", "regs", "! 0      0000000000751ef4" },
	{ "differ=1,reg4_0=0x751ef4", "regs", " *no-UMIP" },
	{ "differ=1,reg4_0=0x751ef4", "regs -v", "        2 ~TSD                   1           RDTSC" },
	{ "differ=1,reg4_0=0x751ef4", "regs -v", "        2 ~TSD                   0           RDTSC" },
	{ "differ=1,reg4_0=0x751ef4", "regs -v", "       11 *UMIP                  0           SGDT" },
	{ "differ=1,reg4_0=0x751ef4", "regs -v", "        3  DE                    0           debug" },
	/* A bit that nothing is known of must not differ. */
	{ "reg4_0=0x8000000000751ef0", "regs", " *unknown=0x8000000000000000\n" },
	{ "reg4_0=0x8000000000751ef0", "regs -v", "       *unknown bits          0x8000000000000000\n" },
	{ "", "regs", "~ marks the bits too\n" },
	{ "differ=1", "regs", "! differs between CPUs and must not" },
	{ "refuse=13", "regs",
	  "refused, needs CAP_SYS_RAWIO: CR2 CR3 GDTR_BASE IDTR_BASE GS_BASE" },
	{ "refuse=129", "regs", "refused, the kernel is locked down: CR2 CR3" },
	{ "offline=3", "regs", "CPU 3: offline\n" },
	{ "offline=3", "regs", "CR0                       0-2 " },
	{ "", "regs -v", "CR4: extensions and protections that are on (Intel SDM vol. 3A 2.5; AMD APM vol. 2 3.1)\n" },
	{ "", "regs -v", "       11  UMIP                  1           SGDT, SIDT" },
	{ "", "regs -v", "       17  PCIDE                 0           process-context" },
	{ "", "regs -n", "CR0                       0-3   0000000080050033  PE MP" },
	{ "", "regs -n -c 1", "CR3                       1     0000000003473000\n" },
	{ "", "regs --help", "  -c, --cpus LIST          only these CPUs" },
};

static const struct {
	const char *fake;
	const char *args;
	int status;
	const char *says;
} wrong[] = {
	{ "regs=1", "regs", 1, "registers need CAP_SYS_ADMIN: use sudo" },
	{ "regs=1", "regs -n", 1, "registers need CAP_SYS_ADMIN: use sudo" },
	{ "family=2", "regs -n", 1, "the module isn't loaded" },
	{ "", "regs -c 60000", 1, "CPU 60000: there is no such CPU" },
	{ "", "regs -c 1000 -n", 1, "CPU 1000: there is no such CPU" },
	{ "offline=2", "regs -c 2", 1, "CPU 2: offline" },
	{ "", "regs -c 1-", 2, "--cpus 1-: not a list of CPUs" },
	{ "", "regs -c", 2, "needs a value" },
	{ "", "regs -c 3-1", 2, "backwards" },
	{ "", "regs -c ,", 2, "not a list of CPUs" },
	{ "", "regs -c 0x1", 2, "not a list of CPUs" },
	{ "", "regs -c -1", 2, "not a list of CPUs" },
	{ "", "regs -c 0-65536", 2, "at most 65535" },
	{ "", "regs -c 99999999999999999999", 2, "at most 65535" },
	{ "", "regs CR9", 2, "unknown register \"CR9\": did you mean \"CR" },
	{ "", "regs CR0 xyzzy", 2, "unknown register \"xyzzy\": mmuinspect regs shows all" },
	{ "abi=2", "regs", 1, "ABI 2" },
	{ "open=2", "regs", 1, "isn't loaded" },
};

static void test_cli(void)
{
	size_t i;
	int status;

	for (i = 0; i < ARRAY_SIZE(right); i++) {
		status = cli(right[i].fake, right[i].args);
		ktap_result(!status && !*err && strstr(out, right[i].says),
			    "%s with %s: %.*s # %d %.*s", right[i].args,
			    *right[i].fake ? right[i].fake : "nothing",
			    (int)strcspn(right[i].says, "\n"), right[i].says, status,
			    (int)strcspn(err, "\n"), err);
	}
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		status = cli(wrong[i].fake, wrong[i].args);
		ktap_result(status == wrong[i].status && !*out &&
			    is_error(err, wrong[i].says),
			    "refuses %s with %s # %d %.*s", wrong[i].args,
			    *wrong[i].fake ? wrong[i].fake : "nothing wrong", status,
			    (int)strcspn(err, "\n"), err);
	}
}

static json_t *cpu_of(json_t *root, size_t i)
{
	return json_array_get(json_object_get(root, "cpus"), i);
}

static void test_json(void)
{
	json_t *root, *cpu, *differs;
	int status = cli("", "regs --json");

	root = parse();
	cpu = cpu_of(root, 2);
	ktap_result(!status && json_array_size(json_object_get(root, "cpus")) == 4 &&
		    is_number(cpu, "cpu", 2) && is_text(cpu, "cr0", "0x80050033") &&
		    is_text(cpu, "cr3", "0x3474000") && is_text(cpu, "cr4", "0x751ef0") &&
		    is_text(cpu, "efer", "0xd01") && is_text(cpu, "gdtr_limit", "0x7f") &&
		    is_text(cpu, "kernel_gs_base", "0x0"), "regs --json");
	ktap_result(is_null(cpu, "u_cet") &&
		    is_text(json_object_get(cpu, "refused"), "u_cet", "absent") &&
		    json_array_size(json_object_get(json_object_get(cpu, "bits"), "efer")) == 4,
		    "regs --json: absent registers, names of bits");
	json_decref(root);

	status = cli("refuse=13", "regs --json -c 1");
	root = parse();
	cpu = cpu_of(root, 0);
	ktap_result(!status && json_array_size(json_object_get(root, "cpus")) == 1 &&
		    is_null(cpu, "cr3") && is_text(cpu, "cr0", "0x80050033") &&
		    is_text(json_object_get(cpu, "refused"), "cr3", "CAP_SYS_RAWIO"),
		    "regs --json: refused by CAP_SYS_RAWIO");
	json_decref(root);

	status = cli("refuse=129", "regs --json -c 1");
	root = parse();
	cpu = cpu_of(root, 0);
	ktap_result(!status && is_null(cpu, "gs_base") &&
		    is_text(json_object_get(cpu, "refused"), "gs_base", "lockdown"),
		    "regs --json: refused by lockdown");
	json_decref(root);

	status = cli("differ=1,offline=3", "regs --json");
	root = parse();
	cpu = cpu_of(root, 3);
	differs = json_object_get(root, "differs");
	ktap_result(!status && is_text(cpu, "error", "offline") && is_null(cpu, "cr0") &&
		    is_null(cpu, "paging"), "regs --json: offline");
	ktap_result(json_array_size(differs) == 6 &&
		    is_text(json_array_get(differs, 0), "register", "cr2") &&
		    json_is_true(json_object_get(json_array_get(differs, 0), "may")) &&
		    is_text(json_array_get(differs, 2), "register", "cr4") &&
		    json_is_false(json_object_get(json_array_get(differs, 2), "may")) &&
		    is_text(json_array_get(differs, 2), "mask", "0x800") &&
		    is_text(json_array_get(differs, 2), "must_not", "0x800"),
		    "regs --json: differences # %zu", json_array_size(differs));
	ktap_result(is_text(json_array_get(differs, 1), "register", "cr3") &&
		    is_text(json_array_get(differs, 1), "mask", "0x7000") &&
		    is_text(json_array_get(differs, 1), "must_not", "0x0"),
		    "regs --json: bits that may differ");
	json_decref(root);

	status = cli("differ=1,reg4_0=0x751ef4", "regs --json -c 0-1");
	root = parse();
	differs = json_object_get(root, "differs");
	ktap_result(!status && is_text(json_array_get(differs, 2), "register", "cr4") &&
		    json_is_false(json_object_get(json_array_get(differs, 2), "may")) &&
		    is_text(json_array_get(differs, 2), "mask", "0x804") &&
		    is_text(json_array_get(differs, 2), "must_not", "0x800"),
		    "regs --json: bits that may differ and that must not");
	json_decref(root);
}

/* Both doors give the same facts. */
static void test_doors(void)
{
	static char by_device[sizeof(out)];
	int status = cli("offline=2", "regs --json -v");

	strcpy(by_device, out);
	status |= cli("offline=2", "regs --json -v --netlink");
	ktap_result(!status && *out && !strcmp(out, by_device),
		    "the device and the family say the same");
}

int main(int argc, char **argv)
{
	(void)argc;
	cli_begin(argv[0]);
	table = mmuinspect_register_table(&rows_info, &n_table);
	ktap_plan(ARRAY_SIZE(values) + 2 * ARRAY_SIZE(modes) + 1 + n_table + 1 + n_table + 2 +
		  ARRAY_SIZE(right) + ARRAY_SIZE(wrong) + 8 + 1);
	test_values();
	test_modes();
	test_table();
	test_why();
	test_varies();
	test_cli();
	test_json();
	test_doors();
	return ktap_end();
}
