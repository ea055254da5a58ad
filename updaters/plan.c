/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/plan.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/clock.h"
#include "updaters/outside.h"
#include "updaters/registry.h"

static void entry_clear(struct entry *entry)
{
	for (size_t i = 0; i < entry->n_documents; i++)
		document_clear(&entry->documents[i]);
	free(entry->documents);
	if (entry->hand_file[0] != '\0')
		scope_close_fd(&entry->hand_fd);
	result_clear(&entry->result);
}

void plan_clear(struct plan *p)
{
	for (size_t i = 0; i < p->n_entries; i++)
		entry_clear(&p->entries[i]);
	free(p->entries);
	*p = (struct plan){0};
}

bool entry_needs_root(const struct entry *entry)
{
	return entry->updater != NULL && entry->updater->needs_root;
}

void entry_settle(struct entry *entry, enum outcome outcome, const char *format, ...)
{
	va_list args;

	entry->is_settled = true;
	entry->result.outcome = outcome;
	va_start(args, format);
	vsnprintf(entry->result.text, sizeof(entry->result.text), format, args);
	va_end(args);
}

/* --- which names ------------------------------------------------------------- */

bool plan_move_in(struct plan *p, struct entry *from)
{
	struct entry *grown = realloc(p->entries, (p->n_entries + 1) * sizeof(*p->entries));

	if (grown == NULL)
		return false;
	p->entries = grown;
	p->entries[p->n_entries++] = *from;
	*from = (struct entry){.is_settled = true};
	return true;
}

void plan_drop_hidden(struct plan *p)
{
	size_t n_kept = 0;

	for (size_t i = 0; i < p->n_entries; i++) {
		struct entry *entry = &p->entries[i];
		bool is_hidden = !entry->is_typed && entry->n_taken > 0 &&
				 entry->result.outcome == OUTCOME_SKIPPED;

		if (is_hidden)
			entry_clear(entry);
		else if (n_kept++ < i)
			p->entries[n_kept - 1] = *entry;
	}
	p->n_entries = n_kept;
}

static struct entry *plan_add(
	struct plan *p, const struct plan_request *request, const struct recipe_entry *source)
{
	struct entry *entry = &p->entries[p->n_entries++];
	struct err broken;

	result_init(&entry->result);
	entry->hand_fd = -1;
	entry->wish = request->wish;
	entry->reinstall = request->reinstall;
	entry->allow_downgrade = request->allow_downgrade;
	text_copy_cut(entry->name, sizeof(entry->name), source->name);
	entry->recipe = source->recipe;
	if (source->recipe != NULL) {
		entry->updater = registry_find(source->recipe->kind);
		return entry;
	}
	yaml_errors_join(&source->errors, &broken);
	result_fail(&entry->result, STEP_NONE, &broken);
	entry->is_settled = true;
	return entry;
}

bool plan_refuse_name(const char *name, const struct recipes *recipes, struct err *e)
{
	SCOPED_FREE const char **words = calloc(recipes->n_items + 1, sizeof(*words));
	const char *nearest = NULL;

	for (size_t i = 0; words != NULL && i < recipes->n_items; i++)
		words[i] = recipes->items[i].name;
	if (words != NULL)
		nearest = text_nearest(name, words);
	if (nearest != NULL)
		return err_set(e, ERR_USAGE, "there is no recipe named '%s'; did you mean '%s'?",
			name, nearest);
	return err_set(e, ERR_USAGE,
		"there is no recipe named '%s'; devupd list --all shows the names", name);
}

static const struct entry *plan_find(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->n_entries; i++) {
		if (text_equal(p->entries[i].name, name))
			return &p->entries[i];
	}
	return NULL;
}

/* A .deb in hand: which recipe is it for? */
static bool plan_recipe_of_file(const struct plan_request *request, const struct recipes *recipes,
	const char *path, const char *package, struct recipe_entry **out, struct err *e)
{
	if (request->as_name != NULL) {
		*out = recipes_find(recipes, request->as_name);
		return *out != NULL || plan_refuse_name(request->as_name, recipes, e);
	}
	for (size_t i = 0; i < recipes->n_items; i++) {
		const struct recipe *r = recipes->items[i].recipe;

		if (r != NULL && text_equal(r->package, package)) {
			*out = &recipes->items[i];
			return true;
		}
	}
	return err_set(
		e, ERR_USAGE, "%s holds the package %s, which no recipe is for", path, package);
}

static bool plan_add_file(struct plan *p, const struct plan_request *request, const char *path,
	const struct recipes *recipes, const struct facts *f, struct err *e)
{
	struct dpkg_reader as = {f->is_root, f->worker_uid, f->worker_gid};
	struct recipe_entry *source = NULL;
	struct dpkg_control control;
	struct stat st = {0};
	SCOPED_FREE char *whole = realpath(path, NULL);

	SCOPED_CLOSE int fd = whole != NULL ? open(whole, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

	if (fd < 0)
		return err_sys(e, ERR_STATE, "can't read the file %s", path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return err_set(e, ERR_STATE, "can't read %s: it is no file%s", whole,
			S_ISDIR(st.st_mode) ? ", but a folder" : "");
	if (!dpkg_deb_read(fd, whole, &as, &control, e))
		return err_within(e, "%s is no Debian package", whole);
	if (!plan_recipe_of_file(request, recipes, whole, control.package, &source, e))
		return false;
	if (plan_find(p, source->name) != NULL)
		return err_set(e, ERR_USAGE, "%s: one file at a time for %s", whole, source->name);

	struct entry *entry = plan_add(p, request, source);

	entry->is_typed = true;
	if (source->recipe == NULL) {
		yaml_errors_join(&source->errors, e);
		return false;
	}
	if (!text_copy(entry->hand_file, sizeof(entry->hand_file), whole))
		return err_set(e, ERR_USAGE, "the path %s is too long", whole);
	entry->hand_fd = MOVE_FD(fd);
	return recipe_version_installed(
		source->recipe, control.version, entry->wanted, sizeof(entry->wanted), e);
}

/* A name typed twice is no fault where both times ask for the same. */
static bool plan_check_twice(
	const struct entry *first, const char *word, const char *version, struct err *e)
{
	const char *kind = first->hand_file[0] != '\0' ? first->hand_file
			   : first->wanted[0] != '\0'  ? first->wanted
						       : "the newest";

	if (first->hand_file[0] == '\0' && text_equal(first->wanted, version))
		return true;
	return err_set(e, ERR_USAGE, "'%s' asks for another version of %s than %s: one at a time",
		word, first->name, kind);
}

static bool plan_can_repair(const struct recipe *r)
{
	const struct updater *updater = registry_find(r->kind);

	return updater != NULL && updater->is_repair;
}

/* What a name of a kind that acts as its owner can't be asked for. */
static bool plan_check_owners(
	const struct plan_request *request, const struct recipe *r, const char *word, struct err *e)
{
	if (request->repairs_only && !plan_can_repair(r))
		return err_set(e, ERR_USAGE,
			"'%s' needs more than a repair without network: devupd upgrade %s", r->name,
			r->name);
	if (recipe_is_owners(r) && request->wish == WISH_ROLLBACK)
		return err_set(e, ERR_USAGE,
			"'%s' has no version to go back to: devupd repair --undo takes back what a "
			"run changed",
			r->name);
	if (recipe_is_owners(r) && strchr(word, '=') != NULL)
		return err_set(
			e, ERR_USAGE, "'%s': %s has no versions to choose from", word, r->name);
	return true;
}

/* In: name  of which word is made; "" = none can be. Out: its recipe, which is whole */
static bool plan_find_typed(const struct recipes *recipes, const char *name, const char *word,
	struct recipe_entry **out, struct err *e)
{
	*out = name[0] != '\0' ? recipes_find(recipes, name) : NULL;
	if (*out == NULL)
		return plan_refuse_name(name[0] != '\0' ? name : word, recipes, e);
	if ((*out)->recipe != NULL)
		return true;
	yaml_errors_join(&(*out)->errors, e);
	return false;
}

/*
 * Here alone, and by --reinstall alone, other bytes under a known version are taken: a file in hand
 * types no version, and what dpkg left half-way is no word of a person.
 * In: version  NULL = the newest
 */
static bool plan_want(struct entry *entry, const char *word, const char *version, struct err *e)
{
	entry->is_typed = true;
	if (version == NULL)
		return true;
	if (entry->wish != WISH_INSTALL)
		return err_set(e, ERR_USAGE, "'%s': a version goes with install: devupd install %s",
			word, word);
	entry->takes_changed = entry->reinstall;
	return (text_copy(entry->wanted, sizeof(entry->wanted), version) &&
		       dpkg_version_is_valid(version)) ||
	       err_set(e, ERR_USAGE, "'%s' is not a version", version);
}

static bool plan_add_typed(struct plan *p, const struct plan_request *request, const char *word,
	const struct recipes *recipes, const struct facts *f, struct err *e)
{
	const char *equals = strchr(word, '=');
	const char *version = equals != NULL ? equals + 1 : NULL;
	size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
	bool is_path = strchr(word, '/') != NULL || text_ends(word, ".deb");
	struct recipe_entry *source = NULL;
	char name[RECORD_NAME_MAX];

	if (request->is_file || (request->wish == WISH_INSTALL && is_path))
		return plan_add_file(p, request, word, recipes, f, e);
	if (!text_copy_n(name, sizeof(name), word, len))
		name[0] = '\0';
	if (!plan_find_typed(recipes, name, word, &source, e) ||
		!plan_check_owners(request, source->recipe, word, e))
		return false;

	const struct entry *twice = plan_find(p, name);

	if (twice != NULL)
		return plan_check_twice(twice, word, version != NULL ? version : "", e);
	return plan_want(plan_add(p, request, source), word, version, e);
}

/* Why this name does not act at all; NULL: it does. */
static const char *plan_why_off(
	const struct recipe_entry *source, const struct config *config, const struct facts *f)
{
	if (strings_has(&config->disable, source->name))
		return "disabled in the settings";
	if (source->recipe != NULL && recipe_is_owners(source->recipe) && f->is_root)
		return NULL; /* their own settings may say otherwise: their worker tells */
	if (source->recipe != NULL && !source->recipe->enabled)
		return "not enabled: `updaters: {NAME: {enabled: yes}}` in the settings does";
	return NULL;
}

static void plan_settle_off(struct entry *entry, const struct recipe_entry *source,
	const struct config *config, const struct facts *f)
{
	const char *why = plan_why_off(source, config, f);

	if (why != NULL && !entry->is_settled)
		entry_settle(entry, OUTCOME_SKIPPED, "%s", why);
}

static bool plan_needs_root(const struct recipe *r)
{
	const struct updater *updater = registry_find(r->kind);

	return updater != NULL && updater->needs_root;
}

/* Without names: is it one of those that the verb is for? */
static bool plan_is_wanted(const struct plan_request *request, const struct recipe_entry *source)
{
	if (source->recipe == NULL)
		return !request->repairs_only;
	return (!request->own_only || !plan_needs_root(source->recipe)) &&
	       (!request->repairs_only || plan_can_repair(source->recipe));
}

static bool plan_choose(struct plan *p, const struct plan_request *request,
	const struct recipes *recipes, const struct config *config, const struct facts *f,
	struct err *e)
{
	size_t n = request->names->n_items;

	p->entries = calloc((n > 0 ? n : recipes->n_items) + 1, sizeof(*p->entries));
	if (p->entries == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < n; i++) {
		size_t before = p->n_entries;

		if (!plan_add_typed(p, request, request->names->items[i], recipes, f, e))
			return false;
		if (p->n_entries > before)
			plan_settle_off(&p->entries[before],
				recipes_find(recipes, p->entries[before].name), config, f);
	}
	for (size_t i = 0; n == 0 && i < recipes->n_items; i++) {
		const struct recipe_entry *source = &recipes->items[i];

		if (!plan_is_wanted(request, source))
			continue;
		if (request->with_disabled || plan_why_off(source, config, f) == NULL)
			plan_settle_off(plan_add(p, request, source), source, config, f);
	}
	return true;
}

/* --- what is there ----------------------------------------------------------- */

static bool plan_survey(struct plan *p, const struct facts *f, struct err *e)
{
	SCOPED_FREE struct entry **mine = calloc(p->n_entries + 1, sizeof(struct entry *));

	if (mine == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t k = 0; k < registry_count(); k++) {
		size_t n = 0;

		for (size_t i = 0; i < p->n_entries; i++) {
			if (p->entries[i].updater == registry_at(k))
				mine[n++] = &p->entries[i];
		}
		if (n > 0 && !registry_at(k)->survey(f, mine, n, e))
			return false;
	}
	return true;
}

static bool plan_remember(struct entry *entry, struct state *state, struct err *e)
{
	struct state_hold hold = {0};
	struct state_skip skip = {0};
	bool has_hold = false;

	if (!state_hold_get(state, entry->name, &has_hold, &hold, e) ||
		!state_skip_get(state, entry->name, &skip, e))
		return false;
	if (entry->wanted[0] == '\0') {
		memcpy(entry->skip_exactly, skip.exactly, sizeof(entry->skip_exactly));
		memcpy(entry->skip_up_to, skip.up_to, sizeof(entry->skip_up_to));
	}
	if (has_hold) {
		char until[CLOCK_TEXT_MAX] = "";

		entry->is_held = true;
		if (hold.until_unix_ms != 0)
			clock_format_near(
				hold.until_unix_ms, clock_unix_ms(), until, sizeof(until));
		snprintf(entry->result.text, sizeof(entry->result.text), "%s%s%s%s",
			until[0] != '\0' ? "until " : "", until,
			until[0] != '\0' && hold.reason[0] != '\0' ? ", " : "", hold.reason);
	}
	return true;
}

/* --- what will not be done --------------------------------------------------- */

static bool plan_settle_absent(struct entry *entry, struct state *state, struct err *e)
{
	struct state_gone gone;
	bool was_there = false;
	char was[RECORD_TEXT_MAX / 2];

	if (!outside_find_gone(entry->recipe, state, &was_there, &gone, e))
		return false;
	if (!was_there) {
		entry_settle(
			entry, OUTCOME_ABSENT, "not installed: devupd install %s", entry->name);
		return true;
	}
	outside_describe(&gone, clock_unix_ms(), was, sizeof(was));
	entry_settle(entry, OUTCOME_ABSENT, "%s: devupd install %s", was, entry->name);
	return true;
}

static bool plan_settle(
	struct entry *entry, const struct plan_request *request, struct state *state, struct err *e)
{
	bool looks_only = request->wish == WISH_CHECK && (entry->is_typed || request->with_absent);

	if (entry->is_settled)
		return true;
	if (entry->updater == NULL) {
		struct err unknown = {0};

		err_set(&unknown, ERR_CONFIG, "this devupd knows no kind '%s'",
			entry->recipe->kind);
		entry->is_settled = true;
		return !result_fail(&entry->result, STEP_NONE, &unknown);
	}
	if (!entry->is_present && !entry->is_typed && !request->with_absent &&
		entry->recipe->fit != RECIPE_FITS)
		return plan_settle_absent(entry, state, e);
	if (entry->recipe->fit != RECIPE_FITS) {
		entry_settle(entry, OUTCOME_UNSUPPORTED, "%s", entry->recipe->fit_text);
		return true;
	}
	if (!entry->is_present && request->wish != WISH_INSTALL && request->wish != WISH_VERIFY) {
		if (!plan_settle_absent(entry, state, e))
			return false;
		entry->is_settled =
			!looks_only; /* a look at the newest costs nothing but a request */
		return true;
	}
	if (entry->is_held && request->wish != WISH_CHECK && request->wish != WISH_VERIFY) {
		char why[RECORD_TEXT_MAX];

		memcpy(why, entry->result.text, sizeof(why));
		entry_settle(entry, OUTCOME_HELD, "%s", why);
	}
	return true;
}

static bool plan_note_was(struct entry *entry, struct err *e)
{
	return entry->recipe == NULL || !entry->is_present || recipe_is_owners(entry->recipe) ||
	       recipe_version_installed(
		       entry->recipe, entry->result.installed, entry->was, sizeof(entry->was), e);
}

static bool plan_recall(
	struct entry *entry, struct state *memory, struct state *cache, struct err *e)
{
	if (memory != NULL && !plan_remember(entry, memory, e))
		return false;
	return cache == NULL || entry->recipe == NULL ||
	       state_documents(cache, entry->name, entry->recipe->digest, &entry->documents,
		       &entry->n_documents, e);
}

bool plan_make(const struct plan_request *request, const struct recipes *recipes,
	const struct config *config, struct state *memory, struct state *cache,
	const struct facts *f, struct plan *out, struct err *e)
{
	SCOPED_CLEAR(plan_clear) struct plan p = {0};

	if (!plan_choose(&p, request, recipes, config, f, e) || !plan_survey(&p, f, e))
		return false;
	for (size_t i = 0; i < p.n_entries; i++) {
		if (!plan_note_was(&p.entries[i], e) ||
			!plan_recall(&p.entries[i], memory, cache, e) ||
			!plan_settle(&p.entries[i], request, memory, e))
			return false;
	}
	*out = p;
	p = (struct plan){0};
	return true;
}
