/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "updaters/lib/digest.h"
#include "updaters/lib/fs.h"

enum { PIECE_BYTES = 256 << 10, LINE_SIZE = MD5_HEX_SIZE + SHA1_HEX_SIZE + 24 + MEMBER_NAME_SIZE };

bool member_is_signature(const struct member *m)
{
	return text_starts(m->name, "_gpg");
}

/* The lines behind "Files:", of which each names one member. */
struct list {
	char *lines[MEMBERS_MAX];
	size_t n_lines;
};

static bool list_read(char *text, struct list *out, struct err *e)
{
	char *cursor = text, *line;
	bool is_in = false;

	while ((line = text_next(&cursor, '\n')) != NULL) {
		bool is_item = line[0] == '\t' || line[0] == ' ';

		line = text_trim(line);
		if (!is_item)
			is_in = text_equal(line, "Files:");
		if (!is_in || !is_item || line[0] == '\0')
			continue;
		if (out->n_lines == MEMBERS_MAX)
			return err_set(e, ERR_SIGNATURE, "the signed list names over %d members",
				MEMBERS_MAX);
		out->lines[out->n_lines++] = line;
	}
	return out->n_lines > 0 ||
	       err_set(e, ERR_SIGNATURE,
		       "what is signed is no list of members, as dpkg-sig writes one");
}

/* MD5, SHA-1, size and name, as the list has them. */
static bool member_measure(
	const struct member *m, int fd, char *piece, char out[LINE_SIZE], struct err *e)
{
	SCOPED(digest_free) struct digest *md5 = digest_new_of(DIGEST_MD5);
	SCOPED(digest_free) struct digest *sha1 = digest_new_of(DIGEST_SHA1);
	char md5_hex[MD5_HEX_SIZE], sha1_hex[SHA1_HEX_SIZE];
	size_t n = 0;

	if (md5 == NULL || sha1 == NULL)
		return err_set(e, ERR_INTERNAL, "libcrypto can't compute MD5 or SHA-1");
	for (uint64_t at = 0; at < m->size_bytes; at += n) {
		uint64_t left = m->size_bytes - at;

		if (!fs_read_at(fd, piece, left < PIECE_BYTES ? (size_t)left : PIECE_BYTES,
			    m->offset + at, &n) ||
			n == 0)
			return err_sys(e, ERR_STRUCTURE, "can't read %s", m->name);
		digest_add(md5, piece, n);
		digest_add(sha1, piece, n);
	}
	if (!digest_finish_of(md5, md5_hex, sizeof(md5_hex), e) ||
		!digest_finish_of(sha1, sha1_hex, sizeof(sha1_hex), e))
		return false;
	snprintf(out, LINE_SIZE, "%s %s %" PRIu64 " %s", md5_hex, sha1_hex, m->size_bytes, m->name);
	return true;
}

/* The line that ends with this name. */
static const char *line_find(const struct list *list, const char *name)
{
	for (size_t i = 0; i < list->n_lines; i++) {
		const char *last = strrchr(list->lines[i], ' ');

		if (last != NULL && text_equal(last + 1, name))
			return list->lines[i];
	}
	return NULL;
}

bool manifest_check(char *text, const struct members *m, int fd, struct err *e)
{
	SCOPED_FREE char *piece = malloc(PIECE_BYTES);
	struct list list = {0};
	char measured[LINE_SIZE];
	size_t n_found = 0;

	if (piece == NULL)
		return err_set(e, ERR_INTERNAL, "out of memory");
	if (!list_read(text, &list, e))
		return false;
	for (size_t i = 0; i < m->n_items; i++) {
		const char *line = line_find(&list, m->items[i].name);

		if (line == NULL && member_is_signature(&m->items[i]))
			continue;
		if (line == NULL)
			return err_set(e, ERR_SIGNATURE,
				"the member %s is not signed: the signed list does not name it",
				m->items[i].name);
		if (!member_measure(&m->items[i], fd, piece, measured, e))
			return false;
		if (!text_equal(line, measured))
			return err_set(e, ERR_SIGNATURE,
				"signed was \"%s\", the package has \"%s\"", line, measured);
		n_found++;
	}
	return n_found == list.n_lines ||
	       err_set(e, ERR_SIGNATURE,
		       "the signed list names %zu members, %zu of them are in the package",
		       list.n_lines, n_found);
}
