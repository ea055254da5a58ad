/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages between devupd and its workers over one SOCK_SEQPACKET: at most 32 KiB each; what is
 * longer goes in numbered parts, at most 8 MiB together; a message may carry one descriptor. Both
 * ends are non-blocking and keep what could not be sent yet in a queue of their own.
 */
#ifndef DEVUPD_UPDATERS_WIRE_H
#define DEVUPD_UPDATERS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/err.h"
#include "updaters/lib/proxy.h"
#include "updaters/lib/text.h"
#include "updaters/records.h"

enum { WIRE_MESSAGE_MAX = 32 << 10, WIRE_BODY_MAX = 8 << 20, WIRE_FD = 3 };

enum wire_type {
	WIRE_START,    /* to the worker: struct wire_start; the cage closes on it */
	WIRE_JOB,      /* to the worker: a packed job (descriptor: job.fd) */
	WIRE_READY,    /* from the worker: caged; empty */
	WIRE_PROGRESS, /* from the worker: job id, u64 done_bytes, u64 total_bytes (0 = unknown) */
	WIRE_PAGE, /* from the worker: job id, address; descriptor: a sealed memfd with the page */
	WIRE_WAIT, /* from the worker: job id, u64 wait_ms, why it waits */
	WIRE_RESULT,  /* from the worker: job id, a packed result */
	WIRE_TRAPPED, /* from the worker's SIGSYS handler: u32 call number */
	WIRE_N_TYPES
};

/* What every worker of a run is told first. */
struct wire_start {
	char version[64]; /* of the devupd that packed it, whatever is written here before */
	char proxy[PROXY_MAX];
	char no_proxy[PROXY_SPARED_MAX];
	char github_token[256]; /* "" = none */
	char write_folder[512]; /* staging; "" = may write nowhere */
	bool with_network;
	bool is_owner; /* no cage: it is that person, and never root */
	char user[64]; /* is_owner: whose groups it takes */
	bool change_user;
	uint32_t uid, gid;
	uint64_t timeout_ms, stall_ms; /* one request; no byte for */
	uint64_t max_file_bytes;
	uint64_t limit_rate;
	uint64_t wait_budget_ms; /* for other tries; 0 = none is made */
};
void wire_start_pack(const struct wire_start *s, struct buf *out);
/* false: it can't be read; its version is there all the same, "" = not even that. */
bool wire_start_unpack(struct unpack *u, struct wire_start *out) MUST_CHECK;

struct wire_message {
	enum wire_type type;
	uint32_t job_id;
	const void *body; /* borrowed until the next receive */
	size_t len;
	int fd; /* -1 = none; the receiver's */
};

struct wire; /* one end */
bool wire_new(int fd, struct wire **out,
	struct err *e) MUST_CHECK; /* takes fd over, makes it non-blocking */
void wire_free(struct wire *w);
DEFINE_SCOPED(struct wire *, wire_free);
int wire_fd(const struct wire *w);

/* Queue a message (fd is duplicated where it can't go at once). Fails: ERR_TOO_BIG, ERR_INTERNAL */
bool wire_send(struct wire *w, enum wire_type type, uint32_t job_id, const void *body, size_t len,
	int fd, struct err *e) MUST_CHECK;
/* Send what is queued, as far as the socket takes it. Fails: ERR_WORKER (the other end is gone) */
bool wire_flush(struct wire *w, struct err *e) MUST_CHECK;
bool wire_has_queue(const struct wire *w);
/* The other end hears the end of the wire, and may still say what it has to say. */
void wire_end_sending(struct wire *w);
/* Has the other end ended its sending? Asked without reading; what waits to be read is no end. */
bool wire_is_ended(const struct wire *w);

enum wire_got { WIRE_GOT_MESSAGE, WIRE_GOT_NOTHING, WIRE_GOT_END, WIRE_GOT_GARBAGE };
/* WIRE_GOT_NOTHING: nothing whole there now. WIRE_GOT_GARBAGE: short, oversized, unknown, parts out
 * of order (e says what). */
enum wire_got wire_receive(struct wire *w, struct wire_message *out, struct err *e);

#endif
