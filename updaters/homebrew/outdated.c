/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/homebrew/outdated.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "updaters/homebrew/brew.h"
#include "updaters/homebrew/links.h"
#include "updaters/homebrew/python_links.h"
#include "updaters/lib/interpreter.h"
#include "updaters/lib/json.h"

void outdated_clear(struct outdated *o)
{
	strings_clear(&o->names);
	strings_clear(&o->changes);
	strings_clear(&o->pinned);
	strings_clear(&o->movers);
}

/* A formula's name goes into argument lists: "jq", "user/tap/jq", never an option. */
static bool is_name(const char *s)
{
	if (!isalnum((unsigned char)s[0]) || strlen(s) >= FORMULA_NAME_MAX)
		return false;
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("@._+/-", *s) == NULL)
			return false;
	return true;
}

static bool row_read(const struct json *row, struct outdated *out)
{
	const char *name = json_text(json_at(row, "/name"));
	const char *from = json_text(json_at(row, "/installed_versions/0"));
	const char *to = json_text(json_at(row, "/current_version"));
	const char *pinned = json_text(json_at(row, "/pinned"));
	char change[3 * KEG_VERSION_MAX];

	if (!name || !is_name(name))
		return true;
	snprintf(change, sizeof(change), "%s %.100s -> %.100s", name, from ? from : "?",
		to ? to : "?");
	if (text_equal(pinned, "true"))
		return strings_add(&out->pinned, change);
	return strings_add(&out->names, name) && strings_add(&out->changes, change);
}

bool outdated_read(const char *raw_json, struct outdated *out, struct err *e)
{
	SCOPED(json_free) struct json *document = NULL;
	/* warnings may stand before and behind it */
	const char *start = strchr(raw_json, '{'), *end = strrchr(raw_json, '}');

	if (!start || !end || end < start)
		return err_set(
			e, ERR_BREW, "brew outdated: no JSON in its answer: %.200s", raw_json);
	if (!json_parse(start, (size_t)(end - start) + 1, &document, e))
		return err_within(e, "brew outdated");

	const struct json *rows = json_at(document, "/formulae");

	for (size_t i = 0; i < json_count(rows) && i < OUTDATED_MAX; i++)
		if (!row_read(json_item(rows, i, NULL), out))
			return err_set(e, ERR_INTERNAL, "no memory");
	return true;
}

/* --- the plan of an upgrade --------------------------------------------------------------------
 */

/* "==> Would install 1 dependency for yt-dlp:": for whom the names of the next lines come. */
static void heading_read(char *line, char for_whom[FORMULA_NAME_MAX])
{
	char *name = strstr(line, " for ");

	for_whom[0] = '\0';
	if (!name)
		return;
	name += strlen(" for ");
	name[strcspn(name, ": ")] = '\0';
	if (is_name(name))
		text_copy_cut(for_whom, FORMULA_NAME_MAX, name);
}

/* A Python that the upgrade brings: is it newer than python3 is now? */
static bool python_read(
	const struct prefix *p, const char *name, const char *for_whom, struct outdated *out)
{
	const struct formula *main = python_main(p);
	char now[8], then[8];

	if (!main || prefix_formula(p, name) || !interpreter_minor_of(main->name, now) ||
		!interpreter_minor_of(name, then) || interpreter_minor_compare(then, now) <= 0)
		return true;
	if (out->moves_to[0] == '\0' || interpreter_minor_compare(then, out->moves_to) > 0)
		text_copy_cut(out->moves_to, sizeof(out->moves_to), then);
	text_copy_cut(out->moves_from, sizeof(out->moves_from), now);
	return for_whom[0] == '\0' || strings_has(&out->movers, for_whom) ||
	       strings_add(&out->movers, for_whom);
}

bool outdated_read_plan(
	const struct prefix *p, const char *raw_plan, struct outdated *out, struct err *e)
{
	SCOPED_FREE char *text = strdup(raw_plan);
	char *lines = text, for_whom[FORMULA_NAME_MAX] = "";

	for (char *line = text_next(&lines, '\n'); line; line = text_next(&lines, '\n')) {
		if (text_starts(line, "==> ")) {
			heading_read(line, for_whom);
			continue;
		}
		for (char *word = text_next(&line, ' '); word; word = text_next(&line, ' '))
			if (formula_is_python(word) && !python_read(p, word, for_whom, out))
				return err_set(e, ERR_INTERNAL, "no memory");
	}
	return text != NULL || err_set(e, ERR_INTERNAL, "no memory");
}

/* The main formula's own upgrade takes python3 away, where brew means another by that name now. */
static bool note_default(const struct owner *o, const struct prefix *p, struct outdated *out)
{
	const struct formula *main = python_main(p);
	char alias[FORMULA_NAME_MAX], now[8], then[8];

	if (!main || !strings_has(&out->names, main->name) ||
		!python_alias(o->person, alias, sizeof(alias)) || text_equal(alias, main->name) ||
		!interpreter_minor_of(main->name, now) || !interpreter_minor_of(alias, then) ||
		interpreter_minor_compare(then, now) <= 0)
		return true;
	text_copy_cut(out->moves_from, sizeof(out->moves_from), now);
	text_copy_cut(out->moves_to, sizeof(out->moves_to), then);
	return strings_has(&out->movers, main->name) || strings_add(&out->movers, main->name);
}

bool outdated_ask(
	const struct owner *o, const struct prefix *p, struct outdated *out, struct err *e)
{
	static const char *const outdated[] = {"outdated", "--json=v2", NULL};
	static const char *const upgrade[] = {"upgrade", "--dry-run", NULL};
	SCOPED_FREE char *rows = NULL, *plan = NULL;

	if (!brew_ask(o, p, outdated, &rows, e) || !outdated_read(rows, out, e))
		return false;
	if (out->names.n_items == 0)
		return true;
	return brew_ask(o, p, upgrade, &plan, e) && outdated_read_plan(p, plan, out, e) &&
	       (note_default(o, p, out) || err_set(e, ERR_INTERNAL, "no memory"));
}
