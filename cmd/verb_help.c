/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cmd/report.h"
#include "cmd/verb.h"
#include "updaters/lib/json.h"
#include "updaters/verdict.h"

static void help_options(unsigned groups, bool with_common)
{
	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		bool is_common = row->groups == OPTION_ANY;
		char left[48];

		if (row->what == NULL || (is_common ? !with_common : (row->groups & groups) == 0))
			continue;
		snprintf(left, sizeof(left), "%s%c%s--%s%s%s", row->letter != 0 ? "-" : " ",
			row->letter != 0 ? row->letter : ' ', row->letter != 0 ? ", " : "  ",
			row->name, row->argument != NULL ? " " : "",
			row->argument != NULL ? row->argument : "");
		printf("  %-26s %s\n", left, row->what);
	}
}

static void help_all(void)
{
	puts("Usage: devupd [VERB] [NAME...] [OPTION...]\n"
	     "Keep vendor packages up to date that no apt repository has.\n\nVerbs:");
	for (const struct verb *v = verbs; v->name != NULL; v++) {
		if (v->what != NULL)
			printf("  %-16s %s\n", v->name, v->what);
	}
	puts("\nOptions of every verb:");
	help_options(0, true);
	puts("\nExit codes:");
	for (const struct exit_row *row = exit_rows; row->what != NULL; row++)
		printf("  %-4d %s\n", row->code, row->what);
	puts("\nWithout a verb: check. devupd help VERB shows a verb's own options; all of it, "
	     "with examples: man devupd");
}

static void help_verb(const struct verb *v)
{
	printf("Usage: devupd %s%s%s [OPTION...]\n%s\n\nOptions:\n", v->name,
		v->arguments[0] != '\0' ? " " : "", v->arguments, v->what);
	help_options(v->groups, true);
	puts("\nWith examples: man devupd");
}

static void help_document(const struct options *o)
{
	struct json_writer w;
	struct buf body;

	buf_init(&body, 64 << 10);
	json_writer_init(&w, &body);
	json_open(&w, "verbs", '[');
	for (const struct verb *v = verbs; v->name != NULL; v++) {
		if (v->what == NULL)
			continue;
		json_open(&w, NULL, '{');
		json_put_str(&w, "name", v->name);
		json_put_str(&w, "arguments", v->arguments);
		json_put_str(&w, "what", v->what);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	report_own_document("help", o, EXIT_DONE, NULL, buf_str(&body), stdout);
	buf_clear(&body);
}

static int help_refuse(const struct options *o, const char *word)
{
	struct err e = {0};

	err_set(&e, ERR_USAGE, "there is no verb '%s': devupd help", word);
	return report_fail("help", o, &e);
}

int verb_help(const struct options *o)
{
	const struct verb *verb = NULL;

	if (o->names.n_items > 0) {
		verb = verb_find(o->names.items[0]);
		if (verb == NULL || verb->what == NULL)
			return help_refuse(o, o->names.items[0]);
	}
	if (o->json)
		help_document(o);
	else if (verb != NULL)
		help_verb(verb);
	else
		help_all();
	return EXIT_DONE;
}
