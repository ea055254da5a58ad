/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/telling_journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/journal.h"
#include "updaters/verdict.h"

/* Made by `journalctl --new-id128`, for ever: scripts and the catalogue know them. */
static const struct {
	const char *id;
	enum journal_level level;
} sorts[TELLING_N_EVENTS] = {
	[TELLING_DONE] = {"08ab88aa185d46f7bb669799ba2b3bfb", JOURNAL_INFO},
	[TELLING_REPAIRED] = {"724ef1bfde6d43e6bd4a86ec4f083df5", JOURNAL_INFO},
	[TELLING_FAILED] = {"c2215c5add3b4adf8b50101a94d0075f", JOURNAL_ERROR},
	[TELLING_REFUSED] = {"96f100dcb21a48eebe96363b9c74a98d", JOURNAL_ERROR},
	[TELLING_DEFERRED] = {"ba8a3ada2d11454bb32ed07164801a88", JOURNAL_NOTICE},
	[TELLING_LICENSE] = {"9f05bfb15e4044bf8c2b944153769669", JOURNAL_NOTICE},
	[TELLING_LEFT] = {"05161f4771f34136a067da61f854eff3", JOURNAL_NOTICE},
	[TELLING_OUTSIDE] = {"270a1147d1924f93a93fcb6de57ed9b8", JOURNAL_NOTICE},
	[TELLING_RUN] = {"133b0830d1d244bca649dba23e646503", JOURNAL_INFO},
	[TELLING_UNTOLD] = {"b6556461596e4c4084d712388ef6ea52", JOURNAL_WARNING},
};

enum { FIELDS_MAX = 24, NUMBER_MAX = 24 };

struct record {
	struct journal_field fields[FIELDS_MAX];
	size_t n;
};

const char *telling_message_id(enum telling_event event)
{
	return sorts[event].id;
}

static void put(struct record *r, const char *name, const char *value)
{
	if (r->n < FIELDS_MAX)
		r->fields[r->n++] = (struct journal_field){.name = name, .value = value};
}

static struct record record_of(const struct telling_run *run)
{
	struct record r = {0};

	put(&r, "DEVUPD_RUN", run->run);
	put(&r, "DEVUPD_VERB", run->verb);
	put(&r, "DEVUPD_USER", run->user);
	return r;
}

static void record_write(const struct record *r, enum telling_event event, enum journal_level level,
	const char *message)
{
	journal_write(level, sorts[event].id, message, r->fields, r->n);
}

void telling_journal_entry(const struct telling_run *run, const struct entry *entry)
{
	enum telling_event event = telling_event_of(entry);
	const struct result *result = &entry->result;
	bool is_failed = result->outcome == OUTCOME_FAILED;
	struct record r = record_of(run);
	char line[TELLING_LINE_MAX], from[DPKG_VERSION_MAX], to[DPKG_VERSION_MAX];
	char ms[NUMBER_MAX];

	if (event == TELLING_NOTHING)
		return;
	telling_line(entry, line, sizeof(line));
	telling_versions(entry, from, to);
	snprintf(ms, sizeof(ms), "%" PRIu64, result->ms);
	put(&r, "DEVUPD_NAME", entry->name);
	put(&r, "DEVUPD_KIND", entry->recipe != NULL ? entry->recipe->kind : NULL);
	put(&r, "DEVUPD_OUTCOME", outcome_token(result->outcome));
	put(&r, "DEVUPD_REASON", reason_token(result->reason));
	put(&r, "DEVUPD_FROM", from);
	put(&r, "DEVUPD_TO", to);
	put(&r, "DEVUPD_STEP", is_failed ? step_token(result->step) : NULL);
	put(&r, "DEVUPD_ERROR_CODE", is_failed ? err_token(result->error.code) : NULL);
	put(&r, "DEVUPD_URL", result->release.url);
	put(&r, "DEVUPD_SHA256", entry->file.sha256);
	put(&r, "DEVUPD_VERIFIED_BY", verified_by_token(result->verified_by));
	put(&r, "DEVUPD_MS", ms);
	record_write(&r, event, sorts[event].level, line);
}

void telling_journal_outside(const struct telling_run *run, const char *name, const char *kind,
	const char *from, const char *to)
{
	struct record r = record_of(run);
	char line[TELLING_LINE_MAX];

	snprintf(line, sizeof(line), "%s %s -> %s outside devupd", name,
		from[0] != '\0' ? from : "absent", to[0] != '\0' ? to : "absent");
	put(&r, "DEVUPD_NAME", name);
	put(&r, "DEVUPD_KIND", kind);
	put(&r, "DEVUPD_FROM", from);
	put(&r, "DEVUPD_TO", to);
	record_write(&r, TELLING_OUTSIDE, sorts[TELLING_OUTSIDE].level, line);
}

void telling_journal_untold(const struct telling_run *run, const char *why)
{
	struct record r = record_of(run);
	char line[TELLING_LINE_MAX];

	text_escape(why, strlen(why), line, sizeof(line));
	record_write(&r, TELLING_UNTOLD, sorts[TELLING_UNTOLD].level, line);
}

/* --- the end ----------------------------------------------------------------- */

static void count(const struct entry *entries, size_t n, size_t counts[OUTCOME_N])
{
	memset(counts, 0, OUTCOME_N * sizeof(counts[0]));
	for (size_t i = 0; i < n; i++)
		counts[entries[i].result.outcome] +=
			telling_event_of(&entries[i]) != TELLING_NOTHING;
}

void telling_end_line(const char *verb, const struct entry *entries, size_t n, int exit_code,
	char *out, size_t out_size)
{
	SCOPED_CLEAR(buf_clear) struct buf line = {0};
	size_t counts[OUTCOME_N], n_kinds = 0;

	count(entries, n, counts);
	buf_init(&line, TELLING_LINE_MAX - 1);
	buf_printf(&line, "%s:", verb);
	for (size_t i = 0; i < OUTCOME_N; i++) {
		enum outcome outcome = (enum outcome)((i + 1) % OUTCOME_N); /* failures last */

		if (counts[outcome] > 0)
			buf_printf(&line, "%s %zu %s", n_kinds++ > 0 ? "," : "", counts[outcome],
				outcome_token(outcome));
	}
	if (n_kinds == 0)
		buf_puts(&line, exit_code == 0 ? (n > 0 ? " nothing to do" : " done") : " ended");
	if (exit_code != 0)
		buf_printf(&line, " (exit code %d)", exit_code);
	text_copy_cut(out, out_size, buf_str(&line));
}

/* A failure of a name has its own entry; a run that came to none has only this. */
static enum journal_level end_level(int exit_code, size_t n_failed)
{
	bool is_fine = exit_code == EXIT_DONE || exit_code == EXIT_USAGE ||
		       exit_code == EXIT_AVAILABLE || exit_code == EXIT_HELD_BACK;

	if (is_fine || n_failed > 0)
		return sorts[TELLING_RUN].level;
	return exit_code > EXIT_SIGNAL ? JOURNAL_NOTICE : JOURNAL_ERROR;
}

void telling_journal_end(const struct telling_run *run, const struct entry *entries, size_t n,
	int exit_code, uint64_t ms)
{
	/* what a script wants to add up */
	static const struct {
		const char *field;
		enum outcome outcome;
	} sums[] = {
		{"DEVUPD_N_UPDATED", OUTCOME_UPDATED},
		{"DEVUPD_N_INSTALLED", OUTCOME_INSTALLED},
		{"DEVUPD_N_REPAIRED", OUTCOME_REPAIRED},
		{"DEVUPD_N_FAILED", OUTCOME_FAILED},
		{"DEVUPD_N_DEFERRED", OUTCOME_DEFERRED},
		{"DEVUPD_N_LICENSE", OUTCOME_LICENSE},
		{"DEVUPD_N_BROKEN", OUTCOME_BROKEN},
	};
	struct record r = record_of(run);
	size_t counts[OUTCOME_N];
	char numbers[ARRAY_SIZE(sums)][NUMBER_MAX], code[NUMBER_MAX], took[NUMBER_MAX];
	char line[TELLING_LINE_MAX];

	count(entries, n, counts);
	snprintf(code, sizeof(code), "%d", exit_code);
	snprintf(took, sizeof(took), "%" PRIu64, ms);
	put(&r, "DEVUPD_EXIT_CODE", code);
	put(&r, "DEVUPD_MS", took);
	for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
		snprintf(numbers[i], sizeof(numbers[i]), "%zu", counts[sums[i].outcome]);
		put(&r, sums[i].field, numbers[i]);
	}
	telling_end_line(run->verb, entries, n, exit_code, line, sizeof(line));
	record_write(&r, TELLING_RUN, end_level(exit_code, counts[OUTCOME_FAILED]), line);
}
