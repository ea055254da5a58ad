/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "cmd/report.h"
#include "cmd/report_health.h"
#include "cmd/session.h"
#include "cmd/verb.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/json.h"
#include "updaters/verdict.h"

struct list_line {
	const char *name, *kind, *title;
	char state[512];
	char installed[DPKG_VERSION_MAX];
	struct health health;
	bool is_present, can_be_installed;
};

static void list_state_of_owners(const struct entry *entry, struct list_line *out)
{
	const struct result *r = &entry->result;

	if (r->outcome == OUTCOME_ABSENT)
		snprintf(out->state, sizeof(out->state), "not found here");
	else if (!entry->recipe->enabled)
		snprintf(out->state, sizeof(out->state),
			"found, can be enabled: updaters: {%.60s: {enabled: yes}}", entry->name);
	else if (entry->is_held)
		snprintf(out->state, sizeof(out->state), "held");
	else
		snprintf(out->state, sizeof(out->state), "%s%s%.180s",
			r->outcome == OUTCOME_CURRENT ? "found" : outcome_token(r->outcome),
			r->text[0] != '\0' && r->outcome != OUTCOME_CURRENT ? ": " : "",
			r->outcome != OUTCOME_CURRENT ? r->text : "");
}

static void list_fill(const struct entry *entry, struct list_line *out)
{
	const struct recipe *r = entry->recipe;
	const struct result *result = &entry->result;

	*out = (struct list_line){
		.name = entry->name,
		.is_present = entry->is_present,
		.can_be_installed = r != NULL && !recipe_is_owners(r),
	};
	out->kind = r != NULL ? r->kind : "";
	out->title = r != NULL && r->title != NULL ? r->title : "";
	memcpy(out->installed, result->installed, sizeof(out->installed));
	if (r == NULL)
		snprintf(out->state, sizeof(out->state), "broken recipe: %.200s",
			result->error.text);
	else if (result->outcome == OUTCOME_UNSUPPORTED)
		snprintf(out->state, sizeof(out->state), "unsupported: %.200s", result->text);
	else if (result->outcome == OUTCOME_SKIPPED)
		snprintf(out->state, sizeof(out->state), "%.250s", result->text);
	else if (entry->updater->acts_as_owner)
		list_state_of_owners(entry, out);
	else if (!entry->is_present && text_starts(result->text, "was "))
		snprintf(out->state, sizeof(out->state), "absent (%.240s)", result->text);
	else if (!entry->is_present)
		snprintf(out->state, sizeof(out->state), "not installed");
	else if (entry->is_held)
		snprintf(out->state, sizeof(out->state), "installed, held%s%.180s",
			result->text[0] != '\0' ? ": " : "", result->text);
	else
		snprintf(out->state, sizeof(out->state), "installed");
}

/* A source that does not answer is heard of before the last one fails. */
static void list_add_health(const struct run *run, const struct entry *entry, struct list_line *out)
{
	char text[HEALTH_TEXT_MAX];
	size_t len = strlen(out->state);

	report_health_read(run, entry->recipe, &out->health);
	health_describe(&out->health, clock_unix_ms(), text, sizeof(text));
	if (text[0] != '\0')
		snprintf(out->state + len, sizeof(out->state) - len, "; %s", text);
}

/* Whether somebody's things are there only they can see; no vendor is asked. */
static bool list_look(struct run *run, struct err *e)
{
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		struct entry *entry = &run->plan.entries[i];
		entry->is_settled = entry->updater == NULL || !entry->updater->acts_as_owner;
		if (entry->is_settled)
			continue;
		entry->wish = WISH_REPAIR; /* folders alone: nothing is started, nobody asked */
	}
	return run_inspect(run, e);
}

static bool list_is_shown(const struct list_line *line, const struct options *o)
{
	return o->all || line->is_present || text_starts(line->state, "broken") ||
	       text_starts(line->state, "absent (");
}

/* A reason was typed by somebody, a complaint quotes a file: neither rules the terminal. */
static void list_put(const char *raw, size_t width)
{
	char text[4 * sizeof(((struct list_line *)0)->state)];
	size_t columns;

	text_escape(raw, strlen(raw), text, sizeof(text));
	columns = text_columns(text);
	printf("%s%*s", text, columns < width ? (int)(width - columns) + 2 : 2, "");
}

static void list_put_line(const char *name, const char *kind, const char *installed,
	const char *state, const size_t widths[3])
{
	char text[4 * sizeof(((struct list_line *)0)->state)];

	list_put(name, widths[0]);
	list_put(kind, widths[1]);
	list_put(installed, widths[2]);
	text_escape(state, strlen(state), text, sizeof(text));
	puts(text);
}

static void list_table(const struct list_line *lines, size_t n, const struct options *o)
{
	size_t widths[3] = {strlen("NAME"), strlen("KIND"), strlen("INSTALLED")}, n_hidden = 0;

	for (size_t i = 0; i < n; i++) {
		size_t name = text_columns(lines[i].name), kind = text_columns(lines[i].kind);
		size_t version = text_columns(lines[i].installed);

		widths[0] = name > widths[0] ? name : widths[0];
		widths[1] = kind > widths[1] ? kind : widths[1];
		widths[2] = version > widths[2] ? version : widths[2];
		n_hidden += !list_is_shown(&lines[i], o) && lines[i].can_be_installed;
	}
	list_put_line("NAME", "KIND", "INSTALLED", "STATE", widths);
	for (size_t i = 0; i < n; i++) {
		if (list_is_shown(&lines[i], o))
			list_put_line(lines[i].name, lines[i].kind, lines[i].installed,
				lines[i].state, widths);
	}
	if (n_hidden > 0)
		printf("%zu more can be installed: devupd list --all\n", n_hidden);
}

static void list_document(
	const struct list_line *lines, size_t n, const struct options *o, int code)
{
	struct json_writer w;
	struct buf body;

	buf_init(&body, WIRE_BODY_MAX);
	json_writer_init(&w, &body);
	json_open(&w, "names", '[');
	for (size_t i = 0; i < n; i++) {
		if (!list_is_shown(&lines[i], o))
			continue;
		json_open(&w, NULL, '{');
		json_put_str(&w, "name", lines[i].name);
		json_put_known(&w, "kind", lines[i].kind);
		json_put_known(&w, "title", lines[i].title);
		json_put_known(&w, "installed", lines[i].installed);
		json_put_str(&w, "state", lines[i].state);
		report_health_put(&w, "sources", &lines[i].health);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	report_own_document("list", o, code, NULL, buf_str(&body), stdout);
	buf_clear(&body);
}

int verb_list(const struct options *o)
{
	struct run run;
	struct run_setup setup = session_setup(o, "list");
	struct plan_request request = {
		.wish = WISH_CHECK, .names = &o->names, .with_disabled = true};
	SCOPED_FREE struct list_line *lines = NULL;
	struct err e = {0};

	setup.uses_network = true; /* a worker of the person looks what is there */
	if (!run_open(&run, &setup, NULL, &e) || !run_plan(&run, &request, &e) ||
		!list_look(&run, &e))
		return session_fail(&run, o, &e);
	lines = calloc(run.plan.n_entries + 1, sizeof(*lines));
	if (lines == NULL) {
		err_set(&e, ERR_INTERNAL, "out of memory");
		return session_fail(&run, o, &e);
	}
	for (size_t i = 0; i < run.plan.n_entries; i++) {
		list_fill(&run.plan.entries[i], &lines[i]);
		list_add_health(&run, &run.plan.entries[i], &lines[i]);
	}

	int code = session_settle(&run, EXIT_DONE);

	if (o->json)
		list_document(lines, run.plan.n_entries, o, code);
	else
		list_table(lines, run.plan.n_entries, o);
	for (size_t i = 0; i < run.plan.n_entries; i++)
		health_clear(&lines[i].health);
	return run_close(&run, code);
}
