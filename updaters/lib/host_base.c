/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Codenames: which came after which, and what a recipe's `base:` map makes of this host's. */
#include "updaters/lib/host.h"

#include <limits.h>
#include <string.h>

#include "updaters/lib/text.h"

/* Oldest first. Source: distro-info-data; the names of releases to come are added as they appear.
 */
static const char *const ubuntu_names[] = {"bionic", "cosmic", "disco", "eoan", "focal", "groovy",
	"hirsute", "impish", "jammy", "kinetic", "lunar", "mantic", "noble", "oracular", "plucky",
	"questing", "resolute"};
static const char *const debian_names[] = {
	"buster", "bullseye", "bookworm", "trixie", "forky", "sid"};

static const struct {
	const char *family;
	const char *const *names;
	size_t n_names;
} families[] = {
	{"ubuntu", ubuntu_names, ARRAY_SIZE(ubuntu_names)},
	{"debian", debian_names, ARRAY_SIZE(debian_names)},
};

static bool find_base(const char *codename, const char **out_family, int *out_rank)
{
	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		for (size_t i = 0; i < families[f].n_names; i++) {
			if (strcmp(families[f].names[i], codename) == 0) {
				*out_family = families[f].family;
				*out_rank = (int)i;
				return true;
			}
		}
	}
	return false;
}

static int base_rank(const char *codename)
{
	const char *family = NULL;
	int rank = INT_MAX; /* newer than all we know */

	find_base(codename, &family, &rank);
	return rank;
}

/* Is entry of the host's family and as old as the host or older? */
static bool is_reachable(const char *entry, const struct host *h, int *out_rank)
{
	const char *family = NULL;

	return find_base(entry, &family, out_rank) && strcmp(family, h->base_family) == 0 &&
	       *out_rank <= base_rank(h->base);
}

bool host_base_choose(const struct host *h, const char *const *keys, const char *const *values,
	size_t n, char *out, size_t out_size)
{
	const char *chosen = NULL;
	int newest = -1, rank = 0;

	if (n == 0)
		return text_copy(out, out_size, h->base);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(keys[i], h->base) == 0)
			return text_copy(out, out_size, values[i]);
	}
	/* of one release, what its key says comes before a value that is its name */
	for (size_t i = 0; i < n; i++) {
		if (is_reachable(keys[i], h, &rank) && rank > newest) {
			newest = rank;
			chosen = values[i];
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (is_reachable(values[i], h, &rank) && rank > newest) {
			newest = rank;
			chosen = values[i];
		}
	}
	return chosen != NULL && text_copy(out, out_size, chosen);
}
