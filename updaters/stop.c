/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/stop.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/service.h"

enum { ALIVE_MS = 1000 };

static bool stop_watch(struct stop *s, int fd, struct err *e)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(s->fd, EPOLL_CTL_ADD, fd, &event) == 0 ||
	       err_sys(e, ERR_INTERNAL, "can't wait for signals");
}

/* nohup and a shell's & have them ignored, and mean it; SIGTERM is how a service is ended. */
static void add_unless_ignored(sigset_t *set, int number)
{
	struct sigaction action;

	if (sigaction(number, NULL, &action) != 0 || action.sa_handler != SIG_IGN)
		sigaddset(set, number);
}

bool stop_open(struct stop *s, struct err *e)
{
	sigset_t set;

	*s = (struct stop){.fd = -1, .signals_fd = -1, .peer_fd = -1};
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	add_unless_ignored(&set, SIGINT);
	add_unless_ignored(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return err_sys(e, ERR_INTERNAL, "can't block signals");
	s->signals_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	s->fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->signals_fd < 0 || s->fd < 0)
		return err_sys(e, ERR_INTERNAL, "can't wait for signals");
	return stop_watch(s, s->signals_fd, e);
}

void stop_close(struct stop *s)
{
	if (s->fd < 0)
		return;
	close(s->fd);
	close(s->signals_fd);
	s->fd = -1;
}

bool stop_listen(struct stop *s, int peer_fd, struct err *e)
{
	struct stat st;

	if (fstat(peer_fd, &st) != 0 || !S_ISSOCK(st.st_mode))
		return true;
	s->peer_fd = peer_fd;
	return stop_watch(s, peer_fd, e);
}

void stop_tell(int peer_fd, int signal)
{
	unsigned char byte = (unsigned char)signal;

	(void)!send(peer_fd, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int stop_read_signal(const struct stop *s)
{
	struct signalfd_siginfo info;

	return read(s->signals_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)
		       ? (int)info.ssi_signo
		       : 0;
}

/* It speaks once: a descriptor at its end would be readable for ever. */
static int stop_read_peer(struct stop *s)
{
	unsigned char byte = 0;
	ssize_t n = s->peer_fd >= 0 ? recv(s->peer_fd, &byte, 1, MSG_DONTWAIT) : 0;

	if (s->peer_fd < 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return 0;
	epoll_ctl(s->fd, EPOLL_CTL_DEL, s->peer_fd, NULL);
	s->peer_fd = -1;
	return n == 1 && (byte == SIGINT || byte == SIGTERM) ? byte : SIGHUP;
}

static void stop_note_alive(struct stop *s)
{
	uint64_t now_ms = clock_now_ms();

	if (s->alive_ms != 0 && now_ms - s->alive_ms < ALIVE_MS)
		return;
	s->alive_ms = now_ms;
	service_alive();
}

bool stop_is_asked(void *user)
{
	struct stop *s = user;

	stop_note_alive(s);
	if (s->fd < 0)
		return s->signal != 0;

	int own = stop_read_signal(s), told = stop_read_peer(s);

	if (s->signal != 0)
		return true;
	s->signal = own != 0 ? own : told;
	if (s->signal != 0)
		service_stopping();
	return s->signal != 0;
}
