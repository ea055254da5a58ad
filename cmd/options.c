/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum {
	OPTIONS_MAX = 64,
	OPTION_BASE = 1000, /* getopt values of the rows: OPTION_BASE + index */
	JOBS_MAX = 64,
	WAIT_MAX_S = 7 * 24 * 3600,
	KEEP_MAX = 1000,
};

const struct option_row option_rows[] = {
	{"dry-run", 'n', NULL, OPTION_PLANS | OPTION_CHANGES | OPTION_CLEAN | OPTION_LOOKS, false,
		"show all that would be done, change and download nothing"},
	{"yes", 'y', NULL, OPTION_ANY, false, "go on without asking (never accepts a licence)"},
	{"jobs", 'j', "N", OPTION_ANY, false, "at most N worker processes"},
	{"json", 0, NULL, OPTION_ANY, false, "one JSON document on standard output"},
	{"quiet", 'q', NULL, OPTION_ANY, false, "errors only"},
	{"verbose", 'v', NULL, OPTION_ANY, false, "say why; -vv says more"},
	{"all", 0, NULL, OPTION_LOOKS, false, "also what is not installed"},
	{"config", 0, "FILE", OPTION_ANY, false, "settings from FILE"},
	{"recipes", 0, "DIR", OPTION_RECIPES, false, "recipes from DIR, and from nowhere else"},
	{"offline", 0, NULL, OPTION_ANY, false, "only what is known and kept already"},
	{"exit-status", 0, NULL, OPTION_ANY, false,
		"exit 4 if updates are available, 10 if held back"},
	{"download-only", 0, NULL, OPTION_CHANGES, false, "fetch and verify, install nothing"},
	{"allow-downgrade", 0, NULL, OPTION_CHANGES, false,
		"take an older version than the installed"},
	{"reinstall", 0, NULL, OPTION_CHANGES, false, "install the installed version again"},
	{"accept-license", 0, NULL, OPTION_LICENSE, false,
		"accept the licences of the names given"},
	{"wait", 0, "SECONDS", OPTION_ANY, false, "wait so long for locks"},
	{"no-progress", 0, NULL, OPTION_ANY, false, "plain lines instead of bars"},
	{"color", 0, "WHEN", OPTION_ANY, false, "auto, always or never"},
	{"no-sudo", 0, NULL, OPTION_ANY, false, "never ask for root"},
	{"unattended", 0, NULL, OPTION_CHANGES, false, "what the timer uses: never asks"},
	{"save", 0, "DIR", OPTION_EXPLAIN, false, "keep the pages in DIR"},
	{"as", 0, "NAME", OPTION_VERIFY, false, "check the file as the package of NAME"},
	{"until", 0, "DATE", OPTION_HOLD | OPTION_HISTORY, false, "the last day (2026-12-31)"},
	{"reason", 0, "TEXT", OPTION_HOLD, false, "why, for the record"},
	{"verify", 0, NULL, OPTION_HISTORY, false, "check the hash chain of the whole trail"},
	{"since", 0, "DATE", OPTION_HISTORY, false, "from this day on"},
	{"outcome", 0, "OUTCOME", OPTION_HISTORY, false, "only these outcomes"},
	{"failed", 0, NULL, OPTION_HISTORY, false, "only what failed"},
	{"run", 0, "ID", OPTION_HISTORY, false, "one run"},
	{"export", 0, NULL, OPTION_HISTORY, false,
		"the records as they are, one JSON object a line"},
	{"keep", 0, "N", OPTION_CLEAN, false, "keep N packages of each name"},
	{"help", 'h', NULL, OPTION_ANY, false, "what devupd help says"},
	{"version", 'V', NULL, OPTION_ANY, false, "what devupd version says"},
	{"run-id", 0, "ID", OPTION_ANY, true, "the run that this one belongs to"},
	{"accepted", 0, "NAME=VERSION", OPTION_CHANGES, true, "agreed to before sudo"},
	{"accepted-license", 0, "NAME", OPTION_CHANGES, true, "agreed to before sudo"},
	{0},
};

void options_clear(struct options *o)
{
	strings_clear(&o->names);
	strings_clear(&o->accepted);
	strings_clear(&o->accepted_licenses);
}

static bool option_number(
	const char *name, const char *text, uint64_t max, uint64_t *out, struct err *e)
{
	if (!text_to_u64(text, out) || *out > max)
		return err_set(e, ERR_USAGE, "--%s takes a whole number up to %llu, not '%s'", name,
			(unsigned long long)max, text);
	return true;
}

static bool option_color(const char *text, int *out, struct err *e)
{
	static const char *const words[] = {"auto", "always", "never"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (text_equal(text, words[i])) {
			*out = (int)i;
			return true;
		}
	}
	return err_set(e, ERR_USAGE, "--color takes auto, always or never, not '%s'", text);
}

/* A flag that only has to be set. */
static bool option_flag(struct options *o, const char *name)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{"dry-run", &o->dry_run},
		{"yes", &o->yes},
		{"json", &o->json},
		{"all", &o->all},
		{"offline", &o->offline},
		{"exit-status", &o->exit_status},
		{"download-only", &o->download_only},
		{"allow-downgrade", &o->allow_downgrade},
		{"reinstall", &o->reinstall},
		{"accept-license", &o->accept_license},
		{"no-progress", &o->no_progress},
		{"no-sudo", &o->no_sudo},
		{"unattended", &o->unattended},
		{"verify", &o->history_verify},
		{"failed", &o->failed},
		{"export", &o->export_all},
		{"help", &o->help},
		{"version", &o->version},
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (text_equal(flags[i].name, name)) {
			*flags[i].flag = true;
			return true;
		}
	}
	return false;
}

/* A word that is only kept. */
static bool option_word(struct options *o, const char *name, const char *word)
{
	const struct {
		const char *name;
		const char **word;
	} words[] = {
		{"config", &o->config_file},
		{"recipes", &o->recipes_folder},
		{"save", &o->save_folder},
		{"as", &o->as_name},
		{"until", &o->until},
		{"reason", &o->reason},
		{"since", &o->since},
		{"outcome", &o->outcome},
		{"run", &o->run_id},
		{"run-id", &o->run_id},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (text_equal(words[i].name, name)) {
			*words[i].word = word;
			return true;
		}
	}
	return false;
}

static bool option_take(struct options *o, const char *name, const char *argument, struct err *e)
{
	uint64_t jobs = 0;

	if (option_flag(o, name) || option_word(o, name, argument))
		return true;
	if (text_equal(name, "quiet"))
		o->verbosity = -1;
	else if (text_equal(name, "verbose"))
		o->verbosity += o->verbosity < 2;
	else if (text_equal(name, "color"))
		return option_color(argument, &o->color, e);
	else if (text_equal(name, "wait"))
		o->has_wait = option_number(name, argument, WAIT_MAX_S, &o->wait_s, e);
	else if (text_equal(name, "keep"))
		o->has_keep = option_number(name, argument, KEEP_MAX, &o->keep, e);
	else if (text_equal(name, "jobs") && option_number(name, argument, JOBS_MAX, &jobs, e) &&
		 jobs == 0)
		return err_set(e, ERR_USAGE, "--jobs takes a number from 1 to %d", JOBS_MAX);
	else if (text_equal(name, "accepted"))
		return strings_add(&o->accepted, argument);
	else if (text_equal(name, "accepted-license"))
		return strings_add(&o->accepted_licenses, argument);
	if (jobs != 0)
		o->jobs = (unsigned)jobs;
	return !err_is_set(e);
}

/* getopt's tables out of ours. */
static void options_tables(struct option *out_long, char *out_short)
{
	size_t n = 0;

	for (size_t i = 0; option_rows[i].name != NULL; i++) {
		const struct option_row *row = &option_rows[i];

		out_long[i] = (struct option){
			.name = row->name,
			.has_arg = row->argument != NULL ? required_argument : no_argument,
			.val = OPTION_BASE + (int)i,
		};
		if (row->letter != 0) {
			out_short[n++] = row->letter;
			if (row->argument != NULL)
				out_short[n++] = ':';
		}
	}
	out_short[n] = '\0';
}

static const struct option_row *option_row_of(int got)
{
	if (got >= OPTION_BASE)
		return &option_rows[got - OPTION_BASE];
	for (size_t i = 0; option_rows[i].name != NULL; i++) {
		if (option_rows[i].letter != 0 && option_rows[i].letter == got)
			return &option_rows[i];
	}
	return NULL;
}

static bool options_refuse(char **argv, int got, struct err *e)
{
	const char *names[OPTIONS_MAX] = {0};
	const char *word = optind > 0 && argv[optind - 1] != NULL ? argv[optind - 1] : "";
	size_t n = 0;

	if (got == ':')
		return err_set(e, ERR_USAGE, "%s takes an argument: devupd help", word);
	if (optopt > 0 && optopt < OPTION_BASE)
		return err_set(e, ERR_USAGE, "there is no option -%c: devupd help", optopt);
	for (size_t i = 0; option_rows[i].name != NULL; i++) {
		if (!option_rows[i].is_internal)
			names[n++] = option_rows[i].name;
	}

	const char *nearest = text_nearest(word + strspn(word, "-"), names);

	if (nearest != NULL)
		return err_set(
			e, ERR_USAGE, "there is no option %s; did you mean --%s?", word, nearest);
	return err_set(
		e, ERR_USAGE, "there is no option %s, or it is not unique: devupd help", word);
}

/* Calls on_option for each, in order; words that are no options are left behind optind. */
static bool options_each(int argc, char **argv,
	bool (*on_option)(
		void *user, const struct option_row *row, const char *argument, struct err *e),
	void *user, struct err *e)
{
	struct option table[OPTIONS_MAX] = {0};
	char letters[OPTIONS_MAX * 2 + 2] = ":";
	int got;

	options_tables(table, letters + 1);
	optind = 0;
	opterr = 0;
	while ((got = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		if (got == '?' || got == ':')
			return options_refuse(argv, got, e);
		if (!on_option(user, option_row_of(got), optarg, e))
			return false;
	}
	return true;
}

static bool options_on_parse(
	void *user, const struct option_row *row, const char *argument, struct err *e)
{
	return option_take(user, row->name, argument, e);
}

static bool options_make_sense(struct options *o, struct err *e)
{
	if (o->unattended && o->accept_license)
		return err_set(e, ERR_USAGE,
			"--unattended can't accept a licence: a person does, with devupd "
			"accept-license");
	if (o->verbosity > 0 && o->json && o->export_all)
		return err_set(e, ERR_USAGE, "--export is JSON already: leave out --json");
	o->yes = o->yes || o->unattended;
	return true;
}

bool options_parse(int argc, char **argv, struct options *out, const char **out_verb, struct err *e)
{
	*out = (struct options){0};
	if (!options_each(argc, argv, options_on_parse, out, e))
		return false;
	*out_verb = optind < argc ? argv[optind++] : "check";
	for (; optind < argc; optind++) {
		if (!strings_add(&out->names, argv[optind]))
			return err_set(e, ERR_USAGE, "too many words");
	}
	if (out->version)
		*out_verb = "version";
	if (out->help)
		*out_verb = "help";
	if (out->version || out->help)
		strings_clear(&out->names);
	return options_make_sense(out, e);
}

struct options_gate {
	const char *verb;
	unsigned groups;
};

static bool options_on_check(
	void *user, const struct option_row *row, const char *argument, struct err *e)
{
	const struct options_gate *gate = user;

	(void)argument;
	if (row->groups == OPTION_ANY || (row->groups & gate->groups) != 0)
		return true;
	return err_set(e, ERR_USAGE, "devupd %s takes no --%s: devupd help %s", gate->verb,
		row->name, gate->verb);
}

bool options_check(int argc, char **argv, const char *verb, unsigned groups, struct err *e)
{
	struct options_gate gate = {.verb = verb, .groups = groups};

	return options_each(argc, argv, options_on_check, &gate, e);
}
