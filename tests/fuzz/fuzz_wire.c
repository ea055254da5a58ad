/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as what the other end of the wire sends: messages, each behind its length in two
 * bytes; and the whole as each of the forms that a message holds. What is read is packed and read
 * again, and must come out the same.
 */
#include "target.h"

#include <errno.h>
#include <sys/socket.h>

#include "updaters/deb/deb_job.h"
#include "updaters/deb/finding.h"
#include "updaters/wire.h"

enum { MESSAGES_MAX = 64, PACKED_MAX = 16 << 20 };

/* --- forms ------------------------------------------------------------------- */

/* Reads the bytes, and packs what it read. false: refused. */
typedef bool taker(const void *bytes, size_t len, struct buf *out);

static bool take_result(const void *bytes, size_t len, struct buf *out)
{
	SCOPED_CLEAR(result_clear) struct result r;
	struct err e = {0};
	struct unpack u;

	result_init(&r);
	unpack_init(&u, bytes, len);
	if (!result_unpack(&u, &r, &e)) {
		must_be_told(&e);
		must(r.n_items + r.n_trace + r.n_documents + r.n_changes == 0, "half taken");
		return false;
	}
	/* what tables are asked with */
	must(outcome_token(r.outcome) != NULL && err_token(r.error.code) != NULL, "no such token");
	must(r.reason < REASON_N && r.step < STEP_N && r.verified_by < VERIFIED_BY_N,
		"no such row");
	result_pack(&r, out);
	return unpack_is_done(&u);
}

static bool take_job(const void *bytes, size_t len, struct buf *out)
{
	SCOPED_CLEAR(job_clear) struct job j;
	struct err e = {0};
	struct unpack u;

	job_init(&j);
	unpack_init(&u, bytes, len);
	if (!job_unpack(&u, &j, &e)) {
		must_be_told(&e);
		return false;
	}
	must(j.phase < PHASE_N && j.fd == -1, "a job that is none");
	job_pack(&j, out);
	return unpack_is_done(&u);
}

static bool take_start(const void *bytes, size_t len, struct buf *out)
{
	struct wire_start s = {0};
	struct unpack u;

	unpack_init(&u, bytes, len);
	if (!wire_start_unpack(&u, &s))
		return false;
	wire_start_pack(&s, out);
	return unpack_is_done(&u);
}

static bool take_finding(const void *bytes, size_t len, struct buf *out)
{
	SCOPED_CLEAR(finding_clear) struct finding f = {0};

	if (!finding_unpack(bytes, len, &f)) {
		must(f.n_entries == 0, "half taken");
		return false;
	}
	finding_pack(&f, out);
	return true;
}

static bool take_recipe(const void *bytes, size_t len, struct buf *out)
{
	SCOPED(recipe_free) struct recipe *r = NULL;
	struct err e = {0};
	struct unpack u;

	unpack_init(&u, bytes, len);
	if (!recipe_unpack(&u, &r, &e)) {
		must_be_told(&e);
		must(r == NULL, "half taken");
		return false;
	}
	recipe_pack(r, out);
	return unpack_is_done(&u);
}

/* The three inputs of the deb kind differ in their names alone. */
#define TAKE_DEB(phase)                                                                            \
	static bool take_##phase(const void *bytes, size_t len, struct buf *out)                   \
	{                                                                                          \
		SCOPED_CLEAR(deb_##phase##_clear) struct deb_##phase in = {0};                     \
		struct err e = {0};                                                                \
		struct unpack u;                                                                   \
                                                                                                   \
		unpack_init(&u, bytes, len);                                                       \
		if (!deb_##phase##_unpack(&u, &in, &e)) {                                          \
			must_be_told(&e);                                                          \
			must(in.recipe == NULL, "half taken");                                     \
			return false;                                                              \
		}                                                                                  \
		deb_##phase##_pack(&in, out);                                                      \
		return true;                                                                       \
	}
TAKE_DEB(inspect)
TAKE_DEB(fetch)
TAKE_DEB(verify)
#undef TAKE_DEB

static void try_form(taker *take, const void *bytes, size_t len)
{
	SCOPED_CLEAR(buf_clear) struct buf once = {0}, twice = {0};

	buf_init(&once, PACKED_MAX);
	buf_init(&twice, PACKED_MAX);
	if (!take(bytes, len, &once))
		return;
	must(!once.is_full && take(buf_str(&once), once.len, &twice), "packed, it is refused");
	must(once.len == twice.len && memcmp(buf_str(&once), buf_str(&twice), once.len) == 0,
		"packed and read, it is another one");
}

/* --- messages ---------------------------------------------------------------- */

/* Sends one of them; returns how many bytes of the input it took. */
static size_t send_one(int fd, const uint8_t *data, size_t size)
{
	size_t len = size < 2 ? 0 : (size_t)data[0] | (size_t)data[1] << 8;

	if (size <= 2)
		return size;
	len = len < size - 2 ? len : size - 2;
	/* what finds no room is lost */
	must(send(fd, data + 2, len, MSG_DONTWAIT) >= 0 || errno == EAGAIN, "nothing can be sent");
	return 2 + len;
}

static void receive_all(struct wire *w)
{
	struct wire_message message = {.fd = -1};
	enum wire_got got;
	struct err e = {0};

	for (int i = 0; i < 2 * MESSAGES_MAX; i++) {
		got = wire_receive(w, &message, &e);
		if (got != WIRE_GOT_MESSAGE)
			break;
		must(message.type < WIRE_N_TYPES && message.len <= WIRE_BODY_MAX && message.fd < 0,
			"a message that is none");
		if (message.type == WIRE_RESULT)
			try_form(take_result, message.body, message.len);
	}
	if (got == WIRE_GOT_GARBAGE)
		must_be_told(&e);
}

static void try_messages(const uint8_t *data, size_t size)
{
	int ends[2];
	SCOPED(wire_free) struct wire *w = NULL;
	struct err e = {0};

	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "no socket");
	SCOPED_CLOSE int other = ends[1];

	must(wire_new(ends[0], &w, &e), e.text);
	for (size_t n = 0; size > 0 && n < MESSAGES_MAX; n++) {
		size_t taken = send_one(other, data, size);

		data += taken;
		size -= taken;
	}
	receive_all(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static taker *const takers[] = {take_result, take_job, take_start, take_finding,
		take_recipe, take_inspect, take_fetch, take_verify};
	SCOPED_FREE char *bytes = bytes_of(data, size);

	try_messages(data, size);
	for (size_t i = 0; i < ARRAY_SIZE(takers); i++)
		try_form(takers[i], bytes, size);
	return 0;
}
