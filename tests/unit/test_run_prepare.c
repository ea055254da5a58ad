/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run that is stopped between fetching and verifying; the package is a file in hand. */
#include "updaters/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/run_world.h"
#include "updaters/kept.h"
#include "updaters/lib/fs.h"
#include "updaters/registry.h"

#define BYTES "no package at all, which nobody has looked at"

/* The run goes as far as to have a file of ours for "here" 2.0, and no further. */
static struct entry *prepare_stopped(struct run_world *w)
{
	struct run *run = &w->run;
	struct entry *entry = calloc(1, sizeof(*entry));

	assert_non_null(entry);
	run->plan = (struct plan){.entries = entry, .n_entries = 1};
	run_world_begin(w, "run-1", "install");
	snprintf(run->paths.packages, sizeof(run->paths.packages), "%s/packages", w->folder);
	assert_int_equal(mkdir(run->paths.packages, 0755), 0);
	run->facts.packages = run->paths.packages;
	run->stop.signal = SIGTERM;
	result_init(&entry->result);
	entry->wish = WISH_INSTALL;
	entry->recipe = recipes_find(&run->recipes, "here")->recipe;
	entry->updater = registry_find("deb");
	entry->result.outcome = OUTCOME_AVAILABLE;
	assert_true(text_copy(entry->name, sizeof(entry->name), "here"));
	assert_true(text_copy(entry->result.release.version, DPKG_VERSION_MAX, "2.0"));
	snprintf(entry->hand_file, sizeof(entry->hand_file), "%s/hand.deb", w->folder);
	assert_true(fs_replace(entry->hand_file, BYTES, strlen(BYTES), 0644, &w->e));
	entry->hand_fd = open(entry->hand_file, O_RDONLY | O_CLOEXEC);
	assert_true(entry->hand_fd >= 0);
	if (!run_prepare(run, &w->e))
		fail_msg("%s", w->e.text);
	assert_non_null(strstr(entry->file.path, "/packages/"));
	return entry;
}

static void what_was_not_verified_is_not_done(void **state)
{
	struct run_world *w = *state;
	const struct entry *entry = prepare_stopped(w);

	assert_true(entry->is_settled);
	assert_int_equal(entry->result.outcome, OUTCOME_FAILED);
	assert_int_equal(entry->result.step, STEP_VERIFY);
	assert_int_equal(run_count_open(&w->run), 0);
}

/* The next run, which sweeps away what nobody knows, goes on with it. */
static void what_was_fetched_is_there_for_the_next_run(void **state)
{
	struct run_world *w = *state;
	struct entry *entry = prepare_stopped(w);
	char path[sizeof(entry->file.path)];

	memcpy(path, entry->file.path, sizeof(path));
	memset(&entry->file, 0, sizeof(entry->file));
	close(entry->hand_fd);
	entry->hand_file[0] = '\0'; /* the vendor is asked for it this time */
	assert_true(kept_sweep_packages(w->run.state, w->run.paths.packages, &w->e));
	assert_true(kept_use(w->run.state, entry, &w->e));
	assert_string_equal(entry->file.path, path);
}

/* It would be offered as what was installed here, with a digest that nobody gave. */
static void what_was_not_verified_is_nothing_to_go_back_to(void **state)
{
	struct run_world *w = *state;
	struct entry *entry = prepare_stopped(w);
	struct result *r = &entry->result;

	assert_true(text_copy(r->installed, sizeof(r->installed), "3.0"));
	assert_true(kept_roll_back_to(w->run.state, entry, &w->e));
	assert_int_equal(r->outcome, OUTCOME_FAILED);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, run_world_make, run_world_drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(what_was_not_verified_is_not_done),
		WITH_WORLD(what_was_fetched_is_there_for_the_next_run),
		WITH_WORLD(what_was_not_verified_is_nothing_to_go_back_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
