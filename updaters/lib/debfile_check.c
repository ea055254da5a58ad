/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A package as a whole, from a descriptor. */
#include <string.h>
#include <sys/stat.h>

#include "updaters/lib/debfile_parts.h"
#include "updaters/lib/fs.h"
#include "updaters/lib/tarball.h"

enum { DATA_ENTRIES_MAX = 1 << 20 };

static bool read_at(int fd, void *out, size_t len, uint64_t offset, struct err *e)
{
	size_t n = 0;

	if (!fs_read_at(fd, out, len, offset, &n))
		return err_sys(e, ERR_STRUCTURE, "can't read the package");
	return n == len || err_set(e, ERR_STRUCTURE, "the package ends too early");
}

/* The member at *offset; *offset moves to the next one. */
static bool member_pass(
	int fd, uint64_t size_bytes, uint64_t *offset, struct ar_member *out, struct err *e)
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

/* --- the data ---------------------------------------------------------------- */

static bool data_check(int fd, const struct ar_member *m, uint64_t from,
	const struct debfile_look *look, struct err *e)
{
	const struct packed_input in = {
		.suffix = m->suffix,
		.fd = fd,
		.from = from,
		.len = m->size,
		.on_read = look->on_read,
		.user = look->user,
	};
	const struct tarball_walk walk = {
		.n_entries_max = DATA_ENTRIES_MAX,
		.on_entry = look->on_entry,
		.user = look->user,
	};
	SCOPED(packed_free) struct packed *packed = NULL;

	return (packed_open(&in, &packed, e) && tarball_each(packed, &walk, e)) ||
	       err_within(e, "%s", m->name);
}

/* --- the whole file ---------------------------------------------------------- */

/* From member to member; what they hold is looked at when all of them are known to be there. */
static bool members_check(int fd, uint64_t size_bytes, struct ar_member *out_data,
	uint64_t *out_data_at, struct err *e)
{
	uint64_t offset = AR_MAGIC_LEN;
	size_t n_members = 0;

	for (; offset < size_bytes; n_members++) {
		struct ar_member member = {0};
		uint64_t start = offset + AR_HEADER_LEN;

		if (n_members == DEBFILE_MEMBERS_MAX)
			return err_set(e, ERR_STRUCTURE, "over %d members", DEBFILE_MEMBERS_MAX);
		if (!member_pass(fd, size_bytes, &offset, &member, e) ||
			!member_check(&member, n_members, e))
			return false;
		if (n_members == MEMBER_DATA) {
			*out_data = member;
			*out_data_at = start;
		}
	}
	return n_members >= MEMBER_N || err_set(e, ERR_STRUCTURE, "the package has no data");
}

bool debfile_check(int fd, const struct debfile_look *look, struct dpkg_control *out, struct err *e)
{
	static const struct debfile_look nobody = {0};
	struct dpkg_control control = {0};
	struct ar_member data = {0};
	uint64_t data_at = 0;
	struct stat status;

	if (fstat(fd, &status) != 0)
		return err_sys(e, ERR_STRUCTURE, "can't read the package");
	if (!S_ISREG(status.st_mode))
		return err_set(e, ERR_STRUCTURE, "not a file");
	if (!head_check(fd, &control, e) ||
		!members_check(fd, (uint64_t)status.st_size, &data, &data_at, e) ||
		!data_check(fd, &data, data_at, look != NULL ? look : &nobody, e))
		return false;
	*out = control;
	return true;
}

bool debfile_each(int fd,
	bool (*on_member)(void *user, const char *name, uint64_t offset, uint64_t size_bytes),
	void *user, struct err *e)
{
	uint64_t offset = AR_MAGIC_LEN;
	struct ar_member member;
	struct stat status;

	if (fstat(fd, &status) != 0)
		return err_sys(e, ERR_STRUCTURE, "can't read the package");
	while (offset < (uint64_t)status.st_size) {
		uint64_t start = offset + AR_HEADER_LEN;

		if (!member_pass(fd, (uint64_t)status.st_size, &offset, &member, e))
			return false;
		if (!on_member(user, member.name, start, member.size))
			return err_set(e, ERR_STRUCTURE, "over %d members", DEBFILE_MEMBERS_MAX);
	}
	return true;
}
