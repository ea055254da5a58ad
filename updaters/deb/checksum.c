/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/checksum.h"

#include <string.h>

#include "updaters/lib/json.h"
#include "updaters/lib/text.h"

enum { LINE_MAX_BYTES = 4096 };

/* What one line says: a digest, and whose (NULL: nobody's, a lone hash). */
struct line {
	struct digests digests;
	const char *file;
};

/* 64 digits or 128. */
static bool take_hex(const char *raw, struct digests *out)
{
	return digest_is_sha256(raw, out->sha256) || digest_is_sha512(raw, out->sha512);
}

/*
 * "SHA256 (file) = hash", as BSD's sha256 and sha256sum --tag; "SHA256(file)= hash", as OpenSSL 1,
 * "SHA2-256(file)= hash", as OpenSSL 3; and SHA512 likewise.
 */
static bool line_tagged(char *text, struct line *out)
{
	static const struct {
		const char *name;
		bool is_sha512;
	} tags[] = {{"SHA256", false}, {"SHA2-256", false}, {"SHA512", true}, {"SHA2-512", true}};
	char *close = strrchr(text, ')'), *open = NULL, *hash;
	bool is_sha512 = false;

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		if (!text_starts(text, tags[i].name))
			continue;
		open = text + strlen(tags[i].name);
		is_sha512 = tags[i].is_sha512;
	}
	if (open == NULL || close == NULL)
		return false;
	open += *open == ' ';
	hash = close + 1 + (close[1] == ' ');
	if (*open != '(' || *hash != '=')
		return false;
	hash = text_trim(hash + 1);
	if (is_sha512 ? !digest_is_sha512(hash, out->digests.sha512)
		      : !digest_is_sha256(hash, out->digests.sha256))
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
		return take_hex(text, &out->digests);
	}
	*second = '\0';
	if (take_hex(text, &out->digests)) {
		second = text_trim(second + 1);
		out->file = second + (*second == '*');
		return true;
	}
	*second = ' ';
	if (last == NULL || !take_hex(last + 1, &out->digests))
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

static bool lines_find(
	const char *raw_text, size_t len, const char *file_name, struct digests *out, struct err *e)
{
	struct digests found = {0}, lone = {0};
	char text[LINE_MAX_BYTES];
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
			lone = line.digests;
		else if (text_equal(last_part(line.file), file_name) &&
			 !digests_add(&found, &line.digests, file_name, e))
			return false;
	}
	/* A lone hash counts only where nothing else is said. */
	if (!digests_are_known(&found) && n_lines == 1)
		found = lone;
	if (!digests_are_known(&found))
		return err_set(
			e, ERR_NO_MATCH, "no digest of %s in its %zu lines", file_name, n_lines);
	*out = found;
	return true;
}

bool checksum_text_find(const char *raw_text, size_t len, const char *file_name,
	struct checksum *out, struct err *e)
{
	struct checksum found = {0};

	if (checksum_is_yaml(raw_text, len))
		return checksum_yaml_find(raw_text, len, file_name, out, e);
	if (!lines_find(raw_text, len, file_name, &found.digests, e))
		return false;
	*out = found;
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
	const char *file_name, struct digests *out, struct err *e)
{
	struct digests found = {0};
	SCOPED(json_free) struct json *root = NULL;
	const char *text;

	if (!json_parse(raw_text, len, &root, e))
		return false;
	text = json_text(pointer != NULL ? json_at(root, pointer) : json_by_name(root, file_name));
	if (text == NULL)
		return err_set(
			e, ERR_NO_MATCH, "nothing at %s", pointer != NULL ? pointer : file_name);
	if (!take_hex(text, &found) && !digest_from_base64(text, found.sha512))
		return err_set(e, ERR_NO_MATCH, "no digest at %s, but \"%.80s\"",
			pointer != NULL ? pointer : file_name, text);
	*out = found;
	return true;
}
