/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/json.h"

#include <json-c/json.h>
#include <string.h>

enum { JSON_DEPTH_MAX = 32, JSON_SIZE_MAX = 8 << 20, POINTER_TOKEN_MAX = 512 };

/* --- reading ----------------------------------------------------------------- */

/* A struct json is a json-c value; its JSON null is our NULL. */
static json_object *value_of(const struct json *value)
{
	return (json_object *)(uintptr_t)value;
}

static bool value_is(const struct json *value, json_type type)
{
	return json_object_is_type(value_of(value), type);
}

static void scoped_tokener(json_tokener **tokener)
{
	if (*tokener != NULL)
		json_tokener_free(*tokener);
}

bool json_parse(const char *raw, size_t len, struct json **out, struct err *e)
{
	CLEANUP(scoped_tokener) json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
	const char *nul = memchr(raw, '\0', len);
	json_object *document = NULL;

	if (tokener == NULL)
		return err_set(e, ERR_INTERNAL, "no memory to read JSON");
	if (len > JSON_SIZE_MAX)
		return err_set(e, ERR_PARSE, "offset 0: JSON of %zu bytes, at most %d are read",
			len, JSON_SIZE_MAX);
	if (nul != NULL) /* json-c would take it for the end */
		return err_set(e, ERR_PARSE, "offset %zu: NUL byte", (size_t)(nul - raw));
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	document = json_tokener_parse_ex(tokener, raw, (int)len);

	size_t offset = json_tokener_get_parse_end(tokener);

	/* A bare number ends only where something follows. */
	if (json_tokener_get_error(tokener) == json_tokener_continue) {
		document = json_tokener_parse_ex(tokener, "", 1);
		offset = len;
	}
	if (json_tokener_get_error(tokener) == json_tokener_continue)
		return err_set(e, ERR_PARSE, "offset %zu: JSON ends too early", offset);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		return err_set(e, ERR_PARSE, "offset %zu: %s", offset,
			json_tokener_error_desc(json_tokener_get_error(tokener)));
	if (document == NULL)
		return err_set(e, ERR_PARSE, "offset 0: nothing but null");
	*out = (struct json *)document;
	return true;
}

void json_free(struct json *document)
{
	json_object_put(value_of(document));
}

/* One token of a pointer, unescaped; returns the rest of the pointer, NULL where it is wrong. */
static const char *pointer_token(const char *at, char out[POINTER_TOKEN_MAX])
{
	size_t len = 0;

	if (*at++ != '/')
		return NULL;
	for (; *at != '\0' && *at != '/'; at++) {
		char c = *at;

		if (c == '~') {
			at++;
			if (*at != '0' && *at != '1')
				return NULL;
			c = *at == '0' ? '~' : '/';
		}
		if (len + 1 == POINTER_TOKEN_MAX)
			return NULL;
		out[len++] = c;
	}
	out[len] = '\0';
	return at;
}

bool json_pointer_is_valid(const char *pointer)
{
	char token[POINTER_TOKEN_MAX];

	while (pointer != NULL && *pointer != '\0')
		pointer = pointer_token(pointer, token);
	return pointer != NULL;
}

static json_object *value_child(json_object *value, const char *token)
{
	json_object *child = NULL;
	uint64_t i = 0;

	if (json_object_is_type(value, json_type_object))
		json_object_object_get_ex(value, token, &child);
	else if (json_object_is_type(value, json_type_array) && text_to_u64(token, &i) &&
		 (token[0] != '0' || token[1] == '\0') && i < json_object_array_length(value))
		child = json_object_array_get_idx(value, (size_t)i);
	return child;
}

const struct json *json_at(const struct json *value, const char *pointer)
{
	char token[POINTER_TOKEN_MAX];
	json_object *at = value_of(value);

	while (*pointer != '\0') {
		pointer = pointer_token(pointer, token);
		if (pointer == NULL)
			return NULL;
		at = value_child(at, token);
	}
	return (const struct json *)at;
}

const char *json_text(const struct json *value)
{
	json_object *v = value_of(value);

	switch (json_object_get_type(v)) {
	case json_type_string:
		/* A string with a NUL inside has no text form. */
		if (strlen(json_object_get_string(v)) != (size_t)json_object_get_string_len(v))
			return NULL;
		return json_object_get_string(v);
	case json_type_boolean:
	case json_type_double:
	case json_type_int: return json_object_get_string(v);
	case json_type_null:
	case json_type_object:
	case json_type_array: break;
	}
	return NULL;
}

bool json_u64(const struct json *value, uint64_t *out)
{
	if (!value_is(value, json_type_int) || json_object_get_int64(value_of(value)) < 0)
		return false;
	*out = json_object_get_uint64(value_of(value));
	return true;
}

size_t json_count(const struct json *value)
{
	json_object *v = value_of(value);

	if (json_is_list(value))
		return json_object_array_length(v);
	if (!json_is_object(value))
		return 0;

	size_t n_keys = (size_t)json_object_object_length(v);

	return n_keys < JSON_KEYS_MAX ? n_keys : JSON_KEYS_MAX;
}

const struct json *json_item(const struct json *value, size_t i, const char **out_key)
{
	json_object *v = value_of(value);

	if (i >= json_count(value))
		return NULL;
	if (json_is_list(value))
		return (const struct json *)json_object_array_get_idx(v, i);

	struct json_object_iterator at = json_object_iter_begin(v);

	for (; i > 0; i--)
		json_object_iter_next(&at);
	if (out_key != NULL)
		*out_key = json_object_iter_peek_name(&at);
	return (const struct json *)json_object_iter_peek_value(&at);
}

bool json_is_list(const struct json *value)
{
	return value_is(value, json_type_array);
}

bool json_is_object(const struct json *value)
{
	return value_is(value, json_type_object);
}

/* --- writing ----------------------------------------------------------------- */

void json_writer_init(struct json_writer *w, struct buf *out)
{
	*w = (struct json_writer){.out = out};
}

/* Control characters, also DEL and C1, never reach a terminal that shows the document. */
static bool is_control(const char *at, size_t len, unsigned *out_code)
{
	*out_code = (unsigned char)at[len - 1];
	if (len == 2)
		return (unsigned char)at[0] == 0xC2 && *out_code < 0xA0;
	return len == 1 && (*out_code < 0x20 || *out_code == 0x7F);
}

static void string_put(struct buf *out, const char *text)
{
	static const char bytes[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	unsigned code = 0;

	buf_put(out, "\"", 1);
	for (size_t len; *text != '\0'; text += len) {
		len = text_utf8_len(text, strnlen(text, 4));
		if (len == 0) {
			buf_puts(out, "\xEF\xBF\xBD");
			len = 1;
			continue;
		}
		const char *found = strchr(bytes, *text);

		if (found != NULL)
			buf_printf(out, "\\%c", letters[found - bytes]);
		else if (is_control(text, len, &code))
			buf_printf(out, "\\u%04x", code);
		else
			buf_put(out, text, len);
	}
	buf_put(out, "\"", 1);
}

/* What stands before each value: the comma and the key, where there has to be one. */
static struct buf *value_begin(struct json_writer *w, const char *key)
{
	if (w->needs_comma)
		buf_put(w->out, ",", 1);
	if (key != NULL) {
		string_put(w->out, key);
		buf_put(w->out, ":", 1);
	}
	w->needs_comma = true;
	return w->out;
}

void json_open(struct json_writer *w, const char *key, char bracket)
{
	buf_put(value_begin(w, key), &bracket, 1);
	w->needs_comma = false;
}

void json_close(struct json_writer *w, char bracket)
{
	buf_put(w->out, &bracket, 1);
	w->needs_comma = true;
}

void json_put_str(struct json_writer *w, const char *key, const char *text)
{
	if (text == NULL)
		json_put_null(w, key);
	else
		string_put(value_begin(w, key), text);
}

void json_put_known(struct json_writer *w, const char *key, const char *text)
{
	json_put_str(w, key, text != NULL && text[0] == '\0' ? NULL : text);
}

void json_put_u64(struct json_writer *w, const char *key, uint64_t n)
{
	buf_printf(value_begin(w, key), "%llu", (unsigned long long)n);
}

void json_put_bool(struct json_writer *w, const char *key, bool b)
{
	json_put_raw(w, key, b ? "true" : "false");
}

void json_put_null(struct json_writer *w, const char *key)
{
	json_put_raw(w, key, "null");
}

void json_put_raw(struct json_writer *w, const char *key, const char *raw_json)
{
	buf_puts(value_begin(w, key), raw_json);
}
