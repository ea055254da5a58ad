/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What only the kinds have that act as a person: words of that person, their own keys laid over. */
#include <string.h>

#include "config/recipe_parts.h"

/* Who it will be is not known yet: whether the words are defined is all that counts. */
bool owner_words(const struct words *host, struct words *out)
{
	return words_copy(host, out) && words_set(out, "home", "/home/0") &&
	       words_set(out, "user", "0") && words_set(out, "python", "0");
}

static bool load_list(const struct key *row, const struct yaml_node *node, void *out, void *user,
	struct yaml_errors *errors)
{
	const struct words *known = user;

	return strcmp(row->name, "venvs") == 0 ? venvs_load(node, known, out, errors)
					       : packages_load(node, known, out, errors);
}

static bool check_user(
	const struct recipe *r, const struct yaml_node *root, struct yaml_errors *errors)
{
	const struct yaml_node *user = yaml_get(root, "user");

	if (r->user == NULL || strcmp(r->user, "root") != 0)
		return true;
	return yaml_complain(errors, user->file, user,
		"user: root runs no commands: name the person whose it is");
}

bool owner_lists_load(const struct yaml_node *root, struct recipe *r, struct yaml_errors *errors)
{
	SCOPED_CLEAR(words_clear) struct words known = {0};
	const struct yaml_node *venvs = yaml_get(root, "venvs");
	const struct yaml_node *packages = yaml_get(root, "packages");
	bool ok = true;

	if (!owner_words(&r->words, &known))
		return yaml_complain(errors, root->file, root, "too many words");
	if (r->kind_of == RECIPE_PYTHON && venvs)
		ok = venvs_load(venvs, &known, r, errors);
	if (r->kind_of == RECIPE_PYTHON && packages)
		ok = packages_load(packages, &known, r, errors) && ok;
	return check_user(r, root, errors) && ok;
}

/* The name, the kind and whose command it is are the administrator's to say. */
static bool check_own_keys(const struct yaml_node *map, struct yaml_errors *errors)
{
	static const char *const fixed[] = {"name", "kind", "user"};
	bool ok = true;

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
		const struct yaml_node *node = yaml_get(map, fixed[i]);

		if (node)
			ok = yaml_complain_key(errors, node->file, node,
				"%s: not in a person's own settings", fixed[i]);
	}
	return ok;
}

bool recipe_lay_over(struct recipe *r, const struct yaml_node *map, struct yaml_errors *errors)
{
	SCOPED_CLEAR(scope_clear) struct scope scope = {0};
	unsigned kind = 1u << r->kind_of;
	struct words *known = &scope.at[SCOPE_OWNER];

	if (!recipe_is_owners(r))
		return yaml_complain_key(errors, map->file, map,
			"updaters: %s does not act as a person: its keys belong "
			"into " DEVUPD_SYSCONFDIR "/devupd.yaml",
			r->name);
	if (!owner_words(&r->words, known) || !words_copy(&r->words, &scope.at[SCOPE_HOST]))
		return yaml_complain(errors, map->file, map, "too many words");
	return check_own_keys(map, errors) &&
	       keys_lay_over(recipe_keys, kind, map, r, load_list, known, errors) &&
	       texts_check(&scope, recipe_keys, kind, map, errors);
}
