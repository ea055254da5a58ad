/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/checksum.h"

#include <string.h>

#include "updaters/lib/json.h"
#include "updaters/lib/text.h"

enum { LINE_MAX_BYTES = 4096 };

/* What one line says: a digest, and whose (NULL: nobody's, a lone hash). */
struct line {
	char hex[SHA256_HEX_SIZE];
	const char *file;
};

/*
 * "SHA256 (file) = hash", as BSD's sha256 and sha256sum --tag; "SHA256(file)= hash", as OpenSSL 1,
 * "SHA2-256(file)= hash", as OpenSSL 3.
 */
static bool line_tagged(char *text, struct line *out)
{
	static const char *const names[] = {"SHA256", "SHA2-256"};
	char *close = strrchr(text, ')'), *open = NULL, *hash;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (text_starts(text, names[i]))
			open = text + strlen(names[i]);
	}
	if (open == NULL || close == NULL)
		return false;
	open += *open == ' ';
	hash = close + 1 + (close[1] == ' ');
	if (*open != '(' || *hash != '=' || !digest_is_sha256(text_trim(hash + 1), out->hex))
		return false;
	*close = '\0';
	out->file = open + 1;
	return true;
}

/* Two words, either of which is the hash; "*" before a file is sha256sum's mark of binary mode. */
static bool line_words(char *text, struct line *out)
{
	char *second = text + strcspn(text, " \t");
	char *last = strrchr(text, ' ');

	if (*second == '\0') {
		out->file = NULL;
		return digest_is_sha256(text, out->hex);
	}
	*second = '\0';
	if (digest_is_sha256(text, out->hex)) {
		second = text_trim(second + 1);
		out->file = second + (*second == '*');
		return true;
	}
	*second = ' ';
	if (last == NULL || !digest_is_sha256(last + 1, out->hex))
		return false;
	*last = '\0';
	out->file = text_trim(text);
	return true;
}

static bool line_parse(char *text, struct line *out)
{
	text = text_trim(text);
	return line_tagged(text, out) || line_words(text, out);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static bool keep(const char *hex, const char *file_name, char found[SHA256_HEX_SIZE], struct err *e)
{
	if (found[0] != '\0' && !text_equal(found, hex))
		return err_set(e, ERR_DIGEST, "%s stands there with two digests, %s and %s",
			file_name, found, hex);
	memcpy(found, hex, SHA256_HEX_SIZE);
	return true;
}

bool checksum_text_find(const char *raw_text, size_t len, const char *file_name,
	char out_hex[SHA256_HEX_SIZE], struct err *e)
{
	char found[SHA256_HEX_SIZE] = "", lone[SHA256_HEX_SIZE] = "", text[LINE_MAX_BYTES];
	size_t n_lines = 0, n;

	for (size_t at = 0; at < len; at += n + 1) {
		const char *end = memchr(raw_text + at, '\n', len - at);
		struct line line = {0};

		n = end != NULL ? (size_t)(end - raw_text) - at : len - at;
		if (!text_copy_n(text, sizeof(text), raw_text + at, n) || *text_trim(text) == '\0')
			continue;
		n_lines++;
		if (!line_parse(text, &line))
			continue;
		if (line.file == NULL)
			memcpy(lone, line.hex, sizeof(lone));
		else if (text_equal(last_part(line.file), file_name) &&
			 !keep(line.hex, file_name, found, e))
			return false;
	}
	/* A lone hash counts only where nothing else is said. */
	if (found[0] == '\0' && n_lines == 1)
		memcpy(found, lone, sizeof(found));
	if (found[0] == '\0')
		return err_set(
			e, ERR_NO_MATCH, "no SHA-256 of %s in its %zu lines", file_name, n_lines);
	memcpy(out_hex, found, sizeof(found));
	return true;
}

static const struct json *json_by_name(const struct json *root, const char *file_name)
{
	for (size_t i = 0; json_is_object(root) && i < json_count(root); i++) {
		const char *key = NULL;
		const struct json *value = json_item(root, i, &key);

		if (text_equal(key, file_name))
			return value;
	}
	return NULL;
}

bool checksum_json_find(const char *raw_text, size_t len, const char *pointer,
	const char *file_name, char out_hex[SHA256_HEX_SIZE], struct err *e)
{
	SCOPED(json_free) struct json *root = NULL;
	const char *text;

	if (!json_parse(raw_text, len, &root, e))
		return false;
	text = json_text(pointer != NULL ? json_at(root, pointer) : json_by_name(root, file_name));
	if (text == NULL)
		return err_set(
			e, ERR_NO_MATCH, "nothing at %s", pointer != NULL ? pointer : file_name);
	return digest_is_sha256(text, out_hex) ||
	       err_set(e, ERR_NO_MATCH, "no SHA-256 at %s, but \"%.80s\"",
		       pointer != NULL ? pointer : file_name, text);
}
