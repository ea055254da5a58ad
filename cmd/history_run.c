/* SPDX-License-Identifier: GPL-3.0-or-later */
/* history --run: one run from its beginning to its end, with what apt-get said. */
#include <errno.h>
#include <string.h>

#include "cmd/history.h"
#include "cmd/table.h"
#include "updaters/apt_words.h"
#include "updaters/lib/clock.h"
#include "updaters/verdict.h"

enum { LINE_MAX_BYTES = 4096, RUNS_MAX = 200 };

/* The first of the rows of this event; NULL: there is none. Its record is parsed. */
static struct json *record_of(const struct history *h, const char *event)
{
	for (size_t i = 0; i < h->n_rows; i++) {
		SCOPED(json_free) struct json *record = NULL;
		struct err ignored = {0};

		if (h->rows[i].is_record &&
			json_parse(h->rows[i].raw, strlen(h->rows[i].raw), &record, &ignored) &&
			text_equal(json_text(json_at(record, "/event")), event))
			return MOVE_PTR(record);
	}
	return NULL;
}

static const char *text_at(const struct json *value, const char *pointer)
{
	const char *text = json_text(json_at(value, pointer));

	return text != NULL ? text : "";
}

/* "label     text", the text escaped; nothing where there is none. */
static void put_line(const char *label, const char *text, FILE *out)
{
	if (text[0] == '\0')
		return;
	fprintf(out, "%-10s", label);
	table_say(text, out);
}

/* --- head -------------------------------------------------------------------- */

/* How it ended, as the state of whoever ran it remembers. false: it does not. */
static bool find_end(const char *run, struct state_run *out)
{
	struct paths places[2];
	size_t n_places = history_places(places);

	for (size_t i = 0; i < n_places; i++) {
		SCOPED(state_close) struct state *state = NULL;
		SCOPED_FREE struct state_run *runs = NULL;
		struct err ignored = {0};
		char note[256];
		size_t n = 0;

		if (!state_open(places[i].state_db, true, &state, note, sizeof(note), &ignored) ||
			!state_run_list(state, RUNS_MAX, &runs, &n, &ignored))
			continue;
		for (size_t k = 0; k < n; k++) {
			if (text_equal(runs[k].run, run) && runs[k].finished_unix_ms != 0) {
				*out = runs[k];
				return true;
			}
		}
	}
	return false;
}

static void put_time(
	const char *label, const char *ts, int64_t now_unix_ms, const char *more, FILE *out)
{
	char near[CLOCK_TEXT_MAX] = "", line[LINE_MAX_BYTES];
	int64_t unix_ms = 0;

	if (clock_parse(ts, &unix_ms))
		clock_format_near(unix_ms, now_unix_ms, near, sizeof(near));
	snprintf(line, sizeof(line), "%s (%s)%s", near, ts, more);
	put_line(label, line, out);
}

static void put_end(const struct history *h, const struct json *end, FILE *out)
{
	struct state_run row;
	uint64_t ms = 0;
	char took[64] = "", duration[32], line[LINE_MAX_BYTES];

	if (end == NULL) {
		put_line("ended", "not on record: it was cut short, or is under way", out);
		return;
	}
	if (json_u64(json_at(end, "/ms"), &ms)) {
		text_duration(ms, duration, sizeof(duration));
		snprintf(took, sizeof(took), ", after %s", duration);
	}
	put_time("ended", text_at(end, "/ts"), h->now_unix_ms, took, out);
	if (!find_end(h->filter.run, &row))
		return;
	verdict_describe(row.exit_code, line, sizeof(line));
	put_line("exit", line, out);
}

static void put_head(const struct history *h, FILE *out)
{
	SCOPED(json_free) struct json *start = record_of(h, "run-start");
	SCOPED(json_free) struct json *end = record_of(h, "run-end");
	const struct history_row *first = &h->rows[0];
	char line[LINE_MAX_BYTES];

	put_line("run", h->filter.run, out);
	put_line("verb", start != NULL ? text_at(start, "/verb") : "", out);
	snprintf(line, sizeof(line), "%.1000s%s", first->cells[HISTORY_BY],
		start != NULL && text_at(start, "/sudo_user")[0] != '\0' ? ", as root" : "");
	if (start != NULL) {
		put_line("by", line, out);
		put_time("started", text_at(start, "/ts"), h->now_unix_ms, "", out);
	}
	/* what was filtered out is no reason to say that it is not there */
	if (start != NULL || end != NULL)
		put_end(h, end, out);
}

/* --- what was done ----------------------------------------------------------- */

static void put_package(const struct json *record, FILE *out)
{
	uint64_t size_bytes = 0;
	char size[32] = "", line[LINE_MAX_BYTES];
	const char *from = text_at(record, "/sha256_from");

	if (json_u64(json_at(record, "/size_bytes"), &size_bytes))
		text_size(size_bytes, size, sizeof(size));
	snprintf(line, sizeof(line), "%.2000s%s%s", text_at(record, "/url"),
		size[0] != '\0' ? ", " : "", size);
	put_line("  from", line, out);
	snprintf(line, sizeof(line), "%.64s%s%.32s%s", text_at(record, "/sha256"),
		from[0] != '\0' ? " (" : "", from, from[0] != '\0' ? ")" : "");
	put_line("  sha256", line, out);
}

/* "/path: from -> to", or the command that was run. */
static void put_change(const struct json *change, FILE *out)
{
	SCOPED_CLEAR(buf_clear) struct buf line = {0};
	const struct json *command = json_at(change, "/command");
	const char *from = text_at(change, "/from"), *to = text_at(change, "/to");

	buf_init(&line, LINE_MAX_BYTES);
	for (size_t i = 0; i < json_count(command); i++) {
		const char *word = json_text(json_item(command, i, NULL));

		buf_printf(&line, "%s%s", i > 0 ? " " : "", word != NULL ? word : "");
	}
	if (command == NULL)
		buf_printf(&line, "%s: %s%s%s", text_at(change, "/path"), from,
			from[0] != '\0' && to[0] != '\0' ? " -> " : "", to);
	put_line(command != NULL ? "  ran" : "  changed", buf_str(&line), out);
}

static void put_lists(const struct json *record, bool is_outside, FILE *out)
{
	const struct json *changes = json_at(record, "/changes"), *also = json_at(record, "/also");
	char line[LINE_MAX_BYTES];

	/* the logs that told of it: its outcome says what they say */
	for (size_t i = 0; !is_outside && i < json_count(changes); i++)
		put_change(json_item(changes, i, NULL), out);
	for (size_t i = 0; i < json_count(also); i++) {
		const struct json *item = json_item(also, i, NULL);
		const char *from = text_at(item, "/from"), *to = text_at(item, "/to");

		snprintf(line, sizeof(line), "%.200s %.200s%s%.200s", text_at(item, "/package"),
			from, from[0] != '\0' ? " -> " : "", to[0] != '\0' ? to : "removed");
		put_line("  also", line, out);
	}
}

static void put_row(const struct history_row *row, FILE *out)
{
	SCOPED(json_free) struct json *record = NULL;
	struct err ignored = {0};
	char line[2 * HISTORY_CELL_MAX];
	uint64_t ms = 0;
	char took[32];

	if (!json_parse(row->raw, strlen(row->raw), &record, &ignored))
		return;
	snprintf(line, sizeof(line), "%.1000s%s%.1000s  %.4000s", row->cells[HISTORY_NAME],
		row->cells[HISTORY_CHANGE][0] != '\0' ? "  " : "", row->cells[HISTORY_CHANGE],
		row->cells[HISTORY_WORD]);
	fputc('\n', out);
	table_say(line, out);
	put_package(record, out);
	put_lists(record, text_equal(text_at(record, "/event"), "outside"), out);
	put_line("  licence", text_at(record, "/license"), out);
	if (json_u64(json_at(record, "/ms"), &ms)) {
		text_duration(ms, took, sizeof(took));
		put_line("  took", took, out);
	}
	put_line("  error", row->below, out);
}

/* An intent whose result follows is told by that. */
static bool is_told(const struct history *h, size_t i)
{
	const struct history_row *row = &h->rows[i];

	if (row->is_change || !row->is_record || row->cells[HISTORY_NAME][0] == '\0')
		return row->is_change;
	for (size_t k = i + 1; k < h->n_rows; k++) {
		if (h->rows[k].is_change &&
			text_equal(h->rows[k].cells[HISTORY_NAME], row->cells[HISTORY_NAME]))
			return false;
	}
	return true;
}

/* --- apt's words ------------------------------------------------------------- */

/* false: there is none, or it can't be read, which out_why says. */
static bool find_words(const char *run, char **out, char *out_why, size_t why_size)
{
	struct paths root;
	struct err e = {0};

	paths_of_root(&root);
	out_why[0] = '\0';
	if (apt_words_of_run(root.apt_log, run, out, &e))
		return (*out)[0] != '\0';
	if (e.sys_errno == EACCES)
		snprintf(out_why, why_size, "%.400s is for root and group adm", root.apt_log);
	else
		text_copy_cut(out_why, why_size, e.text);
	return false;
}

static void put_words(const char *run, FILE *out)
{
	SCOPED_FREE char *words = NULL;
	char why[ERR_TEXT_MAX];
	char *cursor, *line;

	if (!find_words(run, &words, why, sizeof(why))) {
		if (why[0] != '\0')
			fprintf(out, "\napt-get's words: %s\n", why);
		return;
	}
	fputs("\napt-get's words:\n", out);
	words[strlen(words) - 1] = '\0'; /* the last newline */
	cursor = words;
	while ((line = text_next(&cursor, '\n')) != NULL) {
		fputs("  ", out);
		table_say(line, out);
	}
}

void history_run_print(const struct history *h, FILE *out)
{
	put_head(h, out);
	for (size_t i = 0; i < h->n_rows; i++) {
		if (is_told(h, i))
			put_row(&h->rows[i], out);
	}
	put_words(h->filter.run, out);
}

void history_run_write(const struct history *h, struct json_writer *w)
{
	SCOPED_FREE char *words = NULL;
	struct state_run row;
	char why[ERR_TEXT_MAX];
	bool is_one = h->filter.run[0] != '\0' && h->n_rows > 0;

	json_put_known(w, "run", is_one ? h->filter.run : "");
	if (is_one && find_end(h->filter.run, &row))
		json_put_u64(w, "run_exit", (uint64_t)row.exit_code);
	else
		json_put_null(w, "run_exit");
	json_put_known(w, "apt",
		is_one && find_words(h->filter.run, &words, why, sizeof(why)) ? words : "");
}
