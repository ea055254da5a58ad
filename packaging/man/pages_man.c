/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of tables as mdoc(7). */
#include <stdio.h>
#include <string.h>

#include "cmd/verb.h"
#include "config/keys.h"
#include "config/recipe.h"
#include "packaging/man/pages.h"
#include "updaters/tokens.h"
#include "updaters/verdict.h"

/* Text of ours in a line of its own: a backslash is roff's. */
static void roff(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
	}
}

/* What a row says, as a sentence. A first word that is not all letters ("dpkg's", "require:") is
 * written as it is. */
static void sentence(const char *what)
{
	size_t len = strlen(what), first = strspn(what, "abcdefghijklmnopqrstuvwxyz");

	putchar(first > 0 && what[first] == ' ' ? what[0] - 'a' + 'A' : what[0]);
	roff(what + 1);
	puts(len > 0 && what[len - 1] == '.' ? "" : ".");
}

/* --- verbs and options ------------------------------------------------------- */

static void verb_head(const struct verb *v)
{
	printf(".It Cm %s", v->name);
	if (v->arguments[0] != '\0') {
		fputs(" Ar ", stdout);
		roff(v->arguments);
	}
	putchar('\n');
	sentence(v->what);
}

bool page_verb(const char *name, struct strings *told)
{
	const struct verb *verb = verb_find(name);

	if (text_equal(name, "*")) {
		for (const struct verb *v = verbs; v->name != NULL; v++) {
			if (v->what != NULL && !strings_has(told, v->name))
				verb_head(v);
		}
		return true;
	}
	if (verb == NULL || verb->what == NULL || !strings_add(told, name))
		return false;
	verb_head(verb);
	return true;
}

/* Several rows may share a name: `--until` of hold and of history is one. */
static void option_verbs(const struct option_row *row)
{
	const char *lead = "Of ";

	if (row->groups == OPTION_ANY)
		return;
	for (const struct verb *v = verbs; v->name != NULL; v++) {
		if (v->what == NULL || (v->groups & row->groups) == 0)
			continue;
		printf("%s\n.Cm %s", lead, v->name);
		lead = " ,";
	}
	puts(" .");
}

bool page_options(const char *unused, struct strings *told)
{
	(void)unused;
	(void)told;
	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		if (row->what == NULL)
			continue;
		fputs(".It ", stdout);
		if (row->letter != 0)
			printf("Fl %c , ", row->letter);
		printf("Fl -%s", row->name);
		if (row->argument != NULL)
			printf(" Ar %s", row->argument);
		putchar('\n');
		sentence(row->what);
		option_verbs(row);
	}
	return true;
}

bool page_exit_codes(const char *unused, struct strings *told)
{
	(void)unused;
	(void)told;
	for (const struct exit_row *row = exit_rows; row->what != NULL; row++) {
		printf(".It %d\n", row->code);
		sentence(row->what);
	}
	return true;
}

/* --- keys -------------------------------------------------------------------- */

static const char *key_form(const struct key *row)
{
	static const char *const forms[] = {
		[KEY_TEXT] = "a text",
		[KEY_NAME] = "a name",
		[KEY_ADDRESS] = "an https address, with words",
		[KEY_TEMPLATE] = "a text with words",
		[KEY_PATTERN] = "a pattern",
		[KEY_POINTER] = "a JSON Pointer, with words",
		[KEY_LIST] = "a list of texts",
		[KEY_TEMPLATES] = "a list of texts with words",
		[KEY_ARGV] = "a program and its arguments, with words; no shell",
		[KEY_CODES] = "a list of exit codes",
		[KEY_HOSTS] = "a list of hosts",
		[KEY_REWRITES] = "a list of s/PATTERN/TEXT/ rules",
		[KEY_PAIRS] = "a map of texts",
		[KEY_YES_NO] = "yes or no",
		[KEY_COUNT] = "a number",
		[KEY_DURATION] = "a time: 30 s, 5 min, 2 h, 3 days",
		[KEY_SIZE] = "a size: 500 MB, 4 GiB, none",
		[KEY_GROUP] = "a map",
		[KEY_SPECIAL] = "as below",
	};

	return forms[row->type] != NULL ? forms[row->type] : "";
}

static void key_words(const struct key *row)
{
	const char *lead = "One of";

	for (size_t i = 0; row->allowed[i] != NULL; i++) {
		printf("%s\n.Li %s", lead, row->allowed[i]);
		lead = " ,";
	}
	puts(" .");
}

static void key_put(const struct key *row, const char *group)
{
	printf(".It Ic %s%s", group, row->name);
	if (row->type != KEY_CHOICE)
		printf(" Pq %s", key_form(row));
	putchar('\n');
	sentence(row->what);
	if (row->type == KEY_CHOICE)
		key_words(row);
	if (row->is_required)
		puts("Required.");
	if (row->default_text != NULL)
		printf("Default:\n.Li \"%s\" .\n", row->default_text);
	if (row->type == KEY_GROUP) {
		for (const struct key *child = row->children; child->name != NULL; child++) {
			char prefix[64];

			snprintf(prefix, sizeof(prefix), "%s.", row->name);
			key_put(child, prefix);
		}
	}
}

/* kinds: which rows; 0 = those of every kind. */
static bool keys_put(const struct key *rows, unsigned kinds)
{
	bool has_any = false;

	for (; rows->name != NULL; rows++) {
		if (kinds != 0 ? (rows->kinds & kinds) == 0 : rows->kinds != 0)
			continue;
		key_put(rows, "");
		has_any = true;
	}
	return has_any;
}

bool page_settings(const char *unused, struct strings *told)
{
	(void)unused;
	(void)told;
	return keys_put(config_keys, KEY_ALL_KINDS);
}

bool page_own_settings(const char *unused, struct strings *told)
{
	(void)unused;
	(void)told;
	return keys_put(own_keys, KEY_ALL_KINDS);
}

bool page_recipe_keys(const char *kind, struct strings *told)
{
	(void)told;
	if (text_equal(kind, "all"))
		return keys_put(recipe_keys, KEY_ALL_KINDS);
	for (unsigned i = 0; i < RECIPE_N_KINDS; i++) {
		if (text_equal(recipe_kind_name((enum recipe_kind)i), kind))
			return keys_put(recipe_keys, 1u << i);
	}
	return false;
}

bool page_source_keys(const char *kind, struct strings *told)
{
	(void)told;
	if (text_equal(kind, "all"))
		return keys_put(source_keys, KEY_ALL_KINDS);
	for (unsigned i = 0; i < SOURCE_N_KINDS; i++) {
		if (text_equal(source_kind_name((enum source_kind)i), kind))
			return keys_put(source_keys, 1u << i);
	}
	return false;
}

/* --- tokens ------------------------------------------------------------------ */

#define TOKEN(code, token) token,
static const char *const outcomes[] = {OUTCOMES(TOKEN) NULL};
static const char *const reasons[] = {REASONS(TOKEN) NULL};
static const char *const steps[] = {STEPS(TOKEN) NULL};
static const char *const digests[] = {DIGEST_SOURCES(TOKEN) NULL};
static const char *const verifiers[] = {VERIFIERS(TOKEN) NULL};
static const char *const errors[] = {ERR_CODES(TOKEN) NULL};
#undef TOKEN

bool page_tokens(const char *set, struct strings *told)
{
	(void)told;
	static const struct {
		const char *name;
		const char *const *tokens;
	} sets[] = {{"outcomes", outcomes}, {"reasons", reasons}, {"steps", steps},
		{"digests", digests}, {"verifiers", verifiers}, {"errors", errors}};

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		if (!text_equal(sets[i].name, set))
			continue;
		for (const char *const *t = sets[i].tokens; *t != NULL; t++) {
			if ((*t)[0] != '\0')
				printf(".Li %s%s\n", *t, t[1] != NULL ? " ," : " .");
		}
		return true;
	}
	return false;
}
