/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the rows of the state mean: one pair or triple of functions a table. */
#include "updaters/state_query.h"

#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/text.h"

/* A name is all that some questions need. */
static struct query query_of(struct state *s, enum state_ask ask, const char *name)
{
	struct query q = query_start(s, ask);

	query_put_text(&q, name);
	return q;
}

static bool drop_by_name(
	struct state *s, enum state_ask ask, const char *name, bool *out_was_there, struct err *e)
{
	struct query q = query_of(s, ask, name);

	return query_run(&q, out_was_there, e);
}

/* --- documents --------------------------------------------------------------- */

struct documents {
	struct document *items;
	size_t n;
};

static void documents_clear(struct documents *list)
{
	for (size_t i = 0; i < list->n; i++)
		document_clear(&list->items[i]);
	free(list->items);
}

static bool documents_add(struct documents *list, struct query *q)
{
	struct document *grown = realloc(list->items, (list->n + 1) * sizeof(*grown));

	if (grown == NULL)
		return false;
	list->items = grown;

	struct document *d = &grown[list->n++];
	const void *bytes = NULL;

	*d = (struct document){0};
	query_text(q, 0, d->url, sizeof(d->url));
	query_text(q, 1, d->etag, sizeof(d->etag));
	query_text(q, 2, d->last_modified, sizeof(d->last_modified));
	d->fetched_unix_ms = query_int(q, 3);
	bytes = query_bytes(q, 4, &d->len);
	d->bytes = malloc(d->len + 1);
	if (d->bytes == NULL)
		return false;
	if (d->len > 0)
		memcpy(d->bytes, bytes, d->len);
	((char *)d->bytes)[d->len] = '\0';
	return true;
}

bool state_documents(struct state *s, const char *name, const char *recipe_digest,
	struct document **out, size_t *out_n, struct err *e)
{
	SCOPED_CLEAR(documents_clear) struct documents list = {0};
	struct query q = query_of(s, ASK_DOCUMENT_LIST, name);
	bool is_known = false;

	query_put_text(&q, recipe_digest);
	while (list.n < RECORD_ITEMS_MAX && query_next(&q)) {
		if (!documents_add(&list, &q))
			query_refuse(&q);
	}
	if (!query_end(&q, &is_known, e))
		return false;
	*out = is_known ? MOVE_PTR(list.items) : NULL;
	*out_n = is_known ? list.n : 0;
	if (is_known)
		list.n = 0;
	return true;
}

static bool documents_replace(struct state *s, const char *name, const char *recipe_digest,
	const struct document *documents, size_t n, struct err *e)
{
	if (!drop_by_name(s, ASK_DOCUMENT_DROP, name, NULL, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct query q = query_of(s, ASK_DOCUMENT_PUT, name);

		query_put_text(&q, recipe_digest);
		query_put_int(&q, (int64_t)i);
		query_put_text(&q, documents[i].url);
		query_put_text(&q, documents[i].etag);
		query_put_text(&q, documents[i].last_modified);
		query_put_int(&q, documents[i].fetched_unix_ms);
		query_put_bytes(&q, documents[i].bytes, documents[i].len);
		if (!query_run(&q, NULL, e))
			return false;
	}
	return true;
}

bool state_put_documents(struct state *s, const char *name, const char *recipe_digest,
	const struct document *documents, size_t n, struct err *e)
{
	/* all or nothing, also where the caller has no transaction of its own */
	bool is_inner = state_is_busy(s);

	if (!is_inner && !state_begin(s, e))
		return false;
	if (!documents_replace(s, name, recipe_digest, documents, n, e) ||
		(!is_inner && !state_commit(s, e))) {
		if (!is_inner)
			state_rollback(s);
		return false;
	}
	return true;
}

/* --- digests of first sight -------------------------------------------------- */

static struct query query_of_digest(struct state *s, enum state_ask ask, const char *package,
	const char *arch, const char *version)
{
	struct query q = query_of(s, ask, package);

	query_put_text(&q, arch);
	query_put_text(&q, version);
	return q;
}

bool state_first_digest(struct state *s, const char *package, const char *arch, const char *version,
	char out_hex[SHA256_HEX_SIZE], struct err *e)
{
	struct query q = query_of_digest(s, ASK_DIGEST_GET, package, arch, version);
	char hex[SHA256_HEX_SIZE] = "";
	bool is_known = false;

	if (query_next(&q))
		query_text(&q, 0, hex, sizeof(hex));
	if (!query_end(&q, &is_known, e))
		return false;
	text_copy_cut(out_hex, SHA256_HEX_SIZE, is_known ? hex : "");
	return true;
}

static bool put_digest(struct query q, const char *hex, struct err *e)
{
	query_put_text(&q, hex);
	return query_run(&q, NULL, e);
}

bool state_put_first_digest(struct state *s, const char *package, const char *arch,
	const char *version, const char *hex, struct err *e)
{
	return put_digest(query_of_digest(s, ASK_DIGEST_PUT, package, arch, version), hex, e);
}

bool state_change_first_digest(struct state *s, const char *package, const char *arch,
	const char *version, const char *hex, struct err *e)
{
	return put_digest(query_of_digest(s, ASK_DIGEST_CHANGE, package, arch, version), hex, e);
}

/* --- holds and skips --------------------------------------------------------- */

bool state_hold_get(
	struct state *s, const char *name, bool *out_found, struct state_hold *out, struct err *e)
{
	struct query q = query_of(s, ASK_HOLD_GET, name);
	struct state_hold hold = {0};
	bool is_known = false, has_row = query_next(&q);

	if (has_row) {
		text_copy_cut(hold.name, sizeof(hold.name), name);
		hold.until_unix_ms = query_int(&q, 0);
		hold.since_unix_ms = query_int(&q, 1);
		query_text(&q, 2, hold.reason, sizeof(hold.reason));
	}
	if (!query_end(&q, &is_known, e))
		return false;

	bool is_over = hold.until_unix_ms != 0 && hold.until_unix_ms <= clock_unix_ms();

	*out_found = has_row && is_known && !is_over;
	if (*out_found)
		*out = hold;
	return true;
}

bool state_hold_put(struct state *s, const struct state_hold *h, struct err *e)
{
	struct query q = query_of(s, ASK_HOLD_PUT, h->name);

	query_put_int(&q, h->until_unix_ms);
	query_put_int(&q, h->since_unix_ms);
	query_put_text(&q, h->reason);
	return query_run(&q, NULL, e);
}

bool state_hold_drop(struct state *s, const char *name, bool *out_was_there, struct err *e)
{
	return drop_by_name(s, ASK_HOLD_DROP, name, out_was_there, e);
}

bool state_skip_get(struct state *s, const char *name, struct state_skip *out, struct err *e)
{
	struct query q = query_of(s, ASK_SKIP_GET, name);
	struct state_skip skip = {0};
	bool is_known = false;

	if (query_next(&q)) {
		query_text(&q, 0, skip.exactly, sizeof(skip.exactly));
		query_text(&q, 1, skip.up_to, sizeof(skip.up_to));
	}
	if (!query_end(&q, &is_known, e))
		return false;
	*out = is_known ? skip : (struct state_skip){0};
	return true;
}

bool state_skip_put(struct state *s, const char *name, const struct state_skip *skip, struct err *e)
{
	struct query q = query_of(s, ASK_SKIP_PUT, name);

	query_put_text(&q, skip->exactly);
	query_put_text(&q, skip->up_to);
	return query_run(&q, NULL, e);
}

bool state_skip_drop(struct state *s, const char *name, bool *out_was_there, struct err *e)
{
	return drop_by_name(s, ASK_SKIP_DROP, name, out_was_there, e);
}

/* --- licences ---------------------------------------------------------------- */

bool state_license_get(struct state *s, const char *name, bool *out_found,
	struct state_license *out, struct err *e)
{
	struct query q = query_of(s, ASK_LICENSE_GET, name);
	struct state_license license = {0};
	bool is_known = false, has_row = query_next(&q);

	if (has_row) {
		text_copy_cut(license.name, sizeof(license.name), name);
		query_text(&q, 0, license.license, sizeof(license.license));
		query_text(&q, 1, license.url, sizeof(license.url));
		query_text(&q, 2, license.who, sizeof(license.who));
		license.uid = (uint32_t)query_int(&q, 3);
		license.when_unix_ms = query_int(&q, 4);
	}
	if (!query_end(&q, &is_known, e))
		return false;
	*out_found = has_row && is_known;
	if (*out_found)
		*out = license;
	return true;
}

bool state_license_put(struct state *s, const struct state_license *l, struct err *e)
{
	struct query q = query_of(s, ASK_LICENSE_PUT, l->name);

	query_put_text(&q, l->license);
	query_put_text(&q, l->url);
	query_put_text(&q, l->who);
	query_put_int(&q, l->uid);
	query_put_int(&q, l->when_unix_ms);
	return query_run(&q, NULL, e);
}

/* --- kept packages ----------------------------------------------------------- */

static void kept_read(struct query *q, struct state_kept *k)
{
	*k = (struct state_kept){0};
	query_text(q, 0, k->path, sizeof(k->path));
	query_text(q, 1, k->name, sizeof(k->name));
	query_text(q, 2, k->package, sizeof(k->package));
	query_text(q, 3, k->version, sizeof(k->version));
	query_text(q, 4, k->arch, sizeof(k->arch));
	query_text(q, 5, k->sha256, sizeof(k->sha256));
	k->size_bytes = (uint64_t)query_int(q, 6);
	k->when_unix_ms = query_int(q, 7);
	query_text(q, 8, k->url, sizeof(k->url));

	int64_t from = query_int(q, 9), by = query_int(q, 10);

	if (from < 0 || from >= DIGEST_FROM_N || by < 0 || by >= VERIFIED_BY_N) {
		query_refuse(q);
		return;
	}
	k->sha256_from = (enum digest_from)from;
	k->verified_by = (enum verified_by)by;
	k->was_installed = query_int(q, 11) != 0;
}

bool state_kept_list(
	struct state *s, const char *name, struct state_kept **out, size_t *out_n, struct err *e)
{
	SCOPED_FREE struct state_kept *list = NULL;
	struct query q = query_of(s, ASK_KEPT_LIST, name);
	bool is_known = false;
	size_t n = 0;

	while (n < RECORD_ITEMS_MAX && query_next(&q)) {
		struct state_kept *grown = realloc(list, (n + 1) * sizeof(*grown));

		if (grown == NULL) {
			query_refuse(&q);
			break;
		}
		list = grown;
		kept_read(&q, &list[n++]);
	}
	if (!query_end(&q, &is_known, e))
		return false;
	*out_n = is_known ? n : 0;
	*out = is_known ? MOVE_PTR(list) : NULL;
	return true;
}

bool state_kept_put(struct state *s, const struct state_kept *k, struct err *e)
{
	struct query q = query_of(s, ASK_KEPT_PUT, k->path);

	query_put_text(&q, k->name);
	query_put_text(&q, k->package);
	query_put_text(&q, k->version);
	query_put_text(&q, k->arch);
	query_put_text(&q, k->sha256);
	query_put_int(&q, (int64_t)k->size_bytes);
	query_put_int(&q, k->when_unix_ms);
	query_put_text(&q, k->url);
	query_put_int(&q, k->sha256_from);
	query_put_int(&q, k->verified_by);
	query_put_int(&q, k->was_installed);
	return query_run(&q, NULL, e);
}

bool state_kept_installed(struct state *s, const char *path, struct err *e)
{
	struct query q = query_of(s, ASK_KEPT_INSTALLED, path);

	return query_run(&q, NULL, e);
}

bool state_kept_drop(struct state *s, const char *path, struct err *e)
{
	return drop_by_name(s, ASK_KEPT_DROP, path, NULL, e);
}

/* --- what was seen, runs, the chain's head ----------------------------------- */

bool state_seen_get(struct state *s, const char *name, char out_version[DPKG_VERSION_MAX],
	int64_t *out_when_unix_ms, struct err *e)
{
	struct query q = query_of(s, ASK_SEEN_GET, name);
	char version[DPKG_VERSION_MAX] = "";
	bool is_known = false;
	int64_t when = 0;

	if (query_next(&q)) {
		query_text(&q, 0, version, sizeof(version));
		when = query_int(&q, 1);
	}
	if (!query_end(&q, &is_known, e))
		return false;
	text_copy_cut(out_version, DPKG_VERSION_MAX, is_known ? version : "");
	*out_when_unix_ms = is_known ? when : 0;
	return true;
}

bool state_seen_put(struct state *s, const char *name, const char *version, struct err *e)
{
	struct query q = query_of(s, ASK_SEEN_PUT, name);

	query_put_text(&q, version);
	query_put_int(&q, clock_unix_ms());
	return query_run(&q, NULL, e);
}

bool state_run_put(struct state *s, const struct state_run *r, struct err *e)
{
	struct query q = query_of(s, ASK_RUN_PUT, r->run);

	query_put_text(&q, r->verb);
	query_put_int(&q, r->started_unix_ms);
	query_put_int(&q, r->finished_unix_ms);
	query_put_int(&q, r->exit_code);
	if (!query_run(&q, NULL, e))
		return false;
	q = query_start(s, ASK_RUN_TRIM);
	return query_run(&q, NULL, e);
}

bool state_run_last(struct state *s, bool *out_found, struct state_run *out, struct err *e)
{
	struct query q = query_start(s, ASK_RUN_LAST);
	struct state_run run = {0};
	bool is_known = false, has_row = query_next(&q);

	if (has_row) {
		query_text(&q, 0, run.run, sizeof(run.run));
		query_text(&q, 1, run.verb, sizeof(run.verb));
		run.started_unix_ms = query_int(&q, 2);
		run.finished_unix_ms = query_int(&q, 3);
		run.exit_code = (int)query_int(&q, 4);
	}
	if (!query_end(&q, &is_known, e))
		return false;
	*out_found = has_row && is_known;
	if (*out_found)
		*out = run;
	return true;
}

bool state_head_get(struct state *s, uint64_t *out_seq, char out_hash[SHA256_HEX_SIZE],
	char **out_line, struct err *e)
{
	struct query q = query_start(s, ASK_HEAD_GET);
	SCOPED_FREE char *line = NULL;
	char hash[SHA256_HEX_SIZE] = "";
	bool is_known = false;
	uint64_t seq = 0;
	size_t len = 0;

	if (query_next(&q)) {
		const void *bytes = query_bytes(&q, 2, &len);

		seq = (uint64_t)query_int(&q, 0);
		query_text(&q, 1, hash, sizeof(hash));
		line = strndup(len > 0 ? bytes : "", len);
		if (line == NULL)
			query_refuse(&q);
	}
	if (!query_end(&q, &is_known, e))
		return false;
	*out_seq = is_known ? seq : 0;
	text_copy_cut(out_hash, SHA256_HEX_SIZE, is_known ? hash : "");
	*out_line = is_known && seq > 0 ? MOVE_PTR(line) : NULL;
	return true;
}

bool state_head_put(
	struct state *s, uint64_t seq, const char *hash, const char *line, struct err *e)
{
	/* inside a transaction it would not be on the disk before the line is */
	if (state_is_busy(s))
		return err_set(e, ERR_INTERNAL, "an audit record inside a transaction");

	struct query q = query_start(s, ASK_HEAD_PUT);

	query_put_int(&q, (int64_t)seq);
	query_put_text(&q, hash);
	query_put_bytes(&q, line, strlen(line));
	return query_run(&q, NULL, e);
}

bool state_start_get(struct state *s, struct state_start *out, struct err *e)
{
	struct query q = query_start(s, ASK_START_GET);
	struct state_start start = {0};
	bool is_known = false;

	if (query_next(&q)) {
		start.begins_at_seq = (uint64_t)query_int(&q, 0);
		start.current_begins_at_seq = (uint64_t)query_int(&q, 1);
		start.oldest = (uint64_t)query_int(&q, 2);
	}
	if (!query_end(&q, &is_known, e))
		return false;
	*out = is_known ? start : (struct state_start){0};
	return true;
}

bool state_start_put(struct state *s, const struct state_start *start, struct err *e)
{
	struct query q = query_start(s, ASK_START_PUT);

	query_put_int(&q, (int64_t)start->begins_at_seq);
	query_put_int(&q, (int64_t)start->current_begins_at_seq);
	query_put_int(&q, (int64_t)start->oldest);
	return query_run(&q, NULL, e);
}
