/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scripts in a venv's bin/: which python they name, and turning them to the venv's own. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/python/venv.h"

enum { HEAD_BYTES = 256 + PERSON_PATH_MAX, ACTIVATE_BYTES = 8 << 10, FIRST_LINE_MAX = 120 };

static bool names_python(const char *path)
{
	const char *name = strrchr(path, '/');

	return path[0] == '/' && (text_starts(name, "/python") || text_starts(name, "/pypy"));
}

bool script_interpreter(
	const char *text, size_t len, char *out, size_t out_size, size_t *out_offset)
{
	static const char exec[] = "#!/bin/sh\n'''exec' ";
	const size_t n_exec = sizeof(exec) - 1;
	size_t at = 2;
	const char *ends = " \t\r\n";

	if (len < 3 || memcmp(text, "#!", 2) != 0)
		return false;
	if (len > n_exec && memcmp(text, exec, n_exec) == 0) {
		bool is_quoted = text[n_exec] == '"';

		at = n_exec + is_quoted;
		ends = is_quoted ? "\"\n" : ends;
	}
	while (at < len && (text[at] == ' ' || text[at] == '\t'))
		at++;

	size_t n = 0;

	while (at + n < len && text[at + n] != '\0' && !strchr(ends, text[at + n]))
		n++;
	/* cut off: what was read does not hold all of it */
	if (n == 0 || at + n == len || !text_copy_n(out, out_size, text + at, n))
		return false;
	*out_offset = at;
	return names_python(out);
}

/* --- read ---------------------------------------------------------------------------------- */

static size_t head_read(int folder, const char *name, char *out, size_t size)
{
	SCOPED_CLOSE int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size);

	return n < 0 ? 0 : (size_t)n;
}

/* VIRTUAL_ENV="/x", VIRTUAL_ENV='/x', VIRTUAL_ENV=/x: how bin/activate names its folder. One that
 * is pieced together, '/it'"'"'s', is not read. */
static bool activate_folder(const char *text, size_t len, char *out, size_t out_size)
{
	static const char word[] = "VIRTUAL_ENV=";
	const char *end = text + len;

	for (const char *at = text;
		(at = memmem(at, (size_t)(end - at), word, sizeof(word) - 1));) {
		at += sizeof(word) - 1;

		bool is_quoted = at < end && (*at == '"' || *at == '\'');
		const char *start = at + is_quoted;
		const char *stop = start;

		while (stop < end && *stop != '\n' && *stop != '\0' &&
			(is_quoted ? *stop != *at : !strchr(" \t\r;)", *stop)))
			stop++;

		bool is_whole = !is_quoted || (stop + 1 < end && strchr(" \t\r\n;)", stop[1]));

		if (start < end && *start == '/' && stop < end && is_whole)
			return text_copy_n(out, out_size, start, (size_t)(stop - start));
	}
	return false;
}

static void moved_read(struct venv *v, int bin_fd)
{
	char text[ACTIVATE_BYTES], folder[PERSON_PATH_MAX];
	size_t n = head_read(bin_fd, "activate", text, sizeof(text));
	struct stat st;

	/* a line holds no such folder: nothing could be told, and nothing mended */
	if (strchr(v->path, '\n') || !activate_folder(text, n, folder, sizeof(folder)) ||
		text_equal(folder, v->path))
		return;
	/* by another way to the same folder */
	if (stat(folder, &st) == 0 && st.st_dev == v->device && st.st_ino == v->inode)
		return;
	text_copy_cut(v->moved_from, sizeof(v->moved_from), folder);
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return n > 0 && strncmp(path, folder, n) == 0 && path[n] == '/';
}

/* Is a script with this interpreter none of ours to judge, or well off? The venv's own names are
 * judged by its links, which are mended apart from the scripts. */
static bool is_at_home(const struct venv *v, const char *interpreter)
{
	struct stat st;
	size_t n = strlen(v->path);

	if (is_below(interpreter, v->moved_from))
		return true; /* told as moved */
	if (!is_below(interpreter, v->path) || !text_starts(interpreter + n, "/bin/"))
		return stat(interpreter, &st) == 0;
	for (size_t i = 0; i < v->n_links; i++)
		if (text_equal(v->links[i].name, interpreter + n + strlen("/bin/")))
			return true;
	return false;
}

void venv_scripts_read(struct venv *v, int bin_fd)
{
	DIR *folder = fdopendir(dup(bin_fd));
	char head[HEAD_BYTES], interpreter[PERSON_PATH_MAX], last[PERSON_PATH_MAX] = "";
	bool last_is_home = true;
	size_t offset, n_read = 0;

	moved_read(v, bin_fd);
	if (!folder)
		return;
	rewinddir(folder);
	for (struct dirent *d; n_read < VENV_SCRIPTS_MAX && (d = readdir(folder));) {
		if (d->d_type != DT_REG && d->d_type != DT_UNKNOWN)
			continue;
		n_read++;

		size_t n = head_read(bin_fd, d->d_name, head, sizeof(head));

		if (!script_interpreter(head, n, interpreter, sizeof(interpreter), &offset))
			continue;
		if (!text_equal(interpreter, last))
			last_is_home = is_at_home(v, interpreter);
		text_copy_cut(last, sizeof(last), interpreter);
		if (!last_is_home && v->n_astray++ == 0)
			text_copy_cut(v->astray, sizeof(v->astray), d->d_name);
	}
	closedir(folder);
}

/* --- mend ---------------------------------------------------------------------------------- */

/* In activate a plain path stands without quotes, which one with a blank can't. */
static const char *quote_for(const char *text, size_t at, size_t behind, size_t len, const char *to)
{
	bool is_bare = at > 0 && (text[at - 1] == '=' || text[at - 1] == ' ') &&
		       (behind == len || strchr("\n\r ;)", text[behind]) != NULL);

	if (!is_bare || !strpbrk(to, " \t()&;<>|$`\"'\\*?#"))
		return "";
	return strchr(to, '\'') ? "\"" : "'";
}

/* was -> to wherever it stands as a whole path. */
static bool rebase(const char *text, size_t len, const char *was, const char *to, struct buf *out)
{
	size_t n = strlen(was), at = 0;
	bool ok = true;

	while (ok && at < len) {
		const char *hit = n > 0 ? memmem(text + at, len - at, was, n) : NULL;
		size_t stop = hit ? (size_t)(hit - text) : len;

		ok = buf_put(out, text + at, stop - at);
		at = stop;
		if (!hit)
			break;

		bool is_whole = at + n == len || !strchr("abcdefghijklmnopqrstuvwxyz"
							 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
							 "0123456789_-.",
							 text[at + n]);

		const char *quote = is_whole ? quote_for(text, at, at + n, len, to) : "";

		ok = ok && buf_puts(out, quote) && buf_puts(out, is_whole ? to : was) &&
		     buf_puts(out, quote);
		at += n;
	}
	return ok;
}

/* The interpreter that a script should name: its own place's, or as it is. */
static bool interpreter_for(const struct venv *v, const char *now, char *out, size_t out_size)
{
	int n;

	if (is_below(now, v->moved_from))
		n = snprintf(out, out_size, "%s%s", v->path, now + strlen(v->moved_from));
	else if (is_at_home(v, now))
		n = snprintf(out, out_size, "%s", now);
	else
		n = snprintf(out, out_size, "%s/bin/python", v->path);
	return n > 0 && (size_t)n < out_size;
}

/*
 * The head of a script for another interpreter. The kernel takes neither a blank nor over 127 bytes
 * in a first line: then it is written as pip and uv write it, a shell's line and a Python string.
 * Out: out_used   bytes of the text that it stands for
 */
static bool head_put(const char *text, size_t len, size_t at, const char *was, const char *to,
	struct buf *out, size_t *out_used)
{
	bool is_plain = strspn(text + 2, " \t") + 2 == at;
	bool is_awkward = strchr(to, ' ') != NULL || strlen(to) > FIRST_LINE_MAX;
	const char *quote = is_awkward && text[at - 1] != '"' ? "\"" : "";
	const char *behind = text + at + strlen(was);

	*out_used = at + strlen(was);
	if (!is_plain || !is_awkward)
		return buf_put(out, text, at) && buf_puts(out, quote) && buf_puts(out, to) &&
		       buf_puts(out, quote);

	const char *end = memchr(behind, '\n', len - *out_used);
	size_t n_words = end ? (size_t)(end - behind) : len - *out_used;

	*out_used += n_words;
	if (n_words > 0 && behind[n_words - 1] == '\r')
		n_words--;
	return buf_printf(out, "#!/bin/sh\n'''exec' \"%s\"", to) && buf_put(out, behind, n_words) &&
	       buf_puts(out, " \"$0\" \"$@\"\n' '''");
}

/* All of a script as it should be. Out: tells   what changes in it, in words */
static bool script_turn(
	const struct venv *v, const char *text, size_t len, struct buf *out, struct buf *tells)
{
	char now[PERSON_PATH_MAX], to[PERSON_PATH_MAX];
	size_t at, used = 0;
	bool ok = true;

	if (script_interpreter(text, len, now, sizeof(now), &at)) {
		if (!interpreter_for(v, now, to, sizeof(to)))
			return false;
		if (!text_equal(now, to))
			ok = head_put(text, len, at, now, to, out, &used) &&
			     buf_printf(tells, "first line: #!%s -> #!%s", now, to);
	}

	size_t head = out->len;

	ok = ok && rebase(text + used, len - used, v->moved_from, v->path, out);
	if (ok && (out->len - head != len - used ||
			  memcmp(buf_str(out) + head, text + used, len - used) != 0))
		ok = buf_printf(
			tells, "%s%s -> %s", tells->len > 0 ? "; " : "", v->moved_from, v->path);
	return ok;
}

static bool script_mend(const struct venv *v, const char *name, struct mend *out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf b = {0};
	SCOPED_CLEAR(buf_clear) struct buf tells = {0};
	SCOPED_FREE char *text = NULL;
	size_t len;
	char path[PERSON_PATH_MAX], sha256[SHA256_HEX_SIZE];
	struct stat st;

	buf_init(&b, 2 * VENV_SCRIPT_MAX);
	buf_init(&tells, 5 * PERSON_PATH_MAX);
	if (!venv_bin(v, name, path, sizeof(path)) || lstat(path, &st) < 0 ||
		!S_ISREG(st.st_mode) || st.st_size > VENV_SCRIPT_MAX)
		return true;
	if (!fs_read(path, VENV_SCRIPT_MAX, &text, &len, e))
		return false;
	if (memchr(text, '\0', len))
		return true;
	if (!script_turn(v, text, len, &b, &tells))
		return err_set(e, ERR_INTERNAL, "%s: out of memory", path);
	if (tells.len == 0)
		return true;
	return digest_of(text, len, sha256, e) &&
	       ((mend_write(out, path, sha256, b.data, b.len) && mend_tell(out, buf_str(&tells))) ||
		       err_set(e, ERR_INTERNAL, "%s: out of memory", path));
}

bool venv_scripts_mend(const struct venv *v, struct mend *out, struct err *e)
{
	struct dirent **names = NULL;
	char bin[PERSON_PATH_MAX];
	int n = venv_bin(v, "", bin, sizeof(bin)) ? scandir(bin, &names, NULL, alphasort) : -1;
	bool ok = n >= 0 || err_sys(e, ERR_STATE, "%s can't be read", bin);

	for (int i = 0; i < n; i++) {
		ok = ok && (i >= VENV_SCRIPTS_MAX || script_mend(v, names[i]->d_name, out, e));
		free(names[i]);
	}
	free(names);
	return ok;
}
