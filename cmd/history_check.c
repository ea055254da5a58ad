/* SPDX-License-Identifier: GPL-3.0-or-later */
/* history --verify: does the chain hold, and what does that prove? */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "cmd/history.h"
#include "cmd/report.h"
#include "config/paths.h"
#include "updaters/audit.h"
#include "updaters/lib/json.h"
#include "updaters/lib/log.h"
#include "updaters/verdict.h"

static int check_fail(const struct options *o, const char *path, struct err *e)
{
	if (e->sys_errno == EACCES)
		err_set(e, e->code, "%s is for root and group adm: sudo devupd history --verify",
			path);
	return report_fail("history", o, e);
}

static void verdict_print(const char *path, const struct audit_verdict *v)
{
	printf("%s: %" PRIu64 " records, the chain holds%s\n", path, v->n_records,
		v->is_one_short ? "; the last record is missing, the next run heals it" : "");
	if (v->begins_at_seq > 1)
		printf("begins at %" PRIu64 ": what came before was rotated away\n",
			v->begins_at_seq);
	if (v->state_lost_at_seq > 0)
		printf("the state was begun anew at record %" PRIu64
		       ": whether records before it were cut off can't be told\n",
			v->state_lost_at_seq);
	if (v->has_no_head)
		puts("the state does not know this log: whether its end was cut off can't be told");
}

static void verdict_write(const char *path, const struct audit_verdict *v, struct buf *body)
{
	struct json_writer w;

	json_writer_init(&w, body);
	json_put_str(&w, "file", path);
	json_put_bool(&w, "sound", v->is_sound);
	json_put_u64(&w, "records", v->n_records);
	json_put_u64(&w, "begins_at", v->begins_at_seq);
	json_put_bool(&w, "one_short", v->is_one_short);
	json_put_bool(&w, "anchored", !v->has_no_head);
	if (v->state_lost_at_seq > 0)
		json_put_u64(&w, "state_lost_at", v->state_lost_at_seq);
	else
		json_put_null(&w, "state_lost_at");
	json_put_known(&w, "trouble", v->trouble);
}

static int verdict_tell(const struct options *o, const char *path, const struct audit_verdict *v)
{
	int code = v->is_sound ? EXIT_DONE : EXIT_FAILED;
	SCOPED_CLEAR(buf_clear) struct buf body = {0};

	if (o->json) {
		buf_init(&body, 16 << 10);
		verdict_write(path, v, &body);
		report_own_document("history", o, code, NULL, buf_str(&body), stdout);
	} else if (v->is_sound) {
		verdict_print(path, v);
	} else {
		log_error("%s is not what was written: %s", path, v->trouble);
	}
	return code;
}

static bool is_missing(const char *path)
{
	return access(path, F_OK) < 0 && errno == ENOENT;
}

/*
 * Root's chain; one's own only where root has none. A state without a log is no absence: it knows
 * what the log must hold.
 */
int history_check(const struct options *o)
{
	SCOPED(state_close) struct state *state = NULL;
	struct audit_verdict verdict = {0};
	struct paths paths;
	struct err e = {0};
	char note[256] = "";

	paths_of_root(&paths);
	if (geteuid() != 0 && is_missing(paths.audit_log) && is_missing(paths.state_db) &&
		!paths_of_person(&paths, &e))
		return check_fail(o, paths.audit_log, &e);
	if (!state_open(paths.state_db, true, &state, note, sizeof(note), &e) ||
		!audit_verify(paths.audit_log, state, &verdict, &e))
		return check_fail(o, paths.audit_log, &e);
	if (note[0] != '\0')
		log_note("%s", note);
	return verdict_tell(o, paths.audit_log, &verdict);
}
