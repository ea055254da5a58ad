/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report_world.h"

#include <string.h>
#include <unistd.h>

#include "updaters/lib/clock.h"

#define SHIPPED DEVUPD_FIXTURES "/../../config/recipes"

enum { ENTRIES_MAX = 4 };

void ok(bool is_fine, const struct err *e)
{
	if (!is_fine)
		fail_msg("%s", e->text);
}

int world_make(void **out)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *folders[] = {SHIPPED, DEVUPD_FIXTURES "/plan"};
	char db[128];
	struct err e = {0};

	assert_non_null(w);
	assert_true(text_copy(w->folder, sizeof(w->folder), "/tmp/test_report.XXXXXX"));
	assert_non_null(mkdtemp(w->folder));
	snprintf(db, sizeof(db), "%s/state.db", w->folder);
	w->run.host = (struct host){
		.arch = "amd64",
		.os = "linuxmint",
		.os_version = "22",
		.os_name = "Linux Mint 22",
		.base = "noble",
		.base_family = "ubuntu",
	};
	w->run.setup.verb = "check";
	assert_true(text_copy(w->run.id, sizeof(w->run.id), "019aa1b2c3d4-00112233"));
	w->run.started_unix_ms = clock_unix_ms() - 72000;
	ok(state_open(db, false, &w->run.state, w->run.state_note, sizeof(w->run.state_note), &e),
		&e);
	ok(recipes_load(
		   folders, ARRAY_SIZE(folders), NULL, &w->run.host, false, &w->run.recipes, &e),
		&e);
	w->run.plan.entries = calloc(ENTRIES_MAX, sizeof(struct entry));
	assert_non_null(w->run.plan.entries);
	*out = w;
	return 0;
}

int world_drop(void **state)
{
	struct world *w = *state;
	char db[128];

	snprintf(db, sizeof(db), "%s/state.db", w->folder);
	plan_clear(&w->run.plan);
	recipes_clear(&w->run.recipes);
	state_close(w->run.state);
	strings_clear(&w->o.names);
	unlink(db);
	rmdir(w->folder);
	free(w);
	return 0;
}

struct entry *add(struct world *w, const char *name, enum outcome outcome, const char *installed,
	const char *available)
{
	struct entry *entry = &w->run.plan.entries[w->run.plan.n_entries++];
	const struct recipe_entry *source = recipes_find(&w->run.recipes, name);
	struct err ignored = {0};

	assert_true(w->run.plan.n_entries <= ENTRIES_MAX);
	result_init(&entry->result);
	assert_true(text_copy(entry->name, sizeof(entry->name), name));
	entry->recipe = source != NULL ? source->recipe : NULL;
	entry->is_present = installed[0] != '\0';
	entry->result.outcome = outcome;
	assert_true(text_copy(entry->result.installed, sizeof(entry->result.installed), installed));
	assert_true(text_copy(entry->result.available, sizeof(entry->result.available), available));
	if (installed[0] != '\0' && entry->recipe != NULL)
		assert_true(recipe_version_installed(
			entry->recipe, installed, entry->was, sizeof(entry->was), &ignored));
	return entry;
}

struct entry *add_said(struct world *w, const char *name, enum outcome outcome, const char *text)
{
	struct entry *entry = add(w, name, outcome, "", "");

	assert_true(text_copy(entry->result.text, sizeof(entry->result.text), text));
	return entry;
}

void fail_entry(struct entry *entry, enum step step, enum err_code code, const char *text)
{
	struct err e = {0};

	err_set(&e, code, "%s", text);
	result_fail(&entry->result, step, &e);
}

struct entry *add_positron(struct world *w)
{
	struct entry *entry =
		add(w, "positron", OUTCOME_AVAILABLE, "2026.08.0+331-1755790327", "2026.08.2+4");
	struct release *r = &entry->result.release;

	r->sha256_from = DIGEST_FROM_FEED;
	r->size_bytes = 569000000;
	assert_true(text_copy(r->version, sizeof(r->version), "2026.08.2+4"));
	assert_true(text_copy(r->url, sizeof(r->url), "https://cdn.posit.co/Positron.deb"));
	assert_true(text_copy(r->source, sizeof(r->source), "https://github.com/releases"));
	memset(r->digests.sha256, 'a', SHA256_HEX_SIZE - 1);
	return entry;
}

struct entry *add_rstudio(struct world *w)
{
	return add(w, "rstudio", OUTCOME_CURRENT, "2026.08.1+195", "2026.08.1+195");
}

void becomes(struct entry *entry, enum outcome outcome, const char *installed)
{
	entry->result.outcome = outcome;
	assert_true(text_copy(entry->result.installed, sizeof(entry->result.installed), installed));
}
