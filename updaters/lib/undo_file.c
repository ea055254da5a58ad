/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/undo_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/json.h"
#include "updaters/lib/list.h"

enum { FILE_MAX = 64 << 20, LINES_MAX = 400000, MENDS_MAX = 10000 };

static const char *const type_words[UNDO_N_TYPES] = {
	[UNDO_LINK] = "link",
	[UNDO_FILE] = "file",
	[UNDO_MOVE] = "move",
	[UNDO_EXCHANGE] = "exchange",
	[UNDO_MADE] = "made",
	[UNDO_RUN] = "run",
};

/* --- in memory --------------------------------------------------------------- */

static bool copy_text(char **out, const char *text)
{
	*out = text == NULL ? NULL : strdup(text);
	return text == NULL || *out != NULL;
}

bool undo_mend_add(struct undo_mend *m, enum undo_type type, const char *path, const char *from,
	const char *to)
{
	struct undo_line *lines = list_grow(m->lines, m->n_lines, LINES_MAX, sizeof(*lines));

	if (lines == NULL)
		return false;
	m->lines = lines;

	struct undo_line *line = &lines[m->n_lines++];

	line->type = type;
	return copy_text(&line->path, path) && copy_text(&line->from, from) &&
	       copy_text(&line->to, to);
}

void undo_mend_clear(struct undo_mend *m)
{
	for (size_t i = 0; i < m->n_lines; i++) {
		free(m->lines[i].path);
		free(m->lines[i].from);
		free(m->lines[i].to);
	}
	free(m->lines);
	free(m->name);
	*m = (struct undo_mend){0};
}

void undo_file_clear(struct undo_file *f)
{
	for (size_t i = 0; i < f->n_mends; i++)
		undo_mend_clear(&f->mends[i]);
	free(f->mends);
	*f = (struct undo_file){0};
}

/* --- where it lies ----------------------------------------------------------- */

bool undo_folder(const struct person *p, char out[PERSON_PATH_MAX], struct err *e)
{
	return person_path(p, ".local/state/devupd/undo", out, PERSON_PATH_MAX) ||
	       err_set(e, ERR_STATE, "the path of %s's undo records is too long", p->name);
}

/* A run's name becomes a file's: nothing in it may lead elsewhere. */
static bool run_is_name(const char *run)
{
	static const char allowed[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
	size_t len = strlen(run);

	return len > 0 && len < UNDO_RUN_MAX && strspn(run, allowed) == len;
}

static bool run_path(const struct person *p, const char *run, const char *ending,
	char out[PERSON_PATH_MAX], struct err *e)
{
	char folder[PERSON_PATH_MAX];

	if (!run_is_name(run))
		return err_set(e, ERR_USAGE, "no run has the name '%s'", run);
	if (!undo_folder(p, folder, e))
		return false;

	int n = snprintf(out, PERSON_PATH_MAX, "%s/%s%s", folder, run, ending);

	return (n >= 0 && n < PERSON_PATH_MAX) ||
	       err_set(e, ERR_STATE, "the path of %s's undo records is too long", p->name);
}

bool undo_path(const struct person *p, const char *run, char out[PERSON_PATH_MAX], struct err *e)
{
	return run_path(p, run, ".jsonl", out, e);
}

bool undo_copies(const struct person *p, const char *run, char out[PERSON_PATH_MAX], struct err *e)
{
	return run_path(p, run, "", out, e);
}

/* --- reading ----------------------------------------------------------------- */

static struct undo_mend *mend_last(struct undo_file *f)
{
	return f->n_mends == 0 ? NULL : &f->mends[f->n_mends - 1];
}

static bool mend_begin(struct undo_file *f, const char *name)
{
	struct undo_mend *mends = list_grow(f->mends, f->n_mends, MENDS_MAX, sizeof(*mends));

	if (mends == NULL)
		return false;
	f->mends = mends;
	mends[f->n_mends].begins = f->n_lines + 1;
	return copy_text(&mends[f->n_mends++].name, name);
}

static bool mark_taken_back(struct undo_file *f, uint64_t begins)
{
	for (size_t i = 0; i < f->n_mends; i++) {
		if (f->mends[i].begins == begins)
			return f->mends[i].is_taken_back = true;
	}
	return false;
}

static bool is_absolute(const char *path)
{
	return path != NULL && path[0] == '/' && strlen(path) < PERSON_PATH_MAX;
}

static bool is_digest_or_none(const char *text)
{
	return text == NULL || text_is_hex(text, 64);
}

static bool line_is_sound(const struct undo_line *line)
{
	switch (line->type) {
	case UNDO_LINK:
	case UNDO_MADE: return is_absolute(line->path);
	case UNDO_FILE:
		return is_absolute(line->path) && is_digest_or_none(line->from) &&
		       is_digest_or_none(line->to);
	case UNDO_MOVE:
	case UNDO_EXCHANGE: return is_absolute(line->path) && is_absolute(line->from);
	case UNDO_RUN: return line->path != NULL;
	case UNDO_N_TYPES: break;
	}
	return false;
}

static bool change_read(struct undo_mend *m, const struct json *line, const char *type)
{
	const char *path = json_text(json_at(line, "/path"));

	for (size_t i = 0; path != NULL && i < UNDO_N_TYPES; i++) {
		if (strcmp(type, type_words[i]) == 0)
			return undo_mend_add(m, (enum undo_type)i, path,
				       json_text(json_at(line, "/from")),
				       json_text(json_at(line, "/to"))) &&
			       line_is_sound(&m->lines[m->n_lines - 1]);
	}
	return false;
}

static bool line_read(struct undo_file *f, const struct json *line)
{
	struct undo_mend *mend = mend_last(f);
	const char *name = json_text(json_at(line, "/mend"));
	const char *type = json_text(json_at(line, "/type"));
	uint64_t number = 0;

	if (name != NULL)
		return mend_begin(f, name);
	if (json_u64(json_at(line, "/taken_back"), &number))
		return mark_taken_back(f, number);
	if (mend == NULL)
		return false;
	if (type != NULL)
		return change_read(mend, line, type);
	if (!json_u64(json_at(line, "/end_ms"), &number) || number > INT64_MAX)
		return false;
	mend->end_ms = (int64_t)number;
	return true;
}

bool undo_file_read(const char *path, struct undo_file *out, struct err *e)
{
	SCOPED_CLEAR(undo_file_clear) struct undo_file f = {0};
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	if (!fs_read(path, FILE_MAX, &text, &len, e))
		return false;
	while (f.n_bytes < len) {
		const char *start = text + f.n_bytes;
		const char *end = memchr(start, '\n', len - f.n_bytes);
		SCOPED(json_free) struct json *line = NULL;

		if (end == NULL)
			break;
		if (!json_parse(start, (size_t)(end - start), &line, NULL) || !line_read(&f, line))
			return err_set(e, ERR_STATE,
				"%s:%zu: damaged, so nothing of this run is taken back", path,
				f.n_lines + 1);
		f.n_lines++;
		f.n_bytes += (size_t)(end - start) + 1;
	}
	*out = f;
	f = (struct undo_file){0};
	return true;
}

/* --- writing ----------------------------------------------------------------- */

bool undo_file_open(const char *path, size_t n_bytes, int *out_fd, struct err *e)
{
	SCOPED_CLOSE int fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(e, ERR_STATE, "can't open the undo record %s", path);
	if (ftruncate(fd, (off_t)n_bytes) < 0)
		return err_sys(e, ERR_STATE, "can't write the undo record %s", path);
	*out_fd = MOVE_FD(fd);
	return true;
}

bool undo_file_put(int fd, const char *path, const struct buf *lines, struct err *e)
{
	if (lines->is_full)
		return err_set(e, ERR_STATE, "too much for the undo record %s", path);
	if (!fs_write_all(fd, buf_str(lines), lines->len, path, e))
		return false;
	return fsync(fd) == 0 || err_sys(e, ERR_STATE, "can't write the undo record %s", path);
}

void undo_line_write(const struct undo_line *line, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_open(&w, NULL, '{');
	json_put_str(&w, "type", type_words[line->type]);
	json_put_str(&w, "path", line->path);
	json_put_str(&w, "from", line->from);
	json_put_str(&w, "to", line->to);
	json_close(&w, '}');
	buf_puts(out, "\n");
}

void undo_taken_back_write(size_t begins, struct buf *out)
{
	buf_printf(out, "{\"taken_back\":%zu}\n", begins);
}
