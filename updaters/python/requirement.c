/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/python/requirement.h"

#include <ctype.h>
#include <string.h>

bool requirement_name(const char *requirement, char out[REQUIREMENT_NAME_MAX])
{
	size_t n = 0;

	for (const char *s = requirement; *s != '\0' && n + 1 < REQUIREMENT_NAME_MAX; s++) {
		bool is_mark = strchr("-_.", *s) != NULL;

		if (!is_mark && !isalnum((unsigned char)*s))
			break;
		if (is_mark && n > 0 && out[n - 1] == '-')
			continue; /* a row of marks is one */
		out[n++] = is_mark ? '-' : (char)tolower((unsigned char)*s);
	}
	out[n] = '\0';
	return n > 0;
}

const struct dist *requirement_find(const struct dists *installed, const char *requirement)
{
	char wanted[REQUIREMENT_NAME_MAX], has[REQUIREMENT_NAME_MAX];

	if (!requirement_name(requirement, wanted))
		return NULL;
	for (size_t i = 0; i < installed->n_items; i++) {
		if (requirement_name(installed->items[i].name, has) && text_equal(wanted, has))
			return &installed->items[i];
	}
	return NULL;
}
