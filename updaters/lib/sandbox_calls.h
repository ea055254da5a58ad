/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The system calls that no honest worker makes: the cage traps them, and the parent names them.
 * Apart from sandbox.c, so that the parent need not be linked with libseccomp.
 */
#ifndef DEVUPD_LIB_SANDBOX_CALLS_H
#define DEVUPD_LIB_SANDBOX_CALLS_H

#include <stddef.h>

/* The n-th call that is trapped whatever it is called with: its number, -1 behind the last. */
int sandbox_trapped_call(size_t n);

#endif
