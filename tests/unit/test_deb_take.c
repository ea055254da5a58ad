/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parent believes of a worker's answer: a worker may be captured. */
#include "updaters/deb/deb_file.h"
#include "updaters/deb/deb_take.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/deb/deb.h"
#include "updaters/deb/deb_job.h"
#include "updaters/lib/child.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"

#define SHIPPED  DEVUPD_FIXTURES "/../../config/recipes"
#define GOOD_URL "https://cdn.posit.co/positron/releases/deb/x86_64/Positron-2026.08.2-4-x64.deb"

static const char digest_a[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static const char digest_b[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

struct world {
	struct host host;
	struct recipes recipes;
	struct entry entry; /* positron, 2026.08.0+331 is installed */
	struct facts facts;
};

static int world_make(void **out)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *folder = SHIPPED;
	struct err e = {0};

	assert_non_null(w);
	w->host = (struct host){
		.arch = "amd64", .os = "linuxmint", .base = "noble", .base_family = "ubuntu"};
	assert_true(recipes_load(&folder, 1, NULL, &w->host, false, &w->recipes, &e));
	result_init(&w->entry.result);
	assert_true(text_copy(w->entry.name, sizeof(w->entry.name), "positron"));
	assert_true(text_copy(w->entry.result.installed, sizeof(w->entry.result.installed),
		"2026.08.0+331-1755790000"));
	w->entry.recipe = recipes_find(&w->recipes, "positron")->recipe;
	w->entry.wish = WISH_UPGRADE;
	w->entry.is_present = true;
	w->facts = (struct facts){
		.host = &w->host, .staging = "/nonexistent", .packages = "/nonexistent"};
	*out = w;
	return 0;
}

static int world_drop(void **state)
{
	struct world *w = *state;

	result_clear(&w->entry.result);
	recipes_clear(&w->recipes);
	free(w);
	return 0;
}

/* A worker's answer, sound in all parts. */
static void answer(struct result *r, enum outcome outcome, const char *version, const char *url)
{
	result_init(r);
	r->outcome = outcome;
	assert_true(text_copy(r->release.version, sizeof(r->release.version), version));
	assert_true(text_copy(r->release.url, sizeof(r->release.url), url));
	assert_true(text_copy(r->available, sizeof(r->available), version));
}

static void take(struct world *w, struct result *r)
{
	deb_take_inspect(&w->entry, r);
	result_clear(r);
}

static void a_sound_answer_is_taken(void **state)
{
	struct world *w = *state;
	struct result r;

	answer(&r, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
	take(w, &r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_AVAILABLE);
	assert_string_equal(w->entry.result.available, "2026.08.2+4");
	assert_string_equal(w->entry.result.installed, "2026.08.0+331-1755790000");
}

static void an_outcome_of_those_who_act_is_refused(void **state)
{
	struct world *w = *state;
	static const enum outcome not_yours[] = {OUTCOME_LICENSE, OUTCOME_UPDATED,
		OUTCOME_INSTALLED, OUTCOME_HELD, OUTCOME_DOWNLOADED, OUTCOME_ROLLED_BACK};

	for (size_t i = 0; i < ARRAY_SIZE(not_yours); i++) {
		struct result r;

		answer(&r, not_yours[i], "2026.08.2+4", GOOD_URL);
		take(w, &r);
		assert_int_equal(w->entry.result.outcome, OUTCOME_FAILED);
		assert_int_equal(w->entry.result.error.code, ERR_WORKER);
	}
}

static void a_host_off_the_list_is_refused_whatever_the_outcome(void **state)
{
	struct world *w = *state;
	static const enum outcome any[] = {OUTCOME_AVAILABLE, OUTCOME_SKIPPED, OUTCOME_DEFERRED};

	for (size_t i = 0; i < ARRAY_SIZE(any); i++) {
		struct result r;

		answer(&r, any[i], "2026.08.2+4", "https://evil.example/x.deb");
		take(w, &r);
		assert_int_equal(w->entry.result.outcome, OUTCOME_FAILED);
		assert_int_equal(w->entry.result.error.code, ERR_POLICY);
	}
}

static void what_is_shown_is_what_would_be_installed(void **state)
{
	struct world *w = *state;
	struct result r;

	answer(&r, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
	assert_true(text_copy(r.available, sizeof(r.available), "9.9.9"));
	r.verified_by = VERIFIED_BY_SIGNATURE;
	assert_non_null(result_add_also(&r));
	assert_non_null(result_add_item(&r));
	assert_non_null(result_add_change(&r));
	take(w, &r);
	assert_string_equal(w->entry.result.available, "2026.08.2+4");
	assert_int_equal(w->entry.result.verified_by, VERIFIED_BY_NONE);
	assert_int_equal(
		w->entry.result.n_also + w->entry.result.n_items + w->entry.result.n_changes, 0);
}

static void an_older_release_is_a_downgrade(void **state)
{
	struct world *w = *state;
	struct result r;

	answer(&r, OUTCOME_AVAILABLE, "2026.07.1+5", GOOD_URL);
	take(w, &r);
	assert_int_equal(w->entry.result.error.code, ERR_DOWNGRADE);
	assert_int_equal(w->entry.result.outcome, OUTCOME_FAILED);
}

static void another_digest_than_at_first_sight_raises_the_alarm(void **state)
{
	struct world *w = *state;
	struct result r;

	memcpy(w->entry.first_sha256, digest_a, sizeof(digest_a));
	answer(&r, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
	memcpy(r.release.digests.sha256, digest_b, sizeof(digest_b));
	take(w, &r);
	assert_int_equal(w->entry.result.error.code, ERR_CHANGED_BYTES);
}

static void the_alarm_says_how_to_take_the_other_bytes(void **state)
{
	struct world *w = *state;
	struct result r;

	memcpy(w->entry.first_sha256, digest_a, sizeof(digest_a));
	answer(&r, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
	memcpy(r.release.digests.sha256, digest_b, sizeof(digest_b));
	take(w, &r);
	assert_non_null(strstr(w->entry.result.error.text, digest_a));
	assert_non_null(strstr(w->entry.result.error.text, digest_b));
	assert_non_null(strstr(
		w->entry.result.error.text, "devupd install positron=2026.08.2+4 --reinstall"));
}

/* Nothing else stands for it: what dpkg left half-installed is unpacked again, too. */
static void only_a_person_s_word_takes_other_bytes(void **state)
{
	struct world *w = *state;

	w->entry.wish = WISH_INSTALL;
	w->entry.is_typed = true;
	w->entry.reinstall = true;
	text_copy_cut(w->entry.wanted, sizeof(w->entry.wanted), "2026.08.2-4");
	memcpy(w->entry.first_sha256, digest_a, sizeof(digest_a));
	for (int has_word = 0; has_word < 2; has_word++) {
		struct result r;

		w->entry.takes_changed = has_word != 0;
		w->entry.result.error = (struct err){0};
		answer(&r, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
		memcpy(r.release.digests.sha256, digest_b, sizeof(digest_b));
		take(w, &r);
		if (has_word == 0) {
			assert_int_equal(w->entry.result.error.code, ERR_CHANGED_BYTES);
			continue;
		}
		assert_int_equal(w->entry.result.outcome, OUTCOME_AVAILABLE);
		assert_string_equal(w->entry.result.release.digests.sha256, digest_b);
	}
}

/* Installed, and the newest: a source that names another digest for it raises the alarm, too. */
static void other_bytes_of_what_is_installed_raise_the_alarm(void **state)
{
	struct world *w = *state;
	struct result r;

	text_copy_cut(w->entry.was, sizeof(w->entry.was), "2026.08.0+331");
	memcpy(w->entry.first_sha256, digest_a, sizeof(digest_a));
	answer(&r, OUTCOME_CURRENT, "2026.08.0+331", GOOD_URL);
	memcpy(r.release.digests.sha256, digest_a, sizeof(digest_a));
	take(w, &r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_CURRENT);
	answer(&r, OUTCOME_CURRENT, "2026.08.0+331", GOOD_URL);
	memcpy(r.release.digests.sha256, digest_b, sizeof(digest_b));
	take(w, &r);
	assert_int_equal(w->entry.result.error.code, ERR_CHANGED_BYTES);
	assert_int_equal(w->entry.result.step, STEP_VERIFY);
	/* of an older one that the vendor went back to, nothing was installed */
	w->entry.result.error = (struct err){0};
	answer(&r, OUTCOME_CURRENT, "2026.07.0+1", GOOD_URL);
	memcpy(r.release.digests.sha256, digest_b, sizeof(digest_b));
	take(w, &r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_CURRENT);
}

/* Where nobody names a digest, that of first sight is expected: other bytes are its alarm. */
static void a_download_unlike_first_sight_raises_the_alarm(void **state)
{
	struct world *w = *state;
	struct result r;

	memcpy(w->entry.first_sha256, digest_a, sizeof(digest_a));
	answer(&r, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
	take(w, &r);
	result_init(&r);
	err_set(&r.error, ERR_DIGEST, "x has SHA-256 %s, expected was %s", digest_b, digest_a);
	deb_take_fetch(&w->facts, &w->entry, &r);
	result_clear(&r);
	assert_int_equal(w->entry.result.error.code, ERR_CHANGED_BYTES);
	assert_non_null(strstr(w->entry.result.error.text, digest_b));
}

static void the_digest_of_first_sight_is_expected_where_none_is_named(void **state)
{
	struct world *w = *state;
	struct result r;

	memcpy(w->entry.first_sha256, digest_a, sizeof(digest_a));
	answer(&r, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
	take(w, &r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_AVAILABLE);
	assert_string_equal(w->entry.result.release.digests.sha256, digest_a);
	assert_int_equal(w->entry.result.release.sha256_from, DIGEST_FROM_FIRST_SIGHT);
}

/* A vendor's SHA-512 is enough where a digest is required; the parent judges its form, too. */
static void a_sha512_is_a_digest_if_it_is_one(void **state)
{
	struct world *w = *state;
	struct recipe recipe = *w->entry.recipe;
	struct result r;

	recipe.checksum_policy = CHECKSUM_REQUIRE;
	w->entry.recipe = &recipe;
	answer(&r, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
	memset(r.release.digests.sha512, 'a', SHA512_HEX_SIZE - 1);
	take(w, &r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_AVAILABLE);
	answer(&r, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
	memset(r.release.digests.sha512, 'a', SHA512_HEX_SIZE - 2);
	take(w, &r);
	assert_int_equal(w->entry.result.error.code, ERR_DIGEST);
	answer(&r, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
	take(w, &r);
	assert_int_equal(w->entry.result.error.code, ERR_DIGEST);
	assert_non_null(strstr(w->entry.result.error.text, "policy is require"));
}

static void a_refusal_says_of_which_file_and_what_to_do(void **state)
{
	struct world *w = *state;
	struct result r;

	answer(&r, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
	take(w, &r);
	result_init(&r);
	err_set(&r.error, ERR_ARCHITECTURE, "the package is for arm64, this computer is amd64");
	deb_take_fetch(&w->facts, &w->entry, &r);
	result_clear(&r);
	assert_int_equal(w->entry.result.error.code, ERR_ARCHITECTURE);
	assert_non_null(strstr(w->entry.result.error.text, GOOD_URL));
	assert_non_null(strstr(w->entry.result.error.text, "this computer is amd64"));
	assert_non_null(strstr(w->entry.result.error.text, "devupd explain positron"));
	/* a file in hand is its own address */
	assert_true(text_copy(w->entry.hand_file, sizeof(w->entry.hand_file), "/srv/x.deb"));
	result_init(&r);
	err_set(&r.error, ERR_NAME, "the file holds the package a, expected was b");
	deb_take_verify(&w->facts, &w->entry, &r);
	result_clear(&r);
	assert_true(text_starts(w->entry.result.error.text, "/srv/x.deb: "));
	assert_non_null(strstr(w->entry.result.error.text, "the file you meant"));
}

static void what_is_known_offline_tells_its_age(void **state)
{
	struct world *w = *state;
	struct document known[2] = {
		{.url = "https://example.org/else#x", .fetched_unix_ms = 1},
		{.url = "https://example.org/page#x", .fetched_unix_ms = clock_unix_ms()},
	};
	struct result r;

	w->facts.offline = true;
	w->entry.documents = known;
	w->entry.n_documents = ARRAY_SIZE(known);
	answer(&r, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
	assert_true(
		text_copy(r.release.source, sizeof(r.release.source), "https://example.org/page"));
	deb_updater.take_result(&w->facts, &w->entry, PHASE_INSPECT, &r);
	result_clear(&r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_AVAILABLE);
	assert_true(text_starts(w->entry.result.text, "as of today "));
}

static void a_result_that_nobody_filled_in_is_a_failure(void **state)
{
	struct world *w = *state;
	struct result empty;

	result_init(&empty);
	deb_take_fetch(&w->facts, &w->entry, &empty);
	assert_int_equal(w->entry.result.outcome, OUTCOME_FAILED);
	assert_int_equal(w->entry.result.error.code, ERR_WORKER);
	w->entry.result.error = (struct err){0};
	deb_take_verify(&w->facts, &w->entry, &empty);
	assert_int_equal(w->entry.result.error.code, ERR_WORKER);
}

/* Out of memory, say: the package may be whole, and may be the only one to go back to. */
static void a_fault_of_ours_costs_no_package(void **state)
{
	struct world *w = *state;
	char path[] = "/tmp/test_deb_take.XXXXXX";
	struct result r;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	assert_true(text_copy(w->entry.file.path, sizeof(w->entry.file.path), path));
	result_init(&r);
	err_set(&r.error, ERR_WORKER, "the worker was killed by signal 9");
	deb_take_verify(&w->facts, &w->entry, &r);
	result_clear(&r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_FAILED);
	assert_int_equal(w->entry.result.error.code, ERR_WORKER);
	assert_int_equal(unlink(path), 0);
}

/* All that was fetched will be read by the parent: it must be told how much, and not too much. */
static void a_size_that_can_not_be_is_refused(void **state)
{
	struct world *w = *state;
	static const struct {
		uint64_t size_bytes;
		enum err_code code;
	} cases[] = {{0, ERR_WORKER}, {1001, ERR_TOO_BIG}, {UINT64_MAX, ERR_TOO_BIG}};

	w->facts.download_max_bytes = 1000;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct result r;

		answer(&r, OUTCOME_DOWNLOADED, "2026.08.2+4", GOOD_URL);
		r.release.size_bytes = cases[i].size_bytes;
		w->entry.result.error = (struct err){0};
		deb_take_fetch(&w->facts, &w->entry, &r);
		assert_int_equal(w->entry.result.error.code, cases[i].code);
	}
}

/* Two workers may fetch for two recipes of one package at the same time. */
static void two_recipes_of_a_package_are_staged_apart(void **state)
{
	struct world *w = *state;
	struct recipe other = *w->entry.recipe;
	char name[2][256], staged[2][256];

	text_copy_cut(w->entry.result.release.version, sizeof(w->entry.result.release.version),
		"2026.08.2+4");
	deb_file_name(&w->facts, &w->entry, name[0], sizeof(name[0]));
	deb_staged_name(&w->facts, &w->entry, staged[0], sizeof(staged[0]));
	other.name = (char[]){"positron-daily"};
	w->entry.recipe = &other;
	deb_file_name(&w->facts, &w->entry, name[1], sizeof(name[1]));
	deb_staged_name(&w->facts, &w->entry, staged[1], sizeof(staged[1]));
	assert_string_equal(name[0], name[1]);
	assert_string_equal(staged[0], "positron@positron_2026.08.2+4_amd64.deb");
	assert_string_equal(staged[1], "positron-daily@positron_2026.08.2+4_amd64.deb");
}

/* What is fetched into the one is adopted out of it. */
static void the_staged_file_is_what_is_adopted(void **state)
{
	struct world *w = *state;
	SCOPED_CLEAR(job_clear) struct job job;
	SCOPED_CLEAR(deb_fetch_clear) struct deb_fetch in = {0};
	char folder[] = "/tmp/devupd-take-XXXXXX", path[400];
	struct result r;
	struct unpack u;
	struct err e = {0};

	assert_non_null(mkdtemp(folder));
	w->facts.staging = w->facts.packages = folder;
	w->facts.download_max_bytes = 1000;
	w->facts.worker_uid = geteuid();
	w->facts.worker_gid = getegid();
	answer(&w->entry.result, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
	job_init(&job);
	assert_true(deb_updater.start(&w->facts, &w->entry, PHASE_PREPARE, &job));
	unpack_init(&u, job.input.data, job.input.len);
	assert_true(deb_fetch_unpack(&u, &in, &e));
	snprintf(path, sizeof(path), "%s/%s", folder, in.file_name);
	assert_true(fs_replace(path, "bytes", 5, 0600, &e));
	answer(&r, OUTCOME_DOWNLOADED, "2026.08.2+4", GOOD_URL);
	r.release.size_bytes = 5;
	deb_take_fetch(&w->facts, &w->entry, &r);
	if (err_is_set(&w->entry.result.error))
		fail_msg("%s", w->entry.result.error.text);
	assert_non_null(strstr(w->entry.file.path, "/positron_2026.08.2+4_amd64.deb"));
	unlink(w->entry.file.path);
	assert_int_equal(rmdir(folder), 0);
}

/* --- a file in hand ---------------------------------------------------------- */

static void hand(struct world *w, const char *version)
{
	assert_true(text_copy(w->entry.hand_file, sizeof(w->entry.hand_file), "/tmp/in-hand.deb"));
	assert_true(text_copy(w->entry.wanted, sizeof(w->entry.wanted), version));
}

static void put(const char *folder, const char *name, const char *end, const char *bytes)
{
	struct err e = {0};
	char path[512];

	snprintf(path, sizeof(path), "%s/%s%s", folder, name, end);
	if (bytes == NULL)
		unlink(path);
	else
		assert_true(fs_replace(path, bytes, strlen(bytes), 0600, &e));
}

/* A package of this control, made by dpkg-deb; what a worker that was captured says is all well. */
static void take_package(struct world *w, const char *control, const char *says)
{
	char folder[] = "/tmp/test_deb_take.XXXXXX", tree[64], file[64];
	const char *const make[] = {
		"/usr/bin/dpkg-deb", "--root-owner-group", "-Zgzip", "-b", tree, file, NULL};
	const char *const drop[] = {"/bin/rm", "-rf", folder, NULL};
	struct child_spec spec = {.argv = make};
	SCOPED_FREE char *out = NULL, *errors = NULL, *out2 = NULL, *errors2 = NULL;
	struct err e = {0};
	struct result r;
	int status = 0;

	assert_non_null(mkdtemp(folder));
	snprintf(tree, sizeof(tree), "%s/tree", folder);
	snprintf(file, sizeof(file), "%s/x.deb", folder);
	assert_int_equal(mkdir(tree, 0755), 0);
	snprintf(tree, sizeof(tree), "%s/tree/DEBIAN", folder);
	assert_int_equal(mkdir(tree, 0755), 0);
	put(tree, "control", "", control);
	snprintf(tree, sizeof(tree), "%s/tree", folder);
	if (!child_run(&spec, 60000, 65536, &out, &errors, &status, &e) || status != 0)
		fail_msg("dpkg-deb: %s%s", e.text, errors);
	w->entry.result.error = (struct err){0};
	w->entry.result.outcome = OUTCOME_AVAILABLE;
	w->entry.result.release.digests = (struct digests){0};
	w->entry.result.verified_by = VERIFIED_BY_NONE;
	text_copy_cut(w->entry.result.release.version, DPKG_VERSION_MAX, "2026.08.2+4");
	text_copy_cut(w->entry.file.path, sizeof(w->entry.file.path), file);
	memcpy(w->entry.file.sha256, digest_a, sizeof(digest_a));
	result_init(&r);
	r.outcome = OUTCOME_DOWNLOADED;
	text_copy_cut(r.release.version, sizeof(r.release.version), says);
	memcpy(r.release.digests.sha256, digest_a, sizeof(digest_a));
	deb_take_verify(&w->facts, &w->entry, &r);
	result_clear(&r);
	spec.argv = drop;
	assert_true(child_run(&spec, 60000, 65536, &out2, &errors2, &status, &e));
}

#define CONTROL(package, version, arch, more)                                                      \
	"Package: " package "\nVersion: " version "\nArchitecture: " arch                          \
	"\nMaintainer: x <x@x.test>\n" more "Description: x\n"
#define FULL "2026.08.2+4-1755790000"

/* The parent goes by what dpkg-deb reads, whatever the worker said. */
static void the_parent_judges_the_control_itself(void **state)
{
	static const struct {
		const char *control, *says;
		enum err_code fault; /* ERR_INTERNAL = taken */
	} cases[] = {
		{CONTROL("positron", FULL, "amd64", ""), FULL, ERR_INTERNAL},
		{CONTROL("positron", FULL, "all", ""), FULL, ERR_INTERNAL},
		{CONTROL("positron", FULL, "amd64", "Essential: no\n"), FULL, ERR_INTERNAL},
		{CONTROL("positron", FULL, "amd64", "Essential: yes\n"), FULL, ERR_POLICY},
		{CONTROL("positron", FULL, "amd64", "Protected: yes\n"), FULL, ERR_POLICY},
		{CONTROL("positron", FULL, "amd64", "Important: yes\n"), FULL, ERR_POLICY},
		{CONTROL("base-files", FULL, "amd64", ""), FULL, ERR_NAME},
		{CONTROL("positron", FULL, "arm64", ""), FULL, ERR_ARCHITECTURE},
		{CONTROL("positron", "1:" FULL, "amd64", ""), "1:" FULL, ERR_VERSION},
		{CONTROL("positron", "2026.07.1+5-1755790000", "amd64", ""), FULL, ERR_VERSION},
		/* the vendor's builds of one version differ in their time: which one was it? */
		{CONTROL("positron", "2026.08.2+4-1755799999", "amd64", ""), FULL, ERR_STRUCTURE},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct result *mine = &w->entry.result;

		take_package(w, cases[i].control, cases[i].says);
		if (mine->error.code != cases[i].fault)
			fail_msg("%zu: %s: %s", i, err_token(mine->error.code), mine->error.text);
		assert_int_equal(mine->verified_by, cases[i].fault == ERR_INTERNAL
							    ? VERIFIED_BY_FIRST_SIGHT
							    : VERIFIED_BY_NONE);
	}
}

static void an_ended_download_says_what_is_kept(void **state)
{
	struct world *w = *state;
	char folder[] = "/tmp/devupd-take-XXXXXX", staged[DEB_FILE_NAME_MAX + 1];
	struct result r;

	assert_non_null(mkdtemp(folder));
	w->facts.staging = folder;
	answer(&w->entry.result, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
	w->entry.result.release.size_bytes = 20;
	deb_staged_name(&w->facts, &w->entry, staged, sizeof(staged));
	put(folder, staged, ".part", "12345678");
	for (int with_meta = 0; with_meta < 2; with_meta++) {
		if (with_meta)
			put(folder, staged, ".meta", "what it is of");
		result_init(&r);
		err_set(&r.error, ERR_WORKER, "stopped");
		deb_take_fetch(&w->facts, &w->entry, &r);
		result_clear(&r);
		assert_string_equal(w->entry.result.error.text,
			with_meta ? "stopped; 8 of 20 B kept, run again to continue" : "stopped");
	}
	put(folder, staged, ".part", NULL);
	put(folder, staged, ".meta", NULL);
	assert_int_equal(rmdir(folder), 0);
}

static void a_file_in_hand_needs_a_word_to_go_back(void **state)
{
	struct world *w = *state;
	struct result r;

	hand(w, "2026.07.1+5");
	result_init(&r);
	take(w, &r);
	assert_int_equal(w->entry.result.error.code, ERR_DOWNGRADE);
	w->entry.result.error = (struct err){0};
	w->entry.allow_downgrade = true;
	result_init(&r);
	take(w, &r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_AVAILABLE);
}

static void the_digest_of_another_version_is_none_of_the_file_s(void **state)
{
	struct world *w = *state;
	struct result r;

	hand(w, "2026.09.1+2");
	answer(&r, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
	memcpy(r.release.digests.sha256, digest_b, sizeof(digest_b));
	take(w, &r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_AVAILABLE);
	assert_string_equal(w->entry.result.release.version, "2026.09.1+2");
	assert_string_equal(w->entry.result.release.digests.sha256, "");
}

static void verify_asks_neither_for_newer_nor_for_older(void **state)
{
	struct world *w = *state;
	struct result r;

	w->entry.wish = WISH_VERIFY;
	hand(w, "2026.08.0+331");
	result_init(&r);
	take(w, &r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_AVAILABLE);
}

/* Its version is that of its own control, which nobody typed. */
static void a_file_in_hand_to_reinstall_must_be_what_was_seen_first(void **state)
{
	struct world *w = *state;
	struct result r;

	w->entry.wish = WISH_INSTALL;
	w->entry.is_typed = true;
	w->entry.reinstall = true;
	hand(w, "2026.08.2+4");
	memcpy(w->entry.first_sha256, digest_a, sizeof(digest_a));
	result_init(&r);
	take(w, &r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_AVAILABLE);
	assert_int_equal(w->entry.result.release.sha256_from, DIGEST_FROM_FIRST_SIGHT);
	assert_string_equal(w->entry.result.release.digests.sha256, digest_a);
}

static void the_installed_version_typed_is_current(void **state)
{
	struct world *w = *state;
	struct result r;

	w->entry.wish = WISH_INSTALL;
	assert_true(text_copy(w->entry.wanted, sizeof(w->entry.wanted), "2026.08.0-331"));
	assert_true(text_copy(w->entry.was, sizeof(w->entry.was), "2026.08.0+331"));
	answer(&r, OUTCOME_AVAILABLE, "2026.08.0+331", GOOD_URL);
	take(w, &r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_CURRENT);
	w->entry.reinstall = true;
	answer(&r, OUTCOME_AVAILABLE, "2026.08.0+331", GOOD_URL);
	take(w, &r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_AVAILABLE);
}

/* positron is there, and dpkg could not set it up. */
static void break_it(struct world *w, enum wish wish)
{
	w->entry.wish = wish;
	assert_true(
		text_copy(w->entry.broken, sizeof(w->entry.broken), "install ok half-configured"));
}

static void what_is_half_configured_is_broken_not_current(void **state)
{
	struct world *w = *state;
	struct result r;

	break_it(w, WISH_CHECK);
	answer(&r, OUTCOME_CURRENT, "2026.08.0+331", GOOD_URL);
	take(w, &r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_BROKEN);
	assert_int_equal(w->entry.result.n_changes, 1);
	assert_string_equal(w->entry.result.changes[0].command,
		"/usr/bin/dpkg\x1f--force-confdef\x1f--force-confold\x1f--configure\x1fpositron");
	assert_non_null(strstr(w->entry.result.text, "half-configured"));
}

static void what_is_broken_is_mended_though_no_source_answers(void **state)
{
	struct world *w = *state;
	struct result r;

	break_it(w, WISH_UPGRADE);
	result_init(&r);
	err_set(&r.error, ERR_NETWORK, "the vendor is out of reach");
	take(w, &r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_BROKEN);
	assert_false(err_is_set(&w->entry.result.error));
	assert_non_null(strstr(w->entry.result.text, "out of reach"));
	assert_string_equal(w->entry.file.version, "2026.08.0+331-1755790000");
}

static void a_newer_release_takes_the_place_of_what_is_broken(void **state)
{
	struct world *w = *state;
	struct result r;

	break_it(w, WISH_UPGRADE);
	answer(&r, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
	take(w, &r);
	assert_int_equal(w->entry.result.outcome, OUTCOME_AVAILABLE);
	assert_int_equal(w->entry.result.n_changes, 0);
}

static void add_reply(struct result *r, const char *source, const char *reason)
{
	struct reply *reply = result_add_reply(r);

	assert_non_null(reply);
	assert_true(text_copy(reply->source, sizeof(reply->source), source));
	assert_true(text_copy(reply->reason, sizeof(reply->reason), reason));
}

/* Of the recipe's sources alone, and no more of them than it has. */
static void how_its_sources_answered_is_kept(void **state)
{
	struct world *w = *state;
	struct result r;

	answer(&r, OUTCOME_CURRENT, "2026.08.0+331", GOOD_URL);
	add_reply(&r, "https://github.com/posit-dev/positron/releases", "");
	add_reply(&r, "https://evil.example/", "ask me");
	add_reply(&r, "https://cdn.posit.co/positron/releases/deb/x86_64/releases.json", "404");
	take(w, &r);
	assert_int_equal(w->entry.result.n_replies, 2);
	assert_string_equal(w->entry.result.replies[0].reason, "");
	assert_string_equal(w->entry.result.replies[1].source,
		"https://cdn.posit.co/positron/releases/deb/x86_64/releases.json");
	assert_string_equal(w->entry.result.replies[1].reason, "404");

	answer(&r, OUTCOME_CURRENT, "2026.08.0+331", GOOD_URL);
	for (int i = 0; i < 100; i++)
		add_reply(&r, "https://github.com/posit-dev/positron/releases", "");
	take(w, &r);
	assert_int_equal(w->entry.result.n_replies, 4);
}

static void a_date_to_come_is_none(void **state)
{
	struct world *w = *state;
	static const int64_t off_ms[] = {-3600000, 3600000, INT64_MIN / 2};
	struct result r;

	for (size_t i = 0; i < ARRAY_SIZE(off_ms); i++) {
		int64_t date = clock_unix_ms() + off_ms[i];

		answer(&r, OUTCOME_AVAILABLE, "2026.08.2+4", GOOD_URL);
		r.release.date_unix_ms = date;
		take(w, &r);
		assert_true(w->entry.result.release.date_unix_ms == (i == 0 ? date : 0));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_make, world_drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sound_answer_is_taken),
		TEST(an_outcome_of_those_who_act_is_refused),
		TEST(a_host_off_the_list_is_refused_whatever_the_outcome),
		TEST(what_is_shown_is_what_would_be_installed),
		TEST(an_older_release_is_a_downgrade),
		TEST(another_digest_than_at_first_sight_raises_the_alarm),
		TEST(the_alarm_says_how_to_take_the_other_bytes),
		TEST(only_a_person_s_word_takes_other_bytes),
		TEST(a_file_in_hand_to_reinstall_must_be_what_was_seen_first),
		TEST(other_bytes_of_what_is_installed_raise_the_alarm),
		TEST(a_download_unlike_first_sight_raises_the_alarm),
		TEST(the_digest_of_first_sight_is_expected_where_none_is_named),
		TEST(a_sha512_is_a_digest_if_it_is_one),
		TEST(a_refusal_says_of_which_file_and_what_to_do),
		TEST(what_is_known_offline_tells_its_age),
		TEST(a_result_that_nobody_filled_in_is_a_failure),
		TEST(a_fault_of_ours_costs_no_package),
		TEST(a_size_that_can_not_be_is_refused),
		TEST(two_recipes_of_a_package_are_staged_apart),
		TEST(the_staged_file_is_what_is_adopted),
		TEST(an_ended_download_says_what_is_kept),
		TEST(the_parent_judges_the_control_itself),
		TEST(a_file_in_hand_needs_a_word_to_go_back),
		TEST(the_digest_of_another_version_is_none_of_the_file_s),
		TEST(verify_asks_neither_for_newer_nor_for_older),
		TEST(the_installed_version_typed_is_current),
		TEST(what_is_half_configured_is_broken_not_current),
		TEST(what_is_broken_is_mended_though_no_source_answers),
		TEST(a_newer_release_takes_the_place_of_what_is_broken),
		TEST(how_its_sources_answered_is_kept),
		TEST(a_date_to_come_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
