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

void options_clear(struct options *o)
{
	strings_clear(&o->names);
	strings_clear(&o->accepted);
	strings_clear(&o->accepted_licenses);
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

/* Out: out_is_one   whether this option takes a number */
static bool option_number(
	struct options *o, const char *name, const char *text, bool *out_is_one, struct err *e)
{
	uint64_t jobs = 0;
	const struct {
		const char *name;
		uint64_t min, max;
		uint64_t *number;
		bool *has;
	} numbers[] = {
		{"jobs", 1, JOBS_MAX, &jobs, NULL},
		{"wait", 0, WAIT_MAX_S, &o->wait_s, &o->has_wait},
		{"keep", 0, KEEP_MAX, &o->keep, &o->has_keep},
	};

	*out_is_one = false;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		uint64_t number = 0;

		if (!text_equal(numbers[i].name, name))
			continue;
		*out_is_one = true;
		if (!text_to_u64(text, &number) || number < numbers[i].min ||
			number > numbers[i].max)
			return err_set(e, ERR_USAGE,
				"--%s takes a whole number from %llu to %llu, not '%s'", name,
				(unsigned long long)numbers[i].min,
				(unsigned long long)numbers[i].max, text);
		*numbers[i].number = number;
		if (numbers[i].has != NULL)
			*numbers[i].has = true;
	}
	o->jobs = jobs != 0 ? (unsigned)jobs : o->jobs;
	return true;
}

static bool option_take(struct options *o, const char *name, const char *argument, struct err *e)
{
	bool is_number = false;

	if (option_flag(o, name) || option_word(o, name, argument))
		return true;
	if (!option_number(o, name, argument, &is_number, e))
		return false;
	if (text_equal(name, "quiet"))
		o->verbosity = -1;
	else if (text_equal(name, "verbose"))
		o->verbosity += o->verbosity < 2;
	else if (text_equal(name, "color"))
		return option_color(argument, &o->color, e);
	else if (text_equal(name, "accepted"))
		return strings_add(&o->accepted, argument);
	else if (text_equal(name, "accepted-license"))
		return strings_add(&o->accepted_licenses, argument);
	return true;
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
	if (optopt >= OPTION_BASE)
		return err_set(e, ERR_USAGE, "--%s takes no argument: devupd help",
			option_rows[optopt - OPTION_BASE].name);
	if (optopt > 0)
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
	if (o->json && o->export_all)
		return err_set(e, ERR_USAGE, "--export is JSON already: leave out --json");
	o->yes = o->yes || o->unattended;
	return true;
}

/* --json behind what is wrong was understood, too. */
static bool options_want_json(int argc, char **argv)
{
	for (int i = 1; i < argc && !text_equal(argv[i], "--"); i++) {
		if (text_equal(argv[i], "--json"))
			return true;
	}
	return false;
}

/* "devupd upgrade --help" is "devupd help upgrade", "--version" is "devupd version". */
static bool options_turn(struct options *o, const char **verb, struct err *e)
{
	bool is_other = !text_equal(*verb, "check") && !text_equal(*verb, "help");

	if (!o->help && !o->version)
		return true;
	strings_clear(&o->names);
	if (o->help && is_other && !strings_add(&o->names, *verb))
		return err_set(e, ERR_INTERNAL, "out of memory");
	*verb = o->help ? "help" : "version";
	return true;
}

bool options_parse(int argc, char **argv, struct options *out, const char **out_verb, struct err *e)
{
	*out = (struct options){0};
	*out_verb = "check";
	if (!options_each(argc, argv, options_on_parse, out, e)) {
		out->json = out->json || options_want_json(argc, argv);
		return false;
	}
	if (optind < argc)
		*out_verb = argv[optind++];
	for (; optind < argc; optind++) {
		if (!strings_add(&out->names, argv[optind]))
			return err_set(e, ERR_USAGE, "too many words");
	}
	return options_turn(out, out_verb, e) && options_make_sense(out, e);
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
