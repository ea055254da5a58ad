/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/process.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>

bool process_become(uid_t uid, gid_t gid)
{
	return setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 &&
	       setresuid(uid, uid, uid) == 0;
}

bool process_bind(pid_t parent)
{
	errno = ESRCH;
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}
