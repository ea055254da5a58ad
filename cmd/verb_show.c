/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "cmd/report.h"
#include "cmd/report_health.h"
#include "cmd/session.h"
#include "cmd/verb.h"
#include "config/keys.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/json.h"
#include "updaters/verdict.h"

enum { INDENT_MAX = 4 + 4 * RECIPE_FOLLOW_DEPTH_MAX + 1 };

/* The recipe as it counts on this host: as a file would say it, or as a document. */
struct show {
	const struct recipe *r;
	struct json_writer *w;   /* NULL: lines */
	char lead[INDENT_MAX];   /* what the next line begins with */
	char indent[INDENT_MAX]; /* and those behind it */
};

static void show_line(struct show *s, const char *key, const char *value)
{
	printf("%s%s: %s\n", s->lead, key, value);
	memcpy(s->lead, s->indent, sizeof(s->lead));
}

/* Each row of a table that has a value. */
static void show_row(struct show *s, const struct key *row, const void *filled)
{
	SCOPED_CLEAR(buf_clear) struct buf value = {0};

	if (s->w != NULL) {
		keys_json(row, filled, &s->r->words, s->w);
		return;
	}
	buf_init(&value, 4 * YAML_FILE_MAX);
	keys_format(row, filled, &s->r->words, &value);
	if (value.len > 0)
		show_line(s, row->name, buf_str(&value));
}

/* --- the vendor's words ------------------------------------------------------ */

static bool show_is_own_word(const char *name)
{
	static const char *const own[] = {"arch", "base", "os", "channel"};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (text_equal(own[i], name))
			return true;
	}
	return false;
}

/* Those for this host's architecture: the others are not kept. */
static void show_arch(struct show *s)
{
	const struct words *words = &s->r->words;
	const struct key row = {.name = words_get(words, "arch"), .type = KEY_PAIRS};
	SCOPED_CLEAR(pairs_clear) struct pairs vendors = {0};
	SCOPED_CLEAR(buf_clear) struct buf value = {0};
	bool is_kept = s->r->fit != RECIPE_OTHER_ARCH && row.name != NULL;

	for (size_t i = 0; is_kept && i < words->n_items; i++)
		is_kept = show_is_own_word(words->items[i].name) ||
			  (strings_add(&vendors.keys, words->items[i].name) &&
				  strings_add(&vendors.values, words->items[i].value));
	if (!is_kept)
		return;
	if (s->w != NULL) {
		json_open(s->w, "arch", '{');
		keys_json(&row, &vendors, NULL, s->w);
		json_close(s->w, '}');
		return;
	}
	buf_init(&value, YAML_FILE_MAX);
	buf_printf(&value, "{%s: ", row.name);
	keys_format(&row, &vendors, NULL, &value);
	buf_puts(&value, vendors.keys.n_items > 0 ? "}" : "{}}");
	show_line(s, "arch", buf_str(&value));
}

/* --- the sources ------------------------------------------------------------- */

static void show_address(struct show *s, const struct source *source)
{
	const struct key row = {.name = source_kind_name(source->kind),
		.type = KEY_ADDRESS,
		.offset = offsetof(struct source, address)};

	char name[SOURCE_GITHUB_NAME_SIZE];
	const struct source named = {.address = name};

	if (source->kind == SOURCE_GITHUB)
		source_github_name(source, name);
	if (source->address != NULL)
		show_row(s, &row, source->kind == SOURCE_GITHUB ? &named : source);
}

static void show_source_rows(struct show *s, const struct source *source)
{
	show_address(s, source);
	for (const struct key *row = source_keys; row->name != NULL; row++) {
		if (key_is_of(row, 1u << source->kind))
			show_row(s, row, source);
	}
}

/* A source, and what it leads to below it, each four columns further in. */
static void show_source(struct show *s, const struct source *source)
{
	size_t depth = 0;

	snprintf(s->lead, sizeof(s->lead), "  - ");
	snprintf(s->indent, sizeof(s->indent), "    ");
	for (; source != NULL; source = source->follow, depth++) {
		if (s->w != NULL)
			json_open(s->w, depth == 0 ? NULL : "follow", '{');
		else if (depth > 0)
			printf("%sfollow:\n", s->lead);
		if (depth > 0)
			snprintf(s->indent, sizeof(s->indent), "%*s", (int)(4 + 4 * depth), "");
		if (depth > 0)
			memcpy(s->lead, s->indent, sizeof(s->lead));
		show_source_rows(s, source);
	}
	for (; s->w != NULL && depth > 0; depth--)
		json_close(s->w, '}');
}

static void show_sources(struct show *s)
{
	if (s->w != NULL)
		json_open(s->w, "sources", '[');
	else
		puts("sources:");
	for (size_t i = 0; i < s->r->n_sources; i++)
		show_source(s, &s->r->sources[i]);
	if (s->w != NULL)
		json_close(s->w, ']');
}

/* --- the whole --------------------------------------------------------------- */

static void show_comment(const char *raw)
{
	char text[4096];

	text_escape(raw, strlen(raw), text, sizeof(text));
	printf("# %s\n", text);
}

static void show_host(const struct run *run, const struct show *s)
{
	const struct recipe *r = s->r;
	char fit[512];

	if (s->w != NULL) {
		json_put_known(s->w, "file", r->file);
		json_put_known(s->w, "vendor_base", r->vendor_base);
		json_put_bool(s->w, "fits", r->fit == RECIPE_FITS);
		json_put_known(s->w, "fit_text", r->fit_text);
		return;
	}
	snprintf(fit, sizeof(fit), "%s%s%s%s%s",
		r->fit == RECIPE_FITS ? "fits this host" : r->fit_text,
		r->vendor_base[0] != '\0' ? "; base " : "", r->vendor_base,
		r->vendor_base[0] != '\0' ? " for this host's " : "",
		r->vendor_base[0] != '\0' ? run->host.base : "");
	show_comment(r->file);
	show_comment(fit);
}

/* How each source has answered lately. */
static void show_health(const struct run *run, const struct show *s)
{
	SCOPED_CLEAR(health_clear) struct health h = {0};
	int64_t now_unix_ms = clock_unix_ms();

	report_health_read(run, s->r, &h);
	if (s->w != NULL) {
		report_health_put(s->w, "health", &h);
		return;
	}
	for (size_t i = 0; i < h.n_items; i++) {
		char line[URL_MAX + 3 * ERR_TEXT_MAX], text[2 * ERR_TEXT_MAX];

		source_describe(&h.items[i], now_unix_ms, text, sizeof(text));
		snprintf(line, sizeof(line), "source %zu of %zu, %s: %s", i + 1, h.n_items,
			h.items[i].source, text);
		show_comment(line);
	}
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
	struct show s = {.r = r, .w = o->json ? &writer : NULL};
	struct buf body;

	buf_init(&body, WIRE_BODY_MAX);
	json_writer_init(&writer, &body);
	show_host(&run, &s);
	show_health(&run, &s);
	for (const struct key *row = recipe_keys; row->name != NULL; row++) {
		if (key_is_of(row, 1u << r->kind_of))
			show_row(&s, row, r);
	}
	if (r->kind_of == RECIPE_DEB) {
		show_arch(&s);
		show_sources(&s);
	}

	int code = session_settle(&run, EXIT_DONE);

	if (s.w != NULL)
		report_own_document("show", o, code, NULL, buf_str(&body), stdout);
	buf_clear(&body);
	return run_close(&run, code);
}
