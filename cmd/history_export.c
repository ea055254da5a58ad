/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history --export: the records byte for byte as the log has them, between two lines of our own
 * that say where the chain begins and ends.
 */
#include <string.h>

#include "cmd/history.h"
#include "config/caller.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/digest.h"

enum { HEAD_MAX = 8192 };

struct export
{
	const struct paths *place;
	struct history_filter filter;
	bool is_begun;
	uint64_t n_records, last_seq;
	char last_hash[SHA256_HEX_SIZE];
	struct err fault; /* a hash that could not be made */
};

/* --- the lines around it ----------------------------------------------------- */

static void head_print(struct buf *line)
{
	puts(buf_str(line));
	buf_clear(line);
}

static void put_by(struct json_writer *w)
{
	char caller[CALLER_NAME_SIZE];
	struct audit_line me = {.event = AUDIT_RESULT, .uid = getuid()};
	char by[64];

	if (caller_find(caller, sizeof(caller)))
		text_copy_cut(me.sudo_user, sizeof(me.sudo_user), caller);
	history_by(&me, by, sizeof(by));
	json_put_str(w, "by", by);
}

/* first: the trail's first record, NULL = it has none. */
static void export_begin(struct export *x, const struct audit_line *first)
{
	SCOPED(json_free) struct json *record = NULL;
	struct err ignored = {0};
	char host[256] = "", now[CLOCK_TEXT_MAX];
	struct json_writer w;
	struct buf line;

	x->is_begun = true;
	buf_init(&line, HEAD_MAX);
	json_writer_init(&w, &line);
	json_open(&w, NULL, '{');
	json_put_str(&w, "export", "devupd/1");
	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	json_put_known(&w, "host", host);
	json_put_str(&w, "file", x->place->audit_log);
	clock_format(clock_unix_ms(), now, sizeof(now));
	json_put_str(&w, "exported", now);
	put_by(&w);
	if (first != NULL && first->seq > 0 &&
		json_parse(first->raw, first->raw_len, &record, &ignored)) {
		json_put_u64(&w, "begins_at", first->seq);
		json_put_known(&w, "prev", json_text(json_at(record, "/prev")));
	} else {
		json_put_null(&w, "begins_at");
		json_put_null(&w, "prev");
	}
	json_close(&w, '}');
	head_print(&line);
}

static void put_link(struct json_writer *w, const char *key, uint64_t seq, const char *hash)
{
	if (seq == 0) {
		json_put_null(w, key);
		return;
	}
	json_open(w, key, '{');
	json_put_u64(w, "seq", seq);
	json_put_str(w, "sha256", hash);
	json_close(w, '}');
}

static void export_end(const struct export *x)
{
	SCOPED(state_close) struct state *state = NULL;
	SCOPED_FREE char *head_line = NULL;
	char note[256], anchor[SHA256_HEX_SIZE] = "";
	uint64_t anchor_seq = 0;
	struct err ignored = {0};
	struct json_writer w;
	struct buf line;

	if (!state_open(x->place->state_db, true, &state, note, sizeof(note), &ignored) ||
		!state_head_get(state, &anchor_seq, anchor, &head_line, &ignored))
		anchor_seq = 0;
	buf_init(&line, HEAD_MAX);
	json_writer_init(&w, &line);
	json_open(&w, NULL, '{');
	put_link(&w, "head", x->last_seq, x->last_hash);
	put_link(&w, "anchor", anchor_seq, anchor);
	json_put_bool(&w, "anchored",
		anchor_seq > 0 && anchor_seq == x->last_seq && text_equal(anchor, x->last_hash));
	json_put_u64(&w, "records", x->n_records);
	json_put_bool(&w, "filtered", !history_filter_is_all(&x->filter));
	json_close(&w, '}');
	head_print(&line);
}

/* --- what is between --------------------------------------------------------- */

static bool export_on_line(void *user, const struct audit_line *line)
{
	struct export *x = user;

	if (!x->is_begun)
		export_begin(x, line);
	x->last_seq = line->seq;
	if (!digest_of(line->raw, line->raw_len, x->last_hash, &x->fault))
		return false;
	if (!history_filter_takes(&x->filter, line))
		return true;
	x->n_records++;
	fwrite(line->raw, 1, line->raw_len, stdout);
	putchar('\n');
	return true;
}

bool history_export(const struct options *o, struct err *e)
{
	struct history_filter filter;
	struct paths places[2];
	size_t n = history_places(places);

	if (!history_filter_read(o, &filter, e) ||
		(o->run_id != NULL && !history_find_run(o->run_id, filter.run, e)))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct export x = {.place = &places[i], .filter = filter};

		/* a person who never did anything has no trail */
		if (!places[i].is_root && access(places[i].audit_log, F_OK) != 0)
			continue;
		if (!history_read(&places[i], export_on_line, &x, e))
			return false;
		if (err_is_set(&x.fault)) {
			*e = x.fault;
			return false;
		}
		if (!x.is_begun)
			export_begin(&x, NULL);
		export_end(&x);
	}
	return true;
}
