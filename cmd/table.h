/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Aligned columns under a head: as wide as what they hold, and on a terminal no wider than it, the
 * columns giving way in an order. In a pipe nothing is cut. Knows nothing of what it shows; foreign
 * bytes are escaped here.
 */
#ifndef DEVUPD_CMD_TABLE_H
#define DEVUPD_CMD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { TABLE_COLUMNS_MAX = 8 };

/* Who gives way, in this order: down to so many columns of the terminal. */
struct table_step {
	size_t column, least;
};
struct table_form {
	const char *heads[TABLE_COLUMNS_MAX]; /* NULL-ended */
	const struct table_step *steps;
	size_t n_steps;
};

struct table_row {
	char *cells[TABLE_COLUMNS_MAX]; /* escaped */
	char *below;       /* a line of its own under the row, never cut; NULL = none */
	const char *color; /* of the last cell: borrowed, "" = none */
};
struct table {
	const struct table_form *form;
	size_t n_columns;
	struct table_row *rows;
	size_t n_rows;
};
void table_init(struct table *t, const struct table_form *form);
void table_clear(struct table *t);
/* In: raw_cells one a column; raw_below "" = none. false: no memory, or too many rows */
bool table_add(struct table *t, const char *const *raw_cells, const char *raw_below);
/* Is the last cell of this row wider than the window leaves it? */
bool table_is_cut(const struct table *t, size_t row, FILE *out);
/* with_cut: a last cell that the window cut off is said whole below its row. */
void table_print(const struct table *t, bool with_cut, FILE *out);

/* One line of ours with foreign words in it, never cut: escaped, ended by a newline. */
void table_say(const char *raw, FILE *out);

#endif
