/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing the trail: a record becomes a line, the state learns it, the log gets it. */
#include "updaters/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <string.h>

#include "updaters/audit_trail.h"
#include "updaters/changes.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/json.h"
#include "updaters/lib/text.h"

struct audit {
	struct audit_options options;
	struct state *state;
	uint64_t seq; /* of the last record, 0 = none */
	char hash[SHA256_HEX_SIZE];
	bool is_short; /* the last line may not be in the log */
	bool has_gap;  /* found and told when it was opened */
	bool has_lost_state;
};

void audit_close(struct audit *a)
{
	free(a);
}

bool audit_is_new(const struct audit *a)
{
	return a->seq == 0;
}

bool audit_has_lost_state(const struct audit *a)
{
	return a->has_lost_state;
}

/* --- a record as a line ------------------------------------------------------ */

static void put_also(struct json_writer *w, const struct result *r)
{
	json_open(w, "also", '[');
	for (size_t i = 0; i < r->n_also; i++) {
		json_open(w, NULL, '{');
		json_put_str(w, "package", r->also[i].package);
		json_put_known(w, "from", r->also[i].from);
		json_put_known(w, "to", r->also[i].to);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void put_error(struct json_writer *w, const struct audit_record *r)
{
	const struct err *error = r->error;

	if (error == NULL && r->result != NULL && err_is_set(&r->result->error))
		error = &r->result->error;
	if (error == NULL) {
		json_put_null(w, "error");
		return;
	}
	json_open(w, "error", '{');
	json_put_str(w, "code", err_token(error->code));
	json_put_known(w, "step", step_token(r->step));
	json_put_str(w, "text", error->text);
	json_close(w, '}');
}

static void put_number(struct json_writer *w, const char *key, uint64_t n, bool is_known)
{
	if (is_known)
		json_put_u64(w, key, n);
	else
		json_put_null(w, key);
}

static bool is_timed(enum audit_event event)
{
	return event == AUDIT_RESULT || event == AUDIT_RUN_END;
}

/* The fields and their order are CONTRACT's, "Audit record". */
static void put_record(struct json_writer *w, const struct audit *a, const struct audit_record *r,
	uint64_t seq, bool with_lists)
{
	const struct audit_options *o = &a->options;
	char now[CLOCK_TEXT_MAX];

	clock_format(clock_unix_ms(), now, sizeof(now));
	json_open(w, NULL, '{');
	json_put_u64(w, "v", 1);
	json_put_str(w, "ts", now);
	json_put_str(w, "run", o->run);
	json_put_u64(w, "seq", seq);
	json_put_str(w, "event", audit_event_token(r->event));
	json_put_known(w, "name", r->name);
	json_put_known(w, "kind", r->kind);
	json_put_str(w, "outcome", r->has_outcome ? outcome_token(r->outcome) : NULL);
	json_put_known(w, "step", step_token(r->step));
	json_put_known(w, "from", r->from);
	json_put_known(w, "to", r->to);
	json_put_known(w, "url", r->url);
	json_put_known(w, "sha256", r->sha256);
	json_put_known(w, "sha256_from", digest_from_token(r->sha256_from));
	put_number(w, "size_bytes", r->size_bytes, r->size_bytes > 0);
	json_put_known(w, "license", r->license);
	if (r->result != NULL && with_lists) {
		changes_put(w, r->result);
		put_also(w, r->result);
	} else {
		json_put_null(w, "changes");
		json_put_null(w, "also");
	}
	put_number(w, "ms", r->ms, is_timed(r->event));
	put_error(w, r);
	json_put_u64(w, "uid", o->uid);
	json_put_known(w, "sudo_user", o->sudo_user);
	json_put_known(w, "verb", o->verb);
	json_put_str(w, "prev", a->seq > 0 ? a->hash : trail_no_hash);
	json_close(w, '}');
}

static bool line_make(
	const struct audit *a, const struct audit_record *r, struct buf *line, struct err *e)
{
	struct json_writer w;

	json_writer_init(&w, line);
	put_record(&w, a, r, a->seq + 1, true);
	if (!line->is_full)
		return true;
	buf_reset(line);
	json_writer_init(&w, line);
	put_record(&w, a, r, a->seq + 1, false);
	return !line->is_full ||
	       err_set(e, ERR_AUDIT, "an audit record longer than %d bytes", (int)TRAIL_LINE_MAX);
}

/* --- into the log ------------------------------------------------------------ */

/* An empty file gets its owner and mode also where it was there: a cut may have come in between. */
static bool log_give(const struct audit *a, int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, ERR_AUDIT, "can't look at %s", path);
	if (st.st_size > 0)
		return true;
	if (fchmod(fd, 0640) < 0 ||
		(a->options.gid != (gid_t)-1 && fchown(fd, (uid_t)-1, a->options.gid) < 0))
		return err_sys(e, ERR_AUDIT, "can't set owner and mode of %s", path);
	return true;
}

static bool log_open(const struct audit *a, const char *path, int *out_fd, struct err *e)
{
	const int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
	SCOPED_CLOSE int fd = open(path, flags);

	if (fd < 0 && errno == ENOENT)
		fd = open(path, flags | O_CREAT | O_EXCL, 0640);
	if (fd < 0)
		return trail_open_failed(path, e);
	if (!trail_file_check(path, e) || !log_give(a, fd, path, e))
		return false;
	*out_fd = MOVE_FD(fd);
	return true;
}

static bool log_sync(int fd, const char *path, bool is_new, struct err *e)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (fsync(fd) < 0)
		return err_sys(e, ERR_AUDIT, "can't sync %s", path);
	if (!is_new || slash == NULL)
		return true;
	return text_copy_n(folder, sizeof(folder), path, (size_t)(slash - path) + 1) &&
	       fs_sync_folder(folder, e);
}

/* Does the log end inside a line? Then a line of ours must not be glued to it. */
static bool ends_inside_line(int fd, off_t size)
{
	char last = '\n';

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

/*
 * One write for the whole line; what a full disk cut off is healed later.
 *
 * Out:   out_is_new   it is the file's first
 */
static bool log_append(const struct audit *a, const char *line, bool *out_is_new, struct err *e)
{
	const char *path = a->options.path;
	SCOPED_CLEAR(buf_clear) struct buf bytes = {0};
	SCOPED_CLOSE int fd = -1;
	struct stat st;

	if (!log_open(a, path, &fd, e))
		return false;
	if (fstat(fd, &st) < 0)
		return err_sys(e, ERR_AUDIT, "can't look at %s", path);
	buf_init(&bytes, TRAIL_LINE_MAX + 2);
	if (ends_inside_line(fd, st.st_size))
		buf_puts(&bytes, "\n");
	buf_puts(&bytes, line);
	buf_puts(&bytes, "\n");
	if (bytes.is_full)
		return err_set(e, ERR_AUDIT, "an audit record that is too long");
	if (!fs_write_all(fd, bytes.data, bytes.len, path, e)) {
		if (e != NULL && e->code == ERR_STATE)
			e->code = ERR_AUDIT;
		return false;
	}
	*out_is_new = st.st_size == 0;
	return log_sync(fd, path, *out_is_new, e);
}

/* The rest of the line that the state knows, behind what of it is there; all of it where that part
 * was compressed. */
static bool log_mend(
	const struct audit *a, const struct trail_tail *tail, const char *line, struct err *e)
{
	size_t torn_len = tail->torn_is_packed ? 0 : tail->torn_len;
	size_t there = torn_len > 0 ? strnlen(tail->torn, torn_len) : 0;
	SCOPED_CLEAR(buf_clear) struct buf bytes = {0};
	SCOPED_CLOSE int fd = -1;
	struct stat st;

	if (!log_open(a, tail->path, &fd, e))
		return false;
	if (fstat(fd, &st) < 0)
		return err_sys(e, ERR_AUDIT, "can't look at %s", tail->path);
	/* zeros that a power cut left behind the torn line */
	if (there < torn_len && ftruncate(fd, st.st_size - (off_t)(torn_len - there)) < 0)
		return err_sys(e, ERR_AUDIT, "can't cut the zeros off %s", tail->path);
	buf_init(&bytes, TRAIL_LINE_MAX + 1);
	buf_puts(&bytes, line + there);
	buf_puts(&bytes, "\n");
	return fs_write_all(fd, bytes.data, bytes.len, tail->path, e) &&
	       log_sync(fd, tail->path, st.st_size == 0, e);
}

/* --- where the chain stands -------------------------------------------------- */

static void stand_at(struct audit *a, const struct trail_link *link)
{
	a->seq = link->seq;
	text_copy_cut(a->hash, sizeof(a->hash), link->hash);
}

/*
 * Compare log and state, mend what is short. Out: out_found says what was not as it should be, ""
 * = all well; out_outcome whether that was mended.
 */
static bool audit_heal(
	struct audit *a, struct err *out_found, enum outcome *out_outcome, struct err *e)
{
	SCOPED_CLEAR(trail_tail_clear) struct trail_tail tail = {0};
	SCOPED_CLEAR(trail_head_clear) struct trail_head head = {0};
	struct trail_link last = {0};

	if (!trail_head_read(a->state, &head, e) || !trail_tail_read(a->options.path, &tail, e))
		return false;
	if (tail.line != NULL)
		(void)trail_link_read(tail.line, strlen(tail.line), &last);
	stand_at(a, head.line != NULL ? &head.link : &last);
	switch (trail_end_find(&head, &last, tail.torn, tail.torn_len)) {
	case TRAIL_ENDS_WELL: return true;
	case TRAIL_IS_SHORT:
		err_set(out_found, ERR_AUDIT,
			"record %" PRIu64 " had not reached the log and was written now",
			head.link.seq);
		*out_outcome = OUTCOME_REPAIRED;
		return log_mend(a, &tail, head.line, e);
	case TRAIL_HAS_NO_HEAD:
		a->has_lost_state = tail.line != NULL || tail.torn_len > 0;
		if (a->has_lost_state)
			err_set(out_found, ERR_STATE,
				"the state knew nothing of this log: its holds, skips, licences "
				"and digests are lost; the log goes on from record %" PRIu64,
				last.seq);
		return true;
	case TRAIL_IS_BROKEN: break;
	}
	a->has_gap = true;
	err_set(out_found, ERR_AUDIT,
		"the log ended with record %" PRIu64 ", the state knows record %" PRIu64
		": records were cut off, changed or added",
		last.seq, head.link.seq);
	return true;
}

static bool start_is_same(const struct state_start *a, const struct state_start *b)
{
	return a->begins_at_seq == b->begins_at_seq && a->oldest == b->oldest &&
	       a->current_begins_at_seq == b->current_begins_at_seq;
}

/*
 * Let the state know how the trail's files begin. What no rotation explains is put on record first:
 * the state must not forget it before the chain tells it.
 *
 * Out:   out_is_explained   false: the state was left as it is
 */
static bool start_note(struct audit *a, bool is_told, bool *out_is_explained,
	struct state_start *out_now, struct err *e)
{
	struct state_start known = {0};

	if (!state_start_get(a->state, &known, e) || !trail_start_read(a->options.path, out_now, e))
		return false;
	*out_is_explained = is_told || trail_start_is_explained(&known, out_now);
	if (!*out_is_explained || start_is_same(&known, out_now))
		return true;
	return state_start_put(a->state, out_now, e);
}

static bool audit_append(struct audit *a, const struct audit_record *r, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf line = {0};
	struct trail_link link = {.seq = a->seq + 1};
	struct state_start now = {0};
	bool is_new = false, is_explained = false;

	buf_init(&line, TRAIL_LINE_MAX);
	if (!line_make(a, r, &line, e) || !digest_of(line.data, line.len, link.hash, e) ||
		!state_head_put(a->state, link.seq, link.hash, buf_str(&line), e))
		return false;
	stand_at(a, &link);
	a->is_short = true;
	if (!log_append(a, buf_str(&line), &is_new, e))
		return false;
	a->is_short = false;
	return !is_new || start_note(a, false, &is_explained, &now, e);
}

static bool audit_remark(
	struct audit *a, const struct err *found, enum outcome outcome, struct err *e)
{
	struct audit_record remark = {
		.event = AUDIT_RESULT, .has_outcome = true, .outcome = outcome, .error = found};

	return audit_append(a, &remark, e);
}

static bool audit_settle(struct audit *a, struct err *e)
{
	enum outcome outcome = OUTCOME_FAILED;
	struct err found = {0};

	if (!audit_heal(a, &found, &outcome, e))
		return false;
	a->is_short = false;
	return !err_is_set(&found) || audit_remark(a, &found, outcome, e);
}

static bool audit_settle_start(struct audit *a, struct err *e)
{
	struct state_start now = {0};
	struct err found = {0};
	bool is_explained = false;

	if (!start_note(a, a->has_gap, &is_explained, &now, e) || is_explained)
		return is_explained;
	err_set(&found, ERR_AUDIT,
		"the log begins with record %" PRIu64
		": records before it are gone, and no rotation took them",
		now.begins_at_seq);
	return audit_remark(a, &found, OUTCOME_FAILED, e) &&
	       start_note(a, true, &is_explained, &now, e);
}

bool audit_write(struct audit *a, const struct audit_record *r, struct err *e)
{
	if (a->is_short && !audit_settle(a, e))
		return false;
	return audit_append(a, r, e);
}

bool audit_open(
	const struct audit_options *o, struct state *state, struct audit **out, struct err *e)
{
	SCOPED(audit_close) struct audit *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for the audit trail");
	a->options = *o;
	a->state = state;
	if (!audit_settle(a, e) || !audit_settle_start(a, e))
		return false;
	*out = MOVE_PTR(a);
	return true;
}
