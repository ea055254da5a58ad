/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recipe lint: what a run would refuse in a recipe's file, and what is unwise. */
#include <stdio.h>
#include <string.h>

#include "cmd/report.h"
#include "cmd/verb.h"
#include "config/lint.h"
#include "updaters/lib/json.h"
#include "updaters/verdict.h"

enum { LINT_DOCUMENT_MAX = 8 << 20 };

/* In the form that editors jump to: "FILE:LINE:COLUMN: what". */
static void lint_tell(const struct yaml_errors *list, const char *file, const char *sort)
{
	for (size_t i = 0; i < list->n_items; i++) {
		const struct yaml_complaint *c = &list->items[i];

		if (c->line > 0)
			printf("%s:%u:%u: %s%s\n", file, c->line, c->column, sort, c->what);
		else
			printf("%s: %s%s\n", file, sort, c->what);
	}
	if (list->n_more > 0)
		printf("%s: and %zu more\n", file, list->n_more);
}

static void lint_put(struct json_writer *w, const char *key, const struct yaml_errors *list)
{
	json_open(w, key, '[');
	for (size_t i = 0; i < list->n_items; i++) {
		const struct yaml_complaint *c = &list->items[i];

		json_open(w, NULL, '{');
		json_put_u64(w, "line", c->line);
		json_put_u64(w, "column", c->column);
		json_put_str(w, "text", c->what);
		json_close(w, '}');
	}
	json_close(w, ']');
}

/* w NULL: for a person. Returns whether a run would take it. */
static bool lint_one(
	const char *path, const struct host *h, const struct options *o, struct json_writer *w)
{
	SCOPED_CLEAR(lint_clear) struct lint l = {0};
	bool is_fine = lint_file(path, h, &l);
	char file[4096];

	text_escape(path, strlen(path), file, sizeof(file));
	if (w != NULL) {
		json_open(w, NULL, '{');
		json_put_str(w, "file", path);
		json_put_bool(w, "ok", is_fine);
		lint_put(w, "complaints", &l.complaints);
		lint_put(w, "warnings", &l.warnings);
		json_close(w, '}');
		return is_fine;
	}
	lint_tell(&l.complaints, file, "");
	if (o->verbosity < 0)
		return is_fine;
	lint_tell(&l.warnings, file, "warning: ");
	if (is_fine && l.warnings.n_items > 0)
		printf("%s: fine, %zu warning%s\n", file, l.warnings.n_items,
			l.warnings.n_items == 1 ? "" : "s");
	else if (is_fine)
		printf("%s: fine\n", file);
	return is_fine;
}

int recipe_lint(const struct options *o)
{
	struct host host = {0};
	struct json_writer w;
	struct buf body;
	struct err e = {0};
	bool is_fine = true;

	if (o->page_file != NULL) {
		err_set(&e, ERR_USAGE, "--page belongs to devupd recipe test");
		return report_fail("recipe", o, &e);
	}
	if (!host_read("", &host, &e))
		return report_fail("recipe", o, &e);
	buf_init(&body, LINT_DOCUMENT_MAX);
	json_writer_init(&w, &body);
	json_open(&w, "files", '[');
	for (size_t i = 1; i < o->names.n_items; i++)
		is_fine = lint_one(o->names.items[i], &host, o, o->json ? &w : NULL) && is_fine;
	json_close(&w, ']');

	int code = is_fine ? EXIT_DONE : EXIT_CONFIG;

	if (o->json)
		report_own_document("recipe", o, code, NULL, buf_str(&body), stdout);
	buf_clear(&body);
	return code;
}
