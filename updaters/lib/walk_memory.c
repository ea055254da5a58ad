/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "updaters/lib/walk_memory.h"

#include <limits.h>
#include <string.h>

#include "updaters/lib/fs.h"

/* Before the rows. */
struct head {
	char magic[8];
	uint64_t options; /* a sum of what was asked */
	uint64_t rows;    /* a sum of the rows' bytes: against a bad disk, not against an enemy */
};
static const char magic[8] = "walk 1\n";

static uint64_t sum_add(uint64_t sum, const void *bytes, size_t len)
{
	const char *at = bytes;
	uint64_t word;

	for (; len >= sizeof(word); at += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		sum ^= sum >> 29;
	}
	word = len;
	memcpy(&word, at, len);
	return (sum ^ word ^ (uint64_t)len << 56) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t sum_words(uint64_t sum, const char *const *words)
{
	for (; words != NULL && *words != NULL; words++)
		sum = sum_add(sum, *words, strlen(*words) + 1);
	return sum_add(sum, "", 1);
}

static uint64_t sum_of_options(const struct walk_options *o)
{
	uint64_t sum = sum_add(1, &o->depth, sizeof(o->depth));

	sum = sum_add(sum, o->marker, strlen(o->marker) + 1);
	return sum_words(sum_words(sum, o->roots), o->skipped);
}

bool walk_rows_next(struct walk_rows *rows, struct walk_row *out, const char **out_name,
	struct walk_rows *out_inside)
{
	if (rows->at == rows->end)
		return false;
	memcpy(out, rows->at, sizeof(*out));
	*out_name = rows->at + sizeof(*out);
	out_inside->at = *out_name + out->name_len;
	out_inside->end = rows->at + out->size_bytes;
	rows->at = out_inside->end;
	return true;
}

/* Does each row lie whole inside the one around it? Then nobody else need look. */
static bool are_sound(struct walk_rows rows, unsigned depth)
{
	struct walk_row row;

	while (rows.at != rows.end) {
		size_t left = (size_t)(rows.end - rows.at);

		if (left < sizeof(row))
			return false;
		memcpy(&row, rows.at, sizeof(row));
		if (row.size_bytes > left || sizeof(row) + row.name_len > row.size_bytes ||
			row.name_len > NAME_MAX || (row.name_len == 0) != (depth == 0) ||
			depth > WALK_DEPTH_MAX)
			return false;

		const char *name = rows.at + sizeof(row);
		struct walk_rows inside = {name + row.name_len, rows.at + row.size_bytes};

		if (memchr(name, '/', row.name_len) != NULL ||
			memchr(name, '\0', row.name_len) != NULL || !are_sound(inside, depth + 1))
			return false;
		rows.at = inside.end;
	}
	return true;
}

static size_t count_rows(struct walk_rows rows)
{
	struct walk_rows inside;
	struct walk_row row;
	const char *name;
	size_t n = 0;

	while (walk_rows_next(&rows, &row, &name, &inside))
		n++;
	return n;
}

struct walk_rows walk_memory_read(const struct walk_options *o, char **out_raw, size_t *out_len)
{
	static const struct walk_rows none = {NULL, NULL};
	size_t n_roots = 0;
	struct head head;

	if (o->memory == NULL || !fs_read(o->memory, WALK_MEMORY_MAX, out_raw, out_len, NULL) ||
		*out_len < sizeof(head))
		return none;
	memcpy(&head, *out_raw, sizeof(head));

	struct walk_rows rows = {*out_raw + sizeof(head), *out_raw + *out_len};

	while (o->roots[n_roots] != NULL)
		n_roots++;
	if (memcmp(head.magic, magic, sizeof(magic)) != 0 || head.options != sum_of_options(o) ||
		head.rows != sum_add(0, rows.at, (size_t)(rows.end - rows.at)) ||
		!are_sound(rows, 0) || count_rows(rows) != n_roots)
		return none;
	return rows;
}

void walk_memory_begin(struct buf *out)
{
	struct head head = {.rows = 0};

	buf_init(out, WALK_MEMORY_MAX);
	buf_put(out, &head, sizeof(head));
}

size_t walk_row_begin(struct buf *out, const struct walk_row *row, const char *name)
{
	size_t place = out->len;

	buf_put(out, row, sizeof(*row));
	buf_put(out, name, row->name_len);
	return place;
}

void walk_row_end(struct buf *out, size_t place)
{
	uint32_t size_bytes = (uint32_t)(out->len - place);

	if (!out->is_full)
		memcpy(out->data + place + offsetof(struct walk_row, size_bytes), &size_bytes,
			sizeof(size_bytes));
}

void walk_memory_write(
	const struct walk_options *o, struct buf *rows, const char *raw_old, size_t old_len)
{
	struct head head = {.options = sum_of_options(o)};
	char folder[PATH_MAX];
	const char *slash = o->memory == NULL ? NULL : strrchr(o->memory, '/');

	if (rows->is_full || slash == NULL ||
		!text_copy_n(folder, sizeof(folder), o->memory, (size_t)(slash - o->memory)))
		return;
	memcpy(head.magic, magic, sizeof(magic));
	head.rows = sum_add(0, rows->data + sizeof(head), rows->len - sizeof(head));
	memcpy(rows->data, &head, sizeof(head));
	if (raw_old != NULL && old_len == rows->len && memcmp(raw_old, rows->data, old_len) == 0)
		return;
	if (fs_make_folders(folder, 0700, NULL) &&
		fs_replace(o->memory, rows->data, rows->len, 0600, NULL))
		return;
}
