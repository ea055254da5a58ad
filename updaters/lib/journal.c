/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/journal.h"

#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#define SD_JOURNAL_SUPPRESS_LOCATION /* which line of ours wrote it is nobody's business */
#include <systemd/sd-journal.h>
#include <systemd/sd-login.h>

#include "updaters/lib/text.h"

enum { FIELDS_MAX = 32, OWN_FIELDS = 5, FIELD_BYTES_MAX = 8192 };

/* What the journal takes as a name of ours: no underscore first. */
static bool is_name(const char *name)
{
	return name[0] >= 'A' && name[0] <= 'Z' &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(name);
}

/* NAME=value, what would rule a terminal escaped. false: left out */
static bool put(struct iovec *out, const char *name, const char *value)
{
	SCOPED_FREE char *text = NULL;
	size_t size = strlen(name) + 1 + FIELD_BYTES_MAX;
	size_t len = strnlen(value, FIELD_BYTES_MAX / 4 - 1);
	int n;

	if (!is_name(name) || value[0] == '\0')
		return false;
	text = malloc(size);
	if (text == NULL)
		return false;
	n = snprintf(text, size, "%s=", name);
	text_escape(value, len, text + n, size - (size_t)n);
	out->iov_len = strlen(text);
	out->iov_base = MOVE_PTR(text);
	return true;
}

/*
 * Of which unit we are. The journal looks that up itself, by a process that may be gone when it
 * comes to the last entry; `journalctl -u` goes by this field, too.
 */
static bool put_unit(struct iovec *out)
{
	SCOPED_FREE char *unit = NULL;

	if (sd_pid_get_user_unit(0, &unit) >= 0)
		return put(out, "OBJECT_SYSTEMD_USER_UNIT", unit);
	return sd_pid_get_unit(0, &unit) >= 0 && put(out, "OBJECT_SYSTEMD_UNIT", unit);
}

void journal_write(enum journal_level level, const char *message_id, const char *message,
	const struct journal_field *fields, size_t n_fields)
{
	struct iovec parts[FIELDS_MAX + OWN_FIELDS];
	char priority[2] = {(char)('0' + level), '\0'};
	size_t n = 0;

	n += put(&parts[n], "MESSAGE", message);
	n += put(&parts[n], "PRIORITY", priority);
	n += put(&parts[n], "SYSLOG_IDENTIFIER", "devupd");
	n += put(&parts[n], "MESSAGE_ID", message_id != NULL ? message_id : "");
	n += put_unit(&parts[n]);
	for (size_t i = 0; i < n_fields && i < FIELDS_MAX; i++) {
		if (fields[i].value != NULL)
			n += put(&parts[n], fields[i].name, fields[i].value);
	}
	(void)!sd_journal_sendv(parts, (int)n); /* no journal, no entry */
	for (size_t i = 0; i < n; i++)
		free(parts[i].iov_base);
}
