/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One settings.json as it lies on the disk: found behind its links, read, and whose it is. */
#ifndef DEVUPD_EDITOR_SETTINGS_H
#define DEVUPD_EDITOR_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/digest.h"
#include "updaters/lib/err.h"
#include "updaters/lib/person.h"

struct settings {
	char real[PERSON_PATH_MAX]; /* the file behind all links; "" = there is none */
	uint32_t uid;               /* whose it is */
	char *raw;                  /* as read, "" where there is none; NUL-ended */
	size_t len;
	char sha256[SHA256_HEX_SIZE]; /* of raw; "" = there is no file */
};
void settings_clear(struct settings *s);
/*
 * Fails: ERR_EDITOR (a link that leads nowhere, no plain file, may not be read), ERR_TOO_BIG; the
 *        text names the file
 */
bool settings_read(const char *path, struct settings *out, struct err *e) MUST_CHECK;

#endif
