/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/accepted.h"

#include <stdio.h>
#include <string.h>

void accepted_word(const char *name, const struct release *r, char out[ACCEPTED_WORD_MAX])
{
	snprintf(out, ACCEPTED_WORD_MAX, "%s=%s,%s,%s", name, r->version, r->digests.sha256,
		r->digests.sha512);
}

bool accepted_read(const char *word, const char *name, struct accepted *out)
{
	size_t len = strlen(name);
	struct accepted a = {0};

	if (strncmp(word, name, len) != 0 || word[len] != '=')
		return false;

	const char *version = word + len + 1;
	const char *sha256 = strchr(version, ',');
	const char *sha512 = sha256 != NULL ? strchr(sha256 + 1, ',') : NULL;

	if (sha512 == NULL ||
		!text_copy_n(a.version, sizeof(a.version), version, (size_t)(sha256 - version)) ||
		!text_copy_n(a.digests.sha256, sizeof(a.digests.sha256), sha256 + 1,
			(size_t)(sha512 - sha256) - 1) ||
		!text_copy(a.digests.sha512, sizeof(a.digests.sha512), sha512 + 1))
		return false;
	*out = a;
	return true;
}

bool accepted_is(const struct accepted *a, const struct release *r)
{
	return text_equal(a->version, r->version) &&
	       (!digests_are_known(&a->digests) || digests_agree(&a->digests, &r->digests));
}
