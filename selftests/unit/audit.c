// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmuinspect audit on a machine that isn't there (fake/): one where nothing is
 * unsafe, and then one thing at a time.
 *
 * What a vulnerability's file may say: Linux, arch/x86/kernel/cpu/bugs.c.
 */
#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>

#include "ktap.h"
#include "run_cli.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define FINDINGS 3

/*
 * CR4 and S_CET with each protection, FEATURE_CONTROL and DEBUG_INTERFACE locked,
 * ARCH_CAPABILITIES with RDCL_NO, FB_CLEAR_CTRL and GDS_CTRL.
 */
#define INTEL "cpuid=1,permit=1,reg4=0x8f51ef0,reg10=4,msr3a=5,msrc80=0x40000000," \
	"msr10a=0x2040001,msr123=0"
#define AMD "amd=1,cpuid=1,permit=1,reg4=0x8f51ef0,reg10=4,msrc0010015=1,msrc0011029=2"

#define CPUINFO "/proc/cpuinfo"
#define MAPS "/proc/7/maps"
#define SYS "/sys/devices/system/cpu/vulnerabilities"

static const struct file {
	const char *path;
	const char *text;
} files[] = {
	{ CPUINFO, "processor\t: 0\nflags\t\t: fpu nx smep smap user_shstk lass\n"
		   "bugs\t\t: none\n" },
	{ "/proc/kallsyms", "0000000000000010 T asm_exc_divide_error\n" },
	{ "/proc/7/comm", "just in time\n" },
	{ "/proc/7/task/7/comm", "just in time\n" },
	{ "/proc/7/task/9/comm", "its thread\n" },
	{ "/proc/8/comm", "another\n" },
	{ MAPS, "00010000-00012000 r-xp 00000000 08:01 12   /bin/a rwx b\n"
		"00020000-00023000 rw-p 00000000 00:00 0 \n" },
	{ SYS "/meltdown", "Not affected\n" },
	{ SYS "/mds", "Mitigation: Clear CPU buffers; SMT disabled\n" },
	{ SYS "/itlb_multihit", "KVM: Mitigation: Split huge pages\n" },
	{ SYS "/spec_store_bypass", "Mitigation: Speculative Store Bypass disabled via prctl\n" },
	{ SYS "/srbds", "Not affected\n" },
};

static char root[] = "/tmp/mmuinspect-unit-XXXXXX";

/* Write a file of the machine; NULL removes it, and its directory if it's empty. */
static void put(const char *path, const char *text)
{
	char full[4096], *slash;
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	if (!text) {
		unlink(full);
		*strrchr(full, '/') = '\0';
		rmdir(full);
		return;
	}
	f = fopen(full, "w");
	if (f && fputs(text, f) >= 0 && !fclose(f))
		return;
	perror(full);
	exit(1);
}

static void put_all(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		put(files[i].path, files[i].text);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static const struct {
	const char *name;
	const char *fake;	/* comes before the machine's own settings */
	const char *machine;
	struct file file;
	const char *id;
	const char *severity;
	const char *what;	/* part of it */
	const char *where;	/* the same */
} unsafe[] = {
	{ "WP", "reg1=0x80040033", INTEL, { 0 }, "wp", "high", "CR0.WP", "all CPUs" },
	{ "WP on one CPU", "reg1_2=0x80040033", INTEL, { 0 }, "wp", "high", "CR0.WP", "CPU 2" },
	{ "NXE", "reg6=0x501", INTEL, { 0 }, "nx", "high", "EFER.NXE", "all CPUs" },
	{ "SMEP", "reg4=0x8e51ef0", INTEL, { 0 }, "smep", "high", "CR4.SMEP", "all CPUs" },
	{ "SMAP", "reg4=0x8d51ef0", INTEL, { 0 }, "smap", "high", "CR4.SMAP", "all CPUs" },
	{ "SMAP on two CPUs", "reg4_1=0x8d51ef0,reg4_2=0x8d51ef0", INTEL, { 0 }, "smap",
	  "high", "CR4.SMAP", "CPUs 1-2" },
	{ "UMIP", "reg4=0x8f516f0", INTEL, { 0 }, "umip", "low", "CR4.UMIP", "all CPUs" },
	{ "LASS", "reg4=0x0f51ef0", INTEL, { 0 }, "lass", "low", "CR4.LASS", "all CPUs" },
	{ "PKU", "reg4=0x8b51ef0", INTEL, { 0 }, "pku", "low", "CR4.PKE", "all CPUs" },
	{ "CET, kernel", "reg4=0x8751ef0", INTEL, { 0 }, "ibt", "low", "indirect-branch", "all CPUs" },
	{ "CET, user", "reg4=0x8751ef0", INTEL, { 0 }, "shstk", "low", "shadow stacks", "all CPUs" },
	{ "indirect-branch tracking", "reg10=0", INTEL, { 0 }, "ibt", "low", "ENDBR_EN", "all CPUs" },
	{ "a kernel that doesn't use shadow stacks", "", INTEL,
	  { CPUINFO, "flags\t\t: user_shstk_too fpu\nflags\t\t: user_shstk\n" }, "shstk",
	  "low", "shadow stacks", "all CPUs" },
	{ "CPUs that disagree", "differ=1", INTEL, { 0 }, "cpus-disagree", "high",
	  "PAT: CPUs disagree in bits 0x100",
	  "CPUs 0,2-3: 0x407050600070106; CPU 1: 0x407050600070006" },
	{ "CPUs of which one lacks a register", "gone=10", INTEL, { 0 }, "cpus-disagree", "high",
	  "S_CET: not all CPUs have it", "CPUs 0,2-3: 0x4; CPU 1: none" },
	{ "CPUs that disagree on an MSR", "msrc0000082=0x1000,msrc0000082_3=0x2000", INTEL, { 0 },
	  "cpus-disagree", "high", "LSTAR: CPUs disagree in bits 0x3000",
	  "CPUs 0-2: 0x1000; CPU 3: 0x2000" },
	{ "CPUs of which one lacks an MSR", "msrgone=0x3a", INTEL, { 0 }, "cpus-disagree", "high",
	  "FEATURE_CONTROL: not all CPUs have it", "CPUs 0,2-3: 0x5; CPU 1: none" },
	{ "an IDT with one gate more", "gate=1", INTEL, { 0 }, "gate", "high",
	  "user mode may raise vector 6 of the IDT", "CPU 3" },
	{ "a call gate", "callgate=4", INTEL, { 0 }, "gate", "high",
	  "user mode may call through entry 12 of the GDT", "CPU 2" },
	{ "FEATURE_CONTROL", "msr3a=4", INTEL, { 0 }, "feature-control", "medium",
	  "isn't locked", "all CPUs" },
	{ "FEATURE_CONTROL of one CPU", "msr3a_3=4", INTEL, { 0 }, "feature-control", "medium",
	  "isn't locked", "CPU 3" },
	{ "FEATURE_CONTROL, for SGX only", "ecx1=0,ebx7=4,msr3a=4", INTEL, { 0 },
	  "feature-control", "medium", "isn't locked", "all CPUs" },
	{ "DEBUG_INTERFACE, enabled", "msrc80=0x40000001", INTEL, { 0 }, "debug-interface",
	  "high", "is enabled", "all CPUs" },
	{ "DEBUG_INTERFACE, unlocked", "msrc80=0", INTEL, { 0 }, "debug-lock", "low",
	  "isn't locked", "all CPUs" },
	{ "DEBUG_INTERFACE, used", "msrc80=0xc0000000", INTEL, { 0 }, "debug-occurred",
	  "medium", "has been at work", "all CPUs" },
	{ "VERW", "msr123=8", INTEL, { 0 }, "fb-clear", "medium", "FB_CLEAR_DIS", "all CPUs" },
	{ "gather data sampling", "msr123=16", INTEL, { 0 }, "gds-mitigation", "medium",
	  "GDS_MITG_DIS", "all CPUs" },
	{ "SMM", "msrc0010015=0", AMD, { 0 }, "smm-lock", "medium", "SmmLock", "all CPUs" },
	{ "LFENCE", "msrc0011029=0", AMD, { 0 }, "lfence", "medium", "LFENCE", "all CPUs" },
	{ "isolation, RDCL_NO clear", "msr10a=0x2040000", INTEL, { SYS "/meltdown", "Vulnerable\n" },
	  "pti", "high", "is needed, and off: Vulnerable; the CPU doesn't say that it's immune (ARCH_CAPABILITIES: RDCL_NO)",
	  SYS "/meltdown" },
	{ "isolation, no ARCH_CAPABILITIES", "", AMD,
	  { SYS "/meltdown", "Vulnerable\n" }, "pti", "high", "is needed, and off: Vulnerable",
	  SYS "/meltdown" },
	{ "a vulnerability", "", INTEL, { SYS "/mds", "Vulnerable; SMT vulnerable\n" },
	  "mitigation", "medium", "mds: Vulnerable; SMT vulnerable; the CPU doesn't say that it's immune (ARCH_CAPABILITIES: MDS_NO)",
	  SYS "/mds" },
	{ "a vulnerability that all CPUs have", "", AMD,
	  { SYS "/srbds", "Vulnerable: No microcode\n" }, "mitigation", "medium",
	  "srbds: Vulnerable: No microcode", SYS "/srbds" },
	{ "a vulnerability of which only the guest is safe", "", INTEL,
	  { SYS "/itlb_multihit", "KVM: Vulnerable\n" }, "mitigation", "low",
	  "itlb_multihit: KVM: Vulnerable", SYS "/itlb_multihit" },
	{ "a vulnerability by SMT", "", INTEL,
	  { SYS "/mds", "Mitigation: Clear CPU buffers; SMT vulnerable\n" }, "mitigation",
	  "low", "SMT vulnerable", SYS "/mds" },
	{ "MMIO stale data, two of three bits", "msr10a=0x2046001", INTEL,
	  { SYS "/mmio_stale_data", "Vulnerable\n" }, "mitigation", "medium",
	  "doesn't say that it's immune (ARCH_CAPABILITIES: SBDR_SSDP_NO, FBSDP_NO, PSDP_NO)",
	  SYS "/mmio_stale_data" },
	{ "MMIO stale data, three of three bits", "msr10a=0x204e001", INTEL,
	  { SYS "/mmio_stale_data", "Vulnerable\n" }, "mitigation", "medium",
	  "the CPU says that it's immune", SYS "/mmio_stale_data" },
	{ "a page", "wx=7", INTEL, { 0 }, "wx-pages", "medium",
	  "PID 7 (just in time): 1 page, 4K, writable and executable", "0x40000 " },
	{ "a page, in a mapping", "wx=7", INTEL,
	  { MAPS, "00040000-00041000 rwxp 00000000 00:00 0   [heap]\n" }, "wx-pages",
	  "medium", "PID 7 (just in time): 1 page,", "0x40000 [heap]" },
	{ "the mappings of a process that has such a page too", "wx=7", INTEL,
	  { MAPS, "00040000-00041000 rwxp 00000000 00:00 0   [heap]\n"
		  "00050000-00053000 rwxp 00000000 00:00 0 \n" }, "wx-mappings",
	  "low", "PID 7 (just in time): 2 mappings, 16K,", "0x40000 [heap], and more" },
	{ "mappings without a page", "", INTEL,
	  { MAPS, "00050000-00053000 rwxp 00000000 00:00 0 \n"
		  "00060000-00061000 -wxs 00000000 00:00 0   [jit]\n" }, "wx-mappings", "low",
	  "PID 7 (just in time): 2 mappings, 16K, writable and executable", "0x50000 anonymous, and more" },
};

/* What must be fine where nothing is unsafe; NULL: on each machine */
static const struct {
	const char *machine;
	const char *id;
} fine[] = {
	{ NULL, "wp" }, { NULL, "nx" }, { NULL, "smep" }, { NULL, "smap" },
	{ NULL, "umip" }, { NULL, "lass" }, { NULL, "ibt" }, { NULL, "shstk" },
	{ NULL, "pku" }, { NULL, "cpus-disagree" }, { NULL, "gate" }, { NULL, "pti" },
	{ NULL, "mitigation" }, { NULL, "wx-pages" }, { NULL, "wx-mappings" },
	{ INTEL, "feature-control" }, { INTEL, "debug-interface" },
	{ INTEL, "debug-lock" }, { INTEL, "debug-occurred" }, { INTEL, "fb-clear" },
	{ INTEL, "gds-mitigation" }, { AMD, "smm-lock" }, { AMD, "lfence" },
};

/* Nothing is found, and it isn't fine either. */
static const struct {
	const char *name;
	const char *fake;
	const char *machine;
	struct file file;
	const char *id;
	int absent;
	const char *reason;	/* part of it */
} skipped[] = {
	{ "a CPU without NX", "edx80000001=0,reg6=0x501", INTEL, { 0 }, "nx", 1, "doesn't offer it" },
	{ "a CPU without SMEP", "ebx7=0x100000,reg4=0x8e51ef0", INTEL, { 0 }, "smep", 1, "doesn't offer it" },
	{ "a CPU without SMAP", "ebx7=0x80,reg4=0x8d51ef0", INTEL, { 0 }, "smap", 1, "doesn't offer it" },
	{ "a CPU without UMIP", "ecx7=0x88,reg4=0x8f516f0", INTEL, { 0 }, "umip", 1, "doesn't offer it" },
	{ "a CPU without PKU", "ecx7=0x84,reg4=0x8b51ef0", INTEL, { 0 }, "pku", 1, "doesn't offer it" },
	{ "a CPU without LASS", "eax71=0,reg4=0x0f51ef0", INTEL, { 0 }, "lass", 1, "doesn't offer it" },
	{ "a CPU without IBT", "edx7=0,reg10=0", INTEL, { 0 }, "ibt", 1, "doesn't offer it" },
	{ "a CPU without shadow stacks", "ecx7=0x0c", INTEL, { CPUINFO, "flags\t\t: fpu\n" },
	  "shstk", 1, "doesn't offer it" },
	{ "a CPU without FEATURE_CONTROL", "ecx1=0x800,msr3a=0", INTEL, { 0 },
	  "feature-control", 1, "FEATURE_CONTROL: this CPU has none" },
	{ "a CPU without DEBUG_INTERFACE", "ecx1=0x20,msrc80=1", INTEL, { 0 },
	  "debug-interface", 1, "DEBUG_INTERFACE: this CPU has none" },
	{ "a CPU without GDS_CTRL", "msr10a=1,msr123=16", INTEL, { 0 }, "gds-mitigation",
	  1, "MCU_OPT_CTRL: this CPU has none" },
	{ "Intel's MSR on AMD's CPU", "msr3a=0", AMD, { 0 }, "feature-control", 1,
	  "FEATURE_CONTROL: another vendor's" },
	{ "SMM's lock in a virtual machine", "ecx1=0x80000000,msrc0010015=0", AMD, { 0 },
	  "smm-lock", 1, "the hypervisor's affair" },
	{ "gates with FRED", "fred=1", INTEL, { 0 }, "gate", 0, "FRED is in use" },
	{ "gates that may not be read", "desc=13", INTEL, { 0 }, "gate", 0, "needs CAP_SYS_RAWIO" },
	{ "registers that may not be read", "regs=1", INTEL, { 0 }, "registers", 0,
	  "needs CAP_SYS_ADMIN" },
	{ "addresses that may not be read", "refuse=129", INTEL, { 0 }, "cpus-disagree", 0,
	  "hold an address: the kernel is locked down" },
	{ "MSRs that may not be read", "msrs=13", INTEL, { 0 }, "msrs", 0, "need CAP_SYS_RAWIO" },
	{ "an MSR that isn't permitted", "", "cpuid=1,reg4=0x8f51ef0,reg10=4,msr10a=1",
	  { 0 }, "debug-interface", 0, "not on the list of permitted MSRs" },
	{ "a CPU that is offline", "offline=2", INTEL, { 0 }, "cpu", 0, "CPU 2: the CPU is offline" },
	{ "LSTAR under a hypervisor", "reg4=0x8f53ef0,msrc0000082=0x1000,msrc0000082_3=0x2000",
	  INTEL, { 0 }, "cpus-disagree", 0, "LSTAR: CPUs differ, and a hypervisor is in use" },
	{ "isolation that nothing is known of", "msr10a=0", INTEL, { SYS "/meltdown" }, "pti",
	  0, "can't be read" },
	{ "isolation under Xen", "", INTEL,
	  { SYS "/meltdown", "Unknown (XEN PV detected, hypervisor mitigation required)\n" },
	  "pti", 0, "Unknown (XEN PV" },
	{ "a vulnerability that the hypervisor knows", "", INTEL,
	  { SYS "/srbds", "Unknown: Dependent on hypervisor status\n" }, "mitigation", 0,
	  "srbds: Unknown: Dependent" },
	{ "pages of processes that may not be seen", "target=1", INTEL, { 0 }, "wx-pages", 0,
	  "2 processes: others need CAP_SYS_ADMIN and CAP_SYS_PTRACE" },
};

/* Nothing is wrong with these, although they look like it. */
static const struct {
	const char *name;
	const char *fake;
	const char *machine;
	struct file file;
	const char *id;
	const char *what;	/* part of it; NULL if that doesn't matter */
} harmless[] = {
	{ "a call gate of the kernel's", "callgate=1", INTEL, { 0 }, "gate" },
	{ "an IDT of 32 gates", "short=1", INTEL, { 0 }, "gate" },
	{ "isolation that is on", "msr10a=0", INTEL, { SYS "/meltdown", "Mitigation: PTI\n" }, "pti" },
	{ "isolation that is on, though not needed", "pti=1", INTEL, { 0 }, "pti",
	  "on, though not needed" },
	{ "isolation that is on, though the CPU itself says no", "pti=1", INTEL,
	  { SYS "/meltdown" }, "pti", "on, though not needed" },
	{ "gates that the boot has left", "", INTEL,
	  { "/proc/kallsyms", "0000000000000010 T asm_exc_divide_error\n"
			      "0000000000000170 t early_idt_handler_array\n"
			      "00000000000001e0 T asm_exc_vmm_communication\n" },
	  "boot-gates", "gates 22-28 lead to handlers of the boot" },
	{ "isolation by the CPU's word alone", "", INTEL, { SYS "/meltdown" }, "pti" },
	{ "an APIC base that differs in BSP", "msr1b=0xfee00800,msr1b_0=0xfee00900", INTEL,
	  { 0 }, "cpus-disagree" },
	{ "a process that has ended", "dead=7", INTEL, { "/proc/7/task/9/comm" }, "wx-pages" },
};

/* The element of a list with this id and, if @what isn't NULL, that in @key */
static json_t *element(const json_t *report, const char *list, const char *id,
		       const char *key, const char *what)
{
	const char *s;
	json_t *e;
	size_t i;

	json_array_foreach(json_object_get(report, list), i, e) {
		s = what ? json_string_value(json_object_get(e, key)) : NULL;
		if (is_text(e, "id", id) && (!what || (s && strstr(s, what))))
			return e;
	}
	return NULL;
}

static json_t *audit(const char *fake, const char *machine, const struct file *file,
		     int *status)
{
	static const struct file none;
	char settings[512];

	if (!file)
		file = &none;
	snprintf(settings, sizeof(settings), "%s%s%s", fake, *fake ? "," : "", machine);
	if (file->path)
		put(file->path, file->text);
	*status = cli(settings, "audit --json");
	if (file->path)
		put(file->path, NULL);
	put_all();
	return parse();
}

static int has_all_keys(const json_t *finding)
{
	static const char *const keys[] = { "id", "severity", "what", "where", "why", "check" };
	const char *s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		s = json_string_value(json_object_get(finding, keys[i]));
		if (!s || !*s)
			return 0;
	}
	return json_object_size(finding) == ARRAY_SIZE(keys);
}

static void test_unsafe(void)
{
	size_t i;
	int status;

	for (i = 0; i < ARRAY_SIZE(unsafe); i++) {
		json_t *report = audit(unsafe[i].fake, unsafe[i].machine, &unsafe[i].file,
				       &status);
		json_t *f = element(report, "findings", unsafe[i].id, "what", unsafe[i].what);
		const char *where = json_string_value(json_object_get(f, "where"));

		ktap_result(status == FINDINGS && f && has_all_keys(f) &&
			    is_text(f, "severity", unsafe[i].severity) &&
			    where && strstr(where, unsafe[i].where) &&
			    !element(report, "checked", unsafe[i].id, NULL, NULL) &&
			    /* Meltdown is told of once. */
			    (strcmp(unsafe[i].id, "pti") ||
			     json_array_size(json_object_get(report, "findings")) == 1),
			    "found: %s # %d %.200s", unsafe[i].name, status, where ? where : out);
		json_decref(report);
	}
}

static void test_fine(const char *name, const char *machine, const char *other)
{
	int status;
	json_t *report = audit("", machine, NULL, &status);
	size_t i, n = 0;

	ktap_result(!status && !*err &&
		    json_array_size(json_object_get(report, "findings")) == 0 &&
		    json_object_size(report) == 3, "%s: nothing is unsafe # %d %.200s",
		    name, status, out);
	for (i = 0; i < ARRAY_SIZE(fine); i++) {
		int here = !fine[i].machine || strcmp(fine[i].machine, other);

		n += here;
		ktap_result(!element(report, "checked", fine[i].id, NULL, NULL) == !here,
			    "%s: %s is %s", name, fine[i].id, here ? "fine" : "not here");
	}
	ktap_result(json_array_size(json_object_get(report, "checked")) == n,
		    "%s: and no more", name);
	json_decref(report);
}

static void test_skipped(void)
{
	size_t i;
	int status;

	for (i = 0; i < ARRAY_SIZE(skipped); i++) {
		json_t *report = audit(skipped[i].fake, skipped[i].machine, &skipped[i].file,
				       &status);
		json_t *s = element(report, "skipped", skipped[i].id, "reason", skipped[i].reason);

		ktap_result(!status && s && json_is_boolean(json_object_get(s, "inapplicable")) &&
			    json_is_true(json_object_get(s, "inapplicable")) == skipped[i].absent,
			    "not checked: %s # %d %.200s", skipped[i].name, status, s ? "" : out);
		json_decref(report);
	}
}

static void test_harmless(void)
{
	size_t i;
	int status;

	for (i = 0; i < ARRAY_SIZE(harmless); i++) {
		json_t *report = audit(harmless[i].fake, harmless[i].machine,
				       &harmless[i].file, &status);

		ktap_result(!status && element(report, "checked", harmless[i].id, "what",
					       harmless[i].what) &&
			    !element(report, "skipped", harmless[i].id, NULL, NULL),
			    "harmless: %s # %d %.200s", harmless[i].name, status,
			    status ? out : "");
		json_decref(report);
	}
}

/* What a person sees */
static const struct {
	const char *fake;
	int status;
	const char *says;
} text[] = {
	{ INTEL, 0, "nothing unsafe was found in what was checked\n" },
	{ INTEL, 0, "\nfine    write protection (CR0.WP); no-execute pages" },
	{ INTEL, 0, "\nabsent  HWCR; DE_CFG\n" },
	{ INTEL, 0, "\nnot checked\n        kernel-pages: the kernel half isn't walked" },
	{ "msrc80=0x40000001," INTEL, 3,
	  "1 finding\n\nhigh    DEBUG_INTERFACE: silicon debugging is enabled\n"
	  "        where  all CPUs\n"
	  "        why    whoever gets at the debug port has all of the machine\n"
	  "        check  mmuinspect msr 0xc80\n" },
	{ "reg4=0x8f516f0,msrc80=0x40000001," INTEL, 3, "2 findings\n\nhigh    DEBUG" },
	{ "gate=1,callgate=4," INTEL, 3, "2 findings\n\nhigh    user mode may raise vector 6" },
	{ "wx=7," INTEL, 3,
	  "        check  mmuinspect dump -p 7 -f write,exec,user\n" },
	{ "short=1,msr200=1,msr200_1=2,msr202=1,msr202_1=2,msr204=1,msr204_1=2,msr206=1,"
	  "msr206_1=2,msr208=1,msr208_1=2," INTEL, 3, "        and 1 more like these: mmuinspect audit --json\n" },
	{ "open=2", 1, "" },
};

static void test_text(void)
{
	size_t i;
	int status;

	for (i = 0; i < ARRAY_SIZE(text); i++) {
		status = cli(text[i].fake, "audit");
		ktap_result(status == text[i].status && strstr(out, text[i].says) &&
			    !*err == (status != 1), "text: %.*s # %d %s",
			    (int)strcspn(text[i].says, "\n"), text[i].says, status,
			    strstr(out, text[i].says) ? err : out);
	}
}

int main(int argc, char **argv)
{
	(void)argc;
	cli_begin(argv[0]);
	if (!mkdtemp(root) || setenv("FAKE_ROOT", root, 1))
		return 1;
	put_all();
	ktap_plan(ARRAY_SIZE(unsafe) + 2 * (ARRAY_SIZE(fine) + 2) + ARRAY_SIZE(skipped) +
		  ARRAY_SIZE(harmless) + ARRAY_SIZE(text));
	test_unsafe();
	test_fine("Intel", INTEL, AMD);
	test_fine("AMD", AMD, INTEL);
	test_skipped();
	test_harmless();
	test_text();
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return ktap_end();
}
