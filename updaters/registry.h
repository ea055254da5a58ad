/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds this program knows, one row each. */
#ifndef DEVUPD_UPDATERS_REGISTRY_H
#define DEVUPD_UPDATERS_REGISTRY_H

#include <stddef.h>

#include "updaters/updater.h"

/* NULL: no such kind here. */
const struct updater *registry_find(const char *kind);
size_t registry_count(void);
const struct updater *registry_at(size_t i);

#endif
