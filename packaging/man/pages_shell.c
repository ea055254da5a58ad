/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the shells complete. An argument says in capitals what it is: NAME, FILE, VERB (of a verb),
 * FILE, DIR, WHEN, OUTCOME (of an option); a small word ("lint", "python") stands for itself.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/verb.h"
#include "packaging/man/pages.h"
#include "updaters/tokens.h"

static bool option_is_of(const struct option_row *row, const struct verb *v)
{
	return row->what != NULL && (row->groups == OPTION_ANY || (row->groups & v->groups) != 0);
}

static bool is_small(char c)
{
	return c >= 'a' && c <= 'z';
}

/* The words of an argument list that stand for themselves: of "lint FILE...|test FILE --page FILE"
 * lint and test. */
static void put_words(const char *arguments)
{
	const char *lead = "";

	for (const char *c = arguments; *c != '\0';) {
		size_t len = strspn(c, "abcdefghijklmnopqrstuvwxyz");
		bool is_word = len > 0 && (c == arguments || strchr("|[ ", c[-1]) != NULL);

		if (is_word) {
			printf("%s%.*s", lead, (int)len, c);
			lead = " ";
		}
		for (c += len; *c != '\0' && !is_small(*c); c++)
			;
	}
}

/* What else it takes: one word that the shells look up. */
static const char *taken(const char *arguments)
{
	static const char *const sorts[] = {"VERB", "FILE.deb", "FILE", "NAME"};

	for (size_t i = 0; i < ARRAY_SIZE(sorts); i++) {
		if (strstr(arguments, sorts[i]) != NULL)
			return text_equal(sorts[i], "FILE.deb") ? "NAME+FILE" : sorts[i];
	}
	return "";
}

bool shell_verbs(const char *unused, struct strings *told)
{
	(void)unused;
	(void)told;
	for (const struct verb *v = verbs; v->name != NULL; v++) {
		if (v->what != NULL)
			printf("\t%s\n", v->name);
	}
	return true;
}

static void case_head(const struct verb *v)
{
	printf("\t%s)\n\t\ttakes='%s' small='", v->name, taken(v->arguments));
	put_words(v->arguments);
	puts("'");
}

bool shell_cases(const char *unused, struct strings *told)
{
	(void)unused;
	(void)told;
	for (const struct verb *v = verbs; v->name != NULL; v++) {
		if (v->what == NULL)
			continue;
		case_head(v);
		fputs("\t\tflags='", stdout);
		for (const struct option_row *row = option_rows; row->name != NULL; row++) {
			if (option_is_of(row, v))
				printf("--%s ", row->name);
		}
		puts("'\n\t\t;;");
	}
	return true;
}

bool shell_values(const char *unused, struct strings *told)
{
	(void)unused;
	(void)told;
	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		if (row->what == NULL || row->argument == NULL)
			continue;
		printf("\t--%s", row->name);
		if (row->letter != 0)
			printf(" | -%c", row->letter);
		printf(") takes=%s ;;\n", row->argument);
	}
	return true;
}

#define TOKEN(code, token) token "\n"
bool shell_outcomes(const char *unused, struct strings *told)
{
	(void)unused;
	(void)told;
	fputs(OUTCOMES(TOKEN), stdout);
	return true;
}
#undef TOKEN

/* --- zsh: "word:what it is" -------------------------------------------------- */

/* Between single quotes, after a name and a colon. */
static void put_quoted(const char *text)
{
	for (; *text != '\0'; text++)
		fputs(*text == '\'' ? "'\\''" : (char[]){*text, '\0'}, stdout);
}

bool zsh_verbs(const char *unused, struct strings *told)
{
	(void)unused;
	(void)told;
	for (const struct verb *v = verbs; v->name != NULL; v++) {
		if (v->what == NULL)
			continue;
		printf("\t'%s:", v->name);
		put_quoted(v->what);
		puts("'");
	}
	return true;
}

bool zsh_cases(const char *unused, struct strings *told)
{
	(void)unused;
	(void)told;
	for (const struct verb *v = verbs; v->name != NULL; v++) {
		if (v->what == NULL)
			continue;
		case_head(v);
		puts("\t\tflags=(");
		for (const struct option_row *row = option_rows; row->name != NULL; row++) {
			if (!option_is_of(row, v))
				continue;
			printf("\t\t\t'--%s:", row->name);
			put_quoted(row->what);
			puts("'");
		}
		puts("\t\t)\n\t\t;;");
	}
	return true;
}

/* --- fish: a line for each --------------------------------------------------- */

/* In fish's single quotes a backslash and a quote are escaped. */
static void put_description(const char *what)
{
	fputs(" -d '", stdout);
	for (; *what != '\0'; what++)
		printf("%s%c", *what == '\'' || *what == '\\' ? "\\" : "", *what);
	puts("'");
}

static void fish_verb(const struct verb *v)
{
	const char *takes = taken(v->arguments), *behind = "";
	const char *first = v->arguments + (v->arguments[0] == '['); /* "[python]" */

	printf("complete -c devupd -n __devupd_needs_verb -a %s", v->name);
	put_description(v->what);
	if (is_small(first[0])) {
		printf("complete -c devupd -n '__devupd_verb_is %s; and __devupd_is_first' -a '",
			v->name);
		put_words(v->arguments);
		puts("'");
		behind = "; and not __devupd_is_first";
	}
	if (text_starts(takes, "NAME"))
		printf("complete -c devupd -n '__devupd_verb_is %s%s' -a '(__devupd_names)'\n",
			v->name, behind);
	if (strstr(takes, "FILE") != NULL)
		printf("complete -c devupd -n '__devupd_verb_is %s%s' -F\n", v->name, behind);
	if (text_equal(takes, "VERB"))
		printf("complete -c devupd -n '__devupd_verb_is %s%s' -a \"$__devupd_verbs\"\n",
			v->name, behind);
}

static void fish_values(const char *argument)
{
	if (argument == NULL)
		return;
	if (text_equal(argument, "FILE"))
		fputs(" -rF", stdout);
	else if (text_equal(argument, "DIR"))
		fputs(" -xa '(__fish_complete_directories)'", stdout);
	else if (text_equal(argument, "WHEN"))
		fputs(" -xa 'auto always never'", stdout);
	else if (text_equal(argument, "NAME"))
		fputs(" -xa '(__devupd_names)'", stdout);
	else if (text_equal(argument, "OUTCOME"))
		fputs(" -xa \"$__devupd_outcomes\"", stdout);
	else
		fputs(" -x", stdout);
}

static void fish_option(const struct option_row *row)
{
	fputs("complete -c devupd", stdout);
	if (row->groups != OPTION_ANY) {
		fputs(" -n '__devupd_verb_is", stdout);
		for (const struct verb *v = verbs; v->name != NULL; v++) {
			if (v->what != NULL && option_is_of(row, v))
				printf(" %s", v->name);
		}
		putchar('\'');
	}
	printf(" -l %s", row->name);
	if (row->letter != 0)
		printf(" -s %c", row->letter);
	fish_values(row->argument);
	put_description(row->what);
}

bool fish_valued(const char *unused, struct strings *told)
{
	(void)unused;
	(void)told;
	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		if (row->what == NULL || row->argument == NULL)
			continue;
		if (row->letter != 0)
			printf("\t\t-%c \\\n", row->letter);
		printf("\t\t--%s \\\n", row->name);
	}
	return true;
}

bool fish_lines(const char *unused, struct strings *told)
{
	(void)unused;
	(void)told;
	for (const struct verb *v = verbs; v->name != NULL; v++) {
		if (v->what != NULL)
			fish_verb(v);
	}
	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		if (row->what != NULL)
			fish_option(row);
	}
	return true;
}
