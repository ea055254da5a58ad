/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS_MAX = 24 };

/* A command line out of one text; words are divided by single spaces. */
struct line {
	char text[512];
	char *argv[WORDS_MAX + 1];
	int argc;
};

static void line_split(struct line *l, const char *text)
{
	char *cursor = l->text, *word;

	assert_true(text_copy(l->text, sizeof(l->text), text));
	l->argc = 0;
	while ((word = text_next(&cursor, ' ')) != NULL) {
		assert_true(l->argc < WORDS_MAX);
		l->argv[l->argc++] = word;
	}
	l->argv[l->argc] = NULL;
}

static bool parse(
	struct line *l, const char *text, struct options *o, const char **verb, struct err *e)
{
	*e = (struct err){0};
	options_clear(o); /* of the line before */
	line_split(l, text);
	return options_parse(l->argc, l->argv, o, verb, e);
}

static void good(struct line *l, const char *text, struct options *o, const char *verb)
{
	const char *got = NULL;
	struct err e = {0};

	if (!parse(l, text, o, &got, &e))
		fail_msg("%s: %s", text, e.text);
	assert_string_equal(got, verb);
}

static void bad(const char *text, const char *says)
{
	struct line l;
	SCOPED_CLEAR(options_clear) struct options o = {0};
	const char *verb = NULL;
	struct err e = {0};

	if (parse(&l, text, &o, &verb, &e))
		fail_msg("%s: was taken", text);
	assert_int_equal(e.code, ERR_USAGE);
	if (strstr(e.text, says) == NULL)
		fail_msg("%s: '%s' does not say '%s'", text, e.text, says);
}

static void verbs_and_names(void **state)
{
	static const struct {
		const char *line, *verb;
		size_t n;
		const char *first;
	} cases[] = {
		{"devupd", "check", 0, NULL},
		{"devupd -v", "check", 0, NULL},
		{"devupd upgrade", "upgrade", 0, NULL},
		{"devupd upgrade a b", "upgrade", 2, "a"},
		{"devupd -y upgrade a", "upgrade", 1, "a"},
		{"devupd upgrade a --yes b", "upgrade", 2, "a"},
		{"devupd install -- --odd", "install", 1, "--odd"},
		{"devupd -- install -y", "install", 1, "-y"},
		{"devupd --help", "help", 0, NULL},
		{"devupd upgrade --help a", "help", 1, "upgrade"},
		{"devupd -h rollback", "help", 1, "rollback"},
		{"devupd list --version", "version", 0, NULL},
		{"devupd -V", "version", 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct line l;
		SCOPED_CLEAR(options_clear) struct options o = {0};

		good(&l, cases[i].line, &o, cases[i].verb);
		assert_int_equal(o.names.n_items, cases[i].n);
		if (cases[i].n > 0)
			assert_string_equal(o.names.items[0], cases[i].first);
	}
}

static void each_flag_sets_its_own(void **state)
{
	static const struct {
		const char *option;
		size_t at;
	} flags[] = {
		{"--dry-run", offsetof(struct options, dry_run)},
		{"-n", offsetof(struct options, dry_run)},
		{"--yes", offsetof(struct options, yes)},
		{"-y", offsetof(struct options, yes)},
		{"--json", offsetof(struct options, json)},
		{"--all", offsetof(struct options, all)},
		{"--offline", offsetof(struct options, offline)},
		{"--exit-status", offsetof(struct options, exit_status)},
		{"--download-only", offsetof(struct options, download_only)},
		{"--allow-downgrade", offsetof(struct options, allow_downgrade)},
		{"--reinstall", offsetof(struct options, reinstall)},
		{"--accept-license", offsetof(struct options, accept_license)},
		{"--no-progress", offsetof(struct options, no_progress)},
		{"--no-sudo", offsetof(struct options, no_sudo)},
		{"--verify", offsetof(struct options, history_verify)},
		{"--failed", offsetof(struct options, failed)},
		{"--export", offsetof(struct options, export_all)},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		struct line l;
		char text[128];
		SCOPED_CLEAR(options_clear) struct options o = {0};

		snprintf(text, sizeof(text), "devupd check %s", flags[i].option);
		good(&l, text, &o, "check");
		assert_true(*((const bool *)&o + flags[i].at));

		struct options rest = o, none = {0};

		*((bool *)&rest + flags[i].at) = false;
		rest.typed = none.typed;
		assert_memory_equal(&rest, &none, sizeof(none));
	}
}

static void words_are_kept(void **state)
{
	struct line l;
	SCOPED_CLEAR(options_clear) struct options o = {0};

	(void)state;
	good(&l,
		"devupd history --config c --recipes=r --save s --as a --until u --reason w "
		"--since n --outcome o",
		&o, "history");
	assert_string_equal(o.config_file, "c");
	assert_string_equal(o.recipes_folder, "r");
	assert_string_equal(o.save_folder, "s");
	assert_string_equal(o.as_name, "a");
	assert_string_equal(o.until, "u");
	assert_string_equal(o.reason, "w");
	assert_string_equal(o.since, "n");
	assert_string_equal(o.outcome, "o");
	assert_null(o.run_id);
}

static void what_was_agreed_to(void **state)
{
	struct line l;
	SCOPED_CLEAR(options_clear) struct options o = {0};

	(void)state;
	good(&l,
		"devupd upgrade --run-id 7 --accepted a=1,00 --accepted b=2, --accepted-license a "
		"a b",
		&o, "upgrade");
	assert_string_equal(o.run_id, "7");
	assert_int_equal(o.accepted.n_items, 2);
	assert_string_equal(o.accepted.items[1], "b=2,");
	assert_int_equal(o.accepted_licenses.n_items, 1);
	assert_int_equal(o.names.n_items, 2);
}

static void numbers_and_levels(void **state)
{
	static const struct {
		const char *line;
		int verbosity;
	} levels[] = {
		{"devupd", 0},
		{"devupd -q", -1},
		{"devupd -v", 1},
		{"devupd -vv", 2},
		{"devupd -vvv", 2},
		{"devupd --verbose -v", 2},
		{"devupd -vq", -1},
	};
	struct line l;
	SCOPED_CLEAR(options_clear) struct options o = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		good(&l, levels[i].line, &o, "check");
		assert_int_equal(o.verbosity, levels[i].verbosity);
	}
	good(&l, "devupd -j4 --wait 0 --keep=0", &o, "check");
	assert_int_equal(o.jobs, 4);
	assert_true(o.has_wait && o.has_keep);
	assert_int_equal(o.wait_s + o.keep, 0);
	good(&l, "devupd -j 64 --wait 300 --keep 3", &o, "check");
	assert_int_equal(o.jobs, 64);
	assert_int_equal(o.wait_s, 300);
	assert_int_equal(o.keep, 3);
	good(&l, "devupd", &o, "check");
	assert_false(o.has_wait || o.has_keep || o.has_jobs);
	good(&l, "devupd --color never", &o, "check");
	assert_int_equal(o.color, COLOR_NEVER);
	good(&l, "devupd --color=always", &o, "check");
	assert_int_equal(o.color, COLOR_ALWAYS);
	good(&l, "devupd --color=auto", &o, "check");
	assert_int_equal(o.color, COLOR_AUTO);
}

static void long_options_may_be_short(void **state)
{
	struct line l;
	SCOPED_CLEAR(options_clear) struct options o = {0};

	(void)state;
	good(&l, "devupd upgrade --dry --rein --off --exit", &o, "upgrade");
	assert_true(o.dry_run && o.reinstall && o.offline && o.exit_status);
	good(&l, "devupd history --run 7", &o, "history"); /* exact, though --run-id begins so */
	assert_string_equal(o.run_id, "7");
	bad("devupd --re", "not unique");
	bad("devupd history --ver", "--ver");
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"devupd --dry-rum", "there is no option --dry-rum; did you mean --dry-run?"},
		{"devupd --jsno", "did you mean --json?"},
		{"devupd --acepted", "--acepted"},
		{"devupd --frobnicate-it-all", "there is no option --frobnicate-it-all"},
		{"devupd -x", "there is no option -x"},
		{"devupd -nx", "there is no option -x"},
		{"devupd --json=yes", "--json takes no argument"},
		{"devupd --jobs", "--jobs takes an argument"},
		{"devupd -j", "-j takes an argument"},
		{"devupd -j0", "--jobs takes a whole number from 1 to 64, not '0'"},
		{"devupd -j 65", "not '65'"},
		{"devupd --jobs=-1", "not '-1'"},
		{"devupd --jobs=4x", "not '4x'"},
		{"devupd --wait 1.5", "not '1.5'"},
		{"devupd --wait 99999999999999999999", "--wait takes a whole number"},
		{"devupd --keep=", "not ''"},
		{"devupd --color=red", "auto, always or never, not 'red'"},
		{"devupd upgrade --unattended --accept-license", "accept-license"},
		{"devupd upgrade --accepted-license x", "devupd accept-license"},
		{"devupd install x --yes --accepted-license x", "devupd accept-license"},
		{"devupd upgrade --unattended --accepted x=1, --accepted-license x",
			"devupd accept-license"},
		{"devupd history --export --json", "--export"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		bad(cases[i].line, cases[i].says);
}

/* The options that we hand to our other half are no help to anybody else. */
static void the_inner_options_are_not_suggested(void **state)
{
	struct line l;
	SCOPED_CLEAR(options_clear) struct options o = {0};
	const char *verb = NULL;
	struct err e = {0};

	(void)state;
	assert_false(parse(&l, "devupd --acceptedd", &o, &verb, &e));
	assert_null(strstr(e.text, "did you mean --accepted?"));
	assert_false(parse(&l, "devupd --run-idd", &o, &verb, &e));
	assert_null(strstr(e.text, "did you mean --run-id?"));
}

static void json_is_understood_beside_a_fault(void **state)
{
	static const struct {
		const char *line;
		bool json;
	} cases[] = {
		{"devupd --json --nonsense", true},
		{"devupd --nonsense --json", true},
		{"devupd --nonsense -- --json", false},
		{"devupd --nonsense", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct line l;
		SCOPED_CLEAR(options_clear) struct options o = {0};
		const char *verb = NULL;
		struct err e = {0};

		assert_false(parse(&l, cases[i].line, &o, &verb, &e));
		assert_int_equal(o.json, cases[i].json);
		assert_string_equal(verb, "check");
	}
}

static void unattended_means_yes(void **state)
{
	struct line l;
	SCOPED_CLEAR(options_clear) struct options o = {0};

	(void)state;
	good(&l, "devupd upgrade --unattended", &o, "upgrade");
	assert_true(o.unattended && o.yes && !o.accept_license);
}

static void a_verb_takes_what_its_groups_say(void **state)
{
	static const struct {
		const char *line;
		unsigned groups;
		bool is_fine;
	} cases[] = {
		{"devupd check --json -v --color never", OPTION_ANY, true},
		{"devupd check --all --exit-status -j2", OPTION_PLANS | OPTION_LOOKS, true},
		{"devupd check --reinstall", OPTION_PLANS | OPTION_LOOKS, false},
		{"devupd check --download-only", OPTION_PLANS | OPTION_LOOKS, false},
		{"devupd upgrade -ny --reinstall", OPTION_PLANS | OPTION_CHANGES, true},
		{"devupd upgrade --accept-license", OPTION_PLANS | OPTION_CHANGES, false},
		{"devupd install x --accept-license", OPTION_CHANGES | OPTION_LICENSE, true},
		{"devupd version --save x", OPTION_ANY, false},
		{"devupd hold x --until 2027-01-01 --reason r", OPTION_HOLD, true},
		{"devupd history --until 2027-01-01", OPTION_HISTORY, true},
		{"devupd history --reason r", OPTION_HISTORY, false},
		{"devupd clean -n --keep 0", OPTION_CLEAN, true},
		{"devupd clean -n --keep 0", OPTION_HOLD, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct line l;
		SCOPED_CLEAR(options_clear) struct options o = {0};
		const char *verb = NULL;
		struct err e = {0};

		assert_true(parse(&l, cases[i].line, &o, &verb, &e));
		if (options_check(l.argc, l.argv, verb, cases[i].groups, &e) != cases[i].is_fine)
			fail_msg("%s: %s", cases[i].line, e.text);
		if (!cases[i].is_fine) {
			assert_int_equal(e.code, ERR_USAGE);
			assert_non_null(strstr(e.text, verb));
		}
	}
}

/* Parsing orders the words anew; the check behind it must see the same options. */
static void parsed_twice_is_the_same(void **state)
{
	struct line l;
	SCOPED_CLEAR(options_clear) struct options o = {0};
	SCOPED_CLEAR(options_clear) struct options again = {0};
	const char *verb = NULL;
	struct err e = {0};

	(void)state;
	good(&l, "devupd upgrade a -n b -j 3 -- -c", &o, "upgrade");
	assert_true(options_parse(l.argc, l.argv, &again, &verb, &e));
	assert_string_equal(verb, "upgrade");
	assert_int_equal(again.names.n_items, 3);
	assert_string_equal(again.names.items[2], "-c");
	assert_true(again.dry_run && again.jobs == 3);
}

/* --- to our half behind sudo ------------------------------------------------- */

static void handed_on(const char *text, const char *wanted)
{
	struct line l;
	SCOPED_CLEAR(options_clear) struct options o = {0};
	SCOPED_CLEAR(strings_clear) struct strings words = {0};
	SCOPED_CLEAR(buf_clear) struct buf got = {0};
	const char *verb = NULL;
	struct err e = {0};

	if (!parse(&l, text, &o, &verb, &e) || !options_hand_on(&o, &words, &e))
		fail_msg("%s: %s", text, e.text);
	buf_init(&got, 4096);
	for (size_t i = 0; i < words.n_items; i++)
		buf_printf(&got, "%s%s", i > 0 ? " " : "", words.items[i]);
	assert_string_equal(buf_str(&got), wanted);
}

static void what_root_is_told(void **state)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{"devupd upgrade", ""},
		{"devupd clean -n --keep 7", "--dry-run --keep 7"},
		{"devupd clean --keep 0", "--keep 0"},
		{"devupd skip x --offline", "--offline"},
		{"devupd hold x --until 2030-01-01 --reason=why",
			"--until 2030-01-01 --reason why"},
		{"devupd unhold x -q", "--quiet"},
		{"devupd unhold x -vv --wait 0", "--verbose --verbose --wait 0"},
		{"devupd upgrade -yj3 --unattended --no-progress",
			"--yes --jobs 3 --no-progress --unattended"},
		{"devupd install x --reinstall --allow-downgrade --download-only",
			"--download-only --allow-downgrade --reinstall"},
		/* ours alone: how we ask, what we show, what sudo.c says in its own words */
		{"devupd install x --json --accept-license --exit-status --color never", ""},
		{"devupd upgrade --run-id 7 --accepted a=1,00 --accepted-license a", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		handed_on(cases[i].line, cases[i].words);
}

/* sudo runs in "/": what leads somewhere from here must lead there, too. */
static void root_is_told_whole_paths(void **state)
{
	struct line l;
	SCOPED_CLEAR(options_clear) struct options o = {0};
	SCOPED_CLEAR(strings_clear) struct strings words = {0};
	const char *verb = NULL;
	struct err e = {0};

	(void)state;
	assert_int_equal(chdir("/usr/share"), 0);
	handed_on("devupd hold x --config ../../etc/passwd", "--config /etc/passwd");
	handed_on("devupd hold x --recipes ../lib", "--recipes /usr/lib");
	handed_on("devupd hold x --recipes .", "--recipes /usr/share");
	assert_true(parse(&l, "devupd hold x --config none/here", &o, &verb, &e));
	assert_false(options_hand_on(&o, &words, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_non_null(strstr(e.text, "--config: can't find none/here"));
}

/* What a message tells to type works when it is typed. */
static void the_command_as_it_was_typed(void **state)
{
	static const struct {
		const char *line, *before, *flag, *says;
	} cases[] = {
		{"devupd install positron --accept-license", "sudo ", NULL,
			"sudo devupd install positron --accept-license"},
		{"devupd upgrade a b -j 4", "", "--yes", "devupd upgrade a b -j 4 --yes"},
		{"devupd --yes upgrade a", "sudo ", "--yes", "sudo devupd --yes upgrade a"},
		{"devupd hold x --reason it's;odd", "sudo ", NULL,
			"sudo devupd hold x --reason 'it'\\''s;odd'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct line l;
		SCOPED_CLEAR(options_clear) struct options o = {0};
		const char *verb = NULL;
		struct err e = {0};
		char said[256];

		assert_true(parse(&l, cases[i].line, &o, &verb, &e));
		options_command(&o, cases[i].before, cases[i].flag, said, sizeof(said));
		assert_string_equal(said, cases[i].says);
	}
}

/* A row that is shown to people either goes to root, or it is one of these. */
static void no_row_is_forgotten(void **state)
{
	static const char *const ours[] = {"json", "all", "exit-status", "accept-license", "color",
		"no-sudo", "save", "as", "verify", "name", "since", "outcome", "failed", "run",
		"export", "help", "version", "undo", "page", NULL};

	(void)state;
	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		size_t i = 0;

		while (ours[i] != NULL && !text_equal(ours[i], row->name))
			i++;
		if (row->what != NULL && row->goes_to_root != (ours[i] == NULL))
			fail_msg("--%s: does root have to know?", row->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verbs_and_names),
		cmocka_unit_test(each_flag_sets_its_own),
		cmocka_unit_test(words_are_kept),
		cmocka_unit_test(what_was_agreed_to),
		cmocka_unit_test(numbers_and_levels),
		cmocka_unit_test(long_options_may_be_short),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(the_inner_options_are_not_suggested),
		cmocka_unit_test(json_is_understood_beside_a_fault),
		cmocka_unit_test(unattended_means_yes),
		cmocka_unit_test(a_verb_takes_what_its_groups_say),
		cmocka_unit_test(parsed_twice_is_the_same),
		cmocka_unit_test(what_root_is_told),
		cmocka_unit_test(root_is_told_whole_paths),
		cmocka_unit_test(the_command_as_it_was_typed),
		cmocka_unit_test(no_row_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
