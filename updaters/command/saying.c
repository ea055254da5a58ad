/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/command/saying.h"

#include <string.h>
#include <sys/stat.h>

enum { OUTPUT_MAX = 1 << 20, ARGUMENT_MAX = 64 << 10 };

/* --- the program ------------------------------------------------------------- */

static bool expand(const struct owner *o, const char *text, struct buf *out, struct err *e)
{
	buf_init(out, ARGUMENT_MAX);
	return words_expand(&o->recipe->words, text, WORDS_INTO_TEXT, false, out, e);
}

bool saying_search_path(const struct owner *o, char *out, size_t out_size, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf own = {0};

	if (o->recipe->search_path == NULL) {
		person_search_path(o->person, out, out_size);
		return true;
	}
	if (!expand(o, o->recipe->search_path, &own, e))
		return false;
	return text_copy(out, out_size, buf_str(&own)) ||
	       err_set(e, ERR_CONFIG, "path: longer than %zu bytes", out_size - 1);
}

static bool find_program(const struct owner *o, const char *name, char *out, size_t out_size,
	bool *out_is_there, struct err *e)
{
	char search_path[PERSON_SEARCH_MAX];
	struct stat st;

	if (name[0] == '/') {
		*out_is_there = stat(name, &st) == 0 && S_ISREG(st.st_mode) &&
				access(name, X_OK) == 0 && text_copy(out, out_size, name);
		return true;
	}
	if (!saying_search_path(o, search_path, sizeof(search_path), e))
		return false;
	*out_is_there = person_find_program(search_path, name, out, out_size);
	return true;
}

bool saying_argv(
	const struct owner *o, const struct strings *words, struct strings *out_argv, struct err *e)
{
	SCOPED_CLEAR(strings_clear) struct strings argv = {0};
	char program[PERSON_PATH_MAX];
	bool is_there = false;

	for (size_t i = 0; i < words->n_items; i++) {
		SCOPED_CLEAR(buf_clear) struct buf word = {0};

		if (!expand(o, words->items[i], &word, e) ||
			(i == 0 && !find_program(o, buf_str(&word), program, sizeof(program),
					   &is_there, e)))
			return false;
		if (!is_there)
			return true;
		if (!strings_add(&argv, i == 0 ? program : buf_str(&word)))
			return err_set(e, ERR_INTERNAL, "out of memory");
	}
	*out_argv = argv;
	argv = (struct strings){0};
	return true;
}

bool saying_hear(const struct owner *o, const struct strings *argv, char **out_text,
	int *out_status, struct err *e)
{
	char search_path[PERSON_SEARCH_MAX];
	struct errand_spec spec = {
		.argv = (const char *const *)argv->items,
		.search_path = search_path,
		.timeout_ms = o->recipe->timeout_ms,
		.keeps_end = true,
		.max_bytes = OUTPUT_MAX,
		.on_tick = o->on_tick,
		.is_stopped = o->is_stopped,
		.user = o->user,
	};

	return saying_search_path(o, search_path, sizeof(search_path), e) &&
	       person_run(o->person, &spec, out_text, out_status, e);
}

/* --- what it said ------------------------------------------------------------ */

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";

/* "(v1.8.3)," is 1.8.3. */
static size_t version_of_word(const char **word, size_t len)
{
	const char *start = *word, *end = start + len;

	while (start < end && !strchr(letters, *start) && !strchr(digits, *start))
		start++;
	if (end - start > 1 && *start == 'v' && strchr(digits, start[1]))
		start++;
	*word = start;
	len = 0;
	while (start + len < end && (strchr(letters, start[len]) || strchr(digits, start[len]) ||
					    strchr("+~:_.-", start[len])))
		len++;
	while (len > 0 && strchr("+~:_.-", start[len - 1]))
		len--;
	return strcspn(start, digits) < len ? len : 0;
}

void saying_version(const char *raw_text, char *out, size_t out_size)
{
	static const char blank[] = " \t\r\n";
	const char *word = raw_text + strspn(raw_text, blank);

	out[0] = '\0';
	while (*word != '\0') {
		const char *version = word;
		size_t len = strcspn(word, blank);
		size_t version_len = version_of_word(&version, len);

		if (version_len > 0 && text_copy_n(out, out_size, version, version_len))
			return;
		word += len;
		word += strspn(word, blank);
	}
}

/*
 * The line that ends at *end or before it, empty ones passed over; *end moves to its beginning.
 * False: there is none.
 */
static bool line_before(const char *raw_text, size_t *end, char out[SAYING_LINE_MAX])
{
	size_t last = *end, start;

	while (last > 0 && strchr(" \t\r\n", raw_text[last - 1]))
		last--;
	for (start = last; start > 0 && !strchr("\r\n", raw_text[start - 1]); start--)
		;
	text_escape(raw_text + start, last - start, out, SAYING_LINE_MAX);
	*end = start;
	return last > 0;
}

void saying_last_line(const char *raw_text, char out[SAYING_LINE_MAX])
{
	size_t end = strlen(raw_text);

	(void)!line_before(raw_text, &end, out);
}

void saying_end(const char *raw_text, char out[SAYING_END_MAX])
{
	static const char between[] = " | ";
	char line[SAYING_LINE_MAX], reversed[SAYING_END_MAX] = "";
	size_t end = strlen(raw_text), start = sizeof(reversed) - 1;

	/* filled from its back: the last lines are those that count */
	for (int n = 0; n < SAYING_LINES && line_before(raw_text, &end, line); n++) {
		size_t need = strlen(line) + (n > 0 ? sizeof(between) - 1 : 0);

		if (need > start)
			break;
		if (n > 0) {
			start -= sizeof(between) - 1;
			memcpy(reversed + start, between, sizeof(between) - 1);
		}
		start -= strlen(line);
		memcpy(reversed + start, line, strlen(line));
	}
	memcpy(out, reversed + start, sizeof(reversed) - start);
}
