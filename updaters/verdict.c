/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/verdict.h"

#include <stdio.h>

#include "updaters/lib/text.h"

const struct exit_row exit_rows[] = {
	{EXIT_DONE, "done, or nothing to do"},
	{EXIT_FAILED, "failed: every name, for different reasons, or something unexpected"},
	{EXIT_USAGE, "wrong usage; or a question would have to be asked and nobody can answer it"},
	{EXIT_SOME_FAILED, "some names failed, at least one did not"},
	{EXIT_AVAILABLE, "updates or repairs are available (only with --exit-status)"},
	{EXIT_CONFIG, "the settings are wrong, or the recipe of a name that was given"},
	{EXIT_NETWORK, "nothing could be reached or found, for any name"},
	{EXIT_REFUSED, "the packages of all names were refused: not what was promised"},
	{EXIT_LOCKED, "a lock, ours or dpkg's, was still held after the wait"},
	{EXIT_NEEDS_ROOT, "needs root"},
	{EXIT_HELD_BACK, "held back or deferred (only with --exit-status)"},
	{0},
};

void verdict_describe(int exit_code, char *out, size_t out_size)
{
	const struct exit_row *row = exit_rows;

	while (row->what != NULL && row->code != exit_code)
		row++;
	if (exit_code == EXIT_DONE)
		text_copy_cut(out, out_size, row->what);
	else if (row->what != NULL)
		snprintf(out, out_size, "%s (exit code %d)", row->what, exit_code);
	else if (exit_code > EXIT_SIGNAL)
		snprintf(out, out_size, "ended by signal %d", exit_code - EXIT_SIGNAL);
	else
		snprintf(out, out_size, "exit code %d", exit_code);
}

enum sort { SORT_OTHER, SORT_NETWORK, SORT_REFUSED, SORT_N };

static enum sort verdict_sort(enum err_code code)
{
	switch (code) {
	case ERR_NETWORK:
	case ERR_TLS:
	case ERR_HTTP:
	case ERR_REDIRECT:
	case ERR_NO_MATCH:
	case ERR_NO_RELEASE:
	case ERR_PENDING:
	case ERR_STALLED:
	case ERR_TIMEOUT: return SORT_NETWORK;
	case ERR_NAME:
	case ERR_ARCHITECTURE:
	case ERR_VERSION:
	case ERR_DIGEST:
	case ERR_SIGNATURE:
	case ERR_STRUCTURE:
	case ERR_DOWNGRADE:
	case ERR_CHANGED_BYTES:
	case ERR_POLICY: return SORT_REFUSED;
	default: return SORT_OTHER;
	}
}

bool verdict_is_refusal(enum err_code code)
{
	return verdict_sort(code) == SORT_REFUSED;
}

static bool verdict_is_failure(const struct entry *entry)
{
	switch (entry->result.outcome) {
	case OUTCOME_FAILED: return true;
	case OUTCOME_ABSENT:
	case OUTCOME_UNSUPPORTED: return entry->is_typed;
	default: return false;
	}
}

int verdict_of_entries(const struct entry *entries, size_t n, bool exit_status)
{
	size_t n_failed = 0, n_sort[SORT_N] = {0}, n_outcome[OUTCOME_N] = {0}, n_locked = 0;
	size_t n_names = 0;

	for (size_t i = 0; i < n; i++) {
		const struct result *r = &entries[i].result;

		n_outcome[r->outcome]++;
		/* What can't be here and was not asked for has no part in "every name failed". */
		n_names += entries[i].is_typed ||
			   (r->outcome != OUTCOME_ABSENT && r->outcome != OUTCOME_UNSUPPORTED);
		if (!verdict_is_failure(&entries[i]))
			continue;
		n_failed++;
		n_locked += r->error.code == ERR_LOCK;
		n_sort[err_is_set(&r->error) ? verdict_sort(r->error.code) : SORT_OTHER]++;
	}
	if (n_locked > 0)
		return EXIT_LOCKED;
	if (n_failed > 0 && n_sort[SORT_NETWORK] == n_names)
		return EXIT_NETWORK;
	if (n_failed > 0 && n_sort[SORT_REFUSED] == n_names)
		return EXIT_REFUSED;
	if (n_failed > 0)
		return n_failed < n_names ? EXIT_SOME_FAILED : EXIT_FAILED;
	if (n_outcome[OUTCOME_LICENSE] > 0)
		return EXIT_USAGE;
	if (exit_status && n_outcome[OUTCOME_AVAILABLE] + n_outcome[OUTCOME_BROKEN] > 0)
		return EXIT_AVAILABLE;
	if (exit_status && n_outcome[OUTCOME_HELD] + n_outcome[OUTCOME_DEFERRED] > 0)
		return EXIT_HELD_BACK;
	return EXIT_DONE;
}

int verdict_of_error(const struct err *e)
{
	switch (e->code) {
	case ERR_USAGE: return EXIT_USAGE;
	case ERR_CONFIG: return EXIT_CONFIG;
	case ERR_ROOT: return EXIT_NEEDS_ROOT;
	case ERR_LOCK: return EXIT_LOCKED;
	default: break;
	}
	switch (verdict_sort(e->code)) {
	case SORT_NETWORK: return EXIT_NETWORK;
	case SORT_REFUSED: return EXIT_REFUSED;
	default: return EXIT_FAILED;
	}
}
