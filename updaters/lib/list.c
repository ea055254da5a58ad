/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/list.h"

#include <stdint.h>
#include <string.h>

void *list_grow(void *list, size_t n, size_t n_max, size_t item_size)
{
	if (n >= n_max || n > SIZE_MAX / 2 / item_size)
		return NULL;
	if ((n & (n - 1)) == 0)
		list = realloc(list, (n == 0 ? 1 : 2 * n) * item_size);
	if (list != NULL)
		memset((char *)list + n * item_size, 0, item_size);
	return list;
}
