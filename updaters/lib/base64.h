/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64 and OpenPGP's armor around it, read. */
#ifndef DEVUPD_LIB_BASE64_H
#define DEVUPD_LIB_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"

/*
 * Appends to out; white space is passed over, padding ends it.
 * Fails: false on any other byte, a broken end, or a full buffer
 * Source: RFC 4648 §4
 */
bool base64_decode(const char *text, size_t len, struct buf *out) MUST_CHECK;

/*
 * All blocks of public keys in a text, one behind the other, as a keyring of gpgv's has them. The
 * checksum at a block's end is not looked at: the keys in it are signed by themselves.
 *
 * Fails: ERR_PARSE   no block, or a broken one
 * Source: RFC 4880 §6.2
 */
bool armor_keys_decode(const char *text, struct buf *out, struct err *e) MUST_CHECK;

#endif
