/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/kernel.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

/* As linux/landlock.h has it, which the parent's side does not include. */
#define LANDLOCK_ASK_VERSION (1U << 0)

int kernel_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_ASK_VERSION);

	return abi > 0 ? (int)abi : 0;
}

bool kernel_has_seccomp(void)
{
	uint32_t action = SECCOMP_RET_TRAP;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

bool kernel_has_pidfd(void)
{
	long fd = syscall(SYS_pidfd_open, getpid(), 0);

	if (fd >= 0)
		close((int)fd);
	return fd >= 0;
}

enum kernel_clock kernel_clock(void)
{
	struct timex t = {.modes = 0}; /* nothing is set */

	if (adjtimex(&t) < 0)
		return CLOCK_UNKNOWN;
	return (t.status & STA_UNSYNC) != 0 ? CLOCK_ADRIFT : CLOCK_SYNCHRONISED;
}
