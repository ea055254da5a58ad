/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/undo.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/json.h"
#include "updaters/lib/node.h"
#include "updaters/lib/undo_file.h"

enum { LINES_MAX_BYTES = 32 << 20 };

struct undo {
	const struct person *person;
	char path[PERSON_PATH_MAX];
	char copies[PERSON_PATH_MAX];
	int fd;                /* -1 before the first line */
	struct undo_mend mend; /* the one that is being taken */
};

bool undo_open(const struct person *p, const char *run, struct undo **out, struct err *e)
{
	SCOPED_FREE struct undo *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for the undo record");
	u->person = p;
	u->fd = -1;
	if (!undo_path(p, run, u->path, e) || !undo_copies(p, run, u->copies, e))
		return false;
	*out = MOVE_PTR(u);
	return true;
}

void undo_close(struct undo *u)
{
	if (u == NULL)
		return;
	scope_close_fd(&u->fd);
	undo_mend_clear(&u->mend);
	free(u);
}

/* The folder of records, ours alone and no link: what is kept there are bytes of private files. */
static bool folder_make(const struct person *p, struct err *e)
{
	char folder[PERSON_PATH_MAX];
	struct stat st;

	if (!undo_folder(p, folder, e) || !fs_make_folders(folder, 0700, e))
		return false;
	if (lstat(folder, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		return err_set(e, ERR_STATE, "%s is no folder of %s", folder, p->name);
	return true;
}

/* How much of the file counts: a worker before us may have been cut off in a line. */
static bool file_measure(const char *path, size_t *out_lines, size_t *out_bytes, struct err *e)
{
	SCOPED_CLEAR(undo_file_clear) struct undo_file f = {0};
	struct node node;

	*out_lines = *out_bytes = 0;
	if (!node_look(path, &node, e))
		return false;
	if (node.type == NODE_NONE)
		return true;
	if (!undo_file_read(path, &f, e))
		return false;
	*out_lines = f.n_lines;
	*out_bytes = f.n_bytes;
	return true;
}

static bool begin_put(struct undo *u, const char *name, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf line = {0};
	struct json_writer w;
	char at[CLOCK_TEXT_MAX], folder[PERSON_PATH_MAX];

	buf_init(&line, 65536);
	clock_format(clock_unix_ms(), at, sizeof(at));
	json_writer_init(&w, &line);
	json_open(&w, NULL, '{');
	json_put_str(&w, "mend", name);
	json_put_str(&w, "at", at);
	json_close(&w, '}');
	buf_puts(&line, "\n");
	return undo_file_put(u->fd, u->path, &line, e) && undo_folder(u->person, folder, e) &&
	       fs_sync_folder(folder, e);
}

bool undo_begin(struct undo *u, const char *name, struct err *e)
{
	size_t n_lines = 0, n_bytes = 0;

	undo_mend_clear(&u->mend);
	scope_close_fd(&u->fd);
	u->fd = -1;
	if (!folder_make(u->person, e) || !file_measure(u->path, &n_lines, &n_bytes, e) ||
		!undo_file_open(u->path, n_bytes, &u->fd, e))
		return false;
	u->mend.begins = n_lines + 1;
	return begin_put(u, name, e);
}

/* JSON holds UTF-8 alone: another path would come back as a different one. */
static bool line_is_writable(const struct undo_line *line, struct err *e)
{
	const char *texts[] = {line->path, line->from, line->to};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (texts[i] != NULL && !text_is_utf8(texts[i], strlen(texts[i])))
			return err_set(e, ERR_STATE,
				"%s is no UTF-8, so its change can't be recorded", texts[i]);
	}
	return true;
}

/* Lines that are kept in memory from n_before on, to the disk at once. */
static bool lines_put(struct undo *u, size_t n_before, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf lines = {0};

	buf_init(&lines, LINES_MAX_BYTES);
	for (size_t i = n_before; i < u->mend.n_lines; i++) {
		if (!line_is_writable(&u->mend.lines[i], e))
			return false;
		undo_line_write(&u->mend.lines[i], &lines);
	}
	return undo_file_put(u->fd, u->path, &lines, e);
}

/* The bytes that are at path now, under the name of their digest. */
static bool copy_keep(const struct undo *u, const char *path, const char *sha256, struct err *e)
{
	SCOPED_FREE char *bytes = NULL;
	char copy[PERSON_PATH_MAX], digest[SHA256_HEX_SIZE];
	struct stat st;
	size_t len = 0;

	if (!fs_read(path, NODE_FILE_MAX, &bytes, &len, e) || !digest_of(bytes, len, digest, e))
		return false;
	if (strcmp(digest, sha256) != 0 || lstat(path, &st) < 0)
		return err_set(
			e, ERR_BUSY, "%s was changed since it was looked at; run again", path);
	if (!fs_join(copy, sizeof(copy), u->copies, sha256))
		return err_set(e, ERR_STATE, "path too long: %s", u->copies);
	return fs_make_folders(u->copies, 0700, e) &&
	       fs_replace(copy, bytes, len, st.st_mode & 0777, e);
}

/* What was made goes with all below it: no line is needed for that. */
static bool goes_anyway(const struct undo *u, const char *path)
{
	for (size_t i = 0; i < u->mend.n_lines; i++) {
		const struct undo_line *line = &u->mend.lines[i];
		size_t len = strlen(line->path);

		if (line->type == UNDO_MADE && strncmp(path, line->path, len) == 0 &&
			path[len] == '/')
			return true;
	}
	return false;
}

bool undo_add(struct undo *u, enum undo_type type, const char *path, const char *from,
	const char *to, struct err *e)
{
	size_t n_before = u->mend.n_lines;

	if ((type == UNDO_FILE || type == UNDO_LINK) && goes_anyway(u, path))
		return true;
	if (type == UNDO_FILE && from != NULL && !copy_keep(u, path, from, e))
		return false;
	if (!undo_mend_add(&u->mend, type, path, from, to))
		return err_set(e, ERR_INTERNAL, "no memory for the undo record");
	return lines_put(u, n_before, e);
}

bool undo_add_links(struct undo *u, const struct undo_change *links, size_t n, struct err *e)
{
	size_t n_before = u->mend.n_lines;

	for (size_t i = 0; i < n; i++) {
		if (!undo_mend_add(&u->mend, UNDO_LINK, links[i].path, links[i].from, links[i].to))
			return err_set(e, ERR_INTERNAL, "no memory for the undo record");
		u->mend.lines[u->mend.n_lines - 1].is_found = true;
	}
	return lines_put(u, n_before, e);
}

void undo_tell_links(const struct undo *u,
	void (*on_change)(void *user, const char *path, const char *from, const char *to),
	void *user)
{
	for (size_t i = 0; on_change != NULL && i < u->mend.n_lines; i++) {
		const struct undo_line *line = &u->mend.lines[i];

		if (line->is_found)
			on_change(user, line->path, line->from != NULL ? line->from : "",
				line->to != NULL ? line->to : "");
	}
}

bool undo_end(struct undo *u, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf line = {0};

	buf_init(&line, 100);
	buf_printf(&line, "{\"end_ms\":%lld}\n", (long long)clock_unix_ms());
	return undo_file_put(u->fd, u->path, &line, e);
}

void undo_revert(struct undo *u, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf line = {0};
	char why[ERR_TEXT_MAX / 2] = "", text[ERR_TEXT_MAX / 2 - 40];
	struct err unmarked = {0};

	buf_init(&line, 100);
	undo_taken_back_write(u->mend.begins, &line);
	if (undo_mend_take_back(&u->mend, u->copies, why, sizeof(why)) &&
		!undo_file_put(u->fd, u->path, &line, &unmarked))
		text_copy_cut(why, sizeof(why), unmarked.text);
	if (why[0] == '\0' || e == NULL)
		return;
	text_copy_cut(text, sizeof(text), e->text);
	snprintf(e->text, sizeof(e->text), "%s; not all could be taken back: %s", text, why);
}

/* --- runs -------------------------------------------------------------------- */

static int name_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)b, *(char *const *)a);
}

/* All runs, the newest first: a run's name begins with its time. */
static bool runs_list(const struct person *p, struct strings *out)
{
	char folder[PERSON_PATH_MAX], run[UNDO_RUN_MAX];

	if (!undo_folder(p, folder, NULL))
		return false;

	DIR *dir = opendir(folder);

	if (dir == NULL)
		return errno == ENOENT;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		size_t len = strlen(entry->d_name);

		if (text_ends(entry->d_name, ".jsonl") &&
			text_copy_n(run, sizeof(run), entry->d_name, len - strlen(".jsonl")) &&
			!strings_add(out, run))
			break;
	}
	closedir(dir);
	if (out->n_items > 0)
		qsort(out->items, out->n_items, sizeof(char *), name_order);
	return true;
}

static bool mend_has_more(const struct undo_mend *m)
{
	for (size_t i = 0; i < m->n_lines; i++) {
		if (m->lines[i].type == UNDO_RUN && m->lines[i].from == NULL)
			return false;
	}
	return !m->is_taken_back && m->n_lines > 0;
}

/* A damaged one counts: who takes it back is told of the damage. */
static bool run_has_more(const struct person *p, const char *run)
{
	SCOPED_CLEAR(undo_file_clear) struct undo_file f = {0};
	char path[PERSON_PATH_MAX];

	if (!undo_path(p, run, path, NULL))
		return false;
	if (!undo_file_read(path, &f, NULL))
		return true;
	for (size_t i = 0; i < f.n_mends; i++) {
		if (mend_has_more(&f.mends[i]))
			return true;
	}
	return false;
}

bool undo_last_run(const struct person *p, char out_run[UNDO_RUN_MAX])
{
	SCOPED_CLEAR(strings_clear) struct strings runs = {0};

	if (!runs_list(p, &runs))
		return false;
	for (size_t i = 0; i < runs.n_items; i++) {
		if (run_has_more(p, runs.items[i]))
			return text_copy(out_run, UNDO_RUN_MAX, runs.items[i]);
	}
	return false;
}

bool undo_prune(const struct person *p, size_t keep, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings runs = {0};
	char path[PERSON_PATH_MAX], copies[PERSON_PATH_MAX];

	if (!runs_list(p, &runs))
		return err_sys(e, ERR_STATE, "can't read the undo records of %s", p->name);
	for (size_t i = keep; i < runs.n_items; i++) {
		if (!undo_path(p, runs.items[i], path, e) ||
			!undo_copies(p, runs.items[i], copies, e) || !node_drop(path, e) ||
			!node_remove_tree(copies, e))
			return false;
	}
	return true;
}
