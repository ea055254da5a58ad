/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "updaters/deb/deb_control.h"
#include "updaters/deb/members.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/debfile.h"

/* All is done at begin: there is nothing to ask the net for. */
struct verify {
	struct task task; /* first */
	struct result result;
};

static bool check_size(const struct deb_verify *in, uint64_t size_bytes, struct err *e)
{
	return in->size_bytes == 0 || in->size_bytes == size_bytes ||
	       err_set(e, ERR_STRUCTURE, "the file has %" PRIu64 " bytes, expected were %" PRIu64,
		       size_bytes, in->size_bytes);
}

/*
 * Who is told how far a file was read. It is read twice, and unpacked the second time: that takes
 * longer by far.
 */
enum { HASHED_PART = 8 /* of the way, 1 in so many */ };
struct verify_teller {
	const struct worker_host *host;
	uint32_t job_id;
	uint64_t size_bytes;  /* 0 = not known */
	uint64_t begun_bytes; /* where the second reading begins to count */
};

static void verify_tell(const struct verify_teller *teller, uint64_t done_bytes)
{
	if (teller->host->progress != NULL)
		teller->host->progress(
			teller->host->user, teller->job_id, done_bytes, teller->size_bytes);
}

static void verify_hashed(void *user, uint64_t done_bytes)
{
	verify_tell(user, done_bytes / HASHED_PART);
}

static void verify_unpacked(void *user, uint64_t done_bytes)
{
	const struct verify_teller *teller = user;

	verify_tell(teller, teller->begun_bytes + done_bytes - done_bytes / HASHED_PART);
}

static bool member_add(void *user, const char *name, uint64_t offset, uint64_t size_bytes)
{
	struct members *list = user;
	struct member *m = &list->items[list->n_items];

	if (list->n_items == MEMBERS_MAX || !text_copy(m->name, sizeof(m->name), name))
		return false;
	m->offset = offset;
	m->size_bytes = size_bytes;
	list->n_items++;
	return true;
}

/* Where a signature has to be checked, the parent needs to know what it may be over. */
static bool verify_list(const struct deb_verify *in, int fd, struct result *out, struct err *e)
{
	struct members list = {0};

	if (in->recipe->signature_keys.n_items == 0)
		return true;
	return debfile_each(fd, member_add, &list, e) &&
	       (members_put(&list, out) || err_set(e, ERR_INTERNAL, "out of memory"));
}

static bool verify_file(const struct deb_verify *in, int fd, struct verify_teller *teller,
	struct release *out, struct err *e)
{
	const struct digest_watch watch = {.on_read = verify_hashed, .user = teller};
	const struct debfile_look look = {.on_read = verify_unpacked, .user = teller};
	struct digests expected = {0};
	struct dpkg_control control = {0};

	memcpy(expected.sha256, in->sha256, sizeof(expected.sha256));
	if (!digests_of_fd(fd, &expected, &watch, &out->digests, &out->size_bytes, e) ||
		!check_size(in, out->size_bytes, e) ||
		!digests_check(&expected, &out->digests, "the file", e))
		return false;
	teller->begun_bytes = out->size_bytes / HASHED_PART;
	if (!debfile_check(fd, &look, &control, e) ||
		!deb_control_check(in->recipe, in->version, &control, e))
		return false;
	verify_tell(teller, out->size_bytes);
	text_copy_cut(out->version, sizeof(out->version), control.version);
	return true;
}

static bool verify_next(struct task *task, struct http_request *out)
{
	(void)task;
	(void)out;
	return false;
}

static void verify_feed(struct task *task, const struct http_response *r, const struct err *e)
{
	(void)task;
	(void)r;
	(void)e;
}

static void verify_result(struct task *task, struct result *out)
{
	struct verify *t = (struct verify *)task;

	*out = t->result;
	result_init(&t->result);
}

static void verify_free(struct task *task)
{
	struct verify *t = (struct verify *)task;

	result_clear(&t->result);
	free(t);
}

static const struct task_ops verify_ops = {
	.next = verify_next,
	.feed = verify_feed,
	.result = verify_result,
	.free = verify_free,
};

bool verify_begin(
	const struct job *job, const struct worker_host *host, struct task **out, struct err *e)
{
	SCOPED_CLEAR(deb_verify_clear) struct deb_verify in = {0};
	SCOPED_CLOSE int fd = job->fd;
	const uint64_t started_ms = clock_now_ms();
	struct unpack u;
	struct verify *t;
	struct err why = {0};

	unpack_init(&u, job->input.data, job->input.len);
	if (!deb_verify_unpack(&u, &in, e))
		return false;
	if (fd < 0)
		return err_set(e, ERR_WORKER, "no file came with the job to verify it");
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	t->task.ops = &verify_ops;
	result_init(&t->result);

	struct verify_teller teller = {
		.host = host, .job_id = job->id, .size_bytes = in.size_bytes};

	if (verify_file(&in, fd, &teller, &t->result.release, &why) &&
		verify_list(&in, fd, &t->result, &why))
		t->result.outcome = OUTCOME_DOWNLOADED;
	else
		result_fail(&t->result, STEP_VERIFY, &why);
	t->result.ms = clock_now_ms() - started_ms;
	*out = &t->task;
	return true;
}
