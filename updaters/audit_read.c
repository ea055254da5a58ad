/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the trail back: lines for people, intents left open, and whether the chain holds. */
#include "updaters/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "updaters/audit_trail.h"
#include "updaters/lib/json.h"
#include "updaters/lib/log.h"
#include "updaters/lib/text.h"

enum { INTENTS_MAX = 4096 };

/* --- lines ------------------------------------------------------------------- */

static void line_read(const struct trail_line *raw, struct audit_line *out)
{
	SCOPED(json_free) struct json *record = NULL;
	const struct {
		const char *pointer;
		char *text;
		size_t size;
	} fields[] = {
#define FIELD(pointer, member) {pointer, out->member, sizeof(out->member)}
		FIELD("/ts", ts),
		FIELD("/run", run),
		FIELD("/name", name),
		FIELD("/kind", kind),
		FIELD("/outcome", outcome),
		FIELD("/step", step),
		FIELD("/from", from),
		FIELD("/to", to),
		FIELD("/verb", verb),
		FIELD("/sudo_user", sudo_user),
		FIELD("/sha256", sha256),
		FIELD("/license", license),
		FIELD("/changes/0/to", change_to),
		FIELD("/changes/1/from", by),
		FIELD("/changes/1/to", command),
		FIELD("/error/code", error_code),
		FIELD("/error/text", error_text),
#undef FIELD
	};
	uint64_t uid = 0;

	*out = (struct audit_line){.event = AUDIT_N_EVENTS, .raw = raw->raw, .raw_len = raw->len};
	if (!json_parse(raw->raw, raw->len, &record, NULL))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *text = json_text(json_at(record, fields[i].pointer));

		text_copy_cut(fields[i].text, fields[i].size, text != NULL ? text : "");
	}
	json_u64(json_at(record, "/seq"), &out->seq);
	json_u64(json_at(record, "/uid"), &uid);
	out->uid = (uint32_t)uid;
	for (enum audit_event event = 0; event < AUDIT_N_EVENTS; event++) {
		if (text_equal(json_text(json_at(record, "/event")), audit_event_token(event)))
			out->event = event;
	}
}

struct each {
	bool (*on_line)(void *user, const struct audit_line *line);
	void *user;
};

static bool each_line(void *user, const struct trail_line *raw)
{
	const struct each *each = user;
	struct audit_line line;

	if (raw->fault != NULL) {
		log_note("%s:%zu: %s", raw->file, raw->number, raw->fault);
		return true;
	}
	line_read(raw, &line);
	return each->on_line(each->user, &line);
}

bool audit_each(const char *path, bool (*on_line)(void *user, const struct audit_line *line),
	void *user, struct err *e)
{
	struct each each = {.on_line = on_line, .user = user};

	return trail_walk(path, SIZE_MAX, each_line, &each, e);
}

/* --- intents left open ------------------------------------------------------- */

struct intents {
	struct audit_intent *items;
	size_t n;
};

static void intents_clear(struct intents *list)
{
	free(list->items);
}

static void intents_drop(struct intents *list, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (!text_equal(list->items[i].name, name))
			list->items[kept++] = list->items[i];
	}
	list->n = kept;
}

static bool intents_add(struct intents *list, const struct audit_line *line)
{
	struct audit_intent *grown = realloc(list->items, (list->n + 1) * sizeof(*grown));

	if (grown == NULL)
		return false;
	list->items = grown;

	struct audit_intent *intent = &grown[list->n++];

	*intent = (struct audit_intent){0};
	text_copy_cut(intent->run, sizeof(intent->run), line->run);
	text_copy_cut(intent->verb, sizeof(intent->verb), line->verb);
	text_copy_cut(intent->name, sizeof(intent->name), line->name);
	text_copy_cut(intent->kind, sizeof(intent->kind), line->kind);
	text_copy_cut(intent->from, sizeof(intent->from), line->from);
	text_copy_cut(intent->to, sizeof(intent->to), line->to);
	return true;
}

static bool raw_has(const struct trail_line *raw, const char *word)
{
	return memmem(raw->raw, raw->len, word, strlen(word)) != NULL;
}

static bool intents_line(void *user, const struct trail_line *raw)
{
	struct intents *list = user;
	struct audit_line line;

	/* most lines are neither: reading them as JSON is spared */
	if (!raw_has(raw, "\"intent\"") && !raw_has(raw, "\"result\""))
		return true;
	line_read(raw, &line);

	bool is_result = line.event == AUDIT_RESULT && line.step[0] != '\0';

	if (line.name[0] == '\0' || (line.event != AUDIT_INTENT && !is_result))
		return true;
	intents_drop(list, line.name);
	return is_result || (list->n < INTENTS_MAX && intents_add(list, &line));
}

bool audit_open_intents(const char *path, struct audit_intent **out, size_t *out_n, struct err *e)
{
	SCOPED_CLEAR(intents_clear) struct intents list = {0};

	if (!trail_walk(path, 1, intents_line, &list, e))
		return false;
	*out_n = list.n;
	*out = MOVE_PTR(list.items);
	return true;
}

/* --- does the chain hold? ---------------------------------------------------- */

struct check {
	struct audit_verdict verdict;
	struct trail_link last; /* seq 0 = none yet */
	struct trail_tail tail; /* a torn end */
	struct trail_link head; /* where the state says that it ends; seq 0 = not known */
	bool has_seen_head;
	char remark[ERR_TEXT_MAX]; /* the first gap that the chain itself tells of */
	char torn_at[96];
};

static void check_clear(struct check *c)
{
	trail_tail_clear(&c->tail);
}

static bool check_fail(struct check *c, const struct trail_line *raw, const char *what)
{
	snprintf(c->verdict.trouble, sizeof(c->verdict.trouble), "%.64s:%zu: %s", raw->file,
		raw->number, what);
	return false;
}

/* Does this record come right after the last one? */
static bool check_link(struct check *c, const struct trail_line *raw, const struct trail_link *link)
{
	char what[160];

	if (c->last.seq == 0) {
		if (link->seq == 1 && !text_equal(link->prev, trail_no_hash))
			return check_fail(c, raw, "record 1 names a record before it");
		c->verdict.begins_at_seq = link->seq;
		return true;
	}
	if (link->seq != c->last.seq + 1) {
		snprintf(what, sizeof(what),
			"record %" PRIu64 " follows record %" PRIu64
			": records are missing or out of order",
			link->seq, c->last.seq);
		return check_fail(c, raw, what);
	}
	if (!text_equal(link->prev, c->last.hash)) {
		snprintf(what, sizeof(what),
			"record %" PRIu64 " does not fit what stands before it: record %" PRIu64
			" was changed",
			link->seq, c->last.seq);
		return check_fail(c, raw, what);
	}
	return true;
}

/*
 * A gap that a run found is on record: from then on the chain holds, but not what it proves. What
 * was mended is none.
 */
static void check_remark(struct check *c, const struct trail_line *raw, uint64_t seq)
{
	struct audit_line line;

	if (!raw_has(raw, "\"code\":\"audit\"") && !raw_has(raw, "\"code\":\"state\""))
		return;
	line_read(raw, &line);
	if (line.event != AUDIT_RESULT || line.name[0] != '\0' ||
		text_equal(line.outcome, outcome_token(OUTCOME_REPAIRED)))
		return;
	if (text_equal(line.error_code, err_token(ERR_STATE)))
		c->verdict.state_lost_at_seq = seq;
	else if (c->remark[0] == '\0')
		snprintf(c->remark, sizeof(c->remark), "%.64s:%zu: record %" PRIu64 " says: %.300s",
			raw->file, raw->number, seq, line.error_text);
}

/* A line that was torn, and compressed before it could be mended, was written again as a whole. */
static bool is_whole_of(const struct trail_line *raw, const struct trail_tail *tail)
{
	size_t len = strnlen(tail->torn, tail->torn_len);

	return raw->len >= len && memcmp(raw->raw, tail->torn, len) == 0;
}

static bool check_line(void *user, const struct trail_line *raw)
{
	struct check *c = user;
	struct trail_link link;

	if (raw->fault != NULL)
		return check_fail(c, raw, raw->fault);
	if (c->tail.torn_is_packed && is_whole_of(raw, &c->tail))
		trail_tail_clear(&c->tail);
	if (c->tail.torn != NULL)
		return check_fail(c, raw, "the file before it ends inside a record");
	if (raw->is_torn) {
		c->tail.torn = malloc(raw->len + 1);
		if (c->tail.torn == NULL)
			return check_fail(c, raw, "no memory");
		memcpy(c->tail.torn, raw->raw, raw->len);
		c->tail.torn_len = raw->len;
		c->tail.torn_is_packed = raw->is_packed;
		snprintf(c->torn_at, sizeof(c->torn_at), "%.64s:%zu", raw->file, raw->number);
		return true;
	}
	if (!trail_link_read(raw->raw, raw->len, &link))
		return check_fail(c, raw, "is no record");
	if (!check_link(c, raw, &link))
		return false;
	c->last = link;
	c->has_seen_head |= link.seq == c->head.seq && text_equal(link.hash, c->head.hash);
	c->verdict.n_records++;
	check_remark(c, raw, link.seq);
	return true;
}

/*
 * Beside a run the log goes on while it is read. What was its end when we began is in the chain
 * then, and the head has gone on, too: at least as far as the log.
 */
static bool check_went_on(const struct check *c, const struct trail_head *after)
{
	if (!c->has_seen_head || after->link.seq <= c->head.seq)
		return false;
	return after->link.seq > c->last.seq + 1 ||
	       trail_end_find(after, &c->last, c->tail.torn, c->tail.torn_len) != TRAIL_IS_BROKEN;
}

/* In: before, after  the head as of the beginning and the end of the reading */
static void check_end(
	struct check *c, const struct trail_head *before, const struct trail_head *after)
{
	struct audit_verdict *v = &c->verdict;
	enum trail_end end = trail_end_find(before, &c->last, c->tail.torn, c->tail.torn_len);

	v->is_one_short = end == TRAIL_IS_SHORT;
	v->has_no_head = end == TRAIL_HAS_NO_HEAD && c->last.seq > 0;
	if (end == TRAIL_IS_SHORT || end == TRAIL_ENDS_WELL || check_went_on(c, after))
		return;
	if (c->tail.torn_len > 0)
		snprintf(v->trouble, sizeof(v->trouble), "%s: ends inside a record", c->torn_at);
	else if (end == TRAIL_IS_BROKEN)
		snprintf(v->trouble, sizeof(v->trouble),
			"the log ends with record %" PRIu64 ", the state knows record %" PRIu64
			": records were cut off, changed or added",
			c->last.seq, before->link.seq);
}

static void check_start(
	struct check *c, const struct state_start *known, const struct state_start *now)
{
	if (!trail_start_is_explained(known, now))
		snprintf(c->verdict.trouble, sizeof(c->verdict.trouble),
			"the log begins with record %" PRIu64
			": records before it are gone, and no rotation took them",
			now->begins_at_seq);
}

bool audit_verify(const char *path, struct state *state, struct audit_verdict *out, struct err *e)
{
	struct state_start known = {0}, now = {0};
	SCOPED_CLEAR(check_clear) struct check check = {0};
	SCOPED_CLEAR(trail_head_clear) struct trail_head before = {0}, after = {0};

	if (!trail_head_read(state, &before, e) ||
		(state != NULL && !state_start_get(state, &known, e)) ||
		!trail_start_read(path, &now, e))
		return false;
	check.head = before.link;
	if (!trail_walk(path, SIZE_MAX, check_line, &check, e) ||
		!trail_head_read(state, &after, e))
		return false;
	if (check.verdict.trouble[0] == '\0')
		check_end(&check, &before, &after);
	if (check.verdict.trouble[0] == '\0')
		check_start(&check, &known, &now);
	if (check.verdict.trouble[0] == '\0')
		text_copy_cut(check.verdict.trouble, sizeof(check.verdict.trouble), check.remark);
	check.verdict.is_sound = check.verdict.trouble[0] == '\0';
	*out = check.verdict;
	return true;
}
