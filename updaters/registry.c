/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/registry.h"

#include "updaters/deb/deb.h"
#include "updaters/lib/text.h"
#include "updaters/owner_entry.h"

static const struct updater *const updaters[] = {
	&deb_updater,
	/* in this order: each rests on those before it */
	&homebrew_entry,
	&python_entry,
	&editor_entry,
	&command_entry,
};

const struct updater *registry_find(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(updaters); i++) {
		if (text_equal(updaters[i]->kind, kind))
			return updaters[i];
	}
	return NULL;
}

size_t registry_count(void)
{
	return ARRAY_SIZE(updaters);
}

const struct updater *registry_at(size_t i)
{
	return updaters[i];
}
