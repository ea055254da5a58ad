/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/audit_trail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <string.h>

#include "updaters/audit_unpack.h"
#include "updaters/lib/digest.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/json.h"
#include "updaters/lib/list.h"
#include "updaters/lib/text.h"

enum { ROTATED_MAX = 100000, TAIL_STEP = 64 << 10 };

const char trail_no_hash[SHA256_HEX_SIZE] =
	"0000000000000000000000000000000000000000000000000000000000000000";

static const char *const event_tokens[AUDIT_N_EVENTS] = {
	[AUDIT_BASELINE] = "baseline",
	[AUDIT_RUN_START] = "run-start",
	[AUDIT_INTENT] = "intent",
	[AUDIT_RESULT] = "result",
	[AUDIT_OUTSIDE] = "outside",
	[AUDIT_RUN_END] = "run-end",
};

const char *audit_event_token(enum audit_event event)
{
	return event_tokens[event];
}

/* --- files ------------------------------------------------------------------- */

struct rotated_file {
	uint64_t number;
	const char *suffix; /* of unpack_suffix */
};

struct rotated {
	struct rotated_file *files; /* the youngest (1) first, one for each number */
	size_t n;
};

static void rotated_clear(struct rotated *r)
{
	free(r->files);
}

/* Of one number the plain one first. */
static int file_compare(const void *a, const void *b)
{
	const struct rotated_file *x = a, *y = b;
	int order = (x->number > y->number) - (x->number < y->number);

	return order != 0 ? order : strcmp(x->suffix, y->suffix);
}

/* "audit.log.12.gz" */
static bool rotated_add(struct rotated *r, const char *name, const char *entry, struct err *e)
{
	const char *suffix = unpack_suffix(entry);
	char digits[24];
	uint64_t number = 0;
	size_t name_len = strlen(name);

	if (!text_starts(entry, name) || entry[name_len] != '.' ||
		!text_copy_n(digits, sizeof(digits), entry + name_len + 1,
			strlen(entry + name_len + 1) - strlen(suffix)) ||
		!text_to_u64(digits, &number))
		return true;

	struct rotated_file *grown = list_grow(r->files, r->n, ROTATED_MAX, sizeof(*grown));

	if (grown == NULL)
		return err_set(e, ERR_AUDIT, "more than %d rotated files of %s", ROTATED_MAX, name);
	r->files = grown;
	grown[r->n++] = (struct rotated_file){.number = number, .suffix = suffix};
	return true;
}

static void rotated_sort(struct rotated *r)
{
	size_t kept = 0;

	if (r->n > 0)
		qsort(r->files, r->n, sizeof(r->files[0]), file_compare);
	for (size_t i = 0; i < r->n; i++) {
		if (kept == 0 || r->files[kept - 1].number != r->files[i].number)
			r->files[kept++] = r->files[i];
	}
	r->n = kept;
}

static bool rotated_find(const char *path, struct rotated *out, struct err *e)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	char folder[PATH_MAX] = ".";
	bool is_fine = true;

	if (slash != NULL && !text_copy_n(folder, sizeof(folder), path, (size_t)(slash - path) + 1))
		return err_set(e, ERR_AUDIT, "path too long: %s", path);

	DIR *dir = opendir(folder);

	if (dir == NULL)
		return errno == ENOENT || err_sys(e, ERR_AUDIT, "can't read the folder %s", folder);
	for (struct dirent *entry = readdir(dir); entry != NULL && is_fine; entry = readdir(dir))
		is_fine = rotated_add(out, name, entry->d_name, e);
	closedir(dir);
	rotated_sort(out);
	return is_fine;
}

static bool rotated_name(char out[PATH_MAX], const char *path, const struct rotated_file *file)
{
	int n = snprintf(
		out, PATH_MAX, "%s.%llu%s", path, (unsigned long long)file->number, file->suffix);

	return n > 0 && n < PATH_MAX;
}

bool trail_open_failed(const char *path, struct err *e)
{
	return errno == ELOOP ? err_set(e, ERR_AUDIT,
					"%s is a symbolic link, and none is followed here: put the "
					"file itself there",
					path)
			      : err_sys(e, ERR_AUDIT, "can't open %s", path);
}

/* A record that somebody else may write proves nothing, and root adds none to it. */
bool trail_file_check(const char *path, struct err *e)
{
	return geteuid() != 0 || fs_check_trusted_itself(path, ERR_AUDIT, e);
}

static struct trail_line line_of_file(const char *path)
{
	const char *slash = strrchr(path, '/');

	return (struct trail_line){.file = slash != NULL ? slash + 1 : path};
}

/* A missing file is none: out_fd stays -1. */
static bool file_open(const char *path, int *out_fd, struct stat *out_st, struct err *e)
{
	SCOPED_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT || trail_open_failed(path, e);
	if (fstat(fd, out_st) < 0 || !S_ISREG(out_st->st_mode))
		return err_set(e, ERR_AUDIT, "%s is no regular file", path);
	if (!trail_file_check(path, e))
		return false;
	*out_fd = MOVE_FD(fd);
	return true;
}

static bool packed_walk(const char *path, const char *suffix, trail_on_line *on_line, void *user,
	bool *out_go_on, struct err *e)
{
	struct trail_line line = line_of_file(path);
	SCOPED_CLOSE int fd = -1;
	struct stat st;

	line.is_packed = true;
	if (!file_open(path, &fd, &st, e))
		return false;
	return fd < 0 || unpack_walk(fd, suffix, &line, on_line, user, out_go_on, e);
}

/* Out: out_go_on false when on_line had enough */
static bool file_walk(
	const char *path, trail_on_line *on_line, void *user, bool *out_go_on, struct err *e)
{
	struct trail_line line = line_of_file(path);
	SCOPED_FREE char *text = NULL;
	size_t len = 0;

	if (!fs_read(path, TRAIL_FILE_MAX, &text, &len, e)) {
		if (e->sys_errno == ENOENT)
			return true;
		e->code = ERR_AUDIT;
		return false;
	}
	if (!trail_file_check(path, e))
		return false;
	for (size_t at = 0; at < len && *out_go_on; at += line.len + 1) {
		const char *newline = memchr(text + at, '\n', len - at);

		line.number++;
		line.raw = text + at;
		line.is_torn = newline == NULL;
		line.len = newline != NULL ? (size_t)(newline - line.raw) : len - at;
		*out_go_on = on_line(user, &line);
	}
	return true;
}

static bool rotated_walk(const char *path, const struct rotated_file *file, trail_on_line *on_line,
	void *user, bool *out_go_on, struct err *e)
{
	char name[PATH_MAX];

	if (!rotated_name(name, path, file))
		return err_set(e, ERR_AUDIT, "path too long: %s", path);
	return file->suffix[0] == '\0'
		       ? file_walk(name, on_line, user, out_go_on, e)
		       : packed_walk(name, file->suffix, on_line, user, out_go_on, e);
}

bool trail_walk(
	const char *path, size_t n_rotated, trail_on_line *on_line, void *user, struct err *e)
{
	SCOPED_CLEAR(rotated_clear) struct rotated rotated = {0};
	struct err fault = {0};
	bool go_on = true, is_fine = true;

	if (!rotated_find(path, &rotated, e))
		return false;
	for (size_t i = rotated.n < n_rotated ? rotated.n : n_rotated; i-- > 0 && go_on && is_fine;)
		is_fine = rotated_walk(path, &rotated.files[i], on_line, user, &go_on, &fault);
	if (is_fine && go_on)
		is_fine = file_walk(path, on_line, user, &go_on, &fault);
	if (!is_fine && e != NULL)
		*e = fault;
	return is_fine;
}

/* --- the tail ---------------------------------------------------------------- */

void trail_tail_clear(struct trail_tail *t)
{
	free(t->line);
	free(t->torn);
	*t = (struct trail_tail){0};
}

/* The last `want` bytes of a file, as text. */
static char *end_read(int fd, off_t size, size_t want, const char *path, struct err *e)
{
	SCOPED_FREE char *text = calloc(1, want + 1);

	if (text == NULL) {
		err_set(e, ERR_INTERNAL, "no memory for the end of %s", path);
		return NULL;
	}
	for (size_t len = 0; len < want;) {
		ssize_t n = pread(fd, text + len, want - len, size - (off_t)want + (off_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_sys(e, ERR_AUDIT, "can't read the end of %s", path);
			return NULL;
		}
		len += (size_t)n;
	}
	return MOVE_PTR(text);
}

/* false: text is only a part of the file, and the last whole line begins before it. */
static bool tail_split(const char *text, size_t len, bool is_all, struct trail_tail *out)
{
	const char *end = memrchr(text, '\n', len);
	const char *start = end != NULL ? memrchr(text, '\n', (size_t)(end - text)) : NULL;
	const char *torn = end != NULL ? end + 1 : text;

	if (start == NULL && !is_all)
		return false;
	if (end != NULL) {
		const char *line = start != NULL ? start + 1 : text;

		out->line = strndup(line, (size_t)(end - line));
	}
	out->torn_len = len - (size_t)(torn - text);
	out->torn = calloc(1, out->torn_len + 1);
	if (out->torn != NULL)
		memcpy(out->torn, torn, out->torn_len);
	return true;
}

/* Out: stays empty where the file is missing or has no bytes */
static bool file_tail(const char *path, struct trail_tail *out, struct err *e)
{
	SCOPED_CLOSE int fd = -1;
	struct stat st;

	if (!file_open(path, &fd, &st, e))
		return false;
	if (fd < 0 || st.st_size == 0)
		return true;
	for (size_t want = TAIL_STEP;; want *= 4) {
		bool is_all = (off_t)want >= st.st_size;
		size_t len = is_all ? (size_t)st.st_size : want;
		SCOPED_FREE char *text = end_read(fd, st.st_size, len, path, e);

		if (text == NULL)
			return false;
		/* two lines of ours and then some: longer ones are none of ours */
		if (tail_split(text, len, is_all || want > 4 * (size_t)TRAIL_LINE_MAX, out))
			break;
	}
	return true;
}

/* The last line of a packed file so far. */
static bool packed_tail_line(void *user, const struct trail_line *line)
{
	struct trail_tail *tail = user;
	char **kept = line->is_torn ? &tail->torn : &tail->line;

	if (line->fault != NULL)
		return true; /* its end is not known: the state will not know this one */
	free(*kept);
	*kept = calloc(1, line->len + 1);
	if (*kept != NULL)
		memcpy(*kept, line->raw, line->len);
	if (line->is_torn)
		tail->torn_len = line->len;
	return *kept != NULL;
}

static bool rotated_tail(
	const char *path, const struct rotated_file *file, struct trail_tail *out, struct err *e)
{
	bool go_on = true;

	if (!rotated_name(out->path, path, file))
		return err_set(e, ERR_AUDIT, "path too long: %s", path);
	if (file->suffix[0] == '\0')
		return file_tail(out->path, out, e);
	out->torn_is_packed = true;
	return packed_walk(out->path, file->suffix, packed_tail_line, out, &go_on, e) &&
	       (go_on || err_set(e, ERR_INTERNAL, "no memory for the end of %s", out->path));
}

bool trail_tail_read(const char *path, struct trail_tail *out, struct err *e)
{
	SCOPED_CLEAR(trail_tail_clear) struct trail_tail current = {0}, before = {0};
	SCOPED_CLEAR(rotated_clear) struct rotated rotated = {0};

	if (!file_tail(path, &current, e))
		return false;
	if (current.line == NULL && !rotated_find(path, &rotated, e))
		return false;
	if (rotated.n > 0 && !rotated_tail(path, &rotated.files[0], &before, e))
		return false;

	/* rotated away in the middle of a line: the rest of it belongs there, too */
	struct trail_tail *torn = current.torn == NULL && before.torn_len > 0 ? &before : &current;

	*out = (struct trail_tail){.torn_len = torn->torn_len,
		.torn = MOVE_PTR(torn->torn),
		.torn_is_packed = torn->torn_is_packed};
	text_copy_cut(out->path, sizeof(out->path),
		torn == &before && !torn->torn_is_packed ? before.path : path);
	out->line = current.line != NULL ? MOVE_PTR(current.line) : MOVE_PTR(before.line);
	return true;
}

/* --- the chain's end --------------------------------------------------------- */

bool trail_link_read(const char *raw, size_t len, struct trail_link *out)
{
	SCOPED(json_free) struct json *record = NULL;
	const char *prev = NULL;

	*out = (struct trail_link){0};
	if (!digest_of(raw, len, out->hash, NULL) || !json_parse(raw, len, &record, NULL))
		return false;
	prev = json_text(json_at(record, "/prev"));
	return prev != NULL && digest_is_sha256(prev, out->prev) &&
	       json_u64(json_at(record, "/seq"), &out->seq) && out->seq > 0;
}

void trail_head_clear(struct trail_head *h)
{
	free(h->line);
	*h = (struct trail_head){0};
}

/* A head whose line is not what its hash says is none: the state was meddled with or damaged. */
bool trail_head_read(struct state *s, struct trail_head *out, struct err *e)
{
	char hash[SHA256_HEX_SIZE] = "";
	uint64_t seq = 0;

	*out = (struct trail_head){0};
	if (s == NULL)
		return true;
	if (!state_head_get(s, &seq, hash, &out->line, e))
		return false;
	if (seq == 0)
		return true;
	if (!trail_link_read(out->line, strlen(out->line), &out->link) || out->link.seq != seq ||
		!text_equal(out->link.hash, hash))
		trail_head_clear(out);
	return true;
}

/* The beginning of the line, and after it nothing but the zeros that a power cut leaves. */
static bool is_beginning(const char *line, const char *torn, size_t torn_len)
{
	size_t len = torn_len > 0 ? strnlen(torn, torn_len) : 0;

	if (len > strlen(line) || (len > 0 && memcmp(line, torn, len) != 0))
		return false;
	while (len < torn_len && torn[len] == '\0')
		len++;
	return len == torn_len;
}

enum trail_end trail_end_find(const struct trail_head *head, const struct trail_link *last,
	const char *torn, size_t torn_len)
{
	const char *before = last->seq > 0 ? last->hash : trail_no_hash;

	if (head->line == NULL)
		return TRAIL_HAS_NO_HEAD;
	if (last->seq == head->link.seq && text_equal(last->hash, head->link.hash))
		return torn_len == 0 ? TRAIL_ENDS_WELL : TRAIL_IS_BROKEN;
	if (head->link.seq == last->seq + 1 && text_equal(head->link.prev, before) &&
		is_beginning(head->line, torn, torn_len))
		return TRAIL_IS_SHORT;
	return TRAIL_IS_BROKEN;
}

/* --- the chain's start ------------------------------------------------------- */

static bool start_line(void *user, const struct trail_line *line)
{
	struct trail_link link;

	if (line->fault == NULL && trail_link_read(line->raw, line->len, &link))
		*(uint64_t *)user = link.seq;
	return false;
}

bool trail_start_read(const char *path, struct state_start *out, struct err *e)
{
	SCOPED_CLEAR(rotated_clear) struct rotated rotated = {0};
	struct state_start start = {0};

	if (!rotated_find(path, &rotated, e) ||
		!trail_walk(path, SIZE_MAX, start_line, &start.begins_at_seq, e) ||
		!trail_walk(path, 0, start_line, &start.current_begins_at_seq, e))
		return false;
	if (rotated.n > 0)
		start.oldest = rotated.files[rotated.n - 1].number;
	*out = start;
	return true;
}

bool trail_start_is_explained(const struct state_start *known, const struct state_start *now)
{
	bool has_rotated = now->current_begins_at_seq != known->current_begins_at_seq;

	if (now->begins_at_seq <= 1 || now->begins_at_seq <= known->begins_at_seq)
		return true;
	if (known->begins_at_seq == 0)
		return now->oldest > 0;
	return now->oldest > 0 && now->oldest >= known->oldest && has_rotated;
}
