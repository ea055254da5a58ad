/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A notice as a mail, by the system's sendmail. */
#ifndef DEVUPD_UPDATERS_TELLING_MAIL_H
#define DEVUPD_UPDATERS_TELLING_MAIL_H

#include "updaters/telling_notice.h"

/*
 * The whole message. No word of it can begin another header.
 *
 * In:    to, host   a login name, a host name: what is no such thing is replaced
 * Source: RFC 5322 §2.1.1, §3.3, §3.6; RFC 2045; RFC 3834 §5
 */
bool telling_mail_write(const struct notice *n, const char *to, const char *host,
	int64_t now_unix_ms, struct buf *out) MUST_CHECK;

/* Fails: ERR_COMMAND (no sendmail, it refused, or its time is up), ERR_INTERNAL */
bool telling_mail_send(const struct notice *n, const char *to, struct err *e) MUST_CHECK;

#endif
