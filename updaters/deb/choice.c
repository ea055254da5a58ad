/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which candidate to take: newer than what is installed, not skipped, by the source's pick. */
#include "updaters/deb/candidate.h"

#include <string.h>

bool choice_init(struct choice *c, const struct deb_inspect *in, struct err *e)
{
	const struct {
		const char *from;
		char *to;
	} versions[] = {{in->installed, c->installed}, {in->wanted, c->wanted},
		{in->below, c->below}, {in->skip_exactly, c->skip_exactly},
		{in->skip_up_to, c->skip_up_to}};

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		versions[i].to[0] = '\0';
		if (versions[i].from[0] != '\0' && !deb_version_of(in->recipe, versions[i].from,
							   versions[i].to, DPKG_VERSION_MAX, e))
			return false;
	}
	c->with_reinstall = in->with_reinstall;
	return true;
}

static const char *objection_to_new(const struct choice *choice, const char *version)
{
	int order = 1;

	if (choice->installed[0] != '\0')
		order = dpkg_version_compare(version, choice->installed);
	if (order < 0)
		return "older than installed";
	if (order == 0 && !choice->with_reinstall)
		return "the same as installed";
	if (choice->skip_exactly[0] != '\0' &&
		dpkg_version_compare(version, choice->skip_exactly) == 0)
		return "skipped";
	if (choice->skip_up_to[0] != '\0' && dpkg_version_compare(version, choice->skip_up_to) <= 0)
		return "skipped: not newer than a version that was left";
	return NULL;
}

const char *choice_objection(const struct choice *choice, const struct candidate *c)
{
	if (c->is_refused || c->why != NULL)
		return c->why;
	if (choice->wanted[0] != '\0')
		return dpkg_version_compare(c->version, choice->wanted) == 0
			       ? NULL
			       : "not the version asked for";
	if (choice->below[0] != '\0')
		return dpkg_version_compare(c->version, choice->below) < 0
			       ? NULL
			       : "not older than the one to leave";
	return objection_to_new(choice, c->version);
}

/* Rolling back is always to the highest below; else the recipe says. */
static bool is_better(enum pick pick, const struct candidate *c, const struct candidate *best)
{
	if (best == NULL || pick == PICK_LAST)
		return true;
	return pick == PICK_HIGHEST && dpkg_version_compare(c->version, best->version) > 0;
}

struct candidate *choice_best(
	const struct choice *choice, const struct recipe *r, struct candidates *c, size_t source)
{
	enum pick pick = PICK_HIGHEST;
	struct candidate *best = NULL;

	if (source < r->n_sources && choice->below[0] == '\0')
		pick = (enum pick)r->sources[source].pick;
	for (size_t i = 0; i < c->n_items; i++)
		if (c->items[i].source == source &&
			choice_objection(choice, &c->items[i]) == NULL &&
			is_better(pick, &c->items[i], best))
			best = &c->items[i];
	return best;
}
