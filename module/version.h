/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
#ifndef MMUI_VERSION_H
#define MMUI_VERSION_H

/* One version for module, library and CLI. */
#define MMUI_VERSION "0.1.0"

#endif
