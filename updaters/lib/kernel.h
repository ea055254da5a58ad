/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this kernel offers of what we rest on. Asked, never changed. */
#ifndef DEVUPD_LIB_KERNEL_H
#define DEVUPD_LIB_KERNEL_H

#include <stdbool.h>

/* Landlock: 0 = no, else its ABI. Source: landlock_create_ruleset(2) */
int kernel_landlock_abi(void);
/* seccomp filters that can trap a call. Source: seccomp(2), SECCOMP_GET_ACTION_AVAIL */
bool kernel_has_seccomp(void);
/* Descriptors of processes (5.3). Source: pidfd_open(2) */
bool kernel_has_pidfd(void);

enum kernel_clock { CLOCK_UNKNOWN, CLOCK_ADRIFT, CLOCK_SYNCHRONISED };
/* Does a time service keep the clock, as the kernel was told? Source: adjtimex(2), STA_UNSYNC */
enum kernel_clock kernel_clock(void);

#endif
