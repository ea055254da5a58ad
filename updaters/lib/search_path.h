/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PATH of a new terminal, remembered: to ask a login shell is slow where its start-up files do
 * much. Knows the names of those files, not what is in them.
 */
#ifndef DEVUPD_LIB_SEARCH_PATH_H
#define DEVUPD_LIB_SEARCH_PATH_H

#include <stdbool.h>

#include "updaters/lib/person.h"

/* Start-up files may read others that we don't know: for longer nothing is believed. */
enum { SEARCH_PATH_AGE_MAX_S = 3600 };

/*
 * As person_search_path, into p.search_path alone. What a shell said is kept in the person's own
 * ~/.cache/devupd/search-path.
 *
 * In:    may_recall   what was kept counts, if it is young, and neither the shell nor a start-up
 *                     file has changed
 */
void search_path_find(struct person *p, bool may_recall);

#endif
