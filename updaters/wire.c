/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "updaters/lib/pack.h"

/* Both ends are built together and run on one machine: the header goes as it lies in memory. */
struct header {
	uint32_t type;
	uint32_t job_id;
	uint32_t part; /* 0 .. n_parts - 1, one after the other, nothing between */
	uint32_t n_parts;
};

enum {
	PART_MAX = WIRE_MESSAGE_MAX - (int)sizeof(struct header),
	PARTS_MAX = (WIRE_BODY_MAX + PART_MAX - 1) / PART_MAX
};

/* A part that the socket did not take yet. */
struct queued {
	struct queued *next;
	struct header header;
	int fd;
	size_t len;
	unsigned char bytes[];
};

struct wire {
	int fd;
	bool is_gone; /* the other end */
	struct queued *first, *last;

	struct header whole;    /* the message whose parts are being collected */
	uint32_t next_part;     /* 0 = none is being collected */
	struct buf parts;       /* what came of it so far */
	int part_fd;            /* that came with its first part */
	struct header received; /* the last one read, and its bytes */
	unsigned char bytes[PART_MAX];
};

bool wire_new(int fd, struct wire **out, struct err *e)
{
	SCOPED_CLOSE int owned = fd;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_sys(e, ERR_INTERNAL, "can't use descriptor %d as a wire", fd);

	struct wire *w = malloc(sizeof(*w));

	if (w == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for a wire");
	w->fd = MOVE_FD(owned);
	w->is_gone = false;
	w->first = w->last = NULL;
	w->next_part = 0;
	w->part_fd = -1;
	buf_init(&w->parts, WIRE_BODY_MAX);
	*out = w;
	return true;
}

static void queued_free(struct queued *q)
{
	scope_close_fd(&q->fd);
	free(q);
}

static void queue_clear(struct wire *w)
{
	while (w->first != NULL) {
		struct queued *q = w->first;

		w->first = q->next;
		queued_free(q);
	}
	w->last = NULL;
}

void wire_free(struct wire *w)
{
	if (w == NULL)
		return;
	queue_clear(w);
	scope_close_fd(&w->part_fd);
	buf_clear(&w->parts);
	close(w->fd);
	free(w);
}

int wire_fd(const struct wire *w)
{
	return w->fd;
}

bool wire_has_queue(const struct wire *w)
{
	return w->first != NULL;
}

/* --- sending ----------------------------------------------------------------- */

enum sent { SENT, SENT_LATER, SENT_NEVER };

union fd_space {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr aligned;
};

static enum sent send_part(
	const struct wire *w, const struct header *header, const void *bytes, size_t len, int fd)
{
	struct iovec iov[2] = {
		{.iov_base = (void *)(uintptr_t)header, .iov_len = sizeof(*header)},
		{.iov_base = (void *)(uintptr_t)bytes, .iov_len = len},
	};
	union fd_space space = {{0}};
	struct msghdr message = {.msg_iov = iov, .msg_iovlen = len > 0 ? 2 : 1};

	if (fd >= 0) {
		message.msg_control = space.bytes;
		message.msg_controllen = sizeof(space.bytes);

		struct cmsghdr *control = CMSG_FIRSTHDR(&message);

		control->cmsg_level = SOL_SOCKET;
		control->cmsg_type = SCM_RIGHTS;
		control->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(control), &fd, sizeof(fd));
	}
	while (sendmsg(w->fd, &message, MSG_NOSIGNAL) < 0) {
		if (errno == EAGAIN || errno == ENOBUFS)
			return SENT_LATER;
		if (errno != EINTR)
			return SENT_NEVER;
	}
	return SENT;
}

static bool queue_part(struct wire *w, const struct header *header, const void *bytes, size_t len,
	int fd, struct err *e)
{
	SCOPED_CLOSE int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, WIRE_FD + 1);
	struct queued *q = malloc(sizeof(*q) + len);

	if (q == NULL || (fd >= 0 && copy < 0)) {
		free(q);
		return err_sys(e, ERR_INTERNAL, "can't queue a message");
	}
	q->next = NULL;
	q->header = *header;
	q->fd = MOVE_FD(copy);
	q->len = len;
	if (len > 0)
		memcpy(q->bytes, bytes, len);
	if (w->last == NULL)
		w->first = q;
	else
		w->last->next = q;
	w->last = q;
	return true;
}

bool wire_send(struct wire *w, enum wire_type type, uint32_t job_id, const void *body, size_t len,
	int fd, struct err *e)
{
	const unsigned char *bytes = body;
	struct header header = {.type = (uint32_t)type, .job_id = job_id};

	if (len > WIRE_BODY_MAX)
		return err_set(e, ERR_TOO_BIG, "a message of %zu bytes, at most %d can be sent",
			len, WIRE_BODY_MAX);
	header.n_parts = len == 0 ? 1 : (uint32_t)((len + PART_MAX - 1) / PART_MAX);
	for (; header.part < header.n_parts && !w->is_gone; header.part++) {
		size_t part_len = len < PART_MAX ? len : PART_MAX;
		enum sent sent =
			w->first != NULL ? SENT_LATER : send_part(w, &header, bytes, part_len, fd);

		if (sent == SENT_LATER && !queue_part(w, &header, bytes, part_len, fd, e))
			return false;
		w->is_gone = sent == SENT_NEVER; /* wire_flush says so */
		bytes = bytes == NULL ? NULL : bytes + part_len;
		len -= part_len;
		fd = -1; /* it goes with the first part */
	}
	return true;
}

bool wire_flush(struct wire *w, struct err *e)
{
	while (w->first != NULL && !w->is_gone) {
		struct queued *q = w->first;
		enum sent sent = send_part(w, &q->header, q->bytes, q->len, q->fd);

		if (sent == SENT_LATER)
			return true;
		w->is_gone = sent == SENT_NEVER;
		w->first = q->next;
		if (w->first == NULL)
			w->last = NULL;
		queued_free(q);
	}
	if (!w->is_gone)
		return true;
	queue_clear(w);
	return err_set(e, ERR_WORKER, "the other end of the wire is gone");
}

/* --- receiving --------------------------------------------------------------- */

static enum wire_got garbage(struct err *e, const char *what)
{
	err_set(e, ERR_WORKER, "%s", what);
	return WIRE_GOT_GARBAGE;
}

/* The one descriptor that may come along. */
static int take_fd(struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (control != NULL && control->cmsg_level == SOL_SOCKET &&
		control->cmsg_type == SCM_RIGHTS && control->cmsg_len >= CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	return fd;
}

/* A bare number is all that the handler of a trapped call sends: the sandbox knows no wire. */
static enum wire_got take_trapped(struct wire *w, size_t *out_len)
{
	*out_len = sizeof(w->received.type);
	memcpy(w->bytes, &w->received.type, *out_len);
	w->received = (struct header){.type = WIRE_TRAPPED, .n_parts = 1};
	w->next_part = 0; /* what was being sent has ended */
	return WIRE_GOT_MESSAGE;
}

/* Reads one part into w->received and w->bytes. */
static enum wire_got receive_part(struct wire *w, size_t *out_len, int *out_fd, struct err *e)
{
	struct iovec iov[2] = {
		{.iov_base = &w->received, .iov_len = sizeof(w->received)},
		{.iov_base = w->bytes, .iov_len = sizeof(w->bytes)},
	};
	union fd_space space;
	struct msghdr message = {
		.msg_iov = iov,
		.msg_iovlen = 2,
		.msg_control = space.bytes,
		/* not CMSG_SPACE, whose padding holds a second one: the kernel drops that and
		 * says MSG_CTRUNC */
		.msg_controllen = CMSG_LEN(sizeof(int)),
	};
	ssize_t n;

	/* ECONNRESET comes once, where the other end went with mail unread, and before its own last
	 * words: they are still to be had */
	do
		n = recvmsg(w->fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0 && errno == EAGAIN)
		return WIRE_GOT_NOTHING;
	if (n <= 0)
		return WIRE_GOT_END;

	SCOPED_CLOSE int fd = take_fd(&message);

	if ((message.msg_flags & MSG_TRUNC) != 0)
		return garbage(e, "an oversized message");
	if ((message.msg_flags & MSG_CTRUNC) != 0)
		return garbage(e, "a message with more than one descriptor");
	if ((size_t)n == sizeof(uint32_t))
		return take_trapped(w, out_len);
	if ((size_t)n < sizeof(w->received))
		return garbage(e, "a message too short for its header");
	*out_len = (size_t)n - sizeof(w->received);
	*out_fd = MOVE_FD(fd);
	return WIRE_GOT_MESSAGE;
}

/* Each part but the last is full, so that the number of parts bounds the whole. */
static const char *find_fault(const struct wire *w, size_t len, int fd)
{
	const struct header *h = &w->received;

	if (h->type >= WIRE_N_TYPES)
		return "a message of an unknown type";
	if (h->n_parts == 0 || h->n_parts > PARTS_MAX || h->part >= h->n_parts)
		return "a message with an impossible number of parts";
	if (h->part != w->next_part)
		return "parts of a message out of order";
	if (h->part + 1 < h->n_parts && len != PART_MAX)
		return "a part that is cut short";
	if (h->part == 0)
		return NULL;
	if (fd >= 0)
		return "a descriptor with a later part";
	if (h->type != w->whole.type || h->job_id != w->whole.job_id ||
		h->n_parts != w->whole.n_parts)
		return "parts of two messages mixed";
	return NULL;
}

static void hand_out(struct wire *w, const void *body, size_t len, int fd, struct wire_message *out)
{
	w->next_part = 0;
	*out = (struct wire_message){
		.type = (enum wire_type)w->received.type,
		.job_id = w->received.job_id,
		.body = body,
		.len = len,
		.fd = fd,
	};
}

enum wire_got wire_receive(struct wire *w, struct wire_message *out, struct err *e)
{
	for (;;) {
		SCOPED_CLOSE int fd = -1;
		size_t len = 0;
		enum wire_got got = receive_part(w, &len, &fd, e);

		if (got != WIRE_GOT_MESSAGE)
			return got;

		const char *fault = find_fault(w, len, fd);

		if (fault != NULL)
			return garbage(e, fault);
		if (w->received.n_parts == 1) {
			hand_out(w, w->bytes, len, MOVE_FD(fd), out);
			return WIRE_GOT_MESSAGE;
		}
		if (w->received.part == 0) {
			w->whole = w->received;
			w->part_fd = MOVE_FD(fd);
			buf_reset(&w->parts);
		}
		w->next_part++;
		if (!buf_put(&w->parts, w->bytes, len))
			return garbage(e, "a message over 8 MiB");
		if (w->next_part == w->whole.n_parts) {
			hand_out(w, w->parts.data, w->parts.len, MOVE_FD(w->part_fd), out);
			return WIRE_GOT_MESSAGE;
		}
	}
}

/* --- the first message ------------------------------------------------------- */

void wire_end_sending(struct wire *w)
{
	shutdown(w->fd, SHUT_WR);
}

bool wire_is_ended(const struct wire *w)
{
	struct pollfd polled = {.fd = w->fd, .events = POLLRDHUP};

	return poll(&polled, 1, 0) > 0 && (polled.revents & (POLLRDHUP | POLLHUP)) != 0;
}

void wire_start_pack(const struct wire_start *s, struct buf *out)
{
	pack_str(out, DEVUPD_VERSION); /* first, in every version to come */
	pack_str(out, s->proxy);
	pack_str(out, s->no_proxy);
	pack_str(out, s->github_token);
	pack_str(out, s->write_folder);
	pack_u8(out, s->with_network);
	pack_u8(out, s->is_owner);
	pack_str(out, s->user);
	pack_u8(out, s->change_user);
	pack_u32(out, s->uid);
	pack_u32(out, s->gid);
	pack_u64(out, s->timeout_ms);
	pack_u64(out, s->stall_ms);
	pack_u64(out, s->max_file_bytes);
	pack_u64(out, s->limit_rate);
	pack_u64(out, s->wait_budget_ms);
}

bool wire_start_unpack(struct unpack *u, struct wire_start *out)
{
	struct wire_start s = {0};

	unpack_str(u, s.version, sizeof(s.version));
	memcpy(out->version, s.version, sizeof(s.version));
	unpack_str(u, s.proxy, sizeof(s.proxy));
	unpack_str(u, s.no_proxy, sizeof(s.no_proxy));
	unpack_str(u, s.github_token, sizeof(s.github_token));
	unpack_str(u, s.write_folder, sizeof(s.write_folder));
	s.with_network = unpack_u8(u) != 0;
	s.is_owner = unpack_u8(u) != 0;
	unpack_str(u, s.user, sizeof(s.user));
	s.change_user = unpack_u8(u) != 0;
	s.uid = unpack_u32(u);
	s.gid = unpack_u32(u);
	s.timeout_ms = unpack_u64(u);
	s.stall_ms = unpack_u64(u);
	s.max_file_bytes = unpack_u64(u);
	s.limit_rate = unpack_u64(u);
	s.wait_budget_ms = unpack_u64(u);
	if (!unpack_is_done(u))
		return false;
	*out = s;
	return true;
}
