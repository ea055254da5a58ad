/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum {
	OPTIONS_MAX = 64,
	OPTION_BASE = 1000, /* getopt values of the rows: OPTION_BASE + index */
	VERBOSITY_MAX = 2,
};

void options_clear(struct options *o)
{
	strings_clear(&o->typed);
	strings_clear(&o->names);
	strings_clear(&o->accepted);
	strings_clear(&o->accepted_licenses);
	strings_clear(&o->opens);
}

/* --- one option into its field ------------------------------------------------ */

static bool option_flag(const struct option_row *row, void *field, const char *text, struct err *e)
{
	(void)row, (void)text, (void)e;
	*(bool *)field = true;
	return true;
}

static bool option_word(const struct option_row *row, void *field, const char *text, struct err *e)
{
	(void)row, (void)e;
	*(const char **)field = text;
	return true;
}

static bool option_number(
	const struct option_row *row, void *field, const char *text, struct err *e)
{
	const struct option_number *number = option_number_of(row);
	uint64_t n = 0;

	if (!text_to_u64(text, &n) || n < number->min || n > number->max)
		return err_set(e, ERR_USAGE,
			"--%s takes a whole number from %llu to %llu, not '%s'", row->name,
			(unsigned long long)number->min, (unsigned long long)number->max, text);
	*(uint64_t *)field = n;
	*(bool *)((char *)field - row->offset + number->has_offset) = true;
	return true;
}

static bool option_list(const struct option_row *row, void *field, const char *text, struct err *e)
{
	return strings_add(field, text) || err_set(e, ERR_USAGE, "too many --%s", row->name);
}

static bool option_color(const struct option_row *row, void *field, const char *text, struct err *e)
{
	static const char *const words[] = {
		[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (text_equal(text, words[i])) {
			*(int *)field = (int)i;
			return true;
		}
	}
	return err_set(e, ERR_USAGE, "--%s takes auto, always or never, not '%s'", row->name, text);
}

static bool option_quiet(const struct option_row *row, void *field, const char *text, struct err *e)
{
	(void)row, (void)text, (void)e;
	*(int *)field = -1;
	return true;
}

static bool option_louder(
	const struct option_row *row, void *field, const char *text, struct err *e)
{
	(void)row, (void)text, (void)e;
	*(int *)field += *(int *)field < VERBOSITY_MAX;
	return true;
}

static bool (*const option_takers[])(
	const struct option_row *row, void *field, const char *text, struct err *e) = {
	[OPTION_FLAG] = option_flag,
	[OPTION_WORD] = option_word,
	[OPTION_PATH] = option_word,
	[OPTION_NUMBER] = option_number,
	[OPTION_LIST] = option_list,
	[OPTION_COLOR] = option_color,
	[OPTION_QUIET] = option_quiet,
	[OPTION_LOUDER] = option_louder,
};

/* --- getopt ------------------------------------------------------------------ */

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
		if (option_rows[i].what != NULL)
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
	return option_takers[row->type](row, (char *)user + row->offset, argument, e);
}

static bool options_make_sense(struct options *o, struct err *e)
{
	if (o->unattended && o->accept_license)
		return err_set(e, ERR_USAGE,
			"--unattended can't accept a licence: a person does, with devupd "
			"accept-license");
	if (o->accepted_licenses.n_items > 0 && (o->accepted.n_items == 0 || o->unattended))
		return err_set(e, ERR_USAGE,
			"--accepted-license tells root what a person accepted on a terminal: "
			"devupd "
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
	for (int i = 1; i < argc; i++) { /* getopt changes their order */
		if (!strings_add(&out->typed, argv[i]))
			return err_set(e, ERR_USAGE, "too many words");
	}
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
