/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/report.h"

#include <string.h>

#include "cmd/terminal.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/log.h"

enum { CELL_MAX = 1024, N_COLUMNS = 4, GAP = 2 };

/* --- what stands in a cell --------------------------------------------------- */

static const char *const digest_words[] = {
	[DIGEST_FROM_NONE] = "no digest published: first sight",
	[DIGEST_FROM_FEED] = "SHA-256 from the vendor",
	[DIGEST_FROM_CHECKSUMS] = "SHA-256 from the vendor's checksums",
	[DIGEST_FROM_GITHUB] = "SHA-256 from GitHub",
	[DIGEST_FROM_PAGE] = "SHA-256 from the vendor's page",
	[DIGEST_FROM_FIRST_SIGHT] = "SHA-256 of first sight",
};

/* dpkg's version as the recipe compares it: without what only the vendor's build adds. */
static void report_version(
	const struct entry *entry, const char *version, char *out, size_t out_size)
{
	struct err ignored = {0};

	if (version[0] == '\0' || entry->recipe == NULL ||
		!recipe_version_installed(entry->recipe, version, out, out_size, &ignored))
		text_copy_cut(out, out_size, version);
}

static void report_base(
	const struct run *run, const struct entry *entry, char *out, size_t out_size)
{
	const char *vendors = entry->recipe != NULL ? entry->recipe->vendor_base : "";

	out[0] = '\0';
	if (vendors[0] != '\0' && !text_equal(vendors, run->host.base))
		snprintf(out, out_size, "%s build, the newest for %s", vendors, run->host.base);
}

static void report_available(
	const struct entry *entry, const char *base, char *out, size_t out_size)
{
	const struct release *r = &entry->result.release;
	const char *word = entry->wish == WISH_ROLLBACK ? "roll back"
			   : entry->is_present          ? "update"
							: "install";
	char size[32] = "";

	if (r->size_bytes > 0)
		text_size(r->size_bytes, size, sizeof(size));
	snprintf(out, out_size, "%s%s%s, %s%s%s%s%s", word, size[0] != '\0' ? ", " : "", size,
		digest_words[r->sha256_from], base[0] != '\0' ? ", " : "", base,
		entry->result.text[0] != '\0' ? ", " : "", entry->result.text);
}

/* "word", or "word: text". */
static void report_worded(const char *word, const char *text, char *out, size_t out_size)
{
	snprintf(out, out_size, "%s%s%s", word, text[0] != '\0' ? ": " : "", text);
}

static void report_state(
	const struct run *run, const struct entry *entry, char *out, size_t out_size)
{
	const struct result *r = &entry->result;
	char base[256];

	report_base(run, entry, base, sizeof(base));
	switch (r->outcome) {
	case OUTCOME_AVAILABLE: report_available(entry, base, out, out_size); break;
	case OUTCOME_CURRENT:
		snprintf(out, out_size, "current%s%s%s%s%s", base[0] != '\0' ? " (" : "", base,
			base[0] != '\0' ? ")" : "", r->text[0] != '\0' ? "; " : "", r->text);
		break;
	case OUTCOME_FAILED: report_worded("failed", r->error.text, out, out_size); break;
	case OUTCOME_ABSENT: text_copy_cut(out, out_size, r->text); break;
	case OUTCOME_DEFERRED:
		report_worded(reason_token(r->reason), r->text, out, out_size);
		break;
	default: report_worded(outcome_token(r->outcome), r->text, out, out_size); break;
	}
}

/* --- the table --------------------------------------------------------------- */

struct row {
	char cells[N_COLUMNS][CELL_MAX];
};

static bool report_is_shown(const struct entry *entry, const struct options *o)
{
	return entry->result.outcome != OUTCOME_ABSENT || entry->is_typed || o->all ||
	       strstr(entry->result.text, "was there") != NULL;
}

static void report_fill(const struct run *run, const struct entry *entry, struct row *out)
{
	text_copy_cut(out->cells[0], CELL_MAX, entry->name);
	report_version(entry, entry->result.installed, out->cells[1], CELL_MAX);
	out->cells[2][0] = '\0';
	if (entry->result.outcome != OUTCOME_CURRENT)
		text_copy_cut(out->cells[2], CELL_MAX, entry->result.available);
	report_state(run, entry, out->cells[3], CELL_MAX);
}

/* Text cut to a number of columns, ended by an ellipsis where something is missing. */
static void report_cut(char *text, size_t columns)
{
	size_t len = strlen(text);

	if (text_columns(text) <= columns)
		return;
	while (len > 0 && text_columns(text) + 1 > columns) {
		do
			len--;
		while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80);
		text[len] = '\0';
	}
	if (columns > 0 && len + sizeof("…") <= CELL_MAX)
		memcpy(text + len, "…", sizeof("…"));
}

/* No line wider than the terminal: the state gives way first, then the versions, then the name. */
static void report_narrow(size_t widths[N_COLUMNS], size_t columns)
{
	static const size_t least[N_COLUMNS] = {8, 8, 8, 8};
	static const int order[N_COLUMNS] = {3, 1, 2, 0};
	size_t total = GAP * (N_COLUMNS - 1);

	for (size_t i = 0; i < N_COLUMNS; i++)
		total += widths[i];
	for (size_t i = 0; i < N_COLUMNS && total > columns; i++) {
		size_t *width = &widths[order[i]];
		size_t give = *width > least[order[i]] ? *width - least[order[i]] : 0;

		if (give > total - columns)
			give = total - columns;
		*width -= give;
		total -= give;
	}
}

static void report_print_row(
	struct row *row, const size_t widths[N_COLUMNS], const char *color, FILE *out)
{
	for (size_t i = 0; i < N_COLUMNS; i++) {
		bool is_last = i + 1 == N_COLUMNS;

		report_cut(row->cells[i], widths[i]);
		size_t columns = text_columns(row->cells[i]);

		if (is_last && color[0] != '\0')
			fprintf(out, "%s%s\033[0m\n", color, row->cells[i]);
		else if (is_last)
			fprintf(out, "%s\n", row->cells[i]);
		else
			fprintf(out, "%s%*s", row->cells[i], (int)(widths[i] - columns) + GAP, "");
	}
}

static const char *report_color(const struct entry *entry, bool has_color)
{
	if (!has_color)
		return "";
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

static void report_rows(const struct run *run, const struct options *o, FILE *out)
{
	struct row head = {{"NAME", "INSTALLED", "AVAILABLE", "STATE"}};
	size_t widths[N_COLUMNS], n = run->plan.n_entries;
	SCOPED_FREE struct row *rows = calloc(n + 1, sizeof(*rows));

	if (rows == NULL)
		return;
	for (size_t k = 0; k < N_COLUMNS; k++)
		widths[k] = strlen(head.cells[k]);
	for (size_t i = 0; i < n; i++) {
		if (!report_is_shown(&run->plan.entries[i], o))
			continue;
		report_fill(run, &run->plan.entries[i], &rows[i]);
		for (size_t k = 0; k < N_COLUMNS; k++) {
			size_t columns = text_columns(rows[i].cells[k]);

			widths[k] = columns > widths[k] ? columns : widths[k];
		}
	}
	if (terminal_is(fileno(out)))
		report_narrow(widths, terminal_columns(fileno(out)));
	report_print_row(&head, widths, "", out);
	for (size_t i = 0; i < n; i++) {
		const struct entry *entry = &run->plan.entries[i];

		if (report_is_shown(entry, o))
			report_print_row(&rows[i], widths,
				report_color(entry, terminal_has_color(fileno(out), o)), out);
	}
}

static void report_head(const struct run *run, FILE *out)
{
	struct state_run last;
	bool has_last = false;
	struct err ignored = {0};
	char when[CLOCK_TEXT_MAX];

	fputs(run->host.os_name, out);
	if (run->host.base_family[0] != '\0' && !text_equal(run->host.base_family, run->host.os))
		fprintf(out, " (%s %s)",
			text_equal(run->host.base_family, "ubuntu") ? "Ubuntu" : "Debian",
			run->host.base);
	fprintf(out, ", %s", run->host.arch);
	if (state_run_last(run_memory(run), &has_last, &last, &ignored) && has_last) {
		clock_format_near(last.started_unix_ms, clock_unix_ms(), when, sizeof(when));
		fprintf(out, " · last run %s", when);
	}
	fputc('\n', out);
}

/* Each failure in full, where the table had to cut it. */
static void report_failures(const struct run *run, FILE *out)
{
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];

		if (entry->result.outcome == OUTCOME_FAILED && err_is_set(&entry->result.error))
			fprintf(out, "%s: %s\n", entry->name, entry->result.error.text);
	}
}

static void report_closing(const struct run *run, FILE *out)
{
	size_t n_updates = 0, n_failed = 0, n_known = 0;
	enum wish wish = WISH_CHECK;

	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];

		wish = entry->wish;
		n_updates += entry->result.outcome == OUTCOME_AVAILABLE;
		n_failed += entry->result.outcome == OUTCOME_FAILED;
		n_known += entry->result.outcome != OUTCOME_ABSENT;
	}
	if (n_updates > 0 && wish == WISH_CHECK)
		fprintf(out, "%zu %s: devupd upgrade\n", n_updates,
			n_updates == 1 ? "update" : "updates");
	else if (n_known == 0)
		fputs("nothing that devupd looks after is installed: devupd list --all\n", out);
	else if (n_updates == 0 && n_failed == 0)
		fputs("nothing to do\n", out);
}

void report_table(const struct run *run, const struct options *o, FILE *out)
{
	if (o->verbosity < 0)
		return;
	if (run->state_note[0] != '\0')
		log_note("%s", run->state_note);
	report_head(run, out);
	report_rows(run, o, out);
	report_failures(run, out);
	report_closing(run, out);
	fflush(out);
}

/* --- after a change ---------------------------------------------------------- */

static bool report_has_acted(const struct entry *entry)
{
	switch (entry->result.outcome) {
	case OUTCOME_UPDATED:
	case OUTCOME_INSTALLED:
	case OUTCOME_REPAIRED:
	case OUTCOME_ROLLED_BACK:
	case OUTCOME_DOWNLOADED:
	case OUTCOME_FAILED: return true;
	default: return false;
	}
}

static void report_change(const struct entry *entry, const struct options *o, FILE *out)
{
	const struct result *r = &entry->result;

	if (r->outcome == OUTCOME_FAILED)
		fprintf(out, "%-16s  failed at %s: %s\n", entry->name, step_token(r->step),
			r->error.text);
	else if (r->outcome == OUTCOME_DOWNLOADED)
		fprintf(out, "%-16s  %s  downloaded and verified\n", entry->name, r->available);
	else
		fprintf(out, "%-16s  %s%s%s  %s\n", entry->name, entry->was,
			entry->was[0] != '\0' ? " -> " : "", r->available,
			outcome_token(r->outcome));
	for (size_t i = 0; o->verbosity > 0 && i < r->n_also; i++)
		fprintf(out, "%-16s  also %s %s -> %s\n", "", r->also[i].package, r->also[i].from,
			r->also[i].to[0] != '\0' ? r->also[i].to : "removed");
}

void report_changes(const struct run *run, const struct options *o, FILE *out)
{
	char duration[32];

	if (o->verbosity < 0)
		return;
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		if (report_has_acted(&run->plan.entries[i]))
			report_change(&run->plan.entries[i], o, out);
	}
	text_duration(
		(uint64_t)(clock_unix_ms() - run->started_unix_ms), duration, sizeof(duration));
	fprintf(out, "Done in %s: devupd history\n", duration);
	fflush(out);
}

/* --- why --------------------------------------------------------------------- */

static void report_step(const char *name, const struct trace *raw, FILE *out)
{
	char size[32] = "", url[URL_MAX * 2], text[RECORD_TEXT_MAX * 2];
	const struct trace *t = raw;

	/* Pages are hostile to a terminal. */
	text_escape(raw->url, strlen(raw->url), url, sizeof(url));
	text_escape(raw->text, strlen(raw->text), text, sizeof(text));

	switch (t->kind) {
	case TRACE_REQUEST:
		if (t->size_bytes > 0)
			text_size(t->size_bytes, size, sizeof(size));
		fprintf(out, "%s: %s: %d%s%s%s, %llu ms%s%s\n", name, url, t->status,
			size[0] != '\0' ? ", " : "", size, t->is_cached ? ", as kept" : "",
			(unsigned long long)t->ms, text[0] != '\0' ? ": " : "", text);
		break;
	case TRACE_CANDIDATE:
		fprintf(out, "%s:   %s %s%s%s\n", name, t->is_taken ? "taken" : "  not", url,
			text[0] != '\0' ? ": " : "", text);
		break;
	default: fprintf(out, "%s: %s\n", name, text); break;
	}
}

void report_trace(const struct run *run, FILE *out)
{
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];

		for (size_t k = 0; k < entry->result.n_trace; k++)
			report_step(entry->name, &entry->result.trace[k], out);
	}
}

void report_error(const struct run *run, const struct err *e)
{
	const struct yaml_errors *errors = &run->config_errors;

	if (e->code == ERR_CONFIG && errors->n_items > 0) {
		for (size_t i = 0; i < errors->n_items; i++)
			log_error("%s", errors->items[i].text);
		if (errors->n_more > 0)
			log_error("and %zu more", errors->n_more);
		return;
	}
	log_error("%s", e->text);
}
