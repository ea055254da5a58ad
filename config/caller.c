/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/caller.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOGIN_NAME_MAX_BYTES = 63 };

const char *caller_sudo_user(void)
{
	const char *name = geteuid() == 0 ? getenv("SUDO_USER") : NULL;

	if (name == NULL || name[0] == '\0' || strlen(name) > LOGIN_NAME_MAX_BYTES)
		return NULL;
	for (const char *at = name; *at != '\0'; at++) {
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@$+",
			    *at) == NULL)
			return NULL;
	}
	return name;
}
