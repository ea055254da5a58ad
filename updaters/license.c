/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/license.h"

void license_of(const struct recipe *recipe, struct state_license *out)
{
	*out = (struct state_license){0};
	text_copy_cut(out->name, sizeof(out->name), recipe->name);
	text_copy_cut(out->license, sizeof(out->license), recipe->license_name);
	text_copy_cut(out->url, sizeof(out->url), recipe->license_url);
}

bool license_is_accepted(struct state *s, const struct recipe *recipe, bool *out, struct err *e)
{
	struct state_license asked, accepted;
	bool has = false;

	if (!state_license_get(s, recipe->name, &has, &accepted, e))
		return false;
	license_of(recipe, &asked);
	*out = has && text_equal(accepted.license, asked.license) &&
	       text_equal(accepted.url, asked.url);
	return true;
}
