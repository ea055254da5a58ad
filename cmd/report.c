/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/report.h"

#include <string.h>

#include "cmd/report_line.h"
#include "cmd/report_owner.h"
#include "cmd/report_table.h"
#include "cmd/terminal.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/log.h"
#include "updaters/verdict.h"

enum { HEAD_MAX = 512 };

/* --- around the table -------------------------------------------------------- */

/* The last one before this one, which may be on record already. */
static void report_last_run(const struct run *run, char *out, size_t out_size)
{
	SCOPED_FREE struct state_run *runs = NULL;
	struct err ignored = {0};
	char when[CLOCK_TEXT_MAX];
	size_t n = 0, at = 0;

	out[0] = '\0';
	if (!state_run_list(run_memory(run), 2, &runs, &n, &ignored))
		return;
	at = n > 0 && text_equal(runs[0].run, run->id);
	if (at >= n)
		return;
	clock_format_near(runs[at].started_unix_ms, clock_unix_ms(), when, sizeof(when));
	snprintf(out, out_size, " · last run %s", when);
}

/* "Linux Mint 22 (Ubuntu noble), amd64 · last run today 06:12" */
static void report_head(const struct run *run, FILE *out)
{
	char line[HEAD_MAX], host[HEAD_MAX / 2], last[CLOCK_TEXT_MAX + 32];

	report_host(&run->host, host, sizeof(host));
	report_last_run(run, last, sizeof(last));
	snprintf(line, sizeof(line), "%s%s", host, last);
	if (terminal_is(fileno(out)))
		terminal_cut(line, sizeof(line), terminal_columns(fileno(out)));
	fprintf(out, "%s\n", line);
}

/* A broken recipe: each of its complaints, file:line:column. */
static void report_complaints(const char *name, const struct yaml_errors *errors, FILE *out)
{
	for (size_t i = 0; i < errors->n_items; i++)
		report_say(name, errors->items[i].text, out);
	if (errors->n_more > 0)
		fprintf(out, "%s: and %zu more\n", name, errors->n_more);
}

static bool report_is_owners(const struct entry *entry)
{
	return entry->updater != NULL && entry->updater->acts_as_owner;
}

/* Each failure in full: what was tried, what was found, what to do. */
static void report_failures(const struct run *run, FILE *out)
{
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];
		const struct recipe_entry *source = recipes_find(&run->recipes, entry->name);

		if (entry->result.outcome != OUTCOME_FAILED)
			continue;
		if (source != NULL && source->errors.n_items > 0)
			report_complaints(entry->name, &source->errors, out);
		else
			report_say(entry->name, entry->result.error.text, out);
	}
}

/* "1 update, 2 repairs" */
static void report_print_counts(size_t n_updates, size_t n_repairs, FILE *out)
{
	if (n_updates > 0)
		fprintf(out, "%zu %s%s", n_updates, n_updates == 1 ? "update" : "updates",
			n_repairs > 0 ? ", " : "");
	if (n_repairs > 0)
		fprintf(out, "%zu %s", n_repairs, n_repairs == 1 ? "repair" : "repairs");
}

/* What its owner must do by hand, as its text says: no run of ours mends it. */
static size_t report_count_by_hand(const struct run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];

		n += entry->result.outcome == OUTCOME_BROKEN && report_is_owners(entry) &&
		     entry->result.n_changes == 0;
	}
	return n;
}

static void report_closing(const struct run *run, const struct options *o, FILE *out)
{
	size_t n[OUTCOME_N] = {0}, n_known, n_open, n_by_hand = report_count_by_hand(run);
	enum wish wish = run->plan.n_entries > 0 ? run->plan.entries[0].wish : WISH_CHECK;

	for (size_t i = 0; i < run->plan.n_entries; i++)
		n[run->plan.entries[i].result.outcome]++;
	n_known = run->plan.n_entries - n[OUTCOME_ABSENT];
	n_open = n[OUTCOME_AVAILABLE] + n[OUTCOME_BROKEN] - n_by_hand;
	if (n_open > 0 && wish == WISH_CHECK) {
		report_print_counts(n[OUTCOME_AVAILABLE], n[OUTCOME_BROKEN] - n_by_hand, out);
		fputs(": devupd upgrade\n", out);
	} else if (n_open > 0 && o->dry_run) {
		fputs("a dry run: nothing was changed\n", out);
	} else if (wish == WISH_UNDO && n_open + n[OUTCOME_FAILED] == 0) {
		fputs("nothing to take back\n", out);
	} else if (n_known == 0 && o->names.n_items == 0) {
		fputs("nothing that devupd looks after is installed: devupd list --all\n", out);
	} else if (n_known > 0 && n[OUTCOME_CURRENT] == n_known) {
		fputs("all current\n", out);
	} else if (n_by_hand > 0) {
		fprintf(out, "%zu to be mended by hand, as said above\n", n_by_hand);
	} else if (n_open + n[OUTCOME_FAILED] + n[OUTCOME_LICENSE] == 0 && n_known > 0) {
		fputs("nothing to do\n", out);
	}
}

void report_table(const struct run *run, const struct options *o, FILE *out)
{
	if (o->verbosity < 0) {
		report_failures(run, stderr); /* quiet is "errors only" */
		return;
	}
	if (run->state_note[0] != '\0')
		log_note("%s", run->state_note);
	report_head(run, out);
	report_rows(run, o, out);
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		if (report_is_owners(&run->plan.entries[i]))
			report_owner_plan(&run->plan.entries[i], o->dry_run, out);
	}
	report_failures(run, out);
	report_closing(run, o, out);
	fflush(out);
}

/* --- after a change ---------------------------------------------------------- */

/* What is said of an outcome when all is over; NULL: nothing. */
static const char *const change_words[OUTCOME_N] = {
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_UPDATED] = "installed",
	[OUTCOME_INSTALLED] = "installed",
	[OUTCOME_REPAIRED] = "repaired",
	[OUTCOME_ROLLED_BACK] = "rolled back",
	[OUTCOME_DOWNLOADED] = "downloaded and verified",
	[OUTCOME_AVAILABLE] = "left as it is",
	[OUTCOME_BROKEN] = "still broken",
	[OUTCOME_DEFERRED] = "deferred",
};

/* Why it was put off after the table was shown, where our half behind sudo told no more. */
static const char *const deferred_words[REASON_N] = {
	[REASON_RUNNING] = "open; fetched and verified, it waits until the program is closed",
	[REASON_SESSION] = "a session is left open; fetched and verified, it waits until that ends",
	[REASON_METERED] = "the network is metered",
	[REASON_BATTERY] = "the battery is low",
};

/* What is behind the word: why an offer, or the promise of one, was left. */
static const char *report_why(const struct result *r)
{
	if (r->outcome == OUTCOME_DEFERRED)
		return r->text[0] != '\0' ? r->text : deferred_words[r->reason];
	return r->outcome == OUTCOME_AVAILABLE ? r->text : "";
}

static bool report_has_changed(const struct entry *entry)
{
	return change_words[entry->result.outcome] != NULL &&
	       entry->result.outcome != OUTCOME_FAILED &&
	       entry->result.outcome != OUTCOME_DEFERRED &&
	       entry->result.outcome != OUTCOME_AVAILABLE &&
	       entry->result.outcome != OUTCOME_BROKEN;
}

/* What stayed as it was, and why: a conffile that somebody changed. */
static void report_items(const struct result *r, int width, FILE *out)
{
	char line[RECORD_TEXT_MAX * 4];

	for (size_t i = 0; i < r->n_items; i++) {
		char raw[RECORD_TEXT_MAX * 2];

		snprintf(raw, sizeof(raw), "%s %s", r->items[i].path, r->items[i].text);
		text_escape(raw, strlen(raw), line, sizeof(line));
		fprintf(out, "%*s  %s\n", width, "", line);
	}
}

static void report_also(const struct result *r, int width, FILE *out)
{
	for (size_t i = 0; i < r->n_also; i++) {
		const struct also *a = &r->also[i];

		if (a->from[0] == '\0')
			fprintf(out, "%*s  also %s %s installed\n", width, "", a->package, a->to);
		else
			fprintf(out, "%*s  also %s %s -> %s\n", width, "", a->package, a->from,
				a->to[0] != '\0' ? a->to : "removed");
	}
}

/* A version that was typed is the next upgrade's to move on, unless it is held. */
static bool report_is_passing(const struct entry *entry)
{
	return entry->wish == WISH_INSTALL && entry->wanted[0] != '\0' &&
	       report_has_changed(entry) && entry->result.outcome != OUTCOME_DOWNLOADED;
}

static void report_change(const struct entry *entry, int width, bool with_also, FILE *out)
{
	const struct result *r = &entry->result;
	bool is_there = r->outcome != OUTCOME_DOWNLOADED && r->outcome != OUTCOME_AVAILABLE &&
			r->outcome != OUTCOME_DEFERRED;
	bool is_other = false; /* another version than before */
	char version[DPKG_VERSION_MAX], raw[RECORD_TEXT_MAX * 2], line[RECORD_TEXT_MAX * 4];

	if (r->outcome == OUTCOME_FAILED) {
		report_say(entry->name, r->error.text, out);
		if (report_is_owners(entry))
			report_owner_change(entry, width, out);
		else /* what its scripts did, they did all the same */
			report_items(r, width, out);
		return;
	}
	if (report_is_owners(entry)) {
		report_owner_change(entry, width, out);
		return;
	}
	report_version(entry, is_there ? r->installed : r->available, version, sizeof(version));
	is_other = is_there && entry->was[0] != '\0' && !text_equal(entry->was, version);
	snprintf(raw, sizeof(raw), "%s%s%s  %s%s%s", is_other ? entry->was : "",
		is_other ? " -> " : "", version, change_words[r->outcome],
		report_why(r)[0] != '\0' ? ": " : "", report_why(r));
	text_escape(raw, strlen(raw), line, sizeof(line));
	fprintf(out, "%-*s  %s\n", width, entry->name, line);
	if (report_is_passing(entry))
		fprintf(out, "%*s  it does not stick: devupd hold %s\n", width, "", entry->name);
	report_items(r, width, out);
	if (with_also)
		report_also(r, width, out);
}

/* What was only to be fetched is none of a person's things: nothing was done there. */
static bool report_is_told(const struct entry *entry, const struct options *o)
{
	const struct result *r = &entry->result;

	/* what the table has said already is not said again */
	if (r->outcome == OUTCOME_DEFERRED && deferred_words[r->reason] == NULL)
		return false;
	return change_words[r->outcome] != NULL && !(o->download_only && report_is_owners(entry));
}

void report_changes(const struct run *run, const struct options *o, FILE *out)
{
	int64_t ms = clock_unix_ms() - run->started_unix_ms;
	size_t n_changed = 0, n_current = 0, width = 0;
	char duration[32];

	if (o->verbosity < 0) {
		report_failures(run, stderr);
		return;
	}
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];
		size_t len = strlen(entry->name);

		n_changed += report_has_changed(entry);
		n_current += entry->result.outcome == OUTCOME_CURRENT && report_is_owners(entry) &&
			     entry->n_taken > 0;
		width = report_is_told(entry, o) && len > width ? len : width;
	}
	for (size_t i = 0; i < run->plan.n_entries; i++) {
		const struct entry *entry = &run->plan.entries[i];

		if (report_is_told(entry, o))
			report_change(entry, (int)width, o->verbosity > 0, out);
	}
	text_duration(ms > 0 ? (uint64_t)ms : 0, duration, sizeof(duration));
	if (n_current > 0 && width == 0)
		fputs("nothing was left to do\n", out); /* another run has done it meanwhile */
	if (n_changed > 0)
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
	case TRACE_TRIED: /* a fault names the address itself */
		fprintf(out, "%s: as %s%s%s\n", name, text_starts(text, url) ? "" : url,
			text_starts(text, url) ? "" : ": ", text);
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

int report_fail(const char *verb, const struct options *o, const struct err *e)
{
	int code = verdict_of_error(e);

	if (o->json)
		report_own_document(verb, o, code, e, "", stdout);
	log_error("%s", e->text);
	return code;
}
