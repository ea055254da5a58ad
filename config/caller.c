/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/caller.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "updaters/lib/text.h"

static bool is_login_name(const char *name)
{
	return name[0] != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
						    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						    "0123456789._-@$+")] == '\0';
}

/* pkexec tells a number. */
static const char *name_of_number(const char *number)
{
	uint64_t uid = 0;
	const struct passwd *entry;

	if (!text_to_u64(number, &uid) || uid == 0 || uid >= UINT32_MAX)
		return NULL;
	entry = getpwuid((uid_t)uid);
	return entry != NULL ? entry->pw_name : NULL;
}

bool caller_find(char *out, size_t out_size)
{
	const char *name = getenv("SUDO_USER"), *number = getenv("PKEXEC_UID");

	out[0] = '\0';
	if (geteuid() != 0)
		return false;
	/* each clears the environment: where both are, sudo came last */
	if (name == NULL && number != NULL)
		name = name_of_number(number);
	return name != NULL && is_login_name(name) && text_copy(out, out_size, name);
}
