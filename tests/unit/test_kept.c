/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "updaters/lib/fs.h"

#define SHIPPED DEVUPD_FIXTURES "/../../config/recipes"

struct world {
	char folder[64];
	struct state *state;
	struct recipes recipes;
	struct entry *entry; /* positron, whose dpkg versions end with a time */
};

static void ok(bool is_fine, const struct err *e)
{
	if (!is_fine)
		fail_msg("%s", e->text);
}

static void path_in(const struct world *w, const char *name, char out[512])
{
	snprintf(out, 512, "%s/%s", w->folder, name);
}

static int world_make(void **out)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct host host = {
		.arch = "amd64", .os = "linuxmint", .base = "noble", .base_family = "ubuntu"};
	const char *folder = SHIPPED;
	char db[512], note[256];
	struct err e = {0};

	assert_non_null(w);
	assert_true(text_copy(w->folder, sizeof(w->folder), "/tmp/test_kept.XXXXXX"));
	assert_non_null(mkdtemp(w->folder));
	path_in(w, "state.db", db);
	ok(state_open(db, false, &w->state, note, sizeof(note), &e), &e);
	ok(recipes_load(&folder, 1, NULL, &host, false, &w->recipes, &e), &e);
	w->entry = calloc(1, sizeof(*w->entry));
	assert_non_null(w->entry);
	result_init(&w->entry->result);
	assert_true(text_copy(w->entry->name, sizeof(w->entry->name), "positron"));
	w->entry->recipe = recipes_find(&w->recipes, "positron")->recipe;
	assert_non_null(w->entry->recipe);
	*out = w;
	return 0;
}

static void remove_all(const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *each;

	while ((each = readdir(d)) != NULL) {
		if (each->d_name[0] != '.')
			unlinkat(dirfd(d), each->d_name, 0);
	}
	closedir(d);
	assert_int_equal(rmdir(folder), 0);
}

static int world_drop(void **state)
{
	struct world *w = *state;

	result_clear(&w->entry->result);
	free(w->entry);
	recipes_clear(&w->recipes);
	state_close(w->state);
	remove_all(w->folder);
	free(w);
	return 0;
}

/* A file with that text in the folder, on record as a package of that name and version. */
static void keep_one(const struct world *w, const char *name, const char *version, int64_t when_ms,
	bool was_installed)
{
	struct state_kept k = {
		.was_installed = was_installed,
		.when_unix_ms = when_ms,
		.size_bytes = strlen(version),
		.sha256_from = DIGEST_FROM_FEED,
		.verified_by = VERIFIED_BY_SHA256,
	};
	struct err e = {0};
	char file[256];

	snprintf(file, sizeof(file), "%s_%s.deb", name, version);
	path_in(w, file, k.path);
	assert_true(text_copy(k.name, sizeof(k.name), name));
	assert_true(text_copy(k.package, sizeof(k.package), name));
	assert_true(text_copy(k.version, sizeof(k.version), version));
	assert_true(text_copy(k.arch, sizeof(k.arch), "amd64"));
	assert_true(text_copy(k.url, sizeof(k.url), "https://cdn.posit.co/x.deb"));
	ok(digest_of(version, strlen(version), k.sha256, &e), &e);
	ok(fs_replace(k.path, version, strlen(version), 0644, &e), &e);
	ok(state_kept_put(w->state, &k, &e), &e);
}

static void keep(const struct world *w, const char *name, const char *version, int64_t when_ms)
{
	keep_one(w, name, version, when_ms, true);
}

static void spoil(const struct world *w, const char *file)
{
	struct err e = {0};
	char path[512];

	path_in(w, file, path);
	ok(fs_replace(path, "other bytes", 11, 0644, &e), &e);
}

static size_t n_kept(const struct world *w, const char *name)
{
	SCOPED_FREE struct state_kept *list = NULL;
	struct err e = {0};
	size_t n = 0;

	ok(state_kept_list(w->state, name, &list, &n, &e), &e);
	return n;
}

static bool is_there(const struct world *w, const char *file)
{
	char path[512];

	path_in(w, file, path);
	return access(path, F_OK) == 0;
}

static void offer(struct world *w, const char *version)
{
	struct result *r = &w->entry->result;

	r->outcome = OUTCOME_AVAILABLE;
	assert_true(text_copy(r->release.version, sizeof(r->release.version), version));
	assert_true(text_copy(r->available, sizeof(r->available), version));
}

/* --- use --------------------------------------------------------------------- */

static void an_intact_one_is_used(void **state)
{
	struct world *w = *state;
	struct err e = {0};

	keep(w, "positron", "2026.08.0+331-1755790327", 1);
	keep(w, "positron", "2026.08.2+4-1755999999", 2);
	offer(w, "2026.08.2+4");
	ok(kept_use(w->state, w->entry, &e), &e);
	assert_true(text_ends(w->entry->file.path, "/positron_2026.08.2+4-1755999999.deb"));
	assert_string_equal(w->entry->file.version, "2026.08.2+4-1755999999");
	assert_int_equal(w->entry->file.size_bytes, strlen("2026.08.2+4-1755999999"));
	assert_int_equal(strlen(w->entry->file.sha256), 64);
}

static void another_version_is_not(void **state)
{
	struct world *w = *state;
	struct err e = {0};

	keep(w, "positron", "2026.08.0+331-1755790327", 1);
	offer(w, "2026.08.2+4");
	ok(kept_use(w->state, w->entry, &e), &e);
	assert_string_equal(w->entry->file.path, "");
}

static void changed_or_missing_bytes_are_not(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	char path[512];

	keep(w, "positron", "2026.08.2+4-1755999999", 1);
	offer(w, "2026.08.2+4");
	spoil(w, "positron_2026.08.2+4-1755999999.deb");
	ok(kept_use(w->state, w->entry, &e), &e);
	assert_string_equal(w->entry->file.path, "");
	path_in(w, "positron_2026.08.2+4-1755999999.deb", path);
	assert_int_equal(unlink(path), 0);
	ok(kept_use(w->state, w->entry, &e), &e);
	assert_string_equal(w->entry->file.path, "");
}

static void the_vendors_digest_must_be_its_own(void **state)
{
	struct world *w = *state;
	struct err e = {0};

	keep(w, "positron", "2026.08.2+4-1755999999", 1);
	offer(w, "2026.08.2+4");
	memset(w->entry->result.release.digests.sha256, 'a', SHA256_HEX_SIZE - 1);
	ok(kept_use(w->state, w->entry, &e), &e);
	assert_string_equal(w->entry->file.path, "");
}

/* What is kept is on record by SHA-256 alone: the file itself is measured for it. */
static void the_vendors_sha512_must_be_its_own(void **state)
{
	static const char version[] = "2026.08.2+4-1755999999";
	struct world *w = *state;
	char *sha512 = w->entry->result.release.digests.sha512;
	SCOPED(digest_free) struct digest *d = digest_new_of(DIGEST_SHA512);
	struct err e = {0};

	keep(w, "positron", version, 1);
	offer(w, "2026.08.2+4");
	memset(sha512, 'a', SHA512_HEX_SIZE - 1);
	ok(kept_use(w->state, w->entry, &e), &e);
	assert_string_equal(w->entry->file.path, "");
	digest_add(d, version, strlen(version));
	ok(digest_finish_of(d, sha512, SHA512_HEX_SIZE, &e), &e);
	ok(kept_use(w->state, w->entry, &e), &e);
	assert_string_equal(w->entry->file.version, version);
}

/* --- roll back --------------------------------------------------------------- */

static void installed(struct world *w, const char *version)
{
	assert_true(
		text_copy(w->entry->result.installed, sizeof(w->entry->result.installed), version));
}

static void the_highest_below_the_installed(void **state)
{
	struct world *w = *state;
	const struct result *r = &w->entry->result;
	struct err e = {0};

	keep(w, "positron", "2026.07.0+10-1755000000", 9); /* kept last, not the highest */
	keep(w, "positron", "2026.08.0+331-1755790327", 2);
	keep(w, "positron", "2026.08.2+4-1755999999", 3);
	installed(w, "2026.08.2+4-1755999999");
	w->entry->wish = WISH_ROLLBACK;
	err_set(&w->entry->result.error, ERR_NETWORK, "no way to the vendor");
	ok(kept_roll_back_to(w->state, w->entry, &e), &e);
	assert_int_equal(r->outcome, OUTCOME_AVAILABLE);
	assert_string_equal(r->available, "2026.08.0+331");
	assert_string_equal(r->release.version, "2026.08.0+331");
	assert_int_equal(r->release.sha256_from, DIGEST_FROM_FEED);
	assert_string_equal(r->text, "kept here");
	assert_false(err_is_set(&r->error));
	assert_string_equal(w->entry->file.version, "2026.08.0+331-1755790327");
}

static void what_the_archive_has_may_be_higher(void **state)
{
	struct world *w = *state;
	struct err e = {0};

	keep(w, "positron", "2026.07.0+10-1755000000", 1);
	installed(w, "2026.08.2+4-1755999999");
	offer(w, "2026.08.0+331");
	ok(kept_roll_back_to(w->state, w->entry, &e), &e);
	assert_string_equal(w->entry->result.available, "2026.08.0+331");
	assert_string_equal(w->entry->file.path, "");
}

static void a_spoilt_one_gives_way_to_the_next(void **state)
{
	struct world *w = *state;
	struct err e = {0};

	keep(w, "positron", "2026.07.0+10-1755000000", 1);
	keep(w, "positron", "2026.08.0+331-1755790327", 2);
	spoil(w, "positron_2026.08.0+331-1755790327.deb");
	installed(w, "2026.08.2+4-1755999999");
	ok(kept_roll_back_to(w->state, w->entry, &e), &e);
	assert_string_equal(w->entry->result.available, "2026.07.0+10");
}

static void nothing_below_is_nothing(void **state)
{
	struct world *w = *state;
	struct err e = {0};

	keep(w, "positron", "2026.08.2+4-1755999999", 1);
	installed(w, "2026.08.2+4-1755999999");
	ok(kept_roll_back_to(w->state, w->entry, &e), &e);
	assert_int_equal(w->entry->result.outcome, OUTCOME_FAILED);
	assert_string_equal(w->entry->file.path, "");
}

static void one_never_installed_gives_way(void **state)
{
	struct world *w = *state;
	struct err e = {0};

	keep(w, "positron", "2026.07.0+10-1755000000", 1);
	keep_one(w, "positron", "2026.08.0+331-1755790327", 2, false);
	keep(w, "positron", "2026.06.0+10-1754000000", 3);
	installed(w, "2026.08.2+4-1755999999");
	offer(w, "2026.08.0+331"); /* the vendor has it, too */
	ok(kept_roll_back_to(w->state, w->entry, &e), &e);
	assert_string_equal(w->entry->result.available, "2026.07.0+10");
}

static void one_never_installed_is_better_than_none(void **state)
{
	struct world *w = *state;
	struct err e = {0};

	keep_one(w, "positron", "2026.08.0+331-1755790327", 2, false);
	installed(w, "2026.08.2+4-1755999999");
	ok(kept_roll_back_to(w->state, w->entry, &e), &e);
	assert_string_equal(w->entry->result.available, "2026.08.0+331");
}

/* --- record and prune -------------------------------------------------------- */

static void what_is_recorded_is_found_again(void **state)
{
	struct world *w = *state;
	struct err e = {0};

	keep(w, "other", "1", 1);
	offer(w, "2026.08.2+4");
	w->entry->result.verified_by = VERIFIED_BY_SHA256;
	path_in(w, "new.deb", w->entry->file.path);
	assert_true(text_copy(
		w->entry->file.version, sizeof(w->entry->file.version), "2026.08.2+4-1755999999"));
	ok(digest_of("new", 3, w->entry->file.sha256, &e), &e);
	w->entry->file.size_bytes = 3;
	ok(fs_replace(w->entry->file.path, "new", 3, 0644, &e), &e);
	ok(kept_record(w->state, w->entry, "amd64", &e), &e);
	memset(&w->entry->file, 0, sizeof(w->entry->file));
	ok(kept_use(w->state, w->entry, &e), &e);
	assert_true(text_ends(w->entry->file.path, "/new.deb"));
}

/* Drop what is over; how many that were. */
static size_t prune(struct world *w, const char *name, size_t keep, const char *spared)
{
	SCOPED_FREE struct state_kept *surplus = NULL;
	struct err e = {0};
	size_t n = 0;

	ok(kept_find_surplus(w->state, name, keep, spared, &surplus, &n, &e), &e);
	for (size_t i = 0; i < n; i++)
		ok(kept_drop(w->state, &surplus[i], &e), &e);
	return n;
}

static void the_newest_stay(void **state)
{
	struct world *w = *state;
	SCOPED_FREE struct state_kept *surplus = NULL;
	struct err e = {0};
	size_t n = 0;

	keep(w, "positron", "1", 1);
	keep(w, "positron", "22", 2);
	keep(w, "positron", "333", 3);
	keep(w, "rstudio", "4444", 1);
	ok(kept_find_surplus(w->state, "positron", 2, "", &surplus, &n, &e), &e);
	assert_int_equal(n, 1);
	assert_string_equal(surplus[0].version, "1");
	assert_int_equal(n_kept(w, "positron"), 3); /* that was a look */
	assert_int_equal(prune(w, "positron", 2, ""), 1);
	assert_int_equal(n_kept(w, "positron"), 2);
	assert_false(is_there(w, "positron_1.deb"));
	assert_true(is_there(w, "positron_22.deb"));
	assert_true(is_there(w, "positron_333.deb"));
	assert_true(is_there(w, "rstudio_4444.deb"));
}

static void of_every_name_at_once(void **state)
{
	struct world *w = *state;

	keep(w, "positron", "1", 1);
	keep(w, "positron", "22", 3);
	keep(w, "rstudio", "333", 2);
	keep(w, "rstudio", "4444", 4);
	assert_int_equal(prune(w, "", 1, NULL), 2);
	assert_true(is_there(w, "positron_22.deb") && is_there(w, "rstudio_4444.deb"));
	assert_int_equal(prune(w, "", 0, NULL), 2);
	assert_int_equal(n_kept(w, ""), 0);
}

static void one_never_installed_pushes_none_out(void **state)
{
	struct world *w = *state;

	keep(w, "positron", "1", 1);
	keep_one(w, "positron", "22", 2, false);
	keep(w, "positron", "333", 3);
	keep_one(w, "positron", "4444", 4, false); /* waits to be installed */
	assert_int_equal(prune(w, "positron", 2, ""), 1);
	assert_false(is_there(w, "positron_22.deb"));
	assert_int_equal(prune(w, "positron", 0, ""), 3);
}

static void what_was_installed_stays_so(void **state)
{
	struct world *w = *state;
	SCOPED_FREE struct state_kept *list = NULL;
	struct err e = {0};
	char path[512];
	size_t n = 0;

	keep_one(w, "positron", "1", 1, false);
	path_in(w, "positron_1.deb", path);
	ok(state_kept_installed(w->state, path, &e), &e);
	keep_one(w, "positron", "1", 2, false); /* verified again, for a rollback */
	ok(state_kept_list(w->state, "positron", &list, &n, &e), &e);
	assert_int_equal(n, 1);
	assert_true(list[0].was_installed);
	assert_int_equal(list[0].when_unix_ms, 2);
}

static void the_spared_one_stays(void **state)
{
	struct world *w = *state;
	char spared[512];

	keep(w, "positron", "1", 1);
	keep(w, "positron", "22", 2);
	path_in(w, "positron_1.deb", spared);
	assert_int_equal(prune(w, "positron", 0, spared), 1);
	assert_true(is_there(w, "positron_1.deb"));
	assert_int_equal(n_kept(w, "positron"), 1);
}

/* One that somebody removed by hand is off the record, too. */
static void a_missing_file_is_dropped(void **state)
{
	struct world *w = *state;
	char path[512];

	keep(w, "positron", "1", 1);
	path_in(w, "positron_1.deb", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(prune(w, "positron", 0, ""), 1);
	assert_int_equal(n_kept(w, "positron"), 0);
}

static void leftovers_of_downloads_go(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	size_t n = 0;
	uint64_t bytes = 0;
	char staging[512], path[600];

	path_in(w, "staging", staging);
	ok(kept_sweep_staging(staging, false, &n, &bytes, &e), &e); /* none there: none left */
	assert_int_equal(n, 0);
	assert_int_equal(mkdir(staging, 0700), 0);
	snprintf(path, sizeof(path), "%s/a.part", staging);
	ok(fs_replace(path, "12345", 5, 0600, &e), &e);
	ok(kept_sweep_staging(staging, true, &n, &bytes, &e), &e);
	assert_int_equal(n, 1);
	assert_int_equal(bytes, 5);
	assert_int_equal(access(path, F_OK), 0);
	n = 0;
	bytes = 0;
	ok(kept_sweep_staging(staging, false, &n, &bytes, &e), &e);
	assert_int_equal(n, 1);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(rmdir(staging), 0);
}

/* Made ours by a run that was cut off before it could write that down. */
static bool has(const char *folder, const char *name)
{
	char path[512];

	assert_true(fs_join(path, sizeof(path), folder, name));
	return access(path, F_OK) == 0;
}

static void copies_of_the_newest_runs_stay(void **state)
{
	const struct world *w = *state;
	char folder[512], path[600];
	struct err e = {0};
	size_t n = 0;

	path_in(w, "apt-deleted", folder);
	ok(kept_sweep_copies(folder, 2, false, &n, &e), &e); /* none there: none left */
	for (int i = 1; i <= 4; i++) {
		snprintf(path, sizeof(path), "%s/01%d-run/etc/apt", folder, i);
		ok(fs_make_folders(path, 0700, &e), &e);
		snprintf(path, sizeof(path), "%s/01%d-run/etc/apt/x.list", folder, i);
		ok(fs_replace(path, "deb", 3, 0600, &e), &e);
	}
	ok(kept_sweep_copies(folder, 4, false, &n, &e), &e);
	assert_int_equal(n, 0);
	ok(kept_sweep_copies(folder, 3, true, &n, &e), &e);
	assert_int_equal(n, 1);
	assert_true(has(folder, "011-run"));
	n = 0;
	ok(kept_sweep_copies(folder, 2, false, &n, &e), &e);
	assert_int_equal(n, 2);
	assert_false(has(folder, "011-run") || has(folder, "012-run"));
	assert_true(has(folder, "013-run") && has(folder, "014-run/etc/apt/x.list"));
	ok(kept_sweep_copies(folder, 0, false, &n, &e), &e);
	assert_int_equal(n, 4);
	assert_int_equal(rmdir(folder), 0);
}

static void a_package_that_nobody_knows_goes(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	char known[512], unknown[600], packages[512];

	keep(w, "positron", "1", 1);
	path_in(w, "positron_1.deb", known);
	path_in(w, "", packages);
	packages[strlen(packages) - 1] = '\0';
	snprintf(unknown, sizeof(unknown), "%s/positron_2.deb", packages);
	ok(fs_replace(unknown, "12345", 5, 0644, &e), &e);
	ok(kept_sweep_packages(w->state, packages, &e), &e);
	assert_int_equal(access(known, F_OK), 0);
	assert_int_not_equal(access(unknown, F_OK), 0);
	ok(kept_sweep_packages(w->state, "/nowhere/at/all", &e), &e);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_make, world_drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(an_intact_one_is_used),
		WITH_WORLD(another_version_is_not),
		WITH_WORLD(changed_or_missing_bytes_are_not),
		WITH_WORLD(the_vendors_digest_must_be_its_own),
		WITH_WORLD(the_vendors_sha512_must_be_its_own),
		WITH_WORLD(the_highest_below_the_installed),
		WITH_WORLD(what_the_archive_has_may_be_higher),
		WITH_WORLD(a_spoilt_one_gives_way_to_the_next),
		WITH_WORLD(nothing_below_is_nothing),
		WITH_WORLD(one_never_installed_gives_way),
		WITH_WORLD(one_never_installed_is_better_than_none),
		WITH_WORLD(what_is_recorded_is_found_again),
		WITH_WORLD(the_newest_stay),
		WITH_WORLD(of_every_name_at_once),
		WITH_WORLD(the_spared_one_stays),
		WITH_WORLD(one_never_installed_pushes_none_out),
		WITH_WORLD(what_was_installed_stays_so),
		WITH_WORLD(a_missing_file_is_dropped),
		WITH_WORLD(leftovers_of_downloads_go),
		WITH_WORLD(copies_of_the_newest_runs_stay),
		WITH_WORLD(a_package_that_nobody_knows_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
