/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/report_owner.h"

#include <string.h>

#include "updaters/lib/text.h"

enum {
	DEED_MAX = 4 * RECORD_TEXT_MAX,
	DEEDS_IN_LINE = 3,
	COMMAND_SEPARATOR = '\x1f',
	SHA256_DIGITS = 64
};

/* "brew link x": the program by its last name, as a person would type it. */
static void deed_command(const char *command, char *out, size_t out_size)
{
	char words[RECORD_TEXT_MAX];
	char *cursor = words;
	const char *word, *slash;
	size_t at = 0;

	text_copy_cut(words, sizeof(words), command);
	out[0] = '\0';
	while ((word = text_next(&cursor, COMMAND_SEPARATOR)) != NULL && at + 1 < out_size) {
		slash = at == 0 ? strrchr(word, '/') : NULL;
		at += (size_t)snprintf(out + at, out_size - at, "%s%s", at > 0 ? " " : "",
			slash != NULL ? slash + 1 : word);
	}
}

/* A file is told by its digest, which says nothing to a person. */
static bool is_digest(const char *text)
{
	return text_is_hex(text, SHA256_DIGITS);
}

void report_owner_deed(const struct change *c, char *out, size_t out_size)
{
	char raw[DEED_MAX];

	if (c->command[0] != '\0')
		deed_command(c->command, raw, sizeof(raw));
	else if (is_digest(c->from) || is_digest(c->to))
		snprintf(raw, sizeof(raw), "rewrite %s%s%s", c->path,
			is_digest(c->to) || c->to[0] == '\0' ? "" : ": ",
			is_digest(c->to) ? "" : c->to);
	else if (c->to[0] == '\0')
		snprintf(raw, sizeof(raw), "drop %s (was %s)", c->path, c->from);
	else if (text_equal(c->path, c->to))
		snprintf(raw, sizeof(raw), "move %s to %s", c->from, c->to);
	else
		snprintf(raw, sizeof(raw), "%s: %s%s%s", c->path, c->from,
			c->from[0] != '\0' ? " -> " : "", c->to);
	text_escape(raw, strlen(raw), out, out_size);
}

static bool is_told(const struct item *item)
{
	switch (item->outcome) {
	case OUTCOME_CURRENT:
	case OUTCOME_ABSENT: return false;
	default: return true;
	}
}

static size_t count_told(const struct result *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_items; i++)
		n += is_told(&r->items[i]);
	return n;
}

static bool has_users(const struct result *r)
{
	for (size_t i = 1; i < r->n_items; i++) {
		if (!text_equal(r->items[i].user, r->items[0].user))
			return true;
	}
	return false;
}

static void put_item(const struct result *r, const struct item *item, int indent, FILE *out)
{
	char raw[2 * RECORD_TEXT_MAX + 256], line[2 * sizeof(raw)];

	snprintf(raw, sizeof(raw), "%s%s%s  %s%s%s", has_users(r) ? item->user : "",
		has_users(r) ? ": " : "", item->path,
		item->outcome == OUTCOME_BROKEN ? item->state : outcome_token(item->outcome),
		item->text[0] != '\0' ? ": " : "", item->text);
	text_escape(raw, strlen(raw), line, sizeof(line));
	fprintf(out, "%*s%s\n", indent, "", line);
}

static void put_items(const struct result *r, int indent, FILE *out)
{
	for (size_t i = 0; i < r->n_items; i++) {
		if (is_told(&r->items[i]))
			put_item(r, &r->items[i], indent, out);
	}
}

void report_owner_plan(const struct entry *entry, bool with_changes, FILE *out)
{
	const struct result *r = &entry->result;
	char deed[DEED_MAX];
	bool has_items = count_told(r) > 1;
	bool has_changes = with_changes && r->n_changes > 0;

	if (!has_items && !has_changes)
		return;
	fprintf(out, "%s:\n", entry->name);
	if (has_items)
		put_items(r, 2, out);
	for (size_t i = 0; has_changes && i < r->n_changes; i++) {
		report_owner_deed(&r->changes[i], deed, sizeof(deed));
		fprintf(out, "  would: %s\n", deed);
	}
}

/* A command, and where something of the person's own was put: not each link that a command made. */
static bool deed_is_told(const struct change *c)
{
	return c->command[0] != '\0' || (c->to[0] != '\0' && text_equal(c->path, c->to));
}

static size_t count_commands(const struct result *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_changes; i++)
		n += deed_is_told(&r->changes[i]);
	return n;
}

/* The first few on one line: what a command changed is told by the command. */
static void put_deeds(const struct result *r, FILE *out)
{
	size_t n_commands = count_commands(r), n_put = 0;
	size_t n = n_commands > 0 ? n_commands : r->n_changes;
	char line[DEED_MAX];

	for (size_t i = 0; i < r->n_changes && n_put < DEEDS_IN_LINE; i++) {
		if (n_commands > 0 && !deed_is_told(&r->changes[i]))
			continue;
		report_owner_deed(&r->changes[i], line, sizeof(line));
		fprintf(out, "%s%s", n_put++ > 0 ? ", " : "", line);
	}
	if (n > DEEDS_IN_LINE)
		fprintf(out, " and %zu more", n - DEEDS_IN_LINE);
}

void report_owner_change(const struct entry *entry, int width, FILE *out)
{
	const struct result *r = &entry->result;
	char line[DEED_MAX];

	if (r->outcome == OUTCOME_FAILED) { /* said already: the rest may have gone well */
		put_items(r, width + 2, out);
		return;
	}
	fprintf(out, "%-*s  ", width, entry->name);
	if (count_told(r) > 1) {
		fprintf(out, "%s\n", outcome_token(r->outcome));
		put_items(r, width + 2, out);
		return;
	}
	if (r->outcome != OUTCOME_ROLLED_BACK) /* what it was is in the run that it names */
		put_deeds(r, out);
	text_escape(r->text, strlen(r->text), line, sizeof(line));
	fprintf(out, "%s%s\n", r->n_changes > 0 && r->outcome != OUTCOME_ROLLED_BACK ? "  " : "",
		line[0] != '\0' ? line : outcome_token(r->outcome));
}
