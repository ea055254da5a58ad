/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/node.h"
#include "updaters/lib/undo_file.h"
#include "updaters/lib/undo_judge.h"

/* --- taking back ------------------------------------------------------------- */

/* The folder of a link may have gone with its last one, and one may have come in its place. */
static bool back_link(const struct undo_line *line, struct err *e)
{
	char folder[PERSON_PATH_MAX];
	struct node node;

	if (line->from == NULL)
		return node_drop(line->path, e);
	if (!text_copy_n(folder, sizeof(folder), line->path,
		    (size_t)(strrchr(line->path, '/') - line->path)))
		return err_set(e, ERR_STATE, "path too long: %s", line->path);
	if (folder[0] != '\0' && !fs_make_folders(folder, 0755, e))
		return false;
	if (!node_look(line->path, &node, e))
		return false;
	if (node.type == NODE_FOLDER && !node_remove_empty(line->path, e))
		return false;
	return node_link(line->path, line->to, line->from, e);
}

static bool back_file(const struct undo_line *line, const char *copies, struct err *e)
{
	SCOPED_FREE char *bytes = NULL;
	char copy[PERSON_PATH_MAX], digest[SHA256_HEX_SIZE];
	struct stat st;
	size_t len = 0;

	if (line->from == NULL)
		return node_drop(line->path, e);
	if (!fs_join(copy, sizeof(copy), copies, line->from))
		return err_set(e, ERR_STATE, "path too long: %s", copies);
	if (!fs_read(copy, NODE_FILE_MAX, &bytes, &len, e) || !digest_of(bytes, len, digest, e))
		return false;
	if (strcmp(digest, line->from) != 0 || lstat(copy, &st) < 0)
		return err_set(e, ERR_STATE, "the copy %s is damaged", copy);
	return node_write(line->path, line->to, bytes, len, st.st_mode & 0777, e);
}

static bool line_back(const struct undo_line *line, const char *copies, struct err *e)
{
	switch (line->type) {
	case UNDO_LINK: return back_link(line, e);
	case UNDO_FILE: return back_file(line, copies, e);
	case UNDO_MOVE: return node_move(line->path, line->from, e);
	case UNDO_EXCHANGE: return node_exchange(line->path, line->from, e);
	case UNDO_MADE: return node_remove_tree(line->path, e);
	case UNDO_RUN:
	case UNDO_N_TYPES: break;
	}
	return true;
}

bool undo_mend_take_back(struct undo_mend *m, const char *copies, char *out_why, size_t why_size)
{
	bool is_whole = true;

	for (size_t i = m->n_lines; i-- > 0;) {
		const struct undo_line *line = &m->lines[i];
		struct judge j = {.mend = m, .i = i, .end = 0};
		enum verdict verdict = judge(&j);
		struct err e = {0};

		/* a command at the end is the one that failed, or was cut off */
		if (verdict == VERDICT_AS_BEFORE || (line->type == UNDO_RUN && i + 1 == m->n_lines))
			continue;
		if (verdict == VERDICT_CHANGED)
			err_set(&e, ERR_BUSY, "%s: %s", line->path, j.why);
		else if (line_back(line, copies, &e))
			continue;
		if (is_whole)
			text_copy_cut(out_why, why_size, e.text);
		is_whole = false;
	}
	return is_whole;
}

/* --- a run ------------------------------------------------------------------- */

/*
 * A link that one mend changed twice (unlink, link) may be as it was left or as it was at first. In
 * between is where somebody else has put it since.
 */
static bool is_in_between(const struct undo_mend *m, size_t i, enum verdict verdict)
{
	if (verdict != VERDICT_AS_BEFORE || m->end_ms == 0 || m->lines[i].type != UNDO_LINK)
		return false;
	for (size_t k = 0; k < i; k++) {
		const struct undo_line *first = &m->lines[k];

		if (first->type == UNDO_LINK && strcmp(first->path, m->lines[i].path) == 0)
			return !text_equal(first->from, m->lines[i].from);
	}
	return false;
}

/* All lines judged as if those behind were taken back already; marks those that need nothing. */
static bool mend_check(struct undo_mend *m, const struct undo_watch *watch)
{
	for (size_t i = m->n_lines; i-- > 0;) {
		struct judge j = {.mend = m, .i = i, .end = m->n_lines};
		enum verdict verdict = judge(&j);

		if (is_in_between(m, i, verdict)) {
			verdict = VERDICT_CHANGED;
			text_copy_cut(j.why, sizeof(j.why), "changed since by somebody");
		}
		if (verdict == VERDICT_CHANGED) {
			watch->on_refused(watch->user, m->lines[i].path, j.why);
			return false;
		}
		m->lines[i].is_void = verdict == VERDICT_AS_BEFORE;
	}
	return true;
}

static void mend_tell(const struct undo_mend *m, const struct undo_watch *watch)
{
	for (size_t i = m->n_lines; i-- > 0;) {
		const struct undo_line *line = &m->lines[i];
		bool is_moved = line->type == UNDO_MOVE || line->type == UNDO_EXCHANGE;
		const char *from = is_moved || line->type == UNDO_MADE ? line->path : line->to;

		if (!line->is_void)
			watch->on_change(watch->user, line->path, from != NULL ? from : "",
				line->from != NULL ? line->from : "");
	}
}

/* A run that is read, and what is done with it. */
struct taking {
	struct undo_file file;
	char path[PERSON_PATH_MAX], copies[PERSON_PATH_MAX];
	bool dry_run;
	const struct undo_watch *watch;
};

static bool mark_put(struct taking *t, size_t begins, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf line = {0};
	SCOPED_CLOSE int fd = -1;

	buf_init(&line, 100);
	undo_taken_back_write(begins, &line);
	if (!undo_file_open(t->path, t->file.n_bytes, &fd, e) ||
		!undo_file_put(fd, t->path, &line, e))
		return false;
	t->file.n_bytes += line.len;
	return true;
}

/* Out: *out_is_refused; false where the record itself fails. */
static bool mend_take(struct taking *t, struct undo_mend *m, bool *out_is_refused, struct err *e)
{
	char why[ERR_TEXT_MAX / 2] = "";

	*out_is_refused = !mend_check(m, t->watch);
	if (*out_is_refused)
		return true;
	if (!t->dry_run && !undo_mend_take_back(m, t->copies, why, sizeof(why))) {
		t->watch->on_refused(t->watch->user, m->lines[0].path, why);
		*out_is_refused = true;
		return true;
	}
	mend_tell(m, t->watch);
	return t->dry_run || mark_put(t, m->begins, e);
}

/* No record is no fault of the file: this run changed nothing of theirs. */
static bool read_failed(
	const struct person *p, const char *run, const struct err *why, struct err *e)
{
	if (e != NULL)
		*e = *why;
	if (e == NULL || why->sys_errno != ENOENT)
		return false;
	return err_set(e, ERR_USAGE, "run %s changed nothing of %s's", run, p->name);
}

bool undo_take_back(const struct person *p, const char *run, const char *name, bool dry_run,
	const struct undo_watch *watch, size_t *out_n_done, size_t *out_n_refused, struct err *e)
{
	struct taking t = {.dry_run = dry_run, .watch = watch};
	SCOPED_CLEAR(undo_file_clear) struct undo_file file = {0};
	size_t n_done = 0, n_refused = 0;
	struct err why = {0};

	if (!undo_path(p, run, t.path, e) || !undo_copies(p, run, t.copies, e))
		return false;
	if (!undo_file_read(t.path, &file, &why))
		return read_failed(p, run, &why, e);
	t.file = file; /* borrowed: its list is cleared once, above */
	for (size_t i = file.n_mends; i-- > 0;) {
		struct undo_mend *m = &file.mends[i];
		bool is_refused = false;

		if (m->is_taken_back || m->n_lines == 0 || strcmp(m->name, name) != 0)
			continue;
		if (!mend_take(&t, m, &is_refused, e))
			return false;
		n_done += !is_refused;
		n_refused += is_refused;
	}
	*out_n_done = n_done;
	*out_n_refused = n_refused;
	return true;
}
