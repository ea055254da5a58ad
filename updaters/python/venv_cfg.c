/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pyvenv.cfg: what it says, and what it should. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/python/venv.h"

/* What a key's value is, and so what becomes of it for another interpreter. */
enum value { VALUE_FOLDER, VALUE_PROGRAM, VALUE_PREFIX, VALUE_VERSION };

static const struct {
	const char *key;
	enum value value;
} rests_on_python[] = {
	{"home", VALUE_FOLDER},
	{"executable", VALUE_PROGRAM},
	{"base-executable", VALUE_PROGRAM}, /* virtualenv's, as the next two */
	{"base-prefix", VALUE_PREFIX},
	{"base-exec-prefix", VALUE_PREFIX},
	{"version", VALUE_VERSION},
	{"version_info", VALUE_VERSION},
};

/* One line of it: the places of key and value in the text. */
struct line {
	const char *key, *value;
	size_t key_len, value_len;
	const char *next;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void trim(const char **s, size_t *len)
{
	while (*len > 0 && is_space(**s))
		(*s)++, (*len)--;
	while (*len > 0 && is_space((*s)[*len - 1]))
		(*len)--;
}

/* false: the end. A line without "=" has an empty key. */
static bool line_next(const char **at, const char *end, struct line *out)
{
	if (*at >= end)
		return false;

	const char *stop = memchr(*at, '\n', (size_t)(end - *at));
	const char *last = stop ? stop : end;
	const char *equals = memchr(*at, '=', (size_t)(last - *at));

	out->key = *at;
	out->key_len = equals ? (size_t)(equals - *at) : 0;
	out->value = equals ? equals + 1 : last;
	out->value_len = (size_t)(last - out->value);
	trim(&out->key, &out->key_len);
	trim(&out->value, &out->value_len);
	*at = stop ? stop + 1 : end;
	return true;
}

static bool line_is(const struct line *l, const char *key)
{
	return l->key_len == strlen(key) && strncasecmp(l->key, key, l->key_len) == 0;
}

static void line_copy(const struct line *l, char *out, size_t out_size)
{
	if (memchr(l->value, '\0', l->value_len) ||
		!text_copy_n(out, out_size, l->value, l->value_len))
		out[0] = '\0';
}

void venv_cfg_read(char *text, size_t len, struct venv_cfg *out)
{
	const char *at = text, *end = text + len;
	char version[64], word[16];

	*out = (struct venv_cfg){.text = text, .len = len};
	if (!digest_of(text, len, out->sha256, NULL))
		out->sha256[0] = '\0';
	for (struct line l; line_next(&at, end, &l);) {
		if (line_is(&l, "home")) {
			out->has_home = true;
			line_copy(&l, out->home, sizeof(out->home));
		}
		if (line_is(&l, "version") ||
			(line_is(&l, "version_info") && out->version[0] == '\0')) {
			line_copy(&l, version, sizeof(version));
			text_copy_cut(out->version, sizeof(out->version), version);
		}
		if (line_is(&l, "prompt"))
			line_copy(&l, out->prompt, sizeof(out->prompt));
		out->is_uv = out->is_uv || line_is(&l, "uv");
		out->is_virtualenv = out->is_virtualenv || line_is(&l, "virtualenv");
		if (line_is(&l, "include-system-site-packages")) {
			line_copy(&l, word, sizeof(word));
			out->sees_system = strcasecmp(word, "true") == 0;
		}
	}
	/* "python3.13.5" is read as "3.13" where "3.13.5" alone has no name before it */
	text_copy_cut(version, sizeof(version), "python");
	memcpy(version + 6, out->version, sizeof(out->version));
	if (!interpreter_minor_of(version, out->minor))
		out->minor[0] = '\0';
}

/* --- for another interpreter ----------------------------------------------------------------- */

static bool is_gone(const char *path)
{
	struct stat st;

	return path[0] == '/' && stat(path, &st) < 0;
}

/* `home` is a folder, whatever else stands there. */
static bool is_home_gone(const char *home)
{
	return home[0] != '/' || is_gone(home);
}

static bool same_minor(const char *a, const char *b)
{
	return text_starts(a, b) && (a[strlen(b)] == '\0' || a[strlen(b)] == '.');
}

/* The version of a keg has its revision behind it, which is not Python's. */
static void version_of(const char *version, char *out, size_t out_size)
{
	text_copy_cut(out, out_size, version);
	out[strcspn(out, "_")] = '\0';
}

/* PREFIX of PREFIX/bin/python3.13, or PREFIX/bin of it: n names less. */
static void folder_of(const char *python, int n, char *out, size_t out_size)
{
	text_copy_cut(out, out_size, python);
	for (char *slash; n > 0 && (slash = strrchr(out, '/')) != NULL && slash > out; n--)
		*slash = '\0';
}

/* The interpreter that it is to speak of. */
struct speaks {
	const char *python, *version;
	char minor[8];
	bool is_other_minor;  /* than it speaks of now */
	bool is_other_python; /* the one that it speaks of is gone, or another minor */
};

static void version_for(const struct speaks *to, const char *now, char *out, size_t out_size)
{
	char plain[32];

	version_of(to->version, plain, sizeof(plain));
	/* only the minor version is known of some: better the old patch than none */
	if (to->is_other_python && to->minor[0] &&
		(!same_minor(now, to->minor) || strlen(plain) > strlen(to->minor)))
		text_copy_cut(out, out_size, plain);
}

/* What should stand there; "" = it may stay. */
static void value_for(
	enum value value, const char *now, const struct speaks *to, char *out, size_t out_size)
{
	out[0] = '\0';
	if (value == VALUE_VERSION)
		version_for(to, now, out, out_size);
	else if (!to->is_other_minor && !(value == VALUE_FOLDER ? is_home_gone(now) : is_gone(now)))
		return;
	else if (value == VALUE_PROGRAM)
		text_copy_cut(out, out_size, to->python);
	else
		folder_of(to->python, value == VALUE_FOLDER ? 1 : 2, out, out_size);
}

/* What stands in the line, and what should; "" = it may stay. */
static void line_judge(const struct line *l, const struct speaks *to, char now[PERSON_PATH_MAX],
	char out[PERSON_PATH_MAX])
{
	out[0] = now[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(rests_on_python); i++) {
		if (!line_is(l, rests_on_python[i].key))
			continue;
		line_copy(l, now, PERSON_PATH_MAX);
		value_for(rests_on_python[i].value, now, to, out, PERSON_PATH_MAX);
	}
	if (text_equal(now, out))
		out[0] = '\0';
}

static bool line_put(
	struct buf *out, const struct line *l, const char *from, const char *to, const char *value)
{
	const char *end = l->value + l->value_len;

	return buf_put(out, from, (size_t)(l->value - from)) &&
	       buf_puts(out, l->value_len == 0 && l->value[-1] == '=' ? " " : "") &&
	       buf_puts(out, value) && buf_put(out, end, (size_t)(to - end));
}

static bool line_tell(
	struct buf *tells, const char *key, size_t key_len, const char *now, const char *value)
{
	return buf_puts(tells, tells->len > 0 ? "; " : "") && buf_put(tells, key, key_len) &&
	       buf_printf(tells, " = %s%s%s", now, now[0] ? " -> " : "", value);
}

/* A file that names no home gets one: without it Python takes no folder for a venv. */
static bool home_put(
	const struct venv_cfg *c, const struct speaks *to, struct buf *out, struct buf *tells)
{
	char home[PERSON_PATH_MAX];

	if (c->has_home)
		return true;
	folder_of(to->python, 1, home, sizeof(home));
	return buf_printf(out, "home = %s\n", home) &&
	       line_tell(tells, "home", strlen("home"), "", home);
}

bool venv_cfg_rewrite(const struct venv_cfg *c, const char *python, const char *version,
	char **out_text, size_t *out_len, struct buf *out_tells)
{
	SCOPED_CLEAR(buf_clear) struct buf b = {0};
	const char *at = c->text, *end = c->text + c->len, *start = at;
	char now[PERSON_PATH_MAX], value[PERSON_PATH_MAX];
	struct speaks to = {.python = python, .version = version};

	to.is_other_minor = interpreter_minor_of(python, to.minor) && c->minor[0] != '\0' &&
			    !text_equal(to.minor, c->minor);
	to.is_other_python = to.is_other_minor || is_home_gone(c->home);

	buf_init(&b, VENV_CFG_MAX + 16 * PERSON_PATH_MAX);

	bool ok = home_put(c, &to, &b, out_tells);

	for (struct line l; ok && line_next(&at, end, &l); start = at) {
		line_judge(&l, &to, now, value);
		ok = value[0] ? line_put(&b, &l, start, at, value) &&
					line_tell(out_tells, l.key, l.key_len, now, value)
			      : buf_put(&b, start, (size_t)(at - start));
	}
	*out_text = NULL;
	*out_len = b.len;
	if (ok && (b.len != c->len || memcmp(buf_str(&b), c->text, b.len) != 0))
		ok = (*out_text = buf_move(&b)) != NULL;
	return ok;
}
