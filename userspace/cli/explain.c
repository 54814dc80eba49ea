// SPDX-License-Identifier: GPL-2.0-only
/* mmuinspect explain: why an access is denied, or what a program died of. */
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "fields.h"
#include "process.h"
#include "run_as.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *const kinds[] = { "read", "write", "exec" };
static const char *const modes[] = { "kernel", "user" };

static struct {
	unsigned int kind;
	unsigned int user;
	const char *output;
	int about_address;	/* an option that goes with -p alone */
	int about_command;	/* one that goes with a command alone */
} opt = { .user = 1 };

static const char *choose(const struct names *names, const char *arg,
			  const char *noun, unsigned int *ret)
{
	int found = names_find(names, arg);

	if (found < 0)
		return names_wrong(names, arg, noun);
	*ret = found;
	opt.about_address = 1;
	return NULL;
}

static const char *set_access(const char *arg)
{
	static const struct names names = NAMES(kinds);

	return choose(&names, arg, "access", &opt.kind);
}

static const char *set_mode(const char *arg)
{
	static const struct names names = NAMES(modes);

	return choose(&names, arg, "mode", &opt.user);
}

static const char *set_output(const char *arg)
{
	opt.output = arg;
	opt.about_command = 1;
	return NULL;
}

static const struct cli_option options[] = {
	{ "pid", 'p', "PID", "the process whose ADDRESS it is", common_pid,
	  .value = VALUE_PID },
	{ "access", 'a', "KIND", "of ADDRESS: read (the default), write or exec", set_access,
	  .value = VALUE_WORD, .words = "read write exec" },
	{ "mode", 'm', "MODE", "who tries it: user (the default) or kernel", set_mode,
	  .value = VALUE_WORD, .words = "user kernel" },
	OPTION_USER,
	{ "output", 'o', "FILE", "of COMMAND: where the explanation goes", set_output,
	  .value = VALUE_FILE },
	OPTION_JSON,
	{ 0 }
};

/* A walk in words: for text, the sentence that the answer is. */
static void out_question(const struct scene *sc)
{
	const struct mmuinspect_access *a = &sc->access;

	out_hex("address", a->address, "\n%s 0x%llx",
		a->kind == MMUINSPECT_ACCESS_EXEC ? "executing" :
		a->kind == MMUINSPECT_ACCESS_WRITE ? "writing to" : "reading from",
		(unsigned long long)a->address);
	if (sc->given != a->address)
		out_hex("tagged", sc->given, " (tagged: 0x%llx; LAM ignores the tag)",
			(unsigned long long)sc->given);
	else
		out_null("tagged", NULL);
	out_string("access", access_name(a->kind), NULL);
	out_string("mode", modes[a->user], ", in %s mode%s\n", modes[a->user],
		   a->ac ? ", with EFLAGS.AC set" : "");
	out_bool("ac", a->ac, NULL);
}

static void out_answer(struct scene *sc)
{
	out_walk(sc);
	out_denials(sc);
	out_expected(sc);
	out_mappings(sc);
	out_action(sc);
}

/*
 * A plain access of the kernel to what is the user's is a bug, and SMAP denies
 * it: what copy_to_user() and the like get, which set EFLAGS.AC, is another matter.
 */
static void out_with_ac(struct scene *sc)
{
	if (sc->access.user || sc->access.kind == MMUINSPECT_ACCESS_EXEC ||
	    !sc->denials.n)
		return;
	sc->access.ac = 1;
	scene_judge(sc);
	out_object("with_ac");
	out_bool("allowed", !sc->denials.n,
		 "copy_to_user() and the like set EFLAGS.AC: for them it's %s\n",
		 sc->denials.n ? "denied all the same" : "allowed");
	out_action(sc);
	out_end();
}

/* The first CPU that is online: all are set alike, or audit says so. */
static struct mmuinspect_reg *one_cpu(const struct session *s, size_t *n)
{
	struct mmuinspect_reg *reg = NULL;
	size_t all = 0, i;

	*n = 0;
	if (mmuinspect_regs(s->h, 0, ~0U, &reg, &all))
		return NULL;
	for (i = 0; i < all && !reg[i].id; i++)
		;
	memmove(reg, reg + i, (all - i) * sizeof(*reg));
	while (*n < all - i && reg[*n].cpu == reg[0].cpu)
		(*n)++;
	return reg;
}

/* Keys are asked for only if one matters: the target is stopped for a moment. */
static void find_keys(struct scene *sc, pid_t pid)
{
	const struct mmuinspect_step *last = scene_last(sc);
	pid_t live = process_thread(pid);

	if (sc->facts.key || (last && mmuinspect_entry_pkey(sc->s->info, last->level,
							    last->entry) > 0))
		sc->access.has_keys = !keys_read(live ? live : pid, &sc->access.keys);
}

/* Returns an exit status, having printed the error. */
static int walk(struct scene *sc)
{
	struct mmuinspect_translation t = { .address = sc->access.address };
	const struct mmuinspect_info *info = sc->s->info;
	int translated = t.address < info->user_end, err;

	if (!translated && !sc->access.user && mmuinspect_canonical(info, t.address))
		return session_check_address(sc->s, t.address);
	/* Any address tells of the root, and what the target refuses. */
	if (!translated)
		t.address = sc->maps.n ? sc->maps.map[0].start : 0;
	err = mmuinspect_walk(sc->s->h, 0, &t, 1, &sc->root);
	if (err)
		return session_failed(sc->s, NULL, err);
	sc->hidden = !sc->root;
	if (!translated)
		return EXIT_DONE;
	sc->steps = t.steps;
	memcpy(sc->step, t.step, t.steps * sizeof(*t.step));
	return EXIT_DONE;
}

static int explain_address(const struct session *s, __u64 address)
{
	struct scene sc = { .s = s, .access = {
		.address = address, .kind = opt.kind,
		.user = opt.user } };
	struct mmuinspect_reg *reg = one_cpu(s, &sc.access.regs);
	int status;

	sc.access.reg = reg;
	proc_warn();
	scene_untag(&sc, s->pid);
	scene_maps(&sc, s->pid);
	status = walk(&sc);
	if (!status) {
		find_keys(&sc, s->pid);
		scene_judge(&sc);
		session_head(s, sc.root);
		out_object("explanation");
		out_question(&sc);
		out_answer(&sc);
		out_with_ac(&sc);
		out_end();
	}
	scene_free(&sc);
	free(reg);
	return status;
}

static int explain_pid(int argc, char **argv)
{
	struct session s;
	const char *why;
	__u64 address;
	int status;

	if (argc != 1)
		return misused("explain: -p PID wants one address: see mmuinspect explain --help");
	why = parse_number(argv[0], &address);
	if (why)
		return misused("%s: %s", argv[0], why);
	status = session_open_target(&s);
	if (status)
		return status;
	status = explain_address(&s, address);
	session_close(&s);
	return status;
}

static int explain_main(int argc, char **argv)
{
	if (common.pid && opt.about_command)
		return misused("explain: --output goes with a command, not with -p PID");
	if (common.pid)
		return explain_pid(argc, argv);
	if (opt.about_address)
		return misused("explain: --access and --mode go with -p PID and an address");
	if (!argc)
		return misused("explain: neither -p PID nor a command: see mmuinspect explain --help");
	/* What looks like an option of ours may be one of the command's. */
	if (!common.marked)
		return misused("explain: a command goes behind --: mmuinspect explain [-o FILE] [-j] -- %.64s...",
			       argv[0]);
	return explain_run(argv, opt.output);
}

const struct cli_command cmd_explain = {
	.name = "explain",
	.summary = "why an access is denied, or what a program died of",
	.usage = "-p PID [-a KIND] [-m MODE] [-j] ADDRESS\n"
		 "       mmuinspect explain [-u USER] [-o FILE] [-j] -- COMMAND [ARGUMENT...]",
	.about = "Whether an access to an address gets through, and if not, which entry and\n"
		 "which bit of it deny it, or which protection key, control register or missing\n"
		 "mapping; and what Linux would do then.\n\n"
		 "Or runs COMMAND, and if it, or a process that it makes, dies of a fault: the\n"
		 "walk as it was when the CPU faulted, what denied the access, the mappings\n"
		 "around the address, the registers that hold it, and the likely cause. A fault\n"
		 "that the program handles isn't its end, and isn't shown, unless it then ends\n"
		 "itself by such a signal, or by abort(). If no fault was COMMAND's end, one line\n"
		 "says how it ended, and who sent the signal. Text goes to standard error, JSON to\n"
		 "standard output. The exit status is COMMAND's: 128 and the signal's number if\n"
		 "one killed it, 127 if it wasn't found, 126 if it couldn't be run. That needs\n"
		 "CAP_SYS_ADMIN, CAP_SYS_RAWIO and CAP_SYS_PTRACE.",
	.options = options,
	.operands = OPERANDS_MARKED,
	.run = explain_main,
};
