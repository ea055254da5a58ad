/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who called, as far as the environment tells: the only thing of it that root looks at. */
#ifndef DEVUPD_CONFIG_CALLER_H
#define DEVUPD_CONFIG_CALLER_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/scope.h"

enum { CALLER_NAME_SIZE = 64 };

/* The login name behind sudo or pkexec when we are root and it is a valid one; else false, and out
 * is "". Source: sudo(8), pkexec(1) */
bool caller_find(char *out, size_t out_size);

/*
 * Behind sudo or pkexec: forget all of the environment but who called and what a terminal is. What
 * they let through (sudo -E, env_keep) is another's word, and libraries would follow it as root:
 * OPENSSL_CONF, TMPDIR, DBUS_SYSTEM_BUS_ADDRESS, ... Else nothing is done. Also with false, nothing
 * of the rest is left.
 */
bool caller_forget_environment(void) MUST_CHECK;

#endif
