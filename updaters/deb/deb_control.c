/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/deb_control.h"

#include "updaters/lib/text.h"

bool deb_version_of(
	const struct recipe *r, const char *any_spelling, char *out, size_t out_size, struct err *e)
{
	char bare[DPKG_VERSION_MAX];

	return recipe_version_installed(r, any_spelling, bare, sizeof(bare), e) &&
	       recipe_version_rewrite(r, bare, out, out_size, e);
}

bool deb_control_check(const struct recipe *r, const char *version,
	const struct dpkg_control *control, struct err *e)
{
	const char *arch = words_get(&r->words, "arch");
	char promised[DPKG_VERSION_MAX], found[DPKG_VERSION_MAX];

	if (!text_equal(control->package, r->package))
		return err_set(e, ERR_NAME, "the file holds the package %s, expected was %s",
			control->package, r->package);
	if (!text_equal(control->architecture, "all") && !text_equal(control->architecture, arch))
		return err_set(e, ERR_ARCHITECTURE, "the package is for %s, this computer is %s",
			control->architecture, arch != NULL ? arch : "of unknown architecture");
	if (control->is_essential)
		return err_set(e, ERR_POLICY,
			"the package calls itself essential or protected: nobody could remove it "
			"again");
	if (version[0] == '\0')
		return true;
	if (!deb_version_of(r, version, promised, sizeof(promised), e) ||
		!recipe_version_installed(r, control->version, found, sizeof(found), e))
		return false;
	return dpkg_version_compare(promised, found) == 0 ||
	       err_set(e, ERR_VERSION, "the package is version %s, expected was %s",
		       control->version, version);
}
