/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { FILES_MIN = 1024 };

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

static bool fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd >= 0 && close(fd) == 0;
}

/* Over the hard limit, where that may be; else up to it. */
static void lift_limit(__rlimit_resource_t what, rlim_t least)
{
	struct rlimit limit;

	if (getrlimit(what, &limit) < 0 || limit.rlim_cur >= least)
		return;

	const struct rlimit lifted = {
		.rlim_cur = least, .rlim_max = limit.rlim_max > least ? limit.rlim_max : least};

	if (setrlimit(what, &lifted) == 0)
		return;
	limit.rlim_cur = limit.rlim_max < least ? limit.rlim_max : least;
	setrlimit(what, &limit);
}

bool process_settle(void)
{
	signal(SIGCHLD, SIG_DFL);
	signal(SIGXFSZ, SIG_IGN);
	if (geteuid() == 0) {
		lift_limit(RLIMIT_FSIZE, RLIM_INFINITY);
		lift_limit(RLIMIT_NOFILE, FILES_MIN);
	}
	return fill_standard_fds();
}

uint64_t process_file_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY
		       ? UINT64_MAX
		       : (uint64_t)limit.rlim_cur;
}

void process_hide(void)
{
	prctl(PR_SET_DUMPABLE, 0); /* can't fail with a valid value */
}
