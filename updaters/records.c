/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/records.h"

#include <string.h>

#include "updaters/lib/list.h"

void result_drop_deeds(struct result *r)
{
	free(r->items);
	free(r->changes);
	free(r->also);
	r->items = NULL;
	r->changes = NULL;
	r->also = NULL;
	r->n_items = r->n_changes = r->n_also = 0;
}

/* Fewer of them is always possible: where realloc can't, the room stays as it is. */
static void *trimmed(void *list, size_t size_bytes)
{
	void *fewer = realloc(list, size_bytes);

	return fewer != NULL ? fewer : list;
}

void result_trim(struct result *r, size_t n_most)
{
	if (r->n_items > n_most) {
		r->n_items = n_most;
		r->items = trimmed(r->items, n_most * sizeof(*r->items));
	}
	if (r->n_changes > n_most) {
		r->n_changes = n_most;
		r->changes = trimmed(r->changes, n_most * sizeof(*r->changes));
	}
}

/* --- a result's life --------------------------------------------------------- */

void result_init(struct result *r)
{
	*r = (struct result){0};
}

void document_clear(struct document *d)
{
	free(d->bytes);
	*d = (struct document){0};
}

void result_clear(struct result *r)
{
	for (size_t i = 0; i < r->n_documents; i++)
		document_clear(&r->documents[i]);
	free(r->documents);
	free(r->replies);
	free(r->trace);
	free(r->also);
	free(r->changes);
	free(r->items);
	result_init(r);
}

bool result_fail(struct result *r, enum step step, const struct err *e)
{
	r->outcome = OUTCOME_FAILED;
	r->step = step;
	r->error = *e;
	return false;
}

#define DEFINE_ADD(noun, list)                                                                     \
	struct noun *result_add_##noun(struct result *r)                                           \
	{                                                                                          \
		struct noun *grown =                                                               \
			list_grow(r->list, r->n_##list, RECORD_ITEMS_MAX, sizeof(*grown));         \
                                                                                                   \
		if (grown == NULL)                                                                 \
			return NULL;                                                               \
		r->list = grown;                                                                   \
		return &r->list[r->n_##list++];                                                    \
	}
DEFINE_ADD(item, items)
DEFINE_ADD(change, changes)
DEFINE_ADD(also, also)
DEFINE_ADD(trace, trace)
DEFINE_ADD(document, documents)
DEFINE_ADD(reply, replies)
#undef DEFINE_ADD

/* --- packed ------------------------------------------------------------------ */

static void err_pack(const struct err *e, struct buf *out)
{
	pack_u32(out, (uint32_t)e->code);
	pack_u32(out, (uint32_t)e->sys_errno);
	pack_str(out, e->text);
}

static void err_unpack(struct unpack *u, struct err *out)
{
	out->code = (enum err_code)unpack_below(u, ERR_N_CODES);
	out->sys_errno = (int)unpack_below(u, INT32_MAX);
	unpack_str(u, out->text, sizeof(out->text));
}

void release_pack(const struct release *r, struct buf *out)
{
	pack_str(out, r->version);
	pack_str(out, r->raw_version);
	pack_str(out, r->url);
	pack_str(out, r->source);
	pack_str(out, r->digests.sha256);
	pack_str(out, r->digests.sha512);
	pack_u32(out, (uint32_t)r->sha256_from);
	pack_u64(out, r->size_bytes);
	pack_str(out, r->etag);
	pack_u64(out, (uint64_t)r->date_unix_ms);
}

void release_unpack(struct unpack *u, struct release *out)
{
	unpack_str(u, out->version, sizeof(out->version));
	unpack_str(u, out->raw_version, sizeof(out->raw_version));
	unpack_str(u, out->url, sizeof(out->url));
	unpack_str(u, out->source, sizeof(out->source));
	unpack_str(u, out->digests.sha256, sizeof(out->digests.sha256));
	unpack_str(u, out->digests.sha512, sizeof(out->digests.sha512));
	out->sha256_from = (enum digest_from)unpack_below(u, DIGEST_FROM_N);
	out->size_bytes = unpack_u64(u);
	unpack_str(u, out->etag, sizeof(out->etag));
	out->date_unix_ms = (int64_t)unpack_u64(u);
}

bool release_changed(const char *name, const char *version, const char *first_sha256,
	const char *now, struct err *e)
{
	char copy[ERR_TEXT_MAX]; /* it may be e's own text */

	text_copy_cut(copy, sizeof(copy), now);
	return err_set(e, ERR_CHANGED_BYTES,
		"%s %s had SHA-256 %s when first seen, %s: the bytes changed under the same "
		"version; ask the vendor, and only if they stand by it: devupd install %s=%s "
		"--reinstall",
		name, version, first_sha256, copy, name, version);
}

bool release_unlike_first_sight(
	const char *name, const struct release *r, const char *first_sha256, struct err *e)
{
	if (e->code == ERR_DIGEST && r->sha256_from == DIGEST_FROM_FIRST_SIGHT &&
		first_sha256[0] != '\0')
		release_changed(name, r->version, first_sha256, e->text, e);
	return false;
}

void document_pack(const struct document *d, struct buf *out)
{
	pack_str(out, d->url);
	pack_str(out, d->etag);
	pack_str(out, d->last_modified);
	pack_u64(out, (uint64_t)d->fetched_unix_ms);
	pack_blob(out, d->bytes, d->len);
}

bool document_unpack(struct unpack *u, struct document *out)
{
	struct document d = {0};

	unpack_str(u, d.url, sizeof(d.url));
	unpack_str(u, d.etag, sizeof(d.etag));
	unpack_str(u, d.last_modified, sizeof(d.last_modified));
	d.fetched_unix_ms = (int64_t)unpack_u64(u);

	const void *bytes = unpack_blob(u, &d.len);

	if (u->is_bad)
		return false;
	d.bytes = malloc(d.len + 1);
	if (d.bytes == NULL) {
		u->is_bad = true;
		return false;
	}
	memcpy(d.bytes, bytes, d.len);
	((char *)d.bytes)[d.len] = '\0'; /* so that text is a string, too */
	*out = d;
	return true;
}

/* Where there was no memory for one more, the reader is at its end. */
static bool is_missing(struct unpack *u, const void *added)
{
	u->is_bad = u->is_bad || added == NULL;
	return added == NULL;
}

static void item_pack(const struct item *i, struct buf *out)
{
	pack_str(out, i->user);
	pack_str(out, i->path);
	pack_str(out, i->state);
	pack_u32(out, (uint32_t)i->outcome);
	pack_str(out, i->text);
	pack_str(out, i->prefix);
	pack_str(out, i->minor);
	pack_str(out, i->noun);
	pack_u32(out, i->weight);
	pack_str(out, i->moves_from);
	pack_str(out, i->moves_to);
	pack_str(out, i->who);
	pack_str(out, i->runs);
	pack_str(out, i->version);
	pack_str(out, i->through);
}

static void item_unpack(struct unpack *u, struct item *out)
{
	if (is_missing(u, out))
		return;
	unpack_str(u, out->user, sizeof(out->user));
	unpack_str(u, out->path, sizeof(out->path));
	unpack_str(u, out->state, sizeof(out->state));
	out->outcome = (enum outcome)unpack_below(u, OUTCOME_N);
	unpack_str(u, out->text, sizeof(out->text));
	unpack_str(u, out->prefix, sizeof(out->prefix));
	unpack_str(u, out->minor, sizeof(out->minor));
	unpack_str(u, out->noun, sizeof(out->noun));
	out->weight = unpack_u32(u);
	unpack_str(u, out->moves_from, sizeof(out->moves_from));
	unpack_str(u, out->moves_to, sizeof(out->moves_to));
	unpack_str(u, out->who, sizeof(out->who));
	unpack_str(u, out->runs, sizeof(out->runs));
	unpack_str(u, out->version, sizeof(out->version));
	unpack_str(u, out->through, sizeof(out->through));
}

static void change_pack(const struct change *c, struct buf *out)
{
	pack_str(out, c->path);
	pack_str(out, c->from);
	pack_str(out, c->to);
	pack_str(out, c->command);
}

static void change_unpack(struct unpack *u, struct change *out)
{
	if (is_missing(u, out))
		return;
	unpack_str(u, out->path, sizeof(out->path));
	unpack_str(u, out->from, sizeof(out->from));
	unpack_str(u, out->to, sizeof(out->to));
	unpack_str(u, out->command, sizeof(out->command));
}

static void also_pack(const struct also *a, struct buf *out)
{
	pack_str(out, a->package);
	pack_str(out, a->from);
	pack_str(out, a->to);
}

static void also_unpack(struct unpack *u, struct also *out)
{
	if (is_missing(u, out))
		return;
	unpack_str(u, out->package, sizeof(out->package));
	unpack_str(u, out->from, sizeof(out->from));
	unpack_str(u, out->to, sizeof(out->to));
}

static void trace_pack(const struct trace *t, struct buf *out)
{
	pack_u32(out, (uint32_t)t->kind);
	pack_u32(out, (uint32_t)t->status);
	pack_u8(out, t->is_taken);
	pack_u8(out, t->is_cached);
	pack_u64(out, t->size_bytes);
	pack_u64(out, t->ms);
	pack_str(out, t->url);
	pack_str(out, t->text);
}

static void trace_unpack(struct unpack *u, struct trace *out)
{
	if (is_missing(u, out))
		return;
	out->kind = (enum trace_kind)unpack_below(u, TRACE_N_KINDS);
	out->status = (int)unpack_below(u, 1000);
	out->is_taken = unpack_u8(u) != 0;
	out->is_cached = unpack_u8(u) != 0;
	out->size_bytes = unpack_u64(u);
	out->ms = unpack_u64(u);
	unpack_str(u, out->url, sizeof(out->url));
	unpack_str(u, out->text, sizeof(out->text));
}

static void reply_pack(const struct reply *a, struct buf *out)
{
	pack_str(out, a->source);
	pack_str(out, a->reason);
}

static void reply_unpack(struct unpack *u, struct reply *out)
{
	if (is_missing(u, out))
		return;
	unpack_str(u, out->source, sizeof(out->source));
	unpack_str(u, out->reason, sizeof(out->reason));
}

static void lists_pack(const struct result *r, struct buf *out)
{
	pack_u32(out, (uint32_t)r->n_items);
	for (size_t i = 0; i < r->n_items; i++)
		item_pack(&r->items[i], out);
	pack_u32(out, (uint32_t)r->n_changes);
	for (size_t i = 0; i < r->n_changes; i++)
		change_pack(&r->changes[i], out);
	pack_u32(out, (uint32_t)r->n_also);
	for (size_t i = 0; i < r->n_also; i++)
		also_pack(&r->also[i], out);
	pack_u32(out, (uint32_t)r->n_trace);
	for (size_t i = 0; i < r->n_trace; i++)
		trace_pack(&r->trace[i], out);
	pack_u32(out, (uint32_t)r->n_documents);
	for (size_t i = 0; i < r->n_documents; i++)
		document_pack(&r->documents[i], out);
	pack_u32(out, (uint32_t)r->n_replies);
	for (size_t i = 0; i < r->n_replies; i++)
		reply_pack(&r->replies[i], out);
}

/* A count that lies costs nothing: each loop ends with the bytes. */
static void lists_unpack(struct unpack *u, struct result *out)
{
	const uint32_t limit = RECORD_ITEMS_MAX + 1;

	for (uint32_t n = unpack_below(u, limit); n > 0 && !u->is_bad; n--)
		item_unpack(u, result_add_item(out));
	for (uint32_t n = unpack_below(u, limit); n > 0 && !u->is_bad; n--)
		change_unpack(u, result_add_change(out));
	for (uint32_t n = unpack_below(u, limit); n > 0 && !u->is_bad; n--)
		also_unpack(u, result_add_also(out));
	for (uint32_t n = unpack_below(u, limit); n > 0 && !u->is_bad; n--)
		trace_unpack(u, result_add_trace(out));
	for (uint32_t n = unpack_below(u, limit); n > 0 && !u->is_bad; n--) {
		struct document *added = result_add_document(out);

		if (is_missing(u, added) || !document_unpack(u, added))
			return;
	}
	for (uint32_t n = unpack_below(u, limit); n > 0 && !u->is_bad; n--)
		reply_unpack(u, result_add_reply(out));
}

void result_pack(const struct result *r, struct buf *out)
{
	pack_u32(out, (uint32_t)r->outcome);
	pack_u32(out, (uint32_t)r->reason);
	pack_u32(out, (uint32_t)r->step);
	err_pack(&r->error, out);
	pack_str(out, r->text);
	pack_str(out, r->installed);
	pack_str(out, r->available);
	release_pack(&r->release, out);
	pack_u32(out, (uint32_t)r->verified_by);
	pack_u64(out, r->ms);
	lists_pack(r, out);
}

bool result_unpack(struct unpack *u, struct result *out, struct err *e)
{
	SCOPED_CLEAR(result_clear) struct result r = {0};

	r.outcome = (enum outcome)unpack_below(u, OUTCOME_N);
	r.reason = (enum reason)unpack_below(u, REASON_N);
	r.step = (enum step)unpack_below(u, STEP_N);
	err_unpack(u, &r.error);
	unpack_str(u, r.text, sizeof(r.text));
	unpack_str(u, r.installed, sizeof(r.installed));
	unpack_str(u, r.available, sizeof(r.available));
	release_unpack(u, &r.release);
	r.verified_by = (enum verified_by)unpack_below(u, VERIFIED_BY_N);
	r.ms = unpack_u64(u);
	lists_unpack(u, &r);
	if (u->is_bad)
		return err_set(e, ERR_WORKER, "a result that is cut off or out of bounds");
	*out = r;
	result_init(&r);
	return true;
}

/* --- jobs -------------------------------------------------------------------- */

void job_init(struct job *j)
{
	*j = (struct job){.fd = -1};
	buf_init(&j->input, RECORD_BYTES_MAX);
}

void job_clear(struct job *j)
{
	buf_clear(&j->input);
	job_init(j);
}

void job_pack(const struct job *j, struct buf *out)
{
	pack_u32(out, j->id);
	pack_str(out, j->kind);
	pack_str(out, j->name);
	pack_u32(out, (uint32_t)j->phase);
	pack_str(out, j->group);
	pack_blob(out, j->input.data, j->input.len);
}

bool job_unpack(struct unpack *u, struct job *out, struct err *e)
{
	SCOPED_CLEAR(job_clear) struct job j;
	size_t len = 0;

	job_init(&j);
	j.id = unpack_u32(u);
	unpack_str(u, j.kind, sizeof(j.kind));
	unpack_str(u, j.name, sizeof(j.name));
	j.phase = (enum phase)unpack_below(u, PHASE_N);
	unpack_str(u, j.group, sizeof(j.group));

	const void *input = unpack_blob(u, &len);

	if (u->is_bad || !buf_put(&j.input, input, len))
		return err_set(e, ERR_WORKER, "a job that is cut off or out of bounds");
	*out = j;
	job_init(&j);
	return true;
}
