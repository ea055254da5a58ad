/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * devupd-pages TEMPLATE: the manual pages and the completions, from the program's own tables, so
 * that they can't differ. Runs when devupd is built; is not installed.
 *
 * A line of the template that is "@DIRECTIVE WORD@" becomes rows of a table; every other line is
 * copied. "@verb check@" is the head of one row, to be followed by what the template tells of it;
 * "@verb *@" are all rows that were not told. A word that no table has stops the build.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packaging/man/pages.h"
#include "updaters/lib/text.h"

static const struct directive {
	const char *name;
	bool (*write)(const char *word, struct strings *told);
} directives[] = {
	{"verb", page_verb},
	{"options", page_options},
	{"settings", page_settings},
	{"own-settings", page_own_settings},
	{"recipe-keys", page_recipe_keys},
	{"source-keys", page_source_keys},
	{"exit-codes", page_exit_codes},
	{"tokens", page_tokens},
	{"bash-verbs", shell_verbs},
	{"bash-cases", shell_cases},
	{"bash-values", shell_values},
	{"bash-outcomes", shell_outcomes},
	{"zsh-verbs", zsh_verbs},
	{"zsh-cases", zsh_cases},
	{"fish-valued", fish_valued},
	{"fish", fish_lines},
};

/* Out: false where no directive of this name takes this word. */
static bool directive_run(char *line, struct strings *told)
{
	char *cursor = line + 1, *name, *word;

	line[strlen(line) - 1] = '\0';
	name = text_next(&cursor, ' ');
	word = cursor != NULL ? cursor : line + strlen(line);
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++) {
		if (text_equal(directives[i].name, name))
			return directives[i].write(word, told);
	}
	return false;
}

int main(int argc, char **argv)
{
	SCOPED_CLEAR(strings_clear) struct strings told = {0};
	SCOPED_FREE char *line = NULL;
	size_t size = 0, n_lines = 0;
	FILE *in = argc == 2 ? fopen(argv[1], "re") : NULL;
	ssize_t len;

	if (in == NULL) {
		fputs("usage: devupd-pages TEMPLATE\n", stderr);
		return EXIT_FAILURE;
	}
	while ((len = getline(&line, &size, in)) > 0) {
		n_lines++;
		line[strcspn(line, "\n")] = '\0';
		len = (ssize_t)strlen(line);
		if (len < 3 || line[0] != '@' || line[len - 1] != '@') {
			puts(line);
		} else if (!directive_run(line, &told)) {
			fprintf(stderr, "%s:%zu: no table has this: %s\n", argv[1], n_lines, line);
			fclose(in);
			return EXIT_FAILURE;
		}
	}
	fclose(in);
	return ferror(stdout) != 0 || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
