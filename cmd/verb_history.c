/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cmd/history.h"
#include "cmd/report.h"
#include "cmd/table.h"
#include "cmd/verb.h"
#include "config/recipe.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/list.h"
#include "updaters/lib/log.h"
#include "updaters/plan.h"
#include "updaters/verdict.h"

enum { ROWS_MAX = 1 << 20, BODY_MAX = 64 << 20 };

/* What gives way in a narrow window: a run is known by its beginning, too. */
static const struct table_step steps[] = {
	{HISTORY_RUN, 13},
	{HISTORY_WORD, 16},
	{HISTORY_CHANGE, 16},
	{HISTORY_NAME, 8},
	{HISTORY_CHANGE, 8},
	{HISTORY_WORD, 8},
	{HISTORY_BY, 4},
	{HISTORY_WHEN, 6},
	{HISTORY_RUN, 1},
	{HISTORY_CHANGE, 1},
	{HISTORY_WORD, 1},
};
static const struct table_form form = {
	.heads = {"WHEN", "NAME", "VERSION", "OUTCOME", "BY", "RUN", NULL},
	.steps = steps,
	.n_steps = ARRAY_SIZE(steps),
};

/* --- what is found ----------------------------------------------------------- */

static void history_clear(struct history *h)
{
	for (size_t i = 0; i < h->n_rows; i++) {
		for (size_t k = 0; k < HISTORY_N_CELLS; k++)
			free(h->rows[i].cells[k]);
		free(h->rows[i].raw);
		free(h->rows[i].below);
	}
	free(h->rows);
}

static bool row_fill(struct history *h, const struct audit_line *line, struct history_row *row)
{
	struct history_cells cells;
	bool is_whole = true;

	row->is_record = line->event != AUDIT_N_EVENTS;
	row->is_change = line->event == AUDIT_RESULT || line->event == AUDIT_BASELINE ||
			 line->event == AUDIT_OUTSIDE;
	/* one that has no time is of the time of the one before it */
	row->when_unix_ms = h->last_unix_ms;
	if (clock_parse(line->ts, &row->when_unix_ms))
		h->last_unix_ms = row->when_unix_ms;
	row->raw = strndup(line->raw, line->raw_len);
	row->below = strdup(line->error_text);
	history_cells_fill(&h->intents, line, h->now_unix_ms, &cells);
	for (size_t i = 0; i < HISTORY_N_CELLS; i++) {
		row->cells[i] = strdup(cells.text[i]);
		is_whole &= row->cells[i] != NULL;
	}
	return is_whole && row->raw != NULL && row->below != NULL;
}

static bool history_on_line(void *user, const struct audit_line *line)
{
	struct history *h = user;
	struct history_row *grown;

	history_intent_note(&h->intents, line);
	if (!history_filter_takes(&h->filter, line))
		return true;
	grown = list_grow(h->rows, h->n_rows, ROWS_MAX, sizeof(*grown));
	if (grown != NULL)
		h->rows = grown;
	h->is_full = grown == NULL || !row_fill(h, line, &h->rows[h->n_rows++]);
	return !h->is_full;
}

/* Two trails become one, by time; what is of one time stays in its order. */
static void history_merge(struct history *h, size_t n_first)
{
	struct history_row *merged = calloc(h->n_rows + 1, sizeof(*merged));
	size_t a = 0, b = n_first;

	if (merged == NULL)
		return;
	for (size_t i = 0; i < h->n_rows; i++) {
		bool is_first = b >= h->n_rows ||
				(a < n_first && h->rows[a].when_unix_ms <= h->rows[b].when_unix_ms);

		merged[i] = h->rows[is_first ? a++ : b++];
	}
	free(h->rows);
	h->rows = merged;
}

static bool history_walk(struct history *h, struct err *e)
{
	struct paths places[2];
	size_t n = history_places(places), n_first = 0;

	for (size_t i = 0; i < n; i++) {
		n_first = h->n_rows;
		h->last_unix_ms = 0;
		if (!history_read(&places[i], history_on_line, h, e))
			return false;
	}
	if (n_first > 0 && n_first < h->n_rows)
		history_merge(h, n_first);
	return !h->is_full || err_set(e, ERR_TOO_BIG,
				      "that is more than fits into memory: ask for less, with "
				      "--since, or for all, with --export");
}

/* No record and no recipe: a slip of the pen. A recipe that is gone may have records still. */
static bool history_knows(const struct history *h, struct err *e)
{
	static const char *const folders[] = {
		DEVUPD_DATADIR "/recipes", DEVUPD_SYSCONFDIR "/recipes"};
	SCOPED_CLEAR(recipes_clear) struct recipes recipes = {0};
	struct host host;

	if (h->filter.has_name || h->filter.name == NULL)
		return true;
	if (!host_read("", &host, e) ||
		!recipes_load(folders, ARRAY_SIZE(folders), NULL, &host, false, &recipes, e))
		return false;
	return recipes_find(&recipes, h->filter.name) != NULL ||
	       plan_refuse_name(h->filter.name, &recipes, e);
}

/* --- shown ------------------------------------------------------------------- */

static void history_table(const struct history *h)
{
	SCOPED_CLEAR(table_clear) struct table table;

	table_init(&table, &form);
	for (size_t i = 0; i < h->n_rows; i++) {
		if (h->rows[i].is_change &&
			!table_add(&table, (const char *const *)h->rows[i].cells, h->rows[i].below))
			log_error("out of memory: the table is not whole");
	}
	if (table.n_rows > 0)
		table_print(&table, false, stdout);
	else
		puts("nothing on record");
}

static bool history_document(const struct history *h, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf body = {0};
	struct json_writer w;

	buf_init(&body, BODY_MAX);
	json_writer_init(&w, &body);
	json_open(&w, "records", '[');
	for (size_t i = 0; i < h->n_rows; i++)
		json_put_raw(&w, NULL, h->rows[i].is_record ? h->rows[i].raw : "null");
	json_close(&w, ']');
	history_run_write(h, &w);
	if (body.is_full)
		return err_set(e, ERR_TOO_BIG,
			"the records asked for are longer than %d MiB: ask for less, with "
			"--since, or for all, with --export",
			BODY_MAX >> 20);
	report_own_document("history", h->o, EXIT_DONE, NULL, buf_str(&body), stdout);
	return true;
}

static int history_show(const struct options *o)
{
	SCOPED_CLEAR(history_clear) struct history h = {.o = o, .now_unix_ms = clock_unix_ms()};
	struct err e = {0};

	if (!history_filter_read(o, &h.filter, &e) ||
		(o->run_id != NULL && !history_find_run(o->run_id, h.filter.run, &e)) ||
		!history_walk(&h, &e) || !history_knows(&h, &e) ||
		(o->json && !history_document(&h, &e)))
		return report_fail("history", o, &e);
	if (!o->json && o->run_id != NULL && h.n_rows > 0)
		history_run_print(&h, stdout);
	else if (!o->json)
		history_table(&h);
	return EXIT_DONE;
}

int verb_history(const struct options *o)
{
	struct err e = {0};

	if (o->history_verify)
		return history_check(o);
	if (o->export_all)
		return history_export(o, &e) ? EXIT_DONE : report_fail("history", o, &e);
	return history_show(o);
}
