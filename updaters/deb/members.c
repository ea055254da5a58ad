/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/deb/members.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"

/* Source: deb(5), ar(5) */
static const char magic[] = "!<arch>\n";
enum { MAGIC_LEN = sizeof(magic) - 1, HEADER_LEN = 60, NAME_LEN = 16, SIZE_AT = 48, SIZE_LEN = 10 };

bool members_put(const struct members *m, struct result *r)
{
	SCOPED_CLEAR(buf_clear) struct buf packed = {0};
	struct document *d = result_add_document(r);

	if (d == NULL)
		return false;
	buf_init(&packed, 64 << 10);
	pack_u32(&packed, (uint32_t)m->n_items);
	for (size_t i = 0; i < m->n_items; i++) {
		pack_str(&packed, m->items[i].name);
		pack_u64(&packed, m->items[i].offset);
		pack_u64(&packed, m->items[i].size_bytes);
	}
	text_copy_cut(d->url, sizeof(d->url), MEMBERS_KEY);
	d->len = packed.len;
	d->bytes = buf_move(&packed);
	return d->bytes != NULL;
}

static bool members_unpack(const struct document *d, struct members *out)
{
	struct members m = {0};
	struct unpack u;

	unpack_init(&u, d->bytes, d->len);
	m.n_items = unpack_below(&u, MEMBERS_MAX + 1);
	for (size_t i = 0; i < m.n_items; i++) {
		unpack_str(&u, m.items[i].name, sizeof(m.items[i].name));
		m.items[i].offset = unpack_u64(&u);
		m.items[i].size_bytes = unpack_u64(&u);
	}
	if (!unpack_is_done(&u))
		return false;
	*out = m;
	return true;
}

bool members_get(const struct result *r, struct members *out)
{
	for (size_t i = 0; i < r->n_documents; i++)
		if (text_equal(r->documents[i].url, MEMBERS_KEY))
			return members_unpack(&r->documents[i], out);
	return false;
}

/* --- proof ------------------------------------------------------------------- */

static bool differs(const struct member *m, struct err *e)
{
	return err_set(e, ERR_STRUCTURE, "the package's member %s is not where it was said to be",
		m->name);
}

static bool name_is_sane(const struct member *m)
{
	size_t len = strlen(m->name);

	return len > 0 && strspn(m->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789._-") == len;
}

/* A column filled up with blanks; of a name also with the slash of System V's ar behind it. */
static bool column_is(const char *column, size_t len, const char *text, bool may_have_slash)
{
	size_t n = strlen(text);

	if (n > len || memcmp(column, text, n) != 0)
		return false;
	n += may_have_slash && n < len && column[n] == '/';
	for (; n < len; n++)
		if (column[n] != ' ')
			return false;
	return true;
}

static bool header_prove(const struct member *m, int fd, struct err *e)
{
	char header[HEADER_LEN], size[24];
	size_t n = 0;

	snprintf(size, sizeof(size), "%" PRIu64, m->size_bytes);
	if (!fs_read_at(fd, header, sizeof(header), m->offset - HEADER_LEN, &n))
		return err_sys(e, ERR_STRUCTURE, "can't read the package");
	return (n == sizeof(header) && name_is_sane(m) &&
		       column_is(header, NAME_LEN, m->name, true) &&
		       column_is(header + SIZE_AT, SIZE_LEN, size, false) &&
		       memcmp(header + HEADER_LEN - 2, "`\n", 2) == 0) ||
	       differs(m, e);
}

bool members_prove(const struct members *m, int fd, struct err *e)
{
	char start[MAGIC_LEN];
	uint64_t at = MAGIC_LEN, end = MAGIC_LEN;
	struct stat about;
	size_t n = 0;

	if (fstat(fd, &about) != 0 || !fs_read_at(fd, start, sizeof(start), 0, &n))
		return err_sys(e, ERR_STRUCTURE, "can't read the package");
	if (n != sizeof(start) || memcmp(start, magic, sizeof(start)) != 0)
		return err_set(e, ERR_STRUCTURE, "the package is no ar archive");
	for (size_t i = 0; i < m->n_items; i++) {
		const struct member *item = &m->items[i];

		if (item->offset != at + HEADER_LEN || item->size_bytes > INT64_MAX - item->offset)
			return differs(item, e);
		if (!header_prove(item, fd, e))
			return false;
		end = item->offset + item->size_bytes;
		at = end + end % 2; /* each begins at an even place */
	}
	/* the last one may lack the byte that would pad it */
	return (m->n_items > 0 &&
		       (at == (uint64_t)about.st_size || end == (uint64_t)about.st_size)) ||
	       err_set(e, ERR_STRUCTURE, "the package is not as long as its members");
}
