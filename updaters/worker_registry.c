/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>

#include "updaters/deb/deb_worker.h"
#include "updaters/lib/text.h"
#include "updaters/worker_updater.h"

static const struct worker_updater *const kinds[] = {&deb_worker_updater};

const struct worker_updater *worker_registry_find(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (text_equal(kinds[i]->kind, kind))
			return kinds[i];
	return NULL;
}
