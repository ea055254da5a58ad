/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/changes.h"

#include "updaters/lib/text.h"

enum { COMMAND_SEPARATOR = '\x1f' };

static void changes_put_command(struct json_writer *w, const char *command)
{
	char words[RECORD_TEXT_MAX];
	char *cursor = words;
	const char *word;

	text_copy_cut(words, sizeof(words), command);
	json_open(w, "command", '[');
	while ((word = text_next(&cursor, COMMAND_SEPARATOR)) != NULL)
		json_put_str(w, NULL, word);
	json_close(w, ']');
}

void changes_put(struct json_writer *w, const struct result *r)
{
	json_open(w, "changes", '[');
	for (size_t i = 0; i < r->n_changes; i++) {
		const struct change *c = &r->changes[i];

		json_open(w, NULL, '{');
		if (c->command[0] != '\0') {
			changes_put_command(w, c->command);
		} else {
			json_put_str(w, "path", c->path);
			json_put_known(w, "from", c->from);
			json_put_known(w, "to", c->to);
		}
		json_close(w, '}');
	}
	json_close(w, ']');
}
