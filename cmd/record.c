/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/record.h"

#include <stdio.h>

#include "cmd/report.h"
#include "cmd/session.h"
#include "cmd/sudo.h"
#include "cmd/terminal.h"
#include "updaters/lib/json.h"
#include "updaters/lib/log.h"
#include "updaters/verdict.h"

enum { SAID_MAX = 1024 };

static void record_tell(
	const struct options *o, const char *verb, int code, const struct err *e, const char *said)
{
	struct json_writer w;
	struct buf body;

	if (!o->json) {
		if (e != NULL)
			log_error("%s", e->text);
		else
			puts(said);
		return;
	}
	buf_init(&body, 4 * SAID_MAX);
	json_writer_init(&w, &body);
	json_put_known(&w, "text", said);
	report_own_document(verb, o, code, e, buf_str(&body), stdout);
	buf_clear(&body);
}

/* The document of the other half is ours: what went wrong, its stderr has said to a person. */
static bool record_pass_on(const struct options *o, const struct buf *raw, struct err *e)
{
	SCOPED(json_free) struct json *document = NULL;
	const char *said;

	if (!json_parse(buf_str(raw), raw->len, &document, e) ||
		!text_equal(json_text(json_at(document, "/schema")), "devupd/1"))
		return err_set(e, ERR_ROOT, "the run behind sudo wrote no report");
	said = json_text(json_at(document, "/text"));
	if (o->json)
		fputs(buf_str(raw), stdout);
	else if (said != NULL)
		puts(said);
	return true;
}

static int record_by_sudo(const struct options *o, const struct record_verb *verb)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	struct err e = {0};
	int status = 0;

	buf_init(&text, WIRE_BODY_MAX);
	if (sudo_run(verb->name, o, NULL, NULL, &text, &status, &e) && record_pass_on(o, &text, &e))
		return status;
	status = verdict_of_error(&e);
	record_tell(o, verb->name, status, &e, "");
	return status;
}

static int record_as_root(const struct options *o, const struct record_verb *verb)
{
	struct run run;
	struct run_setup setup = session_setup(o, verb->name);
	char said[SAID_MAX] = "";
	struct err e = {0};

	setup.changes = !o->dry_run;
	setup.uses_network = verb->uses_network;

	bool is_done =
		run_open(&run, &setup, NULL, &e) && verb->act(&run, o, said, sizeof(said), &e);
	int code = session_settle(&run, is_done ? EXIT_DONE : verdict_of_error(&e));

	record_tell(o, verb->name, code, is_done ? NULL : &e, is_done ? said : "");
	return run_close(&run, code);
}

int record_run(const struct options *o, const struct record_verb *verb)
{
	struct err e = {0};

	if (session_needs_root(o, verb->name, &e))
		return record_as_root(o, verb);
	if (!o->no_sudo && terminal_has_person())
		return record_by_sudo(o, verb);
	record_tell(o, verb->name, EXIT_NEEDS_ROOT, &e, "");
	return EXIT_NEEDS_ROOT;
}

bool record_find(const struct run *run, const char *name, const struct recipe **out, struct err *e)
{
	struct recipe_entry *found = recipes_find(&run->recipes, name);

	if (found == NULL)
		return plan_refuse_name(name, &run->recipes, e);
	if (found->recipe == NULL) {
		yaml_errors_join(&found->errors, e);
		return false;
	}
	*out = found->recipe;
	return true;
}

bool record_write(struct run *run, const struct recipe *recipe, bool has_outcome,
	enum outcome outcome, const char *to, struct err *e)
{
	struct audit_record record = {
		.event = AUDIT_RESULT,
		.name = recipe->name,
		.kind = recipe->kind,
		.has_outcome = has_outcome,
		.outcome = outcome,
		.to = to,
	};

	return audit_write(run->audit, &record, e);
}
