/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doctor python: which interpreter terminal, editors and venvs run, and why they differ. */
#include "cmd/doctor.h"

#include <stdio.h>
#include <string.h>

#include "cmd/report.h"
#include "cmd/session.h"
#include "updaters/lib/json.h"
#include "updaters/verdict.h"

enum { N_COLUMNS = 4, CELL_MAX = 4 * 1024 };

/* One who runs a python: the terminal, an editor, a venv. Borrowed of the results. */
struct runner {
	const struct item *item;
	bool is_terminal;
};

/* --- who there is ------------------------------------------------------------ */

static size_t count_items(const struct run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->plan.n_entries; i++)
		n += run->plan.entries[i].result.n_items;
	return n;
}

static size_t find_runners(const struct run *run, struct runner *out)
{
	size_t n = 0;

	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct result *r = &run->plan.entries[i].result;

		for (size_t k = 0; k < r->n_items; k++) {
			const struct item *item = &r->items[k];

			if (item->who[0] != '\0')
				out[n++] = (struct runner){item, text_equal(item->who, "terminal")};
		}
	}
	return n;
}

static const struct item *terminal_of(
	const struct runner *runners, size_t n, const struct item *item)
{
	for (size_t i = 0; i < n; i++) {
		if (runners[i].is_terminal && text_equal(runners[i].item->user, item->user))
			return runners[i].item;
	}
	return NULL;
}

/* --- on one screen ----------------------------------------------------------- */

static void put_cells(const struct runner *runner, bool with_user, char cells[N_COLUMNS][CELL_MAX])
{
	const struct item *item = runner->item;
	char who[256];

	snprintf(who, sizeof(who), "%s%s%s", with_user ? item->user : "", with_user ? ": " : "",
		item->who);

	const char *raw[N_COLUMNS] = {who, item->version[0] != '\0' ? item->version : "none",
		item->runs[0] != '\0' ? item->runs : "-", item->through};

	for (size_t i = 0; i < N_COLUMNS; i++)
		text_escape(raw[i], strlen(raw[i]), cells[i], CELL_MAX);
}

static void print_cells(char cells[N_COLUMNS][CELL_MAX], const size_t widths[N_COLUMNS])
{
	for (size_t i = 0; i < N_COLUMNS; i++) {
		size_t columns = text_columns(cells[i]);

		printf("%s%*s", cells[i],
			i + 1 < N_COLUMNS && columns <= widths[i] ? (int)(widths[i] - columns) + 2
								  : 0,
			"");
	}
	putchar('\n');
}

static void print_table(const struct runner *runners, size_t n)
{
	static const char *const head[N_COLUMNS] = {"WHO", "VERSION", "RUNS", "THROUGH"};
	char cells[N_COLUMNS][CELL_MAX];
	size_t widths[N_COLUMNS];
	bool with_user = false;

	for (size_t i = 1; i < n; i++)
		with_user |= !text_equal(runners[i].item->user, runners[0].item->user);
	for (size_t i = 0; i < N_COLUMNS; i++) {
		widths[i] = strlen(head[i]);
		text_copy_cut(cells[i], CELL_MAX, head[i]);
	}
	for (size_t i = 0; i < n; i++) {
		char measured[N_COLUMNS][CELL_MAX];

		put_cells(&runners[i], with_user, measured);
		for (size_t k = 0; k < N_COLUMNS; k++)
			widths[k] = text_columns(measured[k]) > widths[k]
					    ? text_columns(measured[k])
					    : widths[k];
	}
	print_cells(cells, widths);
	for (size_t i = 0; i < n; i++) {
		put_cells(&runners[i], with_user, cells);
		print_cells(cells, widths);
	}
}

/* What stands in an item is a person's own word, the name of a folder among it. */
static void say(const char *raw, FILE *out)
{
	char line[4 * RECORD_TEXT_MAX];

	text_escape(raw, strlen(raw), line, sizeof(line));
	fprintf(out, "%s\n", line);
}

/* Why one differs from the terminal, and what makes them agree. false: they agree. */
static bool tell_difference(const struct runner *runner, const struct item *terminal)
{
	const struct item *item = runner->item;
	char line[2 * RECORD_TEXT_MAX];

	if (runner->is_terminal || terminal == NULL ||
		(item->outcome != OUTCOME_BROKEN && text_equal(item->minor, terminal->minor)))
		return false;
	if (item->outcome == OUTCOME_BROKEN)
		snprintf(line, sizeof(line), "%s is broken: %s", item->who, item->text);
	else
		snprintf(line, sizeof(line), "%s runs %s, the terminal %s: %s%s", item->who,
			item->minor, terminal->minor, item->text[0] != '\0' ? "" : "by ",
			item->text[0] != '\0' ? item->text : item->through);
	say(line, stdout);
	return true;
}

static bool tell_differences(const struct runner *runners, size_t n)
{
	bool has_any = false;

	for (size_t i = 0; i < n; i++)
		has_any |= tell_difference(&runners[i], terminal_of(runners, n, runners[i].item));
	return has_any;
}

static void tell_failures(const struct run *run)
{
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];

		if (entry->result.outcome != OUTCOME_FAILED)
			continue;
		fprintf(stderr, "%s: ", entry->name);
		say(entry->result.error.text, stderr);
	}
}

/* --- for scripts ------------------------------------------------------------- */

static void put_document(const struct runner *runners, size_t n, const struct options *o, int code)
{
	SCOPED_CLEAR(buf_clear) struct buf body = {0};
	struct json_writer w;

	buf_init(&body, WIRE_BODY_MAX);
	json_writer_init(&w, &body);
	json_open(&w, "interpreters", '[');
	for (size_t i = 0; i < n; i++) {
		const struct item *item = runners[i].item;

		json_open(&w, NULL, '{');
		json_put_str(&w, "user", item->user);
		json_put_str(&w, "who", item->who);
		json_put_known(&w, "version", item->version);
		json_put_known(&w, "runs", item->runs);
		json_put_known(&w, "through", item->through);
		json_put_known(&w, "path", item->path);
		json_put_str(&w, "outcome", outcome_token(item->outcome));
		json_put_known(&w, "text", item->text);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	report_own_document("doctor", o, code, NULL, buf_str(&body), stdout);
}

static int tell(struct run *run, const struct options *o)
{
	SCOPED_FREE struct runner *runners = calloc(count_items(run) + 1, sizeof(*runners));
	size_t n = runners != NULL ? find_runners(run, runners) : 0;
	int code = session_settle(
		run, verdict_of_entries(run->plan.entries, run->plan.n_entries, false));

	if (o->json) {
		put_document(runners, n, o, code);
		return run_close(run, code);
	}
	if (n == 0)
		puts("no python3 was found here");
	else
		print_table(runners, n);
	if (n > 0 && !tell_differences(runners, n))
		puts("all agree");
	tell_failures(run);
	return run_close(run, code);
}

int doctor_python_verb(const struct options *o)
{
	static const struct strings no_names = {0};
	struct run run;
	struct plan_request request = {
		.wish = WISH_DOCTOR,
		.names = &no_names,
		.repairs_only = true,
	};
	struct err e = {0};

	if (!session_look(&run, session_setup(o, "doctor"), NULL, &request, &e))
		return session_fail(&run, o, &e);
	return tell(&run, o);
}
