/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results for a script: one JSON document (CONTRACT "JSON"). Every field is always there. */
#include "cmd/report.h"

#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/json.h"
#include "updaters/verdict.h"

enum { DOCUMENT_MAX = 16 << 20, COMMAND_SEPARATOR = '\x1f' };

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

static void document_command(struct json_writer *w, const char *command)
{
	char words[RECORD_TEXT_MAX];
	char *cursor = words;
	const char *word;

	text_copy_cut(words, sizeof(words), command);
	json_open(w, "command", '[');
	while ((word = text_next(&cursor, COMMAND_SEPARATOR)) != NULL)
		json_put_str(w, NULL, word);
	json_close(w, ']');
}

static void document_changes(struct json_writer *w, const struct result *r)
{
	json_open(w, "changes", '[');
	for (size_t i = 0; i < r->n_changes; i++) {
		const struct change *c = &r->changes[i];

		json_open(w, NULL, '{');
		if (c->command[0] != '\0') {
			document_command(w, c->command);
		} else {
			json_put_str(w, "path", c->path);
			json_put_known(w, "from", c->from);
			json_put_known(w, "to", c->to);
		}
		json_close(w, '}');
	}
	json_close(w, ']');
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
	json_put_known(w, "sha256", r->release.sha256);
	json_put_known(w, "sha256_from", digest_from_token(r->release.sha256_from));
	json_put_known(w, "verified_by", verified_by_token(r->verified_by));
	json_put_u64(w, "ms", r->ms);
	json_put_known(w, "text", r->text);
	document_changes(w, r);
	document_items(w, r);
	document_error(w, &r->error, r->step);
	json_close(w, '}');
}

static void document_host(struct json_writer *w, const struct host *h)
{
	json_open(w, "host", '{');
	json_put_known(w, "arch", h->arch);
	json_put_known(w, "os", h->os);
	json_put_known(w, "os_version", h->os_version);
	json_put_known(w, "base", h->base);
	json_close(w, '}');
}

static void document_time(struct json_writer *w, const char *key, int64_t unix_ms)
{
	char text[CLOCK_TEXT_MAX];

	clock_format(unix_ms, text, sizeof(text));
	json_put_str(w, key, text);
}

static void document_write(const struct buf *b, FILE *out)
{
	fputs(buf_str(b), out);
	fputc('\n', out);
	fflush(out);
}

void report_document(const struct run *run, const struct options *o, int exit_code,
	const struct err *error, FILE *out)
{
	struct json_writer w;
	struct buf b;

	buf_init(&b, DOCUMENT_MAX);
	json_writer_init(&w, &b);
	json_open(&w, NULL, '{');
	json_put_str(&w, "schema", "devupd/1");
	json_put_known(&w, "run", run->id);
	json_put_str(&w, "verb", run->setup.verb);
	json_put_bool(&w, "dry_run", o->dry_run);
	document_time(&w, "started", run->started_unix_ms);
	document_time(&w, "finished", clock_unix_ms());
	document_host(&w, &run->host);
	json_open(&w, "updaters", '[');
	for (size_t i = 0; i < run->plan.n_entries; i++)
		document_entry(&w, &run->plan.entries[i]);
	json_close(&w, ']');
	document_error(&w, error, STEP_NONE);
	json_put_u64(&w, "exit", (uint64_t)exit_code);
	json_close(&w, '}');
	document_write(&b, out);
	buf_clear(&b);
}

void report_own_document(const char *verb, const struct options *o, int exit_code,
	const struct err *error, const char *body, FILE *out)
{
	struct json_writer w;
	struct buf b;

	buf_init(&b, (size_t)DOCUMENT_MAX * 8);
	json_writer_init(&w, &b);
	json_open(&w, NULL, '{');
	json_put_str(&w, "schema", "devupd/1");
	json_put_str(&w, "verb", verb);
	json_put_bool(&w, "dry_run", o->dry_run);
	if (body[0] != '\0')
		buf_printf(&b, ", %s", body);
	document_error(&w, error, STEP_NONE);
	json_put_u64(&w, "exit", (uint64_t)exit_code);
	json_close(&w, '}');
	document_write(&b, out);
	buf_clear(&b);
}

/* --- and read back
 * ----------------------------------------------------------------------------------- */

static void read_text(const struct json *value, const char *pointer, char *out, size_t out_size)
{
	const char *text = json_text(json_at(value, pointer));

	text_copy_cut(out, out_size, text != NULL ? text : "");
}

static void read_error(const struct json *value, struct result *r)
{
	char code[32], step[32];

	r->error = (struct err){0};
	if (json_text(json_at(value, "/error/code")) == NULL)
		return;
	read_text(value, "/error/code", code, sizeof(code));
	read_text(value, "/error/step", step, sizeof(step));
	if (!err_code_find(code, &r->error.code))
		r->error.code = ERR_INTERNAL;
	read_text(value, "/error/text", r->error.text, sizeof(r->error.text));
	for (int i = 0; i < STEP_N; i++) {
		if (text_equal(step_token((enum step)i), step))
			r->step = (enum step)i;
	}
}

static void read_entry(const struct json *value, struct result *r)
{
	char token[32];

	read_text(value, "/outcome", token, sizeof(token));
	if (!outcome_find(token, &r->outcome))
		r->outcome = OUTCOME_FAILED;
	read_text(value, "/installed", r->installed, sizeof(r->installed));
	read_text(value, "/available", r->available, sizeof(r->available));
	read_text(value, "/url", r->release.url, sizeof(r->release.url));
	read_text(value, "/text", r->text, sizeof(r->text));
	read_text(value, "/sha256", r->release.sha256, sizeof(r->release.sha256));
	read_text(value, "/sha256_from", token, sizeof(token));
	for (int i = 0; i < DIGEST_FROM_N; i++) {
		if (text_equal(digest_from_token((enum digest_from)i), token))
			r->release.sha256_from = (enum digest_from)i;
	}
	read_text(value, "/verified_by", token, sizeof(token));
	for (int i = 0; i < VERIFIED_BY_N; i++) {
		if (text_equal(verified_by_token((enum verified_by)i), token))
			r->verified_by = (enum verified_by)i;
	}
	if (!json_u64(json_at(value, "/size_bytes"), &r->release.size_bytes))
		r->release.size_bytes = 0;
	read_error(value, r);
}

bool report_read_document(
	struct run *run, const char *raw, size_t len, int *out_exit, struct err *e)
{
	SCOPED(json_free) struct json *document = NULL;
	uint64_t code = 0;

	if (!json_parse(raw, len, &document, e))
		return err_within(e, "the report of the run behind sudo");

	const struct json *list = json_at(document, "/updaters");

	if (!json_is_list(list) || !json_u64(json_at(document, "/exit"), &code) || code > 255)
		return err_set(e, ERR_PARSE, "the run behind sudo wrote no report");
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *item = json_item(list, i, NULL);
		const char *name = json_text(json_at(item, "/name"));

		for (size_t k = 0; name != NULL && k < run->plan.n_entries; k++) {
			if (text_equal(run->plan.entries[k].name, name))
				read_entry(item, &run->plan.entries[k].result);
		}
	}
	*out_exit = (int)code;
	return true;
}
