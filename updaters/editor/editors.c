/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/editor/editors.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/list.h"

static const char extra_paths[] = "python.analysis.extraPaths";

/* FACTS: Positron reads Pyrefly's key since 2025.12, and Pylance's no more. */
static const struct editor editors[] = {
	{.name = "code",
		.folder = "Code",
		.flatpak = "com.visualstudio.code",
		.paths_key = extra_paths},
	{.name = "code-insiders",
		.folder = "Code - Insiders",
		.flatpak = "com.visualstudio.code.insiders",
		.paths_key = extra_paths},
	{.name = "vscodium",
		.folder = "VSCodium",
		.flatpak = "com.vscodium.codium",
		.paths_key = extra_paths},
	{.name = "vscodium-insiders",
		.folder = "VSCodium - Insiders",
		.flatpak = "com.vscodium.codium-insiders",
		.paths_key = extra_paths},
	{.name = "positron",
		.folder = "Positron",
		.paths_key = "python.pyrefly.extraSearchPaths",
		.legacy_key = extra_paths,
		.interpreters_key = "python.interpreters.include"},
	{.name = "cursor", .folder = "Cursor", .paths_key = extra_paths},
};

void editors_files_clear(struct editors_files *f)
{
	free(f->items);
	*f = (struct editors_files){0};
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* words of who: the editor's name, and where that is not all, what kind of settings they are. */
static bool add_file(struct editors_files *files, const struct editor *editor, const char *folder,
	const char *kind, const char *id, struct err *e)
{
	struct editors_file *grown =
		list_grow(files->items, files->n_items, EDITORS_FILES_MAX, sizeof(*grown));
	char who[256];

	if (grown == NULL)
		return err_set(e, ERR_INTERNAL, "more than %d settings of editors, or no memory",
			EDITORS_FILES_MAX);
	files->items = grown;

	struct editors_file *file = &grown[files->n_items];

	if (!fs_join(file->path, sizeof(file->path), folder, "settings.json"))
		return true; /* too long for any editor, too */
	snprintf(who, sizeof(who), "%s%s%s%s", editor->name, kind, id[0] != '\0' ? " profile " : "",
		id);
	text_copy_cut(file->who, sizeof(file->who), who);
	file->editor = editor;
	file->is_profile = id[0] != '\0';
	files->n_items++;
	return true;
}

static bool add_profiles(struct editors_files *files, const struct editor *editor, const char *user,
	const char *kind, struct err *e)
{
	char profiles[PERSON_PATH_MAX], folder[PERSON_PATH_MAX], settings[PERSON_PATH_MAX];
	struct dirent **names = NULL;
	struct stat st;
	bool ok = true;

	if (!fs_join(profiles, sizeof(profiles), user, "profiles"))
		return true;

	int n = scandir(profiles, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (ok && names[i]->d_name[0] != '.' &&
			fs_join(folder, sizeof(folder), profiles, names[i]->d_name) &&
			fs_join(settings, sizeof(settings), folder, "settings.json") &&
			lstat(settings, &st) == 0)
			ok = add_file(files, editor, folder, kind, names[i]->d_name, e);
		free(names[i]);
	}
	free(names);
	return ok;
}

/* root: what is below ~/.config, or a flatpak's of it */
static bool add_editor(struct editors_files *files, const struct editor *editor, const char *root,
	const char *kind, struct err *e)
{
	char folder[PERSON_PATH_MAX], user[PERSON_PATH_MAX];

	if (!fs_join(folder, sizeof(folder), root, editor->folder) ||
		!fs_join(user, sizeof(user), folder, "User") || !is_folder(user))
		return true;
	return add_file(files, editor, user, kind, "", e) &&
	       add_profiles(files, editor, user, kind, e);
}

static bool flatpak_root(const struct person *p, const struct editor *editor, char *out, size_t n)
{
	char below[256];

	if (editor->flatpak == NULL)
		return false;
	snprintf(below, sizeof(below), ".var/app/%s/config", editor->flatpak);
	return person_path(p, below, out, n);
}

static bool check_wanted(const struct strings *wanted, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf names;

	buf_init(&names, ERR_TEXT_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(editors); i++)
		buf_printf(&names, "%s%s", i == 0 ? "" : ", ", editors[i].name);
	for (size_t i = 0; i < wanted->n_items; i++) {
		bool is_known = false;

		for (size_t k = 0; k < ARRAY_SIZE(editors); k++)
			is_known |= text_equal(wanted->items[i], editors[k].name);
		if (!is_known)
			return err_set(e, ERR_CONFIG, "editors: %s is none of %s", wanted->items[i],
				buf_str(&names));
	}
	return true;
}

bool editors_find(const struct person *p, const struct strings *wanted, struct editors_files *out,
	struct err *e)
{
	SCOPED_CLEAR(editors_files_clear) struct editors_files files = {0};
	char root[PERSON_PATH_MAX];

	if (!check_wanted(wanted, e))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(editors); i++) {
		const struct editor *editor = &editors[i];

		if (wanted->n_items > 0 && !strings_has(wanted, editor->name))
			continue;
		if (!add_editor(&files, editor, p->config_home, "", e))
			return false;
		if (flatpak_root(p, editor, root, sizeof(root)) &&
			!add_editor(&files, editor, root, " flatpak", e))
			return false;
	}
	*out = files;
	files = (struct editors_files){0};
	return true;
}
