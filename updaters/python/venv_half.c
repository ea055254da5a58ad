/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A half-done upgrade of a package: pip renames what it replaces ("numpy" -> "~umpy") and takes it
 * away once the new one is there. If it was stopped in between, the names still lie there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/python/installed.h"
#include "updaters/python/pip.h"
#include "updaters/python/venv_mend.h"

enum { RECORD_MAX = 4 << 20, TOPS_MAX = 256, INSTALL_TIMEOUT_MS = 20 * 60 * 1000 };

/* pip's AdjacentTempDirectory: "~", then some of these in place of as many letters. */
static bool is_stash_of(const char *stash, const char *name)
{
	size_t n = 1 + strspn(stash + 1, "-~.=%0123456789");

	if (strlen(stash) != strlen(name))
		return false;
	/* a name that itself has such a letter there: each way to read it will do */
	for (size_t i = 1; i <= n; i++)
		if (text_equal(stash + i, name + i))
			return true;
	return false;
}

static bool field_get(const char *text, const char *field, char *out, size_t out_size)
{
	const char *at = text_starts(text, field) ? text : strstr(text, field);

	while (at && at != text && at[-1] != '\n')
		at = strstr(at + 1, field);
	if (!at)
		return false;
	at += strlen(field);
	return text_copy_n(out, out_size, at, strcspn(at, "\r\n"));
}

/* First names of the paths in RECORD; those outside site-packages begin with "..". */
static bool tops_add(char *record, struct strings *out)
{
	char *cursor = record, *line;

	while ((line = text_next(&cursor, '\n'))) {
		line[strcspn(line, ",")] = '\0';
		line[strcspn(line, "/")] = '\0';
		if (line[0] == '\0' || line[0] == '.' || text_equal(line, "__pycache__") ||
			strings_has(out, line))
			continue;
		if (out->n_items >= TOPS_MAX || !strings_add(out, line))
			return false;
	}
	return true;
}

static bool is_in_site(const struct venv *v, const char *name)
{
	char path[PERSON_PATH_MAX];
	struct stat st;

	return fs_join(path, sizeof(path), v->site, name) && lstat(path, &st) == 0;
}

/*
 * The moves that bring one package back; false: not all of it is there, or a part is there twice:
 * what was put aside, and what pip had begun to put in its place.
 */
static bool moves_add(const struct venv *v, const struct strings *tops, struct mend *out)
{
	char from[PERSON_PATH_MAX], to[PERSON_PATH_MAX];

	for (size_t i = 0; i < tops->n_items; i++) {
		const char *stash = NULL;

		for (size_t k = 0; k < v->stashed.n_items && !stash; k++)
			if (is_stash_of(v->stashed.items[k], tops->items[i]))
				stash = v->stashed.items[k];
		if (!stash && is_in_site(v, tops->items[i]))
			continue; /* pip had not come to it yet */
		if (!stash || is_in_site(v, tops->items[i]) ||
			!fs_join(from, sizeof(from), v->site, stash) ||
			!fs_join(to, sizeof(to), v->site, tops->items[i]) ||
			!mend_move(out, from, to))
			return false;
	}
	return true;
}

static bool install_add(const struct venv *v, const char *requirement, struct mend *out)
{
	char python[PERSON_PATH_MAX];
	const char *const argv[] = {python, "-m", "pip", "install", "--disable-pip-version-check",
		"--no-input", "--no-deps", requirement, NULL};

	if (!venv_bin(v, "python", python, sizeof(python)))
		return false;

	struct mend_step *step = mend_run(out, argv, INSTALL_TIMEOUT_MS);

	if (step)
		step->explain = pip_explain;
	return step != NULL;
}

static bool is_installed(const struct dists *d, const char *name)
{
	for (size_t i = 0; i < d->n_items; i++)
		if (strcasecmp(d->items[i].name, name) == 0)
			return true;
	return false;
}

/* All steps of one mend behind those of another. */
static bool steps_add(struct mend *from, struct mend *to)
{
	for (size_t i = 0; i < from->n_steps; i++) {
		struct mend_step *step = mend_add(to, from->steps[i].type);

		if (!step)
			return false;
		*step = from->steps[i];
		from->steps[i] = (struct mend_step){0};
	}
	return true;
}

/* One "~umpy-2.1.0.dist-info". */
static bool stash_mend(const struct venv *v, const char *stash, const struct dists *installed,
	struct mend *out, struct strings *out_names, bool *out_is_local)
{
	SCOPED_FREE char *metadata = NULL, *record = NULL;
	SCOPED_CLEAR(strings_clear) struct strings tops = {0};
	char folder[PERSON_PATH_MAX], path[PERSON_PATH_MAX], name[128], version[64];
	char requirement[200], words[200];
	SCOPED_CLEAR(mend_clear) struct mend moves = {0};

	if (!fs_join(folder, sizeof(folder), v->site, stash) ||
		!fs_join(path, sizeof(path), folder, "METADATA") ||
		!fs_read(path, RECORD_MAX, &metadata, NULL, NULL) ||
		!field_get(metadata, "Name: ", name, sizeof(name)) ||
		!field_get(metadata, "Version: ", version, sizeof(version)) ||
		is_installed(installed, name))
		return true;
	text_escape(name, strlen(name), words, sizeof(words) - sizeof(version) - 1);
	(void)snprintf(words + strlen(words), sizeof(words) - strlen(words), " %s", version);
	if (!strings_add(out_names, words))
		return false;
	if (fs_join(path, sizeof(path), folder, "RECORD") &&
		fs_read(path, RECORD_MAX, &record, NULL, NULL) && tops_add(record, &tops) &&
		moves_add(v, &tops, &moves))
		return steps_add(&moves, out);
	*out_is_local = false;
	(void)snprintf(requirement, sizeof(requirement), "%s==%s", name, version);
	/* a name that is an option, or no name at all, is not handed to pip */
	if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
			strlen(name) ||
		name[0] == '-')
		return true;
	return install_add(v, requirement, out);
}

bool venv_mend_half(const struct venv *v, struct mend *out, struct strings *out_names,
	bool *out_is_local, struct err *e)
{
	SCOPED_CLEAR(dists_clear) struct dists installed = {0};
	bool ok = true;

	*out_is_local = true;
	if (v->stashed.n_items == 0 || v->site[0] == '\0')
		return true;
	if (!installed_read(v->site, &installed, e))
		return false;
	for (size_t i = 0; ok && i < v->stashed.n_items; i++)
		if (text_ends(v->stashed.items[i], ".dist-info"))
			ok = stash_mend(
				v, v->stashed.items[i], &installed, out, out_names, out_is_local);
	return ok || err_set(e, ERR_INTERNAL, "%s: out of memory", v->path);
}
