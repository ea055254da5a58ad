/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/stop.h"

#include <signal.h>
#include <sys/signalfd.h>

bool stop_open(struct stop *s, struct err *e)
{
	sigset_t set;

	*s = (struct stop){.fd = -1};
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return err_sys(e, ERR_INTERNAL, "can't block signals");
	s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->fd < 0)
		return err_sys(e, ERR_INTERNAL, "can't wait for signals");
	return true;
}

void stop_close(struct stop *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

bool stop_is_asked(void *user)
{
	struct stop *s = user;
	struct signalfd_siginfo info;

	if (s->fd >= 0 && read(s->fd, &info, sizeof(info)) == (ssize_t)sizeof(info) &&
		s->signal == 0)
		s->signal = (int)info.ssi_signo;
	return s->signal != 0;
}
