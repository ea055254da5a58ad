/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays that grow one by one, without a capacity to be kept beside their count. */
#ifndef DEVUPD_LIB_LIST_H
#define DEVUPD_LIB_LIST_H

#include <stddef.h>

#include "updaters/lib/scope.h"

/*
 * The list with room for one more behind its n, which is zeroed. Room doubles whenever n is a power
 * of two: a list must grow by this alone, from NULL.
 *
 * Out: NULL where n is n_max already, or there is no memory; the old list stays then
 */
void *list_grow(void *list, size_t n, size_t n_max, size_t item_size) MUST_CHECK;

#endif
