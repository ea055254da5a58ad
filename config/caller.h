/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who called, as far as the environment tells: the only thing of it that root looks at. */
#ifndef DEVUPD_CONFIG_CALLER_H
#define DEVUPD_CONFIG_CALLER_H

#include <stdbool.h>
#include <stddef.h>

enum { CALLER_NAME_SIZE = 64 };

/* The login name behind sudo or pkexec when we are root and it is a valid one; else false, and out
 * is "". Source: sudo(8), pkexec(1) */
bool caller_find(char *out, size_t out_size);

#endif
