/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/own_settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/keys.h"
#include "updaters/lib/fs.h"

enum { OWN_PATH_MAX = 1100 };

void own_settings_clear(struct own_settings *s)
{
	keys_clear(own_keys, s);
	yaml_node_free(s->updaters);
	free(s->file);
	*s = (struct own_settings){0};
}

bool updaters_load(const struct yaml_node *node, struct yaml_node **out, struct yaml_errors *errors)
{
	bool ok = true;

	if (node->kind == YAML_SCALAR && node->is_plain && node->scalar[0] == '\0')
		return true; /* all its names commented out */
	if (node->kind != YAML_MAP)
		return yaml_complain(errors, node->file, node,
			"%s: a map is expected, NAME: {key: value}", node->key);
	for (const struct yaml_node *n = node->children; n; n = n->next)
		if (n->kind != YAML_MAP)
			ok = yaml_complain(errors, n->file, n,
				"updaters: %s: a map of recipe keys is expected", n->key);
	*out = yaml_merge(node, NULL);
	return ok && (*out || yaml_complain(errors, node->file, node, "out of memory"));
}

static bool load_special(const struct key *row, const struct yaml_node *node, void *out, void *user,
	struct yaml_errors *errors)
{
	struct own_settings *s = out;

	(void)row;
	(void)user;
	return updaters_load(node, &s->updaters, errors);
}

bool own_settings_read(
	const char *config_home, struct own_settings *out, struct yaml_errors *errors)
{
	SCOPED_CLEAR(own_settings_clear) struct own_settings s = {0};
	SCOPED(yaml_node_free) struct yaml_node *root = NULL;
	SCOPED_FREE char *text = NULL;
	char path[OWN_PATH_MAX];
	struct err e = {0};
	size_t len = 0;

	*out = (struct own_settings){0};
	if (!fs_join(path, sizeof(path), config_home, "devupd/devupd.yaml"))
		return yaml_complain(errors, config_home, NULL, "the path is too long");
	if (!fs_read(path, YAML_FILE_MAX, &text, &len, &e))
		return e.sys_errno == ENOENT || yaml_complain(errors, path, NULL, "%s", e.text);
	s.file = strdup(path);
	if (!s.file)
		return yaml_complain(errors, path, NULL, "out of memory");
	if (!yaml_parse(s.file, text, len, &root, errors) ||
		!keys_load(own_keys, KEY_ALL_KINDS, root, &s, load_special, NULL, errors))
		return false;
	*out = s;
	s = (struct own_settings){0};
	return true;
}
