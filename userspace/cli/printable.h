/* SPDX-License-Identifier: GPL-2.0-only */
/* Text of unknown origin; out_printable() and out_column() are in output.h. */
#ifndef PRINTABLE_H
#define PRINTABLE_H

/* Is it valid UTF-8: shortest forms, no surrogates? */
int is_utf8(const char *text);

#endif
