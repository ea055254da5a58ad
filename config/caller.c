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

bool caller_forget_environment(void)
{
	static const char *const kept[] = {"SUDO_USER", "SUDO_UID", "SUDO_GID", "SUDO_COMMAND",
		"PKEXEC_UID", "TERM", "NO_COLOR"};
	char values[ARRAY_SIZE(kept)][256];
	bool is_whole = true;

	if (geteuid() != 0 || (getenv("SUDO_UID") == NULL && getenv("PKEXEC_UID") == NULL))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		const char *value = getenv(kept[i]);

		text_copy_cut(values[i], sizeof(values[i]), value != NULL ? value : "");
	}
	clearenv();
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		is_whole &= values[i][0] == '\0' || setenv(kept[i], values[i], 1) == 0;
	return is_whole;
}
