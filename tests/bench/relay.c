/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * relay FROM-ADDRESS TO-ADDRESS PORT DELAY-MS [BYTES-PER-SECOND]
 *
 * A long wire: accepts connections on FROM-ADDRESS, opens one to TO-ADDRESS for each, and passes
 * every byte on DELAY-MS after it came, in both directions; with a rate, no faster than that in
 * each direction of a connection. It sleeps until a byte comes or is due.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	CHUNK_BYTES = 64 << 10,
	QUEUE_MAX_BYTES = 32 << 20, /* without a rate: never the limit */
	RATED_QUEUE_MS = 5, /* with one: a small router's buffer, so that a slow reader shows */
	EVENTS_MAX = 64,
};

struct chunk {
	struct chunk *next;
	int64_t due_ns;
	size_t at, end;
	char data[CHUNK_BYTES];
};

/* One direction: bytes read from `from` wait in the queue until they are due at `to`. */
struct wire {
	int from, to;
	struct chunk *first, **last;
	size_t queued_bytes;
	int64_t free_ns; /* when the last byte has left */
	bool ended, shut, blocked;
};

struct link {
	struct link *next;
	struct wire there, back;
};

struct relay {
	struct sockaddr_in from, to;
	int64_t delay_ns;
	double ns_per_byte;
	size_t queue_max_bytes;
	int listener, epoll;
	struct link *links;
};

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void wire_init(struct wire *w, int from, int to)
{
	*w = (struct wire){.from = from, .to = to};
	w->last = &w->first;
}

/* Take in what has come. False when the connection is broken. */
static bool wire_read(struct wire *w, const struct relay *r)
{
	while (!w->ended && w->queued_bytes < r->queue_max_bytes) {
		struct chunk *c = malloc(sizeof(*c));
		ssize_t n = c ? recv(w->from, c->data, sizeof(c->data), MSG_DONTWAIT) : -1;

		if (n <= 0) {
			free(c);
			w->ended = n == 0;
			return n == 0 || errno == EAGAIN;
		}
		int64_t start_ns = now_ns() + r->delay_ns;

		if (start_ns < w->free_ns)
			start_ns = w->free_ns;
		w->free_ns = start_ns + (int64_t)((double)n * r->ns_per_byte);
		c->next = NULL;
		c->due_ns = w->free_ns;
		c->at = 0;
		c->end = (size_t)n;
		*w->last = c;
		w->last = &c->next;
		w->queued_bytes += c->end;
	}
	return true;
}

static void wire_drop_first(struct wire *w)
{
	struct chunk *c = w->first;

	w->first = c->next;
	w->queued_bytes -= c->end;
	if (!w->first)
		w->last = &w->first;
	free(c);
}

/* Hand on what is due. False when the connection is broken. */
static bool wire_write(struct wire *w)
{
	int64_t now = now_ns();

	w->blocked = false;
	while (w->first && w->first->due_ns <= now) {
		struct chunk *c = w->first;
		ssize_t n =
			send(w->to, c->data + c->at, c->end - c->at, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0) {
			w->blocked = errno == EAGAIN;
			return w->blocked;
		}
		c->at += (size_t)n;
		if (c->at == c->end)
			wire_drop_first(w);
	}
	if (w->ended && !w->first && !w->shut) {
		shutdown(w->to, SHUT_WR);
		w->shut = true;
	}
	return true;
}

static bool wire_pass(struct wire *w, const struct relay *r)
{
	return wire_read(w, r) && wire_write(w) && wire_read(w, r);
}

static void link_open(struct relay *r, int near)
{
	struct link *l = calloc(1, sizeof(*l));
	int far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
	const int on = 1;

	if (!l || far < 0 || connect(far, (struct sockaddr *)&r->to, sizeof(r->to)) < 0) {
		perror("relay: connect");
		exit(1);
	}
	setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(far, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	wire_init(&l->there, near, far);
	wire_init(&l->back, far, near);
	epoll_ctl(r->epoll, EPOLL_CTL_ADD, near, &event);
	epoll_ctl(r->epoll, EPOLL_CTL_ADD, far, &event);
	l->next = r->links;
	r->links = l;
}

static void link_free(struct link *l)
{
	while (l->there.first)
		wire_drop_first(&l->there);
	while (l->back.first)
		wire_drop_first(&l->back);
	close(l->there.from);
	close(l->there.to);
	free(l);
}

/* Pass on what can be passed on every link; links are few, so none is singled out. */
static void links_pass(struct relay *r)
{
	for (struct link **at = &r->links; *at;) {
		struct link *l = *at;
		bool alive = wire_pass(&l->there, r) && wire_pass(&l->back, r);

		if (alive && !(l->there.shut && l->back.shut)) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		link_free(l);
	}
}

/* When the next byte is due, or -1. A blocked wire is woken by its socket. */
static int64_t links_due_ns(const struct relay *r)
{
	int64_t due_ns = -1;

	for (const struct link *l = r->links; l; l = l->next) {
		const struct wire *wires[] = {&l->there, &l->back};

		for (int i = 0; i < 2; i++) {
			const struct chunk *c = wires[i]->blocked ? NULL : wires[i]->first;

			if (c && (due_ns < 0 || c->due_ns < due_ns))
				due_ns = c->due_ns;
		}
	}
	return due_ns;
}

static void relay_run(struct relay *r)
{
	struct epoll_event events[EVENTS_MAX];

	for (;;) {
		int64_t due_ns = links_due_ns(r);
		int64_t left_ns = due_ns < 0 ? 0 : due_ns - now_ns();
		struct timespec wait = {
			.tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000};

		if (left_ns >= 0)
			epoll_pwait2(r->epoll, events, EVENTS_MAX, due_ns < 0 ? NULL : &wait, NULL);
		for (int near; (near = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;)
			link_open(r, near);
		links_pass(r);
	}
}

int main(int argc, char **argv)
{
	struct relay r = {0};
	struct epoll_event event = {.events = EPOLLIN};
	const int on = 1;

	if (argc < 5 || inet_pton(AF_INET, argv[1], &r.from.sin_addr) != 1 ||
		inet_pton(AF_INET, argv[2], &r.to.sin_addr) != 1) {
		fputs("usage: relay FROM-ADDRESS TO-ADDRESS PORT DELAY-MS [BYTES-PER-SECOND]\n",
			stderr);
		return 2;
	}
	r.from.sin_family = r.to.sin_family = AF_INET;
	r.from.sin_port = r.to.sin_port = htons((uint16_t)strtoul(argv[3], NULL, 10));
	r.delay_ns = strtol(argv[4], NULL, 10) * 1000000;
	r.queue_max_bytes = QUEUE_MAX_BYTES;
	if (argc > 5) {
		r.ns_per_byte = 1e9 / strtod(argv[5], NULL);
		r.queue_max_bytes =
			(size_t)((double)(r.delay_ns + RATED_QUEUE_MS * 1000000) / r.ns_per_byte);
	}
	r.epoll = epoll_create1(EPOLL_CLOEXEC);
	r.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setsockopt(r.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(r.listener, (struct sockaddr *)&r.from, sizeof(r.from)) < 0 ||
		listen(r.listener, SOMAXCONN) < 0 ||
		epoll_ctl(r.epoll, EPOLL_CTL_ADD, r.listener, &event) < 0) {
		perror("relay: listen");
		return 1;
	}
	relay_run(&r);
}
