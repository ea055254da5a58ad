/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options back into words: for our half behind sudo, and for a person to type. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/options.h"

static bool hand_on_words(
	const struct option_row *row, const char *argument, struct strings *out, struct err *e)
{
	char flag[64];

	snprintf(flag, sizeof(flag), "--%s", row->name);
	if (strings_add(out, flag) && (argument == NULL || strings_add(out, argument)))
		return true;
	return err_set(e, ERR_INTERNAL, "out of memory");
}

/* The other half works in another folder, and root follows no link. */
static bool hand_on_path(
	const struct option_row *row, const char *path, struct strings *out, struct err *e)
{
	SCOPED_FREE char *whole = realpath(path, NULL);

	if (whole == NULL)
		return err_sys(e, ERR_CONFIG, "--%s: can't find %s", row->name, path);
	return hand_on_words(row, whole, out, e);
}

static bool hand_on_number(
	const struct option_row *row, const struct options *o, struct strings *out, struct err *e)
{
	const char *at = (const char *)o;
	char text[32];

	if (!*(const bool *)(at + option_number_of(row)->has_offset))
		return true;
	snprintf(text, sizeof(text), "%llu",
		(unsigned long long)*(const uint64_t *)(at + row->offset));
	return hand_on_words(row, text, out, e);
}

/* What a row of this type says in o; nothing where it was not given. */
static bool hand_on_row(
	const struct option_row *row, const struct options *o, struct strings *out, struct err *e)
{
	const void *field = (const char *)o + row->offset;
	const char *word = NULL;
	int level = 0;

	switch (row->type) {
	case OPTION_FLAG: return !*(const bool *)field || hand_on_words(row, NULL, out, e);
	case OPTION_NUMBER: return hand_on_number(row, o, out, e);
	case OPTION_WORD:
	case OPTION_PATH:
		word = *(const char *const *)field;
		if (word == NULL)
			return true;
		return row->type == OPTION_PATH ? hand_on_path(row, word, out, e)
						: hand_on_words(row, word, out, e);
	case OPTION_QUIET: return *(const int *)field >= 0 || hand_on_words(row, NULL, out, e);
	case OPTION_LOUDER:
		for (level = *(const int *)field; level > 0; level--)
			if (!hand_on_words(row, NULL, out, e))
				return false;
		return true;
	default: return err_set(e, ERR_INTERNAL, "--%s can't be handed on", row->name);
	}
}

bool options_hand_on(const struct options *o, struct strings *out, struct err *e)
{
	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		if (row->goes_to_root && !hand_on_row(row, o, out, e))
			return false;
	}
	return true;
}

/* A word as a shell takes it. */
static void command_word(const char *word, struct buf *out)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._+-=:,@%";

	if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
		buf_puts(out, word);
		return;
	}
	buf_puts(out, "'");
	for (; *word != '\0'; word++)
		buf_puts(out, *word == '\'' ? "'\\''" : (char[]){*word, '\0'});
	buf_puts(out, "'");
}

void options_command(
	const struct options *o, const char *before, const char *flag, char *out, size_t out_size)
{
	SCOPED_CLEAR(buf_clear) struct buf line = {0};

	buf_init(&line, 1 << 20);
	buf_printf(&line, "%sdevupd", before);
	for (size_t i = 0; i < o->typed.n_items; i++) {
		buf_puts(&line, " ");
		command_word(o->typed.items[i], &line);
	}
	if (flag != NULL && !strings_has(&o->typed, flag))
		buf_printf(&line, " %s", flag);
	text_copy_cut(out, out_size, buf_str(&line));
}
