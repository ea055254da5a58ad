/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Structured entries of the system's journal. Where there is no journal nothing happens. */
#ifndef DEVUPD_LIB_JOURNAL_H
#define DEVUPD_LIB_JOURNAL_H

#include <stddef.h>

/* syslog's levels, as far as we use them. */
enum journal_level {
	JOURNAL_ERROR = 3,
	JOURNAL_WARNING = 4,
	JOURNAL_NOTICE = 5,
	JOURNAL_INFO = 6,
};

struct journal_field {
	const char *name;  /* "DEVUPD_NAME": upper case, digits, underscores */
	const char *value; /* NULL or "" = the field is left out */
};

/*
 * In:    message_id   32 hex digits (journalctl --new-id128), as in the catalogue; NULL = none
 *        message      one line for a person
 *        fields       at most 32
 * Source: systemd.journal-fields(7), sd_journal_send(3)
 */
void journal_write(enum journal_level level, const char *message_id, const char *message,
	const struct journal_field *fields, size_t n_fields);

#endif
