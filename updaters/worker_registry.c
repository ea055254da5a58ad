/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>

#include "updaters/command/command.h"
#include "updaters/deb/deb_worker.h"
#include "updaters/editor/editor.h"
#include "updaters/homebrew/homebrew.h"
#include "updaters/lib/text.h"
#include "updaters/owner_worker.h"
#include "updaters/python/python.h"
#include "updaters/worker_updater.h"

static const struct worker_updater *const kinds[] = {&deb_worker_updater};

/* They differ in what they look for: the rest is owner_worker.c. */
static const struct owner_updater *const owner_kinds[] = {
	&homebrew_updater,
	&python_updater,
	&editor_updater,
	&command_updater,
};

const struct owner_updater *owner_registry_find(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(owner_kinds); i++)
		if (text_equal(owner_kinds[i]->kind, kind))
			return owner_kinds[i];
	return NULL;
}

const struct worker_updater *worker_registry_find(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (text_equal(kinds[i]->kind, kind))
			return kinds[i];
	return owner_registry_find(kind) != NULL ? &owner_worker_updater : NULL;
}
