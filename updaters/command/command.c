/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/command/command.h"

#include <stdio.h>
#include <string.h>

#include "updaters/command/saying.h"
#include "updaters/lib/digest.h"
#include "updaters/lib/fs.h"

/* What is known of a program before its updater runs. */
enum answer {
	ANSWER_NOTHING,   /* the check: nothing to do */
	ANSWER_AVAILABLE, /* the check: there is something */
	ANSWER_UNKNOWN,   /* no check, or one that can't tell */
	ANSWER_FAILED
};

/* finding.tag: whether its version can be shown, or only be compared. */
enum tag { TAG_SHOWN, TAG_COMPARED };

#define UNKNOWN_VERSION "unknown"
#define LOG_FOLDER      ".local/state/devupd/commands"

/* --- exit codes -------------------------------------------------------------- */

static bool codes_have(const struct strings *codes, int status)
{
	uint64_t code;

	for (size_t i = 0; i < codes->n_items; i++) {
		if (text_to_u64(codes->items[i], &code) && code == (uint64_t)status)
			return true;
	}
	return false;
}

static enum answer answer_of(const struct recipe *r, int status)
{
	const struct {
		const struct strings *codes;
		enum answer answer;
	} rows[] = {
		{&r->nothing, ANSWER_NOTHING},
		{&r->available, ANSWER_AVAILABLE},
		{&r->ok, ANSWER_UNKNOWN},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (codes_have(rows[i].codes, status))
			return rows[i].answer;
	}
	return ANSWER_FAILED;
}

/* "rustup check", for messages. */
static void words_join(const struct strings *words, char *out, size_t out_size)
{
	SCOPED_CLEAR(buf_clear) struct buf joined = {0};

	buf_init(&joined, out_size);
	for (size_t i = 0; i < words->n_items; i++)
		buf_printf(&joined, "%s%s", i > 0 ? " " : "", words->items[i]);
	text_copy_cut(out, out_size, buf_str(&joined));
}

/*
 * Out:   line   the last that the check said
 * Fails: ERR_COMMAND (no such program, another exit code, no end)
 */
static bool check(
	const struct owner *o, enum answer *out, char line[SAYING_LINE_MAX], struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings argv = {0};
	SCOPED_FREE char *text = NULL;
	char shown[128];
	int status = 0;

	*out = ANSWER_UNKNOWN;
	line[0] = '\0';
	if (o->recipe->check.n_items == 0)
		return true;
	words_join(&o->recipe->check, shown, sizeof(shown));
	if (!saying_argv(o, &o->recipe->check, &argv, e))
		return false;
	if (argv.n_items == 0)
		return err_set(e, ERR_COMMAND, "%s: no program %s in PATH", shown,
			o->recipe->check.items[0]);
	if (!saying_hear(o, &argv, &text, &status, e))
		return err_within(e, "%s", shown);
	saying_last_line(text, line);
	*out = answer_of(o->recipe, status);
	if (*out != ANSWER_FAILED)
		return true;
	return err_set(e, ERR_COMMAND, "%s: exit code %d%s%s", shown, status,
		line[0] != '\0' ? ": " : "", line);
}

/* --- versions ---------------------------------------------------------------- */

/* What a program of the recipe prints; NULL: none is given, it is not there, it failed. That alone
 * is no reason to leave the updater out. */
static char *hear_if_possible(const struct owner *o, const struct strings *words)
{
	SCOPED_CLEAR(strings_clear) struct strings argv = {0};
	SCOPED_FREE char *text = NULL;
	int status = 0;

	if (words->n_items == 0 || !saying_argv(o, words, &argv, NULL) || argv.n_items == 0 ||
		!saying_hear(o, &argv, &text, &status, NULL) || status != 0)
		return NULL;
	return MOVE_PTR(text);
}

static void version_hear(const struct owner *o, char *out, size_t out_size)
{
	SCOPED_FREE char *text = hear_if_possible(o, &o->recipe->version_of);

	saying_version(text != NULL ? text : "", out, out_size);
}

/*
 * What is compared before and after the run, where no check says what it did: what the list of
 * installed things comes to, else the version. An unknown one stays the same: no update is claimed
 * that nobody saw.
 */
static void set_compared(const struct owner *o, const char *version, struct finding *f)
{
	bool has_list = o->recipe->list.n_items > 0;
	SCOPED_FREE char *list = hear_if_possible(o, &o->recipe->list);
	char hex[SHA256_HEX_SIZE];

	f->tag = has_list || version[0] == '\0' ? TAG_COMPARED : TAG_SHOWN;
	if (f->tag == TAG_SHOWN)
		text_copy_cut(f->version, sizeof(f->version), version);
	else if (list != NULL && digest_of(list, strlen(list), hex, NULL))
		snprintf(f->version, sizeof(f->version), "list %.16s", hex);
	else
		text_copy_cut(f->version, sizeof(f->version), UNKNOWN_VERSION);
}

/* --- looking ----------------------------------------------------------------- */

/* Where all that a failed run printed is kept: the report has room for its end only. */
static char *log_path(const struct owner *o)
{
	char below[sizeof(LOG_FOLDER) + RECIPE_NAME_MAX + 8], path[PERSON_PATH_MAX];

	snprintf(below, sizeof(below), LOG_FOLDER "/%.*s.log", RECIPE_NAME_MAX, o->recipe->name);
	return person_path(o->person, below, path, sizeof(path)) ? strdup(path) : NULL;
}

/* mend_step.explain; step->to is the log. What can't be kept is shown all the same. */
static void explain(const struct mend_step *step, const char *raw_output, struct err *e)
{
	SCOPED_FREE char *folder = strdup(step->to);
	char end[SAYING_END_MAX];
	bool is_kept = false;

	if (folder != NULL) {
		*strrchr(folder, '/') = '\0';
		is_kept = fs_make_folders(folder, 0700, NULL) &&
			  fs_replace(step->to, raw_output, strlen(raw_output), 0600, NULL);
	}
	saying_end(raw_output, end);
	err_set(e, ERR_COMMAND, "%s failed: %s%s%s", step->says,
		end[0] != '\0' ? end : "it printed nothing",
		is_kept ? "; all that it printed: " : "", is_kept ? step->to : "");
}

static bool plan_run(
	const struct owner *o, const struct strings *argv, struct finding *f, struct err *e)
{
	const struct strings *fine[] = {&o->recipe->ok, &o->recipe->nothing};
	struct mend_step *step =
		mend_run(&f->mend, (const char *const *)argv->items, o->recipe->timeout_ms);
	char search_path[PERSON_SEARCH_MAX];
	bool is_whole = step != NULL;

	if (!saying_search_path(o, search_path, sizeof(search_path), e))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(fine); i++) {
		for (size_t j = 0; j < fine[i]->n_items; j++)
			is_whole = is_whole && strings_add(&step->ok_codes, fine[i]->items[j]);
	}
	if (is_whole) {
		step->search_path = strdup(search_path);
		step->to = log_path(o);
		step->says = o->recipe->name;
		step->explain = explain;
		is_whole = step->search_path != NULL && step->to != NULL;
	}
	return is_whole || err_set(e, ERR_INTERNAL, "no memory to run %s", argv->items[0]);
}

/* What the check settled needs no version to be compared; that of before is for the proof. */
static bool set_answer(const struct owner *o, enum answer answer, const char *line,
	const char *version, struct finding *f)
{
	const char *why = o->recipe->check.n_items > 0 ? "can't tell" : "has no way to look";

	if (answer == ANSWER_NOTHING) {
		finding_set(f, "current", OUTCOME_CURRENT, "%s", "");
		return false;
	}
	if (answer == ANSWER_AVAILABLE) {
		text_copy_cut(f->version, sizeof(f->version), version);
		finding_set(f, "outdated", OUTCOME_AVAILABLE, "%s",
			line[0] != '\0' ? line : "there is something newer");
		return o->mode == OWNER_UPGRADE;
	}
	set_compared(o, version, f);
	finding_set(f, "unknown", o->mode == OWNER_UPGRADE ? OUTCOME_AVAILABLE : OUTCOME_CURRENT,
		"%s: an upgrade runs it", why);
	return o->mode == OWNER_UPGRADE;
}

static bool look_at(const struct owner *o, const struct strings *argv, struct finding *f,
	struct result *summary, struct err *e)
{
	char line[SAYING_LINE_MAX], version[sizeof(f->version)];
	enum answer answer;

	if (o->mode == OWNER_REPAIR || o->mode == OWNER_DOCTOR) {
		finding_set(f, "present", OUTCOME_CURRENT, "%s", "");
		return true;
	}
	version_hear(o, version, sizeof(version));
	text_copy_cut(summary->installed, sizeof(summary->installed), version);
	if (o->offline) {
		finding_set(f, "offline", OUTCOME_CURRENT, "not looked for: offline");
		return true;
	}
	if (!check(o, &answer, line, e))
		return false;
	return !set_answer(o, answer, line, version, f) || plan_run(o, argv, f, e);
}

static bool look(const struct owner *o, struct findings *out, struct result *summary, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings argv = {0};
	struct finding *f;

	if (o->recipe->user != NULL && !text_equal(o->recipe->user, o->person->name))
		return true;
	if (!saying_argv(o, &o->recipe->run, &argv, e))
		return false;
	if (argv.n_items == 0)
		return true;
	f = findings_add(out, argv.items[0]);
	if (f == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	return look_at(o, &argv, f, summary, e);
}

/* --- proving ----------------------------------------------------------------- */

static bool prove(const struct owner *o, const struct finding *before, const struct finding *now,
	char *out_text, size_t text_size, struct err *e)
{
	const char *from = before->tag == TAG_SHOWN ? before->version : "";
	bool is_same = before->version[0] != '\0' && text_equal(before->version, now->version);
	char to[sizeof(now->version)];

	if (now->item.path[0] == '\0')
		return err_set(
			e, ERR_COMMAND, "%s is gone after its own update", before->item.path);
	version_hear(o, to, sizeof(to));
	if (is_same && text_equal(before->version, UNKNOWN_VERSION))
		snprintf(out_text, text_size, "it ran; nothing tells whether it changed anything");
	else if (is_same)
		snprintf(out_text, text_size, "nothing newer");
	else if (from[0] != '\0' && to[0] != '\0' && !text_equal(from, to))
		snprintf(out_text, text_size, "%s -> %s", from, to);
	else
		snprintf(out_text, text_size, "brought up to date%s%s", to[0] != '\0' ? ": " : "",
			to);
	return true;
}

const struct owner_updater command_updater = {.kind = "command", .look = look, .prove = prove};
