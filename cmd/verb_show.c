/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cmd/report.h"
#include "cmd/session.h"
#include "cmd/verb.h"
#include "config/keys.h"
#include "updaters/lib/json.h"
#include "updaters/verdict.h"

/* A word of this host in a text is shown as what stands behind it; those of a match stay. */
static void show_value(const struct recipe *r, const char *text, struct buf *out)
{
	struct err ignored = {0};

	buf_reset(out);
	if (!words_expand(&r->words, text, WORDS_INTO_TEXT, true, out, &ignored)) {
		buf_reset(out);
		buf_puts(out, text);
	}
}

/* Each row of a table that has a value: name and value, through one of two ways out. */
static void show_rows(const struct recipe *r, const struct key *rows, const void *filled,
	const char *indent, struct json_writer *w)
{
	struct buf raw, value;

	buf_init(&raw, YAML_FILE_MAX);
	buf_init(&value, YAML_FILE_MAX);
	for (const struct key *row = rows; row->name != NULL; row++) {
		if (row->type == KEY_SPECIAL || row->type == KEY_LATER)
			continue;
		buf_reset(&raw);
		keys_format(row, filled, &raw);
		if (raw.len == 0)
			continue;
		show_value(r, buf_str(&raw), &value);
		if (w != NULL)
			json_put_str(w, row->name, buf_str(&value));
		else
			printf("%s%s: %s\n", indent, row->name, buf_str(&value));
	}
	buf_clear(&raw);
	buf_clear(&value);
}

static void show_sources(const struct recipe *r, struct json_writer *w)
{
	if (w != NULL)
		json_open(w, "sources", '[');
	else
		puts("sources:");
	for (size_t i = 0; i < r->n_sources; i++) {
		int depth = 2;

		for (const struct source *s = &r->sources[i]; s != NULL;
			s = s->follow, depth += 2) {
			char indent[32];

			snprintf(indent, sizeof(indent), "%*s%s", depth, "",
				s == &r->sources[i] ? "- " : "  follow ");
			if (w != NULL)
				json_open(w, NULL, '{');
			show_rows(r, source_keys, s, indent, w);
			if (w != NULL)
				json_close(w, '}');
		}
	}
	if (w != NULL)
		json_close(w, ']');
}

static void show_host(const struct run *run, const struct recipe *r, struct json_writer *w)
{
	const char *fit = r->fit == RECIPE_FITS ? "fits this host" : r->fit_text;

	if (w != NULL) {
		json_put_known(w, "file", r->file);
		json_put_known(w, "vendor_base", r->vendor_base);
		json_put_bool(w, "fits", r->fit == RECIPE_FITS);
		json_put_known(w, "fit_text", r->fit_text);
		return;
	}
	printf("# %s\n# %s", r->file, fit);
	if (r->vendor_base[0] != '\0')
		printf("; base %s for this host's %s", r->vendor_base, run->host.base);
	putchar('\n');
}

int verb_show(const struct options *o)
{
	struct run run;
	struct run_setup setup = session_setup(o, "show");
	struct plan_request request = {.wish = WISH_CHECK, .names = &o->names};
	struct err e = {0};

	if (!run_open(&run, &setup, NULL, &e) || !run_plan(&run, &request, &e))
		return session_fail(&run, o, &e);

	const struct recipe *r = run.plan.entries[0].recipe;
	struct json_writer writer;
	struct json_writer *w = o->json ? &writer : NULL;
	struct buf body;

	buf_init(&body, WIRE_BODY_MAX);
	json_writer_init(&writer, &body);
	show_host(&run, r, w);
	show_rows(r, recipe_keys, r, "", w);
	show_sources(r, w);
	if (w != NULL)
		report_own_document("show", o, EXIT_DONE, NULL, buf_str(&body), stdout);
	buf_clear(&body);
	return run_close(&run, EXIT_DONE);
}
