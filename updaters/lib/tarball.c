/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/tarball.h"

#include <string.h>

#include "updaters/lib/text.h"

enum { BLOCK = 512, PART_SIZE = 32 << 10, TAIL_MAX = 32 << 10 };

/* --- a header's columns ------------------------------------------------------ */

/* Source: tar(5), POSIX ustar and GNU's */
static const struct column {
	size_t at, len;
} col_name = {0, 100}, col_mode = {100, 8}, col_uid = {108, 8}, col_gid = {116, 8},
  col_size = {124, 12}, col_mtime = {136, 12}, col_checksum = {148, 8}, col_target = {157, 100},
  col_prefix = {345, 155};
enum { AT_TYPE = 156, AT_MAGIC = 257 };

/* Octal digits behind blanks, with blanks or NULs behind them, as dpkg wants them. */
static bool octal_read(const unsigned char *at, size_t len, uint64_t *out)
{
	uint64_t n = 0;
	size_t i = 0;

	while (i < len && at[i] == ' ')
		i++;
	if (i == len)
		return false;
	for (; i < len && at[i] >= '0' && at[i] <= '7'; i++)
		n = n << 3 | (uint64_t)(at[i] - '0');
	for (; i < len; i++)
		if (at[i] != ' ' && at[i] != '\0')
			return false;
	*out = n;
	return true;
}

/* Octal, or GNU's binary form for what has no room in it: dpkg takes both. */
static bool number_read(const unsigned char *header, struct column col, uint64_t *out)
{
	const unsigned char *at = header + col.at;
	uint64_t n = 0;

	if (at[0] != 0x80)
		return octal_read(at, col.len, out);
	for (size_t i = 1; i < col.len; i++) {
		if (n >> 55 != 0)
			return false;
		n = n << 8 | at[i];
	}
	*out = n;
	return true;
}

static bool checksum_is_right(const unsigned char *header)
{
	uint64_t sum = 0, said = 0;

	for (size_t i = 0; i < BLOCK; i++) {
		bool is_sum = i >= col_checksum.at && i < col_checksum.at + col_checksum.len;

		sum += is_sum ? ' ' : header[i];
	}
	return octal_read(header + col_checksum.at, col_checksum.len, &said) && said == sum;
}

/* Up to the first NUL. */
static size_t text_len(const unsigned char *header, struct column col)
{
	return strnlen((const char *)header + col.at, col.len);
}

static bool is_zero(const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* --- reading ----------------------------------------------------------------- */

struct tarball {
	struct packed *packed;
	const struct tarball_walk *walk;
	struct tarball_entry entry;
	/* what GNU's long forms say of the entry to come; "" = nothing */
	char long_name[TARBALL_NAME_MAX], long_target[TARBALL_NAME_MAX];
	unsigned char part[PART_SIZE];
};

static bool damaged(struct err *e, const char *how)
{
	return err_set(e, ERR_STRUCTURE, "the tar member is damaged: %s", how);
}

/* len bytes into t->part, whole. */
static bool part_read(struct tarball *t, size_t len, struct err *e)
{
	size_t n = 0;

	return packed_read(t->packed, t->part, len, &n, e) &&
	       (n == len || damaged(e, "it ends too early"));
}

static size_t padded(size_t len)
{
	return (len + BLOCK - 1) / BLOCK * BLOCK;
}

/* The content of an entry goes by; on_bytes NULL = unread. */
static bool content_pass(struct tarball *t, struct err *e)
{
	for (uint64_t left = t->entry.size_bytes; left > 0;) {
		size_t n = left < PART_SIZE ? (size_t)left : PART_SIZE;

		if (!part_read(t, padded(n), e) ||
			(t->walk->on_bytes != NULL &&
				!t->walk->on_bytes(t->walk->user, t->part, n, e)))
			return false;
		left -= n;
	}
	return true;
}

/* A long name is the content of an entry before: text and NULs. */
static bool long_read(struct tarball *t, uint64_t size, char out[TARBALL_NAME_MAX], struct err *e)
{
	if (out[0] != '\0')
		return damaged(e, "two long names for one entry");
	if (size == 0 || size > TARBALL_NAME_MAX)
		return damaged(e, "a long name of an impossible length");
	if (!part_read(t, padded((size_t)size), e))
		return false;

	size_t len = strnlen((const char *)t->part, (size_t)size);

	if (len == 0 || !is_zero(t->part + len, (size_t)size - len) ||
		!text_copy_n(out, TARBALL_NAME_MAX, (const char *)t->part, len))
		return damaged(e, "a long name that is none");
	return true;
}

/* --- what an entry may be ---------------------------------------------------- */

/* Bytes that would rule a terminal, or end a line of a list of files. */
static bool has_control_bytes(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7F)
			return true;
	return false;
}

/* "./a/b" -> "a/b". Below the top, and not by a way around. */
static bool name_clean(char *name, struct err *e)
{
	char shown[200];
	size_t n_folders = 0;

	text_escape(name, strlen(name), shown, sizeof(shown));
	if (name[0] == '/' || has_control_bytes(name))
		return err_set(e, ERR_STRUCTURE, "an entry is called \"%s\": %s", shown,
			name[0] == '/' ? "absolute" : "with control bytes");

	char *from = name, *to = name;

	while (*from != '\0') {
		size_t len = strcspn(from, "/");

		if (len == 2 && memcmp(from, "..", 2) == 0)
			return err_set(
				e, ERR_STRUCTURE, "an entry is called \"%s\": it climbs", shown);
		if (len > 0 && !(len == 1 && from[0] == '.')) {
			if (to != name)
				*to++ = '/';
			memmove(to, from, len);
			to += len;
			n_folders++;
		}
		from += len + (from[len] == '/');
	}
	*to = '\0';
	return n_folders <= TARBALL_DEPTH_MAX ||
	       err_set(e, ERR_STRUCTURE, "an entry lies in over %d folders", TARBALL_DEPTH_MAX);
}

static bool type_read(unsigned char type, enum tarball_type *out)
{
	static const struct {
		char letter;
		enum tarball_type type;
	} types[] = {{'0', TARBALL_FILE}, {'\0', TARBALL_FILE}, {'1', TARBALL_HARD_LINK},
		{'2', TARBALL_SYMLINK}, {'5', TARBALL_FOLDER}};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if ((unsigned char)types[i].letter == type) {
			*out = types[i].type;
			return true;
		}
	}
	return false;
}

/* Name and target as they stand in the header; GNU's headers have other things in the prefix. */
static bool texts_read(const unsigned char *header, struct tarball_entry *out)
{
	const char *text = (const char *)header;
	bool is_ustar = header[AT_MAGIC + 5] == '\0';
	size_t prefix_len = is_ustar ? text_len(header, col_prefix) : 0;

	memcpy(out->name, text + col_prefix.at, prefix_len);
	if (prefix_len > 0)
		out->name[prefix_len++] = '/';
	return text_copy_n(out->name + prefix_len, sizeof(out->name) - prefix_len, text,
		       text_len(header, col_name)) &&
	       text_copy_n(out->target, sizeof(out->target), text + col_target.at,
		       text_len(header, col_target));
}

/* What programs read differently is refused: a file called as a folder, a link that has content. */
static bool entry_check(const struct tarball_entry *entry, bool is_called_folder, struct err *e)
{
	bool is_link = entry->type == TARBALL_SYMLINK || entry->type == TARBALL_HARD_LINK;
	char copy[TARBALL_NAME_MAX];

	if (is_called_folder && entry->type != TARBALL_FOLDER)
		return damaged(e, "a file that is called like a folder");
	if (entry->name[0] == '\0' && entry->type != TARBALL_FOLDER)
		return damaged(e, "an entry without a name");
	if (entry->type != TARBALL_FILE && entry->size_bytes > 0)
		return damaged(e, "an entry with content that can have none");
	if (is_link && (entry->target[0] == '\0' || has_control_bytes(entry->target)))
		return damaged(e, "a link that leads nowhere");
	memcpy(copy, entry->target, sizeof(copy));
	return entry->type != TARBALL_HARD_LINK || name_clean(copy, e);
}

static bool entry_read(struct tarball *t, const unsigned char *header, uint64_t size, struct err *e)
{
	struct tarball_entry *entry = &t->entry;
	uint64_t mode = 0, other = 0;

	*entry = (struct tarball_entry){.size_bytes = size};
	if (!type_read(header[AT_TYPE], &entry->type))
		return err_set(e, ERR_STRUCTURE,
			"an entry of the tar member is a device, a pipe or of a kind that dpkg "
			"does not read ('%c')",
			header[AT_TYPE] > 0x20 && header[AT_TYPE] < 0x7F ? header[AT_TYPE] : '?');
	if (!number_read(header, col_mode, &mode) || !number_read(header, col_uid, &other) ||
		!number_read(header, col_gid, &other) || !number_read(header, col_mtime, &other))
		return damaged(e, "a header with a wrong number");
	if (!texts_read(header, entry))
		return damaged(e, "a name that is too long");
	if (t->long_name[0] != '\0')
		memcpy(entry->name, t->long_name, sizeof(entry->name));
	if (t->long_target[0] != '\0')
		memcpy(entry->target, t->long_target, sizeof(entry->target));
	t->long_name[0] = t->long_target[0] = '\0';
	entry->mode = (uint32_t)mode & 07777;
	if (entry->type != TARBALL_SYMLINK && entry->type != TARBALL_HARD_LINK)
		entry->target[0] = '\0'; /* nobody reads it there */
	if (entry->name[0] == '\0')
		return damaged(e, "an entry without a name");

	bool is_called_folder = text_ends(entry->name, "/");

	return name_clean(entry->name, e) && entry_check(entry, is_called_folder, e);
}

/* One header and what belongs to it. */
static bool header_pass(
	struct tarball *t, const unsigned char *header, size_t *n_entries, struct err *e)
{
	uint64_t size = 0;

	if (!checksum_is_right(header))
		return damaged(e, "a header with a wrong checksum");
	if (memcmp(header + AT_MAGIC, "ustar", 5) != 0 ||
		(header[AT_MAGIC + 5] != '\0' && header[AT_MAGIC + 5] != ' '))
		return damaged(e, "a header of an unknown form");
	if (!number_read(header, col_size, &size))
		return damaged(e, "a header with a wrong size");
	if (header[AT_TYPE] == 'L')
		return long_read(t, size, t->long_name, e);
	if (header[AT_TYPE] == 'K')
		return long_read(t, size, t->long_target, e);
	if (++*n_entries > t->walk->n_entries_max)
		return err_set(e, ERR_STRUCTURE, "over %zu entries in the tar member",
			t->walk->n_entries_max);
	if (!entry_read(t, header, size, e))
		return false;
	if (t->walk->on_entry != NULL && !t->walk->on_entry(t->walk->user, &t->entry, e))
		return false;
	return content_pass(t, e);
}

/* Zeros to the end, and that soon: behind them others might read on, or get stuck in them. */
static bool end_pass(struct tarball *t, struct err *e)
{
	size_t n = BLOCK, n_all = 0;

	if (t->long_name[0] != '\0' || t->long_target[0] != '\0')
		return damaged(e, "a long name of no entry");
	for (; n == BLOCK; n_all += n) {
		if (!packed_read(t->packed, t->part, BLOCK, &n, e))
			return false;
		if (!is_zero(t->part, n) || n_all > TAIL_MAX)
			return damaged(e, "bytes behind its end");
	}
	return true;
}

bool tarball_each(struct packed *p, const struct tarball_walk *walk, struct err *e)
{
	SCOPED_FREE struct tarball *t = calloc(1, sizeof(*t));
	unsigned char header[BLOCK];
	size_t n_entries = 0;

	if (t == NULL)
		return err_set(e, ERR_INTERNAL, "no memory to read a tar member");
	t->packed = p;
	t->walk = walk;
	for (;;) {
		if (!part_read(t, BLOCK, e))
			return false;
		if (is_zero(t->part, BLOCK))
			return end_pass(t, e);
		memcpy(header, t->part, BLOCK);
		if (!header_pass(t, header, &n_entries, e))
			return false;
	}
}
