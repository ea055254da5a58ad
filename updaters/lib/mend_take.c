/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/mend.h"
#include "updaters/lib/mend_run.h"
#include "updaters/lib/node.h"

enum { REBASED_MAX = 1 << 20, IDENTITY_SIZE = 48 };

static bool changed(const char *path, struct err *e)
{
	return err_set(e, ERR_BUSY, "%s was changed since it was looked at; run again", path);
}

/* Is the link (was NULL: nothing) still what was looked at? */
static bool link_check(const char *path, const char *was, struct err *e)
{
	struct node node;

	if (!node_look(path, &node, e))
		return false;
	if (was == NULL ? node.type == NODE_NONE
			: node.type == NODE_LINK && strcmp(node.target, was) == 0)
		return true;
	return changed(path, e);
}

static bool take_link(const struct mend_step *step, const struct mender *by, struct err *e)
{
	return link_check(step->path, step->was, e) &&
	       undo_add(by->undo, UNDO_LINK, step->path, step->was, step->to, e) &&
	       node_link(step->path, step->was, step->to, e);
}

static bool take_drop_link(const struct mend_step *step, const struct mender *by, struct err *e)
{
	if (step->was == NULL)
		return err_set(e, ERR_INTERNAL, "no link at %s to be removed", step->path);
	return link_check(step->path, step->was, e) &&
	       undo_add(by->undo, UNDO_LINK, step->path, step->was, NULL, e) &&
	       node_drop(step->path, e);
}

/* What is at path must be there; how it is known again. */
static bool identity_of(const char *path, char out[IDENTITY_SIZE], struct err *e)
{
	struct node node;

	if (!node_look(path, &node, e))
		return false;
	if (node.type == NODE_NONE)
		return err_set(e, ERR_BUSY, "%s has gone since it was looked at; run again", path);
	snprintf(out, IDENTITY_SIZE, "%llu:%llu", (unsigned long long)node.device,
		(unsigned long long)node.inode);
	return true;
}

static bool take_move(const struct mend_step *step, const struct mender *by, struct err *e)
{
	char identity[IDENTITY_SIZE];

	return identity_of(step->path, identity, e) && link_check(step->to, NULL, e) &&
	       undo_add(by->undo, UNDO_MOVE, step->to, step->path, identity, e) &&
	       node_move(step->path, step->to, e);
}

static bool take_exchange(const struct mend_step *step, const struct mender *by, struct err *e)
{
	char old[IDENTITY_SIZE], new[IDENTITY_SIZE];

	return identity_of(step->path, old, e) && identity_of(step->to, new, e) &&
	       undo_add(by->undo, UNDO_EXCHANGE, step->path, step->to, new, e) &&
	       node_exchange(step->path, step->to, e);
}

/* --- files ------------------------------------------------------------------- */

/* The file that links lead to; path itself where nothing is yet. */
static bool file_find(const char *path, char out[PATH_MAX], struct err *e)
{
	struct node node;

	if (realpath(path, out) != NULL)
		return true;
	if (errno != ENOENT)
		return err_sys(e, ERR_STATE, "can't look at %s", path);
	if (!node_look(path, &node, e))
		return false;
	if (node.type != NODE_NONE)
		return err_set(
			e, ERR_STATE, "%s is a link to %s, which is not there", path, node.target);
	return text_copy(out, PATH_MAX, path);
}

/* was is checked before anything is on record; node_write looks once more before the last moment.
 */
static bool file_put(const struct mender *by, const char *path, const char *was, const void *bytes,
	size_t len, mode_t mode, struct err *e)
{
	char to[SHA256_HEX_SIZE];

	if (!digest_of(bytes, len, to, e))
		return false;
	if (was == NULL && !link_check(path, NULL, e))
		return false;
	return undo_add(by->undo, UNDO_FILE, path, was, to, e) &&
	       node_write(path, was, bytes, len, mode, e);
}

static bool take_write(const struct mend_step *step, const struct mender *by, struct err *e)
{
	char path[PATH_MAX];
	struct node node;

	if (!file_find(step->path, path, e) || !node_look(path, &node, e))
		return false;
	if (step->was != NULL && node.type != NODE_FILE)
		return changed(step->path, e);
	return file_put(by, path, step->was, step->bytes, step->len, step->mode, e);
}

/* All `was` in the text become `to`. */
static bool text_rebase(const char *text, const char *was, const char *to, struct buf *out)
{
	const char *found;

	while ((found = strstr(text, was)) != NULL) {
		buf_put(out, text, (size_t)(found - text));
		buf_puts(out, to);
		text = found + strlen(was);
	}
	return buf_puts(out, text);
}

/* A program that is no text, or a large file, names its place in other ways. */
static bool rebase_file(
	const struct mend_step *step, const struct mender *by, const char *path, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};
	SCOPED_FREE char *raw_text = NULL;
	char was[SHA256_HEX_SIZE];
	struct node node;
	struct err why = {0};
	size_t len = 0;

	if (!node_look(path, &node, e))
		return false;
	if (node.type != NODE_FILE)
		return true;
	if (!fs_read(path, REBASED_MAX, &raw_text, &len, &why)) {
		if (why.code != ERR_TOO_BIG && e != NULL)
			*e = why;
		return why.code == ERR_TOO_BIG;
	}
	if (memchr(raw_text, '\0', len) != NULL || strstr(raw_text, step->was) == NULL)
		return true;
	buf_init(&text, 4 * REBASED_MAX);
	if (!text_rebase(raw_text, step->was, step->to, &text) || text.is_full)
		return err_set(e, ERR_INTERNAL, "no memory to change %s", path);
	return digest_of(raw_text, len, was, e) &&
	       file_put(by, path, was, text.data, text.len, 0, e);
}

/* Names first, files after: what is written must not be met again as a new file. */
static bool names_list(const char *path, struct strings *out, struct err *e)
{
	DIR *dir = opendir(path);
	bool is_fine = true;

	if (dir == NULL)
		return err_sys(e, ERR_STATE, "can't read the folder %s", path);
	for (struct dirent *entry; is_fine && (entry = readdir(dir)) != NULL;)
		is_fine = strings_add(out, entry->d_name);
	closedir(dir);
	return is_fine || err_set(e, ERR_INTERNAL, "no memory for the names in %s", path);
}

static bool take_rebase(const struct mend_step *step, const struct mender *by, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings names = {0};
	char path[PERSON_PATH_MAX];

	if (step->was == NULL || step->was[0] == '\0' || step->to == NULL)
		return err_set(e, ERR_INTERNAL, "nothing to change in %s", step->path);
	if (!names_list(step->path, &names, e))
		return false;
	for (size_t i = 0; i < names.n_items; i++) {
		if (!fs_join(path, sizeof(path), step->path, names.items[i]))
			return err_set(e, ERR_STATE, "path too long below %s", step->path);
		if (!rebase_file(step, by, path, e))
			return false;
	}
	return true;
}

/* --- all --------------------------------------------------------------------- */

static bool (*const takers[MEND_N_TYPES])(
	const struct mend_step *step, const struct mender *by, struct err *e) = {
	[MEND_LINK] = take_link,
	[MEND_DROP_LINK] = take_drop_link,
	[MEND_MOVE] = take_move,
	[MEND_WRITE] = take_write,
	[MEND_EXCHANGE] = take_exchange,
	[MEND_REBASE] = take_rebase,
	[MEND_RUN] = mend_take_run,
};

bool mend_take(const struct mend *m, const struct mender *by, struct err *e)
{
	bool is_done = true;

	if (!undo_begin(by->undo, by->name, e))
		return false;
	for (size_t i = 0; is_done && i < m->n_steps; i++) {
		is_done = by->is_stopped == NULL || !by->is_stopped(by->user) ||
			  err_set(e, ERR_COMMAND, "stopped between two steps");
		is_done = is_done && takers[m->steps[i].type](&m->steps[i], by, e);
	}
	if (is_done && undo_end(by->undo, e)) {
		undo_tell_links(by->undo, by->on_change, by->user);
		return true;
	}
	undo_revert(by->undo, e);
	return false;
}
