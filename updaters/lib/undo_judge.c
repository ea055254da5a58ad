/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/undo_judge.h"

#include <dirent.h>
#include <string.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/node.h"

enum { EMPTY_DEPTH_MAX = 16 };

/* What would be at a path once the lines behind one were taken back. */
struct view {
	struct node node;
	const char *digest; /* of a file that a line behind would bring back; NULL = look at node */
};

/* --- how things would be ----------------------------------------------------- */

/* path is root, or lies below it: what follows root in it; else NULL. */
static const char *path_below(const char *path, const char *root)
{
	size_t len = strlen(root);
	bool is_below = strncmp(path, root, len) == 0 && (path[len] == '\0' || path[len] == '/');

	return is_below ? path + len : NULL;
}

/* A path under `from` lies under `to` in truth. */
static bool path_map(char at[PERSON_PATH_MAX], const char *from, const char *to)
{
	const char *rest = path_below(at, from);
	char mapped[PERSON_PATH_MAX];
	int n;

	if (rest == NULL)
		return false;
	n = snprintf(mapped, sizeof(mapped), "%s%s", to, rest);
	if (n < 0 || (size_t)n >= sizeof(mapped))
		return false;
	memcpy(at, mapped, sizeof(mapped));
	return true;
}

/*
 * One line that would have been taken back: true where it settles what is at `at`, which is left in
 * out; else `at` is where that lay before it was.
 */
static bool view_through(const struct undo_line *line, char at[PERSON_PATH_MAX], struct view *out)
{
	const char *below = path_below(at, line->path);
	bool is_it = below != NULL && below[0] == '\0';

	switch (line->type) {
	case UNDO_LINK:
		if (is_it && line->from != NULL) {
			out->node.type = NODE_LINK;
			return text_copy(out->node.target, sizeof(out->node.target), line->from);
		}
		return below != NULL;
	case UNDO_FILE:
		out->digest = is_it ? line->from : NULL;
		out->node.type = out->digest != NULL ? NODE_FILE : NODE_NONE;
		return is_it;
	case UNDO_MOVE: return !path_map(at, line->from, line->path) && below != NULL;
	case UNDO_EXCHANGE:
		if (!path_map(at, line->path, line->from))
			(void)path_map(at, line->from, line->path);
		return false;
	case UNDO_MADE: return below != NULL;
	case UNDO_RUN:
	case UNDO_N_TYPES: break;
	}
	return false;
}

/* In:    next, end   the lines of m that count as taken back */
static bool view_at(const struct undo_mend *m, size_t next, size_t end, const char *path,
	struct view *out, struct err *e)
{
	char at[PERSON_PATH_MAX];

	*out = (struct view){0};
	if (!text_copy(at, sizeof(at), path))
		return err_set(e, ERR_STATE, "path too long: %s", path);
	for (size_t i = next; i < end; i++) {
		if (!m->lines[i].is_void && view_through(&m->lines[i], at, out))
			return true;
		*out = (struct view){0};
	}
	return node_look(at, &out->node, e);
}

/* --- is it as the mend left it? ---------------------------------------------- */

static const struct undo_line *judge_line(const struct judge *j)
{
	return &j->mend->lines[j->i];
}

static bool judge_view(struct judge *j, const char *path, struct view *out)
{
	struct err e = {0};

	if (view_at(j->mend, j->i + 1, j->end, path, out, &e))
		return true;
	text_copy_cut(j->why, sizeof(j->why), e.text);
	return false;
}

static bool link_is(const struct view *view, const char *target)
{
	return target == NULL
		       ? view->node.type == NODE_NONE
		       : view->node.type == NODE_LINK && strcmp(view->node.target, target) == 0;
}

/* A folder in the place of a link, in which nothing is but what lines behind would take away. */
static bool holds_nothing(struct judge *j, const char *path, unsigned depth)
{
	char inner[PERSON_PATH_MAX];
	bool is_empty = depth < EMPTY_DEPTH_MAX;
	struct view view;
	DIR *dir = opendir(path);

	if (dir == NULL)
		return false;
	for (struct dirent *entry; is_empty && (entry = readdir(dir)) != NULL;) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		is_empty = fs_join(inner, sizeof(inner), path, entry->d_name) &&
			   judge_view(j, inner, &view) &&
			   (view.node.type == NODE_NONE ||
				   (view.node.type == NODE_FOLDER &&
					   holds_nothing(j, inner, depth + 1)));
	}
	closedir(dir);
	return is_empty;
}

/* Links that went before this one was made: a folder with them was in its place. */
static bool was_folder(const struct judge *j)
{
	for (size_t i = 0; i < j->i; i++) {
		const char *below = path_below(j->mend->lines[i].path, judge_line(j)->path);

		if (below != NULL && below[0] == '/')
			return true;
	}
	return false;
}

static enum verdict judge_link(struct judge *j)
{
	const struct undo_line *line = judge_line(j);
	struct view view;

	if (!judge_view(j, line->path, &view))
		return VERDICT_CHANGED;
	if (link_is(&view, line->to) ||
		(line->to == NULL && view.node.type == NODE_FOLDER && line->from != NULL &&
			holds_nothing(j, line->path, 0)))
		return VERDICT_AS_LEFT;
	if (line->from == NULL && view.node.type == NODE_FOLDER && was_folder(j))
		return VERDICT_AS_BEFORE;
	return link_is(&view, line->from) ? VERDICT_AS_BEFORE : VERDICT_CHANGED;
}

static bool file_is(const struct view *view, const char *now, const char *digest)
{
	if (digest == NULL)
		return view->node.type == NODE_NONE;
	return view->node.type == NODE_FILE && text_equal(now, digest);
}

static enum verdict judge_file(struct judge *j)
{
	const struct undo_line *line = judge_line(j);
	char digest[SHA256_HEX_SIZE] = "";
	const char *now = digest;
	struct view view;

	if (!judge_view(j, line->path, &view))
		return VERDICT_CHANGED;
	if (view.digest != NULL)
		now = view.digest;
	else if (view.node.type == NODE_FILE && !node_digest(view.node.real, digest, NULL))
		return VERDICT_CHANGED;
	if (file_is(&view, now, line->to))
		return VERDICT_AS_LEFT;
	return file_is(&view, now, line->from) ? VERDICT_AS_BEFORE : VERDICT_CHANGED;
}

/* The number of a device may be another after a boot, and both lie on one: the inode tells. */
static bool inode_is(const struct view *view, const char *identity)
{
	const char *colon = identity == NULL ? NULL : strchr(identity, ':');
	uint64_t inode = 0;

	return colon == NULL || (text_to_u64(colon + 1, &inode) && inode == view->node.inode);
}

static enum verdict judge_move(struct judge *j)
{
	const struct undo_line *line = judge_line(j);
	struct view now, before;

	if (!judge_view(j, line->path, &now) || !judge_view(j, line->from, &before))
		return VERDICT_CHANGED;
	if (now.node.type != NODE_NONE && before.node.type == NODE_NONE)
		return inode_is(&now, line->to) ? VERDICT_AS_LEFT : VERDICT_CHANGED;
	return now.node.type == NODE_NONE && before.node.type != NODE_NONE ? VERDICT_AS_BEFORE
									   : VERDICT_CHANGED;
}

static enum verdict judge_exchange(struct judge *j)
{
	const struct undo_line *line = judge_line(j);
	struct view now, other;

	if (!judge_view(j, line->path, &now) || !judge_view(j, line->from, &other) ||
		line->to == NULL || now.node.type == NODE_NONE || other.node.type == NODE_NONE)
		return VERDICT_CHANGED;
	if (inode_is(&now, line->to))
		return VERDICT_AS_LEFT;
	return inode_is(&other, line->to) ? VERDICT_AS_BEFORE : VERDICT_CHANGED;
}

/* What somebody put there since would go with it. */
static enum verdict judge_made(struct judge *j)
{
	const struct undo_line *line = judge_line(j);
	struct err e = {0};
	int64_t newest_ms = 0;
	struct view view;

	if (!judge_view(j, line->path, &view))
		return VERDICT_CHANGED;
	if (view.node.type == NODE_NONE)
		return VERDICT_AS_BEFORE;
	if (j->end == 0) /* judged before we changed it */
		return VERDICT_AS_LEFT;
	if (j->mend->end_ms == 0) {
		/* nobody knows what of it is ours, and what a person has put there since */
		text_copy_cut(j->why, sizeof(j->why),
			"it was being made when the run was cut off: remove it yourself if nothing "
			"in it is yours");
		return VERDICT_CHANGED;
	}
	if (!node_newest(view.node.real, &newest_ms, &e)) {
		text_copy_cut(j->why, sizeof(j->why), e.text);
		return VERDICT_CHANGED;
	}
	return newest_ms <= j->mend->end_ms ? VERDICT_AS_LEFT : VERDICT_CHANGED;
}

/* Nothing to do for those whose doings stand in other lines, if these were written. */
static enum verdict judge_run(struct judge *j)
{
	const struct undo_line *line = judge_line(j);

	if (line->from == NULL) {
		snprintf(j->why, sizeof(j->why), "a command that can't be taken back");
		return VERDICT_CHANGED;
	}
	if (strcmp(line->from, UNDO_RUN_WATCHED) == 0 && j->mend->end_ms == 0 &&
		j->i + 1 == j->mend->n_lines) {
		snprintf(j->why, sizeof(j->why),
			"a command that was cut off: what it did is not known");
		return VERDICT_CHANGED;
	}
	return VERDICT_AS_BEFORE;
}

static enum verdict (*const judges[UNDO_N_TYPES])(struct judge *) = {
	[UNDO_LINK] = judge_link,
	[UNDO_FILE] = judge_file,
	[UNDO_MOVE] = judge_move,
	[UNDO_EXCHANGE] = judge_exchange,
	[UNDO_MADE] = judge_made,
	[UNDO_RUN] = judge_run,
};

enum verdict judge(struct judge *j)
{
	enum verdict verdict = judges[judge_line(j)->type](j);

	if (verdict == VERDICT_CHANGED && j->why[0] == '\0')
		snprintf(j->why, sizeof(j->why), "changed since by somebody");
	return verdict;
}
