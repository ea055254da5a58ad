/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/history_line.h"
#include "cmd/report.h"
#include "cmd/verb.h"
#include "config/paths.h"
#include "config/recipe.h"
#include "updaters/audit.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/json.h"
#include "updaters/lib/log.h"
#include "updaters/plan.h"
#include "updaters/verdict.h"

struct history {
	const struct options *o;
	int64_t since_unix_ms, until_unix_ms; /* 0 = no bound */
	struct json_writer *w;                /* NULL: lines for a person */
	struct history_intents intents;
	size_t n_shown;
	bool has_name; /* the name that was asked for stands somewhere */
};

/* A bare day as --until is meant with all of it. */
enum { DAY_MS = 24 * 3600 * 1000 };

static bool history_bounds(struct history *h, struct err *e)
{
	const struct options *o = h->o;

	if (o->since != NULL && !clock_parse(o->since, &h->since_unix_ms))
		return err_set(
			e, ERR_USAGE, "--since takes a date as 2026-11-22, not '%s'", o->since);
	if (o->until != NULL && !clock_parse(o->until, &h->until_unix_ms))
		return err_set(
			e, ERR_USAGE, "--until takes a date as 2026-11-22, not '%s'", o->until);
	if (o->until != NULL && strlen(o->until) == strlen("2026-11-22"))
		h->until_unix_ms += DAY_MS;
	return true;
}

/* A word that no record can hold would find nothing, and look like an answer. */
static bool history_outcome(const struct options *o, struct err *e)
{
	const char *words[OUTCOME_N + 1] = {0};
	enum outcome found;

	if (o->outcome == NULL || outcome_find(o->outcome, &found))
		return true;
	for (enum outcome i = 0; i < OUTCOME_N; i++)
		words[i] = outcome_token(i);

	const char *nearest = text_nearest(o->outcome, words);

	return err_set(e, ERR_USAGE, "there is no outcome '%s'%s%s%s", o->outcome,
		nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
		nearest != NULL ? "'?" : "");
}

static bool history_takes(struct history *h, const struct audit_line *line)
{
	const struct options *o = h->o;
	int64_t when = 0;

	if (o->names.n_items > 0 && !text_equal(o->names.items[0], line->name))
		return false;
	h->has_name = true;
	if (o->run_id != NULL && !text_equal(o->run_id, line->run))
		return false;
	if (o->outcome != NULL && !text_equal(o->outcome, line->outcome))
		return false;
	if (o->failed && !text_equal(line->outcome, "failed"))
		return false;
	if (h->since_unix_ms == 0 && h->until_unix_ms == 0)
		return true;
	return clock_parse(line->ts, &when) && when >= h->since_unix_ms &&
	       (h->until_unix_ms == 0 || when < h->until_unix_ms);
}

static bool history_on_line(void *user, const struct audit_line *line)
{
	struct history *h = user;
	bool is_change = line->event == AUDIT_RESULT || line->event == AUDIT_BASELINE ||
			 line->event == AUDIT_OUTSIDE;

	history_intent_note(&h->intents, line);
	if (!history_takes(h, line) || (!is_change && !h->o->export_all && h->w == NULL))
		return true;
	h->n_shown++;
	if (h->o->export_all) {
		fwrite(line->raw, 1, line->raw_len, stdout);
		putchar('\n');
	} else if (h->w != NULL) {
		SCOPED_FREE char *raw = strndup(line->raw, line->raw_len);
		bool is_record = line->event != AUDIT_N_EVENTS;

		/* a line that somebody else put there must not break the document */
		json_put_raw(h->w, NULL, is_record && raw != NULL ? raw : "null");
	} else {
		history_line_write(&h->intents, line, stdout);
	}
	return true;
}

/* Root's trail, and one's own. A missing one is an empty one. */
static bool history_walk(struct history *h, struct err *e)
{
	struct paths root, own;
	struct err ignored = {0};

	paths_of_root(&root);
	if (!audit_each(root.audit_log, history_on_line, h, e) && e->sys_errno != ENOENT) {
		if (e->sys_errno == EACCES)
			return err_set(e, ERR_AUDIT,
				"%s is for root and group adm: sudo devupd history",
				root.audit_log);
		return false;
	}
	*e = (struct err){0};
	if (geteuid() == 0 || !paths_of_person(&own, &ignored))
		return true;
	if (!audit_each(own.audit_log, history_on_line, h, e) && e->sys_errno != ENOENT)
		return false;
	*e = (struct err){0};
	return true;
}

/* No record and no recipe: a slip of the pen. A recipe that is gone may have records still. */
static bool history_knows(const struct history *h, struct err *e)
{
	static const char *const folders[] = {
		DEVUPD_DATADIR "/recipes", DEVUPD_SYSCONFDIR "/recipes"};
	SCOPED_CLEAR(recipes_clear) struct recipes recipes = {0};
	struct host host;

	if (h->has_name || h->o->names.n_items == 0)
		return true;
	if (!host_read("", &host, e) ||
		!recipes_load(folders, ARRAY_SIZE(folders), NULL, &host, false, &recipes, e))
		return false;
	return recipes_find(&recipes, h->o->names.items[0]) != NULL ||
	       plan_refuse_name(h->o->names.items[0], &recipes, e);
}

static int history_fail(const struct options *o, const struct err *e)
{
	int code = verdict_of_error(e);

	if (o->json)
		report_own_document("history", o, code, e, "", stdout);
	log_error("%s", e->text);
	return code;
}

static int history_show(const struct options *o)
{
	struct history h = {.o = o};
	struct json_writer w;
	struct buf body;
	struct err e = {0};

	buf_init(&body, 64 << 20);
	json_writer_init(&w, &body);
	if (o->json) {
		h.w = &w;
		json_open(&w, "records", '[');
	}
	if (!history_bounds(&h, &e) || !history_outcome(o, &e) || !history_walk(&h, &e) ||
		!history_knows(&h, &e)) {
		buf_clear(&body);
		return history_fail(o, &e);
	}
	if (o->json) {
		json_close(&w, ']');
		report_own_document("history", o, EXIT_DONE, NULL, buf_str(&body), stdout);
	} else if (h.n_shown == 0 && !o->export_all) {
		puts("nothing on record");
	}
	buf_clear(&body);
	return EXIT_DONE;
}

int verb_history(const struct options *o)
{
	return o->history_verify ? history_check(o) : history_show(o);
}
