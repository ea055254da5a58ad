/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a script is told, and what the run behind sudo tells us. */
#include "report_world.h"

#include <string.h>

#include "updaters/lib/json.h"

/* --- the document ------------------------------------------------------------ */

static struct json *document_of(const struct world *w, int code, const struct err *error)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct json *document = NULL;
	struct err e = {0};

	report_document(&w->run, &w->o, code, error, out);
	fclose(out);
	ok(json_parse(text, len, &document, &e), &e);
	assert_int_equal(text[len - 1], '\n');
	free(text);
	return document;
}

static void has_keys(const struct json *value, const char *const *keys, size_t n)
{
	assert_int_equal(json_count(value), n);
	for (size_t i = 0; i < n; i++) {
		const char *key = NULL;

		json_item(value, i, &key);
		assert_string_equal(key, keys[i]);
	}
}

static void is_text(const struct json *value, const char *pointer, const char *expected)
{
	const char *text = json_text(json_at(value, pointer));

	if (!text_equal(text, expected))
		fail_msg("%s is %s, not %s", pointer, text != NULL ? text : "null",
			expected != NULL ? expected : "null");
}

static void every_field_is_there(void **state)
{
	static const char *const frame[] = {"schema", "run", "verb", "dry_run", "started",
		"finished", "host", "updaters", "error", "exit"};
	static const char *const fields[] = {"name", "kind", "outcome", "reason", "installed",
		"available", "source", "url", "size_bytes", "sha256", "sha256_from", "verified_by",
		"ms", "changes", "items", "error"};
	struct world *w = *state;

	add_positron(w)->result.ms = 412;
	add(w, "broken", OUTCOME_FAILED, "", "");
	fail_entry(&w->run.plan.entries[1], STEP_FIND, ERR_NO_MATCH, "nothing");

	SCOPED(json_free) struct json *d = document_of(w, 4, NULL);

	has_keys(d, frame, ARRAY_SIZE(frame));
	is_text(d, "/schema", "devupd/1");
	is_text(d, "/run", "019aa1b2c3d4-00112233");
	is_text(d, "/verb", "check");
	is_text(d, "/dry_run", "false");
	is_text(d, "/host/arch", "amd64");
	is_text(d, "/host/os", "linuxmint");
	is_text(d, "/host/os_version", "22");
	is_text(d, "/host/base", "noble");
	is_text(d, "/error", NULL);
	is_text(d, "/exit", "4");
	for (size_t i = 0; i < 2; i++)
		has_keys(json_item(json_at(d, "/updaters"), i, NULL), fields, ARRAY_SIZE(fields));
	is_text(d, "/updaters/0/name", "positron");
	is_text(d, "/updaters/0/kind", "deb");
	is_text(d, "/updaters/0/outcome", "available");
	is_text(d, "/updaters/0/reason", NULL);
	is_text(d, "/updaters/0/installed", "2026.08.0+331-1755790327");
	is_text(d, "/updaters/0/available", "2026.08.2+4");
	is_text(d, "/updaters/0/size_bytes", "569000000");
	is_text(d, "/updaters/0/sha256_from", "feed");
	is_text(d, "/updaters/0/verified_by", NULL);
	is_text(d, "/updaters/0/ms", "412");
	is_text(d, "/updaters/0/error", NULL);
	assert_true(json_is_list(json_at(d, "/updaters/0/changes")));
	is_text(d, "/updaters/1/kind", NULL);
	is_text(d, "/updaters/1/installed", NULL);
	is_text(d, "/updaters/1/size_bytes", NULL);
	is_text(d, "/updaters/1/error/code", "no-match");
	is_text(d, "/updaters/1/error/step", "find");
	is_text(d, "/updaters/1/error/text", "nothing");
}

static void changes_and_items(void **state)
{
	struct world *w = *state;
	struct result *r = &add_rstudio(w)->result;
	struct change *c = result_add_change(r);
	struct item *item = result_add_item(r);

	assert_true(text_copy(c->path, sizeof(c->path), "/opt/a"));
	assert_true(text_copy(c->to, sizeof(c->to), "/opt/b"));
	c = result_add_change(r);
	assert_true(text_copy(c->command, sizeof(c->command), "brew\x1flink\x1fpython@3.13"));
	item->outcome = OUTCOME_BROKEN;
	assert_true(text_copy(item->user, sizeof(item->user), "ana"));

	SCOPED(json_free) struct json *d = document_of(w, 0, NULL);

	is_text(d, "/updaters/0/changes/0/path", "/opt/a");
	is_text(d, "/updaters/0/changes/0/from", NULL);
	is_text(d, "/updaters/0/changes/0/to", "/opt/b");
	assert_int_equal(json_count(json_at(d, "/updaters/0/changes/1/command")), 3);
	is_text(d, "/updaters/0/changes/1/command/2", "python@3.13");
	is_text(d, "/updaters/0/items/0/user", "ana");
	is_text(d, "/updaters/0/items/0/path", NULL);
	is_text(d, "/updaters/0/items/0/outcome", "broken");
}

static void a_run_that_did_not_take_place(void **state)
{
	struct world *w = *state;
	struct err why = {0};

	err_set(&why, ERR_LOCK, "another devupd is at work");
	w->run.id[0] = '\0';
	w->run.host = (struct host){0};

	SCOPED(json_free) struct json *d = document_of(w, 8, &why);

	is_text(d, "/run", NULL);
	is_text(d, "/host/os", NULL);
	is_text(d, "/error/code", "lock");
	is_text(d, "/error/step", NULL);
	is_text(d, "/error/text", "another devupd is at work");
	is_text(d, "/exit", "8");
	assert_int_equal(json_count(json_at(d, "/updaters")), 0);
}

static struct json *own_document(const struct world *w, const char *body)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct json *document = NULL;
	struct err e = {0};

	report_own_document("list", &w->o, 0, NULL, body, out);
	fclose(out);
	ok(json_parse(text, len, &document, &e), &e);
	free(text);
	return document;
}

static void a_verbs_own_document(void **state)
{
	struct world *w = *state;
	SCOPED(json_free) struct json *d = own_document(w, "\"names\": [\"positron\"]");
	SCOPED(json_free) struct json *empty = own_document(w, "");

	is_text(d, "/schema", "devupd/1");
	is_text(d, "/verb", "list");
	is_text(d, "/names/0", "positron");
	is_text(d, "/error", NULL);
	is_text(d, "/exit", "0");
	is_text(empty, "/verb", "list");
}

/* --- and read back ----------------------------------------------------------- */

static bool read_back(struct world *w, const char *text, int *out_exit, struct err *e)
{
	*e = (struct err){0};
	return report_read_document(&w->run, text, strlen(text), out_exit, e);
}

static void results_come_back(void **state)
{
	struct world *w = *state;
	struct entry *positron = add_positron(w), *rstudio = add_rstudio(w);
	struct err e = {0};
	int code = -1;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	becomes(positron, OUTCOME_UPDATED, "2026.08.2+4-1755999999");
	positron->result.verified_by = VERIFIED_BY_SHA256;
	positron->result.ms = 7;
	fail_entry(rstudio, STEP_INSTALL, ERR_APT, "apt says no");
	report_document(&w->run, &w->o, 3, NULL, out);
	fclose(out);

	struct result kept = positron->result;

	becomes(positron, OUTCOME_AVAILABLE, "2026.08.0+331-1755790327");
	positron->result.verified_by = VERIFIED_BY_NONE;
	memset(&positron->result.release, 0, sizeof(positron->result.release));
	rstudio->result.outcome = OUTCOME_AVAILABLE;
	rstudio->result.error = (struct err){0};
	rstudio->result.step = STEP_NONE;
	ok(read_back(w, text, &code, &e), &e);
	free(text);
	assert_int_equal(code, 3);
	assert_int_equal(positron->result.outcome, OUTCOME_UPDATED);
	assert_string_equal(positron->result.installed, kept.installed);
	assert_string_equal(positron->result.available, kept.available);
	assert_int_equal(positron->result.verified_by, VERIFIED_BY_SHA256);
	assert_string_equal(positron->result.release.digests.sha256, kept.release.digests.sha256);
	assert_int_equal(positron->result.release.sha256_from, DIGEST_FROM_FEED);
	assert_int_equal(positron->result.release.size_bytes, 569000000);
	assert_string_equal(positron->result.release.source, kept.release.source);
	assert_int_equal(positron->result.ms, 7);
	assert_false(err_is_set(&positron->result.error));
	assert_int_equal(rstudio->result.outcome, OUTCOME_FAILED);
	assert_int_equal(rstudio->result.error.code, ERR_APT);
	assert_int_equal(rstudio->result.step, STEP_INSTALL);
	assert_string_equal(rstudio->result.error.text, "apt says no");
}

static void what_the_other_half_did_not_do(void **state)
{
	struct world *w = *state;
	struct entry *positron = add_positron(w), *rstudio = add_rstudio(w);
	struct err e = {0};
	int code = -1;

	rstudio->is_settled = true;
	ok(read_back(w,
		   "{\"updaters\": [], \"error\": {\"code\": \"audit\", \"step\": null, \"text\": "
		   "\"no log\"}, \"exit\": 1}",
		   &code, &e),
		&e);
	assert_int_equal(code, 1);
	assert_int_equal(positron->result.outcome, OUTCOME_FAILED);
	assert_int_equal(positron->result.error.code, ERR_AUDIT);
	assert_string_equal(positron->result.error.text, "no log");
	assert_int_equal(rstudio->result.outcome, OUTCOME_CURRENT);
	ok(read_back(w, "{\"updaters\": [], \"error\": null, \"exit\": 0}", &code, &e), &e);
	assert_int_equal(positron->result.outcome, OUTCOME_FAILED);
	assert_int_equal(positron->result.error.code, ERR_INTERNAL);
}

static void no_document(void **state)
{
	static const char *const texts[] = {
		"",
		"sudo: a password is required",
		"{",
		"[]",
		"{\"exit\": 0}",
		"{\"updaters\": {}, \"exit\": 0}",
		"{\"updaters\": []}",
		"{\"updaters\": [], \"exit\": 256}",
		"{\"updaters\": [], \"exit\": \"none\"}",
	};
	struct world *w = *state;
	struct entry *positron = add_positron(w);
	int code = -1;
	struct err e;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (read_back(w, texts[i], &code, &e))
			fail_msg("'%s' was taken", texts[i]);
		assert_int_equal(e.code, ERR_PARSE);
		assert_int_equal(code, -1);
		assert_int_equal(positron->result.outcome, OUTCOME_AVAILABLE);
	}
}

static void odd_values_are_failures(void **state)
{
	struct world *w = *state;
	struct entry *positron = add_positron(w);
	int code = -1;
	struct err e = {0};

	ok(read_back(w,
		   "{\"updaters\": [1, {\"name\": 7}, {\"name\": \"positron\", \"outcome\": "
		   "\"splendid\", \"sha256_from\": \"hearsay\", \"installed\": {}, \"error\": "
		   "{\"code\": \"odd\"}}], \"exit\": 0}",
		   &code, &e),
		&e);
	assert_int_equal(positron->result.outcome, OUTCOME_FAILED);
	assert_int_equal(positron->result.release.sha256_from, DIGEST_FROM_NONE);
	assert_string_equal(positron->result.installed, "");
	assert_int_equal(positron->result.error.code, ERR_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(every_field_is_there),
		WITH_WORLD(changes_and_items),
		WITH_WORLD(a_run_that_did_not_take_place),
		WITH_WORLD(a_verbs_own_document),
		WITH_WORLD(results_come_back),
		WITH_WORLD(what_the_other_half_did_not_do),
		WITH_WORLD(no_document),
		WITH_WORLD(odd_values_are_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
