/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/apt_words.h"

#include <string.h>

#include "updaters/audit_trail.h"

enum { WORDS_MAX = 4 << 20 };

struct words {
	const char *run;
	bool is_ours; /* the part that is being read */
	struct buf text;
};

static void words_clear(struct words *w)
{
	buf_clear(&w->text);
}

/* "== 2026-11-22T18:41:51.042Z run 019aa…: /usr/bin/apt-get …": apt_run.c writes it. */
static bool is_head(const struct trail_line *line, const char *run, bool *out_is_ours)
{
	static const char begin[] = "== ", middle[] = " run ";
	const size_t before = strlen(begin) + strlen("2026-11-22T18:41:51.042Z");
	const size_t behind = before + strlen(middle), len = strlen(run);

	if (line->len <= behind || memcmp(line->raw, begin, strlen(begin)) != 0 ||
		memcmp(line->raw + before, middle, strlen(middle)) != 0)
		return false;
	*out_is_ours = line->len > behind + len && memcmp(line->raw + behind, run, len) == 0 &&
		       line->raw[behind + len] == ':';
	return true;
}

static bool words_line(void *user, const struct trail_line *line)
{
	struct words *w = user;

	if (line->fault != NULL)
		return true;
	if (!is_head(line, w->run, &w->is_ours) && !w->is_ours)
		return true;
	if (w->is_ours) {
		buf_put(&w->text, line->raw, strnlen(line->raw, line->len));
		buf_puts(&w->text, "\n");
	}
	return !w->text.is_full;
}

bool apt_words_of_run(const char *path, const char *run, char **out, struct err *e)
{
	SCOPED_CLEAR(words_clear) struct words w = {.run = run};

	buf_init(&w.text, WORDS_MAX);
	if (!trail_walk(path, SIZE_MAX, words_line, &w, e))
		return false;
	*out = strdup(buf_str(&w.text));
	return *out != NULL || err_set(e, ERR_INTERNAL, "out of memory");
}
