/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults as lines. */
#ifndef EVENT_H
#define EVENT_H

#include "mmuinspect.h"

/* A line, or a JSON record */
void event_print(const struct mmuinspect_event *event);
/* Bytes in hex, as JSON has them: "660f38"; NULL if there are none. @text: 2 * @n + 1 */
const char *event_hex(const unsigned char *bytes, size_t n, char *text);
/* The instruction in hex; NULL if it isn't reported */
const char *event_bytes(const struct mmuinspect_event *e,
			char text[2 * MMUINSPECT_EVENT_BYTES + 1]);
/*
 * What made the signal, in words by @fmt if it wasn't an exception; and which signal
 * could not have its frame
 */
void event_print_origin(const struct mmuinspect_event *e, const char *fmt);
/* "SIGALRM"; NULL for a real-time signal */
const char *event_signal_name(unsigned int signal);
/* How many were lost; 0 if nobody knows */
void event_print_lost(__u64 lost);

/* Is it what one of the words of @list says? */
int event_is(const struct mmuinspect_event *event, const char *list);
/* Are they words for an event? Returns an exit status, having printed. */
int event_check_type(const char *list);

#endif
