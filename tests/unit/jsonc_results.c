/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jsonc_results N: the results of N seeded edits, for another parser to judge; one JSON document a
 * line: the text, and what we read in it: {"text", "values": {KEY: string | [string or null]}}.
 */
#include "jsonc_maker.h"

#include <stdio.h>
#include <stdlib.h>

#include "updaters/lib/json.h"

static const char *const keys[] = {"a", "b", "k", "k.paths", "", "p", "new"};

static void put_value(const struct jsonc *j, const char *key, struct json_writer *w)
{
	char text[256];
	char **items = NULL;
	size_t n = 0;

	if (jsonc_string(j, key, text, sizeof(text)))
		json_put_str(w, key, text);
	if (!jsonc_strings(j, key, &items, &n))
		return;
	json_open(w, key, '[');
	for (size_t i = 0; i < n; i++)
		json_put_str(w, NULL, items[i]);
	json_close(w, ']');
	jsonc_strings_free(items, n);
}

static void print_result(const struct jsonc *j, const struct buf *text)
{
	SCOPED_CLEAR(buf_clear) struct buf line;
	struct json_writer w;

	buf_init(&line, 1 << 20);
	json_writer_init(&w, &line);
	json_open(&w, NULL, '{');
	json_put_str(&w, "text", buf_str(text));
	json_open(&w, "values", '{');
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		put_value(j, keys[i], &w);
	json_close(&w, '}');
	json_close(&w, '}');
	puts(buf_str(&line));
}

static bool result_make(uint64_t seed, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf before, after = {.limit_bytes = JSONC_TEXT_MAX};
	SCOPED(jsonc_free) struct jsonc *j = NULL, *changed = NULL;
	struct change c = {0};

	buf_init(&before, JSONC_TEXT_MAX);
	jsonc_make(seed, &before);
	if (!jsonc_parse(buf_str(&before), before.len, &j, e))
		return false;
	if (!change_choose(j, seed, &c))
		return true;
	if (!change_apply(j, &c, &after, e) ||
		!jsonc_parse(buf_str(&after), after.len, &changed, e))
		return false;
	print_result(changed, &after);
	return true;
}

int main(int argc, char **argv)
{
	uint64_t n = 0;
	struct err e = {0};

	if (argc != 2 || !text_to_u64(argv[1], &n))
		return 2;
	for (uint64_t seed = 1; seed <= n; seed++) {
		if (result_make(seed, &e))
			continue;
		fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, e.text);
		return 1;
	}
	return 0;
}
