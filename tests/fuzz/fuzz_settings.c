/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any text as devupd.yaml, as a person's own settings and as an env_file: refused with a place, or
 * settings within their bounds that can be written, and read back the same.
 */
#include "target.h"

#include "config/config.h"
#include "config/env_file.h"
#include "config/keys.h"
#include "config/own_settings.h"

static bool take_special(const struct key *row, const struct yaml_node *node, void *out, void *user,
	struct yaml_errors *errors)
{
	SCOPED(yaml_node_free) struct yaml_node *updaters = NULL;

	(void)row;
	(void)out;
	(void)user;
	return updaters_load(node, &updaters, errors);
}

static bool load(const char *text, size_t len, struct config *out)
{
	SCOPED_CLEAR(yaml_errors_clear) struct yaml_errors errors = {0};
	SCOPED(yaml_node_free) struct yaml_node *root = NULL;
	bool is_fine =
		yaml_parse("x.yaml", text, len, &root, &errors) &&
		keys_load(config_keys, KEY_ALL_KINDS, root, out, take_special, NULL, &errors);

	if (!is_fine) {
		must(errors.n_items > 0, "refused without a reason");
		must_be_told(&errors.first);
	}
	return is_fine;
}

static void check_bounds(const struct config *c)
{
	for (const struct key *row = config_keys; row->name != NULL; row++) {
		uint64_t n = 0;

		if (row->type != KEY_COUNT || row->max == 0)
			continue;
		memcpy(&n, (const char *)c + row->offset, sizeof(n));
		must(n <= row->max, "a number over its bound");
	}
}

/* Each key as a file would have it, for those that fit on one line. */
static void check_written(const struct config *c)
{
	for (const struct key *row = config_keys; row->name != NULL; row++) {
		SCOPED_CLEAR(config_clear) struct config again = {0};
		SCOPED_CLEAR(buf_clear) struct buf value = {0}, line = {0}, value_again = {0};

		buf_init(&value, YAML_FILE_MAX);
		buf_init(&line, YAML_FILE_MAX);
		buf_init(&value_again, YAML_FILE_MAX);
		keys_format(row, c, NULL, &value);
		if (value.len == 0 || row->type == KEY_GROUP || strchr(value.data, '\n') != NULL)
			continue;
		/* a number that nobody set, and that nobody could */
		if (row->type == KEY_COUNT && text_equal(value.data, "0") && row->min > 0)
			continue;
		must(!has_control_bytes(value.data), "control bytes in what is shown");
		/* what is escaped for a terminal is not what stands in a file */
		if (strchr(value.data, '\\') != NULL)
			continue;
		buf_printf(&line, "%s: %s\n", row->name, value.data);
		must(load(line.data, line.len, &again), line.data);
		keys_format(row, &again, NULL, &value_again);
		must(text_equal(value.data, buf_str(&value_again)), "shown and read, it differs");
	}
}

static void check_env(const char *text)
{
	SCOPED_CLEAR(strings_clear) struct strings list = {0};
	struct err e = {0};

	if (!env_file_parse("x.env", text, &list, &e)) {
		must_be_told(&e);
		return;
	}
	for (size_t i = 0; i < list.n_items; i++) {
		const char *equal = strchr(list.items[i], '=');
		char key[256];

		must(equal != NULL && equal > list.items[i], "a line without a key");
		if (text_copy_n(key, sizeof(key), list.items[i], (size_t)(equal - list.items[i])))
			must(env_get(&list, key) != NULL, "a key without a value");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED_FREE char *bytes = bytes_of(data, size), *text = text_of(data, size);
	SCOPED_CLEAR(config_clear) struct config c = {0};

	if (load(bytes, size, &c)) {
		check_bounds(&c);
		check_written(&c);
	}
	check_env(text);
	return 0;
}
