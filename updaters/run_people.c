/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/run_people.h"

#include <sys/stat.h>

#include "updaters/lib/log.h"

/* Whoever owns a prefix of Homebrew counts, too, as far as brew goes. */
static void run_add_brewers(struct run *run)
{
	struct stat st;

	/* the folder's own owner: what it links to may be anybody's */
	if (lstat("/home/linuxbrew/.linuxbrew", &st) == 0 && S_ISDIR(st.st_mode))
		(void)!people_add_uid(&run->people, st.st_uid);
	for (size_t i = 0; i < run->recipes.n_items; i++) {
		const struct recipe *r = run->recipes.items[i].recipe;

		if (r != NULL && r->prefix != NULL && stat(r->prefix, &st) == 0)
			(void)!people_add_uid(&run->people, st.st_uid);
	}
}

/* The person's own keys, laid over here by that person: under root their worker does it. */
static bool run_lay_over(struct run *run, struct err *e)
{
	struct yaml_errors *errors = &run->config_errors;
	bool ok = own_settings_read(run->people.items[0].config_home, &run->own, errors);
	const struct yaml_node *n = run->own.updaters != NULL ? run->own.updaters->children : NULL;

	for (; ok && n != NULL; n = n->next) {
		struct recipe_entry *entry = recipes_find(&run->recipes, n->key);

		if (entry == NULL)
			ok = yaml_complain_key(
				errors, n->file, n, "updaters: no recipe is called \"%s\"", n->key);
		else if (entry->recipe != NULL)
			ok = recipe_lay_over(entry->recipe, n, errors);
	}
	for (size_t i = 0; ok && i < run->own.disable.n_items; i++) {
		const char *name = run->own.disable.items[i];
		const struct recipe_entry *entry = recipes_find(&run->recipes, name);

		/* the others are the administrator's to switch off */
		if (entry == NULL || entry->recipe == NULL || recipe_is_owners(entry->recipe))
			ok = strings_add(&run->config.disable, name);
	}
	if (!ok)
		*e = run->config_errors.first;
	return ok || run->setup.ignores_bad_config;
}

bool run_find_people(struct run *run, struct err *e)
{
	bool is_needed = false;
	struct err why = {0};

	for (size_t i = 0; i < run->recipes.n_items; i++) {
		const struct recipe *r = run->recipes.items[i].recipe;

		is_needed = is_needed || (r != NULL && recipe_is_owners(r));
	}
	if (!is_needed)
		return true;
	if (!people_find(&run->config, run->paths.is_root, &run->people, &why)) {
		if (why.code == ERR_OWNER || run->setup.ignores_bad_config) {
			log_note("nobody's things are looked after: %s", why.text);
			return true;
		}
		*e = why;
		return false;
	}
	run->facts.n_homes = run->people.n_items;
	if (run->paths.is_root)
		run_add_brewers(run);
	run->facts.people = run->people.items;
	run->facts.n_people = run->people.n_items;
	return run->paths.is_root || run->people.n_items == 0 || run_lay_over(run, e);
}
