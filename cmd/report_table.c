/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table NAME INSTALLED AVAILABLE STATE. */
#include "cmd/report_table.h"

#include <string.h>

#include "cmd/report_line.h"
#include "cmd/table.h"
#include "cmd/terminal.h"

enum { COLUMN_NAME, COLUMN_INSTALLED, COLUMN_AVAILABLE, COLUMN_STATE };
enum { BASE_MAX = 256, CELL_MAX = RECORD_TEXT_MAX + 2 * BASE_MAX };

/* The state gives way first, then the versions, then the name. */
static const struct table_step steps[] = {
	{COLUMN_STATE, 12},
	{COLUMN_INSTALLED, 8},
	{COLUMN_AVAILABLE, 8},
	{COLUMN_NAME, 8},
	{COLUMN_STATE, 1},
	{COLUMN_INSTALLED, 1},
	{COLUMN_AVAILABLE, 1},
	{COLUMN_NAME, 1},
};
static const struct table_form form = {
	.heads = {"NAME", "INSTALLED", "AVAILABLE", "STATE", NULL},
	.steps = steps,
	.n_steps = ARRAY_SIZE(steps),
};

/* --- what stands in a cell --------------------------------------------------- */

static const char *const digest_words[DIGEST_FROM_N] = {
	[DIGEST_FROM_FEED] = " from the vendor",
	[DIGEST_FROM_CHECKSUMS] = " from the vendor's checksums",
	[DIGEST_FROM_GITHUB] = " from GitHub",
	[DIGEST_FROM_PAGE] = " from the vendor's page",
	[DIGEST_FROM_FIRST_SIGHT] = " of first sight",
};

/* "SHA-256 from the vendor". Who names no SHA-256 and yet a digest, names SHA-512. */
static void table_digest(const struct release *r, char *out, size_t out_size)
{
	if (r->sha256_from == DIGEST_FROM_NONE)
		snprintf(out, out_size, "no digest published: first sight");
	else
		snprintf(out, out_size, "%s%s",
			r->digests.sha256[0] != '\0' ? "SHA-256" : "SHA-512",
			digest_words[r->sha256_from]);
}

/* "jammy build, the newest for noble", where the vendor builds nothing for this very release. */
static void table_base(const struct run *run, const struct entry *entry, char *out, size_t out_size)
{
	const char *vendors = entry->recipe != NULL ? entry->recipe->vendor_base : "";

	out[0] = '\0';
	if (vendors[0] != '\0' && !text_equal(vendors, run->host.base))
		snprintf(out, out_size, "%s build, the newest for %s", vendors, run->host.base);
}

static const char *table_deed(const struct entry *entry)
{
	int order = dpkg_version_compare(entry->result.available, entry->was);

	if (entry->wish == WISH_ROLLBACK)
		return "roll back";
	if (!entry->is_present)
		return "install";
	return order > 0 ? "update" : order == 0 ? "reinstall" : "downgrade";
}

static void table_available(const struct entry *entry, const char *base, char *out, size_t out_size)
{
	const struct release *r = &entry->result.release;
	char size[32] = "", digest[64];

	if (r->size_bytes > 0)
		text_size(r->size_bytes, size, sizeof(size));
	table_digest(r, digest, sizeof(digest));
	snprintf(out, out_size, "%s%s%s, %s%s%s%s%s", table_deed(entry),
		size[0] != '\0' ? ", " : "", size, digest, base[0] != '\0' ? ", " : "", base,
		entry->result.text[0] != '\0' ? ", " : "", entry->result.text);
}

/* "word", or "word: text". */
static void table_worded(const char *word, const char *text, char *out, size_t out_size)
{
	snprintf(out, out_size, "%s%s%s", word, text[0] != '\0' ? ": " : "", text);
}

/* "word", or "word (text)". */
static void table_bracketed(const char *word, const char *text, char *out, size_t out_size)
{
	snprintf(out, out_size, "%s%s%s%s", word, text[0] != '\0' ? " (" : "", text,
		text[0] != '\0' ? ")" : "");
}

static void table_current(const struct entry *entry, const char *base, char *out, size_t out_size)
{
	char state[BASE_MAX + 16];

	table_bracketed("current", base, state, sizeof(state));
	snprintf(out, out_size, "%s%s%s", state, entry->result.text[0] != '\0' ? "; " : "",
		entry->result.text);
}

/* A kind that acts as a person has no package: its own words say it. */
static void table_owner(const struct entry *entry, char *out, size_t out_size)
{
	const struct result *r = &entry->result;
	const char *word = r->outcome == OUTCOME_AVAILABLE ? "update" : outcome_token(r->outcome);

	if (r->outcome == OUTCOME_FAILED)
		table_worded(word, err_token(r->error.code), out, out_size);
	else if (entry->wish == WISH_UNDO)
		text_copy_cut(out, out_size, r->text);
	else if (r->outcome == OUTCOME_CURRENT)
		table_bracketed(word, r->text, out, out_size);
	else if (r->outcome == OUTCOME_ABSENT)
		text_copy_cut(out, out_size, r->text[0] != '\0' ? r->text : "not found here");
	else
		table_worded(word, r->text, out, out_size);
}

static void table_state(
	const struct run *run, const struct entry *entry, char *out, size_t out_size)
{
	const struct result *r = &entry->result;
	const char *word = outcome_token(r->outcome);
	char base[BASE_MAX];

	if (entry->updater != NULL && entry->updater->acts_as_owner) {
		table_owner(entry, out, out_size);
		return;
	}
	table_base(run, entry, base, sizeof(base));
	switch (r->outcome) {
	case OUTCOME_AVAILABLE: table_available(entry, base, out, out_size); break;
	case OUTCOME_CURRENT: table_current(entry, base, out, out_size); break;
	/* The kind of failure; what was found and what to do stands below, in full. */
	case OUTCOME_FAILED: table_worded(word, err_token(r->error.code), out, out_size); break;
	case OUTCOME_SKIPPED: table_worded(word, r->available, out, out_size); break;
	case OUTCOME_HELD: table_bracketed("held", r->text, out, out_size); break;
	case OUTCOME_ABSENT:
		if (text_starts(r->text, "was "))
			table_bracketed("absent", r->text, out, out_size);
		else if (r->text[0] != '\0')
			text_copy_cut(out, out_size, r->text);
		else
			snprintf(out, out_size, "not installed: devupd install %s", entry->name);
		break;
	case OUTCOME_DEFERRED:
		table_worded(r->reason != REASON_NONE ? reason_token(r->reason) : word, r->text,
			out, out_size);
		break;
	default: table_worded(word, r->text, out, out_size); break;
	}
}

/* What is not here and was not asked for is left out, unless it was there before. */
static bool table_shows(const struct entry *entry, const struct options *o)
{
	if (entry->wish == WISH_UNDO && entry->result.outcome == OUTCOME_CURRENT)
		return false; /* of all that could be taken back there is nothing of this */
	return entry->result.outcome != OUTCOME_ABSENT || entry->is_typed || o->all ||
	       text_starts(entry->result.text, "was ");
}

static bool table_fill(const struct run *run, const struct entry *entry, struct table *out)
{
	bool has_newer = entry->result.outcome != OUTCOME_CURRENT;
	char installed[DPKG_VERSION_MAX], state[CELL_MAX];
	const char *cells[] = {
		entry->name, installed, has_newer ? entry->result.available : "", state};

	report_version(entry, entry->result.installed, installed, sizeof(installed));
	table_state(run, entry, state, sizeof(state));
	return table_add(out, cells, "");
}

/* --- on the screen ----------------------------------------------------------- */

static const char *table_color(const struct entry *entry)
{
	switch (entry->result.outcome) {
	case OUTCOME_FAILED: return "\033[31m";
	case OUTCOME_AVAILABLE:
	case OUTCOME_BROKEN: return "\033[33m";
	case OUTCOME_CURRENT:
	case OUTCOME_UPDATED:
	case OUTCOME_INSTALLED: return "\033[32m";
	default: return "";
	}
}

/* A reason that the window cut off is said below in full: it may hold the command that helps. */
static void table_say_cut(
	const struct table *table, size_t row, const struct entry *entry, FILE *out)
{
	const struct result *r = &entry->result;

	if (r->text[0] != '\0' && r->outcome != OUTCOME_AVAILABLE && r->outcome != OUTCOME_FAILED &&
		table_is_cut(table, row, out))
		fprintf(out, "%s: %s\n", entry->name, table->rows[row].cells[COLUMN_STATE]);
}

void report_rows(const struct run *run, const struct options *o, FILE *out)
{
	SCOPED_CLEAR(table_clear) struct table table;
	bool has_color = terminal_has_color(fileno(out), o);
	size_t row = 0;

	table_init(&table, &form);
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];

		if (!table_shows(entry, o))
			continue;
		if (!table_fill(run, entry, &table))
			return;
		if (has_color)
			table.rows[table.n_rows - 1].color = table_color(entry);
	}
	if (table.n_rows > 0)
		table_print(&table, false, out);
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		if (table_shows(&run->plan.entries[i], o))
			table_say_cut(&table, row++, &run->plan.entries[i], out);
	}
}
