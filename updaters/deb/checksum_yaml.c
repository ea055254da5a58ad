/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * electron-builder's latest-linux.yml: `files`, each with `url` (a name, as a rule) and `sha512` in
 * base64; files of old versions only have `path` and `sha512`, new ones have them besides.
 *
 * Source: electron-userland/electron-builder, packages/builder-util-runtime/src/updateInfo.ts
 */
#include "updaters/deb/checksum.h"

#include <stdio.h>
#include <string.h>

#include "updaters/lib/text.h"
#include "updaters/lib/url.h"
#include "updaters/lib/yaml.h"

bool checksum_is_yaml(const char *raw_text, size_t len)
{
	static const char *const beginnings[] = {"files:", "sha512: "};
	const char *end = raw_text + len;

	for (const char *at = raw_text; at != NULL && at < end;) {
		for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++) {
			size_t n = strlen(beginnings[i]);

			if ((size_t)(end - at) >= n && memcmp(at, beginnings[i], n) == 0)
				return true;
		}
		at = memchr(at, '\n', (size_t)(end - at));
		at = at != NULL ? at + 1 : NULL;
	}
	return false;
}

static const char *text_of(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = map->kind == YAML_MAP ? yaml_get(map, key) : NULL;

	return node != NULL && node->kind == YAML_SCALAR ? node->scalar : "";
}

/* The last part of an address or a name, as it stands or with its %20s read. */
static bool is_named(const char *url, const char *file_name)
{
	const char *slash = strrchr(url, '/');
	char whole[URL_MAX], name[URL_MAX];
	int n = snprintf(
		whole, sizeof(whole), "https://name.invalid/%s", slash != NULL ? slash + 1 : url);

	return text_equal(slash != NULL ? slash + 1 : url, file_name) ||
	       (n > 0 && (size_t)n < sizeof(whole) && url_file_name(whole, name, sizeof(name)) &&
		       text_equal(name, file_name));
}

/* Old files give it in hex, too. What stands by our name and is neither is no answer. */
static bool take_sha512(
	const char *text, const char *file_name, struct digests *found, struct err *e)
{
	struct digests one = {0};

	if (!digest_from_base64(text, one.sha512) && !digest_is_sha512(text, one.sha512))
		return err_set(e, ERR_NO_MATCH, "%s stands there with no SHA-512, but \"%.100s\"",
			file_name, text);
	return digests_add(found, &one, file_name, e);
}

static bool take_entry(const struct yaml_node *map, const char *key, const char *file_name,
	struct digests *found, struct err *e)
{
	return !is_named(text_of(map, key), file_name) ||
	       take_sha512(text_of(map, "sha512"), file_name, found, e);
}

bool checksum_yaml_find(const char *raw_text, size_t len, const char *file_name,
	struct checksum *out, struct err *e)
{
	SCOPED(yaml_node_free) struct yaml_node *root = NULL;
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {.limit = 1};
	const struct yaml_node *files;
	struct checksum found = {0};

	if (len > YAML_FILE_MAX)
		return err_set(
			e, ERR_PARSE, "%zu bytes of YAML, at most %d are read", len, YAML_FILE_MAX);
	if (!yaml_parse("", raw_text, len, &root, &errors))
		return err_set(e, ERR_PARSE, "no YAML, line %u: %s",
			errors.n_items > 0 ? errors.items[0].line : 0,
			errors.n_items > 0 ? errors.items[0].what : "can't be read");
	files = yaml_get(root, "files");
	for (const struct yaml_node *n = files != NULL ? files->children : NULL; n; n = n->next)
		if (!take_entry(n, "url", file_name, &found.digests, e))
			return false;
	if (!take_entry(root, "path", file_name, &found.digests, e))
		return false;
	if (!digests_are_known(&found.digests))
		return err_set(e, ERR_NO_MATCH, "no SHA-512 of %s among its files", file_name);
	if (!text_copy(found.version, sizeof(found.version), text_of(root, "version")))
		return err_set(e, ERR_NO_MATCH, "a version of over %d bytes", DPKG_VERSION_MAX - 1);
	*out = found;
	return true;
}
