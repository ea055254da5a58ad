/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/homebrew/brew.h"

#include <poll.h>
#include <string.h>

#include "updaters/lib/clock.h"
#include "updaters/lib/fs.h"

enum {
	SOON_MS = 5 * 60 * 1000,
	LONG_MS = 2 * 60 * 60 * 1000,
	ASK_MS = 2 * 60 * 1000,
	UPDATE_MS = 10 * 60 * 1000,
	RETRY_MS = 500,
	ASK_BYTES_MAX = 8 << 20,
	WORDS_OF_BREW_MAX = 16
};

/* That it asks nothing, looks for nothing by itself and says nothing but what it does. What guards
 * a person (trust of taps, formulae that need what is upgraded) stays as they have it. */
static const char *const brew_env[] = {
	"HOMEBREW_NO_ASK=1",
	"HOMEBREW_NO_AUTO_UPDATE=1",
	"HOMEBREW_NO_AUTOREMOVE=1",
	"HOMEBREW_NO_INSTALL_CLEANUP=1",
	"HOMEBREW_NO_ENV_HINTS=1",
	"HOMEBREW_NO_ANALYTICS=1",
	"HOMEBREW_NO_PATH_SHADOW_CHECK=1",
	"HOMEBREW_NO_COLOR=1",
	"HOMEBREW_NO_EMOJI=1",
	NULL,
};
/* One brew at a time: what it says when it is not alone. */
static const char *const brew_busy[] = {"has already locked", "process is already running", NULL};

static bool is_busy(const char *said)
{
	for (size_t i = 0; brew_busy[i]; i++)
		if (strstr(said, brew_busy[i]))
			return true;
	return false;
}

static const char fault_mark[] = "Error: ";

/* PREFIX/bin/brew before the words. */
static bool argv_of(const struct prefix *p, const char *const *words, char brew[PERSON_PATH_MAX],
	const char *argv[WORDS_OF_BREW_MAX])
{
	size_t n = 0;

	if (!fs_join(brew, PERSON_PATH_MAX, p->path, "bin/brew"))
		return false;
	argv[n++] = brew;
	while (*words && n < WORDS_OF_BREW_MAX - 1)
		argv[n++] = *words++;
	argv[n] = NULL;
	return *words == NULL;
}

/* mend_step.explain: of all that brew prints the line that names the fault, else the last one. */
static void explain(const struct mend_step *step, const char *raw_output, struct err *e)
{
	SCOPED_FREE char *text = strdup(raw_output);
	SCOPED_CLEAR(buf_clear) struct buf words;
	char *lines = text;
	const char *told = "it printed nothing";

	for (char *line = text_next(&lines, '\n'); line; line = text_next(&lines, '\n')) {
		bool is_fault = text_starts(line, fault_mark);

		if (is_fault || *text_trim(line) != '\0')
			told = is_fault ? line + strlen(fault_mark) : line;
		if (is_fault)
			break;
	}
	buf_init(&words, ERR_TEXT_MAX / 4);
	for (size_t i = 1; i < step->argv.n_items; i++)
		buf_printf(&words, " %s", step->argv.items[i]);
	err_set(e, ERR_BREW, "brew%s failed: %.400s", buf_str(&words), told);
}

bool brew_add(struct mend *m, const struct prefix *p, enum brew_patience patience,
	const char *const *words)
{
	char brew[PERSON_PATH_MAX];
	const char *argv[WORDS_OF_BREW_MAX];
	static const char *const none[] = {NULL};

	if (!argv_of(p, none, brew, argv))
		return false;

	struct mend_step *s = mend_run(m, argv, patience == BREW_LONG ? LONG_MS : SOON_MS);

	if (!s)
		return false;
	for (; *words; words++)
		if (!strings_add(&s->argv, *words))
			return false;
	s->busy_words = brew_busy;
	s->explain = explain;
	for (size_t i = 0; brew_env[i]; i++)
		if (!strings_add(&s->env, brew_env[i]))
			return false;
	if (patience == BREW_LONG)
		return true;
	s->watched = strdup(p->path);
	return s->watched != NULL;
}

bool brew_add_link(struct mend *m, const struct prefix *p, const struct brew_link *l)
{
	const char *const unlink[] = {"unlink", l->formula, NULL};
	const char *words[5] = {"link"};
	size_t n = 1;

	if (l->overwrites)
		words[n++] = "--overwrite";
	if (l->forces)
		words[n++] = "--force";
	words[n] = l->formula;
	return (!l->unlinks || brew_add(m, p, BREW_SOON, unlink)) &&
	       brew_add(m, p, BREW_SOON, words);
}

bool brew_may_install(const struct owner *o)
{
	return o->may_upgrade && !o->offline &&
	       (o->mode == OWNER_CHECK || o->mode == OWNER_UPGRADE);
}

/* Out: as person_run, but a status other than 0 is a failure */
static bool run(const struct owner *o, const struct prefix *p, const char *const *words,
	uint64_t timeout_ms, char **out_text, struct err *e)
{
	char brew[PERSON_PATH_MAX];
	const char *argv[WORDS_OF_BREW_MAX];
	SCOPED_FREE char *text = NULL;
	int status = 0;

	if (!argv_of(p, words, brew, argv))
		return err_set(e, ERR_INTERNAL, "%s: too long a path", p->path);

	struct errand_spec spec = {.argv = argv,
		.more_env = brew_env,
		.timeout_ms = timeout_ms,
		.max_bytes = ASK_BYTES_MAX,
		.on_tick = o->on_tick,
		.is_stopped = o->is_stopped,
		.user = o->user};

	if (!person_run(o->person, &spec, &text, &status, e))
		return err_within(e, "brew %s", words[0]);
	if (status != 0)
		return err_set(e, is_busy(text) ? ERR_BUSY : ERR_BREW, "brew %s: exit %d: %.300s",
			words[0], status, text_trim(text));
	*out_text = MOVE_PTR(text);
	return true;
}

bool brew_ask(const struct owner *o, const struct prefix *p, const char *const *words,
	char **out_text, struct err *e)
{
	return run(o, p, words, ASK_MS, out_text, e);
}

bool brew_refresh(const struct owner *o, const struct prefix *p, struct err *e)
{
	static const char *const update[] = {"update", NULL};
	uint64_t began_ms = clock_now_ms();

	for (;;) {
		SCOPED_FREE char *text = NULL;
		struct err failed = {0};
		bool is_late = clock_now_ms() - began_ms > ASK_MS;

		if (run(o, p, update, UPDATE_MS, &text, &failed))
			return true;
		if (failed.code != ERR_BUSY || is_late ||
			(o->is_stopped && o->is_stopped(o->user))) {
			if (e)
				*e = failed;
			return false;
		}
		if (o->on_tick)
			o->on_tick(o->user);
		poll(NULL, 0, RETRY_MS);
	}
}
