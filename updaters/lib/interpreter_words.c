/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/interpreter_words.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "updaters/lib/text.h"

/* --- versions in words --------------------------------------------------------------------- */

bool interpreter_minor_at(const char *s, char out[8])
{
	size_t n = strspn(s + (isdigit((unsigned char)s[0]) && s[1] == '.' ? 2 : 0), "0123456789");

	if (!isdigit((unsigned char)s[0]) || s[1] != '.' || n == 0 || n > 3)
		return false;
	return text_copy_n(out, 8, s, n + 2);
}

/* The number behind "python" or "pypy" at s: "python3.13", "python@3.13", "cpython-3.13.1-…". */
static bool minor_behind_name(const char *text, const char *s, char out[8])
{
	bool is_word = s == text || !isalnum((unsigned char)s[-1]);

	if (text_starts(s, "pypy"))
		return is_word && interpreter_minor_at(s + 4, out);
	if (s > text && s[-1] == 'c')
		is_word = s - 1 == text || !isalnum((unsigned char)s[-2]);
	return is_word && interpreter_minor_at(s + 6 + (s[6] == '@' || s[6] == '-'), out);
}

bool interpreter_minor_of(const char *text, char out_minor[8])
{
	bool is_found = false;

	/* the last one: of a path that is the innermost folder, or the file */
	for (const char *s = text; *s != '\0'; s++)
		if (text_starts(s, "python") || text_starts(s, "pypy"))
			is_found |= minor_behind_name(text, s, out_minor);
	return is_found;
}

int interpreter_minor_compare(const char *a, const char *b)
{
	char *end_a = NULL, *end_b = NULL;
	unsigned long major_a = strtoul(a, &end_a, 10), major_b = strtoul(b, &end_b, 10);

	if (major_a != major_b)
		return major_a < major_b ? -1 : 1;

	unsigned long minor_a = *end_a == '.' ? strtoul(end_a + 1, NULL, 10) : 0;
	unsigned long minor_b = *end_b == '.' ? strtoul(end_b + 1, NULL, 10) : 0;

	return (minor_a > minor_b) - (minor_a < minor_b);
}

/* --- Homebrew's folders -------------------------------------------------------------------- */

/* One name of a path: its length, without "." and "..", which name nothing. */
static size_t name_length(const char *s)
{
	size_t n = strcspn(s, "/");
	bool is_dots = (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.');

	return is_dots ? 0 : n;
}

bool interpreter_keg_of(const char *path, struct keg *out)
{
	const char *cellar = strstr(path, "/Cellar/");

	if (cellar == NULL || cellar == path)
		return false;

	const char *formula = cellar + strlen("/Cellar/");
	size_t n = name_length(formula);

	if (n == 0 || formula[n] != '/')
		return false;

	const char *version = formula + n + 1;
	size_t n_version = name_length(version);

	out->rest = version + n_version;
	return n_version > 0 &&
	       text_copy_n(out->prefix, sizeof(out->prefix), path, (size_t)(cellar - path)) &&
	       text_copy_n(out->formula, sizeof(out->formula), formula, n) &&
	       text_copy_n(out->version, sizeof(out->version), version, n_version);
}

bool interpreter_opt_path(const char *path, char *out, size_t out_size)
{
	struct keg keg;

	if (!interpreter_keg_of(path, &keg))
		return false;

	int n = snprintf(out, out_size, "%s/opt/%s%s", keg.prefix, keg.formula, keg.rest);

	return n >= 0 && (size_t)n < out_size;
}
