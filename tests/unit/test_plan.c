/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which names, and which of them are settled before anything is asked; the host's own dpkg is real.
 */
#include "updaters/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "updaters/lib/child.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"
#include "updaters/verdict.h"

struct world {
	char folder[64];
	struct host host;
	struct recipes recipes;
	struct config config;
	struct state *state;
	struct facts facts;
	struct plan plan;
	struct strings names;
	struct plan_request request;
	struct err e;
};

static void ok(bool is_fine, const struct err *e)
{
	if (!is_fine)
		fail_msg("%s", e->text);
}

static int world_make(void **out)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *folder = DEVUPD_FIXTURES "/plan";
	char db[128], note[256];

	assert_non_null(w);
	assert_true(text_copy(w->folder, sizeof(w->folder), "/tmp/test_plan.XXXXXX"));
	assert_non_null(mkdtemp(w->folder));
	snprintf(db, sizeof(db), "%s/state.db", w->folder);
	ok(host_read("", &w->host, &w->e), &w->e);
	ok(state_open(db, false, &w->state, note, sizeof(note), &w->e), &w->e);
	ok(recipes_load(&folder, 1, NULL, &w->host, false, &w->recipes, &w->e), &w->e);
	w->facts = (struct facts){.host = &w->host};
	w->request = (struct plan_request){.names = &w->names};
	*out = w;
	return 0;
}

static int world_drop(void **state)
{
	struct world *w = *state;
	const char *argv[] = {"/bin/rm", "-r", w->folder, NULL};
	struct child_spec spec = {.argv = argv};
	pid_t pid = -1;
	int status = 1;

	plan_clear(&w->plan);
	strings_clear(&w->names);
	strings_clear(&w->config.disable);
	recipes_clear(&w->recipes);
	state_close(w->state);
	ok(child_start(&spec, &pid, &w->e) && child_wait(pid, &status, &w->e), &w->e);
	free(w);
	return status;
}

static bool make(struct world *w, enum wish wish, const char *name, const char *second)
{
	strings_clear(&w->names);
	if (name != NULL)
		assert_true(strings_add(&w->names, name));
	if (second != NULL)
		assert_true(strings_add(&w->names, second));
	w->request.wish = wish;
	w->e = (struct err){0};
	plan_clear(&w->plan);
	return plan_make(&w->request, &w->recipes, &w->config, w->state, w->state, &w->facts,
		&w->plan, &w->e);
}

static const struct entry *find(const struct world *w, const char *name)
{
	for (size_t i = 0; i < w->plan.n_entries; i++) {
		if (text_equal(w->plan.entries[i].name, name))
			return &w->plan.entries[i];
	}
	return NULL;
}

static const struct entry *get(const struct world *w, const char *name)
{
	const struct entry *entry = find(w, name);

	if (entry == NULL)
		fail_msg("%s is not in the plan", name);
	return entry;
}

static void says(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s' does not say '%s'", text, part);
}

static void is_settled(const struct world *w, const char *name, enum outcome outcome)
{
	const struct entry *entry = get(w, name);

	assert_true(entry->is_settled);
	assert_string_equal(outcome_token(entry->result.outcome), outcome_token(outcome));
}

/* --- which names ------------------------------------------------------------- */

static void every_name_in_order(void **state)
{
	static const char *const names[] = {"broken", "gone", "here", "licensed", "other"};
	struct world *w = *state;

	ok(make(w, WISH_CHECK, NULL, NULL), &w->e);
	assert_int_equal(w->plan.n_entries, ARRAY_SIZE(names));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_string_equal(w->plan.entries[i].name, names[i]);
		assert_false(w->plan.entries[i].is_typed);
	}
}

static void two_versions_of_a_name_are_refused(void **state)
{
	struct world *w = *state;

	assert_false(make(w, WISH_INSTALL, "gone=1.0", "gone=2.0"));
	assert_int_equal(w->e.code, ERR_USAGE);
	says(w->e.text, "1.0");
	says(w->e.text, "gone=2.0");
	assert_false(make(w, WISH_INSTALL, "gone", "gone=2.0"));
	assert_int_equal(w->e.code, ERR_USAGE);
	ok(make(w, WISH_INSTALL, "gone=2.0", "gone=2.0"), &w->e);
	assert_int_equal(w->plan.n_entries, 1);
}

static void typed_names_in_their_order_and_once(void **state)
{
	struct world *w = *state;

	ok(make(w, WISH_CHECK, "other", "gone"), &w->e);
	assert_int_equal(w->plan.n_entries, 2);
	assert_string_equal(w->plan.entries[0].name, "other");
	assert_string_equal(w->plan.entries[1].name, "gone");
	assert_true(w->plan.entries[0].is_typed);
	ok(make(w, WISH_CHECK, "here", "here"), &w->e);
	assert_int_equal(w->plan.n_entries, 1);
}

static void what_is_off_acts_only_when_typed(void **state)
{
	struct world *w = *state;

	assert_true(strings_add(&w->config.disable, "here"));
	ok(make(w, WISH_CHECK, NULL, NULL), &w->e);
	assert_null(find(w, "off"));
	assert_null(find(w, "here"));
	ok(make(w, WISH_CHECK, "off", "here"), &w->e);
	assert_int_equal(w->plan.n_entries, 2);
}

static void a_name_that_no_recipe_has(void **state)
{
	struct world *w = *state;

	assert_false(make(w, WISH_CHECK, "licenced", NULL));
	assert_int_equal(w->e.code, ERR_USAGE);
	says(w->e.text, "did you mean 'licensed'?");
	assert_false(make(w, WISH_UPGRADE, "something-else", NULL));
	says(w->e.text, "devupd list --all");
	assert_int_equal(verdict_of_error(&w->e), EXIT_USAGE);
	assert_int_equal(w->plan.n_entries, 0);
}

static void a_broken_recipe_fails_its_own_name(void **state)
{
	struct world *w = *state;

	ok(make(w, WISH_CHECK, NULL, NULL), &w->e);
	is_settled(w, "broken", OUTCOME_FAILED);
	assert_int_equal(get(w, "broken")->result.error.code, ERR_CONFIG);
	says(get(w, "broken")->result.error.text, "broken.yaml:3:1");
	assert_false(make(w, WISH_CHECK, "broken", NULL));
	assert_int_equal(w->e.code, ERR_CONFIG);
	says(w->e.text, "broken.yaml:3:1");
	/* all that is wrong with it at once, not the first only */
	says(w->e.text, "; ");
	says(w->e.text, "package");
	says(w->e.text, "sources");
}

static void a_version_goes_with_install(void **state)
{
	struct world *w = *state;

	assert_false(make(w, WISH_UPGRADE, "here=1.2", NULL));
	assert_int_equal(w->e.code, ERR_USAGE);
	says(w->e.text, "devupd install here=1.2");
	assert_false(make(w, WISH_INSTALL, "here=", NULL));
	says(w->e.text, "not a version");
	assert_false(make(w, WISH_INSTALL, "here=x y", NULL));
	assert_int_equal(w->e.code, ERR_USAGE);
	assert_false(make(w, WISH_INSTALL, "nosuch=1.2", NULL));
	says(w->e.text, "'nosuch'");
	ok(make(w, WISH_INSTALL, "here=1:1.2-3", NULL), &w->e);
	assert_string_equal(get(w, "here")->wanted, "1:1.2-3");
	assert_false(get(w, "here")->is_settled);
}

/* --- what is there ----------------------------------------------------------- */

static void what_is_installed_goes_on(void **state)
{
	struct world *w = *state;
	const struct entry *here;

	ok(make(w, WISH_UPGRADE, NULL, NULL), &w->e);
	here = get(w, "here");
	assert_true(here->is_present);
	assert_false(here->is_settled || here->is_held);
	assert_int_not_equal(strlen(here->result.installed), 0);
	assert_string_equal(here->was, here->result.installed); /* this recipe rewrites nothing */
	assert_non_null(here->updater);
}

static void what_is_absent(void **state)
{
	struct world *w = *state;

	ok(make(w, WISH_UPGRADE, NULL, NULL), &w->e);
	is_settled(w, "gone", OUTCOME_ABSENT);
	assert_string_equal(get(w, "gone")->result.text, "not installed: devupd install gone");
	assert_string_equal(get(w, "gone")->was, "");
	ok(make(w, WISH_CHECK, NULL, NULL), &w->e);
	assert_true(get(w, "gone")->is_settled); /* costs no request */
	ok(make(w, WISH_CHECK, "gone", NULL), &w->e);
	assert_false(get(w, "gone")->is_settled); /* typed: what is newest is worth one */
	w->request.with_absent = true;
	ok(make(w, WISH_CHECK, NULL, NULL), &w->e);
	assert_false(get(w, "gone")->is_settled);
	ok(make(w, WISH_INSTALL, "gone", NULL), &w->e);
	assert_false(get(w, "gone")->is_settled);
}

static void what_was_there_before(void **state)
{
	struct world *w = *state;

	ok(state_seen_put(w->state, "gone", "2026.08.2+4", &w->e), &w->e);
	ok(make(w, WISH_CHECK, NULL, NULL), &w->e);
	says(get(w, "gone")->result.text, "was 2026.08.2+4, removed outside devupd: ");
	says(get(w, "gone")->result.text, "devupd install gone");
}

static void what_is_for_other_hosts(void **state)
{
	struct world *w = *state;

	ok(make(w, WISH_INSTALL, "other", NULL), &w->e);
	is_settled(w, "other", OUTCOME_UNSUPPORTED);
	says(get(w, "other")->result.text, w->host.arch);
	/* of what is neither here nor asked for, that it can't be here is no news */
	ok(make(w, WISH_CHECK, NULL, NULL), &w->e);
	is_settled(w, "other", OUTCOME_ABSENT);
	w->request.with_absent = true;
	ok(make(w, WISH_CHECK, NULL, NULL), &w->e);
	is_settled(w, "other", OUTCOME_UNSUPPORTED);
	w->request.with_absent = false;
	ok(make(w, WISH_INSTALL, "other", NULL), &w->e);
	assert_int_equal(verdict_of_entries(w->plan.entries, 1, false), EXIT_FAILED);
}

/* --- what a person chose ----------------------------------------------------- */

static void hold(struct world *w, const char *name, const char *reason, int64_t until_unix_ms)
{
	struct state_hold h = {.until_unix_ms = until_unix_ms, .since_unix_ms = 1};

	assert_true(text_copy(h.name, sizeof(h.name), name));
	assert_true(text_copy(h.reason, sizeof(h.reason), reason));
	ok(state_hold_put(w->state, &h, &w->e), &w->e);
}

static void a_held_name_stays(void **state)
{
	struct world *w = *state;

	hold(w, "here", "talk on Friday", 0);
	ok(make(w, WISH_UPGRADE, NULL, NULL), &w->e);
	is_settled(w, "here", OUTCOME_HELD);
	assert_string_equal(get(w, "here")->result.text, "talk on Friday");
	ok(make(w, WISH_INSTALL, "here=1.2", NULL), &w->e);
	is_settled(w, "here", OUTCOME_HELD); /* hold comes before a typed version */
	ok(make(w, WISH_CHECK, NULL, NULL), &w->e);
	assert_false(get(w, "here")->is_settled); /* what is newest is still said */
	assert_true(get(w, "here")->is_held);
}

static void a_hold_says_until_when(void **state)
{
	struct world *w = *state;

	hold(w, "here", "talk", clock_unix_ms() + 86400000);
	ok(make(w, WISH_UPGRADE, "here", NULL), &w->e);
	assert_true(text_starts(get(w, "here")->result.text, "until tomorrow"));
	assert_true(text_ends(get(w, "here")->result.text, ", talk"));
	hold(w, "here", "talk", clock_unix_ms() - 1000);
	ok(make(w, WISH_UPGRADE, "here", NULL), &w->e);
	assert_false(get(w, "here")->is_held); /* it is over */
}

static void a_skip_gives_way_to_a_typed_version(void **state)
{
	struct world *w = *state;
	struct state_skip skip = {.exactly = "2.0", .up_to = "1.5"};

	ok(state_skip_put(w->state, "here", &skip, &w->e), &w->e);
	ok(make(w, WISH_UPGRADE, NULL, NULL), &w->e);
	assert_string_equal(get(w, "here")->skip_exactly, "2.0");
	assert_string_equal(get(w, "here")->skip_up_to, "1.5");
	assert_string_equal(get(w, "gone")->skip_exactly, "");
	ok(make(w, WISH_INSTALL, "here=2.0", NULL), &w->e);
	assert_string_equal(get(w, "here")->skip_exactly, "");
	assert_string_equal(get(w, "here")->skip_up_to, "");
}

static void without_a_memory_nothing_is_known(void **state)
{
	struct world *w = *state;

	hold(w, "here", "talk", 0);
	w->request.wish = WISH_UPGRADE;
	ok(plan_make(&w->request, &w->recipes, &w->config, NULL, NULL, &w->facts, &w->plan, &w->e),
		&w->e);
	assert_false(get(w, "here")->is_held);
}

static void documents_come_back(void **state)
{
	struct world *w = *state;
	struct document d = {.url = "https://example.org/here/", .etag = "\"7\"", .len = 4};

	d.bytes = strdup("page");
	ok(state_put_documents(w->state, "here", recipes_find(&w->recipes, "here")->recipe->digest,
		   &d, 1, &w->e),
		&w->e);
	free(d.bytes);
	ok(make(w, WISH_CHECK, NULL, NULL), &w->e);
	assert_int_equal(get(w, "here")->n_documents, 1);
	assert_string_equal(get(w, "here")->documents[0].etag, "\"7\"");
	assert_int_equal(get(w, "gone")->n_documents, 0);
}

/* --- a file in hand ---------------------------------------------------------- */

static void build(struct world *w, const char *package, char out_path[160])
{
	char tree[128], control[192], text[256];
	const char *argv[] = {
		"/usr/bin/dpkg-deb", "--root-owner-group", "-b", tree, out_path, NULL};
	struct child_spec spec = {.argv = argv};
	SCOPED_FREE char *said = NULL;
	SCOPED_FREE char *errors = NULL;
	int status = 1;

	snprintf(tree, sizeof(tree), "%s/%s", w->folder, package);
	snprintf(control, sizeof(control), "%s/DEBIAN", tree);
	snprintf(out_path, 160, "%s/%s.deb", w->folder, package);
	assert_int_equal(mkdir(tree, 0755) + mkdir(control, 0755), 0);
	snprintf(control, sizeof(control), "%s/DEBIAN/control", tree);
	snprintf(text, sizeof(text),
		"Package: %s\nVersion: 1:9.9\nArchitecture: all\nMaintainer: a <a@example.org>\n"
		"Description: a test\n",
		package);
	ok(fs_replace(control, text, strlen(text), 0644, &w->e), &w->e);
	ok(child_run(&spec, 60000, 4096, &said, &errors, &status, &w->e), &w->e);
	if (status != 0)
		fail_msg("%s", errors);
}

static void a_file_finds_its_recipe(void **state)
{
	struct world *w = *state;
	char path[160];

	build(w, "dpkg", path);
	ok(make(w, WISH_INSTALL, path, NULL), &w->e);
	assert_int_equal(w->plan.n_entries, 1);
	assert_true(get(w, "here")->is_typed);
	assert_string_equal(get(w, "here")->hand_file, path);
	assert_string_equal(get(w, "here")->wanted, "1:9.9");
	w->request.as_name = "other";
	ok(make(w, WISH_INSTALL, path, NULL), &w->e);
	assert_string_equal(get(w, "other")->hand_file, path);
}

/* All of it: a name, its version, and --reinstall. A file's version is its control's own word. */
static void only_a_typed_version_to_reinstall_takes_other_bytes(void **state)
{
	struct world *w = *state;
	char path[160];
	const struct {
		const char *word;
		bool reinstall, takes_changed;
	} rows[] = {
		{"here=1:9.9", true, true},
		{"here=1:9.9", false, false},
		{"here", true, false},
		{path, true, false},
	};

	build(w, "dpkg", path);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		w->request.reinstall = rows[i].reinstall;
		ok(make(w, WISH_INSTALL, rows[i].word, NULL), &w->e);
		assert_int_equal(get(w, "here")->reinstall, rows[i].reinstall);
		assert_int_equal(get(w, "here")->takes_changed, rows[i].takes_changed);
	}
}

static void a_file_that_fits_no_recipe(void **state)
{
	struct world *w = *state;
	char path[160];

	build(w, "quite-another", path);
	assert_false(make(w, WISH_INSTALL, path, NULL));
	assert_int_equal(w->e.code, ERR_USAGE);
	says(w->e.text, "quite-another");
	w->request.as_name = "heer";
	assert_false(make(w, WISH_INSTALL, path, NULL));
	says(w->e.text, "did you mean 'here'?");
}

static void a_file_that_is_none(void **state)
{
	struct world *w = *state;
	char path[160];

	snprintf(path, sizeof(path), "%s/page.deb", w->folder);
	assert_false(make(w, WISH_INSTALL, path, NULL));
	assert_int_equal(w->e.code, ERR_STATE);
	ok(fs_replace(path, "<html>", 6, 0644, &w->e), &w->e);
	assert_false(make(w, WISH_INSTALL, path, NULL));
	assert_int_equal(w->e.code, ERR_STRUCTURE);
	says(w->e.text, "is no Debian package");
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_make, world_drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(every_name_in_order),
		WITH_WORLD(typed_names_in_their_order_and_once),
		WITH_WORLD(two_versions_of_a_name_are_refused),
		WITH_WORLD(what_is_off_acts_only_when_typed),
		WITH_WORLD(a_name_that_no_recipe_has),
		WITH_WORLD(a_broken_recipe_fails_its_own_name),
		WITH_WORLD(a_version_goes_with_install),
		WITH_WORLD(what_is_installed_goes_on),
		WITH_WORLD(what_is_absent),
		WITH_WORLD(what_was_there_before),
		WITH_WORLD(what_is_for_other_hosts),
		WITH_WORLD(a_held_name_stays),
		WITH_WORLD(a_hold_says_until_when),
		WITH_WORLD(a_skip_gives_way_to_a_typed_version),
		WITH_WORLD(without_a_memory_nothing_is_known),
		WITH_WORLD(documents_come_back),
		WITH_WORLD(a_file_finds_its_recipe),
		WITH_WORLD(only_a_typed_version_to_reinstall_takes_other_bytes),
		WITH_WORLD(a_file_that_fits_no_recipe),
		WITH_WORLD(a_file_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
