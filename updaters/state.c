/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The database itself: opening, setting aside, transactions, asking. Rows are state_rows.c's. */
#include "updaters/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/text.h"
#include "updaters/state_query.h"

/* How long to wait for another process that is just writing. */
enum { BUSY_MS = 5000, BUSY_READ_ONLY_MS = 1000 };

struct state {
	sqlite3 *db; /* NULL: nothing is known (read-only, and missing or faulty) */
	sqlite3_stmt *asked[STATE_N_ASKS];
	bool read_only;
	bool is_older; /* read-only, and not yet written by this version: newer tables are missing
			*/
	char path[PATH_MAX];
	char fault[ERR_TEXT_MAX]; /* the first one, read-only */
};

#define STATE_SQL(code, sql) [ASK_##code] = sql,
static const char *const sql_texts[STATE_N_ASKS] = {STATE_QUERIES(STATE_SQL)};
#undef STATE_SQL

static void db_close(struct state *s)
{
	for (size_t i = 0; i < STATE_N_ASKS; i++) {
		sqlite3_finalize(s->asked[i]);
		s->asked[i] = NULL;
	}
	sqlite3_close(s->db);
	s->db = NULL;
}

void state_close(struct state *s)
{
	if (s == NULL)
		return;
	db_close(s);
	free(s);
}

const char *state_fault(const struct state *s)
{
	return s->fault;
}

bool state_is_busy(const struct state *s)
{
	return s->db != NULL && sqlite3_get_autocommit(s->db) == 0;
}

bool state_is_read_only(const struct state *s)
{
	return s->read_only;
}

/* SQLite knows a full disk, and takes a quota that is used up for a disk that is broken. */
static enum err_code db_code(const struct state *s, int code)
{
	bool is_quota = code == SQLITE_IOERR && sqlite3_system_errno(s->db) == EDQUOT;

	return code == SQLITE_FULL || is_quota ? ERR_SPACE : ERR_STATE;
}

/* What SQLite says, and what to do where somebody else is in the way. */
static void db_why(const struct state *s, int code, char *out, size_t out_size)
{
	if (code == SQLITE_BUSY)
		snprintf(out, out_size,
			"another program has it locked, after %d s still: 'sudo fuser -v "
			"%.128s' shows which",
			(s->read_only ? BUSY_READ_ONLY_MS : BUSY_MS) / 1000, s->path);
	else if (code == SQLITE_IOERR && db_code(s, code) == ERR_SPACE)
		text_copy_cut(out, out_size, strerror(EDQUOT));
	else if (code == SQLITE_READONLY)
		text_copy_cut(out, out_size,
			"a change of it was cut off, which the next run that may write it takes "
			"back");
	else
		text_copy_cut(out, out_size, sqlite3_errstr(code));
}

/* --- opening ----------------------------------------------------------------- */

static bool ask_number(sqlite3 *db, const char *sql, int64_t *out, int *out_code)
{
	sqlite3_stmt *statement = NULL;

	*out_code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	if (*out_code == SQLITE_OK)
		*out_code = sqlite3_step(statement);

	bool has_row = *out_code == SQLITE_ROW;

	if (has_row)
		*out = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return has_row;
}

enum fitness { FIT, OLDER, EMPTY, UNFIT, NEWER, CUT_OFF, UNREADABLE };

/* Is it ours? Out: out_why, where it is not. */
static enum fitness db_look(const struct state *s, char *out_why, size_t why_size)
{
	int64_t version = 0, n_tables = 0;
	int code = SQLITE_OK;

	if (!ask_number(s->db, "pragma user_version", &version, &code) ||
		!ask_number(s->db, "select count(*) from sqlite_schema", &n_tables, &code)) {
		db_why(s, code, out_why, why_size);
		if (code == SQLITE_READONLY)
			return CUT_OFF;
		return code == SQLITE_NOTADB || code == SQLITE_CORRUPT ? UNFIT : UNREADABLE;
	}
	if (version == 0 && n_tables == 0)
		return EMPTY;
	if (version == STATE_SCHEMA_VERSION && n_tables > 0)
		return FIT;
	if (version > 0 && version < STATE_SCHEMA_VERSION && n_tables > 0)
		return OLDER;
	snprintf(out_why, why_size, "its schema is version %lld, this devupd writes %d",
		(long long)version, STATE_SCHEMA_VERSION);
	return version > STATE_SCHEMA_VERSION ? NEWER : UNFIT;
}

static bool db_open(struct state *s, struct err *e)
{
	int flags = s->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;

	if (sqlite3_open_v2(s->path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		err_set(e, ERR_STATE, "can't open %s: %s", s->path, sqlite3_errmsg(s->db));
		db_close(s);
		return false;
	}
	sqlite3_extended_result_codes(s->db, 0);
	sqlite3_busy_timeout(s->db, s->read_only ? BUSY_READ_ONLY_MS : BUSY_MS);
	return true;
}

/* The file is made here and not by SQLite: readable by all, whatever root's umask says. */
static bool file_make(const char *path, struct err *e)
{
	SCOPED_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return errno == EEXIST || err_sys(e, ERR_STATE, "can't make %s", path);
	if (fchmod(fd, 0644) < 0)
		return err_sys(e, ERR_STATE, "can't set the mode of %s", path);
	return true;
}

static bool db_run(struct state *s, const char *sql, struct err *e)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	return err_set(e, db_code(s, sqlite3_errcode(s->db)),
		"can't bring %s to schema version %d: %s", s->path, STATE_SCHEMA_VERSION,
		sqlite3_errmsg(s->db));
}

/*
 * An older state keeps all that it holds, and gets what later versions have more; an empty one gets
 * everything. Which it is is asked under the lock: another process may be just about the same. What
 * fails half-way is forgotten when the state is closed.
 */
static bool db_bring_up(struct state *s, struct err *e)
{
	static const char *const steps[STATE_SCHEMA_VERSION + 1] = {
		[1] = STATE_SCHEMA_1, [3] = STATE_SCHEMA_3, [4] = STATE_SCHEMA_4};
	int64_t version = 0;
	int code = SQLITE_OK;
	char end[64];

	if (!db_run(s, "begin exclusive", e))
		return false;
	if (!ask_number(s->db, "pragma user_version", &version, &code))
		return err_set(e, ERR_STATE, "can't read %s: %s", s->path, sqlite3_errstr(code));
	for (int64_t i = version + 1; i < (int64_t)ARRAY_SIZE(steps); i++) {
		if (steps[i] != NULL && !db_run(s, steps[i], e))
			return false;
	}
	snprintf(end, sizeof(end), "pragma user_version = %d; commit", STATE_SCHEMA_VERSION);
	return db_run(s, end, e);
}

/* Out of the way, with a date; its journal belongs to it and must not meet the new one. */
static bool set_aside(
	struct state *s, const char *why, char *out_note, size_t note_size, struct err *e)
{
	char date[CLOCK_TEXT_MAX], journal[PATH_MAX + 16], aside[PATH_MAX + 64];

	clock_format(clock_unix_ms(), date, sizeof(date));
	snprintf(journal, sizeof(journal), "%s-journal", s->path);
	snprintf(aside, sizeof(aside), "%s.%s", s->path, date);
	if (rename(s->path, aside) < 0)
		return err_sys(e, ERR_STATE, "can't rename %s to %s", s->path, aside);
	if (unlink(journal) < 0 && errno != ENOENT)
		return err_sys(e, ERR_STATE, "can't remove %s", journal);
	snprintf(out_note, note_size, "%.300s can't be used (%.200s): kept as %.360s, begun anew",
		s->path, why, aside);
	return true;
}

/* Root believes nothing that somebody else wrote. Out: out_why, "" = it may be opened */
static void file_judge(const char *path, char *out_why, size_t why_size)
{
	struct err e = {0};
	struct stat st;

	out_why[0] = '\0';
	if (geteuid() != 0 || (lstat(path, &st) < 0 && errno == ENOENT))
		return;
	if (!fs_check_trusted_itself(path, ERR_STATE, &e))
		text_copy_cut(out_why, why_size, e.text);
}

/* A folder that others may write is nothing to begin anew in. */
static bool folder_check(const char *path, struct err *e)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (geteuid() != 0 || slash == NULL || slash == path ||
		!text_copy_n(folder, sizeof(folder), path, (size_t)(slash - path)) ||
		(lstat(folder, &st) < 0 && errno == ENOENT))
		return true;
	return fs_check_trusted_itself(folder, ERR_STATE, e);
}

static bool open_to_write(struct state *s, char *out_note, size_t note_size, struct err *e)
{
	char why[256] = "";

	/* twice: the second time after the unfit one was set aside */
	for (int i = 0; i < 2; i++) {
		file_judge(s->path, why, sizeof(why));
		if (why[0] != '\0') {
			if (!set_aside(s, why, out_note, note_size, e))
				return false;
			continue;
		}
		if (!file_make(s->path, e) || !db_open(s, e))
			return false;

		enum fitness fitness = db_look(s, why, sizeof(why));

		if (fitness == FIT)
			return true;
		if (fitness == OLDER || fitness == EMPTY)
			return db_bring_up(s, e);
		if (fitness == UNREADABLE)
			break;
		if (fitness == NEWER)
			return err_set(e, ERR_STATE,
				"this devupd is older than %s (%s): install the newer one again, "
				"or move the file away to begin anew",
				s->path, why);
		db_close(s);
		if (!set_aside(s, why, out_note, note_size, e))
			return false;
	}
	return err_set(e, ERR_STATE, "can't read %s: %s", s->path, why);
}

/*
 * A kill or a power cut has left a change half-way: SQLite takes it back by the journal as soon as
 * somebody opens the file who may write it. A look would know nothing otherwise.
 */
static bool db_take_back(struct state *s)
{
	int64_t ignored = 0;
	int code = SQLITE_OK;

	if (access(s->path, W_OK) < 0)
		return false;
	db_close(s);
	s->read_only = false;

	bool is_well =
		db_open(s, NULL) && ask_number(s->db, "pragma user_version", &ignored, &code);

	db_close(s);
	s->read_only = true;
	return db_open(s, NULL) && is_well;
}

/* Any fault: nothing is known, and the note says why. */
static void open_to_read(struct state *s)
{
	struct err fault = {0};
	char why[256] = "";
	struct stat st;

	if (stat(s->path, &st) < 0 && errno == ENOENT)
		return;
	file_judge(s->path, s->fault, sizeof(s->fault));
	if (s->fault[0] != '\0')
		return;
	if (!folder_check(s->path, &fault) || !db_open(s, &fault)) {
		text_copy_cut(s->fault, sizeof(s->fault), fault.text);
		return;
	}

	enum fitness fitness = db_look(s, why, sizeof(why));

	if (fitness == CUT_OFF && db_take_back(s))
		fitness = db_look(s, why, sizeof(why));
	s->is_older = fitness == OLDER;
	if (fitness == FIT || fitness == OLDER)
		return;
	if (fitness != EMPTY)
		snprintf(s->fault, sizeof(s->fault), "can't read %.512s: %s", s->path, why);
	db_close(s);
}

/*
 * The audit's head must outlive a power cut that comes after its line was written: TRUNCATE with
 * FULL syncs the emptied journal, too, where DELETE would leave its removal to chance.
 */
static bool db_tune(struct state *s, struct err *e)
{
	const char *sql = "pragma journal_mode = truncate; pragma synchronous = full;";

	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return err_set(e, ERR_STATE, "can't set up %s: %s", s->path, sqlite3_errmsg(s->db));
	return true;
}

bool state_open(const char *path, bool read_only, struct state **out, char *out_note,
	size_t note_size, struct err *e)
{
	SCOPED(state_close) struct state *s = calloc(1, sizeof(*s));
	char note[ERR_TEXT_MAX] = "";

	if (s == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for the state");
	if (!text_copy(s->path, sizeof(s->path), path))
		return err_set(e, ERR_STATE, "path too long: %s", path);
	s->read_only = read_only;
	if (read_only) {
		open_to_read(s);
		text_copy_cut(note, sizeof(note), s->fault);
	} else if (!folder_check(s->path, e) || !open_to_write(s, note, sizeof(note), e) ||
		   !db_tune(s, e)) {
		return false;
	}
	text_copy_cut(out_note, note_size, note);
	*out = MOVE_PTR(s);
	return true;
}

/* --- asking ------------------------------------------------------------------ */

static void query_note(struct query *q, int code)
{
	if (q->fault == SQLITE_OK && code != SQLITE_OK)
		q->fault = code;
}

static sqlite3_stmt *query_statement(const struct query *q)
{
	return q->state->asked[q->ask];
}

struct query query_start(struct state *s, enum state_ask ask)
{
	struct query q = {.state = s, .ask = ask};

	if (s->db != NULL && s->asked[ask] == NULL)
		q.fault = sqlite3_prepare_v3(
			s->db, sql_texts[ask], -1, SQLITE_PREPARE_PERSISTENT, &s->asked[ask], NULL);
	if (s->is_older && s->asked[ask] == NULL)
		q.fault = SQLITE_OK; /* a table that is not there yet holds nothing */
	return q;
}

/* Nothing more is asked of a statement that could not be made, or that has failed. */
static bool query_is_live(const struct query *q)
{
	return q->fault == SQLITE_OK && query_statement(q) != NULL;
}

void query_put_text(struct query *q, const char *text)
{
	if (query_is_live(q))
		query_note(q, sqlite3_bind_text(
				      query_statement(q), ++q->n_put, text, -1, SQLITE_TRANSIENT));
}

void query_put_int(struct query *q, int64_t n)
{
	if (query_is_live(q))
		query_note(q, sqlite3_bind_int64(query_statement(q), ++q->n_put, n));
}

void query_put_bytes(struct query *q, const void *bytes, size_t len)
{
	if (query_is_live(q))
		query_note(q, sqlite3_bind_blob64(query_statement(q), ++q->n_put,
				      len > 0 ? bytes : "", len, SQLITE_TRANSIENT));
}

bool query_next(struct query *q)
{
	if (!query_is_live(q))
		return false;

	int code = sqlite3_step(query_statement(q));

	if (code != SQLITE_ROW && code != SQLITE_DONE)
		query_note(q, code);
	return code == SQLITE_ROW;
}

void query_text(struct query *q, int column, char *out, size_t out_size)
{
	const unsigned char *text = sqlite3_column_text(query_statement(q), column);

	if (text == NULL || !text_copy(out, out_size, (const char *)text))
		query_note(q, SQLITE_TOOBIG);
}

int64_t query_int(struct query *q, int column)
{
	return sqlite3_column_int64(query_statement(q), column);
}

const void *query_bytes(struct query *q, int column, size_t *out_len)
{
	const void *bytes = sqlite3_column_blob(query_statement(q), column);

	*out_len = (size_t)sqlite3_column_bytes(query_statement(q), column);
	return bytes;
}

void query_refuse(struct query *q)
{
	query_note(q, SQLITE_CORRUPT);
}

static void query_tell(const struct query *q, struct err *e)
{
	const struct state *s = q->state;
	enum err_code code = db_code(s, q->fault);
	bool may_be_damaged = code == ERR_STATE && q->fault != SQLITE_BUSY;
	char why[256];

	db_why(s, q->fault, why, sizeof(why));
	err_set(e, code, "can't use %s: %s%s", s->path, why,
		may_be_damaged ? "; where it is damaged, move it away and devupd begins anew" : "");
}

bool query_end(struct query *q, bool *out_is_known, struct err *e)
{
	struct state *s = q->state;
	struct err fault = {0};

	if (query_statement(q) != NULL) {
		sqlite3_reset(query_statement(q));
		sqlite3_clear_bindings(query_statement(q));
	}
	if (out_is_known != NULL)
		*out_is_known = q->fault == SQLITE_OK && s->db != NULL;
	if (q->fault == SQLITE_OK)
		return true;
	query_tell(q, &fault);
	if (s->read_only && s->fault[0] == '\0')
		text_copy_cut(s->fault, sizeof(s->fault), fault.text);
	if (!s->read_only && e != NULL)
		*e = fault;
	return s->read_only;
}

bool query_run(struct query *q, bool *out_changed, struct err *e)
{
	struct state *s = q->state;

	if (s->read_only)
		return query_end(q, NULL, e) &&
		       err_set(e, ERR_STATE, "%s is open for reading only", s->path);
	while (query_next(q))
		;

	bool has_changed = sqlite3_changes(s->db) > 0;

	if (!query_end(q, NULL, e))
		return false;
	if (out_changed != NULL)
		*out_changed = has_changed;
	return true;
}

bool state_begin(struct state *s, struct err *e)
{
	if (state_is_busy(s))
		return err_set(e, ERR_INTERNAL, "a transaction of the state inside another");

	struct query q = query_start(s, ASK_BEGIN);

	return query_run(&q, NULL, e);
}

bool state_commit(struct state *s, struct err *e)
{
	struct query q = query_start(s, ASK_COMMIT);

	return query_run(&q, NULL, e);
}

void state_rollback(struct state *s)
{
	if (state_is_busy(s))
		sqlite3_exec(s->db, "rollback", NULL, NULL, NULL);
}
