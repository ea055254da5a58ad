/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/debfile.h"

#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/fs.h"
#include "updaters/lib/tarball.h"
#include "updaters/lib/text.h"

enum { FIRST_LINE_MAX = 255 /* of debian-binary */, MEMBERS_MAX = 16 };

/* --- the ar archive ---------------------------------------------------------- */

static const char ar_magic[] = "!<arch>\n";
enum { AR_MAGIC_LEN = sizeof(ar_magic) - 1, AR_HEADER_LEN = 60 };

/* A header's columns. Source: deb(5), ar(5) */
static const struct column {
	size_t at, len;
	const char *digits;
} ar_name = {0, 16, NULL}, ar_size = {48, 10, "0123456789"},
  ar_numbers[] = {{16, 12, "0123456789"}, {28, 6, "0123456789"}, {34, 6, "0123456789"},
	  {40, 8, "01234567"}, {48, 10, "0123456789"}};

struct member {
	char name[17];
	uint64_t size;
};

/* One column, without the blanks that fill it up. */
static bool column_read(const char *header, const struct column *column, char *out, size_t out_size)
{
	size_t len = column->len;

	while (len > 0 && header[column->at + len - 1] == ' ')
		len--;
	if (memchr(header + column->at, '\0', len) != NULL)
		return false;
	return text_copy_n(out, out_size, header + column->at, len);
}

static bool member_read(const char header[AR_HEADER_LEN], struct member *out, struct err *e)
{
	char number[17];

	if (memcmp(header + AR_HEADER_LEN - 2, "`\n", 2) != 0)
		return err_set(e, ERR_STRUCTURE, "a member's header of the package is damaged");
	for (size_t i = 0; i < ARRAY_SIZE(ar_numbers); i++)
		if (!column_read(header, &ar_numbers[i], number, sizeof(number)) ||
			number[strspn(number, ar_numbers[i].digits)] != '\0')
			return err_set(e, ERR_STRUCTURE, "a member's header has a wrong number");
	if (!column_read(header, &ar_name, out->name, sizeof(out->name)) ||
		!column_read(header, &ar_size, number, sizeof(number)) ||
		!text_to_u64(number, &out->size))
		return err_set(e, ERR_STRUCTURE, "a member's header has no name or no size");

	size_t len = strlen(out->name);

	if (len > 1 && out->name[len - 1] == '/') /* as System V's ar writes it */
		out->name[len - 1] = '\0';
	return true;
}

/* --- which members, in which order ------------------------------------------- */

static const struct packing {
	const char *suffix;
	bool for_control;
} packings[] = {{"", true}, {".gz", true}, {".xz", true}, {".zst", true}, {".bz2", false},
	{".lzma", false}};

static const struct packing *packing_find(const char *suffix)
{
	for (size_t i = 0; i < ARRAY_SIZE(packings); i++)
		if (text_equal(packings[i].suffix, suffix))
			return &packings[i];
	return NULL;
}

enum { MEMBER_FORMAT, MEMBER_CONTROL, MEMBER_DATA };

static const struct {
	const char *stem;
	uint64_t size_max;
} members[] = {
	[MEMBER_FORMAT] = {"debian-binary", FIRST_LINE_MAX},
	[MEMBER_CONTROL] = {"control.tar", DEBFILE_CONTROL_MAX},
	[MEMBER_DATA] = {"data.tar", UINT64_MAX},
};

/* May this member be the index-th of a package? Out: how it is packed (not for the format). */
static bool member_check(
	const struct member *m, size_t index, const struct packing **out, struct err *e)
{
	if (index >= ARRAY_SIZE(members))
		return m->name[0] == '_' ||
		       err_set(e, ERR_STRUCTURE, "member \"%s\" behind the data", m->name);
	if (!text_starts(m->name, members[index].stem))
		return err_set(e, ERR_STRUCTURE, "member \"%s\" where %s has to be", m->name,
			members[index].stem);

	const struct packing *packing = packing_find(m->name + strlen(members[index].stem));

	if (packing == NULL || (index != MEMBER_DATA && !packing->for_control) ||
		(index == MEMBER_FORMAT && packing->suffix[0] != '\0'))
		return err_set(
			e, ERR_STRUCTURE, "member \"%s\" is packed in an unknown way", m->name);
	if (m->size == 0 || m->size > members[index].size_max)
		return err_set(e, ERR_STRUCTURE, "member \"%s\" of %llu bytes", m->name,
			(unsigned long long)m->size);
	*out = packing;
	return true;
}

/* "2.0\n"; lines that a later minor version adds may follow. */
static bool format_check(const char *text, size_t len, struct err *e)
{
	const char *newline = memchr(text, '\n', len);
	size_t line_len = newline != NULL ? (size_t)(newline - text) : 0;

	if (line_len < 3 || memcmp(text, "2.", 2) != 0 ||
		strspn(text + 2, "0123456789") < line_len - 2)
		return err_set(e, ERR_STRUCTURE, "not a package of format 2");
	return true;
}

/* --- the head, as it arrives ------------------------------------------------- */

/* What is being collected into `have` until it has `want` bytes. */
enum stage { STAGE_MAGIC, STAGE_HEADER, STAGE_BODY, STAGE_READY, STAGE_BAD };

struct debhead {
	enum stage stage;
	size_t want;
	struct buf have;
	size_t index; /* of the member */
	struct member member;
	const struct packing *packing;
	struct err why; /* STAGE_BAD */
};

struct debhead *debhead_new(void)
{
	struct debhead *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	buf_init(&h->have, DEBFILE_CONTROL_MAX + 1);
	debhead_restart(h);
	return h;
}

void debhead_free(struct debhead *h)
{
	if (h == NULL)
		return;
	buf_clear(&h->have);
	free(h);
}

static void debhead_expect(struct debhead *h, enum stage stage, size_t want)
{
	h->stage = stage;
	h->want = want;
	buf_reset(&h->have);
}

void debhead_restart(struct debhead *h)
{
	h->index = 0;
	debhead_expect(h, STAGE_MAGIC, AR_MAGIC_LEN);
}

/* A body is collected with the byte that pads it to an even length, but for the last one. */
static bool debhead_header(struct debhead *h, struct err *e)
{
	if (!member_read(buf_str(&h->have), &h->member, e) ||
		!member_check(&h->member, h->index, &h->packing, e))
		return false;

	size_t size = (size_t)h->member.size;

	debhead_expect(h, STAGE_BODY, h->index == MEMBER_CONTROL ? size : size + size % 2);
	return true;
}

static bool debhead_body(struct debhead *h, struct err *e)
{
	if (h->index == MEMBER_CONTROL) {
		h->stage = STAGE_READY;
		return true;
	}
	if (h->member.size % 2 == 1 && h->have.data[h->member.size] != '\n')
		return err_set(e, ERR_STRUCTURE, "wrong byte behind a member");
	if (!format_check(buf_str(&h->have), (size_t)h->member.size, e))
		return false;
	h->index++;
	debhead_expect(h, STAGE_HEADER, AR_HEADER_LEN);
	return true;
}

/* What was wanted is there, whole. */
static bool debhead_step(struct debhead *h, struct err *e)
{
	if (h->stage == STAGE_HEADER)
		return debhead_header(h, e);
	if (h->stage == STAGE_BODY)
		return debhead_body(h, e);
	if (memcmp(buf_str(&h->have), ar_magic, AR_MAGIC_LEN) != 0)
		return err_set(e, ERR_STRUCTURE, "not a Debian package: no ar archive");
	debhead_expect(h, STAGE_HEADER, AR_HEADER_LEN);
	return true;
}

enum debhead_state debhead_feed(struct debhead *h, const void *bytes, size_t len, struct err *e)
{
	const char *at = bytes;

	while (len > 0 && h->stage < STAGE_READY) {
		size_t missing = h->want - h->have.len;
		size_t n = len < missing ? len : missing;

		if (!buf_put(&h->have, at, n)) {
			err_set(&h->why, ERR_INTERNAL, "no memory for a package's head");
			h->stage = STAGE_BAD;
			break;
		}
		at += n;
		len -= n;
		if (h->have.len == h->want && !debhead_step(h, &h->why))
			h->stage = STAGE_BAD;
	}
	if (h->stage == STAGE_BAD && e != NULL)
		*e = h->why;
	return h->stage == STAGE_BAD     ? DEBHEAD_BAD
	       : h->stage == STAGE_READY ? DEBHEAD_READY
					 : DEBHEAD_MORE;
}

bool debhead_control(struct debhead *h, struct dpkg_control *out, struct err *e)
{
	SCOPED_CLEAR(buf_clear) struct buf text = {0};

	if (h->stage != STAGE_READY)
		return err_set(e, ERR_STRUCTURE, "the package ends within its head");
	buf_init(&text, DEBFILE_CONTROL_MAX);
	if (!tarball_extract(
		    h->packing->suffix, buf_str(&h->have), h->have.len, "control", &text, e))
		return false;
	return dpkg_control_parse(buf_str(&text), text.len, out, e);
}

/* --- the whole file ---------------------------------------------------------- */

static bool read_at(int fd, void *out, size_t len, uint64_t offset, struct err *e)
{
	size_t n = 0;

	if (!fs_read_at(fd, out, len, offset, &n))
		return err_sys(e, ERR_STRUCTURE, "can't read the package");
	return n == len || err_set(e, ERR_STRUCTURE, "the package ends too early");
}

/* The member at *offset; *offset moves to the next one. */
static bool member_pass(
	int fd, uint64_t size_bytes, uint64_t *offset, struct member *out, struct err *e)
{
	char header[AR_HEADER_LEN], pad = '\n';

	if (!read_at(fd, header, sizeof(header), *offset, e) || !member_read(header, out, e))
		return false;
	*offset += sizeof(header);
	if (*offset > size_bytes || out->size > size_bytes - *offset)
		return err_set(e, ERR_STRUCTURE, "the package ends within %s", out->name);
	*offset += out->size;
	if (out->size % 2 == 1 && !read_at(fd, &pad, 1, (*offset)++, e))
		return false;
	return pad == '\n' || err_set(e, ERR_STRUCTURE, "wrong byte behind %s", out->name);
}

/* Head and control fields, by the same reader as in a download. */
static bool head_check(int fd, struct dpkg_control *out, struct err *e)
{
	SCOPED(debhead_free) struct debhead *h = debhead_new();
	enum debhead_state state = DEBHEAD_MORE;
	char part[16 << 10];
	uint64_t offset = 0;

	if (h == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for a package's head");
	for (size_t n = sizeof(part); state == DEBHEAD_MORE && n == sizeof(part); offset += n) {
		if (!fs_read_at(fd, part, sizeof(part), offset, &n))
			return err_sys(e, ERR_STRUCTURE, "can't read the package");
		state = debhead_feed(h, part, n, e);
	}
	return state != DEBHEAD_BAD && debhead_control(h, out, e);
}

bool debfile_check(int fd, struct dpkg_control *out, struct err *e)
{
	uint64_t offset = AR_MAGIC_LEN;
	struct dpkg_control control = {0};
	const struct packing *packing = NULL;
	struct member member = {0};
	struct stat status;
	size_t n_members = 0;

	if (fstat(fd, &status) != 0)
		return err_sys(e, ERR_STRUCTURE, "can't read the package");
	if (!S_ISREG(status.st_mode))
		return err_set(e, ERR_STRUCTURE, "not a file");
	if (!head_check(fd, &control, e))
		return false;
	for (; offset < (uint64_t)status.st_size; n_members++) {
		if (n_members == MEMBERS_MAX)
			return err_set(e, ERR_STRUCTURE, "over %d members", MEMBERS_MAX);
		if (!member_pass(fd, (uint64_t)status.st_size, &offset, &member, e) ||
			!member_check(&member, n_members, &packing, e))
			return false;
	}
	if (n_members < ARRAY_SIZE(members))
		return err_set(e, ERR_STRUCTURE, "the package has no data");
	*out = control;
	return true;
}
