/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses: parse, resolve a link against its page, decide whether a host list covers one.
 *
 * Only https counts as an address for us; what else a page links to is refused by url_check.
 */
#ifndef DEVUPD_LIB_URL_H
#define DEVUPD_LIB_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"

enum { URL_MAX = 2048, URL_HOST_MAX = 256 };

/*
 * Absolute https address without user info, fragment cut off by the resolver, no control bytes.
 *
 * Fails: ERR_POLICY (another scheme, user info, an IP number in any spelling), ERR_PARSE
 */
bool url_check(const char *url, struct err *e) MUST_CHECK;

/* Any text that should be an address, for a message: cut, and without a name and password in it. */
enum { URL_TOLD_MAX = 208 };
void url_tell(const char *raw_url, char out[URL_TOLD_MAX]);

/*
 * The absolute form of a link as it stands in HTML: entities decoded (&amp; &#38; &#x26;), white
 * space at the ends dropped, blanks and other bytes that may not stand raw percent-encoded (what
 * is encoded already stays so), relative and protocol-relative forms resolved, "." and ".."
 * removed, scheme and host in lower case, default port and fragment dropped.
 *
 * In:    base      absolute address of the page
 *        raw_link  as matched; need not end with NUL
 * Out:   out       URL_MAX bytes
 * Fails: ERR_PARSE, ERR_POLICY
 * Source: RFC 3986 §5, HTML 13.5 for the entities
 */
bool url_resolve(const char *base, const char *raw_link, size_t len, char *out, size_t out_size,
	struct err *e) MUST_CHECK;

/* host[:port] in lower case, port only when it is not 443. url has passed url_check. */
bool url_host(const char *url, char *out, size_t out_size) MUST_CHECK;
/* The path with its slash, without query. */
bool url_path(const char *url, char *out, size_t out_size) MUST_CHECK;
/* The last part of the path, percent-decoded; false where it is empty or holds a slash or NUL. */
bool url_file_name(const char *url, char *out, size_t out_size) MUST_CHECK;

/* The byte that stands at `at`, decoded; out_len: how many bytes it takes there (3 if encoded). */
unsigned char url_byte_at(const char *at, size_t left, size_t *out_len);

/*
 * Is this address covered by an entry: "host", "host:port" or "host[:port]/path-prefix/"?
 * The host must be equal, never a suffix; the path must start with the prefix, compared after
 * percent-decoding of unreserved bytes, and must hold no encoded "..".
 */
bool url_is_listed(const char *url, const char *const *entries, size_t n_entries);

/* An entry of a hosts list: no scheme, no user info, lower case; a path must start and end with a
 * slash. */
bool url_check_host_entry(const char *entry, struct err *e) MUST_CHECK;
/* github.com, s3.amazonaws.com, ...: many owners share it, so it needs a path prefix. */
bool url_is_shared_host(const char *host);

#endif
