/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/mend_run.h"

#include <poll.h>
#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/node.h"
#include "updaters/lib/photo.h"

enum { OUTPUT_MAX = 64 << 10, WORDS_MAX = 1024, RETRY_MS = 1000, NAP_MS = 200 };

/* The command as a person would say it. */
static void step_words(const struct mend_step *step, char out[WORDS_MAX])
{
	SCOPED_CLEAR(buf_clear) struct buf words = {0};

	buf_init(&words, WORDS_MAX / 4);
	for (size_t i = 0; step->says == NULL && i < step->argv.n_items; i++)
		buf_printf(&words, "%s%s", i > 0 ? " " : "", step->argv.items[i]);
	if (step->says != NULL)
		buf_puts(&words, step->says);
	text_escape(buf_str(&words), words.len, out, WORDS_MAX);
}

/* The last line that says something, in place. */
static const char *last_line(char *text)
{
	char *cursor = text, *line;
	const char *last = "it printed nothing";

	while ((line = text_next(&cursor, '\n')) != NULL) {
		line = text_trim(line);
		if (line[0] != '\0')
			last = line;
	}
	return last;
}

static bool is_fine(const struct mend_step *step, int status)
{
	uint64_t code = 0;

	for (size_t i = 0; i < step->ok_codes.n_items; i++) {
		if (text_to_u64(step->ok_codes.items[i], &code) && code == (uint64_t)status)
			return true;
	}
	return step->ok_codes.n_items == 0 && status == 0;
}

static bool is_busy(const struct mend_step *step, const char *said)
{
	for (size_t i = 0; step->busy_words != NULL && step->busy_words[i] != NULL; i++) {
		if (strstr(said, step->busy_words[i]) != NULL)
			return true;
	}
	return false;
}

/* Until the next try; false: stopped. */
static bool wait_for_retry(const struct mender *by)
{
	if (by->on_tick != NULL)
		by->on_tick(by->user);
	for (int ms = 0; ms < RETRY_MS; ms += NAP_MS) {
		if (by->is_stopped != NULL && by->is_stopped(by->user))
			return false;
		poll(NULL, 0, NAP_MS);
	}
	return true;
}

static bool run_once(const struct mend_step *step, const struct mender *by, char **out_said,
	int *out_status, struct err *e)
{
	struct errand_spec spec = {.argv = (const char *const *)step->argv.items,
		.more_env = (const char *const *)step->env.items,
		.search_path = step->search_path,
		.folder = step->path,
		.timeout_ms = step->timeout_ms,
		.keeps_end = true,
		.max_bytes = OUTPUT_MAX,
		.on_tick = by->on_tick,
		.is_stopped = by->is_stopped,
		.user = by->user};

	return person_run(by->person, &spec, out_said, out_status, e);
}

static bool tell_failure(
	const struct mend_step *step, char *said, const char *words, int status, struct err *e)
{
	if (step->explain == NULL)
		return err_set(e, ERR_COMMAND, "%s: status %d: %s", words, status, last_line(said));
	step->explain(step, said, e);
	return false;
}

/* Again and again while another holds what it needs. */
static bool run_patiently(
	const struct mend_step *step, const struct mender *by, const char *words, struct err *e)
{
	uint64_t began_ms = clock_now_ms();

	for (;;) {
		SCOPED_FREE char *said = NULL;
		int status = 0;

		if (!run_once(step, by, &said, &status, e))
			return err_within(e, "%s", words);
		if (is_fine(step, status))
			return true;
		if (!is_busy(step, said))
			return step->is_forgiven || tell_failure(step, said, words, status, e);
		if (by->wait_ms != UINT64_MAX && clock_now_ms() - began_ms + RETRY_MS > by->wait_ms)
			return err_set(
				e, ERR_BUSY, "%s: another is at work: %s", words, last_line(said));
		if (!wait_for_retry(by))
			return err_set(
				e, ERR_COMMAND, "%s: stopped while another was at work", words);
	}
}

/* What the program did to the links, whether it says that it failed or not. */
static bool changes_record(const struct mend_step *step, const struct mender *by,
	const struct photo *before, struct err *e)
{
	SCOPED_CLEAR(photo_clear) struct photo after = {0};
	SCOPED_FREE struct undo_change *changes = NULL;
	size_t n = 0;

	if (!photo_take(step->watched, &after, e))
		return false;
	if (!photo_compare(before, &after, &changes, &n))
		return err_set(e, ERR_INTERNAL, "no memory for what changed in %s", step->watched);
	return undo_add_links(by->undo, changes, n, e);
}

static bool run_watched(
	const struct mend_step *step, const struct mender *by, const char *words, struct err *e)
{
	SCOPED_CLEAR(photo_clear) struct photo before = {0};
	struct err untold = {0};

	if (!photo_take(step->watched, &before, e) ||
		!undo_add(by->undo, UNDO_RUN, words, UNDO_RUN_WATCHED, NULL, e))
		return false;

	bool is_done = run_patiently(step, by, words, e);

	if (changes_record(step, by, &before, &untold))
		return is_done;
	if (is_done && e != NULL)
		*e = untold;
	return false;
}

/* What it makes goes whole when this is taken back: so nothing may be there before. */
static bool makes_check(const struct mend_step *step, const struct mender *by, struct err *e)
{
	struct node node;

	if (!node_look(step->makes, &node, e))
		return false;
	if (node.type != NODE_NONE)
		return err_set(
			e, ERR_BUSY, "%s was made since it was looked at; run again", step->makes);
	return undo_add(by->undo, UNDO_MADE, step->makes, NULL, NULL, e);
}

bool mend_take_run(const struct mend_step *step, const struct mender *by, struct err *e)
{
	char words[WORDS_MAX];

	step_words(step, words);
	if (step->argv.n_items == 0)
		return err_set(e, ERR_INTERNAL, "%s: no program to run", words);
	if (step->makes != NULL && !makes_check(step, by, e))
		return false;
	if (step->watched != NULL)
		return run_watched(step, by, words, e);
	return undo_add(by->undo, UNDO_RUN, words,
		       step->makes != NULL || step->is_within ? UNDO_RUN_MAKES : NULL, NULL, e) &&
	       run_patiently(step, by, words, e);
}
