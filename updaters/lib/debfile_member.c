/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An ar archive's headers, and which members make a package. */
#include <string.h>

#include "updaters/lib/debfile_parts.h"
#include "updaters/lib/text.h"

enum { FIRST_LINE_MAX = 255 /* of debian-binary */ };

/* --- the ar archive ---------------------------------------------------------- */

/* A header's columns. Source: deb(5), ar(5) */
static const struct column {
	size_t at, len;
	const char *digits;
} ar_name = {0, 16, NULL}, ar_size = {48, 10, "0123456789"},
  ar_numbers[] = {{16, 12, "0123456789"}, {28, 6, "0123456789"}, {34, 6, "0123456789"},
	  {40, 8, "01234567"}, {48, 10, "0123456789"}};

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

bool member_read(const char header[AR_HEADER_LEN], struct ar_member *out, struct err *e)
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

static const struct {
	const char *stem;
	uint64_t size_max;
} members[] = {
	[MEMBER_FORMAT] = {"debian-binary", FIRST_LINE_MAX},
	[MEMBER_CONTROL] = {"control.tar", DEBFILE_CONTROL_MAX},
	[MEMBER_DATA] = {"data.tar", UINT64_MAX},
};

bool member_check(struct ar_member *m, size_t index, struct err *e)
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
	m->suffix = packing->suffix;
	return true;
}

/* "2.0\n"; lines that a later minor version adds may follow. */
bool format_check(const char *text, size_t len, struct err *e)
{
	const char *newline = memchr(text, '\n', len);
	size_t line_len = newline != NULL ? (size_t)(newline - text) : 0;

	if (line_len < 3 || memcmp(text, "2.", 2) != 0 ||
		strspn(text + 2, "0123456789") < line_len - 2)
		return err_set(e, ERR_STRUCTURE, "not a package of format 2");
	return true;
}
