/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kind command: programs that are small scripts, for each exit code and what follows. */
#include "updaters/command/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/command/saying.h"
#include "updaters/lib/child.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"

#define SHIPPED DEVUPD_FIXTURES "/../../config/recipes"

/* A person who is us, a recipe of theirs, and what came of looking. */
struct world {
	struct person person;
	struct recipe recipe;
	struct owner owner;
	struct findings findings;
	struct result summary;
	struct err e;
};

static void words(struct strings *out, const char *line)
{
	SCOPED_FREE char *copy = strdup(line);
	char *cursor = copy, *word;

	strings_clear(out);
	while (line[0] != '\0' && (word = text_next(&cursor, ' ')) != NULL)
		assert_true(strings_add(out, word));
}

static int make_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char home[] = "/tmp/test_command.XXXXXX";
	struct person *p = &w->person;

	if (w == NULL || mkdtemp(home) == NULL)
		return -1;
	p->uid = geteuid();
	p->gid = getegid();
	if (!text_copy(p->name, sizeof(p->name), "ana") ||
		!text_copy(p->home, sizeof(p->home), home) ||
		!text_copy(p->shell, sizeof(p->shell), "/bin/sh") ||
		!person_path(p, ".config", p->config_home, sizeof(p->config_home)) ||
		!words_set(&w->recipe.words, "home", home) ||
		!words_set(&w->recipe.words, "user", "ana"))
		return -1;
	snprintf(p->search_path, sizeof(p->search_path), "%s:/usr/bin:/bin", home);
	w->recipe.name = strdup("tool");
	w->recipe.timeout_ms = 20000;
	words(&w->recipe.run, "tool update");
	words(&w->recipe.ok, "0");
	w->owner = (struct owner){.recipe = &w->recipe, .person = p};
	result_init(&w->summary);
	*state = w;
	return 0;
}

static int remove_world(void **state)
{
	struct world *w = *state;
	const char *const argv[] = {"/bin/rm", "-rf", w->person.home, NULL};
	struct child_spec spec = {.argv = argv};
	struct strings *lists[] = {&w->recipe.run, &w->recipe.check, &w->recipe.version_of,
		&w->recipe.list, &w->recipe.ok, &w->recipe.nothing, &w->recipe.available};
	pid_t pid = 0;
	int status = -1;
	bool is_gone =
		child_start(&spec, &pid, NULL) && child_wait(pid, &status, NULL) && status == 0;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		strings_clear(lists[i]);
	words_clear(&w->recipe.words);
	free(w->recipe.name);
	findings_clear(&w->findings);
	result_clear(&w->summary);
	free(w);
	return !is_gone;
}

static void put(const struct world *w, const char *name, const char *text, mode_t mode)
{
	char path[PERSON_PATH_MAX];
	struct err e = {0};

	assert_true(person_path(&w->person, name, path, sizeof(path)));
	if (!fs_replace(path, text, strlen(text), mode, &e))
		fail_msg("%s", e.text);
}

/* The program: its version lies in a file that its update rewrites. */
static void put_tool(const struct world *w, const char *update)
{
	char text[2048];

	snprintf(text, sizeof(text),
		"#!/bin/sh\ncd \"$HOME\"\ncase $1 in\n"
		"version) echo \"tool (version $(cat number 2>/dev/null))\";;\n"
		"list) cat things;;\n"
		"check) echo \"looked as $2\"; echo; exit $(cat code);;\n"
		"update) %s;;\nesac\n",
		update);
	put(w, "tool", text, 0755);
	put(w, "number", "1.0", 0644);
	put(w, "things", "a 1\nb 1\n", 0644);
	put(w, "code", "0", 0644);
}

static struct finding *look(struct world *w, enum owner_mode mode)
{
	findings_clear(&w->findings);
	w->owner.mode = mode;
	if (!command_updater.look(&w->owner, &w->findings, &w->summary, &w->e))
		fail_msg("%s", w->e.text);
	return w->findings.n_items > 0 ? &w->findings.items[0] : NULL;
}

/* Look, take the steps, look again as `check` does (an upgrade would plan another run), prove. */
static bool upgrade(struct world *w, char *out_proof, size_t proof_size, bool *out_is_same)
{
	struct finding *before = look(w, OWNER_UPGRADE);
	SCOPED_CLEAR(findings_clear) struct findings first = w->findings;
	SCOPED(undo_close) struct undo *undo = NULL;
	struct mender by = {.person = &w->person, .name = "tool"};

	w->findings = (struct findings){0};
	assert_int_equal(first.n_items, 1);
	assert_int_equal(before->item.outcome, OUTCOME_AVAILABLE);
	assert_int_equal(before->mend.n_steps, 1);
	assert_true(undo_open(&w->person, "run", &undo, &w->e));
	by.undo = undo;
	if (!mend_take(&before->mend, &by, &w->e))
		return false;

	struct finding *now = look(w, OWNER_CHECK);
	struct finding gone = {0};

	now = now != NULL ? now : &gone;
	*out_is_same = before->version[0] != '\0' && text_equal(before->version, now->version);
	return command_updater.prove(&w->owner, before, now, out_proof, proof_size, &w->e);
}

static void expect_upgrade(struct world *w, bool is_same, const char *proof)
{
	char said[RECORD_TEXT_MAX];
	bool was_same = !is_same;

	if (!upgrade(w, said, sizeof(said), &was_same))
		fail_msg("%s", w->e.text);
	assert_string_equal(said, proof);
	assert_int_equal(was_same, is_same);
}

/* --- whose, and whether it is there ------------------------------------------ */

static void test_absent(void **state)
{
	struct world *w = *state;

	assert_null(look(w, OWNER_CHECK));
	put(w, "tool", "#!/bin/sh\n", 0644); /* not a program */
	assert_null(look(w, OWNER_CHECK));
	put_tool(w, ":");
	assert_non_null(look(w, OWNER_CHECK));
	words(&w->recipe.run, "/nowhere/tool update");
	assert_null(look(w, OWNER_CHECK));
	words(&w->recipe.run, "/tmp update");
	assert_null(look(w, OWNER_CHECK));
}

static void test_user(void **state)
{
	struct world *w = *state;
	char ben[] = "ben", ana[] = "ana";

	put_tool(w, ":");
	w->recipe.user = ben;
	assert_null(look(w, OWNER_CHECK));
	w->recipe.user = ana;
	assert_non_null(look(w, OWNER_CHECK));
	w->recipe.user = NULL;
}

static void test_search_path_and_words(void **state)
{
	struct world *w = *state;
	char own_path[] = "/nowhere:${home}/bin:/usr/bin:/bin", bin[PERSON_PATH_MAX];
	struct finding *f;

	put_tool(w, ":");
	assert_true(person_path(&w->person, "bin", bin, sizeof(bin)));
	assert_int_equal(mkdir(bin, 0755), 0);
	put(w, "bin/tool", "#!/bin/sh\necho \"$1 of $2, $PATH\"; exit 7\n", 0755);
	w->recipe.search_path = own_path;
	words(&w->recipe.run, "tool update --for=${user}");
	words(&w->recipe.check, "tool check ${user}");
	words(&w->recipe.available, "7");
	f = look(w, OWNER_UPGRADE);
	assert_true(text_ends(f->item.path, "/bin/tool"));
	assert_int_equal(f->mend.n_steps, 1);
	assert_string_equal(f->mend.steps[0].argv.items[0], f->item.path);
	assert_string_equal(f->mend.steps[0].argv.items[2], "--for=ana");
	assert_true(text_starts(f->mend.steps[0].search_path, "/nowhere:/tmp/test_command."));
	assert_true(text_starts(f->item.text, "check of ana, /nowhere:/tmp/test_command."));

	words(&w->recipe.run, "${home}/tool update");
	assert_false(text_ends(look(w, OWNER_CHECK)->item.path, "/bin/tool"));
	words(&w->recipe.run, "tool ${nonsense}");
	assert_false(command_updater.look(&w->owner, &w->findings, &w->summary, &w->e));
	assert_int_equal(w->e.code, ERR_CONFIG);
	w->recipe.search_path = NULL;
}

/* --- the check --------------------------------------------------------------- */

static void test_exit_codes_of_check(void **state)
{
	static const struct {
		const char *code, *state, *text;
		enum outcome on_check, on_upgrade;
	} cases[] = {
		{"0", "unknown", "can't tell: an upgrade runs it", OUTCOME_CURRENT,
			OUTCOME_AVAILABLE},
		{"3", "current", "", OUTCOME_CURRENT, OUTCOME_CURRENT},
		{"100", "outdated", "looked as ana", OUTCOME_AVAILABLE, OUTCOME_AVAILABLE},
	};
	struct world *w = *state;

	put_tool(w, ":");
	words(&w->recipe.check, "tool check ${user}");
	words(&w->recipe.version_of, "tool version");
	words(&w->recipe.nothing, "3 4");
	words(&w->recipe.available, "100");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct finding *f;

		put(w, "code", cases[i].code, 0644);
		f = look(w, OWNER_CHECK);
		assert_string_equal(f->item.state, cases[i].state);
		assert_string_equal(f->item.text, cases[i].text);
		assert_int_equal(f->item.outcome, cases[i].on_check);
		assert_int_equal(f->mend.n_steps, 0);
		assert_string_equal(w->summary.installed, "1.0");
		f = look(w, OWNER_UPGRADE);
		assert_int_equal(f->item.outcome, cases[i].on_upgrade);
		assert_int_equal(f->mend.n_steps, cases[i].on_upgrade == OUTCOME_AVAILABLE);
	}
}

static void expect_failure(struct world *w, enum err_code code, const char *text)
{
	w->e = (struct err){0};
	findings_clear(&w->findings);
	assert_false(command_updater.look(&w->owner, &w->findings, &w->summary, &w->e));
	assert_string_equal(w->e.text, text);
	assert_int_equal(w->e.code, code);
}

static void test_check_fails(void **state)
{
	struct world *w = *state;
	char text[2 * ERR_TEXT_MAX];
	uint64_t start_ms;

	put_tool(w, ":");
	words(&w->recipe.check, "tool check ${user}");
	put(w, "code", "2", 0644);
	expect_failure(w, ERR_COMMAND, "tool check ${user}: exit code 2: looked as ana");
	words(&w->recipe.check, "other check");
	expect_failure(w, ERR_COMMAND, "other check: no program other in PATH");
	put(w, "other", "#!/bin/sh\nexit 9\n", 0755);
	expect_failure(w, ERR_COMMAND, "other check: exit code 9");
	/* of a flood the end counts */
	put(w, "other", "#!/bin/sh\nyes | head -c 3000000\necho; echo end; exit 9\n", 0755);
	expect_failure(w, ERR_COMMAND, "other check: exit code 9: end");
	/* one that asks has nothing to read; one that hangs is ended */
	put(w, "other", "#!/bin/sh\nread answer || exit 5\n", 0755);
	expect_failure(w, ERR_COMMAND, "other check: exit code 5");
	put(w, "other", "#!/bin/sh\nexec sleep 60\n", 0755);
	w->recipe.timeout_ms = 300;
	snprintf(text, sizeof(text), "other check: %s/other did not end within 0.3 s",
		w->person.home);
	start_ms = clock_now_ms();
	/* that it takes long does not say that the network is at fault */
	expect_failure(w, ERR_COMMAND, text);
	assert_true(clock_now_ms() - start_ms < 20000);
}

/* Offline nothing is asked; a repair and doctor have nothing to do with it. */
static void test_not_looked(void **state)
{
	struct world *w = *state;
	struct finding *f;

	put_tool(w, ":");
	words(&w->recipe.check, "tool check");
	put(w, "code", "2", 0644); /* would fail */
	w->owner.offline = true;
	f = look(w, OWNER_UPGRADE);
	assert_string_equal(f->item.state, "offline");
	assert_int_equal(f->mend.n_steps, 0);
	w->owner.offline = false;
	f = look(w, OWNER_REPAIR);
	assert_int_equal(f->item.outcome, OUTCOME_CURRENT);
	assert_int_equal(f->mend.n_steps, 0);
	assert_int_equal(look(w, OWNER_DOCTOR)->item.outcome, OUTCOME_CURRENT);
}

/* --- the run ----------------------------------------------------------------- */

static void test_without_check(void **state)
{
	struct world *w = *state;

	put_tool(w, "echo 1.1 > number");
	words(&w->recipe.version_of, "tool version");
	assert_string_equal(
		look(w, OWNER_CHECK)->item.text, "has no way to look: an upgrade runs it");
	assert_int_equal(w->findings.items[0].item.outcome, OUTCOME_CURRENT);
	expect_upgrade(w, false, "1.0 -> 1.1");
	expect_upgrade(w, true, "nothing newer");
}

/* Where nothing tells, no update is claimed. */
static void test_without_anything(void **state)
{
	struct world *w = *state;

	put_tool(w, "echo b 2 >> things");
	expect_upgrade(w, true, "it ran; nothing tells whether it changed anything");
	words(&w->recipe.version_of, "nowhere version");
	expect_upgrade(w, true, "it ran; nothing tells whether it changed anything");
}

/* The version of the program is not that of what it looks after. */
static void test_list(void **state)
{
	struct world *w = *state;

	put_tool(w, "printf 'a 1\\nb 2\\n' > things");
	words(&w->recipe.version_of, "tool version");
	words(&w->recipe.list, "tool list");
	expect_upgrade(w, false, "brought up to date: 1.0");
	expect_upgrade(w, true, "nothing newer");
	words(&w->recipe.list, "nowhere list");
	expect_upgrade(w, true, "it ran; nothing tells whether it changed anything");
}

/* What the check settled is an update whatever the numbers say. */
static void test_with_check(void **state)
{
	struct world *w = *state;

	put_tool(w, "echo 3 > code; exit 3");
	put(w, "code", "100", 0644);
	words(&w->recipe.check, "tool check");
	words(&w->recipe.version_of, "tool version");
	words(&w->recipe.nothing, "3");
	words(&w->recipe.available, "100");
	expect_upgrade(w, false, "brought up to date: 1.0");
	put_tool(w, "echo 3 > code; echo 2.0 > number");
	put(w, "code", "100", 0644);
	expect_upgrade(w, false, "1.0 -> 2.0");
}

static void test_run_fails(void **state)
{
	struct world *w = *state;
	char said[RECORD_TEXT_MAX], log[PERSON_PATH_MAX], text[2 * ERR_TEXT_MAX];
	SCOPED_FREE char *kept = NULL;
	struct stat st;
	bool is_same;

	put_tool(w, "seq 1 30; echo; echo sorry >&2; exit 4");
	assert_false(upgrade(w, said, sizeof(said), &is_same));
	assert_int_equal(w->e.code, ERR_COMMAND);
	assert_true(
		person_path(&w->person, ".local/state/devupd/commands/tool.log", log, sizeof(log)));
	snprintf(text, sizeof(text),
		"tool failed: 12 | 13 | 14 | 15 | 16 | 17 | 18 | 19 | 20 | 21 | 22 | 23 | 24 | 25 "
		"| 26 | 27 | 28 | 29 | 30 | sorry; all that it printed: %s",
		log);
	assert_string_equal(w->e.text, text);
	assert_true(fs_read(log, 65536, &kept, NULL, &w->e));
	assert_true(text_starts(kept, "1\n2\n") && text_ends(kept, "30\n\nsorry\n"));
	assert_int_equal(stat(log, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	words(&w->recipe.ok, "0 4"); /* the same code, no failure */
	expect_upgrade(w, true, "it ran; nothing tells whether it changed anything");
}

static void test_gone_after_its_update(void **state)
{
	struct world *w = *state;
	char said[RECORD_TEXT_MAX];
	bool is_same;

	put_tool(w, "rm tool");
	assert_false(upgrade(w, said, sizeof(said), &is_same));
	assert_int_equal(w->e.code, ERR_COMMAND);
	assert_true(text_ends(w->e.text, "/tool is gone after its own update"));
}

/* --- reading ----------------------------------------------------------------- */

static void test_versions(void **state)
{
	static const struct {
		const char *said, *version;
	} cases[] = {
		{"uv 0.5.8 (a1b2 2024-12-11)\n", "0.5.8"},
		{"Poetry (version 1.8.3)\n", "1.8.3"},
		{"v22.1.0", "22.1.0"},
		{"rustc 1.90.0-nightly (abc 2025-07-01)", "1.90.0-nightly"},
		{"  \n\tnone here\n", ""},
		{"", ""},
		{"version 2,3", "2"},
		{"\033[1m1.2\033[0m", "1m1.2"},
		{"[] () -- x", ""},
		{"1234567890123456789012345678901234567890 2.0", "2.0"},
	};
	char version[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		saying_version(cases[i].said, version, sizeof(version));
		assert_string_equal(version, cases[i].version);
	}
}

static void test_last_lines(void **state)
{
	char line[SAYING_LINE_MAX], end[SAYING_END_MAX], flood[4096];

	(void)state;
	saying_last_line("a\nb\r\n \n", line);
	assert_string_equal(line, "b");
	saying_last_line("\n\n", line);
	assert_string_equal(line, "");
	saying_last_line("x\033[2J", line);
	assert_string_equal(line, "x\\x1b[2J");
	saying_end("", end);
	assert_string_equal(end, "");
	saying_end("one\n\ntwo\n", end);
	assert_string_equal(end, "one | two");
	memset(flood, 'f', sizeof(flood));
	memcpy(flood + sizeof(flood) - 5, "\nend", 5);
	saying_end(flood, end);
	assert_string_equal(end + strlen(end) - 6, " | end");
	assert_int_equal(strlen(end), SAYING_LINE_MAX - 1 + 6);
}

/* --- what is shipped --------------------------------------------------------- */

static void test_shipped(void **state)
{
	static const char *const names[] = {"uv", "rustup", "poetry", "pipx", "flatpak",
		"npm-global", "gh-extensions", "r-packages"};
	const char *folder = SHIPPED;
	struct host h = {
		.arch = "amd64", .os = "debian", .base = "trixie", .base_family = "debian"};
	SCOPED_CLEAR(recipes_clear) struct recipes all = {0};
	struct err e = {0};

	(void)state;
	assert_true(recipes_load(&folder, 1, NULL, &h, false, &all, &e));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct recipe_entry *entry = recipes_find(&all, names[i]);

		assert_non_null(entry);
		if (entry->recipe == NULL)
			fail_msg("%s", entry->errors.first.text);
		assert_int_equal(entry->recipe->kind_of, RECIPE_COMMAND);
		assert_false(entry->recipe->enabled);
		assert_non_null(entry->recipe->title);
		assert_non_null(entry->recipe->homepage);
		/* a check is of use only where its codes tell something */
		assert_int_equal(
			entry->recipe->check.n_items > 0, entry->recipe->available.n_items > 0);
		assert_string_not_equal(entry->recipe->run.items[0], "sh");
	}
}

#define COMMAND_TEST(f) cmocka_unit_test_setup_teardown(f, make_world, remove_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		COMMAND_TEST(test_absent),
		COMMAND_TEST(test_user),
		COMMAND_TEST(test_search_path_and_words),
		COMMAND_TEST(test_exit_codes_of_check),
		COMMAND_TEST(test_check_fails),
		COMMAND_TEST(test_not_looked),
		COMMAND_TEST(test_without_check),
		COMMAND_TEST(test_without_anything),
		COMMAND_TEST(test_list),
		COMMAND_TEST(test_with_check),
		COMMAND_TEST(test_run_fails),
		COMMAND_TEST(test_gone_after_its_update),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_last_lines),
		cmocka_unit_test(test_shipped),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
