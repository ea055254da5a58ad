/* SPDX-License-Identifier: GPL-3.0-or-later */
/* devupd: options, the verb, its exit code. What a verb does is in its own file. */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/report.h"
#include "cmd/verb.h"
#include "config/caller.h"
#include "updaters/lib/clock.h"
#include "updaters/lib/log.h"
#include "updaters/lib/process.h"
#include "updaters/verdict.h"

static bool main_find_verb(const char *word, const struct verb **out, struct err *e)
{
	const char *names[64] = {0};
	size_t n = 0;

	*out = verb_find(word);
	if (*out != NULL)
		return true;
	for (const struct verb *v = verbs; v->name != NULL; v++) {
		if (v->what != NULL)
			names[n++] = v->name;
	}

	const char *nearest = text_nearest(word, names);

	if (nearest != NULL)
		return err_set(
			e, ERR_USAGE, "there is no verb '%s'; did you mean '%s'?", word, nearest);
	return err_set(e, ERR_USAGE, "there is no verb '%s': devupd help", word);
}

static bool main_check_names(const struct verb *v, const struct options *o, struct err *e)
{
	int n = (int)o->names.n_items;

	if (n < v->min_names)
		return err_set(
			e, ERR_USAGE, "devupd %s %s: a name is missing", v->name, v->arguments);
	if (v->max_names >= 0 && n > v->max_names)
		return err_set(e, ERR_USAGE, "devupd %s%s%s: '%s' is one word too many", v->name,
			v->arguments[0] != '\0' ? " " : "", v->arguments,
			o->names.items[v->max_names]);
	return true;
}

/* A folder that was asked for by name and is not there is no empty one. */
static bool main_check_recipes(const struct options *o, struct err *e)
{
	struct stat st;

	if (o->recipes_folder == NULL)
		return true;
	if (stat(o->recipes_folder, &st) != 0)
		return err_sys(
			e, ERR_USAGE, "--recipes: can't find the folder %s", o->recipes_folder);
	return S_ISDIR(st.st_mode) ||
	       err_set(e, ERR_USAGE, "--recipes: %s is no folder", o->recipes_folder);
}

/* No run took place, yet its document has every field: as much as is known. */
static void main_run_document(
	const char *verb, const struct options *o, int code, const struct err *e)
{
	struct run run = {.setup.verb = verb, .started_unix_ms = clock_unix_ms()};
	struct err ignored = {0};

	if (!host_read("", &run.host, &ignored))
		run.host = (struct host){0};
	report_document(&run, o, code, e, stdout);
}

static int main_fail(const char *word, const struct options *o, const struct err *e)
{
	const struct verb *verb = verb_find(word);
	bool is_runs =
		verb != NULL && (verb->run == verb_check || (verb->groups & OPTION_CHANGES) != 0);

	if (!o->json || !is_runs)
		return report_fail(word, o, e);
	main_run_document(word, o, verdict_of_error(e), e);
	log_error("%s", e->text);
	return verdict_of_error(e);
}

/* The verb of a line that could not be read to its end: for the document's name only. */
static const char *main_guess_verb(char **argv, const char *word)
{
	for (char **at = argv + 1; *at != NULL; at++) {
		if (verb_find(*at) != NULL)
			return *at;
	}
	return word;
}

/* A report that did not arrive is no success: the disk was full. */
static int main_end(int code)
{
	errno = 0;
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return code;
	log_error("can't write to standard output%s%s: the report is not whole",
		errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
	return code == EXIT_DONE ? EXIT_FAILED : code;
}

int main(int argc, char **argv)
{
	SCOPED_CLEAR(options_clear) struct options o = {0};
	const struct verb *verb = NULL;
	const char *word = "check";
	struct err e = {0};

	if (!process_settle())
		log_note("can't open /dev/null: %s", strerror(errno));
	if (!caller_forget_environment())
		log_note("no memory to keep who called");
	setlocale(LC_TIME, "C");
	if (!options_parse(argc, argv, &o, &word, &e))
		return main_end(main_fail(main_guess_verb(argv, word), &o, &e));
	if (!main_find_verb(word, &verb, &e) ||
		!options_check(argc, argv, verb->name, verb->groups, &e) ||
		!main_check_names(verb, &o, &e) || !main_check_recipes(&o, &e))
		return main_end(main_fail(word, &o, &e));
	log_set_level(o.verbosity < 0 ? LOG_ERRORS : (enum log_level)(LOG_NOTES + o.verbosity));
	return main_end(verb->run(&o));
}
