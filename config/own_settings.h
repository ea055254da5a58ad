/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A person's own settings, ~/.config/devupd/devupd.yaml: single keys for the kinds that act as that
 * person. Read only by a process that is that person: root never parses them.
 */
#ifndef DEVUPD_CONFIG_OWN_SETTINGS_H
#define DEVUPD_CONFIG_OWN_SETTINGS_H

#include <stdbool.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"
#include "updaters/lib/yaml.h"

struct own_settings {
	/* filled by own_keys (keys.c) */
	struct strings disable;

	struct yaml_node *updaters; /* the `updaters:` map, or NULL */
	char *file;                 /* the nodes' file names point here */
};
void own_settings_clear(struct own_settings *s);

/*
 * In:    config_home   the person's, absolute
 * Out:   out           all empty where there is no such file
 * Fails: false with all complaints in errors
 */
bool own_settings_read(
	const char *config_home, struct own_settings *out, struct yaml_errors *errors) MUST_CHECK;

/* The value of `updaters:`, here and in the system's settings. Out: stays where it is empty. */
bool updaters_load(const struct yaml_node *node, struct yaml_node **out,
	struct yaml_errors *errors) MUST_CHECK;

#endif
