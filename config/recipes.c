/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All recipes of the folders, the settings' overrides laid over them. */
#include "config/recipe.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "updaters/lib/fs.h"

enum { RECIPES_MAX = 10000 };

/* Where one name was found; of equal names the last folder's counts. */
struct found {
	char name[RECIPE_NAME_MAX];
	size_t folder;
};

struct found_list {
	struct found *items;
	size_t n_items, capacity;
};

static void found_clear(struct found_list *list)
{
	free(list->items);
}

static void recipe_entry_clear(struct recipe_entry *entry)
{
	recipe_free(entry->recipe);
	yaml_errors_clear(&entry->errors);
	free(entry->file);
}

void recipes_clear(struct recipes *r)
{
	for (size_t i = 0; i < r->n_items; i++)
		recipe_entry_clear(&r->items[i]);
	free(r->items);
	*r = (struct recipes){0};
}

static int compare_name(const void *name, const void *entry)
{
	return strcmp(name, ((const struct recipe_entry *)entry)->name);
}

struct recipe_entry *recipes_find(const struct recipes *r, const char *name)
{
	return r->n_items ? bsearch(name, r->items, r->n_items, sizeof(*r->items), compare_name)
			  : NULL;
}

/* --- which files there are --------------------------------------------------- */

/* "NAME.yaml", NAME as a recipe may be called; editors' backups and hidden files are none. */
static bool recipe_name_of(const char *file_name, char out[RECIPE_NAME_MAX])
{
	size_t len = strlen(file_name);

	return len > 5 && strcmp(file_name + len - 5, ".yaml") == 0 && file_name[0] != '.' &&
	       text_copy_n(out, RECIPE_NAME_MAX, file_name, len - 5);
}

static bool found_add(struct found_list *list, const char *name, size_t folder, struct err *e)
{
	if (list->n_items == RECIPES_MAX)
		return err_set(e, ERR_CONFIG, "more than %d recipes", RECIPES_MAX);
	if (list->n_items == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 64;
		void *items = realloc(list->items, capacity * sizeof(*list->items));

		if (!items)
			return err_set(e, ERR_INTERNAL, "out of memory");
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->n_items].folder = folder;
	return text_copy(list->items[list->n_items++].name, RECIPE_NAME_MAX, name);
}

static void close_folder(DIR **d)
{
	if (*d)
		closedir(*d);
}

static bool find_in_folder(const char *path, size_t folder, struct found_list *list, struct err *e)
{
	CLEANUP(close_folder) DIR *d = opendir(path);
	char name[RECIPE_NAME_MAX];

	if (!d)
		return errno == ENOENT || err_sys(e, ERR_CONFIG, "can't read the folder %s", path);
	for (;;) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(d);
		if (!entry)
			return errno == 0 || err_sys(e, ERR_CONFIG, "can't read %s", path);
		if (recipe_name_of(entry->d_name, name) && !found_add(list, name, folder, e))
			return false;
	}
}

static int compare_found(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int by_name = strcmp(x->name, y->name);

	return by_name ? by_name : (x->folder > y->folder) - (x->folder < y->folder);
}

/* An override whose name no file has gets an entry, too: a broken one that says so. */
static bool find_overridden(
	const struct yaml_node *overrides, size_t folder, struct found_list *list, struct err *e)
{
	for (const struct yaml_node *n = overrides ? overrides->children : NULL; n; n = n->next)
		if (strlen(n->key) < RECIPE_NAME_MAX && !found_add(list, n->key, folder, e))
			return false;
	return true;
}

/* --- one recipe -------------------------------------------------------------- */

/*
 * `channel: daily` in the settings chooses among the recipe's: the map stays, with the chosen one
 * first, where the default stands.
 */
static bool choose_channel(
	struct yaml_node *merged, const struct yaml_node *channels, struct yaml_errors *errors)
{
	struct yaml_node *chosen = (struct yaml_node *)(uintptr_t)yaml_get(merged, "channel");
	struct yaml_node **at, *map, *first;
	SCOPED_CLEAR(buf_clear) struct buf allowed = {0};

	buf_init(&allowed, ERR_TEXT_MAX);
	if (!chosen || chosen->kind != YAML_SCALAR || !channels || channels->kind != YAML_MAP)
		return true;
	if (!yaml_get(channels, chosen->scalar)) {
		for (const struct yaml_node *n = channels->children; n; n = n->next)
			buf_printf(&allowed, "%s%s", n == channels->children ? "" : ", ", n->key);
		return yaml_complain(errors, chosen->file, chosen,
			"channel: found \"%.100s\", allowed: %s", chosen->scalar,
			buf_str(&allowed));
	}
	map = yaml_merge(channels, NULL);
	if (!map)
		return yaml_complain(errors, chosen->file, chosen, "out of memory");
	for (at = &map->children; strcmp((*at)->key, chosen->scalar) != 0;)
		at = &(*at)->next;
	first = *at;
	*at = first->next;
	first->next = map->children;
	free(chosen->scalar);
	chosen->scalar = NULL;
	chosen->kind = YAML_MAP;
	chosen->children = first;
	map->children = NULL;
	yaml_node_free(map);
	return true;
}

static bool resolve(struct recipe_entry *entry, const struct yaml_node *base,
	const struct yaml_node *over, const struct host *h)
{
	SCOPED(yaml_node_free) struct yaml_node *merged = NULL;

	if (!over)
		return recipe_load(
			base, entry->file, entry->name, h, &entry->recipe, &entry->errors);
	if (over->kind != YAML_MAP)
		return yaml_complain(&entry->errors, over->file, over,
			"updaters: %s: a map of recipe keys is expected", entry->name);
	merged = yaml_merge(base, over);
	if (!merged)
		return yaml_complain(&entry->errors, entry->file, NULL, "out of memory");
	return choose_channel(merged, yaml_get(base, "channel"), &entry->errors) &&
	       recipe_load(merged, entry->file, entry->name, h, &entry->recipe, &entry->errors);
}

static bool read_recipe(struct recipe_entry *entry, const struct yaml_node *over,
	const struct host *h, bool as_root)
{
	SCOPED(yaml_node_free) struct yaml_node *root = NULL;
	SCOPED_FREE char *text = NULL;
	struct err e = {0};
	size_t len;
	bool is_read = as_root ? fs_read_trusted(entry->file, YAML_FILE_MAX, &text, &len, &e)
			       : fs_read(entry->file, YAML_FILE_MAX, &text, &len, &e);

	if (!is_read)
		return yaml_complain(&entry->errors, entry->file, NULL, "%s", e.text);
	return yaml_parse(entry->file, text, len, &root, &entry->errors) &&
	       resolve(entry, root, over, h);
}

/* --- all --------------------------------------------------------------------- */

static bool add_entry(struct recipes *all, const char *const *folders, size_t n,
	const struct found *found, const struct yaml_node *over, const struct host *h, bool as_root)
{
	struct recipe_entry *entry = &all->items[all->n_items++];
	const char *folder = found->folder < n ? folders[found->folder] : "";
	size_t size = strlen(folder) + strlen(found->name) + sizeof("/.yaml");

	(void)!text_copy(entry->name, sizeof(entry->name), found->name);
	if (found->folder == n) {
		entry->file = strdup(over->file);
		yaml_complain_key(&entry->errors, over->file, over,
			"updaters: no recipe is called \"%s\"", entry->name);
		return entry->file != NULL;
	}
	entry->file = malloc(size);
	if (!entry->file)
		return false;
	(void)snprintf(entry->file, size, "%s/%s.yaml", folder, entry->name);
	(void)!read_recipe(entry, over, h, as_root); /* a broken one fails its own name only */
	return true;
}

/* Of equal names the last counts; an override's entry (folder n) only if it stands alone. */
static bool is_hidden(const struct found_list *list, size_t i, size_t n_folders)
{
	const struct found *f = &list->items[i];

	if (f->folder == n_folders)
		return i > 0 && strcmp(f->name, f[-1].name) == 0;
	return i + 1 < list->n_items && strcmp(f->name, f[1].name) == 0 && f[1].folder < n_folders;
}

bool recipes_load(const char *const *folders, size_t n, const struct yaml_node *overrides,
	const struct host *h, bool as_root, struct recipes *out, struct err *e)
{
	SCOPED_CLEAR(recipes_clear) struct recipes all = {0};
	SCOPED_CLEAR(found_clear) struct found_list list = {0};

	for (size_t i = 0; i < n; i++)
		if (!find_in_folder(folders[i], i, &list, e))
			return false;
	if (!find_overridden(overrides, n, &list, e))
		return false;
	if (list.n_items)
		qsort(list.items, list.n_items, sizeof(*list.items), compare_found);
	all.items = calloc(list.n_items + 1, sizeof(*all.items));
	if (!all.items)
		return err_set(e, ERR_INTERNAL, "out of memory");
	for (size_t i = 0; i < list.n_items; i++) {
		const struct yaml_node *over =
			overrides ? yaml_get(overrides, list.items[i].name) : NULL;

		if (!is_hidden(&list, i, n) &&
			!add_entry(&all, folders, n, &list.items[i], over, h, as_root))
			return err_set(e, ERR_INTERNAL, "out of memory");
	}
	*out = all;
	all = (struct recipes){0};
	return true;
}
