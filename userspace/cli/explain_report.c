// SPDX-License-Identifier: GPL-2.0-only
/* Print what a program died of. */
#include <stdio.h>
#include <string.h>

#include "event.h"
#include "explain.h"
#include "fields.h"

#define LABEL	"  %-12s"
#define INDENT	14
/* A register that is so near an address was probably added to. */
#define NEAR	4096
/* Near address 0 that is said of many. */
#define LINES_MAX 4

static __s64 distance(const struct register_value *reg, __u64 address)
{
	return address - reg->value;
}

static int is_near(const struct register_value *reg, __u64 address)
{
	__s64 d = distance(reg, address);

	/* A stack pointer in use is near itself, and flags are no address. */
	return d > -NEAR && d < NEAR && strchr("re", reg->name[0]) &&
	       strcmp(reg->name, "eflags");
}

static void out_who(const struct death *d)
{
	const struct mmuinspect_name *code = mmuinspect_signal_code(d->signal, d->code);
	const char *signal = event_signal_name(d->signal);

	out_number("pid", d->tgid, "\nPID %d", d->tgid);
	out_string("comm", d->comm, " (%s)", out_printable(d->comm));
	out_number("tid", d->tid, d->tid == d->tgid ? NULL : ", thread %d", d->tid);
	out_number("code_bits", d->is_32 ? 32 : 64, d->is_32 ? ", 32-bit code" : NULL);
	out_bool("child", d->is_child, d->is_child ? ", a child" : NULL);
	out_bool("handled", d->handled,
		 d->handled ? ": the last fault that it handled" : NULL);
	out_string("signal", signal, ": %s", signal);
	out_number("signal_number", d->signal, NULL);
	out_string("code", code ? code->name : NULL, code ? ", %s: %s\n" : "\n",
		   code ? code->name : NULL, code ? code->meaning : NULL);
	out_signed("si_code", d->code, NULL);
	out_hex("signal_address", d->address, NULL);
}

/* "at 0x401136 in /tmp/crash": what ran */
static void out_code(const struct death *d)
{
	const struct map *map = maps_at(&d->sc.maps, d->ip);
	char offset[48] = "";

	if (map && map->inode)
		snprintf(offset, sizeof(offset), ", offset 0x%llx of it",
			 (unsigned long long)(d->ip - map->start + map->offset));
	out_hex("ip", d->ip, LABEL "at 0x%llx", "the code",
		(unsigned long long)d->ip);
	out_string("code_mapping", map ? map->name : NULL, " in %s%s\n", !map ?
		   "no mapping" : *map->name ? out_printable(map->name) :
		   "anonymous memory", offset);
	out_hex("sp", d->sp, NULL);
}

static void out_bytes(const struct death *d)
{
	char text[3 * MMUINSPECT_EVENT_BYTES + 1] = "", json[2 * MMUINSPECT_EVENT_BYTES + 1];
	size_t i;

	for (i = 0; i < d->n_bytes; i++)
		sprintf(text + 3 * i, "%02x ", d->bytes[i]);
	event_hex(d->bytes, d->n_bytes, json);
	text[i ? 3 * i - 1 : 0] = '\0';
	out_string("bytes", i ? json : NULL, LABEL "%s\n", "its bytes",
		   i ? text : "can't be read");
}

static void out_holder(const struct register_value *reg, __u64 address,
		       int in_text)
{
	__s64 off = distance(reg, address);

	out_object(NULL);
	out_string("name", reg->name, in_text ? LABEL "%s is 0x%llx" : NULL,
		   "register", reg->name, (unsigned long long)reg->value);
	out_string("sign", off < 0 ? "-" : "+", NULL);
	out_hex("offset", off < 0 ? -off : off, !in_text ? NULL : off ?
		": the address is %s %c 0x%llx\n" : ": the address\n",
		reg->name, off < 0 ? '-' : '+',
		(unsigned long long)(off < 0 ? -off : off));
	out_end();
}

/* What made the address: the instruction's operand, else registers near it */
static void out_operand(const struct death *d)
{
	__u64 address = d->sc.access.address;
	struct operand op;
	int found = death_operand(d, &op), lines = 0;
	size_t i;

	if (found)
		out_string("operand", op.text, op.text[0] != '0' ?
			   LABEL "%s\n" : LABEL "%s, in the instruction itself\n",
			   "its operand", op.text);
	else
		out_null("operand", NULL);
	out_array("holders");
	for (i = 0; d->has_address && i < d->regs; i++)
		if (is_near(&d->reg[i], address))
			out_holder(&d->reg[i], address, !found && lines++ < LINES_MAX);
	out_end();
	out_object("registers");
	for (i = 0; i < d->regs; i++)
		out_hex(d->reg[i].name, d->reg[i].value, NULL);
	out_end();
}

static void out_access(const struct death *d)
{
	static const char *const doing[] = {
		[MMUINSPECT_ACCESS_READ] = "reading from",
		[MMUINSPECT_ACCESS_WRITE] = "writing to",
		[MMUINSPECT_ACCESS_EXEC] = "executing",
	};
	const struct mmuinspect_access *a = &d->sc.access;

	if (!d->has_address) {
		out_null("address", NULL);
		out_null("access", NULL);
		return;
	}
	out_hex("address", a->address, LABEL "%s 0x%llx\n", "it was",
		d->recorded ? doing[a->kind] : "accessing",
		(unsigned long long)a->address);
	out_string("access", d->recorded ? access_name(a->kind) : NULL, NULL);
}

static void out_vector(const struct mmuinspect_event *e)
{
	char words[96];

	out_object("trap");
	out_number("vector", e->vector, LABEL "%s", "the CPU", vector_name(e->vector));
	out_string("exception", vector_name(e->vector), NULL);
	if (e->has & MMUINSPECT_EVENT_ERROR_CODE)
		out_hex("error_code", e->error_code, ", error code 0x%llx",
			(unsigned long long)e->error_code);
	else
		out_null("error_code", NULL);
	mmuinspect_error_code(e->vector, e->error_code, words, sizeof(words));
	if (e->vector == 14 && e->has & MMUINSPECT_EVENT_ERROR_CODE)
		out_string("error", words, " (%s)", words);
	else
		out_null("error", NULL);
	out_number("cpu", e->cpu, ", on CPU %u\n", e->cpu);
	out_end();
}

static void out_origin(const struct mmuinspect_event *e)
{
	int kernel = e->origin != MMUINSPECT_FAULT_ORIGIN_EXCEPTION;

	if (kernel)
		out_text(LABEL, "no exception");
	event_print_origin(e, "%s");
	if (kernel)
		out_text("\n");
}

/* What the CPU said, and what it had before it */
static void out_exception(const struct death *d)
{
	const struct mmuinspect_event *e = &d->event;

	out_bool("recorded", d->recorded, d->recorded ? NULL :
		 LABEL "of the fault has been lost: what the CPU said isn't known\n",
		 "the record");
	if (!d->recorded) {
		out_null("trap", NULL);
		out_null("origin", NULL);
		out_null("frame", NULL);
		out_null("exec_errno", NULL);
		return;
	}
	if (e->has & MMUINSPECT_EVENT_VECTOR)
		out_vector(e);
	else
		out_null("trap", NULL);
	out_origin(e);
	if (e->origin == MMUINSPECT_FAULT_ORIGIN_EXEC && d->call_error)
		out_number("exec_errno", d->call_error, NULL);
	else
		out_null("exec_errno", NULL);
}

static void out_cause(const struct death *d)
{
	struct cause cause;
	char text[512];

	death_cause(d, &cause);
	snprintf(text, sizeof(text), "%s: %s%s%s", cause.name, cause.text,
		 *cause.detail ? "; " : "", cause.detail);
	out_object("cause");
	out_string("name", cause.name, LABEL, "likely");
	out_string("text", cause.text, NULL);
	out_string("detail", *cause.detail ? cause.detail : NULL, NULL);
	out_end();
	out_wrapped(text, INDENT, INDENT);
}

void death_print(const struct death *d)
{
	out_object(NULL);
	out_who(d);
	out_access(d);
	out_code(d);
	out_bytes(d);
	out_operand(d);
	out_exception(d);
	if (d->recorded && d->has_address) {
		out_walk(&d->sc);
		out_denials(&d->sc);
	}
	if (d->has_address)
		out_mappings(&d->sc);
	if (d->recorded && d->has_address)
		out_action(&d->sc);
	out_cause(d);
	out_end();
}
