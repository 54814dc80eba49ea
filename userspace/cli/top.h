/* SPDX-License-Identifier: GPL-2.0-only */
/* What mmuinspect top shows, printed or on a screen. */
#ifndef TOP_H
#define TOP_H

#include <stddef.h>

#include "tasks.h"

/**
 * struct order - what rows can be sorted by, most first
 * @name: as an option
 * @key: on the screen
 * @value: of a process
 * @needs_pages: it's about what is mapped
 */
struct order {
	const char *name;
	int key;
	double (*value)(const struct task *t);
	int needs_pages;
};

#define ORDERS 5

extern const struct order orders[ORDERS];

extern struct top {
	unsigned int interval;	/* milliseconds */
	unsigned int times;	/* 0 for no end */
	int batch;
	int frozen;
	int ascii;	/* the terminal knows nothing else */
	const struct order *order;
	char filter[16];
} top;

/* Processes that are to be shown, in order */
struct rows {
	struct task **task;
	size_t n;
};

/* @visible is how many fit; 0 or -ENOMEM. @rows->task is to be freed. */
int rows_arrange(const struct tasks *t, struct rows *rows, size_t visible);

#define ROWS_HEADINGS "    PID NAME             FAULT/s  MAJOR/s  FLUSH/s     4K     2M     1G  LARGE"
#define ROWS_NO_ROOM "some aren't watched for flushes: others use up the watches"

/* A line of 78 characters at most; what the machine did, in 79 */
void rows_line(const struct task *t, char *buf, size_t room);
void rows_summary(const struct tasks *t, char *buf, size_t room);

/* Faults per second */
double task_faults(const struct task *t);

/* Show them until @signals has one, or a key says so; 0 or an errno below 0. */
int screen_show(struct tasks *t, int signals);

#endif
