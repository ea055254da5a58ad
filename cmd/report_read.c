/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The document of the run behind sudo, read back: it comes from our other half, yet is parsed as
 * any foreign text is. */
#include "cmd/report.h"

#include <string.h>

#include "updaters/lib/json.h"

static void read_text(const struct json *value, const char *pointer, char *out, size_t out_size)
{
	const char *text = json_text(json_at(value, pointer));

	text_copy_cut(out, out_size, text != NULL ? text : "");
}

/* The place of a token in one of records.h' lists; 0 where it is none of them. */
static int read_token(
	const struct json *value, const char *pointer, const char *(*token_of)(int), int n)
{
	const char *token = json_text(json_at(value, pointer));

	for (int i = 0; token != NULL && i < n; i++) {
		if (text_equal(token_of(i), token))
			return i;
	}
	return 0;
}

static const char *read_outcome_of(int i)
{
	return outcome_token((enum outcome)i);
}

static const char *read_reason_of(int i)
{
	return reason_token((enum reason)i);
}

static const char *read_step_of(int i)
{
	return step_token((enum step)i);
}

static const char *read_digest_of(int i)
{
	return digest_from_token((enum digest_from)i);
}

static const char *read_verifier_of(int i)
{
	return verified_by_token((enum verified_by)i);
}

static void read_error(const struct json *value, struct err *out)
{
	char code[32];

	*out = (struct err){0};
	if (!json_is_object(json_at(value, "/error")))
		return;
	read_text(value, "/error/code", code, sizeof(code));
	if (!err_code_find(code, &out->code))
		out->code = ERR_INTERNAL;
	read_text(value, "/error/text", out->text, sizeof(out->text));
}

static void read_items(const struct json *list, struct result *r)
{
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *value = json_item(list, i, NULL);
		struct item *item = result_add_item(r);

		if (item == NULL)
			return;
		read_text(value, "/user", item->user, sizeof(item->user));
		read_text(value, "/path", item->path, sizeof(item->path));
		read_text(value, "/state", item->state, sizeof(item->state));
		read_text(value, "/text", item->text, sizeof(item->text));
		item->outcome =
			(enum outcome)read_token(value, "/outcome", read_outcome_of, OUTCOME_N);
	}
}

static void read_entry(const struct json *value, struct result *r)
{
	char token[32];

	read_text(value, "/outcome", token, sizeof(token));
	if (!outcome_find(token, &r->outcome))
		r->outcome = OUTCOME_FAILED;
	r->reason = (enum reason)read_token(value, "/reason", read_reason_of, REASON_N);
	read_items(json_at(value, "/items"), r);
	read_text(value, "/installed", r->installed, sizeof(r->installed));
	read_text(value, "/available", r->available, sizeof(r->available));
	read_text(value, "/source", r->release.source, sizeof(r->release.source));
	read_text(value, "/url", r->release.url, sizeof(r->release.url));
	if (!json_u64(json_at(value, "/size_bytes"), &r->release.size_bytes))
		r->release.size_bytes = 0;
	read_text(value, "/sha256", r->release.digests.sha256, sizeof(r->release.digests.sha256));
	r->release.sha256_from =
		(enum digest_from)read_token(value, "/sha256_from", read_digest_of, DIGEST_FROM_N);
	r->verified_by = (enum verified_by)read_token(
		value, "/verified_by", read_verifier_of, VERIFIED_BY_N);
	if (!json_u64(json_at(value, "/ms"), &r->ms))
		r->ms = 0;
	r->text[0] = '\0';
	read_error(value, &r->error);
	r->step = (enum step)read_token(value, "/error/step", read_step_of, STEP_N);
}

static const struct json *read_find(const struct json *list, const char *name)
{
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *item = json_item(list, i, NULL);

		if (text_equal(json_text(json_at(item, "/name")), name))
			return item;
	}
	return NULL;
}

/* What was to be done and is not in the report was not done: by the report's own error, or for no
 * reason that it tells. */
static void read_missing(struct entry *entry, const struct err *why)
{
	struct err none = {0};

	if (entry->is_settled)
		return;
	err_set(&none, ERR_INTERNAL, "the run behind sudo says nothing of it");
	result_fail(&entry->result, STEP_APPLY, err_is_set(why) ? why : &none);
}

bool report_read_document(
	struct run *run, const char *raw, size_t len, int *out_exit, struct err *e)
{
	SCOPED(json_free) struct json *document = NULL;
	struct err why = {0};
	uint64_t code = 0;

	if (!json_parse(raw, len, &document, e))
		return err_within(e, "the report of the run behind sudo");

	const struct json *list = json_at(document, "/updaters");

	if (!json_is_list(list) || !json_u64(json_at(document, "/exit"), &code) || code > 255)
		return err_set(e, ERR_PARSE, "the run behind sudo wrote no report");
	read_error(document, &why);
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];
		const struct json *item = read_find(list, entry->name);

		if (item != NULL)
			read_entry(item, &entry->result);
		else
			read_missing(entry, &why);
	}
	*out_exit = (int)code;
	return true;
}
