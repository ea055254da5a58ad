/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order that all kinds share which act as a person: look, mend, look again, prove, take back.
 * The kind here looks after one link, ~/thing, that should lead to ~/there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "updaters/lib/fs.h"
#include "updaters/owner_job.h"
#include "updaters/owner_worker.h"

static char home[256];
static bool proof_fails, stays_broken, is_stopped_now;
static unsigned n_alive;
static bool was_refresh_allowed, was_to_mend; /* of the last look */

/* --- the kind ---------------------------------------------------------------- */

static bool thing_look(
	const struct owner *o, struct findings *out, struct result *summary, struct err *e)
{
	char path[512], there[512], leads_to[512] = "";
	ssize_t n;

	(void)e;
	was_refresh_allowed = o->may_refresh;
	was_to_mend = o->mends;
	assert_true(fs_join(path, sizeof(path), o->person->home, "thing"));
	assert_true(fs_join(there, sizeof(there), o->person->home, "there"));
	n = readlink(path, leads_to, sizeof(leads_to) - 1);
	if (n < 0)
		return true; /* absent */

	struct finding *f = findings_add(out, path);

	text_copy_cut(summary->installed, sizeof(summary->installed), "1.0");
	if (text_equal(leads_to, there) && !stays_broken)
		return true;
	finding_set(f, "astray", OUTCOME_BROKEN, "it leads to %s", leads_to);
	if (!text_equal(leads_to, there))
		assert_true(mend_link(&f->mend, path, leads_to, there));
	else
		assert_true(mend_link(&f->mend, path, there, there));
	return true;
}

static bool thing_prove(const struct owner *o, const struct finding *before,
	const struct finding *now, char *out_text, size_t text_size, struct err *e)
{
	(void)o;
	assert_int_equal(before->item.outcome, OUTCOME_BROKEN);
	assert_int_equal(now->item.outcome, OUTCOME_CURRENT);
	if (proof_fails)
		return err_set(e, ERR_PYTHON, "it does not run");
	text_copy_cut(out_text, text_size, "it runs");
	return true;
}

static bool thing_leftovers(const struct owner *o, struct strings *out, struct err *e)
{
	char path[512];

	(void)e;
	assert_true(fs_join(path, sizeof(path), o->person->home, "old"));
	return access(path, F_OK) != 0 || strings_add(out, path);
}

static const struct owner_updater thing = {
	.kind = "python",
	.look = thing_look,
	.prove = thing_prove,
	.leftovers = thing_leftovers,
};

const struct owner_updater *owner_registry_find(const char *kind)
{
	return text_equal(kind, "python") ? &thing : NULL;
}

/* --- the worker around it ---------------------------------------------------- */

static void on_alive(void *user, uint32_t job_id)
{
	(void)user;
	(void)job_id;
	n_alive++;
}

static bool on_is_stopped(void *user)
{
	(void)user;
	return is_stopped_now;
}

static struct recipe *make_recipe(const char *more)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED(yaml_node_free) struct yaml_node *root = NULL;
	struct host h = {.arch = "amd64", .os = "debian", .base = "bookworm"};
	struct recipe *r = NULL;
	char text[512];

	snprintf(text, sizeof(text), "name: things\nkind: python\n%s", more);
	if (!yaml_parse("things.yaml", text, strlen(text), &root, &errors) ||
		!recipe_load(root, "things.yaml", "things", &h, &r, &errors))
		fail_msg("%s", errors.first.text);
	return r;
}

/* The job as the parent packs it, done by a worker; the result is the caller's. */
static struct result do_job(struct owner_job *in)
{
	struct owner_memory memory = {.search_path = "/usr/bin:/bin"};
	const struct worker_host host = {
		.write_folder_fd = -1,
		.is_owner = true,
		.memory = &memory,
		.alive = on_alive,
		.is_stopped = on_is_stopped,
	};
	struct task *task = NULL;
	struct result r;
	struct job job;
	struct err e = {0};

	job_init(&job);
	text_copy_cut(job.kind, sizeof(job.kind), "python");
	if (in->recipe == NULL)
		in->recipe = make_recipe("");
	text_copy_cut(in->person.name, sizeof(in->person.name), "ana");
	in->person.uid = getuid();
	in->person.gid = getgid();
	text_copy_cut(in->person.home, sizeof(in->person.home), home);
	text_copy_cut(in->person.shell, sizeof(in->person.shell), "/bin/sh");
	snprintf(in->person.config_home, sizeof(in->person.config_home), "%s/.config", home);
	if (in->run[0] == '\0' && in->task == OWNER_MEND)
		text_copy_cut(in->run, sizeof(in->run), "run-1");
	owner_job_pack(in, &job.input);
	if (!owner_worker_updater.begin(&job, &host, &task, &e))
		fail_msg("%s", e.text);
	assert_false(task->ops->next(task, NULL));
	task->ops->result(task, &r);
	task->ops->free(task);
	job_clear(&job);
	recipe_free(in->recipe);
	in->recipe = NULL;
	return r;
}

static void put(const char *name, const char *text)
{
	char path[512];
	struct err e = {0};

	snprintf(path, sizeof(path), "%s/%s", home, name);

	char *slash = strrchr(path, '/');

	*slash = '\0';
	assert_true(fs_make_folders(path, 0700, &e));
	*slash = '/';
	assert_true(fs_replace(path, text, strlen(text), 0600, &e));
}

static void lead_to(const char *target)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/thing", home);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

static const char *leads_to(void)
{
	static char found[512];
	char path[512];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/thing", home);
	n = readlink(path, found, sizeof(found) - 1);
	found[n < 0 ? 0 : n] = '\0';
	return found;
}

static int setup(void **state)
{
	char template[] = "/tmp/devupd-owner-XXXXXX";

	(void)state;
	proof_fails = stays_broken = is_stopped_now = false;
	n_alive = 0;
	if (mkdtemp(template) == NULL)
		return -1;
	text_copy_cut(home, sizeof(home), template);
	lead_to("/nowhere");
	return 0;
}

static int teardown(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "%s", home);
	char *const argv[] = {"rm", "-rf", command, NULL};
	pid_t pid = fork();

	if (pid == 0)
		execv("/bin/rm", argv);
	return 0;
}

/* --- the tests --------------------------------------------------------------- */

static void a_look_tells_what_would_be_done(void **state)
{
	struct owner_job job = {.task = OWNER_LOOK, .mode = OWNER_CHECK};
	SCOPED_CLEAR(result_clear) struct result r = do_job(&job);

	(void)state;
	assert_int_equal(r.outcome, OUTCOME_BROKEN);
	assert_string_equal(r.installed, "1.0");
	assert_string_equal(r.text, "it leads to /nowhere");
	assert_int_equal(r.n_items, 1);
	assert_string_equal(r.items[0].state, "astray");
	assert_int_equal(r.n_changes, 1);
	assert_string_equal(r.changes[0].from, "/nowhere");
	assert_string_equal(leads_to(), "/nowhere"); /* and nothing is done */
}

/* News may come before a person is asked, never between their yes and the deed. */
static void news_are_fetched_by_the_look_before_the_question(void **state)
{
	static const struct {
		struct owner_job job;
		bool may_refresh, mends;
	} cases[] = {
		{{.task = OWNER_LOOK, .mode = OWNER_CHECK}, false, false},
		{{.task = OWNER_LOOK, .mode = OWNER_REPAIR}, false, false},
		{{.task = OWNER_LOOK, .mode = OWNER_UPGRADE, .is_dry = true}, false, false},
		{{.task = OWNER_LOOK, .mode = OWNER_UPGRADE, .dry_run = true}, true, false},
		{{.task = OWNER_MEND, .mode = OWNER_UPGRADE}, false, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct owner_job job = cases[i].job;
		SCOPED_CLEAR(result_clear) struct result r = do_job(&job);

		assert_int_not_equal(r.outcome, OUTCOME_FAILED);
		assert_int_equal(was_refresh_allowed, cases[i].may_refresh);
		assert_int_equal(was_to_mend, cases[i].mends);
	}
}

static void what_is_not_there_is_absent(void **state)
{
	struct owner_job job = {.task = OWNER_LOOK};
	char path[512];

	(void)state;
	snprintf(path, sizeof(path), "%s/thing", home);
	unlink(path);

	SCOPED_CLEAR(result_clear) struct result r = do_job(&job);

	assert_int_equal(r.outcome, OUTCOME_ABSENT);
}

static void a_mend_is_looked_at_again_and_proved(void **state)
{
	struct owner_job job = {.task = OWNER_MEND, .mode = OWNER_REPAIR};
	SCOPED_CLEAR(result_clear) struct result r = do_job(&job);
	char there[512];

	(void)state;
	snprintf(there, sizeof(there), "%s/there", home);
	assert_int_equal(r.outcome, OUTCOME_REPAIRED);
	assert_string_equal(r.text, "it runs");
	assert_int_equal(r.n_changes, 1);
	assert_string_equal(leads_to(), there);

	struct owner_job again = {.task = OWNER_MEND, .mode = OWNER_REPAIR};
	SCOPED_CLEAR(result_clear) struct result second = do_job(&again);

	assert_int_equal(second.outcome, OUTCOME_CURRENT);
	assert_int_equal(second.n_changes, 0);
}

static void without_a_proof_it_has_failed(void **state)
{
	struct owner_job job = {.task = OWNER_MEND, .mode = OWNER_REPAIR};

	(void)state;
	proof_fails = true;

	SCOPED_CLEAR(result_clear) struct result r = do_job(&job);

	assert_int_equal(r.outcome, OUTCOME_FAILED);
	assert_int_equal(r.step, STEP_CONFIRM);
	assert_string_equal(r.error.text, "it does not run");
}

static void what_is_still_broken_has_failed(void **state)
{
	struct owner_job job = {.task = OWNER_MEND, .mode = OWNER_REPAIR};

	(void)state;
	stays_broken = true;

	SCOPED_CLEAR(result_clear) struct result r = do_job(&job);

	assert_int_equal(r.outcome, OUTCOME_FAILED);
	assert_int_equal(r.step, STEP_CONFIRM);
	assert_non_null(strstr(r.error.text, "still astray"));
}

static void a_run_can_be_taken_back(void **state)
{
	struct owner_job mend = {.task = OWNER_MEND, .mode = OWNER_REPAIR};
	struct owner_job look = {.task = OWNER_UNDO, .dry_run = true};
	struct owner_job undo = {.task = OWNER_UNDO};
	struct owner_job more = {.task = OWNER_UNDO};

	(void)state;

	SCOPED_CLEAR(result_clear) struct result done = do_job(&mend);

	assert_int_equal(done.outcome, OUTCOME_REPAIRED);
	SCOPED_CLEAR(result_clear) struct result would = do_job(&look);

	assert_int_equal(would.n_changes, 1);
	assert_string_not_equal(leads_to(), "/nowhere");

	SCOPED_CLEAR(result_clear) struct result back = do_job(&undo);

	assert_int_equal(back.outcome, OUTCOME_ROLLED_BACK);
	assert_string_equal(leads_to(), "/nowhere");

	SCOPED_CLEAR(result_clear) struct result none = do_job(&more);

	assert_int_equal(none.outcome, OUTCOME_CURRENT);
	assert_string_equal(none.text, "nothing to take back");
}

static void what_somebody_changed_since_is_left_alone(void **state)
{
	struct owner_job mend = {.task = OWNER_MEND, .mode = OWNER_REPAIR};
	struct owner_job undo = {.task = OWNER_UNDO, .run = "run-1"};

	(void)state;

	SCOPED_CLEAR(result_clear) struct result done = do_job(&mend);

	assert_int_equal(done.outcome, OUTCOME_REPAIRED);

	lead_to("/elsewhere");

	SCOPED_CLEAR(result_clear) struct result back = do_job(&undo);

	assert_int_equal(back.outcome, OUTCOME_FAILED);
	assert_int_equal(back.error.code, ERR_BUSY);
	assert_string_equal(leads_to(), "/elsewhere");
}

static void the_lock_is_the_persons(void **state)
{
	struct owner_job job = {.task = OWNER_MEND, .mode = OWNER_REPAIR, .wait_ms = 0};
	char path[512];

	(void)state;
	put(".local/state/devupd/lock", "");
	snprintf(path, sizeof(path), "%s/.local/state/devupd/lock", home);

	SCOPED_CLOSE int held = open(path, O_RDWR | O_CLOEXEC);

	assert_int_equal(flock(held, LOCK_EX | LOCK_NB), 0);

	SCOPED_CLEAR(result_clear) struct result r = do_job(&job);

	assert_int_equal(r.outcome, OUTCOME_FAILED);
	assert_int_equal(r.error.code, ERR_LOCK);
	assert_string_equal(leads_to(), "/nowhere");
}

static void a_stop_begins_nothing_new(void **state)
{
	struct owner_job job = {.task = OWNER_MEND, .mode = OWNER_REPAIR};

	(void)state;
	is_stopped_now = true;

	SCOPED_CLEAR(result_clear) struct result r = do_job(&job);

	assert_int_equal(r.outcome, OUTCOME_FAILED);
	assert_string_equal(leads_to(), "/nowhere");
}

static void root_leaves_own_settings_to_the_worker(void **state)
{
	static const struct {
		const char *settings;
		enum outcome outcome;
		const char *text;
	} cases[] = {
		{"disable: [things]\n", OUTCOME_SKIPPED, "disabled in the person's own settings"},
		{"updaters: {things: {enabled: no}}\n", OUTCOME_SKIPPED, "not enabled"},
		{"updaters: {things: {upgrade: yes}}\n", OUTCOME_BROKEN, "it leads to /nowhere"},
		{"updaters: {things: {package: x}}\n", OUTCOME_FAILED, ""},
		{"updaters: {things: {kind: deb}}\n", OUTCOME_FAILED, ""},
		{"jobs: 3\n", OUTCOME_FAILED, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct owner_job job = {.task = OWNER_LOOK, .by_root = true};

		put(".config/devupd/devupd.yaml", cases[i].settings);

		SCOPED_CLEAR(result_clear) struct result r = do_job(&job);

		if (r.outcome != cases[i].outcome || !text_equal(r.text, cases[i].text))
			fail_msg("%s: %s, %s", cases[i].settings, outcome_token(r.outcome), r.text);
		if (r.outcome == OUTCOME_FAILED)
			assert_int_equal(r.error.code, ERR_CONFIG);
	}
}

static void what_was_kept_aside_goes(void **state)
{
	struct owner_job look = {.task = OWNER_CLEAN, .dry_run = true};
	struct owner_job clean = {.task = OWNER_CLEAN};
	char path[512];

	(void)state;
	put("old/x/y", "1");
	snprintf(path, sizeof(path), "%s/old", home);

	SCOPED_CLEAR(result_clear) struct result would = do_job(&look);

	assert_int_equal(would.outcome, OUTCOME_AVAILABLE);
	assert_int_equal(would.n_changes, 1);
	assert_int_equal(access(path, F_OK), 0);

	SCOPED_CLEAR(result_clear) struct result done = do_job(&clean);

	assert_int_equal(done.n_changes, 1);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void a_caged_worker_does_none_of_it(void **state)
{
	const struct worker_host host = {.is_owner = false};
	struct task *task = NULL;
	struct err e = {0};
	struct job job;

	(void)state;
	job_init(&job);
	text_copy_cut(job.kind, sizeof(job.kind), "python");
	assert_false(owner_worker_updater.begin(&job, &host, &task, &e));
	assert_int_equal(e.code, ERR_WORKER);
	job_clear(&job);
}

static void a_damaged_job_is_refused(void **state)
{
	struct owner_memory memory = {0};
	const struct worker_host host = {.is_owner = true, .memory = &memory};
	struct owner_job whole = {.recipe = make_recipe("")};
	struct buf packed;

	(void)state;
	text_copy_cut(whole.person.name, sizeof(whole.person.name), "ana");
	text_copy_cut(whole.person.home, sizeof(whole.person.home), "/home/ana");
	text_copy_cut(whole.person.config_home, sizeof(whole.person.config_home), "/home/ana/c");
	buf_init(&packed, RECORD_BYTES_MAX);
	owner_job_pack(&whole, &packed);
	for (size_t len = 0; len < packed.len; len += 7) {
		struct task *task = NULL;
		struct err e = {0};
		struct job job;

		job_init(&job);
		text_copy_cut(job.kind, sizeof(job.kind), "python");
		assert_true(buf_put(&job.input, packed.data, len));
		assert_false(owner_worker_updater.begin(&job, &host, &task, &e));
		job_clear(&job);
	}
	buf_clear(&packed);
	recipe_free(whole.recipe);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_look_tells_what_would_be_done),
		TEST(news_are_fetched_by_the_look_before_the_question),
		TEST(what_is_not_there_is_absent),
		TEST(a_mend_is_looked_at_again_and_proved),
		TEST(without_a_proof_it_has_failed),
		TEST(what_is_still_broken_has_failed),
		TEST(a_run_can_be_taken_back),
		TEST(what_somebody_changed_since_is_left_alone),
		TEST(the_lock_is_the_persons),
		TEST(a_stop_begins_nothing_new),
		TEST(root_leaves_own_settings_to_the_worker),
		TEST(what_was_kept_aside_goes),
		TEST(a_caged_worker_does_none_of_it),
		TEST(a_damaged_job_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
