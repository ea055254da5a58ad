/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every option: its argument, the verbs that take it, whether our half behind sudo is told, what
 * help says.
 */
#include "cmd/options.h"

enum { JOBS_MAX = 64, WAIT_MAX_S = 7 * 24 * 3600, KEEP_MAX = 1000 };

#define AT(field) offsetof(struct options, field)

const struct option_row option_rows[] = {
	{"dry-run", 'n', OPTION_FLAG, AT(dry_run), NULL,
		OPTION_PLANS | OPTION_CHANGES | OPTION_CLEAN | OPTION_LOOKS, true,
		"show all that would be done, change and download nothing"},
	{"yes", 'y', OPTION_FLAG, AT(yes), NULL, OPTION_ANY, true,
		"go on without asking (never accepts a licence)"},
	{"jobs", 'j', OPTION_NUMBER, AT(jobs), "N", OPTION_ANY, true, "at most N worker processes"},
	{"json", 0, OPTION_FLAG, AT(json), NULL, OPTION_ANY, false,
		"one JSON document on standard output"},
	{"quiet", 'q', OPTION_QUIET, AT(verbosity), NULL, OPTION_ANY, true, "errors only"},
	{"verbose", 'v', OPTION_LOUDER, AT(verbosity), NULL, OPTION_ANY, true,
		"say why; -vv says more"},
	{"all", 0, OPTION_FLAG, AT(all), NULL, OPTION_LOOKS, false, "also what is not installed"},
	{"config", 0, OPTION_PATH, AT(config_file), "FILE", OPTION_ANY, true, "settings from FILE"},
	{"recipes", 0, OPTION_PATH, AT(recipes_folder), "DIR", OPTION_RECIPES, true,
		"recipes from DIR, and from nowhere else"},
	{"offline", 0, OPTION_FLAG, AT(offline), NULL, OPTION_ANY, true,
		"only what is known and kept already"},
	{"exit-status", 0, OPTION_FLAG, AT(exit_status), NULL, OPTION_ANY, false,
		"exit 4 if updates are available, 10 if held back"},
	{"download-only", 0, OPTION_FLAG, AT(download_only), NULL, OPTION_CHANGES, true,
		"fetch and verify, install nothing"},
	{"when-closed", 0, OPTION_FLAG, AT(when_closed), NULL, OPTION_CHANGES, true,
		"fetch and verify now, install when the program has been closed"},
	{"allow-downgrade", 0, OPTION_FLAG, AT(allow_downgrade), NULL, OPTION_CHANGES, true,
		"take an older version than the installed"},
	{"reinstall", 0, OPTION_FLAG, AT(reinstall), NULL, OPTION_CHANGES, true,
		"install the installed version again"},
	{"accept-license", 0, OPTION_FLAG, AT(accept_license), NULL, OPTION_LICENSE, false,
		"accept the licences of the names given"},
	{"wait", 0, OPTION_NUMBER, AT(wait_s), "SECONDS", OPTION_ANY, true,
		"wait so long for locks"},
	{"no-progress", 0, OPTION_FLAG, AT(no_progress), NULL, OPTION_ANY, true,
		"plain lines instead of bars"},
	{"color", 0, OPTION_COLOR, AT(color), "WHEN", OPTION_ANY, false, "auto, always or never"},
	{"no-sudo", 0, OPTION_FLAG, AT(no_sudo), NULL, OPTION_ANY, false, "never ask for root"},
	{"undo", 0, OPTION_FLAG, AT(undo), NULL, OPTION_REPAIR, false,
		"take back what a run repaired (the last one, or RUN)"},
	{"unattended", 0, OPTION_FLAG, AT(unattended), NULL, OPTION_CHANGES | OPTION_REPAIR, true,
		"what the timer uses: never asks"},
	{"save", 0, OPTION_WORD, AT(save_folder), "DIR", OPTION_EXPLAIN, false,
		"keep the pages in DIR"},
	{"page", 0, OPTION_WORD, AT(page_file), "FILE", OPTION_RECIPE, false,
		"the saved page to try it on"},
	{"as", 0, OPTION_WORD, AT(as_name), "NAME", OPTION_VERIFY, false,
		"check the file as the package of NAME"},
	{"until", 0, OPTION_WORD, AT(until), "DATE", OPTION_HOLD | OPTION_HISTORY, true,
		"the last day (2026-12-31; of history also today, yesterday, a time)"},
	{"reason", 0, OPTION_WORD, AT(reason), "TEXT", OPTION_HOLD, true, "why, for the record"},
	{"verify", 0, OPTION_FLAG, AT(history_verify), NULL, OPTION_HISTORY, false,
		"check the hash chain of the whole trail"},
	{"name", 0, OPTION_WORD, AT(only_name), "NAME", OPTION_HISTORY, false,
		"only this name, as behind the verb"},
	{"since", 0, OPTION_WORD, AT(since), "DATE", OPTION_HISTORY, false,
		"from this day on (2026-12-31, today, yesterday, or a time)"},
	{"outcome", 0, OPTION_WORD, AT(outcome), "OUTCOME", OPTION_HISTORY, false,
		"only these outcomes, with commas between them"},
	{"failed", 0, OPTION_FLAG, AT(failed), NULL, OPTION_HISTORY, false, "only what failed"},
	{"run", 0, OPTION_WORD, AT(run_id), "ID", OPTION_HISTORY, false,
		"one run in full: its id, the beginning of it, or last"},
	{"export", 0, OPTION_FLAG, AT(export_all), NULL, OPTION_HISTORY, false,
		"the records as they are, one JSON object a line, with the chain's heads"},
	{"keep", 0, OPTION_NUMBER, AT(keep), "N", OPTION_CLEAN, true,
		"keep N packages of each name"},
	{"help", 'h', OPTION_FLAG, AT(help), NULL, OPTION_ANY, false, "what devupd help says"},
	{"version", 'V', OPTION_FLAG, AT(version), NULL, OPTION_ANY, false,
		"what devupd version says"},
	/* What only our own half behind sudo is told: sudo.c writes them. */
	{"run-id", 0, OPTION_WORD, AT(run_id), "ID", OPTION_ANY, false, NULL},
	{"accepted", 0, OPTION_LIST, AT(accepted), "WORD", OPTION_CHANGES, false, NULL},
	{"open", 0, OPTION_LIST, AT(opens), "NAME=WHEN", OPTION_CHANGES, false, NULL},
	{"accepted-license", 0, OPTION_LIST, AT(accepted_licenses), "NAME", OPTION_CHANGES, false,
		NULL},
	{0},
};

const struct option_number *option_number_of(const struct option_row *row)
{
	static const struct option_number numbers[] = {
		{AT(jobs), AT(has_jobs), 1, JOBS_MAX},
		{AT(wait_s), AT(has_wait), 0, WAIT_MAX_S},
		{AT(keep), AT(has_keep), 0, KEEP_MAX},
	};
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(numbers) && numbers[i].offset != row->offset)
		i++;
	return &numbers[i];
}
