/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON: reading hostile documents by JSON Pointer (json-c), and writing our own documents.
 */
#ifndef DEVUPD_LIB_JSON_H
#define DEVUPD_LIB_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updaters/lib/err.h"
#include "updaters/lib/text.h"

struct json; /* a value; a document owns all below it */

/*
 * In:    raw, len   <= 8 MiB, UTF-8, depth <= 32
 * Fails: ERR_PARSE  "offset N: what"
 */
bool json_parse(const char *raw, size_t len, struct json **out, struct err *e) MUST_CHECK;
void json_free(struct json *document);
DEFINE_SCOPED(struct json *, json_free);

/* RFC 6901; "" is the whole value. NULL where nothing or null is there. Borrowed. */
const struct json *json_at(const struct json *value, const char *pointer);
/* A string, or a number or boolean in its text form; NULL for null, objects, lists. Borrowed. */
const char *json_text(const struct json *value);
bool json_u64(const struct json *value, uint64_t *out);
/*
 * Lists and objects: how many; the i-th value; of an object also its key (out_key may be NULL).
 * Of an object only the first JSON_KEYS_MAX are counted; json_at finds all.
 */
enum { JSON_KEYS_MAX = 4096 };
size_t json_count(const struct json *value);
const struct json *json_item(const struct json *value, size_t i, const char **out_key);
bool json_is_list(const struct json *value);
bool json_is_object(const struct json *value);
/* Is this text a well-formed pointer ("" or starts with "/", "~" only as ~0 or ~1)? */
bool json_pointer_is_valid(const char *pointer);

/*
 * Writing. Commas and escapes are put by themselves; strings that are not UTF-8 get U+FFFD.
 *
 *	json_open(&w, NULL, '{');
 *	json_put_str(&w, "name", "positron");
 *	json_open(&w, "items", '['); json_put_str(&w, NULL, "a"); json_close(&w, ']');
 *	json_close(&w, '}');
 */
struct json_writer {
	struct buf *out;
	bool needs_comma;
};
void json_writer_init(struct json_writer *w, struct buf *out);
void json_open(struct json_writer *w, const char *key, char bracket);
void json_close(struct json_writer *w, char bracket);
void json_put_str(struct json_writer *w, const char *key, const char *text); /* NULL = null */
/* "" is null, too: for fields where nothing is known. */
void json_put_known(struct json_writer *w, const char *key, const char *text);
void json_put_u64(struct json_writer *w, const char *key, uint64_t n);
void json_put_bool(struct json_writer *w, const char *key, bool b);
void json_put_null(struct json_writer *w, const char *key);
/* An already written value (checked by the caller), e.g. a document passed on. */
void json_put_raw(struct json_writer *w, const char *key, const char *raw_json);

#endif
