/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results for a script: one JSON document (CONTRACT "JSON"). Every field is always there. */
#include "cmd/report.h"

#include <string.h>

#include "cmd/report_line.h"
#include "updaters/changes.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/json.h"

enum { DOCUMENT_MAX = 16 << 20, OWN_DOCUMENT_MAX = 128 << 20 };

static void document_error(struct json_writer *w, const struct err *e, enum step step)
{
	if (e == NULL || !err_is_set(e)) {
		json_put_null(w, "error");
		return;
	}
	json_open(w, "error", '{');
	json_put_str(w, "code", err_token(e->code));
	json_put_known(w, "step", step_token(step));
	json_put_str(w, "text", e->text);
	json_close(w, '}');
}

static void document_items(struct json_writer *w, const struct result *r)
{
	json_open(w, "items", '[');
	for (size_t i = 0; i < r->n_items; i++) {
		const struct item *item = &r->items[i];

		json_open(w, NULL, '{');
		json_put_known(w, "user", item->user);
		json_put_known(w, "path", item->path);
		json_put_known(w, "state", item->state);
		json_put_str(w, "outcome", outcome_token(item->outcome));
		json_put_known(w, "text", item->text);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void document_entry(struct json_writer *w, const struct entry *entry)
{
	const struct result *r = &entry->result;

	json_open(w, NULL, '{');
	json_put_str(w, "name", entry->name);
	json_put_known(w, "kind", entry->recipe != NULL ? entry->recipe->kind : NULL);
	json_put_str(w, "outcome", outcome_token(r->outcome));
	json_put_known(w, "reason", reason_token(r->reason));
	json_put_known(w, "installed", r->installed);
	json_put_known(w, "available", r->available);
	json_put_known(w, "source", r->release.source);
	json_put_known(w, "url", r->release.url);
	if (r->release.size_bytes > 0)
		json_put_u64(w, "size_bytes", r->release.size_bytes);
	else
		json_put_null(w, "size_bytes");
	json_put_known(w, "sha256", r->release.digests.sha256);
	json_put_known(w, "sha256_from", digest_from_token(r->release.sha256_from));
	json_put_known(w, "verified_by", verified_by_token(r->verified_by));
	json_put_u64(w, "ms", r->ms);
	changes_put(w, r);
	document_items(w, r);
	document_error(w, &r->error, r->step);
	json_close(w, '}');
}

static void document_updaters(struct json_writer *w, const struct plan *plan)
{
	json_open(w, "updaters", '[');
	for (size_t i = 0; i < plan->n_entries; i++)
		document_entry(w, &plan->entries[i]);
	json_close(w, ']');
}

static void document_end(struct json_writer *w, const struct err *error, int exit_code)
{
	document_error(w, error, STEP_NONE);
	json_put_u64(w, "exit", (uint64_t)exit_code);
	json_close(w, '}');
}

static void document_make(const struct run *run, const struct options *o, const struct plan *plan,
	int exit_code, const struct err *error, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_open(&w, NULL, '{');
	json_put_str(&w, "schema", "devupd/1");
	json_put_known(&w, "run", run->id);
	json_put_str(&w, "verb", run->setup.verb);
	json_put_bool(&w, "dry_run", o->dry_run);
	report_put_time(&w, "started", run->started_unix_ms);
	report_put_time(&w, "finished", clock_unix_ms());
	report_put_host(&w, &run->host);
	document_updaters(&w, plan);
	document_end(&w, error, exit_code);
}

static void document_make_own(const char *verb, const struct options *o, const char *body,
	int exit_code, const struct err *error, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_open(&w, NULL, '{');
	json_put_str(&w, "schema", "devupd/1");
	json_put_str(&w, "verb", verb);
	json_put_bool(&w, "dry_run", o->dry_run);
	if (body[0] != '\0')
		buf_printf(out, ", %s", body);
	document_end(&w, error, exit_code);
}

static void document_write(const struct buf *b, FILE *out)
{
	fputs(buf_str(b), out);
	fputc('\n', out);
	fflush(out);
}

/* Half a document is none: one that outgrew its limit says so instead. */
static const struct err *document_restart(struct buf *b, struct err *e)
{
	buf_clear(b);
	buf_init(b, DOCUMENT_MAX);
	err_set(e, ERR_TOO_BIG, "the report is over its limit: ask for single names");
	return e;
}

void report_document(const struct run *run, const struct options *o, int exit_code,
	const struct err *error, FILE *out)
{
	struct buf b;
	struct err too_big = {0};

	buf_init(&b, DOCUMENT_MAX);
	document_make(run, o, &run->plan, exit_code, error, &b);
	if (b.is_full) {
		error = document_restart(&b, &too_big);
		document_make(run, o, &(struct plan){0}, exit_code, error, &b);
	}
	document_write(&b, out);
	buf_clear(&b);
}

void report_own_document(const char *verb, const struct options *o, int exit_code,
	const struct err *error, const char *body, FILE *out)
{
	struct buf b;
	struct err too_big = {0};

	buf_init(&b, OWN_DOCUMENT_MAX);
	document_make_own(verb, o, body, exit_code, error, &b);
	if (b.is_full) {
		error = document_restart(&b, &too_big);
		document_make_own(verb, o, "", exit_code, error, &b);
	}
	document_write(&b, out);
	buf_clear(&b);
}
